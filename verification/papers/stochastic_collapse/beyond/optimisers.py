r"""What the theory of collapse says, and does not say, about momentum, weight decay, Adam and skewed gradient noise.

Results of our own. Near an invariant point the curvature of a step is :math:`-\eta h = \eta\mu + \sqrt\eta\,\zeta\,\xi`
with :math:`E\xi = 0` and :math:`E\xi^2 = 1`, as in SC-110.
"""

from collections.abc import Iterator
from typing import Any

import sympy as sp

from theory.discrete import momentum as with_momentum
from theory.discrete.growth_rate import collapse_threshold_expansion, finite_growth_rate
from theory.discrete.momentum import momentum as m
from theory.discrete.random_map import kappa_3, kappa_4
from theory.ito import ItoProcess
from theory.networks.activations import origin_passing_function
from theory.networks.feed_forward import FeedForward
from theory.notation import eta, mu, theta, zeta
from theory.stability.attractivity import attractivity_rate
from theory.symmetry.affine_set import AffineSet
from theory.symmetry.coordinatewise import adam_first_step, escaping_step
from verification.authoring.invariant_sets import ROUNDING, sgd_runs, without
from verification.authoring.shorthand import Kind, Source, equals, is_kept, measured
from verification.authoring.simulated import number
from verification.claim import Statement
from verification.forms import Arguments, Draw, Experiment, Samples
from verification.papers.stochastic_collapse.beyond import momentum as heavy_ball
from verification.papers.stochastic_collapse.beyond import near_invariant_point as near
from verification.papers.stochastic_collapse.beyond.near_invariant_point import EXAMPLE, decay, descent, h, h_1, h_2
from verification.papers.stochastic_collapse.paper import D_2, L_2, flow_near_invariant_point, paper
from verification.papers.stochastic_collapse.sets import reflections
from verification.papers.stochastic_collapse.sets.networks import through_origin
from verification.papers.stochastic_collapse.sets.translations import SUM_VALUES, class_sums


@paper.claim(
    "SC-113",
    "not printed; the paper's deep experiments use momentum and weight decay",
    symbols={m: "momentum", h: "curvature of the sample of a step", near.ratio: r"$\theta_k/\theta_{k-1}$"}
    | {decay: "weight decay", near.upper: "upper value of the noise", mu: "minus the mean curvature"}
    | {zeta: r"root of $\eta$ times the variance of the curvature", kappa_3: r"$E\,\xi^3$", kappa_4: r"$E\,\xi^4$"},
    kind=Kind.THRESHOLD,
    source=Source.OURS,
)
def other_optimisers_and_noise():
    r"""Scope: momentum, weight decay, Adam, skewed noise.

    Momentum rescales the learning rate to $\eta/(1-m)$ to leading order; weight decay $\lambda$ adds to $\alpha$; Adam
    keeps the sets of SC-003 and SC-006 but not the general sets of Theorem 3.1; the third moment of the gradient noise
    matters at $O(\sqrt\eta)$.
    - Scope: next to an invariant point; the expansions for bounded noise with $\eta\zeta^2 \ll (1-m)^3$.
    - Momentum is a rescaling at the orders $1$ and $\sqrt\eta$ of $\Lambda/\eta$ and at no higher one. The corrections
      are of relative size $\eta\zeta^2/(1-m)^3 = \eta^2 \operatorname{Var}(h)/(1-m)^3$, not $\eta\zeta^2/(1-m)^2$: with
      momentum 0.9 the rule fails where plain descent at ten times the learning rate still follows the flow closely.
    - For the example of SC-111 momentum 1/2 leaves a window of collapse. Momentum 9/10 leaves none that was found:
      growth is positive even at effective learning rates of 0.08 and 0.1, where plain descent collapses.
    - Weight decay moves every curvature: in the flow $\alpha$ grows by exactly $\lambda$, in the steps every factor
      moves by $\eta\lambda$, which is not the same as adding $\eta\lambda$ to the rate.
    - Adam is one of the optimisers that move each weight by one function of its own gradients. Being odd, its step
      keeps equal and opposite weights too. A set given by any other linear relation is lost.
    """
    yield from heavy_ball.momentum_statements()
    yield from _weight_decay()
    yield from _adam()
    yield from _skewed_noise()


# Weight decay.


def _rate_with_decay() -> sp.Expr:
    r"""The rate alpha of the flow on :math:`L + \frac\lambda2\theta^2`."""
    flow = flow_near_invariant_point()
    drift = flow.drift[0] - sp.diff(decay * theta**2 / 2, theta)
    return attractivity_rate(ItoProcess.scalar(theta, drift=drift, dispersion=flow.dispersion[0]), 0).alpha


def _growth_with_decay() -> sp.Expr:
    """The growth rate of steps on one sample, their factors by differentiation of the step."""
    steps = (descent((value,), weight_decay=decay) for value in (h_1, h_2))
    return finite_growth_rate([with_momentum.linear_part(step)[0] for step in steps])


