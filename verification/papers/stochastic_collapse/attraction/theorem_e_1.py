r"""Appendix E.1: theorem E.1 on attraction to an affine set, and the steps of its proof.

The process is :math:`d\theta = \mu\,dt + \sqrt{2D}\,dW`, and :math:`l` the distance to the set. :math:`F` is the
generator on :math:`l^2/2`, and :math:`G = n^\top Dn`.
"""

from __future__ import annotations

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.generator import generator
from theory.ito import ItoProcess
from theory.line.boundary import classify
from theory.models.geometric_brownian import GeometricBrownianMotion
from theory.notation import mu, theta, zeta
from theory.stability.theorem_4_2 import slack as delta
from verification.authoring.shorthand import bounds, equals, holds_when
from verification.claim import (
    Kind,
)
from verification.papers.stochastic_collapse.attraction.normal_jets import (
    JETS,
    NORMAL,
    A,
    linear_flow,
    noise_jets,
    quadratic,
    x_1,
    x_2,
)
from verification.papers.stochastic_collapse.attraction.one_dimension import epsilon
from verification.papers.stochastic_collapse.paper import paper

x_3 = sp.Symbol("x_3", real=True)
lam = sp.Symbol("lambda", positive=True)
xi = sp.Symbol("xi", positive=True)
GBM = GeometricBrownianMotion()


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


@paper.claim(
    "SC-035",
    "Theorem E.1, Eqs. (25)-(28)",
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
    kind=Kind.THRESHOLD,
    notes=(
        "As printed, (25) with (27) is false: geometric Brownian motion with any drift rate above -zeta^2/2 satisfies "
        "(26) and (27) and is repelled from 0 above +zeta^2/2.",
        "With mu = grad L and d theta = -mu dt + ..., (27) is (6): theorem 4.2 itself is right.",
        "mu has values in R^d, not R, and D in R^{d x d}, not R^{m x m}.",
    ),
)
def drift_sign_in_the_general_theorem():
    r"""Drift sign in the general theorem (Theorem E.1).

    d theta = mu dt + sqrt(2D) dW (25); nabla_n n^T mu + nabla_n^2(-Tr D_perp/2 + (1-delta) n^T D n) > 0 (27);
    A l^lambda = -lambda l^(lambda-2) x^T P mu + lambda l^(lambda-2) Tr D_perp + lambda(lambda-2) l^(lambda-4)
    x^T D_perp x (28)
    """
    yield equals(
        "generator, one dimension",
        r"\mathcal{A}\,l^\lambda",
        printed=_generator_on_line(-1),
        derived=lambda: generator(
            ItoProcess.scalar(theta, drift=mu_point, dispersion=sp.sqrt(2 * D_scalar)), theta**lam
        ),
        corrected=_generator_on_line(1),
        corrected_says="A l^lambda = +lambda l^(lambda-2) x^T P mu + ... in (28), and -nabla_n n^T mu + "
        "nabla_n^2(-Tr D_perp/2 + "
        "(1-delta) n^T D n) > 0 in (27); or (25) read as d theta = -mu dt + sqrt(2D) dW, and the rest as printed",
        wrong={
            "exponent of the last term": _generator_on_line(1, lam - 1),
            "last term lost": _generator_on_line(1, sp.S.Zero),
        },
        says="The generator on l^lambda for the origin of the line.",
    )
    yield equals(
        "generator, three dimensions",
        r"\mathcal{A}\,l^\lambda",
        printed=_generator_of_distance(-1),
        derived=lambda: generator(ItoProcess([x_1, x_2, x_3], drift, columns), (x_2**2 + x_3**2) ** (lam / 2)),
        corrected=_generator_of_distance(1),
        wrong={"trace over all directions": _generator_of_distance(1, trace=0)},
        says="The generator on l^lambda for the x_1-axis.",
        domain=(x_2**2 + x_3**2 > 0,),
    )
    yield holds_when(
        "condition (27)",
        r"\{0\}\text{ attractive iff }",
        printed=mu - zeta**2 / 2 + zeta**2 > 0,
        derived=_attracting_gbm,
        corrected=-mu - zeta**2 / 2 + zeta**2 > 0,
        wrong={"trace doubled": -mu - zeta**2 + zeta**2 > 0, "trace ignored": -mu + zeta**2 > 0},
        says="For geometric Brownian motion, (27) holds for some delta > 0 exactly where 0 is attractive.",
    )


