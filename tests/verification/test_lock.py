"""The lock comes back as it was written, shows every difference, and a broken one is refused in one sentence."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verification.errors import LockError
from verification.lock import Entry, compare, read_lock, write_lock
from verification.verdict import ClaimVerdict, Verdict

entries = st.builds(
    Entry,
    st.sampled_from([verdict.name for verdict in Verdict]),
    st.lists(st.sampled_from(["PROVED", "CERTIFIED", "CONSISTENT"]), unique=True).map(tuple),
    st.none() | st.text(),
    st.text(),
)

HOLDS = Entry("HOLDS", ("PROVED", "CONSISTENT"), None, "stochastic_collapse")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "claims.lock.json"


@given(lock=st.dictionaries(st.text(min_size=1), entries, max_size=5))
def test_a_lock_comes_back_as_it_was_written(lock, tmp_path_factory):
    path = tmp_path_factory.mktemp("lock") / "claims.lock.json"
    write_lock(path, lock)
    assert read_lock(path) == lock
    assert compare(lock, read_lock(path)) == []


def test_each_claim_has_its_line_and_the_order_is_that_of_the_ids(path):
    write_lock(path, {"SC-010": HOLDS, "SC-002": HOLDS})
    lines = path.read_text().splitlines()
    assert [line[:10] for line in lines[1:-1]] == ['"SC-002": ', '"SC-010": ']
    assert list(json.loads(path.read_text())) == ["SC-002", "SC-010"]
    assert [child.name for child in path.parent.iterdir()] == [path.name]


def test_an_entry_is_read_off_a_verdict():
    verdict = ClaimVerdict("SC-031", Verdict.FAILS, ("REFUTED",), "a witness", "mu < zeta**2/2", ())
    assert Entry.of(verdict, "paper") == Entry("FAILS", ("REFUTED",), "mu < zeta**2/2", "paper")


def test_no_file_is_an_empty_lock(path):
    assert read_lock(path) == {}


@pytest.mark.parametrize(
    ("found", "change", "sentence"),
    [
        (Entry("FAILS", ("REFUTED",), None, "stochastic_collapse"), "verdict changed", "-> FAILS (REFUTED)"),
        (Entry("HOLDS", ("CONSISTENT",), None, "stochastic_collapse"), "evidence weakened", "-> HOLDS (CONSISTENT)"),
        (Entry("HOLDS", ("PROVED",), None, "stochastic_collapse"), "evidence strengthened", "-> HOLDS (PROVED)"),
        (
            Entry("HOLDS", ("PROVED", "CERTIFIED", "CONSISTENT"), None, "stochastic_collapse"),
            "evidence changed",
            "-> HOLDS (PROVED, CERTIFIED, CONSISTENT)",
        ),
        (Entry("HOLDS", ("PROVED", "CERTIFIED"), None, "stochastic_collapse"), "evidence strengthened", "CERTIFIED"),
        (Entry("HOLDS", HOLDS.evidence, "x = 1", "stochastic_collapse"), "corrected form changed", "-> x = 1"),
        (Entry("HOLDS", HOLDS.evidence, None, "another"), "paper changed", "stochastic_collapse -> another"),
    ],
)
def test_every_change_is_a_difference_and_has_its_name(found, change, sentence):
    (difference,) = compare({"SC-031": HOLDS, "SC-032": HOLDS}, {"SC-031": found, "SC-032": HOLDS})
    assert (difference.claim, difference.change) == ("SC-031", change)
    assert str(difference).startswith(f"SC-031: {change}: ") and sentence in str(difference)


@given(locked=entries, found=entries)
def test_two_entries_differ_exactly_when_a_difference_is_listed(locked, found):
    assert bool(compare({"SC-031": locked}, {"SC-031": found})) == (locked != found)


def test_claims_that_are_new_or_gone_are_differences_and_claims_not_looked_at_are_none():
    lock = {"SC-001": HOLDS, "SC-002": HOLDS, "SC-003": HOLDS}
    differences = compare(lock, {"SC-001": HOLDS, "SC-009": HOLDS}, gone={"SC-003"})
    assert [str(difference) for difference in differences] == [
        "SC-003: claim is gone: HOLDS (PROVED, CONSISTENT) -> nothing",
        "SC-009: claim is not in the lock: HOLDS (PROVED, CONSISTENT)",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "7",
        '{"SC-001": 3}',
        '{"SC-001": {}}',
        '{"SC-001": {"verdict": "PERHAPS", "evidence": [], "corrected": null, "paper": "p"}}',
        '{"SC-001": {"verdict": [], "evidence": [], "corrected": null, "paper": "p"}}',
        '{"SC-001": {"verdict": "HOLDS", "evidence": "PROVED", "corrected": null, "paper": "p"}}',
        '{"SC-001": {"verdict": "HOLDS", "evidence": [], "corrected": 1, "paper": "p"}}',
        '{"SC-001": {"verdict": "HOLDS", "evidence": [], "corrected": null}}',
        '{"SC-001": {"verdict": "HOLDS", "evidence": [], "corrected": null, "paper": "p"}, "SC-001": {}}',
        "<<<<<<< HEAD",
        "[" * 100_000,
        '{"SC-\\ud800": {"verdict": "HOLDS", "evidence": [], "corrected": null, "paper": "p"}}',
        '{"SC-001": ' + "9" * 5000 + "}",
    ],
)
def test_a_broken_lock_is_refused_with_its_path(text, path):
    path.write_text(text)
    with pytest.raises(LockError, match="claims.lock.json"):
        read_lock(path)


def test_a_lock_that_is_no_text_or_cannot_be_written_is_refused(path, tmp_path):
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(LockError, match="cannot be read"):
        read_lock(path)
    with pytest.raises(LockError, match="cannot be read"):
        read_lock(tmp_path)
    with pytest.raises(LockError, match="cannot be written"):
        write_lock(tmp_path / "nowhere" / "claims.lock.json", {})


def test_a_device_that_has_no_end_is_no_lock(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (Path("/dev/zero"), Path("/dev/null"), tmp_path / "pipe"):
        with pytest.raises(LockError, match="it is no file"):
            read_lock(path)
        with pytest.raises(LockError, match="no file that could be replaced"):
            write_lock(path, {"SC-001": HOLDS})
    assert not Path("/dev/null").is_file()


def test_a_lock_behind_a_symbolic_link_is_written_where_it_leads(path, tmp_path):
    (tmp_path / "home").mkdir()
    path.symlink_to(tmp_path / "home" / "real.json")
    write_lock(path, {"SC-001": HOLDS})
    assert path.is_symlink() and read_lock(tmp_path / "home" / "real.json") == {"SC-001": HOLDS}


@pytest.mark.parametrize(
    ("found", "unfinished"),
    [
        (Entry("UNDECIDED", ("UNDECIDED",), None, "stochastic_collapse"), True),
        (Entry("HOLDS", ("CONSISTENT",), None, "stochastic_collapse"), True),
        (Entry("HOLDS", ("PROVED", "CERTIFIED"), None, "stochastic_collapse"), False),
        (Entry("FAILS", ("REFUTED",), None, "stochastic_collapse"), False),
    ],
)
def test_what_a_lack_of_time_explains_is_ranked_apart_and_nothing_else(found, unfinished):
    (difference,) = compare({"SC-031": HOLDS}, {"SC-031": found}, out_of_time={"SC-031"})
    assert difference.unfinished is unfinished
    (in_time,) = compare({"SC-031": HOLDS}, {"SC-031": found}, out_of_time={"SC-032"})
    assert not in_time.unfinished
