r"""Which method of Arb encloses which function of SymPy, with SymPy's conventions for arguments and branches.

Balls arrive as objects of python-flint; this module only calls their methods.

References:
    NIST *Digital Library of Mathematical Functions*, for the definitions both sides follow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Ball = Any
"""A ``flint.arb`` or ``flint.acb``; python-flint may be missing, so it is not named here."""

CONSTANTS: dict[str, Callable[[Any], Ball]] = {
    "Pi": lambda arb: arb.pi(),
    "Exp1": lambda arb: arb.const_e(),
    "EulerGamma": lambda arb: arb.const_euler(),
    "Catalan": lambda arb: arb.const_catalan(),
    "GoldenRatio": lambda arb: (1 + arb(5).sqrt()) / 2,
}


def _chosen(name: str) -> Callable[..., Ball]:
    def choose(first: Ball, *others: Ball) -> Ball:
        for other in others:
            first = getattr(first, name)(other)
        return first

    return choose


def _heaviside(x: Ball, at_zero: Ball) -> Ball:
    if x.is_zero():
        return at_zero
    return x * 0 + 1 if x > 0 else x * 0 if x < 0 else x * x.nan()


def _fold(x: Ball, others: list[Ball], name: str, analytic: bool) -> Ball:
    for other in others:
        x = getattr(x, name)(other, analytic=analytic)
    return x


def _same(name: str) -> Callable[[Ball], Ball]:
    return lambda x: getattr(x, name)()


MEROMORPHIC = ("exp", "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth", "sech", "csch", "erf",
               "erfc", "erfi", "gamma", "digamma")  # fmt: skip
"""Functions meromorphic in the plane: poles give non-finite balls by themselves."""

_ON_THE_LINE = ("log", "asin", "acos", "atan", "asinh", "acosh", "atanh", "erfinv", "erfcinv", "sinc", "floor")

REAL_FUNCTIONS: dict[str, Callable[..., Ball]] = {
    **{name: _same(name) for name in (*MEROMORPHIC, *_ON_THE_LINE)},
    "Abs": abs,
    "sign": _same("sgn"),
    "Max": _chosen("max"),
    "Min": _chosen("min"),
    "Heaviside": _heaviside,
    "acot": lambda x: (1 / x).atan(),
    "asec": lambda x: (1 / x).acos(),
    "acsc": lambda x: (1 / x).asin(),
    "acoth": lambda x: (1 / x).atanh(),
    "asech": lambda x: (1 / x).acosh(),
    "acsch": lambda x: (1 / x).asinh(),
    "atan2": lambda y, x: type(y).atan2(y, x),
    "ceiling": lambda x: x.ceil(),
    "Mod": lambda x, y: x - y * (x / y).floor(),
    "frac": lambda x: x - x.floor(),
    "loggamma": lambda x: x.lgamma(),
    "harmonic": lambda x: (x + 1).digamma() + x.const_euler(),
    "factorial": lambda x: (x + 1).gamma(),
    "beta": lambda a, b: a.gamma() * b.gamma() * (a + b).rgamma(),
    "airyai": lambda x: x.airy_ai(),
    "airyaiprime": lambda x: x.airy_ai(derivative=1),
    "airybi": lambda x: x.airy_bi(),
    "airybiprime": lambda x: x.airy_bi(derivative=1),
    "besseli": lambda nu, x: x.bessel_i(nu),
    "besselj": lambda nu, x: x.bessel_j(nu),
    "besselk": lambda nu, x: x.bessel_k(nu),
    "bessely": lambda nu, x: x.bessel_y(nu),
    "uppergamma": lambda s, x: x.gamma_upper(s),
    "lowergamma": lambda s, x: x.gamma_lower(s),
    "expint": lambda s, x: x.expint(s),
    "Ei": _same("ei"),
    "li": _same("li"),
    "Si": _same("si"),
    "Ci": _same("ci"),
    "Shi": _same("shi"),
    "Chi": _same("chi"),
    "LambertW": lambda x, branch=None: x.lambertw() if branch is None else x.lambertw(int(branch.unique_fmpz())),
    "zeta": lambda s, a=None: s.zeta() if a is None else s.zeta(a),
    "polylog": lambda s, x: x.polylog(s),
    "hyperu": lambda a, b, x: x.hypgeom_u(a, b),
    "arg": lambda x: x.pi() * (x < 0) if x < 0 or x > 0 else x.nan(),
    "re": lambda x: x,
    "im": lambda x: x * 0,
    "conjugate": lambda x: x,
}

REAL_PIECEWISE: dict[str, Callable[[Ball, list[Ball], bool], Ball]] = {
    "Abs": lambda x, _, analytic: x.real_abs(analytic=analytic),
    "sign": lambda x, _, analytic: x.real_sgn(analytic=analytic),
    "Heaviside": lambda x, _, analytic: x.real_heaviside(analytic=analytic),
    "Max": lambda x, others, analytic: _fold(x, others, "real_max", analytic),
    "Min": lambda x, others, analytic: _fold(x, others, "real_min", analytic),
}
"""Functions of a real variable, continued off the line piece by piece, for integrands."""

STEPS = ("floor", "ceiling", "frac", "Mod", "sign", "Heaviside", "Max", "Min", "Abs")
"""Functions that jump or bend, which rational arithmetic may decide."""

RIGHT_HALF_PLANE: dict[str, Callable[..., Ball]] = {
    "loggamma": lambda z: z.lgamma(),
    "atan": _same("atan"),
    "asinh": _same("asinh"),
    "besseli": lambda z, nu: z.bessel_i(nu),
    "besselj": lambda z, nu: z.bessel_j(nu),
    "besselk": lambda z, nu: z.bessel_k(nu),
    "bessely": lambda z, nu: z.bessel_y(nu),
    "uppergamma": lambda z, s: z.gamma_upper(s),
    "lowergamma": lambda z, s: z.gamma_lower(s),
    "hyperu": lambda z, a, b: z.hypgeom_u(a, b),
    "expint": lambda z, s: z.expint(s),
    "polygamma": lambda z, order: z.polygamma(order),
    "LambertW": lambda z: z.lambertw(),
}
"""Functions analytic for Re z > 0, the last argument."""

_WITH_A_PARAMETER = ("besseli", "besselj", "besselk", "bessely", "uppergamma", "lowergamma", "expint", "hyperu")


def _last_first(function: Callable[..., Ball]) -> Callable[..., Ball]:
    return lambda *parameters_and_z: function(parameters_and_z[-1], *parameters_and_z[:-1])


IN_THE_PLANE: dict[str, Callable[..., Ball]] = {
    **{name: _same(name) for name in ("asin", "acos", "atan", "asinh", "acosh", "atanh", "conjugate")},
    "Abs": lambda z: type(z)(abs(z)),
    "sign": lambda z: z / type(z)(abs(z)),
    "re": lambda z: type(z)(z.real),
    "im": lambda z: type(z)(z.imag),
    "arg": lambda z: type(z)(z.arg()) if not z.contains(0) else z * z.real.nan(),
    "acot": lambda z: (1 / z).atan(),
    "asec": lambda z: (1 / z).acos(),
    "acsc": lambda z: (1 / z).asin(),
    "acoth": lambda z: (1 / z).atanh(),
    "asech": lambda z: (1 / z).acosh(),
    "loggamma": lambda z: z.lgamma(),
    "li": _same("li"),
    "Ci": _same("ci"),
    "Chi": _same("chi"),
    "polylog": lambda s, z: z.polylog(s),
    **{name: _last_first(function) for name, function in RIGHT_HALF_PLANE.items() if name in _WITH_A_PARAMETER},
}
"""Principal values at a complex number; no functions to be integrated, since they have cuts or are not analytic."""
