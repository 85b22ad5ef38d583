r"""A deep and narrow network on scalar data, from its loss to the exponents next to its sign sets.

.. math:: f(x) = w^{(m)}\sigma\big(w^{(m-1)}\cdots\sigma(w^{(1)}x)\big), \qquad l = \tfrac12(f(x) - y)^2,

with m weight matrices, hidden layers of one width, one input and one output, and no biases.

Where a neuron vanishes, noise sees of its outgoing weights v only the direction r in which the layers above read them.
For the linear network with weights :math:`r` above, and :math:`g_i = (f_0(x_i) - y_i)x_i` the signal of a sample,

.. math::
    dw = -\bar g\,|r|\,v_r\,dt + \dots, \qquad dv_r = -\bar g\,|r|\,w\,dt + \dots, \qquad dv_\perp = 0,

so the exponents next to the set are :math:`\pm\bar g|r| - \tfrac12\frac\eta\beta\mathrm{Var}(g)\,|r|^2` and 0. Noise
wins over the signal for good once the subnetwork has learned (:math:`\bar g = 0`); then the neuron falls silent, while
the outgoing weights that nobody reads stay where they are.

References:
    Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse" (2023), sections 3 to 5.
"""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from theory.errors import ShapeError, SymbolError
from theory.gradient_noise.data_law import DataLaw, Gaussian
from theory.gradient_noise.model import Model
from theory.networks.feed_forward import FeedForward
from theory.values import count, instance, shown

teacher_slope = sp.Symbol("u", real=True)
"""Slope u of the teacher."""

label_variance = sp.Symbol("r", positive=True)
"""Variance r of the noise in the labels of the data."""


def deep_chain(depth: int = 3, width: int = 2, activation: Callable[[sp.Expr], sp.Expr] = lambda z: z) -> FeedForward:
    r"""The network: ``depth`` weight matrices, hidden layers of ``width`` neurons, without biases.

    Raises:
        ShapeError: ``depth`` is below 2, or ``width`` not within 1 to 9.

    Example:
        >>> net = deep_chain()
        >>> net.widths, len(net.weights), net.output(net.inputs)[0].args[0]
        ((1, 2, 2, 1), 8, w^(3)_11*(w^(1)_11*w^(2)_11*x_1 + w^(1)_21*w^(2)_12*x_1))
    """
    if not (isinstance(depth, int) and depth >= 2):
        raise ShapeError(f"depth must be an integer from 2 on, the number of weight matrices, got {shown(depth)}.")
    count(depth, "depth", at_least=2, at_most=100)
    count(width, "width", at_least=1, at_most=9)
    return FeedForward((1, *[width] * (depth - 1), 1), activation, biased=False)


def labels(network: FeedForward) -> sp.ImmutableMatrix:
    r"""Symbols :math:`y_1, \dots` for the labels of one sample. Shape ``(n_m, 1)``."""
    instance(network, FeedForward, "network", "a FeedForward")
    return sp.ImmutableMatrix(network.widths[-1], 1, lambda i, _: sp.Symbol(f"y_{i + 1}", real=True))


def regression(network: FeedForward, law: DataLaw) -> Model:
    r"""The network trained on the halved squared error :math:`\frac12|f(x) - y|^2`.

    Args:
        network: Any feed-forward network.
        law: A law of its :attr:`~theory.networks.feed_forward.FeedForward.inputs` and :func:`labels`.

    Raises:
        SymbolError: the law lacks one of these variables.
    """
    needed = {*labels(network), *network.inputs}
    instance(law, DataLaw, "law", "a law of the data")
    if missing := needed - set(law.variables):
        raise SymbolError(
            f"law must have the variables {sorted(map(str, needed))}, inputs and labels of the network; "
            f"missing: {sorted(map(str, missing))}. Use network.inputs and labels(network)."
        )
    residual = network.output(network.inputs) - labels(network)
    return Model(network.weights, sum((e**2 for e in residual), sp.S.Zero) / 2, law)


def gaussian_teacher(network: FeedForward) -> Gaussian:
    r"""Scalar data :math:`x \sim N(0, 1)`, :math:`y = ux + N(0, r)`.

    Raises:
        ShapeError: the network has more than one input or output.
    """
    instance(network, FeedForward, "network", "a FeedForward")
    if network.widths[0] != 1 or network.widths[-1] != 1:
        raise ShapeError(f"network must have one input and one output for a scalar teacher, got {network.widths}.")
    u, r = teacher_slope, label_variance
    return Gaussian([*network.inputs, *labels(network)], [0, 0], [[1, u], [u, u**2 + r]])
