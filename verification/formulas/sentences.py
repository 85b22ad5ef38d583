r"""Sentences with ``$inline mathematics$`` taken apart, and read aloud in a terminal without loading SymPy."""

from __future__ import annotations

from verification.errors import FormulaError
from verification.formulas.one_line import line
from verification.formulas.tree import typeset


def plain_sentence(text: str) -> str:
    r"""A sentence as plain text, its formulas in Unicode; what cannot be typeset stays as it is.

    Raises:
        FormulaError: ``text`` is no text.

    Example:
        >>> plain_sentence(r"Charges of a loss of $u\cdot w$")
        'Charges of a loss of u·w'
    """
    try:
        return "".join(line(typeset(part)) if inside else part for inside, part in sentence_parts(text))
    except FormulaError:
        if not isinstance(text, str):
            raise
        return text


def sentence_parts(text: str) -> list[tuple[bool, str]]:
    """The pieces of ``text`` between dollar signs, each with whether it is a formula.

    Raises:
        FormulaError: a dollar sign has no partner, nothing stands between two of them, or ``text`` is no text.
    """
    if not isinstance(text, str):
        raise FormulaError(f"a sentence must be a text, got a value of type {type(text).__name__}.")
    found = text.split("$")
    if len(found) % 2 == 0:
        raise FormulaError(
            f"the sentence {text!r} has {len(found) - 1} dollar signs; a formula needs one before and one after it."
        )
    empty = [i for i, piece in enumerate(found) if i % 2 and not piece.strip()]
    if empty:
        raise FormulaError(f"the sentence {text!r} has an empty formula. A dollar sign can stand for nothing else.")
    return [(i % 2 == 1, piece) for i, piece in enumerate(found)]
