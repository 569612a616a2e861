"""The list of authorised persons: who they are, which roles, training and duties they hold, from when until when.

FDA 2024, Q11: a list of authorised persons with dates, kept and reviewed. A fixed number of queries for any number
of people. The text of the list and its digest are what an attestation stands for; times of sign-ins are not in it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from . import invitations
from .models import Delegation, RoleHeld, Site, Training, User


@dataclass(slots=True, repr=False)  # tables print their rows, and the text of a role asks for its user
class Person:
    """One account with everything that opens something for it on a day."""

    user: User
    factor: bool
    day: dt.date
    roles: list[RoleHeld] = field(default_factory=list)
    attended: list[Training] = field(default_factory=list)  # expired ones as well
    delegations: list[Delegation] = field(default_factory=list)

    @property
    def trainings(self) -> list[Training]:
        """What counts on the day."""
        return [one for one in self.attended if one.expires_on is None or one.expires_on >= self.day]

    @property
    def training_until(self) -> dt.date | None:
        """The first day on which one of the topics ends or ended; none when all are open-ended."""
        latest: dict[str, dt.date] = {}
        for training in self.attended:
            end = training.expires_on or dt.date.max
            latest[training.topic] = max(end, latest.get(training.topic, dt.date.min))
        soonest = min(latest.values(), default=dt.date.max)
        return None if soonest == dt.date.max else soonest

    @property
    def delegated_until(self) -> dt.date | None:
        ends = [line.valid_until for line in self.delegations if line.valid_until]
        return min(ends, default=None)

    @property
    def until(self) -> dt.date | None:
        """The last day of the last role; none when a role is open-ended."""
        ends = [held.valid_until for held in self.roles]
        return None if None in ends else max((end for end in ends if end), default=None)

    @property
    def invitation(self) -> invitations.State:
        return invitations.state(self.user)

    @property
    def line(self) -> dict[str, object]:
        """What an attestation stands for: codes and dates, in a fixed order."""
        return {
            "user": self.user.username,
            "name": self.user.full_name,
            "roles": sorted(held.in_words for held in self.roles),
            "training": sorted(training.in_words for training in self.trainings),
            "delegation": sorted(line.in_words for line in self.delegations),
        }


@dataclass(frozen=True, slots=True)
class Roster:
    people: list[Person]
    content: str
    digest: str


def roster(site: Site | None = None, day: dt.date | None = None) -> Roster:
    """Every active account; of a site, who holds a role there."""
    on = day or timezone.localdate()
    users = User.objects.filter(is_active=True)
    if site is not None:
        users = users.filter(Exists(RoleHeld.objects.on(on).filter(user=OuterRef("pk"), site=site)))
    people = persons(users, on, site)
    content = json.dumps([person.line for person in people], ensure_ascii=False, indent=0)
    return Roster(people, content, hashlib.sha256(content.encode()).hexdigest())


def persons(users: QuerySet[User], day: dt.date, site: Site | None = None) -> list[Person]:
    """Accounts with what they hold on a day: four queries. With a site, its roles and duties only."""
    factor = Authenticator.objects.filter(user=OuterRef("pk"), type=Authenticator.Type.TOTP)
    found = [
        Person(user, user.has_totp, day)  # type: ignore[attr-defined]
        for user in users.annotate(has_totp=Exists(factor)).order_by("username")
    ]
    ids = [person.user.pk for person in found]
    here = Q() if site is None else Q(site=site)
    roles, trainings, lines = defaultdict(list), defaultdict(list), defaultdict(list)
    for held in RoleHeld.objects.on(day).filter(here, user__in=ids).select_related("site"):
        roles[held.user_id].append(held)
    for training in Training.objects.filter(user__in=ids, trained_on__lte=day, withdrawn_at__isnull=True):
        trainings[training.user_id].append(training)
    for line in Delegation.objects.on(day).filter(here, user__in=ids).select_related("site"):
        lines[line.user_id].append(line)
    for person in found:
        key = person.user.pk
        person.roles, person.attended, person.delegations = roles[key], trainings[key], lines[key]
    return found
