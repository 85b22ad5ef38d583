"""Small claims whose truth is known, cheap samplers, and a way to let a check ask until it is content."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import sympy as sp
from scipy import special

from verification.checks import check
from verification.checks.check import Check, Context, Findings
from verification.claim import Claim, Kind, Paper, Statement
from verification.errors import one_sentence
from verification.forms import Draw, Experiment, Form, Identity, Samples
from verification.run.task import Result, Status, Task, execute

PAPER = Paper("fake", experiments=16)
VARIATION = 0.3

Answers = dict[str, Result]


def uniforms(draw: Draw) -> np.ndarray:
    """Uniform numbers; number ``i`` depends on ``(seed, i)`` alone."""
    skipped = draw.first % 4
    source = np.random.Philox(key=draw.seed).advance(draw.first // 4)
    return np.random.Generator(source).random(draw.n + skipped)[skipped:]


def normal(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    """Gaussian samples of mean ``mean`` and coefficient of variation ``VARIATION``.

    ``second`` is the mean in the second stage, for a first stage that was wrong by chance.
    """
    mean = arguments["mean"] if draw.refinement == 1 else arguments.get("second", arguments["mean"])
    return Samples(mean * (1 + VARIATION * special.ndtri(uniforms(draw))))


def exponential(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    """Exponential samples of mean 1: variation 1, skewness 2."""
    return Samples(-np.log1p(-uniforms(draw)))


def biased(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    """Gaussian samples that are off by ``bias``, with the measured differences that say so."""
    exact = normal(arguments, draw).values
    return Samples(exact + arguments["bias"], correction=np.full(draw.n, arguments["bias"]))


def heavy(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    """Log-normal samples of mean 1 that rest on rare large values: skewness far above anything declared."""
    width = arguments["width"]
    return Samples(np.exp(width * special.ndtri(uniforms(draw)) - width**2 / 2))


def indicators(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    """Indicators of probability ``p``."""
    return Samples((uniforms(draw) < arguments["p"]).astype(float))


def constant(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    """The number ``mean`` again and again, off by as much as ``noise`` times a uniform number."""
    return Samples(np.full(draw.n, arguments["mean"]) * (1 + arguments.get("noise", 0.0) * uniforms(draw)))


def rare(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    """Mean 1.1 that rests on rare events: 1 + 0.1 Z + 10^4 Bernoulli(1e-5)."""
    u = uniforms(draw)
    # Gaussian on the part of the interval that is no event.
    body = special.ndtri(np.where(u < 1e-5, 0.5, (u - 1e-5) / (1 - 1e-5)))
    return Samples(1 + 0.1 * body + 1e4 * (u < 1e-5))


def power(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    """Samples 1 + T of Student's law with ``freedom`` degrees: no variance up to 2 of them, no mean up to 1."""
    return Samples(1 + special.stdtrit(arguments["freedom"], uniforms(draw)))


def related(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    """Gaussian samples of mean 1, each the mean of as many neighbours as ``width`` says: a moving average."""
    noise = special.ndtri(uniforms(draw))
    width = arguments["width"]
    return Samples(1 + VARIATION * np.convolve(noise, np.ones(width), "same") / math.sqrt(width))


def centred(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    """Gaussian samples of mean ``mean`` and standard deviation 1."""
    return Samples(arguments["mean"] + special.ndtri(uniforms(draw)))


def not_finite(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    """One sample of one chunk is not a number."""
    values = normal(arguments, draw).values
    if draw.first == 0:
        values[3] = arguments["bad"]
    return Samples(values)


def too_few(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    """One sample less than asked for."""
    return Samples(normal(arguments, draw).values[1:])


def failing(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    """No samples in stage ``stage``."""
    if draw.refinement == arguments["stage"]:
        raise FloatingPointError("the scheme diverged")
    return normal(arguments, draw)


def square_root(arguments: Mapping[str, Any]) -> tuple[float, float]:
    """A second opinion on the square root of ``x`` with the error bound ``error``."""
    return float(arguments["x"]) ** 0.5, float(arguments.get("error", 0.0))


def no_opinion(arguments: Mapping[str, Any]) -> tuple[float, float]:
    """An evaluator that fails."""
    raise ArithmeticError("the iteration did not settle")


def experiment(
    name: str = "mean",
    sampler: str = "normal",
    *,
    variation: float | None = VARIATION,
    skewness: float | None = 0.0,
    absolute: float | None = None,
    **arguments: Any,
) -> Experiment:
    """An experiment of this module: a candidate predicts itself."""
    return Experiment(
        name=name,
        sampler=globals()[sampler],
        arguments={"mean": 1.0, **arguments},
        predicted=lambda candidate: candidate,
        variation=variation,
        skewness=skewness,
        absolute=absolute,
    )


def statement(name: str = "value", *, derived: Any = 1, **fields: Any) -> Statement:
    """The statement that a number is ``derived``, printed right unless told otherwise."""
    right: Any = sp.sympify(derived)
    defaults: dict[str, Any] = {
        "says": "A number.",
        "form": Identity(lambda: right),
        "printed": right,
        "wrong": {"far off": right + 1},
        "mutated": False,
    }
    return Statement(name=name, **{**defaults, **fields})


def claim(*statements: Statement, id: str = "XX-001", **fields: Any) -> Claim:
    """A claim of the given statements."""
    return Claim(
        id=id,
        title="a fake",
        paper=PAPER,
        where="p. 1",
        statements_of=lambda: statements,
        declared_kind=Kind.IDENTITY,
        **fields,
    )


def context(of: Claim, *, resolution: float = 0.05, experiments: float = 16) -> Context:
    """The context of the first statement of a claim, in a paper with a budget of so many ``experiments``."""
    of = dataclasses.replace(of, paper=dataclasses.replace(PAPER, experiments=int(experiments)))
    return Context(of, of.statements[0], resolution, "fingerprint")


def register(monkeypatch: pytest.MonkeyPatch, *claims: Claim) -> None:
    """Have workers find these claims and no others."""
    known = {each.id: each for each in claims}
    monkeypatch.setattr(check, "claim_in", lambda module, id: known[id])


def answered(task: Task) -> Result:
    """What a worker would answer."""
    try:
        return Result(Status.DONE, execute(task.function, task.arguments))
    except Exception as error:
        return Result(Status.FAILED, None, one_sentence(error))


def ask(
    check: Check, of: Context, *, order: Callable[[list[Task]], list[Task]] = list, rounds: int = 12
) -> tuple[Findings, Answers]:
    """All findings of ``check``, and the results they rest on."""
    results: Answers = {}
    for _ in range(rounds):
        missing = [task for task in check.tasks(of, results) if task.key not in results]
        if not missing:
            return check.findings(of, results), results
        results |= {task.key: answered(task) for task in order(missing)}
    raise AssertionError("the check asks without end")


def form_of(kind: Form, **fields: Any) -> Statement:
    """A statement of another form than an identity."""
    return statement(form=kind, **fields)
