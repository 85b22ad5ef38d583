r"""The domain that a process must not leave between two steps, and the places its coefficients forbid to jump across.

A diffusion keeps the interval on which its coefficients are defined; a Gaussian step does not. A step that leaves the
half-line that the symbol of a coordinate declares, or passes a pole, would go on as another process. Such a step gives
NaN, which stays, and is reported with the reason. Where the step keeps the domain for certain, nothing is added to it;
nor next to an end where the coefficients vanish at least linearly: the process continues evenly across such an end,
never reaches it, and jumps of a scheme across it can be counted (``count_sign_changes``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp
from sympy.logic.boolalg import Boolean

from numerics.arguments import takes
from theory.argument_kinds import one_of
from theory.ito import ItoProcess
from theory.limits import one_sided_limit
from theory.parameters import BoundedSymbol

undefined = sp.Symbol("undefined outside the domain", real=True)
"""The parameter that is NaN; a symbol, since SymPy refuses to compare NaN with anything."""

_CELLS = {sp.tan: sp.S.Half, sp.sec: sp.S.Half, sp.cot: sp.S.Zero, sp.csc: sp.S.Zero}
"""Functions with poles at the multiples of pi, or halfway between."""


@dataclass(frozen=True)
class Border:
    """A condition on a step.

    Attributes:
        kept: What must hold of it, in the state; for a pole, the expression whose sign or cell must not change.
        reason: The same in words, with the coefficient it comes from.
        pole: Whether both sides of the border are allowed, and only the jump is not.
    """

    kept: sp.Expr
    reason: str
    pole: bool

    def condition(self, after: dict[sp.Symbol, sp.Expr]) -> Boolean:
        """The condition on a step from the state to ``after``; ``true`` where it holds for certain."""
        new = self.kept.xreplace(after)
        if not self.pole:
            return sp.S.true if new.is_nonnegative else sp.Ge(new, 0)
        if isinstance(self.kept, sp.floor):
            return sp.Eq(new, self.kept)
        return sp.Gt(self.kept * new, 0)


@takes(process=one_of(ItoProcess, needed="an ItoProcess"))
def borders(process: ItoProcess) -> tuple[Border, ...]:
    """What a step of ``process`` must keep, in the order of coordinates and coefficients.

    Example:
        >>> x = sp.Symbol("x", positive=True)
        >>> [border.reason for border in borders(ItoProcess.scalar(x, drift=-x, dispersion=sp.sqrt(x)))]
        ['x >= 0 (x is declared positive, and sqrt(x) in the dispersion is undefined below)']
    """
    entries = [("drift", b) for b in process.drift] + [("dispersion", sigma) for sigma in process.dispersion]
    rows = [[b, *process.dispersion.row(i)] for i, b in enumerate(process.drift)]
    ends = [x for x, row in zip(process.state, rows, strict=True) if not _invariant(x, row, entries)]
    found = [border for x in ends if (border := _declared(x, entries)) is not None]
    for x, row in zip(process.state, rows, strict=True):
        found += _between_bounds(x, row)
    for name, entry in entries:
        found += [border for border in _of_coefficient(entry, name, process) if border not in found]
    unique = {border.kept: border for border in reversed(found)}
    return tuple(border for border in found if unique[border.kept] is border)


def kept(borders: Sequence[Border], state: Sequence[sp.Symbol], update: Sequence[sp.Expr]) -> list[sp.Expr]:
    """The next state; a coordinate that crosses a border is NaN, and with it all that later depends on it."""
    after = dict(zip(state, update, strict=True))
    for border in borders:
        x = next(x for x in state if border.kept.has(x))
        after[x] = _checked(after[x], border, x, dict(zip(state, update, strict=True)))
    return list(after.values())


def _checked(new: sp.Expr, border: Border, x: sp.Symbol, after: dict[sp.Symbol, sp.Expr]) -> sp.Expr:
    if isinstance(new, sp.Piecewise):  # branch by branch: a condition on cases would be unfolded into one of cases
        return sp.Piecewise(*((_checked(value, border, x, {**after, x: value}), given) for value, given in new.args))
    condition = sp.S.true if new == undefined else border.condition(after)
    return new if condition == sp.true else sp.Piecewise((new, condition), (undefined, True))


def _declared(x: sp.Symbol, entries: list[tuple[str, sp.Expr]]) -> Border | None:
    side = 1 if x.is_nonnegative else -1 if x.is_nonpositive else 0
    if side == 0:
        return None
    word = next(word for word in ("positive", "negative", "nonnegative", "nonpositive") if getattr(x, f"is_{word}"))
    undefined = next(((name, part) for name, entry in entries for part in _undefined_beyond(entry, x)), None)
    where = "below" if side > 0 else "above"
    because = "" if undefined is None else f", and {undefined[1]} in the {undefined[0]} is undefined {where}"
    return Border(side * x, f"{x} {'>=' if side > 0 else '<='} 0 ({x} is declared {word}{because})", pole=False)


def _between_bounds(x: sp.Symbol, row: list[sp.Expr]) -> list[Border]:
    """The borders at the bounds, but 0, of a :func:`~theory.parameters.parameter`, unless the coefficients vanish."""
    if not isinstance(x, BoundedSymbol):
        return []
    low, high = x.bounds.low, x.bounds.high
    sides = [(x - low, low, ">="), (high - x, high, "<=")]
    moving = [side for side in sides if side[1].is_finite and side[1] != 0 and any(f.subs(x, side[1]) for f in row)]
    return [Border(kept, f"{x} {sign} {end} (so {x} is declared)", pole=False) for kept, end, sign in moving]


def _invariant(x: sp.Symbol, row: list[sp.Expr], entries: list[tuple[str, sp.Expr]]) -> bool:
    """Whether x does not move at 0, with coefficients that are Lipschitz there and defined on both sides."""
    if any(_undefined_beyond(entry, x) for _, entry in entries):
        return False
    values = [value for f in row for value in (f.subs(x, 0), sp.diff(f, x).subs(x, 0))]
    return all(f.subs(x, 0) == 0 for f in row) and not any(v.has(sp.oo, sp.zoo, sp.nan) for v in values)


def _undefined_beyond(entry: sp.Expr, x: sp.Symbol) -> list[sp.Expr]:
    powers = [
        p
        for p in entry.atoms(sp.Pow)
        if p.base.has(x) and p.base.subs(x, 0) == 0 and not (p.exp.is_integer and p.exp.is_nonnegative)
    ]
    logarithms = [e for e in entry.atoms(sp.log) if e.args[0].has(x) and e.args[0].subs(x, 0) == 0]
    return sorted([*powers, *logarithms], key=sp.default_sort_key)


def _of_coefficient(entry: sp.Expr, name: str, process: ItoProcess) -> list[Border]:
    moving = set(process.state)
    found = []
    for part in sorted(entry.atoms(sp.Pow, sp.log, *_CELLS), key=sp.default_sort_key):
        inner = part.args[0]
        if not inner.free_symbols & moving or (not isinstance(part, tuple(_CELLS)) and inner.is_positive):
            continue
        if isinstance(part, tuple(_CELLS)):
            cell = sp.floor(inner / sp.pi + _CELLS[type(part)])
            found.append(Border(cell, f"between two poles of {part} in the {name}", pole=True))
        elif isinstance(part, sp.log) or part.exp.is_integer is False:
            if not inner.is_nonnegative:
                found.append(Border(inner, f"{inner} >= 0 ({part} in the {name} is undefined below)", pole=False))
        elif part.exp.is_negative and not inner.is_nonnegative and _is_pole(entry, inner, process):
            found.append(Border(inner, f"on one side of {inner} = 0, a pole of the {name} {entry}", pole=True))
    return found


def _is_pole(entry: sp.Expr, inner: sp.Expr, process: ItoProcess) -> bool:
    """False where the coefficient stays finite at the only zero of a linear ``inner``, as sin(x)/x does."""
    if process.dimension > 1 or not inner.is_polynomial(process.state[0]):
        return True
    (x,) = process.state
    polynomial = sp.Poly(inner, x)
    if polynomial.degree() != 1:
        return polynomial.domain not in (sp.ZZ, sp.QQ) or bool(sp.real_roots(polynomial))
    slope, offset = polynomial.all_coeffs()
    limits = [one_sided_limit(entry, x, -offset / slope, side) for side in ("+", "-")]
    return not all(value.is_finite for value in limits)
