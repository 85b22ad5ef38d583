"""Every statement with experiments has a near miss that tells how finely they see.

An experiment refutes what is off by its resolution, by design. A near miss that is off by a factor 2 shows only that it
is no coin toss; one between once and twice the resolution shows that the resolution is what it is said to be.
"""

from __future__ import annotations

import pytest

from tests.verification import fake_claims as fake
from verification.checks.comparison import predicted_by
from verification.claim import Statement
from verification.forms import Experiment, Numerical
from verification.registry import catalogue

RESOLUTION = 0.05


def fine_near_miss(statement: Statement) -> str | None:
    """A near miss that some experiment sees at once to twice its resolution, as ``experiment: near miss``."""
    for experiment in statement.experiments:
        right = predicted_by(experiment.predicted, "right", statement.right)
        if right is None:
            continue
        for miss in statement.near_misses:
            value = predicted_by(experiment.predicted, miss.name, miss.form)
            if value is not None and 1 - 1e-9 <= abs(value - right) / step(experiment, right) <= 2 + 1e-9:
                return f"{experiment.name}: {miss.name}"
    return None


def step(experiment: Experiment, right: float) -> float:
    """The resolution in units of the mean; a mean of 0 without an absolute one can only be a probability."""
    return experiment.absolute or RESOLUTION * (abs(right) or 1.0)


@pytest.mark.every(23)
@pytest.mark.parametrize("id", catalogue().listed)
def test_some_near_miss_is_off_by_less_than_twice_what_an_experiment_can_see(id):
    measured = [statement for statement in catalogue().claim(id).statements if statement.experiments]
    coarse = {f"{id}/{statement.name}" for statement in measured if fine_near_miss(statement) is None}
    assert coarse == set()


def stated(wrong: float, **settings: float) -> Statement:
    """That a mean is 1, with one near miss."""
    experiments = (fake.experiment(**settings),)
    return fake.statement(form=Numerical(), printed=1.0, wrong={"off": wrong}, experiments=experiments)


@pytest.mark.parametrize(("wrong", "fine"), [(1.04, False), (1.05, True), (1.1, True), (1.11, False), (0.92, True)])
def test_a_near_miss_is_fine_between_once_and_twice_the_resolution(wrong, fine):
    assert (fine_near_miss(stated(wrong)) is not None) is fine
    assert (fine_near_miss(stated(wrong, absolute=0.02)) is not None) is (wrong == 1.04)
