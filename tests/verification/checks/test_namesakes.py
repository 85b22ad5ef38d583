"""Two symbols of one name are told apart before anything is judged."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.ito import ItoProcess
from theory.parameters import parameter
from verification.checks.namesakes import refuse_namesakes
from verification.checks.symbolic import judge
from verification.errors import ClaimError
from verification.forms import Bound, Expansion, Identity, Region, StationaryDensity

k = sp.Symbol("k", positive=True)
x = sp.Symbol("x", real=True)
other = sp.Symbol("k")

FORMS = {
    "identity": (Identity(lambda: k), other),
    "matrix": (Identity(lambda: sp.Matrix([k, 1])), sp.Matrix([other, 1])),
    "expansion": (Expansion(lambda: k, x, 1), other),
    "region": (Region(lambda: k > 1), sp.Symbol("k", real=True) > 1),
    "bound": (Bound(lambda: k), sp.Symbol("k", real=True) + 1),
    "density": (StationaryDensity(lambda: ItoProcess.scalar(x, drift=-k * x, dispersion=1)), sp.exp(-other * x**2)),
}


@pytest.mark.parametrize(("form", "candidate"), FORMS.values(), ids=FORMS)
def test_a_right_formula_in_a_symbol_of_other_assumptions_is_refused_and_not_refuted(form, candidate):
    with pytest.raises(ClaimError, match="two symbols called k"):
        judge(form, candidate, ())


def test_a_namesake_in_the_domain_is_refused():
    with pytest.raises(ClaimError, match="one declared positive=True, one declared real=True"):
        judge(Identity(lambda: k), k, (sp.Symbol("k", real=True) > 2,))


def test_bounds_make_another_symbol_and_dummies_are_no_namesakes():
    with pytest.raises(ClaimError, match="bounds of its own"):
        refuse_namesakes(k, [parameter("k", above=0)])
    refuse_namesakes(k, sp.Dummy("k"), None, "k", [k < 2])
