"""Missing input never fires a rule, and never breaks one: CK-022 to CK-115, CK-255 to CK-337."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import pytest

from crf.checks import CHECKS, Folder, hits_of
from crf.checks.engine import Look
from crf.sheets import Casebook, RowValues, Sheet

from . import (
    test_adverse_events,
    test_disposition,
    test_ecg,
    test_eligibility,
    test_hepatitis,
    test_laboratory,
    test_medication,
    test_vitals,
)
from .build import folder
from .table import Case

GROUP = {id: check for id, check in CHECKS.items() if 22 <= int(id.removeprefix("CK-")) <= 115}
LOGS = (test_adverse_events, test_medication, test_disposition)
TABLES = (test_eligibility, test_hepatitis, test_vitals, test_laboratory, test_ecg, *LOGS)
FIRING = [case for table in TABLES for case in table.CASES if case.at]


def test_forms_without_an_answer_fire_nothing_but_the_height_at_screening() -> None:
    """The one rule of these groups that asks for a value whatever else was answered."""
    forms = {
        "IE": ("IE1",), "HCC": ("HCC3",), "LB": ("LB2",), "EC": ("EC2", "EC3"), "TA": ("TA2",), "SURG": ("SU3",),
    }  # fmt: skip
    keys = ("ICF", "DM", "IE", "HCC", "HEP", "VS", "LB", "EG", "EC", "TA", "SURG", "AE1", "MH1", "CM1")
    empty = {key: {"@visit": "SCR"} | {name: [{}] for name in forms.get(key, ())} for key in keys}
    assert [check.id for check, _hit in hits_of(folder(**empty), GROUP)] == ["CK-065"]


def test_lines_without_an_answer_fire_nothing_but_what_asks_for_another_form() -> None:
    """A death without the end of study, and nothing else."""
    group = {id: check for id, check in CHECKS.items() if int(id.removeprefix("CK-")) >= 255}
    parts = {"EC": ("EC2", "EC3"), "EOT": ("EOT2",), "SACT": ("SA1",), "SURG": ("SU3",)}
    keys = (
        "ICF",
        "EC",
        "TA",
        "SURG",
        "AE1",
        "MH1",
        "CM1",
        "PR1",
        "SACT",
        "EOT",
        "SS",
        "DTH",
        "DV1",
        "CPATHF",
    )
    empty = {key: {"@visit": "SCR"} | {name: [{}] for name in parts.get(key, ())} for key in keys}
    assert [check.id for check, _hit in hits_of(folder(**empty), group)] == ["CK-329"]


def _holders(held: Folder) -> Iterator[Sheet | RowValues]:
    for sheet in held.book:
        yield sheet
        for rows in sheet.rows.values():
            yield from rows


class Asked(Casebook):
    """A casebook that notes which forms were asked for."""

    def __init__(self, sheets: Iterable[Sheet]) -> None:
        super().__init__("01-001", sheets)
        self.keys: set[str] = set()

    def all(self, key: str) -> list[Sheet]:
        self.keys.add(key)
        return super().all(key)


def test_what_a_rule_reads_is_what_it_says_that_it_reads() -> None:
    """On every row of the tables, because a rule asks for a form only when the rest of it holds."""
    undeclared = set()
    for case in (case for table in TABLES for case in table.CASES):
        one, held = CHECKS[case.number], folder(**case.given)
        for sheet in held.book:
            if sheet.key == one.on:
                book = Asked(held.book)
                list(one.run(Look(sheet, replace(held, book=book))))
                undeclared |= {(one.id, key) for key in book.keys - {one.on, *one.reads}}
    assert undeclared == set()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__.rpartition("_")[2])
def test_a_rule_that_fires_survives_the_loss_of_any_one_value(table: object) -> None:
    for case in (case for case in FIRING if case in table.CASES):  # type: ignore[attr-defined]
        _without_each(case)


def _without_each(case: Case) -> None:
    whole = folder(**case.given)
    for holder in _holders(whole):
        for name, value in list(holder.values.items()):
            del holder.values[name]
            list(
                hits_of(replace(whole), {case.number: CHECKS[case.number]})
            )  # a folder that kept nothing yet
            holder.values[name] = value
