r"""One-parameter symmetries of a per-sample loss.

A group :math:`\theta \mapsto \theta_s` with the field :math:`v = \partial_s\theta_s|_{s=0}` leaves the loss of every
sample alone iff

.. math:: v(\theta)\cdot\nabla l(\theta; x) = 0 \qquad\text{for all } \theta \text{ and every } x .

Then :math:`v\cdot\nabla L = 0` and :math:`\Sigma v = 0`: neither the gradient nor its noise has a component along
:math:`v`. A symmetry of the mean loss alone has the first property and not the second, and stochastic gradient descent
does not see it; it is refused, and the sample that breaks it is named.

References:
    Ziyin, Wang, Li, Wu, "The Implicit Bias of Gradient Noise: A Symmetry Perspective" (2024), Sections 2 and 3.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.polys.polyerrors import CoercionFailed, PolynomialError

from theory.decision.algebra.rational_functions import OutOfReachError
from theory.decision.zero import ZeroDecision, ZeroKind, decide_zero
from theory.errors import ShapeError, SymbolError, TheoryError, UnsupportedFormError
from theory.gradient_noise.sampling import FiniteSum
from theory.symmetry.affine_generator import AffineGenerator
from theory.symmetry.exact_gradient import StraightLine
from theory.symmetry.expanded_loss import ExpandedLoss
from theory.symmetry.roots_of_numbers import RootsOfNumbers
from theory.symmetry.sample_losses import Losses, PerSampleLoss, SampleLosses, sample_losses
from theory.typeset import Typeset
from theory.values import Expressions, by_name, column, exact_number, mapping, shown

_LONG = 60
"""Operations from which on the proof for an affine field is made by multiplying out, which is faster."""

_LOOKS = 16
"""Points of an orbit, its end among them, at which the signs of weights are looked at."""


class BrokenSymmetryError(UnsupportedFormError):
    """The loss of some sample changes along the field."""


class OrbitError(UnsupportedFormError):
    """An orbit leaves the domain of the weights or of the loss."""


@dataclass(frozen=True)
class OneParameterSymmetry(Typeset):
    r"""A field that leaves the loss of every sample alone; the rest of the package builds on that.

    Attributes:
        problem: The losses: a PerSampleLoss, a FiniteSum or a Model.
        field: :math:`v(\theta)`, an expression per weight, or an AffineGenerator. Shape ``(d, 1)``.
        decision: On what evidence :math:`v\cdot\nabla l = 0`; ZERO is a proof.

    Raises:
        ShapeError: ``field`` has not one entry per weight.
        SymbolError: ``field`` depends on the data, or is a generator on other weights.
        BrokenSymmetryError: the loss of a sample changes along the field, or that could not be decided.

    Example:
        >>> u, w, x, y = sp.symbols("u w x y", real=True)
        >>> rescaling = OneParameterSymmetry(PerSampleLoss([u, w], (u * w * x - y) ** 2), [u, -w])
        >>> print(rescaling.decision.kind, rescaling.charge)
        zero u**2/2 - w**2/2
    """

    problem: Losses
    field: sp.ImmutableMatrix
    decision: ZeroDecision = dataclasses.field(init=False, compare=False)

    def __post_init__(self) -> None:
        losses = sample_losses(self.problem)
        vector = _field_on(losses.weights, self.field)
        held = vector.free_symbols & set(losses.data)
        if held:
            raise SymbolError(f"field must be the same for every sample, but holds the data {sorted(map(str, held))}.")
        object.__setattr__(self, "field", vector)
        object.__setattr__(self, "decision", _checked(losses, vector, self.problem))

    @property
    def weights(self) -> sp.ImmutableMatrix:
        r"""The weights :math:`\theta`. Shape ``(d, 1)``."""
        return self.problem.weights

    @property
    def generator(self) -> AffineGenerator:
        """The field as an affine one.

        Raises:
            UnsupportedFormError: it is not affine.
        """
        return AffineGenerator.of_field(self.weights, self.field)

    @property
    def charge(self) -> sp.Expr:
        r"""The charge :math:`Q` with :math:`\nabla Q = v`.

        Raises:
            UnsupportedFormError: the field is not affine, or no gradient.
        """
        return self.generator.charge

    def orbit_point(self, start: Mapping[sp.Symbol, Any], parameter: Any) -> dict[sp.Symbol, sp.Expr]:
        """Where the symmetry, which must be affine, carries the weights ``start`` in time ``parameter``, exactly.

        Raises:
            SymbolError: a weight has no number, or one that what is declared of it does not admit.
            OrbitError: the orbit leaves the domain on the way (a weight declared positive, say, is not), or the loss of
                a sample has no value at its start.

        Example:
            >>> u, w, x = sp.symbols("u w x", real=True)
            >>> rescaling = OneParameterSymmetry(PerSampleLoss([u, w], u * w * x), [u, -w])
            >>> rescaling.orbit_point({u: 1, w: 3}, sp.log(2))
            {u: 2, w: 3/2}
        """
        values = {symbol: exact_number(value, str(symbol)) for symbol, value in mapping(start, "start").items()}
        missing = sorted(str(weight) for weight in self.weights if weight not in values)
        if missing:
            raise SymbolError(f"start must give a number for every weight, none for {missing}.")
        self._require_start({weight: values[weight] for weight in self.weights})
        s, end = sp.Dummy("s", real=True), exact_number(parameter, "parameter")
        flow = self.generator.flow(s).subs(values)
        for k in range(1, _LOOKS + 1):
            self._require_signs(flow.subs(s, end * k / _LOOKS), end * k / _LOOKS)
        return dict(zip(self.weights, flow.subs(s, end), strict=True))

    def _require_start(self, at: Mapping[sp.Symbol, sp.Expr]) -> None:
        for weight, value in at.items():
            declared = _contradicted(weight, value)
            if declared:
                raise SymbolError(f"start must give {weight} a value that is {declared}, as declared, got {value}.")
        for name, loss in sample_losses(self.problem).named:
            value = loss.subs(at)
            if value.has(sp.zoo, sp.nan, sp.oo, -sp.oo) or value.is_real is False:
                raise OrbitError(
                    f"start must lie in the domain of the loss, but for {name} the loss has no value at {at}: a "
                    "denominator, a radicand or the norm of a normalised block is 0 or negative there. Take another "
                    "start."
                )

    def _require_signs(self, point: sp.MatrixBase, parameter: sp.Expr) -> None:
        for weight, value in zip(self.weights, point, strict=True):
            declared = _contradicted(weight, value)
            if declared:
                raise OrbitError(
                    f"the orbit leaves the domain: {weight} is declared {declared} and becomes {shown(value)} at "
                    f"parameter={parameter}. Take a smaller parameter, or declare the weight real."
                )


def _contradicted(weight: sp.Symbol, value: sp.Expr) -> str | None:
    """The sign that is declared of ``weight`` and that ``value`` has not."""
    for sign in ("positive", "negative", "nonnegative", "nonpositive", "nonzero"):
        if getattr(weight, f"is_{sign}") and getattr(value, f"is_{sign}") is False:
            return sign
    return None


def slope_along(field: sp.MatrixBase, loss: sp.Expr, weights: sp.MatrixBase) -> sp.Expr:
    r"""The derivative :math:`v\cdot\nabla l` of a loss along a field."""
    return sp.Add(*(v * sp.diff(loss, weight) for v, weight in zip(field, weights, strict=True) if v != 0))


def change_along(field: Expressions | AffineGenerator, problem: Losses) -> ZeroDecision:
    r"""Whether :math:`v\cdot\nabla l = 0` for every sample; of NONZERO, the reason names the sample.

    Example:
        >>> u, w, x, y = sp.symbols("u w x y", real=True)
        >>> print(change_along([u, w], PerSampleLoss([u, w], (u * w * x - y) ** 2)).kind)
        nonzero
    """
    losses = sample_losses(problem)
    return _change(losses, _field_on(losses.weights, field))


def _field_on(weights: sp.MatrixBase, field: Expressions | AffineGenerator) -> sp.ImmutableMatrix:
    if isinstance(field, AffineGenerator):
        return field.on(weights).field
    vector = column(field, "field", real=True)
    if vector.rows != weights.rows:
        raise ShapeError(
            f"field must have one entry per weight, {weights.rows} for {tuple(weights)}, got {vector.rows}."
        )
    return vector


def _change(losses: SampleLosses, vector: sp.MatrixBase) -> ZeroDecision:
    if losses.for_all_data is not None:
        decision = _decided(vector, losses.for_all_data, losses)
        if decision.kind is ZeroKind.ZERO:
            return decision
    weakest: ZeroDecision | None = None
    order = (ZeroKind.ZERO, ZeroKind.CERTIFIED, ZeroKind.UNDECIDED)
    for name, loss in losses.named:
        decision = _decided(vector, loss, losses)
        if decision.kind is ZeroKind.NONZERO:
            return ZeroDecision(ZeroKind.NONZERO, f"for {name} {decision.reason}", decision.witness)
        if weakest is None or order.index(decision.kind) > order.index(weakest.kind):
            weakest = decision
    return weakest or ZeroDecision(ZeroKind.ZERO, "there are no samples")


def _decided(vector: sp.MatrixBase, loss: sp.Expr, losses: SampleLosses) -> ZeroDecision:
    if loss.has(sp.Max, sp.Min, sp.Abs, sp.Piecewise) or loss.count_ops() > _LONG:
        proof = _proof_by_expansion(vector, loss, losses)
        if proof is not None:
            return proof
    parts = set(_polynomials(loss, set(losses.weights)))
    if loss not in parts and all(_decided(vector, part, losses).kind is ZeroKind.ZERO for part in parts):
        return ZeroDecision(ZeroKind.ZERO, "zero for each of the polynomials that the loss is a function of")
    return decide_zero(slope_along(vector, loss, losses.weights))


def _polynomials(expression: sp.Basic, weights: set[sp.Symbol]) -> Iterator[sp.Basic]:
    """The largest polynomials by which ``expression`` depends on the weights; it itself where that is unclear."""
    if not expression.free_symbols & weights:
        return
    bound = isinstance(expression, sp.Derivative | sp.Subs | sp.Lambda | sp.Integral | sp.Sum | sp.Product)
    if bound or isinstance(expression, sp.Expr) and expression.is_polynomial(*weights):
        yield expression
    else:
        for argument in expression.args:
            yield from _polynomials(argument, weights)


def _proof_by_expansion(vector: sp.MatrixBase, loss: sp.Expr, losses: SampleLosses) -> ZeroDecision | None:
    """The proof that a long rational loss does not change along an affine field, or None."""
    try:
        generator = AffineGenerator.of_field(losses.weights, vector)
        roots = RootsOfNumbers.of([loss, *generator.entries])
        line = StraightLine()
        place = line.place(roots.in_symbols(loss))
        constants = by_name({*losses.constants, *vector.free_symbols} - {*losses.weights, *losses.data})
        expanded = ExpandedLoss.of(line, place, tuple(losses.weights), constants, roots.relations)
        matrix, shift = (part.applyfunc(roots.in_symbols) for part in (generator.matrix, generator.shift))
        if expanded.is_unmoved_by(matrix.tolist(), list(shift)):
            return ZeroDecision(ZeroKind.ZERO, "zero as a polynomial in weights and data")
    except (UnsupportedFormError, OutOfReachError, PolynomialError, CoercionFailed):
        pass
    return None


def _checked(losses: SampleLosses, vector: sp.MatrixBase, problem: Losses) -> ZeroDecision:
    decision = _change(losses, vector)
    if decision.says_zero:
        return decision
    if decision.kind is ZeroKind.UNDECIDED:
        raise BrokenSymmetryError(
            f"whether field leaves the loss alone could not be decided: {decision.reason}. Simplify the loss."
        )
    mean = (
        " The mean loss alone does not change along the field, but mini-batches see single samples."
        if not isinstance(problem, PerSampleLoss) and _leaves_the_mean_alone(vector, problem)
        else ""
    )
    raise BrokenSymmetryError(
        f"field must leave the loss of every sample alone, but v . grad l is not 0: {decision.reason}.{mean} "
        "find_affine_symmetries(problem) lists all affine fields that do."
    )


def _leaves_the_mean_alone(vector: sp.MatrixBase, problem: Any) -> bool:
    try:
        mean = problem.loss if isinstance(problem, FiniteSum) else problem.mean_loss
        return decide_zero(slope_along(vector, mean, problem.weights)).says_zero
    except TheoryError:
        return False
