"""What a claim says in words stands in its docstring."""

from __future__ import annotations

import pytest

from verification.authoring.shorthand import Paper, equals
from verification.docstring import read
from verification.errors import ClaimError

WHOLE = """Title.

Words of the page,
on two lines.
- Scope: small steps.
- First note,
  continued.
- Second note.
"""


def test_a_docstring_gives_title_words_scope_and_notes():
    said = read(WHOLE)
    assert (said.title, said.words) == ("Title", "Words of the page,\non two lines.")
    assert (said.scope, said.notes) == ("small steps", ("First note, continued.", "Second note."))


def test_a_minus_inside_a_line_begins_no_note():
    said = read("Title.\n\nIt is $a - b$\nor $-a$.")
    assert said.words == "It is $a - b$\nor $-a$." and said.notes == ()


def test_notes_need_no_words_before_them():
    assert read("Title.\n\n- One.\n- Two.").notes == ("One.", "Two.")


def test_a_second_scope_is_refused():
    with pytest.raises(ClaimError, match="one scope"):
        read("Title.\n\n- Scope: small steps.\n- Scope: large steps.")


def test_a_claim_takes_its_prose_from_the_docstring_and_shared_notes_after_its_own():
    def statement():
        yield equals("one", printed=1, derived=lambda: 1)

    statement.__doc__ = WHOLE
    claim = Paper("doe2020").claim("DOE-1", "Eq. (1)", notes=("Shared.",))(statement)
    assert (claim.title, claim.scope) == ("Title", "small steps")
    assert claim.notes == ("First note, continued.", "Second note.", "Shared.")
    statement.__doc__ = "Title."
    assert Paper("doe2020").claim("DOE-1", "Eq. (1)")(statement).scope == "exact"
