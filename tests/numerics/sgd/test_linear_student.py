"""The linear student: its errors are those of matrices, and one coordinate a mode is enough."""

import numpy as np
import pytest

from numerics.sgd import linear_student
from numerics.simulation.iterate import iterate
from numerics.simulation.options import Options
from theory.discrete.recursion import Recursion
from theory.models.teacher_student.modes import a, b, mode_update
from theory.notation import eta, s_tilde


def test_the_errors_are_those_of_the_definition():
    source = np.random.default_rng(5)
    teacher, X = (
        linear_student._matrix(source, 6, 6, np.array([1.0, 0.5])),
        linear_student._orthogonal(source, 9)[:, :6],
    )
    Y = X @ teacher + 0.1 * source.normal(size=(9, 6))
    u, values, v = np.linalg.svd(X.T @ Y)
    overlaps = np.diagonal(u.T @ teacher @ v.T)
    data = linear_student.StudentData(values, overlaps, float(np.sum(teacher**2)), float(np.sum(Y**2)))
    learned = source.random(6)
    student = u * learned @ v
    assert data.test_error(learned) == pytest.approx(np.sum((student - teacher) ** 2) / np.sum(teacher**2))
    assert data.train_error(learned) == pytest.approx(np.sum((X @ student - Y) ** 2) / np.sum(Y**2))
    assert data.test_error(np.zeros(6)) == 1.0


def test_both_layers_stay_equal_to_the_last_bit_and_one_of_them_is_what_is_run():
    update = mode_update(a, b, linear_student.amplitude * linear_student.xi, eta, s_tilde)
    both = Recursion([a, b], list(update), normals=[linear_student.xi])
    given = {
        "parameters": {eta: linear_student.RATE, linear_student.amplitude: 20.0, s_tilde: 0.9},
        "steps": 500,
        "n_replicas": 16,
        "seed": 5,
        "options": Options(progress=False),
    }
    pair = iterate(both, initial=[1.0, 1.0], **given).final
    one = iterate(linear_student.mode_recursion(eta), initial=[1.0], **given).final
    assert np.array_equal(pair[:, 0], pair[:, 1])
    assert np.allclose(pair[:, 0], one[:, 0], rtol=1e-12)
    apart = iterate(both, initial=[1.0, 0.9], **given).final
    assert (apart[:, 0] != apart[:, 1]).all()
