"""A simulation whose chunks an executor computes has the bits of one at home, or ends in one sentence."""

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest
import sympy as sp

from numerics import ArgumentError, DivergenceError, NumericsError, Options, iterate, simulate
from theory import ItoProcess
from theory.discrete.recursion import Recursion

x, xi = sp.symbols("x xi", real=True)
SIMULATION = dict(
    process=ItoProcess.scalar(x, drift=-x, dispersion=sp.S.One),
    initial=[0.0],
    step=0.25,
    until=1.0,
    n_paths=10_000,
    seed=3,
    observables={"x^2": x**2},
    times=[0.5, 1.0],
    paths=True,
)
ITERATION = dict(
    recursion=Recursion([x], [x / 2 + xi], normals=[xi]), initial=[1.0], steps=4, n_replicas=10_000, seed=5
)


class Failing(Executor):
    """It computes some calls and then fails as told; the later ones wait for ever."""

    def __init__(self, error: BaseException, after: int = 0):
        self.error, self.after, self.futures = error, after, []

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        if len(self.futures) < self.after:
            future.set_result(fn(*args, **kwargs))
        elif len(self.futures) == self.after:
            future.set_exception(self.error)
        self.futures.append(future)
        return future


@pytest.mark.parametrize(("run", "arguments"), [(simulate, SIMULATION), (iterate, ITERATION)])
def test_the_bits_are_those_of_a_run_at_home(run, arguments):
    told = []
    options = Options(chunk=4096, progress=lambda done, total: told.append((done, total)))
    with ThreadPoolExecutor(2) as executor:
        there = run(**arguments, options=options, executor=executor)
    here = run(**arguments)
    assert np.array_equal(there.final, here.final) and there.statistics == here.statistics
    assert there.paths is here.paths is None or np.array_equal(there.paths, here.paths)
    assert len(told) == 3 and told[-1] == (40_000, 40_000)


def test_a_lost_chunk_is_one_sentence_and_what_waits_is_called_off():
    executor = Failing(BrokenProcessPool("a process died"), after=1)
    with pytest.raises(NumericsError, match=r"executor must .* (0|4096) of 10000 .*BrokenProcessPool: a process died"):
        simulate(**SIMULATION, options=Options(chunk=4096), executor=executor)
    assert executor.futures[-1].cancelled()


def test_an_executor_that_was_shut_down_is_one_sentence():
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(NumericsError, match="after 0 of 10000 trajectories"):
        iterate(**ITERATION, executor=executor)


def test_what_a_chunk_itself_raises_comes_through():
    growing = SIMULATION | {"process": ItoProcess.scalar(x, drift=x**3, dispersion=sp.S.One), "initial": [1e100]}
    with ThreadPoolExecutor(1) as executor, pytest.raises(DivergenceError):
        simulate(**growing, executor=executor)


def test_an_interrupt_calls_off_what_waits():
    executor = Failing(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        simulate(**SIMULATION, options=Options(chunk=4096), executor=executor)
    assert executor.futures[-1].cancelled()


@pytest.mark.parametrize("executor", ["tcp://10.0.0.1:8786", 4, object()])
def test_what_is_no_executor_is_refused(executor):
    for run, arguments in ((simulate, SIMULATION), (iterate, ITERATION)):
        with pytest.raises(ArgumentError, match="executor must be an executor of concurrent.futures"):
            run(**arguments, executor=executor)
