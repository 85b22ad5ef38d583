r"""Long runs of SGD with label noise: where modes sit, how wide they are, and which minimum they drift to.

The recursion is written down as it stands, batches of one, fresh Gaussian inputs. For a mean, which is of order
:math:`\eta` while the spread is of order :math:`\sqrt\eta`, the run carries the linear recursion of the gap under the
same noise, whose mean is exactly 0, and its own gap is counted from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from numerics.simulation.iterate import iterate
from theory.discrete.recursion import Recursion
from theory.notation import eta
from verification.authoring.simulated import number, options
from verification.forms import Draw, Samples

Arguments = Mapping[str, Any]

BURN_IN, COUNTED = 6, 30
"""Relaxation times before counting begins, and while it goes on."""

total = sp.Symbol("total", real=True)
s_1, s_2, sigma, step = sp.symbols("s_1 s_2 sigma step", positive=True)


def _layers(widths: Sequence[int]) -> list[sp.Matrix]:
    """Layers of symbols, the lowest first."""
    return [
        sp.Matrix(rows, columns, lambda i, j, l=l: sp.Symbol(f"W{l}_{i}{j}", real=True))
        for l, (columns, rows) in enumerate(zip(widths, widths[1:], strict=False))
    ]


def _products(layers: Sequence[sp.Matrix]) -> tuple[list[sp.Matrix], list[sp.Matrix]]:
    """The products of the layers below each place, and of those above it."""
    below, above = [sp.eye(layers[0].cols)], [sp.eye(layers[-1].rows)]
    for layer in layers:
        below.append(layer * below[-1])
    for layer in reversed(layers):
        above.append(above[-1] * layer)
    return below, above[::-1]


def _teacher(rows: int, columns: int) -> sp.Matrix:
    """The diagonal teacher with the values s_1, s_2."""
    return sp.Matrix(rows, columns, lambda i, j: (s_1, s_2)[i] if i == j else 0)


@cache
def descent(*widths: int) -> tuple[Recursion, sp.Matrix, sp.Matrix]:
    """SGD of a network of these widths with the teacher's values s_1, s_2, its map, and the linear gap.

    The linear gap Z starts at 0 and follows the recursion linearised at the balanced minimum with equal widths; it
    steers nothing.
    """
    layers = _layers(widths)
    below, above = _products(layers)
    inputs, outputs = widths[0], widths[-1]
    x = sp.Matrix(sp.symbols(f"x_1:{inputs + 1}", real=True))
    xi = sp.Matrix(sp.symbols(f"xi_1:{outputs + 1}", real=True))
    values, teacher = (s_1, s_2), _teacher(outputs, inputs)
    signal = ((teacher - below[-1]) * x + sigma * xi) * x.T
    moved = [layer + eta * above[l + 1].T * signal * below[l].T for l, layer in enumerate(layers)]
    gap = sp.Matrix(outputs, inputs, lambda i, j: sp.Symbol(f"Z_{i}{j}", real=True))
    state, update = ([entry for side in sides for entry in side] for sides in ([*layers, gap], [*moved, gap]))
    if inputs == outputs:
        L = len(layers)
        linear = (-gap * x + sigma * xi) * x.T
        for i in range(outputs):
            for j in range(inputs):
                rate = sum(
                    values[i] ** sp.Rational(2 * (L - l), L) * values[j] ** sp.Rational(2 * (l - 1), L)
                    for l in range(1, L + 1)
                )
                update[len(update) - outputs * inputs + i * inputs + j] += eta * rate * linear[i, j]
    return Recursion(state, update, normals=[*x, *xi]), below[-1], gap


@cache
def langevin(*widths: int) -> tuple[Recursion, sp.Matrix]:
    r"""Euler-Maruyama steps of :math:`dW_l = -\nabla_{W_l}L\,dt + \sqrt\eta\sigma\,dB_l`, and the map."""
    layers = _layers(widths)
    below, above = _products(layers)
    gap = _teacher(widths[-1], widths[0]) - below[-1]
    state, update, normals = [], [], []
    for l, layer in enumerate(layers):
        noise = layer.applyfunc(lambda entry: sp.Symbol(f"xi_{entry.name}", real=True))
        moved = layer + step * above[l + 1].T * gap * below[l].T + sp.sqrt(eta * step) * sigma * noise
        state, update, normals = [*state, *layer], [*update, *moved], [*normals, *noise]
    return Recursion(state, update, normals=normals), below[-1]


def averages(
    arguments: Arguments,
    draw: Draw,
    observable: sp.Expr,
    start: Sequence[float],
    plain: Recursion | None = None,
) -> np.ndarray:
    """The time average of an observable over :data:`COUNTED` relaxation times, one run a sample.

    Counting begins ``after`` so many of them, :data:`BURN_IN` unless told. Runs of SGD where no recursion is given.
    """
    widths, rate = _widths(arguments), number(arguments["eta" if plain is None else "step"])
    values = [number(each) for each in arguments["s"].split()]
    L = len(widths) - 1
    relaxation = 1 / (rate * L * min(values) ** (2 - 2 / L))
    after = number(arguments["after"]) if "after" in arguments else BURN_IN
    first, last = round(after * relaxation), round((after + COUNTED) * relaxation)
    plain = plain or descent(*widths)[0]
    summing = Recursion([*plain.state, total], [*plain.update, total + observable], normals=plain.normals)
    run = iterate(
        summing,
        parameters=_parameters(arguments, summing),
        initial=[*start, 0.0],
        steps=last,
        at=[first, last],
        paths=True,
        n_replicas=draw.n,
        seed=draw.seed,
        options=options(draw),
    )
    assert run.paths is not None
    early, late = run.paths[:, :, -1]
    return (late - early) / (last - first)


def _widths(arguments: Arguments) -> tuple[int, ...]:
    return tuple(int(width) for width in arguments["widths"].split())


def _parameters(arguments: Arguments, recursion: Recursion) -> dict[sp.Symbol, float]:
    values = [number(each) for each in arguments["s"].split()]
    told = dict(zip((s_1, s_2), values, strict=False))
    told |= {symbol: number(arguments[symbol.name]) for symbol in (eta, sigma, step) if symbol.name in arguments}
    return {symbol: told[symbol] for symbol in recursion.parameters}


def _balanced(arguments: Arguments) -> list[float]:
    widths, values = _widths(arguments), [number(each) for each in arguments["s"].split()]
    layer = np.diag(np.array(values) ** (1 / (len(widths) - 1)))
    return [*np.tile(layer.ravel(), len(widths) - 1), *np.zeros(len(values) ** 2)]


def mean_of_mode(arguments: Arguments, draw: Draw) -> Samples:
    r""":math:`(E[w_1] - s_1)/\eta` of the first mode, from the balanced minimum on."""
    _, W, Z = descent(*_widths(arguments))
    found = averages(arguments, draw, W[0, 0] - s_1 - Z[0, 0], _balanced(arguments))
    return Samples(found / number(arguments["eta"]))


def place_of_the_peak(arguments: Arguments, draw: Draw) -> Samples:
    r""":math:`(m - s)/\eta` of a chain, the mean less half the third cumulant over the variance.

    That is where the density of a law near a normal one is largest, to first order. The linear gap under the same noise
    is symmetric; its third moment is taken off as its mean is.
    """
    _, W, Z = descent(*_widths(arguments))
    L, x, z = len(_widths(arguments)) - 1, W[0, 0] - s_1, Z[0, 0]
    variance = eta * L * sigma**2 * s_1 ** (2 - sp.Rational(2, L)) / 2
    third = x**3 - z**3 - 3 * variance * (x - z)
    found = averages(arguments, draw, x - z - third / (2 * variance), _balanced(arguments))
    return Samples(found / number(arguments["eta"]))


def variance_of_mode(arguments: Arguments, draw: Draw) -> Samples:
    r""":math:`E[(w_1 - s_1)^2]/\eta` of the first mode, from the balanced minimum on."""
    _, W, _ = descent(*_widths(arguments))
    found = averages(arguments, draw, (W[0, 0] - s_1) ** 2, _balanced(arguments))
    return Samples(found / number(arguments["eta"]))


def variance_under_isotropic_noise(arguments: Arguments, draw: Draw) -> Samples:
    r""":math:`E[(w_2 - s_2)^2]/\eta` of the second mode under isotropic noise, from the balanced minimum on."""
    plain, W = langevin(*_widths(arguments))
    layers = _balanced(arguments)[: len(plain.state)]
    found = averages(arguments, draw, (W[1, 1] - s_2) ** 2, layers, plain)
    return Samples(found / number(arguments["eta"]))


def fluctuation_along_eigenvector(arguments: Arguments, draw: Draw) -> Samples:
    r"""The squared distance from the balanced minimum of two layers along an eigenvector of its Hessian, over eta.

    That of the entry ``mode`` of the map, along which only :math:`(W_1)_{ij}` and :math:`(W_2)_{ij}` move.
    """
    i, j = (int(each) - 1 for each in arguments["mode"].split())
    lower, upper = _layers(_widths(arguments))
    u = [sp.sqrt(each) for each in (s_1, s_2)]
    off = [layer[i, j] - (u[i] if i == j else 0) for layer in (lower, upper)]
    along = (u[i] * off[0] + u[j] * off[1]) ** 2 / (u[i] ** 2 + u[j] ** 2)
    return Samples(averages(arguments, draw, along, _balanced(arguments)) / number(arguments["eta"]))


def selected_weight(arguments: Arguments, draw: Draw) -> Samples:
    r"""The square of the upper weight of two inputs, one unit, one output, long after a balanced start at s = 1.

    Time is measured in steps times :math:`\eta^2`, that of the drift along the minima.
    """
    recursion, _, _ = descent(2, 1, 1)
    rate = number(arguments["eta"])
    run = iterate(
        recursion,
        parameters=_parameters(arguments, recursion),
        initial=[1.0, 0.0, 1.0, 0.0, 0.0],
        steps=round(number(arguments["time"]) / rate**2),
        n_replicas=draw.n,
        seed=draw.seed,
        options=options(draw),
    )
    return Samples(run.final[:, 2] ** 2)
