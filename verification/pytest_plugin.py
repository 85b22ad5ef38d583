"""Every claim of a project as a pytest test: ``driftproof = true`` in pytest's settings, or ``pytest --driftproof``.

A claim passes while all that the lock says about it is found again: verdict, evidence, grade, source and corrected
form. A claim that the lock knows to fail is an expected failure, strictly: should it hold one day, the test fails.
Whatever else is found fails the test, which then shows the printed form, the verdict, its witness, and the command that
replays it. Off unless asked for; then nothing but this file is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from verification.lock import Difference, Lock
    from verification.registry import Catalogue
    from verification.verdict import ClaimVerdict


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--driftproof`` and the settings ``driftproof`` and ``driftproof_resolution``."""
    group = parser.getgroup("driftproof")
    group.addoption("--driftproof", action="store_true", help="collect the project's claims as tests")
    parser.addini("driftproof", "collect the project's claims as tests", type="bool", default=False)
    parser.addini("driftproof_resolution", "relative error that statistical checks must see", default="0.05")


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Find the claims where they were asked for; what is wrong with all of them ends the run in one sentence."""
    config = session.config
    if config.getoption("--driftproof") or config.getini("driftproof"):
        config.stash[BENCH] = _bench(config)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect the claims of a file that holds some, where claims were asked for."""
    bench = parent.config.stash.get(BENCH, None)
    if file_path.suffix != ".py" or bench is None:
        return None
    holds = any(entry.file == file_path for entry in bench.known.listed.values())
    broken = any(str(file_path) in problem for problem in bench.known.problems)
    strange = not (holds or broken) and file_path in _named(parent.config) and _has_claims(file_path)
    return ClaimFile.from_parent(parent, path=file_path, bench=bench) if holds or broken or strange else None


def _named(config: pytest.Config) -> set[Path]:
    """The files that the command line names."""
    return {Path(config.invocation_params.dir, arg.partition("::")[0]).resolve() for arg in config.args}


def _has_claims(file: Path) -> bool:
    from verification.errors import VerificationError
    from verification.registry import catalogue
    from verification.sources import project

    try:
        return "Paper" in file.read_text(encoding="utf-8") and bool(catalogue(project([file]).sources).listed)
    except (OSError, UnicodeDecodeError, VerificationError):
        return False


class ClaimFailure(Exception):
    """A verdict that is not the one in the lock."""


class KnownFailure(ClaimFailure):
    """A claim fails as the lock says; nothing else is an expected failure."""


class ClaimFile(pytest.File):
    """A file with claims; they are judged together, in worker processes, when the first of them is run."""

    def __init__(self, *, bench: Bench, **rest: Any) -> None:
        super().__init__(**rest)
        self.bench = bench

    def collect(self) -> Iterator[pytest.Item]:
        """One test for each claim."""
        for problem in self.bench.known.problems:
            if str(self.path) in problem:
                raise self.CollectError(problem)
        mine = [entry for entry in self.bench.known.listed.values() if entry.file == self.path]
        if not mine:
            raise self.CollectError(
                f"{self.path} holds claims, but is no part of this project. Name it under [tool.driftproof] in "
                f"{self.bench.root / 'pyproject.toml'}: claims = [{_relative(self.path, self.bench.root)!r}]"
            )
        for entry in mine:
            yield ClaimItem.from_parent(self, name=entry.id, bench=self.bench)


def _relative(path: Path, root: Path) -> str:
    return str(path.relative_to(root) if path.is_relative_to(root) else path)


def _bench(config: pytest.Config) -> Bench:
    from verification.errors import VerificationError
    from verification.lock import read_lock
    from verification.registry import catalogue
    from verification.sources import project

    try:
        about = project(here=config.rootpath)
        known = catalogue(about.sources)
        _refuse_none_here(known, config)
        return Bench(known, read_lock(about.lock), _resolution(config), config.rootpath)
    except VerificationError as error:
        raise pytest.UsageError(f"driftproof: {error}") from None


def _refuse_none_here(known: Catalogue, config: pytest.Config) -> None:
    """Refuse a project of which no claim lies where pytest looks: it would be passed without a word."""
    from verification.errors import SourceError

    root, named = config.rootpath, _named(config)
    here = any(entry.file.is_relative_to(root) for entry in known.listed.values())
    if not here and not known.problems and not any(map(_has_claims, filter(Path.is_file, named))):
        raise SourceError(
            f"no claims of this project lie in {root}. Name their folder or file under [tool.driftproof] in "
            f'{root / "pyproject.toml"}, such as claims = ["my_paper"].'
        )


