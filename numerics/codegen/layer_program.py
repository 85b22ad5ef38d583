r"""Layer programs: one step of a layered network as a short list of operations on panels, before anything is unrolled.

The second kind of program, beside :class:`~numerics.codegen.program.Program`. A *panel* is a small matrix, one column
per sample of the batch; *weights* are matrices that a replica carries from step to step; *constants* are matrices that
all replicas share. A panel is computed once, weights change in place, in the order of the list::

    %0 = normals (3, 1), numbers 0 to 2          z ~ N(0, I), the noise of this step
    %1 = product W1 %0                           W1 z
    update W1 += %1 %0'                          the outer product of two panels
    combine W1 = keep * W1                       a sum of multiples of weights and panels

What multiplies (learning rates, decays) are *scalars*: outputs of a :class:`Program` of the replica's parameters and of
the factor of the schedule, evaluated once a step. The list says nothing about vectors, threads or memory, so NumPy and
PyTorch (:mod:`numerics.codegen.backends.layers`), the fused CPU kernel (:mod:`numerics.kernels.cpu.layer_kernel`) and
whatever comes run the same one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from numerics.arguments import require
from numerics.codegen.program import Program
from numerics.errors import NumericsError
from numerics.random.layout import NoiseLayout, Width
from theory.argument_kinds import ArgumentKind
from theory.gradient_noise.sampling import Sampling

Shape = tuple[int, int]

NAME = ArgumentKind("a name", lambda value: isinstance(value, str) and bool(value))
SHAPE = ArgumentKind(
    "a pair (rows, columns) of positive whole numbers",
    lambda value: isinstance(value, tuple) and len(value) == 2 and all(type(n) is int and n > 0 for n in value),
)

LEAST_NUMBERS = 3
"""A step draws at least so many numbers of each kind it draws: then it begins a block of the generator of its own."""


class LayerOperation(StrEnum):
    """What one instruction does; ``W`` is a weight or a constant, ``a`` and ``b`` are panels."""

    NORMALS = "normals"
    """Standard normals of the step, column by column."""
    INDICES = "indices"
    """Numbers of the samples of a batch, one a column."""
    NEXT_INDICES = "next indices"
    r"""The same by an order of all N samples that a replica carries, as N places and the number of those that are used.

    Fisher and Yates' shuffle, as far as it is needed: each place is exchanged with a random one not before it.
    """
    CONSTANT = "constant"
    """A constant as a panel."""
    GATHER = "gather"
    """Rows of a constant by number, each a column: (row a_j of C)."""
    PRODUCT = "product"
    """W a."""
    TRANSPOSED_PRODUCT = "transposed product"
    """W' a."""
    PANEL_PRODUCT = "panel product"
    """a b."""
    ADD = "add"
    """a + b."""
    SUBTRACT = "subtract"
    """a - b."""
    SHIFT = "shift"
    """a plus the column W in each of its columns."""
    SCALE = "scale"
    """A scalar times a."""
    SCALE_COLUMNS = "scale columns"
    """Column j of a times the entry j of the row b."""
    CENTRE = "centre"
    """A row less its mean."""
    SYMMETRIC = "symmetric"
    r"""From n(n+1)/2 numbers the symmetric matrix with them off the diagonal, and :math:`\sqrt2` times them on it."""
    ELEMENTWISE = "elementwise"
    """A program applied entry by entry."""
    UPDATE = "update"
    """W += a b', with the scalar ``name`` kept of the old W; the fresh form forgets it."""
    SUM_UPDATE = "sum update"
    """The same where b is a row of ones: W is a column."""
    COMBINE = "combine"
    """W = the sum of multiples of weights and panels."""


EFFECTS = frozenset({LayerOperation.UPDATE, LayerOperation.SUM_UPDATE, LayerOperation.COMBINE})
"""Operations that change a weight and have no value."""


@dataclass(frozen=True)
class NamedMatrix:
    """A weight or a constant: its name and shape.

    Raises:
        ArgumentError: the name is no text, or the shape no pair of positive whole numbers.
    """

    name: str
    shape: Shape

    def __post_init__(self) -> None:
        require(NAME, self.name, "name")
        require(SHAPE, self.shape, "shape")


@dataclass(frozen=True)
class Term:
    """A multiple of a weight or of a panel: ``scalar * source``; without a scalar, once."""

    source: str | int
    scalar: str | None = None


