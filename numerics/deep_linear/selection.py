r"""The minimum that the noise selects: the slow flow along a manifold of minima, followed until it rests.

Where the network can follow its teacher, a minimum without weight decay has :math:`C = 0`, so the Hessian is
:math:`J^\top(\Lambda\otimes I)J` and everything fast lives in the :math:`d_Ld_0` rows of J: with :math:`J = RB`, B of
orthonormal rows and :math:`R^\top(\Lambda\otimes I)R = \mathrm{diag}(g)`,

.. math::
    X = B^\top\Big[\frac{(R^\top\,\mathrm{Cov}(\mathrm{vec}\,T)\,R)_{ij}}{g_i + g_j}\Big]B, \qquad
    \dot\theta = -\tfrac12(I - B^\top B)\,\nabla^3L[X] ,

per unit of :math:`\beta`. Where a layer is too narrow for that, :math:`C \ne 0` and B holds the axes of the whole
Hessian instead. Rotations of hidden layers are taken out: the map does not see them, and the noise may turn them for
ever. :class:`~numerics.deep_linear.minima.Minimum` finds the same from the whole Hessian.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its submodules load on first use

from numerics.arguments import real_number, takes
from numerics.deep_linear.curvature import (
    hidden_rotations,
    loss_hessian,
    matrices_of,
    rotation_generators,
    third_derivative,
    trained_jacobian,
)
from numerics.deep_linear.minima import FLAT, Minimum, follows_teacher, nearest_minimum
from numerics.deep_linear.noise import gradient_covariance
from numerics.deep_linear.point import POINT, LayeredPoint
from numerics.errors import ArgumentError, DivergenceError

Array = np.ndarray

LONGEST = 40
"""Stretches of the flow, each twice as long as the one before."""

MOST_STEPS = 50
"""Implicit steps at its end."""

REPELLING = 1e-4
"""A rate of leaving above this fraction of the largest rate is one; smaller ones may be rounding."""

RESOLVED = 1e-6
"""Rotations that move the weights by less than this fraction of what others do are not told apart by differences."""

CLOSE = 1e-2
"""A drift below this fraction of its terms is left to implicit steps, which grow into Newton's."""


@takes(point=POINT)
def selected_minimum(
    point: LayeredPoint, *, decay_over_noise: float | Sequence[float] = 0.0, accuracy: float = 1e-10
) -> Minimum:
    r"""The minimum at which the slow flow of SGD's noise rests, from the minimum nearest to ``point``.

    Weight decay that is as weak as the noise, :math:`\lambda_l = \rho_l\beta` with :math:`\beta = \eta\kappa`, leaves
    the manifold as it is and takes part in the flow along it,

    .. math::
        \dot\theta = -P_{\ker H}\big(\tfrac12\nabla^3L[X] + \rho\,\theta\big) .

    Args:
        point: A start. Its network has no weight decay of its own.
        decay_over_noise: :math:`\rho_l`, one number for all layers or one a layer, without dimension of :math:`\eta`.
        accuracy: The slow drift at the end, as a fraction of the terms of which it is made.

    Returns:
        The minimum. Its variances are right for both; its mean is refused where there is decay, which shifts it too.

    Raises:
        ArgumentError: the network has weight decay (which leaves no manifold but rotations), a ratio is negative, or
            there is neither noise at the minimum nor a ratio, or noise along the minima.
        DivergenceError: no minimum is found, or the flow does not come to rest.

    Example:
        >>> from numerics.deep_linear import NoisyTeacher
        >>> from theory.deep_linear import LayeredLinear
        >>> data = NoisyTeacher([[1.0, 0.0]], label_covariance=1.0)
        >>> start = LayeredPoint(LayeredLinear((2, 1, 1)), data, ([[1.0, 0.0]], [[1.0]]))
        >>> round(float(selected_minimum(start, decay_over_noise=0.5).point.weights[1][0, 0] ** 4), 9)  # 2/3
        0.666666667
    """
    decays = _ratios(point, decay_over_noise)
    if not 0 < real_number(accuracy, "accuracy") < 1:
        raise ArgumentError(f"accuracy must lie between 0 and 1, got {accuracy!r}.")
    if any(float(decay) for decay in point.network.weight_decay):
        raise ArgumentError(
            "the network must be without weight decay to have a manifold. Set weight_decay=0, and give a decay as "
            "weak as the noise by decay_over_noise."
        )
    point = nearest_minimum(point)
    size = float(np.abs(point.data.teacher).max())
    silent = float(np.abs(point.signal.covariance()).max()) <= 1e-14 * max(size, 1.0) ** 2
    if silent and not any(decays):
        raise ArgumentError("the gradient noise vanishes at the minimum: none is selected. Give a label_covariance.")
    flow = _SlowFlow(decays, follows_teacher(point))
    if not flow.fits:
        Minimum(point).require_noise_across()  # only such minima can have noise along them
    drift, terms = flow.drift(point)
    length = 1.0 / max(terms, 1e-300)
    for _ in range(LONGEST):
        close = float(np.linalg.norm(drift)) <= CLOSE * terms
        if close and (rest := flow.at_rest(point, length, accuracy)):
            return Minimum(rest)
        point = flow.followed(point, length)
        drift, terms = flow.drift(point)
        length *= 2
    raise DivergenceError(
        f"the slow flow has not come to rest: its drift is {float(np.linalg.norm(drift)) / terms:.3g} of its terms. "
        "Start elsewhere."
    )


