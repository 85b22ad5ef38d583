r"""The generator of an Itô process and its formal adjoint.

The generator :math:`\mathcal L` moves observables, its adjoint :math:`\mathcal L^*` moves densities:

.. math:: \tfrac{d}{dt}\,\mathbb E f(X_t) = \mathbb E\,\mathcal L f(X_t), \qquad \partial_t p = \mathcal L^* p .
"""

from __future__ import annotations

import sympy as sp

from theory.ito import ItoProcess, observable, off_kinks, require_no_kink


def sum_of_products(expression: sp.Expr) -> sp.Expr:
    """``expression`` as a sum of products; powers, exponentials and logarithms keep their form."""
    return sp.expand(expression, power_base=False, power_exp=False, log=False)


def generator(process: ItoProcess, f: sp.Expr) -> sp.Expr:
    r"""The generator applied to an observable.

    .. math:: \mathcal L f = \sum_i b_i\,\partial_i f + \tfrac12 \sum_{ij} a_{ij}\,\partial_i \partial_j f .

    It acts on the coordinates only; Itô's formula for a time-dependent ``f`` adds :math:`\partial_t f`.

    Args:
        process: The process; ``a`` is its diffusion.
        f: An expression in ``process.state``, twice differentiable, or with a slope that is continuous at its breaks.

    Raises:
        ShapeError: ``f`` is not a single expression.
        SymbolError: ``f`` holds a look-alike of a coordinate.
        UnsupportedFormError: ``f`` has a kink with local time, or a jump.

    References:
        Øksendal, *Stochastic Differential Equations* (2003), theorem 7.3.3.

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> gbm = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
        >>> generator(gbm, theta**2)
        2*mu*theta**2 + theta**2*zeta**2
    """
    f = observable(process, f)
    require_no_kink(f, process, "f")
    gradient = [off_kinks(sp.diff(f, x)) for x in process.state]
    a = process.diffusion
    first = sum((b * slope for b, slope in zip(process.drift, gradient, strict=True)), sp.S.Zero)
    second = sum(
        (
            a[i, j] * off_kinks(sp.diff(slope, y))
            for i, slope in enumerate(gradient)
            for j, y in enumerate(process.state)
        ),
        sp.S.Zero,
    )
    return sum_of_products(first + second / 2)


def adjoint(process: ItoProcess, p: sp.Expr) -> sp.Expr:
    r"""The formal adjoint of the generator, applied to a density.

    .. math:: \mathcal L^* p = -\sum_i \partial_i (b_i\,p) + \tfrac12 \sum_{ij} \partial_i \partial_j (a_{ij}\,p) .

    Formal: :math:`\int g\,\mathcal L f = \int f\,\mathcal L^* g` when the boundary terms of the integrations
    by parts vanish.

    Args:
        process: The process; ``a`` is its diffusion.
        p: A twice differentiable expression in ``process.state``.

    Raises:
        ShapeError: ``p`` is not a single expression.
        SymbolError: ``p`` holds a look-alike of a coordinate.

    References:
        Pavliotis, *Stochastic Processes and Applications* (2014), chapter 2.

    Example:
        >>> from theory.notation import mu, theta, zeta
        >>> gbm = ItoProcess.scalar(theta, drift=mu * theta, dispersion=zeta * theta)
        >>> adjoint(gbm, 1 / theta)  # Lebesgue measure in log(theta): invariant, though no probability law
        0
    """
    p = observable(process, p, "p")
    a = process.diffusion
    transport = sum((sp.diff(b * p, x) for b, x in zip(process.drift, process.state, strict=True)), sp.S.Zero)
    spreading = sum(
        (sp.diff(a[i, j] * p, x, y) for i, x in enumerate(process.state) for j, y in enumerate(process.state)),
        sp.S.Zero,
    )
    return sum_of_products(spreading / 2 - transport)
