"""The registry: which claims exist, and what a selector means."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from importlib import metadata
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from verification.errors import ClaimError, SourceError, UnknownClaimError
from verification.registry import catalogue, catalogue_naming, claims
from verification.sources import GROUP, PaperSource, installed, project

PROMISED = (*range(1, 16), *range(20, 44), *range(50, 64), *range(70, 100), 110, 111, 112, 113, 120)
CATALOGUE = [f"SC-{number:03}" for number in PROMISED]

CLAIM = """
from verification.authoring.shorthand import Paper, equals

paper = Paper("{paper}", citation="doe2020noise")

@paper.claim("{id}", "p. 1")
def one():
    \"\"\"A title.\"\"\"
    yield equals("one", printed=1, derived=lambda: 1, wrong={{"two": 2}})
"""


def ids(*selectors: str) -> list[str]:
    return catalogue().select(selectors)


def written(folder: Path, **files: str) -> tuple[PaperSource, ...]:
    """A source made of the given modules."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text)
    return project([folder]).sources


def test_a_package_that_offers_a_module_which_is_not_there_is_named_and_the_other_sources_go_on(tmp_path, monkeypatch):
    lost = EntryPoint("lost_paper", "no_such_package.claims", GROUP)
    monkeypatch.setattr(metadata, "entry_points", lambda group: [lost])
    mine = written(tmp_path, a=CLAIM.format(paper="p", id="XX-1"))
    found = catalogue((*installed()[-1:], *mine))
    assert list(found.listed) == ["XX-1"]
    (problem,) = found.problems
    assert "'lost_paper'" in problem and "'no_such_package.claims'" in problem and "remove it" in problem
    with pytest.raises(SourceError, match="lost_paper"):
        project(["lost-paper"])


@pytest.mark.parametrize("id", CATALOGUE)
def test_every_claim_that_was_promised_exists(id):
    assert catalogue().claim(id).id == id


def test_claims_come_in_the_order_of_the_catalogue():
    assert ids("stochastic_collapse") == sorted(ids("stochastic_collapse")) == CATALOGUE


def test_what_is_read_from_the_source_text_is_what_the_claims_say():
    for entry in catalogue().listed.values():
        claim = catalogue().claim(entry.id)
        said = (claim.paper.key, claim.where, claim.title, claim.source.name, claim.grade.name if claim.grade else "")
        assert said == (entry.paper, entry.where, entry.title, entry.source, entry.grade), entry.id


def test_an_id_selects_one_claim_in_either_case():
    assert ids("SC-031") == ids("sc-031") == ["SC-031"]


def test_a_range_with_one_end_is_no_range():
    for selector in ("SC-024..", "..SC-033"):
        with pytest.raises(UnknownClaimError, match="a range of claims needs both ends"):
            ids(selector)


@pytest.mark.parametrize("span", ["SC-024..SC-027", "SC-027..SC-024", "sc-024..sc-027"])
def test_a_range_selects_both_its_ends_and_what_lies_between_in_either_direction(span):
    assert ids(span) == ["SC-024", "SC-025", "SC-026", "SC-027"]


def test_a_pattern_selects_what_it_matches():
    assert ids("SC-08*") == [f"SC-08{digit}" for digit in range(10)]


@pytest.mark.parametrize(
    "paper", ["stochastic_collapse", "stochastic-collapse", "Stochastic-Collapse", "chen2023stochastic"]
)
def test_the_key_the_folder_and_the_citation_of_a_paper_select_its_claims(paper):
    assert ids(paper) == CATALOGUE


def test_several_selectors_are_joined_without_repetition_in_catalogue_order():
    assert ids("SC-085", "SC-031", "SC-08*") == ["SC-031", *(f"SC-08{digit}" for digit in range(10))]


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("SC-312", "SC-032"),
        ("SC31", "SC-031"),
        ("SC-0311", "SC-031"),
        ("SC-03l", r"Nearest: SC-031\."),
        ("SC-O3I", r"Nearest: SC-031\."),
        ("SC-03k", "SC-03[0-9], SC-03"),
        ("SC-9", "SC-009"),
        ("SC-03", "SC-030"),
        ("stochastic_colapse", "stochastic_collapse"),
    ],
)
def test_an_unknown_id_offers_the_nearest_ones(wrong, near):
    with pytest.raises(UnknownClaimError, match=near):
        ids(wrong)


