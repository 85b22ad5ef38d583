"""From formulas to fast functions: expression -> ``Program`` -> source -> callable.

================  ==============================================================================================
module            question it answers
================  ==============================================================================================
``exact``         What did the caller hand in? Expressions and parameters, checked, floats as their rationals
``stable``        Which form of an expression loses no digits, and overflows nowhere? The rules in their order
``exponentials``  ... of quotients and sums of exponentials
``one_denominator``  ... of sums of such quotients
``gamma_functions``  ... of quotients of gamma functions, and of their logarithms
``hyperbolic``    ... of quotients of hyperbolic functions, and of sums that become such
``logarithms``    ... of logarithms
``special``       ... of Bessel functions and of erfc
``roots``         ... of differences of roots
``inverse_functions``  ... of acosh, acos and asin near the ends of their domain
``relative_entropy``  ... of sums of logarithms that vanish where two quantities meet
``branch_ends``   ... of sums of such functions and roots that cancel there
``removable``     ... of sums that cancel to several orders: their Taylor series there
``far_out``       ... and of sums that cancel far out: polynomials in 1/u or exp(-u) there
``many_digits``   ... from values to more digits than a double holds
``error_functions``  ... of differences of two error functions
``gaussian_sums``  ... of sums of error functions and Gaussians
``mixtures``      ... of sums over a sum of unlike exponentials
``lambert``       ... of Lambert's function
``airy``          ... of Airy functions
``expansion``     ... and how far an expression is expanded to find out
``accurate``      ... of differences of two functions
``lower``         Which program computes an expression? (sums, products, powers, functions, conditions)
``places``        How are quantities that stand in a program combined? (signs, constants, chains, selection)
``horner``        Where does Horner's form save multiplications?
``functions``     Which SymPy function becomes which operation, or which other formula?
``program``       The record in between: straight-line code with exact constants
``layer_program``  Its second kind: one step of a layered network, on small matrices, before any unrolling
``layer_builder``  ... and how it is written
``printing``      The text of a program, by the templates of a backend
``compile``       All stages in one call, and the callable
``backends``      One file per target: NumPy, PyTorch, mpmath
================  ==============================================================================================

Whole time loops are compiled in :mod:`numerics.kernels`.
"""

from numerics.codegen.compile import CompiledProgram, compile_program, source
from numerics.codegen.program import Instruction, Program

__all__ = ["CompiledProgram", "Instruction", "Program", "compile_program", "source"]
