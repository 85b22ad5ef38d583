"""The report: a pure function of the store, safe to open, complete."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sympy as sp

from tests.verification import fake_claims as fake
from verification import registry, report
from verification.claim import Claim, Kind, Paper, Source, Statement
from verification.drawing.intervals import Measured, interval_plot
from verification.forms import Experiment, Identity
from verification.formulas import formula
from verification.formulas.tree import ATTRIBUTES, ELEMENTS, _rebuilt
from verification.registry import Catalogue, Listed
from verification.report import claim_markup, report_html
from verification.run.fingerprint import fingerprint
from verification.run.pool import WorkerPool
from verification.run.store import Store
from verification.verdict import ClaimVerdict, Finding, Outcome, StatementVerdict, Verdict

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title><svg onload=alert(1)>",
    r"\href{javascript:alert(1)}{x}",
    r"\text{</math><script>alert(1)</script>}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "{{ 7 * 7 }}{% raw %}",
    "]]><!--",
)
ACTIVE = set("script img iframe object embed form base link audio video foreignobject animate".split())
URL_ATTRIBUTES = {"href", "src", "xlink:href", "action", "formaction", "data", "srcset", "background"}
VOID = {"meta", "br", "img", "link", "base", "hr", "input"}

x = sp.Symbol("x", positive=True)


class Reader(HTMLParser):
    """Collects tags, attributes and text, and notes every tag that is not closed by its like."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.open, self.unbalanced, self.text = [], [], [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.ids += [value for name, value in attributes if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.ids += [value for name, value in attributes if name == "id"]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unbalanced.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def hazards(reader):
    """Everything in a page that could run or load something."""
    found = [tag for tag, _ in reader.tags if tag in ACTIVE]
    for tag, attributes in reader.tags:
        for name, value in attributes.items():
            if name.startswith("on") or (name in URL_ATTRIBUTES and not (value or "").startswith("#")):
                found.append(f"{tag} {name}={value}")
            if name == "style" and re.search(r"url\((?!#)|expression|@import", value or ""):
                found.append(f"{tag} {name}={value}")
    return found


def claim(text="x", symbol=x, id="SC-900", source=Source.PAGE, grade=None):
    """A claim whose every text is ``text``."""
    experiment = Experiment(f"mean {text}", lambda arguments, draw: None, {}, lambda form: 1.0, variation=1.0)
    statement = Statement(
        name=f"statement {text}",
        says=text,
        left=text,
        form=Identity(lambda: symbol),
        printed=symbol,
        corrected=2 * symbol,
        wrong={f"miss {text}": 3 * symbol, f"survivor {text}": 4 * symbol},
        domain=(symbol > 1,),
        experiments=(experiment,),
        mutated=False,
    )
    return Claim(
        id=id,
        title=text,
        paper=Paper("no_such_paper", title=text, authors=text, reference=text),
        where=text,
        statements_of=lambda: (statement,),
        words=text,
        declared_kind=Kind.IDENTITY,
        symbols={symbol: text},
        source=source,
        grade=grade,
        scope=text,
        notes=(text,),
    )


def verdict(subject, text="x"):
    """FAILS, with every kind of number a finding may carry."""
    numbers = {
        "predicted": 1.5, "estimate": 1.0, "interval": [0.9, 1.1], "bias_allowance": 0.01, "n": 512,
        "false_alarm": 1e-7, "resolution": 0.05, "seed": 2**63 + 1,
        "second_stage": {"estimate": 1.01, "interval": [0.95, 1.05], "n": 2048},
    }  # fmt: skip
    (statement,) = subject.statements
    check = f"monte_carlo/{statement.experiments[0].name}"
    refuted = Finding(Outcome.REFUTED, f"reason {text}", witness={text: text}, numbers=numbers)
    supported = Finding(Outcome.CONSISTENT, text, numbers={**numbers, "predicted": 1.0, text: text})
    killed, survivor = statement.near_misses
    judged = StatementVerdict(
        statement.name, Verdict.FAILS, {check: refuted}, {check: supported}, {killed.name: check, survivor.name: None}
    )
    return ClaimVerdict(subject.id, Verdict.FAILS, ("REFUTED",), f"reason {text}", text, (judged,))


def catalogue_of(*subjects):
    here = Path(__file__)
    listed = {
        c.id: Listed(c.id, c.paper.key, c.where, c.title, c.source.name, "", c.module, here.parents[2], here, 1)
        for c in subjects
    }
    return Catalogue(listed, (), {subject.id: subject for subject in subjects})


def html_of(store, *subjects):
    return report_html(store, catalogue_of(*subjects))


