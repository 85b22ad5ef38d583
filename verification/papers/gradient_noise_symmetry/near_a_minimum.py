r"""Section 4.4, Eqs. (20) to (23): where SGD rests near a minimum of a loss without the symmetry.

Two models. **A loss of the direction** of two weights, :math:`\ell_0 = y\,\theta_2/\|\theta\|` with :math:`y = \pm s`
alike often, has the scale invariance :math:`A = I` and no mean; the part without symmetry,

.. math:: \ell_1 = \tfrac h2(\theta_1 - 1)^2 + \tfrac k2\bigl(1 + \kappa(\theta_1 - 1)\bigr)\theta_2^2,

has its minimum at (1, 0), the eigenvalues h and :math:`k = h_2` there, and a curvature that grows along the first
weight where :math:`\kappa > 0`. **A product** of two weights has a rescaling, :math:`A = \mathrm{diag}(1, -1)`.
"""

from __future__ import annotations

from functools import cache

import sympy as sp

from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.model import Model
from theory.notation import eta
from theory.symmetry.affine_generator import AffineGenerator
from theory.symmetry.broken_symmetry import ChargeDeviation, charge_deviation
from verification.authoring.shorthand import Grade, Source, agrees_to_order, bounds, equals, holds_when
from verification.forms import Experiment
from verification.papers.gradient_noise_symmetry.descent import RATE, descended, noise, product_of_two, u, v, w, y
from verification.papers.gradient_noise_symmetry.paper import T, paper

t_1, t_2 = sp.symbols("theta_1 theta_2", real=True)
h, k = sp.symbols("h h_2", positive=True)
bend = sp.Symbol("kappa", real=True)
HERE = {t_1: 1, t_2: 0}

SYMBOLS = {
    T: r"temperature $\eta/S$",
    noise: r"size of the noise, $\ell_0 = \pm s\,\theta_2/\|\theta\|$",
    h: r"eigenvalue of the Hessian along $\theta_*$",
    k: r"eigenvalue across it",
    bend: r"relative growth of $h_2$ along $\theta_1$",
}


@cache
def pinned() -> Model:
    """The loss of the direction with the part that breaks its symmetry."""
    breaking = h * (t_1 - 1) ** 2 / 2 + k * (1 + bend * (t_1 - 1)) * t_2**2 / 2
    return Model([t_1, t_2], y * t_2 / sp.sqrt(t_1**2 + t_2**2) + breaking, Empirical([y], [[-noise], [noise]]))


@cache
def deviation() -> ChargeDeviation:
    """To first order in T; its charge is half of the page's."""
    scale = AffineGenerator([t_1, t_2], sp.eye(2))
    return charge_deviation(scale, pinned().mean_loss, pinned().covariance, HERE)


def rests(name: str, observable: sp.Expr, growth: str) -> Experiment:
    """The mean of an observable of SGD at rest, over the temperature, with h = 1, h_2 = 2 and noise of size 1."""
    at = {RATE: "1/800", h: "1", k: "2", bend: growth, noise: "1"}
    exact = {symbol: sp.Rational(at[symbol]) for symbol in (h, k, bend, noise)}
    return descended(
        f"{name}, curvature growing by {growth}",
        pinned,
        observable / eta,
        lambda candidate: (candidate / T).subs(exact),
        at=at,
        start=("1", "0"),
        steps=4_000,
        averaged=32_000,
    )


