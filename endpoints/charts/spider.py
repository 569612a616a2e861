"""Change of the sum of diameters over time, one line per participant."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from trialsite.web.charts import EDGE, INK, NAVY, ORANGE, TEAL
from trialsite.web.figures import number

from .categories import PATHOLOGY, link, name_of, names_of

WIDTH, HEIGHT = 545, 260
# Lines cannot be hatched: dash and marker take its place.
LINES: dict[str, tuple[str, Any]] = {
    "PCR": (NAVY, [1, 0]),
    "MPR": (TEAL, [1, 0]),
    "NO_MPR": (ORANGE, [5, 2.5]),
    "NOT_RESECTED": (EDGE, [2, 2]),
    "PENDING": (EDGE, [1, 3]),
}
SHAPES = {
    "PCR": "circle",
    "MPR": "square",
    "NO_MPR": "triangle-up",
    "NOT_RESECTED": "diamond",
    "PENDING": "cross",
}


def spider(rows: Sequence[Mapping[str, Any]], *, axis: str, origin: str) -> Any:
    """Rows: `label`, `group`, `points` as (months, change in per cent), the baseline included."""
    keys = {row["group"] for row in rows}
    used = [row[0] for row in PATHOLOGY if row[0] in keys]
    domain = names_of(keys)
    points = [
        {
            "label": row["label"],
            "x": x,
            "y": y,
            "group": name_of(row["group"]),
            "says": f"§{row['label']}: {number(y, 1, sign=True)}%",
            **link(row),
        }
        for row in rows
        for x, y in row["points"]
    ]
    last = max([3.0, *(point["x"] for point in points)])
    top = max([40.0, *(point["y"] + 5 for point in points)])
    ticks = list(range(0, math.ceil(last) + 1, 1 if last < 9 else 3))
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, max(last, ticks[-1])], nice=False),
              axis=alt.Axis(values=ticks, title=origin, grid=False, format="d"))  # fmt: skip
    y = alt.Y("y:Q", scale=alt.Scale(domain=[-100, top], nice=False),
              axis=alt.Axis(title=axis, grid=False, values=[-100, -75, -50, -25, 0, 25, 50, 75, 100]))  # fmt: skip
    legend = alt.Legend(
        orient="bottom", columns=5, offset=4, symbolType=alt.Undefined, symbolFillColor=alt.Undefined
    )
    colour = alt.Color(
        "group:N", sort=None, legend=legend, scale=alt.Scale(domain=domain, range=[LINES[k][0] for k in used])
    )
    dash = alt.StrokeDash(
        "group:N", sort=None, legend=None, scale=alt.Scale(domain=domain, range=[LINES[k][1] for k in used])
    )
    shape = alt.Shape(
        "group:N", sort=None, legend=legend, scale=alt.Scale(domain=domain, range=[SHAPES[k] for k in used])
    )
    data = alt.Data(values=points)
    lines = (
        alt.Chart(data)
        .mark_line(strokeWidth=1.1, opacity=0.85)
        .encode(x=x, y=y, color=colour, strokeDash=dash, detail="label:N")
    )
    dots = (
        alt.Chart(data)
        .mark_point(filled=True, size=22, opacity=1)
        .encode(x=x, y=y, color=colour, shape=shape, description="says:N")
    )
    limits = (
        alt.Chart(alt.Data(values=[{"y": 20}, {"y": -30}]))
        .mark_rule(strokeDash=[3, 2.5], color=EDGE)
        .encode(y=y)
    )
    zero = alt.Chart(alt.Data(values=[{"y": 0}])).mark_rule(color=INK).encode(y=y)
    return alt.layer(limits, zero, lines, dots).properties(width=WIDTH, height=HEIGHT)
