r"""Section 4 in several dimensions: the sufficient condition of theorem 4.2, and its scope.

The paper writes :math:`d\theta = \mu\,dt + \sqrt{2D}\,dW` with :math:`\mu = -\nabla L` in theorem 4.2. :math:`l` is the
distance to the affine set; the jets next to it are in
:mod:`~verification.papers.stochastic_collapse.attraction.normal_jets`.
"""

from collections.abc import Callable, Iterator

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.infinitesimal_generator import generator
from theory.ito import ItoProcess
from theory.notation import zeta
from theory.stability.lyapunov import constant_growth, top_exponent
from theory.stability.theorem_4_2 import slack as delta
from theory.stability.theorem_4_2 import sufficient_condition
from theory.stability.transverse import transverse_linearisation
from verification.authoring.shorthand import Grade, Kind, Source, bounds, equals, holds_when, measured
from verification.claim import Statement
from verification.papers.stochastic_collapse.attraction import normal_jets as jets
from verification.papers.stochastic_collapse.attraction.normal_jets import RADIAL, TRACE, x_1, x_2
from verification.papers.stochastic_collapse.measured.several_dimensions import growth_under_isotropic_noise
from verification.papers.stochastic_collapse.paper import paper

h_11, h_12, h_22 = sp.symbols("h_11 h_12 h_22", real=True)
CURVATURE = sp.Symbol(r"\nabla_{\hat n}^2\mathcal{L}", real=True)
CONDITION = CURVATURE - TRACE / 2 + (1 - delta) * RADIAL
"""The left side of (6)."""

curvature = sp.Symbol("L''", real=True)
d = sp.Symbol("d", positive=True, integer=True)
alpha_1, alpha_2 = sp.symbols("alpha_1 alpha_2", real=True)
tau = sp.Symbol("tau", positive=True)


def _decay_of_power(process: ItoProcess, power: sp.Expr) -> sp.Expr:
    r""":math:`-\mathcal L\,l^{p}/(p\,l^{p})` next to the origin, in the direction :data:`NORMAL`."""
    f = (x_1**2 + x_2**2) ** (power / 2)
    rate = sp.expand(generator(process, f) / (power * f))
    return -rate.subs({x_1: jets.NORMAL[0], x_2: jets.NORMAL[1]}, simultaneous=True)


DIMENSIONS = (1, 2, 3, 5)


def _isotropic_decay() -> list[sp.Expr]:
    r"""The rate at which :math:`L = \frac12L''|x|^2` and :math:`D = \frac12\zeta^2|x|^2 1` collapse."""
    rates = []
    for n in DIMENSIONS:
        x = sp.symbols(f"x_1:{n + 1}", real=True)
        process = ItoProcess(x, [-curvature * e for e in x], zeta * sp.sqrt(sum(e**2 for e in x)) * sp.eye(n))
        growth = constant_growth(transverse_linearisation(process))
        assert growth is not None, "the growth rate of an isotropic process is the same in all directions"
        rates.append(-growth)
    return rates


def _stretched_exponent() -> sp.Expr:
    r"""Growth rates :math:`\alpha_1 > \alpha_2`, radial noise of size :math:`\zeta`, rotating noise :math:`\tau`."""
    dispersion = sp.Matrix([[zeta * x_1, -tau * x_2], [zeta * x_2, tau * x_1]])
    process = ItoProcess([x_1, x_2], [alpha_1 * x_1, alpha_2 * x_2], dispersion)
    return top_exponent(transverse_linearisation(process)).value


