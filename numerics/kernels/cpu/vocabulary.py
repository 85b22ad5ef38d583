"""Which operations of a program have vector code?"""

from __future__ import annotations

import sympy as sp

from numerics.codegen.program import Instruction, Program
from numerics.errors import UnsupportedFunctionError
from numerics.kernels.cpu.bessel import BESSEL, ORDERS
from numerics.kernels.cpu.elementary import BINARY, ELEMENTARY, RELATIONS
from numerics.kernels.cpu.erf import ERROR_FUNCTIONS
from numerics.kernels.cpu.gamma import GAMMA_FUNCTIONS
from numerics.kernels.cpu.inverse import INVERSE, arctan2

UNARY = ELEMENTARY | INVERSE | ERROR_FUNCTIONS | GAMMA_FUNCTIONS
"""Functions of one vector."""

OF_TWO = BINARY | {"arctan2": arctan2}
"""Functions of two."""

_OTHERS = ("constant", "argument", "power_integer", "select", "logical_and", "logical_or", "logical_not", "lookup")

__all__ = ["BESSEL", "OF_TWO", "RELATIONS", "UNARY", "check_supported"]


def check_supported(program: Program) -> None:
    """Refuse a program with an operation for which there is no vector code.

    Raises:
        UnsupportedFunctionError: names the operations.
    """
    known = {*UNARY, *OF_TWO, *BESSEL, *RELATIONS, *_OTHERS}
    missing = sorted(program.operations - known)
    orders = {
        entry.op: order for entry in program.instructions if (order := _order(program, entry)) not in (None, *ORDERS)
    }
    missing += [f"{op} of order {order}, only of the orders {ORDERS}" for op, order in orders.items()]
    if missing:
        raise UnsupportedFunctionError(
            f"the CPU kernel has no vector code for {', '.join(missing)}. "
            f'Use backend="numpy", or rewrite the expression with: {", ".join(sorted(known))}.'
        )


def _order(program: Program, entry: Instruction) -> sp.Expr | str | None:
    """The order of a Bessel function, ``None`` for another operation."""
    if entry.op not in BESSEL:
        return None
    order = program.instructions[entry.operands[0]].constant
    return "that is no number" if order is None else order
