"""The SQLite file behind a store: opened by one writer at a time, checked before it is believed, rebuilt if damaged.

Every row ends in a *seal*, a hash of the row. A bit that flips in a row breaks its seal; one that flips in what
holds the rows together is found by SQLite's own check, and then whole rows are carried over into a new file.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from verification.errors import FileError, StoreError
from verification.files import ensure_folder

SCHEMA = 3
"""Version of the tables below; a later one is refused, a file of an earlier one is brought up to date."""

TABLES = """
CREATE TABLE meta (schema_version INTEGER NOT NULL);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, started TEXT NOT NULL, ended TEXT, command TEXT NOT NULL, versions TEXT NOT NULL,
    outcome TEXT, seal TEXT NOT NULL
);
CREATE TABLE results (
    key TEXT PRIMARY KEY, claim TEXT NOT NULL, label TEXT NOT NULL, status TEXT NOT NULL, value TEXT NOT NULL,
    message TEXT NOT NULL, seconds REAL NOT NULL, created TEXT NOT NULL, code TEXT NOT NULL, seal TEXT NOT NULL
);
CREATE INDEX results_by_claim ON results (claim);
CREATE TABLE durations (
    claim TEXT NOT NULL, label TEXT NOT NULL, seconds REAL NOT NULL, seal TEXT NOT NULL, PRIMARY KEY (claim, label)
);
CREATE TABLE verdicts (
    claim TEXT PRIMARY KEY, verdict TEXT NOT NULL, tasks TEXT NOT NULL, fingerprint TEXT NOT NULL,
    seconds REAL NOT NULL, created TEXT NOT NULL, basis TEXT NOT NULL, seal TEXT NOT NULL
);
CREATE TABLE markups (claim TEXT PRIMARY KEY, basis TEXT NOT NULL, markup TEXT NOT NULL, seal TEXT NOT NULL);
CREATE TABLE incidents (
    id INTEGER PRIMARY KEY, claim TEXT NOT NULL, label TEXT NOT NULL, kind TEXT NOT NULL,
    message TEXT NOT NULL, detail TEXT NOT NULL, created TEXT NOT NULL, seal TEXT NOT NULL
);
"""

SEALED = ("runs", "results", "durations", "verdicts", "markups", "incidents")

_FINISHED = "Every result finished so far is kept."
_DAMAGED = "the store {path} is damaged. Move it away, or give --store another path."
_SENTENCES = {
    sqlite3.SQLITE_NOTADB: "{path} is not a driftproof store. Give --store another path.",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_FULL: f"the disk that holds {{path}} is full. {_FINISHED} Free some space and run the same command.",
    sqlite3.SQLITE_IOERR: f"{{path}} cannot be read or written (full or failing disk). {_FINISHED} "
    "Free some space and run the same command.",
    sqlite3.SQLITE_READONLY: "the store {path} is read-only. Give --store a path that can be written.",
    sqlite3.SQLITE_CANTOPEN: "{path} cannot be opened. Give --store a path in a directory that can be written.",
    sqlite3.SQLITE_BUSY: "the store {path} is locked by another program. Wait for it, or give --store another path.",
}


@dataclass
class Database:
    """An open file.

    Attributes:
        connection: To the file, or to a copy in memory of what can be read of it.
        locks: Descriptors that keep other writers away until they are closed.
        remark: What was odd about the file, in one sentence, or None.
    """

    connection: sqlite3.Connection
    locks: list[int]
    remark: str | None = None

    def close(self) -> None:
        """Close the file, then let other writers have it.

        In this order: closing any descriptor of a file drops the locks that SQLite holds on it.
        """
        self.connection.close()
        for descriptor in self.locks:
            os.close(descriptor)
            _HELD.discard(descriptor)
        self.locks.clear()


def sealed(table: str, values: Sequence[Any]) -> tuple[Any, ...]:
    """A row as it is written: its values, texts without what UTF-8 cannot say, and their seal."""
    row = tuple(
        value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value for value in values
    )
    return (*row, seal(table, row))


def seal(table: str, row: Sequence[Any]) -> str:
    """Hash of a row and of the table it belongs to."""
    text = json.dumps([table, *row], default=repr)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def is_whole(table: str, row: Sequence[Any]) -> bool:
    """Whether the last entry of a row is the seal of the others."""
    return row[-1] == seal(table, row[:-1])


@contextlib.contextmanager
def sentences(path: Path) -> Iterator[None]:
    """Turn what SQLite reports into one sentence of ours."""
    try:
        yield
    except UnicodeDecodeError as error:  # Raised in place of an error whose words quote what is damaged.
        raise StoreError(_DAMAGED.format(path=path)) from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        sentence = _SENTENCES.get(code, "the store {path} cannot be used: " + str(error) + ".")
        raise StoreError(sentence.format(path=path)) from error


def open_for_reading(path: Path) -> Database:
    """The file as it stands, beside a run that may be writing it, also from a folder that cannot be written."""
    if not path.is_file():
        if path.exists():
            raise StoreError(f"{path} is no file. Give --store the file that `driftproof verify` wrote.")
        raise StoreError(f"there is no store at {path}. Run `driftproof verify` first.")
    with sentences(path):
        try:
            connection = _connect(path, "ro")
            tables = _tables(connection)
        except sqlite3.OperationalError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
                raise
            connection = _copy_in_memory(path)
            tables = _tables(connection)
        with _closed_on_failure(connection):
            if not tables:
                raise StoreError(f"the store {path} is empty. Run `driftproof verify` first.")
            version = _checked_version(connection, tables, path)
            if version == SCHEMA and _is_sound(connection):
                return Database(connection, [])
            memory = _new_tables(_connect(None, "memory"))
            kept = _carry_over(connection, memory, version)
        connection.close()
        remark = None if version < SCHEMA else f"the store {path} is damaged: {kept} of its rows can be read."
        return Database(memory, [], remark)


def open_for_writing(path: Path) -> Database:
    """The file, made if it is missing, and kept from other writers; a damaged one is rebuilt from its whole rows."""
    lock = _writing_lock(path)
    locks = [lock]
    try:
        with sentences(path):
            connection = _connect(path, "rw")
            with _closed_on_failure(connection):
                tables = _tables(connection)
                version = _checked_version(connection, tables, path) if tables else SCHEMA
                if tables and not (version == SCHEMA and _is_sound(connection)):
                    return _rebuilt(path, connection, locks, version)
                _make_durable(connection)
                if not tables:
                    _new_tables(connection)
            return Database(connection, locks)
    except BaseException:
        for descriptor in locks:
            os.close(descriptor)
            _HELD.discard(descriptor)
        raise


def _rebuilt(path: Path, damaged: sqlite3.Connection, locks: list[int], version: int) -> Database:
    """A new file in place of the damaged one, which keeps its content under another name."""
    path = path.resolve()  # A symbolic link stays one.
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        fresh.unlink(missing_ok=True)
        locks.append(_writing_lock(fresh))
        target = _new_tables(_connect(fresh, "rw"))
        kept = _carry_over(damaged, target, version)
        target.close()
        with contextlib.suppress(sqlite3.Error):
            damaged.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        damaged.close()
        remark = None
        if version == SCHEMA:
            aside = _free_name(path)
            os.link(path, aside)
            remark = f"the store {path} was damaged: {kept} of its rows are kept, the damaged file is now {aside}."
        os.replace(fresh, path)
        for ending in ("-wal", "-shm"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise StoreError(f"{_DAMAGED.format(path=path)} It cannot be rebuilt ({error.strerror}).") from error
    connection = _connect(path, "rw")
    _make_durable(connection)
    return Database(connection, locks, remark)


def _free_name(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    return aside


def _carry_over(source: sqlite3.Connection, target: sqlite3.Connection, version: int) -> int:
    """Copy every row that is whole; the answer is how many."""
    kept = 0
    target.execute("BEGIN")
    for table in SEALED:
        width = len(target.execute(f"PRAGMA table_info({table})").fetchall())
        place = ", ".join("?" * width)
        for order in ("ASC", "DESC"):  # From both ends up to a page that cannot be read.
            for row in _readable(source, f"SELECT * FROM {table} NOT INDEXED ORDER BY rowid {order}"):
                if version < SCHEMA:
                    row = _as_today(table, row, version)
                if len(row) == width and is_whole(table, row):
                    kept += target.execute(f"INSERT OR IGNORE INTO {table} VALUES ({place})", row).rowcount
    target.execute("COMMIT")
    return kept


def _as_today(table: str, row: tuple[Any, ...], version: int) -> tuple[Any, ...]:
    """A row of an earlier version as this one writes it, or () for one that is damaged.

    Version 1 had no seals, nor the code of a result; version 2 not what a verdict rests on.
    """
    if version == 1:
        return sealed(table, (*row, "") if table in ("results", "verdicts") else row)
    if not is_whole(table, row):
        return ()
    return sealed(table, (*row[:-1], "")) if table == "verdicts" else row


def _readable(source: sqlite3.Connection, query: str) -> Iterator[tuple[Any, ...]]:
    with contextlib.suppress(sqlite3.DatabaseError, UnicodeDecodeError):
        yield from source.execute(query)


def _connect(path: Path | None, mode: str) -> sqlite3.Connection:
    uri = "file::memory:" if path is None else f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=10.0, isolation_level=None)
    connection.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
    return connection


def _copy_in_memory(path: Path) -> sqlite3.Connection:
    """Where SQLite may not lay its own files beside the store, it reads a copy."""
    memory = _connect(None, "memory")
    with TemporaryDirectory() as folder:
        copy = Path(folder) / "copy.db"
        for ending in ("", "-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(f"{path}{ending}", f"{copy}{ending}")
        source = _connect(copy, "rw")
        source.backup(memory)
        source.close()
    return memory


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _new_tables(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.executescript(f"BEGIN IMMEDIATE; {TABLES} INSERT INTO meta VALUES ({SCHEMA}); COMMIT;")
    return connection


def _is_sound(connection: sqlite3.Connection) -> bool:
    """Whether SQLite finds every page, every index and every value where they belong."""
    try:
        return connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
    except (sqlite3.DatabaseError, UnicodeDecodeError):
        return False


def _checked_version(connection: sqlite3.Connection, tables: set[str], path: Path) -> int:
    if not {"meta", "results", "verdicts"} <= tables:
        raise StoreError(f"{path} is a database, but not a driftproof store. Give --store another path.")
    (found,) = connection.execute("SELECT max(schema_version) FROM meta").fetchone()
    if not isinstance(found, int) or not 1 <= found <= SCHEMA:
        raise StoreError(
            f"{path} was written by a newer driftproof (schema {found}, this one reads {SCHEMA}): "
            "update or give --store another path."
        )
    return found


@contextlib.contextmanager
def _closed_on_failure(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise


def _make_durable(connection: sqlite3.Connection) -> None:
    """Write-ahead log where the file system has it; the slower rollback journal, synced in full, elsewhere."""
    try:
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    except sqlite3.OperationalError:
        (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    connection.execute(f"PRAGMA synchronous = {'NORMAL' if mode == 'wal' else 'FULL'}")


_HELD: set[int] = set()
"""Descriptors through which this process holds stores. A second one of the same file must not even be opened:
closing it would drop SQLite's locks."""


def _writing_lock(path: Path) -> int:
    """An open descriptor of the file itself, locked: whatever name another run knows the file by, it is the same lock.

    The kernel frees it when the run dies.
    """
    busy = StoreError(f"another run is writing the store {path}. Wait for it, or give --store another path.")
    try:
        ensure_folder(path)
        with contextlib.suppress(FileNotFoundError):
            status = os.stat(path)
            if not stat.S_ISREG(status.st_mode):
                raise StoreError(f"{path} is no file and cannot be opened as a store. Give --store another path.")
            if any(os.path.samestat(status, os.fstat(descriptor)) for descriptor in _HELD):
                raise busy
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except FileError as error:
        raise StoreError(f"the store {path} cannot be written: {error}") from error
    except OSError as error:
        raise StoreError(
            f"the store {path} cannot be written ({error.strerror}). "
            "Give --store a path in a directory that can be written."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise busy from None
    except OSError:
        pass  # A file system without locks: SQLite's own locks still keep the file whole.
    if not os.path.samestat(os.fstat(descriptor), os.stat(path)):  # Rebuilt by another run between the two calls.
        os.close(descriptor)
        raise busy
    _HELD.add(descriptor)
    return descriptor
