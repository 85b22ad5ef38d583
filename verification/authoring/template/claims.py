r"""Claims of a paper of your own: one that holds, one that fails with its correction, one with an experiment.

The printed forms are typed from the page; the derivations come from ``theory`` and never see them. Replace all of it,
and delete ``claims.lock.json``: ``driftproof verify --update-lock`` writes that of the new claims.
"""

import sympy as sp

from theory import ItoProcess, ito_differential, stationary_density
from verification.authoring.shorthand import Grade, Paper, equals
from verification.authoring.simulated import simulated

x = sp.Symbol("x", real=True)
k, s = sp.symbols("k s", positive=True)

paper = Paper(
    "my_paper",
    title="A note on noise",
    authors="A. N. Author",
    reference="unpublished",
    experiments=20,  # the false-alarm budget is divided among so many Monte Carlo checks
    symbols={x: "distance of the weight from the minimum", k: "curvature of the loss", s: "size of the noise"},
)

process = ItoProcess.scalar(x, drift=-k * x, dispersion=s)


@paper.claim("MY-001", "Eq. (2)")
def stationary_law():
    """Stationary law near a minimum."""
    yield equals(
        r"variance: $\operatorname{Var} x$",
        printed=s**2 / (2 * k),
        derived=lambda: stationary_density(process).variance,
        wrong={"the noise of the loss, not of its gradient": s / (2 * k)},
    )


@paper.claim("MY-002", "Eq. (3)", grade=Grade.WRONG)
def growth_of_the_square():
    """Drift of the squared distance."""
    yield equals(
        r"drift: $\text{drift of } x^2$",
        printed=-2 * k * x**2,
        derived=lambda: ito_differential(process, x**2).drift,
        corrected=s**2 - 2 * k * x**2,
        wrong={"half of Itô's term": s**2 / 2 - 2 * k * x**2},
    )


@paper.claim("MY-003", "Section 3")
def simulated_square():
    """Mean squared distance after a long time, also by simulation."""
    yield equals(
        r"mean square: $\lim_{t\to\infty} E\,x_t^2$",
        printed=s**2 / (2 * k),
        derived=lambda: stationary_density(process).variance,
        measured=[simulated(process, x**2, at={k: "1", s: "1/2"}, start=0.5, until=15, step=0.05)],
    )
