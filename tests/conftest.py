"""Settings shared by all tests: SymPy is slow the first time and fast the second, so no test has a deadline.
Where a test does not say how many examples Hypothesis draws, 10 are drawn by day and 400 at night. Of a test marked
``every(k)``, every k-th set of arguments is run by day and all of them at night.

Each process of a run has a core to itself: threads of its own would wait for those of its neighbours, ten times as
long as a small network takes to run. And what collection has loaded stays until the end: the garbage collector does
not look at it, then or later, and looks rarely at the trees that SymPy makes and drops by the million. SymPy remembers
twenty times as many results of each of its functions as by default, which saves an eighth of the time of symbolic tests
for a tenth more memory; what tests start inherits it.
"""

import gc
import os
from collections import Counter

import hypothesis
import pytest
from hypothesis import Phase
from hypothesis.internal.conjecture import providers

from tests.examples import AT_NIGHT, BY_DAY, COMMON

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before NumPy and torch are loaded
os.environ.setdefault("SYMPY_CACHE_SIZE", "20000")  # before SymPy is loaded

for profile, examples in (("driftproof", BY_DAY), ("night", AT_NIGHT)):
    hypothesis.settings.register_profile(
        profile, max_examples=examples, deadline=None, derandomize=True, database=None, print_blob=True
    )
# For those who ask only whether a test fails, as the nightly sabotage does: no search for a smaller example.
hypothesis.settings.register_profile(
    "unshrunk",
    hypothesis.settings.get_profile("driftproof"),
    max_examples=COMMON,
    phases=(Phase.explicit, Phase.generate),
)
hypothesis.settings.load_profile("driftproof")

# Hypothesis also draws numbers that it finds written anywhere in the sources, so that a change anywhere draws other
# examples everywhere; and it reads all sources for them, four seconds in every process. Here a test is all that
# its examples rest on.
if hasattr(providers, "_get_local_constants"):
    providers._get_local_constants = lambda: providers._local_constants

gc.disable()  # until all tests are collected
gc.set_threshold(50_000, 20, 50)


@pytest.hookimpl(tryfirst=True)  # before those that are slow are taken out
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    seen: Counter[str] = Counter()
    for item in items:
        marker = item.get_closest_marker("every")
        if marker:
            test = item.nodeid.partition("[")[0]
            if seen[test] % marker.args[0]:
                item.add_marker(pytest.mark.slow)
            seen[test] += 1


@pytest.hookimpl
def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()
