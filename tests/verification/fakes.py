"""Small investigations and the tasks they ask for.

Sums, whose verdict shows any value that is lost, doubled or altered; tasks that go wrong in every way.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theory.errors import KernelDisagreementError
from verification import registry
from verification.run.task import Result, Status, Task
from verification.verdict import ClaimVerdict, Finding, Outcome, StatementVerdict, Verdict


def third(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A number that JSON keeps only if floats are exact, after ``seconds``.

    Notes itself in the directory ``trace``; with a directory ``marks``, costs two workers before it comes through.
    """
    if "trace" in arguments:
        with open(Path(arguments["trace"]) / f"{arguments['n']}", "a") as trace:
            trace.write("x")
    if "marks" in arguments:
        mark = Path(arguments["marks"]) / f"{arguments['n']}"
        with mark.open("a") as attempts:
            attempts.write("x")
        if len(mark.read_text()) < 3:
            os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(arguments.get("seconds", 0.0))
    return {"third": arguments["n"] / 3, "pair": (arguments["n"], str(arguments["n"]))}


def raise_error(arguments: Mapping[str, Any]) -> None:
    """Raise with a message of two lines."""
    raise ZeroDivisionError("the first line\nthe second line")


def disagree(arguments: Mapping[str, Any]) -> None:
    """Find two kernels at odds, unless the file ``mended`` is there."""
    if not Path(arguments["mended"]).exists():
        raise KernelDisagreementError.about("x - y", "one finds 0", "the other 1")


def leave(arguments: Mapping[str, Any]) -> None:
    """End the interpreter in the way a script does."""
    sys.exit(3)


def not_a_number(arguments: Mapping[str, Any]) -> float:
    """Return what JSON has no word for."""
    return float("nan")


def die(arguments: Mapping[str, Any]) -> None:
    """End this worker as the system's out-of-memory killer would."""
    os.kill(os.getpid(), signal.SIGKILL)


def end_at_once(calls: object, lifeline: object) -> None:
    """A worker that ends before it is ready."""
    os._exit(7)


def die_once(arguments: Mapping[str, Any]) -> str:
    """End this worker the first time, answer the second."""
    mark = Path(arguments["mark"])
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return "survived"


def hog(arguments: Mapping[str, Any]) -> int:
    """Ask for ``bytes`` at once."""
    return len(bytearray(arguments["bytes"]))


def wait_forever(arguments: Mapping[str, Any]) -> None:
    """Never return."""
    while True:
        time.sleep(60)


def spin_in_c(arguments: Mapping[str, Any]) -> None:
    """Sit in one call into C that holds the interpreter for minutes."""
    pow(3, 10**9)


def process_id(arguments: Mapping[str, Any]) -> int:
    """Number of the worker process."""
    return os.getpid()


def loaded_modules(arguments: Mapping[str, Any]) -> list[str]:
    """Names of the modules that are imported."""
    return sorted(sys.modules)


def thread_limits(arguments: Mapping[str, Any]) -> list[str | None]:
    """What numerical libraries are told about threads."""
    return [os.environ.get(f"{name}_NUM_THREADS") for name in ("OMP", "MKL", "OPENBLAS")]


def task(name: str, label: str = "task", *, claim: str = "SC-001", limit: float = 60.0, **arguments: Any) -> Task:
    """The task that runs the function ``name`` of this module."""
    return Task(claim, label, f"tests.verification.fakes:{name}", arguments, time_limit=limit)


