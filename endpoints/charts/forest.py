"""Estimates with their intervals under each other: analysis sets, sensitivity analyses, subgroups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from trialsite.web.charts import BLUE, EDGE, INK, MID, NAVY
from trialsite.web.figures import number

WIDTH, LANE, LEFT, COUNTS, RIGHT = 250, 22, 215, 55, 130


def forest(rows: Sequence[Mapping[str, Any]], *, axis: str, heads: tuple[str, str, str]) -> Any:
    """Rows in order: `label`, `level` (0 heading or first, 1 below), `x`, `n`, `estimate`, `lower`, `upper` (per cent), `key`."""
    values = [
        {
            "i": i,
            "label": ("    " if row.get("level") else "") + row["label"],
            "count": f"{row['x']}/{row['n']}" if row.get("n") else "",
            "e": row.get("estimate"),
            "l": row.get("lower"),
            "u": row.get("upper"),
            "n": row.get("n") or 0,
            "key": bool(row.get("key")),
            "bold": bool(row.get("key") or not row.get("level")),
            "says": _says(row),
        }
        for i, row in enumerate(rows)
    ]
    height = LANE * (len(values) + 1)
    data = alt.Data(values=values)
    lanes = alt.Scale(domain=[-1.1, len(values) - 0.4], reverse=True, nice=False)
    y = alt.Y("i:Q", scale=lanes, axis=None)
    x = alt.X(
        "e:Q",
        scale=alt.Scale(domain=[0, 100], nice=False),
        axis=alt.Axis(title=axis, values=[0, 20, 40, 60, 80, 100], grid=False),
    )
    base = alt.Chart(data)
    stripes = base.transform_filter("datum.i % 2 == 1").mark_rect(color="#f1f5f8").encode(
        y=alt.Y("a:Q", scale=lanes, axis=None), y2="b:Q", x=alt.value(-LEFT - COUNTS), x2=alt.value(WIDTH + RIGHT)
    ).transform_calculate(a="datum.i - 0.5", b="datum.i + 0.5")  # fmt: skip
    known = base.transform_filter("isValid(datum.e)")
    lines = known.mark_rule(color=INK, strokeWidth=1.3).encode(y=y, x=alt.X("l:Q"), x2="u:Q")
    squares = known.transform_filter(~alt.datum.key).mark_point(shape="square", filled=True, color=BLUE, opacity=1).encode(
        x=x, y=y, size=alt.Size("n:Q", scale=alt.Scale(range=[16, 80]), legend=None), description="says:N"
    )  # fmt: skip
    whole = (
        known.transform_filter(alt.datum.key)
        .mark_point(shape="diamond", filled=True, color=NAVY, size=110, opacity=1)
        .encode(x=x, y=y)
    )
    first = [row["e"] for row in values if row["key"] and row["e"] is not None]
    guide = (
        alt.Chart(alt.Data(values=[{"e": value} for value in first[:1]]))
        .mark_rule(strokeDash=[3, 2.5], color=EDGE)
        .encode(x="e:Q")
    )
    return alt.layer(stripes, guide, lines, squares, whole, *_texts(base, y, heads)).properties(
        width=WIDTH, height=height
    )


def _says(row: Mapping[str, Any]) -> str:
    if row.get("estimate") is None or row.get("lower") is None:
        return ""
    return f"{number(row['estimate'], 1)} ({number(row['lower'], 1)}–{number(row['upper'], 1)})"


def _texts(base: alt.Chart, y: alt.Y, heads: tuple[str, str, str]) -> list[alt.Chart]:
    found = []
    align: Any
    for place, align, field, head in (
        (-LEFT - COUNTS + 4, "left", "label", heads[0]),
        (-14, "right", "count", heads[1]),
        (WIDTH + 14, "left", "says", heads[2]),
    ):
        if field == "label":
            plain = base.transform_filter(~alt.datum.bold).mark_text(
                align=align, baseline="middle", fontSize=10.5
            )
            bold = base.transform_filter(alt.datum.bold).mark_text(
                align=align, baseline="middle", fontSize=10.5, fontWeight=600
            )
            found += [part.encode(y=y, x=alt.value(place), text="label:N") for part in (plain, bold)]
        else:
            text = base.mark_text(align=align, baseline="middle", fontSize=10.5)
            found.append(text.encode(y=y, x=alt.value(place), text=f"{field}:N"))
        found.append(
            alt.Chart(alt.Data(values=[{"i": -0.9}]))
            .mark_text(align=align, baseline="middle", fontSize=10.5, fontWeight=600, color=MID, text=head)
            .encode(y=y, x=alt.value(place))
        )
    return found
