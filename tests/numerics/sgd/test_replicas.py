"""Many replicas at once: each is what PyTorch's own optimiser does to one module on the same batches."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn
from torch.fx.experimental.proxy_tensor import make_fx

from numerics.errors import ArgumentError
from numerics.sgd import descent, minibatches, replicas
from numerics.sgd.batches import FullBatch, ShuffledEpochs, WithoutReplacement, WithReplacement
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.label_noise import GaussianLabelNoise, WrongLabels
from numerics.sgd.optimisers import SGD, Adam
from numerics.sgd.replicas import gaussian_initial, train_replicas
from numerics.sgd.torch_philox import ReplicaNoise
from numerics.simulation.options import Options
from tests.numerics.seeding import FALSE_ALARM, seed_of
from tests.numerics.sgd.problems import classification, images, regression

ROUNDING = 1e-11
SEED = seed_of("train replicas")


def norm(weights):
    return torch.stack([value.square().sum() for value in weights.values()]).sum().sqrt()


def first_entry(weights):
    return next(iter(weights.values())).flatten()[0]


def alone(problem, make_optimiser, rule, *, steps, replica, initial, factors=None, label_noise=None):
    """One replica by PyTorch's own optimiser: its weights after ``steps`` steps, flattened."""
    module = copy.deepcopy(problem.module)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(initial[name][replica])
    optimiser = make_optimiser(module.parameters())
    rates = [group["lr"] for group in optimiser.param_groups]
    noise = ReplicaNoise(SEED, 1, replica)
    chosen = rule.indices(noise, problem.n, 0, steps)
    for k in range(steps):
        batch = torch.arange(problem.n) if chosen is None else chosen[k, 0]
        targets = problem.targets[batch]
        if label_noise is not None:
            shift = label_noise.shifts(noise, k, 1, targets.shape, problem.targets)[0]
            targets = label_noise.shifted(targets[None], shift)[0]
        outputs = module(problem.inputs[batch])
        losses = [problem.loss(output, target) for output, target in zip(outputs, targets, strict=True)]
        optimiser.zero_grad()
        torch.stack(losses).mean().backward()
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * (1 if factors is None else factors[k])
        optimiser.step()
    return torch.cat([parameter.detach().flatten() for parameter in module.parameters()])


OPTIMISERS = {
    "plain": (SGD(0.05), lambda p: torch.optim.SGD(p, lr=0.05)),
    "momentum": (SGD(0.02, momentum=0.9), lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9)),
    "weight decay": (
        SGD(0.05, momentum=0.5, weight_decay=0.1),
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.5, weight_decay=0.1),
    ),
    "Adam": (
        Adam(0.01, betas=(0.8, 0.99), weight_decay=0.1),
        lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.99), weight_decay=0.1),
    ),
}


@pytest.mark.every(9)
@pytest.mark.parametrize("name", OPTIMISERS)
@pytest.mark.parametrize("problem", [regression(), images(), classification()], ids=["dense", "conv", "classes"])
def test_each_replica_is_what_the_optimiser_of_torch_makes_of_one_module(name, problem):
    ours, theirs = OPTIMISERS[name]
    rule, steps = WithReplacement(3), 25
    initial = gaussian_initial(problem, 3, seed=SEED)
    run = train_replicas(problem, ours, batches=rule, steps=steps, n_replicas=3, seed=SEED, initial=initial)
    final = problem.flat(run.final)
    for replica in range(3):
        expected = alone(problem, theirs, rule, steps=steps, replica=replica, initial=initial)
        assert (final[replica] - expected).abs().max() < ROUNDING
        assert (final[replica - 1] - expected).abs().max() > 1e-3


@pytest.mark.every(3)
@pytest.mark.parametrize("rule", [FullBatch(), WithoutReplacement(4), ShuffledEpochs(5)], ids=repr)
def test_every_rule_of_batches_feeds_the_replicas(rule):
    problem, theirs = regression(), lambda p: torch.optim.SGD(p, lr=0.05)
    initial = gaussian_initial(problem, 2, seed=SEED)
    run = train_replicas(problem, SGD(0.05), batches=rule, steps=30, n_replicas=2, seed=SEED, initial=initial)
    expected = alone(problem, theirs, rule, steps=30, replica=1, initial=initial)
    other = alone(problem, theirs, WithReplacement(4), steps=30, replica=1, initial=initial)
    assert (problem.flat(run.final)[1] - expected).abs().max() < ROUNDING
    assert (problem.flat(run.final)[1] - other).abs().max() > 1e-3


