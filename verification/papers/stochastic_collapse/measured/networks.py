"""What the claims on deep networks are measured on: networks that are built and, where small, trained.

PyTorch takes longer to load than most claims take: it is imported by the measurements, in the worker.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from verification.authoring.draws import source_of
from verification.authoring.figures import Row
from verification.authoring.replicas import student_interval
from verification.forms import Arguments

FALSE_ALARM = 1e-6
"""That a direction is found where there is none."""

NO_DIGITS = "handwritten digits, since scikit-learn is not installed: pip install 'driftproof[images]'"


def layers_with_weights(arguments: Arguments) -> tuple[float, float]:
    """Layers with weights in the residual network, shortcuts not counted: the number in its name."""
    from numerics.networks.resnet import ResNet18

    return float(ResNet18(100, width=float(arguments["width"])).layers_with_weights), 0.0


def small_networks(part: Row) -> dict[str, Any]:
    """Shares of independent neurons in small networks under two settings, replica by replica.

    Both settings see the same images and initial weights. ``images`` is ``made`` or ``digits``, those of scikit-learn;
    where scikit-learn is not installed, the part is skipped and says so.
    """
    from numerics.networks.small_networks import SmallNetworks, count_neurons, handwritten_digits

    given = handwritten_digits() if part["images"] == "digits" else None
    if part["images"] == "digits" and given is None:
        return {"images": "digits", "skipped": NO_DIGITS}
    shape = {"pixels": given.pixels.shape[1], "classes": 10} if given is not None else {}
    settings = part["first"], part["second"]
    run = SmallNetworks(
        tuple(float(setting["learning rate"]) for setting in settings),
        replicas=part["replicas"],
        snapshots=(part["steps"],),
        weight_decay=float(part["weight decay"]),
        label_noise=tuple(float(setting["label noise"]) for setting in settings),
        seed=int(source_of("small networks", part["number"]).integers(2**62)),
        **shape,
    )
    counts = count_neurons(run, given)
    first, second = counts.independent[-1].tolist()
    accuracies = counts.accuracy.mean(axis=1).tolist()
    return {"images": part["images"], "first": first, "second": second, "accuracies": accuracies}


def direction(results: Sequence[Row]) -> dict[str, Any]:
    """The largest sign, over the kinds of images, of the change from the first setting to the second.

    The sign of a change is known where the interval of its mean excludes 0.
    """
    done = [part for part in results if "skipped" not in part]
    names = dict.fromkeys(part["images"] for part in done)
    kinds = {name: _change([part for part in done if part["images"] == name]) for name in names}
    intervals = [kind["change"] for kind in kinds.values()]
    signs = [(1 if lower > 0 else -1, -1 if upper < 0 else 1) for lower, _, upper in intervals]
    return {
        "location": [max(sign) for sign in zip(*signs, strict=True)],
        "kinds": kinds,
        "told": "; ".join(f"on {name} images {_told(change)}" for name, change in kinds.items()),
        "skipped": [part["skipped"] for part in results if "skipped" in part],
        "features": [],
    }


def _change(parts: Sequence[Row]) -> dict[str, Any]:
    """Mean shares before and after, and the interval of their difference, replica by replica."""
    first, second = (np.concatenate([part[name] for part in parts]) for name in ("first", "second"))
    change = second - first
    lower, upper = student_interval(change, FALSE_ALARM)
    return {
        "change": [lower, float(change.mean()), upper],
        "shares": [float(first.mean()), float(second.mean())],
        "accuracies": np.mean([part["accuracies"] for part in parts], axis=0).tolist(),
        "replicas": len(change),
    }


def _told(kind: Row) -> str:
    first, second = kind["shares"]
    return f"the independent share goes from {first:.3f} to {second:.3f} ({kind['replicas']} pairs of networks)"
