r"""What the modewise theory of deep linear networks costs for a symbol of layers: rates, expansion, laws, peaks.

    PYTHONPATH=. python docs/benchmarks/deep_linear_modes.py [PART ...]

Every part runs in a process of its own, its imports left out, and is measured in processor time. The limits are goals,
not the numbers of one machine.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable

import sympy as sp

from docs.benchmarks.command_line import chosen
from theory import parameter
from theory.deep_linear.diffusion_peak import DiffusionPeak
from theory.deep_linear.gradient_flow import passage_time, small_start_time
from theory.deep_linear.layer_coordinate import amplitude_from_layer
from theory.deep_linear.mode_step import mean_after_one_step
from theory.deep_linear.modewise import balanced_modes
from theory.deep_linear.off_manifold import alignment_noise, balance_drift, singular_value_drift
from theory.deep_linear.saddles import Saddle
from theory.deep_linear.stationary import laws_beside_the_teacher, location, mode_law
from theory.deep_linear.two_layer_law import TwoLayerLaw

DEPTH = parameter("L", integer=True, at_least=2)
ABOVE = parameter("L", above=2)


def rates() -> str:
    """Drifts with the coupling of three modes, diffusions and all covariations of entries."""
    modes = balanced_modes(DEPTH, modes=3)
    process = modes.process()
    pairs = [(i, j) for i in range(3) for j in range(3)]
    entries = {(a, b): modes.cross_covariation(a, b) for a in pairs for b in pairs}
    return f"{process.dimension} drifts, {sum(value != 0 for value in entries.values())} covariations that are not zero"


def off_the_manifold() -> str:
    """Noise of alignment, drift of balance, drift of singular values; one step of descent to second order."""
    modes = balanced_modes(DEPTH, modes=2)
    correlation = sp.cancel(alignment_noise(modes, 0, 1)[0, 1] / alignment_noise(modes, 0, 1)[0, 0])
    balance_drift(modes, sp.Symbol("l", integer=True, positive=True), 0)
    singular_value_drift(modes, 0)
    step = mean_after_one_step(modes, order=2)
    return f"regression of w_21 on w_12: {correlation}; one step to second order of {len(step.args)} terms"


def by_itos_formula() -> str:
    """The modewise equation again, by Itô's formula from the coordinate of a layer."""
    return f"drift of {len(sp.Add.make_args(amplitude_from_layer(balanced_modes(DEPTH)).drift))} terms"


def expansion() -> str:
    """Zero of drift, mode, mean and variance to first order, with the conditions."""
    found = location(balanced_modes(ABOVE))
    return f"mean {found.mean}, condition {found.condition}"


def second_order() -> str:
    """The same to second order."""
    return f"variance {location(balanced_modes(ABOVE), order=2).variance}"


def laws() -> str:
    """The law with label noise in closed form, and both sides of the teacher without."""
    law = mode_law(balanced_modes(ABOVE))
    below, above = laws_beside_the_teacher(balanced_modes(ABOVE, label_variance=0))
    ends = [side.collapse[0].endpoint for side in (below, above)]
    return f"normalisable {law.normalisable}; without label noise it tends to {ends}"


def peaks() -> str:
    """Place and condition for a symbol of layers, exact thresholds for 2 to 12."""
    peak = DiffusionPeak(DEPTH)
    numbers = [f"{float(DiffusionPeak(depth).global_threshold):.5f}" for depth in (2, 3, 4, 6, 12)]
    return f"condition {peak.exists}; thresholds {' '.join(numbers)}"


def flow_and_saddles() -> str:
    """Times of gradient flow, strictness of saddles, the matrix law of two layers."""
    s, gap = sp.symbols("s d", positive=True)
    strict = Saddle(ABOVE, (s + gap,), (s,)).is_strict, Saddle(2, (s + gap,), (s,)).is_strict
    times = passage_time(ABOVE, end=s / 2, s=s), small_start_time(ABOVE)
    mean = TwoLayerLaw(sp.symbols("s_1:4", positive=True)).mean(0)
    return f"start costs {times[1]}; strict for L > 2 and L = 2: {strict}; mean in 3 x 3: {mean}"


PARTS: dict[str, tuple[Callable[[], str], float]] = {
    "rates": (rates, 2.0),
    "off the manifold": (off_the_manifold, 2.0),
    "by Ito's formula": (by_itos_formula, 2.0),
    "expansion": (expansion, 2.0),
    "second order": (second_order, 6.0),
    "laws": (laws, 4.0),
    "peaks": (peaks, 3.0),
    "flow and saddles": (flow_and_saddles, 2.0),
}
"""What is measured, and its limit in seconds of processor time."""


def row(name: str) -> bool:
    """Print one row, and say whether it is within its limit."""
    part, limit = PARTS[name]
    started = time.process_time()
    said = part()
    seconds = time.process_time() - started
    print(f"{name:17} {seconds:5.2f} s  {'within' if seconds <= limit else 'ABOVE'} {limit:.0f} s  {said}", flush=True)
    return seconds <= limit


def main() -> int:
    """Measure the parts named on the command line, all by default, each in a process of its own."""
    names = chosen(__doc__, "PART", PARTS)
    if len(names) == 1:
        return int(not row(names[0]))
    one = [sys.executable, "-m", "docs.benchmarks.deep_linear_modes"]
    return max(subprocess.run([*one, name], check=False).returncode for name in names)


if __name__ == "__main__":
    sys.exit(main())