def _log_mean(*factors: sp.Expr) -> sp.Expr:
    return sp.Add(*(sp.log(sp.Abs(factor)) for factor in factors)) / len(factors)


def _rate_with_momentum_and_decay() -> sp.Expr:
    """The leading order, the drift mu of a step being lowered by the decay."""
    matrix = heavy_ball.step_with_momentum()
    lowered = sp.expand(matrix[1, 0] - matrix[1, 0].subs(decay, 0))
    return heavy_ball.rate_coefficients(0)[0].subs(mu, mu - lowered)


def growth_with_decay(arguments: Arguments, draw: Draw) -> Samples:
    r"""Growth of :math:`\log|\theta|` per step of SGD with weight decay on the example."""
    step = descent(tuple(EXAMPLE.values()), batch_size=1, weight_decay=sp.Rational(arguments["lambda"]))
    return near.growth(step, {eta: number(arguments["eta"])}, draw)


def _run_with_decay(rate: str, strength: str) -> Experiment:
    values = {**EXAMPLE, eta: sp.Rational(rate), decay: sp.Rational(strength)}
    return measured(growth_with_decay, lambda candidate: candidate.subs(values), at={eta: rate, decay: strength})


def _weight_decay() -> Iterator[Statement]:
    """Weight decay in the flow, in the steps, and together with momentum."""
    yield equals(
        r"weight decay in the flow: $\alpha$",
        printed=L_2 + D_2 / 2 + decay,
        derived=_rate_with_decay,
        wrong={
            "penalty without its 1/2": L_2 + D_2 / 2 + 2 * decay,
            "times the learning rate": L_2 + D_2 / 2 + eta * decay,
        },
    )
    rate = _log_mean(*(1 - eta * decay - eta * value for value in (h_1, h_2)))
    yield equals(
        r"weight decay in the steps: $E\log|1 - \eta\lambda - \eta h_B|$",
        printed=rate,
        derived=_growth_with_decay,
        wrong={
            "decoupled decay": _log_mean(*((1 - eta * decay) * (1 - eta * value) for value in (h_1, h_2))),
            r"$\alpha$ moved by $\lambda$": _log_mean(*(1 - eta * value for value in (h_1, h_2))) - eta * decay,
            r"decay not times $\eta$": _log_mean(*(1 - decay - eta * value for value in (h_1, h_2))),
            "a tenth too fast": 11 * rate / 10,
        },
        says="Per step, for two samples and batches of one, at any learning rate.",
        measured=[_run_with_decay("3/10", "1/5"), _run_with_decay("3/5", "1")],
    )
    yield equals(
        r"weight decay with momentum: $[1]\,\Lambda/\eta$",
        printed=(mu - decay - zeta**2 / (2 * (1 - m))) / (1 - m),
        derived=_rate_with_momentum_and_decay,
        wrong={"decay not rescaled": (mu - zeta**2 / (2 * (1 - m))) / (1 - m) - decay},
        says="The leading order with both: the decay is rescaled as the drift is.",
        domain=(m < 1,),
    )


# Adam.


NET = FeedForward((2, 2, 3), through_origin)

any_rule = origin_passing_function("F")
"""A step that depends on the weight's own gradient alone and vanishes with it."""


def _batch_losses() -> list[sp.Expr]:
    """Two samples under arbitrary losses, whose gradient in the outputs sums to 0 as that of a softmax does."""
    *free, last = NET.output_gradient
    loss = NET.pulled_back_loss.subs(last, -sp.Add(*free))
    others = [*NET.inputs, *free]
    second = dict(zip(others, sp.symbols(f"s_1:{len(others) + 1}", real=True), strict=True))
    return [loss, loss.subs(second, simultaneous=True)]


def _escaping_coordinatewise(constraints: sp.MatrixBase) -> sp.MatrixBase:
    return escaping_step(NET.affine_set(constraints), _batch_losses(), any_rule)


def run_adam(constraints: sp.MatrixBase) -> dict[str, Any]:
    """Adam on cross-entropy, with and without weight decay."""
    settings = {"loss": "cross-entropy", "adam": True}
    runs = [
        (f"{name}, weight decay {strength}", constraints, {**settings, "activation": name, "weight_decay": strength})
        for name, strength in (("tanh", 0.0), ("relu", 0.0), ("gelu", 0.01))
    ]
    return sgd_runs(NET, runs, SUM_VALUES)


def _escaping_reflections(normals: sp.MatrixBase) -> sp.MatrixBase:
    r"""Adam's first step across the lines :math:`n\cdot\theta = 0`, for losses symmetric under each reflection."""
    found = []
    x, y = plane = reflections.theta
    for first, second in normals.tolist():
        across = first * x + second * y
        loss = reflections.profile(second * x - first * y) + across**2 * reflections.rest(x)
        found += list(escaping_step(AffineSet(plane, [across]), [loss], adam_first_step))
    return sp.Matrix(found)


