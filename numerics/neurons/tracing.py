r"""Which parameters belong to which hidden neuron, for any network that torch.fx can trace.

Every entry along axis 1 of every activity is given a *unit*. A linear or convolutional layer makes new units, one per
output feature or channel; activations, pooling and normalisations keep them; flattening repeats each; concatenation
joins the lists; addition, as in a residual connection, makes the units of both sides one. A neuron is a class of units
that have become one, and a hidden layer the neurons that meet the same parameters. Units of the network's input and
output are no hidden neurons, and neither is what a residual connection ties to them.

What is not understood is refused by name, never guessed.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Iterable, Mapping
from typing import cast

import numpy as np
import torch
from torch import fx, nn
from torch.fx.passes.shape_prop import ShapeProp
from torch.nn.modules.batchnorm import _BatchNorm

from numerics.arguments import takes
from numerics.errors import ArgumentError
from numerics.neurons.layer import HiddenLayer, Part, Role
from theory.argument_kinds import one_of


class TracingError(ArgumentError):
    """A network, or a layer of it, that cannot be understood."""


ELEMENTWISE_MODULES = (
    *(nn.CELU, nn.ELU, nn.GELU, nn.Hardshrink, nn.Hardsigmoid, nn.Hardswish, nn.Hardtanh, nn.LeakyReLU, nn.LogSigmoid),
    *(nn.Mish, nn.ReLU, nn.ReLU6, nn.SELU, nn.Sigmoid, nn.SiLU, nn.Softplus, nn.Softshrink, nn.Softsign, nn.Tanh),
    *(nn.Tanhshrink, nn.Threshold, nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout),
)
"""Modules that treat every entry alike."""

POOLING_MODULES = (
    *(nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d),
    *(nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d),
    *(nn.AdaptiveMaxPool1d, nn.AdaptiveMaxPool2d, nn.AdaptiveMaxPool3d, nn.Upsample, nn.ZeroPad2d),
)
"""Modules that treat every channel alike."""

CHANNELWISE_NAMES = frozenset(
    "relu relu_ gelu silu tanh sigmoid elu selu celu leaky_relu softplus mish hardtanh hardswish dropout dropout2d "
    "relu6 max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d "
    "adaptive_avg_pool3d adaptive_max_pool2d boolean_dispatch contiguous clone float double detach erf exp neg abs "
    "square sqrt pow clamp to".split()
)
"""Functions and methods, by name, that treat every channel alike."""

SUMS = (operator.add, operator.iadd, torch.add)
SCALINGS = (operator.mul, operator.truediv, operator.sub, torch.mul, torch.div, torch.sub)
CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)

Weighted = nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d
"""Modules that make new neurons."""


@takes(model=one_of(nn.Module, needed="a module of PyTorch"))
def parameters_of(model: nn.Module) -> dict[str, np.ndarray]:
    """Every parameter of ``model`` as a float64 array, by name."""
    return {name: tensor.detach().cpu().double().numpy() for name, tensor in model.named_parameters()}


def hidden_layers(model: nn.Module, example: torch.Tensor) -> tuple[HiddenLayer, ...]:
    """The hidden layers of ``model``, in the order of evaluation; a residual stream is one layer.

    Args:
        model: A network of one input, traceable by torch.fx. It is left as it is.
        example: An input, for the shapes. Shape ``(batch, features)`` or ``(batch, channels, ...)``.

    Raises:
        TracingError: the network cannot be traced, or a step of it is not understood.
        ArgumentError: ``model`` is no module or ``example`` no tensor with a batch axis.

    Example:
        >>> net = nn.Sequential(
        ...     nn.Conv2d(3, 4, 3), nn.GELU(), nn.Flatten(), nn.Linear(16, 5), nn.GELU(), nn.Linear(5, 2)
        ... )
        >>> for layer in hidden_layers(net, torch.zeros(1, 3, 4, 4)):
        ...     neurons = layer.neurons(parameters_of(net))
        ...     print(layer.name, layer.width, neurons.incoming.shape, neurons.own.shape, neurons.outgoing.shape)
        0 4 (4, 27) (4, 1) (4, 20)
        3 5 (5, 16) (5, 1) (5, 2)
    """
    if not isinstance(model, nn.Module):
        raise ArgumentError(f"model must be a torch.nn.Module, got {type(model).__name__}.")
    if not isinstance(example, torch.Tensor) or example.ndim < 2:
        shape = tuple(example.shape) if isinstance(example, torch.Tensor) else type(example).__name__
        raise ArgumentError(f"example must be a tensor of shape (batch, features, ...), got {shape}.")
    graph = _traced(model, example)
    walk = _Walk(graph)
    for node in graph.graph.nodes:
        walk.visit(node)
    return walk.layers()


def _traced(model: nn.Module, example: torch.Tensor) -> fx.GraphModule:
    """The graph of the network with the shape of every step."""
    try:
        # A copy: the run that finds the shapes must not move running averages or the training mode.
        graph = fx.symbolic_trace(copy.deepcopy(model).eval())
    except Exception as error:
        raise TracingError(
            f"torch.fx cannot trace {type(model).__name__}: {error} "
            "Control flow that depends on values must be taken out of forward, or the parts traced one by one."
        ) from error
    inputs = [node for node in graph.graph.nodes if node.op == "placeholder"]
    if len(inputs) != 1:
        raise TracingError(f"model must have one input, got {[node.name for node in inputs]}.")
    try:
        with torch.no_grad():
            ShapeProp(graph).propagate(example)
    except Exception as error:
        raise TracingError(f"model cannot be run on an example of shape {tuple(example.shape)}: {error}") from error
    return graph


class _Units:
    """Classes of units that are one neuron (disjoint sets)."""

    def __init__(self) -> None:
        self.parents: list[int] = []

    def new(self, n: int) -> np.ndarray:
        first = len(self.parents)
        self.parents += range(first, first + n)
        return np.arange(first, first + n)

    def neuron(self, unit: int) -> int:
        while self.parents[unit] != unit:
            self.parents[unit] = self.parents[self.parents[unit]]
            unit = self.parents[unit]
        return unit

    def tie(self, first: np.ndarray, second: np.ndarray) -> None:
        for a, b in zip(first, second, strict=True):
            low, high = sorted((self.neuron(a), self.neuron(b)))
            self.parents[high] = low


class _Walk:
    """The units of every step of a graph, and the parameters they meet on the way."""

    def __init__(self, graph: fx.GraphModule) -> None:
        self.graph = graph
        self.modules = dict(graph.named_modules())
        self.names = {id(tensor): name for name, tensor in graph.named_parameters()}
        self.units = _Units()
        self.at: dict[fx.Node, np.ndarray] = {}
        self.visible: list[int] = []
        self.called: set[str] = set()
        self.met: list[tuple[Role, str, str, int, np.ndarray]] = []
        self.groups: list[tuple[np.ndarray, np.ndarray]] = []

    def visit(self, node: fx.Node) -> None:
        """Give every entry along axis 1 of the result of ``node`` its unit."""
        if node.op == "placeholder":
            self.at[node] = self.units.new(self._shape(node)[1])
            self.visible += self.at[node].tolist()
        elif node.op == "output":
            for result in node.all_input_nodes:
                self.visible += self._entries(result).tolist()
        elif node.op == "get_attr":
            raise self._refusal(node, f"the tensor {node.target} is used outside a module")
        elif node.op == "call_module":
            self.at[node] = self._through_module(node, str(node.target), self._only_input(node))
        elif self._is_tensor(node):
            self.at[node] = self._through_function(node)

    # --- modules ---

    def _through_module(self, node: fx.Node, name: str, source: fx.Node) -> np.ndarray:
        module = self.modules[name]
        entries = self._entries(source)
        if isinstance(module, ELEMENTWISE_MODULES + POOLING_MODULES):
            return entries
        if isinstance(module, nn.Flatten):
            return self._reshaped(node, source)
        if name in self.called:
            raise self._refusal(node, f"the module {name} is called twice, so its neurons share their weights")
        self.called.add(name)
        if isinstance(module, nn.Linear):
            if len(self._shape(source)) != 2:
                shape = self._shape(source)
                raise self._refusal(node, f"a linear layer must read (batch, features), it reads {shape}")
            return self._layer(node, name, module, entries)
        if isinstance(module, CONVOLUTIONS):
            if module.groups != 1:
                raise self._refusal(node, f"a convolution in {module.groups} groups ties its channels to their inputs")
            return self._layer(node, name, module, entries)
        self._normalisation(node, name, module, entries, self._shape(source))
        return entries

    def _layer(self, node: fx.Node, name: str, module: Weighted, entries: np.ndarray) -> np.ndarray:
        weight, bias = module.weight, module.bias
        self._meet(node, "outgoing", name, weight, 1, entries)
        made = self.units.new(weight.shape[0])
        self._meet(node, "incoming", name, weight, 0, made)
        if bias is not None:
            self._meet(node, "bias", name, bias, 0, made)
        return made

    def _normalisation(
        self, node: fx.Node, name: str, module: nn.Module, entries: np.ndarray, shape: tuple[int, ...]
    ) -> None:
        known = (_BatchNorm, nn.GroupNorm, nn.LayerNorm, nn.InstanceNorm1d, nn.InstanceNorm2d, nn.PReLU)
        if not isinstance(module, known):
            raise self._refusal(node, f"a module {type(module).__name__} is not understood")
        if isinstance(module, nn.LayerNorm) and len(shape) != 2:
            raise self._refusal(node, "a layer normalisation must act on (batch, features); use GroupNorm(1, channels)")
        if isinstance(module, nn.GroupNorm):
            self.groups.append((entries, np.arange(len(entries)) * module.num_groups // len(entries)))
        for tensor in (getattr(module, "weight", None), getattr(module, "bias", None)):
            if tensor is not None and not (isinstance(module, nn.PReLU) and tensor.numel() == 1):
                self._meet(node, "normalisation", name, tensor, 0, entries)

    def _meet(self, node: fx.Node, role: Role, name: str, tensor: torch.Tensor, axis: int, entries: np.ndarray) -> None:
        """Record that slice ``i`` of a parameter along ``axis`` belongs to the unit ``entries[i]``."""
        parameter = self.names.get(id(tensor))
        if parameter is None:
            raise self._refusal(node, f"the weights of {name} are no parameters of their own (a parametrisation?)")
        if any(parameter == seen and role == before for before, seen, *_ in self.met):
            raise self._refusal(node, f"the parameter {parameter} is shared with another module")
        self.met.append((role, parameter, name, axis, entries))

    # --- functions and methods ---

    def _through_function(self, node: fx.Node) -> np.ndarray:
        target, name = node.target, getattr(node.target, "__name__", str(node.target))
        tensors = [source for source in node.all_input_nodes if source in self.at]
        if target in SUMS or name == "add" or name == "add_":
            return self._sum(node, tensors)
        if target in (torch.cat, torch.concat, torch.concatenate):
            return self._concatenated(node, tensors)
        if len(tensors) != 1:
            raise self._refusal(node, f"{name} of {len(tensors)} activities is not understood")
        (source,) = tensors
        if target in SCALINGS or name in CHANNELWISE_NAMES:
            return self._kept(node, source)
        if name in ("flatten", "view", "reshape"):
            return self._reshaped(node, source)
        if name == "mean" and self._shape(node)[:2] == self._shape(source)[:2]:
            return self._kept(node, source)
        raise self._refusal(node, f"{name} is not understood")

    def _sum(self, node: fx.Node, tensors: list[fx.Node]) -> np.ndarray:
        shapes = {self._shape(tensor) for tensor in tensors}
        if len(shapes) != 1:
            raise self._refusal(node, f"a sum of activities of shapes {sorted(shapes)} is not understood")
        first, *others = tensors
        for other in others:
            self.units.tie(self._entries(first), self._entries(other))
        return self._entries(first)

    def _concatenated(self, node: fx.Node, tensors: list[fx.Node]) -> np.ndarray:
        listed = list(cast(Iterable[fx.Node], node.args[0]))
        dimension = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", 0)
        if dimension not in (1, 1 - len(self._shape(node))) or len(listed) < len(tensors):
            raise self._refusal(node, f"a concatenation along axis {dimension} is not understood")
        return np.concatenate([self._entries(tensor) for tensor in listed])

    def _kept(self, node: fx.Node, source: fx.Node) -> np.ndarray:
        if len(self._shape(node)) < 2 or self._shape(node)[1] != self._shape(source)[1]:
            raise self._refusal(node, f"{self._shape(source)} becomes {self._shape(node)}: channels are lost")
        return self._entries(source)

    def _reshaped(self, node: fx.Node, source: fx.Node) -> np.ndarray:
        """Flattening: each channel is repeated for every position."""
        before, after = self._shape(source), self._shape(node)
        if after == before:
            return self._entries(source)
        if len(after) == 2 and after[0] == before[0]:
            return np.repeat(self._entries(source), after[1] // before[1])
        raise self._refusal(node, f"{before} becomes {after}: only flattening all but the batch axis is understood")

    # --- small things ---

    def _entries(self, node: fx.Node) -> np.ndarray:
        if node not in self.at:
            raise self._refusal(node, "its result has no neurons along axis 1")
        return self.at[node]

    def _only_input(self, node: fx.Node) -> fx.Node:
        if len(node.all_input_nodes) != 1:
            raise self._refusal(node, f"a module with {len(node.all_input_nodes)} inputs is not understood")
        return node.all_input_nodes[0]

    def _is_tensor(self, node: fx.Node) -> bool:
        return hasattr(node.meta.get("tensor_meta"), "shape") and len(self._shape(node)) > 0

    def _shape(self, node: fx.Node) -> tuple[int, ...]:
        return tuple(node.meta["tensor_meta"].shape)

    def _refusal(self, node: fx.Node, reason: str) -> TracingError:
        return TracingError(
            f"step {node.name!r} of the network ({node.op} {node.target}) cannot be understood: {reason}. "
            "Linear and convolutional layers, activations, pooling, flattening, batch, group and layer normalisation, "
            "sums and concatenations can; write the layer with these, or build HiddenLayer yourself."
        )

    # --- the result ---

    def layers(self) -> tuple[HiddenLayer, ...]:
        """Neurons that meet the same slices of the same parameters, together."""
        visible = {self.units.neuron(unit) for unit in self.visible}
        owned: dict[int, dict[int, list[int]]] = {}
        for number, (*_, entries) in enumerate(self.met):
            for index, unit in enumerate(entries):
                neuron = self.units.neuron(unit)
                if neuron not in visible:
                    owned.setdefault(neuron, {}).setdefault(number, []).append(index)
        together: dict[tuple[tuple[int, int], ...], list[int]] = {}
        for neuron in sorted(owned):
            signature = tuple((number, len(indices)) for number, indices in owned[neuron].items())
            together.setdefault(signature, []).append(neuron)
        return tuple(
            self._hidden_layer([number for number, _ in key], [owned[neuron] for neuron in neurons], neurons)
            for key, neurons in together.items()
        )

    def _hidden_layer(
        self, numbers: list[int], owned: list[Mapping[int, list[int]]], neurons: list[int]
    ) -> HiddenLayer:
        parts, modules = [], {"incoming": [], "outgoing": []}
        for number in numbers:
            role, parameter, module, axis, _ = self.met[number]
            parts.append(Part(role, parameter, axis, np.array([indices[number] for indices in owned])))
            if role in modules:
                modules[role].append(module)
        return HiddenLayer(
            tuple(modules["incoming"]), tuple(modules["outgoing"]), tuple(parts), self._exchangeable(neurons)
        )

    def _exchangeable(self, neurons: Iterable[int]) -> np.ndarray:
        """A label per neuron, the same for neurons that are in the same groups of every group normalisation."""
        seen: dict[int, list[tuple[int, int]]] = {}
        for number, (entries, groups) in enumerate(self.groups):
            for unit, group in zip(entries, groups, strict=True):
                seen.setdefault(self.units.neuron(unit), []).append((number, int(group)))
        marks = [tuple(seen.get(neuron, ())) for neuron in neurons]
        order = {mark: label for label, mark in enumerate(dict.fromkeys(marks))}
        return np.array([order[mark] for mark in marks])