@dataclass(frozen=True)
class Sum:
    """Two stages of ``n`` tasks; the second asks with the first's values, the verdict shows every value in order."""

    claim_id: str
    n: int = 4
    seconds: float = 0.0
    trace: str | None = None
    marks: str | None = None
    limit: float = 60.0
    basis: str = ""

    def _stage(self, stage: int, values: list[float]) -> list[Task]:
        paths = {"trace": self.trace, "marks": self.marks}
        extra: dict[str, Any] = {"seconds": self.seconds} | {name: path for name, path in paths.items() if path}
        start = 1000 * int(self.claim_id.split("-")[1]) + 100 * stage
        return [
            task("third", f"{stage}/{i}", claim=self.claim_id, limit=self.limit, n=start + i, values=values, **extra)
            for i in range(self.n)
        ]

    def next_tasks(self, results: Mapping[str, Result]) -> list[Task]:
        first = self._stage(0, [])
        if not all(task.key in results for task in first):
            return [task for task in first if task.key not in results]
        second = self._stage(1, [results[task.key].value["third"] for task in first if results[task.key].value])
        return [task for task in second if task.key not in results]

    def conclude(self, results: Mapping[str, Result]) -> ClaimVerdict:
        done = all(result.status is Status.DONE for result in results.values())
        outcome = Outcome.PROVED if done else Outcome.UNDECIDED
        # A list and a tuple write the same JSON, so that only their names betray a value that did not go through it.
        kinds = [type(result.value["pair"]).__name__ for result in results.values() if result.value]
        numbers = {"in order": [[key, result.value] for key, result in results.items()], "kinds": kinds}
        finding = Finding(outcome, "the numbers arrived" if done else "a task has no value", numbers=numbers)
        statement = StatementVerdict(
            "sum", Verdict.HOLDS if done else Verdict.UNDECIDED, {"sum": finding}, {}, {"off by one": "sum"}
        )
        return ClaimVerdict(
            self.claim_id, statement.verdict, (outcome.name,), f"sum: {finding.reason}", None, (statement,)
        )


@dataclass(frozen=True)
class Single:
    """One task that may go wrong; undecided if it does."""

    claim_id: str
    function: str
    limit: float = 60.0
    arguments: tuple[tuple[str, Any], ...] = ()
    basis: str = ""

    def next_tasks(self, results: Mapping[str, Result]) -> list[Task]:
        return [] if results else [task(self.function, claim=self.claim_id, limit=self.limit, **dict(self.arguments))]

    def conclude(self, results: Mapping[str, Result]) -> ClaimVerdict:
        (result,) = results.values()
        verdict = Verdict.HOLDS if result.status is Status.DONE else Verdict.UNDECIDED
        statements = (StatementVerdict("single", verdict, {}, {}, {}),)
        reason = f"{result.status.name}: {result.message}"
        return ClaimVerdict(self.claim_id, verdict, ("UNDECIDED",), reason, None, statements)


@dataclass(frozen=True)
class Broken:
    """An investigation with a fault of its own."""

    claim_id: str
    basis: str = ""

    def next_tasks(self, results: Mapping[str, Result]) -> list[Task]:
        raise KeyError("no such statement")

    def conclude(self, results: Mapping[str, Result]) -> ClaimVerdict:
        raise AssertionError("never asked")


CLAIMS = [f"SC-{n:03d}" for n in range(1, 7)]


def sums(**options: Any) -> list[Sum]:
    """Six investigations of eight tasks each."""
    return [Sum(claim, **options) for claim in CLAIMS]


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie does not)."""
    answer = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return bool(answer.stdout.strip()) and not answer.stdout.startswith("Z")


def gone_within(pids: list[int], seconds: float) -> bool:
    """Whether all processes have ended before ``seconds`` are over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not any(alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


@dataclass(frozen=True)
class Catalogue:
    """Six claims of two papers, in place of the real ones; ``odd`` says which function SC-002 runs instead of a sum."""

    odd: str | None = None
    seconds: float = 0.0

    def listed(self, sources: object = None) -> registry.Catalogue:
        """What ``registry.catalogue`` returns."""
        entries = [
            registry.Listed(
                id=claim,
                paper="first_paper" if n < 4 else "second_paper",
                where=f"Eq. ({n})",
                title=f"Sum {n}",
                source="PAGE",
                grade="",
                module="tests.verification.fakes",
                home=Path(__file__).parents[2],
                file=Path(__file__),
                line=n,
            )
            for n, claim in enumerate(CLAIMS)
        ]
        return registry.Catalogue({entry.id: entry for entry in entries})

    def investigations(
        self, known: registry.Catalogue, ids: Iterable[str], *, resolution: float, verdicts: object = None
    ) -> list[Any]:
        """What ``investigation.investigations`` returns."""
        odd = {} if self.odd is None else {"SC-002": Single("SC-002", self.odd)}
        return [odd.get(id, Sum(id, n=2, seconds=self.seconds)) for id in ids]

    def main(self, *argv: str) -> int:
        """The command line over this catalogue, with a lock in the current folder."""
        from verification import cli, investigation, sources

        registry.catalogue, investigation.investigations = self.listed, self.investigations
        sources._built_in_lock = lambda here: here / sources.LOCK_NAME
        return cli.main(argv)
