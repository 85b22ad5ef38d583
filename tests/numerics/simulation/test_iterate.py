"""The fused engine runs the recursion that is written: batch for batch PyTorch's, law for law the exact one."""

import importlib.util
import math

import numpy as np
import pytest
import sympy as sp
from scipy import stats

from numerics.errors import ArgumentError, DivergenceError, MissingBackendError, MissingParameterError
from numerics.random.normal import standard_normals
from numerics.random.uniform import standard_uniforms
from numerics.simulation.accumulators import GridMaximum, Supremum
from numerics.simulation.chunks import chunk_bounds, merge_chunks, simulate_chunk
from numerics.simulation.iterate import iterate
from numerics.simulation.options import BLOCK, Options
from numerics.simulation.plan import iteration_plan
from tests.numerics.seeding import FALSE_ALARM, FALSE_ALARM_IN_PROPERTY, seed_of
from theory.discrete.draws import DistinctIndex, Lookup
from theory.discrete.growth_rate import finite_growth_rate, gaussian_growth_rate
from theory.discrete.recursion import Recursion
from theory.gradient_noise import Empirical, Model, Sampling, gradient_descent
from theory.models.single_neuron import SingleNeuron, w_1, w_2
from theory.models.single_neuron import y as neuron_label
from theory.models.teacher_student.modes import a, b, mode_update
from theory.notation import eta, k, s_tilde, zeta

w, v, x, y, xi = sp.symbols("w v x y xi", real=True)
u = sp.symbols("u0:4", real=True)

DATA = [[0.5, 1.0], [-1.25, 0.5], [2.0, -0.75], [0.75, 0.25], [-0.5, -1.5], [1.5, 2.0], [0.125, -0.375]]
NEURON = Model([w, v], (v * sp.tanh(w * x) - y) ** 2 / 2, Empirical([x, y], DATA))
NO_LLVM = importlib.util.find_spec("llvmlite") is None
BOTH = [pytest.param("cpu", marks=pytest.mark.skipif(NO_LLVM, reason="the fused CPU kernel needs llvmlite")), "numpy"]


