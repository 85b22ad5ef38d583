"""Independent neurons against the learning rate, in small networks on synthetic images.

Four settings, the same numbers of steps at every learning rate: with weight decay, which is what the deep experiments
of the stochastic-collapse paper use; the same with label noise; the same with batches 16 times as large; without weight
decay. Run as a script it takes about a minute on two cores; ``--write`` puts the numbers and the picture into
docs/evidence.
"""

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from numerics.networks.small_networks import NeuronCounts, SmallNetworks, count_neurons
from numerics.statistics.estimators import Estimate

EVIDENCE = Path(__file__).parent.parent / "evidence"
DECAY = 0.01
BATCH = 8
RUN = SmallNetworks((0.02, 0.05, 0.1, 0.2, 0.4), replicas=12, snapshots=(4000,), weight_decay=DECAY, batch_size=BATCH)

SETTINGS = {
    "weight decay": RUN,
    "weight decay, 40 % wrong labels": dataclasses.replace(RUN, label_noise=0.4),
    "weight decay, batches of 128": dataclasses.replace(RUN, batch_size=16 * BATCH),
    "no weight decay": dataclasses.replace(RUN, weight_decay=0.0),
}
STYLES = (("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"), ("#CC79A7", "D"))


def estimate(shares: np.ndarray) -> Estimate:
    """The mean over replicas."""
    return Estimate(float(shares.mean()), float(shares.std(ddof=1) / len(shares) ** 0.5), len(shares) - 1)


def main(snapshots: tuple[int, ...] = (1000,), replicas: int = 12) -> tuple[float, Estimate]:
    """The fall of the independent share from the smallest to the largest learning rate; 0 if there were none."""
    counts = count_neurons(dataclasses.replace(RUN, snapshots=snapshots, replicas=replicas))
    last = counts.independent[-1]
    return 0.0, estimate(last[0] - last[-1])


def row(run: SmallNetworks, counts: NeuronCounts, i: int) -> dict[str, float | list[float]]:
    """What one learning rate gave at the end."""
    share = estimate(counts.independent[-1, i])
    return {
        "learning rate": run.learning_rates[i],
        "independent": share.value,
        "95 % interval": list(share.interval(0.05)),
        "vanished": float(counts.vanished[-1, i].mean()),
        "accuracy": float(counts.accuracy[i].mean()),
    }


def table(name: str, rows: list[dict[str, float | list[float]]]) -> None:
    """Print the rows of one setting."""
    print(f"\n{name}\n  rate   independent (95 % interval)    vanished  accuracy")
    for each in rows:
        lower, upper = each["95 % interval"]
        print(
            f"  {each['learning rate']:<5}  {each['independent']:.3f} ({lower:.3f} to {upper:.3f})"
            f"{'':9}{each['vanished']:.3f}     {each['accuracy']:.3f}"
        )


def draw(results: dict[str, list[dict[str, float | list[float]]]], path: Path) -> None:
    """The independent share against the learning rate, a curve for each setting."""
    figure = Figure(figsize=(7.2, 4.0), layout="constrained")
    axes = figure.add_subplot()
    for (name, rows), (color, marker) in zip(results.items(), STYLES, strict=True):
        rates, shares = ([each[key] for each in rows] for key in ("learning rate", "independent"))
        bars = np.abs(np.array([each["95 % interval"] for each in rows]) - np.array(shares)[:, None]).T
        axes.errorbar(rates, shares, yerr=bars, color=color, marker=marker, capsize=3, linewidth=1.3, label=name)
    axes.set(xscale="log", xlabel="learning rate", ylabel="share of independent neurons", ylim=(0, 1.05))
    rates = [each["learning rate"] for each in next(iter(results.values()))]
    axes.set_xticks(rates, [f"{rate:g}" for rate in rates])
    axes.minorticks_off()
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})


def everything(write: bool) -> None:
    """All settings: tables, and on request the files."""
    results = {}
    for name, run in SETTINGS.items():
        counts = count_neurons(run)
        results[name] = [row(run, counts, i) for i in range(len(run.learning_rates))]
        table(name, results[name])
    if write:
        settings = {name: dataclasses.asdict(run) for name, run in SETTINGS.items()}
        text = json.dumps({"settings": settings, "results": results}, indent=1)
        (EVIDENCE / "collapse_of_neurons.json").write_text(text + "\n")
        draw(results, EVIDENCE / "collapse_of_neurons.svg")


if __name__ == "__main__":
    everything(write="--write" in sys.argv[1:])
