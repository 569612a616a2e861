"""Participants are screened, visits planned, opened and missed; envelopes made for the forms that are expected."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from crf.events import source_data_changed
from crf.models import FormInstance, FormStatus
from crf.planning import CONDITIONAL, FORMS_READ, PlannedVisit, conditional, form_expected, plan
from crf.policies import may_open_visit, may_screen
from crf.policies_review import held_above
from crf.reasons import reason_given
from crf.registry import form_def, forms
from crf.schedule import EXAMINED, LOGS, VISITS, FormAt, forms_at, visit_label, visit_of
from crf.selectors.sheets import casebook
from crf.sheets import Casebook
from participants.models import Participant, Visit, VisitStatus
from trialsite.accounts.models import Site, User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditChain
from trialsite.audit.trail import Entry
from trialsite.db.prepared import Prepared
from trialsite.db.rows import update, update_each
from trialsite.kernel.decisions import Decision, refused

from .lifecycle import participant_advance
from .refusals import noted, require_open_site

NO_LONGER = gettext_noop("No longer planned.")
MOVING = ("target_date", "window_from", "window_to", "status", "reason")
OPENED = "opened:"  # in Visit.reason: a person opened this visit; the rest is why


def participant_screen(
    *, by: User, site: Site, number: str = "", imported: bool = False, decision: Decision | None = None
) -> Participant:
    """Add a participant under the next number of the site (SS-NNN), with its visits and forms.

    `number` may be given for imports and agreed numbers; a number that exists is refused.
    """
    with noted(by=by, act="screen", address=f"site:{site.pk}", site=site), transaction.atomic():
        return _screen(by, site, number, imported, decision)


def _screen(by: User, site: Site, number: str, imported: bool, decision: Decision | None) -> Participant:
    (decision or may_screen(by, site)).require()
    require_open_site(site)  # holds its row: two coordinators at once get two numbers
    number = number or _next_number(site)
    if Participant.objects.filter(number=number).exists():
        refused(_("Participant %(number)s exists already.") % {"number": number}, "duplicate").require()
    participant = Participant.objects.create(site=site, number=number, created_by=by, imported=imported)
    chain = trail.participant_chain(participant)
    entries = [Entry(Action.SCREENED, f"participant:{participant.pk}", "@number", "", number)]
    logs = [
        FormInstance(participant=participant, form_key=key, required=kind)
        for key, kind in LOGS.items()
        if key in forms()
    ]
    entries += _make_forms(logs)
    entries += _replan(participant, Casebook(number))
    trail.append_all(chain, entries, by=by, site=site)
    return participant


def _next_number(site: Site) -> str:
    last = Participant.objects.filter(site=site, number__regex=rf"^{site.number}-\d{{3,5}}$").values_list(
        "number", flat=True
    )
    following = max((int(number.rpartition("-")[2]) for number in last), default=0) + 1
    return f"{site.number}-{following:03}"


def schedule_refresh(*, by: User | None, participant: Participant, chain: AuditChain | None = None) -> None:
    """Plan the visits again from what the forms say, and let the participant's state follow. Idempotent."""
    with transaction.atomic():
        chain = chain or trail.participant_chain(participant)
        book = casebook(participant.pk, FORMS_READ)
        book.number = participant.number
        trail.append_all(chain, schedule_follow(participant, book), by=by, site=participant.site)


def schedule_follow(participant: Participant, book: Casebook) -> list[Entry]:
    """The same for a caller that holds the lock and the forms of `FORMS_READ`, and writes the trail."""
    return participant_advance(participant, book) + _replan(participant, book)


_visits = Prepared(lambda participant: Visit.objects.filter(participant=participant), participant=1)


def _replan(participant: Participant, book: Casebook) -> list[Entry]:
    visits = {(v.code, v.repeat): v for v in _visits(participant=participant.pk)}
    opened = {_label(v) for v in visits.values() if v.reason.startswith(OPENED)}
    entries: list[Entry] = []
    planned = plan(book, opened)
    made = [_new_visit(participant, p) for p in planned if (p.code, p.repeat) not in visits]
    if made:
        made = Visit.objects.bulk_create(made)  # both databases give the keys back
        entries += [
            Entry(Action.VISIT, f"visit:{v.pk}", "@window", "", _window_text(v), system=True) for v in made
        ]
        entries += [
            Entry(Action.VISIT, f"visit:{v.pk}", "@status", "", v.status, v.reason, system=True)
            for v in made
            if v.status != VisitStatus.PLANNED
        ]
        envelopes = [form for visit in made for form in _expected(participant, visit, book)]
        entries += _make_forms(envelopes)
    before = {visit.pk: visit.status for visit in visits.values()}
    written: list[Visit] = []
    for p in planned:
        if (p.code, p.repeat) in visits:
            entries += _moved(visits[p.code, p.repeat], p, written)
    wanted = {(p.code, p.repeat) for p in planned}
    for left in (visit for place, visit in visits.items() if place not in wanted):
        # planned once, and no longer: its anchor or its rule went away
        window = left.target_date, left.window_from, left.window_to
        entries += _moved(left, PlannedVisit(left.code, left.repeat, *window, False, NO_LONGER), written)
    _store(written, before)
    entries += _conditional_forms(participant, book)
    entries += _second_end_of_treatment(participant, [*visits.values(), *made], book)
    return entries


