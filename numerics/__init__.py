"""From formulas to numbers: generated code, simulation, quadrature, and estimates with intervals.

Each folder's own docstring maps its files.

=====================  ============================================================================================
module                 question it answers
=====================  ============================================================================================
``schemes``            What is one step? (Euler-Maruyama, Milstein, exact transitions, ends; one file each)
``codegen``            expression -> program -> source (NumPy, mpmath, torch)
``random``             Which normals and uniforms drive trajectory i at step n? (Philox, the same on every backend)
``kernels``            A time loop as machine code, and its plain twin
``simulation``         Run it: plan, options, chunks, statistics on the way; coupled levels and recursions too
``statistics``         What do the samples say? (estimates with intervals, sample sizes, goodness of fit)
``deterministic``      What do methods say that draw nothing? (quadrature, Fokker-Planck grids, exact thresholds)
``sgd``                SGD as it is, on many replicas of a PyTorch module
``layered``            Many small networks trained at once, in the fused kernels
``deep_linear``        What is the noise of a deep linear network, and which minimum does it choose?
``networks``           Networks and images to train
``neurons``            How far have the neurons of a network collapsed?
``arguments``          What callers hand in, checked one argument at a time
``working_precision``  One thread at a time in mpmath's digits
``progress``           A bar where somebody watches, else silence
``errors``             What is raised, and how it is worded
=====================  ============================================================================================

torch and llvmlite are imported by their backends when these are first used, not here.
"""

from typing import TYPE_CHECKING

from theory.lazy_names import names_on_demand
from theory.services import offer

if TYPE_CHECKING:
    from numerics.codegen.compile import compile_program
    from numerics.deterministic.first_passage import FirstPassage
    from numerics.deterministic.fokker_planck_grid import fokker_planck_grid
    from numerics.deterministic.numerical_law import NumericalLaw, numerical_law
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
        Absorbing,
        BoundedNoise,
        EulerMaruyama,
        ExactGeometricBrownian,
        ExactOrnsteinUhlenbeck,
        Milstein,
        PowerNoise,
        QuadraticExponential,
        Reflecting,
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

__getattr__ = names_on_demand(__name__, __file__)

offer("integral", "numerics.deterministic.quadrature:integrate_density")
offer("first_passage", "numerics.deterministic.first_passage:FirstPassage")
offer("law_on_circle", "numerics.deterministic.law_on_circle:LawOnCircle")
offer("law_on_panels", "numerics.deterministic.law_on_panels:LawOnPanels")
offer("law_numbers", "numerics.deterministic.numerical_law:NumericalLaw")
offer("nested_integral", "numerics.deterministic.nested_integral:nested_integral")
offer("portraits", "numerics.deterministic.pictures:portrait")

__all__ = [
    "Absorbing",
    "Accumulator",
    "ArgumentError",
    "BatchMeans",
    "BoundedNoise",
    "Chunk",
    "DivergenceError",
    "DriftproofError",
    "Estimate",
    "EulerMaruyama",
    "ExactGeometricBrownian",
    "ExactOrnsteinUhlenbeck",
    "FirstPassage",
    "GridMaximum",
    "Infimum",
    "Milstein",
    "PowerNoise",
    "QuadraticExponential",
    "Reflecting",
    "MissingBackendError",
    "MissingParameterError",
    "Moments",
    "NumericalLaw",
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
    "numerical_law",
    "simulate",
    "simulate_chunk",
    "simulation_plan",
    "strong_convergence",
    "weak_convergence",
]
