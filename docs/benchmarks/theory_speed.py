r"""How long is the way from a loss to its flow and to alpha? Three models, each in a process of its own.

    PYTHONPATH=. python docs/benchmarks/theory_speed.py [MODEL ...]

Every stage is timed cold, the import of the package included, since that is how a script meets it:

==============================  ====================================================================================
``single neuron``               :math:`\frac12(w_2\tanh(w_1x) - y)^2` on four samples with label noise; both rates at 0
``teacher-student mode``        :math:`\frac12(abx - y)^2` with label noise; the exponent at 0
``chain 3 x 2``                 three weight matrices, width 2, linear, Gaussian data; a neuron's sign set
``chain 3 x 2, tanh``           the same with tanh on four samples; its three normal directions have no closed form,
                                so the last stage is the refusal that says so
==============================  ====================================================================================
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from docs.benchmarks.command_line import chosen

LIMIT = 5.0
"""Seconds of processor time that each model may take."""

Stage = tuple[str, Callable[[], object]]


def single_neuron() -> Iterator[Stage]:
    """Label noise on four samples."""
    import sympy as sp

    from theory.gradient_noise import Empirical, Model, label_noise_flow
    from theory.symmetry import AffineSet

    w_1, w_2, x, y = sp.symbols("w_1 w_2 x y", real=True)
    data = Empirical([x, y], list(zip(sp.symbols("x_1:5", real=True), sp.symbols("y_1:5", real=True), strict=True)))
    model = Model([w_1, w_2], (w_2 * sp.tanh(w_1 * x) - y) ** 2 / 2, data)
    yield from to_alpha(model, lambda: label_noise_flow(model, y), AffineSet([w_1, w_2], [w_1, w_2]))


def teacher_student_mode() -> Iterator[Stage]:
    """One mode of the linear teacher and student."""
    import sympy as sp

    from theory.gradient_noise import Empirical, Model, label_noise_flow
    from theory.symmetry import AffineSet

    a, b, x, y, s_tilde = sp.symbols("a b x y s_tilde", real=True)
    model = Model([a, b], (a * b * x - y) ** 2 / 2, Empirical([x, y], [[1, s_tilde]]))
    yield from to_alpha(model, lambda: label_noise_flow(model, y), AffineSet([a, b], [a, b]))


def chain() -> Iterator[Stage]:
    """Eight weights, Gaussian data, everything symbolic."""
    from theory.models.deep_chain import deep_chain, gaussian_teacher, regression

    network = deep_chain(3, 2)
    model = regression(network, gaussian_teacher(network))
    silent = network.affine_set(network.sign_constraints((1, 2)))
    yield from to_alpha(model, model.stochastic_gradient_flow, silent)


def tanh_chain() -> Iterator[Stage]:
    """Eight weights and tanh, a data set of four samples."""
    import sympy as sp

    from theory.gradient_noise import Empirical
    from theory.models.deep_chain import deep_chain, labels, regression

    network = deep_chain(3, 2, sp.tanh)
    samples = [[1, 2], [-1, 1], [2, 0], [sp.Rational(1, 2), 1]]
    model = regression(network, Empirical([*network.inputs, *labels(network)], samples))
    silent = network.affine_set(network.sign_constraints((1, 2)))
    yield from to_alpha(model, model.stochastic_gradient_flow, silent)


MODELS: dict[str, Callable[[], Iterator[Stage]]] = {
    "single neuron": single_neuron,
    "teacher-student mode": teacher_student_mode,
    "chain 3 x 2": chain,
    "chain 3 x 2, tanh": tanh_chain,
}


def to_alpha(model: object, flow: Callable[[], object], affine_set: object) -> Iterator[Stage]:
    """The stages after the loss."""
    from theory.errors import DimensionError
    from theory.stability.lyapunov import top_exponent
    from theory.stability.transverse import transverse_linearisation
    from theory.symmetry import is_invariant

    found: dict[str, object] = {}

    def derive_flow() -> None:
        found["flow"] = flow()

    def linearise() -> None:
        found["linear"] = transverse_linearisation(found["flow"], affine_set)

    def exponent() -> object:
        try:
            return top_exponent(found["linear"])
        except DimensionError as error:
            return error

    yield "covariance", lambda: model.covariance
    yield "flow", derive_flow
    yield "invariant set", lambda: is_invariant(affine_set, model)
    yield "linearisation", linearise
    yield "alpha", exponent


def timed(name: str) -> None:
    """Run one model and print a line: every stage and the sum, in seconds of processor time."""
    start = time.process_time()
    stages = MODELS[name]()
    spent, last = [], 0.0
    for stage, run in stages:
        if not spent:
            last = time.process_time()
            spent.append(("import and loss", last - start))
        run()
        now = time.process_time()
        spent.append((stage, now - last))
        last = now
    total = last - start
    cells = "  ".join(f"{stage} {seconds:.2f}" for stage, seconds in spent)
    print(f"{name:<22} {total:5.2f} s {'' if total < LIMIT else '(over the limit)'}  {cells}", flush=True)


def main() -> None:
    """The models that are named, all by default, each in a process of its own."""
    names = chosen(__doc__, "MODEL", MODELS)
    if len(names) == 1:
        timed(names[0])
        return
    for name in names:
        subprocess.run([sys.executable, "-m", "docs.benchmarks.theory_speed", name], check=True)


if __name__ == "__main__":
    main()