def _ratios(point: LayeredPoint, given: float | Sequence[float]) -> tuple[float, ...]:
    """The ratio of decay and noise of every layer."""
    several = given if isinstance(given, list | tuple) else [given] * point.network.depth
    ratios = tuple(real_number(each, "decay_over_noise") for each in several)
    if len(ratios) != point.network.depth or any(ratio < 0 for ratio in ratios):
        raise ArgumentError(
            f"decay_over_noise must be one non-negative number, or one for each of the {point.network.depth} layers, "
            f"got {given!r}."
        )
    return ratios


def slow_flow(point: LayeredPoint, decays: Sequence[float] = ()) -> tuple[Array, float]:
    r"""The slow drift per unit of :math:`\beta`, rotations taken out, and the size of its terms, doubled.

    ``decays`` are the ratios of weight decay and :math:`\beta`, one a layer, none by default.
    """
    return _SlowFlow(decays, follows_teacher(point)).drift(point)


@dataclass(frozen=True)
class _SlowFlow:
    r"""The flow along one manifold of minima.

    Attributes:
        decays: The ratios of weight decay and :math:`\beta`, one a layer, or none.
        fits: Whether :math:`C = 0` on the manifold.
    """

    decays: Sequence[float]
    fits: bool

    def drift(self, point: LayeredPoint) -> tuple[Array, float]:
        """The drift without rotations of hidden layers, and the size of its terms, doubled."""
        (drift, size), turns = self.turning(point), hidden_rotations(point, self.decays)
        return drift - turns.T @ (turns @ drift), size

    def turning(self, point: LayeredPoint) -> tuple[Array, float]:
        """The same with rotations, which take a while to tell apart."""
        B, variances = _rows_across(point) if self.fits else _axes_across(point)
        variances, principal = np.linalg.eigh(variances)
        third = variances @ third_derivative(point, principal.T @ B)
        if any(self.decays):
            frozen = point.network.frozen
            pulls = [0.0 if l in frozen else ratio for l, ratio in enumerate(self.decays, 1)]
            pairs = zip(pulls, point.weights, strict=True)
            third = third + 2 * np.concatenate([pull * W.ravel(order="F") for pull, W in pairs])
        return -(third - B.T @ (B @ third)) / 2, float(np.linalg.norm(third))

    def projected(self, point: LayeredPoint, *, within: float = 1e-14) -> LayeredPoint:
        """The minimum beside a point that is close to it, by Newton's steps across the manifold."""
        size = max(1.0, float(np.abs(point.data.teacher).max()))
        for _ in range(20):
            C = point.signal.mean if self.fits else np.concatenate([G.ravel(order="F") for G in point.gradients])
            if float(np.abs(C).max()) <= within * size:
                return point
            if self.fits:
                J, d_L = trained_jacobian(point), point.network.widths[-1]
                system = np.kron(point.data.input_moment(), np.eye(d_L)) @ J @ J.T
                step = J.T @ np.linalg.lstsq(system, C.ravel(order="F"), rcond=1e-12)[0]
            else:
                values, vectors = np.linalg.eigh(loss_hessian(point))
                across = np.abs(values) > FLAT * float(np.abs(values).max())
                step = -vectors[:, across] @ (vectors[:, across].T @ C / values[across])
            point = point.moved(matrices_of(point, step))
        return point

    def followed(self, point: LayeredPoint, length: float) -> LayeredPoint:
        """The point after a stretch of the flow, back on the manifold."""

        def velocity(_: float, moved: Array) -> Array:
            beside = point.moved(matrices_of(point, moved))
            near = self.projected(beside, within=1e-8)
            pairs = zip(near.weights, beside.weights, strict=True)
            back = np.concatenate([(A - W).ravel(order="F") for A, W in pairs])
            return self.turning(near)[0] + back / length

        start = np.zeros(sum(W.size for W in point.weights))
        run = scipy.integrate.solve_ivp(velocity, (0, length), start, method="LSODA", rtol=1e-4, atol=1e-6)
        return self.projected(point.moved(matrices_of(point, run.y[:, -1])))

    def at_rest(self, point: LayeredPoint, length: float, accuracy: float) -> LayeredPoint | None:
        """The end of the flow, by implicit steps along the manifold, each ten times as long as the one before.

        None where they do not lower the drift, or end where the flow leads away: it then passes by a saddle.
        """
        (drift, terms), slopes = self.drift(point), np.zeros((0, 0))
        for _ in range(MOST_STEPS):
            if float(np.linalg.norm(drift)) <= accuracy * terms:
                break
            along, slopes = self.slopes(point)
            for shorter in (1.0, 0.1, 0.01):
                system = np.eye(len(along)) / (shorter * length) - slopes
                step = along.T @ np.linalg.lstsq(system, along @ drift, rcond=1e-9)[0]
                trial = self.projected(point.moved(matrices_of(point, step)))
                ahead = self.drift(trial)
                if float(np.linalg.norm(ahead[0])) < float(np.linalg.norm(drift)):
                    break
            else:
                break
            point, (drift, terms), length = trial, ahead, 10 * length
        rates = np.linalg.eigvals(slopes)
        leads_away = len(rates) and float(rates.real.max()) > REPELLING * float(np.abs(rates).max())
        rests = float(np.linalg.norm(drift)) <= max(accuracy, 1e-8) * terms
        return point if rests and not leads_away else None

    def slopes(self, point: LayeredPoint) -> tuple[Array, Array]:
        r"""Directions along the manifold, one a row, and the slopes of the drift among them, by differences.

        With rotations by the angles :math:`\alpha` at the point, :math:`G(\theta)^\top\alpha`, the drift is
        :math:`v - G^\top\alpha`; a change of the angles moves along rotations at the point, to which all directions
        are orthogonal. So the same angles serve on every side.
        """
        # Across the manifold, along rotations and in frozen layers nothing is to be solved for.
        across = trained_jacobian(point) if self.fits else _axes_across(point)[0]
        fixed = np.concatenate([across, hidden_rotations(point, self.decays), _frozen(point)])
        _, singular, rows = np.linalg.svd(fixed)
        along = rows[int(np.sum(singular > 1e-9 * singular[0])) :]
        h = 1e-6 * max(1.0, *(float(np.abs(W).max()) for W in point.weights))
        turning, turns = self.turning(point)[0], rotation_generators(point, self.decays)
        angles = np.linalg.lstsq(turns.T, turning, rcond=RESOLVED)[0] if len(turns) else np.zeros(0)

        def turned_back(beside: LayeredPoint) -> Array:
            return self.turning(beside)[0] - angles @ rotation_generators(beside, self.decays)

        sides = [turned_back(point.moved(matrices_of(point, h * direction))) for direction in along]
        return along, along @ (np.reshape(sides, along.shape) - (turning - angles @ turns)).T / h


