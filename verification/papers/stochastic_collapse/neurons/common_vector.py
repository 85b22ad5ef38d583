"""Distances of neurons near a common vector."""

from __future__ import annotations

import sympy as sp

from theory.networks.neurons import (
    distance_of_gaussians,
    normalised_distance,
)
from verification.claim import (
    Citation,
    Claim,
    Experiment,
    Identity,
    Kind,
    NearMiss,
    Statement,
)
from verification.papers.stochastic_collapse.neurons.diagnostics import (
    DISTANCE_SYMBOLS,
    MEASUREMENTS,
    U,
    V,
    _difference,
    _norms,
    d,
    u_1,
    u_2,
    v_1,
    v_2,
)
from verification.papers.stochastic_collapse.sets.neurons import PAPER

h = sp.Symbol("h", positive=True)


m_1, m_2 = sp.symbols("m_1 m_2", positive=True)


_common = sp.Matrix([m_1, m_2])


def _mean_over_signs() -> sp.Expr:
    """The mean distance of w_i from w_j and from -w_j: what a law that does not know the sign of w_j averages over."""
    return (normalised_distance(U, V) + normalised_distance(U, -V)) / 2


def _limit_of_variance() -> sp.Expr:
    return sp.limit(distance_of_gaussians(d).variance, d, sp.oo)


def _near_a_common_vector() -> sp.Expr:
    """Leading coefficient in h of the distance of m + h u and m + h v."""
    distance = normalised_distance(_common + h * U, _common + h * V)
    return sp.cancel(sp.together(distance) / h**2).subs(h, 0)


SC_063 = Claim(
    id="SC-063",
    title="what peaks of the distances at 2 and at 0 mean",
    kind=Kind.LAW,
    cites=Citation(PAPER, "Figure 8"),
    symbols=DISTANCE_SYMBOLS | {d: "number of parameters of a neuron", h: "spread about a common vector m"},
    scope="the meaning of the two peaks only: independent neurons, neurons near a common vector; no network is trained",
    printed_text=(
        "in layers with little stochastic collapsing the distributions rapidly thermalize and concentrate around 2; in "
        "layers with strong collapsing they form a peak around 0"
    ),
    notes=(
        "Judged is what the two peaks mean. That they appear in the layers of VGG-16 and ResNet-18 is not judged: "
        "their training is not repeated.",
        "The value 2 needs no Gaussian: it is the mean for every law that is symmetric in the sign of one neuron.",
    ),
    statements=(
        Statement(
            name="centre",
            says="The mean distance of two neurons if the sign of one of them is random.",
            left=r"\tfrac12\bigl(\mathrm{dist}(w_i, w_j) + \mathrm{dist}(w_i, -w_j)\bigr)",
            form=Identity(_mean_over_signs),
            printed=sp.Integer(2),
            near_misses=(
                NearMiss("factor 2 lost", sp.S.One),
                NearMiss("not squared", sp.sqrt(2)),
                NearMiss("depends on the norms", 4 * U.dot(U) / _norms),
            ),
            experiments=(
                Experiment(
                    name="Gaussian vectors, d = 3",
                    sampler=f"{MEASUREMENTS}:distance_of_gaussians",
                    arguments={"dimension": "3"},
                    predicted=lambda candidate: candidate.subs({u_1: 1, u_2: 2, v_1: 3, v_2: 1}),
                    variation=0.5,
                    skewness=0.5,
                ),
            ),
        ),
        Statement(
            name="concentration",
            says="The limit of the variance for independent Gaussian neurons of ever more parameters.",
            left=r"\lim_{d\to\infty}\mathrm{Var}\,\mathrm{dist}",
            form=Identity(_limit_of_variance),
            printed=sp.S.Zero,
            near_misses=(NearMiss("no concentration", sp.S.One), NearMiss("4", sp.Integer(4))),
        ),
        Statement(
            name="collapse",
            says="The distance near 0 of two neurons within h of a common vector m, over h^2.",
            left=r"\lim_{h\to0}\mathrm{dist}(m + h u, m + h v)/h^2",
            form=Identity(_near_a_common_vector),
            printed=_difference / (m_1**2 + m_2**2),
            near_misses=(
                NearMiss("factor 2", 2 * _difference / (m_1**2 + m_2**2)),
                NearMiss("factor 1/2", _difference / (m_1**2 + m_2**2) / 2),
                NearMiss("norm not squared", _difference / sp.sqrt(m_1**2 + m_2**2)),
            ),
        ),
    ),
)

CLAIMS = (SC_063,)
