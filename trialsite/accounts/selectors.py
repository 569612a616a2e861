"""What the administration pages read."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Decision

from . import policies, rosters
from .duties import NEEDS, Duty, Topic
from .invitations import State
from .models import Attestation, Delegation, RoleHeld, Site, User
from .permissions import grants_of
from .roles import RIGHTS, SECOND_FACTOR, Permission, Role, never

ATTEST_EVERY = dt.timedelta(days=7)
SOON = dt.timedelta(days=30)
ALERTED = dt.timedelta(hours=24)


# --- lists ----------------------------------------------------------------------------------------------------------


def users_listed(search: str = "") -> list[rosters.Person]:
    """Every account with what it holds today: a fixed number of queries."""
    users = User.objects.all()
    if search:
        users = users.filter(Q(username__icontains=search) | Q(full_name__icontains=search))
    return rosters.persons(users, timezone.localdate())


def persons_listed(reader: User) -> list[rosters.Person]:
    """The people whom a reader of the trail sees: all, or those of the own sites."""
    sites = None if grants_of(reader).may(Permission.ACCOUNTS) else grants_of(reader).sites(Permission.AUDIT)
    users = User.objects.all()
    if sites is not None:
        here = RoleHeld.objects.filter(site__in=sites).values("user")
        users = users.filter(pk__in=here)
    return rosters.persons(users, timezone.localdate())


def roles_ever(users: list[User]) -> dict[int, list[RoleHeld]]:
    """Every role that was ever held, by user."""
    found = defaultdict(list)
    for held in RoleHeld.objects.filter(user__in=users).select_related("site"):
        found[held.user_id].append(held)
    return found


# --- the delegation log ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A person of a site with the lines of the log, the running ones first."""

    person: rosters.Person
    lines: list[Delegation]


@dataclass(frozen=True, slots=True)
class LogSeen:
    site: Site
    principal: User | None
    attested: Attestation | None


def logs_seen(reader: User) -> list[LogSeen]:
    """Sites whose delegation log is open to the reader, each with who keeps it: three queries."""
    last = Attestation.objects.filter(site=OuterRef("pk")).order_by("-at", "-pk").values("pk")[:1]
    sites = [
        site for site in Site.objects.annotate(last=Subquery(last)) if policies.may_see_log(reader, site)
    ]
    named = Delegation.objects.on(timezone.localdate()).filter(duty=Duty.PRINCIPAL).select_related("user")
    principals = {line.site_id: line.user for line in named}
    attested = Attestation.objects.select_related("by").in_bulk([site.last for site in sites if site.last])
    return [LogSeen(site, principals.get(site.pk), attested.get(site.last)) for site in sites]


def log_of(site: Site) -> list[LogEntry]:
    """Everybody who has a line in the log of a site or a role there that could have one."""
    today = timezone.localdate()
    lines = defaultdict(list)
    for line in Delegation.objects.filter(site=site).select_related("delegated_by", "authorised_by", "site"):
        lines[line.user_id].append(line)
    staff = RoleHeld.objects.on(today).filter(site=site, role__in=[Role.COORDINATOR, Role.INVESTIGATOR])
    users = User.objects.filter(Q(pk__in=list(lines)) | Q(pk__in=staff.values("user")))
    return [
        LogEntry(person, sorted(lines[person.user.pk], key=lambda line: not line.in_force(today)))
        for person in rosters.persons(users, today, site)
    ]


def principal_of(site: Site, day: dt.date | None = None) -> User | None:
    line = (
        Delegation.objects.on(day or timezone.localdate())
        .filter(site=site, duty=Duty.PRINCIPAL)
        .select_related("user")
        .first()
    )
    return line.user if line else None


# --- why a right is asleep ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asleep:
    """A right that a role gives and that does not act today, with everything that it waits for."""

    right: Any
    site: Site
    reasons: list[Decision]


def asleep(user: User) -> list[Asleep]:
    """Nothing is asked of the database when nothing is asleep."""
    day = timezone.localdate()
    waiting = {site: rights for site, rights in grants_of(user).asleep.items() if site and rights}
    if not waiting:
        return []
    sites = Site.objects.in_bulk(waiting)
    return [
        Asleep(RIGHTS_IN_WORDS[right], sites[site], policies.missing(user, right, sites[site], day))
        for site, rights in waiting.items()
        for right in Permission
        if right in rights
    ]


# --- attestation ----------------------------------------------------------------------------------------------------


def attested_last(site: Site | None = None) -> Attestation | None:
    return Attestation.objects.filter(site=site).select_related("by", "site").first()


def attestation_due(site: Site | None = None) -> dt.datetime | None:
    """When the list should be looked at again; none: it was never attested."""
    last = attested_last(site)
    return last.at + ATTEST_EVERY if last else None


