"""The names of a statement's near misses, asked of a worker: making them takes longer than whatever else comes first.

The worker keeps them, and is given the other tasks of the statement too; whoever hands out the tasks needs the names
alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verification.checks.check import Context, done, not_done, statement_of
from verification.claim import Statement
from verification.errors import one_sentence
from verification.run.task import Result, Task

TIME_LIMIT = 600.0


def naming(context: Context) -> Task | None:
    """The task that names the near misses of a statement; None where they are soon named without one."""
    if not context.statement.meets_mutants:
        return None
    return context.task("names", "verification.checks.naming:run", {}, TIME_LIMIT)


def run(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The near misses of a statement in their order, or why it cannot be made; runs in a worker."""
    found = _made(statement_of(arguments))
    return {"problem": found} if isinstance(found, str) else {"misses": list(found.items())}


def misses(context: Context, told: Result | None) -> Mapping[str, bool] | str:
    """The near misses, each with whether it was made by machine, as a worker ``told`` them; or why there are none."""
    if told is None:
        return _made(context.statement)
    if not done(told):
        return not_done(told).reason
    return told.value["problem"] if "problem" in told.value else dict(told.value["misses"])


def _made(statement: Statement) -> dict[str, bool] | str:
    try:
        statement.candidates()
        return statement.misses
    except Exception as error:
        return one_sentence(error)