@paper.claim(
    "SC-034",
    "Theorem 4.2, Eq. (6)",
    symbols=jets.SYMBOLS
    | {h_11: r"Hessian of $\mathcal L$ on the normal space, with all entries $h_{ij}$"}
    | {delta: r"$\delta > 0$ of the theorem", curvature: r"isotropic curvature of $\mathcal L$"}
    | {zeta: r"noise amplitude: $D = \zeta^2|x|^2/2$", alpha_1: "larger growth rate"}
    | {alpha_2: "smaller growth rate", tau: "amplitude of the rotating noise", d: "number of dimensions"},
    kind=Kind.THRESHOLD,
    grade=Grade.MISPRINT,
)
def sufficient_condition_in_high_dimension():
    r"""Sufficient condition in several dimensions.

    If there exists $\delta > 0$ such that $\nabla_{\hat n}^2\hat n^\top D\hat n^\top > \delta$ and
    $\nabla_{\hat n}^2(\mathcal L - \frac12\mathrm{Tr}D_\perp + (1 - \delta)\hat n^\top D\hat n) > 0$ (6), for any unit
    normal vector $\hat n \in \mathbb R^d$ perpendicular to $A$ and $\theta \in A$, then $A$ is stochastically
    attractive.
    - That $A$ is invariant is assumed in Appendix E.1 only, and without it $D_\perp$ need not vanish on $A$.
    - The left side of (6) is minus the generator on $l^{2\delta}$, divided by $2\delta l^{2\delta}$, to leading order.
      At $\delta = 0$ it is minus Khasminskii's integrand $Q(\hat n)$: the theorem asks for $Q < 0$ in every direction,
      and the top exponent, a mean of $Q$ over directions, is then negative too (statement 'bounds the exponent').
    - It is not necessary: $\alpha_1 = 1/2$, $\alpha_2 = -3/2$, $\zeta = \tau = 1$ violates (6) in the direction $(1,
      0)$, where $Q = 1/2$, and has the exponent $-1/2 + I_1(1)/I_0(1) = -0.054$; see also SC-039.
    - With one $\delta$ for (26) and (27) nothing is lost: both conditions get weaker as $\delta$ decreases.
    """
    trace, radial = jets.noise_jets()
    H = sp.Matrix([[h_11, h_12], [h_12, h_22]])
    yield equals(
        r"last factor of the radial noise: $\text{(rows, columns) of the last factor of }\hat n^\top D\,\hat n^\top$",
        printed=sp.Matrix([1, d]),
        derived=lambda: (sp.MatrixSymbol("D", d, d).cols, 1),
        corrected=sp.Matrix([d, 1]),
        corrected_says=r"$\nabla_{\hat n}^2\,\hat n^\top D\,\hat n > \delta$",
        wrong={"a matrix": sp.Matrix([d, d])},
        says=r"The product of a row with $D$ is a number only with a column.",
    )
    yield equals(
        r"left side of (6): $-\frac{\tilde{\mathcal A}\,l^{2\delta}}{2\delta\,l^{2\delta}}$",
        printed=CONDITION,
        where={CURVATURE: jets.quadratic(H), TRACE: trace, RADIAL: radial},
        derived=lambda: _decay_of_power(jets.linear_flow(-H), 2 * delta),
        wrong={
            "ascent": {CURVATURE: -jets.quadratic(H)},
            "$D$ taken for the whole diffusion": {TRACE: trace / 2, RADIAL: radial / 2},
            "one of two noises": {RADIAL: radial / 2},
        },
        says=r"To leading order in $l$.",
    )
    yield from _top_exponent()
    yield _sharp_under_isotropic_noise()


def _top_exponent() -> Iterator[Statement]:
    """The condition is sufficient, and not necessary, for a negative top exponent."""
    yield bounds(
        r"bounds the exponent: $\lambda \le \max_{\hat n} -(6) =$",
        printed=-CONDITION,
        where={delta: sp.S.Zero, CURVATURE: -alpha_1, TRACE: zeta**2 + tau**2, RADIAL: zeta**2},
        exact=_stretched_exponent,
        wrong={
            "the mean over directions": {CURVATURE: -(alpha_1 + alpha_2) / 2},
            "rotating noise ignored": {TRACE: zeta**2},
        },
        says=r"Top exponent of a process with rates $\alpha_1 > \alpha_2$, in whose first direction (6) is least.",
        domain=(alpha_1 > alpha_2,),
    )
    yield bounds(
        r"not necessary: $\lambda <$",
        printed=sp.S.Zero,
        relation="<",
        exact=lambda: _stretched_exponent().subs(
            {alpha_1: sp.Rational(1, 2), alpha_2: -sp.Rational(3, 2), zeta: 1, tau: 1}
        ),
        wrong={"twice as fast as it is": -sp.Rational(1, 10)},
        remark=r"A result of ours: at $\alpha_1 = 1/2$, $\alpha_2 = -3/2$, $\zeta = \tau = 1$, where (6) is violated.",
    )


def _sharp_under_isotropic_noise() -> Statement:
    r"""(6) in 1, 2, 3 and 5 dimensions, with the derivative of the trace in place of :math:`d\zeta^2`."""

    def left_sides(trace: sp.Expr) -> sp.Matrix:
        side = CONDITION.subs({delta: 0, CURVATURE: curvature, TRACE: trace, RADIAL: zeta**2})
        return sp.Matrix([side.subs(d, n) for n in DIMENSIONS])

    def at_point(i: int) -> Callable[[sp.MatrixBase], sp.Expr]:
        return lambda candidate: -candidate[i].subs({curvature: -sp.Rational(1, 2), zeta: 1})

    return equals(
        r"isotropic noise: $-\lim_t \log|x_t|/t \quad (d = 1, 2, 3, 5)$",
        printed=left_sides(d * zeta**2),
        derived=_isotropic_decay,
        wrong={
            "one-dimensional in every direction": left_sides(zeta**2),
            "trace over tangential directions": left_sides((d - 1) * zeta**2),
            "trace a twentieth too large": left_sides(21 * d * zeta**2 / 20),
        },
        remark=r"A result of ours: for $D = \zeta^2|x|^2/2$ the left side of (6) at $\delta = 0$ is the rate itself.",
        measured=[
            measured(growth_under_isotropic_noise, at_point(i), d=n, g="-1/2") for i, n in enumerate(DIMENSIONS) if i
        ],
    )


