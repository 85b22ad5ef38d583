r"""Special functions that SymPy lacks: Tricomi's confluent hypergeometric function."""

from __future__ import annotations

from typing import Any

import sympy as sp
from sympy.core.evalf import mp
from sympy.core.function import ArgumentIndexError

from theory.argument_kinds import ArgumentKind, takes
from theory.errors import UnsupportedFormError


# Lower case as SymPy's own functions; mpmath evaluates by this name.
class hyperu(sp.Function):
    r"""Tricomi's function :math:`U(a, b, z)`, the solution of Kummer's equation that does not grow at infinity.

    .. math::
        z\,U'' + (b - z)\,U' - a\,U = 0, \qquad U(a, b, z) \sim z^{-a} \quad (z \to \infty)

    It is entire in :math:`a` and :math:`b`; for :math:`a = -n` it is the polynomial of
    :meth:`expand_func <sympy.core.expr.Expr.expand>`. Numbers come from :func:`tricomi_number`.

    References:
        NIST *Digital Library of Mathematical Functions*, 13.2.6 (behaviour at infinity), 13.2.7 (polynomials),
        13.2.40 (Kummer's transformation), 13.3.22 (derivative).

    Example:
        >>> z = sp.Symbol("z", positive=True)
        >>> b = sp.Symbol("b")
        >>> hyperu(2, b, z).diff(z)
        -2*hyperu(3, b + 1, z)
        >>> sp.expand_func(hyperu(-1, b, z))
        -b + z
        >>> hyperu(1, 1, 2).evalf(15)
        0.361328616888223
    """

    nargs = 3

    @classmethod
    def eval(cls, a: sp.Expr, b: sp.Expr, z: sp.Expr) -> sp.Expr | None:
        """The value 1 at a = 0, else no evaluation."""
        if a.is_zero:
            return sp.S.One
        return None

    def fdiff(self, argindex: int = 1) -> sp.Expr:
        """The derivative in the third argument; the others have no closed form."""
        a, b, z = self.args
        if argindex != 3:
            raise ArgumentIndexError(self, argindex)
        return -a * hyperu(a + 1, b + 1, z)

    def _eval_mpmath(self) -> tuple[Any, tuple[sp.Expr, ...]]:
        """What SymPy evaluates with."""
        return tricomi_number, self.args

    def _eval_expand_func(self, **hints: object) -> sp.Expr:
        a, b, z = self.args
        if not (a.is_Integer and a.is_nonpositive):
            return self
        n = -int(a)
        return sp.expand(
            (-1) ** n * sum(sp.binomial(n, j) * sp.expand_func(sp.rf(b + j, n - j)) * (-z) ** j for j in range(n + 1))
        )

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        arguments = ", ".join(printer._print(argument) for argument in self.args)
        return rf"U\left({arguments}\right)" + (f"^{{{exp}}}" if exp else "")


def _is_finite_number(value: Any) -> bool:
    plain = isinstance(value, int | float | complex | mp.mpf | mp.mpc) and not isinstance(value, bool)
    return plain and bool(mp.isfinite(value))


_NUMBER = ArgumentKind("a finite number of Python or mpmath", _is_finite_number)


@takes(a=_NUMBER, b=_NUMBER, z=_NUMBER)
def tricomi_number(a: Any, b: Any, z: Any) -> Any:
    """U(a, b, z) in the working precision of mpmath, also where one of the two series that it is made of is zero.

    mpmath asks each series for its own leading digits, which a sum that is exactly 0 has none of.

    Raises:
        UnsupportedFormError: mpmath's series do not converge there, or there is a pole.

    Example:
        >>> tricomi_number(2, 2.5, 0.5)
        mpf('2.0')
    """
    try:
        return mp.hyperu(a, b, z, zeroprec=4 * mp.prec)
    except (ValueError, ArithmeticError, mp.NoConvergence) as error:
        raise UnsupportedFormError(
            f"mpmath has no value of U({a}, {b}, {z}): {error or type(error).__name__}."
        ) from None


def kummer_residual(f: sp.Expr, a: sp.Expr, b: sp.Expr, z: sp.Symbol) -> sp.Expr:
    r"""The left-hand side :math:`z f'' + (b - z) f' - a f` of Kummer's equation."""
    return z * sp.diff(f, z, 2) + (b - z) * sp.diff(f, z) - a * f
