"""Kaplan-Meier curve with its band, censoring ticks, median, and the table under it (KMunicate form)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
from django.utils.translation import gettext as _

from trialsite.web.charts import BAND, BLUE, EDGE, INK, MID
from trialsite.web.figures import number, share_text

from .risk_table import DAYS_PER_MONTH, marks_for, risk_table

WIDTH, HEIGHT, ROW = 540, 225, 17


def kaplan_meier(
    curve: Mapping[str, Any],
    *,
    axis: str,
    origin: str,
    notes: list[str],
    days_per_month: float = DAYS_PER_MONTH,
) -> alt.VConcatChart:
    """`curve` as the engine gives it (times in days); `notes` are the lines printed beside the curve."""
    months = [time / days_per_month for time in curve["time"]]
    marks = marks_for(max(curve["time"], default=0), days_per_month)
    last = float(marks[-1])
    scale = alt.Scale(domain=[0, last], nice=False)
    x = alt.X("x:Q", scale=scale, axis=alt.Axis(values=list(marks), title=origin, grid=False, format="d"))
    y = alt.Y("y:Q", scale=alt.Scale(domain=[0, 100], nice=False),
              axis=alt.Axis(values=[0, 20, 40, 60, 80, 100], title=axis, grid=False))  # fmt: skip
    top = alt.layer(
        _band(curve, months, x, y), _median(curve, days_per_month, x, y), _line(curve, months, x, y),
        _ticks(curve, months, x, y), _steps(curve, months, x, y), *_notes(curve, months, notes, last),
    ).properties(width=WIDTH, height=HEIGHT)  # fmt: skip
    below = alt.X("x:Q", scale=scale, axis=None)
    return alt.vconcat(top, _table(curve, marks, below, days_per_month), spacing=6)


def _band(curve: Mapping[str, Any], months: list[float], x: alt.X, y: alt.Y) -> alt.Chart:
    """Limits are undefined at S = 1 and S = 0 (S-6): there is no band there."""
    rows = [
        {"x": month, "y": 100 * low, "upper": 100 * high}
        for month, low, high in zip(months, curve["lower"], curve["upper"], strict=True)
        if low is not None and high is not None
    ]
    if rows and rows[-1]["x"] < months[-1]:
        rows.append({**rows[-1], "x": months[-1]})
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_area(interpolate="step-after", color=BAND, opacity=1)
        .encode(x=x, y=y, y2="upper:Q")
    )


def _line(curve: Mapping[str, Any], months: list[float], x: alt.X, y: alt.Y) -> alt.Chart:
    rows = [{"x": 0.0, "y": 100.0}]
    rows += [{"x": month, "y": 100 * s} for month, s in zip(months, curve["survival"], strict=True)]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_line(interpolate="step-after", color=BLUE, strokeWidth=1.9, clip=False)
        .encode(x=x, y=y)
    )


def _ticks(curve: Mapping[str, Any], months: list[float], x: alt.X, y: alt.Y) -> alt.Chart:
    rows = [
        {"x": month, "y": 100 * s}
        for month, s, censored in zip(months, curve["survival"], curve["n_censor"], strict=True)
        if censored
    ]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_point(shape="stroke", angle=90, size=75, color=BLUE, strokeWidth=1.2, opacity=1)
        .encode(x=x, y=y)
    )


def _steps(curve: Mapping[str, Any], months: list[float], x: alt.X, y: alt.Y) -> alt.Chart:
    """What a pointer rests on at each time: unseen, with the numbers as its words."""
    rows = []
    for i, (month, s) in enumerate(zip(months, curve["survival"], strict=True)):
        said = _("%(month)s mo: %(rate)s%%, at risk %(risk)s, events %(events)s, censored %(censored)s") % {
            "month": number(month, 1), "rate": share_text(s), "risk": curve["n_risk"][i],
            "events": curve["n_event"][i], "censored": curve["n_censor"][i],
        }  # fmt: skip
        rows.append({"x": month, "y": 100 * s, "says": f"§{said}"})
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_point(filled=True, size=90, color=BLUE, opacity=0)
        .encode(x=x, y=y, description="says:N")
    )


def _median(curve: Mapping[str, Any], days_per_month: float, x: alt.X, y: alt.Y) -> alt.Chart:
    """Dashed to the median, where it is reached."""
    median = (curve.get("median") or {}).get("estimate")
    at = median / days_per_month if median is not None else None
    rows = (
        [] if at is None else [{"x": 0, "x2": at, "y": 50, "y2": 50}, {"x": at, "x2": at, "y": 50, "y2": 0}]
    )
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_rule(strokeDash=[3, 2.5], color=MID, strokeWidth=1)
        .encode(x=x, x2="x2:Q", y=y, y2="y2:Q")
    )


def _notes(curve: Mapping[str, Any], months: list[float], notes: list[str], last: float) -> list[alt.Chart]:
    """Where the curve is not: above it at the right when it has fallen by the middle, else below it at the left."""
    middle = [s for month, s in zip(months, curve["survival"], strict=True) if month <= last * 0.45]
    high = not middle or middle[-1] > 0.52
    place: Any = {"x": 10 if high else WIDTH, "align": "left" if high else "right"}
    start = HEIGHT - 16 * len(notes) - 4 if high else 8
    return [
        alt.Chart(alt.Data(values=[{}]))
        .mark_text(align=place["align"], baseline="middle", fontSize=11, fontWeight=500 if i == 1 else "normal",
                   color=INK, text=note)
        .encode(x=alt.value(place["x"]), y=alt.value(start + 16 * i))
        for i, note in enumerate(notes)
    ]  # fmt: skip


def _table(curve: Mapping[str, Any], marks: tuple[int, ...], x: alt.X, days_per_month: float) -> alt.Chart:
    names = [_("At risk"), _("Censored"), _("Events")]
    rows = [
        {"x": row.month, "row": name, "n": str(count)}
        for row in risk_table(curve, marks, days_per_month)
        for name, count in zip(names, row[1:], strict=True)
    ]
    left = alt.Axis(title=None, domain=False, ticks=False, labelPadding=14, labelFontSize=10.5)
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_text(fontSize=10.5, color=INK)
        .encode(x=x, y=alt.Y("row:N", sort=names, axis=left), text="n:N",
                color=alt.condition(alt.datum.row == names[0], alt.value(INK), alt.value(EDGE)))
        .properties(width=WIDTH, height=ROW * 3)
    )  # fmt: skip