def cosine(steps):
    """Warm-up over the first tenth, then half a cosine."""
    rising = sp.Piecewise(((k + 1) / sp.Integer(steps // 10), k < steps // 10), (1, True))
    return eta * rising * (1 + sp.cos(sp.pi * k / steps)) / 2


# Against PyTorch, on the same batches and the same noise


def pytorch(steps, replica, *, rates, momentum, decay, indices, noises):
    """The same run by ``torch.optim.SGD`` and automatic differentiation."""
    torch = pytest.importorskip("torch")
    weights = torch.tensor([0.3, -0.4], dtype=torch.float64, requires_grad=True)
    data = torch.tensor(DATA, dtype=torch.float64)
    optimiser = torch.optim.SGD([weights], lr=1.0, momentum=momentum, weight_decay=decay)
    for step in range(steps):
        batch = data[torch.as_tensor(indices[step, :, replica])]
        labels = batch[:, 1] + torch.as_tensor(noises[step, :, replica])
        optimiser.param_groups[0]["lr"] = rates[step]
        optimiser.zero_grad()
        (((weights[1] * torch.tanh(weights[0] * batch[:, 0]) - labels) ** 2) / 2).mean().backward()
        optimiser.step()
    return weights.detach().numpy()


@pytest.mark.every(7)
@pytest.mark.parametrize("backend", BOTH)
@pytest.mark.parametrize("sampling", Sampling)
def test_every_step_is_that_of_torch_on_the_same_batch(backend, sampling):
    steps, size, replicas, noise, momentum, decay = 60, 3, 2, 0.2, 0.9, 0.01
    schedule = cosine(steps)
    seed = seed_of("torch", sampling)
    recursion = gradient_descent(
        NEURON, learning_rate=schedule, batch_size=size, sampling=sampling, label=y, label_noise=noise,
        momentum=momentum, weight_decay=decay,
    )  # fmt: skip
    run = iterate(
        recursion, parameters={eta: 0.1}, initial=[0.3, -0.4, 0.0, 0.0], steps=steps, n_replicas=replicas, seed=seed,
        options=Options(backend=backend, precision="float64"),
    )  # fmt: skip
    place = dict(first_step=0, n_steps=steps, n_normals=size, n_uniforms=size, width=64)
    uniforms = standard_uniforms(seed, np.arange(replicas), **place)
    indices = batch_indices(uniforms, len(DATA), sampling)
    noises = noise * standard_normals(seed, np.arange(replicas), **place)
    rates = [float(schedule.subs({eta: 0.1, k: step})) for step in range(steps)]
    assert len(set(rates)) > steps / 2
    arguments = dict(rates=rates, momentum=momentum, decay=decay, indices=indices, noises=noises)
    for replica in range(replicas):
        np.testing.assert_allclose(run.final[replica, :2], pytorch(steps, replica, **arguments), rtol=1e-11)
    for wrong in ({"decay": 0.011}, {"momentum": 0.89}, {"rates": [0.05] * steps}, {"noises": -noises},
                  {"indices": indices[::-1]}):  # fmt: skip
        other = pytorch(steps, 0, **{**arguments, **wrong})
        assert not np.allclose(run.final[0, :2], other, rtol=1e-5)


def batch_indices(uniforms, n, sampling):
    """Floyd's algorithm, or independent indices, one batch member per row. Shape ``(steps, size, replicas)``."""
    if sampling is Sampling.WITH_REPLACEMENT:
        return np.floor(n * uniforms).astype(int)
    chosen = np.empty(uniforms.shape, int)
    steps, size, replicas = uniforms.shape
    for step in range(steps):
        for replica in range(replicas):
            members = []
            for member, last in enumerate(range(n - size, n)):
                drawn = int((last + 1) * uniforms[step, member, replica])
                members.append(last if drawn in members else drawn)
            chosen[step, :, replica] = members
    return chosen


# Backends and bits

RECURSIONS = {
    "label noise": gradient_descent(NEURON, label=y, label_noise=zeta, momentum=0.5),
    "batch": gradient_descent(NEURON, batch_size=3, learning_rate=eta / (1 + k / 10)),
    "distinct batch": gradient_descent(NEURON, batch_size=3, sampling=Sampling.WITHOUT_REPLACEMENT, label=y,
                                       label_noise=zeta),
    "large table": gradient_descent(
        Model([w], (w * x - y) ** 2 / 2, Empirical([x, y], [[i / 16, i % 7] for i in range(37)])), batch_size=1
    ),
}  # fmt: skip


def arguments(name, **changes):
    """A run of a recursion above, a block and a bit more."""
    recursion = RECURSIONS[name]
    values = {symbol: {eta: 0.1, zeta: 0.3}[symbol] for symbol in recursion.parameters}
    start = [0.3, -0.4, 0.1, 0.2][: recursion.dimension]
    given = dict(recursion=recursion, parameters=values, initial=start, steps=11, n_replicas=BLOCK + 300,
                 seed=seed_of(name), at=[0, 3, 10], observables=[w**2, w * k], paths=True)  # fmt: skip
    return {**given, **changes}


def bits(run):
    """Everything a run computed, as comparable data."""
    return {str(name): m for name, m in run.statistics.items()}, run.final.tobytes(), run.paths.tobytes()


@pytest.mark.every(13)
@pytest.mark.parametrize("precision", ["float32", "mixed", "float64"])
@pytest.mark.parametrize("name", RECURSIONS)
def test_backends_take_the_same_steps(name, precision):
    pytest.importorskip("llvmlite", reason="the fused CPU kernel needs llvmlite")
    choices = [Options(backend=each, precision=precision) for each in ("cpu", "numpy")]
    runs = [iterate(**arguments(name, n_replicas=300, options=options)) for options in choices]
    tolerance = {"float32": 3e-5, "mixed": 3e-6, "float64": 1e-13}[precision]
    for fused, naive in ((runs[0].final, runs[1].final), (runs[0].paths, runs[1].paths)):
        np.testing.assert_allclose(np.asarray(fused), np.asarray(naive), rtol=tolerance, atol=tolerance)


@pytest.mark.every(4)
@pytest.mark.parametrize("name", RECURSIONS)
def test_the_result_has_the_same_bits_however_the_work_is_cut(name):
    whole = bits(iterate(**arguments(name)))
    assert bits(iterate(**arguments(name, options=Options(threads=2)))) == whole
    assert bits(iterate(**arguments(name, options=Options(chunk=BLOCK)))) == whole
    plan = iteration_plan(**arguments(name, options=Options(chunk=BLOCK)))
    assert bits(merge_chunks(plan, [simulate_chunk(plan, *c) for c in reversed(chunk_bounds(plan))])) == whole
    assert bits(iterate(**arguments(name, seed=1)))[1] != whole[1]


def test_looking_more_often_changes_nothing():
    final = iterate(**arguments("distinct batch")).final
    assert np.array_equal(iterate(**arguments("distinct batch", at=range(12))).final, final)


def test_later_replicas_are_those_of_a_longer_run():
    whole = iterate(**arguments("batch", n_replicas=100)).final
    assert np.array_equal(iterate(**arguments("batch", n_replicas=60, options=Options(first=40))).final, whole[40:])
    assert not np.array_equal(iterate(**arguments("batch", n_replicas=100, options=Options(stream=1))).final, whole)


@pytest.mark.parametrize("backend", BOTH)
def test_entries_of_a_table_may_be_parameters_of_each_replica(backend):
    c, d = sp.symbols("c d", real=True)
    rows = np.arange(200.0)
    recursion = Recursion([w], [Lookup(sp.floor(3 * u[0]), c, 10 * d, -1)], uniforms=[u[0]])
    run = iterate(recursion, parameters={c: rows, d: 0.5}, initial=[0], steps=1, n_replicas=200, seed=4,
                  options=Options(backend=backend, precision="float64"))  # fmt: skip
    drawn = np.floor(3 * standard_uniforms(4, np.arange(200), first_step=0, n_steps=1, width=64)[0, 0])
    expected = np.select([drawn == 0, drawn == 1, drawn == 2], [rows, 5.0, -1.0], np.nan)
    assert np.array_equal(run.final[:, 0], expected)
    assert len(set(drawn)) == 3


# The law of the batches


def indices_of(*draws, n_replicas=200_000):
    """One batch for each replica, as the fused kernel draws it."""
    state = sp.symbols(f"i0:{len(draws)}", real=True)
    seed = seed_of("indices", *draws)
    run = iterate(Recursion(state, draws, uniforms=u), initial=[0] * len(draws), steps=1, n_replicas=n_replicas,
                  seed=seed)  # fmt: skip
    assert run.final is not None
    return run.final


def test_with_replacement_every_pair_of_samples_is_as_likely():
    drawn = indices_of(sp.floor(7 * u[0]), sp.floor(7 * u[1]))
    table = np.histogram2d(*drawn.T, bins=7, range=[[-0.5, 6.5]] * 2)[0]
    assert table.sum() == len(drawn) and stats.chisquare(table.ravel()).pvalue > FALSE_ALARM_IN_PROPERTY


def test_without_replacement_samples_differ_and_every_batch_is_as_likely():
    drawn = indices_of(*(DistinctIndex(5, 3, *u[: member + 1]) for member in range(3)))
    ordered = np.sort(drawn, axis=1)
    assert np.all(np.diff(ordered, axis=1) >= 1) and ordered.min() == 0 and ordered.max() == 4
    batches, counts = np.unique(ordered, axis=0, return_counts=True)
    assert len(batches) == math.comb(5, 3)
    assert stats.chisquare(counts).pvalue > FALSE_ALARM_IN_PROPERTY


def test_a_wrong_way_to_draw_a_batch_is_noticed():
    # What is left of Floyd's algorithm if a repeated sample is replaced by the next one.
    first, second = sp.floor(4 * u[0]), sp.floor(4 * u[1])
    drawn = indices_of(first, sp.Piecewise((second + 1, sp.Eq(first, second)), (second, True)))
    batches, counts = np.unique(np.sort(drawn, axis=1), axis=0, return_counts=True)
    assert len(batches) > 6 or stats.chisquare(counts).pvalue < FALSE_ALARM_IN_PROPERTY


# Collapse of chains: exact discrete rates, which the limit of small steps misses


def mean_log(recursion, observable, steps, **given):
    """The mean of an observable after ``steps``, per step."""
    run = iterate(recursion, steps=steps, observables={"log": observable},
                  options=Options(keep_final=False, precision="float64"), **given)  # fmt: skip
    return run.estimate("log")


CURVATURES = Model([w], x * w**2 / 2, Empirical([x], [[2.5], [-3]]))


@pytest.mark.every(2)
@pytest.mark.parametrize("rate", [0.06, 0.065, 0.0685, 0.075, 0.3, 0.5, 0.535, 0.567, 0.6])
def test_mini_batches_collapse_inside_the_window_of_learning_rates_alone(rate):
    steps, n = 100, 150_000
    estimate = mean_log(gradient_descent(CURVATURES, batch_size=1), sp.log(sp.Abs(w)), steps, parameters={eta: rate},
                        initial=[1.0], n_replicas=n, seed=seed_of("window", rate))  # fmt: skip
    exact = float(finite_growth_rate([1 - sp.Rational(5, 2) * eta, 1 + 3 * eta]).subs(eta, rate))
    assert estimate.agrees_with(steps * exact, false_alarm=FALSE_ALARM)
    collapses = 0.0667 < rate < 0.5508
    assert (exact < 0) == collapses
    assert not estimate.agrees_with(0.0, false_alarm=FALSE_ALARM)
    flow = -rate * (-0.25 + rate * 2.75**2 / 2)
    if rate > 0.1:
        assert not estimate.agrees_with(steps * flow, false_alarm=FALSE_ALARM)


@pytest.mark.every(2)
@pytest.mark.parametrize(("rate", "noise"), [(0.1, 1.0), (0.3, 3.0)])
def test_label_noise_multiplies_sum_and_difference_by_gaussian_factors(rate, noise):
    inputs, labels = [1, -2, sp.Rational(1, 2)], [sp.Rational(1, 2), -1, 1]
    neuron = SingleNeuron(inputs, labels, lambda z: z)
    recursion = gradient_descent(neuron.model, label=neuron_label, label_noise=zeta)
    steps, given = 20, dict(parameters={eta: rate, zeta: noise}, n_replicas=60_000)
    m_xy = float(sum(p * q for p, q in zip(inputs, labels, strict=True))) / 3
    variance = (rate * noise) ** 2 * float(sum(p * p for p in inputs)) / 9
    for sign in (1, -1):
        # On the line where the other of the two vanishes: next to a large one, a small one would be rounding.
        estimate = mean_log(
            recursion, sp.log(sp.Abs(w_1 + sign * w_2) / 2e-100), steps, **given,
            initial=[1e-100, sign * 1e-100], seed=seed_of("label noise", rate, sign),
        )  # fmt: skip
        exact = float(gaussian_growth_rate(1 + sign * rate * m_xy, variance))
        assert estimate.agrees_with(steps * exact, false_alarm=FALSE_ALARM)
        flow = sign * rate * m_xy - variance / 2
        assert not estimate.agrees_with(steps * flow, false_alarm=FALSE_ALARM)


def test_a_teacher_student_mode_grows_at_its_discrete_rate():
    recursion = Recursion([a, b], mode_update(a, b, zeta * xi, eta, s_tilde), normals=[xi])
    rate, noise, signal, steps = 0.1, 4.0, 0.9, 30
    estimate = mean_log(recursion, sp.log(sp.Abs(a + b) / 2e-100), steps,
                        parameters={eta: rate, zeta: noise, s_tilde: signal}, initial=[1e-100, 1e-100],
                        n_replicas=60_000, seed=seed_of("mode"))  # fmt: skip
    exact = float(gaussian_growth_rate(1 + rate * signal, (rate * noise) ** 2))
    assert estimate.agrees_with(steps * exact, false_alarm=FALSE_ALARM)
    # The flow has the other sign here: its threshold is eta zeta^2 / 2 = 0.8, that of the recursion 0.938.
    flow = rate * (signal - rate * noise**2 / 2)
    assert exact < 0 < flow and not estimate.agrees_with(steps * flow, false_alarm=FALSE_ALARM)


# Faces


def test_times_are_step_numbers_and_the_step_number_counts_from_zero():
    run = iterate(Recursion([w], [w + k]), initial=[0], steps=4, n_replicas=3, seed=1, at=[0, 1, 4],
                  observables={"w": w, "k": k})  # fmt: skip
    assert run.times.tolist() == [0, 1, 4]
    assert [m.mean for m in run.statistics["k"]] == [0, 1, 4]
    assert [m.mean for m in run.statistics["w"]] == [0, 0, 6]


def test_accumulators_follow_the_run_and_bridges_are_refused():
    largest = sp.Symbol("largest", real=True)
    given = dict(recursion=Recursion([w], [(w + 3) * (1 - w) / 4 + xi], normals=[xi]), initial=[0.5], steps=9,
                 n_replicas=40, seed=2)  # fmt: skip
    run = iterate(**given, at=range(10), paths=True, accumulators={largest: GridMaximum(w)}, count_sign_changes=True)
    assert np.array_equal(run.accumulated[largest], run.paths[:, :, 0].max(axis=0))
    assert run.sign_changes[w] == (np.diff(np.sign(run.paths[:, :, 0]), axis=0) != 0).sum() > 0
    with pytest.raises(ArgumentError, match="need an Itô process"):
        iterate(**given, accumulators={largest: Supremum(w)})


def test_progress_is_reported_up_to_the_end():
    seen = []
    iterate(**arguments("batch", options=Options(progress=lambda done, total: seen.append((done, total)))))
    total = 11 * (BLOCK + 300)
    assert seen[-1] == (total, total) and sorted(seen) == seen


def test_divergence_raises_or_is_counted():
    recursion = gradient_descent(Model([w], w**4 * x / 4, Empirical([x], [[1], [-1]])), batch_size=1)
    given = dict(parameters={eta: 0.5}, initial=[1.0], steps=60, n_replicas=500, seed=seed_of("divergence"))
    with pytest.raises(DivergenceError, match=r"by k=60\. Take a smaller learning rate"):
        iterate(recursion, **given)
    run = iterate(recursion, **given, options=Options(on_divergence="count"), observables=[w])
    assert 0 < run.blow_ups <= 500 and run.statistics[w][0].n == 500 - run.blow_ups


STEP = gradient_descent(CURVATURES, batch_size=1)
SCHEDULED = gradient_descent(CURVATURES, learning_rate=eta / (1 + k))


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        (dict(recursion=CURVATURES), ArgumentError, "recursion must be a Recursion.*gradient_descent"),
        (dict(parameters={}), MissingParameterError, "no value for eta"),
        (dict(parameters={eta: -1.0}), ArgumentError, "declared positive"),
        (dict(initial=[1.0, 0.0]), ArgumentError, r"shape \(1,\)"),
        (dict(steps=0), ArgumentError, "steps must be at least 1"),
        (dict(steps=2.5), ArgumentError, "steps must be a whole number"),
        (dict(n_replicas=0), ArgumentError, "n_replicas must be at least 1"),
        (dict(seed=-1), ArgumentError, "seed"),
        (dict(at=[5, 3]), ArgumentError, "ascending"),
        (dict(at=[11]), ArgumentError, "at must be at least 0 and below 11"),
        (dict(at=[]), ArgumentError, "at least one"),
        (dict(at=3), ArgumentError, "ascending step numbers"),
        (dict(observables={"v": v}), MissingParameterError, "no value for v"),
        (dict(options=7), ArgumentError, "options must be Options"),
        (dict(options=Options(device="cuda")), MissingBackendError, "device='cpu'"),
        (
            dict(recursion=SCHEDULED, options=Options(precision="float32"), steps=2**24 + 1),
            ArgumentError,
            "precision='mixed'",
        ),
        (dict(n_replicas=2**30), ArgumentError, "keep_final=False"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(changes, error, said):
    given = dict(recursion=STEP, parameters={eta: 0.1}, initial=[1.0], steps=10, n_replicas=10, seed=1)
    with pytest.raises(error, match=said):
        iterate(**{**given, **changes})
