r"""Sections 1 to 3.2: symmetries, their charges, and what gradient noise does to a charge."""

from __future__ import annotations

import sympy as sp

from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.model import Model
from theory.matrices.exponential import matrix_exponential
from theory.notation import eta
from theory.symmetry import noether_flow
from theory.symmetry.one_parameter import slope_along
from theory.symmetry.orbit_potential import orbit_potential
from verification.authoring.shorthand import Grade, Source, bounds, equals, holds_when, sde
from verification.papers.gradient_noise_symmetry.paper import (
    NOISE_SYMBOLS,
    PRODUCT_SYMBOLS,
    RESCALING,
    TEMPERATURE,
    WEIGHTS,
    S,
    T,
    charge,
    epsilon,
    gamma,
    paper,
    product_model,
    rescaled,
    scaled,
    sigma,
    trace_with,
    u_1,
    u_2,
    v_star,
    w_1,
    w_2,
    x,
)

A = RESCALING.matrix
a_0, b_0, p, q = sp.symbols("a_0 b_0 p q", positive=True)


@paper.claim("SYM-01", "Section 1, Eq. (1)", symbols=PRODUCT_SYMBOLS, source=Source.RECONSTRUCTION)
def diffusion_model_of_sgd():
    r"""Itô diffusion as a model of SGD.

    "we analyze the dynamics of SGD by working on its widely-adopted stochastic differential equation model".
    - The definition of the model; how far it stands for SGD is the subject of SYM-D2.
    - The page's constant is lost; version 3 writes $\sqrt{2\sigma^2\Sigma}$ with $\sigma^2 = \eta/2S$, which is this.
    """
    w = sp.Symbol("w_1", real=True)
    model = Model([w], ((w - v_star) * x - epsilon) ** 2 / 2, Gaussian([x, epsilon], [0, 0], [[1, 0], [0, sigma**2]]))
    spread = 2 * (w - v_star) ** 2 + sigma**2
    yield equals(
        r"diffusion: $d\theta = -\nabla L\,dt + \sqrt{T\Sigma}\,dW: \text{ (drift, dispersion)}$",
        printed=sde(v_star - w, sp.sqrt(T * spread)),
        where=TEMPERATURE,
        derived=lambda: model.stochastic_gradient_flow(S),
        wrong={"noise of the labels alone": sde(v_star - w, sigma * sp.sqrt(T))},
        says=r"One weight, $\ell = \frac12(wx - y)^2$.",
    )


@paper.claim("SYM-02", "Sections 2 and 3, Eqs. (2), (3)", symbols=PRODUCT_SYMBOLS, source=Source.RECONSTRUCTION)
def gradients_are_orthogonal_to_a_symmetry():
    r"""Gradients of every sample are orthogonal to a symmetry.

    From $\ell(\theta, x) = \ell(Q(\theta, \lambda), x)$ with $Q(\theta, 0) = \theta$ follows
    $J(\theta)\cdot\nabla\ell(\theta, x) = 0$ for all $x$, $J = \partial_\lambda Q|_{\lambda=0}$.
    - Judged on a product of two layers; the Hessian's identity follows from it.
    """
    model = product_model()
    residual = (u_1 * w_1 + u_2 * w_2 - v_star) * x - epsilon
    along_both = 2 * x * (u_1 * w_1 + u_2 * w_2) * residual
    yield equals(
        r"one sample: $J\cdot\nabla\ell$",
        printed=sp.S.Zero,
        derived=lambda: slope_along(RESCALING.field, model.loss, model.weights),
        wrong={"both layers grow": along_both, "the first layer alone grows": along_both / 2},
    )
    yield equals(
        r"noise: $\Sigma J$",
        printed=sp.zeros(4, 1),
        derived=lambda: model.covariance * RESCALING.field,
        wrong={"both layers grow": sp.Matrix(model.covariance) * WEIGHTS},
        remark="A consequence that (5) rests on.",
    )
    yield equals(
        r"Hessian: $\nabla^2L\,A\theta$",
        printed=-A * sp.Matrix(model.gradient),
        derived=lambda: sp.hessian(model.mean_loss, list(WEIGHTS)) * RESCALING.field,
        wrong={"sign": A * sp.Matrix(model.gradient)},
        remark=r"The identity differentiated: $HA\theta = -A\nabla L$.",
        mutated=False,
    )


