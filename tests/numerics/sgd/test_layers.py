"""Layers of real networks: gradients of samples agree with a plain loop, or the layer is refused with its reason."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, spectral_norm, weight_norm

from numerics.errors import ArgumentError
from numerics.sgd.batches import WithReplacement
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.gradient_noise import gradient_noise
from numerics.sgd.optimisers import SGD
from numerics.sgd.replicas import train_replicas
from numerics.sgd.sample_mixing import SampleMixingError
from tests.numerics.sgd.problems import numbers, squared_error

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*weight_norm.*:FutureWarning"),
    pytest.mark.filterwarnings("ignore:There is a performance drop:UserWarning"),
]

SEQUENCES = numbers(6, 5, 4)
VECTORS = numbers(6, 3)
WORDS = torch.arange(18).reshape(6, 3) % 5
TARGETS = numbers(6, 2, name="targets")


class Last(nn.Module):
    """The last state of a recurrent layer, and a linear map of it."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer, self.out = layer, nn.LazyLinear(2)

    def forward(self, x):
        return self.out(self.layer(x)[0][:, -1])


class Attending(nn.Module):
    """Self-attention, averaged over positions."""

    def __init__(self, **options) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True, **options)
        self.out = nn.Linear(4, 2)

    def forward(self, x):
        return self.out(self.attention(x, x, x, need_weights=False)[0].mean(1))


class Tied(nn.Module):
    """Two layers with one matrix."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.out = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 2)
        self.second.weight = self.first.weight

    def forward(self, x):
        return self.out(self.second(torch.tanh(self.first(x))))


class Twice(nn.Module):
    """One layer that is used twice, under two names."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.out = nn.Linear(3, 3), nn.Linear(3, 2)
        self.second = self.first

    def forward(self, x):
        return self.out(self.second(torch.tanh(self.first(x))))


class Tanh(torch.autograd.Function):
    """A function with a backward pass of its own, of which ``torch.func`` knows nothing."""

    mixing = 0.0

    @classmethod
    def forward(cls, ctx, x):
        ctx.save_for_backward(x)
        return x.tanh()

    @classmethod
    def backward(cls, ctx, g):
        (x,) = ctx.saved_tensors
        return g * (1 - x.tanh() ** 2) - cls.mixing * g.mean(0)


class MixingTanh(Tanh):
    """The same with a backward pass that mixes samples."""

    mixing = 1.0


class Between(nn.Module):
    """A function between two linear layers."""

    def __init__(self, function) -> None:
        super().__init__()
        self.inner, self.function, self.out = nn.Linear(3, 4), function, nn.Linear(4, 2)

    def forward(self, x):
        return self.out(self.function(self.inner(x)))


