"""What the benchmarks of figures share: the cost of a run, numbers and picture in docs/evidence, the command line."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from numerics.errors import NumericsError
from verification.drawing.intervals import Picture
from verification.run.settings import available_cores

EVIDENCE = Path(__file__).parents[1] / "evidence"
STYLE = "<style>svg { color: #1b2430; background: white; font-family: sans-serif; }</style>"

Numbers = Mapping[str, tuple[int, int, str]]
"""Option -> default, smallest value, meaning."""


@contextmanager
def cost_of(threads: int) -> Iterator[dict[str, Any]]:
    """Wall-clock and processor time of the block, its peak memory, and the machine; for :func:`per_second`."""
    found: dict[str, Any] = {"threads": threads, "load_before": round(os.getloadavg()[0], 1)}
    wall, processor = time.perf_counter(), time.process_time()
    yield found
    found["wall_seconds"] = round(time.perf_counter() - wall, 2)
    found["processor_seconds"] = round(time.process_time() - processor, 2)
    found["peak_memory_mib"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)
    found["machine"] = f"{platform.machine()}, {available_cores()} cores"


def per_second(cost: Mapping[str, Any], steps: int, *, unit: str = "steps") -> dict[str, Any]:
    """The cost with the number of steps, and how many went in a second."""
    speeds = {f"steps_per_{clock}_second": round(steps / max(cost[f"{clock}_seconds"], 1e-2)) for clock in CLOCKS}
    return {unit: steps, **cost, **speeds}


CLOCKS = ("wall", "processor")


def told(cost: Mapping[str, Any]) -> str:
    """The cost in words."""
    unit, steps = next(iter(cost.items()))
    return (
        f"{steps:.3g} {unit.replace('_', ' ')} in {cost['wall_seconds']} s of wall-clock time on {cost['threads']} "
        f"threads (load average before: {cost['load_before']}), {cost['processor_seconds']} s of processor time: "
        f"{cost['steps_per_wall_second']:.3g} a second, {cost['steps_per_processor_second']:.3g} a processor second; "
        f"peak memory {cost['peak_memory_mib']} MiB; {cost['machine']}"
    )


def judged(features: list[dict[str, Any]]) -> list[str]:
    """A line for each feature: whether it is there, and its number; what too few runs cannot tell is neither."""

    def answer(found: Mapping[str, Any]) -> str:
        if found["reproduced"]:
            return "yes "
        return "open" if found.get("open") else "NO  "

    lines = [f"{answer(f)} {f['name']} ({_number(f['measured'])})" for f in features]
    too_wide = sum(answer(f) == "open" for f in features)
    return (
        [*lines, f"open: interval too wide to tell, more runs would ({too_wide} of {len(features)})"]
        if too_wide
        else lines
    )


def _number(measured: float | None) -> str:
    return "no such place" if measured is None else f"{measured:.4g}"


def write(name: str, figure: Mapping[str, Any], picture: Picture, folder: Path = EVIDENCE) -> None:
    """Numbers and picture as ``name.json`` and ``name.svg``."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps(figure, indent=1) + "\n")
    head, _, body = picture.drawing.partition(">")
    (folder / f"{name}.svg").write_text(f"{head}>{STYLE}{body}\n")


def command(
    doc: str,
    name: str,
    run: Callable[..., dict[str, Any]],
    table: Callable[[Mapping[str, Any]], str],
    picture: Callable[[Mapping[str, Any]], Picture],
    numbers: Numbers,
    *,
    timings: Callable[[int], list[dict[str, Any]]] | None = None,
) -> None:
    """Run a figure with the ``numbers`` of the command line, print its table, and write it where asked to."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    for option, (default, _, meaning) in numbers.items():
        parser.add_argument(f"--{option}", type=int, default=default, help=f"{meaning} ({default})")
    parser.add_argument("--write", action="store_true", help=f"write {name}.json and {name}.svg to {EVIDENCE}")
    if timings:
        parser.add_argument("--compare", action="store_true", help="also time torch and JAX")
        parser.add_argument("--rounds", type=int, default=5, help="rounds of the comparison (5)")
    given = vars(parser.parse_args())
    for option, (_, smallest, _) in {**numbers, **({"rounds": (5, 1, "")} if timings else {})}.items():
        if given[option] < smallest:
            parser.error(f"--{option} must be at least {smallest}, got {given[option]}")
    try:
        figure = run(**{option: given[option] for option in numbers})
    except NumericsError as error:
        parser.exit(1, f"{name}: {error}\n")
    print(table(figure))
    if timings and given["compare"]:
        # One thread for every library, before it is imported: processor time and wall-clock time then mean the same.
        os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
        figure["timings"] = timings(given["rounds"])
    if given["write"]:
        write(name, figure, picture(figure))
