r"""Symmetries of losses, the charges they carry, and the sets of weights that training keeps because of them.

Continuous symmetries, in the order of the derivation:

* ``sample_losses``: the losses of single samples, whatever a problem is given by.
* ``affine_generator``: affine vector fields :math:`A\theta + c`: flow, bracket, charge.
* ``one_parameter``: a one-parameter symmetry, checked sample by sample.
* ``affine_symmetries``: what is found of them: generators, a bound, charges, their algebra.
* ``find``: all affine symmetries of a polynomial or rational loss, with a certificate that there are no others.
* ``lie_algebra``: the algebra that generators span.
* ``textbook``: the symmetries that textbooks name, as generators.
* ``noether``: what a charge does under gradient flow, descent, and the diffusions that model its noise.
* ``discrete_law``: the exact law of a charge in every step, with momentum, weight decay and schedules.
* ``matrix_charge``: the charge of a product of matrices, all double rotations at once.
* ``orbit_potential``: noise and weight decay along an orbit, a convex function.
* ``noise_equilibrium``: where the charges of a frozen orbit stand still, on the extended line.
* ``broken_symmetry``: a symmetry that part of the loss breaks: the drift of the charge, where it rests near a minimum.
* ``conserved``: what a recursion conserves exactly, among them Adam and descent by signs.

What ``find`` stands on:

* ``constants``: constants that are not rational, by symbols that are.
* ``exact_numbers``: residues modulo a prime and rational numbers, with their square roots and their order.
* ``exact_gradient``: gradients at points in such numbers, by the chain rule backwards.
* ``expanded_loss``: the proof from below: the loss multiplied out.
* ``null_space``: the bound from above: null spaces modulo a prime, and rational numbers from residues.
* ``roots_of_numbers``: roots of numbers as symbols with relations, and their images modulo a prime.
* ``roots``: when every choice of square roots is as good as any other.

Discrete symmetries:

* ``affine_set``: affine sets, and whether per-sample gradients leave them.
* ``reflection``: linear symmetries :math:`l(Q\theta) = l(\theta)` and the sets they fix.
* ``coordinatewise``: what Adam and other rules that act on each weight alone keep.
"""

from theory.symmetry.affine_generator import AffineGenerator
from theory.symmetry.affine_set import AffineSet, is_invariant, normal_gradient
from theory.symmetry.affine_symmetries import AffineSymmetries
from theory.symmetry.conserved import ConservedQuantities, conserved_quantities
from theory.symmetry.discrete_law import ChargePair, StepRule, next_pair
from theory.symmetry.find import find_affine_symmetries
from theory.symmetry.lie_algebra import LieAlgebra
from theory.symmetry.noether import (
    NoetherFlow,
    conservation,
    descent_change,
    mean_step_change,
    missing_drift,
    noether_flow,
)
from theory.symmetry.noise_equilibrium import EquilibriumKind, NoiseEquilibrium
from theory.symmetry.one_parameter import BrokenSymmetryError, OneParameterSymmetry, change_along
from theory.symmetry.orbit_potential import OrbitPotential
from theory.symmetry.reflection import escaping_gradients, fixed_set, invariant_set, keeps_its_fixed_set
from theory.symmetry.sample_losses import PerSampleLoss

__all__ = [
    "OrbitPotential",
    "NoiseEquilibrium",
    "EquilibriumKind",
    "noether_flow",
    "missing_drift",
    "mean_step_change",
    "descent_change",
    "conservation",
    "NoetherFlow",
    "next_pair",
    "StepRule",
    "ChargePair",
    "conserved_quantities",
    "ConservedQuantities",
    "AffineGenerator",
    "AffineSet",
    "AffineSymmetries",
    "BrokenSymmetryError",
    "LieAlgebra",
    "OneParameterSymmetry",
    "PerSampleLoss",
    "change_along",
    "escaping_gradients",
    "find_affine_symmetries",
    "fixed_set",
    "invariant_set",
    "is_invariant",
    "keeps_its_fixed_set",
    "normal_gradient",
]
