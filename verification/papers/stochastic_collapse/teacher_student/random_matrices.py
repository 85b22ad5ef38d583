r"""Appendix I.3: singular values and vectors of the data in the limit of large random matrices.

:math:`\mathcal A` is ``aspect``, :math:`\bar s` is ``s_bar``, :math:`\tilde s` is ``s_tilde``. The noise has entries of
variance :math:`1/n`.
"""

from collections.abc import Callable

import mpmath
import sympy as sp

from theory.matrices import spike_in_noise as rm
from theory.matrices.spike_in_noise import aspect, s_bar
from theory.notation import s_tilde
from verification.authoring import predictions
from verification.authoring.shorthand import Grade, Kind, Source, compared, equals, table
from verification.forms import Arguments, Comparison
from verification.papers.stochastic_collapse.measured import random_matrices as sampled
from verification.papers.stochastic_collapse.paper import paper

SPIKE_SYMBOLS = {
    aspect: r"aspect ratio $\mathcal A = m/n$",
    s_bar: r"singular value $\bar s_i$ of the teacher; the noise has entries of variance $1/n$",
}
ABOVE = (s_bar**4 > aspect,)
BELOW = (s_bar**4 < aspect,)
OUTLIERS = table("aspect signal", "1/2 3/2", "1/10 4/5", "1 2", "2 3/2", "4 2")
HIDDEN = table("aspect signal", "1/10 1/4", "1/2 1/2", "2 1", "4 1")


def _at_spike(candidate: sp.Expr, point: Arguments) -> float | None:
    """The candidate, or None where it is not real."""
    value = complex(predictions.at({aspect: point["aspect"], s_bar: point["signal"]})(candidate).evalf(20))
    return value.real if value.imag == 0 else None


def _on_random_matrices(evaluator: Callable, signals=OUTLIERS, tolerance: float = 1e-2) -> Comparison:
    return compared("random matrices", evaluator, _at_spike, *signals, tolerance=tolerance)


@paper.claim("SC-092", "Eq. (64)", symbols=SPIKE_SYMBOLS, kind=Kind.LAW, source=Source.CONVERSION)
def transfer_function_of_the_singular_values():
    r"""Transfer function of the singular values.

    - Scope: $n, m \to \infty$ at fixed $m/n$, finite rank, noise variance $1/n$.
    - The text at hand has $1 + \mathcal A$ in the second branch; read as $1 + \sqrt{\mathcal A}$, the edge of the bulk,
      with which the branches meet at $\bar s = \mathcal A^{1/4}$. At $\mathcal A = 1$, the one aspect ratio of the
      experiments, both are the same.
    """
    transfer = sp.sqrt((1 + s_bar**2) * (aspect + s_bar**2)) / s_bar
    inverted = transfer.subs(aspect, 1 / aspect)
    yield equals(
        r"above the threshold: $\tilde s(\bar s)$",
        printed=transfer,
        derived=rm.outlier,
        wrong={"aspect ratio forgotten": transfer.subs(aspect, 1), "aspect ratio inverted": inverted},
        domain=ABOVE,
        compared=_on_random_matrices(sampled.top_singular_value, tolerance=2e-3),
    )
    yield equals(
        r"below the threshold: $\tilde s(\bar s)$",
        printed=1 + aspect,
        read_as=1 + sp.sqrt(aspect),
        derived=lambda: rm.bulk_edges()[1],
        wrong={"first branch": transfer, "edge of the squares": (1 + sp.sqrt(aspect)) ** 2},
        domain=BELOW,
        compared=_on_random_matrices(sampled.top_singular_value, HIDDEN, tolerance=2e-3),
    )
    yield equals(
        r"threshold: $\bar s_c$",
        printed=aspect ** sp.Rational(1, 4),
        derived=rm.critical_signal,
        wrong={"signal as large as the noise": sp.S.One},
        says="The signal above which there is an outlier.",
    )


LEVELS = table("aspect level", "1/4 1", "1/4 5/4", "1 1", "1 3/2", "2 3/2", "4 2")


