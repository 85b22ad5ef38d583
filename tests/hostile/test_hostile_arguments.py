"""Whatever stands in the place of one argument, a function answers, or refuses with an error of its own in time.

``python -m tests.hostile.attack 30000`` makes fifteen times as many calls, of every function.
"""

from __future__ import annotations

import random
import time

import pytest
import sympy as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.hostile import attack
from tests.hostile.recorded_calls import modules_with_examples, recorded_calls
from tests.hostile.sound import Sound
from tests.hostile.typed_calls import typed_calls
from tests.hostile.values import POOL
from theory.errors import ShapeError
from theory.values import single_expression

CALLS = 1000
SHARE = 1 / 40
"""Of the calls of documented functions: some 500. Each is drawn by its own name, since what examples call for the first
time, before anything is kept in memory, depends on the tests before."""

TYPED = typed_calls()

QUICK = (
    "numerics.codegen",
    "numerics.neurons",
    "numerics.random",
    "numerics.statistics",
    "theory.decision.points.breakpoints",
    "theory.decision.conditions.inequalities",
    "theory.decision.rational_points",
    "theory.line.charts.powers",
    "theory.networks",
)
"""Modules whose examples take next to no time; those of all modules are made hostile at night."""


@pytest.fixture(scope="module")
def recorded():
    """Sound calls from the docstrings that are quick."""
    return recorded_calls(name for name in modules_with_examples() if name.startswith(QUICK))


@settings(max_examples=CALLS // 2, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from([(sound, slot) for sound in TYPED for slot in sound.slots]), st.sampled_from(sorted(POOL)))
def test_no_hostile_argument_gets_past_the_border(place, value):
    sound, slot = place
    found = attack.fault(sound, slot, value)
    # A refusal in the words of an inner function is one; that it should name the outer argument is asked at night.
    assert found is None or found.kind == "argument not named"


def test_no_hostile_argument_gets_past_the_border_of_a_documented_function(recorded):
    chosen = [one for one in attack.attacks(recorded) if _drawn(*one)]
    found = [attack.fault(*one) for one in chosen]
    assert len(chosen) > CALLS // 3
    assert [one for one in found if one is not None] == []


def _drawn(sound, slot, value):
    return random.Random(f"{sound.name} {slot} {value}").random() < SHARE


@pytest.mark.slow
def test_thirty_thousand_hostile_calls_of_every_function_find_nothing():
    assert attack.main(30_000, seed=1) == 0


def test_every_call_that_is_made_hostile_is_sound(recorded):
    for sound in TYPED:
        sound.call()
    assert len(recorded) > 70


def test_text_that_is_executed_is_noticed():
    executing = Sound("sympify", sp.sympify, (1,), {})
    found = attack.fault(executing, 0, "(code,)")
    assert found is not None and found.kind == "text was executed"


def test_a_call_that_waits_without_computing_is_a_hang_and_the_next_is_made(monkeypatch):
    monkeypatch.setattr(attack, "PATIENCE", 0.5)
    waiting = Sound("waits", lambda x: time.sleep(600) if x == -1 else x, (1,), {})
    found = list(attack.in_processes([(waiting, 0, "-1"), (waiting, 0, "nan")]))
    assert [one.kind for one in found] == ["hang", "silent answer"], found


def test_an_error_of_a_library_is_noticed():
    found = attack.fault(Sound("sqrt", sp.sqrt, (1,), {}), 0, "evil sympify")
    assert found is not None and found.kind == "leak"


def test_a_refusal_names_the_argument_and_what_came():
    for name in ("code", "nan", "look-alike number", "noncommutative", "deep"):
        try:
            single_expression(POOL[name](), "rate")
        except ShapeError as error:
            assert str(error).startswith("rate must be one finite number or expression, got "), error
        else:
            raise AssertionError(f"{name} was let through")
