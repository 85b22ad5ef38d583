r"""A chain of scalar layers, :math:`l = (x\,u_1\cdots u_n - y)^2`: the diffusion of the product and its law.

On the balanced set :math:`u_1 = \dots = u_n = v^{1/n}`, to which noise brings the layers, the product
:math:`v = \prod u_i > 0` is a diffusion of its own. With :math:`T = \eta/\beta` and the moments

.. math::
    \beta_1 = Ex^2, \quad \beta_2 = Exy, \quad
    D(v) = \mathrm{Var}(x^2)v^2 - 2\,\mathrm{Cov}(x^2, xy)v + \mathrm{Var}(xy)
         = \alpha_1v^2 - 2\alpha_2v + \alpha_3

it is, by Itô's formula for the product,

.. math::
    dv = \bigl[-2n\,v^{2-2/n}(\beta_1v - \beta_2) + 2n(n-1)\,T D\,v^{3-4/n}\bigr]dt + 2n\,v^{2-2/n}\sqrt{TD}\,dW .

For two layers the law without current is a power times a power of D times an arcus tangens; it is normalisable iff
:math:`T < \beta_2/\alpha_3`, and beyond that v collapses to 0. With three layers or more 0 is never reached. Bounded
data :math:`x = \pm1`, :math:`y = v_*x \pm \sigma` have :math:`D = \sigma^2`, and two layers the law of Gamma with shape
:math:`\frac{v_*}{2T\sigma^2} - \frac12` and scale :math:`2T\sigma^2`: mean :math:`v_* - T\sigma^2`, variance
:math:`2T\sigma^2(v_* - T\sigma^2)`. (Descent itself on Gaussian data leaves to infinity at larger steps, whatever the
law of the diffusion.)

References:
    Ziyin, Li, Wu, "Law of Balance and Stationary Distribution of Stochastic Gradient Descent" (2023), by topic.
"""

from __future__ import annotations

import sympy as sp

from theory.gradient_noise.data_law import DataLaw, FiniteSupport, NamedMoments
from theory.gradient_noise.model import Model
from theory.ito import ItoProcess, ito_differential
from theory.line.laws.law import StationaryLaw
from theory.line.laws.stationary import stationary_density
from theory.notation import beta
from theory.values import count

x, y = sp.symbols("x y", real=True)
product = sp.Symbol("v", positive=True)
"""The product v of the layers."""

teacher = sp.Symbol("v_*", positive=True)
noise_level = sp.Symbol("sigma", positive=True)

ANY_DATA = NamedMoments([x, y], highest=4)
"""Inputs and labels of any law, with moments ``m_xx`` and so on."""


def bounded_data() -> FiniteSupport:
    r"""Inputs :math:`x = \pm1` and labels :math:`y = v_*x \pm \sigma`, all four equally likely."""
    points = tuple((sp.Integer(a), a * teacher + b * noise_level) for a in (1, -1) for b in (1, -1))
    return FiniteSupport(sp.ImmutableMatrix([x, y]), points, (sp.Rational(1, 4),) * 4)


def scalar_chain(depth: int, law: DataLaw = ANY_DATA) -> Model:
    """The model: n positive layers of one weight each."""
    n = count(depth, "depth", at_least=1, at_most=6)
    layers = sp.symbols(f"u_1:{n + 1}", positive=True)
    return Model(layers, (x * sp.Mul(*layers) - y) ** 2, law)


def product_diffusion(depth: int, law: DataLaw = ANY_DATA, *, batch_size: sp.Expr | int = beta) -> ItoProcess:
    r"""The diffusion of :math:`v` on the balanced set.

    Example:
        >>> process = product_diffusion(2, bounded_data(), batch_size=1)
        >>> sp.factor(process.drift[0]), sp.factor(process.diffusion[0])
        (-4*v*(-eta*sigma**2 + v - v_*), 16*eta*sigma**2*v**2)
    """
    model = scalar_chain(depth, law)
    n = model.weights.rows
    flow = model.stochastic_gradient_flow(batch_size)
    moved = ito_differential(flow, sp.Mul(*model.weights))
    balanced = dict.fromkeys(model.weights, product ** sp.Rational(1, n))
    drift = sp.expand(sp.Matrix([moved.drift])[0].subs(balanced))
    dispersion = sp.Matrix([moved.dispersion]).subs(balanced)
    square = sp.factor(sp.expand((dispersion * dispersion.T)[0]))
    return ItoProcess.scalar(product, drift=drift, dispersion=sp.powdenest(sp.sqrt(square), force=True))


def product_law(depth: int, law: DataLaw = ANY_DATA, *, batch_size: sp.Expr | int = beta) -> StationaryLaw:
    r"""The law of :math:`v` without current.

    Example:
        >>> law = product_law(2, bounded_data(), batch_size=1)
        >>> law.normalisable, law.family.scale, law.family.shape
        (v_* > eta*sigma**2, 2*eta*sigma**2, -1/2 + v_*/(2*eta*sigma**2))
    """
    return stationary_density(product_diffusion(depth, law, batch_size=batch_size))
