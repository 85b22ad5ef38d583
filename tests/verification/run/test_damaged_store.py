"""Stores that were damaged, or written by another version."""

import os
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from itertools import takewhile
from pathlib import Path

import pytest

from tests.nightly import bit_flips
from tests.verification.fakes import task
from tests.verification.run.test_store import verdict
from verification.errors import StoreError
from verification.run import store as store_module
from verification.run.database import SCHEMA, seal
from verification.run.store import Store
from verification.run.task import Result, Status, Task


@pytest.mark.parametrize(("argv", "code"), [(["--help"], 0), (["0"], 2), (["-3"], 2), (["2000", "2026"], 2)])
def test_a_question_or_a_mistake_flips_nothing(argv, code, monkeypatch, capsys):
    monkeypatch.setattr(bit_flips, "outcomes", lambda *arguments, **settings: pytest.fail("it ran"))
    with pytest.raises(SystemExit) as end:
        bit_flips.main(argv)
    assert end.value.code == code


def test_no_flipped_bit_is_silent_and_what_it_hit_is_computed_again(tmp_path):
    counts = bit_flips.outcomes(20, 1, tmp_path)
    assert set(counts) <= {"said and computed again", "unharmed", "refused in a sentence"}
    assert counts["said and computed again"] > 5


def test_without_seals_the_same_flips_go_unnoticed(tmp_path, monkeypatch):
    """The teeth of the test above."""
    monkeypatch.setattr(store_module, "is_whole", lambda table, row: True)
    counts = bit_flips.outcomes(20, 1, tmp_path)
    assert counts["silently different"] > 0


def test_a_damaged_row_is_missing_said_and_replaced(path):
    with Store(path) as store:
        store.record_result(task("third"), Result(Status.DONE, 1), seconds=0.0)
        store._execute("UPDATE results SET value = '2'")
    with Store(path) as store:
        assert store.damage is None
        assert store.result(task("third").key) is None
        assert store.damage is not None and "1 damaged row of the store" in str(store.damage)
        store.record_result(task("third"), Result(Status.DONE, 1), seconds=0.0)
        assert store.result(task("third").key).result.value == 1
    with Store(path, read_only=True) as store:
        assert len(store.results("SC-001")) == 1 and store.damage is None


def test_a_row_in_the_words_of_another_version_is_passed_over(path):
    with Store(path) as store:
        store.record_verdict(verdict("SC-001"), [], seconds=0.0)
        row = next(store._rows("verdicts"))
        store._put("verdicts", row[0], row[1].replace("HOLDS", "PERHAPS"), *row[2:])
        assert store.verdicts() == {} and "1 damaged row" in str(store.damage)


def test_pages_that_cannot_be_read_cost_their_rows_alone_and_the_file_is_kept(path):
    with Store(path) as store:
        for n in range(200):
            store.record_result(task("third", n=n), Result(Status.DONE, "x" * 500), seconds=0.0)
    content = bytearray(path.read_bytes())
    content[15 * 4096 : 16 * 4096] = os.urandom(4096)
    path.write_bytes(content)
    with Store(path, read_only=True) as store:
        seen = store.results("SC-001")
        assert "is damaged" in str(store.damage) and 100 < len(seen) < 200
    with Store(path) as store:
        assert store.results("SC-001") == seen
        assert "the damaged file is now" in str(store.damage)
    assert (path.parent / "run.db.damaged-1").read_bytes() == content
    with Store(path) as store:
        assert store.damage is None and store.results("SC-001") == seen


def test_a_schema_that_is_no_text_is_named_damaged(path):
    """SQLite quotes it in its error, and Python cannot read the error."""
    Store(path).close()
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE runs", b"CREATE T\xec\xacLE runs"))
    for read_only in (True, False):
        with pytest.raises(StoreError, match="damaged"):
            Store(path, read_only=read_only)


