"""One case: material and its way, allocation, requests, release; every act is a POST to the page of the case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from pathology.models import (
    CaseState,
    Condition,
    Custody,
    ItemKind,
    PathologyCase,
    Reading,
    RecutRequest,
    Reopening,
    Slot,
    SpecimenItem,
)
from pathology.policies import (
    may_allocate,
    may_ask_reopening,
    may_decide_reopening,
    may_keep_material,
    may_release,
)
from pathology.selectors.case import (
    book_of,
    custody_of,
    history_of,
    items_of,
    known_places,
    operation_of,
    out_of_hand,
    outcome_of,
    recuts_of,
    reopenings_of,
)
from pathology.selectors.cases import GLYPHS, Place, arrivals_of, case_for, places_of, today
from pathology.selectors.workload import ReaderLoad, able, workload
from pathology.services import (
    custody_note,
    items_receive,
    readers_allocate,
    reading_reopen_ask,
    reading_reopen_decide,
    recut_answer,
    result_release,
)
from pathology.services.specimens import Arrived, Passing
from pathology.views.cases import seen_by
from pathology.views.typed import Unreadable, arrived_of, day_of, lines_of, moment_of, typed_rows
from trialsite.accounts.models import User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused, refused

ROWS, MOST_ROWS = 4, 60
MISSING = ("text", "item", "reader", "same")  # something is missing or wrong in what was typed


@seen_by
@require_http_methods(["GET", "POST"])
def case(request: HttpRequest, code: str) -> HttpResponse:
    """`/pathology/P-7Q2M/`."""
    found = case_for(request.user, code)
    if request.method == "POST":
        return _act(request, found)
    return _page(request, found)


def _act(request: HttpRequest, found: PathologyCase) -> HttpResponse:
    act = request.POST.get("act", "")
    rows = _rows(request)
    if act == "rows":  # without script: more lines of the table of what arrived, nothing is stored
        return _page(request, found, act="receive", rows=min(rows + ROWS, MOST_ROWS))
    try:
        if act not in ACTS:
            may_allocate(request.user, found).require()  # type: ignore[arg-type]
            refused(_("Choose what to do."), "text").require()
        said = ACTS[act](request, found)
    except Unreadable as no:
        return _page(request, found, 422, act=act, refusal=no.reason, rows=rows)
    except Refused as no:
        status = 422 if no.code in MISSING else 403
        return _page(request, found, status, act=act, refusal=no.reason, rows=rows)
    messages.success(request, said)
    return redirect(reverse("case", args=[found.code]) + PLACES.get(act, ""))


# --- the page -------------------------------------------------------------------------------------------------------


def _page(
    request: HttpRequest,
    found: PathologyCase,
    status: int = 200,
    *,
    act: str = "",
    refusal: Any = "",
    rows: int = ROWS,
) -> HttpResponse:
    found = case_for(request.user, found.code)  # as it stands now
    user: Any = request.user
    book, day = book_of(found), today()
    readings = list(found.readings.select_related("reader", "form"))
    items, events, load = items_of(found), custody_of(found), workload(day)
    manages = grants_of(user).may(Permission.ALLOCATE)
    released = found.state == CaseState.RELEASED
    may, keep = may_allocate(user, found), may_keep_material(user, found)
    context = {
        "case": found, "glyph": GLYPHS[CaseState(found.state)], "manages": manages, "operation": operation_of(book),
        "arrival": arrivals_of([found])[found.pk], "items": items, "events": events, "away": out_of_hand(items),
        "places": _places(found, readings, day, load), "may": may, "keep": keep, "release": may_release(user, found),
        "recuts": recuts_of(found), "reopenings": _reopenings(user, found), "asks": _asks(user, readings),
        "reasons": manages or released, "outcome": outcome_of(found, book),
        "history": history_of(found, readings, reasons=manages or released),
        "kinds": ItemKind.choices, "custody": Custody.choices, "conditions": Condition.choices,
        "known": known_places(events), "slides": [item for item in items if item.kind == ItemKind.SLIDE],
        "now": timezone.localtime(), "today": day, "act": act, "refusal": refusal,
        "typed": request.POST if act else {}, "ticked": request.POST.getlist("item") if act else [],
        "rows": typed_rows(request.POST if act == "receive" else {}, rows), "row_count": rows,
        "load": [one for one in load if any(reading.reader_id == one.user.pk for reading in readings)],
    }  # fmt: skip
    return render(request, "pathology/case.html", context, status=status)


def _places(
    found: PathologyCase, readings: list[Reading], day: Any, load: list[ReaderLoad]
) -> list[tuple[Place, list[ReaderLoad], bool]]:
    """Each place with who can be given it, and whether it can be given or only its last day be moved."""
    found._prefetched_objects_cache = {"readings": readings}  # type: ignore[attr-defined]
    return [
        (
            place,
            able(load, place.slot),
            place.state in ("free", "given", "named", "none") and found.reread_of_id is None,
        )
        for place in places_of(found, day)
    ]


def _asks(user: Any, readings: list[Reading]) -> list[tuple[Reading, Any, Any]]:
    """Submitted readings, and whether this person may ask for them to be opened again."""
    return [
        (reading, Slot(reading.slot).label, may_ask_reopening(user, reading))
        for reading in sorted(readings, key=lambda one: list(Slot.values).index(one.slot))
        if reading.submitted_at
    ]


def _reopenings(user: Any, found: PathologyCase) -> list[tuple[Reopening, Any, Any]]:
    """Requests with the place, and whether this person may grant one."""
    return [
        (one, Slot(one.reading.slot).label, may_decide_reopening(user, one, one.reading, granted=True))
        for one in reopenings_of(found)
    ]


def _rows(request: HttpRequest) -> int:
    text = request.POST.get("rows", "")
    return min(max(int(text), 1), MOST_ROWS) if text.isascii() and text.isdigit() and len(text) < 4 else ROWS


# --- acts -----------------------------------------------------------------------------------------------------------


def _allocate(request: HttpRequest, found: PathologyCase) -> str:
    """Places by slot, each with its last day; what stood there when the page was made comes along."""
    post, readers, due, seen = request.POST, {}, {}, {}
    names = {name for name in (post.get(f"reader.{slot}", "") for slot in Slot.values) if name}
    people = {user.username: user for user in User.objects.filter(username__in=names)}
    for slot in Slot.values:
        if f"reader.{slot}" not in post:
            continue
        name = post[f"reader.{slot}"]
        if name and name not in people:
            refused(_("There is no reader of this name."), "text").require()
        readers[slot], due[slot] = people.get(name), day_of(post.get(f"due.{slot}", ""))
        if f"was.{slot}" in post:
            seen[slot] = post[f"was.{slot}"]
        if due[slot] is not None and str(due[slot]) == post.get(f"was_due.{slot}"):
            due[slot] = None  # not touched: a day that is over may stand
    if not readers:
        refused(_("Choose the readers."), "text").require()
    readers_allocate(by=request.user, case=found, readers=readers, due=due, seen=seen)  # type: ignore[arg-type]
    return _("The allocation of %(code)s is saved.") % {"code": found.code}


def _receive(request: HttpRequest, found: PathologyCase) -> str:
    post = request.POST
    arrived = arrived_of(typed_rows(post, _rows(request))) + lines_of(post.get("lines", ""))
    for_slide = post.get("recut_of", "")
    if for_slide:
        if not for_slide.isdigit() or len(arrived) != 1:
            refused(_("A slide that stands for another one is received alone."), "text").require()
        one = arrived[0]
        arrived = [Arrived(one.kind, one.label, one.block, one.nodule, one.stain, one.bed, int(for_slide))]
    made = items_receive(
        by=request.user, case=found, arrived=arrived, passing=_passing(post, Custody.RECEIVED)  # type: ignore[arg-type]
    )  # fmt: skip
    return ngettext("%(n)s item is received.", "%(n)s items are received.", len(made)) % {"n": len(made)}


def _passing(post: Any, kind: str) -> Passing:
    at = moment_of(post.get("day", ""), post.get("time", ""))
    texts = {name: post.get(name, "").replace("\0", "").strip() for name in ("origin", "destination", "note")}
    return Passing(kind, at, condition=post.get("condition", ""), **texts)


def _custody(request: HttpRequest, found: PathologyCase) -> str:
    post = request.POST
    numbers = [
        int(number)
        for number in post.getlist("item")
        if number.isascii() and number.isdigit() and len(number) < 6
    ]
    items = list(SpecimenItem.objects.filter(case=found, number__in=numbers))
    reject = bool(post.get("rejected"))
    if reject and not post.get("note", "").strip():
        refused(_("Say in the note why the material cannot be used."), "text").require()
    custody_note(
        by=request.user, case=found, passing=_passing(post, post.get("kind", "")), items=items, rejected=reject  # type: ignore[arg-type]
    )  # fmt: skip
    return ngettext("Noted for %(n)s item.", "Noted for %(n)s items.", len(items)) % {"n": len(items)}


def _recut(request: HttpRequest, found: PathologyCase) -> str:
    recut = get_object_or_404(
        RecutRequest.objects.select_related("case__participant__site"),
        case=found,
        pk=_number(request, "recut"),
    )
    recut_answer(
        by=request.user, recut=recut, done=request.POST.get("done") == "1", answer=request.POST.get("answer", "")  # type: ignore[arg-type]
    )  # fmt: skip
    return _("The request is answered.")


def _reopen(request: HttpRequest, found: PathologyCase) -> str:
    reading = get_object_or_404(
        Reading.objects.select_related("case__participant__site"), case=found, pk=_number(request, "reading")
    )
    reading_reopen_ask(by=request.user, reading=reading, reason=request.POST.get("reason", "")[:500])  # type: ignore[arg-type]
    return _("Asked. Another person decides whether the reading is opened again.")


def _decide(request: HttpRequest, found: PathologyCase) -> str:
    asked = Reopening.objects.select_related("reading__case__participant__site", "reading__form")
    one = get_object_or_404(asked, reading__case=found, pk=_number(request, "reopening"))
    granted = request.POST.get("granted", "")
    if granted not in ("0", "1"):
        refused(_("Choose whether the reading is opened again."), "text").require()
    answer = request.POST.get("answer", "").strip()[:500]
    if granted == "0" and not answer:
        refused(_("Say why the reading is not opened again."), "text").require()
    reading_reopen_decide(by=request.user, reopening=one, granted=granted == "1", answer=answer)  # type: ignore[arg-type]
    return _("The reading is open again.") if granted == "1" else _("The reading stays as it was submitted.")


def _release(request: HttpRequest, found: PathologyCase) -> str:
    result_release(by=request.user, case=found)  # type: ignore[arg-type]
    return _("The result of %(code)s is released.") % {"code": found.code}


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


ACTS: dict[str, Callable[[HttpRequest, PathologyCase], str]] = {
    "allocate": _allocate, "receive": _receive, "custody": _custody, "recut": _recut, "reopen": _reopen,
    "decide": _decide, "release": _release,
}  # fmt: skip
PLACES = {
    "allocate": "#readers", "receive": "#material", "custody": "#way", "recut": "#recuts", "reopen": "#reopenings",
    "decide": "#reopenings", "release": "#result",
}  # fmt: skip
