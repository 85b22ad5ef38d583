"""Appendix C.2: the flow keeps the affine invariant sets of descent, and how far its diffusion matrix moves."""

from collections.abc import Iterator

import sympy as sp

from numerics.deterministic.modulus_stretch import largest_modulus_stretch
from theory.gradient_noise.flow import stochastic_gradient_flow
from theory.gradient_noise.sampling import FiniteSum
from theory.matrices.modulus import doubled, modulus, spectral_distance, squared_distance, symmetric
from theory.notation import eta
from verification.authoring.shorthand import Grade, Kind, agrees, bounds, compared, equals
from verification.claim import Statement
from verification.forms import Arguments
from verification.papers.stochastic_collapse.attraction.gradient_flow import P, theta_1
from verification.papers.stochastic_collapse.paper import paper

L, h, angle = sp.symbols("L h varphi", positive=True)
x, y = sp.symbols("x y", real=True)
ALONG = [sp.Function(f"F_{i}", real=True) for i in (1, 2, 3)]
ACROSS = [sp.Function(f"G_{i}", real=True) for i in (1, 2, 3)]

ENTRIES = sp.Matrix(2, 2, sp.symbols("A_11 A_12 A_21 A_22", real=True))
DIAGONAL = sp.diag(*sp.symbols("b_1 b_2", positive=True))
EIGENVALUES = sp.symbols("lambda_1 lambda_2", real=True)
OTHER_EIGENVALUES = sp.symbols("mu_1 mu_2", real=True)
turn_1, turn_2 = sp.symbols("varphi_1 varphi_2", real=True)


def _steepest_increase() -> sp.Expr:
    """D' without eta/(2 beta), for two samples with losses F and -F, where F' and F'' reach their bound L."""
    loss = sp.Function("F", real=True)(theta_1)
    D = FiniteSum([theta_1], (loss, -loss)).covariance[0]
    return sp.diff(D, theta_1).xreplace({loss.diff(theta_1, 2): L}).xreplace({loss.diff(theta_1): L})


def _sine_difference() -> sp.Expr:
    r"""The increase of D for the losses :math:`\mp\cos\theta`, between :math:`\pi/4` and :math:`\pi/4 + h`."""
    D = FiniteSum([angle], (-sp.cos(angle), sp.cos(angle))).covariance[0]
    return D.subs(angle, sp.pi / 4 + h) - D.subs(angle, sp.pi / 4)


def _normal_to_line(power: int) -> sp.Matrix:
    r"""Normal drift and dispersions on :math:`\{y = 0\}` for the losses :math:`F_i(x) + y^kG_i(x)`."""
    losses = tuple(F(x) + y**power * G(x) for F, G in zip(ALONG, ACROSS, strict=True))
    flow = stochastic_gradient_flow(FiniteSum([x, y], losses), batch_size=1)
    return sp.Matrix([flow.drift[1], *flow.dispersion[1, :]]).subs(y, 0)


def _normal_to_diagonal() -> sp.Matrix:
    r"""Drift and dispersions of :math:`x - y` on :math:`\{x = y\}`: losses :math:`F_i(x+y) + (x-y)^2G_i(x+y)`."""
    losses = tuple(F(x + y) + (x - y) ** 2 * G(x + y) for F, G in zip(ALONG, ACROSS, strict=True))
    flow = stochastic_gradient_flow(FiniteSum([x, y], losses), batch_size=1)
    normal = [flow.drift[0] - flow.drift[1], *(flow.dispersion[0, :] - flow.dispersion[1, :])]
    return sp.Matrix(normal).subs(y, x).doit()


