r"""Section 5, Figures 4 and 8: the normalised distance of two neurons, and when two of them count as identical."""

import sympy as sp

from theory.networks.neurons import distance_of_gaussians, normalised_distance, relative_difference
from verification.authoring import predictions
from verification.authoring.shorthand import Grade, Kind, Source, bounds, compared, equals, measured
from verification.papers.stochastic_collapse.measured import diagnostics
from verification.papers.stochastic_collapse.paper import paper

u_1, u_2, v_1, v_2 = sp.symbols("u_1 u_2 v_1 v_2", real=True)
U, V = sp.Matrix([u_1, u_2]), sp.Matrix([v_1, v_2])
d = sp.Symbol("d", positive=True, integer=True)
h, m_1, m_2 = sp.symbols("h m_1 m_2", positive=True)
DIFFERENCE = (u_1 - v_1) ** 2 + (u_2 - v_2) ** 2
NORMS = u_1**2 + u_2**2 + v_1**2 + v_2**2
DISTANCE_SYMBOLS = {
    u_1: "first parameter of neuron $i$",
    u_2: "second parameter of neuron $i$",
    v_1: "first parameter of neuron $j$",
    v_2: "second parameter of neuron $j$",
    d: "number of parameters of a neuron",
}


def _distance() -> sp.Expr:
    return normalised_distance(U, V)


@paper.claim("SC-056", "Section 5", symbols=DISTANCE_SYMBOLS)
def distance_of_two_neurons():
    r"""Normalised distance of two neurons.

    - Scope: two vectors, not both zero; shown for two parameters each, where a formula is judged.
    - For two zero vectors it is 0/0; the code that is released with the paper adds 1e-8 to the denominator in one
      notebook and nothing in another.
    - The page prints the definition; what follows from it is ours.
    - For independent Gaussian vectors $\mathrm{dist}/4$ is $\mathrm{Beta}(d/2, d/2)$.
    """
    yield equals(
        r"definition: $\mathrm{dist}(w_i, w_j)$",
        printed=2 * DIFFERENCE / NORMS,
        derived=_distance,
        wrong={
            "norms added before squaring": 2 * DIFFERENCE / (sp.sqrt(U.dot(U)) + sp.sqrt(V.dot(V))) ** 2,
            "product of the norms": DIFFERENCE / sp.sqrt(U.dot(U) * V.dot(V)),
        },
        says=r"Derived as $4\|b\|^2/(\|a\|^2 + \|b\|^2)$ in the rotated coordinates $(w_i \pm w_j)/\sqrt2$.",
    )
    others = (U, sp.Matrix([-u_2, u_1]), sp.zeros(2, 1), -U)
    yield equals(
        r"special pairs: $\mathrm{dist}(u, w),\ w = u,\ u^\perp,\ 0,\ -u$",
        printed=sp.Matrix([0, 2, 2, 4]),
        derived=lambda: sp.Matrix([normalised_distance(U, other) for other in others]),
        wrong={"a zero vector at no distance": sp.Matrix([0, 2, 0, 4])},
    )
    yield bounds(
        r"largest value: $\mathrm{dist} \le$",
        printed=sp.Integer(4),
        exact=_distance,
        wrong={"that of a right angle": sp.Integer(2)},
        says="Of two neurons that are not both 0.",
        domain=(u_1**2 + u_2**2 + v_1**2 + v_2**2 > 0,),
    )
    yield bounds(
        r"different neurons: $\mathrm{dist} >$",
        printed=sp.S.Zero,
        exact=_distance,
        relation=">",
        wrong={"a smallest distance": sp.Rational(1, 10)},
        says="Different in the first parameter.",
        domain=(sp.Gt(u_1, v_1),),
    )
    yield equals(
        r"mean: $E\,\mathrm{dist}$",
        printed=sp.Integer(2),
        derived=lambda: distance_of_gaussians(d).mean,
        wrong={"not squared": sp.sqrt(2), "a twelfth too large": sp.Rational(13, 6)},
        says="Two independent Gaussian vectors.",
        measured=measured(diagnostics.distance_of_gaussians, dimension="100"),
    )
    yield equals(
        r"variance: $\mathrm{Var}\,\mathrm{dist}$",
        printed=4 / (d + 1),
        derived=lambda: distance_of_gaussians(d).variance,
        wrong={"leading order only": 4 / d, "one degree of freedom too many": 4 / (d + 2)},
        remark="Two independent Gaussian vectors.",
        measured=measured(diagnostics.squared_deviation_from_two, predictions.at({d: "11"}), dimension="11"),
    )


