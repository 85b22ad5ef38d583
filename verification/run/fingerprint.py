"""What a result depends on, as one hash: the code that computes and every file the claim draws on.

Conservative on purpose: any change in ``theory``, ``numerics``, the checks or the authoring makes results stale. Of a
source of claims it is the module that holds the claim and whatever that imports from its own source, sub-folders
included, found by reading import statements; a change in the runner, the report, another paper or another section of
the same paper makes nothing stale.

A worker computes the same hash after it has imported the claim, and refuses its own result where the two differ
(:func:`verification.run.worker`): code that was saved while a run was starting is never filed under the old hash.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import sys
import time
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

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


def uncovered(module: str, home: str, before: Iterable[str]) -> list[Path]:
    """Files of ``home`` that were imported since ``before`` and are not in the fingerprint of ``module``."""
    known = drawn_on(module, home) | framework()
    folder = Path(home)
    fresh = [sys.modules[name] for name in set(sys.modules) - set(before)]
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


def _imported(path: Path, module: str) -> list[str]:
    try:
        tree = ast.parse(path.read_bytes())
    except SyntaxError:
        return []
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            above = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            base = ".".join(part for part in (above, node.module) if part)
            names += [base, *(f"{base}.{alias.name}" for alias in node.names)]
    return names


def _hash(paths: Iterable[Path], root: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return _MISSING
