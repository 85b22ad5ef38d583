r"""Section 3.3 and Appendix A.2: the fixed point of a charge on a frozen orbit (Theorem 1)."""

from __future__ import annotations

import sympy as sp

from theory.matrices.exponential import matrix_exponential
from theory.notation import eta
from theory.symmetry import noether_flow
from theory.symmetry.noise_equilibrium import noise_equilibrium
from theory.symmetry.orbit_potential import OrbitPotential, orbit_potential
from verification.authoring.shorthand import Grade, Source, bounds, equals, holds_when
from verification.papers.gradient_noise_symmetry.end_of_training import first_layer_at_rest
from verification.papers.gradient_noise_symmetry.paper import (
    NOISE_SYMBOLS,
    PRODUCT_SYMBOLS,
    RESCALING,
    WEIGHTS,
    S,
    T,
    gamma,
    paper,
    product_model,
    rescaled,
    trace_with,
    u_1,
    u_2,
    w_1,
    w_2,
)

A = RESCALING.matrix
position = sp.Symbol("lambda", real=True)
a, b, p, q = sp.symbols("a b p q", positive=True)
r = sp.Symbol("r", positive=True)
further = sp.Symbol("s", real=True)
some, other = sp.symbols("P Q", nonnegative=True)

ORBIT_SYMBOLS = NOISE_SYMBOLS | {
    position: r"place on the orbit, $\theta_\lambda = e^{\lambda A}\theta$",
    a: r"squared norm $\|u\|^2$ of the weights that grow along the orbit",
    b: r"squared norm $\|w\|^2$ of those that shrink",
    p: r"their noise, $\mathrm{Tr}\,\Sigma_u$",
    q: r"the noise of those that shrink, $\mathrm{Tr}\,\Sigma_w$",
}


CLOSED_ZERO = (T * p + 4 * gamma * b) / (T * q + 4 * gamma * a)
r"""What :math:`e^{4\lambda_*}` is for rescaling, written down."""


def printed_drift() -> sp.Expr:
    r"""The page's :math:`G(\lambda)` for rescaling: eigenvalue 1 with a and p, -1 with b and q."""
    up, down = sp.exp(2 * position), sp.exp(-2 * position)
    return -4 * gamma * (a * up - b * down) + T * (p * down - q * up)


def implicit_slope() -> sp.Expr:
    r"""The page's :math:`-\partial_aG/\partial_\lambda G` at the zero, a rational function of :math:`e^{4\lambda}`."""
    slope = -sp.diff(printed_drift(), a) / sp.diff(printed_drift(), position)
    return sp.cancel(sp.cancel(slope.subs(position, sp.log(r) / 2)).subs(r, sp.sqrt(CLOSED_ZERO)))


def rescaling_potential(
    decay: sp.Expr = gamma, further: sp.Expr = sp.S.Zero, noise: tuple[sp.Expr, sp.Expr] = (p, q)
) -> OrbitPotential:
    r"""The potential of :math:`Q = C/2` on an orbit of rescalings, with the theory's decay :math:`2\gamma`.

    The noise is orthogonal to the orbit, as every gradient is. The orbit is entered ``further`` on by that much.
    """
    up = sp.exp(further)
    start = [sp.sqrt(a) * up, 0, sp.sqrt(b) / up, 0]
    sigma = sp.diag(0, noise[0] / up**2, 0, noise[1] * up**2)
    return orbit_potential(RESCALING, start, sigma, temperature=T, weight_decay=2 * decay)


def drift_along(potential: OrbitPotential) -> sp.Expr:
    r"""The drift of :math:`C` at the place :math:`\lambda`."""
    (s,), (drift,) = potential.parameters, potential.charge_drifts
    return 2 * drift.subs(s, position)


def moved(side: sp.Basic) -> sp.Basic:
    r"""An expression or matrix in the weights, at :math:`\theta_\lambda`."""
    return side.subs(dict(zip(WEIGHTS, matrix_exponential(A, position) * WEIGHTS, strict=True)), simultaneous=True)


