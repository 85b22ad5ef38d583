"""Random bit flips in a store: python -m tests.nightly.bit_flips [NUMBER] [--seed N] [--rows] [--write]

After each flip the store is read as a report reads it, and then opened as a run does, which computes what is missing
again: results, verdicts that stand on a basis, and what the report says of a claim. Either must end in the content as
it was, or say what is lost; nothing may raise anything but a StoreError, and no value may come back changed. With
``--rows`` every bit lies in a row of the verdicts or of what the report says.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.nightly import evidence
from tests.verification.fakes import task
from verification.errors import StoreError
from verification.run.store import Store
from verification.run.task import Result, Status
from verification.verdict import ClaimVerdict, Finding, Outcome, StatementVerdict, Verdict

CLAIMS = tuple(f"SC-{n:03d}" for n in range(1, 9))
BASIS = "the code as it is"
Content = dict[tuple[str, str], Any]


def markup(claim: str) -> dict[str, Any]:
    """What a report says of a claim."""
    return {"claim": claim, "rows": [f"<p>{claim}</p>"] * 20}


def fill(store: Store) -> None:
    """Record what is not there: eight claims of eight results each, values small and longer than a page."""
    if not store.runs():
        store.end_run(store.begin_run(["driftproof", "verify"], {"sympy": "1.14.0"}), "finished")
    if not store.incidents():
        store.record_incident("SC-001", "density", "CRASHED", "its worker died", "Traceback\n" * 20)
    held = store.verdicts()
    for claim in CLAIMS:
        tasks = [task("third", f"t/{i}", claim=claim, n=i) for i in range(8)]
        for i, asked in enumerate(tasks):
            if store.result(asked.key) is None:
                value = {"third": i / 3, "text": claim * (1 + 700 * (i == 7))}
                store.record_result(asked, Result(Status.DONE, value), seconds=i / 7)
        finding = Finding(Outcome.PROVED, "the residual is zero", numbers={"digits": 40})
        statement = StatementVerdict("sum", Verdict.HOLDS, {"symbolic": finding}, {}, {"far": "symbolic"})
        if claim not in held:
            verdict = ClaimVerdict(claim, Verdict.HOLDS, ("PROVED",), "sum: zero", None, (statement,))
            store.record_verdict(verdict, [asked.key for asked in tasks], seconds=1.0, basis=BASIS)
        if store.markup(claim, BASIS) is None:
            store.record_markup(claim, BASIS, markup(claim))


def content(store: Store) -> Content:
    """Everything a store says, without times of the clock."""
    found: Content = {
        ("result", key): (stored.claim, stored.label, stored.result, stored.seconds, stored.code)
        for claim in CLAIMS
        for key, stored in store.results(claim).items()
    }
    found |= {("verdict", claim): (stored.verdict, stored.tasks) for claim, stored in store.verdicts().items()}
    standing = ((claim, store.standing(claim, BASIS)) for claim in CLAIMS)
    found |= {("standing", claim): (stored.verdict, stored.tasks) for claim, stored in standing if stored is not None}
    said = ((claim, store.markup(claim, BASIS)) for claim in CLAIMS)
    found |= {("markup", claim): kept for claim, kept in said if kept is not None}
    found |= {("duration", str(name)): seconds for name, seconds in store.durations().items()}
    found |= {("incident", i.label): (i.claim, i.kind, i.message, i.detail) for i in store.incidents()}
    found |= {("run", str(run["id"])): (run["command"], run["versions"], run["outcome"]) for run in store.runs()}
    return found


def judge(path: Path, right: Content) -> str:
    """What a damaged store did to a reader and to a run."""
    try:
        with Store(path, read_only=True) as store:
            seen = content(store)
            said = store.damage
            if said is not None and store.damage != said:
                return "not said once"
        if any(right.get(name) != value for name, value in seen.items()):
            return "silently different"
        if len(seen) < len(right) and said is None:
            return "silently missing"
        with Store(path) as store:
            if any(right.get(name) != value for name, value in content(store).items()):
                return "silently different to a run"
            fill(store)
            healed = content(store)
        results = {name for name in right if name[0] in ("result", "verdict", "standing", "markup")}
        if any(healed.get(name) != right[name] for name in results):
            return "not computed again"
    except StoreError:
        return "refused in a sentence"
    except Exception as error:
        return f"raw {type(error).__name__}: {error}"
    return "said and computed again" if said else "unharmed"


def row_bits(sound: bytes) -> list[int]:
    """Places of the bytes of all verdicts and of what the report says, from their claim to their seal."""
    starts = [
        sound.find(piece) for claim in CLAIMS for piece in (f'{{"claim":"{claim}"'.encode(), b"the code as it is")
    ]
    assert -1 not in starts
    found = [i for at in set(starts) for i in range(max(at - 40, 0), min(at + 900, len(sound)))]
    return sorted(set(found))


def outcomes(number: int, seed: int, folder: Path, *, in_rows: bool = False) -> Counter[str]:
    """How ``number`` flips of one bit each ended."""
    path = folder / "run.db"
    with Store(path) as store:
        fill(store)
        right = content(store)
    sound = path.read_bytes()
    places: Sequence[int] = row_bits(sound) if in_rows else range(len(sound))
    draw = random.Random(seed)
    counts: Counter[str] = Counter()
    for _ in range(number):
        bit = 8 * draw.choice(places) + draw.randrange(8)
        damaged = bytearray(sound)
        damaged[bit // 8] ^= 1 << (bit % 8)
        for file in folder.iterdir():
            file.unlink()
        path.write_bytes(damaged)
        counts[judge(path, right)] += 1
    return counts


def main(argv: Sequence[str] | None = None) -> int:
    """Print the counts; 1 if anything was raw or silent."""
    given = _parser().parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        counts = outcomes(given.number, given.seed, Path(folder), in_rows=given.rows)
    for outcome, count in counts.most_common():
        print(f"{count:6d}  {outcome}")
    if given.write:
        evidence.write("bit_flips", dict(counts.most_common()))
    return int(any(outcome.split()[0] in ("raw", "silently", "not") for outcome in counts))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.nightly.bit_flips",
        description="Flip random bits of a store, one at a time; exit code 1 if anything is raw or silent.",
    )
    parser.add_argument("number", nargs="?", type=evidence.at_least_one, default=2000, help="of the flips (2000)")
    parser.add_argument("--seed", type=int, default=2026, help="of the places (2026)")
    parser.add_argument("--rows", action="store_true", help="only in rows of the verdicts or of what the report says")
    parser.add_argument("--write", action="store_true", help="write the counts to docs/evidence/bit_flips.json")
    return parser


if __name__ == "__main__":
    sys.exit(main())
