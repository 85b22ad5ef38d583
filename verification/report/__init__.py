"""The report: one self-contained HTML file, a pure function of the store and the registered claims.

================  =====================================================================
``page``          the page model: papers, topics, counts
``claim_markup``  a claim's row and section, made by several processes and kept in the store
``claim_view``    what is said of a claim, gathered from it and from the store
``views``         the records that both are made of, all that the templates see
``summary``       the table that comes first: verdicts by source and grade
``pictures``      intervals against predictions, and figures drawn again
``numbers``       the numbers of a finding, in words
``templates``     the page's markup and style sheet
================  =====================================================================

The file needs no script and no network, and its content security policy allows neither.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from verification.errors import FileError
from verification.files import ensure_folder, refuse_to_replace, write_whole

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from verification.registry import Catalogue
    from verification.run.store import Store

__all__ = ["place_for_report", "report_html", "write_report"]

Watched = Callable[[Sequence[str], str], Iterable[str]]
"""Ids and what is done with each -> the same ids, as they are taken."""


def write_report(
    store: Store,
    path: Path | str,
    known: Catalogue | None = None,
    *,
    workers: int = 1,
    watched: Watched = lambda ids, what: ids,
    executor: Executor | None = None,
) -> None:
    """Write the report on the claims of a catalogue, by default the installed ones, to ``path``: all or nothing.

    Args:
        store: Verdicts and the results behind them.
        path: The file to write.
        known: The claims.
        workers: How many processes typeset and draw; no byte depends on it.
        watched: What the loop over ids passes through, with a word for what is done: to show how far it is.
        executor: Where claims were judged: a pool typesets what it judged, in place of new processes.

    Raises:
        FileError: the file cannot be written, or something is there that is no report.
    """
    from verification.registry import catalogue

    path = Path(path)
    place_for_report(path)
    text = report_html(
        store, catalogue() if known is None else known, workers=workers, watched=watched, executor=executor
    )
    try:
        write_whole(path, text)
    except OSError as error:
        raise FileError(f"the report {path} cannot be written ({error.strerror}). Give another path.") from error


def place_for_report(path: Path) -> None:
    """See that a report may be written to ``path``, before anything long is computed for it.

    Raises:
        FileError: its folder is missing or takes no files, or something is there that is no report.
    """
    try:
        ensure_folder(path)
        refuse_to_replace(path)
        if not os.access(path.resolve().parent, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise FileError(f"the report {path} cannot be written ({error.strerror}). Give another path.") from error


def report_html(
    store: Store,
    known: Catalogue,
    *,
    workers: int = 1,
    watched: Watched = lambda ids, what: ids,
    executor: Executor | None = None,
) -> str:
    """The report on the claims of a catalogue as HTML text; claims that cannot be made are named."""
    from markupsafe import Markup

    from verification.report.claim_markup import TEMPLATES, claim_markups, environment
    from verification.report.page import page

    made = page(store, known, claim_markups(store, known, workers=workers, watched=watched, executor=executor))
    style = Markup((TEMPLATES / "style.css").read_text(encoding="utf-8"))
    return environment().get_template("report.html").render(page=made, style=style)
