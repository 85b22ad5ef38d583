"""What the function of a claim yields: some statements, each of a name of its own."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from typing import Any

from verification.errors import ClaimError
from verification.foreign_code import staying

MOST_STATEMENTS = 1000
"""A claim with more is taken for one that never ends."""


def yielded(id: str, function: Callable[[], Any], kind: type) -> tuple[Any, ...]:
    """What ``function`` yields, each of the ``kind`` that statements are.

    Raises:
        ClaimError: there is nothing, or no end; two have one name, or something else came; or it ended the interpreter.
    """
    try:
        with staying():
            made = function()
            found = tuple(itertools.islice(made, MOST_STATEMENTS + 1)) if isinstance(made, Iterable) else ()
    except (Exception, KeyboardInterrupt):
        raise
    except BaseException as error:  # sys.exit would end the run with the exit code of verdicts as in the lock
        raise ClaimError(f"claim {id} ended with {type(error).__name__}: {error}.") from error
    wrong = next((each for each in found if not isinstance(each, kind)), made)
    if not found or wrong is not made:
        got = "one statement, returned" if isinstance(made, kind) else repr(wrong)
        raise ClaimError(f"claim {id} must yield statements, got {got}: `yield equals(...)` or its like.")
    if len(found) > MOST_STATEMENTS:
        raise ClaimError(f"claim {id} must yield at most {MOST_STATEMENTS} statements, got more.")
    names = [statement.name for statement in found]
    if len(set(names)) != len(names):
        raise ClaimError(f"the statements of claim {id} must have distinct names, got {names}.")
    return found
