"""Two neurons: the turned descent is the descent, and keeps the distance to both invariant sets."""

import mpmath
import numpy as np
import pytest
import sympy as sp

from numerics.codegen import compile_program
from theory.errors import ShapeError
from theory.models.two_neurons import INCOMING, OUTGOING, TURNED, VELOCITIES, TwoNeurons, p_1, p_2, s_1, s_2
from theory.notation import eta

NET = TwoNeurons([sp.Rational(3, 4), sp.Rational(-5, 3)], [sp.Rational(1, 2), -2])
SIGMA = sp.Rational(3, 10)
STATE = {p_1: "0.7", p_2: "-1.1", s_1: "0.4", s_2: "0.9"}
SPEEDS = dict(zip(VELOCITIES, ("0.2", "-0.3", "0.5", "0.1"), strict=True))
NOISE = dict(zip(sp.symbols("xi_0 xi_1", real=True), ("0.8", "-1.7"), strict=True))


def _turn(values):
    """Half sums and half differences of weights ordered incoming, outgoing."""
    a, b, c, d = values
    return [(a + b) / 2, (c + d) / 2, (a - b) / 2, (c - d) / 2]


def _back(values):
    """Weights in the order incoming, outgoing."""
    sums_in, sums_out, differences_in, differences_out = values
    return [
        sums_in + differences_in,
        sums_in - differences_in,
        sums_out + differences_out,
        sums_out - differences_out,
    ]


@pytest.mark.every(2)
@pytest.mark.parametrize("momentum", [0, sp.Rational(9, 10)])
def test_the_turned_descent_is_the_descent(momentum):
    plain = NET.descent(label_noise=SIGMA, momentum=momentum)
    turned = NET.turned_descent(label_noise=SIGMA, momentum=momentum)
    values = {symbol: sp.Float(text, 50) for symbol, text in (STATE | SPEEDS | NOISE).items()}
    values[eta] = sp.Float("0.3", 50)
    here = dict(zip((*INCOMING, *OUTGOING), _back([values[z] for z in TURNED]), strict=True))
    speeds = plain.state[4:]
    here |= dict(zip(speeds, _back([values[z] for z in VELOCITIES]), strict=True)) if speeds else {}
    after = [entry.subs(here | values) for entry in plain.update]
    expected = [*_turn(after[:4]), *(_turn(after[4:]) if speeds else [])]
    found = [entry.subs(values) for entry in turned.update]
    assert max(abs(a - b) for a, b in zip(found, expected, strict=True)) < 1e-45
    assert abs(found[0] - expected[2]) > 1e-3


@pytest.mark.every(2)
@pytest.mark.parametrize(("small", "kept"), [((s_1, s_2), (2, 3)), ((p_1, p_2), (0, 1))])
def test_the_distance_to_either_set_keeps_its_digits(small, kept):
    recursion = NET.turned_descent(label_noise=SIGMA)
    arguments = [*TURNED, *NOISE, eta]
    values = {symbol: float(text) for symbol, text in (STATE | NOISE).items()} | {eta: 0.3}
    values |= {symbol: values[symbol] * 1e-200 for symbol in small}
    point = [values[symbol] for symbol in arguments]
    computed = compile_program(list(recursion.update), arguments)(*map(np.float64, point))
    with mpmath.workdps(500):
        exact = sp.lambdify(arguments, list(recursion.update), "mpmath")(*map(mpmath.mpf, point))
        for i in kept:
            assert abs(float(computed[i]) / exact[i] - 1) < 1e-14
            assert 1e-202 < abs(exact[i]) < 1e-198


def test_both_sets_are_kept_exactly():
    recursion = NET.turned_descent(label_noise=SIGMA, momentum=sp.Rational(1, 2))
    equal = {s_1: 0, s_2: 0} | dict.fromkeys(VELOCITIES[2:], 0)
    opposite = {p_1: 0, p_2: 0} | dict.fromkeys(VELOCITIES[:2], 0)
    assert all(recursion.update[i].subs(equal) == 0 for i in (2, 3, 6, 7))
    assert all(recursion.update[i].subs(opposite) == 0 for i in (0, 1, 4, 5))
    assert recursion.update[0].subs(equal) != p_1


def test_data_must_come_in_pairs():
    with pytest.raises(ShapeError, match="labels must match inputs"):
        TwoNeurons([1, 2], [1])
