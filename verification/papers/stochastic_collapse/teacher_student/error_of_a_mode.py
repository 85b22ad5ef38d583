r"""What noise does to the test error of a mode of the linear student: less signal, more variance.

The paper's :math:`\tilde s` is ``s_tilde``, :math:`\nu = \eta\zeta^2` is ``nu``; ``q`` is the overlap
:math:`\tilde u^\top\bar W\tilde v` of a singular pair of the data with the teacher.
"""

from collections.abc import Iterator
from functools import partial

from theory.models.teacher_student import error as student_error
from theory.models.teacher_student.error import overlap as q
from theory.notation import nu, s_tilde
from verification.authoring.shorthand import equals, measured
from verification.claim import Statement
from verification.papers.stochastic_collapse.measured import linear_student as student


def noise_in_the_error() -> Iterator[Statement]:
    """The statements of ours that belong to Figure 5."""
    c = s_tilde - nu / 2
    yield equals(
        r"error of a mode: $E_{ss}[\hat s^2 - 2q\hat s]$",
        printed=s_tilde**2 - nu**2 / 4 - 2 * q * c,
        derived=student_error.stationary_error,
        wrong={
            "conjectured mean, no variance": c**2 - 2 * q * c,
            "a tenth of the variance lost": c**2 + 9 * nu * c / 10 - 2 * q * c,
            "no shrinkage of the mean": s_tilde**2 + nu * s_tilde - 2 * q * s_tilde,
        },
        remark="A result of ours: what a mode adds to the test error, before division by the teacher's norm.",
        domain=(s_tilde > nu / 2,),
        measured=measured(
            student.test_error_from_stationary_start, partial(student.predicted_test_error, noise=20.0), zeta="20"
        ),
    )
    yield equals(
        r"little noise: $\partial_\nu E_{ss}[\hat s^2 - 2q\hat s]\big|_{\nu=0}$",
        printed=q,
        derived=student_error.slope_at_small_noise,
        wrong={"shrinkage alone": q - s_tilde},
        remark="A result of ours: positive for a mode that has learned of the teacher.",
    )