@pytest.mark.parametrize("wrong", ["", "nonsense", "SC-024..SC-999", "saddle"])
def test_a_selector_that_names_nothing_is_refused_in_one_sentence(wrong):
    with pytest.raises(UnknownClaimError, match=r"no claim matches .*driftproof list"):
        ids(wrong)


def test_one_wrong_selector_among_right_ones_is_refused():
    with pytest.raises(UnknownClaimError, match="'SC-999'"):
        ids("SC-031", "SC-999")


def test_an_id_used_twice_is_refused_and_both_places_are_named(tmp_path):
    sources = written(tmp_path, a=CLAIM.format(paper="p", id="XX-1"), b=CLAIM.format(paper="q", id="XX-1"))
    with pytest.raises(ClaimError, match=r"a\.py:\d+ and .*b\.py:\d+"):
        catalogue(sources)


def test_a_module_that_is_no_python_is_told_with_its_line_and_the_others_go_on(tmp_path):
    known = catalogue(written(tmp_path, good=CLAIM.format(paper="p", id="XX-1"), bad="x = 1\npaper.claim(\n"))
    assert list(known.listed) == ["XX-1"]
    assert len(known.problems) == 1 and "bad.py:2" in known.problems[0]


def test_a_module_that_fails_at_import_is_told_with_its_error_and_line(tmp_path):
    known = catalogue(written(tmp_path, falls=CLAIM.format(paper="p", id="XX-2") + "\nundefined_name\n"))
    assert list(known.listed) == ["XX-2"]
    with pytest.raises(SourceError, match=r"NameError.*falls\.py:11"):
        known.claim("XX-2")


def test_claims_whose_ids_are_computed_are_found_by_importing_their_module(tmp_path):
    text = CLAIM.replace('"{id}"', 'f"XX-{{3}}"').format(paper="computed")
    assert list(catalogue(written(tmp_path, computed=text)).listed) == ["XX-3"]


def test_a_place_that_is_a_text_of_another_module_is_read_and_nothing_runs(tmp_path):
    text = CLAIM.format(paper="p", id="XX-8").replace('"p. 1"', "PLACE")
    sources = written(
        tmp_path, common='q = Paper("q")\nPLACE = "p. 2"\n', here=f"raise SystemExit\nfrom common import PLACE\n{text}"
    )
    (entry,) = catalogue(sources).listed.values()
    assert entry.where == "p. 2"


def test_a_file_that_is_no_python_is_told_although_nothing_in_it_looks_like_a_claim(tmp_path):
    (tmp_path / "broken.py").write_text("x = (\n")
    (problem,) = catalogue(project([tmp_path / "broken.py"]).sources).problems
    assert "broken.py:1 is no Python" in problem


def test_a_module_that_ends_the_interpreter_fails_at_import_like_any_other(tmp_path):
    known = catalogue(written(tmp_path, leaves=CLAIM.format(paper="p", id="XX-5") + "\nraise SystemExit(3)\n"))
    with pytest.raises(SourceError, match=r"SystemExit: 3 .*leaves\.py:11"):
        known.claim("XX-5")


def test_an_exception_that_is_none_fails_at_import_too_and_a_mark_of_byte_order_is_no_fault(tmp_path):
    text = "\ufeff" + CLAIM.format(paper="p", id="XX-6") + "\nclass Odd(BaseException): pass\nraise Odd('x')\n"
    known = catalogue(written(tmp_path, odd=text))
    assert not known.problems
    with pytest.raises(SourceError, match=r"Odd: x .*odd\.py:12"):
        known.claim("XX-6")


def test_no_claim_of_a_loop_is_lost_though_all_are_bound_to_one_name(tmp_path):
    text = CLAIM.format(paper="looped", id="{i}").replace('"{i}"', 'f"XX-{i}"')
    head, decorated = text.split("@paper")
    body = "\n".join("    " + line for line in ("@paper" + decorated).splitlines())
    sources = written(tmp_path, looped=f"{head}\nfor i in range(3):\n{body}\n")
    assert list(catalogue(sources).listed) == ["XX-0", "XX-1", "XX-2"]


@pytest.mark.parametrize("id", ['""', '"XX 1"', '"XX-*"', '"XX-1..XX-2"', r'"XX\n1"', '"-XX"', f'"{"X" * 41}"', "7"])
def test_an_id_that_could_not_be_selected_is_refused_with_its_line(tmp_path, id):
    known = catalogue(written(tmp_path, odd=CLAIM.replace('"{id}"', id).format(paper="p"), good="x = 1\n"))
    problems = list(known.problems)
    for listed in known.listed:
        with pytest.raises(SourceError) as caught:
            known.claim(listed)
        problems.append(str(caught.value))
    (problem,) = problems
    assert "the id of a claim must be a text" in problem and "odd.py:6" in problem


