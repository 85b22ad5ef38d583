"""All affine symmetries of a loss: the count against two others, and certificates that must not be given."""

from __future__ import annotations

import itertools
import random
import time

import pytest
import sympy as sp
from sympy.polys.matrices import DomainMatrix

from theory.errors import DimensionError, ShapeError, SymbolError, UnsupportedFormError
from theory.gradient_noise import Empirical, FiniteSum, Gaussian, Model, NamedMoments
from theory.networks.feed_forward import FeedForward
from theory.symmetry import AffineGenerator, OneParameterSymmetry, PerSampleLoss, find, find_affine_symmetries
from theory.symmetry.null_space import PRIME
from theory.symmetry.textbook import neuron_rescaling

u, w, v, x, y, x_1, x_2 = sp.symbols("u w v x y x_1 x_2", real=True)
a, b = sp.symbols("a b", real=True)


def squared_error(widths, *, biased=False, activation=lambda z: z):
    """The squared error of a network on one sample."""
    net = FeedForward(widths, activation, biased=biased)
    targets = sp.symbols(f"y_1:{widths[-1] + 1}", real=True)
    residual = net.output(net.inputs) - sp.Matrix(targets)
    return PerSampleLoss(net.weights, sp.Add(*(r**2 for r in residual)))


def count_by_coefficients(problem):
    """Solutions of the equations that comparing the coefficients of v . grad l gives, by SymPy's polynomials."""
    theta, variables = list(problem.weights), [*problem.weights, *problem.data]
    slopes = [sp.diff(problem.loss, weight) for weight in theta]
    columns = [sp.Poly(slope, *variables) * sp.Poly(f, *variables) for slope in slopes for f in (*theta, 1)]
    rows: dict = {}
    for unknown, column in enumerate(columns):
        for monomial, coefficient in column.as_dict().items():
            rows.setdefault(monomial, {})[unknown] = sp.QQ.from_sympy(coefficient)
    matrix = DomainMatrix(dict(enumerate(rows.values())), (len(rows), len(columns)), sp.QQ)
    return len(columns) - matrix.rank()


def count_at_points(problem):
    """The dimension of the null space over the rational numbers at points of a grid."""
    theta, data = list(problem.weights), list(problem.data)
    slopes = [sp.Poly(sp.diff(problem.loss, weight), *theta, *data) for weight in theta]
    n, rows = len(theta), []
    for k in range(n * n + n + 6):
        point = [((k * k + 7) * (j + 2) ** (1 + k % 5)) % 23 - 11 for j in range(n + len(data))]
        g = [sp.QQ.from_sympy(slope.eval(tuple(point))) for slope in slopes]
        rows.append([*(gi * t for gi in g for t in point[:n]), *g])
    return n * n + n - DomainMatrix(rows, (len(rows), n * n + n), sp.QQ).rank()


SHAPES = [
    ((1, 1, 1), False, 1, 1),
    ((2, 2, 2), False, 4, 3),
    ((3, 1, 2), False, 1, 1),
    ((1, 2, 1), False, 6, 4),  # U W is a form of 4 weights, kept by o(2, 2)
    ((1, 3, 1), False, 15, 9),
    ((2, 2, 1), False, 6, 3),
    ((1, 3, 2), False, 15, 6),
    ((2, 1, 1), True, 2, 1),
    ((2, 2, 1), True, 9, 3),
    ((1, 1, 1, 1), False, 2, 2),
    ((1, 2, 1, 1), False, 7, 5),
    ((1, 2, 2, 1), False, 12, 6),
    ((1, 1, 1, 1), True, 4, 2),
]
"""Widths, biases, number of symmetries and of charges."""


@pytest.mark.every(5)
@pytest.mark.parametrize(("widths", "biased", "symmetries", "charges"), SHAPES, ids=str)
def test_the_count_is_that_of_two_other_ways(widths, biased, symmetries, charges):
    problem = squared_error(widths, biased=biased)
    found = find_affine_symmetries(problem)
    assert found.is_complete
    assert (found.dimension, len(found.charged)) == (symmetries, charges)
    assert count_by_coefficients(problem) == symmetries
    if len(problem.weights) <= 4:
        assert count_at_points(problem) == symmetries


