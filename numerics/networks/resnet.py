"""ResNet-18 with GELU for images of 32 x 32 pixels."""

from __future__ import annotations

import torch
from torch import nn

from numerics.networks.vgg import Norm, normalisation, scaled

STAGES = (64, 128, 256, 512)
"""Channels of the four stages, of two blocks each; from the second on, a stage halves the image."""


class Block(nn.Module):
    """Two convolutions beside a shortcut, which is a convolution of its own where the shape changes."""

    def __init__(self, below: int, channels: int, stride: int, norm: Norm) -> None:
        super().__init__()
        bias = norm == "none"
        self.conv1 = nn.Conv2d(below, channels, 3, stride, 1, bias=bias)
        self.norm1 = normalisation(norm, channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, 1, 1, bias=bias)
        self.norm2 = normalisation(norm, channels)
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or below != channels:
            convolution = nn.Conv2d(below, channels, 1, stride, bias=bias)
            self.shortcut = nn.Sequential(convolution, normalisation(norm, channels))
        self.activation = nn.GELU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """The activity above the block."""
        h = self.activation(self.norm1(self.conv1(x)))
        return self.activation(self.norm2(self.conv2(h)) + self.shortcut(x))


class ResNet18(nn.Module):
    """A convolution of 3 x 3, eight blocks and a linear layer, with GELU.

    Args:
        classes: Number of classes.
        width: Factor on every number of channels; 1 is the full network.
        norm: After each convolution.

    References:
        He, Zhang, Ren, Sun, "Deep residual learning for image recognition" (2016), Table 1; first layers as in the
        released code of the stochastic-collapse paper.
    """

    def __init__(self, classes: int = 100, *, width: float = 1.0, norm: Norm = "batch") -> None:
        super().__init__()
        below = scaled(STAGES[0], width)
        self.conv1 = nn.Conv2d(3, below, 3, 1, 1, bias=norm == "none")
        self.norm1 = normalisation(norm, below)
        self.activation = nn.GELU()
        blocks: list[nn.Module] = []
        for stage, channels in enumerate(scaled(c, width) for c in STAGES):
            for stride in (1 if stage == 0 else 2, 1):
                blocks.append(Block(below, channels, stride, norm))
                below = channels
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(below, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Logits of ``images``, shape ``(n, 3, height, width)``."""
        h = self.blocks(self.activation(self.norm1(self.conv1(images))))
        return self.fc(h.mean(dim=(2, 3)))

    @property
    def layers_with_weights(self) -> int:
        """Convolutions and linear layers on the longest way, the number in the network's name."""
        return sum(
            isinstance(module, nn.Conv2d | nn.Linear) and "shortcut" not in name
            for name, module in self.named_modules()
        )
