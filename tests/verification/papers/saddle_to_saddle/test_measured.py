"""The samplers of "Saddle-to-Saddle" against the rates of explicit matrices, which share no code with them."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from numerics.deep_linear import LayeredPoint, Modes, NoisyTeacher, ito_drift, mode_diffusion, mode_step
from theory.deep_linear import LayeredLinear
from verification.forms import Draw
from verification.papers.saddle_to_saddle.balanced.aligned import chain
from verification.papers.saddle_to_saddle.balanced.scalar_chain import all_layers
from verification.papers.saddle_to_saddle.long_runs import (
    averages,
    descent,
    mean_of_mode,
    variance_under_isotropic_noise,
)
from verification.papers.saddle_to_saddle.measured import (
    Aligned,
    covariation_of_modes,
    noise_induced_change,
    step_of_descent,
)
from verification.papers.saddle_to_saddle.network_samples import (
    diffusion_of_an_entry,
    noise_of_data,
    noise_of_the_sde,
    variance_of_a_step,
)
from verification.papers.saddle_to_saddle.paper import beta
from verification.papers.saddle_to_saddle.sgd_samples import fourth_power_of_whitened, spread_on_samples

POINT = {"depth": "3", "w": "1/2 3/10", "s": "1 7/10", "sigma": "1/2"}
DRAW = Draw(n=20_000, first=0, seed=11)
SURPRISE = 5.5
"""Standard errors that a mean leaves with probability 4e-8."""


def explicit(arguments: dict[str, str]) -> LayeredPoint:
    aligned = Aligned.of(arguments)
    data = NoisyTeacher(aligned.teacher, label_covariance=aligned.sigma**2)
    return LayeredPoint(LayeredLinear((2,) * (len(aligned.layers) + 1)), data, aligned.layers)


def agrees(values: np.ndarray, expected: float) -> bool:
    return abs(values.mean() - expected) < SURPRISE * values.std() / len(values) ** 0.5


@pytest.mark.parametrize(("mode", "pair"), [("1 1", (0, 0)), ("1 2", (0, 1))])
def test_sampled_noise_has_the_diffusion_of_explicit_matrices(mode, pair):
    found = covariation_of_modes({**POINT, "mode": mode}, DRAW).values
    frames = Modes(np.eye(2), np.eye(2))
    exact = mode_diffusion(explicit(POINT), pair, learning_rate=1.0, modes=frames)
    assert agrees(found, exact)
    assert not agrees(found, 1.2 * exact)


def test_the_second_difference_of_samples_has_the_mean_of_the_ito_drift():
    found = noise_induced_change(POINT, DRAW).values
    exact = ito_drift(explicit(POINT), 0, learning_rate=1.0, modes=Modes(np.eye(2), np.eye(2)))
    assert agrees(found, exact)
    assert not agrees(found, 1.2 * exact)


def test_a_sampled_step_has_the_mean_of_all_orders_of_the_learning_rate():
    found = step_of_descent({**POINT, "eta": "1/2", "b": "2"}, DRAW).values
    step = mode_step(explicit(POINT), 0, learning_rate=0.5, batch_size=2, modes=Modes(np.eye(2), np.eye(2)))
    assert agrees(found, step.mean)
    assert not agrees(found, step.sde_mean)


def test_second_differences_are_refused_where_a_fourth_order_would_enter():
    with pytest.raises(ValueError, match="depth 4"):
        noise_induced_change({**POINT, "depth": "4"}, DRAW)


def test_the_mean_of_a_mode_is_the_same_with_and_without_its_linear_companion():
    told = {"widths": "1 1 1", "s": "1", "sigma": "1", "eta": "1/50"}
    few = Draw(n=1024, first=0, seed=3)
    with_companion = mean_of_mode(told, few).values
    _, W, _ = descent(1, 1, 1)
    plain = averages(told, few, W[0, 0] - 1, [1.0, 1.0, 0.0]) / 0.02
    assert plain.std() > 3 * with_companion.std()
    assert abs((plain - with_companion).mean()) < SURPRISE * plain.std() / 32
    assert agrees(plain, with_companion.mean())
    assert not agrees(with_companion, 1.2 * with_companion.mean())


def test_weights_on_their_own_samples_are_the_same_in_pieces():
    arguments = {"N": "6", "B": "3", "sigma_q": "1", "eta": "1/10"}
    whole = spread_on_samples(arguments, Draw(n=6, first=0, seed=5)).values
    parts = [spread_on_samples(arguments, Draw(n=3, first=first, seed=5)).values for first in (0, 3)]
    np.testing.assert_array_equal(whole, np.concatenate(parts))


def test_the_whole_data_set_as_a_batch_stays_at_its_minimum():
    arguments = {"N": "6", "B": "6", "sigma_q": "1", "eta": "1/10"}
    assert abs(spread_on_samples(arguments, Draw(n=6, first=0, seed=5)).values).max() < 1e-20


def test_two_whitened_inputs_are_of_size_one_and_of_three_the_fourth_power_is_known_too():
    two, three = (fourth_power_of_whitened({"N": N}, Draw(n=5, first=0, seed=5)).values for N in "23")
    np.testing.assert_allclose(two, 0, atol=1e-12)
    np.testing.assert_allclose(three, 0.5)  # sums 0 and 3 leave sum x^4 = (sum x^2)^2 / 2


def test_isotropic_noise_moves_a_mode_by_half_its_strength():
    arguments = {"widths": "2 2 2", "s": "1 4/5", "sigma": "1/1000000", "eta": "1/1000", "step": "1/20"}
    found = variance_under_isotropic_noise(arguments, Draw(n=64, first=0, seed=5)).values * 1e12
    assert agrees(found, 0.5 / (1 - 0.8 / 20))  # that of Euler-Maruyama steps: 1 - rate * step / 2 below
    assert not agrees(found, 0.8)


def test_the_noise_of_named_weights_is_that_of_explicit_matrices():
    values = {f"W{l}_{place}": number for l, place, number in ((1, "11", "1"), (1, "12", "1/2"), (2, "11", "2"))}
    values |= {"W2_21": "1", "Delta_11": "1/2", "Delta_12": "0", "Delta_21": "0", "Delta_22": "1"}
    found = diffusion_of_an_entry(values | {"q_11": "1", "q_12": "0", "q_22": "1/2"}, DRAW).values
    layers = (np.array([[1.0, 0.5]]), np.array([[2.0], [1.0]]))
    data = NoisyTeacher(layers[1] @ layers[0] + np.diag([0.5, 1.0]), label_covariance=np.diag([1.0, 0.5]))
    point = LayeredPoint(LayeredLinear((2, 1, 2)), data, layers)
    exact = mode_diffusion(point, (0, 0), learning_rate=1.0, modes=Modes(np.eye(2), np.eye(2)))
    assert agrees(found, exact)
    assert not agrees(found, 1.2 * exact)


def test_steps_of_the_sde_have_the_noise_of_the_data():
    gap, q = {"Delta_11": "1/2", "Delta_12": "1", "Delta_21": "0", "Delta_22": "1"}, {"q_11": "1", "q_12": "0"}
    data, steps = (sampler(gap | q | {"q_22": "1"}, DRAW).values for sampler in (noise_of_data, noise_of_the_sde))
    # The columns of the gap have the sums c = (1/2, 2): (c.x)(1.x) has the variance |c|^2 |1|^2 + (c.1)^2, labels 4.
    exact = 2 * 4.25 + 2.5**2 + 4
    assert agrees(data, exact) and agrees(steps, exact)
    assert not agrees(data, 1.2 * exact) and not agrees(steps, 1.2 * exact)


def test_the_variance_of_a_step_is_that_of_its_gradient():
    found = variance_of_a_step({"u": "1", "v": "1", "s": "2", "sigma_q": "1", "eta": "1/10"}, DRAW).values
    assert agrees(found, 0.01 * 4 * 3)  # 2 eta (x + xi) x, of the variance 3
    assert not agrees(found, 0.1 * 4 * 3)


def test_the_sde_of_a_chain_has_the_noise_of_its_gradient_off_balance_too():
    process = all_layers(2)
    network = chain(tuple(process.state))
    blocks = [[network.covariance_block(l, m)[0] for m in (1, 2)] for l in (1, 2)]
    assert (process.diffusion - beta * sp.Matrix(blocks)).applyfunc(sp.simplify) == sp.zeros(2)
    assert process.drift == -network.gradient()
