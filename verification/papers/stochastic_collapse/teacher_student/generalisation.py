r"""Section 6 and Figures 5 and 11: what noise does to the test error of a linear student.

The paper's :math:`\tilde s` is ``s_tilde``, :math:`\nu = \eta\zeta^2` is ``nu``; ``q`` is the overlap
:math:`\tilde u^\top\bar W\tilde v` of a singular pair of the data with the teacher.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sympy as sp

from theory.models.teacher_student import error as student_error
from theory.models.teacher_student import learning_rate_drop as drop
from theory.models.teacher_student import modes as ts
from theory.models.teacher_student.error import overlap as q
from theory.notation import nu, s_0, s_tilde, zeta
from verification.authoring import predictions
from verification.claim import (
    Bound,
    Citation,
    Claim,
    Comparison,
    Experiment,
    Figure,
    Identity,
    Kind,
    NearMiss,
    Statement,
)
from verification.papers.stochastic_collapse.figures import figure_5
from verification.papers.stochastic_collapse.paper import PAPER

FIGURE_5 = "verification.papers.stochastic_collapse.figures.figure_5"
FIGURE_11 = "verification.papers.stochastic_collapse.figures.figure_11"
DROP_SAMPLERS = "verification.papers.stochastic_collapse.measured.learning_rate_drop"

NOISE_LEVELS = ("0", "5", "10", "15", "20")
c = s_tilde - nu / 2


def _test_error_at(noise: str) -> Callable[[sp.Expr], float]:
    return lambda candidate: figure_5.predicted_test_error(candidate, float(noise))


SC_095 = Claim(
    id="SC-095",
    title="generalisation in the teacher-student setting (Figure 5)",
    kind=Kind.FIGURE,
    cites=Citation(PAPER, "Figure 5, Appendix J"),
    symbols={
        s_tilde: "singular value of the data",
        nu: "noise strength eta zeta^2",
        q: "overlap u_tilde^T W_bar v_tilde of the mode with the teacher",
        zeta: "label-noise standard deviation",
    },
    printed_text=(
        "dimensions 64, 1024 samples, teacher of rank 8 with signals from 0.5 to 1, noise 0.5, warm-up of 1000 steps, "
        "50000 steps at learning rate 3.0, 10000 at 0.3, 256 runs: training with larger gradient noises generalizes "
        "better"
    ),
    notes=(
        "Run as the recursions (38)-(39), with the released program's data set and its start a = b = 1. Its noise is "
        "0.5/sqrt(64) per entry of the labels; at 0.5 per entry no signal of the teacher would stand out of the data "
        "(SC-092: signals from 4 on would). Its learning rates are divided by 1024. It has no warm-up.",
        "No student of the figure is better than the one that has learned nothing, whose test error (34) is 1: "
        "statement 'nothing learned'. The curves of the figure end above it, since the axis does not reach down to it. "
        "What the figure shows is less overfitting.",
        "Before the drop little noise makes the test error larger, not smaller: stationary 3.387, 3.442, 3.422, 2.949, "
        "1.950 at zeta = 0, 5, 10, 15, 20. Noise shrinks the mean of a mode but adds its variance; the sum helps only "
        "beyond nu = 4 q, or by collapse (statements 'error of a mode', 'little noise').",
        "After the drop the variance goes at once, and the test error with it; then collapsed modes are learned again "
        "and it rises until the end: the benefit of zeta = 20 is partly transient.",
        "The conjectured mean (61) in place of the law would predict a test error far below 1 (near miss).",
    ),
    statements=(
        Statement(
            name="order",
            says="The noise level with the smallest test error at the end of training, among 0, 5, 10, 15 and 20.",
            left=r"\arg\min_\zeta\mathcal E_{\rm test}",
            form=Figure(
                measure=f"{FIGURE_5}:measure",
                parts=tuple({"zeta": level} for level in NOISE_LEVELS),
                summarise=f"{FIGURE_5}:summary",
            ),
            printed=sp.Integer(20),
            near_misses=(
                NearMiss("no noise", sp.Integer(0)),
                NearMiss("an optimum inside", sp.Integer(15)),
            ),
        ),
        Statement(
            name="nothing learned",
            says="The smallest test error of all students at zeta = 15 and 20, and the student that is zero.",
            left=r"\min\mathcal E_{\rm test}",
            form=Figure(
                measure=f"{FIGURE_5}:measure",
                parts=({"zeta": "15", "show": "minimum"}, {"zeta": "20", "show": "minimum"}),
                summarise=f"{FIGURE_5}:smallest_error",
            ),
            printed=sp.S.One,
            near_misses=(NearMiss("a tenth better than nothing", sp.Rational(9, 10)),),
            counts=False,
        ),
        Statement(
            name="error of a mode",
            says="Stationary mean of what a mode adds to the test error, before division by the teacher's norm.",
            left=r"E_{ss}[\hat s^2 - 2q\hat s]",
            form=Identity(student_error.stationary_error),
            printed=s_tilde**2 - nu**2 / 4 - 2 * q * (s_tilde - nu / 2),
            near_misses=(
                NearMiss("conjectured mean, no variance", sp.expand(c**2 - 2 * q * c)),
                NearMiss("no shrinkage of the mean", s_tilde**2 + nu * s_tilde - 2 * q * s_tilde),
                NearMiss("no noise", s_tilde**2 - 2 * q * s_tilde),
            ),
            domain=(s_tilde > nu / 2,),
            experiments=(
                Experiment(
                    name="test error of the data set at zeta=20",
                    sampler=f"{FIGURE_5}:test_error_from_stationary_start",
                    arguments={"zeta": "20"},
                    predicted=_test_error_at("20"),
                    variation=0.4,
                    skewness=1.9,
                ),
            ),
            counts=False,
        ),
        Statement(
            name="little noise",
            says="The slope of this error at vanishing noise: positive for a mode that has learned of the teacher.",
            left=r"\partial_\nu E_{ss}[\hat s^2 - 2q\hat s]\big|_{\nu=0}",
            form=Identity(student_error.slope_at_small_noise),
            printed=q,
            near_misses=(
                NearMiss("shrinkage alone", q - s_tilde),
                NearMiss("sign", -q),
            ),
            counts=False,
        ),
    ),
)

DROP_SYMBOLS: dict[sp.Basic, str] = {
    s_tilde: "singular value of the data",
    drop.nu_1: "noise strength eta zeta^2 before the drop",
    drop.nu_2: "noise strength after it",
    drop.T_1: "time before the drop",
    drop.T_2: "time after it",
    s_0: "start, at the drop",
    drop.level: "level at which a mode has escaped",
    nu: "noise strength eta zeta^2",
    ts.log_growth: "log-growth of the path",
    ts.area: "int_0^t exp(X_tau) dtau",
}

_weighted = drop.nu_1 * drop.T_1 + drop.nu_2 * drop.T_2
_time = drop.T_1 + drop.T_2

SCHEDULES = tuple(
    {"s_tilde": signal, "nu_1": "1", "nu_2": "1/10", "T_1": "100", "T_2": after}
    for signal, after in (("3/10", "80"), ("9/20", "20"), ("57/100", "5"))
)


def _numbers(point: Mapping[str, str]) -> dict[sp.Symbol, str]:
    symbols = {"nu_1": drop.nu_1, "nu_2": drop.nu_2, "T_1": drop.T_1, "T_2": drop.T_2}
    return {symbol: point[name] for name, symbol in symbols.items()}


def _share_relearned(point: Mapping[str, str]) -> Callable[[sp.Expr], sp.Expr]:
    r"""The Gaussian probability that a mode has grown, given at which signal it is one half."""
    values = predictions.at(_numbers(point))
    spread = values(sp.sqrt(drop.variance_of_log_growth()))
    slope = values(sp.diff(drop.log_growth(), s_tilde))

    def predicted(candidate: sp.Expr) -> sp.Expr:
        distance = slope * (sp.Rational(point["s_tilde"]) - values(candidate)) / spread
        return (1 + sp.erf(distance / sp.sqrt(2))) / 2

    return predicted


SC_096 = Claim(
    id="SC-096",
    title="learning-rate drop and late escape",
    kind=Kind.THRESHOLD,
    cites=Citation(PAPER, "Section 6"),
    symbols=DROP_SYMBOLS,
    printed_text=(
        "after a subsequent learning rate drop ... the repulsive escape will take longer the closer it starts from the "
        "invariant set"
    ),
    notes=(
        "The paper's sentence is qualitative. On one Brownian path it is exact: a mode that starts lower stays lower. "
        "In the mean the time is logarithmic in the distance.",
        "With the time spent at the large learning rate counted in, a mode is back where it began, in the median, "
        "exactly if its signal exceeds the time average of the collapse threshold nu/2. This holds for the mode next "
        "to zero; a mode that starts at its stationary values loses a constant more in log s, so that the condition "
        "is asymptotic there in long times (at T_1 = 100, T_2 = 5 the median is at 0.57 against 0.479).",
    ),
    statements=(
        Statement(
            name="lower stays lower",
            says="Derivative of the mode at a time by its start, on a fixed Brownian path.",
            left=r"\frac{\partial\hat s(t)}{\partial\hat s(0)}",
            form=Bound(lambda: sp.cancel(sp.diff(ts.path_solution(), s_0)), relation=">"),
            printed=sp.S.Zero,
            near_misses=(
                NearMiss("distances never shrink", sp.S.One),
                NearMiss("no saturation", sp.exp(ts.log_growth)),
            ),
            domain=(ts.area > 0,),
        ),
        Statement(
            name="escape time",
            says="Mean time of a mode next to zero from s_0 to a level; it falls with s_0.",
            left=r"E\,T_\ell",
            form=Identity(drop.mean_escape_time),
            printed=sp.log(drop.level / s_0) / (2 * s_tilde - nu),
            near_misses=(
                NearMiss("without noise", sp.log(drop.level / s_0) / (2 * s_tilde)),
                NearMiss("rate of the mean", sp.log(drop.level / s_0) / (2 * s_tilde + nu)),
                NearMiss("half the rate", 2 * sp.log(drop.level / s_0) / (2 * s_tilde - nu)),
            ),
            domain=(s_tilde > nu / 2, drop.level > s_0),
        ),
        Statement(
            name="median",
            says="The signal at which a mode is as likely above its start as below it, after both phases.",
            left=r"\tilde s_{1/2}",
            form=Identity(drop.signal_without_growth),
            printed=_weighted / (2 * _time),
            near_misses=(
                NearMiss("threshold of the mean", _weighted / _time),
                NearMiss("times exchanged", (drop.nu_1 * drop.T_2 + drop.nu_2 * drop.T_1) / (2 * _time)),
                NearMiss("no noise after the drop", drop.nu_1 * drop.T_1 / (2 * _time)),
                NearMiss("time average without time", (drop.nu_1 + drop.nu_2) / 4),
            ),
            experiments=tuple(
                Experiment(
                    name=f"share above the start at s_tilde={point['s_tilde']}, T_2={point['T_2']}",
                    sampler=f"{DROP_SAMPLERS}:relearned",
                    arguments=point,
                    predicted=_share_relearned(point),
                    variation=1.0,
                    skewness=1.8,
                )
                for point in SCHEDULES
            ),
            comparisons=(
                Comparison(
                    name="median on the grid, long times",
                    evaluator=f"{DROP_SAMPLERS}:median_signal",
                    arguments=SCHEDULES,
                    predicted=lambda candidate, point: predictions.at(_numbers(point))(candidate),
                    tolerance=1e-2,
                ),
            ),
        ),
    ),
)

SC_097 = Claim(
    id="SC-097",
    title="batch noise instead of label noise (Figure 11)",
    kind=Kind.FIGURE,
    cites=Citation(PAPER, "Figure 11, Appendix J"),
    symbols={},
    printed_text=(
        "SGD without label noise and a similar setup, an additional learning rate drop at step 53000: training with "
        "smaller batch sizes generalizes better"
    ),
    corrected_text="training with smaller batch sizes generalizes better once the learning rate has been dropped",
    notes=(
        "Real SGD on all weights, as the released program for this figure: inputs uniform on (0, 1)/sqrt(n), neither "
        "centred nor white, warm-up over 10000 steps, batches without replacement, no label noise. Here with n = 32, "
        "16 n samples, and half of its 100000 steps, on data of our own; docs/benchmarks/figure_11.py runs n = 64.",
        "The program's test error is the distance of the weights, (34) for white inputs. By it the student that is "
        "zero, at 1, is better than all others. (34) for the inputs at hand is below 1: half of their power lies along "
        "one direction, their mean, which is learned well.",
        "In the end smaller batches are better by both errors. Before the drop the fluctuations of the weights "
        "outweigh that by (34): statement 'before the drop'.",
    ),
    statements=(
        Statement(
            name="order",
            says="The batch size with the smallest test error at the end of training, among 2, 8 and all 512.",
            left=r"\arg\min_\beta\mathcal E_{\rm test}",
            form=Figure(
                measure=f"{FIGURE_11}:measure",
                parts=tuple({"n": 32, "batch": size} for size in ("2", "8", "all")),
                summarise=f"{FIGURE_11}:summary",
            ),
            printed=sp.Integer(2),
            near_misses=(
                NearMiss("full batch", sp.Integer(512)),
                NearMiss("an optimum inside", sp.Integer(8)),
            ),
        ),
        Statement(
            name="before the drop",
            says="Of batches of 2 and the full batch, that with the smaller error (34) between warm-up and first drop.",
            left=r"\arg\min_\beta\mathcal E_{\rm test}",
            form=Figure(
                measure=f"{FIGURE_11}:measure",
                parts=(
                    {"n": 32, "batch": "2", "until": 0.5, "replicas": 16},
                    {"n": 32, "batch": "all", "until": 0.5},
                ),
                summarise=f"{FIGURE_11}:summary_before_drop",
            ),
            printed=sp.Integer(2),
            corrected=sp.Integer(512),
            near_misses=(NearMiss("neither", sp.Integer(32)),),
            counts=False,
        ),
        Statement(
            name="replacement",
            says="Test error in the end with replacement over that without, batches of 8 of 256: no difference.",
            left=r"\mathcal E_{\rm test}^{\rm with}/\mathcal E_{\rm test}^{\rm without}",
            form=Figure(
                measure=f"{FIGURE_11}:measure",
                parts=tuple({"n": 16, "batch": "8", "replicas": 16, "replacement": choice} for choice in (False, True)),
                summarise=f"{FIGURE_11}:summary_of_replacement",
            ),
            printed=sp.S.One,
            near_misses=(
                NearMiss("a fifth worse", sp.Rational(6, 5)),
                NearMiss("a fifth better", sp.Rational(4, 5)),
            ),
            counts=False,
        ),
    ),
)

CLAIMS = (SC_095, SC_096, SC_097)
