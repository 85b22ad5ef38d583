"""The command line: every exit code, one sentence for every mistake, nothing heavy before it is needed."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.verification.fakes import CLAIMS, Catalogue, Single
from verification import cli, investigation, registry, sources, verify
from verification.ending import Exit
from verification.run.settings import STORE_PATH
from verification.run.store import Store
from verification.run.task import Result, Status

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """A directory of its own, and a terminal that no escape sequence reaches."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(verify, "missing_libraries", list)
    monkeypatch.setattr(sources, "_built_in_lock", lambda here: here / sources.LOCK_NAME)


@pytest.fixture
def driftproof(monkeypatch, capsys):
    """Run the command line over a catalogue: exit code, output, error output."""

    def call(*argv, **options):
        catalogue = Catalogue(**options)
        monkeypatch.setattr(registry, "catalogue", catalogue.listed)
        monkeypatch.setattr(investigation, "investigations", catalogue.investigations)
        try:
            code = cli.main(argv)
        except SystemExit as end:
            code = end.code
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def subprocess_of(*argv, **options):
    call = f"Catalogue(**{options}).main(*{argv})"
    program = f"import sys; from tests.verification.fakes import Catalogue; sys.exit({call})"
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def test_equal_verdicts_exit_0_and_a_line_for_each_claim_comes_in_order(driftproof, tmp_path):
    code, _, err = driftproof("verify", "--workers", "2", "--update-lock")
    assert code == 0 and "wrote" in err
    code, out, err = driftproof("verify", "--workers", "2")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert [line.split()[:3] for line in lines[:6]] == [[claim, "HOLDS", "PROVED"] for claim in CLAIMS]
    assert "\x1b" not in out
    assert any(line.split()[:1] == ["second_paper"] for line in lines)
    assert lines[-1].startswith("All 6 verdicts as in")
    assert "0 tasks computed and 24 reused" in " ".join(out.split())


def test_without_a_lock_every_claim_is_a_difference(driftproof):
    code, out, _ = driftproof("verify", "SC-001", "SC-004")
    assert code == 1
    assert "SC-001: claim is not in the lock: HOLDS (PROVED)" in out
    assert "--update-lock" in out


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ('"HOLDS"', '"FAILS"', "verdict changed: FAILS (PROVED) -> HOLDS (PROVED)"),
        ('["PROVED"]', '["CONSISTENT"]', "evidence strengthened: HOLDS (CONSISTENT) -> HOLDS (PROVED)"),
        (
            '["PROVED"]',
            '["CONSISTENT", "PROVED"]',
            "strengthened: HOLDS (CONSISTENT, PROVED) -> HOLDS (PROVED)",
        ),
        ('"SC-003"', '"SC-903"', "claim is gone"),
    ],
)
def test_any_difference_from_the_lock_exits_1_and_is_shown(before, after, change, driftproof, tmp_path):
    driftproof("verify", "--update-lock")
    lock = tmp_path / "claims.lock.json"
    lock.write_text(lock.read_text().replace(before, after, 1))
    code, out, _ = driftproof("verify", "--quiet")
    assert code == 1 and change in out
    assert len(out.splitlines()) <= 3
    assert driftproof("verify", "--update-lock")[0] == 0
    assert driftproof("verify", "--quiet") == (0, "", "")


def test_a_run_over_some_claims_says_nothing_about_the_others(driftproof, tmp_path):
    driftproof("verify", "--update-lock")
    before = (tmp_path / "claims.lock.json").read_text()
    assert driftproof("verify", "SC-002..SC-003", "--quiet") == (0, "", "")
    code, out, _ = driftproof("verify", "second_paper", "--update-lock", "--json")
    assert code == 0 and len(out.splitlines()) == 3
    assert (tmp_path / "claims.lock.json").read_text() == before


