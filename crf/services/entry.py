"""Saving a form: one transaction from the lock to the trail. Everything that enters data comes through `form_save`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from crf import derivation, facts, planning
from crf.checks.consent import names_a_person
from crf.checks.engine import Failed, Folder
from crf.conditions import names as asked_by
from crf.derivation_reach import Edit, reached, reaches
from crf.events import source_data_changed
from crf.facts import forms_read
from crf.fields import MISS, CrfField, missing_label
from crf.judging import Raised, checks_when_saved, is_limit, judged_sheet
from crf.lifecycle import FORM
from crf.lookups import Surroundings
from crf.models import Finding, FormInstance, FormStatus, FormSubmission, Severity
from crf.naming import form_title
from crf.planning import FORMS_READ
from crf.policies import held, may_change, may_enter
from crf.registry import FormDef, form_def
from crf.selectors.folder import SavingFolder, StoredBook, names_not_to_be_written, names_read
from crf.selectors.heads import contradiction
from crf.selectors.inactive import why_inactive
from crf.selectors.ranges import ranges_of
from crf.selectors.sheets import Reading, sheet_of
from crf.sheets import Casebook, Sheet
from crf.typed import Typed, as_sheet
from participants.models import Participant
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditChain
from trialsite.audit.trail import Entry
from trialsite.db.prepared import Prepared
from trialsite.db.rows import insert, update
from trialsite.kernel.decisions import Decision
from trialsite.kernel.study import study

from . import lifecycle
from .checking import Checked, check
from .findings import (
    Refusal,
    findings_settle,
    identifier_refusal,
    limit_refusal,
    note_failed,
    refusal_of,
    refusal_record,
)
from .following import Followers, followed
from .references import strangers
from .refusals import noted
from .schedule import schedule_follow, visit_dated
from .writing import Change, changes, write

# Fields that the schedule and the participant's state read (crf.planning, crf.services.lifecycle).
SCHEDULING = frozenset(
    [
        "wd_yn",
        "wd_scope",
        "enr_yn",
        "enr_dsstdat",
        "ec_given",
        "ec_phase",
        "ec_d1dat",
        "ecoccur",
        "ecstdat",
        "ecendat",
        "apa_ecstdat",
        "apa_ecendat",
        "apa_dose",
        "tudat",
        "ta_lastdat",
        "ovresp_r_calc",
        "surg_proccur",
        "surg_prtrt",
        "surg_prstdat",
        "eot_phase",
        "eot_dsstdat",
        "eot_dsdecod",
        "ss_status",
        "ss_dat",
        "ss_lastalive",
        "ss_event_dat",
        "dthdat",
        "eos_dsstdat",
        "eos_lastcontact",
        "po_dat",
        "po_decision",
        "wocbp",
        "hbsag",
        "hbcab",
        "hcvab",
    ]
)


class Invalid(Exception):
    """The form cannot be saved as typed. Nothing is stored; `errors` says why, by path."""

    def __init__(
        self, errors: dict[str, str], hidden: list[str] | None = None, reasons: list[str] | None = None,
        refusals: list[Refusal] | None = None,
    ) -> None:  # fmt: skip
        super().__init__("; ".join(f"{path}: {message}" for path, message in errors.items()))
        self.errors = errors
        self.refusals = refusals or []  # those of `errors` that the trail keeps: hard limits and hard checks
        self.hidden = hidden or []  # paths whose answers would be set inactive and want confirmation
        self.reasons = reasons or []  # paths whose change wants a reason


class Stale(Exception):
    """Somebody saved the form since the page was opened."""

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


@dataclass(slots=True)
class Saved:
    """What a save did. `again` is true when this submission had been saved before (a double click)."""

    form: FormInstance
    version: int
    changed: list[str] = field(default_factory=list)
    again: bool = False


@dataclass(slots=True)
class Order:
    """What a person asks with a save, beside the values."""

    version: int | None = None  # of the page; None: whatever is stored (system loads)
    token: str = ""
    complete: bool = False
    whole: bool = (
        False  # judged as a complete form, which it does not become yet (an adjudicator's own opinion)
    )
    beside: frozenset[str] = frozenset()  # hard checks that are kept as findings here and refuse nothing
    withdraw: bool = False  # no longer complete (a central reading that is opened again)
    reasons: dict[str, str] = field(default_factory=dict)  # by path
    reason: str = ""  # for every changed path without one of its own
    confirmed: dict[str, str] = field(
        default_factory=dict
    )  # soft findings: `rule@path` → reason (crf.judging)
    clear_hidden: bool = False


def form_save(
    *,
    by: User,
    form: FormInstance,
    typed: Typed,
    order: Order | None = None,
    decision: Decision | None = None,
) -> Saved:
    """Save what was typed into a form, or raise and store nothing.

    `form` comes from the door (`selectors.access`), with participant, site and visit at hand. `decision` replaces the
    usual policy for other ways in (import, central reading), which have their own.

    Raises `Refused` (role, lock), `Stale` (another save came first), `Invalid` (values, missing reasons). What a hard
    limit or check refused is kept in the trail, after nothing else was.
    """
    try:
        with (
            noted(by=by, act="save", address=form.address, participant=form.participant),
            transaction.atomic(),
        ):
            return _save(by, form, typed, order or Order(), decision)
    except Invalid as invalid:
        if invalid.refusals:
            refusal_record(by=by, form=form, refusals=invalid.refusals)
        raise


def _save(by: User, form: FormInstance, typed: Typed, order: Order, decision: Decision | None) -> Saved:
    (decision or may_enter(by, form)).require()
    chain = trail.participant_chain(form.participant_id)  # the lock: one writer per participant from here on
    if (version := _refresh(form, order.token)) is not None:
        return Saved(form, version, again=True)
    (held(form) if decision else may_change(form)).require()
    if order.version is not None and order.version != form.version:
        raise Stale(form.version)
    saving = _Saving(by, form, order, chain, form_def(form.form_key))
    return saving.run(typed)


def _refresh(form: FormInstance, token: str) -> int | None:
    """The envelope as it stands under the lock; the version that this submission has made before, if any."""
    [[*values, version]] = _standing(form=form.pk, token=token)
    for name, value in zip(STANDING, values, strict=True):
        setattr(form, name, value)
    return version


PLANNING_READS = derivation.words_of(planning, lifecycle, facts)


@cache
def _names(key: str) -> frozenset[str]:
    """Fields that are read of other forms while one is saved: once for calculations, checks and the schedule."""
    return names_read() | PLANNING_READS | form_def(key).context


STANDING = (
    "version", "status", "frozen", "locked", "active", "expected", "missing_count", "finding_count", "query_open",
    "query_answered", "verified", "signed",
)  # fmt: skip
_standing = Prepared(
    lambda form, token: FormInstance.objects.filter(pk=form).values_list(
        *STANDING,
        Subquery(FormSubmission.objects.filter(token=token, form=OuterRef("pk")).values("version")[:1]),
    ),
    form=1,
    token="",
)
_findings = Prepared(lambda form: Finding.objects.filter(form=form), form=1)


class _Saving:
    """One save in progress; holds what the steps share."""

    def __init__(
        self, by: User, form: FormInstance, order: Order, chain: AuditChain, definition: FormDef
    ) -> None:
        self.by, self.form, self.order, self.chain, self.definition = by, form, order, chain, definition
        self.was_complete = form.status == FormStatus.COMPLETE
        self.inactive: dict[str, CrfField] = {}  # answers that this save sets inactive
        self.followers = Followers(form.participant_id, by)
        self.dependents = [key for key in derivation.dependents(form.form_key) if key != "CPATHF"]

    def run(self, typed: Typed) -> Saved:
        if typed.errors:
            raise Invalid(dict(typed.errors))
        stored = sheet_of(self.form)
        sheet = as_sheet(stored, typed, self.definition)
        self.refuse_identifiers(sheet)
        self.reading = Reading(self.form.participant_id, without=self.form.pk)
        around = self.surroundings(sheet)
        self.derive(sheet, around)
        checked = self.checked(sheet, around)
        diff = changes(self.definition, stored, sheet)
        errors = strangers(self.definition, diff, self.form.participant) | contradiction(self.form, sheet)
        if errors:
            raise Invalid(errors)
        self.demand_reasons(diff, sheet)
        if not diff and not self.order.complete and not self.order.confirmed:
            return Saved(self.form, self.form.version)
        return self.store(stored, sheet, diff, checked, around)

    def refuse_identifiers(self, sheet: Sheet) -> None:
        """Reasons are kept for ever, as answers are: they must not name a person either (CK-017)."""
        texts = {path.removesuffix(MISS): text for path, text in self.order.reasons.items()}
        texts |= {name.rpartition("@")[2]: text for name, text in self.order.confirmed.items()}
        for section, lines in sheet.rows.items():
            texts |= {f"{section}:{line.row}": line.removed_reason for line in lines}
        names = names_not_to_be_written()
        found = [
            path for path, text in [*texts.items(), ("", self.order.reason)] if names_a_person(text, names)
        ]
        if found:
            refusals = [identifier_refusal(self.form, path) for path in found]
            raise Invalid({one.raised.path: one.message for one in refusals}, refusals=refusals)

    def surroundings(self, sheet: Sheet) -> Surroundings:
        keys = forms_read(self.definition.context) | set(derivation.reads(sheet.key))
        whole = keys & {sheet.key, "TA"}  # a series is calculated and its limits compare any field
        read = self.reading.sheets(whole) + self.reading.parts(keys - whole, _names(sheet.key))
        ranges = partial(ranges_of, self.form.participant_id)
        book = Casebook(self.form.participant.number, read, ranges)
        book.add(sheet)
        return Surroundings(book, self.form.participant.site.today())

    def derive(self, sheet: Sheet, around: Surroundings) -> None:
        derivation.derive(sheet, around.book)

    def checked(self, sheet: Sheet, around: Surroundings) -> Checked:
        found = check(self.definition, sheet, around)
        while found.hidden:  # an answer that goes may be what others are asked by
            self.inactive |= found.hidden
            clear_paths(self.definition, sheet, set(found.hidden))
            self.derive(sheet, around)
            found = check(self.definition, sheet, around)
        if self.inactive and not self.order.clear_hidden:
            raise Invalid({}, hidden=sorted(self.inactive))
        whole = (self.order.complete or self.order.whole or self.was_complete) and not self.order.withdraw
        errors = {path: _("Required to complete this form.") for path in found.required} if whole else {}
        refusals = [limit_refusal(self.definition, sheet, path, text) for path, text in found.hard.items()]
        failed: Failed = {}
        for one, raised in judged_sheet(sheet, self.folder(around), failed):
            if one.hard and (whole or one.always) and one.id not in self.order.beside:
                refusals.append(refusal_of(self.definition, sheet, raised, str(one.message)))
            found.raised.append(raised)
        note_failed(failed)
        found.failed = set(failed)
        for refusal in refusals:
            before = errors.get(refusal.raised.path, "")
            errors[refusal.raised.path] = f"{before} {refusal.message}".strip()
        if errors and not self.order.withdraw:  # what is opened again so that it can be mended is not judged
            raise Invalid(errors, refusals=refusals)
        return found

    def folder(self, around: Surroundings) -> Folder:
        """What the checks read: forms that calculations have read already, and others when they are asked for."""
        book = StoredBook(around.book, self.reading)
        return SavingFolder(self.form.participant, book, around.today)

    def demand_reasons(self, diff: list[Change], sheet: Sheet) -> None:
        """After completion every changed field needs a reason of its own or the common one (S05). Spaces are no reason."""
        unexplained = []
        for change in diff:
            if change.action == Action.ROW_REMOVE and not _removed_reason(sheet, change.path):
                unexplained.append(change.path.removesuffix("/@active"))
            elif (
                self.was_complete
                and not change.derived
                and not self.reason(change.path)
                and change.action != Action.ROW_REMOVE
                and change.path.removesuffix(MISS) not in self.inactive  # they follow from what is explained
            ):
                unexplained.append(change.path)
        if unexplained:
            message = _("Say why this is changed.")
            raise Invalid({path.removesuffix(MISS): message for path in unexplained}, reasons=unexplained)

    def reason(self, path: str) -> str:
        own = self.order.reasons.get(path) or self.order.reasons.get(path.removesuffix(MISS)) or ""
        return own.strip() or self.order.reason.strip()

    def store(
        self, stored: Sheet, sheet: Sheet, diff: list[Change], checked: Checked, around: Surroundings
    ) -> Saved:
        form, order = self.form, self.order
        write(self.definition, form, stored, sheet)
        entries = [change.entry(form, self.entry_reason(change, sheet)) for change in diff]
        if diff:
            entries += followed(by=self.by, form=form, sheet=sheet, diff=diff)
        entries += self.findings(checked)
        entries += self.envelope(checked, changed=bool(entries))
        if self.definition.head.date:
            name = self.definition.head.date
            entries += visit_dated(
                by=self.by, form=form, day=sheet.get(name), before=stored.get(name), chain=self.chain
            )
        entries += self.derive_dependents(sheet, diff, around)
        if diff:
            Participant.objects.filter(pk=form.participant_id).update(data_version=F("data_version") + 1)
            entries += self.plan_visits(diff, around)
        trail.append_all(self.chain, entries, by=self.by, site=form.participant.site)
        if order.token:
            insert(FormSubmission, ("token", "form_id", "version"), [(order.token, form.pk, form.version)])
        if diff:
            source_data_changed.send(
                FormInstance, participant_id=form.participant_id, form_key=form.form_key, form_id=form.pk,
                paths={change.path for change in diff}, by=self.by,
            )  # fmt: skip
        return Saved(form, form.version, [change.path for change in diff])

    def plan_visits(self, diff: list[Change], around: Surroundings) -> list[Entry]:
        """Windows, openings and the participant's state follow, when something that they read has changed."""
        if not any(change.path.rpartition("/")[2] in SCHEDULING for change in diff):
            return []
        for sheet in self.reading.parts(FORMS_READ, PLANNING_READS):
            around.book.add(sheet)
        return schedule_follow(self.form.participant, around.book)

    def entry_reason(self, change: Change, sheet: Sheet) -> str:
        if change.action == Action.ROW_REMOVE:
            return _removed_reason(sheet, change.path)
        if crf_field := self.inactive.get(change.path.removesuffix(MISS)):
            return why_inactive(crf_field, self.reason(change.path) or self.reason_of_cause(crf_field))
        return "" if change.derived else self.reason(change.path)

    def reason_of_cause(self, crf_field: CrfField) -> str:
        """Why an answer was changed on which the asking of this one depends."""
        given = {path.rpartition("/")[2]: text.strip() for path, text in self.order.reasons.items()}
        follows = {
            path.rpartition("/")[2]: one for path, one in self.inactive.items() if one is not crf_field
        }
        for name in sorted(asked_by(crf_field.requirement.when)):
            if found := given.get(name) or (name in follows and self.reason_of_cause(follows[name])):
                return found
        return ""

    def findings(self, checked: Checked) -> list[Entry]:
        """Open, confirm or cure what the checks and limits of this form say."""
        raised = checked.raised + [
            Raised(self.form.pk, soft.path, soft.rule, Severity.SOFT, soft.version, soft.value[:240])
            for soft in checked.soft
        ]
        if not raised and not self.form.finding_count and self.form.version == 0:
            return []
        asked = {one.id for one in checks_when_saved(self.form.form_key)} - checked.failed
        settled = findings_settle(
            by=self.by, form=self.form, known=_findings(form=self.form.pk), raised=raised,
            ran=lambda rule: is_limit(rule) or rule in asked, confirmed=self.order.confirmed,
        )  # fmt: skip
        self.form.finding_count = settled.open
        return settled.entries

    def envelope(self, checked: Checked, changed: bool) -> list[Entry]:
        """A version is a save that the trail knows: a page counts back by them to what it showed (views.stale)."""
        form = self.form
        old = form.status
        act = "complete" if self.order.complete else "withdraw" if self.order.withdraw else "save"
        form.status = FORM.after(old, act)
        form.version += changed or old != form.status
        form.missing_count = len(checked.required)
        defined = form.definition
        form.definition, form.configuration = self.definition.version, study().digest
        form.saved_at, form.saved_by = timezone.now(), self.by
        names = (
            "status", "version", "missing_count", "finding_count", "definition", "configuration", "saved_at", "saved_by_id",
        )  # fmt: skip
        update(FormInstance, {name: getattr(form, name) for name in names}, id=form.pk)
        entries = []
        if defined and defined != form.definition:  # a form of the past names the definition of its time
            entries.append(Entry(Action.FORM_STATUS, form.address, "@definition", defined, form.definition))
        if old != form.status:
            entries.append(Entry(Action.FORM_STATUS, form.address, "@status", old, form.status))
        return entries

    def derive_dependents(self, sheet: Sheet, diff: list[Change], around: Surroundings) -> list[Entry]:
        """Derived values of other forms that read this one (D-01 reads the consent date, …)."""
        entries: list[Entry] = []
        if not derivation.matters_elsewhere(self.form.form_key, [change.path for change in diff]):
            return entries
        names = frozenset(change.path.rpartition("/")[2] for change in diff)
        old = tuple(change.old for change in diff)
        edit = Edit(sheet, names, old, around.book, self.reading.started)
        reach = reached(edit, self.dependents)
        started = self.reading.started.intersection(reach)
        keys = {read for key in started for read in derivation.reads(key)}
        for sheet in self.reading.parts(keys - started - {"TA"}, _names(self.form.form_key)):
            around.book.add(sheet)
        for sheet in self.reading.sheets(started | (keys & {"TA"})):
            around.book.add(sheet)
        for key in reach:
            definition = form_def(key)
            for other in around.book.all(key):
                if reaches(edit, other):
                    entries += _rederive(definition, other, around, self.followers)
        return entries


