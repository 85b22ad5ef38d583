r"""Activations and their backward step as programs of single entries.

The backward step takes the signal d from above and the output :math:`h = \phi(a)` to :math:`d\,\phi'(a)`; for all
activations here the derivative is a function of the output.
"""

from __future__ import annotations

from functools import lru_cache

import sympy as sp

from numerics.arguments import takes
from numerics.codegen.program import Program, ProgramBuilder
from numerics.layered.network import Activation
from theory.argument_kinds import one_of

ACTIVATION = one_of(Activation, needed="an Activation")


@takes(activation=ACTIVATION)
@lru_cache(maxsize=8)
def forward_program(activation: Activation) -> Program:
    r"""The program of :math:`\phi(a)`.

    Example:
        >>> print(forward_program(Activation.RELU))
        %0 = argument 0  # a
        %1 = constant 0
        %2 = maximum %0, %1
        return %2
    """
    builder = ProgramBuilder()
    a = builder.add("argument", value=0)
    if activation is Activation.TANH:
        value = builder.add("tanh", a)
    elif activation is Activation.RELU:
        value = builder.add("maximum", a, builder.add("constant", constant=sp.S.Zero))
    elif activation is Activation.SOFTPLUS:
        # max(a, 0) + log(1 + exp(-|a|)): no overflow on either side.
        small = builder.add("log1p", builder.add("exp", builder.add("negate", builder.add("absolute", a))))
        value = builder.add("add", builder.add("maximum", a, builder.add("constant", constant=sp.S.Zero)), small)
    else:
        value = a
    return builder.program(["a"], [value])


@takes(activation=ACTIVATION)
@lru_cache(maxsize=8)
def backward_program(activation: Activation) -> Program:
    r"""The program of :math:`d\,\phi'(a)` from d and :math:`h = \phi(a)`: for tanh :math:`d(1 - h^2)`.

    A NaN in h or d is handed on, so that no diverged replica looks alive.
    """
    builder = ProgramBuilder()
    d, h = builder.add("argument", value=0), builder.add("argument", value=1)
    if activation is Activation.TANH:
        one = builder.add("constant", constant=sp.S.One)
        value = builder.add("multiply", d, builder.add("subtract", one, builder.add("multiply", h, h)))
    elif activation is Activation.RELU:
        zero = builder.add("constant", constant=sp.S.Zero)
        value = builder.add("select", builder.add("less_equal", h, zero), zero, d)
    elif activation is Activation.SOFTPLUS:
        # 1 - exp(-h) is the logistic function of a.
        value = builder.add("negate", builder.add("multiply", d, builder.add("expm1", builder.add("negate", h))))
    else:
        value = d
    return builder.program(["d", "h"], [value])