def rewritten_as(schema, path):
    """The store at ``path`` as an earlier version would have written it."""
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE markups")
        connection.execute("ALTER TABLE verdicts DROP COLUMN basis")
        for row in connection.execute("SELECT * FROM verdicts").fetchall():
            connection.execute("UPDATE verdicts SET seal = ? WHERE claim = ?", (seal("verdicts", row[:-1]), row[0]))
        if schema == 1:
            for table in ("results", "verdicts", "durations", "runs", "incidents"):
                connection.execute(f"ALTER TABLE {table} DROP COLUMN seal")
            connection.execute("ALTER TABLE results DROP COLUMN code")
        connection.execute("UPDATE meta SET schema_version = ?", (schema,))
    connection.close()


@pytest.mark.parametrize("schema", range(1, SCHEMA))
def test_a_store_of_an_earlier_schema_is_brought_up_to_date(path, schema):
    with Store(path) as store:
        store.record_result(task("third"), Result(Status.DONE, 1 / 3), seconds=2.0)
        store.record_verdict(verdict("SC-001"), [task("third").key], seconds=2.0, basis="all of it")
    rewritten_as(schema, path)
    for read_only in (True, False, True):
        with Store(path, read_only=read_only) as store:
            assert store.result(task("third").key).result.value == 1 / 3
            assert list(store.verdicts()) == ["SC-001"] and store.damage is None
            assert store.standing("SC-001", "all of it") is None and store.standing("SC-001", "") is None
    assert {file.name for file in path.parent.iterdir()} <= {"run.db", "run.db-wal", "run.db-shm"}


def test_a_result_says_which_code_computed_it(path):
    asked = Task("SC-001", "x", "m:f", {}, fingerprint="0123456789abcdef")
    with Store(path) as store:
        store.record_result(asked, Result(Status.DONE, 1), seconds=0.0)
        assert store.result(asked.key).code == "0123456789abcdef"


def test_one_file_under_two_names_is_written_by_one_run(path):
    with Store(path):
        other = path.with_name("other.db")
        for make in (other.symlink_to, other.hardlink_to):
            make(path)
            with pytest.raises(StoreError, match="another run is writing"):
                Store(other)
            if make == other.hardlink_to:  # the dearer way to be another run: another process
                program = f"from verification.run.store import Store; Store({str(other)!r})"
                answer = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
                assert "StoreError: another run is writing" in answer.stderr
            other.unlink()


def test_a_device_and_a_folder_are_no_stores(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in ("/dev/null", "/dev/zero", tmp_path / "pipe", tmp_path, "."):
        for read_only in (True, False):
            with pytest.raises(StoreError, match="is no file"):
                Store(path, read_only=read_only)


def test_folders_are_not_made_except_driftproofs_own(tmp_path):
    with pytest.raises(StoreError, match="there is no folder"):
        Store(tmp_path / "results" / "run.db")
    assert not (tmp_path / "results").exists()
    Store(tmp_path / ".driftproof" / "run.db").close()


@pytest.mark.every(2)
@pytest.mark.skipif(not hasattr(os, "setuid") or os.geteuid() != 0, reason="only root can give up its rights")
@pytest.mark.parametrize("crashed", [False, True])
def test_a_store_in_a_folder_that_cannot_be_written_is_read(crashed, tmp_path):
    """Also one whose writer was killed, so that its last results are still in SQLite's own log."""
    folder = tmp_path / "folder"
    folder.mkdir()
    program = textwrap.dedent("""
        import os, sys
        from verification.run.store import Store
        from verification.run.task import Result, Status, Task
        store = Store(sys.argv[1])
        store.record_result(Task("SC-001", "x", "m:f", {}), Result(Status.DONE, 1), seconds=0)
        if sys.argv[2] == "True":
            os._exit(0)
        store.close()
        """)
    subprocess.run([sys.executable, "-c", program, folder / "run.db", str(crashed)], check=True)
    folder.chmod(0o555)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            for above in takewhile(lambda above: above != Path(tempfile.gettempdir()), folder.parents):
                above.chmod(0o755)
            os.setgid(65534)
            os.setuid(65534)
            assert not os.access(folder, os.W_OK)
            with Store(folder / "run.db", read_only=True) as store:
                code = 0 if len(store.results("SC-001")) == 1 else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
