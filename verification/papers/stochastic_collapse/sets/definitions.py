r"""Section 3: the network and its weights, and the sets that are invariant by definition."""

from operator import methodcaller

import sympy as sp

from theory.networks.activations import smooth_function
from theory.symmetry.affine_set import AffineSet, normal_gradient
from verification.authoring.shorthand import Grade, equals, is_kept
from verification.papers.stochastic_collapse.paper import paper
from verification.papers.stochastic_collapse.sets.networks import NET, NET_SYMBOLS, sigma


@paper.claim("SC-001", "Section 3, Eq. (1), footnote 4", symbols=NET_SYMBOLS, grade=Grade.MISPRINT)
def network_and_its_weights():
    r"""The network, and how incoming and outgoing weights are related.

    - By Proposition 3.1 $w_{\mathrm{out},q}^{(l+1)}$ are the weights that go out from neuron $q$ of layer $l$. The rows
      of their matrix are the incoming weights of layer $l+1$: footnote 4 names a layer wrongly.
    - Appendix B.1 writes $w^{(l)\top}h$ where Eq. (1) has $w^{(l)}h$.
    - The update (2) is judged by its moments in SC-020.
    """
    w, b, x = NET.weight_matrix, NET.biases, NET.inputs
    apply = methodcaller("applyfunc", sigma)
    second = w(2) * apply(w(1) * x + b(1)) + b(2)
    transposed = w(2).T * apply(w(1).T * x + b(1)) + b(2)
    yield equals(
        r"network: $f_\theta(x)$",
        printed=w(3) * apply(second) + b(3),
        derived=lambda: NET.output(x),
        wrong={
            "bias outside the activation": w(3) * apply(w(2) * apply(w(1) * x) + b(1) + b(2)) + b(3),
            "transposed weights of Appendix B.1": w(3).T * apply(transposed) + b(3),
            "activated output": apply(w(3) * apply(second) + b(3)),
        },
        says="Eq. (1) for $m = 3$, against the recursion layer by layer.",
    )
    same, next_one = (sp.Symbol(rf"(w_{{\mathrm{{in}},p}}^{{({l})}})_q", real=True) for l in ("l", "l+1"))
    yield equals(
        r"footnote 4: $(w_{\mathrm{out},q}^{(l+1)})_p$",
        printed=same,
        where={same: NET.incoming(1, 1)[1], next_one: NET.incoming(2, 1)[1]},
        derived=lambda: NET.outgoing(1, 2)[0],
        corrected=next_one,
        wrong={"$p$ and $q$ exchanged": NET.incoming(2, 2)[0], "one layer too far": NET.incoming(3, 1)[1]},
        mutated=False,  # it is a question of indices
        says="The weight from neuron $q$ of layer $l$ to neuron $p$ of the next, for $l = 1$, $p = 1$, $q = 2$.",
    )


theta = sp.Symbol("theta_1", real=True)
theta_star = sp.Symbol("theta_*", real=True)


@paper.claim(
    "SC-002",
    "Definition 3.1 and the sentence after it",
    symbols={theta: "a weight", theta_star: "the interpolating point"},
)
def interpolating_points():
    r"""Interpolating points.

    It is immediately clear that all of parameter space $A = \mathbb R^d$ and any interpolating point
    $A = \{\theta_*\}$ such that $\mathcal L(\theta_*) = 0$ are invariant sets of dimension $d$ and 0 respectively.
    - Scope: one weight, two samples; per-sample losses that are not negative, as interpolation implies, and smooth.
    - A smooth $l_i \ge 0$ that is 0 at $\theta_*$ is $(\theta - \theta_*)^2 c_i(\theta)$, by Taylor's formula.
    - Losses of both signs, whose mean is 0 everywhere, are a near miss: they are what interpolation excludes.
    - The other example, all of parameter space, has no constraint that could be violated.
    """
    c_1, c_2 = smooth_function("c_1"), smooth_function("c_2")
    distance = theta - theta_star

    def gradients_at_point(losses: sp.MatrixBase) -> sp.MatrixBase:
        at_point = AffineSet([theta], [distance])
        return sp.Matrix.vstack(*(sp.Matrix(normal_gradient(at_point, loss)) for loss in losses))

    yield is_kept(
        "interpolating point: $(l_1, l_2) =$",
        printed=sp.Matrix([distance**2 * c_1(theta), distance**2 * c_2(theta)]),
        escaping=gradients_at_point,
        wrong={
            "losses of both signs": sp.Matrix([distance, -distance]),
            "stationary point of the mean loss": sp.Matrix([distance**2 + theta, 1 - theta]),
            "one sample is not interpolated": sp.Matrix([distance**2, (distance - 1) ** 2]),
        },
        says=r"Losses of two samples that both vanish at $\theta_*$, where they have no gradient.",
    )
