"""Two kernels that disagree stop a run, and what was finished is kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass

import pytest

from tests.verification.fakes import CLAIMS, Broken, Single, sums
from theory.errors import KernelDisagreementError
from verification.run.runner import run
from verification.run.store import Store
from verification.verdict import Verdict


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "run.db") as opened:
        yield opened


def _disagreeing(mended):
    """Investigations of which the fourth finds two kernels at odds."""
    return [*sums()[:3], Single("SC-004", "disagree", arguments=(("mended", str(mended)),)), *sums()[4:]]


@pytest.mark.parametrize("executor", [None, ThreadPoolExecutor])
def test_two_kernels_that_disagree_stop_the_run_and_what_was_finished_is_kept(executor, store, tmp_path):
    asked = _disagreeing(tmp_path / "mended")
    with executor(2) if executor else nullcontext() as theirs:
        with pytest.raises(KernelDisagreementError, match="SC-004, task: two .* x - y: .* 0, the other 1") as stop:
            run(asked, store=store, workers=2, executor=theirs)
        kept = sum(len(store.results(claim)) for claim in CLAIMS)
        assert f"{kept} other results are kept in {store.path}" in str(stop.value)
        assert "SC-004" not in store.verdicts() and store.results("SC-004") == {}
        assert [incident.kind for incident in store.incidents()] == ["DISAGREED"]
        (tmp_path / "mended").touch()
        summary = run(asked, store=store, workers=2, executor=theirs)
    assert [verdict.verdict for verdict in summary.verdicts] == 6 * [Verdict.HOLDS] and summary.reused >= kept > 0


def test_kernels_that_disagree_in_the_coordinator_stop_the_run_too(store):
    @dataclass(frozen=True)
    class Judging(Broken):
        def next_tasks(self, results):
            raise KernelDisagreementError("at odds.")

    with pytest.raises(KernelDisagreementError, match="SC-000, while it was judged: at odds. The run was stopped"):
        run([Judging("SC-000"), *sums()], store=store, workers=2)
