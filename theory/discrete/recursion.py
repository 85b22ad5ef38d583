r"""Stochastic recursions: the next state as expressions in the state, fresh noise and the number of the step.

.. math::
    \theta_{k+1} = F(\theta_k, \xi_k, u_k; k)

Stochastic gradient descent is one (:func:`theory.gradient_noise.descent.gradient_descent`), the map of a single mode
of a network another. A recursion is what is iterated, without the limit of small steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from theory.errors import ShapeError, SymbolError
from theory.notation import k
from theory.values import by_name, column, mapping, single_expression


@dataclass(frozen=True)
class Recursion:
    r"""The recursion :math:`\theta_{k+1} = F(\theta_k, \xi_k, u_k; k)`.

    Attributes:
        state: Coordinates :math:`\theta`, distinct symbols. Shape ``(d, 1)``.
        update: :math:`F`, expressions in the state, the noise, parameters and the step number
            :data:`theory.notation.k`. Shape ``(d, 1)``.
        normals: Symbols :math:`\xi` of independent standard normals, fresh in each step. Shape ``(m, 1)``.
        uniforms: Symbols :math:`u` of independent uniforms on (0, 1), fresh in each step. Shape ``(l, 1)``.

    Raises:
        ShapeError: no coordinate, or not one entry of ``update`` per coordinate.
        SymbolError: something other than a symbol stands for a coordinate or a noise, a symbol serves twice, or an
            expression holds a namesake with other assumptions.

    Example:
        >>> w, xi = sp.symbols("w xi", real=True)
        >>> eta, zeta = sp.symbols("eta zeta", positive=True)
        >>> chain = Recursion([w], [w - eta * w + eta * zeta * xi], normals=[xi])
        >>> chain.dimension, chain.parameters
        (1, (eta, zeta))
    """

    state: sp.ImmutableMatrix
    update: sp.ImmutableMatrix
    normals: sp.ImmutableMatrix = ()  # type: ignore[assignment]
    uniforms: sp.ImmutableMatrix = ()  # type: ignore[assignment]

    def __post_init__(self) -> None:
        for name in ("state", "update", "normals", "uniforms"):
            entries = getattr(self, name)
            # An empty matrix would be one without columns, which has no entries to iterate over either.
            empty = isinstance(entries, list | tuple | sp.MatrixBase) and not len(entries)
            object.__setattr__(self, name, sp.ImmutableMatrix.zeros(0, 1) if empty else column(entries, name))
        if self.dimension == 0 or self.update.rows != self.dimension:
            raise ShapeError(
                f"update must have one entry per coordinate of state, at least one: state has {self.dimension}, "
                f"got {self.update.rows} in update. A coordinate that does not move is its own update."
            )
        self._require_symbols()
        self._refuse_lookalikes()

    def _require_symbols(self) -> None:
        own = self.own_symbols
        if not all(symbol.is_Symbol for symbol in own) or len(set(own)) < len(own) or k in own:
            raise SymbolError(
                f"state, normals and uniforms must hold distinct symbols other than the step number {k}, got "
                f"state={tuple(self.state)}, normals={tuple(self.normals)}, uniforms={tuple(self.uniforms)}."
            )
        unreal = [symbol for symbol in (*self.normals, *self.uniforms) if symbol.is_real is False]
        signed = [xi for xi in self.normals if xi.is_nonnegative or xi.is_nonpositive]
        if unreal or signed:
            raise SymbolError(
                f"a standard normal takes every real value and a uniform is real, but {(unreal or signed)[0]} is "
                "declared otherwise. Use sp.Symbol(name, real=True)."
            )

    def _refuse_lookalikes(self) -> None:
        """A symbol with a coordinate's name and other assumptions would silently be a parameter."""
        own = {*self.own_symbols, k}
        names = {symbol.name for symbol in own}
        twins = sorted(symbol.name for symbol in self._symbols - own if symbol.name in names)
        if twins:
            raise SymbolError(
                f"update holds a symbol {twins[0]} that is not the {twins[0]} of the recursion: same name, other "
                "assumptions. Use one symbol throughout; the step number is theory.notation.k."
            )

    @property
    def own_symbols(self) -> tuple[sp.Symbol, ...]:
        """Coordinates, normals and uniforms."""
        return (*self.state, *self.normals, *self.uniforms)

    @property
    def dimension(self) -> int:
        """Number of coordinates, d."""
        return self.state.rows

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """Free symbols that are neither coordinates nor noise nor the step number, sorted by name."""
        free = self._symbols - {*self.own_symbols, k}
        return by_name(free)

    @property
    def autonomous(self) -> bool:
        """Whether every step follows the same map: no schedule."""
        return k not in self._symbols

    @cached_property
    def _symbols(self) -> set[sp.Symbol]:
        """Every symbol of the update; a data set in it is long to walk through."""
        return self.update.free_symbols

    def subs(self, values: Mapping[sp.Symbol, sp.Expr]) -> Recursion:
        """The recursion with ``values`` put in for parameters.

        Raises:
            SymbolError: ``values`` names a coordinate or a noise.
        """
        values = mapping(values, required=True)
        named = sorted(str(symbol) for symbol in set(values) & set(self.own_symbols))
        if named:
            raise SymbolError(f"values may name parameters only, but {named} are coordinates or noise.")
        exact = {symbol: single_expression(value, str(symbol)) for symbol, value in values.items()}
        return Recursion(self.state, self.update.subs(exact, simultaneous=True), self.normals, self.uniforms)

    def _repr_latex_(self) -> str:
        lines = (rf"{sp.latex(x)} &\mapsto {sp.latex(new)}" for x, new in zip(self.state, self.update, strict=True))
        return r"$\displaystyle \begin{aligned}" + r" \\ ".join(lines) + r"\end{aligned}$"
