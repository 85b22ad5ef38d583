"""Generated sources are pinned under tests/golden/, so that a review shows what changes in the code that runs.

After a change that is meant:

    python -m tests.numerics.codegen.test_golden

writes them anew; read the difference before committing it.
"""

from pathlib import Path

import pytest
import sympy as sp

from numerics.codegen.compile import BACKENDS, source
from theory.gradient_noise import Empirical, Model, Sampling, gradient_descent
from theory.notation import mu, theta, zeta

GOLDEN = Path(__file__).parents[2] / "golden"

w1, w2 = sp.symbols("w1 w2", real=True)
u, v = sp.symbols("u v", real=True)
eta = sp.Symbol("eta", positive=True)
residuals = [w2 * sp.tanh(w1 * u) - v for u, v in ((1, sp.Rational(1, 2)), (-2, -1))]
slopes = [residual * w2 * u * (1 - sp.tanh(w1 * u) ** 2) for residual, u in zip(residuals, (1, -2), strict=True)]
MINI_BATCH = gradient_descent(
    Model([w1], u * (w1 - v) ** 2 / 2, Empirical([u, v], [[1, 2], [3, 4], [5, -6], [7, 8]])),
    learning_rate=eta,
    batch_size=2,
    sampling=Sampling.WITHOUT_REPLACEMENT,
)

CASES: dict[str, tuple[list[sp.Expr], list[sp.Symbol], str]] = {
    **{
        f"double_well_{backend}": ([mu * theta - theta**3, zeta * theta], [theta, mu, zeta], backend)
        for backend in BACKENDS
    },
    "tanh_neuron_numpy": ([-sp.Add(*slopes) / 2, eta * sp.Add(*(g**2 for g in slopes)) / 2], [w1, w2, eta], "numpy"),
    "cancelling_numpy": ([1 - sp.cos(w1), sp.exp(w1) - 1, sp.log(1 + w1), sp.log(1 + sp.exp(w1))], [w1], "numpy"),
    "branches_torch": (
        [sp.Piecewise((sp.sqrt(2) * w1, w1 > 0), (0, w1 > -1)), sp.Max(w1, w2, 0), sp.Heaviside(w1)],
        [w1, w2],
        "torch",
    ),
    "mini_batch_numpy": (list(MINI_BATCH.update), [*MINI_BATCH.state, *MINI_BATCH.uniforms, eta], "numpy"),
    "constants_mpmath": ([w1 / 3 + sp.sqrt(2) * sp.pi, 0.1 * w1], [w1], "mpmath"),
}


def _path(name: str) -> Path:
    return GOLDEN / f"{name}.py"


@pytest.mark.parametrize("name", sorted(CASES))
def test_source_is_the_pinned_one(name):
    assert source(*CASES[name]) == _path(name).read_text(encoding="utf-8"), "see the docstring of this file"


def test_every_pinned_source_has_its_case():
    assert sorted(path.stem for path in GOLDEN.glob("*.py")) == sorted(CASES)


if __name__ == "__main__":
    for name, case in CASES.items():
        _path(name).write_text(source(*case), encoding="utf-8")
