"""Stories through the services, one transaction for each participant; who did it is a person of the cast."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from crf.models import FormInstance
from crf.selectors.sheets import sheet_of
from crf.services.entry import Order
from crf.services.loading import Load
from crf.services.refusals import noted
from crf.services.schedule import participant_screen
from crf.typed import Typed
from participants.models import Participant
from pathology.models import CaseState, PathologyCase, Reading, Slot
from pathology.notes import Notes
from pathology.selectors.reader import slides_of
from pathology.services import (
    items_receive,
    readers_allocate,
    reading_confirm,
    reading_reopen_ask,
    reading_save,
    reading_take,
    recut_ask,
    result_release,
)  # fmt: skip
from pathology.services.specimens import Arrived, Passing
from trialsite.accounts.models import Site, User
from trialsite.kernel.decisions import ALLOWED

from . import central
from .clinic import Clinic, slides_sent
from .forms import Entry, after_readings, before_readings, reading, typed
from .story import DAY, Read, Story

RECENT = 7  # days: what happened so lately is often not finished
SITE_PEOPLE = {"01": ("lin", "chen"), "02": ("wu", "zhao"), "03": ("wu", "zhao")}


@dataclass(slots=True)
class Cast:
    """The people who write: a coordinator and an investigator for each site, the readers."""

    users: dict[str, User]
    sites: dict[str, Site]
    laboratories: dict[str, str] = field(
        default_factory=dict
    )  # by site number: the address of its laboratory

    @classmethod
    def read(cls) -> Cast:
        return cls(
            {user.username: user for user in User.objects.all()},
            {site.number: site for site in Site.objects.all()},
        )

    def coordinator(self, site: str) -> User:
        return self.users[SITE_PEOPLE[site][0]]

    def investigator(self, site: str) -> User:
        return self.users[SITE_PEOPLE[site][1]]


def write(story: Story, cast: Cast, today: dt.date, clinic: bool = False) -> Participant:
    """One participant. `story` is cut at today already. `clinic`: with everything that is examined along the way."""
    site = cast.sites[story.site]
    with (
        noted(by=cast.coordinator(story.site), act="demo", address=f"site:{site.pk}", site=site),
        transaction.atomic(),
    ):
        return _write(story, cast, today, clinic)


def _write(story: Story, cast: Cast, today: dt.date, clinic: bool) -> Participant:
    seen = Clinic(story) if clinic else None
    laboratory = cast.laboratories.get(story.site, "")
    writer, investigator = cast.coordinator(story.site), cast.investigator(story.site)
    participant = participant_screen(
        by=writer, site=cast.sites[story.site], number=story.number, decision=ALLOWED
    )
    with Load(by=writer, participant=participant) as load:
        _save(load, before_readings(story, investigator.address, seen), investigator, today, laboratory)
    _read(story, participant, cast, today)
    if later := after_readings(story, seen):
        with Load(by=writer, participant=participant) as load:
            _save(load, later, investigator, today, laboratory)
    return participant


def _save(
    load: Load, entries: Iterable[Entry], investigator: User, today: dt.date, laboratory: str = ""
) -> None:
    for entry in entries:
        if entry.day > today:
            continue
        form = load.form(entry.key, entry.visit, entry.repeat)
        _refer(entry, load, laboratory)
        recent = (today - entry.day).days < RECENT and entry.key not in ("DTH", "EOS")
        by = investigator if entry.key in ("IE", "DTH", "EOS") else load.by
        # Without what the clinic notes screening is not complete, so that the decision cannot be (CK-026).
        done = entry.complete and not recent and (bool(laboratory) or entry.key != "IE")
        load.save(form, typed(entry), Order(complete=done, clear_hidden=True), by=by)


def _refer(entry: Entry, load: Load, laboratory: str) -> None:
    """`{TA/FUIMG2}`: the address of a form of this participant; `{TA}`: of its last one; `{LAB}`: its laboratory."""
    for name, value in entry.values.items():
        if value == "{LAB}":
            entry.values[name] = laboratory
        if isinstance(value, str) and value.startswith("{TA"):
            entry.values[name] = _address(value.strip("{}").partition("/")[2], load)


def _address(visit: str, load: Load) -> str:
    if visit:
        return load.form("TA", visit).address
    started = [form for (key, _visit, _n), form in load.envelopes.items() if key == "TA" and form.version]
    return max(started, key=_order, default=FormInstance()).address


def _order(form: FormInstance) -> int:
    return form.visit.order if form.visit else 0


def _read(story: Story, participant: Participant, cast: Cast, today: dt.date) -> None:
    """Slides arrive, are allocated and read in the order of the story; the result is released on its day."""
    case = PathologyCase.objects.filter(participant=participant, reread_of__isnull=True).first()
    if case is None or story.central == central.AWAITED:
        return
    manager = cast.users["da"]
    _receive(story, case, manager)
    if story.central in (central.READING, central.LATE):
        _begin(story, case, cast, today)
    if story.central in (central.TO_ALLOCATE, central.READING, central.LATE):
        return
    if story.central == central.ADJUDICATION:
        readers_allocate(by=manager, case=case, readers={Slot.ADJUDICATOR: cast.users["p3"]})
    for read in story.reads:
        person = cast.users[read.reader]
        _give(case, person, manager)
        taken = reading_take(by=person, case=case)
        _submit(person, taken, read)
    case.refresh_from_db()
    if story.released and case.state == CaseState.DECIDED:
        result_release(by=manager, case=case, on=story.released)
    if story.central == central.REOPENING:
        first = case.readings.select_related("case__participant__site").get(slot=Slot.FIRST)
        reason = "Two slides of the second block were looked at after the reading was signed."
        reading_reopen_ask(by=cast.users[story.reads[0].reader], reading=first, reason=reason)


def _begin(story: Story, case: PathologyCase, cast: Cast, today: dt.date) -> None:
    """Allocated; one reader has a draft, the other one misses a slide that can be read; or both are late."""
    one, two, third = (cast.users[name] for name in ("p1", "p2", "p3"))
    places: dict[str, User | None] = {Slot.FIRST: one, Slot.SECOND: two, Slot.ADJUDICATOR: third}
    if story.central == central.LATE:
        given = today - 20 * DAY
        readers_allocate(by=cast.users["da"], case=case, readers=places, due=given + 14 * DAY, on=given)
        return
    readers_allocate(by=cast.users["da"], case=case, readers=places)
    reading_save(by=one, reading=reading_take(by=one, case=case), typed=reading(story.reads[0]))
    taken = reading_take(by=two, case=case)
    slides = slides_of(taken)
    recut_ask(
        by=two, reading=taken, item=slides[-1], reason="The section is folded over the border of the bed."
    )


def _receive(story: Story, case: PathologyCase, manager: User) -> None:
    """Three blocks of each bed with as many slides as the site's report says were sent, three weeks after the operation."""
    beds = len(story.reads[0].nodules) if story.reads else 1
    if story.operation is None or not (story.reads or story.central):
        return  # not there yet
    blocks = [(f"{'ABCDEFGH'[n - 1]}{cut}", n) for n in range(1, beds + 1) for cut in range(1, 4)]
    arrived = [Arrived("BLOCK", block, block, nodule) for block, nodule in blocks]
    # Of the case with a slide that cannot be read one more is missing.
    for number in range(slides_sent(beds) - (story.central == central.READING)):
        block, nodule = blocks[number % len(blocks)]
        arrived.append(Arrived("SLIDE", f"{block}-{number // len(blocks) + 1}", block, nodule, "HE"))
    received = dt.datetime.combine(story.operation.day + dt.timedelta(20), dt.time(2), dt.UTC)
    received = min(received, timezone.now())
    passing = Passing("RECEIVED", received, "Courier", "Central laboratory", "ADEQUATE")
    items_receive(by=manager, case=case, arrived=arrived, passing=passing)


