"""A form as it was at a moment: `/p/01-003/TA1/ta/as-of/?at=2026-11-20T14:03:00Z`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crf.as_was_page import Past
from crf.models import FormInstance
from crf.naming import form_title, form_url
from crf.registry import form_def
from crf.schedule import visit_label
from crf.selectors.access import form_at
from crf.selectors.as_was import Stop, as_was, events_of, sheet_now, stops_of
from crf.selectors.participants import strip_of
from trialsite.accounts.door import require


@require()
@require_GET
def form_as_was(
    request: HttpRequest, number: str, label: str, key: str, repeat: int | None = None
) -> HttpResponse:
    """`at`: a moment; `stop`: the n-th moment at which something happened; neither: as it is."""
    form = form_at(request.user, number, label, key, repeat)
    events = events_of(form)
    stops = stops_of(events)
    at, wrong = _asked(request, stops, form)
    compare = request.GET.get("compare") == "now"
    was = as_was(form, at, events)
    past = Past(was, sheet_now(form, events) if compare else None)
    definition = form_def(form.form_key)
    context = {
        "was": was,
        "form": form,
        "participant": form.participant,
        "strip": strip_of(form.participant, _visit(form)),
        "title": form_title(form.form_key, form.repeat),
        "url": form_url(form),
        "sections": past.sections(),
        "differences": past.differences,
        "compare": compare,
        "wrong": wrong,
        "stops": [_Choice(stop, _query(stop.at, compare)) for stop in was.stops],
        "back": _query(was.previous.at, compare) if was.previous else "",
        "forth": _query(was.next.at, compare) if was.next else "",
        "here": _query(was.at, False),
        "both": _query(was.at, True),
        "other_definition": was.definition if was.definition not in ("", definition.version) else "",
        "definition": definition,
    }
    # Moments are told by the clock of the site, with UTC beside it.
    with timezone.override(form.participant.site.zone):
        return render(request, "crf/as_was.html", context, status=422 if wrong else 200)


class _Choice:
    """A stop and its address."""

    def __init__(self, stop: Stop, query: str) -> None:
        self.stop, self.query = stop, query


def _visit(form: FormInstance) -> str:
    return visit_label(form.visit.code, form.visit.repeat) if form.visit else ""


def _query(at: dt.datetime, compare: bool) -> str:
    moment = at.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
    return "?" + urlencode({"at": moment} | ({"compare": "now"} if compare else {}))


def _asked(request: HttpRequest, stops: Sequence[Stop], form: FormInstance) -> tuple[dt.datetime, str]:
    """The moment that is asked for, and what is wrong with the question (then it is now)."""
    now = timezone.now()
    place, text = request.GET.get("stop", ""), request.GET.get("at", "")
    if place and not text:
        if place.isascii() and place.isdigit() and 0 < len(place) < 7 and 1 <= int(place) <= len(stops):
            return stops[int(place) - 1].at, ""
        return now, _("There is no such moment in the history of this form.")
    if not text:
        return now, ""
    found = _moment(text, form.participant.site.zone)
    if found is None:
        return now, _("“%(text)s” is no moment. Write it as 2026-11-20T14:03:00Z.") % {"text": text[:40]}
    return found, ""


def _moment(text: str, zone: Any) -> dt.datetime | None:
    """A moment; without a zone it is the site's. `+` of a zone comes as a space from an address typed by hand."""
    try:
        found = parse_datetime(
            text.strip().replace(" ", "T", 1) if "T" not in text else text.strip().replace(" ", "+")
        )
        if found is None:
            return None
        if timezone.is_naive(found):
            found = found.replace(tzinfo=zone)
        return found.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
