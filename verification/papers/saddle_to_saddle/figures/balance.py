r"""Figures 7 and 8 run again: balance of neighbouring layers, from random starts and from balanced ones.

How balance is enforced is not on the page: here the layers are balanced and keep the map of the random start. The
default :math:`\gamma = 3` is run at depths 2 and 4, and :math:`\gamma = 2` at depth 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import sympy as sp

from numerics.layered.observables import LayerNorm
from verification.authoring.figures import feature, seed_of
from verification.authoring.replicas import to_digits
from verification.authoring.shorthand import reproduces
from verification.drawing.curves import Curve, CurvePanel, panels_picture
from verification.drawing.intervals import Picture
from verification.papers.saddle_to_saddle.figures.runs import (
    Array,
    Optimiser,
    Setting,
    Weights,
    balances,
    follow,
    mean_interval,
    share_interval,
)
from verification.papers.saddle_to_saddle.paper import MODE_SYMBOLS, paper

SHALLOW = {"depth": 2, "gamma": 3, "until": 20, "runs": 72}
DEEP = {"depth": 4, "gamma": 2, "until": 60, "runs": 72}
LONG = {"depth": 4, "gamma": 3, "until": 400, "runs": 72}
FEW = 24
"""Runs where a mean is judged, not a share."""


def numerator(l: int, weights: Weights) -> Array:
    """What stands above in (33), for layers l and l + 1."""
    lower, upper = weights[f"W{l}"], weights[f"W{l + 1}"]
    return np.linalg.norm(lower @ lower.swapaxes(1, 2) - upper.swapaxes(1, 2) @ upper, axis=(1, 2))


def measure(part: Mapping[str, Any]) -> dict[str, Any]:
    """For every pair of layers (33), its numerator and the layers' norms: medians against time, and run by run."""
    setting, seed = Setting.of(part), seed_of("figure-7", part)
    network, pairs = setting.network, range(1, setting.depth)
    observables: dict[str, Any] = {
        **balances(setting),
        **{f"n{l}": partial(numerator, l) for l in pairs},
        **{f"norm{l}": LayerNorm(network, l) for l in range(1, setting.depth + 1)},
    }
    found: dict[str, Any] = {**part}
    random = setting.start(part["runs"], seed)
    for kind, start in (("random", random), ("balanced", setting.balanced_start(part["runs"], seed))):
        course = follow(
            setting, Optimiser.SGD, part["until"], start=start, seed=seed, snapshots=80, observables=observables
        )
        found["times"] = to_digits(course.times)
        found[kind] = {
            "medians": {name: to_digits(np.median(values, axis=1), 4) for name, values in course.read.items()},
            "least": [to_digits(course.read[f"r{l}"].min(0)) for l in pairs],
            "most": [to_digits(course.read[f"r{l}"].max(0)) for l in pairs],
            "growth": [to_digits(course.read[f"n{l}"][-1] / np.maximum(course.read[f"n{l}"][0], 1e-12)) for l in pairs],
        }
    return found


def numerators(results: Sequence[Mapping[str, Any]], *, last: bool) -> dict[str, Any]:
    """The numerator of (33) at the end over that at the start, from random starts: the last pair, or the others."""
    (row,) = results
    growth = np.array(row["random"]["growth"])
    chosen = growth[-1:] if last else growth[: max(1, len(growth) - 1)]
    lower, upper = np.exp(mean_interval(np.log(chosen).mean(0)))
    medians = row["random"]["medians"]
    falls = [medians[f"r{l}"][-1] / medians[f"r{l}"][0] for l in range(1, len(growth) + 1)]
    told = ", ".join(
        f"pair {l}: r from {medians[f'r{l}'][0]:.3f} to {medians[f'r{l}'][-1]:.4f}, numerator times "
        f"{np.median(growth[l - 1]):.2f}"
        for l in range(1, len(growth) + 1)
    )
    return {
        "location": [float(lower), float(upper)],
        "features": [feature("balance increases: r at the end over the start", "< 1", max(falls), max(falls) < 0.5)],
        "told": told,
        "rows": [dict(row)],
    }


