"""The results of one participant, and the trace of one of them."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crf.derivation_imaging import engine_settings
from crf.selectors.access import participant_for, participants_for
from endpoints import trace as tracing
from endpoints import words
from endpoints.models import CutPerson, DataCut, EndpointRun, EndpointState
from endpoints.moves import moves_for_trace
from endpoints.panel import address_href, panel_of
from endpoints.reports.services import may_report
from endpoints.standpoint import cut_of, moment_of
from endpoints.versions import basis
from endpoints.views.trial import DONE, is_polling, known
from participants.models import Participant
from trialsite.accounts.door import require
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused


@require_GET
@require(Permission.RESULTS)
def results(request: HttpRequest, number: str) -> HttpResponse:
    """`/p/01-003/results/`; `?compact=1` is the side panel of forms: it asks again while the results are computed."""
    participant = participant_for(request.user, number, Permission.RESULTS)
    shown = panel_of(participant)
    compact = bool(request.GET.get("compact") or getattr(request, "htmx", False) or is_polling(request))
    part = "endpoints/_panel.html" if compact else "endpoints/participant.html"
    status = DONE if is_polling(request) and not shown.stale else 200
    context = {
        "participant": participant, "shown": shown, "compact": compact,
        "reported": may_report(grants_of(request.user), participant),
    }  # fmt: skip
    return render(request, part, context, status=status)


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
    stale = state is None or state.data_version != participant.data_version or state.basis != basis()
    if is_polling(request):
        return HttpResponse(status=204) if stale else render(request, "endpoints/_fresh.html", status=DONE)
    seen = _seen(request, participant, state, stale)
    base = _frame(request, participant, endpoint, of_trial) | {
        "state": state,
        "stale": stale,
        "seen": seen,
        "name": name,
    }
    shot = seen.shot
    if shot is not None and "error" not in shot.content and name not in shot.content["endpoints"]:
        seen.problem = _("The engine of that time did not compute this endpoint.")
    if shot is None or seen.problem:
        return render(request, "endpoints/no_trace.html", base)
    if "error" in shot.content:
        error = shot.content["error"]
        address = error.get("address") or ""
        base |= {
            "error": words.sentence({"message": error["message"], "params": error["params"]}, shot.cutoff),
            "error_href": address_href(address[0] if isinstance(address, list) else address),
        }
        return render(request, "endpoints/no_trace.html", base)
    found, addresses = tracing.trace_of(number, name, shot, seen.evaluator or _main_evaluator(seen))
    live = shot.until is None
    context = base | {
        "trace": found, "live_value": _live_value(state, name), "shot": shot,
        "changes": tracing.changes_to(addresses, shot.until),
        "earlier": tracing.earlier_values(participant, name, shot.until), "cuts": tracing.in_cuts(participant, name),
        "could_change": moves_for_trace(request.user, participant, name, shot.moves, addresses, live=live)
        if live or seen.cut else None,
        "other_engine": not live and f"{shot.engine}/{shot.configuration}" != basis(), "now": basis().split("/", 1),
    }  # fmt: skip
    return render(request, "endpoints/trace.html", context)


def _live_value(state: EndpointState | None, name: str) -> str:
    """The present value, whatever the page shows."""
    found = words.whole(name, state.summary.get("values", {}).get(name, {})) if state else {}
    return words.outcome(name, found)


@dataclass
class Seen:
    """From where the trace is looked at: now, a run, a moment, a data cut; and by which evaluator of images."""

    shot: tracing.Shot | None
    at: dt.datetime | None = None  # of a run or a moment
    run: str = ""
    cut: DataCut | None = None
    evaluator: str = ""
    evaluators: list[str] = field(default_factory=list)
    chips: list[tuple[str, str, bool]] = field(
        default_factory=list
    )  # evaluator, what the address ends in, chosen
    problem: str = ""
    suffix: str = ""  # to be put behind addresses of other participants and endpoints


def _frame(request: HttpRequest, participant: Participant, endpoint: str, of_trial: bool) -> dict[str, Any]:
    return {
        "participant": participant, "named": words.NAMES[endpoint.upper()], "slug": endpoint, "of_trial": of_trial,
        "aggregate": grants_of(request.user).may(Permission.AGGREGATE), "others": _others(participant),
        **_neighbours(request.user, participant, endpoint, of_trial),
    }  # fmt: skip


def _seen(request: HttpRequest, participant: Participant, state: EndpointState | None, stale: bool) -> Seen:
    """What the address asks for: `?cut=`, `?run=`, `?at=`, and `&evaluator=`."""
    if code := request.GET.get("cut", "").strip():
        seen = _at_cut(participant, code)
    elif number := request.GET.get("run", ""):
        seen = _at_run(participant, number)
    elif text := request.GET.get("at", "").strip():
        seen = _at_moment(participant, text)
    elif state is None or state.run is None:
        return Seen(None)
    else:
        seen = Seen(tracing.shot_now(state, fresh=not stale))
    chosen = request.GET.get("evaluator", "").strip()
    if seen.shot is not None:
        seen.evaluators = sorted(seen.shot.content.get("evaluators", {}))
    if chosen and chosen != _main_evaluator(seen) and seen.shot is not None:
        seen.evaluator = chosen[:12]
        other = tracing.seen_by(seen.shot, chosen)
        seen.shot = other or seen.shot
        if other is None:
            seen.problem = _("%(evaluator)s has read no images of this participant.") % {
                "evaluator": chosen[:12]
            }
    seen.suffix = _suffix(request, "cut", "at", "evaluator")
    if seen.evaluators:
        here = {key: request.GET[key] for key in ("cut", "at", "run") if request.GET.get(key)}
        seen.chips = [("", _suffix(request, *here), not seen.evaluator)]
        seen.chips += [
            (who, f"?{urlencode(here | {'evaluator': who})}", who == seen.evaluator)
            for who in seen.evaluators
        ]
    return seen


def _main_evaluator(seen: Seen) -> str:
    """Of the settings: those that a cut keeps, else those of today."""
    return str(seen.cut.engine_settings["evaluator"]) if seen.cut else engine_settings().evaluator


def _suffix(request: HttpRequest, *names: str) -> str:
    """What of the address is given, to be put behind another."""
    kept = {name: request.GET[name] for name in names if request.GET.get(name)}
    return f"?{urlencode(kept)}" if kept else ""


def _at_cut(participant: Participant, code: str) -> Seen:
    cut = cut_of(code)
    if cut is None:
        raise Http404
    row = CutPerson.objects.filter(cut=cut, participant=participant).first()
    if row is None:
        return Seen(
            None, cut=cut, problem=_("The participant is not in this data cut: nothing was entered then.")
        )
    return Seen(tracing.shot_of_cut(row, cut), cut=cut)


def _at_run(participant: Participant, number: str) -> Seen:
    pk = int(number) if number.isdecimal() and len(number) < 18 else 0
    run = EndpointRun.objects.filter(participant=participant, pk=pk).first()
    if run is None:
        raise Http404
    return Seen(tracing.shot_of_run(run, run.cutoff, run.created_at), at=run.created_at, run=number)


def _at_moment(participant: Participant, text: str) -> Seen:
    zone = zoneinfo.ZoneInfo(participant.site.time_zone)
    try:
        at = moment_of(text, zone)
    except Refused as no:
        return Seen(None, problem=no.reason)
    if at is None:
        return Seen(None, problem=_("This is no date that can be read: %(text)s") % {"text": text[:40]})
    if at > timezone.now() and at.astimezone(zone).date() > timezone.localdate(timezone=zone):
        return Seen(None, problem=_("This moment lies in the future: the trail says nothing of it yet."))
    if at < participant.created_at:
        return Seen(None, at=at, problem=_("Before that moment the participant did not exist in the system."))
    at = min(at, timezone.now())
    return Seen(tracing.shot_at(participant, at), at=at)


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
