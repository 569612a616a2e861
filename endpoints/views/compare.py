"""Two views of the trial beside each other: `/endpoints/compare/?a=DC-01&b=DC-02`, and the same as CSV."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from endpoints.board.grid import plain
from endpoints.cuts import services
from endpoints.cuts.comparing import Comparison, Person, compare, name_of
from endpoints.cuts.inputs import Inputs, Window, inputs_between
from endpoints.download_services import file_taken
from endpoints.gather import today
from endpoints.models import DataCut, Moment
from endpoints.models_cuts import MomentState
from endpoints.services import stale
from endpoints.standpoint import AtMoment, Kept, Live, Standpoint, standpoint_of
from endpoints.views.cuts import EVERY, PAGE, without_poll
from endpoints.views.trial import DONE, is_polling
from participants.models import Participant
from trialsite.accounts.door import require
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused
from trialsite.web import sheets

PEOPLE = 10  # whose fields a page shows
BATCH = 50


class Waiting(Exception):
    """A side is being computed."""

    def __init__(self, moment: Moment) -> None:
        super().__init__(str(moment))
        self.moment = moment


def side(text: str, by: Any) -> Standpoint:
    """`DC-01`, `live`, `at:2026-06-01T12:00+08:00`, `dry-run:7`. Raises `Refused` or `Waiting`."""
    kind, _sep, rest = text.strip().partition(":")
    if kind == "dry-run" and rest.isdecimal() and len(rest) < 12:
        record = Moment.objects.filter(pk=int(rest), cutoff__isnull=False).first()
        if record is None:
            raise Refused(_("This dry run was thrown away. Make it again."), "cut")
        found: Standpoint = AtMoment(record)
    elif kind == "at":
        found = standpoint_of({"at": rest}, by)
    else:
        found = standpoint_of({} if text in ("", "live") else {"cut": text}, by)
    if isinstance(found, AtMoment) and not found.ready:
        raise Waiting(found.record)
    return found


@require_http_methods(["GET", "POST"])
@require(Permission.AGGREGATE)
def comparison(request: HttpRequest) -> HttpResponse:
    """`/endpoints/compare/`. Nothing chosen: the newest cut with now. POST: a moment that failed is tried again."""
    user: Any = request.user
    a, b = _chosen(request)
    context = {"a": a, "b": b, "cuts": DataCut.objects.only("number", "title"), "live": "live" in (a, b)}
    if not a:
        return render(request, "endpoints/cuts/compare.html", context)
    try:
        left, right = side(a, user), side(b, user)
    except Refused as no:
        return render(request, "endpoints/cuts/compare.html", context | {"refusal": no.reason}, status=422)
    except Waiting as wait:
        return _waiting(request, wait.moment)
    moment = next((one.record for one in (left, right) if isinstance(one, AtMoment)), None)
    if is_polling(request) and moment is not None:
        shown = {"moment": moment, "again": without_poll(request)}
        return render(request, "endpoints/cuts/_waiting.html", shown, status=DONE)
    shown_all = compare(left, right, grants_of(user))
    context |= _shown(request, shown_all)
    return render(request, "endpoints/cuts/compare.html", context)


def _chosen(request: HttpRequest) -> tuple[str, str]:
    """Both sides as the address names them; a day and time typed into the field is a moment."""
    newest = DataCut.objects.only("number").first()
    a = request.GET.get("a", "").strip() or (newest.code if newest else "")
    b = request.GET.get("b", "").strip() or "live"
    if at := request.GET.get("at", "").strip():
        b = f"at:{at}"
    return a, b


def _waiting(request: HttpRequest, moment: Moment) -> HttpResponse:
    services.hurry(moment)
    query = request.GET.copy()
    query["poll"] = "1"
    context = {
        "moment": moment,
        "every": EVERY,
        "poll": f"{request.path}?{query.urlencode()}",
        "heading": _("Compare"),
    }
    if is_polling(request):
        status = 200 if moment.pending else DONE
        return render(request, "endpoints/cuts/_waiting.html", context, status=status)
    if moment.state == MomentState.FAILED and request.POST.get("again"):
        person: Any = request.user
        services.moment_ask(by=person, at=moment.at, cutoff=moment.cutoff, final=moment.final, anew=True)
        return redirect(without_poll(request))
    return render(request, "endpoints/cuts/waiting.html", context)


def _shown(request: HttpRequest, found: Comparison) -> dict[str, Any]:
    values = Paginator(found.with_values, PAGE).get_page(request.GET.get("page"))
    people = Paginator(found.with_inputs, PEOPLE).get_page(request.GET.get("fields"))
    return {
        "found": found, "left": found.before, "right": found.after, "values": values, "people": people,
        "inputs": inputs_of(found, list(people.object_list)), "a": name_of(found.before), "b": name_of(found.after),
        "rest": [one for one in found.moved if not one.headline], "behind": stale().count() if "live" in _chosen(request) else 0,
        "same": [one for one in found.figures if one.headline and not one.moved],
    }  # fmt: skip


def inputs_of(found: Comparison, people: Sequence[Person]) -> list[Inputs]:
    """The fields behind the differences of some participants."""
    numbers = [one.number for one in people]
    rows = {one.number: one for one in Participant.objects.filter(number__in=numbers).select_related("site")}
    chosen = [rows[number] for number in numbers if number in rows]
    if not chosen:
        return []
    return inputs_between(chosen, Window(found.start, found.end), _cutoffs(found, chosen))


def _cutoffs(found: Comparison, people: Sequence[Participant]) -> dict[int, dt.date]:
    """The later side's day of each."""
    if isinstance(found.after, Kept):
        kept = found.after.people().filter(participant__in=people)
        return dict(kept.values_list("participant_id", "cutoff"))
    assert isinstance(found.after, Live)
    return {one.pk: today(one.site.time_zone, found.now) for one in people}


