"""From formulas to numbers: generated code, simulation, quadrature, and estimates with intervals.

The reading path of a simulation, each stage a module that can be called and printed alone:

======================  =======================================================================================
module                  question it answers
======================  =======================================================================================
``schemes``             What is one step? (Euler-Maruyama, Milstein, exact transitions; one file each)
``accumulators``        What else is carried along the path? (extremes, crossings, sign changes, time integrals)
``brownian``            What happens between two grid points?
``log_coordinates``     How is a collapse followed to 1e-300 and beyond?
``one_step``            Scheme or recursion: what moves the state by one step?
``plan``                Are all arguments right? One frozen record, sent to workers as it is.
``stepping``            Which program and which kernel is that?
``codegen``             expression -> program -> source or machine code (NumPy, mpmath, torch, fused CPU kernel)
``random``              Which normals and uniforms drive trajectory i at step n? (Philox, the same on every backend)
``simulate``            Run it: statistics per block, merged in a fixed order, the same bits on any machine layout
``sgd.iterate``         The same for a recursion: SGD on small models as it is, many replicas at once
``estimators``          What do the samples say? (moments, batch means, proportions, each with its interval)
``goodness_of_fit``     Do they follow this law?
``convergence``         How large is the error of the step? (coupled levels, orders, extrapolation)
``quadrature``          Integrals of densities to many digits
``fokker_planck_grid``  The density itself, on a grid
``collapse_threshold``  Where does a random multiplier begin to collapse?
``exact_mean``          The exact mean of a teacher-student mode, to many digits
======================  =======================================================================================

torch and llvmlite are imported by their backends when these are first used, not here.
"""

from numerics.codegen.compile import compile_program
from numerics.deterministic.fokker_planck_grid import fokker_planck_grid
from numerics.deterministic.quadrature import integrate_density
from numerics.errors import (
    ArgumentError,
    DivergenceError,
    DriftproofError,
    MissingBackendError,
    MissingParameterError,
    NumericsError,
    UnsupportedFunctionError,
)
from numerics.schemes import (
    EulerMaruyama,
    ExactGeometricBrownian,
    ExactOrnsteinUhlenbeck,
    Milstein,
    Scheme,
    SchemeError,
)
from numerics.simulation.accumulators import (
    Accumulator,
    GridMaximum,
    Infimum,
    SignChanges,
    Supremum,
    Survival,
    TimeIntegral,
)
from numerics.simulation.chunks import Chunk, Simulation, chunk_bounds, merge_chunks, simulate_chunk
from numerics.simulation.coupled_levels import coupled_samples, strong_convergence, weak_convergence
from numerics.simulation.iterate import iterate
from numerics.simulation.log_coordinates import log_coordinates, log_distance
from numerics.simulation.options import Options
from numerics.simulation.plan import Plan, iteration_plan, simulation_plan
from numerics.simulation.simulate import simulate
from numerics.statistics.estimators import BatchMeans, Estimate, Moments, Proportion, mean
from numerics.statistics.goodness_of_fit import anderson_darling, dkw_band, kolmogorov_smirnov

__all__ = [
    "Accumulator",
    "ArgumentError",
    "BatchMeans",
    "Chunk",
    "DivergenceError",
    "DriftproofError",
    "Estimate",
    "EulerMaruyama",
    "ExactGeometricBrownian",
    "ExactOrnsteinUhlenbeck",
    "GridMaximum",
    "Infimum",
    "Milstein",
    "MissingBackendError",
    "MissingParameterError",
    "Moments",
    "NumericsError",
    "Options",
    "Plan",
    "Proportion",
    "Scheme",
    "SchemeError",
    "SignChanges",
    "Simulation",
    "Supremum",
    "Survival",
    "TimeIntegral",
    "UnsupportedFunctionError",
    "anderson_darling",
    "chunk_bounds",
    "compile_program",
    "coupled_samples",
    "dkw_band",
    "fokker_planck_grid",
    "integrate_density",
    "iterate",
    "iteration_plan",
    "kolmogorov_smirnov",
    "log_coordinates",
    "log_distance",
    "mean",
    "merge_chunks",
    "simulate",
    "simulate_chunk",
    "simulation_plan",
    "strong_convergence",
    "weak_convergence",
]
