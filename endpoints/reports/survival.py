"""Times to event: curve, median, rates at fixed times, numbers at risk, sensitivity analyses; and the swimmer plot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from endpoints import words
from endpoints.charts.risk_table import marks_for, risk_table
from endpoints.engine.figures import CURVES
from endpoints.reports import cells
from endpoints.reports.blocks import Block, figure, num, row, section, table, text
from endpoints.reports.pictures import Pictures


def survival(content: Mapping[str, Any], pictures: Pictures) -> list[Block]:
    curves = content["results"]["curves"]
    found = [_section(curves[name], name, pictures) for name in words.TIMES]
    others = [name for name, _months in CURVES if name in curves and name not in words.TIMES]
    last = [_sensitivity(curves, others)] if others else []
    if svg := pictures.get("swimmer"):
        caption = _(
            "Time from the first dose of the participants followed longest; at most 24, with resection, "
            "progression or recurrence, and death"
        )
        last.append(figure(caption, svg))
    if last:
        found.append(section(_("Sensitivity analyses and follow-up by participant"), last))
    return found


def _section(curve: Mapping[str, Any], name: str, pictures: Pictures) -> Block:
    lede = _(
        "%(e)s of %(n)s participants had an event. Median follow-up (reverse Kaplan–Meier) %(f)s months; range %(r)s months."
    ) % {
        "e": curve["events"],
        "n": curve["n"],
        "f": cells.follow_up(curve),
        "r": cells.range_of(curve),
    }
    return section(
        cells.long_name(name),
        [text(lede, "lede"), _picture(curve, name, pictures), _estimates(curve, name), _at_risk(curve, name)],
    )


def _picture(curve: Mapping[str, Any], name: str, pictures: Pictures) -> Block:
    if svg := pictures.get(name.lower()):
        caption = _(
            "Kaplan–Meier estimate of %(name)s; with 95%% confidence band (log–log); ticks mark censoring. "
            "Numbers at risk, censored and with an event add up to %(n)s"
        ) % {"name": cells.long_name(name), "n": curve["n"]}
        return figure(caption, svg)
    if curve["n"]:
        return text(_("Fewer than five participants: numbers only."), "muted")
    return text(_("Nobody is in the population yet."), "muted")


def _estimates(curve: Mapping[str, Any], name: str) -> Block:
    rows = [row([_("Median, months"), cells.median_of(curve), cells.median_limits(curve), "–"], "key")]
    for month, mark in zip(curve["landmark_months"], curve["landmarks"], strict=True):
        label = _("Rate at %(m)s months") % {"m": month}
        rows.append(row([label, cells.share(mark["survival"]), cells.limits(mark), mark["n_risk"]]))
    heads = [_("Quantity"), num(_("Estimate")), num(_("95% CI")), num(_("At risk"))]
    return table(_("%(name)s: median and rates") % {"name": cells.short_name(name)}, heads, rows)


def _at_risk(curve: Mapping[str, Any], name: str) -> Block:
    marks = risk_table(curve, marks_for(max(curve["time"], default=0)))[:16]  # as wide as a page
    rows = [
        [_("At risk"), *(mark.at_risk for mark in marks)],
        [_("Censored"), *(mark.censored for mark in marks)],
        [_("Events"), *(mark.events for mark in marks)],
    ]
    caption = _("%(name)s: numbers at risk, censored and with an event, cumulative")
    heads = [_("Months"), *(num(mark.month) for mark in marks)]
    return table(caption % {"name": cells.short_name(name)}, heads, rows, css="compact")


def _sensitivity(curves: Mapping[str, Any], names: list[str]) -> Block:
    rows = []
    for name in names:
        curve = curves[name]
        marks = [cells.landmark(curve, month) for month in (6, 12)]
        rows.append(
            [cells.long_name(name), f"{curve['events']}/{curve['n']}", cells.median_of(curve), cells.median_limits(curve),
             *("–" if mark is None else _marked(mark) for mark in marks)]
        )  # fmt: skip
    heads = [
        _("Analysis"), num(_("Events/n")), num(_("Median, months")), num(_("95% CI")), num(_("Rate at 6 months (95% CI)")),
        num(_("Rate at 12 months (95% CI)")),
    ]  # fmt: skip
    return table(_("Sensitivity analyses of times to event"), heads, rows)


def _marked(mark: Mapping[str, Any]) -> str:
    if mark["survival"] is None:
        return _("NE")
    return f"{cells.share(mark['survival'])} ({cells.limits(mark)})"
