r"""Appendix F.1, the proof of Theorem 5.1: rates on the two lines :math:`p = 0` and :math:`s = 0`, and invariance."""

import functools
from collections.abc import Iterator

import sympy as sp

from theory.ito import ItoProcess
from theory.models.single_neuron import JET, SingleNeuron, p, s
from theory.models.single_neuron import slope as c
from theory.notation import eta, zeta
from verification.authoring.shorthand import Grade, Kind, equals
from verification.claim import Statement
from verification.papers.stochastic_collapse.neurons import single_neuron
from verification.papers.stochastic_collapse.neurons.single_neuron import OUTPUTS, PAIR, RESIDUALS, SIZES, SUMS, F, X, Y
from verification.papers.stochastic_collapse.paper import paper

_, sigma_2, sigma_3, sigma_4, _ = JET
SYMBOLS = single_neuron.ORIGIN_SYMBOLS | {p: "$w_1 + w_2$", s: "$w_1 - w_2$"}
T = sp.symbols("T_1 T_2", real=True)
DERIVATIVES = {sigma_2: r"$\sigma''(0)$", sigma_3: r"$\sigma'''(0)$", sigma_4: r"$\sigma^{(4)}(0)$"}
SLOPES = SYMBOLS | DERIVATIVES | {T[0]: r"$\pm(\sigma(z) - z\sigma'(z))$ at $z = w_1x_1$"}


@paper.claim(
    "SC-053", "Appendix F.1", symbols=SYMBOLS | {F[0]: "output for sample 1"}, kind=Kind.PROOF_STEP, grade=Grade.WRONG
)
def displayed_derivatives():
    r"""Displayed derivatives in the proof of Theorem 5.1.

    $p_t = w_{1,t} + w_{2,t}$, $s_t = w_{1,t} - w_{2,t}$; the first and third display are $< 0$, the second and fourth
    $> 0$.
    - Scope: (31), arbitrary smooth activation with $\sigma(0) = 0$, arbitrary data, $n = 1, 2, 3$.
    - The signs of the signal are exchanged between the first and the third display, and the right-hand sides of the
      second and the fourth are 4 times too small: a quarter of the printed second display is not the noise term of the
      first.
    - The proof does not suffer: it needs the first and third negative, the second and fourth positive.
    """

    def coordinates(sign_of_s: int) -> sp.Matrix:
        pairs = [(sign, tuple(g)) for sign in (1, sign_of_s) for g in single_neuron.output_gradients()]
        terms = [r * (a + sign * b) for r, (sign, (a, b)) in zip(RESIDUALS * 2, pairs, strict=True)]
        drifts = [-sp.Add(*terms[:PAIR]) / PAIR, -sp.Add(*terms[PAIR:]) / PAIR]
        return sp.Matrix([*drifts, *(sp.sqrt(eta) * zeta * (a + sign * b) for sign, (a, b) in pairs)])

    def turned(each: SingleNeuron) -> sp.Matrix:
        flow, turn = each.flow(sp.sqrt(PAIR)), sp.Matrix([[1, 1], [1, -1]])
        return sp.Matrix([*(turn * flow.drift), *(sp.sqrt(PAIR) * turn * flow.dispersion)])

    yield equals(
        r"coordinates: $(\mu_p, \mu_s, \sigma_{p,1}, \sigma_{p,2}, \sigma_{s,1}, \sigma_{s,2})$",
        printed=coordinates(-1),
        where=OUTPUTS,
        derived=lambda: single_neuron.with_arbitrary_activation(turned),
        wrong={"difference read as sum": coordinates(1)},
        says="Two samples.",
    )
    yield from _displays(("first display", "second display"), "p", 0)
    yield from _displays(("third display", "fourth display"), "s", 1)


@functools.cache
def _sum_and_difference(n: int) -> ItoProcess:
    """The process (31) of n samples in the coordinates p and s; every display starts from it."""
    return single_neuron.neuron(n).sum_and_difference(sp.sqrt(n))


def _displays(names: tuple[str, str], letter: str, coordinate: int) -> Iterator[Statement]:
    """The two displays of one coordinate at the origin; the signal has the opposite sign in truth."""
    sign = (1, -1)[coordinate]
    curvature = rf"\partial_{letter}^2\sum_i\sigma_{{{letter},i}}^2(0,0)"
    squares = r"\eta\zeta^2\sigma'(0)^2\sum_ix_i^2"

    x, other = ((p, s), (s, p))[coordinate]

    def on_its_axis(column: sp.MatrixBase) -> list[sp.Expr]:
        """Polynomials of this coordinate where the other one is 0: the derivatives are along the axis, and at 0."""
        return [sp.expand(entry.subs(other, 0)) for entry in column[coordinate, :]]

    @functools.cache
    def curvature_of_noise(n: int) -> sp.Expr:
        jets = [[f.coeff(x, k) for k in range(3)] for f in on_its_axis(_sum_and_difference(n).dispersion)]
        return sp.expand(sp.Add(*(2 * slope**2 + 4 * value * half_bend for value, slope, half_bend in jets)))

    def rate(n: int) -> sp.Expr:
        (drift,) = on_its_axis(_sum_and_difference(n).drift)
        return drift.coeff(x, 1) - curvature_of_noise(n) / 4

    def signal_and_noise(signal: int, noise: sp.Expr) -> sp.Matrix:
        return single_neuron.for_each_size(lambda n, S, Q: signal * c / n * S - noise / n * eta * zeta**2 * c**2 * Q)

    yield equals(
        names[0],
        rf"\left(\partial_{letter}\mu_{letter}(0,0) - \tfrac1{{4n}}{curvature}\right)_{{n = 1, 2, 3}}",
        printed=signal_and_noise(-sign, sp.S.Half),
        where=SUMS,
        derived=lambda: sp.Matrix([rate(n) for n in SIZES]),
        corrected=signal_and_noise(sign, sp.S.Half),
        corrected_says=rf"$\partial_{letter}\mu_{letter} - \tfrac1{{4n}}{curvature} = "
        rf"{'' if sign > 0 else '-'}\frac{{\sigma'(0)}}n\sum_iy_ix_i - \frac1{{2n}}{squares}$",
    )
    yield equals(
        names[1],
        rf"\left(\tfrac1n{curvature}\right)_{{n = 1, 2, 3}}",
        printed=signal_and_noise(0, -sp.S.Half),
        where=SUMS,
        derived=lambda: sp.Matrix([curvature_of_noise(n) for n in SIZES]),
        corrected=signal_and_noise(0, sp.Integer(-2)),
        corrected_says=rf"$\tfrac1n{curvature} = \frac2n{squares}$",
    )


