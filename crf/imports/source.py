"""SDTM tables as participants and assessments, checked row by row. Nothing is repaired in silence."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from trialsite.kernel.partial_date import PartialDate

from .tables import Problem, Row, Tables

INVESTIGATOR = "INVESTIGATOR"
MEASURED = {"LDIAM", "LPERP"}
LESIONS = {"TARGET": "TA2", "NON-TARGET": "TA3", "NEW": "TA4"}
STATES = {
    "PRESENT": "PRESENT", "ABSENT": "ABSENT", "UNEQUIVOCAL PROGRESSION": "UNEQ_PD", "UNEQUIVOCAL": "UNEQ_PD",
    "NOT EVALUABLE": "NE", "NE": "NE", "EQUIVOCAL": "EQUIVOCAL",
}  # fmt: skip
RESPONSES = {
    "CR": "CR", "PR": "PR", "SD": "SD", "PD": "PD", "NE": "NE", "NON-CR/NON-PD": "NONCRNONPD", "NED": "NED", "NA": "NA",
}  # fmt: skip
TESTS = {"OVRLRESP": "ovresp_r_inv", "TRGRESP": "tresp_r_inv", "NTRGRESP": "ntresp_r_inv"}
DERIVED_TESTS = {"SUMDIAM", "SUMNLNOD", "SUMNODE", "BESTRESP"}  # calculated here
ORGANS = {
    "LIVER": "LIVER", "LYMPH NODE": "LYMPH_NODE", "LUNG": "LUNG", "ADRENAL GLAND": "ADRENAL", "BONE": "BONE",
    "PERITONEUM": "PERITONEUM", "PORTAL VEIN": "PORTAL_VEIN", "BRAIN": "BRAIN",
}  # fmt: skip
SEXES = {"M": "M", "F": "F"}
RACES = {"ASIAN": "ASIAN", "WHITE": "WHITE", "BLACK OR AFRICAN AMERICAN": "BLACK"}
NOT_DONE = "NOT DONE"
FAILED = ("SCRNFAIL", "NOTASSGN")


@dataclass(slots=True)
class Lesion:
    """One lesion of one reader, with the id that the forms allow."""

    name: str
    source: str
    kind: str  # TARGET, NON-TARGET, NEW
    place: str
    row: Row

    @property
    def organ(self) -> str:
        return next((code for word, code in ORGANS.items() if word in self.place.upper()), "OTHER")

    @property
    def node(self) -> bool:
        return self.organ == "LYMPH_NODE"


@dataclass(slots=True)
class Measured:
    """What a reader recorded of a lesion at a visit: values by test, with their rows."""

    lesion: Lesion
    rows: dict[str, Row] = field(default_factory=dict)


@dataclass(slots=True)
class Assessment:
    """One visit of one reader."""

    reader: str
    visit: str
    number: Decimal
    baseline: bool
    lesions: dict[str, Measured] = field(default_factory=dict)
    responses: dict[str, Row] = field(default_factory=dict)
    dates: dict[str, Row] = field(default_factory=dict)  # as written

    def rows(self) -> list[Row]:
        found = [row for measured in self.lesions.values() for row in measured.rows.values()]
        found += [m.lesion.row for m in self.lesions.values() if self.baseline or m.lesion.kind == "NEW"]
        return found + list(self.responses.values())


@dataclass(slots=True)
class Person:
    """One participant of the source."""

    number: str
    site: str
    row: Row
    lesions: dict[str, dict[str, Lesion]] = field(default_factory=dict)  # reader → source id → lesion
    assessments: dict[str, dict[Decimal, Assessment]] = field(default_factory=dict)  # reader → visit number

    @property
    def dosed(self) -> str:
        return self.row.get("RFXSTDTC") or self.row.get("RFSTDTC")

    @property
    def failed(self) -> bool:
        return self.row.get("ARMCD").upper() in FAILED or self.row.get("ARM").upper() == "SCREEN FAILURE"


@dataclass(slots=True)
class Source:
    """Everything that would be loaded, what stands in the way, and what is worth knowing."""

    people: dict[str, Person] = field(default_factory=dict)  # by USUBJID
    problems: list[Problem] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)  # sentence → how often

    def wrong(self, row: Row, column: str, why: str, value: str | None = None) -> None:
        self.problems.append(
            Problem(row.file, row.line, column, row.get(column) if value is None else value, why)
        )

    def note(self, text: str, times: int = 1) -> None:
        self.notes[text] = self.notes.get(text, 0) + times


def read_source(tables: Tables) -> Source:
    source = Source(problems=list(tables.problems))
    if any(problem.row <= 1 for problem in tables.problems):
        return source  # tables or columns are missing: their rows would only repeat it
    for table in tables.unused:
        source.note(
            _("%(file)s (table %(domain)s) is not used.") % {"file": table.file, "domain": table.domain}
        )
    for row in tables.rows("DM"):
        _person(source, row)
    _sequences(source, tables)
    for row in tables.rows("TU"):
        _lesion(source, row)
    for row in tables.rows("TR"):
        _measurement(source, row)
    for row in tables.rows("RS"):
        _response(source, row)
    wrong = {(problem.file, problem.row) for problem in source.problems}
    for key, person in source.people.items():
        if not _any_wrong(tables, key, wrong):  # a visit half of which could not be read would only repeat it
            _assessments(source, person)
    return source


def _any_wrong(tables: Tables, key: str, wrong: set[tuple[str, int]]) -> bool:
    if not wrong:
        return False
    rows = (row for domain in ("DM", "TU", "TR", "RS") for row in tables.rows(domain))
    return any(row.get("USUBJID") == key and (row.file, row.line) in wrong for row in rows)


# --- dates and numbers ---------------------------------------------------------------------------------------------


def date_of(text: str) -> PartialDate:
    """The date of an ISO 8601 text, with or without a time, complete or not. `ValueError` when it is none."""
    return PartialDate.parse(text.partition("T")[0])


def _dated(source: Source, row: Row, column: str, complete: bool = False) -> PartialDate | None:
    text = row.get(column)
    if not text:
        return None
    try:
        found = date_of(text)
    except ValueError:
        source.wrong(row, column, _("This is no date (ISO 8601)."))
        return None
    if complete and found.precision != "D":
        source.wrong(row, column, _("This date must be complete."))
        return None
    return found


def number_of(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and re.fullmatch(r"\d+(\.\d+)?", text) else None


def _code(source: Source, row: Row, column: str, codes: Iterable[str]) -> bool:
    if row.get(column).upper() in codes:
        return True
    allowed = ", ".join(sorted(codes))
    source.wrong(row, column, _("Unknown code. Known: %(codes)s.") % {"codes": allowed})
    return False


# --- DM ------------------------------------------------------------------------------------------------------------


def _person(source: Source, row: Row) -> None:
    key = row.get("USUBJID")
    if not key:
        source.wrong(row, "USUBJID", _("A participant needs an identifier."))
        return
    if key in source.people:
        line = source.people[key].row.line
        source.wrong(
            row,
            "USUBJID",
            _("Duplicate key: this participant stands in row %(row)s already.") % {"row": line},
        )
        return
    number = key if len(key) <= 12 else f"{row.get('SITEID')}-{row.get('SUBJID')}"
    if len(number) > 12 or not re.fullmatch(r"[A-Za-z0-9.-]+", number):
        source.wrong(row, "USUBJID", _("This identifier cannot become a participant number (12 characters)."))
    if not row.get("SITEID") or len(row.get("SITEID")) > 4:
        source.wrong(row, "SITEID", _("A site number has one to four characters."))
    if row.get("SEX"):
        _code(source, row, "SEX", SEXES)
    for column in ("RFXSTDTC", "RFSTDTC"):
        _dated(source, row, column, complete=True)
    for column in ("BRTHDTC", "DMDTC", "DTHDTC"):
        _dated(source, row, column)
    source.people[key] = Person(number, row.get("SITEID"), row)


def _sequences(source: Source, tables: Tables) -> None:
    """`--SEQ` names a record within a participant."""
    for domain in ("TU", "TR", "RS"):
        seen: dict[tuple[str, str], int] = {}
        column = f"{domain}SEQ"
        for row in tables.rows(domain):
            key = (row.get("USUBJID"), row.get(column))
            if not key[1]:
                continue
            if key in seen:
                shown = {"row": seen[key], "participant": key[0]}
                source.wrong(
                    row, column, _("Duplicate key: row %(row)s of %(participant)s has this number.") % shown
                )
            seen.setdefault(key, row.line)


# --- TU, TR, RS ----------------------------------------------------------------------------------------------------


def reader_of(source: Source, row: Row, domain: str) -> str | None:
    """INVESTIGATOR, or the identifier of the independent reader."""
    said, name = row.get(f"{domain}EVAL").upper(), row.get(f"{domain}EVALID")
    if said == INVESTIGATOR:
        return INVESTIGATOR
    if said != "INDEPENDENT ASSESSOR":
        source.wrong(row, f"{domain}EVAL", _("Unknown evaluator: INVESTIGATOR or INDEPENDENT ASSESSOR."))
        return None
    if not name or len(name) > 40 or name.upper() == INVESTIGATOR:
        source.wrong(
            row, f"{domain}EVALID", _("An independent assessor needs an identifier (40 characters).")
        )
        return None
    return name


def _known(source: Source, row: Row) -> Person | None:
    person = source.people.get(row.get("USUBJID"))
    if person is None:
        source.wrong(row, "USUBJID", _("This participant is not in DM."))
    return person


def _lesion(source: Source, row: Row) -> None:
    person, reader = _known(source, row), reader_of(source, row, "TU")
    kind = _code(source, row, "TUORRES", LESIONS)
    if not row.get("TULNKID"):
        source.wrong(row, "TULNKID", _("A lesion needs an identifier."))
    if person is None or reader is None or not kind or not row.get("TULNKID"):
        return
    if not row.get("TULOC"):
        source.wrong(row, "TULOC", _("A lesion needs a location."))
    number = _visit_number(source, row)
    mine = person.lesions.setdefault(reader, {})
    key = row.get("TULNKID")
    if key in mine:
        shown = {"row": mine[key].row.line}
        source.wrong(
            row, "TULNKID", _("Duplicate key: this reader names this lesion in row %(row)s.") % shown
        )
        return
    kind_of = row.get("TUORRES").upper()
    name = _name(key, kind_of, mine.values())
    if name is None:
        source.wrong(row, "TULNKID", _("More lesions of this kind than the form holds (R-7: five targets)."))
        return
    mine[key] = Lesion(name, key, kind_of, row.get("TULOC"), row)
    if number is not None and kind_of != "NEW":
        assessment = _assessment(person, reader, number, row.get("VISIT"))
        assessment.baseline = True


PATTERNS = {
    "TARGET": (r"T0[1-5]", "T{:02}", 5),
    "NON-TARGET": (r"NT\d\d", "NT{:02}", 99),
    "NEW": (r"N\d\d", "N{:02}", 99),
}


def _name(key: str, kind: str, others: Iterable[Lesion]) -> str | None:
    """The source's id where the form allows it, else the next free one."""
    pattern, made, most = PATTERNS[kind]
    used = {lesion.name for lesion in others}
    if re.fullmatch(pattern, key) and key not in used:
        return key
    return next((name for n in range(1, most + 1) if (name := made.format(n)) not in used), None)


