"""Lipschitz noise keeps sets: how far the diffusion matrix moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy as sp
from scipy.optimize import minimize

from theory.gradient_noise.flow import stochastic_gradient_flow
from theory.gradient_noise.sampling import FiniteSum
from theory.matrices import modulus as matrix_modulus
from theory.notation import eta
from verification.authoring.shorthand import agrees, bounds, equals
from verification.claim import Kind
from verification.forms import Comparison
from verification.papers.stochastic_collapse.attraction.gradient_flow import P as SLOPES
from verification.papers.stochastic_collapse.attraction.gradient_flow import theta_1
from verification.papers.stochastic_collapse.paper import paper

L = sp.Symbol("L", positive=True)


angle = sp.Symbol("varphi", positive=True)


h = sp.Symbol("h", positive=True)


_loss = sp.Function("F", real=True)


def _steepest_increase() -> sp.Expr:
    """D' without eta/(2 beta), for two samples with losses F and -F, where F' and F'' reach their bound L."""
    at_weight = _loss(theta_1)
    D = FiniteSum([theta_1], (at_weight, -at_weight)).covariance[0]
    return sp.diff(D, theta_1).xreplace({at_weight.diff(theta_1, 2): L}).xreplace({at_weight.diff(theta_1): L})


def _sine_difference() -> sp.Expr:
    r"""The increase of D for the losses :math:`\mp\cos\theta`, between :math:`\pi/4` and :math:`\pi/4 + h`."""
    D = FiniteSum([angle], (-sp.cos(angle), sp.cos(angle))).covariance[0]
    return D.subs(angle, sp.pi / 4 + h) - D.subs(angle, sp.pi / 4)


def _size_of_gradient() -> sp.Expr:
    return sp.Abs(FiniteSum([theta_1], (SLOPES[0] * theta_1, SLOPES[1] * theta_1)).gradient[0])


_x, _y = sp.symbols("x y", real=True)


_along = [sp.Function(f"F_{i}", real=True) for i in (1, 2, 3)]


_across = [sp.Function(f"G_{i}", real=True) for i in (1, 2, 3)]


def _normal_to_line(power: int) -> sp.Matrix:
    r"""Normal drift and dispersions on :math:`\{y = 0\}` for the losses :math:`F_i(x) + y^kG_i(x)`."""
    losses = tuple(F(_x) + _y**power * G(_x) for F, G in zip(_along, _across, strict=True))
    flow = stochastic_gradient_flow(FiniteSum([_x, _y], losses), batch_size=1)
    return sp.Matrix([flow.drift[1], *flow.dispersion[1, :]]).subs(_y, 0)


def _normal_to_diagonal() -> sp.Matrix:
    r"""Drift and dispersions of :math:`x - y` on :math:`\{x = y\}`: losses :math:`F_i(x+y) + (x-y)^2G_i(x+y)`."""
    losses = tuple(F(_x + _y) + (_x - _y) ** 2 * G(_x + _y) for F, G in zip(_along, _across, strict=True))
    flow = stochastic_gradient_flow(FiniteSum([_x, _y], losses), batch_size=1)
    normal = [flow.drift[0] - flow.drift[1], *(flow.dispersion[0, :] - flow.dispersion[1, :])]
    return sp.Matrix(normal).subs(_y, _x).doit()


ENTRIES = sp.Matrix(2, 2, sp.symbols("A_11 A_12 A_21 A_22", real=True))


DIAGONAL = sp.diag(*sp.symbols("b_1 b_2", positive=True))


EIGENVALUES = sp.symbols("lambda_1 lambda_2", real=True)


OTHER_EIGENVALUES = sp.symbols("mu_1 mu_2", real=True)


_turn_1, _turn_2 = sp.symbols("varphi_1 varphi_2", real=True)


_TURNED = sp.Matrix([[1, 0], [h, 0]])
"""Its distance from diag(1, 0) is h; both have rank one."""


def _stretch_of_root() -> sp.Expr:
    r"""The square of the distance of the roots of :math:`MM^\top` over that of the :math:`M`, for two of rank one."""
    first, second = sp.diag(1, 0), _TURNED
    roots = (matrix_modulus.modulus(first), matrix_modulus.modulus(second))
    return matrix_modulus.squared_distance(*roots) / matrix_modulus.squared_distance(first, second)


def largest_stretch(arguments: Mapping[str, Any]) -> tuple[float, float]:
    r"""The largest ratio of the distance of the roots to the distance of square matrices that a search finds.

    Four simplex searches from Gaussian starts. What is found is a lower bound of the supremum, which is not attained.
    """
    d = arguments["rows"]
    source = np.random.Generator(np.random.Philox(d))

    def root(M: np.ndarray) -> np.ndarray:
        vectors, values, _ = np.linalg.svd(M)
        return (vectors * values) @ vectors.T

    def missing(entries: np.ndarray) -> float:
        M, N = entries.reshape(2, d, d)
        return -float(np.linalg.norm(root(M) - root(N)) / np.linalg.norm(M - N))

    options = {"maxfev": 3000, "adaptive": True, "xatol": 1e-9, "fatol": 1e-9}
    starts = source.standard_normal((4, 2 * d * d))
    return max(-float(minimize(missing, x, method="Nelder-Mead", options=options).fun) for x in starts), 1e-3


def _entrywise(factor: sp.Expr | int) -> sp.Expr:
    return factor * sp.Add(*(entry**2 for entry in ENTRIES - DIAGONAL))


_f = sp.Function("f", real=True)


def _distance_of_functions() -> sp.Expr:
    r"""The square of the distance of f(X) and f(Y), from their entries."""
    X, Y = (
        matrix_modulus.symmetric((_f(first), _f(second)), angle)
        for (first, second), angle in ((EIGENVALUES, _turn_1), (OTHER_EIGENVALUES, _turn_2))
    )
    return matrix_modulus.squared_distance(X, Y)


def _over_eigenvalues(same: sp.Expr, crossed: sp.Expr) -> sp.Expr:
    """The sum of (f(lambda_i) - f(mu_j))^2, weighted by the squared cosines between the eigenvectors."""
    return sp.Add(
        *(
            (_f(a) - _f(b)) ** 2 * (same if i == j else crossed)
            for i, a in enumerate(EIGENVALUES)
            for j, b in enumerate(OTHER_EIGENVALUES)
        )
    )


def _doubled_distance() -> sp.Expr:
    return matrix_modulus.squared_distance(matrix_modulus.doubled(ENTRIES), matrix_modulus.doubled(DIAGONAL))


def _square_of_doubled() -> sp.Matrix:
    return sp.Matrix(matrix_modulus.doubled(ENTRIES) ** 2)


_between = _turn_1 - _turn_2


@paper.claim(
    "SC-023",
    "Proposition 4.1, Appendix C.2",
    symbols={
        L: "bound and Lipschitz constant of the gradients",
        h: "|theta_1 - theta_2|",
        ENTRIES[0]: "entry of M, a matrix whose M M^T is D up to a factor",
        DIAGONAL[0]: "singular value of another such matrix",
        EIGENVALUES[0]: "eigenvalue of a symmetric matrix X",
        OTHER_EIGENVALUES[0]: "eigenvalue of a symmetric matrix Y",
    },
    kind=Kind.PROOF_STEP,
    notes=(
        "As in the display, D stands without its factor eta/(2 beta).",
        "The displayed square would make D constant. With the first power 2 L^2 is enough: a covariance is at "
        "most the second moment, so (1/n) sum |d_l l_bar_i|^2 <= L^2 and the increments have a mean square below "
        "L^2 ||Delta theta||^2; Cauchy-Schwarz bounds both terms of the product rule. Mirrored samples reach the 2.",
        "Powers-Stormer then makes sqrt(D) 1/2-Hoelder only. The repair: D = (eta/(2 beta)) M M^T with the columns "
        "(grad l_i - grad L)/sqrt(n) of M, which are Lipschitz. The flow with dispersion sqrt(eta/beta) M has the law "
        "of the flow with the symmetric root and, its normal rows being 0 on A, a unique solution that stays in A.",
        "The symmetric root is Lipschitz too: |(M M^T)^{1/2} - (N N^T)^{1/2}|_F <= sqrt(2) |M - N|_F, by Araki and "
        "Yamagami. The last five statements are its proof and its constant: the doubled matrix (0, M; M^T, 0) is "
        "symmetric, doubling stretches distances by sqrt(2), the modulus of a doubled matrix holds both roots, and the "
        "modulus of symmetric matrices has the Lipschitz constant 1. One of two matrices may be taken diagonal.",
        "The proposition itself holds: on an affine invariant set the normal components of the gradient of every "
        "sample, hence of drift and dispersion, vanish.",
    ),
)
def the_flow_keeps_affine_invariant_sets():
    r"""The flow keeps affine invariant sets (Proposition 4.1).

    |D_lm(theta_1) - D_lm(theta_2)| <= 4 L^2 ||theta_1 - theta_2||^2; ||grad L|| <= (1/n) sum ||l_i|| <= L;
    hence sqrt(D) is Lipschitz, and every affine invariant set of SGD is an invariant set of SGF
    """
    yield bounds(
        "difference of D",
        r"|D(\pi/4 + h) - D(\pi/4)| \le",
        printed=4 * h**2,
        exact=_sine_difference,
        corrected=h,
        corrected_says="|D_lm(theta_1) - D_lm(theta_2)| <= 2 L^2 ||theta_1 - theta_2||, first power; grad l_i for l_i",
        wrong={"half the first power": h / 2, "8 h^2": 8 * h**2},
        says="For the losses -cos(theta) and cos(theta), L = 1, from pi/4 to pi/4 + h with h < 1/10.",
        domain=(h < sp.Rational(1, 10),),
    )
    yield equals(
        "steepness of D",
        r"\sup|D'|",
        printed=sp.S.Zero,
        derived=_steepest_increase,
        corrected=2 * L**2,
        wrong={"constant 1": L**2, "constant 4": 4 * L**2},
        says="The largest |D'|, at two mirrored samples whose gradient and its slope are L; the square implies 0.",
    )
    yield bounds(
        "bound of the gradient",
        r"\|\nabla\mathcal L\| \le",
        printed=(sp.Abs(SLOPES[0] * theta_1) + sp.Abs(SLOPES[1] * theta_1)) / 2,
        exact=_size_of_gradient,
        corrected=(sp.Abs(SLOPES[0]) + sp.Abs(SLOPES[1])) / 2,
        wrong={
            "divided by n once more": (sp.Abs(SLOPES[0]) + sp.Abs(SLOPES[1])) / 4,
            "squares": (SLOPES[0] ** 2 + SLOPES[1] ** 2) / 2,
        },
        says="For the two samples l_i = p_i theta_1: a bound on the mean gradient.",
    )
    yield equals(
        "invariance",
        r"(b_y, \sigma_{y1}, \sigma_{y2}, \sigma_{y3})|_{y=0}",
        printed=sp.zeros(4, 1),
        derived=lambda: _normal_to_line(2),
        wrong={"the drift of a set that is not invariant": _normal_to_line(1)},
        says="On {y = 0}, invariant for three samples with arbitrary F_i, G_i, the flow has no normal part.",
    )
    yield equals(
        "invariance of a diagonal",
        r"(b_{x-y}, \sigma_{x-y,1}, \dots)|_{x=y}",
        printed=sp.zeros(4, 1),
        derived=_normal_to_diagonal,
        wrong={"noise along the normal": sp.Matrix([0, sp.sqrt(eta) * _across[0](2 * _x), 0, 0])},
        says="On {x = y}, likewise invariant, drift and dispersions of x - y vanish.",
    )
    yield agrees(
        "root of M M^T",
        r"\sup\|(MM^\top)^{1/2} - (NN^\top)^{1/2}\|_F/\|M-N\|_F",
        printed=sp.sqrt(2),
        wrong={"1, right for symmetric matrices": sp.S.One, "5/4": sp.Rational(5, 4), "2": sp.Integer(2)},
        says="The largest stretch of distances by the root, searched for among 2 x 2 and 3 x 3 matrices.",
        compared=(
            Comparison(
                name="search",
                evaluator=largest_stretch,
                arguments=({"rows": 2}, {"rows": 3}),
                predicted=lambda candidate, point: candidate,
                tolerance=2e-3,
            ),
        ),
        remark=True,
    )
    yield bounds(
        "best constant",
        r"\|(MM^\top)^{1/2} - (NN^\top)^{1/2}\|_F^2/\|M-N\|_F^2 \le",
        printed=sp.Integer(2),
        relation="<",
        exact=_stretch_of_root,
        wrong={"constant 1, right for symmetric matrices": sp.S.One, "constant 19/10": sp.Rational(19, 10)},
        says="The ratio of the squared distances for M = diag(1, 0) and its first column turned by h.",
        remark=True,
    )
    yield equals(
        "doubling",
        r"\|\tilde M - \tilde N\|_F^2,\ \tilde M^2",
        printed=sp.Matrix([_entrywise(2), *sp.diag(ENTRIES * ENTRIES.T, ENTRIES.T * ENTRIES)]),
        derived=lambda: sp.Matrix([_doubled_distance(), *_square_of_doubled()]),
        wrong={
            "not doubled": sp.Matrix([_entrywise(1), *sp.diag(ENTRIES * ENTRIES.T, ENTRIES.T * ENTRIES)]),
            "roots exchanged": sp.Matrix([_entrywise(2), *sp.diag(ENTRIES.T * ENTRIES, ENTRIES * ENTRIES.T)]),
        },
        says="The distance of the doubled matrices, and the square of one of them (a remark).",
        remark=True,
    )
    yield equals(
        "spectral form",
        r"\|f(X) - f(Y)\|_F^2",
        printed=_over_eigenvalues(sp.cos(_between) ** 2, sp.sin(_between) ** 2),
        derived=_distance_of_functions,
        wrong={
            "eigenvectors exchanged": _over_eigenvalues(sp.sin(_between) ** 2, sp.cos(_between) ** 2),
            "one basis for both": _over_eigenvalues(sp.S.One, sp.S.Zero),
            "cosines not squared": _over_eigenvalues(sp.cos(_between), sp.sin(_between)),
        },
        says="The squared distance of f(X) and f(Y) for symmetric 2 x 2 matrices and any f (a remark).",
        remark=True,
    )
    yield bounds(
        "modulus of symmetric matrices",
        r"\||X| - |Y|\|_F^2 \le",
        printed=matrix_modulus.spectral_distance(EIGENVALUES, OTHER_EIGENVALUES, _turn_1),
        exact=lambda: matrix_modulus.spectral_distance(EIGENVALUES, OTHER_EIGENVALUES, _turn_1, sp.Abs),
        wrong={"half of it": matrix_modulus.spectral_distance(EIGENVALUES, OTHER_EIGENVALUES, _turn_1) / 2},
        says="With f = |.| instead of the identity the distance does not grow (a remark).",
        remark=True,
    )
