"""Fresh label noise on a full batch, and together with mini-batches: covariance after many steps."""

import sympy as sp
from hypothesis import strategies as st

from tests.numerics.properties.decision import drawn_from
from tests.numerics.properties.quadratic_descent import Descent, EnumeratedChain, assert_moments, theory_moments
from tests.numerics.properties.regressions import regressions
from tests.numerics.properties.runs import batch_rule, iterated, trained
from tests.numerics.seeding import seed_of
from theory.gradient_noise import gradient_descent, label_noise_step
from theory.gradient_noise.sampling import Sampling, batches
from theory.notation import eta, zeta

WITH, WITHOUT = Sampling.WITH_REPLACEMENT, Sampling.WITHOUT_REPLACEMENT

noises = st.integers(1, 8).map(lambda k: k / 4)
Y = sp.Symbol("y", real=True)


def gradient_covariance(task, noise):
    """Of the full-batch gradient with noisy labels: the covariance of one step without its learning rate."""
    return (label_noise_step(task.model, Y).covariance / eta**2).applyfunc(sp.expand).subs(zeta, sp.Rational(noise))


def full_batch(task, noise, steps, engine):
    run = Descent((task.rate,) * steps, task.start)
    seed = seed_of("label noise", engine, task, noise, steps)
    spread = gradient_covariance(task, noise)

    def simulated(replicas):
        if engine == "pytorch":
            rule = batch_rule(WITHOUT, None)
            return trained(task.problem, run, rule, seed=seed, replicas=replicas, label_noise=noise)
        recursion = gradient_descent(task.model, label=Y, label_noise=zeta)
        return iterated(recursion, run, seed=seed, replicas=replicas, parameters={eta: task.rate, zeta: noise})

    assert_moments(
        theory_moments(task.model.gradient, spread, task.weights, run),
        theory_moments(task.model.gradient, task.n * spread, task.weights, run),  # 1/N before the sum, not 1/N^2
        chain=EnumeratedChain.of_regression(task.X, task.y, [(range(task.n), 1)], label_noise=noise),
        run=run,
        direction=task.u,
        simulated=simulated,
    )


@drawn_from(regressions(samples=(2, 3)), noises, st.integers(2, 6))
def test_label_noises_of_one_full_batch_average_out_in_the_recursion(task, noise, steps):
    full_batch(task, noise, steps, "recursion")


@drawn_from(regressions(samples=(2, 3)), noises, st.integers(2, 6))
def test_label_noises_of_one_full_batch_average_out_in_real_sgd(task, noise, steps):
    full_batch(task, noise, steps, "pytorch")


@drawn_from(regressions(samples=(3, 4)), noises, st.sampled_from(Sampling), st.sampled_from(["recursion", "pytorch"]))
def test_noises_of_batch_and_labels_add(task, noise, sampling, engine):
    size, steps = 2, 6
    run = Descent((task.rate,) * steps, task.start)
    seed = seed_of("both noises", engine, task, noise, sampling)
    of_batch = task.model.batch_covariance(size, sampling)
    of_labels = sp.Rational(task.n, size) * gradient_covariance(task, noise)  # the mean over members of the batch

    def simulated(replicas):
        if engine == "pytorch":
            rule = batch_rule(sampling, size)
            return trained(task.problem, run, rule, seed=seed, replicas=replicas, label_noise=noise)
        recursion = gradient_descent(task.model, batch_size=size, sampling=sampling, label=Y, label_noise=zeta)
        return iterated(recursion, run, seed=seed, replicas=replicas, parameters={eta: task.rate, zeta: noise})

    assert_moments(
        theory_moments(task.model.gradient, of_batch + of_labels, task.weights, run),
        theory_moments(task.model.gradient, of_batch, task.weights, run),
        theory_moments(task.model.gradient, of_batch + of_labels * size, task.weights, run),  # one noise for a batch
        chain=EnumeratedChain.of_regression(task.X, task.y, batches(task.n, size, sampling), label_noise=noise),
        run=run,
        direction=task.u,
        simulated=simulated,
    )
