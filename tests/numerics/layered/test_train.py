"""What a run promises: the same bits however it is cut, divergence by replica and step, refusals before anything."""

from __future__ import annotations

import sys
import tracemalloc
from collections import OrderedDict

import numpy as np
import pytest

from numerics.deep_linear import DataSet, Modes, NoisyTeacher
from numerics.errors import ArgumentError, DivergenceError, FallbackWarning, MissingBackendError
from numerics.layered.backend import available_memory
from numerics.layered.dynamics import FullGradientDescent, IsotropicLangevin, MiniBatchDescent
from numerics.layered.initial import gaussian_layers
from numerics.layered.network import DenseNetwork
from numerics.layered.observables import (
    Alignment,
    Balance,
    LayerNorm,
    MeanLoss,
    ModeAmplitude,
    ObservedDiffusion,
    network_outputs,
)
from numerics.layered.run import merge_layered_runs
from numerics.layered.train import train_layers
from numerics.simulation.options import BLOCK, Options
from tests.numerics.seeding import seed_of
from theory.gradient_noise.sampling import Sampling

NET = DenseNetwork((2, 3, 2))
TEACHER = NoisyTeacher(np.diag([1.0, 0.5]), label_covariance=0.04)
MODE = {"w": ModeAmplitude(NET, Modes.of_teacher(TEACHER), 0)}
SGD = MiniBatchDescent(learning_rate=0.05, batch_size=2)
START = {"W1": 0.5 * np.eye(3, 2), "W2": 0.5 * np.eye(2, 3)}


def run(*, n=2 * BLOCK + 11, steps=12, at=(0, 5, 12), start=START, dynamics=SGD, data=TEACHER, net=NET, **options):
    """A run, in float64 unless said otherwise."""
    observables = MODE if net is NET else {}
    settings = Options(**{"precision": "float64"} | options)
    return train_layers(
        net,
        data,
        dynamics,
        initial=start,
        steps=steps,
        n_replicas=n,
        seed=5,
        at=at,
        observables=observables,
        options=settings,
    )


def same_bits(one, other):
    """Whether two runs agree to the last bit."""
    weights = all(np.array_equal(one.final[name], other.final[name]) for name in one.final)
    return weights and one.statistics == other.statistics and np.array_equal(one.diverged_at, other.diverged_at)


@pytest.fixture(scope="module")
def whole():
    return run()


@pytest.mark.parametrize("options", [{"threads": 3}, {"chunk": BLOCK}, {"threads": 2, "chunk": 2 * BLOCK}], ids=repr)
def test_threads_and_chunks_change_no_bit(whole, options):
    assert same_bits(whole, run(**options))


def test_a_step_more_and_another_stream_are_seen(whole):
    assert not same_bits(whole, run(stream=1))
    assert not same_bits(whole, run(steps=13, at=(0, 5, 13)))


def test_pieces_in_any_order_are_the_whole(whole):
    pieces = [run(n=BLOCK, first=BLOCK), run(n=11, first=2 * BLOCK), run(n=BLOCK, first=0)]
    assert same_bits(whole, merge_layered_runs(pieces))


def test_steps_taken_in_several_calls_change_no_bit(whole, monkeypatch):
    monkeypatch.setattr("numerics.layered.train.WORK_PER_CALL", 1)
    assert same_bits(whole, run())


def test_three_diverging_replicas_are_told_with_their_steps_and_the_others_go_on():
    start = {name: np.broadcast_to(W, (1000, *W.shape)).copy() for name, W in START.items()}
    lost = {7: 30.0, 500: 1e3, 999: 1e60}
    for replica, size in lost.items():
        start["W1"][replica] *= size
    found = run(n=1000, steps=60, at=(60,), start=start, on_divergence="count")
    assert np.flatnonzero(found.diverged_at).tolist() == list(lost)
    assert found.statistics["w"][0].n == 997 and np.isfinite(found.final["W1"][8]).all()
    for replica in lost:
        step = int(found.diverged_at[replica])
        alone = {name: W[replica] for name, W in start.items()}
        for steps, finite in ((step - 1, True), (step, False)):
            options = {"first": replica, "on_divergence": "count"}
            final = run(n=1, steps=steps, at=(steps,), start=alone, **options).final
            assert all(np.isfinite(W).all() for W in final.values()) is finite
    with pytest.raises(DivergenceError, match=r"3 of 1000 replicas .* replica 999 at step \d+.*on_divergence"):
        run(n=1000, steps=60, at=(60,), start=start)