def _rederive(
    definition: FormDef, sheet: Sheet, around: Surroundings, followers: Followers, *, held_too: bool = True
) -> list[Entry]:
    """Calculated values of another form, anew. One that is held refuses what would move them; `held_too` false: it is
    passed over."""
    before = Sheet(
        sheet.key, sheet.form, sheet.visit, sheet.visit_order, sheet.repeat, sheet.evaluator, sheet.status
    )
    before.values, before.missing = dict(sheet.values), dict(sheet.missing)
    before.rows = {id: [_copied(line) for line in lines] for id, lines in sheet.rows.items()}
    derivation.derive(sheet, around.book)
    diff = changes(definition, before, sheet)
    if not diff:
        return []
    if not held_too and followers.is_held(sheet.form):
        return []
    followers.require_free(sheet)
    _refuse_impossible(definition, sheet, around, {change.path for change in diff})
    envelope = FormInstance(pk=sheet.form, version=1)
    write(definition, envelope, before, sheet)
    return [change.entry(envelope) for change in diff] + followers.follow(sheet, diff)


def _refuse_impossible(definition: FormDef, sheet: Sheet, around: Surroundings, paths: set[str]) -> None:
    """A value that makes another form's calculated value impossible is refused here, where it is typed."""
    broken = check(definition, sheet, around).hard
    for path in sorted(paths.intersection(broken)):
        message = _("This would make a value of the form “%(form)s” impossible. %(why)s")
        raise Invalid({"": message % {"form": form_title(sheet.key, sheet.repeat), "why": broken[path]}})


def _copied(line: Any) -> Any:
    return type(line)(line.row, dict(line.values), dict(line.missing), line.active, line.removed_reason)


def _removed_reason(sheet: Sheet, path: str) -> str:
    section, _sep, rest = path.partition(":")
    number = int(rest.partition("/")[0])
    return next((line.removed_reason for line in sheet.rows.get(section, ()) if line.row == number), "")


def clear_paths(definition: FormDef, sheet: Sheet, paths: set[str]) -> None:
    """Empty the answers at these paths, values and missing reasons."""
    for path in paths:
        head, _sep, name = path.rpartition("/")
        holder: Any = sheet
        if head:
            section, _sep, number = head.partition(":")
            holder = next(line for line in sheet.rows[section] if line.row == int(number))
        holder.values.pop(name, None)
        holder.missing.pop(name, None)


__all__ = ["Invalid", "Order", "Saved", "Stale", "form_save", "missing_label"]
