r"""Assumptions (A1) and (A2): whether layers under the SDE (1) stay balanced and aligned."""

from __future__ import annotations

import sympy as sp

from theory.deep_linear.written_out import WrittenNetwork, written_network
from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.model import Model
from theory.ito import ito_differential
from theory.notation import eta
from verification.authoring.shorthand import Grade, Kind, Source, equals, measured
from verification.papers.saddle_to_saddle.balanced.aligned import (
    CROSS,
    CROSSED,
    PAIR,
    in_layers,
    s_1,
    s_2,
    sampled,
    two_modes,
    u_1,
    u_2,
    w_1,
    w_2,
)
from verification.papers.saddle_to_saddle.figures.extrapolation import layers_of_runs
from verification.papers.saddle_to_saddle.long_runs import selected_weight
from verification.papers.saddle_to_saddle.measured import covariation_of_modes, drift_of_the_balance
from verification.papers.saddle_to_saddle.network_samples import balance_of_a_chain
from verification.papers.saddle_to_saddle.paper import NOISE_SYMBOLS, beta, paper, sigma_q

SYMBOLS = NOISE_SYMBOLS | PAIR


def second_moment(network: WrittenNetwork, l: int, *, transposed: bool = False) -> sp.Matrix:
    r""":math:`E[\Xi_l\Xi_l^\top]` of the gradient noise of a layer, or :math:`E[\Xi_l^\top\Xi_l]`."""
    rows, columns = network.layers[l - 1].shape
    block = network.covariance_block(l, l)

    def place(i: int, j: int) -> int:
        return j * rows + i

    if transposed:
        return sp.Matrix(columns, columns, lambda i, j: sum(block[place(k, i), place(k, j)] for k in range(rows)))
    return sp.Matrix(rows, rows, lambda i, j: sum(block[place(i, k), place(j, k)] for k in range(columns)))


def drift_of_balance(network: WrittenNetwork, l: int) -> sp.Matrix:
    r"""The drift of :math:`\Lambda_l = W_lW_l^\top - W_{l+1}^\top W_{l+1}` under (1), per unit of :math:`\eta/b`."""
    noise = second_moment(network, l) - second_moment(network, l + 1, transposed=True)
    flow = flow_of_balance(network, l)
    if flow != sp.zeros(*flow.shape):
        raise AssertionError(f"gradient flow moves the balance of layer {l} by {flow}")
    return noise.applyfunc(sp.expand)


def flow_of_balance(network: WrittenNetwork, l: int, sign: int = -1) -> sp.Matrix:
    r"""The speed of :math:`W_lW_l^\top - W_{l+1}^\top W_{l+1}` under gradient flow, or of the sum."""
    lower = network.layers[l - 1] * _gradient(network, l).T
    upper = _gradient(network, l + 1).T * network.layers[l]
    return -(lower + lower.T + sign * (upper + upper.T)).applyfunc(sp.expand)


def _gradient(network: WrittenNetwork, l: int) -> sp.Matrix:
    rows, columns = network.layers[l - 1].shape
    return sp.Matrix(columns, rows, list(network.gradient(l))).T


@paper.claim("DLN-M1", "Assumption (A2), Section 2.4", symbols=SYMBOLS, grade=Grade.CONFLICT)
def alignment_for_all_times():
    r"""Alignment for all times.

    "The cross-mode amplitudes vanish, i.e., $w_{\alpha\beta}(t) = 0$ for all mode indices $\alpha\ne\beta$ and all
    times $t$ in training", against the noise of (1).

    - Scope: two modes at an aligned balanced point of the SDE (1).
    - One mode alone stays aligned. That (A2) says $W$ is diagonal in the teacher's basis holds by definition.
    """
    first, second = (s_1 - w_1, s_2 - w_2)
    for depth, layers in (
        (2, w_1 + w_2),
        (3, w_1 ** sp.Rational(4, 3) + (w_1 * w_2) ** sp.Rational(2, 3) + w_2 ** sp.Rational(4, 3)),
    ):
        yield equals(
            f"noise of a cross mode, depth {depth}",
            r"d[w_{\alpha\beta}, w_{\alpha\beta}]/dt",
            printed=sp.S.Zero,
            corrected=beta * (first**2 + sigma_q**2) * layers**2,
            where=in_layers(depth),
            derived=lambda depth=depth: beta * two_modes(depth).covariation(CROSS, CROSS),
            wrong={
                "gap of the other mode": beta * (second**2 + sigma_q**2) * layers**2,
                "a tenth too large": sp.Rational(11, 10) * beta * (first**2 + sigma_q**2) * layers**2,
            },
            measured=[sampled(covariation_of_modes, 2, mode="1 2")] if depth == 2 else [],
            mutated=False,
        )
    yield equals(
        r"covariation of both cross modes: $d[w_{\alpha\beta}, w_{\beta\alpha}]/dt$",
        printed=beta * (w_1 + w_2) ** 2 * first * second,
        where=in_layers(2),
        derived=lambda: beta * two_modes(2).covariation(CROSS, CROSSED),
        wrong={
            "label noise shared": beta * (w_1 + w_2) ** 2 * (first * second + sigma_q**2),
            "a tenth too large": sp.Rational(11, 10) * beta * (w_1 + w_2) ** 2 * first * second,
        },
        measured=[sampled(covariation_of_modes, 2, mode="1 2", other="2 1")],
        says="A result of ours, at depth two.",
        remark=True,
        mutated=False,
    )


