"""Differences against means: Bland & Altman 1986 (Lancet i:307) and 1999 (Stat Methods Med Res 8:135)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .plain import Interval, deviation, mean, normal_quantile, t_quantile
from .slope import Slope, slope


class Limit(NamedTuple):
    at: float
    interval: Interval


class BlandAltman(NamedTuple):
    """First minus second, in the unit of the readings. `trend`: of the difference on the mean (proportional bias).

    `why`: `few` (fewer than two pairs).
    """

    n: int
    bias: float | None = None
    interval: Interval | None = None
    sd: float | None = None
    lower: Limit | None = None
    upper: Limit | None = None
    trend: Slope | None = None
    why: str = ""


def bland_altman(pairs: Sequence[tuple[float, float]]) -> BlandAltman:
    """Bias ± 1.96 SD. Interval of the bias: Student's t. Of a limit: its variance is s²(1/n + 1.96²/(2(n − 1)))
    (1999, section 2.1; the 3s²/n of 1986 is an approximation of it), with Student's t."""
    n = len(pairs)
    if n < 2:
        return BlandAltman(n, why="few")
    differences = [one - two for one, two in pairs]
    bias, sd = mean(differences), deviation(differences)
    z, t = normal_quantile(), t_quantile(n - 1)
    reach = t * sd / math.sqrt(n)
    far = t * sd * math.sqrt(1 / n + z**2 / (2 * (n - 1)))
    low, high = bias - z * sd, bias + z * sd
    return BlandAltman(
        n, bias, Interval(bias - reach, bias + reach), sd,
        Limit(low, Interval(low - far, low + far)), Limit(high, Interval(high - far, high + far)),
        slope([((one + two) / 2, one - two) for one, two in pairs]),
    )  # fmt: skip
