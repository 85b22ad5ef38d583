r"""Appendix I.1 and I.3: noisy updates, decomposition of the errors, and the random-matrix limit.

:math:`\mathcal A` is ``A``, :math:`\bar s` is ``sbar``, :math:`\tilde s` is ``s_tilde``. The noise has entries of
variance :math:`1/n`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import mpmath
import sympy as sp

from theory import random_matrix as rm
from theory.models import teacher_student as ts
from theory.notation import eta, s_tilde
from theory.random_matrix import aspect, s_bar
from verification.claim import Citation, Claim, Comparison, Identity, Kind, NearMiss, Statement
from verification.papers.stochastic_collapse import predictions
from verification.papers.stochastic_collapse.random_matrix_samplers import error_sums
from verification.papers.stochastic_collapse.section_4 import PAPER

SAMPLERS = "verification.papers.stochastic_collapse.random_matrix_samplers"


def _matrix(name: str, rows: int, columns: int) -> sp.ImmutableMatrix:
    """A matrix of real symbols."""
    return sp.ImmutableMatrix(rows, columns, lambda i, j: sp.Symbol(f"{name}_{i + 1}{j + 1}", real=True))


# SC-071: small enough to be read in print; two hidden units and two inputs, so that the order of products counts.
W_1, W_2, X, Y, Z = (
    _matrix(name, *shape) for name, shape in {"W1": (2, 2), "W2": (1, 2), "X": (2, 1), "Y": (1, 1), "Z": (1, 1)}.items()
)
S_xx, S_yx = X * X.T, Y * X.T


def _layers(noise: sp.MatrixBase, *, factor: int = 1) -> sp.ImmutableMatrix:
    """The right-hand sides of (36)-(37) as one column, the noise term and a factor of the gradient left open."""
    error = factor * (W_2 * W_1 * S_xx - S_yx + noise)
    updates = (W_1 - eta * W_2.T * error, W_2 - eta * error * W_1.T)
    return sp.ImmutableMatrix([entry for update in updates for entry in update])


def _derived_layers() -> sp.ImmutableMatrix:
    return sp.ImmutableMatrix([entry for update in ts.layer_updates(W_1, W_2, X, Y, Z) for entry in update])


SC_071 = Claim(
    id="SC-071",
    title="noisy gradient updates",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Eqs. (36)-(37)"),
    symbols={eta: "learning rate"},
    printed_text="W_1' = W_1 - eta W_2^T (W_2 W_1 S_xx - S_yx + Z X^T); W_2' = W_2 - eta (...) W_1^T",
    scope="exact; judged for all real matrices of the shapes W_1 (2, 2), W_2 (1, 2), X (2, 1), Y and Z (1, 1)",
    notes=(
        "The gradient is that of (1/2)||W_2 W_1 X - Y + Z||^2, not of the normalised error (34), which has a factor "
        "2/||Y||^2 more.",
    ),
    statements=(
        Statement(
            name="updates",
            says="One step of gradient descent on (1/2)||W_2 W_1 X - (Y - Z)||^2, entry by entry.",
            left=r"(W_1',\ W_2')",
            form=Identity(_derived_layers),
            printed=_layers(Z * X.T),
            near_misses=(
                NearMiss("sign of the label noise", _layers(-Z * X.T)),
                NearMiss("loss not halved", _layers(Z * X.T, factor=2)),
                NearMiss("label noise lost", _layers(sp.zeros(1, 2))),
            ),
        ),
    ),
)

# SC-072: ordered products, reduced by A1 and by the orthogonality of the data's singular vectors.
_X, _X_T, _U, _U_T, _V, _V_T, _z = sp.symbols("X X^T U U^T V V^T z", commutative=False)


def _in_modes(noise: sp.Expr) -> sp.Expr:
    r"""The noise of the gradient in the singular bases, :math:`\tilde U^\top ZX^\top\tilde V`, one ordered product."""
    rules = [(_X * _X_T, 1), (_U_T * _U, 1), (_V_T * _V, 1)]
    rotated = _U_T * noise * _X_T * _V
    for _ in rules:  # one product becomes adjacent after another
        rotated = sp.expand(rotated).subs(rules)
    return _named(rotated)


def _named(product: sp.Expr) -> sp.Expr:
    """An ordered product as one commuting symbol."""
    coefficients, matrices = sp.sympify(product).args_cnc()
    return sp.Mul(*coefficients) * sp.Symbol("[" + "·".join(map(str, matrices)) + "]", real=True)


def _noise_of_the_modes() -> sp.Expr:
    """What (38) adds to the singular values: the part of A' linear in the noise, without its factor -eta B^T."""
    update, _ = ts.rotated_updates()
    noise = sp.Symbol("z", commutative=False)
    (term,) = (part for part in sp.Add.make_args(sp.expand(update)) if part.has(noise))
    _, matrices = term.args_cnc()
    return _named(sp.Mul(*matrices[1:]))


