"""Critical points: the numbers and days at which a yes/no endpoint can change, and one value for each stretch between. Pure.

An endpoint compares a number or a day with fixed limits and with other values of the case, so as a function of one value it
is constant between neighbouring points of comparison. It is enough to try every point and one value between neighbours.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from endpoints.engine import codes
from endpoints.engine.new_lesions import GROWTH_MM, TYPICAL_MM
from endpoints.engine.regression import MPR_30_PCT, MPR_50_PCT
from endpoints.engine.settings import Settings

Point = Fraction
DAY = timedelta(days=1)
TOLERANCE = Fraction(1, 10**9)  # of the difference between readers (`central.TOLERANCE`)


def representatives(points: Iterable[Fraction | int], low: int, high: int) -> list[int]:
    """Whole numbers from `low` to `high`: every point that is one, and one from each stretch between points."""
    found = {low, high} if low <= high else set()
    for point in points:
        below = math.floor(point)
        found |= {one for one in (below, below + 1) if low <= one <= high and (one > point or one == point)}
    return sorted(found)


def numbers(points: Iterable[Point], step: Decimal, low: Decimal, high: Decimal) -> list[Decimal]:
    """The same for decimals with a smallest step."""
    unit = Fraction(step)
    grid = representatives(
        (point / unit for point in points), math.ceil(Fraction(low) / unit), math.floor(Fraction(high) / unit)
    )
    return [one * step for one in grid]


# --- diameters (R-30 to R-40, M-11, M-13) ----------------------------------------------------------------------------


def diameter_points(
    case: Mapping[str, Any], places: Iterable[tuple[int, str, int]], settings: Settings
) -> Iterator[Point]:
    """For a diameter that stands at `imaging[i].target[k].mm` or `.new[k].mm` (i, "target" or "new", k).

    A sum is compared with the baseline sum (R-31) and with every earlier one, which may be the nadir (R-32, R-37); and so
    are later sums with it.
    """
    yield from map(Fraction, (Decimal(0), settings.too_small_mm, settings.normal_node_mm, TYPICAL_MM))
    rows = case["imaging"]
    for i, kind, k in places:
        row = rows[i]
        series = [one for one in rows if all(one[key] == row[key] for key in ("criteria", "evaluator"))]
        if kind == "target":
            others = total(row, settings) - counted(row["target"][k], settings)
            for other in series:
                if other is not row:
                    for limit in _limits(row, other, settings):
                        yield limit - others
        else:
            for lesion in (lesion for one in series for lesion in one["new"]):
                if lesion["mm"] is not None:
                    size, growth = Fraction(Decimal(lesion["mm"])), Fraction(GROWTH_MM)
                    yield from (size, size + growth, size - growth)


def counted(lesion: Mapping[str, Any], settings: Settings) -> Fraction:
    """What a row adds to the sum (R-21, R-22, R-25, R-26)."""
    if lesion["state"] == codes.TOO_SMALL:
        return Fraction(settings.too_small_mm)
    measured = lesion["state"] in (None, codes.MEASURED) and lesion["mm"] is not None
    return Fraction(Decimal(lesion["mm"])) if measured else Fraction(0)


def total(row: Mapping[str, Any], settings: Settings) -> Fraction:
    return sum((counted(lesion, settings) for lesion in row["target"]), Fraction(0))


def _limits(row: Mapping[str, Any], other: Mapping[str, Any], settings: Settings) -> Iterator[Fraction]:
    """The sums of `row` at which its comparison with `other` turns."""
    size = total(other, settings)
    floor = Fraction(settings.floor_mm(row["criteria"] == codes.MRECIST))
    down = 1 - Fraction(settings.response_decrease_pct) / 100
    up = 1 + Fraction(settings.progression_increase_pct) / 100
    yield size
    if other["baseline"] or _order(other) < _order(row):
        yield from (size + floor, size * up)
    else:
        yield from (size - floor, size / up)
    if other["baseline"]:
        yield size * down
    elif row["baseline"] and down > 0:
        yield size / down


def _order(row: Mapping[str, Any]) -> tuple[bool, str, str]:
    return (not row["baseline"], row["last_scan_date"] or row["date"], row["date"])


# --- central readings (P-3, P-5, P-9, P-10) ----------------------------------------------------------------------------

DIMENSIONS = ("length_mm", "width_mm", "height_mm")


def reading_points(
    read: Mapping[str, Any], others: Sequence[Mapping[str, Any]], k: int, name: str, settings: Settings
) -> Iterator[Point]:
    """For one number of nodule `k` of a reading: viable % or a dimension. `others` are the other readings."""
    yield from (Fraction(0), Fraction(100))
    for weighting in (DIMENSIONS[:2], DIMENSIONS, ()):
        goals = _goals(
            [one for other in others if (one := _share(other["nodules"], weighting)) is not None], settings
        )
        rest = [nodule for i, nodule in enumerate(read["nodules"]) if i != k]
        parts = _sums(rest, weighting)
        if parts is not None:
            for goal in goals:
                point = _solved(read["nodules"][k], name, weighting, parts, goal)
                if point is not None:
                    yield point


def _goals(shares: list[Fraction], settings: Settings) -> list[Fraction]:
    """Shares at which a class or the agreement of two readers turns; the result may be the mean of two."""
    limits = [Fraction(one) for one in (settings.mpr_threshold_pct, MPR_30_PCT, MPR_50_PCT)]
    apart = Fraction(settings.reader_difference_points)
    found = [*limits, Fraction(0)]
    for share in shares:
        found += [2 * limit - share for limit in limits]
        found += [share + sign * gap for sign in (1, -1) for gap in (Fraction(0), apart, apart + TOLERANCE)]
    return found


def _weight(nodule: Mapping[str, Any], weighting: Sequence[str], but: str = "") -> Fraction | None:
    product = Fraction(1)
    for name in weighting:
        if name != but:
            if not nodule[name]:
                return None
            product *= Fraction(Decimal(nodule[name]))
    return product


def _sums(nodules: Iterable[Mapping[str, Any]], weighting: Sequence[str]) -> tuple[Fraction, Fraction] | None:
    """Weighted viable tumour and weight of these nodules."""
    part = whole = Fraction(0)
    for nodule in nodules:
        weight = _weight(nodule, weighting)
        if weight is None or nodule["viable_pct"] is None:
            return None
        part += weight * Fraction(Decimal(nodule["viable_pct"]))
        whole += weight
    return part, whole


def _share(nodules: Sequence[Mapping[str, Any]], weighting: Sequence[str]) -> Fraction | None:
    sums = _sums(nodules, weighting)
    return sums[0] / sums[1] if sums and sums[1] else None


def _solved(
    nodule: Mapping[str, Any],
    name: str,
    weighting: Sequence[str],
    parts: tuple[Fraction, Fraction],
    goal: Fraction,
) -> Fraction | None:
    """The value of `name` with which the weighted share of the whole reading is `goal`; none when no value does it."""
    part, whole = parts
    if name == "viable_pct":
        weight = _weight(nodule, weighting)
        return None if weight is None else (goal * (whole + weight) - part) / weight
    if name not in weighting or nodule["viable_pct"] is None:
        return None
    unit, viable = _weight(nodule, weighting, but=name), Fraction(Decimal(nodule["viable_pct"]))
    if unit is None or viable == goal:
        return None
    return (goal * whole - part) / (unit * (viable - goal))


# --- days (G-5, G-20, G-25, G-28, G-31, R-82, R-83) ------------------------------------------------------------------------


def day_points(
    days: Iterable[date], scans: Iterable[date], first_dose: date | None, cutoff: date, settings: Settings, *, dose: bool
) -> Iterator[Point]:  # fmt: skip
    """For a day: every other day, and those at the distances that the rules count. `dose`: it may be the first dose."""
    spans = (settings.min_sd_days, settings.response_window_days)
    every = {*days, cutoff}
    yield from (Fraction(day.toordinal()) for day in every)
    yield Fraction(cutoff.toordinal() - settings.surgery_after_pd_days)
    for scan in scans:
        for sign in (1, -1):
            yield Fraction(scan.toordinal() + sign * settings.confirmation_days)
    if first_dose is not None:
        yield from (Fraction(first_dose.toordinal() + span) for span in spans)
    if dose:
        yield Fraction(cutoff.toordinal() - settings.surgery_by_days)
        yield from (Fraction(day.toordinal() - span) for day in every for span in spans)


def days_of(case: Mapping[str, Any], *, contacts: bool) -> set[date]:
    """Every day that stands in a case, a partial date by its first and last day; `contacts`: proofs of life too."""
    from trialsite.kernel.partial_date import PartialDate

    found: set[date] = set()
    stack: list[Any] = [value for key, value in case.items() if contacts or key != "alive_on"]
    while stack:
        value = stack.pop()
        if isinstance(value, Mapping):
            stack.extend(value.values())
        elif isinstance(value, list | tuple):
            stack.extend(value)
        elif isinstance(value, str) and len(value) in (4, 7, 10) and value[:4].isdigit():
            try:
                when = PartialDate.parse(value)
            except ValueError:
                continue
            found |= {when.earliest, when.latest}
    return found


def scans_of(case: Mapping[str, Any]) -> set[date]:
    """First and last days of the time points, and first appearances of new lesions."""
    texts = [row[key] for row in case["imaging"] for key in ("date", "last_scan_date") if row.get(key)]
    texts += [lesion["date"] for row in case["imaging"] for lesion in row["new"] if lesion.get("date")]
    return {date.fromisoformat(text) for text in texts}
