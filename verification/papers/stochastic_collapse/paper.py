"""The paper, and the symbols and models that several of its sections share."""

import sympy as sp

from theory.ito import ItoProcess
from theory.models.double_well import DoubleWell
from theory.models.geometric_brownian import GeometricBrownianMotion
from theory.notation import beta, eta, mu, s, s_tilde, theta, zeta
from verification.claim import Paper

L_2, L_3, D_3 = sp.symbols("L_2 L_3 D_3", real=True)
D_2 = sp.Symbol("D_2", positive=True)

paper = Paper(
    "stochastic_collapse",
    title="Stochastic Collapse: How Gradient Noise Attracts SGD Dynamics Towards Simpler Subnetworks",
    authors="Feng Chen, Daniel Kunin, Atsushi Yamamura, Surya Ganguli",
    reference="NeurIPS 2023, arXiv 2306.04251",
    citation="chen2023stochastic",
    experiments=100,
    symbols={
        **{eta: "learning rate", beta: "batch size"},
        **{L_2: r"$\mathcal L''(0)$", D_2: r"$D''(0)$, positive", L_3: r"$\mathcal L'''(0)$", D_3: r"$D'''(0)$"},
        **{s_tilde: r"singular value $\tilde s_i$ of the data", s: r"singular value $\hat s_i$ of the student"},
    },
)

GBM = GeometricBrownianMotion()
WELL = DoubleWell()

GBM_SYMBOLS = {mu: "drift rate", zeta: "volatility rate", theta: r"the process, started at $\theta_0 > 0$"}
WELL_SYMBOLS = {mu: "curvature parameter, positive", zeta: "noise amplitude", theta: "the weight"}


def flow_near_invariant_point() -> ItoProcess:
    r"""Stochastic gradient flow with :math:`L'(0) = D(0) = D'(0) = 0`, to third order in :math:`\theta > 0`."""
    loss = L_2 * theta**2 / 2 + L_3 * theta**3 / 6
    noise = D_2 * theta**2 / 2 + D_3 * theta**3 / 6
    return ItoProcess.scalar(theta, drift=-sp.diff(loss, theta), dispersion=sp.sqrt(2 * noise))
