"""The operations of layer programs as LLVM IR: loops over the entries of panels, products by tiles."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from numerics.codegen.layer_program import LayerInstruction, LayerOperation, LayerProgram
from numerics.codegen.program import Program
from numerics.kernels.cpu.target import ir
from numerics.kernels.cpu.tiles import Index, LaneMatrix, Tiles
from numerics.kernels.cpu.time_loop import ProgramEmitter
from numerics.kernels.cpu.vectors import I32, I64, Value
from numerics.kernels.kernel import StepSignature
from theory.gradient_noise.sampling import Sampling

FEW_COLUMNS = 4
"""Samples of a batch up to which a transposed product and the update after it share one pass over the weights."""

TOGETHER = 4
"""Entries of a panel in one turn of a loop, so that one does not wait for the other."""


class Emission:
    """What is known while the operations of a step are emitted.

    Attributes:
        tiles: Loops and products.
        program: What is emitted.
        matrices: Weights and constants by name.
        scalars: By name.
        normals: The normals of the step.
        uniforms: The uniforms of the step.
        panels: Values so far, by place.
        done: Places that were emitted along with an earlier one.
    """

    def __init__(
        self,
        tiles: Tiles,
        program: LayerProgram,
        matrices: dict[str, LaneMatrix],
        scalars: dict[str, Value],
        normals: LaneMatrix,
        uniforms: LaneMatrix,
    ) -> None:
        self.tiles, self.program, self.matrices, self.scalars = tiles, program, matrices, scalars
        self.normals, self.uniforms = normals, uniforms
        self.panels: dict[int, LaneMatrix] = {}
        self.done: set[int] = set()

    def operands(self, entry: LayerInstruction) -> list[LaneMatrix]:
        """Its panels."""
        return [self.panels[place] for place in entry.operands]

    def values(self, program: Program, arguments: Sequence[Value]) -> list[Value]:
        """The outputs of a program of single entries."""
        signature = StepSignature(max(1, len(arguments)), 0, 0, "float32" if self.tiles.v.width == 32 else "float64")
        emitter = ProgramEmitter(self.tiles.v, program, signature, [])
        return emitter.step(list(arguments), [])

    def entrywise(self, out: LaneMatrix, value: Callable[[Index, Index], Value]) -> None:
        """Write every entry of a panel."""
        tiles = self.tiles
        rows, columns = out.shape
        long = columns >= rows

        def line(i: Index) -> None:
            def one(j: Index) -> None:
                place = (i, j) if long else (j, i)
                tiles.store(value(*place), out, *place)

            tiles.each(columns if long else rows, one, together=TOGETHER)

        tiles.each(rows if long else columns, line)


def _normals(emission: Emission, place: int, entry: LayerInstruction) -> None:
    z = emission.normals
    emission.panels[place] = LaneMatrix(z.pointer, entry.shape, (1, entry.shape[0]), first=z.first + entry.first)


def _constant(emission: Emission, place: int, entry: LayerInstruction) -> None:
    emission.panels[place] = emission.matrices[entry.matrix]


def _indices(emission: Emission, place: int, entry: LayerInstruction) -> None:
    """As whole numbers in floats: a place of an array of samples."""
    tiles, v, out = emission.tiles, emission.tiles.v, emission.panels[place]
    size, n = entry.shape[1], entry.samples
    if size >= n and entry.sampling is Sampling.WITHOUT_REPLACEMENT:
        raise AssertionError("a batch of all samples is a constant")

    def uniform(k: Index) -> Value:
        return tiles.load(emission.uniforms, tiles.sum(entry.first, k), 0)

    if entry.sampling is Sampling.WITH_REPLACEMENT:
        tiles.each(size, lambda k: tiles.store(v.floor(v.multiply(uniform(k), v.constant(n))), out, 0, k))
        return

    def turn(k: Index, carried: list[Value]) -> list[Value]:
        (top,) = carried
        drawn = v.floor(v.multiply(uniform(k), v.add(top, v.constant(1))))

        def compared(m: Index, taken: list[Value]) -> list[Value]:
            equal = v.compare("==", tiles.load(out, 0, m), drawn)
            return [v.select(equal, v.constant(1), taken[0])]

        # A loop runs at least once, so entry k itself is looked at too: -1 is no sample.
        tiles.store(v.constant(-1), out, 0, k)
        (taken,) = tiles.loop(tiles.sum(k, 1), compared, [v.constant(0)])
        tiles.store(v.select(v.compare(">", taken, v.constant(0)), top, drawn), out, 0, k)
        return [v.add(top, v.constant(1))]

    tiles.loop(size, turn, [v.constant(n - size)])


def _next_indices(emission: Emission, place: int, entry: LayerInstruction) -> None:
    """Fisher and Yates' exchanges in the order; all lanes have used as many of its places."""
    tiles, v, b, out = emission.tiles, emission.tiles.v, emission.tiles.b, emission.panels[place]
    order, size, n = emission.matrices[entry.matrix], entry.shape[1], entry.samples
    wide, number = ir.VectorType(I64, v.lanes), v.width // 8
    used = b.fptosi(b.extract_element(tiles.load(order, n, 0), ir.Constant(I32, 0)), I64)
    lane = ir.Constant(wide, [number * i for i in range(v.lanes)])

    def turn(k: Index) -> None:
        here = tiles.sum(used, k)
        left = v.splat(b.sitofp(b.sub(ir.Constant(I64, n), here), v.scalar))
        uniform = tiles.load(emission.uniforms, tiles.sum(entry.first, k), 0)
        drawn = b.fptosi(v.floor(v.multiply(uniform, left)), wide)
        start = v.splat(b.ptrtoint(tiles.address(order, here, 0), I64))
        offset = b.add(b.mul(drawn, ir.Constant(wide, [number * v.lanes] * v.lanes)), lane)
        pointers = b.inttoptr(b.add(start, offset), ir.VectorType(ir.PointerType(), v.lanes))
        taken, old = _gathered(emission, pointers), tiles.load(order, here, 0)
        _scattered(emission, old, pointers)
        tiles.store(taken, order, here, 0)
        tiles.store(taken, out, 0, k)

    tiles.each(size, turn)
    following = tiles.sum(used, size)
    goes_on = b.icmp_signed("<=", tiles.sum(following, size), ir.Constant(I64, n))
    following = b.select(goes_on, following, ir.Constant(I64, 0))
    tiles.store(v.splat(b.sitofp(following, v.scalar)), order, n, 0)


