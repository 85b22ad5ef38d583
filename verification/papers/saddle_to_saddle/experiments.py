r"""Section 5.1, Appendices H, J, K and the released code: what of the experiments is decided without training."""

from __future__ import annotations

import sympy as sp
from sympy.logic.boolalg import Boolean

from theory.deep_linear.gradient_flow import passage_time
from theory.deep_linear.written_out import WrittenNetwork
from theory.ito import ItoProcess
from theory.notation import eta
from verification.authoring.shorthand import Grade, Source, equals, holds_when, measured
from verification.papers.saddle_to_saddle.balanced.aligned import MODE, OTHER, PAIR, s_1, s_2, w_1, w_2
from verification.papers.saddle_to_saddle.figures.end_of_training import spread_with_label_noise
from verification.papers.saddle_to_saddle.figures.scaling import scaling_in_runs, wide_layers_in_runs
from verification.papers.saddle_to_saddle.figures.smaller_start import delay_in_runs
from verification.papers.saddle_to_saddle.figures.two_losses import learning_times_of_two_losses
from verification.papers.saddle_to_saddle.finite_data import mean_of_share, samples
from verification.papers.saddle_to_saddle.paper import (
    MODE_SYMBOLS,
    NOISE_SYMBOLS,
    L,
    beta,
    mode_diffusion,
    paper,
    s,
    sigma_q,
    w,
)
from verification.papers.saddle_to_saddle.sgd_samples import fourth_power_of_whitened
from verification.papers.saddle_to_saddle.stationary.location import expanded

gamma = sp.Symbol("gamma", positive=True)
theta = sp.Symbol("theta", real=True)
d = sp.Symbol("d", integer=True, positive=True)
STEP = sp.Symbol("Delta_t", positive=True)
DEFAULTS = {s: 1, beta: sp.Rational(5, 1000), sigma_q: sp.sqrt(sp.Rational(1, 10))}
"""Appendix H and Figure 5: the largest mode, learning rate .005, batches of one, label variance .1."""


def mean_square_singular_value(width: sp.Expr, depth: sp.Expr) -> sp.Expr:
    r""":math:`E\,\mathrm{tr}(WW^\top)/d` at the start, layer by layer: :math:`E[W_lW_l^\top] = d\,d^{-\gamma}I`."""
    return (width * width**-gamma) ** depth


@paper.claim(
    "DLN-H0", "Appendix H", symbols={gamma: "exponent of the initialisation", d: "width of all layers", L: "depth"}
)
def set_up_of_the_experiments():
    r"""Set-up of the experiments.

    "Values of $\gamma > 1$ correspond to the rich regime"; "an isotropic Gaussian noise term
    $\xi\sim\mathcal N(0, \eta\,\Delta t\,I)$ is added, where $\eta$ is the learning rate and $\Delta t$ is the
    discretization time step".

    - Scope: the set-up of the experiments, as far as it makes statements.
    - The default teacher has three modes, the caption of Figure 2 says "the 5 singular values of the teacher matrix".
      Seeds, horizons, the size of the data set of gradient descent, the depth in Figures 3, 4, 5, 9, 10 and 12, and how
      a root of the covariance is taken are not given.
    - The "mean-square-error loss" of Appendix H is not that of Section 2.1 in the released code (DLN-CODE1).
    """

    def shrinks() -> Boolean:
        z = sp.Symbol("z", positive=True)
        size = mean_square_singular_value(sp.exp(z), L)
        return sp.factor(sp.diff(sp.expand_log(sp.log(size), force=True), z) / L) < 0

    yield holds_when(
        r"rich regime: $\lim_{d\to\infty}\tfrac1dE\|W(0)\|_F^2 = 0\text{ iff }$",
        printed=gamma > 1,
        derived=shrinks,
        wrong={"as for two layers": gamma > 2},
        says="Where the map starts at 0 in wide networks, its singular values of the size of their root mean square.",
    )
    yield equals(
        r"isotropic noise: $\operatorname{Var}(\xi)$",
        printed=eta * STEP,
        derived=lambda: ItoProcess.scalar(theta, drift=0, dispersion=sp.sqrt(eta)).diffusion[0] * STEP,
        wrong={"of steps of SGD": eta**2},
        says=r"A step of Euler and Maruyama for $d\theta = -g\,dt + \sqrt\eta\,dB$: (1) with $\Sigma = I$.",
        mutated=False,
    )


def loss_gradients(outputs: int) -> tuple[sp.Matrix, sp.Matrix]:
    """The gradients by the weights of one layer, of one sample: of the page's loss and of a mean over outputs."""
    weights = sp.Matrix(sp.symbols(f"w_1:{outputs + 1}", real=True))
    labels, x = sp.Matrix(sp.symbols(f"y_1:{outputs + 1}", real=True)), sp.Symbol("x", real=True)
    errors = labels - weights * x
    page = sp.Rational(1, 2) * errors.dot(errors)
    mean = sp.Add(*(error**2 for error in errors)) / outputs
    return tuple(sp.Matrix([loss]).jacobian(weights) for loss in (page, mean))


