"""What pytest's plugin does where claims cannot be judged."""

import pytest

from theory.errors import KernelDisagreementError
from verification import investigation
from verification.pytest_plugin import Bench
from verification.registry import Catalogue


def test_two_kernels_that_disagree_end_the_whole_session(tmp_path, monkeypatch):
    def at_odds(*arguments, **settings):
        raise KernelDisagreementError("SC-001: two kernels disagree.")

    monkeypatch.setattr(investigation, "investigations", at_odds)
    with pytest.raises(pytest.exit.Exception, match="driftproof: SC-001: two kernels disagree") as stop:
        Bench(Catalogue({}, ()), {}, 0.05, tmp_path).verdict("SC-001")
    assert stop.value.returncode == pytest.ExitCode.INTERNAL_ERROR