def test_a_text_of_blanks_selects_nothing(tmp_path):
    known = catalogue(written(tmp_path, a=CLAIM.format(paper="p", id="XX-6").replace("doe2020noise", "")))
    for blank in ("", " "):
        with pytest.raises(UnknownClaimError):
            known.select([blank])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[tool.driftproof]\nclaim = ["a.py"]\n', "has no setting 'claim'. Settings: claims, lock"),
        ("[tool]\ndriftproof = 3\n", "must be a table, got 3"),
        ("[tool.driftproof]\nlock = 3\n", "lock must be a path"),
        ('[tool.driftproof]\nclaims = ["nowhere.py"]\n', "pyproject.toml: tool.driftproof.claims names nowhere.py"),
    ],
)
def test_a_mistyped_setting_is_refused_and_no_other_claims_are_judged(tmp_path, text, said):
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(SourceError, match=re.escape(said)):
        project(here=tmp_path)


def test_claims_of_an_installed_package_have_the_lock_beside_them(tmp_path, monkeypatch):
    package = tmp_path / "offered"
    package.mkdir()
    (package / "__init__.py").write_text(CLAIM.format(paper="p", id="XX-7"))
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(metadata, "entry_points", lambda group: [EntryPoint("offered", "offered", GROUP)])
    about = project(here=tmp_path)
    assert about.locks_beside == (package / "claims.lock.json",)
    assert about.lock_for(package / "__init__.py") == package / "claims.lock.json"
    assert about.lock_for(tmp_path / "other.py") == about.lock != package / "claims.lock.json"
    assert project(here=tmp_path, lock=tmp_path / "other.json").locks_beside == ()


def test_reading_a_source_runs_nothing_of_it(tmp_path):
    known = catalogue(written(tmp_path, silent="raise SystemExit\n" + CLAIM.format(paper="p", id="XX-4")))
    assert list(known.listed) == ["XX-4"]


def test_no_framework_file_lists_a_paper():
    for path in Path("verification").rglob("*.py"):
        if "papers" not in path.parts:
            names = {node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant)}
            assert not any(isinstance(name, str) and "stochastic_collapse" in name for name in names - docs(path)), path


def docs(path: Path) -> set[object]:
    """Docstrings of a file, which may give a paper as an example."""
    return {
        node.value
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and ("\n" in node.value or " " in node.value)
    }


def test_the_claims_of_all_papers_are_those_of_the_catalogue():
    assert list(claims()) == ids()


def test_a_path_that_the_system_refuses_to_look_at_is_told_in_one_sentence(tmp_path):
    with pytest.raises(SourceError, match=r"the path cannot be read \(.*\)\. Give another path") as caught:
        project(["x" * 5000], here=tmp_path)
    assert len(str(caught.value)) < 400


def test_installed_papers_are_read_without_their_bodies_and_give_the_same_list():
    paper = next(source for source in installed() if source.name == "saddle_to_saddle")
    listed = catalogue([paper]).listed
    assert len(listed) > 50 and listed == catalogue([replace(paper, installed=False)]).listed


def test_the_claim_that_is_wanted_is_found_without_reading_the_claims_of_other_modules():
    near = catalogue_naming("sc-031", installed())
    assert near.listed["SC-031"] == catalogue().listed["SC-031"]
    assert len(near.listed) < 20
    assert catalogue_naming("SC-999", installed()) is catalogue()


def test_a_claim_that_only_stands_in_the_text_of_a_function_is_none(tmp_path):
    text = CLAIM.format(paper="p", id="XX-7")
    example = 'def example():\n    return """\n' + text.replace('"""', "") + '"""\n'
    (source,) = written(tmp_path, a=example + text.replace("XX-7", "XX-9"))
    assert list(catalogue([replace(source, installed=True)]).listed) == ["XX-9"]


def test_a_path_in_the_place_of_an_id_is_told_where_paths_go():
    with pytest.raises(UnknownClaimError, match="said with --claims"):
        ids("my_paper/claims.py")
    with pytest.raises(UnknownClaimError) as other:
        ids("SC-999")
    assert "--claims" not in str(other.value)