def _gather(emission: Emission, place: int, entry: LayerInstruction) -> None:
    tiles, v, b, out = emission.tiles, emission.tiles.v, emission.tiles.b, emission.panels[place]
    (indices,), table = emission.operands(entry), emission.matrices[entry.matrix]
    wide = ir.VectorType(I64, v.lanes)
    size, start = v.width // 8, b.ptrtoint(table.pointer, I64)

    def sample(k: Index) -> None:
        row = b.fptosi(tiles.load(indices, 0, k), wide)
        begin = b.mul(row, ir.Constant(wide, [table.shape[1] * size] * v.lanes))
        begin = b.add(begin, v.splat(b.add(start, ir.Constant(I64, table.first * size))))

        def component(c: Index) -> None:
            offset = tiles.times(c, size)
            offset = ir.Constant(I64, offset) if isinstance(offset, int) else offset
            addresses = b.add(begin, v.splat(offset))
            pointers = b.inttoptr(addresses, ir.VectorType(ir.PointerType(), v.lanes))
            tiles.store(_gathered(emission, pointers), out, c, k)

        tiles.each(entry.shape[0], component)

    tiles.each(entry.shape[1], sample)


def _gathered(emission: Emission, pointers: Value) -> Value:
    v = emission.tiles.v
    module, kinds = v.builder.module, [pointers.type, I32, v.boolean, v.real]
    name = f"llvm.masked.gather.v{v.lanes}f{v.width}.v{v.lanes}p0"
    gather = module.globals.get(name) or ir.Function(module, ir.FunctionType(v.real, kinds), name)
    every = ir.Constant(v.boolean, [1] * v.lanes)
    return v.builder.call(gather, [pointers, ir.Constant(I32, v.width // 8), every, v.constant(0)])


def _scattered(emission: Emission, values: Value, pointers: Value) -> None:
    v = emission.tiles.v
    module, kinds = v.builder.module, [v.real, pointers.type, I32, v.boolean]
    name = f"llvm.masked.scatter.v{v.lanes}f{v.width}.v{v.lanes}p0"
    scatter = module.globals.get(name) or ir.Function(module, ir.FunctionType(ir.VoidType(), kinds), name)
    every = ir.Constant(v.boolean, [1] * v.lanes)
    v.builder.call(scatter, [values, pointers, ir.Constant(I32, v.width // 8), every])


def _product(emission: Emission, place: int, entry: LayerInstruction) -> None:
    (a,) = emission.operands(entry)
    emission.tiles.product(emission.panels[place], emission.matrices[entry.matrix], a, None, fresh=True)


def _transposed_product(emission: Emission, place: int, entry: LayerInstruction) -> None:
    (a,), W = emission.operands(entry), emission.matrices[entry.matrix]
    following = place + 1
    update = emission.program.instructions[following] if following < len(emission.program.instructions) else None
    together = (
        update is not None
        and update.op is LayerOperation.UPDATE
        and update.matrix == entry.matrix
        and update.operands[0] == entry.operands[0]
        and entry.shape[1] <= FEW_COLUMNS
        and not update.fresh
    )
    if together and update is not None:
        H, keep = emission.panels[update.operands[1]], emission.scalars.get(update.scalar or "")
        emission.tiles.transposed_product_and_update(emission.panels[place], W, a, H, keep)
        emission.done.add(following)
    else:
        emission.tiles.product(emission.panels[place], W.transposed, a, None, fresh=True)


def _panel_product(emission: Emission, place: int, entry: LayerInstruction) -> None:
    a, b = emission.operands(entry)
    emission.tiles.product(emission.panels[place], a, b, None, fresh=True)


def _binary(operation: str) -> Callable[[Emission, int, LayerInstruction], None]:
    def emit(emission: Emission, place: int, entry: LayerInstruction) -> None:
        tiles, (a, b) = emission.tiles, emission.operands(entry)
        combined = getattr(tiles.v, operation)
        emission.entrywise(emission.panels[place], lambda i, j: combined(tiles.load(a, i, j), tiles.load(b, i, j)))

    return emit


def _shift(emission: Emission, place: int, entry: LayerInstruction) -> None:
    tiles, (a,), column = emission.tiles, emission.operands(entry), emission.matrices[entry.matrix]
    add = tiles.v.add
    emission.entrywise(emission.panels[place], lambda i, j: add(tiles.load(a, i, j), tiles.load(column, i, 0)))


def _scale(emission: Emission, place: int, entry: LayerInstruction) -> None:
    tiles, (a,), scalar = emission.tiles, emission.operands(entry), emission.scalars[entry.scalar or ""]
    emission.entrywise(emission.panels[place], lambda i, j: tiles.v.multiply(scalar, tiles.load(a, i, j)))


def _scale_columns(emission: Emission, place: int, entry: LayerInstruction) -> None:
    tiles, (a, row) = emission.tiles, emission.operands(entry)
    multiply = tiles.v.multiply
    emission.entrywise(emission.panels[place], lambda i, j: multiply(tiles.load(a, i, j), tiles.load(row, 0, j)))


def _centre(emission: Emission, place: int, entry: LayerInstruction) -> None:
    tiles, v, (row,) = emission.tiles, emission.tiles.v, emission.operands(entry)
    count = entry.shape[1]

    def add(j: Index, carried: list[Value]) -> list[Value]:
        return [v.add(carried[0], tiles.load(row, 0, j))]

    (total,) = tiles.loop(count, add, [v.constant(0)])
    mean = v.divide(total, v.constant(count))
    emission.entrywise(emission.panels[place], lambda i, j: v.subtract(tiles.load(row, i, j), mean))


def _symmetric(emission: Emission, place: int, entry: LayerInstruction) -> None:
    tiles, v, (a,), out = emission.tiles, emission.tiles.v, emission.operands(entry), emission.panels[place]
    size, number = entry.shape[0], 0
    rows = a.shape[0]
    for i in range(size):
        tiles.store(v.multiply(v.constant(math.sqrt(2)), tiles.load(a, number % rows, number // rows)), out, i, i)
        start = number + 1

        def pair(k: Index, i: int = i, start: int = start) -> None:
            value = tiles.load(a, tiles.sum(start, k), 0)
            j = tiles.sum(i + 1, k)
            tiles.store(value, out, i, j)
            tiles.store(value, out, j, i)

        tiles.each(size - 1 - i, pair)
        number += size - i


def _elementwise(emission: Emission, place: int, entry: LayerInstruction) -> None:
    assert entry.program is not None
    program, tiles, operands = entry.program, emission.tiles, emission.operands(entry)

    def value(i: Index, j: Index) -> Value:
        return emission.values(program, [tiles.load(a, i, j) for a in operands])[0]

    emission.entrywise(emission.panels[place], value)


def _update(emission: Emission, place: int, entry: LayerInstruction) -> None:
    (a, b), W = emission.operands(entry), emission.matrices[entry.matrix]
    keep = emission.scalars[entry.scalar] if entry.scalar else None
    if a.shape[1] <= FEW_COLUMNS and not entry.fresh:
        emission.tiles.transposed_product_and_update(b, W, a, b, keep, both=False)
    else:
        emission.tiles.product(W, a, b.transposed, keep, fresh=entry.fresh)


def _sum_update(emission: Emission, place: int, entry: LayerInstruction) -> None:
    tiles, v, (a,), W = emission.tiles, emission.tiles.v, emission.operands(entry), emission.matrices[entry.matrix]
    keep = emission.scalars[entry.scalar] if entry.scalar else None

    def value(i: Index, j: Index) -> Value:
        def add(k: Index, carried: list[Value]) -> list[Value]:
            return [v.add(carried[0], tiles.load(a, i, k))]

        (total,) = tiles.loop(a.shape[1], add, [v.constant(0)])
        if entry.fresh:
            return total
        old = tiles.load(W, i, 0)
        return v.add(old, total) if keep is None else v.fma(keep, old, total)

    emission.entrywise(W, value)


def _combine(emission: Emission, place: int, entry: LayerInstruction) -> None:
    tiles, v, W = emission.tiles, emission.tiles.v, emission.matrices[entry.matrix]

    def value(i: Index, j: Index) -> Value:
        total = None
        for term in entry.terms:
            source = emission.matrices[term.source] if isinstance(term.source, str) else emission.panels[term.source]
            x = tiles.load(source, i, j)
            if term.scalar is None:
                total = x if total is None else v.add(total, x)
            else:
                scalar = emission.scalars[term.scalar]
                total = v.multiply(scalar, x) if total is None else v.fma(scalar, x, total)
        return v.constant(0) if total is None else total

    emission.entrywise(W, value)


OPERATIONS_OF_LAYERS: dict[LayerOperation, Callable[[Emission, int, LayerInstruction], None]] = {
    LayerOperation.NORMALS: _normals,
    LayerOperation.INDICES: _indices,
    LayerOperation.CONSTANT: _constant,
    LayerOperation.NEXT_INDICES: _next_indices,
    LayerOperation.GATHER: _gather,
    LayerOperation.PRODUCT: _product,
    LayerOperation.TRANSPOSED_PRODUCT: _transposed_product,
    LayerOperation.PANEL_PRODUCT: _panel_product,
    LayerOperation.ADD: _binary("add"),
    LayerOperation.SUBTRACT: _binary("subtract"),
    LayerOperation.SHIFT: _shift,
    LayerOperation.SCALE: _scale,
    LayerOperation.SCALE_COLUMNS: _scale_columns,
    LayerOperation.CENTRE: _centre,
    LayerOperation.SYMMETRIC: _symmetric,
    LayerOperation.ELEMENTWISE: _elementwise,
    LayerOperation.UPDATE: _update,
    LayerOperation.SUM_UPDATE: _sum_update,
    LayerOperation.COMBINE: _combine,
}
"""How each operation is emitted."""
