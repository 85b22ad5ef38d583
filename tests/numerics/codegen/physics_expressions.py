"""Functions of statistical physics and of Bayesian statistics that lose digits where they are written down naively.

Each with the highest derivative, as SymPy writes it, that is asked for.
"""

import sympy as sp

x = sp.Symbol("x", real=True)

_sigmoid = 1 / (1 + sp.exp(-x))
_normal = (1 + sp.erf(x / sp.sqrt(2))) / 2
_bell = sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)

PHYSICS: dict[str, tuple[sp.Expr, int]] = {
    "expected improvement": (x * _normal + _bell, 1),
    "expected square of a rectified normal": ((x**2 + 1) * _normal + x * _bell, 1),
    "rectified normal beside its argument": (x * _normal + _bell - sp.Heaviside(x) * x, 0),
    "log of the expected improvement": (sp.log(x * _normal + _bell), 0),
    "mean of a truncated normal": (_bell / (1 - _normal), 1),
    "variance of a truncated normal": (1 + x * _bell / (1 - _normal) - (_bell / (1 - _normal)) ** 2, 1),
    "log of a scaled tail": (sp.log(sp.exp(x**2) * sp.erfc(x)), 1),
    "log of the upper tail": (-sp.log(1 - _normal), 1),
    "log odds of a normal law by erf": (sp.log(_normal / (1 - _normal)), 0),
    "Dawson's function": (sp.exp(-(x**2)) * sp.erfi(x), 1),
    "entropy of a spin": (sp.log(2 * sp.cosh(x)) - x * sp.tanh(x), 1),
    "entropy of a spin by exponentials": (sp.log(sp.exp(x) + sp.exp(-x)) - x * sp.tanh(x), 0),
    "entropy of a level": (sp.log(1 + sp.exp(x)) - x * _sigmoid, 1),
    "acos of sech": (sp.acos(1 / sp.cosh(x)), 1),
    "Gudermann's function": (sp.asin(sp.tanh(x)), 1),
    "arcsine kernel": (sp.asin(2 * x / (1 + 2 * x)), 1),
    "angle of a vector": (sp.acos(x / sp.sqrt(1 + x**2)), 1),
    "acosh of a mean with the inverse": (sp.acosh((x + 1 / x) / 2), 0),
    "distance of two scales": (sp.log((x + 1 / x) / 2) / 2, 0),
    "Renyi entropy of a coin": (sp.log(x**2 + (1 - x) ** 2), 1),
    "Hellinger distance of two scales": (1 - sp.sqrt(2 * x / (1 + x**2)), 0),
    "log of a mean decay": (sp.log((1 - sp.exp(-x)) / x), 1),
    "log of two unlike exponentials": (-sp.log(sp.exp(-x) + sp.exp(-(x**2))), 2),
    "score of a mixture": (sp.log(sp.exp(-((x - 1) ** 2) / 2) + sp.exp(-((x + 2) ** 2)) / 3), 1),
    "softmax beside the largest": (sp.log(sp.exp(x) + sp.exp(2 * x)) - sp.Max(x, 2 * x), 1),
    "step of Adam": (x / (sp.Abs(x) + sp.Rational(1, 10**8)), 1),
    "root beside its modulus": (sp.sqrt(1 + x**2) - sp.Abs(x), 1),
    "quotient of a root beside one": ((sp.sqrt(1 + x) - 1) / (sp.sqrt(1 + x) + 1), 2),
    "argument over Lambert's function": (sp.LambertW(x * sp.exp(x + 1)), 0),
    "log of Lambert's function": (sp.log(sp.LambertW(sp.exp(x))), 1),
    "harmonic number": (sp.harmonic(x), 1),
    "Boys function": (sp.sqrt(sp.pi) * sp.erf(sp.sqrt(x)) / (2 * sp.sqrt(x)), 1),
    "Poisson weight": (sp.Integer(30) ** x * sp.exp(-30) / sp.gamma(x + 1), 1),
}

ELSEWHERE: dict[str, tuple[sp.Expr, int]] = {
    "deviation of an Ornstein-Uhlenbeck process": (sp.sqrt((1 - sp.exp(-2 * x)) / (2 * x)), 1),
    "constant of Student's law": (sp.gamma((x + 1) / 2) / (sp.gamma(x / 2) * sp.sqrt(sp.pi * x)), 2),
    "Stirling's quotient": (sp.gamma(x + 1) / (sp.sqrt(2 * sp.pi * x) * (x / sp.E) ** x), 0),
}
"""Functions whose digits are kept at common arguments, and not to the last one or where a part of them overflows."""
