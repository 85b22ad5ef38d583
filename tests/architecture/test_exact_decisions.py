"""Theory decides by exact arithmetic and balls: no floating-point number and no ``simplify`` takes part."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

DECIDERS = set("evalf n N equals simplify nsimplify trigsimp radsimp Float float is_close isclose".split())

DECIDES_NOTHING = {
    ("theory/values.py", "_as_expression", "float"): "reads the decimal that a float prints as",
    ("theory/values.py", "_as_expression", "Float"): "carries nan and infinities to the check that refuses them",
    ("theory/values.py", "_decimal", "float"): "reads the decimal that a float prints as",
    ("theory/values.py", "_fraction", "float"): "reads the fraction that the float of an exponent rounds",
    (
        "theory/line/laws/critical_points.py",
        "_rational",
        "evalf",
    ): "a coefficient to 80 digits, whose peaks are then compared",
    ("theory/line/circle.py", "mean_velocity", "evalf"): "writes a closed form at numbers as a real number",
    ("theory/line/circle.py", "_number", "Float"): "carries a number of quadrature, asked for as such",
    ("theory/line/laws/law.py", "mode", "evalf"): "writes a highest point as a number, after balls decided which it is",
    ("theory/line/laws/law.py", "mode", "Float"): "tells a numerical peak in the middle from one beside it",
    (
        "theory/line/passage/passage_numbers.py",
        "_number",
        "Float",
    ): "carries a number of quadrature, between proved bounds",
    ("theory/line/passage/passage_numbers.py", "_number_from_behind", "Float"): "carries a number of quadrature",
    ("theory/line/laws/law.py", "_measured_total", "Float"): "carries a number of quadrature, asked for as such",
    ("theory/line/laws/law.py", "_number", "Float"): "carries a number of quadrature, asked for as such",
    (
        "theory/line/laws/critical_points.py",
        "highest_point",
        "evalf",
    ): "carries a number asked for as such, after balls decided",
    (
        "theory/line/laws/recognise.py",
        "_with_factor",
        "simplify",
    ): "writes a constant factor; the kernel was decided before",
    (
        "theory/line/integrals/closed_integrals.py",
        "monomial",
        "simplify",
    ): "brings to a form; where it fails the answer is None",
    ("theory/models/teacher_student/modes.py", "dimensionless_process", "simplify"): "writes a dispersion shortly",
}
"""(file, function, name) -> why the call decides nothing."""


def calls(source: str) -> Iterator[tuple[str, str]]:
    """(function, name) of every call in ``source`` that computes in floats or simplifies by heuristics."""

    def visit(node: ast.AST, function: str) -> Iterator[tuple[str, str]]:
        for child in ast.iter_child_nodes(node):
            inside = child.name if isinstance(child, ast.FunctionDef | ast.ClassDef) else function
            if isinstance(child, ast.Call):
                called = child.func
                name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
                if name in DECIDERS:
                    yield function, name
            yield from visit(child, inside)

    yield from visit(ast.parse(source), "<module>")


def test_nothing_in_theory_decides_by_floats_or_simplify():
    found = {
        (str(path.relative_to(ROOT)), function, name)
        for path in sorted((ROOT / "theory").rglob("*.py"))
        for function, name in calls(path.read_text())
    }
    assert found - DECIDES_NOTHING.keys() == set()


def test_every_exception_still_exists():
    for path, function, name in DECIDES_NOTHING:
        assert (function, name) in set(calls((ROOT / path).read_text())), (path, function, name)


def test_the_search_sees_methods_names_and_constructors():
    condition = "e.evalf(30) > 0 or sp.simplify(e) == 0 or e.equals(0)"
    source = f"def f(e):\n    if {condition}:\n        return sp.Float(e), float(e)\n"
    assert set(calls(source)) == {("f", name) for name in ("evalf", "simplify", "equals", "Float", "float")}
