"""What could still change the yes/no endpoints of each participant: kept beside the results, brought up to date by versions.

Open items are standing queries about fields that these endpoints read, dates that lack their day, and pending results.
`EndpointState.moves` is empty when nothing is open; else it holds

    places     rate → analysis set → [now, with queries and dates resolved, with pending results as well], letters of
               `engine.bounds`; a fourth, "*", where some of it is assumed (docs/what-could-move.md); only what can move
    items      kind (QUERY, PARTIAL), where it is, the value now, and in `could` what it could give while the others stay
               (an empty text: only together with others);
               or kind PENDING with what is waited for, since when, and the rates it decides
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import F, OuterRef, Subquery

from crf.derivation_imaging import engine_settings
from crf.models import Death, Query, QueryMessage, SubsequentTherapyRow
from crf.models.base import FormStatus
from crf.models.queries import STANDING
from crf.policies import BLINDED_FORMS
from crf.registry import form_def
from crf.schedule import visit_label
from crf.selectors.replay import casebook_at
from crf.selectors.sheets import casebooks
from crf.selectors.values import text_at
from crf.sheets import Casebook, Sheet
from endpoints.engine.bounds import (
    AT,
    BY_RECIST,
    HOPELESS,
    MARGIN,
    NOWHERE,
    OUT,
    PATHOLOGIC,
    PENDING,
    PLACES,
    RATES,
    OpenItem,
    Outcome,
    Reach,
    Values,
    outcome_of_case,
    outcome_of_summary,
    reachable,
    settled,
)
from endpoints.engine.codes import MRECIST, RECIST
from endpoints.gather import Gathered, today
from endpoints.mapping import FIELDS, FORMS_READ
from endpoints.models import EndpointState, Status
from endpoints.resolutions import PARTIAL, PROOFS, Place, Resolver
from endpoints.versions import basis
from participants.models import Participant
from trialsite.kernel.digests import digest
from trialsite.kernel.partial_date import PartialDate

BATCH = 200
SECONDS = 3.0  # of one call: the sweep comes again
RULE = "2"  # of the bounds: another rule makes what is kept stale
ORDER = "-YNPQ"

# Proofs of life move nothing but a death of which the day is missing (G-6, G-30).
LEAN = {place: names for place, names in FIELDS.items() if place.partition("/")[0] not in PROOFS}

Moves = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OpenQuery:
    """A standing query about a form that the endpoints read."""

    pk: int
    participant: int
    place: Place
    envelope: Sheet | None  # of a form that was not started


# --- what is open ---------------------------------------------------------------------------------------------------------

NAMES = (
    "pk", "participant_id", "form_id", "form_key", "path", "form__status", "form__active", "form__repeat", "form__evaluator",
    "form__visit__code", "form__visit__repeat", "form__visit__order",
)  # fmt: skip


def open_queries(
    participants: Collection[int] | None = None, at: dt.datetime | None = None
) -> dict[int, list[OpenQuery]]:
    """Standing queries by participant, now or as they stood at a moment: one query."""
    found = Query.objects.filter(form_key__in=FORMS_READ, form__isnull=False).order_by("pk")
    if participants is not None:
        found = found.filter(participant__in=participants)
    if at is None:
        found = found.filter(state__in=STANDING)
    else:
        said = (
            QueryMessage.objects.filter(query=OuterRef("pk"), at__lte=at)
            .order_by("-at", "-pk")
            .values("state")[:1]
        )
        found = found.filter(raised_at__lte=at).annotate(then=Subquery(said)).filter(then__in=STANDING)
    queries: dict[int, list[OpenQuery]] = {}
    for row in found.values_list(*NAMES):
        one = _open_query(at is not None, *row)
        queries.setdefault(one.participant, []).append(one)
    return queries


def _open_query(
    then: bool, pk: int, participant: int, form: int, key: str, path: str, status: str, active: bool, repeat: int,
    evaluator: str, code: str | None, again: int | None, order: int | None,
) -> OpenQuery:  # fmt: skip
    """`then`: of a past moment, at which a form that is started now may not have been; where it was, its own sheet counts."""
    envelope = None
    if active and (then or status == FormStatus.EXPECTED):
        label = visit_label(code, again or 1) if code else ""
        envelope = Sheet(key, form, label, order or 0, repeat, evaluator or "")
    return OpenQuery(pk, participant, Place(form, key, path), envelope)


def with_partial_dates(participants: Collection[int]) -> set[int]:
    """Participants whose death, or a therapy, lacks its day (G-30): two queries."""
    death = Death.objects.filter(form__participant__in=participants, dthdat_earliest__lt=F("dthdat_latest"))
    therapy = SubsequentTherapyRow.objects.filter(
        form__participant__in=participants, active=True, sact_stdat_earliest__lt=F("sact_stdat_latest")
    )
    return {
        *death.values_list("form__participant", flat=True), *therapy.values_list("form__participant", flat=True)
    }  # fmt: skip


def partial_dates(book: Casebook) -> Iterator[tuple[Place, PartialDate]]:
    for key, section, name in PARTIAL:
        for sheet in book.all(key):
            lines = [(f"{section}:{row.row}/{name}", row.get(name)) for row in sheet.lines(section)]
            for path, value in lines if section else [(name, sheet.get(name))]:
                if isinstance(value, PartialDate) and value.complete is None:
                    yield Place(sheet.form, key, path), value


# --- one participant ------------------------------------------------------------------------------------------------------


def moves_of(
    book: Casebook, cutoff: dt.date, queries: Iterable[OpenQuery] = (), *, latest: dt.date | None = None,
    final: bool = False,
) -> Moves:  # fmt: skip
    """What could change of one participant: the casebook now or of a moment, cut off on a day.

    `latest` is the last day that a corrected date may have: the cut-off in a live view, later for an earlier cut-off.
    """
    queries = list(queries)
    resolver, dates = _resolver(book, cutoff, queries, latest, final)
    items, described = [], {}
    for query in queries:
        if item := resolver.item(f"q{query.pk}", query.place, book):
            items.append(item)
            described[item.key] = _asked(query, book)
    for place, given in dates:
        items.append(resolver.partial(place.address, place, given, book))
        described[place.address] = {"kind": "PARTIAL", "address": place.address, "value": given.text}
    reach = reachable(book, items, resolver.outcome)
    case = resolver.case(book).case if reach.now != NOWHERE else {}
    return _written(reach, described, _since(case), items)


def _resolver(
    book: Casebook, cutoff: dt.date, queries: Sequence[OpenQuery], latest: dt.date | None = None, final: bool = False
) -> tuple[Resolver, list[tuple[Place, PartialDate]]]:  # fmt: skip
    """What resolves the open items of a participant, and the incomplete dates that nobody asks about."""
    envelopes = {one.place.form: one.envelope for one in queries if one.envelope}
    dates = [
        (place, given) for place, given in partial_dates(book) if place not in {one.place for one in queries}
    ]
    resolver = Resolver(cutoff, engine_settings(), latest or cutoff, final, envelopes)
    asked = [*(one.place for one in queries), *(place for place, _given in dates)]
    resolver.asked = [place for place in asked if resolver.matters(place, book)]
    return resolver, dates


def _asked(query: OpenQuery, book: Casebook) -> dict[str, Any]:
    """A query as an item, with the value that it asks about; a central reading's stays with its reader."""
    place = query.place
    found: dict[str, Any] = {"kind": "QUERY", "query": query.pk, "address": place.address}
    sheet = next((one for one in book.all(place.key) if one.form == place.form), None)
    if sheet is not None and place.key not in BLINDED_FORMS:
        found["value"] = text_at(form_def(place.key), sheet, place.path)
    return found


