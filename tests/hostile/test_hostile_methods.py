"""Every hostile value in every place of functions that other functions call with what they have made themselves."""

import numpy as np
import pytest
import sympy as sp

from numerics.codegen.accurate import power_of_sum
from numerics.codegen.compile import compile_program
from numerics.deep_linear.batch_traces import mean_of_batch_trace
from numerics.deep_linear.modes import hessian_block
from numerics.deep_linear.point import LayeredPoint
from numerics.deep_linear.signal import NoisyTeacher
from numerics.deterministic.numerical_law import NumericalLaw
from numerics.deterministic.orbit_relaxation import OrbitRelaxation
from numerics.kernels.cpu.fitted import polynomial_through
from numerics.neurons.layer import Part
from numerics.schemes import EulerMaruyama, ExactOrnsteinUhlenbeck
from numerics.simulation.chunks import chunk_bounds, merge_chunks, simulate_chunk
from numerics.simulation.coupled_levels import coupled_samples
from numerics.simulation.options import Options
from numerics.simulation.plan import iteration_plan, simulation_plan
from numerics.statistics.estimators import Estimate, Moments, Proportion
from numerics.statistics.groups import replicas_by_label
from tests.hostile import attack
from tests.hostile.sound import Sound
from tests.hostile.values import POOL, eta, v, w, x, xi
from theory import Interval, ItoProcess, moment_equations
from theory.deep_linear import balanced_modes
from theory.deep_linear.layers import LayeredLinear
from theory.deep_linear.unbalanced import Chain
from theory.deep_linear.written_out import written_network
from theory.discrete import Recursion
from theory.discrete.mean_over_draw import covariance_over_draw
from theory.line.charts.inverse_charts import inverse_chart
from theory.matrices.contractions import pairings
from theory.symmetry import AffineGenerator, AffineSet, StepRule
from theory.symmetry.constants import at_values, with_rational_constants
from theory.symmetry.roots_of_numbers import RootsOfNumbers
from theory.symmetry.sample_losses import PerSampleLoss, sample_losses

OU = ItoProcess.scalar(x, drift=-x, dispersion=1)
RECURSION = Recursion([w], [w * (1 - eta) + xi], [xi], ())
PLAN = simulation_plan(OU, initial=[0], step=0.5, until=1.0, n_paths=2, seed=1, options=Options(backend="numpy"))
CHUNK = simulate_chunk(PLAN, 0, 2)
SCALING = AffineGenerator([w, v], sp.diag(1, -1))
VECTOR = sp.Matrix([w, v])
LAW = NumericalLaw(sp.exp(-(x**2)), x, (-1, 1), {})
PROGRAM = compile_program([x**2 + 1], [x]).program
PART = Part("incoming", "weight", 0, np.array([[0], [1]]))
SIMULATED = {"parameters": None, "initial": [0], "step": 0.5, "until": 1.0, "n_paths": 2, "seed": 1}
ITERATED = {"parameters": {eta: 0.1}, "initial": [0], "steps": 2, "n_replicas": 2, "seed": 1}
COUPLED = {"initial": [0], "step": 0.5, "until": 1.0, "n_paths": 2, "seed": 1, "options": Options(backend="numpy")}
POINT = LayeredPoint(LayeredLinear((1, 1, 1)), NoisyTeacher([[1.0]]), ([[0.5]], [[0.4]]))
SIGNAL = NoisyTeacher([[1.0]]).signal(np.zeros((1, 1)))
RING = RootsOfNumbers.of([sp.sqrt(2)])
MODE = ([1], [1])
LOSSES = sample_losses(PerSampleLoss([w, v], (w * v - x) ** 2, [x]))
ONE = np.ones(1)
RELAXATION = OrbitRelaxation(np.ones((1, 1, 1)), ONE, np.array([[2.0], [-2.0]]), np.array([1.0, 0.5]), -ONE / 6)
FLAGS = {"count_sign_changes": False, "paths": False, "observables": {"x": x}}

