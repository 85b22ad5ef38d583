"""Mutation: generic near misses made by machine, and how many of them the checks refute."""

from verification.mutation.mutants import NEAR_MISSES, Mutant, mutants
from verification.mutation.slips import Slip

__all__ = ["NEAR_MISSES", "Mutant", "Slip", "mutants"]
