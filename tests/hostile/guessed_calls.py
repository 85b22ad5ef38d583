"""Sound calls of what no example calls: with arguments that other functions take under the same names.

A function that a package exports, and a method of a class that it exports, is tried with what the recorded calls have
in places of the same names, on objects that they take or answer with. The first call that is answered is a sound one.
"""

from __future__ import annotations

import inspect
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.hostile.recorded_calls import PACKAGES
from tests.hostile.sound import Sound
from tests.hostile.time_limit import TooLongError, processor_time, waiting_time

SECONDS = 2.0
"""Of processor time, for each try."""

TRIES = 60
"""For each function."""

VALUES = 6
"""That are remembered for each name, of different types where there are such."""

WRITING = ("verification.report",)
"""What writes files is not called with what comes."""

Named = dict[str, list[Any]]


def guessed_calls(sounds: Sequence[Sound], exported: Mapping[str, Callable[..., Any]]) -> Iterator[Sound]:
    """A sound call of each of ``exported``, by full name, that ``sounds`` do not call, where one is found."""
    values, objects = _remembered(sounds)
    reached = {_full_name(sound.function) for sound in sounds}
    for name in sorted(set(exported) - reached):
        if not name.startswith(WRITING):
            tried = itertools.islice(_tries(exported[name], values, objects), TRIES)
            found = next(filter(_is_answered, itertools.starmap(Sound, ((name, *one) for one in tried))), None)
            if found is not None:
                yield found


def _remembered(sounds: Iterable[Sound]) -> tuple[Named, list[Any]]:
    """What stands in the calls by the name of its place, and the objects of the packages among it and the answers."""
    values: Named = {}
    objects: dict[int, Any] = {}
    for sound in sounds:
        given = {sound.parameter(slot): _at(sound, slot) for slot in sound.slots}
        for name, value in given.items():
            known = values.setdefault(name, [])
            if len(known) < VALUES and (value is not None and type(value) not in map(type, known) or not known):
                known.append(value)
        try:
            answer = sound.call()
        except Exception:  # used up by the first call
            answer = None
        for thing in (getattr(sound.function, "__self__", None), answer, *given.values()):
            if type(thing).__module__.partition(".")[0] in PACKAGES and not isinstance(thing, type):
                objects[id(thing)] = thing
    return values, list(objects.values())


def _at(sound: Sound, slot: int | str) -> Any:
    return sound.arguments[slot] if isinstance(slot, int) else sound.options[slot]


def _tries(
    function: Callable[..., Any], values: Named, objects: Sequence[Any]
) -> Iterator[tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]]:
    """Functions, bound where they are methods, with arguments."""
    parameters = [*inspect.signature(function).parameters.values()]
    if parameters and parameters[0].name == "self":
        home = function.__qualname__.rpartition(".")[0]
        owners = [thing for thing in objects if any(_is(kind, function, home) for kind in type(thing).__mro__)]
        functions = [getattr(thing, function.__name__) for thing in owners[:4]]
        parameters = parameters[1:]
    else:
        functions = [function]
    needed = [p for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    choices = [values.get(p.name, []) for p in needed]
    if not needed or math.prod(map(len, choices)) == 0:
        return
    for call, chosen in itertools.product(functions, itertools.product(*choices)):
        pairs = list(zip(needed, chosen, strict=True))
        options = {p.name: value for p, value in pairs if p.kind is p.KEYWORD_ONLY}
        yield call, tuple(value for p, value in pairs if p.kind is not p.KEYWORD_ONLY), options


def _is(kind: type, function: Callable[..., Any], home: str) -> bool:
    return (kind.__module__, kind.__qualname__) == (function.__module__, home)


def _full_name(function: Any) -> str:
    plain = inspect.unwrap(getattr(function, "__func__", function))
    return f"{getattr(plain, '__module__', '')}.{getattr(plain, '__qualname__', '')}"


def _is_answered(sound: Sound) -> bool:
    try:
        with processor_time(SECONDS), waiting_time(30 * SECONDS):
            sound.call()
    except (Exception, TooLongError):
        return False
    return True
