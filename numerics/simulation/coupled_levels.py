r"""How fast a scheme converges: coarse and fine paths driven by the same Brownian motion.

One coarse step of size h runs beside two fine steps of size h/2 with increments :math:`\sqrt{h/2}\,Z_1`
and :math:`\sqrt{h/2}\,Z_2`; the coarse increment is their sum. Both fit in one kernel state
:math:`(x^{\rm fine}, x^{\rm coarse})`, so their difference, which the common noise makes small, is sampled
at full speed.

The pairs of successive levels are independent of each other (each has its own noise stream), which makes the error of a
slope the plain sum of two errors.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import sympy as sp

from numerics.arguments import given_expression, real_array, takes
from numerics.errors import ArgumentError
from numerics.schemes import EulerMaruyama, Scheme
from numerics.simulation.options import Options, required_options
from numerics.simulation.simulate import simulate
from numerics.simulation.step_definition import evaluator
from numerics.statistics.estimators import Estimate, mean
from theory.argument_kinds import one_of
from theory.ito import ItoProcess
from theory.notation import t
from theory.values import shown


@dataclass(frozen=True)
class TwoLevels(Scheme):
    """The scheme that advances a fine and a coarse copy of a process with common noise.

    It steps the doubled process of :func:`two_level_process`; ``process`` is the single one.
    """

    strong_order: ClassVar[float] = math.nan
    weak_order: ClassVar[float] = math.nan
    scheme: Scheme
    process: ItoProcess

    def normals_per_step(self, process: ItoProcess) -> int:
        """Those of two fine steps."""
        return 2 * self.scheme.normals_per_step(self.process)

    def step_expressions(
        self, process: ItoProcess, normals: Sequence[sp.Symbol], step: sp.Symbol, root_step: sp.Symbol
    ) -> list[sp.Expr]:
        """Two fine steps, then one coarse step; ``process`` is the doubled process."""
        d = self.process.dimension
        m = self.scheme.normals_per_step(self.process)
        fine, coarse = list(process.state[:d]), list(process.state[d:])
        first, second = normals[:m], normals[m:]
        half, root_half = step / 2, root_step / sp.sqrt(2)
        midway = self._step(fine, first, half, root_half)
        summed = [(Z1 + Z2) / sp.sqrt(2) for Z1, Z2 in zip(first, second, strict=True)]
        return [*self._step(midway, second, half, root_half), *self._step(coarse, summed, step, root_step)]

    def _step(self, x: Sequence[sp.Expr], Z: Sequence[sp.Expr], step: sp.Expr, root_step: sp.Expr) -> list[sp.Expr]:
        """One step of the scheme from ``x``."""
        symbols = [sp.Dummy(f"Z{j}", real=True) for j in range(len(Z))]
        h, root_h = sp.Dummy("h", positive=True), sp.Dummy("root_h", positive=True)
        values = {
            **dict(zip(self.process.state, x, strict=True)),
            **dict(zip(symbols, Z, strict=True)),
            h: step,
            root_h: root_step,
        }
        return [new.xreplace(values) for new in self.scheme.step_expressions(self.process, symbols, h, root_h)]


def two_level_process(process: ItoProcess) -> ItoProcess:
    """Two copies of ``process`` with the same Brownian motions, the fine one first."""
    copies = [
        {x: sp.Symbol(f"{x.name}_{level}", **x.assumptions0) for x in process.state} for level in ("fine", "coarse")
    ]
    return ItoProcess(
        [x for copy in copies for x in copy.values()],
        [b.xreplace(copy) for copy in copies for b in process.drift],
        sp.Matrix.vstack(*(process.dispersion.xreplace(copy) for copy in copies)),
    )


@dataclass(frozen=True, eq=False)
class CoupledSamples:
    """Final states of coupled trajectories.

    Attributes:
        step: The coarse step h; the fine one is h/2.
        fine: Shape ``(n_paths, d)``.
        coarse: Shape ``(n_paths, d)``.
    """

    process: ItoProcess
    parameters: Mapping[sp.Symbol, Any]
    step: float
    fine: np.ndarray
    coarse: np.ndarray

    def observed(self, observable: sp.Expr) -> tuple[np.ndarray, np.ndarray]:
        """Values of ``observable`` on the fine and on the coarse states. Shape ``(n_paths,)`` each."""
        symbols = tuple(self.parameters)
        evaluate = evaluator((given_expression(observable, "observable"),), (*self.process.state, *symbols))
        values = [self.parameters[symbol] for symbol in symbols]
        fine, coarse = (np.asarray(evaluate(*x.T, *values)[0], dtype=np.float64) for x in (self.fine, self.coarse))
        return np.broadcast_to(fine, self.fine.shape[:1]), np.broadcast_to(coarse, self.coarse.shape[:1])

    def weak_difference(self, observable: sp.Expr) -> Estimate:
        r""":math:`\mathbb E f(X^{h/2}) - \mathbb E f(X^h)`, from paired differences."""
        fine, coarse = self.observed(observable)
        return mean(fine - coarse)

    def extrapolated(self, observable: sp.Expr) -> Estimate:
        r"""Richardson's :math:`2 m_{h/2} - m_h`, free of the first-order bias of the expectation.

        References:
            Talay & Tubaro, *Stoch. Anal. Appl.* 8 (1990) 483-509.
        """
        fine, coarse = self.observed(observable)
        return mean(2 * fine - coarse)

    def strong_difference(self) -> Estimate:
        r""":math:`\mathbb E |X^{h/2} - X^h|^2`, the squared pathwise distance of the two levels."""
        return mean(np.sum((self.fine - self.coarse) ** 2, axis=1))


@takes(process=one_of(ItoProcess, needed="an ItoProcess"))
def coupled_samples(
    process: ItoProcess,
    *,
    parameters: Mapping[sp.Symbol, Any] | None = None,
    initial: Any,
    step: float,
    until: float,
    n_paths: int,
    seed: int,
    scheme: Scheme | None = None,
    options: Options | None = None,
) -> CoupledSamples:
    """Simulate fine and coarse trajectories with common noise.

    ``step`` is the coarse one; the arguments are those of :func:`numerics.simulation.simulate.simulate`.

    Raises:
        ArgumentError: a coefficient depends on time, or an argument of ``simulate`` is wrong.

    References:
        Giles, "Multilevel Monte Carlo path simulation", Operations Research (2008).
    """
    scheme = EulerMaruyama() if scheme is None else scheme
    _require_autonomous(process)
    options = required_options(options, "coupled levels", unused=("keep_final",))
    start = real_array(initial, "initial")
    if not start.ndim:
        raise ArgumentError(f"initial must hold one number per coordinate {tuple(process.state)}, got {start}.")
    run = simulate(
        two_level_process(process),
        parameters=parameters,
        initial=np.concatenate([start, start], axis=-1),
        step=step,
        until=until,
        n_paths=n_paths,
        seed=seed,
        scheme=TwoLevels(scheme, process),
        options=options,
    )
    d = process.dimension
    return CoupledSamples(process, dict(parameters or {}), step, run.final[:, :d], run.final[:, d:])


def _require_autonomous(process: ItoProcess) -> None:
    if t in process.drift.free_symbols | process.dispersion.free_symbols:
        raise ArgumentError(
            "coupled levels see the coefficients at different times, so the coefficients must not depend on time. "
            "Make time a coordinate: ds = dt."
        )


@dataclass(frozen=True)
class Convergence:
    r"""Differences between successive levels, and the orders they show.

    Attributes:
        steps: Coarse steps, halved from one to the next.
        errors: Difference of the levels h and h/2 for each step.
        slopes: Local orders :math:`\log_2(e_k / e_{k+1})` with delta-method standard errors.
    """

    steps: tuple[float, ...]
    errors: tuple[Estimate, ...]

    @property
    def slopes(self) -> tuple[Estimate, ...]:
        """One local order per pair of neighbouring steps."""
        return tuple(_slope(e, f) for e, f in zip(self.errors, self.errors[1:], strict=False))


def _slope(coarse: Estimate, fine: Estimate) -> Estimate:
    """log2 of the ratio of two independent estimates, with the smaller number of degrees of freedom."""
    if not coarse.value * fine.value > 0:
        raise ArgumentError(
            f"errors of one sign are needed for an order, got {coarse.value:.3g} and {fine.value:.3g} "
            f"(standard errors {coarse.standard_error:.2g}, {fine.standard_error:.2g}). Raise n_paths or the steps."
        )
    relative = math.hypot(coarse.standard_error / coarse.value, fine.standard_error / fine.value)
    degrees = min(coarse.degrees_of_freedom, fine.degrees_of_freedom)
    return Estimate(math.log2(coarse.value / fine.value), relative / math.log(2), degrees)


def weak_convergence(
    process: ItoProcess, observable: sp.Expr, *, step: float, levels: int = 4, **arguments: Any
) -> Convergence:
    """Weak errors of ``observable`` for ``levels`` coarse steps ``step, step/2, ...``.

    Further arguments are those of :func:`coupled_samples`.

    References:
        Kloeden and Platen, *Numerical Solution of Stochastic Differential Equations* (1992), section 9.7.
    """
    samples = _levels(process, step, levels, arguments)
    return Convergence(tuple(s.step for s in samples), tuple(s.weak_difference(observable) for s in samples))


def strong_convergence(process: ItoProcess, *, step: float, levels: int = 4, **arguments: Any) -> Convergence:
    """Root-mean-square distances of successive levels for ``levels`` coarse steps ``step, step/2, ...``.

    Further arguments are those of :func:`coupled_samples`.

    References:
        Kloeden and Platen, *Numerical Solution of Stochastic Differential Equations* (1992), section 9.6.
    """
    samples = _levels(process, step, levels, arguments)
    squares = [s.strong_difference() for s in samples]
    roots = [replace(e, value=math.sqrt(e.value), standard_error=_root_error(e)) for e in squares]
    return Convergence(tuple(s.step for s in samples), tuple(roots))


def _root_error(square: Estimate) -> float:
    return square.standard_error / (2 * math.sqrt(square.value)) if square.value > 0 else 0.0


def _levels(process: ItoProcess, step: float, levels: int, arguments: Mapping[str, Any]) -> list[CoupledSamples]:
    if isinstance(levels, bool) or not isinstance(levels, int) or not 1 <= levels <= 20:
        raise ArgumentError(f"levels must be a whole number from 1 to 20, got levels={shown(levels)}.")
    options = required_options(arguments.get("options"), "coupled levels", unused=("keep_final",))
    return [
        coupled_samples(process, **{**arguments, "step": step / 2**level, "options": options.on_stream(level)})
        for level in range(levels)
    ]
