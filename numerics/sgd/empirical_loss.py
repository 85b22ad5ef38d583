r"""The loss of a PyTorch module over a data set, as a function of one vector of weights.

.. math::
    L(\theta) = \frac1n\sum_{i=1}^nl\bigl(f_\theta(x_i), y_i\bigr)

The numeric twin of :class:`theory.gradient_noise.model.Model` with an empirical data law.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torch.func import functional_call, vmap

from numerics.arguments import real_array
from numerics.errors import ArgumentError, MissingBackendError
from numerics.sgd.backward_mixing import refuse_backward_mixing
from numerics.sgd.module_copy import copied
from numerics.sgd.sample_mixing import SampleMixingError, first_line, refuse_layers, refuse_sample_mixing
from theory.values import shown

SampleLoss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""The loss of one sample: its output (without a batch axis) and its target, to a scalar tensor."""


@dataclass(frozen=True, eq=False)
class EmpiricalLoss:
    r"""A module :math:`f_\theta`, the loss of one sample, and a data set.

    The weights are the module's parameters that require gradients, in the order of ``named_parameters``, each row by
    row, as one vector :math:`\theta` of length P. The module given is copied and never changed; its mode, training or
    evaluation, is kept.

    Attributes:
        module: Takes a batch, shape ``(b, ...)``, and returns one output per sample, shape ``(b, ...)``.
        loss: The loss of one sample, ``loss(output, target)``, a scalar tensor; it must be traceable by ``torch.func``.
        inputs: Shape ``(n, ...)``; floating-point ones take the type of the weights.
        targets: Shape ``(n, ...)``; likewise.
        device: Where everything is computed, "cpu" or "cuda".

    Raises:
        ArgumentError: shapes do not fit, data are not finite, the loss is no scalar or has no gradient.
        SampleMixingError: the module has no loss per sample, or its backward pass mixes samples.
        MissingBackendError: the device is not there.

    Example:
        >>> net = nn.Linear(2, 1, bias=False)
        >>> problem = EmpiricalLoss(net, lambda f, y: ((f - y) ** 2).sum(), torch.eye(2), torch.zeros(2, 1))
        >>> problem.sample_losses(torch.tensor([3.0, 4.0])).tolist()
        [9.0, 16.0]
    """

    module: nn.Module
    loss: SampleLoss
    inputs: torch.Tensor
    targets: torch.Tensor
    device: torch.device | str = "cpu"
    shapes: Mapping[str, torch.Size] = field(init=False)
    """Name of each parameter that is trained to its shape."""
    _places: Mapping[str, str] = field(init=False, repr=False)
    """Each place at which a parameter that is trained stands, once, to the name of the parameter."""

    def __post_init__(self) -> None:
        set_field = lambda name, value: object.__setattr__(self, name, value)  # noqa: E731
        set_field("device", available_device(self.device))
        if not isinstance(self.module, nn.Module):
            raise ArgumentError(f"module must be a torch.nn.Module, got {type(self.module).__name__}.")
        if isinstance(self.module, torch.jit.ScriptModule):
            raise ArgumentError(
                "module must be one whose weights can be exchanged, but TorchScript compiles them in. Give the module "
                "that was scripted or traced."
            )
        if isinstance(self.module, nn.DataParallel | nn.parallel.DistributedDataParallel):
            raise ArgumentError(
                f"module must be one whose weights can be exchanged, but {type(self.module).__name__} keeps copies of "
                "them. Give module.module, which it wraps."
            )
        trained = _trained(self.module)
        refuse_layers(self.module)
        set_field("shapes", {name: parameter.shape for name, parameter in trained.items()})
        dtype = next(iter(trained.values())).dtype
        set_field("module", copied(self.module).to(self.device))
        set_field("_places", _places_of(self.module, trained))
        for name in ("inputs", "targets"):
            set_field(name, _data(getattr(self, name), name, dtype, self.device))
        if len(self.inputs) != len(self.targets):
            raise ArgumentError(
                "inputs and targets must hold the same number of samples, "
                f"got {len(self.inputs)} inputs and {len(self.targets)} targets."
            )
        self._refuse_what_cannot_be_called()

    @property
    def n(self) -> int:
        """Number of samples."""
        return len(self.inputs)

    @property
    def dimension(self) -> int:
        """Number of weights, P."""
        return sum(shape.numel() for shape in self.shapes.values())

    @property
    def dtype(self) -> torch.dtype:
        """Type of the weights."""
        return self.theta.dtype

    @property
    def theta(self) -> torch.Tensor:
        """The module's own weights. Shape ``(P,)``."""
        parameters = dict(self.module.named_parameters())
        return self.flat({name: parameters[name].detach() for name in self.shapes})

    def named(self, theta: torch.Tensor) -> dict[str, torch.Tensor]:
        """Weights by name, views of ``theta``: shape ``(..., P)`` to ``(..., *shape)``."""
        pieces = theta.split([shape.numel() for shape in self.shapes.values()], dim=-1)
        return {
            name: piece.reshape((*theta.shape[:-1], *shape))
            for (name, shape), piece in zip(self.shapes.items(), pieces, strict=True)
        }

    def flat(self, parameters: Mapping[str, torch.Tensor]) -> torch.Tensor:
        """Inverse of :meth:`named`.

        Raises:
            ArgumentError: a name is unknown or missing, or a shape does not fit.
        """
        self.check_names(parameters)
        missing = [name for name in self.shapes if name not in parameters]
        if missing:
            raise ArgumentError(f"parameters must hold {missing} too, got {list(parameters)}.")
        pieces = []
        for name, shape in self.shapes.items():
            value = parameters[name]
            lead = value.shape[: value.ndim - len(shape)]
            if value.shape != lead + shape:
                raise ArgumentError(f"{name} must have shape (..., {tuple(shape)}), got {tuple(value.shape)}.")
            pieces.append(value.reshape(*lead, shape.numel()))
        return torch.cat(pieces, dim=-1)

    def weights_from(self, value: object, name: str) -> torch.Tensor:
        """A tensor, an array or a number as a tensor of the precision and at the place of the module's weights.

        Raises:
            ArgumentError: it holds no real numbers; ``name`` is what it is called.
        """
        if not isinstance(value, torch.Tensor):
            value = torch.as_tensor(real_array(value, name, finite=False))
        if value.is_complex() or value.dtype is torch.bool:
            raise ArgumentError(f"{name} must hold real numbers, got a tensor of {value.dtype}.")
        return value.detach().to(self.theta)

    def check_names(self, names: Mapping[str, object]) -> None:
        """Refuse names that are no parameters."""
        unknown = [name for name in names if name not in self.shapes]
        if unknown:
            raise ArgumentError(f"parameters {unknown} are unknown; the module trains {list(self.shapes)}.")

    def outputs(self, theta: torch.Tensor, inputs: torch.Tensor | None = None) -> torch.Tensor:
        r""":math:`f_\theta` at each of ``inputs``, the data set unless given."""
        named = self.named(theta)
        # Names that PyTorch ties itself would include those of a layer that is used twice, and it would put θ there
        # twice and take it away once.
        values = {place: named[name] for place, name in self._places.items()}
        given = self.inputs if inputs is None else inputs
        return functional_call(self.module, values, (given,), tie_weights=False)

    def sample_losses(
        self, theta: torch.Tensor, inputs: torch.Tensor | None = None, targets: torch.Tensor | None = None
    ) -> torch.Tensor:
        r"""The losses :math:`l_i(\theta)` of the given samples, the data set unless given. Shape ``(b,)``.

        Raises:
            ArgumentError: ``theta`` is no tensor of shape ``(P,)``, or inputs and targets are no tensors of one length.
        """
        self._refuse_other_samples(theta, inputs, targets)
        return vmap(self.loss)(self.outputs(theta, inputs), self.targets if targets is None else targets)

    def _refuse_other_samples(self, theta: object, inputs: object, targets: object) -> None:
        if not isinstance(theta, torch.Tensor) or theta.shape[-1:] != (self.dimension,):
            raise ArgumentError(f"theta must be a tensor of {self.dimension} weights, got {shown(theta)}.")
        given: tuple[Any, Any] = (
            self.inputs if inputs is None else inputs,
            self.targets if targets is None else targets,
        )
        for name, tensor, own in zip(("inputs", "targets"), given, (self.inputs, self.targets), strict=True):
            if (
                not isinstance(tensor, torch.Tensor)
                or tensor.shape[1:] != own.shape[1:]
                or len(tensor) != len(given[0])
            ):
                shape = ", ".join(map(str, ("b", *own.shape[1:])))
                raise ArgumentError(
                    f"{name} must be a tensor of shape ({shape}), b that of inputs, got {shown(tensor)}."
                )

    def mean_loss(self, parameters: Mapping[str, torch.Tensor]) -> torch.Tensor:
        r""":math:`L` at weights given by name: an observable for :func:`numerics.sgd.replicas.train_replicas`."""
        return self.sample_losses(self.flat(parameters)).mean()

    def _refuse_what_cannot_be_called(self) -> None:
        for name, value in (("the weights", self.theta), ("inputs", self.inputs), ("targets", self.targets)):
            if value.is_floating_point() and not bool(torch.isfinite(value).all()):
                count = int((~torch.isfinite(value)).sum())
                raise ArgumentError(
                    f"{name} must be finite, but {count} of {value.numel()} numbers are NaN or infinite. "
                    "Drop or repair incomplete samples first."
                )
        self._refuse_mixing_below_rounding()
        refuse_sample_mixing(self.module, self.inputs)
        self._refuse_loss()
        refuse_backward_mixing(self.sample_losses, self.theta, self.inputs, self.targets)

    def _refuse_mixing_below_rounding(self) -> None:
        """Half precision rounds as much as mixing changes: the same module is asked in double precision."""
        if torch.finfo(self.dtype).bits >= 32:
            return
        try:
            EmpiricalLoss(copied(self.module).double(), self.loss, self.inputs, self.targets, self.device)
        except SampleMixingError:
            raise
        except ArgumentError:
            pass  # it, or its loss, insists on its own type, in which it is asked next

    def _refuse_loss(self) -> None:
        with torch.no_grad():
            outputs = self.outputs(self.theta, self.inputs[:2])
            try:
                values = vmap(self.loss)(outputs, self.targets[:2])
            except Exception as error:
                raise ArgumentError(
                    "loss must take the output and the target of one sample, here of shapes "
                    f"{tuple(outputs.shape[1:])} and {tuple(self.targets.shape[1:])}: {first_line(error)}."
                ) from None
        if not isinstance(values, torch.Tensor) or values.shape != outputs.shape[:1] or not values.is_floating_point():
            kind = f"shape {tuple(values.shape[1:])}" if isinstance(values, torch.Tensor) else type(values).__name__
            raise ArgumentError(
                f"loss must return one real number per sample, got {kind}. Sum or average over the outputs of a sample."
            )
        if not bool(values.isfinite().all()):
            raise ArgumentError(
                "loss must be a finite number at the module's own weights, but of the first samples it is "
                f"{[float(value) for value in values]}. Look for log(0), 1/0 or the root of a negative number in it."
            )


