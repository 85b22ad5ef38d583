"""Distances of neurons near a common vector."""

from __future__ import annotations

import sympy as sp

from theory.networks.neurons import (
    distance_of_gaussians,
    normalised_distance,
)
from verification.authoring.shorthand import equals
from verification.claim import Kind
from verification.forms import Experiment
from verification.papers.stochastic_collapse.measured.diagnostics import distance_of_gaussians as sampled_distance
from verification.papers.stochastic_collapse.neurons.diagnostics import (
    DISTANCE_SYMBOLS,
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
from verification.papers.stochastic_collapse.paper import paper

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


@paper.claim(
    "SC-063",
    "Figure 8",
    symbols=DISTANCE_SYMBOLS | {d: "number of parameters of a neuron", h: "spread about a common vector m"},
    kind=Kind.LAW,
    scope="the meaning of the two peaks only: independent neurons, neurons near a common vector; no network is trained",
    notes=(
        "Judged is what the two peaks mean. That they appear in the layers of VGG-16 and ResNet-18 is not judged: "
        "their training is not repeated.",
        "The value 2 needs no Gaussian: it is the mean for every law that is symmetric in the sign of one neuron.",
    ),
)
def what_peaks_of_the_distances_at_2_and_at_0_mean():
    r"""What peaks of the distances at 2 and at 0 mean.

    in layers with little stochastic collapsing the distributions rapidly thermalize and concentrate around 2;
    in layers with strong collapsing they form a peak around 0
    """
    yield equals(
        "centre",
        r"\tfrac12\bigl(\mathrm{dist}(w_i, w_j) + \mathrm{dist}(w_i, -w_j)\bigr)",
        printed=sp.Integer(2),
        derived=_mean_over_signs,
        wrong={"factor 2 lost": sp.S.One, "not squared": sp.sqrt(2), "depends on the norms": 4 * U.dot(U) / _norms},
        says="The mean distance of two neurons if the sign of one of them is random.",
        measured=(
            Experiment(
                name="Gaussian vectors, d = 3",
                sampler=sampled_distance,
                arguments={"dimension": "3"},
                predicted=lambda candidate: candidate.subs({u_1: 1, u_2: 2, v_1: 3, v_2: 1}),
            ),
        ),
    )
    yield equals(
        "concentration",
        r"\lim_{d\to\infty}\mathrm{Var}\,\mathrm{dist}",
        printed=sp.S.Zero,
        derived=_limit_of_variance,
        wrong={"no concentration": sp.S.One, "4": sp.Integer(4)},
        says="The limit of the variance for independent Gaussian neurons of ever more parameters.",
    )
    yield equals(
        "collapse",
        r"\lim_{h\to0}\mathrm{dist}(m + h u, m + h v)/h^2",
        printed=_difference / (m_1**2 + m_2**2),
        derived=_near_a_common_vector,
        wrong={
            "factor 2": 2 * _difference / (m_1**2 + m_2**2),
            "factor 1/2": _difference / (m_1**2 + m_2**2) / 2,
            "norm not squared": _difference / sp.sqrt(m_1**2 + m_2**2),
        },
        says="The distance near 0 of two neurons within h of a common vector m, over h^2.",
    )
