"""Symmetries are checked sample by sample; textbook generators are symmetries of their networks and of no others."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.decision.zero import ZeroKind
from theory.errors import ShapeError, SymbolError, UnsupportedFormError
from theory.gradient_noise import Empirical, FiniteSum, Model
from theory.networks.feed_forward import FeedForward
from theory.symmetry import (
    AffineGenerator,
    BrokenSymmetryError,
    OneParameterSymmetry,
    PerSampleLoss,
    change_along,
    find_affine_symmetries,
)
from theory.symmetry.one_parameter import OrbitError
from theory.symmetry.textbook import (
    double_rotation,
    key_query_rotation,
    neuron_rescaling,
    rescaling,
    residual_rotation,
    scale_invariance,
    softmax_shift,
)

u, w, x, y, s = sp.symbols("u w x y s", real=True)
U = sp.Matrix(2, 2, sp.symbols("u_1:5", real=True))
W = sp.Matrix(2, 2, sp.symbols("w_1:5", real=True))
X, Y = sp.Matrix(sp.symbols("x_1:3", real=True)), sp.Matrix(sp.symbols("y_1:3", real=True))
ALL = [*U, *W]
B = sp.Matrix([[1, 2], [2, -1]])
TURN = sp.Matrix([[0, 1], [-1, 0]])


def squares(vector):
    return sp.Add(*(entry**2 for entry in vector))


def network(activation):
    net = FeedForward((2, 2, 1), activation)
    return net, PerSampleLoss(net.weights, (net.output(net.inputs)[0] - y) ** 2)


LINEAR, LINEAR_LOSS = network(lambda z: z)
RELU, RELU_LOSS = network(lambda z: sp.Max(z, 0))
LEAKY, LEAKY_LOSS = network(lambda z: sp.Piecewise((z, z > 0), (z / 100, True)))
TANH, TANH_LOSS = network(sp.tanh)
PRODUCT = PerSampleLoss(ALL, squares(U * W * X - Y))
RESIDUAL = PerSampleLoss(ALL, squares((sp.eye(2) + U) * (sp.eye(2) + W) * X - Y))
ATTENTION = PerSampleLoss(ALL, ((X.T * U.T * W * Y)[0] - y) ** 2)
NORMED = PerSampleLoss(ALL, squares(U * X) / squares(U) + squares(W * Y))
SOFTMAX = PerSampleLoss(list(W), -(W * X)[0] + sp.log(sp.exp((W * X)[0]) + sp.exp((W * X)[1])))

HOLDS = {
    "a neuron of a linear network": (LINEAR_LOSS, neuron_rescaling(LINEAR, 1, 1)),
    "a neuron with ReLU": (RELU_LOSS, neuron_rescaling(RELU, 1, 2)),
    "a neuron with leaky ReLU": (LEAKY_LOSS, neuron_rescaling(LEAKY, 1, 1)),
    "two layers": (PRODUCT, rescaling(ALL, list(U), list(W))),
    "double rotation": (PRODUCT, double_rotation(ALL, U, W, B)),
    "antisymmetric double rotation": (PRODUCT, double_rotation(ALL, U, W, TURN)),
    "residual": (RESIDUAL, residual_rotation(ALL, U, W, B)),
    "keys and queries": (ATTENTION, key_query_rotation(ALL, U, W, B)),
    "keys and queries, any direction": (ATTENTION, key_query_rotation(ALL, U, W, B + TURN)),
    "scale": (NORMED, scale_invariance(ALL, list(U))),
    "softmax": (SOFTMAX, softmax_shift(list(W), W, [3, -1])),
}
FAILS = {
    "a neuron with tanh": (TANH_LOSS, neuron_rescaling(TANH, 1, 1)),
    "the wrong sign": (PRODUCT, AffineGenerator(ALL, sp.eye(8))),
    "double rotation of a residual network": (RESIDUAL, double_rotation(ALL, U, W, B)),
    "the same direction for keys as for queries": (ATTENTION, rescaling(ALL, ALL, [])),
    "a rotation on keys without transposing": (ATTENTION, double_rotation(ALL, U, W, B)),
    "scale of the other block": (NORMED, scale_invariance(ALL, list(W))),
    "one row of the logits": (SOFTMAX, softmax_shift(list(W), W[0, :], [3, -1])),
}


@pytest.mark.every(3)
@pytest.mark.parametrize("name", HOLDS)
def test_a_textbook_symmetry_is_proved(name):
    problem, generator = HOLDS[name]
    assert str(OneParameterSymmetry(problem, generator).decision.kind) == "zero"


@pytest.mark.every(2)
@pytest.mark.parametrize("name", FAILS)
def test_its_near_miss_is_refused(name):
    problem, generator = FAILS[name]
    with pytest.raises(BrokenSymmetryError, match="every sample"):
        OneParameterSymmetry(problem, generator)


def test_the_charge_of_a_double_rotation_is_a_trace():
    expected = (B * (U.T * U - W * W.T)).trace() / 2
    assert sp.expand(double_rotation(ALL, U, W, B).charge - expected) == 0
    shifted = (B * ((sp.eye(2) + U).T * (sp.eye(2) + U) - (sp.eye(2) + W) * (sp.eye(2) + W).T)).trace() / 2
    assert sp.expand(residual_rotation(ALL, U, W, B).charge - shifted) == 0  # up to a constant, which is 0 here


def test_a_rotation_has_no_charge():
    with pytest.raises(UnsupportedFormError, match="gradient"):
        _ = double_rotation(ALL, U, W, TURN).charge


def test_a_symmetry_of_the_mean_names_the_sample_that_breaks_it():
    axes = Model([u, w], (u * x + w * y) ** 2, Empirical([x, y], [[1, 0], [0, 1]]))
    with pytest.raises(BrokenSymmetryError, match=r"for the sample x = 1, y = 0 .* The mean loss alone"):
        OneParameterSymmetry(axes, [w, -u])
    tilted = FiniteSum([u, w], (u**2 * w**2, u**2 * w**2 + u, u**2 * w**2 - u))
    with pytest.raises(BrokenSymmetryError, match=r"for sample 2 .* The mean loss alone"):
        OneParameterSymmetry(tilted, [u, -w])


def test_a_field_that_is_not_affine_is_checked_too():
    radial = PerSampleLoss([u, w], (u**2 + w**2 - x) ** 2)
    turning = OneParameterSymmetry(radial, [w * (u**2 + 1), -u * (u**2 + 1)])
    assert str(turning.decision.kind) == "zero"
    with pytest.raises(UnsupportedFormError, match="affine"):
        _ = turning.charge


def test_the_loss_is_the_same_along_the_flow():
    symmetry = OneParameterSymmetry(RESIDUAL, residual_rotation(ALL, U, W, sp.diag(1, -1)))
    carried = symmetry.generator.flow(s)
    at_one = dict(zip(ALL, carried.subs(s, sp.log(2)), strict=True))
    assert sp.expand(RESIDUAL.loss.subs(at_one, simultaneous=True) - RESIDUAL.loss) == 0
    there = symmetry.generator.field.subs(dict(zip(ALL, carried, strict=True)), simultaneous=True)
    assert sp.Matrix(carried.diff(s) - there).applyfunc(sp.expand) == sp.zeros(8, 1)


def test_an_orbit_that_leaves_the_domain_is_refused():
    positive = sp.symbols("p q", positive=True)
    turning = OneParameterSymmetry(
        PerSampleLoss(positive, (positive[0] ** 2 + positive[1] ** 2) * x), [positive[1], -positive[0]]
    )
    start = {positive[0]: 1, positive[1]: 1}
    assert turning.orbit_point(start, 0) == start
    for parameter in (sp.pi / 2, 2 * sp.pi):  # the second comes back to where it began
        with pytest.raises(OrbitError, match="leaves the domain"):
            turning.orbit_point(start, parameter)
    with pytest.raises(SymbolError, match="p a value that is positive"):
        turning.orbit_point({positive[0]: -1, positive[1]: 1}, 0)
    quotient = OneParameterSymmetry(PerSampleLoss([u, w], (u / w * x - y) ** 2), [u, w])
    with pytest.raises(OrbitError, match="domain of the loss"):
        quotient.orbit_point({u: 1, w: 0}, 1)
    with pytest.raises(SymbolError, match="start"):
        turning.orbit_point({positive[0]: 1}, 1)


def test_a_generator_acts_on_weights_and_not_on_places():
    mixed = PerSampleLoss([u, w, y], (u * w * x - y) ** 2)
    permuted = AffineGenerator([w, y, u], sp.diag(1, 0, -1))
    assert OneParameterSymmetry(mixed, permuted).field == sp.ImmutableMatrix([-u, w, 0])
    assert find_affine_symmetries(mixed).contains(permuted)
    assert not find_affine_symmetries(mixed).contains(AffineGenerator(mixed.weights, permuted.matrix))


def test_bad_generators_are_refused_by_name():
    loss = PerSampleLoss([u, w], u * w * x)
    with pytest.raises(ShapeError, match="one entry per weight"):
        OneParameterSymmetry(loss, [u])
    with pytest.raises(SymbolError, match="every sample"):
        OneParameterSymmetry(loss, [u * x, -w * x])
    with pytest.raises(SymbolError, match=r"weights \(u, x\)"):
        OneParameterSymmetry(loss, AffineGenerator([u, x], sp.diag(1, -1)))
    with pytest.raises(ShapeError, match="matrix.shape"):
        AffineGenerator([u, w], sp.eye(3))
    with pytest.raises(SymbolError, match="no weight"):
        AffineGenerator([u, w], sp.diag(u, 1))
    with pytest.raises(SymbolError, match="both"):
        rescaling([u, w], [u, w], [w])
    with pytest.raises(SymbolError, match="weights only"):
        scale_invariance([u, w], [x])
    with pytest.raises(ShapeError, match="shapes"):
        double_rotation(ALL, U, W, sp.eye(3))
    with pytest.raises(ShapeError, match="direction"):
        softmax_shift(list(W), W, [1])
    assert str(change_along([u, -w], loss).kind) == "zero"


def test_brackets_satisfy_the_identity_of_jacobi():
    a, b, c = (double_rotation(ALL, U, W, M) for M in (B, TURN, sp.Matrix([[1, 0], [3, 2]])))
    a = AffineGenerator(ALL, a.matrix, [1, 0, 0, 2, 0, 0, 0, 1])
    total = a.bracket(b).bracket(c).combined(1, [(1, b.bracket(c).bracket(a)), (1, c.bracket(a).bracket(b))])
    assert not any(total.entries)
    swapped = a.bracket(b).field.jacobian(sp.Matrix(ALL)) + b.bracket(a).field.jacobian(sp.Matrix(ALL))
    assert swapped == sp.zeros(8)


def test_attention_with_a_softmax_is_proved_by_its_scores():
    Q, K = (sp.Matrix(2, 3, sp.symbols(f"{name}_1:7", real=True)) for name in "qk")
    first, second = (sp.Matrix(sp.symbols(f"{name}_1:4", real=True)) for name in "xz")
    scores = [((Q * first).T * (K * place))[0] for place in (first, second)]
    y = sp.Symbol("y", real=True)
    loss = sp.log(sum(map(sp.exp, scores))) - y * scores[1]
    B = sp.kronecker_product(sp.Matrix([[1, 2], [2, -1]]), sp.eye(3))
    problem = PerSampleLoss([*Q, *K], loss)
    symmetry = OneParameterSymmetry(problem, AffineGenerator([*Q, *K], sp.diag(B, -B)))
    assert symmetry.decision.reason == "zero for each of the polynomials that the loss is a function of"
    with pytest.raises(UnsupportedFormError, match="leave the loss of every sample alone"):
        OneParameterSymmetry(problem, AffineGenerator([*Q, *K], sp.diag(B, B)))


def test_polynomials_that_change_one_by_one_are_looked_at_together():
    u, w, x = sp.symbols("u w x", real=True)
    assert change_along([1, -1], PerSampleLoss([u, w], sp.exp(u * x) * sp.exp(w * x))).kind is ZeroKind.ZERO
    assert change_along([1, 1], PerSampleLoss([u, w], sp.exp(u * x) * sp.exp(w * x))).kind is ZeroKind.NONZERO
