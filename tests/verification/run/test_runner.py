"""Whatever happens to workers, executors and coordinator, a finished run ends in the same verdicts, byte for byte."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from abc import abstractmethod
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from tests.verification import fakes
from tests.verification.fakes import CLAIMS, Broken, Single, Sum, sums
from verification.errors import ExecutorError
from verification.run.pool import WorkerPool
from verification.run.runner import run
from verification.run.store import Store, canonical_json
from verification.run.task import Result, Status
from verification.verdict import Verdict


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """What a run leaves that one thread computed in peace."""
    with Store(tmp_path_factory.mktemp("undisturbed") / "run.db") as store:
        with ThreadPoolExecutor(1) as executor:
            summary = run(sums(), store=store, executor=executor, workers=1)
        assert [verdict.verdict for verdict in summary.verdicts] == [Verdict.HOLDS] * len(CLAIMS)
        return canonical_json(store)


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "run.db") as opened:
        yield opened


def test_one_or_several_workers_end_in_the_same_bytes(undisturbed, tmp_path):
    for workers in (1, 2, 4):
        with Store(tmp_path / f"{workers}.db") as store:
            summary = run(sums(), store=store, workers=workers)
            assert canonical_json(store) == undisturbed
            assert (summary.computed, summary.reused, summary.failures) == (8 * len(CLAIMS), 0, ())


def test_a_second_run_computes_nothing(undisturbed, store):
    run(sums(), store=store, workers=2)
    summary = run(sums(), store=store, workers=2)
    assert (summary.computed, summary.reused) == (0, 8 * len(CLAIMS))
    assert canonical_json(store) == undisturbed


def test_a_changed_value_changes_the_bytes(undisturbed, store):
    """The teeth of the comparisons: one unit in the last place of one value is seen."""
    run(sums(), store=store, workers=2)
    row = next(store._rows("results"))
    value = json.loads(row[4])
    value["third"] = value["third"] * (1 + 2**-52)
    store._put("results", *row[:4], json.dumps(value), *row[5:])
    run(sums(), store=store, workers=2)
    assert canonical_json(store) != undisturbed


def test_verdicts_are_announced_in_the_order_of_the_investigations(store):
    heard = []
    slow_first = [Sum("SC-001", seconds=0.1), *(Sum(claim) for claim in CLAIMS[1:])]
    run(slow_first, store=store, workers=2, on_verdict=lambda verdict, seconds: heard.append((verdict.claim, seconds)))
    assert [claim for claim, _ in heard] == CLAIMS
    assert heard[0][1] >= 0.8


def test_progress_only_grows_and_ends_complete(store):
    seen = []
    run(sums(), store=store, workers=2, on_progress=seen.append)
    done = [progress.tasks_done for progress in seen]
    assert done == sorted(done)
    assert (seen[-1].tasks_done, seen[-1].tasks_known) == (48, 48)
    assert (seen[-1].claims_done, seen[-1].claims) == (6, 6)
    assert any(progress.running for progress in seen)


def test_tasks_known_to_be_long_are_handed_out_first(store):
    order = []

    class Noting(ThreadPoolExecutor):
        def submit(self, fn, /, *args, **kwargs):
            order.append(fn.arguments["n"])
            return super().submit(fn, *args, **kwargs)

    plug = Sum("SC-001", n=1, seconds=0.5)  # occupies the one worker until every claim has asked
    (long,) = [task for task in Sum("SC-006").next_tasks({}) if task.label == "0/3"]
    store._put("durations", long.claim, long.label, 50.0)
    with Noting(1) as executor:
        run([plug, *sums()[1:]], store=store, executor=executor, workers=1)
    assert order[:3] == [1000, long.arguments["n"], 2000]


@pytest.mark.every(2)
@pytest.mark.parametrize(
    ("investigation", "status", "sentence"),
    [
        (Single("SC-001", "raise_error"), Status.FAILED, "ZeroDivisionError: the first line"),
        (Single("SC-001", "leave"), Status.FAILED, "SystemExit: 3"),
        (Single("SC-001", "not_a_number"), Status.FAILED, "ValueError: Out of range float values"),
        (Single("SC-001", "no_such_function"), Status.FAILED, "AttributeError"),
        (Single("SC-001", "die"), Status.CRASHED, "3 workers died of it; the last was ended by SIGKILL"),
        (Single("SC-001", "wait_forever", limit=0.3), Status.TIMED_OUT, "no answer in 3"),
        (Single("SC-001", "spin_in_c", limit=0.3), Status.TIMED_OUT, "the time limit of 0.3 s of processor time"),
        (Single("SC-001", "hog", arguments=(("bytes", 8 << 30),)), Status.OUT_OF_MEMORY, "more than the 4 GiB"),
    ],
    ids=lambda value: getattr(value, "function", None),
)
def test_a_task_that_goes_wrong_leaves_its_claim_undecided_and_the_others_alone(
    investigation, status, sentence, store, undisturbed
):
    others = [Sum(claim) for claim in CLAIMS[1:]]
    summary = run([investigation, *others], store=store, workers=2)
    (failure,) = summary.failures
    assert failure.status is status and sentence in failure.message and "\n" not in failure.message
    assert [verdict.verdict for verdict in summary.verdicts] == [Verdict.UNDECIDED] + 5 * [Verdict.HOLDS]
    assert summary.crashed == (("SC-001",) if status is Status.CRASHED else ())
    assert [incident.kind for incident in store.incidents()] == [status.name]
    assert canonical_json(store).splitlines()[2:] == undisturbed.splitlines()[2:]


def test_what_failed_is_tried_again_by_the_next_run(store, tmp_path):
    fragile = Single("SC-001", "third", arguments=(("n", 1), ("trace", str(tmp_path / "later"))))
    assert run([fragile], store=store, workers=1).verdicts[0].verdict is Verdict.UNDECIDED
    (tmp_path / "later").mkdir()
    assert run([fragile], store=store, workers=1).verdicts[0].verdict is Verdict.HOLDS


def test_what_used_up_its_time_is_asked_again_with_more_of_it_or_on_demand_only(store):
    def asked(limit, **how):
        return run([Single("SC-001", "third", limit=limit)], store=store, workers=1, **how)

    def used_up(seconds):
        (task,) = Single("SC-001", "third").next_tasks({})
        store.record_result(task, Result(Status.TIMED_OUT, message="too slow"), seconds=seconds)

    used_up(60.0)
    again = asked(60.0)
    assert (again.computed, again.remembered, again.out_of_time) == (0, ("SC-001",), ("SC-001",))
    assert again.verdicts[0].reason == "TIMED_OUT: too slow"
    assert asked(61.0).computed == 1
    used_up(60.0)
    assert asked(60.0, retry=True).computed == 1
    used_up(0.0)  # it got no processor, which says nothing about the task
    assert asked(60.0).computed == 1


def test_an_investigation_with_a_fault_of_its_own_is_undecided_and_the_others_go_on(store):
    summary = run([Broken("SC-000"), *sums()], store=store, workers=2)
    assert summary.verdicts[0].verdict is Verdict.UNDECIDED and "no such statement" in summary.verdicts[0].reason
    assert summary.crashed == ("SC-000",)
    assert all(verdict.verdict is Verdict.HOLDS for verdict in summary.verdicts[1:])


def test_a_run_in_which_every_task_costs_two_workers_ends_in_the_same_bytes(store, tmp_path):
    (tmp_path / "marks").mkdir()
    mortal = [Sum(claim, n=2, marks=str(tmp_path / "marks")) for claim in CLAIMS]
    summary = run(mortal, store=store, workers=2)
    assert summary.failures == () and store.incidents() == []
    deaths = [len(mark.read_text()) for mark in (tmp_path / "marks").iterdir()]
    assert deaths == 4 * len(CLAIMS) * [3]  # two deaths and the attempt that came through
    with Store(tmp_path / "quiet.db") as quiet:
        run(mortal, store=quiet, workers=2)
        assert canonical_json(store) == canonical_json(quiet)


PROGRAM = textwrap.dedent("""
    import sys
    from pathlib import Path
    from tests.verification.fakes import sums
    from verification.run.runner import run
    from verification.run.store import Store
    with Store(sys.argv[1]) as store:
        summary = run(sums(seconds=0.02, trace=sys.argv[2]), store=store, workers=2,
                      on_progress=lambda progress: print(progress.tasks_done, flush=True))
        print("interrupted" if summary.interrupted else "finished", summary.kept)
    """)


def coordinator(path, trace):
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(path), str(trace)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.getcwd()},
    )


def wait_for(process, tasks_done):
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip().isdigit() and int(line) >= tasks_done:
            return
    raise AssertionError(f"the run ended before {tasks_done} tasks were done")


def test_a_run_killed_again_and_again_ends_in_the_same_bytes_and_repeats_only_what_was_in_flight(tmp_path):
    trace = tmp_path / "trace"
    trace.mkdir()
    path = tmp_path / "run.db"
    for tasks_done in (5, 29):
        process = coordinator(path, trace)
        wait_for(process, tasks_done)
        process.kill()
        process.wait()
        process.stdout.close()
    process = coordinator(path, trace)
    output, _ = process.communicate(timeout=120)
    assert output.splitlines()[-1] == "finished 48"
    with Store(path, read_only=True) as store, Store(tmp_path / "quiet.db") as quiet:
        killed = canonical_json(store)
        assert [run["outcome"] for run in store.runs()] == [None, None, "finished"]
        runs = [len(file.read_text()) for file in trace.iterdir()]
        assert len(runs) == 48
        # Two kills, each losing at most the two tasks that ran, the two that waited and results on the way.
        assert sum(runs) - 48 <= 2 * 4
        run(sums(seconds=0.02, trace=str(trace)), store=quiet, workers=2)
        assert killed == canonical_json(quiet)


@pytest.mark.every(2)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_at_once_and_keeps_what_is_finished(number, tmp_path):
    trace = tmp_path / "trace"
    trace.mkdir()
    process = coordinator(tmp_path / "run.db", trace)
    wait_for(process, 10)
    process.send_signal(number)
    output, _ = process.communicate(timeout=30)
    last = output.splitlines()[-1].split()
    assert last[0] == "interrupted" and 10 <= int(last[1]) < 48
    with Store(tmp_path / "run.db") as store:
        assert sum(len(store.results(claim)) for claim in CLAIMS) == int(last[1])
        summary = run(sums(seconds=0.02, trace=str(trace)), store=store, workers=2)
        assert summary.reused == int(last[1]) and len(summary.verdicts) == 6


class Fickle(ThreadPoolExecutor):
    """Misbehaves the first time it is given a task, for every third task."""

    def __init__(self, workers):
        super().__init__(workers)
        self.seen = set()

    def submit(self, fn, /, *args, **kwargs):
        n = fn.arguments["n"]
        if n % 3 == 0 and n not in self.seen:
            self.seen.add(n)
            return self.misbehave(fn)
        return super().submit(fn, *args, **kwargs)

    @abstractmethod
    def misbehave(self, fn):
        """What happens to the task instead."""


class Dropping(Fickle):
    """Never answers."""

    def misbehave(self, fn):
        return Future()


class Duplicating(Fickle):
    """Runs the call twice and answers with the second."""

    def misbehave(self, fn):
        ThreadPoolExecutor.submit(self, fn)
        return ThreadPoolExecutor.submit(self, fn)


class Raising(Fickle):
    """Fails as an executor does whose worker died."""

    def misbehave(self, fn):
        future = Future()
        future.set_exception(BrokenProcessPool("a worker was lost"))
        return future


class Babbling(Fickle):
    """Answers with nonsense."""

    def misbehave(self, fn):
        future = Future()
        future.set_result([None, "DONE", {"status": "DONE"}, {"status": "LOST"}][len(self.seen) % 4])
        return future


class Refusing(Fickle):
    """Takes no call."""

    def misbehave(self, fn):
        raise RuntimeError("try again")


class Cancelling(Fickle):
    """Cancels the call."""

    def misbehave(self, fn):
        future = Future()
        future.cancel()
        future.set_running_or_notify_cancel()
        return future


class Reordering(Executor):
    """Answers in bursts of four, last first."""

    def __init__(self, workers):
        self.calls = []

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        self.calls.append((future, fn))
        if len(self.calls) == 4:
            while self.calls:
                late, call = self.calls.pop()
                late.set_result(call())
        return future


@pytest.mark.every(2)
@pytest.mark.parametrize("kind", [Dropping, Duplicating, Raising, Babbling, Refusing, Cancelling, Reordering])
def test_an_executor_that_misbehaves_now_and_then_changes_nothing(kind, store, undisturbed):
    with kind(4) as executor:
        # The limit is no part of a task's key, so that impatience cannot change a verdict either.
        summary = run(sums(limit=0.1), store=store, executor=executor, workers=4, grace=0.0)
    assert summary.failures == ()
    assert canonical_json(store) == undisturbed


def test_an_executor_that_never_answers_ends_in_undecided_and_not_in_a_hang(store):
    class Silent(Executor):
        def submit(self, fn, /, *args, **kwargs):
            return Future()

    start = time.monotonic()
    summary = run([Single("SC-001", "third", limit=0.1)], store=store, executor=Silent(), workers=1, grace=0.1)
    assert time.monotonic() - start < 10.0
    assert [failure.status for failure in summary.failures] == [Status.TIMED_OUT]
    assert summary.verdicts[0].verdict is Verdict.UNDECIDED


def test_an_executor_that_always_breaks_ends_in_crashed_after_three_attempts(store):
    class Broken(Executor):
        submissions = 0

        def submit(self, fn, /, *args, **kwargs):
            self.submissions += 1
            future = Future()
            future.set_exception(BrokenProcessPool("gone"))
            return future

    executor = Broken()
    summary = run([Single("SC-001", "third")], store=store, executor=executor, workers=1)
    assert executor.submissions == 3
    assert summary.crashed == ("SC-001",)
    assert [incident.kind for incident in store.incidents()] == ["lost", "lost", "lost", "CRASHED"]


def test_an_executor_that_takes_nothing_ends_the_run_with_a_sentence(store):
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(ExecutorError, match=r"refused work 3 times .* 0 results are kept in .*; run the same command"):
        run(sums(), store=store, executor=executor, workers=1)
    assert [run["outcome"] for run in store.runs()] == ["failed"]


def test_signal_handlers_are_as_they_were_after_a_run(store):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    run(sums()[:1], store=store, workers=1)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_a_run_leaves_no_process_behind(store, tmp_path):
    pids = []

    class Noting(WorkerPool):
        def kill(self):
            pids.extend(self.pids)
            super().kill()

    with Noting(2) as pool:
        run(sums(), store=store, executor=pool, workers=2)
        pool.kill()
    assert len(pids) == 2 and fakes.gone_within(pids, 5.0)
    assert Path(store.path).exists()
