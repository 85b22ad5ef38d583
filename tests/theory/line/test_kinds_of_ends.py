"""Ends that reflect, absorb or are entered from: the law, and starts on the end itself."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.errors import NotNormalisableError, SymbolError
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.laws.stationary import stationary_density
from theory.line.passage.first_passage import probability_of_ever_reaching
from theory.line.passage.passage_time import mean_first_passage_time

x, w = sp.Symbol("x", real=True), sp.Symbol("w", positive=True)
a, k = sp.symbols("a k", positive=True)
BROWNIAN = ItoProcess.scalar(w, drift=0, dispersion=1)
BESSEL = ItoProcess.scalar(w, drift=1 / w, dispersion=1)
CIR = ItoProcess.scalar(w, drift=k - w, dispersion=sp.sqrt(w))


def test_a_walk_with_an_absorbing_end_has_no_law_but_collapses_onto_it():
    drifting = ItoProcess.scalar(w, drift=-k, dispersion=1)
    law = stationary_density(drifting, regular_ends="absorbing")
    assert law.normalisable == sp.false
    assert [(place.condition, place.endpoint) for place in law.collapse] == [(sp.true, 0)]
    with pytest.raises(NotNormalisableError, match="point mass at w = 0"):
        law.at({k: 1})
    assert stationary_density(drifting).normalisable == sp.true


def test_an_absorbing_end_matters_only_where_it_is_reached():
    law = stationary_density(CIR, regular_ends="absorbing")
    assert law.normalisable == (k >= sp.S.Half)
    assert [(place.condition, place.endpoint) for place in law.collapse] == [(k < sp.S.Half, 0)]


def test_between_two_absorbing_ends_the_limit_is_undecided():
    law = stationary_density(ItoProcess.scalar(x, drift=0, dispersion=1), Interval(0, 1), regular_ends="absorbing")
    assert (law.normalisable, law.undecided) == (sp.false, sp.true)


def test_a_reflected_walk_from_the_end_itself_takes_the_square_of_the_distance():
    assert mean_first_passage_time(BROWNIAN, 0, a, regular_ends="reflecting") == a**2
    assert mean_first_passage_time(BESSEL, 0, a) == a**2 / 3
    assert probability_of_ever_reaching(BROWNIAN, 0, a, regular_ends="reflecting") == 1


@pytest.mark.parametrize("process", [BROWNIAN, ItoProcess.scalar(w, drift=w, dispersion=w)])
def test_a_start_on_an_end_that_keeps_the_process_is_refused(process):
    with pytest.raises(SymbolError, match="start must lie inside"):
        mean_first_passage_time(process, 0, a)
