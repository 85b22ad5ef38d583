"""The plan of a simulation: every argument checked and put in one frozen record before anything is computed.

A plan holds data only (no compiled code, no open file), so that it can be sent to other processes; each of them
compiles what it needs once.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import sympy as sp

from numerics.accumulators import Accumulator, SignChanges
from numerics.errors import ArgumentError, MissingParameterError
from numerics.log_coordinates import log_coordinates, side
from numerics.schemes import EulerMaruyama, Scheme
from theory.ito import ItoProcess
from theory.notation import t

PRECISIONS = ("float32", "mixed", "float64")
BACKENDS = ("auto", "cpu", "numpy")
ROUNDING = 1e-9
"""Relative slack within which a time counts as a multiple of the step."""

MAX_STORED = 2**28
"""Numbers that the final states, or ``paths=True``, may fill (2 GiB)."""

MAX_STEPS = 2**32 - 1
"""The step number is one 32-bit word of the random counter."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A simulation, checked and ready to run; see :func:`numerics.simulate.simulate` for the meaning of the fields.

    Attributes:
        process: In the coordinates that are stepped.
        scheme: The time-stepping scheme.
        accumulators: Symbol and accumulator, in a fixed order.
        parameters: One number, or one per trajectory, for each symbol in :attr:`symbols`.
        initial: Shape ``(d,)``, or ``(n_paths, d)``.
        step: h.
        n_steps: Total number of steps.
        recorded: Step numbers at which observables are taken, ascending.
        observables: Name and expression in state, parameters, accumulators and time.
    """

    process: ItoProcess
    scheme: Scheme
    accumulators: tuple[tuple[sp.Symbol, Accumulator], ...]
    symbols: tuple[sp.Symbol, ...]
    parameters: tuple[float | np.ndarray, ...]
    initial: np.ndarray
    step: float
    n_steps: int
    recorded: tuple[int, ...]
    observables: tuple[tuple[Hashable, sp.Expr], ...]
    n_paths: int
    first_trajectory: int
    seed: int
    stream: int
    backend: str
    precision: str
    keep_final: bool
    keep_paths: bool
    raise_on_divergence: bool

    @property
    def times(self) -> np.ndarray:
        """Times of the records, multiples of the step."""
        return np.array(self.recorded, dtype=np.float64) * self.step


def simulation_plan(
    process: ItoProcess,
    *,
    parameters: Mapping[sp.Symbol, Any] | None = None,
    initial: Any,
    step: float,
    until: float,
    n_paths: int,
    seed: int,
    scheme: Scheme | None = None,
    times: Sequence[float] | None = None,
    observables: Mapping[str, sp.Expr] | Sequence[sp.Expr] | None = None,
    accumulators: Mapping[sp.Symbol, Accumulator] | None = None,
    coordinates: str = "state",
    count_sign_changes: bool = False,
    keep_final: bool = True,
    paths: bool = False,
    backend: str = "auto",
    precision: str = "mixed",
    on_divergence: str = "raise",
    first_trajectory: int = 0,
    stream: int = 0,
) -> Plan:
    """Check all arguments of :func:`numerics.simulate.simulate` and resolve them.

    Raises:
        ArgumentError, MissingParameterError, SchemeError: naming the argument.
    """
    if not isinstance(process, ItoProcess):
        raise ArgumentError(f"process must be an ItoProcess, got {type(process).__name__}.")
    n = _whole(n_paths, "n_paths", at_least=1, below=2**48)
    first = _whole(first_trajectory, "first_trajectory", at_least=0, below=2**63)
    scheme = EulerMaruyama() if scheme is None else scheme
    if not isinstance(scheme, Scheme):
        raise ArgumentError(f"scheme must be a Scheme such as EulerMaruyama(), got {scheme!r}.")
    values = _parameter_values(parameters, n)
    start = _initial_state(initial, process, n)
    if _choice(coordinates, "coordinates", ("state", "log")) == "log":
        process, start, values = _in_log_coordinates(process, start, values, n)
    scheme.check(process)
    carried = _accumulators(accumulators, process, count_sign_changes)
    named = _observables(observables)
    symbols = _free_parameters(process, carried, named)
    numbers_ = tuple(_value_of(symbol, values) for symbol in symbols)
    h = _real(step, "step")
    if not h > 0:
        raise ArgumentError(f"step must be positive, got step={step}.")
    n_steps = _multiple(until, h, "until")
    if n_steps < 1:
        raise ArgumentError(f"until must be positive, got until={until}.")
    recorded = _recorded(times, h, n_steps)
    _require_memory(n * process.dimension * max(bool(keep_final), len(recorded) if paths else 0))
    return Plan(
        process=process,
        scheme=scheme,
        accumulators=carried,
        symbols=symbols,
        parameters=numbers_,
        initial=start,
        step=h,
        n_steps=n_steps,
        recorded=recorded,
        observables=named,
        n_paths=n,
        first_trajectory=first,
        seed=_whole(seed, "seed", at_least=0, below=2**64),
        stream=_whole(stream, "stream", at_least=0, below=2**32),
        backend=_choice(backend, "backend", BACKENDS),
        precision=_choice(precision, "precision", PRECISIONS),
        keep_final=bool(keep_final),
        keep_paths=bool(paths),
        raise_on_divergence=_choice(on_divergence, "on_divergence", ("raise", "count")) == "raise",
    )


def sign_change_symbol(coordinate: sp.Symbol) -> sp.Symbol:
    """The symbol under which ``count_sign_changes`` carries the count of ``coordinate``."""
    return sp.Symbol(f"sign_changes_{coordinate.name}", nonnegative=True)


def _require_memory(stored: int) -> None:
    if stored > MAX_STORED:
        raise ArgumentError(
            f"final states and paths would fill {stored} numbers, more than {MAX_STORED}. "
            "Use observables with keep_final=False and paths=False, or fewer trajectories or times."
        )


def _whole(value: Any, name: str, *, at_least: int, below: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (numbers.Integral, sp.Integer)):
        raise ArgumentError(f"{name} must be a whole number, got {name}={value!r}.")
    number = int(value)
    if not at_least <= number < below:
        raise ArgumentError(f"{name} must be at least {at_least} and below {below}, got {name}={number}.")
    return number


def _choice(value: Any, name: str, allowed: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise ArgumentError(f"{name} must be one of {', '.join(map(repr, allowed))}, got {value!r}.")
    return value


def _real(value: Any, name: str) -> float:
    """A finite real number as a float."""
    kinds = (numbers.Real, sp.Expr, np.floating, np.integer)
    try:
        number = math.nan if isinstance(value, bool) or not isinstance(value, kinds) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise ArgumentError(f"{name} must be a finite real number, got {value!r}.")
    return number


def _real_array(value: Any, name: str) -> np.ndarray:
    """A fresh float64 array of finite numbers."""
    try:
        array = np.array(value)
        if array.dtype.kind in "biuf":
            numbers_ = array.astype(np.float64)
        else:
            numbers_ = np.array([_real(entry, name) for entry in array.ravel()]).reshape(array.shape)
    except ArgumentError:
        raise
    except (TypeError, ValueError, OverflowError, AttributeError):
        raise ArgumentError(f"{name} must be an array of real numbers, got {type(value).__name__}.") from None
    if not np.isfinite(numbers_).all():
        raise ArgumentError(f"{name} must hold finite numbers, got NaN or infinity.")
    return numbers_


def _multiple(time: Any, step: float, name: str) -> int:
    """How many steps lead to ``time``, which must be a multiple of ``step`` up to rounding."""
    ratio = _real(time, name) / step
    if not 0 <= ratio <= MAX_STEPS:
        raise ArgumentError(f"{name} must lie between 0 and {MAX_STEPS} steps, got {name}={time} with step={step}.")
    nearest = round(ratio)
    if abs(ratio - nearest) > ROUNDING * max(1.0, ratio):
        raise ArgumentError(
            f"{name} must be a multiple of step, got {name}={time} with step={step}. "
            f"The nearest multiple is {nearest * step:.12g}; or take step={_real(time, name) / max(nearest, 1):.12g}."
        )
    return nearest


def _recorded(times: Sequence[float] | None, step: float, n_steps: int) -> tuple[int, ...]:
    if times is None:
        return (n_steps,)
    wanted = _real_array(times, "times")
    if wanted.ndim != 1 or wanted.size == 0:
        raise ArgumentError(f"times must be a sequence of at least one time, got times.shape={wanted.shape}.")
    steps = tuple(_multiple(float(time), step, "times") for time in wanted)
    if any(later <= earlier for earlier, later in pairwise(steps)) or steps[-1] > n_steps:
        raise ArgumentError(
            f"times must ascend and not pass until={n_steps * step:.12g}, got {wanted[:8].tolist()}"
            f"{'...' if wanted.size > 8 else ''}."
        )
    return steps


def _parameter_values(parameters: Any, n_paths: int) -> dict[sp.Symbol, float | np.ndarray]:
    if parameters is not None and not isinstance(parameters, Mapping):
        raise ArgumentError(f"parameters must map symbols to numbers, got {type(parameters).__name__}.")
    values: dict[sp.Symbol, float | np.ndarray] = {}
    for symbol, given in (parameters or {}).items():
        if not isinstance(symbol, sp.Symbol):
            raise ArgumentError(
                f"parameters must map symbols to numbers, got the key {symbol!r}. Use the symbol itself."
            )
        array = _real_array(given, f"parameters[{symbol}]")
        if array.ndim and array.shape != (n_paths,):
            raise ArgumentError(
                f"parameters[{symbol}] must be one number or one per trajectory, shape ({n_paths},), "
                f"got shape {array.shape}."
            )
        _respect_assumptions(symbol, array, f"parameters[{symbol}]")
        values[symbol] = array if array.ndim else float(array)
    return values


def _respect_assumptions(symbol: sp.Symbol, array: np.ndarray, name: str) -> None:
    """SymPy has used the assumptions of ``symbol`` already: sqrt(k**2) is k, which is wrong for a negative k."""
    broken = [
        assumption
        for assumption, holds in (
            ("positive", symbol.is_positive is not True or bool(np.all(array > 0))),
            ("nonnegative", symbol.is_nonnegative is not True or bool(np.all(array >= 0))),
            ("negative", symbol.is_negative is not True or bool(np.all(array < 0))),
            ("integer", symbol.is_integer is not True or bool(np.all(array == np.round(array)))),
        )
        if not holds
    ]
    if broken:
        worst = float(np.min(array)) if array.size else math.nan
        raise ArgumentError(
            f"{name} contradicts its symbol, which was declared {broken[0]}: got {worst:g}. "
            "Declare the symbol real to lift the restriction."
        )


def _value_of(symbol: sp.Symbol, values: Mapping[sp.Symbol, float | np.ndarray]) -> float | np.ndarray:
    if symbol in values:
        return values[symbol]
    given = ", ".join(
        f"{other}={value:g}" if isinstance(value, float) else f"{other}=array" for other, value in values.items()
    )
    namesake = any(other.name == symbol.name for other in values)
    raise MissingParameterError(
        "every symbol needs a number before it can be simulated: "
        f"no value for {symbol} (parameters given: {given or 'none'})."
        + (f" A symbol named {symbol} with other assumptions was given; it is a different symbol." if namesake else "")
    )


def _initial_state(initial: Any, process: ItoProcess, n_paths: int) -> np.ndarray:
    d = process.dimension
    start = _real_array(initial, "initial")
    if start.shape not in ((d,), (n_paths, d)):
        raise ArgumentError(
            f"initial must hold one number per coordinate {tuple(process.state)}, shape ({d},), or one row per "
            f"trajectory, shape ({n_paths}, {d}); got initial.shape={start.shape}."
        )
    for i, x in enumerate(process.state):
        # Zero is allowed for a coordinate declared positive: it is the invariant point such processes approach.
        column = start[..., i]
        if (x.is_nonnegative and np.any(column < 0)) or (x.is_nonpositive and np.any(column > 0)):
            raise ArgumentError(
                f"initial contradicts the coordinate {x}, which was declared of one sign: got {float(column.min()):g}. "
                "Declare the coordinate real to lift the restriction."
            )
    return start


def _in_log_coordinates(
    process: ItoProcess, start: np.ndarray, values: dict[sp.Symbol, float | np.ndarray], n_paths: int
) -> tuple[ItoProcess, np.ndarray, dict[sp.Symbol, float | np.ndarray]]:
    chart = log_coordinates(process)
    if np.any(start == 0):
        raise ArgumentError("initial must not be 0 in log coordinates: the invariant point has no logarithm.")
    signs = np.sign(start[..., 0])
    return chart.process, np.log(np.abs(start)), {**values, side: float(signs) if signs.ndim == 0 else signs}


def _accumulators(
    accumulators: Any, process: ItoProcess, count_sign_changes: bool
) -> tuple[tuple[sp.Symbol, Accumulator], ...]:
    if accumulators is not None and not isinstance(accumulators, Mapping):
        raise ArgumentError(f"accumulators must map symbols to accumulators, got {type(accumulators).__name__}.")
    carried = list((accumulators or {}).items())
    if count_sign_changes:
        carried += [(sign_change_symbol(x), SignChanges(x)) for x in process.state]
    taken = set(process.state) | set(process.parameters) | {t}
    for symbol, accumulator in carried:
        if not isinstance(symbol, sp.Symbol) or not isinstance(accumulator, Accumulator):
            raise ArgumentError(f"accumulators must map symbols to accumulators, got {symbol!r}: {accumulator!r}.")
        if symbol in taken:
            raise ArgumentError(f"the symbol {symbol} of an accumulator is taken already. Choose another.")
        taken.add(symbol)
        accumulator.initial(process)
    return tuple(carried)


def _observables(observables: Any) -> tuple[tuple[Hashable, sp.Expr], ...]:
    if observables is None:
        return ()
    if isinstance(observables, sp.Basic) or not isinstance(observables, (Mapping, Sequence)):
        raise ArgumentError(
            "observables must map names to expressions (or be a sequence of expressions), "
            f"got {type(observables).__name__}."
        )
    pairs = observables.items() if isinstance(observables, Mapping) else [(f, f) for f in observables]
    named = []
    for name, expression in pairs:
        if isinstance(expression, numbers.Real) and not isinstance(expression, bool):
            expression = sp.sympify(expression, strict=True)
        if not isinstance(expression, sp.Expr):
            raise ArgumentError(f"the observable {name!r} must be an expression, got {type(expression).__name__}.")
        named.append((name, expression))
    return tuple(named)


def _free_parameters(
    process: ItoProcess,
    accumulators: Sequence[tuple[sp.Symbol, Accumulator]],
    observables: Sequence[tuple[Hashable, sp.Expr]],
) -> tuple[sp.Symbol, ...]:
    """Every symbol that needs a number, sorted by name."""
    free = set(process.parameters)
    for _, accumulator in accumulators:
        free |= accumulator.free_symbols
    for _, expression in observables:
        free |= expression.free_symbols
    known = set(process.state) | {symbol for symbol, _ in accumulators} | {t}
    return tuple(sorted(free - known, key=lambda symbol: (symbol.name, str(symbol.assumptions0))))
