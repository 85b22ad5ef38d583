"""The names of near misses: told by a worker, with the verdict that follows from them."""

from __future__ import annotations

import sympy as sp

from tests.verification import fake_claims as fake
from verification.claim import Claim, Statement
from verification.investigation import investigate
from verification.run.task import Result
from verification.verdict import ClaimVerdict, Verdict

x = sp.Symbol("x", positive=True)


def judged(claim: Claim) -> ClaimVerdict:
    investigation = investigate(claim, resolution=0.05)
    results: dict[str, Result] = {}
    while tasks := investigation.next_tasks(results):
        results |= {task.key: fake.answered(task) for task in tasks}
    return investigation.conclude(results)


def mutated(**fields: object) -> Statement:
    return fake.statement(derived=x**2, wrong={"cube": x**3}, mutated=True, **fields)


def test_machine_made_near_misses_are_named_by_a_worker_and_not_made_by_who_asks(monkeypatch):
    statement = mutated()
    claim = fake.claim(statement)
    fake.register(monkeypatch, fake.claim(mutated()))
    investigation = investigate(claim, resolution=0.05)
    (naming,) = investigation.next_tasks({})
    results = {naming.key: fake.answered(naming)}
    assert [task.arguments["candidate"] for task in investigation.next_tasks(results)] == list(mutated().candidates())
    assert "near_misses" not in vars(statement)
    (statement_judged,) = judged(claim).statements
    assert list(statement_judged.near_misses) == list(mutated().misses)
    assert set(statement_judged.near_misses.values()) == {"symbolic"}


def test_a_worker_that_cannot_make_a_statement_says_why(monkeypatch):
    def broken() -> sp.Expr:
        raise ZeroDivisionError("by hand")

    claim = fake.claim(fake.statement("fine"), mutated(printed=broken))
    fake.register(monkeypatch, claim)
    found = judged(claim)
    assert (found.verdict, found.reason) == (Verdict.UNDECIDED, "cannot be made: ZeroDivisionError: by hand")
    assert not found.statements