def test_a_chain_with_a_scalar_end_has_a_charge_that_is_not_in_the_textbook():
    problem = squared_error((1, 2, 1, 1))
    (u_1, u_2), (v_1, v_2), _ = problem.weights[:2], problem.weights[2:4], problem.weights[4:]
    area = AffineGenerator.of_field(problem.weights, [v_2, -v_1, -u_2, u_1, 0])
    assert area.charge == u_1 * v_2 - u_2 * v_1
    assert find_affine_symmetries(problem).contains(area)
    assert not find_affine_symmetries(squared_error((2, 2, 1))).contains(
        AffineGenerator(squared_error((2, 2, 1)).weights, sp.eye(6))
    )


def test_every_generator_of_a_deep_chain_leaves_the_loss_alone_when_it_is_multiplied_out():
    problem = squared_error((1, 2, 1, 1))
    for generator in find_affine_symmetries(problem).generators:
        slope = sum(g * sp.diff(problem.loss, t) for g, t in zip(generator.field, problem.weights, strict=True))
        assert sp.expand(slope) == 0


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("loss", "symmetries", "charges"),
    [
        ((u**2 + w**3 * x - y) ** 2, 0, 0),
        ((u + 2 * w - x) ** 2 + (u + 2 * w) ** 3, 3, 2),  # along (2, -1), however fast
        (((1 + u) * (2 + w) * x - y) ** 2, 1, 1),
        ((u * x - y) ** 2, 3, 2),  # w does not occur
        (x**2, 6, 5),  # no weight occurs
        ((u + 1) ** 2 - u**2 - 2 * u - 1 + x, 6, 5),  # nor here, once it is multiplied out
        ((u * w * x / (u**2 + w**2) - y) ** 2, 1, 1),
        (u * w * x / (u * w + x) + (u * w) ** -3, 1, 1),
        (((u * x + w * y) / sp.sqrt(u**2 + w**2) - 1) ** 2, 1, 1),
        ((u * sp.Max(w * x, 0) - y) ** 2, 1, 1),
        ((u * sp.Piecewise((w * x, w * x > 0), (a * w * x, True)) - y) ** 2, 1, 1),
        (sp.Abs(u * x - w) * w, 0, 0),
        ((u**2 + w**2 - x) ** 4, 1, 0),
    ],
    ids=str,
)
def test_small_losses_have_the_symmetries_that_one_sees(loss, symmetries, charges):
    found = find_affine_symmetries(PerSampleLoss([u, w], loss))
    assert (found.dimension, found.at_most, len(found.charged)) == (symmetries, symmetries, charges)


def test_each_relu_neuron_can_be_rescaled_and_nothing_else():
    problem = squared_error((1, 2, 1), biased=True, activation=lambda z: sp.Max(z, 0))
    found = find_affine_symmetries(problem)
    assert found.is_complete and found.dimension == len(found.charged) == 2
    assert find_affine_symmetries(squared_error((1, 2, 1), biased=True)).dimension > 2


def test_a_generator_may_depend_on_constants_and_then_not_on_data():
    loss = (a * u + b * w - x) ** 2
    with_constants = find_affine_symmetries(PerSampleLoss([u, w], loss, [x]))
    assert with_constants.is_complete and with_constants.dimension == 3
    assert with_constants.contains(AffineGenerator([u, w], sp.zeros(2), [b, -a]))
    assert find_affine_symmetries(PerSampleLoss([u, w], loss)).at_most == 0


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("loss", "generators", "charges"),
    [
        ((sp.sqrt(2) * u + w - x) ** 2, 3, 2),
        (((u - sp.sqrt(2)) * (w + sp.sqrt(3)) * x - y) ** 2, 1, 1),
        (((a * w + sp.sqrt(6) * u) * x - y) ** 2, 3, 2),
        ((sp.sqrt(2) * u**2 + sp.sqrt(3) * w**2 - x) ** 2, 1, 0),
    ],
    ids=str,
)
def test_generators_with_square_roots_of_numbers_are_found(loss, generators, charges):
    problem = PerSampleLoss([u, w], loss, [s for s in (x, y) if loss.has(s)])
    found = find_affine_symmetries(problem)
    assert found.is_complete and (found.dimension, len(found.charges)) == (generators, charges)
    for generator in found.generators:
        OneParameterSymmetry(problem, generator)
    assert found.algebra.is_closed


