"""Readings from a file become drafts of their readers, all or none. Nobody signs for another (21 CFR 11.70, 11.200):
the reader opens the reading, looks at what was imported, corrects it where it is wrong, and signs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.fields import MISS
from crf.models import ImportBatch
from crf.registry import form_def
from crf.selectors.sheets import sheet_of
from crf.services.entry import Invalid, Order, form_save
from crf.services.refusals import noted, refusal_note
from crf.sheets import Sheet
from crf.typed import Typed, TypedRow, row_path
from pathology.blinding import UNTOLD
from pathology.checks import refusals
from pathology.imports import NODULES, NUMBER, Imported, ReadingFile, ordered
from pathology.models import PathologyCase, Reading
from pathology.notes import stored_notes
from pathology.policies_import import may_import, may_import_readings
from pathology.recorded import KEY, sheet_from, texts, texts_of_sheet
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import ALLOWED, Refused, refused
from trialsite.kernel.digests import digest
from trialsite.web.csv_file import Problem

from .cases import case_settle
from .noting import notes_store
from .rereads import reread_store

TABLE = "READINGS"


class Rejected(Exception):
    """Nothing was stored; the problems of the file say why."""


class Changed(Exception):
    """What would be stored is not what was shown: the data have changed since."""


@dataclass(slots=True)
class Filled:
    """One reading as it would stand: texts by path, before and after."""

    imported: Imported
    old: dict[str, str] = field(default_factory=dict)
    new: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Plan:
    """What the import would do. `digest` names all of it: what is confirmed is what was shown."""

    file: ReadingFile
    filled: list[Filled] = field(default_factory=list)

    @property
    def digest(self) -> str:
        lines = [[one.imported.code, one.imported.reader, one.old, one.new] for one in self.filled]
        return digest([self.file.sha256, lines])


def imported_before(sha256: str) -> ImportBatch | None:
    return ImportBatch.objects.select_related("by").filter(digest=sha256).first()


def readings_judge(*, by: User, file: ReadingFile, name: str = "") -> Plan:
    """What the import would store, judged by saving it and taking all of it back. Problems are added to the file's.

    An attempt at a locked reading is kept in the trail (S07).
    """
    with noted(by=by, act="import", address="study"):
        may_import_readings(by).require()
    _require_new(file)
    plan = Plan(file)
    if not file.problems:
        with transaction.atomic():
            _fill(by, plan, name)
            transaction.set_rollback(True)
    file.problems[:] = ordered(file.problems)
    _note_locked(by, file)
    return plan


def readings_import(*, by: User, file: ReadingFile, seen: str, name: str = "") -> ImportBatch:
    """Store the readings of a file as drafts. `seen`: the digest of the plan that the person looked at.

    Raises `Refused`, `Rejected` (the problems stand in the file) or `Changed`; then nothing is stored.
    """
    with noted(by=by, act="import", address="study"):
        try:
            with transaction.atomic():
                return _import(by, file, seen, name)
        except Rejected:
            _note_locked(by, file)
            raise


def _import(by: User, file: ReadingFile, seen: str, name: str) -> ImportBatch:
    may_import_readings(by).require()
    _require_new(file)
    plan = Plan(file)
    batch = _fill(by, plan, name) if not file.problems else None
    if batch is None or file.problems:
        file.problems[:] = ordered(file.problems)
        raise Rejected
    if plan.digest != seen:
        raise Changed
    said = f"{TABLE} SHA-256 {file.sha256}"
    trail.study_event(by=by, action=Action.IMPORT, subject=batch.address, new=said, reason=name[:100])
    return batch


def _require_new(file: ReadingFile) -> None:
    if before := imported_before(file.sha256):
        why = _("This file was imported on %(day)s by %(who)s. The same file is not imported twice.")
        said = why % {"day": timezone.localtime(before.made_at).strftime("%Y-%m-%d %H:%M"), "who": before.by}
        refused(said, "file").require()


def _fill(by: User, plan: Plan, name: str) -> ImportBatch:
    """Every reading in the order of their participants, so that two imports wait for each other instead of standing."""
    file = plan.file
    record = {
        "name": name[:100],
        "table": TABLE,
        "rows": sum(len(r.lines) for r in file.readings),
        "sha256": file.sha256,
    }
    try:
        batch = ImportBatch.objects.create(
            by=by, digest=file.sha256, files=[record], counts={"readings": len(file.readings)}
        )
    except IntegrityError:  # the same file, a moment before
        refused(_("This file has been imported already."), "file").require()
        raise
    for one in sorted(
        file.readings, key=lambda r: (r.reading.case.participant_id if r.reading else 0, r.lines)
    ):
        try:
            with transaction.atomic():
                plan.filled.append(_one(by, batch, one))
        except Refused as no:
            file.problems.append(Problem(one.lines[0], "case", one.code, str(no.reason)))
        except Invalid as invalid:
            file.problems += _told(one, invalid)
    plan.filled.sort(key=lambda filled: filled.imported.lines)
    return batch


def _one(by: User, batch: ImportBatch, one: Imported) -> Filled:
    assert one.reading is not None
    participant = one.reading.case.participant
    trail.participant_chain(participant)  # the lock: one writer per participant from here on
    reading = (
        Reading.objects.select_for_update(of=("self",))
        .select_related("case__participant__site", "form__participant__site", "form__visit")
        .get(pk=one.reading.pk)
    )
    may_import(reading).require()
    typed, stored = _copied(one.typed), _stored(reading)
    old = texts(stored)
    _replace(typed, stored, batch.address)
    order = Order(whole=True, reason=_reason(batch, one), beside=UNTOLD)
    try:
        new = _saved(by, reading, typed, order)
    except Invalid as invalid:
        raise _in_file(one, typed, invalid) from None
    notes = stored_notes(reading)
    before, notes.confidence = notes.confidence, one.confidence or notes.confidence
    entries = notes_store(reading, notes, order.reason)
    entries.append(Entry(Action.IMPORT, reading.address, "@imported", "", plan_words(batch), order.reason))
    chain = trail.participant_chain(participant)  # as the save has left it
    trail.append_all(chain, entries, by=by, site=participant.site)
    reading.imported_at = timezone.now()
    Reading.objects.filter(pk=reading.pk).update(imported_at=reading.imported_at)
    case_settle(reading.case)
    if one.confidence:
        old, new = old | {"@confidence": before}, new | {"@confidence": one.confidence}
    return Filled(one, old, new)


def _reason(batch: ImportBatch, one: Imported) -> str:
    """Where each value came from, for the trail: `import:3, 2–4` (file and lines)."""
    return f"{batch.address}, {one.lines[0]}" + (f"–{one.lines[-1]}" if len(one.lines) > 1 else "")


def _saved(by: User, reading: Reading, typed: Typed, order: Order) -> dict[str, str]:
    """Judged as a reading that is handed in, stored as a draft. Returns the texts that stand then.

    Raises `Invalid` with everything that is wrong at once, as far as it can be told: who corrects a file has no page
    that asks again after each answer.
    """
    reader = reading.reader
    assert reader is not None
    found = refusals(typed)
    typed.values |= {"cp_caseid": reading.case.code, "cp_user": reader.address, "cp_reader": reading.slot}
    try:
        new = _kept(by, reading, typed, order)
    except Invalid as invalid:
        errors, hidden = dict(invalid.errors), invalid.hidden
    else:
        if not found:
            return new
        errors, hidden = {}, []
    if hidden:  # what else is wrong, were these answers left out
        order.clear_hidden = True
        try:
            _kept(by, reading, typed, order)
        except Invalid as rest:
            errors |= rest.errors
    raise Invalid(errors | found, hidden)


@transaction.atomic
def _kept(by: User, reading: Reading, typed: Typed, order: Order) -> dict[str, str]:
    if reading.form is None:
        reread_store(by=by, reading=reading, typed=typed, order=order)
        return dict(reading.content)
    form_save(by=by, form=reading.form, typed=typed, order=order, decision=ALLOWED)
    return texts_of_sheet(reading.form)


def plan_words(batch: ImportBatch) -> str:
    return f"SHA-256 {batch.digest}"


def _stored(reading: Reading) -> Sheet:
    return sheet_of(reading.form) if reading.form is not None else sheet_from(reading.content)


def _copied(typed: Typed) -> Typed:
    """Judged and stored from the same file, which a save must not change."""
    rows = {
        section: [TypedRow(row.key, dict(row.values), dict(row.missing)) for row in lines]
        for section, lines in typed.rows.items()
    }
    return Typed(dict(typed.values), dict(typed.missing), rows)


def _replace(typed: Typed, stored: Sheet, reason: str) -> None:
    """An earlier import is replaced as a whole: nodules keep their rows by number, others are taken out."""
    standing = {line.get(NUMBER): str(line.row) for line in stored.lines(NODULES)}
    rows = typed.rows.setdefault(NODULES, [])
    for row in rows:
        row.key = standing.pop(row.values.get(NUMBER), row.key)
    rows += [TypedRow(key, remove=True, reason=reason) for key in standing.values()]


def _in_file(one: Imported, typed: Typed, invalid: Invalid) -> Invalid:
    """The same refusal by the paths of the file: a row that got its number (`CP2:2`) is `CP2:n3` there."""
    pairs = zip(
        typed.rows[NODULES], one.typed.rows.get(NODULES, []), strict=False
    )  # rows to remove come last
    keys = {row.key: original.key for row, original in pairs}

    def path_of(path: str) -> str:
        head, _sep, name = path.rpartition("/")
        section, _sep, key = head.partition(":")
        return row_path(section, keys.get(key, key), name) if head else path

    errors = {path_of(path): why for path, why in invalid.errors.items()}
    return Invalid(errors, [path_of(path) for path in invalid.hidden])


def _told(one: Imported, invalid: Invalid) -> list[Problem]:
    """What a save refused, at the lines of the file."""
    reasons = {path: _("This is not asked here: leave it empty.") for path in invalid.hidden}
    found = []
    for path, why in (reasons | invalid.errors).items():
        line, column = one.place(path)
        value = _value_at(one, path) if column else f"{one.code} {one.reader}"  # of the nodules as a whole
        found.append(Problem(line, column or NUMBER, value, why))
    return found


def _value_at(one: Imported, path: str) -> str:
    """What the file says there, as it is read."""
    head, _sep, name = path.removesuffix(MISS).rpartition("/")
    section, _sep, key = head.partition(":")
    row = next((row for row in one.typed.rows.get(section, ()) if row.key == key), None)
    values = row.values if row is not None else one.typed.values
    missing = row.missing if row is not None else one.typed.missing
    if name in missing:
        return missing[name]
    fields = form_def(KEY).section(section).fields if section else form_def(KEY).fields.values()
    crf_field = next((f for f in fields if f.name == name), None)
    return crf_field.to_text(values.get(name))[:60] if crf_field else ""


def _note_locked(by: User, file: ReadingFile) -> None:
    """S07: an attempt at a reading that is locked is logged, whatever else is wrong with the file."""
    for one in file.readings:
        if one.reading is None:
            continue
        case: PathologyCase = one.reading.case
        may = may_import(one.reading)
        if not may and may.code == "locked":
            no = Refused(may.reason, may.code)
            refusal_note(
                by=by, act="import", address=one.reading.address, no=no, participant=case.participant
            )
