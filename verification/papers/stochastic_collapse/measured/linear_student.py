r"""What claims on the test error of a linear student are measured on: what the stationary law predicts, and runs."""

import functools

import numpy as np
import sympy as sp

from numerics.codegen import compile_program
from numerics.sgd.linear_student import DIMENSION, RATE, amplitude, data_set, mode_recursion
from numerics.simulation.iterate import iterate
from theory.models.teacher_student.error import overlap, stationary_error
from theory.notation import eta, nu, s_tilde
from verification.authoring.simulated import number, options
from verification.forms import Arguments, Draw, Samples


def predicted_test_error(error: sp.Expr, noise: float) -> float:
    r""":math:`\mathcal E_{\rm test}` if each mode with :math:`\tilde s > \nu/2` adds ``error`` on average.

    A mode below has collapsed and adds nothing.

    ``error`` is an expression in :math:`\tilde s`, :math:`q`, :math:`\nu`, as in
    :mod:`theory.models.teacher_student.error`; ``noise`` the standard deviation of the label noise.
    """
    data, strength = data_set(), RATE * noise**2
    alive = data.singular_values > strength / 2
    (modes,) = compile_program([error.subs(nu, sp.Float(strength))], [s_tilde, overlap])(
        data.singular_values[alive], data.overlaps[alive]
    )
    return float(1 + np.sum(modes) / data.teacher)


def stationary_test_error(noise: float) -> float:
    r""":math:`\mathcal E_{\rm test}` in the stationary law at the full learning rate."""
    return predicted_test_error(_stationary_error(), noise)


_stationary_error = functools.cache(stationary_error)


def test_error_from_stationary_start(arguments: Arguments, draw: Draw) -> Samples:
    r"""The test error after 10 000 steps of (38)-(39) from the claimed stationary law, where nothing may move.

    A mode with :math:`\tilde s > \nu/2` starts in its Gamma law; a collapsed one is 0 and stays there. The errors at
    five times, 2000 steps apart, are averaged.
    """
    noise = number(arguments["zeta"])
    data, strength = data_set(), RATE * noise**2
    values = data.singular_values[data.singular_values > strength / 2]
    sources = (
        np.random.Generator(np.random.Philox(key=draw.seed, counter=[0, 0, 0, i]))
        for i in range(draw.first, draw.first + draw.n)
    )
    start = np.concatenate([source.gamma(values / strength - 0.5, strength) for source in sources])
    simulation = iterate(
        mode_recursion(eta),
        parameters={eta: RATE, amplitude: noise, s_tilde: np.tile(values, draw.n)},
        initial=np.sqrt(start)[:, None],
        steps=10_000,
        at=range(2_000, 10_001, 2_000),
        n_replicas=start.size,
        seed=draw.seed,
        paths=True,
        options=options(draw, values.size).on_stream(1),
    )
    learned = np.zeros((5, draw.n, DIMENSION))
    learned[:, :, : values.size] = simulation.paths[:, :, 0].reshape(5, draw.n, values.size) ** 2
    return Samples(data.test_error(learned).mean(axis=0))
