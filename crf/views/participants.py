"""Participants as matrix, list and work to do; the forms of a cell; screening."""

from __future__ import annotations

import secrets
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods
from django_tables2 import RequestConfig

from crf import cells, listing
from crf.listing import Filters
from crf.schedule import REPEATING, visit_of, visit_title
from crf.selectors import lines, work
from crf.selectors.access import participant_for
from crf.selectors.matrix import Row, matrix_rows
from crf.selectors.timeline import VisitView, timeline
from crf.services.screening import next_number, participant_screen_once
from crf.tables import ParticipantTable
from participants.lifecycle import State
from trialsite.accounts.door import require
from trialsite.accounts.models import Site
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused

P = Permission


@require(P.VIEW)
@require_GET
def participants(request: HttpRequest) -> HttpResponse:
    filters = Filters.read(request.GET)
    searching = filters.q and "view" not in request.GET and not _partial(request)
    if searching and (found := _found(request, filters.q)) is not None:
        return found
    everyone, imported = matrix_rows(request.user, imported=filters.imported)
    base = filters.base(everyone)
    context = _context(request, filters, everyone, base, imported)
    shown = {"matrix": _matrix, "list": _list, "work": _work}[filters.view](request, filters, base, context)
    return shown if shown is not None else _render(request, filters, context)


