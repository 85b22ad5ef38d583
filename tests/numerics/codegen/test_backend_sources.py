"""Generated sources of the backends, and what they refuse."""

import ast
import builtins
import random
import sys
import traceback
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import sympy as sp

from numerics.codegen.backends import torch_
from numerics.codegen.compile import BACKENDS, compile_program, source
from numerics.codegen.program import OPERATIONS
from numerics.errors import ArgumentError, MissingBackendError, UnsupportedFunctionError
from tests.numerics.codegen.expression_table import EXPRESSIONS
from tests.numerics.codegen.test_backends import a, torch, x, y


def test_names_of_symbols_never_become_code():
    names = [
        "__import__('os').abort()",
        '"""\nraise SystemExit\n"""',
        "x\\",
        "'''",
        "\u2028quit()",
        "v1",
        "np",
        "\x00",
        'a"',
    ]
    symbols = [sp.Symbol(name) for name in names]
    for backend in BACKENDS:
        compiled = compile_program([sp.Add(*symbols), symbols[0] ** 2], symbols, backend=backend)
        assert float(compiled(*range(len(names)))[0]) == sum(range(len(names)))
        (function,) = ast.parse(compiled.source).body
        assert isinstance(function, ast.FunctionDef)
        called = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}
        assert all(name[0] == "v" and name[1:].isdigit() for name in called - {"plus", "minus"})


def test_every_variable_is_assigned_once_and_before_its_use():
    for backend in BACKENDS:
        text = source([each.expression for each in EXPRESSIONS], _all_symbols(), backend)
        function: Any = ast.parse(text).body[0]
        seen = {argument.arg for argument in function.args.args}
        for line in function.body[1:-1]:
            (target,) = line.targets
            used = {
                n.id for n in ast.walk(line.value) if isinstance(n, ast.Name) and n.id[0] in "vk" and n.id[1:].isdigit()
            }
            assert used <= seen and target.id not in seen
            seen.add(target.id)


def _all_symbols():
    return sorted(set().union(*(each.expression.free_symbols for each in EXPRESSIONS)), key=str)


def test_docstring_shows_the_formulas_and_the_parameters():
    compiled = compile_program([a * x - x**3], [x], parameters={a: 0.5})
    told = compiled.__doc__ or ""
    assert "a*x - x**3" in told and "v0 = x" in told and "a = 0.5" in told


def test_formula_too_long_to_read_is_described():
    long = sp.Add(*(sp.sin(k * x) for k in range(1, 200)))
    assert len(source([long], [x]).split('"""')[1]) < 200


def test_traceback_shows_the_generated_line():
    compiled = compile_program([sp.exp(x) * sp.sin(x)], [x])
    try:
        compiled._function(object())
    except TypeError:
        assert "v1 = np.exp(v0)" in traceback.format_exc()
    else:
        pytest.fail("np.exp accepted an object")


def test_every_backend_has_every_operation():
    for backend in BACKENDS:
        module = import_module(f"numerics.codegen.backends.{backend}_")
        known = {key if isinstance(key, str) else key[0] for key in module.BACKEND.templates}
        assert set(OPERATIONS) - known == {"constant", "argument"}


def test_function_a_backend_lacks_is_named_with_the_backends_that_have_it(monkeypatch):
    monkeypatch.delitem(torch_.TEMPLATES, "erfi")
    for attempt in (compile_program, source):
        with pytest.raises(UnsupportedFunctionError, match="torch backend cannot evaluate erfi.*numpy, mpmath"):
            attempt([sp.erfi(x)], [x], backend="torch")


def test_missing_torch_is_said_so_and_its_source_can_still_be_read(monkeypatch):
    real_import = builtins.__import__

    def without_torch(name, *args, **kwargs):
        if name.split(".")[0] == "torch":
            raise ImportError(name)
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_torch)
    monkeypatch.delitem(sys.modules, "torch")
    with pytest.raises(MissingBackendError, match="backend='numpy'"):
        compile_program([x], [x], backend="torch")
    assert "torch.tanh" in source([sp.tanh(x)], [x], "torch")


@pytest.mark.parametrize(
    "call",
    [
        lambda: compile_program([x], [x], backend="fortran"),
        lambda: compile_program([x], [x], digits=30),
        lambda: compile_program([x], [x], backend="mpmath", digits=0),
        lambda: compile_program([x * y], [x, y])(1.0),
        lambda: compile_program([x], [x])("1"),
        lambda: compile_program([x], [x])(1j),
        lambda: compile_program([x * y], [x, y])(np.ones(2), np.ones(3)),
        lambda: compile_program([x * y], [x, y], backend="torch")(torch.ones(2), torch.ones(3)),
        lambda: compile_program([x], [x], backend="torch")(torch.ones(2, dtype=torch.complex64)),
        lambda: compile_program([x], [x], backend="torch")("1"),
        lambda: compile_program([x], [x], backend="mpmath")("one"),
        lambda: compile_program([x], [x], backend="mpmath")(1j),
        lambda: compile_program([x * y], [x, y], backend="mpmath")(np.ones(2), np.ones(3)),
    ],
)
def test_malformed_call_is_refused(call):
    with pytest.raises(ArgumentError):
        call()


def test_random_points_of_a_neuron_agree_on_all_backends():
    rng = random.Random(32)
    w1, w2 = sp.symbols("w1 w2", real=True)
    data = [(sp.Float(rng.gauss(0, 1)), sp.Float(rng.gauss(0, 1))) for _ in range(6)]
    drift = sp.Add(*((w2 * sp.tanh(w1 * u) - v) * w2 * u * (1 - sp.tanh(w1 * u) ** 2) for u, v in data)) / 6
    point = (0.3, -1.2)
    exact = float(compile_program([drift], [w1, w2], backend="mpmath", digits=40)(*point)[0])
    assert exact == pytest.approx(float(drift.evalf(30, subs={w1: point[0], w2: point[1]})), rel=1e-13)
    for backend in ("numpy", "torch"):
        (value,) = compile_program([drift], [w1, w2], backend=backend)(*point)
        assert float(value) == pytest.approx(exact, rel=1e-14)
