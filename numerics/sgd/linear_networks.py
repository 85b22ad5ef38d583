r"""SGD on a two-layer linear network, many replicas at once, by matrix products alone.

The network is :math:`f(x) = xVU` with weights :math:`V` (n, d) and :math:`U` (d, m), the loss of a mini-batch of
:math:`\beta` samples is :math:`\frac1{2\beta}\|xVU - y\|^2`, and its gradients are

.. math::
    g_V = \tfrac1\beta x^\top(xVU - y)\,U^\top, \qquad g_U = \tfrac1\beta (xV)^\top(xVU - y) .

The full batch needs only :math:`X^\top X` and :math:`X^\top Y`. Which samples a replica sees depends on seed and
replica alone. Networks of any other kind: :mod:`numerics.sgd.replicas`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from numerics.arguments import YES_OR_NO, real_array, real_number, require, row, whole_number
from numerics.errors import ArgumentError, DivergenceError
from numerics.progress import progress_report
from numerics.simulation.options import OnDivergence, Options, required_options
from theory.argument_kinds import one_of
from theory.values import shown

Array = np.ndarray

STEPS_PER_DRAW = 256
"""Steps whose mini-batches are drawn together."""

UNUSED_OPTIONS = ("backend", "precision", "device", "threads", "chunk", "keep_final", "stream")
"""NumPy's matrix products in float64, all weights kept."""

REACH = 1e12
"""A weight beyond this is taken as divergence."""


@dataclass(frozen=True, eq=False)
class LinearRegression:
    """Inputs and labels of a linear problem.

    Attributes:
        inputs: One sample a row. Shape ``(N, n)``.
        labels: Shape ``(N, m)``.
    """

    inputs: Array
    labels: Array

    def __post_init__(self) -> None:
        for name in ("inputs", "labels"):
            object.__setattr__(self, name, real_array(getattr(self, name), name))
        X, Y = self.inputs, self.labels
        if X.ndim != 2 or Y.ndim != 2 or len(X) != len(Y) or not len(X):
            raise ArgumentError(
                f"inputs and labels must be matrices with one row a sample, got shapes {X.shape} and {Y.shape}."
            )

    def __len__(self) -> int:
        return len(self.inputs)


@dataclass(frozen=True, eq=False)
class TaughtRegression:
    r"""Data of a linear teacher, and the errors of students, each over that of the student that is zero.

    Students are products :math:`VU` of shape ``(..., n, m)``; an error has shape ``(...)``.

    Attributes:
        teacher: Shape ``(n, m)``.
        data: Inputs, and labels of the teacher with noise.
        input_moments: :math:`E\,x^\top x` of fresh inputs. Shape ``(n, n)``.

    Raises:
        ArgumentError: a shape does not fit the data.
    """

    teacher: Array
    data: LinearRegression
    input_moments: Array

    def __post_init__(self) -> None:
        require(one_of(LinearRegression, needed="a LinearRegression"), self.data, "data")
        n, m = self.data.inputs.shape[1], self.data.labels.shape[1]
        for name, shape in (("teacher", (n, m)), ("input_moments", (n, n))):
            object.__setattr__(self, name, real_array(getattr(self, name), name))
            if getattr(self, name).shape != shape:
                raise ArgumentError(f"{name} must have shape {shape} for these data, got {getattr(self, name).shape}.")

    def train_error(self, products: Array) -> Array:
        r""":math:`\|XVU - Y\|^2/\|Y\|^2`."""
        residual = self.data.inputs @ products - self.data.labels
        return (residual**2).sum(axis=(-2, -1)) / np.sum(self.data.labels**2)

    def white_error(self, products: Array) -> Array:
        r""":math:`\|VU - \bar W\|^2/\|\bar W\|^2`, the test error for white inputs."""
        return ((products - self.teacher) ** 2).sum(axis=(-2, -1)) / np.sum(self.teacher**2)

    def test_error(self, products: Array) -> Array:
        r""":math:`E\|x(VU - \bar W)\|^2/E\|x\bar W\|^2` for fresh inputs."""
        root = np.linalg.cholesky(self.input_moments).T
        return ((root @ (products - self.teacher)) ** 2).sum(axis=(-2, -1)) / np.sum((root @ self.teacher) ** 2)


