"""PyTorch: any floating-point type and device, differentiable.

Branches that are not taken have no part in a derivative (:mod:`numerics.codegen.backends.torch_branches`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

import sympy as sp

from numerics.codegen.backends.torch_branches import guarded
from numerics.codegen.printing import Backend, float_literal
from numerics.errors import ArgumentError, MissingBackendError
from theory.values import shown

if TYPE_CHECKING:
    from torch import Tensor, dtype

_SAME_NAME = (
    *("sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh", "arccosh", "arctanh"),
    *("exp", "expm1", "log", "log1p", "floor", "erf", "erfc", "digamma"),
)

TEMPLATES = {
    "add": "{0} + {1}",
    "subtract": "{0} - {1}",
    "multiply": "{0} * {1}",
    "divide": "{0} / {1}",
    "negate": "-{0}",
    "reciprocal": "1.0 / {0}",
    ("power_integer", 2): "{0} * {0}",
    ("power_integer", 3): "{0} * {0} * {0}",
    "power_integer": "{0} ** {value}",
    "power": "torch.pow({0}, {1})",
    "square_root": "torch.sqrt({0})",
    "modulo": "torch.remainder({0}, {1})",
    "absolute": "torch.abs({0})",
    "sign": "sign({0})",
    **{name: f"torch.{name}({{0}})" for name in _SAME_NAME},
    **{name: f"torch.{name}({{0}}, {{1}})" for name in ("maximum", "minimum", "arctan2")},
    "sech_squared": "sech_squared({0})",
    "inverse_erf": "torch.erfinv({0})",
    "scaled_erfc": "torch.special.erfcx({0})",
    **{
        name: f"by_scipy('{name}', {{0}})"
        for name in ("erfi", "scaled_erfi", "inverse_erfc", "lambert_w", "lower_lambert_w")
    },
    **{
        name: f"by_scipy('{name}', {{0}}, {{1}})"
        for name in ("bessel_j", "bessel_y", "scaled_bessel_i", "scaled_bessel_k")
    },
    "incomplete_beta": "by_scipy('incomplete_beta', {0}, {1}, {2})",
    "gamma": "gamma({0})",
    "log_gamma": "log_gamma({0})",
    "polygamma": "polygamma({value}, {0})",
    "lower_gamma": "torch.special.gammainc({0}, {1}) * gamma({0})",
    "upper_gamma": "torch.special.gammaincc({0}, {1}) * gamma({0})",
    "beta": "beta({0}, {1})",
    "less": "{0} < {1}",
    "less_equal": "{0} <= {1}",
    "equal": "{0} == {1}",
    "logical_and": "{0} & {1}",
    "logical_or": "{0} | {1}",
    "logical_not": "~{0}",
    "select": "torch.where({0}, {1}, {2})",
    "masked": "torch.where({0}, {1}, {1}.detach())",
    "lookup": "lookup({operands})",
}

TAKES_FLOATS = frozenset(
    "add subtract multiply divide negate reciprocal power modulo less less_equal equal lookup return".split()
)
"""Where a Python float may stand for a tensor. Elsewhere PyTorch wants a tensor, or would round it to float32."""


def _literal(constant: sp.Expr, op: str) -> str:
    number = float_literal(constant)
    return number if op in TAKES_FLOATS else f"v0.new_tensor({number})"


def sign(x: Tensor) -> Tensor:
    """The sign, NaN for NaN (where ``torch.sign`` says 0)."""
    import torch

    return torch.where(torch.isnan(x), x, torch.sign(x))


def sech_squared(x: Tensor) -> Tensor:
    """1/cosh(x)**2, also where the square would overflow."""
    import torch

    q = torch.exp(-2 * torch.abs(x))
    return 4 * q / ((1 + q) * (1 + q))


def log_gamma(x: Tensor) -> Tensor:
    """The logarithm of Gamma(x), NaN for x < 0 (where ``torch.lgamma`` gives the logarithm of the modulus)."""
    import torch

    return torch.where(x < 0, torch.nan, torch.lgamma(x))


def gamma(x: Tensor) -> Tensor:
    r"""Gamma(x), for x < 1/2 by the reflection :math:`\Gamma(x)\,\Gamma(1 - x) = \pi / \sin \pi x`."""
    import torch

    reflect = x < 0.5
    positive = torch.exp(torch.lgamma(torch.where(reflect, 1 - x, x)))
    # sin(pi x) from the distance to the nearest integer keeps its relative accuracy there.
    nearest = torch.round(x)
    sine = torch.sin(torch.pi * (x - nearest)) * (1 - 2 * torch.remainder(nearest, 2))
    pole = (x < 0) & (x == nearest)
    reflected = torch.where(pole, torch.nan, torch.pi / (torch.where(reflect, sine, 1.0) * positive))
    return torch.where(reflect, reflected, positive)


def polygamma(n: int, x: Tensor) -> Tensor:
    r"""The n-th derivative of digamma, :math:`(-1)^{n+1}\, n!\, \zeta(n + 1, x)`, NaN at the poles.

    For x < 0 by the reflection :math:`\psi^{(n)}(x) = (-1)^n\psi^{(n)}(1 - x) - \pi\,\partial^n\cot(\pi x)`.
    ``torch.special.polygamma`` is right to nine digits only.
    """
    import torch

    reflect = x < 0
    positive = (-1) ** (n + 1) * math.factorial(n) * torch.special.zeta(n + 1.0, torch.where(reflect, 1 - x, x))
    pole = reflect & (x == torch.round(x))
    cotangent = 1 / torch.tan(torch.pi * torch.where(reflect & ~pole, x - torch.round(x), 0.25))
    slope = torch.zeros_like(cotangent)
    for c in reversed(_derivative_of_cotangent(n)):
        slope = slope * cotangent + c
    reflected = (-1) ** n * positive - torch.pi ** (n + 1) * slope
    return torch.where(pole, torch.nan, torch.where(reflect, reflected, positive))


def _derivative_of_cotangent(n: int) -> list[int]:
    """The n-th derivative of the cotangent as a polynomial in it, the lowest power first."""
    coefficients = [0, 1]
    for _ in range(n):
        slope = [k * c for k, c in enumerate(coefficients)][1:]
        coefficients = [-a - b for a, b in zip([*slope, 0, 0], [0, 0, *slope], strict=True)]
    return coefficients


def beta(a: Tensor, b: Tensor) -> Tensor:
    """The beta function of two positive numbers, NaN for others."""
    import torch

    return torch.exp(log_gamma(a) + log_gamma(b) - log_gamma(a + b))


def lookup(x: Tensor, *entries: Tensor | float) -> Tensor:
    """The entry at the floor of ``x``, NaN where there is none."""
    import torch

    x = torch.as_tensor(x)
    inside = (x >= 0) & (x < len(entries))
    place = torch.where(inside, x, 0).long()
    if not any(isinstance(entry, torch.Tensor) for entry in entries):
        return torch.where(inside, x.new_tensor(entries)[place], torch.nan)
    rows = torch.stack(torch.broadcast_tensors(x, *(torch.as_tensor(e, dtype=x.dtype) for e in entries))[1:])
    chosen = torch.gather(rows, 0, place.expand(rows.shape[1:])[None])[0]
    return torch.where(inside, chosen, torch.nan)


def _namespace(constants: Sequence[sp.Expr]) -> dict[str, Any]:
    try:
        import torch
    except ImportError:
        raise MissingBackendError(
            "the torch backend needs PyTorch, which is not installed. Install torch, or use backend='numpy'."
        ) from None
    helpers: dict[str, Callable[..., Any]] = {
        function.__name__: function for function in (sign, sech_squared, log_gamma, gamma, polygamma, beta, lookup)
    }
    from numerics.codegen.backends.torch_special import by_scipy

    helpers["by_scipy"] = by_scipy
    return {"torch": torch, "nan": float("nan"), "inf": float("inf"), **helpers}


def _call(function: Callable[..., tuple], values: Sequence[Any], digits: int | None) -> tuple[Tensor, ...]:
    import torch

    tensors = _tensors(values)
    try:
        shape = torch.broadcast_shapes(*(tensor.shape for tensor in tensors))
    except RuntimeError:
        shapes = [tuple(tensor.shape) for tensor in tensors]
        raise ArgumentError(f"the arguments must broadcast to one shape, got {shapes}.") from None
    like = tensors[0] if tensors else torch.empty((), dtype=torch.float64)
    results: list[Tensor] = []
    for output in function(*tensors):
        if not isinstance(output, torch.Tensor):
            output = torch.full(shape, output, dtype=like.dtype, device=like.device)
        if output.shape != shape or any(output is other for other in (*tensors, *results)):
            output = output.expand(shape).clone()
        results.append(output)
    return tuple(results)


def _tensors(values: Sequence[Any]) -> list[Tensor]:
    """The arguments as tensors of one type on one device; Python's own numbers choose neither."""
    import torch

    for place, value in enumerate(values):
        if isinstance(value, complex) or (isinstance(value, torch.Tensor) and value.is_complex()):
            raise ArgumentError(f"argument {place} must hold real numbers, got {shown(value)}.")
    try:
        given = [v if type(v) in (bool, int, float) else torch.as_tensor(v) for v in values]
    except (TypeError, ValueError, RuntimeError) as error:
        raise ArgumentError(f"arguments must be tensors, arrays or numbers: {error}") from None
    devices = {v.device for v in values if isinstance(v, torch.Tensor)}
    if len(devices) > 1:
        raise ArgumentError(f"all tensors must be on one device, got {sorted(map(str, devices))}.")
    device = next(iter(devices), torch.device("cpu"))
    number_type = _number_type([v for v in given if isinstance(v, torch.Tensor)])
    return [torch.as_tensor(v, dtype=number_type, device=device) for v in given]


def _number_type(tensors: Sequence[Tensor]) -> dtype:
    import torch

    floating = [tensor.dtype for tensor in tensors if tensor.is_floating_point()]
    return reduce(torch.promote_types, floating) if floating else torch.float64


BACKEND = Backend("torch", TEMPLATES, _literal, _namespace, _call, prepare=guarded)
