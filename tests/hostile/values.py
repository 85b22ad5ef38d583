"""Hostile values to put in the place of one argument, and the symbols in them."""

import datetime
import decimal
import fractions
import math
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import sympy as sp

MARK = Path(tempfile.gettempdir()) / f"driftproof-executed-{random.SystemRandom().randrange(10**12)}"
"""The file that hostile text makes where it is executed."""

x, y, w, v, q = (*sp.symbols("x y w v", real=True), sp.Symbol("q"))
p, eta = sp.symbols("p eta", positive=True)
t = sp.Symbol("t", nonnegative=True)
xi = sp.Symbol("xi", real=True)
half = sp.S.Half


def _deep() -> sp.Expr:
    expression: sp.Expr = x
    for _ in range(1500):
        expression = sp.Add(sp.Mul(2, expression, evaluate=False), 1, evaluate=False)
    return expression


class _Evil:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"attribute {name}")


class _EvilSympify:
    def _sympy_(self) -> sp.Expr:
        raise RuntimeError("sympify")


class _LooksLikeANumber:
    def __float__(self) -> float:
        return 0.5

    def _sympy_(self) -> sp.Expr:
        return sp.S.Half


class _EvilArray:
    def __array__(self, *arguments: Any, **options: Any) -> Any:
        raise RuntimeError("array")


class _Endless:
    def __len__(self) -> int:
        return 10**12

    def __getitem__(self, index: Any) -> Any:
        raise KeyError(index)


class _NoRepr:
    def __repr__(self) -> str:
        raise RuntimeError("repr")


CODE = f"open({str(MARK)!r}, 'w').close()"

POOL: dict[str, Callable[[], Any]] = {
    "None": lambda: None,
    "text": lambda: "x",
    "code": lambda: CODE,
    "empty text": lambda: "",
    "bytes": lambda: b"x",
    "nan": lambda: math.nan,
    "inf": lambda: math.inf,
    "-inf": lambda: -math.inf,
    "complex": lambda: 1j,
    "[]": list,
    "{}": dict,
    "()": tuple,
    "0": lambda: 0,
    "-1": lambda: -1,
    "10**30": lambda: 10**30,
    "2**63": lambda: 2**63,
    "10**400": lambda: 10**400,
    "1/3": lambda: fractions.Fraction(1, 3),
    "Decimal": lambda: decimal.Decimal("0.1"),
    "Decimal nan": lambda: decimal.Decimal("nan"),
    "float64": lambda: np.float64(0.5),
    "float32 nan": lambda: np.float32("nan"),
    "float16": lambda: np.float16(0.5),
    "int64": lambda: np.int64(3),
    "bool_": lambda: np.bool_(True),
    "void": lambda: np.void(b"abc"),
    "datetime64": lambda: np.datetime64("2020-01-01"),
    "date": lambda: datetime.date(2020, 1, 1),
    "empty array": lambda: np.array([]),
    "array": lambda: np.array([1.0, 2.0, 3.0]),
    "array 0-d": lambda: np.array(1.5),
    "array 3-d": lambda: np.zeros((2, 2, 2)),
    "array of text": lambda: np.array([CODE]),
    "array of objects": lambda: np.array([object()]),
    "array with nan": lambda: np.array([[math.nan, 1.0], [1.0, 2.0]]),
    "complex array": lambda: np.array([1j]),
    "masked array": lambda: np.ma.masked_array([1.0, 2.0], [True, False]),
    "sp.nan": lambda: sp.nan,
    "zoo": lambda: sp.zoo,
    "oo": lambda: sp.oo,
    "I": lambda: sp.I,
    "Float": lambda: sp.Float("0.1"),
    "symbol": lambda: q,
    "x": lambda: x,
    "Dummy": sp.Dummy,
    "integer symbol": lambda: sp.Symbol("n", integer=True),
    "imaginary symbol": lambda: sp.Symbol("w", imaginary=True),
    "noncommutative": lambda: sp.Symbol("A", commutative=False),
    "MatrixSymbol": lambda: sp.MatrixSymbol("A", 2, 2),
    "row": lambda: sp.Matrix([[x, y]]),
    "empty matrix": lambda: sp.zeros(0, 0),
    "true": lambda: sp.true,
    "True": lambda: True,
    "Eq": lambda: sp.Eq(x, 0),
    "x > 0": lambda: x > 0,
    "f(x)": lambda: sp.Function("f")(x),
    "Piecewise": lambda: sp.Piecewise((x, x > 0), (0, True)),
    "Abs": lambda: sp.Abs(x),
    "floor": lambda: sp.floor(x),
    "Integral": lambda: sp.Integral(sp.exp(-(x**2)), (x, 0, 1)),
    "1/x": lambda: 1 / x,
    "deep": _deep,
    "object": object,
    "function": lambda: lambda *_: 1,
    "class": lambda: int,
    "module": lambda: math,
    "generator": lambda: (i for i in [1, 2]),
    "set": lambda: {1, 2},
    "range": lambda: range(3),
    "[x, x]": lambda: [x, x],
    "[None]": lambda: [None],
    "[[None]]": lambda: [[None]],
    "(code,)": lambda: (CODE,),
    "[[code]]": lambda: [[CODE]],
    "ragged": lambda: [[1], [1, 2]],
    "nested": lambda: [[[1]]],
    "(1, 2)": lambda: (1, 2),
    "(nan, 1)": lambda: (math.nan, 1),
    "(-inf, inf)": lambda: (-math.inf, math.inf),
    "{x: 1}": lambda: {x: 1},
    "{'x': 1}": lambda: {"x": 1},
    "{code: 1}": lambda: {CODE: 1},
    "{x: code}": lambda: {x: CODE},
    "{x: nan}": lambda: {x: math.nan},
    "{1: 1}": lambda: {1: 1},
    "evil": _Evil,
    "evil sympify": _EvilSympify,
    "look-alike number": _LooksLikeANumber,
    "evil array": _EvilArray,
    "endless": _Endless,
    "no repr": _NoRepr,
    "path": lambda: Path("/nonexistent"),
}
"""Hostile values by name, made anew for each call."""

NO_NUMBERS = ("nan", "Decimal nan", "float32 nan", "sp.nan", "zoo", "array with nan", "{x: nan}", "(nan, 1)")
"""Those of which no answer can be made."""

NO_ARGUMENT = ("object", "evil", "module", "class", "path", "no repr")
"""Those that are wrong by their type, so that a refusal must name the argument."""
