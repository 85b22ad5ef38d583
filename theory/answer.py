"""Answers out of a fixed list, as enumerations that print their word and refuse to be compared with another."""

from __future__ import annotations

import enum
from typing import Any


class Answer(enum.Enum):
    """One of a fixed list of answers; its value is the word a reader sees.

    An answer equals its own word. A comparison with a text that is the word of none of them raises:
    ``answer == "Zero"`` would else be False for ever, without a word.

    Example:
        >>> class Sky(Answer):
        ...     CLEAR = "clear"
        >>> print(Sky.CLEAR)
        clear
        >>> Sky.CLEAR == "clear"
        True
        >>> Sky.CLEAR == "Clear"
        Traceback (most recent call last):
        ...
        TypeError: Sky is compared with its members, got the text 'Clear'. Write Sky.CLEAR (or str(...) for its word).
    """

    def __str__(self) -> str:
        return str(self.value)

    def __eq__(self, other: Any) -> bool:
        if isinstance(other, str):
            if other in [member.value for member in type(self)]:
                return bool(self.value == other)
            members = ", ".join(f"{type(self).__name__}.{member.name}" for member in type(self))
            raise TypeError(
                f"{type(self).__name__} is compared with its members, got the text {other!r}. Write {members} "
                "(or str(...) for its word)."
            )
        return self is other

    def __hash__(self) -> int:
        return hash(self.value)
