r"""Sections 3.1, 3.3 and 4.3: motion along degenerate directions, and where it has an end.

The steps of the proof of Theorem 1 that do not hold as they stand are here as well.
"""

from __future__ import annotations

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.notation import eta
from theory.symmetry import EquilibriumKind, OneParameterSymmetry, noether_flow
from theory.symmetry.noise_equilibrium import noise_equilibrium
from theory.symmetry.one_parameter import slope_along
from theory.symmetry.orbit_potential import OrbitPotential
from verification.authoring.shorthand import Grade, Kind, Source, bounds, equals, holds_when
from verification.papers.gradient_noise_symmetry.descent import RATE, descended, noise, product_of_two, u, v, w
from verification.papers.gradient_noise_symmetry.fixed_point import ORBIT_SYMBOLS, a, b, p, position, q
from verification.papers.gradient_noise_symmetry.paper import NOISE_SYMBOLS, TEMPERATURE, S, T, gamma, paper

TWO_WEIGHTS = NOISE_SYMBOLS | {
    u: "weight of the first layer",
    w: "weight of the second layer",
    v: r"teacher, $\ell = \frac12(uw - y)^2$ with $y = v \pm s$",
    noise: "size of the label noise",
}
CHARGE = u**2 - w**2
FIELD = sp.Matrix([u, -w])


def flow_of_the_charge() -> sp.Expr:
    r""":math:`\dot C` of the product of two weights, from its diffusion."""
    return 2 * noether_flow(OneParameterSymmetry(product_of_two(), FIELD), S).drift


@paper.claim("SYM-27", "Section 3.1", symbols=TWO_WEIGHTS)
def exploration_of_the_degenerate_directions():
    r"""Exploration of the degenerate directions.

    "the biased flow (5) suggests that SGD noise can drive SGD to explore within this manifold along these degenerate
    directions, since the value of [$C$] [...] can vary"; the manifold is a "connected, loss-invariant manifold".
    - No step has a component along $J$: what moves $C$ is of second order, steps across the manifold that come back to
      another place of it. Judged where two weights have learned their teacher, $uw = v$.
    """
    rate = {"no motion": 0 * CHARGE, "a tenth faster": -sp.Rational(11, 10) * T * noise**2 * CHARGE}
    run = {"at": {RATE: "1/100", v: "1", noise: "1"}, "start": ("2", "1/2"), "steps": 10_000}
    yield equals(
        r"on the manifold of minima: $\dot C\big|_{uw = v}$",
        printed=-T * noise**2 * CHARGE,
        where=TEMPERATURE,
        derived=lambda: sp.expand(flow_of_the_charge().subs(v, u * w)),
        wrong=rate,
        says=r"(5) at the minima: $T\,\mathrm{Tr}[\Sigma A] = -Ts^2C$, which is not 0.",
        measured=descended(
            "the charge of SGD at the time when it has lost 1 - 1/e, from u = 2, w = 1/2",
            product_of_two,
            CHARGE,
            _decayed,
            refined=4,
            **run,
        ),
        mutated=False,
    )
    yield equals(
        r"steps: $J\cdot\nabla\ell$",
        printed=sp.S.Zero,
        derived=lambda: sp.expand(slope_along(FIELD, product_of_two().loss, sp.Matrix([u, w]))),
        wrong={"both weights grow": sp.expand(2 * u * w * (u * w - sp.Symbol("y", real=True)))},
        remark="No sample moves the weights along the manifold in first order.",
    )
    yield equals(
        r"place on the manifold: $E[uw]$",
        printed=v,
        derived=lambda: sp.solve(sp.diff(product_of_two().mean_loss, u), u)[0] * w,
        wrong={"off the manifold by a tenth": sp.Rational(11, 10) * v},
        measured=descended(
            "the product of SGD meanwhile",
            product_of_two,
            u * w,
            lambda place: place.subs(v, 1),
            **run,
        ),
        remark="The loss stays at its minimum, up to fluctuations.",
    )


def _decayed(rate: sp.Expr) -> sp.Expr:
    """The charge at the time 1/T, from 15/4 on, where its rate of change is a multiple of it."""
    relative = sp.cancel(rate.subs(noise, 1) / CHARGE).subs({eta: T, S: 1})
    return sp.Rational(15, 4) * sp.exp(relative / T)


