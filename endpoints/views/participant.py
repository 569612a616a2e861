"""The results of one participant, and the trace of one of them."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crf.selectors.access import participant_for, participants_for
from endpoints import trace as tracing
from endpoints import words
from endpoints.models import EndpointRun, EndpointState
from endpoints.panel import address_href, panel_of
from endpoints.versions import basis
from endpoints.views.trial import DONE, is_polling, known
from participants.models import Participant
from trialsite.accounts.door import require
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission


@require_GET
@require(Permission.RESULTS)
def results(request: HttpRequest, number: str) -> HttpResponse:
    """`/p/01-003/results/`; `?compact=1` is the side panel of forms: it asks again while the results are computed."""
    participant = participant_for(request.user, number, Permission.RESULTS)
    shown = panel_of(participant)
    compact = bool(request.GET.get("compact") or getattr(request, "htmx", False) or is_polling(request))
    part = "endpoints/_panel.html" if compact else "endpoints/participant.html"
    status = DONE if is_polling(request) and not shown.stale else 200
    return render(
        request, part, {"participant": participant, "shown": shown, "compact": compact}, status=status
    )


@require_GET
@require(Permission.AGGREGATE)
def trace_of_trial(request: HttpRequest, endpoint: str, number: str) -> HttpResponse:
    """`/endpoints/mpr/01-003/`, reached from the trial's figures."""
    return _trace(request, endpoint, number, of_trial=True)


@require_GET
@require(Permission.RESULTS)
def trace(request: HttpRequest, number: str, endpoint: str) -> HttpResponse:
    """`/p/01-003/results/mpr/`, reached from the participant."""
    return _trace(request, endpoint, number, of_trial=False)


def _trace(request: HttpRequest, endpoint: str, number: str, *, of_trial: bool) -> HttpResponse:
    name = known(endpoint)
    participant = participant_for(request.user, number, Permission.RESULTS)
    state = EndpointState.objects.select_related("run").filter(participant=participant).first()
    base = {
        "participant": participant, "name": name, "named": words.NAMES[name], "slug": endpoint, "of_trial": of_trial,
        "state": state, "aggregate": grants_of(request.user).may(Permission.AGGREGATE), "others": _others(participant),
        "stale": state is None or state.data_version != participant.data_version or state.basis != basis(),
        "base": f"/endpoints/{endpoint}/" if of_trial else f"/p/{number}/results/",
        **_neighbours(request.user, participant, endpoint, of_trial),
    }  # fmt: skip
    if is_polling(request):
        waiting = HttpResponse(status=204)
        return waiting if base["stale"] else render(request, "endpoints/_fresh.html", status=DONE)
    if state is None or state.run is None:
        return render(request, "endpoints/no_trace.html", base)
    shot, as_of, problem = _shot(request, participant, state)
    if "error" in shot.content:
        error = shot.content["error"]
        address = error.get("address") or ""
        base |= {
            "error": words.sentence({"message": error["message"], "params": error["params"]}, shot.cutoff),
            "error_href": address_href(address[0] if isinstance(address, list) else address),
        }
        return render(request, "endpoints/no_trace.html", base)
    if name not in shot.content["endpoints"]:
        base["missing"] = _("This result was computed before the endpoint was added.")
        return render(request, "endpoints/no_trace.html", base)
    found, addresses = tracing.trace_of(number, name, shot)
    context = base | {
        "trace": found, "changes": tracing.changes_to(addresses), "earlier": tracing.earlier_values(participant, name),
        "as_of": as_of, "problem": problem, "shot": shot, "shown_run": request.GET.get("run", ""),
    }  # fmt: skip
    return render(request, "endpoints/trace.html", context)


def _shot(
    request: HttpRequest, participant: Participant, state: EndpointState
) -> tuple[tracing.Shot, Any, str]:
    """The result now, of an earlier run (`?run=`), or recomputed from the trail (`?at=`)."""
    run = state.run
    assert run is not None
    now = tracing.shot_of_run(run, state.as_of or run.cutoff)
    if number := request.GET.get("run", ""):
        earlier = EndpointRun.objects.filter(
            participant=participant, pk=number if number.isdigit() else 0
        ).first()
        if earlier is None:
            raise Http404
        return tracing.shot_of_run(earlier, earlier.cutoff), earlier.created_at, ""
    if text := request.GET.get("at", "").strip():
        at = _moment(text, participant)
        if at is None:
            return now, None, _("This is no date that can be read: %(text)s") % {"text": text[:40]}
        if at < participant.created_at:
            return now, None, _("Before that moment the participant did not exist in the system.")
        return tracing.shot_at(participant, min(at, timezone.now())), min(at, timezone.now()), ""
    return now, None, ""


def _moment(text: str, participant: Participant) -> dt.datetime | None:
    """A date means its end, a date with time that moment, at the site."""
    zone = zoneinfo.ZoneInfo(participant.site.time_zone)
    try:
        day = parse_date(text)
        moment = dt.datetime.combine(day, dt.time.max) if day else parse_datetime(text)
    except ValueError:
        return None
    if moment is None:
        return None
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=zone)


def _neighbours(user: Any, participant: Participant, endpoint: str, of_trial: bool) -> dict[str, Any]:
    """The participants before and after, among those that the reader may see."""
    others = (
        participants_for(user, Permission.RESULTS)
        .filter(endpoint_state__isnull=False, imported=participant.imported)
        .values_list("number", flat=True)
    )
    before = others.filter(number__lt=participant.number).order_by("-number").first()
    after = others.filter(number__gt=participant.number).order_by("number").first()
    return {
        side: (one, f"/endpoints/{endpoint}/{one}/" if of_trial else f"/p/{one}/results/{endpoint}/")
        for side, one in (("before", before), ("after", after))
        if one
    }


def _others(participant: Participant) -> list[tuple[str, str]]:
    return [(name.lower(), words.short(name)) for name in words.NAMES]
