r"""Jets of drift and noise next to a set with two normal dimensions, for the claims of Section 4 in several dimensions.

Next to the set only first orders enter: the matrix of the normal drift, and noise matrices :math:`B_j` with
:math:`\sqrt{2D}\,e_j \approx B_jx`, so that :math:`D \approx \frac12\sum_j B_jx\,(B_jx)^\top`.
"""

import sympy as sp

from theory.ito import ItoProcess

x_1, x_2 = sp.symbols("x_1:3", real=True)
a_11, a_12, a_21, a_22 = sp.symbols("a_11 a_12 a_21 a_22", real=True)
b = sp.Matrix(2, 2, sp.symbols("b_11 b_12 b_21 b_22", real=True))
c = sp.Matrix(2, 2, sp.symbols("c_11 c_12 c_21 c_22", real=True))
u = sp.Symbol("u", real=True)

A = sp.Matrix([[a_11, a_12], [a_21, a_22]])
NORMAL = sp.Matrix([(1 - u**2) / (1 + u**2), 2 * u / (1 + u**2)])
"""Every unit vector of the plane but (-1, 0), where both sides are the same as at (1, 0)."""

SYMBOLS = {
    A[0, 0]: r"normal drift: $\mu = Ax$ to first order, with all entries $a_{ij}$",
    b[0, 0]: r"normal noise: the first column of $\sqrt{2D}$ is $Bx$ to first order, with all entries $b_{ij}$",
    c[0, 0]: r"the second column, $Cx$, with all entries $c_{ij}$",
    u: r"direction: $\hat n = (1 - u^2, 2u)/(1 + u^2)$",
}

DRIFT_SLOPE = sp.Symbol(r"\nabla_{\hat n}\hat n^{\top}\mu", real=True)
TRACE = sp.Symbol(r"\nabla_{\hat n}^2\operatorname{Tr}D_{\perp}", real=True)
RADIAL = sp.Symbol(r"\nabla_{\hat n}^2\hat n^{\top}D\hat n", real=True)
"""The derivatives in which the page writes its conditions, as it abbreviates them."""


def quadratic(matrix: sp.MatrixBase) -> sp.Expr:
    r""":math:`n\cdot Mn` along :data:`NORMAL`."""
    return (NORMAL.T * matrix * NORMAL)[0]


def noise_jets() -> tuple[sp.Expr, sp.Expr]:
    r"""The second normal derivatives of the trace and of :math:`n^\top Dn`.

    They are :math:`\sum_j|B_jn|^2` and :math:`\sum_j(n\cdot B_jn)^2`.
    """
    trace = sum(quadratic(B.T * B) for B in (b, c))
    radial = sum(quadratic(B) ** 2 for B in (b, c))
    return trace, radial


def linear_flow(drift: sp.MatrixBase) -> ItoProcess:
    r"""The linear process :math:`dx = Mx\,dt + Bx\,dW_1 + Cx\,dW_2` for the matrix ``drift`` in place of M."""
    x = sp.Matrix([x_1, x_2])
    return ItoProcess([x_1, x_2], drift * x, (b * x).row_join(c * x))