@dataclass(frozen=True, eq=False)
class LinearNetworkRun:
    """What a run leaves.

    Attributes:
        steps: Step numbers of the records. Shape ``(T,)``.
        products: :math:`VU` then. Shape ``(T, R, n, m)``.
        V: Last weights of the first layer. Shape ``(R, n, d)``.
        U: Last weights of the second layer. Shape ``(R, d, m)``.
        diverged_by: The step at which a replica was found to have diverged, 0 where it was not. Shape ``(R,)``.
    """

    steps: Array
    products: Array
    V: Array
    U: Array
    diverged_by: Array


def train_linear_network(
    problem: LinearRegression,
    *,
    V: Array,
    U: Array,
    learning_rate: Callable[[int], float],
    batch_size: int | None,
    replacement: bool = False,
    steps: int,
    at: Sequence[int],
    seed: int,
    options: Options | None = None,
) -> LinearNetworkRun:
    r"""Train replicas by SGD.

    Args:
        problem: The data.
        V: First weights, one matrix a replica. Shape ``(R, n, d)``.
        U: Shape ``(R, d, m)``.
        learning_rate: The rate of each step, counted from 0.
        batch_size: Samples of a mini-batch; ``None`` for all of them.
        replacement: Whether a mini-batch may hold a sample twice.
        steps: Number of steps.
        at: Numbers of steps after which :math:`VU` is recorded, ascending.
        seed: Names the mini-batches, 64 bits.
        options: ``first`` replica, ``progress`` and ``on_divergence``; the other options have no meaning here. With
            ``on_divergence="count"`` a replica that diverges is NaN from then on, and the others go on.

    Raises:
        ArgumentError: an argument does not fit the others.
        DivergenceError: a weight left the finite numbers or ``REACH``, in any replica, or with "count" in all.

    Example:
        >>> data = LinearRegression(np.eye(2), np.diag([1.0, 2.0]))
        >>> start = 0.5 * np.eye(2)[None]
        >>> run = train_linear_network(
        ...     data,
        ...     V=start,
        ...     U=start,
        ...     learning_rate=lambda step: 0.2,
        ...     batch_size=None,
        ...     steps=400,
        ...     at=[400],
        ...     seed=1,
        ... )
        >>> run.products[-1, 0].round(6).tolist()
        [[1.0, 0.0], [0.0, 2.0]]
    """
    options = required_options(options, "train_linear_network", unused=UNUSED_OPTIONS)
    first = options.first
    if not callable(learning_rate):
        raise ArgumentError(f"learning_rate must be a function of the step, got {shown(learning_rate)}.")
    V, U, at = _checked(problem, V, U, batch_size, replacement, steps, at, seed)
    batches = None
    if batch_size is not None:
        batches = _batches(len(problem), batch_size, replacement, seed, range(first, first + len(V)))
    S_xx, S_xy = (problem.inputs.T @ M / len(problem) for M in (problem.inputs, problem.labels))
    records = [V @ U] if at[0] == 0 else []
    wanted, diverged_by = set(at), np.zeros(len(V), int)
    # What overflows is looked for below, and said.
    with progress_report(options.progress, "linear networks") as report, np.errstate(over="ignore", invalid="ignore"):
        for step in range(steps):
            rate = learning_rate(step)
            if type(rate) is not float or not math.isfinite(rate):
                rate = real_number(rate, "learning_rate")
            if batches is None:
                error = rate * (S_xx @ (V @ U) - S_xy)
                down_V, down_U = error @ U.transpose(0, 2, 1), V.transpose(0, 2, 1) @ error
            else:
                chosen = next(batches)
                down_V, down_U = _descent(rate, problem.inputs[chosen], problem.labels[chosen], V, U)
            V -= down_V
            U -= down_U
            if step % STEPS_PER_DRAW == 0 or step + 1 == steps:
                _note_divergence(V, U, step, diverged_by, options.on_divergence)
                report((step + 1) * len(V), steps * len(V))
            if step + 1 in wanted:
                records.append(V @ U)
    return LinearNetworkRun(np.array(at), np.array(records), V, U, diverged_by)


