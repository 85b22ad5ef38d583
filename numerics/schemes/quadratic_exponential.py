"""Andersen's quadratic-exponential scheme for square-root diffusions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from numerics.schemes.drawn_moments import DrawnMoments
from numerics.schemes.scheme import SchemeError
from theory.ito import ItoProcess
from theory.notation import t

_SWITCH = sp.Rational(3, 2)
"""Relative variance above which the exponential is used; both laws exist between 1 and 2."""

_NOTHING = sp.Rational(1, 10**30)
"""Conditional means below count as 0. Only without immigration are there any, and the chance to recover is as small."""


@dataclass(frozen=True)
class QuadraticExponential(DrawnMoments):
    r"""Steps of :math:`dX = (\alpha + \beta X)\,dt + \sqrt{c X}\,dW` that never leave :math:`X \ge 0`.

    It takes :math:`\alpha \ge 0`. With :math:`E = e^{\beta h}` and :math:`G = (E - 1)/\beta` the transition has
    mean and variance

    .. math:: m = E x + \alpha G, \qquad s^2 = c\,(E G\,x + \tfrac12 \alpha G^2).

    A step draws a law with exactly these: a scaled square :math:`a (b + Z)^2` where :math:`\psi = s^2/m^2` is small,
    else an exponential with a mass at 0. Mean, variance and covariances of the chain are those of the process for every
    step; other expectations have an error that falls with it. The end 0 reflects if :math:`\alpha > 0` (where it is
    reached), and absorbs if :math:`\alpha = 0`, as it does for the process.

    References:
        Andersen, *J. Comput. Finance* 11(3) (2008) 1, section 3.2; Cox, Ingersoll and Ross, *Econometrica* 53 (1985)
        385, eq. (19).
    """

    def step_expressions(
        self, process: ItoProcess, normals: Sequence[sp.Symbol], step: sp.Symbol, root_step: sp.Symbol
    ) -> list[sp.Expr]:
        """See :meth:`Scheme.step_expressions`.

        Raises:
            SchemeError: the process is no square-root diffusion on a nonnegative coordinate, or leaves it.
        """
        self.require_normals(process, normals)
        alpha, beta, c = self.coefficients(process)
        (x,), (Z, Z_2) = process.state, normals
        E = sp.exp(beta * step)
        G = step if beta == 0 else (E - 1) / beta
        mean = E * x + alpha * G
        variance = c * (E * G * x + alpha * G**2 / 2)
        psi = variance / mean**2
        b_squared = 2 / psi - 1 + sp.sqrt(2 / psi) * sp.sqrt(2 / psi - 1)
        quadratic = mean / (1 + b_squared) * (sp.sqrt(b_squared) + Z) ** 2
        # Where psi overflows the maximum is 0, so nothing may multiply it that is infinite then.
        scale = (mean + variance / mean) / 2
        exponential = scale * sp.Max(0, (Z**2 + Z_2**2) / 2 - sp.log((psi + 1) / 2))
        plain = sp.Dummy("mean", real=True)  # without the assumptions of x, which 0 may break
        chosen = sp.Piecewise((quadratic, psi <= _SWITCH), (exponential, True))
        steps = sp.Piecewise((chosen, plain > _NOTHING), (0, plain >= 0), (-1, True))
        return [steps.xreplace({plain: mean})]

    @staticmethod
    def coefficients(process: ItoProcess) -> tuple[sp.Expr, sp.Expr, sp.Expr]:
        r""":math:`\alpha`, :math:`\beta` and c."""
        moving = set(process.state) | {t}
        if process.dimension == 1 and process.state[0].is_nonnegative:
            (x,) = process.state
            drift, diffusion = sp.expand(process.drift[0]), sp.expand(process.diffusion[0])
            beta, c = sp.diff(drift, x), sp.cancel(diffusion / x)
            alpha = sp.expand(drift - beta * x)
            if (
                not (alpha.free_symbols | beta.free_symbols | c.free_symbols) & moving
                and not alpha.is_negative
                and c != 0
            ):
                return alpha, beta, c
        raise SchemeError(
            "QuadraticExponential needs one coordinate x, declared positive or nonnegative, with drift alpha + beta x, "
            f"alpha >= 0, and diffusion c x, got drift {process.drift[0]} and diffusion {process.diffusion[0]} in "
            f"{tuple(process.state)}. Use EulerMaruyama()."
        )
