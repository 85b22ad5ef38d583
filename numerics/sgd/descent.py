"""The steps that every training makes: replicas side by side, their weights one matrix that changes in place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import repeat

import torch
from torch import fx
from torch.func import grad, vmap
from torch.fx.experimental.proxy_tensor import make_fx
from torch.fx.node import map_arg

from numerics.sgd.minibatches import Minibatch
from numerics.sgd.optimisers import Step

Gradients = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""Weights, inputs and targets of all replicas to their gradients, shape ``(R, P)``."""

SampleLosses = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""Weights of one replica, inputs and targets of its batch, to the losses of the samples, shape ``(b,)``."""

STEPS_WORTH_TRACING = 200
"""From here on the gradient is traced once into a flat list of operations: a third of a second, which halves a step."""


def batch_gradients(sample_losses: SampleLosses) -> Gradients:
    """The gradients of the mean losses of all replicas' batches, in one vectorised call."""

    def batch_loss(weights: torch.Tensor, inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        return sample_losses(weights, inputs, targets).mean()

    return vmap(grad(batch_loss))


def traced(gradients: Gradients, theta: torch.Tensor, inputs: torch.Tensor, targets: torch.Tensor) -> Gradients:
    """The same operations without the machinery that found them; refused unless it agrees at other weights too."""
    elsewhere = 0.5 * theta + 0.1
    try:
        found = _without_idle_operations(make_fx(gradients)(elsewhere, inputs.roll(1, 1), targets))
        agrees = torch.equal(found(theta, inputs, targets), gradients(theta, inputs, targets))
    except Exception:  # whatever the tracer cannot follow, the untraced function can
        return gradients
    return found if agrees else gradients


_OF_ONES = {torch.ops.aten.ones_like.default: torch.ones, torch.ops.aten.zeros_like.default: torch.zeros}
_RESHAPED = {torch.ops.aten.expand.default, torch.ops.aten.view.default, torch.ops.aten._unsafe_view.default}


def _without_idle_operations(graph: fx.GraphModule) -> fx.GraphModule:
    """``graph`` without reshapes to the shape that is there, transpositions back, and what depends on shapes alone.

    For small networks that is half of it: the loss itself is no longer computed where gradients need its shape only.
    """
    _with_constants(graph)
    transpose, power = torch.ops.aten.transpose.int, torch.ops.aten.pow.Tensor_Scalar
    for node in list(graph.graph.nodes):
        source = node.args[0] if node.args else None
        if not isinstance(source, fx.Node):
            continue
        if node.target in _RESHAPED and _shape(node) is not None and _shape(node) == _shape(source):
            node.replace_all_uses_with(source)
        elif node.target is transpose and source.target is transpose and source.args[1:] == node.args[1:]:
            node.replace_all_uses_with(source.args[0])
        elif node.target is power and node.args[1] == 1:
            node.replace_all_uses_with(source)
    graph.graph.eliminate_dead_code()
    graph.recompile()
    return graph


def _with_constants(graph: fx.GraphModule) -> None:
    """Put numbers for what follows from ones and zeros of a shape, if nothing is random or changed in place."""
    called = [node.target for node in graph.graph.nodes if isinstance(node.target, torch._ops.OpOverload)]
    if any(op._schema.is_mutable or torch.Tag.nondeterministic_seeded in op.tags for op in called):
        return
    known: dict[fx.Node, torch.Tensor] = {}
    for node in graph.graph.nodes:
        if node.target in _OF_ONES and _shape(node) is not None:
            meta = node.meta.get("tensor_meta", node.meta.get("val"))
            known[node] = _OF_ONES[node.target](meta.shape, dtype=meta.dtype, device=node.meta["val"].device)
        elif node.op == "call_function" and node.all_input_nodes and all(n in known for n in node.all_input_nodes):
            values = map_arg((node.args, node.kwargs), known.__getitem__)
            found = node.target(*values[0], **values[1])
            if isinstance(found, torch.Tensor):
                known[node] = found
    for k, (node, value) in enumerate(known.items()):
        if any(user not in known for user in node.users):
            graph.register_buffer(f"constant_{k}", value)
            with graph.graph.inserting_before(node):
                node.replace_all_uses_with(graph.graph.get_attr(f"constant_{k}"))


def _shape(node: fx.Node) -> torch.Size | None:
    return getattr(node.meta.get("tensor_meta", node.meta.get("val")), "shape", None)


def descent(
    theta: torch.Tensor,
    gradients: Gradients,
    advance: Step,
    minibatches: Iterable[Minibatch],
    factors: Iterable[float] = repeat(1.0),
) -> Iterator[int]:
    """Make a step for each mini-batch, and yield the number of steps done.

    Args:
        theta: Weights of all replicas, changed in place by ``advance``. Shape ``(R, P)``.
        gradients: Of their mini-batches.
        advance: From :meth:`numerics.sgd.optimisers.Optimiser.stepper` on ``theta``.
        minibatches: One for each step.
        factors: On the learning rate, one for each step.
    """
    for done, ((inputs, targets), factor) in enumerate(zip(minibatches, factors, strict=False), start=1):
        advance(gradients(theta, inputs, targets), factor)
        yield done