@paper.claim("SC-058", "Section 5, Appendix J (Fig. 4)", kind=Kind.THRESHOLD, grade=Grade.CONFLICT)
def threshold_for_identical_neurons():
    r"""Meaning of the threshold for identical neurons.

    Two neurons were considered identical if their distance in parameter space was 10% of their norms, a stringent
    criterion given the high-dimensionality of the weight vectors.
    - Scope: two neurons of equal norm.
    - Section 5 and Appendix J on Figure 4 contradict Appendix J on Figure 3 ('within 0.1 normalized distance'), and the
      released code uses $\mathrm{dist} < 0.1$ too; $\mathrm{dist}$ is a square.
    - Chance cannot bring high-dimensional vectors that close (SC-056), so the criterion remains stringent.
    """
    tenth = sp.Rational(1, 10)
    yield equals(
        r"difference at the threshold: $\|w_i - w_j\|/\|w_i\|\text{ where }\mathrm{dist}(w_i, w_j) = 0.1$",
        printed=tenth,
        derived=lambda: relative_difference(tenth),
        corrected=sp.sqrt(tenth),
        wrong={"factor 2 of the distance forgotten": sp.sqrt(tenth / 2)},
        compared=compared(
            "bisection", diagnostics.relative_difference_at, predictions.itself, {"threshold": "0.1"}, tolerance=1e-8
        ),
    )
    along = 1 - tenth**2 / 2
    near = sp.Matrix([along, sp.sqrt(1 - along**2), 0])  # a unit vector at 1/10 from (1, 0, 0)
    yield equals(
        r"threshold of ten per cent: $\mathrm{dist}(w_i, w_j)\text{ where }\|w_i - w_j\| = \|w_i\|/10$",
        printed=sp.Rational(1, 100),
        derived=lambda: normalised_distance(sp.Matrix([1, 0, 0]), near),
        wrong={"the released threshold": tenth},
        remark=True,
    )


@paper.claim(
    "SC-063",
    "Figure 8",
    symbols=DISTANCE_SYMBOLS | {h: "spread about a common vector $m$"},
    kind=Kind.LAW,
    source=Source.OURS,
)
def peaks_of_the_distances():
    """Meaning of peaks of the distances at 2 and at 0.

    - Scope: the meaning of the two peaks only: independent neurons, neurons near a common vector; no network is
      trained.
    - Judged is what the two peaks mean, which the page does not say. That they appear in the layers of VGG-16 and
      ResNet-18 is an observation of the page and not judged: their training is not repeated.
    - The value 2 needs no Gaussian: it is the mean for every law that is symmetric in the sign of one neuron.
    """
    yield equals(
        r"centre: $\tfrac12\bigl(\mathrm{dist}(w_i, w_j) + \mathrm{dist}(w_i, -w_j)\bigr)$",
        printed=sp.Integer(2),
        derived=lambda: (normalised_distance(U, V) + normalised_distance(U, -V)) / 2,
        wrong={"depends on the norms": 4 * U.dot(U) / NORMS, "a twelfth too large": sp.Rational(13, 6)},
        says="The mean distance of two neurons if the sign of one of them is random.",
        measured=measured(
            diagnostics.distance_of_gaussians, at={u_1: "1", u_2: "2", v_1: "3", v_2: "1"}, dimension="3"
        ),
    )
    yield equals(
        r"concentration: $\lim_{d\to\infty}\mathrm{Var}\,\mathrm{dist}$",
        printed=sp.S.Zero,
        derived=lambda: sp.limit(distance_of_gaussians(d).variance, d, sp.oo),
        wrong={"as for one parameter": sp.Integer(2)},
        says="Independent Gaussian neurons of ever more parameters.",
    )
    common = sp.Matrix([m_1, m_2])
    yield equals(
        r"collapse: $\lim_{h\to0}\mathrm{dist}(m + h u, m + h v)/h^2$",
        printed=DIFFERENCE / (m_1**2 + m_2**2),
        derived=lambda: sp.cancel(sp.together(normalised_distance(common + h * U, common + h * V)) / h**2).subs(h, 0),
        says="Two neurons near a common vector.",
    )
