r"""Layer programs on whole arrays, one operation at a time, in NumPy or PyTorch: readable, and slow for small layers.

Every replica is a leading axis: weights have shape ``(n, rows, columns)``, panels ``(n, rows, columns)``, constants
``(rows, columns)``. What an operation means is written here as plainly as it can be; the fused kernel must agree.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from numerics.codegen.backends import numpy_
from numerics.codegen.compile import CompiledProgram
from numerics.codegen.layer_program import LayerInstruction, LayerOperation, LayerProgram
from numerics.codegen.program import Program
from theory.gradient_noise.sampling import Sampling

Array = Any
"""An array of NumPy or a tensor of PyTorch."""


class ArrayStep(ABC):
    """One step of a layer program on arrays.

    Attributes:
        program: What is computed.
    """

    def __init__(self, program: LayerProgram) -> None:
        self.program = program
        elementwise = {entry.program for entry in program.instructions if entry.program is not None}
        self._compiled = {each: self.compiled(each) for each in (*elementwise, program.scalars)}

    @abstractmethod
    def compiled(self, program: Program) -> CompiledProgram:
        """A function of arrays."""

    @abstractmethod
    def zeros(self, shape: tuple[int, ...], like: Array) -> Array:
        """An array of zeros of the type of another."""

    @abstractmethod
    def whole_numbers(self, a: Array) -> Array:
        """Floats that are whole as indices."""

    @abstractmethod
    def counted(self, n: int) -> Array:
        """The whole numbers below n as indices."""

    @abstractmethod
    def where(self, condition: Array, a: Array, b: Array) -> Array:
        """One or the other, entry by entry."""

    def __call__(
        self,
        weights: dict[str, Array],
        constants: Mapping[str, Array],
        parameters: list[Array],
        factor: float,
        normals: Array,
        uniforms: Array,
    ) -> None:
        """Change ``weights`` to those after the step.

        Args:
            weights: By name, shape ``(n, rows, columns)``.
            constants: By name.
            parameters: Each of shape ``(n,)``.
            factor: Of the schedule at this step.
            normals: Shape ``(n_normals, n)``.
            uniforms: Shape ``(n_uniforms, n)``.
        """
        step = _Step(self, weights, constants, normals, uniforms)
        full = parameters[0] if parameters else next(iter(weights.values()))[:, 0, 0]
        values = self._compiled[self.program.scalars](*parameters, full * 0 + factor)
        step.scalars = {name: v[:, None, None] for name, v in zip(self.program.scalar_names, values, strict=True)}
        for entry in self.program.instructions:
            step.panels.append(STEPS[entry.op](step, entry, [step.panels[place] for place in entry.operands]))

    def function(self, program: Program) -> CompiledProgram:
        """The compiled form of an elementwise program."""
        return self._compiled[program]


class NumpyStep(ArrayStep):
    """In NumPy."""

    def compiled(self, program: Program) -> CompiledProgram:
        """By the backend of NumPy."""
        return CompiledProgram(program, numpy_.BACKEND, "Entries of a panel.", None)

    def zeros(self, shape: tuple[int, ...], like: Array) -> Array:
        """``np.zeros``."""
        return np.zeros(shape, like.dtype)

    def whole_numbers(self, a: Array) -> Array:
        """As int64."""
        return a.astype(np.int64)

    def counted(self, n: int) -> Array:
        """``np.arange``."""
        return np.arange(n)

    def where(self, condition: Array, a: Array, b: Array) -> Array:
        """``np.where``."""
        return np.where(condition, a, b)


class TorchStep(ArrayStep):
    """In PyTorch, whose batched products are the quicker ones for wide layers."""

    def __init__(self, program: LayerProgram) -> None:
        import torch

        self._torch = torch
        super().__init__(program)

    def compiled(self, program: Program) -> CompiledProgram:
        """By the backend of PyTorch."""
        from numerics.codegen.backends import torch_

        return CompiledProgram(program, torch_.BACKEND, "Entries of a panel.", None)

    def zeros(self, shape: tuple[int, ...], like: Array) -> Array:
        """``torch.zeros``."""
        return self._torch.zeros(shape, dtype=like.dtype, device=like.device)

    def whole_numbers(self, a: Array) -> Array:
        """As int64."""
        return a.long()

    def counted(self, n: int) -> Array:
        """``torch.arange``."""
        return self._torch.arange(n)

    def where(self, condition: Array, a: Array, b: Array) -> Array:
        """``torch.where``."""
        return self._torch.where(condition, a, b)


class _Step:
    """What is known while a step is computed."""

    def __init__(
        self, arrays: ArrayStep, weights: dict[str, Array], constants: Mapping[str, Array], z: Array, u: Array
    ) -> None:
        self.arrays, self.weights, self.constants, self.normals, self.uniforms = arrays, weights, constants, z, u
        self.panels: list[Array] = []
        self.scalars: dict[str, Array] = {}

    def matrix(self, name: str) -> Array:
        """A weight, or a constant with an axis for the replicas."""
        return self.weights[name] if name in self.weights else self.constants[name][None]

    def kept(self, entry: LayerInstruction, change: Array) -> None:
        """An update."""
        if entry.fresh:
            self.weights[entry.matrix] = change
        else:
            keep = self.scalars[entry.scalar] if entry.scalar else 1
            self.weights[entry.matrix] = keep * self.weights[entry.matrix] + change


def _normals(step: _Step, entry: LayerInstruction, _: list[Array]) -> Array:
    rows, columns = entry.shape
    numbers = step.normals[entry.first : entry.first + rows * columns].T
    return numbers.reshape(len(numbers), columns, rows).swapaxes(1, 2)


def _indices(step: _Step, entry: LayerInstruction, _: list[Array]) -> Array:
    r"""With replacement :math:`\lfloor Nu\rfloor`; without, Floyd's subset.

    For :math:`j = N - b, \dots, N - 1` take :math:`\lfloor (j + 1)u\rfloor`, or j where that was taken.
    """
    size, n = entry.shape[1], entry.samples
    u = step.uniforms[entry.first : entry.first + size].T
    if entry.sampling is Sampling.WITH_REPLACEMENT:
        return step.arrays.whole_numbers(u * n)[:, None, :]
    chosen = step.arrays.whole_numbers(step.arrays.zeros(u.shape, u))
    for k, top in enumerate(range(n - size, n)):
        drawn = step.arrays.whole_numbers(u[:, k] * (top + 1))
        taken = (chosen[:, :k] == drawn[:, None]).any(1)
        chosen[:, k] = step.arrays.where(taken, top, drawn)
    return chosen[:, None, :]


def _next_indices(step: _Step, entry: LayerInstruction, _: list[Array]) -> Array:
    """Each place of the order is exchanged with one not before it; all replicas have used as many places."""
    size, n, order = entry.shape[1], entry.samples, step.weights[entry.matrix]
    u = step.uniforms[entry.first : entry.first + size]
    used, replicas = int(order[0, n, 0]), step.arrays.counted(len(order))
    for k in range(size):
        place = used + k
        other = place + step.arrays.whole_numbers(u[k] * (n - place))
        taken = order[replicas, other, 0]
        order[replicas, other, 0] = order[:, place, 0]
        order[:, place, 0] = taken
    order[:, n, 0] = used + size if used + 2 * size <= n else 0
    return step.arrays.whole_numbers(order[:, used : used + size, 0])[:, None, :]


def _gather(step: _Step, entry: LayerInstruction, operands: list[Array]) -> Array:
    return step.constants[entry.matrix][operands[0][:, 0, :]].swapaxes(1, 2)


def _constant(step: _Step, entry: LayerInstruction, _: list[Array]) -> Array:
    matrix = step.constants[entry.matrix][None]
    replicas = len(next(iter(step.weights.values())))
    return step.arrays.zeros((replicas, *entry.shape), matrix) + matrix


def _symmetric(step: _Step, entry: LayerInstruction, operands: list[Array]) -> Array:
    numbers = operands[0].swapaxes(1, 2).reshape(len(operands[0]), -1)
    size, place = entry.shape[0], 0
    matrix = step.arrays.zeros((len(numbers), size, size), numbers)
    for i in range(size):
        for j in range(i, size):
            matrix[:, i, j] = matrix[:, j, i] = numbers[:, place] * (2**0.5 if i == j else 1.0)
            place += 1
    return matrix


def _combine(step: _Step, entry: LayerInstruction, _: list[Array]) -> None:
    total: Array = 0
    for term in entry.terms:
        source = step.weights[term.source] if isinstance(term.source, str) else step.panels[term.source]
        total = total + (step.scalars[term.scalar] * source if term.scalar else source)
    step.weights[entry.matrix] = total


def _elementwise(step: _Step, entry: LayerInstruction, operands: list[Array]) -> Array:
    assert entry.program is not None
    return step.arrays.function(entry.program)(*operands)[0]


def _update(step: _Step, entry: LayerInstruction, operands: list[Array]) -> None:
    step.kept(entry, operands[0] @ operands[1].swapaxes(1, 2))


STEPS: dict[LayerOperation, Callable[[_Step, LayerInstruction, list[Array]], Any]] = {
    LayerOperation.NORMALS: _normals,
    LayerOperation.INDICES: _indices,
    LayerOperation.CONSTANT: _constant,
    LayerOperation.NEXT_INDICES: _next_indices,
    LayerOperation.GATHER: _gather,
    LayerOperation.PRODUCT: lambda step, entry, a: step.matrix(entry.matrix) @ a[0],
    LayerOperation.TRANSPOSED_PRODUCT: lambda step, entry, a: step.matrix(entry.matrix).swapaxes(1, 2) @ a[0],
    LayerOperation.PANEL_PRODUCT: lambda step, entry, a: a[0] @ a[1],
    LayerOperation.ADD: lambda step, entry, a: a[0] + a[1],
    LayerOperation.SUBTRACT: lambda step, entry, a: a[0] - a[1],
    LayerOperation.SHIFT: lambda step, entry, a: a[0] + step.matrix(entry.matrix),
    LayerOperation.SCALE: lambda step, entry, a: step.scalars[entry.scalar or ""] * a[0],
    LayerOperation.SCALE_COLUMNS: lambda step, entry, a: a[0] * a[1],
    LayerOperation.CENTRE: lambda step, entry, a: a[0] - a[0].mean(2)[:, :, None],
    LayerOperation.SYMMETRIC: _symmetric,
    LayerOperation.ELEMENTWISE: _elementwise,
    LayerOperation.UPDATE: _update,
    LayerOperation.SUM_UPDATE: lambda step, entry, a: step.kept(entry, a[0].sum(2)[:, :, None]),
    LayerOperation.COMBINE: _combine,
}
"""What each operation does, on panels of shape ``(n, rows, columns)``."""
