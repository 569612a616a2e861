"""Computing the trial as of a moment, in a worker: courses from the trail (or from tables that have not changed since),
the engine over each, figures over all. Twice is harmless; a lost worker is replaced when its lease ends.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import zlib
import zoneinfo
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from crf.derivation_imaging import engine_settings
from crf.selectors.analytes import add_results
from crf.selectors.replay import replayed_many
from crf.selectors.sheets import casebooks
from crf.sheets import Casebook
from endpoints import moving
from endpoints.engine.codes import PENDING
from endpoints.engine.figures import all_figures
from endpoints.gather import ANALYTE, READ, Gathered, course, today
from endpoints.models import Status
from endpoints.models_cuts import Moment, MomentPerson, MomentState, StoredFigures
from endpoints.planned import KEPT, planned_now
from endpoints.services import Computed, compute
from endpoints.standing_figures import profile_parts
from participants.models import Participant
from trialsite.accounts.models import Site
from trialsite.audit.models import AuditChain
from trialsite.audit.trail import chain_name
from trialsite.kernel.study import study
from trialsite.web.jobs import LEASE, claim

from . import data_state
from .data_state import PersonState
from .digests import digest_of, line_of

log = structlog.get_logger(__name__)

BATCH = 50
PENDING_OF = ("MPR", "PCR", "ORR", "DCR", "R0", "TRAE3", "SAE")


@dataclass(frozen=True, slots=True)
class Person:
    """Who was there at the moment, and the day on which the data are cut off."""

    pk: int
    number: str
    site: int
    site_number: str
    zone: str
    cutoff: dt.date


class _Taken(Exception):
    """The lease ended and another worker has the moment: this one stops without a word."""


class NotComputed(Exception):
    """A participant's result failed for a reason that is no fault of the data."""


def moment_build(pk: int) -> bool:
    """One moment, if nobody else is at it. True when it is ready; a failure is kept with its reason."""
    moment = _claim(pk)
    if moment is None:
        return False
    try:
        _build(moment)
    except _Taken:
        return False
    except Exception as failure:
        log.exception("moment_failed", moment=pk)
        _fail(moment, failure)
        return False
    return True


def _claim(pk: int) -> Moment | None:
    return Moment.objects.get(pk=pk) if claim(Moment, pk) else None


def _note(moment: Moment, **values: Any) -> None:
    """Write how far it is, as long as the moment is still this worker's: its lease is the token."""
    held = Moment.objects.filter(pk=moment.pk, state=MomentState.RUNNING, lease=moment.lease)
    if not held.update(**values):
        raise _Taken
    for name, value in values.items():
        setattr(moment, name, value)


def _fail(moment: Moment, failure: Exception) -> None:
    reason = f"{type(failure).__name__}: {failure}"[:500]
    with contextlib.suppress(_Taken):
        _note(moment, state=MomentState.FAILED, error=reason, stage="", finished_at=timezone.now())


@dataclass(slots=True)
class _Collected:
    """What the whole moment needs of each participant."""

    states: list[PersonState] = field(default_factory=list)
    people: list[tuple[dict[str, Any], dict[str, Any]]] = field(default_factory=list)  # summary, profile
    refused: list[dict[str, Any]] = field(default_factory=list)  # profiles of those whose data are refused
    lines: list[list[str]] = field(default_factory=list)  # what the digest covers


def _build(moment: Moment) -> None:
    _let_finish_screening(moment)
    people = people_at(moment.at, moment.cutoff)
    MomentPerson.objects.filter(moment=moment).delete()
    made = _Collected()
    changed = data_state.changed_after([one.pk for one in people], moment.at)
    done = 0
    for part, later in _batches(people, changed):
        _add(made, moment, part, later)
        done += len(part)
        share, lease = 2 + int(88 * done / len(people)), timezone.now() + LEASE
        _note(moment, progress=share, stage="participants", lease=lease)
    _finish(moment, made)


