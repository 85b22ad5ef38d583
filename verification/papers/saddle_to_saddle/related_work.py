r"""Sentences of Sections 1 and 2 about saddles, ranks and noise, on the smallest networks that decide them."""

from __future__ import annotations

import sympy as sp

from theory.deep_linear.saddles import Saddle
from theory.deep_linear.written_out import WrittenNetwork, vec
from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.model import Model
from theory.ito import ito_differential
from theory.notation import eta
from theory.parameters import parameter
from verification.authoring.shorthand import Grade, Kind, bounds, equals, holds_when
from verification.papers.saddle_to_saddle.paper import NOISE_SYMBOLS, L, beta, mode_process, paper, s, sigma_q, w


@paper.claim(
    "DLN-GF5",
    "Section 2.3, text after Eq. (3)",
    symbols={s: "teacher's value"},
    kind=Kind.PROOF_STEP,
    scope=r"square loss, square layers; from three layers on",
    notes=("With two layers every saddle is strict, and a saddle that has left out a larger mode is so at any depth.",),
)
def non_strict_saddles():
    r"""Non-strict saddles.

    "non-strict saddles are prevalent in DLNs".
    """
    learned = s + sp.Symbol("d", positive=True)

    def curvatures(depth: int) -> sp.Matrix:
        """The Hessian of the population loss of a chain of scalars at the origin."""
        layers = sp.symbols(f"u_1:{depth + 1}", real=True)
        x, y = sp.symbols("x y", real=True)
        data = Gaussian([x, y], [0, 0], [[1, s], [s, s**2]])
        loss = Model(layers, (y - sp.Mul(*layers) * x) ** 2 / 2, data).mean_loss
        return sp.hessian(loss, layers).subs(dict.fromkeys(layers, 0))

    yield equals(
        "Hessian at the origin, three layers",
        r"\nabla^2L(0)",
        printed=sp.zeros(3),
        derived=lambda: curvatures(3),
        wrong={"as with two layers": sp.Matrix([[0, -s, 0], [-s, 0, 0], [0, 0, 0]])},
        says="No direction of negative curvature.",
        mutated=False,
    )
    yield holds_when(
        "largest modes learned, deeper",
        r"\text{strict iff }",
        printed=sp.false,
        derived=lambda: Saddle(parameter("L", above=2), [learned], [s]).is_strict,
        wrong={"as with two layers": sp.true},
        says=r"At $L > 2$, where the larger of two modes is learned and the other is not.",
        mutated=False,
    )
    yield equals(
        "Hessian at the origin, two layers",
        r"\nabla^2L(0)",
        printed=sp.Matrix([[0, -s], [-s, 0]]),
        derived=lambda: curvatures(2),
        wrong={"as with three layers": sp.zeros(2)},
        says="A result of ours: strict.",
        remark=True,
        mutated=False,
    )


@paper.claim(
    "DLN-R1",
    "Section 1.2.1, on Wang and Jacot",
    symbols={sp.Symbol("a", real=True): "weight of the living hidden unit"},
    kind=Kind.INVARIANCE,
    grade=Grade.CONDITION,
    scope="two layers of width two, label noise",
    notes=(
        "The cited work has weight decay and speaks of the layers' ranks. The set where a hidden unit is silent and "
        "unread is kept, the set of maps of a given rank is not.",
    ),
)
def no_jumps_to_higher_rank():
    r"""No jumps to higher rank.

    "SGD structured noise does not allow jumps from lower-rank to higher-rank weight matrices, while the noise from a
    Langevin process has a non-zero probability of jumping back".
    """
    a, b, c, d = sp.symbols("a b c d", real=True)
    gap = sp.Matrix(2, 2, sp.symbols("M_11 M_12 M_21 M_22", real=True))
    labels = sigma_q**2 * sp.eye(2)

    def escaping(upper: sp.Matrix) -> sp.Matrix:
        """The gradient of one sample by the incoming weights of the second hidden unit."""
        network = WrittenNetwork((sp.Matrix([[a, b], [0, 0]]), upper), gap, labels)
        return sp.Matrix(network.sample_gradient(1)[1::2])

    unread, read = sp.Matrix([[c, 0], [d, 0]]), sp.Matrix([[c, 0], [d, 1]])
    yield equals(
        "silent and unread unit",
        r"\partial\ell/\partial(W_1)_{2\cdot}",
        printed=sp.zeros(2, 1),
        derived=lambda: escaping(unread),
        wrong={"as where it is read": lambda: escaping(read)},
        says="No sample moves a hidden unit without incoming and outgoing weights: the rank stays.",
        mutated=False,
    )
    x, xi = sp.Matrix(sp.symbols("x_1 x_2", real=True)), sp.Matrix(sp.symbols("xi_1 xi_2", real=True))
    error = (gap - sp.Matrix([[c], [d]]) * sp.Matrix([[a, b]])) * x + xi
    yield equals(
        "silent unit that is read",
        r"\partial\ell/\partial(W_1)_{2\cdot}",
        printed=sp.zeros(2, 1),
        corrected=vec(-error[1] * x),
        derived=lambda: escaping(read),
        wrong={"error of the other output": vec(-error[0] * x)},
        says="A map of rank one with a silent unit whose outgoing weight is 1: one step makes the rank two.",
        mutated=False,
    )


