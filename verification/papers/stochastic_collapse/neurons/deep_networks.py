r"""Sections 5 and 6, Figures 4, 6, 9, 10 and 12: the deep networks, as far as they can be judged without CIFAR."""

from collections.abc import Mapping, Sequence

import sympy as sp

from theory.ito import ItoProcess
from theory.networks.neurons import effective_rank
from theory.notation import eta
from theory.stability.attractivity import attractivity_rate
from verification.authoring.shorthand import Grade, agrees, compared, equals, reproduces
from verification.claim import Statement
from verification.papers.stochastic_collapse.measured.diagnostics import rank_of_spectrum
from verification.papers.stochastic_collapse.measured.networks import direction, layers_with_weights, small_networks
from verification.papers.stochastic_collapse.paper import paper

theta = sp.Symbol("theta", real=True)
weight_decay = sp.Symbol("lambda", positive=True)

SLOW = {"learning rate": "0.05", "label noise": "0"}
FAST = {"learning rate": "0.4", "label noise": "0"}
NOISY = {"learning rate": "0.4", "label noise": "0.4"}

COMMON = {"weight decay": "0.01", "replicas": 24, "steps": 1500}
MADE, DIGITS = (("made", 10), ("made", 11), ("made", 12)), (("digits", 13),)
"""Images and the number of a part. The seed 0 belongs to the trial that set the number of networks: label noise changes
less than the learning rate does, and needs more of them."""


@paper.claim("SC-061", "Figures 4, 9, 10, Appendix J", symbols={weight_decay: "weight decay"})
def what_reduces_the_number_of_independent_neurons():
    r"""What reduces the number of independent neurons.

    Increased learning rates typically intensify the stochastic attraction to invariant sets by reducing the number of
    independent neurons. Increased label noise intensify stochastic collapse.
    - Scope: small networks on made images and on scikit-learn's handwritten digits: one hidden layer of 16 GELU
      neurons, plain SGD with batches of 8, weight decay $0.01$, 1500 steps.
    - Not judged: VGG-16 and ResNet-18 on CIFAR, which are not trained here, the batch size (Figure 10), and the
      oscillations from layer to layer.
    - The two sentences are judged each by itself: for the learning rate nothing follows from label noise, nor the other
      way round.
    - In the small networks weight decay does it, not gradient noise: without decay all neurons stay independent at each
      of these learning rates, and with batches 16 times as large as many collapse
      (docs/evidence/collapse_of_neurons.json). All deep runs of the paper use momentum $0.9$ and weight decay $5 \cdot
      10^{-4}$.
    - Released code: the ResNet loop writes each layer one place too early, so that conv1 is shown at the last tick and
      all other layers one too early: the oscillation is attributed to the wrong layers.
    - Released code: for VGG conv13 the concatenated vectors of conv12 are used again, so that its point repeats conv12.
    - Released code: for ResNet-18 batch normalisation and all but one reader of a residual stream are left out, against
      Propositions H.1 and H.2.
    - Released code: the sweep of batch sizes for ResNet-18 does not set the learning rate ($0.5$ by default, $0.02$ in
      the text).
    """
    yield _fall("learning rate", SLOW, FAST, MADE[:1] + DIGITS, "from learning rate $0.05$ to $0.4$")
    yield _fall("label noise", FAST, NOISY, MADE + DIGITS, "when 40 % of the labels are wrong, at learning rate $0.4$")
    yield equals(
        r"weight decay: $\alpha_\lambda - \alpha_0$",
        printed=weight_decay,
        derived=_shift_by_decay,
        wrong={"per step": eta * weight_decay},
        remark="What weight decay alone adds to the rate of attractivity of the origin.",
    )


