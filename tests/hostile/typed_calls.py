"""Sound calls of public functions of theory, typed by hand so that their arguments cover every option."""

import inspect
from collections.abc import Callable
from typing import Any

import sympy as sp

import theory
from tests.hostile.sound import Sound
from tests.hostile.values import eta, half, p, t, v, w, x, xi, y
from theory import discrete, gradient_noise, models, symmetry
from theory.deep_linear.diffusion_peak import DiffusionPeak
from theory.deep_linear.gradient_flow import advantage_of_larger_modes, passage_time
from theory.deep_linear.layer_coordinate import layer_process, log_amplitude_drift
from theory.deep_linear.mode_step import drift_beyond_the_equation, mean_after_one_step
from theory.deep_linear.modewise import balanced_modes
from theory.deep_linear.off_manifold import alignment_noise, balance_drift
from theory.deep_linear.saddles import Saddle
from theory.deep_linear.stationary import probability_of_learning, rates_at_the_teacher
from theory.deep_linear.two_layer_law import TwoLayerLaw
from theory.deep_linear.unbalanced import Chain
from theory.gradient_noise.weak_order import leading_weak_error
from theory.line.laws.small_noise_expansion import small_noise_expansion
from theory.networks.convolutional import Convolutional
from theory.networks.feed_forward import FeedForward
from theory.notation import mu, theta, zeta
from theory.stability.lyapunov import top_exponent
from theory.stability.transverse import transverse_linearisation


def typed_calls() -> list[Sound]:
    """Quick calls of the public functions, whose arguments cover every option."""
    made: list[Sound] = []

    def add(name: str, function: Callable[..., Any], *arguments: Any, **options: Any) -> None:
        made.append(Sound(name, function, arguments, options))

    _add_processes(add)
    _add_line(add)
    _add_noise(add)
    _add_sets(add)
    _add_recursions(add)
    _add_models(add)
    _add_deep_linear(add)
    return made


def _methods(thing: Any) -> list[tuple[str, Callable[..., Any]]]:
    public = [name for name in dir(type(thing)) if not name.startswith("_")]
    return [(name, getattr(thing, name)) for name in public if inspect.isfunction(getattr(type(thing), name, None))]


def _add_processes(add: Callable[..., None]) -> None:
    ou = theory.ItoProcess.scalar(x, drift=-x, dispersion=sp.S.One)
    gbm = theory.ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
    add("ItoProcess", theory.ItoProcess, [x], [-x], [[1]])
    add("ItoProcess.scalar", theory.ItoProcess.scalar, x, drift=-x, dispersion=sp.S.One)
    add("ItoProcess.subs", gbm.subs, {mu: 1})
    linear = theory.OrnsteinUhlenbeck([[1]], [0], [[1]])  # type: ignore[arg-type]
    add("OrnsteinUhlenbeck", theory.OrnsteinUhlenbeck, [[1]], [0], [[1]])
    add("as_ito_process", linear.as_ito_process, [x])
    add("transition_mean", linear.transition_mean, [1], t)
    add("transition_covariance", linear.transition_covariance, t)
    add("autocovariance", linear.autocovariance, t)
    for function in (
        theory.generator,
        theory.adjoint,
        theory.fokker_planck_operator,
        theory.probability_current,
    ):
        add(function.__name__, function, ou, sp.exp(-(x**2)))
    add("ito_differential", theory.ito_differential, ou, x**2)
    add("quadratic_covariation", theory.quadratic_covariation, ou, x, x**2)
    add("change_of_variables", theory.change_of_variables, gbm, y, sp.log(theta), sp.exp(y))
    add("lamperti", theory.lamperti, gbm, y)
    add("logarithm", theory.logarithm, gbm, y)
    add("from_stratonovich", theory.from_stratonovich, [x], [-x], [[x]])
    add("noise_induced_drift", theory.noise_induced_drift, gbm)
    add("stratonovich_drift", theory.stratonovich_drift, gbm)
    add("attractivity_rate", theory.attractivity_rate, gbm, 0)
    add("condition_for_attraction", theory.condition_for_attraction, theory.attractivity_rate(gbm))
    add("decide", theory.attractivity_rate(gbm).decide, {mu: 1, zeta: 1})
    add("linearisation", theory.linearisation, gbm, 0, symbol=y)
    add("matrix_exponential", theory.matrix_exponential, [[0, 1], [-1, 0]], t)
    add("moment_equations", theory.moment_equations, ou, 2)
    add("moments.solution", theory.moment_equations(ou, 2).solution, [0])
    plane = theory.ItoProcess([x, y], [-x, -y], [[1, 0], [0, y]])
    add("transverse_linearisation", transverse_linearisation, plane, symmetry.AffineSet([x, y], [y]))
    saddle = transverse_linearisation(plane, symmetry.AffineSet([x, y], [y]))
    add("top_exponent", top_exponent, saddle)


