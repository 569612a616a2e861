"""A reader begins, writes, submits. The adjudicator answers first, then sees the two readings, then decides."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.checks.consent import names_a_person
from crf.models import FormInstance
from crf.selectors.folder import names_not_to_be_written
from crf.selectors.sheets import sheet_of
from crf.services.entry import Invalid, Order, Saved, form_save
from crf.services.findings import refusal_record
from crf.services.refusals import noted
from crf.typed import Typed
from pathology.blinding import UNBLINDING, UNTOLD, pair
from pathology.checks import refusals
from pathology.findings import own_findings
from pathology.models import ItemKind, PathologyCase, Reading, ReadingDraft, Slot, SpecimenItem
from pathology.notes import Notes, problems, stored_notes, texts_of
from pathology.policies import may_save, may_take
from pathology.recorded import KEY, sheet_from, texts_of_sheet
from pathology.selectors.reader import readable
from pathology.selectors.submissions import is_submitted
from pathology.words import DATE_CANNOT_BE
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import ALLOWED, refused

from .cases import case_settle
from .noting import notes_store
from .rereads import reread_store
from .results import result_refresh

PAUSE = 300  # seconds: who was away for longer was not reading
LARGEST_DRAFT = 200_000  # characters


@transaction.atomic
def reading_take(*, by: User, case: PathologyCase) -> Reading:
    """Begin to read a case that is allocated to this person. Twice is harmless. Raises `Refused`."""
    chain = trail.participant_chain(case.participant_id)  # the lock that every service takes first
    case = (
        PathologyCase.objects.select_for_update(of=("self",))
        .select_related("participant__site")
        .get(pk=case.pk)
    )
    readings = list(case.readings.select_related("form"))
    may_take(by, case, readings).require()
    mine = next(reading for reading in readings if reading.reader_id == by.pk)
    if mine.taken_at is None:
        mine.taken_at = mine.seen_at = timezone.now()
        mine.save(update_fields=["taken_at", "seen_at"])
        entry = Entry(Action.READING_TAKEN, mine.address, "@begun", "", by.username)
        trail.append_all(chain, [entry], by=by, site=case.participant.site)
    return mine


def reading_save(
    *,
    by: User,
    reading: Reading,
    typed: Typed,
    notes: Notes | None = None,
    submit: bool = False,
    order: Order | None = None,
    components: tuple[str, ...] = (),
) -> Saved:
    """Store what a reader wrote; `submit` signs and locks it and lets the final result follow.

    Case, reader and place are set by the system, whatever was posted. `notes`: None leaves what is stored. The first
    submission of an adjudicator is an opinion of one's own: signed and kept, not yet the decision (`reading_confirm`).
    `components`: with what the reader proved to be who signs (11.200).
    Raises `Refused`, `Stale`, or `Invalid` in words that tell the reader nothing about the participant. What a hard
    limit or check refused is kept in the trail, after nothing else was.
    """
    return _saved(by, reading, typed, notes, order or Order(), _Act(submit=submit, components=components))


def reading_confirm(
    *,
    by: User,
    reading: Reading,
    typed: Typed,
    rationale: str,
    notes: Notes | None = None,
    order: Order | None = None,
    components: tuple[str, ...] = (),
) -> Saved:
    """The adjudicator has seen both readings and confirms or revises the own opinion, in any case with a reason.

    The opinion as it was given first is kept (`Reading.opinion`). Raises as `reading_save`.
    """
    order = order or Order()
    order.reason = rationale.strip()
    act = _Act(submit=True, components=components, confirm=True)
    return _saved(by, reading, typed, notes, order, act)


class _Act:
    """What is asked for: a draft, an opinion, a decision."""

    def __init__(self, *, submit: bool, components: tuple[str, ...], confirm: bool = False) -> None:
        self.submit, self.components, self.confirm = submit, components, confirm


def _saved(by: User, reading: Reading, typed: Typed, notes: Notes | None, order: Order, act: _Act) -> Saved:
    participant = reading.case.participant
    try:
        with (
            noted(by=by, act="reading", address=reading.address, participant=participant),
            transaction.atomic(),
        ):
            return _save(by, reading, typed, notes, order, act)
    except Invalid as invalid:
        if invalid.refusals and reading.form is not None:
            refusal_record(by=by, form=reading.form, refusals=invalid.refusals)
        raise


def _save(by: User, reading: Reading, typed: Typed, notes: Notes | None, order: Order, act: _Act) -> Saved:
    trail.participant_chain(reading.case.participant)  # the lock: one writer per participant from here on
    reading = (
        Reading.objects.select_for_update(of=("self",))
        .select_related("case__participant__site", "form__participant__site", "form__visit")
        .get(pk=reading.pk)
    )
    if (before := _submitted_before(by, reading, order.token)) is not None:
        return before
    may_save(by, reading).require()
    _require_stage(reading, order, act)
    notes = notes if notes is not None else stored_notes(reading)
    notes.marks = stored_notes(reading).marks | notes.marks  # ticked in the viewer since the page was opened
    # Slides and confidence were asked for with the opinion; one that arrived since is not the decision's.
    found = problems(notes, _slides(reading), submit=act.submit and not act.confirm, known=_known(reading))
    if act.submit:
        found |= {**typed.errors, **refusals(typed)}
    if found:
        raise Invalid(found)
    opinion = (
        act.submit and reading.slot == Slot.ADJUDICATOR and reading.form_id is not None and not act.confirm
    )
    order.complete, order.whole = act.submit and not opinion, act.submit
    if reason := _reason_of_reopening(reading):
        order.reason = order.reason or reason
    order.beside = UNTOLD
    _keep_system_values(by, reading, typed, sign=act.submit and not opinion)
    saved = _stored(by, reading, typed, order)
    entries = [] if saved.again else notes_store(reading, notes, order.reason)
    entries += _begun(by, reading) + _confirmed(reading, order)
    if entries and not saved.changed:
        saved.changed = ["@notes"]
    chain = trail.participant_chain(reading.case.participant)  # as the save has left it
    trail.append_all(chain, entries, by=by, site=reading.case.participant.site)
    _note_time(reading)
    ReadingDraft.objects.filter(reading=reading).delete()
    if opinion and not saved.again:
        _opinion_given(by, reading, act)
    elif act.submit and not saved.again:
        _submitted(by, reading, act, order)
    return saved


def _submitted_before(by: User, reading: Reading, token: str) -> Saved | None:
    """What this submission did when it came first: twice is harmless, also when it was the one that locked."""
    if not token or reading.reader_id != by.pk or not is_submitted(reading, token):
        return None
    return Saved(reading.form or FormInstance(form_key=KEY), reading.version, again=True)


def _confirmed(reading: Reading, order: Order) -> list[Entry]:
    """Unusual values that the reader confirmed, with the value: another one is asked about anew."""
    if not order.confirmed:
        return []
    sheet = sheet_of(reading.form) if reading.form else sheet_from(reading.content)
    entries = []
    for one in own_findings(sheet, timezone.localdate()):
        reason = order.confirmed.get(one.confirm_name.removeprefix("confirm:"))
        if reason and reading.confirmed.get(one.confirm_name, {}).get("value") != one.found:
            said = {"value": one.found, "reason": reason, "at": timezone.now().isoformat()}
            reading.confirmed[one.confirm_name] = said
            if reading.form is None:  # a form keeps it with its finding
                entries.append(Entry(Action.ENTER, reading.address, f"@{one.confirm_name}", "", reason))
    Reading.objects.filter(pk=reading.pk).update(confirmed=reading.confirmed)
    return entries


def _require_stage(reading: Reading, order: Order, act: _Act) -> None:
    if act.confirm and reading.opinion_at is None:
        refused(_("Give your own reading first; then the two readings are shown."), "opinion").require()
    if reading.opinion_at is not None and not act.confirm:
        refused(
            _("Your own reading is kept as it is. Confirm or revise it, with a reason."), "opinion"
        ).require()
    if act.confirm and not order.reason:
        raise Invalid({"@rationale": _("Say why you confirm or revise your reading.")})


def _reason_of_reopening(reading: Reading) -> str:
    """Every change of a reading that was opened again carries the reason for which it was."""
    last = reading.reopenings.filter(granted=True).order_by("pk").last()
    return last.reason if last else ""


def _slides(reading: Reading) -> list[SpecimenItem]:
    return list(readable(SpecimenItem.objects.filter(case=reading.case.specimen_id)))


def _known(reading: Reading) -> frozenset[int]:
    """Numbers of every slide that the case ever had: a mark stays true when the slide has gone back."""
    items = SpecimenItem.objects.filter(case=reading.case.specimen_id, kind=ItemKind.SLIDE)
    return frozenset(items.values_list("number", flat=True))


def _stored(by: User, reading: Reading, typed: Typed, order: Order) -> Saved:
    if reading.form is None:
        return reread_store(by=by, reading=reading, typed=typed, order=order)
    try:
        return form_save(by=by, form=reading.form, typed=typed, order=order, decision=ALLOWED)
    except Invalid as invalid:
        raise Invalid(_blind(invalid.errors), invalid.hidden, invalid.reasons, invalid.refusals) from None


def _keep_system_values(by: User, reading: Reading, typed: Typed, *, sign: bool) -> None:
    typed.values |= {"cp_caseid": reading.case.code, "cp_user": by.address, "cp_reader": reading.slot}
    typed.values.pop("cp_sign", None)
    if sign:
        typed.values["cp_sign"] = f"{by.address} {timezone.now():%Y-%m-%dT%H:%M:%SZ}"


def _blind(errors: dict[str, str]) -> dict[str, str]:
    """A limit that compares with the date of surgery is told without it."""
    return {path: str(DATE_CANNOT_BE) if path in UNBLINDING else message for path, message in errors.items()}


def _begun(by: User, reading: Reading) -> list[Entry]:
    if reading.taken_at is not None:
        return []
    reading.taken_at = timezone.now()
    Reading.objects.filter(pk=reading.pk).update(taken_at=reading.taken_at)
    return [Entry(Action.READING_TAKEN, reading.address, "@begun", "", by.username)]


def _note_time(reading: Reading) -> None:
    """Time at the page, from one sign of life to the next; a longer silence was a pause."""
    now = timezone.now()
    passed = (now - reading.seen_at).total_seconds() if reading.seen_at else 0
    if 0 < passed <= PAUSE:
        reading.seconds += round(passed)
    reading.seen_at = now
    Reading.objects.filter(pk=reading.pk).update(seconds=reading.seconds, seen_at=now)


def _opinion_given(by: User, reading: Reading, act: _Act) -> None:
    """Signed and kept for ever; what follows after the two readings were seen is told apart from it."""
    assert reading.form is not None
    reading.opinion_at = timezone.now()
    reading.opinion = {**texts_of_sheet(reading.form), **texts_of(stored_notes(reading))}
    reading.save(update_fields=["opinion_at", "opinion"])
    chain = trail.participant_chain(reading.case.participant)
    entry = Entry(Action.OPINION_GIVEN, reading.address, "@opinion", "", _proof(act), "")
    trail.append_all(chain, [entry], by=by, site=reading.case.participant.site)


def _submitted(by: User, reading: Reading, act: _Act, order: Order) -> None:
    participant, form = reading.case.participant, reading.form
    before, reading.submitted_at = reading.rationale, timezone.now()
    reading.rationale = order.reason if act.confirm else ""
    reading.save(update_fields=["submitted_at", "rationale"])
    entries = [Entry(Action.READING_SUBMITTED, reading.address, "@locked", "0", "1", _proof(act))]
    if act.confirm:
        entries.append(Entry(Action.READING_SUBMITTED, reading.address, "@rationale", before, order.reason))
        shown = ", ".join(f"{name} {one.slot}" for name, one in zip("XY", pair(reading), strict=True))
        entries.append(Entry(Action.READING_SUBMITTED, reading.address, "@pair", "", shown, system=True))
    if form is not None:
        FormInstance.objects.filter(pk=form.pk).update(locked=True)
    chain = trail.participant_chain(participant)
    trail.append_all(chain, entries, by=by, site=participant.site)
    if form is not None:
        result_refresh(case=reading.case)
    else:
        case_settle(reading.case)


def _proof(act: _Act) -> str:
    return " + ".join(act.components)


# --- drafts ----------------------------------------------------------------------------------------------------------

NOT_KEPT = ("csrfmiddlewaretoken", "token", "version", "action", "username", "password", "code")


@transaction.atomic
def reading_draft_keep(*, by: User, reading: Reading, post: QueryDict, version: int) -> bool:
    """Keep what stands on the page, unsaved; the newest wins. False when it is too much or names a person (CK-017).

    A page that was saved elsewhere since, or signed, keeps nothing: raises `Refused`.
    """
    standing = Reading.objects.select_for_update(of=("self",)).select_related("case", "form")
    reading = standing.get(pk=reading.pk)
    may_save(by, reading).require()
    if version < (reading.form.version if reading.form else reading.version):
        refused(_("This reading was saved in another window. Open it again."), "text").require()
    names = names_not_to_be_written()
    content = {
        name: [value.replace("\0", "") for value in values]
        for name, values in post.lists()
        if name not in NOT_KEPT and any(values)
    }
    texts = [value for values in content.values() for value in values]
    if sum(map(len, texts)) > LARGEST_DRAFT or any(names_a_person(text, names) for text in texts):
        return False
    ReadingDraft.objects.update_or_create(
        reading=reading, defaults={"version": version, "content": content, "kept_at": timezone.now()}
    )
    _note_time(reading)
    return True


@transaction.atomic
def reading_draft_drop(*, by: User, reading: Reading) -> None:
    """Give up what is not saved."""
    may_save(by, reading).require()
    ReadingDraft.objects.filter(reading=reading).delete()


def draft_post(draft: ReadingDraft) -> QueryDict:
    """The draft as if it were posted."""
    data = QueryDict(mutable=True)
    content: Any = draft.content
    for name, values in content.items():
        data.setlist(name, values)
    return data
