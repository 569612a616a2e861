"""What the administration pages read."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .models import RoleHeld, User
from .roles import RIGHTS, SECOND_FACTOR, Permission, Role


def users_listed(search: str = "") -> QuerySet[User]:
    """Every account with today's roles and the state of its second factor: two queries."""
    roles = RoleHeld.objects.on(timezone.localdate()).select_related("site")
    factor = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
    users = User.objects.annotate(factor_enrolled=Exists(factor))
    if search:
        users = users.filter(Q(username__icontains=search) | Q(full_name__icontains=search))
    return users.prefetch_related(Prefetch("roles_held", queryset=roles, to_attr="roles_today"))


RIGHTS_IN_WORDS: dict[Permission, Any] = {
    Permission.VIEW: _("See participants, forms and their history"),
    Permission.SCREEN: _("Add a participant"),
    Permission.ENTER: _("Enter and correct forms"),
    Permission.SIGN: _("Sign"),
    Permission.QUERY_RAISE: _("Raise queries"),
    Permission.QUERY_ANSWER: _("Answer queries"),
    Permission.VERIFY: _("Verify against the source"),
    Permission.LOCK: _("Freeze and lock"),
    Permission.UNLOCK: _("Unlock"),
    Permission.READ_CENTRALLY: _("Read specimens, blinded"),
    Permission.ADJUDICATE: _("Adjudicate readings, blinded"),
    Permission.ALLOCATE: _("Give specimens to readers"),
    Permission.RESULTS: _("See results of single participants"),
    Permission.AGGREGATE: _("See rates and curves of the trial"),
    Permission.REPORT: _("Build and download reports"),
    Permission.EXPORT: _("Export data"),
    Permission.IMPORT: _("Import data"),
    Permission.AUDIT: _("Explore the audit trail"),
    Permission.ACCOUNTS: _("Manage users, sites and roles"),
    Permission.CONFIGURE: _("Keep laboratories, reference ranges and consent versions of a site"),
}


def permission_grid() -> dict[str, Any]:
    """Rights by role, from the table that decides."""
    roles = list(Role)
    rows = [(RIGHTS_IN_WORDS[right], [right in RIGHTS[role] for role in roles]) for right in Permission]
    return {
        "roles": [role.label for role in roles],
        "rows": rows,
        "factor": [role in SECOND_FACTOR for role in roles],
    }
