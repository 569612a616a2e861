"""The lines behind the figures of agreement, with codes and UTC, for whoever computes them again."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from crf.models import CentralNodule
from pathology.agreement.readings import Again, Case, Material, Read, Value
from pathology.agreement.results import gap_of, in_order
from pathology.models import Reading
from pathology.recorded import sheet_from
from pathology.selectors.agreement import material, mine, released, reread
from trialsite.accounts.models import User
from trialsite.web import sheets

Row = list[Any]
NODULE = ("cpn_no", "cpn_len", "cpn_wid", "cpn_rvt", "cpn_nec", "cpn_str", "cpn_insitu")


@dataclass(frozen=True, slots=True)
class Lines:
    """A table of lines; `heads` are names of variables, the same in every language."""

    name: str
    heads: Sequence[str]
    rows: list[Row]


def csv_of(lines: Lines) -> Iterator[str]:
    yield sheets.MARK + sheets.line(lines.heads)
    for row in lines.rows:
        yield sheets.line("" if cell is None else cell for cell in row)


def lines_of(name: str, sites: set[int] | None) -> Lines:
    """`pairs`, `rereads`, `local` or `readings`; only participants of `sites` (none: all). KeyError for another name."""
    make = {"pairs": _pairs, "rereads": _rereads, "local": _local, "readings": _readings}[name]
    return make(material(), sites)


def _pairs(found: Material, sites: set[int] | None) -> Lines:
    """The two readings of each case, in the order of the readers' names."""
    users = _users()
    rows = []
    for case in mine(found.cases, sites):
        if case.pair is None:
            continue
        one, two = in_order(case.pair, found.names)
        rows.append(
            [case.code, case.participant, users[one.reader], users[two.reader], one.value.rvt, two.value.rvt,
             _mean(one.value, two.value), _gap(one.value, two.value), one.value.grade, two.value.grade,
             "Y" if case.needed else "N", " ".join(case.reasons), case.final.rvt, case.final.mpr, case.final.pcr]
        )  # fmt: skip
    heads = ("case", "participant", "first_reader", "second_reader", "first_rvt", "second_rvt", "mean", "difference",
             "first_class", "second_class", "adjudicated", "reasons", "final_rvt", "final_mpr", "final_pcr")  # fmt: skip
    return Lines("pairs", heads, rows)


def _mean(one: Value, two: Value) -> float | None:
    return None if one.rvt is None or two.rvt is None else (one.rvt + two.rvt) / 2


def _gap(one: Value, two: Value) -> float | None:
    return None if one.rvt is None or two.rvt is None else one.rvt - two.rvt


def _rereads(found: Material, sites: set[int] | None) -> Lines:
    users = _users()
    again: list[Again] = mine(found.again, sites)
    rows = [
        [one.code, one.first_code, one.participant, users[one.again.reader], _moment(one.first.at), _moment(one.again.at),
         one.first.value.rvt, one.again.value.rvt, _gap(one.again.value, one.first.value), one.first.value.grade,
         one.again.value.grade]
        for one in sorted(again, key=lambda one: (one.again.at, one.code))
    ]  # fmt: skip
    heads = ("case", "first_case", "participant", "reader", "first_utc", "again_utc", "first_rvt", "again_rvt", "difference",
             "first_class", "again_class")  # fmt: skip
    return Lines("rereads", heads, rows)


def _local(found: Material, sites: set[int] | None) -> Lines:
    """Those furthest apart first."""
    cases: list[Case] = [case for case in mine(found.cases, sites) if case.local is not None]
    cases.sort(key=lambda case: (-(gap_of(case) or 0), case.code))
    rows = [
        [case.code, case.participant, case.local.rvt, case.final.rvt, _gap(case.local, case.final), case.local.mpr,
         case.final.mpr, case.local.pcr, case.final.pcr]
        for case in cases
        if case.local is not None
    ]  # fmt: skip
    heads = (
        "case",
        "participant",
        "local_rvt",
        "central_rvt",
        "difference",
        "local_mpr",
        "central_mpr",
        "local_pcr",
        "central_pcr",
    )
    return Lines("local", heads, rows)


def _readings(found: Material, sites: set[int] | None) -> Lines:
    """One line for each reading and nodule; a reading without nodules (inadequate) has one line."""
    users, nodules, again = _users(), _nodules(), _nodules_again()
    rows: list[Row] = []
    for case in mine(found.cases, sites):
        for slot in sorted(case.reads):
            head = [case.code, "", case.participant, *_read(case.reads[slot], users)]
            tail = ["Y" if case.needed else "N", case.final.rvt, case.final.mpr, case.final.pcr]
            rows += [
                [*head, *line, *tail] for line in nodules.get(case.reads[slot].pk, [[None] * len(NODULE)])
            ]
    for one in mine(found.again, sites):
        head = [one.code, one.first_code, one.participant, *_read(one.again, users)]
        rows += [
            [*head, *line, None, None, None, None] for line in again.get(one.again.pk, [[None] * len(NODULE)])
        ]
    heads = ("case", "reread_of", "participant", "place", "reader", "submitted_utc", "confidence", "seconds", "adequacy", "rvt",
             "mpr", "pcr", "opinion_rvt", "opinion_mpr", "opinion_pcr", "nodule", "length_mm", "width_mm", "viable", "necrosis",
             "stroma", "in_situ_only", "adjudicated", "final_rvt", "final_mpr", "final_pcr")  # fmt: skip
    return Lines("readings", heads, rows)


def _read(read: Read, users: dict[int, str]) -> Row:
    value = read.value
    own = read.opinion
    return [
        read.slot, users[read.reader], _moment(read.at), read.confidence, read.seconds or None, value.adequacy, value.rvt,
        value.mpr, value.pcr, own and own.rvt, own and own.mpr, own and own.pcr,
    ]  # fmt: skip


def _nodules() -> dict[int, list[Row]]:
    """By reading of the trial."""
    found: dict[int, list[Row]] = defaultdict(list)
    rows = CentralNodule.objects.filter(active=True, form__reading__case__in=released()).order_by("cpn_no")
    for reading, *cells in rows.values_list("form__reading__pk", *NODULE):
        found[reading].append(cells)
    return found


def _nodules_again() -> dict[int, list[Row]]:
    """By re-read, whose answers are kept as texts."""
    rows = Reading.objects.filter(case__in=reread(), submitted_at__isnull=False).values_list("pk", "content")
    return {
        pk: [[line.get(name) for name in NODULE] for line in sheet_from(content).lines("CP2")]
        for pk, content in rows
    }  # fmt: skip


def _users() -> dict[int, str]:
    return dict(User.objects.filter(readings__isnull=False).distinct().values_list("pk", "username"))


def _moment(at: dt.datetime) -> str:
    return f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
