r"""Many small networks trained at once, in the fused kernels: linear, tanh, ReLU, softplus; SGD and its SDEs.

A network, data and dynamics become a layer program (:mod:`numerics.codegen.layer_program`), whose replicas run side by
side in the lanes of the processor. What no layer program says (other losses, convolutions, Adam) trains with PyTorch in
:mod:`numerics.sgd`.

===============  ==========================================================================================
module           question it answers
===============  ==========================================================================================
``network``      Which network? (widths, activations, biases, residual and frozen layers, weight decay)
``dynamics``     How do its weights move? (SGD, gradient descent, Langevin, the SDE of SGD, gradient flow)
``initial``      Where do they start? (independent, or balanced with a given map)
``activations``  Activations and their derivatives as programs of single entries
``samples``      Which inputs and labels does a step see, or which stand for all of them?
``step_writer``  What do the steps of all dynamics have in common?
``steps``        The layer program of one step
``backend``      Who runs it, and does it fit cache and memory?
``train``        Run it: chunks of replicas, statistics on the way, divergence by replica and step
``observables``  What is read off on the way? (modes, balance, alignment, rank, loss, diffusion)
``passages``     When does each replica learn each mode, in which order, and who never does?
``controlled``   How is the mean of a mode at the end of training told from its fluctuations?
``run``          What training leaves behind, and how pieces are put together
===============  ==========================================================================================
"""

from typing import TYPE_CHECKING

from theory.lazy_names import names_on_demand

if TYPE_CHECKING:
    from numerics.deep_linear.signal import DataSet, NoisyTeacher
    from numerics.layered.controlled import ControlledMode
    from numerics.layered.dynamics import (
        Epochs,
        FullGradientDescent,
        GradientFlowSteps,
        GradientNoiseDiffusion,
        IsotropicLangevin,
        MiniBatchDescent,
    )
    from numerics.layered.initial import balanced_layers, gaussian_layers
    from numerics.layered.network import Activation, DenseNetwork
    from numerics.layered.observables import (
        Alignment,
        Balance,
        LayerNorm,
        MapRank,
        MeanLoss,
        ModeAmplitude,
        ModeDiffusion,
        ObservedDiffusion,
        network_outputs,
    )
    from numerics.layered.passages import LearningTimes, learning_times
    from numerics.layered.run import LayeredRun, merge_layered_runs
    from numerics.layered.train import train_layers
    from numerics.simulation.options import Options
    from theory.gradient_noise.sampling import Sampling

__getattr__ = names_on_demand(__name__, __file__)

__all__ = [
    "Activation",
    "Alignment",
    "Balance",
    "ControlledMode",
    "DataSet",
    "DenseNetwork",
    "Epochs",
    "FullGradientDescent",
    "GradientFlowSteps",
    "GradientNoiseDiffusion",
    "IsotropicLangevin",
    "LayerNorm",
    "LayeredRun",
    "LearningTimes",
    "MapRank",
    "MeanLoss",
    "MiniBatchDescent",
    "ModeAmplitude",
    "ModeDiffusion",
    "NoisyTeacher",
    "ObservedDiffusion",
    "Options",
    "Sampling",
    "balanced_layers",
    "gaussian_layers",
    "learning_times",
    "merge_layered_runs",
    "network_outputs",
    "train_layers",
]
