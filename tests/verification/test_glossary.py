"""A paper explains a symbol once; a claim shows it where it stands in a formula."""

import sympy as sp

from tests.verification import fake_claims as fake
from verification.claim import Paper
from verification.glossary import glossary

a, b, c, kappa = sp.symbols("a b c kappa")


def explained(symbols, **statement):
    """A claim of a paper that explains a, b and c."""
    paper = Paper("test", symbols={a: "of the paper", b: "of the paper", c: "of the paper"})

    @paper.claim("XX-1", "p. 1", symbols=symbols)
    def claim():
        """Claim."""
        yield fake.statement(**statement)

    return claim


def test_only_what_stands_in_a_formula_is_shown():
    assert glossary(explained({}, printed=a, corrected=a + 1)) == {a: "of the paper"}


def test_a_correction_and_what_an_abbreviation_means_are_formulas_too():
    claim = explained({}, printed=kappa, where={kappa: a}, corrected=b)
    assert glossary(claim) == {a: "of the paper", b: "of the paper"}


def test_the_meaning_of_the_claim_wins_and_is_always_shown():
    claim = explained({a: "of the claim", kappa: "besides"}, printed=a + c)
    assert glossary(claim) == {a: "of the claim", c: "of the paper", kappa: "besides"}
