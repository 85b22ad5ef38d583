"""Which sets of SGD an optimiser keeps that moves every weight on its own."""

from __future__ import annotations

import pytest
import sympy as sp
import torch

from theory.decision.zero import ZeroKind, decide_zero
from theory.networks.activations import origin_passing_function, smooth_function
from theory.networks.feed_forward import FeedForward
from theory.notation import eta
from theory.symmetry.affine_set import AffineSet, normal_gradient
from theory.symmetry.coordinatewise import adam_first_step, escaping_step, stabiliser

v, w = sp.symbols("v w", real=True)
NET = FeedForward((2, 2, 1), origin_passing_function("s"))


@pytest.mark.parametrize("gradient", [0.5, -2.0, 1e-9, 0.0])
def test_adams_first_step_is_that_of_pytorch(gradient):
    weight = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.Adam([weight], lr=0.1, eps=1e-8)
    weight.grad = torch.tensor([gradient], dtype=torch.float64)
    optimiser.step()
    step = adam_first_step(sp.Rational(gradient)).subs({eta: sp.Rational(1, 10), stabiliser: sp.Rational(1, 10**8)})
    assert -float(weight.detach()) == pytest.approx(float(step), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("constraints", [NET.sign_constraints((1, 2)), NET.permutation_constraints((1, 1, 2))])
def test_every_rule_that_vanishes_with_its_gradient_keeps_vanishing_and_identical_neurons(constraints):
    leaving = escaping_step(NET.affine_set(constraints), [NET.pulled_back_loss], origin_passing_function("F"))
    assert leaving.is_zero_matrix


def test_a_rule_that_moves_without_gradient_leaves_vanishing_neurons_and_keeps_identical_ones():
    rule = smooth_function("F")
    sign = escaping_step(NET.affine_set(NET.sign_constraints((1, 2))), [NET.pulled_back_loss], rule)
    same = escaping_step(NET.affine_set(NET.permutation_constraints((1, 1, 2))), [NET.pulled_back_loss], rule)
    assert same == sp.zeros(same.rows, 1) != sign


def test_a_linear_rule_keeps_what_sgd_keeps_and_adam_does_not():
    valley = AffineSet([v, w], [2 * v - w])
    loss = (v + 2 * w - 1) ** 2
    assert normal_gradient(valley, loss).is_zero_matrix
    assert decide_zero(escaping_step(valley, [loss], lambda g: eta * g)).kind is ZeroKind.ZERO
    assert escaping_step(valley, [loss], adam_first_step).subs({v: 1, stabiliser: 1, eta: 1}) != sp.zeros(1, 1)


def test_the_mean_gradient_of_the_batch_counts_and_not_its_parts():
    losses = [v + w, 3 * v - w]
    step = escaping_step(AffineSet([v, w], [v, w]), losses, lambda g: g**2)
    assert step == sp.Matrix([4, 0])
