"""The store: one SQLite file that keeps every finished computation.

A run that is killed loses at most what was in flight. The coordinator of a run is the only writer. Values are
JSON, whose numbers Python writes and reads without loss; there is no pickle on disk. Each result is its own
transaction.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from verification.errors import StoreError
from verification.run.settings import STORE_PATH
from verification.run.task import Result, Status, Task
from verification.verdict import ClaimVerdict

SCHEMA = 1
"""Version of the tables below; a file of a later version is refused."""

_TABLES = """
CREATE TABLE meta (schema_version INTEGER NOT NULL);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, started TEXT NOT NULL, ended TEXT, command TEXT NOT NULL, versions TEXT NOT NULL,
    outcome TEXT
);
CREATE TABLE results (
    key TEXT PRIMARY KEY, claim TEXT NOT NULL, label TEXT NOT NULL, status TEXT NOT NULL,
    value TEXT NOT NULL, message TEXT NOT NULL, seconds REAL NOT NULL, created TEXT NOT NULL
);
CREATE INDEX results_by_claim ON results (claim);
CREATE TABLE durations (claim TEXT NOT NULL, label TEXT NOT NULL, seconds REAL NOT NULL, PRIMARY KEY (claim, label));
CREATE TABLE verdicts (
    claim TEXT PRIMARY KEY, verdict TEXT NOT NULL, tasks TEXT NOT NULL, fingerprint TEXT NOT NULL,
    seconds REAL NOT NULL, created TEXT NOT NULL
);
CREATE TABLE incidents (
    id INTEGER PRIMARY KEY, claim TEXT NOT NULL, label TEXT NOT NULL, kind TEXT NOT NULL,
    message TEXT NOT NULL, detail TEXT NOT NULL, created TEXT NOT NULL
);
"""

_FINISHED = "Every result finished so far is kept."
_SENTENCES = {
    sqlite3.SQLITE_NOTADB: "{path} is not a driftproof store. Give --store another path.",
    sqlite3.SQLITE_CORRUPT: "the store {path} is damaged. Move it away, or give --store another path.",
    sqlite3.SQLITE_FULL: f"the disk that holds {{path}} is full. {_FINISHED} Free some space and run the same command.",
    sqlite3.SQLITE_IOERR: f"{{path}} cannot be read or written (full or failing disk). {_FINISHED} "
    "Free some space and run the same command.",
    sqlite3.SQLITE_READONLY: "the store {path} is read-only. Give --store a path that can be written.",
    sqlite3.SQLITE_CANTOPEN: "{path} cannot be opened. Give --store a path in a directory that can be written.",
    sqlite3.SQLITE_BUSY: "the store {path} is locked by another program. Wait for it, or give --store another path.",
}


@dataclass(frozen=True)
class StoredResult:
    """A result with its origin.

    Attributes:
        key: Key of its task.
        claim: Claim id.
        label: What was computed.
        result: How it ended, with its value.
        seconds: Wall-clock time it took.
        created: When it was recorded, UTC.
    """

    key: str
    claim: str
    label: str
    result: Result
    seconds: float
    created: str


@dataclass(frozen=True)
class StoredVerdict:
    """A claim's verdict with the tasks it rests on.

    Attributes:
        verdict: The verdict.
        tasks: Keys of the tasks behind it, in the order in which they were asked for.
        fingerprint: Hash of those keys and of how each task ended.
        seconds: Computing time of those tasks together.
        created: When it was recorded, UTC.
    """

    verdict: ClaimVerdict
    tasks: tuple[str, ...]
    fingerprint: str
    seconds: float
    created: str


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

    Args:
        path: The file; it and its directory are created if missing.
        read_only: Open an existing store beside a run that may be writing it.

    Raises:
        StoreError: another run holds it, a newer driftproof wrote it, it is damaged or something else
            altogether, or the path cannot be used.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as directory, Store(Path(directory) / "run.db") as store:
        ...     store.record_result(Task("SC-001", "third", "m:f", {}), Result(Status.DONE, 1 / 3), seconds=0.5)
        ...     [stored.result.value for stored in store.results("SC-001").values()]
        [0.3333333333333333]
    """

    def __init__(self, path: Path | str = STORE_PATH, *, read_only: bool = False) -> None:
        self.path = Path(path)
        self._lock: int | None = None
        if read_only:
            if not self.path.is_file():
                raise StoreError(f"there is no store at {self.path}. Run `driftproof verify` first.")
        else:
            self._lock = _exclusive_lock(self.path)
        try:
            with self._sentences():
                self._connection = self._connect(read_only)
        except BaseException:
            self._release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file and let other runs have it."""
        self._connection.close()
        self._release()

    def _release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _connect(self, read_only: bool) -> sqlite3.Connection:
        uri = f"{self.path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}"
        connection = sqlite3.connect(uri, uri=True, timeout=10.0, isolation_level=None)
        try:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if tables:
                self._check_schema(connection, tables)
            elif read_only:
                raise StoreError(f"the store {self.path} is empty. Run `driftproof verify` first.")
            if not read_only:
                _make_durable(connection)
                if not tables:
                    connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} INSERT INTO meta VALUES ({SCHEMA}); COMMIT;")
        except BaseException:
            connection.close()
            raise
        return connection

    def _check_schema(self, connection: sqlite3.Connection, tables: set[str]) -> None:
        if not {"meta", "results", "verdicts"} <= tables:
            raise StoreError(f"{self.path} is a database, but not a driftproof store. Give --store another path.")
        (found,) = connection.execute("SELECT max(schema_version) FROM meta").fetchone()
        if not isinstance(found, int) or found < SCHEMA:
            raise StoreError(
                f"{self.path} was written by an older driftproof (schema {found}, this one reads {SCHEMA}): "
                "give --store another path."
            )
        if found > SCHEMA:
            raise StoreError(
                f"{self.path} was written by a newer driftproof (schema {found}, this one reads {SCHEMA}): "
                "update or give --store another path."
            )

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        """Turn what SQLite reports into one sentence of ours."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            sentence = _SENTENCES.get(code, "the store {path} cannot be used: " + str(error) + ".")
            raise StoreError(sentence.format(path=self.path)) from error

    def _execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._sentences():
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._sentences():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                # SQLite itself rolls back on a full disk, and a second ROLLBACK would hide the reason.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def record_result(self, task: Task, result: Result, *, seconds: float) -> None:
        """Keep how ``task`` ended. A DONE result is never replaced; any other gives way to a later attempt."""
        value = encode(result.value)
        with self._transaction():
            self._execute(
                "INSERT INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO UPDATE SET "
                "status = excluded.status, value = excluded.value, message = excluded.message, "
                "seconds = excluded.seconds, created = excluded.created WHERE results.status <> 'DONE'",
                (task.key, task.claim, task.label, result.status.name, value, result.message, seconds, _now()),
            )
            self._execute("INSERT OR REPLACE INTO durations VALUES (?, ?, ?)", (task.claim, task.label, seconds))

    def result(self, key: str) -> StoredResult | None:
        """The result of the task with this key, if it is there."""
        rows = self._execute("SELECT * FROM results WHERE key = ?", (key,))
        return _stored_result(rows[0]) if rows else None

    def results(self, claim: str) -> dict[str, StoredResult]:
        """All results of a claim by task key, also those that no present verdict rests on."""
        rows = self._execute("SELECT * FROM results WHERE claim = ? ORDER BY label, key", (claim,))
        return {row[0]: _stored_result(row) for row in rows}

    def durations(self) -> dict[tuple[str, str], float]:
        """Seconds that each (claim, label) took the last time, also before ``forget``."""
        return {(claim, label): seconds for claim, label, seconds in self._execute("SELECT * FROM durations")}

    def record_verdict(self, verdict: ClaimVerdict, tasks: Sequence[str], *, seconds: float) -> None:
        """Keep a claim's verdict and the keys of the tasks it rests on, in place of an earlier one."""
        text = encode(verdict.to_json())
        with self._transaction():
            statuses = {
                key: status
                for key, status in self._execute("SELECT key, status FROM results WHERE claim = ?", (verdict.claim,))
            }
            rests_on = encode([[key, statuses.get(key)] for key in tasks])
            self._execute(
                "INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?, ?)",
                (
                    verdict.claim,
                    text,
                    encode(list(tasks)),
                    hashlib.sha256(rests_on.encode()).hexdigest(),
                    seconds,
                    _now(),
                ),
            )

    def verdicts(self) -> dict[str, StoredVerdict]:
        """The verdicts by claim id, sorted."""
        return {
            claim: StoredVerdict(ClaimVerdict.from_json(json.loads(text)), tuple(json.loads(tasks)), *rest)
            for claim, text, tasks, *rest in self._execute("SELECT * FROM verdicts ORDER BY claim")
        }

    def forget(self, claims: Iterable[str]) -> None:
        """Drop results and verdicts of ``claims``, so that they are computed afresh."""
        with self._transaction():
            for claim in claims:
                self._execute("DELETE FROM results WHERE claim = ?", (claim,))
                self._execute("DELETE FROM verdicts WHERE claim = ?", (claim,))

    def record_incident(self, claim: str, label: str, kind: str, message: str, detail: str = "") -> None:
        """Keep something that went wrong: a crash, an error, a lost worker."""
        with self._transaction():
            self._execute(
                "INSERT INTO incidents (claim, label, kind, message, detail, created) VALUES (?, ?, ?, ?, ?, ?)",
                (claim, label, kind, message, detail, _now()),
            )

    def incidents(self) -> list[Incident]:
        """What went wrong, oldest first."""
        rows = self._execute("SELECT claim, label, kind, message, detail, created FROM incidents ORDER BY id")
        return [Incident(*row) for row in rows]

    def begin_run(self, command: Sequence[str], versions: dict[str, str]) -> int:
        """Note that a run begins; the answer is its number."""
        with self._transaction():
            rows = self._execute(
                "INSERT INTO runs (started, command, versions) VALUES (?, ?, ?) RETURNING id",
                (_now(), encode(list(command)), encode(versions)),
            )
        return rows[0][0]

    def end_run(self, run: int, outcome: str) -> None:
        """Note how a run ended."""
        with self._transaction():
            self._execute("UPDATE runs SET ended = ?, outcome = ? WHERE id = ?", (_now(), outcome, run))

    def runs(self) -> list[dict[str, Any]]:
        """The runs, oldest first: ``id``, ``started``, ``ended``, ``command``, ``versions``, ``outcome``."""
        names = ("id", "started", "ended", "command", "versions", "outcome")
        rows = [dict(zip(names, row, strict=True)) for row in self._execute("SELECT * FROM runs ORDER BY id")]
        return [row | {"command": json.loads(row["command"]), "versions": json.loads(row["versions"])} for row in rows]


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


def _stored_result(row: tuple[Any, ...]) -> StoredResult:
    key, claim, label, status, value, message, seconds, created = row
    return StoredResult(key, claim, label, Result(Status[status], json.loads(value), message), seconds, created)


def _make_durable(connection: sqlite3.Connection) -> None:
    """Write-ahead log where the file system has it; the slower rollback journal, synced in full, elsewhere."""
    try:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    except sqlite3.OperationalError:
        (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    connection.execute(f"PRAGMA synchronous = {'NORMAL' if mode == 'wal' else 'FULL'}")


def _exclusive_lock(path: Path) -> int:
    """An open descriptor whose lock says that a run is writing ``path``; the kernel frees it when the run dies."""
    lock = path.with_name(path.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise StoreError(
            f"the store {path} cannot be written ({error.strerror}). "
            "Give --store a path in a directory that can be written."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StoreError(
            f"another run is writing the store {path}. Wait for it, or give --store another path."
        ) from None
    except OSError:
        pass  # A file system without locks: SQLite's own locks still keep the file whole.
    return descriptor


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
