r"""Appendix G: batches drawn without replacement from a finite data set, and its minimum."""

from __future__ import annotations

import itertools
from functools import cache

import sympy as sp

from theory.gradient_noise.sampling import FiniteSum, Sampling, batches, enumerated_step
from theory.notation import eta
from verification.authoring.shorthand import Grade, Kind, equals, measured
from verification.papers.saddle_to_saddle.measured import minimum_of_samples
from verification.papers.saddle_to_saddle.paper import paper, sigma_q
from verification.papers.saddle_to_saddle.sgd_samples import spread_on_samples, two_samples_in_a_batch

SIZES = ((4, 2), (5, 3), (4, 4))
"""Numbers of samples N and batch sizes B at which every batch is listed."""

theta = sp.Symbol("theta", real=True)
samples, batch = sp.symbols("N B", positive=True)
SYMBOLS = {sp.Symbol("g_1", real=True): "gradient of sample 1, likewise the others; one weight"}


def gradients(N: int) -> tuple[sp.Symbol, ...]:
    """The gradients of the samples."""
    return sp.symbols(f"g_1:{N + 1}", real=True)


@cache
def enumerated(N: int, B: int) -> sp.Expr:
    """The variance of the gradient of a batch, over all batches."""
    problem = FiniteSum([theta], tuple(g * theta for g in gradients(N)))
    return sp.expand(enumerated_step(problem, B, Sampling.WITHOUT_REPLACEMENT).covariance[0] / eta**2)


def together(N: int, B: int) -> sp.Rational:
    """The probability that samples 1 and 2 are in one batch, by listing all batches."""
    return sum((p for chosen, p in batches(N, B, Sampling.WITHOUT_REPLACEMENT) if {0, 1} <= set(chosen)), sp.S.Zero)


def sums(N: int) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    r""":math:`\sum_{i\ne j}g_ig_j`, :math:`\sum_ig_i^2` and the mean."""
    g = gradients(N)
    return sum(a * b for a, b in itertools.permutations(g, 2)), sum(each**2 for each in g), sum(g) / N


def population_factor(N: int, B: int) -> sp.Rational:
    r""":math:`(N - B)/(B(N - 1))`."""
    return sp.Rational(N - B, B * (N - 1))


@paper.claim("DLN-F1", "Appendix G.1", grade=Grade.MISPRINT)
def joint_inclusion_probability():
    r"""Joint inclusion probability.

    $p(X_i, X_j\in B) = \frac{\binom{B-2}{N-2}}{\binom{B-1}{N-1}}\frac{\binom{B-1}{N-1}}{\binom{B}{N}}
    = \frac{B-1}{N-1}\frac BN$

    - The value at the end of the line is right. With the rows as printed every quotient is $0/0$ for $B < N$.
    """
    N, B = 6, 3

    def counted() -> sp.Matrix:
        listed = [set(chosen) for chosen, _ in batches(N, B, Sampling.WITHOUT_REPLACEMENT)]
        return sp.Matrix([sum(wanted <= chosen for chosen in listed) for wanted in ({0, 1}, {0}, set())])

    yield equals(
        r"numbers of batches: $\text{batches with two, one, no given samples}$",
        printed=sp.Matrix([sp.binomial(B - 2, N - 2), sp.binomial(B - 1, N - 1), sp.binomial(B, N)]),
        corrected=sp.Matrix([sp.binomial(N - 2, B - 2), sp.binomial(N - 1, B - 1), sp.binomial(N, B)]),
        derived=counted,
        wrong={"ordered batches": sp.Matrix([sp.binomial(N - 2, B - 2), sp.binomial(N - 1, B - 1), sp.ff(N, B)])},
        says=r"At $N = 6$, $B = 3$: $\binom{B-2}{N-2}, \binom{B-1}{N-1}, \binom BN$; corrected: rows exchanged.",
        mutated=False,
    )
    for size in SIZES[:2]:
        n, b = size
        yield equals(
            f"value, N = {n}, B = {b}",
            r"p(X_i, X_j\in B)",
            printed=sp.Rational(b - 1, n - 1) * sp.Rational(b, n),
            derived=lambda size=size: together(*size),
            measured=[measured(two_samples_in_a_batch, N=str(n), B=str(b))],
            wrong={
                "as with replacement": sp.Rational(b, n) ** 2,
                "a tenth too large": sp.Rational(11 * (b - 1) * b, 10 * (n - 1) * n),
            },
            mutated=False,
        )


