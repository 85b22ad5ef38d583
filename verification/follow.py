"""One claim's whole way through the house: printed equation, derivation, program, simulation, interval, verdict.

Each stage is printed from the objects that the checks themselves use, so that what is shown is what runs. A stage
that cannot print itself is a bug.
"""

from __future__ import annotations

import functools
import inspect
import json
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import sympy as sp
from sympy.core.function import AppliedUndef

from numerics.codegen.compile import source
from numerics.codegen.lower import lower
from numerics.errors import UnsupportedFunctionError
from numerics.statistics.sample_size import FALSE_ALARM_RUN, MISS_RATE
from theory.line.laws.stationary import stationary_density
from theory.tricomi import hyperu
from verification.arguments import FORMULA, takes
from verification.checks.check import Context
from verification.checks.stages import FIRST, SECOND, seed
from verification.claim import Claim, Statement
from verification.errors import one_sentence
from verification.forms import (
    Bound,
    Comparison,
    Expansion,
    Experiment,
    Figure,
    Form,
    Identity,
    Invariance,
    Region,
    StationaryDensity,
)
from verification.formulas import docstring_text, prose_text, readable_text, unicode_math, written_text
from verification.freshness import is_stale
from verification.glossary import glossary
from verification.layout import COLUMNS, INDENT, Passage, PassageKind, formula_passage, laid_out
from verification.provenance import body, first_paragraph, qualified_name, theory_behind
from verification.report.numbers import facts
from verification.run.settings import Settings
from verification.run.store import Store
from verification.verdict import Finding, Outcome, StatementVerdict

OPAQUE = (AppliedUndef, sp.Derivative, sp.Integral, sp.Sum, sp.hyper, sp.Subs, hyperu)
"""What generated code takes as an argument: arbitrary functions, and what is evaluated by other means."""

EVALUATED = {
    hyperu: "Tricomi's confluent hypergeometric function, evaluated by mpmath",
    sp.Integral: "evaluated by quadrature; its integrand is the next program",
    sp.hyper: "evaluated by mpmath and in balls",
}


@dataclass(frozen=True)
class Stage:
    """One station of the way."""

    title: str
    blocks: tuple[Passage, ...]


def follow(claim: Claim, home: str | Path, store: Store | None) -> str | None:
    """Print the way of ``claim`` to a terminal, or return it as plain text where nobody watches one."""
    found = stages(claim, home, store)
    if not sys.stdout.isatty():
        return plain(found)
    _show(found)
    return None


def stages(claim: Claim, home: str | Path, store: Store | None) -> list[Stage]:
    """Every stage of ``claim``, imported from ``home``, statement by statement; the verdict comes from ``store``."""
    stored = store.verdicts().get(claim.id) if store is not None else None
    judged = {found.statement: found for found in stored.verdict.statements} if stored else {}
    found = [_claim(claim)]
    for statement in claim.statements:
        found += [
            _printed(statement),
            _derivation(statement),
            _program(statement),
            _simulation(claim, statement),
            _verdict(claim, statement, judged.get(statement.name)),
        ]
    text = f"not judged yet: run driftproof verify {claim.id}"
    if stored is not None:
        verdict = stored.verdict
        text = f"{claim.id} {verdict.verdict.name} ({', '.join(verdict.evidence)}): {readable_text(verdict.reason)}"
        if verdict.corrected:
            text += f"\ncorrected: {readable_text(verdict.corrected)}"
        if is_stale(verdict, claim.module, home):
            text += f"\nreached with an earlier version of the code or of the claim: run driftproof verify {claim.id}"
    return [*found, Stage("Verdict on the claim", (Passage(text),))]


def plain(found: Sequence[Stage]) -> str:
    """Stages as text, without colour."""
    lines = []
    for stage in found:
        lines += ["", *textwrap.wrap(f"== {stage.title}", COLUMNS, subsequent_indent="   ")]
        lines += [laid_out(block) for block in stage.blocks]
    return "\n".join(lines[1:])


