"""Wrong calls of the public functions: each is refused by an error of the package that says what was needed."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import sympy as sp

import theory.gradient_noise
from theory import (
    Interval,
    ItoProcess,
    OrnsteinUhlenbeck,
    TheoryError,
    attractivity_rate,
    ball,
    change_of_variables,
    classify,
    decide_zero,
    from_stratonovich,
    hitting_probability,
    lamperti,
    linearisation,
    logarithm,
    mean_exit_time,
    moment_equations,
    probability_of_ever_reaching,
    quadratic_covariation,
    scale_function,
    stationary_density,
)
from theory.decision.arb.balls import truth
from theory.decision.sign import decide_sign
from theory.decision.zero import ZeroKind
from theory.discrete.growth_rate import finite_growth_rate, gaussian_growth_rate
from theory.discrete.random_map import one_step_moments
from theory.gradient_noise import (
    Empirical,
    FiniteSum,
    FiniteSupport,
    Gaussian,
    Model,
    NamedMoments,
    Sampling,
    enumerated_step,
    label_noise_flow,
    local_weak_error,
    modified_loss,
    second_order_modified_equation,
    step_moments,
)
from theory.gradient_noise.expectation import expectation
from theory.matrices.exponential import matrix_exponential
from theory.models.deep_chain import deep_chain, gaussian_teacher, regression
from theory.models.single_neuron import SingleNeuron
from theory.models.teacher_student.modes import logistic
from theory.models.teacher_student.stochastic_logistic import eigenvalue
from theory.models.two_neurons import TwoNeurons
from theory.networks.feed_forward import FeedForward
from theory.notation import beta, mu, theta, zeta
from theory.stability.lyapunov import top_exponent
from theory.stability.theorem_4_2 import sufficient_condition
from theory.stability.transverse import linearised_along, transverse_linearisation
from theory.symmetry import AffineSet, fixed_set, is_invariant
from theory.symmetry.reflection import invariant_set

x, y, w, v = sp.symbols("x y w v", real=True)
plain = sp.Symbol("x")
GBM = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
WELL = ItoProcess.scalar(theta, drift=mu * theta - theta**3, dispersion=zeta * theta)
PLANE = ItoProcess([w, v], [-w, -v], sp.Matrix([v, w]))
DATA = Empirical([x, y], [[1, 2], [-1, 1]])
MODEL = Model([w], (w * x - y) ** 2 / 2, DATA)
NORMAL = Gaussian([x, y], [0, 0], [[1, 0], [0, 1]])
LAW = stationary_density(WELL)
SADDLE = transverse_linearisation(PLANE)

WRONG: dict[str, Callable[[], object]] = {
    "positional scalar process": lambda: ItoProcess.scalar(theta, -theta, zeta),
    "process from text": lambda: ItoProcess(["x"], ["-x"], [["1"]]),
    "process with nan": lambda: ItoProcess.scalar(theta, drift=sp.nan, dispersion=1),
    "process with a float nan": lambda: ItoProcess.scalar(theta, drift=math.nan * theta, dispersion=1),
    "dispersion of another height": lambda: ItoProcess([w, v], [w, v], sp.Matrix([w])),
    "substitution of nothing": lambda: GBM.subs(None),
    "substitution of text": lambda: GBM.subs({mu: "1"}),
    "substitution by name": lambda: GBM.subs({"mu": 1}),
    "Stratonovich with a text": lambda: from_stratonovich([theta], ["-theta"], [[zeta]]),
    "Stratonovich with a flat dispersion of two": lambda: from_stratonovich([w, v], [w], [w, v]),
    "moments of order 0": lambda: moment_equations(GBM, 0),
    "moments of order one half": lambda: moment_equations(GBM, 0.5),
    "moments of no process": lambda: moment_equations(mu, 1),
    "moments from text": lambda: moment_equations(GBM, 1).solution("1"),
    "moments from nan": lambda: moment_equations(GBM, 1).solution([math.nan]),
    "moments from two numbers": lambda: moment_equations(GBM, 1).solution([1, 2]),
    "moments from a mapping by symbol": lambda: moment_equations(GBM, 1).solution({theta: 1}),
    "moments at a text time": lambda: moment_equations(GBM, 1).solution([1], time="soon"),
    "law at a sequence": lambda: LAW.at([1, 2]),
    "law at names": lambda: LAW.at({"mu": 1, "zeta": 1}),
    "law at text": lambda: LAW.at({mu: "1", zeta: 1}),
    "law at nan": lambda: LAW.at({mu: math.nan, zeta: 1}),
    "law at a negative amplitude": lambda: LAW.at({mu: 1, zeta: -1}),
    "law at a complex number": lambda: LAW.at({mu: 1j, zeta: 1}),
    "law at too few": lambda: LAW.at({mu: 1}),
    "law at nothing": lambda: LAW.at(None),
    "law where none exists": lambda: LAW.at({mu: -1, zeta: 1}),
    "law of a moment by text": lambda: LAW.moment("two"),
    "law of a process in the plane": lambda: stationary_density(PLANE),
    "law on a text interval": lambda: stationary_density(WELL, "half-line"),
    "law on a tuple": lambda: stationary_density(WELL, (0, 1)),
    "law without noise": lambda: stationary_density(ItoProcess.scalar(x, drift=-x, dispersion=0)),
    "law of no process": lambda: stationary_density(mu),
    "interval reversed": lambda: Interval(1, 0),
    "interval of text": lambda: Interval("0", "1"),
    "interval of nan": lambda: Interval(sp.nan, 1),
    "classes in the plane": lambda: classify(PLANE),
    "alpha in the plane": lambda: attractivity_rate(PLANE),
    "alpha at a text": lambda: attractivity_rate(GBM, "0"),
    "alpha at a moving point": lambda: attractivity_rate(GBM, 1),
    "alpha decided at text": lambda: attractivity_rate(GBM).decide({mu: "1", zeta: 1}),
    "alpha decided by a list": lambda: attractivity_rate(GBM).decide([1, 2]),
    "alpha decided without numbers": lambda: attractivity_rate(GBM).decide(),
    "linearisation named by text": lambda: linearisation(GBM, symbol="y"),
    "change of variables to text": lambda: change_of_variables(GBM, "y", ["log(x)"], ["exp(y)"]),
    "Lamperti by name": lambda: lamperti(GBM, "y"),
    "logarithm of a real coordinate": lambda: logarithm(ItoProcess.scalar(x, drift=-x, dispersion=x), y),
    "covariation of text": lambda: quadratic_covariation(GBM, "theta", theta),
    "hitting with levels reversed": lambda: hitting_probability(GBM, 1, 2, sp.Rational(1, 2)),
    "hitting from text": lambda: hitting_probability(GBM, "1", 0, 2),
    "reaching without an interval it knows": lambda: probability_of_ever_reaching(
        ItoProcess.scalar(plain, drift=0, dispersion=1), 0, 1
    ),
    "exit time from outside": lambda: mean_exit_time(ItoProcess.scalar(x, drift=0, dispersion=1), 3, 0, 1),
    "scale of the plane": lambda: scale_function(PLANE),
    "exponential of a rectangle": lambda: matrix_exponential(sp.Matrix([[1, 2]]), x),
    "Ornstein-Uhlenbeck of wrong shape": lambda: OrnsteinUhlenbeck(sp.eye(2), [0], sp.eye(2)),
    "zero of text": lambda: decide_zero("x"),
    "zero of a tuple": lambda: decide_zero((x,)),
    "ball of text": lambda: ball("x", {x: 1}),
    "ball of precision minus one": lambda: ball(sp.exp(x), {x: 1}, precision=-1),
    "ball of three bits": lambda: ball(sp.exp(x), {x: 1}, precision=3),
    "ball of half a bit": lambda: ball(sp.exp(x), {x: 1}, precision=64.5),
    "zero under an equation": lambda: decide_zero(x, [sp.Eq(x, 0)]),
    "zero under text": lambda: decide_zero(x, ["x > 0"]),
    "data with nan": lambda: Empirical([x, y], [[1, math.nan], [0, 1]]),
    "data of unequal rows": lambda: Empirical([x, y], [[1, 2], [3]]),
    "data without rows": lambda: Empirical([x], []),
    "variables by name": lambda: Empirical(["x"], [[1]]),
    "probabilities above 1": lambda: FiniteSupport([x], [[0], [1]], [1, 1]),
    "indefinite covariance": lambda: Gaussian([x, y], [0, 0], [[1, 2], [2, 1]]),
    "covariance with nan": lambda: Gaussian([x], [0], [[math.nan]]),
    "moment that nobody knows": lambda: Model([w], (w * x - y) ** 2, NamedMoments([x, y], highest=2)).covariance,
    "tanh of Gaussian data": lambda: Model([w], (sp.tanh(w * x) - y) ** 2, NORMAL).gradient,
    "mean over no law": lambda: expectation(x, [1, 2, 3]),
    "mean of text": lambda: expectation("x", NORMAL),
    "model without weights": lambda: Model([], x**2, DATA),
    "model of a text": lambda: Model([w], "w**2", DATA),
    "model of a bare weight": lambda: Model(w, w**2, 3),
    "batch of 3 out of 2": lambda: MODEL.step_moments(3, Sampling.WITHOUT_REPLACEMENT),
    "batch of half a sample": lambda: MODEL.step_moments(0.5),
    "batch by text sampling": lambda: MODEL.step_moments(1, "without replacement"),
    "batch of 3 out of 2, listed": lambda: step_moments(MODEL.finite_sum, 3, Sampling.WITHOUT_REPLACEMENT),
    "batch of minus one, listed": lambda: step_moments(MODEL.finite_sum, -1),
    "batch of text, listed": lambda: step_moments(MODEL.finite_sum, "2"),
    "batch of half a sample, enumerated": lambda: enumerated_step(MODEL.finite_sum, 0.5),
    "flow of 3 out of 2, listed": lambda: theory.gradient_noise.stochastic_gradient_flow(
        MODEL.finite_sum, batch_size=3, sampling=Sampling.WITHOUT_REPLACEMENT
    ),
    "flow by text sampling": lambda: MODEL.stochastic_gradient_flow(beta, "without"),
    "finite sum of text": lambda: FiniteSum([w], ("w**2",)),
    "label that is a weight": lambda: label_noise_flow(MODEL, w),
    "label by name": lambda: label_noise_flow(MODEL, "y"),
    "label noise of negative variance": lambda: label_noise_flow(MODEL, y, variance=-1),
    "modified equation of no model": lambda: second_order_modified_equation(GBM),
    "modified loss of text": lambda: modified_loss("w**2", [w]),
    "third weak order": lambda: local_weak_error(GBM, MODEL.step_moments(1), theta, order=3),
    "multipliers with nan": lambda: finite_growth_rate([math.nan, 1]),
    "multipliers as text": lambda: finite_growth_rate(["2"]),
    "Gaussian multiplier of variance 0": lambda: gaussian_growth_rate(1, 0),
    "one step of another length": lambda: one_step_moments([x, y], [x], noise=y, moments=[1, 0, 1]),
    "set of a curve": lambda: AffineSet([w, v], [w * v]),
    "empty set": lambda: AffineSet([w], [w, w - 1]),
    "set from a text": lambda: AffineSet([w], "w"),
    "set of other weights": lambda: is_invariant(AffineSet([v], [v]), MODEL),
    "fixed set of a rectangle": lambda: fixed_set(sp.Matrix([[1, 0]]), [w]),
    "invariant set of an oblique reflection": lambda: invariant_set(sp.Matrix([[1, 1], [0, -1]]), [w, v]),
    "invariant set of another loss's symmetry": lambda: invariant_set(sp.diag(1, -1), [w, v], (w * v - 1) ** 2),
    "linearisation next to other weights": lambda: transverse_linearisation(PLANE, AffineSet([x, y], [x])),
    "linearisation next to everything": lambda: transverse_linearisation(PLANE, AffineSet([w, v], [])),
    "linearisation along a set that is left": lambda: linearised_along(PLANE, AffineSet([w, v], [w])),
    "oblique normals": lambda: transverse_linearisation(PLANE, sp.Matrix([1, 1])),
    "exponent of a process": lambda: top_exponent(PLANE),
    "condition at text": lambda: sufficient_condition(SADDLE).holds_at({w: "1"}),
    "condition of a process": lambda: sufficient_condition(PLANE),
    "exponent decided by a list": lambda: top_exponent(SADDLE).decide([1]),
    "network of one layer": lambda: FeedForward((2,), sp.tanh),
    "network of text widths": lambda: FeedForward("121", sp.tanh),
    "chain of depth 1": lambda: deep_chain(1),
    "chain of width 0": lambda: deep_chain(3, 0),
    "regression on other variables": lambda: regression(deep_chain(), DATA),
    "scalar teacher of a wide network": lambda: gaussian_teacher(FeedForward((2, 1, 1), sp.tanh)),
    "neuron that is not there": lambda: deep_chain().sign_constraints((1, 3)),
}


@pytest.mark.every(2)
@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_call_is_refused_by_the_package_itself(name):
    with pytest.raises(TheoryError) as refusal:
        WRONG[name]()
    assert len(str(refusal.value)) > 20


def test_an_oblique_reflection_is_refused_with_a_loss_that_leaves_its_set():
    with pytest.raises(TheoryError, match=r"the loss v \+ 2\*w satisfies.*gradient \(2, 1\)"):
        invariant_set(sp.Matrix([[1, 1], [0, -1]]), [w, v])
    loss = v + 2 * w
    assert sp.expand(loss.subs({w: w + v, v: -v}, simultaneous=True) - loss) == 0
    assert is_invariant(AffineSet([w, v], [v]), FiniteSum([w, v], (loss,))).kind is ZeroKind.NONZERO


def test_one_coordinate_may_be_given_without_brackets():
    assert from_stratonovich(theta, -theta, zeta) == from_stratonovich([theta], [-theta], [[zeta]])
    assert moment_equations(GBM, 1).solution(1) == moment_equations(GBM, 1).solution([1])
    assert matrix_exponential([[1]], x) == matrix_exponential(sp.Matrix([[1]]), x)


def test_no_function_reads_text_as_code(tmp_path):
    """SymPy would execute it: every entry that takes an expression must refuse text before that."""
    marker = tmp_path / "executed"
    attack = f"__import__('pathlib').Path({str(marker)!r}).touch()"
    for call in (
        lambda: FiniteSum([w], (attack,)),
        lambda: finite_growth_rate([attack]),
        lambda: gaussian_growth_rate(attack, 1),
        lambda: local_weak_error(MODEL.stochastic_gradient_flow(1), MODEL.step_moments(1), attack),
        lambda: step_moments(MODEL.finite_sum, attack),
        lambda: moment_equations(GBM, 1).solution([attack]),
        lambda: Interval(attack, 1),
        lambda: decide_zero((attack,)),
        lambda: decide_zero([attack]),
        lambda: decide_zero({attack: 1}),
        lambda: decide_zero(x, ((attack,),)),
        lambda: decide_sign((attack,)),
        lambda: ball((attack,), {}),
        lambda: truth((attack,), {}),
        lambda: logistic((attack,), x),
        lambda: eigenvalue((attack,)),
        lambda: SingleNeuron((1,), (1,), loss_factor=(attack,)),
        lambda: SingleNeuron((1,), (1,)).flow((attack,)),
        lambda: TwoNeurons((1,), (1,)).turned_descent(label_noise=(attack,)),
    ):
        with pytest.raises(TheoryError):
            call()
    assert not marker.exists()
    sp.sympify((attack,), strict=True)
    assert marker.exists(), "the attack is none: what was refused above would have done no harm"
