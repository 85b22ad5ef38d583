"""How identical neurons are counted and ordered."""

from __future__ import annotations

from typing import Any

import sympy as sp

from verification.claim import (
    Citation,
    Claim,
    Comparison,
    Experiment,
    Kind,
    NearMiss,
    Numerical,
    Statement,
)
from verification.papers.stochastic_collapse.measured.diagnostics import GRAPHS
from verification.papers.stochastic_collapse.neurons.diagnostics import MEASUREMENTS, NOT_RUN
from verification.papers.stochastic_collapse.sets.neurons import PAPER


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

CLAIMS = (
    SC_059,
    SC_060,
)
