r"""Small networks on synthetic or given images, in several settings at once: how many neurons stay independent?

A synthetic image of class :math:`c` is a fixed random pattern plus fresh Gaussian noise; given images are drawn with
replacement. With probability :math:`\epsilon` a label is replaced by a wrong one, anew at each step. A fully connected
network with one hidden layer of GELU neurons is trained by plain SGD on cross-entropy plus
:math:`\tfrac\lambda2\|\theta\|^2`. A setting is a learning rate and an :math:`\epsilon`; all see the same images, right
labels and initial weights, replica by replica, and of two of them the larger :math:`\epsilon` has the other's wrong
labels too.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.func import vmap
from torch.nn import functional

from numerics.errors import ArgumentError, DivergenceError
from numerics.neurons.clusters import components
from numerics.neurons.distance import RELEASED_THRESHOLD, distance_matrix
from numerics.neurons.vanishing import vanishing_by_whole
from numerics.sgd.descent import descent
from numerics.sgd.optimisers import SGD

TEST_IMAGES = 400
"""Fresh images, with right labels, on which accuracy is measured."""


@dataclass(frozen=True)
class SmallNetworks:
    r"""What is run.

    Attributes:
        learning_rates: One for each setting, never falling.
        replicas: Networks per setting.
        snapshots: Numbers of steps after which neurons are counted, increasing; the last one ends the run.
        weight_decay: :math:`\lambda`, of all parameters.
        label_noise: :math:`\epsilon`, the probability of a wrong label: a number, or one for each setting.
        batch_size: Images per step.
        hidden: Hidden neurons.
        classes: Number of classes.
        pixels: Pixels of an image.
        pixel_noise: Standard deviation of the noise on a pixel; the patterns have 1.
        seed: Of patterns, images, labels and initial weights.
    """

    learning_rates: tuple[float, ...]
    replicas: int
    snapshots: tuple[int, ...]
    weight_decay: float = 0.0
    label_noise: float | tuple[float, ...] = 0.0
    batch_size: int = 8
    hidden: int = 16
    classes: int = 4
    pixels: int = 64
    pixel_noise: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        rates, snapshots = self.learning_rates, self.snapshots
        if not rates or min(rates) <= 0 or list(rates) != sorted(rates):
            raise ArgumentError(f"learning_rates must be positive and never fall, got {rates}.")
        if not snapshots or min(snapshots) <= 0 or list(snapshots) != sorted(set(snapshots)):
            raise ArgumentError(f"snapshots must be positive and increasing, got {snapshots}.")
        for name in ("replicas", "batch_size", "hidden", "pixels"):
            if getattr(self, name) < 1:
                raise ArgumentError(f"{name} must be at least 1, got {getattr(self, name)}.")
        if self.classes < 2:
            raise ArgumentError(f"classes must be at least 2, got {self.classes}.")
        if self.weight_decay < 0:
            raise ArgumentError(f"weight_decay must not be negative, got {self.weight_decay}.")
        noise = self.label_noise_of_settings
        if len(noise) != len(rates) or not all(0 <= share <= 1 for share in noise):
            raise ArgumentError(
                f"label_noise must be a probability, or one for each of {len(rates)} learning rates, got "
                f"{self.label_noise}."
            )

    @property
    def label_noise_of_settings(self) -> tuple[float, ...]:
        """The probability of a wrong label in each setting."""
        given = self.label_noise
        return given if isinstance(given, tuple) else (given,) * len(self.learning_rates)


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """Given images; the last fifth is for testing.

    Attributes:
        pixels: Shape ``(images, pixels)``.
        labels: Whole numbers from 0. Shape ``(images,)``.
    """

    pixels: np.ndarray
    labels: np.ndarray

    def __post_init__(self) -> None:
        if self.pixels.ndim != 2 or len(self.pixels) < 5 or self.labels.shape != self.pixels.shape[:1]:
            raise ArgumentError(
                "images must be a matrix of at least 5 rows with one label each, got "
                f"pixels.shape={self.pixels.shape}, labels.shape={self.labels.shape}."
            )


def handwritten_digits() -> LabelledImages | None:
    """The 1797 handwritten digits that come with scikit-learn, 8 by 8, pixels of mean 0 and variance 1; else None."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        return None
    found: Any = load_digits()
    return LabelledImages((found.data - found.data.mean()) / found.data.std(), found.target)