@paper.claim(
    "SYM-23", "Section 4.4, Eqs. (20) to (23)", symbols=SYMBOLS, source=Source.RECONSTRUCTION, grade=Grade.WRONG
)
def deviation_from_a_minimum():
    r"""Deviation from a minimum.

    (20) $T\,\mathrm{Tr}[\Sigma A] = 2\theta^\top AH(\theta - \theta_*)$; (21) $s = T\,\mathrm{Tr}[\Sigma A]/(2h\,
    \theta_*^\top An)$ where $\theta - \theta_* = sn$ is an eigenvector; (23) $C - C_* = T\,\mathrm{Tr}[\Sigma A]/h$.
    "The quantity [$C$] will be systematically larger than the local minimum values of [$C$] if the approximate symmetry
    matrix [$A$] is PD."
    - (20) leaves out the fluctuations $2\,\mathrm{Tr}[AHX]$, $X$ the stationary covariance. By Lyapunov's equation
      $HX + XH = T\Sigma$ they are $T\,\mathrm{Tr}[\Sigma A]$, all of its left side: nothing is left for a displacement.
    - The displacement comes from the third derivatives of the loss, the charge from both, and neither from $h$ alone.
    - Judged for the stationary law to first order in $T$, on a loss of the direction ($A = I$) at a minimum with
      eigenvalues $h$, along $\theta_*$, and $h_2$.
    """
    trace = noise**2
    shift = -T * trace * bend / (4 * h)
    yield equals(
        r"displacement (21): $E[n\cdot(\theta - \theta_*)]$",
        printed=T * trace / (2 * h),
        corrected=shift,
        derived=lambda: T * deviation().mean_shift[0],
        wrong={"a tenth farther": sp.Rational(11, 10) * shift, "the other way": -shift},
        measured=rests("displacement", t_1 - 1, "3"),
    )
    charge = T * trace / 2 * (1 / k - bend / h)
    yield equals(
        r"deviation (23): $E[C] - C_*$",
        printed=T * trace / h,
        corrected=charge,
        derived=lambda: 2 * T * deviation().charge_shift,
        wrong={
            "fluctuations alone": T * trace / (2 * k),
            "displacement alone": 2 * shift,
            "a tenth more": sp.Rational(11, 10) * charge,
        },
        measured=rests("charge", t_1**2 + t_2**2 - 1, "3"),
    )
    yield holds_when(
        r"definite $A$: $E[C] > C_*$",
        printed=sp.true,
        corrected=bend * k < h,
        derived=lambda: sp.Gt(deviation().charge_shift, 0),
        wrong={"where the curvature falls": bend < 0, "twice as much growth": bend * k < 2 * h},
        says=r"Corrected: where the curvature across grows slowly enough.",
    )
    hessian = sp.diag(h, k)
    yield equals(
        r"(20) with its fluctuations: $2E[\theta^\top AH(\theta - \theta_*)]\big|_{\kappa = 0}$",
        printed=T * trace,
        derived=lambda: _right_side_of_20(hessian).subs(bend, 0),
        wrong={"without them": sp.S.Zero, "counted once": T * trace / 2},
        remark="For a quadratic part (20) holds in the mean, without any displacement.",
    )


def _right_side_of_20(hessian: sp.MatrixBase) -> sp.Expr:
    found = deviation()
    displaced = (sp.Matrix([[1, 0]]) * hessian * found.mean_shift)[0]
    return 2 * T * (displaced + (hessian * found.covariance).trace())


def pull(growth: sp.Expr = sp.S.Zero) -> sp.Expr:
    r"""A part with its minimum at (2, 1/2), whose curvature across falls along the first weight."""
    return (u - 2) ** 2 / 2 + (1 - growth * (u - 2)) * (w - sp.S.Half) ** 2 / 2


@cache
def pulled(growth: sp.Expr = sp.S.Zero) -> ChargeDeviation:
    """The product of two weights, teacher 1 and noise 1, pulled to one of its minima."""
    model, learned = product_of_two(pull(growth)), {v: 1, noise: 1}
    rescaling = AffineGenerator([u, w], sp.diag(1, -1))
    minimum = {u: 2, w: sp.S.Half}
    return charge_deviation(rescaling, model.mean_loss.subs(learned), model.covariance.subs(learned), minimum)


