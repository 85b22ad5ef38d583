"""Is a stored verdict still about the claim and the code as they are now?"""

from __future__ import annotations

from collections.abc import Iterable

from verification.investigation import investigate
from verification.claim import Claim

STATISTICAL = "verification.checks.monte_carlo:"


def is_stale(claim: Claim, tasks: Iterable[str]) -> bool:
    """Whether the verdict rests on other tasks than a run would ask for now, leaving out those that depend on its options.

    The key of a task is the hash of everything its result depends on: the code, the claim's text, the library versions.
    """
    asked = investigate(claim, resolution=0.05, experiments=1).next_tasks({})
    return not {task.key for task in asked if not task.function.startswith(STATISTICAL)} <= set(tasks)
