r"""Gradients at points, exactly: a loss as a list of operations, and the chain rule backwards through it.

The loss is not expanded. Numbers come from a field in which arithmetic is exact: residues modulo a large prime, or
rational numbers where an order is needed. Roots and breaks of a loss become generators of their own,

.. math::
    q = \sqrt r: \quad q^2 = r,\; dq = \frac{dr}{2q}, \qquad
    h = [z > 0]: \quad h \in \{0, 1\},\; dh = 0,

so that :math:`\max(a, b) = b + h\,(a - b)` with :math:`z = a - b`, and the loss is a rational function in weights,
data and generators. Off the breaks that is the loss.

References:
    Baur, Strassen, "The complexity of partial derivatives" (1983): a gradient costs a few evaluations.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy as sp

from theory.errors import UnsupportedFormError
from theory.symmetry.exact_numbers import Exact
from theory.values import shown

MAX_EXPONENT = 400
"""Higher powers are refused: their values have too many digits."""


class StepKind(enum.Enum):
    """What an operation does with its operands."""

    NUMBER = enum.auto()
    SYMBOL = enum.auto()
    SUM = enum.auto()
    PRODUCT = enum.auto()
    POWER = enum.auto()
    ROOT = enum.auto()
    STEP = enum.auto()


@dataclass(frozen=True)
class LineStep:
    """One operation; ``operands`` are places of earlier ones, ``value`` is a number, a symbol or an exponent."""

    kind: StepKind
    operands: tuple[int, ...] = ()
    value: Any = None


@dataclass
class StraightLine:
    """Expressions as a list of operations, each of earlier ones; common parts stand once.

    Attributes:
        jumps: Whether signs may stand in them: they jump, so a function that is constant beside them is not constant.
        operations: In order.
        generators: Place of a root or a break -> the symbol that stands for it in :meth:`rational`.
        rational: Place -> the operation as a rational expression in symbols and generators.

    Raises:
        UnsupportedFormError: on :meth:`place`, for an expression that is neither rational nor made so by square roots
            and breaks; the message names the part that is not.
    """

    jumps: bool = False
    operations: list[LineStep] = field(default_factory=list)
    generators: dict[int, sp.Dummy] = field(default_factory=dict)
    rational: list[sp.Expr] = field(default_factory=list)
    _places: dict[Any, int] = field(default_factory=dict)
    _ancestors: dict[int, set[int]] = field(default_factory=dict)

    def place(self, expression: sp.Expr) -> int:
        """The place of ``expression``, which is appended where it is new."""
        known = self._places.get(expression)
        if known is None:
            known = self._places[expression] = self._appended(expression)
        return known

    @property
    def roots(self) -> dict[sp.Dummy, sp.Expr]:
        """Generators of square roots, with the expressions under them."""
        return self._arguments(StepKind.ROOT)

    @property
    def breaks(self) -> dict[sp.Dummy, sp.Expr]:
        """Generators of breaks, with the expressions whose signs they tell."""
        return self._arguments(StepKind.STEP)

    def _arguments(self, kind: StepKind) -> dict[sp.Dummy, sp.Expr]:
        return {
            generator: self.rational[self.operations[place].operands[0]]
            for place, generator in self.generators.items()
            if self.operations[place].kind is kind
        }

    def _add(self, operation: LineStep, rational: sp.Expr) -> int:
        if operation in self._places:
            return self._places[operation]
        self.operations.append(operation)
        self.rational.append(rational)
        self._places[operation] = len(self.operations) - 1
        return self._places[operation]

    def _appended(self, e: sp.Expr) -> int:
        if e.is_Rational:
            return self._add(LineStep(StepKind.NUMBER, value=e), e)
        if e.is_Symbol:
            return self._add(LineStep(StepKind.SYMBOL, value=e), e)
        if e.is_Add or e.is_Mul:
            parts = tuple(self.place(a) for a in e.args)
            return self._add(
                LineStep(StepKind.SUM if e.is_Add else StepKind.PRODUCT, parts),
                e.func(*(self.rational[p] for p in parts)),
            )
        if e.is_Pow and e.exp.is_Rational and e.exp.q in (1, 2):
            if abs(e.exp.p) > MAX_EXPONENT:
                raise UnsupportedFormError(f"powers up to {MAX_EXPONENT} can be followed, got {shown(e)}. Lower it.")
            base = self.place(e.base) if e.exp.q == 1 else self._generator(StepKind.ROOT, e.base)
            return self._add(LineStep(StepKind.POWER, (base,), int(e.exp.p)), self.rational[base] ** e.exp.p)
        return self._broken(e)

    def _generator(self, kind: StepKind, argument: sp.Expr) -> int:
        place = self._add(LineStep(kind, (self.place(argument),)), sp.Dummy("q" if kind is StepKind.ROOT else "h"))
        if place not in self.generators:
            self.generators[place] = self.rational[place]  # type: ignore[assignment]
        return place

    def _broken(self, e: sp.Expr) -> int:
        """Maxima, moduli, signs and continuous cases, by steps."""
        match e:
            case sp.Max() | sp.Min():
                first, rest = e.args[0], e.func(*e.args[1:])
                difference = first - rest if isinstance(e, sp.Max) else rest - first
                return self._switched(difference, rest, first - rest)
            case sp.Abs():
                return self._switched(e.args[0], -e.args[0], 2 * e.args[0])
            case sp.sign() if self.jumps:
                return self._switched(e.args[0], -sp.S.One, sp.Integer(2))
            case sp.Piecewise():
                return self._switched(*_continuous_case(e))
        raise UnsupportedFormError(_not_rational(e))

    def _switched(self, argument: sp.Expr, below: sp.Expr, gain: sp.Expr) -> int:
        """``below`` where ``argument`` < 0, ``below + gain`` where it is > 0."""
        factors = (self._generator(StepKind.STEP, argument), self.place(gain))
        extra = self._add(LineStep(StepKind.PRODUCT, factors), sp.Mul(*(self.rational[f] for f in factors)))
        terms = (self.place(below), extra)
        return self._add(LineStep(StepKind.SUM, terms), sp.Add(*(self.rational[t] for t in terms)))

    def values(self, at: Mapping[sp.Symbol, Any], exact: Exact, place: int | None = None) -> list[Any]:
        """The value of each operation at a point; None for those that the one at ``place`` does not need.

        Raises:
            OffDomainError: one of them has none there.
        """
        found: list[Any] = []
        needed = None if place is None else self._needed(place)
        for p, operation in enumerate(self.operations):
            if needed is not None and p not in needed:
                found.append(None)
                continue
            operands = [found[p] for p in operation.operands]
            match operation.kind:
                case StepKind.NUMBER:
                    found.append(exact.number(operation.value))
                case StepKind.SYMBOL:
                    found.append(at[operation.value])
                case StepKind.SUM:
                    total = operands[0]
                    for value in operands[1:]:
                        total = exact.add(total, value)
                    found.append(total)
                case StepKind.PRODUCT:
                    found.append(_product(operands, exact))
                case StepKind.POWER:
                    found.append(_power(operands[0], operation.value, exact))
                case StepKind.ROOT:
                    found.append(exact.root(operands[0]))
                case StepKind.STEP:
                    found.append(exact.step(operands[0]))
        return found

    def _needed(self, place: int) -> set[int]:
        """The places that the operation at ``place`` stands on, and itself."""
        if place not in self._ancestors:
            found, waiting = {place}, [place]
            while waiting:
                new = set(self.operations[waiting.pop()].operands) - found
                found |= new
                waiting += new
            self._ancestors[place] = found
        return self._ancestors[place]

    def gradient(self, place: int, weights: Sequence[sp.Symbol], values: Sequence[Any], exact: Exact) -> list[Any]:
        """The derivatives of the operation at ``place`` in ``weights``, at the point of ``values``."""
        zero = exact.number(sp.S.Zero)
        slopes: list[Any] = [None] * len(self.operations)
        slopes[place] = exact.number(sp.S.One)
        for p in range(place, -1, -1):
            slope, operation = slopes[p], self.operations[p]
            if slope is None:
                continue
            for operand, factor in self._slopes(p, operation, values, exact):
                gain = slope if factor is None else exact.multiply(slope, factor)
                slopes[operand] = gain if slopes[operand] is None else exact.add(slopes[operand], gain)
        places = [self._places.get(weight) for weight in weights]
        return [zero if p is None or slopes[p] is None else slopes[p] for p in places]

    def _slopes(self, p: int, operation: LineStep, values: Sequence[Any], exact: Exact) -> list[tuple[int, Any]]:
        """Derivatives of an operation in its operands; None for 1."""
        operands = operation.operands
        match operation.kind:
            case StepKind.SUM:
                return [(o, None) for o in operands]
            case StepKind.PRODUCT:
                return [
                    (o, _product([values[other] for j, other in enumerate(operands) if j != i], exact))
                    for i, o in enumerate(operands)
                ]
            case StepKind.POWER:
                n = operation.value
                lower = _power(values[operands[0]], n - 1, exact)
                return [(operands[0], exact.multiply(exact.number(sp.Integer(n)), lower))]
            case StepKind.ROOT:
                twice = exact.add(values[p], values[p])
                return [(operands[0], exact.inverse(twice))]
        return []


def _product(factors: Sequence[Any], exact: Exact) -> Any:
    if not factors:
        return exact.number(sp.S.One)
    total = factors[0]
    for factor in factors[1:]:
        total = exact.multiply(total, factor)
    return total


def _power(base: Any, exponent: int, exact: Exact) -> Any:
    if exponent < 0:
        base, exponent = exact.inverse(base), -exponent
    total = exact.number(sp.S.One)
    for _ in range(exponent):
        total = exact.multiply(total, base)
    return total


def _continuous_case(e: sp.Piecewise) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
    """``z``, the value for z < 0 and the gain for z > 0 of two cases that agree where z = 0.

    They agree where z vanishes if their difference is a multiple of z; a jump would be no symmetry's business to keep.
    """
    if len(e.args) == 2 and e.args[1].cond == sp.true:
        (above, condition), (below, _) = e.args
        if isinstance(condition, sp.Gt | sp.Ge):
            z = condition.lhs - condition.rhs
        elif isinstance(condition, sp.Lt | sp.Le):
            z = condition.rhs - condition.lhs
        else:
            raise UnsupportedFormError(_not_rational(e))
        ratio = sp.cancel((above - below) / z)
        symbols = sorted(z.free_symbols, key=str)
        if z.is_polynomial(*symbols) and ratio.is_polynomial(*symbols):
            return z, below, above - below
    raise UnsupportedFormError(
        f"loss must be continuous for its cases to be followed, got {shown(e)}: give two cases, divided by one strict "
        "inequality, which agree on its boundary, or write Max, Min or Abs."
    )


def _not_rational(e: sp.Expr) -> str:
    return (
        f"loss must be a polynomial or rational function, with square roots, Max, Min or Abs where needed, got "
        f"{shown(e)} in it. A symmetry that you know is checked by OneParameterSymmetry(problem, field); for a torch "
        "module numerics.sgd.module_symmetries.numerical_symmetries finds generators numerically."
    )
