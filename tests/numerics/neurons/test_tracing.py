"""The parameters found for a neuron are all of its parameters: exchanging two neurons changes nothing.

This asks the network itself, not the tracing: if any slice were missing or misplaced, outputs would change.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from numerics.errors import ArgumentError
from numerics.networks.resnet import ResNet18
from numerics.networks.vgg import VGG16
from numerics.neurons.layer import HiddenLayer, Part
from numerics.neurons.tracing import TracingError, hidden_layers, parameters_of
from tests.numerics.seeding import seed_of

TINY = 1 / 16


class Stream(nn.Module):
    """A residual stream of features, read and written by its own layers, and one layer that reads two activities."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.middle, self.side = nn.Linear(3, 4), nn.Linear(4, 4), nn.Linear(3, 2)
        self.norm, self.last = nn.LayerNorm(4), nn.Linear(6, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.tanh(self.first(x))
        h = h + functional.gelu(self.middle(self.norm(h)))
        return self.last(torch.cat([functional.silu(self.side(x)), 2 * h], dim=1))


def flattened(*normalisations: nn.Module) -> nn.Module:
    """A channel that becomes four features."""
    return nn.Sequential(
        *(nn.Conv2d(3, 6, 3, padding=1), *normalisations, nn.GELU(), nn.MaxPool2d(4)),
        *(nn.Flatten(), nn.Linear(24, 5), nn.PReLU(5), nn.Linear(5, 2)),
    )


NETWORKS: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "fully connected": (
        lambda: nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 5, bias=False), nn.ReLU(), nn.Linear(5, 2)),
        (6, 3),
    ),
    "residual stream": (Stream, (6, 3)),
    "channel flattened": (flattened, (3, 3, 8, 8)),
    "batch norm": (lambda: flattened(nn.BatchNorm2d(6)), (3, 3, 8, 8)),
    "groups of two": (lambda: flattened(nn.GroupNorm(3, 6)), (3, 3, 8, 8)),
    "sequence": (
        lambda: nn.Sequential(nn.Conv1d(2, 3, 3), nn.InstanceNorm1d(3, affine=True), nn.ReLU(), nn.Conv1d(3, 2, 2)),
        (3, 2, 9),
    ),
    "VGG-16": (lambda: VGG16(width=TINY), (2, 3, 32, 32)),
    "VGG-16 with group norm": (lambda: VGG16(width=TINY, norm="group"), (2, 3, 32, 32)),
    "ResNet-18": (lambda: ResNet18(10, width=TINY), (3, 3, 16, 16)),
    "ResNet-18 without norm": (lambda: ResNet18(10, width=TINY, norm="none"), (2, 3, 16, 16)),
}


def network(name: str) -> tuple[nn.Module, torch.Tensor]:
    """Double precision, parameters of a random network drawn about 1/2 so that none is special."""
    make, shape = NETWORKS[name]
    source = torch.Generator().manual_seed(seed_of("network", name) % 2**63)
    model = make().double()
    with torch.no_grad():
        for tensor in model.parameters():
            tensor += 0.1 * torch.randn(tensor.shape, generator=source, dtype=torch.float64)
    return model, torch.randn(shape, generator=source, dtype=torch.float64)


def exchange(model: nn.Module, parts: tuple[Part, ...], p: int, q: int) -> None:
    """Exchange what two neurons own of each parameter."""
    tensors = dict(model.named_parameters())
    with torch.no_grad():
        for part in parts:
            along = tensors[part.parameter].movedim(part.axis, 0)
            mine, others = part.indices[p].tolist(), part.indices[q].tolist()
            along[mine + others] = along[others + mine].clone()


def change_by_exchange(
    model: nn.Module, x: torch.Tensor, parts: tuple[Part, ...], p: int, q: int, before=None
) -> float:
    with torch.no_grad():
        before = model(x) if before is None else before
        exchange(model, parts, p, q)
        after = model(x)
        exchange(model, parts, p, q)
    return float((after - before).abs().max() / before.abs().max())