@pytest.mark.parametrize(("name", "locks"), [("flint", False), ("torch", False), ("llvmlite", True)])
def test_a_missing_library_is_named_and_no_lock_is_written_where_verdicts_differ(
    name, locks, driftproof, monkeypatch, tmp_path
):
    monkeypatch.setattr(verify, "missing_libraries", lambda: [name])
    code, _, err = driftproof("verify", "SC-001", "--update-lock")
    assert name in err and "is not installed" in err
    assert (code == 0) is (tmp_path / "claims.lock.json").exists() is locks


def test_what_is_not_installed_is_missing(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    assert "llvmlite" in verify.missing_libraries()


def test_json_is_one_object_a_line_and_a_summary_last(driftproof):
    code, out, _ = driftproof("verify", "--json")
    *verdicts, last = [json.loads(line) for line in out.splitlines()]
    assert [verdict["claim"] for verdict in verdicts] == CLAIMS
    assert last["summary"]["verdicts"] == {"HOLDS": 6}
    assert code == 1 and len(last["summary"]["differences"]) == 6


def test_a_crash_is_never_a_silent_0(driftproof, tmp_path):
    driftproof("verify", "--update-lock")
    code, out, _ = driftproof("verify", odd="die")
    assert code == 4
    assert "SC-002: task its worker died three times" in out
    before = (tmp_path / "claims.lock.json").read_text()
    assert driftproof("verify", "--update-lock", odd="die")[0] == 4
    assert (tmp_path / "claims.lock.json").read_text() == before
    assert driftproof("verify", odd="raise_error")[0] == 1


def test_a_claim_that_uses_up_its_time_costs_it_once_and_does_not_block_the_lock(driftproof, tmp_path):
    driftproof("verify", "SC-001")  # makes the store
    (late,) = Single("SC-002", "third").next_tasks({})
    with Store(tmp_path / STORE_PATH) as store:
        store.record_result(late, Result(Status.TIMED_OUT, message="too slow"), seconds=late.time_limit)
    code, _, err = driftproof("verify", "--update-lock", odd="third")
    assert code == 0 and "SC-002: not asked again what used up its time in an earlier run. --retry asks." in err
    assert driftproof("verify", odd="third")[0] == 0  # UNDECIDED, as in the lock
    lock = tmp_path / "claims.lock.json"
    lock.write_text(lock.read_text().replace('"UNDECIDED"', '"HOLDS"', 1))
    code, _, err = driftproof("verify", "--update-lock", odd="third")
    assert code == 4 and "left as they were in the lock: SC-002. Delete the entry" in err
    code, _, err = driftproof("verify", "--retry", odd="third")
    assert code == 1 and "not asked again" not in err  # it holds after all, with other evidence


def test_a_crash_does_not_hide_a_difference_elsewhere(driftproof, tmp_path):
    driftproof("verify", "--update-lock")
    lock = tmp_path / "claims.lock.json"
    lock.write_text(lock.read_text().replace('"HOLDS"', '"FAILS"', 1))
    assert driftproof("verify", odd="die")[0] == 1


def test_fresh_computes_everything_anew(driftproof):
    driftproof("verify", "SC-001")
    assert '"reused": 4' in driftproof("verify", "SC-001", "--json")[1]
    assert '"reused": 0' in driftproof("verify", "SC-001", "--json", "--fresh")[1]


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ((), "required: COMMAND"),
        (("verfy",), "there is no command 'verfy'; did you mean verify?"),
        (("--versoin",), "there is no option --versoin; did you mean --version?"),
        (("prove",), "there is no command 'prove'; there are verify, list"),
        (("verify", "--wrokers", "2"), "there is no option --wrokers; did you mean --workers? See `driftproof verify"),
        (("follow", "SC-001", "--store", "nowhere.db"), "there is no store at nowhere.db"),
        (("verify", "--workers", "0"), "workers must lie between 1 and 1024, got 0"),
        (("verify", "--workers", "two"), "invalid int value: 'two'"),
        (("verify", "--resolution", "7"), "resolution must lie between 0.001 and 0.5, got 7"),
        (("verify", "--resolution", "nan"), "resolution must lie between 0.001 and 0.5, got nan"),
        (("verify", "SC-0O1"), "no claim matches 'SC-0O1'. Nearest: SC-001"),
        (("list", "SC-777..SC-778"), "no claim matches"),
        (("verify", "--lock", "nowhere.json"), "there is no lock at nowhere.json"),
        (("follow", "SC-*"), "follow shows one claim, but 'SC-*' names 6"),
        (("follow",), "required: ID"),
        (("report", "page.html"), "there is no place for 'page.html'. See `driftproof report --help`"),
    ],
)
def test_every_mistake_is_one_sentence_and_exits_2(argv, sentence, driftproof):
    code, out, err = driftproof(*argv)
    assert (code, out) == (2, "")
    assert sentence in err and err.startswith("driftproof: ") and err.count("\n") == 1
    assert not Path(".driftproof").exists()