# --- work -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Task:
    """Something that waits for a person: how many, since when, and where it is done."""

    title: Any
    count: int
    oldest: dt.datetime | dt.date | None
    href: str


def account_tasks(user: User) -> list[Task]:
    """What accounts ask of this person today; nothing that the person cannot act on."""
    found = []
    if grants_of(user).may(Permission.ACCOUNTS):
        found += _of_administrators()
    for line in Delegation.objects.on(timezone.localdate()).filter(user=user, duty=Duty.PRINCIPAL):
        found += _of_principal(line.site)
    return [task for task in found if task.count]


def _of_administrators() -> list[Task]:
    now, today = timezone.now(), timezone.localdate()
    locked = lock_outs().aggregate(n=Count("pk"), oldest=Min("at"))
    invited = User.objects.filter(
        is_active=True, invited_at__lt=now - dt.timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    ).aggregate(n=Count("pk"), oldest=Min("invited_at"))
    ends = _training_ends(today)
    users = reverse("users")
    return [
        Task(_("Sign-in locked in the last 24 hours"), locked["n"], locked["oldest"], f"{users}#lock-outs"),
        _attestation_task(None, reverse("attestation")),
        Task(
            _("Training ended or ends within 30 days"),
            len(ends),
            min(ends, default=None),
            f"{users}?need=training",
        ),
        Task(_("Invitations expired unused"), invited["n"], invited["oldest"], f"{users}?need=invitation"),
    ]


def _of_principal(site: Site) -> list[Task]:
    open_lines = Delegation.objects.filter(site=site, authorised_at__isnull=True, ended_at__isnull=True)
    waiting = open_lines.exclude(duty=Duty.PRINCIPAL).aggregate(n=Count("pk"), oldest=Min("delegated_at"))
    address = reverse("delegations", args=[site.number])
    return [
        Task(_("Delegations to confirm"), waiting["n"], waiting["oldest"], address),
        _attestation_task(site, reverse("attestation_site", args=[site.number])),
    ]


def _attestation_task(site: Site | None, address: str) -> Task:
    due = attestation_due(site)
    overdue = due is None or due <= timezone.now()
    return Task(_("Attest the list of users"), int(overdue), due, address)


def lock_outs_named() -> list[tuple[AuditEvent, User | None]]:
    """The last twenty with the account that each is about; a name that is no account is not known."""
    events = list(lock_outs()[:20])
    known = User.objects.in_bulk([int(key) for e in events if (key := e.target.partition(":")[2]).isdigit()])
    return [
        (e, known.get(int(key)) if (key := e.target.partition(":")[2]).isdigit() else None) for e in events
    ]


def lock_outs() -> QuerySet[AuditEvent]:
    """Lock-outs of the last day, the latest first."""
    since = timezone.now() - ALERTED
    return AuditEvent.objects.filter(action=Action.LOCKED_OUT, at__gte=since).order_by("-at")


def _training_ends(today: dt.date) -> list[dt.date]:
    """The last days of trainings that ended or end soon, of active people with a role who did not renew them."""
    people = rosters.persons(User.objects.filter(is_active=True), today)
    ends = (person.training_until for person in people if person.roles)
    return [end for end in ends if end and end <= today + SOON]


def needing(people: list[rosters.Person], need: str) -> list[rosters.Person]:
    """The people of a task of the administrator's."""
    if need == "training":
        last = timezone.localdate() + SOON
        return [
            p
            for p in people
            if p.user.is_active and p.roles and p.training_until and p.training_until <= last
        ]
    if need == "invitation":
        return [p for p in people if p.user.is_active and p.invitation == State.EXPIRED]
    return people


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
    Permission.COPY: _("Take certified copies"),
    Permission.ACCOUNTS: _("Manage users, sites and roles"),
    Permission.RECONCILE: _("Decide whether two participants are the same person"),
    Permission.CONFIGURE: _("Keep laboratories, reference ranges and consent versions of a site"),
}


def permission_grid() -> dict[str, Any]:
    """Rights by role, from the table that decides."""
    roles = list(Role)
    rows = [(RIGHTS_IN_WORDS[right], [_cell(right, role) for role in roles]) for right in Permission]
    return {
        "roles": [role.label for role in roles],
        "rows": rows,
        "factor": [role in SECOND_FACTOR for role in roles],
        "needs": [
            (
                RIGHTS_IN_WORDS[right],
                [topic.label for topic in Topic if topic in need.topics],
                Duty(need.duty).label,
            )
            for right, need in NEEDS.items()
        ],
    }


def _cell(right: Permission, role: Role) -> str:
    if right in RIGHTS[role]:
        return "yes"
    return "never" if right in never(role) else "no"
