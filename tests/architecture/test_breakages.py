"""The breakages of the nightly sabotage still break something: their texts stand in the code, their tests exist."""

from collections import Counter
from pathlib import Path

from tests.nightly.breakages import BREAKAGES, Breakage

ROOT = Path(__file__).resolve().parents[2]


def stale(breakage: Breakage) -> str:
    """What is wrong with a breakage; empty if it can be applied and noticed."""
    path = ROOT / breakage.path
    times = path.read_text(encoding="utf-8").count(breakage.old) if path.exists() else 0
    if times != 1:
        return f"{breakage.path} holds {breakage.old!r} {times} times"
    missing = [word for word in breakage.noticed_by.split() if "/" in word and not (ROOT / word).exists()]
    return f"no {missing[0]}" if missing else ""


def test_every_breakage_can_be_applied():
    assert [found for found in map(stale, BREAKAGES) if found] == []
    assert len(BREAKAGES) >= 80


def test_no_breakage_is_listed_twice():
    counts = Counter((breakage.path, breakage.old, breakage.new) for breakage in BREAKAGES)
    assert [listed for listed, times in counts.items() if times > 1] == []


def test_a_stale_breakage_is_noticed():
    one = BREAKAGES[0]
    assert stale(Breakage(one.path, "no such text", "", one.noticed_by)) != ""
    assert stale(Breakage(one.path, one.old, one.new, "tests/theory/test_nothing.py")) != ""