def _add_line(add: Callable[..., None]) -> None:
    ou = theory.ItoProcess.scalar(x, drift=-x, dispersion=sp.S.One)
    gbm = theory.ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
    line = theory.Interval(sp.S(-1), sp.oo)
    add("Interval", theory.Interval, sp.S.Zero, sp.oo)
    add("Interval.of", theory.Interval.of, x)
    add("classify", theory.classify, ou, None)
    add("hitting_probability", theory.hitting_probability, ou, sp.S.Zero, sp.S(-1), sp.S.One, None)
    add("mean_exit_time", theory.mean_exit_time, ou, sp.S.Zero, sp.S(-1), sp.S.One, line)
    add(
        "probability_of_ever_reaching", theory.probability_of_ever_reaching,
        gbm, sp.S.One, sp.S(2), None, direction="up", regular_ends="absorbing",
    )  # fmt: skip
    add("recognise", theory.recognise, sp.exp(-(x**2) / 2), x, None)
    for function in (theory.scale_density, theory.speed_density, theory.stationary_density):
        add(function.__name__, function, ou, None)
    add("scale_function", theory.scale_function, ou, base=sp.S.Zero)
    law = theory.stationary_density(ou)
    add("law.at", law.at, {})
    add("law.moment", law.moment, 2)
    family = theory.recognise(sp.exp(-p), p)
    add("family.moment", family.moment, 2)
    add("family.cdf", family.cdf, 1)


def _add_noise(add: Callable[..., None]) -> None:
    g = gradient_noise
    data = g.Empirical([x, y], [[1, 2], [-1, 1]])
    normal = g.Gaussian([x, y], [0, 0], [[1, 0], [0, 1]])
    loss = (w * x - y) ** 2 / 2
    model = g.Model([w], loss, data)
    losses = g.FiniteSum([w], ((w - 1) ** 2 / 2, (w + 1) ** 2 / 2))  # type: ignore[arg-type]
    drawn = g.Sampling.WITH_REPLACEMENT
    add("Empirical", g.Empirical, [x, y], [[1, 2], [-1, 1]])
    add("FiniteSum", g.FiniteSum, [w], ((w - 1) ** 2, (w + 1) ** 2))
    add("FiniteSupport", g.FiniteSupport, [x], ((1,), (2,)), (half, half))
    add("Gaussian", g.Gaussian, [x, y], [0, 0], [[1, 0], [0, 1]])
    add("Model", g.Model, [w], loss, data)
    add("NamedMoments", g.NamedMoments, [x], {(2,): sp.S.One}, 2)
    add("Product", g.Product, (normal,))
    add("covariance", g.covariance, sp.Matrix([x, y]), data)
    add("enumerated_step", g.enumerated_step, losses, 2, drawn)
    add("expectation", g.expectation, x**2 * y, data)
    add("gaussian_moment", g.gaussian_moment, (2, 2), sp.zeros(2, 1), sp.eye(2))
    add(
        "gradient_descent", g.gradient_descent,
        model, learning_rate=eta, batch_size=1, sampling=drawn, momentum=0, weight_decay=0,
    )  # fmt: skip
    add("gradient_descent with label noise", g.gradient_descent, model, label=y, label_noise=0.1)
    add("label_noise_flow", g.label_noise_flow, model, y, variance=eta)
    add("label_noise_step", g.label_noise_step, model, y, variance=eta)
    add("modified_loss", g.modified_loss, w**4, [w])
    add("second_order_modified_equation", g.second_order_modified_equation, model, 2, drawn)
    add("step_moments", g.step_moments, losses, 2, drawn)
    add("stochastic_gradient_flow", g.stochastic_gradient_flow, losses, batch_size=2, sampling=drawn)
    flow, step = g.stochastic_gradient_flow(losses, batch_size=2), g.step_moments(losses, 2)
    add("local_weak_error", g.local_weak_error, flow, step, w**2, 2)
    add("leading_weak_error", leading_weak_error, [1, 2], 1, 1)
    for name in ("batch_covariance", "step_moments", "stochastic_gradient_flow"):
        add(f"Model.{name}", getattr(model, name), 1, drawn)


