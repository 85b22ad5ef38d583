"""The words in which a claim is filed: its kind, where the point at issue stands, in which way it fails, its id."""

from __future__ import annotations

import difflib
import enum
import os
import re
from collections.abc import Sequence

from verification.errors import ClaimError


class Kind(enum.Enum):
    """What sort of statement a claim makes."""

    IDENTITY = "identity"
    THRESHOLD = "threshold"
    INEQUALITY = "inequality"
    LAW = "law"
    INVARIANCE = "invariance"
    EXPANSION = "expansion"
    PROOF_STEP = "proof step"
    NUMERICAL = "numerical"
    FIGURE = "figure"


class Source(enum.Enum):
    """Where the point at issue stands. The value is what a reader is told."""

    PAGE = "the page, as it stands"
    CONVERSION = "a glyph that the conversion of the page may have lost; judged under the charitable reading"
    RECONSTRUCTION = "a formula lost by the conversion, rebuilt from the prose"
    CODE = "the released code"
    SUMMARY = "a machine-made summary of the paper"
    OURS = "a result of our own, not in the paper"


class Grade(enum.Enum):
    """In which way a claim does not hold as it stands. The value is what a reader is told."""

    MISPRINT = "a slip that any reader mends and that changes no result"
    CONDITION = "true only under a condition that the page lacks"
    WRONG = "a result, or a displayed step, changes"
    CONFLICT = "two places of the page, or the page and the released code, contradict each other"


LONGEST_ID = 40


def is_id(id: object) -> bool:
    """Whether a text can be typed as a selector, which knows patterns and ranges, and heads a line."""
    if not isinstance(id, str) or len(id) > LONGEST_ID or ".." in id or not id.isprintable():
        return False
    return re.fullmatch(r"[^-\s*?\[\]][^\s*?\[\]]*", id) is not None


def refuse_no_id(id: object) -> None:
    """Refuse what is no id.

    Raises:
        ClaimError: it is no short text that selects one claim.
    """
    if not is_id(id):
        shown = repr(id) if len(repr(id)) <= LONGEST_ID + 2 else repr(id)[:LONGEST_ID] + "..."
        raise ClaimError(
            f"the id of a claim must be a text of at most {LONGEST_ID} characters without blanks, '..' and the signs "
            f"* ? [ ] of patterns, such as 'DOE-007', got {shown}."
        )


def nearest_ids(wanted: str, ids: Sequence[str]) -> list[str]:
    """Ids that differ by letters and digits that look alike; else similar ones, of these the ones that begin alike."""
    alike = str.maketrans("LIOZSBG", "1102586")
    same = [id for id in ids if id.upper().translate(alike) == wanted.translate(alike)]
    close = difflib.get_close_matches(wanted, ids, n=12, cutoff=0.5)

    def order(id: str) -> tuple[float, int]:
        return -difflib.SequenceMatcher(a=id, b=wanted).ratio(), -len(os.path.commonprefix([id, wanted]))

    return same or sorted(close, key=order)[:3]
