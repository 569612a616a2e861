"""S-10 to S-12: one group for a figure or a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from endpoints.engine.kaplan_meier import Curve, Estimate, Landmark, Number, curve_of, tabled

MARKS_MONTHS = (0, 3, 6, 9, 12, 18, 24)


@dataclass(frozen=True, slots=True)
class Survival:
    """All that a figure or a table needs from one group."""

    curve: Curve
    landmarks: tuple[Landmark, ...]
    median: Estimate
    median_follow_up: Estimate

    def to_json(self) -> dict[str, Any]:
        curve = self.curve
        return {
            "n": curve.n,
            "events": curve.events,
            "time": list(curve.time),
            "n_risk": list(curve.n_risk),
            "n_event": list(curve.n_event),
            "n_censor": list(curve.n_censor),
            "survival": list(curve.survival),
            "std_error": list(curve.std_error),
            "lower": list(curve.lower),
            "upper": list(curve.upper),
            "median": self.median.to_json(),
            "landmarks": [landmark.to_json() for landmark in self.landmarks],
            "median_follow_up": self.median_follow_up.to_json(),
        }


def survival(
    times: Sequence[Number],
    events: Sequence[bool],
    landmarks: Sequence[Number] = (),
    conf_level: float = 0.95,
    conf_type: str = "log-log",
) -> Survival:
    """S-3 to S-11 for one group; an empty group has no curve and no estimate."""
    table = tabled(times, events)
    curve = curve_of(table, conf_level, conf_type)
    reverse = curve_of(table.reverse, conf_level, conf_type)
    return Survival(curve, tuple(curve.at(time) for time in landmarks), curve.median, reverse.median)


def n_at_risk(times: Sequence[Number], marks: Sequence[Number]) -> tuple[int, ...]:
    """S-12: how many are still at risk at each mark."""
    return tuple(sum(1 for time in times if time >= mark) for mark in marks)


def observed_range(times: Sequence[Number], events: Sequence[bool]) -> tuple[str, str] | None:
    """S-12: shortest and longest time, "+" marks a censored one (an event precedes a censoring)."""
    if not times:
        return None
    pairs = sorted(zip(times, (not event for event in events), strict=True))
    low, high = pairs[0], pairs[-1]
    return f"{low[0]:g}{'+' if low[1] else ''}", f"{high[0]:g}{'+' if high[1] else ''}"
