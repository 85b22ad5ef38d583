r"""Appendix A.2 and Section 2.2: the martingale of the gradient noise and its limit."""

from __future__ import annotations

import sympy as sp

from theory.gradient_noise.data_law import Gaussian
from theory.gradient_noise.descent import gradient_descent
from theory.gradient_noise.expectation import expectation
from theory.gradient_noise.model import Model
from theory.notation import eta, t
from verification.authoring.shorthand import Grade, Kind, equals, measured
from verification.papers.saddle_to_saddle.figures.small_rates import distance_from_flow
from verification.papers.saddle_to_saddle.paper import paper
from verification.papers.saddle_to_saddle.sgd_samples import square_of_the_martingale

Sigma = sp.Symbol("Sigma", positive=True)
theta, x, y, s = sp.symbols("theta x y s", real=True)
sigma_q, epsilon = sp.symbols("sigma_q epsilon", positive=True)
theta_0 = sp.Symbol("theta_0", real=True)
SYMBOLS = {eta: "learning rate", Sigma: "variance of the gradient noise of one sample, one weight"}
REGRESSION = Model([theta], (y - theta * x) ** 2 / 2, Gaussian([x, y], [0, 0], [[1, s], [s, s**2 + sigma_q**2]]))
"""One linear weight, white input, label noise."""


@paper.claim("DLN-A1", "Appendix A.2", symbols=SYMBOLS | {t: "time"}, grade=Grade.WRONG)
def covariance_of_the_martingale():
    r"""Covariance of the martingale.

    "$M(t) := \sqrt\eta\sum_{i=0}^{t/\eta - 1}\xi(\theta, t_i)$", so
    "$\mathrm{Cov}(M(t_i)) = \sqrt\eta\frac t\eta\Sigma = \sqrt\eta t\Sigma$ if all $\xi$ have same covariance matrix".
    """

    def summed(steps: int) -> sp.Expr:
        noises = sp.symbols(f"xi_1:{steps + 1}", real=True)
        law = Gaussian(noises, [0] * steps, Sigma * sp.eye(steps))
        return expectation(sp.expand(t / steps * sp.Add(*noises) ** 2), law)

    for steps in (2, 5):
        rate = t / sp.Integer(steps)
        yield equals(
            f"{steps} steps",
            r"\mathrm{Cov}(M(t))",
            printed=sp.sqrt(rate) * t * Sigma,
            corrected=t * Sigma,
            derived=lambda steps=steps: summed(steps),
            measured=[
                measured(
                    square_of_the_martingale,
                    lambda candidate: candidate.subs({t: sp.S.Half, Sigma: 1}),
                    steps=str(steps),
                    t="1/2",
                    gap="1/2",
                    sigma="1",
                )
            ],
            wrong={
                "of a sum without its factor": t * Sigma / rate,
                "a tenth too large": sp.Rational(11, 10) * t * Sigma,
            },
            says=rf"At $\eta = t/{steps}$: printed $\sqrt\eta t\Sigma$.",
            mutated=False,
        )


@paper.claim("DLN-A2", "Section 2.2, Appendix A.2", symbols=SYMBOLS, grade=Grade.CONDITION)
def limit_of_the_interpolation():
    r"""Limit of the interpolation.

    "the piecewise-constant interpolation of $\{\theta_k\}$ with constant $\eta$ converges (as $\eta\to0$) to the Itô
    SDE $d\theta_t = -g\,dt + \sqrt{\eta\Sigma_b}\,dW_t$".

    - Scope: one linear weight.
    - The limit is gradient flow; (1) is an approximation for small noise, whose law is right to first order in $\eta$.
    """
    step = REGRESSION.step_moments(1)
    yield equals(
        r"drift: $\lim_{\eta\to0}E[\delta\theta]/\eta$",
        printed=-REGRESSION.gradient[0],
        derived=lambda: sp.limit(sp.cancel(step.mean[0] / eta), eta, 0),
        wrong={"uphill": REGRESSION.gradient[0]},
        mutated=False,
    )
    yield equals(
        r"diffusion: $\lim_{\eta\to0}\mathrm{Var}(\delta\theta)/\eta$",
        printed=eta * Sigma,
        where={Sigma: REGRESSION.covariance[0]},
        corrected=sp.S.Zero,
        derived=lambda: sp.limit(sp.cancel(step.covariance[0] / eta), eta, 0),
        wrong={"noise that does not vanish": Sigma},
        says="A limit does not depend on what tends to 0.",
        mutated=False,
    )
    yield distance_from_flow()


