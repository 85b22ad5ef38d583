"""What the process that workers are forked from loads once: the libraries, the theory, and the hash of their code.

The hash is taken right after the import, so that workers compare tasks with the code that was imported and not with
what the files hold later.
"""

import theory  # noqa: F401
import verification.checks.comparison  # noqa: F401
import verification.checks.symbolic  # noqa: F401
from verification.run.fingerprint import code_hash

code_hash()