def _add(made: _Collected, moment: Moment, part: Sequence[Person], later: bool) -> None:
    """One batch: courses, the engine over each, rows."""
    found = _from_trail(part, moment) if later else _from_tables(part, moment)
    _count_late(found, part, moment)
    computed = [_computed(found, one, moment) for one in part]
    gathered = [each.gathered for each in computed]
    moves = _moves(found, moment, gathered)
    rows = [_row(moment, one, each, moves.get(one.pk, {})) for one, each in zip(part, computed, strict=True)]
    MomentPerson.objects.bulk_create(rows)
    for one, each, row in zip(part, gathered, rows, strict=True):
        _count_open(found.states[one.pk], each, row)
    made.states += [found.states[one.pk] for one in part]
    made.people += [(row.summary, row.profile) for row in rows if row.status == Status.OK]
    made.refused += [row.profile for row in rows if row.status != Status.OK]
    made.lines += [line_of(row) for row in rows]


PASSING = (
    "OSError", "FileNotFoundError", "PermissionError", "ConnectionError", "TimeoutError", "MemoryError", "OperationalError",
    "InterfaceError",
)  # fmt: skip  # of the machine, by the name that is kept with the failure


def _computed(found: _Found, one: Person, moment: Moment) -> Computed:
    """The engine over one course. What is no fault of the data is tried again from the forms on, and is kept in no dry run,
    of which a cut may be made; a past look keeps what fails each time in the same way (G-27), never what passes."""
    made = compute(found.courses[one.pk])
    if not made.failed:
        return made
    book = found.books[one.pk]
    found.courses[one.pk] = course(book, one.pk, 0, one.cutoff, final=moment.final)
    made = compute(found.courses[one.pk])
    if made.failed and (moment.cutoff is not None or made.error.startswith(PASSING)):
        raise NotComputed(f"{one.number}: {made.error}")
    return made


def _moves(found: _Found, moment: Moment, gathered: Sequence[Gathered]) -> dict[int, dict[str, Any]]:
    """What could have changed: as it is known now where nothing did since, else computed.

    What is known is read first and the trail after it, so that nothing of a later save comes in with it.
    """
    known = {} if moment.final or not found.standing else moving.moves_standing(found.standing)
    meanwhile = data_state.changed_after(list(known), moment.at) if known else set()
    kept = {one.participant: known[one.participant][1] for one in gathered
            if one.participant in known and one.participant not in meanwhile
            and known[one.participant][0] == one.cutoff}  # fmt: skip
    rest = [one for one in gathered if one.participant not in kept]
    return kept | moving.moves_at(rest, moment.at, found.books)


# --- nobody who began to save before the moment may come in after it was read --------------------------------------

FRESH = dt.timedelta(minutes=5)  # no transaction lasts longer


def _let_finish_screening(moment: Moment) -> None:
    """Wait for whoever adds a participant: that is done under the row of the site."""
    if timezone.now() - moment.at < FRESH:
        with transaction.atomic():
            list(Site.objects.select_for_update().order_by("pk").values_list("pk"))


def _let_finish(part: Sequence[Person], moment: Moment) -> None:
    """Wait for savers of these participants: an event gets its time under the lock of its chain."""
    if timezone.now() - moment.at < FRESH:
        names = [chain_name(one.pk) for one in part]
        with transaction.atomic():
            chains = AuditChain.objects.select_for_update().filter(name__in=names)
            list(chains.order_by("pk").values_list("pk"))


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


@dataclass(slots=True)
class _Found:
    """By participant."""

    courses: dict[int, Gathered] = field(default_factory=dict)
    states: dict[int, PersonState] = field(default_factory=dict)
    books: dict[int, Casebook] = field(default_factory=dict)
    standing: set[int] = field(default_factory=set)  # whose tables are still what they were at the moment


def _from_tables(part: Sequence[Person], moment: Moment) -> _Found:
    """A fixed number of queries. Whoever was saved meanwhile is read back from the trail after all."""
    _let_finish(part, moment)
    pks = [one.pk for one in part]
    books = casebooks(pks, only=READ)
    add_results(books.values(), ANALYTE)
    for one in part:
        books[one.pk].number = one.number
    found = _Found(
        states=data_state.of_tables({one.pk: (one.number, one.site_number) for one in part}, books)
    )
    for one in part:
        found.books[one.pk] = books[one.pk]
        found.courses[one.pk] = course(books[one.pk], one.pk, 0, one.cutoff, final=moment.final)
    meanwhile = data_state.changed_after(pks, moment.at)
    if meanwhile:
        again = _from_trail([one for one in part if one.pk in meanwhile], moment)
        found.courses |= again.courses
        found.states |= again.states
        found.books |= again.books
    found.standing = set(pks) - meanwhile
    return found


