r"""Estimates from independent replicas: mergeable moments, means with an interval, proportions.

Everything here can be merged, so that a simulation cut into pieces gives one answer. Floating-point addition is not
associative: whoever promises bit-identical results fixes the pieces and merges them in a fixed order (as
:mod:`numerics.simulation.simulate` does).

*false_alarm* is the probability with which :meth:`Estimate.agrees_with` rejects a value that is the true one. It is
chosen before the samples are drawn.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import ArrayLike

from numerics.arguments import EXTENDED_REAL, iterable, real_array, real_number, require, takes, whole_number
from numerics.errors import ArgumentError
from numerics.statistics.sample_size import distortion
from theory.argument_kinds import ArgumentKind, one_of
from theory.values import shown

REPLICA_BATCHES = 256
"""Number of batches behind the Student t of :func:`mean` (255 degrees of freedom cost 4 % against a known variance)."""

ROUNDING = 16 * 2.0**-53
"""Relative error of a float64 mean of up to some 2^16 equal numbers, summed in pairs."""


_PARTS = ArgumentKind("a sequence of Moments", lambda value: all(isinstance(part, Moments) for part in value))


def finite_samples(samples: ArrayLike, name: str = "samples") -> np.ndarray:
    """``samples`` as a float64 vector, refused unless it is one-dimensional, not empty and finite."""
    plain = isinstance(samples, np.ndarray) and samples.dtype.kind in "biuf" and not np.ma.isMaskedArray(samples)
    values = np.asarray(samples, dtype=np.float64) if plain else real_array(samples, name)
    if values.ndim != 1 or values.size == 0:
        raise ArgumentError(f"{name} must be a vector of at least one number, got {name}.shape={values.shape}.")
    bad = int(values.size - np.isfinite(values).sum())
    if bad:
        raise ArgumentError(
            f"{name} must be finite, but {bad} of {values.size} entries are NaN or infinite. "
            "Count diverged trajectories instead of averaging them."
        )
    return values


def probability(value: float, name: str) -> float:
    """``value`` as a probability strictly between 0 and 1."""
    if not isinstance(value, (int, float, np.floating, np.integer)) or isinstance(value, bool) or not 0 < value < 1:
        raise ArgumentError(f"{name} must be a probability strictly between 0 and 1, got {name}={shown(value)}.")
    return float(value)


@dataclass(frozen=True)
class Estimate:
    r"""A number with a standard error: :math:`(\hat m - m)/\mathrm{se}` is Student t under the true :math:`m`.

    Attributes:
        value: The point estimate.
        standard_error: Its estimated standard deviation.
        degrees_of_freedom: Of the Student t; infinite when the standard error is known.
    """

    value: float
    standard_error: float
    degrees_of_freedom: float = math.inf

    def __post_init__(self) -> None:
        for name in ("value", "standard_error", "degrees_of_freedom"):
            require(EXTENDED_REAL, getattr(self, name), name)
        if not (math.isfinite(self.value) and self.standard_error >= 0 and self.degrees_of_freedom > 0):
            raise ArgumentError(f"an estimate needs a finite value and a standard error >= 0, got {self}.")

    def half_width(self, false_alarm: float) -> float:
        """Half the length of the two-sided interval that misses the true value with probability ``false_alarm``."""
        from scipy import special  # here: SciPy takes a second to load, and most commands estimate nothing

        tail = probability(false_alarm, "false_alarm") / 2
        nu = self.degrees_of_freedom
        quantile = -special.ndtri(tail) if math.isinf(nu) else -special.stdtrit(nu, tail)
        return float(quantile) * self.standard_error

    def interval(self, false_alarm: float) -> tuple[float, float]:
        """Two-sided confidence interval at level ``1 - false_alarm``."""
        half = self.half_width(false_alarm)
        return self.value - half, self.value + half

    def agrees_with(self, value: float, *, false_alarm: float) -> bool:
        """Whether ``value`` lies in :meth:`interval`. The true value fails with probability ``false_alarm``.

        Example:
            >>> Estimate(1.02, 0.01).agrees_with(1.0, false_alarm=1e-6)
            True
            >>> Estimate(1.02, 0.001).agrees_with(1.0, false_alarm=1e-6)
            False
        """
        return abs(self.value - real_number(value, "value")) <= self.half_width(false_alarm)

    def within(self, value: float, *, tolerance: float, false_alarm: float) -> bool:
        """Equivalence: whether the whole interval lies within ``tolerance`` of ``value`` (two one-sided tests)."""
        distance = abs(self.value - real_number(value, "value"))
        return distance + self.half_width(false_alarm) <= real_number(tolerance, "tolerance")


@dataclass(frozen=True)
class Moments:
    r"""Central power sums of ``n`` samples, :math:`M_k = \sum_i (x_i - \bar x)^k`.

    Attributes:
        n: Number of samples.
        mean: :math:`\bar x`.
        M2, M3, M4: The power sums.

    References:
        Pébay, *Formulas for robust, one-pass parallel computation of covariances and arbitrary-order statistical
        moments*, Sandia report SAND2008-6212 (2008), eqs. (2.1)-(2.5).

    Example:
        >>> Moments.from_samples([1.0, 2.0]).merge(Moments.from_samples([3.0, 6.0])).variance
        4.666666666666667
    """

    n: int = 0
    mean: float = 0.0
    M2: float = 0.0
    M3: float = 0.0
    M4: float = 0.0

    @classmethod
    def from_samples(cls, samples: ArrayLike) -> Moments:
        """Moments of a vector, summed in NumPy's fixed (pairwise) order.

        Raises:
            ArgumentError: a sample is NaN or infinite.
        """
        x = finite_samples(samples)
        with np.errstate(over="ignore", invalid="ignore"):
            mean = float(np.sum(x) / x.size)
            deviation = x - mean
            square = deviation * deviation
            sums = float(np.sum(square)), float(np.sum(square * deviation)), float(np.sum(square * square))
        if not all(map(math.isfinite, (mean, *sums))):
            raise ArgumentError(
                f"samples reach {np.max(np.abs(x)):.3g}, and their power sums overflow. "
                "Take moments of a bounded or logarithmic observable."
            )
        return cls(x.size, mean, *sums)

    def merge(self, other: Moments) -> Moments:
        """Moments of both sets of samples together."""
        require(one_of(Moments, needed="Moments"), other, "other")
        if not self.n:
            return other
        if not other.n:
            return self
        p, q, n = float(self.n), float(other.n), float(self.n + other.n)
        delta = other.mean - self.mean
        d_n = delta / n
        M2 = self.M2 + other.M2 + delta * d_n * p * q
        M3 = self.M3 + other.M3 + delta * d_n * d_n * p * q * (p - q) + 3 * d_n * (p * other.M2 - q * self.M2)
        M4 = (
            self.M4
            + other.M4
            + delta * d_n**3 * p * q * (p * p - p * q + q * q)
            + 6 * d_n * d_n * (p * p * other.M2 + q * q * self.M2)
            + 4 * d_n * (p * other.M3 - q * self.M3)
        )
        return Moments(self.n + other.n, self.mean + q * d_n, M2, M3, M4)

    @classmethod
    @takes(parts=iterable("an iterable of Moments"))
    def merged(cls, parts: Iterable[Moments]) -> Moments:
        """All ``parts``, merged from left to right: equal sequences give equal bits."""
        parts = list(parts)
        require(_PARTS, parts, "parts")
        return reduce(lambda merged, part: merged.merge(part), parts, cls())

    @property
    def variance(self) -> float:
        """Unbiased sample variance; NaN for fewer than two samples."""
        return self.M2 / (self.n - 1) if self.n > 1 else math.nan

    @property
    def skewness(self) -> float:
        """Sample skewness; 0 for samples that are equal up to the rounding of their mean."""
        return math.sqrt(self.n) * self.M3 / self.M2**1.5 if self.M2 > self.n * (ROUNDING * self.mean) ** 2 else 0.0

    @property
    def kurtosis(self) -> float:
        """Sample kurtosis (3 for a Gaussian); NaN for constant samples."""
        return self.n * self.M4 / self.M2**2 if self.M2 > 0 else math.nan

    @property
    def standard_error(self) -> float:
        """Estimated standard deviation of the mean."""
        return math.sqrt(self.variance / self.n) if self.n > 1 else math.nan

    @property
    def mean_estimate(self) -> Estimate:
        """The mean with its Student t on ``n - 1`` degrees of freedom."""
        if self.n < 2:
            raise ArgumentError(f"an interval needs at least two samples, got n={self.n}.")
        return Estimate(self.mean, self.standard_error, self.n - 1)

    def agrees_with(self, value: float, *, false_alarm: float) -> bool:
        """Whether ``value`` lies in the interval of the mean; see :meth:`Estimate.agrees_with`."""
        return self.mean_estimate.agrees_with(value, false_alarm=false_alarm)

    @property
    def effective_n(self) -> float:
        r"""Samples behind the variance, :math:`M_2^2/M_4`: n over the kurtosis, 1 where one sample outweighs all.

        It stays bounded as n grows where the fourth moment is infinite.

        Example:
            >>> round(Moments.from_samples([0.0] * 999 + [1e6]).effective_n, 3)
            1.002
        """
        return self.M2**2 / self.M4 if self.M4 > 0 else float(self.n)

    def size_distortion(self, false_alarm: float) -> float:
        """How far the interval of the mean can be trusted: :func:`numerics.statistics.sample_size.distortion`."""
        return distortion(self.skewness, self.n, probability(false_alarm, "false_alarm"))

    def to_json(self) -> str:
        """A JSON object whose floats are hexadecimal, so that reading it back gives the same bits."""
        return json.dumps({"n": self.n, **{name: getattr(self, name).hex() for name in ("mean", "M2", "M3", "M4")}})

    @classmethod
    def from_json(cls, text: str) -> Moments:
        """Inverse of :meth:`to_json`."""
        fields = _json_fields(text, {"n", "mean", "M2", "M3", "M4"})
        try:
            return cls(int(fields["n"]), *(float.fromhex(fields[name]) for name in ("mean", "M2", "M3", "M4")))
        except (TypeError, ValueError):
            raise ArgumentError(f"text does not hold moments with hexadecimal floats: {text[:80]!r}.") from None


def _json_fields(text: str, names: set[str]) -> Mapping[str, str]:
    try:
        fields = json.loads(text)
    except (TypeError, ValueError):
        raise ArgumentError(f"text must be a JSON object, got {str(text)[:80]!r}.") from None
    if not isinstance(fields, dict) or set(fields) != names:
        raise ArgumentError(f"text must be a JSON object with the keys {sorted(names)}, got {text[:80]!r}.")
    return fields


@dataclass(frozen=True)
class BatchMeans:
    r"""Means of independent replica batches; their scatter gives a Student t without any assumption on one sample.

    With batch sizes :math:`n_b`, batch means :math:`m_b` and the overall mean :math:`m`, the squared standard error is
    :math:`\sum_b n_b (m_b - m)^2 / ((M-1)\,n)`: exactly Student t with :math:`M-1` degrees of freedom when the batch
    means are Gaussian, whatever the sizes.

    Attributes:
        sizes: :math:`n_b`, at least two batches.
        means: :math:`m_b`.
    """

    sizes: tuple[int, ...]
    means: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.sizes) != len(self.means) or len(self.sizes) < 2 or min(self.sizes) < 1:
            raise ArgumentError(
                f"batch means need at least two batches of at least one sample, got sizes={self.sizes}."
            )

    @classmethod
    def from_samples(cls, samples: ArrayLike, *, batches: int = REPLICA_BATCHES) -> BatchMeans:
        """``samples`` cut into ``batches`` nearly equal runs (one sample each when there are fewer samples)."""
        x = finite_samples(samples)
        if x.size < 2:
            raise ArgumentError("a mean with an interval needs at least two samples, got one.")
        if isinstance(batches, bool) or not isinstance(batches, int) or batches < 2:
            raise ArgumentError(f"batches must be a whole number of at least 2, got batches={shown(batches)}.")
        count = min(batches, x.size)
        edges = np.array([x.size * b // count for b in range(count + 1)])
        sizes = np.diff(edges)
        with np.errstate(all="ignore"):
            means = np.add.reduceat(x, edges[:-1]) / sizes
        return cls(tuple(sizes.tolist()), tuple(means.tolist()))

    def merge(self, other: BatchMeans) -> BatchMeans:
        """The batches of both, side by side."""
        return BatchMeans(self.sizes + other.sizes, self.means + other.means)

    @property
    def estimate(self) -> Estimate:
        """The overall mean with its Student t."""
        sizes, means = np.array(self.sizes, dtype=np.float64), np.array(self.means)
        n, batches = float(sizes.sum()), len(self.sizes)
        with np.errstate(all="ignore"):
            overall = float(sizes @ means / n)
            squares = float(sizes @ (means - overall) ** 2)
        if not math.isfinite(squares):
            raise ArgumentError(
                "the squares of the batch means must be finite numbers, got overflow. Rescale the samples."
            )
        return Estimate(overall, math.sqrt(squares / ((batches - 1) * n)), batches - 1)


def mean(samples: ArrayLike, *, batches: int = REPLICA_BATCHES) -> Estimate:
    """The mean of independent samples, with the Student t of ``batches`` replica batches.

    Example:
        >>> mean([1.0, 2.0, 3.0]).agrees_with(2.1, false_alarm=1e-2)
        True
    """
    return BatchMeans.from_samples(samples, batches=batches).estimate


@dataclass(frozen=True)
class Proportion:
    """``successes`` among ``n`` independent trials, judged by the exact interval of Clopper and Pearson.

    References:
        Clopper & Pearson, *Biometrika* 26 (1934) 404-413.

    Example:
        >>> [round(p, 4) for p in Proportion(0, 10).interval(false_alarm=0.05)]
        [0.0, 0.3085]
    """

    successes: int
    n: int

    def __post_init__(self) -> None:
        for name in ("successes", "n"):
            whole_number(getattr(self, name), name, at_least=0, below=2**63)
        if self.n < 1 or not 0 <= self.successes <= self.n:
            raise ArgumentError(
                f"a proportion needs 0 <= successes <= n and n >= 1, got successes={self.successes}, n={self.n}."
            )

    @classmethod
    def from_samples(cls, indicators: ArrayLike) -> Proportion:
        """Counts of a vector of truth values (or of zeros and ones)."""
        values = finite_samples(indicators, "indicators")
        if not np.isin(values, (0.0, 1.0)).all():
            raise ArgumentError("indicators must be truth values, or numbers 0 and 1 only.")
        return cls(int(values.sum()), values.size)

    @property
    def value(self) -> float:
        """The observed frequency."""
        return self.successes / self.n

    def merge(self, other: Proportion) -> Proportion:
        """Both sets of trials together."""
        return Proportion(self.successes + other.successes, self.n + other.n)

    def interval(self, false_alarm: float) -> tuple[float, float]:
        """The exact two-sided interval; it misses the true probability with probability at most ``false_alarm``."""
        return self.one_sided_bounds(probability(false_alarm, "false_alarm") / 2)

    def one_sided_bounds(self, false_alarm: float) -> tuple[float, float]:
        """The exact lower and upper bound, each of which the true probability passes with at most ``false_alarm``.

        Example:
            >>> round(Proportion(0, 10).one_sided_bounds(false_alarm=0.05)[1], 4)
            0.2589
        """
        from scipy import special

        tail = probability(false_alarm, "false_alarm")
        k, n = self.successes, self.n
        lower = float(special.betaincinv(k, n - k + 1, tail)) if k > 0 else 0.0
        # By symmetry of the Beta law: 1 - tail would lose the digits of a small tail.
        upper = 1.0 - float(special.betaincinv(n - k, k + 1, tail)) if k < n else 1.0
        return lower, upper

    def agrees_with(self, value: float, *, false_alarm: float) -> bool:
        """Whether the probability ``value`` lies in :meth:`interval`."""
        lower, upper = self.interval(false_alarm)
        return lower <= real_number(value, "value") <= upper

    def to_json(self) -> str:
        """A JSON object with the two counts."""
        return json.dumps({"successes": self.successes, "n": self.n})

    @classmethod
    def from_json(cls, text: str) -> Proportion:
        """Inverse of :meth:`to_json`."""
        fields = _json_fields(text, {"successes", "n"})
        try:
            return cls(int(fields["successes"]), int(fields["n"]))
        except (TypeError, ValueError):
            raise ArgumentError(f"text does not hold two counts: {text[:80]!r}.") from None
