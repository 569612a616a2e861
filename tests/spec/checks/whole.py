"""Participant 01-003 in memory: derived, with envelopes and visits, as the edit checks see it.

whole = folder(pages())
before = findings(whole)
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from crf import derivation
from crf.analytes import ANALYTES
from crf.checks import CHECKS, Folder, hits_of
from crf.checks.engine import FormFacts, SiteFacts, VisitFacts
from crf.planning import form_expected, plan
from crf.registry import form_def
from crf.schedule import EXAMINED, FormAt, forms_at, visit_of, visit_order
from crf.sheets import Casebook, Sheet
from crf.typed import as_sheet
from tests.participant_01_003 import NUMBER, OPENED, RANGES, RANGES_FROM, Page
from tests.world import typed

TODAY = "2026-04-01"

Found = set[tuple[str, str, str]]  # check, page, path


def folder(pages: Iterable[Page], today: str = TODAY) -> Folder:
    """Everything known of the participant: what was typed, and what follows from it."""
    stored = {page.name: (number, page) for number, page in enumerate(pages, 1)}
    site = SiteFacts(consent_versions=(("1.1", dt.date(2024, 1, 15)),), ranges=tuple(ranges()))
    sheets = [_sheet(number, page, stored) for number, page in stored.values()]
    book = Casebook(NUMBER, sheets, lambda: site.ranges)
    derive(book)
    visits = tuple(_visits(book))
    return Folder(book, dt.date.fromisoformat(today), tuple(_envelopes(book, sheets, visits)), visits, site)


def derive(book: Casebook) -> None:
    """Form by form, in the order of their first pages, so that one round is enough."""
    for sheet in book:
        derivation.derive(sheet, book)


def ranges() -> list[dict[str, Any]]:
    """The reference ranges of the laboratory (C01), by field name."""
    common = {"labr_lab": "lab:1", "labr_sex": "BOTH", "labr_agelo": 0, "labr_agehi": 120}
    return [
        common
        | {
            "labr_test": test,
            "labr_unit": ANALYTES[test].unit,
            "labr_lln": Decimal(low),
            "labr_uln": Decimal(high),
            "labr_from": dt.date.fromisoformat(RANGES_FROM),
        }
        for test, (low, high) in RANGES.items()
    ]


def findings(whole: Folder) -> Found:
    """What all checks find: the number of the check, the page (`TA/TA1`) and the path in it."""
    names = {form.form: _name(form.key, form.visit, form.repeat) for form in whole.forms}
    return {(check.id, names.get(hit.form, ""), hit.path) for check, hit in hits_of(whole, CHECKS)}


def _name(key: str, visit: str, repeat: int) -> str:
    return Page(key, visit, repeat).name


def _sheet(number: int, page: Page, stored: Mapping[str, tuple[int, Page]]) -> Sheet:
    place = visit_of(page.visit)
    empty = Sheet(
        page.key, number, page.visit, visit_order(*place) if place else 0, page.repeat, status="COMPLETE"
    )
    values = resolved(page.values, stored)
    rows = {
        section: [line and resolved(line, stored) for line in lines] for section, lines in page.rows.items()
    }
    made = as_sheet(empty, typed(page.key, values, rows), form_def(page.key))
    fields = form_def(page.key).fields
    made.values |= {name: fields[name].from_text(value) for name, value in page.system.items()}
    return made


def resolved(values: Mapping[str, Any], stored: Mapping[str, tuple[int, Page]]) -> dict[str, Any]:
    """Without references to what is stored elsewhere."""
    known = {"@user": "user:1", "@lab": "lab:1"}

    def one(value: Any) -> Any:
        if not isinstance(value, str) or not value.startswith("@"):
            return value
        return known.get(value) or f"form:{stored[value[1:]][0]}"

    return {name: one(value) for name, value in values.items()}


def _visits(book: Casebook) -> Iterable[VisitFacts]:
    for one in plan(book, set(OPENED)):
        day = _day(book, one.label, one.code)
        status = "DONE" if day else "PLANNED" if one.expected else "CLOSED"
        yield VisitFacts(one.label, one.code, one.order, status, day, one.window_from, one.window_to)


def _day(book: Casebook, label: str, code: str) -> dt.date | None:
    """The day of a visit: that of a treatment, scan, operation or contact before what is examined beside it."""
    keys = sorted(dict.fromkeys([at.key for at in forms_at(code)]), key=lambda key: key in EXAMINED)
    for key in [*keys, "CPATHF"]:
        name = "cpf_dat" if key == "CPATHF" else form_def(key).head.date
        found = [s.get(name) for s in book.all(key) if s.visit == label and s.get(name)]
        if found:
            return found[-1]
    return None


def _envelopes(book: Casebook, sheets: Sequence[Sheet], visits: Iterable[VisitFacts]) -> Iterable[FormFacts]:
    """Those that were started, and the others that the visits have."""
    kinds = {(v.label, at.key, at.repeat): at.kind for v in visits for at in forms_at(v.code)}
    for sheet in sheets:
        kind = kinds.pop((sheet.visit, sheet.key, sheet.repeat), "E")
        yield FormFacts(sheet.form, sheet.key, sheet.visit, sheet.repeat, kind, sheet.status)
    closed = {visit.label for visit in visits if visit.status == "CLOSED"}
    for number, ((label, key, repeat), kind) in enumerate(kinds.items(), 1):
        expected = label not in closed and form_expected(book, label, FormAt(key, kind, repeat))
        yield FormFacts(10_000 + number, key, label, repeat, kind, expected=expected)
