"""What every page's frame needs: navigation by right, environment, the reader's roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from trialsite.accounts.permissions import Grants, grants_of
from trialsite.accounts.roles import Permission, Role

P = Permission

# Path, name, and the rights of which one opens it. A blinded reader sees the blinded entries only.
ENTRIES: tuple[tuple[str, Any, frozenset[Permission], bool], ...] = (
    ("/", _("Home"), frozenset(P), False),
    ("/participants/", _("Participants"), frozenset({P.VIEW}), False),
    ("/readings/", _("Readings"), frozenset({P.READ_CENTRALLY, P.ADJUDICATE}), True),
    ("/pathology/", _("Pathology"), frozenset({P.ALLOCATE}), False),
    ("/laboratories/", _("Laboratories"), frozenset({P.VIEW}), False),
    ("/endpoints/", _("Endpoints"), frozenset({P.AGGREGATE}), False),
    ("/reports/", _("Reports"), frozenset({P.REPORT}), False),
    ("/documents/", _("Documents"), frozenset({P.VIEW}), False),
    ("/admin/", _("Administration"), frozenset({P.ACCOUNTS}), False),
)

# Pages that belong to an entry although their address begins otherwise.
BELOW: dict[str, tuple[str, ...]] = {"/participants/": ("/participants/", "/p/")}


@dataclass(frozen=True, slots=True)
class NavItem:
    path: str
    name: str
    current: bool


def navigation(grants: Grants, path: str) -> list[NavItem]:
    """Only links that work for this reader."""
    shown = [
        (where, name)
        for where, name, rights, for_blinded in ENTRIES
        if any(grants.may(right) for right in rights) and (for_blinded or not grants.blinded)
    ]
    return [
        NavItem(where, name, path == where if where == "/" else path.startswith(BELOW.get(where, where)))
        for where, name in shown
    ]


def role_names(grants: Grants) -> list[str]:
    """The names of the roles held, each once, in the order of `Role`."""
    held = {role for role, _site in grants.roles}
    return [str(role.label) for role in Role if role.value in held]


def reference_of(request: HttpRequest) -> str:
    """What the reader tells the data manager and the log knows the request by."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))[:13]


def frame(request: HttpRequest) -> dict[str, Any]:
    """Lazy, so that a fragment that shows no frame asks nothing of the database."""

    def bar() -> dict[str, Any]:
        grants = grants_of(getattr(request, "user", None))
        return {
            "nav": navigation(grants, request.path),
            "roles": role_names(grants),
            "blinded": grants.blinded,
            "may_find": grants.may(P.VIEW) and not grants.blinded,
        }

    return {
        "frame": SimpleLazyObject(bar),
        "demo": settings.DEMO,
        "study": getattr(settings, "STUDY_NAME", "MFCA-HCC-NEO"),
        "session_seconds": settings.SESSION_COOKIE_AGE,
        "reference": reference_of(request),
    }
