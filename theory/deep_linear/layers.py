r"""The architecture of a deep linear network: widths, residual factors, frozen layers, weight decay.

.. math::
    f(x) = F_L\cdots F_1\,x, \qquad F_l = W_l \ \text{ or } \ I + W_l, \qquad W_l \in \mathbb R^{d_l\times d_{l-1}}

Layers are counted from 1, as on paper. :math:`W_{>l} = F_L\cdots F_{l+1}` and :math:`W_{<l} = F_{l-1}\cdots F_1`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import sympy as sp

from theory.errors import DimensionError, ShapeError
from theory.values import count, exact_number, listed, shown

MAX_DEPTH = 1000
"""More layers are refused."""

MAX_WIDTH = 100_000
"""Wider layers are refused."""


@dataclass(frozen=True)
class LayeredLinear:
    r"""A linear network of :math:`L` layers, without weights.

    Attributes:
        widths: :math:`(d_0, \dots, d_L)`: inputs, hidden layers, outputs.
        residual: The layers :math:`l` whose factor is :math:`I + W_l`.
        frozen: The layers that are not trained. They take part in the product and do not move.
        weight_decay: :math:`\lambda_l` of the term :math:`\tfrac12\sum_l\lambda_l\|W_l\|_F^2` of the loss; one number
            for all layers, or one a layer.

    Raises:
        DimensionError: fewer than two widths (a depth below 1), or a width below 1; a layer that does not exist.
        ShapeError: a residual layer that is not square, a wrong number of decays, or a negative one.

    Example:
        >>> network = LayeredLinear((3, 5, 4, 2), frozen=(2,))
        >>> network.depth, network.shapes, network.trained
        (3, ((5, 3), (4, 5), (2, 4)), (1, 3))
    """

    widths: tuple[int, ...]
    _: KW_ONLY
    residual: tuple[int, ...] = ()
    frozen: tuple[int, ...] = ()
    weight_decay: tuple[sp.Expr, ...] = ()

    def __post_init__(self) -> None:
        widths = listed(self.widths, "widths")
        if len(widths) < 2:
            raise DimensionError(
                "widths must hold at least 2 numbers, inputs and outputs of a depth of at least 1, "
                f"got {shown(widths)}. Write (d_0, ..., d_L)."
            )
        widths = tuple(count(width, "widths", at_least=1, at_most=MAX_WIDTH) for width in widths)
        if len(widths) > MAX_DEPTH:
            raise DimensionError(f"widths must describe at most {MAX_DEPTH - 1} layers, got {len(widths) - 1}.")
        object.__setattr__(self, "widths", widths)
        object.__setattr__(self, "residual", self._layers(self.residual, "residual"))
        object.__setattr__(self, "frozen", self._layers(self.frozen, "frozen"))
        object.__setattr__(self, "weight_decay", self._decays(self.weight_decay))
        for l in self.residual:
            if widths[l] != widths[l - 1]:
                raise ShapeError(
                    f"residual must name square layers: layer {l} has shape {self.shapes[l - 1]}, and I + W_{l} needs "
                    "equal widths. Drop it from residual or change widths."
                )

    @property
    def depth(self) -> int:
        """The number of layers, L."""
        return len(self.widths) - 1

    @property
    def shapes(self) -> tuple[tuple[int, int], ...]:
        r"""The shapes :math:`(d_l, d_{l-1})` of the weights."""
        return tuple(zip(self.widths[1:], self.widths[:-1], strict=True))

    @property
    def trained(self) -> tuple[int, ...]:
        """The layers that move."""
        return tuple(l for l in range(1, self.depth + 1) if l not in self.frozen)

    @property
    def is_plain(self) -> bool:
        """Whether every layer is trained, none is residual and no weight decays: the network of the paper."""
        return not self.residual and not self.frozen and not any(self.weight_decay)

    def layer(self, l: Any, name: str = "layer") -> int:
        """``l`` if there is such a layer.

        Raises:
            DimensionError: there is none.
        """
        return count(l, name, at_least=1, at_most=self.depth)

    def _layers(self, given: Any, name: str) -> tuple[int, ...]:
        entries = sorted(given) if isinstance(given, set | frozenset) else listed(given, name)
        return tuple(sorted({self.layer(l, name) for l in entries}))

    def _decays(self, given: Any) -> tuple[sp.Expr, ...]:
        several = isinstance(given, Sequence) and not isinstance(given, str)
        decays = [exact_number(decay, "weight_decay") for decay in (given if several else [given])]
        decays = decays * self.depth if len(decays) == 1 else decays or [sp.S.Zero] * self.depth
        if len(decays) != self.depth or any(decay.is_negative for decay in decays):
            raise ShapeError(
                f"weight_decay must be one non-negative number, or one for each of the {self.depth} layers, "
                f"got {shown(given)}."
            )
        return tuple(decays)
