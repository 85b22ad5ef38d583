"""The walk outwards: where an integrand lives, and a bound on the rest."""

import numpy as np
import pytest

from numerics.deterministic.walk import bulk


def never(u: float) -> float:
    raise AssertionError(f"asked at {u}")


def test_a_window_holds_the_bulk_and_bounds_the_rest():
    found = bulk(lambda u: -np.abs(u), never, np.inf, depth=30.0)
    assert found.low <= -30 and found.high >= 30
    assert np.exp(-found.high) <= found.above <= 1.2 * np.exp(-found.high)


def test_a_peak_far_narrower_than_the_steps_is_found():
    found = bulk(lambda u: -(((u - 6.9077) / 1e-6) ** 2) - np.abs(u), never, np.inf, depth=30.0)
    assert found.low < 6.9077 < found.high
    assert found.high - found.low < 1e-3


@pytest.mark.parametrize(("slope", "grows"), [(-1e-5, -1), (1e-5, 1)])
def test_an_integrand_that_does_not_fall_is_said_to_grow(slope, grows):
    assert bulk(lambda u: slope * u, never, np.inf, depth=30.0).grows == grows


def test_unknown_values_are_asked_for_near_the_bulk_and_only_there():
    asked: list[float] = []

    def exact(u: float) -> float:
        asked.append(u)
        return -abs(u)

    bulk(lambda u: np.where((u > 5) & (u < 6) | (u > 1000), np.nan, -np.abs(u)), exact, np.inf, depth=20.0)
    assert asked and all(5 < u < 6 for u in asked)


def test_an_integrand_that_is_zero_everywhere_has_no_window():
    assert bulk(lambda u: np.full_like(u, -np.inf), never, np.inf, depth=20.0) is None
