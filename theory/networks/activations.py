"""Activation functions as symbols: the named ones, and arbitrary ones that pass through the origin."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp
from sympy.core.function import UndefinedFunction

from theory.argument_kinds import EXPRESSION, TEXT, takes
from theory.errors import SymbolError
from theory.values import shown

z = sp.Symbol("z", real=True)
"""The pre-activation of a neuron."""


slope = sp.Symbol("a", positive=True)
"""Slope of leaky ReLU on the negative side."""


swish_rate = sp.Symbol("beta_S", positive=True)
"""Rate of Swish; 1 for SiLU."""


ACTIVATIONS: dict[str, sp.Expr] = {
    "linear": z,
    "tanh": sp.tanh(z),
    "relu": sp.Piecewise((z, z > 0), (0, True)),
    "leaky relu": sp.Piecewise((z, z > 0), (slope * z, True)),
    "elu": sp.Piecewise((z, z > 0), (sp.exp(z) - 1, True)),
    "swish": z / (1 + sp.exp(-swish_rate * z)),
    "silu": z / (1 + sp.exp(-z)),
    "gelu": z * (1 + sp.erf(z / sp.sqrt(2))) / 2,
    "sigmoid": 1 / (1 + sp.exp(-z)),
    "softplus": sp.log(1 + sp.exp(z)),
}
"""Activations as functions of :data:`z`."""


ORIGIN_PASSING = ("linear", "tanh", "relu", "leaky relu", "elu", "swish", "silu", "gelu")
"""Those the paper calls origin-passing."""


@takes(name=TEXT, u=EXPRESSION)
def activation(name: str, u: sp.Expr) -> sp.Expr:
    """The activation called ``name`` at the pre-activation ``u``.

    Raises:
        SymbolError: no activation has this name.

    Example:
        >>> [activation(name, sp.S.Zero) for name in ("silu", "elu", "sigmoid", "softplus")]
        [0, 0, 1/2, log(2)]
    """
    if name not in ACTIVATIONS:
        raise SymbolError(f"name must be one of {sorted(ACTIVATIONS)}, got {shown(name)}.")
    return ACTIVATIONS[name].subs(z, u)


@takes(name=TEXT)
def smooth_function(name: str) -> Callable[[sp.Expr], sp.Expr]:
    r"""An undefined smooth function whose derivative is the undefined function ``name'``.

    Values and slopes of a smooth function at distinct points are free, so both may be treated as unknown functions;
    no second derivative exists here.

    Example:
        >>> sigma = smooth_function("sigma")
        >>> sp.diff(sigma(2 * z), z)
        2*sigma'(2*z)
    """
    derivative = UndefinedFunction(f"{name}'", real=True)
    return UndefinedFunction(
        name, real=True, __dict__={"fdiff": lambda self, argindex=1: derivative(self.args[argindex - 1])}
    )


def origin_passing_function(name: str) -> Callable[[sp.Expr], sp.Expr]:
    r"""An arbitrary smooth :math:`\sigma` with :math:`\sigma(0) = 0`; by Hadamard's lemma it is :math:`z\,s(z)`."""
    factor = smooth_function(name)
    return lambda u: u * factor(u)
