"""The lock: ``claims.lock.json``, the committed record of what driftproof says about each claim and on what evidence.

A JSON object, claim id -> verdict, evidence, corrected form, paper; ids sorted, one claim a line, so that a
change of one verdict is a change of one line.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verification.errors import FileError, LockError
from verification.files import write_whole
from verification.verdict import ClaimVerdict, Outcome, Verdict

_RANKS = {
    name: rank
    for rank, name in enumerate(
        (Outcome.PROVED.name, Outcome.CERTIFIED.name, Outcome.CONSISTENT.name, Outcome.UNDECIDED.name)
    )
}


LARGEST = 64 << 20
"""Bytes beyond which a file is not read as a lock."""

OUT_OF_TIME = "not judged in time"
"""The change of a claim about which a run says less than the lock because a task ran out of time."""


@dataclass(frozen=True)
class Entry:
    """What the lock says about a claim.

    Attributes:
        verdict: Name of a :class:`Verdict`.
        evidence: Names of outcomes, strongest first.
        corrected: The corrected statement, for a claim that does not hold and whose correction does.
        paper: Key of the paper.
        source: Name of a :class:`verification.vocabulary.Source`.
        grade: Name of a :class:`verification.vocabulary.Grade`, for a claim that does not hold as it stands.
    """

    verdict: str
    evidence: tuple[str, ...]
    corrected: str | None
    paper: str
    source: str = "PAGE"
    grade: str | None = None

    @classmethod
    def of(cls, verdict: ClaimVerdict, paper: str) -> Entry:
        """The entry for a verdict."""
        return cls(verdict.verdict.name, verdict.evidence, verdict.corrected, paper, verdict.source, verdict.grade)

    def to_json(self) -> dict[str, Any]:
        """A JSON object."""
        return {
            "verdict": self.verdict,
            "grade": self.grade,
            "source": self.source,
            "evidence": list(self.evidence),
            "corrected": self.corrected,
            "paper": self.paper,
        }


Lock = dict[str, Entry]


@dataclass(frozen=True)
class Difference:
    """One claim about which the lock and a run do not say the same.

    Attributes:
        claim: Claim id.
        change: What kind of change, e.g. ``verdict changed``.
        locked: What the lock says, or None for a new claim.
        found: What the run says, or None for a claim that is gone.
    """

    claim: str
    change: str
    locked: Entry | None
    found: Entry | None

    @property
    def unfinished(self) -> bool:
        """Whether the run says less than the lock only because time ran out: a fault of the machine's load."""
        return self.change == OUT_OF_TIME

    def __str__(self) -> str:
        found = _words(self.found, self.change)
        said = found if self.locked is None else f"{_words(self.locked, self.change)} -> {found}"
        return f"{self.claim}: {self.change}: {said}"


def read_lock(path: Path) -> Lock:
    """The lock in ``path``; empty if there is no such file.

    Raises:
        LockError: the file cannot be read, or is not a lock.
    """
    text = _text(path)
    if text is None:
        return {}
    try:
        data = json.loads(text, object_pairs_hook=_without_repetition)
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise LockError(f"the lock {path} has half a letter in it: {error}. Restore it from git.") from error
    except ValueError as error:
        conflict = ", with the marks of a merge that is not resolved" if "<<<<<<<" in text else ""
        raise LockError(
            f"the lock {path} is not JSON{conflict}: {error}. Restore it from git, or give --lock another path."
        ) from error
    except RecursionError as error:
        raise LockError(
            f"the lock {path} is nested too deep to be one. Restore it from git, or give --lock another path."
        ) from error
    if not isinstance(data, dict):
        raise LockError(f"the lock {path} must be a JSON object of claims, got {type(data).__name__}.")
    return {claim: _entry(path, claim, data[claim]) for claim in sorted(data)}


