r"""Section 6: a learning rate that is dropped, and the modes that escape late.

The paper's :math:`\tilde s` is ``s_tilde``, :math:`\nu = \eta\zeta^2` is ``nu``, with its values before and after.
"""

from collections.abc import Callable

import sympy as sp

from theory.models.teacher_student import learning_rate_drop as drop
from theory.models.teacher_student import modes as ts
from theory.notation import nu, s_0, s_tilde
from verification.authoring import predictions
from verification.authoring.shorthand import bounds, compared, equals, measured, table
from verification.claim import Statement
from verification.forms import Arguments
from verification.papers.stochastic_collapse.measured.learning_rate_drop import median_signal, relearned
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.teacher_student.dynamics import PATH_SYMBOLS

DROP_SYMBOLS = PATH_SYMBOLS | {
    s_0: "start, at the drop",
    nu: r"noise strength $\eta\zeta^2$",
    drop.nu_1: "noise strength before the drop",
    drop.nu_2: "noise strength after it",
    drop.T_1: "time before the drop",
    drop.T_2: "time after it",
    drop.level: "level at which a mode has escaped",
}
SCHEDULES = table("s_tilde nu_1 nu_2 T_1 T_2", "3/10 1 1/10 100 80", "9/20 1 1/10 100 20", "57/100 1 1/10 100 5")
at_schedule = predictions.at_point(drop.nu_1, drop.nu_2, drop.T_1, drop.T_2)


def _share_relearned(point: Arguments) -> Callable[[sp.Expr], sp.Expr]:
    """The Gaussian probability that a mode has grown, given at which signal it is one half."""

    def share(candidate: sp.Expr) -> sp.Expr:
        growth, spread = sp.diff(drop.log_growth(), s_tilde), sp.sqrt(drop.variance_of_log_growth())
        slope, signal = at_schedule(growth, point) / at_schedule(spread, point), sp.Rational(point["s_tilde"])
        return (1 + sp.erf(slope * (signal - at_schedule(candidate, point)) / sp.sqrt(2))) / 2

    return share


@paper.claim("SC-096", "Section 6", symbols=DROP_SYMBOLS)
def late_escape_after_a_learning_rate_drop():
    r"""Late escape after a learning-rate drop.

    After a subsequent learning rate drop the repulsive escape will take longer the closer it starts from the
    invariant set.
    - The paper's sentence is qualitative. On one Brownian path it is exact; in the mean the time is logarithmic.
    - With the time spent at the large learning rate counted in, a mode is back where it began, in the median, exactly
      if its signal exceeds the time average of the collapse threshold $\nu/2$ (statement 'median'). This holds for the
      mode next to zero; a mode that starts at its stationary values loses a constant more in $\log\hat s$, so that the
      condition is asymptotic there in long times (at $T_1 = 100$, $T_2 = 5$ the median is at 0.57 against 0.479).
    """
    escape_time = sp.log(drop.level / s_0) / (2 * s_tilde - nu)
    escaping = (s_tilde > nu / 2, drop.level > s_0)
    yield bounds(
        r"lower stays lower: $\frac{\partial\hat s(t)}{\partial\hat s(0)}$",
        printed=sp.S.Zero,
        relation=">",
        exact=lambda: sp.cancel(sp.diff(ts.path_solution(), s_0)),
        wrong={"distances never shrink": sp.S.One, "no saturation": sp.exp(ts.log_growth)},
        says="At any time, on a fixed Brownian path: a lower start reaches every level later.",
        domain=(ts.area > 0,),
    )
    yield bounds(
        r"longer from closer: $\frac{\partial\,E\,T_\ell}{\partial\hat s(0)}$",
        printed=sp.S.Zero,
        relation="<",
        exact=lambda: sp.diff(drop.mean_escape_time(), s_0),
        wrong={"twice the slope without noise": -1 / (s_tilde * s_0)},
        says=r"The mean time in which a mode next to zero reaches a level $\ell$.",
        domain=escaping,
    )
    yield equals(
        r"escape time: $E\,T_\ell$",
        printed=escape_time,
        derived=drop.mean_escape_time,
        wrong={"rate of the mean": sp.log(drop.level / s_0) / (2 * s_tilde + nu)},
        remark="A result of ours: how long.",
        domain=escaping,
    )
    yield _median_signal()


def _median_signal() -> Statement:
    r"""The signal above which both phases together let a mode grow, in the median."""
    weighted, time = drop.nu_1 * drop.T_1 + drop.nu_2 * drop.T_2, drop.T_1 + drop.T_2
    median = weighted / (2 * time)
    return equals(
        r"median: $\tilde s_{1/2}$",
        printed=median,
        derived=drop.signal_without_growth,
        wrong={
            "threshold of the mean": weighted / time,
            "times exchanged": (drop.nu_1 * drop.T_2 + drop.nu_2 * drop.T_1) / (2 * time),
            "time average without time": (drop.nu_1 + drop.nu_2) / 4,
            "a tenth too high": 11 * median / 10,
            "a fiftieth too high": 51 * median / 50,  # less than twice what the experiments can see
        },
        remark="A result of ours: the signal at which a mode is as likely above its start as below, after both phases.",
        measured=[measured(relearned, _share_relearned(point), **point) for point in SCHEDULES],
        compared=compared("median on the grid, long times", median_signal, at_schedule, *SCHEDULES, tolerance=1e-2),
    )
