"""The store keeps what it was given, and says in one sentence why it cannot."""

import json
import signal
import sqlite3
import subprocess
import sys
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verification.fakes import task
from verification.errors import StoreError
from verification.run.store import SCHEMA, Store, canonical_json
from verification.run.task import Result, Status
from verification.verdict import ClaimVerdict, Verdict

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def verdict(claim, reason="a reason"):
    return ClaimVerdict(claim, Verdict.HOLDS, ("PROVED",), reason, None, ())


@given(value=json_values)
def test_a_value_comes_back_bit_for_bit(value, tmp_path_factory):
    with Store(tmp_path_factory.mktemp("store") / "run.db") as store:
        store.record_result(task("third"), Result(Status.DONE, value), seconds=0.1)
        stored = store.result(task("third").key)
    assert stored is not None
    assert json.dumps(stored.result.value) == json.dumps(value)


def test_a_value_that_is_not_json_is_refused_and_nothing_is_written(path):
    with Store(path) as store:
        for value in (float("nan"), float("inf"), {1, 2}, object()):
            with pytest.raises(StoreError, match="must be JSON"):
                store.record_result(task("third"), Result(Status.DONE, value), seconds=0.0)
        assert store.results("SC-001") == {}


def test_a_finished_result_is_never_replaced_and_an_unfinished_one_is(path):
    with Store(path) as store:
        store.record_result(task("third"), Result(Status.TIMED_OUT, message="too slow"), seconds=1.0)
        store.record_result(task("third"), Result(Status.DONE, 1), seconds=2.0)
        store.record_result(task("third"), Result(Status.DONE, 2), seconds=3.0)
        store.record_result(task("third"), Result(Status.CRASHED, message="late"), seconds=4.0)
        (stored,) = store.results("SC-001").values()
    assert stored.result == Result(Status.DONE, 1)
    assert stored.seconds == 2.0


def test_a_later_verdict_replaces_an_earlier_one_and_knows_its_tasks(path):
    with Store(path) as store:
        store.record_result(task("third"), Result(Status.DONE, 1), seconds=2.0)
        store.record_verdict(verdict("SC-002"), [], seconds=0.0)
        store.record_verdict(verdict("SC-001", "old"), [], seconds=0.0)
        before = store.verdicts()["SC-001"].fingerprint
        store.record_verdict(verdict("SC-001", "new"), [task("third").key], seconds=2.0)
        verdicts = store.verdicts()
    assert list(verdicts) == ["SC-001", "SC-002"]
    assert verdicts["SC-001"].verdict == verdict("SC-001", "new")
    assert verdicts["SC-001"].tasks == (task("third").key,)
    assert verdicts["SC-001"].fingerprint != before


def test_canonical_json_is_one_sorted_line_a_claim_without_times(path):
    with Store(path) as store:
        for claim, seconds in (("SC-002", 1.0), ("SC-001", 2.0)):
            store.record_verdict(verdict(claim), [], seconds=seconds)
        first = canonical_json(store)
        store.record_verdict(verdict("SC-001"), [], seconds=77.0)
        assert canonical_json(store) == first
        store.record_verdict(verdict("SC-001", "another"), [], seconds=2.0)
        assert canonical_json(store) != first
    assert list(json.loads(first)) == ["SC-001", "SC-002"]
    assert first.count("\n") == 4


def test_forgetting_a_claim_keeps_the_others_and_how_long_its_tasks_took(path):
    with Store(path) as store:
        for claim in ("SC-001", "SC-002"):
            store.record_result(task("third", claim=claim), Result(Status.DONE, 1), seconds=5.0)
            store.record_verdict(verdict(claim), [], seconds=5.0)
        store.forget(["SC-001"])
        assert store.results("SC-001") == {} and len(store.results("SC-002")) == 1
        assert list(store.verdicts()) == ["SC-002"]
        assert store.durations()["SC-001", "task"] == 5.0


def test_runs_and_incidents_are_kept_in_order(path):
    with Store(path) as store:
        run = store.begin_run(["driftproof", "verify"], {"sympy": "1.14.0"})
        store.record_incident("SC-001", "density", "CRASHED", "its worker died", "Traceback")
        store.end_run(run, "finished")
    with Store(path, read_only=True) as store:
        assert [(r["command"], r["outcome"], r["versions"]) for r in store.runs()] == [
            (["driftproof", "verify"], "finished", {"sympy": "1.14.0"})
        ]
        assert [(i.claim, i.kind, i.detail) for i in store.incidents()] == [("SC-001", "CRASHED", "Traceback")]


