r"""The exact law of a charge in every step of stochastic gradient descent, without the limit of small steps.

With the mini-batch gradient :math:`\hat g`, whatever batch, sampling or clipping of its norm made it, the symmetry
gives :math:`v(\theta)\cdot\hat g = 0`, and the charge of :math:`v = A\theta + c` is quadratic, so that Taylor's formula
ends:

.. math:: Q(\theta - \eta d) = Q - \eta\,v\cdot d + \tfrac{\eta^2}2\,d^\top Ad .

For one step of ``torch.optim.SGD``,

.. math::
    G = \hat g + \lambda\theta, \qquad V' = mV + (1-\tau)G, \qquad
    d = V' \;\text{ or }\; G + mV' \text{ (Nesterov)}, \qquad \theta' = \theta - \eta d,

the charge and the pair :math:`D = v(\theta)\cdot V` are closed up to quadratic forms of the step,

.. math::
    v\cdot V' = mD + (1-\tau)\lambda\,v\cdot\theta, \qquad
    Q' = Q - \eta\,v\cdot d + \tfrac{\eta^2}2d^\top Ad, \qquad D' = v\cdot V' - \eta\,d^\top AV',

where :math:`v\cdot\theta = 2Q - c^\top\theta`. Without decay this holds for affine fields as for linear ones; with
decay an affine field brings in :math:`c^\top\theta`, and the factor :math:`(1-\eta\lambda)^2` of a linear one is gone.
Plain descent on a linear field: :math:`Q' = (1-\eta\lambda)^2Q + \frac{\eta^2}2\hat g^\top A\hat g`.

The learning rate may change from step to step, and so may all the other coefficients. A clip of the norm multiplies
:math:`\hat g` by a number and changes nothing; a clip of every entry destroys :math:`v\cdot\hat g = 0`.
"""

from __future__ import annotations

import cmath
import numbers
from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.argument_kinds import ArgumentKind, is_expression, takes
from theory.errors import ShapeError, SymbolError
from theory.symmetry.affine_generator import AffineGenerator
from theory.values import MAX_DEPTH, column, instance, nesting, shown


def _is_vector(value: Any) -> bool:
    """Whether ``value`` is a matrix of expressions, or an array of numbers of NumPy or torch; finite or not."""
    if isinstance(value, sp.MatrixBase):
        return all(map(is_expression, value))
    library, shape = type(value).__module__, getattr(value, "shape", ())
    if not isinstance(library, str) or not isinstance(shape, tuple) or not shape:
        return False
    return value.dtype.kind in "iuf" if library == "numpy" else library.startswith("torch")


_VECTOR = ArgumentKind("a vector of SymPy, NumPy or torch", _is_vector, SymbolError)


@dataclass(frozen=True)
class StepRule:
    r"""The coefficients of one step, numbers or expressions; in the convention of ``torch.optim.SGD``.

    Attributes:
        learning_rate: :math:`\eta`.
        momentum: :math:`m`.
        dampening: :math:`\tau`.
        weight_decay: :math:`\lambda`.
        nesterov: Nesterov's momentum.
        decoupled: Whether the decay acts on the weights beside the gradient, :math:`\theta' = (1-\eta\lambda)\theta -
            \eta d`, and not through the velocity.

    Raises:
        SymbolError: Nesterov's momentum with dampening; a coefficient that is no finite number or expression.
    """

    learning_rate: Any
    momentum: Any = 0
    dampening: Any = 0
    weight_decay: Any = 0
    nesterov: bool = False
    decoupled: bool = False

    def __post_init__(self) -> None:
        for name in ("nesterov", "decoupled"):
            if not isinstance(getattr(self, name), bool):
                raise SymbolError(f"{name} must be True or False, got {shown(getattr(self, name))}.")
        for name in ("learning_rate", "momentum", "dampening", "weight_decay"):
            _require_quantity(getattr(self, name), name)
        if self.nesterov and self.dampening != 0:
            raise SymbolError(
                f"Nesterov's momentum is defined without dampening, got dampening={self.dampening}. Leave one out."
            )

    @takes(theta=_VECTOR, velocity=_VECTOR, gradient=_VECTOR)
    def moved(self, theta: Any, velocity: Any, gradient: Any) -> tuple[Any, Any, Any]:
        """The next weights and velocity, and the direction :math:`d`; vectors of SymPy, NumPy or torch.

        Raises:
            SymbolError: one of them is no such vector.
            ShapeError: they have not the same shape.
        """
        if not theta.shape == velocity.shape == gradient.shape:
            shapes = [tuple(vector.shape) for vector in (theta, velocity, gradient)]
            raise ShapeError(f"theta, velocity and gradient must have one shape, got {shapes}.")
        pull = 0 if self.decoupled else self.weight_decay
        total = gradient + pull * theta
        new = self.momentum * velocity + (1 - self.dampening) * total
        direction = total + self.momentum * new if self.nesterov else new
        kept = (1 - self.learning_rate * self.weight_decay) * theta if self.decoupled else theta
        return kept - self.learning_rate * direction, new, direction


