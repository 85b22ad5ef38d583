"""Momentum and weight decay as PyTorch has them: covariance of the weights after many steps."""

from hypothesis import strategies as st

from tests.numerics.properties.decision import drawn_from
from tests.numerics.properties.quadratic_descent import Descent, EnumeratedChain, assert_moments, theory_moments
from tests.numerics.properties.regressions import regressions
from tests.numerics.properties.runs import batch_rule, iterated, trained
from tests.numerics.seeding import seed_of
from theory.discrete.momentum import momentum as m
from theory.gradient_noise import gradient_descent
from theory.gradient_noise.sampling import Sampling, batches
from theory.notation import eta

inertias = st.integers(1, 4).map(lambda k: k / 5)
decays = st.integers(1, 8).map(lambda k: k / 8)


def check(task, run, sampling, engine, *near_misses):
    """``near_misses`` are pairs of a run and a factor on the covariance of the gradient."""
    size = 2
    seed = seed_of(engine, task, run, sampling)
    model = task.model
    spread = model.batch_covariance(size, sampling)

    def simulated(replicas):
        if engine == "pytorch":
            return trained(task.problem, run, batch_rule(sampling, size), seed=seed, replicas=replicas)
        recursion = gradient_descent(
            model, batch_size=size, sampling=sampling, momentum=m if run.momentum else 0, weight_decay=run.decay
        )
        parameters = {eta: run.rates[0], m: run.momentum} if run.momentum else {eta: run.rates[0]}
        return iterated(recursion, run, seed=seed, replicas=replicas, parameters=parameters)

    assert_moments(
        theory_moments(model.gradient, spread, task.weights, run),
        *(theory_moments(model.gradient, factor * spread, task.weights, wrong) for wrong, factor in near_misses),
        chain=EnumeratedChain.of_regression(task.X, task.y, batches(task.n, size, sampling)),
        run=run,
        direction=task.u,
        simulated=simulated,
    )


def with_momentum(task, inertia, steps, sampling, engine):
    rate = task.rate * (1 - inertia)
    run = Descent((rate,) * steps, task.start, inertia)
    check(
        task,
        run,
        sampling,
        engine,
        (Descent((rate * (1 - inertia),) * steps, task.start, inertia), 1),  # v' = m v + (1 - m) g, PyTorch's dampening
        (Descent((rate,) * steps, task.start), 1),  # no momentum
        (Descent((rate / (1 - inertia),) * steps, task.start), 1),  # no momentum, at the effective rate
    )


momentum_runs = (regressions(samples=(3, 4)), inertias, st.integers(4, 8), st.sampled_from(Sampling))


@drawn_from(*momentum_runs)
def test_momentum_in_the_recursion_is_undamped(task, inertia, steps, sampling):
    with_momentum(task, inertia, steps, sampling, "recursion")


@drawn_from(*momentum_runs)
def test_momentum_in_real_sgd_is_undamped(task, inertia, steps, sampling):
    with_momentum(task, inertia, steps, sampling, "pytorch")


@drawn_from(regressions(), decays, st.integers(3, 8), st.sampled_from(Sampling))
def test_weight_decay_in_the_recursion_adds_to_the_gradient(task, decay, steps, sampling):
    rates, start = (task.rate,) * steps, task.start
    wrong = [(Descent(rates, start), 1), (Descent(rates, start, decay=2 * decay), 1)]  # none; gradient of decay*|w|^2
    check(task, Descent(rates, start, decay=decay), sampling, "recursion", *wrong)


@drawn_from(regressions(), decays, st.integers(3, 8), st.sampled_from(Sampling))
def test_weight_decay_in_real_sgd_adds_to_the_gradient(task, decay, steps, sampling):
    rates, start = (task.rate,) * steps, task.start
    wrong = [(Descent(rates, start), 1), (Descent(rates, start, decay=2 * decay), 1)]
    check(task, Descent(rates, start, decay=decay), sampling, "pytorch", *wrong)


@drawn_from(
    regressions(samples=(3, 4)), inertias, decays, st.sampled_from(Sampling), st.sampled_from(["recursion", "pytorch"])
)
def test_weight_decay_passes_through_the_velocity(task, inertia, decay, sampling, engine):
    rate, steps = task.rate * (1 - inertia), 6
    run = Descent((rate,) * steps, task.start, inertia, decay)
    check(task, run, sampling, engine, (Descent((rate,) * steps, task.start, inertia), 1))