def _add_sets(add: Callable[..., None]) -> None:
    flip = sp.diag(-1, 1)
    kept = symmetry.fixed_set(flip, [w, v])
    add("AffineSet", symmetry.AffineSet, [w, v], [w])
    add("fixed_set", symmetry.fixed_set, flip, [w, v])
    add("escaping_gradients", symmetry.escaping_gradients, flip)
    add("invariant_set", symmetry.invariant_set, flip, [w, v], w**2 + v)
    losses = gradient_noise.FiniteSum([w, v], (w**2 + v, w**2 - v))  # type: ignore[arg-type]
    add("is_invariant", symmetry.is_invariant, kept, losses)
    add("keeps_its_fixed_set", symmetry.keeps_its_fixed_set, flip)
    add("normal_gradient", symmetry.normal_gradient, kept, w**2 + v)
    net = FeedForward((2, 2, 1), sp.tanh)
    add("FeedForward", FeedForward, (2, 2, 1), sp.tanh, (), True)
    add("own_weights", net.own_weights, 1, 1)
    add("sign_flip", net.sign_flip, 1, 1)
    add("exchange", net.exchange, 1, 1, 2)
    add("Convolutional", Convolutional, (1, 2), taps=2, length=3, outputs=1, activation=sp.tanh)


def _add_recursions(add: Callable[..., None]) -> None:
    add("Recursion", discrete.Recursion, [w], [w * (1 - eta) + xi], [xi], ())
    add("Recursion.subs", discrete.Recursion([w], [w * (1 - eta) + xi], [xi], ()).subs, {eta: 1})  # type: ignore[arg-type]
    add("one_step_moments", discrete.one_step_moments, [w + xi], [w], noise=xi, moments=[1, 0, 1])
    add("finite_growth_rate", discrete.finite_growth_rate, [2, half], [half, half])
    add("gaussian_growth_rate", discrete.gaussian_growth_rate, 1, 1)
    add("growth_rate_expansion", discrete.growth_rate_expansion, 2)
    add("Lookup", discrete.Lookup, 0, w, v)
    add("DistinctIndex", discrete.DistinctIndex, 3, 2, half / 2, half)
    moments = discrete.one_step_moments([w - eta * w + xi], [w], noise=xi, moments=[sp.S.One, sp.S.Zero, eta**2])
    add("diffusion_limit", discrete.diffusion_limit, moments, [w], step=eta, fixed={})


def _add_models(add: Callable[..., None]) -> None:
    for kind in (models.DoubleWell, models.GeometricBrownianMotion):
        add(kind.__name__, kind, 1, 1)
    gbm = models.GeometricBrownianMotion()
    for name, method in _methods(gbm):
        count = len(inspect.signature(method).parameters)
        add(f"GeometricBrownianMotion.{name}", method, *[half] * count)


def _add_deep_linear(add: Callable[..., None]) -> None:
    one, two = balanced_modes(2), balanced_modes(2, modes=2)
    quiet = balanced_modes(2, label_variance=0, singular_values=[1], beta=2)
    chain = Chain.of(2)
    add("balanced_modes", balanced_modes, 2, modes=1, label_variance=1, beta=half)
    add("balanced_modes", balanced_modes, 2, amplitudes=[half], singular_values=[1], input_variances=[1])
    add("BalancedModes.coupling_drift", two.coupling_drift, 0, 1)
    add("BalancedModes.cross_covariation", two.cross_covariation, (0, 1), (1, 0))
    add("BalancedModes.squared_weight", two.squared_weight, 0, half)
    add("DiffusionPeak", DiffusionPeak, 2, p, half)
    add("passage_time", passage_time, 3, half / 2, half, 1)
    add("advantage_of_larger_modes", advantage_of_larger_modes, 3, half, 4)
    for function in (layer_process, log_amplitude_drift, rates_at_the_teacher, drift_beyond_the_equation):
        add(function.__name__, function, one, 0)
    add("probability_of_learning", probability_of_learning, quiet, half, 0)
    add("alignment_noise", alignment_noise, two, 0, 1)
    add("balance_drift", balance_drift, two, 1, 0)
    add("Chain", Chain, (half, half), half, half, half, half)
    add("Chain.balance_drift", chain.balance_drift, 0, 1)
    add("mean_after_one_step", mean_after_one_step, one, mode=0, rate=half, batch=1, order=2)
    add("Saddle", Saddle, 2, [1], [half])
    add("TwoLayerLaw", TwoLayerLaw, [1, half], 1, 1)
    add("TwoLayerLaw.mean", TwoLayerLaw([1, half]).mean, 0)
    well = theory.ItoProcess.scalar(p, drift=(1 - p) * p, dispersion=sp.sqrt(eta) * p)
    add("small_noise_expansion", small_noise_expansion, well, eta, 1, theory.Interval(0, sp.oo), order=1)
