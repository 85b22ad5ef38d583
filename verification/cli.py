"""The command ``driftproof``: verify, list, follow, mutate, report, init.

Nothing heavy is imported before it is known to be needed, so that ``--help`` and a mistyped option answer at once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verification.command_line import Parser, Version, in_letters, made_claim, path_of, unknown_option
from verification.ending import Exit, drop_output, exit_code_of, say
from verification.errors import LockError, SourceError, VerificationError
from verification.foreign_code import output_kept
from verification.run.settings import LACKS, REPORT_PATH, STORE_PATH, available_cores, missing_libraries
from verification.sources import LOCK_NAME

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from verification.lock import Difference, Entry, Lock
    from verification.registry import Catalogue, Listed
    from verification.run.settings import Settings
    from verification.run.store import Store, StoredVerdict
    from verification.run.summary import RunSummary
    from verification.screen import Screen
    from verification.sources import Project
    from verification.verdict import ClaimVerdict


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` and return its exit code. Prints; never raises for bad input."""
    return exit_code_of(lambda: _command(argv))


def _command(argv: Sequence[str] | None) -> int:
    parser, given = _parser(), list(sys.argv[1:] if argv is None else argv)
    if given and given[0].startswith("-") and given[0] not in parser._option_string_actions:
        parser.error(unknown_option(parser, given))
    arguments, unknown = parser.parse_known_args(given)
    if unknown:
        arguments.parser.error(unknown_option(arguments.parser, unknown))
    try:
        code = arguments.command(arguments)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader went away, as `head` does. What follows would only fail again, also at interpreter exit.
        drop_output()
        return Exit.INTERRUPTED if arguments.command is _verify else Exit.EQUAL


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        prog="driftproof",
        description="Check printed formulas of SGD theory against independent derivations.",
        epilog="Begin with `driftproof list`, then `driftproof verify ID` and `driftproof follow ID`.",
    )
    parser.add_argument("--version", action=Version, nargs=0, dest=argparse.SUPPRESS, help="show the version and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    parser.set_defaults(parser=parser)

    def add(
        name: str, command: Callable[[argparse.Namespace], int], text: str, epilog: str = ""
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text, epilog=epilog, allow_abbrev=False)
        sub.set_defaults(command=command, parser=sub)
        return sub

    selectors: dict[str, Any] = {
        "nargs": "*",
        "metavar": "SELECTOR",
        "help": "claim id (SC-031), range (SC-024..SC-033), pattern (SC-08*) or paper; all claims by default",
    }
    store: dict[str, Any] = {
        "type": path_of,
        "default": STORE_PATH,
        "metavar": "PATH",
        "help": f"results are kept here ({STORE_PATH})",
    }

    claims: dict[str, Any] = {
        "action": "append",
        "default": [],
        "metavar": "PATH",
        "help": "folder, Python file or paper with the claims; repeatable (by default what pyproject.toml says, or all "
        "installed papers)",
    }

    verify = add(
        "verify",
        _verify,
        "Judge claims and compare the verdicts with the lock.",
        "Exit codes: 0 verdicts as in the lock, 1 some differ, 2 bad usage or claims that cannot be read, "
        "3 interrupted (the same command goes on), 4 the store or a worker failed, or a claim was not judged in time, "
        "5 two kernels disagree about a formula: nothing they prove can be trusted, and the run was stopped.",
    )
    verify.add_argument("selectors", **selectors)
    verify.add_argument("--claims", **claims)
    verify.add_argument(
        "--workers", type=int, metavar="N", help="worker processes (number of cores); changes no verdict"
    )
    verify.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="compute on the Dask cluster whose scheduler listens here; one store all the same",
    )
    verify.add_argument("--store", **store)
    verify.add_argument("--fresh", action="store_true", help="compute everything anew, also what the store holds")
    verify.add_argument("--retry", action="store_true", help="ask again what used up its time in an earlier run")
    verify.add_argument(
        "--resolution",
        type=float,
        default=0.05,
        metavar="E",
        help="relative error a statistical check must see (0.05); half of it takes four times the samples",
    )
    verify.add_argument("--lock", type=path_of, metavar="PATH", help=f"the committed verdicts ({LOCK_NAME})")
    verify.add_argument("--update-lock", action="store_true", help="show the differences and write them to the lock")
    verify.add_argument("--report", type=path_of, metavar="PATH", help="write the HTML report here when done")
    verify.add_argument("--json", action="store_true", help="one JSON object a line: each verdict, a summary last")
    verify.add_argument("--quiet", action="store_true", help="print differences and failures only")

    listing = add("list", _list, "List claims: id, place in the paper, title.")
    listing.add_argument("selectors", **selectors)
    listing.add_argument("--claims", **claims)
    listing.add_argument("--json", action="store_true", help="one JSON array")

    follow = add("follow", _follow, "Show one claim's whole way: equation, derivation, program, simulation, verdict.")
    follow.add_argument("selector", metavar="ID", help="claim id")
    follow.add_argument("--claims", **claims)
    follow.add_argument("--store", **store)

    mutate = add("mutate", _mutate, "Make near misses of every statement by machine and count which are refuted.")
    mutate.add_argument("selectors", **selectors)
    mutate.add_argument("--claims", **claims)

    report = add("report", _report, "Write the HTML report of what the store holds.")
    report.add_argument("--store", **store)
    report.add_argument("--claims", **claims)
    output: dict[str, Any] = {"type": path_of, "default": REPORT_PATH, "metavar": "PATH"}
    report.add_argument("--output", help=f"the HTML file ({REPORT_PATH})", **output)

    init = add("init", _init, "Write a small project with claims of one's own.")
    init.add_argument("folder", type=path_of, metavar="FOLDER", help="where to write it; made if it does not exist")
    return parser


