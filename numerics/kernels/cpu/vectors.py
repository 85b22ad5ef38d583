"""Arithmetic on vectors of lanes, as LLVM IR.

No fast-math flag is ever set: the builder decides itself what is fused, and LLVM then keeps every rounding. So a kernel
gives the same bits for any number of lanes and on any machine with fused multiply-add, and NaN and infinities stay
what they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Literal

from numerics.kernels.cpu.target import ir

I1, I32, I64 = ir.IntType(1), ir.IntType(32), ir.IntType(64)

Value = Any
"""A value of LLVM's, in the names of this package; llvmlite carries no annotations."""
Width = Literal[32, 64]


@dataclass
class Vectors:
    """Emits operations on vectors of ``lanes`` floats of ``width`` bits at the position of ``builder``.

    Attributes:
        builder: Where instructions go.
        lanes: Lanes of every vector.
        width: 32 or 64.
        fused: Use the fused multiply-add of the machine; else LLVM multiplies, rounds, adds.
    """

    builder: Any
    lanes: int
    width: Width
    fused: bool = True
    _constants: dict[tuple[ir.Type, str | int], Value] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.scalar: ir.Type = ir.FloatType() if self.width == 32 else ir.DoubleType()
        self.integer_scalar = ir.IntType(self.width)
        self.real = ir.VectorType(self.scalar, self.lanes)
        self.integer = ir.VectorType(self.integer_scalar, self.lanes)
        self.boolean = ir.VectorType(I1, self.lanes)

    # constants and lanes ---------------------------------------------------------------------------------------------
    def constant(self, value: float) -> Value:
        """The same number in every lane, rounded to the precision."""
        return self._constant(self.real, value)

    def integer_constant(self, value: int) -> Value:
        """The same whole number in every lane, modulo 2**width."""
        return self._constant(self.integer, value % 2**self.width)

    def wide_constant(self, value: int) -> Value:
        """The same 64-bit whole number in every lane."""
        return self._constant(ir.VectorType(I64, self.lanes), value)

    def _constant(self, kind: ir.VectorType, value: float) -> Value:
        # A constant prints as long as there are lanes, and llvmlite remembers the text of an object.
        key = (kind, float(value).hex() if isinstance(value, float) else value)
        if key not in self._constants:
            self._constants[key] = ir.Constant(kind, [value] * self.lanes)
        return self._constants[key]

    def splat(self, scalar: Value) -> Value:
        """A scalar in every lane."""
        kind = ir.VectorType(scalar.type, self.lanes)
        first = self.builder.insert_element(ir.Constant(kind, ir.Undefined), scalar, ir.Constant(I32, 0))
        order = ir.Constant(ir.VectorType(I32, self.lanes), [0] * self.lanes)
        return self.builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), order)

    def bits(self, x: Value) -> Value:
        """The representation of floats as integers."""
        return self.builder.bitcast(x, self.integer)

    def from_bits(self, x: Value) -> Value:
        """The floats with a given representation."""
        return self.builder.bitcast(x, self.real)

    # arithmetic ------------------------------------------------------------------------------------------------------
    def add(self, x: Value, y: Value) -> Value:
        """The sum."""
        return self.builder.fadd(x, y)

    def subtract(self, x: Value, y: Value) -> Value:
        """The difference."""
        return self.builder.fsub(x, y)

    def multiply(self, x: Value, y: Value) -> Value:
        """The product."""
        return self.builder.fmul(x, y)

    def divide(self, x: Value, y: Value) -> Value:
        """The quotient."""
        return self.builder.fdiv(x, y)

    def negate(self, x: Value) -> Value:
        """The number with the other sign."""
        return self.builder.fneg(x)

    def fma(self, x: Value, y: Value, z: Value) -> Value:
        """The sum x y + z with one rounding (two where the machine has no fused instruction)."""
        return self._intrinsic("llvm.fma" if self.fused else "llvm.fmuladd", x, y, z)

    def square_root(self, x: Value) -> Value:
        """The square root, correctly rounded; NaN below 0."""
        return self._intrinsic("llvm.sqrt", x)

    def absolute(self, x: Value) -> Value:
        """The absolute value."""
        return self._intrinsic("llvm.fabs", x)

    def floor(self, x: Value) -> Value:
        """The largest whole number not above."""
        return self._intrinsic("llvm.floor", x)

    def copy_sign(self, magnitude: Value, sign: Value) -> Value:
        """One number with the sign of the other."""
        return self._intrinsic("llvm.copysign", magnitude, sign)

    def polynomial(self, x: Value, coefficients: tuple[float, ...]) -> Value:
        """Horner's scheme; ``coefficients`` from the constant term upwards."""
        *lower, result = map(self.constant, coefficients)
        for coefficient in reversed(lower):
            result = self.fma(result, x, coefficient)
        return result

    # comparison ------------------------------------------------------------------------------------------------------
    def compare(self, relation: str, x: Value, y: Value) -> Value:
        """Lanes where ``x relation y``; never where an operand is NaN."""
        return self.builder.fcmp_ordered(relation, x, y)

    def is_nan(self, x: Value) -> Value:
        """Lanes that hold NaN."""
        return self.builder.fcmp_unordered("uno", x, x)

    def select(self, condition: Value, x: Value, y: Value) -> Value:
        """One where the condition holds, the other elsewhere."""
        return self.builder.select(condition, x, y)

    def maximum(self, x: Value, y: Value) -> Value:
        """The larger, NaN if either is NaN."""
        # Unordered is true where x is NaN, so NaN of x is taken here and that of y below; llvm.maxnum would drop both.
        larger = self.select(self.builder.fcmp_unordered(">", x, y), x, y)
        return self.select(self.is_nan(y), y, larger)

    def minimum(self, x: Value, y: Value) -> Value:
        """The smaller, NaN if either is NaN."""
        smaller = self.select(self.builder.fcmp_unordered("<", x, y), x, y)
        return self.select(self.is_nan(y), y, smaller)

    def clamp(self, x: Value, lower: float, upper: float) -> Value:
        """The number within constant bounds; NaN stays NaN."""
        low, high = self.constant(lower), self.constant(upper)
        x = self.select(self.compare("<", x, low), low, x)
        return self.select(self.compare(">", x, high), high, x)

    # conversion ------------------------------------------------------------------------------------------------------
    def from_signed(self, x: Value) -> Value:
        """Whole numbers as floats, rounded."""
        return self.builder.sitofp(x, self.real)

    def from_unsigned(self, x: Value) -> Value:
        """Whole numbers without sign as floats, rounded."""
        return self.builder.uitofp(x, self.real)

    def power_of_two(self, exponent: Value, *, bias: int = 0) -> Value:
        """2**(n + bias) in the normal range, n in the low bits of integers."""
        # Bits of mantissa, and the exponent field of 1.0: a field without mantissa is a power of two.
        mantissa, offset = (23, 127) if self.width == 32 else (52, 1023)
        shifted = self.builder.shl(exponent, self.integer_constant(mantissa))
        return self.from_bits(self.builder.add(shifted, self.integer_constant((offset + bias) << mantissa)))

    # intrinsics ------------------------------------------------------------------------------------------------------
    def _suffix(self, kind: ir.VectorType) -> str:
        letter = "i" if isinstance(kind.element, ir.IntType) else "f"
        return f"v{self.lanes}{letter}{self.width}"

    def _intrinsic(self, name: str, *operands: Value) -> Value:
        return self._call(f"{name}.{self._suffix(self.real)}", self.real, *operands)

    def _call(self, name: str, result: ir.Type, *operands: Value) -> Value:
        module = self.builder.module
        function = module.globals.get(name)
        if function is None:
            function = ir.Function(module, ir.FunctionType(result, [x.type for x in operands]), name)
        return self.builder.call(function, operands)


def in_double(function: Callable[..., Value]) -> Callable[..., Value]:
    """A function of one vector that runs in float64 and rounds once where the kernel is in float32."""

    @wraps(function)
    def widened(v: Vectors, x: Value, *rest: Any) -> Value:
        if v.width == 64:
            return function(v, x, *rest)
        wide = Vectors(v.builder, v.lanes, 64, v.fused)
        return v.builder.fptrunc(function(wide, v.builder.fpext(x, wide.real), *rest), v.real)

    return widened