@paper.claim("SYM-38", "Section 4.4, after Eqs. (20) and (21)", symbols={T: SYMBOLS[T], noise: "size of the noise"})
def size_of_the_deviation():
    r"""Size of the deviation.

    SGD "will stay around a point that deviates from the local minimum by an [$O(T)$] amount"; "this deviation
    disappears in the limit [$T\to0$]"; "This stationary point potentially has many solutions."
    - The point is the mean of the stationary law, at a distance of order $T$; SGD itself fluctuates around it by
      $O(\sqrt T)$. The zeros of (20) are a whole circle where $A = I$, of which this mean is none (SYM-23).
    """
    first = pulled().mean_shift[0]
    at = {RATE: "1/100", v: "1", noise: "1"}

    def mean(rate: str) -> Experiment:
        return descended(
            f"mean of the first weight at the learning rate {rate}",
            lambda: product_of_two(pull()),
            (u - 2) / eta,
            lambda candidate: (candidate / T).subs(T, sp.Rational(rate)),
            at={**at, RATE: rate},
            start=("2", "1/2"),
            steps=int(15 / sp.Rational(rate)),
            averaged=int(60 / sp.Rational(rate)),
        )

    yield equals(
        r"mean: $E[u] - u_*$",
        printed=first * T,
        derived=lambda: T * pulled().mean_shift[0],
        wrong={
            "of the order of the fluctuations": first * sp.sqrt(T) / 10,
            "quadratic": 100 * first * T**2,
            "none": sp.S.Zero,
            "a tenth more": sp.Rational(11, 10) * first * T,
        },
        says=r"A product pulled to a place of its minima, $\zeta = 1$; the page says $O(T)$, the coefficient is ours.",
        measured=[mean("1/400"), mean("1/1000")],
        mutated=False,
    )
    yield agrees_to_order(
        r"limit: $\lim_{T\to0}E[C] - C_*$",
        printed=sp.S.Zero,
        derived=lambda: 2 * T * pulled().charge_shift,
        small=T,
        order=0,
        wrong={"of order one": sp.S.One},
    )
    place, strength = sp.Matrix([t_1, t_2]), sp.Symbol("h", positive=True)
    circle = 2 * strength * ((t_1 - sp.S.Half) ** 2 + t_2**2 - sp.Rational(1, 4))
    yield equals(
        r"many solutions: $2\theta^\top AH(\theta - \theta_*)$",
        printed=circle,
        derived=lambda: sp.expand(2 * strength * place.dot(place - sp.Matrix([1, 0]))),
        wrong={"around the minimum": 2 * strength * ((t_1 - 1) ** 2 + t_2**2)},
        says=r"$A = I$, $H = hI$, $\theta_* = (1, 0)$: (20) is a circle around $\theta_*/2$, this equal to the noise.",
        mutated=False,
    )


strength = sp.Symbol("z", positive=True)
INTERPOLATION = {
    u: "first weight at rest, where $uw = 1$",
    T: SYMBOLS[T],
    noise: "size of the label noise",
    strength: r"strength of the breaking part, $\zeta/T$",
    bend: r"relative fall of the curvature along $u$",
}


@cache
def weakly_pulled() -> Model:
    r"""A product of two weights, and :math:`\ell_1 = \frac12((u - 2)^2 + w^2)` with a strength of order T."""
    return product_of_two(strength * eta * ((u - 2) ** 2 + w**2) / 2)


def charge_where_the_curvature_falls() -> Experiment:
    """The charge of SGD over that of the minimum at u = 2, w = 1/2, per learning rate, for a curvature falling by 8."""
    return descended(
        "the charge of SGD where the curvature falls by 8",
        lambda: product_of_two(pull(sp.Integer(8))),
        (u**2 - w**2 - sp.Rational(15, 4)) / eta,
        lambda candidate: candidate.subs(bend, 8),
        at={RATE: "1/600", v: "1", noise: "1"},
        start=("2", "1/2"),
        steps=5_000,
        averaged=24_000,
    )


