r"""Noise and weight decay along an orbit of symmetries: a convex function, whose minimum is the noise equilibrium.

Commuting symmetric generators :math:`A_1, \dots, A_m` carry :math:`\theta` to :math:`\theta_s = e^{s\cdot A}\theta`,
and the gradient noise with it, :math:`\Sigma(\theta_s) = e^{-s\cdot A}\Sigma(\theta)e^{-s\cdot A}`. With temperature T
and weight decay :math:`\lambda` (gradient :math:`g + \lambda\theta`) the charges move along

.. math::
    \dot Q_a\big|_{\theta_s} = \tfrac T2\mathrm{tr}(\Sigma A_a) - \lambda\,\theta^\top A_a\theta = -\partial_a\Phi(s),
    \qquad
    \Phi(s) = \tfrac\lambda2\|\theta_s\|^2 + \tfrac T4\mathrm{tr}\,\Sigma(\theta_s)
            = \sum_ka_ke^{\nu_k\cdot s}, \quad a_k > 0 .

Each eigenspace of the generators with eigenvalues :math:`\mu` gives the rates :math:`2\mu`, with the decay, and
:math:`-2\mu`, with the noise. A sum of exponentials is convex: the equilibria of the charges are the points of least
noise and decay on the orbit.

* :math:`\Phi` has a minimum iff 0 lies in the relative interior of the convex hull of the rates (Stiemke): either some
  weights :math:`p_k > 0` have :math:`\sum_kp_k\nu_k = 0`, or in some direction no rate is positive and one is negative,
  and there the infimum lies at infinity. Both answers come with the weights or the direction, which are checked.
* It is unique iff the rates span: strictly convex iff
  :math:`T\,\mathrm{tr}(\Sigma A^2) + 2\lambda\,\theta^\top A^2\theta > 0` along every combination :math:`A` of the
  generators. Where no rate is left, every point is an equilibrium: interpolation without decay.

An orbit of *affine* fields with weight decay of the raw weights is another thing: :math:`\|\theta_s\|^2` is then no
convex function of s, and Theorem 1 does not carry over.

References:
    Ziyin, Wang, Li, Wu, "The Implicit Bias of Gradient Noise: A Symmetry Perspective" (2024), Theorem 1, with
    :math:`C = 2Q`, :math:`\lambda = 2\gamma`.
    Kempf, Ness, "The length of vectors in representation spaces" (1979).
    Boyd, Kim, Vandenberghe, Hassibi, "A tutorial on geometric programming" (2007).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import sympy as sp

from theory.argument_kinds import SQUARE, ArgumentKind, takes
from theory.decision.zero import ZeroKind, decide_zero
from theory.errors import ShapeError, SymbolError, UnsupportedFormError
from theory.matrices.exponential import eigenvalues
from theory.symmetry.affine_generator import AffineGenerator
from theory.values import Expressions, column, expressions, instance, listed, shown, single_expression

Rate = tuple[sp.Expr, ...]
r"""The exponents :math:`\nu` of one term, one for each generator."""


@dataclass(frozen=True)
class OrbitPotential:
    r"""The potential :math:`\Phi(s) = \sum_ka_ke^{\nu_k\cdot s}` on an orbit.

    Attributes:
        terms: :math:`\nu_k` -> :math:`a_k`, without terms whose coefficient is 0 or whose rates all are.

    Raises:
        SymbolError: a coefficient is negative.
    """

    terms: Mapping[Rate, sp.Expr]

    def __post_init__(self) -> None:
        kept: dict[Rate, sp.Expr] = {}
        for given, coefficient in instance(self.terms, Mapping, "terms", "a mapping of rates to coefficients").items():
            rate = tuple(column(listed(given, "rates of terms"), "rates of terms", real=True))
            if len(rate) != len(next(iter(kept), rate)):
                raise ShapeError(f"every term must have one rate per generator, got {shown(list(self.terms))}.")
            value = single_expression(coefficient, "terms", real=True)
            if value.is_negative:
                raise SymbolError(
                    f"every term must have a positive coefficient, got {value} with rates {rate}: weight decay, "
                    "temperature and variances are not negative. With a negative one Theorem 1 is false."
                )
            if any(entry != 0 for entry in rate) and decide_zero(value).kind is not ZeroKind.ZERO:
                kept[rate] = value
        object.__setattr__(self, "terms", kept)

    @property
    def parameters(self) -> tuple[sp.Symbol, ...]:
        r"""The coordinates :math:`s_1, \dots, s_m` of :meth:`value`."""
        count = len(next(iter(self.terms))) if self.terms else 0
        return tuple(sp.Symbol(f"s_{a}", real=True) for a in range(1, count + 1))

    @cached_property
    def value(self) -> sp.Expr:
        r""":math:`\Phi` as an expression in :attr:`parameters`, up to a constant."""
        return sp.Add(*(a * sp.exp(self._exponent(rate)) for rate, a in self.terms.items()))

    @property
    def charge_drifts(self) -> tuple[sp.Expr, ...]:
        r""":math:`\dot Q_a = -\partial_a\Phi` along the orbit, in :attr:`parameters`."""
        return tuple(-sp.diff(self.value, s) for s in self.parameters)

    @property
    def hessian(self) -> sp.ImmutableMatrix:
        r""":math:`\sum_ka_k\nu_k\nu_k^\top e^{\nu_k\cdot s}`, positive semidefinite. Shape ``(m, m)``."""
        m = len(self.parameters)
        total = sp.zeros(m, m)
        for rate, a in self.terms.items():
            total += a * sp.exp(self._exponent(rate)) * sp.Matrix(rate) * sp.Matrix(rate).T
        return sp.ImmutableMatrix(total)

    @property
    def is_strictly_convex(self) -> bool:
        """Whether the rates span: then there is at most one minimum."""
        m = len(self.parameters)
        return m > 0 and sp.Matrix(list(self.terms)).rank() == m

    def _exponent(self, rate: Rate) -> sp.Expr:
        return sp.Add(*(r * s for r, s in zip(rate, self.parameters, strict=True)))


def orbit_potential(
    generators: AffineGenerator | Sequence[AffineGenerator],
    position: Expressions,
    noise: sp.MatrixBase,
    *,
    temperature: sp.Expr | float,
    weight_decay: sp.Expr | float = 0,
) -> OrbitPotential:
    r"""The potential on the orbit of commuting generators through a point.

    Coefficients in which symbols are left count as positive unless they are proved to be 0: they are squares and
    variances.

    Args:
        generators: One or several linear fields with symmetric matrices that commute.
        position: :math:`\theta`. Shape ``(d, 1)``.
        noise: :math:`\Sigma(\theta)`, the covariance of the gradient of a sample there. Descent itself, beyond the
            diffusion, has :math:`\Sigma + \beta\,\bar g\bar g^\top` with the mean gradient :math:`\bar g`: the second
            moment at batch size 1. Shape ``(d, d)``.
        temperature: :math:`T = \eta/\beta`.
        weight_decay: :math:`\lambda`; descent with decoupled decay has :math:`\lambda(1 - \eta\lambda/2)`.

    Raises:
        UnsupportedFormError: generators do not commute, are affine, or have no charge; the symmetry does not move the
            point; ``noise`` is not orthogonal to the orbit, :math:`\Sigma A\theta \ne 0`.
        ShapeError: a shape does not fit.
        SymbolError: temperature, weight decay or a variance is negative.

    Example:
        >>> u, w = sp.symbols("u w", real=True)
        >>> rescaling = AffineGenerator([u, w], sp.diag(1, -1))
        >>> noise = sp.Matrix([[1, 2], [2, 4]])  # of the loss (u w - y)**2/2 at u = 2, w = 1, and label noise
        >>> orbit_potential(rescaling, [2, 1], noise, temperature=1).value
        exp(2*s_1) + exp(-2*s_1)/4
    """
    fields = _checked_generators(generators)
    theta, sigma = column(position, "position", real=True), expressions(noise, "noise", real=True)
    d = fields[0].weights.rows
    if theta.rows != d or sigma.shape != (d, d) or sigma != sigma.T:
        raise ShapeError(
            f"position and noise must have shapes ({d}, 1) and ({d}, {d}), noise symmetric, got {theta.shape} and "
            f"{sigma.shape}."
        )
    T, decay = (
        single_expression(temperature, "temperature", real=True),
        single_expression(weight_decay, "weight_decay", real=True),
    )
    for name, value in (("temperature", T), ("weight_decay", decay)):
        if value.is_negative:
            raise SymbolError(f"{name} must not be negative, got {value}: the potential would not be convex.")
    _require_orbit(fields, theta, sigma)
    terms: dict[Rate, sp.Expr] = {}
    for rate, projector in eigenspaces([field.matrix for field in fields]):
        for sign, weight in (
            (1, decay / 2 * (theta.T * projector * theta)[0]),
            (-1, T / 4 * (projector * sigma).trace()),
        ):
            key = tuple(2 * sign * mu for mu in rate)
            terms[key] = sp.expand(terms.get(key, 0) + weight)
    return OrbitPotential(terms)


_SQUARES = ArgumentKind(
    "a sequence of square matrices of SymPy of one size, not empty",
    lambda value: (
        isinstance(value, list | tuple)
        and all(map(SQUARE.holds, value))
        and len({matrix.rows for matrix in value}) == 1
    ),
)


@takes(matrices=_SQUARES)
def eigenspaces(matrices: Sequence[sp.MatrixBase]) -> Iterator[tuple[Rate, sp.Matrix]]:
    """Joint eigenvalues of commuting symmetric matrices, with the projectors on their eigenspaces.

    Example:
        >>> [(rate, projector.trace()) for rate, projector in eigenspaces([sp.diag(1, 1, -1), sp.diag(0, 2, 0)])]
        [((-1, 0), 1), ((1, 0), 1), ((1, 2), 1)]
    """
    found: list[tuple[Rate, sp.Matrix]] = [((), sp.eye(matrices[0].rows))]
    for matrix in matrices:
        values = sorted(set(eigenvalues(matrix)), key=sp.default_sort_key)
        projectors = [(mu, _projector(matrix, mu, values)) for mu in values]
        found = [
            ((*rate, mu), product)
            for rate, projector in found
            for mu, part in projectors
            if not (product := (projector * part).applyfunc(sp.radsimp)).is_zero_matrix
        ]
    yield from found


def _projector(matrix: sp.MatrixBase, mu: sp.Expr, values: Sequence[sp.Expr]) -> sp.Matrix:
    """Lagrange's polynomial of the matrix that is 1 at ``mu`` and 0 at the other eigenvalues."""
    product = sp.eye(matrix.rows)
    for other in values:
        if other != mu:
            product = product * (sp.Matrix(matrix) - other * sp.eye(matrix.rows)) / (mu - other)
    return product.applyfunc(sp.expand)