def along(third):
    """A loss of one form of u and w if ``third`` is the root of 6, and else of two."""
    return (sp.sqrt(2) * u + sp.sqrt(3) * w) ** 2 * x + (2 * u**2 + 2 * third * u * w + 3 * w**2) * y


def test_a_relation_between_roots_allows_generators_that_are_found():
    related = PerSampleLoss([u, w], along(sp.sqrt(6)))
    found = find_affine_symmetries(related)
    assert found.is_complete and found.dimension == 3
    for generator in found.generators:
        OneParameterSymmetry(related, generator)
    near = find_affine_symmetries(PerSampleLoss([u, w], along(sp.sqrt(5))))
    assert near.is_complete and near.dimension == 0
    proportional = FiniteSum([u, w], [(sp.sqrt(2) * u + w) ** 2, (2 * u + sp.sqrt(2) * w) ** 2 + 1])
    assert find_affine_symmetries(proportional).dimension == 3
    third = PerSampleLoss([u, w, v], (sp.cbrt(2) * u + w) * x + (2 * u + sp.cbrt(4) * w) * y)
    assert find_affine_symmetries(third).dimension == 4 + 4  # the form that is kept, and v that never acts


c = sp.Symbol("c", positive=True)
BOTH = sp.sqrt(2) * u + w
"""A form of two weights whose multiple by the root of 2 has other coefficients."""


@pytest.mark.parametrize(
    ("loss", "symmetries", "charges"),
    [
        (BOTH**2 * x + (2 * u + sp.sqrt(2) * w) * sp.Max(BOTH, y), 3, 2),  # a relation between roots, beside a break
        ((sp.sqrt(2) * u * sp.Max(w * x, 0) - y) ** 2, 1, 1),
        (sp.Max(sp.sqrt(2) * u * x - w, 0) + (sp.sqrt(3) * u * x - w) ** 2, 0, 0),
        (((sp.sqrt(2) * u + c * w) * x + (2 * u + sp.sqrt(2) * c * w) * y) ** 2, 3, 2),  # and beside a constant
        (((u + sp.sqrt(c) * w) * x - y) ** 2, 3, 2),
        ((u + sp.sqrt(2 + sp.sqrt(2)) * w) * x + (sp.sqrt(2 - sp.sqrt(2)) ** 2 * u + w) * y, 0, 0),
        ((u + sp.sqrt(2 + sp.sqrt(2)) * w) * x + (sp.sqrt(2 + sp.sqrt(2)) * u + (2 + sp.sqrt(2)) * w) * y, 3, 2),
        ((u + sp.sqrt(3 + 2 * sp.sqrt(2)) * w) * x + ((sp.sqrt(2) - 1) * u + w) * y, 3, 2),  # the root is 1 + sqrt 2
        (sp.sqrt(u**2 + w**2 + sp.sqrt(u**2 + w**2)) * x, 1, 0),
        (sp.sqrt(1 + sp.sqrt(u)) * w, 0, 0),
        ((u * sp.sqrt(1 + x**2) + w * sp.sqrt(2 + 2 * x**2) - y) ** 2, 3, 2),  # u + w sqrt 2, whatever the signs
        (c * u * sp.sqrt(1 + x**2), 3, 2),  # a root of data beside a constant
        (c * (u * x + w * y) / sp.sqrt(u**2 + w**2), 1, 1),
        (u * sp.sqrt((10**61 + 69) * (10**59 + 23) * (w**2 + 1)) * x, 0, 0),
    ],
    ids=str,
)
def test_relations_between_roots_hold_beside_breaks_constants_and_other_roots(loss, symmetries, charges):
    problem = PerSampleLoss([u, w], loss, [s for s in (x, y) if loss.has(s)])
    found = find_affine_symmetries(problem)
    assert found.is_complete and (found.dimension, len(found.charges)) == (symmetries, charges)
    for generator in found.generators:
        OneParameterSymmetry(problem, generator)


@pytest.mark.slow
def test_a_rational_loss_beside_constants_is_not_freed_of_common_factors():
    form = sp.sqrt(c) * u + w
    loss = (sp.sqrt(2) * (x * y * form**2 + x * y * form / (2 * form**2 + 1) + form**2) - y) ** 2
    start = time.process_time()
    assert find_affine_symmetries(PerSampleLoss([u, w, v], loss, [x, y])).dimension == 8
    assert time.process_time() - start < 8  # the search for them took three times as long


