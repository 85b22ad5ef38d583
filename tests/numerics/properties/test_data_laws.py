r"""Data that are no list of equally likely samples: points with probabilities, and Gaussian data.

For Gaussian data the covariance of the gradient needs fourth moments (Isserlis' theorem); the enumeration replaces the
normals by the nodes of a Gauss rule, which is exact for the polynomials that occur.
"""

import numpy as np
import sympy as sp
from hypothesis import strategies as st

from tests.numerics.properties.decision import drawn_from
from tests.numerics.properties.quadratic_descent import (
    Descent,
    EnumeratedChain,
    assert_moments,
    gauss_rule,
    theory_moments,
)
from tests.numerics.properties.regressions import FEATURES, LABEL, WEIGHTS, empirical_loss, quarters, regressions
from tests.numerics.properties.runs import batch_rule, iterated, trained
from tests.numerics.seeding import seed_of
from theory.discrete.recursion import Recursion
from theory.gradient_noise import FiniteSupport, Gaussian, Model
from theory.gradient_noise.sampling import Sampling, batches
from theory.notation import eta

WITH = Sampling.WITH_REPLACEMENT
SIZE = 2


@st.composite
def weighted_regressions(draw):
    """A regression whose samples occur in multiplicities, not all of them equal."""
    task = draw(regressions(samples=(2, 4)))
    counts = draw(st.lists(st.integers(1, 4), min_size=task.n, max_size=task.n).filter(lambda c: len(set(c)) > 1))
    return task, tuple(counts), draw(st.integers(2, 8))


def finite_support_model(task, counts):
    total = sum(counts)
    law = FiniteSupport([*FEATURES[: task.d], LABEL], task.samples, [sp.Rational(c, total) for c in counts])
    return Model(list(task.weights), task.loss, law)


def by_threshold(u, points, counts):
    """The point that a uniform u falls on, as an expression for each of its entries."""
    edges = np.cumsum(counts)
    cases = [u * int(edges[-1]) < int(edge) for edge in edges[:-1]]
    return [sp.Piecewise(*zip(column, [*cases, True], strict=True)) for column in zip(*points, strict=True)]


def weighted_recursion(task, counts):
    """A batch of two draws with probabilities, written down without the theory's descent."""
    uniforms = sp.symbols(f"u_0:{SIZE}", real=True)
    w = sp.Matrix(task.weights)
    total = sp.zeros(task.d, 1)
    for u in uniforms:
        *x, y = by_threshold(u, task.samples, counts)
        total += sp.Matrix(x) * (w.dot(sp.Matrix(x)) - y)
    return Recursion(w, w - eta * total / SIZE, uniforms=uniforms)


def check_weighted(drawn, engine):
    task, counts, steps = drawn
    run = Descent((task.rate,) * steps, task.start)
    seed = seed_of("weighted", engine, task, counts, steps)
    repeated = np.repeat(np.arange(task.n), counts)
    X, y = task.X[repeated], task.y[repeated]

    def moments(model):
        return theory_moments(model.gradient, model.batch_covariance(SIZE), task.weights, run)

    def simulated(replicas):
        if engine == "pytorch":  # a data set in which samples are repeated, which the theory does not see
            return trained(empirical_loss(X, y), run, batch_rule(WITH, SIZE), seed=seed, replicas=replicas)
        recursion = weighted_recursion(task, counts)
        return iterated(recursion, run, seed=seed, replicas=replicas, parameters={eta: task.rate})

    assert_moments(
        moments(finite_support_model(task, counts)),
        moments(finite_support_model(task, (1,) * task.n)),
        chain=EnumeratedChain.of_regression(X, y, batches(len(y), SIZE, WITH)),
        run=run,
        direction=task.u,
        simulated=simulated,
    )


@drawn_from(weighted_regressions())
def test_probabilities_of_a_finite_support_weigh_gradient_and_noise_in_a_recursion(drawn):
    check_weighted(drawn, "recursion")


@drawn_from(weighted_regressions())
def test_a_finite_support_is_a_data_set_with_repeated_samples_to_real_sgd(drawn):
    check_weighted(drawn, "pytorch")


@st.composite
def gaussian_regressions(draw):
    """Loss (w.x - y)^2/2 with features and label jointly normal: a mean and a root of the covariance."""
    d = draw(st.integers(1, 2))
    mean = [draw(quarters) for _ in range(d + 1)]
    root = sp.Matrix(d + 1, d + 1, lambda i, j: draw(quarters) / 2 if i > j else sp.Rational(int(i == j)))
    start = draw(st.tuples(*[st.integers(-4, 4).map(lambda k: k / 4)] * d))
    return d, sp.ImmutableMatrix(mean), sp.ImmutableMatrix(root), start, draw(st.integers(2, 6))


def isserlis_lost(model, root, mean):
    r"""The covariance with fourth cumulants in place of moments: labels and features as if pairs were independent."""
    d = model.weights.rows
    law = root * root.T
    residual = sp.Matrix([*model.weights, -1])
    value = residual.dot(mean)
    variance = (residual.T * law * residual)[0]
    return (law[:d, :d] * (variance + value**2) + mean[:d, :] * mean[:d, :].T * variance).applyfunc(sp.expand)


@drawn_from(gaussian_regressions())
def test_the_gradient_noise_of_gaussian_data_needs_all_pairings_of_isserlis(drawn):
    d, mean, root, start, steps = drawn
    variables, weights = [*FEATURES[:d], LABEL], WEIGHTS[:d]
    loss = (sum(w * x for w, x in zip(weights, FEATURES, strict=False)) - LABEL) ** 2 / 2
    model = Model(list(weights), loss, Gaussian(variables, mean, root * root.T))
    features = mean[:d, :].dot(mean[:d, :]) + sum(e**2 for e in root[:d, :])
    rate = float(sp.Rational(1, 4) / features)
    run = Descent((rate,) * steps, start)
    normals = sp.symbols(f"xi_0:{d + 1}", real=True)
    w, seen = sp.Matrix(weights), mean + root * sp.Matrix(normals)
    gradient = seen[:d, :] * (w.dot(seen[:d, :]) - seen[d])
    recursion = Recursion(w, w - eta * gradient, normals=normals)
    nodes = [(np.array(mean + root * sp.Matrix(xi), dtype=float)[:, 0], p) for xi, p in gauss_rule(d + 1, 7)]
    chain = EnumeratedChain(
        np.array([np.outer(z[:d], z[:d]) for z, _ in nodes]),
        np.array([-z[:d] * z[d] for z, _ in nodes]),
        np.array([p for _, p in nodes]),
    )
    assert_moments(
        theory_moments(model.gradient, model.covariance, weights, run),
        theory_moments(model.gradient, isserlis_lost(model, root, mean), weights, run),
        chain=chain,
        run=run,
        direction=np.array([1.0, -0.5][:d]),
        simulated=lambda n: iterated(
            recursion, run, seed=seed_of("gaussian", drawn), replicas=n, parameters={eta: rate}
        ),
    )
