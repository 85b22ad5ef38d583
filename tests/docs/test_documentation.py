"""Every Python block of the README and of the docs runs, and prints what the page says it prints."""

from __future__ import annotations

import ast
import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"```python\n(?P<code>.*?)```(?P<after>\n+(?P<output>(?:    [^\n]*\n|\n)*))?", re.DOTALL)


def pages_with_code() -> list[Path]:
    return [page for page in PAGES if "```python" in page.read_text()]


def test_the_readme_shows_code() -> None:
    assert ROOT / "README.md" in pages_with_code()


def printed_by(code: str, page: Path, namespace: dict[str, object]) -> list[str]:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, str(page), "exec"), namespace)
    return lines_of(printed.getvalue())


def lines_of(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def commented(code: str) -> list[str]:
    """What the comments behind the calls of ``print`` say, up to an explanation after a colon or a comma."""
    return re.findall(r"^print\(.*\)\s*# ([^:,\n]+)", code, re.MULTILINE)


LONG = (
    "a_diffusion_on_the_line.md",
    "closed_forms_for_a_new_model.md",
    "follow_a_collapse_to_1e-300.md",
    "follow_one_claim.md",
    "run_sgd.md",
    "train_replicas.md",
)
"""Pages that take two seconds and a half or more; they are run at night, and by day what they import is looked for."""


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=[pytest.mark.slow] if page.name in LONG else []) for page in pages_with_code()],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_every_block_runs_and_prints_what_the_page_says(page: Path) -> None:
    namespace: dict[str, object] = {"__name__": "documentation"}
    for block in BLOCK.finditer(page.read_text()):
        said = lines_of(block["output"] or "") or commented(block["code"])
        assert printed_by(block["code"], page, namespace) == said, block["code"]


def imports_of(page: Path) -> list[str]:
    """The import statements of a page's blocks; a block that does not parse is a SyntaxError."""
    trees = [ast.parse(block["code"]) for block in BLOCK.finditer(page.read_text())]
    return [
        ast.unparse(node) for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)
    ]


@pytest.mark.parametrize("name", LONG)
def test_whatever_a_long_page_imports_exists(name: str) -> None:
    (page,) = (page for page in PAGES if page.name == name)
    statements = imports_of(page)
    assert statements
    for statement in statements:
        exec(statement, {})


def test_an_import_of_what_is_gone_and_a_block_that_does_not_parse_are_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\nfrom theory.ito import ItoProces\n```\n")
    with pytest.raises(ImportError):
        exec(*imports_of(page), {})
    page.write_text("```python\nfrom theory.ito import\n```\n")
    with pytest.raises(SyntaxError):
        imports_of(page)


@pytest.mark.parametrize("page", pages_with_code(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_is_seen(page: Path) -> None:
    text = page.read_text()
    assert len(BLOCK.findall(text)) == text.count("```python") == text.count("```") / 2


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_a_page_names_exists(page: Path) -> None:
    pattern = r"`((?:docs|theory|numerics|verification|tests)/[\w./-]+\.(?:md|py|toml|json))`"
    named = re.findall(pattern, page.read_text())
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing


def test_output_that_is_missing_or_too_much_is_noticed(tmp_path: Path) -> None:
    for text in (
        "```python\nprint(1)\n```\n\nNothing shown.\n",
        "```python\nx = 1\n```\n\n    1\n",
        "```python\nprint(1)\n```\n\n    2\n",
        "```python\nprint(1)  # 2\n```\n",
    ):
        page = tmp_path / "page.md"
        page.write_text(text)
        with pytest.raises(AssertionError):
            test_every_block_runs_and_prints_what_the_page_says(page)


CODE = re.compile(r"^```.*?^```$|^    .*?$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
MATHEMATICS = re.compile(r"\$\$.*?\$\$|\$[^$]*\$", re.DOTALL)
PLAIN_FORMULA = re.compile(r":math:|\w\*\*\w|[\w)]\^[\w({−-]|\bsqrt\(|[α-ωΑ-Ω√∫]")
OTHERWISE = {"docs/explanation/independent_derivation.md", "docs/reference/claims.md", "docs/reference/api.md"}
"""Pages made from docstrings, and one that is set as plain text throughout."""


def plain_formulas(text: str) -> list[str]:
    """Lines of prose with a formula that is not set as ``$inline mathematics$``."""
    prose = MATHEMATICS.sub("", CODE.sub("", text))
    return [line for line in prose.splitlines() if PLAIN_FORMULA.search(line)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_formulas_in_prose_are_typeset(page: Path) -> None:
    if page.relative_to(ROOT).as_posix() not in OTHERWISE:
        assert plain_formulas(page.read_text()) == []


@pytest.mark.parametrize("text", ["the law e^{-x}", "s**2 is", ":math:`x`", "θ is", "a sqrt(2)", "$x$ and y^2"])
def test_a_formula_that_is_not_typeset_is_noticed(text: str) -> None:
    assert plain_formulas(text)


def test_code_and_mathematics_are_no_plain_formulas() -> None:
    assert plain_formulas("`x**2` is $x^2$,\n\n    s**2\n\n$$\\sqrt(2)\nx^2$$\n") == []
