"""Who reads which case until when: given by a data manager, never taken."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.services.refusals import noted
from pathology.models import PathologyCase, Reading, Slot
from pathology.policies import due_of, may_allocate, may_be_allocated
from pathology.words import BEGUN, THREE_PEOPLE
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import refused

from .cases import case_settle

Due = dt.date | Mapping[str, dt.date | None] | None


def readers_allocate(
    *,
    by: User,
    case: PathologyCase,
    readers: Mapping[str, User | None],
    due: Due = None,
    seen: Mapping[str, str] | None = None,
    on: dt.date | None = None,
) -> PathologyCase:
    """Give places of a case to readers, by slot; `None` takes a place back that nobody has begun to read.

    The adjudicator can be named before it is known whether one is needed. `due`: the last day, one for all or one for
    each slot; else the usual time. `seen`: the user names that stood at the places when the page was opened, so that of
    two people who allocate at once one is told. `on`: the day of an allocation that was made before it came into this
    system; else today. Raises `Refused` (right, a place that is being read, one person twice, a day that is over).
    """
    with (
        noted(by=by, act="allocate", address=case.address, participant=case.participant),
        transaction.atomic(),
    ):
        chain = trail.participant_chain(case.participant)
        case = (
            PathologyCase.objects.select_for_update(of=("self",))
            .select_related("participant__site")
            .get(pk=case.pk)
        )
        may_allocate(by, case).require()
        places = {place.slot: place for place in case.readings.select_related("form", "reader")}
        _require_seen(case, places, seen or {})
        _require_different(case, places, readers)
        days = {slot: _day_of(due, slot) for slot in readers}
        _require_days(days, on or timezone.localdate())
        _emptied(places, readers)
        entries: list[Entry] = []
        for slot, reader in readers.items():
            entries += _given(case, slot, places.get(slot), reader, days[slot], on)
        trail.append_all(chain, entries, by=by, site=case.participant.site)
        case_settle(case)
    return case


def _day_of(due: Due, slot: str) -> dt.date | None:
    return due.get(slot) if isinstance(due, Mapping) else due


def _require_days(days: Mapping[str, dt.date | None], today: dt.date) -> None:
    if any(day is not None and day < today for day in days.values()):
        refused(_("The last day to read lies in the past."), "text").require()


def _require_seen(case: PathologyCase, places: Mapping[str, Reading], seen: Mapping[str, str]) -> None:
    """Refused where a place has changed hands since the page was opened."""
    standing = {slot: place.reader.username if place.reader else "" for slot, place in places.items()}
    if Slot.ADJUDICATOR not in standing:
        standing[Slot.ADJUDICATOR] = case.adjudicator.username if case.adjudicator else ""
    if any(standing.get(slot, name) != name for slot, name in seen.items()):
        refused(
            _("Somebody else has allocated this case meanwhile. Nothing was changed: look again."), "stale"
        ).require()


def _emptied(places: Mapping[str, Reading], readers: Mapping[str, User | None]) -> None:
    """Places that change hands are empty for a moment: two readers can change places (one person once, in the database)."""
    moved = [
        place.pk
        for slot, place in places.items()
        if slot in readers
        and place.taken_at is None
        and place.reader_id != (reader.pk if (reader := readers[slot]) else None)
    ]
    if len(moved) > 1:
        Reading.objects.filter(pk__in=moved).update(reader=None)


def _require_different(
    case: PathologyCase, places: Mapping[str, Reading], readers: Mapping[str, User | None]
) -> None:
    """CK-240, for what will stand: three different people."""
    standing = {slot: place.reader_id for slot, place in places.items()}
    standing.setdefault(Slot.ADJUDICATOR, case.adjudicator_id)
    standing |= {slot: reader.pk if reader else None for slot, reader in readers.items()}
    people = [pk for pk in standing.values() if pk is not None]
    if len(people) != len(set(people)):
        refused(THREE_PEOPLE, "same").require()


def _moment(on: dt.date | None) -> dt.datetime:
    """Now, or noon of a day that was before."""
    return dt.datetime.combine(on, dt.time(12), dt.UTC) if on else timezone.now()


def _given(
    case: PathologyCase,
    slot: str,
    place: Reading | None,
    reader: User | None,
    due: dt.date | None,
    on: dt.date | None,
) -> list[Entry]:
    if reader is not None:
        may_be_allocated(reader, slot).require()
    if slot == Slot.ADJUDICATOR and place is None:  # not needed yet: named for the time when it is
        before = case.adjudicator.username if case.adjudicator else ""
        case.adjudicator = reader
        case.save(update_fields=["adjudicator"])
        return _entry(case.address, "@adjudicator", before, reader)
    if place is None:
        return []
    if place.reader_id == (reader.pk if reader else None):
        if due is None or due == place.due_on:
            return []
        before = str(place.due_on or "")
        place.due_on = due
        place.save(update_fields=["due_on"])
        return [Entry(Action.READING_ALLOCATED, place.address, "@due", before, str(due))]
    if place.taken_at is not None:
        refused(BEGUN, "begun").require()
    before = place.reader.username if place.reader else ""
    place.reader = reader
    place.allocated_at = _moment(on) if reader else None
    place.due_on = (due or due_of(slot)) if reader else None
    place.save(update_fields=["reader", "allocated_at", "due_on"])
    return _entry(place.address, "@reader", before, reader)


def _entry(target: str, path: str, before: str, reader: User | None) -> list[Entry]:
    after = reader.username if reader else ""
    return [Entry(Action.READING_ALLOCATED, target, path, before, after)] if before != after else []


def case_share_out(
    *, by: User, cases: Sequence[PathologyCase], readers: Sequence[User], due: dt.date | None = None
) -> int:
    """Give the free places of several cases to those of `readers` who have least to read; who is first is drawn by lot.

    All or none. Returns how many places were given.
    """
    given = 0
    cases = sorted(cases, key=lambda case: case.participant_id)  # two people who share out wait, in one order
    first = cases[0] if cases else None
    with (
        noted(
            by=by,
            act="allocate",
            address=first.address if first else "",
            participant=first.participant if first else None,
        ),
        transaction.atomic(),
    ):
        load = {reader.pk: reader.readings.filter(submitted_at__isnull=True).count() for reader in readers}
        for case in PathologyCase.objects.filter(pk__in=[one.pk for one in cases]).order_by("participant_id"):
            places = list(case.readings.filter(slot__in=(Slot.FIRST, Slot.SECOND)))
            taken = {place.reader_id for place in places} | {case.adjudicator_id}
            free = [place.slot for place in places if place.reader_id is None]
            candidates = [reader for reader in readers if reader.pk not in taken]
            candidates.sort(key=lambda reader: (load[reader.pk], secrets.randbelow(1_000_000)))
            chosen = candidates[: len(free)]
            secrets.SystemRandom().shuffle(chosen)
            readers_allocate(by=by, case=case, readers=dict(zip(free, chosen, strict=False)), due=due)
            for reader in chosen:
                load[reader.pk] += 1
            given += len(chosen)
    return given
