"""The report as a page: its counts, its style, the file that is written."""

from pathlib import Path

import pytest
import sympy as sp

from tests.verification.report.test_report import Reader, catalogue_of, claim, html_of, verdict, x
from verification import registry, report
from verification.claim import Grade, Source
from verification.errors import VerificationError
from verification.forms import Figure
from verification.formulas import formula, latex
from verification.investigation import investigate
from verification.papers.stochastic_collapse.figures import figure_1
from verification.registry import Catalogue
from verification.report import report_html, write_report
from verification.report.summary import summary_table
from verification.run.fingerprint import fingerprint
from verification.run.task import Result, Status, Task
from verification.verdict import ClaimVerdict, Finding, Outcome, StatementVerdict, Verdict


def test_the_summary_counts_every_claim_once_by_source_and_grade(store):
    subjects = [
        claim(id="SC-901", source=Source.PAGE, grade=Grade.WRONG),
        claim(id="SC-902", source=Source.PAGE, grade=Grade.CONFLICT),
        claim(id="SC-903", source=Source.OURS),
        claim(id="SC-904", source=Source.OURS),
        claim(id="SC-905", source=Source.PAGE),
    ]
    held = {"SC-903": ("CONSISTENT", "PROVED"), "SC-904": ("PROVED",)}
    verdicts = {
        c.id: ClaimVerdict(c.id, Verdict.HOLDS if c.id in held else Verdict.FAILS, held.get(c.id, ()), "", None, ())
        for c in subjects[:4]
    }
    table = summary_table({"mine": subjects[:4], "yours": subjects[4:]}, verdicts)
    columns = [name for name, _ in table.columns]
    assert columns == ["HOLDS", "FAILS: wrong", "FAILS: conflict", "NOT JUDGED"]
    rows = {(key, row.source): row for key, _, of_paper in table.papers for row in of_paper}
    counted = {place: dict(zip(columns, row.counts, strict=True)) for place, row in rows.items()}
    assert counted["mine", "page"] == {"HOLDS": 0, "FAILS: wrong": 1, "FAILS: conflict": 1, "NOT JUDGED": 0}
    assert counted["yours", "page"]["NOT JUDGED"] == 1
    assert counted["mine", "ours"]["HOLDS"] == 2 and rows["mine", "ours"].weakest == "CONSISTENT"
    assert sum(sum(row.counts) for row in rows.values()) == len(subjects)


def test_the_summary_of_all_papers_comes_before_anything_else(store):
    html = html_of(store, claim(id="SC-901"), claim(id="SC-902", source=Source.OURS))
    assert html.count('<table class="summary">') == 1
    assert html.index('<table class="summary">') < html.index("<fieldset") < html.index("<main>")


def test_a_long_formula_goes_on_in_rows_that_lose_nothing():
    terms = [rf"\frac{{a_{{{i}}}}}{{b}}" for i in range(12)]
    source = "x = " + " + ".join(terms) + r",\quad\text{where }b = 1"
    whole, rows = formula(source), formula(source, width=40)
    assert whole.count("<math") == 1 and rows.count("<math") >= 4
    assert rows.count("<mfrac>") == whole.count("<mfrac>") == 12
    assert rows.count("annotation encoding") == 1


def test_a_function_with_a_prime_is_typeset_with_it():
    sigma = sp.Function("sigma'")
    assert latex(sigma(x)) == r"\sigma'{\left(x \right)}"


def test_verdicts_without_a_registered_claim_are_named(store):
    store.record_verdict(ClaimVerdict("SC-777", Verdict.HOLDS, ("PROVED",), "fine", None, ()), [], seconds=0.0)
    assert "SC-777" in html_of(store, claim())


def test_figure_1_is_drawn_from_the_store(store):
    subject = registry.catalogue().claim("SC-033")
    (statement,) = subject.statements
    form = statement.form
    assert isinstance(form, Figure)
    values = [_part(part) for part in form.parts]
    tasks = investigate(subject, resolution=0.05).next_tasks({})
    for task, value in zip(tasks, values, strict=True):
        store.record_result(task, Result(Status.DONE, value), seconds=0.0)
    finding = Finding(Outcome.CONSISTENT, "fine", numbers=figure_1.transition(values))
    killers = {miss.name: "figure" for miss in statement.near_misses}
    judged = StatementVerdict(statement.name, Verdict.EMPIRICAL, {"figure": finding}, {}, killers)
    entry = registry.catalogue().listed[subject.id]
    code = fingerprint(entry.module, entry.home)
    store.record_verdict(
        ClaimVerdict(subject.id, Verdict.EMPIRICAL, ("CONSISTENT",), "fine", None, (judged,), fingerprint=code),
        [task.key for task in tasks],
        seconds=0.0,
    )
    reader = Reader(report_html(store, Catalogue({subject.id: entry})))
    labels = [a["aria-label"] for tag, a in reader.tags if tag == "svg"]
    assert len(labels) == 4
    assert sum("stationary density" in label for label in labels) == 2
    assert sum("point mass" in label for label in labels) == 1
    assert any("1.7271" in text for text in reader.text)


def _part(part):
    """A part of the figure as if measured: everything collapsed at the rate of the linear equation."""
    if "show" in part:
        return {**part, "times": [0.0, 1.0, 2.0], "paths": [[1.0, 0.5, 0.2], [-1.0, -0.5, -0.25]], "seed": 1}
    noise = float(sp.Rational(part["zeta"]))
    row = figure_1.FIGURE.row(noise, [1, 2, 3, 4, 5], 10, rate=1.5 - noise**2 / 2, rate_error=0.01, sign_changes=0)
    return {"mu": part["mu"], **row, "seed": 1}


def test_a_path_that_cannot_be_written_is_one_sentence(store, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(VerificationError, match=r"^there is no folder .*\. Make it first, or give another path\.$"):
        write_report(store, blocked / "report.html", catalogue_of(claim()))
    with pytest.raises(VerificationError, match="Give another path|give another path"):
        write_report(store, tmp_path, catalogue_of(claim()))
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.endswith(".part")) == []


def test_the_written_file_is_the_report(store, tmp_path):
    path = tmp_path / "report.html"
    write_report(store, path, catalogue_of(claim()))
    assert path.read_text(encoding="utf-8") == html_of(store, claim())
    assert not [p for p in path.parent.iterdir() if p.suffix == ".part"]


def test_the_templates_lie_in_the_package():
    names = {path.name for path in (Path(report.__file__).parent / "templates").iterdir()}
    assert {"report.html", "macros.html", "style.css"} <= names


def test_results_outside_the_verdict_are_not_drawn(store):
    subject = claim("a text")
    (statement,) = subject.statements
    label = f"{statement.name}/monte_carlo/{statement.experiments[0].name}/stage 1/predictions"
    forms = {"printed": 1.5, "corrected": 1.0, "only in the store": 1.2}
    task = Task(subject.id, label, "m:f", {})
    store.record_result(task, Result(Status.DONE, forms), seconds=0.0)
    store.record_verdict(verdict(subject), ["another key"], seconds=0.0)
    assert "only in the store" not in html_of(store, subject)
    store.record_verdict(verdict(subject), [task.key], seconds=0.0)
    assert "only in the store" in html_of(store, subject)
