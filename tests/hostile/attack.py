"""Hostile values in the place of one argument of every exported function, and what is wrong with the answers.

``python -m tests.hostile.attack 30000 [--journal FILE]`` makes so many calls in processes of their own and prints every
fault; with a file a run that was stopped goes on after the last piece that came to its end.
``tests/hostile/test_hostile_arguments.py`` makes fewer. An answer is a fault if it is an error that is not the
project's, if it came after more than :data:`LIMIT` seconds of processor time, if text was executed, if the error does
not name the argument, or if a number was made of something that is none.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import inspect
import json
import os
import random
import re
import resource
import select
import signal
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hostile.guessed_calls import guessed_calls
from tests.hostile.recorded_calls import answered, exported_functions, modules_with_examples, recorded_calls
from tests.hostile.sound import Sound
from tests.hostile.time_limit import TooLongError, processor_time
from tests.hostile.typed_calls import typed_calls
from tests.hostile.values import MARK, NO_ARGUMENT, NO_NUMBERS, POOL
from tests.nightly import evidence
from theory.errors import DriftproofError

LIMIT = 20.0
"""Seconds of processor time that one call may take."""

MEMORY = 6 << 30
"""Bytes that a process may ask for on top of what it has."""

NAN_IN_NAN_OUT = ("numerics.codegen.compile", "numerics.codegen.printing", "numerics.codegen.program")
"""Programs compute with what IEEE 754 calls numbers, and their constants may be such."""

KEEPS_ANYTHING = (
    "verification.run.task.Result",
    "numerics.neurons.layer.Part.slices",
    "theory.foreign_numbers.own_number",
)
"""What a worker answered, whatever it is: the store refuses what is no JSON; weights, which may be nan, by index; what
is no number without axes, as it came, for the door behind it to judge."""

PATIENCE = 600.0
"""Seconds without an answer, computing or not, after which a process is ended."""

PIECE = 500
"""Calls after which a run that is stopped can be taken up again."""

Attack = tuple[Sound, int | str, str]
Row = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """An answer that a caller should never get."""

    kind: str
    call: str
    told: str


def fault(sound: Sound, slot: int | str, hostile: str) -> Fault | None:
    """What is wrong with the answer to a sound call with a hostile value in one place; None if nothing is."""
    call = f"{sound.name}({sound.parameter(slot)} = {hostile})"
    MARK.unlink(missing_ok=True)
    found: Fault | None = None
    try:
        with warnings.catch_warnings(), processor_time(LIMIT):
            warnings.simplefilter("ignore")
            answer = sound.hostile(slot, POOL[hostile]())
        found = _silence(sound, slot, hostile, call, answer)
    except TooLongError:
        found = Fault("hang", call, f"more than {LIMIT} s")
    except DriftproofError as error:
        found = _unclear(sound, slot, hostile, call, str(error))
    except BaseException as error:  # everything else that gets out is what this looks for
        frames = traceback.extract_tb(error.__traceback__)
        ours = next((f for f in reversed(frames) if re.search("/(theory|numerics|verification)/", f.filename)), None)
        place = f"{ours.filename.split('/', 3)[-1]}:{ours.lineno}" if ours else ""
        found = Fault("leak", call, f"{type(error).__name__}: {_text(error)[:120]} at {place}")
    if MARK.exists():
        MARK.unlink()
        return Fault("text was executed", call, "")
    return found


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # a library's error that cannot print what it got
        return "<unprintable>"


def _unclear(sound: Sound, slot: int | str, hostile: str, call: str, message: str) -> Fault | None:
    """Whether the message of a refusal is one: it names the argument where that alone can be what is wrong."""
    if len(message) <= 20:
        return Fault("says nothing", call, message)
    name = sound.parameter(slot)
    # Some functions are told the name of the argument of their caller, and speak of that.
    told = inspect.signature(sound.function).bind(*sound.arguments, **sound.options).arguments.get("name", "")
    # A letter of a formula may be told by what it means: "layer" for l.
    names = [name, told] if isinstance(told, str) and told else [name]
    named = any(len(n) == 1 or re.search(rf"\b{re.escape(n)}\b", message) for n in names) or "argument" in message
    if hostile in NO_ARGUMENT and not named:
        return Fault("argument not named", call, message[:200])
    return None


def _silence(sound: Sound, slot: int | str, hostile: str, call: str, answer: Any) -> Fault | None:
    if hostile not in NO_NUMBERS or sound.name.startswith((*NAN_IN_NAN_OUT, *KEEPS_ANYTHING)):
        return None
    told = _text(answer)[:120]
    return None if _unmoved(sound, slot, answer) else Fault("silent answer", call, told)


def _unmoved(sound: Sound, slot: int | str, answer: Any) -> bool:
    """Whether no number was made: the answer is no, or nothing, or only a name or a flag was replaced and the answer is
    that of the sound call."""
    if answer is None or answer is False:
        return True
    given = sound.arguments[slot] if isinstance(slot, int) else sound.options[slot]
    return (given is None or isinstance(given, str | bool)) and repr(answer) == repr(sound.call())


def all_sounds() -> list[Sound]:
    """Every sound call there is: those of the docstrings, those made on the way, typed by hand, and guessed."""
    exported = exported_functions()
    known = [*answered(recorded_calls(modules_with_examples(), exported)), *typed_calls()]
    return [*known, *guessed_calls(known, exported)]


def attacks(sounds: Sequence[Sound]) -> list[Attack]:
    """Every hostile value in every place."""
    return [(sound, slot, name) for sound in sounds for slot in sound.slots for name in POOL]


def in_processes(chosen: Sequence[Attack]) -> Iterator[Fault]:
    """The faults of many calls, each survived: a process that dies has its last call for a fault, another goes on."""
    done = 0
    while done < len(chosen):
        read, write = os.pipe()
        child = os.fork()
        if not child:
            try:
                os.close(read)
                _report(chosen[done:], write)
            finally:  # whatever happens, this copy of the caller goes no further
                os._exit(1)
        os.close(write)
        for line in _lines(read, child):
            if line == ".":
                done += 1
            else:
                yield Fault(*line.split("\t"))
        _, status = os.waitpid(child, 0)
        if status and done < len(chosen):
            sound, slot, name = chosen[done]
            call = f"{sound.name}({sound.parameter(slot)} = {name})"
            stopped = os.WTERMSIG(status) in (signal.SIGXCPU, signal.SIGALRM)
            yield Fault("hang" if stopped else "crash", call, f"status {status}")
            done += 1


def _lines(pipe: int, child: int) -> Iterator[str]:
    """The lines a child writes, until it ends; one that waits for :data:`PATIENCE` seconds is ended."""
    rest = b""
    with os.fdopen(pipe, "rb", buffering=0) as read:
        while True:
            if not select.select([read], [], [], PATIENCE)[0]:
                os.kill(child, signal.SIGALRM)
                return
            found = read.read(1 << 16)
            if not found:
                return
            *lines, rest = (rest + found).split(b"\n")
            yield from (line.decode(errors="replace") for line in lines)


def _report(chosen: Sequence[Attack], pipe: int) -> None:
    """In the child: a line for each fault and a dot for each call made. Does not return."""
    sys.stdout = open(os.devnull, "w")
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    if "torch" in sys.modules:  # its threads are not forked with it, and it would wait for them for ever
        sys.modules["torch"].set_num_threads(1)
    resource.setrlimit(resource.RLIMIT_AS, (_address_space() + MEMORY, resource.RLIM_INFINITY))
    for sound, slot, name in chosen:
        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        resource.setrlimit(resource.RLIMIT_CPU, (int(used + 2 * LIMIT) + 1, resource.RLIM_INFINITY))
        found = fault(sound, slot, name)
        if found is not None:
            told = " ".join(found.told.split())
            os.write(pipe, f"{found.kind}\t{found.call}\t{told}\n".encode(errors="replace"))
        os.write(pipe, b".\n")
    os._exit(0)


def _address_space() -> int:
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[0]) * resource.getpagesize()


def pieces(chosen: Sequence[Attack]) -> dict[str, list[Attack]]:
    """The calls by the room whose function they call, the packages' subpackages in the order of their names, in pieces
    of at most :data:`PIECE`."""
    rooms: dict[str, list[Attack]] = {}
    for one in chosen:
        module = getattr(inspect.unwrap(one[0].function), "__module__", "") or "others"
        rooms.setdefault(".".join(module.split(".")[:2]), []).append(one)
    return {
        f"{room}, from {start}": rooms[room][start : start + PIECE]
        for room in sorted(rooms)
        for start in range(0, len(rooms[room]), PIECE)
    }


def summary(rows: Sequence[Row]) -> Row:
    """The numbers of one run, from those of its pieces, as docs/evidence/hostile_calls.json holds them."""
    faults = [Fault(*told) for row in rows for told in row["faults"]]
    rooms: collections.Counter[str] = collections.Counter()
    where: dict[str, collections.Counter[str]] = {}
    for row in rows:
        rooms[row["piece"].partition(",")[0]] += row["calls"]
    for found in faults:
        where.setdefault(found.kind, collections.Counter())[found.call.partition(" = ")[0] + ")"] += 1
    return {
        **{name: rows[0][name] for name in ("functions", "places", "seed", "calls asked")},
        "commits": sorted({row["commit"] for row in rows}),
        "calls made": rooms.total(),
        "processor seconds": round(sum(row["seconds"] for row in rows)),
        "faults": dict(collections.Counter(found.kind for found in faults)),
        "where": where,
        "calls by room": rooms,
    }


def record(rows: Sequence[Row]) -> None:
    """Write a run into docs/evidence/hostile_calls.json, in the place of what is there of the same seed."""
    path = evidence.ROOT / "docs" / "evidence" / "hostile_calls.json"
    runs = json.loads(path.read_text(encoding="utf-8"))["results"]["runs"] if path.exists() else []
    earlier = [run for run in runs if run["seed"] != rows[0]["seed"]]
    evidence.write("hostile_calls", {"runs": [*earlier, summary(rows)]})


def main(calls: int, seed: int, journal: Path | None = None, *, write: bool = False) -> int:
    """Make random hostile calls and print every fault; the exit code is 1 if there is one.

    Each piece that came to its end becomes a line of the file ``journal``. Pieces of which it holds a line are left
    out: a run that was stopped is taken up where it was.
    """
    drawn, sounds = random.Random(seed), all_sounds()
    every = attacks(sounds)
    chosen = every if calls >= len(every) else drawn.sample(every, calls)
    kept = journal.read_text().splitlines() if journal is not None and journal.exists() else []
    rows = [row for row in map(json.loads, kept) if (row["seed"], row["calls asked"]) == (seed, calls)]
    run = {"functions": len({s.name for s in sounds}), "places": len(every), "seed": seed, "calls asked": calls}
    behind = {(row["piece"], row["calls"]) for row in rows}
    for piece, ours in pieces(chosen).items():
        if (piece, len(ours)) in behind:
            continue
        start, faults = resource.getrusage(resource.RUSAGE_CHILDREN), []
        for found in in_processes(ours):
            faults.append(dataclasses.astuple(found))
            print(f"{found.kind}: {found.call}: {found.told}", flush=True)
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = end.ru_utime + end.ru_stime - start.ru_utime - start.ru_stime
        told = {"piece": piece, "calls": len(ours), "seconds": seconds, "faults": faults}
        rows.append(run | {"commit": evidence.commit()} | told)
        print(f"{piece}: {len(ours)} calls, {seconds:.0f} s", flush=True)
        if journal is not None:
            with journal.open("a") as file:
                file.write(json.dumps(rows[-1]) + "\n")
        if write:
            record(rows)
    counted = summary(rows)
    print(f"{counted['calls made']} of {len(every)} calls of {run['functions']} functions, faults: {counted['faults']}")
    return bool(counted["faults"])


if __name__ == "__main__":
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("calls", nargs="?", type=int, default=30_000)
    given.add_argument("seed", nargs="?", type=int, default=1)
    given.add_argument("--journal", type=Path, help="a file of the pieces that came to their end; those are left out")
    given.add_argument("--write", action="store_true", help="write the numbers to docs/evidence/hostile_calls.json")
    options = given.parse_args()
    sys.exit(main(options.calls, options.seed, options.journal, write=options.write))
