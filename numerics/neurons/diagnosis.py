"""Vanishing and independent neurons of every hidden layer of a network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from numerics.errors import ArgumentError
from numerics.neurons.clusters import COUNTERS, Counter
from numerics.neurons.distance import RELEASED_THRESHOLD, distance_matrix
from numerics.neurons.effective_rank import effective_rank
from numerics.neurons.layer import HiddenLayer
from numerics.neurons.vanishing import FRACTION, RULES, Rule, vanishing_by_both_parts, vanishing_by_whole
from theory.values import shown


@dataclass(frozen=True)
class Diagnosis:
    """What was found in one layer.

    Attributes:
        layer: Its name.
        width: Number of neurons.
        vanishing: How many have vanished.
        independent: Number of clusters among the others.
        effective_rank: Of the matrix of all concatenated vectors; 0 if that is zero.
    """

    layer: str
    width: int
    vanishing: int
    independent: int
    effective_rank: float

    @property
    def fraction_independent(self) -> float:
        """Independent neurons over all neurons, as in Figures 4, 9 and 10 of the paper."""
        return self.independent / self.width


def diagnose(
    layers: Iterable[HiddenLayer],
    parameters: Mapping[str, np.ndarray],
    *,
    threshold: float = RELEASED_THRESHOLD,
    rule: Rule = "whole",
    fraction: float = FRACTION,
    counter: Counter = "components",
) -> list[Diagnosis]:
    """Vanishing neurons, independent neurons and effective rank of each layer.

    The defaults are those of the paper's released code, but for the counter, which does not depend on how neurons are
    numbered. Neurons that cannot be exchanged never count as identical.

    Args:
        layers: From :func:`numerics.neurons.tracing.hidden_layers`.
        parameters: Arrays by name, e.g. from :func:`numerics.neurons.tracing.parameters_of`.
        threshold: Normalised distance, a square, below which two neurons are identical.
        rule: Which neurons have vanished: ``"whole"`` or ``"both parts"`` (see :mod:`numerics.neurons.vanishing`).
        fraction: Of the largest norm, for that rule.
        counter: ``"components"``, ``"greedy"`` or ``"leaders"`` (see :mod:`numerics.neurons.clusters`).

    Raises:
        ArgumentError: no such rule or counter, or parameters that are missing or not finite.
    """
    if rule not in RULES:
        raise ArgumentError(f"rule must be one of {RULES}, got {shown(rule)}.")
    if counter not in COUNTERS:
        raise ArgumentError(f"counter must be one of {tuple(COUNTERS)}, got {shown(counter)}.")
    return [_diagnosis(layer, parameters, threshold, rule, fraction, counter) for layer in layers]


def _diagnosis(
    layer: HiddenLayer,
    parameters: Mapping[str, np.ndarray],
    threshold: float,
    rule: Rule,
    fraction: float,
    counter: Counter,
) -> Diagnosis:
    neurons = layer.neurons(parameters)
    vectors = neurons.concatenated
    if rule == "whole":
        vanishing = vanishing_by_whole(vectors, fraction=fraction)
    else:
        vanishing = vanishing_by_both_parts(neurons.incoming_and_own, neurons.outgoing, fraction=fraction)
    distances = distance_matrix(vectors[~vanishing], both_zero=0.0)
    label = layer.exchangeable[~vanishing]
    distances[label[:, None] != label] = np.inf
    clusters = COUNTERS[counter](distances, threshold)
    rank = effective_rank(vectors) if vectors.any() else 0.0
    return Diagnosis(layer.name, layer.width, int(vanishing.sum()), len(np.unique(clusters)), rank)
