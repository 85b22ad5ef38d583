r"""Feller's classes of an end, from the behaviour of scale and diffusion beside it.

With :math:`e^{\int 2b/a} \sim C e^{E(\tau)}\tau^\gamma`, :math:`E \sim c\,\tau^p` and :math:`a \sim a_0\tau^\alpha` at
distance :math:`\tau` from the end (:mod:`theory.line.ends.endpoints`), L'Hôpital's rule gives :math:`S\,m` resp.
:math:`M\,s` :math:`\sim \tau^{1-\alpha-p}`, so that everything follows from the numbers :math:`\gamma, \alpha, p` and
the sign of :math:`c`.

References:
    Karlin and Taylor, *A Second Course in Stochastic Processes* (1981), section 15.6, tables 6.1 and 6.2.
"""

from __future__ import annotations

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.answer import Answer
from theory.decision.conditions.inequalities import negative, nonnegative, nonpositive, positive, simplified, vanishes
from theory.line.ends.endpoints import EndpointBehaviour, by_leading_term


class FellerClass(Answer):
    """Whether an end of a diffusion on the line is reached from inside, and left from it."""

    REGULAR = "regular"
    EXIT = "exit"
    ENTRANCE = "entrance"
    NATURAL = "natural"


def integrable(behaviour: EndpointBehaviour) -> Boolean:
    r"""The condition under which :math:`w \sim Ce^{E}\tau^\gamma` has a finite integral at the end."""
    bound = -behaviour.exponent - 1 if behaviour.at_infinity else behaviour.exponent + 1
    return by_leading_term(behaviour, decaying=sp.true, growing=sp.false, power=positive(bound))


def attracting(scale: EndpointBehaviour) -> Boolean:
    r"""The condition for :math:`S(e) < \infty`."""
    inverse = EndpointBehaviour(tuple((-c, p) for c, p in scale.essential), -scale.exponent, scale.at_infinity)
    return integrable(inverse)


def finite_speed(scale: EndpointBehaviour, alpha: sp.Expr) -> Boolean:
    r"""The condition for :math:`M(e) < \infty`."""
    return integrable(EndpointBehaviour(scale.essential, scale.exponent - alpha, scale.at_infinity))


def feller_classes(scale: EndpointBehaviour, alpha: sp.Expr) -> tuple[tuple[Boolean, FellerClass], ...]:
    """Pairs (condition, class) of an end; the conditions exclude each other and cover all parameters."""
    outward = -1 if scale.at_infinity else 1
    gamma = scale.exponent
    found: dict[FellerClass, Boolean] = dict.fromkeys(FellerClass, sp.false)

    def add(name: FellerClass, *conditions: Boolean) -> None:
        found[name] = sp.Or(found[name], sp.And(*conditions))

    none_before = sp.true
    for coefficient, power in scale.essential:
        quick = positive(outward * (2 - alpha - power))
        slow = nonpositive(outward * (2 - alpha - power))
        add(FellerClass.EXIT, none_before, positive(coefficient), quick)
        add(FellerClass.ENTRANCE, none_before, negative(coefficient), quick)
        add(FellerClass.NATURAL, none_before, sp.Or(positive(coefficient), negative(coefficient)), slow)
        none_before = sp.And(none_before, vanishes(coefficient))
        if none_before == sp.false:
            break
    quick, slow = positive(outward * (2 - alpha)), nonpositive(outward * (2 - alpha))
    in_reach = positive(outward * (gamma - alpha + 1))
    add(FellerClass.REGULAR, none_before, quick, positive(outward * (1 - gamma)), in_reach)
    add(FellerClass.EXIT, none_before, quick, nonpositive(outward * (gamma - alpha + 1)))
    add(FellerClass.ENTRANCE, none_before, quick, nonnegative(outward * (gamma - 1)))
    add(FellerClass.NATURAL, none_before, slow)
    reduced: dict[FellerClass, Boolean] = {name: simplified(condition) for name, condition in found.items()}
    return tuple((condition, name) for name, condition in reduced.items() if condition != sp.false)