@paper.claim("DLN-F2", "Appendix G.1, after Eq. (32)", symbols=SYMBOLS, kind=Kind.PROOF_STEP, grade=Grade.WRONG)
def intermediate_covariance_of_a_batch():
    """Intermediate formula of the batch covariance.

    - The final formula (DLN-F3) is right; it does not follow from this line.
    """
    for size in SIZES[:2]:
        N, B = size
        pairs, squares, mean = sums(N)
        right = sp.Rational(B - 1, B * N * (N - 1)) * pairs + squares / (B * N) - mean**2
        yield equals(
            f"N = {N}, B = {B}",
            r"\Sigma_b",
            printed=population_factor(N, B) * pairs + squares / B**2 - mean**2,
            corrected=right,
            derived=lambda size=size: enumerated(*size),
            wrong={"the first coefficient mended alone": right - squares / (B * N) + squares / B**2},
            corrected_says=r"$\Sigma_b = \frac{B-1}{BN(N-1)}\sum_{i\ne j}g_ig_j + \frac1{BN}\sum_ig_i^2 - g_N^2$",
            says=r"$\frac{N-B}{B(N-1)}\sum_{i\ne j}g_ig_j + \frac1{B^2}\sum_ig_i^2 - g_N^2$ for one weight.",
            mutated=False,
        )


@paper.claim("DLN-F3", "Appendix G.1, Eq. (32) and last display", symbols=SYMBOLS, grade=Grade.MISPRINT)
def finite_population_correction():
    r"""Finite-population correction.

    $\Sigma_b = \frac{N-B}{B(N-1)}[\frac1N\sum_ig_i(w)g_i(w)^\top - g(w)g(w)] = \frac{N-B}{B(N-1)}\Sigma$

    - In $g(w)g(w)$, as in (32), a transposition sign is left out: of more than one weight there is no such product.
      With it the value holds.
    """
    one, two = (sp.Matrix(sp.symbols(f"g_{i}1 g_{i}2", real=True)) for i in (1, 2))
    mean_of_two = (one + two) / 2

    weights = sp.Matrix(sp.symbols("theta_1 theta_2", real=True))
    pair = FiniteSum(weights, (one.dot(weights), two.dot(weights)))

    yield equals(
        r"product of means: $\text{rows of the factor on the right of }g(w)$",
        printed=sp.Integer(mean_of_two.rows),
        corrected=sp.Integer(mean_of_two.T.rows),
        derived=lambda: sp.Integer(pair.gradient.cols),
        wrong={"one for each of three samples": sp.Integer(3)},
        says="Two weights: $g(w)$ is a column of two, and a factor on its right has one row for its one column.",
        corrected_says=r"$g(w)g(w)^\top$",
        mutated=False,
    )
    yield equals(
        "two weights, N = 2, B = 1",
        r"\Sigma_b",
        printed=(one * one.T + two * two.T) / 2 - mean_of_two * mean_of_two.T,
        derived=lambda: enumerated_step(pair, 1, Sampling.WITHOUT_REPLACEMENT).covariance / eta**2,
        wrong={"as for batches of two": ((one * one.T + two * two.T) / 2 - mean_of_two * mean_of_two.T) / 2},
        says=r"With $g(w)g(w)^\top$.",
        mutated=False,
    )
    for size in SIZES:
        N, B = size
        _, squares, mean = sums(N)
        right = population_factor(N, B) * (squares / N - mean**2)
        yield equals(
            f"N = {N}, B = {B}",
            r"\Sigma_b",
            printed=right,
            derived=lambda size=size: enumerated(*size),
            wrong={"as with replacement": (squares / N - mean**2) / B},
            says=r"$\frac{N-B}{B(N-1)}[\frac1N\sum_ig_ig_i^\top - gg^\top]$.",
            mutated=False,
        )


@paper.claim("DLN-F4", "Appendix G.1, Eq. (32)", symbols=SYMBOLS)
def batch_covariance_as_a_double_sum():
    """Batch covariance as a double sum.

    - Scope: one weight.
    """
    for size in SIZES[:2]:
        N, B = size
        pairs, squares, mean = sums(N)
        both = sp.Rational(B * (B - 1), N * (N - 1))
        yield equals(
            f"N = {N}, B = {B}",
            r"\Sigma_b",
            printed=(sp.Rational(B, N) * squares + both * pairs) / B**2 - mean**2,
            derived=lambda size=size: enumerated(*size),
            wrong={
                "independent samples": (sp.Rational(B, N) * squares + sp.Rational(B, N) ** 2 * pairs) / B**2 - mean**2
            },
            says=r"$\frac1{B^2}\sum_{i,j}g_ig_j\,E_B[1_B(x_i, x_j)] - g_Ng_N^\top$.",
            mutated=False,
        )
    _, squares, mean = sums(4)

    def products_of_two() -> sp.Expr:
        found = FiniteSum([theta], tuple(g * theta for g in gradients(4))).sample_gradients
        return sum(found[i] * found[j] for i, j in itertools.permutations(range(4), 2))

    yield equals(
        r"sum identity: $\sum_{i\ne j}g_ig_j^\top$",
        printed=16 * mean**2 - squares,
        derived=products_of_two,
        wrong={"N for its square": 4 * mean**2 - squares},
        says=r"$N^2g_Ng_N^\top - \sum_ig_ig_i^\top$ at $N = 4$.",
        mutated=False,
    )