SC_072 = Claim(
    id="SC-072",
    title="structured label noise",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "assumption A2"),
    symbols={},
    printed_text="Z = U_tilde diag(z) V_tilde^T X, z ~ N(0, zeta^2), with X X^T = 1",
    notes=(
        "This is no independent label noise: it has one random number a mode, and the singular vectors of the data.",
    ),
    statements=(
        Statement(
            name="noise of a mode",
            says="U^T Z X^T V, which enters the gradient, is diag(z); a bracket is one ordered matrix product.",
            left=r"\tilde U^\top ZX^\top\tilde V",
            form=Identity(_noise_of_the_modes),
            printed=_in_modes(_U * _z * _V_T * _X),
            near_misses=(
                NearMiss("bases exchanged", _in_modes(_V * _z * _U_T * _X)),
                NearMiss("X left out", _in_modes(_U * _z * _V_T)),
                NearMiss("V not transposed", _in_modes(_U * _z * _V * _X)),
            ),
        ),
    ),
)

# SC-090, SC-091: the sums of the decompositions are symbols; ``modulo`` writes them in the entries of matrices.
T, S, R = sp.symbols("T S R", positive=True)
C = sp.Symbol("C", real=True)
T_k, T_bar = sp.symbols("T_k T_bar", positive=True)
C_k, C_bar = sp.symbols("C_k C_bar", real=True)

SIGNAL, REST, STUDENT = _matrix("y", 2, 2), _matrix("r", 2, 1), _matrix("w", 2, 2)


def _square(matrix: sp.MatrixBase) -> sp.Expr:
    return sum((entry**2 for entry in matrix), sp.S.Zero)


def _in_entries(side: sp.Expr) -> sp.Expr:
    r"""The sums as traces: :math:`\sum\tilde s^2 = \|M\|^2`, the double sum :math:`\mathrm{tr}\,M^\top\hat W`."""
    inner, norm = (STUDENT.T * SIGNAL).trace(), _square(SIGNAL)
    return side.subs({T: norm, T_bar: norm, C: inner, C_bar: inner, S: _square(STUDENT), R: _square(REST)})


def _train_error() -> sp.Expr:
    """(34) for X = (1, 0) and Y = (signal, rest): a rotation of the samples brings every whitened X to this form."""
    X = sp.Matrix.hstack(sp.eye(2), sp.zeros(2, 1))
    Y = sp.Matrix.hstack(SIGNAL, REST)
    return _square(STUDENT * X - Y) / _square(Y)


def _test_error() -> sp.Expr:
    r"""(34): for inputs of covariance :math:`\sigma_x^21` it is :math:`\|\hat W - \bar W\|^2/\|\bar W\|^2`."""
    return _square(STUDENT - SIGNAL) / _square(SIGNAL)


SUMS = {"T": T, "S": S, "C": C, "R": R, "T_k": T_k, "C_k": C_k, "T_bar": T_bar, "C_bar": C_bar}


def _from_sums(candidate: sp.Expr, point: Mapping[str, str]) -> float:
    sums = error_sums(point)
    return float(candidate.subs({symbol: sums[name] for name, symbol in SUMS.items()}))


