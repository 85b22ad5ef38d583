r"""Means and covariances over the noise of one step of a recursion: normals, uniforms, and draws from a population.

A uniform that only chooses an entry (:class:`~theory.discrete.draws.Lookup`,
:class:`~theory.discrete.draws.DistinctIndex`, a floor) takes finitely many equally likely roles: with :math:`N` the
least common multiple of the multiples of u that are rounded down, :math:`u = (j + \tfrac12)/N` for
:math:`j = 0, \dots, N-1` meets each as often as the uniform does. In the others the expression must be a polynomial.
"""

from __future__ import annotations

import itertools

import sympy as sp

from theory.discrete.draws import DistinctIndex, Lookup
from theory.discrete.recursion import Recursion
from theory.errors import UnsupportedFormError
from theory.values import instance, single_expression

MOST_DRAWS = 2000
"""Draws from populations are enumerated up to this number."""


def mean_over_draw(expression: sp.Expr, recursion: Recursion) -> sp.Expr:
    r"""The mean of ``expression`` over the fresh noise of one step, the state held fixed.

    Raises:
        UnsupportedFormError: it is no polynomial in the normals and uniforms that choose no entry, a uniform does
            both, or the draws are too many to enumerate.

    Example:
        >>> w, xi, u = sp.symbols("w xi u", real=True)
        >>> step = Recursion([w], [w / 2 + xi + Lookup(2 * u, 1, 5)], normals=[xi], uniforms=[u])
        >>> mean_over_draw(step.update[0] ** 2, step)
        w**2/4 + 3*w + 14
    """
    instance(recursion, Recursion, "recursion", "a Recursion")
    expression = single_expression(expression, "expression")
    noise = [z for z in (*recursion.normals, *recursion.uniforms) if expression.has(z)]
    choosing = {u: _resolution(expression, u) for u in noise if u in set(recursion.uniforms)}
    rolls = {u: count for u, count in choosing.items() if count is not None}
    total = sp.prod(rolls.values()) if rolls else 1
    if total > MOST_DRAWS:
        raise UnsupportedFormError(
            f"the mean over a draw enumerates at most {MOST_DRAWS} draws, got {total}. Take a smaller batch or "
            "population, or estimate it from simulated steps."
        )
    smooth = [z for z in noise if z not in rolls]
    cases = itertools.product(*(range(count) for count in rolls.values()))
    terms = []
    for chosen in cases:
        half = sp.Rational(1, 2)
        point = {u: (j + half) / count for (u, count), j in zip(rolls.items(), chosen, strict=True)}
        terms.append(_polynomial_mean(expression.subs(point), smooth, recursion))
    return sp.expand(sp.Add(*terms) / total)


def covariance_over_draw(recursion: Recursion) -> sp.ImmutableMatrix:
    r"""The covariance of the next state given this one, :math:`\operatorname{Cov}(\theta_{k+1} \mid \theta_k)`.

    Shape ``(d, d)``.

    Raises:
        UnsupportedFormError: see :func:`mean_over_draw`.
    """
    new = instance(recursion, Recursion, "recursion", "a Recursion").update
    mean = new.applyfunc(lambda entry: mean_over_draw(entry, recursion))
    d = recursion.dimension
    return sp.ImmutableMatrix(
        d, d, lambda i, j: sp.expand(mean_over_draw(new[i] * new[j], recursion) - mean[i] * mean[j])
    )


def _resolution(expression: sp.Expr, u: sp.Symbol) -> int | None:
    """Into how many equally likely parts the range of u falls, or None where u chooses no entry."""
    multiples: list[sp.Expr] = []
    drawn = [e for e in expression.atoms(Lookup, DistinctIndex, sp.floor) if e.has(u)]
    for e in drawn:
        if isinstance(e, DistinctIndex):
            n, size, *uniforms = e.args
            multiples += [n - size + place + 1 for place, own in enumerate(uniforms) if own == u]
        elif not e.args[0].has(DistinctIndex):
            index = e.args[0]
            multiples.append(sp.cancel((index.args[0] if isinstance(index, sp.floor) else index) / u))
    if not drawn:
        return None
    outside = expression.xreplace({e: sp.Dummy() for e in drawn})
    if outside.has(u) or not all(multiple.is_Integer and multiple > 0 for multiple in multiples):
        raise UnsupportedFormError(
            f"the uniform {u} must either choose entries, as {u} times a whole number rounded down, or enter as a "
            f"polynomial; in {expression} it does neither, or both. Use a uniform of its own for each."
        )
    return int(sp.ilcm(1, *multiples))


def _polynomial_mean(expression: sp.Expr, noise: list[sp.Symbol], recursion: Recursion) -> sp.Expr:
    if not noise:
        return expression
    expanded = sp.expand(expression)
    if any(e.has(*noise) for e in expanded.atoms(sp.exp)):
        terms = [_without_exponential(term, noise, recursion) for term in sp.Add.make_args(sp.powsimp(expanded))]
        if not any(held.has(*noise) for _, rest in terms for held in rest.atoms(sp.exp)):
            return sp.Add(*(weight * _polynomial_mean(rest, noise, recursion) for weight, rest in terms))
    polynomial = expanded.as_poly(*noise)
    if polynomial is None:
        raise UnsupportedFormError(
            f"the mean over a draw needs a polynomial in {', '.join(map(str, noise))}, times exponentials of what is "
            f"linear in normals, got {expression}. "
            "Expand it in a series first, or estimate it from simulated steps."
        )
    normals = set(recursion.normals)

    def moment(z: sp.Symbol, k: int) -> sp.Expr:
        if z in normals:
            return sp.factorial2(k - 1) if k % 2 == 0 else sp.S.Zero
        return sp.Rational(1, k + 1)

    return sp.Add(
        *(c * sp.prod(moment(z, k) for z, k in zip(noise, powers, strict=True)) for powers, c in polynomial.terms())
    )


def _without_exponential(term: sp.Expr, noise: list[sp.Symbol], recursion: Recursion) -> tuple[sp.Expr, sp.Expr]:
    r"""``(weight, rest)`` with the mean of ``term`` as weight times that of rest: a shift of the normals.

    .. math:: \mathbb E\,f(\xi)\,e^{c + a\cdot\xi} = e^{c + |a|^2/2}\,\mathbb E\,f(\xi + a)
    """
    weight, rest = sp.S.One, term
    for held in term.atoms(sp.exp):
        exponent = held.args[0]
        linear = exponent.as_poly(*noise)
        if not exponent.has(*noise) or linear is None:
            continue
        shift = {z: linear.coeff_monomial(z) for z in noise}
        moved = {z: a for z, a in shift.items() if a != 0}
        if linear.total_degree() > 1 or set(moved) - set(recursion.normals):
            continue
        weight *= sp.exp(linear.coeff_monomial(1) + sp.Add(*(a**2 for a in moved.values())) / 2)
        rest = (rest / held).subs({z: z + a for z, a in moved.items()}, simultaneous=True)
    return weight, rest