def _from_trail(part: Sequence[Person], moment: Moment) -> _Found:
    """Three queries and every event until the moment."""
    _let_finish(part, moment)
    trails = replayed_many([one.pk for one in part], moment.at)
    numbers = data_state.numbers_of(trails.values())
    found = _Found()
    for one in part:
        trail = trails[one.pk]
        book = trail.book()
        book.number = one.number
        found.books[one.pk] = book
        found.courses[one.pk] = course(book, one.pk, 0, one.cutoff, final=moment.final)
        found.states[one.pk] = data_state.of_trail(one.number, one.site_number, trail, numbers)
    return found


def _count_late(found: _Found, part: Sequence[Person], moment: Moment) -> None:
    """Changes made after the cut-off day that are in the data, and those after the moment that are not. Neither says
    that somebody has read centrally before the result of the participant was released."""
    pks, states = [one.pk for one in part], found.states
    unseen = data_state.blinded_targets([pk for pk in pks if not data_state.released(found.books[pk])])
    for zone in {one.zone for one in part}:
        own = [one for one in part if one.zone == zone]
        ends = dt.datetime.combine(own[0].cutoff, dt.time.max, zoneinfo.ZoneInfo(zone))
        if ends < moment.at:
            for pk, n in data_state.entries_between([one.pk for one in own], ends, moment.at, unseen).items():
                states[pk].late = n
    for pk, n in data_state.entries_between(pks, moment.at, None, unseen).items():
        states[pk].after = n


def _count_open(state: PersonState, gathered: Gathered, row: MomentPerson) -> None:
    """What is not settled in the result."""
    values = row.summary.get("values", {})
    state.pending = [name for name in PENDING_OF if values.get(name, {}).get("value") == PENDING]
    state.partial = data_state.partial_dates(gathered.case)
    state.error = row.status != Status.OK


def _row(moment: Moment, one: Person, made: Computed, moves: dict[str, Any]) -> MomentPerson:
    text = json.dumps(made.gathered.case, ensure_ascii=False)
    return MomentPerson(
        moment=moment, participant_id=one.pk, site_id=one.site, number=one.number, cutoff=one.cutoff,
        status=made.status, error=made.error, error_address=made.address, case=zlib.compress(text.encode(), 6),
        body=zlib.compress(made.body.encode(), 6), input_digest=made.gathered.digest, result_digest=made.result_digest,
        summary=made.summary, profile=json.loads(json.dumps(made.gathered.profile)), moves=moves,
    )  # fmt: skip


def figures_of(
    people: Sequence[tuple[Any, Any]], refused: Sequence[dict[str, Any]]
) -> dict[tuple[str, str], dict[str, Any]]:
    """The figures of every analysis set by every evaluator, from summaries and profiles; those of the profiles beside
    them, which count the participants with refused data too."""
    made = all_figures(people, engine_settings(), study().planned.null_rates, len(refused))
    return made | profile_parts([*people, *(({}, profile) for profile in refused)])


def _finish(moment: Moment, made: _Collected) -> None:
    _note(moment, progress=92, stage="figures")
    found = figures_of(made.people, made.refused)
    source = f"moment:{moment.pk}"
    people = sorted((state.to_json() for state in made.states), key=lambda one: str(one["number"]))
    with transaction.atomic():
        StoredFigures.objects.filter(source=source).delete()
        StoredFigures.objects.bulk_create(
            [
                StoredFigures(source=source, population=population, evaluator=evaluator, results=results)
                for (population, evaluator), results in found.items()
            ]
        )
        _note(
            moment, state=MomentState.READY, progress=100, stage="", finished_at=timezone.now(),
            participants=len(made.lines), results=found["FAS", engine_settings().evaluator],
            facts={"people": people, "totals": data_state.totals(people), KEPT: planned_now()},
            digest=digest_of(made.lines, moment.cutoff, moment.final, moment.basis, engine_settings().to_json()),
        )  # fmt: skip
