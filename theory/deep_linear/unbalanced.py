r"""Modes off balance: the exact equation of a chain of widths 1, and of layers that are diagonal in common frames.

In a chain :math:`w = W_L\cdots W_1` with :math:`P_l = \prod_{j\ne l}W_j` and one Brownian motion for all layers

.. math::
    dW_l = P_l\big(\lambda\delta\,dt + \sqrt{\beta n}\,dB\big), \qquad n = 2\lambda^2\delta^2 + \lambda\sigma^2,

Itô's formula gives, exactly and for any weights,

.. math::
    dw = \Big[\lambda\delta\sum_l P_l^2 + \beta n\,w\sum_{l<m}\prod_{j\ne l,m}W_j^2\Big]dt
    + \sqrt{\beta n}\sum_l P_l^2\,dB, \qquad
    d(W_l^2 - W_m^2) = -\beta n\prod_{j\ne l,m}W_j^2\,(W_l^2 - W_m^2)\,dt .

Balance has no noise and attracts. With several modes, layers diagonal in common frames have the same rates mode by
mode, and the coupling of :func:`coupling_between`.

References:
    "Stochastic Gradient Descent in the Saddle-to-Saddle Regime of Deep Linear Networks" (arXiv 2604.06366), appendix E:
    its contraction (i) lacks a factor :math:`(s-w)w`, and (ii) a factor w.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import sympy as sp

from theory.deep_linear.modewise import known_sign, label_deviation, noise_strength, singular_value
from theory.errors import ShapeError
from theory.ito import ItoDifferential, ItoProcess, ito_differential
from theory.typeset import Typeset
from theory.values import Expressions, column, count, instance, shown, single_expression

MOST_LAYERS = 12
"""Deeper chains are not written out."""


@dataclass(frozen=True)
class Chain(Typeset):
    r"""A chain of weights :math:`W_L\cdots W_1` of one mode, not balanced.

    Attributes:
        weights: :math:`W_1, \dots, W_L`, real.
        singular_value: s.
        label_variance: :math:`\sigma^2`.
        input_variance: :math:`\lambda`.
        beta: :math:`\eta/b`.

    Raises:
        ShapeError: no weights, or more than :data:`MOST_LAYERS`.
        SymbolError: a variance of no known sign.

    Example:
        >>> chain = Chain.of(2)
        >>> sp.factor(chain.balance_drift(1, 0))
        beta*(W_1 - W_2)*(W_1 + W_2)*(2*W_1**2*W_2**2 - 4*W_1*W_2*s + 2*s**2 + sigma**2)
    """

    weights: tuple[sp.Expr, ...]
    singular_value: sp.Expr = singular_value
    label_variance: sp.Expr = label_deviation**2
    input_variance: sp.Expr = sp.S.One
    beta: sp.Expr = noise_strength

    def __post_init__(self) -> None:
        weights = tuple(column(self.weights, "weights", real=True))
        if not 1 <= len(weights) <= MOST_LAYERS:
            raise ShapeError(f"weights must hold 1 to {MOST_LAYERS} entries, got {len(weights)}.")
        object.__setattr__(self, "weights", weights)
        for name, strictly in (("singular_value", False), ("label_variance", False), ("input_variance", True)):
            object.__setattr__(self, name, known_sign(getattr(self, name), name, strictly=strictly))
        object.__setattr__(self, "beta", known_sign(self.beta, "beta", strictly=True))

    @classmethod
    def of(cls, depth: int) -> Chain:
        """The chain of ``depth`` layers in symbols."""
        number = count(depth, "depth", at_least=1, at_most=MOST_LAYERS)
        return cls(sp.symbols(f"W_1:{number + 1}", real=True))

    @property
    def amplitude(self) -> sp.Expr:
        """The product w."""
        return sp.Mul(*self.weights)

    @property
    def gap(self) -> sp.Expr:
        r"""What is left to learn, :math:`\delta = s - w`."""
        return self.singular_value - self.amplitude

    @property
    def noise(self) -> sp.Expr:
        r"""The variance :math:`n = 2\lambda^2\delta^2 + \lambda\sigma^2` of the error signal."""
        return 2 * self.input_variance**2 * self.gap**2 + self.input_variance * self.label_variance

    def product_without(self, *layers: int) -> sp.Expr:
        """The product of the weights of all other layers, counted from 0."""
        left_out = {count(l, "layers", at_most=len(self.weights) - 1) for l in layers}
        return sp.Mul(*(W for l, W in enumerate(self.weights) if l not in left_out))

    def process(self) -> ItoProcess:
        """The equation of all weights, which are symbols, with their one Brownian motion."""
        products = [self.product_without(l) for l in range(len(self.weights))]
        root = sp.sqrt(self.beta * self.noise)
        return ItoProcess(
            list(self.weights),
            [self.input_variance * self.gap * P for P in products],
            sp.Matrix([root * P for P in products]),
        )

    @property
    def sensitivity(self) -> sp.Expr:
        r"""The sum :math:`\sum_l P_l^2` of the squared sensitivities of w."""
        return sp.Add(*(self.product_without(l) ** 2 for l in range(len(self.weights))))

    @property
    def gradient_drift(self) -> sp.Expr:
        r"""The drift :math:`\lambda\delta\sum_lP_l^2` of w under gradient flow."""
        return self.input_variance * self.gap * self.sensitivity

    @property
    def ito_drift(self) -> sp.Expr:
        r"""What Itô's formula adds, :math:`\beta n\,w\sum_{l<m}\prod_{j\ne l,m}W_j^2`."""
        pairs = combinations(range(len(self.weights)), 2)
        return self.beta * self.noise * self.amplitude * sp.Add(*(self.product_without(*p) ** 2 for p in pairs))

    @property
    def diffusion(self) -> sp.Expr:
        r"""The diffusion :math:`\beta n(\sum_lP_l^2)^2` of w."""
        return self.beta * self.noise * self.sensitivity**2

    def balance_drift(self, l: int, m: int) -> sp.Expr:
        r"""The drift of :math:`W_l^2 - W_m^2`, layers counted from 0; it has no noise."""
        l, m = (count(layer, "layer", at_most=len(self.weights) - 1) for layer in (l, m))
        if l == m:
            raise ShapeError(f"l and m must be different layers, got {shown(l)} twice.")
        gap = self.weights[l] ** 2 - self.weights[m] ** 2
        return -self.beta * self.noise * self.product_without(l, m) ** 2 * gap

    def differential(self, observable: sp.Expr | Expressions) -> ItoDifferential:
        """Itô's formula for an observable of the weights: the second road to everything here."""
        if not isinstance(observable, list | tuple | sp.MatrixBase):
            observable = single_expression(observable, "observable")
        return ito_differential(self.process(), observable)


def coupling_between(chain: Chain, other: Chain) -> sp.Expr:
    r"""What a second chain adds to the Itô drift of ``chain``, where both are modes of layers in common frames.

    .. math::
        \beta\,\lambda\lambda'\,\delta\delta'\,w'\sum_{l>m}\prod_{j>l}W_j^2\prod_{j<m}W_j^2\prod_{m<j<l}W_j'^2

    Raises:
        ShapeError: the chains differ in length.
    """
    for value, name in ((chain, "chain"), (other, "other")):
        instance(value, Chain, name, "a Chain")
    if len(chain.weights) != len(other.weights):
        raise ShapeError(f"both chains need one weight per layer, got {len(chain.weights)} and {len(other.weights)}.")
    own, theirs = chain.weights, other.weights
    total = sp.Add(
        *(
            (sp.Mul(*own[l + 1 :]) * sp.Mul(*own[:m]) * sp.Mul(*theirs[m + 1 : l])) ** 2
            for m, l in combinations(range(len(own)), 2)
        )
    )
    signal = chain.input_variance * other.input_variance * chain.gap * other.gap
    return chain.beta * signal * other.amplitude * total
