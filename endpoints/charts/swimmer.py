"""One lane per participant from the first dose: treatment, resection, what happened, and who is still followed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_

from trialsite.web.charts import DOTS, EDGE, HATCH, INK, RED, SKY, TEAL

from .categories import link

WIDTH, LANE = 540, 13.5

# Part of a lane: key, name, fill.
PARTS: tuple[tuple[str, ...], ...] = (
    ("NEO", N_("Before resection"), SKY),
    ("MPR", N_("After, MPR"), TEAL),
    ("NO_MPR", N_("After, no MPR"), HATCH),
    ("PENDING", N_("After, result pending"), DOTS),
)
# Mark: key, name, shape, fill, outline.
ARROW = "M-0.7,-0.09L0.35,-0.09L0.35,-0.38L1,0L0.35,0.38L0.35,0.09L-0.7,0.09Z"
CROSS = "M-0.55,-0.85L0,-0.3L0.55,-0.85L0.85,-0.55L0.3,0L0.85,0.55L0.55,0.85L0,0.3L-0.55,0.85L-0.85,0.55L-0.3,0L-0.85,-0.55Z"
MARKS: tuple[tuple[str, ...], ...] = (
    ("RESECTION", N_("Resection"), "diamond", "#ffffff", INK),
    ("PROGRESSION", N_("Progression or recurrence"), "triangle-down", RED, INK),
    ("DEATH", N_("Death"), CROSS, INK, INK),
    ("ONGOING", N_("Alive, followed"), ARROW, INK, INK),
)


def swimmer(rows: Sequence[Mapping[str, Any]], *, title: str) -> Any:
    """Rows: `label`, `end`, `resection`, `progression`, `dead`, `after` (part after the resection); times in months."""
    ordered = sorted(rows, key=lambda row: -row["end"])
    names = [row["label"] for row in ordered]
    parts, marks = _parts(ordered), _marks(ordered)
    longest = max((row["end"] for row in ordered), default=0)
    ticks = list(range(0, int(longest) + 4, 3))
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, ticks[-1]], nice=False),
              axis=alt.Axis(values=ticks, title=title, grid=True, format="d"))  # fmt: skip
    y = alt.Y("label:N", sort=names, scale=alt.Scale(domain=names, paddingInner=0.42, paddingOuter=0.2),
              axis=alt.Axis(title=None, domain=False, ticks=False, labelFontSize=9.5))  # fmt: skip
    bars = (
        alt.Chart(alt.Data(values=parts))
        .mark_bar(stroke=EDGE, strokeWidth=0.5)
        .encode(x=x, x2="x2:Q", y=y, color=_scale(alt.Color, PARTS, parts, 2, "square"), description="says:N")
    )
    points = (
        alt.Chart(alt.Data(values=marks))
        .mark_point(size=46, opacity=1, strokeWidth=0.9)
        .encode(x=x, y=y, shape=_scale(alt.Shape, MARKS, marks, 2, "marks"),
                fill=_scale(alt.Fill, MARKS, marks, 3, "marks"), stroke=_scale(alt.Stroke, MARKS, marks, 4, "marks"),
                description="says:N")
    )  # fmt: skip
    return alt.layer(bars, points).properties(width=WIDTH, height=LANE * len(names))


def _parts(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for row in rows:
        cut = row["resection"]
        first = row["end"] if cut is None else min(cut, row["end"])
        found.append({"label": row["label"], "x": 0, "x2": first, "key": "NEO", **link(row)})
        if cut is not None and row["end"] > cut:
            found.append(
                {"label": row["label"], "x": cut, "x2": row["end"], "key": row["after"], **link(row)}
            )
    return [
        one | {"group": _named(PARTS, one["key"]), "says": f"§{one['label']}: {_named(PARTS, one['key'])}"}
        for one in found
    ]


def _marks(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for row in rows:
        for key, at in (("RESECTION", row["resection"]), ("PROGRESSION", row["progression"])):
            if at is not None:
                found.append({"label": row["label"], "x": at, "key": key, **link(row)})
        found.append({"label": row["label"], "x": row["end"] + (0 if row["dead"] else 0.35),
                      "key": "DEATH" if row["dead"] else "ONGOING", **link(row)})  # fmt: skip
    return [
        one | {"group": _named(MARKS, one["key"]), "says": f"§{one['label']}: {_named(MARKS, one['key'])}"}
        for one in found
    ]


def _named(table: Sequence[tuple[str, ...]], key: str) -> str:
    return next(_(row[1]) for row in table if row[0] == key)


def _scale(channel: Any, table: Sequence[tuple[str, ...]], rows: list[dict[str, Any]], column: int,
           legend: str = "") -> Any:  # fmt: skip
    used = [row for row in table if any(one["key"] == row[0] for one in rows)]
    scale = alt.Scale(domain=[_(row[1]) for row in used], range=[row[column] for row in used])
    drawn: Any = None
    if legend:
        look: Any = {"symbolType": "square"} if legend == "square" else {}
        drawn = alt.Legend(
            orient="bottom", direction="horizontal", columns=4, columnPadding=14, offset=4, **look
        )
    return channel("group:N", scale=scale, legend=drawn, sort=None)
