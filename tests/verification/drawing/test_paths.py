"""Trajectories are drawn one by one, and a law that has collapsed is an arrow at 0."""

from __future__ import annotations

import numpy as np
import pytest

from verification.drawing.paths import paths_picture
from verification.drawing.svg import BLUE, VERMILLION


@pytest.mark.parametrize("collapsed", [True, False])
def test_each_path_has_the_colour_of_its_start_and_the_law_stands_beside(collapsed):
    density = None if collapsed else (np.linspace(-1, 1, 5), np.ones(5))
    made = paths_picture(
        "p", [0.0, 1.0], [[1.0, 0.5], [0.2, 0.1], [-1.0, -0.5]], density, reach=2.0, title="ζ = 1", axis="θ", label="P"
    )
    drawn = made.drawing.lower()
    assert drawn.count(f"stroke: {BLUE.lower()}") == 2 and drawn.count(f"stroke: {VERMILLION.lower()}") == 1
    assert ("δ at 0" in made.drawing) == collapsed
