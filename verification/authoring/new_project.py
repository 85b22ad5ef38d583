"""A small project to start from: ``driftproof init FOLDER``."""

from __future__ import annotations

import shutil
from pathlib import Path

from verification.errors import SourceError

TEMPLATE = Path(__file__).parent / "template"
FILES = ("pyproject.toml", "claims.py", "test_claims.py", "claims.lock.json")


def write_project(folder: Path) -> list[Path]:
    """Write the files of a new project into ``folder`` and return them; nothing that exists is overwritten.

    Raises:
        SourceError: the folder holds one of the files already, or cannot be written.
    """
    taken = [name for name in FILES if (folder / name).exists()]
    if taken:
        raise SourceError(f"{folder / taken[0]} exists already; nothing was written. Give a folder of its own.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            shutil.copyfile(TEMPLATE / name, folder / name)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise SourceError(f"the project cannot be written to {folder}: {why}. Give another folder.") from error
    return [folder / name for name in FILES]
