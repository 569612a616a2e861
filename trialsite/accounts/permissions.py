"""Who may do what, where. `grants_of` is the only place that turns roles into rights."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from trialsite.db.prepared import Prepared

from .models import RoleHeld, Site, User
from .roles import BLINDED, RIGHTS, Permission, Role


@dataclass(frozen=True, slots=True)
class Grants:
    """What a user may do today. `everywhere` holds rights of roles without a site."""

    roles: tuple[tuple[str, int | None], ...] = ()
    everywhere: frozenset[Permission] = frozenset()
    at: dict[int, frozenset[Permission]] = field(default_factory=dict)

    def may(self, permission: Permission, site: int | Site | None = None) -> bool:
        """True when held at `site`; without a site, when held anywhere."""
        if permission in self.everywhere:
            return True
        if site is None:
            return any(permission in rights for rights in self.at.values())
        key = site.pk if isinstance(site, Site) else site
        return permission in self.at.get(key, frozenset())

    def sites(self, permission: Permission) -> set[int] | None:
        """Primary keys of the sites where the permission is held; `None` means all sites."""
        if permission in self.everywhere:
            return None
        return {site for site, rights in self.at.items() if permission in rights}

    def limit(self, queryset: QuerySet[Any], permission: Permission, path: str = "site") -> QuerySet[Any]:
        """Only rows of sites where the permission is held."""
        sites = self.sites(permission)
        return queryset if sites is None else queryset.filter(**{f"{path}__in": sites})

    def role_at(self, site: int | Site | None) -> str:
        """The role that names a person in the trail at this site (first held in the order of `Role`)."""
        key = site.pk if isinstance(site, Site) else site
        held = [role for role, where in self.roles if where is None or where == key] or [
            role for role, _ in self.roles
        ]
        order = list(Role.values)
        return min(held, key=order.index, default="")

    @property
    def blinded(self) -> bool:
        return any(role in BLINDED for role, _ in self.roles)


_held = Prepared(
    lambda user, day: RoleHeld.objects.on(day).filter(user=user).values_list("role", "site_id"),
    user=1, day=dt.date.min,
)  # fmt: skip


def grants_of(user: Any, on: dt.date | None = None) -> Grants:
    """Grants on a day (today). One query; remembered on the user object for the length of a request."""
    if not getattr(user, "is_authenticated", False) or not user.is_active:
        return Grants()
    day = on or timezone.localdate()
    # By `getattr`, so that request.user, which is lazy, and the user behind it remember the same.
    kept = getattr(user, "_grants", None)
    if kept is not None and kept[0] == day:
        return kept[1]
    grants = _sum(_held(user=user.pk, day=day))
    user._grants = (day, grants)
    return grants


def forget(user: User) -> None:
    """The roles of this user have changed: read them again when next asked."""
    user._grants = None  # type: ignore[attr-defined]


def _sum(held: list[tuple[str, int | None]]) -> Grants:
    everywhere: frozenset[Permission] = frozenset()
    at: dict[int, frozenset[Permission]] = {}
    for role, site in held:
        if site is None:
            everywhere |= RIGHTS[role]
        else:
            at[site] = at.get(site, frozenset()) | RIGHTS[role]
    return Grants(roles=tuple(held), everywhere=everywhere, at=at)


def may(user: User, permission: Permission, site: int | Site | None = None) -> bool:
    return grants_of(user).may(permission, site)