def _show(found: Sequence[Stage]) -> None:
    from rich.console import Console
    from rich.rule import Rule
    from rich.syntax import Syntax
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    for stage in found:
        console.print(Rule(Text(stage.title, style="bold"), align="left"))
        for block in stage.blocks:
            shown = laid_out(block, min(COLUMNS, console.width))
            if block.kind is PassageKind.PYTHON:
                console.print(Syntax(shown, "python", theme="ansi_dark", background_color="default"))
            else:
                console.print(Text(shown), soft_wrap=True)


def _claim(claim: Claim) -> Stage:
    scope = prose_text(claim.scope)
    lines = [f"{claim.cites.paper}, {prose_text(claim.cites.where)}", f"{claim.kind.value}, scope: {scope}"]
    if claim.words:
        lines.append("printed: " + prose_text(" ".join(claim.words.split())))
    lines += [f"  {unicode_math(symbol)}: {prose_text(meaning)}" for symbol, meaning in glossary(claim).items()]
    return Stage(f"{claim.id}: {prose_text(claim.title)}", (Passage("\n".join(lines)),))


def _printed(statement: Statement) -> Stage:
    text = written_text(statement, statement.printed)
    blocks = [Passage(prose_text(statement.says))] if statement.says else []
    blocks.append(Passage(INDENT + unicode_math(text), PassageKind.LISTING))
    blocks.append(Passage(f"LaTeX: {text}", PassageKind.LISTING))
    if statement.domain:
        blocks.append(Passage("for " + ", ".join(map(unicode_math, statement.domain))))
    return Stage(_title(statement, "printed equation"), tuple(blocks))


def _title(statement: Statement, station: str) -> str:
    return f"{readable_text(statement.name)}: {station}"


def _derivation(statement: Statement) -> Stage:
    form = statement.form
    try:
        blocks = _derived(statement)
    except Exception as error:
        blocks = [*_origin(_derived_by(form)), Passage(f"ends in an error: {readable_text(one_sentence(error))}")]
    if getattr(form, "modulo", None) is not None:
        blocks.append(Passage("compared after an operation on both sides that removes the freedom of the statement."))
    return Stage(_title(statement, "derivation"), tuple(blocks))


def _derived_by(form: Form) -> Callable[..., Any]:
    """The function of a claim that derives what the form is judged by."""
    names = ("derived", "exact", "process", "escaping", "measure")
    return next(getattr(form, name) for name in names if hasattr(form, name))


def _derived(statement: Statement) -> list[Passage]:
    form = statement.form
    blocks: list[Passage]
    match form:
        case Identity(derived=derived) | Region(derived=derived):
            blocks = [*_origin(derived), Passage("derived:"), formula_passage(derived())]
        case Bound(exact=exact, relation=relation):
            blocks = [
                *_origin(exact),
                Passage(f"derived, to be {relation} the printed form:"),
                formula_passage(exact()),
            ]
        case Expansion(derived=derived, small=small, order=order, at=at):
            blocks = [
                *_origin(derived),
                Passage(f"derived, to be met to order {order} as {unicode_math(small)} tends to {unicode_math(at)}:"),
                formula_passage(derived()),
            ]
        case StationaryDensity(process=process):
            drawn = process()
            blocks = [
                *_origin(process),
                Passage(f"process of {', '.join(map(unicode_math, drawn.state))}; drift and dispersion:"),
            ]
            blocks += [formula_passage(drawn.drift), formula_passage(drawn.dispersion)]
            blocks += [
                Passage(
                    "derived density, by theory.line.laws.stationary:stationary_density, and where it is normalisable:"
                )
            ]
            law = stationary_density(drawn)
            blocks += [formula_passage(law.density), formula_passage(law.normalisable)]
        case Figure(measure=measure, parts=parts, summarise=summarise):
            blocks = [Passage("no formula is derived: the figure is measured again.")]
            blocks += [*_reference(measure, code=False), *_reference(summarise, code=False)]
            listed = "\n".join(f"  part {i}: {json.dumps(dict(part))}" for i, part in enumerate(parts))
            blocks.append(Passage(listed, PassageKind.LISTING))
        case Invariance(escaping=escaping):
            blocks = [*_origin(escaping), Passage("what gradients have outside the set, to be zero:")]
            blocks.append(formula_passage(sp.Matrix(escaping(statement.judged(statement.printed)))))
        case _:
            blocks = [Passage("no decidable symbolic form: the comparisons and experiments below are its only judges.")]
    return blocks


