r"""Gradient descent as it runs: mini-batches, label noise, momentum, weight decay, a schedule of learning rates.

.. math::
    g_k = \frac1\beta\sum_{i\in\mathcal B_k}\nabla l(\theta_k; x_i, y_i + \varsigma\xi_{ki}) + \lambda\theta_k, \qquad
    v_{k+1} = m\,v_k + (1 - \tau)\,g_k, \qquad
    \theta_{k+1} = \theta_k - \eta_k v_{k+1}

and :math:`\theta_{k+1} = \theta_k - \eta_k(g_k + m\,v_{k+1})` with Nesterov's momentum. This is the convention of
``torch.optim.SGD``: no dampening :math:`\tau` unless given, weight decay as a part of the gradient, and a learning rate
that multiplies the velocity. (PyTorch does not dampen the gradient of its first step.) The result is a
:class:`~theory.discrete.recursion.Recursion`, an exact map of the state and the noise of one step, and no limit of
small steps.

References:
    Sutskever, Martens, Dahl, Hinton, "On the importance of initialization and momentum in deep learning" (2013), for
    momentum; PyTorch documents its variant under ``torch.optim.SGD``.
"""

from __future__ import annotations

import sympy as sp

from theory.discrete.recursion import Recursion
from theory.errors import DimensionError, SymbolError, UnsupportedFormError
from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.mini_batch import MiniBatch, mini_batch, require_distinct_samples, require_draws
from theory.gradient_noise.model import Model
from theory.gradient_noise.sampling import Sampling, checked_sampling
from theory.notation import eta, k
from theory.values import instance, shown, single_expression

MAX_BATCH_SIZE = 4096
"""Members of a batch that a recursion draws one by one."""


def gradient_descent(
    model: Model,
    *,
    learning_rate: sp.Expr | float = eta,
    label: sp.Symbol | None = None,
    label_noise: sp.Expr | float | None = None,
    batch_size: int | None = None,
    sampling: Sampling = Sampling.WITH_REPLACEMENT,
    momentum: sp.Expr | float = 0,
    dampening: sp.Expr | float = 0,
    nesterov: bool = False,
    weight_decay: sp.Expr | float = 0,
) -> Recursion:
    r"""One step of (stochastic) gradient descent on ``model``, as a recursion.

    Args:
        model: Weights, loss and data.
        learning_rate: :math:`\eta_k \ge 0`, an expression in constants and the step number :data:`theory.notation.k`.
        label: The variable of the law that label noise is added to.
        label_noise: Standard deviation :math:`\varsigma` of the normal noise added, fresh in each step, to the label
            of each member of the batch; a sample drawn twice gets two noises.
        batch_size: :math:`\beta`, or ``None`` for all samples in every step: the mean gradient over the law. Members
            are drawn from a data set, or are fresh draws of a Gaussian law, of finitely many points with rational
            probabilities, or of independent ones of these.
        sampling: Whether a sample of a data set may be drawn twice for one batch.
        momentum: :math:`m \in [0, 1)`. Other than 0, velocities ``v_...``, one per weight, join the state; they start
            at 0 in PyTorch.
        dampening: :math:`\tau`, which takes :math:`1 - \tau` of the gradient into the velocity.
        nesterov: Nesterov's momentum, with momentum and without dampening.
        weight_decay: :math:`\lambda \ge 0`.

    Returns:
        Coordinates: the weights, then their velocities where there is momentum. Normals ``xi_0, ...``: label noise,
        one per member of the batch; ``z_0_0, ...``: Gaussian data, one per member and direction.
        Uniforms ``u_0, ...``: one per member of a mini-batch of a data set or of finitely many points. Noise of a later
        factor of a product ends in the number of the factor.

    Raises:
        UnsupportedFormError: mini-batches or label noise, but no sample can be drawn from the law (named moments,
            open probabilities); label noise without ``batch_size`` where the law is no data set.
        DimensionError: ``batch_size`` is no positive whole number, or exceeds the data set without replacement.
        SymbolError: ``label`` is no variable of the law or comes without ``label_noise``; a coefficient depends on
            weights or data, or is known to be negative; momentum is known to be 1 or more; dampening or Nesterov's
            momentum comes without momentum, or both come together.

    Example:
        >>> from theory.gradient_noise.data_law import Empirical
        >>> w, h = sp.symbols("w h", real=True)
        >>> model = Model([w], h * w**2 / 2, Empirical([h], [[2], [-3]]))
        >>> gradient_descent(model, batch_size=1).update
        Matrix([[-eta*w*Lookup(floor(2*u_0), 2, -3) + w]])
    """
    instance(model, Model, "model", "a Model")
    rate = _not_negative(_coefficient(learning_rate, "learning_rate", model), "learning_rate")
    decay = _not_negative(_coefficient(weight_decay, "weight_decay", model), "weight_decay")
    inertia = _inertia(_coefficient(momentum, "momentum", model))
    damped = _dampening(_coefficient(dampening, "dampening", model), inertia, nesterov)
    noise = _label_noise(model, label, label_noise)
    size = _batch_size(model, batch_size, sampling)
    if noise != 0 and size is None and not isinstance(model.law, Empirical):
        raise UnsupportedFormError(
            f"label_noise={noise} is drawn for each member of a batch, but the law is {type(model.law).__name__}, no "
            "data set, and no batch_size is given. Give batch_size."
        )
    gradient, normals, uniforms = _gradient(model, label, noise, size, sampling)
    weights = sp.Matrix(model.weights)
    gradient = gradient + decay * weights
    if inertia == 0:
        return Recursion(weights, weights - rate * gradient, normals, uniforms)
    velocities = sp.Matrix([_velocity(weight) for weight in weights])
    moved = inertia * velocities + (1 - damped) * gradient
    direction = gradient + inertia * moved if nesterov else moved
    return Recursion([*weights, *velocities], [*(weights - rate * direction), *moved], normals, uniforms)


