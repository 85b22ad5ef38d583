"""Section 5, Figure 3, Appendix J: which neurons have vanished, how many are independent, in which order they stand.

The rules of the released code are implemented here as they are read there; the code itself is not run.
"""

from collections.abc import Mapping
from typing import Any

import sympy as sp

from theory.networks.neurons import below_fraction_of_largest
from verification.authoring import predictions
from verification.authoring.shorthand import Grade, Kind, Source, agrees, compared, holds_when, measured
from verification.forms import Arguments, Comparison
from verification.papers.stochastic_collapse.measured import diagnostics
from verification.papers.stochastic_collapse.paper import paper

NOT_RUN = "The networks of the paper are not trained again, nor is the released code run: it is judged as we read it."

i, o, I, O = sp.symbols("i o I O", positive=True)

BESIDE_ONE = ("0.05 0.05", "0.01 0.12", "0.12 0.01", "0.11 0.11", "0.09 0.08", "0.5 0.02")
"""Norms of the neuron in question, beside one whose incoming and outgoing norm is 1."""

BESIDE_TWO = ("0.05 0.05", "0.09 0.09", "0.099 0.001", "0.08 0.07", "0.11 0.01", "0.02 0.3")
"""The same beside two neurons, one with incoming and one with outgoing parameters of norm 1 only."""


@paper.claim(
    "SC-057",
    "Section 5, Appendix J",
    symbols={i: "norm of the neuron's incoming parameters", o: "norm of its outgoing parameters"}
    | {I: "largest incoming norm", O: "largest outgoing norm"},
    source=Source.CODE,
    grade=Grade.CONFLICT,
    notes=(NOT_RUN,),
)
def rule_for_vanishing_neurons():
    """Rule for vanishing neurons.

    We defined vanishing neurons as those with incoming and outgoing weights under 10% of the maximum norm for that
    layer.
    - The sentence of the page is a definition. Judged is whether the released code, which drew the figures, uses it;
      the code compares norms of concatenated vectors.
    - Neither rule implies the other: $(i, o) = (0.01, 0.12)$ beside $(1, 1)$ vanishes by the code only, $(0.09, 0.09)$
      beside $(1, 0)$ and $(0, 1)$ by the page only.
    - The bias belongs to the incoming part in the code for VGG-16; for ResNet-18 batch normalisation is left out.
    """
    tenth = sp.Rational(1, 10)
    page = sp.And(i < tenth * I, o < tenth * O)
    own, apart = i**2 + o**2, (I**2, O**2)

    def vanished(candidate: Any, arguments: Arguments) -> int:
        """One where the candidate calls the first neuron vanished; the other neurons have norms 1."""
        values = dict(zip((i, o), map(sp.Rational, arguments["norms"][0]), strict=True))
        return int(bool(candidate.subs({**values, I: 1, O: 1})))

    def on_vectors(neurons: tuple[str, ...], *others: list[str]) -> Comparison:
        points = ({"norms": [neuron.split(), *others]} for neuron in neurons)
        return compared("the code's rule on vectors", diagnostics.released_vanishing, vanished, *points)

    yield holds_when(
        r"one strong neuron: $\text{vanished} \iff$",
        printed=page,
        derived=lambda: below_fraction_of_largest(own, [own, I**2 + O**2], tenth),
        corrected=own < tenth**2 * (I**2 + O**2),
        wrong={
            "either part": sp.Or(*page.args),
            "fraction of the squared norm": own < tenth * (I**2 + O**2),
            "sums of norms": i + o < tenth * (I + O),
        },
        says="Beside one neuron of incoming norm $I$ and outgoing norm $O$.",
        compared=on_vectors(BESIDE_ONE, ["1", "1"]),
    )
    yield holds_when(
        r"two strong neurons: $\text{vanished} \iff$",
        printed=page,
        derived=lambda: below_fraction_of_largest(own, [own, *apart], tenth),
        corrected=sp.Or(*(own < tenth**2 * norm for norm in apart)),
        wrong={
            "below both": sp.And(*(own < tenth**2 * norm for norm in apart)),
            "fraction of the squared norm": sp.Or(*(own < tenth * norm for norm in apart)),
        },
        says="Beside one neuron of norms $(I, 0)$ and one of norms $(0, O)$.",
        compared=on_vectors(BESIDE_TWO, ["1", "0"], ["0", "1"]),
    )