@dataclass(frozen=True)
class ChargePair:
    r"""The charge :math:`Q(\theta)` and its pair :math:`D = v(\theta)\cdot V`: numbers, expressions, or arrays of them.

    Raises:
        SymbolError: one of them is something else, or not finite.
    """

    charge: Any
    alignment: Any = 0

    def __post_init__(self) -> None:
        _require_quantity(self.charge, "charge", arrays=True)
        _require_quantity(self.alignment, "alignment", arrays=True)


def _require_quantity(value: Any, name: str, *, arrays: bool = False) -> None:
    """Refuse what is no finite number or expression, nor, with ``arrays``, an array of such."""
    if isinstance(value, sp.MatrixBase):
        holds = arrays and all(map(_is_finite_expression, value))
    elif isinstance(value, sp.Basic):
        holds = _is_finite_expression(value)
    elif isinstance(value, numbers.Number):
        holds = not isinstance(value, bool) and _is_finite(value)
    else:
        holds = arrays and _is_finite_array(value)
    if not holds:
        of = "a finite number, an expression or an array of them" if arrays else "a finite number or an expression"
        raise SymbolError(f"{name} must be {of}, got {shown(value)}.")


def _is_finite_expression(value: sp.Basic) -> bool:
    return nesting(value) <= MAX_DEPTH and is_expression(value) and not value.has(sp.oo, -sp.oo)


def _is_finite(value: Any) -> bool:
    """Whether a number is finite: a fraction of whole numbers is, of any size."""
    try:
        return isinstance(value, numbers.Rational) or cmath.isfinite(value)
    except (TypeError, ValueError, OverflowError):  # a Decimal that signals, or larger than every float
        return False


def _is_finite_array(value: Any) -> bool:
    """Whether ``value`` is an array of NumPy or torch with finite numbers: their differences from themselves are 0."""
    try:
        dated = getattr(value.dtype, "kind", "f") in "mM"  # dates subtract to a time of 0
        return not dated and isinstance(value.shape, tuple) and bool((value - value == 0).all())
    except Exception:  # whatever a stranger's object raises
        return False


def next_pair(
    pair: ChargePair, rule: StepRule, *, direction_form: Any, mixed_form: Any = 0, shift_part: Any = None
) -> ChargePair:
    r"""Charge and pair after one step: the exact discrete law.

    Args:
        pair: :math:`Q` and :math:`D` before.
        rule: The coefficients of the step.
        direction_form: :math:`d^\top Ad`.
        mixed_form: :math:`d^\top AV'`; without momentum it is not needed for the charge.
        shift_part: :math:`c^\top\theta` before the step; None for a linear field, where it is 0.

    Example:
        >>> Q, q, eta, l, m, D = sp.symbols("Q q eta lambda m D")
        >>> sp.factor(next_pair(ChargePair(Q), StepRule(eta, weight_decay=l, decoupled=True), direction_form=q).charge)
        (2*Q*eta**2*lambda**2 - 4*Q*eta*lambda + 2*Q + eta**2*q)/2
        >>> next_pair(ChargePair(Q, D), StepRule(eta, momentum=m), direction_form=q, mixed_form=q)
        ChargePair(charge=-D*eta*m + Q + eta**2*q/2, alignment=D*m - eta*q)
    """
    instance(rule, StepRule, "rule", "a StepRule")
    instance(pair, ChargePair, "pair", "a ChargePair")
    given = {"direction_form": direction_form, "mixed_form": mixed_form}
    given |= {} if shift_part is None else {"shift_part": shift_part}
    for name, form in given.items():
        _require_quantity(form, name, arrays=True)
    shift = 0 if shift_part is None else shift_part
    forms = {"direction_form": direction_form, "mixed_form": mixed_form, "shift_part": shift}
    _one_shape(charge=pair.charge, alignment=pair.alignment, **forms)
    pair = ChargePair(pair.charge, _shaped(pair.alignment, pair.charge))
    direction_form, mixed_form = _shaped(direction_form, pair.charge), _shaped(mixed_form, pair.charge)
    rate, decay, m = rule.learning_rate, rule.weight_decay, rule.momentum
    along_weights = 2 * pair.charge if shift_part is None else 2 * pair.charge - shift_part
    if rule.decoupled:
        return _decoupled(pair, rule, direction_form, mixed_form, shift_part)
    along_velocity = m * pair.alignment + (1 - rule.dampening) * decay * along_weights
    along_step = decay * along_weights + m * along_velocity if rule.nesterov else along_velocity
    charge = pair.charge - rate * along_step + rate**2 * direction_form / 2
    return ChargePair(charge, along_velocity - rate * mixed_form)


