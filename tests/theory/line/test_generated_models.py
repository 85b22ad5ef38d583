"""Models out of a grammar give an answer or the project's own error, in bounded time."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.theory.line.generated_models import Model, failures, models

UNHURRIED = {"deadline": None, "phases": (Phase.generate,), "suppress_health_check": list(HealthCheck)}


@settings(max_examples=3, derandomize=True, **UNHURRIED)
@given(models())
def test_a_generated_model_gets_an_answer_or_an_error_of_the_project(model: Model):
    assert not list(failures(model))


@pytest.mark.slow
@settings(max_examples=500, **UNHURRIED)
@given(models())
def test_five_hundred_generated_models_get_an_answer_or_an_error_of_the_project(model: Model):
    assert not list(failures(model))