def test_a_divergence_in_one_of_several_chunks_is_not_told_as_of_all_replicas():
    start = {"W1": np.zeros((2 * BLOCK + 5, 1, 1))}
    start["W1"][BLOCK + 7] = 1e300
    with pytest.raises(
        DivergenceError, match=f"^1 of the replicas {BLOCK} to {2 * BLOCK - 1} left.* replica {BLOCK + 7} at"
    ):
        train_layers(
            DenseNetwork((1, 1)), NoisyTeacher([[1.0]]), MiniBatchDescent(learning_rate=9.0), initial=start, steps=99,
            n_replicas=2 * BLOCK + 5, seed=1, options=Options(chunk=BLOCK),
        )  # fmt: skip


def test_many_diverging_replicas_are_told_with_the_same_steps_as_one_by_one():
    start = {name: np.broadcast_to(W, (60, *W.shape)).copy() for name, W in START.items()}
    start["W1"] *= np.where(np.arange(60) % 3, np.geomspace(3, 1e4, 60), 1.0)[:, None, None]
    together = run(n=60, steps=30, at=(30,), start=start, on_divergence="count").diverged_at
    seen = np.zeros(60, int)
    for step in range(1, 31):
        final = run(n=60, steps=step, at=(step,), start=start, on_divergence="count").final
        gone = ~np.all([np.isfinite(W).all((1, 2)) for W in final.values()], axis=0)
        seen[gone & (seen == 0)] = step
    assert (together > 0).sum() > 20 and (together == 0).sum() >= 20
    assert together.tolist() == seen.tolist()


def test_replicas_with_rates_of_their_own_are_kept_apart():
    rates = np.repeat([0.0, 0.1], 5)
    dynamics = MiniBatchDescent(learning_rate=rates)
    with pytest.raises(ArgumentError, match="labels must tell replicas with different learning_rate apart"):
        run(n=10, dynamics=dynamics)
    found = train_layers(
        NET, TEACHER, dynamics, initial=START, steps=5, n_replicas=10, seed=1, observables=MODE, labels=rates
    )
    assert found.statistics["w", 0.0][0].variance == 0 < found.statistics["w", 0.1][0].variance


