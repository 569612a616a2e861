"""The explorer's questions in terms of the trial, and its answers in words: participant, form, field, action, value.

The trail does not unblind (EMA 2023, 6.2.1): of a single central reading it shows who acted and when; path, values and
reason appear when the case has its final result. Nobody who may look here reads centrally, and nobody who reads
centrally may look here.
"""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import BigIntegerField, Case, CharField, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Concat, Substr
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from crf.checks.engine import checks_on
from crf.fields import MISS, FieldError
from crf.judging import REFUSED, unmarked
from crf.models import FormInstance, FormStatus
from crf.naming import form_title, form_url, label_of
from crf.registry import FormDef, form_def, forms, parts
from crf.schedule import visit_label
from participants.lifecycle import State
from participants.models import Participant, Visit, VisitStatus
from trialsite.accounts.models import Site, User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission, Role
from trialsite.audit import exploring
from trialsite.audit.actions import Action
from trialsite.audit.exploring import PAGE, SYSTEM, Asked, Key, Moments, Scope
from trialsite.audit.models import STUDY, AuditChain, AuditEvent
from trialsite.audit.trail import chain_name
from trialsite.kernel.texts import Text

from .access import participants_for
from .history import field_at, in_words

READING, RESULT = "CPATH", "CPATHF"
FEW = 5_000  # forms of a kind that are named one by one
MANY = 50_000  # forms of a kind that are asked for their last event
TIED = 2_000  # forms whose last events may be of one moment: an import, a screening
ROWS = 60  # rows of a section whose addresses are tried
PARTICIPANT = chain_name(0).removesuffix("0")

# Kinds of act that are asked for together.
GROUPS: dict[str, tuple[str, ...]] = {
    "entry": (
        Action.ENTER, Action.CHANGE, Action.CLEAR, Action.ROW_ADD, Action.ROW_REMOVE, Action.ROW_RESTORE, Action.FORM_STATUS,
        Action.CONFIRM, Action.VALUE_REFUSED,
    ),
    "access": (
        Action.SIGNED_IN, Action.SIGNED_OUT, Action.SIGN_IN_FAILED, Action.LOCKED_OUT, Action.SESSION_TIMEOUT,
        Action.PASSWORD_CHANGED, Action.MFA_ENROLLED, Action.MFA_REMOVED,
    ),
    "rights": (
        Action.ACCOUNT_CREATED, Action.ACCOUNT_CHANGED, Action.ROLE_GRANTED, Action.ROLE_ENDED, Action.SITE_CHANGED,
        Action.IDENTITY_VERIFIED, Action.TRAINING_RECORDED, Action.TRAINING_WITHDRAWN, Action.DELEGATED,
        Action.DELEGATION_ENDED, Action.DELEGATION_CONFIRMED, Action.ATTESTED,
    ),
    "files": (
        Action.IMPORT, Action.REPORT_REQUESTED, Action.REPORT_DOWNLOADED, Action.REPORT_APPROVED, Action.REPORT_SHEET,
        Action.EXPORTED,
    ),
    "refused": (Action.REFUSED, Action.VALUE_REFUSED, Action.NOT_FOUND, Action.SIGNATURE_FAILED, Action.SIGN_IN_FAILED),
    "guard": (
        Action.GUARD_OFF, Action.GUARD_ON, Action.TRAIL_VERIFY_ASKED, Action.TRAIL_VERIFIED, Action.TRAIL_SEALED,
    ),
}  # fmt: skip


def groups() -> list[tuple[str, str]]:
    return [
        ("entry", _("Everything entered and changed")), ("access", _("Sign-ins, sign-outs, failures, lock-outs, time-outs")),
        ("rights", _("Accounts, roles and rights")), ("files", _("Imports, exports, reports and downloads")),
        ("refused", _("Everything refused")), ("guard", _("Protection and verification of the trail")),
    ]  # fmt: skip


