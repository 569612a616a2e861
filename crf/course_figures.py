"""Figures beside the timeline, drawn from attributes only: treatment bars and tumour markers over time."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from trialsite.web import figures

from .derivation import apatinib_periods, fixed_key
from .sheets import Casebook, Sheet
from .span_figure import Scale

WIDTH, LEFT, LINE = 300, 44, 20
DRUGS = ("OXA", "LLV", "FU_CI", "CAM")
NAMES = {"OXA": "OXA", "LLV": "LLV", "FU_CI": "FU", "CAM": "CAM", "APA": "APA"}
HEIGHTS = {"0": 12, "-1": 8, "-2": 5}
SCHEDULES = {"QD": 8, "5ON2OFF": 6, "QOD": 4}


def treatment_figure(book: Casebook, today: dt.date) -> SafeString:
    """A line for each drug: a bar for each dose, lower when the level is lower; apatinib as periods; the operation."""
    doses = [(drug, day, row.get("ec_lvl")) for sheet in book.all("EC") for drug, day, row in _given(sheet)]
    periods = apatinib_periods(book)
    days = [day for _d, day, _l in doses] + [period.start for period in periods]
    if not days:
        return SafeString("")
    operations = [
        s.get("surg_prstdat")
        for s in book.all("SURG")
        if s.get("surg_proccur") == "Y" and s.get("surg_prstdat")
    ]
    ends = [period.end or today for period in periods] + operations + days
    scale = Scale(min(days), max([min(max(ends), max(today, min(days))), *days]))
    parts = []
    for line, drug in enumerate((*DRUGS, "APA")):
        base = 16 + line * LINE
        parts.append(_axis(NAMES[drug], base))
        if drug == "APA":
            parts += [_period(scale, period, base, today) for period in periods]
        else:
            parts += [_dose(scale, day, level, base) for d, day, level in doses if d == drug]
    height = 16 + 5 * LINE + 4
    for day in operations:
        x = _x(scale, day)
        parts.append(
            f'<path d="M{x} 2v{height - 18}" stroke="#1f3a8a" stroke-width="1.5" stroke-dasharray="3 2"/>'
        )
    parts.append(_ends(scale, height))
    said = _("Doses from %(start)s to %(end)s; lower bars are reduced doses.") % {
        "start": figures.day(scale.begin), "end": figures.day(scale.end),
    }  # fmt: skip
    return _svg(said, height + 12, parts)


def _given(sheet: Sheet) -> list[tuple[str, dt.date, Any]]:
    found = []
    for row in sheet.lines("EC2"):
        drug, day = fixed_key("EC", "EC2", row.row), row.get("ecstdat") or sheet.get("ec_d1dat")
        if row.get("ecoccur") == "Y" and drug in DRUGS and day:
            found.append((drug, day, row))
    return found


def _x(scale: Scale, day: dt.date) -> float:
    return round(LEFT + scale.x(day, WIDTH - LEFT), 1)


def _axis(name: str, base: int) -> str:
    return (
        f'<text x="0" y="{base}" font-size="10.5" fill="#33445a">{escape(name)}</text>'
        f'<path d="M{LEFT} {base + 0.5}H{WIDTH}" stroke="#d9e0e7"/>'
    )


def _dose(scale: Scale, day: dt.date, level: str | None, base: int) -> str:
    height = HEIGHTS.get(level or "0", 12)
    return f'<rect x="{_x(scale, day) - 2}" y="{base - height}" width="4" height="{height}" fill="#0b4f6c"/>'


def _period(scale: Scale, period: Any, base: int, today: dt.date) -> str:
    """A bar, thinner for a thinner schedule; a dotted line while it is held."""
    left, right = _x(scale, period.start), _x(scale, period.end or max(today, period.start))
    height = SCHEDULES.get(period.schedule, 8) if period.dose_mg else 0
    if not height:
        return f'<path d="M{left} {base - 4}H{right}" stroke="#7b8896" stroke-dasharray="2 2"/>'
    width = max(right - left, 2)
    return f'<rect x="{left}" y="{base - height}" width="{width:.1f}" height="{height}" fill="#00695c"/>'


def _ends(scale: Scale, height: int) -> str:
    return (
        f'<text x="{LEFT}" y="{height + 8}" font-size="10" fill="#566577">{escape(figures.day(scale.begin))}</text>'
        f'<text x="{WIDTH}" y="{height + 8}" font-size="10" fill="#566577" text-anchor="end">'
        f"{escape(figures.day(scale.end))}</text>"
    )


def marker_figure(name: str, unit: str, points: Sequence[tuple[dt.date, Any]]) -> SafeString:
    """One tumour marker over time on a logarithmic axis, the first and the last value in figures."""
    scale = Scale(points[0][0], max(points[-1][0], points[0][0] + dt.timedelta(days=1)))
    logs = [math.log10(max(float(value), 0.1)) for _day, value in points]
    low, high = min(logs), max(max(logs), min(logs) + 0.3)
    places = [
        (_x(scale, day) if len(points) > 1 else LEFT + 2.0, round(34 - (log - low) / (high - low) * 26, 1))
        for (day, _value), log in zip(points, logs, strict=True)
    ]
    line = " ".join(f"{x},{y}" for x, y in places)
    dots = "".join(f'<circle cx="{x}" cy="{y}" r="2.4" fill="#0b5c8a"/>' for x, y in places)
    first, last = figures.number(points[0][1]), figures.number(points[-1][1])
    said = _("%(name)s: %(first)s on %(start)s, %(last)s %(unit)s on %(end)s") % {
        "name": name, "first": first, "start": figures.day(points[0][0]), "last": last, "unit": unit,
        "end": figures.day(points[-1][0]),
    }  # fmt: skip
    parts = [
        f'<text x="0" y="{places[0][1] + 4}" font-size="10" fill="#566577">{escape(first)}</text>',
        f'<polyline fill="none" stroke="#0b5c8a" stroke-width="1.6" points="{line}"/>{dots}',
    ]
    return _svg(said, 42, parts)


def _svg(said: str, height: int, parts: Sequence[str]) -> SafeString:
    return SafeString(
        f'<svg class="course-fig" viewBox="0 0 {WIDTH + 4} {height}" role="img" aria-label="{escape(said)}">'
        f"<title>{escape(said)}</title>{''.join(parts)}</svg>"
    )
