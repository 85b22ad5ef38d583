r"""Proposition 3.4 and Appendix D: drift, Hessian and martingale part of a mode in any network.

Judged as in :mod:`verification.papers.saddle_to_saddle.modes`, and on a network of widths 2, 1, 2, 2.
"""

from __future__ import annotations

import sympy as sp
from sympy import kronecker_product as kron

from theory.deep_linear.layer_sums import power_sum
from theory.deep_linear.written_out import WrittenNetwork, vec
from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.model import Model
from theory.ito import ito_differential
from theory.notation import eta
from verification.authoring.shorthand import Grade, Kind, equals, holds_when, measured
from verification.forms import Experiment
from verification.papers.saddle_to_saddle.covariance import SYMBOLS
from verification.papers.saddle_to_saddle.gradients import gap_vector, jacobian, printed_jacobian
from verification.papers.saddle_to_saddle.long_runs import variance_under_isotropic_noise
from verification.papers.saddle_to_saddle.modes import (
    CROSS,
    DEEP,
    MODE,
    NETWORK,
    OTHER,
    Mode,
    contraction,
    kernel,
    read,
)
from verification.papers.saddle_to_saddle.network_samples import second_order_of_a_chain
from verification.papers.saddle_to_saddle.paper import MODE_SYMBOLS, L, mode_process, paper, s, sigma_q, w


@paper.claim("DLN-S1", "Proposition 3.4", symbols=SYMBOLS, grade=Grade.WRONG)
def gradient_drift_of_a_mode():
    r"""Gradient drift of a mode.

    "$\mu_\alpha(\theta) = -(v_\alpha^\top\otimes u_\alpha^\top)\sum_{l=1}^LK_l\delta + \dots$"

    - Scope: the gradient drift, the first term of the box.
    - (27) and (5) have the right sign: $-\sum_l\langle A_{l,\alpha}, g_l\rangle$, $g_l = -J_l^\top\delta$.
    """

    def formula(sign: int, of: Mode = MODE) -> sp.Expr:
        return sign * (read(of).T * kernel(NETWORK) * gap_vector(NETWORK))[0]

    yield equals(
        r"sign: $\mu_\alpha^{\mathrm{grad}}(\theta)$",
        printed=formula(-1),
        corrected=formula(1),
        corrected_says=r"$\mu_\alpha^{\mathrm{grad}} = +(v_\alpha^\top\otimes u_\alpha^\top)\sum_lK_l\delta$",
        derived=lambda: NETWORK.gradient_drift(*MODE),
        wrong={"twice": formula(2), "of a cross mode": formula(1, CROSS)},
        says=r"$-(v_\alpha^\top\otimes u_\alpha^\top)\sum_lK_l\delta$, written out for a small network.",
        mutated=False,
    )


def hessian(l: int, m: int, u: sp.Matrix, v: sp.Matrix) -> sp.Matrix:
    """The page's block for l > m."""
    between = DEEP.layers[1] if (l, m) == (3, 1) else sp.eye(DEEP.layers[m - 1].rows)
    return kron(between, DEEP.above(l).T * u) * kron((DEEP.below(m) * v).T, sp.eye(DEEP.layers[m - 1].rows))


@paper.claim("DLN-S2", "Proposition 3.4, Appendix D", symbols=SYMBOLS, grade=Grade.MISPRINT)
def hessian_of_a_mode():
    r"""Hessian of a mode.

    "for $l > m$ (with $l, m$ swapped for $l < m$)"; "whose diagonal blocks ($l = m$) vanish".
    """
    u, v = (sp.Matrix(sp.symbols(f"{name}_1 {name}_2", real=True)) for name in "uv")
    for l, m in ((2, 1), (3, 2), (3, 1)):
        yield equals(
            f"block {l}{m}",
            rf"\nabla^2_{{{l},{m}}}w_\alpha",
            printed=hessian(l, m, u, v),
            derived=lambda l=l, m=m: DEEP.hessian_block(u, v, l, m),
            wrong={"vectors exchanged": hessian(l, m, v, u)},
            says=r"$(W_{l-1:m+1}\otimes W_{>l}^\top u_\alpha)(v_\alpha^\top W_{<m}^\top\otimes I)$.",
            mutated=False,
        )
    yield equals(
        r"block 13: $\nabla^2_{1,3}w_\alpha$",
        printed=hessian(3, 1, u, v),
        corrected=hessian(3, 1, u, v).T,
        derived=lambda: DEEP.hessian_block(u, v, 1, 3),
        wrong={"vectors exchanged": hessian(3, 1, v, u).T},
        says="The block for $l > m$ with the layers swapped; corrected: swapped and transposed.",
        mutated=False,
    )
    yield equals(
        r"diagonal block: $\nabla^2_{2,2}w_\alpha$",
        printed=sp.zeros(2),
        derived=lambda: DEEP.hessian_block(u, v, 2, 2),
        wrong={"of the square of a layer": sp.eye(2)},
        mutated=False,
    )


