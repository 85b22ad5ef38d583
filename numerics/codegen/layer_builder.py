"""Writing a layer program, one operation at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from numerics.arguments import YES_OR_NO, require, takes
from numerics.codegen.layer_program import (
    EFFECTS,
    NAME,
    SHAPE,
    LayerInstruction,
    LayerOperation,
    LayerProgram,
    NamedMatrix,
    Shape,
    Term,
)
from numerics.codegen.program import Program
from numerics.errors import ArgumentError
from theory.argument_kinds import ArgumentKind, one_of, or_none, whole
from theory.gradient_noise.sampling import Sampling

PLACE = ArgumentKind("the place of a panel", lambda value: type(value) is int and value >= 0)
NAMES = ArgumentKind(
    "a sequence of names", lambda value: isinstance(value, list | tuple) and all(map(NAME.admits, value))
)
MATRICES = ArgumentKind(
    "a sequence of NamedMatrix",
    lambda value: isinstance(value, list | tuple) and all(isinstance(each, NamedMatrix) for each in value),
)
PROGRAM = one_of(Program, needed="a Program")


@dataclass
class LayerBuilder:
    r"""Collects the instructions of a layer program; every method that makes a panel returns its place.

    Raises:
        ArgumentError: weights or constants are no matrices with names.

    Example:
        >>> builder = LayerBuilder([NamedMatrix("W", (2, 3))])
        >>> x = builder.normals((3, 1))
        >>> builder.update("W", builder.product("W", x), x)
        >>> print(*builder.instructions, sep="\n")
        normals (3, 1) from normal 0
        product (2, 1) W %0
        update (2, 3) W %1 %0
    """

    weights: Sequence[NamedMatrix]
    constants: Sequence[NamedMatrix] = ()
    instructions: list[LayerInstruction] = field(default_factory=list, init=False)
    n_normals: int = field(default=0, init=False)
    n_uniforms: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        require(MATRICES, self.weights, "weights")
        require(MATRICES, self.constants, "constants")

    @takes(scalars=PROGRAM, scalar_names=NAMES, parameters=NAMES)
    def program(
        self, scalars: Program, scalar_names: Sequence[str] = (), parameters: Sequence[str] = ()
    ) -> LayerProgram:
        """What was collected."""
        return LayerProgram(
            tuple(self.weights),
            tuple(self.constants),
            tuple(parameters),
            scalars,
            tuple(scalar_names),
            tuple(self.instructions),
            self.n_normals,
            self.n_uniforms,
        )

    @takes(shape=SHAPE)
    def normals(self, shape: Shape) -> int:
        """Fresh standard normals."""
        first, self.n_normals = self.n_normals, self.n_normals + shape[0] * shape[1]
        return self._add(LayerOperation.NORMALS, shape, first=first)

    @takes(size=whole(1, 2**31), samples=whole(1, 2**31), sampling=one_of(Sampling, needed="a member of Sampling"))
    def indices(self, size: int, samples: int, sampling: Sampling) -> int:
        """The samples of a batch."""
        first, self.n_uniforms = self.n_uniforms, self.n_uniforms + size
        return self._add(LayerOperation.INDICES, (1, size), first=first, samples=samples, sampling=sampling)

    @takes(order=NAME, size=whole(1, 2**31), samples=whole(1, 2**31))
    def next_indices(self, order: str, size: int, samples: int) -> int:
        """The next samples of an order that each replica carries, drawn anew when fewer than ``size`` are left."""
        first, self.n_uniforms = self.n_uniforms, self.n_uniforms + size
        return self._add(LayerOperation.NEXT_INDICES, (1, size), matrix=order, first=first, samples=samples)

    @takes(matrix=NAME)
    def constant(self, matrix: str) -> int:
        """A constant as a panel."""
        return self._add(LayerOperation.CONSTANT, self._matrix(matrix), matrix=matrix)

    @takes(matrix=NAME, indices=PLACE)
    def gather(self, matrix: str, indices: int) -> int:
        """Rows of a constant, each as a column."""
        shape = self._matrix(matrix)[1], self.shape(indices)[1]
        return self._add(LayerOperation.GATHER, shape, (indices,), matrix=matrix)

    @takes(matrix=NAME, a=PLACE)
    def product(self, matrix: str, a: int) -> int:
        """W a."""
        return self._add(LayerOperation.PRODUCT, (self._matrix(matrix)[0], self.shape(a)[1]), (a,), matrix=matrix)

    @takes(matrix=NAME, a=PLACE)
    def transposed_product(self, matrix: str, a: int) -> int:
        """W' a."""
        shape = self._matrix(matrix)[1], self.shape(a)[1]
        return self._add(LayerOperation.TRANSPOSED_PRODUCT, shape, (a,), matrix=matrix)

    @takes(a=PLACE, b=PLACE)
    def panel_product(self, a: int, b: int) -> int:
        """The product of two panels."""
        return self._add(LayerOperation.PANEL_PRODUCT, (self.shape(a)[0], self.shape(b)[1]), (a, b))

    @takes(a=PLACE, b=PLACE)
    def add(self, a: int, b: int) -> int:
        """The sum of two panels."""
        return self._add(LayerOperation.ADD, self.shape(a), (a, b))

    @takes(a=PLACE, b=PLACE)
    def subtract(self, a: int, b: int) -> int:
        """The difference of two panels."""
        return self._add(LayerOperation.SUBTRACT, self.shape(a), (a, b))

    @takes(a=PLACE, matrix=NAME)
    def shift(self, a: int, matrix: str) -> int:
        """The panel with a column added to each of its columns."""
        return self._add(LayerOperation.SHIFT, self.shape(a), (a,), matrix=matrix)

    @takes(a=PLACE, scalar=NAME)
    def scale(self, a: int, scalar: str) -> int:
        """A multiple of a."""
        return self._add(LayerOperation.SCALE, self.shape(a), (a,), scalar=scalar)

    @takes(a=PLACE, row=PLACE)
    def scale_columns(self, a: int, row: int) -> int:
        """Columns of a times the entries of a row."""
        return self._add(LayerOperation.SCALE_COLUMNS, self.shape(a), (a, row))

    @takes(row=PLACE)
    def centre(self, row: int) -> int:
        """A row less its mean."""
        return self._add(LayerOperation.CENTRE, self.shape(row), (row,))

    @takes(a=PLACE, size=whole(1, 2**31))
    def symmetric(self, a: int, size: int) -> int:
        """A symmetric matrix from the numbers of its upper triangle, row by row."""
        return self._add(LayerOperation.SYMMETRIC, (size, size), (a,))

    @takes(program=PROGRAM)
    def elementwise(self, program: Program, *panels: int) -> int:
        """A function of the entries of panels."""
        if len(program.outputs) != 1:
            raise ArgumentError(f"program must have one output to be applied entry by entry, got {program.outputs}.")
        return self._add(LayerOperation.ELEMENTWISE, self.shape(panels[0]), panels, program=program)

    @takes(matrix=NAME, a=PLACE, b=PLACE, keep=or_none(NAME), fresh=YES_OR_NO)
    def update(self, matrix: str, a: int, b: int, *, keep: str | None = None, fresh: bool = False) -> None:
        """W = keep W + a b'; all of W is kept by default, none of it if ``fresh``."""
        self._add(LayerOperation.UPDATE, self._matrix(matrix), (a, b), matrix=matrix, scalar=keep, fresh=fresh)

    @takes(matrix=NAME, a=PLACE, keep=or_none(NAME), fresh=YES_OR_NO)
    def sum_update(self, matrix: str, a: int, *, keep: str | None = None, fresh: bool = False) -> None:
        """The same with the sum of the columns of a."""
        self._add(LayerOperation.SUM_UPDATE, self._matrix(matrix), (a,), matrix=matrix, scalar=keep, fresh=fresh)

    @takes(matrix=NAME)
    def combine(self, matrix: str, *terms: Term) -> None:
        """W = a sum of multiples."""
        self._add(LayerOperation.COMBINE, self._matrix(matrix), matrix=matrix, terms=terms)

    @takes(place=PLACE)
    def shape(self, place: int) -> Shape:
        """Of a panel.

        Raises:
            ArgumentError: there is no panel of that place.
        """
        if place >= len(self.instructions) or self.instructions[place].op in EFFECTS:
            raise ArgumentError(f"place must be that of one of the panels so far, got {place}.")
        return self.instructions[place].shape

    def _matrix(self, name: str) -> Shape:
        for matrix in (*self.weights, *self.constants):
            if matrix.name == name:
                return matrix.shape
        raise ArgumentError(f"matrix must name a weight or a constant of the builder, got {name!r}.")

    def _add(self, op: LayerOperation, shape: Shape, operands: tuple[int, ...] = (), **more: object) -> int:
        for operand in operands:
            self.shape(operand)
        self.instructions.append(LayerInstruction(op, shape, operands, **more))  # pyright: ignore[reportArgumentType]
        return len(self.instructions) - 1
