"""What a query or a partial date could be resolved to: a field of a casebook → the casebooks that could come of it. Pure.

A casebook is mapped anew for each, so every consequence of an answer counts (a "not done" that takes an assessment away, a
first dose that moves the response window). Rule: docs/what-could-move.md.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, NamedTuple

from crf import facts
from crf.fields import CrfField
from crf.limits import NumberRange
from crf.registry import form_def
from crf.selectors.history import field_at
from crf.sheets import Casebook, RowValues, Sheet
from endpoints.engine import critical
from endpoints.engine.bounds import (
    AT,
    BY_RECIST,
    MARGIN,
    NOT,
    OUT,
    PATHOLOGIC,
    PENDING,
    PLACES,
    REACHED,
    SETS,
    OpenItem,
    Outcome,
    Unresolved,
    Values,
    outcome_of_case,
)
from endpoints.engine.codes import MRECIST, RECIST
from endpoints.engine.settings import Settings
from endpoints.mapping import FIELDS
from endpoints.mapping import Mapping as Mapped
from trialsite.kernel.partial_date import PartialDate

# Fields that only prove life: they move a death whose day is not known, and otherwise no yes/no endpoint (G-6, G-30).
PROOFS = frozenset(("ICF", "DM", "HEP", "VS", "LB", "EG", "AE1"))
PROOF_FIELDS = frozenset(("surg_dischdat", "comp_cestdat", "ss_dat", "ss_status", "ss_lastalive"))
# Read for times to event, or for the words of a step: never for a yes/no endpoint.
UNREAD = frozenset(("hcc_mhstdat", "ss_event_site", "sact_yn", "sact_type"))
# Imputed (G-30): the only dates of these endpoints that may lack their day.
PARTIAL = (("DTH", "", "dthdat"), ("SACT", "SA1", "sact_stdat"))
OF_DOSE = "EC"
FAR = 9000  # years: a day beyond is a slip, and nothing can be counted on from it
SPAN = 31  # days: of so many every single one is tried


class Place(NamedTuple):
    """Where something is open: a form and a path in it (`TA2:3/tl_diam`, a row `TA2:3`, or empty: the form)."""

    form: int
    key: str
    path: str

    @property
    def address(self) -> str:
        return f"form:{self.form}/{self.path}" if self.path else f"form:{self.form}"

    @property
    def section(self) -> str:
        return self.path.partition(":")[0] if ":" in self.path else ""

    @property
    def row(self) -> int:
        return int(self.path.partition(":")[2].partition("/")[0]) if ":" in self.path else 0

    @property
    def name(self) -> str:
        """The field; empty for a row or a form."""
        return "" if self.section and "/" not in self.path else self.path.rpartition("/")[2]


@dataclass(slots=True)
class Resolver:
    """One participant's data, cut off on a day. `latest` is the last day that may still be entered.

    `envelopes` are forms that were not started: a question about one may end with an answer in it.
    """

    cutoff: dt.date
    settings: Settings
    latest: dt.date
    final: bool = False
    envelopes: Mapping[int, Sheet] = field(default_factory=dict)
    asked: Collection[Place] = ()  # every place that is open
    _kept: dict[str, Outcome | None] = field(default_factory=dict)

    def case(self, book: Casebook) -> Mapped:
        return Mapped(book, self.cutoff, evaluator=self.settings.evaluator, final=self.final)

    def mapped(self, book: Casebook) -> Mapped:
        """The case, as far as the data can be mapped at all (G-27)."""
        try:
            return self.case(book)
        except (TypeError, ValueError, KeyError, AttributeError) as broken:
            raise Unresolved from broken

    def outcome(self, book: Casebook) -> Outcome | None:
        """How the participant would count; none when engine or mapping refuse it. The same case is computed once."""
        try:
            case = self.mapped(book).case
        except Unresolved:
            return None
        key = repr(case)
        if key not in self._kept:
            self._kept[key] = outcome_of_case(case, self.settings)
        return self._kept[key]

    # --- items --------------------------------------------------------------------------------------------------------

    def item(self, key: str, place: Place, book: Casebook) -> OpenItem[Casebook] | None:
        """The item of a query; none when no yes/no endpoint reads what it is about."""
        if not place.name:
            return self._scope(key, place, book)
        if not self.reads(place, book):
            return None
        crf_field = field_at(form_def(place.key), place.path)
        if crf_field is None:
            return None
        exact = crf_field.kind not in ("dec", "date", "pdate")
        assume = self._assume(place, book)
        if not any(assume(name, population) for name, population in PLACES):
            return None  # at this stage of the course it can matter nowhere
        return OpenItem(key, lambda world: self.resolved(world, place, crf_field), exact, assume=assume)

    def partial(self, key: str, place: Place, given: PartialDate, book: Casebook) -> OpenItem[Casebook]:
        """Every day that an incomplete date can mean: each one of a month, the critical ones of a year."""
        every = (given.latest - given.earliest).days < SPAN

        def worlds(world: Casebook) -> Iterator[Casebook]:
            first, last = given.earliest, min(given.latest, self.latest)
            if every:
                days = [first + n * critical.DAY for n in range((last - first).days + 1)]
            else:
                days = self.days(world, place, first, last)
            for day in days:
                yield changed(world, place, PartialDate.of(day), self.envelopes)

        return OpenItem(key, worlds, every, assume=self._assume(place, book))

    def _scope(self, key: str, place: Place, book: Casebook) -> OpenItem[Casebook] | None:
        """A question about a whole row or form: any of its fields may change, so its reach is assumed."""
        inside = self._inside(place, book)
        if not inside:
            return None
        if len(inside) == 1 and not place.section:
            return self.item(key, inside[0], book)
        return OpenItem(key, lambda world: [without(world, place)], False, False, self._assume(place, book))

    def _inside(self, place: Place, book: Casebook) -> list[Place]:
        """The fields of a row or a form that matter."""
        names = FIELDS.get(f"{place.key}/{place.section}", ()) if place.section else ()
        fields = (
            [Place(place.form, place.key, f"{place.path}/{name}") for name in names]
            if place.section
            else _all(place)
        )
        return [one for one in fields if self.reads(one, book)]

    def matters(self, place: Place, book: Casebook) -> bool:
        """Whether what is open there can matter to a yes/no endpoint."""
        return self.reads(place, book) if place.name else bool(self._inside(place, book))

    def reads(self, place: Place, book: Casebook) -> bool:
        """Whether the value at a place can matter to a yes/no endpoint."""
        where = f"{place.key}/{place.section}" if place.section else place.key
        if place.name not in FIELDS.get(where, ()) or place.name in UNREAD:
            return False
        if place.key == "CPATHF" and not _at(book, place):
            # Before the result is released it is pending, which covers whatever it may be; nobody may look ahead.
            return False
        if place.key in PROOFS or place.name in PROOF_FIELDS:
            death = facts.death_day(book)
            return death is not None and death.complete is None
        return True

    def _assume(self, place: Place, book: Casebook) -> Callable[[str, str], Values]:
        """What may come of an item at a rate and an analysis set: nothing where it can never matter (docs/what-could-move.md).

        What holds "while nobody asks about" another form counts only while nobody does. While the data are refused nothing
        is known of the course, so everything may come of everything.
        """
        if self.outcome(book) is None:
            return lambda _name, _population: ANYTHING
        rates = self._rates(place, book)
        sets = _sets(place, rates)

        def letters(name: str, population: str) -> Values:
            found = rates.get(_group(name), NOTHING)
            return found | {OUT} if population in sets else found

        return letters

    def _rates(self, place: Place, book: Casebook) -> dict[str, Values]:
        """Letters that may come in each group of rates."""
        key, name = place.key, place.name
        if key in ("IE", OF_DOSE):
            return dict.fromkeys(GROUPS, BOTH)
        if key in ("CPATH", "CPATHF"):
            return {"SPECIMEN": BOTH}
        if key == "LPATH" or name == "surg_r":
            return {"SPECIMEN": BOTH, MARGIN: BOTH}
        if name == "surg_ablation":
            return {"SPECIMEN": BOTH}
        if key == "SURG":
            return dict.fromkeys(GROUPS, BOTH)
        resected, late = self._stage(book)
        waits: Values = NOTHING if resected or late else CLOSES
        if key in ("DTH", "EOS", *PROOFS) or name in PROOF_FIELDS:
            ends: Values = NOTHING if resected else CLOSES
            return {"SPECIMEN": waits, RECIST: ends, MRECIST: ends}
        if key == "EOT":
            return {"SPECIMEN": waits}
        if key == "SACT":
            return {"SPECIMEN": waits, RECIST: BOTH, MRECIST: BOTH}  # its start proves life, too
        criteria = self._criteria(place, book)
        found = dict.fromkeys(criteria, BOTH)
        return found | ({"SPECIMEN": waits} if RECIST in criteria else {})

    def _stage(self, book: Casebook) -> tuple[bool, bool]:
        """Resected, and too late for a resection (G-25): for certain, so only while nobody asks about what says so."""
        asked = {one.key for one in self.asked}
        outcome = self.outcome(book)
        sure = outcome is not None and not asked & {"SURG", "IE", OF_DOSE}
        first = self.case(book).case["first_dose"] if sure else None
        days = (self.cutoff - dt.date.fromisoformat(first)).days if first else 0
        late = days > self.settings.surgery_by_days
        return bool(sure and outcome and outcome[AT["MPR", "RES"]] != OUT), late

    def _criteria(self, place: Place, book: Casebook) -> tuple[str, ...]:
        """Which responses a field of the images can change: those by one criterion, or both."""
        if place.name in OF_MRECIST:
            return (MRECIST,)
        if place.name in OF_RECIST:
            return (RECIST,)
        if place.name == "tl_diam" and not any(
            one.key == "TA" and one.name in WHERE_LESIONS_ARE for one in self.asked
        ):
            spots = _spots(self.case(book), place.address)
            found = {self.case(book).case["imaging"][i]["criteria"] for i, _kind, _k in spots}
            return tuple(found) if found else (RECIST, MRECIST)
        return (RECIST, MRECIST)

    def holds_until(self, book: Casebook) -> dt.date:
        """The last day of a cut-off with which the same could come of what is asked.

        A cut-off is compared with the days of the records, and with those that follow a dose or a progression by as many
        days as a rule says (G-5, G-25): until the next of these nothing turns. A question about a day itself is asked anew
        every day, for each one is another day that it may be.
        """
        if any(self._asks_day(place, book) for place in self.asked):
            return self.cutoff
        turns: set[dt.date] = set()
        for sheet in book:
            spans = [0, self.settings.surgery_after_pd_days]
            if sheet.key == OF_DOSE:
                spans += [self.settings.response_window_days, self.settings.surgery_by_days]
            ends = [day for day in _days_on(sheet) if day.year < FAR]
            turns |= {
                day + dt.timedelta(days=span + after) for day in ends for span in spans for after in (0, 1)
            }
        return min((day for day in turns if day > self.cutoff), default=dt.date.max) - critical.DAY

    def _asks_day(self, place: Place, book: Casebook) -> bool:
        """Whether a day may be answered there; of a whole row or form that is assumed and not tried, unless it is one field."""
        inside = [place] if place.name else self._inside(place, book)
        if len(inside) != 1:
            return False
        found = field_at(form_def(place.key), inside[0].path)
        return found is not None and found.kind in ("date", "pdate")

    # --- values -------------------------------------------------------------------------------------------------------

    def resolved(self, book: Casebook, place: Place, crf_field: CrfField) -> Iterator[Casebook]:
        """The casebooks with every value that matters at a place, and with none."""
        now = _at(book, place)
        for value in (None, *self.values(book, place, crf_field)):
            if value != now:
                yield changed(book, place, value, self.envelopes)

    def values(self, book: Casebook, place: Place, crf_field: CrfField) -> list[Any]:
        if crf_field.kind in ("code", "unit"):
            return [code for code, _label in getattr(crf_field, "options", ())]
        if crf_field.kind == "date":
            return list(self.days(book, place, dt.date(1900, 1, 1), self.latest))
        if crf_field.kind == "pdate":
            return self._incomplete(book, self.days(book, place, dt.date(1900, 1, 1), self.latest))
        if crf_field.kind == "int":
            return (
                [0, 1] if place.name == "apa_dose" else []
            )  # a dose or none; a nodule's number is only its name
        if crf_field.kind == "dec":
            return self.numbers(book, place, crf_field)
        if crf_field.kind == "text":
            return _names(book, place)
        return []

    def _incomplete(self, book: Casebook, days: Iterable[dt.date]) -> list[PartialDate]:
        """Complete days; months too where a day that is not complete proves no life and a death hangs on that (G-6)."""
        found = {PartialDate.of(day) for day in days}
        death = facts.death_day(book)
        if death is not None and death.complete is None:
            found |= {PartialDate.parse(one.text[:7]) for one in list(found)}
        return sorted(found, key=lambda one: one.text)

    def days(self, book: Casebook, place: Place, first: dt.date, last: dt.date) -> list[dt.date]:
        """One day of every stretch in which nothing turns, and the days at which something does."""
        case = self.mapped(book).case
        death = facts.death_day(book)
        known = critical.days_of(case, contacts=death is not None and death.complete is None)
        known |= _days_of(book, place.key == OF_DOSE)
        start = case["first_dose"] and dt.date.fromisoformat(case["first_dose"])
        points = critical.day_points(
            known, critical.scans_of(case) if place.key in ("TA", "SS") else (), start, self.cutoff, self.settings,
            dose=place.key == OF_DOSE,
        )  # fmt: skip
        ends = [day for day in known if first <= day <= last] or [self.cutoff]
        low, high = max(first, min(ends) - critical.DAY), min(last, max(*ends, self.cutoff) + critical.DAY)
        inside = critical.representatives(points, low.toordinal(), high.toordinal())
        return [dt.date.fromordinal(number) for number in inside]

    def numbers(self, book: Casebook, place: Place, crf_field: CrfField) -> list[Decimal]:
        hard = crf_field.hard
        low = hard.low if isinstance(hard, NumberRange) else Decimal(0)
        high = (
            hard.high if isinstance(hard, NumberRange) and isinstance(hard.high, Decimal) else Decimal(1000)
        )
        step = Decimal(1).scaleb(-getattr(crf_field, "decimal_places", 1))
        made = self.mapped(book)
        if place.key == "CPATH":
            points = list(self._of_readings(made, place))
        else:
            spots = list(_spots(made, place.address))
            points = list(critical.diameter_points(made.case, spots, self.settings))
        return critical.numbers(points, step, low, high)

    def _of_readings(self, made: Mapped, place: Place) -> Iterator[Any]:
        pathology = made.case["pathology"] or {"reads": [], "adjudication": None}
        reads = [(f"pathology.reads[{i}]", read) for i, read in enumerate(pathology["reads"])]
        if pathology["adjudication"]:
            reads.append(("pathology.adjudication", pathology["adjudication"]))
        for path, read in reads:
            others = [other for _path, other in reads if other is not read]
            for k in range(len(read["nodules"])):
                for name in ("viable_pct", *critical.DIMENSIONS):
                    if made.paths.own.get(f"{path}.nodules[{k}].{name}") == place.address:
                        yield from critical.reading_points(read, others, k, name, self.settings)


NOTHING: Values = frozenset()
BOTH: Values = frozenset({REACHED, NOT, PENDING})
ANYTHING: Values = BOTH | {OUT}
CLOSES: Values = frozenset(
    {NOT, PENDING}
)  # it may end the wait or open it again, and reaches nothing by itself
GROUPS = ("SPECIMEN", MARGIN, RECIST, MRECIST)
OF_RECIST = frozenset(("nt_status", "ovresp_r_inv"))
OF_MRECIST = frozenset(("tl_viable", "tl_mstatus", "nt_mstatus", "nl_typical", "ovresp_m_inv"))
WHERE_LESIONS_ARE = frozenset(("", "tl_loc", "tl_lnkid", "tl_enh", "ta_eval", "ta_perf", "tudat", "tl_state"))


def _group(name: str) -> str:
    if name in PATHOLOGIC:
        return "SPECIMEN"
    if name == MARGIN:
        return MARGIN
    return RECIST if name in BY_RECIST else MRECIST


def _sets(place: Place, rates: Mapping[str, Values]) -> set[str]:
    """The analysis sets that an item may move the participant in or out of."""
    if place.key in ("IE", OF_DOSE):
        return set(SETS)
    if place.key == "SURG" and place.name not in ("surg_r", "surg_ablation"):
        return set(SETS) - {"ENR", "FAS"}
    found = {"PEV"} if place.key in ("CPATH", "CPATHF") else set()
    if place.key == "LPATH" or place.name == "surg_r":
        found.add("R0")
    if BOTH in (rates.get(RECIST), rates.get(MRECIST)):
        found |= {"REV"} if RECIST in rates else set()
        found |= {"REV_M", "RSP"} if MRECIST in rates else set()
    return found


def _all(place: Place) -> list[Place]:
    """Every field of a form that is read, those of its rows as of a row that may be added."""
    found = [Place(place.form, place.key, name) for name in FIELDS.get(place.key, ())]
    for where, names in FIELDS.items():
        key, _sep, section = where.partition("/")
        if section and key == place.key:
            found += [Place(place.form, key, f"{section}:1/{name}") for name in names]
    return found


def _at(book: Casebook, place: Place) -> Any:
    for sheet in book.all(place.key):
        if sheet.form == place.form:
            if not place.section:
                return sheet.get(place.name)
            return next(
                (row.get(place.name) for row in sheet.lines(place.section) if row.row == place.row), None
            )
    return None


def changed(book: Casebook, place: Place, value: Any, envelopes: Mapping[int, Sheet]) -> Casebook:
    """The casebook with another value at a place; the given one stays as it is."""
    sheet = next((one for one in book.all(place.key) if one.form == place.form), None)
    if sheet is None:
        if value is None:
            return book
        sheet = envelopes.get(place.form) or Sheet(key=place.key, form=place.form)
    if not place.section:
        made = replace(sheet, values=_put(sheet.values, place.name, value))
    else:
        rows = list(sheet.rows.get(place.section, ()))
        if all(row.row != place.row for row in rows):
            rows.append(RowValues(place.row))
        rows = [
            replace(row, values=_put(row.values, place.name, value)) if row.row == place.row else row
            for row in rows
        ]
        made = replace(sheet, rows={**sheet.rows, place.section: rows})
    return _with(book, sheet, made)


def without(book: Casebook, place: Place) -> Casebook:
    """The casebook without a row or a form."""
    sheet = next((one for one in book.all(place.key) if one.form == place.form), None)
    if sheet is None:
        return book
    if not place.section:
        return _with(book, sheet, None)
    rows = [row for row in sheet.rows.get(place.section, ()) if row.row != place.row]
    return _with(book, sheet, replace(sheet, rows={**sheet.rows, place.section: rows}))


def _with(book: Casebook, old: Sheet, new: Sheet | None) -> Casebook:
    kept = [sheet for sheet in book if sheet.form != old.form or sheet.key != old.key]
    return Casebook(book.number, [*kept, new] if new else kept)


def _put(values: Mapping[str, Any], name: str, value: Any) -> dict[str, Any]:
    made = {key: kept for key, kept in values.items() if key != name}
    return made if value is None else {**made, name: value}


def _names(book: Casebook, place: Place) -> list[str]:
    """The names that lesions have on any form, and one that none has."""
    found = {
        row.get(place.name)
        for sheet in book.all(place.key)
        for row in sheet.lines(place.section)
        if row.get(place.name)
    }
    return [*sorted(found), "?"]


def _spots(made: Mapped, address: str) -> Iterator[tuple[int, str, int]]:
    """Where a diameter stands in the case: one place for each criterion that reads it."""
    for i, fields in enumerate(made.paths.imaging):
        for path, found in fields.items():
            kind, sep, rest = path.partition("[")
            if found == address and sep and path.endswith(".mm"):
                yield i, kind, int(rest.partition("]")[0])


DATED_FORMS = ("IE", "TA", "SURG", "SS", "SACT", "DTH", "EOS", "EOT", "LPATH", "CPATH", "CPATHF")


def _days_of(book: Casebook, doses: bool) -> set[dt.date]:
    """The days on the forms that the endpoints are made of, those that the case leaves out too; `doses`: of all cycles."""
    found: set[dt.date] = set()
    for key in (*DATED_FORMS, *([OF_DOSE] if doses else [])):
        for sheet in book.all(key):
            found |= _days_on(sheet)
    return found


def _days_on(sheet: Sheet) -> set[dt.date]:
    """The days on a form, a partial date by its first and last day; not those that only prove life."""
    found: set[dt.date] = set()
    for values in (sheet.values, *(row.values for rows in sheet.rows.values() for row in rows if row.active)):
        for name, value in values.items():
            if name in PROOF_FIELDS:
                continue
            if isinstance(value, PartialDate):
                found |= {value.earliest, value.latest}
            elif isinstance(value, dt.date):
                found.add(value)
    return found
