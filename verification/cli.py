"""The command ``driftproof``: verify, list, follow, mutate, report, init.

Nothing heavy is imported before it is known to be needed, so that ``--help`` and a mistyped option answer at once.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from verification.command_line import (
    Parser,
    Version,
    claims_asked_for,
    in_letters,
    made_claim,
    path_of,
    report_written,
    unknown_option,
)
from verification.ending import Exit, drop_output, exit_code_of, say
from verification.errors import VerificationError
from verification.run.settings import REPORT_PATH, STORE_PATH
from verification.sources import LOCK_NAME


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


SELECTORS: dict[str, Any] = {
    "nargs": "*",
    "metavar": "SELECTOR",
    "help": "claim id (SC-031), range (SC-024..SC-033), pattern (SC-08*) or paper; all claims by default",
}
STORE: dict[str, Any] = {
    "type": path_of,
    "default": STORE_PATH,
    "metavar": "PATH",
    "help": f"results are kept here ({STORE_PATH})",
}
CLAIMS: dict[str, Any] = {
    "action": "append",
    "default": [],
    "metavar": "PATH",
    "help": "folder, Python file or paper with the claims; repeatable (by default what pyproject.toml says, or all "
    "installed papers)",
}


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

    _verify_options(add("verify", _verify, "Judge claims and compare the verdicts with the lock.", EXIT_CODES))

    listing = add("list", _list, "List claims: id, place in the paper, title.")
    listing.add_argument("selectors", **SELECTORS)
    listing.add_argument("--claims", **CLAIMS)
    listing.add_argument("--json", action="store_true", help="one JSON array")

    follow = add("follow", _follow, "Show one claim's whole way: equation, derivation, program, simulation, verdict.")
    follow.add_argument("selector", metavar="ID", help="claim id")
    follow.add_argument("--claims", **CLAIMS)
    follow.add_argument("--store", **STORE)

    mutate = add("mutate", _mutate, "Make near misses of every statement by machine and count which are refuted.")
    mutate.add_argument("selectors", **SELECTORS)
    mutate.add_argument("--claims", **CLAIMS)

    report = add("report", _report, "Write the HTML report of what the store holds.")
    report.add_argument("--store", **STORE)
    report.add_argument("--claims", **CLAIMS)
    output: dict[str, Any] = {"type": path_of, "default": REPORT_PATH, "metavar": "PATH"}
    report.add_argument("--output", help=f"the HTML file ({REPORT_PATH})", **output)

    init = add("init", _init, "Write a small project with claims of one's own.")
    init.add_argument("folder", type=path_of, metavar="FOLDER", help="where to write it; made if it does not exist")
    return parser


EXIT_CODES = (
    "Exit codes: 0 verdicts as in the lock, 1 some differ, 2 bad usage or claims that cannot be read, "
    "3 interrupted (the same command goes on), 4 the store or a worker failed, or a claim was not judged in time, "
    "5 two kernels disagree about a formula: nothing they prove can be trusted, and the run was stopped."
)


def _verify_options(verify: argparse.ArgumentParser) -> None:
    verify.add_argument("selectors", **SELECTORS)
    verify.add_argument("--claims", **CLAIMS)
    verify.add_argument(
        "--workers", type=int, metavar="N", help="worker processes (number of cores); changes no verdict"
    )
    verify.add_argument(
        "--cluster",
        metavar="ADDRESS",
        help="compute on the Dask cluster whose scheduler listens here; one store all the same",
    )
    verify.add_argument("--store", **STORE)
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


def _verify(arguments: argparse.Namespace) -> int:
    from verification.verify import verify

    return verify(arguments)


def _init(arguments: argparse.Namespace) -> int:
    from verification.authoring.new_project import write_project

    for path in write_project(arguments.folder):
        print(path)
    there = "" if arguments.folder.resolve() == Path.cwd() else f"cd {shlex.quote(str(arguments.folder))} && "
    say(f"next: {there}driftproof verify")
    return Exit.EQUAL


def _list(arguments: argparse.Namespace) -> int:
    known, _ = claims_asked_for(arguments)
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
    known, _ = claims_asked_for(arguments, naming=arguments.selector)
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

    known, _ = claims_asked_for(arguments)
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

    known, _ = claims_asked_for(arguments)
    with Store(arguments.store, read_only=True) as store:
        report_written(store, arguments.output, known)
        say(store.damage)
    return Exit.EQUAL
