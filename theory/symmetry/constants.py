r"""Constants that are not rational, written by symbols that are: nothing is lost, since nothing relates the symbols.

* A positive constant or datum :math:`k` under fractional powers is a power of a new symbol, :math:`k = s^n`: with it
  :math:`\sqrt k`, :math:`k^{1/3}` and products of such are rational functions.
* :math:`\pi` or :math:`e` is a symbol: a transcendental number obeys no algebraic equation, so an identity of rational
  functions holds at it iff it holds identically. Of both together that is not known, so two of them are refused; and
  where a loss has breaks, whose places depend on the value, one is.
* The golden ratio is :math:`\frac12 + \frac12\sqrt5`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

import sympy as sp

from theory.argument_kinds import ArgumentKind, is_expression, one_of, takes
from theory.errors import UnsupportedFormError
from theory.symmetry.affine_generator import AffineGenerator
from theory.symmetry.sample_losses import SampleLosses

_BREAKS = (sp.Max, sp.Min, sp.Abs, sp.sign, sp.Heaviside, sp.Piecewise)
_NUMBERS = (sp.pi, sp.E)
_MEANINGS = ArgumentKind(
    "a mapping of symbols to finite expressions",
    lambda value: (
        isinstance(value, Mapping)
        and all(isinstance(symbol, sp.Symbol) for symbol in value)
        and all(map(is_expression, value.values()))
    ),
)


@takes(losses=one_of(SampleLosses, needed="SampleLosses"))
def with_rational_constants(losses: SampleLosses) -> tuple[SampleLosses, Mapping[sp.Symbol, sp.Expr]]:
    r"""The losses in symbols of which they are rational functions, as far as that can be, and what the symbols are.

    Raises:
        UnsupportedFormError: both :math:`\pi` and :math:`e` occur, or one of them beside breaks.

    Example:
        >>> from theory.symmetry.sample_losses import PerSampleLoss, sample_losses
        >>> u, x = sp.symbols("u x", real=True)
        >>> k = sp.Symbol("k", positive=True)
        >>> given = sample_losses(PerSampleLoss([u], (u - sp.sqrt(k)) ** 2 * x + sp.pi, [x]))
        >>> changed, values = with_rational_constants(given)
        >>> changed.named[0][1], sorted(map(str, values.values()))
        (pi + x*(-sqrt(k) + u)**2, ['pi', 'sqrt(k)'])
    """
    expressions = [loss for _, loss in losses.named]
    there = {s: _root(s, expressions) for s in (*losses.constants, *losses.data) if s.is_positive}
    there = {s: power for s, power in there.items() if power != s}
    values: dict[sp.Symbol, sp.Expr] = {}
    for symbol, power in there.items():
        (new,) = power.free_symbols
        values[new] = symbol ** sp.Rational(1, power.exp)
    named = {number: _new(str(number), expressions) for number in _required_alone(expressions)}
    values |= {new: number for number, new in named.items()}
    if not there and not named and not any(loss.has(sp.GoldenRatio) for loss in expressions):
        return losses, {}
    ratio = {sp.GoldenRatio: sp.Rational(1, 2) + sp.sqrt(5) / 2}

    def written(loss: sp.Expr) -> sp.Expr:
        return loss.subs(there).xreplace({**named, **ratio})

    changed = replace(
        losses,
        named=tuple((name, written(loss)) for name, loss in losses.named),
        data=tuple(next(iter(there[x].free_symbols)) if x in there else x for x in losses.data),
        for_all_data=None if losses.for_all_data is None else written(losses.for_all_data),
    )
    return changed, values


@takes(generator=one_of(AffineGenerator, needed="an AffineGenerator"), values=_MEANINGS)
def at_values(generator: AffineGenerator, values: Mapping[sp.Symbol, sp.Expr]) -> AffineGenerator:
    """A generator with the constants that its symbols stand for."""
    matrix, shift = (sp.ImmutableMatrix(part.xreplace(values)) for part in (generator.matrix, generator.shift))
    return AffineGenerator(generator.weights, matrix, shift)


def _root(symbol: sp.Symbol, expressions: Iterable[sp.Expr]) -> sp.Expr:
    """The power of a new symbol whose roots are all that ``expressions`` hold of ``symbol``, or it itself."""
    powers = {p for loss in expressions for p in loss.atoms(sp.Pow) if p.base == symbol and p.exp.is_Rational}
    degree = math.lcm(1, *(int(p.exp.q) for p in powers))
    return _new(str(symbol ** sp.Rational(1, degree)), expressions) ** degree if degree > 1 else symbol


def _new(name: str, expressions: Iterable[sp.Expr]) -> sp.Symbol:
    """A symbol that reads in messages like what it stands for."""
    symbol = sp.Symbol(name, positive=True)
    taken = any(symbol in loss.free_symbols for loss in expressions)
    return sp.Dummy(name, positive=True) if taken else symbol


def _required_alone(expressions: Iterable[sp.Expr]) -> list[sp.Expr]:
    held = [number for number in _NUMBERS if any(loss.has(number) for loss in expressions)]
    broken = bool(held) and any(loss.has(*_BREAKS) for loss in expressions)
    if len(held) > 1 or broken:
        beside = "breaks, whose places depend on its value" if broken else "each other, of which no relation is known"
        raise UnsupportedFormError(
            f"loss must not hold {' and '.join(map(str, held))} beside {beside}. Put a symbol for it: what is found "
            "then holds for every value."
        )
    return held
