"""The endpoints of the trial: page, data behind a figure, its SVG, and the participants behind an endpoint."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from endpoints import drawing, listing, words
from endpoints.dashboard import curve_card, dashboard_of, knows_all, language_code, life_table, rate_card
from endpoints.models import TrialState
from trialsite.accounts.door import require
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission

DONE = 286  # htmx and poll.js stop asking


def is_polling(request: HttpRequest) -> bool:
    """The page asks by itself: nobody is waiting for a whole page."""
    return bool(request.headers.get("HX-Polling") or request.GET.get("poll"))


@require_GET
@require(Permission.AGGREGATE)
def overview(request: HttpRequest) -> HttpResponse:
    """`/endpoints/`; with `?poll=1` the part that refreshes itself: 204 while nothing is new, 286 when done."""
    shown = dashboard_of(grants_of(request.user))
    if not is_polling(request):
        return render(request, "endpoints/overview.html", {"shown": shown})
    if shown.refresh and request.GET.get("have") == shown.version and not _newly_drawn(request, shown):
        return HttpResponse(status=204)
    return render(
        request, "endpoints/_overview.html", {"shown": shown}, status=200 if shown.refresh else DONE
    )


def _newly_drawn(request: HttpRequest, shown: Any) -> bool:
    return request.GET.get("drawn") != str(sum(1 for figure in shown.figures.values() if figure.svg))


def known(endpoint: str) -> str:
    """The endpoint that an address names, or 404."""
    name = endpoint.upper()
    if name not in words.NAMES or endpoint != endpoint.lower():
        raise Http404
    return name


@require_GET
@require(Permission.AGGREGATE)
def endpoint_list(request: HttpRequest, endpoint: str) -> HttpResponse:
    """`/endpoints/mpr/`: its participants, each with the way to the trace."""
    name = known(endpoint)
    lines = listing.lines_of(request.user, name)
    chosen = request.GET.get("value", "")
    page = Paginator([line for line in lines if not chosen or line.raw == chosen], listing.PAGE).get_page(
        request.GET.get("page")
    )
    state = TrialState.objects.filter(pk=TrialState.ONLY).first()
    results = state.results if state and state.results else {}
    context = {
        "name": name, "slug": endpoint, "named": words.NAMES[name], "page": page, "filters": listing.filters_of(name, lines),
        "chosen": chosen, "total": len(lines), "state": state,
        "rate": rate_card(results, name, "FAS") if name in results.get("rates", {}) else None,
        "curve": curve_card(results, name) if name in results.get("curves", {}) else None,
    }  # fmt: skip
    return render(request, "endpoints/list.html", context)


@require_GET
@require(Permission.AGGREGATE)
def data(request: HttpRequest, endpoint: str) -> HttpResponse:
    """`/endpoints/pfs/data/`: the numbers behind a figure as a table."""
    name = known(endpoint)
    state = TrialState.objects.filter(pk=TrialState.ONLY).first()
    results = state.results if state else {}
    if state is None or name not in results.get("curves", {}):
        raise Http404
    curve = results["curves"][name]
    context = {
        "name": name,
        "slug": endpoint,
        "card": curve_card(results, name),
        "rows": life_table(curve),
        "state": state,
    }
    part = "endpoints/_data.html" if getattr(request, "htmx", False) else "endpoints/data.html"
    return render(request, part, context)


@require_GET
@require(Permission.AGGREGATE)
def figure(request: HttpRequest, name: str) -> HttpResponse:
    """`/endpoints/figures/pfs.svg`: one figure as a file."""
    state = TrialState.objects.filter(pk=TrialState.ONLY).first()
    figures = drawing.wanted(state, language_code(), knows_all(grants_of(request.user))) if state else {}
    one = figures.get(name)
    svg = drawing.drawn([one]).get(one.digest) if one else None
    if one is None or svg is None:
        raise Http404
    answer = HttpResponse(_alone(svg), content_type="image/svg+xml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}_{state.as_of:%Y%m%d}.svg"'  # type: ignore[union-attr]
    return answer


def _alone(svg: str) -> str:
    """A file needs what a page does without: the declaration and a white ground."""
    head, _, rest = svg.partition(">")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}><rect width="100%" height="100%" fill="#ffffff"/>{rest}'