def _one_shape(**given: Any) -> None:
    """Refuse arrays that do not fit: NumPy would spread one over the other. A plain 0 stands for any shape."""
    shapes = {name: tuple(getattr(value, "shape", ())) for name, value in given.items()}
    arrays = {name: shape for name, shape in shapes.items() if shape or given[name] != 0}
    if len(set(arrays.values())) > 1:
        said = ", ".join(f"{name} {shape}" for name, shape in arrays.items())
        raise ShapeError(f"charge, alignment and forms must have one shape, got {said}. Give each as the charge is.")


def _shaped(value: Any, charge: Any) -> Any:
    """``value``, or zeros of the shape of ``charge`` where it is the plain 0: matrices of SymPy are not added to 0."""
    return value if getattr(value, "shape", ()) or not getattr(charge, "shape", ()) else 0 * charge


def _decoupled(pair: ChargePair, rule: StepRule, direction_form: Any, mixed_form: Any, shift_part: Any) -> ChargePair:
    r"""With :math:`\rho = 1 - \eta\lambda`; an affine field would need :math:`c\cdot d` as well, so it is refused.

    .. math::
        Q' = \rho^2Q - \eta\rho\,v\cdot d + \tfrac{\eta^2}2d^\top Ad, \qquad
        D' = \rho\,v\cdot V' - \eta\,d^\top AV'
    """
    if shift_part is not None and not (isinstance(shift_part, int | sp.Expr) and shift_part == 0):
        raise SymbolError(
            "the law with decoupled weight decay is that of a linear field, got shift_part that is not 0. Shift the "
            "weights so that the field is linear, or let the decay act through the gradient."
        )
    rate, m = rule.learning_rate, rule.momentum
    kept = 1 - rate * rule.weight_decay
    along_velocity = m * pair.alignment
    along_step = m * along_velocity if rule.nesterov else along_velocity
    charge = kept**2 * pair.charge - rate * kept * along_step + rate**2 * direction_form / 2
    return ChargePair(charge, kept * along_velocity - rate * mixed_form)


def pair_at(generator: AffineGenerator, theta: Any, velocity: Any) -> ChargePair:
    """The charge and its pair at weights and velocities given as columns of expressions."""
    instance(generator, AffineGenerator, "generator", "an AffineGenerator")
    d = generator.weights.rows
    point, speed = column(theta, "theta"), column(velocity, "velocity")
    if point.rows != d or speed.rows != d:
        raise ShapeError(
            f"theta and velocity must hold {d} entries, one per weight, got {point.rows} and {speed.rows}."
        )
    at = dict(zip(generator.weights, point, strict=True))
    field = generator.field.subs(at, simultaneous=True)
    return ChargePair(generator.charge.subs(at, simultaneous=True), (field.T * speed)[0])


def law_residuals(generator: AffineGenerator, gradient: sp.MatrixBase, rule: StepRule) -> tuple[sp.Expr, sp.Expr]:
    r"""The law minus the step itself, for the charge and for its pair; both vanish iff the law holds.

    Args:
        generator: The field, with a charge.
        gradient: :math:`\hat g`, expressions in the weights. Shape ``(d, 1)``.
        rule: The coefficients of the step.

    Returns:
        Two expressions in the weights, velocities ``V_...`` and what ``gradient`` holds.

    Example:
        >>> u, w, r, eta, m, l = sp.symbols("u w r eta m lambda", real=True)
        >>> rescaling = AffineGenerator([u, w], sp.diag(1, -1))
        >>> rule = StepRule(eta, momentum=m, weight_decay=l, nesterov=True)
        >>> [sp.expand(residual) for residual in law_residuals(rescaling, sp.Matrix([r * w, r * u]), rule)]
        [0, 0]
    """
    instance(generator, AffineGenerator, "generator", "an AffineGenerator")
    instance(rule, StepRule, "rule", "a StepRule")
    g, A = column(gradient, "gradient"), generator.require_charge().matrix
    theta = sp.Matrix(generator.weights)
    if g.rows != theta.rows:
        raise ShapeError(f"gradient must have one entry per weight, {theta.rows}, got {g.rows}.")
    velocity = sp.Matrix([sp.Symbol(f"V_{weight.name}", real=True) for weight in theta])
    new_theta, new_velocity, d = rule.moved(theta, velocity, sp.Matrix(g))
    law = next_pair(
        pair_at(generator, theta, velocity),
        rule,
        direction_form=(d.T * A * d)[0],
        mixed_form=(d.T * A * new_velocity)[0],
        shift_part=(generator.shift.T * theta)[0],
    )
    true = pair_at(generator, new_theta, new_velocity)
    return law.charge - true.charge, law.alignment - true.alignment
