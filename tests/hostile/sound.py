"""A call that is answered, in which one argument at a time is replaced."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Sound:
    """A call that is answered; ``slots`` are positions and names of its arguments."""

    name: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    options: dict[str, Any]

    @property
    def slots(self) -> list[int | str]:
        """Positions and names of the arguments."""
        return [*range(len(self.arguments)), *self.options]

    def parameter(self, slot: int | str) -> str:
        """The name that the function gives to an argument."""
        if isinstance(slot, str):
            return slot
        names = [*inspect.signature(self.function).parameters]
        return names[min(slot, len(names) - 1)]

    def call(self) -> Any:
        """The answer to the sound call."""
        return self.function(*self.arguments, **self.options)

    def hostile(self, slot: int | str, value: Any) -> Any:
        """The answer with ``value`` in the place of one argument."""
        arguments, options = list(self.arguments), dict(self.options)
        if isinstance(slot, int):
            arguments[slot] = value
        else:
            options[slot] = value
        return self.function(*arguments, **options)
