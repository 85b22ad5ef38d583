"""What the files of docs/evidence say about where their numbers come from."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMITS = {
    path.name: found["commit"]
    for path in sorted((ROOT / "docs" / "evidence").glob("*.json"))
    if "commit" in (found := json.loads(path.read_text(encoding="utf-8")))
}


def git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)


@pytest.mark.skipif(git("rev-parse", "--is-shallow-repository").stdout.strip() != "false", reason="needs the history")
@pytest.mark.parametrize("name", COMMITS)
def test_numbers_were_measured_on_a_commit_of_this_history(name):
    assert git("merge-base", "--is-ancestor", COMMITS[name], "HEAD").returncode == 0, COMMITS[name]