def _give(case: PathologyCase, person: User, manager: User) -> None:
    case.refresh_from_db()
    slot = Slot.ADJUDICATOR if case.state == CaseState.ADJUDICATION else None
    places = {place.slot: place.reader_id for place in case.readings.all()}
    slot = slot or (Slot.FIRST if places[Slot.FIRST] is None else Slot.SECOND)
    if person.pk not in places.values():
        readers_allocate(by=manager, case=case, readers={slot: person})


def _submit(person: User, taken: Reading, read: Read) -> None:
    notes = Notes(
        "MODERATE" if taken.slot == Slot.ADJUDICATOR else "HIGH", marks=dict.fromkeys(_numbers(taken), "SEEN")
    )
    signed = ("username", "password")
    reading_save(by=person, reading=taken, typed=reading(read), notes=notes, submit=True, components=signed)
    if taken.slot == Slot.ADJUDICATOR:
        taken.refresh_from_db()
        assert taken.form is not None
        again = Typed.of(sheet_of(taken.form))
        reason = "Own reading confirmed after both readings were seen."
        reading_confirm(
            by=person, reading=taken, typed=again, rationale=reason, notes=notes, components=signed
        )


def _numbers(taken: Reading) -> list[int]:
    return [slide.number for slide in slides_of(taken)]
