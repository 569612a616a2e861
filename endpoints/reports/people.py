"""The participants of a report: what the listings print of each, and the course that it was computed from."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count

from crf.models import FormInstance
from endpoints import gather
from endpoints.cuts import data_state
from endpoints.engine.codes import MRECIST
from endpoints.gather import Gathered, standings
from endpoints.models import Status
from endpoints.standpoint import Kept, Line, Standpoint
from endpoints.trace import fingerprint
from participants.models import Participant
from trialsite.audit.models import AuditEvent

BATCH = 100
FORM = re.compile(r"form:(\d+)/")
# What a listing calls the forms behind a result.
KINDS = {"TA": "IMG", "SURG": "SURG", "CPATH": "PATH", "CPATHF": "PATH", "SS": "FU", "DTH": "DTH"}
POINT = ("name", "date", "sum", "baseline_sum")

Plain = dict[str, Any]


@dataclass(slots=True)
class People:
    """`rows` of everybody with a result, in the order of their numbers; `profiles` of all; `courses` of all, unless the
    report is limited to some sites; `states` of their data."""

    rows: list[Plain] = field(default_factory=list)
    profiles: dict[str, Plain] = field(default_factory=dict)
    courses: list[Plain] = field(default_factory=list)
    states: dict[str, Plain] = field(default_factory=dict)


def people_of(standpoint: Standpoint, sites: Sequence[str]) -> People:
    """Everybody of the trial. `sites`: whose rows may be printed; nothing else of the others leaves the figures."""
    found = People()
    courses, found.states = _courses(standpoint)
    lines = [line for line in standpoint.lines(content=True) if line.status == Status.OK]
    found.profiles = {number: profile for number, (_case, profile) in sorted(courses.items())}
    saves = _saves(standpoint, [line for line in lines if not sites or line.site in sites])
    for line in lines:
        case, profile = courses.get(line.number, ({}, {}))
        row = row_of(line, case, line.profile or profile, standpoint)
        row["listed"] = not sites or line.site in sites
        row["state"] = found.states.get(line.number, {}) if row["listed"] else {}
        row["forms"] = saves.get(line.number, {})
        found.rows.append(row)
    if not sites:
        found.courses = [
            {"number": number, "case": case, "profile": profile}
            for number, (case, profile) in sorted(courses.items())
        ]
    return found


def row_of(line: Line, case: Mapping[str, Any], profile: Mapping[str, Any], standpoint: Standpoint) -> Plain:
    """One participant: summary, profile, fingerprint, time points, readings, and what was imputed."""
    return {
        "number": line.number,
        "site": line.site,
        "summary": line.summary,
        "profile": dict(profile),
        "input": line.input_digest,
        "result": line.result_digest,
        "fingerprint": fingerprint(
            line.input_digest, standpoint.engine, standpoint.configuration, line.result_digest
        ),
        "points": [{name: point[name] for name in POINT} for point in line.points(MRECIST)],
        "readings": _readings(case, profile),
        "imputed": [
            [params.get("what", ""), params.get("given", ""), params.get("date", ""), params.get("flag", "")]
            for rule, _message, params, _reads in line.content.get("steps", [])
            if rule == "G-30" and "flag" in params
        ],
    }


CODES = {"Reader 1": "R1", "Reader 2": "R2", "Adjudicator": "ADJ"}


def _readings(case: Mapping[str, Any], profile: Mapping[str, Any]) -> list[Plain]:
    """Those of a released result: before, nobody but their readers knows them, and neither course nor profile does."""
    pathology = case.get("pathology") or {}
    reads = [*(pathology.get("reads") or ()), *filter(None, [pathology.get("adjudication")])]
    dates = {CODES.get(one["reader"], one["reader"]): one.get("date") for one in reads}
    return [
        {**one, "date": dates.get(one.get("reader"))}
        for one in (profile.get("pathology") or {}).get("readings", [])
    ]


# --- courses and the state of the data ------------------------------------------------------------------------------

Courses = dict[str, tuple[Plain, Plain]]


def _courses(standpoint: Standpoint) -> tuple[Courses, dict[str, Plain]]:
    """Course and profile by number, and how far the data of each are: kept with a cut, read from the tables else."""
    if isinstance(standpoint, Kept):
        courses = {number: (case, profile) for number, case, profile in standpoint.courses()}
        return courses, {one["number"]: one for one in standpoint.facts.get("people", [])}
    made: Courses = {}
    states: dict[str, Plain] = {}
    pks = list(Participant.objects.filter(imported=False).order_by("number").values_list("pk", flat=True))
    for start in range(0, len(pks), BATCH):
        for one, state in _from_tables(pks[start : start + BATCH]):
            made[one.number] = (one.case, one.profile)
            states[one.number] = state
    return made, states


def _from_tables(pks: Collection[int]) -> Iterator[tuple[Gathered, Plain]]:
    found = standings(pks)
    books = gather.books_of([one.participant for one in found])
    for one in found:
        books[one.participant].number = one.number
    states = data_state.of_tables({one.participant: (one.number, one.site) for one in found}, books)
    for one in found:
        made = gather.course(books.pop(one.participant), one.participant, one.data_version, one.today)
        if made.failure is not None:
            made.case, made.profile = {}, {}
        yield made, states[one.participant].to_json()


# --- versions of the forms ------------------------------------------------------------------------------------------


def _saves(standpoint: Standpoint, lines: Sequence[Line]) -> dict[str, dict[str, int]]:
    """The highest version among the forms of a kind that a result rests on: counted in the trail, so that a cut keeps
    its own whatever is saved later."""
    found: dict[str, dict[str, int]] = {}
    for start in range(0, len(lines), BATCH):
        part = lines[start : start + BATCH]
        forms = {line.number: forms_read(line.content) for line in part}
        every = {pk for pks in forms.values() for pk in pks}
        kinds = dict(FormInstance.objects.filter(pk__in=every).values_list("pk", "form_key"))
        wanted = [pk for pk in every if kinds.get(pk) in KINDS]
        versions = _versions(wanted, standpoint)
        for number, pks in forms.items():
            for pk in sorted(pks):
                if pk in versions:
                    kind, mine = KINDS[kinds[pk]], found.setdefault(number, {})
                    mine[kind] = max(mine.get(kind, 0), versions[pk])
    return found


def _versions(forms: Collection[int], standpoint: Standpoint) -> dict[int, int]:
    """How often each form was saved up to the standpoint."""
    names = {f"form:{pk}": pk for pk in forms}
    events = AuditEvent.objects.filter(target__in=names, action__in=data_state.ENTRIES)
    if standpoint.at is not None:
        events = events.filter(at__lte=standpoint.at)
    rows = events.values_list("target").annotate(n=Count("at", distinct=True)).order_by("target")
    return {names[target]: n for target, n in rows}


def forms_read(content: Mapping[str, Any]) -> set[int]:
    """Primary keys of the forms behind everything that was read."""
    found: set[int] = set()
    for _where, _value, address in content.get("reads", []):
        for one in address if isinstance(address, list) else [address]:
            match = FORM.match(one or "")
            if match:
                found.add(int(match[1]))
    return found