def mean_over_squared_length(power: int) -> sp.Expr:
    r""":math:`E R^p` of :math:`R = \sum_ix_i^2` over N standard normals, whose density is that of :math:`\chi^2_N`."""
    R, N = sp.Symbol("R", positive=True), samples
    log_density = R ** (N / 2 - 1 + power) * sp.exp(-R / 2)
    return sp.gammasimp(sp.integrate(log_density, (R, 0, sp.oo), conds="none") / (2 ** (N / 2) * sp.gamma(N / 2)))


def mean_of_share(power: int) -> sp.Expr:
    r""":math:`E(x_1^2/R)^p`: the share of a direction is a Beta variable, :math:`B(\frac12, \frac{N-1}2)`."""
    half, rest = sp.Rational(1, 2), (samples - 1) / 2
    return sp.gammasimp(sp.prod([(half + k) / (half + rest + k) for k in range(power)]))


@paper.claim(
    "DLN-F5", "Appendix G.2", symbols={samples: "size of the data set", batch: "batch size", sigma_q: "label noise"}
)
def expectations_over_finite_data():
    r"""Expectations over finite data.

    "As the dataset size $N$ tends to infinity, the statistics converge due to the law of large numbers."

    - Scope: one linear weight: the minimum of the loss of N samples and the gradient noise there.
    - The minimum is $N^{-1/2}$ away from the teacher, and the noise there is weaker by $3/(N + 2)$, at $N = 20$ an
      eighth. Batches of the data set carry the factor of DLN-F3 besides.
    """
    N = samples
    distance, noise = sigma_q**2 / (N - 2), sigma_q**2 * (N - 1) / (N + 2)

    def derived_distance() -> sp.Expr:
        return sigma_q**2 * mean_over_squared_length(-1)

    def derived_noise() -> sp.Expr:
        # The residual of sample i has the variance 1 - x_i^2/R, and x_i^2 is R times its share of R.
        return sp.cancel(sigma_q**2 * (1 - mean_over_squared_length(1) * mean_of_share(2)))

    yield equals(
        r"limits: $\lim_{N\to\infty}(E|\theta_N - \theta|^2, E\Sigma(\theta_N))$",
        printed=sp.Matrix([0, sigma_q**2]),
        derived=lambda: [sp.limit(side, N, sp.oo) for side in (derived_distance(), derived_noise())],
        wrong={"noise of the fit remains": sp.Matrix([sigma_q**2, sigma_q**2])},
        says="The statistics of the data's law, at the teacher.",
        mutated=False,
    )
    for name, left, printed, derived, wrong in (
        ("distance of the minimum", r"E|\theta_N - \theta|^2", distance, derived_distance, sigma_q**2 / N),
        ("noise at the minimum", r"E\,\Sigma(\theta_N)", noise, derived_noise, sigma_q**2 * (N - 1) / N),
    ):
        yield equals(
            name,
            left,
            printed=printed,
            derived=derived,
            domain=(N > 4,),
            wrong={"leading order alone": wrong},
            measured=[
                measured(
                    minimum_of_samples,
                    lambda candidate: candidate.subs({N: 20, sigma_q: sp.Rational(1, 2)}),
                    what=name,
                    N="20",
                    sigma="1/2",
                )
            ],
            says="A result of ours.",
            remark=True,
            mutated=False,
        )

    def derived_spread() -> sp.Expr:
        r""":math:`\frac12E\,\Sigma/H` with the factor of DLN-F3; a fit leaves of a label's noise one minus a share."""
        return sp.cancel(sigma_q**2 / 2 * (1 - N * mean_of_share(2)) * (N - batch) / (N - 1))

    yield equals(
        r"spread at the end: $\lim_{\eta\to0}E\operatorname{Var}(\theta)/\beta$",
        printed=sigma_q**2 * (N - batch) / (2 * (N + 2)),
        derived=derived_spread,
        domain=(N > 4, batch < N),
        measured=[
            measured(
                spread_on_samples,
                lambda candidate, size=size: candidate.subs({N: size[0], batch: size[1], sigma_q: 1}),
                N=str(size[0]),
                B=str(size[1]),
                sigma_q="1",
                eta="1/100",
            )
            for size in ((20, 2), (12, 4))
        ],
        wrong={
            "of the law of the data": sigma_q**2 / 2,
            "batches with replacement": sigma_q**2 * (N - 1) / (2 * (N + 2)),
        },
        says="A result of ours: SGD with batches without replacement, around the minimum of the data set.",
        remark=True,
        mutated=False,
    )
