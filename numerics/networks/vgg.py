"""VGG-16 with GELU for images of 32 x 32 pixels."""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

from numerics.errors import ArgumentError
from theory.values import shown

Norm = Literal["none", "batch", "group"]

NORMS: tuple[Norm, ...] = ("none", "batch", "group")
"""No normalisation, batch normalisation, group normalisation with one group."""

VGG16_CHANNELS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Channels of the thirteen convolutions; each of the five blocks ends with a maximum over 2 x 2 pixels."""

FULLY_CONNECTED = 512
"""Neurons in each of the two hidden fully connected layers."""


def scaled(channels: int, width: float) -> int:
    """``channels`` times ``width``, at least one."""
    if not width > 0:
        raise ArgumentError(f"width must be a positive factor of the numbers of channels, got {width}.")
    return max(1, round(channels * width))


def normalisation(norm: Norm, channels: int) -> nn.Module:
    """The normalisation of a layer of ``channels``.

    Group normalisation has a single group: with more, neurons of different groups could not be exchanged.

    Raises:
        ArgumentError: no such normalisation.
    """
    if norm not in NORMS:
        raise ArgumentError(f"norm must be one of {NORMS}, got {shown(norm)}.")
    if norm == "none":
        return nn.Identity()
    return nn.BatchNorm2d(channels) if norm == "batch" else nn.GroupNorm(1, channels)


class VGG16(nn.Module):
    """Thirteen convolutions of 3 x 3 and three fully connected layers, with GELU.

    Args:
        classes: Number of classes.
        width: Factor on every number of channels; 1 is the full network.
        norm: After each convolution; the paper's VGG-16 has none.

    References:
        Simonyan, Zisserman, "Very deep convolutional networks for large-scale image recognition" (2015), Table 1, D.
    """

    def __init__(self, classes: int = 10, *, width: float = 1.0, norm: Norm = "none") -> None:
        super().__init__()
        layers: list[nn.Module] = []
        below = 3
        for block in VGG16_CHANNELS:
            for channels in (scaled(c, width) for c in block):
                layers += [nn.Conv2d(below, channels, 3, padding=1), normalisation(norm, channels), nn.GELU()]
                below = channels
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        neurons = scaled(FULLY_CONNECTED, width)
        self.classifier = nn.Sequential(
            nn.Linear(below, neurons), nn.GELU(), nn.Linear(neurons, neurons), nn.GELU(), nn.Linear(neurons, classes)
        )

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits of ``images``, shape ``(n, 3, 32, 32)``."""
        return self.classifier(torch.flatten(self.features(images), 1))