@paper.claim(
    "SC-023",
    "Proposition 4.1, Appendix C.2",
    symbols={
        L: "bound and Lipschitz constant of the gradients",
        h: r"$\|\theta_1 - \theta_2\|$",
        ENTRIES[0]: r"entry of $M$, a matrix whose $MM^\top$ is $D$ up to a factor",
        DIAGONAL[0]: "singular value of another such matrix",
        EIGENVALUES[0]: "eigenvalue of a symmetric matrix $X$",
        OTHER_EIGENVALUES[0]: "eigenvalue of a symmetric matrix $Y$",
    },
    kind=Kind.PROOF_STEP,
    grade=Grade.WRONG,
)
def flow_keeps_affine_invariant_sets():
    r"""The flow keeps affine invariant sets.

    If $A \subseteq \mathbb R^d$ is an affine invariant set of SGD, then $A$ is also an invariant set of an SGF process.
    In the proof, $\|\nabla\mathcal L(\theta)\| \le \frac1n\sum_i\|\ell(\theta; x_i, y_i)\| \le L$ and
    $\|D_{lm}(\theta_1) - D_{lm}(\theta_2)\| \le 4L^2\|\theta_1 - \theta_2\|^2$; thus $\sqrt{D(\theta)}$ is Lipschitz
    continuous.
    - $D$ stands without its factor $\eta/(2\beta)$, as in the display, whose square would make it constant. With the
      first power $2L^2$ is enough: a covariance is at most the second moment, so that increments have a mean square
      below $L^2\|\Delta\theta\|^2$, and Cauchy-Schwarz bounds both terms of the product rule.
    - Powers-Størmer then makes $\sqrt D$ 1/2-Hölder only. The repair: $D = \frac\eta{2\beta}MM^\top$ with the Lipschitz
      columns $(\nabla\ell_i - \nabla\mathcal L)/\sqrt n$ of $M$. The flow with dispersion $\sqrt{\eta/\beta}\,M$ has
      the same law and a unique solution, which stays in $A$.
    - The symmetric root is Lipschitz too: $\|(MM^\top)^{1/2} - (NN^\top)^{1/2}\|_F \le \sqrt2\,\|M - N\|_F$, by Araki
      and Yamagami; the remarks are its proof and its constant, for one of two matrices diagonal.
    - The proposition itself holds: on an affine invariant set the normal components of the gradient of every sample,
      hence of drift and dispersion, vanish. Judged on a line and on a diagonal of the plane.
    - Also in the proof: a factor $d$ from entries to the operator norm is missing, and $P$ must project onto the
      directions of $A$.
    """
    yield bounds(
        r"difference of D: $|D(\pi/4 + h) - D(\pi/4)| \le$",
        printed=4 * L**2 * h**2,
        where={L: sp.S.One},
        exact=_sine_difference,
        corrected=2 * L**2 * h,
        corrected_says=r"$\|D_{lm}(\theta_1) - D_{lm}(\theta_2)\| \le 2L^2\|\theta_1 - \theta_2\|$",
        wrong={"a quarter of the right constant": L**2 * h / 2, "the square with another constant": 8 * L**2 * h**2},
        says=r"For the losses $-\cos\theta$ and $\cos\theta$, from $\pi/4$ to $\pi/4 + h$ with $h < 1/10$.",
        domain=(h < sp.Rational(1, 10),),
    )
    yield equals(
        r"steepness of D: $\sup|D'|$",
        printed=sp.S.Zero,
        derived=_steepest_increase,
        corrected=2 * L**2,
        says=r"What the square implies, at two mirrored samples whose gradient and its slope are $L$.",
    )
    gradients = (sp.Abs(P[0]) + sp.Abs(P[1])) / 2
    yield bounds(
        r"bound of the gradient: $\|\nabla\mathcal L\| \le$",
        printed=(sp.Abs(P[0] * theta_1) + sp.Abs(P[1] * theta_1)) / 2,
        exact=lambda: sp.Abs(FiniteSum([theta_1], (P[0] * theta_1, P[1] * theta_1)).gradient[0]),
        corrected=gradients,
        corrected_says=r"$\|\nabla\mathcal L(\theta)\| \le \frac1n\sum_i\|\nabla\ell(\theta; x_i, y_i)\|$",
        wrong={"squares": (P[0] ** 2 + P[1] ** 2) / 2},
        says=r"For the two samples $\ell_i = p_i\theta_1$.",
    )
    for part in (_invariance, _lipschitz_root, _modulus_of_matrices):
        yield from part()


def _invariance() -> Iterator[Statement]:
    """Proposition 4.1 on a line and on a diagonal of the plane."""
    yield equals(
        r"invariance of a line: $(b_y, \sigma_{y1}, \sigma_{y2}, \sigma_{y3})|_{y=0}$",
        printed=sp.zeros(4, 1),
        derived=lambda: _normal_to_line(2),
        wrong={"the drift of a set that is not invariant": lambda: _normal_to_line(1)},
        says=r"On $\{y = 0\}$, invariant for three samples with arbitrary $F_i$, $G_i$.",
    )
    yield equals(
        r"invariance of a diagonal: $(b_{x-y}, \sigma_{x-y,1}, \dots)|_{x=y}$",
        printed=sp.zeros(4, 1),
        derived=_normal_to_diagonal,
        wrong={"noise along the normal": sp.Matrix([0, sp.sqrt(eta) * ACROSS[0](2 * x), 0, 0])},
        says=r"On $\{x = y\}$, likewise invariant.",
    )


