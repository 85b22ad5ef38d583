"""What is asked of every claim of every paper, whoever wrote it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import pytest
import sympy as sp

from verification.checks import stages
from verification.claim import Claim
from verification.errors import FormulaError
from verification.forms import Bound, Figure, Invariance, Numerical
from verification.formulas import prose_html, prose_text
from verification.registry import catalogue

IDS = list(catalogue().listed)


def sentences(claim: Claim) -> Iterator[str]:
    """Every text of a claim that a reader sees as a sentence."""
    yield from (claim.title, claim.scope, claim.words, claim.where, *claim.notes, *claim.symbols.values())
    for statement in claim.statements:
        yield from (statement.name, statement.says, statement.corrected_says, *statement.wrong)


@pytest.mark.every(19)
@pytest.mark.parametrize("id", IDS)
def test_every_sentence_is_typeset(id):
    refused = []
    for text in sentences(catalogue().claim(id)):
        try:
            assert "$" not in prose_text(text)
            prose_html(text)
        except FormulaError as error:
            refused.append(str(error))
    assert refused == []


@pytest.mark.every(29)
@pytest.mark.parametrize("id", IDS)
def test_every_statement_has_a_judge_of_some_kind(id):
    for statement in catalogue().claim(id).statements:
        is_symbolic = not isinstance(statement.form, Numerical)
        assert is_symbolic or statement.experiments or statement.comparisons, statement.name


@pytest.mark.every(29)
@pytest.mark.parametrize("id", IDS)
def test_no_form_holds_a_float(id):
    for statement in catalogue().claim(id).statements:
        for form in statement.candidates().values():
            assert not (isinstance(form, sp.Basic | sp.MatrixBase) and form.has(sp.Float)), statement.name


@pytest.mark.every(29)
@pytest.mark.parametrize("id", IDS)
def test_no_bound_tells_its_right_side_twice(id):
    told = re.compile(r"(\\[lg]e|[<>])\s*(-?\d|\\[td]?frac)\S*$")
    assert told.search(r"G'(\lambda)\le 0") and not told.search(r"P[l \ge \epsilon'] \le")
    bounds = [s for s in catalogue().claim(id).statements if isinstance(s.form, Bound)]
    assert [s.left for s in bounds if told.search(s.left)] == []


@pytest.mark.every(19)
@pytest.mark.parametrize("id", IDS)
def test_no_near_miss_is_literally_the_form_that_holds(id):
    for statement in catalogue().claim(id).statements:
        for miss in statement.near_misses:
            assert isinstance(statement.form, Figure | Invariance) or miss.form != statement.right, miss.name


@pytest.mark.every(29)
@pytest.mark.parametrize("id", IDS)
def test_no_figure_is_said_to_lie_at_zero_which_no_interval_is_narrow_enough_for(id):
    """The resolution is relative: the share of what does not happen is 1."""
    figures = [s for s in catalogue().claim(id).statements if isinstance(s.form, Figure)]
    assert [s.name for s in figures if s.right == 0] == []


@pytest.mark.parametrize("ids", [IDS[::5], pytest.param(IDS, marks=pytest.mark.slow)], ids=["every fifth", "all"])
def test_every_stage_of_every_experiment_has_its_own_seed(ids):
    places = [
        (claim.id, statement.name, experiment.name)
        for claim in map(catalogue().claim, ids)
        for statement in claim.statements
        for experiment in statement.experiments
    ]
    kinds = (stages.PILOT, stages.FIRST, stages.ENLARGED, stages.SECOND)
    seeds = {stages.stage_seed(*place, kind) for place, kind in itertools.product(places, kinds)}
    assert len(places) >= len(ids) / 9
    assert len(seeds) == len(places) * len(kinds)
