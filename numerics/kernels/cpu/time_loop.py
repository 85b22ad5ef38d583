r"""From a step program to LLVM IR: the loop over blocks of lanes, the time loop inside it, and the program in its body.

For each block of lanes::

    load state and parameters; compute what depends on parameters only
    for each group of steps:
        words = Philox4x32-10 of (trajectory, block number); normals and uniforms from words
        for each step of the group: state = program(state, ...)
    store state
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from numerics.codegen.program import Instruction, Program, float_value
from numerics.kernels.cpu.elementary import power_integer
from numerics.kernels.cpu.lookup import SELECTED_ENTRIES, lookup, table_lookup
from numerics.kernels.cpu.noise import lane_order, normals, philox, uniforms
from numerics.kernels.cpu.target import Host, ir
from numerics.kernels.cpu.vectors import I32, I64, Value, Vectors
from numerics.kernels.cpu.vocabulary import BESSEL, OF_TWO, RELATIONS, UNARY, check_supported
from numerics.kernels.kernel import StepSignature

_POINTER = ir.PointerType()

WORK: tuple[tuple[str, ir.Type], ...] = (
    ("state", _POINTER),
    ("state_stride", I64),
    ("parameters", _POINTER),
    ("parameter_stride", I64),
    ("steps", _POINTER),
    ("begin", I64),
    ("end", I64),
    ("first_block", I32),
    ("groups", I64),
    ("key_low", I32),
    ("key_high", I32),
    ("first_trajectory", I64),
    ("stream", I32),
    ("skipped", I64),
    ("active", I64),
)
"""Arguments of the generated functions. Rows of ``state`` and ``parameters`` lie ``*_stride`` numbers apart; ``steps``
holds the step and its root; columns ``begin`` to ``end`` are whole blocks of lanes; ``part`` runs the ``active`` steps
of a group that follow the first ``skipped``."""


def kernel_ir(program: Program, signature: StepSignature, *, lanes: int, shared: bool, processor: Host) -> str:
    """The module with the functions ``whole`` and, where steps share blocks, ``part``."""
    check_supported(program)
    module = ir.Module("stepping_kernel")
    _Function(module, "whole", program, signature, lanes, shared, processor).emit()
    if signature.layout.steps_per_group > 1:
        _Function(module, "part", program, signature, processor.vector_bytes // 4, shared, processor).emit()
    return str(module)


class _Function:
    """One generated function."""

    def __init__(
        self,
        module: ir.Module,
        name: str,
        program: Program,
        signature: StepSignature,
        lanes: int,
        shared: bool,
        processor: Host,
    ) -> None:
        function = ir.Function(module, ir.FunctionType(ir.VoidType(), [kind for _, kind in WORK]), name)
        function.attributes.add("nounwind")
        for argument, (argument_name, _) in zip(function.args, WORK, strict=True):
            argument.name = argument_name
        self.work = dict(zip((argument_name for argument_name, _ in WORK), function.args, strict=True))
        self.function, self.program, self.signature = function, program, signature
        self.lanes, self.shared, self.partial = lanes, shared, name == "part"
        self.b: Any = ir.IRBuilder(function.append_basic_block("entry"))
        width = 32 if signature.precision == "float32" else 64
        self.v = Vectors(self.b, lanes, width, processor.fused)
        self.noise = Vectors(self.b, lanes, signature.layout.width, processor.fused)

    def emit(self) -> None:
        """The loop over blocks of lanes, and in it the loop over groups, or over the steps of one group."""
        b, work = self.b, self.work
        entry = b.block
        block, loop, done, out = map(b.append_basic_block, ("block", "time", "done", "out"))
        b.branch(block)

        b.position_at_end(block)
        column = b.phi(I64, "column")
        column.add_incoming(work["begin"], entry)
        initial = [self._load("state", i, column) for i in range(self.signature.n_states)]
        emitter = ProgramEmitter(self.v, self.program, self.signature, self._parameters(column))
        trajectory = self._trajectory(column)
        if self.partial:
            noise = self._noise(trajectory, ir.Constant(I64, 0))
            first, last = work["skipped"], b.add(work["skipped"], work["active"])
        else:
            first, last = ir.Constant(I64, 0), work["groups"]
        b.branch(loop)

        b.position_at_end(loop)
        index = b.phi(I64, "step" if self.partial else "group")
        index.add_incoming(first, block)
        state = [b.phi(self.v.real) for _ in initial]
        for phi, value in zip(state, initial, strict=True):
            phi.add_incoming(value, block)
        if self.partial:
            final = emitter.step(state, self._chosen(noise, index))
        else:
            final = state
            for of_step in self._noise(trajectory, index):
                final = emitter.step(final, of_step)
        following = b.add(index, ir.Constant(I64, 1))
        index.add_incoming(following, loop)
        for phi, value in zip(state, final, strict=True):
            phi.add_incoming(value, loop)
        b.cbranch(b.icmp_signed("<", following, last), loop, done)

        b.position_at_end(done)
        for i, value in enumerate(final):
            self._store(value, i, column)
        next_column = b.add(column, ir.Constant(I64, self.lanes))
        column.add_incoming(next_column, done)
        b.cbranch(b.icmp_signed("<", next_column, work["end"]), block, out)
        b.position_at_end(out)
        b.ret_void()

    # memory ----------------------------------------------------------------------------------------------------------
    def _address(self, array: str, row: int, column: Value) -> Value:
        stride = self.work["state_stride" if array == "state" else "parameter_stride"]
        offset = self.b.add(self.b.mul(ir.Constant(I64, row), stride), column)
        return self.b.gep(self.work[array], [offset], source_etype=self.v.scalar)

    def _load(self, array: str, row: int, column: Value) -> Value:
        return self.b.load(self._address(array, row, column), align=self.v.width // 8, typ=self.v.real)

    def _store(self, value: Value, row: int, column: Value) -> None:
        self.b.store(value, self._address("state", row, column), align=self.v.width // 8)

    def _scalar(self, array: str, place: int) -> Value:
        address = self.b.gep(self.work[array], [ir.Constant(I64, place)], source_etype=self.v.scalar)
        return self.v.splat(self.b.load(address, typ=self.v.scalar))

    def _parameters(self, column: Value) -> list[Value]:
        """Parameters, step and root of the step."""
        count = self.signature.n_parameters
        if self.shared:
            values = [self._scalar("parameters", i) for i in range(count)]
        else:
            values = [self._load("parameters", i, column) for i in range(count)]
        return [*values, self._scalar("steps", 0), self._scalar("steps", 1)]

    # noise -----------------------------------------------------------------------------------------------------------
    def _trajectory(self, column: Value) -> tuple[Value, Value]:
        """Low and high words of the trajectories' numbers, in the order of the generator; high halves are rubbish."""
        b = self.b
        wide = ir.VectorType(I64, self.lanes)
        order = lane_order(self.noise.width, self.lanes)
        numbers = b.add(self.v.splat(b.add(self.work["first_trajectory"], column)), ir.Constant(wide, order))
        return numbers, b.lshr(numbers, ir.Constant(wide, [32] * self.lanes))

    def _noise(self, trajectory: tuple[Value, Value], group: Value) -> list[list[Value]]:
        """The noise of each step of a group, normals first."""
        b, work, layout = self.b, self.work, self.signature.layout
        low, high = trajectory
        first = b.add(work["first_block"], b.mul(b.trunc(group, I32), ir.Constant(I32, layout.blocks_per_group)))
        z: list[Value] = []
        u: list[Value] = []
        for j in range(layout.blocks_per_group):
            counter = [low, b.add(first, ir.Constant(I32, j)), work["stream"], high]
            words = philox(self.noise, counter, (work["key_low"], work["key_high"]))
            if j < layout.normal_blocks:
                z += normals(self.noise, words)
            else:
                u += uniforms(self.noise, words, self.v)
        if self.noise.width < self.v.width:
            z = [b.fpext(normal, self.v.real) for normal in z]
        m, l = layout.n_normals, layout.n_uniforms
        return [z[s * m : (s + 1) * m] + u[s * l : (s + 1) * l] for s in range(layout.steps_per_group)]

    def _chosen(self, noise: list[list[Value]], step: Value) -> list[Value]:
        """The noise of one step of a group, whose number is known when the function runs."""
        chosen, *others = noise
        for s, of_step in enumerate(others, start=1):
            here = self.b.icmp_signed("==", step, ir.Constant(I64, s))
            chosen = [self.b.select(here, x, old) for x, old in zip(of_step, chosen, strict=True)]
        return chosen


