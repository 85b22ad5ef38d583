"""Members of a mini-batch of any law that can be drawn from have the moments that the law says."""

import pytest
import sympy as sp

from theory.discrete import mean_over_draw, stationary_statistics
from theory.errors import DimensionError, UnsupportedFormError
from theory.gradient_noise import Empirical, FiniteSupport, Gaussian, Model, Product, Sampling, gradient_descent
from theory.notation import eta, zeta

w, x, y = sp.symbols("w x y", real=True)
LOSS = (w * x - y) ** 2 / 2
COIN = FiniteSupport([x], [[-1], [2], [5]], [sp.Rational(1, 2), sp.Rational(1, 3), sp.Rational(1, 6)])
NOISE = Gaussian([y], [0], [[zeta**2]])
DATA = Empirical([x], [[1], [2], [4]])


def increments(recursion):
    """Mean and variance of one step."""
    step = recursion.update[0] - w
    first = mean_over_draw(step, recursion)
    return sp.expand(first), sp.expand(mean_over_draw(sp.expand(step**2), recursion) - first**2)


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize(
    "law",
    [Product([COIN, FiniteSupport([y], [[1], [-3]])]), Product([Gaussian([x], [1], [[2]]), NOISE])],
    ids=["two finite laws", "two Gaussian laws"],
)
def test_a_step_has_the_moments_of_the_model(law, size):
    model = Model([w], LOSS, law)
    expected = model.step_moments(size)
    found = increments(gradient_descent(model, batch_size=size))
    assert found == (sp.expand(expected.mean[0]), sp.expand(expected.covariance[0]))


def test_least_squares_with_fresh_inputs_and_labels_has_the_textbook_variance():
    # E w'^2 = (1 - 2 eta + 3 eta^2) E w^2 + eta^2 zeta^2 for standard normal inputs, independent of the noise.
    model = Model([w], LOSS, Product([Gaussian([x], [0], [[1]]), NOISE]))
    statistics = stationary_statistics(gradient_descent(model, batch_size=1))
    assert sp.simplify(statistics.covariance[0] - eta * zeta**2 / (2 - 3 * eta)) == 0


def test_a_data_set_in_a_product_may_be_drawn_without_replacement():
    model = Model([w], LOSS, Product([DATA, NOISE]))
    recursion = gradient_descent(model, batch_size=3, sampling=Sampling.WITHOUT_REPLACEMENT)
    # All three samples come, so that the inputs add nothing to the variance: it is that of the labels' noise.
    _, variance = increments(recursion)
    assert variance == sp.expand(eta**2 * zeta**2 / 9 * sum(a**2 for a in (1, 2, 4)))
    with pytest.raises(DimensionError, match="1..3 without replacement, got 4"):
        gradient_descent(model, batch_size=4, sampling=Sampling.WITHOUT_REPLACEMENT)


def test_shares_too_fine_to_be_drawn_are_refused():
    tiny = sp.Rational(1, 4097)
    model = Model([w], LOSS.subs(y, 1), FiniteSupport([x], [[1], [2]], [tiny, 1 - tiny]))
    with pytest.raises(UnsupportedFormError, match="common denominator of at most 4096"):
        gradient_descent(model, batch_size=1)
