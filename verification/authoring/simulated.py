r"""Experiments declared by a model, an observable and a point; how they are sampled stands here alone.

:func:`simulated` runs a process on two coupled levels of step :math:`h` and :math:`h/2` driven by the same noise and
measures Richardson's :math:`2 f_{h/2} - f_h`, with the paired difference as the allowance for the remaining bias.
Seeds, chunks, the number of samples and the precision of each stage belong to the check
(:mod:`verification.checks.monte_carlo`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy as sp

from theory.ito import ItoProcess
from verification.errors import ClaimError
from verification.forms import Draw, Experiment, Samples

if TYPE_CHECKING:
    from numerics.simulation.chunks import Simulation
    from numerics.simulation.options import Options


def number(text: str) -> float:
    """A float from an exact rational in a string."""
    return float(sp.Rational(text))


def options(draw: Draw, per_sample: int = 1) -> Options:
    """How a draw is simulated: its own trajectories, ``per_sample`` of them each; float64 in the second stage."""
    from numerics.simulation.options import Options

    return Options(first=draw.first * per_sample, precision="mixed" if draw.refinement == 1 else "float64")


def paths_at(
    steps: Sequence[int],
    process: ItoProcess,
    *,
    step: float,
    initial: Any,
    parameters: Mapping[sp.Symbol, Any],
    seed: int,
    options: Options | None = None,
    **observed: Any,
) -> Simulation:
    """Paths of a process, looked at after some numbers of steps; ``paths`` of the result is there.

    Args:
        steps: Increasing.
        process: What is simulated.
        step: Length of a step.
        initial: A start for each path. Shape ``(paths, d)``.
        parameters: Values of the process's parameters.
        seed: Of the noise.
        options: How it is run; by default without a bar.
        observed: What else is followed, as for :func:`numerics.simulation.simulate.simulate`.
    """
    from numerics.simulation.options import Options
    from numerics.simulation.simulate import simulate

    return simulate(
        process,
        parameters=parameters,
        initial=initial,
        step=step,
        until=steps[-1] * step,
        times=[n * step for n in steps],
        n_paths=len(initial),
        paths=True,
        seed=seed,
        options=Options(progress=False) if options is None else options,
        **observed,
    )


def simulated(
    process: ItoProcess | Callable[[], ItoProcess],
    observable: sp.Expr,
    *,
    at: Mapping[sp.Symbol, str],
    start: Sequence[float] | float,
    until: float,
    step: float = 0.02,
    predicted: Callable[[Any], Any] | None = None,
    coordinates: str = "plain",
    name: str = "",
    absolute: float | None = None,
) -> Experiment:
    r"""The mean of an observable of a simulated process at one time, against what a candidate says it is.

    Args:
        process: The process, or a function of nothing that derives it.
        observable: What is averaged, an expression in the state.
        at: Exact values of all other symbols, as texts: ``{k: "1", s: "1/2"}``.
        start: Where the process starts: one number a coordinate.
        until: The time at which it is observed; for a stationary mean, ten relaxation times.
        step: Coarse step; the second stage halves it.
        predicted: Candidate -> predicted mean; by default the candidate itself at ``at``.
        coordinates: ``"log"`` simulates :math:`\log|x|`, for a positive state that may come close to 0.
        name: By default made from the observable and the point.
        absolute: Resolution in absolute terms, for a mean that may be 0.

    Raises:
        ClaimError: ``coordinates`` is neither ``"plain"`` nor ``"log"``, or ``until`` or ``step`` is not positive.
    """
    if coordinates not in ("plain", "log"):
        raise ClaimError(f"coordinates must be 'plain' or 'log', got {coordinates!r}.")
    if not (until > 0 and 0 < step <= until):
        raise ClaimError(f"an experiment needs 0 < step <= until, got {step=}, {until=}.")
    states = tuple(start) if isinstance(start, Sequence) else (start,)
    sampler = CoupledRun(process, observable, dict(at), states, until, step, coordinates == "log")
    point = {symbol.name: value for symbol, value in at.items()}
    named = name or f"mean of {observable} at {', '.join(f'{key}={value}' for key, value in point.items())}"
    told = {**point, "start": list(map(str, states)), "until": str(until), "step": str(step)}
    return Experiment(named, sampler, told, predicted or _at(at), absolute=absolute)


def _at(values: Mapping[sp.Symbol, str]) -> Callable[[sp.Expr], sp.Expr]:
    exact = {symbol: sp.Rational(value) for symbol, value in values.items()}
    return lambda candidate: candidate.subs(exact)


@dataclass(frozen=True)
class CoupledRun:
    """A sampler: an observable of a process on two coupled levels; see :func:`simulated`."""

    process: ItoProcess | Callable[[], ItoProcess]
    observable: sp.Expr
    at: Mapping[sp.Symbol, str]
    start: tuple[float, ...]
    until: float
    step: float
    logarithmic: bool

    def __call__(self, arguments: Mapping[str, Any], draw: Draw) -> Samples:
        """Samples ``draw.first`` to ``draw.first + draw.n`` of the stream ``draw.seed``."""
        from numerics.errors import DivergenceError
        from numerics.simulation.coupled_levels import coupled_samples
        from numerics.simulation.log_coordinates import log_coordinates, log_distance

        process = self.process if isinstance(self.process, ItoProcess) else self.process()
        observable, start = self.observable, list(self.start)
        if self.logarithmic:
            (state,) = process.state
            process = log_coordinates(process).process
            observable, start = observable.subs(state, sp.exp(log_distance)), [math.log(start[0])]
        steps = max(8, round(self.until / self.step)) * draw.refinement
        try:
            pair = coupled_samples(
                process,
                parameters={symbol: number(value) for symbol, value in self.at.items()},
                initial=start,
                step=self.until / steps,
                until=self.until,
                n_paths=draw.n,
                seed=draw.seed,
                options=options(draw),
            )
        except DivergenceError as error:
            raise DivergenceError(
                f"{str(error).partition('. ')[0]}. Take a smaller step, coordinates='log' next to an invariant 0, "
                "or measured(...) with a sampler whose scheme suits the ends."
            ) from error
        fine, coarse = pair.observed(observable)
        # The normals of the first stage are made in float32.
        return Samples(
            2 * fine - coarse, correction=fine - coarse, rounding=2.0**-23 if draw.refinement == 1 else 2.0**-50
        )
