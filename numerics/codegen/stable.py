r"""Expressions rewritten so that floating-point numbers lose no digits and no part overflows where the whole does not.

From the outside in, before anything is lowered; both sides of each line agree for all real numbers.

===================================  ====================================================  ===========================
``E/(1+E)``, ``E = exp(u)``          ``exp(-|u|)`` in place of E, by the sign of u         E overflows
``E/(1+E) - E^2/(1+E)^2``            ``E/(1+E)^2``                                         cancels as u -> oo
``log(exp(u) + exp(v))``             ``max(u, v) + log1p(exp(-|u-v|))``                    overflows
``log(1 - exp(-u))``                 ``log(-expm1(-u))`` or ``log1p(-exp(-u))``            cancels as u -> 0
``log(cosh(u))``                     ``log1p(2 sinh(u/2)^2)`` or with ``log1p(exp(-2|u|))``  cancels, overflows
``log(2 cosh(u)) - |u|``              ``log1p(exp(-2|u|))``                                 cancels far out
``log((1+u)/(1-u))``                 ``2 artanh(u)``                                       cancels as u -> 0
``log(a/b)``                         ``log1p((a-b)/b)`` where a is near b                  cancels as a -> b
``acos(1-u)``                        ``2 asin(sqrt(u/2))``                                 loses u as u -> 0
``atanh(1-u)``                       ``log1p(2 (1-u)/u)/2``                                loses u as u -> 0
``sqrt(1+u) - 1``                    ``u/(sqrt(1+u) + 1)``                                 cancels as u -> 0
``(1+u)^p - 1``                      ``expm1(p log1p(u))``                                 cancels as u -> 0
``(1+u)^v``                          ``exp(v log1p(u))``                                   loses u as u -> 0
``sinh(u)/cosh(u)``                  ``tanh(u)``                                           overflows
``cosh(u)/cosh(v)``                  with ``exp(|u| - |v|)`` in front                      overflows
``I_a(u)/I_b(u)``                    quotient of ``exp(-|u|) I(u)``                        overflows
``gamma(u+a)/gamma(u)``               by Stirling's series, and so its logarithm            overflows
``exp(-u^2)/erfc(u)``                ``1/(exp(u^2) erfc(u))``, and so its logarithm        0/0
``log((1 + erf(u))/2)``              ``log1p(-erfc(u)/2)``, or with ``exp(u^2) erfc(-u)``    cancels, underflows
``p log(p/q) - p + q``                a series in (p - q)/(p + q)                           cancels as p -> q
``exp(u) - 1 - u``                   its Taylor series near 0                              cancels as u -> 0
``asinh(u) - log(2u)``               a polynomial in 1/u or exp(-u) far out                cancels as u -> oo
``1/(1+u) - 1 + u``                  ``u^2/(1+u)``                                         cancels as u -> 0
``log(sinh(u)/u)``                   ``|u| + log(-expm1(-2|u|)/(2|u|))``                   overflows
``W(exp(u))``, ``W(u - 1/e)``         Newton's method far out, series near the branch       overflows, loses u
``acos(A)``, 1 - A^2 one term        ``atan2(sqrt(1 - A^2), A)``                           loses 1 - A
``log(cos(u))``                      ``log1p(-2 sin(u/2)^2)``                              cancels as u -> 0
===================================  ====================================================  ===========================

Exponentials have a page of their own, :mod:`numerics.codegen.exponentials`, and so have the series near a point where
several orders cancel, :mod:`numerics.codegen.removable`, and the polynomials far out, :mod:`numerics.codegen.far_out`;
differences of two functions, such as ``exp(u) - 1``, are in :mod:`numerics.codegen.accurate`.

References:
    Higham, *Accuracy and Stability of Numerical Algorithms* (2002), sections 1.7 and 1.14; Mächler, "Accurately
    computing log(1 - exp(-|a|))" (2012), for the place where the two forms change.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sympy as sp
from sympy.codegen.cfunctions import log1p
from sympy.logic.boolalg import Boolean

from numerics.arguments import YES_OR_NO, takes
from numerics.codegen.accurate import beside_a_step, power_of_sum, with_one_term_below, without_cancellation
from numerics.codegen.branch_ends import at_branch_ends
from numerics.codegen.exponentials import absolute_value, exponential_factor, meeting_exponentials, safe_product
from numerics.codegen.gamma_functions import (
    beside_stirling,
    common_singular_factor,
    gamma_beside_powers,
    gamma_quotient,
    is_nonlinear_in_polygammas,
)
from numerics.codegen.gaussian_sums import thin_sides
from numerics.codegen.hyperbolic import (
    as_hyperbolic_product,
    hyperbolic_terms,
    in_one_product,
    log_of_growing,
    without_overflow,
)
from numerics.codegen.inverse_functions import by_distance, one_minus_square
from numerics.codegen.lambert import one_plus_lambert_w, quotients_in_lambert_w, stable_lambert_w
from numerics.codegen.logarithms import (
    beside_its_exponent,
    by_sides,
    difference_of_logarithms,
    log_beside_exponential,
    log_beside_growth,
    log_of_quotient,
    stable_logarithm,
)
from numerics.codegen.mixtures import over_one_mixture
from numerics.codegen.one_denominator import (
    as_square,
    beside_a_modulus,
    growing_terms,
    nested_quotient,
    over_a_power,
    over_one_denominator,
    quotients_added,
    quotients_in_a_modulus,
)
from numerics.codegen.relative_entropy import relative_entropies
from numerics.codegen.removable import over_what_vanishes, with_series
from numerics.codegen.roots import difference_of_powers, difference_of_quotients
from numerics.codegen.special import in_two_orders, rescaled, without_growth
from theory.argument_kinds import ArgumentKind

OF_RECIPROCALS = {sp.asec: sp.acos, sp.acsc: sp.asin, sp.asech: sp.acosh}
"""Functions f, and g with f(u) = g(1/u) about which there are rules."""

PAIRS = (one_minus_square, difference_of_quotients, difference_of_powers, difference_of_quotients)
"""Rules for pairs of terms, in order: roots that cancelled are quotients."""

FORMULAS = ArgumentKind(
    "a sequence of expressions and conditions",
    lambda value: (
        isinstance(value, list | tuple | sp.MatrixBase) and all(isinstance(entry, sp.Basic) for entry in value)
    ),
)


@takes(expressions=FORMULAS, series=YES_OR_NO)
def stable(expressions: Sequence[sp.Basic], *, series: bool = True) -> list[sp.Basic]:
    """The expressions in the forms above; without ``series`` all of them hold to any number of digits.

    Example:
        >>> x = sp.Symbol("x", real=True)
        >>> stable([sp.exp(x) / (1 + sp.exp(x)) ** 2, sp.sqrt(1 + x**2) - 1])
        [exp(-Abs(x))/(1 + exp(-Abs(x)))**2, x**2/(sqrt(x**2 + 1) + 1)]
    """
    first = _Forms(set(), series=series)
    results = [first.of(expression) for expression in expressions]
    if not first.signed:
        return results
    # Once more, so that quotients in exp(u) share the exp(-|u|) that one of them needs.
    second = _Forms(first.signed, series=series)
    return [second.of(expression) for expression in expressions]


class _Forms:
    """The forms of all parts of some expressions.

    Attributes:
        signed: Exponents u for which the programs holds exp(-|u|).
        series: Whether sums that cancel to several orders are Taylor series where they do.
        to_a_double: Whether forms that hold to the digits of a double are enough.
        stirling: Whether logarithms of gamma functions are looked for in sums.
        sides: Whether logarithms are written by the sides on which their exponentials grow.
        known: Part to form.
        concerned: Part to whether a rule may be about something in it.
    """

    def __init__(self, signed: set[sp.Expr], *, series: bool) -> None:
        self.signed = signed
        self.series = self.to_a_double = self.stirling = self.sides = series
        self.known: dict[sp.Basic, sp.Basic] = {}
        self.concerned: dict[sp.Basic, bool] = {}

    def of(self, expression: sp.Basic) -> Any:
        """The form of an expression or condition."""
        found = self.known.get(expression)
        if found is None:
            self.known[expression] = expression  # two rules that undo each other end here
            found = self.known[expression] = self._form(expression)
        return found

    def _form(self, expression: sp.Basic) -> sp.Basic:
        if not expression.args or not self._is_concerned(expression):
            return expression
        if isinstance(expression, sp.Add | sp.Mul) and (found := in_one_product(expression)) not in (None, expression):
            return self.of(found)
        if isinstance(expression, sp.Add):
            return self._sum(expression)
        if isinstance(expression, sp.log):
            return self._logarithm(expression)
        if isinstance(expression, sp.besseli | sp.besselk):
            return self._inner(without_growth(expression))
        if isinstance(expression, sp.harmonic) and len(expression.args) == 1:
            return self.of(sp.digamma(expression.args[0] + 1) + sp.EulerGamma)
        if type(expression) in OF_RECIPROCALS:
            return self.of(OF_RECIPROCALS[type(expression)](1 / expression.args[0]))
        if isinstance(expression, sp.LambertW) and self.to_a_double:
            return stable_lambert_w(expression, form=self.of) or self._inner(expression)
        if isinstance(expression, sp.acosh | sp.acos | sp.asin | sp.atanh | sp.acoth):
            return self._inverse(expression)
        if self.series and isinstance(expression, sp.Mul) and (near := self._quotient_near_a_zero(expression)):
            return near
        if isinstance(expression, sp.Mul):
            for rule in (growing_terms, hyperbolic_terms, meeting_exponentials):
                if (distributed := rule(expression)) is not None:
                    return self.of(sp.Add(*distributed))
        if isinstance(expression, sp.Mul) and sum(isinstance(factor, sp.exp) for factor in expression.args) > 1:
            c, u = exponential_factor(expression)
            return self.of(c * sp.exp(sp.expand(u)))
        if expression.is_Pow and expression.base.is_Add and sp.S.One in expression.base.args:
            if not expression.exp.is_number:
                return self.of(power_of_sum(expression))
        if isinstance(expression, sp.Mul | sp.Pow) and (simpler := with_one_term_below(expression)) is not None:
            return self.of(simpler)
        if isinstance(expression, sp.Mul | sp.Pow):
            if self.to_a_double and isinstance(expression, sp.Mul):
                expression = gamma_quotient(expression)
                if expression.has(sp.gamma) and (far := gamma_beside_powers(expression)) is not None:
                    near = self._inner(safe_product(expression, self.signed))
                    return sp.Piecewise((self.of(far[0]), far[1]), (near, True))
            quotient = rescaled(nested_quotient(over_a_power(expression)))
            expression = safe_product(without_overflow(quotient), self.signed)
        if isinstance(expression, sp.loggamma) and expression.args[0].is_Add:
            return self._near_a_zero(expression, self._inner(expression))
        return self._inner(expression)

    def _inverse(self, expression: sp.Expr) -> sp.Basic:
        """An inverse function that is singular at 1."""
        (A,) = expression.args
        if isinstance(expression, sp.acosh) and isinstance(A, sp.cosh):
            return absolute_value(self.of(A.args[0]))
        inner = self._inner(expression)
        found = by_distance(inner)
        if found is None and isinstance(inner, sp.acos | sp.asin | sp.atanh) and not A.is_Symbol:
            found = self._by_distance_of_square(expression, inner)
        return found or inner

    def _by_distance_of_square(self, expression: sp.Expr, inner: sp.Expr) -> sp.Basic | None:
        """The arc sine, cosine or hyperbolic tangent of A by 1 - A**2, where that is one term."""
        (A,), (B,) = expression.args, inner.args
        square = sp.Add(*(without_cancellation([sp.S.One, -(A**2)]) or [self.of(1 - A**2)]))
        if square.is_Add or square.has(sp.Piecewise) or isinstance(A, sp.sin | sp.cos):
            return None
        root = self.of(sp.sqrt(square))
        if isinstance(expression, sp.acos):
            return sp.atan2(root, B)
        if isinstance(expression, sp.asin):
            return sp.atan2(B, root)
        near = sp.sign(B) * (log1p(absolute_value(B)) - self.of(sp.log(square)) / 2)
        return sp.Piecewise((near, square < sp.S.Half), (inner, True))

    def _is_concerned(self, expression: sp.Basic) -> bool:
        found = self.concerned.get(expression)
        if found is None:
            own = isinstance(expression, sp.Function) or (
                expression.is_Pow and (not expression.exp.is_Integer or expression.exp < 0)
            )
            own = own or (expression.is_Add and one_minus_square(expression.args) is not None)
            found = own or any([self._is_concerned(part) for part in expression.args])
            self.concerned[expression] = found
        return found

    def _inner(self, expression: sp.Basic) -> sp.Basic:
        """The expression with its parts in their forms."""
        parts = []
        for part in expression.args:
            if isinstance(part, sp.Expr | Boolean):
                # The powers of a product have been dealt with together, those with a changing exponent apart.
                is_done = isinstance(expression, sp.Mul) and isinstance(part, sp.Pow) and part.exp.is_number
                parts.append(self._inner(part) if is_done else self.of(part))
            else:  # a branch of a Piecewise
                parts.append(self._inner(part) if isinstance(part, sp.Tuple) else part)
        same = all(a is b for a, b in zip(parts, expression.args, strict=True))
        if same:
            return expression
        # SymPy compares the arguments of a maximum with each other, which takes seconds where they are long.
        unasked = {"evaluate": False} if isinstance(expression, sp.Max | sp.Min) else {}
        return expression.func(*parts, **unasked)

    def _sum(self, expression: sp.Add) -> sp.Basic:
        sides = self._cancelling_sides(expression)
        if sides:
            branches = [(sp.exp(growth) * bracket, region) for growth, bracket, region in sides]
            return sp.Piecewise(*branches, (self._plain_sum(expression), True))
        return self._plain_sum(expression)

    def _cancelling_sides(self, total: sp.Expr) -> list[tuple[sp.Expr, sp.Expr, Boolean]]:
        """Growth, bracket and region on each side on which the leading terms of a sum of error functions cancel."""
        if not (self.series and total.is_Add and total.has(sp.erf, sp.erfc)):
            return []
        forms = [(side, self.of(side.bracket)) for side in thin_sides(total)]
        return [(side.growth, side.clipped(form), side.region) for side, form in forms if form.has(sp.Piecewise)]

    def _plain_sum(self, expression: sp.Add) -> sp.Basic:
        if self.series and (common := common_singular_factor(expression.args)) is not None:
            return self.of(common) * self.of(sp.Add(*(term / common for term in expression.args)))
        form = self._sum_by_rules(expression)
        if self.stirling and is_nonlinear_in_polygammas(expression):
            return with_series(expression, expression.args, form) or form
        return form

    def _sum_by_rules(self, expression: sp.Add) -> sp.Basic:
        if self.stirling and (terms := beside_stirling(expression.args)) is not None:
            self.stirling = False  # what is written stays, near 0
            try:
                form = self.of(sp.Add(*terms))
            finally:
                self.stirling = True
            near = with_series(expression, expression.args, form) if len(expression.args) > 2 else None
            return form if near is None else near
        for rule in (over_one_mixture, quotients_in_lambert_w, in_two_orders):
            if (terms := rule(expression.args)) is not None:
                return self.of(sp.Add(*terms))
        if self.series and (terms := relative_entropies(expression.args)) is not None:
            return self.of(sp.Add(*terms))
        if self.to_a_double and (terms := one_plus_lambert_w(expression.args, form=self.of)) is not None:
            return self._inner(sp.Add(*terms)) if len(terms) > 1 else terms[0]
        if self.sides and (found := by_sides(expression.args)) is not None:
            return self._by_sides(expression, *found)
        if self.sides and (terms := beside_its_exponent(expression.args)) is not None:
            return self.of(sp.Add(*terms))
        if (sides := beside_a_step(expression) or beside_a_modulus(expression)) is not None:
            return self.of(sides)
        for rule in (as_square, quotients_added, quotients_in_a_modulus):
            if (terms := rule(expression.args)) is not None:
                return self.of(sp.Add(*terms))
        terms = over_one_denominator(expression.args) or as_hyperbolic_product(expression.args)
        if terms is not None:
            form = self.of(sp.Add(*terms))
            return self.series and with_series(expression, expression.args, form, orders=2) or form
        total = self._inner(expression)
        for rule in (*PAIRS, difference_of_logarithms):
            while isinstance(total, sp.Add) and (terms := rule(total.args)) is not None:
                total = sp.Add(*terms)
        return self._near_a_zero(expression, total)

    def _by_sides(self, expression: sp.Add, u: sp.Expr, right: sp.Expr, left: sp.Expr) -> sp.Basic:
        """A sum by its forms for large u on either side, and by its own between them."""
        self.sides = False
        try:
            branches = [(self.of(right), u > 1), (self.of(left), u < -1)]
            return sp.Piecewise(*branches, (self._plain_sum(expression), True))
        finally:
            self.sides = True

    def _quotient_near_a_zero(self, expression: sp.Mul) -> sp.Basic | None:
        """A sum that cancels to several orders over something that vanishes with it, as one series."""
        near = self._series_of_quotient(expression)
        if near is None:
            return None
        self.series = False
        try:
            form = self._form(expression)
        finally:
            self.series = True
        return near.xreplace({expression: form})

    def _series_of_quotient(self, expression: sp.Mul) -> sp.Basic | None:
        if (vanishing := over_what_vanishes(expression)) is not None:
            return with_series(expression, [vanishing], expression)
        sums = [factor for factor in expression.args if factor.is_Add]
        if len(sums) != 1 or not any(factor.is_Pow and factor.exp.is_negative for factor in expression.args):
            return None
        if not expression.has(sp.Function, sp.exp):
            return None  # roots and polynomials have rules of their own
        rest = sp.Mul(*(factor for factor in expression.args if factor is not sums[0]))
        # Two terms that are equal at a point become one there by other rules; three need not.
        orders = 2 if len(sums[0].args) < 3 else 1
        return with_series(expression, [term * rest for term in sums[0].args], expression, orders=orders)

    def _near_a_zero(self, expression: sp.Expr, form: sp.Basic) -> sp.Basic:
        """The form, by a series where it cancels to several orders."""
        if not self.series:
            return form
        terms: Sequence[sp.Expr] = [sp.S.One]  # a function of an argument that was rounded
        if isinstance(expression, sp.Add):
            terms = sp.Add.make_args(form)
            while len(terms) > 1 and (fewer := without_cancellation(terms)) is not None:
                terms = sp.Add.make_args(sp.Add(*fewer))
            if expression.has(sp.acos, sp.asin, sp.acosh) and (ends := at_branch_ends(expression, expression.args)):
                return sp.Piecewise(*ends, (form, True))
            if len(terms) == 1:  # accurate where two functions meet to first or second order
                return with_series(expression, expression.args, form, orders=3) or form
        return with_series(expression, terms, form) or form

    def _logarithm(self, expression: sp.Expr) -> sp.Basic:
        (A,) = expression.args
        sides = self._cancelling_sides(A)
        if sides:
            branches = [(growth + sp.log(bracket), region) for growth, bracket, region in sides]
            return sp.Piecewise(*branches, (self._plain_logarithm(expression), True))
        return self._plain_logarithm(expression)

    def _plain_logarithm(self, expression: sp.Expr) -> sp.Basic:
        rewritten = stable_logarithm(expression.args[0])
        if rewritten is not None:
            # Logarithms that a rule made are in their last form, and only their arguments are looked into.
            for made in rewritten.atoms(sp.log) - expression.args[0].atoms(sp.log):
                self.known[made] = self._inner(made)
            if not isinstance(rewritten, sp.Add):
                return self._inner(rewritten)
            form = self.of(rewritten)
            # Sums of exponentials that are 1 somewhere: the generating function of cumulants of a finite law at 0.
            is_one_somewhere = expression.args[0].is_Add or expression.args[0].is_Mul or expression.has(sp.besseli)
            return self._near_a_zero(expression, form) if is_one_somewhere else form
        inner = self._inner(expression)
        form = (log_of_quotient(inner.args[0]) if isinstance(inner, sp.log) else None) or inner
        if form.has(log1p):
            self.known[inner] = inner
            form = self._inner(form)  # the distance from 1 may cancel
        if isinstance(form, sp.log) and isinstance(form.args[0], sp.Mul):
            growing = log_of_growing(expression.args[0]) or log_beside_growth(expression.args[0])
            if growing is not None and growing.has(sp.Piecewise):
                self.known[expression] = form  # the branch in which it stays
                growing = self._inner(growing)
            return self._near_a_zero(expression, form if growing is None else growing)
        if isinstance(form, sp.log) and form.args[0].is_Add:
            beside = log_beside_exponential(expression.args[0])
            if beside is not None:
                self.known[expression] = form  # the branch in which it stays
                return self._near_a_zero(expression, self._inner(beside))
        return form
