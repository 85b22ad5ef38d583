"""The pool finishes every call that can be finished, says why for the others, and leaves no process behind."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import CancelledError, wait
from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor

import pytest

from tests.verification import fakes
from verification.run.pool import PATIENCE, PoolError, TimeLimitError, WorkerDiedError, WorkerPool
from verification.run.worker import Assignment


@pytest.fixture
def pool():
    with WorkerPool(2) as workers:
        yield workers
        workers.kill()


def assignment(name, *, time_limit=60.0, memory_limit=1 << 30, **arguments):
    return Assignment(f"tests.verification.fakes:{name}", arguments, time_limit, memory_limit)


def test_calls_return_what_their_functions_return(pool):
    assert [pool.submit(pow, 2, n).result() for n in range(5)] == [1, 2, 4, 8, 16]
    assert list(pool.map(pow, [2, 3], [5, 2])) == [32, 9]
    assert pool.submit(int, "ff", base=16).result() == 255


def test_an_exception_arrives_as_it_was_raised(pool):
    with pytest.raises(ZeroDivisionError):
        pool.submit(divmod, 1, 0).result()
    assert pool.submit(pow, 2, 3).result() == 8


def test_a_worker_that_exits_or_raises_the_unpicklable_answers_all_the_same(pool):
    with pytest.raises(RuntimeError, match="SystemExit"):
        pool.submit(sys.exit, 3).result()
    with pytest.raises(Exception, match="pickle"):
        pool.submit(assignment_that_returns_a_lock).result()
    assert pool.submit(pow, 2, 3).result() == 8


def assignment_that_returns_a_lock():
    return threading.Lock()


def test_a_poisonous_call_is_reported_after_three_workers_and_its_neighbours_finish(pool):
    poison = pool.submit(assignment("die"))
    innocents = [pool.submit(assignment("third", n=n)) for n in range(40)]
    assert [future.result()["value"]["third"] for future in innocents] == [n / 3 for n in range(40)]
    with pytest.raises(WorkerDiedError, match="3 workers died of it; the last was ended by SIGKILL"):
        poison.result()


def test_the_same_calls_break_the_pool_of_the_standard_library():
    """The teeth of the test above: once a worker of ``ProcessPoolExecutor`` has died, innocents are refused."""
    with ProcessPoolExecutor(2) as standard:
        assert isinstance(standard.submit(assignment("die")).exception(), BrokenProcessPool)
        with pytest.raises(BrokenProcessPool):
            standard.submit(assignment("third", n=1))


def test_a_call_whose_worker_is_killed_once_is_run_again(pool, tmp_path):
    future = pool.submit(assignment("die_once", mark=str(tmp_path / "mark")))
    assert future.result()["value"] == "survived"


def test_a_retry_gets_a_fresh_worker(pool):
    old = {pool.submit(os.getpid).result() for _ in range(20)}
    sleeper = pool.submit(assignment("third", n=1, seconds=0.3))
    while not sleeper.running():
        time.sleep(0.01)
    for pid in pool.pids:
        os.kill(pid, signal.SIGKILL)
    assert sleeper.result()["value"]["third"] == 1 / 3
    assert not old & set(pool.pids)


def test_a_call_past_its_time_limit_is_ended_even_inside_c(pool):
    innocent = pool.submit(assignment("third", n=1, seconds=0.5))
    spinning = pool.submit(assignment("spin_in_c", time_limit=0.3))
    with pytest.raises(TimeLimitError, match="the time limit of 0.3 s of processor time was reached"):
        spinning.result(timeout=60)
    assert innocent.result(timeout=60)["value"]["third"] == 1 / 3


def test_a_call_that_waits_forever_is_ended_after_ten_times_its_limit(pool):
    start = time.monotonic()
    with pytest.raises(TimeLimitError, match="no answer in .* s, of which it used the processor for 0"):
        pool.submit(assignment("wait_forever", time_limit=0.3)).result(timeout=60)
    assert time.monotonic() - start >= PATIENCE * 0.3


def test_waiting_does_not_count_against_the_time_limit(pool):
    """On a machine where others have the processor, a call takes longer and not more of it."""
    patient = pool.submit(assignment("third", n=1, seconds=1.0, time_limit=0.3))
    assert patient.result(timeout=60)["value"]["third"] == 1 / 3


def test_a_call_that_asks_for_too_much_memory_fails_alone(pool):
    with pytest.raises(MemoryError):
        pool.submit(assignment("hog", bytes=2 << 30, memory_limit=256 << 20)).result()
    assert pool.submit(assignment("hog", bytes=2 << 20, memory_limit=256 << 20)).result()["value"] == 2 << 20


def test_workers_live_on_between_calls_and_find_the_libraries_loaded_with_one_thread_each():
    with WorkerPool(1) as pool:
        pids = {pool.submit(assignment("process_id")).result()["value"] for _ in range(5)}
        assert len(pids) == 1
        modules = pool.submit(assignment("loaded_modules")).result()["value"]
        assert {"sympy", "numpy", "theory", "flint"} <= set(modules)
        assert pool.submit(assignment("thread_limits")).result()["value"] == ["1", "1", "1"]


def test_a_worker_stays_with_the_statement_it_has_begun_while_tasks_of_it_wait_and_then_with_its_claim():
    order = []

    def asked(claim, statement, n, seconds=0.0):
        about = {"module": "papers", "claim": claim, "statement": statement}
        future = workers.submit(assignment("third", n=n, seconds=seconds, **about))
        future.add_done_callback(lambda done: order.append(n))
        return future

    with WorkerPool(1) as workers:
        asked("SC-002", "law", 9).result()
        first = asked("SC-001", "law", 0, 0.5)  # holds the worker until all of them wait
        while not first.running():
            time.sleep(0.01)
        others = [("SC-003", "law", 1), ("SC-001", "mean", 2), ("SC-001", "law", 3), ("SC-002", "law", 4)]
        wait([first, *(asked(*other) for other in others)])
    assert order == [9, 0, 3, 4, 2, 1]


def test_ctrl_c_at_the_terminal_does_not_reach_a_working_worker(pool):
    future = pool.submit(assignment("third", n=1, seconds=0.3))
    while not future.running():
        time.sleep(0.01)
    before = pool.pids
    for pid in before:
        os.kill(pid, signal.SIGINT)
    assert future.result()["value"]["third"] == 1 / 3
    assert pool.pids == before


def test_shutdown_finishes_what_was_submitted_and_refuses_more():
    pool = WorkerPool(2)
    futures = [pool.submit(assignment("third", n=n, seconds=0.02)) for n in range(10)]
    pids = pool.pids
    pool.shutdown()
    assert all(future.result()["status"] == "DONE" for future in futures)
    with pytest.raises(PoolError, match="was shut down"):
        pool.submit(pow, 2, 3)
    assert fakes.gone_within(list(pids), 5.0)


def test_shutdown_can_cancel_what_has_not_begun():
    pool = WorkerPool(1)
    futures = [pool.submit(assignment("third", n=n, seconds=0.2)) for n in range(10)]
    while not futures[0].running():
        time.sleep(0.01)
    pool.shutdown(cancel_futures=True)
    assert futures[0].result()["status"] == "DONE"
    assert wait(futures, timeout=0).not_done == set()
    with pytest.raises(CancelledError):
        futures[-1].result()


def test_kill_ends_running_calls_at_once_and_settles_every_future():
    pool = WorkerPool(2)
    futures = [pool.submit(assignment("wait_forever")) for _ in range(6)]
    while not futures[1].running():
        time.sleep(0.01)
    pids = list(pool.pids)
    start = time.monotonic()
    pool.kill()
    assert time.monotonic() - start < 5.0
    assert len(pids) == 2 and fakes.gone_within(pids, 5.0)
    assert wait(futures, timeout=0).not_done == set()


def test_every_call_finishes_though_workers_are_killed_at_random_times(pool):
    """Kills come from the outside, of the oldest worker after every eighth call, whatever it is doing then."""
    futures = [pool.submit(assignment("third", n=n, seconds=0.01)) for n in range(120)]
    kills = 0
    while not all(future.done() for future in futures):
        if sum(future.done() for future in futures) >= 8 * (kills + 1) and pool.pids:
            os.kill(pool.pids[0], signal.SIGKILL)
            kills += 1
        time.sleep(0.003)
    assert kills >= 10
    assert [future.result(timeout=60)["value"]["third"] for future in futures] == [n / 3 for n in range(120)]


def test_a_pool_whose_workers_cannot_start_says_so(monkeypatch):
    monkeypatch.setattr("verification.run.pool.serve", fakes.end_at_once)
    with WorkerPool(2) as pool:
        futures = [pool.submit(pow, 2, n) for n in range(5)]
        for future in futures:
            with pytest.raises(PoolError, match="3 workers in a row ended with exit code 7 before they were ready"):
                future.result(timeout=60)
        with pytest.raises(PoolError, match="before they were ready"):
            pool.submit(pow, 2, 3)


@pytest.mark.every(2)
@pytest.mark.parametrize("function", ["wait_forever", "spin_in_c"])
def test_no_process_outlives_a_coordinator_that_is_killed(function):
    program = textwrap.dedent(f"""
        import time
        from tests.verification.run.test_pool import assignment
        from verification.run.pool import WorkerPool
        pool = WorkerPool(2)
        futures = [pool.submit(assignment("{function}")) for _ in range(2)]
        while not all(future.running() for future in futures):
            time.sleep(0.01)
        print(*pool.pids, flush=True)
        time.sleep(60)
        """)
    environment = os.environ | {"PYTHONPATH": os.getcwd()}
    coordinator = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=environment)
    assert coordinator.stdout is not None
    pids = [int(pid) for pid in coordinator.stdout.readline().split()]
    assert len(pids) == 2 and all(fakes.alive(pid) for pid in pids)
    coordinator.kill()
    coordinator.wait()
    coordinator.stdout.close()
    assert fakes.gone_within(pids, 5.0)


def test_a_pool_needs_a_worker():
    with pytest.raises(PoolError, match="at least 1"):
        WorkerPool(0)


def test_the_time_of_a_task_leaves_out_what_its_worker_imports(tmp_path, monkeypatch):
    module = "import time\ntime.sleep(0.6)\n\ndef f(arguments):\n    time.sleep(0.05)\n"
    (tmp_path / "slow_to_import.py").write_text(module)
    monkeypatch.syspath_prepend(tmp_path)
    outcome = Assignment("slow_to_import:f", {}, 60.0, 1 << 30)()
    assert outcome["status"] == "DONE" and 0.05 <= outcome["seconds"] < 0.5


def test_an_error_of_the_project_says_its_line_and_one_of_driftproof_none(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "slip.py").write_text(
        "from theory.errors import TheoryError\n\n\ndef slip(arguments):\n    return missing_name\n\n\n"
        "def refused(arguments):\n    raise TheoryError('said')\n\n\n"
        "def long(arguments):\n    raise ValueError('x' * 500)\n"
    )

    def message(name):
        assignment = Assignment(f"slip:{name}", {"module": "slip"}, 60.0, 1 << 30, str(tmp_path))
        return assignment()["message"]

    assert message("slip") == "NameError: name 'missing_name' is not defined (slip.py:5)"
    assert message("refused") == "TheoryError: said"
    assert message("long").endswith("x… (slip.py:13)")


def test_a_file_of_the_working_folder_takes_no_module_s_place(tmp_path):
    program = tmp_path / "bin" / "program.py"
    program.parent.mkdir()
    program.write_text(
        textwrap.dedent("""
            from verification.run.pool import WorkerPool
            if __name__ == "__main__":
                with WorkerPool(1, preload=("colorsys",)) as pool:
                    print(pool.submit(eval, "__import__('colorsys').__name__").result())
            """)
    )
    for name in ("colorsys", "random"):
        (tmp_path / f"{name}.py").write_text("raise AssertionError('a file of the user')")
    environment = {**os.environ, "PYTHONPATH": os.getcwd()}
    command = [sys.executable, str(program)]
    answer = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60)
    assert (answer.stdout, answer.stderr) == ("colorsys\n", "")