def test_samples_with_roots_of_their_own_do_not_ask_for_points_where_all_of_them_exist():
    moved = FiniteSum([u, w], [sp.sqrt((u - k) ** 2 + w**2 + k) for k in range(1, 9)])
    normalised = FiniteSum([u, w], [(k * u + w) / sp.sqrt(u**2 + w**2 + k * u * w) for k in range(3, 7)])
    assert [(f.is_complete, f.dimension) for f in map(find_affine_symmetries, (moved, normalised))] == [
        (True, 0),
        (True, 1),
    ]


def test_data_of_few_values_have_more_symmetries_than_all_data():
    loss = (u * x_1 + w * x_2 - y) ** 2
    on_a_line = Empirical([x_1, x_2, y], [[1, 2, 0], [-2, -4, 1], [3, 6, 3]])
    singular = Gaussian([x_1, x_2, y], [0, 0, 0], [[1, 2, 0], [2, 4, 0], [0, 0, 1]])
    regular = Gaussian([x_1, x_2, y], [0, 0, 0], [[1, 1, 0], [1, 4, 0], [0, 0, 1]])
    assert [find_affine_symmetries(Model([u, w], loss, law)).dimension for law in (on_a_line, singular, regular)] == [
        3,
        3,
        0,
    ]
    assert "every value" in str(find_affine_symmetries(Model([u, w], loss, NamedMoments([x_1, x_2, y], highest=2))))


def test_a_symmetry_of_the_mean_alone_is_not_among_them():
    turned = FiniteSum([u, w], (u**2, w**2))
    assert find_affine_symmetries(turned).at_most == 0
    mean = find_affine_symmetries(PerSampleLoss([u, w], (u**2 + w**2) / 2))
    assert [tuple(g.field) for g in mean.generators] == [(w, -u)]


def test_data_that_never_reach_a_piece_do_not_count_there():
    n, positive = sp.Symbol("n", integer=True), sp.Symbol("x", positive=True)
    between = (u + w * sp.Max(n - sp.Rational(1, 3), 0) * sp.Max(sp.Rational(2, 3) - n, 0) - y) ** 2
    found = find_affine_symmetries(PerSampleLoss([u, w], between))
    assert found.at_most == 3  # w never acts: what is not proved must not be called absent
    assert find_affine_symmetries(PerSampleLoss([u, w], (u + w * sp.Max(-1 - positive, 0)) ** 2)).dimension == 3


def test_unlucky_points_and_a_small_prime_make_the_bound_loose_and_never_wrong(monkeypatch):
    problem = squared_error((1, 2, 1))
    monkeypatch.setattr(find._Search, "_draw", lambda self, places, count: None)
    blind = find_affine_symmetries(problem)
    assert blind.at_most == 4 * 5 and not blind.is_complete
    monkeypatch.undo()

    at_the_origin = itertools.repeat(0)
    monkeypatch.setattr(find._Search, "_drawn", lambda self, symbol: next(at_the_origin))
    unlucky = find_affine_symmetries(problem)
    assert unlucky.at_most >= 6 and not unlucky.is_complete


def test_a_bound_that_is_too_low_cannot_come_from_more_points():
    problem = squared_error((1, 2, 1))
    bounds = {find_affine_symmetries(problem, seed=seed).at_most for seed in range(4)}
    assert bounds == {6}


def test_the_symmetries_of_a_deep_chain_form_a_closed_algebra():
    algebra = find_affine_symmetries(squared_error((2, 2, 2))).algebra
    assert algebra.is_closed and not algebra.is_abelian
    assert (algebra.derived_dimension, algebra.centre_dimension, algebra.is_semisimple) == (3, 1, False)  # gl(2)
    conformal = find_affine_symmetries(squared_error((1, 2, 1))).algebra
    assert (conformal.derived_dimension, conformal.centre_dimension, conformal.is_semisimple) == (6, 0, True)  # o(2, 2)