@pytest.mark.every(4)
@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_of_a_claim_or_a_finding_becomes_markup(store, payload):
    subject = claim(payload, sp.Symbol(payload, positive=True))
    store.begin_run(["driftproof", payload], {payload: payload})
    store.record_incident(subject.id, payload, payload, payload)
    store.record_verdict(verdict(subject, payload), ["key"], seconds=1.0)
    reader = Reader(html_of(store, subject))
    assert hazards(reader) == []
    assert reader.unbalanced == [] and reader.open == []
    assert "".join(reader.text).count(payload) >= 8


def test_the_hazard_finder_finds_hazards():
    assert hazards(Reader("<script>1</script>")) == ["script"]
    assert hazards(Reader("<p onclick=x>")) and hazards(Reader("<a href='javascript:1'>"))
    assert hazards(Reader("<p style='background:url(http://x)'>"))
    assert Reader("<p><b></p></b>").unbalanced


def test_the_page_forbids_scripts_and_the_network(store):
    text = html_of(store, claim())
    policy = next(a["content"] for t, a in Reader(text).tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'") and "script-src" not in policy
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)


@pytest.mark.parametrize("payload", [*PAYLOADS, r"\mathrm{&#60;img&#62;}", "{" * 2000, "\x00\x1b[31m", r"\def\x{\x}\x"])
def test_a_formula_holds_allowed_elements_and_attributes_only(payload):
    root = ET.fromstring(str(formula(payload, payload)).replace("\x00", "").replace("\x1b", ""))
    ours = {"aria-label", "display", "encoding", "class", "mathvariant"}
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        assert name in ELEMENTS | {"math", "semantics", "annotation", "code"}
        assert set(element.attrib) <= ATTRIBUTES | ours


def test_a_hostile_tree_loses_what_is_not_allowed_and_keeps_its_text():
    hostile = (
        '<mrow href="javascript:1" onclick="f()" class="x" stretchy="url(x)"><script>alert(1)</script>'
        '<maction actiontype="toggle"><mi style="color:red" displaystyle="true">x</mi></maction>'
        '<annotation-xml><img src="x"/><mo fence="true">+</mo></annotation-xml></mrow>'
    )
    (rebuilt,) = _rebuilt(ET.fromstring(hostile))
    assert ET.tostring(rebuilt, encoding="unicode") == (
        '<mrow><mtext>alert(1)</mtext><mi displaystyle="true">x</mi><mo fence="true">+</mo></mrow>'
    )


@pytest.fixture(scope="module")
def whole_page(tmp_path_factory):
    """The report on every registered claim, none of them judged yet."""
    with Store(tmp_path_factory.mktemp("whole") / "run.db") as empty:
        return report_html(empty, registry.catalogue())


@pytest.mark.slow
def test_every_formula_of_every_claim_is_typeset(whole_page):
    """Printed and corrected forms, near misses and symbols: what cannot be typeset stands in a code element."""
    assert whole_page.count("<math") > 3000
    assert '<code class="latex"' not in whole_page
    assert '<code class="latex"' in formula(r"\notacommand{x}", "x")


def test_a_formula_says_its_source_and_its_plain_text():
    root = ET.fromstring(formula(r"\frac{\zeta^{2}}{2}", "zeta**2/2"))
    assert root.get("aria-label") == "zeta**2/2"
    assert [e.text for e in root.iter() if e.tag.endswith("annotation")] == [r"\frac{\zeta^{2}}{2}"]
    assert any(e.tag.endswith("mfrac") for e in root.iter())


@pytest.mark.slow
def test_an_empty_store_says_not_judged_yet_of_every_registered_claim(whole_page):
    known = registry.claims()
    reader = Reader(whole_page)
    assert_typeset(whole_page)
    assert "".join(reader.text).count("Not judged yet.") == len(known)
    assert set(known) <= set(reader.ids) and len(reader.ids) == len(set(reader.ids))
    assert hazards(reader) == [] and reader.unbalanced == []


def test_a_verdict_is_shown_with_its_numbers_its_near_misses_and_how_to_replay_it(store):
    subject = claim("a text")
    store.record_verdict(verdict(subject), ["key"], seconds=1.25)
    text = " ".join("".join(Reader(html_of(store, subject)).text).split())
    for shown in (
        "✗ FAILS", "reason x", "[0.9, 1.1]", "512", "1e-07", str(2**63 + 1), "1.01 in [0.95, 1.05], 2048 samples",
        "✗ no check", "1 not refuted", "driftproof verify SC-900 --fresh", "1.2 s of computing time",
    ):  # fmt: skip
        assert shown in text, shown