def _label(visit: Visit) -> str:
    return visit_label(visit.code, visit.repeat)


def _new_visit(participant: Participant, p: PlannedVisit) -> Visit:
    return Visit(
        participant=participant, code=p.code, repeat=p.repeat, order=p.order, target_date=p.target,
        window_from=p.window_from, window_to=p.window_to, reason="" if p.expected else p.reason,
        status=VisitStatus.PLANNED if p.expected else VisitStatus.CLOSED,
    )  # fmt: skip


def _expected(participant: Participant, visit: Visit, book: Casebook) -> list[FormInstance]:
    known = forms()
    return [
        FormInstance(
            participant=participant, visit=visit, form_key=at.key, repeat=at.repeat, required=at.kind,
            expected=visit.status != VisitStatus.CLOSED and form_expected(book, _label(visit), at),
        )
        for at in forms_at(visit.code)
        if at.key in known
    ]  # fmt: skip


_conditionals = Prepared(
    lambda participant: FormInstance.objects.filter(
        participant=participant, form_key__in=sorted(CONDITIONAL), visit__isnull=False
    ).values_list(
        "pk",
        "form_key",
        "repeat",
        "required",
        "expected",
        "version",
        "visit__code",
        "visit__repeat",
        "visit__status",
    ),
    participant=1,
)


def _conditional_forms(participant: Participant, book: Casebook) -> list[Entry]:
    """Forms that facts of the participant ask for, or no longer do. What was begun is never given up."""
    entries: list[Entry] = []
    for pk, key, repeat, kind, expected, version, code, number, status in _conditionals(
        participant=participant.pk
    ):
        if not conditional(key, repeat):
            continue
        label = visit_label(code, number)
        wanted = status != VisitStatus.CLOSED and form_expected(book, label, FormAt(key, kind, repeat))
        if wanted != expected and (wanted or version == 0):
            FormInstance.objects.filter(pk=pk).update(expected=wanted)
            old, new = ("", key) if wanted else (key, "")
            entries.append(Entry(Action.FORM_EXPECTED, f"form:{pk}", "@expected", old, new, system=True))
    return entries


def _make_forms(envelopes: list[FormInstance]) -> list[Entry]:
    made = FormInstance.objects.bulk_create(envelopes)
    return [
        Entry(Action.FORM_EXPECTED, form.address, "@expected", "", form.form_key, system=True)
        for form in made
    ]


def _window_text(visit: Any) -> str:
    return f"{visit.window_from or ''}..{visit.window_to or ''}"


def _move(visit: Visit, p: PlannedVisit) -> list[Entry]:
    """Windows follow their anchors; a rule closes or opens a visit that nobody has kept yet."""
    entries: list[Entry] = []
    old = _window_text(visit)
    visit.target_date, visit.window_from, visit.window_to = p.target, p.window_from, p.window_to
    if old != _window_text(visit):
        entries.append(
            Entry(Action.VISIT, f"visit:{visit.pk}", "@window", old, _window_text(visit), system=True)
        )
    status, kept = visit.status, visit.status in (VisitStatus.DONE, VisitStatus.MISSED)
    if not kept and not visit.reason.startswith(OPENED):
        visit.status = VisitStatus.PLANNED if p.expected else VisitStatus.CLOSED
        visit.reason = "" if p.expected else p.reason
    if status != visit.status:
        entries.append(
            Entry(
                Action.VISIT, f"visit:{visit.pk}", "@status", status, visit.status, visit.reason, system=True
            )
        )
    return entries


def _moved(visit: Visit, p: PlannedVisit, written: list[Visit]) -> list[Entry]:
    found = _move(visit, p)
    if found:
        written.append(visit)
    return found


def _store(written: list[Visit], before: dict[int, str]) -> None:
    """The visits that moved, and whether their forms are expected."""
    if not written:
        return
    update_each(
        Visit, MOVING, "id", [[*(getattr(visit, name) for name in MOVING), visit.pk] for visit in written]
    )
    for expected in (True, False):
        changed = [visit for visit in written if visit.status != before[visit.pk]]
        those = [visit.pk for visit in changed if (visit.status != VisitStatus.CLOSED) is expected]
        if those:
            FormInstance.objects.filter(visit__in=those).update(expected=expected)


def _second_end_of_treatment(
    participant: Participant, visits: Iterable[Visit], book: Casebook
) -> list[Entry]:
    """One disposition form per phase: the adjuvant or continued phase gets its own once a dose of it is recorded."""
    if not any(s.get("ec_phase") in ("ADJ", "CONT") for s in book.all("EC")):
        return []
    visit = next((v for v in visits if v.code == "EOT"), None)
    if visit is None or FormInstance.objects.filter(visit=visit, form_key="EOT", repeat=2).exists():
        return []
    return _make_forms(
        [FormInstance(participant=participant, visit=visit, form_key="EOT", repeat=2, required="R")]
    )


