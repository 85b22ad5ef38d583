"""A run that is killed at random moments ends in the table of results of an undisturbed one."""

import pytest

from tests.nightly.kill_storm import storm
from verification.run.store import Store


@pytest.mark.slow
def test_random_kills_change_no_byte_of_the_results_and_leave_no_process(tmp_path):
    found = storm(6, 1, tmp_path)
    assert found.survived and found.kills.total() >= 6, found


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