def _origin(derived: Callable[..., Any]) -> list[Passage]:
    """Where a derived form comes from: its function, and every theory function behind it with what it says."""
    blocks = [Passage(qualified_name(derived), PassageKind.LISTING)]
    if qualified_name(derived).startswith("theory."):
        return [*blocks, _says(first_paragraph(derived))]
    blocks.append(Passage(textwrap.indent(body(derived), INDENT), PassageKind.PYTHON))
    behind = theory_behind(derived)
    if not behind:
        blocks.append(
            Passage("stated outright, no function of theory is named here: what the printed side must come to.")
        )
    for thing in behind:
        blocks += [Passage(qualified_name(thing), PassageKind.LISTING), _says(first_paragraph(thing))]
    return blocks


def _reference(named: Any, *, code: bool = True) -> list[Passage]:
    """A function of a claim, with what it says and, if asked for, its source."""
    function = named if inspect.isfunction(named) or isinstance(named, functools.partial) else type(named)
    blocks = [Passage(qualified_name(function), PassageKind.LISTING), _says(first_paragraph(function))]
    if is_dataclass(named):
        return [
            *blocks,
            Passage("\n".join(f"{INDENT}{f.name}: {_value(getattr(named, f.name))}" for f in fields(named))),
        ]
    return [*blocks, Passage(textwrap.indent(body(function), INDENT), PassageKind.PYTHON)] if code else blocks


def _value(value: Any) -> str:
    """A field of a record in words: formulas in Unicode, functions by their names."""
    if isinstance(value, Mapping):
        return ", ".join(f"{_value(key)} = {_value(part)}" for key, part in value.items())
    if isinstance(value, sp.Basic | sp.MatrixBase):
        return unicode_math(value)
    if is_dataclass(value):
        return ", ".join(f"{f.name} {_value(getattr(value, f.name))}" for f in fields(value))
    return qualified_name(value) if inspect.isroutine(value) else str(value)


def _says(docstring: str) -> Passage:
    return Passage(textwrap.indent(" ".join(docstring_text(docstring).split()), INDENT))


def _program(statement: Statement) -> Stage:
    """The printed form as the instructions of a program, and as the Python they become."""
    blocks: list[Passage] = []
    waiting: list[tuple[str, Any]] = [("the printed form", statement.judged(statement.printed))]
    while waiting:
        name, form = waiting.pop(0)
        expressions, given = computable(form)
        blocks.append(Passage(f"program of {name}:"))
        for symbol, part in given.items():
            how = EVALUATED.get(type(part), "an arbitrary function, given by its values")
            blocks.append(Passage(f"  argument {symbol} is {how}"))
            if isinstance(part, sp.Integral):
                waiting.append((f"the integrand of {symbol}", part.function))
        arguments: list[Any] = sorted({s for e in expressions for s in e.free_symbols}, key=str)
        obstacle = _no_program_for(expressions)
        if obstacle is not None:
            blocks += [Passage(f"  {obstacle}:"), formula_passage(form)]
            continue
        blocks.append(Passage(textwrap.indent(str(lower(expressions, arguments)), "  "), PassageKind.LISTING))
        backend, text = _source(expressions, arguments)
        blocks += [Passage(f"generated {backend} source:"), Passage(text, PassageKind.PYTHON)]
    return Stage(_title(statement, "program"), tuple(blocks))


def _no_program_for(expressions: Sequence[Any]) -> str | None:
    """Why no program of real numbers computes this, or None."""
    if any(e.has(sp.I) for e in expressions):
        return "complex, while programs compute with real numbers; mpmath evaluates it as it stands"
    if any(e.is_commutative is False for e in expressions):
        return "made of matrices, while programs compute with numbers; it stands as it is"
    return None


