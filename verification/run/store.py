"""The store: one SQLite file that keeps every finished computation.

A run that is killed loses at most what was in flight. The coordinator of a run is the only writer. Values are
JSON, whose numbers Python writes and reads without loss; there is no pickle on disk. Each result is its own
transaction.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from verification.errors import StoreError
from verification.run.database import SCHEMA, is_whole, open_for_reading, open_for_writing, sealed, sentences
from verification.run.settings import STORE_PATH
from verification.run.task import Result, Status, Task
from verification.verdict import ClaimVerdict

__all__ = ["SCHEMA", "Incident", "Store", "StoredResult", "StoredVerdict", "canonical_json", "encode"]

T = TypeVar("T")


@dataclass(frozen=True)
class StoredResult:
    """A result with its origin.

    Attributes:
        key: Key of its task.
        claim: Claim id.
        label: What was computed.
        result: How it ended, with its value.
        seconds: Wall-clock time it took; of one out of time the processor time that it had, 0 if it got none.
        created: When it was recorded, UTC.
        code: Fingerprint of the code that computed it.
    """

    key: str
    claim: str
    label: str
    result: Result
    seconds: float
    created: str
    code: str

    def stands(self, time_limit: float | None) -> bool:
        """Whether it is done, or known not to come in ``time_limit`` seconds of processor time; None asks again."""
        if self.result.status is Status.TIMED_OUT:
            return time_limit is not None and self.seconds >= time_limit
        return self.result.status is Status.DONE


@dataclass(frozen=True)
class StoredVerdict:
    """A claim's verdict with the tasks it rests on.

    Attributes:
        verdict: The verdict.
        tasks: Keys of the tasks behind it, in the order in which they were asked for.
        fingerprint: Hash of those keys and of how each task ended.
        seconds: Computing time of those tasks together.
        created: When it was recorded, UTC.
        basis: Hash of everything that decided which tasks were asked for and what they meant; "" where one of them
            did not end.
    """

    verdict: ClaimVerdict
    tasks: tuple[str, ...]
    fingerprint: str
    seconds: float
    created: str
    basis: str = ""


@dataclass(frozen=True)
class Incident:
    """Something that went wrong and that a reader may want to look into."""

    claim: str
    label: str
    kind: str
    message: str
    detail: str
    created: str


class Store:
    """An open store. A context manager; ``Store(path)`` writes, ``Store(path, read_only=True)`` only looks.

    A row that cannot be read, because a bit in it has flipped or an unknown version wrote it, is as good as missing:
    its task is computed again. ``damage`` says in one sentence what was lost.

    Args:
        path: The file, made if missing; its folder is made only if it is driftproof's own.
        read_only: Open an existing store beside a run that may be writing it.

    Raises:
        StoreError: another run holds it, a newer driftproof wrote it, it is damaged beyond reading or something
            else altogether, or the path cannot be used.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as directory, Store(Path(directory) / "run.db") as store:
        ...     store.record_result(Task("SC-001", "third", "m:f", {}), Result(Status.DONE, 1 / 3), seconds=0.5)
        ...     [stored.result.value for stored in store.results("SC-001").values()]
        [0.3333333333333333]
    """

    def __init__(self, path: Path | str = STORE_PATH, *, read_only: bool = False) -> None:
        self.path, self.read_only = Path(path), read_only
        self._database = (open_for_reading if read_only else open_for_writing)(self.path)
        self._connection = self._database.connection
        self._unreadable: set[tuple[str, str]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let other runs have it."""
        self._database.close()

    @property
    def damage(self) -> str | None:
        """What of the file could not be read so far, in one sentence."""
        rows = len(self._unreadable)
        lost = (
            f"{rows} damaged {'row' if rows == 1 else 'rows'} of the store {self.path} passed over." if rows else None
        )
        return " ".join(sentence for sentence in (self._database.remark, lost) if sentence) or None

    def _execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with sentences(self.path):
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with sentences(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # SQLite itself rolls back on a full disk, and a second ROLLBACK would hide the reason.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def _put(self, table: str, *values: Any) -> None:
        """Write a row, in place of an earlier one with its key."""
        row = sealed(table, values)
        self._execute(f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * len(row))})", row)

    def _rows(self, table: str, end: str = "", values: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        """The whole rows of a table, without their seals."""
        for row in self._execute(f"SELECT * FROM {table} {end}", values):
            if is_whole(table, row):
                yield row[:-1]
            else:
                self._unreadable.add((table, str(row[0])))

    def _read(self, table: str, row: tuple[Any, ...], read: Callable[..., T]) -> T | None:
        """What ``read`` makes of a row; None if it knows no such words."""
        try:
            return read(*row)
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
            self._unreadable.add((table, str(row[0])))
            return None

    def record_result(self, task: Task, result: Result, *, seconds: float) -> None:
        """Keep how ``task`` ended. A DONE result is never replaced; any other gives way to a later attempt."""
        value = encode(result.value)
        with self._transaction():
            kept = self.result(task.key)
            if kept is None or kept.result.status is not Status.DONE:
                origin = (task.key, task.claim, task.label, result.status.name)
                rest = (value, result.message, float(seconds), _now(), task.fingerprint)
                self._put("results", *origin, *rest)
            self._put("durations", task.claim, task.label, float(seconds))

    def result(self, key: str) -> StoredResult | None:
        """The result of the task with this key, if it is there and whole."""
        rows = [row for row in self._rows("results", "WHERE key = ?", (key,)) if row[0] == key]
        return self._read("results", rows[0], _stored_result) if rows else None

    def results(self, claim: str) -> dict[str, StoredResult]:
        """All results of a claim by task key, also those that no present verdict rests on."""
        rows = self._rows("results", "WHERE claim = ? ORDER BY label, key", (claim,))
        read = [self._read("results", row, _stored_result) for row in rows if row[1] == claim]
        return {stored.key: stored for stored in read if stored is not None}

    def durations(self) -> dict[tuple[str, str], float]:
        """Seconds that each (claim, label) took the last time, also before ``forget``."""
        return {(claim, label): seconds for claim, label, seconds in self._rows("durations")}

    def record_verdict(self, verdict: ClaimVerdict, tasks: Sequence[str], *, seconds: float, basis: str = "") -> None:
        """Keep a claim's verdict and the keys of the tasks it rests on, in place of an earlier one.

        Args:
            verdict: The verdict.
            tasks: Keys of the tasks, in the order in which they were asked for.
            seconds: Their computing time.
            basis: What the verdict stands for as long as it is the same; dropped where a task did not end.
        """
        text = encode(verdict.to_json())
        with self._transaction():
            statuses = {key: stored.result.status.name for key, stored in self.results(verdict.claim).items()}
            rests_on = encode([[key, statuses.get(key)] for key in tasks])
            fingerprint = hashlib.sha256(rests_on.encode()).hexdigest()
            basis = basis if all(statuses.get(key) == Status.DONE.name for key in tasks) else ""
            self._put("verdicts", verdict.claim, text, encode(list(tasks)), fingerprint, float(seconds), _now(), basis)

    def standing(self, claim: str, basis: str) -> StoredVerdict | None:
        """The verdict on a claim, if it was reached on this basis and every result behind it is still whole."""
        rows = [row for row in self._rows("verdicts", "WHERE claim = ?", (claim,)) if row[0] == claim]
        stored = self._read("verdicts", rows[0], _stored_verdict) if rows and basis else None
        if stored is None or stored.basis != basis:
            return None
        results = self.results(claim)
        done = (key in results and results[key].result.status is Status.DONE for key in stored.tasks)
        return stored if all(done) else None

    def verdicts(self) -> dict[str, StoredVerdict]:
        """The verdicts by claim id, sorted."""
        read = {
            row[0]: self._read("verdicts", row, _stored_verdict) for row in self._rows("verdicts", "ORDER BY claim")
        }
        return {claim: stored for claim, stored in read.items() if stored is not None}

    def record_markup(self, claim: str, basis: str, markup: Any) -> None:
        """Keep what the report says of a claim, JSON, which is right as long as its ``basis`` is the same."""
        with self._transaction():
            self._put("markups", claim, basis, encode(markup))

    def markup(self, claim: str, basis: str) -> Any:
        """What the report said of a claim on this basis; None if nothing was kept."""
        rows = [row for row in self._rows("markups", "WHERE claim = ?", (claim,)) if row[:2] == (claim, basis)]
        return self._read("markups", rows[0], lambda claim, basis, markup: json.loads(markup)) if rows else None

    def forget(self, claims: Iterable[str]) -> None:
        """Drop results and verdicts of ``claims``, so that they are computed afresh."""
        with self._transaction():
            for claim in claims:
                for table in ("results", "verdicts", "markups"):
                    self._execute(f"DELETE FROM {table} WHERE claim = ?", (claim,))

    def record_incident(self, claim: str, label: str, kind: str, message: str, detail: str = "") -> None:
        """Keep something that went wrong: a crash, an error, a lost worker."""
        with self._transaction():
            self._put("incidents", self._next("incidents"), claim, label, kind, message, detail, _now())

    def incidents(self) -> list[Incident]:
        """What went wrong, oldest first."""
        return [Incident(*row[1:]) for row in self._rows("incidents", "ORDER BY id")]

    def begin_run(self, command: Sequence[str], versions: dict[str, str]) -> int:
        """Note that a run begins; the answer is its number."""
        with self._transaction():
            number = self._next("runs")
            self._put("runs", number, _now(), None, encode(list(command)), encode(versions), None)
        return number

    def end_run(self, run: int, outcome: str) -> None:
        """Note how a run ended."""
        with self._transaction():
            for number, started, _, command, versions, _ in self._rows("runs", "WHERE id = ?", (run,)):
                self._put("runs", number, started, _now(), command, versions, outcome)

    def runs(self) -> list[dict[str, Any]]:
        """The runs, oldest first: ``id``, ``started``, ``ended``, ``command``, ``versions``, ``outcome``."""
        read = [self._read("runs", row, _stored_run) for row in self._rows("runs", "ORDER BY id")]
        return [run for run in read if run is not None]

    def _next(self, table: str) -> int:
        ((number,),) = self._execute(f"SELECT coalesce(max(id), 0) + 1 FROM {table}")
        return number


def canonical_json(store: Store) -> str:
    """All verdicts as JSON text, one claim a line, ids and names sorted, without times.

    A run that was killed and resumed gives the same bytes as one that was left in peace.
    """
    lines = (
        f"{json.dumps(claim)}: {json.dumps(stored.verdict.to_json(), sort_keys=True, allow_nan=False)}"
        for claim, stored in store.verdicts().items()
    )
    return "{\n" + ",\n".join(lines) + "\n}\n"


def encode(value: Any) -> str:
    """``value`` as JSON text.

    Raises:
        StoreError: ``value`` holds something that JSON has no word for, such as NaN or an array.
    """
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":"))
    except (TypeError, ValueError) as error:
        raise StoreError(
            f"a value must be JSON without NaN and infinities: {error}. Return numbers, texts, lists and mappings."
        ) from error


def _stored_result(
    key: str, claim: str, label: str, status: str, value: str, message: str, seconds: float, created: str, code: str
) -> StoredResult:
    return StoredResult(key, claim, label, Result(Status[status], json.loads(value), message), seconds, created, code)


def _stored_verdict(
    claim: str, verdict: str, tasks: str, fingerprint: str, seconds: float, created: str, basis: str
) -> StoredVerdict:
    judged = ClaimVerdict.from_json(json.loads(verdict))
    return StoredVerdict(judged, tuple(json.loads(tasks)), fingerprint, seconds, created, basis)


def _stored_run(
    id: int, started: str, ended: str | None, command: str, versions: str, outcome: str | None
) -> dict[str, Any]:
    read = {"command": json.loads(command), "versions": json.loads(versions), "outcome": outcome}
    return {"id": id, "started": started, "ended": ended} | read


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
