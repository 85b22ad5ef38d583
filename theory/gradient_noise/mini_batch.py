r"""Members of a mini-batch as functions of fresh noise, for the laws that can be drawn from.

==========================  ====================================================================================
:class:`Gaussian`           :math:`x = m + Rz` with :math:`RR^\top = C` and normals :math:`z`, fresh for each member
:class:`Empirical`          the sample number :math:`\lfloor nu\rfloor` for a uniform :math:`u`; or distinct samples
:class:`FiniteSupport`      point :math:`k` for a share :math:`p_k` of the values of :math:`u`, where all :math:`p_k`
                            are rational numbers
:class:`Product`            each factor by noise of its own
==========================  ====================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy as sp

from theory.discrete.draws import DistinctIndex, Lookup
from theory.errors import DimensionError, UnsupportedFormError
from theory.gradient_noise.data_law import DataLaw, Empirical, FiniteSupport, Gaussian, Product, semidefinite_factor
from theory.gradient_noise.sampling import Sampling

MAX_SHARES = 4096
"""Equal shares that the uniform of a draw is cut into: the least common denominator of the probabilities."""


@dataclass(frozen=True)
class MiniBatch:
    """The members of a batch, each as the substitution of its data, and the noise that they are made of."""

    members: tuple[dict[sp.Symbol, sp.Expr], ...]
    normals: tuple[sp.Symbol, ...]
    uniforms: tuple[sp.Symbol, ...]


def require_draws(law: DataLaw, wanted: str) -> None:
    """Refuse a law that no sample can be drawn from; ``wanted`` says what asked for samples."""
    for factor in _factors(law):
        if not isinstance(factor, FiniteSupport | Gaussian):
            raise UnsupportedFormError(
                f"{wanted} needs a law to draw samples from, but {type(factor).__name__} of {tuple(factor.variables)} "
                "is known by its moments alone. Give an Empirical, FiniteSupport or Gaussian law, or leave both "
                "batch_size and label_noise out for the mean gradient."
            )
        if isinstance(factor, FiniteSupport) and _shares(factor) is None:
            raise UnsupportedFormError(
                f"{wanted} draws samples, for which the probabilities must be rational numbers with a common "
                f"denominator of at most {MAX_SHARES}, got {factor.probabilities}. Give numbers, or leave both "
                "batch_size and label_noise out for the mean gradient."
            )


def require_distinct_samples(law: DataLaw, size: int) -> None:
    """Refuse draws without replacement where there is no data set, or fewer samples than members."""
    counts = [factor.sample_count for factor in _factors(law) if isinstance(factor, Empirical)]
    if not counts:
        raise UnsupportedFormError(
            f"sampling without replacement needs a data set, and draws of a {type(law).__name__} law never meet again. "
            "Give Sampling.WITH_REPLACEMENT."
        )
    if size > min(counts):
        raise DimensionError(
            f"batch_size must lie in 1..{min(counts)} without replacement, got {size}. Larger batches need replacement."
        )


def mini_batch(law: DataLaw, size: int, sampling: Sampling, fresh: Callable[[str], sp.Symbol]) -> MiniBatch:
    """A batch of ``size`` members; ``fresh`` makes a symbol for noise out of the name that it should have."""
    parts = [_drawn(factor, size, sampling, _named(fresh, k)) for k, factor in enumerate(_factors(law))]
    return MiniBatch(
        tuple({x: value for part in parts for x, value in part.members[b].items()} for b in range(size)),
        tuple(z for part in parts for z in part.normals),
        tuple(u for part in parts for u in part.uniforms),
    )


def _factors(law: DataLaw) -> tuple[DataLaw, ...]:
    return law.laws if isinstance(law, Product) else (law,)


def _named(fresh: Callable[[str], sp.Symbol], factor: int) -> Callable[[str], sp.Symbol]:
    """What makes the symbols of one factor: later ones of a product say which factor they belong to."""
    return (lambda name: fresh(f"{name}_{factor}")) if factor else fresh


def _drawn(law: DataLaw, size: int, sampling: Sampling, fresh: Callable[[str], sp.Symbol]) -> MiniBatch:
    if isinstance(law, Gaussian):
        return _gaussian(law, size, fresh)
    assert isinstance(law, FiniteSupport)
    uniforms = tuple(fresh(f"u_{b}") for b in range(size))
    distinct = sampling is Sampling.WITHOUT_REPLACEMENT and isinstance(law, Empirical)
    points = [point for _, point in law.weighted_points]
    shares = [1] * len(points) if distinct else _shares(law)
    assert shares is not None
    rows = [point for point, share in zip(points, shares, strict=True) for _ in range(share)]
    members = []
    for b, u in enumerate(uniforms):
        index = DistinctIndex(len(rows), size, *uniforms[: b + 1]) if distinct else sp.floor(len(rows) * u)
        members.append({x: _entry(index, [row[x] for row in rows]) for x in law.variables})
    return MiniBatch(tuple(members), (), uniforms)


def _gaussian(law: Gaussian, size: int, fresh: Callable[[str], sp.Symbol]) -> MiniBatch:
    root = semidefinite_factor(law.covariance, "covariance")
    members, normals = [], []
    for b in range(size):
        z = sp.Matrix([fresh(f"z_{b}_{j}") for j in range(root.cols)])
        values = law.mean + root * z if root.cols else law.mean
        members.append(dict(zip(law.variables, values, strict=True)))
        normals += list(z)
    return MiniBatch(tuple(members), tuple(normals), ())


def _shares(law: FiniteSupport) -> list[int] | None:
    """How many of equally probable rows each point gets; None without a small common denominator."""
    if isinstance(law, Empirical):
        return [1] * law.sample_count
    assert law.probabilities is not None
    if not all(isinstance(p, sp.Rational) for p in law.probabilities):
        return None
    denominator = sp.ilcm(*(p.q for p in law.probabilities), 1)
    return [int(p * denominator) for p in law.probabilities] if denominator <= MAX_SHARES else None


def _entry(index: sp.Expr, entries: Sequence[sp.Expr]) -> sp.Expr:
    return entries[0] if len(set(entries)) == 1 else Lookup(index, *entries)