class ProgramEmitter:
    """Emits a step program: first, once, what depends on the parameters only, then any number of steps.

    A product with one user, an addition, is fused with it. Factors of a product chain meet in this order: parameters,
    noise, states; so the parameters are multiplied outside the time loop, and the state, which is known last, waits
    for one multiplication.
    """

    def __init__(self, vectors: Vectors, program: Program, signature: StepSignature, parameters: list[Value]) -> None:
        self.v, self.program = vectors, program
        d, n_parameters = signature.n_states, signature.n_parameters + 2
        self.n_states, self.parameters = d, parameters
        self.first_noise = d + n_parameters
        uses = Counter(operand for entry in program.instructions for operand in entry.operands)
        uses.update(program.outputs)
        self.uses = uses
        self.rank = self._ranks()
        self.fixed: dict[int, Value] = {}
        self.chains: dict[int, tuple[Value | None, list[int]]] = {}
        self._emit_invariants()

    def _ranks(self) -> list[int]:
        """0 for what depends on parameters only, 1 with noise, 2 with states."""
        ranks: list[int] = []
        for entry in self.program.instructions:
            if entry.op == "argument":
                number = _number(entry)
                ranks.append(2 if number < self.n_states else 0 if number < self.first_noise else 1)
            else:
                ranks.append(max((ranks[operand] for operand in entry.operands), default=0))
        return ranks

    def _emit_invariants(self) -> None:
        """Emit what every step shares: what depends on parameters only, also as part of a longer product."""
        for place, entry in enumerate(self.program.instructions):
            if self.rank[place] == 0:
                if entry.op == "argument":
                    self.fixed[place] = self.parameters[_number(entry) - self.n_states]
                else:
                    self.fixed[place] = self._instruction(place, self.fixed)
        for place, entry in enumerate(self.program.instructions):
            if entry.op == "multiply" and self.rank[place]:
                factors = self._factors(place)
                shared = [f for f in factors if self.rank[f] == 0]
                product = None
                for factor in shared:
                    value = self.fixed[factor]
                    product = value if product is None else self.v.multiply(product, value)
                varying = sorted((f for f in factors if self.rank[f]), key=lambda f: self.rank[f])
                self.chains[place] = (product, varying)

    def _factors(self, place: int) -> list[int]:
        """Factors of a product, through products that have no other user."""
        factors: list[int] = []
        for operand in self.program.instructions[place].operands:
            inner = self.program.instructions[operand].op == "multiply" and self.uses[operand] == 1
            factors += self._factors(operand) if inner and self.rank[operand] else [operand]
        return factors

    def step(self, state: list[Value], noise: list[Value]) -> list[Value]:
        """The new state."""
        values = dict(self.fixed)
        for place, entry in enumerate(self.program.instructions):
            if entry.op == "argument" and self.rank[place] == 2:
                values[place] = state[_number(entry)]
            elif entry.op == "argument" and self.rank[place] == 1:
                values[place] = noise[_number(entry) - self.first_noise]
        for output in self.program.outputs:
            self._demand(output, values)
        return [values[output] for output in self.program.outputs]

    def _demand(self, output: int, values: dict[int, Value]) -> None:
        """Emit an instruction and, before it, those it needs."""
        pending = [output]
        while pending:
            place = pending[-1]
            missing = [p for p in self._needs(place) if p not in values]
            if place in values or not missing:
                pending.pop()
                if place not in values:
                    values[place] = self._instruction(place, values)
            else:
                pending += missing

    def _needs(self, place: int) -> list[int]:
        entry = self.program.instructions[place]
        if place in self.chains:
            return self.chains[place][1]
        fused = self._fused(place)
        if fused is None:
            return list(entry.operands)
        product, other = fused
        return [*self.chains[product][1], other]

    def _fused(self, place: int) -> tuple[int, int] | None:
        """The product and the other term of a sum, where the two make one fused operation."""
        entry = self.program.instructions[place]
        if entry.op not in ("add", "subtract"):
            return None
        for product, other in (entry.operands[::-1], entry.operands):
            if product in self.chains and self.uses[product] == 1:
                return product, other
        return None

    def _pair(self, place: int, values: dict[int, Value]) -> tuple[Value, Value]:
        """A product as two factors."""
        product, varying = self.chains[place]
        factors = [values[f] for f in varying]
        if product is not None:
            factors.insert(0, product)
        *first, last = factors
        total = first[0]
        for factor in first[1:]:
            total = self.v.multiply(total, factor)
        return total, last

    def _instruction(self, place: int, values: dict[int, Value]) -> Value:
        v, entry = self.v, self.program.instructions[place]
        if entry.op == "constant":
            return v.constant(float_value(entry.constant))
        if self.rank[place] and place in self.chains:
            return v.multiply(*self._pair(place, values))
        fused = self._fused(place) if self.rank[place] else None
        if fused is not None:
            product, other = fused
            x, y = self._pair(product, values)
            if entry.op == "add":
                return v.fma(x, y, values[other])
            if product == entry.operands[1]:
                return v.fma(v.negate(x), y, values[other])
            return v.fma(x, y, v.negate(values[other]))
        if entry.op == "lookup":
            return self._lookup(entry, values)
        return self._plain(entry, [values[operand] for operand in entry.operands])

    def _lookup(self, entry: Instruction, values: dict[int, Value]) -> Value:
        x, *places = entry.operands
        constants = [constant for p in places if (constant := self.program.instructions[p].constant) is not None]
        if len(constants) < len(places) or len(places) <= SELECTED_ENTRIES:
            return lookup(self.v, values[x], [values[place] for place in places])
        return table_lookup(self.v, values[x], list(map(float_value, constants)))

    def _plain(self, entry: Instruction, operands: list[Value]) -> Value:
        v, b = self.v, self.v.builder
        if entry.op in UNARY:
            return UNARY[entry.op](v, *operands)
        if entry.op in OF_TWO:
            return OF_TWO[entry.op](v, *operands)
        if entry.op in BESSEL:
            order = self.program.instructions[entry.operands[0]].constant
            return BESSEL[entry.op](v, operands[1], int(order or 0))
        if entry.op in RELATIONS:
            return v.compare(RELATIONS[entry.op], *operands)
        if entry.op == "power_integer":
            return power_integer(v, operands[0], _number(entry))
        if entry.op == "logical_and":
            return b.and_(*operands)
        if entry.op == "logical_or":
            return b.or_(*operands)
        if entry.op == "logical_not":
            return b.not_(operands[0])
        return v.select(*operands)


def _number(entry: Instruction) -> int:
    """The number an ``argument`` or a ``power_integer`` carries."""
    assert entry.value is not None
    return entry.value
