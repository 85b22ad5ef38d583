r"""The losses of single samples, whatever they are given by: what a symmetry must leave alone one by one.

A symmetry of the mean loss alone says nothing about stochastic gradient descent: its batches see single samples. So
everything here starts from the list of losses :math:`l(\theta; x)`, one for each :math:`x` of the support of the data.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sympy as sp

from theory.errors import SymbolError
from theory.gradient_noise.data_law import DataLaw, FiniteSupport, Gaussian, NamedMoments, Product, law_symbols
from theory.gradient_noise.model import Model
from theory.gradient_noise.sampling import FiniteSum
from theory.values import by_name, distinct_symbols, instance, single_expression


@dataclass(frozen=True)
class PerSampleLoss:
    r"""The loss :math:`l(\theta; x)` of one sample whose data take every value.

    Attributes:
        weights: :math:`\theta`, symbols. Shape ``(d, 1)``.
        loss: :math:`l`, an expression in weights, data and constants.
        data: :math:`x`, the symbols that take every value; every symbol of ``loss`` that is no weight unless given. The
            others are constants, which a symmetry may depend on.

    Raises:
        ShapeError: no weight, or a loss that is no finite expression.
        SymbolError: a weight is a datum too, or a symbol of the loss has the name of a weight and other assumptions.

    Example:
        >>> u, w, x, y = sp.symbols("u w x y", real=True)
        >>> PerSampleLoss([u, w], (u * w * x - y) ** 2).data
        Matrix([
        [x],
        [y]])
    """

    weights: sp.ImmutableMatrix
    loss: sp.Expr
    data: sp.ImmutableMatrix = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        weights, loss = distinct_symbols(self.weights, "weights"), single_expression(self.loss, "loss")
        others = loss.free_symbols - set(weights)
        data: Any = by_name(others) if self.data is None else self.data
        empty = isinstance(data, list | tuple | sp.MatrixBase) and not len(data)
        vector = sp.ImmutableMatrix.zeros(0, 1) if empty else distinct_symbols(data, "data")
        if set(vector) & set(weights):
            raise SymbolError(f"data must be no weights, got {tuple(vector)} with weights {tuple(weights)}.")
        own = {symbol.name for symbol in weights}
        names = own | {symbol.name for symbol in vector}
        twins = sorted(str(s) for s in others if s.name in (own if s in set(vector) else names))
        if twins:
            raise SymbolError(
                f"loss holds {twins}, symbols with the name of a weight or of a datum but other assumptions. "
                "Use one symbol throughout."
            )
        for name, value in (("weights", weights), ("loss", loss), ("data", vector)):
            object.__setattr__(self, name, value)


Losses = PerSampleLoss | FiniteSum | Model
"""What the functions of this package take a problem as."""


@dataclass(frozen=True)
class SampleLosses:
    r"""The losses that a symmetry must leave alone, each with a name for messages.

    Attributes:
        weights: :math:`\theta`. Shape ``(d, 1)``.
        named: Pairs of a name, such as "the sample x = 1, y = 2", and a loss.
        data: Symbols in the losses that take every value.
        for_all_data: The loss with its data as symbols, where ``named`` are its values at points of a support. A
            symmetry of it is a symmetry of them all.
        support_is_known: Whether the data take every value that ``named`` and ``data`` admit; a law of which only
            moments are named may take fewer, and have more symmetries.
    """

    weights: sp.ImmutableMatrix
    named: tuple[tuple[str, sp.Expr], ...]
    data: tuple[sp.Symbol, ...]
    for_all_data: sp.Expr | None = None
    support_is_known: bool = True

    @property
    def constants(self) -> tuple[sp.Symbol, ...]:
        """Symbols of the losses that are neither weights nor data."""
        free = {symbol for _, loss in self.named for symbol in loss.free_symbols}
        return by_name(free - set(self.weights) - set(self.data))


def sample_losses(problem: Losses) -> SampleLosses:
    """The losses of the samples of ``problem``: of each point of a support, or with data that take every value.

    Raises:
        ShapeError: ``problem`` is neither a PerSampleLoss, a FiniteSum nor a Model.

    Example:
        >>> from theory.gradient_noise.data_law import Empirical
        >>> w, x = sp.symbols("w x", real=True)
        >>> [name for name, _ in sample_losses(Model([w], w * x, Empirical([x], [[1], [-1]]))).named]
        ['the sample x = 1', 'the sample x = -1']
    """
    needed = "a PerSampleLoss(weights, loss), a FiniteSum or a Model"
    given = instance(problem, PerSampleLoss | FiniteSum | Model, "problem", needed)
    if isinstance(given, Model):
        return _of_model(given)
    if isinstance(given, PerSampleLoss):
        return SampleLosses(given.weights, (("every sample", given.loss),), tuple(given.data))
    return SampleLosses(given.weights, tuple((f"sample {i}", loss) for i, loss in enumerate(given.losses, start=1)), ())


def _of_model(model: Model) -> SampleLosses:
    variables = set(model.law.variables)
    named, free = [], set()
    for point in support(model.law):
        loss = model.loss.subs(point, simultaneous=True)
        free |= loss.free_symbols - model.loss.free_symbols - law_symbols(model.law) | (loss.free_symbols & variables)
        values = ", ".join(f"{x} = {value}" for x, value in sorted(point.items(), key=lambda pair: str(pair[0])))
        named.append((f"the sample {values}" if values else "every sample", loss))
    known = not any(isinstance(factor, NamedMoments) for factor in _factors(model.law))
    return SampleLosses(model.weights, tuple(named), by_name(free), model.loss, known)


def support(law: DataLaw) -> Iterator[Mapping[sp.Symbol, sp.Expr]]:
    r"""Substitutions whose values run through the support of ``law``; variables that are left out take every value.

    Points of probability 0 are no part of a support. A Gaussian with a singular covariance :math:`C` takes the values
    :math:`m + \sum_jz_jc_j` with columns :math:`c_j` that span the range of :math:`C` and free :math:`z_j`.
    """
    match law:
        case FiniteSupport():
            yield from (point for probability, point in law.weighted_points if probability != 0)
        case Gaussian():
            spanning = sp.Matrix(law.covariance).columnspace()
            if len(spanning) == law.covariance.rows:
                yield {}
            else:
                values = sp.Matrix(law.mean)
                for j, direction in enumerate(spanning, start=1):
                    values += sp.Dummy(f"z_{j}", real=True) * direction
                yield dict(zip(law.variables, values, strict=True))
        case Product():
            for parts in itertools.product(*map(support, law.laws)):
                yield {variable: value for part in parts for variable, value in part.items()}
        case _:
            yield {}


def _factors(law: DataLaw) -> tuple[DataLaw, ...]:
    return law.laws if isinstance(law, Product) else (law,)
