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
from verification.authoring.shorthand import equals
from verification.claim import Kind
from verification.forms import Comparison
from verification.papers.stochastic_collapse.measured.random_matrices import (
    alignment,
    left_alignment,
    right_alignment,
    share_below,
    top_singular_value,
)
from verification.papers.stochastic_collapse.paper import paper


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
    evaluator: Callable,
    arguments: tuple[Mapping[str, str], ...],
    predicted: Callable = _at_spike,
    tolerance: float = 1e-2,
) -> tuple[Comparison, ...]:
    return (
        Comparison(
            name="random matrices",
            evaluator=evaluator,
            arguments=arguments,
            predicted=predicted,
            tolerance=tolerance,
        ),
    )


TRANSFER = sp.sqrt((1 + s_bar**2) * (aspect + s_bar**2)) / s_bar


@paper.claim(
    "SC-092",
    "Eq. (64)",
    symbols=SPIKE_SYMBOLS,
    kind=Kind.LAW,
    scope="n, m to infinity at fixed m/n, finite rank, noise variance 1/n",
    notes=(
        "The two branches meet at sbar = A^(1/4) only with 1 + sqrt(A), the edge of the bulk. "
        "At A = 1, the one aspect ratio of the experiments, 1 + A is the same.",
    ),
)
def transfer_function_of_the_singular_values():
    r"""Transfer function of the singular values.

    s_tilde = sqrt((1 + sbar^2)(A + sbar^2))/sbar if sbar > A^(1/4), otherwise 1 + A
    """
    yield equals(
        "above the threshold",
        r"\tilde s(\bar s)",
        printed=TRANSFER,
        derived=rm.outlier,
        wrong={
            "not divided by the signal": TRANSFER * s_bar,
            "no square root": TRANSFER**2,
            "aspect ratio forgotten": (1 + s_bar**2) / s_bar,
            "aspect ratio inverted": sp.sqrt((1 + s_bar**2) * (1 / aspect + s_bar**2)) / s_bar,
        },
        says="The largest singular value of the data, for one singular value of the teacher.",
        domain=ABOVE,
        compared=_tridiagonal(top_singular_value, OUTLIERS, tolerance=2e-3),
    )
    yield equals(
        "below the threshold",
        r"\tilde s(\bar s)",
        printed=1 + aspect,
        derived=lambda: rm.bulk_edges()[1],
        corrected=1 + sp.sqrt(aspect),
        corrected_says="otherwise 1 + sqrt(A); the first branch is right",
        wrong={"first branch": TRANSFER, "edge of the squares": (1 + sp.sqrt(aspect)) ** 2},
        says="The largest singular value of the data when the teacher's is too small to stand out.",
        domain=BELOW,
        compared=_tridiagonal(top_singular_value, HIDDEN, tolerance=2e-3),
    )
    yield equals(
        "threshold",
        r"\bar s_c",
        printed=aspect ** sp.Rational(1, 4),
        derived=rm.critical_signal,
        wrong={"square root": sp.sqrt(aspect), "one": sp.S.One},
        says="The signal above which there is an outlier.",
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


@paper.claim(
    "SC-093",
    "Eq. (65)",
    symbols={aspect: "aspect ratio m/n", s_tilde: "singular value of the data", s_bar: "as printed inside (65)"},
    kind=Kind.LAW,
    scope="n, m to infinity at fixed m/n in (0, infinity), noise variance 1/n",
    notes=(
        "Read with s_tilde inside, (65) is right for A <= 1. For A > 1 its lower end 1 - sqrt(A) is negative, the "
        "radicand is negative between there and sqrt(A) - 1, and its mass is 1/A: of m - k values, m - n are 0.",
    ),
)
def bulk_density_of_the_singular_values():
    r"""Bulk density of the singular values.

    p(s_tilde) = sqrt(4A - (sbar^2 - (1 + A))^2)/(pi A sbar) if s_tilde in [1 - sqrt(A), 1 + sqrt(A)], 0 otherwise
    """
    yield equals(
        "density",
        r"p_{MP}(\tilde s)",
        printed=_PRINTED_RADICAL / (sp.pi * aspect * s_bar),
        derived=rm.positive_singular_value_density,
        corrected=_RADICAL / (sp.pi * sp.Min(1, aspect) * s_tilde),
        corrected_says="p(s_tilde) = sqrt(4A - (s_tilde^2 - (1 + A))^2)/(pi min(1, A) s_tilde) for the min(m, "
        "n) positive singular "
        "values, on [|1 - sqrt(A)|, 1 + sqrt(A)]",
        wrong={
            "counted in m values, s_tilde inside": _RADICAL / (sp.pi * aspect * s_tilde),
            "density of the squares": _RADICAL / (2 * sp.pi * sp.Min(1, aspect) * s_tilde**2),
            "divided by max(1, A)": _RADICAL / (sp.pi * sp.Max(1, aspect) * s_tilde),
        },
        says="The density of the positive singular values inside the bulk.",
        domain=BULK,
        compared=(
            Comparison(
                name="random matrices", evaluator=share_below, arguments=LEVELS, predicted=_mass_below, tolerance=3e-2
            ),
        ),
    )
    yield equals(
        "density for m <= n",
        r"p_{MP}(\tilde s)",
        printed=_RADICAL / (sp.pi * aspect * s_tilde),
        derived=rm.positive_singular_value_density,
        wrong={
            "no aspect ratio in front": _RADICAL / (sp.pi * s_tilde),
            "as for the squares": _RADICAL / (2 * sp.pi * aspect * s_tilde),
        },
        says="The same for A <= 1, (65) read with s_tilde inside.",
        domain=(*BULK, aspect <= 1),
    )
    yield equals(
        "support",
        r"(\tilde s_-,\ \tilde s_+)",
        printed=sp.Matrix([1 - sp.sqrt(aspect), 1 + sp.sqrt(aspect)]),
        derived=lambda: sp.Matrix(rm.bulk_edges()),
        corrected=sp.Matrix([sp.Abs(1 - sp.sqrt(aspect)), 1 + sp.sqrt(aspect)]),
        wrong={
            "upper end 1 + A": sp.Matrix([sp.Abs(1 - sp.sqrt(aspect)), 1 + aspect]),
            "from zero": sp.Matrix([0, 1 + sp.sqrt(aspect)]),
        },
        says="The ends of the bulk.",
    )
    yield equals(
        "mass",
        r"\int p_{MP}\,d\tilde s",
        printed=sp.S.One,
        derived=rm.bulk_mass,
        corrected=sp.Min(1, 1 / aspect),
        wrong={"1/A throughout": 1 / aspect, "min(1, A)": sp.Min(1, aspect)},
        says="The mass of the formula with pi A s_tilde below, a distribution only if it is 1.",
    )


def _left(power: int) -> sp.Expr:
    """The first factor of (66), squared, with a power of the signal below."""
    return 1 - aspect * (1 + s_bar**2) / (s_bar**power * (aspect + s_bar**2))


def _right(power: int) -> sp.Expr:
    """The second factor of (66), squared, with a power of the signal below."""
    return 1 - (aspect + s_bar**2) / (s_bar**power * (1 + s_bar**2))


@paper.claim(
    "SC-094",
    "Eq. (66)",
    symbols=SPIKE_SYMBOLS,
    kind=Kind.LAW,
    scope="as SC-092; left vectors in R^m, right vectors in R^n; above the threshold",
    notes=(
        "The first factor belongs to the left vectors, the second to the right ones, as the order says. As printed "
        "both squared factors are 1 - A^(1/4) at the threshold: the function jumps there for A < 1, and they are "
        "negative for A > 1. At A = 1 it is 1 - 1/sbar against 1 - 1/sbar^2.",
        "Below the threshold the overlap is 0: D' is infinite at the edge of the bulk (theorem 2.10 of the source).",
    ),
)
def overlap_of_the_singular_vectors():
    r"""Overlap of the singular vectors.

    |<u,u>||<v,v>| = (1 - A(1+sbar^2)/(sbar(A+sbar^2)))^(1/2) (1 - (A+sbar^2)/(sbar(1+sbar^2)))^(1/2) if sbar
    > A^(1/4), otherwise 0
    """
    yield equals(
        "left vectors",
        r"\langle\bar u,\tilde u\rangle^2",
        printed=_left(1),
        derived=rm.left_overlap,
        corrected=_left(2),
        corrected_says="sbar^2 in place of the factor sbar of both denominators; the vectors compared are "
        "teacher and data",
        wrong={
            "that of the right vectors": _right(2),
            "aspect ratio lost": 1 - (1 + s_bar**2) / (s_bar**2 * (aspect + s_bar**2)),
        },
        says="The squared overlap of the left singular vectors of teacher and data.",
        domain=ABOVE,
        compared=_tridiagonal(left_alignment, OUTLIERS),
    )
    yield equals(
        "right vectors",
        r"\langle\bar v,\tilde v\rangle^2",
        printed=_right(1),
        derived=rm.right_overlap,
        corrected=_right(2),
        wrong={
            "that of the left vectors": _left(2),
            "aspect ratio in front": 1 - aspect * (aspect + s_bar**2) / (s_bar**2 * (1 + s_bar**2)),
        },
        says="The squared overlap of the right singular vectors of teacher and data.",
        domain=ABOVE,
        compared=_tridiagonal(right_alignment, OUTLIERS),
    )
    yield equals(
        "product",
        r"\mathcal O(\bar s)",
        printed=sp.sqrt(_left(1)) * sp.sqrt(_right(1)),
        derived=lambda: sp.sqrt(rm.left_overlap()) * sp.sqrt(rm.right_overlap()),
        corrected=sp.sqrt(_left(2)) * sp.sqrt(_right(2)),
        wrong={
            "squares": _left(2) * _right(2),
            "left factor twice": _left(2),
            "only the left denominator corrected": sp.sqrt(_left(2)) * sp.sqrt(_right(1)),
        },
        says="The product of both overlaps, not squared.",
        domain=ABOVE,
        compared=_tridiagonal(alignment, OUTLIERS, _where_real),
    )
