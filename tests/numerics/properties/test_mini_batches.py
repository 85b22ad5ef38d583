"""Mini-batch SGD has the mean and the covariance of the theory, after many steps, with and without replacement."""

from hypothesis import strategies as st

from tests.numerics.properties.decision import drawn_from
from tests.numerics.properties.quadratic_descent import Descent, EnumeratedChain, assert_moments, theory_moments
from tests.numerics.properties.regressions import regressions
from tests.numerics.properties.runs import batch_rule, iterated, trained
from tests.numerics.seeding import seed_of
from theory.gradient_noise import gradient_descent
from theory.gradient_noise.sampling import Sampling, batches
from theory.notation import eta

WITH, WITHOUT = Sampling.WITH_REPLACEMENT, Sampling.WITHOUT_REPLACEMENT


@st.composite
def mini_batch_runs(draw):
    task = draw(regressions())
    size = draw(st.integers(2, min(3, task.n - 1)))
    return task, size, draw(st.integers(3, 12))


def moments(task, size, sampling, run):
    model = task.model
    return theory_moments(model.gradient, model.batch_covariance(size, sampling), task.weights, run)


def check(drawn, sampling, engine):
    task, size, steps = drawn
    run = Descent((task.rate,) * steps, task.start)
    seed = seed_of(engine, task, size, steps, sampling)

    def simulated(replicas):
        if engine == "pytorch":
            return trained(task.problem, run, batch_rule(sampling, size), seed=seed, replicas=replicas)
        recursion = gradient_descent(task.model, batch_size=size, sampling=sampling)
        return iterated(recursion, run, seed=seed, replicas=replicas, parameters={eta: task.rate})

    assert_moments(
        moments(task, size, sampling, run),
        moments(task, size, WITHOUT if sampling is WITH else WITH, run),
        chain=EnumeratedChain.of_regression(task.X, task.y, batches(task.n, size, sampling)),
        run=run,
        direction=task.u,
        simulated=simulated,
    )


@drawn_from(mini_batch_runs())
def test_the_recursion_with_replacement_has_the_covariance_of_the_theory_and_not_that_without(drawn):
    check(drawn, WITH, "recursion")


@drawn_from(mini_batch_runs())
def test_the_recursion_without_replacement_has_the_covariance_of_the_theory_and_not_that_with(drawn):
    check(drawn, WITHOUT, "recursion")


@drawn_from(mini_batch_runs())
def test_real_sgd_with_replacement_has_the_covariance_of_the_theory_and_not_that_without(drawn):
    check(drawn, WITH, "pytorch")


@drawn_from(mini_batch_runs())
def test_real_sgd_without_replacement_has_the_covariance_of_the_theory_and_not_that_with(drawn):
    check(drawn, WITHOUT, "pytorch")
