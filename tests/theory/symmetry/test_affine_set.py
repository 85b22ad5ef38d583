"""Affine sets of weights, and whether gradients of single samples leave them."""

from __future__ import annotations

import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from theory.decision.zero import ZeroKind
from theory.errors import ShapeError, SymbolError
from theory.gradient_noise.sampling import FiniteSum
from theory.symmetry.affine_set import AffineSet, is_invariant, normal_gradient

u, v, w = STATE = sp.symbols("u v w", real=True)

small = st.integers(-3, 3)
rows = st.lists(st.tuples(small, small, small), min_size=1, max_size=2)


def homogeneous(normals: list[tuple[int, int, int]]) -> AffineSet:
    return AffineSet(STATE, [sum((n * s for n, s in zip(row, STATE, strict=True)), sp.S.Zero) for row in normals])


def point_of(affine_set: AffineSet, free: dict[sp.Symbol, sp.Expr]) -> dict[sp.Symbol, sp.Expr]:
    return {weight: affine_set.restrict(weight).subs(free) for weight in STATE}


@given(rows)
def test_the_projector_is_the_orthogonal_projector_on_the_directions(normals):
    affine_set = homogeneous(normals)
    P = affine_set.projector
    assert P * P == P == P.T
    assert affine_set.normals * P == sp.zeros(len(normals), 3)
    assert P.trace() == affine_set.dimension == 3 - sp.Matrix(normals).rank()


@given(rows, st.lists(small, min_size=2, max_size=2))
def test_restricted_weights_satisfy_the_constraints(normals, offsets):
    values = [sum((n * s for n, s in zip(row, STATE, strict=True)), sp.S.Zero) for row in normals]
    constraints = [value + offset for value, offset in zip(values, offsets, strict=False)]
    try:
        affine_set = AffineSet(STATE, constraints)
    except ShapeError:
        assert sp.Matrix(normals).rank() < sp.Matrix(normals).row_join(sp.Matrix(offsets[: len(normals)])).rank()
        return
    assert all(sp.expand(affine_set.restrict(constraint)) == 0 for constraint in constraints)


@given(rows, st.tuples(small, small, small), small)
def test_the_normal_gradient_is_that_of_the_loss_at_points_of_the_set(normals, values, factor):
    affine_set = homogeneous(normals)
    loss = (u * v - w**2 + factor) ** 2 + u**3
    free = dict(zip(STATE, values, strict=True))
    at = point_of(affine_set, free)
    gradient = sp.Matrix([sp.diff(loss, weight).subs(at) for weight in STATE])
    assert affine_set.normals * gradient == normal_gradient(affine_set, loss).subs(free)


@pytest.mark.parametrize("offset", [0, 2])
def test_sgd_in_exact_arithmetic_stays_where_the_normal_gradient_vanishes_and_leaves_elsewhere(offset):
    losses = (((u + v) * w - 1) ** 2, (u * v + w) ** 2 + w**4)
    for constraint, expected in ((u - v, offset == 0), (u + v, False), (u - w, False)):
        affine_set = AffineSet(STATE, [constraint - offset])
        at = point_of(affine_set, {u: sp.Rational(1, 3), v: sp.Rational(1, 5), w: sp.Rational(2, 7)})
        kept = True
        for batch in ((0,), (1,), (0, 1, 1)):
            step = [sp.diff(sum(losses[i] for i in batch), weight).subs(at) / len(batch) for weight in STATE]
            at = {weight: at[weight] - sp.Rational(1, 10) * g for weight, g in zip(STATE, step, strict=True)}
            kept = kept and (constraint - offset).subs(at) == 0
        assert kept is expected
        assert is_invariant(affine_set, FiniteSum(STATE, losses)).kind is (
            ZeroKind.ZERO if expected else ZeroKind.NONZERO
        )


def test_one_sample_that_leaves_is_enough():
    diagonal = AffineSet(STATE, [u - v])
    good, bad = (u * v - w) ** 2, (u - w) ** 2
    assert is_invariant(diagonal, FiniteSum(STATE, (good, good))).kind is ZeroKind.ZERO
    assert is_invariant(diagonal, FiniteSum(STATE, (good, bad))).kind is ZeroKind.NONZERO


def test_the_mean_gradient_does_not_decide():
    origin = AffineSet(STATE, [u, v, w])
    assert is_invariant(origin, FiniteSum(STATE, (u, -u))).kind is ZeroKind.NONZERO


def test_all_of_parameter_space_has_no_constraint_to_violate():
    everything = AffineSet(STATE, [])
    assert everything.dimension == 3 and everything.projector == sp.eye(3)
    assert is_invariant(everything, FiniteSum(STATE, (u, sp.exp(v)))).kind is ZeroKind.ZERO


def test_redundant_constraints_change_nothing():
    assert AffineSet(STATE, [u - v, 2 * v - 2 * u]).projector == AffineSet(STATE, [u - v]).projector


@pytest.mark.parametrize(
    ("state", "constraints", "error", "words"),
    [
        (STATE, [u * v], ShapeError, "affine"),
        (STATE, [sp.sin(u)], ShapeError, "affine"),
        (STATE, [u, u - 1], ShapeError, "no weight satisfies"),
        (STATE, [sp.S.One], ShapeError, "no weight satisfies"),
        ([u + v], [u], SymbolError, "must hold symbols"),
        ([], [u], ShapeError, "at least 1 symbol"),
        (STATE, ["u"], ShapeError, "text is not read"),
    ],
)
def test_what_is_no_affine_set_is_refused(state, constraints, error, words):
    with pytest.raises(error, match=words):
        AffineSet(state, constraints)


def test_a_problem_in_other_weights_is_refused():
    with pytest.raises(SymbolError, match="same weights"):
        is_invariant(AffineSet([u], [u]), FiniteSum([v], (v**2,)))
