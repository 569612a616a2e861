"""Tables, or the trail as of a moment, to the engine's input: one participant or a batch, a fixed number of queries."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import zoneinfo
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from crf.derivation_imaging import engine_settings
from crf.selectors.analytes import add_results
from crf.selectors.replay import casebook_at
from crf.selectors.sheets import casebooks
from crf.sheets import Casebook
from endpoints import mapping, profile
from endpoints.mapping import Mapping, Paths
from participants.models import Participant


@dataclass(slots=True)
class Gathered:
    """One participant's course in the engine's shape, the fields behind its paths, and the version that was read.

    `failure` is what the mapping or the profile broke on: one participant's data never stop the others (G-27).
    """

    participant: int
    number: str
    data_version: int
    cutoff: dt.date
    case: dict[str, Any]
    paths: Paths
    failure: Exception | None = None
    profile: dict[str, Any] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Of the case as it is written to a file, in its own order of keys."""
        return hashlib.sha256(json.dumps(self.case, ensure_ascii=False).encode()).hexdigest()

    @property
    def profile_digest(self) -> str:
        """Of the profile; a run carries it, so that a changed profile is a new result."""
        return hashlib.sha256(json.dumps(self.profile, ensure_ascii=False).encode()).hexdigest()


@dataclass(slots=True)
class Standing:
    """A participant and what is known of its results: read before anything is gathered."""

    participant: int
    number: str
    site: str
    today: dt.date
    data_version: int
    computed_version: int | None
    as_of: dt.date | None
    basis: str
    status: str
    attempts: int

    def behind(self, basis: str) -> bool:
        """Stale: never computed, older data, an earlier day, another engine; or a failure that may pass."""
        if self.computed_version != self.data_version or self.basis != basis:
            return True
        if self.as_of is None or self.as_of < self.today:
            return True
        return self.status == "ERROR" and self.attempts > 0


def standings(participants: Collection[int]) -> list[Standing]:
    """One query for a batch."""
    now = timezone.now()
    rows = Participant.objects.filter(pk__in=list(participants)).order_by("pk").values_list(
        "pk", "number", "site__number", "site__time_zone", "data_version",
        "endpoint_state__data_version", "endpoint_state__as_of", "endpoint_state__basis", "endpoint_state__status",
        "endpoint_state__attempts",
    )  # fmt: skip
    return [
        Standing(
            pk, number, site, today(zone, now), version, done, as_of, basis or "", status or "", attempts or 0
        )
        for pk, number, site, zone, version, done, as_of, basis, status, attempts in rows
    ]


def today(zone: str, now: dt.datetime) -> dt.date:
    """The calendar day at a site: the cut-off of a live view (G-31)."""
    return now.astimezone(zoneinfo.ZoneInfo(zone)).date()


def _both() -> dict[str, tuple[str, ...]]:
    found = dict(mapping.FIELDS)
    for place, names in profile.FIELDS.items():
        found[place] = tuple(dict.fromkeys((*found.get(place, ()), *names)))
    return found


READ = _both()  # fields of the course and of the profile, fetched together
ANALYTE = "AFP"  # of all laboratory results the one that the profile needs


def books_of(participants: Collection[int]) -> dict[int, Casebook]:
    """What course and profile read of a batch, as the tables stand: a fixed number of queries."""
    books = casebooks(participants, only=READ)
    add_results(books.values(), ANALYTE)
    return books


def gather(wanted: Collection[Standing]) -> Iterator[Gathered]:
    """The courses of a batch of participants as their tables stand."""
    books = books_of([standing.participant for standing in wanted])
    for standing in wanted:
        book = books.pop(standing.participant)
        book.number = standing.number
        yield course(book, standing.participant, standing.data_version, standing.today)


def course(
    book: Casebook, participant: int, data_version: int, cutoff: dt.date, *, final: bool = False
) -> Gathered:
    """One casebook as a course and a profile. What breaks in either is this participant's own."""
    found = Gathered(participant, book.number, data_version, cutoff, {}, Paths())
    try:
        found.profile = profile.profile_of(book, cutoff)
        made = Mapping(book, cutoff, evaluator=engine_settings().evaluator, final=final)
    except Exception as failure:
        found.failure = failure
        return found
    found.case, found.paths = made.case, made.paths
    found.paths.events = [event["form"] for event in found.profile["safety"]]
    return found


def course_of(participant: int, at: dt.datetime | None = None) -> Gathered:
    """One participant's course now, or as it was at a moment (replayed from the trail, cut off on that day)."""
    standing = next(iter(standings([participant])), None)
    if standing is None:
        raise Participant.DoesNotExist(participant)
    if at is None:
        return next(gather([standing]))
    zone = Participant.objects.values_list("site__time_zone", flat=True).get(pk=participant)
    book = casebook_at(participant, at)
    book.number = standing.number
    return course(book, participant, standing.data_version, today(zone, at))


def case_for_file(gathered: Gathered) -> dict[str, Any]:
    """The case as the contract's file carries it: with the settings it is computed with."""
    return gathered.case | {"settings": dict(study_settings())}


def study_settings() -> dict[str, Any]:
    return engine_settings().to_json()
