"""What a result depends on, as one hash: the code that computes and every file the claim draws on.

Conservative on purpose: any change in ``theory``, ``numerics``, the checks or the authoring makes results stale. Of a
source of claims it is the module that holds the claim and whatever that imports from its own source, sub-folders
included, found by reading import statements; a change in the runner, the report, another paper or another section of
the same paper makes nothing stale.

A worker computes the same hash before it imports anything, and refuses its own result where the two differ, or where a
file that it has imported since, be it in the middle of a task, was saved after it was hashed
(:func:`verification.run.worker`): new code is never filed under the old hash. Each file is hashed once in a process.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

ROOT = Path(__file__).parent.parent.parent
CODE = (
    "theory/**/*.py",
    "numerics/**/*.py",
    "verification/authoring/*.py",
    "verification/checks/*.py",
    "verification/claim.py",
    "verification/forms.py",
    "verification/mutation/*.py",
)
"""What every result depends on."""

TYPESETTERS = ("latex2mathml", "matplotlib", "jinja2", "markupsafe")

LIBRARIES = ("sympy", "mpmath", "numpy", "scipy", "python-flint", "llvmlite", "torch")


_MISSING = "missing"
_BEGAN = time.time()


def fingerprint(module: str, home: str | Path) -> str:
    """Hash of the computing code, the libraries' versions, and the files that ``module`` of ``home`` draws on."""
    return hashlib.sha256((code_hash() + _own(module, str(home))).encode()).hexdigest()[:16]


@functools.cache
def code_hash() -> str:
    """Hash of :data:`CODE` and of the versions of the libraries; taken once in a process."""
    paths = sorted(path for pattern in CODE for path in ROOT.glob(pattern))
    return _hash(paths, ROOT) + " ".join(f"{name}={_version(name)}" for name in LIBRARIES)


@functools.cache
def _own(module: str, home: str) -> str:
    return _hash(sorted(drawn_on(module, home)), Path(home))


@functools.cache
def drawn_on(module: str, home: str) -> frozenset[Path]:
    """The files of ``home`` that a module imports, itself included, directly or through others of them.

    Packages on the way count with their ``__init__.py``. What belongs to :data:`CODE` is left out. An import inside a
    function counts; a module that is imported by a computed name is not seen here, and refused by the worker.
    """
    found: set[Path] = set()
    waiting = [module]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        waiting += [name.rpartition(".")[0]] if "." in name else []
        path = _file(name, home)
        if path is None or path in framework():
            continue
        found.add(path)
        waiting += _imported(path, name)
    return frozenset(found)


@functools.cache
def framework() -> frozenset[Path]:
    """The files of :data:`CODE` and the rest of the three packages but the papers: no part of a source of claims."""
    own = {path for pattern in CODE for path in ROOT.glob(pattern)}
    rest = {path for path in (ROOT / "verification").rglob("*.py") if "papers" not in path.relative_to(ROOT).parts}
    return frozenset(own | rest)


def basis(module: str, home: str | Path, *settings: object) -> str:
    """Hash of all that a verdict, and the report on it, depend on besides the results: as long as it stays, so do they.

    More than :func:`fingerprint`: what asks for the tasks, what judges, what typesets and draws, and ``settings``.
    "" where that cannot be said, because files were saved while this process was starting.
    """
    judging = "" if _saved_since_the_start(drawn_on(module, str(home))) else _framework_hash()
    text = " ".join([fingerprint(module, home), judging, *map(repr, settings)])
    return hashlib.sha256(text.encode()).hexdigest() if judging else ""


@functools.cache
def _framework_hash() -> str:
    """Hash of the framework's files; "" where one was saved since this process began, which may run what it held."""
    paths = sorted({*framework(), *(ROOT / "verification" / "report" / "templates").iterdir()})
    if _saved_since_the_start(paths):
        return ""
    return _hash(paths, ROOT) + " ".join(f"{name}={_version(name)}" for name in TYPESETTERS)


def _saved_since_the_start(paths: Iterable[Path]) -> bool:
    """Whether one of the files may hold another text by now than the one this process imported."""
    return any(path.stat().st_mtime > _BEGAN - 1 for path in paths)


def versions() -> dict[str, str]:
    """Versions of what the numbers depend on, as far as installed."""
    found = {name: _version(name) for name in ("driftproof", *LIBRARIES)}
    return {name: version for name, version in found.items() if version != _MISSING}