def largest_stretch(arguments: Arguments) -> tuple[float, float]:
    """The largest ratio of the distance of the roots to that of the matrices which a search finds."""
    return largest_modulus_stretch(arguments["rows"]), 1e-3


def _lipschitz_root() -> Iterator[Statement]:
    """Remarks to SC-023: the best constant in the Lipschitz bound of the root is the root of 2."""

    def stretch() -> sp.Expr:
        first, second = sp.diag(1, 0), sp.Matrix([[1, 0], [h, 0]])  # both of rank one, at the distance h
        return squared_distance(modulus(first), modulus(second)) / squared_distance(first, second)

    yield agrees(
        r"root of a product: $\sup\|(MM^\top)^{1/2} - (NN^\top)^{1/2}\|_F/\|M-N\|_F$",
        printed=sp.sqrt(2),
        wrong={"1, right for symmetric matrices": sp.S.One, "7/5": sp.Rational(7, 5)},
        remark=r"The largest stretch that a search among $2 \times 2$ and $3 \times 3$ matrices finds.",
        compared=compared(
            "search", largest_stretch, lambda form, point: form, {"rows": 2}, {"rows": 3}, tolerance=2e-3
        ),
    )
    yield bounds(
        r"best constant: $\|(MM^\top)^{1/2} - (NN^\top)^{1/2}\|_F^2/\|M-N\|_F^2 \le$",
        printed=sp.Integer(2),
        relation="<",
        exact=stretch,
        wrong={"constant 1, right for symmetric matrices": sp.S.One, "constant 19/10": sp.Rational(19, 10)},
        remark=r"For $M = \mathrm{diag}(1, 0)$ and its first column turned by $h$.",
    )


def _modulus_of_matrices() -> Iterator[Statement]:
    """Remarks to SC-023: doubling makes matrices symmetric, whose modulus stretches no distance."""
    f = sp.Function("f", real=True)
    between = turn_1 - turn_2

    def over_eigenvalues(same: sp.Expr, crossed: sp.Expr) -> sp.Expr:
        """The sum of (f(lambda_i) - f(mu_j))^2, weighted by the squared cosines between the eigenvectors."""
        weights = [same, crossed, crossed, same]
        pairs = [(a, b) for a in EIGENVALUES for b in OTHER_EIGENVALUES]
        return sp.Add(*((f(a) - f(b)) ** 2 * weight for (a, b), weight in zip(pairs, weights, strict=True)))

    def distance_of_functions() -> sp.Expr:
        X = symmetric((f(EIGENVALUES[0]), f(EIGENVALUES[1])), turn_1)
        Y = symmetric((f(OTHER_EIGENVALUES[0]), f(OTHER_EIGENVALUES[1])), turn_2)
        return squared_distance(X, Y)

    def doubling(factor: int, first: sp.MatrixBase, second: sp.MatrixBase) -> sp.Matrix:
        distance = factor * sp.Add(*(entry**2 for entry in ENTRIES - DIAGONAL))
        return sp.Matrix([distance, *sp.diag(first, second)])

    right, left = ENTRIES * ENTRIES.T, ENTRIES.T * ENTRIES
    yield equals(
        r"doubling: $\|\tilde M - \tilde N\|_F^2,\ \tilde M^2$",
        printed=doubling(2, right, left),
        derived=lambda: [squared_distance(doubled(ENTRIES), doubled(DIAGONAL)), *doubled(ENTRIES) ** 2],
        wrong={"not doubled": doubling(1, right, left), "roots exchanged": doubling(2, left, right)},
        remark="The distance of the doubled matrices, and the square of one of them.",
    )
    yield equals(
        r"spectral form: $\|f(X) - f(Y)\|_F^2$",
        printed=over_eigenvalues(sp.cos(between) ** 2, sp.sin(between) ** 2),
        derived=distance_of_functions,
        wrong={
            "eigenvectors exchanged": over_eigenvalues(sp.sin(between) ** 2, sp.cos(between) ** 2),
            "one basis for both": over_eigenvalues(sp.S.One, sp.S.Zero),
        },
        remark=r"For symmetric $2 \times 2$ matrices and any $f$.",
    )
    yield bounds(
        r"modulus of symmetric matrices: $\||X| - |Y|\|_F^2 \le$",
        printed=spectral_distance(EIGENVALUES, OTHER_EIGENVALUES, turn_1),
        exact=lambda: spectral_distance(EIGENVALUES, OTHER_EIGENVALUES, turn_1, sp.Abs),
        wrong={"half of it": spectral_distance(EIGENVALUES, OTHER_EIGENVALUES, turn_1) / 2},
        remark=r"With $f = |\cdot|$ in place of the identity the distance does not grow.",
    )
