"""What waits for a signature, what changed since the last one, and what the signatures of a participant say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet

from crf.models import (
    Finding,
    FindingState,
    FormInstance,
    FormStatus,
    Query,
    QueryState,
    Severity,
    Signature,
    Signed,
    SignedForm,
)
from crf.models.queries import STANDING
from crf.naming import form_title, form_url, label_of
from crf.policies_review import signable
from crf.registry import form_def
from crf.schedule import visit_label
from crf.selectors.findings import message_of
from crf.selectors.history import HistoryLine, line_of
from crf.selectors.readiness import UNSIGNED_KEYS
from crf.selectors.work import OPEN_VISITS, REQUIRED
from crf.signing_words import field_of, void_words
from participants.models import Participant
from trialsite.accounts.models import Site
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Decision

CHANGES = (
    Action.ENTER, Action.CHANGE, Action.CLEAR, Action.DERIVE, Action.ROW_ADD, Action.ROW_REMOVE, Action.ROW_RESTORE,
)  # fmt: skip
HARD = Q(state=FindingState.OPEN, severity=Severity.HARD)


# --- what stands in the way -----------------------------------------------------------------------------------------


def hard_findings(forms: Collection[FormInstance]) -> dict[int, int]:
    """Open findings that cannot be, by form."""
    counted = Finding.objects.filter(HARD, form__in=[form.pk for form in forms])
    return dict(counted.order_by().values_list("form").annotate(Count("pk")))


def standing_queries(participant: Participant) -> list[Query]:
    """Queries of the participant that are not settled, by number: what a person who signs is shown."""
    found = Query.objects.filter(participant=participant, state__in=STANDING)
    return list(found.select_related("form__visit").order_by("number"))


def unsettled(participant: Participant, forms: Iterable[FormInstance]) -> int:
    """Queries and values that cannot be, anywhere in the casebook; asked only when its last form is to be signed."""
    if not any(form.form_key == "EOS" for form in forms):
        return 0
    queries = Query.objects.filter(participant=participant, state__in=STANDING).count()
    return queries + Finding.objects.filter(HARD, form__participant=participant, form__active=True).count()


# --- one participant ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class ToSign:
    """A form that waits for a signature, with what changed since the last one, or why it is left out."""

    form: FormInstance
    visit: str
    title: Any
    url: str
    may: Decision
    queries: list[str] = field(default_factory=list)
    before: SignedForm | None = None  # the signature that fell
    why_void: str = ""
    changes: list[HistoryLine] = field(default_factory=list)
    calculated: int = 0  # values that followed from these


@dataclass(slots=True)
class Sheaf:
    """What lies before a person who signs."""

    changed: list[ToSign] = field(default_factory=list)
    new: list[ToSign] = field(default_factory=list)
    left_out: list[ToSign] = field(default_factory=list)
    signed: int = 0
    waiting: int = 0  # expected forms that hold nothing yet
    queries: list[Query] = field(default_factory=list)

    @property
    def ready(self) -> list[ToSign]:
        return [*self.changed, *self.new]

    @property
    def fallen(self) -> list[ToSign]:
        """Every form that changed after a signature, ready or not: what is read first."""
        return [one for one in (*self.changed, *self.left_out) if one.before]


def sheaf_of(participant: Participant, visit: str = "", forms: Collection[int] = ()) -> Sheaf:
    """The forms of a participant by what they wait for; of one visit, or some of them. A fixed number of queries."""
    sheaf = Sheaf(queries=standing_queries(participant))
    asked = _asked_about(participant, sheaf.queries)
    envelopes = _signed_here(participant)
    hard = hard_findings(envelopes)
    elsewhere = unsettled(participant, envelopes)
    for form in envelopes:
        label = visit_label(form.visit.code, form.visit.repeat) if form.visit else ""
        if (visit and label != visit) or (forms and form.pk not in forms):
            continue
        if not form.version:
            sheaf.waiting += form.expected and form.required in REQUIRED
            continue
        if form.signed == Signed.SIGNED:
            sheaf.signed += 1
            continue
        may = signable(form, hard.get(form.pk, 0), elsewhere)
        one = ToSign(
            form, label, form_title(form.form_key, form.repeat), form_url(form), may, asked.get(form.pk, [])
        )
        held = sheaf.left_out if not may else sheaf.changed if form.signed == Signed.VOID else sheaf.new
        held.append(one)
    _tell_changes([one for one in (*sheaf.ready, *sheaf.left_out) if one.form.signed == Signed.VOID])
    return sheaf


def _signed_here(participant: Participant) -> list[FormInstance]:
    """Forms that are signed by the investigator, in the order of the way."""
    found = FormInstance.objects.filter(participant=participant, active=True).exclude(
        form_key__in=UNSIGNED_KEYS
    )
    forms = list(
        found.select_related("visit", "saved_by").order_by(F("visit__order").asc(nulls_last=True), "pk")
    )
    for form in forms:
        form.participant = participant
    return forms


def _asked_about(participant: Participant, queries: Iterable[Query]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for query in queries:
        query.participant = participant
        if query.form_id:
            found.setdefault(query.form_id, []).append(query.code)
    return found


def _tell_changes(fallen: Sequence[ToSign]) -> None:
    """What the trail says of each form since the signature that fell. Two queries."""
    if not fallen:
        return
    by_form = {one.form.pk: one for one in fallen}
    signed = SignedForm.objects.filter(form__in=by_form, voided_at__isnull=False)
    for before in signed.select_related("signature").order_by("pk"):
        by_form[before.form_id].before = before
    since = min(one.before.signature.at for one in fallen if one.before)
    events = AuditEvent.objects.filter(target__in=[one.form.address for one in fallen], at__gte=since)
    told = events.filter(Q(action__in=CHANGES) | Q(action=Action.SIGNED)).select_related("actor")
    for event in told.order_by("number"):
        one = by_form[int(event.target.partition(":")[2])]
        definition = form_def(one.form.form_key)
        if event.action == Action.SIGNED:
            one.changes, one.calculated = [], 0
            continue
        crf_field = field_of(definition, event.path)
        if event.action == Action.DERIVE or (crf_field is not None and crf_field.derived):
            one.calculated += 1
        else:
            one.changes.append(line_of(definition, event))
    for one in fallen:
        if one.before:
            one.why_void = said_void(one.before, one.form.form_key)


def said_void(signed: SignedForm, key: str) -> str:
    """Why a form of a signature no longer stands, in words."""
    return void_words(form_def(key), signed.void_reason, signed.void_detail)


@dataclass(frozen=True, slots=True)
class QueryLine:
    """A query that stands, for a person who signs."""

    code: str
    number: int
    where: str
    url: str
    text: str
    state: str
    raised_at: dt.datetime


def query_lines(participant: Participant, queries: Iterable[Query]) -> list[QueryLine]:
    """Where each asks, what, and how far it is. The forms are at hand."""
    found = []
    for query in queries:
        query.participant = participant
        where, url, text = "", f"/p/{participant.number}/", query.question
        if (form := query.form) is not None:
            form.participant = participant
            definition = form_def(form.form_key)
            visit = visit_label(form.visit.code, form.visit.repeat) if form.visit else ""
            parts = [f"{visit} {form_title(form.form_key, form.repeat)}".strip()]
            parts += [label_of(definition, query.path)] if query.path else []
            where, url = ": ".join(parts), form_url(form)
            text = text or message_of(definition, query.rule, query.path)
        state = str(QueryState(query.state).label)
        found.append(QueryLine(query.code, query.number, where, url, text, state, query.raised_at))
    return found


# --- all participants -----------------------------------------------------------------------------------------------


def to_sign() -> QuerySet[FormInstance]:
    """Forms that can be signed now: what `signable` says, for lists."""
    mine = Query.objects.filter(participant=OuterRef("participant"), state__in=STANDING)
    wrong = Finding.objects.filter(HARD, form__participant=OuterRef("participant"), form__active=True)
    return (
        FormInstance.objects.filter(
            status=FormStatus.COMPLETE, active=True, locked=False, query_open=0, query_answered=0,
            participant__imported=False,
        )
        .exclude(signed=Signed.SIGNED)
        .exclude(form_key__in=UNSIGNED_KEYS)
        .exclude(Exists(Finding.objects.filter(HARD, form=OuterRef("pk"))))
        .exclude(Q(form_key="EOS") & (Exists(mine) | Exists(wrong)))
    )  # fmt: skip


@dataclass(slots=True)
class SignLine:
    """A participant with forms that wait for a signature."""

    number: str
    site: str
    changed: int = 0
    new: int = 0
    oldest: dt.datetime | None = None
    signed: int = 0
    queried: int = 0
    incomplete: int = 0
    impossible: int = 0
    queries: list[str] = field(default_factory=list)

    @property
    def href(self) -> str:
        return f"/sign/{self.number}/"

    @property
    def left_out(self) -> int:
        return self.queried + self.incomplete + self.impossible


@dataclass(frozen=True, slots=True)
class SignTile:
    """For the home page: so many forms to sign, of which so many changed since they were signed."""

    count: int
    changed: int
    oldest: dt.datetime | None
    number: str  # the participant of the oldest
    href: str = "/sign/"


def signs_at(user: Any) -> set[int]:
    """Sites where the person is an investigator, also while training or delegation is missing: the page says so."""
    grants = grants_of(user)
    awake = grants.sites(Permission.SIGN)
    if awake is None:
        return set(Site.objects.values_list("pk", flat=True))
    asleep = {site for site, rights in grants.asleep.items() if site and Permission.SIGN in rights}
    return awake | asleep


def sign_tiles(user: Any) -> SignTile | None:
    """`None` for people who sign nowhere today. One query and a half."""
    sites = grants_of(user).sites(Permission.SIGN)
    if sites is not None and not sites:
        return None
    found = to_sign() if sites is None else to_sign().filter(participant__site__in=sites)
    counted = found.order_by().aggregate(count=Count("pk"), changed=Count("pk", filter=Q(signed=Signed.VOID)))
    first = found.order_by("saved_at", "pk").values_list("saved_at", "participant__number").first()
    return SignTile(counted["count"], counted["changed"], *(first or (None, "")))


def sign_lines(sites: Collection[int]) -> list[SignLine]:
    """Participants of these sites with something to sign or left out, changed ones first. Three queries."""
    held = FormInstance.objects.filter(
        participant__site__in=sites, participant__imported=False, active=True, version__gt=0
    )
    held = held.exclude(form_key__in=UNSIGNED_KEYS).filter(locked=False)
    lines: dict[int, SignLine] = {}
    open_ = ~Q(signed=Signed.SIGNED)
    hard = Exists(Finding.objects.filter(HARD, form=OuterRef("pk")))
    queried = Q(query_open__gt=0) | Q(query_answered__gt=0)
    complete = Q(status=FormStatus.COMPLETE)
    rows = held.order_by().values("participant", "participant__number", "participant__site__number").annotate(
        done=Count("pk", filter=Q(signed=Signed.SIGNED)),
        queried=Count("pk", filter=open_ & complete & queried),
        incomplete=Count("pk", filter=open_ & ~complete),
        impossible=Count("pk", filter=open_ & complete & ~queried & Q(hard)),
    )  # fmt: skip
    for row in rows:
        lines[row["participant"]] = SignLine(
            row["participant__number"], row["participant__site__number"], signed=row["done"], queried=row["queried"],
            incomplete=row["incomplete"], impossible=row["impossible"],
        )  # fmt: skip
    ready = to_sign().filter(participant__site__in=sites).order_by().values("participant")
    counted = ready.annotate(
        changed=Count("pk", filter=Q(signed=Signed.VOID)), every=Count("pk"), oldest=Min("saved_at")
    )
    for pk, changed, every, oldest in counted.values_list("participant", "changed", "every", "oldest"):
        line = lines[pk]
        line.changed, line.new, line.oldest = changed, every - changed, oldest
    standing = Query.objects.filter(
        participant__in=[pk for pk, line in lines.items() if line.queried],
        state__in=STANDING,
        form__isnull=False,
    ).exclude(form__signed=Signed.SIGNED)  # asked after it was signed: nothing is left out
    for pk, number in standing.order_by("number").values_list("participant", "number"):
        lines[pk].queries.append(f"Q-{lines[pk].number}-{number}")
    waiting = [line for line in lines.values() if line.changed or line.new or line.left_out]
    return sorted(waiting, key=lambda line: (not line.changed, not line.new, line.number))


# --- signatures that were made --------------------------------------------------------------------------------------


@dataclass(slots=True)
class FormSigned:
    """A form of a signature: whether it still stands."""

    signed: SignedForm
    visit: str
    title: Any
    url: str
    void: str = ""


@dataclass(slots=True)
class Made:
    """A signature with its number within the participant, counted from the first."""

    number: int
    signature: Signature
    forms: list[FormSigned] = field(default_factory=list)

    @property
    def standing(self) -> int:
        return sum(1 for one in self.forms if not one.signed.voided_at)


def signatures_of(participant: Participant) -> list[Made]:
    """All of a participant, the first one first, each with its forms. Two queries."""
    made = {
        signature.pk: Made(number, signature)
        for number, signature in enumerate(
            Signature.objects.filter(participant=participant).order_by("pk"), 1
        )
    }
    rows = SignedForm.objects.filter(signature__in=made).select_related("form__visit").order_by(
        F("form__visit__order").asc(nulls_last=True), "form_id"
    )  # fmt: skip
    for signed in rows:
        signed.form.participant = participant
        made[signed.signature_id].forms.append(_form_signed(signed))
    return list(made.values())


def _form_signed(signed: SignedForm) -> FormSigned:
    form = signed.form
    visit = visit_label(form.visit.code, form.visit.repeat) if form.visit else ""
    void = said_void(signed, form.form_key) if signed.voided_at else ""
    return FormSigned(signed, visit, form_title(form.form_key, form.repeat), form_url(form), void)


def number_of(signature: Signature) -> int:
    """Its number within the participant."""
    return Signature.objects.filter(participant=signature.participant_id, pk__lte=signature.pk).count()


def whole_casebook(participant: Participant) -> Signature | None:
    """The signature by which the casebook came to be signed as a whole: every form that counts stands signed, the end
    of study among them. It is looked up, not stored: a value of the form would change what was signed."""
    forms = _signed_here(participant)
    counted = [f for f in forms if f.version or (f.expected and f.required in REQUIRED and _open_visit(f))]
    if not any(f.form_key == "EOS" and f.version for f in counted):
        return None
    if any(f.signed != Signed.SIGNED for f in counted):
        return None
    standing = SignedForm.objects.filter(form__in=[f.pk for f in counted], voided_at__isnull=True)
    return Signature.objects.filter(pk__in=standing.values("signature")).order_by("-pk").first()


def _open_visit(form: FormInstance) -> bool:
    return form.visit is None or form.visit.status in OPEN_VISITS


def standing_on(form: FormInstance) -> Signature | None:
    """The signature that stands on a form."""
    if form.signed != Signed.SIGNED:
        return None
    return Signature.objects.filter(forms__form=form.pk, forms__voided_at__isnull=True).first()


def answered_by_signature(form: FormInstance) -> dict[str, Signature]:
    """Fields of a form that a signature answers (`ie_signed`, `eos_sign`) → that signature, while it stands."""
    if form.form_key not in ("IE", "EOS") or form.signed != Signed.SIGNED:
        return {}
    if form.form_key == "IE":
        name, signature = "ie_signed", standing_on(form)
    else:
        name, signature = "eos_sign", whole_casebook(form.participant)
    return {name: signature} if signature else {}
