r"""A single scalar neuron :math:`f(x) = w_2\,\sigma(w_1x)` with :math:`\sigma(0) = 0`, trained with label noise.

From the loss to the threshold of collapse:

1. :meth:`SingleNeuron.model`: weights, loss and data; gradients by differentiation.
2. :meth:`SingleNeuron.flow`: label-noise gradient flow, its noise scaled as one likes (the paper's (31) multiplies the
   noise of a step by :math:`\sqrt n`).
3. :meth:`SingleNeuron.sum_and_difference`: the process of :math:`p = w_1 + w_2`, :math:`s = w_1 - w_2`.
4. :meth:`SingleNeuron.linearised`, :meth:`SingleNeuron.log_rates`: near 0 both are geometric Brownian motions,

   .. math::
       \lambda_{p,s} = \pm\gamma c\,m_{xy} - \tfrac12\kappa^2, \qquad
       \kappa^2 = \eta\zeta^2\gamma^2k^2c^2\,m_{xx}/n, \qquad c = \sigma'(0),

   for the loss :math:`\frac\gamma{2n}\sum(f-y)^2` and noise scaled by :math:`k`. The origin attracts when both rates
   are negative and repels when one is positive: a start off the axes sees the larger one.

Near 0 an activation is known by its Taylor coefficients, :func:`activation_jet`: derivatives at the origin up to the
order of the jet are those of every smooth activation.

References:
    Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse" (2023), section 5 and appendix F.
    Khasminskii, *Stochastic Stability of Differential Equations* (2012), ch. 7, for stability by the first order.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.decision.conditions.inequalities import negative
from theory.errors import ShapeError, UnsupportedFormError
from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.label_noise import label_noise_flow, label_noise_increment
from theory.gradient_noise.model import Model
from theory.ito import ItoProcess
from theory.models.labelled_data import inputs_and_labels
from theory.notation import eta
from theory.stability.attractivity import attractivity_rate
from theory.values import shown, single_expression

w_1 = sp.Symbol("w_1", real=True)
"""Incoming weight."""

w_2 = sp.Symbol("w_2", real=True)
"""Outgoing weight."""

p = sp.Symbol("p", real=True)
r"""The sum :math:`p = w_1 + w_2`."""

s = sp.Symbol("s", real=True)
r"""The difference :math:`s = w_1 - w_2`."""

x = sp.Symbol("x", real=True)
"""Input of a sample."""

y = sp.Symbol("y", real=True)
"""Label of a sample."""

slope = sp.Symbol("c", real=True)
r"""The slope :math:`c = \sigma'(0)`."""

JET = (slope, *sp.symbols("sigma_2:6", real=True))
r"""The derivatives :math:`\sigma'(0), \sigma''(0), \dots, \sigma^{(5)}(0)`."""


def activation_jet(z: sp.Expr) -> sp.Expr:
    r"""The Taylor polynomial :math:`\sum_{j=1}^5\sigma^{(j)}(0)\,z^j/j!` of a smooth activation, :math:`\sigma(0)=0`.

    Example:
        >>> activation_jet(x).coeff(x, 2)
        sigma_2/2
    """
    z = single_expression(z, "z")
    return sp.Add(*(derivative * z**j / sp.factorial(j) for j, derivative in enumerate(JET, start=1)))


@dataclass(frozen=True)
class SingleNeuron:
    r"""A neuron, its data, and the conventions of its loss.

    Attributes:
        inputs: :math:`x_1, \dots, x_n`, symbols or numbers.
        labels: :math:`y_1, \dots, y_n`.
        activation: :math:`\sigma` with :math:`\sigma(0) = 0`, a function of one expression, e.g. ``sp.tanh``.
        loss_factor: :math:`\gamma` of the loss :math:`\frac\gamma{2n}\sum_i(f(x_i) - y_i)^2`: 1 for the halved loss,
            2 for the mean square.

    Raises:
        ShapeError: no data, or not one label per input.
        UnsupportedFormError: :math:`\sigma(0) \ne 0`; then 0 is no invariant point.

    Example:
        >>> x_1, y_1 = sp.symbols("x_1 y_1", real=True)
        >>> SingleNeuron([x_1], [y_1], sp.tanh).log_rates()[0]
        -eta*x_1**2*zeta**2/2 + x_1*y_1
    """

    inputs: Sequence[sp.Expr]
    labels: Sequence[sp.Expr]
    activation: Callable[[sp.Expr], sp.Expr] = activation_jet
    loss_factor: sp.Expr = sp.S.One

    def __post_init__(self) -> None:
        inputs, labels = inputs_and_labels(self.inputs, self.labels)
        object.__setattr__(self, "inputs", inputs)
        object.__setattr__(self, "labels", labels)
        if not callable(self.activation):
            raise ShapeError(f"activation must be a function of one expression, got {shown(self.activation)}.")
        if self.activation(sp.S.Zero) != 0:
            raise UnsupportedFormError(
                f"activation must pass through the origin, but its value at 0 is {self.activation(sp.S.Zero)}. "
                "Subtract it, and move the labels accordingly."
            )
        object.__setattr__(self, "loss_factor", single_expression(self.loss_factor, "loss_factor"))

    @property
    def sample_count(self) -> int:
        """Number of samples, n."""
        return len(self.inputs)

    @cached_property
    def model(self) -> Model:
        r"""Weights :math:`(w_1, w_2)`, the loss of one sample, and the data set."""
        loss = self.loss_factor * (w_2 * self.activation(w_1 * x) - y) ** 2 / 2
        return Model([w_1, w_2], loss, Empirical([x, y], list(zip(self.inputs, self.labels, strict=True))))

    def noisy_velocity(self, noises: Sequence[sp.Expr]) -> sp.ImmutableMatrix:
        r"""The velocity :math:`-\nabla L` of gradient flow with the labels :math:`y_i + \xi_i`. Shape ``(2, 1)``."""
        increment, law = label_noise_increment(self.model, y)
        return sp.ImmutableMatrix((increment / eta).subs(dict(zip(law.variables, noises, strict=True))))

    def flow(self, noise_scale: sp.Expr | int = 1) -> ItoProcess:
        r"""Label-noise gradient flow in :math:`(w_1, w_2)`, the dispersion multiplied by ``noise_scale``.

        Args:
            noise_scale: :math:`k`: 1 for the covariance of one step of label-noise gradient descent,
                :math:`\sqrt n` for the paper's (31).
        """
        flow = self._unscaled_flow
        return ItoProcess(flow.state, flow.drift, single_expression(noise_scale, "noise_scale") * flow.dispersion)

    @cached_property
    def _unscaled_flow(self) -> ItoProcess:
        return label_noise_flow(self.model, y)

    def sum_and_difference(self, noise_scale: sp.Expr | int = 1) -> ItoProcess:
        r"""The flow in the coordinates :math:`p = w_1 + w_2`, :math:`s = w_1 - w_2`."""
        flow = self.flow(noise_scale)
        turn = sp.Matrix([[1, 1], [1, -1]])  # linear, so Itô's formula has no second-order term
        here = {w_1: (p + s) / 2, w_2: (p - s) / 2}
        drift, dispersion = ((turn * m).xreplace(here) for m in (flow.drift, flow.dispersion))
        return ItoProcess(sp.ImmutableMatrix([p, s]), drift, dispersion)

    def linearised(self, noise_scale: sp.Expr | int = 1) -> ItoProcess:
        r"""The linear part at the origin of the process of :math:`(p, s)`; it is diagonal."""
        linear, scale = self._linear_part, single_expression(noise_scale, "noise_scale")
        return ItoProcess(linear.state, linear.drift, (scale * linear.dispersion).applyfunc(sp.expand))

    @cached_property
    def _linear_part(self) -> ItoProcess:
        # Linearised in the weights and turned: powers of (p + s)/2 need not be expanded.
        flow, state = self._unscaled_flow, sp.ImmutableMatrix([p, s])
        turn = sp.Matrix([[1, 1], [1, -1]])

        def linear(column: sp.MatrixBase) -> sp.MatrixBase:
            # Along an axis most terms are gone before anything is differentiated.
            along = [(column.subs(other, 0), weight) for weight, other in ((w_1, w_2), (w_2, w_1))]
            slopes = sp.Matrix.hstack(*(entries.diff(weight).subs(weight, 0) for entries, weight in along))
            return (turn * slopes * turn.inv() * state).applyfunc(sp.expand)

        columns = [linear(flow.dispersion[:, j]) for j in range(flow.noise_dimension)]
        return ItoProcess(state, linear(flow.drift), sp.Matrix.hstack(*columns))

    def log_rates(self, noise_scale: sp.Expr | int = 1) -> tuple[sp.Expr, sp.Expr]:
        r"""The almost sure growth rates :math:`\lim\log|p_t|/t` and :math:`\lim\log|s_t|/t` of the linear part.

        Raises:
            UnsupportedFormError: the linear part is not diagonal in (p, s).
        """
        linear = self.linearised(noise_scale)
        rates = []
        for i, coordinate in enumerate(linear.state):
            other = linear.state[1 - i]
            if other in linear.drift[i].free_symbols | linear.dispersion[i, :].free_symbols:
                raise UnsupportedFormError(f"the linear part of {coordinate} depends on {other}.")
            alone = ItoProcess([coordinate], [linear.drift[i]], linear.dispersion[i, :])
            rates.append(sp.expand(-attractivity_rate(alone).alpha))
        return rates[0], rates[1]

    def attracting(self, noise_scale: sp.Expr | int = 1) -> Boolean:
        """The condition that both rates are negative: the origin attracts, with the sharp threshold."""
        return sp.And(*(negative(rate) for rate in self.log_rates(noise_scale)))

    def normal_to(self, coordinate: sp.Symbol, order: int, noise_scale: sp.Expr | int = 1) -> sp.ImmutableMatrix:
        r"""Drift and dispersions of ``coordinate`` (p or s) where it vanishes, as Taylor polynomials in the other.

        All zero, to every order, iff the line ``coordinate = 0`` is an invariant set. The Taylor polynomials are exact
        up to the order of the activation's jet.

        Returns:
            Drift first, then one dispersion per sample. Shape ``(n + 1, 1)``.
        """
        process = self.sum_and_difference(noise_scale)
        i = list(process.state).index(coordinate)
        along = process.state[1 - i]
        entries = [process.drift[i], *process.dispersion[i, :]]
        return sp.ImmutableMatrix([_taylor(entry.subs(coordinate, 0), along, order) for entry in entries])


def _taylor(f: sp.Expr, variable: sp.Symbol, order: int) -> sp.Expr:
    """The Taylor polynomial at 0, by differentiation; of a polynomial its first terms."""
    if f.is_polynomial(variable):
        expanded = sp.expand(f)
        return sp.expand(sp.Add(*(expanded.coeff(variable, j) * variable**j for j in range(order + 1))))
    terms = (sp.diff(f, variable, j).subs(variable, 0) * variable**j / sp.factorial(j) for j in range(order + 1))
    return sp.expand(sp.Add(*terms))