def _visit_number(source: Source, row: Row) -> Decimal | None:
    number = number_of(row.get("VISITNUM"))
    if number is None:
        source.wrong(row, "VISITNUM", _("A visit number is needed."))
    return number


def _assessment(person: Person, reader: str, number: Decimal, visit: str) -> Assessment:
    mine = person.assessments.setdefault(reader, {})
    return mine.setdefault(number, Assessment(reader, visit, number, False))


def _measurement(source: Source, row: Row) -> None:
    person, reader, number = _known(source, row), reader_of(source, row, "TR"), _visit_number(source, row)
    test = row.get("TRTESTCD").upper()
    if test in DERIVED_TESTS:
        source.note(_("TR: %(test)s is calculated here, not taken over.") % {"test": test})
        return
    good = _code(source, row, "TRTESTCD", {*MEASURED, "TUMSTATE"})
    if person is None or reader is None:
        return
    lesion = person.lesions.get(reader, {}).get(row.get("TRLNKID"))
    if lesion is None:
        source.wrong(
            row, "TRLNKID", _("Unknown lesion: %(reader)s does not name it in TU.") % {"reader": reader}
        )
    good = good and _value(source, row, test)
    date = _imaging_date(source, row, "TRDTC")
    if lesion is None or number is None or not good or not date:
        return
    assessment = _assessment(person, reader, number, row.get("VISIT"))
    measured = assessment.lesions.setdefault(lesion.name, Measured(lesion))
    assessment.dates.setdefault(row.get("TRDTC"), row)
    before = measured.rows.get(test)
    if before is None:
        measured.rows[test] = row
    elif _same(before, row, "TRSEQ"):
        source.note(_("TR: the same measurement stands twice; it counts once (G-39)."))
    else:
        shown = {"row": before.line}
        source.wrong(
            row, "TRLNKID", _("Duplicate key: row %(row)s says something else of this lesion.") % shown
        )


