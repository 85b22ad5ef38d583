"""What theory asks of the packages above it, without importing them: numbers and pictures.

A package offers a service under a name, either when it is imported (:func:`offer`) or as an entry point of the group
``driftproof.services``, so that it is found wherever it is installed. Theory itself is complete without: a law whose
mean has no closed form then says so.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from theory.errors import UnsupportedFormError

GROUP = "driftproof.services"

_offers: dict[str, str] = {}


def offer(name: str, place: str) -> None:
    """Offer the service ``name``; ``place`` is "module:attribute", imported when it is first asked for."""
    _offers[name] = place


def service(name: str) -> Any:
    """The service ``name``.

    Raises:
        UnsupportedFormError: nobody offers it.
    """
    if name not in _offers:
        _offers.update({point.name: point.value for point in entry_points(group=GROUP)} | _offers)
    if name not in _offers:
        raise UnsupportedFormError(
            f"theory asks another package for {name.replace('_', ' ')}, and none that offers them is installed or "
            "imported. Write import numerics, or install the whole distribution."
        )
    module, _, attribute = _offers[name].partition(":")
    return getattr(import_module(module), attribute)