def _text(path: Path) -> str | None:
    """What the file says, None if there is none. A device is not read: it may have no end, a pipe no beginning."""
    try:
        with open(os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise LockError(f"the lock {path} cannot be read: it is no file. Give --lock another path.")
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise LockError(
                f"the lock {path} cannot be read: it is larger than {LARGEST >> 20} MiB. Give another path."
            )
        return raw.decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise LockError(f"the lock {path} cannot be read: {why}. Give --lock another path.") from error


def refuse_foreign(lock: Lock, papers: Mapping[str, str], path: Path) -> None:
    """Refuse a lock that knows neither a claim nor a paper of those at hand.

    Args:
        lock: What it says.
        papers: Claim id -> paper.
        path: Where it lies.

    Raises:
        LockError: it is another project's.
    """
    if lock and not set(lock) & set(papers) and not set(papers.values()) & {entry.paper for entry in lock.values()}:
        raise LockError(
            f"the lock {path} is about other claims ({', '.join(list(lock)[:3])}, ...). "
            "Name the lock of these with --lock; or, where those claims are gone, delete that file and let "
            "`driftproof verify --update-lock` write it anew."
        )


def refuse_no_place(path: Path) -> None:
    """Before anything is judged: refuse a lock that could not be written in the end.

    Raises:
        LockError: its folder is missing, or nothing may be written there.
    """
    if not path.parent.is_dir():
        raise LockError(f"the lock {path} cannot be written: there is no folder {path.parent}. Make it first.")
    if not os.access(path.parent, os.W_OK):
        raise LockError(f"the lock {path} cannot be written: Permission denied. Give --lock another path.")


def write_lock(path: Path, lock: Mapping[str, Entry]) -> None:
    """Write ``lock`` to ``path`` in one stroke: a killed write leaves the old file.

    Raises:
        LockError: ``path`` cannot be written.
    """
    lines = (f"{json.dumps(claim)}: {json.dumps(lock[claim].to_json(), ensure_ascii=False)}" for claim in sorted(lock))
    try:
        write_whole(path, "{\n" + ",\n".join(lines) + "\n}\n")
    except FileError as error:
        raise LockError(f"the lock cannot be written: {error}") from error
    except OSError as error:
        raise LockError(f"the lock {path} cannot be written: {error.strerror}.") from error


def compare(
    lock: Mapping[str, Entry],
    found: Mapping[str, Entry],
    *,
    gone: Collection[str] = (),
    out_of_time: Collection[str] = (),
) -> list[Difference]:
    """Where ``found`` differs from ``lock``, by claim id.

    Args:
        lock: What is committed.
        found: What a run says about the claims it looked at.
        gone: Ids in the lock that are no claims any more. A run over some claims says nothing about the rest.
        out_of_time: Ids of claims that a task did not answer about within its time limit. What such a run could not
            find out is no change of the claim; see :attr:`Difference.unfinished`.
    """
    differences = [Difference(claim, "claim is gone", lock[claim], None) for claim in gone if claim in lock]
    for claim, entry in found.items():
        locked = lock.get(claim)
        change = "claim is not in the lock" if locked is None else _change(locked, entry)
        if change is not None and claim in out_of_time and _says_less(locked, entry):
            change = OUT_OF_TIME
        if change is not None:
            differences.append(Difference(claim, change, locked, entry))
    return sorted(differences, key=lambda difference: difference.claim)


def _says_less(locked: Entry | None, found: Entry) -> bool:
    """Whether all that ``found`` has over against the lock is something missing, as a run without an answer has."""
    if found.verdict == Verdict.UNDECIDED.name:
        return True
    if locked is None or found.verdict != locked.verdict:
        return False
    return set(found.evidence) <= set(locked.evidence) and found.corrected in (None, locked.corrected)


def _change(locked: Entry, found: Entry) -> str | None:
    if locked.verdict != found.verdict:
        return "verdict changed"
    if locked.evidence != found.evidence:
        before, after = _rank(locked.evidence), _rank(found.evidence)
        return (
            "evidence weakened" if after > before else "evidence strengthened" if after < before else "evidence changed"
        )
    if locked.grade != found.grade:
        return "grade changed"
    if locked.source != found.source:
        return "source changed"
    if locked.corrected != found.corrected:
        return "corrected form changed"
    return "paper changed" if locked.paper != found.paper else None


def _rank(evidence: tuple[str, ...]) -> tuple[int, int]:
    """Smaller is stronger: the weakest kind decides, then the strongest."""
    ranks = [_RANKS.get(name, len(_RANKS)) for name in evidence] or [len(_RANKS)]
    return max(ranks), min(ranks)


def _words(entry: Entry | None, change: str) -> str:
    if entry is None:
        return "nothing"
    if change == "corrected form changed":
        return entry.corrected or "no corrected form"
    if change in ("paper changed", "grade changed", "source changed"):
        return str({"paper": entry.paper, "grade": entry.grade, "source": entry.source}[change.partition(" ")[0]])
    return f"{entry.verdict} ({', '.join(entry.evidence) or 'no evidence'})"


def _entry(path: Path, claim: str, data: Any) -> Entry:
    try:
        if data["verdict"] not in Verdict.__members__:
            raise LockError(
                f"the lock {path} gives {claim} the verdict {data['verdict']!r}; "
                f"it must be one of {', '.join(Verdict.__members__)}."
            )
        evidence, corrected, paper = data["evidence"], data["corrected"], data["paper"]
        texts = isinstance(evidence, list) and all(
            isinstance(text, str) for text in [*evidence, paper, corrected or ""]
        )
    except (KeyError, TypeError) as error:
        raise LockError(f"the lock {path} has no whole entry for {claim}: {error}. Restore it from git.") from error
    if not texts:
        raise LockError(f"the lock {path} has something else than texts in the entry for {claim}. Restore it from git.")
    return Entry(data["verdict"], tuple(evidence), corrected, paper, data.get("source", "PAGE"), data.get("grade"))


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} appears twice")
    return found
