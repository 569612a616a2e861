"""From results and participants to a chart: as SVG for the page, as Vega-Lite for the browser. `_chart` runs in workers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from endpoints import rows, words
from endpoints.board import parts
from endpoints.engine.codes import MRECIST
from trialsite.web.figures import number, per_hundred, share_text

LANES = 24
CURVE_OF = {"PFS_MRECIST": "PFS", "DOR_RECIST": "DOR"}  # the same curve by the other criterion
CURVES = (*words.TIMES, *CURVE_OF)


@dataclass(frozen=True, slots=True)
class Person:
    """A participant for figures: number, summary, the time points of a criterion, and the number of the site."""

    number: str
    summary: dict[str, Any]
    points: list[dict[str, Any]]
    site: str = ""


def has(name: str, results: Mapping[str, Any]) -> bool:
    """Whether these results have what a figure shows."""
    if name == "subgroups":
        return parts.subgroups(results) is not None
    if name == "rvt":
        return len((parts.part(results, "pathology") or {}).get("rvt", ())) > 0
    if name == "accrual":
        return bool((parts.part(results, "accrual") or {}).get("months"))
    return True


def rests_on(name: str, results: Mapping[str, Any]) -> Any:
    """What a figure of the trial's figures shows, for its digest."""
    if name == "subgroups":
        return [parts.subgroups(results), _null(results)]
    if name == "rvt":
        return parts.part(results, "pathology")["rvt"]
    return parts.part(results, "accrual") if name == "accrual" else forest_rows(results)


def draw_both(
    name: str, results: Mapping[str, Any], people: list[Person], alt: str, named: bool, view: Any = None
) -> tuple[str, str]:
    """SVG and specification (JSON text) of one figure, in the active language."""
    from trialsite.web.charts import for_browser, svg_of

    spec = _chart(name, results, people, named, view).to_dict()
    text = json.dumps(for_browser(spec, name=alt), ensure_ascii=False, separators=(",", ":"))
    return svg_of(spec, name=alt, ident=f"fig-{name}"), text


def _chart(name: str, results: Mapping[str, Any], people: list[Person], named: bool, view: Any) -> Any:
    from endpoints.charts.kaplan_meier import kaplan_meier

    upper = name.upper()
    if upper in CURVES:
        curve = results["curves"][upper]
        kind = CURVE_OF.get(upper, upper)
        axis, origin = str(words.AXES[kind]), str(words.ORIGINS[kind])
        return kaplan_meier(curve, axis=axis, origin=origin, notes=curve_notes(upper, curve))
    if name in ("waterfall", "swimmer", "spider"):
        return _of_people(name, people, named, view)
    return _of_trial(name, results)


def _of_people(name: str, people: list[Person], named: bool, view: Any) -> Any:
    from endpoints.charts.spider import spider
    from endpoints.charts.swimmer import swimmer
    from endpoints.charts.waterfall import waterfall

    criteria = view.criteria if view else MRECIST
    lines: list[rows.Line] = [(one.number, one.summary) for one in people]
    suffix = view.suffix if view else ""
    shown: dict[str, str] = {}

    def linked(found: list[dict[str, Any]], endpoint: str) -> list[dict[str, Any]]:
        """Where a click leads: to the trace, for those who may know who it is. Others get places for numbers."""
        if not named:
            return rows.unnamed(name, found)
        shown.update({row["label"]: f"/endpoints/{endpoint}/{row['label']}/{suffix}" for row in found})
        return [row | {"href": shown[row["label"]]} for row in found]

    by_mrecist = criteria == MRECIST
    sums = _("viable diameters") if by_mrecist else _("sum of diameters")
    best = "bor_mrecist" if by_mrecist else "bor_recist"
    if name == "waterfall":
        found = linked(rows.waterfall_rows(lines, criteria), best)
        title = _("Best change in %(sum)s, %%") % {"sum": sums}
        return waterfall(found, axis=title, event=_("PFS event")) if found else _nobody()
    if name == "swimmer":
        found = linked(rows.swimmer_rows(lines, LANES), "pfs")
        return swimmer(found, title=str(words.ORIGINS["PFS"])) if found else _nobody()
    each = (
        rows.spider_row(label, one, person.points) for (label, one), person in zip(lines, people, strict=True)
    )
    found = linked([row for row in each if row], best)
    title = _("Change in %(sum)s, %%") % {"sum": sums}
    return spider(found, axis=title, origin=str(words.ORIGINS["PFS"])) if found else _nobody()