def _fall(
    name: str, first: Mapping[str, str], second: Mapping[str, str], images: Sequence[tuple[str, int]], where: str
) -> Statement:
    """The independent share falls from the first setting to the second, on made images and on digits."""
    return reproduces(
        name,
        r"\operatorname{sign}\Delta",
        printed=sp.Integer(-1),
        measure=small_networks,
        parts=tuple({**COMMON, "images": kind, "number": n, "first": first, "second": second} for kind, n in images),
        summarise=direction,
        wrong={"no change": sp.S.Zero},
        says=f"The largest sign, over the kinds of images, of the change of the independent share {where}.",
    )


def _shift_by_decay() -> sp.Expr:
    def alpha(decay: sp.Expr) -> sp.Expr:
        """The rate of attractivity of the origin, loss and diffusion arbitrary."""
        L, D = (sp.Function(name, real=True)(theta) for name in "LD")
        process = ItoProcess.scalar(theta, drift=-L.diff(theta) - decay * theta, dispersion=sp.sqrt(2 * D))
        return attractivity_rate(process, vanishing=[L.diff(theta), D, D.diff(theta)]).alpha

    return sp.expand(alpha(weight_decay) - alpha(sp.S.Zero))


VALUES = s_1, s_2, s_3 = sp.symbols("s_1 s_2 s_3", positive=True)


@paper.claim(
    "SC-098",
    "Section 6, Figures 6 and 12",
    symbols={s_1: "largest singular value", s_2: "second singular value", s_3: "third singular value"},
    grade=Grade.CONDITION,
)
def effective_rank_and_the_name_of_a_network():
    r"""Effective rank, and the name of a network.

    The effective rank is then computed as $\rho = -\sum_i \hat s_i\log\hat s_i$, where $\hat s_i = s_i/\sum_j s_j$. We
    trained VGG-16 and ResNet-16 on CIFAR-10 and CIFAR-100, respectively.
    - Scope: the effective rank of the reference that Figure 12 cites, Roy and Vetterli (2007).
    - The printed $\rho$ is the logarithm of the effective rank: $1.386$ for the identity of four dimensions. No order
      of networks changes.
    - The released code computes the printed form, with $10^{-8}$ inside the logarithm.
    - Figure 12 speaks of "the weight matrices of independent neurons"; the code takes all neurons of the layer.
    - That a longer phase of large learning rate lowers the rank and helps generalisation is not judged here: the
      networks are not trained again.
    """
    shares, spectra = [value / sum(VALUES) for value in VALUES], [{"values": v.split()} for v in ("4 2 1", "1 1 1/8")]
    entropy = -sum(share * sp.log(share) for share in shares)

    def at(candidate: sp.Expr, point: Mapping[str, list[str]]) -> sp.Expr:
        return candidate.subs(dict(zip(VALUES, map(sp.Rational, point["values"]), strict=True)))

    yield equals(
        r"effective rank: $\rho$",
        printed=entropy,
        derived=lambda: effective_rank(VALUES),
        corrected=sp.exp(entropy),
        wrong={
            "participation ratio": 1 / sum(share**2 for share in shares),
            "number of singular values": sp.Integer(3),
            "base 2 in one place": 2**entropy,
        },
        says="The effective rank of a matrix with three singular values.",
        compared=compared("rotated matrices", rank_of_spectrum, at, *spectra, tolerance=1e-8),
    )
    yield equals(
        r"identity: $\rho(I_4)$",
        printed=sp.log(4),
        derived=lambda: effective_rank((sp.S.One,) * 4),
        corrected=sp.Integer(4),
        wrong={"its inverse": sp.Rational(1, 4)},
    )
    yield agrees(
        r"ResNet-16: $\text{ResNet-}$",
        printed=sp.Integer(16),
        corrected=sp.Integer(18),
        wrong={"shortcuts counted": sp.Integer(21), "without the linear layer": sp.Integer(17)},
        says="Layers with weights of the residual network on CIFAR-100, the number in its name.",
        compared=compared("the network, built", layers_with_weights, lambda form, _: form, {"width": "0.0625"}),
    )