@paper.claim(
    "DLN-R2",
    "Section 1.2.1, on Chen et al.",
    symbols=NOISE_SYMBOLS,
    kind=Kind.INEQUALITY,
    grade=Grade.CONDITION,
    scope="a balanced chain of scalars",
    notes=(
        "In the weight of a layer there is no noise-induced drift at all (DLN-I13): its sign depends on the "
        "coordinate, and what decides attraction is that of the logarithm.",
    ),
)
def drift_that_pulls_to_zero():
    r"""Noise-induced drift that pulls to zero.

    "a noise-induced drift that pulls parameters toward zero, making neurons vanish".
    """

    def of_amplitude() -> sp.Expr:
        drift = mode_process().drift[0] - mode_process(rate=sp.S.Zero).drift[0]
        return sp.factor(drift / (beta * L * w ** (3 - 4 / L)))

    def of_logarithm() -> sp.Expr:
        moved, flow = (
            ito_differential(each, sp.log(w)).drift for each in (mode_process(), mode_process(rate=sp.S.Zero))
        )
        return moved - flow

    strength = 2 * (s - w) ** 2 + sigma_q**2
    yield bounds(
        "amplitude",
        r"\mu_\alpha^{\mathrm{Ito}}/(\beta Lw^{3-4/L})",
        printed=sp.S.Zero,
        corrected=L * strength / 2,
        exact=of_amplitude,
        relation="<",
        wrong={"no drift, as of a layer": -(sigma_q**2)},
        says="Corrected: it pushes away from 0, with a strength that is bounded by this.",
        mutated=False,
    )
    yield equals(
        "logarithm",
        r"\text{noise-induced drift of }\log w",
        printed=-beta * L / 2 * strength * w ** (2 - 4 / L),
        derived=of_logarithm,
        wrong={"pushes away": beta * L / 2 * strength * w ** (2 - 4 / L)},
        says="A result of ours: negative, it pulls to 0.",
        remark=True,
        mutated=False,
    )


@paper.claim(
    "DLN-E16",
    "Section 1.2.1; Section 6, Future directions",
    symbols={w: "mode amplitude", s: "teacher's value", sigma_q: "label noise", eta: "learning rate"},
    kind=Kind.INEQUALITY,
    grade=Grade.CONDITION,
    scope=r"one step from a balanced start of two scalar layers, order $\eta^2$, batch size one",
    notes=("Below a third of the teacher's value the loss is concave along the noise, and noise helps on average.",),
)
def golden_path():
    r"""Golden path hypothesis.

    "the population loss of gradient descent is upper bounded by the population loss of SGD for a given trajectory with
    fixed initialization".
    """
    u, v, x, y = sp.symbols("u v x y", real=True)
    data = Gaussian([x, y], [0, 0], [[1, s], [s, s**2 + sigma_q**2]])
    model = Model([u, v], (y - u * v * x) ** 2 / 2, data)

    def excess() -> sp.Expr:
        hessian = sp.hessian(model.mean_loss, (u, v))
        total = (hessian * model.covariance).trace() / 2
        return sp.factor(total.subs({u: sp.sqrt(w), v: sp.sqrt(w)}))

    gain = w * (3 * w - s) * (2 * (s - w) ** 2 + sigma_q**2)
    yield equals(
        "excess of a step",
        r"(E\,L(\theta_1^{\mathrm{SGD}}) - L(\theta_1^{\mathrm{GD}}))/\eta^2",
        printed=gain,
        derived=excess,
        wrong={"noise always costs": w * (3 * w + s) * (2 * (s - w) ** 2 + sigma_q**2)},
        says="A result of ours, to leading order.",
        remark=True,
    )
    yield holds_when(
        "upper bound",
        r"L(\theta_1^{\mathrm{GD}})\le E\,L(\theta_1^{\mathrm{SGD}})\text{ to order }\eta^2\text{ iff }",
        printed=sp.true,
        corrected=3 * w >= s,
        derived=lambda: excess() >= 0,
        wrong={"once half is learned": 2 * w >= s},
        mutated=False,
    )
