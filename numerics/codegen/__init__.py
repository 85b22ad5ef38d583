"""From formulas to fast functions: expression -> ``Program`` -> source -> callable.

* ``program``: the record in between, straight-line code with exact constants.
* ``lower``: expressions to a program; ``exact`` checks what comes in, ``accurate`` and ``horner`` choose the form.
* ``printing``: a program to Python source, by the templates of a backend.
* ``compile``: the two together, and the callable.
* ``backends``: one file per target: Python for NumPy, PyTorch and mpmath; ``cpu_`` compiles whole time loops.
"""

from numerics.codegen.compile import CompiledProgram, compile_program, source
from numerics.codegen.program import Instruction, Program

__all__ = ["CompiledProgram", "Instruction", "Program", "compile_program", "source"]