def saved_since_hashed(module: str, home: str) -> list[Path]:
    """Files behind ``module`` of ``home`` that were imported here and saved between their hash and now.

    A file found as it was hashed is not looked at again: what is saved after its import is the next run's. So nothing
    is looked at while nothing was imported since the last look at the same files.
    """
    _note_imports()
    if _LOOKED_AT.get((module, home)) == len(_IMPORTED):
        return []
    changed = _found_other([*_framework_paths(), *drawn_on(module, home)])
    if not changed:
        _LOOKED_AT[module, home] = len(_IMPORTED)
    return changed


def look_at_imported_code() -> None:
    """Take the files of :data:`CODE` that are imported by now as looked at, but for those saved since their hash."""
    _found_other(_framework_paths())


@functools.cache
def _framework_paths() -> tuple[Path, ...]:
    code_hash()
    return tuple(path for path in framework() if path in _HASHED)


def _found_other(paths: Iterable[Path]) -> list[Path]:
    _note_imports()
    fresh = [path for path in paths if path not in _FOUND and str(path) in _IMPORTED]
    changed = [path for path in fresh if path in _HASHED and _HASHED[path].stamp != _stamp(path)]
    _FOUND.update(set(fresh) - set(changed))
    return sorted(changed)


def _note_imports() -> None:
    """Add to ``_IMPORTED`` the files of modules imported since the last call: there are thousands, and few are new."""
    if _MODULES == sys.modules:  # which compares objects before it asks them
        return
    now = dict(sys.modules)
    _IMPORTED.update(getattr(module, "__file__", None) for name, module in now.items() if _MODULES.get(name) != module)
    _MODULES.clear()
    _MODULES.update(now)
    _NAMES[:] = [frozenset(now)]


def imported() -> frozenset[str]:
    """The names of all modules imported by now; the same object as long as nothing is imported."""
    _note_imports()
    return _NAMES[-1]


def uncovered(module: str, home: str, before: Collection[str]) -> list[Path]:
    """Files of ``home`` that were imported since ``before`` and are not in the fingerprint of ``module``."""
    now = imported()
    if now is before or not (names := now - frozenset(before)):
        return []
    known = drawn_on(module, home) | framework()
    folder = Path(home)
    fresh = [_MODULES[name] for name in names]
    files = (Path(file) for each in fresh if (file := getattr(each, "__file__", None)))
    return sorted(file for file in files if file.is_relative_to(folder) and _is_own(file, folder) and file not in known)


def _is_own(file: Path, folder: Path) -> bool:
    inside = file.relative_to(folder).parts
    return "site-packages" not in inside and not any(part.startswith(".") for part in inside)


def _file(name: str, home: str) -> Path | None:
    base = Path(home, *name.split("."))
    for path in (base / "__init__.py", base.with_suffix(".py")):
        if path.is_file():
            return path
    return None


@functools.cache
def _imported(path: Path, module: str) -> tuple[str, ...]:
    """The names in the import statements of a file, which is read once in a process."""
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError:
        return ()
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    names: list[str] = []
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            above = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            base = ".".join(part for part in (above, node.module) if part)
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return tuple(names)


def _statements(tree: ast.Module) -> Iterator[ast.AST]:
    """All statements of a file, those in others included; its expressions, most of it, can import nothing."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for block in ("body", "orelse", "finalbody", "handlers", "cases"):
            waiting += getattr(node, block, ())


class _Hashed(NamedTuple):
    """A file as this process knows it: what it was before it was read, and the hash of what was read."""

    stamp: tuple[int, ...]
    digest: bytes


_HASHED: dict[Path, _Hashed] = {}
_FOUND: set[Path] = set()
_MODULES: dict[str, ModuleType] = {}
_IMPORTED: set[str | None] = set()
_NAMES: list[frozenset[str]] = [frozenset()]
_LOOKED_AT: dict[tuple[str, str], int] = {}
"""Module and folder -> how many files were imported when all behind it were found as hashed; a set that only grows."""


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes when a file is saved; nothing of a file that is gone."""
    try:
        state = path.stat()
    except OSError:
        return ()
    return state.st_mtime_ns, state.st_size, state.st_ino


def _hash(paths: Iterable[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        if path not in _HASHED:
            _HASHED[path] = _Hashed(_stamp(path), hashlib.sha256(path.read_bytes()).digest())
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + _HASHED[path].digest)
    return digest.hexdigest()


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return _MISSING
