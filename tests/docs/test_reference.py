"""The reference pages are those the code makes, every page can be found, and every source that is cited is listed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs.reference import generate
from verification.registry import catalogue

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
ROOMS = ("tutorial", "how-to", "reference", "explanation")
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md"), *(ROOT / "tests").rglob("*.md")])
LINK = re.compile(r"\[[^\]]+\]\((?P<target>[^)\s]+)\)")
CODE = re.compile(r"^```.*?^```$|^    .*?$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
CITED = re.compile(r"\[@(?P<key>\w+)")
ENTRY = re.compile(r"^@(?P<kind>\w+)\{(?P<key>\w+),$(?P<fields>.*?)^\}$", re.MULTILINE | re.DOTALL)


def prose(page: Path) -> str:
    """The text of a page without its code, where brackets mean other things."""
    return CODE.sub("", page.read_text(encoding="utf-8"))


def bibliography() -> dict[str, str]:
    """Key -> fields of each entry of docs/references.bib."""
    return {entry["key"]: entry["fields"] for entry in ENTRY.finditer((DOCS / "references.bib").read_text())}


@pytest.mark.parametrize(
    "path",
    # To typeset every formula of every claim takes fifteen seconds.
    [pytest.param(path, marks=[pytest.mark.slow] if path.name == "claims.md" else []) for path in generate.pages()],
    ids=lambda path: path.name,
)
def test_generated_page_is_up_to_date(path: Path) -> None:
    same = path.exists() and path.read_text(encoding="utf-8") == generate.pages()[path]()
    assert same, f"{path.name} differs from the code; run `python -m docs.reference.generate`."


def test_notation_page_lists_every_symbol() -> None:
    names = {symbol.name for symbol in generate.named_symbols(generate.notation)}
    symbols = {name for name, value in vars(generate.notation).items() if isinstance(value, generate.sp.Symbol)}
    assert names == symbols


def test_claims_page_has_a_section_for_every_claim() -> None:
    text = (DOCS / "reference" / "claims.md").read_text(encoding="utf-8")
    assert re.findall(r"^### (\S+) ", text, re.MULTILINE) == list(catalogue().listed)


@pytest.mark.slow
def test_claims_page_names_every_statement() -> None:
    text = generate.claims_page()
    for claim in map(catalogue().claim, catalogue().listed):
        section = text.partition(f"### {claim.id} ")[2].partition("### ")[0]
        assert all(f"| {statement.name}" in section for statement in claim.statements), claim.id


def test_table_cells_keep_their_bars() -> None:
    assert generate.table(("a", "b"), [("|x|", "y")]).splitlines()[-1] == r"| \|x\| | y |"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    targets = [target for target in LINK.findall(prose(page)) if "://" not in target]
    lost = [target for target in targets if not (page.parent / target.partition("#")[0]).exists()]
    assert not lost


def test_every_page_of_a_room_is_listed_in_the_docs_readme() -> None:
    listed = {(DOCS / target).resolve() for target in LINK.findall(prose(DOCS / "README.md"))}
    pages = {page.resolve() for room in ROOMS for page in (DOCS / room).glob("*.md")}
    assert len(pages) > len(ROOMS) and pages <= listed


def test_every_citation_has_an_entry() -> None:
    cited = {key for page in PAGES for key in CITED.findall(prose(page))}
    papers = {listed.paper for listed in catalogue().listed.values()}
    assert cited and papers
    assert not (cited | papers) - bibliography().keys()


def test_every_entry_is_complete_and_keys_are_unique() -> None:
    text = (DOCS / "references.bib").read_text()
    assert len(bibliography()) == len(re.findall(r"^@", text, re.MULTILINE))
    for key, fields in bibliography().items():
        given = set(re.findall(r"^\s*(\w+)\s*=", fields, re.MULTILINE))
        missing = {"author", "title", "year"} - given
        assert not missing, f"{key} lacks {missing}"
