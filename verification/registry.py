"""Every claim driftproof knows, by id, in the order of the papers."""

from __future__ import annotations

import difflib
import fnmatch
import functools
import importlib
import pkgutil
import re
from collections.abc import Sequence

from verification.claim import Claim
from verification.errors import ClaimError, UnknownClaimError

PAPERS = ("stochastic_collapse",)
"""Sub-packages of ``verification.papers``; each lists its claims in ``CLAIMS``."""


@functools.cache
def claims() -> dict[str, Claim]:
    """All claims by id."""
    found: dict[str, Claim] = {}
    for paper in PAPERS:
        package = importlib.import_module(f"verification.papers.{paper}")
        for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            for claim in getattr(importlib.import_module(module.name), "CLAIMS", ()):
                if claim.id in found:
                    raise ClaimError(f"claim id {claim.id} is used twice; ids are permanent and unique.")
                found[claim.id] = claim
    return {id: found[id] for id in sorted(found)}


def experiments() -> int:
    """Number of Monte Carlo checks in the catalogue: they share one false-alarm rate."""
    return sum(len(statement.experiments) for claim in claims().values() for statement in claim.statements)


def select(selectors: Sequence[str]) -> list[Claim]:
    """The claims that ``selectors`` name, in catalogue order; all of them if there are none.

    A selector is an id (``SC-031``), a range (``SC-024..SC-033``), a pattern (``SC-08*``) or a paper's name.

    Raises:
        UnknownClaimError: a selector matches nothing; the sentence offers the nearest ids.
    """
    known = claims()
    if not selectors:
        return list(known.values())
    wanted = {claim for selector in selectors for claim in _matches(selector, known)}
    return [claim for claim in known.values() if claim.id in wanted]


def _matches(selector: str, known: dict[str, Claim]) -> list[str]:
    ids = list(known)
    first, dots, last = selector.partition("..")
    if dots and first in known and last in known:
        low, high = ids.index(first), ids.index(last)
        if low <= high:
            return ids[low : high + 1]
    found = [
        claim.id
        for claim in known.values()
        if fnmatch.fnmatchcase(claim.id, selector.upper()) or claim.cites.paper == selector.lower().replace("-", "_")
    ]
    if not found:
        raise UnknownClaimError(_unknown(selector, ids))
    return found


def _unknown(selector: str, ids: list[str]) -> str:
    wanted = re.sub(r"\.\..*", "", selector.upper())
    letters, _, number = wanted.partition("-")
    padded = f"{letters}-{number.zfill(3)}"
    near = [id for id in ids if id == padded or (number and id.startswith(wanted))][:3]
    near = near or difflib.get_close_matches(wanted, ids, n=3, cutoff=0.5)
    offer = f" Nearest: {', '.join(near)}." if near else ""
    return f"no claim matches {selector!r}.{offer} `driftproof list` shows all {len(ids)} ids."
