"""What a simulation refuses, and exact steps."""

import math

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from numerics.errors import ArgumentError, DriftproofError, MissingParameterError
from numerics.schemes import EulerMaruyama, ExactGeometricBrownian, ExactOrnsteinUhlenbeck
from numerics.simulation.accumulators import SignChanges
from numerics.simulation.options import BLOCK, Options
from tests.examples import examples
from tests.numerics.seeding import FALSE_ALARM, seed_of
from tests.numerics.simulation.test_simulate import bits, k, ou, s, w, x, y


def test_a_missing_parameter_is_named_with_those_given():
    with pytest.raises(MissingParameterError) as caught:
        ou(parameters={k: 1.0})
    assert str(caught.value) == (
        "every symbol needs a number before it can be simulated: no value for s (parameters given: k=1)."
    )


def test_a_namesake_with_other_assumptions_is_pointed_out():
    with pytest.raises(MissingParameterError, match="other assumptions"):
        ou(parameters={k: 1.0, sp.Symbol("s"): 1.0})


def test_a_number_against_the_assumptions_of_its_symbol_is_refused():
    with pytest.raises(ArgumentError, match="declared positive"):
        ou(parameters={k: -1.0, s: 1.0})


def test_a_final_time_between_steps_is_refused_with_the_nearest():
    with pytest.raises(ArgumentError, match=r"nearest multiple is 1\b"):
        ou(until=1.1)
    assert ou(step=0.1, until=0.3).n_steps == 3  # 0.3 / 0.1 is below 3 in floating point


@pytest.mark.every(3)
@pytest.mark.parametrize(
    "changes",
    [
        {"process": "dX = dW"}, {"initial": [1, 2]}, {"initial": 1.0}, {"initial": [math.nan]}, {"initial": ["a"]},
        {"initial": [[1], [1, 2]]}, {"initial": None}, {"initial": [1j]}, {"initial": [k]}, {"step": 0}, {"step": -1},
        {"step": math.inf}, {"step": "1"}, {"until": 0}, {"until": -1.0}, {"until": math.nan}, {"step": 1e-12},
        {"n_paths": 0}, {"n_paths": 2.5}, {"n_paths": True}, {"n_paths": 10**12}, {"seed": -1}, {"seed": 2**64},
        {"seed": None}, {"scheme": EulerMaruyama}, {"times": []}, {"times": [1.0, 0.5]}, {"times": [2.0]},
        {"times": "now"}, {"times": [0.3]}, {"observables": x}, {"observables": {"x": "x**2"}}, {"observables": 3},
        {"observables": {"b": x > 0}}, {"accumulators": {x: SignChanges(x)}}, {"accumulators": {w: SignChanges(y)}},
        {"accumulators": [w]}, {"coordinates": "polar"}, {"coordinates": "log"},
        {"options": {"threads": 2}}, {"options": Options},
        {"parameters": {k: [1.0, 2.0], s: 1.0}}, {"parameters": {"k": 1.0}}, {"parameters": 3},
        {"parameters": {k: sp.I, s: 1}}, {"observables": [sp.zeta(x)]},
        {"scheme": ExactGeometricBrownian()}, {"observables": [sp.Function("f")(x)]},
    ],
    ids=str,
)  # fmt: skip
def test_bad_arguments_are_refused_by_name(changes):
    with pytest.raises(DriftproofError) as caught:
        ou(**changes)
    assert len(str(caught.value)) > 20


junk = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(), st.text(max_size=3), st.lists(st.floats(), max_size=3),
    st.just(x), st.just(sp.I), st.just(np.array([[1.0]])), st.just(np.array(["a"], dtype=object)), st.just({}),
    st.just(object()), st.just(sp.oo), st.dictionaries(st.sampled_from([k, s, "k"]), st.floats(), max_size=2),
    st.just(10**400), st.just(sp.Matrix([1])),
)  # fmt: skip


@settings(max_examples=examples(60))
@given(
    name=st.sampled_from(
        "process parameters initial step until n_paths seed scheme times observables accumulators coordinates "
        "options".split()
    ),
    value=junk,
)
def test_no_argument_whatsoever_makes_a_library_speak(name, value):
    if name == "n_paths" and isinstance(value, int) and not isinstance(value, bool):
        value = min(value, 100)
    try:
        run = ou(**{"n_paths": 10, name: value})
    except ValueError as error:
        assert isinstance(error, DriftproofError), error
    else:
        assert np.isfinite(run.final).all()


def test_progress_ends_at_the_total_work():
    seen = []
    ou(n_paths=5000, options=Options(progress=lambda *work: seen.append(work), chunk=BLOCK))
    assert seen[-1] == (5000 * 4, 5000 * 4)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_an_interrupt_stops_at_once_and_the_next_run_is_unharmed():
    calls = []

    def interrupt(done, total):
        calls.append(done)
        raise KeyboardInterrupt

    before = bits(ou())
    with pytest.raises(KeyboardInterrupt):
        ou(n_paths=3 * BLOCK, options=Options(progress=interrupt, chunk=BLOCK))
    assert len(calls) == 1
    assert bits(ou()) == before


def test_one_exact_step_has_the_law_of_many():
    law = stats.norm(0.5 * math.exp(-2.0), 0.5 * math.sqrt(-math.expm1(-4.0) / 2))
    for step in (2.0, 0.125):
        run = ou(scheme=ExactOrnsteinUhlenbeck(), step=step, until=2.0, n_paths=40_000, seed=seed_of("exact", step))
        assert run.estimate(x).agrees_with(law.mean(), false_alarm=FALSE_ALARM)
        assert run.estimate(x**2).agrees_with(law.moment(2), false_alarm=FALSE_ALARM)
