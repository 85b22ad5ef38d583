"""The stationary law of a new model: a weight with weight decay k, a constant pull a, and multiplicative noise s."""

import sympy as sp

from numerics import integrate_density
from theory import ItoProcess, stationary_density

x = sp.Symbol("x", positive=True)
a, k, s = sp.symbols("a k s", positive=True)


def main() -> float:
    r"""The variance at a = 1, k = 1, s = 1/2: the closed form, after quadrature has confirmed it."""
    law = stationary_density(ItoProcess.scalar(x, drift=a - k * x, dispersion=s * x)).at({a: 1, k: 1, s: 0.5})
    print(f"density   {law.density}")
    second_moment = integrate_density(x**2 * law.density, x, (0, sp.oo), {}, digits=20).value
    print(f"variance  {law.variance}, by quadrature {float(second_moment - law.mean**2):.15f}")
    return float(law.variance)


if __name__ == "__main__":
    main()
