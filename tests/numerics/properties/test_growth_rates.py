r"""Growth rates of linear recursions: :math:`E\log|\theta_k| - \log|\theta_0|` against :math:`k\,E\log|M|`."""

import math

import mpmath
import numpy as np
import sympy as sp
import torch
from hypothesis import assume
from hypothesis import strategies as st

from numerics.sgd.batches import WithReplacement
from numerics.sgd.empirical_loss import EmpiricalLoss
from tests.numerics.properties.decision import Law, assert_told_apart, drawn_from, sample_size
from tests.numerics.properties.quadratic_descent import Descent
from tests.numerics.properties.regressions import empirical_loss, nonzero_quarters
from tests.numerics.properties.runs import batch_rule, iterated, trained
from tests.numerics.seeding import seed_of
from theory.discrete.growth_rate import finite_growth_rate, gaussian_growth_rate, multiplier, sign_growth_rate
from theory.discrete.momentum import linear_part
from theory.discrete.random_map import xi
from theory.discrete.recursion import Recursion
from theory.gradient_noise import Empirical, Model, gradient_descent
from theory.gradient_noise.sampling import Sampling, batch_multipliers
from theory.notation import eta, mu, zeta

w, h = sp.symbols("w h", real=True)
u = sp.Symbol("u", real=True)


def grown(weights, start=1.0):
    return np.log(np.abs(weights[:, 0] / start))


@st.composite
def linear_maps(draw):
    """Learning rate, drift and noise of M = 1 + eta mu + sqrt(eta) zeta xi, and a number of steps."""
    rate = draw(st.integers(1, 8)) / 8
    return rate, draw(st.integers(-6, 4)) / 8, draw(st.integers(2, 10)) / 8, draw(st.integers(1, 12))


@drawn_from(linear_maps())
def test_a_gaussian_multiplier_grows_at_the_mean_of_its_logarithm_not_at_that_of_the_flow(drawn):
    rate, drift, noise, steps = drawn
    m, v = 1 + rate * drift, rate * noise**2
    exact = float(gaussian_growth_rate(sp.Rational(m), sp.Rational(v)))
    law = log_of_normal(m, math.sqrt(v))
    np.testing.assert_allclose(law.mean, exact, rtol=1e-8, atol=1e-9)
    flow, of_mean = steps * rate * (drift - noise**2 / 2), steps * math.log(abs(m))
    replicas = sample_size(law.times(steps), flow, of_mean)
    chain = Recursion([w], [multiplier(xi) * w], normals=[xi])
    weights = iterated(chain, Descent((rate,) * steps, (1.0,)), seed=seed_of("gaussian multiplier", drawn),
                       replicas=replicas, parameters={eta: rate, mu: drift, zeta: noise})  # fmt: skip
    assert_told_apart(grown(weights), steps * exact, flow, of_mean)


def log_of_normal(mean, deviation):
    """Of log|X| for normal X, by quadrature that crowds at the singularity, from both of its sides."""
    zero = -mean / deviation

    def moment(power):
        def weight(beyond):
            return mpmath.log(deviation * abs(beyond)) ** power * mpmath.npdf(zero + beyond)

        return float(mpmath.quad(weight, sorted({-10 - zero, min(10 - zero, max(-10 - zero, 0.0)), 10 - zero})))

    return Law.from_moments(*(moment(power) for power in (1, 2, 3)))


@drawn_from(linear_maps())
def test_a_multiplier_with_signs_grows_at_half_the_logarithm_of_the_product_of_its_values(drawn):
    rate, drift, noise, steps = drawn
    values = {eta: sp.Rational(rate), mu: sp.Rational(drift), zeta: sp.Rational(noise)}
    both = [float(multiplier(sp.Integer(sign)).subs(values)) for sign in (-1, 1)]
    assume(min(map(abs, both)) > 1e-3)
    exact = float(sign_growth_rate().subs(values))
    gaussian = float(gaussian_growth_rate(1 + values[eta] * values[mu], values[eta] * values[zeta] ** 2))
    law = Law.of(np.log(np.abs(both)), [0.5, 0.5])
    replicas = sample_size(law.times(steps), steps * gaussian)
    sign = sp.Piecewise((-1, u < sp.Rational(1, 2)), (1, True))
    weights = iterated(Recursion([w], [multiplier(sign) * w], uniforms=[u]), Descent((rate,) * steps, (1.0,)),
                       seed=seed_of("signs", drawn), replicas=replicas,
                       parameters={eta: rate, mu: drift, zeta: noise})  # fmt: skip
    assert_told_apart(grown(weights), steps * exact, steps * gaussian)


@st.composite
def curvature_runs(draw):
    """Features of samples with label 0, so that losses are h w^2/2 with h = x^2, a rate, a batch size and steps."""
    features = draw(st.lists(nonzero_quarters, min_size=3, max_size=5))
    size = draw(st.integers(2, min(3, len(features) - 1)))
    rate = draw(st.integers(2, 14)) / 8
    return tuple(features), size, rate, draw(st.integers(1, 10)), draw(st.sampled_from(Sampling))