@pytest.mark.every(3)
@pytest.mark.parametrize(
    ("problem", "label_noise"),
    [(regression(), GaussianLabelNoise(0.5)), (classification(), WrongLabels(0.3, 2))],
    ids=["gaussian", "classes"],
)
@pytest.mark.parametrize("rule", [FullBatch(), WithReplacement(4)], ids=repr)
def test_label_noise_is_fresh_at_every_step_and_sample(problem, label_noise, rule):
    theirs = lambda p: torch.optim.SGD(p, lr=0.05)  # noqa: E731
    initial = gaussian_initial(problem, 2, seed=SEED)
    settings = {"batches": rule, "steps": 20, "n_replicas": 2, "seed": SEED, "initial": initial}
    run = train_replicas(problem, SGD(0.05), label_noise=label_noise, **settings)
    expected = alone(problem, theirs, rule, steps=20, replica=1, initial=initial, label_noise=label_noise)
    assert (problem.flat(run.final)[1] - expected).abs().max() < ROUNDING
    silent = train_replicas(problem, SGD(0.05), **settings)
    assert (problem.flat(silent.final)[1] - expected).abs().max() > 1e-3


def test_gaussian_label_noise_has_its_variance_in_every_replica():
    noise, like = ReplicaNoise(seed_of("label noise"), 2), torch.zeros(1)
    shifts = GaussianLabelNoise([0.5, 2.0]).shifts(noise, 0, 500, torch.Size((4, 5)), like.double())
    for replica, scale in enumerate((0.5, 2.0)):
        sample = shifts[:, replica].flatten()
        count = len(sample)
        error = scale**2 * (2 / count) ** 0.5  # of the mean square of Gaussians
        assert abs(float(sample.square().mean()) - scale**2) < 4.9 * error
        assert abs(float(sample.mean())) < 4.9 * scale / count**0.5


def test_wrong_labels_come_with_their_probability_and_never_stay_right():
    classes, p, noise = 5, 0.3, ReplicaNoise(seed_of("wrong labels"), 2)
    rule = WrongLabels(p, classes)
    shifts = rule.shifts(noise, 0, 500, torch.Size((20,)), torch.zeros(1))
    counts = np.bincount(shifts.flatten(), minlength=classes)
    assert len(counts) == classes
    expected = np.array([1 - p, *[p / (classes - 1)] * (classes - 1)]) * counts.sum()
    assert stats.chisquare(counts, expected).pvalue > FALSE_ALARM
    naive = np.array([1 - p + p / classes, *[p / classes] * (classes - 1)]) * counts.sum()
    assert stats.chisquare(counts, naive).pvalue < FALSE_ALARM
    assert rule.shifted(torch.tensor([4, 0]), torch.tensor([1, 4])).tolist() == [0, 4]


@pytest.mark.parametrize("as_function", [True, False])
def test_a_schedule_scales_the_learning_rate_of_its_step(as_function):
    problem, rule, factors = regression(), WithReplacement(2), [1 / (1 + k) for k in range(20)]
    initial = gaussian_initial(problem, 1, seed=SEED)
    schedule = (lambda k: 1 / (1 + k)) if as_function else factors
    run = train_replicas(
        problem, SGD(0.1), batches=rule, steps=20, n_replicas=1, seed=SEED, initial=initial, schedule=schedule
    )
    theirs = lambda p: torch.optim.SGD(p, lr=0.1)  # noqa: E731
    expected = alone(problem, theirs, rule, steps=20, replica=0, initial=initial, factors=factors)
    shifted = alone(problem, theirs, rule, steps=20, replica=0, initial=initial, factors=[*factors[1:], 0.0])
    assert (problem.flat(run.final)[0] - expected).abs().max() < ROUNDING
    assert (problem.flat(run.final)[0] - shifted).abs().max() > 1e-3


def test_replicas_may_have_numbers_of_their_own():
    problem, rule = regression(), WithReplacement(3)
    initial = gaussian_initial(problem, 3, seed=SEED)
    rates, momenta, decays = [0.01, 0.02, 0.05], [0.0, 0.5, 0.9], [0.1, 0.0, 0.01]
    run = train_replicas(
        problem, SGD(rates, momenta, decays), batches=rule, steps=20, n_replicas=3, seed=SEED, initial=initial
    )
    for r in range(3):

        def theirs(p, r=r):
            return torch.optim.SGD(p, lr=rates[r], momentum=momenta[r], weight_decay=decays[r])

        expected = alone(problem, theirs, rule, steps=20, replica=r, initial=initial)
        assert (problem.flat(run.final)[r] - expected).abs().max() < ROUNDING


