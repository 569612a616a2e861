"""What the page of a reading tells the server while it is filled in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crf.forms import read_post
from crf.registry import form_def
from crf.rendering import Box, findings_html
from crf.selectors.history import field_at, has_path
from crf.typed import posted_version, row_path
from crf.views.posted import chosen_in, somebody_else
from pathology.models import Reading
from pathology.pages import ReadingBuilder
from pathology.selectors.reader import case_to_take, reading_for
from pathology.services import reading_draft_drop, reading_draft_keep, reading_take
from trialsite.accounts.door import require
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused

from .reading_page import FORM, person

MOST_TOLD = 300  # fields in one answer

readers = require(Permission.READ_CENTRALLY, Permission.ADJUDICATE)


@readers
@require_POST
def draft(request: HttpRequest, code: str) -> HttpResponse:
    """`/readings/P-7Q2M/draft/`: keep what is typed; say what the limits say of the fields that were left."""
    mine, who = reading_for(request.user, code), person(request)
    if somebody_else(request):
        return JsonResponse({"refused": _("Somebody else is signed in.")}, status=409)
    if (version := posted_version(request.POST.get("version", ""))) is None:
        version = 0
    try:
        if mine.taken_at is None and mine.submitted_at is None:  # who types has begun
            reading_take(by=who, case=case_to_take(who, code))
            mine.refresh_from_db(fields=["taken_at", "seen_at"])
        kept = reading_draft_keep(by=who, reading=mine, post=request.POST, version=version)
    except Refused as refusal:
        return JsonResponse({"refused": str(refusal.reason)}, status=409)
    now = f"{timezone.localtime():%H:%M:%S}"
    return JsonResponse({"saved": now if kept else "", "fields": _told(mine, code, request.POST)})


def _told(mine: Reading, code: str, post: Any) -> dict[str, dict[str, str]]:
    """What is said at each field that was left, by its path on the page."""
    touched = [path for path in post.getlist("touched")[:MOST_TOLD] if ":" in path or path.startswith("cp_")]
    if not touched:
        return {}
    definition = form_def(FORM)
    typed = read_post(definition, post)
    posted = [(section, row, row.key) for section, rows in typed.rows.items() for row in rows]
    builder = ReadingBuilder(mine, code, editable=True, typed=typed, chosen=chosen_in(post))
    numbers = {row_path(section, was): row_path(section, row.key) for section, row, was in posted}
    found = {}
    for path in touched:
        row, sep, name = path.rpartition("/")
        real = numbers.get(row, row) + sep + name
        crf_field = field_at(definition, real) if has_path(definition, real) else None
        if crf_field is not None and (builder.is_shown(crf_field) or sep):
            box = Box(crf_field, real, real, findings=builder.findings.get(real, []), chosen=builder.chosen)
            found[path] = {"error": builder.errors.get(real, ""), "html": findings_html(box)}
    return found


@readers
@require_POST
def draft_drop(request: HttpRequest, code: str) -> HttpResponse:
    """Give up one's own draft and go back to what is stored."""
    mine = reading_for(request.user, code)
    try:
        reading_draft_drop(by=person(request), reading=mine)
    except Refused as refusal:
        messages.error(request, str(refusal.reason))
    return redirect("reading", code)
