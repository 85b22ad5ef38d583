"""The stochastic Verhulst process on a grid, against the spectral sum that knows no grid."""

from __future__ import annotations

import pytest

from numerics.deterministic.student_mean import verhulst_mean
from numerics.deterministic.verhulst_grid import verhulst_defect_on_grid, verhulst_mean_on_grid
from numerics.errors import ArgumentError


@pytest.mark.every(2)
@pytest.mark.parametrize("k", [-0.4, 1.5])
def test_the_mean_on_the_grid_is_that_of_the_spectral_sum_and_not_the_start(k):
    found = verhulst_mean_on_grid(k, 0.5, 1.0, cells=600)
    assert found == pytest.approx(float(verhulst_mean(k, 0.5, 1.0)), rel=1e-3)
    assert abs(found - 0.5) > 1e-2


@pytest.mark.parametrize("k", [0.0, -1.0, float("nan"), "1", None])
def test_a_shape_without_a_bulk_has_no_integrated_defect_and_is_refused_by_name(k):
    with pytest.raises(ArgumentError, match="k must be a positive real number"):
        verhulst_defect_on_grid(k, 0.5, cells=100)
