"""S-3 to S-9: the product-limit curve with its intervals, median and landmarks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

FLAT = math.sqrt(2.220446049250313e-16)  # S-7: S = 0.5 within float noise, as R does

Number = int | float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A time with its confidence limits; none: not reached or not estimable."""

    estimate: float | None
    lower: float | None
    upper: float | None

    def to_json(self) -> dict[str, float | None]:
        return {"estimate": self.estimate, "lower": self.lower, "upper": self.upper}


@dataclass(frozen=True, slots=True)
class Landmark:
    """S-9: the curve at a given time."""

    time: Number
    survival: float | None
    lower: float | None
    upper: float | None
    n_risk: int

    def to_json(self) -> dict[str, Any]:
        return {
            "time": self.time,
            "survival": self.survival,
            "lower": self.lower,
            "upper": self.upper,
            "n_risk": self.n_risk,
        }


@dataclass(frozen=True, slots=True)
class Curve:
    """S-3: the curve over the distinct times in ascending order."""

    n: int
    events: int
    time: tuple[Number, ...]
    n_risk: tuple[int, ...]
    n_event: tuple[int, ...]
    n_censor: tuple[int, ...]
    survival: tuple[float, ...]
    std_error: tuple[float | None, ...]
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]

    @property
    def median(self) -> Estimate:
        """S-7, S-8: the median with Brookmeyer and Crowley's limits."""
        return Estimate(
            first_at_half(self.time, self.survival),
            first_at_half(self.time, self.lower),
            first_at_half(self.time, self.upper),
        )

    def at(self, time: Number, times: Sequence[Number]) -> Landmark:
        """S-9: right-continuous; beyond the last time only a curve that ended at 0 is known."""
        n_risk = sum(1 for one in times if one >= time)
        place = sum(1 for one in self.time if one <= time) - 1
        if not self.time:
            return Landmark(time, None, None, None, 0)
        if place < 0:
            return Landmark(time, 1.0, None, None, n_risk)
        if time > self.time[-1] and self.survival[-1] > 0:
            return Landmark(time, None, None, None, n_risk)
        return Landmark(time, self.survival[place], self.lower[place], self.upper[place], n_risk)


def tied(times: Sequence[Number]) -> list[Number]:
    """S-3: times equal within float noise become one (integer days stay as they are)."""
    if all(isinstance(time, int) for time in times):
        return list(times)
    ordered = sorted(set(times))
    noise = FLAT * sum(abs(time) for time in ordered) / len(ordered)
    same: dict[Number, Number] = {}
    first = ordered[0]
    last = first
    for time in ordered:
        if time - last > noise:
            first = time
        same[time], last = first, time
    return [same[time] for time in times]


def interval(survival: float, g: float, z: float, conf_type: str) -> tuple[float | None, float | None]:
    """S-5, S-6: pointwise limits; undefined at S = 1 and at S = 0."""
    if survival <= 0 or survival >= 1:
        return None, None
    error = z * math.sqrt(g)
    if conf_type == "plain":
        return max(0.0, survival - survival * error), min(1.0, survival + survival * error)
    if conf_type == "log":
        return survival * math.exp(-error), min(1.0, survival * math.exp(error))
    level = math.log(survival)
    centre, spread = math.log(-level), error / level
    return math.exp(-math.exp(centre - spread)), math.exp(-math.exp(centre + spread))


def kaplan_meier(times: Sequence[Number], events: Sequence[bool], conf_level: float, conf_type: str) -> Curve:
    """S-3, S-4: product-limit estimate with Greenwood's error; events precede censorings at one time."""
    z = NormalDist().inv_cdf((1 + conf_level) / 2)
    counts: dict[Number, list[int]] = {}
    for time, event in zip(tied(times) if times else (), events, strict=True):
        counts.setdefault(time, [0, 0])[0 if event else 1] += 1
    ordered = sorted(counts)
    at_risk, survival, g = len(times), 1.0, 0.0
    n_risk, curve, errors, lowers, uppers = [], [], [], [], []
    for time in ordered:
        died, censored = counts[time]
        n_risk.append(at_risk)
        if died == at_risk:
            survival, g = 0.0, math.inf
        elif died:
            survival *= 1 - died / at_risk
            g += died / (at_risk * (at_risk - died))
        lower, upper = interval(survival, g, z, conf_type)
        curve.append(survival)
        errors.append(survival * math.sqrt(g) if survival > 0 else None)
        lowers.append(lower)
        uppers.append(upper)
        at_risk -= died + censored
    return Curve(
        n=len(times),
        events=sum(count[0] for count in counts.values()),
        time=tuple(ordered),
        n_risk=tuple(n_risk),
        n_event=tuple(counts[time][0] for time in ordered),
        n_censor=tuple(counts[time][1] for time in ordered),
        survival=tuple(curve),
        std_error=tuple(errors),
        lower=tuple(lowers),
        upper=tuple(uppers),
    )


def first_at_half(times: Sequence[Number], values: Sequence[float | None]) -> float | None:
    """S-7: the first time at or below one half; on a flat part at one half the middle up to the next drop."""
    reached = [(time, value) for time, value in zip(times, values, strict=True) if value is not None]
    reached = [(time, value) for time, value in reached if value < 0.5 + FLAT]
    if not reached:
        return None
    time, value = reached[0]
    drop = next((later for later, below in reached if below < value), None)
    if abs(value - 0.5) < FLAT and drop is not None:
        return (time + drop) / 2
    return time