SIZES = tuple(
    {"m": m, "n": n, "p": p, "k": k}
    for m, n, p, k in (("5", "7", "21", "2"), ("8", "6", "18", "3"), ("6", "6", "6", "2"))
)

SC_090 = Claim(
    id="SC-090",
    title="decomposition of the train error",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Eq. (62)"),
    symbols={
        T: "sum of the squared singular values of the data",
        S: "sum of the squared singular values of the student",
        C: "the double sum over i and j",
        R: "||Y (1 - X^T X)||^2, the part of the labels no linear map of X reaches",
    },
    printed_text="E_train = (sum st^2 + sum sh^2 - 2 sum sum st sh <u,u><v,v>) / sum st^2",
    corrected_text=(
        "E_train = (R + sum st^2 + sum sh^2 - 2 sum sum st sh <u,u><v,v>) / (R + sum st^2), "
        "R = ||Y (1 - X^T X)||^2, about m (p - n) sigma_eps^2"
    ),
    notes=("For as many samples as inputs, p = n, R = 0 and (62) is right; the experiments have p = 16 n.",),
    statements=(
        Statement(
            name="train error",
            says="The train error (34) of a student on whitened inputs, for any number of samples.",
            left=r"\mathcal E_{\rm train}",
            form=Identity(_train_error, modulo=_in_entries),
            printed=(T + S - 2 * C) / T,
            corrected=(R + T + S - 2 * C) / (R + T),
            near_misses=(
                NearMiss("normalised without the rest", (R + T + S - 2 * C) / T),
                NearMiss("rest in the normalisation only", (T + S - 2 * C) / (R + T)),
                NearMiss("factor 2 of the mixed term lost", (R + T + S - C) / (R + T)),
            ),
            comparisons=(
                Comparison(
                    name="random matrices",
                    evaluator=f"{SAMPLERS}:train_error",
                    arguments=SIZES,
                    predicted=_from_sums,
                    tolerance=1e-10,
                ),
            ),
        ),
    ),
)

SC_091 = Claim(
    id="SC-091",
    title="decomposition of the test error",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Eq. (63)"),
    symbols={
        T_bar: "sum of the squared singular values of the teacher",
        C_bar: "the double sum over teacher and student",
        T_k: "sum of the k largest squared singular values of the data",
        C_k: "the double sum over the data, i <= k, and the student",
        S: "sum of the squared singular values of the student",
    },
    printed_text="E_test = (sum_{i<=k} st^2 + sum sh^2 - 2 sum_{i<=k} sum_j st sh <ut,uh><vt,vh>) / sum_{i<=k} st^2",
    corrected_text="the same with the teacher's s_bar, u_bar, v_bar in place of the data's s_tilde, u_tilde, v_tilde",
    notes=("Judged for given data; (34) also averages numerator and denominator over the data.",),
    statements=(
        Statement(
            name="test error",
            says="The test error (34) of a student, by the singular value decomposition of the teacher.",
            left=r"\mathcal E_{\rm test}",
            form=Identity(_test_error, modulo=_in_entries),
            printed=(T_k + S - 2 * C_k) / T_k,
            corrected=(T_bar + S - 2 * C_bar) / T_bar,
            near_misses=(
                NearMiss("factor 2 of the mixed term lost", (T_bar + S - C_bar) / T_bar),
                NearMiss("normalised by the student", (T_bar + S - 2 * C_bar) / S),
                NearMiss("data in the mixed term only", (T_bar + S - 2 * C_k) / T_bar),
            ),
            comparisons=(
                Comparison(
                    name="random matrices",
                    evaluator=f"{SAMPLERS}:test_error",
                    arguments=SIZES,
                    predicted=_from_sums,
                    tolerance=1e-10,
                ),
            ),
        ),
    ),
)

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

CLAIMS = (SC_071, SC_072, SC_090, SC_091, SC_092, SC_093, SC_094)
