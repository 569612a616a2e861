"""The worklist of central pathology: every case, who reads what until when, releases; for who allocates, others only read."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from pathology.models import CaseState, PathologyCase, Slot
from pathology.policies import READING_DAYS, may_allocate
from pathology.selectors.cases import (
    PER_PAGE,
    Filters,
    cases_for,
    counted,
    door,
    lines_of,
    ordered,
    sites_for,
    today,
    with_places,
)
from pathology.selectors.workload import able, workload
from pathology.services import case_share_out, result_release
from pathology.views.typed import Unreadable, day_of
from trialsite.accounts.door import require
from trialsite.accounts.models import User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused, refused

MOST = 200  # cases of one act
seen_by = require(Permission.ALLOCATE, Permission.AUDIT)


@seen_by
@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    """`/pathology/?state=DECIDED&site=01&reader=p1&show=late&q=P-7`: which case is whose, and how far."""
    return _list(request, Filters.read(request.GET))


def _list(request: HttpRequest, filters: Filters, *, status: int = 200, **said: Any) -> HttpResponse:
    day, mine = today(), cases_for(request.user)
    wanted = ordered(with_places(filters.apply(mine, day)))
    page = Paginator(wanted, PER_PAGE).get_page(request.GET.get("page"))
    load = workload(day)
    context = {
        "filters": filters, "page": page, "lines": lines_of(page.object_list, day), "load": load,
        "chips": _chips(filters, mine), "sites": sites_for(request.user), "may": grants_of(request.user).may(Permission.ALLOCATE),
        "readers": able(load, Slot.FIRST), "days": READING_DAYS, "today": day, "chosen": (), "typed": {}, **said,
    }  # fmt: skip
    return render(request, "pathology/progress.html", context, status=status)


def _chips(filters: Filters, mine: Any) -> list[tuple[str, Any, int, bool, str]]:
    """Address, name, number, whether it is this one, and a class."""
    numbers = counted(filters.within(mine), today())
    where = reverse("pathology")
    found: list[tuple[str, Any, int, bool, str]] = [
        (f"{where}?{filters.query(state='', show='')}", _("All"), numbers.all, not filters.state and not filters.show, "")
    ]  # fmt: skip
    for state in CaseState:
        n, on = numbers.states[state], filters.state == state and not filters.show
        if n or on or state != CaseState.CLOSED:
            found.append((f"{where}?{filters.query(state=state, show='')}", state.label, n, on, ""))
    names = {
        "late": _("Overdue"), "reopening": _("To open again"), "recut": _("New slides asked for"), "reread": _("Re-reads"),
    }  # fmt: skip
    for show, name in names.items():
        n, on = numbers.special[show], filters.show == show
        if n or on:
            tone = "warn" if n and show != "reread" else ""
            found.append((f"{where}?{filters.query(state='', show=show)}", name, n, on, tone))
    return found


# --- several at once ------------------------------------------------------------------------------------------------


@seen_by
@require_POST
def share(request: HttpRequest) -> HttpResponse:
    """The chosen cases are shared out evenly among the chosen readers."""
    filters, chosen = _asked(request)
    names = request.POST.getlist("among")
    people = list(User.objects.filter(username__in=names).order_by("pk"))
    try:
        _may(request, chosen)
        if not chosen:
            refused(_("Choose the cases that you want to share out."), "text").require()
        if len(people) < 2:
            refused(_("Choose at least two readers."), "text").require()
        due = day_of(request.POST.get("due", ""))
        given = case_share_out(by=request.user, cases=chosen, readers=people, due=due)  # type: ignore[arg-type]
    except (Refused, Unreadable) as no:
        return _refused(request, filters, chosen, _("Nothing was shared out"), no)
    if given:
        text = ngettext("%(n)s place was given.", "%(n)s places were given.", given) % {"n": given}
        messages.success(request, text)
    else:
        messages.warning(request, _("The chosen cases have no free place that these readers can take."))
    return redirect(_back(filters))


@seen_by
@require_POST
def release(request: HttpRequest) -> HttpResponse:
    """The chosen cases are released, each on its own; what was refused is said with its reason."""
    filters, chosen = _asked(request)
    try:
        _may(request, chosen)
        if not chosen:
            refused(_("Choose the cases that you want to release."), "text").require()
    except Refused as no:
        return _refused(request, filters, chosen, _("Nothing was released"), no)
    done, left = [], []
    for case in chosen:
        try:
            result_release(by=request.user, case=case)  # type: ignore[arg-type]
            done.append(case.code)
        except Refused as no:
            left.append((case.code, no.reason))
    if not done:
        return _list(
            request, filters, status=403, refused=_("Nothing was released"), left=left, chosen=[c.code for c in chosen]
        )  # fmt: skip
    text = ngettext(
        "%(n)s result is released: %(codes)s.", "%(n)s results are released: %(codes)s.", len(done)
    )
    messages.success(request, text % {"n": len(done), "codes": ", ".join(done)})
    if left:
        return _list(
            request, filters, refused=_("Not released"), left=left, chosen=[code for code, _why in left]
        )
    return redirect(_back(filters))


def _asked(request: HttpRequest) -> tuple[Filters, list[PathologyCase]]:
    """The list that the page showed, and the chosen cases of it that this person may see; 404 for another one."""
    filters = Filters.read(dict(parse_qsl(request.POST.get("back", ""))))
    codes = list(dict.fromkeys(request.POST.getlist("case")))
    found = {
        case.code: case
        for case in cases_for(request.user).filter(code__in=codes[:MOST]).select_related("participant__site")
    }
    if len(codes) > MOST or len(found) < len(codes):
        raise Http404
    return filters, [found[code] for code in codes]


def _may(request: HttpRequest, chosen: list[PathologyCase]) -> None:
    """Who only reads the list is told so, whatever was chosen."""
    if door(request.user) != Permission.ALLOCATE:
        may_allocate(request.user, chosen[0] if chosen else PathologyCase()).require()  # type: ignore[arg-type]


def _refused(
    request: HttpRequest, filters: Filters, chosen: list[PathologyCase], title: str, no: Refused | Unreadable
) -> HttpResponse:
    """The list again with everything that was chosen, and why nothing was done."""
    status = 422 if isinstance(no, Unreadable) or no.code in ("text", "reader", "same") else 403
    typed = {"among": request.POST.getlist("among"), "due": request.POST.get("due", "")}
    return _list(
        request, filters, status=status, refused=title, refusal=no.reason, chosen=[case.code for case in chosen],
        typed=typed,
    )  # fmt: skip


def _back(filters: Filters) -> str:
    query = filters.query()
    return f"{reverse('pathology')}?{query}" if query else reverse("pathology")