def _nobody() -> Any:
    from endpoints.charts.nothing import nothing

    return nothing(_("Nobody has such data yet."))


def _of_trial(name: str, results: Mapping[str, Any]) -> Any:
    from endpoints.charts.accrual import accrual
    from endpoints.charts.forest import forest
    from endpoints.charts.histogram import histogram
    from endpoints.charts.subgroups import subgroups

    heads = (_("Subgroup") if name == "subgroups" else _("Analysis"), "x/n", _("Rate, % (95% CI)"))
    if name == "subgroups":
        found = parts.subgroups(results)
        assert found is not None
        titles = (heads[0], "MPR/n", heads[2])
        return subgroups(parts.subgroup_rows(found), axis=_("MPR rate, %"), heads=titles, null=_null(results))
    if name == "rvt":
        values = parts.rvt_rows(parts.part(results, "pathology")["rvt"])
        return histogram(values, axis=_("Residual viable tumour, %"), count=_("Participants"))
    if name == "accrual":
        months = parts.accrual_rows(parts.part(results, "accrual"))
        return accrual(months, axis=_("Participants enrolled"), title=_("Month"))
    return forest(forest_rows(results), axis=_("Rate, %"), heads=heads)


def _null(results: Mapping[str, Any]) -> float | None:
    """The null rate of MPR in per cent, where one is configured."""
    whole = results["rates"]["MPR"].get(results.get("population", "FAS")) or {}
    p0 = (whole.get("all") or {}).get("p0")
    return None if p0 is None else float(per_hundred(p0))


# --- words and rows that page and report share ----------------------------------------------------------------------


def curve_notes(name: str, curve: Mapping[str, Any]) -> list[str]:
    """Events, median and the last estimable landmark, as they stand beside the curve."""
    short, median = words.short(name), curve["median"]
    notes = [_("Events %(events)s/%(n)s") % {"events": curve["events"], "n": curve["n"]}]
    notes.append(
        _("Median %(name)s %(months)s (95%% CI %(low)s–%(high)s)")
        % {
            "name": short,
            "months": in_months(median["estimate"]),
            "low": reached(median["lower"]) if curve["events"] else _("NE"),  # S-11
            "high": reached(median["upper"]) if curve["events"] else _("NE"),
        }
    )
    for month, mark in reversed(list(zip(curve["landmark_months"], curve["landmarks"], strict=True))):
        if mark["survival"] is not None and month <= 12:
            notes.append(
                _("%(month)s-month %(name)s %(rate)s%% (95%% CI %(low)s–%(high)s)")
                % {"month": month, "name": short, "rate": share_text(mark["survival"]), "low": share(mark["lower"]),
                   "high": share(mark["upper"])}
            )  # fmt: skip
            break
    return notes


def reached(days: float | None) -> str:
    """S-7: a median that is not reached says so."""
    return _("NR") if days is None else number(days / words.DAYS_PER_MONTH, 1)


def in_months(days: float | None) -> str:
    return _("NR") if days is None else _("%(n)s mo") % {"n": reached(days)}


def share(value: float | None) -> str:
    """S-6: a limit that is not estimable says so."""
    return _("NE") if value is None else share_text(value)


# Rate and analysis set of each line of the primary endpoint's forest and table; the first is the headline.
ANALYSES: tuple[tuple[str, str], ...] = (
    ("MPR", "FAS"), ("MPR", "ENR"), ("MPR", "PEV"), ("MPR_VOLUME", "FAS"), ("MPR_UNWEIGHTED", "FAS"), ("MPR_30", "FAS"),
    ("MPR_50", "FAS"), ("PCR", "FAS"), ("PCR", "PEV"),
)  # fmt: skip


def analysis_label(rate: str, population: str) -> str:
    return f"{words.NAMES[rate].short}, {words.SETS[population]}"


def forest_rows(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    for place, (rate, population) in enumerate(ANALYSES):
        known = results["rates"].get(rate, {}).get(population)
        if known is None:
            continue
        one = known["all"]
        limits = one["exact"]
        found.append(
            {
                "label": analysis_label(rate, population),
                "level": 1 if place else 0,
                "key": not place,
                "x": one["x"],
                "n": one["n"],
                "estimate": _pct(one["estimate"]),
                "lower": _pct(limits["lower"]),
                "upper": _pct(limits["upper"]),
            }
        )
    return found


def _pct(value: float | None) -> float | None:
    return None if value is None else float(per_hundred(value))