def _verify(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    from verification.lock import read_lock, refuse_foreign, refuse_no_place
    from verification.run.place import place
    from verification.run.store import Store
    from verification.screen import Screen

    known, about = _catalogue(arguments)
    lock_path = about.lock
    chosen = [known.listed[id] for id in known.select(arguments.selectors)]
    if arguments.lock is not None and not arguments.update_lock and not lock_path.exists():
        raise LockError(f"there is no lock at {lock_path}. Give --update-lock to write one.")
    if arguments.update_lock:
        refuse_no_place(lock_path)
    own = read_lock(lock_path)
    _refuse_shared_paths(arguments, lock_path)
    refuse_foreign(own, {entry.id: entry.paper for entry in known.listed.values()}, lock_path)
    lock = own | {
        id: entry for path in about.locks_beside for id, entry in read_lock(path).items() if id in known.listed
    }
    gone = set(lock) - set(known.listed) if not arguments.selectors else set()
    missing = missing_libraries()
    for name in missing:
        say(LACKS[name])
    if arguments.update_lock and {"flint", "torch"} & set(missing):
        raise LockError("a lock of verdicts that would differ with all libraries is not written. Install them first.")
    with contextlib.ExitStack() as stack:
        store = stack.enter_context(Store(arguments.store))
        if arguments.fresh:
            store.forget(entry.id for entry in chosen)
        verdicts = store.verdicts()
        unjudged = sum(entry.id not in verdicts for entry in chosen)
        executor, workers = stack.enter_context(place(arguments.cluster, arguments.workers, unjudged))
        with Screen(as_json=arguments.json, quiet=arguments.quiet) as screen:
            how: dict[str, Any] = {"executor": executor, "workers": workers, "retry": arguments.retry}
            summary = _run(known, chosen, settings.resolution, store, verdicts, screen, **how)
            if summary.interrupted:
                say(f"interrupted: {summary.kept} results kept in {store.path}; run the same command to go on")
                return Exit.INTERRUPTED
            differences = _differences(lock, summary, chosen, gone)
            screen.summary(
                summary,
                {entry.id: entry.paper for entry in chosen},
                differences,
                " and ".join(dict.fromkeys(str(about.lock_for(entry.file)) for entry in chosen)),
                accepted=arguments.update_lock,
            )
        if arguments.report is not None:
            _write_report(store, arguments.report, known, executor)
        say(store.damage)
    if summary.remembered:
        say(f"{', '.join(summary.remembered)}: not asked again what used up its time in an earlier run. --retry asks.")
    unreadable = [verdict for verdict in summary.verdicts if not verdict.statements]
    alike: dict[str, list[str]] = {}
    for verdict in unreadable:
        alike.setdefault(verdict.reason, []).append(verdict.claim)
    for reason, ids in alike.items():
        say(f"{', '.join(ids)} {reason.rstrip('.')}.")
    if unreadable or (known.problems and not arguments.selectors):
        if arguments.update_lock:
            say("the lock stays as it was until every claim can be made.")
        return Exit.USAGE
    if arguments.update_lock and not summary.crashed:
        late = {difference.claim for difference in differences if difference.unfinished and difference.locked}
        elsewhere = _locked_elsewhere(chosen, about)
        _update_lock(lock_path, own, summary, [e for e in chosen if e.id not in late and e.id not in elsewhere], gone)
        if elsewhere:
            say(f"{', '.join(elsewhere)} have a lock in their own package: give --claims and its name to write there.")
        if late:
            say(
                f"not judged in time, and left as they were in the lock: {', '.join(sorted(late))}. "
                "Delete the entry of a claim that will not be."
            )
        return Exit.INFRASTRUCTURE if late else Exit.EQUAL
    return _exit_code(summary, differences)


def _settings(arguments: argparse.Namespace) -> Settings:
    from verification.run.settings import Settings

    chosen = {"resolution": arguments.resolution} | (
        {"workers": arguments.workers} if arguments.workers is not None else {}
    )
    return Settings(**chosen)


def _locked_elsewhere(chosen: Sequence[Listed], about: Project) -> list[str]:
    """Claims of installed packages, whose verdicts are not written among those of the built-in papers."""
    return [entry.id for entry in chosen if about.lock_for(entry.file) != about.lock]


def _catalogue(arguments: argparse.Namespace, *, naming: str = "") -> tuple[Catalogue, Project]:
    """The claims that the command is about, and where they come from; says what could not be read."""
    from verification.registry import catalogue_naming
    from verification.sources import project

    about = project(arguments.claims, lock=getattr(arguments, "lock", None))
    with output_kept():
        known = catalogue_naming(naming, about.sources)
    for problem in known.problems:
        say(problem)
    if not known.listed:
        names = ", ".join(str(source.path) for source in about.sources)
        raise SourceError(f"no claims in {names}. `driftproof init FOLDER` writes a small project to start from.")
    return known, about


def _run(
    known: Catalogue,
    chosen: Sequence[Listed],
    resolution: float,
    store: Store,
    verdicts: Mapping[str, StoredVerdict],
    screen: Screen,
    **how: Any,
) -> RunSummary:
    from verification.investigation import investigations
    from verification.run.runner import run

    ids = [entry.id for entry in chosen]
    with output_kept():
        asked = investigations(known, ids, resolution=resolution, verdicts=verdicts)
    how |= {"on_progress": screen.progress, "on_verdict": screen.verdict, "command": sys.argv}
    return run(asked, store=store, **how)


def _entries(verdicts: Sequence[ClaimVerdict], chosen: Sequence[Listed]) -> dict[str, Entry]:
    from verification.lock import Entry

    """What the verdicts would be in a lock; a claim that could not be made has none."""
    papers = {entry.id: entry.paper for entry in chosen}
    judged = [verdict for verdict in verdicts if verdict.claim in papers and verdict.statements]
    return {verdict.claim: Entry.of(verdict, papers[verdict.claim]) for verdict in judged}


def _differences(lock: Lock, summary: RunSummary, chosen: Sequence[Listed], gone: set[str]) -> list[Difference]:
    from verification.lock import compare

    return compare(lock, _entries(summary.verdicts, chosen), gone=gone, out_of_time=summary.out_of_time)


def _update_lock(path: Path, lock: Lock, summary: RunSummary, chosen: Sequence[Listed], gone: set[str]) -> None:
    from verification.lock import write_lock

    kept: Mapping[str, Entry] = {claim: entry for claim, entry in lock.items() if claim not in gone}
    write_lock(path, {**kept, **_entries(summary.verdicts, chosen)})
    say(f"wrote {path}")


def _exit_code(summary: RunSummary, differences: Sequence[Difference]) -> Exit:
    """A difference that a crash or a lack of time explains is a fault of the machine; any other is a difference."""
    crashed = set(summary.crashed)
    if any(difference.claim not in crashed and not difference.unfinished for difference in differences):
        return Exit.DIFFERS
    return Exit.INFRASTRUCTURE if crashed or differences else Exit.EQUAL


def _init(arguments: argparse.Namespace) -> int:
    from verification.authoring.new_project import write_project

    for path in write_project(arguments.folder):
        print(path)
    there = "" if arguments.folder.resolve() == Path.cwd() else f"cd {shlex.quote(str(arguments.folder))} && "
    say(f"next: {there}driftproof verify")
    return Exit.EQUAL


def _list(arguments: argparse.Namespace) -> int:
    known, _ = _catalogue(arguments)
    rows = [known.listed[id] for id in known.select(arguments.selectors)]
    if arguments.json:
        shown = ("id", "paper", "where", "title", "source", "grade", "module")
        print(json.dumps([{name: getattr(row, name) for name in shown} for row in rows], indent=2, ensure_ascii=False))
        return Exit.EQUAL
    shown_rows = [(row.id, in_letters(row.where), in_letters(row.title)) for row in rows]
    narrow = max((len(id) for id, _, _ in shown_rows), default=0)
    wide = min(max((len(where) for _, where, _ in shown_rows), default=0), 34)
    for id, where, title in shown_rows:
        where = where if len(where) <= wide else where[: wide - 1] + "…"
        print(f"{id:<{narrow}}  {where:<{wide}}  {title}")
    return Exit.EQUAL


def _follow(arguments: argparse.Namespace) -> int:
    from verification.run.store import Store

    if arguments.store != STORE_PATH and not arguments.store.exists():
        raise VerificationError(f"there is no store at {arguments.store}. Leave out --store, or give another path.")
    known, _ = _catalogue(arguments, naming=arguments.selector)
    chosen = known.select([arguments.selector])
    if len(chosen) != 1:
        raise VerificationError(f"follow shows one claim, but {arguments.selector!r} names {len(chosen)}. Give one id.")
    from verification.follow import follow

    with contextlib.ExitStack() as stack:
        store = stack.enter_context(Store(arguments.store, read_only=True)) if arguments.store.exists() else None
        text = follow(made_claim(known, chosen[0]), known.listed[chosen[0]].home, store)
        say(store and store.damage)
    if text is not None:
        print(text)
    return Exit.EQUAL


def _mutate(arguments: argparse.Namespace) -> int:
    from verification.mutation.survival import summary, trials

    known, _ = _catalogue(arguments)
    survivors = 0
    for id in known.select(arguments.selectors):
        claim = made_claim(known, id)
        tried = list(trials(claim))
        survivors += sum(trial.survived for trial in tried)
        print("\n".join(summary(claim, tried)), flush=True)
    say(f"{survivors or 'no'} {'mutant' if survivors == 1 else 'mutants'} survived")
    return Exit.DIFFERS if survivors else Exit.EQUAL


def _report(arguments: argparse.Namespace) -> int:
    from verification.run.store import Store

    known, _ = _catalogue(arguments)
    with Store(arguments.store, read_only=True) as store:
        _write_report(store, arguments.output, known)
        say(store.damage)
    return Exit.EQUAL


def _refuse_shared_paths(arguments: argparse.Namespace, lock_path: Path) -> None:
    """Before anything is computed: the report has a place of its own."""
    if arguments.report is None:
        return
    from verification.report import place_for_report

    for other, what in ((arguments.store, "store"), (lock_path, "lock")):
        if arguments.report.resolve() == other.resolve():
            raise VerificationError(f"--report and the {what} are the same file {other}. Give --report another path.")
    place_for_report(arguments.report)


def _write_report(store: Store, path: Path, known: Catalogue, executor: Executor | None = None) -> None:
    from verification.report import write_report
    from verification.screen import watched

    write_report(store, path, known, workers=available_cores(), watched=watched, executor=executor)
    say(f"report: {path}")
