"""Units of work: what a check asks to have computed, in a form that any executor can carry and the store can keep.

A task is JSON all through. Its key is the hash of everything its result depends on, so that a finished
task is never computed twice and a retried one is the same task.
"""

from __future__ import annotations

import enum
import hashlib
import importlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from theory.argument_kinds import TEXT, ArgumentKind, one_of
from verification.arguments import JSON, NOT_NEGATIVE, of_kind
from verification.verdict import ClaimVerdict

_ARGUMENTS = ArgumentKind("a mapping that is JSON", lambda value: isinstance(value, Mapping) and JSON.admits(value))


@dataclass(frozen=True)
class Task:
    """One computation, to be run in a worker process.

    Attributes:
        claim: Claim id the task belongs to.
        label: What it computes, for progress lines and incident reports, e.g. ``density/symbolic/printed``.
        function: Dotted path ``package.module:name`` of a top-level function of one mapping, returning JSON.
        arguments: Its argument; JSON.
        time_limit: Seconds of processor time after which the worker is killed.
        memory_limit: Bytes of address space beyond what the worker holds at start.
        fingerprint: Hash of the code and the claim text the result depends on; the worker compares it with what it
            imported.
        home: Folder on ``sys.path`` from which the claim's module is imported; no part of the key, since results do
            not depend on where a project lies.
    """

    claim: str
    label: str
    function: str
    arguments: Mapping[str, Any]
    time_limit: float = 120.0
    memory_limit: int = 4 << 30
    fingerprint: str = ""
    home: str = ""
    key: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("claim", "label", "function", "fingerprint", "home"):
            of_kind(TEXT, getattr(self, name), name)
        of_kind(_ARGUMENTS, self.arguments, "arguments")
        of_kind(NOT_NEGATIVE, self.time_limit, "time_limit")
        of_kind(NOT_NEGATIVE, self.memory_limit, "memory_limit")
        identity = [self.claim, self.label, self.function, self.arguments, self.fingerprint]
        text = json.dumps(identity, sort_keys=True, allow_nan=False)
        object.__setattr__(self, "key", hashlib.sha256(text.encode()).hexdigest())

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Task) and self.key == other.key


class Status(enum.Enum):
    """How a task ended. Only DONE carries a value; DISAGREED ends the run, all else makes its check UNDECIDED."""

    DONE = "done"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    CRASHED = "its worker died three times"
    FAILED = "raised an error"
    DISAGREED = "two kernels disagreed"


_STATUS = one_of(Status, needed="a Status")


@dataclass(frozen=True)
class Result:
    """How a task ended and what it returned.

    Attributes:
        status: One of :class:`Status`.
        value: What the function returned, for DONE; JSON.
        message: One sentence for every other status.
    """

    status: Status
    value: Any = None
    message: str = ""

    def __post_init__(self) -> None:
        of_kind(_STATUS, self.status, "status")
        of_kind(TEXT, self.message, "message")


def execute(function: str, arguments: Mapping[str, Any]) -> Any:
    """Import ``package.module:name`` and call it with ``arguments``. Runs inside a worker."""
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)(arguments)


class Investigation(Protocol):
    """One claim under investigation: it asks for tasks until it can pronounce.

    The runner calls :meth:`next_tasks` with all results so far; an empty answer means that
    :meth:`conclude` can be called. Both are pure functions of the results, so that a resumed run
    ends in the same bytes.
    """

    @property
    def claim_id(self) -> str:
        """Id of the claim under investigation."""
        ...

    @property
    def basis(self) -> str:
        """Hash of all that decides which tasks are asked for and what their results mean; "" if nothing is known."""
        ...

    def next_tasks(self, results: Mapping[str, Result]) -> list[Task]:
        """Tasks still needed, given results by task key."""
        ...

    def conclude(self, results: Mapping[str, Result]) -> ClaimVerdict:
        """The verdict, given results by task key."""
        ...
