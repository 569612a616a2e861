"""What there is to verify against the source, and what changed since it was: counts, lists, the next form.

"To verify": entered to the end, of a form of which the plan asks something, not wholly verified, not locked. One scan of
an index counts it for every participant; the lines of a page are read for the few participants that are on it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.http import Http404
from django.urls import reverse

from crf.critical import has_critical
from crf.models import (
    FormInstance,
    FormStatus,
    MarkState,
    PlanLevel,
    VerificationMark,
    VerificationPlan,
    Verified,
)
from crf.policies import BLINDED_FORMS
from crf.registry import forms, parts
from crf.selectors.access import form_at, visit_for
from crf.selectors.history import TYPED
from participants.models import Participant, Visit
from trialsite.accounts.models import Site
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.audit.models import AuditEvent
from trialsite.kernel.texts import Text

NEEDS = ("verify", "changed", "unfinished", "verified", "all")


# --- who looks ------------------------------------------------------------------------------------------------------


def sites_verified(user: Any) -> set[int] | None:
    """Sites whose verification this person does or reads; `None`: all. Monitor, data manager, inspector."""
    grants = grants_of(user)
    found: set[int] = set()
    for rights in ((Permission.VERIFY,), (Permission.VIEW, Permission.AUDIT)):
        sites = [grants.sites(right) for right in rights]
        if all(where is None for where in sites):
            return None
        found |= set.intersection(*(where for where in sites if where is not None))
    return found


def sdv_form_at(user: Any, number: str, label: str, key: str, repeat: int | None) -> FormInstance:
    """The form behind an address of the verification, or 404."""
    form = form_at(user, number, label, key, repeat)
    _require_site(user, form.participant.site_id)
    if form.form_key in BLINDED_FORMS:
        raise Http404
    return form


def sdv_visit_at(user: Any, number: str, label: str) -> Visit:
    visit = visit_for(user, number, label)
    _require_site(user, visit.participant.site_id)
    return visit


def _require_site(user: Any, site: int) -> None:
    sites = sites_verified(user)
    if sites is not None and site not in sites:
        raise Http404


def entered_by(user: Any, found: Collection[FormInstance]) -> set[int]:
    """Those of these forms on which this person entered or changed data, in whatever role: nobody verifies oneself."""
    targets = {form.address: form.pk for form in found}
    typed = AuditEvent.objects.filter(target__in=targets, actor=user, action__in=TYPED).order_by()
    return {targets[target] for target in typed.values_list("target", flat=True).distinct()}


# --- the plan -------------------------------------------------------------------------------------------------------


def planned_levels() -> dict[str, str]:
    """What the plan asks, by form; central results are nobody's at a site."""
    said = dict(VerificationPlan.objects.values_list("form_key", "level"))
    keys = [key for key in [*forms(), *parts()] if key not in BLINDED_FORMS]
    return {key: said.get(key, PlanLevel.CRITICAL) for key in keys}


def asked_keys(levels: dict[str, str] | None = None) -> list[str]:
    """Forms of which the plan asks something."""
    return [
        key
        for key, level in (planned_levels() if levels is None else levels).items()
        if level == PlanLevel.ALL or (level == PlanLevel.CRITICAL and has_critical(key))
    ]


def plan_counts() -> dict[str, tuple[int, int]]:
    """By form: how many are entered, and how many of them verified."""
    entered = FormInstance.objects.filter(active=True, version__gt=0, participant__imported=False).order_by()
    rows = entered.values_list("form_key").annotate(n=Count("pk"), v=Count("pk", filter=VERIFIED))
    return {key: (n, v) for key, n, v in rows}


# --- counts ---------------------------------------------------------------------------------------------------------