def available_device(device: torch.device | str) -> torch.device:
    """The device of this name.

    Raises:
        MissingBackendError: PyTorch does not see it.
    """
    try:
        found = torch.device(device)
    except (RuntimeError, TypeError, ValueError, OverflowError):
        raise ArgumentError(f"device must be a name such as 'cpu' or 'cuda', got {shown(device)}.") from None
    if found.type == "cuda" and (found.index or 0) >= torch.cuda.device_count():
        raise MissingBackendError(
            f"device={str(found)!r} needs a GPU and a CUDA build of PyTorch, but PyTorch {torch.__version__} sees "
            f"{torch.cuda.device_count()} GPUs. Use device='cpu'."
        )
    if found.type not in ("cpu", "cuda"):
        raise MissingBackendError(f"device must be 'cpu' or 'cuda', got {str(found)!r}.")
    return found


def _trained(module: nn.Module) -> dict[str, nn.Parameter]:
    lazy = [name for name, value in module.named_parameters() if isinstance(value, nn.parameter.UninitializedParameter)]
    if lazy:
        raise ArgumentError(f"module must have its shapes, but {lazy} are lazy. Call it once on a batch first.")
    without = [name for name, value in module.named_parameters() if value.is_meta]
    if without:
        raise ArgumentError(
            f"module must hold its weights, but {without} are on the device 'meta', which holds shapes only. Call "
            "module.to_empty(device='cpu') and initialise them."
        )
    trained = {name: parameter for name, parameter in module.named_parameters() if parameter.requires_grad}
    if not trained:
        raise ArgumentError("module must have at least one parameter that requires gradients, got none.")
    kinds = {parameter.dtype for parameter in trained.values()}
    if len(kinds) > 1 or not next(iter(kinds)).is_floating_point:
        raise ArgumentError(
            f"all parameters must be of one floating-point type, got {sorted(map(str, kinds))}. Call module.double()."
        )
    return trained


def _places_of(module: nn.Module, trained: Iterable[str]) -> dict[str, str]:
    """Places of parameters, layers that are used twice counted once, to the first name of each parameter."""
    first = {id(parameter): name for name, parameter in module.named_parameters()}
    trained = set(trained)
    return {
        place: first[id(parameter)]
        for prefix, layer in module.named_modules()
        for attribute, parameter in layer.named_parameters(recurse=False, remove_duplicate=False)
        if first[id(parameter)] in trained
        for place in [f"{prefix}.{attribute}" if prefix else attribute]
    }


def _data(values: object, name: str, dtype: torch.dtype, device: torch.device | str) -> torch.Tensor:
    try:
        tensor = torch.as_tensor(values)
    except (TypeError, ValueError, RuntimeError):
        raise ArgumentError(f"{name} must be a tensor or an array, got {type(values).__name__}.") from None
    if tensor.ndim < 1 or len(tensor) < 1:
        raise ArgumentError(f"{name} must hold at least one sample along its first axis, got {tuple(tensor.shape)}.")
    return tensor.detach().to(device, dtype if tensor.is_floating_point() else tensor.dtype)