@paper.claim("DLN-S3", "Appendix D, Eqs. (26)-(27)", symbols={eta: "learning rate"})
def ito_correction():
    """Itô correction of a mode.

    - Scope: batch size one.
    """
    u = sp.symbols("u_1:4", positive=True)
    x, y = sp.symbols("x y", real=True)
    slope, noise = sp.symbols("s sigma_q", positive=True)
    w = sp.Mul(*u)
    data = Gaussian([x, y], [0, 0], [[1, slope], [slope, slope**2 + noise**2]])
    model = Model(u, (y - w * x) ** 2 / 2, data)
    curvature = sp.hessian(w, u)

    def trace(covariance: sp.MatrixBase) -> sp.Expr:
        return (covariance * curvature).trace()

    def derived() -> sp.Expr:
        along = sp.Matrix([w]).jacobian(u) * model.gradient
        return sp.expand(ito_differential(model.stochastic_gradient_flow(1), w).drift + along[0])

    yield equals(
        r"three scalar layers: $\mu_\alpha^{\mathrm{Ito}}$",
        printed=eta / 2 * trace(model.covariance),
        derived=derived,
        wrong={
            "without its half": eta * trace(model.covariance),
            "a tenth too large": sp.Rational(11, 20) * eta * trace(model.covariance),
        },
        measured=[
            measured(
                second_order_of_a_chain,
                at={**dict(zip(u, ("1/2", "1", "3/4"), strict=True)), slope: "1", noise: "1/2", eta: "1"},
                name="samples of the noise",
            )
        ],
        says=r"$\frac\eta2\mathrm{tr}(\Sigma\nabla^2w_\alpha)$, against Itô's formula for the weights.",
        mutated=False,
    )
    yield equals(
        r"block-diagonal noise: $\mathrm{tr}(\Sigma\nabla^2w_\alpha)$",
        printed=sp.S.Zero,
        derived=lambda: trace(sp.diag(*(model.covariance[i, i] for i in range(3)))),
        wrong={"with the cross-layer blocks": trace(model.covariance)},
        says=r"It vanishes when $\Sigma$ is block-diagonal.",
        mutated=False,
    )


@paper.claim(
    "DLN-S4",
    "Section 3, text after Proposition 3.4",
    symbols={sp.Symbol("w", positive=True): "mode amplitude", sp.Symbol("s", positive=True): "teacher's value"},
    grade=Grade.WRONG,
)
def where_the_gradient_drift_vanishes():
    r"""Where the gradient drift vanishes.

    "It vanishes when the teacher-student gap $\delta$ has no projection in directions orthogonal to the current
    subspace of features."; "this drift induced by noise will be zero when the noise is orthogonal to the flat
    directions of the mode amplitude, i.e., when no learning of the mode happens".

    - Which noise is "orthogonal to the flat directions" is vague: the noise-induced drift vanishes iff
      $\mathrm{tr}(\Sigma\nabla^2w_\alpha) = 0$. Judged is that it does when no learning of the mode happens: with label
      noise it is there although the mode is at the teacher's value.
    """
    w, s = sp.symbols("w s", positive=True)
    root = sp.Matrix([[sp.sqrt(w)]])
    aligned = WrittenNetwork((root, root), sp.Matrix([[s]]), sp.Matrix([[0]]))
    one = sp.Matrix([1])
    yield equals(
        r"aligned mode: $\mu_\alpha^{\mathrm{grad}}$",
        printed=sp.S.Zero,
        corrected=2 * (s - w) * w,
        derived=lambda: aligned.gradient_drift(one, one),
        wrong={"of one layer": (s - w) * w},
        says="One aligned mode of two layers: the gap lies within the learned features.",
    )
    learned = WrittenNetwork((root, root), sp.Matrix([[w]]), sp.Matrix([[sigma_q**2]]))
    yield equals(
        r"learned mode: $\mu_\alpha^{\mathrm{Ito}}/\beta$",
        printed=sp.S.Zero,
        corrected=sigma_q**2 * w,
        derived=lambda: learned.ito_drift(one, one),
        wrong={"of two modes": 2 * sigma_q**2 * w},
        says="One aligned mode of two layers at the teacher's value, with label noise.",
        mutated=False,
    )