@paper.claim(
    "DLN-A3",
    "Appendix A.2, conditions of the functional central limit theorem",
    symbols=SYMBOLS | {t: "time", theta_0: "start", s: "teacher", sigma_q: "label noise", epsilon: "any size"},
    kind=Kind.PROOF_STEP,
)
def conditions_of_the_limit_theorem():
    r"""Conditions of the limit theorem for martingales.

    "$\eta\sum_kE[\xi_k\xi_k^\top | F k]\to_p\int_0^t\Sigma(s)ds$", and for all $\epsilon$
    "$\eta\sum_kE[\|\xi_k\|^21_{\|\xi_k\| > \epsilon/\sqrt\eta} | F_k]\to0$".

    - Scope: one linear weight, along the path of gradient descent.
    - The first condition prints $\mathcal F\,k$ where $\mathcal F_k$ is meant: an index on the line, which says
      nothing else that could be wrong. Read with the index both conditions hold, so this is not counted as a misprint.
    """
    tau, steps = sp.symbols("tau n", positive=True)
    gap = theta_0 - s
    noise = REGRESSION.gradient[0] - REGRESSION.sample_gradient[0]

    def along(power: int, contraction: sp.Expr) -> sp.Expr:
        """A moment of the noise where the gap is ``contraction`` times its start."""
        return sp.expand(expectation(sp.expand(noise**power), REGRESSION.law).subs(theta, s + gap * contraction))

    def summed(power: int) -> sp.Expr:
        """The sum over the steps until t, by the formula for geometric series, as the learning rate tends to 0."""
        q = sp.Symbol("q", positive=True)
        terms = sp.Poly(along(power, q), q).terms()
        series = {n: (1 - sp.exp(-n * t)) / n if n else t for ((n,), _) in terms}
        for (n,), _ in terms:
            if n and sp.limit(eta / (1 - (1 - eta) ** n), eta, 0) != sp.Rational(1, n):
                raise AssertionError("the weight of a geometric series is one over its power")
        return sum(coefficient * series[n] for ((n,), coefficient) in terms)

    yield equals(
        r"quadratic variation: $\lim_{\eta\to0}\eta\sum_{k < t/\eta}E[\xi_k^2 | F_k]$",
        printed=sp.Integral(Sigma, (tau, 0, t)),
        where={Sigma: along(2, sp.exp(-tau))},
        derived=lambda: summed(2),
        modulo=lambda side: sp.expand(side.doit()),
        wrong={"noise of the start kept": {Sigma: along(2, sp.S.One)}},
        says=r"$\Sigma$ along gradient flow.",
        mutated=False,
    )
    yield equals(
        r"large noises: $\lim_{\eta\to0}\eta\sum_{k < t/\eta}\tfrac\eta{\epsilon^2}E[\xi_k^4 | F_k]$",
        printed=sp.S.Zero,
        derived=lambda: sp.limit(eta * summed(4) / epsilon**2, eta, 0),
        wrong={"of one size of noise for every learning rate": sp.Integral(along(4, sp.exp(-tau)), (tau, 0, t))},
        says=r"Bounds the second sum, by $1_{\|\xi\| > \epsilon/\sqrt\eta}\le\eta\|\xi\|^2/\epsilon^2$.",
        mutated=False,
    )


@paper.claim(
    "DLN-A4",
    "Appendix A.2, last paragraph",
    symbols=SYMBOLS | {theta: "weight", s: "teacher", sigma_q: "label noise"},
    grade=Grade.WRONG,
)
def euler_maruyama_path():
    r"""SGD as an Euler-Maruyama path.

    "the process $\theta(t)$ whose Euler-Maruyama discretization is $\theta_k$ satisfies the SDE 1".

    - Scope: one linear weight.
    - Where $\Sigma$ depends on time, the limit of $M$ has the quadratic variation $\int_0^t\Sigma(s)ds$ and is no
      Wiener process.
    """
    gap = s - theta

    def third() -> sp.Expr:
        noise = REGRESSION.gradient[0] - REGRESSION.sample_gradient[0]
        return expectation(sp.expand(noise**3), REGRESSION.law)

    yield equals(
        r"third moment of the noise of a step: $E[\xi^3]$",
        printed=sp.S.Zero,
        corrected=8 * gap**3 + 6 * gap * sigma_q**2,
        derived=third,
        wrong={"of the inputs alone": 8 * gap**3},
        says="A step of Euler-Maruyama is Gaussian, a step of SGD is not.",
        mutated=False,
    )


@paper.claim("DLN-A5", "Appendix A.2", symbols=SYMBOLS | {theta: "weight"}, kind=Kind.PROOF_STEP)
def scaled_iteration():
    """Iteration in scaled time."""
    mean, step_size = sp.Symbol("m", real=True), sp.Symbol("tau", positive=True)
    model = Model([theta], (theta - x) ** 2 / 2, Gaussian([x], [mean], [[1]]))
    descent = gradient_descent(model, batch_size=1)
    (z,) = descent.normals
    noise = model.gradient[0] - model.sample_gradient[0].subs(x, mean + z)
    yield equals(
        r"step: $\theta_{(t + \Delta t)/\eta}$",
        printed=theta - step_size * model.gradient[0] + sp.sqrt(eta) * sp.sqrt(step_size) * noise,
        where={step_size: eta},
        derived=lambda: descent.update[0],
        wrong={"root of the step alone": {step_size: sp.sqrt(eta)}},
        says=r"$\theta - \Delta t\,g + \sqrt\eta\sqrt{\Delta t}\,\xi$, $\tau = \Delta t = \eta$, for a quadratic loss.",
        mutated=False,
    )
