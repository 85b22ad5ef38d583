"""The numbers of a finding in the order and the words in which a reader wants them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verification.verdict import Finding

NAMES = {
    "predicted": "predicts",
    "estimate": "estimate",
    "interval": "interval",
    "bias_allowance": "of which bias allowance",
    "n": "samples",
    "false_alarm": "false-alarm rate",
    "resolution": "resolution",
    "absolute_resolution": "absolute resolution",
    "deviation": "relative error at most",
    "absolute_deviation": "error at most",
    "seed": "seed",
    "second_stage": "second stage",
    "digits": "digits",
    "points": "points",
    "largest_relative_difference": "largest relative difference",
    "tolerance": "tolerance",
    "location": "measured location",
}
"""Words for the keys of ``Finding.numbers``. Other scalars go by their own name, other structures are not shown."""


@dataclass(frozen=True)
class Fact:
    """A name and a value, as text."""

    name: str
    value: str


def facts(finding: Finding) -> tuple[Fact, ...]:
    """The numbers of ``finding`` and, where it refutes, its witness."""
    numbers = finding.numbers
    known = [Fact(words, _value(key, numbers[key])) for key, words in NAMES.items() if key in numbers]
    others = [
        Fact(key.replace("_", " "), number_text(value))
        for key, value in numbers.items()
        if key not in NAMES and _is_scalar(value)
    ]
    witness = finding.witness or {}
    told = [] if dict(witness) == dict(numbers) else [Fact(str(k), _value(k, v)) for k, v in witness.items()]
    return (*known, *others, *(Fact(f"witness: {fact.name}", fact.value) for fact in told))


def number_text(value: Any) -> str:
    """A scalar as text: floats to six digits, integers in full."""
    if value is None:
        return "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _is_scalar(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float)


def _value(key: str, value: Any) -> str:
    if isinstance(value, Mapping) and "interval" in value:
        return f"{number_text(value['estimate'])} in {_value('', value['interval'])}, {value['n']} samples"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {number_text(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return f"[{', '.join(number_text(part) if _is_scalar(part) else str(part) for part in value)}]"
    return number_text(value)
