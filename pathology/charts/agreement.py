"""Two readings against each other, differences against means, differences over time.

Pairs of readers are told apart by the shape of their points; colour repeats it. Points at one place are one point,
larger the more there are.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from trialsite.web.charts import BAND, BLUE, EDGE, INK, NAVY, ORANGE, RED, SKY, TEAL

WIDTH, HEIGHT = 470, 270
SHAPES = (
    "circle",
    "square",
    "triangle-up",
    "diamond",
    "cross",
    "triangle-down",
    "triangle-left",
    "triangle-right",
)
COLOURS = (NAVY, TEAL, ORANGE, BLUE, RED, EDGE, SKY, INK)
SCALE = [0, 20, 40, 60, 80, 100]
CROWD = 400  # with more points, places are rounded to whole points so that a figure stays small

Row = Mapping[str, Any]


def gathered(points: Sequence[tuple[float, float, str]]) -> list[dict[str, Any]]:
    """One row for each place and group, with how many there are."""
    places = 0 if len(points) > CROWD else 2
    counted = Counter((round(x, places), round(y, places), group) for x, y, group in points)
    return [{"x": x, "y": y, "group": group, "n": n} for (x, y, group), n in sorted(counted.items())]


def scatter(
    points: Sequence[tuple[float, float, str]], *, x: str, y: str, within: float, threshold: float
) -> Any:
    """The line of equality, the band of `within` points beside it, the threshold of MPR on both axes."""
    band = [{"x": v, "low": max(v - within, 0), "high": min(v + within, 100)} for v in range(0, 101, 5)]
    axis = alt.Scale(domain=[0, 100], nice=False)
    around = (
        alt.Chart(alt.Data(values=band))
        .mark_area(color=BAND, opacity=1)
        .encode(x=alt.X("x:Q", scale=axis), y=alt.Y("low:Q", scale=axis), y2="high:Q")
    )
    equal = (
        alt.Chart(alt.Data(values=[{"x": 0, "y": 0}, {"x": 100, "y": 100}]))
        .mark_line(color=INK, strokeWidth=1)
        .encode(x="x:Q", y="y:Q")
    )
    limits = _rules("x", [threshold]) + _rules("y", [threshold])
    dots = _dots(
        points,
        alt.X("x:Q", scale=axis, axis=alt.Axis(title=x, values=SCALE, grid=False)),
        alt.Y("y:Q", scale=axis, axis=alt.Axis(title=y, values=SCALE, grid=False)),
    )
    return alt.layer(around, equal, limits, dots).properties(width=WIDTH, height=WIDTH * 0.75)


def differences(
    points: Sequence[tuple[float, float, str]], *, found: Row | None, x: str, y: str, words: Mapping[str, str]
) -> Any:
    """Difference against mean; bias and limits of agreement as lines that say what they are, with their intervals."""
    made = [((one + two) / 2, one - two, group) for one, two, group in points]
    reach = max([15.0, *(abs(value) + 4 for _x, value, _group in made)])
    lines: list[dict[str, Any]] = []
    if found and found.get("sd") is not None:
        reach = max(reach, abs(found["lower"]) + 6, abs(found["upper"]) + 6)
        for name in ("upper", "bias", "lower"):
            says = f"{words[name]} {_number(found[name])}"
            low, high = found["interval" if name == "bias" else f"{name}_interval"]
            low, high = max(low, -reach), min(high, reach)
            lines.append({"y": found[name], "low": low, "high": high, "says": says, "dash": name != "bias"})
    scale = alt.Scale(domain=[-reach, reach], nice=False)
    across = alt.Scale(domain=[0, 100], nice=False)
    data = alt.Chart(alt.Data(values=lines))
    layers = [
        data.transform_filter("!datum.dash").mark_rect(color=BAND, opacity=1).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q"),
        # The intervals of the limits stand as bars at the left: as bands they would cover each other.
        data.transform_filter("datum.dash").mark_rule(color=EDGE, strokeWidth=3).encode(
            x=alt.value(5), y=alt.Y("low:Q", scale=scale), y2="high:Q"
        ),
        _rules("y", [0.0], colour=INK, dash=[1, 0]),
        data.transform_filter("datum.dash").mark_rule(color=INK, strokeDash=[5, 3]).encode(y="y:Q"),
        data.transform_filter("!datum.dash").mark_rule(color=INK, strokeWidth=1.6).encode(y="y:Q"),
        _dots(
            made,
            alt.X("x:Q", scale=across, axis=alt.Axis(title=x, values=SCALE, grid=False)),
            alt.Y("y:Q", scale=scale, axis=alt.Axis(title=y, grid=False)),
        ),
        data.mark_text(align="right", baseline="bottom", dy=-2).encode(
            x=alt.value(WIDTH), y=alt.Y("y:Q", scale=scale), text="says:N"
        ),
    ]  # fmt: skip
    return alt.layer(*layers).properties(width=WIDTH, height=HEIGHT)


def over_time(points: Sequence[tuple[str, float, str]], *, x: str, y: str, within: float) -> Any:
    """Re-read minus first reading by the month of the re-read; a line of least squares for each reader."""
    days = [dt.date.fromisoformat(day) for day, _value, _group in points]
    start = min(days)
    rows = [
        ((day - start).days / 30.4375, value, group)
        for day, (_day, value, group) in zip(days, points, strict=True)
    ]
    last = max([1.0, *(month for month, _value, _group in rows)])
    reach = max([15.0, *(abs(value) + 4 for _month, value, _group in rows)])
    across = alt.Scale(domain=[-0.2, last + 0.2], nice=False)
    scale = alt.Scale(domain=[-reach, reach], nice=False)
    xs = alt.X("x:Q", scale=across, axis=alt.Axis(title=x, grid=False, tickMinStep=1))
    ys = alt.Y("y:Q", scale=scale, axis=alt.Axis(title=y, grid=False))
    groups = sorted({group for _x, _y, group in rows})
    trend = (
        alt.Chart(alt.Data(values=[{"x": a, "y": b, "group": c} for a, b, c in rows]))
        .transform_regression("x", "y", groupby=["group"])
        .mark_line(strokeWidth=1.2)
        .encode(
            x=xs, y=ys,
            color=_colour(groups),
            strokeDash=alt.StrokeDash("group:N", scale=alt.Scale(domain=groups), legend=None),
        )
    )  # fmt: skip
    return alt.layer(
        _rules("y", [within, -within]),
        _rules("y", [0.0], colour=INK, dash=[1, 0]),
        trend,
        _dots(rows, xs, ys),
    ).properties(width=WIDTH, height=HEIGHT)


def _dots(points: Sequence[tuple[float, float, str]], x: Any, y: Any) -> Any:
    rows = gathered(points)
    groups = sorted({row["group"] for row in rows})
    most = max((row["n"] for row in rows), default=1)
    shapes = [SHAPES[place % len(SHAPES)] for place in range(len(groups))]
    return (
        alt.Chart(alt.Data(values=rows))
        .mark_point(filled=False, strokeWidth=1.3, opacity=1)
        .encode(
            x=x, y=y,
            shape=alt.Shape("group:N", scale=alt.Scale(domain=groups, range=shapes), legend=_legend(groups), sort=None),
            color=_colour(groups),
            size=alt.Size("n:Q", scale=alt.Scale(domain=[1, max(most, 2)], range=[26, 190]), legend=None),
        )
    )  # fmt: skip


def _colour(groups: Sequence[str]) -> Any:
    """The same in every layer of a figure: a layer without a legend would take it from the others."""
    colours = [COLOURS[place % len(COLOURS)] for place in range(len(groups))]
    scale = alt.Scale(domain=list(groups), range=colours)
    return alt.Color("group:N", scale=scale, legend=_legend(groups), sort=None)


def _legend(groups: Sequence[str]) -> Any:
    named = any(groups)
    return alt.Legend(orient="bottom", columns=3, offset=4) if named else None


def _rules(channel: str, values: Sequence[float], *, colour: str = EDGE, dash: Sequence[int] = (3, 3)) -> Any:
    data = alt.Data(values=[{"at": value} for value in values])
    mark = alt.Chart(data).mark_rule(color=colour, strokeDash=list(dash))
    return mark.encode(x="at:Q") if channel == "x" else mark.encode(y="at:Q")


def _number(value: float) -> str:
    return f"{'−' if round(value, 1) < 0 else ''}{abs(value):.1f}"