@pytest.mark.parametrize(
    ("loss", "named"),
    [
        ((u * sp.tanh(w * x) - y) ** 2, "tanh"),
        (sp.exp(u * x) + w, "exp"),
        (u**x, "u\\*\\*x"),
        (u**100_000_000 * w, "powers up to 400"),
        (sp.sign(u) * w, "sign"),
        (sp.Piecewise((u, w > 0), (1, True)), "continuous"),
        (sp.sqrt(u**2 + 2 * u * w + w**2) * x, "no product"),
        (sp.sqrt(u) * sp.sqrt(w) * sp.sqrt(u * w + u * w * x**2) / sp.sqrt(1 + x**2), "no product"),
        (sp.sqrt(1 + sp.Max(u, w)), "under a square root"),
        (sp.sqrt(2 + sp.sqrt(2)) * u + sp.sqrt(2 - sp.sqrt(2)) * w, "a number times a square"),
        (sp.sqrt(1 + sp.sqrt(2) * x) * u + sp.sqrt(2 * x + sp.sqrt(2)) * w, "a number times a square"),
        (sp.sqrt(1 - sp.sqrt(2)) * u + w, "roots of positive numbers"),
        (sp.sqrt((10**20 + 39) * (10**21 + 117)) * u + w, "prime factor"),
        (sum(sp.sqrt(sp.prime(k)) for k in range(1, 9)) * u + w, "degree"),
        (1 / ((u + 1) ** 2 - u**2 - 2 * u - 1), "identically 0"),
    ],
    ids=str,
)
def test_a_loss_without_a_certificate_is_refused_by_name(loss, named):
    with pytest.raises(UnsupportedFormError, match=named):
        find_affine_symmetries(PerSampleLoss([u, w], loss))


def test_bad_problems_are_refused():
    with pytest.raises(ShapeError, match="problem"):
        find_affine_symmetries(u * w)  # type: ignore[arg-type]
    many = sp.symbols("p_1:60", real=True)
    with pytest.raises(DimensionError, match="48"):
        find_affine_symmetries(PerSampleLoss(many, sp.Add(*many)))
    with pytest.raises(SymbolError, match="zero"):
        find_affine_symmetries(PerSampleLoss([u, w], u * sp.Symbol("z", zero=True)))
    with pytest.raises(SymbolError, match="assumptions"):
        PerSampleLoss([u, w], u * sp.Symbol("w"))
    with pytest.raises(SymbolError, match="data"):
        PerSampleLoss([u, w], u * w, [u])


def test_twelve_weights_take_less_than_two_seconds():
    problem = squared_error((2, 3, 2))
    start = time.process_time()
    assert find_affine_symmetries(problem).dimension == 9
    assert time.process_time() - start < 2


@pytest.mark.slow
def test_twenty_weights_take_less_than_twenty_seconds():
    problem = squared_error((4, 2, 2, 4))
    start = time.process_time()
    assert find_affine_symmetries(problem).dimension == 8
    assert time.process_time() - start < 20


def test_the_prime_is_one_and_small_primes_have_square_roots():
    assert sp.isprime(PRIME) and PRIME < 2**62
    assert all(pow(q, (PRIME - 1) // 2, PRIME) == 1 for q in sp.primerange(30))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_random_losses_have_as_many_symmetries_as_their_coefficients_say(seed):
    source = random.Random(seed)
    weights = sp.symbols("p_1:4", real=True)

    def affine():
        coefficients = [0, 0, 1, -1, 2, sp.Rational(1, 3), 10**12 + 39]
        return sp.Add(*(source.choice(coefficients) * t for t in weights)) + source.choice([0, 1])

    for _ in range(25):
        pieces = [source.choice([affine(), affine() * affine(), affine() ** 3]) for _ in range(source.randint(1, 3))]
        residual = sp.Add(*(source.choice([x, y, x * y, 1]) * piece for piece in pieces))
        problem = PerSampleLoss(weights, (residual - y) ** 2, [x, y])
        found = find_affine_symmetries(problem, seed=seed)
        assert found.is_complete
        assert found.dimension == count_by_coefficients(problem)


@pytest.mark.parametrize("widths", [(2, 3, 2), pytest.param((4, 2, 2, 4), marks=pytest.mark.slow)], ids=str)
def test_the_proof_of_one_symmetry_takes_less_than_half_a_second(widths):
    net = FeedForward(widths, lambda z: z, biased=False)
    problem = squared_error(widths)
    first = neuron_rescaling(net, 1, 1)
    start = time.process_time()
    assert str(OneParameterSymmetry(problem, first).decision.kind) == "zero"
    assert time.process_time() - start < 0.5
