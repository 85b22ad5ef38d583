r"""Closed forms of :math:`\exp\int\rho`, each checked by differentiation.

Candidates come from partial fractions; a candidate counts only if its logarithmic derivative equals
:math:`\rho` in the normal form of :func:`theory.line.charts.powers.power_quotient`. Where none is found the integral
is left standing, with an explicit integrand, so that quadrature can evaluate it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import sympy as sp
from sympy.integrals.rationaltools import ratint_ratpart

from theory.argument_kinds import EXPRESSION, SYMBOL, one_of, takes
from theory.decision.algebra.normal_form import proof_of_zero
from theory.decision.conditions.inequalities import sign
from theory.errors import UnsupportedFormError
from theory.line.charts.interval import Chart, Interval
from theory.line.charts.powers import PowerQuotient, dominant, in_one_power, power_quotient, reduced_exponent
from theory.line.charts.sign_on_interval import image_of_end, sign_on_interval
from theory.line.integrals.even_factors import even_part, image_of_square, is_even, odd_part
from theory.line.integrals.incomplete_beta import derivative, partial_fractions, primitive_over_factor


@takes(log_derivative=EXPRESSION, variable=SYMBOL, interval=one_of(Interval, needed="an Interval"))
def exponential_of_integral(log_derivative: sp.Expr, variable: sp.Symbol, interval: Interval) -> sp.Expr:
    r"""A positive function w on the interval with :math:`w'/w = \rho`: powers times an exponential.

    Args:
        log_derivative: :math:`\rho`, a quotient of sums of powers of ``variable``, finite inside the interval.
        variable: x.
        interval: where x lives.

    Returns:
        w without constant factors. If no closed form is found, ``exp(Integral(...))`` from an interior point.

    Example:
        >>> x, k = sp.symbols("x k", positive=True)
        >>> exponential_of_integral(k / x - 2 * x, x, Interval(0, sp.oo))
        x**k*exp(-x**2)
    """
    if interval.left.is_nonnegative and not variable.is_nonnegative:
        half = sp.Symbol(variable.name, positive=True)  # powers split and merge only where their base is positive
        return exponential_of_integral(log_derivative.subs(variable, half), half, interval).subs(half, variable)
    if interval.right.is_nonpositive:
        half = sp.Symbol(variable.name, positive=True)
        mirrored = exponential_of_integral(
            -log_derivative.subs(variable, -half), half, Interval(-interval.right, -interval.left)
        )
        return mirrored.subs(half, -variable)
    for candidate in _candidates(log_derivative, variable, interval):
        if candidate is not None and is_logarithmic_derivative(log_derivative, candidate, variable):
            return candidate
    dummy = sp.Symbol(f"{variable.name}'", **variable.assumptions0)
    integral = sp.Integral(log_derivative.subs(variable, dummy), (dummy, interval.interior_point(), variable))
    return sp.exp(integral)


def is_logarithmic_derivative(claimed: sp.Expr, function: sp.Expr, variable: sp.Symbol) -> bool:
    """Whether ``function'/function`` equals ``claimed``: proved in a normal form (False where none applies)."""
    difference = logarithmic_derivative(function, variable) - claimed
    try:
        if power_quotient(difference, variable).is_zero:
            return True
    except UnsupportedFormError:
        return False
    return bool(difference.atoms(sp.Pow, sp.hyper)) and proof_of_zero(difference) is not None


_MAX_SIZE = 50
"""Degree times symbols above which partial fractions would fill pages and minutes; their integral is left standing."""


@takes(density=EXPRESSION, interval=one_of(Interval, needed="an Interval"))
def where_integrals_begin(density: sp.Expr, interval: Interval) -> sp.Expr:
    """The point inside the interval from which all standing integrals of a density are taken; else any point inside.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> where_integrals_begin(sp.exp(-sp.Integral(sp.cosh(y**3), (y, 2, x))), Interval(1, sp.oo))
        2
    """
    (left, right), begins = interval.ends, {e.limits[0][1] for e in density.atoms(sp.Integral)}
    inside = [e for e in begins if (left < e) == sp.true and (e < right) == sp.true]
    return inside[0] if len(begins) == len(inside) == 1 else interval.interior_point()


@takes(density=EXPRESSION, variable=SYMBOL, point=EXPRESSION)
def with_integrals_at(density: sp.Expr, variable: sp.Symbol, point: sp.Expr) -> sp.Expr:
    """The value at ``point``, where standing integrals of no length are 0; no other integral is tried in closed form.

    Example:
        >>> x, y = sp.symbols("x y", real=True)
        >>> with_integrals_at(x * sp.exp(-sp.Integral(sp.cosh(y**3), (y, 2, x))), x, sp.Integer(2))
        2
    """

    def is_empty(part: sp.Basic) -> bool:
        return isinstance(part, sp.Integral) and part.limits[0][1] == part.limits[0][2]

    return density.subs(variable, point).replace(is_empty, lambda part: sp.S.Zero)


