r"""Do drawn networks come to rest where their noise equilibrium is, from three starts, and is the run long enough?

Networks of two and three layers, half of them linear and half ReLU, with and without biases, batches of 1, 2 and 4,
with and without weight decay, on data sets of forty inputs whose labels are the network's own outputs plus and minus
noise that is larger for some inputs and outputs: the weights that made them are a minimum. ``module_equilibrium`` says
where the charges of its orbit rest, and how many steps they need. Three starts on the orbit, 192 replicas each, run for
eight relaxation times in the fused kernels, at two learning rates; ``rest_interval`` says whether they rest, and where.

The equilibrium is that of small learning rates, with weight decay in proportion; runs at :math:`\eta` and
:math:`\eta/2` are extrapolated, with the whole of both intervals. Networks without an equilibrium at a point, and those
with other directions that are about as flat as the orbit, as most with biases have, are left out and counted.

Run it from the repository's root::

    PYTHONPATH=. python docs/benchmarks/equilibria_from_starts.py [--networks 16] [--json FILE]
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from docs.benchmarks.command_line import sized
from numerics.deep_linear import DataSet
from numerics.layered import DenseNetwork, MiniBatchDescent, Options, train_layers
from numerics.sgd.empirical_loss import EmpiricalLoss
from numerics.sgd.module_equilibrium import ModuleEquilibrium, module_equilibrium
from numerics.sgd.module_symmetries import curvature_beside_orbit, numerical_symmetries
from numerics.statistics.at_rest import RestInterval, rest_interval
from theory.symmetry import EquilibriumKind

WIDTHS = {
    False: ((2, 1, 2), (2, 2, 1), (3, 2, 2), (1, 2, 1), (2, 2, 2, 1), (2, 1, 1, 2), (2, 3, 1), (3, 2, 3)),
    True: ((2, 1, 2), (2, 2, 1), (3, 2, 2), (1, 2, 1), (2, 2, 2), (1, 1, 1), (2, 1, 1, 2)),
}
"""Of linear networks, and of ReLU: units that are off on most inputs leave flat directions, the deeper the more."""

INPUTS, REPLICAS, STARTS, TIMES = 40, 192, 3, 8
FALSE_ALARM = 1e-6 / 256
"""Of one interval; there are fewer than 256."""

SMALL = 1e-6
"""The learning rate whose equilibrium is predicted."""

LARGEST, FEWEST, MOST = 0.02, 10_000, 40_000
"""Learning rate, and steps of one relaxation time, of the coarser runs."""

FROZEN = 50
"""Times that weights across the orbit come to rest while its charges do so once, in the coarser runs."""

Weights = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Case:
    """A network, its data, and how it is trained."""

    widths: tuple[int, ...]
    relu: bool
    biases: bool
    batch_size: int
    decay: float
    """Over the learning rate."""
    problem: EmpiricalLoss

    def named(self, theta: np.ndarray) -> Weights:
        """Weights by layer, from one vector of them."""
        found, place = {}, 0
        for l, (a, b) in enumerate(itertools.pairwise(self.widths), start=1):
            for name, shape in ((f"W{l}", (b, a)), *(((f"b{l}", (b, 1)),) if self.biases else ())):
                size = shape[0] * shape[1]
                found[name] = theta[place : place + size].reshape(shape)
                place += size
        return found

    def observables(self) -> dict[str, Callable[[Any], np.ndarray]]:
        """Squares of the weights into and out of each unit; of whole layers where units may rotate."""
        units = [(l, i) for l in range(1, len(self.widths) - 1) for i in range(self.widths[l])]
        if not self.relu:
            layers = range(1, len(self.widths))
            return {f"|W{l}|^2": lambda w, l=l: (w[f"W{l}"] ** 2).sum((1, 2)) for l in layers}
        into = lambda w, l, i: sum((w[n][:, i] ** 2).sum(1) for n in (f"W{l}", f"b{l}") if n in w)  # noqa: E731
        found: dict[str, Callable[[Any], np.ndarray]] = {}
        for l, i in units:
            found[f"into {l},{i}"] = lambda w, l=l, i=i: into(w, l, i)
            found[f"out of {l},{i}"] = lambda w, l=l, i=i: (w[f"W{l + 1}"][:, :, i] ** 2).sum(1)
        return found


def drawn(k: int) -> Case:
    """The k-th network."""
    source = np.random.default_rng([2026, k])
    relu = bool(k % 2)
    widths = WIDTHS[relu][source.integers(len(WIDTHS[relu]))]
    biases = relu and bool(source.integers(2))
    layers: list[nn.Module] = []
    for a, b in itertools.pairwise(widths):
        layers += [nn.ReLU()] if layers and relu else []
        layers.append(nn.Linear(a, b, bias=biases))
    net = nn.Sequential(*layers).double()
    for p in net.parameters():
        p.data = torch.from_numpy(0.3 + source.normal(size=tuple(p.shape)) / np.sqrt(p.shape[-1]))
    x = torch.from_numpy(source.normal(size=(INPUTS, widths[0])) * np.exp(source.uniform(-0.5, 0.5, widths[0])))
    f = net(x).detach()
    noise = source.normal(size=tuple(f.shape)) * np.exp(source.uniform(-1.4, -0.4, widths[-1]))
    noise = torch.from_numpy(noise) * (1 + (x[:, :1] > 0))
    loss = lambda f, y: ((f - y) ** 2).sum() / 2  # noqa: E731
    problem = EmpiricalLoss(net, loss, torch.cat([x, x]), torch.cat([f + noise, f - noise]))
    return Case(widths, relu, biases, int(source.choice([1, 2, 4])), float(source.choice([0.0, 0.05, 0.2])), problem)


def starts(case: Case, matrices: np.ndarray, k: int) -> Iterator[np.ndarray]:
    """Weights on the orbit: one way along a random symmetry, the other way, and along another one."""
    source = np.random.default_rng([2027, k])
    first, second = (np.tensordot(source.normal(size=len(matrices)), matrices, 1) for _ in range(2))
    for matrix in (first, -first, second):
        rates, basis = np.linalg.eigh(matrix)
        yield (basis * np.exp(0.7 * rates / np.abs(rates).max())) @ (basis.T @ case.problem.theta.numpy())


def rests(case: Case, begun: list[np.ndarray], rest: ModuleEquilibrium, rate: float, k: int) -> dict[str, RestInterval]:
    """Where the observables rest at a learning rate."""
    relaxation = rest.relaxation_steps * (SMALL / rate) ** 2
    steps = round(TIMES * relaxation)
    weights = [case.named(theta) for theta in begun]
    observables = case.observables()
    run = train_layers(
        DenseNetwork(
            case.widths,
            activations="relu" if case.relu else "linear",
            biases=case.biases,
            weight_decay=case.decay * rate,
        ),
        DataSet(case.problem.inputs.numpy(), case.problem.targets.numpy()),
        MiniBatchDescent(learning_rate=rate, batch_size=case.batch_size),
        initial={name: np.concatenate([np.tile(w[name], (REPLICAS, 1, 1)) for w in weights]) for name in weights[0]},
        steps=steps,
        n_replicas=STARTS * REPLICAS,
        seed=k,
        at=[steps // 2, steps],
        observables=observables,
        labels=np.repeat(np.arange(STARTS), REPLICAS),
        options=Options(progress=False),
    )
    return {
        name: rest_interval(
            [run.statistics[(name, j)] for j in range(STARTS)],
            run.steps,
            relaxation_steps=relaxation,
            false_alarm=FALSE_ALARM,
        )
        for name in observables
    }


def measured(case: Case, k: int) -> dict[str, Any] | str:
    """Prediction and intervals of a network; or why it is left out."""
    found = numerical_symmetries(case.problem, seed=k)
    rest = module_equilibrium(
        case.problem,
        found,
        case.problem.theta,
        learning_rate=SMALL,
        batch_size=case.batch_size,
        weight_decay=case.decay * SMALL,
    )
    if rest.kind is not EquilibriumKind.FINITE or not rest.is_confirmed:
        return f"an equilibrium {rest.kind}"
    begun = list(starts(case, found.charges[:, :-1, :], k))
    places = (rest.theta, *map(torch.from_numpy, begun))
    curvature = min(curvature_beside_orbit(case.problem, found, place) for place in places)
    time_of_charges = rest.relaxation_steps * SMALL**2
    rate = float(min(LARGEST, np.sqrt(time_of_charges / FEWEST), time_of_charges * curvature / FROZEN))
    if rate == 0 or time_of_charges / rate**2 > MOST:
        return "other directions about as flat as the orbit"
    processor = time.process_time()
    coarse, fine = (rests(case, begun, rest, eta, k) for eta in (rate, rate / 2))
    values = [
        {
            name: float(each({n: w[None] for n, w in case.named(theta).items()})[0])
            for name, each in case.observables().items()
        }
        for theta in (rest.theta.numpy(), *begun)
    ]
    rows = []
    for name in coarse:
        (a, b), (c, d) = coarse[name].interval, fine[name].interval
        low, high = 2 * c - b, 2 * d - a
        predicted, *at_start = (each[name] for each in values)
        rows.append(
            {
                "name": name,
                "starts": at_start,
                "predicted": predicted,
                "interval": [low, high],
                "at_rest": coarse[name].is_at_rest and fine[name].is_at_rest,
                "inside": low <= predicted <= high,
            }
        )
    about = {name: getattr(case, name) for name in ("widths", "relu", "biases", "batch_size", "decay")}
    seconds = round(time.process_time() - processor, 1)
    return about | {"learning_rate": rate, "seconds": seconds, "observables": rows}


def main() -> None:
    """Draw networks until enough have an equilibrium, and print what came."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=int, default=16)
    parser.add_argument("--json", help="also write the numbers to this file")
    options = sized(parser, "networks")
    torch.set_num_threads(1)
    networks: list[dict[str, Any]] = []
    left_out: Counter[str] = Counter()
    for k in itertools.count():
        case = drawn(k)
        if 2 * sum(each["relu"] == case.relu for each in networks) >= options.networks:
            continue
        found = measured(case, k)
        if isinstance(found, str):
            left_out[found] += 1
            continue
        networks.append(found)
        good = all(row["at_rest"] and row["inside"] for row in found["observables"])
        print({key: value for key, value in found.items() if key != "observables"}, "inside" if good else "OUTSIDE")
        for row in found["observables"]:
            low, high = row["interval"]
            begun = ", ".join(f"{value:.3g}" for value in row["starts"])
            rest = "" if row["at_rest"] else ", not at rest yet"
            print(f"  {row['name']:12} from {begun}: [{low:.4f}, {high:.4f}], predicted {row['predicted']:.4f}{rest}")
        if len(networks) == options.networks:
            break
    print("left out:", dict(left_out))
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"networks": networks, "left_out": dict(left_out)}, file, indent=1)


if __name__ == "__main__":
    main()
