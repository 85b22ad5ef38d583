"""How a command line is read: what it asks for, and to a mistake one sentence and the nearest name that exists."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from verification.ending import Exit, say
from verification.errors import ClaimError, SourceError, VerificationError
from verification.foreign_code import output_kept
from verification.run.settings import available_cores

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from verification.claim import Claim
    from verification.registry import Catalogue
    from verification.run.store import Store
    from verification.sources import Project


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence instead of repeating the whole usage."""

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if isinstance(action, argparse._SubParsersAction) and value not in action.choices:
            self.error(f"there is no command {value!r}{_nearest(value, action.choices)}")
        super()._check_value(action, value)

    def error(self, message: str) -> NoReturn:
        """End with ``message`` and where to read on."""
        end = "" if message.endswith("?") else "."
        self.exit(Exit.USAGE, f"driftproof: {message}{end} See `{self.prog} --help`.\n")


def _nearest(text: str, known: Iterable[str]) -> str:
    import difflib

    names = list(known)
    found = difflib.get_close_matches(text, names, n=1)
    return f"; did you mean {found[0]}?" if found else f"; there are {', '.join(names)}"


def unknown_option(parser: argparse.ArgumentParser, unknown: Sequence[str]) -> str:
    """What to say of options that ``parser`` does not know: the first, and the nearest that it does."""
    import difflib

    option = unknown[0].partition("=")[0]
    if not option.startswith("-"):
        return f"there is no place for {unknown[0]!r}"
    known = [name for action in parser._actions for name in action.option_strings]
    near = difflib.get_close_matches(option, known, n=1)
    return f"there is no option {option}" + (f"; did you mean {near[0]}?" if near else "")


class Version(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        """Print it and end."""
        from importlib import metadata

        print(f"driftproof {metadata.version('driftproof')}")
        parser.exit()


def path_of(text: str) -> Path:
    """A path as an option gives it."""
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"a path must be a text without NUL, not empty, got {text!r}")
    return Path(text)


def in_letters(text: str) -> str:
    """A title or place with its formulas in Unicode; most have none, and a list need not wait for the typesetter."""
    if "$" not in text:
        return text
    from verification.formulas.sentences import plain_sentence

    return plain_sentence(text)


def made_claim(known: Catalogue, id: str) -> Claim:
    """The claim called ``id``, its statements made.

    Raises:
        ClaimError: its author's code raises something.
    """
    from verification.errors import one_sentence

    try:
        claim = known.claim(id)
        _ = claim.statements
    except VerificationError:
        raise
    except Exception as error:
        raise ClaimError(f"{id} cannot be made: {one_sentence(error)}.") from error
    return claim


def claims_asked_for(arguments: argparse.Namespace, *, naming: str = "") -> tuple[Catalogue, Project]:
    """The claims that a command is about, and where they come from; says what could not be read.

    Raises:
        SourceError: there is no claim at all.
    """
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


def report_written(store: Store, path: Path, known: Catalogue, executor: Executor | None = None) -> None:
    """Write the HTML report of what the store holds, and say where."""
    from verification.report import write_report
    from verification.screen import watched

    write_report(store, path, known, workers=available_cores(), watched=watched, executor=executor)
    say(f"report: {path}")