def _adam() -> Iterator[Statement]:
    """Vanishing neurons, identical neurons, and reflections of the plane."""
    vanishing, identical = NET.sign_constraints((1, 1)), NET.permutation_constraints((1, 1, 2))
    sums = {"sums in front of a softmax (SC-012), which SGD keeps": class_sums()}
    into, out_of = NET.incoming(1, 1), NET.outgoing(1, 1)
    yield is_kept(
        "Adam, vanishing neuron: $0 =$",
        printed=vanishing,
        escaping=_escaping_coordinatewise,
        run=run_adam,
        wrong=sums | {"outgoing weights free": without(vanishing, *out_of)},
        says="Kept by any optimiser that treats weights alike and one by one, as Adam does.",
    )
    yield is_kept(
        "Adam, identical neurons: $0 =$",
        printed=identical,
        escaping=_escaping_coordinatewise,
        run=run_adam,
        tolerance=ROUNDING,
        wrong=sums | {"incoming weights free": without(identical, *into)},
        says="The same for two neurons of a layer.",
    )
    yield is_kept(
        "Adam, reflections of the plane: $n =$",
        printed=sp.Matrix([[1, 0], [0, 1], [1, -1], [1, 1]]),
        escaping=_escaping_reflections,
        wrong={"any other normal: (1, 2)": sp.Matrix([[1, 2]]), "(3, -1)": sp.Matrix([[3, -1]])},
        says="Normals, by row, of lines that Adam's first step keeps for every loss symmetric as Theorem 3.1 asks.",
    )


# Skewed noise.


SHARE = 1 / (1 + near.upper**2)
"""The standardised noise of the values a, with this probability, and -1/a; its third moment is a - 1/a."""


def _two_point_rate() -> sp.Expr:
    factors = [1 + eta * mu + sp.sqrt(eta) * zeta * value for value in (near.upper, -1 / near.upper)]
    return finite_growth_rate(factors, [SHARE, 1 - SHARE])


def _skewness_term() -> sp.Expr:
    r"""The coefficient of :math:`\eta^{3/2}` in the exact rate of two-point noise, by differentiation."""
    root = sp.Symbol("root", positive=True)
    rate = _two_point_rate().subs(eta, root**2).replace(sp.Abs, lambda argument: argument)
    return sp.diff(rate, root, 3).subs(root, 0) / 6


def _log_of_two(up: sp.Expr, down: sp.Expr) -> sp.Expr:
    """The mean logarithm for the values up and down, with the probabilities of a and -1/a."""
    logs = [sp.log(sp.Abs(1 + eta * mu + sp.sqrt(eta) * zeta * value)) for value in (up, down)]
    return (logs[0] + near.upper**2 * logs[1]) / (1 + near.upper**2)


def growth_under_skewed_noise(arguments: Arguments, draw: Draw) -> Samples:
    r"""Growth of :math:`\log|\theta|` per step of SGD on five samples, one or four of them a."""
    rate, drift, noise, a = (sp.Rational(arguments[name]) for name in ("eta", "mu", "zeta", "a"))
    share = 5 * SHARE.subs(near.upper, a)
    curvatures = tuple(-(drift + noise * (a if i < share else -1 / a) / sp.sqrt(rate)) for i in range(5))
    return near.growth(descent(curvatures, batch_size=1), {eta: float(rate)}, draw)


def _skewed_noise() -> Iterator[Statement]:
    """The exact rate, its first term beyond the flow, and the threshold."""
    rate, skewness = _log_of_two(near.upper, -1 / near.upper), near.upper - 1 / near.upper
    yield equals(
        r"skewed noise: $E\log|1 + \eta\mu + \sqrt\eta\,\zeta\xi|$",
        printed=rate,
        derived=_two_point_rate,
        wrong={
            "signs exchanged": _log_of_two(-near.upper, 1 / near.upper),
            "signs": _log_of_two(sp.S.One, sp.S.NegativeOne),
            "flow": eta * (mu - zeta**2 / 2),
            "a tenth too fast": 11 * rate / 10,
        },
        says="For standardised noise of the values $a$ and $-1/a$, exactly.",
        measured=[  # at the threshold of the flow
            measured(growth_under_skewed_noise, at={eta: "1/4", mu: "1/2", zeta: "1", near.upper: up})
            for up in ("2", "1/2")
        ],
    )
    yield equals(
        r"skewness term: $[\eta^{3/2}]\,\Lambda$",
        printed=zeta**3 * skewness / 3,
        derived=_skewness_term,
        wrong={
            "flow": sp.S.Zero,
            "divided by $3!$": zeta**3 * skewness / 6,
            "excess of the fourth moment": zeta**3 * (skewness**2 - 2) / 3,
        },
        says=r"The $\kappa_3$ term of SC-110, which the flow does not have.",
    )
    yield equals(
        r"critical drift with skewness: $\mu_c$",
        printed=zeta**2 / 2 - sp.sqrt(eta) * kappa_3 * zeta**3 / 3,
        derived=lambda: collapse_threshold_expansion(1),
        wrong={"flow": zeta**2 / 2, r"order $\eta$": zeta**2 / 2 - eta * kappa_3 * zeta**3 / 3},
        says=r"To order $\sqrt\eta$, for noise of any law.",
    )
