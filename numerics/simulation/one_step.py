r"""What one step is: a time-stepping scheme applied to an Itô process, or a recursion as it stands.

Everything downstream (plan, program, kernel, statistics) knows a step by this interface alone.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from numerics.schemes import Scheme
from numerics.schemes.ends import WithEnds
from numerics.simulation.domain import Border, borders, kept, undefined
from theory.discrete.recursion import Recursion
from theory.ito import ItoProcess
from theory.notation import k, t

System = ItoProcess | Recursion
"""What can be stepped, in its own coordinates ``state``."""


class OneStep(ABC):
    r"""The map :math:`x' = \Phi(x, Z, U; p, h, \sqrt h)` with standard normals Z and uniforms U, fresh in each step."""

    @property
    @abstractmethod
    def system(self) -> System:
        """What is stepped."""

    @property
    @abstractmethod
    def clock(self) -> sp.Symbol:
        """What grows by h in each step: time, or the number of the step with h = 1."""

    @property
    @abstractmethod
    def timed(self) -> bool:
        """Whether the map depends on the clock."""

    @property
    @abstractmethod
    def normals(self) -> int:
        """Standard normals per step."""

    @property
    @abstractmethod
    def uniforms(self) -> int:
        """Uniforms on (0, 1) per step."""

    @property
    def kept(self) -> str:
        """What a trajectory must not leave."""
        return "the finite numbers"

    @property
    def ends(self) -> tuple[sp.Expr | None, sp.Expr | None]:
        """Between which ends the only coordinate is kept."""
        return None, None

    @property
    def absorbing_ends(self) -> tuple[sp.Expr, ...]:
        """On which of them it stays for good."""
        return ()

    @abstractmethod
    def remedy(self, step: float) -> str:
        """What to change where trajectories leave the finite numbers."""

    @abstractmethod
    def expressions(
        self, normals: Sequence[sp.Symbol], uniforms: Sequence[sp.Symbol], step: sp.Symbol, root_step: sp.Symbol
    ) -> list[sp.Expr]:
        """The next state, one expression per coordinate, in the state, the clock, parameters and the arguments."""

    @property
    def state(self) -> tuple[sp.Symbol, ...]:
        """The coordinates."""
        return tuple(self.system.state)

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """Symbols of the map that need a number."""
        return self.system.parameters

    @property
    def dimension(self) -> int:
        """Number of coordinates."""
        return self.system.dimension


@dataclass(frozen=True)
class SchemeStep(OneStep):
    """A step of ``scheme`` for ``process``."""

    process: ItoProcess
    scheme: Scheme

    @property
    def system(self) -> ItoProcess:
        """The process."""
        return self.process

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        """Those of the process and of the scheme, and NaN where there is a border."""
        own = sorted(self.scheme.free_symbols - set(self.process.parameters), key=lambda symbol: symbol.name)
        return (*self.process.parameters, *own, *([undefined] if self.borders else []))

    @property
    def clock(self) -> sp.Symbol:
        """Time."""
        return t

    @property
    def timed(self) -> bool:
        """Whether a coefficient depends on time."""
        return t in self.process.drift.free_symbols | self.process.dispersion.free_symbols

    @property
    def normals(self) -> int:
        """Those of the scheme."""
        return self.scheme.normals_per_step(self.process)

    @property
    def uniforms(self) -> int:
        """None: schemes are driven by normals."""
        return 0

    @cached_property
    def borders(self) -> tuple[Border, ...]:
        """What the domain of the process asks of a step."""
        return () if self.scheme.keeps_domain else borders(self.process)

    @property
    def kept(self) -> str:
        """The domain, where it has a border."""
        return "the domain of the process or the finite numbers" if self.borders else super().kept

    @property
    def ends(self) -> tuple[sp.Expr | None, sp.Expr | None]:
        """Those of the scheme."""
        return self.scheme.ends if isinstance(self.scheme, WithEnds) else (None, None)

    @property
    def absorbing_ends(self) -> tuple[sp.Expr, ...]:
        """Those of the scheme."""
        return self.scheme.absorbing_ends if isinstance(self.scheme, WithEnds) else ()

    def remedy(self, step: float) -> str:
        """A smaller step; next to a border, what keeps it."""
        smaller = f"ake a smaller step than {step:g}"
        if not self.borders:
            return f"T{smaller}"
        return (
            f"A trajectory must keep {'; '.join(border.reason for border in self.borders)}. If an end is reached, say "
            "what happens there: scheme=Reflecting(left=...) or Absorbing(left=...), or QuadraticExponential() or "
            "BoundedNoise() for square-root noise, PowerNoise() for a power above 1/2. If it is not, "
            f"t{smaller}, or coordinates='log' next to an invariant point"
        )

    def expressions(
        self, normals: Sequence[sp.Symbol], uniforms: Sequence[sp.Symbol], step: sp.Symbol, root_step: sp.Symbol
    ) -> list[sp.Expr]:
        """See :meth:`OneStep.expressions`; NaN for a step that leaves the domain."""
        update = self.scheme.step_expressions(self.process, normals, step, root_step)
        return kept(self.borders, self.state, update)


@dataclass(frozen=True)
class RecursionStep(OneStep):
    """A step of ``recursion``, h = 1."""

    recursion: Recursion

    @property
    def system(self) -> Recursion:
        """The recursion."""
        return self.recursion

    @property
    def clock(self) -> sp.Symbol:
        """The number of the step."""
        return k

    @property
    def timed(self) -> bool:
        """Whether the update depends on the number of the step: a schedule."""
        return not self.recursion.autonomous

    @property
    def normals(self) -> int:
        """Those of the recursion."""
        return self.recursion.normals.rows

    @property
    def uniforms(self) -> int:
        """Those of the recursion."""
        return self.recursion.uniforms.rows

    def remedy(self, step: float) -> str:
        """A smaller learning rate."""
        return "Take a smaller learning rate or fewer steps"

    def expressions(
        self, normals: Sequence[sp.Symbol], uniforms: Sequence[sp.Symbol], step: sp.Symbol, root_step: sp.Symbol
    ) -> list[sp.Expr]:
        """See :meth:`OneStep.expressions`; the step is 1 and does not enter."""
        noise = dict(zip((*self.recursion.normals, *self.recursion.uniforms), (*normals, *uniforms), strict=True))
        return [new.xreplace(noise) for new in self.recursion.update]
