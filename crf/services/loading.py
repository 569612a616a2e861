"""Many forms of one participant in one transaction: the checks and the trail of `form_save`, with fewer queries.

The casebook is kept in memory, visits are planned and dependent values derived once per batch, the trail is written
in batches. For imports and demonstrations; a person's save goes through `form_save`.
"""

from __future__ import annotations

from types import TracebackType

from django.db import transaction
from django.db.models import F

from crf import derivation
from crf.checks.engine import Folder
from crf.events import source_data_changed
from crf.lookups import Surroundings
from crf.models import FormInstance, FormSubmission
from crf.naming import LOG_OF
from crf.policies import held
from crf.registry import form_def
from crf.schedule import LINES_OF, visit_label
from crf.selectors.folder import SavingFolder
from crf.selectors.sheets import casebook
from crf.sheets import Casebook, Sheet
from crf.typed import Typed, as_sheet
from participants.models import Participant
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditChain
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import ALLOWED, Decision, Refused

from .checking import Checked, check
from .entry import SCHEDULING, Invalid, Order, Saved, _rederive, _Saving
from .following import Followers, followed
from .lifecycle import participant_advance
from .refusals import refusal_note, require_open
from .schedule import schedule_refresh, visit_dated
from .writing import Change, changes, write

Place = tuple[str, str, int]  # form key, label of the visit or "", repeat


class Load:
    """A batch of saves for one participant, used as a context: `with Load(by=…, participant=…) as load: load.save(…)`.

    `imported`: the data of others are kept as they are. Their visits are given and not planned, what the book requires
    is not demanded, and rows of the book that say nothing are left out.
    Everything is one transaction; an exception leaves nothing behind.
    """

    def __init__(
        self, *, by: User, participant: Participant, imported: bool = False, decision: Decision = ALLOWED
    ) -> None:
        decision.require()
        self.by, self.participant, self.imported = by, participant, imported
        self.today = participant.site.today()
        self._atomic = transaction.atomic()

    def __enter__(self) -> Load:
        self._atomic.__enter__()
        self.chain: AuditChain = trail.participant_chain(self.participant)
        self.book: Casebook = casebook(self.participant.pk)
        self.book.number = self.participant.number
        self.envelopes: dict[Place, FormInstance] = {}
        self._written: list[tuple[User, list[Entry]]] = []
        self._changed: dict[int, tuple[str, set[str], User]] = {}
        self._read_envelopes()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.flush()
        except BaseException as failure:
            self._atomic.__exit__(type(failure), failure, failure.__traceback__)
            raise
        self._atomic.__exit__(kind, error, trace)
        if isinstance(error, Refused):
            address = f"participant:{self.participant.pk}"
            refusal_note(by=self.by, act="load", address=address, no=error, participant=self.participant)

    def _read_envelopes(self) -> None:
        for form in FormInstance.objects.filter(participant=self.participant).select_related("visit"):
            form.participant = self.participant
            label = visit_label(form.visit.code, form.visit.repeat) if form.visit else ""
            self.envelopes.setdefault((form.form_key, label, form.repeat), form)

    def form(self, key: str, visit: str = "", repeat: int = 1) -> FormInstance:
        """The form at a place. Visits are planned first when what was entered may have opened it."""
        place = (key, visit, repeat)
        if place not in self.envelopes and key in LINES_OF.values():
            self._add_line(key, repeat)
        elif place not in self.envelopes:
            self.flush()
            self._read_envelopes()
        return self.envelopes[place]

    def _add_line(self, key: str, repeat: int) -> None:
        """A line of a log, with the number that it is known by."""
        require_open(self.participant, LOG_OF[key])
        form = FormInstance.objects.create(
            participant=self.participant, form_key=key, repeat=repeat, required="E"
        )
        self.envelopes[key, "", repeat] = form
        self.record([Entry(Action.FORM_EXPECTED, form.address, "@expected", "", key)], self.by)

    def save(
        self, form: FormInstance, typed: Typed, order: Order | None = None, by: User | None = None
    ) -> Saved:
        """Store one form as `form_save` does; raises `Invalid`, and then the whole batch is given up."""
        return _Loading(self, by or self.by, form, order or Order()).run(typed)

    def record(self, entries: list[Entry], by: User) -> None:
        if self._written and self._written[-1][0] is by:
            self._written[-1][1].extend(entries)
        else:
            self._written.append((by, list(entries)))

    def changed(self, form: FormInstance, diff: list[Change], by: User) -> None:
        self._changed[form.pk] = (form.form_key, {change.path for change in diff}, by)

    def flush(self) -> None:
        """Derive what depends on the batch, write its trail, plan the visits, tell whoever listens."""
        changed, self._changed = self._changed, {}
        if not changed:
            return
        keys = {key for key, _paths, _by in changed.values()}
        self.record(self._rederived(keys), self.by)
        if self.imported:
            self.record(participant_advance(self.participant, self.book), self.by)
        for by, entries in self._written:
            trail.append_all(self.chain, entries, by=by, site=self.participant.site)
        self._written = []
        Participant.objects.filter(pk=self.participant.pk).update(
            data_version=F("data_version") + len(changed)
        )
        paths = {path.rpartition("/")[2] for _key, found, _by in changed.values() for path in found}
        if not self.imported and paths & SCHEDULING:
            schedule_refresh(by=self.by, participant=self.participant, chain=self.chain)
        for pk, (key, found, by) in changed.items():
            source_data_changed.send(
                FormInstance, participant_id=self.participant.pk, form_key=key, form_id=pk, paths=found, by=by
            )
        self.chain.refresh_from_db()  # a receiver may have written to the trail as well

    def _rederived(self, keys: set[str]) -> list[Entry]:
        around = Surroundings(self.book, self.today)
        followers = Followers(self.participant.pk, self.by)
        entries: list[Entry] = []
        for sheet in derivation.in_order(self.book):
            if sheet.form and keys & set(derivation.reads(sheet.key)):
                entries += _rederive(form_def(sheet.key), sheet, around, followers)
        return entries


