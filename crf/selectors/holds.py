"""What the console of freezing and locking reads: how ready sites, participants and forms are, and what is held."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from crf.models import (
    Finding,
    FindingState,
    FormInstance,
    FormStatus,
    Hold,
    HoldKind,
    PlanLevel,
    Query,
    Severity,
    Signed,
    UnlockRequest,
    UnlockState,
    Verified,
)
from crf.models.queries import STANDING
from crf.naming import form_title, form_url
from crf.registry import forms as all_forms
from crf.schedule import visit_label, visit_title
from crf.selectors.access import participants_for
from crf.selectors.readiness import COLUMNS, NEEDS, SYSTEM_KEYS, UNSIGNED_KEYS, levels, readiness, to_verify
from crf.selectors.work import OPEN_VISITS, REQUIRED
from participants.models import Participant, Visit
from trialsite.accounts.models import Site
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission

SHOW = ("all", "freeze", "lock", "not", "frozen", "locked")


@dataclass(slots=True)
class Tally:
    """Sums over forms. `forms` are those that count; `below` all that a hold would mark."""

    forms: int = 0
    complete: int = 0
    queries: int = 0
    to_verify: int = 0
    verified: int = 0
    to_sign: int = 0
    signed: int = 0
    lacks_freeze: int = 0
    lacks_lock: int = 0
    below: int = 0
    frozen: int = 0
    locked: int = 0

    def add(self, other: Tally) -> None:
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    @property
    def verified_share(self) -> int:
        """In per cent, rounded down: 100 only when nothing is left."""
        return self.verified * 100 // self.to_verify if self.to_verify else 100

    @property
    def complete_share(self) -> int:
        return self.complete * 100 // self.forms if self.forms else 0

    @property
    def is_frozen(self) -> bool:
        return self.below > 0 and self.frozen + self.locked >= self.below

    @property
    def is_locked(self) -> bool:
        return self.below > 0 and self.locked == self.below

    @property
    def may_freeze(self) -> bool:
        """Ready, and not frozen yet."""
        return self.forms > 0 and not self.lacks_freeze and not self.is_frozen

    @property
    def may_lock(self) -> bool:
        return self.forms > 0 and not self.lacks_lock and not self.is_locked


@dataclass(slots=True)
class PersonLine:
    """One participant of the console."""

    pk: int
    number: str
    site: int
    state: str
    tally: Tally
    query: str = ""  # the open query, when there is one alone

    def shown(self, show: str) -> bool:
        tally = self.tally
        return {
            "freeze": tally.may_freeze, "lock": tally.may_lock, "not": bool(tally.lacks_lock),
            "frozen": tally.is_frozen and not tally.is_locked, "locked": tally.is_locked,
        }.get(show, True)  # fmt: skip


@dataclass(slots=True)
class SiteLine:
    """One site with its sums and its participants."""

    site: Site
    tally: Tally = field(default_factory=Tally)
    people: list[PersonLine] = field(default_factory=list)  # those that are shown
    total: int = 0
    complete: int = 0
    signed: int = 0
    frozen: int = 0
    locked: int = 0

    def count(self, person: PersonLine) -> None:
        tally = person.tally
        self.tally.add(tally)
        self.total += 1
        self.complete += bool(tally.forms) and tally.complete == tally.forms
        self.signed += bool(tally.to_sign) and tally.signed == tally.to_sign
        self.frozen += tally.is_frozen
        self.locked += tally.is_locked


# --- sums, by the database ------------------------------------------------------------------------------------------


def _sums() -> dict[str, Any]:
    """The columns of `readiness`, as sums: the same rules, said to the database."""
    plan = levels()
    checked = sorted(key for key in all_forms() if to_verify(key, plan.get(key, PlanLevel.CRITICAL)))
    hard = Finding.objects.filter(state=FindingState.OPEN, severity=Severity.HARD).values("form")
    waited = (
        Q(expected=True, required__in=REQUIRED) & ~Q(form_key__in=SYSTEM_KEYS)
        & (Q(visit__isnull=True) | Q(visit__status__in=OPEN_VISITS))
    )  # fmt: skip
    counts = Q(active=True) & (Q(version__gt=0) | waited)
    complete = counts & Q(status=FormStatus.COMPLETE) & ~Q(pk__in=hard)
    asked = counts & (Q(query_open__gt=0) | Q(query_answered__gt=0))
    verify = counts & Q(version__gt=0, form_key__in=checked)
    sign = counts & ~Q(form_key__in=UNSIGNED_KEYS)
    unsigned = sign & ~Q(signed=Signed.SIGNED)
    unfit = counts & (
        ~Q(status=FormStatus.COMPLETE) | Q(pk__in=hard) | Q(query_open__gt=0) | Q(query_answered__gt=0)
    )
    unverified = verify & ~Q(verified=Verified.FULLY)

    def of(which: Q) -> Count:
        return Count("pk", filter=which)

    return {
        "forms": of(counts), "complete": of(complete), "queries": Sum("query_open", filter=asked) + Sum(
            "query_answered", filter=asked
        ),
        "to_verify": of(verify), "verified": of(verify & Q(verified=Verified.FULLY)),
        "to_sign": of(sign), "signed": of(sign & Q(signed=Signed.SIGNED)),
        "lacks_freeze": of(unfit), "lacks_lock": of(unfit | unverified | unsigned),
        "below": Count("pk"), "frozen": of(Q(frozen=True, locked=False)), "locked": of(Q(locked=True)),
    }  # fmt: skip


def tallies(forms: QuerySet[FormInstance], by: str = "participant") -> dict[Any, Tally]:
    """Sums by participant (or visit; none: the logs): one query, however many there are."""
    sums = {
        f"sum_{name}": value for name, value in _sums().items()
    }  # a column of the same name would be hidden
    rows = forms.order_by().values(by).annotate(**sums)
    found = {}
    for key, *values in rows.values_list(by, *(f"sum_{name}" for name in Tally.__slots__)):
        found[key] = Tally(*(value or 0 for value in values))
    return found


def all_below() -> QuerySet[FormInstance]:
    """Every form that a hold can cover. Single central readings are locked by their submission, not here."""
    return FormInstance.objects.exclude(form_key="CPATH").filter(participant__imported=False)


def console(user: Any, *, site: str = "", show: str = "all") -> list[SiteLine]:
    """The sites that a person sees, with the participants that are asked for: four queries."""
    sites = grants_of(user).limit(Site.objects.order_by("number"), Permission.VIEW, "pk")
    lines = {one.pk: SiteLine(one) for one in sites if not site or one.number == site}
    people = participants_for(user).filter(imported=False, site__in=lines).order_by("number")
    sums = tallies(all_below().filter(participant__site__in=lines))
    single = _single_queries(list(lines))
    for pk, number, at, state in people.values_list("pk", "number", "site", "state"):
        person = PersonLine(pk, number, at, state, sums.get(pk, Tally()))
        if person.tally.queries == 1:
            person.query = single.get(pk, "")
        lines[at].count(person)
        if person.shown(show):
            lines[at].people.append(person)
    return list(lines.values())


def _single_queries(sites: list[int]) -> dict[int, str]:
    """The code of the open query of participants who have one on a form."""
    rows = (
        Query.objects.filter(site__in=sites, state__in=STANDING, form__isnull=False)
        .order_by()
        .values("participant", "participant__number")
        .annotate(n=Count("pk"), last=Sum("number"))
        .filter(n=1)
    )
    return {row["participant"]: f"Q-{row['participant__number']}-{row['last']}" for row in rows}


# --- one participant, opened ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class FormLine:
    """One form of an opened participant: its place, what it lacks by column, what holds it."""

    at: str
    title: str
    href: str
    lacks: dict[str, tuple[str, str]]  # column → words, and where it is put right
    counts: bool
    frozen: bool
    locked: bool

    @property
    def cells(self) -> list[tuple[str, str, bool]]:
        """One for each column of readiness: words and link when something lacks; whether the form does not count."""
        return [(*self.lacks.get(column, ("", "")), not self.counts) for column in COLUMNS]

    @property
    def may_freeze(self) -> bool:
        return not (self.frozen or self.locked) and not self.lacks.keys() & set(NEEDS[HoldKind.FREEZE])

    @property
    def may_lock(self) -> bool:
        return not self.locked and not self.lacks


@dataclass(slots=True)
class VisitBlock:
    """The forms of a visit, or of the logs (no label)."""

    label: str
    title: str
    tally: Tally
    held: frozenset[str]  # kinds of hold that stand on the visit itself
    forms: list[FormLine] = field(default_factory=list)


def opened(participant: Participant) -> list[VisitBlock]:
    """The visits and forms of one participant with what each lacks; the logs come last."""
    below = all_below().filter(participant=participant)
    lacks = {one.form: one.lacks for one in readiness(below) if one.counts}
    sums = tallies(below, "visit")
    held: dict[int, set[str]] = {}
    holds = Hold.objects.filter(visit__participant=participant, lifted_at__isnull=True)
    for visit, kind in holds.values_list("visit", "kind"):
        held.setdefault(visit, set()).add(kind)
    asked = _queries_of(participant)
    blocks: dict[int | None, VisitBlock] = {}
    forms = below.select_related("visit").order_by("visit__order", "form_key", "repeat")
    for form in forms:
        form.participant = participant
        if form.pk not in lacks and not (form.frozen or form.locked) and not form.expected:
            continue
        block = blocks.get(form.visit_id)
        if block is None:
            block = blocks[form.visit_id] = _block(
                form.visit, sums[form.visit_id], held.get(form.visit_id or 0, set())
            )
        block.forms.append(_form_line(form, lacks.get(form.pk), asked.get(form.pk, [])))
    logs = blocks.pop(None, None)
    return [*blocks.values(), *([logs] if logs else [])]


def _block(visit: Visit | None, tally: Tally, held: set[str]) -> VisitBlock:
    if visit is None:
        return VisitBlock("", "", tally, frozenset(held))
    label = visit_label(visit.code, visit.repeat)
    return VisitBlock(label, str(visit_title(visit.code, visit.repeat)), tally, frozenset(held))


def _form_line(form: FormInstance, lacks: Mapping[str, str] | None, asked: list[str]) -> FormLine:
    href = form_url(form)
    where = {column: (words, href) for column, words in (lacks or {}).items()}
    if asked and "queries" in where:
        where["queries"] = (where["queries"][0] + ": " + ", ".join(asked[:3]), href)
    return FormLine(
        at="f:" + href.removeprefix("/p/").rstrip("/"), title=str(form_title(form.form_key, form.repeat)), href=href,
        lacks=where, counts=lacks is not None, frozen=form.frozen, locked=form.locked,
    )  # fmt: skip


def _queries_of(participant: Participant) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    standing = Query.objects.filter(participant=participant, state__in=STANDING, form__isnull=False)
    for query in standing.order_by("number"):
        found.setdefault(query.form_id, []).append(query.code)  # type: ignore[arg-type]
    return found


# --- what stands, what stood, what waits ----------------------------------------------------------------------------

_PLACES = (
    "form__participant__site", "form__visit", "visit__participant__site", "participant__site", "site",
)  # fmt: skip


def _visible(rows: QuerySet[Any], user: Any) -> QuerySet[Any]:
    """Holds and requests of the sites that a person sees; those of the study are everybody's."""
    sites = grants_of(user).sites(Permission.VIEW)
    if sites is None:
        return rows
    where = Q(level="STUDY") | Q(site__in=sites) | Q(participant__site__in=sites)
    return rows.filter(where | Q(visit__participant__site__in=sites) | Q(form__participant__site__in=sites))


