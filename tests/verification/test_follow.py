"""Every claim can show its whole way through the house."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from typing import Any

import pytest
import sympy as sp

from numerics.codegen.compile import source
from tests.verification import fake_claims as fake
from theory.errors import UnsupportedFormError
from verification import cli
from verification.follow import computable, plain, stages
from verification.forms import Bound, Comparison, Identity, Numerical, Region, StationaryDensity
from verification.layout import COLUMNS, Passage, PassageKind, formula_passage, laid_out, width
from verification.papers.stochastic_collapse.attraction import one_dimension as section_4
from verification.provenance import body, qualified_name, theory_behind
from verification.registry import catalogue
from verification.run.store import Store
from verification.verdict import ClaimVerdict, Finding, Outcome, StatementVerdict, Verdict

STATIONS = ("printed equation", "derivation", "program", "simulation", "interval and verdict")

WITHOUT_THEORY = {
    ("DLN-C3", "mixed product"),
    ("DLN-CODE1", "gradient, 3 outputs"),
    ("DLN-CODE1", "gradient, 12 outputs"),
    ("DLN-CODE1", "noise covariance, 12 outputs"),
    ("DLN-CODE2", "noise of whitened inputs"),
    ("DLN-CODE2", "standard deviation of a layer"),
    ("SC-034", "last factor of the radial noise"),
    ("SC-037", "lower bound for G"),
    ("SC-037", "last step of the chain"),
    ("SC-038", "bound on the distance"),
    ("SC-038", "bound of Lemma F.1"),
    ("SC-038", "where the printed power is safe"),
    ("SC-038", "where the power of Lemma F.1 is safe"),
    ("SC-039", "pure directions"),
    ("SC-070", "second-order statistics"),
    ("SC-079", "solution"),
    ("SC-084", "(56)"),
    ("SC-088", "solution"),
    ("SC-090", "train error"),
    ("SC-091", "test error"),
    ("SC-111", "window"),
    ("SYM-21", "stability"),
    ("SYM-41", "violation"),
}
"""Statements whose printed side is a residual made by the theory, so that the derived side is plain zeros, or whose
few lines of derivation stand in the claim's own module."""


def stages_of(id, store=None):
    known = catalogue()
    return stages(known.claim(id), known.listed[id].home, store)


def fake_verdict(claim):
    finding = Finding(Outcome.CONSISTENT, "the reason", numbers={"estimate": 1.25, "interval": [1.0, 1.5], "n": 256})
    judged = tuple(
        StatementVerdict(s.name, Verdict.HOLDS, {"a check": finding}, {}, {miss.name: None for miss in s.near_misses})
        for s in claim.statements
    )
    return ClaimVerdict(claim.id, Verdict.HOLDS, ("CONSISTENT",), "a: the reason", None, judged)


LONG_DERIVATIONS = {"SC-014", "SC-015", "SC-034", "SC-051", "SC-052", "SC-054", "SC-113"}
"""Claims whose derivations take five seconds and more; they are followed nightly."""


IDS = list(catalogue().listed)
BY_DAY = {"SC-012", "SC-086", "DLN-GF3"}.union([id for id in IDS if id not in LONG_DERIVATIONS][::80])
"""Three claims that hold every form of statement, and every eightieth; the others are followed nightly."""


@pytest.mark.slow
def test_every_form_of_statement_is_followed_by_day():
    forms = {id: {type(statement.form) for statement in catalogue().claim(id).statements} for id in IDS}
    assert set().union(*(forms[id] for id in BY_DAY)) == set().union(*forms.values())


@pytest.mark.parametrize("id", [pytest.param(id, marks=[] if id in BY_DAY else [pytest.mark.slow]) for id in IDS])
def test_every_stage_of_every_claim_prints_itself(id):
    claim = catalogue().claim(id)
    found = stages_of(claim.id)
    assert [stage.title for stage in found[1:-1]] == [
        f"{s.name}: {name}" for s in claim.statements for name in STATIONS
    ]
    for stage in found:
        assert all(block.text.strip() for block in stage.blocks) and stage.blocks
    by_title = {stage.title: "\n".join(block.text for block in stage.blocks) for stage in found}
    for statement in claim.statements:
        assert "LaTeX: " in by_title[f"{statement.name}: printed equation"]
        program = by_title[f"{statement.name}: program"]
        computes = "return %" in program and "def program(" in program
        assert computes or isinstance(statement.form, Numerical) or "made of matrices" in program
        derivation = by_title[f"{statement.name}: derivation"]
        assert "ends in an error" not in derivation
        alone = "stated outright" in derivation
        assert alone == ((id, statement.name) in WITHOUT_THEORY)
        assert ("only judges" in derivation) == isinstance(statement.form, Numerical)
        assert alone or "theory." in derivation or "judges" in derivation or "measured again" in derivation
        simulation = by_title[f"{statement.name}: simulation"]
        for experiment in statement.experiments:
            assert experiment.name in simulation and qualified_name(experiment.sampler) in simulation
        for comparison in statement.comparisons:
            assert isinstance(comparison, Comparison) and qualified_name(comparison.evaluator) in simulation
    assert f"not judged yet: run driftproof verify {id}" in found[-1].blocks[0].text


def test_the_shown_source_is_the_one_that_runs():
    claim = catalogue().claim("SC-031")
    density = claim.statement("density")
    printed: Any = density.judged(density.printed)
    arguments = sorted(printed.free_symbols, key=str)
    assert source([printed], arguments).strip() in plain(stages_of(claim.id))


