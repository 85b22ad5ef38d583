"""Learning-rate schedules: the rate of a step multiplies that step, neither the one before nor the one after."""

import sympy as sp
from hypothesis import strategies as st

from tests.numerics.properties.decision import drawn_from
from tests.numerics.properties.quadratic_descent import Descent, EnumeratedChain, assert_moments, theory_moments
from tests.numerics.properties.regressions import regressions
from tests.numerics.properties.runs import batch_rule, iterated, trained
from tests.numerics.seeding import seed_of
from theory.gradient_noise import gradient_descent
from theory.gradient_noise.sampling import Sampling, batches
from theory.notation import eta, k

WITH = Sampling.WITH_REPLACEMENT


@st.composite
def schedules(draw):
    """A factor on the learning rate as an expression of the step number: a drop, a power or a geometric decay."""
    kind = draw(st.sampled_from(["drop", "power", "geometric"]))
    if kind == "drop":
        return sp.Piecewise((1, k < draw(st.integers(2, 4))), (sp.Rational(1, draw(st.integers(2, 10))), True))
    if kind == "power":
        return 1 / (1 + k * sp.Rational(draw(st.integers(1, 6)), 4))
    return sp.Rational(draw(st.integers(1, 3)), 4) ** k


def check(task, schedule, steps, inertia, engine):
    factors = [float(schedule.subs(k, step)) for step in range(steps + 1)]
    rates = tuple(task.rate * (1 - inertia) * factor for factor in factors)
    run = Descent(rates[:-1], task.start, inertia)
    seed = seed_of("schedule", engine, task, schedule, steps, inertia)
    size, model = 2, task.model

    def simulated(replicas):
        if engine == "pytorch":
            return trained(task.problem, run, batch_rule(WITH, size), seed=seed, replicas=replicas)
        rate = eta * schedule
        recursion = gradient_descent(model, batch_size=size, sampling=WITH, momentum=inertia, learning_rate=rate)
        return iterated(recursion, run, seed=seed, replicas=replicas, parameters={eta: rates[0]})

    def moments(rates):
        descent = Descent(tuple(rates), task.start, inertia)
        return theory_moments(model.gradient, model.batch_covariance(size, WITH), task.weights, descent)

    assert_moments(
        moments(rates[:-1]),
        moments(rates[1:]),  # steps counted from 1
        moments([rates[0]] * steps),  # no schedule
        chain=EnumeratedChain.of_regression(task.X, task.y, batches(task.n, size, WITH)),
        run=run,
        direction=task.u,
        simulated=simulated,
    )


schedule_runs = (regressions(samples=(3, 4)), schedules(), st.integers(5, 7), st.sampled_from([0.0, 0.5]))


@drawn_from(*schedule_runs)
def test_a_schedule_in_the_recursion_counts_its_steps_from_zero(task, schedule, steps, inertia):
    check(task, schedule, steps, inertia, "recursion")


@drawn_from(*schedule_runs)
def test_a_schedule_in_real_sgd_counts_its_steps_from_zero(task, schedule, steps, inertia):
    check(task, schedule, steps, inertia, "pytorch")