@paper.claim(
    "DLN-CODE1",
    "Section 2.1, Appendix H.1; the first author's repository",
    symbols={d: "number of outputs"},
    source=Source.CODE,
    grade=Grade.CONFLICT,
)
def normalisation_of_the_loss():
    r"""Normalisation of the loss.

    $\ell = \frac12\|y - f\|^2$ (Section 2.1), against the mean over outputs.

    - Scope: the code as we read it, which takes the mean of squared errors over samples and outputs.
    - Trained by that loss SGD needs six times as many steps as the matrix formula of Proposition 3.1 at 12 outputs, and
      its noise is 36 times weaker. Figure 3 prints "200 units of time" against "30"; from one initialisation and one
      loss we find no such factor.
    """

    def ratio(outputs: int) -> sp.Expr:
        page, code = loss_gradients(outputs)
        ratios = {sp.cancel(ours / theirs) for ours, theirs in zip(code, page, strict=True)}
        (found,) = ratios
        return found

    for outputs in (3, 12):
        yield equals(
            f"gradient, {outputs} outputs",
            r"g_{\text{code}}/g_{\text{page}}",
            printed=sp.S.One,
            corrected=sp.Rational(2, outputs),
            derived=lambda outputs=outputs: ratio(outputs),
            wrong={"half of the squares": sp.Rational(1, outputs)},
            mutated=False,
        )
    yield equals(
        r"noise covariance, 12 outputs: $\Sigma_{\text{code}}/\Sigma_{\text{page}}$",
        printed=sp.S.One,
        corrected=sp.Rational(1, 36),
        derived=lambda: ratio(12) ** 2,
        wrong={"of the gradient": sp.Rational(1, 6)},
        mutated=False,
    )
    yield learning_times_of_two_losses()


def start_of_a_mode(width: int, layers: int) -> sp.Expr:
    """The standard deviation of the amplitude of a mode, over that at widths 12, from the layers' alone."""
    return sp.Rational(width, 12) ** (-gamma * layers / 2)


@paper.claim(
    "DLN-CODE2",
    "Appendix H.1, H.2; the first author's repository",
    symbols={gamma: "exponent of the initialisation", samples: "size of the data set"} | MODE_SYMBOLS,
    source=Source.CODE,
    grade=Grade.CONFLICT,
)
def initialisation_and_data():
    r"""Initialisation and data.

    "variance $\min\{d_0, d_1\}^{-\gamma}$"; "data is sampled from the distribution independently at each parameter
    update step".

    - Scope: the code as we read it: first hidden width for the smaller width, data that are centred and whitened.
    - At widths 12, 24, 12 and $\gamma = 3$ every layer starts 2.83 times smaller than on the page, and at depth two a
      mode is learned later by $\frac32\log2/s = 1.04/s$.
    """
    N, small = samples, sp.Symbol("epsilon", positive=True)

    def delay() -> sp.Expr:
        from_code, from_page = (
            passage_time(2, small * factor, s / 2, s) for factor in (start_of_a_mode(24, 2).subs(gamma, 3), 1)
        )
        return sp.limit(sp.expand_log(sp.simplify(from_code - from_page), force=True), small, 0)

    yield equals(
        r"standard deviation of a layer: $\text{over that at widths 12, of widths 12, 24, 12}$",
        printed=sp.S.One,
        corrected=2 ** (-gamma / 2),
        derived=lambda: start_of_a_mode(24, 1),
        wrong={"of the variance": 2**-gamma},
        mutated=False,
    )
    yield equals(
        r"delay of a mode: $t_{1/2}^{\text{code}} - t_{1/2}^{\text{page}}$",
        printed=sp.S.Zero,
        corrected=3 * sp.log(2) / (2 * s),
        derived=delay,
        wrong={"of one layer": 3 * sp.log(2) / (4 * s)},
        says=r"Depth two, $\gamma = 3$, small initialisation.",
        mutated=False,
    )
    yield delay_in_runs()

    def fourth_moment() -> sp.Expr:
        # Centred directions fill N - 1 dimensions; the square of one is (1 - 1/N) of a share there, times N.
        return sp.cancel((N * (1 - 1 / N)) ** 2 * mean_of_share(2).subs(N, N - 1))

    yield equals(
        "noise of whitened inputs: $E[x^4] - 1$",
        printed=sp.Integer(2),
        corrected=2 * (N - 2) / (N + 1),
        derived=lambda: sp.cancel(fourth_moment() - 1),
        domain=(N > 4,),
        wrong={"whitened, not centred": 2 * (N - 1) / (N + 2)},
        measured=[measured(fourth_power_of_whitened, at={N: "7"}, name="draws of seven inputs")],
        says="What the gap's noise is proportional to: one input, centred and whitened over N samples.",
        mutated=False,
    )


