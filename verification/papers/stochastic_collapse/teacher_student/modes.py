r"""Section 6 and Appendix I.2: the modes of a linear teacher-student network under label noise.

The paper's :math:`\hat s` is ``s``, its :math:`\tilde s` is ``s_tilde``; ``nu`` is the expression
:math:`\eta\zeta^2`, written out as in the paper.
"""

from collections.abc import Callable, Mapping

import sympy as sp

from theory.models.teacher_student import modes as ts
from theory.notation import eta, s, s_tilde, t, zeta
from verification.authoring.shorthand import Grade, equals, sde
from verification.authoring.simulated import number, simulated
from verification.forms import Experiment
from verification.papers.stochastic_collapse.paper import paper

nu = eta * zeta**2
a, b, z, w = ts.a, ts.b, ts.z, ts.w

NOISE_SYMBOLS = {zeta: "standard deviation of the label noise"}
MODE_SYMBOLS = {a: r"$a_i$, weight of the first layer", b: r"$b_i$, weight of the second layer"} | NOISE_SYMBOLS


def sampled_mode(
    at: Mapping[sp.Symbol, str], until: float, *, power: int = 1, start: str = "", predicted: Callable | None = None
) -> Experiment:
    r"""The mean of a power of :math:`\hat s` under (42) at a time, from the data's value or another start."""
    first = number(start or at[s_tilde])
    process = ts.singular_value_process
    return simulated(process, s**power, at=at, start=first, until=until, predicted=predicted, coordinates="log")


A, B, A_T, B_T, S, Z, error = sp.symbols("A B A^T B^T S z E", commutative=False)


def in_products(side: sp.Expr) -> sp.Expr:
    """Each ordered product of matrices as one commuting symbol, so that a sum of products is a polynomial."""
    total = sp.S.Zero
    for term in sp.Add.make_args(sp.expand(side)):
        commuting, matrices = term.args_cnc()
        total += sp.Mul(*commuting) * sp.Symbol(f"[{'·'.join(map(str, matrices)) or '1'}]", real=True)
    return total


@paper.claim(
    "SC-073",
    "Eqs. (38)-(39)",
    symbols={A: r"$O^\top W_1\tilde V$", B: r"$\tilde U^\top W_2O$", S: r"$\tilde S$, the singular values of the data"}
    | {Z: r"$\mathrm{diag}(z)$, the label noise", error: "error of the modes"},
)
def rotated_diagonal_recursions():
    """Rotated diagonal recursions.

    - Scope: exact, in any dimension: products of matrices do not commute.
    """
    yield equals(
        r"updates: $(A^{(t+1)},\ B^{(t+1)})$",
        printed=sp.Matrix([A - eta * B_T * error, B - eta * error * A_T]),
        where={error: B * A - S + Z},
        modulo=in_products,
        derived=ts.rotated_updates,
        wrong={
            "order of the product": sp.Matrix([A - eta * error * B_T, B - eta * error * A_T]),
            "transpose lost": sp.Matrix([A - eta * B * error, B - eta * error * A_T]),
            "sign of the label noise": {error: B * A - S - Z},
            "order of the layers": {error: A * B - S + Z},
        },
    )


@paper.claim("SC-074", "Eq. (40)", symbols=MODE_SYMBOLS)
def mode_in_two_dimensions():
    r"""Two-dimensional equation of a mode.

    - Scope: limit $\eta \to 0$ of the first two moments of one step at fixed $\eta\zeta^2$, $dt = \eta$.
    """

    def equation(noise: sp.Expr, second: sp.Expr) -> sp.Matrix:
        """(40); ``second`` is the noise of b that is independent of that of a."""
        drift = [-b * (a * b - s_tilde), -a * (a * b - s_tilde)]
        shared = sp.sqrt(noise - second)
        columns = sp.Matrix([[shared * b, sp.sqrt(second) * b, 0], [shared * a, 0, sp.sqrt(second) * a]])
        return sp.Matrix([*drift, *(columns * columns.T)])

    def derived() -> list[sp.Expr]:
        process = ts.mode_process()
        return [*process.drift, *process.diffusion]

    yield equals(
        r"drift and diffusion: $(\text{drift},\ \text{diffusion}) \text{ of } (a, b)$",
        printed=equation(nu, sp.S.Zero),
        derived=derived,
        wrong={
            "independent noise in both equations": equation(nu, nu),
            "noise variance not scaled by the learning rate": equation(zeta**2, sp.S.Zero),
        },
        says=r"The same noise in both equations: $\sqrt{\eta\zeta^2}\,(b, a)^\top dB$.",
    )