def test_a_second_run_is_told_that_the_store_is_in_use_and_a_reader_is_not(path):
    with Store(path) as store:
        store.record_verdict(verdict("SC-001"), [], seconds=0.0)
        with pytest.raises(StoreError, match="another run is writing"):
            Store(path)
        with Store(path, read_only=True) as reader:
            assert list(reader.verdicts()) == ["SC-001"]
    Store(path).close()


def test_a_reader_cannot_write(path):
    Store(path).close()
    with Store(path, read_only=True) as store, pytest.raises(StoreError, match="read-only"):
        store.record_incident("SC-001", "label", "kind", "message")


def test_the_store_of_a_newer_driftproof_is_refused(path):
    Store(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET schema_version = 7")
    connection.close()
    with pytest.raises(StoreError) as refusal:
        Store(path)
    sentence = f"written by a newer driftproof (schema 7, this one reads {SCHEMA}): update or give --store another path"
    assert sentence in str(refusal.value)


def test_a_database_of_something_else_is_refused_and_left_alone(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE cookies (name TEXT)")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="not a driftproof store"):
        Store(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_alone(path):
    path.write_text("claims, claims, claims\n" * 100)
    with pytest.raises(StoreError, match="not a driftproof store"):
        Store(path)
    assert path.read_text().startswith("claims, claims")


def test_a_damaged_store_is_named_damaged(path):
    with Store(path) as store:
        for n in range(200):
            store.record_result(task("third", n=n), Result(Status.DONE, "x" * 500), seconds=0.0)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="damaged"), Store(path) as store:
        store.results("SC-001")


def test_a_path_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot be written: there is no folder .*/file\. Make it first"):
        Store(tmp_path / "file" / "run.db")
    with pytest.raises(StoreError, match=r"cannot be written \(File name too long\)\. Give --store"):
        Store(tmp_path / ("x" * 300))
    (tmp_path / "directory").mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        Store(tmp_path / "directory")


def test_a_missing_store_cannot_be_read(path):
    with pytest.raises(StoreError, match="there is no store"):
        Store(path, read_only=True)
    assert not path.exists()


def test_a_full_disk_is_one_sentence_and_loses_nothing_finished(path):
    with Store(path) as store:
        (pages,) = store._connection.execute("PRAGMA page_count").fetchone()
        store._connection.execute(f"PRAGMA max_page_count = {pages + 20}")
        kept = 0
        with pytest.raises(StoreError, match="is full. Every result finished so far is kept"):
            for n in range(1000):
                store.record_result(task("third", n=n), Result(Status.DONE, "x" * 1000), seconds=0.0)
                kept += 1
    assert kept > 0
    with Store(path) as store:
        assert len(store.results("SC-001")) == kept


def test_a_write_that_the_system_refuses_is_one_sentence(path):
    """A limit on file sizes is what this process can impose on itself to be refused by the kernel, not by SQLite."""
    program = textwrap.dedent("""
        import resource, signal, sys
        from verification.run.store import Store
        from verification.errors import StoreError
        from verification.run.task import Result, Status, Task
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        with Store(sys.argv[1]) as store:
            resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
            try:
                for n in range(10_000):
                    task = Task("SC-001", "x", "m:f", {"n": n})
                    store.record_result(task, Result(Status.DONE, "x" * 1000), seconds=0)
                    print(n, flush=True)
            except StoreError as error:
                print("refused:", error)
        """)
    answer = subprocess.run([sys.executable, "-c", program, path], capture_output=True, text=True, check=True)
    *acknowledged, last = answer.stdout.splitlines()
    assert last.startswith("refused:") and "Every result finished so far is kept" in last
    with Store(path) as store:
        assert len(store.results("SC-001")) >= len(acknowledged) > 0


def test_no_acknowledged_result_is_lost_when_the_writer_is_killed(path):
    program = textwrap.dedent("""
        import itertools, sys
        from verification.run.store import Store
        from verification.run.task import Result, Status, Task
        with Store(sys.argv[1]) as store:
            for n in itertools.count(len(store.results("SC-001"))):
                store.record_result(Task("SC-001", "x", "m:f", {"n": n}), Result(Status.DONE, n / 3), seconds=0)
                print(n, flush=True)
        """)
    acknowledged = set()
    for kill in range(2):
        writer = subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        for line in writer.stdout:
            acknowledged.add(int(line))
            if len(acknowledged) % (37 + kill) == 0:
                break
        writer.send_signal(signal.SIGKILL)
        acknowledged |= {int(line) for line in writer.stdout.read().split("\n")[:-1]}
        writer.wait()
        writer.stdout.close()
    with Store(path) as store:
        values = {stored.result.value for stored in store.results("SC-001").values()}
        assert store._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert {n / 3 for n in acknowledged} <= values