# --- CSV ------------------------------------------------------------------------------------------------------------


@require_GET
@require(Permission.AGGREGATE)
def comparison_csv(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """`/endpoints/compare.csv?a=DC-01&b=DC-02`: everything of the comparison, one difference a line."""
    user: Any = request.user
    a, b = _chosen(request)
    try:
        found = compare(side(a, user), side(b, user), grants_of(user))
    except Refused as no:
        return HttpResponse(str(no.reason), status=422, content_type="text/plain; charset=utf-8")
    except Waiting:
        return HttpResponse(
            _("This moment is being computed. Ask again."),
            status=409,
            content_type="text/plain; charset=utf-8",
        )
    file_taken(by=user, what="compare.csv", of=found.after, filters={"a": a, "b": b})
    lines = (sheets.line(plain(cell) for cell in row) for row in _rows(found))
    answer = StreamingHttpResponse(chain([sheets.MARK], lines), content_type="text/csv; charset=utf-8")
    name = f"{name_of(found.before)}_{name_of(found.after)}".replace(":", "-").replace("+", "-")
    answer["Content-Disposition"] = f'attachment; filename="compare_{name}.csv"'
    return answer


# Columns and kinds are the same in every language, for programs; what they hold is in the reader's.
HEADER = (
    "kind", "participant", "what", "set_or_form", "before", "after", "difference", "who", "role", "when", "reason", "field",
)  # fmt: skip


def _rows(found: Comparison) -> Iterator[Sequence[str]]:
    yield HEADER
    yield _row("side", what="a", before=found.before.label)
    yield _row("side", what="b", after=found.after.label)
    for one in found.questions:
        yield _row("setting", what=one.label, before=one.before, after=one.after)
    for figure in found.moved:
        yield _row(
            "figure", what=figure.label, where=figure.population, before=figure.before, after=figure.after,
            difference=figure.delta,
        )  # fmt: skip
    for person in found.people:
        if person.kind in ("new", "gone"):
            yield _row(person.kind, person.number)
        for value in person.values:
            yield _row("value", person.number, value.label, before=value.before, after=value.after)
    yield from _input_rows(found)


def _input_rows(found: Comparison) -> Iterator[Sequence[str]]:
    people = found.with_inputs
    for start in range(0, len(people), BATCH):
        for one in inputs_of(found, people[start : start + BATCH]):
            for change in one.changes:
                line = change.line
                yield _row(
                    f"field, {change.kind}", one.number, change.label, change.form, change.before, change.after, "",
                    line.who, line.role, line.at.isoformat(timespec="seconds"), line.reason, change.address,
                )  # fmt: skip
            if one.idle:
                yield _row("fields without effect", one.number, str(one.idle))


def _row(
    kind: str, number: str = "", what: str = "", where: str = "", before: str = "", after: str = "", difference: str = "",
    who: str = "", role: str = "", when: str = "", reason: str = "", address: str = "",
) -> tuple[str, ...]:  # fmt: skip
    return kind, number, what, where, before, after, difference, who, role, when, reason, address