def _resolution(config: pytest.Config) -> float:
    from verification.errors import VerificationError
    from verification.run.settings import Settings

    given = config.getini("driftproof_resolution")
    try:
        resolution = float(given)
    except ValueError:
        raise VerificationError(f"driftproof_resolution must be a number such as 0.05, got {given!r}.") from None
    return Settings(resolution=resolution).resolution


class Bench:
    """Judges claims when they are first asked for: those that were selected, all in one run."""

    def __init__(self, known: Catalogue, lock: Lock, resolution: float, root: Path) -> None:
        self.known, self.lock, self.resolution, self.root = known, lock, resolution, root
        self.wanted: list[str] = []
        self._verdicts: dict[str, ClaimVerdict] = {}

    def verdict(self, id: str) -> ClaimVerdict:
        """The verdict on a claim."""
        if id not in self._verdicts:
            self._run([wanted for wanted in self.wanted if wanted not in self._verdicts] or [id])
        return self._verdicts[id]

    def _run(self, ids: list[str]) -> None:
        from theory.errors import KernelDisagreementError
        from verification.investigation import investigations
        from verification.run.runner import run
        from verification.run.settings import STORE_PATH
        from verification.run.store import Store

        try:
            with Store(self.root / STORE_PATH) as store:
                asked = investigations(self.known, ids, resolution=self.resolution)
                summary = run(asked, store=store, command=["pytest"])
        except KernelDisagreementError as error:
            pytest.exit(f"driftproof: {error}", returncode=pytest.ExitCode.INTERNAL_ERROR)
        if summary.interrupted:
            raise KeyboardInterrupt
        self._verdicts |= {verdict.claim: verdict for verdict in summary.verdicts}


BENCH = pytest.StashKey["Bench"]()


class ClaimItem(pytest.Item):
    """One claim: its verdict must be the one in the lock."""

    def __init__(self, *, bench: Bench, **rest: Any) -> None:
        super().__init__(**rest)
        self.bench, self.locked = bench, bench.lock.get(self.name)
        locked = self.locked
        if locked is not None and locked.verdict in ("FAILS", "MISPRINT"):
            known = f"{locked.verdict}{f' ({locked.grade.lower()})' if locked.grade else ''}, as the lock says"
            self.add_marker(pytest.mark.xfail(reason=known, strict=True, raises=KnownFailure))

    def runtest(self) -> None:
        """Judge the claim."""
        verdict = self.bench.verdict(self.name)
        found = verdict.verdict.name
        if self.locked is None:
            raise ClaimFailure(self._report(verdict, "it is not in the lock: driftproof verify --update-lock adds it"))
        if found == "HOLDS" and self.locked.verdict in ("FAILS", "MISPRINT"):
            return  # Strictly expected to fail: passing is the failure.
        if found != self.locked.verdict:
            raise ClaimFailure(self._report(verdict, f"the lock says {self.locked.verdict}"))
        for difference in self._differences(verdict):
            raise ClaimFailure(self._report(verdict, f"not as in the lock: {difference}"))
        if found in ("FAILS", "MISPRINT"):
            raise KnownFailure(self._report(verdict, "as the lock says"))

    def _differences(self, verdict: ClaimVerdict) -> list[Difference]:
        from verification.lock import Entry, compare

        found = Entry.of(verdict, self.bench.known.listed[self.name].paper)
        return compare({self.name: self.locked} if self.locked else {}, {self.name: found})

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What a failed claim shows."""
        if isinstance(excinfo.value, ClaimFailure):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the claim stands."""
        from verification.formulas import plain_sentence

        entry = self.bench.known.listed[self.name]
        return entry.file, entry.line - 1, f"{entry.id}: {plain_sentence(entry.title)}"

    def _report(self, verdict: ClaimVerdict, why: str) -> str:
        from verification.formulas import printed_text, readable_text

        claim = self.bench.known.claim(self.name)
        statement = next((s for s in verdict.statements if s.verdict is verdict.verdict), None)
        lines = [f"{self.name} {verdict.verdict.name}, {why}"]
        if statement is not None:
            lines.append(f"printed:  {readable_text(printed_text(claim.statement(statement.statement)))}")
        lines.append(f"reason:   {readable_text(verdict.reason)}")
        witness = next((f.witness for f in statement.findings.values() if f.witness), None) if statement else None
        if witness:
            lines.append(f"witness:  {', '.join(f'{name} = {value}' for name, value in witness.items())}")
        if verdict.corrected:
            lines.append(f"correct:  {readable_text(verdict.corrected)}")
        return "\n".join([*lines, f"replay:   driftproof verify {self.name} --fresh"])


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which claims were selected, so that they are judged in one run."""
    for item in session.items:
        if isinstance(item, ClaimItem):
            item.bench.wanted.append(item.name)