def _same(one: Row, other: Row, sequence: str) -> bool:
    names = ({*one.values} | {*other.values}) - {sequence}
    return all(one.get(name) == other.get(name) for name in names)


def _value(source: Source, row: Row, test: str) -> bool:
    text = row.get("TRORRES")
    if not text:
        if row.get("TRSTAT").upper() == NOT_DONE:
            return True
        source.wrong(row, "TRORRES", _("A value is missing, or TRSTAT = NOT DONE."))
        return False
    if test == "TUMSTATE":
        return _code(source, row, "TRORRES", STATES)
    if number_of(text) is None:
        source.wrong(row, "TRORRES", _("This is no measurement: a number of millimetres, not negative."))
        return False
    if row.get("TRORRESU").lower() != "mm":
        source.wrong(row, "TRORRESU", _("Unknown unit: millimetres (mm) are needed."))
        return False
    return True


def _imaging_date(source: Source, row: Row, column: str) -> bool:
    found = _dated(source, row, column)
    if found is None:
        if not row.get(column):
            source.wrong(row, column, _("An assessment needs a date."))
        return False
    if found.precision == "Y":
        source.wrong(row, column, _("Year and month are needed; the day may be unknown."))
        return False
    return True


def _response(source: Source, row: Row) -> None:
    person, reader, number = _known(source, row), reader_of(source, row, "RS"), _visit_number(source, row)
    test = row.get("RSTESTCD").upper()
    if test in DERIVED_TESTS:
        source.note(_("RS: %(test)s is calculated here, not taken over.") % {"test": test})
        return
    good = _code(source, row, "RSTESTCD", TESTS) and _code(source, row, "RSORRES", RESPONSES)
    date = _imaging_date(source, row, "RSDTC")
    if person is None or reader is None or number is None or not good or not date:
        return
    assessment = _assessment(person, reader, number, row.get("VISIT"))
    if test in assessment.responses:
        line = assessment.responses[test].line
        source.wrong(row, "RSTESTCD", _("Duplicate key: row %(row)s has this response.") % {"row": line})
        return
    assessment.responses[test] = row
    if not assessment.dates:
        assessment.dates[row.get("RSDTC")] = row


