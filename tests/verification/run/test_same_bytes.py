"""Results are the same bytes whatever the hash seed, the number of workers, the locale and the folder."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from verification.run.store import Store, canonical_json

ROOT = Path(__file__).parents[3]

SURROUNDINGS = (
    {"PYTHONHASHSEED": "1", "LC_ALL": "C", "workers": "1", "folder": "one"},
    {"PYTHONHASHSEED": "31", "LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo", "workers": "2", "folder": "an other föld'er"},
)


def table(claims, surroundings, tmp_path):
    """Every result of the claims by key, and the verdicts, as text without times."""
    folder = tmp_path / surroundings["folder"]
    folder.mkdir()
    command = ["verify", *claims, "--workers", surroundings["workers"], "--store", "run.db", "--json"]
    answer = subprocess.run(
        [sys.executable, "-m", "verification", *command],
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | surroundings | {"PYTHONPATH": str(ROOT)},
    )
    assert answer.returncode in (0, 1), answer.stderr
    with Store(folder / "run.db", read_only=True) as store:
        rows = {
            key: [stored.claim, stored.label, stored.code, stored.result.status.name, stored.result.value]
            for claim in claims
            for key, stored in store.results(claim).items()
        }
        return len(rows), json.dumps(rows, sort_keys=True) + canonical_json(store)


@pytest.mark.parametrize(
    "claims", [("SC-002",), pytest.param(("SC-001", "SC-002", "SC-006", "SC-026"), marks=pytest.mark.slow)]
)
def test_surroundings_change_no_byte_of_the_results(claims, tmp_path):
    (n, first), (_, second) = (table(claims, surroundings, tmp_path) for surroundings in SURROUNDINGS)
    assert n >= 3 * len(claims)
    assert first == second
