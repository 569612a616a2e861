"""Proposed deviations: the list, and the decision of a person of the site."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crf.models import DeviationProposal, ProposalState
from crf.naming import form_url
from crf.policies import may_log
from crf.selectors.access import participant_for
from crf.selectors.deviations import STATES, found_words, line_of, proposal_for, proposals_for, under_hold
from crf.services.deviations import proposal_accept, proposal_reject
from trialsite.accounts.door import require
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import ALLOWED, Refused

PER_PAGE = 40


@require(Permission.VIEW)
@require_GET
def deviations(request: HttpRequest) -> HttpResponse:
    """`/deviations/`: what waits; `?state=REJECTED` and the others: what was decided."""
    return _list(request)


def _list(request: HttpRequest, status: int = 200, **said: Any) -> HttpResponse:
    state, number = request.GET.get("state", ""), request.GET.get("p", "")
    state = state if state in STATES else "PROPOSED"
    found = proposals_for(request.user).filter(state=state)
    if number:
        found = found.filter(participant=participant_for(request.user, number))
    order = ("proposed_at", "pk") if state == "PROPOSED" else ("-decided_at", "-proposed_at", "pk")
    page = Paginator(found.order_by(*order), PER_PAGE).get_page(request.GET.get("page"))
    enters = grants_of(request.user).may(Permission.ENTER)
    held = under_hold(one.participant for one in page) if enters else set()
    context = {
        "page": page, "rows": [_row(request, one, held) for one in page],
        "state": state, "states": [(code, ProposalState(code).label) for code in STATES], "number": number,
        "enters": enters, **said,
    }  # fmt: skip
    return render(request, "deviations/list.html", context, status=status)


def _row(request: HttpRequest, one: DeviationProposal, held: set[int]) -> tuple[Any, str, Any]:
    """The line, what was found in words, and whether this person may decide it (asked one by one only where a hold
    stands)."""
    if one.state != ProposalState.PROPOSED:
        return line_of(one), found_words(one), None
    plain = one.participant_id not in held and grants_of(request.user).may(Permission.ENTER, one.site_id)
    return line_of(one), found_words(one), ALLOWED if plain else may_log(request.user, one.participant)


@require(Permission.VIEW)
@require_POST
def deviation_decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Accept: a line of the deviation log, opened for what a person must add. Reject: with a reason."""
    proposal = proposal_for(request.user, pk)
    person: Any = request.user
    reason = request.POST.get("reason", "")
    try:
        if request.POST.get("decision") == "accept":
            line = proposal_accept(by=person, proposal=proposal)
            messages.info(
                request, _("Written into the deviation log. Add the severity and complete the line.")
            )
            return redirect(form_url(line))
        proposal_reject(by=person, proposal=proposal, reason=reason)
    except Refused as no:
        status = 403 if no.code == "role" else 422
        return _list(request, status, refusal=str(no.reason), refused_at=pk, typed_reason=reason)
    messages.success(request, _("Rejected, with the reason in the audit trail."))
    return redirect("deviations")