class _Loading(_Saving):
    """One save of a batch: reads from memory what `form_save` reads from the tables."""

    def __init__(self, load: Load, by: User, form: FormInstance, order: Order) -> None:
        self.load = load
        super().__init__(by, form, order, load.chain, form_def(form.form_key))

    def run(self, typed: Typed) -> Saved:
        held(self.form).require()
        stored = self._stored()
        sheet = as_sheet(stored, typed, self.definition)
        if self.load.imported:
            sheet.rows = {
                id: [line for line in lines if line.values or line.missing]
                for id, lines in sheet.rows.items()
            }
        around = self.surroundings(sheet)
        self.derive(sheet, around)
        checked = self.checked(sheet, around)
        diff = changes(self.definition, stored, sheet)
        self.demand_reasons(diff, sheet)
        saved = self.store(stored, sheet, diff, checked, around)
        sheet.status = self.form.status
        return saved

    def _stored(self) -> Sheet:
        form, visit = self.form, self.form.visit
        found = next((s for s in self.load.book.all(form.form_key) if s.form == form.pk), None)
        return found or Sheet(
            key=form.form_key, form=form.pk, repeat=form.repeat, evaluator=form.evaluator, status=form.status,
            visit=visit_label(visit.code, visit.repeat) if visit else "", visit_order=visit.order if visit else 0,
            rows={section.id: [] for section in self.definition.row_sections},
        )  # fmt: skip

    def checked(self, sheet: Sheet, around: Surroundings) -> Checked:
        if not self.load.imported:
            return super().checked(sheet, around)
        found = check(self.definition, sheet, around)
        if found.hidden or found.hard:
            raise Invalid(dict(found.hard), hidden=sorted(found.hidden))
        found.required, found.soft = [], []
        return found

    def surroundings(self, sheet: Sheet) -> Surroundings:
        self.load.book.add(sheet)
        return Surroundings(self.load.book, self.load.today)

    def folder(self, around: Surroundings) -> Folder:
        return SavingFolder(self.load.participant, self.load.book, self.load.today)

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
        self.load.record(entries, self.by)
        if order.token:
            FormSubmission.objects.create(token=order.token, form=form, version=form.version)
        if diff:
            self.load.changed(form, diff, self.by)
        return Saved(form, form.version, [change.path for change in diff])