def _checked_generators(generators: AffineGenerator | Sequence[AffineGenerator]) -> list[AffineGenerator]:
    given = [generators] if isinstance(generators, AffineGenerator) else listed(generators, "generators")
    fields = [instance(g, AffineGenerator, "generators", "AffineGenerators").require_charge() for g in given]
    if not fields:
        raise ShapeError("generators must hold at least one generator, got none.")
    for g in fields:
        if not g.is_linear:
            raise UnsupportedFormError(
                f"generators must be linear, got the shift {tuple(g.shift)}. Shift the weights so that the field is "
                "linear; with weight decay of the raw weights the potential is then not convex, and has no theorem."
            )
    for i, first in enumerate(fields):
        for second in fields[:i]:
            if any(first.bracket(second).entries):
                raise UnsupportedFormError(
                    "generators must commute for their charges to have a joint orbit that is flat. Take commuting "
                    "ones, such as the rescalings of neurons; for whole double rotations see "
                    "theory.models.two_layer_balance."
                )
    return fields


def _require_orbit(fields: Sequence[AffineGenerator], theta: sp.MatrixBase, sigma: sp.MatrixBase) -> None:
    for g in fields:
        moved = g.matrix * theta
        if decide_zero(moved).kind is ZeroKind.ZERO:
            raise UnsupportedFormError(
                f"position must be moved by the symmetry, but the field vanishes at {shown(tuple(theta))}: there is no "
                "orbit. A normalised block or the scale of a batch norm is 0 there."
            )
        if decide_zero(sigma * moved).kind is ZeroKind.NONZERO:
            raise UnsupportedFormError(
                "noise must be the covariance of gradients of a loss with the symmetry, so that noise * A * position "
                f"vanishes, got {shown(tuple(sigma * moved))}. Take it at the same position."
            )