class Scaled(nn.Module):
    """An embedding whose gradient is divided by how often a word occurs in the batch, without the layer."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.out = nn.Parameter(torch.ones(5, 4)), nn.Linear(12, 2)

    def forward(self, x):
        return self.out(nn.functional.embedding(x, self.table, scale_grad_by_freq=True).flatten(1))


def between(layer: nn.Module) -> nn.Sequential:
    return nn.Sequential(layer, nn.Tanh(), nn.Linear(4, 2))


def with_module_hook(change) -> nn.Module:
    net = between(nn.Linear(3, 4))
    net[1].register_full_backward_hook(lambda module, inner, outer: (change(inner[0]),))
    return net


def centred_by_a_hook(y: torch.Tensor) -> torch.Tensor:
    if y.requires_grad:
        y.register_hook(lambda g: g - g.mean(0))
    return y


def words(layer: nn.Module) -> nn.Module:
    width = 4 if isinstance(layer, nn.EmbeddingBag) else 12
    return nn.Sequential(layer, nn.Flatten(), nn.Linear(width, 2))


def made(make, inputs) -> nn.Module:
    torch.manual_seed(3)
    net = make().double()
    net(inputs)
    return net


def gradients_in_a_loop(net: nn.Module, inputs: torch.Tensor) -> torch.Tensor:
    rows = []
    for x, y in zip(inputs, TARGETS, strict=True):
        net.zero_grad()
        squared_error(net(x[None])[0], y).backward()
        rows.append(torch.cat([p.grad.reshape(-1) for p in net.parameters() if p.grad is not None]))
    return torch.stack(rows)


SUPPORTED = {
    "gru": (lambda: Last(nn.GRU(4, 3, batch_first=True)), SEQUENCES),
    "lstm": (lambda: Last(nn.LSTM(4, 3, batch_first=True, bidirectional=True)), SEQUENCES),
    "deep rnn": (lambda: Last(nn.RNN(4, 3, num_layers=2, batch_first=True)), SEQUENCES),
    "attention": (Attending, SEQUENCES),
    "attention in evaluation": (lambda: Attending(dropout=0.1).eval(), SEQUENCES),
    "embedding": (lambda: words(nn.Embedding(5, 4)), WORDS),
    "bag of means": (lambda: words(nn.EmbeddingBag(5, 4)), WORDS),
    "bag of maxima": (lambda: words(nn.EmbeddingBag(5, 4, mode="max")), WORDS),
    "weight norm": (lambda: between(weight_norm(nn.Linear(3, 4))), VECTORS),
    "parametrised weight norm": (lambda: between(parametrizations.weight_norm(nn.Linear(3, 4))), VECTORS),
    "spectral norm": (lambda: between(spectral_norm(nn.Linear(3, 4))).eval(), VECTORS),
    "parametrised spectral norm": (lambda: between(parametrizations.spectral_norm(nn.Linear(3, 4))).eval(), VECTORS),
    "tied": (Tied, VECTORS),
    "used twice": (Twice, VECTORS),
    "own backward": (lambda: Between(Tanh.apply), VECTORS),
    "hook on a module": (lambda: with_module_hook(lambda g: 2 * g), VECTORS),
}


@pytest.mark.every(2)
@pytest.mark.parametrize("name", SUPPORTED)
def test_gradients_of_samples_are_those_of_a_loop(name):
    make, inputs = SUPPORTED[name]
    net = made(make, inputs)
    J = gradients_in_a_loop(net, inputs)
    noise = gradient_noise(EmpiricalLoss(net, squared_error, inputs, TARGETS))
    centred = J - J.mean(0)
    torch.testing.assert_close(noise.sample_gradients, J, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(noise.mean, J.mean(0), rtol=1e-9, atol=1e-12)
    direction = numbers(J.shape[1], name="direction")
    expected = centred.T @ (centred @ direction) / len(J)
    torch.testing.assert_close(noise.covariance_times(direction), expected, rtol=1e-9, atol=1e-11)


@pytest.mark.every(2)
@pytest.mark.parametrize("name", ["gru", "attention", "bag of means", "weight norm", "own backward"])
def test_replicas_of_it_take_the_step_of_a_plain_loop(name):
    make, inputs = SUPPORTED[name]
    net = made(make, inputs)
    problem = EmpiricalLoss(net, squared_error, inputs[:1], TARGETS[:1])
    run = train_replicas(problem, SGD(0.1), batches=WithReplacement(2), steps=1, n_replicas=3, seed=5)
    expected = problem.theta - 0.1 * gradients_in_a_loop(net, inputs)[0]
    assert run.final is not None
    torch.testing.assert_close(problem.flat(run.final), expected.expand(3, -1), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("make", "inputs", "reason"),
    [
        (lambda: words(nn.Embedding(5, 4, scale_grad_by_freq=True)), WORDS, r"Embedding\(scale_grad_by_freq=True\)"),
        (lambda: words(nn.EmbeddingBag(5, 4, scale_grad_by_freq=True)), WORDS, "EmbeddingBag.scale_grad_by_freq"),
        (lambda: words(nn.Embedding(5, 4, max_norm=1.0)), WORDS, "rescales weights when it is called"),
        (lambda: words(nn.Embedding(5, 4, sparse=True)), WORDS, "dense gradients, .* Give sparse=False"),
        (lambda: Last(nn.GRU(4, 3, 2, batch_first=True, dropout=0.5)), SEQUENCES, r"GRU\(dropout=0.5\)"),
        (lambda: Attending(dropout=0.1), SEQUENCES, r"MultiheadAttention\(dropout=0.1\)"),
        (lambda: between(spectral_norm(nn.Linear(3, 4))), VECTORS, "changed its buffers"),
        (Scaled, WORDS, "backward pass mixes them"),
        (lambda: Between(MixingTanh.apply), VECTORS, "backward pass mixes them"),
        (lambda: Between(centred_by_a_hook), VECTORS, "backward pass mixes them"),
        (lambda: with_module_hook(lambda g: g / g.norm()), VECTORS, "backward pass mixes them"),
        (lambda: with_module_hook(lambda g: g / g.norm(dim=-1, keepdim=True)), VECTORS, "or is not linear"),
    ],
)
def test_a_layer_that_cannot_be_is_refused_when_the_module_is_given(make, inputs, reason):
    with pytest.raises(SampleMixingError, match=reason):
        EmpiricalLoss(made(make, inputs), squared_error, inputs, TARGETS)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_mixing_is_seen_below_the_rounding_of_half_precision(dtype):
    slightly = between(nn.Linear(3, 4)).to(dtype)
    slightly.register_forward_hook(lambda module, inputs, outputs: outputs + 0.05 * outputs.mean(0))
    with pytest.raises(SampleMixingError, match="changing one sample of a batch changes the outputs of others"):
        EmpiricalLoss(slightly, squared_error, VECTORS, TARGETS)
    plain = between(nn.Linear(3, 4)).to(dtype)
    assert EmpiricalLoss(plain, squared_error, VECTORS, TARGETS).dtype == dtype


def test_a_hook_on_a_parameter_is_refused_since_it_would_not_be_heard():
    net = between(nn.Linear(3, 4)).double()
    first: Any = net[0]
    first.weight.register_hook(lambda g: g.clamp(-0.1, 0.1))
    with pytest.raises(SampleMixingError, match="0.weight has a hook on its gradient"):
        EmpiricalLoss(net, squared_error, VECTORS, TARGETS)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_scripted_module_is_refused_with_the_way_on():
    scripted = torch.jit.script(between(nn.Linear(3, 4)).double())
    with pytest.raises(ArgumentError, match="Give the module that was scripted"):
        EmpiricalLoss(scripted, squared_error, VECTORS, TARGETS)


def test_a_recurrent_layer_that_computed_its_weights_once_is_refused():
    layer = parametrizations.weight_norm(nn.LSTM(4, 3, batch_first=True), "weight_hh_l0")
    module = nn.Sequential(layer)
    with pytest.raises(ArgumentError, match=r"at every call, but 0 is a ParametrizedLSTM"):
        EmpiricalLoss(module, squared_error, SEQUENCES, TARGETS)


def test_a_problem_keeps_the_weights_of_a_layer_that_is_used_twice():
    net = made(Twice, VECTORS)
    problem = EmpiricalLoss(net, squared_error, VECTORS, TARGETS)
    problem.sample_losses(problem.theta + 1)
    assert torch.equal(problem.theta, torch.cat([p.detach().reshape(-1) for p in net.parameters()]))


def test_a_loss_that_is_no_number_is_refused_when_the_module_is_given():
    net = made(lambda: between(nn.Linear(3, 4)), VECTORS)
    with pytest.raises(ArgumentError, match=r"must be a finite number at the module's own weights, .* \[nan, nan\]"):
        EmpiricalLoss(net, lambda output, target: (output - target).sum() * float("nan"), VECTORS, TARGETS)
    with pytest.raises(ArgumentError, match=r"finite number at the module's own weights, .* \[inf, inf\]"):
        EmpiricalLoss(net, lambda output, target: (output - target).square().sum() / 0, VECTORS, TARGETS)