# --- the filter -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filters:
    """What stands in the address, as typed; so a view can be shared, kept and exported."""

    since: str = ""
    until: str = ""
    who: str = ""
    participant: str = ""
    site: str = ""
    form: str = ""
    field: str = ""
    action: str = ""
    q: str = ""

    @classmethod
    def read(cls, asked: QueryDict) -> Filters:
        def given(name: str, most: int) -> str:
            return asked.get(name, "").replace("\x00", "").strip()[:most]

        return cls(
            since=given("from", 25), until=given("to", 25), who=given("who", 150), participant=given("participant", 12),
            site=given("site", 4), form=given("form", 8).upper(), field=given("field", 80), action=given("action", 24),
            q=given("q", 80),
        )  # fmt: skip

    def items(self) -> dict[str, str]:
        """The names of the address and what is given."""
        named = {
            "from": self.since, "to": self.until, "who": self.who, "participant": self.participant, "site": self.site,
            "form": self.form, "field": self.field, "action": self.action, "q": self.q,
        }  # fmt: skip
        return {name: value for name, value in named.items() if value}

    def query(self, **more: str) -> str:
        return urlencode(self.items() | more)

    @property
    def of_chains(self) -> bool:
        """Whether it takes whole chains: by participant or site, or everything."""
        return not set(self.items()) - {"participant", "site"}