def _second_derivative_of_F() -> sp.Expr:
    r""":math:`\nabla_n^2F` at the origin, where F is the generator on :math:`l^2/2`."""
    F = generator(linear_flow(A), (x_1**2 + x_2**2) / 2)
    along_ray = F.subs({x_1: xi * NORMAL[0], x_2: xi * NORMAL[1]}, simultaneous=True)
    return sp.diff(sp.expand(along_ray), xi, 2)


def _limit_of_ratio() -> sp.Expr:
    r""":math:`F/2G` on the ray, which does not depend on the distance to leading order."""
    process = linear_flow(A)
    F = generator(process, (x_1**2 + x_2**2) / 2)
    n = sp.Matrix([x_1, x_2]) / sp.sqrt(x_1**2 + x_2**2)
    G = (n.T * process.diffusion * n)[0] / 2
    return sp.cancel(F / (2 * G)).subs({x_1: NORMAL[0], x_2: NORMAL[1]}, simultaneous=True)


def _F_jet(sign: int, times: int = 2, trace: sp.Expr = sp.S.One) -> sp.Expr:
    return sign * times * quadratic(A) + trace * noise_jets()[0]


@paper.claim(
    "SC-036",
    "Appendix E.1, Eqs. (29)-(30)",
    symbols=JETS,
    kind=Kind.PROOF_STEP,
    scope="to leading order in the distance",
    notes=(
        "F is the generator on l^2/2. The sign is that of SC-035, and consistent with (27) under the other convention.",
        "x_par^T P_perp = 0 in (29) supposes that the origin lies in A; else x is to be read as x - x_par.",
        "The bound 1 - delta on the limit is (27) over n^T nabla_n^2 D n > 0: a bound on F''/(2 G''), not on F''/G''.",
    ),
)
def second_derivatives_of_f():
    r"""Second derivatives of F.

    nabla_n^2 F = -2 nabla_n n^T mu + nabla_n^2 Tr D_perp (29); lim F/(2G) = (-2 nabla_n n^T mu + nabla_n^2 Tr
    D_perp)/(2 n^T nabla_n^2 D n) (30)
    """
    yield equals(
        "second derivative (29)",
        r"\nabla_n^2F",
        printed=_F_jet(-1),
        derived=_second_derivative_of_F,
        corrected=_F_jet(1),
        corrected_says="+2 nabla_n n^T mu in both, under (25) as printed",
        wrong={
            "factor 2 of the product rule lost": _F_jet(1, times=1),
            "trace halved": _F_jet(1, trace=sp.Rational(1, 2)),
        },
        says="The second derivative of F in a normal direction, on the set.",
    )
    yield equals(
        "limit (30)",
        r"\lim F/(2G)",
        printed=_F_jet(-1) / (2 * noise_jets()[1]),
        derived=_limit_of_ratio,
        corrected=_F_jet(1) / (2 * noise_jets()[1]),
        wrong={
            "factor 2 of the denominator lost": _F_jet(1) / noise_jets()[1],
            "D taken for the whole diffusion": _F_jet(1) / (4 * noise_jets()[1]),
        },
        says="The limit of F/(2G) on the set.",
    )


lipschitz = sp.Symbol("L", positive=True)
G_2 = sp.Symbol("G''", positive=True)
G_3 = sp.Symbol("G_3", real=True)


def _bracket_of_chain() -> sp.Expr:
    r"""The factor of the fifth line of the chain, :math:`\varepsilon^{-1}|\ldots|`, as displayed."""
    p = lipschitz * epsilon / delta
    return ((1 + p) * (1 - delta + p) - (1 - delta - p) * (1 - p)) / epsilon


