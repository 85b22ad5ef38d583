"""Proofs of zero are computed twice, and where the two computations differ nothing goes on."""

from __future__ import annotations

import pickle

import pytest
import sympy as sp

from theory.decision import zero
from theory.decision.algebra import second_kernel
from theory.decision.algebra.normal_form import proof_of_zero
from theory.decision.algebra.rational_functions import RationalFunction, Tower
from theory.decision.zero import decide_zero
from theory.errors import KernelDisagreementError

p, q = sp.symbols("p q", positive=True)
TRUE = (p + q) ** 2 / q - p**2 / q - 2 * p - q
FALSE = (p + q) ** 2 - p**2 - q**2


def test_what_flint_finds_not_to_be_zero_stops_the_proof(monkeypatch):
    assert proof_of_zero(TRUE) is not None
    doubled = second_kernel._Fractions._power
    monkeypatch.setattr(second_kernel._Fractions, "_power", lambda self, g, k: doubled(self, g, k + (k == 2)))
    with pytest.raises(KernelDisagreementError, match="SymPy's polynomials find that it is 0, those of python-flint"):
        proof_of_zero(TRUE)


def test_what_sympy_takes_for_zero_by_mistake_stops_the_proof(monkeypatch):
    monkeypatch.setattr(Tower, "is_zero_modulo_a_prime", lambda self, expression, rng: True)
    monkeypatch.setattr(RationalFunction, "is_zero", True)
    with pytest.raises(KernelDisagreementError, match="those of python-flint that it is not"):
        decide_zero(FALSE)


def test_a_ball_that_excludes_what_was_proved_stops_the_proof(monkeypatch):
    monkeypatch.setattr(zero, "proof_of_zero", lambda *arguments, **settings: "by mistake")
    with pytest.raises(KernelDisagreementError, match="normal form proves that it is 0, a ball .* excludes 0 at"):
        decide_zero(FALSE)


def test_no_code_takes_a_disagreement_for_a_computation_that_failed():
    error = KernelDisagreementError.about("x" * 1000, "one", "other")
    assert not isinstance(error, Exception)
    assert len(str(error)) < 500 and "constraints.txt" in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