class Unclear(Exception):
    """A filter that cannot be read: field of the filter → sentence."""

    def __init__(self, errors: dict[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = errors


def scope_of(user: Any) -> Scope:
    """What this reader may see. Participants' events need the right to see participants, at the same sites."""
    grants = grants_of(user)
    audit, view = grants.sites(Permission.AUDIT), grants.sites(Permission.VIEW)
    sites = view if audit is None else audit if view is None else audit & view
    participants = sites is None or bool(sites)
    limited = sites if participants else audit
    chain = AuditChain.objects.filter(name=STUDY).values_list("pk", flat=True).first()
    return Scope(
        study=audit is None, participants=participants, study_chain=chain or 0,
        sites=None if limited is None else frozenset(Site.objects.filter(pk__in=limited).values_list("number", flat=True)),
        withheld=frozenset(withheld_targets()) if participants else frozenset(),
    )  # fmt: skip


Withheld = Callable[[], Iterable[str]]
_withheld_elsewhere: list[Withheld] = []


def withhold(targets: Withheld) -> None:
    """A layer above names targets of its own whose content is not shown; named twice, it is one."""
    if targets not in _withheld_elsewhere:
        _withheld_elsewhere.append(targets)


def withheld_targets() -> list[str]:
    """Single central readings of cases without a final result, and what layers above withhold."""
    released = FormInstance.objects.filter(form_key=RESULT, status=FormStatus.COMPLETE).values("participant")
    found = FormInstance.objects.filter(form_key=READING).exclude(participant__in=released)
    forms_of_readings = [f"form:{pk}" for pk in found.values_list("pk", flat=True)]
    return [*forms_of_readings, *(target for targets in _withheld_elsewhere for target in targets())]


def asked_of(filters: Filters, user: Any, scope: Scope) -> Asked:
    """The filter in terms of the trail. Raises `Unclear` with a sentence for each thing that cannot be."""
    errors: dict[str, str] = {}
    moments = Moments.read(filters.since, filters.until)
    for name in moments.wrong:
        errors[name] = _("This is no day, or not after the other one. Write it as 2026-11-24.")
    chain = _chain(filters.participant, user, errors)
    asked = Asked(
        since=moments.since, until=moments.until, actor=_actor(filters.who, scope, errors), chain=chain,
        site=filters.site, actions=_actions(filters.action, errors), targets=_targets(filters.form, chain, errors),
        paths=_paths(filters.field, filters.form, errors), words=filters.q,
    )  # fmt: skip
    if errors:
        raise Unclear(errors)
    if exploring.too_broad(scope, asked):
        raise Unclear(
            {
                "q": _(
                    "This is too much to search. Choose a participant, a person or a shorter period as well."
                )
            }
        )
    return asked


def _chain(number: str, user: Any, errors: dict[str, str]) -> int | None:
    """The chain of a participant that the reader may see; others do not exist, in the same words."""
    if not number:
        return None
    pk = participants_for(user).filter(number=number).values_list("pk", flat=True).first()
    chain = pk and AuditChain.objects.filter(name=chain_name(pk)).values_list("pk", flat=True).first()
    if chain is None:
        errors["participant"] = _("There is no participant with this number.")
    return chain


def _actor(name: str, scope: Scope, errors: dict[str, str]) -> int | str | None:
    if not name or name == SYSTEM:
        return name or None
    found = User.objects.filter(username__iexact=name).values_list("pk", flat=True).first()
    if found is None and scope.sites is None:
        errors["who"] = _("Nobody has this user name.")
    return found or (0 if name else None)


def _actions(action: str, errors: dict[str, str]) -> tuple[str, ...] | None:
    if not action:
        return None
    if action in GROUPS:
        return GROUPS[action]
    if action not in Action.values:
        errors["action"] = _("There is no such action.")
    return (action,)


def _targets(key: str, chain: int | None, errors: dict[str, str]) -> Any:
    """Addresses of the forms of a kind; of very many, a question asked of each event on the way."""
    if not key:
        return None
    if key not in forms() and key not in parts():
        errors["form"] = _("There is no such form.")
        return None
    found = FormInstance.objects.filter(form_key=key)
    if chain is not None:
        name = AuditChain.objects.values_list("name", flat=True).get(pk=chain)
        found = found.filter(participant=int(name.removeprefix(PARTICIPANT)))
    some = list(found.order_by().values_list("pk", flat=True)[: FEW + 1])
    return [f"form:{pk}" for pk in some] if len(some) <= FEW else _of_kind(key)


def _of_kind(key: str) -> Callable[[QuerySet[AuditEvent]], QuerySet[AuditEvent]]:
    """As a question to the form's own row, so that the database goes on reading newest first."""
    number = Case(When(target__startswith="form:", then=Cast(Substr("target", 6), BigIntegerField())))
    own = Subquery(FormInstance.objects.filter(pk=OuterRef("form_pk")).values("form_key")[:1])
    return lambda events: events.alias(form_pk=number).alias(kind=own).filter(kind=key)


def page(
    asked: Asked, scope: Scope, form: str, after: Key | None, *, few: bool = False, size: int = PAGE
) -> tuple[list[AuditEvent], Key | None]:
    """A page of a filter. `few`: so few events answer it that they are read and sorted.

    Of a kind of form: the newest events are those of the forms whose last events are newest, so each form is asked for
    its last one, by index, and only those forms are read. However rarely a form is written to, and however long ago,
    that is the same work.
    """
    events = exploring.events_of(scope, asked)
    if few:
        events = exploring.sorted_here(events)
    elif form and asked.targets is not None:
        rest = exploring.before(exploring.events_of(scope, replace(asked, targets=None)), after)
        if (narrowed := _newest_forms(rest, form, asked, size)) is not None:
            events = exploring.sorted_here(narrowed)
    return exploring.page_of(events, after, size)


def _newest_forms(
    events: QuerySet[AuditEvent], form: str, asked: Asked, size: int
) -> QuerySet[AuditEvent] | None:
    """The events of those forms of a kind among which the newest are; `None` when that cannot be said cheaply."""
    forms = FormInstance.objects.filter(form_key=form)
    if not callable(asked.targets):
        forms = forms.filter(pk__in=[int(target[5:]) for target in asked.targets or ()])
    elif len(forms.order_by().values_list("pk")[: MANY + 1]) > MANY:
        return None
    address = Concat(Value("form:"), Cast(OuterRef("pk"), CharField()))
    last = Subquery(events.filter(target=address).values("at")[:1])
    newest = forms.annotate(last=last).order_by(F("last").desc(nulls_last=True))
    found = [(pk, at) for pk, at in newest.values_list("pk", "last")[:TIED] if at is not None]
    if len(found) > size:
        since = found[size][1]
        if len(found) == TIED and found[-1][1] == since:
            return None
        events = events.filter(at__gte=since)
        found = [(pk, at) for pk, at in found if at >= since]
    return events.filter(target__in=[f"form:{pk}" for pk, _at in found])


def _paths(name: str, form: str, errors: dict[str, str]) -> list[str] | None:
    """Every address that a field can have: on the sheet, in a row, as a reason why it is missing, as a finding."""
    if not name:
        return None
    wanted = {k: d for k, d in {**forms(), **parts()}.items() if not form or k == form}
    found: dict[str, None] = {}
    for key, definition in wanted.items():
        for section in definition.sections:
            if any(one.name == name for one in section.fields):
                found |= dict.fromkeys(_addresses(name, key, section))
    if found or {"@", "/", ":"} & set(name) or AuditEvent.objects.filter(path=name).exists():
        return list(found) or [name]
    errors["field"] = _("There is no field with this name in the forms.")
    return None


MARKS = ("", MISS, "@soft", "@hard", REFUSED)


def _addresses(name: str, key: str, section: Any) -> Iterable[str]:
    if not section.repeating:
        yield from (name + mark for mark in MARKS)
        yield from (f"{name}@{check.id}" for check in checks_on(key))
        return
    for row in range(1, max(len(section.rows.fixed), ROWS) + 1):
        yield from (f"{section.id}:{row}/{name}{mark}" for mark in MARKS)


# --- what a reader sees ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """One event in words. What stands in the trail itself is in `event`; of a withheld one it is not shown."""

    event: AuditEvent
    chain: str
    zone: zoneinfo.ZoneInfo
    who: str
    role: str
    participant: str
    form: str
    form_key: str
    visit: str
    what: str
    action: str
    old: str
    new: str
    path: str
    reason: str
    href: str
    withheld: bool = False

    @property
    def local(self) -> dt.datetime:
        return self.event.at.astimezone(self.zone)

    @property
    def utc(self) -> dt.datetime:
        return self.event.at.astimezone(dt.UTC)

    @property
    def times(self) -> tuple[str, str]:
        """At the site and in UTC, as texts: a template would turn both into the reader's clock."""
        return f"{self.local:%Y-%m-%d %H:%M:%S}", f"{self.utc:%Y-%m-%d %H:%M:%S} UTC"

    @property
    def stored(self) -> tuple[str, str]:
        """Old and new as they stand in the trail."""
        return ("", "") if self.withheld else (self.event.old, self.event.new)


@dataclass(slots=True)
class Named:
    """What a page of events speaks of, read at once: a fixed number of queries."""

    chains: Mapping[int, str] = field(default_factory=dict)
    numbers: Mapping[str, str] = field(default_factory=dict)  # chain's name → participant's number
    forms: Mapping[str, FormInstance] = field(default_factory=dict)
    visits: Mapping[str, Visit] = field(default_factory=dict)
    people: Mapping[str, User] = field(default_factory=dict)
    zones: Mapping[str, zoneinfo.ZoneInfo] = field(default_factory=dict)

    @classmethod
    def of(cls, events: Iterable[AuditEvent]) -> Named:
        shown = list(events)
        keys = {"form": set(), "visit": set(), "user": set()}  # type: dict[str, set[int]]
        for event in shown:
            kind, _sep, number = event.target.partition(":")
            if kind in keys and number.isdigit():
                keys[kind].add(int(number))
        chains = dict(AuditChain.objects.filter(pk__in={e.chain_id for e in shown}).values_list("pk", "name"))
        pks = [
            int(name.removeprefix(PARTICIPANT)) for name in chains.values() if name.startswith(PARTICIPANT)
        ]
        numbers = Participant.objects.filter(pk__in=pks).values_list("pk", "number")
        people = User.objects.filter(pk__in=keys["user"] | {e.actor_id for e in shown if e.actor_id})
        found = FormInstance.objects.filter(pk__in=keys["form"]).select_related("participant", "visit")
        return cls(
            chains=chains,
            numbers={chain_name(pk): number for pk, number in numbers},
            forms={form.address: form for form in found},
            visits={f"visit:{visit.pk}": visit for visit in Visit.objects.filter(pk__in=keys["visit"])},
            people={user.address: user for user in people},
            zones={site.number: site.zone for site in Site.objects.all()},
        )


def lines_of(events: Iterable[AuditEvent], scope: Scope, *, administers: bool = False) -> list[Line]:
    """A page in words, with links to what the reader may open."""
    shown = list(events)
    named = Named.of(shown)
    return [_line(event, named, scope, administers) for event in shown]


def _line(event: AuditEvent, named: Named, scope: Scope, administers: bool) -> Line:
    chain = named.chains.get(event.chain_id, "")
    actor = named.people.get(f"user:{event.actor_id}")
    form = named.forms.get(event.target)
    line = Line(
        event=event, chain=chain, zone=named.zones.get(event.site) or Site().zone,
        who=f"{actor} ({event.actor_name})" if actor and str(actor) != event.actor_name else event.who,
        role=str(Role(event.role).label) if event.role in Role.values else event.role,
        participant=named.numbers.get(chain, ""), form="", form_key="", visit="", what="",
        action=_action(event.action), old=event.old, new=event.new, path=event.path, reason=event.reason, href="",
    )  # fmt: skip
    if event.target in scope.withheld:
        return _withheld(line, form)
    if form is not None:
        return _of_form(line, form)
    if event.target in named.visits:
        return _of_visit(line, named.visits[event.target])
    return _of_rest(line, named, administers)


def _action(action: str) -> str:
    return str(Action(action).label) if action in Action.values else action


def _place(form: FormInstance) -> dict[str, Any]:
    return {
        "form": str(form_title(form.form_key, form.repeat)), "form_key": form.form_key,
        "visit": visit_label(form.visit.code, form.visit.repeat) if form.visit else "",
    }  # fmt: skip


def _withheld(line: Line, form: FormInstance | None) -> Line:
    place: dict[str, Any] = _place(form) if form else {"form": "", "form_key": READING, "visit": ""}
    return replace(line, **place, old="", new="", path="", reason="", withheld=True)


def _of_form(line: Line, form: FormInstance) -> Line:
    definition = form_def(form.form_key)
    path = unmarked(line.path)
    href = (
        ""
        if form.form_key == READING
        else form_url(form) + (f"#f-{path}" if path and "@" not in path else "")
    )
    return replace(
        line, **_place(form), what=_field(definition, path), href=href,
        old=_said(definition, line.path, line.old), new=_said(definition, line.path, line.new),
    )  # fmt: skip


def _field(definition: FormDef, path: str) -> str:
    try:
        return _label(definition, path)
    except (KeyError, StopIteration):
        return path


def _label(definition: FormDef, path: str) -> str:
    name = path.rpartition("/")[2]
    if not path or path.startswith("@"):
        return facts().get(path, path.removeprefix("@"))
    label = label_of(definition, path.removesuffix("/" + name) if name.startswith("@") else path)
    return label + (f" ({_('why missing')})" if path.endswith(MISS) else "")


FLAGS = ("@frozen", "@locked", "@signed")


def _said(definition: FormDef, path: str, text: str) -> str:
    if path in FLAGS and text in ("0", "1"):
        return _("yes") if text == "1" else _("no")
    try:
        return in_words(field_at(definition, unmarked(path)), path, text)
    except (FieldError, ValueError, KeyError, ArithmeticError, StopIteration):
        return (
            text  # a definition that has changed since, or a trail that was altered: it is shown as it stands
        )


def facts() -> dict[str, str]:
    """Paths that are no fields."""
    return {
        "@status": _("status"), "@window": _("window"), "@date": _("date"), "@opened": _("opened"), "@state": _("state"),
        "@number": _("number"), "@expected": _("expected"), "@active": _("line in the log"), "@code": _("case"),
        "@reader": _("reader"), "@locked": _("locked"), "is_active": _("account active"), "full_name": _("full name"),
        "email": _("e-mail"), "language": _("language"), "single_keys": _("single keys"), "invitation": _("invitation"),
        "recovery_codes": _("recovery codes"), "@verified": _("result"), "@seal": _("last seal"), "@hold": _("held"),
        "@frozen": _("frozen"), "@signed": _("signature"), "@asked": _("asked for"), "@done": _("done"),
    }  # fmt: skip


def _of_visit(line: Line, visit: Visit) -> Line:
    label = visit_label(visit.code, visit.repeat)
    href = reverse("visit", args=[line.participant, label]) if line.participant else ""
    words = {str(value): str(name) for value, name in VisitStatus.choices} if line.path == "@status" else {}
    return replace(
        line, visit=label, what=facts().get(line.path, line.path), href=href,
        old=words.get(line.old, line.old), new=words.get(line.new, line.new),
    )  # fmt: skip


def _of_rest(line: Line, named: Named, administers: bool) -> Line:
    kind = line.event.target.partition(":")[0]
    user = named.people.get(line.event.target)
    what = " · ".join(
        part for part in (_subject(line, user), facts().get(line.path, _role_path(line.path))) if part
    )
    href = ""
    if kind == "participant" and line.participant:
        href = reverse("participant", args=[line.participant])
    elif user is not None and administers:
        href = reverse("user_detail", args=[user.username])
    return replace(
        line, what=what, href=href, old=_coded(line.path, line.old), new=_coded(line.path, line.new)
    )


def _subject(line: Line, user: User | None) -> str:
    if user is not None:
        return f"{user} ({user.username})" if str(user) != user.username else user.username
    names = {
        "report": _("Endpoint report"), "document": _("Document"), "case": _("Central pathology case"), "site": _("Site"),
        "lab": _("Laboratory"), "participant": _("Participant"), "user": _("Account"), "guard": _("Protection of"),
        "trail": _("Audit trail"), "verification": _("Verification of the trail"), "query": _("Query"),
        "import": _("Import"), "export": _("Export"),
    }  # fmt: skip
    kind, _sep, number = line.event.target.partition(":")
    return f"{names.get(kind, kind)} {'' if number == '?' else number}".strip()


def _role_path(path: str) -> str:
    return _("role") if path.startswith("role:") else path


def _coded(path: str, text: str) -> str:
    """Labels for the codes of accounts and participants: `COORDINATOR @01 …`, `Y`, `SCREENING`."""
    head, sep, rest = text.partition(" ")
    if path.startswith("role:") and head in Role.values:
        return f"{Role(head).label}{sep}{rest}"
    if path == "@state" and text in State.values:
        return str(State(text).label)
    if path == "is_active":
        return {"Y": _("yes"), "N": _("no")}.get(text, text)
    return text


# --- what the filter offers -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choices:
    sites: list[tuple[str, Text]]
    forms: list[tuple[str, str]]
    people: list[tuple[str, str]]
    groups: list[tuple[str, str]]
    actions: list[tuple[str, str]]


def choices(scope: Scope) -> Choices:
    sites = Site.objects.order_by("number")
    if scope.sites is not None:
        sites = sites.filter(number__in=scope.sites)
    # Whoever sees one site is not told who works at the others.
    people = User.objects.order_by("username").values_list("username", "full_name") if scope.study else ()
    titles = [(key, f"{key} {definition.title}") for key, definition in {**forms(), **parts()}.items()]
    return Choices(
        sites=[(site.number, Text(site.name_en, site.name_zh)) for site in sites],
        forms=sorted(titles) if scope.participants else [],
        people=[(SYSTEM, _("system")), *people],
        groups=groups(),
        actions=[(str(value), str(label)) for value, label in Action.choices],
    )
