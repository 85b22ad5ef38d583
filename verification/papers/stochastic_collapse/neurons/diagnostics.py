r"""Section 5, Figures 3 and 8, Appendix J: how vanishing and identical neurons of deep networks are counted."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.networks.neurons import (
    below_fraction_of_largest,
    distance_of_gaussians,
    normalised_distance,
    relative_difference,
)
from verification.authoring.shorthand import bounds, equals, holds_when
from verification.claim import Kind
from verification.forms import Comparison, Experiment
from verification.papers.stochastic_collapse.measured.diagnostics import (
    distance_of_gaussians as sampled_distance,
)
from verification.papers.stochastic_collapse.measured.diagnostics import (
    relative_difference_at,
    released_vanishing,
    squared_deviation_from_two,
)
from verification.papers.stochastic_collapse.paper import paper

NOT_RUN = "The paper's networks are not trained again: what they show is not judged here."

# --- SC-056: the distance ----------------------------------------------------------------------------------------

u_1, u_2, v_1, v_2 = sp.symbols("u_1 u_2 v_1 v_2", real=True)
U, V = sp.Matrix([u_1, u_2]), sp.Matrix([v_1, v_2])
d = sp.Symbol("d", positive=True, integer=True)

_difference = (u_1 - v_1) ** 2 + (u_2 - v_2) ** 2
_norms = u_1**2 + u_2**2 + v_1**2 + v_2**2
PRINTED_DISTANCE = 2 * _difference / _norms

DISTANCE_SYMBOLS = {
    u_1: "first parameter of neuron i",
    u_2: "second parameter of neuron i",
    v_1: "first parameter of neuron j",
    v_2: "second parameter of neuron j",
}


def _distance() -> sp.Expr:
    return normalised_distance(U, V)


def _special_distances() -> sp.Matrix:
    """Of u from itself, from a vector at a right angle, from 0, and from -u."""
    others = (U, sp.Matrix([-u_2, u_1]), sp.zeros(2, 1), -U)
    return sp.Matrix([normalised_distance(U, other) for other in others])


def _variance() -> sp.Expr:
    return distance_of_gaussians(d).variance


@paper.claim(
    "SC-056",
    "Section 5",
    symbols=DISTANCE_SYMBOLS | {d: "number of parameters of a neuron"},
    kind=Kind.IDENTITY,
    scope="two vectors, not both zero; shown for two parameters each, where a formula is judged",
    notes=(
        "For two zero vectors it is 0/0; the code that is released with the paper adds 1e-8 to the denominator in one "
        "notebook and nothing in another.",
        "For independent Gaussian vectors dist/4 is Beta(d/2, d/2): mean 2, standard deviation 2/sqrt(d + 1).",
    ),
)
def normalised_distance_of_two_neurons():
    r"""Normalised distance of two neurons.

    dist(w_i, w_j) = 2 ||w_i - w_j||^2/(||w_i||^2 + ||w_j||^2)
    """
    yield equals(
        "definition",
        r"\mathrm{dist}(w_i, w_j)",
        printed=PRINTED_DISTANCE,
        derived=_distance,
        wrong={
            "factor 2 lost": _difference / _norms,
            "norms added before squaring": 2 * _difference / (sp.sqrt(U.dot(U)) + sp.sqrt(V.dot(V))) ** 2,
            "not squared": sp.sqrt(2 * _difference / _norms),
            "product of the norms": _difference / sp.sqrt(U.dot(U) * V.dot(V)),
        },
        says="The distance, against 4 ||b||^2/(||a||^2 + ||b||^2) in the rotated coordinates (w_i +- w_j)/sqrt 2.",
    )
    yield equals(
        "special pairs",
        r"\mathrm{dist}",
        printed=sp.Matrix([0, 2, 2, 4]),
        derived=_special_distances,
        wrong={
            "factor 2 lost": sp.Matrix([0, 1, 1, 2]),
            "not squared": sp.Matrix([0, sp.sqrt(2), sp.sqrt(2), 2]),
            "a zero vector at no distance": sp.Matrix([0, 2, 0, 4]),
        },
        says="The distance from an equal vector, one at a right angle, a zero vector, and the opposite one.",
    )
    yield bounds(
        "largest value",
        r"\mathrm{dist} \le",
        printed=sp.Integer(4),
        exact=_distance,
        relation="<=",
        wrong={"2, that of a right angle": sp.Integer(2), "3": sp.Integer(3)},
        says="The distance is at most 4.",
    )
    yield bounds(
        "different neurons",
        r"\mathrm{dist} >",
        printed=sp.S.Zero,
        exact=_distance,
        relation=">",
        wrong={"at least 1/10": sp.Rational(1, 10), "at least 1": sp.S.One},
        says="The distance is positive for different vectors, here in the first parameter.",
        domain=(sp.Gt(u_1, v_1),),
    )
    yield equals(
        "mean",
        r"E\,\mathrm{dist}",
        printed=sp.Integer(2),
        derived=lambda: distance_of_gaussians(d).mean,
        wrong={"factor 2 lost": sp.S.One, "not squared": sp.sqrt(2), "that of opposite vectors": sp.Integer(4)},
        says="The mean distance of two independent Gaussian vectors.",
        measured=(
            Experiment(
                name="Gaussian vectors, d = 100",
                sampler=sampled_distance,
                arguments={"dimension": "100"},
                predicted=lambda candidate: candidate,
            ),
        ),
    )
    yield equals(
        "variance",
        r"\mathrm{Var}\,\mathrm{dist}",
        printed=4 / (d + 1),
        derived=_variance,
        wrong={
            "leading order only": 4 / d,
            "one degree of freedom too many": 4 / (d + 2),
            "that of dist/2": 1 / (d + 1),
        },
        says="The variance of the distance of two independent Gaussian vectors (a remark).",
        measured=(
            Experiment(
                name="Gaussian vectors, d = 7",
                sampler=squared_deviation_from_two,
                arguments={"dimension": "7"},
                predicted=lambda candidate: candidate.subs(d, 7),
            ),
        ),
        remark=True,
    )


# --- SC-057: vanishing neurons -----------------------------------------------------------------------------------

i, o, I, O = sp.symbols("i o I O", positive=True)
tenth = sp.Rational(1, 10)

PRINTED_RULE = sp.And(sp.Lt(i, tenth * I), sp.Lt(o, tenth * O))
WHOLE_RULE = sp.Lt(i**2 + o**2, tenth**2 * (I**2 + O**2))
WHOLE_RULE_APART = sp.Or(sp.Lt(i**2 + o**2, tenth**2 * I**2), sp.Lt(i**2 + o**2, tenth**2 * O**2))

BESIDE_ONE = ("0.05 0.05", "0.01 0.12", "0.12 0.01", "0.11 0.11", "0.09 0.08", "0.5 0.02")
"""Norms of the neuron in question, beside one whose incoming and outgoing norm is 1."""

BESIDE_TWO = ("0.05 0.05", "0.09 0.09", "0.099 0.001", "0.08 0.07", "0.11 0.01", "0.02 0.3")
"""The same beside two neurons, one with incoming and one with outgoing parameters of norm 1 only."""


def _whole_rule() -> Any:
    return below_fraction_of_largest(i**2 + o**2, [i**2 + o**2, I**2 + O**2], tenth)


def _whole_rule_apart() -> Any:
    return below_fraction_of_largest(i**2 + o**2, [i**2 + o**2, I**2, O**2], tenth)


def _points(others: list[list[str]], neurons: tuple[str, ...]) -> tuple[dict[str, Any], ...]:
    return tuple({"norms": [neuron.split(), *others]} for neuron in neurons)


def _holds(candidate: Any, arguments: Any) -> int:
    """One where the candidate calls the first neuron vanished; the other neurons have norms 1."""
    own = dict(zip((i, o), map(sp.Rational, arguments["norms"][0]), strict=True))
    return int(bool(candidate.subs({**own, I: 1, O: 1})))


@paper.claim(
    "SC-057",
    "Section 5, Appendix J",
    symbols={
        i: "norm of the neuron's incoming parameters",
        o: "norm of its outgoing parameters",
        I: "largest incoming norm",
        O: "largest outgoing norm",
    },
    kind=Kind.THRESHOLD,
    scope="the rule behind the figures is the one in the paper's released code",
    notes=(
        "Neither rule implies the other: (0.01, 0.12) beside (1, 1) vanishes by the code only, (0.09, 0.09) beside "
        "(1, 0) and (0, 1) by the text only.",
        "The bias belongs to the incoming part in the code for VGG-16; for ResNet-18 batch normalisation is left out.",
    ),
)
def rule_for_vanishing_neurons():
    r"""Rule for vanishing neurons.

    vanishing neurons are those with incoming and outgoing weights under 10% of the maximum norm
    """
    yield holds_when(
        "one strong neuron",
        r"\text{vanished} \iff",
        printed=PRINTED_RULE,
        derived=_whole_rule,
        corrected=WHOLE_RULE,
        corrected_says="those whose concatenated vector has a norm under 10% of the largest such norm in the layer",
        wrong={
            "either part": sp.Or(*PRINTED_RULE.args),
            "fraction of the squared norm": sp.Lt(i**2 + o**2, tenth * (I**2 + O**2)),
            "sums of norms": sp.Lt(i + o, tenth * (I + O)),
        },
        says="When a neuron has vanished beside one neuron of incoming norm I and outgoing norm O.",
        compared=(
            Comparison(
                name="the code's rule, run",
                evaluator=released_vanishing,
                arguments=_points([["1", "1"]], BESIDE_ONE),
                predicted=_holds,
            ),
        ),
    )
    yield holds_when(
        "two strong neurons",
        r"\text{vanished} \iff",
        printed=PRINTED_RULE,
        derived=_whole_rule_apart,
        corrected=WHOLE_RULE_APART,
        wrong={
            "below both": sp.And(*WHOLE_RULE_APART.args),
            "fraction of the squared norm": WHOLE_RULE_APART.subs(tenth**2, tenth),
        },
        says="When a neuron has vanished beside one of norms (I, 0) and one of norms (0, O).",
        compared=(
            Comparison(
                name="the code's rule, run",
                evaluator=released_vanishing,
                arguments=_points([["1", "0"], ["0", "1"]], BESIDE_TWO),
                predicted=_holds,
            ),
        ),
    )


# --- SC-058: identical neurons -----------------------------------------------------------------------------------


@paper.claim(
    "SC-058",
    "Section 5, Appendix J (Fig. 4)",
    symbols={},
    kind=Kind.THRESHOLD,
    scope="two neurons of equal norm",
    notes=(
        "The rule used is dist < 0.1, in the released code and in Appendix J on Figure 3; dist is a square.",
        "Chance cannot bring high-dimensional vectors that close (SC-056), so the criterion remains stringent.",
    ),
)
def what_the_threshold_for_identical_neurons_means():
    r"""What the threshold for identical neurons means.

    two neurons were considered identical if their distance in parameter space was 10% of their norms, a
    stringent criterion
    """
    yield equals(
        "difference at the threshold",
        r"\|w_i - w_j\|/\|w_i\|",
        printed=tenth,
        derived=lambda: relative_difference(tenth),
        corrected=sp.sqrt(tenth),
        corrected_says="dist < 0.1 means ||w_i - w_j|| < sqrt(0.1) ||w|| = 31.6% of the norm",
        wrong={
            "factor 2 of the distance forgotten": sp.sqrt(tenth / 2),
            "half of the difference": sp.sqrt(tenth) / 2,
            "dist of one norm only": sp.sqrt(2 * tenth),
        },
        says="The length of w_i - w_j over that of w_i where dist = 0.1.",
        compared=(
            Comparison(
                name="bisection between two unit vectors",
                evaluator=relative_difference_at,
                arguments=({"threshold": "0.1"},),
                predicted=lambda candidate, _: candidate,
                tolerance=1e-8,
            ),
        ),
    )
    yield equals(
        "threshold of ten per cent",
        r"\mathrm{dist}",
        printed=sp.Rational(1, 100),
        derived=lambda: normalised_distance(sp.Matrix([1, 0, 0]), _ten_per_cent_away()),
        wrong={"the released threshold": tenth, "factor 2": sp.Rational(1, 50), "factor 1/2": sp.Rational(1, 200)},
        says="The distance of two neurons of equal norm that differ by 10 % of it (a remark).",
        remark=True,
    )


def _ten_per_cent_away() -> sp.Matrix:
    """A unit vector at 1/10 from (1, 0, 0)."""
    along = 1 - tenth**2 / 2
    return sp.Matrix([along, sp.sqrt(1 - along**2), 0])


# --- SC-059: counting --------------------------------------------------------------------------------------------


# --- SC-060: sorting ---------------------------------------------------------------------------------------------


# --- SC-063: distributions of distances --------------------------------------------------------------------------
