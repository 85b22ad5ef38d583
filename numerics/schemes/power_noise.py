"""Steps of diffusions on the half-line whose noise is a power of the state: CEV above 1/2, the 3/2 model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from numerics.schemes.drawn_moments import DrawnMoments
from numerics.schemes.quadratic_exponential import QuadraticExponential
from numerics.schemes.scheme import SchemeError
from theory.ito import ItoProcess
from theory.notation import t

Terms = list[tuple[sp.Expr, sp.Rational]]
"""Coefficients and exponents of a sum of powers."""

_SMALLEST = sp.Rational(1, 10**30)
"""Values of 1/Y up to which the noise is left out."""

_Y = sp.Dummy("Y", positive=True)


@dataclass(frozen=True)
class PowerNoise(DrawnMoments):
    r"""Steps of :math:`dX = b(X)\,dt + s X^p\,dW` with p > 1/2 that stay on the half-line.

    In :math:`Y = X^q` with :math:`q = 2 - 2p` the noise is that of a square root,

    .. math:: dY = \bigl(q X^{q-1} b(X) + \tfrac12 q(q-1)s^2\bigr)dt + q s \sqrt Y\,dW,

    and for :math:`b = \beta X + \delta X^{2p-1}` so is the drift, :math:`\alpha + \beta q Y`: such a step is one of
    :class:`QuadraticExponential`. For other sums of powers the noise acts first, for p > 1 in that way, for p < 1 as
    :math:`\lvert X^{1-p} + (1-p)s\,\Delta W\rvert^{1/(1-p)}` with Stratonovich's drift :math:`\frac12ps^2X^{2p-1}`,
    which is taken off b; then b, its gains explicitly and its losses in the denominator:
    :math:`z = X + h\,b_+(X)`, :math:`X \leftarrow z/(1 + h\,b_-(z)/z)`.

    The end 0 must be out of reach: for p < 1 by :math:`b(0) > 0`, or :math:`\alpha \ge 0`.

    References:
        Andersen, *J. Comput. Finance* 11(3) (2008) 1; Heston, "A simple new formula for options with stochastic
        volatility" (1997), for the 3/2 model; Burchard, Deleersnijder and Meister, *Appl. Numer. Math.* 47 (2003) 1,
        for losses in the denominator.
    """

    def step_expressions(
        self, process: ItoProcess, normals: Sequence[sp.Symbol], step: sp.Symbol, root_step: sp.Symbol
    ) -> list[sp.Expr]:
        """See :meth:`Scheme.step_expressions`.

        Raises:
            SchemeError: the process has another form, or reaches 0.
        """
        self.require_normals(process, normals)
        p, s, b = self.coefficients(process)
        (x,) = process.state
        q = 2 - 2 * p
        linear = _in_chart(_powers(b, x), p, s)
        if linear is not None or p > 1:
            alpha, beta = linear or (q * (q - 1) * s**2 / 2, sp.S.Zero)
            chart = ItoProcess.scalar(_Y, drift=alpha + beta * _Y, dispersion=abs(q) * s * sp.sqrt(_Y))
            (moved,) = QuadraticExponential().step_expressions(chart, normals, step, root_step)
            noisy = _power(moved.xreplace({_Y: x**q}), 1 / q)
            if p > 1:
                # Below, Y overflows and the noise is nothing beside x; 0 stays.
                noisy = sp.Piecewise((noisy, x**-q > _SMALLEST), (x * sp.exp(beta * step / q), True))
            return [noisy if linear is not None else _by_gains_and_losses(noisy, _powers(b, x), step)]
        noisy = sp.Abs(x ** (1 - p) + (1 - p) * s * root_step * normals[0]) ** (1 / (1 - p))
        return [_by_gains_and_losses(noisy, [*_powers(b, x), (-p * s**2 / 2, 2 * p - 1)], step)]

    @staticmethod
    def coefficients(process: ItoProcess) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        """The exponent p, s, and the drift b."""
        if process.dimension == 1 and t not in process.drift.free_symbols | process.diffusion.free_symbols:
            (x,), (b,) = process.state, process.drift
            noise = _powers(process.diffusion[0], x)
            terms = _powers(b, x)
            if x.is_nonnegative and len(noise) == 1 and terms is not None:
                ((square, twice),) = noise
                p, s = twice / 2, sp.sqrt(square)
                if p > sp.S.Half and p != 1 and s.is_positive and _stays(terms, p, s):
                    return p, s, b
        raise SchemeError(
            "PowerNoise needs one coordinate x, declared positive or nonnegative, with dispersion s x**p, p > 1/2 and "
            "not 1, and a drift of powers of x with coefficients of known sign that keeps x from 0, got drift "
            f"{process.drift[0]} and diffusion {process.diffusion[0]} in {tuple(process.state)}. Where 0 is reached "
            "use Absorbing(left=0) or Reflecting(left=0); where it is not, EulerMaruyama() with a small step."
        )


def _powers(f: sp.Expr, x: sp.Symbol) -> Terms | None:
    """Coefficients and rational exponents of a sum of powers of x; ``None`` for another function."""
    found: dict[sp.Rational, sp.Expr] = {}
    for term in sp.Add.make_args(sp.expand(f)):
        c, power = term.as_independent(x)
        base, e = power.as_base_exp() if power != 1 else (x, sp.S.Zero)
        if base != x or not e.is_Rational:
            return None
        found[e] = found.get(e, sp.S.Zero) + c
    return [(c, e) for e, c in found.items() if c != 0]


def _in_chart(terms: Terms, p: sp.Rational, s: sp.Expr) -> tuple[sp.Expr, sp.Expr] | None:
    """The drift alpha + beta Y in Y where it is one that keeps Y from 0 as far as it must, else ``None``."""
    q, by_exponent = 2 - 2 * p, {e: c for c, e in terms}
    if not set(by_exponent) <= {sp.S.One, 2 * p - 1}:
        return None
    alpha = sp.expand(q * by_exponent.get(2 * p - 1, 0) + q * (q - 1) * s**2 / 2)
    margin = alpha if p < 1 else sp.expand(alpha - q**2 * s**2 / 2)
    return (alpha, q * by_exponent.get(sp.S.One, sp.S.Zero)) if margin.is_nonnegative else None


def _power(moved: sp.Expr, r: sp.Rational) -> sp.Expr:
    """A value of Y, in cases, to the power r; cases without a mean, which do not occur, are left out for r < 0."""
    if not isinstance(moved, sp.Piecewise):
        return moved**r
    cases = [(value, given) for value, given in moved.args if r > 0 or not value.is_number]
    if r < 0:
        cases[-1] = (cases[-1][0], sp.true)
    return sp.Piecewise(*((value if value.is_number else _power(value, r), given) for value, given in cases))


def _stays(terms: Terms, p: sp.Rational, s: sp.Expr) -> bool:
    """Whether 0 is out of reach, or the drift in Y says what happens there, and no drift explodes."""
    if _in_chart(terms, p, s) is not None:
        return True
    if any(c.is_positive is None and c.is_negative is None for c, _ in terms):
        return False
    gains, losses = [e for c, e in terms if c.is_positive], [e for c, e in terms if c.is_negative]
    if any(not 0 <= e <= 1 for e in gains) or any(e <= 0 for e in losses):
        return False
    return 0 in gains or (p > 1 and all(e >= 1 for e in losses))


def _by_gains_and_losses(x: sp.Expr, terms: Terms, step: sp.Expr) -> sp.Expr:
    """A step of the drift alone, positive for every length."""
    z = x + step * sp.Add(*(c * x**e for c, e in terms if c.is_positive))
    return z / (1 - step * sp.Add(*(c * z ** (e - 1) for c, e in terms if c.is_negative)))
