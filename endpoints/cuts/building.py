"""Computing the trial as of a moment, in a worker: courses from the trail (or from tables that have not changed since),
the engine over each, figures over all. Twice is harmless; a lost worker is replaced when its lease ends.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import zlib
import zoneinfo
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from crf.derivation_imaging import engine_settings
from crf.selectors.replay import replayed
from crf.selectors.sheets import casebooks
from endpoints.engine.figures import all_figures
from endpoints.gather import READ, Gathered, course, today
from endpoints.models_cuts import LEASE, Moment, MomentPerson, MomentState, StoredFigures
from endpoints.moving import moves_at
from endpoints.services import Computed, compute
from participants.models import Participant
from trialsite.kernel.digests import digest
from trialsite.kernel.study import study

from . import data_state
from .data_state import PersonState

log = structlog.get_logger(__name__)

BATCH = 50


@dataclass(frozen=True, slots=True)
class Person:
    """Who was there at the moment, and the day on which the data are cut off."""

    pk: int
    number: str
    site: int
    site_number: str
    zone: str
    cutoff: dt.date


def moment_build(pk: int) -> bool:
    """One moment, if nobody else is at it. True when it is ready; a failure is kept with its reason."""
    if not _claim(pk):
        return False
    moment = Moment.objects.get(pk=pk)
    try:
        _build(moment)
    except Exception as failure:
        log.exception("moment_failed", moment=pk)
        reason = f"{type(failure).__name__}: {failure}"[:500]
        _note(moment, state=MomentState.FAILED, error=reason, stage="", finished_at=timezone.now())
        return False
    return True


def _claim(pk: int) -> bool:
    now = timezone.now()
    free = Q(state=MomentState.QUEUED) | Q(state=MomentState.RUNNING, lease__lt=now)
    mine = {"state": MomentState.RUNNING, "lease": now + LEASE, "progress": 1, "stage": "gather", "error": ""}
    return bool(Moment.objects.filter(free, pk=pk).update(**mine))


def _note(moment: Moment, **values: Any) -> None:
    Moment.objects.filter(pk=moment.pk).update(**values)
    for name, value in values.items():
        setattr(moment, name, value)


def _build(moment: Moment) -> None:
    people = people_at(moment.at, moment.cutoff)
    MomentPerson.objects.filter(moment=moment).delete()
    states: list[PersonState] = []
    summaries, lines = [], []
    changed = data_state.changed_after([one.pk for one in people], moment.at)
    done = 0
    for part, later in _batches(people, changed):
        gathered, found = _from_trail(part, moment) if later else _from_tables(part, moment)
        _count_late(found, part, moment)
        moves = moves_at(gathered, moment.at)
        rows = [
            _row(moment, one, compute(each), moves.get(one.pk, {}))
            for one, each in zip(part, gathered, strict=True)
        ]
        MomentPerson.objects.bulk_create(rows)
        states += [found[one.pk] for one in part]
        summaries += [(row.summary, row.profile) for row in rows if row.status == "OK"]
        lines += [line_of(row) for row in rows]
        done += len(part)
        _note(
            moment,
            progress=2 + int(88 * done / len(people)),
            stage="participants",
            lease=timezone.now() + LEASE,
        )
    _finish(moment, states, summaries, sorted(lines))


def people_at(at: dt.datetime, cutoff: dt.date | None) -> list[Person]:
    """Participants of the trial who had been entered by then, in the order of their numbers."""
    rows = (
        Participant.objects.filter(created_at__lte=at, imported=False)
        .order_by("number")
        .values_list("pk", "number", "site_id", "site__number", "site__time_zone")
    )
    return [
        Person(pk, number, site, code, zone, cutoff or today(zone, at))
        for pk, number, site, code, zone in rows
    ]


def _batches(people: Sequence[Person], changed: set[int]) -> Iterator[tuple[list[Person], bool]]:
    """Those whose tables are still what they were, and those whose trail is read back."""
    for later in (False, True):
        kind = [one for one in people if (one.pk in changed) is later]
        for start in range(0, len(kind), BATCH):
            yield kind[start : start + BATCH], later


Found = tuple[list[Gathered], dict[int, PersonState]]


def _from_tables(part: Sequence[Person], moment: Moment) -> Found:
    with transaction.atomic():  # one state of the tables for courses, marks and signatures
        books = casebooks([one.pk for one in part], only=READ)
        for one in part:
            books[one.pk].number = one.number
        states = data_state.of_tables({one.pk: (one.number, one.site_number) for one in part}, books)
    made = [course(books[one.pk], one.pk, 0, one.cutoff, final=moment.final) for one in part]
    return made, states


def _from_trail(part: Sequence[Person], moment: Moment) -> Found:
    made, states = [], {}
    for one in part:
        trail = replayed(one.pk, moment.at)
        book = trail.book()
        book.number = one.number
        made.append(course(book, one.pk, 0, one.cutoff, final=moment.final))
        states[one.pk] = data_state.of_trail(one.number, one.site_number, trail)
    return made, states


def _count_late(states: dict[int, PersonState], part: Sequence[Person], moment: Moment) -> None:
    """Changes made after the cut-off day that are in the data, and those after the moment that are not."""
    pks = [one.pk for one in part]
    for zone in {one.zone for one in part}:
        own = [one for one in part if one.zone == zone]
        ends = dt.datetime.combine(own[0].cutoff, dt.time.max, zoneinfo.ZoneInfo(zone))
        if ends < moment.at:
            for pk, n in data_state.entries_between([one.pk for one in own], ends, moment.at).items():
                states[pk].late = n
    for pk, n in data_state.entries_between(pks, moment.at, None).items():
        states[pk].after = n


def _row(moment: Moment, one: Person, made: Computed, moves: dict[str, Any]) -> MomentPerson:
    text = json.dumps(made.gathered.case, ensure_ascii=False)
    return MomentPerson(
        moment=moment, participant_id=one.pk, site_id=one.site, number=one.number, cutoff=one.cutoff,
        status=made.status, error=made.error, error_address=made.address, case=zlib.compress(text.encode(), 6),
        body=zlib.compress(made.body.encode(), 6), input_digest=made.gathered.digest, result_digest=made.result_digest,
        summary=made.summary, profile=made.gathered.profile, moves=moves,
    )  # fmt: skip


def line_of(row: Any) -> list[str]:
    """What the digest of a cut covers of one participant."""
    return [row.number, row.status, row.input_digest, row.result_digest, digest(row.profile)]


def digest_of(lines: Sequence[Sequence[str]], cutoff: dt.date | None, final: bool, basis: str) -> str:
    """One digest over every participant's input and result, the settings and the engine."""
    return digest([[list(line) for line in lines], str(cutoff), final, basis, engine_settings().to_json()])


def _finish(moment: Moment, states: list[PersonState], summaries: list[Any], lines: list[list[str]]) -> None:
    _note(moment, progress=92, stage="figures")
    found = all_figures(summaries, engine_settings(), study().values.get("null_rates", {}))
    source = f"moment:{moment.pk}"
    StoredFigures.objects.filter(source=source).delete()
    StoredFigures.objects.bulk_create(
        [
            StoredFigures(source=source, population=population, evaluator=evaluator, results=results)
            for (population, evaluator), results in found.items()
        ]
    )
    people = sorted((state.to_json() for state in states), key=lambda one: str(one["number"]))
    headline = found["FAS", engine_settings().evaluator]
    headline["errors"] = len(lines) - len(summaries)
    _note(
        moment, state=MomentState.READY, progress=100, stage="", finished_at=timezone.now(), participants=len(lines),
        results=headline, facts={"people": people, "totals": data_state.totals(people)},
        digest=digest_of(lines, moment.cutoff, moment.final, moment.basis),
    )  # fmt: skip


def body_digest(body: bytes) -> str:
    """Of a kept result, as `EndpointRun.result_digest`."""
    return hashlib.sha256(zlib.decompress(body)).hexdigest()
