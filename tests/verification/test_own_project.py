"""A project outside the tree, from the wheel alone: verified, killed and resumed, followed, reported, run by pytest."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

CLAIMS = '''
import sympy as sp

from theory import Interval, ItoProcess, ito_differential, stationary_density
from theory.line.ends.boundary import classify
from verification.authoring.shorthand import (
    Grade, Paper, agrees_to_order, bounds, equals, holds_when, is_stationary, sde,
)
from verification.authoring.simulated import simulated

paper = Paper("doe2020noise", title="On noise", experiments=10)

x = sp.Symbol("x", positive=True)
k, s = sp.symbols("k s", positive=True)
Psi = sp.Symbol("Psi", real=True)
kappa = sp.Symbol("kappa", positive=True)


def growth():
    return ItoProcess.scalar(x, drift=k * x, dispersion=s * x)


def logistic():
    return ItoProcess.scalar(x, drift=x * (k - x), dispersion=s * x)


@paper.claim("DOE-001", "Eq. (1)", symbols={k: "growth", s: "noise"})
def logarithm():
    """The logarithm of the process."""
    yield equals(
        "logarithm", r"d\\log x", printed=sde(k - s**2 / 2, s), derived=lambda: ito_differential(growth(), sp.log(x)),
        wrong={"ordinary chain rule": sde(k, s)},
    )


@paper.claim("DOE-002", "Eq. (2)", grade=Grade.WRONG)
def mean_square():
    """Drift of the square."""
    yield equals(
        "drift", r"\\text{drift of }x^2", printed=2 * k * x**2, corrected=(2 * k + s**2) * x**2,
        derived=lambda: ito_differential(growth(), x**2).drift,
        wrong={"half the correction": (2 * k + s**2 / 2) * x**2},
    )


@paper.claim("DOE-003", "Eq. (3)")
def extinction():
    """When the population dies out."""
    yield holds_when(
        "threshold", r"x\\to 0\\text{ iff }", printed=k < s**2 / 2, derived=lambda: classify(growth()).left.attracting,
        wrong={"Stratonovich reading of the noise": k < 0},
    )


@paper.claim("DOE-004", "Eq. (4)")
def stationary_law():
    """Stationary law."""
    yield is_stationary(
        "density", r"p(x)\\propto", printed=sp.exp(-kappa * Psi), process=logistic,
        where={kappa: 2 / s**2, Psi: x - (k - s**2) * sp.log(x)},
        domain=(k > s**2 / 2,), wrong={"Stratonovich reading of the noise": {Psi: x - (k - s**2 / 2) * sp.log(x)}},
    )


@paper.claim("DOE-005", "Section 2")
def small_noise():
    """Growth for weak noise, and a bound on it."""
    yield agrees_to_order(
        "growth", r"\\lambda", printed=k - s**2 / 2, derived=lambda: k + sp.log(1 - s**2 / 2 + 0 * s), small=s, order=2,
        wrong={"no correction": k},
    )
    yield bounds(
        "bound", printed=k, exact=lambda: k - s**2 / 2, wrong={"the wrong side": k - s**2},
    )


@paper.claim("DOE-006", "Figure 1")
def simulated_mean():
    """Mean of the logistic process after a long time."""
    yield equals(
        "mean", r"\\lim E\\,x_t", printed=k - s**2 / 2, derived=lambda: stationary_density(logistic()).mean,
        domain=(k > s**2 / 2,),
        wrong={"no noise": k, "8 % less": (k - s**2 / 2) * sp.Rational(23, 25)},
        measured=[simulated(logistic, x, at={k: "1", s: "1/2"}, start=0.9, until=12, step=0.05, coordinates="log")],
    )
'''

TEST = "def test_something_else():\n    assert True\n"

SETTINGS = """
[tool.driftproof]
claims = ["paper"]

