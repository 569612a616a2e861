"""Who reads which case until when: given by a data manager, never taken."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from crf.services.refusals import noted
from pathology.models import PathologyCase, Reading, Slot
from pathology.policies import due_of, may_allocate, may_be_allocated
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.kernel.decisions import refused

from .cases import case_settle


def readers_allocate(
    *, by: User, case: PathologyCase, readers: Mapping[str, User | None], due: dt.date | None = None
) -> PathologyCase:
    """Give places of a case to readers, by slot; `None` takes a place back that nobody has begun to read.

    The adjudicator can be named before it is known whether one is needed. `due`: the last day for the places that are
    given now; else the usual time. Raises `Refused` (right, a place that is being read, one person twice).
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
        _require_different(case, places, readers)
        entries: list[Entry] = []
        for slot, reader in readers.items():
            entries += _given(case, slot, places.get(slot), reader, due)
        trail.append_all(chain, entries, by=by, site=case.participant.site)
        case_settle(case)
    return case


def _require_different(
    case: PathologyCase, places: Mapping[str, Reading], readers: Mapping[str, User | None]
) -> None:
    """CK-240, for what will stand: three different people."""
    standing = {slot: place.reader_id for slot, place in places.items()}
    standing.setdefault(Slot.ADJUDICATOR, case.adjudicator_id)
    standing |= {slot: reader.pk if reader else None for slot, reader in readers.items()}
    people = [pk for pk in standing.values() if pk is not None]
    if len(people) != len(set(people)):
        from pathology.words import THREE_PEOPLE

        refused(THREE_PEOPLE, "same").require()


def _given(
    case: PathologyCase, slot: str, place: Reading | None, reader: User | None, due: dt.date | None
) -> list[Entry]:
    if reader is not None:
        may_be_allocated(reader, slot).require()
    if slot == Slot.ADJUDICATOR and place is None:  # not needed yet: named for the time when it is
        before = User.objects.filter(pk=case.adjudicator_id).values_list("username", flat=True).first() or ""
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
        from pathology.words import BEGUN

        refused(BEGUN, "begun").require()
    before = place.reader.username if place.reader else ""
    place.reader = reader
    place.allocated_at = timezone.now() if reader else None
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
    with transaction.atomic():
        load = {reader.pk: reader.readings.filter(submitted_at__isnull=True).count() for reader in readers}
        for case in cases:
            places = list(case.readings.filter(slot__in=(Slot.FIRST, Slot.SECOND)))
            taken = {place.reader_id for place in places}
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