SOUND = [
    Sound("Interval.given", Interval.given, (Interval(0, 1), x), {}),
    Sound("MomentEquations.symbol", moment_equations(OU, 2).symbol, ((2,),), {}),
    Sound("combined", SCALING.combined, (eta, ((eta, SCALING),)), {"simplify": sp.expand}),
    Sound("other", Interval(0, 1).other, (0,), {}),
    Sound("covariance_over_draw", covariance_over_draw, (RECURSION,), {}),
    Sound("differential", Chain.of(2).differential, (w,), {}),
    Sound("WrittenNetwork.covariation", written_network(1, 1).covariation, (MODE, MODE), {}),
    Sound("hessian_block", hessian_block, (POINT, 1, 1, 0), {"modes": None}),
    Sound("mean_of_batch_trace", mean_of_batch_trace, (SIGNAL, [np.eye(1)] * 2), {"batch_size": 2, "transposed": None}),
    Sound("replicas_by_label", replicas_by_label, (["warm", "cold"], 2), {}),
    Sound("RootsOfNumbers.of", RootsOfNumbers.of, ([sp.sqrt(2)],), {}),
    Sound("RootsOfNumbers.images", RING.images, (RING.prime(),), {}),
    Sound("RootsOfNumbers.element", RING.element, ([1, 1], RING.images(RING.prime()), RING.prime()), {}),
    Sound("within", Estimate(1.0, 0.1).within, (1.0,), {"tolerance": 0.5, "false_alarm": 0.01}),
    Sound("agrees_with", Proportion(3, 10).agrees_with, (0.3,), {"false_alarm": 0.01}),
    Sound("pdf", LAW.pdf, (0.5,), {}),
    Sound("cdf", LAW.cdf, (0.5,), {}),
    Sound("restrict", AffineSet([w, v], [w]).restrict, (w + v,), {}),
    Sound("moved", StepRule(eta).moved, (VECTOR, VECTOR, VECTOR), {}),
    Sound("product_without", Chain.of(2).product_without, (0,), {}),
    Sound("covariation", balanced_modes(2, modes=2).covariation, (0, 1), {}),
    Sound("Moments.merged", Moments.merged, ([Moments.from_samples([1.0, 2.0])],), {}),
    Sound("Program.kind", PROGRAM.kind, (0,), {}),
    Sound("numerics.neurons.layer.Part.slices", PART.slices, (np.eye(2),), {}),
    Sound("normals_per_step", EulerMaruyama().normals_per_step, (OU,), {}),
    Sound("normals_per_step", ExactOrnsteinUhlenbeck().normals_per_step, (OU,), {}),
    Sound("check", EulerMaruyama().check, (OU,), {}),
    Sound("on_stream", Options().on_stream, (1,), {}),
    Sound("chunk_bounds", chunk_bounds, (PLAN,), {}),
    Sound("simulate_chunk", simulate_chunk, (PLAN, 0, 2), {"report": None}),
    Sound("merge_chunks", merge_chunks, (PLAN, [CHUNK]), {}),
    Sound("power_of_sum", power_of_sum, ((1 + x) ** w,), {}),
    Sound("polynomial_through", polynomial_through, (float, 0.0, 1.0, 2), {"about": 0.0}),
    Sound("inverse_chart", inverse_chart, (sp.Tuple(sp.asinh(x)), x, w, (-sp.oo, sp.oo)), {}),
    Sound("pairings", pairings, ((0, 1), lambda a, b: True), {}),
    Sound("with_rational_constants", with_rational_constants, (LOSSES,), {}),
    Sound("at_values", at_values, (SCALING, {}), {}),
    Sound("OrbitRelaxation.steps_until", RELAXATION.steps_until, (0.5, 0.1), {}),
]

DEARER = [
    Sound("coupled_samples", coupled_samples, (OU,), COUPLED),
    Sound("measured", LAW.measured, (x**2,), {}),
    Sound("simulation_plan", simulation_plan, (OU,), SIMULATED | FLAGS),
    Sound("iteration_plan", iteration_plan, (RECURSION,), ITERATED | FLAGS | {"observables": {"w": w}}),
]


@pytest.mark.parametrize(
    "sound", [*SOUND, *(pytest.param(each, marks=pytest.mark.slow) for each in DEARER)], ids=lambda sound: sound.name
)
def test_no_hostile_argument_gets_past_the_border_of_an_inner_function(sound):
    sound.call()
    found = [attack.fault(sound, slot, value) for slot in sound.slots for value in POOL]
    assert [one for one in found if one is not None] == []
