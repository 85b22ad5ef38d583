"""Whatever stands in the place of one argument, theory answers, or refuses with an error of its own in time.

``python -m tests.theory.hostile 30000`` makes ten times as many calls.
"""

from __future__ import annotations

import sympy as sp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.theory import hostile
from tests.theory.hostile_values import POOL
from tests.theory.sound_calls import Sound, sound_calls
from theory.errors import ShapeError
from theory.values import single_expression

CALLS = 3000
SOUND = sound_calls()
SLOTS = [(sound, slot) for sound in SOUND for slot in sound.slots]


@settings(max_examples=CALLS, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(SLOTS), st.sampled_from(sorted(POOL)))
def test_no_hostile_argument_gets_past_the_border(place, value):
    sound, slot = place
    assert hostile.fault(sound, slot, value) is None


def test_every_call_that_is_made_hostile_is_sound():
    for sound in SOUND:
        sound.call()


def test_text_that_is_executed_is_noticed():
    executing = Sound("sympify", sp.sympify, (1,), {})
    found = hostile.fault(executing, 0, "(code,)")
    assert found is not None and found.kind == "text was executed"


def test_an_error_of_a_library_is_noticed():
    found = hostile.fault(Sound("sqrt", sp.sqrt, (1,), {}), 0, "evil sympify")
    assert found is not None and found.kind == "leak"


def test_a_refusal_names_the_argument_and_what_came():
    for name in ("code", "nan", "look-alike number", "noncommutative", "deep"):
        try:
            single_expression(POOL[name](), "rate")
        except ShapeError as error:
            assert str(error).startswith("rate must be one finite number or expression, got "), error
        else:
            raise AssertionError(f"{name} was let through")