def share_kept(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of balanced starts from which (33) stays below a tenth, for every pair of layers."""
    kept, told = [], []
    for row in results:
        most = np.array(row["balanced"]["most"]).max(0)
        kept.append(most < 0.1)
        told.append(
            f"depth {row['depth']}, γ = {row['gamma']}: {kept[-1].sum()} of {most.size}, median {np.median(most):.4f}"
        )
    pooled = np.concatenate(kept)
    return {"location": share_interval(pooled.sum(), pooled.size), "features": [], "told": "; ".join(told)}


def share_more_balanced(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The share of starts from which the largest (33) of the balanced run is below the smallest of the random one."""
    below, told = [], []
    for row in results:
        most, least = np.array(row["balanced"]["most"]), np.array(row["random"]["least"])
        below.append((most < least).all(0))
        told.append(
            f"depth {row['depth']}, γ = {row['gamma']}: {below[-1].sum()} of {below[-1].size}; medians of both by pair "
            + ", ".join(f"{a:.4f} and {b:.4f}" for a, b in zip(np.median(most, 1), np.median(least, 1), strict=True))
        )
    pooled = np.concatenate(below)
    return {"location": share_interval(pooled.sum(), pooled.size), "features": [], "told": "; ".join(told)}


def pictures(name: str, parts: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> list[Picture]:
    """(33) from random and balanced starts, its numerator and the norms of the layers, medians over runs."""
    (row,) = summary["rows"]
    pairs = range(1, row["depth"])

    def lines(kind: str, what: str, label: str, numbers: Sequence[int], style: str = "-") -> list[Curve]:
        return [
            Curve(f"{label} {l}", row["times"], row[kind]["medians"][f"{what}{l}"], style=style, marks=False, kin=l - 1)
            for l in numbers
        ]

    random = [*lines("random", "r", "r", pairs), *lines("random", "n", "numerator", pairs, "--")]
    balanced = [*lines("balanced", "r", "r", pairs), *lines("balanced", "n", "numerator", pairs, "--")]
    norms = lines("random", "norm", "norm of layer", range(1, row["depth"] + 1), ":")
    about = f"depth {row['depth']}, γ = {row['gamma']}"
    caption = (
        "Left and middle: (33) of neighbouring layers (solid), its numerator (dashed), from random and from balanced "
        f"starts; right: norms of the layers from random starts. {about}, medians over {row['runs']} runs of SGD. "
        "Blue, green, orange, purple: first, second, ... pair or layer."
    )
    common = {"xlabel": "time", "yscale": "log", "ylim": (1e-4, 3)}
    panels = [
        CurvePanel(random, axes={**common, "title": "random start"}),
        CurvePanel(balanced, axes={**common, "title": "balanced start"}),
        CurvePanel(norms, axes={"xlabel": "time", "title": "norms"}),
    ]
    return [panels_picture(f"{name}-balance", panels, size=(10.0, 3.4), label=caption, caption=caption)]


@paper.claim("DLN-E8", "Appendix I.2, equation (33), Figures 7 and 8", symbols=MODE_SYMBOLS)
def balance_in_training():
    r"""Balance in training.

    "there is not strong balance at the start of training, but as training continues balance increases"; "The
    unnormalized lines are the numerator of the expression for $r_l$, and show little change"; "When we enforce balance
    at initialization, it is approximately maintained".

    - At depth 2, and at depth 4 from larger starts, the numerators hardly change; balance grows with the norms. Over
      the long plateaus of depth 4 with the default $\gamma = 3$ that of the last two layers grows eightfold: noise
      drives it there (DLN-M2). From a balanced start the same pair comes to .12.
    - How the page enforces balance is not given; here the maps are those of the random starts.
    """
    for name, setting, last in (
        ("depth 2", SHALLOW, True),
        (r"depth 4, larger start", DEEP, True),
        ("depth 4", LONG, False),
        ("depth 4, last pair", LONG, True),
    ):
        yield reproduces(
            f"numerators at {name}",
            r"\text{numerator}(T)/\text{numerator}(0)",
            printed=sp.S.One,
            measure=measure,
            parts=({**setting, "runs": FEW},),
            summarise=partial(numerators, last=last),
            pictures=None if name == "depth 4" else pictures,
            wrong={"doubled": sp.Integer(2), "halved": sp.S.Half},
            says=f"Depth {setting['depth']}, $\\gamma = {setting['gamma']}$, the geometric mean over random starts.",
        )
    yield reproduces(
        "balance kept",
        r"P(\max_tr_l < .1)",
        printed=sp.S.One,
        measure=measure,
        parts=(SHALLOW, {**DEEP, "runs": FEW}),
        summarise=share_kept,
        wrong={"half of the starts": sp.S.Half, "three of four": sp.Rational(3, 4)},
        says=r"The share of balanced starts, at depth 2 and at depth 4 with $\gamma = 2$.",
    )


@paper.claim("DLN-E15", "Appendix I.2, Figure 7", symbols=MODE_SYMBOLS)
def balanced_start_against_random_start():
    r"""A balanced start against a random one.

    "for all of training the weights are significantly more balanced than at any point in the unbalanced-initialization
    trajectory"; balance "never reaches a level comparable to when balance is enforced at the start of training".

    - Judged for every pair of layers: $\max_tr_l$ of the balanced run below $\min_tr_l$ of the random one with the same
      first map. It holds at depth 2, where both are of the order of .01, and at depth 4 with $\gamma = 2$; not at depth
      4 with the default $\gamma = 3$: there the last pair leaves balance on the plateaus.
    """
    for name, setting in (("depth 2", SHALLOW), ("depth 4, larger start", DEEP), ("depth 4", LONG)):
        yield reproduces(
            f"more balanced at {name}",
            r"P(\max_tr_l^{\rm balanced} < \min_tr_l^{\rm random})",
            printed=sp.S.One,
            measure=measure,
            parts=(setting,),
            summarise=share_more_balanced,
            wrong={"one of four": sp.Rational(1, 4)} if setting is not LONG else {"half of the starts": sp.S.Half},
            says=f"Depth {setting['depth']}, $\\gamma = {setting['gamma']}$, the share of starts.",
        )
