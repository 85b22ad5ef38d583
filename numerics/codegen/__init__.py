"""From formulas to fast functions: expression -> ``Program`` -> source -> callable.

=============  ==================================================================================================
module         question it answers
=============  ==================================================================================================
``exact``      What did the caller hand in? Expressions and parameters, checked, floats as the rationals they are
``lower``      Which program computes an expression? (sums, products, powers, functions, conditions)
``places``     How are quantities that stand in a program combined? (signs, constants, chains, selection)
``accurate``   Which form of a difference loses no digits?
``horner``     Where does Horner's form save multiplications?
``functions``  Which SymPy function becomes which operation, or which other formula?
``program``    The record in between: straight-line code with exact constants
``printing``   The text of a program, by the templates of a backend
``compile``    All stages in one call, and the callable
``backends``   One file per target: NumPy, PyTorch, mpmath
=============  ==================================================================================================

Whole time loops are compiled in :mod:`numerics.kernels`.
"""

from numerics.codegen.compile import CompiledProgram, compile_program, source
from numerics.codegen.program import Instruction, Program

__all__ = ["CompiledProgram", "Instruction", "Program", "compile_program", "source"]