@pytest.mark.every(6)
@pytest.mark.parametrize("name", NETWORKS)
def test_exchanging_two_neurons_of_a_layer_changes_nothing_and_forgetting_a_parameter_does(name):
    model, x = network(name)
    layers = hidden_layers(model, x)
    assert layers
    forgotten = 0.0
    with torch.no_grad():
        before = model(x)
    for layer in layers:
        pairs = itertools.islice(itertools.combinations(range(layer.width), 2), 3)
        for number, (p, q) in enumerate(pairs):
            if layer.exchangeable[p] != layer.exchangeable[q]:
                continue
            assert change_by_exchange(model, x, layer.parts, p, q, before) < 1e-11
            for i in range(len(layer.parts) if number == 0 else 0):
                without = layer.parts[:i] + layer.parts[i + 1 :]
                forgotten = max(forgotten, change_by_exchange(model, x, without, p, q, before))
    assert forgotten > 1e-3


@pytest.mark.every(2)
@pytest.mark.parametrize("name", ["fully connected", "residual stream", "channel flattened", "ResNet-18 without norm"])
def test_forgetting_any_one_parameter_of_any_layer_is_seen(name):
    model, x = network(name)
    with torch.no_grad():
        before = model(x)
    for layer in hidden_layers(model, x):
        for i in range(len(layer.parts)):
            without = layer.parts[:i] + layer.parts[i + 1 :]
            assert change_by_exchange(model, x, without, 0, 1, before) > 1e-9


def test_channels_of_different_groups_cannot_be_exchanged():
    model, x = network("groups of two")
    (first, _) = hidden_layers(model, x)
    assert first.exchangeable.tolist() == [0, 0, 1, 1, 2, 2]
    assert change_by_exchange(model, x, first.parts, 1, 2) > 1e-6


@pytest.mark.every(3)
@pytest.mark.parametrize("name", NETWORKS)
def test_every_parameter_is_met_and_every_hidden_neuron_counted(name):
    model, x = network(name)
    layers = hidden_layers(model, x)
    met = {part.parameter for layer in layers for part in layer.parts}
    last = [n for n, _ in model.named_parameters()][-1]  # the output's bias belongs to no hidden neuron
    assert met == {n for n, _ in model.named_parameters()} - ({last} if last.endswith("bias") else set())


def test_vgg_16_has_fifteen_hidden_layers_and_resnet_18_twelve():
    vgg = hidden_layers(VGG16(width=TINY), torch.zeros(1, 3, 32, 32))
    assert [layer.width for layer in vgg] == [4, 4, 8, 8, 16, 16, 16, *[32] * 8]
    assert all(len(layer.producers) == len(layer.consumers) == 1 for layer in vgg)
    resnet = hidden_layers(ResNet18(width=TINY), torch.zeros(1, 3, 32, 32))
    assert sorted((len(layer.producers), len(layer.consumers)) for layer in resnet) == [(1, 1)] * 8 + [
        (3, 2),
        (3, 3),
        (3, 3),
        (3, 4),
    ]


def test_the_full_networks_have_the_sizes_of_the_paper():
    assert sum(p.numel() for p in ResNet18(100).parameters()) == 11_220_132
    convolutions = [m for m in VGG16(10).modules() if isinstance(m, nn.Conv2d)]
    assert len(convolutions) == 13 and sum(p.numel() for m in convolutions for p in m.parameters()) == 14_714_688
    assert VGG16(10, width=TINY)(torch.zeros(2, 3, 32, 32)).shape == (2, 10)


def test_the_vectors_are_those_of_a_hand_written_extraction():
    model, x = network("channel flattened")
    tensors = parameters_of(model)
    first = hidden_layers(model, x)[0].neurons(tensors)
    w, b, v = tensors["0.weight"], tensors["0.bias"], tensors["4.weight"]
    assert np.array_equal(first.incoming, w.reshape(6, -1))
    assert np.array_equal(first.own, b[:, None])
    by_channel = v.reshape(5, 6, 4).transpose(1, 0, 2)  # outputs, channels, positions
    assert np.array_equal(np.sort(first.outgoing, 1), np.sort(by_channel.reshape(6, -1), 1))
    assert np.array_equal(first.concatenated[:, : w[0].size], first.incoming)


