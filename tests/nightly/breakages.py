"""Deliberate breakages of the code, each with the tests that must notice it.

A breakage replaces one piece of text, which must stand in its file exactly once, by a wrong one. They cover
coefficients and signs of the theory, cross terms, Stratonovich's half, generator words and counters, interval widths,
sample sizes, seeds, extrapolation, decisions that never refuse, predictions that ignore their candidate, and texts
that differ from the forms they show.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Breakage:
    """One wrong piece of code.

    Attributes:
        path: The file, from the repository's root.
        old: Text that stands there exactly once.
        new: What replaces it.
        noticed_by: Arguments of pytest: the tests that must fail.
        reason: For one that is known to survive: why nothing is wrong with that.
    """

    path: str
    old: str
    new: str
    noticed_by: str
    reason: str = ""


BREAKAGES = tuple(
    Breakage(path, old, new, tests)
    for path, tests, pairs in (
        (
            "theory/ito.py",
            "tests/theory/test_ito.py",
            (
                ("gradient * process.drift + sp.Matrix(second) / 2", "gradient * process.drift + sp.Matrix(second)"),
                ("in_time + gradient * process.drift", "gradient * process.drift"),
                ("dispersion * dispersion.T", "dispersion.T * dispersion"),
            ),
        ),
        (
            "theory/infinitesimal_generator.py",
            "tests/theory/test_infinitesimal_generator.py",
            (
                ("first + second / 2", "first + second"),
                ("first + second / 2", "second / 2 - first"),
                ("spreading / 2 - transport", "spreading / 2 + transport"),
                ("spreading / 2 - transport", "spreading - transport"),
            ),
        ),
        (
            "theory/stratonovich.py",
            "tests/theory/test_stratonovich.py",
            (
                ("total / 2", "total"),
                (".drift - noise_induced_drift(process)", ".drift + noise_induced_drift(process)"),
                (
                    "as_printed.drift + noise_induced_drift(as_printed)",
                    "as_printed.drift - noise_induced_drift(as_printed)",
                ),
                ("sigma.jacobian(process.state) * sigma", "sigma.jacobian(process.state) * sigma * 2"),
            ),
        ),
        (
            "theory/ornstein_uhlenbeck.py",
            "tests/theory/test_ornstein_uhlenbeck.py",
            (
                ("-self.A * (x - self.mean)", "-self.A * (x + self.mean)"),
                ("sigma - flow * sigma * flow.T", "sigma - flow * sigma"),
                ("matrix_exponential(-self.A, lag)", "matrix_exponential(-2 * self.A, lag)"),
            ),
        ),
        (
            "theory/matrices/lyapunov.py",
            "tests/theory/matrices/test_lyapunov.py tests/theory/test_ornstein_uhlenbeck.py",
            (
                ("int(i == k) * A[j, l]", "int(i == k) * A[l, j]"),
                ("place[min(k, l), max(k, l)]] +=", "place[min(k, l), max(k, l)]] ="),
            ),
        ),
        (
            "theory/moments.py",
            "tests/theory/test_moments.py",
            (("sp.Matrix.hstack(self.matrix, self.constant)", "sp.Matrix.hstack(self.matrix, 2 * self.constant)"),),
        ),
        (
            "theory/stationary_moments.py",
            "tests/theory/test_stationary_moments.py tests/theory/test_moments.py",
            (
                ("right = [-constant[i] -", "right = [constant[i] -"),
                ("(sp.nan, True)", "(values[row], True)"),
            ),
        ),
        (
            "theory/line/stationary.py",
            "tests/theory/line/test_stationary.py",
            (
                (
                    "(2 * process.drift[0] - sp.diff(process.diffusion[0], x)) / process.diffusion[0]",
                    "(process.drift[0] - sp.diff(process.diffusion[0], x)) / process.diffusion[0]",
                ),
                ("sp.And(left.finite_speed, right.finite_speed)", "sp.Or(left.finite_speed, right.finite_speed)"),
                ("(2 * b - sp.diff(a, x)) / a", "(2 * b + sp.diff(a, x)) / a"),
            ),
        ),
        (
            "theory/line/boundary.py",
            "tests/theory/line/test_boundary.py",
            (
                ("return 2 * constant * collected(inverse, x)", "return constant * collected(inverse, x)"),
                ("scale.exponent - alpha, scale.at_infinity", "scale.exponent + alpha, scale.at_infinity"),
                (
                    "-behaviour.exponent - 1 if behaviour.at_infinity else behaviour.exponent + 1",
                    "-behaviour.exponent - 1 if behaviour.at_infinity else behaviour.exponent - 1",
                ),
            ),
        ),
        (
            "theory/line/passage_time.py",
            "tests/theory/line/test_first_passage.py",
            (
                (
                    "(s_0 - s_l) / (s_u - s_l) * (v_u - v_l) - (v_0 - v_l)",
                    "(s_0 - s_l) / (s_u - s_l) * (v_u - v_l) + (v_0 - v_l)",
                ),
                ("b * sp.diff(v, x) + a * sp.diff(v, x, 2) / 2 - 1", "b * sp.diff(v, x) + a * sp.diff(v, x, 2) - 1"),
            ),
        ),
        (
            "theory/stability/attractivity.py",
            "tests/theory/stability/test_attractivity.py",
            (
                ('"second derivative of the diffusion") / 2)', '"second derivative of the diffusion"))'),
                ("noise_strength / 2 - drift_slope", "noise_strength / 2 + drift_slope"),
            ),
        ),
        (
            "theory/coordinates.py",
            "tests/theory/test_coordinates.py",
            (("sp.log(sign * x), sign * sp.exp(symbol)", "sp.log(sign * x), sp.exp(symbol)"),),
        ),
        (
            "theory/discrete/growth_rate.py",
            "tests/theory/discrete/test_growth_rate.py",
            (
                ("1 + eta * mu + sp.sqrt(eta) * zeta * noise", "1 + eta * mu + eta * zeta * noise"),
                ("sp.log(v) / 2 - (sp.EulerGamma + sp.log(2)) / 2", "sp.log(v) / 2 + (sp.EulerGamma + sp.log(2)) / 2"),
                ("y = m**2 / (2 * v)", "y = m**2 / v"),
                ("(sp.sqrt(1 + eta * zeta**2) - 1) / eta", "(sp.sqrt(1 + 2 * eta * zeta**2) - 1) / eta"),
            ),
        ),
        (
            "theory/discrete/momentum.py",
            "tests/theory/discrete/test_momentum.py",
            (("velocity = (1 / ratio - 1) / eta", "velocity = (1 - ratio) / eta"),),
        ),
        (
            "theory/gradient_noise/sampling.py",
            "tests/theory/gradient_noise",
            (
                ("(sample_count - batch_size) / (sample_count - 1)", "(sample_count - batch_size) / sample_count"),
                ("centred / sp.sqrt(n)", "centred / sp.sqrt(n - 1)"),
                ("sp.zeros(d, 1)) / batch_size", "sp.zeros(d, 1))"),
            ),
        ),
        (
            "theory/gradient_noise/descent.py",
            "tests/theory/gradient_noise/test_descent.py",
            (
                ("gradient + decay * weights", "gradient - decay * weights"),
                ("inertia * velocities + (1 - damped) * gradient", "inertia * velocities + gradient"),
                ("member[label] + noise * normals[b]", "member[label] + noise * normals[0]"),
            ),
        ),
        (
            "theory/gradient_noise/label_noise.py",
            "tests/theory/gradient_noise/test_label_noise.py",
            (
                ("sp.zeros(d, d)) / n**2", "sp.zeros(d, d)) / n"),
                ("-eta * total / len(noises)", "eta * total / len(noises)"),
            ),
        ),
        (
            "theory/models/geometric_brownian.py",
            "tests/theory/models/test_models.py",
            (
                ("self.mu - self.zeta**2 / 2", "self.mu - self.zeta**2"),
                ("k * self.mu + k * (k - 1) * self.zeta**2 / 2", "k * self.mu + k**2 * self.zeta**2 / 2"),
            ),
        ),
        (
            "theory/models/teacher_student/stochastic_logistic.py",
            "tests/theory/models/teacher_student/test_stochastic_logistic.py",
            (
                ("return -alpha * (alpha + k)", "return -alpha * (alpha + k + 1)"),
                ("x ** (k - 1) * sp.exp(-x)", "x**k * sp.exp(-x)"),
                ("hyperu(alpha, 2 * alpha + k + 1, x)", "hyperu(alpha, 2 * alpha + k, x)"),
            ),
        ),
        (
            "theory/models/teacher_student/modes.py",
            "tests/theory/models/teacher_student/test_modes.py",
            (("a - eta * b * g, b - eta * a * g", "a - eta * b * g, b + eta * a * g"),),
        ),
        (
            "theory/matrices/modulus.py",
            "tests/theory/matrices/test_modulus.py",
            (("sp.sqrt(S.trace() + 2 * minor)", "sp.sqrt(S.trace() + minor)"),),
        ),
        (
            "theory/matrices/spike_in_noise.py",
            "tests/theory/matrices/test_spike_in_noise.py",
            (("(1 + D) * (1 + aspect * D) / D", "(1 + D) * (1 + aspect * D)"),),
        ),
        (
            "theory/tricomi.py",
            "tests/theory/models/teacher_student/test_stochastic_logistic.py theory/tricomi.py",
            (("-a * hyperu(a + 1, b + 1, z)", "a * hyperu(a + 1, b + 1, z)"),),
        ),
        (
            "theory/fewer_noises.py",
            "tests/theory/test_fewer_noises.py",
            (("k * (q * length + along / length)", "k * (q * length - along / length)"),),
        ),
        (
            "theory/decision/sign.py",
            "tests/theory/decision",
            (("return (exact > 0) - (exact < 0)", "return (exact < 0) - (exact > 0)"),),
        ),
        (
            "numerics/schemes/euler_maruyama.py",
            "tests/numerics/schemes tests/numerics/simulation/test_simulate.py",
            (("x + b * step + root_step * dw", "x + b * step + step * dw"),),
        ),
        (
            "numerics/schemes/milstein.py",
            "tests/numerics/schemes",
            (
                ("Z[j] * Z[k] - (1 if j == k else 0)", "Z[j] * Z[k]"),
                (
                    ".jacobian(process.state) * process.dispersion.col(j)",
                    ".jacobian(process.state) * process.dispersion.col(k)",
                ),
            ),
        ),
        (
            "numerics/schemes/exact_geometric_brownian.py",
            "tests/numerics/schemes",
            (("sum(s**2 for s in volatility) / 2) * step", "sum(s**2 for s in volatility)) * step"),),
        ),
        (
            "numerics/schemes/exact_ornstein_uhlenbeck.py",
            "tests/numerics/schemes",
            (("_memory(rates[i] + rates[j], step)", "_memory(rates[i], step)"),),
        ),
        (
            "numerics/random/normal.py",
            "tests/numerics/random tests/numerics/kernels",
            (
                ("real(2.0 ** (-width - 1))", "real(2.0 ** (-width))"),
                ("np.sqrt(2 * np.abs(np.log(u.astype(np.float64))))", "np.sqrt(np.abs(np.log(u.astype(np.float64))))"),
            ),
        ),
        (
            "numerics/random/uniform.py",
            "tests/numerics/random",
            (("(whole + number.type(0.5))", "whole"),),
        ),
        (
            "numerics/simulation/coupled_levels.py",
            "tests/numerics/simulation/test_coupled_levels.py",
            (
                ("[(Z1 + Z2) / sp.sqrt(2)", "[(Z1 + Z2) / 2"),
                ("half, root_half = step / 2, root_step / sp.sqrt(2)", "half, root_half = step / 2, root_step / 2"),
            ),
        ),
        (
            "numerics/statistics/estimators.py",
            "tests/numerics/statistics",
            (
                (
                    'probability(false_alarm, "false_alarm") / 2\n        nu',
                    'probability(false_alarm, "false_alarm")\n        nu',
                ),
                ("return float(quantile) * self.standard_error", "return float(quantile) * self.standard_error / 2"),
            ),
        ),
        (
            "numerics/statistics/goodness_of_fit.py",
            "tests/numerics/statistics tests/numerics/test_laws.py",
            (
                ("/ (2 * n))", "/ n)"),
                ("odd = 2 * np.arange(1, n + 1) - 1", "odd = 2 * np.arange(1, n + 1)"),
            ),
        ),
        (
            "numerics/statistics/sample_size.py",
            "tests/numerics/statistics/test_sample_size.py tests/verification/checks/test_monte_carlo.py",
            (
                ("false_alarm = FALSE_ALARM_RUN / checks", "false_alarm = FALSE_ALARM_RUN"),
                ("quantile - float(special.ndtri(MISS_RATE))", "quantile + float(special.ndtri(MISS_RATE))"),
            ),
        ),
        (
            "verification/checks/intervals.py",
            "tests/verification/checks",
            (
                ("/ float(np.sqrt(len(means))) + bias", "/ float(np.sqrt(len(means)))"),
                ("if not interval.is_valid:", "if False:"),
                ("if not interval.lower <= value <= interval.upper:", "if False:"),
            ),
        ),
        (
            "verification/checks/conditions.py",
            "tests/verification/checks/test_conditions.py",
            (("if expected is not found:", "if False:"),),
        ),
        (
            "verification/checks/figure.py",
            "tests/verification/checks/test_figure.py",
            (("if stated < lower - margin or stated > upper + margin:", "if False:"),),
        ),
        (
            "verification/checks/invariance.py",
            "tests/verification/checks/test_invariance.py -k judge_runs",
            (('worst["violation"] > tolerance', 'worst["violation"] > 1e9'),),
        ),
        (
            "verification/checks/monte_carlo.py",
            "tests/verification/checks/test_monte_carlo.py",
            (("SECOND, 4 * plan.design.n)", "SECOND, plan.design.n)"),),
        ),
        (
            "verification/checks/stages.py",
            "tests/verification/checks/test_monte_carlo.py",
            (
                (
                    'arguments["statement"], experiment.name, arguments["stage"])',
                    'arguments["statement"], experiment.name, FIRST)',
                ),
                ('refinement = 2 if arguments["stage"] == SECOND else 1', "refinement = 1"),
            ),
        ),
        (
            "verification/investigation.py",
            "tests/verification/test_investigation.py",
            (
                ("if survivors and not (", "if False and not ("),
                ("survivors <= _right_variants(statement, found)", "True"),
                ("is Verdict.HOLDS}", "is not Verdict.FAILS}"),
                ("return Verdict.UNDECIDED if Outcome.PROVED in outcomes else Verdict.FAILS", "return Verdict.FAILS"),
                ("_withdraw_powerless(found, list(killers))\n", "pass\n"),
                ("if not holds or not all(holds):", "if not holds or not any(holds):"),
            ),
        ),
        (
            "verification/claim.py",
            "tests/verification/test_claim.py",
            (
                ("form.subs(meanings, simultaneous=True)", "form"),
                (
                    'if not found:\n            raise ClaimError(\n                f"statement {self.name!r} has no near miss',
                    'if False:\n            raise ClaimError(\n                f"statement {self.name!r} has no near miss',
                ),
            ),
        ),
        (
            "verification/authoring/simulated.py",
            "tests/verification/authoring tests/verification/test_own_project.py",
            (("2 * fine - coarse", "2 * coarse - fine"),),
        ),
        (
            "verification/run/fingerprint.py",
            "tests/verification/run/test_fingerprint.py",
            (
                ("waiting += _imported(path, name)", "pass"),
                ('"verification/checks/*.py",', '"verification/checks/symbolic.py",'),
            ),
        ),
        (
            "verification/run/worker.py",
            "tests/verification/run/test_fingerprint.py",
            (("!= self.fingerprint:", "== None:"),),
        ),
        (
            "verification/lock.py",
            "tests/verification/test_lock.py",
            (("if locked.verdict != found.verdict:", "if False:"),),
        ),
        (
            "verification/mutation/mutants.py",
            "tests/verification/mutation",
            (("distance = None if wrong in seen else measured(wrong)", "distance = measured(wrong)"),),
        ),
    )
    for old, new in pairs
)