@paper.claim("DLN-M2", "Assumption (A1), Section 2.4", symbols=SYMBOLS | {eta: "learning rate"}, grade=Grade.CONFLICT)
def balance_for_all_times():
    r"""Balance for all times.

    "$W_{\ell+1}(t)^\top W_{\ell+1}(t) = W_\ell(t)W_\ell(t)^\top$ for all layers $\ell$ and all times $t$ in training.
    This condition is preserved under gradient flow."

    - Scope: two modes at an aligned balanced point of the SDE (1).
    - $\Lambda_l = W_lW_l^\top - W_{l+1}^\top W_{l+1}$ has no martingale part; gradient flow keeps it, as the page says,
      and the noise gives it a drift. One mode alone stays balanced (DLN-M3).
    """
    anywhere = written_network(2, 1, 2)
    yield equals(
        r"gradient flow: $\dot\Lambda_1$",
        printed=sp.zeros(1, 1),
        derived=lambda: flow_of_balance(anywhere, 1),
        wrong={"the sum, not the difference": flow_of_balance(anywhere, 1, sign=1)},
        says="Two layers of widths 2, 1, 2, balanced or not.",
        mutated=False,
    )
    lower, upper = anywhere.layers
    T = sp.Matrix(2, 2, sp.symbols("T_11 T_12 T_21 T_22", real=True))
    G = upper.T * T, T * lower.T
    yield equals(
        r"a step of SGD: $\Lambda_1' - \Lambda_1$",
        printed=(eta**2 * (G[0] * G[0].T - G[1].T * G[1])).applyfunc(sp.expand),
        derived=lambda: _step_of_balance(lower, upper, G),
        wrong={"of the other sign": (eta**2 * (G[1].T * G[1] - G[0] * G[0].T)).applyfunc(sp.expand)},
        says=r"A result of ours: exact for every batch, $T = \frac1b\sum(y - Wx)x^\top$; no martingale part.",
        remark=True,
        mutated=False,
    )
    first, second = ((s_1 - w_1) ** 2, (s_2 - w_2) ** 2)
    flat = WrittenNetwork((sp.diag(u_1, u_2),) * 2, sp.diag(s_1, s_2), sigma_q**2 * sp.eye(2))
    yield equals(
        r"drift of the balance: $(d\Lambda_1/dt)_{11},\ (d\Lambda_1/dt)_{22},\ (d\Lambda_1/dt)_{12}$",
        printed=sp.zeros(3, 1),
        corrected=sp.Matrix([beta * w_1 * (first - second), beta * w_2 * (second - first), 0]),
        where=in_layers(2),
        derived=lambda: _entries(beta * drift_of_balance(flat, 1)),
        wrong={
            "one gap only": sp.Matrix([beta * w_1 * first, beta * w_2 * second, 0]),
            "a tenth too large": sp.Rational(11, 10)
            * beta
            * sp.Matrix([w_1 * (first - second), w_2 * (second - first), 0]),
        },
        measured=[
            sampled(
                drift_of_the_balance,
                2,
                of=lambda candidate: candidate[0],
                w="1/2 3/10",
                s="1 3/10",
                sigma="0",
                layer="1",
            )
        ],
        says="Depth two; in general the entry is $\\beta w_i(d\\,\\delta_i^2 - \\sum_k\\delta_k^2)$.",
        mutated=False,
    )


def _step_of_balance(lower: sp.Matrix, upper: sp.Matrix, G: tuple[sp.Matrix, sp.Matrix]) -> sp.Matrix:
    moved = lower + eta * G[0], upper + eta * G[1]
    changes = [b * b.T - c.T * c for b, c in (moved, (lower, upper))]
    return (changes[0] - changes[1]).applyfunc(sp.expand)


def _entries(matrix: sp.Matrix) -> sp.Matrix:
    return sp.Matrix([matrix[0, 0], matrix[1, 1], matrix[0, 1]])


