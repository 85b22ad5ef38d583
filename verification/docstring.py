r"""What the docstring of a claim says: its title, the page's own words, its scope, notes.

.. code-block:: text

    Attraction in one dimension.

    $A$ is stochastically attractive if $\alpha > 0$, while it is not stochastically attractive if $\alpha < 0$.
    - Scope: first order in $\theta$.
    - $\alpha$ is the almost sure rate, the limit of $-\log|\theta_t|/t$
      on collapse.

All prose of a claim stands there, formulas as ``$inline mathematics$``; its data stand in the decorator.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from theory.argument_kinds import TEXT
from verification.arguments import takes
from verification.errors import ClaimError

SCOPE = "Scope: "


@dataclass(frozen=True)
class Prose:
    """What a claim says in words.

    Attributes:
        title: The first line, without its full stop.
        words: The page's own words, where the statements' formulas do not say it all.
        scope: The item that begins with ``Scope:``, without its full stop; empty where there is none.
        notes: All other items, in their order.
    """

    title: str
    words: str = ""
    scope: str = ""
    notes: tuple[str, ...] = ()


@takes(docstring=TEXT)
def read(docstring: str) -> Prose:
    r"""Read a docstring: a title, paragraphs of the page's words, and items, each behind ``-``.

    Raises:
        ClaimError: more than one item begins with ``Scope:``.

    Example:
        >>> said = read("Variance.\n\nIt is finite.\n- Scope: small steps.\n- By the law of\n  large numbers.")
        >>> said.title, said.words, said.scope
        ('Variance', 'It is finite.', 'small steps')
        >>> said.notes
        ('By the law of large numbers.',)
    """
    title, _, rest = inspect.cleandoc(docstring).partition("\n")
    words, _, listed = f"\n{rest}".partition("\n- ")
    items = [" ".join(item.split()) for item in listed.split("\n- ")] if listed else []
    scopes = [item.removeprefix(SCOPE).removesuffix(".") for item in items if item.startswith(SCOPE)]
    if len(scopes) > 1:
        raise ClaimError(f"a claim has one scope, the docstring {title!r} gives {len(scopes)}. Make it one item.")
    return Prose(
        title=title.rstrip("."),
        words="\n".join(line.strip() for line in words.strip().splitlines()),
        scope="".join(scopes),
        notes=tuple(item for item in items if not item.startswith(SCOPE)),
    )
