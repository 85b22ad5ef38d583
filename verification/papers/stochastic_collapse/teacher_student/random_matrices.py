r"""Appendix I.1 and I.3: noisy updates, decomposition of the errors, and the random-matrix limit.

:math:`\mathcal A` is ``A``, :math:`\bar s` is ``sbar``, :math:`\tilde s` is ``s_tilde``. The noise has entries of
variance :math:`1/n`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import mpmath
import sympy as sp

from theory.matrices import spike_in_noise as rm
from theory.matrices.spike_in_noise import aspect, s_bar
from theory.notation import s_tilde
from verification.authoring import predictions
from verification.claim import Citation, Claim, Comparison, Identity, Kind, NearMiss, Statement
from verification.papers.stochastic_collapse.paper import PAPER

SAMPLERS = "verification.papers.stochastic_collapse.measured.random_matrices"


def _matrix(name: str, rows: int, columns: int) -> sp.ImmutableMatrix:
    """A matrix of real symbols."""
    return sp.ImmutableMatrix(rows, columns, lambda i, j: sp.Symbol(f"{name}_{i + 1}{j + 1}", real=True))


SPIKE_SYMBOLS: dict[sp.Basic, str] = {
    aspect: "aspect ratio m/n",
    s_bar: "singular value of the teacher, noise variance 1/n",
}
ABOVE = (s_bar**4 > aspect,)
BELOW = (s_bar**4 < aspect,)
OUTLIERS = tuple(
    {"aspect": A, "signal": signal}
    for A, signal in (("1/2", "3/2"), ("1/10", "4/5"), ("1", "2"), ("2", "3/2"), ("4", "2"))
)
HIDDEN = tuple(
    {"aspect": A, "signal": signal} for A, signal in (("1/10", "1/4"), ("1/2", "1/2"), ("2", "1"), ("4", "1"))
)


def _at_spike(candidate: sp.Expr, point: Mapping[str, str]) -> sp.Expr:
    return predictions.at({aspect: point["aspect"], s_bar: point["signal"]})(candidate)


def _where_real(candidate: sp.Expr, point: Mapping[str, str]) -> float | None:
    """The candidate, or None where it is not real."""
    value = complex(_at_spike(candidate, point).evalf(20))
    return value.real if value.imag == 0 else None


def _tridiagonal(
    evaluator: str, arguments: tuple[Mapping[str, str], ...], predicted: Callable = _at_spike, tolerance: float = 1e-2
) -> tuple[Comparison, ...]:
    return (
        Comparison(
            name="random matrices",
            evaluator=f"{SAMPLERS}:{evaluator}",
            arguments=arguments,
            predicted=predicted,
            tolerance=tolerance,
        ),
    )


TRANSFER = sp.sqrt((1 + s_bar**2) * (aspect + s_bar**2)) / s_bar

SC_092 = Claim(
    id="SC-092",
    title="transfer function of the singular values",
    kind=Kind.LAW,
    cites=Citation(PAPER, "Eq. (64)"),
    symbols=SPIKE_SYMBOLS,
    scope="n, m to infinity at fixed m/n, finite rank, noise variance 1/n",
    printed_text="s_tilde = sqrt((1 + sbar^2)(A + sbar^2))/sbar if sbar > A^(1/4), otherwise 1 + A",
    corrected_text="otherwise 1 + sqrt(A); the first branch is right",
    notes=(
        "The two branches meet at sbar = A^(1/4) only with 1 + sqrt(A), the edge of the bulk. "
        "At A = 1, the one aspect ratio of the experiments, 1 + A is the same.",
    ),
    statements=(
        Statement(
            name="above the threshold",
            says="The largest singular value of the data, for one singular value of the teacher.",
            left=r"\tilde s(\bar s)",
            form=Identity(rm.outlier),
            printed=TRANSFER,
            near_misses=(
                NearMiss("not divided by the signal", TRANSFER * s_bar),
                NearMiss("no square root", TRANSFER**2),
                NearMiss("aspect ratio forgotten", (1 + s_bar**2) / s_bar),
                NearMiss("aspect ratio inverted", sp.sqrt((1 + s_bar**2) * (1 / aspect + s_bar**2)) / s_bar),
            ),
            domain=ABOVE,
            comparisons=_tridiagonal("top_singular_value", OUTLIERS, tolerance=2e-3),
        ),
        Statement(
            name="below the threshold",
            says="The largest singular value of the data when the teacher's is too small to stand out.",
            left=r"\tilde s(\bar s)",
            form=Identity(lambda: rm.bulk_edges()[1]),
            printed=1 + aspect,
            corrected=1 + sp.sqrt(aspect),
            near_misses=(
                NearMiss("first branch", TRANSFER),
                NearMiss("edge of the squares", (1 + sp.sqrt(aspect)) ** 2),
            ),
            domain=BELOW,
            comparisons=_tridiagonal("top_singular_value", HIDDEN, tolerance=2e-3),
        ),
        Statement(
            name="threshold",
            says="The signal above which there is an outlier.",
            left=r"\bar s_c",
            form=Identity(rm.critical_signal),
            printed=aspect ** sp.Rational(1, 4),
            near_misses=(NearMiss("square root", sp.sqrt(aspect)), NearMiss("one", sp.S.One)),
        ),
    ),
)

_RADICAL = sp.sqrt(4 * aspect - (s_tilde**2 - (1 + aspect)) ** 2)
_PRINTED_RADICAL = sp.sqrt(4 * aspect - (s_bar**2 - (1 + aspect)) ** 2)
BULK = ((s_tilde**2 - 1 - aspect) ** 2 < 4 * aspect,)
LEVELS = tuple(
    {"aspect": A, "level": level}
    for A, level in (("1/4", "1"), ("1/4", "5/4"), ("1", "1"), ("1", "3/2"), ("2", "3/2"), ("4", "2"))
)


def _mass_below(candidate: sp.Expr, point: Mapping[str, str]) -> float | None:
    """The integral of a density from the lower edge to a level; None for a formula of another variable."""
    density = candidate.subs(aspect, sp.Rational(point["aspect"]))
    if density.free_symbols != {s_tilde}:
        return None
    function = sp.lambdify(s_tilde, density, "mpmath")
    with mpmath.workdps(20):
        lower, level = abs(1 - mpmath.sqrt(mpmath.mpf(point["aspect"]))), mpmath.mpf(point["level"])
        return float(mpmath.re(mpmath.quad(function, [lower, (lower + level) / 2, level])))


SC_093 = Claim(
    id="SC-093",
    title="bulk density of the singular values",
    kind=Kind.LAW,
    cites=Citation(PAPER, "Eq. (65)"),
    symbols={aspect: "aspect ratio m/n", s_tilde: "singular value of the data", s_bar: "as printed inside (65)"},
    scope="n, m to infinity at fixed m/n in (0, infinity), noise variance 1/n",
    printed_text=(
        "p(s_tilde) = sqrt(4A - (sbar^2 - (1 + A))^2)/(pi A sbar) if s_tilde in [1 - sqrt(A), 1 + sqrt(A)], 0 otherwise"
    ),
    corrected_text=(
        "p(s_tilde) = sqrt(4A - (s_tilde^2 - (1 + A))^2)/(pi min(1, A) s_tilde) for the min(m, n) positive singular "
        "values, on [|1 - sqrt(A)|, 1 + sqrt(A)]"
    ),
    notes=(
        "Read with s_tilde inside, (65) is right for A <= 1. For A > 1 its lower end 1 - sqrt(A) is negative, the "
        "radicand is negative between there and sqrt(A) - 1, and its mass is 1/A: of m - k values, m - n are 0.",
    ),
    statements=(
        Statement(
            name="density",
            says="The density of the positive singular values inside the bulk.",
            left=r"p_{MP}(\tilde s)",
            form=Identity(rm.positive_singular_value_density),
            printed=_PRINTED_RADICAL / (sp.pi * aspect * s_bar),
            corrected=_RADICAL / (sp.pi * sp.Min(1, aspect) * s_tilde),
            near_misses=(
                NearMiss("counted in m values, s_tilde inside", _RADICAL / (sp.pi * aspect * s_tilde)),
                NearMiss("density of the squares", _RADICAL / (2 * sp.pi * sp.Min(1, aspect) * s_tilde**2)),
                NearMiss("divided by max(1, A)", _RADICAL / (sp.pi * sp.Max(1, aspect) * s_tilde)),
            ),
            domain=BULK,
            comparisons=(
                Comparison(
                    name="random matrices",
                    evaluator=f"{SAMPLERS}:share_below",
                    arguments=LEVELS,
                    predicted=_mass_below,
                    tolerance=3e-2,
                ),
            ),
        ),
        Statement(
            name="density for m <= n",
            says="The same for A <= 1, (65) read with s_tilde inside.",
            left=r"p_{MP}(\tilde s)",
            form=Identity(rm.positive_singular_value_density),
            printed=_RADICAL / (sp.pi * aspect * s_tilde),
            near_misses=(
                NearMiss("no aspect ratio in front", _RADICAL / (sp.pi * s_tilde)),
                NearMiss("as for the squares", _RADICAL / (2 * sp.pi * aspect * s_tilde)),
            ),
            domain=(*BULK, aspect <= 1),
        ),
        Statement(
            name="support",
            says="The ends of the bulk.",
            left=r"(\tilde s_-,\ \tilde s_+)",
            form=Identity(lambda: sp.Matrix(rm.bulk_edges())),
            printed=sp.Matrix([1 - sp.sqrt(aspect), 1 + sp.sqrt(aspect)]),
            corrected=sp.Matrix([sp.Abs(1 - sp.sqrt(aspect)), 1 + sp.sqrt(aspect)]),
            near_misses=(
                NearMiss("upper end 1 + A", sp.Matrix([sp.Abs(1 - sp.sqrt(aspect)), 1 + aspect])),
                NearMiss("from zero", sp.Matrix([0, 1 + sp.sqrt(aspect)])),
            ),
        ),
        Statement(
            name="mass",
            says="The mass of the formula with pi A s_tilde below, a distribution only if it is 1.",
            left=r"\int p_{MP}\,d\tilde s",
            form=Identity(rm.bulk_mass),
            printed=sp.S.One,
            corrected=sp.Min(1, 1 / aspect),
            near_misses=(NearMiss("1/A throughout", 1 / aspect), NearMiss("min(1, A)", sp.Min(1, aspect))),
        ),
    ),
)


def _left(power: int) -> sp.Expr:
    """The first factor of (66), squared, with a power of the signal below."""
    return 1 - aspect * (1 + s_bar**2) / (s_bar**power * (aspect + s_bar**2))


def _right(power: int) -> sp.Expr:
    """The second factor of (66), squared, with a power of the signal below."""
    return 1 - (aspect + s_bar**2) / (s_bar**power * (1 + s_bar**2))


SC_094 = Claim(
    id="SC-094",
    title="overlap of the singular vectors",
    kind=Kind.LAW,
    cites=Citation(PAPER, "Eq. (66)"),
    symbols=SPIKE_SYMBOLS,
    scope="as SC-092; left vectors in R^m, right vectors in R^n; above the threshold",
    printed_text=(
        "|<u,u>||<v,v>| = (1 - A(1+sbar^2)/(sbar(A+sbar^2)))^(1/2) "
        "(1 - (A+sbar^2)/(sbar(1+sbar^2)))^(1/2) if sbar > A^(1/4), otherwise 0"
    ),
    corrected_text="sbar^2 in place of the factor sbar of both denominators; the vectors compared are teacher and data",
    notes=(
        "The first factor belongs to the left vectors, the second to the right ones, as the order says. As printed "
        "both squared factors are 1 - A^(1/4) at the threshold: the function jumps there for A < 1, and they are "
        "negative for A > 1. At A = 1 it is 1 - 1/sbar against 1 - 1/sbar^2.",
        "Below the threshold the overlap is 0: D' is infinite at the edge of the bulk (theorem 2.10 of the source).",
    ),
    statements=(
        Statement(
            name="left vectors",
            says="The squared overlap of the left singular vectors of teacher and data.",
            left=r"\langle\bar u,\tilde u\rangle^2",
            form=Identity(rm.left_overlap),
            printed=_left(1),
            corrected=_left(2),
            near_misses=(
                NearMiss("that of the right vectors", _right(2)),
                NearMiss("aspect ratio lost", 1 - (1 + s_bar**2) / (s_bar**2 * (aspect + s_bar**2))),
            ),
            domain=ABOVE,
            comparisons=_tridiagonal("left_alignment", OUTLIERS),
        ),
        Statement(
            name="right vectors",
            says="The squared overlap of the right singular vectors of teacher and data.",
            left=r"\langle\bar v,\tilde v\rangle^2",
            form=Identity(rm.right_overlap),
            printed=_right(1),
            corrected=_right(2),
            near_misses=(
                NearMiss("that of the left vectors", _left(2)),
                NearMiss("aspect ratio in front", 1 - aspect * (aspect + s_bar**2) / (s_bar**2 * (1 + s_bar**2))),
            ),
            domain=ABOVE,
            comparisons=_tridiagonal("right_alignment", OUTLIERS),
        ),
        Statement(
            name="product",
            says="The product of both overlaps, not squared.",
            left=r"\mathcal O(\bar s)",
            form=Identity(lambda: sp.sqrt(rm.left_overlap()) * sp.sqrt(rm.right_overlap())),
            printed=sp.sqrt(_left(1)) * sp.sqrt(_right(1)),
            corrected=sp.sqrt(_left(2)) * sp.sqrt(_right(2)),
            near_misses=(
                NearMiss("squares", _left(2) * _right(2)),
                NearMiss("left factor twice", _left(2)),
                NearMiss("only the left denominator corrected", sp.sqrt(_left(2)) * sp.sqrt(_right(1))),
            ),
            domain=ABOVE,
            comparisons=_tridiagonal("alignment", OUTLIERS, _where_real),
        ),
    ),
)

CLAIMS = (SC_092, SC_093, SC_094)