@dataclass(frozen=True)
class NeuronCounts:
    """What came out.

    Attributes:
        independent: Share of independent neurons. Shape ``(snapshots, settings, replicas)``.
        vanished: Share of vanished neurons. Same shape.
        accuracy: At the end, on images not trained on, with right labels. Shape ``(settings, replicas)``.
    """

    independent: np.ndarray
    vanished: np.ndarray
    accuracy: np.ndarray


class _Networks:
    """One network per setting and replica, one a row of ``theta``, the settings one after the other."""

    def __init__(self, run: SmallNetworks, source: torch.Generator) -> None:
        self.lead = len(run.learning_rates), run.replicas
        self.shapes = (run.hidden, run.pixels), (run.hidden,), (run.classes, run.hidden), (run.classes,)
        parts = [_initial(shape, run.replicas, source).flatten(1) for shape in self.shapes]
        self.theta = torch.cat(parts, dim=1).repeat(self.lead[0], 1)
        rates = np.repeat(run.learning_rates, run.replicas)
        self.advance = SGD(rates, weight_decay=run.weight_decay).stepper(self.theta)

    def parameters(self, theta: torch.Tensor) -> list[torch.Tensor]:
        """Weights and biases of both layers, as views of ``theta``: shape ``(..., out, in)`` and ``(..., out)``."""
        pieces = theta.split([math.prod(shape) for shape in self.shapes], dim=-1)
        return [piece.unflatten(-1, shape) for piece, shape in zip(pieces, self.shapes, strict=True)]

    def logits(self, theta: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
        """Of ``images``, one a row."""
        first, bias, second, offset = self.parameters(theta)
        return functional.linear(functional.gelu(functional.linear(images, first, bias)), second, offset)

    def gradients(self, theta: torch.Tensor, images: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        r"""The gradients of the mean cross-entropies, shape ``(R, P)``, by the chain rule.

        A step is so small that automatic differentiation would take most of its time. With
        :math:`a = W_1x + b_1`, :math:`h = \operatorname{gelu}(a)` and
        :math:`\delta = \operatorname{softmax}(W_2h + b_2) - e_y`, the gradients are :math:`\delta h^\top` and
        :math:`\delta` in the second layer, :math:`\delta_1x^\top` and
        :math:`\delta_1 = W_2^\top\delta \odot \operatorname{gelu}'(a)` in the first.
        """
        first, bias, second, offset = self.parameters(theta)
        active = torch.baddbmm(bias[:, None], images, first.mT)
        hidden = functional.gelu(active)
        outer = torch.softmax(torch.baddbmm(offset[:, None], hidden, second.mT), dim=2)
        outer = (outer - functional.one_hot(labels, self.shapes[-1][0])) / images.shape[1]
        inner = torch.ops.aten.gelu_backward(outer @ second, active)
        parts = inner.mT @ images, inner.sum(1), outer.mT @ hidden, outer.sum(1)
        return torch.cat([part.flatten(1) for part in parts], dim=1)

    def trained(self, batches: Iterable[tuple[torch.Tensor, torch.Tensor]]) -> Iterator[int]:
        """Train each replica on its images, the same in all settings; yields the number of steps done."""
        together = ((images.repeat(self.lead[0], 1, 1), labels.flatten(0, 1)) for images, labels in batches)
        return descent(self.theta, self.gradients, self.advance, together)

    def neurons(self) -> np.ndarray:
        """Concatenated vectors. Shape ``(settings, replicas, hidden, pixels + 1 + classes)``."""
        first, bias, second, _ = self.parameters(self.theta.view(*self.lead, -1))
        return torch.cat([first, bias[..., None], second.transpose(2, 3)], dim=3).double().numpy()


def _initial(shape: tuple[int, ...], replicas: int, source: torch.Generator) -> torch.Tensor:
    """Gaussian weights whose variance is one over the fan-in; biases start at 0."""
    if len(shape) == 1:
        return torch.zeros(replicas, *shape)
    return torch.randn(replicas, *shape, generator=source) / shape[-1] ** 0.5


class _Data:
    """Patterns of each replica, and images and labels drawn from them."""

    def __init__(self, run: SmallNetworks, source: torch.Generator) -> None:
        self.run, self.source = run, source
        self.patterns = torch.randn(run.replicas, run.classes, run.pixels, generator=source)

    def images(self, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        """``n`` images of each replica, shape ``(replicas, n, pixels)``, and their right labels."""
        run = self.run
        labels = torch.randint(run.classes, (run.replicas, n), generator=self.source)
        noise = run.pixel_noise * torch.randn(run.replicas, n, run.pixels, generator=self.source)
        return self.patterns[torch.arange(run.replicas)[:, None], labels] + noise, labels

    def test_images(self, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        """Images that were not trained on, with right labels: ``n`` of them, or all there are."""
        return self.images(n)

    def batches(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Images, shape ``(replicas, n, pixels)``, and labels, ``(settings, replicas, n)``, for every step."""
        for _ in range(self.run.snapshots[-1]):
            images, labels = self.images(self.run.batch_size)
            yield images, self.corrupted(labels)

    def corrupted(self, labels: torch.Tensor) -> torch.Tensor:
        """``labels``, each replaced by a wrong one with the probability of the setting. Shape ``(settings, ...)``."""
        share = torch.tensor(self.run.label_noise_of_settings)[:, None, None]
        wrong = torch.rand(labels.shape, generator=self.source) < share
        other = torch.randint(1, self.run.classes, labels.shape, generator=self.source)
        return torch.where(wrong, (labels + other) % self.run.classes, labels)


class _GivenData(_Data):
    """Images and labels drawn from given ones, replica by replica."""

    def __init__(self, run: SmallNetworks, source: torch.Generator, given: LabelledImages) -> None:
        self.run, self.source = run, source
        self.pixels = torch.tensor(given.pixels, dtype=torch.float32)
        self.labels = torch.tensor(given.labels, dtype=torch.int64)
        self.trained_on = len(self.labels) * 4 // 5

    def images(self, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        return self._of(torch.randint(self.trained_on, (self.run.replicas, n), generator=self.source))

    def test_images(self, n: int) -> tuple[torch.Tensor, torch.Tensor]:
        every = torch.arange(self.trained_on, len(self.labels))
        return self._of(every.expand(self.run.replicas, -1))

    def _of(self, chosen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.pixels[chosen], self.labels[chosen]


def count_neurons(run: SmallNetworks, given: LabelledImages | None = None) -> NeuronCounts:
    """Train all networks of ``run`` and count their neurons at each snapshot.

    Args:
        run: What is run.
        given: Images to train on; None for synthetic ones.

    Counted as the paper's released code does, with connected components for its counter: vanished neurons, whose norm
    is below 10 % of the largest, are left out; those at a normalised distance below 0.1 are one.

    Raises:
        ArgumentError: ``given`` has other numbers of pixels or classes than ``run``.
        DivergenceError: a network left the finite numbers; the learning rate is named.
    """
    source = torch.Generator().manual_seed(run.seed % 2**63)
    data = _Data(run, source) if given is None else _GivenData(run, source, _fitting(run, given))
    networks = _Networks(run, source)
    independent, vanished = [], []
    for step in networks.trained(data.batches()):
        if step in run.snapshots:
            counts = _counted(run, networks.neurons(), step)
            independent.append(counts[0])
            vanished.append(counts[1])
    images, labels = data.test_images(TEST_IMAGES)
    logits = vmap(vmap(networks.logits), in_dims=(0, None))(networks.theta.view(*networks.lead, -1), images)
    right = logits.argmax(dim=3) == labels
    return NeuronCounts(np.array(independent), np.array(vanished), right.double().mean(dim=2).numpy())


def _fitting(run: SmallNetworks, given: LabelledImages) -> LabelledImages:
    """The given images, refused where the networks do not fit them."""
    pixels, lowest, highest = given.pixels.shape[1], int(given.labels.min()), int(given.labels.max())
    if pixels != run.pixels or lowest < 0 or highest >= run.classes:
        raise ArgumentError(
            f"the networks take {run.pixels} pixels and labels from 0 to {run.classes - 1}, but the images given have "
            f"{pixels} pixels and labels from {lowest} to {highest}. Set pixels and classes of the networks."
        )
    return given


def _counted(run: SmallNetworks, neurons: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray]:
    """Shares of independent and of vanished neurons. Shapes ``(settings, replicas)``."""
    finite = np.isfinite(neurons).all(axis=(1, 2, 3))
    if not finite.all():
        rate = run.learning_rates[int(np.argmin(finite))]
        raise DivergenceError(f"a network has diverged by step {step} at learning rate {rate}. Take a smaller one.")
    shape = neurons.shape[:2]
    independent, vanished = np.zeros(shape), np.zeros(shape)
    for place in np.ndindex(*shape):
        gone = vanishing_by_whole(neurons[place])
        distances = distance_matrix(neurons[place][~gone], both_zero=0.0)
        independent[place] = len(np.unique(components(distances, RELEASED_THRESHOLD))) / run.hidden
        vanished[place] = gone.mean()
    return independent, vanished
