r"""Euler-Maruyama steps of a process on the line with a reflecting or an absorbing end.

Between two grid times the step is a Brownian bridge from :math:`x` to the Euler point :math:`y` with variance
:math:`a(x) h`. For :math:`E = Z_1^2 + Z_2^2 = -2\log U` of two further normals its minimum is

.. math:: m = \tfrac12\Big(x + y - \sqrt{(y - x)^2 + a h E}\Big),

and :math:`m \le l` exactly where :math:`a h E \ge 4(x - l)(y - l)`. So both schemes are exact in law for constant drift
and dispersion and one end; without the bridge the error would be of order :math:`\sqrt h`.

References:
    Lépingle, *Math. Comput. Simulation* 38 (1995) 119 (reflection); Gobet, *Stochastic Process. Appl.* 87 (2000) 167
    (absorption).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import sympy as sp

from numerics.arguments import EXTENDED, choice, given_expression, require, takes
from numerics.errors import ArgumentError
from numerics.schemes.euler_maruyama import EulerMaruyama
from numerics.schemes.scheme import Scheme, SchemeError
from theory.argument_kinds import one_of
from theory.ito import ItoProcess


@dataclass(frozen=True, kw_only=True)
class WithEnds(Scheme):
    """What both have in common.

    Attributes:
        left: The lower end, a number or an expression in parameters; ``None`` for none.
        right: The upper end.

    Raises:
        ArgumentError: neither end is given, one is no finite real expression, or they stand in the wrong order.
    """

    strong_order: ClassVar[float] = 0.5
    weak_order: ClassVar[float] = 1.0
    left: Any = None
    right: Any = None

    def __post_init__(self) -> None:
        if self.left is None and self.right is None:
            raise ArgumentError(f"{type(self).__name__} needs an end: left=..., right=... or both, got neither.")
        for name in ("left", "right"):
            end = getattr(self, name)
            if end is not None:
                require(EXTENDED, end, name)
                expression = given_expression(end, name)
                if expression.is_extended_real is False or expression.is_infinite or expression.has(sp.nan, sp.zoo):
                    raise ArgumentError(f"{name} must be finite and real, got {name}={end}. Leave an infinite end out.")
                object.__setattr__(self, name, expression)
        left, right = self.ends
        if left is not None and right is not None and (left < right) == sp.false:
            raise ArgumentError(f"left must lie below right, got left={left} and right={right}. Swap them.")

    @property
    def ends(self) -> tuple[sp.Expr | None, sp.Expr | None]:
        """Both ends."""
        return self.left, self.right

    @property
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """Those of the ends."""
        return frozenset().union(*(end.free_symbols for end in self.ends if end is not None))

    @property
    def absorbing_ends(self) -> tuple[sp.Expr, ...]:
        """Where a trajectory stays for good."""
        return ()

    @takes(process=one_of(ItoProcess, needed="an ItoProcess"))
    def normals_per_step(self, process: ItoProcess) -> int:
        """Two for each end besides those of the step."""
        return process.noise_dimension + 2 * sum(end is not None for end in self.ends)

    def step_expressions(
        self, process: ItoProcess, normals: Sequence[sp.Symbol], step: sp.Symbol, root_step: sp.Symbol
    ) -> list[sp.Expr]:
        """See :meth:`Scheme.step_expressions`.

        Raises:
            SchemeError: the process has several coordinates, or an end moves with them.
        """
        self.require_normals(process, normals)
        ends = [end for end in self.ends if end is not None]
        if process.dimension != 1 or any(end.free_symbols & set(process.state) for end in ends):
            raise SchemeError(
                f"{type(self).__name__} needs one coordinate and fixed ends, got the coordinates "
                f"{tuple(process.state)} and the ends {ends}. Write the distance as a scalar process first."
            )
        (x,), m = process.state, process.noise_dimension
        (y,) = EulerMaruyama().step_expressions(process, normals[:m], step, root_step)
        pairs = [normals[i] ** 2 + normals[i + 1] ** 2 for i in range(m, len(normals), 2)]
        spread = [process.diffusion[0] * step * pair for pair in pairs]
        return [self._at_ends(x, y, spread)]

    @abstractmethod
    def _at_ends(self, x: sp.Symbol, y: sp.Expr, spread: list[sp.Expr]) -> sp.Expr:
        """The next state from the Euler point ``y``; ``spread`` holds :math:`a h E` for each end, left before right."""


@dataclass(frozen=True, kw_only=True)
class Reflecting(WithEnds):
    r"""Euler-Maruyama with reflecting ends: :math:`X_{n+1} = y + \max(0, l - m)`, mirrored at a right end.

    With two ends a step sees the nearer one; what it carries beyond the other is set onto it.

    Example:
        >>> from theory.notation import mu
        >>> x, h, q, Z, Z_1, Z_2 = sp.symbols("x h q Z Z_1 Z_2", real=True)
        >>> process = ItoProcess.scalar(x, drift=-mu, dispersion=1)
        >>> Reflecting(left=0).normals_per_step(process)
        3
    """

    def _at_ends(self, x: sp.Symbol, y: sp.Expr, spread: list[sp.Expr]) -> sp.Expr:
        left, right = self.left, self.right
        roots = [sp.sqrt((y - x) ** 2 + part) for part in spread]
        from_left = y if left is None else y + sp.Max(0, left - (x + y - roots[0]) / 2)
        from_right = y if right is None else y - sp.Max(0, (x + y + roots[-1]) / 2 - right)
        if left is None or right is None:
            return from_right if left is None else from_left
        nearer = sp.Piecewise((from_left, 2 * x < left + right), (from_right, True))
        return sp.Min(sp.Max(nearer, left), right)


@dataclass(frozen=True, kw_only=True)
class Absorbing(WithEnds):
    r"""Euler-Maruyama with absorbing ends: the state stays at the first end that the bridge of a step touches.

    Example:
        >>> Absorbing(left=0, right=1).weak_order
        1.0
    """

    @property
    def absorbing_ends(self) -> tuple[sp.Expr, ...]:
        """Both."""
        return tuple(end for end in self.ends if end is not None)

    def _at_ends(self, x: sp.Symbol, y: sp.Expr, spread: list[sp.Expr]) -> sp.Expr:
        # On an end the product vanishes, so that the state stays there without a condition of its own.
        ends = [end for end in self.ends if end is not None]
        return sp.Piecewise(
            *((end, part >= 4 * (x - end) * (y - end)) for end, part in zip(ends, spread, strict=True)), (y, True)
        )


@dataclass(frozen=True, kw_only=True)
class ReflectingAndAbsorbing(WithEnds):
    """Euler-Maruyama with one end that absorbs and one that reflects.

    Attributes:
        absorbing: ``"left"`` or ``"right"``.

    Raises:
        ArgumentError: besides what is raised for two ends, one of them is missing, or the word is another.

    Example:
        >>> ReflectingAndAbsorbing(left=0, right=1, absorbing="right").weak_order
        1.0
    """

    absorbing: str = "left"

    def __post_init__(self) -> None:
        super().__post_init__()
        choice(self.absorbing, "absorbing", ("left", "right"))
        if None in self.ends:
            raise ArgumentError("ReflectingAndAbsorbing needs both ends, left=... and right=....")

    @property
    def absorbing_ends(self) -> tuple[sp.Expr, ...]:
        """The one that absorbs."""
        return (self.left if self.absorbing == "left" else self.right,)

    def _at_ends(self, x: sp.Symbol, y: sp.Expr, spread: list[sp.Expr]) -> sp.Expr:
        left, right = self.left, self.right
        root = {"left": sp.sqrt((y - x) ** 2 + spread[1]), "right": sp.sqrt((y - x) ** 2 + spread[0])}[self.absorbing]
        if self.absorbing == "left":
            end, part, moved = left, spread[0], y - sp.Max(0, (x + y + root) / 2 - right)
        else:
            end, part, moved = right, spread[1], y + sp.Max(0, left - (x + y - root) / 2)
        return sp.Piecewise((end, part >= 4 * (x - end) * (y - end)), (sp.Min(sp.Max(moved, left), right), True))
