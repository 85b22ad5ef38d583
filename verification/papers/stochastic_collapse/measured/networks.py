"""What the claims on deep networks are measured on: networks that are built and, where small, trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from numerics.networks.resnet import ResNet18
from numerics.networks.small_networks import SmallNetworks, count_neurons
from verification.papers.stochastic_collapse.measured.diagnostics import source_of

FALSE_ALARM = 1e-6
"""That a direction is found where there is none."""


def layers_with_weights(arguments: Mapping[str, Any]) -> tuple[float, float]:
    """Layers with weights in the residual network, shortcuts not counted: the number in its name."""
    return float(ResNet18(100, width=float(arguments["width"])).layers_with_weights), 0.0


def small_networks(part: Mapping[str, Any]) -> dict[str, Any]:
    """Shares of independent neurons in small networks with weight decay at two learning rates, replica by replica."""
    slow, fast = map(float, part["learning rates"])
    run = SmallNetworks(
        (slow, fast),
        replicas=part["replicas"],
        snapshots=(part["steps"],),
        weight_decay=float(part["weight decay"]),
        seed=int(source_of("small networks", part["number"]).integers(2**62)),
    )
    counts = count_neurons(run)
    first, second = counts.independent[-1].tolist()
    return {"first": first, "second": second, "accuracies": counts.accuracy.mean(axis=1).tolist()}


def direction(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The sign of the change from the first setting to the second, where the interval of its mean excludes 0."""
    first, second = (np.concatenate([part[name] for part in results]) for name in ("first", "second"))
    change = second - first
    half = stats.t.isf(FALSE_ALARM / 2, len(change) - 1) * change.std(ddof=1) / np.sqrt(len(change))
    lower, upper = float(change.mean() - half), float(change.mean() + half)
    accuracies = np.mean([part["accuracies"] for part in results], axis=0).tolist()
    return {
        "location": [1 if lower > 0 else -1, -1 if upper < 0 else 1],
        "change": [lower, float(change.mean()), upper],
        "shares": [float(first.mean()), float(second.mean())],
        "accuracies": accuracies,
        "replicas": len(change),
        "features": [],
    }
