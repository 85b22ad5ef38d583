"""How identical neurons are counted and ordered."""

from __future__ import annotations

from typing import Any

import sympy as sp

from verification.authoring.shorthand import agrees
from verification.claim import Kind
from verification.forms import Comparison, Experiment
from verification.papers.stochastic_collapse.measured.diagnostics import (
    GRAPHS,
    extreme_excess,
    share_of_neighbours,
    share_of_neighbours_by_all,
    spread_over_numberings,
)
from verification.papers.stochastic_collapse.neurons.diagnostics import NOT_RUN
from verification.papers.stochastic_collapse.paper import paper


def _of_graph(candidate: Any, arguments: Any) -> sp.Expr:
    return candidate[list(GRAPHS).index(arguments["graph"])]


def _of_extreme(candidate: Any, arguments: Any) -> sp.Expr:
    return candidate[["least", "greatest"].index(arguments["extreme"])]


def _spread(counter: str) -> Comparison:
    return Comparison(
        name="all numberings",
        evaluator=spread_over_numberings,
        arguments=tuple({"graph": graph, "counter": counter} for graph in GRAPHS),
        predicted=_of_graph,
    )


def _excess(other: str, *extremes: str) -> Comparison:
    return Comparison(
        name="all graphs of five neurons",
        evaluator=extreme_excess,
        arguments=tuple({"other": other, "extreme": extreme} for extreme in extremes),
        predicted=_of_extreme,
    )


@paper.claim(
    "SC-059",
    "Section 5, Appendix J",
    symbols={},
    kind=Kind.INVARIANCE,
    scope="the counter of the released code, dist < 0.1, on unit vectors that form a given graph of near pairs",
    notes=(
        "Released counter: near pairs (i, j), i < j, in lexicographic order; j joins the cluster opened by i unless it "
        "belongs to one, and i opens one even if it belongs to another.",
        "Neurons have no natural order: exchanging two of them changes nothing that the network does.",
        NOT_RUN,
    ),
)
def number_of_independent_neurons():
    r"""Number of independent neurons.

    the number of independent non-vanishing neurons is identified by clustering the concatenated vector of
    incoming and outgoing parameters based on normalised distance
    """
    yield agrees(
        "numbering",
        r"\max n_{ind} - \min n_{ind}",
        printed=sp.zeros(3, 1),
        corrected=sp.Matrix([1, 3, 2]),
        corrected_says="the number of connected components of the graph of pairs with dist < 0.1; the "
        "released counter depends on the "
        "numbering of the neurons",
        wrong={
            "leaders, in the star": sp.Matrix([1, 2, 2]),
            "only the star": sp.Matrix([0, 3, 0]),
            "leaders, in the path": sp.Matrix([1, 3, 1]),
        },
        says=f"Largest minus smallest count over all numberings: {', '.join(GRAPHS)}.",
        compared=(_spread("greedy"),),
    )
    yield agrees(
        "components",
        r"\max n_{ind} - \min n_{ind}",
        printed=sp.zeros(3, 1),
        wrong={"as the released counter": sp.Matrix([1, 3, 2])},
        says="The same for connected components.",
        compared=(_spread("components"),),
    )
    yield agrees(
        "never fewer than components",
        r"n_{ind} - n_{components}",
        printed=sp.Matrix([0, 3]),
        wrong={
            "may undercut": sp.Matrix([-1, 3]),
            "always more": sp.Matrix([1, 3]),
            "at most 2 more": sp.Matrix([0, 2]),
        },
        says="The least and the greatest excess of the released count over the components (a remark).",
        compared=(_excess("components", "least", "greatest"),),
        remark=True,
    )
    yield agrees(
        "against leaders",
        r"n_{ind} - n_{leaders}",
        printed=sp.Matrix([-2, 1]),
        wrong={"never more": sp.Matrix([-2, 0]), "never fewer": sp.Matrix([0, 1])},
        says="The least and the greatest excess of the released count over clusters about leaders (a remark).",
        compared=(_excess("leaders", "least", "greatest"),),
        remark=True,
    )


GROUPS, SIZE = 2, 8


_by_chance = sp.Rational(SIZE - 1, GROUPS * SIZE - 1)


_all_together = sp.Rational(GROUPS * (SIZE - 1), GROUPS * SIZE - 1)


_LAYERS = {"groups": str(GROUPS), "size": str(SIZE)}


@paper.claim(
    "SC-060",
    "Figure 3, Appendix J",
    symbols={},
    kind=Kind.FIGURE,
    scope=f"layers of {GROUPS} groups of {SIZE} neurons with equal outgoing and independent incoming parameters",
    notes=(
        "Sorted by incoming parameters, structure in the outgoing matrix is evidence, since there would be none by "
        "chance; sorted by the concatenated vectors it appears even if incoming parameters are pure noise.",
        "The number of clusters n_ind also comes from the concatenated vectors.",
        NOT_RUN,
    ),
)
def sorting_neurons_by_incoming_parameters():
    r"""Sorting neurons by incoming parameters.

    we sort the neurons by hierarchical clustering according to normalised distances between incoming
    parameters only, and then show the distance matrix between outgoing parameters using the same sorting
    """
    yield agrees(
        "the printed procedure",
        r"E\,\text{share}",
        printed=_by_chance,
        wrong={
            "groups found": _all_together,
            "a neuron its own neighbour": sp.Rational(1, GROUPS),
            "no structure at all": sp.S.Zero,
        },
        says="Share of neighbours with equal outgoing parameters, incoming ones noise, sorted by incoming ones.",
        measured=(
            Experiment(
                name="sorted by incoming parameters",
                sampler=share_of_neighbours,
                arguments=_LAYERS | {"sorted by": "incoming"},
                predicted=lambda candidate: candidate,
            ),
        ),
    )
    yield agrees(
        "the released procedure",
        r"E\,\text{share}",
        printed=_by_chance,
        corrected=_all_together,
        corrected_says="the released notebook sorts by the distances of the concatenated vectors",
        wrong={"half of the groups found": _all_together / 2, "one more neighbour a group": sp.S.One},
        says="The same share in the order behind the figure, that of the released notebook.",
        compared=(
            Comparison(
                name="sorted by concatenated parameters",
                evaluator=share_of_neighbours_by_all,
                arguments=(_LAYERS,),
                predicted=lambda candidate, _: candidate,
            ),
        ),
    )
