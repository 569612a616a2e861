"""The database lock: its checklist, the lock, and how far the sealed snapshot is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from crf.checklist import Item, checklist
from crf.models import DatabaseLock
from crf.policies_review import may_copy, may_hold
from crf.services import database_lock as services
from crf.services.refusals import noted
from trialsite.accounts import proving
from trialsite.accounts.door import require
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused, refused


@require(Permission.AGGREGATE)
@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def database_lock(request: HttpRequest) -> HttpResponse:
    """`/locks/database/`."""
    if request.method == "GET":
        return _show(request)
    try:
        lock = _lock(request)
    except Refused as no:
        return _show(request, no, status=403 if no.code == "role" else 422)
    messages.success(
        request,
        _("The database is locked as number %(n)s. The snapshot is being sealed.") % {"n": lock.number},
    )
    return redirect("database_lock")


def _lock(request: HttpRequest) -> DatabaseLock:
    """Raises `Refused`. Who may not is told before anybody's password is tried."""
    user: Any = request.user
    with noted(by=user, act="lock", address="study"):
        may_hold(user).require()
        asked = proving.asked(request, user)
        typed = {name: request.POST.get(name, "") for name in asked}
        if not all(text.strip() for text in typed.values()):
            refused(_("Fill in everything that is asked for below “Your signature”."), "identity").require()
        if proving.wrong(request, user, typed):
            refused(_("This is not right. Nothing was locked."), "credentials").require()
    lock = services.database_lock(by=user, reason=request.POST.get("reason", ""), components=asked)
    proving.signed(request, user)
    return lock


def _all() -> QuerySet[DatabaseLock]:
    return DatabaseLock.objects.select_related("hold__by", "hold__lifted_by").order_by("-number")


# Lists behind the checklist that not everybody who reads it may open.
OPENED_BY = {
    "/pathology/": (Permission.ALLOCATE,), "/sdv/": (Permission.VERIFY, Permission.AUDIT), "/audit/": (Permission.AUDIT,),
}  # fmt: skip


def _reachable(item: Item, user: Any) -> Item:
    """Without a link that would be refused."""
    grants, rights = grants_of(user), OPENED_BY.get(item.href, (Permission.VIEW,))
    return item if any(grants.may(right) for right in rights) else replace(item, href="")


def _show(request: HttpRequest, no: Refused | None = None, status: int = 200) -> HttpResponse:
    user: Any = request.user
    standing = services.standing_lock()
    items = [_reachable(item, user) for item in checklist()] if standing is None else []
    context = {
        "may_database": True, "standing": standing, "items": items, "left": sum(not item.done for item in items),
        "may": may_hold(user),
        "asked": proving.asked(request, user), "refusal": no.reason if no else "",
        "reason": request.POST.get("reason", ""), "username": request.POST.get("username", ""),
        "locks": [(one, services.copy_of(one)) for one in _all()], "may_copy": may_copy(user),
    }  # fmt: skip
    return render(request, "locks/database.html", context, status=status)
