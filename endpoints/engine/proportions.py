"""S-1, S-2, P-8, G-25: proportions with exact and score intervals, exact tests, and rates."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from endpoints.engine.codes import PENDING, Y

RELATIVE_ERROR = 1 + 1e-7  # S-2: as R's binom.test


@dataclass(frozen=True, slots=True)
class Interval:
    """Confidence limits; none: not estimable."""

    lower: float | None
    upper: float | None

    def to_json(self) -> dict[str, float | None]:
        return {"lower": self.lower, "upper": self.upper}


NOT_ESTIMABLE = Interval(None, None)


@dataclass(frozen=True, slots=True)
class Proportion:
    """x of n with its intervals, and exact p-values against p0."""

    x: int
    n: int
    estimate: float | None
    exact: Interval
    wilson: Interval
    p_greater: float | None = None
    p_less: float | None = None
    p_two_sided: float | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "estimate": self.estimate,
            "exact": self.exact.to_json(),
            "wilson": self.wilson.to_json(),
            "p_greater": self.p_greater,
            "p_less": self.p_less,
            "p_two_sided": self.p_two_sided,
        }


@dataclass(frozen=True, slots=True)
class Rate:
    """P-8, G-25: reached of the analysis set, pending counted as not reached, and without the pending."""

    all: Proportion
    pending: int
    settled: Proportion


def clopper_pearson(x: int, n: int, conf_level: float) -> Interval:
    """S-1: the exact interval; alpha/2 also on the open side."""
    from scipy.special import betaincinv

    if n == 0:
        return NOT_ESTIMABLE
    tail = (1 - conf_level) / 2
    lower = 0.0 if x == 0 else float(betaincinv(x, n - x + 1, tail))
    upper = 1.0 if x == n else float(betaincinv(x + 1, n - x, 1 - tail))
    return Interval(lower, upper)


def wilson(x: int, n: int, conf_level: float) -> Interval:
    """S-1 sensitivity: the score interval without continuity correction."""
    if n == 0:
        return NOT_ESTIMABLE
    z = NormalDist().inv_cdf((1 + conf_level) / 2)
    p, share = x / n, z * z / n
    centre = p + share / 2
    spread = z * math.sqrt(p * (1 - p) / n + share / (4 * n))
    lower = 0.0 if x == 0 else (centre - spread) / (1 + share)
    upper = 1.0 if x == n else (centre + spread) / (1 + share)
    return Interval(lower, upper)


def probability(x: int, n: int, p: float) -> float:
    """The binomial probability of x of n."""
    if p in (0.0, 1.0):
        return float(x == n * p)
    ways = math.lgamma(n + 1) - math.lgamma(x + 1) - math.lgamma(n - x + 1)
    return math.exp(ways + x * math.log(p) + (n - x) * math.log1p(-p))


def exact_test(x: int, n: int, p0: float) -> tuple[float, float, float]:
    """S-2: P(X >= x), P(X <= x), and the sum over all outcomes no more probable than the observed one."""
    each = [probability(k, n, p0) for k in range(n + 1)]
    limit = each[x] * RELATIVE_ERROR
    two_sided = math.fsum(one for one in each if one <= limit)
    return min(1.0, math.fsum(each[x:])), min(1.0, math.fsum(each[: x + 1])), min(1.0, two_sided)


def proportion(x: int, n: int, conf_level: float = 0.95, p0: float | None = None) -> Proportion:
    """S-1, S-2: everything about x of n; n = 0 is not estimable."""
    estimate = x / n if n else None
    exact, score = clopper_pearson(x, n, conf_level), wilson(x, n, conf_level)
    if p0 is None or n == 0:
        return Proportion(x, n, estimate, exact, score)
    return Proportion(x, n, estimate, exact, score, *exact_test(x, n, p0))


def rate(values: Iterable[str | None], conf_level: float = 0.95) -> Rate:
    """G-25: x / n over the analysis set (values that are none are outside it), and x / (n - pending)."""
    inside = [value for value in values if value is not None]
    x, pending = inside.count(Y), inside.count(PENDING)
    n = len(inside)
    return Rate(proportion(x, n, conf_level), pending, proportion(x, n - pending, conf_level))
