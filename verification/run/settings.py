"""What a run may be asked to do differently; everything else follows from the claims."""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass, field
from pathlib import Path

from verification.errors import VerificationError

STORE_PATH = Path(".driftproof") / "run.db"
REPORT_PATH = Path(".driftproof") / "report.html"


def available_cores() -> int:
    """Number of processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Settings:
    r"""Settings of a run.

    Attributes:
        resolution: Relative error :math:`\varepsilon` that a statistical check must be able to see. The sample
            size grows as :math:`\varepsilon^{-2}`; it enters the key of every task it touches.
        workers: Number of worker processes. No result depends on it.

    Raises:
        VerificationError: a value lies outside its range.
    """

    resolution: float = 0.05
    workers: int = field(default_factory=available_cores)

    def __post_init__(self) -> None:
        if not 0.001 <= self.resolution <= 0.5:
            raise VerificationError(
                f"resolution must lie between 0.001 and 0.5, got {self.resolution:g}. "
                "0.05 is the default, 0.01 takes 25 times the samples."
            )
        if not 1 <= self.workers <= 1024:
            raise VerificationError(
                f"workers must lie between 1 and 1024, got {self.workers}. Give the number of cores."
            )


LACKS = {
    "flint": "python-flint is not installed: nothing can be refuted by balls, so most claims stay UNDECIDED. "
    "Run `pip install python-flint`.",
    "torch": "torch is not installed: claims that are measured on networks stay UNDECIDED. Run `pip install torch`.",
    "llvmlite": "llvmlite is not installed: simulations run in NumPy, many times slower. Run `pip install llvmlite`.",
}


def missing_libraries() -> list[str]:
    """The libraries that are not here and without which verdicts differ or take longer."""
    return [name for name in LACKS if importlib.util.find_spec(name) is None]
