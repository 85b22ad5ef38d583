"""Ranges on boxes: what is remembered between boxes must depend on nothing that changes between them."""

import sympy as sp

from theory.decision.arb.balls import flint_library
from theory.decision.proofs import ranges
from theory.decision.proofs.ranges import Ends, Ranges, number_of
from theory.errors import UnsupportedFormError

x, y = sp.symbols("x y", real=True)


def test_the_ends_of_a_number_have_the_digits_asked_for_now():
    widths = {}
    for bits in (20, 64, 20):
        with flint_library().ctx.workprec(bits):
            ends = number_of(sp.pi)
            widths.setdefault(bits, set()).add(float(ends.high - ends.low))
    assert max(widths[64]) < 1e-15 < 1e-7 < min(widths[20])
    assert len(widths[20]) == 1


def test_many_boxes_ask_an_expression_for_its_symbols_once(monkeypatch):
    asked = []
    expression = sp.sin(x) * sp.exp(y) * (x**2 + 1) * 3
    monkeypatch.setattr(sp.Mul, "free_symbols", property(lambda e: asked.append(e) or sp.Basic.free_symbols.fget(e)))
    arb = flint_library().arb
    for k in range(50):
        ends = Ends(arb(k), arb(k + 1))
        Ranges({x: ends, y: ends}).of(expression)
    assert len(asked) < 10


def test_a_range_that_is_not_known_is_named_only_where_somebody_reads_it(monkeypatch):
    told = []
    monkeypatch.setattr(sp.Function, "__str__", lambda e: told.append(e) or "f")
    arb = flint_library().arb
    try:
        Ranges({x: Ends(-arb("inf"), arb("inf"))}).of(sp.airyai(x))
    except UnsupportedFormError as error:
        assert not told
        assert "f has no known range here" in str(error) and told
    else:
        raise AssertionError("a range of Ai on the whole line is not known")


def test_ends_without_a_number_are_refused():
    arb = flint_library().arb
    for low, high in ((arb("nan"), arb(1)), (arb(1), arb("nan"))):
        try:
            ranges.outwards(low, high)
        except UnsupportedFormError:
            continue
        raise AssertionError("NaN is no end")
