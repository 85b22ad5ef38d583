r"""Proposition 5.1 and Appendix F: the Fokker-Planck equations and the zero current."""

from __future__ import annotations

import sympy as sp

from theory.fokker_planck import fokker_planck_operator, probability_current
from theory.ito import ItoProcess
from theory.notation import eta, t
from verification.authoring.shorthand import Kind, equals
from verification.papers.saddle_to_saddle.paper import paper, w

mu, D = (sp.Function(name, real=True)(w) for name in ("mu", "D"))
p = sp.Function("p", real=True)(w, t)
law = sp.Function("p", real=True)(w)
SCALAR = ItoProcess.scalar(w, drift=mu, dispersion=sp.sqrt(D))
SYMBOLS = {w: r"mode amplitude $w_\alpha$", mu: "its drift", D: "its diffusion"}


@paper.claim(
    "DLN-FP1", "Proposition 5.1", symbols=SYMBOLS | {p: "density of the mode, or of the weights", eta: "learning rate"}
)
def fokker_planck_equations():
    """Fokker-Planck equations of the weights and of a mode.

    - Scope: batch size one; the scalar equation for a mode that follows a closed scalar SDE.
    """
    weights = sp.symbols("theta_1 theta_2", real=True)
    density = sp.Function("p", real=True)(*weights, t)
    g = [sp.Function(f"g_{i}", real=True)(*weights) for i in (1, 2)]
    root = sp.Matrix(2, 2, [sp.Function(f"sigma_{i}{j}", real=True)(*weights) for i in (1, 2) for j in (1, 2)])
    covariance = root * root.T
    process = ItoProcess(weights, [-each for each in g], sp.sqrt(eta) * root)

    def operator(strength: sp.Expr) -> sp.Expr:
        flow = sum(sp.diff(each * density, x) for each, x in zip(g, weights, strict=True))
        spread = sum(sp.diff(covariance[i, j] * density, weights[i], weights[j]) for i in range(2) for j in range(2))
        return flow + strength * spread

    yield equals(
        r"weights: $\partial_tp(\theta, t)$",
        printed=operator(eta / 2),
        derived=lambda: fokker_planck_operator(process, density),
        wrong={"without its half": operator(eta)},
        says=r"Two weights, $\Sigma = \sigma\sigma^\top$ with any entries.",
        mutated=False,
    )
    yield equals(
        r"mode: $\partial_tp_\alpha(w_\alpha, t)$",
        printed=-sp.diff(mu * p, w) + sp.diff(D * p, w, 2) / 2,
        derived=lambda: fokker_planck_operator(SCALAR, p),
        wrong={
            "without its half": -sp.diff(mu * p, w) + sp.diff(D * p, w, 2),
            "diffusion outside the derivative": -sp.diff(mu * p, w) + D * sp.diff(p, w, 2) / 2,
        },
        mutated=False,
    )


@paper.claim(
    "DLN-FP2", "Appendix F, after Eq. (31)", symbols=SYMBOLS | {law: "stationary density"}, kind=Kind.PROOF_STEP
)
def zero_current():
    """Zero current and the equation of first order."""

    def current() -> sp.Expr:
        return probability_current(SCALAR, law)[0]

    def log_slope() -> sp.Expr:
        rise = sp.diff(law, w)
        (found,) = sp.solve(current().doit(), rise)
        return found / law + sp.diff(D, w) / D

    yield equals(
        "current: $J(w)$",
        printed=mu * law - sp.diff(D * law, w) / 2,
        derived=current,
        wrong={"without its half": mu * law - sp.diff(D * law, w)},
        mutated=False,
    )
    yield equals(
        "first-order equation: $-J(w)$",
        printed=sp.diff(D * law, w) / 2 - mu * law,
        derived=lambda: -current(),
        wrong={"diffusion outside the derivative": D * sp.diff(law, w) / 2 - mu * law},
        mutated=False,
    )
    yield equals(
        r"linear form: $(\log p^\star_\alpha)' + (\log D_\alpha)'$",
        printed=2 * mu / D,
        derived=log_slope,
        wrong={"without its two": mu / D, "Stratonovich reading": 2 * mu / D + sp.diff(D, w) / (2 * D)},
    )