def _gradient(
    model: Model, label: sp.Symbol | None, noise: sp.Expr, size: int | None, sampling: Sampling
) -> tuple[sp.Matrix, list[sp.Symbol], list[sp.Symbol]]:
    """The gradient of one step, and the normals and uniforms in it."""
    if size is None and noise == 0:
        return sp.Matrix(model.gradient), [], []
    batch = _batch(model, size, sampling)
    members = batch.members
    normals = [] if noise == 0 else [_fresh(f"xi_{b}", model) for b in range(len(members))]
    total = sp.zeros(model.weights.rows, 1)
    for b, member in enumerate(members):
        # Through a symbol, since a look-up must not be multiplied out together with its noise.
        seen = member if noise == 0 else {**member, label: member[label] + noise * normals[b]}
        total += model.sample_gradient.xreplace(seen)
    return total / len(members), [*normals, *batch.normals], list(batch.uniforms)


def _batch(model: Model, size: int | None, sampling: Sampling) -> MiniBatch:
    """The members of one step: a mini-batch, or the whole data set."""
    if size is not None:
        return mini_batch(model.law, size, sampling, lambda name: _fresh(name, model))
    assert isinstance(model.law, Empirical)
    return MiniBatch(tuple(point for _, point in model.law.weighted_points), (), ())


def _coefficient(value: object, name: str, model: Model) -> sp.Expr:
    expression = single_expression(value, name, real=True)
    taken = sorted(map(str, expression.free_symbols & {*model.weights, *model.law.variables}))
    if taken:
        raise SymbolError(
            f"{name} may depend on constants and the step number {k}, but {name}={expression} holds {taken}, weights "
            "or data. Use symbols of their own."
        )
    twin = next((s for s in expression.free_symbols - {k} if s.name == k.name), None)
    if twin is not None:
        raise SymbolError(
            f"{name} holds a symbol {twin} that is not the step number: same name, other assumptions. "
            "Import the step number from theory.notation."
        )
    return expression


def _not_negative(coefficient: sp.Expr, name: str) -> sp.Expr:
    if coefficient.is_negative:
        raise SymbolError(
            f"{name} must not be negative, got {coefficient}: the step would climb. "
            "For ascent on a loss give the model its negative."
        )
    return coefficient


def _inertia(momentum: sp.Expr) -> sp.Expr:
    """``momentum`` if it may lie in [0, 1): from 1 on velocities never decay."""
    if momentum.is_negative or (momentum - 1).is_nonnegative:
        raise SymbolError(f"momentum must lie in 0 <= momentum < 1, got {momentum}. The usual value is 0.9.")
    return momentum


def _dampening(dampening: sp.Expr, momentum: sp.Expr, nesterov: object) -> sp.Expr:
    if not isinstance(nesterov, bool):
        raise SymbolError(f"nesterov must be True or False, got {shown(nesterov)}.")
    if momentum == 0 and (nesterov or dampening != 0):
        given = "nesterov=True" if nesterov else f"dampening={dampening}"
        raise SymbolError(f"{given} needs momentum, got momentum=0. Give momentum, or leave it out.")
    if nesterov and dampening != 0:
        raise SymbolError(
            f"Nesterov's momentum is defined without dampening, got dampening={dampening}. Leave one of the two out."
        )
    return dampening


def _label_noise(model: Model, label: sp.Symbol | None, label_noise: object) -> sp.Expr:
    noise = _coefficient(0 if label_noise is None else label_noise, "label_noise", model)
    if label is None and noise == 0:
        return noise
    variables = tuple(model.law.variables)
    if not isinstance(label, sp.Symbol) or label not in variables:
        raise SymbolError(
            f"label must be the variable of the law that label_noise={noise} is added to, one of {variables}, "
            f"got {shown(label)}."
        )
    if label_noise is None:
        raise SymbolError(
            f"label={label} needs label_noise, the standard deviation of the noise added to it. Give it, or no label."
        )
    if noise.is_negative:
        raise SymbolError(f"label_noise must be a standard deviation, not negative, got {noise}. Give its size.")
    if noise != 0:
        require_draws(model.law, f"label_noise={noise}")
    return noise


def _batch_size(model: Model, batch_size: object, sampling: Sampling) -> int | None:
    checked_sampling(sampling)
    if batch_size is None:
        return None
    whole = isinstance(batch_size, int | sp.Integer) and not isinstance(batch_size, bool)
    if not whole or batch_size < 1:  # type: ignore[operator]
        raise DimensionError(
            f"batch_size must be a whole number of at least 1, or None for all samples, got {shown(batch_size)}. "
            "A recursion that runs needs a number, not a symbol."
        )
    require_draws(model.law, f"batch_size={batch_size}")
    size = int(batch_size)  # type: ignore[call-overload]
    if size > MAX_BATCH_SIZE:
        raise DimensionError(
            f"batch_size must be at most {MAX_BATCH_SIZE}, since each member has a uniform of its own, got {size}. "
            "For large batches use Model.stochastic_gradient_flow."
        )
    if sampling is Sampling.WITHOUT_REPLACEMENT:
        require_distinct_samples(model.law, size)
    return size


def _velocity(weight: sp.Symbol) -> sp.Symbol:
    """The velocity of a weight."""
    return sp.Symbol(f"v_{weight.name}", real=True)


def _fresh(name: str, model: Model) -> sp.Symbol:
    """A symbol for noise whose name the model does not use."""
    used = {s.name for s in model.loss.free_symbols | set(model.weights) | set(model.law.variables)}
    while name in used:
        name = f"{name}_"
    return sp.Symbol(name, real=True)