def holds_for(user: Any, participant: Participant | None = None) -> QuerySet[Hold]:
    """Holds that stand or stood, newest first, with who put and lifted them and why."""
    holds = Hold.objects.select_related(*_PLACES, "by", "lifted_by")
    return _visible(_of(holds, participant), user)


def requests_for(user: Any, participant: Participant | None = None) -> QuerySet[UnlockRequest]:
    """Requests to unlock, newest first."""
    requests = UnlockRequest.objects.select_related(*_PLACES, "requested_by", "decided_by")
    return _visible(_of(requests, participant), user)


def _of(rows: QuerySet[Any], participant: Participant | None) -> QuerySet[Any]:
    """What concerns one participant: its own, its site's and the study's."""
    if participant is None:
        return rows
    here = Q(participant=participant) | Q(visit__participant=participant) | Q(form__participant=participant)
    return rows.filter(here | Q(site=participant.site_id) | Q(level="STUDY"))


def pending_for(user: Any, now: dt.datetime | None = None) -> QuerySet[UnlockRequest]:
    """Requests that wait for a second person."""
    waiting = requests_for(user).filter(state=UnlockState.PENDING, expires_at__gt=now or timezone.now())
    return waiting.order_by("requested_at")


def place_of(target: Any) -> tuple[str, str]:
    """A target as its address at the console, and its name apart from the words "Site" and "The study"."""
    if target is None:
        return "study", ""
    if isinstance(target, Site):
        return f"site:{target.number}", target.number
    if isinstance(target, Participant):
        return f"p:{target.number}", target.number
    if isinstance(target, Visit):
        label = visit_label(target.code, target.repeat)
        return f"v:{target.participant.number}/{label}", f"{target.participant.number} {label}"
    visit = f" {visit_label(target.visit.code, target.visit.repeat)}" if target.visit else ""
    title = form_title(target.form_key, target.repeat)
    return "f:" + form_url(target).removeprefix("/p/").rstrip(
        "/"
    ), f"{target.participant.number}{visit} {title}"


