"""Is a stored verdict still about the claim and the code as they are now?"""

from __future__ import annotations

from collections.abc import Iterable

from verification.claim import Claim
from verification.investigation import investigate

STATISTICAL = "verification.checks.monte_carlo:"


def is_stale(claim: Claim, tasks: Iterable[str]) -> bool:
    """Whether the verdict rests on other ``tasks`` than a run would ask for now.

    The key of a task is the hash of everything its result depends on: the code, the claim's text, the versions of
    libraries. Monte Carlo tasks are left out, since their sizes follow the resolution that a run was asked for.
    """
    asked = investigate(claim, resolution=0.05, experiments=1).next_tasks({})
    return not {task.key for task in asked if not task.function.startswith(STATISTICAL)} <= set(tasks)