@paper.claim(
    "SYM-11", "Section 3.3, Theorem 1; Appendix A.2, Eqs. (31) to (38)",
    symbols=ORBIT_SYMBOLS
    | {
        further: "how far on the orbit is entered",
        some: "noise of the weights that grow along the orbit, or none",
        other: "noise of those that shrink, or none",
    },
    source=Source.RECONSTRUCTION, grade=Grade.CONDITION,
)  # fmt: skip
def fixed_point_theorem():
    r"""Fixed point theorem.

    With $G(\lambda) = -4\gamma C(\theta_\lambda) + T\,\mathrm{Tr}[\Sigma(\theta_\lambda)A]$: (1) $G$ is a monotonically
    decreasing function of $\lambda$; (2) there is a $\lambda_*$ with $G(\lambda_*) = 0$; (3) if
    $\mathrm{Tr}[\Sigma A]\ne 0$ or $C\ne 0$, then $\lambda_*$ is unique and $G$ is strictly monotonic; (4) then, if
    $\Sigma$ is differentiable, $\lambda_*$ is a differentiable function of $\theta$.
    - Judged for rescaling, with squared norms and noises as symbols. Negative $\gamma$ is left out: there (1) is false.
    - At an interpolation minimum without decay, which (10) treats as a case of the theorem, nothing moves the charge,
      whatever $C$: the condition of (3) is wrong there, and $T\,\mathrm{Tr}[\Sigma A^2] + 4\gamma\theta^\top
      A^2\theta > 0$ is the sharp one.
    - (2) is read on the extended line. Where only one side pushes, as in scale invariance without decay, $G$ has no
      zero at a point, and vanishes at an infinite end.
    """
    yield equals(
        r"drift along the orbit: $G(\lambda)$",
        printed=printed_drift(),
        where={
            T: eta / S,
            a: u_1**2 + u_2**2,
            b: w_1**2 + w_2**2,
            p: trace_with(sp.diag(1, 1, 0, 0)),
            q: trace_with(sp.diag(0, 0, 1, 1)),
        },
        derived=lambda: moved(2 * noether_flow(rescaled(), S, weight_decay=2 * gamma).drift),
        wrong={"noise carried like the weights": printed_drift() + 2 * T * (p + q) * sp.sinh(2 * position)},
        mutated=False,
    )
    yield bounds(
        r"monotone: $G'(\lambda)$",
        printed=sp.S.Zero,
        exact=lambda: sp.diff(drift_along(rescaling_potential()), position),
        wrong={"below -1": -sp.S.One},
    )
    yield equals(
        r"(2), noise of one side alone: $G(\infty)$",
        printed=sp.S.Zero,
        derived=lambda: sp.limit(drift_along(rescaling_potential(sp.S.Zero, noise=(p, sp.S.Zero))), position, sp.oo),
        wrong={"the noise at the start": T * p},
        says=r"Without decay, and without noise of the weights that shrink.",
    )
    yield holds_when(
        r"(2), place: $\lambda_*\text{ is one point}$",
        printed=(gamma > 0) | ((some > 0) & (other > 0)),
        derived=_both_ends_fall,
        wrong={"always": sp.true, "noise on both sides": (some > 0) & (other > 0), "decay": gamma > 0},
        remark=r"A result of ours: with noises $P$ and $Q$ that may be 0, $G$ has opposite infinite limits just there.",
    )
    yield holds_when(
        r"interpolation: $G\text{ falls strictly, where }\Sigma = 0\text{ and }\gamma = 0$",
        printed=sp.Ne(a, b),
        corrected=sp.false,
        derived=_strict_at_interpolation,
        wrong={"for the first layer larger": a > b},
        says=r"Printed: where $C\ne 0$; corrected: nowhere.",
    )
    place = sp.log(CLOSED_ZERO) / 4
    yield equals(
        r"(4), slope: $\partial\lambda_*/\partial\|u\|^2$",
        printed=implicit_slope(),
        derived=lambda: sp.diff(noise_equilibrium(rescaling_potential()).closed_form, a),
        wrong={"of the logarithm": sp.diff(4 * place, a), "the other way": -sp.diff(place, a)},
        says=r"$-\partial G/\partial\|u\|^2$ over $\partial G/\partial\lambda$ at $\lambda_*$.",
        domain=(gamma > 0,),
        mutated=False,
    )
    yield equals(
        r"place from elsewhere on the orbit: $\lambda_*(e^{sA}\theta)$",
        printed=place - further,
        derived=lambda: noise_equilibrium(rescaling_potential(further=further)).closed_form,
        wrong={"the same": place, "carried along": place + further},
        remark="A result of ours: the point itself does not depend on where the orbit is entered.",
        mutated=False,
    )
    yield equals(
        r"zero: $e^{4\lambda_*}$",
        printed=CLOSED_ZERO,
        derived=lambda: sp.exp(4 * noise_equilibrium(rescaling_potential()).closed_form),
        wrong={
            "norms exchanged": (T * p + 4 * gamma * a) / (T * q + 4 * gamma * b),
            "noise alone": p / q,
            "a fourth root taken twice": sp.sqrt(CLOSED_ZERO),
            "a fourth more": sp.Rational(5, 4) * CLOSED_ZERO,
        },
        measured=[
            first_layer_at_rest("SGD from below", ("2", "1/2"), lambda zero: _rest(zero, sp.S.Half)),
            first_layer_at_rest("SGD from above", ("4/5", "5/4"), lambda zero: _rest(zero, sp.Rational(5, 4))),
            first_layer_at_rest(
                "SGD from below, with decay",
                ("2", "1/2"),
                lambda zero: _rest(zero, sp.S.Half, decay=1),
                decay=sp.S.One,
            ),
        ],
        remark="A result of ours: the closed form for rescaling. SGD learns one output of two, both with noise.",
    )


