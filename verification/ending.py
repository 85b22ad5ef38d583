"""How the command ends: exit codes, and one sentence for whatever went wrong.

No argument, file, pipe or signal gives a traceback. ``DRIFTPROOF_TRACEBACK=1`` in the environment shows the one
behind a fault of ours.
"""

from __future__ import annotations

import atexit
import contextlib
import enum
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from theory.errors import KernelDisagreementError
from verification import foreign_code
from verification.errors import ExecutorError, SourceError, StoreError, VerificationError
from verification.foreign_code import staying
from verification.signals import INTERRUPTED, answered_with, interrupt

PATIENCE = 10.0
"""Seconds that threads have to end after the command has."""


class Exit(enum.IntEnum):
    """Exit codes of every subcommand."""

    EQUAL = 0
    DIFFERS = 1
    USAGE = 2
    INTERRUPTED = INTERRUPTED
    INFRASTRUCTURE = 4
    DISAGREEMENT = 5


def exit_code_of(command: Callable[[], int]) -> int:
    """Run ``command`` and turn however it ends into an exit code and at most one sentence."""
    _prepare_streams()
    with answered_with(interrupt), staying(any_thread=True):
        try:
            code = _code(command)
            _flush()
            return code
        except KeyboardInterrupt:
            say("interrupted.")
            return Exit.INTERRUPTED
        except VerificationError as error:
            say(str(error))
            return Exit.INFRASTRUCTURE if isinstance(error, StoreError | ExecutorError) else Exit.USAGE
        except KernelDisagreementError as error:
            say(str(error))
            return Exit.DISAGREEMENT
        except OSError as error:
            return _refused_by_the_system(error)
        except Exception as error:
            return _fault(error)


def leave(code: int) -> int:
    """End the process with ``code``, once everything written has gone out; with other threads at work, only answer it.

    Threads have :data:`PATIENCE` seconds to end, then the process does. Python would take a hundred thousand objects
    apart one by one, for a fifth of the time that a short command takes; the system frees them in one stroke.
    """
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        threading.Thread(target=_end_later, args=(code,), daemon=True).start()
        return code
    with staying(any_thread=True):
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()
    os._exit(code)


def _end_later(code: int) -> None:
    time.sleep(PATIENCE)
    say(f"a thread that the claims started is at work {PATIENCE:g} s after everything else was done. It ends here.")
    os._exit(code)


def say(sentence: str | None) -> None:
    """One sentence beside the output proper, if there is one and somebody to hear it."""
    if sentence is not None and sys.stderr is not None:
        with contextlib.suppress(OSError, ValueError):
            print(f"driftproof: {sentence}", file=sys.stderr, flush=True)


def drop_output() -> None:
    """Let what is still buffered for a stdout that takes no more go nowhere, also at interpreter exit."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _code(command: Callable[[], int]) -> int:
    try:
        return command()
    except SystemExit as end:
        frames = [frame.filename for frame in traceback.extract_tb(end.__traceback__)]
        last = [name for name in frames if name != foreign_code.__file__][-1]
        if Path(last).name == "argparse.py":  # How it ends after --help and after a mistake it has named.
            return end.code if isinstance(end.code, int) else Exit.EQUAL
        raise SourceError(f"the program was ended by {last}. Leave out what calls sys.exit or os._exit there.") from end


def _prepare_streams() -> None:
    """A closed stdout swallows; a letter that the terminal's encoding lacks is written as its number.

    Where one of the three streams is closed, the next file that is opened would be taken for it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
    sys.stdout = sys.stdout or open(os.devnull, "w")
    sys.stderr = sys.stderr or open(os.devnull, "w")
    streams: list[Any] = [sys.stdout, sys.stderr]
    for stream in streams:
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.reconfigure(errors="backslashreplace")


def _flush() -> None:
    try:
        sys.stdout.flush()
    except OSError:
        drop_output()
        raise


def _refused_by_the_system(error: OSError) -> Exit:
    with contextlib.suppress(OSError):
        _flush()
    name = f": {error.filename}" if error.filename else ""
    say(f"the system refused to read or write ({error.strerror or error}){name}. Give another path, or make room.")
    return Exit.INFRASTRUCTURE


def _fault(error: Exception) -> Exit:
    from verification.errors import one_sentence

    if os.environ.get("DRIFTPROOF_TRACEBACK"):
        raise error
    say(f"a fault of driftproof: {one_sentence(error)}. DRIFTPROOF_TRACEBACK=1 shows where; please report it.")
    return Exit.INFRASTRUCTURE
