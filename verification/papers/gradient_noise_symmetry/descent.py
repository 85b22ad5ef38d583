r"""Real SGD of the small models: means over replicas at one step, or over the steps of a run.

Every gradient is that of a mini-batch drawn from the data, every step a step of the recursion as it stands
(:func:`theory.gradient_noise.descent.gradient_descent`); nothing here knows of charges or diffusions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import sympy as sp

from theory.discrete.recursion import Recursion
from theory.gradient_noise.data_law import Empirical
from theory.gradient_noise.descent import gradient_descent
from theory.gradient_noise.model import Model
from theory.notation import eta
from verification.authoring.draws import drawn_steps, extrapolated
from verification.authoring.shorthand import measured
from verification.authoring.simulated import number
from verification.forms import Draw, Experiment, Samples

total = sp.Symbol("total", real=True)
u, w, y, v = sp.symbols("u w y v", real=True)
noise = sp.Symbol("s", positive=True)


@cache
def product_of_two(extra: sp.Expr = sp.S.Zero) -> Model:
    r""":math:`\ell = \frac12(uw - y)^2 + \ell_1` with bounded label noise, :math:`y = v \pm s` alike often."""
    return Model([u, w], (u * w - y) ** 2 / 2 + extra, Empirical([y], [[v - noise], [v + noise]]))


@dataclass(frozen=True)
class MeanUnderDescent:
    r"""A sampler: an observable of the weights of real SGD, after some steps or averaged over them.

    Attributes:
        model: Makes the model.
        observable: An expression in its weights.
        start: One number a weight.
        steps: Taken before the observable is.
        averaged: Further steps, over which it is averaged; 0 for its value at one step.
        batch_size: S, drawn with replacement; None for the mean gradient.
        weight_decay: :math:`\lambda` of :math:`\frac\lambda2\|\theta\|^2`, twice the page's :math:`\gamma`.
        refined: 0 for the learning rate as it is; else values are extrapolated to 0 from that rate and half of it, the
            latter with so many times as many steps: 2 for times :math:`\eta k`, 4 for times :math:`\eta^2k`.
    """

    model: Callable[[], Model]
    observable: sp.Expr
    start: tuple[str, ...]
    steps: int
    averaged: int
    batch_size: int | None
    weight_decay: sp.Expr
    refined: int

    def __call__(self, arguments: Mapping[str, Any], draw: Draw) -> Samples:
        """One value a replica, extrapolated in the learning rate where that is asked for."""
        coarse = self._values(arguments, draw, 1, 1)
        if not self.refined:
            return Samples(coarse)
        fine = self._values(arguments, replace(draw, first=draw.first + 2**40), 2, self.refined)
        return extrapolated(fine, coarse)

    def _values(self, arguments: Mapping[str, Any], draw: Draw, finer: int, longer: int) -> np.ndarray:
        """Values at the learning rate over ``finer``, after ``longer`` times as many steps."""
        plain = gradient_descent(self.model(), batch_size=self.batch_size, weight_decay=self.weight_decay)
        recursion, initial = plain, [number(value) for value in self.start]
        at = None
        if self.averaged:
            recursion = Recursion(
                [*plain.state, total],
                [*plain.update, total + self.observable],
                normals=plain.normals,
                uniforms=plain.uniforms,
            )
            initial, at = [*initial, 0.0], [longer * self.steps, longer * (self.steps + self.averaged)]
        parameters = {s: number(arguments[s.name]) / (finer if s == eta else 1) for s in recursion.parameters}
        run = drawn_steps(
            recursion,
            draw,
            parameters=parameters,
            initial=initial,
            steps=longer * (self.steps + self.averaged),
            **({} if at is None else {"at": at, "paths": True}),
        )
        if at is not None:
            sums = run.paths[:, :, -1]
            return (sums[1] - sums[0]) / (longer * self.averaged)
        given = {symbol: number(arguments[symbol.name]) for symbol in self.observable.free_symbols - {*plain.state}}
        value = sp.lambdify(list(plain.state), self.observable.subs(given), "numpy")
        return value(*run.final.T)


def descended(
    name: str,
    model: Callable[[], Model],
    observable: sp.Expr,
    predicted: Callable[[Any], Any],
    *,
    at: Mapping[sp.Symbol, str],
    start: Sequence[str],
    steps: int,
    averaged: int = 0,
    batch_size: int | None = 1,
    weight_decay: sp.Expr = sp.S.Zero,
    refined: int = 0,
    absolute: float | None = None,
) -> Experiment:
    r"""The mean of an observable of real SGD against what a candidate predicts for it.

    Args:
        name: Unique in its statement.
        model: As for :class:`MeanUnderDescent`, like the rest that is not named here.
        observable: An expression in the weights.
        predicted: Candidate -> mean.
        at: Exact values of the learning rate :data:`theory.notation.eta` and of the model's symbols.
        start: One exact number a weight.
        steps: Steps before.
        averaged: Steps averaged over.
        batch_size: S.
        weight_decay: :math:`\lambda`.
        refined: How values are extrapolated in the learning rate.
        absolute: Resolution in units of the mean, for means that may be 0.
    """
    sampler = MeanUnderDescent(model, observable, tuple(start), steps, averaged, batch_size, weight_decay, refined)
    told = {symbol.name: value for symbol, value in at.items()}
    return measured(
        sampler,
        predicted,
        name=name,
        absolute=absolute,
        **told,
        start=" ".join(start),
        steps=str(steps),
        averaged=str(averaged),
    )


RATE = eta
"""The learning rate, as an argument of an experiment."""
