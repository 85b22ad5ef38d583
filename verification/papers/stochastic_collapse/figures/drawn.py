"""What draws each figure again. The modules that draw are imported when a report asks: matplotlib takes a second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from verification.drawing.intervals import Picture


def figure_5(name: str, results: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """Figure 5, from what its measurement returned part by part; ``name`` is unique on the page."""
    from verification.papers.stochastic_collapse.figures.picture_5 import pictures

    return pictures(name, results, summary)


def figure_7(name: str, results: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """Figure 7, from what its measurement returned part by part; ``name`` is unique on the page."""
    from verification.papers.stochastic_collapse.figures.picture_7 import pictures

    return pictures(name, results, summary)


def figure_11(name: str, results: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """Figure 11, from what its measurement returned part by part; ``name`` is unique on the page."""
    from verification.papers.stochastic_collapse.figures.picture_5 import batch_pictures

    return batch_pictures(name, results, summary)
