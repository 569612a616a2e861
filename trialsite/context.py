"""What every page's frame needs: navigation by right, environment, the reader's roles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import structlog
from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from trialsite.accounts.permissions import Grants, grants_of
from trialsite.accounts.roles import Permission, Role

P = Permission

Right = Permission | tuple[Permission, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A page of the menu: it is shown to who holds one of the rights, or all rights of one of the tuples.

    `more`: it stands in the second menu. A blinded reader sees the entries for `blinded` only.
    """

    path: str
    name: Any
    rights: tuple[Right, ...]
    more: bool = False
    blinded: bool = False

    def shown(self, grants: Grants) -> bool:
        if grants.blinded and not self.blinded:
            return False
        return any(_holds(grants, right) for right in self.rights)


def _holds(grants: Grants, right: Right) -> bool:
    wanted = right if isinstance(right, tuple) else (right,)
    return all(grants.may(one) for one in wanted)


READS_REVIEW = (P.VIEW, P.AUDIT)  # monitor, data manager, inspector

ENTRIES: tuple[Entry, ...] = (
    Entry("/", _("Home"), tuple(P)),
    Entry("/participants/", _("Participants"), (P.VIEW,)),
    Entry("/queries/", _("Queries"), (P.VIEW,)),
    Entry("/sdv/", _("Verify"), (P.VERIFY, READS_REVIEW)),
    Entry("/sign/", _("Sign"), (P.SIGN,)),
    Entry("/readings/", _("My readings"), (P.READ_CENTRALLY, P.ADJUDICATE), blinded=True),
    Entry("/readings/guide/", _("Guide"), (P.READ_CENTRALLY, P.ADJUDICATE), blinded=True),
    Entry("/pathology/", _("Pathology"), (P.ALLOCATE,)),
    Entry("/endpoints/", _("Endpoints"), (P.AGGREGATE,)),
    Entry("/reports/", _("Reports"), (P.REPORT,)),
    Entry("/pathology/agreement/", _("Reader agreement"), (P.AGGREGATE,), more=True),
    Entry("/deviations/", _("Proposed deviations"), (P.VIEW,), more=True),
    Entry("/locks/", _("Freeze and lock"), (P.VIEW,), more=True),
    Entry("/documents/", _("Documents"), (P.VIEW,), more=True),
    Entry("/laboratories/", _("Laboratories"), (P.VIEW,), more=True),
    Entry("/duplicates/", _("Duplicates"), (P.RECONCILE,), more=True),
    Entry("/delegations/", _("Delegation logs"), (P.VIEW,), more=True),
    Entry("/persons/", _("Authorised persons"), (READS_REVIEW,), more=True),
    Entry("/audit/", _("Audit trail"), (P.AUDIT,), more=True),
    Entry("/trail-review/", _("Trail review"), (READS_REVIEW,), more=True),
    Entry("/copies/", _("Certified copies"), (P.COPY,), more=True),
    Entry("/admin/", _("Administration"), (P.ACCOUNTS,)),
)

# Pages that belong to an entry although their address begins otherwise.
BELOW: dict[str, tuple[str, ...]] = {"/participants/": ("/participants/", "/p/")}


@dataclass(frozen=True, slots=True)
class NavItem:
    path: str
    name: str
    current: bool
    count: int = 0
    answered: bool = False
    queries: bool = True  # what is counted


def navigation(grants: Grants, path: str, more: bool = False) -> list[NavItem]:
    """Only links that work for this reader."""
    return [
        NavItem(entry.path, entry.name, _current(entry.path, path))
        for entry in ENTRIES
        if entry.more == more and entry.shown(grants)
    ]


def _current(where: str, path: str) -> bool:
    if where == "/":
        return path == where
    nearer = (entry.path for entry in ENTRIES if entry.path != where and entry.path.startswith(where))
    return path.startswith(BELOW.get(where, where)) and not path.startswith(tuple(nearer))


def counted(items: list[NavItem], grants: Grants) -> list[NavItem]:
    """With the queries that wait for this reader: to answer at a site, else answered and to be closed."""
    from crf.selectors.worklists import queries_waiting

    if not grants.may(P.QUERY_ANSWER) and not grants.may(P.QUERY_RAISE):
        return items
    number, answered = queries_waiting(grants)
    return [
        replace(item, count=number, answered=answered) if item.path == "/queries/" else item for item in items
    ]


def to_read(items: list[NavItem], user: Any, grants: Grants) -> list[NavItem]:
    """With the central readings that wait for this reader."""
    if not grants.may(P.READ_CENTRALLY) and not grants.may(P.ADJUDICATE):
        return items
    from pathology.selectors.reader import readings_waiting

    number = readings_waiting(user)
    return [
        replace(item, count=number, queries=False) if item.path == "/readings/" else item for item in items
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
        user = getattr(request, "user", None)
        grants = grants_of(user)
        return {
            "nav": to_read(counted(navigation(grants, request.path), grants), user, grants),
            "more": navigation(grants, request.path, more=True),
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
