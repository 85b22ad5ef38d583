"""Which SymPy function becomes which operation, or which other formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sympy as sp
from sympy.codegen.cfunctions import expm1, log1p

from numerics.codegen.accurate import csch, heaviside, sech
from numerics.codegen.airy import airy_ai, airy_ai_prime, airy_bi, airy_bi_prime
from numerics.codegen.relative_entropy import EntropySeries, entropy_series
from numerics.codegen.special import ScaledBesselI, ScaledBesselK, ScaledErfc, ScaledErfi, without_growth
from numerics.errors import UnsupportedFunctionError
from theory.discrete.draws import Lookup

UNARY: dict[type, str] = {
    sp.exp: "exp",
    expm1: "expm1",
    log1p: "log1p",
    sp.sin: "sin",
    sp.cos: "cos",
    sp.tan: "tan",
    sp.asin: "arcsin",
    sp.acos: "arccos",
    sp.atan: "arctan",
    sp.sinh: "sinh",
    sp.cosh: "cosh",
    sp.tanh: "tanh",
    sp.asinh: "arcsinh",
    sp.acosh: "arccosh",
    sp.atanh: "arctanh",
    sp.erf: "erf",
    sp.erfc: "erfc",
    sp.erfi: "erfi",
    ScaledErfi: "scaled_erfi",
    sp.erfinv: "inverse_erf",
    sp.erfcinv: "inverse_erfc",
    ScaledErfc: "scaled_erfc",
    sp.gamma: "gamma",
    sp.loggamma: "log_gamma",
    sp.digamma: "digamma",
    sp.Abs: "absolute",
    sp.sign: "sign",
    sp.floor: "floor",
}

BINARY: dict[type, str] = {
    sp.Mod: "modulo",
    sp.atan2: "arctan2",
    sp.lowergamma: "lower_gamma",
    sp.uppergamma: "upper_gamma",
    sp.beta: "beta",
    sp.besselj: "bessel_j",
    sp.bessely: "bessel_y",
    ScaledBesselI: "scaled_bessel_i",
    ScaledBesselK: "scaled_bessel_k",
}

FOLDED: dict[type, str] = {sp.Max: "maximum", sp.Min: "minimum"}
"""Operations of two operands for functions of any number."""

LARGEST_BINOMIAL = 16
"""Below it a binomial coefficient is written out as a polynomial of its upper argument."""


def binomial(n: sp.Expr, k: sp.Expr) -> sp.Expr:
    r""":math:`\binom nk = n(n-1)\cdots(n-k+1)/k!` for a number k."""
    if not (k.is_Integer and 0 <= k <= LARGEST_BINOMIAL):
        raise unsupported(sp.binomial(n, k))
    return sp.Mul(*(n - j for j in range(int(k)))) / sp.factorial(k)


def zeta(s: sp.Expr, u: sp.Expr = sp.S.One) -> sp.Expr:
    r"""Hurwitz's :math:`\zeta(s, u) = (-1)^s\psi^{(s-1)}(u)/(s-1)!` for a whole number s > 1."""
    if not (s.is_Integer and s > 1):
        raise unsupported(sp.zeta(s, u))
    return (-1) ** s * sp.polygamma(s - 1, u) / sp.factorial(s - 1)


REWRITTEN: dict[type, Callable[..., sp.Expr]] = {
    sp.Heaviside: heaviside,
    sp.sech: sech,
    sp.csch: csch,
    sp.coth: lambda u: 1 / sp.tanh(u),
    sp.sec: lambda u: 1 / sp.cos(u),
    sp.csc: lambda u: 1 / sp.sin(u),
    sp.cot: lambda u: 1 / sp.tan(u),
    sp.asec: lambda u: sp.acos(1 / u),
    sp.acsc: lambda u: sp.asin(1 / u),
    sp.acot: lambda u: sp.atan(1 / u),
    sp.asech: lambda u: sp.acosh(1 / u),
    sp.acsch: lambda u: sp.asinh(1 / u),
    sp.acoth: lambda u: sp.atanh(1 / u),
    sp.sinc: lambda u: sp.Piecewise((1, sp.Eq(u, 0)), (sp.sin(u) / u, True)),
    sp.factorial: lambda n: sp.gamma(n + 1),
    sp.binomial: binomial,
    sp.erf2: lambda u, v: sp.erf(v) - sp.erf(u),
    sp.erf2inv: lambda u, v: sp.erfinv(v + sp.erf(u)),
    sp.betainc: lambda a, b, low, high: sp.beta(a, b) * sp.betainc_regularized(a, b, low, high),
    sp.harmonic: lambda n: sp.digamma(n + 1) + sp.EulerGamma,
    sp.RisingFactorial: lambda u, k: sp.exp(sp.loggamma(u + k) - sp.loggamma(u)),
    sp.besseli: lambda nu, u: without_growth(sp.besseli(nu, u, evaluate=False)),
    sp.besselk: lambda nu, u: without_growth(sp.besselk(nu, u, evaluate=False)),
    sp.airyai: airy_ai,
    sp.airyaiprime: airy_ai_prime,
    sp.airybi: airy_bi,
    sp.airybiprime: airy_bi_prime,
    sp.trigamma: lambda u: sp.polygamma(1, u),
    sp.zeta: zeta,
    sp.ceiling: lambda u: -sp.floor(-u),
    sp.frac: lambda u: u - sp.floor(u),
    EntropySeries: entropy_series,
}

