r"""Where gradient noise and weight decay bring the charges of a PyTorch module to rest, numerically.

At weights :math:`\theta` one step of descent with the mini-batch gradient :math:`\hat g` moves the charge of a linear
generator :math:`A`, whatever the module, by

.. math::
    E[Q' - Q] = -\eta\,\partial_s\Phi(e^{sA}\theta)\big|_{s=0}, \qquad
    \Phi(\theta) = \tfrac\lambda2\bigl(1 - \tfrac{\eta\lambda}2\bigr)\|\theta\|^2
        + \tfrac\eta4\,\mathrm{tr}\,E[\hat g\hat g^\top],

and :math:`E[\hat g\hat g^\top]` at :math:`\theta_s = e^{sA}\theta` is :math:`e^{-sA}E[\hat g\hat g^\top]e^{-sA}`: one
set of gradients of samples gives :math:`\Phi` on the whole orbit. It is convex along every such line, for charges
that commute and for those that do not, such as the double rotations of a product; so Newton's damped steps
:math:`\theta \leftarrow e^{s\cdot A}\theta` find its minimum if there is one. Where there is none they run away, and a
curvature dies out.

All this is floating point. Two numbers of the answer do not use how gradients transform: the losses of the samples at
the point found, and the drifts of the charges from new gradients there. With exact generators of a rational loss,
:mod:`theory.symmetry.noise_equilibrium` proves.

References:
    Kempf, Ness, "The length of vectors in representation spaces" (1979), for the convexity.
    Ziyin, Wang, Li, Wu, "The Implicit Bias of Gradient Noise: A Symmetry Perspective" (2024), Theorem 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from numerics.arguments import real_array, real_number, takes
from numerics.errors import ArgumentError
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.gradient_noise import GradientNoise
from numerics.sgd.module_symmetries import NumericalSymmetries
from theory.argument_kinds import one_of
from theory.gradient_noise.sampling import Sampling
from theory.symmetry.affine_generator import AffineGenerator
from theory.symmetry.noise_equilibrium import EquilibriumKind
from theory.values import shown

_NOT_ALONG = 1e-7
_STEPS = 200
_LONGEST = 1.0
_AT_REST = 1e-11
_FAR = 200.0
_FLAT = 1e-9


@dataclass(frozen=True, eq=False)
class ModuleEquilibrium:
    r"""The equilibrium of charges on a frozen orbit of a module, found numerically.

    Attributes:
        kind: FINITE where a minimum was found, INFINITE where the weights ran away, EVERYWHERE where nothing moves the
            charges: no decay, and no noise along them.
        theta: The weights at rest, or the last ones looked at. Shape ``(P,)``.
        charges: :math:`\frac12\theta^\top A\theta` there. Shape ``(m,)``.
        drifts_before: :math:`E[Q' - Q]/\eta` at the weights given. Shape ``(m,)``.
        drifts: The same at ``theta``, from new gradients. Shape ``(m,)``.
        scale: The size of noise and decay at ``theta``, :math:`\Phi\,|A|`, that ``drifts`` are measured by. Shape
            ``(m,)``.
        loss_change: The largest change of the loss of a sample on the way, relative to the largest loss: rounding, if
            the generators are symmetries.
        relaxation_steps: Steps in which the slowest small distance of a charge from its rest falls by the factor e:
            one over the least positive eigenvalue of :math:`\eta\,\nabla^2\Phi\,K^{-1}` with
            :math:`K_{ab} = \theta^\top A_aA_b\theta` at ``theta``; infinite where there is no rest at a point.
    """

    kind: EquilibriumKind
    theta: torch.Tensor
    charges: np.ndarray
    drifts_before: np.ndarray
    drifts: np.ndarray
    scale: np.ndarray
    loss_change: float
    relaxation_steps: float

    @property
    def is_confirmed(self) -> bool:
        """Whether new gradients and losses at the point found agree that it is an equilibrium on the same orbit."""
        at_rest = bool((np.abs(self.drifts) <= 1e-6 * self.scale).all())
        return self.kind is not EquilibriumKind.INFINITE and at_rest and self.loss_change < 1e-6

    def __str__(self) -> str:
        told = "confirmed by new gradients" if self.is_confirmed else "not confirmed"
        return f"numerical equilibrium of {len(self.charges)} charges {self.kind}, {told}; no proof"


@takes(problem=one_of(EmpiricalLoss, needed="an EmpiricalLoss"))
def module_equilibrium(
    problem: EmpiricalLoss,
    generators: NumericalSymmetries | AffineGenerator | Sequence[AffineGenerator] | Any,
    theta: torch.Tensor,
    *,
    learning_rate: float,
    batch_size: int = 1,
    weight_decay: float = 0.0,
    sampling: Sampling = Sampling.WITH_REPLACEMENT,
) -> ModuleEquilibrium:
    r"""Where the charges come to rest on the orbit of ``theta``.

    The orbit is frozen: losses do not change on it. With charges that do not commute the point at rest is one of many
    that rotations turn into each other. It tells the end of training where ``theta`` is a minimum of the
    mean loss, up to terms of the order of the learning rate and the decay, if weights across the orbit rest much sooner
    than its charges: ``module_symmetries.curvature_beside_orbit`` tells.

    Args:
        problem: Module, loss of one sample, data set, in float64.
        generators: Linear symmetries with symmetric matrices: AffineGenerators on the module's weights in the order of
            ``problem``, their matrices, shape ``(m, P, P)``, or what ``numerical_symmetries`` found, whose charges with
            a shift are left out.
        theta: The weights. Shape ``(P,)``.
        learning_rate: :math:`\eta`.
        batch_size: :math:`\beta`.
        weight_decay: :math:`\lambda`, which adds :math:`\lambda\theta` to the gradient.
        sampling: How the samples of a mini-batch are drawn.

    Raises:
        ArgumentError: weights are not float64; a generator is affine, not symmetric, no symmetry of the loss of a
            sample (which is named), or does not move ``theta``.

    Example:
        >>> net = torch.nn.Sequential(torch.nn.Linear(1, 1, bias=False), torch.nn.Linear(1, 1, bias=False)).double()
        >>> x, y = torch.ones(2, 1).double(), torch.tensor([[3.0], [1.0]]).double()
        >>> problem = EmpiricalLoss(net, lambda f, y: ((f - y) ** 2).sum() / 2, x, y)
        >>> rest = module_equilibrium(problem, [np.diag([1.0, -1.0])], torch.tensor([4.0, 0.5]), learning_rate=0.01)
        >>> print(rest, rest.theta.numpy().round(9) ** 2)
        numerical equilibrium of 1 charges at a point, confirmed by new gradients; no proof [2. 2.]
    """
    given = _matrices(generators, problem)
    lengths = np.linalg.norm(given, 2, axis=(1, 2))
    A = given / np.where(lengths > 0, lengths, 1.0)[:, None, None]
    rate, decay = real_number(learning_rate, "learning_rate"), real_number(weight_decay, "weight_decay")
    if rate <= 0 or decay < 0 or rate * decay >= 2:
        raise ArgumentError(
            f"learning_rate must be positive and weight_decay from 0 to below 2/learning_rate, got {rate} and {decay}: "
            "the potential would not be convex."
        )
    noise = GradientNoise(problem, theta)
    start = noise.theta.cpu().numpy()
    _require_symmetries(A, noise, start)

    def moment(at: GradientNoise) -> np.ndarray:
        mean = at.mean
        return rate * (at.batch_covariance(batch_size, sampling) + torch.outer(mean, mean)).cpu().numpy()

    pull = decay * (1 - rate * decay / 2)
    kind, point = _at_rest(A, start, moment(noise), pull)
    there = GradientNoise(problem, torch.from_numpy(point))
    before, after = (problem.sample_losses(at.theta).detach() for at in (noise, there))
    found = moment(there)
    return ModuleEquilibrium(
        kind,
        there.theta,
        lengths * _forms(A, point) / 2,
        -lengths * _slopes(A, start, moment(noise), pull),
        -lengths * _slopes(A, point, found, pull),
        lengths * _size(point, found, pull),
        float((after - before).abs().max() / before.abs().max().clamp_min(1e-300)),
        1 / (rate * _relaxation(A, point, found, pull)) if kind is EquilibriumKind.FINITE else math.inf,
    )


def _matrices(generators: Any, problem: EmpiricalLoss) -> np.ndarray:
    """Symmetric matrices of linear generators. Shape ``(m, P, P)``."""
    d = problem.dimension
    if problem.dtype != torch.float64:
        raise ArgumentError(f"problem must have weights in float64, got {problem.dtype}. Call module.double().")
    if isinstance(generators, NumericalSymmetries):
        return _require_some(_linear_charges(generators))
    given = [generators] if isinstance(generators, AffineGenerator) else generators
    if isinstance(given, list | tuple) and given and all(isinstance(g, AffineGenerator) for g in given):
        for g in given:
            if not g.is_linear or g.matrix.free_symbols:
                raise ArgumentError(f"generators must be linear and hold numbers only, got the field {tuple(g.field)}.")
        given = [np.array(g.matrix.tolist(), dtype=float) for g in given]
    A = _require_some(real_array(given, "generators"))
    if A.ndim != 3 or A.shape[1:] != (d, d) or not np.array_equal(A, A.transpose(0, 2, 1)):
        raise ArgumentError(
            f"generators must be symmetric matrices of shape ({d}, {d}), a row for each of the module's weights, got "
            f"{shown(A.tolist())}. Other generators carry no charge."
        )
    return A


def _require_some(A: np.ndarray) -> np.ndarray:
    if A.ndim and not len(A):
        raise ArgumentError("generators must hold at least one linear symmetry with a charge, got none.")
    return A


def _linear_charges(found: NumericalSymmetries) -> np.ndarray:
    """An orthonormal basis of the charges without a shift. Shape ``(m, P, P)``."""
    joint = found.charges
    if not len(joint):
        return joint[:, :0]
    left, values, _ = np.linalg.svd(joint[:, -1, :])
    linear = np.einsum("mk,mij->kij", left[:, int((values > 1e-7).sum()) :], joint[:, :-1, :])
    return (linear + linear.transpose(0, 2, 1)) / 2


def _require_symmetries(A: np.ndarray, noise: GradientNoise, theta: np.ndarray) -> None:
    gradients = noise.sample_gradients.cpu().numpy()
    fields = A @ theta
    lengths = np.linalg.norm(fields, axis=1)
    for k in np.flatnonzero(lengths <= 1e-14 * np.linalg.norm(theta)):
        raise ArgumentError(
            f"theta must be moved by every generator, but the field of generator {k} vanishes there: there is no "
            "orbit. A normalised block or the scale of a batch norm is 0 at theta."
        )
    along = np.abs(gradients @ fields.T)
    worst = along / np.maximum(np.outer(np.linalg.norm(gradients, axis=1), lengths), 1e-300)
    i, k = np.unravel_index(int(worst.argmax()), worst.shape)
    if worst[i, k] > _NOT_ALONG:
        raise ArgumentError(
            f"generators must leave the loss of every sample alone, but along generator {k} the loss of sample {i} has "
            f"the slope {worst[i, k]:.2g} of its gradient's norm. numerical_symmetries(problem) finds those that do."
        )


def _at_rest(A: np.ndarray, theta: np.ndarray, moment: np.ndarray, pull: float) -> tuple[EquilibriumKind, np.ndarray]:
    """Newton's method on the orbit, each step a straight line of the convex potential."""
    travelled = np.zeros(len(theta))
    curved = _curved(A, theta, moment, pull)
    if not curved:
        return EquilibriumKind.EVERYWHERE, theta
    for _ in range(_STEPS):
        size = _size(theta, moment, pull)
        slope = _slopes(A, theta, moment, pull)
        if np.abs(slope).max() <= _AT_REST * size:
            break
        step = -np.linalg.lstsq(_hessian(A, theta, moment, pull), slope, rcond=1e-13)[0]
        if slope @ step >= 0:
            step = -slope / size
        rates, basis = np.linalg.eigh(np.tensordot(step, A, 1))
        fraction = min(1.0, _LONGEST / max(np.abs(rates).max(), 1e-300))
        while True:
            forward = (basis * np.exp(fraction * rates)) @ basis.T
            back = (basis * np.exp(-fraction * rates)) @ basis.T
            new_theta, new_moment = forward @ theta, back @ moment @ back
            if _size(new_theta, new_moment, pull) <= size + 1e-4 * fraction * (slope @ step) or fraction < 1e-12:
                break
            fraction /= 2
        if fraction < 1e-12:
            break
        theta, moment = new_theta, new_moment
        travelled += np.abs(fraction * rates)
        if travelled.max() > _FAR:
            return EquilibriumKind.INFINITE, theta
    at_rest = np.abs(_slopes(A, theta, moment, pull)).max() <= 1e-7 * _size(theta, moment, pull)
    same = at_rest and _curved(A, theta, moment, pull) >= curved
    return (EquilibriumKind.FINITE if same else EquilibriumKind.INFINITE), theta