@pytest.mark.parametrize("traced_from", [20, 21])
def test_a_replica_does_not_depend_on_those_beside_it(monkeypatch, traced_from):
    monkeypatch.setattr(replicas, "STEPS_WORTH_TRACING", traced_from)
    problem = regression()
    settings = {"batches": WithReplacement(3), "steps": 20, "seed": SEED, "label_noise": GaussianLabelNoise(0.1)}
    together = train_replicas(problem, SGD(0.05), n_replicas=7, **settings)
    for first, count in ((0, 1), (3, 2), (6, 1)):
        part = train_replicas(problem, SGD(0.05), n_replicas=count, options=Options(first=first), **settings)
        found, expected = problem.flat(part.final), problem.flat(together.final)
        assert (found - expected[first : first + count]).abs().max() < ROUNDING
        assert (found - expected[first - 1]).abs().max() > 1e-3


def test_the_same_seed_repeats_a_run_and_another_does_not():
    problem = regression()
    settings = {"batches": WithoutReplacement(3), "steps": 60, "n_replicas": 4}
    first, again, other_seed, other_stream = (
        problem.flat(train_replicas(problem, SGD(0.05), seed=seed, options=Options(stream=stream), **settings).final)
        for seed, stream in ((SEED, 0), (SEED, 0), (SEED + 1, 0), (SEED, 1))
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other_seed) and not torch.equal(first, other_stream)


@pytest.mark.every(2)
@pytest.mark.parametrize("rule", [WithReplacement(3), WithoutReplacement(5), ShuffledEpochs(5)], ids=repr)
def test_how_many_steps_are_drawn_together_changes_no_bit(monkeypatch, rule):
    settings = {"batches": rule, "steps": 20, "n_replicas": 3, "seed": SEED}
    settings["label_noise"] = GaussianLabelNoise(0.1)
    together = train_replicas(regression(), SGD(0.05), **settings)
    monkeypatch.setattr(minibatches, "NUMBERS_PER_DRAW", 7 * 3 * 10)
    pieces = train_replicas(regression(), SGD(0.05), **settings)
    assert all(torch.equal(value, pieces.final[name]) for name, value in together.final.items())


def test_tracing_changes_no_bit(monkeypatch):
    monkeypatch.setattr(replicas, "STEPS_WORTH_TRACING", 50)
    problem, traced = images(), []
    settings = {"batches": WithReplacement(2), "steps": 50, "n_replicas": 3, "seed": SEED}
    settings["label_noise"] = GaussianLabelNoise(0.1)

    def counting(function):
        traced.append(function)
        return make_fx(function)

    monkeypatch.setattr(descent, "make_fx", counting)
    with_trace = train_replicas(problem, SGD(0.05), **settings)
    monkeypatch.setattr(replicas, "STEPS_WORTH_TRACING", 51)
    without = train_replicas(problem, SGD(0.05), **settings)
    assert len(traced) == 1
    assert torch.equal(problem.flat(with_trace.final), problem.flat(without.final))


def test_a_trace_that_disagrees_is_not_used(monkeypatch):
    monkeypatch.setattr(replicas, "STEPS_WORTH_TRACING", 50)
    problem = regression()
    settings = {"batches": WithReplacement(2), "steps": 50, "n_replicas": 3, "seed": SEED}
    expected = problem.flat(train_replicas(problem, SGD(0.05), **settings).final)
    monkeypatch.setattr(descent, "make_fx", lambda function: lambda *at: lambda *other: 2 * function(*other))
    assert torch.equal(problem.flat(train_replicas(problem, SGD(0.05), **settings).final), expected)


def test_the_module_given_is_not_touched():
    problem = regression()
    module = copy.deepcopy(problem.module)
    owned = EmpiricalLoss(module, problem.loss, problem.inputs, problem.targets)
    before = copy.deepcopy(module.state_dict())
    train_replicas(owned, SGD(0.1), batches=FullBatch(), steps=3, n_replicas=2, seed=SEED)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    theta = owned.theta
    with torch.no_grad():
        next(module.parameters()).add_(1.0)
    assert torch.equal(owned.theta, theta)


def test_frozen_parameters_stay():
    net = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    net[0].weight.requires_grad_(False)
    problem = regression(net)
    assert list(problem.shapes) == ["0.bias", "2.weight", "2.bias"]
    run = train_replicas(problem, SGD(0.1), batches=WithReplacement(2), steps=5, n_replicas=2, seed=SEED)
    assert set(run.final) == set(problem.shapes)


