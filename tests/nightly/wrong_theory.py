"""Wrong theory: coefficients and signs, cross terms, Stratonovich's half, laws and rates.

Each entry is a file, the arguments of pytest for the tests that must notice, and pairs of right and wrong text.
"""

PAIRS = (
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
        "theory/asymptotic_series.py",
        "tests/theory/test_asymptotic_series.py tests/verification/checks/test_symbolic.py",
        (
            ("for c in (*upto, beyond))", "for c in upto)"),
            ("if found.order > order + 1:", "if True:"),
            ("return known * (-1) ** logs", "return known"),
            ("sp.Integer(-1) ** (j + 1) / j if j", "sp.Integer(1) / j if j"),
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
        "theory/line/laws/stationary.py",
        "tests/theory/line/laws/test_stationary.py",
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
        "theory/line/ends/boundary.py",
        "tests/theory/line/ends/test_boundary.py",
        (
            (
                "return 2 * constant_factor(inverse, x) * collected(inverse, x)",
                "return constant_factor(inverse, x) * collected(inverse, x)",
            ),
        ),
    ),
    (
        "theory/line/ends/feller.py",
        "tests/theory/line/ends/test_boundary.py",
        (
            ("scale.exponent - alpha, scale.at_infinity", "scale.exponent + alpha, scale.at_infinity"),
            (
                "-behaviour.exponent - 1 if behaviour.at_infinity else behaviour.exponent + 1",
                "-behaviour.exponent - 1 if behaviour.at_infinity else behaviour.exponent - 1",
            ),
        ),
    ),
    (
        "theory/line/passage/passage_time.py",
        "tests/theory/line/passage/test_first_passage.py",
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
            ('"second derivative of the diffusion", 2) / 2)', '"second derivative of the diffusion", 2))'),
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
        "theory/symmetry/find.py",
        "tests/theory/symmetry/test_find.py",
        (
            (
                "return [p for p, loss in self._expanded.items() if not loss.is_unmoved_by(matrix, shift)]",
                "return []",
            ),
        ),
    ),
    (
        "theory/symmetry/affine_symmetries.py",
        "tests/theory/symmetry/test_find.py",
        (("return self.dimension == self.at_most", "return self.dimension <= self.at_most"),),
    ),
    (
        "theory/symmetry/roots.py",
        "tests/theory/symmetry/test_find.py",
        (("return [[a ^ b for a, b in zip(*own, strict=True)]] if len(own) == 2 else []", "return own[:1]"),),
    ),
    (
        "theory/symmetry/discrete_law.py",
        "tests/theory/symmetry/test_discrete_law.py",
        (
            ("decay * along_weights + m * along_velocity if rule.nesterov", "along_velocity if rule.nesterov"),
            ("along_velocity = m * pair.alignment + (1 - rule.dampening)", "along_velocity = m * pair.alignment + 1"),
        ),
    ),
    (
        "theory/line/charts/dominant_term.py",
        "tests/theory/line/charts/test_dominant_term.py",
        (
            ("largest._replace(coefficient=largest.coefficient + term.coefficient)", "largest"),
            ("order(power, sp.S.NegativeOne)) != 0), False)", "order(power, sp.S.NegativeOne)) != 0), True)"),
            ("return dominant_term(sp.expand(argument - 1), y)", "return dominant_term(sp.expand(1 - argument), y)"),
        ),
    ),
    (
        "theory/line/families/beta.py",
        "tests/theory/line/families",
        (
            ("self.width ** (a + b - 1) * sp.gamma(a)", "self.width ** (a + b) * sp.gamma(a)"),
            ("left + self.width * (a - 1) / (a + b - 2)", "left + self.width * a / (a + b)"),
            (
                "sp.digamma(self.alpha) - sp.digamma(self.beta)) / self.power",
                "sp.digamma(self.alpha) - sp.digamma(self.beta))",
            ),
            ("positive(self.power * self.beta - order)", "positive(self.beta - order)"),
        ),
    ),
    (
        "theory/line/families/confluent.py",
        "tests/theory/line/families",
        (
            ("hyperu(a, a + 1 - self.bend, ", "hyperu(a, 1 - self.bend, "),
            ("hyperu(self.alpha + k, 1 - self.beta, ", "hyperu(self.alpha + k, 1 + self.beta, "),
            ("lambda j: (-1) ** j * of_distance(j)", "lambda j: of_distance(j)"),
        ),
    ),
    (
        "theory/line/families/hyperbolic.py",
        "tests/theory/line/families",
        (("* c ** (order - j) *", "* c**order *"), ("self.tilt * self.width / self._gamma", "self.tilt * self.width")),
    ),
    (
        "theory/line/laws/laplace_coefficients.py",
        "tests/theory/line/laws/test_laplace_coefficients.py tests/theory/line/laws/test_small_noise_expansion.py",
        (
            ("weights.append(sp.expand(sp.Add(*(p * exponents[p]", "weights.append(sp.expand(sp.Add(*(exponents[p]"),
            ("second[m] - sum(first[i] * first[m - i] for i in range(m + 1))", "second[m]"),
        ),
    ),
    (
        "theory/discrete/tail_index.py",
        "tests/numerics/deterministic/test_kesten.py tests/theory/discrete",
        (
            ("_moment(base, power * kappa, recursion)", "_moment(base, kappa, recursion)"),
            (
                "return scale**order * sp.gamma(shape + order) / sp.gamma(shape)",
                "return scale * sp.gamma(shape + order) / sp.gamma(shape)",
            ),
        ),
    ),
)