def _rest(zero: sp.Expr, start: sp.Rational, decay: int = 0) -> sp.Expr:
    r"""Where the zero puts the weight of one input, from ``start`` and the outputs' weights (1/start, 0) on.

    The noise of the outputs is a quarter each; weights that grow along the orbit are those of the outputs.
    """
    noise = {p: 4 * (sp.Rational(1, 4) + sp.Rational(1, 4)) * start**2, q: 4 * sp.Rational(1, 4) / start**2}
    place = zero.subs({**noise, a: 1 / start**2, b: start**2, gamma: decay * T})
    return start / sp.cancel(place) ** sp.Rational(1, 4)


def _both_ends_fall() -> sp.logic.boolalg.Boolean:
    r"""Whether G falls to :math:`-\infty` at one end and rises to :math:`\infty` at the other, by its exponentials."""
    terms = rescaling_potential(noise=(some, other)).terms
    up, down = (sp.Add(*(c for (rate,), c in terms.items() if (rate > 0) == grows)) for grows in (True, False))
    return sp.Gt(up, 0) & sp.Gt(down, 0)


def _strict_at_interpolation() -> sp.logic.boolalg.Boolean:
    """Whether G falls strictly where the noise and the decay vanish, from its slope at the start of the orbit."""
    slope = sp.diff(drift_along(rescaling_potential()), position).subs({p: 0, q: 0, gamma: 0, position: 0})
    return sp.Lt(slope, 0)


@paper.claim(
    "SYM-12", "Section 3.3, Eqs. (9), (10)", symbols=ORBIT_SYMBOLS | {r: r"$e^{2\lambda}$"},
    source=Source.RECONSTRUCTION,
)  # fmt: skip
def conditions_of_the_fixed_point():
    """Conditions of the fixed point.

    - Without decay a finite fixed point needs noise on both sides.
    """
    yield equals(
        r"with decay: $C^*$",
        printed=T * (p / r - q * r) / (4 * gamma),
        where={r: sp.sqrt(CLOSED_ZERO)},
        derived=_charge_at_rest,
        wrong={"decay with the factor one half": T * (p / r - q * r) / (2 * gamma)},
        says=r"$T\,\mathrm{Tr}[\Sigma A]/(4\gamma)$ with the noise at the fixed point, where $r = e^{2\lambda_*}$.",
        domain=(gamma > 0,),
        mutated=False,
    )
    at_rest = noise_equilibrium
    yield equals(
        r"without decay: $\mathrm{Tr}[\Sigma(\theta_{\lambda_*})A_+]$",
        printed=sp.sqrt(p * q),
        derived=lambda: p * sp.exp(-2 * at_rest(rescaling_potential(sp.S.Zero)).closed_form),
        wrong={"arithmetic mean": (p + q) / 2, "the start of the orbit": p},
        says="Both traces are the geometric mean of those at the start of the orbit.",
    )
    yield equals(
        r"without decay, other side: $\mathrm{Tr}[\Sigma(\theta_{\lambda_*})A_-]$",
        printed=sp.sqrt(p * q),
        derived=lambda: q * sp.exp(2 * at_rest(rescaling_potential(sp.S.Zero)).closed_form),
        wrong={"arithmetic mean": (p + q) / 2, "the start of the orbit": q},
    )


