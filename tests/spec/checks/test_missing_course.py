"""Missing input never fires a rule, and never breaks one: CK-116 to CK-254."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType

import pytest

from crf.checks import CHECKS, Folder, hits_of
from crf.checks.engine import PARTICIPANT, Look
from crf.registry import form_def
from crf.sheets import Sheet

from . import test_imaging, test_pathology, test_surgery, test_treatment
from .build import folder
from .table import Case
from .test_missing_input import Asked

TABLES = (test_treatment, test_imaging, test_surgery, test_pathology)
CASES: list[Case] = [case for table in TABLES for case in table.CASES]
GROUP = {id: check for id, check in CHECKS.items() if 116 <= int(id.removeprefix("CK-")) <= 254}
# Rules about something that is not there: they fire on a form without answers, and say so in their wording.
ABSENCE = {"CK-120"}


def test_forms_without_an_answer_fire_nothing() -> None:
    """Every form of these groups, and every form that their rules read, begun and empty."""
    keys = {one.on for one in GROUP.values()} | {key for one in GROUP.values() for key in one.reads}
    empty = {
        key: {section.id: [{}] for section in form_def(key).row_sections} for key in keys - {PARTICIPANT}
    }
    assert {check.id for check, _hit in hits_of(folder(**empty), GROUP)} == ABSENCE


def test_what_a_rule_reads_is_what_it_says_that_it_reads() -> None:
    """On every row of the tables, because a rule asks for a form only when the rest of it holds."""
    undeclared = set()
    for case in CASES:
        one, held = CHECKS[case.number], folder(**case.given)
        for sheet in _looked_at(held, one.on):
            book = Asked(held.book)
            list(one.run(Look(sheet, replace(held, book=book))))
            undeclared |= {(one.id, key) for key in book.keys - {one.on, *one.reads}}
    assert undeclared == set()


def _looked_at(held: Folder, on: str) -> list[Sheet]:
    return [Sheet(PARTICIPANT)] if on == PARTICIPANT else [sheet for sheet in held.book if sheet.key == on]


def test_a_rule_that_compares_forms_of_its_own_kind_says_so() -> None:
    """Alone, without the other forms of its kind, such a rule finds less: then `reads` names its own form."""
    silent = set()
    for case in (case for case in CASES if case.at):
        one, held = CHECKS[case.number], folder(**case.given)
        for sheet in held.book.all(one.on):
            alone = Asked([s for s in held.book if s.key != one.on or s.form == sheet.form])
            here = list(one.run(Look(sheet, replace(held, book=alone))))
            if here != list(one.run(Look(sheet, held))) and one.on not in one.reads:
                silent.add(one.id)
    assert silent == set()


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__.rpartition("_")[2])
def test_a_rule_that_fires_survives_the_loss_of_any_one_value(table: ModuleType) -> None:
    for case in (case for case in table.CASES if case.at):
        held = folder(**case.given)
        for holder in [*held.book, *(row for s in held.book for rows in s.rows.values() for row in rows)]:
            for name, value in list(holder.values.items()):
                del holder.values[name]
                list(hits_of(replace(held), {case.number: CHECKS[case.number]}))
                holder.values[name] = value
