r"""Two neurons side by side, :math:`f(x) = \sum_{i=1}^2 w_i^{(2)}\tanh(w_i^{(1)}x)`, and the set where they are equal.

Exchanging the neurons changes nothing, so :math:`\{w_1 = w_2\}` is an invariant set; tanh is odd, so
:math:`\{w_1 = -w_2\}` is another one. In the half sums and half differences of incoming and outgoing weights

.. math::
    p_j = \tfrac12(w_1^{(j)} + w_2^{(j)}), \qquad s_j = \tfrac12(w_1^{(j)} - w_2^{(j)})

the sets are :math:`s = 0` and :math:`p = 0`. There a step of gradient descent is a difference of nearly equal numbers.
With :math:`t_\pm = \tanh((p_1 \pm s_1)x)` the addition theorem writes it without cancellation,

.. math::
    t_+ - t_- = \tanh(2s_1x)\,(1 - t_+t_-), \qquad t_+ + t_- = \tanh(2p_1x)\,(1 + t_+t_-),

so that the distance to either set keeps its digits however small it becomes.

References:
    Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse" (2023), appendix G.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from theory.discrete.recursion import Recursion
from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.descent import gradient_descent
from theory.gradient_noise.model import Model
from theory.models.labelled_data import inputs_and_labels
from theory.notation import eta
from theory.values import single_expression

INCOMING = sp.symbols("w_1^(1) w_2^(1)", real=True)
OUTGOING = sp.symbols("w_1^(2) w_2^(2)", real=True)

p_1, p_2 = sp.symbols("p_1 p_2", real=True)
"""Half sums of the incoming and of the outgoing weights."""

s_1, s_2 = sp.symbols("s_1 s_2", real=True)
"""Half differences of the incoming and of the outgoing weights."""

x, y = sp.symbols("x y", real=True)
"""Input and label of a sample."""

TURNED = (p_1, p_2, s_1, s_2)
VELOCITIES = sp.symbols("v_p_1 v_p_2 v_s_1 v_s_2", real=True)


@dataclass(frozen=True)
class TwoNeurons:
    r"""The two neurons, their data, and the mean square loss :math:`\frac1N\sum_k(f(x_k) - y_k)^2`.

    Attributes:
        inputs: :math:`x_1, \dots, x_N`, symbols or numbers.
        labels: :math:`y_1, \dots, y_N`.

    Raises:
        ShapeError: no data, or not one label per input.
    """

    inputs: Sequence[sp.Expr]
    labels: Sequence[sp.Expr]

    def __post_init__(self) -> None:
        inputs, labels = inputs_and_labels(self.inputs, self.labels)
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "labels", labels)

    @cached_property
    def model(self) -> Model:
        """Incoming weights, then outgoing ones; the loss of one sample; the data set."""
        f = sp.Add(*(b * sp.tanh(a * x) for a, b in zip(INCOMING, OUTGOING, strict=True)))
        data = Empirical([x, y], list(zip(self.inputs, self.labels, strict=True)))
        return Model([*INCOMING, *OUTGOING], (f - y) ** 2, data)

    def descent(self, *, label_noise: sp.Expr | float, momentum: sp.Expr | float = 0) -> Recursion:
        """Full-batch gradient descent with fresh label noise, in the weights as they are."""
        return gradient_descent(self.model, label=y, label_noise=label_noise, momentum=momentum)

    def turned_descent(self, *, label_noise: sp.Expr | float, momentum: sp.Expr | float = 0) -> Recursion:
        r"""The same descent in :math:`(p_1, p_2, s_1, s_2)`, accurate near both invariant sets.

        Momentum adds the velocities of these coordinates; they start at 0 in PyTorch.
        """
        sigma = single_expression(label_noise, "label_noise", real=True)
        inertia = single_expression(momentum, "momentum", real=True)
        normals = sp.symbols(f"xi_0:{len(self.inputs)}", real=True)
        gradient = sp.zeros(4, 1)
        for point, label, xi in zip(self.inputs, self.labels, normals, strict=True):
            prediction, half_gradients = _turned_prediction(point)
            gradient += 2 * (prediction - label - sigma * xi) * half_gradients / len(self.inputs)
        position = sp.Matrix(TURNED)
        if inertia == 0:
            return Recursion(TURNED, position - eta * gradient, normals)
        moved = inertia * sp.Matrix(VELOCITIES) + gradient
        return Recursion([*TURNED, *VELOCITIES], [*(position - eta * moved), *moved], normals)


def _turned_prediction(point: sp.Expr) -> tuple[sp.Expr, sp.Matrix]:
    r"""The prediction, and half sums and half differences of its gradients, in the order of :data:`TURNED`."""
    plus, minus = sp.tanh((p_1 + s_1) * point), sp.tanh((p_1 - s_1) * point)
    total = sp.tanh(2 * p_1 * point) * (1 + plus * minus)
    difference = sp.tanh(2 * s_1 * point) * (1 - plus * minus)
    slopes = 2 - plus**2 - minus**2
    halves = sp.Matrix(
        [
            point * (p_2 * slopes - s_2 * total * difference),
            total,
            point * (s_2 * slopes - p_2 * total * difference),
            difference,
        ]
    )
    return p_2 * total + s_2 * difference, halves / 2
