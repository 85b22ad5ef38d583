"""How often true values are refuted, at a false-alarm rate that a thousand runs can see.

Usage: ``python -m tests.nightly.null_batteries [runs] [--only TEXT] [--rate RATE] [--write]``; rows of
laws whose name does not hold the text stay in the file as they are. Each run is the whole Monte Carlo check on a claim
that is true: pilot, deciding stage, an enlarged one where skewness asks for it, and the repetition. For each law of the
samples it prints the rate at which one stage refutes the truth (a near miss equal to it) beside the nominal rate, with
its exact interval, and the rates at which both stages refute it, at which it is supported, at which nothing is decided,
at which values off by the resolution are refuted. Where the interval lies above the nominal rate inflated by 10 %,
which is what the skewness gate allows, the law is marked and the command fails.

The gates are the stricter the rarer false alarms shall be. With ``--rate 1e-6`` they are those of a claim.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from unittest import mock

import numpy as np
from scipy import special

from numerics.statistics import sample_size
from numerics.statistics.estimators import Proportion
from tests.nightly import evidence
from tests.verification import fake_claims as fake
from verification.checks import check
from verification.checks.monte_carlo import MonteCarloCheck
from verification.forms import Draw, Experiment, Numerical, Samples
from verification.verdict import Outcome

NOMINAL = 0.1
RESOLUTION = 0.05
LEVEL = 1e-3
"""False-alarm rate of the command itself, a law."""

TRUTH, ABOVE, BELOW = "the truth", "5 % above", "5 % below"


def _pareto(exponent: float) -> Callable[[np.ndarray], np.ndarray]:
    return lambda u: (exponent - 1) / exponent * (1 - u) ** (-1 / exponent)


QUANTILES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "uniform": lambda u: 2 * u,
    "Gaussian, variation 1": lambda u: 1 + special.ndtri(u),
    "Pareto, exponent 3.5": _pareto(3.5),
    "Pareto, exponent 2.2": _pareto(2.2),
    "Pareto, exponent 1.8": _pareto(1.8),
    "Pareto, exponent 1.5": _pareto(1.5),
    "Student, 5 degrees of freedom": lambda u: 1 + special.stdtrit(5, u),
    "Student, 3 degrees of freedom": lambda u: 1 + special.stdtrit(3, u),
    "Cauchy, centred at 1": lambda u: 1 + np.tan(np.pi * (u - 0.5)),
    "1, and 1001 once in 10^4": lambda u: 1 + 1e3 * (u < 1e-4),
}
"""Laws by their quantile functions."""

DECLARED = {"variation": 1.0, "skewness": 2.0}
"""What the author of a law that rests on rare events declares, wrongly: a gate must stop the check."""


def by_quantiles(arguments: Mapping[str, Any], draw: Draw) -> Samples:
    """Samples of the law of :data:`QUANTILES` that ``law`` names."""
    return Samples(QUANTILES[arguments["law"]](fake.uniforms(draw)))


LAWS: dict[str, tuple[Callable[..., Samples], dict[str, Any], float]] = {
    "normal, variation 0.3": (fake.normal, {"mean": 1.0}, 1.0),
    "exponential": (fake.exponential, {}, 1.0),
    "indicator, p = 0.3": (fake.indicators, {"p": 0.3}, 0.3),
    "indicator, p = 0.01": (fake.indicators, {"p": 0.01}, 0.01),
    "log-normal, width 1": (fake.heavy, {"width": 1.0}, 1.0),
    **{f"log-normal, width {width}": (fake.heavy, {"width": width}, 1.0) for width in (0.5, 1.5, 2.0, 3.0)},
    **{law: (by_quantiles, {"law": law}, 1.1 if "once" in law else 1.0) for law in QUANTILES},
    "1 + 0.1 Z, and 10^4 more once in 10^5": (fake.rare, {}, 1.1),
}
"""Law -> sampler, its arguments, the true mean."""


def battery(law: str, runs: int) -> dict[str, Counter[Outcome]]:
    """Outcomes about each candidate in ``runs`` independent experiments on one law."""
    sampler, arguments, mean = LAWS[law]
    found: dict[str, Counter[Outcome]] = {name: Counter() for name in ("printed", TRUTH, ABOVE, BELOW)}
    for i in range(runs):
        declared = DECLARED if "once" in law else {}
        experiment = Experiment(f"number {i}", sampler, arguments, predicted=lambda candidate: candidate, **declared)
        wrong = {TRUTH: mean, ABOVE: mean * (1 + RESOLUTION), BELOW: mean * (1 - RESOLUTION)}
        statement = fake.statement(form=Numerical(), printed=mean, wrong=wrong, experiments=(experiment,))
        claim = fake.claim(statement, id=f"null battery, {law}")
        with mock.patch.object(check, "claim_in", lambda module, id, claim=claim: claim):
            labelled, _ = fake.ask(MonteCarloCheck(), fake.context(claim, resolution=RESOLUTION, experiments=1))
        for name, findings in labelled.items():
            found[name] += Counter(finding.outcome for finding in findings.values())
    return found


def rates(law: str, runs: int) -> dict[str, float]:
    """The rates of one law, with the exact interval of that at which one stage refutes the truth."""
    found = battery(law, runs)
    alarms = Proportion(found[TRUTH][Outcome.REFUTED], runs)
    lower, upper = alarms.interval(LEVEL)
    missed = (2 * runs - found[ABOVE][Outcome.REFUTED] - found[BELOW][Outcome.REFUTED]) / (2 * runs)
    return {
        "runs": runs,
        "one stage refutes the truth": alarms.value,
        "at least": round(lower, 4),
        "at most": round(upper, 4),
        "both stages refute the truth": found["printed"][Outcome.REFUTED] / runs,
        "the truth is consistent": found["printed"][Outcome.CONSISTENT] / runs,
        "undecided": found["printed"][Outcome.UNDECIDED] / runs,
        "off by the resolution missed": missed,
    }


def too_often(found: Mapping[str, float], allowed: float) -> bool:
    """Whether one stage refutes a true mean more often than the skewness gate allows, by the exact interval."""
    return found["at least"] > allowed


def known() -> dict[str, dict[str, dict[str, Any]]]:
    """The tables of docs/evidence/null_batteries.json by nominal rate, each by law."""
    path = evidence.ROOT / "docs" / "evidence" / "null_batteries.json"
    return json.loads(path.read_text(encoding="utf-8"))["results"]["rates"] if path.exists() else {}


def main(runs: int, only: str, rate: float, *, write: bool) -> int:
    """Print a line a law; the number of laws whose false alarms are too many."""
    sample_size.FALSE_ALARM_RUN = rate
    allowed = rate * float(np.cosh(sample_size.MAX_DISTORTION))
    print(f"{runs} runs a law, nominal rate {rate}, at most {allowed:.3g} with the skewness that the gate lets pass")
    chosen = [law for law in LAWS if re.search(only, law)]
    tables = known()
    earlier = tables.get(str(rate), {}).get("laws", {})
    table: dict[str, dict[str, Any]] = {law: row for law, row in earlier.items() if law in LAWS and law not in chosen}
    for law in chosen:
        table[law] = found = rates(law, runs)
        told = ", ".join(f"{name} {value:.4g}" for name, value in found.items())
        print(f"{law:22} {told}{'  TOO OFTEN' if too_often(found, allowed) else ''}", flush=True)
        if write:
            tables[str(rate)] = {"allowed": allowed, "laws": table}
            evidence.write("null_batteries", {"resolution": RESOLUTION, "rates": tables})
    return sum(too_often(found, allowed) for found in table.values())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("runs", nargs="?", type=evidence.at_least_one, default=1000)
    parser.add_argument("--only", default="", help="laws whose name holds this regular expression")
    parser.add_argument(
        "--rate", type=evidence.probability, default=NOMINAL, help="nominal false-alarm rate of a check"
    )
    parser.add_argument("--write", action="store_true", help="write the rates to docs/evidence/null_batteries.json")
    arguments = parser.parse_args()
    sys.exit(main(arguments.runs, arguments.only, arguments.rate, write=arguments.write))
