"""Sound calls of every public function of theory, and hostile values to put in the place of one argument.

``python -m tests.theory.hostile 30000`` makes so many such calls and prints those that anything but an error of the
project answers; ``tests/theory/test_hostile_arguments.py`` makes fewer.
"""

from __future__ import annotations

import collections
import random
import signal
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.theory.hostile_values import MARK, POOL
from tests.theory.sound_calls import Sound, sound_calls
from theory.errors import DriftproofError

LIMIT = 20.0
"""Seconds of processor time that one call may take."""


@dataclass(frozen=True)
class Fault:
    """An answer that a caller should never get."""

    kind: str
    call: str
    told: str


class _TooLongError(BaseException):
    """The call used up its time."""


@contextmanager
def processor_time(limit: float) -> Iterator[None]:
    """Stop what runs inside after ``limit`` seconds of processor time."""

    def stop(*_: Any) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, limit)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def fault(sound: Sound, slot: int | str, hostile: str) -> Fault | None:
    """What is wrong with the answer to a sound call with a hostile value in one place; None if nothing is."""
    call = f"{sound.name}({sound.parameter(slot)} = {hostile})"
    MARK.unlink(missing_ok=True)
    found: Fault | None = None
    try:
        with warnings.catch_warnings(), processor_time(LIMIT):
            warnings.simplefilter("ignore")
            sound.hostile(slot, POOL[hostile]())
    except _TooLongError:
        found = Fault("hang", call, f"more than {LIMIT} s")
    except DriftproofError as error:
        found = None if len(str(error)) > 20 else Fault("says nothing", call, str(error))
    except BaseException as error:  # everything else that gets out is what this looks for
        frame = next((f for f in reversed(traceback.extract_tb(error.__traceback__)) if "/theory/" in f.filename), None)
        place = f"{frame.filename.split('/theory/')[-1]}:{frame.lineno}" if frame else ""
        found = Fault("leak", call, f"{type(error).__name__}: {str(error)[:120]} at {place}")
    if MARK.exists():
        MARK.unlink()
        return Fault("text was executed", call, "")
    return found


def main(calls: int, seed: int) -> int:
    """Make random hostile calls and print every fault; the exit code is 1 if there is one."""
    drawn, sounds = random.Random(seed), sound_calls()
    faults: collections.Counter[Fault] = collections.Counter()
    every = [(sound, slot, name) for sound in sounds for slot in sound.slots for name in POOL]
    chosen = every if calls >= len(every) else drawn.sample(every, calls)
    for sound, slot, name in chosen:
        found = fault(sound, slot, name)
        if found is not None:
            faults[found] += 1
            print(f"{found.kind}: {found.call}: {found.told}", flush=True)
    print(f"{len(chosen)} of {len(every)} calls, {len(faults)} faults")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 30_000, int(sys.argv[2]) if len(sys.argv) > 2 else 1))
