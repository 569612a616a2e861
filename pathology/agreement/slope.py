"""A straight line through points by least squares, with Student's interval of its slope."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from .plain import Interval, mean, same, t_quantile


class Slope(NamedTuple):
    """`why`: `few` (fewer than three points), `constant` (all at one place)."""

    n: int
    slope: float | None = None
    intercept: float | None = None
    interval: Interval | None = None
    why: str = ""


def slope(points: Sequence[tuple[float, float]]) -> Slope:
    """y on x."""
    n = len(points)
    if n < 3:
        return Slope(n, why="few")
    xs, ys = [x for x, _ in points], [y for _, y in points]
    if same(xs):
        return Slope(n, why="constant")
    middle, height = mean(xs), mean(ys)
    sxx = math.fsum((x - middle) ** 2 for x in xs)
    b = math.fsum((x - middle) * (y - height) for x, y in points) / sxx
    a = height - b * middle
    rest = math.fsum((y - a - b * x) ** 2 for x, y in points)
    reach = t_quantile(n - 2) * math.sqrt(rest / (n - 2) / sxx)
    return Slope(n, b, a, Interval(b - reach, b + reach))