[tool.pytest.ini_options]
driftproof = true
testpaths = ["."]
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """What a wheel installs, in a folder of its own."""
    build = pytest.importorskip("hatchling.build", reason="building the wheel needs hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    here = Path.cwd()
    os.chdir(ROOT)
    try:
        wheel = build.build_wheel(str(folder))
    finally:
        os.chdir(here)
    site = folder / "site"
    zipfile.ZipFile(folder / wheel).extractall(site)
    return site


@pytest.fixture(scope="module")
def place(installed, tmp_path_factory) -> Project:
    """The project, judged once, with its lock."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "paper").mkdir()
    (folder / "paper" / "__init__.py").write_text("")
    (folder / "paper" / "claims.py").write_text(CLAIMS)
    (folder / "pyproject.toml").write_text(SETTINGS)
    (folder / "test_other.py").write_text(TEST)
    project = Project(folder, installed)
    project.first = project.run("verify", "--update-lock")
    return project


class Project:
    """A user's folder, and the commands given in it."""

    first: subprocess.CompletedProcess[str]

    def __init__(self, folder: Path, site: Path) -> None:
        self.folder, self.site = folder, site

    @property
    def environment(self) -> dict[str, str]:
        # The first command leaves compiled modules to the others, as where packages are installed.
        kept = {"PYTHONPATH": str(self.site), "PYTHONDONTWRITEBYTECODE": ""}
        ours = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
        return {**ours, **kept, "NO_COLOR": "1", "COLUMNS": "200"}

    def run(self, *arguments: str, program: str = "verification") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", program, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=500,
        )

    def tested(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The user's tests, without the plugins that only our own tests need: they take half a second to load."""
        unneeded = ("cacheprovider", "hypothesispytest", "timeout", "xdist", "xdist.looponfail")
        options = [word for name in unneeded for word in ("-p", f"no:{name}")]
        return self.run("-q", *options, *arguments, program="pytest")

    def copy(self, folder: Path) -> Project:
        """The same project elsewhere, with its lock and its store."""
        shutil.copytree(self.folder, folder, dirs_exist_ok=True)
        return Project(folder, self.site)

    def table(self) -> dict[str, str]:
        """The stored verdicts, as bytes of JSON."""
        from verification.run.store import Store

        with Store(self.folder / ".driftproof" / "run.db", read_only=True) as store:
            return {id: json.dumps(kept.verdict.to_json(), sort_keys=True) for id, kept in store.verdicts().items()}


def test_the_wheel_carries_the_lock_of_the_built_in_papers(installed):
    assert json.loads((installed / "verification" / "papers" / "claims.lock.json").read_text())


def test_six_claims_over_the_forms_are_judged_from_the_wheel(place):
    lock = json.loads((place.folder / "claims.lock.json").read_text())
    verdicts = {id: entry["verdict"] for id, entry in lock.items()}
    assert verdicts == {f"DOE-00{i}": "FAILS" if i == 2 else "HOLDS" for i in range(1, 7)}, place.first.stdout
    assert lock["DOE-002"]["grade"] == "WRONG" and lock["DOE-002"]["corrected"]
    assert lock["DOE-006"]["evidence"] == ["PROVED"]


@pytest.mark.slow  # by day on the project's own claims: tests/verification/test_cli.py
def test_a_second_run_computes_nothing_and_equals_the_lock(place):
    again = place.run("verify")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "0 tasks computed" in again.stdout


def test_one_claim_made_false_on_purpose_turns_red_exactly_there(place, tmp_path):
    spoiled = place.copy(tmp_path / "spoiled")
    path = spoiled.folder / "paper" / "claims.py"
    path.write_text(path.read_text().replace("printed=k < s**2 / 2", "printed=k < s**2"))
    judged = spoiled.run("verify")
    assert judged.returncode == 1, judged.stderr
    assert [line for line in judged.stdout.splitlines() if "verdict changed" in line] == [
        "DOE-003: verdict changed: HOLDS (PROVED) -> FAILS (REFUTED)"
    ]
    tested = spoiled.tested()
    assert tested.returncode == 1
    assert re.search(r"1 failed, 5 passed, 1 xfailed", tested.stdout), tested.stdout
    shown_there = ("DOE-003 FAILS, the lock says HOLDS", "printed:  x → 0 iff k < s²", "witness:  k = ")
    for shown in (*shown_there, "driftproof verify DOE-003 --fresh"):
        assert shown in tested.stdout


def test_a_known_failure_is_expected_strictly_by_pytest(place, tmp_path):
    mended = place.copy(tmp_path / "mended")
    path = mended.folder / "paper" / "claims.py"
    text = path.read_text().replace(
        "printed=2 * k * x**2, corrected=(2 * k + s**2) * x**2", "printed=(2 * k + s**2) * x**2"
    )
    path.write_text(text.replace(", grade=Grade.WRONG", ""))
    assert "[XPASS(strict)] FAILS (wrong), as the lock says" in mended.tested("-k", "DOE-002").stdout
    path.write_text(text)  # Now it is declared wrong and nothing refutes it: no failure that the lock knows of.
    undecided = mended.tested("-k", "DOE-002")
    assert undecided.returncode == 1 and "DOE-002 UNDECIDED, the lock says FAILS" in undecided.stdout


def test_pytest_collects_no_claim_where_none_was_asked_for(place, tmp_path):
    silent = place.copy(tmp_path / "silent")
    path = silent.folder / "pyproject.toml"
    path.write_text(path.read_text().replace("driftproof = true", ""))
    assert "1 passed" in silent.tested().stdout
    assert "1 passed" in place.tested("test_other.py").stdout


def test_a_change_of_grade_is_red_in_pytest_too(place, tmp_path):
    graded = place.copy(tmp_path / "graded")
    lock = graded.folder / "claims.lock.json"
    lock.write_text(lock.read_text().replace('"grade": "WRONG"', '"grade": "CONDITION"'))
    tested = graded.tested("-k", "DOE-002")
    assert tested.returncode == 1 and "1 failed" in tested.stdout, tested.stdout
    assert "DOE-002 FAILS, not as in the lock: DOE-002: grade changed: CONDITION -> WRONG" in tested.stdout


def test_a_file_of_claims_that_no_settings_name_is_not_passed_over_in_silence(place, tmp_path):
    unnamed = place.copy(tmp_path / "unnamed")
    (unnamed.folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    named = unnamed.tested("--driftproof", "paper/claims.py")
    assert named.returncode == 2, named.stdout
    for said in ("claims.py holds claims, but is no part of this project", "claims = ['paper/claims.py']"):
        assert said in named.stdout
    nothing = unnamed.tested("--driftproof")
    assert nothing.returncode == 4 and "no claims of this project lie in" in nothing.stderr, nothing.stderr


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on_and_ends_in_the_same_bytes(place, tmp_path):
    fresh = place.copy(tmp_path / "fresh")
    shutil.rmtree(fresh.folder / ".driftproof")
    command = [sys.executable, "-m", "verification", "verify"]
    process = subprocess.Popen(command, cwd=fresh.folder, env=fresh.environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    time.sleep(0.5)  # Its workers end with it, and their hold on the store
    resumed = fresh.run("verify")
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    assert fresh.table() == place.table()


@pytest.mark.slow  # by day: the claims of the built-in papers, test_follow.py
def test_a_claim_of_the_user_is_followed(place):
    followed = place.run("follow", "DOE-004")
    assert followed.returncode == 0, followed.stderr
    assert "logistic" in followed.stdout and "HOLDS" in followed.stdout


def test_list_and_report_are_about_the_users_claims(place):
    assert [line.split()[0] for line in place.run("list").stdout.splitlines()] == [f"DOE-00{i}" for i in range(1, 7)]
    reported = place.run("report", "--output", "report.html")
    assert reported.returncode == 0, reported.stderr
    text = (place.folder / "report.html").read_text()
    assert "On noise" in text and "DOE-006" in text and "SC-031" not in text


def test_a_fresh_project_runs_at_once_and_equals_its_lock(installed, tmp_path):
    project = Project(tmp_path, installed)
    begun = project.run("init", "my paper")
    assert begun.returncode == 0, begun.stderr
    assert "cd 'my paper' &&" in begun.stderr  # as a shell reads it
    mine = Project(tmp_path / "my paper", installed)
    judged = mine.run("verify")
    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "3 passed, 1 xfailed" in mine.tested().stdout
    assert project.run("init", "my paper").returncode == 2


@pytest.mark.every(4)
@pytest.mark.parametrize(
    ("arguments", "text", "said"),
    [
        (("verify", "--claims", "nowhere"), "", "does not exist"),
        (("list", "--claims", "broken.py"), "paper.claim(\n", "broken.py:1"),
        (("verify",), CLAIMS.replace("DOE-005", "DOE-001"), "two claims have the id DOE-001"),
        (("verify", "DOE-001"), CLAIMS + "\nundefined_name\n", "NameError"),
    ],
)
def test_bad_claims_end_in_one_sentence_and_exit_code_2(installed, tmp_path, arguments, text, said):
    (tmp_path / "broken.py").write_text(text)
    (tmp_path / "pyproject.toml").write_text('[tool.driftproof]\nclaims = ["broken.py"]\n')
    found = Project(tmp_path, installed).run(*arguments)
    assert found.returncode == 2, found.stdout + found.stderr
    assert said in found.stderr and "Traceback" not in found.stderr + found.stdout


def test_a_lock_of_another_project_is_refused_by_name(place, tmp_path):
    other = tmp_path / "claims.lock.json"
    other.write_text((ROOT / "claims.lock.json").read_text())
    found = place.run("verify", "--lock", str(other))
    assert found.returncode == 2 and "is about other claims" in found.stderr
    assert "delete that file and let `driftproof verify --update-lock` write it anew" in found.stderr


def test_a_resolution_that_no_run_would_take_is_refused_before_anything_is_collected(place):
    refused = place.tested("-o", "driftproof_resolution=7")
    said = refused.stderr + refused.stdout
    assert refused.returncode == 4 and "ERROR: driftproof: resolution must" in said and ".py:" not in said, said
