r"""Appendix E.1: theorem E.1 on attraction to an affine set, and the steps of its proof.

The process is :math:`d\theta = \mu\,dt + \sqrt{2D}\,dW`, and :math:`l` the distance to the set. :math:`F` is the
generator on :math:`l^2/2`, and :math:`G = n^\top Dn`.
"""

import sympy as sp

from theory.infinitesimal_generator import generator
from theory.ito import ItoProcess
from theory.line.ends.boundary import classify
from theory.notation import mu, theta, zeta
from theory.stability.theorem_4_2 import slack as delta
from verification.authoring.shorthand import Grade, Kind, bounds, equals, holds_when
from verification.claim import Statement
from verification.papers.stochastic_collapse.attraction import normal_jets as jets
from verification.papers.stochastic_collapse.attraction.normal_jets import DRIFT_SLOPE, RADIAL, TRACE, x_1, x_2
from verification.papers.stochastic_collapse.attraction.one_dimension import epsilon
from verification.papers.stochastic_collapse.paper import GBM, paper

lam, xi, l = sp.symbols("lambda xi l", positive=True)
DRIFT = sp.Symbol(r"x^{\top}P_{\perp}\mu", real=True)
TRACE_OF_D = sp.Symbol(r"\operatorname{Tr}D_{\perp}", real=True)
SPREAD = sp.Symbol(r"x^{\top}D_{\perp}x", real=True)
mu_1, D = sp.Symbol("mu_1", real=True), sp.Symbol("D", positive=True)


def _generator_on_power(sign: int, last: sp.Expr = lam - 2) -> sp.Expr:
    """(28) with the drift term times ``sign``."""
    return lam * l ** (lam - 2) * (sign * DRIFT + TRACE_OF_D) + lam * last * l ** (lam - 4) * SPREAD


@paper.claim(
    "SC-035",
    "Theorem E.1, Eqs. (25)-(28)",
    symbols={lam: "power of the distance", l: "distance from the set"}
    | {theta: "distance from the origin of the half-line"}
    | {mu_1: r"drift (in three dimensions $\mu_1, \mu_2, \mu_3$)", D: "diffusion matrix, half the diffusion"}
    | {x_2: "first normal coordinate of an axis in three dimensions", mu: "drift rate of geometric Brownian motion"}
    | {zeta: "its volatility"},
    kind=Kind.THRESHOLD,
    grade=Grade.CONFLICT,
)
def drift_sign_in_the_general_theorem():
    r"""Drift sign in the general theorem.

    $d\theta_t = \mu(\theta_t)\,dt + \sqrt{2D(\theta_t)}\,dW_t$ (25). $A$ is stochastically attractive if there exists
    $\delta > 0$ such that (26) and $\nabla_{\hat n}\hat n^\top\mu + \nabla_{\hat n}^2(-\frac12\mathrm{Tr}D_\perp +
    (1 - \delta)\hat n^\top D\hat n) > 0$ (27).
    - As printed, (25) with (27) is false: geometric Brownian motion with any drift rate above $-\zeta^2/2$ satisfies
      (26) and (27) and is repelled from 0 above $+\zeta^2/2$.
    - Another repair is $d\theta = -\mu\,dt + \sqrt{2D}\,dW$ in (25) and the rest as printed. With $\mu = \nabla\mathcal
      L$, (27) then is (6): theorem 4.2 itself is right.
    - The stochastic differential equation displayed for $l^\lambda$ carries the same sign. $\mu$ has values in $\mathbb
      R^d$, not $\mathbb R$, and $D$ in $\mathbb R^{d \times d}$, not $\mathbb R^{m \times m}$.
    """
    on_line = {l: theta, DRIFT: theta * mu_1, TRACE_OF_D: D, SPREAD: theta**2 * D}
    yield equals(
        r"generator, one dimension: $\tilde{\mathcal A}\,l^\lambda$",
        printed=_generator_on_power(-1),
        where=on_line,
        derived=lambda: generator(ItoProcess.scalar(theta, drift=mu_1, dispersion=sp.sqrt(2 * D)), theta**lam),
        corrected=_generator_on_power(1),
        corrected_says=r"$\tilde{\mathcal A}\,l^\lambda = +\lambda l^{\lambda-2}x^\top P_\perp\mu + \ldots$ in (28)",
        wrong={"last term lost": _generator_on_power(1, sp.S.Zero)},
        says="The set is the origin of the half-line.",
    )
    yield _generator_in_space()
    slope = sp.Rational(-1, 2) * TRACE + RADIAL
    yield holds_when(
        r"condition (27): $\{0\}\text{ attractive iff }$",
        printed=DRIFT_SLOPE + slope > 0,
        where={DRIFT_SLOPE: mu, TRACE: zeta**2, RADIAL: zeta**2},
        derived=lambda: classify(GBM.process).left.attracting,
        corrected=-DRIFT_SLOPE + slope > 0,
        corrected_says=r"$-\nabla_{\hat n}\hat n^\top\mu + \nabla_{\hat n}^2(-\frac12\mathrm{Tr}D_\perp + (1 - \delta)"
        r"\hat n^\top D\hat n) > 0$ in (27)",
        wrong={"trace ignored": -DRIFT_SLOPE + RADIAL > 0},
        says=r"Geometric Brownian motion: (27) for some $\delta > 0$, that is at $\delta = 0$.",
    )


