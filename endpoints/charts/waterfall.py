"""Best change of the sum of diameters, one bar per participant, by central pathology."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
from django.utils.translation import gettext as _

from trialsite.web.charts import EDGE, INK, MID, RED
from trialsite.web.figures import number

from .categories import fill, link, name_of, stroke

WIDTH, HEIGHT = 545, 285


def waterfall(rows: Sequence[Mapping[str, Any]], *, axis: str, event: str) -> Any:
    """Rows: `label`, `change` (per cent), `group` (see `categories`), `event` (a PFS event so far)."""
    ordered = sorted(rows, key=lambda row: -row["change"])
    most = max([25.0, *(row["change"] + 12 for row in ordered)])
    values = [
        {"i": i, "y": row["change"], "group": name_of(row["group"]), "event": bool(row["event"]),
         "mark": max(row["change"], 0) + most * 0.06, "says": _says(row), **link(row)}
        for i, row in enumerate(ordered)
    ]  # fmt: skip
    keys = {row["group"] for row in ordered}
    scale = alt.Scale(domain=[-100, most], nice=False)
    wide = max(8, len(values))
    x = alt.X(
        "i:O", axis=None, scale=alt.Scale(domain=list(range(wide)), paddingInner=0.22, paddingOuter=0.4)
    )
    left = alt.Axis(title=axis, values=[-100, -75, -50, -25, 0, 25, 50, 75, 100], grid=False)
    y = alt.Y("y:Q", scale=scale, axis=left)
    legend = alt.Legend(
        orient="none", legendX=8, legendY=HEIGHT - 15.5 * len(keys) - 26, symbolType="square", offset=0
    )
    data = alt.Data(values=values)
    bars = (
        alt.Chart(data)
        .mark_bar(strokeWidth=1)
        .encode(x=x, y=y, fill=fill(keys, legend), stroke=stroke(keys), description="says:N")
    )
    marks = (
        alt.Chart(data)
        .transform_filter(alt.datum.event)
        .mark_point(shape="triangle-down", filled=True, color=RED, size=38, opacity=1)
        .encode(x=x, y=alt.Y("mark:Q", scale=scale, axis=left), description=alt.value(event))
    )
    zero = alt.Chart(alt.Data(values=[{"y": 0}])).mark_rule(color=INK, strokeWidth=1).encode(y=y)
    return alt.layer(
        *_limits(y), bars, zero, marks, *_key(event, any(row["event"] for row in ordered))
    ).properties(width=WIDTH, height=HEIGHT)


def _says(row: Mapping[str, Any]) -> str:
    return f"§{row['label']}: {number(row['change'], 1, sign=True)}%"


def _limits(y: alt.Y) -> list[alt.Chart]:
    """R-31, R-32: where partial response and progression begin (by this sum alone)."""
    lines = [{"y": 20, "t": _("PD +20%")}, {"y": -30, "t": _("PR −30%")}]
    rule = (
        alt.Chart(alt.Data(values=lines))
        .mark_rule(strokeDash=[3, 2.5], color=EDGE, strokeWidth=1)
        .encode(y=y)
    )
    above = alt.Chart(alt.Data(values=lines[:1])).mark_text(align="right", dy=-7, fontSize=10, color=MID)
    below = alt.Chart(alt.Data(values=lines[1:])).mark_text(align="left", dy=8, fontSize=10, color=MID)
    return [
        rule, above.encode(y=y, x=alt.value(WIDTH - 2), text="t:N"), below.encode(y=y, x=alt.value(4), text="t:N")
    ]  # fmt: skip


def _key(event: str, used: bool) -> list[alt.Chart]:
    """The legend of the event marker, under the others."""
    if not used:
        return []
    y = HEIGHT - 14
    point = alt.Chart(alt.Data(values=[{}])).mark_point(
        shape="triangle-down", filled=True, color=RED, size=38, opacity=1
    )
    text = alt.Chart(alt.Data(values=[{}])).mark_text(
        align="left", baseline="middle", fontSize=10.5, text=event
    )
    return [point.encode(x=alt.value(13), y=alt.value(y)), text.encode(x=alt.value(23), y=alt.value(y))]
