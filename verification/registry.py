"""The claims of a project, found without running any of them.

What a list needs (id, paper, place, title, source, grade) stands as literals in ``@paper.claim(...)`` and in the
docstring below it, and is read from the source text. A claim's module is imported only when the claim itself is
wanted. A module whose claims cannot be read that way, because an id is computed, is imported and asked.
"""

from __future__ import annotations

import ast
import difflib
import fnmatch
import functools
import importlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from verification.errors import ClaimError, SourceError, UnknownClaimError
from verification.foreign_code import staying
from verification.outline import syntax_tree
from verification.sources import PaperSource, installed
from verification.vocabulary import is_id, nearest_ids

if TYPE_CHECKING:
    from verification.claim import Claim


@dataclass(frozen=True)
class Listed:
    """What the source text says about a claim.

    Attributes:
        id: Permanent id.
        paper: Key of its paper.
        where: Where it is printed.
        title: A few words.
        source: Name of a :class:`verification.vocabulary.Source`.
        grade: Name of a :class:`verification.vocabulary.Grade`, or "".
        module: Dotted name of the module that holds it.
        home: Folder on ``sys.path`` from which the module is imported.
        file: The module's file.
        line: Where it starts there.
        citation: The paper's key in a bibliography.
    """

    id: str
    paper: str
    where: str
    title: str
    source: str
    grade: str
    module: str
    home: Path
    file: Path
    line: int
    citation: str = ""


@dataclass(frozen=True)
class Catalogue:
    """The claims of some sources.

    Attributes:
        listed: By id, in the order of the sources and of the ids within a paper.
        problems: One sentence for each module that could not be read; the claims of the others are there.
    """

    listed: Mapping[str, Listed]
    problems: tuple[str, ...] = ()
    _loaded: dict[str, Claim] = field(default_factory=dict, repr=False, compare=False)

    def claim(self, id: str) -> Claim:
        """The claim itself; imports its module.

        Raises:
            UnknownClaimError: no claim has this id.
            SourceError: its module fails at import; the sentence has the error and its line.
        """
        if id not in self.listed:
            raise UnknownClaimError(_unknown(id, self.listed))
        if id not in self._loaded:
            entry = self.listed[id]
            self._loaded.update({claim.id: claim for claim in claims_of(entry.module, entry.home)})
            if id not in self._loaded:
                raise ClaimError(f"{entry.file}:{entry.line} shows claim {id}, but the module does not hold it.")
        return self._loaded[id]

    def select(self, selectors: Sequence[str]) -> list[str]:
        """The ids that ``selectors`` name, in catalogue order; all of them if there are none.

        A selector is an id (``SC-031``), a range in either direction (``SC-024..SC-033``), a pattern (``SC-08*``), or
        a paper: by its key, its folder, or its key in a bibliography.

        Raises:
            UnknownClaimError: a selector matches nothing; the sentence offers the nearest ids.
        """
        if not selectors:
            return list(self.listed)
        wanted = {id for selector in selectors for id in self._matches(selector)}
        return [id for id in self.listed if id in wanted]

    def _matches(self, selector: str) -> list[str]:
        ids = list(self.listed)
        first, dots, last = selector.upper().partition("..")
        if dots and first in self.listed and last in self.listed:
            low, high = sorted((ids.index(first), ids.index(last)))
            return ids[low : high + 1]
        if not selector.strip():
            raise UnknownClaimError(_unknown(selector, self.listed))
        if dots and not (first and last):
            raise UnknownClaimError(f"a range of claims needs both ends, such as SC-024..SC-033, got {selector!r}.")
        name = selector.lower().replace("-", "_")
        found = [
            entry.id
            for entry in self.listed.values()
            if fnmatch.fnmatchcase(entry.id.upper(), selector.upper())
            or name in (entry.paper.lower(), entry.citation.lower().replace("-", "_"), *_folders(entry))
        ]
        if not found:
            raise UnknownClaimError(_unknown(selector, self.listed))
        return found


def catalogue(sources: Sequence[PaperSource] | None = None) -> Catalogue:
    """The claims of ``sources``, by default of all installed papers.

    Raises:
        ClaimError: two claims have one id; the sentence names both places.
    """
    return _catalogue(installed() if sources is None else tuple(sources))


def catalogue_naming(id: str, sources: Sequence[PaperSource]) -> Catalogue:
    """Of installed papers only the claims of modules whose text names ``id``, where one of them is it; else all.

    Of a user's own sources every claim, since what is wrong with any of them is to be told.

    Raises:
        ClaimError: as :func:`catalogue`.
    """
    wanted = id.upper()
    if is_id(wanted):
        found = _catalogue(tuple(sources), wanted)
        if wanted in found.listed:
            return found
    return catalogue(sources)


