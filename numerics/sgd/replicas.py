r"""Real SGD on many replicas of a PyTorch module at once.

All replicas take their steps together: their weights are one matrix :math:`\theta` of shape ``(R, P)``, and one
vectorised call gives the gradients of all of them (``torch.func``); layers that know no such call, recurrent ones among
them, are differentiated one replica after the other. What is asked about the weights is taken while they
train; no trajectory is stored. Which samples a replica sees is a function of seed, stream, replica and step alone
(:mod:`numerics.sgd.torch_philox`), so runs of any replicas can be made anywhere and merged. The arithmetic is PyTorch's
and rounds in its own order, which may depend on device, threads and size.

    EmpiricalLoss (module, loss of one sample, data)  ->  Optimiser  +  Batches  +  LabelNoise  ->  ReplicaRun
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch

from numerics.arguments import real_array, require, whole_number
from numerics.errors import ArgumentError, DivergenceError
from numerics.progress import progress_report
from numerics.sgd.backward_mixing import weighted_gradient
from numerics.sgd.batches import Batches
from numerics.sgd.descent import STEPS_WORTH_TRACING, Gradients, batch_gradients, descent, traced
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.hyperparameters import differ
from numerics.sgd.label_noise import LabelNoise
from numerics.sgd.minibatches import Minibatches
from numerics.sgd.optimisers import Optimiser
from numerics.sgd.recorder import Observable, Recorder
from numerics.sgd.replica_run import ReplicaRun
from numerics.sgd.threads import torch_threads
from numerics.sgd.torch_philox import Purpose, ReplicaNoise
from numerics.simulation.options import OnDivergence, Options, required_options
from theory.argument_kinds import ArgumentKind, one_of, or_none
from theory.values import shown

Watch = Callable[[int, torch.Tensor], None]
"""Sees the weights of all replicas at every step."""

Schedule = Callable[[int], float] | Sequence[float]
"""The factor on the learning rate at each step, counted from 0."""


def train_replicas(
    problem: EmpiricalLoss,
    optimiser: Optimiser,
    *,
    batches: Batches,
    steps: int,
    n_replicas: int,
    seed: int,
    initial: Mapping[str, torch.Tensor] | None = None,
    label_noise: LabelNoise | None = None,
    schedule: Schedule | None = None,
    observables: Mapping[str, Observable] | None = None,
    at: Sequence[int] | None = None,
    labels: Sequence[Hashable] | None = None,
    watch: Watch | None = None,
    options: Options | None = None,
) -> ReplicaRun:
    r"""Train replicas of a module, each on mini-batches of its own.

    Args:
        problem: Module, loss of one sample, data set, device.
        optimiser: ``SGD(...)`` or ``Adam(...)``; its numbers may differ between replicas.
        batches: ``WithReplacement(size)``, ``WithoutReplacement(size)``, ``ShuffledEpochs(size)`` or ``FullBatch()``.
        steps: Steps of each replica.
        n_replicas: R.
        seed: Names the noise, 64 bits.
        initial: First weights by name, shape ``(R, ...)``, or without the first axis where replicas share them; the
            module's own where a name is missing. See :func:`gaussian_initial`.
        label_noise: ``GaussianLabelNoise(...)`` or ``WrongLabels(...)``, fresh at every step.
        schedule: Factor on the learning rate, a function of the step counted from 0, or one factor per step.
        observables: Name to scalar function of one replica's weights.
        at: Numbers of steps after which observables are taken, ascending, 0 for the start; ``steps`` unless given.
        labels: One label per replica; statistics are then kept apart by label.
        watch: Called with the number of steps done and the weights of all replicas, shape ``(R, P)``, at the start and
            after every step. The weights change in place afterwards; copy what is kept.
        options: How it is run (threads, device, first replica, stream, progress, what happens on divergence); pieces
            are put together by :func:`numerics.sgd.replica_run.merge_runs`.

    Raises:
        ArgumentError: an argument is out of range or does not fit the others.
        DivergenceError: a replica left the finite numbers and ``options.on_divergence`` is "raise".

    Example:
        >>> from numerics.sgd.batches import FullBatch
        >>> from numerics.sgd.optimisers import SGD
        >>> net = torch.nn.Linear(1, 1, bias=False).double()
        >>> problem = EmpiricalLoss(net, lambda f, y: (f - y).square().sum() / 2, [[1.0]], [[3.0]])
        >>> start = {"weight": torch.zeros(1, 1)}
        >>> run = train_replicas(
        ...     problem, SGD([0.1, 1.0]), batches=FullBatch(), steps=1, n_replicas=2, seed=7, initial=start
        ... )
        >>> [round(w, 6) for w in run.final["weight"].flatten().tolist()]
        [0.3, 3.0]
    """
    require(one_of(EmpiricalLoss, needed="an EmpiricalLoss"), problem, "problem")
    require(
        or_none(ArgumentKind("a function of step and weights", lambda f: callable(f) and not isinstance(f, type))),
        watch,
        "watch",
    )
    require(or_none(one_of(LabelNoise, needed="a rule such as WrongLabels(0.1, 10)")), label_noise, "label_noise")
    options = required_options(options, "train_replicas", unused=("backend", "precision", "chunk"))
    steps = whole_number(steps, "steps", at_least=0, below=2**53)
    if options.device is not None:
        problem = replace(problem, device=options.device)
    noise = ReplicaNoise(seed, n_replicas, options.first, options.stream, problem.device)
    factors = _factors(schedule, steps)
    observables = {} if observables is None else observables
    recorder = Recorder(problem, observables, [steps] if at is None else at, steps, n_replicas, labels)
    _refuse_a_mixture(optimiser, label_noise, recorder)
    theta = _initial(problem, initial, n_replicas)
    advance = optimiser.stepper(theta)
    draws = Minibatches(problem, batches, label_noise, noise, steps)
    with torch_threads(options.threads):
        gradients = _gradients(problem, theta, draws, steps)
    diverged_at = torch.zeros(n_replicas, dtype=torch.int64, device=problem.device)
    watch = watch or _look_away
    watch(0, theta)
    recorder.record(0, theta, diverged_at)
    with torch_threads(options.threads), progress_report(options.progress, "training replicas") as report:
        for done in descent(theta, gradients, advance, draws, factors):
            finite = (0.0 * theta).sum(1) == 0.0
            diverged_at = torch.where(finite | (diverged_at > 0), diverged_at, done)
            watch(done, theta)
            recorder.record(done, theta, diverged_at)
            if done % draws.together == 0 or done == steps:
                if options.on_divergence is OnDivergence.RAISE:
                    _raise_divergence(diverged_at, options.first)
                report(done * n_replicas, steps * n_replicas)
    return ReplicaRun(
        steps=np.array(recorder.steps),
        statistics=recorder.statistics(),
        final={name: value.clone() for name, value in problem.named(theta).items()} if options.keep_final else None,
        diverged_at=diverged_at.cpu().numpy(),
        first_replica=noise.first_replica,
        n_steps=steps,
    )


def gaussian_initial(
    problem: EmpiricalLoss,
    n_replicas: int,
    *,
    seed: int,
    gain: float = 1.0,
    first_replica: int = 0,
    stream: int = 0,
) -> dict[str, torch.Tensor]:
    r"""Independent weights for each replica: :math:`N(0, \text{gain}^2/\text{fan-in})`.

    The fan-in of a parameter of shape ``(out, in, ...)`` is the product of its axes but the first; parameters of fewer
    axes (biases, scales of normalisation) start at the module's own values.

    Returns:
        By name, shape ``(R, ...)``.
    """
    noise = ReplicaNoise(seed, n_replicas, first_replica, stream, problem.device)
    z = problem.named(noise.normals(Purpose.INITIAL, 0, 1, problem.dimension, problem.dtype)[0])
    own = problem.named(problem.theta)
    return {
        name: gain / math.sqrt(shape[1:].numel()) * z[name] if len(shape) > 1 else own[name].expand(z[name].shape)
        for name, shape in problem.shapes.items()
    }


def _gradients(problem: EmpiricalLoss, theta: torch.Tensor, draws: Minibatches, steps: int) -> Gradients:
    """Gradients of the mini-batch losses of all replicas."""
    gradients = batch_gradients(problem.sample_losses)
    if not steps:
        return gradients
    inputs, targets = next(draws.between(0, 1))
    if len(theta) == 1 and steps < STEPS_WORTH_TRACING:  # a vectorised call of one costs twice as much
        return _one_by_one(problem, theta, inputs, targets)
    try:
        gradients(theta, inputs, targets)
    except (RuntimeError, NotImplementedError):
        return _one_by_one(problem, theta, inputs, targets)
    if steps < STEPS_WORTH_TRACING:
        return gradients
    return traced(gradients, theta, inputs, targets)


def _one_by_one(
    problem: EmpiricalLoss,
    theta: torch.Tensor,
    inputs: torch.Tensor,
    targets: torch.Tensor,
) -> Gradients:
    """Gradients of one replica after the other, for layers that know no vectorised call, and for few steps of one."""

    def gradients(theta: torch.Tensor, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        rows = []
        for weights, x, y in zip(theta.detach(), inputs, targets, strict=True):
            own = weights.clone().requires_grad_()
            loss = problem.sample_losses(own, x, y).mean()
            rows.append(weighted_gradient(loss, own, torch.ones_like(loss)))
        return torch.stack(rows)

    try:
        gradients(theta[:1], inputs[:1], targets[:1])
    except (RuntimeError, NotImplementedError) as reason:
        raise ArgumentError(
            "module and loss must be differentiable by PyTorch, which says: "
            f"{(str(reason).splitlines() or ['?'])[0]} Write the loss with torch functions of one sample, and the "
            "module without in-place changes of its own tensors, or random numbers."
        ) from None
    return gradients


def _look_away(step: int, theta: torch.Tensor) -> None:
    pass


def _refuse_a_mixture(optimiser: Optimiser, label_noise: LabelNoise | None, recorder: Recorder) -> None:
    if not isinstance(optimiser, Optimiser):
        raise ArgumentError(f"optimiser must be SGD(...) or Adam(...), got {shown(optimiser)}.")
    numbers = {name: getattr(optimiser, name) for name in optimiser.PER_REPLICA}
    if label_noise is not None:
        numbers |= {name: getattr(label_noise, name) for name in label_noise.PER_REPLICA}
    mixed = [name for name, value in numbers.items() if differ(value)]
    if mixed and recorder.averages_all:
        raise ArgumentError(
            f"labels must tell replicas with different {mixed[0]} apart, or the observables would be averaged over a "
            f"mixture. Give labels={mixed[0]}, one label per replica."
        )


def _initial(problem: EmpiricalLoss, initial: Mapping[str, torch.Tensor] | None, n_replicas: int) -> torch.Tensor:
    theta = problem.theta.expand(n_replicas, -1).clone()
    if initial is None:
        return theta
    if not isinstance(initial, Mapping):
        raise ArgumentError(f"initial must map names of parameters to tensors, got {type(initial).__name__}.")
    problem.check_names(initial)
    named = problem.named(theta)
    for name, value in initial.items():
        shape = problem.shapes[name]
        tensor = problem.weights_from(value, f"initial[{shown(name)}]")
        if tensor.shape not in (shape, (n_replicas, *shape)):
            raise ArgumentError(
                f"initial[{name!r}] must have shape {tuple(shape)}, or {(n_replicas, *shape)} for {n_replicas} "
                f"replicas, got {tuple(tensor.shape)}."
            )
        if not bool(torch.isfinite(tensor).all()):
            raise ArgumentError(f"initial[{shown(name)}] must be finite, got NaN or infinity.")
        named[name] = tensor.expand(n_replicas, *shape)
    return problem.flat(named)


def _factors(schedule: Schedule | None, steps: int) -> np.ndarray:
    if schedule is None:
        return np.broadcast_to(1.0, steps)
    if callable(schedule):
        schedule = [schedule(k) for k in range(steps)]
    factors = real_array(schedule, "schedule", finite=False)
    if factors.ndim != 1 or len(factors) < steps:
        raise ArgumentError(
            f"schedule must hold one factor for each of the {steps} steps, got shape {factors.shape}. "
            "Give a function of the step to go on for ever."
        )
    if not (np.isfinite(factors) & (factors >= 0)).all():
        worst = int(np.argmin(np.isfinite(factors) & (factors >= 0)))
        raise ArgumentError(f"schedule must be finite and not negative, got {factors[worst]} at step {worst}.")
    return factors


def _raise_divergence(diverged_at: torch.Tensor, first_replica: int) -> None:
    diverged = torch.nonzero(diverged_at)[:, 0]
    if len(diverged):
        r = int(diverged[torch.argmin(diverged_at[diverged])])
        raise DivergenceError(
            f"{len(diverged)} of {len(diverged_at)} replicas left the finite numbers, the first of them replica "
            f"{first_replica + r} at step {int(diverged_at[r])}. Lower the learning rate, or count the diverged "
            'replicas with options=Options(on_divergence="count").'
        )