def _generator_in_space() -> Statement:
    """(28) for the x_1-axis of three dimensions; constants stand for mu and sqrt(2D), since it is pointwise."""
    x_3 = sp.Symbol("x_3", real=True)
    drift = sp.Matrix(sp.symbols("mu_1:4", real=True))
    columns = sp.Matrix(3, 3, lambda i, j: sp.Symbol(f"sigma_{i + 1}{j + 1}", real=True) if j <= i else 0)
    D_perp, x = (columns * columns.T / 2)[1:, 1:], sp.Matrix([x_2, x_3])
    return equals(
        r"generator, three dimensions: $\tilde{\mathcal A}\,l^\lambda$",
        printed=_generator_on_power(-1),
        where={
            l: sp.sqrt(x_2**2 + x_3**2),
            DRIFT: (x.T * drift[1:, :])[0],
            TRACE_OF_D: D_perp.trace(),
            SPREAD: (x.T * D_perp * x)[0],
        },
        derived=lambda: generator(ItoProcess([x_1, x_2, x_3], drift, columns), (x_2**2 + x_3**2) ** (lam / 2)),
        corrected=_generator_on_power(1),
        corrected_says="the same in three dimensions",
        wrong={"trace over all directions": {TRACE_OF_D: (columns * columns.T / 2).trace()}},
        says="The set is an axis.",
        domain=(x_2**2 + x_3**2 > 0,),
    )


@paper.claim(
    "SC-036",
    "Appendix E.1, Eqs. (29)-(30)",
    symbols=jets.SYMBOLS
    | {DRIFT_SLOPE: "normal slope of the normal drift", TRACE: "of the trace", RADIAL: "of the radial noise"},
    kind=Kind.PROOF_STEP,
    grade=Grade.CONFLICT,
)
def second_derivatives_of_the_generator():
    r"""Second derivatives of the generator on the squared distance.

    - Scope: to leading order in the distance.
    - The sign is that of SC-035, and consistent with (27) under the other convention.
    - $x_\parallel^\top P_\perp = 0$ in (29) supposes that the origin lies in $A$; else $x$ is to be read as $x -
      x_\parallel$.
    - The bound $1 - \delta$ on the limit is (27) over $\hat n^\top\nabla_{\hat n}^2D\hat n > 0$: a bound on
      $F''/(2G'')$, not on $F''/G''$.
    """
    trace, radial = jets.noise_jets()
    where = {DRIFT_SLOPE: jets.quadratic(jets.A), TRACE: trace, RADIAL: radial}
    on_ray = {x_1: xi * jets.NORMAL[0], x_2: xi * jets.NORMAL[1]}

    def generator_on_half_square() -> sp.Expr:
        return generator(jets.linear_flow(jets.A), (x_1**2 + x_2**2) / 2)

    def radial_noise() -> sp.Expr:
        n = sp.Matrix([x_1, x_2]) / sp.sqrt(x_1**2 + x_2**2)
        return (n.T * jets.linear_flow(jets.A).diffusion * n)[0] / 2

    yield equals(
        r"second derivative (29): $\nabla_{\hat n}^2F$",
        printed=-2 * DRIFT_SLOPE + TRACE,
        where=where,
        derived=lambda: sp.diff(sp.expand(generator_on_half_square().subs(on_ray, simultaneous=True)), xi, 2),
        corrected=2 * DRIFT_SLOPE + TRACE,
        corrected_says=r"$\nabla_{\hat n}^2F = +2\nabla_{\hat n}\hat n^\top\mu + \nabla_{\hat n}^2\mathrm{Tr}D_\perp$",
        wrong={"factor 2 of the product rule lost": DRIFT_SLOPE + TRACE},
    )
    yield equals(
        r"limit (30): $\lim_{\xi\to0} F/(2G)$",
        printed=(-2 * DRIFT_SLOPE + TRACE) / (2 * RADIAL),
        where=where,
        derived=lambda: sp.cancel(generator_on_half_square() / (2 * radial_noise())).subs(on_ray, simultaneous=True),
        corrected=(2 * DRIFT_SLOPE + TRACE) / (2 * RADIAL),
        corrected_says="the same sign in the numerator of (30)",
        wrong={"the limit of $F/G$": (2 * DRIFT_SLOPE + TRACE) / RADIAL},
    )