@paper.claim("SYM-29", "Section 3.3, after Theorem 1", symbols=TWO_WEIGHTS)
def reasons_for_the_trace_to_vanish():
    r"""Reasons for the first trace to vanish.

    "One major (perhaps the only) reason for the first trace to vanish is when an interpolation minimum, where all
    gradient noise vanishes, exists and the model has reached it."
    - It is one. "Perhaps the only" is a possibility and judged as one, not as "the only": the remarks look further. For
      definite $A$ it is the only reason. For indefinite $A$ the trace vanishes at every noise equilibrium without decay
      as well, by the page's own (10), with all the noise that there is.
    """
    spread = sp.Symbol("N", nonnegative=True)

    def trace_at_a_minimum(label_noise: sp.Expr) -> sp.Expr:
        """Tr[Sigma A] of the product of two weights where it has learned the teacher."""
        found = (sp.Matrix(product_of_two().covariance) * sp.diag(1, -1)).trace()
        return sp.factor(found.subs(noise, label_noise).subs(v, u * w))

    yield holds_when(
        r"interpolation: $\mathrm{Tr}[\Sigma A] = 0$",
        printed=sp.true,
        derived=lambda: sp.Eq(trace_at_a_minimum(sp.S.Zero), 0),
        wrong={"for equal weights": sp.Eq(u, w), "never": sp.false},
        says=r"At a minimum, $uw = v$, without label noise.",
        domain=(u > 0, w > 0),
    )
    yield holds_when(
        r"minimum with label noise: $\mathrm{Tr}[\Sigma A] = 0$",
        printed=sp.Eq(u, w),
        derived=lambda: sp.Eq(trace_at_a_minimum(noise), 0),
        wrong={"everywhere": sp.true, "never": sp.false},
        says="A result of ours: where gradient noise is left, it has to be balanced.",
        domain=(u > 0, w > 0, noise > 0),
        remark=True,
    )

    def trace(sign: int) -> sp.Expr:
        """Tr[Sigma A] with A = diag(1, sign), where the slope of the loss has the variance N."""
        gradient = sp.Matrix([w, u])
        return sp.expand(spread * (gradient.T * sp.diag(1, sign) * gradient)[0])

    yield holds_when(
        r"rescaling, the only reason: $\mathrm{Tr}[\Sigma A] = 0$",
        printed=sp.Eq(spread, 0),
        corrected=sp.Eq(spread, 0) | sp.Eq(u**2, w**2),
        derived=lambda: sp.Eq(trace(-1), 0),
        wrong={"equal weights alone": sp.Eq(u**2, w**2)},
        says=r"$\Sigma = N\begin{pmatrix}w^2&uw\\uw&u^2\end{pmatrix}$, the noise of a product; $N$ that of its slope.",
        domain=(u > 0, w > 0),
        remark=True,
    )
    yield holds_when(
        r"definite generator: $\mathrm{Tr}\,\Sigma = 0$",
        printed=sp.Eq(spread, 0),
        derived=lambda: sp.Eq(trace(1), 0),
        wrong={"equal weights": sp.Eq(u**2, w**2)},
        domain=(u > 0, w > 0),
        remark=True,
    )


