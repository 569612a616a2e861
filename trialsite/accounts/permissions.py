"""Who may do what, where. `grants_of` is the only place that turns roles into rights."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from trialsite.db.prepared import Prepared

from .duties import NEEDS
from .models import Delegation, RoleHeld, Site, Training, User
from .roles import BLINDED, RIGHTS, Permission, Role


@dataclass(frozen=True, slots=True)
class Grants:
    """What a user may do today. `everywhere` holds rights of roles without a site."""

    roles: tuple[tuple[str, int | None], ...] = ()
    everywhere: frozenset[Permission] = frozenset()
    at: dict[int, frozenset[Permission]] = field(default_factory=dict)
    # Rights of a role that wait for training or delegation, by site; `selectors.asleep` says for what.
    asleep: dict[int | None, frozenset[Permission]] = field(default_factory=dict)

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


TOPICS = sorted({topic for need in NEEDS.values() for topic in need.topics})
DUTIES = sorted({need.duty for need in NEEDS.values()})


def _roles_with_needs(user: int, day: dt.date) -> QuerySet[Any, Any]:
    """Roles on a day, each with what is learnt and what is delegated at its site: all in one query."""
    learnt = {
        f"topic_{topic}": Exists(Training.objects.on(day).filter(user=user, topic=topic)) for topic in TOPICS
    }
    delegated = {
        f"duty_{duty}": Exists(
            Delegation.objects.on(day).covering(duty).filter(user=user, site=OuterRef("site_id"))
        )
        for duty in DUTIES
    }
    held = RoleHeld.objects.on(day).filter(user=user).annotate(**learnt, **delegated)
    return held.values_list("role", "site_id", *learnt, *delegated)


_held = Prepared(_roles_with_needs, user=1, day=dt.date.min)


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


def _sum(held: list[Sequence[Any]]) -> Grants:
    everywhere: frozenset[Permission] = frozenset()
    at: dict[int, frozenset[Permission]] = {}
    asleep: dict[int | None, frozenset[Permission]] = {}
    for role, site, *met in held:
        awake = RIGHTS[role] - _waiting(met)
        asleep[site] = asleep.get(site, frozenset()) | (RIGHTS[role] - awake)
        if site is None:
            everywhere |= awake
        else:
            at[site] = at.get(site, frozenset()) | awake
    roles = tuple((role, site) for role, site, *_met in held)
    return Grants(roles=roles, everywhere=everywhere, at=at, asleep=asleep)


def _waiting(met: list[bool]) -> frozenset[Permission]:
    """Rights whose training or delegation is missing."""
    learnt = {topic for topic, there in zip(TOPICS, met, strict=False) if there}
    delegated = {duty for duty, there in zip(DUTIES, met[len(TOPICS) :], strict=True) if there}
    return frozenset(
        right for right, need in NEEDS.items() if not need.topics <= learnt or need.duty not in delegated
    )


def may(user: User, permission: Permission, site: int | Site | None = None) -> bool:
    return grants_of(user).may(permission, site)
