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
from verification.claim import (
    Bound,
    Citation,
    Claim,
    Comparison,
    Experiment,
    Identity,
    Kind,
    NearMiss,
    Region,
    Statement,
)
from verification.papers.stochastic_collapse.sets.neurons import PAPER

MEASUREMENTS = "verification.papers.stochastic_collapse.measured.diagnostics"

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


SC_056 = Claim(
    id="SC-056",
    title="normalised distance of two neurons",
    kind=Kind.IDENTITY,
    cites=Citation(PAPER, "Section 5"),
    symbols=DISTANCE_SYMBOLS | {d: "number of parameters of a neuron"},
    scope="two vectors, not both zero; shown for two parameters each, where a formula is judged",
    printed_text="dist(w_i, w_j) = 2 ||w_i - w_j||^2/(||w_i||^2 + ||w_j||^2)",
    notes=(
        "For two zero vectors it is 0/0; the code that is released with the paper adds 1e-8 to the denominator in one "
        "notebook and nothing in another.",
        "For independent Gaussian vectors dist/4 is Beta(d/2, d/2): mean 2, standard deviation 2/sqrt(d + 1).",
    ),
    statements=(
        Statement(
            name="definition",
            says="The distance, against 4 ||b||^2/(||a||^2 + ||b||^2) in the rotated coordinates (w_i +- w_j)/sqrt 2.",
            left=r"\mathrm{dist}(w_i, w_j)",
            form=Identity(_distance),
            printed=PRINTED_DISTANCE,
            near_misses=(
                NearMiss("factor 2 lost", _difference / _norms),
                NearMiss("norms added before squaring", 2 * _difference / (sp.sqrt(U.dot(U)) + sp.sqrt(V.dot(V))) ** 2),
                NearMiss("not squared", sp.sqrt(2 * _difference / _norms)),
                NearMiss("product of the norms", _difference / sp.sqrt(U.dot(U) * V.dot(V))),
            ),
        ),
        Statement(
            name="special pairs",
            says="The distance from an equal vector, one at a right angle, a zero vector, and the opposite one.",
            left=r"\mathrm{dist}",
            form=Identity(_special_distances),
            printed=sp.Matrix([0, 2, 2, 4]),
            near_misses=(
                NearMiss("factor 2 lost", sp.Matrix([0, 1, 1, 2])),
                NearMiss("not squared", sp.Matrix([0, sp.sqrt(2), sp.sqrt(2), 2])),
                NearMiss("a zero vector at no distance", sp.Matrix([0, 2, 0, 4])),
            ),
        ),
        Statement(
            name="largest value",
            says="The distance is at most 4.",
            left=r"\mathrm{dist} \le",
            form=Bound(_distance, "<="),
            printed=sp.Integer(4),
            near_misses=(NearMiss("2, that of a right angle", sp.Integer(2)), NearMiss("3", sp.Integer(3))),
        ),
        Statement(
            name="different neurons",
            says="The distance is positive for different vectors, here in the first parameter.",
            left=r"\mathrm{dist} >",
            form=Bound(_distance, ">"),
            printed=sp.S.Zero,
            near_misses=(NearMiss("at least 1/10", sp.Rational(1, 10)), NearMiss("at least 1", sp.S.One)),
            domain=(sp.Gt(u_1, v_1),),
        ),
        Statement(
            name="mean",
            says="The mean distance of two independent Gaussian vectors.",
            left=r"E\,\mathrm{dist}",
            form=Identity(lambda: distance_of_gaussians(d).mean),
            printed=sp.Integer(2),
            near_misses=(
                NearMiss("factor 2 lost", sp.S.One),
                NearMiss("not squared", sp.sqrt(2)),
                NearMiss("that of opposite vectors", sp.Integer(4)),
            ),
            experiments=(
                Experiment(
                    name="Gaussian vectors, d = 100",
                    sampler=f"{MEASUREMENTS}:distance_of_gaussians",
                    arguments={"dimension": "100"},
                    predicted=lambda candidate: candidate,
                    variation=0.1,
                    skewness=0.5,
                ),
            ),
        ),
        Statement(
            name="variance",
            says="The variance of the distance of two independent Gaussian vectors (a remark).",
            left=r"\mathrm{Var}\,\mathrm{dist}",
            form=Identity(_variance),
            printed=4 / (d + 1),
            near_misses=(
                NearMiss("leading order only", 4 / d),
                NearMiss("one degree of freedom too many", 4 / (d + 2)),
                NearMiss("that of dist/2", 1 / (d + 1)),
            ),
            experiments=(
                Experiment(
                    name="Gaussian vectors, d = 7",
                    sampler=f"{MEASUREMENTS}:squared_deviation_from_two",
                    arguments={"dimension": "7"},
                    predicted=lambda candidate: candidate.subs(d, 7),
                    variation=1.3,
                    skewness=2.5,
                ),
            ),
            counts=False,
        ),
    ),
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


SC_057 = Claim(
    id="SC-057",
    title="rule for vanishing neurons",
    kind=Kind.THRESHOLD,
    cites=Citation(PAPER, "Section 5, Appendix J"),
    symbols={
        i: "norm of the neuron's incoming parameters",
        o: "norm of its outgoing parameters",
        I: "largest incoming norm",
        O: "largest outgoing norm",
    },
    scope="the rule behind the figures is the one in the paper's released code",
    printed_text="vanishing neurons are those with incoming and outgoing weights under 10% of the maximum norm",
    corrected_text="those whose concatenated vector has a norm under 10% of the largest such norm in the layer",
    notes=(
        "Neither rule implies the other: (0.01, 0.12) beside (1, 1) vanishes by the code only, (0.09, 0.09) beside "
        "(1, 0) and (0, 1) by the text only.",
        "The bias belongs to the incoming part in the code for VGG-16; for ResNet-18 batch normalisation is left out.",
    ),
    statements=(
        Statement(
            name="one strong neuron",
            says="When a neuron has vanished beside one neuron of incoming norm I and outgoing norm O.",
            left=r"\text{vanished} \iff",
            form=Region(_whole_rule),
            printed=PRINTED_RULE,
            corrected=WHOLE_RULE,
            near_misses=(
                NearMiss("either part", sp.Or(*PRINTED_RULE.args)),
                NearMiss("fraction of the squared norm", sp.Lt(i**2 + o**2, tenth * (I**2 + O**2))),
                NearMiss("sums of norms", sp.Lt(i + o, tenth * (I + O))),
            ),
            comparisons=(
                Comparison(
                    name="the code's rule, run",
                    evaluator=f"{MEASUREMENTS}:released_vanishing",
                    arguments=_points([["1", "1"]], BESIDE_ONE),
                    predicted=_holds,
                ),
            ),
        ),
        Statement(
            name="two strong neurons",
            says="When a neuron has vanished beside one of norms (I, 0) and one of norms (0, O).",
            left=r"\text{vanished} \iff",
            form=Region(_whole_rule_apart),
            printed=PRINTED_RULE,
            corrected=WHOLE_RULE_APART,
            near_misses=(
                NearMiss("below both", sp.And(*WHOLE_RULE_APART.args)),
                NearMiss("fraction of the squared norm", WHOLE_RULE_APART.subs(tenth**2, tenth)),
            ),
            comparisons=(
                Comparison(
                    name="the code's rule, run",
                    evaluator=f"{MEASUREMENTS}:released_vanishing",
                    arguments=_points([["1", "0"], ["0", "1"]], BESIDE_TWO),
                    predicted=_holds,
                ),
            ),
        ),
    ),
)

# --- SC-058: identical neurons -----------------------------------------------------------------------------------

SC_058 = Claim(
    id="SC-058",
    title="what the threshold for identical neurons means",
    kind=Kind.THRESHOLD,
    cites=Citation(PAPER, "Section 5, Appendix J (Fig. 4)"),
    symbols={},
    scope="two neurons of equal norm",
    printed_text=(
        "two neurons were considered identical if their distance in parameter space was 10% of their norms, a "
        "stringent criterion"
    ),
    corrected_text="dist < 0.1 means ||w_i - w_j|| < sqrt(0.1) ||w|| = 31.6% of the norm",
    notes=(
        "The rule used is dist < 0.1, in the released code and in Appendix J on Figure 3; dist is a square.",
        "Chance cannot bring high-dimensional vectors that close (SC-056), so the criterion remains stringent.",
    ),
    statements=(
        Statement(
            name="difference at the threshold",
            says="The length of w_i - w_j over that of w_i where dist = 0.1.",
            left=r"\|w_i - w_j\|/\|w_i\|",
            form=Identity(lambda: relative_difference(tenth)),
            printed=tenth,
            corrected=sp.sqrt(tenth),
            near_misses=(
                NearMiss("factor 2 of the distance forgotten", sp.sqrt(tenth / 2)),
                NearMiss("half of the difference", sp.sqrt(tenth) / 2),
                NearMiss("dist of one norm only", sp.sqrt(2 * tenth)),
            ),
            comparisons=(
                Comparison(
                    name="bisection between two unit vectors",
                    evaluator=f"{MEASUREMENTS}:relative_difference_at",
                    arguments=({"threshold": "0.1"},),
                    predicted=lambda candidate, _: candidate,
                    tolerance=1e-8,
                ),
            ),
        ),
        Statement(
            name="threshold of ten per cent",
            says="The distance of two neurons of equal norm that differ by 10 % of it (a remark).",
            left=r"\mathrm{dist}",
            form=Identity(lambda: normalised_distance(sp.Matrix([1, 0, 0]), _ten_per_cent_away())),
            printed=sp.Rational(1, 100),
            near_misses=(
                NearMiss("the released threshold", tenth),
                NearMiss("factor 2", sp.Rational(1, 50)),
                NearMiss("factor 1/2", sp.Rational(1, 200)),
            ),
            counts=False,
        ),
    ),
)


def _ten_per_cent_away() -> sp.Matrix:
    """A unit vector at 1/10 from (1, 0, 0)."""
    along = 1 - tenth**2 / 2
    return sp.Matrix([along, sp.sqrt(1 - along**2), 0])


# --- SC-059: counting --------------------------------------------------------------------------------------------


# --- SC-060: sorting ---------------------------------------------------------------------------------------------


# --- SC-063: distributions of distances --------------------------------------------------------------------------


CLAIMS = (
    SC_056,
    SC_057,
    SC_058,
)
