"""A rate in each subgroup with its exact interval: square size by participants, null line, diamond of the whole set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
from django.utils.translation import gettext as _

from trialsite.web.charts import BLUE, EDGE, INK, MID, NAVY, RED
from trialsite.web.figures import number

WIDTH, LANE, LEFT, COUNTS, RIGHT = 255, 17, 150, 55, 125
LARGEST = 110  # area of the square of everybody, in square pixels


def subgroups(
    rows: Sequence[Mapping[str, Any]], *, axis: str, heads: tuple[str, str, str], null: float | None = None
) -> Any:
    """Rows in order: `label`; `level` (0 the whole set or a heading, 1 a subgroup); `x`, `n`, `estimate`, `lower`, `upper`
    (per cent; a heading has none); `key` marks the whole set."""
    values = [_value(i, row) for i, row in enumerate(rows)]
    lanes = alt.Scale(domain=[-1.3, len(values) - 0.4], reverse=True, nice=False)
    y = alt.Y("i:Q", scale=lanes, axis=None)
    scale = alt.Scale(domain=[0, 100], nice=False)
    ticks = alt.Axis(title=axis, values=[0, 20, 40, 60, 80, 100], grid=False)
    base = alt.Chart(alt.Data(values=values))
    known = base.transform_filter("isValid(datum.e)").transform_filter("!datum.key")
    lines = known.mark_rule(color=INK, strokeWidth=1.2).encode(
        y=y, x=alt.X("l:Q", scale=scale, axis=ticks), x2="u:Q"
    )
    most = max([1, *(row["n"] for row in values)])
    size = alt.Size("n:Q", scale=alt.Scale(domain=[0, most], range=[0, LARGEST]), legend=None)
    squares = known.mark_point(shape="square", filled=True, color=BLUE, opacity=1).encode(
        x=alt.X("e:Q", scale=scale, axis=ticks), y=y, size=size, description="says:N"
    )
    parts = [
        _stripes(values, lanes),
        *_null(null, len(values), lanes, scale),
        *_whole(values, lanes, scale),
        lines,
        squares,
    ]
    return alt.layer(*parts, *_texts(base, y, heads)).properties(width=WIDTH, height=LANE * (len(values) + 1))


def _value(i: int, row: Mapping[str, Any]) -> dict[str, Any]:
    n, known = row.get("n") or 0, row.get("estimate") is not None
    numbers = (
        f"{number(row['estimate'], 1)} ({number(row['lower'], 1)}–{number(row['upper'], 1)})" if known else ""
    )
    return {
        "i": i, "label": ("\u2003" if row.get("level") else "") + row["label"],
        "count": f"{row['x']}/{n}" if n else ("0/0" if "n" in row else ""), "e": row.get("estimate"), "l": row.get("lower"),
        "u": row.get("upper"), "n": n, "key": bool(row.get("key")), "bold": not row.get("level"), "numbers": numbers,
        "says": f"§{row['label']}: {row.get('x', 0)}/{n}, {numbers}%",
    }  # fmt: skip


def _stripes(values: list[dict[str, Any]], lanes: alt.Scale) -> alt.Chart:
    odd = [{"a": row["i"] - 0.5, "b": row["i"] + 0.5} for row in values if row["i"] % 2]
    return (
        alt.Chart(alt.Data(values=odd))
        .mark_rect(color="#f1f5f8")
        .encode(y=alt.Y("a:Q", scale=lanes, axis=None), y2="b:Q", x=alt.value(-LEFT - COUNTS), x2=alt.value(WIDTH + RIGHT))
    )  # fmt: skip


def _null(null: float | None, count: int, lanes: alt.Scale, scale: alt.Scale) -> list[alt.Chart]:
    """The rate of the null hypothesis: a red line with its name above it."""
    if null is None:
        return []
    data = alt.Data(values=[{"x": null, "i": -0.62, "end": count - 0.4}])
    x, y = alt.X("x:Q", scale=scale), alt.Y("i:Q", scale=lanes, axis=None)
    line = alt.Chart(data).mark_rule(color=RED, strokeWidth=1.1).encode(x=x, y=y, y2="end:Q")
    name = (
        alt.Chart(data)
        .mark_text(
            fontSize=10, color=RED, baseline="bottom", dy=1, text=_("H₀ %(rate)s%%") % {"rate": number(null)}
        )
        .encode(x=x, y=y)
    )
    return [line, name]


def _whole(values: list[dict[str, Any]], lanes: alt.Scale, scale: alt.Scale) -> list[alt.Chart]:
    """A diamond as wide as the interval of the whole set, and a broken guide at its estimate."""
    whole = next((row for row in values if row["key"] and row["e"] is not None), None)
    if whole is None:
        return []
    i = whole["i"]
    corners = [(whole["l"], 0.0), (whole["e"], 0.34), (whole["u"], 0.0)]
    points = [{"x": x, "a": i - half, "b": i + half, "says": whole["says"]} for x, half in corners]
    guide = (
        alt.Chart(alt.Data(values=[{"e": whole["e"], "a": i, "b": len(values) - 0.4}]))
        .mark_rule(strokeDash=[3, 2.5], color=EDGE)
        .encode(x=alt.X("e:Q", scale=scale), y=alt.Y("a:Q", scale=lanes, axis=None), y2="b:Q")
    )
    diamond = (
        alt.Chart(alt.Data(values=points))
        .mark_area(color=NAVY, opacity=1)
        .encode(x=alt.X("x:Q", scale=scale), y=alt.Y("a:Q", scale=lanes, axis=None), y2="b:Q")
    )
    return [guide, diamond]


def _texts(base: alt.Chart, y: alt.Y, heads: tuple[str, str, str]) -> list[alt.Chart]:
    found = []
    places: list[tuple[float, Any, str, str]] = [
        (-LEFT - COUNTS + 4, "left", "label", heads[0]),
        (-14, "right", "count", heads[1]),
        (WIDTH + 14, "left", "numbers", heads[2]),
    ]
    for place, align, field, head in places:
        for bold in (False, True) if field == "label" else (None,):
            weight: Any = 600 if bold else "normal"
            chosen = base if bold is None else base.transform_filter(f"datum.bold == {str(bold).lower()}")
            text = chosen.mark_text(align=align, baseline="middle", fontSize=10.5, fontWeight=weight)
            found.append(text.encode(y=y, x=alt.value(place), text=f"{field}:N"))
        title = alt.Chart(alt.Data(values=[{"i": -1.0}])).mark_text(
            align=align, baseline="middle", fontSize=10.5, fontWeight=600, color=MID, text=head
        )
        found.append(title.encode(y=y, x=alt.value(place)))
    return found
