"""Where claims come from: the built-in papers, installed packages, and a user's own folder or module.

All take the same road. A *source* is a file or folder of Python text with the folder that must be on ``sys.path`` for
its modules to be imported by name; nothing of it runs before a claim of it is wanted.

A user names sources with ``--claims PATH`` or, once for all, in ``pyproject.toml``:

.. code-block:: toml

    [tool.driftproof]
    claims = ["my_paper"]          # paths relative to this file, or names of installed papers
    lock = "claims.lock.json"      # by default beside this file

Without either, the sources are the built-in papers and what installed packages offer as entry points of the group
``driftproof.papers`` (``name = "package.module"``).
"""

from __future__ import annotations

import importlib.util
import os
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from verification.errors import SourceError

GROUP = "driftproof.papers"
"""Entry points under which installed packages offer papers."""

LOCK_NAME = "claims.lock.json"

SETTINGS = {"claims", "lock"}
"""What ``[tool.driftproof]`` may say."""

BUILT_IN = Path(__file__).parent / "papers"


@dataclass(frozen=True)
class PaperSource:
    """A file or folder that holds claims.

    Attributes:
        name: As a user would call it: the folder's or file's name.
        path: The file, or the folder with everything below it.
        home: What goes on ``sys.path``.
        problem: Why it holds nothing, in one sentence: a package offers a module that is not there.
        installed: Whether it came with a package, and is not what its user is writing.
    """

    name: str
    path: Path
    home: Path
    problem: str = ""
    installed: bool = False

    def modules(self) -> Iterator[tuple[str, Path]]:
        """Dotted name and file of every module, in the order of names; hidden folders and tests are passed over."""
        if self.path.is_file():
            yield self._dotted(self.path), self.path
            return
        for path in sorted(self.path.rglob("*.py")):
            inside = path.relative_to(self.path).parts
            if not any(part.startswith((".", "test_")) or part in _PASSED_OVER for part in inside):
                yield self._dotted(path), path

    def _dotted(self, path: Path) -> str:
        parts = path.relative_to(self.home).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


_PASSED_OVER = {"__pycache__", "__main__.py", "tests", "conftest.py", "build", "dist", "venv", "setup.py"}


@dataclass(frozen=True)
class Project:
    """What a run is about.

    Attributes:
        sources: Where claims are looked for.
        lock: The committed verdicts.
        locks_beside: Locks of installed packages, each about the claims beside it; read, never written.
    """

    sources: tuple[PaperSource, ...]
    lock: Path
    locks_beside: tuple[Path, ...] = ()

    def lock_for(self, file: Path) -> Path:
        """The lock that speaks of the claims in a file."""
        return next((lock for lock in self.locks_beside if file.is_relative_to(lock.parent)), self.lock)


def project(claims: Sequence[str | Path] = (), *, lock: Path | None = None, here: Path | None = None) -> Project:
    """The project that ``--claims`` and ``pyproject.toml`` describe.

    Args:
        claims: Paths, or names of installed papers; they override the project's setting.
        lock: The lock, where it is named.
        here: The folder in which the command was given; by default the current one.

    Raises:
        SourceError: a path does not exist, a name is no paper's, or ``pyproject.toml`` says something else.
    """
    here = Path.cwd() if here is None else here
    root, settings = _settings(here)
    if claims:
        sources = tuple(_source(str(each), here) for each in claims)
        return Project(sources, lock or _lock_beside(sources[0], root, settings))
    if settings:
        said = f"{root / 'pyproject.toml'}: tool.driftproof.claims names {{}}"
        sources = tuple(_source(each, root, said.format(each)) for each in _texts(settings, "claims", root))
        if sources:
            return Project(sources, lock or _lock_beside(sources[0], root, settings))
    sources = installed()
    if lock is not None:
        return Project(sources, lock)
    return Project(sources, _built_in_lock(here), tuple(dict.fromkeys(map(lock_of, _of_packages(sources)))))


def _of_packages(sources: Sequence[PaperSource]) -> list[PaperSource]:
    return [source for source in sources if not source.problem and not source.path.is_relative_to(BUILT_IN)]


def lock_of(source: PaperSource) -> Path:
    """Where the lock of claims lies that no settings speak of: beside them."""
    return (source.path if source.path.is_dir() else source.path.parent) / LOCK_NAME


def installed() -> tuple[PaperSource, ...]:
    """The built-in papers, then those of installed packages."""
    from importlib import metadata  # here, because it loads sixty modules that `--help` does not need

    found = {
        folder.name: PaperSource(folder.name, folder, BUILT_IN.parent.parent, installed=True) for folder in _built_in()
    }
    for point in sorted(metadata.entry_points(group=GROUP), key=lambda point: point.name):
        if point.name not in found:
            found[point.name] = _of_module(point.name, point.value)
    return tuple(found.values())


