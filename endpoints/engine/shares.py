"""A proportion and a spread as the tables of profiles carry them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import fmean, median
from typing import Any

from endpoints.engine.proportions import proportion


def share(x: int, n: int, level: float) -> dict[str, Any]:
    """S-1: x of n with the exact interval."""
    found = proportion(x, n, level)
    return {"x": x, "n": n, "estimate": found.estimate, "exact": found.exact.to_json()}


def spread(values: Iterable[float]) -> dict[str, Any]:
    """n, mean, median, least and greatest; none of them without a value."""
    known = [*values]
    if not known:
        return {"n": 0, "mean": None, "median": None, "min": None, "max": None}
    return {
        "n": len(known),
        "mean": fmean(known),
        "median": float(median(known)),
        "min": min(known),
        "max": max(known),
    }