def test_tracing_leaves_the_network_as_it_is():
    model, x = network("batch norm")
    model.train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    hidden_layers(model, x)
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_a_residual_connection_from_the_input_leaves_no_hidden_neuron():
    class FromInput(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = nn.Linear(3, 3), nn.Linear(3, 2)

        def forward(self, x):
            return self.last(x + torch.tanh(self.first(x)))

    assert hidden_layers(FromInput(), torch.zeros(1, 3)) == ()


class Refused(nn.Module):
    """A network with one step that is not understood."""

    def __init__(self, step: Callable[[nn.Module, torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        self.step = step
        self.first, self.again, self.last = nn.Linear(4, 4), nn.Linear(4, 4), nn.Linear(4, 2)
        self.scale = nn.Parameter(torch.ones(4))
        self.recurrent, self.grouped = nn.LSTM(4, 4), nn.Conv1d(4, 4, 1, groups=2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(self.step(self, self.first(x)))


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (lambda net, h: h * net.scale, "tensor scale is used outside a module"),
        (lambda net, h: h * torch.sigmoid(h), "2 activities"),
        (lambda net, h: net.first(h), "first is called twice"),
        (lambda net, h: net.recurrent(h)[0], "LSTM is not understood"),
        (lambda net, h: net.grouped(h[:, :, None]).flatten(1), "getitem is not understood"),
        (lambda net, h: net.grouped(h.unsqueeze(2)).flatten(1), "unsqueeze is not understood"),
        (lambda net, h: h.flip(1), "flip is not understood"),
        (lambda net, h: h.view(-1, 2, 2).mean(2).repeat(1, 2), "only flattening"),
        (lambda net, h: h if h.sum() > 0 else -h, "cannot trace"),
        (lambda net, h: torch.softmax(h, 1), "softmax is not understood"),
    ],
)
def test_a_step_that_is_not_understood_is_refused_by_name(step, reason):
    with pytest.raises(TracingError, match=reason):
        hidden_layers(Refused(step), torch.zeros(2, 4))


def test_grouped_convolutions_shared_weights_and_parametrised_weights_are_refused():
    grouped = nn.Sequential(nn.Conv2d(3, 4, 1), nn.Conv2d(4, 4, 1, groups=2), nn.Conv2d(4, 1, 1))
    with pytest.raises(TracingError, match="2 groups"):
        hidden_layers(grouped, torch.zeros(1, 3, 2, 2))
    one, other = nn.Linear(3, 3), nn.Linear(3, 3)
    other.weight = one.weight
    tied = nn.Sequential(one, other, nn.Linear(3, 2))
    with pytest.raises(TracingError, match="shared with another module"):
        hidden_layers(tied, torch.zeros(1, 3))
    normed = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(3, 3)), nn.Linear(3, 2))
    with pytest.raises(TracingError, match="parametri|cannot trace"):
        hidden_layers(normed, torch.zeros(1, 3))


def test_bad_arguments_are_refused():
    net = nn.Linear(3, 2)
    with pytest.raises(ArgumentError, match=r"torch.nn.Module, got str"):
        hidden_layers("net", torch.zeros(1, 3))  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"got \(3,\)"):
        hidden_layers(net, torch.zeros(3))
    with pytest.raises(TracingError, match=r"example of shape \(1, 4\)"):
        hidden_layers(net, torch.zeros(1, 4))
    with pytest.raises(TracingError, match=r"batch, features"):
        hidden_layers(nn.Sequential(net, nn.Linear(2, 1)), torch.zeros(1, 5, 3))
    with pytest.raises(ArgumentError, match="width"):
        VGG16(width=0)
    with pytest.raises(ArgumentError, match="norm"):
        ResNet18(norm="layer")  # type: ignore[arg-type]


def test_parameters_of_another_network_are_refused():
    layer = HiddenLayer(
        ("a",), ("b",), (Part("incoming", "a.weight", 0, np.array([[0], [1]])),), np.zeros(2, dtype=int)
    )
    with pytest.raises(ArgumentError, match="a.weight"):
        layer.neurons({"other": np.zeros((2, 2))})
    with pytest.raises(ArgumentError, match="too small"):
        layer.neurons({"a.weight": np.zeros((1, 2))})