def _charge_at_rest() -> sp.Expr:
    """The charge where the potential is least."""
    place = sp.exp(2 * noise_equilibrium(rescaling_potential()).closed_form)
    return a * place - b / place


@paper.claim(
    "SYM-30", "Section 3.3, after Eq. (9)", symbols=ORBIT_SYMBOLS | {r: r"$e^{2\lambda}$"},
    source=Source.RECONSTRUCTION,
)  # fmt: skip
def large_decay_and_large_noise():
    r"""Large decay and large noise.

    "a large weight decay leads to a small [$|C|$], whereas a large gradient noise leads to a large [$|C|$]".
    - On a frozen orbit of a rescaling, where $C = ar - b/r$ grows with $r = e^{2\lambda}$; with strong decay $r^2$
      tends to $b/a$, where $C = 0$, with strong noise to $p/q$.
    """

    def squared() -> sp.Expr:
        return sp.cancel(sp.exp(4 * noise_equilibrium(rescaling_potential()).closed_form))

    yield bounds(
        r"decay: $\mathrm{sign}(C^*)\,\partial_\gamma r_*^2$",
        printed=sp.S.Zero,
        exact=lambda: sp.factor((a * squared() - b) * sp.diff(squared(), gamma)),
        wrong={"below -1": -sp.S.One},
        says=r"$C^*$ has the sign of $ar_*^2 - b$.",
    )
    yield bounds(
        r"noise: $\mathrm{sign}(C^*)\,\partial_Tr_*^2$",
        printed=sp.S.Zero,
        exact=lambda: sp.factor((a * squared() - b) * sp.diff(squared(), T)),
        relation=">=",
        wrong={"above 1": sp.S.One},
    )


@paper.claim(
    "SYM-43", "Appendix A.2, Eqs. (31) to (37)", symbols=PRODUCT_SYMBOLS, source=Source.RECONSTRUCTION
)  # fmt: skip
def gradients_and_noise_along_the_orbit():
    r"""Gradients and noise along the orbit.

    $e^{\lambda A}$ is "full-rank and symmetric", with inverse $e^{-\lambda A}$; "Because [$e^{\lambda A}$] is a
    function of [$A$], it commutes with [$A$]".
    - The rule of the gradient needs a symmetric $A$: in general the inverse is transposed.
    """
    model = product_model()
    forth = matrix_exponential(A, position)
    back = matrix_exponential(A, -position)
    gradient = sp.Matrix([sp.diff(model.loss, weight) for weight in WEIGHTS])
    yield equals(
        r"gradient: $\nabla\ell(\theta_\lambda)$",
        printed=back * gradient,
        derived=lambda: moved(gradient),
        wrong={"moved like the weights": forth * gradient, "not moved": gradient},
        mutated=False,
    )
    yield equals(
        r"noise: $\Sigma(\theta_\lambda)$",
        printed=back * model.covariance * back,
        derived=lambda: moved(sp.Matrix(model.covariance)),
        wrong={"moved like the weights": forth * model.covariance * forth, "on one side": back * model.covariance},
        mutated=False,
    )
    yield equals(
        r"commutation: $e^{\lambda A}A$",
        printed=A * forth,
        derived=lambda: forth * A,
        wrong={"with the inverse": A * back},
        mutated=False,
    )