ENTERED = Q(active=True, version__gt=0)
VERIFIED = Q(verified=Verified.FULLY)
WAITS = Q(locked=False) & ~VERIFIED
CONDITIONS = {
    "verify": WAITS & Q(status=FormStatus.COMPLETE),
    "unfinished": WAITS & Q(status=FormStatus.IN_PROGRESS),
    "verified": VERIFIED,
    "all": Q(),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the query string asks for."""

    need: str = "verify"
    site: str = ""
    participant: str = ""
    visit: str = ""
    form: str = ""

    @property
    def of_forms(self) -> Q:
        found = Q()
        if self.form:
            found &= Q(form_key=self.form)
        if self.visit == "log":
            found &= Q(visit__isnull=True)
        elif self.visit:
            found &= Q(visit__code=self.visit)
        return found


@dataclass(slots=True)
class Progress:
    """A participant or a site: forms of which the plan asks something, those verified, those that the list shows."""

    number: str
    name: Any
    site: str
    total: int = 0
    verified: int = 0
    shown: int = 0
    changed: int = 0

    @property
    def percent(self) -> float | None:
        return 100 * self.verified / self.total if self.total else None

    def add(self, other: Progress) -> None:
        self.total += other.total
        self.verified += other.verified
        self.shown += other.shown
        self.changed += other.changed


def progress_of(user: Any, filters: Filters, keys: Sequence[str] | None = None) -> dict[int, Progress]:
    """By participant, in the order of their numbers. Two queries."""
    people = _people(user, filters)
    asked = Q(form_key__in=asked_keys() if keys is None else keys)
    shown = CONDITIONS.get(filters.need, CONDITIONS["verify"]) & filters.of_forms
    # Not narrowed by form: what is narrowed is not read from the one index that has everything in it.
    rows = (
        FormInstance.objects.filter(ENTERED, **({"participant__in": people} if filters.participant else {}))
        .order_by()
        .values_list("participant")
        .annotate(
            n=Count("participant_id", filter=asked),
            v=Count("participant_id", filter=asked & VERIFIED),
            s=Count("participant_id", filter=asked & shown),
        )
    )
    for pk, total, verified, count in rows:
        if pk in people:
            one = people[pk]
            one.total, one.verified, one.shown = total, verified, count
    return people


def _people(user: Any, filters: Filters) -> dict[int, Progress]:
    found = Participant.objects.filter(imported=False)
    sites = sites_verified(user)
    if sites is not None:
        found = found.filter(site__in=sites)
    if filters.site:
        found = found.filter(site__number=filters.site)
    if filters.participant:
        found = found.filter(number=filters.participant)
    rows = found.order_by("number").values_list(
        "pk", "number", "site__number", "site__name_en", "site__name_zh"
    )
    return {pk: Progress(number, Text(en, zh), site) for pk, number, site, en, zh in rows}


def by_site(people: Iterable[Progress]) -> list[Progress]:
    sites: dict[str, Progress] = {}
    for one in people:
        sites.setdefault(one.site, Progress(one.site, one.name, one.site)).add(one)
    return [sites[number] for number in sorted(sites)]


# --- changed since verified -----------------------------------------------------------------------------------------


def fallen_marks(user: Any) -> QuerySet[VerificationMark]:
    """Values that changed since somebody verified them, where they can be verified again."""
    fallen = VerificationMark.objects.filter(
        state=MarkState.CHANGED, form__locked=False, form__participant__imported=False
    )
    sites = sites_verified(user)
    return fallen if sites is None else fallen.filter(form__participant__site__in=sites)


def choices(user: Any) -> tuple[list[Site], list[str]]:
    """Sites and participants for the filters. Two queries."""
    sites = Site.objects.order_by("number")
    numbers = Participant.objects.filter(imported=False).order_by("number")
    mine = sites_verified(user)
    if mine is not None:
        sites, numbers = sites.filter(pk__in=mine), numbers.filter(site__in=mine)
    return list(sites), list(numbers.values_list("number", flat=True))


# --- the home page --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SdvTiles:
    """For the home page of a monitor: forms to verify, values changed since verified, per cent verified by site."""

    to_verify: int
    verify_href: str
    changed: int
    changed_href: str
    changed_since: dt.datetime | None
    sites: list[Progress]


def sdv_tiles(user: Any) -> SdvTiles:
    """Four queries, however many forms."""
    people = progress_of(user, Filters())
    counted = fallen_marks(user).aggregate(n=Count("pk"), since=Min("changed_at"))
    here = reverse("sdv")
    return SdvTiles(
        sum(one.shown for one in people.values()), here,
        counted["n"], here + "?need=changed", counted["since"], by_site(people.values()),
    )  # fmt: skip