def test_the_way_leads_from_the_derived_form_to_the_theory():
    text = plain(stages_of("SC-031"))
    assert "theory.models.double_well:DoubleWell" in text
    assert "theta**(2*mu/zeta**2 - 2)" not in text  # formulas are pretty-printed, not in SymPy's own words
    assert "power 0.999" in text and re.search(r"seed \d{15,}, second stage \d{15,}", text)


def test_theory_behind_a_helper_is_found_and_a_claim_without_any_has_none():
    names = {thing.__qualname__ for thing in theory_behind(section_4.gbm_probability_of_reaching)}
    assert "hitting_probability" in names
    assert theory_behind(lambda: sp.S.One) == []


def test_the_body_of_a_lambda_is_shown_without_what_surrounds_it():
    pair = (lambda: sp.Integer(3) + 4, "not this")
    assert body(pair[0]) == "sp.Integer(3) + 4"


def test_what_generated_code_cannot_compute_becomes_an_argument():
    y = sp.Symbol("y")
    slope = sp.Derivative(sp.Function("L")(y), y)
    (expression,), given = computable(2 * slope + y)
    assert expression.free_symbols == {*given, y} and list(given.values()) == [slope]


def test_the_verdict_comes_from_the_store(tmp_path):
    claim = catalogue().claim("SC-025")
    with Store(tmp_path / "run.db") as store:
        store.record_verdict(fake_verdict(claim), ["a key of old"], seconds=0.0)
        text = plain(stages_of(claim.id, store))
    assert "a check: CONSISTENT: the reason" in text and "[1, 1.5]" in text
    assert "NOT REFUTED by any check" in text
    assert "earlier version of the code" in text
    assert "not judged yet" not in text


def no_derivation():
    """A derivation that the theory refuses."""
    raise UnsupportedFormError("no closed form of p**2")


@pytest.mark.parametrize(
    "form", [Identity(no_derivation), Region(no_derivation), Bound(no_derivation), StationaryDensity(no_derivation)]
)
def test_a_derivation_that_is_refused_is_told_and_the_rest_of_the_way_is_shown(form):
    claim = fake.claim(fake.statement(form=form, printed=sp.Symbol("k") + 1))
    text = plain(stages(claim, ".", None))
    assert "no_derivation" in text and "ends in an error: UnsupportedFormError: no closed form of p²" in text
    assert "k + 1" in text and "not judged yet" in text


def test_a_near_miss_is_named_in_unicode(tmp_path):
    claim = catalogue().claim("SC-025")
    with Store(tmp_path / "run.db") as store:
        store.record_verdict(fake_verdict(claim), ["a key of old"], seconds=0.0)
        lines = [line for line in plain(stages_of(claim.id, store)).splitlines() if "near miss" in line]
    assert lines and not any("$" in line or "\\" in line for line in lines)


def test_the_command_prints_plain_text_into_a_pipe(capsys, tmp_path):
    Store(tmp_path / "run.db").close()
    assert cli.main(["follow", "SC-025", "--store", str(tmp_path / "run.db")]) == 0
    out = capsys.readouterr().out
    assert out.startswith("== SC-025") and "\x1b" not in out


def test_a_terminal_gets_colour(tmp_path):
    Store(tmp_path / "run.db").close()
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "verification", "follow", "SC-025", "--store", str(tmp_path / "run.db")]
    environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {
        "TERM": "xterm-256color",
        "COLUMNS": "100",
    }
    process = subprocess.Popen(command, stdout=follower, stderr=follower, env=environment)
    os.close(follower)
    out, end = b"", time.monotonic() + 120
    while time.monotonic() < end:
        if select.select([leader], [], [], 0.2)[0]:
            try:
                piece = os.read(leader, 65536)
            except OSError:
                break
            if not piece:
                break
            out += piece
        elif process.poll() is not None:
            break
    os.close(leader)
    assert process.wait(10) == 0
    assert b"\x1b[" in out and b"printed equation" in out


def test_a_lambda_is_named_by_where_it_stands():
    name = qualified_name(lambda: sp.S.One)
    assert "<lambda>" not in name and "test_follow, line" in name
    assert qualified_name(section_4._attracting) == f"{section_4.__name__}:_attracting"


@pytest.mark.parametrize(
    "id", ["SC-036", *(pytest.param(f"SC-{n}", marks=pytest.mark.slow) for n in ("008", "031", "071"))]
)
def test_nothing_is_wider_than_80_columns(id):
    found = stages_of(id)
    lines = plain(found).splitlines()
    assert [line for line in lines if width(line) > COLUMNS] == []
    words = [block.text for stage in found for block in stage.blocks if block.kind is not PassageKind.PYTHON]
    assert not any("<lambda>" in text or ":math:" in text for text in words)


def test_a_formula_too_wide_for_two_dimensions_is_told_in_lines():
    x = sp.symbols("x_1:9")
    narrow, wide = sp.Matrix([[x[0] ** 2]]), sp.Matrix(4, 8, lambda i, j: (x[i] + 2 * x[j]) / (7 + i))
    assert "⎡" in formula_passage(narrow).text or "[" in formula_passage(narrow).text
    assert len(formula_passage(wide).text.splitlines()) == 4 and "x₁/7 + 2x₂/7" in formula_passage(wide).text


def test_a_long_line_goes_on_indented_and_loses_no_word():
    words = "  " + " ".join(f"word{i}" for i in range(60))
    shown = laid_out(Passage(words))
    assert shown.split() == words.split() and max(map(len, shown.splitlines())) <= COLUMNS
    assert all(line.startswith("      word") for line in shown.splitlines()[1:])
