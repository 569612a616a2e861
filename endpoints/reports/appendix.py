"""Every rate and time to event in every analysis set: sets across, endpoints down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from endpoints.engine.counting import RATES
from endpoints.engine.figures import CURVES
from endpoints.reports import cells
from endpoints.reports.blocks import APPENDIX, Block, Head, num, section, table
from trialsite.web.figures import NOTHING

ORDER = ("ENR", "FAS", "SAF", "RES", "R0", "PEV", "REV", "REV_M", "RSP", "PPS")


def sets(content: Mapping[str, Any]) -> Block:
    """By the evaluator of the settings."""
    main = content["results"]["settings"]["evaluator"]
    by_set = {
        population: results for population, evaluator, results in content["figures"] if evaluator == main
    }
    by_set.setdefault("FAS", content["results"])
    order = [name for name in ORDER if name in by_set]
    return section(
        _("Every endpoint in every analysis set"),
        [_rates(by_set, order), _curves(by_set, order)],
        kind=APPENDIX,
        css="land",
    )


def _heads(by_set: Mapping[str, Any], order: list[str]) -> list[Head]:
    counts = by_set["FAS"]["sets"]
    return [_("Endpoint"), *(num(f"{name} (n = {counts.get(name, NOTHING)})") for name in order)]


def _rates(by_set: Mapping[str, Any], order: list[str]) -> Block:
    rows = []
    for name, *_rest in RATES:
        found = [cells.rate_of(by_set[population], name, population) for population in order]
        if any(found):
            rows.append([cells.long_name(name), *(NOTHING if one is None else _rate(one) for one in found)])
    names = "; ".join(f"{name}: {cells.set_name(name)}" for name in order)
    note = (
        _("In each cell reached/all, the rate in % with its exact 95% interval, and how many are pending.")
        + f" {names}."
    )
    return table(_("Rates by analysis set"), _heads(by_set, order), rows, css="matrix", note=note)


def _rate(found: Mapping[str, Any]) -> Any:
    whole, pending = found["all"], found["pending"]
    if not whole["n"]:
        return NOTHING
    waiting = _(" (%(n)s pending)") % {"n": pending} if pending else ""
    share = cells.share(whole["estimate"]).removesuffix("%")
    return format_html("{}{}<br>{} ({})", cells.count(whole), waiting, share, cells.limits(whole["exact"]))


def _curves(by_set: Mapping[str, Any], order: list[str]) -> Block:
    rows = []
    for name, _months in CURVES:
        found = [by_set[population]["curves"].get(name) for population in order]
        if any(one and one["n"] for one in found):
            rows.append([cells.long_name(name), *(_curve(one) for one in found)])
    note = _(
        "In each cell events/participants, the median in months with its interval (95%), and the rates at "
        "6, 12 and 24 months where they are defined."
    )
    return table(_("Times to event by analysis set"), _heads(by_set, order), rows, css="matrix", note=note)


def _curve(curve: Mapping[str, Any] | None) -> Any:
    if not curve or not curve["n"]:
        return NOTHING
    marks = [(month, cells.landmark(curve, month)) for month in (6, 12, 24)]
    said = [
        f"{curve['events']}/{curve['n']}",
        f"{cells.median_of(curve)} ({cells.median_limits(curve)})",
        *(f"{month}: {cells.share(mark['survival'])}" for month, mark in marks if mark),
    ]
    return format_html_join(SafeString("<br>"), "{}", ((line,) for line in said))
