"""What ``verify`` shows where no terminal watches."""

from __future__ import annotations

import pytest

from verification import screen
from verification.lock import Difference, Entry
from verification.run.summary import Failure, Progress, RunSummary
from verification.run.task import Status
from verification.screen import PATIENCE, Screen
from verification.verdict import ClaimVerdict, Verdict

HALFWAY = Progress(3, 9, 1, 4, ("SC-031 density/monte_carlo",))


def test_a_long_run_without_a_terminal_says_so_once_a_minute(capsys, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(screen.time, "monotonic", lambda: now[0])
    with Screen() as shown:
        for second in range(0, int(3.5 * PATIENCE)):
            now[0] = float(second)
            shown.progress(HALFWAY)
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert lines[0] == "driftproof: 1/4 claims, 3/9 tasks; running: SC-031 density/monte_carlo"


def test_a_quiet_run_says_nothing_on_the_way(capsys, monkeypatch):
    monkeypatch.setattr(screen, "PATIENCE", 0.0)
    with Screen(quiet=True) as shown:
        shown.progress(HALFWAY)
    assert capsys.readouterr() == ("", "")


def test_a_correction_is_shown_in_one_line_of_unicode(capsys):
    verdict = ClaimVerdict("SC-900", Verdict.FAILS, ("REFUTED",), "a: 2*zeta**2", r"$\Psi = \frac{\theta^2}{2}$", ())
    with Screen() as shown:
        shown.verdict(verdict, 1.0)
    out = capsys.readouterr().out
    assert "corrected: Ψ = θ²/2" in out and "2·ζ²" in out and "$" not in out


def failed(claim: str, label: str, message: str) -> Failure:
    return Failure(claim, label, Status.FAILED, message)


def test_tasks_that_fail_alike_are_told_in_one_line_under_the_printed_form(capsys):
    failures = (
        failed("SC-900", r"a/symbolic/sign of $\frac{s^{2}}{k}$", "NameError: name 'q'"),
        failed("SC-900", "a/symbolic/printed", "NameError: name 'q'"),
        failed("SC-900", "b/symbolic/printed", "ValueError: other"),
        failed("SC-901", r"a/symbolic/sign of $\frac{s^{2}}{k}$", "NameError: name 'q'"),
    )
    with Screen(quiet=True) as shown:
        shown.summary(RunSummary((), {}, 0, 0, failures, False, 0.0), {}, [], "lock")
    assert capsys.readouterr().out.splitlines() == [
        "SC-900: a/symbolic/printed and 1 more task raised an error: NameError: name 'q'",
        "SC-900: b/symbolic/printed raised an error: ValueError: other",
        "SC-901: a/symbolic/sign of s²/k raised an error: NameError: name 'q'",
    ]


@pytest.mark.parametrize(("accepted", "said"), [(False, "; --update-lock accepts."), (True, ", until now.")])
def test_who_updates_the_lock_is_not_told_to_update_it(accepted, said, capsys):
    new = Difference("SC-900", "claim is not in the lock", None, Entry("HOLDS", ("PROVED",), None, "p"))
    nothing = RunSummary((), {}, 0, 0, (), False, 0.0)
    with Screen(quiet=True) as shown:
        shown.summary(nothing, {"SC-900": "p"}, [new], "lock", accepted=accepted)
    assert capsys.readouterr().out.splitlines()[-1] == f"1 claim of 1 not as in lock{said}"


def test_a_claim_that_cannot_be_made_is_not_counted_among_those_as_in_the_lock(capsys):
    unmade = ClaimVerdict("SC-901", Verdict.UNDECIDED, ("UNDECIDED",), "cannot be made", None, ())
    with Screen() as shown:
        shown.summary(RunSummary((unmade,), {}, 0, 0, (), False, 0.0), {"SC-900": "p", "SC-901": "p"}, [], "lock")
    assert capsys.readouterr().out.splitlines()[-1] == "1 verdict as in lock."


def test_the_reason_of_a_verdict_shows_its_formulas_in_unicode(capsys):
    reason = r"a: no check refuted the near miss 'sign of $\frac{s^{2}}{k}$'"
    with Screen() as shown:
        shown.verdict(ClaimVerdict("SC-900", Verdict.UNDECIDED, ("UNDECIDED",), reason, None, ()), 1.0)
    assert "near miss 'sign of s²/k'" in capsys.readouterr().out


def test_on_a_terminal_a_verdict_is_one_line_and_a_failure_is_told_whole(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    verdict = ClaimVerdict("SC-900", Verdict.HOLDS, ("PROVED",), "a reason of many words " * 5, "", ())
    message = "an error that names its next move at the very end of a long line: give another path"
    with Screen() as shown:
        monkeypatch.setattr(type(shown.console), "is_terminal", True)
        shown.verdict(verdict, 1.0)
        shown.summary(RunSummary((), {}, 0, 0, (failed("SC-901", "a", message),), False, 0.0), {}, [], "lock")
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.startswith("SC-900") and first.rstrip().endswith("…")
    assert "give another path" in " ".join(" ".join(rest).split())


def test_no_number_of_the_table_is_cut_however_narrow_the_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    verdict = ClaimVerdict("SC-900", Verdict.HOLDS, ("PROVED",), "a reason", "", ())
    with Screen() as shown:
        shown.summary(RunSummary((verdict,), {"SC-900": 123.0}, 0, 0, (), False, 0.0), {"SC-900": "paper"}, [], "lock")
    said = capsys.readouterr().out
    for word in ("HOLDS", "UNDECIDED", "claims", "paper", "123 s"):
        assert word in said


def test_claims_of_one_module_that_cannot_be_imported_say_why_once(capsys):
    with Screen() as shown:
        for id in ("SC-900", "SC-901"):
            shown.verdict(ClaimVerdict(id, Verdict.UNDECIDED, ("UNDECIDED",), "NameError: q (a.py:3)", None, ()), 0.0)
    out = capsys.readouterr().out
    assert out.count("NameError") == 1 and "as SC-900" in out.splitlines()[1]
