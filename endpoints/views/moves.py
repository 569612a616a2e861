"""What could move the trial's rates: bounds of every rate, and the open items that matter, as page and CSV."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from endpoints import moves as moving
from endpoints import words
from endpoints.download_services import file_taken
from endpoints.engine.bounds import SETS
from endpoints.standpoint import AtMoment, Standpoint, standpoint_of
from trialsite.accounts.door import require
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused
from trialsite.web.handed_in import csv_answer

PAGE = 100


@require_GET
@require(Permission.AGGREGATE)
def moves(request: HttpRequest) -> HttpResponse:
    """`/endpoints/moves/`; `?endpoint=mpr` the items of one rate, `?set=PEV` another set, `?cut=`, `?at=` another moment."""
    try:
        standpoint = standpoint_of(request.GET, request.user)
    except Refused as no:
        return render(request, "endpoints/moves.html", {"problem": str(no)}, status=422)
    if isinstance(standpoint, AtMoment) and not standpoint.ready:
        return render(request, "endpoints/moves.html", {"waiting": standpoint})
    shown = _shown(request, standpoint)
    page = Paginator(shown["items"], PAGE).get_page(request.GET.get("page"))
    kept = request.GET.copy()
    kept.pop("page", None)
    return render(request, "endpoints/moves.html", shown | {"page": page, "query": kept.urlencode()})


@require_GET
@require(Permission.AGGREGATE)
def moves_csv(request: HttpRequest) -> HttpResponse:
    """`/endpoints/moves.csv?…`: the list as the page filters it, one line for each rate that an item could change."""
    try:
        standpoint = standpoint_of(request.GET, request.user)
    except Refused:
        raise Http404 from None
    if isinstance(standpoint, AtMoment) and not standpoint.ready:
        raise Http404
    head = (
        _("Participant"), _("Site"), _("What is open"), _("Query"), _("Form"), _("Field"), _("Value now"), _("Since"),
        _("Endpoint"), _("Result now"), _("Could become"),
    )  # fmt: skip
    lines = _lines(_shown(request, standpoint)["items"])
    person: Any = request.user
    file_taken(by=person, what="what-could-move.csv", of=standpoint, filters=request.GET.dict())
    return csv_answer("what-could-move.csv", [head, *lines])


def _lines(items: list[moving.Item]) -> list[tuple[str, ...]]:
    lines: list[tuple[str, ...]] = []
    for one in items:
        place = (one.number, one.site, one.kind, one.query, one.form, one.what, one.value, one.since)
        for could in one.could:
            lines.append((*place, could.name, could.now, "; ".join(could.values)))
        if not one.could:
            lines.append((*place, "", "", _("only together with other open items")))
    return lines


def _shown(request: HttpRequest, standpoint: Standpoint) -> dict[str, Any]:
    """Bounds of every rate, and the items of the chosen one."""
    population = request.GET.get("set", moving.HEADLINE)
    if population not in SETS:
        raise Http404
    movers = moving.movers_of(standpoint)
    rates = moving.trial_moves(standpoint, population, movers)
    asked = request.GET.get("endpoint", "").upper()
    if asked and asked not in {one.name for one in rates} and standpoint.results:
        raise Http404
    return {
        "standpoint": standpoint, "rates": rates, "population": population, "set_name": words.SETS[population],
        "asked": asked, "chosen": next((one for one in rates if one.name == asked), None),
        "items": moving.items_of(request.user, movers, asked, population),
        "exhausted": all(one.exhausted for one in rates), "sets": [(key, words.SETS[key]) for key in SETS],
    }  # fmt: skip
