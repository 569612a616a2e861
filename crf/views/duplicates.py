"""Participants who may be one person: the data manager's list, and the decision on a pair."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crf.models import DuplicateState
from crf.selectors.duplicates import duplicate_for, duplicates_for, pair_lines
from crf.services.duplicates import duplicate_decide
from trialsite.accounts.door import require
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused

PAGE = 50


@require(Permission.RECONCILE)
@require_GET
def duplicates(request: HttpRequest) -> HttpResponse:
    """`/duplicates/`: pairs to be decided; `?all=1`: every pair."""
    return _page(request)


@require(Permission.RECONCILE)
@require_POST
def duplicate(request: HttpRequest, pk: int) -> HttpResponse:
    """`/duplicates/7/`: different people, or the same person; with a reason."""
    pair = duplicate_for(request.user, pk)
    act, reason = request.POST.get("act", ""), request.POST.get("reason", "")
    try:
        duplicate_decide(by=request.user, pair=pair, act=act, reason=reason)  # type: ignore[arg-type]
    except Refused as refusal:
        status = 403 if refusal.code == "role" else 422
        return _page(request, status, typed={"pk": pk, "act": act, "reason": reason, "why": refusal.reason})
    messages.success(request, _("Decided."))
    return redirect("duplicates")


def _page(request: HttpRequest, status: int = 200, typed: dict[str, object] | None = None) -> HttpResponse:
    everything = "all" in request.GET or typed is not None
    pairs = duplicates_for(request.user)
    if not everything:
        pairs = pairs.filter(state=DuplicateState.OPEN)
    page = Paginator(pairs, PAGE).get_page(request.GET.get("page"))
    context = {"lines": pair_lines(list(page)), "page": page, "everything": everything, "typed": typed or {}}
    return render(request, "participants/duplicates.html", context, status=status)
