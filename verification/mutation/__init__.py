"""Mutation: generic near misses made by machine, and how many of them the checks refute.

* ``distance``: how far a mutated formula is from the right one, measured at rational points of its domain by balls.
* ``mutants``: near misses made by machine: a few mutants of a right formula, each a slip that somebody could have
  made.
* ``slips``: the slips that survive proofreading, made on purpose: where in a formula each kind can happen, and what
  it does.
* ``survival``: which machine-made near misses the symbolic check refutes: the measure of how much its agreement is
  worth.
"""

from verification.mutation.mutants import NEAR_MISSES, Mutant, mutants
from verification.mutation.slips import Slip

__all__ = ["NEAR_MISSES", "Mutant", "Slip", "mutants"]
