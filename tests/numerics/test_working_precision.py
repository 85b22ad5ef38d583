"""Threads that compute to different digits, and what they leave behind."""

import pickle
import threading

import mpmath
import numpy as np
import sympy as sp

from numerics import compile_program, integrate_density
from numerics.working_precision import more_digits, working_bits, working_digits

x = sp.Symbol("x", real=True)


def test_threads_of_different_digits_do_not_disturb_one_another():
    def quartic(digits):
        return integrate_density(sp.exp(-(x**4)), x, (-2, 2), digits=digits).value._mpf_

    def gamma(digits):
        return compile_program([sp.gamma(x)], [x], backend="mpmath", digits=digits)("0.3")[0]._mpf_

    asked = [(f, digits) for f in (quartic, gamma) for digits in (15, 40)]
    alone, before, found = [f(digits) for f, digits in asked], mpmath.mp.prec, {}
    threads = [
        threading.Thread(target=lambda i=i, f=f, d=d: found.update({i: [f(d) for _ in range(2)]}))
        for i, (f, d) in enumerate(asked)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [set(found[i]) for i in range(len(asked))] == [{value} for value in alone]
    assert mpmath.mp.prec == before


def test_precisions_nest_and_go():
    before = mpmath.mp.dps
    with working_digits(20), more_digits(5), working_digits(None):
        assert mpmath.mp.dps == 25
        with working_bits(200):
            assert mpmath.mp.prec == 200
    assert mpmath.mp.dps == before


def test_warnings_of_numpy_that_are_errors_stop_no_quadrature():
    with np.errstate(all="raise"):
        value = integrate_density(sp.exp(-(x**2)), x, (-sp.oo, sp.oo), digits=15).value
    assert abs(value - mpmath.sqrt(mpmath.pi)) < 1e-15


def test_a_compiled_program_is_sent_to_other_processes():
    for backend, digits in (("numpy", None), ("mpmath", 40)):
        program = compile_program([sp.exp(x) + sp.pi], [x], backend=backend, digits=digits)
        received = pickle.loads(pickle.dumps(program))
        assert received.source == program.source and repr(received) == repr(program)
        assert received(0.5) == program(0.5)