def _built_in() -> list[Path]:
    return sorted(folder for folder in BUILT_IN.iterdir() if (folder / "__init__.py").exists())


def _of_module(name: str, dotted: str) -> PaperSource:
    top = dotted.partition(":")[0]
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError):
        spec = None
    if spec is None or spec.origin is None:
        said = f"an installed package offers the paper {name!r} as module {top!r}, which cannot be found. "
        return PaperSource(name, Path(), Path(), said + "Install the package again, or remove it.")
    path = Path(spec.origin)
    path = path.parent if path.name == "__init__.py" else path
    return PaperSource(name, path, _home(path), installed=True)


def _source(named: str, base: Path, said: str = "") -> PaperSource:
    if "\0" in named:
        raise SourceError("a path of claims must not hold a NUL character.")
    said = said or f"--claims {named if len(named) <= 200 else named[:200] + '...'}"
    path = base / named
    try:
        path = path.resolve()
        if path.is_dir():
            os.listdir(path)  # a folder that cannot be read would hold no claims in silence
        if path.is_dir() or (path.is_file() and path.suffix == ".py"):
            return PaperSource(path.stem if path.is_file() else path.name, path, _home(path))
    except OSError as error:
        raise SourceError(f"{said}: the path cannot be read ({error.strerror}). Give another path.") from error
    for source in installed():
        if source.name == named.lower().replace("-", "_"):
            if source.problem:
                raise SourceError(source.problem)
            return source
    known = ", ".join(source.name for source in installed())
    what = "is no Python file" if path.exists() else "does not exist"
    raise SourceError(
        f"{said}: the path {path} {what}, and no installed paper has that name ({known}). "
        "Give a folder, a Python file or a paper's name; `driftproof init FOLDER` writes a small project."
    )


def _home(path: Path) -> Path:
    """The folder above the outermost package that ``path`` is in; of a plain folder, the folder itself."""
    if path.is_dir() and not (path / "__init__.py").exists():
        return path
    folder = path.parent
    while (folder / "__init__.py").exists():
        folder = folder.parent
    return folder


def _settings(here: Path) -> tuple[Path, dict[str, object]]:
    """The nearest ``pyproject.toml`` with a table ``tool.driftproof`` and what it says; the current folder if none."""
    for folder in (here, *here.parents):
        path = folder / "pyproject.toml"
        if not path.is_file():
            continue
        try:
            table = tomllib.loads(path.read_text(encoding="utf-8-sig")).get("tool", {}).get("driftproof")
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SourceError(f"{path} cannot be read: {error}. Mend it, or name the claims with --claims.") from error
        if table is not None:
            return folder, _known_settings(table, path)
    return here, {}


def _known_settings(table: object, path: Path) -> dict[str, object]:
    """A mistyped setting would be passed over in silence, and other claims judged than were meant."""
    if not isinstance(table, dict):
        raise SourceError(f"{path}: tool.driftproof must be a table, got {table!r}. Write [tool.driftproof].")
    unknown = sorted(set(table) - SETTINGS)
    if unknown:
        raise SourceError(
            f"{path}: tool.driftproof has no setting {unknown[0]!r}. Settings: {', '.join(sorted(SETTINGS))}."
        )
    if not isinstance(table.get("lock", ""), str):
        raise SourceError(f"{path}: tool.driftproof.lock must be a path as text, got {table['lock']!r}.")
    return table


def _texts(settings: dict[str, object], key: str, root: Path) -> list[str]:
    given = settings.get(key, [])
    if isinstance(given, str):
        given = [given]
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise SourceError(f"{root / 'pyproject.toml'}: tool.driftproof.{key} must be a list of texts, got {given!r}.")
    return given


def _lock_beside(source: PaperSource, root: Path, settings: dict[str, object]) -> Path:
    """The lock of a user's project: where the settings say, at the project's root, or beside the claims."""
    named = settings.get("lock")
    if isinstance(named, str):
        return root / named
    if settings and source.path.is_relative_to(root):
        return root / LOCK_NAME
    if source.path.is_relative_to(BUILT_IN):
        return _built_in_lock(root)
    return lock_of(source)


def _built_in_lock(here: Path) -> Path:
    """The lock of the built-in papers: in the current folder, beside the packages of a clone, or in the wheel."""
    clone = BUILT_IN.parent.parent
    for path in (here / LOCK_NAME, clone / LOCK_NAME, BUILT_IN / LOCK_NAME):
        if path.exists():
            return path
    return here / LOCK_NAME
