"""Special functions that PyTorch lacks, computed by SciPy on the processor and differentiated by formula.

Their derivative with respect to an order or a shape is not known here, and asking for it is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy import special
from torch import Tensor

from numerics.codegen.backends.numpy_ import (
    bessel_i_without_growth,
    bessel_k_without_growth,
    lambert_w,
    scaled_erfi,
)
from numerics.errors import UnsupportedFunctionError

_VALUES: dict[str, Callable[..., Any]] = {
    "erfi": special.erfi,
    "scaled_erfi": scaled_erfi,
    "inverse_erfc": special.erfcinv,
    "bessel_j": special.jv,
    "bessel_y": special.yv,
    "scaled_bessel_i": bessel_i_without_growth,
    "scaled_bessel_k": bessel_k_without_growth,
    "lambert_w": lambda x: lambert_w(x, 0),
    "lower_lambert_w": lambda x: lambert_w(x, -1),
    "incomplete_beta": special.betainc,
}

_HALF_ROOT_PI = float(np.sqrt(np.pi)) / 2


def _of_lambert(name: str) -> Callable[[Tensor], Tensor]:
    def derivative(x: Tensor) -> Tensor:
        w = by_scipy(name, x)
        return torch.exp(-w) / (1 + w)

    return derivative


_DERIVATIVES: dict[str, Callable[..., Tensor]] = {
    "erfi": lambda x: torch.exp(x * x) / _HALF_ROOT_PI,
    "scaled_erfi": lambda x: 1 / _HALF_ROOT_PI - 2 * x * by_scipy("scaled_erfi", x),
    "inverse_erfc": lambda x: -_HALF_ROOT_PI * torch.exp(by_scipy("inverse_erfc", x) ** 2),
    "bessel_j": lambda n, x: (by_scipy("bessel_j", n - 1, x) - by_scipy("bessel_j", n + 1, x)) / 2,
    "bessel_y": lambda n, x: (by_scipy("bessel_y", n - 1, x) - by_scipy("bessel_y", n + 1, x)) / 2,
    "scaled_bessel_i": lambda n, x: (
        (by_scipy("scaled_bessel_i", n - 1, x) + by_scipy("scaled_bessel_i", n + 1, x)) / 2
        - torch.sign(x) * by_scipy("scaled_bessel_i", n, x)
    ),
    "scaled_bessel_k": lambda n, x: (
        by_scipy("scaled_bessel_k", n, x)
        - (by_scipy("scaled_bessel_k", n - 1, x) + by_scipy("scaled_bessel_k", n + 1, x)) / 2
    ),
    "lambert_w": _of_lambert("lambert_w"),
    "lower_lambert_w": _of_lambert("lower_lambert_w"),
    "incomplete_beta": lambda a, b, x: torch.exp(
        (a - 1) * torch.log(x) + (b - 1) * torch.log1p(-x) - torch.lgamma(a) - torch.lgamma(b) + torch.lgamma(a + b)
    ),
}


class _ByScipy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, name: str, *arguments: Tensor) -> Tensor:
        ctx.name = name
        ctx.save_for_backward(*arguments)
        like = arguments[-1]
        values = _VALUES[name](*(argument.detach().cpu().double().numpy() for argument in arguments))
        return torch.as_tensor(np.asarray(values), dtype=like.dtype, device=like.device)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        if any(ctx.needs_input_grad[1:-1]):
            raise UnsupportedFunctionError(
                f"the torch backend knows the derivative of {ctx.name} with respect to its last argument only. "
                "Detach the order or the shape."
            )
        (gradient,) = gradients
        return (*(None for _ in ctx.needs_input_grad[:-1]), gradient * _DERIVATIVES[ctx.name](*ctx.saved_tensors))


def by_scipy(name: str, *arguments: Tensor | float) -> Tensor:
    """A function of the vocabulary by SciPy, in the type and on the device of its last argument."""
    last = torch.as_tensor(arguments[-1])
    tensors = torch.broadcast_tensors(*(torch.as_tensor(a, dtype=last.dtype, device=last.device) for a in arguments))
    return _ByScipy.apply(name, *tensors)  # type: ignore[return-value]