def _descent(rate: float, x: Array, y: Array, V: Array, U: Array) -> tuple[Array, Array]:
    """``rate`` times the gradients of mini-batches ``x``, shape ``(R, batch, n)``, and ``y``, shape ``(R, batch, m)``.

    The rate multiplies the errors, which are fewer numbers than the weights.
    """
    hidden = x @ V
    error = (hidden @ U - y) * (rate / x.shape[1])
    return x.transpose(0, 2, 1) @ (error @ U.transpose(0, 2, 1)), hidden.transpose(0, 2, 1) @ error


def _batches(n: int, size: int, replacement: bool, seed: int, replicas: range) -> Iterator[Array]:
    """Indices of each step's mini-batches, shape ``(R, size)``; each replica has a random source of its own."""
    sources = [np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, 0, r])) for r in replicas]
    while True:
        drawn = np.stack([_draw(source, n, size, replacement) for source in sources], axis=1)
        yield from drawn


def _draw(source: np.random.Generator, n: int, size: int, replacement: bool) -> Array:
    """Mini-batches of :data:`STEPS_PER_DRAW` steps, uniform; those with repetitions are redrawn if not wanted."""
    found = source.integers(n, size=(STEPS_PER_DRAW, size))
    if replacement or size == 1:
        return found
    if size > math.isqrt(n):  # repetitions are the rule: order all samples at random instead
        return source.random((STEPS_PER_DRAW, n)).argpartition(size - 1, axis=1)[:, :size]
    while True:
        sorted_rows = np.sort(found, axis=1)
        again = (sorted_rows[:, 1:] == sorted_rows[:, :-1]).any(axis=1)
        if not again.any():
            return found
        found[again] = source.integers(n, size=(int(again.sum()), size))


def _checked(
    problem: LinearRegression,
    V: Array,
    U: Array,
    batch_size: int | None,
    replacement: bool,
    steps: int,
    at: Sequence[int],
    seed: int,
) -> tuple[Array, Array, list[int]]:
    """Copies of the weights and the step numbers, or an error that names the argument."""
    require(one_of(LinearRegression, needed="a LinearRegression"), problem, "problem")
    V, U = (real_array(W, name) for W, name in ((V, "V"), (U, "U")))
    n, m = problem.inputs.shape[1], problem.labels.shape[1]
    if V.ndim != 3 or U.ndim != 3 or len(V) != len(U) or V.shape[1] != n or U.shape[2] != m or V.shape[2] != U.shape[1]:
        raise ArgumentError(
            f"V and U must have shapes (R, {n}, d) and (R, d, {m}) for these data, got {V.shape} and {U.shape}."
        )
    require(YES_OR_NO, replacement, "replacement")
    if batch_size is not None:
        whole_number(batch_size, "batch_size", at_least=1, below=2**31 if replacement else len(problem) + 1)
    whole_number(steps, "steps", at_least=1, below=2**31)
    whole_number(seed, "seed", at_least=0, below=2**64)
    require(row("a sequence of ascending step numbers"), at, "at")
    numbers = [whole_number(step, "at", at_least=0, below=2**31) for step in at]
    if not numbers or numbers != sorted(set(numbers)) or not 0 <= numbers[0] <= numbers[-1] <= steps:
        raise ArgumentError(f"at must hold ascending step numbers in 0..{steps}, got {list(at)}.")
    return V, U, numbers


def _note_divergence(V: Array, U: Array, step: int, diverged_by: Array, on_divergence: str) -> None:
    """Note the step of replicas that have diverged and make them NaN, or refuse to go on."""
    # A comparison with NaN is False.
    lost = ~(np.maximum(np.abs(V).max(axis=(1, 2)), np.abs(U).max(axis=(1, 2))) < REACH)
    diverged_by[lost & (diverged_by == 0)] = step + 1
    V[lost], U[lost] = np.nan, np.nan
    if lost.any() and (lost.all() or on_divergence is OnDivergence.RAISE):
        others = "" if lost.all() else ', or go on with the others by options=Options(on_divergence="count")'
        raise DivergenceError(
            f"{int(lost.sum())} of {len(lost)} replicas left [-{REACH:g}, {REACH:g}] by step {step + 1}, the first of "
            f"them replica {int(np.argmax(lost))}. Lower learning_rate, let it rise more slowly{others}."
        )
