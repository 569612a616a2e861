"""Queries: the inbox, one thread, the queries of a place, figures and the file."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crf.attachments import read as read_attachment
from crf.exports.queries import stream
from crf.models import FormInstance, Outcome, Query, QueryAttachment, QueryOrigin, QueryState
from crf.naming import form_url
from crf.policies_review import QUERY_RIGHTS, may_query
from crf.registry import form_def
from crf.rendering import anchor
from crf.schedule import visit_label
from crf.selectors.access import form_at, participant_for
from crf.selectors.history import field_at, has_path
from crf.selectors.participants import strip_of
from crf.selectors.queries import (
    BUCKETS,
    TABS,
    Choices,
    Filters,
    Key,
    age_words,
    choices,
    counts,
    lines_of,
    page_of,
    queries_for,
    query_for,
    tab_of,
)
from crf.selectors.query_figures import metrics
from crf.selectors.threads import at_place, place_words, thread_of, threads_of
from crf.services.queries import File, attachment_taken, queries_close, query_act, query_raise
from crf.services.refusals import ASKED
from participants.models import Participant
from trialsite.accounts.door import require
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused

P = Permission
ROW = re.compile(r"[A-Z][A-Z0-9]*:[1-9][0-9]{0,3}")
FEW = 20  # threads shown with the place that they are about


def _drawer(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def _may_measure(user: Any) -> bool:
    """Figures and files about queries are for who oversees the trial (E6(R3) 3.11.4)."""
    return grants_of(user).may(P.VIEW) and grants_of(user).may(P.AUDIT)


# --- the inbox ------------------------------------------------------------------------------------------------------


@require(P.VIEW)
@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """`/queries/?tab=answer&site=01`: what waits, oldest first."""
    return _inbox(request, Filters.read(request.GET, tab_of(request.user)))


def _inbox(request: HttpRequest, filters: Filters, *, refusal: str = "", status: int = 200) -> HttpResponse:
    wanted = filters.apply(queries_for(request.user))
    found, more = page_of(wanted.filter(state__in=TABS[filters.tab]), Key.read(request.GET.get("after", "")))
    numbers, grants = counts(wanted), grants_of(request.user)
    context = {
        "filters": filters, "lines": lines_of(found), "tabs": _tabs(filters, numbers), "count": numbers[filters.tab],
        "choices": choices(request.user), "states": QueryState.choices, "origins": QueryOrigin.choices,
        "next": filters.query(after=more.text()) if more else "", "later": bool(request.GET.get("after")),
        "raises": grants.may(P.QUERY_RAISE), "may_measure": _may_measure(request.user), "refusal": refusal,
        "nothing": _nothing(filters),
    }  # fmt: skip
    return render(request, "queries/inbox.html", context, status=status)


def _tabs(filters: Filters, numbers: dict[str, int]) -> list[tuple[str, str, int, bool]]:
    names = {
        "answer": _("To answer"), "close": _("Answered, to close"), "open": _("All open"), "closed": _("Closed"),
        "all": pgettext("queries", "All"),
    }  # fmt: skip
    return [(filters.url(tab=tab), name, numbers[tab], filters.tab == tab) for tab, name in names.items()]


def _nothing(filters: Filters) -> str:
    if filters.narrowed:
        return _("No query is like this.")
    return {
        "answer": _("No query waits for an answer."), "close": _("No answer waits to be closed."),
        "open": _("No open queries."), "closed": _("No query has been closed."), "all": _("No query has been raised."),
    }[filters.tab]  # fmt: skip


@require(P.VIEW)
@require_POST
def queries_close_act(request: HttpRequest) -> HttpResponse:
    """Several answered queries at once, each for itself."""
    filters = Filters.read(QueryDict(request.POST.get("back", "")), tab_of(request.user))
    codes = list(dict.fromkeys(request.POST.getlist("query")))[:200]
    chosen = [query_for(request.user, code) for code in codes]
    if not chosen:
        return _inbox(request, filters, refusal=_("Choose the queries that you want to close."), status=422)
    done, left = queries_close(by=request.user, queries=chosen, text=request.POST.get("text", ""))  # type: ignore[arg-type]
    said = [f"{query.code}: {reason}" for query, reason in left]
    if not done:
        return _inbox(request, filters, refusal=" ".join(said), status=403)
    text = ngettext("%(n)s query is closed.", "%(n)s queries are closed.", len(done)) % {"n": len(done)}
    messages.success(request, text)
    for sentence in said:
        messages.warning(request, sentence)
    return redirect(filters.url())


# --- one thread -----------------------------------------------------------------------------------------------------


@require(P.VIEW)
@require_http_methods(["GET", "POST"])
def query(request: HttpRequest, code: str) -> HttpResponse:
    """`/queries/Q-01-003-7/`: a page, or the drawer beside another one."""
    found = query_for(request.user, code)
    if request.method == "POST":
        return _act(request, found)
    return _thread(request, found)


def _act(request: HttpRequest, found: Query) -> HttpResponse:
    act = request.POST.get("act", "")
    typed = {"text": request.POST.get("text", ""), "outcome": request.POST.get("outcome", "")}
    if act not in QUERY_RIGHTS or act == "raise":
        refusal = _("Choose what to do with the query.")
        return _thread(request, found, refusal=refusal, typed=typed, status=422)
    try:
        given = read_attachment(request.FILES.get("file"))
        query_act(by=request.user, query=found, act=act, file=File(*given) if given else None, **typed)  # type: ignore[arg-type]
    except Refused as no:
        found = query_for(request.user, found.code)  # as it stands now
        again = bool(request.FILES)
        return _thread(
            request, found, refusal=no.reason, typed=typed, again=again, status=_status(request, no)
        )
    if _drawer(request):
        return _thread(request, query_for(request.user, found.code), done=True)
    messages.success(request, _done(found))
    return redirect("query", found.code)


def _status(request: HttpRequest, no: Refused) -> int:
    """What is missing is asked for; what this person may not do is refused. The drawer shows a conflict of states."""
    if no.code in ASKED or no.code == "field":
        return 422
    return 409 if _drawer(request) else 403


def _done(found: Query) -> str:
    return _("%(query)s is %(state)s.") % {
        "query": found.code,
        "state": str(QueryState(found.state).label).lower(),
    }


def _thread(
    request: HttpRequest, found: Query, *, refusal: Any = "", typed: dict[str, str] | None = None, again: bool = False,
    done: bool = False, status: int = 200,
) -> HttpResponse:  # fmt: skip
    thread = thread_of(request.user, found)
    visit = found.form.visit if found.form else None
    context = {
        "thread": thread, "outcomes": Outcome.choices, "refusal": refusal, "typed": typed or {}, "again": again,
        "said": _done(found) if done else "", "participant": found.participant,
    }  # fmt: skip
    if _drawer(request):
        return render(request, "queries/_thread.html", context, status=status)
    context["strip"] = strip_of(found.participant, visit_label(visit.code, visit.repeat) if visit else "")
    return render(request, "queries/thread.html", context, status=status)


@require(P.VIEW)
@require_GET
def query_file(request: HttpRequest, code: str, message: int) -> HttpResponse:
    """A file that came with a message: always as a download, never shown by the browser."""
    found = query_for(request.user, code)
    file = get_object_or_404(QueryAttachment, message=message, message__query=found)
    file.message.query = found
    attachment_taken(by=request.user, attachment=file)  # type: ignore[arg-type]
    response = HttpResponse(bytes(file.content), content_type=file.content_type)
    response["Content-Disposition"] = content_disposition_header(True, file.name)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


# --- the queries of a place -----------------------------------------------------------------------------------------


@require(P.VIEW)
@require_http_methods(["GET", "POST"])
def form_queries(
    request: HttpRequest, number: str, label: str, key: str, repeat: int | None = None
) -> HttpResponse:
    """`/p/01-003/TA1/ta/queries/?path=TA2:1/tl_diam`: what was asked there, and a question more."""
    form = form_at(request.user, number, label, key, repeat)
    path = request.GET.get("path", "")
    if path and not _is_place(form, path):
        raise Http404
    return _place(request, form.participant, form, path)


def _is_place(form: FormInstance, path: str) -> bool:
    """A field, a row (`TA2:3`), or a field of a row; whether that row is there, the service says."""
    definition = form_def(form.form_key)
    if ":" not in path:
        return "/" not in path and path in definition.fields
    place, _sep, name = path.partition("/")
    if not ROW.fullmatch(place) or not has_path(definition, f"{place}/x"):
        return False
    return (not name and path == place) or field_at(definition, path) is not None


@require(P.VIEW)
@require_http_methods(["GET", "POST"])
def participant_queries(request: HttpRequest, number: str) -> HttpResponse:
    """`/p/01-003/queries/`: every query of a participant, and a question about the participant as such."""
    return _place(request, participant_for(request.user, number), None, "")


def _place(
    request: HttpRequest, participant: Participant, form: FormInstance | None, path: str
) -> HttpResponse:
    typed = {"text": request.POST.get("text", ""), "about": request.POST.get("about", path)}
    refusal: Any = ""
    status = 200
    if request.method == "POST":
        try:
            about = typed["about"] if form and typed["about"] in dict(_scopes(form, path)) else path
            person: Any = request.user
            made = query_raise(by=person, participant=participant, text=typed["text"], form=form, path=about)
        except Refused as no:
            refusal, status = no.reason, _status(request, no)
        else:
            if not _drawer(request):
                messages.success(request, _("%(query)s is raised.") % {"query": made.code})
                return redirect("query", made.code)
            return _thread(request, query_for(request.user, made.code), done=True)
    asked = queries_for(request.user).filter(participant=participant)
    return _show_place(request, participant, form, path, asked, refusal=refusal, typed=typed, status=status)


def _show_place(
    request: HttpRequest, participant: Participant, form: FormInstance | None, path: str, asked: Any, *, refusal: Any,
    typed: dict[str, str], status: int,
) -> HttpResponse:  # fmt: skip
    if form is None:
        related = asked.select_related("participant", "form__visit", "raised_by")
        page = Paginator(related.order_by("-pk"), 100).get_page(request.GET.get("page"))
        rows = list(page.object_list)
        shown: dict[str, Any] = {"lines": lines_of(rows), "page": page}
    else:
        threads = threads_of(request.user, at_place(asked, form, path)[:FEW])
        standing = [thread for thread in threads if thread.query.standing]
        only = standing[0] if len(standing) == 1 else None  # shown whole
        shown = {"threads": threads, "only": only, "outcomes": Outcome.choices}
    may = may_query(request.user, "raise", participant, form)
    raising = grants_of(request.user).may(P.QUERY_RAISE, participant.site_id)
    context = shown | {
        "participant": participant, "form": form, "path": path, "may": may, "raises": raising, "refusal": refusal, "typed": typed,
        "scopes": _scopes(form, path) if form else [], "address": request.get_full_path(),
        "title": _title(participant, form, path),
        "back": f"{form_url(form)}{'#' + anchor(path) if path else ''}" if form else f"/p/{participant.number}/",
    }  # fmt: skip
    if _drawer(request):
        return render(request, "queries/_place.html", context, status=status)
    visit = form.visit if form else None
    context["strip"] = strip_of(participant, visit_label(visit.code, visit.repeat) if visit else "")
    return render(request, "queries/place.html", context, status=status)


def _title(participant: Participant, form: FormInstance | None, path: str) -> str:
    if form is None:
        return _("Participant %(number)s") % {"number": participant.number}
    return place_words(form_def(form.form_key), form, path)


def _scopes(form: FormInstance, path: str) -> list[tuple[str, str]]:
    """What a question at a field may be about: the value, its row, the form."""
    definition, found = form_def(form.form_key), []
    if path and ("/" in path or ":" not in path):
        found.append((path, _("This value")))
    row = path.partition("/")[0] if ":" in path else ""
    if row:
        found.append((row, place_words(definition, form, row)))
    return [*found, ("", _("The whole form"))]


# --- figures and the file -------------------------------------------------------------------------------------------


@require(P.VIEW)
@require_GET
def query_metrics(request: HttpRequest) -> HttpResponse:
    """`/queries/metrics/`: per site, form and rule; for who oversees the trial."""
    if not _may_measure(request.user):
        raise Http404
    filters = Filters.read(request.GET)
    found: Choices = choices(request.user)
    figures = metrics(filters.apply(queries_for(request.user)))
    context = {
        "whole": figures.whole, "choices": found, "filters": filters, "buckets": [age_words(one) for one in BUCKETS],
        "tables": [
            (_("By site"), _("Site"), figures.sites), (_("By form"), _("Form"), figures.forms),
            (_("By check"), _("Check"), figures.rules),
        ],
    }  # fmt: skip
    return render(request, "queries/metrics.html", context)


@require(P.VIEW)
@require_GET
def query_export(request: HttpRequest) -> StreamingHttpResponse:
    """`/queries/export/?…`: the list as the screen filters it, with every step of its threads."""
    if not _may_measure(request.user):
        raise Http404
    filters = Filters.read(request.GET, tab_of(request.user))
    person: Any = request.user
    content = stream(person, filters, list(TABS[filters.tab]), translation.get_language() or "en")
    response = StreamingHttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="queries_{timezone.now():%Y%m%d-%H%M%S}.csv"'
    return response