@paper.claim(
    "SYM-03", "Section 3, Eq. (4)", symbols=PRODUCT_SYMBOLS, source=Source.RECONSTRUCTION, grade=Grade.CONDITION
)
def noether_charge():
    r"""Noether charge, conserved by gradient descent.

    The charge $C$ is "the antiderivative" of $J$, and $\dot C = -J\cdot\nabla L = 0$ under gradient descent.
    - Rotations leave many losses alone and have no antiderivative: $\theta^\top A\theta = 0$ for antisymmetric $A$.
    - By its footnote 1 the page means gradient flow; in steps of size $\eta$ the charge drifts by
      $\eta^2\nabla L^\top A\nabla L$ each.
    """
    a, b, c, d = sp.symbols("a b c d", real=True)
    theta = sp.Matrix([u_1, u_2])
    field = sp.Matrix([[a, b], [c, d]]) * theta
    yield holds_when(
        r"antiderivative: $\nabla C = \begin{pmatrix}a&b\\c&d\end{pmatrix}\theta\text{ for some }C$",
        printed=sp.true,
        corrected=sp.Eq(b, c),
        derived=lambda: sp.Eq(sp.diff(field[0], u_2) - sp.diff(field[1], u_1), 0),
        wrong={"for rotations": sp.Eq(b, -c), "for diagonal matrices": sp.Eq(b, 0) & sp.Eq(c, 0)},
        says="A field of the plane is a gradient where its curl vanishes.",
    )
    yield equals(
        r"gradient flow: $\dot C$",
        printed=sp.S.Zero,
        derived=lambda: -(sp.Matrix([charge(A)]).jacobian(WEIGHTS) * sp.Matrix(product_model().gradient))[0],
        wrong={"sum of the squares of both layers": -2 * (WEIGHTS.T * sp.Matrix(product_model().gradient))[0]},
    )
    yield equals(
        r"a step of gradient descent: $C' - C$",
        printed=eta**2 * (sp.Matrix(product_model().gradient).T * A * sp.Matrix(product_model().gradient))[0],
        derived=lambda: charge(A, WEIGHTS - eta * sp.Matrix(product_model().gradient)) - charge(A),
        wrong={"conserved": sp.S.Zero},
        remark="A result of ours: the charge is conserved by the flow, not by its steps.",
        mutated=False,
    )


@paper.claim(
    "SYM-04", "Section 3.1, Eq. (5); Appendix A.1, Eqs. (24) to (30)", symbols=PRODUCT_SYMBOLS,
    source=Source.RECONSTRUCTION,
)  # fmt: skip
def noether_flow_of_a_charge():
    r"""Noether flow.

    "if [$\nabla^2C$] is PSD throughout training, [$C$] is a monotonically increasing function of time".
    - The charge moves without a martingale part given the path; it is random still, through the path.
    """
    yield equals(
        r"drift: $\dot C = \frac T2\mathrm{Tr}[\Sigma\nabla^2C]$",
        printed=T * trace_with(A),
        where=TEMPERATURE,
        derived=lambda: 2 * noether_flow(rescaled(), S).drift,
        wrong={"second moment for covariance": T * trace_with(A) + T * _squared_gradient()},
        says=r"Rescaling of a product of two layers, $\nabla^2C = 2A$.",
    )
    yield equals(
        r"martingale part: $\nabla C^\top\sqrt{T\Sigma}$",
        printed=sp.zeros(1, 2),
        derived=lambda: noether_flow(rescaled(), S).martingale,
        wrong={
            "sum of the squares of both layers": WEIGHTS.T * sp.Matrix(_dispersion()),
            "the first layer's square": sp.Matrix([[u_1, u_2, 0, 0]]) * sp.Matrix(_dispersion()),
        },
    )
    yield bounds(
        r"growth: $\frac{d}{dt}\|\theta\|^2$",
        printed=sp.S.Zero,
        exact=lambda: sp.factor(2 * noether_flow(scaled(), S).drift),
        relation=">=",
        wrong={"by one at least": sp.S.One},
        says=r"A loss of the direction alone of a plane, where $\nabla^2C = 2I$; at 0 it has no value.",
        domain=(u_1**2 + u_2**2 > 0,),
    )


def _dispersion() -> sp.MatrixBase:
    return product_model().stochastic_gradient_flow(S).dispersion


def _squared_gradient() -> sp.Expr:
    gradient = sp.Matrix(product_model().gradient)
    return sp.expand((gradient.T * A * gradient)[0])


