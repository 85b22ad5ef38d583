"""How often true values are refuted, at a false-alarm rate that a thousand runs can see.

Usage: ``PYTHONPATH=. python tests/nightly/null_batteries.py [runs]``. Each run is the whole Monte Carlo check on a
claim that is true: pilot, deciding stage, an enlarged one where skewness asks for it, and the repetition. For every
law of the samples it prints the rate at which one stage refutes the truth (a near miss equal to it) beside the nominal
rate, with its exact interval, and the rates at which both stages refute it, at which it is supported, at which values
off by the resolution are refuted. Where the interval lies above the nominal rate inflated by 10 %, which is what the
skewness gate allows, the law is marked and the command fails.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable

import numpy as np

from numerics.statistics import sample_size
from numerics.statistics.estimators import Proportion
from tests.verification import fake_claims as fake
from verification.checks import check
from verification.checks.monte_carlo import MonteCarloCheck
from verification.forms import Experiment, Numerical, Samples
from verification.verdict import Outcome

NOMINAL = 0.1
RESOLUTION = 0.05
LEVEL = 1e-3
"""False-alarm rate of the command itself, a law."""

TRUTH, ABOVE, BELOW = "the truth", "5 % above", "5 % below"

LAWS: dict[str, tuple[Callable[..., Samples], dict[str, float], float]] = {
    "normal, variation 0.3": (fake.normal, {"mean": 1.0}, 1.0),
    "exponential": (fake.exponential, {}, 1.0),
    "indicator, p = 0.3": (fake.indicators, {"p": 0.3}, 0.3),
    "indicator, p = 0.01": (fake.indicators, {"p": 0.01}, 0.01),
    "log-normal, width 1": (fake.heavy, {"width": 1.0}, 1.0),
}
"""Law -> sampler, its arguments, the true mean."""


def battery(law: str, runs: int) -> dict[str, Counter[Outcome]]:
    """Outcomes about each candidate in ``runs`` independent experiments on one law."""
    sampler, arguments, mean = LAWS[law]
    found: dict[str, Counter[Outcome]] = {name: Counter() for name in ("printed", TRUTH, ABOVE, BELOW)}
    for i in range(runs):
        experiment = Experiment(f"number {i}", sampler, arguments, predicted=lambda candidate: candidate)
        wrong = {TRUTH: mean, ABOVE: mean * (1 + RESOLUTION), BELOW: mean * (1 - RESOLUTION)}
        statement = fake.statement(form=Numerical(), printed=mean, wrong=wrong, experiments=(experiment,))
        claim = fake.claim(statement, id=f"null battery, {law}")
        vars(check)["claim_in"] = lambda module, id, claim=claim: claim
        labelled, _ = fake.ask(MonteCarloCheck(), fake.context(claim, resolution=RESOLUTION, experiments=1))
        for name, findings in labelled.items():
            found[name] += Counter(finding.outcome for finding in findings.values())
    return found


def main(runs: int) -> int:
    """Print a line a law; the number of laws whose false alarms are too many."""
    sample_size.FALSE_ALARM_RUN = NOMINAL
    allowed = NOMINAL * float(np.cosh(sample_size.MAX_DISTORTION))
    bad = 0
    print(f"{runs} runs a law, nominal rate {NOMINAL}, at most {allowed:.3f} with the skewness that the gate lets pass")
    for law in LAWS:
        found = battery(law, runs)
        alarms = Proportion(found[TRUTH][Outcome.REFUTED], runs)
        lower, upper = alarms.interval(LEVEL)
        missed = (2 * runs - found[ABOVE][Outcome.REFUTED] - found[BELOW][Outcome.REFUTED]) / (2 * runs)
        bad += lower > allowed
        print(
            f"{law:22} one stage refutes {alarms.value:.3f} in [{lower:.3f}, {upper:.3f}]"
            f"{'  TOO OFTEN' if lower > allowed else ''}; both stages {found['printed'][Outcome.REFUTED] / runs:.3f}; "
            f"consistent {found['printed'][Outcome.CONSISTENT] / runs:.3f}; off by the resolution missed {missed:.4f}",
            flush=True,
        )
    return bad


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
