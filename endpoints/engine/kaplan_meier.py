"""S-3 to S-9: the product-limit curve with its intervals, median and landmarks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, compress, count, islice, repeat
from math import exp, log, sqrt
from operator import add, lt, mul, neg, sub, truediv
from statistics import NormalDist
from typing import Any

FLAT = sqrt(2.220446049250313e-16)  # S-7: S = 0.5 within float noise, as R does

Number = int | float
Limit = float | None


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

    def at(self, time: Number) -> Landmark:
        """S-9: right-continuous; beyond the last time only a curve that ended at 0 is known."""
        place, still = bisect_right(self.time, time) - 1, bisect_left(self.time, time)
        n_risk = self.n_risk[still] if still < len(self.time) else 0
        if not self.time:
            return Landmark(time, None, None, None, 0)
        if place < 0:
            return Landmark(time, 1.0, None, None, n_risk)
        if time > self.time[-1] and self.survival[-1] > 0:
            return Landmark(time, None, None, None, n_risk)
        return Landmark(time, self.survival[place], self.lower[place], self.upper[place], n_risk)


@dataclass(frozen=True, slots=True)
class Table:
    """S-3: distinct times in ascending order; at each, how many have it, and for how many it is an event."""

    time: tuple[Number, ...]
    n: tuple[int, ...]
    n_event: tuple[int, ...]

    @property
    def reverse(self) -> Table:
        """S-10: censorings as events, and events as censorings."""
        return Table(self.time, self.n, tuple(map(sub, self.n, self.n_event)))


def tabled(times: Sequence[Number], events: Sequence[bool]) -> Table:
    """S-3: counted once, whatever is estimated from it afterwards."""
    if len(times) != len(events):
        raise ValueError("times and events differ in length")
    every, died = Counter(times), Counter(compress(times, events))
    ordered = sorted(every)
    n = map(every.__getitem__, ordered) if len(ordered) < len(times) else repeat(1, len(ordered))
    table = Table(tuple(ordered), tuple(n), tuple(map(died.get, ordered, repeat(0))))
    whole = all(issubclass(kind, int) for kind in set(map(type, ordered)))
    return table if whole else tied(table)


def tied(table: Table) -> Table:
    """S-3: times equal within float noise become the first of them (integer days never come here)."""
    time = table.time
    noise = FLAT * sum(map(abs, time)) / len(time)
    apart = list(map(noise.__lt__, map(sub, islice(time, 1, None), time)))  # from the one before
    if all(apart):
        return table
    ends = [*apart, True]
    return Table(
        tuple(compress(time, chain((True,), apart))), _sums(table.n, ends), _sums(table.n_event, ends)
    )


def _sums(values: Sequence[int], ends: Sequence[bool]) -> tuple[int, ...]:
    """Sums of the parts that end at these places."""
    until = list(compress(accumulate(values), ends))
    return tuple(map(sub, until, chain((0,), until)))


def limits(
    survival: Sequence[float], root: Iterable[float], z: float, conf_type: str
) -> tuple[Iterable[float], Iterable[float]]:
    """S-5, S-6: pointwise limits where 0 < S < 1; `root`: Greenwood's sum under the root. Column by column."""
    error = list(map(mul, repeat(z), root))
    if conf_type == "plain":
        spread = list(map(mul, survival, error))
        lower, upper = map(sub, survival, spread), map(add, survival, spread)
        return map(max, repeat(0.0), lower), map(min, repeat(1.0), upper)
    if conf_type == "log":
        upper = map(mul, survival, map(exp, error))
        return map(mul, survival, map(exp, map(neg, error))), map(min, repeat(1.0), upper)
    level = list(map(log, survival))
    centre, spread = list(map(log, map(neg, level))), list(map(truediv, error, level))
    low, high = map(exp, map(sub, centre, spread)), map(exp, map(add, centre, spread))
    return map(exp, map(neg, low)), map(exp, map(neg, high))


def kaplan_meier(times: Sequence[Number], events: Sequence[bool], conf_level: float, conf_type: str) -> Curve:
    """S-3, S-4: product-limit estimate with Greenwood's error; events precede censorings at one time."""
    return curve_of(tabled(times, events), conf_level, conf_type)


def curve_of(table: Table, conf_level: float, conf_type: str) -> Curve:
    """The curve of counted times, column by column: at a million times that takes no loop of Python.

    S falls from 1 to, at most, 0 at the last time: in between are the limits.
    """
    z = NormalDist().inv_cdf((1 + conf_level) / 2)
    n, died = sum(table.n), table.n_event
    n_risk = tuple(map(sub, repeat(n), chain((0,), accumulate(table.n[:-1]))))[: len(died)]
    survival = tuple(accumulate(map(sub, repeat(1), map(truediv, died, n_risk)), mul))
    last = len(survival) - 1 if survival and survival[-1] == 0 else len(survival)
    parts = map(truediv, died, map(mul, n_risk, map(sub, islice(n_risk, last), died)))
    root = list(map(sqrt, accumulate(parts)))
    first = next((place for place, one in enumerate(survival) if one < 1), len(survival))
    before: tuple[Limit, ...] = (None,) * first
    after: tuple[Limit, ...] = (None,) * (len(survival) - last)
    lower, upper = limits(survival[first:last], root[first:], z, conf_type)
    return Curve(
        n=n,
        events=sum(died),
        time=table.time,
        n_risk=n_risk,
        n_event=died,
        n_censor=table.reverse.n_event,
        survival=survival,
        std_error=(*map(mul, survival, root), *after),
        lower=(*before, *lower, *after),
        upper=(*before, *upper, *after),
    )


def first_at_half(times: Sequence[Number], values: Sequence[Limit]) -> float | None:
    """S-7: the first time at or below one half; on a flat part at one half the middle up to the next drop."""
    begin = next((place for place, one in enumerate(values) if one is not None), len(values))
    known = [
        one for one in values[begin:] if one is not None
    ]  # undefined at S = 1 and at S = 0 only: the ends
    reached = compress(count(), map(lt, known, repeat(0.5 + FLAT)))
    place = next(reached, None)
    if place is None:
        return None
    time, value = times[begin + place], known[place]
    drop = None
    if abs(value - 0.5) < FLAT:
        drop = next((times[begin + later] for later in reached if known[later] < value), None)
    return time if drop is None else (time + drop) / 2
