"""Home: what waits for the reader, by role."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from crf.models import DailyMail
from crf.selectors import home as selectors
from crf.services.daily_mail import daily_mail_set
from trialsite.accounts import selectors as accounts
from trialsite.accounts.door import require
from trialsite.accounts.permissions import Grants, grants_of
from trialsite.accounts.roles import Permission, Role

P = Permission


@require()
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    grants = grants_of(request.user)
    elsewhere = _elsewhere(grants)
    if elsewhere:
        return redirect(elsewhere)
    context: dict[str, Any] = {"enters": grants.may(P.ENTER), "views": grants.may(P.VIEW)}
    context |= {"tasks": accounts.account_tasks(request.user), "asleep": accounts.asleep(request.user)}  # type: ignore[arg-type]
    if grants.may(P.VIEW):
        context |= selectors.overview(request.user, enters=grants.may(P.ENTER))
    if grants.may(P.AUDIT) and grants.may(P.VIEW):
        context["changes"] = selectors.latest_changes(request.user)
    if settings.EMAIL_URL and getattr(request.user, "email", ""):
        context["mail"] = not DailyMail.objects.filter(user=request.user.pk, wanted=False).exists()
    if grants.may(P.LOCK):
        context["failed"] = selectors.failed_results(request.user)
    return render(request, "home/home.html", context)


@require()
@require_POST
def daily_mail(request: HttpRequest) -> HttpResponse:
    """The morning's letter on or off."""
    daily_mail_set(by=request.user, wanted=request.POST.get("wanted") == "on")  # type: ignore[arg-type]
    return redirect("home")


def _elsewhere(grants: Grants) -> str:
    """Roles whose work is one page go straight to it."""
    if grants.blinded:
        return "/readings/"
    if any(role == Role.STATISTICIAN for role, _site in grants.roles) and not grants.may(P.ENTER):
        return "/endpoints/"
    return "/admin/users/" if grants.may(P.ACCOUNTS) and not grants.may(P.VIEW) else ""
