"""The words in which a claim is filed: its kind, where the point at issue stands, in which way it fails, its id."""

from __future__ import annotations

import enum
import re

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


def refuse_no_id(id: object) -> None:
    """An id is typed as a selector, which knows patterns and ranges, and heads a line.

    Raises:
        ClaimError: it is no short text that selects one claim.
    """
    fits = isinstance(id, str) and len(id) <= LONGEST_ID and ".." not in id and id.isprintable()
    if not (fits and re.fullmatch(r"[^-\s*?\[\]][^\s*?\[\]]*", str(id))):
        shown = repr(id) if len(repr(id)) <= LONGEST_ID + 2 else repr(id)[:LONGEST_ID] + "..."
        raise ClaimError(
            f"the id of a claim must be a text of at most {LONGEST_ID} characters without blanks, '..' and the signs "
            f"* ? [ ] of patterns, such as 'DOE-007', got {shown}."
        )
