"""Every edit check of the book has one function, its wording, and reads what it says it reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import copy
from pathlib import Path
from typing import Any

import pytest

from crf.checks import CATALOGUE, CHECKS, hits_of_sheet
from crf.checks.engine import ALL, PARTICIPANT, Check, Folder, Look
from crf.codelists import CODELISTS
from crf.judging import checks_when_saved
from crf.registry import form_def, forms, parts, site_forms
from crf.selectors.folder import names_read
from crf.sheets import Casebook, RowValues, Sheet
from tests.participant_01_003 import pages
from tests.spec.checks.whole import folder

BOOK = json.loads((Path(__file__).parents[1] / "data" / "crf-book.json").read_text("utf-8"))


def test_every_check_of_the_book_has_a_function_and_no_other_is_there() -> None:
    assert sorted(CHECKS) == sorted(CATALOGUE) == [line["id"] for line in BOOK["checks"]]


def test_the_wording_is_that_of_the_book() -> None:
    for line in BOOK["checks"]:
        text = CATALOGUE[line["id"]]
        found = (text.form, text.rule, text.severity, text.message.en, text.message.zh)
        assert found == (line["form"], line["rule"], line["severity"], line["en"], line["zh"])


def test_a_check_looks_at_a_form_of_its_line() -> None:
    """A rule of all forms may be asked once for the participant; that of a log looks at its lines."""
    wrong = {}
    for one in CHECKS.values():
        codes = {code.strip() for code in one.text.form.replace("/", ",").split(",")}
        if one.on in (PARTICIPANT, *site_forms()) or (one.on == ALL and "ALL" in codes):
            continue
        if one.on not in {*forms(), *parts()} or not ({form_def(one.on).code, "ALL"} & codes):
            wrong[one.id] = (one.text.form, one.on)
    assert wrong == {}


def test_what_is_refused_always_is_hard_and_deviations_have_a_category() -> None:
    assert [one.id for one in CHECKS.values() if one.always and not one.hard] == []
    categories = set(CODELISTS["DVCAT"].codes) | {""}
    assert {one.id: one.deviation for one in CHECKS.values() if one.deviation not in categories} == {}


# --- what a check reads ---------------------------------------------------------------------------------------------


class Asked(Casebook):
    """A casebook that notes which forms were asked for."""

    def __init__(self, book: Casebook) -> None:
        super().__init__(book.number, book, lambda: book.ranges)
        self.keys: set[str] = set()

    def all(self, key: str) -> list[Sheet]:
        self.keys.add(key)
        return super().all(key)

    def __iter__(self) -> Iterator[Sheet]:
        self.keys.add(ALL)
        return super().__iter__()


@pytest.fixture(scope="module")
def story() -> Folder:
    return folder(pages())


def asked_by(one: Check, story: Folder) -> set[str]:
    keys: set[str] = set()
    sheets = [Sheet(PARTICIPANT)] if one.on == PARTICIPANT else list(story.book)
    for sheet in sheets:
        if one.on in (ALL, PARTICIPANT, sheet.key):
            found = Folder(Asked(story.book), story.today, story.forms, story.visits, story.site)
            list(one.run(Look(sheet, found)))
            keys |= found.book.keys  # type: ignore[attr-defined]
    return keys


def test_a_check_declares_the_forms_that_it_reads(story: Folder) -> None:
    """A page and a save read other forms by these names; whole casebooks are for the worker."""
    wrong = {}
    for one in CHECKS.values():
        undeclared = asked_by(one, story) - {*one.reads, one.on}
        if undeclared and one.on != PARTICIPANT:
            wrong[one.id] = sorted(undeclared)
    assert wrong == {}


class Named(dict[str, Any]):
    """Values that note which names were asked for."""

    def __init__(self, values: dict[str, Any], names: set[str]) -> None:
        super().__init__(values)
        self.names = names

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> Any:
        self.names.add(name)
        return super().__getitem__(name)

    def __contains__(self, name: object) -> bool:
        self.names.add(str(name))
        return super().__contains__(name)


def test_a_save_reads_every_field_of_other_forms_that_a_check_asks_for(story: Folder) -> None:
    """Columns are chosen by the words in the code of the checks; a name put together from parts must be among them."""
    names: set[str] = set()
    noted = [_noted(sheet, names) for sheet in story.book]
    for own in story.book:
        book = Casebook(
            story.book.number,
            [own if own.form == other.form else other for other in noted],
            lambda: story.book.ranges,
        )
        around = Folder(book, story.today, story.forms, story.visits, story.site)
        list(hits_of_sheet(own, around, checks_when_saved(own.key)))
    assert names > {"icf_dsstdat", "lborres"}
    assert names - names_read() == set()


def _noted(sheet: Sheet, names: set[str]) -> Sheet:
    noted = copy(sheet)
    noted.values = Named(sheet.values, names)
    noted.rows = {
        section: [RowValues(line.row, Named(line.values, names), line.missing, line.active) for line in lines]
        for section, lines in sheet.rows.items()
    }
    return noted