@paper.claim("DLN-E4", "Section 3; Appendix J.1, J.2, Figures 9 and 10", symbols=NOISE_SYMBOLS)
def largest_diffusion():
    r"""Largest diffusion against learning rate and batch size.

    "the maximum diffusion along modes scales approximately linearly with the learning rate", and "with the reciprocal
    of the batch size".

    - Scope: a balanced mode without label noise, and the runs of the figures.
    - Proportional to the learning rate and to one over the batch size, exactly; in runs as far as (7) holds.
    """
    place = 2 * (L - 1) * s / (3 * L - 2)

    def peak(rate: sp.Expr) -> sp.Expr:
        diffusion = mode_diffusion(L, sp.S.Zero)
        slope = sp.simplify(sp.diff(sp.log(diffusion), w).subs(w, place))
        if sp.simplify(slope) != 0:
            raise AssertionError(f"{place} is no peak: {slope}")
        return diffusion.subs(beta, rate).subs(w, place)

    yield equals(
        r"scaling: $\max D_\alpha(2\beta)/\max D_\alpha(\beta)$",
        printed=sp.Integer(2),
        derived=lambda: sp.powsimp(sp.simplify(peak(2 * beta) / peak(beta))),
        wrong={"square": sp.Integer(4)},
        mutated=False,
    )
    yield equals(
        r"largest value: $\max D_\alpha$",
        printed=2 * beta * (L**2 * s / (3 * L - 2)) ** 2 * place ** (4 - 4 / L),
        derived=lambda: peak(beta),
        wrong={"at the middle": beta * L**2 * s**2 / 2 * (s / 2) ** (4 - 4 / L)},
        says=r"A result of ours; $\beta/2$ and $1.106\beta$ at depths 2 and 4 for $s = 1$.",
        remark=True,
    )
    yield from scaling_in_runs()


@paper.claim("DLN-E6", "Section 5.1, Figure 5", symbols=NOISE_SYMBOLS)
def end_of_training_with_label_noise():
    r"""End of training with label noise.

    "the distribution is approximately Gaussian and is no longer concentrated at a point".

    - Scope: the scalar mode, first order in $\beta$, and the runs of the figure.
    - The standard deviation at the page's values is .0224 at depth two. Far out the law has a power-law tail (DLN-P1t).
    """
    yield equals(
        r"spread: $\lim\operatorname{Var}(w_\alpha)/\beta$",
        printed=sigma_q**2 * s,
        derived=lambda: expanded(sp.Integer(2), "variance"),
        wrong={"concentrated at a point": sp.S.Zero},
        says="Depth two.",
    )
    yield equals(
        r"standard deviation at the page's values: $\operatorname{sd}(w_\alpha)$",
        printed=sp.sqrt(5) / 100,
        derived=lambda: sp.sqrt(beta * expanded(sp.Integer(2), "variance")).subs(DEFAULTS),
        wrong={"label variance for deviation": sp.sqrt(5) / 100 * sp.sqrt(sp.Rational(1, 10))},
        says="A result of ours.",
        remark=True,
        mutated=False,
    )
    yield spread_with_label_noise()


@paper.claim("DLN-E9", "Appendix J.4, Figure 11", symbols=NOISE_SYMBOLS | PAIR)
def wider_hidden_layers():
    r"""Wider hidden layers.

    "the formula in Proposition 3.5 for the modewise diffusion is also similar to what is observed in a DLN with hidden
    layers of size 24, double the size of the input and output (12)".

    - Scope: aligned balanced layers, hidden widths beyond those of input and output; random starts in the runs.
    """
    u_1, u_2 = sp.symbols("u_1 u_2", positive=True)

    def wide() -> WrittenNetwork:
        """Two modes through four hidden units, which hold them in turned directions."""
        turned = sp.Matrix([[3, 0], [4, 0], [0, 5], [0, 0]]) / 5
        lower = turned * sp.diag(u_1, u_2)
        return WrittenNetwork((lower, lower.T), sp.diag(s_1, s_2), sigma_q**2 * sp.eye(2))

    for name, other, printed in (
        ("diffusion", MODE, 4 * beta * (2 * (s_1 - w_1) ** 2 + sigma_q**2) * w_1**2),
        ("cross-diffusion", OTHER, sp.S.Zero),
    ):
        yield equals(
            name,
            r"D_\alpha" if other is MODE else r"D_{\alpha\beta}",
            printed=printed,
            where={w_1: u_1**2, w_2: u_2**2},
            derived=lambda other=other: beta * wide().covariation(MODE, other),
            wrong={"a factor for each hidden unit": 2 * printed}
            if printed != 0
            else {"shared label noise": beta * sigma_q**2 * (w_1 * w_2) ** 2},
            says="Two modes, four hidden units.",
            mutated=False,
        )
    yield wide_layers_in_runs()
