r"""The double well with multiplicative noise, :math:`d\theta = -(\theta^3 - \mu\theta)\,dt + \zeta\theta\,dB`.

Gradient flow in the potential :math:`L = \tfrac14(\theta^2 - \mu)^2`, whose local maximum :math:`\theta = 0` is an
invariant point that strong noise turns into an attractive one. The sign of :math:`\theta` is conserved; the
coordinate lives on the positive half-line.
"""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from theory import notation
from theory.ito import ItoProcess
from theory.models.geometric_brownian import rate_and_volatility
from theory.typeset import Typeset


@dataclass(frozen=True)
class DoubleWell(Typeset):
    r"""The stochastic gradient flow :math:`d\theta = -L'(\theta)\,dt + \sqrt{2D(\theta)}\,dB` in a double well.

    Attributes:
        mu: :math:`\mu`; for :math:`\mu > 0` the minima are at :math:`\pm\sqrt\mu` and :math:`L''(0) = -\mu`.
        zeta: Noise amplitude :math:`\zeta > 0`.

    Raises:
        SymbolError: ``zeta`` is not known to be positive, ``mu`` is not known to be real, or one of them holds the
            coordinate or time.

    References:
        Stochastic-collapse paper (arXiv 2306.04251), section 4 and figure 1.

    Example:
        >>> from theory.stability.attractivity import attractivity_rate
        >>> attractivity_rate(DoubleWell().process).alpha
        -mu + zeta**2/2
    """

    mu: sp.Expr = notation.mu
    zeta: sp.Expr = notation.zeta

    def __post_init__(self) -> None:
        mu, zeta = rate_and_volatility(self.mu, self.zeta)
        object.__setattr__(self, "mu", mu)
        object.__setattr__(self, "zeta", zeta)

    @property
    def potential(self) -> sp.Expr:
        r"""The loss :math:`L(\theta) = \tfrac14(\theta^2 - \mu)^2`."""
        return (notation.theta**2 - self.mu) ** 2 / 4

    @property
    def noise(self) -> sp.Expr:
        r"""The paper's diffusion :math:`D(\theta) = \tfrac12\zeta^2\theta^2`, half of ``process.diffusion``."""
        return self.zeta**2 * notation.theta**2 / 2

    @property
    def process(self) -> ItoProcess:
        r"""The Itô process with coordinate :data:`theory.notation.theta`."""
        theta = notation.theta
        return ItoProcess.scalar(theta, drift=self.mu * theta - theta**3, dispersion=self.zeta * theta)
