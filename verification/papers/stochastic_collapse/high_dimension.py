r"""Section 4 and Appendices E.1, F.1: attraction in several dimensions, theorem 4.2 and what lies beyond it.

The paper writes :math:`d\theta = \mu\,dt + \sqrt{2D}\,dW` with :math:`\mu = -\nabla L` in theorem 4.2. :math:`l` is the
distance to the affine set. Next to it only jets enter: the matrix of the normal drift, and noise matrices
:math:`B_j` with :math:`\sqrt{2D}\,e_j \approx B_jx`, so that :math:`D \approx \frac12\sum_j B_jx\,(B_jx)^\top`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.boundary import classify
from theory.generator import generator
from theory.inequalities import negative
from theory.ito import ItoProcess
from theory.lyapunov import constant_growth, top_exponent
from theory.models.geometric_brownian import GeometricBrownianMotion
from theory.models.matrix_modes import (
    exponent_of_unequal_layers,
    gap,
    growth_of_equal_layers,
    width_in,
    width_out,
)
from theory.notation import mu, nu, theta, zeta
from theory.special import hyperu
from theory.transverse import slack as delta
from theory.transverse import sufficient_condition, transverse_linearisation
from verification.claim import (
    Bound,
    Citation,
    Claim,
    Comparison,
    Experiment,
    Identity,
    Kind,
    NearMiss,
    Numerical,
    Region,
    Statement,
)
from verification.papers.stochastic_collapse.section_4 import PAPER, epsilon, gbm_probability_of_reaching

SAMPLERS = "verification.papers.stochastic_collapse.high_dimension_samplers"

x_1, x_2, x_3 = sp.symbols("x_1:4", real=True)
h_11, h_12, h_22 = sp.symbols("h_11 h_12 h_22", real=True)
a_11, a_12, a_21, a_22 = sp.symbols("a_11 a_12 a_21 a_22", real=True)
b = sp.Matrix(2, 2, sp.symbols("b_11 b_12 b_21 b_22", real=True))
c = sp.Matrix(2, 2, sp.symbols("c_11 c_12 c_21 c_22", real=True))
u = sp.Symbol("u", real=True)
lam = sp.Symbol("lambda", positive=True)
curvature = sp.Symbol("L''", real=True)
kappa = sp.Symbol("kappa", positive=True)
xi = sp.Symbol("xi", positive=True)
signal = sp.Symbol("c", real=True)
noise = sp.Symbol("s", positive=True)
phi = sp.Symbol("phi", real=True)

H = sp.Matrix([[h_11, h_12], [h_12, h_22]])
A = sp.Matrix([[a_11, a_12], [a_21, a_22]])
NORMAL = sp.Matrix([(1 - u**2) / (1 + u**2), 2 * u / (1 + u**2)])
"""Every unit vector of the plane but (-1, 0), where both sides are the same as at (1, 0)."""

GBM = GeometricBrownianMotion()

JETS = {
    A[0, 0]: "normal drift: mu = A x to first order (all entries a_ij)",
    b[0, 0]: "normal noise: first column of sqrt(2D) is B x to first order (all entries b_ij)",
    c[0, 0]: "the second column, C x (all entries c_ij)",
    u: "direction: n = (1 - u^2, 2u)/(1 + u^2)",
}
TUBE = {theta: "l(x), the distance from the set", epsilon: "eps', the level", kappa: "1 - 2 mu/zeta^2 > 0"}


def _quadratic(matrix: sp.MatrixBase) -> sp.Expr:
    r""":math:`n\cdot Mn` along :data:`NORMAL`."""
    return (NORMAL.T * matrix * NORMAL)[0]


def _noise_jets() -> tuple[sp.Expr, sp.Expr]:
    r"""The second normal derivatives of the trace and of :math:`n^\top Dn`.

    They are :math:`\sum_j|B_jn|^2` and :math:`\sum_j(n\cdot B_jn)^2`.
    """
    trace = sum(_quadratic(B.T * B) for B in (b, c))
    radial = sum(_quadratic(B) ** 2 for B in (b, c))
    return trace, radial


def _left_side(drift: sp.Expr, half: sp.Expr = sp.S.Half, radial: sp.Expr = 1 - delta) -> sp.Expr:
    r""":math:`\text{drift} - \text{half}\,\nabla_n^2\operatorname{Tr}D_\perp + \text{radial}\,\nabla_n^2n^\top Dn`."""
    trace, along = _noise_jets()
    return drift - half * trace + radial * along


def _linear_flow(drift: sp.MatrixBase) -> ItoProcess:
    x = sp.Matrix([x_1, x_2])
    return ItoProcess([x_1, x_2], drift * x, (b * x).row_join(c * x))


def _decay_of_power(process: ItoProcess, power: sp.Expr) -> sp.Expr:
    r""":math:`-\mathcal L\,l^{p}/(p\,l^{p})` next to the origin, in the direction :data:`NORMAL`."""
    f = (x_1**2 + x_2**2) ** (power / 2)
    rate = sp.expand(generator(process, f) / (power * f))
    return -rate.subs({x_1: NORMAL[0], x_2: NORMAL[1]}, simultaneous=True)


def _isotropic(d: int) -> ItoProcess:
    r""":math:`L = \frac12L''|x|^2` and :math:`D = \frac12\zeta^2|x|^2 1` in d dimensions."""
    x = sp.symbols(f"x_1:{d + 1}", real=True)
    return ItoProcess(x, [-curvature * e for e in x], zeta * sp.sqrt(sum(e**2 for e in x)) * sp.eye(d))


DIMENSIONS = (1, 2, 3, 5)

# The variations of the experiments are about 1.5 times those of one sample: the interval of the measured step
# correction widens that of the mean.


def _isotropic_decay() -> sp.Matrix:
    return sp.Matrix([-constant_growth(transverse_linearisation(_isotropic(d))) for d in DIMENSIONS])


def _isotropic_left_side(trace: Callable[[int], sp.Expr]) -> sp.Matrix:
    r"""(6) at :math:`\delta = 0` in each dimension; ``trace(d)`` :math:`\zeta^2` is the derivative of the trace."""
    return sp.Matrix([curvature - trace(d) * zeta**2 / 2 + zeta**2 for d in DIMENSIONS])


def _isotropic_rate(i: int) -> Callable[[sp.MatrixBase], sp.Expr]:
    return lambda candidate: -candidate[i].subs({curvature: -sp.Rational(1, 2), zeta: 1})


a_1, a_2 = sp.symbols("alpha_1 alpha_2", real=True)
rotation = sp.Symbol("tau", positive=True)


def _stretched() -> ItoProcess:
    r"""Growth rates :math:`\alpha_1 > \alpha_2`, radial noise of size :math:`\zeta`, rotating noise :math:`\tau`."""
    dispersion = sp.Matrix([[zeta * x_1, -rotation * x_2], [zeta * x_2, rotation * x_1]])
    return ItoProcess([x_1, x_2], [a_1 * x_1, a_2 * x_2], dispersion)


def _stretched_exponent() -> sp.Expr:
    return top_exponent(transverse_linearisation(_stretched())).value


_VIOLATING = {a_1: sp.Rational(1, 2), a_2: -sp.Rational(3, 2), zeta: 1, rotation: 1}


def _with_rotation(rate: sp.Expr) -> sp.Expr:
    return rate + (rotation**2 - zeta**2) / 2


SC_034 = Claim(
    id="SC-034",
    title="sufficient condition in several dimensions (Theorem 4.2)",
    kind=Kind.THRESHOLD,
    cites=Citation(PAPER, "Theorem 4.2, Eq. (6)"),
    symbols=JETS
    | {
        h_11: "Hessian of L on the normal space (all entries h_ij)",
        delta: "delta > 0 of the theorem",
        curvature: "isotropic curvature of L",
        zeta: "noise amplitude: D = zeta^2 |x|^2/2",
        a_1: "larger growth rate",
        a_2: "smaller growth rate",
        rotation: "amplitude of the rotating noise",
    },
    printed_text=(
        "if nabla_n^2 n^T D n > delta and nabla_n^2 (L - Tr D_perp/2 + (1 - delta) n^T D n) > 0 for any unit normal n "
        "and theta in A, then A is stochastically attractive"
    ),
    notes=(
        "That A is invariant is assumed in Appendix E.1 only, and without it D_perp need not vanish on A. "
        "'n^T D n^T' is a slip for n^T D n.",
        "The left side of (6) is minus the generator on l^(2 delta), divided by 2 delta l^(2 delta), to leading order. "
        "At delta = 0 it is minus Khasminskii's integrand Q(n). So the theorem asks for Q < 0 in every direction; the "
        "top exponent, a mean of Q over directions, is then negative too (statement 'bounds the exponent').",
        "It is not necessary: alpha_1 = 1/2, alpha_2 = -3/2, zeta = tau = 1 violates (6) in the direction (1, 0), "
        "where "
        "Q = 1/2, and has the exponent -1/2 + I_1(1)/I_0(1) = -0.054 (statement 'not necessary'); see also SC-039.",
        "With delta for (26) and (27) alike nothing is lost: both conditions get weaker as delta decreases.",
    ),
    statements=(
        Statement(
            name="left side of (6)",
            says="Minus the generator on l^(2 delta), over 2 delta l^(2 delta), to leading order in l.",
            left=r"-\frac{\mathcal{A}\,l^{2\delta}}{2\delta\,l^{2\delta}}",
            form=Identity(lambda: _decay_of_power(_linear_flow(-H), 2 * delta)),
            printed=_left_side(_quadratic(H)),
            near_misses=(
                NearMiss("sign of the loss", _left_side(-_quadratic(H))),
                NearMiss("factor 1/2 of the trace lost", _left_side(_quadratic(H), half=sp.S.One)),
                NearMiss("sign of the trace", _left_side(_quadratic(H), half=-sp.Rational(1, 2))),
                NearMiss("delta added", _left_side(_quadratic(H), radial=1 + delta)),
                NearMiss(
                    "D taken for the whole diffusion", _left_side(_quadratic(H), sp.Rational(1, 4), (1 - delta) / 2)
                ),
            ),
        ),
        Statement(
            name="isotropic noise",
            says="For D = zeta^2 |x|^2/2 in 1, 2, 3 and 5 dimensions, (6) at delta = 0 is minus the log rate: sharp.",
            left=r"-\lim_t \log|x_t|/t \quad (d = 1, 2, 3, 5)",
            form=Identity(_isotropic_decay),
            printed=_isotropic_left_side(lambda d: sp.Integer(d)),
            near_misses=(
                NearMiss("one-dimensional in every direction", _isotropic_left_side(lambda d: sp.S.One)),
                NearMiss("trace over tangential directions", _isotropic_left_side(lambda d: sp.Integer(d - 1))),
                NearMiss("trace doubled", _isotropic_left_side(lambda d: sp.Integer(2 * d))),
            ),
            experiments=tuple(
                Experiment(
                    name=f"log rate in {d} dimensions at curvature -1/2, zeta=1",
                    sampler=f"{SAMPLERS}:growth_under_isotropic_noise",
                    arguments={"d": d, "g": "-1/2"},
                    predicted=_isotropic_rate(i),
                    variation=variation,
                    skewness=0.5,
                )
                for i, d, variation in ((1, 2, 2.0), (2, 3, 1.0), (3, 5, 0.55))
            ),
        ),
        Statement(
            name="bounds the exponent",
            says="Top exponent of a process with rates alpha_1 > alpha_2: at most max_n of minus (6) at delta = 0.",
            left=r"\lambda \le",
            form=Bound(lambda: _stretched_exponent()),
            printed=_with_rotation(a_1),
            near_misses=(
                NearMiss("the mean over directions", _with_rotation((a_1 + a_2) / 2)),
                NearMiss("rotating noise ignored", a_1 - zeta**2 / 2),
                NearMiss("the smallest over directions", _with_rotation(a_2)),
            ),
            domain=(a_1 > a_2,),
        ),
        Statement(
            name="not necessary",
            says="At alpha_1 = 1/2, alpha_2 = -3/2, zeta = tau = 1 the exponent is negative although (6) is violated.",
            left=r"\lambda <",
            form=Bound(lambda: _stretched_exponent().subs(_VIOLATING), relation="<"),
            printed=sp.S.Zero,
            near_misses=(NearMiss("twice as fast as it is", -sp.Rational(1, 10)),),
            counts=False,
        ),
    ),
)

# Theorem E.1: constants stand for the values of mu and of sqrt(2D) at one point, since (28) is a pointwise identity.
drift = sp.Matrix(sp.symbols("mu_1:4", real=True))
columns = sp.Matrix(3, 3, lambda i, j: sp.Symbol(f"sigma_{i + 1}{j + 1}", real=True) if j <= i else 0)
D_point = columns * columns.T / 2
mu_point, D_scalar = sp.Symbol("mu_1", real=True), sp.Symbol("D", positive=True)


def _generator_of_distance(sign: int, trace: int = 1) -> sp.Expr:
    """(28) for the x_1-axis in three dimensions, with the drift term times ``sign``."""
    square = x_2**2 + x_3**2
    along = x_2 * drift[1] + x_3 * drift[2]
    spread = x_2**2 * D_point[1, 1] + 2 * x_2 * x_3 * D_point[1, 2] + x_3**2 * D_point[2, 2]
    trace_term = lam * square ** (lam / 2 - 1) * (D_point[1, 1] + D_point[2, 2] + (0 if trace else D_point[0, 0]))
    return (
        sign * lam * square ** (lam / 2 - 1) * along + trace_term + lam * (lam - 2) * square ** (lam / 2 - 2) * spread
    )


def _generator_on_line(sign: int, second: sp.Expr = lam - 2) -> sp.Expr:
    """(28) for the origin of the half-line, with the drift term times ``sign``."""
    transport = sign * lam * theta ** (lam - 2) * theta * mu_point
    return transport + lam * theta ** (lam - 2) * D_scalar + lam * second * theta ** (lam - 4) * theta**2 * D_scalar


def _attracting_gbm() -> Boolean:
    return classify(GBM.process).left.attracting


SC_035 = Claim(
    id="SC-035",
    title="drift sign in the general theorem (Theorem E.1)",
    kind=Kind.THRESHOLD,
    cites=Citation(PAPER, "Theorem E.1, Eqs. (25)-(28)"),
    symbols={
        lam: "power of the distance",
        theta: "distance from the origin, one dimension",
        mu_point: "drift mu (three dimensions: mu_1, mu_2, mu_3)",
        D_scalar: "D, half the diffusion",
        columns[0, 0]: "entries of sqrt(2D) in three dimensions, lower triangular",
        x_2: "normal coordinates x_2, x_3 of the x_1-axis",
        mu: "drift rate of geometric Brownian motion",
        zeta: "its volatility",
    },
    printed_text=(
        "d theta = mu dt + sqrt(2D) dW (25); nabla_n n^T mu + nabla_n^2(-Tr D_perp/2 + (1-delta) n^T D n) > 0 (27); "
        "A l^lambda = -lambda l^(lambda-2) x^T P mu + lambda l^(lambda-2) Tr D_perp "
        "+ lambda(lambda-2) l^(lambda-4) x^T D_perp x (28)"
    ),
    corrected_text=(
        "A l^lambda = +lambda l^(lambda-2) x^T P mu + ... in (28), and "
        "-nabla_n n^T mu + nabla_n^2(-Tr D_perp/2 + (1-delta) n^T D n) > 0 in (27); "
        "or (25) read as d theta = -mu dt + sqrt(2D) dW, and the rest as printed"
    ),
    notes=(
        "As printed, (25) with (27) is false: geometric Brownian motion with any drift rate above -zeta^2/2 satisfies "
        "(26) and (27) and is repelled from 0 above +zeta^2/2.",
        "With mu = grad L and d theta = -mu dt + ..., (27) is (6): theorem 4.2 itself is right.",
        "mu has values in R^d, not R, and D in R^{d x d}, not R^{m x m}.",
    ),
    statements=(
        Statement(
            name="generator, one dimension",
            says="The generator on l^lambda for the origin of the line.",
            left=r"\mathcal{A}\,l^\lambda",
            form=Identity(
                lambda: generator(
                    ItoProcess.scalar(theta, drift=mu_point, dispersion=sp.sqrt(2 * D_scalar)), theta**lam
                )
            ),
            printed=_generator_on_line(-1),
            corrected=_generator_on_line(1),
            near_misses=(
                NearMiss("exponent of the last term", _generator_on_line(1, lam - 1)),
                NearMiss("last term lost", _generator_on_line(1, sp.S.Zero)),
            ),
        ),
        Statement(
            name="generator, three dimensions",
            says="The generator on l^lambda for the x_1-axis.",
            left=r"\mathcal{A}\,l^\lambda",
            form=Identity(
                lambda: generator(ItoProcess([x_1, x_2, x_3], drift, columns), (x_2**2 + x_3**2) ** (lam / 2))
            ),
            printed=_generator_of_distance(-1),
            corrected=_generator_of_distance(1),
            near_misses=(NearMiss("trace over all directions", _generator_of_distance(1, trace=0)),),
            domain=(x_2**2 + x_3**2 > 0,),
        ),
        Statement(
            name="condition (27)",
            says="For geometric Brownian motion, (27) holds for some delta > 0 exactly where 0 is attractive.",
            left=r"\{0\}\text{ attractive iff }",
            form=Region(_attracting_gbm),
            printed=mu - zeta**2 / 2 + zeta**2 > 0,
            corrected=-mu - zeta**2 / 2 + zeta**2 > 0,
            near_misses=(
                NearMiss("trace doubled", -mu - zeta**2 + zeta**2 > 0),
                NearMiss("trace ignored", -mu + zeta**2 > 0),
            ),
        ),
    ),
)


def _second_derivative_of_F() -> sp.Expr:
    r""":math:`\nabla_n^2F` at the origin, where F is the generator on :math:`l^2/2`."""
    F = generator(_linear_flow(A), (x_1**2 + x_2**2) / 2)
    along_ray = F.subs({x_1: xi * NORMAL[0], x_2: xi * NORMAL[1]}, simultaneous=True)
    return sp.diff(sp.expand(along_ray), xi, 2)


def _limit_of_ratio() -> sp.Expr:
    r""":math:`F/2G` on the ray, which does not depend on the distance to leading order."""
    process = _linear_flow(A)
    F = generator(process, (x_1**2 + x_2**2) / 2)
    n = sp.Matrix([x_1, x_2]) / sp.sqrt(x_1**2 + x_2**2)
    G = (n.T * process.diffusion * n)[0] / 2
    return sp.cancel(F / (2 * G)).subs({x_1: NORMAL[0], x_2: NORMAL[1]}, simultaneous=True)


def _F_jet(sign: int, times: int = 2, trace: sp.Expr = sp.S.One) -> sp.Expr:
    return sign * times * _quadratic(A) + trace * _noise_jets()[0]


SC_036 = Claim(
    id="SC-036",
    title="second derivatives of F",
    kind=Kind.PROOF_STEP,
    cites=Citation(PAPER, "Appendix E.1, Eqs. (29)-(30)"),
    symbols=JETS,
    scope="to leading order in the distance",
    printed_text=(
        "nabla_n^2 F = -2 nabla_n n^T mu + nabla_n^2 Tr D_perp (29); "
        "lim F/(2G) = (-2 nabla_n n^T mu + nabla_n^2 Tr D_perp)/(2 n^T nabla_n^2 D n) (30)"
    ),
    corrected_text="+2 nabla_n n^T mu in both, under (25) as printed",
    notes=(
        "F is the generator on l^2/2. The sign is that of SC-035, and consistent with (27) under the other convention.",
        "x_par^T P_perp = 0 in (29) supposes that the origin lies in A; else x is to be read as x - x_par.",
        "The bound 1 - delta on the limit is (27) over n^T nabla_n^2 D n > 0: a bound on F''/(2 G''), not on F''/G''.",
    ),
    statements=(
        Statement(
            name="second derivative (29)",
            says="The second derivative of F in a normal direction, on the set.",
            left=r"\nabla_n^2F",
            form=Identity(_second_derivative_of_F),
            printed=_F_jet(-1),
            corrected=_F_jet(1),
            near_misses=(
                NearMiss("factor 2 of the product rule lost", _F_jet(1, times=1)),
                NearMiss("trace halved", _F_jet(1, trace=sp.Rational(1, 2))),
            ),
        ),
        Statement(
            name="limit (30)",
            says="The limit of F/(2G) on the set.",
            left=r"\lim F/(2G)",
            form=Identity(_limit_of_ratio),
            printed=_F_jet(-1) / (2 * _noise_jets()[1]),
            corrected=_F_jet(1) / (2 * _noise_jets()[1]),
            near_misses=(
                NearMiss("factor 2 of the denominator lost", _F_jet(1) / _noise_jets()[1]),
                NearMiss("D taken for the whole diffusion", _F_jet(1) / (4 * _noise_jets()[1])),
            ),
        ),
    ),
)

lipschitz = sp.Symbol("L", positive=True)
G_2 = sp.Symbol("G''", positive=True)
G_3 = sp.Symbol("G_3", real=True)


def _bracket_of_chain() -> sp.Expr:
    r"""The factor of the fifth line of the chain, :math:`\varepsilon^{-1}|\ldots|`, as displayed."""
    p = lipschitz * epsilon / delta
    return ((1 + p) * (1 - delta + p) - (1 - delta - p) * (1 - p)) / epsilon


SC_037 = Claim(
    id="SC-037",
    title="Lipschitz chain for F/G",
    kind=Kind.PROOF_STEP,
    cites=Citation(PAPER, "Appendix E.1, after Eq. (30)"),
    symbols={
        xi: "distance from the set, 0 < xi < eps",
        epsilon: "size of the neighbourhood",
        lipschitz: "Lipschitz constant of the second derivatives",
        G_2: "nabla_n^2 G on the set",
        G_3: "third derivative of G, at most L",
        delta: "delta of (26), (27)",
        mu: "drift rate of geometric Brownian motion",
        zeta: "its volatility",
    },
    printed_text=(
        "for 0 < xi < eps: |nabla_n(F/G)| <= ... /((G'' - L eps) eps^2)^2 <= ... <= eps^-1 |(1 + L eps/delta)"
        "(1 - delta + L eps/delta) - (1 - delta - L eps/delta)(1 - L eps/delta)| (...)^2 <= L(3/delta - 1)(...)^2"
    ),
    corrected_text=(
        "G >= (G'' - L xi) xi^2/2 at the point xi itself; the bracket is 2L(2/delta - 1), above L(3/delta - 1) for "
        "delta < 1; (30) bounds F''/G'' by 2(1 - delta), and from above only"
    ),
    notes=(
        "Three separate slips: eps where xi is meant (so G is bounded below by something it does not reach), the "
        "factor "
        "1/2 of Taylor's formula, and the last step of the algebra.",
        "The modulus of F''/G'' is not bounded by (27): a strongly attracting drift makes it as large as one likes. "
        "With D'' <= 2 L^2, from sqrt(D) being L-Lipschitz, it is bounded all the same.",
        "What the proof needs, F/(2G) < 1 - delta/2 next to A, follows from Taylor's formula with these constants.",
    ),
    statements=(
        Statement(
            name="lower bound for G",
            says="A lower bound on (0, eps) for G = G'' xi^2/2 + G_3 xi^3/6 with |G_3| <= L and L eps < G''.",
            left=r"G(x_\parallel + \xi n) \ge",
            form=Bound(lambda: _cubic_distance(), relation=">="),
            printed=(G_2 - lipschitz * epsilon) * epsilon**2,
            corrected=(G_2 - lipschitz * xi) * xi**2 / 2,
            near_misses=(
                NearMiss("factor 1/2 of Taylor lost", (G_2 - lipschitz * xi) * xi**2),
                NearMiss("eps where xi is meant", (G_2 - lipschitz * epsilon) * epsilon**2 / 2),
            ),
            domain=(xi < epsilon, lipschitz * epsilon < G_2, G_3 < lipschitz, -lipschitz < G_3),
        ),
        Statement(
            name="last step of the chain",
            says="The displayed bracket over eps, bounded in terms of L and delta for delta < 1.",
            left=r"\varepsilon^{-1}|\ldots| \le",
            form=Bound(lambda: sp.expand(_bracket_of_chain())),
            printed=lipschitz * (3 / delta - 1),
            corrected=4 * lipschitz / delta - 2 * lipschitz,
            near_misses=(
                NearMiss("factor 2 lost", lipschitz * (2 / delta - 1)),
                NearMiss("delta inverted", 2 * lipschitz * (2 - delta)),
            ),
            domain=(delta < 1,),
        ),
        Statement(
            name="ratio of second derivatives",
            says="F''/G'' for geometric Brownian motion where (30) holds: 2 mu/zeta^2 + 1 < 2(1 - delta).",
            left=r"F''/G'' \le",
            form=Bound(lambda: _ratio_for_gbm()),
            printed=1 - delta,
            corrected=2 * (1 - delta),
            near_misses=(NearMiss("delta doubled", 2 - 4 * delta),),
            domain=(2 * mu / zeta**2 + 1 < 2 - 2 * delta,),
        ),
    ),
)


def _cubic_distance() -> sp.Expr:
    r"""G with the given second derivative at 0 and constant third derivative, integrated twice."""
    second = G_2 + G_3 * xi
    return sp.integrate(sp.integrate(second, (xi, 0, xi)), (xi, 0, xi))


def _ratio_for_gbm() -> sp.Expr:
    F = generator(GBM.process, theta**2 / 2)
    G = GBM.process.diffusion[0] / 2
    return sp.expand(sp.diff(F, theta, 2) / sp.diff(G, theta, 2))


def _hitting(level: sp.Expr) -> sp.Expr:
    r"""P(sup l >= level) for geometric Brownian motion, with :math:`\kappa = 1 - 2\mu/\zeta^2`."""
    return gbm_probability_of_reaching().subs(mu, zeta**2 * (1 - kappa) / 2).subs(epsilon, level)


def _supermartingale() -> Boolean:
    r"""The generator on :math:`l^\delta` is negative: :math:`\delta < \kappa`."""
    rate = generator(GBM.process, theta**delta) / (delta * theta**delta)
    return negative(sp.expand(rate.subs(mu, zeta**2 * (1 - kappa) / 2)))


def _valid_everywhere(power: sp.Expr) -> Boolean:
    r"""Where :math:`l^\delta/\varepsilon'^p` bounds the probability for every :math:`l < \varepsilon'`.

    For geometric Brownian motion with :math:`\kappa \ge \delta` the ratio of probability to bound,
    :math:`l^{\kappa-\delta}\varepsilon'^{p-\kappa}`, is largest at :math:`l = \varepsilon'`: there it is
    :math:`\varepsilon'^{p-\delta}`, whatever :math:`\kappa`.
    """
    return (power - delta) * sp.log(epsilon) <= 0


SC_038 = Claim(
    id="SC-038",
    title="maximal inequality",
    kind=Kind.INEQUALITY,
    cites=Citation(PAPER, "Appendix E.1, end of the proof; Lemma F.1"),
    symbols=TUBE | {delta: "delta (lambda in Lemma F.1), for which l^delta is a supermartingale: delta < kappa"},
    printed_text=(
        "P[sup l^delta >= eps'] <= l^delta(x)/eps'; equivalently P[sup l >= eps'] <= l^delta(x)/eps'^(1/delta); "
        "Lemma F.1: P[sup l >= eps'] <= l^lambda(x)/eps'"
    ),
    corrected_text="P[sup l >= eps'] <= (l(x)/eps')^delta, in Lemma F.1 (l(x)/eps')^lambda",
    notes=(
        "The first bound is Doob's. {sup l >= eps'} = {sup l^delta >= eps'^delta}, so the equivalent bound on sup "
        "l has "
        "eps'^delta. Both printed forms have another power, and agree with it only at delta = 1 (lambda = 1) or "
        "eps' = 1.",
        "At kappa = 2/5, delta = 1/5, l = 1/2, eps' = 2 the probability is 0.574; printed 0.027, in the lemma 0.435, "
        "corrected 0.758.",
        "Sharp: for delta -> kappa the corrected bound becomes the exact probability (l/eps')^kappa.",
        "eps'^(1/delta): a valid, weaker bound for eps' <= 1 if delta < 1 and for eps' >= 1 if delta > 1; on the other "
        "side of 1 it is violated by geometric Brownian motion. The lemma's eps' likewise: valid for "
        "eps' <= 1 if lambda < 1, for eps' >= 1 if lambda > 1.",
        "A distance has a unit, so nothing keeps eps' below 1: the printed bounds change when the unit does. The "
        "conclusion is untouched, since l(x) -> 0 at fixed eps' sends all these bounds to 0.",
        "'For any eps' < eps' in the first bound has to be eps' < eps^delta: the stopped process knows nothing of "
        "levels "
        "beyond l = eps. For eps < 1 and delta < 1 the printed range is inside it; for eps > 1 it is not.",
    ),
    statements=(
        Statement(
            name="bound on sup l^delta",
            says="Geometric Brownian motion started at l: probability that l^delta reaches eps' > l^delta.",
            left=r"P[\sup_t l^\delta \ge \varepsilon'] \le",
            form=Bound(lambda: _hitting(epsilon ** (1 / delta))),
            printed=theta**delta / epsilon,
            near_misses=(
                NearMiss("square of the bound", theta ** (2 * delta) / epsilon**2),
                NearMiss("l instead of its power", theta / epsilon),
                NearMiss("half of it", theta**delta / (2 * epsilon)),
            ),
            domain=(delta < kappa, theta**delta < epsilon),
        ),
        Statement(
            name="bound on sup l",
            says="The same for l itself, with delta < 1.",
            left=r"P[\sup_t l \ge \varepsilon'] \le",
            form=Bound(lambda: _hitting(epsilon)),
            printed=theta**delta / epsilon ** (1 / delta),
            corrected=theta**delta / epsilon**delta,
            near_misses=(
                NearMiss("no power on eps'", theta**delta / epsilon),
                NearMiss("power 2 delta", (theta / epsilon) ** (2 * delta)),
            ),
            domain=(delta < kappa, theta < epsilon, delta < 1),
        ),
        Statement(
            name="bound of Lemma F.1",
            says="The bound on sup l in Lemma F.1, lambda written delta here.",
            left=r"P[\sup_t l \ge \varepsilon'] \le",
            form=Bound(lambda: _hitting(epsilon)),
            printed=theta**delta / epsilon,
            corrected=(theta / epsilon) ** delta,
            near_misses=(NearMiss("power 2 lambda", (theta / epsilon) ** (2 * delta)),),
            domain=(delta < kappa, theta < epsilon),
        ),
        Statement(
            name="hypothesis",
            says="l^delta is a strict supermartingale for geometric Brownian motion exactly when delta < kappa.",
            left=r"\mathcal{A}\,l^\delta < 0\text{ iff }",
            form=Region(_supermartingale),
            printed=delta < kappa,
            near_misses=(
                NearMiss("half the power", 2 * delta < kappa),
                NearMiss("kappa of mean-square stability", delta < kappa - 1),
            ),
            counts=False,
        ),
        Statement(
            name="where the printed power is safe",
            says="l^delta/eps'^(1/delta) bounds P(sup l >= eps') for every l < eps' and kappa > delta exactly here.",
            left=r"\varepsilon'^{1/\delta}\text{ is safe iff }",
            form=Region(lambda: _valid_everywhere(1 / delta)),
            printed=sp.Or(sp.And(delta < 1, epsilon <= 1), sp.And(delta > 1, epsilon >= 1)),
            near_misses=(
                NearMiss("for small levels, whatever delta", epsilon <= 1),
                NearMiss("for all levels", sp.true),
                NearMiss("sides exchanged", sp.Or(sp.And(delta < 1, epsilon >= 1), sp.And(delta > 1, epsilon <= 1))),
            ),
            domain=(sp.Ne(delta, 1),),
            counts=False,
        ),
        Statement(
            name="where the power of Lemma F.1 is safe",
            says="l^lambda/eps' bounds P(sup l >= eps') for every l < eps' and kappa > lambda exactly here.",
            left=r"\varepsilon'\text{ is safe iff }",
            form=Region(lambda: _valid_everywhere(sp.S.One)),
            printed=sp.Or(sp.And(delta < 1, epsilon <= 1), sp.And(delta > 1, epsilon >= 1)),
            near_misses=(
                NearMiss("for small levels, whatever lambda", epsilon <= 1),
                NearMiss("for all levels", sp.true),
            ),
            domain=(sp.Ne(delta, 1),),
            counts=False,
        ),
    ),
)


def _neuron() -> ItoProcess:
    """The linear neuron f = w_2 w_1 x next to the origin: signal c, noise s, one Brownian motion."""
    return ItoProcess([x_1, x_2], [signal * x_2, signal * x_1], sp.Matrix([noise * x_2, noise * x_1]))


def _neuron_condition() -> sp.Matrix:
    """Radial noise and left side of (6) at delta = 0, in the direction of angle phi."""
    condition = sufficient_condition(transverse_linearisation(_neuron()))
    at_angle = {0: sp.cos(phi), 1: sp.sin(phi)}
    return sp.Matrix(
        [
            condition.linearisation.along(e, list(at_angle.values()))
            for e in (condition.radial_noise, condition.left_side.subs(delta, 0))
        ]
    )


def _neuron_collapses() -> Boolean:
    """The top exponent is negative: it is the larger of two, so both are."""
    value = top_exponent(transverse_linearisation(_neuron())).value
    return sp.And(*(e < 0 for e in (value.args if isinstance(value, sp.Max) else (value,))))


def _gradient_on_pure_rays() -> sp.Matrix:
    r"""The component of :math:`\nabla\ell(w_2\sigma(w_1x), y)` along purely incoming and purely outgoing weights."""
    w_1, w_2, x = sp.symbols("w_1 w_2 x", real=True)
    activation = sp.Function("sigma", real=True)
    slope = sp.Symbol("ell'", real=True)
    f = w_2 * activation(w_1 * x)
    gradient = [slope * sp.diff(f, w) for w in (w_1, w_2)]
    incoming = gradient[0].subs(w_2, 0).doit()
    outgoing = gradient[1].subs(w_1, 0).subs(activation(0), 0)
    return sp.Matrix([incoming, outgoing])


SC_039 = Claim(
    id="SC-039",
    title="scope of Theorem 4.2 at sign invariant sets",
    kind=Kind.THRESHOLD,
    cites=Citation(PAPER, "not printed; on Theorem 4.2, Section 4"),
    symbols={
        signal: "signal: d w_1 = c w_2 dt + s w_2 dB, d w_2 = c w_1 dt + s w_1 dB",
        noise: "noise amplitude s > 0",
        phi: "angle of the normal direction in the (w_1, w_2) plane",
    },
    printed_text=(
        "linear neuron: the left side of (6) is -c sin(2 phi) - s^2 cos^2(2 phi) + s^2/2 and n^T D n = 0 at phi = "
        "0, for "
        "every noise level, although collapse occurs exactly if s^2/2 > |c|"
    ),
    notes=(
        "A result of the catalogue, not of the paper: theorem 4.2 never applies to a sign invariant set. A per-sample "
        "gradient has no component along purely incoming (w_2 = 0) or purely outgoing (w_1 = 0) weights, so "
        "nabla_n^2 n^T D n = 0 there, against the strict hypothesis > delta; at phi = 0 (6) fails by s^2/2 besides.",
        "What decides is the sign of the top transverse Lyapunov exponent. Appendix F.1 of the paper uses the "
        "directions w_1 + w_2 and w_1 - w_2 instead, in which the linear neuron separates.",
    ),
    statements=(
        Statement(
            name="condition (6) of the neuron",
            says="Radial noise, and left side of (6) at delta = 0, in the direction phi.",
            left=r"\left(\nabla_n^2n^\top Dn,\ (6)\right)",
            form=Identity(_neuron_condition),
            printed=sp.Matrix(
                [
                    noise**2 * sp.sin(2 * phi) ** 2,
                    -signal * sp.sin(2 * phi) - noise**2 * sp.cos(2 * phi) ** 2 + noise**2 / 2,
                ]
            ),
            near_misses=(
                NearMiss(
                    "sign of the signal",
                    sp.Matrix(
                        [
                            noise**2 * sp.sin(2 * phi) ** 2,
                            signal * sp.sin(2 * phi) - noise**2 * sp.cos(2 * phi) ** 2 + noise**2 / 2,
                        ]
                    ),
                ),
                NearMiss(
                    "radial noise in every direction",
                    sp.Matrix([noise**2, -signal * sp.sin(2 * phi) + noise**2 / 2]),
                ),
                NearMiss(
                    "angle not doubled",
                    sp.Matrix(
                        [
                            noise**2 * sp.sin(phi) ** 2,
                            -signal * sp.sin(phi) - noise**2 * sp.cos(phi) ** 2 + noise**2 / 2,
                        ]
                    ),
                ),
            ),
        ),
        Statement(
            name="collapse of the neuron",
            says="The top Lyapunov exponent is negative exactly when s^2/2 > |c|.",
            left=r"\lambda < 0\text{ iff }",
            form=Region(_neuron_collapses),
            printed=noise**2 / 2 > sp.Abs(signal),
            near_misses=(
                NearMiss("one sign of the signal only", noise**2 / 2 > signal),
                NearMiss("factor 1/2 lost", noise**2 > sp.Abs(signal)),
                NearMiss("as (6) says: never", sp.false),
            ),
        ),
        Statement(
            name="pure directions",
            says="The component of a per-sample gradient along a purely incoming, and a purely outgoing, direction.",
            left=r"(n^\top\nabla\ell|_{w_2=0},\ n^\top\nabla\ell|_{w_1=0})",
            form=Identity(_gradient_on_pure_rays),
            printed=sp.Matrix([0, 0]),
            near_misses=(
                NearMiss("incoming weights feel the loss", sp.Matrix([signal, 0])),
                NearMiss("outgoing weights feel the loss", sp.Matrix([0, signal])),
            ),
        ),
    ),
)

m_0, m_1 = sp.symbols("m_0 m_1", real=True)
along_set = sp.Symbol("x_1", real=True)


def _decay_on_tube() -> Boolean:
    r"""The generator on :math:`l^{2\delta}` is negative for :math:`dl = (m_0 + m_1x_1)\,l\,dt + \zeta l\,dW`."""
    process = ItoProcess(
        [along_set, theta], [0, (m_0 + m_1 * along_set) * theta], sp.Matrix([[1, 0], [0, zeta * theta]])
    )
    rate = sp.expand(generator(process, theta ** (2 * delta)) / (2 * delta * theta ** (2 * delta)))
    return sp.Lt(rate, 0)


def _condition_on_tube(sign: int, power: sp.Expr = 1 - delta) -> Boolean:
    """(27) at the point x_1 of the set, with the drift term times ``sign``."""
    return sign * (m_0 + m_1 * along_set) - zeta**2 / 2 + power * zeta**2 > 0


SC_040 = Claim(
    id="SC-040",
    title="localised version of Theorem E.1 (Lemma F.1)",
    kind=Kind.THRESHOLD,
    cites=Citation(PAPER, "Lemma F.1"),
    symbols={
        along_set: "coordinate along the set, |x_1| <= c_B",
        theta: "distance from the set",
        m_0: "normal drift rate at x_1 = 0",
        m_1: "its slope along the set",
        zeta: "noise amplitude",
        delta: "delta of (26), (27)",
    },
    scope="with the drift sign of (27) repaired as in SC-035; the displayed inequality is SC-038",
    printed_text=(
        "if A intersected with B is an invariant set, it is a stochastically attractive invariant set of the process "
        "stopped on leaving A_c intersected with int B, provided (26) and (27) hold on A intersected with B"
    ),
    notes=(
        "What the proof uses is that l^(2 delta) is a supermartingale at the points of A where (27) holds: a "
        "condition at "
        "each point, so that points outside B do not matter before the stopping time.",
        "The proof takes the distance to A intersected with B, but (28) is the generator on the distance to A. "
        "They agree "
        "next to the set where A is parallel to coordinate axes, as in the lemma's uses; for an oblique A the foot of "
        "a point of B may lie outside B. Reading l as the distance to A repairs it.",
    ),
    statements=(
        Statement(
            name="supermartingale, point by point",
            says="A normal drift rate that varies along the set: A l^(2 delta) < 0 exactly where repaired (27) holds.",
            left=r"\mathcal{A}\,l^{2\delta} < 0\text{ iff }",
            form=Region(_decay_on_tube),
            printed=_condition_on_tube(-1),
            near_misses=(
                NearMiss("drift sign of (27) as printed", _condition_on_tube(1)),
                NearMiss("drift rate at the origin of the set", -m_0 - zeta**2 / 2 + (1 - delta) * zeta**2 > 0),
                NearMiss("delta added", _condition_on_tube(-1, 1 + delta)),
            ),
        ),
    ),
)


def _exponent(a: sp.Expr, b: sp.Expr, z: sp.Expr, shift: int = 1) -> sp.Expr:
    return nu * width_out / 2 * (z * hyperu(a + 1, b + shift, z) / hyperu(a, b, z) - 1)


def _equal_value(n: int) -> Callable[[sp.Expr], sp.Expr]:
    return lambda candidate: 1 + candidate.subs({width_in: n, nu: 1})


_A, _B, _Z = width_out / 2, width_out + gap / 2, gap / 2
PAIRS = ((2, 1), (3, 1), (5, 3), (6, 2))
"""Widths (n, m); the exponent is symmetric in them."""


def _printed_value(candidate: sp.MatrixBase, point: Mapping[str, Any]) -> sp.Expr:
    return 1 + candidate[PAIRS.index((point["n"], point["m"]))]


def _formula_value(candidate: sp.Expr, point: Mapping[str, Any]) -> sp.Expr:
    # Expanded, since 20 digits of an exponent that is exactly 0 do not exist.
    return sp.expand(1 + candidate.subs({nu: 1, width_out: point["m"], gap: point["n"] - point["m"]}))


def _grid(predicted: Callable[[Any, Mapping[str, Any]], Any], tolerance: float) -> Comparison:
    return Comparison(
        name="1 + exponent on a grid at nu = 1",
        evaluator=f"{SAMPLERS}:growth_on_grid",
        arguments=tuple({"n": n, "m": m} for n, m in PAIRS),
        predicted=predicted,
        tolerance=tolerance,
    )


SC_099 = Claim(
    id="SC-099",
    title="i.i.d. label noise in a linear network",
    kind=Kind.THRESHOLD,
    cites=Citation(PAPER, "not printed; on assumption A2, Section 6"),
    symbols={
        nu: "eta zeta^2",
        width_in: "number of inputs n",
        width_out: "number of outputs m",
        gap: "n - m > 0",
    },
    scope="linearisation at the origin, signal S = 0, whitened inputs",
    printed_text=(
        "without A2, at S = 0: top Lyapunov exponent nu (n/2 - 1) for n = m; for (m, n) = (1,2): 0, (1,3): .14 nu, "
        "(3,5): .96 nu, (2,6): .80 nu"
    ),
    notes=(
        "A result of the catalogue, not of the paper, which has the exponent -nu/2 of structured noise for every "
        "width. "
        "It is that of n = m = 1 only: n = m = 2 is marginal, and from width 3 on noise drives the network away "
        "from 0.",
        "Derived here: the squared norms of the two layers are driven by one Brownian motion, their difference by "
        "none; "
        "for n > m the ratio x = |v|^2/(|u|^2 - |v|^2) has the stationary density x^(m/2-1) (1+x)^(n/2-1) "
        "e^(-(n-m)x/2). The exponent is therefore a quotient of Tricomi functions. "
        "(1,2): exactly 0; (2,6): exactly 4/5; (2,4): 1/2; (1,4): 1/4; (1,3): 0.141817; (3,5): 0.960245.",
        "At n = m = 1 a start off the diagonal |u| = |v| has no stationary direction, and a mean of log|x_T|/T "
        "approaches "
        "-nu/2 like T^(-1/2). The experiments start on the diagonal.",
    ),
    statements=(
        Statement(
            name="equal layers",
            says="The top Lyapunov exponent for n = m.",
            left=r"\lambda",
            form=Identity(growth_of_equal_layers),
            printed=nu * (width_in / 2 - 1),
            near_misses=(
                NearMiss("width 1 at every width", -nu / 2),
                NearMiss("Ito correction halved", nu * (width_in - 1) / 2),
                NearMiss("exponent of the square", nu * (width_in - 2)),
            ),
            experiments=tuple(
                Experiment(
                    name=f"1 + log rate of all weights at n = m = {n}, nu = 1",
                    sampler=f"{SAMPLERS}:growth_of_equal_layers",
                    arguments={"n": n},
                    predicted=_equal_value(n),
                    variation=variation,
                    skewness=1.0,
                )
                for n, variation in ((1, 3.0), (2, 1.7), (3, 1.2), (5, 0.7))
            ),
        ),
        Statement(
            name="unequal layers, values",
            says="The exponent over nu for (m, n) = (1,2), (1,3), (3,5), (2,6).",
            left=r"\lambda/\nu",
            form=Numerical(),
            printed=sp.Matrix([0, sp.Rational(14, 100), sp.Rational(96, 100), sp.Rational(80, 100)]),
            near_misses=(
                NearMiss("of the smaller layer", sp.Matrix([m / sp.S(2) - 1 for _, m in PAIRS])),
                NearMiss("of the larger layer", sp.Matrix([n / sp.S(2) - 1 for n, _ in PAIRS])),
                NearMiss("of the mean width", sp.Matrix([(n + m) / sp.S(4) - 1 for n, m in PAIRS])),
            ),
            comparisons=(_grid(_printed_value, 5e-3),),
        ),
        Statement(
            name="unequal layers, closed form",
            says="The exponent for n = m + g, with Tricomi's function U.",
            left=r"\lambda",
            form=Numerical(),
            printed=exponent_of_unequal_layers(),
            near_misses=(
                NearMiss("second parameter not raised", _exponent(_A, _B, _Z, shift=0)),
                NearMiss("argument doubled", _exponent(_A, _B, gap)),
                NearMiss("factor m lost", _exponent(_A, _B, _Z) / width_out),
            ),
            comparisons=(_grid(_formula_value, 1e-3),),
            experiments=(
                Experiment(
                    name="1 + log rate of all weights at n = 6, m = 2, nu = 1",
                    sampler=f"{SAMPLERS}:growth_of_unequal_layers",
                    arguments={"n": 6, "m": 2},
                    predicted=lambda candidate: _formula_value(candidate, {"n": 6, "m": 2}),
                    variation=1.0,
                    skewness=1.0,
                ),
            ),
        ),
    ),
)

CLAIMS = (SC_034, SC_035, SC_036, SC_037, SC_038, SC_039, SC_040, SC_099)
