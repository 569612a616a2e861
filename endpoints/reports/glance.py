"""Results at a glance, the state of the data, and what could still change a result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from endpoints import words
from endpoints.reports import cells, texts
from endpoints.reports.blocks import Block, group, heading, items, num, row, section, table, text
from endpoints.reports.opened import opened
from trialsite.web.figures import day, percent

RATES = ("MPR", "PCR", "ORR", "DCR")
TIMES = ("PFS", "DFS", "OS", "DOR")


def glance(content: Mapping[str, Any]) -> Block:
    return section(
        _("Results at a glance"),
        [
            _results(content),
            heading(_("Data state at the cut") if content["cut"] else _("Data state")),
            _state(content),
            heading(_("Open items that could change a result")),
            *_open(content),
        ],
    )


def _results(content: Mapping[str, Any]) -> Block:
    results = content["results"]
    rows = [group(_("Primary")), _rate(results, "MPR", 1), group(_("Secondary"))]
    rows += [_rate(results, name, place) for place, name in enumerate(RATES[1:], 2)]
    rows += _others(results, MORE)
    for place, name in enumerate(TIMES, 5):
        rows += _time(results["curves"][name], name, place)
    if safety := _others(results, SAFETY):
        rows += [group(_("Safety")), *safety]
    caption = (
        _("Endpoints at data cut %(cut)s") % {"cut": content["cut"]["code"]}
        if content["cut"]
        else _("Endpoints, live data up to %(as_of)s") % {"as_of": day(content["as_of"])}
    )
    heads = [
        _("Endpoint"), _("Set"), num(_("n/N")), num(_("Estimate")), num(_("95% CI")),
        ("0 – 50 – 100%", "axis"), (_("Trace"), "nw"),
    ]  # fmt: skip
    note = _(
        "RVT: residual viable tumour by blinded central review. FAS: full analysis set; R0: resected "
        "with free margin; RSP: responders by mRECIST. Proportions: exact Clopper–Pearson intervals, "
        "two-sided, not adjusted for multiplicity. Survival: Kaplan–Meier, log–log intervals, months. "
        "NR: not reached; NE: not estimable."
    )
    if any(_null(results, name) is not None for name in RATES):
        note += " " + _("Red line: null rate.")
    return table(caption, heads, rows, note=note, css="glance")


def _null(results: Mapping[str, Any], name: str) -> float | None:
    found = cells.rate_of(results, name, "FAS")
    return found["all"].get("p0") if found else None


def _rate(results: Mapping[str, Any], name: str, place: int) -> Block:
    found = results["rates"][name]["FAS"]
    return row(_line(name, found, "FAS", f"E{place}.FAS"), "key" if name == "MPR" else "")


def _line(name: str, found: Mapping[str, Any], population: str, ident: str) -> list[Any]:
    whole, pending = found["all"], found["pending"]
    label = cells.long_name(name)
    if pending:
        label += " " + _("(%(n)s pending)") % {"n": pending}
    mark = cells.bar(whole["estimate"], whole["exact"], name == "MPR", whole.get("p0"))
    count, estimate = cells.count(whole), cells.share(whole["estimate"])
    return [label, population, count, estimate, cells.limits(whole["exact"]), mark, ident]


# Endpoint, set, trace identifier: whichever the figures have.
MORE = (("R0", "RES", "R0.RES"),)
SAFETY = (("TRAE3", "SAF", "TRAE3.SAF"), ("SAE", "SAF", "SAE.SAF"))


def _others(results: Mapping[str, Any], wanted: Any) -> list[Block]:
    rows = []
    for name, population, ident in wanted:
        found = cells.rate_of(results, name, population)
        if found is not None:
            rows.append(row(_line(name, found, population, ident)))
    return rows


def _time(curve: Mapping[str, Any], name: str, place: int) -> list[Block]:
    population = texts.POPULATION[name]
    median = cells.median_of(curve)
    mo = _("months")
    rows = [
        row(
            [_("%(name)s, median") % {"name": cells.long_name(name)}, population, _("%(n)s events") % {"n": curve["events"]},
             f"{median} {mo}" if median[0].isdigit() else median, cells.median_limits(curve), "", f"E{place}.MED"]
        )
    ]  # fmt: skip
    for month, mark in zip(curve["landmark_months"], curve["landmarks"], strict=True):
        known = mark["survival"] is not None
        rows.append(
            row(
                [_("%(name)s at %(m)s months") % {"name": cells.short_name(name), "m": month}, population, "–",
                 cells.share(mark["survival"]), cells.limits(mark) if known else "–", cells.bar(mark["survival"], mark),
                 f"E{place}.{month}"]
            )
        )  # fmt: skip
    return rows


def _state(content: Mapping[str, Any]) -> Block:
    """Complete, verified, signed, queried: by the same counts as the page."""
    totals, results = content["totals"], content["results"]
    rows = [[_("Participants"), content["screened"]]]
    if totals.get("forms"):
        rows += [
            [_("Forms complete"), _of(totals["complete"], totals["forms"])],
            [_("Endpoint fields verified against source"), _of(totals["verified"], totals["fields"])],
            [_("Open queries"), _("%(n)s, of %(p)s participants") % {"n": totals["queries"], "p": totals["with_queries"]}],
            [_("Casebooks signed by the investigator"), f"{totals['casebooks_signed']}/{totals['participants']}"],
        ]  # fmt: skip
    if content["cut"]:
        rows += [
            [_("Changes made after the cut-off day that are in the data"), totals.get("late", 0)],
            [_("Changes made after the cut that are not in the data"), totals.get("after", 0)],
        ]
    else:
        rows.append([_("Results being computed"), content["behind"]])
    rows.append([_("Not counted because of data errors"), content["problem_count"]])
    for name in RATES:
        rows.append(
            [
                _("%(name)s: result pending") % {"name": words.short(name)},
                results["rates"][name]["FAS"]["pending"],
            ]
        )
    sets = results["sets"]
    rows.append([_("Resected with a final central result"), f"{sets['PEV']}/{sets['RES']}"])
    return table(_("State of the data"), [_("Item"), num(_("Value"))], rows, css="half compact keep")


def _of(n: int, whole: int) -> str:
    return f"{percent(100 * n / whole)} ({n}/{whole})" if whole else "–"


def _open(content: Mapping[str, Any]) -> list[Block]:
    """The bounds and what they rest on, then what keeps participants out of the figures."""
    found, lines = opened(content), texts.open_items(content)
    if lines:
        found.append(items(lines, "box warn"))
    return found or [text(_("None."))]
