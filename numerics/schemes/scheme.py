r"""What a time-stepping scheme is: orders as data, and one step as expressions.

A step is built symbolically, :math:`x_{n+1} = \Phi(x_n, Z_n; \theta, h, \sqrt h)` with independent standard normals
:math:`Z_n`, so that code generation fuses it into the time loop and any scheme runs on every backend.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cache
from typing import Any, ClassVar

import sympy as sp

from numerics.arguments import require, takes
from numerics.errors import NumericsError
from theory.argument_kinds import EXPRESSIONS, one_of, whole
from theory.ito import ItoProcess
from theory.values import shown

# The symbols of every step that is derived here: what SymPy has found out about a step once, it knows the next time.
STEP = sp.Dummy("h", positive=True)
ROOT_STEP = sp.Dummy("root_h", positive=True)

PROCESS = one_of(ItoProcess, needed="an ItoProcess")


@takes(j=whole(0, 10**6))
@cache
def normal(j: int) -> sp.Dummy:
    """The symbol of a step's standard normal number ``j``."""
    return sp.Dummy(f"Z{j}", real=True)


class SchemeError(NumericsError):
    """A scheme does not apply to a process."""


class Scheme(ABC):
    """A one-step method for an Itô process.

    Attributes:
        calculus: The reading of the noise that the step converges to.
        strong_order: Exponent of the pathwise error in the step; infinite for exact transition sampling.
        weak_order: Exponent of the error of smooth expectations; infinite for exact transition sampling.
        keeps_domain: Whether no step leaves the domain of a process to which the scheme applies, rounding included.
    """

    calculus: ClassVar[str] = "ito"
    strong_order: ClassVar[float]
    weak_order: ClassVar[float]
    keeps_domain: ClassVar[bool] = False

    @takes(process=PROCESS)
    def normals_per_step(self, process: ItoProcess) -> int:
        """Number of standard normals one step uses: one for each Brownian motion unless the scheme says otherwise."""
        return process.noise_dimension

    @property
    def free_symbols(self) -> frozenset[sp.Symbol]:
        """Parameters of the scheme itself that need a number."""
        return frozenset()

    @abstractmethod
    def step_expressions(
        self, process: ItoProcess, normals: Sequence[sp.Symbol], step: sp.Symbol, root_step: sp.Symbol
    ) -> list[sp.Expr]:
        r"""The next state, one expression per coordinate.

        Args:
            process: The process to step.
            normals: Independent standard normals :math:`Z`, as many as :meth:`normals_per_step` says.
            step: :math:`h`.
            root_step: :math:`\sqrt h`, a symbol of its own so that no backend takes a root in every step.

        Raises:
            SchemeError: the scheme does not apply to this process.
        """

    def require_normals(self, process: ItoProcess, normals: Any) -> None:
        """Raise ``SchemeError`` unless ``normals`` are as many expressions as a step on ``process`` uses."""
        require(PROCESS, process, "process")
        wanted = self.normals_per_step(process)
        if not EXPRESSIONS.admits(normals) or len(normals) != wanted:
            raise SchemeError(
                f"normals must be a sequence of {wanted} symbols, one for each standard normal of a step, "
                f"got {shown(normals)}. {type(self).__name__}().normals_per_step(process) says how many."
            )

    @takes(process=PROCESS)
    def check(self, process: ItoProcess) -> None:
        """Raise ``SchemeError`` unless the scheme applies to ``process``."""
        self.step_expressions(process, [normal(j) for j in range(self.normals_per_step(process))], STEP, ROOT_STEP)
