"""A verdict stands, without being asked for again, as long as everything it rests on is as it was."""

from tests.verification.fakes import Single, Sum
from verification.run.runner import run
from verification.run.store import Store, canonical_json


class Unasked(Sum):
    """An investigation that must not be asked for anything."""

    def next_tasks(self, results):
        raise AssertionError("asked although its verdict stands")


def test_a_verdict_stands_as_long_as_its_basis_is_the_same_and_its_results_are_whole(store):
    heard = []
    run([Sum("SC-001", basis="code A")], store=store, workers=1)
    once = canonical_json(store)
    again = run(
        [Unasked("SC-001", basis="code A")], store=store, workers=1, on_verdict=lambda verdict, _: heard.append(verdict)
    )
    assert (again.computed, again.reused, again.failures) == (0, 8, ()) and again.verdicts == tuple(heard)
    assert canonical_json(store) == once
    for basis in ("code B", ""):
        assert run([Unasked("SC-001", basis=basis)], store=store, workers=1).failures
    run([Sum("SC-001", basis="code A")], store=store, workers=1)
    row = next(store._rows("results"))
    store._execute("UPDATE results SET value = '1' WHERE key = ?", (row[0],))
    assert run([Sum("SC-001", basis="code A")], store=store, workers=1).computed == 1


def test_a_verdict_whose_row_is_damaged_is_pronounced_again_and_said_once(store, path):
    run([Sum("SC-001", basis="code A")], store=store, workers=1)
    once = canonical_json(store)
    (row,) = store._rows("verdicts")
    for column, wrong in (("basis", "code B"), ("verdict", row[1].replace("HOLDS", "FAILS")), ("tasks", "[]")):
        store._execute(f"UPDATE verdicts SET {column} = ?", (wrong,))
        again = run([Sum("SC-001", basis="code A")], store=store, workers=1)
        assert (again.computed, again.failures) == (0, ()) and canonical_json(store) == once
    assert str(store.damage).count("1 damaged row") == 1
    with store:
        pass
    with Store(path) as reopened:
        assert canonical_json(reopened) == once and reopened.damage is None


def test_no_verdict_stands_on_a_task_that_did_not_end(store):
    run([Single("SC-001", "raise_error", basis="code A")], store=store, workers=1)
    assert run([Single("SC-001", "raise_error", basis="code A")], store=store, workers=1).computed == 1