def _rows_across(point: LayeredPoint) -> tuple[Array, Array]:
    """Orthonormal rows that span the directions across, from the Jacobian, and X among them."""
    J, d_L = trained_jacobian(point), point.network.widths[-1]
    values, vectors = np.linalg.eigh(J @ J.T)
    kept = values > 1e-12 * max(float(values.max(initial=0.0)), 1e-300)
    R = vectors[:, kept] * np.sqrt(values[kept])
    rates, axes = np.linalg.eigh(R.T @ np.kron(point.data.input_moment(), np.eye(d_L)) @ R)
    seen = rates > 1e-12 * max(float(rates.max(initial=0.0)), 1e-300)
    B = (vectors[:, kept] / np.sqrt(values[kept])).T @ J
    B, R, rates = axes[:, seen].T @ B, R @ axes[:, seen], rates[seen]
    return B, (R.T @ point.signal.covariance() @ R) / (rates[:, None] + rates[None, :])


def _axes_across(point: LayeredPoint) -> tuple[Array, Array]:
    """The same from the whole Hessian."""
    values, vectors = np.linalg.eigh(loss_hessian(point))
    across = np.abs(values) > FLAT * float(np.abs(values).max())
    B, rates = vectors[:, across].T, values[across]
    return B, (B @ gradient_covariance(point) @ B.T) / (rates[:, None] + rates[None, :])


def _frozen(point: LayeredPoint) -> Array:
    """Unit vectors, one row each, for the entries of frozen layers."""
    still = np.concatenate([np.full(W.size, l in point.network.frozen) for l, W in enumerate(point.weights, 1)])
    return np.eye(len(still))[still]
