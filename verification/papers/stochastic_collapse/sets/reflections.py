r"""Theorem 3.1 and Appendix B.2: the sets that reflections generate.

A matrix Q is judged by the kernels of Q - I and its transpose.
"""

import sympy as sp

from theory.networks.activations import smooth_function
from theory.symmetry.reflection import composed, escaping_gradients, gradient, oblique_reflection
from verification.authoring.shorthand import Kind, equals, is_kept
from verification.papers.stochastic_collapse.paper import paper

c = sp.Symbol("c", real=True)
theta_1, theta_2 = sp.symbols("theta_1 theta_2", real=True)
theta = sp.Matrix([theta_1, theta_2])
profile, rest = smooth_function("f"), smooth_function("r")


@paper.claim("SC-008", "Theorem 3.1", symbols={c: "shear of an oblique matrix"})
def sets_of_reflections():
    r"""Invariant sets from symmetries.

    Let $Q \in \mathbb R^{d\times d}$ be a symmetric ($Q = Q^\top$) or orthogonal matrix ($QQ^\top = I_d$). The affine
    subspace $A = \{\theta \in \mathbb R^d \mid Q\theta = \theta\}$ is an invariant set if the loss function is
    approximately $Q$-symmetric around $A$.
    - Scope: the implication; $Q$ is a generic 3 by 3 matrix of its class with a line of fixed points.
    - Judged by the kernel criterion: gradients on $A$ lie in $\ker(Q^\top - I)$, and fill it as the symmetric loss
      varies; they are directions of $A$ iff $\ker(Q^\top - I) \subseteq \ker(Q - I)$.
    - For an oblique reflection, $l = f(\theta_1 + c\theta_2/2)$ is exactly symmetric and leaves $A = \{\theta_2 = 0\}$.
    - The printed hypothesis, with one $\delta$ for all of $A$, is discussed in SC-009.
    """
    p, q, r, c_11, c_12, c_22 = sp.symbols("p q r c_11 c_12 c_22", real=True)
    # Two vectors orthogonal to (r, -p, -q): the directions in which a symmetric Q need not be the identity.
    across = sp.Matrix([[p, q], [r, 0], [0, r]])
    symmetric = sp.eye(3) - across * sp.Matrix([[c_11, c_12], [c_12, c_22]]) * across.T
    # Every rotation about (p, q, r) but the half turn, by Cayley's formula.
    skew = sp.Matrix([[0, -r, q], [r, 0, -p], [-q, p, 0]])
    rotation = ((sp.eye(3) - skew).inv() * (sp.eye(3) + skew)).applyfunc(sp.cancel)
    oblique = {"oblique reflection": oblique_reflection(c)}
    projection = {"oblique projection": sp.Matrix([[1, c], [0, 0]])}
    shear = {"shear, of determinant 1": sp.Matrix([[1, c], [0, 1]])}
    for name, matrix, wrong, says in (
        ("symmetric", symmetric, oblique | projection, "Every symmetric matrix that fixes a line."),
        ("orthogonal", rotation, oblique | shear, "Every rotation about a line but the half turn."),
    ):
        yield is_kept(name, "Q =", printed=matrix, escaping=escaping_gradients, wrong=wrong, says=says)
    yield is_kept(
        "normal: $Q =$",
        printed=sp.diag(1, sp.Matrix([[p, -q], [q, p]])),
        escaping=escaping_gradients,
        wrong=oblique,
        remark="A result of ours: a normal matrix will do, neither symmetric nor orthogonal.",
    )


@paper.claim(
    "SC-011",
    "Appendix B.2",
    symbols={theta_1: "first weight", theta_2: "second weight, 0 on $A$"},
    kind=Kind.PROOF_STEP,
)
def gradients_on_the_set():
    r"""Gradients on the set, in the proof of Theorem 3.1.

    For any $\theta \in A$, $\nabla l(\theta) = \nabla l_Q(\theta) = Q^\top\nabla l(Q\theta)$.
    - No symmetry of $Q$ is needed. An oblique $Q$, where $Q$ and $Q^\top$ act differently, shows which one it is.
    """
    u_1, u_2 = sp.symbols("u_1 u_2", real=True)
    Q = sp.Matrix(2, 2, sp.symbols("Q_11 Q_12 Q_21 Q_22", real=True))
    ridge = profile(u_1 * theta_1 + u_2 * theta_2)
    oblique = oblique_reflection(c)
    # Symmetric under the oblique reflection up to second order in the distance to its set.
    symmetric = profile(theta_1 + c * theta_2 / 2) + theta_2**2 * rest(theta_1 - theta_2)

    def moved_gradient(loss: sp.Expr, Q: sp.MatrixBase) -> sp.Matrix:
        return sp.Matrix([composed(entry, Q, theta) for entry in gradient(loss, theta)])

    def image_on_set(matrix: sp.MatrixBase) -> sp.Matrix:
        return (matrix * moved_gradient(symmetric, oblique)).subs(theta_2, 0)

    yield equals(
        r"chain rule: $\nabla l_Q(\theta)$",
        printed=Q.T * moved_gradient(ridge, Q),
        derived=lambda: gradient(composed(ridge, Q, theta), theta),
        wrong={
            r"$Q$ for its transpose": Q * moved_gradient(ridge, Q),
            "inner derivative lost": moved_gradient(ridge, Q),
            "gradient not moved": Q.T * gradient(ridge, theta),
        },
        says=r"Anywhere, for any $Q$ and $l = f(u \cdot \theta)$.",
    )
    yield equals(
        r"on the set: $\nabla l(\theta)$",
        printed=image_on_set(oblique.T),
        derived=lambda: sp.Matrix(gradient(symmetric, theta)).subs(theta_2, 0),
        wrong={r"$Q$ for its transpose": image_on_set(oblique)},
        says="For a loss that is symmetric up to second order in the distance to $A$, $Q$ an oblique reflection.",
    )