@takes(function=EXPRESSION, variable=SYMBOL)
@lru_cache(maxsize=512)
def logarithmic_derivative(function: sp.Expr, variable: sp.Symbol) -> sp.Expr:
    r"""The derivative of :math:`\log|f|`, factor by factor: rational for products of powers and exponentials.

    Example:
        >>> x, k = sp.symbols("x k", positive=True)
        >>> logarithmic_derivative(x ** (k - 1) * sp.exp(-3 * x), x)
        -3 + (k - 1)/x
    """
    if not function.has(variable):
        return sp.S.Zero
    if function.is_Mul:
        return sp.Add(*[logarithmic_derivative(factor, variable) for factor in function.args])
    if isinstance(function, sp.exp):
        return derivative(function.args[0], variable)
    if function.is_Pow and not function.exp.has(variable):
        return function.exp * logarithmic_derivative(function.base, variable)
    if isinstance(function, sp.Piecewise):
        return sp.Piecewise(*((logarithmic_derivative(one, variable), where) for one, where in function.args))
    return sp.diff(function, variable) / function


def _candidates(rho: sp.Expr, x: sp.Symbol, interval: Interval) -> Iterator[sp.Expr | None]:
    """Functions that may solve w'/w = rho, the plainest first; none of them is trusted."""
    quotient = power_quotient(rho, x)
    divisor = quotient.terms(quotient.denominator)
    if len(divisor) == 1:
        ((power, scale),) = divisor.items()
        terms = {reduced_exponent(r - power): c / scale for r, c in quotient.terms(quotient.numerator).items()}
        yield _from_powers(terms, x)
        return
    on_half_line = interval.left.is_nonnegative
    is_single = len(quotient.generators) == 1
    is_plain = rho.free_symbols == {x} or all(f.degree() <= 2 for f, _ in quotient.denominator.factor_list()[1])
    if is_single and (is_plain or not on_half_line):
        yield _in_the_generator(quotient, x, interval)
    if on_half_line:
        yield _over_one_power(quotient, x, interval)
    if is_single and on_half_line and not is_plain:
        yield _in_the_generator(quotient, x, interval)


def _in_the_generator(quotient: PowerQuotient, x: sp.Symbol, interval: Interval) -> sp.Expr | None:
    r"""The case of a rational function of one power :math:`g = x^r`."""
    (g,), (r,) = quotient.generators, quotient.powers
    ratio = quotient.numerator.as_expr() / quotient.denominator.as_expr() * g ** (1 / r - 1) / r
    local = Interval(*(end if r == 1 else end**r for end in interval.ends))
    in_g = _from_partial_fractions(sp.cancel(ratio), g, local)
    return None if in_g is None else in_g.subs(g, x**r)


def _over_one_power(quotient: PowerQuotient, x: sp.Symbol, interval: Interval) -> sp.Expr | None:
    r"""The case :math:`\sum_r x^r Q_r(y)/P(y)` with :math:`y = x^q`, sorted by exponents r that differ modulo q."""
    divisor = quotient.terms(quotient.denominator)
    found = in_one_power(divisor)
    if found is None:
        return None
    polynomial, q = found
    y = sp.Dummy("y", positive=True)
    bottom = sp.Add(*(c * y**j for j, c in polynomial.items()))
    lowest = dominant(divisor, -1)
    factors, exponents = [], []
    for r, top in _by_class(quotient.terms(quotient.numerator), lowest, q, y).items():
        b = sp.cancel((r + 1) / q)
        if b.is_Integer:
            local = Interval(*(image_of_end(end, q) for end in interval.ends))
            part = _from_partial_fractions(sp.cancel(y ** (b - 1) * top / bottom / q), y, local)
            factors.append(None if part is None else part.subs(y, x**q))
        else:
            exponents.append(_primitive_of_class(r, q, sp.cancel(top / bottom), y, x, interval))
    if None in factors or None in exponents:
        return None
    return sp.Mul(*factors) * sp.exp(sp.Add(*exponents))


def _by_class(terms: dict[sp.Expr, sp.Expr], lowest: sp.Expr, q: sp.Expr, y: sp.Symbol) -> dict[sp.Expr, sp.Expr]:
    """Terms by the least exponent of their class modulo q, each class as a polynomial in y."""
    classes: dict[sp.Expr, dict[int, sp.Expr]] = {}
    for exponent, c in terms.items():
        r = reduced_exponent(exponent - lowest)
        for first, members in classes.items():
            steps = sp.cancel((r - first) / q)
            if steps.is_Integer:
                members[int(steps)] = c
                break
        else:
            classes[r] = {0: c}
    shifted = {}
    for first, members in classes.items():
        least = min(members)
        shifted[reduced_exponent(first + least * q)] = sp.Add(*(c * y ** (j - least) for j, c in members.items()))
    return shifted


