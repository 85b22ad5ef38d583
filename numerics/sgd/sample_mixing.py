r"""Modules whose output for one sample depends on the others, on chance, or on what they have seen before.

Theory and engine rest on a loss per sample, :math:`l(f_\theta(x_i), y_i)`. Such a module has none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.nn.modules.instancenorm import _InstanceNorm

from numerics.errors import ArgumentError
from numerics.sgd.module_copy import copied

PROBES = 4
"""Samples whose outputs are compared."""

ROUNDING = 1e3
"""Units in the last place, of the largest output, by which arithmetic may differ."""


class SampleMixingError(ArgumentError):
    """A module has no loss per sample: it mixes samples, draws random numbers, or remembers."""


def refuse_sample_mixing(module: nn.Module, inputs: torch.Tensor) -> None:
    """Refuse a module that is not one function, applied to each sample alone.

    Known layers are refused by their type (:func:`refuse_layers`), and every module by what it does to a few samples:
    at its own weights and at others, since a branch whose last weight starts at zero shows nothing. What only the
    backward pass does is seen by :func:`numerics.sgd.backward_mixing.refuse_backward_mixing`.

    Args:
        module: In the mode, training or evaluation, in which it will be used.
        inputs: The data set. Shape ``(n, ...)``.

    Raises:
        SampleMixingError: gives the reason and what to do.
    """
    refuse_layers(module)
    probe = copied(module)
    few = inputs[:PROBES] if len(inputs) > 1 else inputs.expand(2, *inputs.shape[1:])
    source = torch.Generator().manual_seed(0)
    with torch.no_grad(), torch.random.fork_rng(devices=[inputs.device] if inputs.is_cuda else []):
        with _unchanged("weights", probe.parameters()):
            _outputs(probe, few[:1])  # the axis of samples is kept where there is one
        _refuse_behaviour(probe, few, inputs, source)
        _refuse_memory(probe, copied(module), few, _with_other_sample(few, 0, inputs, source)[:1])
        for parameter in probe.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=source).to(parameter)
        _refuse_behaviour(probe, few, inputs, source)


def refuse_layers(module: nn.Module) -> None:
    """Refuse a module with a layer that is known to mix samples, draw random numbers, or change weights.

    Raises:
        SampleMixingError: names the layer, the reason, and what to do.
    """
    for name, parameter in module.named_parameters():
        if parameter._backward_hooks or getattr(parameter, "_post_accumulate_grad_hooks", None):
            raise SampleMixingError(
                f"module must have plain parameters, but {name} has a hook on its gradient, which would not be heard: "
                "gradients are taken sample by sample and never accumulate in .grad. Remove the hook."
            )
    for name, layer in module.named_modules():
        _refuse_layer(name or "the module itself", layer)
        _refuse_embedding(name or "the module itself", layer)


def _refuse_embedding(name: str, layer: nn.Module) -> None:
    if not isinstance(layer, nn.Embedding | nn.EmbeddingBag):
        return
    kind = type(layer).__name__
    if layer.scale_grad_by_freq:
        raise SampleMixingError(
            f"module must treat samples one by one, but {name} is {kind}(scale_grad_by_freq=True), which divides a "
            "gradient by how often its row occurs in the batch: the gradient of a batch is not the mean of the "
            "gradients of its samples. Give scale_grad_by_freq=False."
        )
    if layer.max_norm is not None:
        raise SampleMixingError(
            f"module must not change while it is used, but {name} is {kind}(max_norm={layer.max_norm}), which rescales "
            "weights when it is called. Give max_norm=None."
        )
    if layer.sparse:
        raise SampleMixingError(
            f"module must have dense gradients, but {name} is {kind}(sparse=True). Give sparse=False."
        )


def _refuse_layer(name: str, layer: nn.Module) -> None:
    kind = type(layer).__name__
    if isinstance(layer, _BatchNorm) and (layer.training or not layer.track_running_stats):
        move = "call module.eval() to use its running statistics" if layer.track_running_stats else "drop it"
        raise SampleMixingError(
            f"module must treat samples one by one, but {name} is {kind}, which normalises by the mean and variance of "
            f"the mini-batch: there is no loss per sample, and no gradient noise of one. Use GroupNorm or LayerNorm, "
            f"or {move}."
        )
    if isinstance(layer, _InstanceNorm) and layer.training and layer.track_running_stats:
        raise SampleMixingError(
            f"module must not change while it is used, but {name} is {kind} with track_running_stats=True. "
            "Give track_running_stats=False, or call module.eval()."
        )
    chance = _chance(layer)
    if chance is not None and layer.training and getattr(layer, chance) > 0:
        raise SampleMixingError(
            f"module must be a function of its weights and one sample, but {name} is {kind}({chance}="
            f"{getattr(layer, chance)}), which draws random numbers that are not those of the seed. "
            f"Call module.eval(), or set {chance}=0."
        )


def _chance(layer: nn.Module) -> str | None:
    """The attribute that makes a layer drop numbers at random."""
    if isinstance(layer, _DropoutNd):
        return "p"
    dropping = isinstance(layer, nn.MultiheadAttention) or (isinstance(layer, nn.RNNBase) and layer.num_layers > 1)
    return "dropout" if dropping else None


def _refuse_behaviour(module: nn.Module, few: torch.Tensor, data: torch.Tensor, source: torch.Generator) -> None:
    _seed(few, 0)
    with _unchanged("buffers", module.buffers()), _unchanged("weights", module.parameters()):
        outputs = _outputs(module, few)
    _seed(few, 1)
    tolerance = ROUNDING * torch.finfo(outputs.dtype).eps * float(outputs.abs().max())
    if _differ(_outputs(module, few), outputs, tolerance):
        raise SampleMixingError(
            "module must be a function of its weights and one sample, but two calls with the same input differ: "
            "it draws random numbers that are not those of the seed. Call module.eval(), or take the chance out of it."
        )
    for j in range(len(few)):
        _seed(few, 0)
        others = torch.arange(len(few), device=few.device) != j
        changed = _outputs(module, _with_other_sample(few, j, data, source))
        if _differ(changed[others], outputs[others], tolerance):
            raise SampleMixingError(
                "module must treat samples one by one, but changing one sample of a batch changes the outputs of "
                "others: there is no loss per sample, and no gradient noise of one. "
                "Normalise within a sample (GroupNorm, LayerNorm), or call module.eval()."
            )


@contextmanager
def _unchanged(name: str, tensors: Iterable[torch.Tensor]) -> Iterator[None]:
    """Refuse a module whose call, in the block, changes ``tensors``."""
    kept = list(tensors)
    before = [tensor.clone() for tensor in kept]
    yield
    if any(not torch.equal(old, new) for old, new in zip(before, kept, strict=True)):
        advice = "keep running statistics out of it" if name == "buffers" else "give it the weights it makes"
        raise SampleMixingError(
            f"module must not change while it is used, but calling it changed its {name}. "
            f"Call module.eval(), or {advice}."
        )


def _refuse_memory(used: nn.Module, new: nn.Module, few: torch.Tensor, other: torch.Tensor) -> None:
    """Refuse a module whose outputs depend on the batch that it saw first."""
    _seed(few, 0)
    _outputs(new, other)
    outputs = []
    for module in (used, new):
        _seed(few, 0)
        outputs.append(_outputs(module, few))
    tolerance = ROUNDING * torch.finfo(outputs[0].dtype).eps * float(outputs[0].abs().max())
    if _differ(outputs[0], outputs[1], tolerance):
        raise SampleMixingError(
            "module must be a function of its weights and one sample, but its outputs depend on what it was called "
            "with before. Keep no state in the module; what it computes from data belongs in a buffer set beforehand."
        )


def _seed(few: torch.Tensor, seed: int) -> None:
    """Seed the generator that the module's own noise comes from, of the device of ``few`` only."""
    if few.is_cuda:
        torch.cuda.manual_seed(seed)
    else:
        torch.default_generator.manual_seed(seed)