GAUSSIAN = gaussian_layers(NET, 4, seed=seed_of("refusals"))
MANY = np.ones((2**16 + 1, 2))
FEW = DataSet(np.ones((3, 2)), np.ones((3, 2)))
TANH = DenseNetwork((2, 3, 2), activations="tanh")


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (
            lambda: run(
                data=FEW,
                dynamics=MiniBatchDescent(learning_rate=0.1, batch_size=4, sampling=Sampling.WITHOUT_REPLACEMENT),
            ),
            "batch_size must be at most the 3 samples",
        ),
        (
            lambda: run(dynamics=MiniBatchDescent(learning_rate=0.1, sampling=Sampling.WITHOUT_REPLACEMENT)),
            "sampling without replacement needs a DataSet",
        ),
        (lambda: DataSet([[1.0, float("nan")]], [[1.0, 1.0]]), "inputs must hold finite numbers"),
        (
            lambda: run(dynamics=MiniBatchDescent(learning_rate=0.1, schedule=lambda k: 1 - k / 10)),
            r"schedule must be finite and not negative, got -0.1.* at step 11",
        ),
        (
            lambda: run(dynamics=MiniBatchDescent(learning_rate=0.1, schedule=[1.0] * 3)),
            "one factor for each of the 12",
        ),
        (lambda: run(n=2**31 - 1), r"n_replicas=2147483647 with 12 numbers each would need about .* GiB are free"),
        (lambda: run(dynamics=FullGradientDescent(learning_rate=0.1), net=TANH), "data must be a DataSet where"),
        (lambda: run(data=NoisyTeacher(np.eye(3))), "data must have the 2 inputs and 2 labels"),
        (lambda: run(start={"W1": START["W1"]}), "initial must hold the weights W1, W2: W2 is missing"),
        (lambda: run(start=START | {"W2": np.eye(2)}), r"initial\['W2'\] must have shape \(2, 3\)"),
        (lambda: run(start=START | {"W2": np.full((2, 3), np.nan)}), "finite numbers, got NaN"),
        (lambda: run(start=GAUSSIAN, n=5), r"initial\['W1'\] must have shape \(3, 2\), or \(5, 3, 2\)"),
        (lambda: MiniBatchDescent(learning_rate=-0.1), "learning_rate must be one number that is not negative"),
        (lambda: MiniBatchDescent(learning_rate=True), "learning_rate must be a real number, got the truth value True"),
        (lambda: MiniBatchDescent(learning_rate=0.1, momentum=1.0), "momentum must be below 1"),
        (lambda: IsotropicLangevin(step=0.1, temperature=-1), "temperature must be one number that is not negative"),
        (lambda: DenseNetwork((2, 3, 2), activations="gelu"), "activations must be one of 'linear', 'tanh'"),
        (lambda: DenseNetwork((2, 3), activations="tanh"), "activations belong to hidden layers, of which .* has none"),
        (lambda: gaussian_layers(NET, 4, seed=1, gain=-1.0), "gain must not be negative"),
        (
            lambda: run(data=DataSet(MANY, MANY), precision="float32"),
            r"at most 65536 samples for batches in precision=.*float32.*, got 65537.*precision='mixed'",
        ),
        (lambda: DenseNetwork((2, 3), frozen=(1,)), "frozen must leave a layer to train"),
        (lambda: DenseNetwork((2, 3), residual=(1,)), "residual must name square layers"),
        (lambda: run(at=(3, 2)), "at must hold ascending numbers of steps"),
        (
            lambda: run(start={name: 1e39 * W for name, W in START.items()}, precision="float32"),
            r"initial\['W1'\] must not go beyond 3.4e\+38, the largest number of float32",
        ),
        (
            lambda: run(data=NoisyTeacher(1e39 * np.eye(2)), precision="float32"),
            "teacher must not go beyond .* of float32",
        ),
        (
            lambda: run(dynamics=MiniBatchDescent(learning_rate=0.1, schedule=lambda: 1.0)),
            r"schedule must be a function that can be called with 1 argument, got one that takes \(\)",
        ),
        (lambda: gaussian_layers(DenseNetwork((1000, 1000)), 10**7, seed=1), "n_replicas must leave room: the first"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_runs(call, told, monkeypatch):
    monkeypatch.setattr("numerics.kernels.layer_kernel.LayerKernel.advance", None)
    with pytest.raises(ArgumentError, match=told):
        call()


def test_a_network_without_hidden_layers_may_say_that_it_is_linear():
    assert DenseNetwork((2, 3), activations="linear").activations == DenseNetwork((2, 3)).activations == ()


def test_an_observable_that_asks_for_no_weight_is_named_with_the_weights_there_are():
    with pytest.raises(ArgumentError, match="the observable 'seventh' asks for 'W7', which is no weight. Weights: W1"):
        train_layers(
            NET, TEACHER, SGD, initial=START, steps=1, n_replicas=2, seed=1,
            observables={"seventh": lambda w: w["W7"][:, 0, 0]},
        )  # fmt: skip


OTHER = DenseNetwork((2, 2))


@pytest.mark.parametrize(
    "observable",
    [
        lambda: ModeAmplitude(OTHER, Modes.of_teacher(TEACHER), 0),
        lambda: MeanLoss(OTHER, TEACHER),
        lambda: MeanLoss(DenseNetwork((2, 4, 2), activations="tanh"), FEW),
        lambda: Balance(DenseNetwork((2, 4, 2)), 1),
        lambda: Alignment(DenseNetwork((2, 4, 2)), 1),
        lambda: LayerNorm(OTHER, 1),
    ],
)
def test_an_observable_of_another_network_is_refused_with_the_weights_that_differ(observable):
    with pytest.raises(ArgumentError, match=r"weights must hold W1 of shape \(n, \d, 2\) .*got shape \(2, 3, 2\)"):
        train_layers(NET, TEACHER, SGD, initial=START, steps=1, n_replicas=2, seed=1, observables={"o": observable()})


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: ModeAmplitude(NET, Modes(np.eye(3), np.eye(2)), 0), "modes must be directions of 2 outputs"),
        (lambda: MeanLoss(NET, NoisyTeacher(np.eye(3))), "data must have the 2 inputs and 2 labels"),
        (lambda: ObservedDiffusion(NET, Modes.of_teacher(TEACHER), 0, TEACHER, 0.0), "learning_rate must be positive"),
        (lambda: Alignment(OTHER, 1), "two layers at least to be aligned"),
        (lambda: network_outputs(NET, GAUSSIAN, np.ones((3, 3))), r"inputs must have shape \(samples, 2\)"),
        (lambda: network_outputs(NET, {}, np.ones((3, 2))), "W1 .* which is missing"),
        (
            lambda: train_layers(
                NET, TEACHER, SGD, initial=START, steps=1, n_replicas=2, seed=1, observables={"none": lambda: 1.0}
            ),
            "the observable 'none' must be a function that can be called",
        ),
    ],
)
def test_observables_that_do_not_fit_are_refused(call, told):
    with pytest.raises(ArgumentError, match=told):
        call()