def _primitive_of_class(
    r: sp.Expr, q: sp.Expr, ratio: sp.Expr, y: sp.Symbol, x: sp.Symbol, interval: Interval
) -> sp.Expr | None:
    """A primitive of ``x**r * ratio`` with ``ratio`` rational in ``y = x**q``, where ``(r + 1)/q`` is not whole."""
    whole, parts = partial_fractions(ratio, y)
    total = [_primitive_of_power(c, reduced_exponent(r + q * j), x) for (j,), c in whole.terms() if c != 0]
    total += [primitive_over_factor(top, factor, m, r, q, x, interval) for top, factor, m in parts]
    return None if None in total else sp.Add(*total)


def _primitive_of_power(c: sp.Expr, r: sp.Expr, x: sp.Symbol) -> sp.Expr | None:
    raised = reduced_exponent(r + 1)
    return _tidy(c / raised) * x**raised if sign(raised) else None


def _from_powers(terms: dict[sp.Expr, sp.Expr], x: sp.Symbol) -> sp.Expr | None:
    exponent, rest = sp.S.Zero, []
    for power, coefficient in terms.items():
        raised = reduced_exponent(power + 1)
        if raised == 0:
            exponent = sp.expand(sp.cancel(coefficient))
        elif sign(raised) or raised.is_nonzero:
            rest.append(_tidy(coefficient / raised) * x**raised)
        else:
            return None
    base = x if x.is_nonnegative else sp.Abs(x) if exponent != 0 else x
    return base**exponent * sp.exp(sp.Add(*rest))


def _from_partial_fractions(ratio: sp.Expr, g: sp.Symbol, interval: Interval) -> sp.Expr | None:
    """Polynomial part, rational part by Hermite reduction, and a logarithm or an angle for each simple factor."""
    bottom = sp.Poly(sp.fraction(ratio)[1], g)
    if bottom.degree() * (1 + len(ratio.free_symbols)) > _MAX_SIZE:
        return None
    whole, parts = partial_fractions(ratio, g)
    factors, exponent = [], [whole.integrate().as_expr()]
    for top, f, multiplicity in parts:
        multiple = sp.cancel(top / f.diff().as_expr())
        if not multiple.has(g):
            power = _positive_multiple(f, g, interval) ** multiple if multiplicity == 1 else sp.S.One
            factors.append(power)
            if multiplicity > 1:
                exponent.append(sp.factor(multiple / (1 - multiplicity)) / f.as_expr() ** (multiplicity - 1))
        elif f.degree() == 2 or is_even(f):
            rational, simple = (0, top) if multiplicity == 1 else _hermite(top, f, multiplicity)
            exponent.append(rational)
            over = _over_quadratic if f.degree() == 2 else _over_even
            found = over(sp.Poly(simple, g), f, g, interval)
            if found is None:
                return None
            factors.append(found[0])
            exponent.append(found[1])
        else:
            return None
    return sp.Mul(*factors) * sp.exp(sp.Add(*exponent))


def _hermite(top: sp.Expr, f: sp.Poly, multiplicity: int) -> tuple[sp.Expr, sp.Expr]:
    """``(rational, T)`` with the primitive of ``top / f**m`` equal to the rational part plus that of ``T / f``."""
    g = f.gen
    rational, simple = ratint_ratpart(sp.Poly(top, g), f**multiplicity, g)
    return sp.factor(rational), sp.cancel(simple * f.as_expr())


def _positive_multiple(f: sp.Poly, g: sp.Symbol, interval: Interval) -> sp.Expr:
    """``f`` or ``-f``, whichever is positive inside the interval, as a monic polynomial where that reads better."""
    monic = f.monic().as_expr() if f.degree() == 1 else f.as_expr()
    found = sign_on_interval(monic, g, *interval.ends)
    return -monic if found is not None and found[0] < 0 else monic


