"""Modules without a loss per sample are refused, with the reason and the way out; those with one are not."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations

from numerics.errors import ArgumentError, MissingBackendError
from numerics.sgd import empirical_loss, sample_mixing
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.sample_mixing import SampleMixingError
from tests.numerics.sgd.problems import images, numbers, regression, squared_error


class Wrapped(nn.Module):
    """A linear layer followed by a function of the whole batch."""

    def __init__(self, function):
        super().__init__()
        self.layer = nn.Linear(3, 2)
        self.function = function

    def forward(self, x):
        return self.function(self.layer(x))


class HiddenBranch(nn.Module):
    """Adds the mean over the batch, times a weight that starts at zero."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)
        self.gate = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        y = self.layer(x)
        return y + self.gate * y.mean(0)


class Remembering(nn.Module):
    """Keeps a running mean of what it sees, and does not use it."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)
        self.register_buffer("seen", torch.zeros(3))

    def forward(self, x):
        self.get_buffer("seen").mul_(0.9).add_(0.1 * x.detach().mean(0))
        return self.layer(x)


class Centring(nn.Module):
    """Takes away the mean of the batch that it saw first."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)
        self.mean = None

    def forward(self, x):
        if self.mean is None:
            self.mean = x.detach().mean(0)
        return self.layer(x - self.mean)


class Clamping(nn.Module):
    """Keeps its weights in a box, outside the graph."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, x):
        self.layer.weight.data.clamp_(-0.1, 0.1)
        return self.layer(x)


class Starting(nn.Module):
    """Halves its weights when it is called for the first time."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)
        self.started = False

    def forward(self, x):
        if not self.started:
            self.layer.weight.data /= 2
            self.started = True
        return self.layer(x)


class Scaling(nn.Module):
    """Writes over its inputs."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, x):
        x *= 2
        return self.layer(x)


class OfTwoAtLeast(nn.Module):
    """Takes no batch of one."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, x):
        return nn.functional.batch_norm(self.layer(x), None, None, training=True)


def with_norm(norm):
    return nn.Sequential(nn.Conv2d(2, 4, 3), norm, nn.Flatten(), nn.Linear(16, 2)).double()


def with_layer(layer):
    return nn.Sequential(nn.Linear(3, 4), layer, nn.Linear(4, 2)).double()


@pytest.mark.parametrize(
    "norm",
    [nn.BatchNorm2d(4), nn.SyncBatchNorm(4), nn.BatchNorm2d(4, affine=False), nn.BatchNorm2d(4, momentum=None)],
    ids=repr,
)
def test_batch_normalisation_is_refused_by_name_while_it_trains(norm):
    with pytest.raises(SampleMixingError, match=r"but 1 is \w*BatchNorm\w*, .* GroupNorm or LayerNorm, or call mod"):
        images(with_norm(norm))
    if not isinstance(norm, nn.SyncBatchNorm):
        assert images(with_norm(norm).eval()).dimension > 0


def test_batch_normalisation_without_running_statistics_is_refused_in_evaluation_too():
    with pytest.raises(SampleMixingError, match="BatchNorm2d, .* or drop it"):
        images(with_norm(nn.BatchNorm2d(4, track_running_stats=False)).eval())


def test_instance_normalisation_is_refused_only_where_it_remembers():
    with pytest.raises(SampleMixingError, match="track_running_stats=False, or call"):
        images(with_norm(nn.InstanceNorm2d(4, track_running_stats=True)))
    assert images(with_norm(nn.InstanceNorm2d(4, track_running_stats=True)).eval())
    assert images(with_norm(nn.InstanceNorm2d(4, affine=True)))


@pytest.mark.parametrize("layer", [nn.Dropout(0.5), nn.AlphaDropout(0.1)], ids=repr)
def test_dropout_is_refused_while_it_trains(layer):
    with pytest.raises(SampleMixingError, match=r"Dropout\(p=0\.\d\), .*module\.eval\(\), or set p=0"):
        regression(with_layer(layer))
    assert regression(with_layer(layer).eval())
    assert regression(with_layer(type(layer)(0.0)))


@pytest.mark.parametrize(
    ("module", "reason"),
    [
        (Wrapped(lambda y: y - y.mean(0)), "changing one sample of a batch"),
        (Wrapped(lambda y: y / y.norm()), "changing one sample of a batch"),
        (Wrapped(lambda y: y.cumsum(0)), "changing one sample of a batch"),
        (Wrapped(lambda y: y.roll(1, 0)), "changing one sample of a batch"),
        (HiddenBranch(), "changing one sample of a batch"),
        (Wrapped(lambda y: nn.functional.dropout(y, 0.5)), "draws random numbers"),
        (with_layer(nn.RReLU()), "draws random numbers"),
        (Remembering(), "changed its buffers"),
        (with_layer(parametrizations.spectral_norm(nn.Linear(4, 4))), "changed its buffers"),
        (Clamping(), "changed its weights"),
        (Starting(), "changed its weights"),
        (Centring(), "depend on what it was called with before"),
        (Scaling(), "leave its inputs as they are"),
        (OfTwoAtLeast(), r"of shape \(1, 3\): Expected more than 1 value"),
    ],
    ids=["centred", "scaled", "summed", "shifted", "hidden", "dropout", "rrelu", "remembering", "spectral", "clamping"]
    + ["starting", "first batch", "in place", "of two"],
)
def test_a_module_is_refused_for_what_it_does(module, reason):
    with pytest.raises(ArgumentError, match=reason):
        regression(module.double())


