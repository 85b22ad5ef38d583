"""Every Python block of the README and of the docs runs, and prints what the page says it prints."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"```python\n(?P<code>.*?)```(?P<after>\n+(?P<output>(?:    [^\n]*\n|\n)*))?", re.DOTALL)


def pages_with_code() -> list[Path]:
    return [page for page in PAGES if "```python" in page.read_text()]


def test_the_readme_shows_code() -> None:
    assert ROOT / "README.md" in pages_with_code()


@pytest.mark.parametrize("page", pages_with_code(), ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_runs_and_prints_what_the_page_says(page: Path) -> None:
    namespace: dict[str, object] = {"__name__": "documentation"}
    for block in BLOCK.finditer(page.read_text()):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(block["code"], str(page), "exec"), namespace)
        shown = [line.strip() for line in (block["output"] or "").splitlines() if line.strip()]
        if shown and printed.getvalue().strip():
            assert [line.strip() for line in printed.getvalue().splitlines() if line.strip()] == shown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_a_page_names_exists(page: Path) -> None:
    pattern = r"`((?:docs|theory|numerics|verification|tests)/[\w./-]+\.(?:md|py|toml|json))`"
    named = re.findall(pattern, page.read_text())
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing


def test_the_readme_prints_what_its_comments_say() -> None:
    code = next(BLOCK.finditer((ROOT / "README.md").read_text()))["code"]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {"__name__": "documentation"})
    lines = printed.getvalue().splitlines()
    commented = re.findall(r"^print\(.*\)\s*# ([^:,\n]+)", code, re.MULTILINE)
    assert lines == commented
