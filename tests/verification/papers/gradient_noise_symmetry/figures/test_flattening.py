"""The trace of the Hessian against the width: its factor is that of the means, and its judge can say no."""

from __future__ import annotations

import pytest

from verification.papers.gradient_noise_symmetry.figures import flattening


def rows(**factors):
    """Rows whose traces at the end are one half, so that the factor is twice the trace at the start."""
    return [
        {"width": width, "start": [factors.get(f"at_{width}", right) / 2, 1e-4], "end": [0.5, 0.5]}
        for width, right in zip(flattening.WIDTHS, (1.47, 1.0, 1.5, 2.5), strict=True)
    ]


def test_the_factor_is_that_of_the_mean_traces():
    mean, lower, upper = flattening.factor({"start": [6.0, 0.3], "end": [1.0, 2.0, 3.0]}, 2.0)
    assert mean == 3 and upper - mean == pytest.approx(mean - lower) and lower < 3 - 2 * 0.15


@pytest.mark.parametrize(
    ("factors", "found"), [({}, [True, True]), ({"at_4": 1.1}, [False, True]), ({"at_2": 2.6}, [True, False])]
)
def test_a_network_of_equal_widths_that_flattens_and_a_narrow_one_that_flattens_most_are_noticed(factors, found):
    assert [each["reproduced"] for each in flattening.fall_of_the_widest(rows(**factors))["features"]] == found
