"""One participant: the way through the trial, its visits, and the acts on a visit."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crf.course_figures import marker_figure, treatment_figure
from crf.models import Signed
from crf.policies import may_open_visit
from crf.schedule import visit_label, visit_title
from crf.selectors import lines
from crf.selectors.access import participant_for, visit_for
from crf.selectors.clock import (
    Entry,
    clock,
    consents,
    course_book,
    eligibility,
    markers,
    open_findings,
    project,
    projection,
)
from crf.selectors.participants import strip_of
from crf.selectors.timeline import VisitView, key_facts, logs_of, openable, timeline, way_of
from crf.selectors.worklists import queries_of
from crf.services.schedule import visit_miss, visit_open
from participants.models import Participant
from trialsite.accounts.door import require
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused

SHOW = ("unfinished", "changed")


@require(Permission.VIEW)
@require_GET
def participant(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, participant_for(request.user, number))


def _page(request: HttpRequest, who: Participant, status: int = 200, **typed: Any) -> HttpResponse:
    views, forms = way_of(request.user, who)
    show = request.GET.get("show", "")
    show = show if show in SHOW else ""
    book, today = course_book(who), who.site.today()
    planned = projection(book)
    project(views, planned)
    entries = clock(views, book)
    opens = may_open_visit(request.user, who)
    findings, finding_count = open_findings(request.user, who)
    context = {
        "participant": who,
        "strip": strip_of(who),
        "facts": key_facts(who, book),
        "entries": [entry for entry in entries if _on_the_clock(entry, show)],
        "rest": [] if show else [view for view in views if not view.forms or view.closed],
        "logs": logs_of(forms),
        "planned": planned,
        "eligibility": eligibility(book),
        "consents": consents(book),
        "treatment": treatment_figure(book, today),
        "markers": [(m, marker_figure(m.name, m.unit, m.points)) for m in markers(book)],
        "findings": findings,
        "finding_count": finding_count,
        "documents": _documents(who),
        "next": lines.next_line(line for line in forms if line.label != "log"),
        "openable": openable(views) if opens else [],
        "may_open": opens,
        "may_results": grants_of(request.user).may(Permission.RESULTS, who.site_id),
        "show": show,
        "changed": sum(form.signed == Signed.VOID for form in forms),
        "queries": queries_of(who),
        **typed,
    }
    return render(request, "participants/participant.html", context, status=status)


def _on_the_clock(entry: Entry, show: str) -> bool:
    if entry.view is None:
        return not show
    if show == "unfinished":
        return _unfinished(entry.view)
    if show == "changed":
        return any(form.signed == Signed.VOID for form in entry.view.forms)
    return bool(entry.view.forms) and not entry.view.closed


def _documents(who: Participant) -> str:
    """The page of the participant's documents, where there is one."""
    try:
        return reverse("participant_documents", args=[who.number])
    except NoReverseMatch:
        return ""


def _unfinished(view: VisitView) -> bool:
    return any(form.unfinished for form in view.forms) and view.state in ("prog", "due", "none")


@require(Permission.VIEW)
@require_GET
def visit(request: HttpRequest, number: str, label: str) -> HttpResponse:
    found = visit_for(request.user, number, label)
    return _visit_page(request, found)


def _visit_page(request: HttpRequest, found: Any, status: int = 200, **typed: Any) -> HttpResponse:
    who = found.participant
    views = timeline(request.user, who)
    at = next(i for i, view in enumerate(views) if view.visit.pk == found.pk)
    context = {
        "participant": who,
        "view": views[at],
        "before": views[at - 1] if at else None,
        "after": views[at + 1] if at + 1 < len(views) else None,
        "strip": strip_of(who, views[at].label),
        "next": lines.next_line(views[at].forms),
        "may_open": may_open_visit(request.user, who),
        **typed,
    }
    return render(request, "participants/visit.html", context, status=status)


@require(Permission.VIEW)
@require_POST
def visit_open_act(request: HttpRequest, number: str) -> HttpResponse:
    """Open an unscheduled, event-driven or closed visit, with the reason."""
    who = participant_for(request.user, number)
    label, reason = request.POST.get("label", ""), request.POST.get("reason", "")
    try:
        made = visit_open(by=request.user, participant=who, label=label, reason=reason)  # type: ignore[arg-type]
    except Refused as no:
        return _page(request, who, _status(no), refusal=no.reason, typed_label=label, typed_reason=reason)
    messages.success(request, _("Visit %(visit)s is open.") % {"visit": visit_title(made.code, made.repeat)})
    return redirect("visit", number, visit_label(made.code, made.repeat))


@require(Permission.VIEW)
@require_POST
def visit_miss_act(request: HttpRequest, number: str, label: str) -> HttpResponse:
    """Say that a visit did not take place, with the reason."""
    found, reason = visit_for(request.user, number, label), request.POST.get("reason", "")
    if found.status == "MISSED":  # sent twice
        return redirect("visit", number, label)
    try:
        visit_miss(by=request.user, visit=found, reason=reason)  # type: ignore[arg-type]
    except Refused as no:
        return _visit_page(request, found, _status(no), refusal=no.reason, typed_reason=reason)
    messages.success(request, _("Visit %(visit)s is marked as missed.") % {"visit": label})
    return redirect("visit", number, label)


def _status(no: Refused) -> int:
    """The wrong role is refused; everything else is said at the field."""
    return 403 if no.code == "role" else 422