def lock_tiles(user: Any) -> dict[str, Any]:
    """For the home page of a data manager: participants ready to lock, and requests to unlock that wait.

    `{"ready": n, "unlocks": n, "oldest": moment of the oldest request, "href": …}`: three queries.
    """
    sums = tallies(all_below().filter(participant__in=participants_for(user)))
    pending = pending_for(user)
    oldest = pending.values_list("requested_at", flat=True).first()
    return {
        "ready": sum(tally.may_lock for tally in sums.values()), "unlocks": pending.count(), "oldest": oldest,
        "href": "/locks/?show=lock", "unlocks_href": "/locks/#unlocks",
    }  # fmt: skip


# --- what an act would do -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Planned:
    """What an act would do at one target: the forms that it marks, and what keeps it."""

    at: str
    name: str
    forms: int = 0
    standing: int = 0  # forms that are there already
    whys: list[str] = field(default_factory=list)  # the first few
    more: int = 0

    @property
    def ready(self) -> bool:
        return not self.whys


ACTS: dict[str, tuple[str, bool]] = {  # act → the mark, and what it is set to
    "freeze": ("frozen", True), "lock": ("locked", True), "unfreeze": ("frozen", False), "unlock": ("locked", False),
}  # fmt: skip
SAID = 3


def planned(act: str, targets: list[Any]) -> list[Planned]:
    """What an act would do at each of these targets: three queries, however many."""
    column, on = ACTS[act]
    found = {}
    for target in targets:
        at, name = place_of(target)
        found[_key(target)] = Planned(at, name)
    forms = all_below().filter(_covered(targets))
    where = {}
    rows = forms.order_by().values_list("pk", "visit", "participant", "participant__site", column)
    for pk, visit, participant, site, marked in rows:
        keys = [("form", pk), ("visit", visit), ("participant", participant), ("site", site), ("study", 0)]
        where[pk] = [found[key] for key in keys if key in found]
        for one in where[pk]:
            one.forms += marked != on
            one.standing += marked == on
    if on:
        needs = NEEDS[HoldKind(act.upper())]
        for lacking in readiness(forms):
            if whys := [lacking.lacks[name] for name in needs if name in lacking.lacks]:
                for one in where[lacking.form]:
                    if len(one.whys) < SAID:
                        one.whys.append(f"{lacking.title}: {', '.join(whys)}")
                    else:
                        one.more += 1
    return list(found.values())


def _key(target: Any) -> tuple[str, int]:
    names = {FormInstance: "form", Visit: "visit", Participant: "participant", Site: "site"}
    return ("study", 0) if target is None else (names[type(target)], target.pk)


def _covered(targets: list[Any]) -> Q:
    keys = [_key(target) for target in targets]
    if ("study", 0) in keys:
        return Q()
    paths = {"form": "pk", "visit": "visit", "participant": "participant", "site": "participant__site"}
    where = Q(pk__in=[])
    for name, path in paths.items():
        if those := [pk for kind, pk in keys if kind == name]:
            where |= Q(**{f"{path}__in": those})
    return where
