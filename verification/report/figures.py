"""Which function draws which figure again. Another figure is another line."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from verification.drawing.intervals import Picture
from verification.forms import Figure

PAPER = "verification.papers.stochastic_collapse."
PICTURES = {
    PAPER + "figures.figure_1:measure": PAPER + "figures.picture_1:pictures",
    PAPER + "figures.figure_2:measure": PAPER + "figures.picture_2:pictures",
    PAPER + "figures.figure_5:measure": PAPER + "figures.picture_5:pictures",
    PAPER + "figures.figure_11:measure": PAPER + "figures.picture_5:batch_pictures",
    PAPER + "neurons.two_neurons:measure": PAPER + "figures.picture_7:pictures",
}
"""What a claim measures again -> ``module:function`` of ``f(name, parts, summary) -> list[Picture]``.

The key is the claim's :attr:`~verification.claim.Figure.measure`; ``name`` is unique on the page, ``parts`` is what the
measurement returned, part by part, and ``summary`` is what the claim's ``summarise`` made of it.
"""


def pictures_of(form: Figure) -> Callable[..., list[Picture]] | None:
    """The function that draws what ``form`` measures; None, where nothing draws it."""
    name = f"{form.measure.__module__}:{form.measure.__qualname__}"
    if name not in PICTURES:
        return None
    module, _, function = PICTURES[name].partition(":")
    return getattr(importlib.import_module(module), function)