@functools.cache
def _catalogue(sources: tuple[PaperSource, ...], naming: str = "") -> Catalogue:
    found: dict[str, Listed] = {}
    problems: list[str] = []
    for source in sources:
        entries: list[Listed] = []
        for entry in _read(source, problems, naming if source.installed else ""):
            other = found.get(entry.id) or next((e for e in entries if e.id == entry.id), None)
            if other is not None:
                raise ClaimError(
                    f"two claims have the id {entry.id}: {other.file}:{other.line} and {entry.file}:{entry.line}. "
                    "Ids are permanent and unique; give the newer one another."
                )
            entries.append(entry)
        found |= {entry.id: entry for entry in sorted(entries, key=lambda entry: _natural(entry.id))}
    return Catalogue(found, tuple(problems))


def claims() -> dict[str, Claim]:
    """All claims of the installed papers, by id; imports all of them."""
    known = catalogue()
    return {id: known.claim(id) for id in known.listed}


@functools.cache
def claim_in(module: str, id: str, home: str = "") -> Claim:
    """The claim ``id`` of a module that can be imported by name; how a worker finds the claim its task is about.

    Raises:
        ClaimError: the module holds no such claim.
    """
    for claim in claims_of(module, home or folder_of(module)):
        if claim.id == id:
            return claim
    raise ClaimError(f"module {module} holds no claim {id}.")


def folder_of(module: str) -> str:
    """The folder from which a module that can be imported by name comes."""
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        raise SourceError(f"module {module} cannot be found.")
    path = Path(found.origin)
    return str(path.parents[module.count(".") + (path.name == "__init__.py")])


def claims_of(module: str, home: Path | str) -> list[Claim]:
    """The claims that a module holds, in the order in which they stand there.

    Raises:
        SourceError: it cannot be imported, or another module of that name is in the way.
    """
    from verification.claim import MADE, Claim

    if (folder := str(home)) not in sys.path:
        sys.path.insert(0, folder)
    try:
        with staying():
            found = importlib.import_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise SourceError(f"module {module} fails at import: {_where(error, folder)}.") from error
    if not (file := Path(found.__file__ or "")).resolve().is_relative_to(Path(folder).resolve()):
        raise SourceError(
            f"module {module} of {folder} is hidden by {file}, which has the same name. Rename the file of claims."
        )
    named = [thing for thing in vars(found).values() if isinstance(thing, Claim) and thing.module == module]
    here = vars(found)  # another module of this name, imported before, has made claims of its own
    made = [claim for claim in MADE.get(module, ()) if getattr(claim.statements_of, "__globals__", None) is here]
    return list(dict.fromkeys([*made, *named]))


def _where(error: BaseException, folder: str) -> str:
    """An exception in one line, with the line of the user's own file where it arose."""
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        return f"{kind}: {error.msg} ({error.filename}:{error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(folder)] or frames
    return f"{kind}: {error} ({own[-1].filename}:{own[-1].lineno})"


def _read(source: PaperSource, problems: list[str], naming: str = "") -> Iterator[Listed]:
    """The claims of a source, or those in modules that define a paper or name a claim, and what could not be read."""
    if source.problem:
        problems.append(source.problem)
        return
    trees: dict[str, ast.Module] = {}
    calls: dict[str, int] = {}
    whole: dict[str, Callable[[], ast.Module]] = {}
    for module, path in source.modules():
        try:
            text = path.read_text(encoding="utf-8-sig")
            if "Paper(" in text or (naming in text and (".claim(" in text or path == source.path)):
                trees[module], calls[module] = syntax_tree(text, path, outlined=source.installed), text.count(".claim(")
                whole[module] = functools.partial(ast.parse, text, str(path))
        except (OSError, UnicodeDecodeError) as error:
            problems.append(f"{path} cannot be read: {error.strerror if isinstance(error, OSError) else error}.")
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None)
            problems.append(f"{path}:{line or 1} is no Python: {getattr(error, 'msg', error)}.")
    papers = {module: _bound(tree) for module, tree in trees.items()}
    for module, path in source.modules():
        if module not in trees:
            continue
        try:
            read = list(_declared(trees[module], papers, module, path, source.home))
            if len(read) != calls[module] and source.installed:
                read = list(_declared(whole[module](), papers, module, path, source.home))
            if len(read) != calls[module] and len(read) != _calls(whole[module]()):
                raise _Unreadable
            yield from read
        except _Unreadable:
            yield from _asked(module, path, source.home, problems)


class _Unreadable(Exception):
    """A claim's declaration is not made of literals."""