L = sp.Symbol("L", positive=True)
G_2 = sp.Symbol("G''", positive=True)
G_3 = sp.Symbol("G_3", real=True)


@paper.claim(
    "SC-037",
    "Appendix E.1, after Eq. (30)",
    symbols={xi: r"distance from the set, $0 < \xi < \epsilon$", epsilon: "size of the neighbourhood"}
    | {L: "Lipschitz constant of the second derivatives", G_2: "second normal derivative of $G$ on the set"}
    | {G_3: "third derivative of $G$, at most the Lipschitz constant", delta: r"$\delta$ of (26), (27)"}
    | {mu: "drift rate of geometric Brownian motion", zeta: "its volatility"},
    kind=Kind.PROOF_STEP,
    grade=Grade.WRONG,
)
def lipschitz_chain():
    r"""Lipschitz chain for the ratio of the generator to the radial noise.

    $\ldots \le \frac{|\ldots|}{((\nabla_{\hat n}^2G - L\epsilon)\epsilon^2)^2} \le \ldots \le \epsilon^{-1}|(1 +
    \delta^{-1}L\epsilon)(1 - \delta + \delta^{-1}L\epsilon) - (1 - \delta - \delta^{-1}L\epsilon)(1 -
    \delta^{-1}L\epsilon)|\,(\ldots)^2 \le L(3\delta^{-1} - 1)\,(\ldots)^2 \le 2L(3\delta^{-1} - 1)$
    - Three separate slips: $\epsilon$ where $\xi$ is meant (so that $G$ is bounded below by something it does not
      reach), the factor 1/2 of Taylor's formula, and the last step of the algebra. The first line has $\nabla F/G$ for
      $\nabla(F/G)$.
    - The modulus of $F''/G''$ is not bounded by (27): a strongly attracting drift makes it as large as one likes. With
      $D'' \le 2L^2$, from $\sqrt D$ being $L$-Lipschitz, it is bounded all the same.
    - What the proof needs, $F/(2G) < 1 - \delta/2$ next to $A$, follows from Taylor's formula.
    """
    u = L * epsilon / delta
    bracket = ((1 + u) * (1 - delta + u) - (1 - delta - u) * (1 - u)) / epsilon
    yield bounds(
        r"lower bound for G: $G(x_\parallel + \xi\hat n) \ge$",
        printed=(G_2 - L * epsilon) * epsilon**2,
        relation=">=",
        exact=lambda: sp.integrate(sp.integrate(G_2 + G_3 * xi, (xi, 0, xi)), (xi, 0, xi)),
        corrected=(G_2 - L * xi) * xi**2 / 2,
        wrong={
            "factor 1/2 of Taylor lost": (G_2 - L * xi) * xi**2,
            r"$\epsilon$ where $\xi$ is meant": (G_2 - L * epsilon) * epsilon**2 / 2,
        },
        says=r"On $(0, \epsilon)$, for $G = G''\xi^2/2 + G_3\xi^3/6$ with $|G_3| \le L$ and $L\epsilon < G''$.",
        domain=(xi < epsilon, L * epsilon < G_2, G_3 < L, -L < G_3),
    )
    yield bounds(
        r"last step of the chain: $\epsilon^{-1}|\ldots| \le$",
        printed=L * (3 / delta - 1),
        exact=lambda: sp.expand(bracket),
        corrected=4 * L / delta - 2 * L,
        says=r"The displayed bracket over $\epsilon$, for $\delta < 1$.",
        domain=(delta < 1,),
    )
    yield bounds(
        r"ratio of second derivatives: $F''/G'' \le$",
        printed=1 - delta,
        exact=lambda: sp.expand(
            sp.diff(generator(GBM.process, theta**2 / 2), theta, 2) / sp.diff(GBM.process.diffusion[0] / 2, theta, 2)
        ),
        corrected=2 * (1 - delta),
        wrong={r"$\delta$ doubled": 2 - 4 * delta},
        says=r"Geometric Brownian motion where (30) holds, $2\mu/\zeta^2 + 1 < 2(1 - \delta)$.",
        domain=(2 * mu / zeta**2 + 1 < 2 - 2 * delta,),
    )