@dataclass(frozen=True)
class LayerInstruction:
    """One operation.

    Attributes:
        op: What it does.
        shape: Of its value, or of the weight it changes.
        operands: Places of panels.
        matrix: The weight or constant it reads or changes.
        scalar: The scalar it multiplies by, or what an update keeps of the old weight.
        first: Number of its first normal or uniform in the step.
        samples: For ``indices`` and ``next indices``, the size N of the data set.
        sampling: For ``indices``, how they are drawn.
        program: For ``elementwise``.
        terms: For ``combine``.
        fresh: For updates: the old weight is forgotten.
    """

    op: LayerOperation
    shape: Shape
    operands: tuple[int, ...] = ()
    matrix: str = ""
    scalar: str | None = None
    first: int = 0
    samples: int = 0
    sampling: Sampling | None = None
    program: Program | None = None
    terms: tuple[Term, ...] = ()
    fresh: bool = False

    def __str__(self) -> str:
        inner = [*filter(None, (self.scalar, self.matrix)), *(f"%{place}" for place in self.operands)]
        if self.op is LayerOperation.INDICES and self.sampling is not None:
            inner.append(f"of {self.samples} samples {self.sampling.value}, from uniform {self.first}")
        if self.op is LayerOperation.NEXT_INDICES:
            inner.append(f"of {self.samples} samples, from uniform {self.first}")
        if self.op is LayerOperation.NORMALS:
            inner.append(f"from normal {self.first}")
        if self.program is not None:
            inner.append(f"by {self.program.digest[:12]}")
        if self.terms:
            inner.append("= " + " + ".join(f"{term.scalar or 1} * {_source(term.source)}" for term in self.terms))
        return f"{self.op} {self.shape} {' '.join(inner)}{' fresh' if self.fresh else ''}".rstrip()


def _source(source: str | int) -> str:
    return source if isinstance(source, str) else f"%{source}"


