"""Writes the reference pages that are made from the code: ``python -m docs.reference.generate``.

Each page is a pure function of the code; ``tests/docs/test_reference.py`` fails while a page on disk differs.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import sympy as sp

from theory import notation
from verification.claim import Claim, Statement
from verification.formulas import correction_text, written_text
from verification.registry import claims

FOLDER = Path(__file__).parent
HEADER = "<!-- Made by `python -m docs.reference.generate`; change the code, not this page. -->"


def pages() -> dict[Path, Callable[[], str]]:
    """Path of each generated page, with what writes it."""
    return {
        FOLDER / "notation.md": notation_page,
        FOLDER / "claims.md": claims_page,
        FOLDER / "api.md": api_page,
    }


@dataclass(frozen=True)
class NamedSymbol:
    """A symbol as a module defines it: its name, the assumptions that are typed there, its docstring."""

    name: str
    assumptions: tuple[str, ...]
    meaning: str


def named_symbols(module: ModuleType) -> Iterator[NamedSymbol]:
    """Every ``name = sp.Symbol(...)`` of a module that is followed by a docstring, in the order of the module."""
    body = ast.parse(inspect.getsource(module)).body
    for node, after in zip(body, body[1:], strict=False):
        match node, after:
            case (
                ast.Assign(targets=[ast.Name(name)], value=ast.Call(keywords=keywords)),
                ast.Expr(ast.Constant(str(meaning))),
            ):
                yield NamedSymbol(name, tuple(str(keyword.arg) for keyword in keywords), " ".join(meaning.split()))


def notation_page() -> str:
    """The conventions of :mod:`theory.notation`, and a row for each of its symbols."""
    summary, _, conventions = inspect.cleandoc(notation.__doc__ or "").partition("\n\n")
    rows = [
        (
            f"`{symbol.name}`",
            f"${latex(getattr(notation, symbol.name))}$",
            ", ".join(symbol.assumptions),
            markdown(symbol.meaning),
        )
        for symbol in named_symbols(notation)
    ]
    return page(
        "# Notation",
        markdown(summary),
        markdown(conventions),
        "## Symbols",
        "`from theory.notation import theta` gives the symbol itself.",
        table(("name", "printed", "assumptions", "meaning"), rows),
    )


PUBLIC = (
    "theory",
    "theory.gradient_noise",
    "theory.discrete",
    "theory.stability.transverse",
    "theory.stability.lyapunov",
    "theory.stability.parametric_noise",
    "theory.stability.averaged_flow",
    "theory.symmetry",
    "theory.line",
    "theory.deep_linear",
    "theory.networks.feed_forward",
    "theory.networks.convolutional",
    "theory.decision.sign",
    "numerics",
    "numerics.codegen",
    "numerics.deep_linear",
    "numerics.layered",
    "numerics.schemes",
    "numerics.sgd",
    "numerics.neurons",
    "numerics.deterministic.kesten",
    "numerics.deterministic.random_products",
    "verification.authoring.shorthand",
    "verification.authoring.simulated",
)
"""Packages and modules that users import from, in the order of the page."""


def api_page() -> str:
    """Every public name of the packages that users import from, with its home and the first line of what it says."""
    parts = [
        "# Public names",
        "Each name can be imported from the heading above it; the second column is where it lives.",
    ]
    for module in map(importlib.import_module, PUBLIC):
        rows = [row for name in sorted(public_names(module), key=str.lower) if (row := api_row(module, name))]
        if rows:
            parts += [f"## `{module.__name__}`", table(("name", "lives in", "what it is"), rows)]
    return page(*parts)


def public_names(module: ModuleType) -> list[str]:
    """``__all__``, or the functions and classes that the module defines."""
    defined = [name for name, thing in vars(module).items() if getattr(thing, "__module__", "") == module.__name__]
    return list(getattr(module, "__all__", [name for name in defined if not name.startswith("_")]))


def api_row(module: ModuleType, name: str) -> tuple[str, str, str] | None:
    """A row of the index; None for a name that is neither a function nor a class."""
    thing = getattr(module, name)
    if not (inspect.isfunction(thing) or inspect.isclass(thing)):
        return None
    says = (inspect.getdoc(thing) or "").partition("\n\n")[0]
    return f"`{name}`", f"`{thing.__module__}`", markdown(" ".join(says.split()))


def claims_page() -> str:
    """Every claim, by paper: what is printed, what each statement says, and how it is judged."""
    by_paper: dict[str, list[Claim]] = {}
    for claim in claims().values():
        by_paper.setdefault(claim.paper.title or claim.paper.key, []).append(claim)
    contents = [
        (
            f"[{paper}](#{anchor(paper)})",
            str(len(found)),
            str(sum(len(claim.statements) for claim in found)),
            str(sum(len(statement.near_misses) for claim in found for statement in claim.statements)),
            str(sum(len(statement.experiments) for claim in found for statement in claim.statements)),
        )
        for paper, found in by_paper.items()
    ]
    return page(
        "# Claims",
        "What each claim says and how it is judged. The verdicts are in `claims.lock.json` and in the report of "
        "`driftproof report`; the words they use are explained in "
        "[what a verdict means](../explanation/what_a_verdict_means.md).",
        table(("paper", "claims", "statements", "near misses", "experiments"), contents),
        *(section for paper, found in by_paper.items() for section in (f"## {paper}", *map(entry, found))),
    )


def entry(claim: Claim) -> str:
    """One claim."""
    lines = [f"*{claim.where}* · {claim.kind.value} · {claim.scope} · {claim.source.value}"]
    if claim.words:
        lines.append("Printed: " + " ".join(claim.words.split()))
    lines.append("\n".join(f"- {note}" for note in claim.notes))
    header = ("statement", "what it says", "form", "near misses", "experiments", "comparisons")
    lines.append(table(header, map(statement_row, claim.statements)))
    return "\n\n".join([f"### {claim.id} {claim.title}", *filter(None, lines)])


def statement_row(statement: Statement) -> tuple[str, ...]:
    """One statement of a claim; a remark does not decide the claim's verdict."""
    says = [statement.says, f"${written_text(statement, statement.printed)}$"]
    if statement.corrected is not None:
        says.append(f"corrected: {correction_text(statement)}")
    return (
        statement.name if statement.counts else f"{statement.name} (remark)",
        "<br>".join(filter(None, says)),
        type(statement.form).__name__,
        *(str(len(part)) for part in (statement.near_misses, statement.experiments, statement.comparisons)),
    )


def page(heading: str, *paragraphs: str) -> str:
    """A whole page."""
    return "\n\n".join([heading, HEADER, *paragraphs]) + "\n"


def anchor(heading: str) -> str:
    """Where a heading is found on its page."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    lines = [header, ("---",) * len(header), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", r"\|") for cell in line) + " |" for line in lines)


def latex(symbol: sp.Symbol) -> str:
    """LaTeX of a symbol; SymPy reads ``s_tilde`` as an index, the papers write a tilde."""
    return re.sub(r"(\w)_\{tilde\}", r"\\tilde{\1}", sp.latex(symbol))


def code(text: str) -> str:
    """``text`` as it stands."""
    return f"`{text}`"


def markdown(text: str) -> str:
    """A docstring as Markdown: ``:math:`x``` becomes ``$x$``, and other roles become code."""
    text = re.sub(r":math:`([^`]*)`", r"$\1$", text)
    return re.sub(r":\w+:`([^`]*)`", r"`\1`", text)


def main() -> None:
    """Write the pages that differ, and say which."""
    for path, write in pages().items():
        text = write()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(Path.cwd())}" if path.is_relative_to(Path.cwd()) else f"wrote {path}")


if __name__ == "__main__":
    main()