def _curved(A: np.ndarray, theta: np.ndarray, moment: np.ndarray, pull: float) -> int:
    """In how many directions the potential is curved, beyond rounding, by its own size."""
    values = np.linalg.eigvalsh(_hessian(A, theta, moment, pull))
    return int((values > _FLAT * _size(theta, moment, pull)).sum())


def _relaxation(A: np.ndarray, theta: np.ndarray, moment: np.ndarray, pull: float) -> float:
    """The least positive rate at which charges decay; combinations that move no weight, or that nothing pulls, rest."""
    fields = A @ theta
    lengths, basis = np.linalg.eigh(fields @ fields.T)
    basis = basis[:, lengths > 1e-12 * lengths[-1]] / np.sqrt(lengths[lengths > 1e-12 * lengths[-1]])
    rates = np.linalg.eigvalsh(basis.T @ _hessian(A, theta, moment, pull) @ basis)
    return float(rates[rates > _FLAT * rates[-1]].min())


def _size(theta: np.ndarray, moment: np.ndarray, pull: float) -> float:
    return float(pull * theta @ theta / 2 + np.trace(moment) / 4)


def _slopes(A: np.ndarray, theta: np.ndarray, moment: np.ndarray, pull: float) -> np.ndarray:
    return pull * _forms(A, theta) - np.einsum("kij,ji->k", A, moment) / 2


def _forms(A: np.ndarray, theta: np.ndarray) -> np.ndarray:
    return np.einsum("kij,i,j->k", A, theta, theta)


def _hessian(A: np.ndarray, theta: np.ndarray, moment: np.ndarray, pull: float) -> np.ndarray:
    fields = A @ theta
    noise = np.einsum("kij,jl,mli->km", A, moment, A)
    return 2 * pull * fields @ fields.T + (noise + noise.T) / 2
