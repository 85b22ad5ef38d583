"""Linear regressions drawn by Hypothesis, as a model of the theory and as a PyTorch problem."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import sympy as sp
import torch
from hypothesis import strategies as st

from numerics.sgd.empirical_loss import EmpiricalLoss
from theory.gradient_noise import Empirical, Model

FEATURES = sp.symbols("x_0:2", real=True)
WEIGHTS = sp.symbols("w_0:2", real=True)
LABEL = sp.Symbol("y", real=True)

quarters = st.integers(-8, 8).map(lambda k: sp.Rational(k, 4))
nonzero_quarters = st.sampled_from([sp.Rational(k, 4) for k in (4, -4, 2, -2, 1, -1, 3, -3, 6, -6, 8, -8)])


@dataclass(frozen=True)
class Regression:
    """Samples (x, y) with the loss (w.x - y)^2/2, first weights, a direction u to look along, and a rate."""

    samples: tuple[tuple[sp.Rational, ...], ...]
    start: tuple[float, ...]
    direction: tuple[int, ...]
    stiffness: float

    @property
    def d(self) -> int:
        return len(self.start)

    @property
    def n(self) -> int:
        return len(self.samples)

    @property
    def weights(self) -> tuple[sp.Symbol, ...]:
        return WEIGHTS[: self.d]

    @property
    def X(self) -> np.ndarray:
        return np.array(self.samples, dtype=float)[:, :-1]

    @property
    def y(self) -> np.ndarray:
        return np.array(self.samples, dtype=float)[:, -1]

    @property
    def u(self) -> np.ndarray:
        return np.array(self.direction, dtype=float)

    @property
    def rate(self) -> float:
        """At most half of the rate at which the steepest sample alone would bring its error to zero at once."""
        return self.stiffness / float((self.X**2).sum(1).max())

    @property
    def loss(self) -> sp.Expr:
        return (sum(w * x for w, x in zip(self.weights, FEATURES, strict=False)) - LABEL) ** 2 / 2

    @property
    def model(self) -> Model:
        return Model(list(self.weights), self.loss, Empirical([*FEATURES[: self.d], LABEL], self.samples))

    @property
    def problem(self) -> EmpiricalLoss:
        return empirical_loss(self.X, self.y)


def empirical_loss(X: np.ndarray, y: np.ndarray) -> EmpiricalLoss:
    """The halved squared error of a linear layer without bias."""
    net = torch.nn.Linear(X.shape[1], 1, bias=False).double()
    return EmpiricalLoss(net, lambda f, t: (f - t).square().sum() / 2, torch.tensor(X), torch.tensor(y)[:, None])


@st.composite
def regressions(draw: st.DrawFn, dimensions: tuple[int, int] = (1, 2), samples: tuple[int, int] = (3, 6)) -> Regression:
    """No first feature and no first entry of the direction is zero: the weights move, and are looked at."""
    d = draw(st.integers(*dimensions))
    features = st.tuples(nonzero_quarters, *[quarters] * (d - 1))
    rows = draw(st.lists(st.tuples(features, quarters), min_size=samples[0], max_size=samples[1]))
    start = draw(st.tuples(*[st.integers(-4, 4).map(lambda k: k / 4)] * d))
    direction = draw(st.tuples(st.integers(1, 2), *[st.integers(-2, 2)] * (d - 1)))
    stiffness = draw(st.integers(2, 10)) / 20
    return Regression(tuple((*x, y) for x, y in rows), start, direction, stiffness)
