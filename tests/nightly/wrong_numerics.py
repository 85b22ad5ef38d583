"""Wrong numerics: steps of schemes, generator words and counters, interval widths and sample sizes.

Each entry is a file, the arguments of pytest for the tests that must notice, and pairs of right and wrong text.
"""

PAIRS = (
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
        "tests/numerics/statistics tests/numerics/test_laws.py numerics/statistics/goodness_of_fit.py",
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
        "numerics/layered/steps.py",
        "tests/numerics/layered",
        (
            ('variance = dynamics.numbers()["label_noise"] ** 2', 'variance = dynamics.numbers()["label_noise"]'),
            ("variance = variance + data.label_covariance[0, 0]", "variance = data.label_covariance[0, 0]"),
        ),
    ),
    (
        "numerics/statistics/tails.py",
        "tests/numerics/statistics/test_tails.py",
        (("k / excess if", "1 / excess if"), ("1 - probability(", "probability(")),
    ),
    (
        "numerics/schemes/power_noise.py",
        "tests/numerics/schemes/test_power_noise.py",
        (
            ("q * by_exponent.get(2 * p - 1, 0) + q * (q - 1) * s**2 / 2", "q * by_exponent.get(2 * p - 1, 0)"),
            ("(-p * s**2 / 2, 2 * p - 1)", "(p * s**2 / 2, 2 * p - 1)"),
            ("sp.expand(alpha - q**2 * s**2 / 2)", "alpha"),
            ("return z / (1 - step *", "return z * (1 + step *"),
        ),
    ),
    (
        "numerics/deterministic/positive_words.py",
        "tests/numerics/deterministic/test_random_products.py",
        (
            ("error = (high - low) / 2", "error = (high - low) / 2000"),
            ("weights = np.outer(p, weights).ravel()", "weights = np.outer(np.ones(len(p)) / len(p), weights).ravel()"),
            ("if np.any(~(growth > 0).any(axis=2)):", "if False:"),
        ),
    ),
    (
        "numerics/deterministic/random_products.py",
        "tests/numerics/deterministic/test_random_products.py",
        (
            ("return max(on_it, log_of_determinant - on_it)", "return on_it"),
            ("np.all(kept | exchanged)", "np.any(kept | exchanged)"),
            ("if _vanishes(M, singular):", "if False:"),
            ("max(value for value, _ in found)", "min(value for value, _ in found)"),
        ),
    ),
    (
        "numerics/codegen/hyperbolic.py",
        "tests/numerics/codegen/test_stable.py tests/numerics/codegen/test_physics.py",
        (
            ("base.is_number or base in (s, c, c + 1, c - 1) for", "True for"),
            ("half = sp.expand(v - u) / 2", "half = sp.expand(u - v) / 2"),
            ("if k == c else -2 * k * sp.sinh(half) ** 2", "if k == c else 2 * k * sp.sinh(half) ** 2"),
        ),
    ),
    (
        "numerics/codegen/mixtures.py",
        "tests/numerics/codegen/test_stable.py tests/numerics/codegen/test_physics.py",
        (
            ("above * below ** (power - m)", "above * below ** (power - 1)"),
            ("found[e] = symbol**k", "found[e] = symbol"),
        ),
    ),
    (
        "numerics/codegen/lambert.py",
        "tests/numerics/codegen/test_stable.py tests/numerics/codegen/test_physics.py",
        (
            ("_STEPS = 3", "_STEPS = 2"),
            ("products[n - 2] / 2 - a[n - 1]", "products[n - 2] / 2 + a[n - 1]"),
        ),
    ),
    (
        "numerics/codegen/gaussian_sums.py",
        "tests/numerics/codegen/test_stable.py tests/numerics/codegen/test_physics.py",
        (("erf = side * (1 - _T)", "erf = 1 - side * _T"), ("_G ** (weight - lowest)", "_G**weight")),
    ),
    (
        "numerics/statistics/at_rest.py",
        "tests/numerics/statistics/test_at_rest.py",
        (
            ("math.expm1(min(", "math.exp(min("),
            ("return met and all(", "return all("),
            ("/ (2 * len(rows))", "/ 2"),
        ),
    ),
    (
        "numerics/deterministic/nested_integral.py",
        "tests/numerics/deterministic/test_nested_integral.py",
        (
            ("begins, exchanged=True)", "begins, exchanged=False)"),
            ("-slope / 2, sp.S.One, y", "slope / 2, sp.S.One, y"),
        ),
    ),
    (
        "numerics/deterministic/orbit_relaxation.py",
        "tests/numerics/deterministic/test_orbit_relaxation.py",
        (
            ("float(self.rates[0]))\n\n    def charges", "float(self.rates[-1]))\n\n    def charges"),
            ("(basis * np.exp(rates)) @", "(basis * np.exp(2 * rates)) @"),
        ),
    ),
)