def _partial(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _render(request: HttpRequest, filters: Filters, context: dict[str, Any]) -> HttpResponse:
    if not _partial(request):
        return render(request, "participants/participants.html", context)
    response = render(request, f"participants/_{filters.view}.html", context | {"fresh": True})
    response["HX-Push-Url"] = filters.url()
    return response


def _context(
    request: HttpRequest, filters: Filters, everyone: list[Row], base: list[Row], imported: int
) -> dict[str, Any]:
    grants = grants_of(request.user)
    sites = listing.sites_of(everyone)
    views = [("matrix", _("Matrix")), ("list", _("List")), ("work", _("Work to do"))]
    context: dict[str, Any] = {
        "filters": filters,
        "views": [(filters.url(view=name), label, filters.view == name) for name, label in views],
        "sites": sites,
        "phases": [(str(value), label) for value, label in State.choices],
        "may_screen": grants.may(P.SCREEN),
        "total": len(base),
        "show_all": filters.url(need=""),
        "updated": f"{timezone.localtime(timezone=_zone()):%H:%M:%S}",
        "place": _place(sites, filters),
    }
    if filters.view != "work":
        context["chips"] = listing.chips(
            filters, lambda need: len(Filters(need=need).rows(base)), grants.may(P.ENTER), imported
        )
    return context


def _zone() -> ZoneInfo:
    """The clock on the wall of a site, not that of the server."""
    return ZoneInfo(Site().time_zone)


def _place(sites: list[tuple[str, Any]], filters: Filters) -> str:
    """ "Site 02 West China", or how many sites."""
    chosen = [site for site in sites if not filters.site or site[0] == filters.site]
    if len(chosen) == 1:
        return _("Site %(number)s %(name)s") % {"number": chosen[0][0], "name": chosen[0][1]}
    return _("%(n)s sites") % {"n": len(chosen)} if chosen else ""


def _matrix(
    request: HttpRequest, filters: Filters, base: list[Row], context: dict[str, Any]
) -> HttpResponse | None:
    rows, day = filters.rows(base), work.trial_day()
    start = _number(request.GET.get("from", ""))
    asked = request.GET.get("rows", "")
    wanted = len(rows) if asked == "all" else max(listing.PAGE, _number(asked))
    page = rows[start : start + wanted]
    columns = cells.columns(filters.cols)
    grants = grants_of(request.user)

    def enters(site: int) -> bool:
        return grants.may(P.ENTER, site)

    context |= {
        "rows": cells.rows_html(page, columns, enters, day, loaded=bool(start)),
        "count": len(rows),
        "upto": start + len(page),
        "more": f"{filters.url()}{'&' if '?' in filters.url() else '?'}from={start + len(page)}"
        if start + len(page) < len(rows)
        else "",
        "all_url": f"{filters.url()}{'&' if '?' in filters.url() else '?'}rows=all",
        "width": len(columns) + 4,
        "periods": [
            (period, name, span, filters.url(cols=period)) for period, name, span in cells.periods(columns)
        ],
        "every_column": filters.url(cols=""),
        "heads": cells.head_days(columns),
    }
    return render(request, "participants/_rows.html", context) if start and _partial(request) else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 0


def _list(request: HttpRequest, filters: Filters, base: list[Row], context: dict[str, Any]) -> None:
    table = ParticipantTable(filters.rows(base))
    if len(context["sites"]) < 2:
        table.exclude = ("site_number",)
    RequestConfig(request, paginate={"per_page": 50}).configure(table)
    context |= {"table": table, "count": len(filters.rows(base))}


def _work(request: HttpRequest, filters: Filters, base: list[Row], context: dict[str, Any]) -> None:
    """Forms instead of participants; the chips count forms. A search for words lists the forms that it means."""
    wanted = {row.number for row in base}
    day = work.trial_day()
    kinds = {need: lines.work_lines(request.user, need, day) for need in ("me", "sign", "due", "drafts")}
    kinds = {need: [line for line in found if line.number in wanted] for need, found in kinds.items()}
    need = filters.need or "me"
    counted = {
        name: len(_of_kind(kinds, name, day))
        for name in ("me", "overdue", "progress", "queries", "sign", "due", "drafts")
    }
    context["chips"] = listing.chips(filters, lambda name: counted[name or "me"], False, 0)
    context |= {"lines": _of_kind(kinds, need, day), "count": counted[need], "day": day}


def _of_kind(kinds: dict[str, list[lines.FormLine]], need: str, day: Any) -> list[lines.FormLine]:
    if need in kinds:
        return kinds[need]
    tests = {
        "overdue": lambda line: line.late(day),
        "progress": lambda line: line.status == "IN_PROGRESS",
        "queries": lambda line: line.queries > 0,
    }
    return [line for line in kinds["me"] if tests[need](line)]


def _found(request: HttpRequest, q: str) -> HttpResponse | None:
    """ "02-005" opens the participant, "02-005 tum" the form that is meant; anything else is a list."""
    number, words = lines.split_search(q)
    everyone, _imported = matrix_rows(request.user)
    imported, _n = (
        ([], 0) if any(row.number == number for row in everyone) else matrix_rows(request.user, imported=True)
    )
    rows = [row for row in [*everyone, *imported] if number and number in row.number.lower()]
    rows = [row for row in rows if row.number.lower() == number] or rows
    if len(rows) != 1:
        return None
    if not words:
        return redirect("participant", rows[0].number)
    matches = lines.matching(lines.lines_of(request.user, rows[0].number), words)
    if (one := lines.one_form(matches)) is not None:
        return redirect(one.href)
    context = {"lines": matches, "number": rows[0].number, "q": q, "day": work.trial_day()}
    return render(request, "participants/found.html", context)


# --- A cell of the matrix -------------------------------------------------------------------------------------------


@require(P.VIEW)
@require_GET
def cell(request: HttpRequest, number: str, place: str) -> HttpResponse:
    """The forms behind a cell: a list over the matrix, or without script the page of the visit."""
    participant = participant_for(request.user, number)
    views, logs = _behind(request, participant, place)
    if not _partial(request):
        return redirect(_page_of(number, place))
    unfinished = lines.next_line([form for view in views for form in view.forms] + logs)
    shown = _near(views)
    listed = [form for view in shown for form in view.counted] + logs
    context = {
        "participant": participant,
        "views": shown,
        "later": len(views) - len(shown),
        "keys": {form.href: number for number, form in enumerate(listed, 1) if number < 10},
        "logs": logs,
        "title": _place_title(place),
        "place": place,
        "page": _page_of(number, place),
        "hot": unfinished.href if unfinished else "",
    }
    return render(request, "participants/_pop.html", context)


@require(P.VIEW)
@require_GET
def cell_next(request: HttpRequest, number: str, place: str) -> HttpResponse:
    """On to the next unfinished form of a cell."""
    participant = participant_for(request.user, number)
    views, logs = _behind(request, participant, place)
    line = lines.next_line([form for view in views for form in view.forms] + logs)
    return redirect(line.href if line else _page_of(number, place))


def _near(views: list[VisitView]) -> list[VisitView]:
    """Of visits that are only planned, the next one."""
    ahead = [view for view in views if view.state == "plan"]
    return [view for view in views if view not in ahead[1:]]


def _behind(
    request: HttpRequest, participant: Any, place: str
) -> tuple[list[VisitView], list[lines.FormLine]]:
    if place == "log":
        return [], lines.by_visit(lines.lines_of(request.user, participant.number)).get("log", [])
    views = [
        view
        for view in timeline(request.user, participant)
        if view.label == place or _stands_for(place, view)
    ]
    if not views:
        raise Http404
    return views, []


def _stands_for(place: str, view: VisitView) -> bool:
    return place in REPEATING and view.visit.code == place and not view.closed


def _page_of(number: str, place: str) -> str:
    return f"/p/{number}/#{place}" if place == "log" or place in REPEATING else f"/p/{number}/{place}/"


def _place_title(place: str) -> Any:
    if place == "log":
        return _("Logs")
    known = visit_of(place)
    return visit_title(*known) if known and place not in REPEATING else cells.column_title(place)


# --- Screening ------------------------------------------------------------------------------------------------------

SESSION_KEY = "screened"  # token of a page → number that it was given


@require(P.SCREEN)
@require_http_methods(["GET", "POST"])
def participant_new(request: HttpRequest) -> HttpResponse:
    sites = list(grants_of(request.user).limit(Site.objects.filter(active=True), P.SCREEN, "pk"))
    if request.method == "POST":
        return _screen(request, sites)
    return _screening_page(request, sites)


def _screening_page(
    request: HttpRequest, sites: list[Site], refusal: Any = "", chosen: str = ""
) -> HttpResponse:
    options = [(site, next_number(site)) for site in sites]
    context = {
        "options": options,
        "token": secrets.token_urlsafe(12),
        "refusal": refusal,
        "chosen": chosen or (sites[0].number if len(sites) == 1 else ""),
    }
    return render(request, "participants/new.html", context, status=422 if refusal else 200)


def _screen(request: HttpRequest, sites: list[Site]) -> HttpResponse:
    number = request.POST.get("site", "")
    site = next((site for site in sites if site.number == number), None)
    if site is None:
        return _screening_page(request, sites, _("Choose the site."))
    kept, token = request.session.get(SESSION_KEY, {}), request.POST.get("token", "")[:40]
    if token and token in kept:
        return redirect("participant_added", kept[token])
    try:
        made, fresh = participant_screen_once(
            by=request.user,  # type: ignore[arg-type]
            site=site,
            shown=request.POST.get(f"shown-{site.number}", ""),
        )
    except Refused as no:
        return _screening_page(request, sites, no.reason, site.number)
    if token:
        request.session[SESSION_KEY] = dict([*kept.items(), (token, made.number)][-20:])
    if fresh:
        messages.success(request, _("Participant %(number)s is added.") % {"number": made.number})
    return redirect("participant_added", made.number)


@require(P.SCREEN)
@require_GET
def participant_added(request: HttpRequest, number: str) -> HttpResponse:
    """The number that was given, and the way to the first form."""
    participant = participant_for(request.user, number, P.SCREEN)
    visits = timeline(request.user, participant)
    screening = next((view for view in visits if view.visit.code == "SCR"), None)
    context = {"participant": participant, "screening": screening}
    return render(request, "participants/added.html", context)
