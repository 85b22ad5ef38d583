"""What ``verify`` shows where no terminal watches."""

from __future__ import annotations

from verification import screen
from verification.run.summary import Progress
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
