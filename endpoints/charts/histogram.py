"""Residual viable tumour: how many participants in each class, with the limit of the major response."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
from django.utils.translation import gettext as _

from trialsite.web.charts import EDGE, INK

from .categories import fill, name_of, stroke

WIDTH, HEIGHT = 545, 250


def histogram(rows: Sequence[Mapping[str, Any]], *, axis: str, count: str) -> Any:
    """Rows: `label` of the class, `n`, `group` (see `categories`), in the order of the axis."""
    keys = {row["group"] for row in rows}
    names = [row["label"] for row in rows]
    values = [
        {"label": row["label"], "n": row["n"], "group": name_of(row["group"]),
         "says": f"§{row['label']}: {row['n']}", "text": str(row["n"]) if row["n"] else ""}
        for row in rows
    ]  # fmt: skip
    most = max([4, *(row["n"] for row in rows)])
    step = max(1, -(-most // 6))
    ticks = list(range(0, most + step, step))
    x = alt.X("label:N", sort=names, axis=alt.Axis(title=axis, labelAngle=0, ticks=False),
              scale=alt.Scale(domain=names, paddingInner=0.12, paddingOuter=0.1))  # fmt: skip
    y = alt.Y("n:Q", scale=alt.Scale(domain=[0, ticks[-1]], nice=False),
              axis=alt.Axis(title=count, values=ticks, grid=True, format="d"))  # fmt: skip
    legend = alt.Legend(orient="top-right", symbolType="square", offset=4)
    data = alt.Data(values=values)
    bars = (
        alt.Chart(data)
        .mark_bar(strokeWidth=1)
        .encode(x=x, y=y, fill=fill(keys, legend), stroke=stroke(keys), description="says:N")
    )
    numbers = alt.Chart(data).mark_text(dy=-7, fontSize=10.5, color=INK).encode(x=x, y=y, text="text:N")
    return alt.layer(bars, numbers, *_limit(rows, names)).properties(width=WIDTH, height=HEIGHT)


def _limit(rows: Sequence[Mapping[str, Any]], names: list[str]) -> list[alt.Chart]:
    """P-5: a broken line behind the last class that is a major response."""
    inside = [row["label"] for row in rows if row["group"] in ("PCR", "MPR")]
    if not inside or len(inside) == len(names):
        return []
    data = alt.Data(values=[{"label": inside[-1]}])
    at = alt.X(
        "label:N",
        sort=names,
        bandPosition=1,
        scale=alt.Scale(domain=names, paddingInner=0.12, paddingOuter=0.1),
    )
    line = alt.Chart(data).mark_rule(strokeDash=[3, 2.5], color=EDGE).encode(x=at)
    text = alt.Chart(data).mark_text(
        align="left", dx=4, fontSize=10, color=EDGE, text=_("MPR ≤10%"), baseline="top"
    )
    return [line, text.encode(x=at, y=alt.value(0))]
