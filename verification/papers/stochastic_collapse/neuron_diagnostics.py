r"""Section 5, Figures 3 and 8, Appendix J: how vanishing and identical neurons of deep networks are counted."""

from __future__ import annotations

from typing import Any

import sympy as sp

from theory.neurons import below_fraction_of_largest, distance_of_gaussians, normalised_distance, relative_difference
from verification.claim import (
    Bound,
    Citation,
    Claim,
    Comparison,
    Experiment,
    Identity,
    Kind,
    NearMiss,
    Numerical,
    Region,
    Statement,
)
from verification.papers.stochastic_collapse.invariant_sets import PAPER
from verification.papers.stochastic_collapse.neuron_measurements import GRAPHS

MEASUREMENTS = f"verification.papers.{PAPER}.neuron_measurements"

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


def _of_graph(candidate: Any, arguments: Any) -> sp.Expr:
    return candidate[list(GRAPHS).index(arguments["graph"])]


def _of_extreme(candidate: Any, arguments: Any) -> sp.Expr:
    return candidate[["least", "greatest"].index(arguments["extreme"])]


def _spread(counter: str) -> Comparison:
    return Comparison(
        name="all numberings",
        evaluator=f"{MEASUREMENTS}:spread_over_numberings",
        arguments=tuple({"graph": graph, "counter": counter} for graph in GRAPHS),
        predicted=_of_graph,
    )


def _excess(other: str, *extremes: str) -> Comparison:
    return Comparison(
        name="all graphs of five neurons",
        evaluator=f"{MEASUREMENTS}:extreme_excess",
        arguments=tuple({"other": other, "extreme": extreme} for extreme in extremes),
        predicted=_of_extreme,
    )


SC_059 = Claim(
    id="SC-059",
    title="number of independent neurons",
    kind=Kind.INVARIANCE,
    cites=Citation(PAPER, "Section 5, Appendix J"),
    symbols={},
    scope="the counter of the released code, dist < 0.1, on unit vectors that form a given graph of near pairs",
    printed_text=(
        "the number of independent non-vanishing neurons is identified by clustering the concatenated vector of "
        "incoming and outgoing parameters based on normalised distance"
    ),
    corrected_text=(
        "the number of connected components of the graph of pairs with dist < 0.1; the released counter depends on the "
        "numbering of the neurons"
    ),
    notes=(
        "Released counter: near pairs (i, j), i < j, in lexicographic order; j joins the cluster opened by i unless it "
        "belongs to one, and i opens one even if it belongs to another.",
        "Neurons have no natural order: exchanging two of them changes nothing that the network does.",
        NOT_RUN,
    ),
    statements=(
        Statement(
            name="numbering",
            says=f"Largest minus smallest count over all numberings: {', '.join(GRAPHS)}.",
            left=r"\max n_{ind} - \min n_{ind}",
            form=Numerical(),
            printed=sp.zeros(3, 1),
            corrected=sp.Matrix([1, 3, 2]),
            near_misses=(
                NearMiss("leaders, in the star", sp.Matrix([1, 2, 2])),
                NearMiss("only the star", sp.Matrix([0, 3, 0])),
                NearMiss("leaders, in the path", sp.Matrix([1, 3, 1])),
            ),
            comparisons=(_spread("greedy"),),
        ),
        Statement(
            name="components",
            says="The same for connected components.",
            left=r"\max n_{ind} - \min n_{ind}",
            form=Numerical(),
            printed=sp.zeros(3, 1),
            near_misses=(NearMiss("as the released counter", sp.Matrix([1, 3, 2])),),
            comparisons=(_spread("components"),),
        ),
        Statement(
            name="never fewer than components",
            says="The least and the greatest excess of the released count over the components (a remark).",
            left=r"n_{ind} - n_{components}",
            form=Numerical(),
            printed=sp.Matrix([0, 3]),
            near_misses=(
                NearMiss("may undercut", sp.Matrix([-1, 3])),
                NearMiss("always more", sp.Matrix([1, 3])),
                NearMiss("at most 2 more", sp.Matrix([0, 2])),
            ),
            comparisons=(_excess("components", "least", "greatest"),),
            counts=False,
        ),
        Statement(
            name="against leaders",
            says="The least and the greatest excess of the released count over clusters about leaders (a remark).",
            left=r"n_{ind} - n_{leaders}",
            form=Numerical(),
            printed=sp.Matrix([-2, 1]),
            near_misses=(
                NearMiss("never more", sp.Matrix([-2, 0])),
                NearMiss("never fewer", sp.Matrix([0, 1])),
            ),
            comparisons=(_excess("leaders", "least", "greatest"),),
            counts=False,
        ),
    ),
)

# --- SC-060: sorting ---------------------------------------------------------------------------------------------

GROUPS, SIZE = 2, 8
_by_chance = sp.Rational(SIZE - 1, GROUPS * SIZE - 1)
_all_together = sp.Rational(GROUPS * (SIZE - 1), GROUPS * SIZE - 1)


_LAYERS = {"groups": str(GROUPS), "size": str(SIZE)}


SC_060 = Claim(
    id="SC-060",
    title="sorting neurons by incoming parameters",
    kind=Kind.FIGURE,
    cites=Citation(PAPER, "Figure 3, Appendix J"),
    symbols={},
    scope=f"layers of {GROUPS} groups of {SIZE} neurons with equal outgoing and independent incoming parameters",
    printed_text=(
        "we sort the neurons by hierarchical clustering according to normalised distances between incoming parameters "
        "only, and then show the distance matrix between outgoing parameters using the same sorting"
    ),
    corrected_text="the released notebook sorts by the distances of the concatenated vectors",
    notes=(
        "Sorted by incoming parameters, structure in the outgoing matrix is evidence, since there would be none by "
        "chance; sorted by the concatenated vectors it appears even if incoming parameters are pure noise.",
        "The number of clusters n_ind also comes from the concatenated vectors.",
        NOT_RUN,
    ),
    statements=(
        Statement(
            name="the printed procedure",
            says="Share of neighbours with equal outgoing parameters, incoming ones noise, sorted by incoming ones.",
            left=r"E\,\text{share}",
            form=Numerical(),
            printed=_by_chance,
            near_misses=(
                NearMiss("groups found", _all_together),
                NearMiss("a neuron its own neighbour", sp.Rational(1, GROUPS)),
                NearMiss("no structure at all", sp.S.Zero),
            ),
            experiments=(
                Experiment(
                    name="sorted by incoming parameters",
                    sampler=f"{MEASUREMENTS}:share_of_neighbours",
                    arguments=_LAYERS | {"sorted by": "incoming"},
                    predicted=lambda candidate: candidate,
                    variation=0.3,
                    skewness=0.5,
                ),
            ),
        ),
        Statement(
            name="the released procedure",
            says="The same share in the order behind the figure, that of the released notebook.",
            left=r"E\,\text{share}",
            form=Numerical(),
            printed=_by_chance,
            corrected=_all_together,
            near_misses=(
                NearMiss("half of the groups found", _all_together / 2),
                NearMiss("one more neighbour a group", sp.S.One),
            ),
            comparisons=(
                Comparison(
                    name="sorted by concatenated parameters",
                    evaluator=f"{MEASUREMENTS}:share_of_neighbours_by_all",
                    arguments=(_LAYERS,),
                    predicted=lambda candidate, _: candidate,
                ),
            ),
        ),
    ),
)

# --- SC-063: distributions of distances --------------------------------------------------------------------------

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

CLAIMS = (SC_056, SC_057, SC_058, SC_059, SC_060, SC_063)
