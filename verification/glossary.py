"""What the symbols of a claim mean: a paper explains its own once, a claim those that it adds or uses otherwise."""

import sympy as sp

from verification.claim import Claim, Statement


def glossary(claim: Claim) -> dict[sp.Basic, str]:
    """Meanings of a claim's symbols: those of its paper that stand in a formula it shows, then its own."""
    seen = set().union(*map(_seen, claim.statements))
    shared = {symbol: meaning for symbol, meaning in claim.paper.symbols.items() if symbol in seen}
    return shared | dict(claim.symbols)


def _seen(statement: Statement) -> set[sp.Basic]:
    """Symbols that a reader meets: in formulas as they are shown, in what abbreviations mean, in conditions."""
    written = [form for form in (statement.printed, statement.read_as, statement.corrected) if form is not None]
    parts = [part for form, where in map(statement.shown, written) for part in (form, *where.values())]
    return set().union(*(getattr(part, "free_symbols", set()) for part in (*parts, *statement.domain)))