def _since(case: Mapping[str, Any]) -> dict[str, str]:
    """Since when a result has been pending: the resection, else the first dose."""
    surgery = case.get("surgery") or {}
    dose = case.get("first_dose") or ""
    operated = surgery.get("date") or ""
    return {"CENTRAL": operated, "MARGIN": operated, "SURGERY": dose, RECIST: dose, MRECIST: dose}


def moves_of_summary(summary: Mapping[str, Any]) -> Moves:
    """The same when nothing but pending results is open: from what is kept of the participant."""
    now = outcome_of_summary(dict(summary))
    dose = summary.get("values", {}).get("OS", {}).get("start", "")
    unmoved = [frozenset(letter) for letter in now]
    return _written(Reach(now, unmoved, settled(now)), {}, {"SURGERY": dose, RECIST: dose, MRECIST: dose})


def _written(
    reach: Reach, described: Mapping[str, dict[str, Any]], since: Mapping[str, str],
    decided_by: Sequence[OpenItem[Casebook]] = (),
) -> Moves:  # fmt: skip
    places: dict[str, dict[str, list[str]]] = {}
    for number, (name, population) in enumerate(PLACES):
        now, resolved, final = reach.now[number], reach.values[number], reach.final[number]
        if resolved | final != {now}:
            found = [now, _letters(resolved), _letters(final)]
            places.setdefault(name, {})[population] = [*found, "*"] if number in reach.assumed else found
    together = _only_together(reach)
    items = []
    for item in decided_by:
        if could := _could(reach, item, together):
            items.append(described[item.key] | {"could": could})
    items += _pending(reach.now, since)
    return {"places": places, "items": items} if places else {}


