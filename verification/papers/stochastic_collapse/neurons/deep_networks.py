r"""Sections 5 and 6, Figures 4, 6, 9, 10 and 12: the deep networks, as far as they can be judged without CIFAR."""

from __future__ import annotations

import sympy as sp

from theory.ito import ItoProcess
from theory.networks.neurons import effective_rank
from theory.notation import eta
from theory.stability.attractivity import attractivity_rate
from verification.authoring.shorthand import agrees, equals, reproduces
from verification.claim import Kind
from verification.forms import Comparison
from verification.papers.stochastic_collapse.measured.diagnostics import rank_of_spectrum
from verification.papers.stochastic_collapse.measured.networks import direction, layers_with_weights, small_networks
from verification.papers.stochastic_collapse.paper import paper

# --- SC-061: what reduces the number of independent neurons ------------------------------------------------------

x = sp.Symbol("theta", real=True)
weight_decay = sp.Symbol("lambda", positive=True)

PARTS, REPLICAS, STEPS = 2, 12, 1500
DECAY = "0.01"
SLOW, FAST = "0.05", "0.4"


def _rate_with(decay: sp.Expr) -> sp.Expr:
    """The rate of attractivity alpha of the origin, loss and diffusion arbitrary, with weight decay."""
    L, D = (sp.Function(name, real=True)(x) for name in "LD")
    process = ItoProcess.scalar(x, drift=-L.diff(x) - decay * x, dispersion=sp.sqrt(2 * D))
    return attractivity_rate(process, vanishing=[L.diff(x), D, D.diff(x)]).alpha


def _shift_by_decay() -> sp.Expr:
    return sp.expand(_rate_with(weight_decay) - _rate_with(sp.S.Zero))


SMALL_NETWORKS = tuple(
    {
        "learning rates": [SLOW, FAST],
        "weight decay": DECAY,
        "replicas": REPLICAS,
        "steps": STEPS,
        "number": number,
    }
    for number in range(PARTS)
)


@paper.claim(
    "SC-061",
    "Figures 4, 9, 10, Appendix J",
    symbols={weight_decay: "weight decay", eta: "learning rate"},
    kind=Kind.FIGURE,
    scope="small networks on synthetic images, one hidden layer of 16 GELU neurons, plain SGD, weight decay 0.01, "
    f"{STEPS} steps; VGG-16 and ResNet-18 on CIFAR are not trained here",
    notes=(
        "Not judged: the paper's figures themselves, label noise, batch size, and the oscillations.",
        "In the small networks weight decay does it, not gradient noise: without decay all neurons stay independent at "
        "each of these learning rates, with batches 16 times as large as many collapse, and with 40 % wrong labels "
        "fewer do (docs/evidence/collapse_of_neurons.json). All deep runs of the paper use momentum 0.9 and weight "
        "decay 5e-4.",
        "Released code: the ResNet loop writes results[layer_i - 1] with layer_i from 0, so that conv1 is shown at the "
        "last tick and all other layers one too early: the oscillation is attributed to the wrong layers.",
        "Released code: for VGG conv13 the concatenated vectors of conv12 are used again, so that its point repeats "
        "conv12.",
        "Released code: for ResNet-18 batch normalisation and all but one reader of a residual stream are left out, "
        "against Propositions H.1 and H.2.",
        "Released code: the sweep of batch sizes for ResNet-18 does not set the learning rate (0.5 by default, 0.02 in "
        "the text).",
    ),
)
def what_reduces_the_number_of_independent_neurons():
    r"""What reduces the number of independent neurons.

    larger learning rates and more label noise reduce the fraction of independent neurons; batch size produces
    complex shifts; layer-to-layer oscillations of ResNet-18 come from the residual constraint
    """
    yield reproduces(
        "learning rate",
        r"\mathrm{sign}\,\Delta",
        printed=sp.Integer(-1),
        measure=small_networks,
        parts=SMALL_NETWORKS,
        summarise=direction,
        wrong={"more neurons": sp.S.One, "no change": sp.S.Zero},
        says=f"Sign of the change of the independent share from learning rate {SLOW} to {FAST}, in small networks.",
    )
    yield equals(
        "weight decay",
        r"\alpha_\lambda - \alpha_0",
        printed=weight_decay,
        derived=_shift_by_decay,
        wrong={"sign": -weight_decay, "twice": 2 * weight_decay, "per step": eta * weight_decay, "nothing": sp.S.Zero},
        says="What weight decay alone adds to the rate of attractivity of the origin (a remark).",
        remark=True,
    )


