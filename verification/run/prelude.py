"""Imported before anything else in the processes that workers are made from: one thread each, garbage seldom sought.

Numerical libraries read these variables once, when they are loaded. Without them every worker would start
as many threads as there are cores, and a fork of a process that already has threads may hang. SymPy remembers more
results of each of its functions than its 1000: an eighth less time on the line's theory, for a tenth more memory.

The code is hashed before it is imported, so that what is saved in between is noticed.
"""

import os

from verification.garbage import collect_rarely
from verification.run.fingerprint import code_hash

for _library in ("OMP", "OPENBLAS", "MKL", "VECLIB_MAXIMUM", "NUMEXPR"):
    os.environ[f"{_library}_NUM_THREADS"] = "1"
os.environ.setdefault("SYMPY_CACHE_SIZE", "20000")

collect_rarely()
code_hash()
