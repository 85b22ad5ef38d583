"""The mode from which the claims about "Saddle-to-Saddle" are derived, against networks written out in full."""

from __future__ import annotations

import pytest
import sympy as sp

from theory.decision.zero import decide_zero
from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.model import Model
from theory.ito import ito_differential
from theory.notation import eta
from verification.papers.saddle_to_saddle.paper import beta, mode_process, s, sigma_q, w


@pytest.mark.parametrize("depth", [2, 3])
def test_the_mode_is_the_product_of_a_chain_of_layers_written_out(depth):
    layers = sp.symbols(f"u_1:{depth + 1}", positive=True)
    x, y = sp.symbols("x y", real=True)
    model = Model(
        layers, (y - sp.Mul(*layers) * x) ** 2 / 2, Gaussian([x, y], [0, 0], [[1, s], [s, s**2 + sigma_q**2]])
    )
    moved = ito_differential(model.stochastic_gradient_flow(1), sp.Mul(*layers))
    at = dict.fromkeys(layers, w ** sp.Rational(1, depth))
    chain = [moved.drift, (moved.dispersion * moved.dispersion.T)[0]]
    mode = mode_process(sp.Integer(depth), rate=eta)
    for side, own in zip(chain, [mode.drift[0], mode.diffusion[0]], strict=True):
        assert decide_zero(side.subs(at) - own).says_zero


def test_a_drift_without_its_noise_induced_part_is_another():
    mode, flow = mode_process(sp.Integer(2)), mode_process(sp.Integer(2), rate=sp.S.Zero)
    assert sp.expand(mode.drift[0] - flow.drift[0] - beta * w * (2 * (s - w) ** 2 + sigma_q**2)) == 0
    assert flow.diffusion[0] == 0
