"""Sound calls that nobody typed: those which the examples of the docstrings make.

While an example runs, the interpreter reports each call to a function of the packages that a line of it makes itself;
the arguments, defaults among them, become a sound call. So a public function with an example is attacked from the day
it is written. What a package exports and no example calls is attacked as well, where another function calls it then.
"""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import sys
import warnings
from collections.abc import Callable, Container, Iterable, Iterator
from types import FrameType
from typing import Any

from tests.hostile.sound import Sound
from tests.hostile.time_limit import TooLongError, waiting_time

PACKAGES = ("theory", "numerics", "verification")
WRAPPERS = "theory.argument_kinds"
"""Where the frames of :data:`theory.argument_kinds.takes` come from, which stand between a caller and what he calls."""

NO_HOMES = ("verification.papers", "verification.authoring.template", "verification.__main__")
"""Claims, and what a user starts from: they offer no functions."""


PATIENCE = 120.0
"""Seconds for which a call is waited for: what has been shut down may never answer."""

ENDLESS = ("verification.run", "verification.signals")
"""Where calls end processes, or wait for others."""

HOOKS = ("eval",)
"""What SymPy calls and nobody else: it has made its arguments expressions by then."""


def modules_with_examples() -> list[str]:
    """Names of the modules whose docstrings are looked through."""
    found: list[str] = []
    for package in map(importlib.import_module, PACKAGES):
        names = (info.name for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."))
        found += [package.__name__, *(name for name in names if not name.startswith(NO_HOMES))]
    return sorted(found)


def exported_functions() -> dict[str, Callable[..., Any]]:
    """The functions that a package lists in its ``__all__``, and the methods of its classes, by their full names.

    Constructors are left out: those that no example calls make records of answers.
    """
    found: dict[str, Callable[..., Any]] = {}
    for package in map(importlib.import_module, PACKAGES):
        below = pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        names = [info.name for info in below if info.ispkg and not info.name.startswith(NO_HOMES)]
        for home in map(importlib.import_module, [package.__name__, *names]):
            for value in (getattr(home, name) for name in getattr(home, "__all__", ())):
                members = (
                    {name: getattr(value, name) for name in vars(value)} if inspect.isclass(value) else {"": value}
                )
                for name, member in members.items():
                    plain = inspect.unwrap(getattr(member, "__func__", member)) if callable(member) else None
                    if inspect.isfunction(plain) and not name.startswith(("_", *HOOKS)):
                        found[f"{plain.__module__}.{plain.__qualname__}"] = member
    return {name: function for name, function in found.items() if not name.startswith(ENDLESS)}


def recorded_calls(modules: Iterable[str], also: Container[str] = ()) -> list[Sound]:
    """The first call of each public function or method that the examples of ``modules`` make; of those whose full name
    is in ``also``, which no example calls, the first that another function makes."""
    made: dict[str, Sound] = {}
    inside: dict[str, Sound] = {}

    def record(frame: FrameType, event: str, _: Any) -> None:
        name = f"{frame.f_globals.get('__name__', '')}.{frame.f_code.co_qualname}"
        if event == "call" and name in also and name not in inside:
            found = _call_of(frame)
            if found is not None:
                inside[name] = found
        caller = frame.f_back
        while caller is not None and caller.f_globals.get("__name__") == WRAPPERS:
            caller = caller.f_back
        if event == "call" and caller is not None and caller.f_code.co_filename.startswith("<doctest"):
            found = _call_of(frame)
            if found is not None:
                made.setdefault(found.name, found)

    for module in map(importlib.import_module, modules):
        for test in doctest.DocTestFinder(exclude_empty=True).find(module):
            if test.examples:
                before = sys.getprofile()
                sys.setprofile(record)
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        doctest.DocTestRunner().run(test, out=lambda _: None)
                finally:
                    sys.setprofile(before)
    made = inside | made
    return [made[name] for name in sorted(made)]


def _call_of(frame: FrameType) -> Sound | None:
    """The call that has just begun, if it is to something public of the packages and has arguments."""
    code, home = frame.f_code, str(frame.f_globals.get("__name__", ""))
    if home.partition(".")[0] not in PACKAGES or home == WRAPPERS or "<lambda>" in code.co_qualname:
        return None
    if code.co_filename.startswith("<doctest"):  # a function that an example defines for itself
        return None
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    local = dict(frame.f_locals)
    arguments = [local[name] for name in names[: code.co_argcount]]
    options = {name: local[name] for name in names[code.co_argcount :]}
    behind = len(names)
    if code.co_flags & inspect.CO_VARARGS:
        arguments += local[code.co_varnames[behind]]
        behind += 1
    if code.co_flags & inspect.CO_VARKEYWORDS:
        options |= local[code.co_varnames[behind]]
    function = _function_of(frame, arguments)
    if function is None or not (arguments or options):
        return None
    name = f"{home}.{getattr(function, '__qualname__', code.co_name)}"
    return Sound(name, function, tuple(arguments), options)


def _function_of(frame: FrameType, arguments: list[Any]) -> Callable[..., Any] | None:
    """What was called, as a caller names it; ``self`` or the class is taken out of ``arguments``."""
    code = frame.f_code
    owner = arguments[0] if code.co_varnames[:1] in (("self",), ("cls",)) and arguments else None
    if owner is None:
        found = frame.f_globals.get(code.co_name)
        public = not code.co_name.startswith("_") and inspect.isfunction(inspect.unwrap(found) if found else None)
        return found if public else None
    del arguments[0]
    if code.co_name in ("__init__", "__new__"):
        kind = owner if isinstance(owner, type) else type(owner)
        return None if kind.__name__.startswith("_") else kind
    if code.co_name == "__call__":
        return owner
    if code.co_name.startswith("_") or "<locals>" in code.co_qualname:
        return None
    return getattr(owner, code.co_name, None) if not _is_property(owner, code.co_name) else None


def _is_property(owner: Any, name: str) -> bool:
    return isinstance(inspect.getattr_static(owner, name, None), property)


def answered(sounds: Iterable[Sound]) -> Iterator[Sound]:
    """Those that are answered when they are made again."""
    for sound in sounds:
        try:
            with warnings.catch_warnings(), waiting_time(PATIENCE):
                warnings.simplefilter("ignore")
                sound.call()
        except (Exception, TooLongError):  # an example of an error, or of something that is used up
            continue
        yield sound
