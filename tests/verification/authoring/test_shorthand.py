"""A statement is one call: its name, the left side that it completes, and its form."""

import pytest

from verification.authoring.shorthand import equals, under


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ((r"variance: $\text{Var } x$",), ("variance", r"\text{Var } x")),
        (("variance", r"\text{Var } x"), ("variance", r"\text{Var } x")),
        (("variance: stationary",), ("variance: stationary", "")),
        ((r"loss: $f \text{ with $x$}$",), ("loss", r"f \text{ with $x$}")),
    ],
)
def test_a_statement_begins_with_its_name_and_its_left_side(given, expected):
    statement = equals(*given, printed=1, derived=lambda: 1)
    assert (statement.name, statement.left) == expected


def test_a_convention_is_added_to_the_name_and_not_to_the_formula():
    (statement,) = under({"Itô": {"derived": lambda: 1}}, equals, r"drift: $b$", printed=1)
    assert (statement.name, statement.left, statement.convention) == ("drift (Itô)", "b", "Itô")
