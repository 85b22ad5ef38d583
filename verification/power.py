"""Which agreement is worth anything? Only that of a check which has refuted a near miss, and a near one.

A run that tells a variance from one that is a thousand times as large tells it from nothing that slips into a paper.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from verification.verdict import Finding, Outcome

GROTESQUE = 20.0
"""A near miss whose number is so many times too large, or too small, does not count. One that is 0 says that something
never happens, and counts."""


def withdraw_powerless(found: dict[str, dict[str, Finding]], misses: Sequence[str]) -> None:
    """Turn the agreement of every check that refuted none of the near ``misses`` it was asked about into NO_POWER.

    Args:
        found: Findings by candidate and check; changed in place.
        misses: Which of the candidates are near misses.
    """
    for label in {label for labelled in found.values() for label in labelled}:
        refuted = [
            found[miss][label]
            for miss in misses
            if label in found[miss] and found[miss][label].outcome is Outcome.REFUTED
        ]
        if not all(map(is_grotesque, refuted)):
            continue
        why = f"; it refuted nothing that is less than {GROTESQUE:g} times too large or too small" if refuted else ""
        for name in set(found) - set(misses):
            finding = found[name].get(label)
            if finding is not None and finding.outcome.supports:
                found[name][label] = replace(finding, outcome=Outcome.NO_POWER, reason=finding.reason + why)


def is_grotesque(refuted: Finding) -> bool:
    """Whether what a refuted candidate states is out of all proportion to what was found.

    Where a check decides at an absolute resolution, what is found may be 0; the size of things is then what that
    resolution is a relative one of. A check that compares no numbers is exact, and tells the nearest from the right.

    Example:
        >>> far = Finding(Outcome.REFUTED, "", witness={"predicted": 125.0, "value": 0.125})
        >>> is_grotesque(far), is_grotesque(Finding(Outcome.REFUTED, "", witness={"predicted": 0.25, "value": 0.125}))
        (True, False)
    """
    witness = refuted.witness or {}
    stated, value = witness.get("predicted", witness.get("stated")), _value(witness)
    if not stated or not value:
        return False
    size = min(abs(stated), abs(value))
    if witness.get("absolute_resolution"):
        size = max(size, witness["absolute_resolution"] / witness["resolution"])
    return bool(abs(stated - value) > GROTESQUE * size)


def _value(witness: Mapping[str, Any]) -> float | None:
    if witness.get("location"):
        return float(sum(witness["location"])) / 2
    value = witness.get("estimate", witness.get("value"))
    return value if isinstance(value, int | float) else None