def test_a_check_that_decided_nothing_is_named_beside_the_verdict_that_rests_on_others(store):
    subject = claim("a text")
    whole = verdict(subject)
    (statement,) = whole.statements
    proved = {"symbolic": Finding(Outcome.PROVED, "zero")}
    unclear = {"monte_carlo/measured": Finding(Outcome.UNDECIDED, "tails too heavy")}
    for findings, named in ((proved, False), (proved | unclear, True)):
        held = replace(statement, verdict=Verdict.HOLDS, findings=findings, corrected={})
        store.record_verdict(replace(whole, verdict=Verdict.HOLDS, statements=(held,)), [], seconds=1.0)
        text = " ".join("".join(Reader(html_of(store, subject)).text).split())
        assert ("decided nothing" in text and "measured: tails too heavy" in text) is named


def test_the_report_is_the_same_in_every_byte(store, tmp_path):
    subject = claim("a text")
    store.record_verdict(verdict(subject), ["key"], seconds=1.25)
    assert html_of(store, subject) == html_of(store, subject)


@pytest.mark.slow  # by day: results in other surroundings, tests/verification/run/test_same_bytes.py
def test_a_picture_is_the_same_in_every_byte_in_another_process():
    program = (
        "from verification.drawing.intervals import *\n"
        "print(interval_plot('n', [Measured('m', 1.0, 0.9, 1.1)], {'printed': 1.5, 'far': 99.0, 'none': None}))"
    )
    command = [sys.executable, "-c", program]
    elsewhere = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    plot = interval_plot("n", [Measured("m", 1.0, 0.9, 1.1)], {"printed": 1.5, "far": 99.0, "none": None})
    assert elsewhere == plot + "\n"


def test_another_estimate_changes_the_picture():
    def plot(estimate):
        return interval_plot("n", [Measured("m", estimate, 0.9, 1.1)], {"printed": 1.5})

    assert plot(1.0) != plot(1.02)


def test_pictures_on_one_page_share_no_names(store):
    first, second = claim("one", id="SC-901"), claim("two", id="SC-902")
    for subject in (first, second):
        store.record_verdict(verdict(subject), ["key"], seconds=1.0)
    reader = Reader(html_of(store, first, second))
    assert sum(tag == "svg" for tag, _ in reader.tags) == 2
    assert len(reader.ids) == len(set(reader.ids))
    used = {a["href"][1:] for tag, a in reader.tags if tag == "use"}
    assert used and used <= set(reader.ids)


def test_a_verdict_of_other_code_is_called_outdated_and_a_fresh_one_is_not(store):
    known = registry.catalogue()
    subject, entry = known.claim("SC-025"), known.listed["SC-025"]
    alone = Catalogue({subject.id: entry})
    for code, outdated in ((fingerprint(entry.module, entry.home), False), ("other code", True)):
        judged = ClaimVerdict(subject.id, Verdict.HOLDS, ("PROVED",), "fine", None, (), fingerprint=code)
        store.record_verdict(judged, [], seconds=0.0)
        assert ("earlier version" in report_html(store, alone)) == outdated


def test_markup_is_kept_until_something_behind_it_changes(store, monkeypatch):
    known = registry.catalogue()
    alone = Catalogue({"SC-025": known.listed["SC-025"]})
    judged = ClaimVerdict("SC-025", Verdict.HOLDS, ("PROVED",), "fine", None, ())
    store.record_verdict(judged, [], seconds=0.0)
    made = report_html(store, alone)
    asked = []
    view = claim_markup.claim_view
    monkeypatch.setattr(claim_markup, "claim_view", lambda *given: asked.append(given) or view(*given))
    assert report_html(store, alone) == made and asked == []
    store.record_incident("SC-025", "a task", "lost", "found again")
    assert "found again" in report_html(store, alone) and len(asked) == 1
    store.record_verdict(replace(judged, verdict=Verdict.FAILS), [], seconds=0.0)
    assert report_html(store, alone) != made and len(asked) == 2
    monkeypatch.setattr(claim_markup, "basis", lambda *_: "other code")
    report_html(store, alone)
    assert len(asked) == 3
    monkeypatch.setattr(claim_markup, "basis", lambda *_: "")
    report_html(store, alone), report_html(store, alone)
    assert len(asked) == 5


def test_several_processes_make_the_same_page(store, monkeypatch):
    known = registry.catalogue()
    some = Catalogue({id: known.listed[id] for id in ("SC-025", "DLN-GF1")})
    made = report_html(store, some)
    store.forget(some.listed)
    monkeypatch.setattr(claim_markup, "FEW", 0)
    assert report_html(store, some, workers=2) == made
    store.forget(some.listed)
    with WorkerPool(2) as pool:
        assert report_html(store, some, executor=pool) == made


