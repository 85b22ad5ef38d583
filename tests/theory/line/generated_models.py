"""Models out of a grammar, and the questions asked of each: an answer or the project's own error, nothing else.

``python -m tests.theory.line.generated_models 10000`` asks them of as many models, and prints what crashes or is slow.
"""

from __future__ import annotations

import argparse
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import sympy as sp
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from theory.errors import DriftproofError
from theory.ito import ItoProcess
from theory.line.charts.interval import Interval
from theory.line.ends.boundary import classify
from theory.line.laws.stationary import stationary_density
from theory.line.passage.first_passage import hitting_probability, probability_of_ever_reaching, scale_function
from theory.line.passage.passage_time import mean_exit_time, mean_explosion_time, mean_first_passage_time
from theory.parameters import parameter

Model = tuple[ItoProcess, Interval | None]

k, c = sp.symbols("k c", positive=True)
mu = sp.Symbol("mu", real=True)
q = sp.Symbol("q", positive=True)
L = parameter("L", integer=True, at_least=2)
x, p = sp.Symbol("x", real=True), sp.Symbol("x", positive=True)
HALF = sp.Rational(1, 2)

COEFFICIENTS = (1, 2, sp.Rational(1, 3), k, sp.sqrt(k), k ** sp.Rational(1, 3), sp.exp(k), mu, -k, -1, -c)
EXPONENTS = (0, 1, 2, 3, HALF, 3 * HALF, sp.Rational(1, 3), -1, k, 1 - 1 / L, 2 * (L - 1) / L, L)
FUNCTIONS = (sp.exp, sp.log, sp.sinh, sp.tanh, sp.sin, sp.tan, sp.atan, sp.erf)
INTERVALS = (None, None, None, Interval(0, 1), Interval(-1, 2), Interval(1, sp.oo), Interval(0, k), Interval(-c, c))


@st.composite
def terms(draw: st.DrawFn, y: sp.Symbol) -> sp.Expr:
    """A coefficient times a power, a kink or a function."""
    factor = sp.sympify(draw(st.sampled_from(COEFFICIENTS)))
    kind = draw(st.sampled_from(("power", "power", "power", "power", "kink", "function")))
    if kind == "power":
        exponents = EXPONENTS if y.is_positive else EXPONENTS[:4]
        return factor * y ** draw(st.sampled_from(exponents))
    if kind == "function":
        return factor * draw(st.sampled_from(FUNCTIONS))(y)
    place = draw(st.sampled_from((0, 1, c)))
    kinks = (
        sp.sign(y - place),
        sp.Abs(y - place),
        sp.sqrt(sp.Abs(y - place)),
        sp.Max(y, place),
        sp.Piecewise((1, y < place), (k, True)),
    )
    return factor * draw(st.sampled_from(kinks))


@st.composite
def dispersions(draw: st.DrawFn, y: sp.Symbol) -> sp.Expr:
    """A term, or one of the usual forms with a zero at an end or none at all."""
    usual = (sp.S.One, k, sp.sqrt(k), y, sp.sqrt(1 + y**2), sp.sqrt(k + c * y**2), sp.sqrt(y * (1 - y)), 1 + sp.Abs(y))
    usual += (sp.sqrt(sp.Abs(y)), y**q) if y.is_positive else (sp.Abs(y) ** sp.Rational(1, 4), sp.sqrt(sp.Abs(y)))
    return draw(st.one_of(st.sampled_from(usual), st.sampled_from(usual), terms(y)))


@st.composite
def models(draw: st.DrawFn) -> Model:
    """A process with up to three terms in its drift, on the line, the half-line or an interval."""
    y = draw(st.sampled_from((x, p)))
    drift = sp.Add(*draw(st.lists(terms(y), min_size=1, max_size=3)))
    dispersion = draw(dispersions(y))
    return ItoProcess.scalar(y, drift=drift, dispersion=dispersion), draw(st.sampled_from(INTERVALS))


def questions(model: Model) -> Iterator[tuple[str, Callable[[], object]]]:
    """Name and call of everything that is asked."""
    process, interval = model
    low, start, high = sp.Rational(1, 4), HALF, sp.Rational(3, 4)
    yield "classes", lambda: classify(process, interval)
    yield "scale", lambda: scale_function(process, interval)
    yield "hits", lambda: hitting_probability(process, start, low, high, interval)
    yield "ever", lambda: probability_of_ever_reaching(process, start, low, interval)
    yield "exit time", lambda: mean_exit_time(process, start, low, high, interval)
    yield "passage time", lambda: mean_first_passage_time(process, start, high, interval)
    yield "explosion", lambda: mean_explosion_time(process, start, interval)
    try:
        law = stationary_density(process, interval)
    except DriftproofError:
        return
    for name in ("mean", "variance", "mode", "partition_function", "log_mean"):
        yield name, lambda name=name: getattr(law, name)
    yield "moment", lambda: law.moment(3)
    yield "cdf", lambda: law.cdf(start)
    numbers = {symbol: 3 if symbol == L else sp.Rational(3, 4) for symbol in law.parameters}
    yield "numbers", lambda: law.at(numbers).mean
    yield "quantile", lambda: law.at(numbers).quantile(HALF)


def failures(model: Model, *, limit: float = 10.0) -> Iterator[str]:
    """What is neither an answer nor an error of the project, and what took more than ``limit`` seconds of processor."""
    try:
        asked = list(questions(model))
    except Exception as error:
        yield f"stationary law of {model}: {_told(error)}"
        return
    for name, call in asked:
        begun = time.process_time()
        try:
            answer: Any = call()
            if isinstance(answer, sp.Basic) and answer.has(sp.zoo):
                yield f"{name} of {model}: {answer} holds a complex infinity"
        except DriftproofError:
            pass
        except Exception as error:
            yield f"{name} of {model}: {_told(error)}"
        taken = time.process_time() - begun
        if taken > limit:
            yield f"{name} of {model}: {taken:.1f} s"


def _told(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if "site-packages" not in frame.filename][-1]
    where = f"{own.filename.rsplit('/', 1)[-1]}:{own.lineno} in {place.name}"
    return f"{type(error).__name__}: {str(error)[:120]} ({where})"


def main() -> int:
    """Ask the questions of as many models as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("--limit", type=float, default=10.0, help="seconds of processor time that count as slow")
    chosen = parser.parse_args()
    found = 0

    @settings(
        max_examples=chosen.count, deadline=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck)
    )
    @given(models())
    def ask(model: Model) -> None:
        nonlocal found
        for failure in failures(model, limit=chosen.limit):
            found += 1
            print(failure, flush=True)

    ask()
    print(f"{chosen.count} models, {found} failures")
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
