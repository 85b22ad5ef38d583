"""What the process that workers are forked from loads once: the libraries and the theory.

Their files were hashed before (:mod:`verification.run.prelude`), and are looked at right after the import: workers
compare tasks with the code that was imported and not with what the files hold later.
"""

import theory  # noqa: F401
import verification.checks.comparison  # noqa: F401
import verification.checks.symbolic  # noqa: F401
from verification.run.fingerprint import look_at_imported_code

look_at_imported_code()
