"""Where a derived form comes from: the function, what it is called, its source, and the theory behind it."""

from __future__ import annotations

import functools
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator
from types import CellType, CodeType
from typing import Any

from theory.argument_kinds import FUNCTION
from verification.arguments import takes


@takes(function=FUNCTION)
def qualified_name(function: Any) -> str:
    """``module:name``; for a function without a name of its own, where it stands.

    Example:
        >>> qualified_name(inspect.getdoc)
        'inspect:getdoc'
    """
    if isinstance(function, functools.partial):
        return f"{qualified_name(function.func)} with some arguments given"
    function = _innermost(function)
    named = hasattr(function, "__qualname__")
    described = function if named else type(function)
    if "<" not in described.__qualname__:
        return f"{described.__module__}:{described.__qualname__}"
    around = described.__qualname__.partition(".<locals>")[0]
    line = getattr(getattr(described, "__code__", None), "co_firstlineno", None)
    place = f"in {described.__module__}" + (f", line {line}" if line else "")
    return place if "<" in around else f"{place}, inside {around}"


def body(function: Any) -> str:
    """The source of a function; of a lambda, the expression that it returns."""
    function = _innermost(function)
    if getattr(function, "__name__", "") != "<lambda>":
        return textwrap.dedent(inspect.getsource(function))
    places = [place for place in function.__code__.co_positions() if None not in place and place[2:] != (0, 0)]
    lines = inspect.getsourcelines(sys.modules[function.__module__])[0]
    first, last = min((p[0], p[2]) for p in places), max((p[1], p[3]) for p in places)
    text = [line.encode() for line in lines[first[0] - 1 : last[0]]]
    text[-1] = text[-1][: last[1]]
    text[0] = text[0][first[1] :]
    return textwrap.dedent(b"".join(text).decode()).strip()


def _innermost(function: Any) -> Any:
    """The function itself, behind any depth of wrappers and of given arguments."""
    while isinstance(function, functools.partial) or hasattr(function, "__wrapped__"):
        function = function.func if isinstance(function, functools.partial) else function.__wrapped__
    return function


def first_paragraph(thing: Any) -> str:
    """What a function or class says first about itself."""
    return (inspect.getdoc(_innermost(thing)) or "(no docstring)").split("\n\n")[0]


def theory_behind(function: Callable[..., Any]) -> list[Any]:
    """Functions and classes of ``theory`` that ``function`` names, itself or through helpers of the claims."""
    found: dict[str, Any] = {}
    seen: set[int] = set()

    def visit(thing: Any) -> None:
        thing = _innermost(thing) if callable(thing) else thing
        if id(thing) in seen:
            return
        seen.add(id(thing))
        described = thing if inspect.isfunction(thing) or inspect.isclass(thing) else type(thing)
        home = getattr(described, "__module__", None) or ""
        if home.startswith("theory.") and not (inspect.isclass(thing) and issubclass(thing, BaseException)):
            found.setdefault(f"{home}:{described.__qualname__}", described)
        elif inspect.isfunction(thing) and _belongs_to_claims(home):
            for value in _values_named(thing):
                visit(value)

    visit(_innermost(function))
    return [thing for _, thing in sorted(found.items())]


def _is_ours(module: str) -> bool:
    return module.startswith("theory.") or _belongs_to_claims(module)


def _belongs_to_claims(module: str) -> bool:
    """Whether a function is a claim's own helper, ours or a user's: what libraries call is not a derivation."""
    package = module.partition(".")[0]
    return module.startswith("verification.papers.") or package not in _LIBRARIES


_LIBRARIES = frozenset(
    "verification numerics sympy numpy scipy mpmath torch flint builtins functools itertools collections math".split()
)


def _values_named(function: Any) -> Iterator[Any]:
    """What the names in a function's code stand for: globals, members of the modules it names, closure variables."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    scope = {**function.__globals__, **{name: cell.cell_contents for name, cell in cells if cell != CellType()}}
    for code in _nested(function.__code__):
        values = [scope[name] for name in (*code.co_names, *code.co_freevars) if name in scope]
        # Asking a library's module for a name may import half of the library.
        modules = [value for value in values if inspect.ismodule(value) and _is_ours(value.__name__)]
        yield from values
        yield from (getattr(module, name) for module in modules for name in code.co_names if hasattr(module, name))


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)
