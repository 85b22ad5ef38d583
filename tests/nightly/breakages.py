"""Deliberate breakages of the code, each with the tests that must notice it.

A breakage replaces one piece of text, which must stand in its file exactly once, by a wrong one. The wrong texts lie
in ``wrong_decisions.py``, ``wrong_theory.py``, ``wrong_numerics.py`` and ``wrong_verification.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.nightly import wrong_decisions, wrong_numerics, wrong_theory, wrong_verification


@dataclass(frozen=True)
class Breakage:
    """One wrong piece of code.

    Attributes:
        path: The file, from the repository's root.
        old: Text that stands there exactly once.
        new: What replaces it.
        noticed_by: Arguments of pytest: the tests that must fail.
        reason: For one that is known to survive: why nothing is wrong with that.
    """

    path: str
    old: str
    new: str
    noticed_by: str
    reason: str = ""


BREAKAGES = tuple(
    Breakage(path, old, new, tests)
    for path, tests, pairs in (
        *wrong_theory.PAIRS,
        *wrong_decisions.PAIRS,
        *wrong_numerics.PAIRS,
        *wrong_verification.PAIRS,
    )
    for old, new in pairs
)
