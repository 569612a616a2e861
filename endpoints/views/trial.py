"""The endpoints of the trial: page, data behind a figure, its files, and the participants behind an endpoint."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from endpoints import drawing, listing, words
from endpoints.board import controls, tables
from endpoints.board.cards import card_of
from endpoints.board.choice import Choice, choice_of
from endpoints.board.grid import Grid, csv_of
from endpoints.board.page import page_of
from endpoints.dashboard import knows_all, language_code
from endpoints.download_services import file_taken
from endpoints.moves import strip_of
from trialsite.accounts.door import require
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.web import sheets

__all__ = ["DONE", "is_polling", "known", "language_code"]

DONE = 286  # htmx and poll.js stop asking


def is_polling(request: HttpRequest) -> bool:
    """The page asks by itself: nobody is waiting for a whole page."""
    return bool(request.headers.get("HX-Polling") or request.GET.get("poll"))


@require_GET
@require(Permission.AGGREGATE)
def overview(request: HttpRequest) -> HttpResponse:
    """`/endpoints/?cut=DC-02&set=PEV…`; with `poll=1` the part that refreshes itself: 204 while nothing is new, 286 when
    done. What of the address cannot be read is said on the page, with 400 or 404."""
    choice = choice_of(request.GET, request.user)
    shown = page_of(choice, grants_of(request.user))
    context = {"shown": shown, "choice": choice}
    if is_polling(request):
        if shown.refresh and request.GET.get("have") == shown.version:
            return HttpResponse(status=204)
        context |= _strip(choice)
        return render(request, "endpoints/_overview.html", context, status=200 if shown.refresh else DONE)
    context |= _strip(choice) | {"controls": controls.controls_of(choice)}
    return render(request, "endpoints/overview.html", context, status=choice.status)


def _strip(choice: Choice) -> dict[str, Any]:
    """What could move the rates, where there are any."""
    if not choice.results:
        return {}
    moves = strip_of(choice.standpoint, choice.population)
    return {"moves": moves, "moves_query": choice.moves_query}


def known(endpoint: str) -> str:
    """The endpoint that an address names, or 404."""
    name = endpoint.upper()
    if name not in words.NAMES or endpoint != endpoint.lower():
        raise Http404
    return name


def _choice(request: HttpRequest) -> Choice:
    """The choice of an address that must be readable and computed, or 404: earlier figures leave the site in no file."""
    choice = choice_of(request.GET, request.user)
    if (
        choice.problems
        or not choice.ready
        or (choice.earlier and not choice.headline)
        or choice.other_earlier
    ):
        raise Http404
    if choice.earlier:
        choice.results = {name: part for name, part in choice.results.items() if name != "profile"}
    return choice


@require_GET
@require(Permission.AGGREGATE)
def endpoint_list(request: HttpRequest, endpoint: str) -> HttpResponse:
    """`/endpoints/mpr/`: its participants, each with the way to the trace."""
    name = known(endpoint)
    choice = choice_of(request.GET, request.user)
    if not choice.ready:
        return render(request, "endpoints/waiting.html", {"choice": choice, "slug": endpoint}, status=202)
    lines = listing.lines_of(request.user, name, choice.view)
    chosen = request.GET.get("value", "")
    page = Paginator([line for line in lines if not chosen or line.raw == chosen], listing.PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "name": name, "slug": endpoint, "named": words.NAMES[name], "page": page, "filters": listing.filters_of(name, lines),
        "chosen": chosen, "total": len(lines), "choice": choice, "card": card_of(choice, name),
        "curve": name in choice.results.get("curves", {}), "controls": controls.controls_of(choice),
        "criteria": choice.view.criteria,
    }  # fmt: skip
    return render(request, "endpoints/list.html", context, status=choice.status)


# --- the data behind a figure -----------------------------------------------------------------------------------------


def _reader(request: HttpRequest) -> tables.Reader:
    grants = grants_of(request.user)
    return tables.Reader(knows_all(grants), tables.sites_of(grants))


def _grids(request: HttpRequest, name: str) -> tuple[Choice, str, list[Grid]]:
    choice = _choice(request)
    title = tables.title_of(name)
    grids = tables.grids(name, choice, _reader(request)) if title else []
    if not title or not grids:
        raise Http404
    return choice, title, grids


@require_GET
@require(Permission.AGGREGATE)
def figure_data(request: HttpRequest, name: str) -> HttpResponse:
    """`/endpoints/figures/pfs/`: the numbers behind a figure as tables."""
    choice, title, grids = _grids(request, name)
    context = {
        "name": name,
        "title": title,
        "grids": grids,
        "choice": choice,
        "is_endpoint": name.upper() in words.NAMES,
    }
    part = "endpoints/_data.html" if getattr(request, "htmx", False) else "endpoints/data.html"
    return render(request, part, context)


@require_GET
@require(Permission.AGGREGATE)
def data(request: HttpRequest, endpoint: str) -> HttpResponse:
    """`/endpoints/pfs/data/`: the numbers behind the curve of an endpoint."""
    return figure_data(request, known(endpoint).lower())


@require_GET
@require(Permission.AGGREGATE)
def figure_csv(request: HttpRequest, name: str) -> StreamingHttpResponse:
    """`/endpoints/figures/pfs.csv`: the same as a file."""
    choice, _title, grids = _grids(request, name)
    return _file(request, choice, csv_of(grids), f"{name}_{controls.file_part(choice)}.csv")


@require_GET
@require(Permission.AGGREGATE)
def cards_csv(request: HttpRequest) -> StreamingHttpResponse:
    """`/endpoints/figures.csv`: every card and every sensitivity analysis as a file."""
    choice = _choice(request)
    if not choice.results:
        raise Http404
    return _file(
        request, choice, csv_of(tables.of_cards(choice)), f"endpoints_{controls.file_part(choice)}.csv"
    )


def _file(request: HttpRequest, choice: Choice, lines: Any, name: str) -> StreamingHttpResponse:
    """A table as a file; that it was taken stands in the trail."""
    person: Any = request.user
    file_taken(by=person, what=name, of=choice.standpoint, filters=request.GET.dict())
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{sheets.safe(name)}"'
    answer["Cache-Control"] = "no-store"
    return answer


# --- the figure itself ------------------------------------------------------------------------------------------------


def _figure(request: HttpRequest, name: str) -> tuple[Choice, drawing.Wanted]:
    choice = _choice(request)
    named = knows_all(grants_of(request.user))
    one = drawing.wanted(choice.view, choice.results, language_code(), named).get(name)
    if one is None:
        raise Http404
    return choice, one


@require_GET
@require(Permission.AGGREGATE)
def figure(request: HttpRequest, name: str) -> HttpResponse:
    """`/endpoints/figures/pfs.svg`: one figure as a file."""
    choice, one = _figure(request, name)
    svg = drawing.drawn([one]).get(one.digest)
    if svg is None:
        raise Http404
    answer = HttpResponse(_alone(svg), content_type="image/svg+xml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}_{controls.file_part(choice)}.svg"'
    return answer


@require_GET
@require(Permission.AGGREGATE)
def figure_spec(request: HttpRequest, name: str) -> HttpResponse:
    """`/endpoints/figures/pfs.json`: one figure for the browser (Vega-Lite). Participants are in it for those who may
    know them, so nobody in between keeps it."""
    spec = drawing.specification(_figure(request, name)[1])
    if not spec:
        raise Http404
    answer = HttpResponse(spec, content_type="application/json; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    return answer


def _alone(svg: str) -> str:
    """A file needs what a page does without: the declaration and a white ground."""
    head, _sep, rest = svg.partition(">")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}><rect width="100%" height="100%" fill="#ffffff"/>{rest}'