def visit_open(
    *, by: User, participant: Participant, label: str, reason: str, decision: Decision | None = None
) -> Visit:
    """Open an event-driven or closed visit (`C5`, `CONT1`, `UNS1`) with a reason. Twice is harmless."""
    address = f"participant:{participant.pk}"
    with noted(by=by, act="open-visit", address=address, participant=participant), transaction.atomic():
        return _open(by, participant, label, reason, decision)


def _open(by: User, participant: Participant, label: str, reason: str, decision: Decision | None) -> Visit:
    (decision or may_open_visit(by, participant)).require()
    place = visit_of(label)
    if place is None:
        refused(_("There is no visit %(visit)s.") % {"visit": label}).require()
    assert place is not None
    reason = reason_given(reason, _("Say why this visit is opened."))
    chain = trail.participant_chain(participant)
    code, repeat = place
    kept = Visit.objects.filter(participant=participant, code=code, repeat=repeat).first()
    held_above(participant=participant, visit=kept).require()
    visit, made = Visit.objects.get_or_create(
        participant=participant, code=code, repeat=repeat,
        defaults={"order": VISITS[code].number * 100 + repeat, "reason": OPENED + reason[:180]},
    )  # fmt: skip
    if not made and visit.reason.startswith(OPENED):
        return visit
    entries = [Entry(Action.VISIT, f"visit:{visit.pk}", "@opened", "", label, reason)]
    if made:
        entries += _make_forms(_expected(participant, visit, Casebook(participant.number)))
    else:
        visit.status, visit.reason = VisitStatus.PLANNED, OPENED + reason[:180]
        visit.save(update_fields=["status", "reason"])
        FormInstance.objects.filter(visit=visit).update(expected=True)
    trail.append_all(chain, entries, by=by, site=participant.site)
    schedule_refresh(by=by, participant=participant, chain=chain)
    return visit


def visit_miss(*, by: User, visit: Visit, reason: str) -> None:
    """A visit that did not take place, with its reason. Refused once data were entered at it."""
    participant, address = visit.participant, f"visit:{visit.pk}"
    with noted(by=by, act="miss-visit", address=address, participant=participant), transaction.atomic():
        _miss(by, visit, participant, reason)


def _miss(by: User, visit: Visit, participant: Participant, reason: str) -> None:
    may_open_visit(by, participant).require()
    reason = reason_given(reason, _("Say why the visit was missed."))
    chain = trail.participant_chain(participant)
    held_above(participant=participant, visit=visit).require()
    if FormInstance.objects.filter(visit=visit).exclude(status=FormStatus.EXPECTED).exists():
        refused(_("Data were entered at this visit; it was not missed."), "state").require()
    old, visit.status, visit.reason = visit.status, VisitStatus.MISSED, reason
    visit.save(update_fields=["status", "reason"])
    trail.append(
        chain,
        by=by,
        action=Action.VISIT,
        subject=f"visit:{visit.pk}/@status",
        old=old,
        new=visit.status,
        reason=visit.reason,
        site=participant.site,
    )
    Participant.objects.filter(pk=participant.pk).update(data_version=F("data_version") + 1)
    source_data_changed.send(
        Visit, participant_id=participant.pk, form_key="", form_id=0, paths={"@status"}, by=by
    )


def visit_dated(
    *, by: User, form: FormInstance, day: dt.date | None, chain: AuditChain, before: dt.date | None = None
) -> list[Entry]:
    """The visit takes the date of its dating form (VISDAT), else of the form that was first; in the transaction of
    the save. `before`: the date that stood on the form; a visit that was dated by it follows its correction."""
    visit = form.visit
    if visit is None or not isinstance(day, dt.date) or visit.actual_date == day:
        return []
    if visit.actual_date not in (None, before) and form.form_key != _dating_form(visit.code):
        return []
    old_date, old_status = visit.actual_date, visit.status
    visit.actual_date, visit.status = day, VisitStatus.DONE
    update(Visit, {"actual_date": visit.actual_date, "status": visit.status}, id=visit.pk)
    entries = [
        Entry(Action.VISIT, f"visit:{visit.pk}", "@date", str(old_date or ""), day.isoformat(), system=True)
    ]
    if old_status != VisitStatus.DONE:
        entries.append(
            Entry(Action.VISIT, f"visit:{visit.pk}", "@status", old_status, VisitStatus.DONE, system=True)
        )
    return entries


def _dating_form(code: str) -> str:
    """The form whose date is the visit's: treatment, scan, operation or contact before what is examined beside them."""
    dated = [at.key for at in forms_at(code) if at.key in forms() and form_def(at.key).head.date]
    return min(dated, key=lambda key: key in EXAMINED, default="")
