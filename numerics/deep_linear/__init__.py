r"""Deep linear networks in float64: one point of weights, its noise and its modes, by two routes.

* ``signal``: the law of the signal :math:`T = (y - Wx)x^\top` of one sample: a noisy teacher, or a finite data set.
* ``point``: a network, its data and its weights: products of layers, Jacobians, gradients.
* ``noise``: covariance of the gradient noise of two layers, one sample or one batch.
* ``modes``: mode amplitudes :math:`u^\top Wv`: sensitivities, Hessian, diffusion, drifts; nothing large is formed.
* ``batch_words``: means of products in which the signal of one batch stands several times.
* ``batch_traces``: the same for traces over fresh data, in which far more signals may stand.
* ``one_sample``: means of products of quadratic forms of one Gaussian sample, of any degree that is met.
* ``one_step``: one step of SGD, to all orders of the learning rate, beside the SDE's.
* ``curvature``: second and third derivatives of the loss, and the rotations of hidden layers.
* ``second_moment``: the second moment of the gap near a minimum, as a recursion, and when it diverges.
* ``minima``: the stationary law across a manifold of minima, and the slow flow along it.
* ``selection``: the minimum at which the slow flow rests.
* ``stability``: the learning rates at which the second moment near a minimum is finite, for SGD and its SDE.
* ``collapse``: where two layers collapse to zero: windows of SGD beside the threshold of its SDE.
* ``origin``: growth rates at zero and windows of collapse of two layers of any widths, by simulation.
* ``explicit``: the second route: explicit matrices and Gauss-Hermite nodes that are exact for the degree.
"""

from typing import TYPE_CHECKING

from theory.lazy_names import names_on_demand

if TYPE_CHECKING:
    from numerics.deep_linear.collapse import TwoLayerOrigin, label_noise_growth
    from numerics.deep_linear.minima import Minimum, nearest_minimum
    from numerics.deep_linear.modes import (
        Modes,
        amplitude,
        gradient_drift,
        hessian_block,
        ito_drift,
        mode_diffusion,
        sensitivity,
        tangent_kernel,
    )
    from numerics.deep_linear.noise import batch_factor, gradient_covariance, gradient_covariance_block
    from numerics.deep_linear.one_step import (
        ModeStep,
        map_covariance_after_step,
        mean_loss_after_step,
        mean_map_after_step,
        mode_step,
    )
    from numerics.deep_linear.origin import CollapseWindow, collapse_windows, origin_growth
    from numerics.deep_linear.point import LayeredPoint
    from numerics.deep_linear.second_moment import Motion
    from numerics.deep_linear.selection import selected_minimum
    from numerics.deep_linear.signal import DataSet, NoisyTeacher
    from numerics.deep_linear.stability import NearMinimum

__getattr__ = names_on_demand(__name__, __file__)

__all__ = [
    "CollapseWindow",
    "DataSet",
    "LayeredPoint",
    "Minimum",
    "ModeStep",
    "Modes",
    "Motion",
    "NearMinimum",
    "NoisyTeacher",
    "TwoLayerOrigin",
    "amplitude",
    "batch_factor",
    "collapse_windows",
    "gradient_covariance",
    "gradient_covariance_block",
    "gradient_drift",
    "hessian_block",
    "ito_drift",
    "label_noise_growth",
    "map_covariance_after_step",
    "mean_loss_after_step",
    "mean_map_after_step",
    "mode_diffusion",
    "mode_step",
    "nearest_minimum",
    "origin_growth",
    "selected_minimum",
    "sensitivity",
    "tangent_kernel",
]