def test_a_broken_lock_is_found_before_anything_is_computed(driftproof, tmp_path):
    (tmp_path / "claims.lock.json").write_text("<<<<<<< HEAD")
    code, out, err = driftproof("verify")
    assert (code, out) == (2, "") and "is not JSON" in err
    assert not Path(".driftproof").exists()


def test_a_store_that_cannot_be_used_exits_4(driftproof, tmp_path):
    (tmp_path / "text").write_text("no database, but long enough to have a header " * 10)
    for command, path in (("verify", "text"), ("verify", "text/run.db"), ("report", "missing.db")):
        code, out, err = driftproof(command, "--store", path)
        assert (code, out) == (4, "")
        assert err.startswith("driftproof: ") and err.count("\n") == 1


def test_list_names_place_and_title(driftproof):
    code, out, _ = driftproof("list", "SC-00[12]")
    assert code == 0
    assert out.splitlines()[0].split() == ["SC-001", "Eq.", "(0)", "Sum", "0"]
    code, out, _ = driftproof("list", "first_paper", "--json")
    rows = json.loads(out)
    assert [row["id"] for row in rows] == CLAIMS[:4]
    assert rows[1]["where"] == "Eq. (1)" and rows[1]["title"] == "Sum 1"


def test_an_interrupted_run_exits_3_says_what_is_kept_and_can_go_on():
    process = subprocess_of("verify", "--workers", "2", seconds=0.2)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "kept in .driftproof/run.db; run the same command to go on" in err and err.count("\n") == 1
    kept = int(err.split("interrupted: ")[1].split()[0])
    assert 4 <= kept < 24
    process = subprocess_of("verify", "--json", seconds=0.2)
    out, _ = process.communicate(timeout=120)
    assert json.loads(out.splitlines()[-1])["summary"]["reused"] == kept


@pytest.mark.parametrize(("argv", "code"), [pytest.param(("verify",), 3, marks=pytest.mark.slow), (("list",), 0)])
def test_a_reader_that_goes_away_leaves_no_traceback(argv, code):
    process = subprocess_of(*argv, seconds=0.1)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.wait(timeout=60)
    process.stderr.close()
    assert "Traceback" not in err and "BrokenPipe" not in err
    assert process.returncode == code


@pytest.mark.parametrize("place", ["README.md", "--help"])
def test_every_exit_code_is_explained(place, driftproof):
    text = driftproof("verify", "--help")[1] if place == "--help" else (ROOT / place).read_text()
    table = re.search(r"Exit codes.*?: (0 .*?)\.", " ".join(text.split()))
    assert table is not None
    assert [int(code) for code in re.findall(r"\b[0-9]\b", table[1])] == [code.value for code in Exit]


def test_help_imports_nothing_heavy():
    program = (
        "import sys; from verification.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    assert "verify" in answer.stdout
    loaded = set(answer.stderr.split())
    assert not loaded & {"sympy", "numpy", "torch", "rich", "sqlite3", "multiprocessing", "numerics"}
    assert len(loaded) < 150


def test_the_version_is_that_of_the_package(driftproof):
    code, out, _ = driftproof("--version")
    assert code == 0 and out.startswith("driftproof 0.")
