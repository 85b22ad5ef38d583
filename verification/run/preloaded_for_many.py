"""What the process that workers are forked from loads too where many claims are to be judged: numerics and torch.

That takes seconds, in which the claims themselves are made elsewhere; afterwards no worker needs to load them.
"""

import contextlib

import scipy.optimize  # noqa: F401
import scipy.stats  # noqa: F401

import numerics.codegen.compile  # noqa: F401
import numerics.deterministic.orbit_minimum  # noqa: F401
from verification.run.fingerprint import look_at_imported_code

with contextlib.suppress(ImportError):  # Without torch some claims are undecided, and say so themselves.
    import numerics.sgd.charge_path  # noqa: F401
    import numerics.sgd.invariance  # noqa: F401
    import numerics.sgd.preloaded  # noqa: F401

look_at_imported_code()