@paper.claim("SYM-39", "Section 4.4", symbols=INTERPOLATION)
def interpolation_between_minimum_and_balance():
    r"""Interpolation between the minimum and the balance.

    "one expects that the solution favored by SGD is an effective interpolation between the true local minimum and the
    fixed point favored by the symmetries".
    - An expectation is judged where the page has it: $\zeta$ "neither too large nor too small". Where the breaking part
      is as strong as the noise, $\zeta\sim T$, SGD rests on the minima of $\ell_0$, between both, and closer to the
      balance the weaker the part is.
    - Beyond, it is no rule without exception, says a remark: at $\zeta\sim1$, where SGD rests at the minimum up to
      $O(T)$, large third derivatives push the charge away from the balance, past its value at the minimum.
    """
    charge = u**2 - 1 / u**2
    rest = noise**2 * charge / (2 * (2 * u - charge))
    half = sp.Rational(3, 2)
    ratio = rest.subs({u: half, noise: 1})
    yield equals(
        r"weak part: $\zeta/T\text{ at which SGD rests at }u$",
        printed=rest,
        derived=_strength_at_rest,
        wrong={
            "the pull counted once": 2 * rest,
            "no label noise": 0 * rest,
            "a half stronger": sp.Rational(3, 2) * rest,
        },
        says=r"A result of ours, the zero of (18) on $uw = 1$ with $\ell_1 = \frac12((u - 2)^2 + w^2)$.",
        measured=descended(
            "the first weight of SGD at rest",
            weakly_pulled,
            u,
            lambda candidate: _place_at(candidate, ratio),
            at={RATE: "1/50", v: "1", noise: "1", strength: str(ratio)},
            start=("1", "1"),
            steps=25_000,
            refined=4,
        ),
        remark=True,
        mutated=False,
    )
    yield bounds(
        r"weak part, monotone: $\partial_u(\zeta/T)$",
        printed=sp.S.Zero,
        exact=lambda: sp.factor(sp.diff(_strength_at_rest(), u)),
        relation=">=",
        wrong={"above 1": sp.S.One},
        says=r"From the balance, $u = 1$ at $\zeta = 0$, to the minimum of $\ell_1$, the pole, as $\zeta/T\to\infty$.",
        domain=(u > 1, charge < 2 * u),
    )
    base, growth = (2 * part for part in sp.Poly(pulled(bend).charge_shift, bend).all_coeffs()[::-1])
    yield holds_when(
        r"strong part: $0 < E[C] < C_*$",
        printed=sp.true,
        corrected=bend < -base / growth,
        derived=lambda: sp.Lt(pulled(bend).charge_shift, 0),
        wrong={"twice as much": bend < -2 * base / growth, "where the curvature grows": bend < 0},
        says=r"To first order in $T$, $\zeta = 1$, minimum at $u = 2$, $w = \frac12$; the balance is $C = 0$.",
        remark=True,
    )
    yield equals(
        r"strong part, charge: $(E[C] - C_*)/T$",
        printed=base + growth * bend,
        derived=lambda: 2 * pulled(bend).charge_shift,
        wrong={"the curvature constant": base, "a tenth more": sp.Rational(11, 10) * (base + growth * bend)},
        measured=charge_where_the_curvature_falls(),
        remark=True,
        mutated=False,
    )


def _strength_at_rest() -> sp.Expr:
    """Where the drift (18) of the charge vanishes on the minima of the symmetric part, solved for the strength."""
    model = weakly_pulled()
    gradient, sigma = sp.Matrix(model.gradient), sp.Matrix(model.covariance)
    drift = -2 * (u * gradient[0] - w * gradient[1]) + eta * (sigma * sp.diag(1, -1)).trace()
    (found,) = sp.solve(drift.subs(w, 1 / u).subs(v, 1), strength)
    return sp.cancel(found)


def _place_at(candidate: sp.Expr, ratio: sp.Expr) -> sp.Expr | None:
    """The weight u between 1 and 2 at which the candidate has this value; none predicts nothing."""
    gap = sp.numer(sp.together(candidate.subs(noise, 1) - ratio))
    places = [root for root in sp.Poly(gap, u).nroots() if root.is_real and 1 < root < sp.Rational(21, 10)]
    return sp.Float(places[0]) if len(places) == 1 else None