@dataclass(frozen=True)
class LayerProgram:
    """One step of a layered network. Build it with a :class:`~numerics.codegen.layer_builder.LayerBuilder`.

    Attributes:
        weights: What a replica carries, in the order of its state.
        constants: What replicas share.
        parameters: Names of the numbers that each replica may have of its own.
        scalars: Program of the parameters and the factor of the schedule.
        scalar_names: Names of its outputs.
        instructions: In order.
        n_normals: Standard normals of a step.
        n_uniforms: Uniforms of a step.

    Raises:
        NumericsError: an instruction refers to what is not there, or shapes do not fit.
    """

    weights: tuple[NamedMatrix, ...]
    constants: tuple[NamedMatrix, ...]
    parameters: tuple[str, ...]
    scalars: Program
    scalar_names: tuple[str, ...]
    instructions: tuple[LayerInstruction, ...]
    n_normals: int
    n_uniforms: int

    def __post_init__(self) -> None:
        if len(self.scalars.arguments) != len(self.parameters) + 1:
            raise NumericsError("scalars must be a program of the parameters and the factor of the schedule.")
        if len(self.scalars.outputs) != len(self.scalar_names):
            raise NumericsError("scalars must have one output for each of scalar_names.")
        for place, instruction in enumerate(self.instructions):
            _check(self, place, instruction)

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """Shapes of weights and constants by name."""
        return {matrix.name: matrix.shape for matrix in (*self.weights, *self.constants)}

    @property
    def size(self) -> int:
        """Numbers that a replica carries."""
        return sum(matrix.shape[0] * matrix.shape[1] for matrix in self.weights)

    def layout(self, width: Width) -> NoiseLayout:
        """Where the noise of a step lies among the blocks of the generator: whole blocks for every step."""
        least = [max(count, LEAST_NUMBERS) if count else 0 for count in (self.n_normals, self.n_uniforms)]
        return NoiseLayout(least[0], width, least[1])

    @cached_property
    def multiplications(self) -> int:
        """Fused multiply-adds of the products and updates of a step."""
        total = 0
        for entry in self.instructions:
            if entry.op in (LayerOperation.PRODUCT, LayerOperation.TRANSPOSED_PRODUCT):
                total += self.shapes[entry.matrix][0] * self.shapes[entry.matrix][1] * entry.shape[1]
            elif entry.op in (LayerOperation.PANEL_PRODUCT, LayerOperation.UPDATE):
                total += entry.shape[0] * entry.shape[1] * self.instructions[entry.operands[0]].shape[1]
        return total

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what is computed."""
        own = (self.weights, self.constants, self.parameters, self.scalar_names, self.n_normals, self.n_uniforms)
        text = "\n".join([*map(str, own), self.scalars.digest, *map(str, self.instructions)])
        return hashlib.sha256(text.encode()).hexdigest()

    def __str__(self) -> str:
        lines = [f"weight {matrix.name} {matrix.shape}" for matrix in self.weights]
        lines += [f"shared {matrix.name} {matrix.shape}" for matrix in self.constants]
        lines += [f"scalars {', '.join(self.scalar_names)} of {', '.join((*self.parameters, 'factor'))}"]
        for place, entry in enumerate(self.instructions):
            lines.append(str(entry) if entry.op in EFFECTS else f"%{place} = {entry}")
        return "\n".join(lines)


def _check(program: LayerProgram, place: int, entry: LayerInstruction) -> None:
    """Refuse an instruction that does not fit those before it."""
    earlier = program.instructions[:place]
    named = {*filter(None, (entry.matrix,)), *(term.source for term in entry.terms if isinstance(term.source, str))}
    unknown = named - set(program.shapes)
    scalars = {*filter(None, (entry.scalar,)), *(term.scalar for term in entry.terms if term.scalar)}
    unknown |= scalars - set(program.scalar_names)
    if unknown:
        raise NumericsError(f"instruction {place} ({entry}) names {sorted(unknown)}, which the program does not have.")
    used = [*entry.operands, *(term.source for term in entry.terms if isinstance(term.source, int))]
    if any(not 0 <= p < place or earlier[p].op in EFFECTS for p in used):
        raise NumericsError(f"instruction {place} ({entry}) must use earlier panels.")
    changes = entry.op in EFFECTS or entry.op is LayerOperation.NEXT_INDICES
    if changes and entry.matrix not in {matrix.name for matrix in program.weights}:
        raise NumericsError(f"instruction {place} ({entry}) must change a weight.")
    shapes = [earlier[p].shape for p in entry.operands]
    wanted = _shape(program, entry, shapes)
    if wanted != entry.shape:
        raise NumericsError(f"instruction {place} ({entry}): its operands {shapes} make {wanted or 'nothing'}.")


def _shape(program: LayerProgram, entry: LayerInstruction, shapes: list[Shape]) -> Shape | None:
    """The shape that the operands make, or None where they do not fit."""
    op, matrix = entry.op, program.shapes.get(entry.matrix, (0, 0))
    a = shapes[0] if shapes else (0, 0)
    b = shapes[1] if len(shapes) > 1 else a
    fits, shape = {
        LayerOperation.NORMALS: (entry.first + entry.shape[0] * entry.shape[1] <= program.n_normals, entry.shape),
        LayerOperation.INDICES: (entry.first + entry.shape[1] <= program.n_uniforms, (1, entry.shape[1])),
        LayerOperation.NEXT_INDICES: (
            entry.first + entry.shape[1] <= program.n_uniforms
            and entry.shape[1] <= entry.samples
            and matrix == (entry.samples + 1, 1),
            (1, entry.shape[1]),
        ),
        LayerOperation.CONSTANT: (True, matrix),
        LayerOperation.GATHER: (a[0] == 1, (matrix[1], a[1])),
        LayerOperation.PRODUCT: (matrix[1] == a[0], (matrix[0], a[1])),
        LayerOperation.TRANSPOSED_PRODUCT: (matrix[0] == a[0], (matrix[1], a[1])),
        LayerOperation.PANEL_PRODUCT: (a[1] == b[0], (a[0], b[1])),
        LayerOperation.ADD: (a == b, a),
        LayerOperation.SUBTRACT: (a == b, a),
        LayerOperation.SHIFT: (matrix == (a[0], 1), a),
        LayerOperation.SCALE: (entry.scalar is not None, a),
        LayerOperation.SCALE_COLUMNS: (b == (1, a[1]), a),
        LayerOperation.CENTRE: (a[0] == 1, a),
        LayerOperation.SYMMETRIC: (a[0] * a[1] == entry.shape[0] * (entry.shape[0] + 1) // 2, (entry.shape[0],) * 2),
        LayerOperation.ELEMENTWISE: (
            entry.program is not None and len(entry.program.arguments) == len(shapes) and set(shapes) == {a},
            a,
        ),
        LayerOperation.UPDATE: (matrix == (a[0], b[0]) and a[1] == b[1], matrix),
        LayerOperation.SUM_UPDATE: (matrix == (a[0], 1), matrix),
        LayerOperation.COMBINE: (all(_term_shape(program, term) == matrix for term in entry.terms), matrix),
    }[op]
    return shape if fits else None


def _term_shape(program: LayerProgram, term: Term) -> Shape:
    return program.shapes[term.source] if isinstance(term.source, str) else program.instructions[term.source].shape