def test_data_are_not_written_over_by_a_module_that_is_refused():
    inputs = torch.ones(4, 3, dtype=torch.float64)
    with pytest.raises(SampleMixingError):
        EmpiricalLoss(Scaling().double(), squared_error, inputs, torch.zeros(4, 2))
    assert torch.equal(inputs, torch.ones_like(inputs))


def test_without_the_test_of_behaviour_they_would_pass(monkeypatch):
    monkeypatch.setattr(sample_mixing, "_refuse_behaviour", lambda *_: None)
    monkeypatch.setattr(empirical_loss, "refuse_backward_mixing", lambda *_: None)
    assert regression(Wrapped(lambda y: y - y.mean(0)).double())


@pytest.mark.every(3)
@pytest.mark.parametrize(
    "layer",
    [nn.LayerNorm(4), nn.GroupNorm(2, 4), nn.Tanh(), nn.GELU(), nn.Softmax(1), nn.Dropout(0.0), nn.RMSNorm(4)],
    ids=repr,
)
def test_modules_that_treat_samples_one_by_one_are_let_through(layer):
    assert regression(with_layer(layer)).sample_losses(regression(with_layer(layer)).theta).shape == (12,)


def test_embeddings_of_whole_numbers_are_let_through():
    net = nn.Sequential(nn.Embedding(7, 4), nn.Flatten(), nn.Linear(12, 2))
    words = torch.arange(24).view(8, 3) % 7
    assert EmpiricalLoss(net, squared_error, words, torch.zeros(8, 2)).inputs.dtype == torch.int64


def test_the_generator_of_the_caller_is_left_as_it_was():
    net = nn.Linear(3, 2)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    EmpiricalLoss(net, squared_error, numbers(4, 3), numbers(4, 2))
    assert torch.equal(torch.rand(3), expected)


class Squeezed(nn.Linear):
    """Drops the axis of samples where there is one sample."""

    def __init__(self):
        super().__init__(3, 2)

    def forward(self, x):
        return super().forward(x).squeeze()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"inputs": torch.tensor([[1.0, torch.nan, 0.0]] * 4)}, "inputs must be finite, but 4 of 12 numbers are NaN"),
        ({"targets": torch.tensor([[1.0, torch.inf]] * 4)}, "targets must be finite, but 4 of 8 .* Drop or repair"),
        ({"targets": numbers(3, 2)}, "got 4 inputs and 3 targets"),
        ({"inputs": numbers(4, 5)}, r"module must accept a batch of inputs, here of shape \(1, 5\)"),
        ({"inputs": torch.zeros(0, 3), "targets": torch.zeros(0, 2)}, "inputs must hold at least one sample"),
        ({"inputs": "text"}, "inputs must be a tensor or an array, got str"),
        ({"module": torch.tanh}, "module must be a torch.nn.Module"),
        ({"module": nn.Tanh()}, "at least one parameter that requires gradients"),
        ({"module": nn.LazyLinear(2)}, "are lazy. Call it once"),
        ({"module": nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 2).double())}, "one floating-point type"),
        ({"module": nn.Sequential(nn.Linear(3, 2), nn.Flatten(0))}, "one output per sample: a batch of 1 gave shape"),
        ({"module": Squeezed()}, r"a batch of 1 gave shape \(2,\). .* do not reduce or squeeze it"),
        ({"module": nn.DataParallel(nn.Linear(3, 2))}, "DataParallel keeps copies of them. Give module.module"),
        ({"module": nn.Linear(3, 2, device="meta")}, "weight.* are on the device 'meta', .* Call module.to_empty"),
        ({"loss": lambda f, y: (f - y).square()}, r"one real number per sample, got shape \(2,\)"),
        ({"loss": nn.MSELoss(reduction="none")}, r"one real number per sample, got shape \(2,\)"),
        ({"loss": nn.CrossEntropyLoss(), "targets": torch.full((4,), 2)}, "loss must take the output and the target"),
        ({"loss": lambda f: f.sum()}, "loss must take the output and the target of one sample"),
        ({"device": "nonsense"}, "device must be a name"),
    ],
)
def test_a_problem_that_makes_no_sense_is_refused(changes, message):
    settings = {"module": nn.Linear(3, 2), "loss": squared_error, "inputs": numbers(4, 3), "targets": numbers(4, 2)}
    with pytest.raises(ArgumentError, match=message):
        EmpiricalLoss(**settings | changes)


def test_weights_that_are_not_finite_are_refused():
    net = nn.Linear(3, 2)
    with torch.no_grad():
        net.bias[0] = torch.nan
    with pytest.raises(ArgumentError, match="the weights must be finite, but 1 of 8"):
        regression(net)


def test_a_device_that_is_not_there_is_refused():
    if torch.cuda.device_count() > 7:
        pytest.skip("this machine has eight GPUs")
    with pytest.raises(MissingBackendError, match="device='cuda:7' needs a GPU .* Use device='cpu'"):
        EmpiricalLoss(nn.Linear(3, 2), squared_error, numbers(4, 3), numbers(4, 2), device="cuda:7")
