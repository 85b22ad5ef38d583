"""A call that would not end is ended, in any thread, and others are not disturbed."""

from __future__ import annotations

import importlib
import inspect
import threading
import time

import pytest
import sympy as sp

from theory.errors import ShapeError, UnsupportedFormError
from theory.ito import ItoProcess
from theory.line.ends.boundary import classify
from theory.line.time_limit import limited, time_limit

x = sp.Symbol("x", real=True)


@limited
def endless(swallowing: bool = False) -> None:
    while True:
        try:
            sp.expand((1 + x) ** 3)
        except Exception:
            if not swallowing:
                raise


@limited
def outer() -> None:
    endless()


@pytest.mark.every(2)
@pytest.mark.parametrize("call", [endless, lambda: endless(swallowing=True), outer])
def test_a_call_without_an_end_is_refused_in_time_and_by_name(call):
    begun = time.process_time()
    with time_limit(0.2), pytest.raises(UnsupportedFormError, match=r"took more than 0\.2 s.*process\.subs"):
        call()
    assert time.process_time() - begun < 5


def test_it_works_outside_the_main_thread_and_disturbs_no_other():
    found: dict[str, object] = {}

    def asked() -> None:
        try:
            with time_limit(0.2):
                endless()
        except UnsupportedFormError as error:
            found["error"] = error

    thread = threading.Thread(target=asked)
    thread.start()
    while thread.is_alive():
        sp.expand((1 + x) ** 2)
    assert "0.2 s" in str(found["error"])


def test_only_processor_time_counts():
    @limited
    def waiting() -> str:
        time.sleep(0.5)
        return "done"

    with time_limit(0.2):
        assert waiting() == "done"


def test_a_call_that_ends_in_time_leaves_nothing_behind():
    process = ItoProcess.scalar(x, drift=-x, dispersion=1)
    with time_limit(30):
        for _ in range(3):
            assert len(list(classify(process))) == 2
    time.sleep(0.05)
    assert sum(isinstance(thread, threading.Timer) for thread in threading.enumerate()) == 0


def test_a_limit_is_positive():
    with pytest.raises(ShapeError, match="seconds must be positive"), time_limit(0):
        pass


@pytest.mark.parametrize(
    "module",
    [
        "ends.boundary",
        "laws.stationary",
        "passage.first_passage",
        "passage.passage_time",
        "laws.mode",
        "laws.recognise",
    ],
)
def test_every_public_function_on_the_line_has_the_limit(module):
    home = importlib.import_module(f"theory.line.{module}")
    for name, function in vars(home).items():
        asks = (
            inspect.isfunction(function) and function.__module__ == home.__name__ and "process" in _arguments(function)
        )
        if asks and not name.startswith("_"):
            assert hasattr(function, "__wrapped__"), name


def _arguments(function) -> set[str]:
    return set(inspect.signature(function).parameters)
