"""Is a stored verdict still about the claim and the code as they are now?"""

from __future__ import annotations

from pathlib import Path

from verification.run.fingerprint import fingerprint
from verification.verdict import ClaimVerdict


def is_stale(verdict: ClaimVerdict, module: str, home: str | Path) -> bool:
    """Whether the code behind the claim, in ``module`` of ``home``, is another than the one that was judged."""
    return verdict.fingerprint != fingerprint(module, home)
