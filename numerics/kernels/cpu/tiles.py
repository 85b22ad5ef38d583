r"""Small matrix products of vectors of lanes, as LLVM IR: :math:`C = \kappa C + AB`, one register tile at a time.

An entry of a matrix is a vector of lanes, one replica each. A tile of C stays in registers while the sum runs; loops
over tiles, and over long sums, are loops of the machine code too, so that code stays short for wide layers. A transpose
is an exchange of strides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numerics.arguments import takes
from numerics.codegen.layer_program import Shape
from numerics.kernels.cpu.target import ir
from numerics.kernels.cpu.vectors import I64, Value, Vectors
from theory.argument_kinds import whole

UNROLLED = 24
"""Multiplications of a tile up to which its sum is written out."""

UNROLLED_STEP = 24
"""Multiplications of one turn of a longer sum."""

REGISTERS = {64: 32, 32: 16, 16: 16}
"""Vector registers of a processor, by the bytes of one."""


@dataclass(frozen=True)
class LaneMatrix:
    """A matrix in memory.

    Attributes:
        pointer: Where it lies.
        shape: Rows and columns.
        strides: Entries from a row, and from a column, to the next.
        shared: An entry is one number for all lanes.
        first: Entries before it.
    """

    pointer: Value
    shape: Shape
    strides: tuple[int, int]
    shared: bool = False
    first: int = 0

    @property
    def transposed(self) -> LaneMatrix:
        """Rows and columns exchanged."""
        (rows, columns), (down, right) = self.shape, self.strides
        return LaneMatrix(self.pointer, (columns, rows), (right, down), self.shared, self.first)


Index = int | Any
"""A number that is known now, or a value of LLVM's."""


