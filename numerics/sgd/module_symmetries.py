r"""Affine symmetries of a PyTorch module on its data, found numerically.

At random weights the gradient of each sample gives one equation for the entries of :math:`A` and :math:`c`,

.. math:: (A\theta + c)\cdot\nabla l_i(\theta) = 0 .

Their null space is read off the singular values: what lies behind the widest gap counts as 0. That is a finding in
floating-point numbers, with the width of its gap and its residual at fresh weights, and no proof: a symmetry that is
broken by less than rounding is found too, and one that shows only at rare weights is missed.
:func:`theory.symmetry.find.find_affine_symmetries` proves, for losses that are rational functions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from numerics.arguments import takes, whole_number
from numerics.errors import ArgumentError
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.gradient_noise import GradientNoise
from numerics.sgd.module_invariance import random_weights
from theory.argument_kinds import one_of

MOST_WEIGHTS = 48
"""More weights than this have too many unknowns."""

ROUNDING = 1e-9
"""Singular values above this part of the largest are no zeros."""

CLEAR_GAP = 1e4
"""A gap between singular values that is wider than this leaves no doubt where zero begins."""

_AT_A_MINIMUM = 1e-6
_FLAT = 1e-9


@dataclass(frozen=True, eq=False)
class NumericalSymmetries:
    r"""Affine fields that leave the losses of a data set alone, up to rounding.

    Attributes:
        matrices: :math:`A` of each, an orthonormal basis together with ``shifts``. Shape ``(m, P, P)``.
        shifts: :math:`c` of each. Shape ``(m, P)``.
        singular_values: Of the equations, each of norm 1, falling. Shape ``(P**2 + P,)``.
        gap: The last value that is not 0 by the first that is (or by rounding, where none is).
        residual: The largest :math:`|v\cdot\nabla l_i|/(|v||\nabla l_i|)` of the basis at fresh random weights.
    """

    matrices: np.ndarray
    shifts: np.ndarray
    singular_values: np.ndarray
    gap: float
    residual: float

    @property
    def dimension(self) -> int:
        """How many there are."""
        return len(self.matrices)

    @property
    def is_clear(self) -> bool:
        """Whether the gap is wide, and fresh weights confirm."""
        return self.gap > CLEAR_GAP and self.residual < 1e-7

    @property
    def charges(self) -> np.ndarray:
        """An orthonormal basis of the symmetric matrices among the combinations, with their shifts behind them.

        Shape ``(k, P + 1, P)``: the matrix in the first P rows, the shift in the last.
        """
        joint = np.concatenate([self.matrices, self.shifts[:, None, :]], axis=1)
        if not len(joint):
            return joint
        curls = (self.matrices - self.matrices.transpose(0, 2, 1)).reshape(len(joint), -1)
        left, values, _ = np.linalg.svd(curls)
        rank = int((values > 1e-7).sum())
        return np.einsum("mk,mij->kij", left[:, rank:], joint)

    def __str__(self) -> str:
        width = f"gap {self.gap:.0e}, residual {self.residual:.0e} at fresh weights"
        found = f"{self.dimension} affine symmetries found numerically, {len(self.charges)} with a charge ({width})"
        return f"{found}; no proof" + ("" if self.is_clear else ", and in doubt")


@takes(problem=one_of(EmpiricalLoss, needed="an EmpiricalLoss"))
def numerical_symmetries(problem: EmpiricalLoss, *, seed: int, points: int | None = None) -> NumericalSymmetries:
    """Affine fields that leave the loss of every sample of a data set alone, numerically.

    Args:
        problem: Module, loss of one sample, data set, in float64, with at most :data:`MOST_WEIGHTS` weights.
        seed: Of the random weights.
        points: Random weights, at most; by default enough for three times as many equations as unknowns.

    Raises:
        ArgumentError: weights are not float64, or too many.

    Example:
        >>> net = torch.nn.Sequential(torch.nn.Linear(2, 2, bias=False), torch.nn.Linear(2, 2, bias=False)).double()
        >>> x, y = torch.eye(2, dtype=torch.float64), torch.ones(2, 2, dtype=torch.float64)
        >>> found = numerical_symmetries(EmpiricalLoss(net, lambda f, y: ((f - y) ** 2).sum(), x, y), seed=1)
        >>> found.dimension, len(found.charges), found.is_clear
        (4, 3, True)
        >>> print(found)  # doctest: +ELLIPSIS
        4 affine symmetries found numerically, 3 with a charge (gap ..., residual ... at fresh weights); no proof
    """
    d = problem.dimension
    if problem.dtype != torch.float64 or d > MOST_WEIGHTS:
        raise ArgumentError(
            f"problem must have at most {MOST_WEIGHTS} weights in float64, got {d} in {problem.dtype}. "
            "Call module.double(), or look at a smaller module of the same form."
        )
    unknowns = d * d + d
    points = 2 * unknowns if points is None else whole_number(points, "points", at_least=1, below=2**20)
    equations = _equations(problem, random_weights(problem, points, seed=seed), 3 * unknowns)
    _, values, rows = np.linalg.svd(equations, full_matrices=True)
    values = np.concatenate([values, np.zeros(unknowns - len(values))])
    rank, gap = _rank(values)
    basis = rows[rank:]
    fresh = _equations(problem, random_weights(problem, 2 * d, seed=seed ^ 0x5F5F), unknowns)
    residual = float(np.abs(fresh @ basis.T).max()) if basis.size and fresh.size else 0.0
    matrices, shifts = basis[:, : d * d].reshape(-1, d, d), basis[:, d * d :]
    return NumericalSymmetries(matrices, shifts, values, gap, residual)


def _equations(problem: EmpiricalLoss, thetas: torch.Tensor, enough: int) -> np.ndarray:
    """Rows of norm 1 for an orthonormal basis of the gradients at each of ``thetas``, until there are ``enough``."""
    found = [np.zeros((1, problem.dimension * (problem.dimension + 1)))]
    for theta in thetas:
        gradients = GradientNoise(problem, theta).sample_gradients
        _, sizes, spanning = torch.linalg.svd(gradients, full_matrices=False)
        spanning = spanning[sizes > ROUNDING * sizes[0]] if float(sizes[0]) > 0 else spanning[:0]
        joint = torch.cat([theta, torch.ones(1, dtype=theta.dtype)])
        products = spanning[:, :, None] * joint / joint.norm()
        found.append(torch.cat([products[:, :, :-1].flatten(1), products[:, :, -1]], dim=1).numpy())
        if sum(map(len, found)) > enough:
            break
    return np.concatenate(found)


def _rank(values: np.ndarray) -> tuple[int, float]:
    """How many singular values are not 0, and by how much the last of them exceeds the next."""
    if values[0] == 0:
        return 0, np.inf
    floor = values[0] * np.finfo(float).eps
    clipped = np.maximum(np.append(values, floor), floor)
    ratios = clipped[:-1] / clipped[1:]
    candidates = [k for k in range(len(values)) if clipped[k + 1] < ROUNDING * values[0]]
    if not candidates:
        return len(values), float(ratios[-1])
    best = max(candidates, key=lambda k: ratios[k])
    return best + 1, float(ratios[best])


@takes(
    problem=one_of(EmpiricalLoss, needed="an EmpiricalLoss"),
    found=one_of(NumericalSymmetries, needed="a NumericalSymmetries"),
)
def curvature_beside_orbit(problem: EmpiricalLoss, found: NumericalSymmetries, theta: torch.Tensor) -> float:
    r"""The least curvature of the mean loss at a minimum, in directions other than those of its symmetries.

    Weights across the orbit come to rest in :math:`1/(\eta h)` steps. Where that is short beside the
    ``relaxation_steps`` of the charges, and the decay :math:`\lambda` is small beside :math:`h`, the equilibrium on the
    frozen orbit is that of training. Where :math:`h` is 0, as it is for the weights of a unit that is off on all
    samples, noise moves training along other minima as well, and charges follow an orbit that is not frozen.

    Args:
        problem: Module, loss of one sample, data set, in float64.
        found: Its symmetries.
        theta: A minimum of the mean loss. Shape ``(P,)``.

    Returns:
        :math:`h`: 0 if it is by rounding, infinite if the orbit fills the space.

    Raises:
        ArgumentError: ``theta`` is no minimum: the gradient, or an eigenvalue of the Hessian, says so.

    Example:
        >>> layers = torch.nn.Linear(1, 1, bias=False), torch.nn.ReLU(), torch.nn.Linear(1, 1, bias=False)
        >>> x, y = torch.ones(2, 1).double(), torch.tensor([[3.0], [1.0]]).double()
        >>> problem = EmpiricalLoss(torch.nn.Sequential(*layers).double(), lambda f, y: ((f - y) ** 2).sum() / 2, x, y)
        >>> found = numerical_symmetries(problem, seed=1)
        >>> curvature_beside_orbit(problem, found, torch.tensor([1.0, 2.0]))  # of (u w - 2)**2/2: |(w, u)|**2
        5.0
        >>> off = EmpiricalLoss(problem.module, problem.loss, x, y - 2)
        >>> curvature_beside_orbit(off, found, torch.tensor([-1.0, 1.0]))
        0.0
    """
    if found.shifts.shape[1] != problem.dimension:
        raise ArgumentError(
            f"found must be the symmetries of problem, which has {problem.dimension} weights, got those of "
            f"{found.shifts.shape[1]} weights. Take numerical_symmetries(problem)."
        )
    noise = GradientNoise(problem, theta)
    hessian = torch.autograd.functional.hessian(lambda t: problem.sample_losses(t).mean(), noise.theta).cpu().numpy()
    values = np.linalg.eigvalsh(hessian)
    size = max(float(np.abs(values).max()), 1e-300)
    slope = float(noise.mean.norm()) / max(float(noise.sample_gradients.norm(dim=1).max()), 1e-300)
    if slope > _AT_A_MINIMUM or values[0] < -_AT_A_MINIMUM * size:
        raise ArgumentError(
            f"theta must be a minimum of the mean loss, but its gradient is {slope:.2g} of that of a sample and its "
            f"least curvature {values[0]:.2g}. Train by full batches until both are gone."
        )
    fields = found.matrices @ noise.theta.cpu().numpy() + found.shifts
    orbit = int(np.linalg.matrix_rank(fields, tol=1e-8 * np.abs(fields).max())) if fields.any() else 0
    if orbit >= len(values):
        return np.inf
    return float(values[orbit]) if values[orbit] > _FLAT * size else 0.0