COMPARISONS: dict[type, tuple[str, bool, bool]] = {
    sp.StrictLessThan: ("less", False, False),
    sp.LessThan: ("less_equal", False, False),
    sp.StrictGreaterThan: ("less", True, False),
    sp.GreaterThan: ("less_equal", True, False),
    sp.Equality: ("equal", False, False),
    sp.Unequality: ("equal", False, True),
}
"""Operation, whether its operands change places, whether its result is negated."""

KNOWN = (
    "elementary functions and their inverses, gamma, beta and error functions and what belongs to them, Bessel and "
    "Airy functions, LambertW, floor, Mod, Max, Min, Abs, sign, Heaviside, Piecewise"
)
"""What the backends evaluate, in words."""


_OF_CONSTANTS: dict[str, Callable[..., sp.Expr]] = {
    **{op: head for head, op in (*UNARY.items(), *BINARY.items(), *FOLDED.items())},
    "add": sp.Add,
    "subtract": lambda x, y: x - y,
    "multiply": sp.Mul,
    "divide": lambda x, y: x / y,
    "negate": lambda x: -x,
    "reciprocal": lambda x: 1 / x,
    "square_root": lambda x: sp.Pow(x, sp.S.Half, evaluate=False),
    "power": lambda x, y: sp.Pow(x, y, evaluate=False),
    "log": sp.log,
    "sech_squared": lambda x, evaluate: sp.Pow(sp.cosh(x, evaluate=False), -2, evaluate=False),
    "lambert_w": lambda x, evaluate: sp.LambertW(x, evaluate=False),
    "lower_lambert_w": lambda x, evaluate: sp.LambertW(x, -1, evaluate=False),
    "scaled_erfc": lambda x, evaluate: sp.exp(x**2, evaluate=False) * sp.erfc(x, evaluate=False),
    "scaled_erfi": lambda x, evaluate: sp.exp(-(x**2), evaluate=False) * sp.erfi(x, evaluate=False),
    "scaled_bessel_i": lambda nu, x, evaluate: sp.exp(-sp.Abs(x)) * sp.besseli(nu, x),
    "scaled_bessel_k": lambda nu, x, evaluate: sp.exp(x) * sp.besselk(nu, x),
    "incomplete_beta": lambda a, b, x: sp.betainc_regularized(a, b, 0, x),
    "lookup": Lookup,
}
_EVALUATED = frozenset(
    {"add", "subtract", "multiply", "divide", "negate", "reciprocal", "square_root", "power"}
    | {"absolute", "sign", "floor", "maximum", "minimum", "modulo", "incomplete_beta", "lookup"}
)


def folded(op: str, constants: Sequence[sp.Expr], value: int | None) -> sp.Expr:
    """An operation on constants as a constant in closed form.

    Functions stay unevaluated: they are computed when a backend asks for digits, and not simplified.
    """
    if op == "power_integer":
        (x,) = constants
        return x**value
    if op == "polygamma":
        return sp.polygamma(value, *constants, evaluate=False)
    form = _OF_CONSTANTS[op]
    return form(*constants) if op in _EVALUATED else form(*constants, evaluate=False)


def holds_between(op: str, left: sp.Expr, right: sp.Expr) -> sp.logic.boolalg.BooleanAtom:
    """Whether a comparison of two constants holds."""
    if sp.nan in (left, right):
        return sp.false
    difference = (left - right).evalf(40)
    holds = {"less": difference < 0, "less_equal": difference <= 0, "equal": difference == 0}[op]
    return sp.true if holds else sp.false


def unsupported(expression: sp.Basic) -> UnsupportedFunctionError:
    """The error that says which function stands in the way, and what to do."""
    name = type(expression).__name__
    shown = str(expression) if len(str(expression)) < 80 else name
    unknown = min(expression.atoms(sp.core.function.AppliedUndef), key=str, default=None)
    if unknown is not None:
        return UnsupportedFunctionError(
            f"a function must be known before it can be computed, but {unknown} is a name only, met in {shown}. Put an "
            f"expression in its place, by subs({unknown}, ...) and then doit()."
        )
    advice = f"Write it with what they can: {KNOWN}"
    if isinstance(expression, sp.Derivative):
        advice = "Evaluate it (doit)"
    if isinstance(expression, sp.Integral | sp.Sum):
        advice = "Give its closed form, which doit() finds where it can"
    if isinstance(expression, sp.re | sp.im | sp.conjugate | sp.arg):
        advice = "Give its symbols real=True"
    return UnsupportedFunctionError(
        f"no backend (numpy, torch, mpmath, cpu) can evaluate {name}, met in {shown}. {advice}."
    )