def _mass_below(candidate: sp.Expr, point: Arguments) -> float | None:
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
    symbols={
        aspect: r"aspect ratio $\mathcal A = m/n$",
        s_bar: r"as the text at hand has it inside (65), for $\tilde s$",
    },
    kind=Kind.LAW,
    grade=Grade.CONDITION,
)
def bulk_density_of_the_singular_values():
    r"""Bulk density of the singular values.

    The bottom $m - k$ singular values are distributed according to the Marchenko-Pastur distribution.
    - Scope: $n, m \to \infty$ at fixed $m/n \in (0, \infty)$, noise variance $1/n$.
    - $\bar s$ inside (65) is read as $\tilde s$: accents are no point at issue.
    - (65) holds for $\mathcal A \le 1$ (statement 'no more rows than columns'); the page admits $\mathcal A \in (0,
      \infty)$. For $\mathcal A > 1$ the lower end $1 - \sqrt{\mathcal A}$ is negative, the radicand is negative between
      there and $\sqrt{\mathcal A} - 1$, and $m - n$ of the $m - k$ values are 0: they are the mass that is missing.
    """

    def density(variable: sp.Expr, power: int = 1, ratio: sp.Expr = aspect) -> sp.Expr:
        radical = sp.sqrt(4 * aspect - (variable**2 - (1 + aspect)) ** 2)
        return radical / (sp.pi * ratio * variable**power)

    ends = sp.Matrix([1 - sp.sqrt(aspect), 1 + sp.sqrt(aspect)])
    yield equals(
        r"density: $p_{MP}(\tilde s)$",
        printed=density(s_bar),
        read_as=density(s_tilde),
        derived=rm.singular_value_density,
        wrong={
            "counted in the positive values only": density(s_tilde, ratio=sp.Min(1, aspect)),
            "density of the squares": density(s_tilde, 2) / 2,
        },
        says="Inside the bulk, each of the $m$ values counting one.",
        domain=((s_tilde**2 - 1 - aspect) ** 2 < 4 * aspect,),
        compared=compared("random matrices", sampled.share_below, _mass_below, *LEVELS, tolerance=3e-2),
    )
    yield equals(
        r"support: $(\tilde s_-,\ \tilde s_+)$",
        printed=ends,
        corrected=sp.Matrix([sp.Abs(ends[0]), ends[1]]),
        derived=rm.bulk_edges,
        wrong={"upper end of the squares": sp.Matrix([sp.Abs(ends[0]), 1 + aspect])},
    )
    yield equals(
        r"mass: $\int p_{MP}\,d\tilde s$",
        printed=sp.S.One,
        corrected=sp.Min(1, 1 / aspect),
        derived=rm.bulk_mass,
        wrong={"the other way round": sp.Min(1, aspect)},
    )
    yield equals(
        r"no more rows than columns: $\left(\tilde s_-,\ \tilde s_+,\ \int p_{MP}\,d\tilde s\right)$",
        printed=sp.Matrix([*ends, 1]),
        derived=lambda: [*rm.bulk_edges(), rm.bulk_mass()],
        domain=(aspect <= 1,),
        remark=True,
    )


@paper.claim("SC-094", "Eq. (66)", symbols=SPIKE_SYMBOLS, kind=Kind.LAW, source=Source.CONVERSION)
def overlap_of_the_singular_vectors():
    r"""Overlap of the singular vectors.

    - Scope: as SC-092, above the threshold; left vectors in $R^m$, right vectors in $R^n$.
    - The text at hand has $\bar s_i$ for $\bar s_i^2$ in front of both brackets, an exponent, and hats for the
      teacher's vectors, an accent; both may be lost by the conversion. Read with the square, (66) holds.
    - With the first power both squared factors are $1 - \mathcal A^{1/4}$ at the threshold: the function would jump
      there for $\mathcal A < 1$, and the factors are negative for $\mathcal A > 1$. At $\mathcal A = 1$ it is $1 -
      1/\bar s$ against $1 - 1/\bar s^2$.
    - The first factor belongs to the left vectors, the second to the right ones, as the order says.
    - Below the threshold the overlap is 0: the D-transform has an infinite slope at the edge of the bulk
      (Benaych-Georges and Nadakuditi, theorem 2.10).
    """

    def left(power: int) -> sp.Expr:
        """The first factor of (66), squared, with a power of the signal below."""
        return 1 - aspect * (1 + s_bar**2) / (s_bar**power * (aspect + s_bar**2))

    def right(power: int) -> sp.Expr:
        """The second factor of (66), squared."""
        return 1 - (aspect + s_bar**2) / (s_bar**power * (1 + s_bar**2))

    yield equals(
        r"left vectors: $\langle\bar u_i,\tilde u_i\rangle^2$",
        printed=left(1),
        read_as=left(2),
        derived=rm.left_overlap,
        wrong={
            "that of the right vectors": right(2),
            "aspect ratio lost": 1 - (1 + s_bar**2) / (s_bar**2 * (aspect + s_bar**2)),
        },
        domain=ABOVE,
        compared=_on_random_matrices(sampled.left_alignment),
    )
    yield equals(
        r"right vectors: $\langle\bar v_i,\tilde v_i\rangle^2$",
        printed=right(1),
        read_as=right(2),
        derived=rm.right_overlap,
        wrong={
            "that of the left vectors": left(2),
            "aspect ratio in front": 1 - aspect * (aspect + s_bar**2) / (s_bar**2 * (1 + s_bar**2)),
        },
        domain=ABOVE,
        compared=_on_random_matrices(sampled.right_alignment),
    )
    yield equals(
        r"product: $\mathcal O(\bar s_i)$",
        printed=sp.sqrt(left(1)) * sp.sqrt(right(1)),
        read_as=sp.sqrt(left(2)) * sp.sqrt(right(2)),
        derived=lambda: sp.sqrt(rm.left_overlap()) * sp.sqrt(rm.right_overlap()),
        wrong={
            "squares": left(2) * right(2),
            "left factor twice": left(2),
            "only the left square restored": sp.sqrt(left(2)) * sp.sqrt(right(1)),
        },
        domain=ABOVE,
        compared=_on_random_matrices(sampled.alignment),
    )
