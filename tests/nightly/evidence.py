"""Numbers of an attack with their date, commit and machine, as a file of docs/evidence."""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def commit() -> str:
    """The commit that is checked out."""
    told = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    return told or "unknown"


def write(name: str, numbers: Any, folder: Path = ROOT / "docs" / "evidence") -> Path:
    """``numbers`` in ``name.json``, where, when and of what they were measured beside them."""
    found = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": commit(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "results": numbers,
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return path


def at_least_one(text: str) -> int:
    """A number of a command line that must be positive."""
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"it must be a whole number of at least 1, got {text!r}")
    return int(text)


def probability(text: str) -> float:
    """A number of a command line strictly between 0 and 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"it must be a number strictly between 0 and 1, got {text!r}")
    return value
