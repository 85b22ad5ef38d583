"""Case distinctions that a region decides."""

import sympy as sp

from theory.decision.cases import where_defined
from theory.decision.sign import SignKind, decide_sign
from theory.decision.zero import ZeroKind, decide_zero

k, x = sp.symbols("k x", real=True)
GUARDED = sp.Piecewise((k - 1, k > 1), (sp.nan, True))


def test_an_expression_is_judged_where_it_is_defined():
    assert decide_zero(GUARDED - k + 1).kind is ZeroKind.ZERO
    assert decide_zero(GUARDED - k).kind is ZeroKind.NONZERO
    assert decide_sign(GUARDED).kind is SignKind.POSITIVE
    assert decide_sign(GUARDED - 1).kind is SignKind.MIXED


def test_an_infinite_branch_counts_unless_the_conditions_exclude_it():
    infinite = sp.Piecewise((k - 1, k > 1), (sp.oo, True))
    assert decide_zero(infinite - k + 1).kind is ZeroKind.UNDECIDED
    assert decide_zero(infinite - k + 1, [k > 2]).kind is ZeroKind.ZERO
    assert decide_zero(infinite - k, [k > 2]).kind is ZeroKind.NONZERO


def test_a_case_inside_a_case_narrows_nothing():
    nested = sp.Piecewise((sp.Piecewise((0, x > 0), (sp.nan, True)), k > 0), (1, True))
    assert where_defined(nested, ()) == (nested, ())
    assert decide_zero(nested).kind is ZeroKind.UNDECIDED


def test_nan_everywhere_stays_undecided():
    assert decide_zero(sp.Piecewise((sp.nan, k > 0), (sp.nan, True), evaluate=False)).kind is ZeroKind.UNDECIDED
