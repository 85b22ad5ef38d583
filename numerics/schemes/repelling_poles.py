"""Steps beside poles of the drift that push the process away: implicit in the pole, explicit in the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import sympy as sp

from numerics.arguments import takes
from numerics.errors import ArgumentError
from numerics.schemes.scheme import Scheme, SchemeError
from theory.argument_kinds import one_of
from theory.decision.conditions.inequalities import sign
from theory.errors import DriftproofError
from theory.ito import ItoProcess
from theory.limits import one_sided_limit
from theory.notation import t
from theory.values import exact_number


@dataclass(frozen=True, kw_only=True)
class RepellingPoles(Scheme):
    r"""Steps of :math:`dX = \big(\tfrac{\rho}{X-l} + g(X)\big)dt + \sigma\,dW` that never reach the pole l.

    With :math:`u = x - l + g(x)h + \sigma\sqrt h\,Z` the next state solves :math:`x' - \rho h/(x'-l) = l + u`:

    .. math:: x' = l + \tfrac12\Big(u + \sqrt{u^2 + 4\rho h}\Big) > l .

    The same, mirrored, below a pole at the right end; between two poles a step is implicit in the nearer one. The
    residue :math:`\rho` must be positive. Where :math:`2\rho < \sigma^2` the end is reached, and reflects;
    the error of expectations then falls only with :math:`\sqrt h`.

    Attributes:
        left: A pole below the process, ``None`` for none.
        right: A pole above it.

    References:
        Alfonsi, *Monte Carlo Methods Appl.* 11 (2005) 355; Dereich, Neuenkirch and Szpruch, *Proc. R. Soc. A* 468
        (2012) 1105; Neuenkirch and Szpruch, *Numer. Math.* 128 (2014) 103.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> RepellingPoles(left=0).residues(ItoProcess.scalar(x, drift=1 / x - x, dispersion=1))
        (1, None)
    """

    strong_order: ClassVar[float] = 0.5
    weak_order: ClassVar[float] = 1.0
    left: Any = None
    right: Any = None

    def __post_init__(self) -> None:
        for name in ("left", "right"):
            end = getattr(self, name)
            if end is not None:
                object.__setattr__(self, name, exact_number(end, name))
        if self.left is None and self.right is None:
            raise ArgumentError("RepellingPoles needs a pole: left=..., right=... or both, got neither.")
        if None not in self.ends and not self.left < self.right:
            raise ArgumentError(f"left must lie below right, got left={self.left} and right={self.right}. Swap them.")

    @property
    def ends(self) -> tuple[sp.Expr | None, sp.Expr | None]:
        """Both poles."""
        return self.left, self.right

    @takes(process=one_of(ItoProcess, needed="an ItoProcess"))
    def residues(self, process: ItoProcess) -> tuple[sp.Expr | None, sp.Expr | None]:
        r""":math:`\rho` at both ends; positive where it repels.

        Raises:
            SchemeError: the drift has no simple pole at an end.
        """
        if process.dimension != 1 or process.dispersion.free_symbols & {*process.state, t}:
            raise SchemeError(
                f"RepellingPoles needs one coordinate and constant dispersion, got {list(process.dispersion)} in "
                f"{tuple(process.state)}. theory.lamperti passes to a coordinate with constant dispersion."
            )
        (x,), (b,), found = process.state, process.drift, []
        for end, side in zip(self.ends, ("+", "-"), strict=True):
            try:
                rho = None if end is None else one_sided_limit(b * (x - end), x, end, side)
            except DriftproofError:
                rho = sp.S.Zero
            if rho is not None and (rho == 0 or not rho.is_finite or rho.has(x)):
                raise SchemeError(f"RepellingPoles needs a simple pole of the drift {b} at {end}. Use EulerMaruyama().")
            found.append(rho)
        return tuple(found)

    def step_expressions(
        self, process: ItoProcess, normals: Sequence[sp.Symbol], step: sp.Symbol, root_step: sp.Symbol
    ) -> list[sp.Expr]:
        """See :meth:`Scheme.step_expressions`.

        Raises:
            SchemeError: the dispersion is not constant, or the drift has no simple pole there, or it attracts.
        """
        self.require_normals(process, normals)
        residues = self.residues(process)
        (x,), (b,) = process.state, process.drift
        noise = root_step * (process.dispersion * sp.Matrix(normals))[0]
        beside = []
        for end, rho, side in zip(self.ends, residues, (1, -1), strict=True):
            if end is None or rho is None:
                continue
            if sign(rho) == -1:
                raise SchemeError(
                    f"the pole of the drift {b} at {end} attracts: the process reaches it and ends there."
                )
            g = b - rho / (x - end)
            g = sp.cancel(sp.together(g)) if b.is_rational_function(x) else g
            u = side * (x - end + g * step + noise)
            larger = (sp.Abs(u) + sp.sqrt(u**2 + 4 * rho * step)) / 2
            beside.append(end + side * sp.Piecewise((larger, u > 0), (rho * step / larger, True)))
        if len(beside) == 1:
            return beside
        return [sp.Piecewise((beside[0], 2 * x < self.left + self.right), (beside[1], True))]
