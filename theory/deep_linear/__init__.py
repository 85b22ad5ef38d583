r"""Deep linear networks :math:`f(x) = W_L\cdots W_1x` under stochastic gradient descent.

* ``layers``: the architecture: any depth, any widths, residual factors :math:`I + W_l`, frozen layers, weight decay.
* ``layer_sums``: sums over layers of powers, in closed form for every depth.
* ``modewise``: the modes on the aligned balanced manifold: drift, Itô drift, diffusion, for symbolic depth.
* ``gradient_flow``: gradient flow of a mode: implicit solution, learning times, which modes are quicker.
* ``written_out``: small networks with every weight a symbol, differentiated and averaged directly: the slow route.
* ``diffusion_peak``: where the diffusion of a mode peaks, and the exact thresholds of its label noise.
* ``layer_coordinate``: one mode in the coordinate of a single layer, in which its noise induces no drift.
* ``depth_cases``: answers for every depth from 2 on, joined from L = 2 and L > 2.
* ``stationary``: stationary laws of a mode: where they exist, collapse, splitting, tails, and where they sit.
* ``unbalanced``: modes off balance: chains of widths 1 and layers diagonal in common frames, exactly.
* ``off_manifold``: how noise leaves the manifold: alignment, balance, repulsion of singular values.
* ``mode_step``: one step of descent of a balanced mode, exactly, beside its stochastic equation.
* ``saddles``: which saddles are strict, and the order at which the others are left.
* ``two_layer_law``: means and variances of all entries of two square layers under label noise, beside one mode alone.
* ``minima``: the minimum that label noise selects, its mean and variance, in closed form for every depth.
* ``exact_point``: a network at exact weights, numbers or symbols: Jacobians, noise covariance, modes.
* ``finite_data``: batches of a finite data set, three ways; the scaling of summed noise.
"""

from typing import TYPE_CHECKING

from theory.lazy_names import names_on_demand

if TYPE_CHECKING:
    from theory.deep_linear.diffusion_peak import DiffusionPeak
    from theory.deep_linear.exact_point import ExactPoint
    from theory.deep_linear.gradient_flow import passage_time
    from theory.deep_linear.layer_coordinate import layer_process
    from theory.deep_linear.layers import LayeredLinear
    from theory.deep_linear.minima import LabelNoiseMinimum
    from theory.deep_linear.modewise import BalancedModes, balanced_modes
    from theory.deep_linear.saddles import Saddle
    from theory.deep_linear.stationary import existence, location, mode_law
    from theory.deep_linear.two_layer_law import TwoLayerLaw
    from theory.deep_linear.unbalanced import Chain
    from theory.deep_linear.written_out import WrittenNetwork, commutation_matrix, vec, written_network

__getattr__ = names_on_demand(__name__, __file__)

__all__ = [
    "BalancedModes",
    "Chain",
    "DiffusionPeak",
    "ExactPoint",
    "LabelNoiseMinimum",
    "LayeredLinear",
    "Saddle",
    "TwoLayerLaw",
    "WrittenNetwork",
    "balanced_modes",
    "commutation_matrix",
    "existence",
    "layer_process",
    "location",
    "mode_law",
    "passage_time",
    "vec",
    "written_network",
]
