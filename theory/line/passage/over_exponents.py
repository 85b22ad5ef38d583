"""First passage by cases, where the order of two exponents hangs on a parameter."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import sympy as sp

from theory.decision.conditions.inequalities import sign
from theory.errors import OrderError
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.charts.powers import undecided_order
from theory.line.diffusion import line_diffusion
from theory.line.ends.boundary import classes_of
from theory.line.exponent_cases import by_cases, cells
from theory.line.integrals.weight_integral import WeightIntegral

P = ParamSpec("P")


def over_exponents(function: Callable[P, sp.Expr]) -> Callable[P, sp.Expr]:
    """``function(process, ..., interval, ...)``, by cases of one parameter in the exponents where that is needed.

    That is where the function refuses to order two exponents, and where its integrals stand because of it.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def asked(*args: P.args, **kwargs: P.kwargs) -> sp.Expr:
        given = signature.bind(*args, **kwargs).arguments
        try:
            return _ordered(function(*args, **kwargs), given["process"], given.get("interval"))
        except OrderError as error:
            others = sp.Tuple(*(value for value in given.values() if isinstance(value, sp.Expr)))
            if error.difference.free_symbols & others.free_symbols:
                raise
            process = given["process"]
            found_in = cells(
                error,
                process,
                Interval.given(given.get("interval"), process.state[0]),
                lambda there, on: _ordered(function(**{**given, "process": there, "interval": on}), there, on),
            )
            return by_cases(found_in, lambda result: result)

    return asked


def _ordered(found: sp.Expr, process: ItoProcess, interval: Interval | None) -> sp.Expr:
    """What was found, if it does not stand for want of an order.

    Raises:
        OrderError: an integral stands because it is not known whether a power integrates to a logarithm, or classes
            of the ends change with a parameter in the exponents.
    """
    coefficients = sp.Tuple(*process.drift, *process.dispersion)
    if not found.has(sp.Integral) or not any(power.exp.free_symbols for power in coefficients.atoms(sp.Pow)):
        return found
    for standing in found.atoms(sp.Integral) - found.atoms(WeightIntegral):
        y = standing.limits[0][0]
        for term in sp.Add.make_args(sp.expand(standing.function)):
            raised = sp.cancel(sp.powsimp(term).as_coeff_exponent(y)[1] + 1)
            if sign(raised) is None and len(raised.free_symbols) == 1 and not raised.has(y):
                raise undecided_order(raised, sp.S.Zero)
    classes_of(line_diffusion(process, interval))
    return found