@paper.claim("SC-075", "Lemma I.1", symbols=MODE_SYMBOLS | {ts.z: "label noise of a step"})
def autobalancing():
    r"""Autobalancing.

    Under the dynamics (40), $\lim_{t\to\infty} a_i(t)^2 - b_i(t)^2 = 0$.
    - $a = -b$ is balanced too: on it $|\hat s|$ obeys another equation and the mode is never learned; A4 should say $a
      = b$.
    - Under collapse the balance is absolute: $(a^2 - b^2)/(a^2 + b^2)$ need not tend to 0.
    """
    r, r_0, g = sp.symbols("r r(0) g", real=True)

    def solution() -> sp.Expr:
        rate = sp.cancel(ts.balance_differential().drift / (a**2 - b**2))
        return r_0 * sp.exp(rate * t)

    def discrete_balance() -> sp.Expr:
        new_a, new_b = ts.mode_update(a, b, z, eta, s_tilde)
        return new_a**2 - new_b**2

    yield equals(
        r"differential: $dr: \text{ (drift, dispersion)}$",
        printed=sde(-nu * r, 0),
        where={r: a**2 - b**2},
        derived=lambda: [ts.balance_differential().drift, ts.balance_differential().dispersion[0]],
        wrong={"ordinary chain rule": sde(0, 0), "noise does not cancel": sde(-nu * r, 2 * sp.sqrt(nu) * a * b)},
    )
    yield equals(
        "solution: $r(t)$",
        printed=r_0 * sp.exp(-nu * t),
        derived=solution,
        wrong={"half the rate": r_0 * sp.exp(-nu * t / 2)},
    )
    yield equals(
        r"limit: $\lim_{t\to\infty} r(t)$",
        printed=sp.S.Zero,
        derived=lambda: sp.limit(solution(), t, sp.oo),
        wrong={"the balance is conserved, as without noise": r_0},
    )
    yield equals(
        "discrete step: $r^{(t+1)}$",
        printed=r * (1 - eta**2 * g**2),
        where={r: a**2 - b**2, g: a * b - s_tilde + z},
        derived=discrete_balance,
        wrong={"first order in the step": r * (1 - eta * g)},
        remark="A result of ours: what the recursions (38)-(39) do to the balance, exactly.",
    )


@paper.claim(
    "SC-076",
    "Eq. (41), Appendix I.2; Section 6",
    symbols=NOISE_SYMBOLS | {w: "$w_i = a_i = b_i$"},
    grade=Grade.CONFLICT,
)
def loss_and_flow_of_a_balanced_mode():
    """Loss and stochastic flow of a balanced mode.

    - Appendix I.2 and Section 6 print the loss with different factors; (41) is the flow of that of Section 6.
    """
    square = (w**2 - s_tilde) ** 2
    yield equals(
        r"flow: $dw_i: \text{ (drift, dispersion)}$",
        printed=sde(-w * (w**2 - s_tilde), sp.sqrt(nu) * w),
        derived=ts.slice_process,
        wrong={"noise of $\\hat s$ instead of $w$": sde(-w * (w**2 - s_tilde), 2 * sp.sqrt(nu) * w)},
    )
    yield equals(
        r"loss of Section 6: $\ell_i(w_i)$",
        printed=square / 4,
        modulo=lambda side: sp.diff(side, w),
        derived=ts.slice_loss,
        wrong={"factor of one weight, not of two": square / 2},
        says="The potential whose negative gradient is the drift of (41), up to a constant.",
    )
    yield equals(
        r"loss of Appendix I.2: $\ell_i(w_i)$",
        printed=square,
        corrected=square / 4,
        modulo=lambda side: sp.diff(side, w),
        derived=ts.slice_loss,
        wrong={"factor of one weight, not of two": square / 2},
    )


@paper.claim("SC-077", "Eqs. (7) and (42)", symbols=NOISE_SYMBOLS)
def equation_of_the_singular_value():
    """Equation of the student's singular value."""
    yield equals(
        r"singular value: $d\hat s_i: \text{ (drift, dispersion)}$",
        printed=sde(2 * s * ((s_tilde + nu / 2) - s), 2 * sp.sqrt(nu) * s),
        derived=ts.singular_value_process,
        wrong={
            "ordinary chain rule": sde(2 * s * (s_tilde - s), 2 * sp.sqrt(nu) * s),
            "sign of Itô's correction": sde(2 * s * ((s_tilde - nu / 2) - s), 2 * sp.sqrt(nu) * s),
            "noise of $w$ instead of $\\hat s$": sde(2 * s * ((s_tilde + nu / 2) - s), sp.sqrt(nu) * s),
        },
    )
