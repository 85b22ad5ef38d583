"""A run that is killed at random moments ends in the table of results of an undisturbed one."""

import json

import pytest

from tests.nightly import kill_storm
from tests.nightly.kill_storm import storm
from tests.verification.fakes import CLAIMS
from verification.run.store import Store


@pytest.mark.slow
def test_random_kills_change_no_byte_of_the_results_and_leave_no_process(tmp_path):
    found = storm(6, 1, tmp_path)
    assert found.survived and found.kills.total() >= 6, found


@pytest.mark.parametrize(
    ("argv", "kills", "claims"),
    [
        ([], 200, CLAIMS),
        (["7", "--claims"], 7, kill_storm.REAL.split()),
        (["7", "--claims", "SC-002", "SC-004"], 7, ["SC-002", "SC-004"]),
    ],
)
def test_the_command_lets_fall_as_many_kills_as_were_asked_for(argv, kills, claims, monkeypatch, capsys):
    def in_peace(number, seed, folder, *, target=None):
        assert (number, list(target.claims if target else CLAIMS)) == (kills, claims)
        return kill_storm.Storm(finished=1)

    monkeypatch.setattr(kill_storm, "storm", in_peace)
    assert kill_storm.main(argv) == 0
    assert json.loads(capsys.readouterr().out)["runs ended"] == 1


@pytest.mark.parametrize(("argv", "code"), [(["--help"], 0), (["-1"], 2), (["0"], 2), (["x"], 2), (["--real"], 2)])
def test_a_question_or_a_mistake_kills_nobody(argv, code, monkeypatch, capsys):
    monkeypatch.setattr(kill_storm, "storm", lambda *arguments, **settings: pytest.fail("it ran"))
    with pytest.raises(SystemExit) as end:
        kill_storm.main(argv)
    assert end.value.code == code


def test_the_table_of_results_sees_a_changed_value(tmp_path):
    """The teeth of the comparison."""
    from tests.nightly.kill_storm import table
    from tests.verification.fakes import task
    from verification.run.task import Result, Status

    tables = []
    for n, value in enumerate((1 / 3, 1 / 3, 1 / 3 * (1 + 2**-52))):
        with Store(tmp_path / f"{n}.db") as store:
            store.record_result(task("third"), Result(Status.DONE, value), seconds=n)
            tables.append(table(store))
    assert tables[0] == tables[1] != tables[2]
