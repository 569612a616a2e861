"""Planned re-reads: the data manager chooses or draws released readings, and sees how far they are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from pathology.models import Reading
from pathology.policies import READING_DAYS
from pathology.selectors.rereads import candidates, drawn_by_lot, planned, readers_to_draw
from pathology.services import reread_open
from trialsite.accounts.door import require
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused

EACH, DAYS, MOST = 5, 60, 50
SHOWN = 40


@require_http_methods(["GET", "POST"])
@require(Permission.ALLOCATE)
def rereads(request: HttpRequest) -> HttpResponse:
    """`/pathology/rereads/`: plan re-reads, and how far those are that are planned. Readers are compared over all sites."""
    if grants_of(request.user).sites(Permission.ALLOCATE) is not None:
        raise Http404
    if request.method == "POST":
        return _plan(request)
    return _page(request)


def _page(request: HttpRequest, error: str = "", status: int = 200) -> HttpResponse:
    readers = readers_to_draw()
    chosen = request.GET.get("reader", "")
    reader = next((one.pk for one in readers if one.username == chosen), None)
    found = candidates(reader, code=request.GET.get("case", "").strip())
    context = {
        "readers": readers, "chosen": chosen, "case": request.GET.get("case", ""), "error": error,
        "page": Paginator(found, SHOWN).get_page(request.GET.get("page")),
        "planned": Paginator(planned(), 100).get_page(request.GET.get("planned")),
        "due": timezone.localdate() + dt.timedelta(READING_DAYS), "each": EACH, "days": DAYS, "most": MOST,
        "today": timezone.localdate(),
    }  # fmt: skip
    return render(request, "pathology/rereads.html", context, status=status)


def _plan(request: HttpRequest) -> HttpResponse:
    """By lot, or those that are ticked. Each is planned by itself: what one refuses does not hold up the others."""
    due = _day(request.POST.get("due", ""))
    if due is None or due < timezone.localdate():
        return _page(request, _("Give a due date that is not in the past."), 422)
    if request.POST.get("action") == "draw":
        readings = _drawn(request)
        if readings is None:
            return _page(request, _("Draw between 1 and 50 readings, read at least 0 days ago."), 422)
    else:
        ticked = [int(pk) for pk in request.POST.getlist("reading") if pk.isdigit()]
        readings = list(candidates().filter(pk__in=ticked[:MOST]))
    if not readings:
        return _page(request, _("No reading was found to be read again."), 422)
    _open(request, readings, due)
    return redirect("rereads")


def _drawn(request: HttpRequest) -> list[Reading] | None:
    each, days = request.POST.get("each", ""), request.POST.get("days", "")
    if not (each.isdigit() and days.isdigit()) or not 1 <= int(each) <= MOST or int(days) > 3650:
        return None
    wanted = request.POST.get("reader", "")
    readers = [one.pk for one in readers_to_draw() if wanted in ("", one.username)]
    return drawn_by_lot(readers, int(each), int(days))


def _open(request: HttpRequest, readings: Iterable[Reading], due: dt.date) -> None:
    person: Any = request.user
    made = 0
    for reading in readings:
        try:
            reread_open(by=person, reading=reading, due=due)
            made += 1
        except Refused as refusal:
            messages.error(request, f"{reading.case.code}: {refusal.reason}")
    if made:
        said = ngettext("%(n)s re-read is planned.", "%(n)s re-reads are planned.", made) % {"n": made}
        messages.success(request, said)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
