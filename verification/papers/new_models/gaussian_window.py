r"""Statements of NM-4 for Gaussian inputs and label noise: an integral over angles, and where it changes its sign."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import scipy  # its submodules load on first use
import sympy as sp

from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.model import Model
from theory.models import collapse_window
from theory.models.chain_of_scalars import noise_level as sigma
from theory.models.chain_of_scalars import teacher as v_star
from theory.models.chain_of_scalars import x, y
from theory.notation import eta
from verification.authoring.shorthand import agrees, compared, measured
from verification.claim import Statement
from verification.forms import Draw, Samples
from verification.papers.new_models.descent import end_of_descent

Array = np.ndarray
psi = sp.Symbol("psi", real=True)
ANGLES = 192


def over_angles(candidate: sp.Expr, point: Mapping[str, Any]) -> sp.Expr:
    """A candidate at a point; its integrals over 0 to pi by midpoints, whose error falls exponentially.

    Midpoints next to the removable zero of 1/c are avoided by another number of them.
    """
    names = {"eta": eta, "teacher": v_star, "sigma": sigma}
    value = candidate.subs({symbol: sp.Rational(point[name]) for name, symbol in names.items() if name in point})
    for integral in value.atoms(sp.Integral):
        integrand = sp.lambdify(psi, integral.function, [{"Ei": scipy.special.expi}, "numpy"])
        with np.errstate(over="ignore", invalid="ignore"):
            sums = (np.pi * np.mean(integrand((np.arange(n) + 0.5) * np.pi / n)) for n in itertools.count(ANGLES))
            value = value.subs(integral, sp.Float(next(total for total in sums if np.isfinite(total))))
    return value


def rate_by_inputs(learning_rate: float, target: float, noise: float, nodes: int) -> float:
    """The growth rate by the other route: given x the multiplier is normal in the label noise, with Dawson's integral.

    E log|1 + a x^2 + b x e| over e by the integral of Dawson's function, then over x by midpoints.
    """
    points = (np.arange(nodes) + 0.5) * 9 / nodes
    mean, spread = 1 + 2 * learning_rate * target * points**2, 2 * learning_rate * noise * points
    rates = np.log(spread) - (np.euler_gamma + np.log(2)) / 2 + dawson_area(mean / spread / np.sqrt(2))
    return float(np.sum(rates * np.exp(-(points**2) / 2)) * 18 / nodes / np.sqrt(2 * np.pi))


def dawson_area(ends: Array) -> Array:
    r""":math:`2\int_0^a D(t)\,dt`, by Gauss and Legendre up to 8 and by Dawson's expansion at infinity beyond."""
    t, weights = np.polynomial.legendre.leggauss(60)
    inner = np.minimum(ends, 8.0)
    area = inner * (weights * scipy.special.dawsn(inner[:, None] * (t + 1) / 2)).sum(1)
    far = np.maximum(ends, 8.0)

    def tail(a: Array | float) -> Array | float:
        return np.log(a) - 1 / (4 * a**2) - 3 / (16 * a**4) - 5 / (16 * a**6)

    return area + tail(far) - tail(8.0)


def on_inputs(point: Mapping[str, Any]) -> tuple[float, float]:
    """The growth rate from two numbers of inputs, and their difference; Dawson's expansion is good to 1e-7."""
    numbers = [float(sp.Rational(point[name])) for name in ("eta", "teacher", "sigma")]
    coarse, fine = (rate_by_inputs(*numbers, nodes) for nodes in (2_000, 4_000))
    return fine, max(abs(fine - coarse), 1e-7)


def root(function: Callable[[float], float], low: float, high: float) -> tuple[float, float]:
    """Where a function changes its sign."""
    return float(scipy.optimize.brentq(function, low, high, xtol=1e-9)), 1e-6


def lower_end(point: Mapping[str, Any]) -> tuple[float, float]:
    """The learning rate from which p collapses, for noise of size 1."""
    target = float(sp.Rational(point["teacher"]))
    return root(lambda rate: rate_by_inputs(rate, target, 1.0, 1_000), 0.01, 0.3)


def last_teacher(point: Mapping[str, Any]) -> tuple[float, float]:
    """The teacher at which the smallest growth rate of p is 0, for noise of size 1."""

    def smallest(target: float) -> float:
        found = scipy.optimize.minimize_scalar(
            lambda rate: rate_by_inputs(rate, target, 1.0, 500), bounds=(0.1, 0.6), method="bounded"
        )
        return float(found.fun)

    return root(smallest, 0.15, 0.3)


def growth_on_gaussian_data(arguments: Any, draw: Draw) -> Samples:
    """The growth rate a step of p = u + w in SGD on Gaussian data, from a start next to the origin."""
    target, noise = (sp.Rational(arguments[name]) for name in ("teacher", "sigma"))
    data = Gaussian([x, y], [0, 0], [[1, target], [target, target**2 + noise**2]])
    u, w = collapse_window.u, collapse_window.w
    final = end_of_descent(Model([u, w], (x * u * w - y) ** 2, data), [1e-30, 1e-30], arguments, draw)
    return Samples(np.log(np.abs(final.sum(axis=1)) / 2e-30) / int(arguments["steps"]))


def gaussian_statements() -> Iterator[Statement]:
    """The growth rate on Gaussian data, its first zero, and the teacher from which on there is none."""
    c = 2 * eta * (v_star + sp.sqrt(v_star**2 + sigma**2) * sp.cos(psi))
    growth = sp.Integral(-sp.exp(1 / c) * sp.Ei(-1 / c), (psi, 0, sp.pi)) / sp.pi
    at = {"eta": "7/20", "teacher": "1/20", "sigma": "1"}
    yield agrees(
        r"Gaussian data: $E\log|1 + 2\eta xy|$",
        printed=growth,
        wrong={
            "off by eight per cent": sp.Rational(27, 25) * growth,
            "of the diffusion": 2 * eta * v_star - 2 * eta**2 * (3 * v_star**2 + sigma**2),
            "of bounded data": sp.log(sp.Abs((1 + 2 * eta * v_star) ** 2 - 4 * eta**2 * sigma**2)) / 2,
        },
        compared=compared(
            "inputs one by one", on_inputs, over_angles, at, {"eta": "3/10", "teacher": "1/5", "sigma": "1"},
            {"eta": "3/2", "teacher": "-3/10", "sigma": "2"}, tolerance=1e-4,
        ),
        remark=True,
        measured=measured(growth_on_gaussian_data, lambda form: over_angles(form, at), **at, steps="60"),
    )  # fmt: skip
    yield agrees(
        r"Gaussian data, lower end: $\eta_-\big|_{v_* = \sigma/10}\cdot\sigma$",
        printed=sp.Rational(917, 10_000),
        wrong={"of the diffusion": sp.Rational(5, 51), "of bounded data": sp.Rational(10, 99)},
        compared=compared("root", lower_end, lambda form, point: form, {"teacher": "1/10"}),
        remark=True,
    )
    yield agrees(
        r"Gaussian data, no window: $v_*/\sigma\text{ from which on no }\eta\text{ collapses}$",
        printed=sp.Rational(2224, 10_000),
        wrong={"of bounded data": sp.S.One, "a hundredth more": sp.Rational(2246, 10_000)},
        compared=compared("least growth rate", last_teacher, lambda form, point: form, {"sigma": "1"}),
        remark="The diffusion would have one at every teacher.",
    )