@paper.claim(
    "DLN-M3",
    "not printed; relevant to assumption (A1)",
    symbols={eta: "learning rate", sp.Symbol("W_1", positive=True): "weight of layer 1, likewise the others"},
    source=Source.OURS,
)
def balance_of_a_scalar_chain():
    r"""Balance of a scalar chain attracts.

    $W_l^2 - W_m^2$ has no noise and decays.

    - Scope: a chain of three scalars, batch size one.
    """
    layers, teacher, sigma = sp.symbols("W_1:4", positive=True), *sp.symbols("s sigma_q", positive=True)
    x, y = sp.symbols("x y", real=True)
    data = Gaussian([x, y], [0, 0], [[1, teacher], [teacher, teacher**2 + sigma**2]])
    model = Model(layers, (y - sp.Mul(*layers) * x) ** 2 / 2, data)
    difference = layers[0] ** 2 - layers[1] ** 2
    rate = eta * (2 * (teacher - sp.Mul(*layers)) ** 2 + sigma**2) * layers[2] ** 2

    def derived() -> list[sp.Expr]:
        moved = ito_differential(model.stochastic_gradient_flow(1), difference)
        return [moved.drift, (moved.dispersion * moved.dispersion.T)[0]]

    yield equals(
        r"difference of squares: $d(W_1^2 - W_2^2): \text{ (drift, diffusion)}$",
        printed=sp.Matrix([-rate * difference, 0]),
        derived=derived,
        wrong={
            "conserved, as by the flow": sp.zeros(2, 1),
            "growing": sp.Matrix([rate * difference, 0]),
            "a tenth too fast": sp.Matrix([-sp.Rational(11, 10) * rate * difference, 0]),
        },
        measured=[
            measured(
                balance_of_a_chain,
                lambda candidate: candidate[0].subs(
                    {eta: 1, teacher: 1, sigma: sp.S.Half, **dict(zip(layers, (1, sp.S.Half, 1), strict=True))}
                ),
                name="samples of the noise",
                W_1="1",
                W_2="1/2",
                W_3="1",
                s="1",
                sigma_q="1/2",
            )
        ],
        mutated=False,
    )


@paper.claim(
    "DLN-M4",
    "not printed; relevant to assumption (A1) and Proposition 5.2",
    symbols={s_1: "teacher's value of a mode", s_2: "of the other", sigma_q: "label noise", beta: r"$\beta = \eta/b$"},
    kind=Kind.IDENTITY,
    source=Source.OURS,
)
def minima_that_label_noise_selects():
    r"""Minima that label noise selects.

    $d\Lambda_l/dt = \beta\sigma_q^2(W_{>l}^\top W_{>l}\|W_{<l}\|_F^2 - W_{\le l}W_{\le l}^\top\|W_{>l+1}\|_F^2)$, the
    flow to the minimum of $\sum_l\|W_{>l}\|_F^2\|W_{<l}\|_F^2$.

    - Scope: at minima, $\Delta = 0$.
    - So (A1) fails in the stationary regime for $L \ge 3$ with two modes, and for $L = 2$ where $d_0 \ne d_L$.
    """
    a, b, c = sp.symbols("a b c", positive=True)
    narrow = (sp.Matrix([[a, b]]), sp.Matrix([[c]]))

    def where_at_rest(drift: sp.Expr) -> sp.Expr:
        """The square of c where the drift vanishes on the minima of the teacher (1, 0): a = 1/c, b = 0."""
        (found,) = sp.solve(drift.subs({a: 1 / c, b: 0, beta: 1, sigma_q: 1}), c)
        return found**2

    yield equals(
        r"two inputs, one output: $d\Lambda_1/dt$",
        printed=beta * sigma_q**2 * (2 * c**2 - (a**2 + b**2)),
        derived=lambda: beta * drift_of_balance(_learned(narrow), 1)[0],
        wrong={
            "balanced minima stay": beta * sigma_q**2 * (c**2 - (a**2 + b**2)),
            "a fifth more of the upper layer": beta * sigma_q**2 * (sp.Rational(12, 5) * c**2 - (a**2 + b**2)),
        },
        measured=[
            measured(selected_weight, where_at_rest, widths="2 1 1", s="1", sigma="1", eta="1/200", time="6"),
        ],
        says=r"Zero where $d_0W_2^\top W_2 = d_LW_1W_1^\top$: balanced iff $d_0 = d_L$.",
    )
    p, q, mean = sp.symbols("p q m", positive=True)
    outer = sp.diag(p, q)
    apart = sigma_q**2 * p**2 * (2 * mean**2 - p**2 - q**2)

    def rest(middle: sp.Expr) -> list[sp.Expr]:
        network = _learned((outer, middle * sp.eye(2), outer))
        return [drift_of_balance(network, 1)[0, 0], drift_of_balance(network, 2)[0, 0]]

    yield equals(
        r"three layers: $(d\Lambda_1/dt)_{11},\ (d\Lambda_2/dt)_{11}$",
        printed=sp.Matrix([apart, -apart]),
        derived=lambda: rest(mean),
        wrong={"at rest where balanced": 2 * sigma_q**2 * p**2 * (mean**2 - p**2) * sp.Matrix([1, -1])},
        mutated=False,
        says=r"Outer layers $\mathrm{diag}(p, q)$, middle layer $mI$: at rest iff $m^2 = \frac12(p^2 + q^2)$, that is "
        r"$w_{1,i}^2 = w_{3,i}^2 = s_i\bar s^{-1/3}$, $w_{2,i}^2 = \bar s^{2/3}$, with $\bar s$ the mean of the $s_i$.",
    )
    yield from layers_of_runs()


def _learned(layers: tuple[sp.Matrix, ...]) -> WrittenNetwork:
    """A network at a minimum of the loss."""
    product = sp.eye(layers[0].cols)
    for layer in layers:
        product = layer * product
    return WrittenNetwork(layers, product, sigma_q**2 * sp.eye(product.rows))
