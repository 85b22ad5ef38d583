r"""Figures 5 and 11: what noise does to the test error of a linear student.

The paper's :math:`\tilde s` is ``s_tilde``, :math:`\nu = \eta\zeta^2` is ``nu``; ``q`` is the overlap
:math:`\tilde u^\top\bar W\tilde v` of a singular pair of the data with the teacher.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import sympy as sp

from theory.models.teacher_student import error as student_error
from theory.models.teacher_student.error import overlap as q
from theory.notation import nu, s_tilde, zeta
from verification.authoring.shorthand import equals, measured, reproduces
from verification.claim import Statement
from verification.papers.stochastic_collapse.figures import figure_5, figure_11
from verification.papers.stochastic_collapse.paper import paper

NOISE_LEVELS = ("0", "5", "10", "15", "20")


@paper.claim(
    "SC-095",
    "Figure 5, Appendix J",
    symbols={
        s_tilde: "singular value of the data",
        nu: r"noise strength $\eta\zeta^2$",
        q: r"overlap $\tilde u^\top\bar W\tilde v$ of the mode with the teacher",
        zeta: "standard deviation of the label noise",
    },
    notes=(
        r"Run as the recursions (38)-(39), with the released program's data set and its start $a = b = 1$. Its noise "
        r"is $0.5/\sqrt{64}$ per entry of the labels; at 0.5 per entry no signal of the teacher would stand out of the "
        "data (SC-092: signals from 4 on would). Its learning rates are divided by 1024. It has no warm-up.",
        "No student of the figure is better than the one that has learned nothing, whose test error (34) is 1: "
        "statement 'nothing learned'. The curves of the figure end above it, since the axis does not reach down to it. "
        "What the figure shows is less overfitting.",
        "Before the drop little noise makes the test error larger, not smaller: stationary 3.387, 3.442, 3.422, 2.949, "
        r"1.950 at $\zeta = 0, 5, 10, 15, 20$. Noise shrinks the mean of a mode but adds its variance; the sum helps "
        r"only beyond $\nu = 4q$, or by collapse (statements 'error of a mode', 'little noise').",
        "After the drop the variance goes at once, and the test error with it; then collapsed modes are learned again "
        r"and it rises until the end: the benefit of $\zeta = 20$ is partly transient.",
        "The conjectured mean (61) in place of the law would predict a test error far below 1 (near miss).",
    ),
)
def generalisation_in_the_teacher_student_setting():
    r"""Generalisation in the teacher-student setting.

    Input and output dimensions 64, dataset size 1024, a teacher with a rank of 8 and signals from 0.5 to 1, noise with
    a standard deviation of 0.5, a warm-up of 1000 steps, 50000 steps at a learning rate of 3.0, 10000 steps at 0.3,
    256 runs. Training with larger gradient noises $\zeta$ generalizes better.
    """
    reproduced = partial(reproduces, measure=figure_5.measure, pictures=figure_5.pictures)
    yield reproduced(
        "order",
        r"\arg\min_\zeta\mathcal E_{\rm test}",
        printed=sp.Integer(20),
        parts=tuple({"zeta": level} for level in NOISE_LEVELS),
        summarise=figure_5.summary,
        wrong={"no noise": sp.Integer(0), "an optimum inside": sp.Integer(15)},
        says="The noise level with the smallest test error at the end of training, among 0, 5, 10, 15 and 20.",
    )
    yield reproduced(
        "nothing learned",
        r"\min\mathcal E_{\rm test}",
        printed=sp.S.One,
        parts=({"zeta": "15", "show": "minimum"}, {"zeta": "20", "show": "minimum"}),
        summarise=figure_5.smallest_error,
        wrong={"a tenth better than nothing": sp.Rational(9, 10)},
        remark=r"A result of ours: of all students at $\zeta = 15$ and 20, none is better than the one that is zero.",
    )
    yield from _noise_in_the_error()


def _noise_in_the_error() -> Iterator[Statement]:
    """What noise does to the test error of a mode: less signal, more variance."""
    c = s_tilde - nu / 2
    yield equals(
        "error of a mode",
        r"E_{ss}[\hat s^2 - 2q\hat s]",
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
            figure_5.test_error_from_stationary_start, partial(figure_5.predicted_test_error, noise=20.0), zeta="20"
        ),
    )
    yield equals(
        "little noise",
        r"\partial_\nu E_{ss}[\hat s^2 - 2q\hat s]\big|_{\nu=0}",
        printed=q,
        derived=student_error.slope_at_small_noise,
        wrong={"shrinkage alone": q - s_tilde},
        remark="A result of ours: positive for a mode that has learned of the teacher.",
    )


@paper.claim(
    "SC-097",
    "Figure 11, Appendix J",
    notes=(
        r"Real SGD on all weights, as the released program for this figure: inputs uniform on $(0, 1)/\sqrt n$, "
        "neither centred nor white, warm-up over 10000 steps, batches without replacement, no label noise. Here with "
        "$n = 32$, $16n$ samples, and half of its 100000 steps, on data of our own; docs/benchmarks/figure_11.py runs "
        "$n = 64$.",
        "The program's test error is the distance of the weights, (34) for white inputs. By it the student that is "
        "zero, at 1, is better than all others. (34) for the inputs at hand is below 1: half of their power lies along "
        "one direction, their mean, which is learned well.",
        "In the end smaller batches are better by both errors. Before the drop the fluctuations of the weights "
        "outweigh that by (34): statement 'before the drop'.",
    ),
)
def batch_noise_instead_of_label_noise():
    """Batch noise instead of label noise.

    We used SGD without label noise and maintained a similar experimental setup as before. Additionally, we introduced
    a learning rate drop at step 53000. Training with smaller batch sizes generalizes better.
    """
    reproduced = partial(reproduces, measure=figure_11.measure, pictures=figure_11.pictures)
    yield reproduced(
        "order",
        r"\arg\min_\beta\mathcal E_{\rm test}",
        printed=sp.Integer(2),
        parts=tuple({"n": 32, "batch": size} for size in ("2", "8", "all")),
        summarise=figure_11.summary,
        wrong={"full batch": sp.Integer(512), "an optimum inside": sp.Integer(8)},
        says="The batch size with the smallest test error at the end of training, among 2, 8 and all 512.",
    )
    yield reproduced(
        "before the drop",
        r"\arg\min_\beta\mathcal E_{\rm test}",
        printed=sp.Integer(2),
        parts=({"n": 32, "batch": "2", "until": 0.5, "replicas": 16}, {"n": 32, "batch": "all", "until": 0.5}),
        summarise=figure_11.summary_before_drop,
        corrected=sp.Integer(512),
        wrong={"neither": sp.Integer(32)},
        remark="The same between warm-up and first drop: of both, that with the smaller error (34).",
    )
    yield reproduced(
        "replacement",
        r"\mathcal E_{\rm test}^{\rm with}/\mathcal E_{\rm test}^{\rm without}",
        printed=sp.S.One,
        parts=tuple({"n": 16, "batch": "8", "replicas": 16, "replacement": choice} for choice in (False, True)),
        summarise=figure_11.summary_of_replacement,
        wrong={"a fifth worse": sp.Rational(6, 5), "a fifth better": sp.Rational(4, 5)},
        remark="A result of ours: the final test error with replacement over that without, batches of 8 of 256.",
    )