signal, phi = sp.symbols("c phi", real=True)
noise = sp.Symbol("s", positive=True)


def _neuron() -> ItoProcess:
    """The linear neuron f = w_2 w_1 x next to the origin: signal c, noise s, one Brownian motion."""
    return ItoProcess([x_1, x_2], [signal * x_2, signal * x_1], sp.Matrix([noise * x_2, noise * x_1]))


def _neuron_condition() -> list[sp.Expr]:
    """Radial noise and left side of (6) at delta = 0, in the direction of angle phi."""
    condition = sufficient_condition(transverse_linearisation(_neuron()))
    sides = (condition.radial_noise, condition.left_side.subs(delta, 0))
    return [condition.linearisation.along(e, [sp.cos(phi), sp.sin(phi)]) for e in sides]


def _neuron_collapses() -> Boolean:
    """The top exponent is negative: it is the larger of two, so both are."""
    value = top_exponent(transverse_linearisation(_neuron())).value
    return sp.And(*(e < 0 for e in (value.args if isinstance(value, sp.Max) else (value,))))


def _gradient_on_pure_rays() -> list[sp.Expr]:
    r"""The component of :math:`\nabla\ell(w_2\sigma(w_1x), y)` along purely incoming and purely outgoing weights."""
    w_1, w_2, x = sp.symbols("w_1 w_2 x", real=True)
    sigma, slope = sp.Function("sigma", real=True), sp.Symbol("ell'", real=True)
    f = w_2 * sigma(w_1 * x)
    incoming, outgoing = (slope * sp.diff(f, w) for w in (w_1, w_2))
    return [incoming.subs(w_2, 0).doit(), outgoing.subs(w_1, 0).subs(sigma(0), 0)]


@paper.claim(
    "SC-039",
    "not printed; on Theorem 4.2, Section 4",
    symbols={
        signal: r"signal: $dw_1 = cw_2\,dt + sw_2\,dB$, $dw_2 = cw_1\,dt + sw_1\,dB$",
        noise: "noise amplitude",
        phi: r"angle of the normal direction in the plane of $w_1$ and $w_2$",
    },
    kind=Kind.THRESHOLD,
    source=Source.OURS,
)
def scope_at_sign_invariant_sets():
    r"""Scope of Theorem 4.2 at sign invariant sets.

    - Theorem 4.2 never applies to a sign invariant set: along purely incoming ($w_2 = 0$) or purely outgoing ($w_1 =
      0$) weights a per-sample gradient has no component, so that $\nabla_{\hat n}^2\hat n^\top D\hat n = 0$, against
      the strict hypothesis $> \delta$; at $\varphi = 0$ (6) fails by $s^2/2$ besides.
    - What decides is the sign of the top transverse Lyapunov exponent. Appendix F.1 of the paper uses the directions
      $w_1 + w_2$ and $w_1 - w_2$ instead, in which the linear neuron separates.
    """
    radial = noise**2 * sp.sin(2 * phi) ** 2
    side = -signal * sp.sin(2 * phi) - noise**2 * sp.cos(2 * phi) ** 2 + noise**2 / 2
    yield equals(
        r"condition (6) of the neuron: $\left(\nabla_{\hat n}^2\hat n^\top D\hat n,\ (6)\right)$",
        printed=sp.Matrix([radial, side]),
        derived=_neuron_condition,
        wrong={
            "radial noise in every direction": sp.Matrix([noise**2, -signal * sp.sin(2 * phi) + noise**2 / 2]),
            "angle not doubled": sp.Matrix([radial, side]).subs(phi, phi / 2),
        },
        says=r"In the direction $\varphi$, at $\delta = 0$.",
    )
    yield holds_when(
        r"collapse of the neuron: $\lambda < 0\text{ iff }$",
        printed=noise**2 / 2 > sp.Abs(signal),
        derived=_neuron_collapses,
        wrong={"one sign of the signal only": noise**2 / 2 > signal, "as (6) says: never": sp.false},
        says="The top Lyapunov exponent of the linear neuron.",
    )
    yield equals(
        r"pure directions: $(\hat n^\top\nabla\ell|_{w_2=0},\ \hat n^\top\nabla\ell|_{w_1=0})$",
        printed=sp.Matrix([0, 0]),
        derived=_gradient_on_pure_rays,
        wrong={"incoming weights feel the loss": sp.Matrix([signal, 0])},
        says="The component of a per-sample gradient along a purely incoming, and a purely outgoing, direction.",
    )
