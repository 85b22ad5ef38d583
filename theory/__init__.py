r"""Stochastic processes in closed form: from an Itô process to its laws, symbolically.

A reader's map, in the order in which the modules build on each other:

* ``errors``, ``answer``: what is refused, and answers out of a fixed list.
* ``values``: the border, where arguments are checked and made exact;
* ``foreign_numbers``: numbers of NumPy and PyTorch that come to it.
* ``argument_kinds``: the border of inner functions, where arguments of the wrong kind are refused by name.
* ``notation``: the symbols that chapters share, with their assumptions.
* ``parameters``: parameters with a declared range, such as a depth of at least 2.
* ``decision``: is this expression zero, what is its sign? Normal forms first, then Arb balls.
* ``limits``: one-sided limits, or the reason why there is none.
* ``functions_at_infinity``: asymptotic expansions of special functions as their argument tends to infinity.
* ``asymptotic_series``: what an expression has up to an order in a small variable, with roots and logarithms of it.
* ``local_time``: kinks of an observable and what Itô's formula gains there.
* ``typeset``: results as displayed equations, for notebooks.
* ``ito``: :class:`ItoProcess`, Itô's formula, quadratic covariation.
* ``stratonovich``: between the two readings of one equation.
* ``infinitesimal_generator``: the generator and its formal adjoint.
* ``fokker_planck``: the Fokker-Planck operator and the probability current.
* ``coordinates``: new coordinates with a checked inverse; Lamperti, logarithm.
* ``fewer_noises``: the same law from fewer Brownian motions.
* ``matrices``: certified exponentials, triangular systems, Lyapunov equations, moduli, a spike in noise.
* ``stationary_moments``: moments that do not change in time, and where they exist.
* ``moments``: moment equations, their closure and solution.
* ``ornstein_uhlenbeck``: the linear process, exactly, in any dimension.
* ``line``: diffusions on an interval: scale, speed, boundaries, stationary laws, first passage.
* ``stability``: the rate at which an invariant set attracts, and Lyapunov exponents next to it.
* ``gradient_noise``: from a loss to a process.
* ``discrete``: the recursions themselves, without the limit of small steps.
* ``symmetry``: continuous symmetries and their charges; the sets that gradient descent does not leave.
* ``networks``: networks of neurons as symbols.
* ``deep_linear``: deep linear networks: architecture, modes, their noise, minima, stationary laws and peaks.
* ``models``: worked models.
* ``lazy_names``: names of a package that are imported when they are first used.
* ``services``: what theory asks of the packages above it, without importing them.
* ``tricomi``: Tricomi's function, which SymPy lacks.

The package imports SymPy only; python-flint, used by ``decision.balls`` and ``decision.rational_points`` alone,
may be missing.
"""

from typing import TYPE_CHECKING

from theory.lazy_names import names_on_demand

if TYPE_CHECKING:
    from theory.coordinates import change_of_variables, lamperti, logarithm
    from theory.decision.arb.balls import ball
    from theory.decision.zero import ZeroDecision, ZeroKind, decide_zero
    from theory.errors import (
        DimensionError,
        DriftproofError,
        MissingParameterError,
        NotNormalisableError,
        ShapeError,
        SymbolError,
        TheoryError,
        UnsupportedFormError,
    )
    from theory.fokker_planck import fokker_planck_operator, probability_current
    from theory.infinitesimal_generator import adjoint, generator
    from theory.ito import ItoDifferential, ItoProcess, ito_differential, quadratic_covariation
    from theory.line.charts.interval import Interval
    from theory.line.circle import law_on_circle
    from theory.line.ends.boundary import FellerClass, classify, scale_density, speed_density
    from theory.line.laws.law import StationaryLaw
    from theory.line.laws.recognise import recognise
    from theory.line.laws.stationary import stationary_density
    from theory.line.passage.first_passage import (
        hitting_probability,
        probability_of_ever_reaching,
        scale_function,
    )
    from theory.line.passage.passage_time import mean_exit_time, mean_explosion_time, mean_first_passage_time
    from theory.matrices.exponential import matrix_exponential
    from theory.moments import MomentEquations, moment_equations
    from theory.ornstein_uhlenbeck import OrnsteinUhlenbeck
    from theory.parameters import parameter
    from theory.stability.attractivity import (
        Attraction,
        AttractivityRate,
        InvariantPointError,
        attractivity_rate,
        condition_for_attraction,
        linearisation,
    )
    from theory.stratonovich import from_stratonovich, noise_induced_drift, stratonovich_drift

__getattr__ = names_on_demand(__name__, __file__)

__all__ = [
    "Attraction",
    "AttractivityRate",
    "DimensionError",
    "DriftproofError",
    "FellerClass",
    "Interval",
    "InvariantPointError",
    "ItoDifferential",
    "ItoProcess",
    "MissingParameterError",
    "MomentEquations",
    "NotNormalisableError",
    "OrnsteinUhlenbeck",
    "ShapeError",
    "StationaryLaw",
    "SymbolError",
    "TheoryError",
    "UnsupportedFormError",
    "ZeroDecision",
    "ZeroKind",
    "adjoint",
    "attractivity_rate",
    "ball",
    "change_of_variables",
    "classify",
    "condition_for_attraction",
    "decide_zero",
    "fokker_planck_operator",
    "from_stratonovich",
    "generator",
    "hitting_probability",
    "ito_differential",
    "lamperti",
    "law_on_circle",
    "linearisation",
    "logarithm",
    "matrix_exponential",
    "mean_exit_time",
    "mean_explosion_time",
    "mean_first_passage_time",
    "moment_equations",
    "noise_induced_drift",
    "parameter",
    "probability_current",
    "probability_of_ever_reaching",
    "quadratic_covariation",
    "recognise",
    "scale_density",
    "scale_function",
    "speed_density",
    "stationary_density",
    "stratonovich_drift",
]