Bound: TypeAlias = "Mapping[str, Mapping[str, object] | str]"
"""Names in a module -> the literal arguments of the ``Paper(...)``, or the text, that they are bound to."""


def _bound(tree: ast.Module) -> dict[str, Mapping[str, object] | str]:
    found: dict[str, Mapping[str, object] | str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = node.value
            if isinstance(value, ast.Call) and _name(value.func) == "Paper":
                found[node.targets[0].id] = _literals(value, ("key",))
            elif isinstance(value, ast.Constant) and isinstance(value.value, str):
                found[node.targets[0].id] = value.value
    return found


def _declared(tree: ast.Module, bound: Mapping[str, Bound], module: str, path: Path, home: Path) -> Iterator[Listed]:
    visible = dict(bound[module])
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            known = bound.get(_absolute(node, module), {})
            visible |= {alias.asname or alias.name: known[alias.name] for alias in node.names if alias.name in known}
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for call in node.decorator_list:
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "claim":
                declared = _literals(call, ("id", "where"), visible)
                paper = visible.get(_name(call.func.value))
                if not (isinstance(paper, Mapping) and is_id(declared.get("id"))) or "where" not in declared:
                    raise _Unreadable
                yield Listed(
                    id=str(declared["id"]),
                    paper=str(paper.get("key", "")),
                    where=str(declared["where"]),
                    title=(ast.get_docstring(node) or "").partition("\n")[0].strip().rstrip("."),
                    source=str(declared.get("source", "PAGE")),
                    grade=str(declared.get("grade") or ""),
                    module=module,
                    home=home,
                    file=path,
                    line=node.lineno,
                    citation=str(paper.get("citation", "")),
                )


def _calls(tree: ast.Module) -> int:
    """How many calls of a method ``claim`` a module makes; the text alone may count some in comments and examples."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return sum(isinstance(function, ast.Attribute) and function.attr == "claim" for function in calls)


def _literals(call: ast.AST, positions: Sequence[str], bound: Bound | None = None) -> dict[str, object]:
    """The literal arguments of a call, or texts by their names.

    A member of an enumeration counts as its name, anything else is left out.
    """
    assert isinstance(call, ast.Call)
    given = [*zip(positions, call.args, strict=False), *((each.arg, each.value) for each in call.keywords)]
    found: dict[str, object] = {}
    for name, value in given:
        if name is not None and isinstance(value, ast.Constant):
            found[name] = value.value
        elif name is not None and isinstance(value, ast.Attribute):
            found[name] = value.attr
        elif name is not None and isinstance(value, ast.Name) and isinstance((bound or {}).get(value.id), str):
            found[name] = (bound or {})[value.id]
    return found


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _absolute(node: ast.ImportFrom, module: str) -> str:
    above = module.split(".")[: -node.level] if node.level else []
    return ".".join([*above, *([node.module] if node.module else [])])


def _asked(module: str, path: Path, home: Path, problems: list[str]) -> Iterator[Listed]:
    """The claims of a module that has to be imported to be known."""
    try:
        found = claims_of(module, home)
    except SourceError as error:
        problems.append(str(error))
        return
    for claim in found:
        yield Listed(
            id=claim.id,
            paper=claim.paper.key,
            where=claim.where,
            title=claim.title,
            source=claim.source.name,
            grade=claim.grade.name if claim.grade else "",
            module=module,
            home=home,
            file=path,
            line=claim.statements_of.__code__.co_firstlineno if hasattr(claim.statements_of, "__code__") else 1,
            citation=claim.paper.citation,
        )


def _folders(entry: Listed) -> list[str]:
    """Folders, and the file, below the source's home that hold a claim: names under which it can be selected."""
    return [part.lower() for part in entry.module.split(".") if part not in ("verification", "papers")]


def _natural(id: str) -> tuple[object, ...]:
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", id))


def _unknown(selector: str, listed: Mapping[str, Listed]) -> str:
    ids = list(listed)
    papers = difflib.get_close_matches(
        selector.lower().replace("-", "_"), {e.paper for e in listed.values()}, cutoff=0.8
    )
    wanted = re.sub(r"\.\..*", "", selector.upper())
    letters, _, number = wanted.partition("-")
    padded = f"{letters}-{number.zfill(3)}"
    near = papers or [id for id in ids if id == padded or (number and id.startswith(wanted))][:3]
    near = near or nearest_ids(wanted, ids)
    offer = f" Nearest: {', '.join(near)}." if near else ""
    if not near and ("/" in selector or selector.endswith(".py")):
        offer = " Where claims lie is said with --claims."
    return f"no claim matches {selector!r}.{offer} `driftproof list` shows all ids."
