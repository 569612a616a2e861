"""Means, quantiles, quantiles of t and F, exact intervals of a share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

CONFIDENCE = 0.95


class Interval(NamedTuple):
    lower: float
    upper: float


class Spread(NamedTuple):
    """Median and quartiles by linear interpolation (type 7 of R, its default)."""

    n: int
    median: float
    lower: float
    upper: float


def mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def deviation(values: Sequence[float]) -> float:
    """Standard deviation of a sample (n − 1); at least two values."""
    middle = mean(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1))


def same(values: Sequence[float]) -> bool:
    """Nothing varies. Values are compared as they are: readings are decimals with few places."""
    return len(set(values)) < 2


def spread(values: Sequence[float]) -> Spread | None:
    if not values:
        return None
    ordered = sorted(values)
    return Spread(len(ordered), *(_quantile(ordered, share) for share in (0.5, 0.25, 0.75)))


def _quantile(ordered: Sequence[float], share: float) -> float:
    place = (len(ordered) - 1) * share
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def t_quantile(degrees: float, share: float = 1 - (1 - CONFIDENCE) / 2) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(degrees, share))


def f_quantile(above: float, below: float, share: float = 1 - (1 - CONFIDENCE) / 2) -> float:
    """Quantile of F with `above` and `below` degrees of freedom (numerator, denominator)."""
    from scipy.special import fdtri

    return float(fdtri(above, below, share))


def normal_quantile(share: float = 1 - (1 - CONFIDENCE) / 2) -> float:
    from scipy.special import ndtri

    return float(ndtri(share))


def exact_share(x: int, n: int) -> Interval | None:
    """Clopper and Pearson 1934: the exact interval of x of n, as shares; none of nothing."""
    from scipy.special import betaincinv

    if n == 0:
        return None
    tail = (1 - CONFIDENCE) / 2
    lower = 0.0 if x == 0 else float(betaincinv(x, n - x + 1, tail))
    upper = 1.0 if x == n else float(betaincinv(x + 1, n - x, 1 - tail))
    return Interval(lower, upper)