def _letters(values: Values) -> str:
    return "".join(sorted(values, key=ORDER.index))


def _only_together(reach: Reach) -> set[int]:
    """The places where the items reach something that none of them reaches alone."""
    found = set()
    for number, values in enumerate(reach.values):
        if values.difference({reach.now[number]}, *(one[number] for one in reach.alone.values())):
            found.add(number)
    return found


def _could(reach: Reach, item: OpenItem[Casebook], together: set[int]) -> dict[str, dict[str, str]]:
    """What an item could give by place; nothing but its place where it matters only together with others."""
    found: dict[str, dict[str, str]] = {}
    for number, (name, population) in enumerate(PLACES):
        values = reach.alone[item.key][number]
        if values != {reach.now[number]}:
            found.setdefault(name, {})[population] = _letters(values)
        elif number in together and item.assume(name, population):
            found.setdefault(name, {})[population] = ""
    return found


def _pending(now: Outcome, since: Mapping[str, str]) -> list[dict[str, Any]]:
    """One item for each thing that is waited for: the central result or a resection, an assessment by each criterion."""
    waited: dict[str, list[str]] = {}
    for name, *_rest in RATES:
        if now[AT[name, "FAS"]] in (PENDING, HOPELESS):
            resected = now[AT[name, "RES"]] != OUT
            if name == MARGIN:
                what = "MARGIN"
            elif name in PATHOLOGIC:
                what = "CENTRAL" if resected else "SURGERY"
            else:
                what = RECIST if name in BY_RECIST else MRECIST
            waited.setdefault(what, []).append(name)
    if "SURGERY" in waited:
        waited["SURGERY"].append(MARGIN)
    return [
        {"kind": "PENDING", "what": what, "since": since.get(what, ""), "rates": names}
        for what, names in waited.items()
    ]


def moves_at(
    courses: Sequence[Gathered], at: dt.datetime, books: Mapping[int, Casebook] | None = None
) -> dict[int, Moves]:
    """What could have changed at a moment, for a batch of courses of then, by participant.

    `books`: the casebooks of then. Those that are missing are read back from the trail where a query stood or a date
    lacked its day.
    """
    pks = [one.participant for one in courses]
    queries, days = open_queries(pks, at), _days_then(pks, at)
    known = books or {}
    return {
        one.participant: _then(
            one, queries.get(one.participant, []), at, days[one.participant], known.get(one.participant)
        )
        for one in courses
    }


def _days_then(participants: Collection[int], at: dt.datetime) -> dict[int, dt.date]:
    """The day that it was at the sites of participants: up to it dates may be entered. One query."""
    zones = Participant.objects.filter(pk__in=participants).values_list("pk", "site__time_zone")
    return {pk: today(zone, at) for pk, zone in zones}


def moves_standing(participants: Collection[int]) -> dict[int, tuple[dt.date | None, Moves]]:
    """What could change now, with its day, of those for whom it is up to date: two queries."""
    queries = open_queries(participants)
    states = EndpointState.objects.of_trial().filter(
        pk__in=participants, data_version=F("participant__data_version"), basis=basis(), status=Status.OK
    )
    return {
        state.pk: (state.as_of, state.moves)
        for state in states.defer("summary", "profile")
        if _holds(state, _key(state, queries.get(state.pk, [])))
    }


