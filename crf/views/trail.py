"""The audit explorer: one page of filters, newest first, and the same as a file."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.http import require_GET

from crf.exports.trail import Order, stream
from crf.selectors import trail
from crf.selectors.trail import Filters, Unclear
from trialsite.accounts.door import require
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.audit.exploring import Key, counted, events_of
from trialsite.audit.selectors import latest_verification

KINDS = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


@require(Permission.AUDIT)
@require_GET
def explorer(request: HttpRequest) -> HttpResponse:
    """`/audit/`: who did what, when, where and why."""
    filters, scope = Filters.read(request.GET), trail.scope_of(request.user)
    context: dict[str, Any] = {
        "filters": filters, "choices": trail.choices(scope), "scope": scope, "query": filters.query(), "errors": {},
        "verification": latest_verification(), "after": request.GET.get("after", ""),
    }  # fmt: skip
    try:
        asked = trail.asked_of(filters, request.user, scope)
    except Unclear as unclear:
        return render(request, "audit/explorer.html", context | {"errors": unclear.errors}, status=422)
    events = events_of(scope, asked)
    count, beyond = counted(events)
    found, more = trail.page(asked, scope, filters.form, Key.read(context["after"]), few=not beyond)
    administers = grants_of(request.user).may(Permission.ACCOUNTS)
    context |= {
        "lines": trail.lines_of(found, scope, administers=administers), "count": count, "beyond": beyond,
        "older": filters.query(after=more.text()) if more else "",
    }  # fmt: skip
    return render(request, "audit/explorer.html", context)


@require(Permission.AUDIT)
@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse | StreamingHttpResponse:
    """`/audit/export/csv/`: every row of the filter, and an event that says so."""
    if kind not in KINDS:
        raise Http404
    filters, scope = Filters.read(request.GET), trail.scope_of(request.user)
    try:
        asked = trail.asked_of(filters, request.user, scope)
    except Unclear as unclear:
        context = {
            "filters": filters,
            "choices": trail.choices(scope),
            "scope": scope,
            "errors": unclear.errors,
        }
        return render(request, "audit/explorer.html", context, status=422)
    person: Any = request.user
    order = Order(person, filters, asked, scope, translation.get_language() or "en")
    response = StreamingHttpResponse(stream(order, kind), content_type=KINDS[kind])
    response["Content-Disposition"] = (
        f'attachment; filename="audit-trail_{timezone.now():%Y%m%d-%H%M%S}.{kind}"'
    )
    return response