@paper.claim("SYM-34", "Section 4.3, after Eq. (16)", symbols=TWO_WEIGHTS, grade=Grade.CONDITION)
def alignment_under_gradient_descent():
    r"""Alignment under gradient descent.

    "perfect alignment is never possible and completely depends on the initialization".
    - It is decided by the initialisation, and possible for those of a set of measure 0: a balanced start stays balanced
      under gradient flow, and in steps of any size.
    - Two weights, where the alignment (16) is $u^2 = w^2$.
    """
    start, value = sp.symbols("C_0", real=True), sp.Symbol("v", positive=True)

    def ends() -> tuple[sp.Expr, sp.Expr]:
        """The squares of both weights where u w = v and u^2 - w^2 is what it was at the start."""
        square = sp.Symbol("square", positive=True)
        found = [root for root in sp.solve(square**2 - start * square - value**2, square)]
        first = next(root for root in found if root.subs({start: 1, value: 1}) > 0)
        return first, first - start

    yield holds_when(
        r"aligned at the end: $u_\infty^2 = w_\infty^2$",
        printed=sp.false,
        corrected=sp.Eq(start, 0),
        derived=lambda: sp.Eq(sp.expand(ends()[0] - value**2 / ends()[0]).simplify(), 0),
        wrong={"always": sp.true, "for a positive charge": start > 0},
        says=r"Gradient flow with $u_0^2 - w_0^2 = C_0$ and $u_\infty w_\infty = v > 0$.",
    )
    yield equals(
        r"step: $C'/C$",
        printed=1 - eta**2 * (u * w - v) ** 2,
        derived=lambda: _step_of_descent(),
        wrong={"conserved": sp.S.One, "to first order": 1 - 2 * eta * (u * w - v) ** 2},
        remark="A result of ours: in steps of gradient descent a charge shrinks or grows, and 0 stays 0.",
        mutated=False,
    )


def _step_of_descent() -> sp.Expr:
    gradient = sp.Matrix([product_of_two().mean_loss]).jacobian([u, w])
    moved = {u: u - eta * gradient[0], w: w - eta * gradient[1]}
    return sp.factor(sp.cancel(CHARGE.subs(moved, simultaneous=True) / CHARGE))


@paper.claim(
    "SYM-44", "Appendix A.2, second half of the proof", symbols=ORBIT_SYMBOLS, kind=Kind.PROOF_STEP,
    source=Source.RECONSTRUCTION, grade=Grade.CONDITION,
)  # fmt: skip
def case_distinction_of_the_proof():
    r"""Case distinction in the proof of Theorem 1.

    Each of $I_1$ (noise) and $I_2$ (decay) "is either a zero function or strictly monotonically increasing function".
    "If [$I_1$] or [$I_2$] is zero, we can take [$\lambda^*$] to be either [$\infty$] or [$-\infty$]"; if both are
    nonzero, $G$ falls strictly, with infinite limits of opposite sign, and "there must exist only a unique
    [$\lambda^*$]".
    - Theorem 1 (2) and (3) stand on the extended line. A finite zero needs terms that push up and terms that push down,
      whether they come from noise or from decay.
    """
    up, down = sp.exp(2 * position), sp.exp(-2 * position)
    decay = 4 * gamma * (a * up - b * down)
    yield bounds(
        r"decay: $I_2'(\lambda)$",
        printed=sp.S.Zero,
        exact=lambda: sp.diff(decay, position),
        relation=">=",
        wrong={"above 1": sp.S.One},
        says=r"$I_2 = 4\gamma C(\theta_\lambda)$ for rescaling; that of the noise likewise.",
    )
    yield holds_when(
        r"both nonzero: $G(\lambda_*) = 0\text{ at some finite }\lambda_*$",
        printed=sp.true,
        corrected=sp.false,
        derived=lambda: has_a_finite_zero({(2,): 2 * T * q + 4 * gamma * a}),
        wrong={"for strong decay": gamma > T},
        says=r"Weights with $\mu = 1$ alone, noise with $\mu = -1$ alone: a second layer that is 0.",
        domain=(gamma > 0,),
    )
    yield holds_when(
        r"no decay: $\lim G = 0\text{ at an infinite end}$",
        printed=sp.true,
        corrected=sp.false,
        derived=_vanishes_at_an_end,
        wrong={"for the noise of one side larger": p > q},
        says="Noise on both sides of a rescaling, no decay: the zero is finite.",
    )


def has_a_finite_zero(terms: dict[tuple[int, ...], sp.Expr]) -> Boolean:
    """Whether a potential with positive terms of these rates has its least value at a point."""
    return sp.true if noise_equilibrium(OrbitPotential(terms)).kind is EquilibriumKind.FINITE else sp.false


def _vanishes_at_an_end() -> Boolean:
    """Whether the drift of noise alone tends to 0 at an infinite end."""
    drift = T * (p * sp.exp(-2 * position) - q * sp.exp(2 * position))
    ends = {sp.limit(drift, position, end) for end in (sp.oo, -sp.oo)}
    return sp.true if sp.S.Zero in ends else sp.false
