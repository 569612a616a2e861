"""What the verifier found, for whoever may look at the trail; "verify now" for the data manager."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from endpoints import verification_services as services
from endpoints.views.trial import DONE, is_polling
from trialsite.accounts.door import require
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.audit.models import TrailVerification
from trialsite.audit.selectors import latest_verification, running_verification
from trialsite.kernel.decisions import Refused

SHOWN = 20


def parts() -> dict[str, str]:
    """What a run looks at, in its order."""
    return {
        "guards": _("Protection of the tables"), "seals": _("Seals"), "chains": _("Chains of the trail"),
        "participants": _("Participants against the trail"), "runs": _("Stored results"),
        "results": _("Results computed again"), "slides": _("Files of digital slides"),
        "cuts": _("Data cuts"),
    }  # fmt: skip


def checked(run: TrailVerification | None) -> list[tuple[str, int]]:
    return [(name, run.checked[key]) for key, name in parts().items() if run and key in run.checked]


@require(Permission.AUDIT)
@require_http_methods(["GET", "POST"])
def verification(request: HttpRequest) -> HttpResponse:
    """`/audit/verification/`: the last run, those before it, and a run now."""
    person: Any = request.user
    status, refusal = 200, ""
    if request.method == "POST":
        try:
            services.verification_ask(by=person)
        except Refused as no:
            status, refusal = 403, no.reason
        else:
            messages.success(request, _("The verification is under way."))
            return redirect("audit_verification")
    decision, latest = services.may_verify(person), latest_verification()
    context = {
        "latest": latest, "checked": checked(latest), "running": running_verification(), "may": decision, "refusal": refusal,
        "runs": TrailVerification.objects.filter(finished_at__isnull=False).select_related("asked_by")[:SHOWN],
        "details": sees_details(person), "every": 2,
    }  # fmt: skip
    return render(request, "audit/verification.html", context, status=status)


def sees_details(user: Any) -> bool:
    """A problem names participants and their values: for who may see all of them."""
    grants = grants_of(user)
    return grants.sites(Permission.AUDIT) is None and grants.sites(Permission.VIEW) is None


@require(Permission.AUDIT)
@require_GET
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a run is. The part that polls ends with 286."""
    found = get_object_or_404(TrailVerification, pk=pk)
    services.hurry(found)
    if not is_polling(request):
        return redirect("audit_verification")
    context = {
        "run": found, "every": 2, "details": sees_details(request.user), "stage": parts().get(found.stage, ""),
    }  # fmt: skip
    return render(request, "audit/_run.html", context, status=200 if found.pending else DONE)