@paper.claim(
    "SC-059", "Section 5, Appendix J", kind=Kind.INVARIANCE, source=Source.CODE, grade=Grade.CONDITION, notes=(NOT_RUN,)
)
def number_of_independent_neurons():
    r"""Number of independent neurons.

    We identified the number of independent non-vanishing neurons by clustering the concatenated vector of incoming and
    outgoing parameters based on normalized distance.
    - Scope: the counter of the released code, $\mathrm{dist} < 0.1$, on unit vectors that form a graph of near pairs.
    - The page names no rule of clustering and says nothing about the numbering of neurons. That a count must not depend
      on it is our requirement: exchanging two neurons changes nothing that the network does.
    - Released counter: near pairs $(i, j)$, $i < j$, in lexicographic order; $j$ joins the cluster opened by $i$ unless
      it belongs to one, and $i$ opens one even if it belongs to another.
    """
    spread = r"\max n_{\mathrm{ind}} - \min n_{\mathrm{ind}}"
    yield agrees(
        "numbering",
        spread,
        printed=sp.zeros(3, 1),
        corrected=sp.Matrix([1, 3, 2]),
        corrected_says="renumbering the neurons of the three graphs changes the released count by up to 1, 3 and 2",
        wrong={"clusters about leaders": sp.Matrix([1, 2, 2]), "only in the star": sp.Matrix([0, 3, 0])},
        says=f"Over all numberings of one set of neurons: {', '.join(diagnostics.GRAPHS)}.",
        compared=_all_numberings("greedy"),
    )
    yield agrees(
        "components",
        spread,
        printed=sp.zeros(3, 1),
        wrong={"as the released counter": sp.Matrix([1, 3, 2])},
        remark="The same for the number of connected components, which is what a count could be.",
        compared=_all_numberings("components"),
    )
    yield agrees(
        r"never fewer than components: $n_{\mathrm{ind}} - n_{\mathrm{components}}\text{, least and greatest}$",
        printed=sp.Matrix([0, 3]),
        wrong={"may undercut": sp.Matrix([-1, 3]), "at most 2 more": sp.Matrix([0, 2])},
        compared=_all_graphs("components"),
        remark=True,
    )
    yield agrees(
        r"against leaders: $n_{\mathrm{ind}} - n_{\mathrm{leaders}}\text{, least and greatest}$",
        printed=sp.Matrix([-2, 1]),
        wrong={"never more": sp.Matrix([-2, 0]), "never fewer": sp.Matrix([0, 1])},
        compared=_all_graphs("leaders"),
        remark=True,
    )


def _all_numberings(counter: str) -> Comparison:
    """How far the counts of one graph lie apart, for each of the graphs."""
    points = [{"graph": graph, "counter": counter} for graph in diagnostics.GRAPHS]
    return compared("all numberings", diagnostics.spread_over_numberings, predictions.entry_of(points), *points)


def _all_graphs(other: str) -> Comparison:
    """By how much the released count differs from another one over all graphs, at the least and at the most."""
    points = [{"other": other, "extreme": extreme} for extreme in ("least", "greatest")]
    return compared("all graphs of five neurons", diagnostics.extreme_excess, predictions.entry_of(points), *points)


GROUPS, SIZE = 2, 8
LAYERS: Mapping[str, Any] = {"groups": str(GROUPS), "size": str(SIZE)}


@paper.claim(
    "SC-060",
    "Figure 3, Appendix J",
    kind=Kind.FIGURE,
    source=Source.CODE,
    grade=Grade.CONFLICT,
    scope=f"layers of {GROUPS} groups of {SIZE} neurons with equal outgoing and independent incoming parameters",
    notes=(NOT_RUN,),
)
def order_of_the_neurons():
    """Sorting of neurons by incoming parameters.

    We sort the neurons by hierarchical clustering according to normalized distances between incoming parameters only,
    and then show the distance matrix between outgoing parameters using the same sorting of neurons.
    - The printed procedure is a definition; judged is whether the released notebook, which drew the figure, follows it.
      It sorts by the distances of the concatenated vectors.
    - Sorted by incoming parameters, structure in the outgoing matrix is evidence, since there would be none by chance;
      sorted by the concatenated vectors it appears even if incoming parameters are pure noise.
    - The number of clusters also comes from the concatenated vectors, as Appendix J says.
    """
    by_chance = sp.Rational(SIZE - 1, GROUPS * SIZE - 1)
    all_together = sp.Rational(GROUPS * (SIZE - 1), GROUPS * SIZE - 1)
    share = r"E[\text{share of neighbours with equal outgoing parameters}]"
    yield agrees(
        "the printed procedure",
        share,
        printed=by_chance,
        wrong={"groups found": all_together, "a neuron its own neighbour": sp.Rational(1, GROUPS)},
        says="Sorted by incoming parameters, which are noise.",
        measured=measured(diagnostics.share_of_neighbours, **{**LAYERS, "sorted by": "incoming"}),
    )
    yield agrees(
        "the released procedure",
        share,
        printed=by_chance,
        corrected=all_together,
        wrong={"one more neighbour a group": sp.S.One, "half of the groups found": all_together / 2},
        says="In the order of the released notebook, where incoming parameters are noise.",
        compared=compared(
            "sorted by concatenated parameters", diagnostics.share_of_neighbours_by_all, predictions.itself, LAYERS
        ),
    )
