"""What a result depends on, as one hash: the code that computes and the claim that is judged.

Conservative on purpose: any change in ``theory``, ``numerics``, the checks, the statistics or the claim's own
module makes its results stale; a change in the runner, the report or another paper does not.
"""

from __future__ import annotations

import functools
import hashlib
from importlib import metadata
from pathlib import Path

from verification.claim import Claim

ROOT = Path(__file__).parent.parent.parent
CODE = (
    "theory/**/*.py",
    "numerics/**/*.py",
    "verification/checks/*.py",
    "verification/authoring/*.py",
    "verification/claim.py",
)
LIBRARIES = ("sympy", "mpmath", "numpy", "scipy", "python-flint", "llvmlite", "torch")


def fingerprint(claim: Claim) -> str:
    """Hash of the computing code, the libraries' versions and the paper the claim is from."""
    return hashlib.sha256((_code() + _paper(claim.cites.paper)).encode()).hexdigest()[:16]


@functools.cache
def _code() -> str:
    return _hash(CODE) + " ".join(f"{name}={_version(name)}" for name in LIBRARIES)


@functools.cache
def _paper(paper: str) -> str:
    return _hash((f"verification/papers/{paper}/**/*.py",))


def _hash(patterns: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for pattern in patterns for path in ROOT.glob(pattern)):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "missing"