@paper.claim("SYM-06", "Section 3.2, Eq. (6)", symbols=PRODUCT_SYMBOLS, source=Source.RECONSTRUCTION)
def quadratic_charge():
    r"""Charge of an exponential symmetry.

    - The page's normalisation of $C$ is lost; the reconstruction has $C = \theta^\top A\theta$.
    """
    a, b, c = sp.symbols("a b c", real=True)
    theta, matrix = sp.Matrix([u_1, u_2]), sp.Matrix([[a, b], [b, c]])
    yield equals(
        r"gradient: $\nabla(\theta^\top A\theta)$",
        printed=2 * matrix * theta,
        derived=lambda: sp.Matrix([charge(matrix, theta)]).jacobian(theta).T,
        wrong={"of half the charge": matrix * theta},
        says="For a symmetric matrix: the charge is an antiderivative of the field, up to the factor 2.",
    )


@paper.claim(
    "SYM-07", "Section 3.2, Definition 2, Eq. (7)", symbols=PRODUCT_SYMBOLS, source=Source.RECONSTRUCTION
)  # fmt: skip
def noether_flow_with_weight_decay():
    r"""Noether flow with weight decay.

    - The factor 4 belongs to the decay $L + \gamma\|\theta\|^2$; a decay $\frac\gamma2\|\theta\|^2$ has 2.
    """
    yield equals(
        r"drift: $\dot C = -4\gamma C + T\,\mathrm{Tr}[\Sigma A]$",
        printed=-4 * gamma * charge(A) + T * trace_with(A),
        where=TEMPERATURE,
        derived=lambda: 2 * noether_flow(rescaled(), S, weight_decay=2 * gamma).drift,
        wrong={
            "decay with the factor one half": -2 * gamma * charge(A) + T * trace_with(A),
            "noise of both layers added": -4 * gamma * charge(A) + T * trace_with(sp.eye(4)),
        },
    )


@paper.claim("SYM-08", "Section 3.2", symbols=NOISE_SYMBOLS, source=Source.RECONSTRUCTION)
def competition_of_traces():
    """Directions that grow compete with those that shrink."""
    mu_1, mu_2 = sp.symbols("mu_1 mu_2", positive=True)
    c, s = sp.Rational(3, 5), sp.Rational(4, 5)
    p, q, r = sp.symbols("Sigma_11 Sigma_12 Sigma_22", real=True)
    noise = sp.Matrix([[p, q], [q, r]])
    grow, shrink = sp.Matrix([c, s]), sp.Matrix([-s, c])
    up, down = ((n.T * noise * n)[0] for n in (grow, shrink))
    yield equals(
        r"trace: $\mathrm{Tr}[\Sigma A]$",
        printed=mu_1 * up - mu_2 * down,
        derived=lambda: (noise * (mu_1 * grow * grow.T - mu_2 * shrink * shrink.T)).trace(),
        wrong={"directions exchanged": mu_1 * down - mu_2 * up, "both grow": mu_1 * up + mu_2 * down},
        says=r"$A = \mu_1n_1n_1^\top - \mu_2n_2n_2^\top$ with $n_1 = (3, 4)/5$, $n_2 = (-4, 3)/5$.",
    )


@paper.claim("SYM-10", "Section 3.3, Eq. (8)", symbols=PRODUCT_SYMBOLS, source=Source.RECONSTRUCTION)
def exponential_map():
    r"""Exponential map of an exponential symmetry.

    Invariance to first order at all $\theta$ implies $\ell(e^{\lambda A}\theta) = \ell(\theta)$; "the degenerate
    direction for any exponential symmetry is unbounded".
    """
    a = sp.Symbol("lambda", real=True)
    loss = product_model().loss

    def moved_by(matrix: sp.MatrixBase) -> sp.Expr:
        there = matrix_exponential(matrix, a) * WEIGHTS
        return loss.subs(dict(zip(WEIGHTS, there, strict=True)), simultaneous=True)

    yield equals(
        r"loss along the orbit: $\ell(e^{\lambda A}\theta)$",
        printed=loss,
        derived=lambda: moved_by(A),
        wrong={"both layers grow": moved_by(sp.eye(4)), "to first order": loss * (1 + a)},
        mutated=False,
    )
    yield bounds(
        r"orbit: $\|e^{\lambda A}\theta\|^2$",
        printed=sp.exp(2 * a) * (u_1**2 + u_2**2),
        exact=lambda: charge(sp.eye(4), matrix_exponential(A, a) * WEIGHTS),
        relation=">=",
        wrong={"the other end as well": sp.exp(2 * a) * (u_1**2 + u_2**2 + w_1**2 + w_2**2)},
        remark=r"It has no bound where $u\ne 0$, as $\lambda$ grows.",
    )