def _outputs(module: nn.Module, batch: torch.Tensor) -> torch.Tensor:
    given = batch.clone()
    try:
        outputs = module(given)
    except ArgumentError:
        raise
    except Exception as error:
        raise ArgumentError(
            f"module must accept a batch of inputs, here of shape {tuple(batch.shape)}: {first_line(error)}. The first "
            "axis of inputs counts samples, of which there may be any number."
        ) from None
    if not torch.equal(given, batch):
        raise SampleMixingError(
            "module must leave its inputs as they are, but calling it changed them: the next call would see other "
            "data. Write x = 2 * x where it says x *= 2, and inplace=False."
        )
    if not isinstance(outputs, torch.Tensor) or not outputs.is_floating_point():
        kind = type(outputs).__name__ if not isinstance(outputs, torch.Tensor) else str(outputs.dtype)
        raise ArgumentError(f"module must return one floating-point tensor, got {kind}. Wrap it in a module that does.")
    if outputs.ndim < 1 or outputs.shape[0] != len(batch):
        raise ArgumentError(
            f"module must return one output per sample: a batch of {len(batch)} gave shape {tuple(outputs.shape)}. "
            "The first axis counts samples; do not reduce or squeeze it, the loss is taken sample by sample."
        )
    return outputs


def first_line(error: Exception) -> str:
    """What an error says, without its traceback or full stop."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")


def _differ(first: torch.Tensor, second: torch.Tensor, tolerance: float) -> bool:
    both_finite = torch.isfinite(first) & torch.isfinite(second)
    return bool(((first - second).abs()[both_finite] > tolerance).any())


def _with_other_sample(few: torch.Tensor, j: int, data: torch.Tensor, source: torch.Generator) -> torch.Tensor:
    """``few`` with sample j moved by an amount of its own size, or, where it is no real vector, exchanged."""
    other = few.clone()
    if few.is_floating_point():
        size = 1 + float(few.abs().max())
        other[j] += size * torch.randn(few.shape[1:], generator=source).to(few)
    else:
        other[j] = data[int(torch.randint(len(data), (), generator=source))]
    return other
