"""Errors of the verification package: each says what was needed, what arrived and the next move."""

from theory.errors import DriftproofError

LONGEST = 400
"""Letters of an error's sentence."""


class VerificationError(DriftproofError):
    """Base of every error that ``verification`` raises for bad input or a bad store."""


class KindError(VerificationError):
    """An argument is of the wrong kind."""


class UnknownClaimError(VerificationError):
    """A selector names no registered claim."""


class ClaimError(VerificationError):
    """A claim is not well formed, for instance it has no near miss."""


class StoreError(VerificationError):
    """The store cannot be used: written by a newer version, damaged, or out of disk space."""


class ExecutorError(VerificationError):
    """The executor takes no tasks any more; what is finished is kept."""


class LockError(VerificationError):
    """``claims.lock.json`` cannot be read."""


class SourceError(VerificationError):
    """A source of claims cannot be used: a path that does not exist, a module that cannot be imported."""


class FileError(VerificationError):
    """A file is not written: its folder is missing, or something is there that must not be replaced."""


class FormulaError(VerificationError):
    """A formula in LaTeX, alone or inline in a sentence, cannot be typeset."""


class WorkerDiedError(VerificationError):
    """Every worker that ran the call died: killed by the system, or brought down by a fault in C code."""


class TimeLimitError(VerificationError):
    """The call used more processor time than its limit, or waited too long, and its worker was killed."""


class PatienceError(TimeLimitError):
    """The call waited too long for a processor, which says nothing about how much of it the call needs."""


class PoolError(VerificationError):
    """The pool cannot run calls: workers die before they are ready, or it was shut down."""


def one_sentence(error: BaseException) -> str:
    """An exception as one line: its kind, unless it is one of ours to users, and the first line of what it says."""
    said = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    kind = type(error).__name__
    line = said if said and isinstance(error, VerificationError) else f"{kind}: {said}" if said else kind
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"