def test_an_observable_of_two_steps_has_none_before_the_start():
    observable = ObservedDiffusion(NET, Modes.of_teacher(TEACHER), 0, TEACHER, 0.05)
    with pytest.raises(ArgumentError, match="at must not hold 0"):
        train_layers(
            NET, TEACHER, SGD, initial=START, steps=2, n_replicas=2, seed=1, at=[0, 2], observables={"D": observable}
        )


def test_memory_is_asked_of_the_system():
    assert (available_memory() or 0) > 2**20


@pytest.mark.parametrize(("keep_final", "per_replica"), [(False, 40), (True, 150)])
def test_memory_grows_with_the_replicas_by_what_is_asked_for_alone(keep_final, per_replica):
    def peak(n: int) -> int:
        tracemalloc.start()
        options = Options(keep_final=keep_final, chunk=BLOCK, progress=False)
        run = train_layers(NET, TEACHER, SGD, initial=START, steps=1, n_replicas=n, seed=1, options=options)
        assert (run.final is None) is not keep_final
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(BLOCK)
    assert peak(32 * BLOCK) - peak(2 * BLOCK) < 30 * BLOCK * per_replica


def test_weights_that_leave_the_cache_are_told_with_what_they_cost(monkeypatch):
    monkeypatch.setattr("numerics.layered.backend.LOSSES", ((2**10, "two thirds"), (2**30, "a third")))
    wide = DenseNetwork((8, 8, 8))
    with pytest.warns(FallbackWarning, match="carries 128 numbers.*leave the cache: expect about two thirds"):
        run(net=wide, data=NoisyTeacher(np.eye(8)), start=gaussian_layers(wide, 2, seed=1), n=2, steps=1, at=(1,))


def test_without_llvmlite_pytorch_takes_the_steps_and_says_so(monkeypatch, whole):
    monkeypatch.setitem(sys.modules, "numerics.kernels.cpu.layer_kernel", None)
    with pytest.warns(FallbackWarning, match="llvmlite, which is missing: PyTorch takes the steps"):
        found = run(n=BLOCK + 3)
    assert all(np.abs(found.final[name] - W[: BLOCK + 3]).max() < 1e-13 for name, W in whole.final.items())
    with pytest.raises(MissingBackendError, match="backend='cpu' needs the package llvmlite"):
        run(n=3, backend="cpu")


@pytest.mark.parametrize(
    ("limits", "pays_after", "compiled"),
    [([0], 0, [True]), ([2**60, 0], 0, [False, True]), ([2**60, 0], 2**60, [False])],
)
def test_a_kernel_is_optimised_when_that_pays_and_changes_no_bit(monkeypatch, whole, limits, pays_after, compiled):
    from numerics.kernels.cpu import layer_kernel, target

    asked = []

    def compile_ir(*given, thorough):
        asked.append(thorough)
        return target.compile_ir(*given, thorough=thorough)

    monkeypatch.setattr(layer_kernel, "compile_ir", compile_ir)
    monkeypatch.setattr(layer_kernel, "PAYS_AFTER", pays_after)
    monkeypatch.setattr(layer_kernel, "_KERNELS", OrderedDict())
    for limit in limits:
        monkeypatch.setattr(layer_kernel, "WORTH_OPTIMISING", limit)
        assert same_bits(whole, run())
    assert asked == compiled