@pytest.mark.slow
def test_every_registered_claim_stands_under_one_topic_that_the_contents_link_to(whole_page):
    known, text = registry.claims(), whole_page
    reader = Reader(text)
    links = [a["href"][1:] for tag, a in reader.tags if tag == "a" and a["href"].startswith("#")]
    papers = {claim.paper.key for claim in known.values()}
    linked = [link for link in links if link.rpartition("-")[0] in papers]
    assert len(linked) == len(set(linked)) > 10 and set(linked) <= set(reader.ids)
    tables = re.findall(r'<table role="table" class="claims">.*?</table>', text, re.DOTALL)
    assert len(tables) == len(papers)
    bodies = [body for table in tables for body in re.findall(r"<tbody.*?</tbody>", table, re.DOTALL)]
    rows = [re.findall(r'<a href="#([\w-]+)">\1<', body) for body in bodies]
    assert len(bodies) == len(linked) and all(rows)
    assert sorted(id for row in rows for id in row) == sorted(known)
    order = list(known)
    assert all(row == sorted(row, key=order.index) for row in rows)


def test_the_filter_knows_every_verdict_and_hides_nothing_at_first(store):
    reader = Reader(html_of(store, claim()))
    boxes = [a for tag, a in reader.tags if tag == "input"]
    assert [a["id"] for a in boxes if "checked" in a] == ["show-all"]
    style = (Path(report.__file__).parent / "templates" / "style.css").read_text()
    for verdict in (*Verdict.__members__, "NOT JUDGED"):
        css = verdict.lower().replace(" ", "-")
        assert f"body:has(#show-{css}:checked) :is(tr.entry, section.claim:not(:target)):not(.{css})" in style
        assert f"show-{css}" in {a["id"] for a in boxes} | {"show-not-judged"}

    for css in (verdict.lower().replace(" ", "-") for verdict in (*Verdict.__members__, "NOT JUDGED")):
        assert f"body:has(#show-{css}:checked) :is(.claims tbody, nav li):not(.has-{css})" in style


def test_the_headings_of_the_summary_stand_over_their_numbers():
    style = (Path(report.__file__).parent / "templates" / "style.css").read_text()
    (selectors,) = re.findall(r"([^{}]*\.summary td[^{}]*)\{ text-align: right; \}", style)
    assert ".summary thead th:not(:first-child)" in selectors


def test_a_section_and_its_link_say_which_verdicts_they_hold(store):
    failing, open_ = claim(id="SC-901"), claim(id="SC-902")
    store.record_verdict(verdict(failing), ["key"], seconds=0.0)
    bodies = re.findall(r'<tbody role="rowgroup" id="[^"]*" class="([^"]*)">', html_of(store, failing, open_))
    assert [set(body.split()) for body in bodies] == [{"has-fails", "has-not-judged"}]


def assert_typeset(html):
    """No formula is left in the words of a programming language: outside LaTeX annotations and code."""
    shown = re.sub(r"<(style|math|code|pre|svg)\b.*?</\1>", "", html, flags=re.DOTALL)
    text = "".join(Reader(shown).text)
    raw = [text[max(0, m.start() - 30) : m.end() + 30] for m in re.finditer(r"\*\*|:math:|\\frac|\$|\^", text)]
    assert raw == []


def test_what_is_not_typeset_is_noticed():
    assert_typeset("<p>x²</p><code>x**2</code><math><annotation>x^2</annotation></math>")
    for raw in ("x**2", "x^2", ":math:`x`", "$x$"):
        with pytest.raises(AssertionError):
            assert_typeset(f"<p>{raw}</p>")


def test_a_near_miss_is_named_in_a_picture_without_latex():
    plot = interval_plot("n", [Measured("m", 1.0, 0.9, 1.1)], {r"factor 2 on $\frac{s^{2}}{2 k}$": 1.5})
    assert "factor 2 on s²/(2k)" in plot and "frac" not in plot


@pytest.mark.parametrize("statements", [lambda: [1 / 0], list, lambda: [fake.statement(wrong={})]])
def test_a_claim_that_cannot_be_made_is_named_and_costs_no_other(store, statements):
    bad, good = replace(claim("bad", id="SC-901"), statements_of=statements), claim("one", id="SC-902")
    page = html_of(store, bad, good)
    assert "cannot be made" in page and "SC-901" in page and 'id="SC-902"' in page and 'id="SC-901"' not in page