ORDER = 4
"""Highest power of the coordinate along the line."""


@paper.claim("SC-054", "Appendix F.1, use of Lemma F.1", symbols=SLOPES, kind=Kind.INVARIANCE, grade=Grade.WRONG)
def invariance_of_the_two_lines():
    r"""The sets p = 0 and s = 0 in the proof of Theorem 5.1.

    By Lemma F.1, $A_p = \{(0, s) : s \in [-\epsilon, \epsilon]\}$ and $A_s = \{(p, 0) : p \in [-\epsilon, \epsilon]\}$
    are stochastically attractive; the lemma holds if they are invariant sets.
    - Scope: (31), two samples, Taylor polynomial of order 4 along the set.
    - The normal part of the gradient of $f$ on $p = 0$ is $\sigma(z) - z\sigma'(z)$ at $z = sx/2$, which vanishes for
      every $z$ only if $\sigma$ is linear.
    - The conclusion of Theorem 5.1 is true by another way: a negative top Lyapunov exponent of the linear part.
    - Not judged: the stopping times of the proof should use $|p|$ and $|s|$.
    """
    for line in (p, s):
        yield equals(
            f"{line} = 0",
            rf"(\mu_{line}, \sigma_{{{line},1}}/\sqrt2, \sigma_{{{line},2}}/\sqrt2)|_{{{line}=0}}",
            printed=sp.zeros(PAIR + 1, 1),
            derived=lambda line=line: sp.Matrix(single_neuron.neuron(PAIR).normal_to(line, ORDER, sp.sqrt(PAIR))),
            where=_normal_slopes(line, sigma_4),
            corrected=_normal_expansion(line),
            wrong={"fourth derivative of the activation forgotten": _written_out(line, sp.S.Zero)},
            says="Normal drift and dispersions on the set, to fourth order along it; two samples, as invariance asks.",
        )
    linear = SingleNeuron(X[:PAIR], Y[:PAIR], lambda z: c * z)
    yield equals(
        "linear activation",
        r"(\mu_p, \sigma_{p,1}/\sqrt2, \sigma_{p,2}/\sqrt2)|_{p=0},\ "
        r"(\mu_s, \sigma_{s,1}/\sqrt2, \sigma_{s,2}/\sqrt2)|_{s=0}",
        printed=sp.zeros(2 * (PAIR + 1), 1),
        derived=lambda: sp.Matrix([*linear.normal_to(p, ORDER), *linear.normal_to(s, ORDER)]),
        wrong={"a quadratic term": sp.Matrix([*_written_out(p, sp.S.Zero), *_written_out(s, sigma_4)])},
        remark=r"For $\sigma(z) = cz$ both sets are invariant.",
    )


def _normal_slopes(line: sp.Symbol, fourth: sp.Expr) -> dict[sp.Basic, sp.Expr]:
    r""":math:`\pm(\sigma(z) - z\sigma'(z))` at :math:`z = \pm w_1x_i` on the line, to fourth order along it."""
    along = s if line == p else p
    powers = [sp.Rational(1, 8) * sigma_2, sp.Rational(1, 24) * sigma_3, sp.Rational(1, 128) * fourth]
    return {
        t: sp.Add(*(power * (along * x) ** n for n, power in enumerate(powers, 2)))
        for t, x in zip(T, X[:PAIR], strict=True)
    }


def _normal_expansion(line: sp.Symbol) -> sp.Matrix:
    """Drift and dispersions on the line."""
    along, sign = (s, -1) if line == p else (p, 1)
    data = list(zip(T, X[:PAIR], Y, strict=False))
    drift = sp.Add(*(y * t for t, _, y in data)) - sign * c * sigma_2 * along**4 * sum(x**3 for _, x, _ in data) / 32
    noises = [sp.sqrt(eta) * zeta * t / sp.sqrt(PAIR) for t in T]
    return sign * sp.Matrix([drift / PAIR, *noises])


def _written_out(line: sp.Symbol, fourth: sp.Expr) -> sp.Matrix:
    """The same without abbreviations."""
    return _normal_expansion(line).subs(_normal_slopes(line, fourth), simultaneous=True)
