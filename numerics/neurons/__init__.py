r"""How far have the neurons of a trained network collapsed?

The reading path, each stage a module that can be called alone:

==================  =======================================================================================
module              question it answers
==================  =======================================================================================
``tracing``         Which parameters belong to which hidden neuron? (any network torch.fx can trace)
``layer``           The answer as a record, and the vectors of a layer's neurons
``distance``        How far apart are two neurons?
``vanishing``       Which neurons have vanished? (the printed rule, the released code's rule)
``clusters``        How many are independent? (the authors' counter, leaders, connected components)
``dendrogram``      In which order do similar neurons stand side by side?
``effective_rank``  How many directions do the vectors span?
``near_graphs``     Vectors of which exactly the wanted pairs are near
``diagnosis``       All of it for every layer of a network
==================  =======================================================================================

``tracing`` imports torch; the others need NumPy and SciPy only and are collected here, with the images of
:mod:`numerics.networks.cifar`.

References:
    Chen, Kunin, Yamamura, Ganguli, "Stochastic Collapse" (2023), Section 5 and Appendices H, J.
"""

from numerics.networks.cifar import CifarError, Images, load_cifar10, load_cifar100
from numerics.neurons.clusters import COUNTERS, components, greedy_clusters, leader_clusters
from numerics.neurons.dendrogram import dendrogram_order
from numerics.neurons.diagnosis import Diagnosis, diagnose
from numerics.neurons.distance import (
    RELEASED_THRESHOLD,
    TEN_PERCENT,
    UndefinedDistanceError,
    distance_matrix,
    normalised_distance,
)
from numerics.neurons.effective_rank import effective_rank, spectral_entropy
from numerics.neurons.layer import HiddenLayer, Neurons, Part
from numerics.neurons.vanishing import RULES, vanishing_by_both_parts, vanishing_by_whole

__all__ = [
    "COUNTERS",
    "CifarError",
    "Diagnosis",
    "HiddenLayer",
    "Images",
    "Neurons",
    "Part",
    "RELEASED_THRESHOLD",
    "RULES",
    "TEN_PERCENT",
    "UndefinedDistanceError",
    "components",
    "dendrogram_order",
    "diagnose",
    "distance_matrix",
    "effective_rank",
    "greedy_clusters",
    "leader_clusters",
    "load_cifar10",
    "load_cifar100",
    "normalised_distance",
    "spectral_entropy",
    "vanishing_by_both_parts",
    "vanishing_by_whole",
]
