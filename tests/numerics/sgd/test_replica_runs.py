"""Runs of replicas cut into pieces, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from numerics.errors import ArgumentError, DivergenceError
from numerics.sgd.batches import FullBatch, WithoutReplacement, WithReplacement
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.label_noise import GaussianLabelNoise, WrongLabels
from numerics.sgd.optimisers import SGD
from numerics.sgd.replica_run import merge_runs
from numerics.sgd.replicas import gaussian_initial, train_replicas
from numerics.simulation.options import Options
from tests.numerics.sgd.problems import classification, images, numbers, regression
from tests.numerics.sgd.test_replicas import ROUNDING, SEED, first_entry, norm


def test_merged_pieces_are_the_whole():
    problem = regression()
    settings = {
        "batches": WithReplacement(2),
        "steps": 8,
        "seed": SEED,
        "observables": {"norm": norm},
        "at": [0, 4, 8],
    }
    labels = ["a", "b", "a", "b", "b", "c"]
    whole = train_replicas(problem, SGD(0.05), n_replicas=6, labels=labels, **settings)
    parts = [
        train_replicas(
            problem, SGD(0.05), n_replicas=n, options=Options(first=first), labels=labels[first : first + n], **settings
        )
        for first, n in ((4, 2), (0, 4))
    ]
    merged = merge_runs(parts)
    assert set(merged.statistics) == set(whole.statistics) and merged.n_replicas == 6
    for key, expected in whole.statistics.items():
        for found, moments in zip(merged.statistics[key], expected, strict=True):
            assert found.n == moments.n and found.mean == pytest.approx(moments.mean, rel=1e-12)
            assert found.M2 == pytest.approx(moments.M2, rel=1e-9, abs=1e-15)
    assert (problem.flat(merged.final) - problem.flat(whole.final)).abs().max() < ROUNDING
    with pytest.raises(ArgumentError, match="consecutive"):
        merge_runs([parts[0], parts[0]])


def diverging(**settings):
    problem = EmpiricalLoss(
        nn.Linear(1, 1, bias=False).double(),
        lambda f, y: (f - y).square().sum() / 2,
        torch.ones(3, 1),
        torch.ones(3, 1),
    )
    return train_replicas(
        problem, SGD([0.5, 1e3, 1.0, 1e6]), batches=FullBatch(), steps=200, n_replicas=4, seed=SEED, **settings
    )


def test_divergence_is_reported_for_each_replica():
    run = diverging(
        options=Options(on_divergence="count", first=10),
        initial={"weight": torch.zeros(1, 1)},
        observables={"w": first_entry},
        labels=[0.5, 1e3, 1.0, 1e6],
    )
    steps = [int(np.ceil(np.log(np.finfo(float).max) / np.log(rate))) for rate in (1e3, 1e6)]
    assert run.diverged_at.tolist()[::2] == [0, 0] and run.n_diverged == 2
    assert np.abs(run.diverged_at[1::2] - steps).max() <= 2
    assert [run.statistics["w", rate][0].n for rate in (0.5, 1e3, 1.0, 1e6)] == [1, 0, 1, 0]
    assert run.final["weight"][0].item() == pytest.approx(1.0)


def test_divergence_raises_and_names_the_first_replica_and_step():
    last = diverging(options=Options(on_divergence="count"), initial={"weight": torch.zeros(1, 1)}).diverged_at[3]
    with pytest.raises(DivergenceError, match=rf"2 of 4 replicas .* replica 13 at step {last}\."):
        diverging(initial={"weight": torch.zeros(1, 1)}, options=Options(first=10))


def test_threads_are_set_for_the_run_and_given_back():
    settings = {"batches": WithReplacement(2), "steps": 2, "n_replicas": 3, "seed": SEED}
    seen, before = [], torch.get_num_threads()
    for threads in (1, 2):
        train_replicas(
            regression(),
            SGD(0.1),
            options=Options(threads=threads),
            watch=lambda k, _: seen.append((k, torch.get_num_threads())),
            **settings,
        )
    assert {count for k, count in seen[:3] if k} == {1} and {count for k, count in seen[3:] if k} == {2}
    assert torch.get_num_threads() == before
    with pytest.raises(ArgumentError, match="threads must be at least 1"):
        train_replicas(regression(), SGD(0.1), options=Options(threads=0), **settings)


def test_progress_counts_replica_steps():
    reports = []
    settings = {"batches": WithReplacement(2), "steps": 6, "n_replicas": 3, "seed": SEED}
    train_replicas(regression(), SGD(0.1), options=Options(progress=lambda *work: reports.append(work)), **settings)
    assert reports[-1] == (18, 18)


def test_gaussian_weights_have_the_variance_of_their_fan_in():
    problem = images()
    initial = gaussian_initial(problem, 4000, seed=SEED, gain=2.0)
    for name, fan_in in (("0.weight", 18), ("5.weight", 27)):
        sample = initial[name].flatten()
        variance = 4 / fan_in
        assert abs(float(sample.square().mean()) - variance) < 4.9 * variance * (2 / len(sample)) ** 0.5
    assert torch.equal(initial["0.bias"][7], dict(problem.module.named_parameters())["0.bias"])
    again = gaussian_initial(problem, 2, seed=SEED, gain=2.0, first_replica=5)
    assert torch.equal(again["5.weight"], initial["5.weight"][5:7])


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batches": WithoutReplacement(13)}, r"size must lie in 1\.\.12 without replacement"),
        ({"batches": 3}, r"batches must be a rule"),
        ({"optimiser": SGD([0.1, 0.2])}, "learning_rate must be one number, or one per replica: 3 replicas"),
        ({"optimiser": 0.1}, r"optimiser must be SGD\(\.\.\.\) or Adam"),
        ({"initial": {"0.wieght": torch.zeros(5, 3)}}, r"\['0.wieght'\] are unknown; the module trains \['0.weight'"),
        ({"initial": {"0.weight": torch.zeros(3, 5)}}, r"initial\['0.weight'\] must have shape \(5, 3\)"),
        ({"initial": {"0.weight": torch.full((5, 3), torch.nan)}}, "must be finite"),
        ({"initial": [1.0]}, "initial must map names"),
        ({"initial": {"0.weight": "text"}}, r"initial\['0.weight'\] must be an array of real numbers"),
        ({"initial": {"0.weight": 1j * torch.ones(5, 3)}}, r"initial\['0.weight'\] must hold real numbers"),
        ({"schedule": [1.0, 0.5]}, "one factor for each of the 4 steps"),
        ({"schedule": lambda k: -1.0}, "got -1.0 at step 0"),
        ({"at": [3, 1]}, "ascending"),
        ({"at": [5]}, "at must be at least 0 and below 5"),
        ({"steps": 2.5}, "steps must be a whole number"),
        ({"n_replicas": 0}, "n_replicas"),
        ({"labels": ["a"], "observables": {"norm": norm}}, "one label per replica, 3, got 1"),
        ({"observables": {"w": lambda p: p["nothing"]}}, "asks for the parameter 'nothing'"),
        ({"observables": {"w": lambda p: p["0.bias"]}}, r"must be one number per replica, got \(5,\)"),
        ({"observables": {"w": lambda p: p["0.bias"].sum().item()}}, "that torch.func.vmap can"),
        ({"observables": {"w": lambda p: p["0.bias"].sum() / 0}}, "the observable 'w' at step 4: .* NaN or infinite"),
        ({"observables": norm}, "observables must map names"),
        ({"label_noise": GaussianLabelNoise(-1.0)}, "standard_deviation must be finite and not negative"),
        ({"label_noise": WrongLabels(0.1, 2)}, r"targets must be int64.*GaussianLabelNoise"),
        ({"options": Options(backend="numpy")}, "train_replicas has no use for backend"),
        ({"options": {"threads": 2}}, r"options must be Options\(\.\.\.\), got dict"),
    ],
)
def test_bad_arguments_are_refused_with_the_next_move(changes, message):
    settings = {"optimiser": SGD(0.1), "batches": WithReplacement(2), "steps": 4, "n_replicas": 3, "seed": 1, **changes}
    with pytest.raises(ArgumentError, match=message):
        train_replicas(regression(), settings.pop("optimiser"), **settings)


@pytest.mark.parametrize(
    ("noise", "message"),
    [
        (GaussianLabelNoise(0.1), r"WrongLabels\(probability, classes\)"),
        (WrongLabels(1.5, 2), r"probability must lie in \[0, 1\]"),
        (WrongLabels(0.1, 5), None),
    ],
)
def test_label_noise_that_does_not_fit_classes_is_refused(noise, message):
    settings = {"batches": WithReplacement(2), "steps": 1, "n_replicas": 1, "seed": 1, "label_noise": noise}
    if message is None:
        with pytest.raises(ArgumentError, match=r"targets must lie in 0\.\.1 for classes=2"):
            WrongLabels(0.1, 2).check(torch.tensor([0, 2]), 1)
        return
    with pytest.raises(ArgumentError, match=message):
        train_replicas(classification(), SGD(0.1), **settings)


def test_a_module_that_branches_on_its_weights_is_trained_replica_by_replica():
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Linear(3, 2, bias=False)

        def forward(self, x):
            y = self.layer(x)
            return y if self.layer.weight.sum() > 0 else 3 * y

    problem = regression(Branching().double())
    weights = torch.stack([torch.ones(2, 3), -torch.ones(2, 3)]).double()
    run = train_replicas(
        problem, SGD(0.01), batches=FullBatch(), steps=1, n_replicas=2, seed=1, initial={"layer.weight": weights}
    )
    assert run.final is not None
    for W, moved, factor in zip(weights, run.final["layer.weight"], (1, 3), strict=True):
        residuals = factor * problem.inputs @ W.T - problem.targets
        slope = 2 * factor * residuals.T @ problem.inputs / problem.n
        torch.testing.assert_close(moved, W - 0.01 * slope)


def test_targets_of_numpy_are_read():
    problem = EmpiricalLoss(nn.Linear(3, 2), regression().loss, np.zeros((4, 3)), numbers(4, 2).numpy())
    assert problem.dtype == torch.float32 == problem.inputs.dtype
