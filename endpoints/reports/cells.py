"""Numbers of figures as the cells of tables: counts, shares, intervals, medians, bars."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from endpoints import words
from trialsite.web.figures import NOTHING, number, share_text

Rate = Mapping[str, Any]


def set_name(code: str) -> str:
    """An analysis set in words."""
    return str(words.SETS.get(code, code))


# Sensitivity analyses that are no endpoint of a participant's own.
FURTHER: dict[str, Any] = {
    "ORR_MRECIST_NO_FLOOR": L("Objective response, mRECIST without floor"),
    "DCR_NO_FLOOR": L("Disease control, mRECIST without floor"),
    "PFS_MRECIST": L("Progression-free survival, mRECIST"),
    "DOR_RECIST": L("Duration of response, RECIST 1.1"),
    "DOR_NO_FLOOR": L("Duration of response, mRECIST without floor"),
    "BOR_MRECIST_NO_FLOOR": L("Best overall response, mRECIST without floor"),
}


def long_name(name: str) -> str:
    """An endpoint in words; `_CONFIRMED` is the same endpoint, confirmed."""
    base = name.removesuffix("_CONFIRMED")
    known = words.NAMES.get(base)
    title = str(known.long if known else FURTHER.get(base, base))
    return title + _(", confirmed") if base != name else title


def short_name(name: str) -> str:
    base = name.removesuffix("_CONFIRMED")
    known = words.NAMES.get(base)
    title = str(known.short if known else FURTHER.get(base, base))
    return title + _(", confirmed") if base != name else title


def rate_of(results: Mapping[str, Any], name: str, population: str) -> Rate | None:
    """A rate of the figures, or none when they have none."""
    found: Rate | None = results.get("rates", {}).get(name, {}).get(population)
    return found


def count(found: Mapping[str, Any]) -> str:
    return f"{found['x']}/{found['n']}"


def share(value: float | None, places: int = 1) -> str:
    """A share of 1 as per cent; "NE" where it is not estimable."""
    return _("NE") if value is None else f"{share_text(value, places)}%"


def limits(found: Mapping[str, Any] | None) -> str:
    """Limits of an interval in per cent."""
    if not found or found.get("lower") is None or found.get("upper") is None:
        return _("NE")
    return f"{share_text(found['lower'])}–{share_text(found['upper'])}"


def p_value(value: float | None) -> str:
    """Four places, as a table prints it."""
    if value is None:
        return NOTHING
    return "<0.0001" if value < 0.0001 else number(value, 4)


def part_of(n: int, whole: int) -> str:
    """`17 (36.2)`."""
    return f"{n} ({share_text(Fraction(n, whole))})" if whole else str(n)


def months_of(days: float | None) -> str:
    """S-7: a median that is not reached says so."""
    return _("NR") if days is None else number(days / words.DAYS_PER_MONTH, 1)


def median_of(curve: Mapping[str, Any]) -> str:
    return months_of(curve["median"]["estimate"]) if curve["n"] else _("NE")


def median_limits(curve: Mapping[str, Any]) -> str:
    """S-11: without an event the interval is not estimable, which is not the same as not reached."""
    if not curve["events"]:
        return _("NE")
    return f"{months_of(curve['median']['lower'])}–{months_of(curve['median']['upper'])}"


def follow_up(curve: Mapping[str, Any]) -> str:
    return months_of(curve["median_follow_up"]["estimate"]) if curve["n"] else _("NE")


def range_of(curve: Mapping[str, Any]) -> str:
    """S-12: shortest and longest time in months, "+" for a censored one."""
    if not curve.get("range"):
        return NOTHING
    ends = [(float(text.rstrip("+")) / words.DAYS_PER_MONTH, text.endswith("+")) for text in curve["range"]]
    return "–".join(number(months, 1) + ("+" if censored else "") for months, censored in ends)


def landmark(curve: Mapping[str, Any], month: int) -> Mapping[str, Any] | None:
    """The estimate at a month, when the figures have one."""
    marks = dict(zip(curve["landmark_months"], curve["landmarks"], strict=True))
    return marks.get(month)


def bar(
    estimate: float | None, found: Mapping[str, Any] | None, key: bool = False, null: float | None = None
) -> SafeString:
    """An interval on an axis from 0 to 100 %, as a picture in a cell; the numbers stand beside it."""
    if estimate is None:
        return SafeString("")
    low, high = (found or {}).get("lower"), (found or {}).get("upper")
    colour = "#00695c" if key else "#14202e"
    ticks = "".join(
        f'<path d="M{x} 2V8" stroke="#d9e0e7" stroke-width="0.5"/>' for x in (0.5, 25, 50, 75, 99.5)
    )
    mark_null = (
        "" if null is None else f'<path d="M{100 * null:.2f} 0.5V9.500" stroke="#b3261e" stroke-width="0.8"/>'
    )
    line = (
        ""
        if low is None or high is None
        else f'<path d="M{100 * low:.2f} 5H{100 * high:.2f}" stroke="{colour}" stroke-width="1.1"/>'
    )
    mark = f'<rect x="{100 * estimate - 1.3:.2f}" y="3.7" width="2.6" height="2.6" fill="{colour}"/>'
    return SafeString(
        f'<svg class="cibar" viewBox="0 0 100 10" aria-hidden="true">{ticks}{mark_null}{line}{mark}</svg>'
    )