class Tiles:
    """Emits loops and products at the position of the builder of ``vectors``.

    Attributes:
        v: Arithmetic.
        registers: Vector registers of the processor.
    """

    def __init__(self, vectors: Vectors, registers: int) -> None:
        self.v, self.b, self.registers = vectors, vectors.builder, registers

    # loops -----------------------------------------------------------------------------------------------------------
    def loop(
        self, count: Index, body: Callable[[Index, list[Value]], Sequence[Value]], carried: Sequence[Value] = ()
    ) -> list[Value]:
        """Run ``body(i, carried)`` for i from 0 to ``count - 1``; what it returns is carried on."""
        if isinstance(count, int) and count <= 1:
            return list(body(0, list(carried))) if count else list(carried)
        b = self.b
        entry, head, done = b.block, b.append_basic_block("loop"), b.append_basic_block("after")
        b.branch(head)
        b.position_at_end(head)
        index = b.phi(I64)
        index.add_incoming(ir.Constant(I64, 0), entry)
        phis = [b.phi(value.type) for value in carried]
        for phi, value in zip(phis, carried, strict=True):
            phi.add_incoming(value, entry)
        after = list(body(index, list(phis)))
        following = b.add(index, ir.Constant(I64, 1))
        index.add_incoming(following, b.block)
        for phi, value in zip(phis, after, strict=True):
            phi.add_incoming(value, b.block)
        last = ir.Constant(I64, count) if isinstance(count, int) else count
        b.cbranch(b.icmp_signed("<", following, last), head, done)
        b.position_at_end(done)
        return after

    def each(self, count: int, body: Callable[[Index], None], *, together: int = 1) -> None:
        """``body(i)`` for i below ``count``, ``together`` of them written out in one turn of the loop."""
        whole = count // together

        def turn(k: Index, _: list[Value]) -> list[Value]:
            for i in range(together):
                body(self.sum(self.times(k, together), i))
            return []

        self.loop(whole, turn)
        for i in range(whole * together, count):
            body(i)

    def times(self, i: Index, factor: int) -> Index:
        """``factor * i``."""
        return i * factor if isinstance(i, int) else self.b.mul(i, ir.Constant(I64, factor))

    def sum(self, i: Index, j: Index) -> Index:
        """``i + j``."""
        if isinstance(i, int) and isinstance(j, int):
            return i + j
        return self.b.add(*(ir.Constant(I64, x) if isinstance(x, int) else x for x in (i, j)))

    # memory ----------------------------------------------------------------------------------------------------------
    def address(self, panel: LaneMatrix, i: Index, j: Index) -> Value:
        """Where an entry lies."""
        place = self.sum(panel.first, self.sum(self.times(i, panel.strides[0]), self.times(j, panel.strides[1])))
        place = ir.Constant(I64, place) if isinstance(place, int) else place
        return self.b.gep(panel.pointer, [place], source_etype=self.v.scalar if panel.shared else self.v.real)

    def load(self, panel: LaneMatrix, i: Index, j: Index) -> Value:
        """An entry."""
        v = self.v
        if panel.shared:
            return v.splat(self.b.load(self.address(panel, i, j), typ=v.scalar))
        return self.b.load(self.address(panel, i, j), align=v.width // 8 * v.lanes, typ=v.real)

    def store(self, value: Value, panel: LaneMatrix, i: Index, j: Index) -> None:
        """Write an entry."""
        self.b.store(value, self.address(panel, i, j), align=self.v.width // 8 * self.v.lanes)

    # products --------------------------------------------------------------------------------------------------------
    def product(self, C: LaneMatrix, A: LaneMatrix, B: LaneMatrix, keep: Value | None, *, fresh: bool) -> None:
        """C = keep C + A B; without ``keep`` C + A B, and A B alone if ``fresh``."""
        rows, columns = C.shape
        height, width = tile_shape(rows, columns, self.registers)

        def tile(i: Index, j: Index, h: int, w: int) -> None:
            if fresh:
                sums = [self.v.constant(0)] * (h * w)
            else:
                sums = [self.load(C, self.sum(i, r), self.sum(j, c)) for r in range(h) for c in range(w)]
                sums = sums if keep is None else [self.v.multiply(keep, x) for x in sums]
            for place, value in enumerate(self._summed(A, B, (i, j), (h, w), sums)):
                self.store(value, C, self.sum(i, place // w), self.sum(j, place % w))

        self._tiled(rows, height, lambda i, h: self._tiled(columns, width, lambda j, w: tile(i, j, h, w)))

    def _tiled(self, count: int, size: int, body: Callable[[Index, int], None]) -> None:
        """``body(first, size)`` for whole tiles in a loop, and for what remains."""

        def turn(k: Index, _: list[Value]) -> list[Value]:
            body(self.times(k, size), size)
            return []

        self.loop(count // size, turn)
        if count % size:
            body(count - count % size, count % size)

    def _summed(
        self, A: LaneMatrix, B: LaneMatrix, place: tuple[Index, Index], size: Shape, sums: list[Value]
    ) -> list[Value]:
        """The sums of a tile after all products."""
        (i, j), (h, w), length = place, size, A.shape[1]

        def one(k: Index, sums: list[Value]) -> list[Value]:
            left = [self.load(A, self.sum(i, r), k) for r in range(h)]
            right = [self.load(B, k, self.sum(j, c)) for c in range(w)]
            return [self.v.fma(x, y, sums[r * w + c]) for r, x in enumerate(left) for c, y in enumerate(right)]

        step = length if h * w * length <= UNROLLED else max(1, min(length, UNROLLED_STEP // (h * w)))

        def turn(k: Index, sums: list[Value]) -> list[Value]:
            for part in range(step):
                sums = one(self.sum(self.times(k, step), part), sums)
            return sums

        sums = self.loop(length // step, turn, sums)
        for k in range(length - length % step, length):
            sums = one(k, sums)
        return sums

    def transposed_product_and_update(
        self, down: LaneMatrix, W: LaneMatrix, D: LaneMatrix, H: LaneMatrix, keep: Value | None, *, both: bool = True
    ) -> None:
        """Write W' D, with the old W, to ``down``, and W = keep W + D H' in one pass over W; few columns only.

        Without ``both`` W is updated alone.
        """
        columns = D.shape[1]
        width = even_size(W.shape[1], max(1, (self.registers - 8) // (2 * columns)))

        def tile(j: Index, w: int) -> None:
            h = [[self.load(H, self.sum(j, q), k) for k in range(columns)] for q in range(w)]

            def row(i: Index, sums: list[Value]) -> list[Value]:
                d = [self.load(D, i, k) for k in range(columns)]
                sums = list(sums)
                for q in range(w):
                    x = self.load(W, i, self.sum(j, q))
                    new = x if keep is None else self.v.multiply(keep, x)
                    for k in range(columns):
                        if both:
                            sums[q * columns + k] = self.v.fma(x, d[k], sums[q * columns + k])
                        new = self.v.fma(d[k], h[q][k], new)
                    self.store(new, W, i, self.sum(j, q))
                return sums

            sums = [self.v.constant(0)] * (w * columns if both else 0)
            step = max(1, min(W.shape[0], UNROLLED_STEP // (w * columns)))

            def turn(i: Index, sums: list[Value]) -> list[Value]:
                for part in range(step):
                    sums = row(self.sum(self.times(i, step), part), sums)
                return sums

            sums = self.loop(W.shape[0] // step, turn, sums)
            for i in range(W.shape[0] - W.shape[0] % step, W.shape[0]):
                sums = row(i, sums)
            for place, value in enumerate(sums):
                self.store(value, down, self.sum(j, place // columns), place % columns)

        self._tiled(W.shape[1], width, tile)


COUNT = whole(1, 2**31)


@takes(rows=COUNT, columns=COUNT, registers=COUNT)
def tile_shape(rows: int, columns: int, registers: int) -> Shape:
    """Height and width of a tile: as few loads as possible, as even as possible, half the registers for its sums.

    Example:
        >>> tile_shape(12, 12, 32), tile_shape(12, 1, 32), tile_shape(7, 1, 16)
        ((4, 4), (12, 1), (7, 1))
    """
    best, least = (1, 1), float("inf")
    for h in range(1, min(rows, registers // 2) + 1):
        for w in range(1, min(columns, registers // 2 // h) + 1):
            loads = sum((a + c) * m * n for a, m in _parts(rows, h) for c, n in _parts(columns, w))
            if loads < least:
                best, least = (h, w), loads
    return best


def _parts(count: int, size: int) -> list[tuple[int, int]]:
    """Sizes of the tiles of a side, each with its number."""
    return [(size, count // size), *([(count % size, 1)] if count % size else [])]


@takes(count=COUNT, most=COUNT)
def even_size(count: int, most: int) -> int:
    """The size of the parts into which ``count`` is cut most evenly, none above ``most``.

    Example:
        >>> even_size(12, 10), even_size(7, 10)
        (6, 7)
    """
    parts = -(-count // most)
    return -(-count // parts)