def check_curvatures(drawn, engine):
    features, size, rate, steps, sampling = drawn
    curvatures = [x**2 for x in features]
    other = next(s for s in Sampling if s is not sampling)
    laws = {}
    for rule in (sampling, other):
        values, probabilities = batch_multipliers(curvatures, size, rule)
        values = [value.subs(eta, sp.Rational(rate)) for value in values]
        assume(all(abs(value) > 1e-3 for value in values))
        laws[rule] = float(finite_growth_rate(values, probabilities)), values, probabilities
    exact, values, probabilities = laws[sampling]
    law = Law.of([math.log(abs(value)) for value in values], [float(p) for p in probabilities])
    np.testing.assert_allclose(law.mean, exact, rtol=1e-9, atol=1e-12)
    mean = math.log(abs(1 - rate * float(sum(curvatures)) / len(curvatures)) or 1e-3)
    wrong = [steps * laws[other][0], steps * mean]
    replicas = sample_size(law.times(steps), *wrong)
    run, seed = Descent((rate,) * steps, (1.0,)), seed_of("curvatures", engine, drawn)
    if engine == "pytorch":
        X = np.array(features, dtype=float)[:, None]
        problem = empirical_loss(X, np.zeros(len(features)))
        weights = trained(problem, run, batch_rule(sampling, size), seed=seed, replicas=replicas)
    else:
        model = Model([w], h * w**2 / 2, Empirical([h], [[c] for c in curvatures]))
        recursion = gradient_descent(model, batch_size=size, sampling=sampling)
        weights = iterated(recursion, run, seed=seed, replicas=replicas, parameters={eta: rate})
    assert_told_apart(grown(weights), steps * exact, *wrong)


@drawn_from(curvature_runs())
def test_a_recursion_on_mini_batches_of_curvatures_grows_at_the_mean_logarithm_over_batches(drawn):
    check_curvatures(drawn, "recursion")


@drawn_from(curvature_runs())
def test_real_sgd_on_mini_batches_of_curvatures_grows_at_the_mean_logarithm_over_batches(drawn):
    check_curvatures(drawn, "pytorch")


@st.composite
def saddles(draw):
    """Two curvatures, the mean of which is negative, a learning rate and a momentum."""
    high = draw(st.integers(1, 6))
    low = -high - draw(st.integers(0, 6))
    return (high / 4, low / 4), draw(st.integers(2, 6)) / 16, draw(st.integers(2, 7)) / 10


def step_matrices(curvatures, rate, inertia):
    """Of one step for each curvature, from the theory's recursion."""
    matrices = []
    for c in curvatures:
        alone = Model([w], h * w**2 / 2, Empirical([h], [[c]]))
        matrix = linear_part(gradient_descent(alone, momentum=inertia)).subs(eta, rate)
        matrices.append(np.array(matrix.tolist(), dtype=float))
    return matrices


@drawn_from(saddles(), st.integers(6, 11), st.sampled_from(["recursion", "pytorch"]))
def test_sgd_with_momentum_grows_as_the_products_of_the_matrices_of_its_steps(drawn, steps, engine):
    """All products of so few steps can be listed; the growth without momentum is another, at the effective rate too."""
    curvatures, rate, inertia = drawn
    products = np.array([[1.0, 0.0]])  # rows (1, 0) M ... M: they act on the first state, at rest
    for _ in range(steps):
        products = np.concatenate([products @ M for M in step_matrices(curvatures, rate, inertia)])
    assume(np.abs(products[:, 0]).min() > 1e-3)
    law = Law.of(np.log(np.abs(products[:, 0])), np.full(len(products), 1 / len(products)))
    plain, effective = (
        steps * float(finite_growth_rate([1 - sp.Rational(eta) * sp.Rational(c) for c in curvatures]))
        for eta in (rate, rate / (1 - inertia))
    )
    replicas = sample_size(law, plain, effective)
    run = Descent((rate,) * steps, (1.0,), inertia)
    seed = seed_of("momentum", engine, drawn, steps)
    if engine == "pytorch":  # real inputs have no negative square, so the curvatures are factors on the loss
        problem = EmpiricalLoss(torch.nn.Linear(1, 1, bias=False).double(), lambda f, c: (c * f.square()).sum() / 2,
                                torch.ones(2, 1), torch.tensor(curvatures)[:, None])  # fmt: skip
        weights = trained(problem, run, WithReplacement(1), seed=seed, replicas=replicas)
    else:
        model = Model([w], h * w**2 / 2, Empirical([h], [[c] for c in curvatures]))
        recursion = gradient_descent(model, batch_size=1, momentum=sp.Rational(inertia))
        weights = iterated(recursion, run, seed=seed, replicas=replicas, parameters={eta: rate})
    assert_told_apart(grown(weights), law.mean, plain, effective)
