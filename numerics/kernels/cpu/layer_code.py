r"""From a layer program to LLVM IR: replicas in lanes, the time loop inside, one operation after the other in its body.

For each block of lanes, whose weights lie together in memory::

    for each step:
        scalars = program(parameters, factor of the step)
        noise = Philox4x32-10 of (replica, block number), as normals and uniforms
        for each instruction: loops over tiles of its panel

Panels live in a workspace that stays in the first cache; a panel whose last user has run gives its place to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numerics.codegen.layer_program import EFFECTS, LayerInstruction, LayerOperation, LayerProgram
from numerics.codegen.program import Program
from numerics.kernels.cpu.layer_operations import OPERATIONS_OF_LAYERS, Emission
from numerics.kernels.cpu.noise import lane_order, normals, philox, uniforms
from numerics.kernels.cpu.target import Host, ir
from numerics.kernels.cpu.tiles import REGISTERS, Index, LaneMatrix, Tiles
from numerics.kernels.cpu.vectors import I32, I64, Value, Vectors
from numerics.kernels.cpu.vocabulary import check_supported
from numerics.kernels.kernel import Precision

_POINTER = ir.PointerType()

LAYER_WORK: tuple[tuple[str, ir.Type], ...] = (
    ("state", _POINTER),
    ("parameters", _POINTER),
    ("constants", _POINTER),
    ("factors", _POINTER),
    ("workspace", _POINTER),
    ("begin", I64),
    ("end", I64),
    ("first_step", I64),
    ("n_steps", I64),
    ("key_low", I32),
    ("key_high", I32),
    ("first_trajectory", I64),
    ("stream", I32),
)
"""Arguments of the generated function. ``state`` and ``parameters`` hold one block of lanes after the other, ``begin``
to ``end`` are numbers of blocks, ``factors`` begins with the factor of ``first_step``."""


def lanes_of_layers(processor: Host, precision: str) -> int:
    """Replicas side by side: one register of weights, so that as many weights as possible stay in the first cache."""
    return processor.vector_bytes // (4 if precision == Precision.FLOAT32 else 8)


def layer_kernel_ir(program: LayerProgram, precision: str, processor: Host) -> tuple[str, int]:
    """The module with the function ``run``, and the vectors its workspace holds.

    Raises:
        UnsupportedFunctionError: an elementwise program has an operation for which there is no vector code.
    """
    for each in (program.scalars, *(entry.program for entry in program.instructions)):
        if isinstance(each, Program):
            check_supported(each)
    module = ir.Module("layer_kernel")
    function = _LayerFunction(module, program, precision, processor)
    function.emit()
    return str(module), function.workspace


class _LayerFunction:
    """The generated function."""

    def __init__(self, module: ir.Module, program: LayerProgram, precision: str, processor: Host) -> None:
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), [kind for _, kind in LAYER_WORK]), "run")
        function.attributes.add("nounwind")
        for argument, (name, kind) in zip(function.args, LAYER_WORK, strict=True):
            argument.name = name
            if kind is _POINTER:
                argument.add_attribute("noalias")
        self.work = dict(zip((name for name, _ in LAYER_WORK), function.args, strict=True))
        self.program = program
        self.b: Any = ir.IRBuilder(function.append_basic_block("entry"))
        lanes = lanes_of_layers(processor, precision)
        width = 32 if precision == Precision.FLOAT32 else 64
        self.v = Vectors(self.b, lanes, width, processor.fused)
        self.noise = Vectors(self.b, lanes, 64 if precision == Precision.FLOAT64 else 32, processor.fused)
        self.layout = program.layout(self.noise.width)
        self.tiles = Tiles(self.v, REGISTERS[processor.vector_bytes])
        self.workspace = 0

    def emit(self) -> None:
        """The loop over blocks of lanes, and in it the loop over steps."""
        b, work, tiles = self.b, self.work, self.tiles
        count = b.sub(work["end"], work["begin"])

        def block(k: Index, _: list[Value]) -> list[Value]:
            number = tiles.sum(work["begin"], k)
            trajectory = self._trajectory(b.mul(number, ir.Constant(I64, self.v.lanes)))
            state = self._block(work["state"], number, self.program.size)
            parameters = self._block(work["parameters"], number, len(self.program.parameters))

            def step(s: Index, _: list[Value]) -> list[Value]:
                self._step(state, parameters, trajectory, s)
                return []

            tiles.loop(work["n_steps"], step)
            return []

        tiles.loop(count, block)
        b.ret_void()

    def _block(self, pointer: Value, number: Value, rows: int) -> Value:
        """Where the rows of a block of lanes begin."""
        place = self.b.mul(number, ir.Constant(I64, max(rows, 1)))
        return self.b.gep(pointer, [place], source_etype=self.v.real)

    def _trajectory(self, first: Value) -> tuple[Value, Value]:
        """Low and high words of the replicas' numbers, in the order of the generator."""
        b, lanes = self.b, self.v.lanes
        wide = ir.VectorType(I64, lanes)
        order = ir.Constant(wide, lane_order(self.noise.width, lanes))
        numbers = b.add(self.v.splat(b.add(self.work["first_trajectory"], first)), order)
        return numbers, b.lshr(numbers, ir.Constant(wide, [32] * lanes))

    def _step(self, state: Value, parameters: Value, trajectory: tuple[Value, Value], s: Index) -> None:
        layout, program = self.layout, self.program
        n_numbers = [layout.normal_blocks * layout.numbers_per_block, layout.uniform_blocks * layout.numbers_per_block]
        z = LaneMatrix(self.work["workspace"], (n_numbers[0], 1), (1, 1))
        u = LaneMatrix(self.work["workspace"], (n_numbers[1], 1), (1, 1), first=n_numbers[0])
        self._make_noise(trajectory, s, z, u)
        places = _Places(sum(n_numbers))
        emission = Emission(self.tiles, program, self._matrices(state), self._scalars(parameters, s), z, u)
        last_use = _last_uses(program)
        for place, entry in enumerate(program.instructions):
            if not self._is_view(entry) and entry.op not in EFFECTS:
                first = places.take(place, entry.shape[0] * entry.shape[1])
                emission.panels[place] = LaneMatrix(
                    self.work["workspace"], entry.shape, (entry.shape[1], 1), first=first
                )
            if place not in emission.done:
                OPERATIONS_OF_LAYERS[entry.op](emission, place, entry)
            # A product that an update has taken along is written before its own turn: its place is not given away.
            for operand in last_use.get(place, ()):
                places.give_back(operand)
        self.workspace = max(self.workspace, places.most)

    @staticmethod
    def _is_view(entry: LayerInstruction) -> bool:
        """Whether a panel needs no place of its own: it lies where its numbers are."""
        return entry.op in (LayerOperation.NORMALS, LayerOperation.CONSTANT)

    def _matrices(self, state: Value) -> dict[str, LaneMatrix]:
        matrices, first = {}, 0
        for matrix in self.program.weights:
            matrices[matrix.name] = LaneMatrix(state, matrix.shape, (matrix.shape[1], 1), first=first)
            first += matrix.shape[0] * matrix.shape[1]
        first = 0
        for matrix in self.program.constants:
            strides = (matrix.shape[1], 1)
            matrices[matrix.name] = LaneMatrix(self.work["constants"], matrix.shape, strides, shared=True, first=first)
            first += matrix.shape[0] * matrix.shape[1]
        return matrices

    def _scalars(self, parameters: Value, s: Index) -> dict[str, Value]:
        """The scalars of this step."""
        own = LaneMatrix(parameters, (len(self.program.parameters), 1), (1, 1))
        factors = LaneMatrix(self.work["factors"], (1, 1), (1, 1), shared=True)
        values = [self.tiles.load(own, i, 0) for i in range(len(self.program.parameters))]
        values.append(self.tiles.load(factors, s, 0))
        emission = Emission(self.tiles, self.program, {}, {}, factors, factors)
        return dict(zip(self.program.scalar_names, emission.values(self.program.scalars, values), strict=True))

    def _make_noise(self, trajectory: tuple[Value, Value], s: Index, z: LaneMatrix, u: LaneMatrix) -> None:
        """The noise of a step, in the workspace."""
        b, work, layout = self.b, self.work, self.layout
        low, high = trajectory
        step = self.tiles.sum(work["first_step"], s)
        first = b.trunc(b.mul(step, ir.Constant(I64, layout.blocks_per_group)), I32)

        def words(block: Index) -> list[Value]:
            number = ir.Constant(I32, block) if isinstance(block, int) else b.trunc(block, I32)
            counter = [low, b.add(first, number), work["stream"], high]
            return philox(self.noise, counter, (work["key_low"], work["key_high"]))

        def write(values: Sequence[Value], panel: LaneMatrix, block: Index) -> None:
            for i, value in enumerate(values):
                wide = b.fpext(value, self.v.real) if value.type != self.v.real else value
                self.tiles.store(wide, panel, self.tiles.sum(self.tiles.times(block, layout.numbers_per_block), i), 0)

        self.tiles.each(layout.normal_blocks, lambda j: write(normals(self.noise, words(j)), z, j))
        after = layout.normal_blocks
        self.tiles.each(
            layout.uniform_blocks,
            lambda j: write(uniforms(self.noise, words(self.tiles.sum(after, j)), self.v), u, j),
        )


class _Places:
    """Which vectors of the workspace hold which panel."""

    def __init__(self, first: int) -> None:
        self.most, self._taken = first, {-1: (0, first)}

    def take(self, panel: int, size: int) -> int:
        """The first gap that is large enough."""
        end = 0
        for begin, stop in sorted(self._taken.values()):
            if begin - end >= size:
                break
            end = max(end, stop)
        self._taken[panel] = (end, end + size)
        self.most = max(self.most, end + size)
        return end

    def give_back(self, panel: int) -> None:
        """The panel is not needed any more."""
        self._taken.pop(panel, None)


def _last_uses(program: LayerProgram) -> dict[int, list[int]]:
    """Which panels are read for the last time by which instruction."""
    last: dict[int, int] = {}
    for place, entry in enumerate(program.instructions):
        for operand in (*entry.operands, *(term.source for term in entry.terms if isinstance(term.source, int))):
            last[operand] = place
    found: dict[int, list[int]] = {}
    for operand, place in last.items():
        found.setdefault(place, []).append(operand)
    return found