def _modulus_grows() -> sp.logic.boolalg.Boolean:
    """Whether C**2 rises at the start of an orbit of rescalings, with squared norms and noises as symbols."""
    start, noise = [sp.sqrt(a_0), 0, sp.sqrt(b_0), 0], sp.diag(0, p, 0, q)
    potential = orbit_potential(RESCALING, start, noise, temperature=T, weight_decay=2 * gamma)
    (s,), (drift,) = potential.parameters, potential.charge_drifts
    return sp.Gt(charge(A, sp.Matrix(start)) * drift.subs(s, 0), 0)


@paper.claim(
    "SYM-28", "Section 3.2, after Eq. (7)", source=Source.RECONSTRUCTION,
    symbols=PRODUCT_SYMBOLS
    | {
        a_0: r"squared norm $\|u\|^2$",
        b_0: r"squared norm $\|w\|^2$",
        p: r"noise of those weights, $\mathrm{Tr}\,\Sigma_u$",
        q: r"noise of the others, $\mathrm{Tr}\,\Sigma_w$",
    },
)  # fmt: skip
def weight_decay_makes_the_charge_decay():
    r"""Weight decay makes the charge decay.

    "a positive [$\gamma$] always causes [$|C|$] to decay" (the modulus is reconstructed).
    - Read as what the decay contributes; with noise $|C|$ may grow all the same, where
      $T|\mathrm{Tr}[\Sigma A]| > 4\gamma|C|$ and both have one sign.
    """
    C = charge(A)

    def flow(decay: sp.Expr) -> sp.Expr:
        return 2 * noether_flow(rescaled(), S, weight_decay=2 * decay).drift

    yield equals(
        r"share of the decay: $\frac{d}{dt}C^2\big|_\gamma - \frac{d}{dt}C^2\big|_0$",
        printed=-8 * gamma * C**2,
        derived=lambda: 2 * C * (flow(gamma) - flow(sp.S.Zero)),
        wrong={"of the charge itself": -4 * gamma * C},
        says=r"It never grows, whatever the sign of $C$.",
        mutated=False,
    )
    at_start = T * (p - q) - 4 * gamma * (a_0 - b_0)
    yield holds_when(
        r"with noise: $|C|\text{ grows}$",
        printed=(a_0 - b_0) * at_start > 0,
        derived=_modulus_grows,
        wrong={
            "wherever the noise is the larger one": T * sp.Abs(p - q) > 4 * gamma * sp.Abs(a_0 - b_0),
            "with the sign of the noise": (p - q) * at_start > 0,
            "never": sp.false,
        },
        remark=r"A result of ours: rescaling, $C = a_0 - b_0$ and $\mathrm{Tr}[\Sigma A] = p - q$ of one sign.",
    )


@paper.claim(
    "SYM-42", "Appendix A.1, Eqs. (27) to (29)", symbols=NOISE_SYMBOLS, source=Source.RECONSTRUCTION
)  # fmt: skip
def root_of_the_noise():
    r"""Root of the noise along a symmetry.

    From $J^\top\Sigma J = 0$: "Because [$\Sigma$] and [$\sqrt\Sigma$] share eigenvectors", $\sqrt\Sigma J = 0$.
    """
    s, c, d = sp.symbols("s c d", real=True)
    J = sp.Matrix([c, d])
    normal = sp.Matrix([-d, c])
    noise = s**2 * normal * normal.T
    root = sp.Abs(s) * normal * normal.T / sp.sqrt(c**2 + d**2)
    there = (sp.Ne(c, 0),)
    yield equals(
        r"square of the root: $\sqrt\Sigma\sqrt\Sigma$",
        printed=noise,
        derived=lambda: root * root,
        wrong={"not normalised": noise * (c**2 + d**2)},
        says=r"The noise of rank one that is orthogonal to $J = (c, d)$: $\Sigma = s^2J_\perp J_\perp^\top$.",
        remark=True,
        domain=there,
        mutated=False,
    )
    yield equals(
        r"root along the symmetry: $\sqrt\Sigma J$",
        printed=sp.zeros(2, 1),
        derived=lambda: root * J,
        wrong={"along the noise": root * normal},
        domain=there,
    )