def test_tied_parameters_are_one():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.a = nn.Linear(3, 3, bias=False)
            self.b = nn.Linear(3, 3, bias=False)
            self.b.weight = self.a.weight

        def forward(self, x):
            return self.b(torch.tanh(self.a(x)))[:, :2]

    problem = regression(Tied().double())
    initial = gaussian_initial(problem, 2, seed=SEED)
    settings = {"batches": WithReplacement(2), "steps": 10, "n_replicas": 2, "seed": SEED, "initial": initial}
    run = train_replicas(problem, SGD(0.05), **settings)
    theirs = lambda p: torch.optim.SGD(p, lr=0.05)  # noqa: E731
    expected = alone(problem, theirs, WithReplacement(2), steps=10, replica=0, initial=initial)
    assert problem.dimension == 9 and (problem.flat(run.final)[0] - expected).abs().max() < ROUNDING


def test_observables_are_moments_of_the_replicas_on_the_way():
    problem, seen = regression(), {}
    run = train_replicas(
        problem,
        SGD(0.05),
        batches=WithReplacement(2),
        steps=10,
        n_replicas=20,
        seed=SEED,
        observables={"norm": norm, "loss": problem.mean_loss},
        at=[0, 3, 10],
        watch=lambda k, theta: seen.update({k: theta.clone()}),
        options=Options(keep_final=False),
    )
    assert run.final is None and list(run.steps) == [0, 3, 10] and list(seen) == list(range(11))
    for step, moments, losses in zip(run.steps, run.statistics["norm"], run.statistics["loss"], strict=True):
        norms = seen[step].norm(dim=1)
        assert moments.n == 20 and moments.mean == pytest.approx(float(norms.mean()), rel=1e-12)
        assert moments.variance == pytest.approx(float(norms.var()), abs=1e-12)
        expected = torch.stack([problem.sample_losses(theta).mean() for theta in seen[step]]).mean()
        assert losses.mean == pytest.approx(float(expected), rel=1e-12)
    assert run.estimate("norm").value != run.statistics["norm"][0].mean


def test_the_mean_of_sgd_on_a_quadratic_is_that_of_the_recursion():
    r"""For :math:`l = (w - y)^2/2` the weights have mean :math:`(1-(1-\eta)^k)\bar y` and a variance known exactly."""
    targets = torch.tensor([[1.0], [-2.0], [4.0], [0.5]], dtype=torch.float64)
    net = nn.Linear(1, 1, bias=False).double()
    problem = EmpiricalLoss(net, lambda f, y: (f - y).square().sum() / 2, torch.ones(4, 1), targets)
    eta, steps, size, sigma = 0.3, 12, 2, 0.7
    run = train_replicas(
        problem,
        SGD(eta),
        batches=WithoutReplacement(size),
        label_noise=GaussianLabelNoise(sigma),
        steps=steps,
        n_replicas=20_000,
        seed=seed_of("quadratic"),
        initial={"weight": torch.zeros(1, 1)},
        observables={"w": first_entry, "w2": lambda p: first_entry(p) ** 2},
        options=Options(keep_final=False),
    )
    decay = (1 - eta) ** (2 * steps)
    mean = (1 - (1 - eta) ** steps) * float(targets.mean())

    def second_moment(population_factor):
        per_step = (float(targets.var(unbiased=False)) * population_factor + sigma**2) / size
        return mean**2 + eta**2 * per_step * (1 - decay) / (1 - (1 - eta) ** 2)

    assert run.estimate("w").agrees_with(mean, false_alarm=FALSE_ALARM)
    assert run.estimate("w2").agrees_with(second_moment((4 - size) / 3), false_alarm=FALSE_ALARM)
    assert not run.estimate("w2").agrees_with(second_moment(1.0), false_alarm=FALSE_ALARM)


def test_labels_keep_replicas_apart():
    problem, rates = regression(), [0.01, 0.01, 0.05, 0.05]
    settings = {"batches": WithReplacement(2), "steps": 5, "n_replicas": 4, "seed": SEED}
    run = train_replicas(problem, SGD(rates), labels=rates, observables={"norm": norm}, **settings)
    norms = problem.flat(run.final).norm(dim=1)
    assert run.statistics["norm", 0.05][0].mean == pytest.approx(float(norms[2:].mean()), rel=1e-13)
    assert run.statistics["norm", 0.01][0].n == 2
    with pytest.raises(ArgumentError, match="labels=learning_rate"):
        train_replicas(problem, SGD(rates), observables={"norm": norm}, **settings)
    with pytest.raises(ArgumentError, match="labels=standard_deviation"):
        noise = GaussianLabelNoise([0.1, 0.1, 0.1, 0.2])
        train_replicas(problem, SGD(0.1), observables={"norm": norm}, label_noise=noise, **settings)