# --- SC-098: effective rank --------------------------------------------------------------------------------------

s_1, s_2, s_3 = sp.symbols("s_1 s_2 s_3", positive=True)
VALUES = (s_1, s_2, s_3)
_shares = [value / sum(VALUES) for value in VALUES]

PRINTED_RANK = -sum(share * sp.log(share) for share in _shares)
CORRECTED_RANK = sp.exp(PRINTED_RANK)

_one_each = (sp.S.One,) * 4


def _rank_of_identity() -> sp.Expr:
    return effective_rank(_one_each)


@paper.claim(
    "SC-098",
    "Section 6, Figures 6 and 12",
    symbols={s_1: "largest singular value", s_2: "second singular value", s_3: "third singular value"},
    kind=Kind.IDENTITY,
    scope="the effective rank of the reference that Figure 12 cites, Roy and Vetterli (2007)",
    notes=(
        "The printed rho is the logarithm of the effective rank: 1.386 for the identity of four dimensions.",
        "The released code computes the printed form, with 1e-8 inside the logarithm.",
        'Figure 12 speaks of "the weight matrices of independent neurons"; the code takes all neurons of the layer.',
        "That a longer phase of large learning rate lowers the rank and helps generalisation is not judged here: the "
        "networks are not trained again.",
    ),
)
def effective_rank_and_the_name_of_a_network():
    r"""Effective rank, and the name of a network.

    the effective rank is rho = -sum_i s_i log s_i, s_i normalised to sum 1; "VGG-16 and ResNet-16 on CIFAR-10
    and CIFAR-100"
    """
    yield equals(
        "effective rank",
        r"\rho",
        printed=PRINTED_RANK,
        derived=lambda: effective_rank(VALUES),
        corrected=CORRECTED_RANK,
        corrected_says="rho = exp(-sum_i s_i log s_i); ResNet-18",
        wrong={
            "sign lost": sp.exp(-PRINTED_RANK),
            "participation ratio": 1 / sum(share**2 for share in _shares),
            "number of singular values": sp.Integer(3),
            "base 2 in one place": 2**PRINTED_RANK,
        },
        says="The effective rank of a matrix with three singular values.",
        compared=(
            Comparison(
                name="singular values of rotated matrices",
                evaluator=rank_of_spectrum,
                arguments=({"values": ["4", "2", "1"]}, {"values": ["1", "1", "1/8"]}),
                predicted=lambda candidate, arguments: candidate.subs(
                    dict(zip(VALUES, map(sp.Rational, arguments["values"]), strict=True))
                ),
                tolerance=1e-8,
            ),
        ),
    )
    yield equals(
        "identity",
        r"\rho(I_4)",
        printed=sp.log(4),
        derived=_rank_of_identity,
        corrected=sp.Integer(4),
        wrong={"base 2": sp.Integer(2), "its inverse": sp.Rational(1, 4)},
        says="The effective rank of the identity of four dimensions.",
    )
    yield agrees(
        "ResNet-16",
        r"\text{ResNet-}",
        printed=sp.Integer(16),
        corrected=sp.Integer(18),
        wrong={"shortcuts counted": sp.Integer(21), "without the linear layer": sp.Integer(17)},
        says="Layers with weights of the residual network on CIFAR-100, the number in its name.",
        compared=(
            Comparison(
                name="the network, built",
                evaluator=layers_with_weights,
                arguments=({"width": "0.0625"},),
                predicted=lambda candidate, _: candidate,
            ),
        ),
    )
