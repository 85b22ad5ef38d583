"""Entries of a table by number, on vectors of lanes: by selection among registers, or gathered from memory."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from numerics.kernels.cpu.target import ir
from numerics.kernels.cpu.vectors import I32, I64, Value, Vectors

SELECTED_ENTRIES = 8
"""Up to so many constants are selected; a gather of more is cheaper."""


def lookup(v: Vectors, x: Value, entries: Sequence[Value]) -> Value:
    """The entry at the floor of ``x``, NaN where there is none: halving the entries bit by bit."""
    inside, place = _place(v, x, len(entries))
    remaining, b = list(entries), v.builder
    bit = 0
    while len(remaining) > 1:
        odd = b.icmp_unsigned("!=", b.and_(place, v.integer_constant(1 << bit)), v.integer_constant(0))
        pairs = [remaining[i : i + 2] for i in range(0, len(remaining), 2)]
        remaining = [v.select(odd, *reversed(pair)) if len(pair) == 2 else pair[0] for pair in pairs]
        bit += 1
    return v.select(inside, remaining[0], v.constant(float("nan")))


def table_lookup(v: Vectors, x: Value, entries: Sequence[float]) -> Value:
    """The same for constants, from an array in memory."""
    inside, place = _place(v, x, len(entries))
    b, array = v.builder, _array(v, entries)
    wide = ir.VectorType(I64, v.lanes)
    offset = place if v.width == 64 else b.zext(place, wide)
    start = v.splat(b.ptrtoint(array, I64))
    addresses = b.add(start, b.shl(offset, v.wide_constant(3 if v.width == 64 else 2)))
    pointers = b.inttoptr(addresses, ir.VectorType(ir.PointerType(), v.lanes))
    name = f"llvm.masked.gather.v{v.lanes}f{v.width}.v{v.lanes}p0"
    kinds = [pointers.type, I32, v.boolean, v.real]
    module = b.module
    gather = module.globals.get(name) or ir.Function(module, ir.FunctionType(v.real, kinds), name)
    alignment = ir.Constant(I32, v.width // 8)
    return b.call(gather, [pointers, alignment, inside, v.constant(float("nan"))])


def _place(v: Vectors, x: Value, count: int) -> tuple[Value, Value]:
    """Whether there is an entry, and its number, 0 where there is none."""
    b = v.builder
    inside = b.and_(v.compare(">=", x, v.constant(0.0)), v.compare("<", x, v.constant(float(count))))
    return inside, b.fptosi(v.select(inside, x, v.constant(0.0)), v.integer)


def _array(v: Vectors, entries: Sequence[float]) -> Value:
    """A constant array of the module; equal tables are one array."""
    module = v.builder.module
    kind = ir.ArrayType(v.scalar, len(entries))
    name = f"table_{hashlib.sha256(repr(list(entries)).encode()).hexdigest()[:32]}"
    known = module.globals.get(name)
    if known is not None:
        return known
    array = ir.GlobalVariable(module, kind, name=name)
    array.global_constant, array.linkage = True, "internal"
    array.initializer = ir.Constant(kind, [ir.Constant(v.scalar, entry) for entry in entries])
    return array