def _assessments(source: Source, person: Person) -> None:
    """What only all visits of a reader together show."""
    for reader, visits in person.assessments.items():
        baselines = [one for one in visits.values() if one.baseline and one.lesions]
        if not baselines:
            first = visits[min(visits)]
            if any(one.lesions for one in visits.values()):
                row = next(iter(first.dates.values()))
                source.wrong(
                    row,
                    "VISIT",
                    _("%(reader)s has no baseline: no visit of TU has measurements.") % {"reader": reader},
                )
        for one in baselines:
            _complete(source, person.lesions.get(reader, {}).values(), one)
        for number in [number for number, one in visits.items() if not one.dates]:
            row = next(iter(person.lesions[reader].values())).row
            source.wrong(
                row,
                "VISIT",
                _("TU names lesions at a visit at which TR measures none."),
                visits[number].visit,
            )
        days: dict[str, Decimal] = {}
        for number, one in sorted(visits.items()):
            for text, row in one.dates.items():
                if len(text) >= 10 and days.setdefault(text[:10], number) != number:
                    source.wrong(
                        row, "TRDTC", _("%(reader)s has two visits on this day (G-9).") % {"reader": reader}
                    )


def _complete(source: Source, lesions: Iterable[Lesion], one: Assessment) -> None:
    """G-39: every lesion of the baseline is measured there."""
    for lesion in lesions:
        if lesion.kind != "NEW" and lesion.name not in one.lesions:
            why = _("TR has no measurement of this lesion at the baseline (G-39).")
            source.wrong(lesion.row, "TULNKID", why)
