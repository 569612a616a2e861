"""Participants enrolled, added up month by month, against the plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
from django.utils.translation import gettext as _

from trialsite.web.charts import BLUE, MID

WIDTH, HEIGHT = 545, 240
TICKS = 9  # months that are written on the axis, at most


def accrual(rows: Sequence[Mapping[str, Any]], *, axis: str, title: str) -> Any:
    """Rows in order: `month` ("2026-03"), `enrolled` (sum until its end; none in months to come), `planned`."""
    actual, plan = _("Enrolled"), _("Plan")
    names = [row["month"] for row in rows]
    values = [
        {"month": row["month"], "n": row[key], "series": series, "says": f"§{row['month']}: {row[key]:g} ({series})"}
        for key, series in (("planned", plan), ("enrolled", actual))
        for row in rows
        if row.get(key) is not None
    ]  # fmt: skip
    used = [name for name in (actual, plan) if any(row["series"] == name for row in values)]
    looks: dict[str, tuple[str, list[float], str]] = {
        actual: (BLUE, [1, 0], "circle"),
        plan: (MID, [5, 3], "cross"),
    }
    shown = names[:: max(1, -(-len(names) // TICKS))]
    x = alt.X("month:N", sort=names, scale=alt.Scale(domain=names, padding=0.5),
              axis=alt.Axis(title=title, values=shown, labelAngle=0, grid=False))  # fmt: skip
    y = alt.Y("n:Q", axis=alt.Axis(title=axis, grid=True, tickMinStep=1), scale=alt.Scale(zero=True))
    legend = alt.Legend(orient="top-left", offset=4)
    colour = alt.Color("series:N", sort=None, legend=legend, scale=_scale(used, looks, 0))
    dash = alt.StrokeDash("series:N", sort=None, legend=legend, scale=_scale(used, looks, 1))
    shape = alt.Shape("series:N", sort=None, legend=legend, scale=_scale(used, looks, 2))
    data = alt.Data(values=values)
    lines = alt.Chart(data).mark_line(strokeWidth=1.7).encode(x=x, y=y, color=colour, strokeDash=dash)
    dots = (
        alt.Chart(data)
        .mark_point(filled=True, size=26, opacity=1)
        .encode(x=x, y=y, color=colour, shape=shape, description="says:N")
    )
    return alt.layer(lines, dots).properties(width=WIDTH, height=HEIGHT)


def _scale(used: list[str], looks: Mapping[str, tuple[Any, ...]], column: int) -> alt.Scale:
    return alt.Scale(domain=used, range=[looks[name][column] for name in used])