@paper.claim("DLN-S5", "Proposition 3.4, Eq. (27)", symbols=SYMBOLS)
def martingale_part_of_a_mode():
    """Martingale part of a mode.

    - With $J_l$ as printed in Proposition 3.1 (DLN-G1) the shapes do not fit, or the values differ.
    """
    u, v = (sp.Matrix(sp.symbols(f"{name}_1 {name}_2", real=True)) for name in "uv")
    layers = (1, 2, 3)
    last = sp.Matrix.hstack(jacobian(DEEP, 1), printed_jacobian(DEEP, 2), jacobian(DEEP, 3))
    yield equals(
        r"row: $a_\alpha^\top$",
        printed=(kron(v, u).T * sp.Matrix.hstack(*(jacobian(DEEP, l) for l in layers))).T,
        derived=lambda: DEEP.sensitivity(u, v),
        wrong={"second block as printed": (kron(v, u).T * last).T},
        says=r"$(v_\alpha^\top\otimes u_\alpha^\top)[J_1 | \dots | J_L]$, which multiplies $\sqrt\eta\,\sigma\,dB$.",
        mutated=False,
    )


@paper.claim("DLN-S6", "Appendix D, Eqs. (24)-(25)", symbols=SYMBOLS, kind=Kind.PROOF_STEP)
def second_derivative_as_a_bilinear_form():
    """Second derivative of a mode as a bilinear form."""
    u, v = (sp.Matrix(sp.symbols(f"{name}_1 {name}_2", real=True)) for name in "uv")

    def direction(l: int, name: str) -> sp.Matrix:
        W = DEEP.layers[l - 1]
        return sp.Matrix(W.rows, W.cols, lambda i, j: sp.Symbol(f"{name}_{i + 1}{j + 1}", real=True))

    def form(l: int, m: int, above: sp.Matrix, between: sp.Matrix, below: sp.Matrix) -> sp.Expr:
        return (u.T * above * direction(l, "H") * between * direction(m, "G") * below * v)[0]

    def derived(l: int, m: int) -> sp.Expr:
        return (vec(direction(l, "H")).T * DEEP.hessian_block(u, v, l, m) * vec(direction(m, "G")))[0]

    for l, m, between in ((3, 1, DEEP.layers[1]), (2, 1, sp.eye(1)), (3, 2, sp.eye(2))):
        printed = form(l, m, DEEP.above(l), between, DEEP.below(m))
        yield equals(
            f"layers {l} and {m}",
            rf"D^2_{{{l},{m}}}f[H, G]",
            printed=printed,
            derived=lambda l=l, m=m: derived(l, m),
            wrong={"both orders counted": 2 * printed},
            says=r"$u_\alpha^\top W_{>l}H(W_{l-1}\cdots W_{m+1})GW_{<m}v_\alpha$.",
            mutated=False,
        )
    yield equals(
        "layers 1 and 3: $D^2_{1,3}f[H, G]$",
        printed=(u.T * DEEP.above(3) * direction(3, "G") * DEEP.layers[1] * direction(1, "H") * v)[0],
        derived=lambda: derived(1, 3),
        wrong={"layer between left out": sp.S.Zero},
        says="For $m > l$ with the layers exchanged.",
        mutated=False,
    )


@paper.claim("DLN-D2d", "Appendix D, text after Eq. (28)", symbols=SYMBOLS | {eta: "learning rate"})
def driving_brownian_motion_of_a_mode():
    r"""Driving Brownian motion of a mode.

    "there exists a one-dimensional Brownian motion $\beta_{\alpha,t}$ such that $dw_\alpha(t) = \mu_\alpha dt +
    \sqrt{D_\alpha}\,d\beta_{\alpha,t}$".

    - Scope: where $D_\alpha > 0$; elsewhere $\beta_\alpha$ needs a Brownian motion of its own.
    - Those of two modes are correlated by $D_{\alpha\beta}$; at aligned balanced points not (DLN-I0).
    """
    diffusion = contraction(NETWORK, MODE, MODE)
    yield equals(
        r"quadratic variation: $d[\beta_\alpha, \beta_\alpha]/dt$",
        printed=sp.S.One,
        derived=lambda: NETWORK.covariation(MODE, MODE) / diffusion,
        wrong={"of label noise left out": contraction(NETWORK, MODE, MODE, labels=0) / diffusion},
        says=r"$d\beta_\alpha = D_\alpha^{-1/2}dM_\alpha$, continuous, with this variation: Lévy's theorem.",
        mutated=False,
    )