def _over_quadratic(numerator: sp.Poly, f: sp.Poly, g: sp.Symbol, interval: Interval) -> tuple[sp.Expr, sp.Expr]:
    r"""``(factor, exponent)`` of :math:`\exp\int (Bg + C)/(A g^2 + D g + E)\,dg`."""
    a, d = f.coeff_monomial(g**2), f.coeff_monomial(g)
    b, c = numerator.coeff_monomial(g), numerator.coeff_monomial(1)
    power = sp.cancel(b / (2 * a))
    rest = sp.cancel(c - power * d)
    factor = _positive_multiple(f, g, interval) ** power
    if rest == 0:
        return factor, sp.S.Zero
    discriminant = sp.factor(f.discriminant())
    if sign(discriminant) == 1:
        root = sp.sqrt(discriminant)
        low, high = 2 * a * g + d - root, 2 * a * g + d + root
        signs = [sign_on_interval(part, g, *interval.ends) for part in (low, high)]
        low, high = (-p if s and s[0] < 0 else p for p, s in zip((low, high), signs, strict=True))
        return factor, rest / root * sp.log(low / high)
    root = sp.sqrt(-discriminant)
    return factor, _tidy(2 * rest / root) * sp.atan(sp.factor((2 * a * g + d) / root))


def _over_even(numerator: sp.Poly, f: sp.Poly, g: sp.Symbol, interval: Interval) -> tuple[sp.Expr, sp.Expr] | None:
    r"""``(factor, exponent)`` of :math:`\exp\int T/f\,dg`, f even: see :mod:`theory.line.integrals.even_factors`."""
    image, parts = image_of_square(interval), even_part(numerator, f)
    if image is None or parts is None:
        return None
    Y = sp.Dummy("Y", positive=True)
    ratio = odd_part(numerator, f, Y)
    odd = sp.S.One if ratio == 0 else _from_partial_fractions(ratio, Y, image)
    if odd is None:
        return None
    pairs = [_over_quadratic(top, quadratic, g, interval) for top, quadratic in parts]
    return odd.subs(Y, g**2) * sp.Mul(*(factor for factor, _ in pairs)), sp.Add(*(angle for _, angle in pairs))


def _tidy(coefficient: sp.Expr) -> sp.Expr:
    return sp.factor(sp.cancel(coefficient))


def density_in_x(in_chart: sp.Expr, chart: Chart) -> sp.Expr:
    """A density along a chart as one of x, without constant factors: it gains the slope of the chart."""
    if chart.quadratic is not None:
        z = chart.variable
        return collected(chart.product_in_x(in_chart * z**2 / (1 + z**2)), chart.old)
    if chart.frequency is None:
        return collected(in_chart.subs(chart.variable, chart.function) * chart.slope, chart.old)
    z = chart.variable
    return collected(chart.product_in_x(in_chart * (1 + z**2)), chart.old)


def collected(function: sp.Expr, x: sp.Symbol) -> sp.Expr:
    """``function`` without constant factors, its powers of x and its exponentials each in one factor."""
    power, exponent, rest = sp.S.Zero, [], []
    for factor in sp.Mul.make_args(sp.powdenest(function)):
        base, raised = factor.as_base_exp()
        if isinstance(factor, sp.exp):
            exponent += _terms(factor.args[0])
        elif base == x and not raised.has(x):
            power += raised
        elif base == x:
            exponent += _terms(raised * sp.log(x))
        elif factor.has(x):
            rest.append(factor if raised.has(x) else base ** in_readable_form(raised))
    logarithms = [term for term in exponent if not (term / sp.log(x)).has(x)]
    power += sp.Add(*[term / sp.log(x) for term in logarithms])
    exponent = sp.Add(*[term for term in exponent if term not in logarithms and term.has(x)])
    return x ** in_readable_form(power) * sp.Mul(*rest) * sp.exp(exponent)


def constant_factor(function: sp.Expr, x: sp.Symbol) -> sp.Expr:
    """What :func:`collected` leaves out: constant factors, and those inside exponentials."""
    constants = []
    for factor in sp.Mul.make_args(sp.powdenest(function)):
        if isinstance(factor, sp.exp):
            constants.append(sp.exp(sp.Add(*[term for term in _terms(factor.args[0]) if not term.has(x)])))
        elif not factor.has(x):
            constants.append(factor)
    return sp.Mul(*constants)


def _terms(exponent: sp.Expr) -> list[sp.Expr]:
    """The terms of a sum, expanded but for the arguments of functions in it."""
    return [
        part
        for term in sp.Add.make_args(exponent)
        for part in ([term] if term.has(sp.atan, sp.hyper) else sp.Add.make_args(sp.expand(term)))
    ]


def in_readable_form(coefficient: sp.Expr) -> sp.Expr:
    """A rational expression as a polynomial plus a proper fraction, the numbers in front."""
    numerator, denominator = sp.fraction(sp.cancel(sp.together(coefficient)))
    if not denominator.is_Add:
        return sp.expand(numerator / denominator)
    (whole,), rest = sp.reduced(numerator, [denominator], *sorted(denominator.free_symbols, key=str))
    return sp.expand(whole) + sp.factor(rest / denominator)