def _then(
    one: Gathered, queries: list[OpenQuery], at: dt.datetime, day: dt.date, book: Casebook | None = None
) -> Moves:
    dates = [one.case.get("death") or {}, *one.case.get("therapies", ())]
    if queries or any(len(each.get("date") or "") in (4, 7) for each in dates):
        if book is None:
            book = casebook_at(one.participant, at)
            book.number = one.number
        latest = one.cutoff + dt.timedelta(days=1) if one.cutoff < day else one.cutoff
        return moves_of(book, one.cutoff, queries, latest=latest, final=bool(one.case.get("final")))
    now = outcome_of_case(one.case, engine_settings()) if one.case else None
    if now is None:
        return {}
    unmoved = [frozenset(letter) for letter in now]
    return _written(Reach(now, unmoved, settled(now)), {}, _since(one.case))


# --- everybody ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Stale:
    """A participant whose moves are of other data."""

    state: EndpointState
    key: str
    queries: list[OpenQuery] = field(default_factory=list)


def moves_stale(size: int = BATCH) -> list[_Stale]:
    """Participants of the trial with a result that is up to date and moves that are not: two queries."""
    queries = open_queries()
    states = (
        EndpointState.objects.of_trial().filter(data_version=F("participant__data_version")).order_by("pk")
    )
    found = []
    for state in states.only("data_version", "as_of", "basis", "run_id", "status", "moves_key").iterator():
        mine = queries.get(state.pk, [])
        key = _key(state, mine)
        if not _holds(state, key):
            found.append(_Stale(state, key, mine))
            if len(found) == size:
                break
    return found


def _key(state: EndpointState, queries: list[OpenQuery]) -> str:
    """What the moves follow from, but for the day: data, engine and settings, and the standing queries."""
    asked = [[one.pk, one.place.form, one.place.path, one.envelope is not None] for one in queries]
    return digest([RULE, state.data_version, state.basis, state.status, asked])[:40]


def _holds(state: EndpointState, key: str) -> bool:
    """Whether what is kept is of this key and of the day of the result: `moves_key` is "key:first day:last day"."""
    kept, _sep, days = state.moves_key.partition(":")
    first, _sep, last = days.partition(":")
    return kept == key and first <= str(state.as_of) <= last


def moves_refresh(size: int = BATCH, seconds: float = SECONDS) -> int:
    """Bring what could move up to date; a fixed number of queries. Returns how many participants were looked at.

    Results follow from data: nobody does it, and it can be reckoned again. What was saved in between leaves the key
    behind, and the next call takes it up.
    """
    stale = moves_stale(size)
    if not stale:
        return 0
    until = time.monotonic() + seconds
    summaries = dict(
        EndpointState.objects.filter(pk__in=[one.state.pk for one in stale]).values_list("pk", "summary")
    )
    undated = with_partial_dates(list(summaries))
    opened = [
        one
        for one in stale
        if one.queries or one.state.pk in undated or _waits_for_reading(summaries[one.state.pk])
    ]
    books = casebooks([one.state.pk for one in opened if one.state.pk not in undated], only=LEAN)
    books |= casebooks([one.state.pk for one in opened if one.state.pk in undated], only=FIELDS)
    done = []
    for one in stale:
        book = books.get(one.state.pk)
        if book is not None and time.monotonic() > until:
            continue
        one.state.moves = _made(one, book, summaries[one.state.pk])
        one.state.moves_key = f"{one.key}:{one.state.as_of}:{_last_day(one, book)}"
        done.append(one.state)
    EndpointState.objects.bulk_update(done, ["moves", "moves_key"])
    return len(done)


def _waits_for_reading(summary: Mapping[str, Any]) -> bool:
    """Resected and pending: whether tumour was left behind stands in the casebook only."""
    return "RES" in summary.get("sets", ()) and summary["values"].get("MPR", {}).get("value") == "PENDING"


def _made(one: _Stale, book: Casebook | None, summary: Mapping[str, Any]) -> Moves:
    if book is not None and one.state.as_of is not None:
        return moves_of(book, one.state.as_of, one.queries)
    return moves_of_summary(summary) if one.state.status == Status.OK else {}


def _last_day(one: _Stale, book: Casebook | None) -> dt.date | None:
    """Until when it need not be reckoned again; what is read from the summary alone is cheap and is read every day."""
    if book is None or one.state.as_of is None:
        return one.state.as_of
    return _resolver(book, one.state.as_of, one.queries)[0].holds_until(book)