@paper.claim(
    "DLN-L1",
    "Remark after Proposition 3.4",
    symbols=SYMBOLS | MODE_SYMBOLS | {eta: "learning rate"},
    grade=Grade.CONDITION,
)
def isotropic_langevin_noise():
    r"""Isotropic Langevin noise.

    "the Itô-induced drift is simply proportional to the trace of the Hessian of the mode amplitude"; "If the NTK is
    frozen at initialization, then the modewise diffusion of Langevin will be isotropic and state-independent".

    - Scope: Langevin noise of covariance $\sigma^2I$ for the weights.
    - The trace of the Hessian is 0: the Itô drift is not only proportional to it, it vanishes.
    - With a frozen kernel the diffusion is state-independent; it is isotropic only if $\sum_lK_l\propto I$.
    """
    k = [sp.Symbol(f"k_{i}", positive=True) for i in (1, 2)]
    langevin = sp.Symbol("sigma", positive=True)

    def product(other: Mode) -> sp.Expr:
        return sp.expand(NETWORK.sensitivity(*MODE).dot(NETWORK.sensitivity(*other)))

    for name, other in (("diffusion", MODE), ("cross-diffusion", OTHER)):
        yield equals(
            name,
            r"\langle a_\alpha, a_\beta\rangle",
            printed=(read(MODE).T * kernel(NETWORK) * read(other))[0],
            derived=lambda other=other: product(other),
            wrong={"of a cross mode": (read(MODE).T * kernel(NETWORK) * read(CROSS))[0]},
            says=r"$(v_\alpha^\top\otimes u_\alpha^\top)\sum_lK_l(v_\beta\otimes u_\beta)$.",
            mutated=False,
        )
    yield equals(
        r"trace of the Hessian: $\mathrm{tr}\,\nabla^2w_\alpha$",
        printed=sp.S.Zero,
        derived=lambda: sum((DEEP.hessian_block(*MODE, l, l).trace() for l in (1, 2, 3)), sp.S.Zero),
        wrong={"of its square": sp.Integer(2)},
        says="A result of ours: there is no Itô drift.",
        remark=True,
        mutated=False,
    )
    yield equals(
        r"width of a learned mode: $\operatorname{Var}(w_\alpha)$",
        printed=eta * langevin**2 / 2,
        derived=lambda: _width_under_isotropic_noise(langevin),
        wrong={
            "as for label noise": eta * L * langevin**2 * s ** (2 - 2 / L) / 2,
            "a tenth too large": sp.Rational(11, 20) * eta * langevin**2,
        },
        measured=[_langevin_run(langevin, depth) for depth in (2, 3)],
        says="A result of ours, of the equation linearised at the teacher's value: one width for all modes and depths.",
        remark=True,
        mutated=False,
    )
    yield holds_when(
        r"isotropic: $D_\alpha = D_\beta\text{ iff }$",
        printed=sp.true,
        corrected=sp.And(k[0] <= k[1], k[1] <= k[0]),
        derived=lambda: _equal_diffusions(k),
        wrong={"one way": k[0] <= k[1]},
        says=r"Two aligned layers $\mathrm{diag}(\sqrt{k_1}, \sqrt{k_2})$, whose kernel is frozen.",
        mutated=False,
    )


def _langevin_run(noise: sp.Symbol, depth: int) -> Experiment:
    """The weaker of two modes, s = 4/5, under isotropic noise of 1."""
    return measured(
        variance_under_isotropic_noise,
        lambda candidate: candidate.subs({eta: 1, noise: 1, L: depth, s: sp.Rational(4, 5)}),
        widths=" ".join(["2"] * (depth + 1)),
        s="1 4/5",
        sigma="1",
        eta="1/1000",
        step="1/200",
    )


def _width_under_isotropic_noise(noise: sp.Symbol) -> sp.Expr:
    r""":math:`-D/2\mu'` at the teacher's value, with :math:`D = \eta\sigma^2\|a_\alpha\|^2` of balanced layers."""
    square = w ** (2 / L)
    slope = sp.diff(mode_process(rate=sp.S.Zero).drift[0], w).subs(w, s)
    return sp.simplify(-eta * noise**2 * power_sum(square, square, L).subs(w, s) / (2 * slope))


def _equal_diffusions(k: list[sp.Symbol]) -> sp.Basic:
    """Where two modes of aligned layers have one diffusion under isotropic noise."""
    layer = sp.diag(*map(sp.sqrt, k))
    network = WrittenNetwork((layer, layer), sp.eye(2), sp.zeros(2))
    one, two = (sp.expand(network.sensitivity(*each).dot(network.sensitivity(*each))) for each in (MODE, OTHER))
    return sp.And(one <= two, two <= one)