def _cubic_distance() -> sp.Expr:
    r"""G with the given second derivative at 0 and constant third derivative, integrated twice."""
    second = G_2 + G_3 * xi
    return sp.integrate(sp.integrate(second, (xi, 0, xi)), (xi, 0, xi))


def _ratio_for_gbm() -> sp.Expr:
    F = generator(GBM.process, theta**2 / 2)
    G = GBM.process.diffusion[0] / 2
    return sp.expand(sp.diff(F, theta, 2) / sp.diff(G, theta, 2))


@paper.claim(
    "SC-037",
    "Appendix E.1, after Eq. (30)",
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
    kind=Kind.PROOF_STEP,
    notes=(
        "Three separate slips: eps where xi is meant (so G is bounded below by something it does not reach), the "
        "factor 1/2 of Taylor's formula, and the last step of the algebra.",
        "The modulus of F''/G'' is not bounded by (27): a strongly attracting drift makes it as large as one likes. "
        "With D'' <= 2 L^2, from sqrt(D) being L-Lipschitz, it is bounded all the same.",
        "What the proof needs, F/(2G) < 1 - delta/2 next to A, follows from Taylor's formula with these constants.",
    ),
)
def lipschitz_chain_for_fg():
    r"""Lipschitz chain for F/G.

    for 0 < xi < eps: |nabla_n(F/G)| <= ... /((G'' - L eps) eps^2)^2 <= ... <= eps^-1 |(1 + L eps/delta)(1 -
    delta + L eps/delta) - (1 - delta - L eps/delta)(1 - L eps/delta)| (...)^2 <= L(3/delta - 1)(...)^2
    """
    yield bounds(
        "lower bound for G",
        r"G(x_\parallel + \xi n) \ge",
        printed=(G_2 - lipschitz * epsilon) * epsilon**2,
        relation=">=",
        exact=lambda: _cubic_distance(),
        corrected=(G_2 - lipschitz * xi) * xi**2 / 2,
        corrected_says="G >= (G'' - L xi) xi^2/2 at the point xi itself; the bracket is 2L(2/delta - 1), "
        "above L(3/delta - 1) for "
        "delta < 1; (30) bounds F''/G'' by 2(1 - delta), and from above only",
        wrong={
            "factor 1/2 of Taylor lost": (G_2 - lipschitz * xi) * xi**2,
            "eps where xi is meant": (G_2 - lipschitz * epsilon) * epsilon**2 / 2,
        },
        says="A lower bound on (0, eps) for G = G'' xi^2/2 + G_3 xi^3/6 with |G_3| <= L and L eps < G''.",
        domain=(xi < epsilon, lipschitz * epsilon < G_2, G_3 < lipschitz, -lipschitz < G_3),
    )
    yield bounds(
        "last step of the chain",
        r"\varepsilon^{-1}|\ldots| \le",
        printed=lipschitz * (3 / delta - 1),
        exact=lambda: sp.expand(_bracket_of_chain()),
        corrected=4 * lipschitz / delta - 2 * lipschitz,
        wrong={"factor 2 lost": lipschitz * (2 / delta - 1), "delta inverted": 2 * lipschitz * (2 - delta)},
        says="The displayed bracket over eps, bounded in terms of L and delta for delta < 1.",
        domain=(delta < 1,),
    )
    yield bounds(
        "ratio of second derivatives",
        r"F''/G'' \le",
        printed=1 - delta,
        exact=lambda: _ratio_for_gbm(),
        corrected=2 * (1 - delta),
        wrong={"delta doubled": 2 - 4 * delta},
        says="F''/G'' for geometric Brownian motion where (30) holds: 2 mu/zeta^2 + 1 < 2(1 - delta).",
        domain=(2 * mu / zeta**2 + 1 < 2 - 2 * delta,),
    )