@takes(form=FORMULA)
def computable(form: Any) -> tuple[list[Any], dict[sp.Symbol, Any]]:
    """The entries of ``form`` with everything opaque to generated code replaced by arguments, and what those stand for.

    Example:
        >>> y = sp.Symbol("y")
        >>> computable(2 * sp.Function("L")(y))
        ([2*L(y)], {L(y): L(y)})
    """
    entries = form.flat() if isinstance(form, sp.MatrixBase) else [form]
    given: dict[Any, sp.Symbol] = {}

    def replaced(part: Any) -> Any:
        if isinstance(part, OPAQUE):
            return given.setdefault(part, sp.Symbol(str(part), real=True))
        return part.func(*map(replaced, part.args)) if part.args and part.has(*OPAQUE) else part

    return [replaced(entry) for entry in entries], {symbol: part for part, symbol in given.items()}


def _source(expressions: Sequence[Any], arguments: Sequence[sp.Symbol]) -> tuple[str, str]:
    """NumPy source; mpmath's where NumPy lacks a function."""
    try:
        return "NumPy", source(expressions, arguments, "numpy")
    except UnsupportedFunctionError:
        return "mpmath (NumPy lacks a function)", source(expressions, arguments, "mpmath")


def _simulation(claim: Claim, statement: Statement) -> Stage:
    blocks: list[Passage] = []
    shown: set[str] = set()
    for experiment in statement.experiments:
        blocks += _experiment(claim, statement, experiment)
        name = qualified_name(experiment.sampler)
        blocks += _reference(experiment.sampler, code=name not in shown)
        shown.add(name)
    for comparison in statement.comparisons:
        blocks += _comparison(comparison)
    if isinstance(statement.form, Figure):
        blocks += [Passage("simulated by the measurement, part by part:"), *_reference(statement.form.measure)]
    if isinstance(statement.form, Invariance) and statement.form.measure:
        blocks += [Passage("trained with SGD from a point of the set:"), *_reference(statement.form.measure)]
    none = Passage("none: decided by symbols and exact balls alone.")
    return Stage(_title(statement, "simulation"), tuple(blocks) or (none,))


def _experiment(claim: Claim, statement: Statement, experiment: Experiment) -> list[Passage]:
    context = Context(claim, statement, Settings().resolution, "")
    number = claim.paper.experiments
    lines = [
        f"experiment {experiment.name!r} with {json.dumps(dict(experiment.arguments))}",
        "  a pilot run sets the number of samples; an independent second stage has four times as many",
        f"  false-alarm rate alpha_i = {FALSE_ALARM_RUN / number:.3g} (shared by {number} experiments of the paper), "
        f"power {1 - MISS_RATE:g} against a relative error of {context.resolution:g}",
        f"  seed {seed(context, experiment, FIRST)}, second stage {seed(context, experiment, SECOND)}",
    ]
    return [Passage("\n".join(lines), PassageKind.LISTING)]


def _comparison(comparison: Comparison) -> list[Passage]:
    points = "\n".join(f"  {json.dumps(dict(point))}" for point in comparison.arguments)
    text = f"comparison {comparison.name!r}, relative tolerance {comparison.tolerance:g}, at the points\n{points}"
    return [Passage(text, PassageKind.LISTING), *_reference(comparison.evaluator)]


def _verdict(claim: Claim, statement: Statement, verdict: StatementVerdict | None) -> Stage:
    title = _title(statement, "interval and verdict")
    if verdict is None:
        return Stage(title, (Passage(f"not judged yet: run driftproof verify {claim.id}"),))
    remark = "" if verdict.counts else " (a remark, does not count)"
    lines = [f"{verdict.verdict.name}: {verdict.verdict.value}{remark}"]
    for form, findings in (("printed", verdict.findings), ("corrected", verdict.corrected)):
        for check, finding in findings.items():
            lines += _finding(form, check, finding)
    for miss, killer in verdict.near_misses.items():
        found = f"refuted by {killer}" if killer else "NOT REFUTED by any check"
        lines.append(f"  near miss '{readable_text(miss)}': {found}")
    return Stage(title, (Passage("\n".join(lines), PassageKind.LISTING),))


def _finding(form: str, check: str, finding: Finding) -> list[str]:
    head = f"  {form}, {check}: {finding.outcome.name}: {readable_text(finding.reason)}"
    shown: Mapping[str, str] = {fact.name: fact.value for fact in facts(finding)}
    told = f"    {'; '.join(f'{name} {value}' for name, value in shown.items())}"
    return [head, told] if shown and finding.outcome is not Outcome.UNDECIDED else [head]
