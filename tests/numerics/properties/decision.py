r"""The one decision of every property here: a simulated mean against its exact value, at a sample size fixed before.

A drawn model comes with its exact value and with a wrong one, the near miss. From the exact moments of the observable
and the distance between the two follows, before anything is simulated, the number of replicas at which the interval
holds the true value but with probability :data:`ALPHA` and holds the near miss with probability below :data:`MISS`.
Models whose near miss lies too close for :data:`MOST` replicas are drawn again: nothing is asserted without power.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st
from scipy import special

from numerics.statistics.estimators import Estimate, Moments
from tests.numerics.seeding import FALSE_ALARM_IN_PROPERTY as ALPHA

EXAMPLES, MORE_EXAMPLES = 2, 60
"""Models of one property in CI, and in the tests marked slow."""

PHASES = (Phase.explicit, Phase.generate, Phase.shrink)
"""To explain a failure Hypothesis would repeat it dozens of times, which takes minutes here."""

LONG_RUNS: dict[str, Callable[[], None]] = {}
"""Every property with more examples, by name; ``test_more_examples.py`` runs them."""

MISS = 1e-9
"""Probability that a near miss survives."""

FEWEST, MOST = 4096, 2**17
"""Replicas of one example."""

DISTORTION = 1.0
r"""Largest :math:`\kappa = |\mathrm{skew}|\,z^3/(6\sqrt n)`: the false-alarm rate is at most 1.5 ``ALPHA``."""

SPARE = 1.15
"""The standard error of the run may exceed the exact one by this factor."""


def drawn_from(*strategies: st.SearchStrategy[Any]) -> Callable[[Callable[..., None]], Callable[[], None]]:
    """Hypothesis draws the arguments of a property, for :data:`EXAMPLES` models here and more in :data:`LONG_RUNS`."""

    def decorate(check: Callable[..., None]) -> Callable[[], None]:
        short, long = (
            settings(max_examples=count, phases=PHASES)(given(*strategies)(check))
            for count in (EXAMPLES, MORE_EXAMPLES)
        )
        LONG_RUNS[check.__name__] = long
        return short

    return decorate


@dataclass(frozen=True)
class Law:
    """Exact mean, variance and third central moment of an observable."""

    mean: float
    variance: float
    third: float = 0.0

    @classmethod
    def from_moments(cls, first: float, second: float, third: float) -> Law:
        """From the raw moments."""
        return cls(first, second - first**2, third - 3 * first * second + 2 * first**3)

    @classmethod
    def of(cls, values: Any, probabilities: Any) -> Law:
        """Of a variable with finitely many values, or on the nodes of a quadrature."""
        x, p = np.asarray(values, dtype=float), np.asarray(probabilities, dtype=float)
        centre = float(p @ x)
        return cls(centre, float(p @ (x - centre) ** 2), float(p @ (x - centre) ** 3))

    def times(self, copies: int) -> Law:
        """Of a sum of independent copies."""
        return Law(copies * self.mean, copies * self.variance, copies * self.third)

    @property
    def skewness(self) -> float:
        """Standardised third moment."""
        return self.third / self.variance**1.5


def sample_size(law: Law, *near_misses: float) -> int:
    """Replicas at which the mean of ``law`` is told from every near miss; an example that needs more than MOST goes."""
    quantile, power = -special.ndtri(ALPHA / 2), -special.ndtri(MISS)
    scale = max(abs(law.mean), math.sqrt(max(law.variance, 0.0)), 1e-300)
    assume(law.variance > 1e-20 * scale**2)
    distance = min(abs(law.mean - wrong) for wrong in near_misses)
    assume(distance > 1e-9 * scale)
    for_power = (SPARE * (quantile + power)) ** 2 * law.variance / distance**2
    for_normality = (law.skewness * quantile**3 / (6 * DISTORTION)) ** 2
    size = max(for_power, for_normality, FEWEST)
    assume(size <= MOST)
    return math.ceil(size)


def assert_told_apart(estimate: Estimate | Moments | np.ndarray, exact: float, *near_misses: float) -> None:
    """The exact value lies in the interval, and no near miss does."""
    found = Moments.from_samples(estimate) if isinstance(estimate, np.ndarray) else estimate
    assert found.agrees_with(exact, false_alarm=ALPHA), f"{found} against {exact}"
    for wrong in near_misses:
        assert not found.agrees_with(wrong, false_alarm=ALPHA), f"{found} does not tell {exact} from {wrong}"


def size_for_laws(distance: float) -> int:
    r"""Replicas at which a law is told from another at the Kolmogorov distance D.

    An empirical distribution function leaves a band of half-width :math:`\sqrt{\ln(2/\alpha)/2n}` about the true one
    with probability at most alpha (Dvoretzky, Kiefer, Wolfowitz, Massart); D is the sum of both bands.
    """
    assume(distance > 0)
    size = ((math.sqrt(math.log(2 / ALPHA) / 2) + math.sqrt(math.log(2 / MISS) / 2)) / distance) ** 2
    assume(size <= MOST)
    return math.ceil(max(size, FEWEST))
