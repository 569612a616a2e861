"""Two saves of one form, as a table: what the page showed, what is stored now, what was typed, what comes of it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from crf.merging import Merged, merge
from crf.registry import form_def
from crf.sheets import RowValues, Sheet
from crf.typed import Typed, TypedRow

DM, ICF = form_def("DM"), form_def("ICF")


def merged(stored: dict[str, Any], before: dict[str, str], typed: Typed, **choices: str) -> Merged:
    return merge(DM, Sheet("DM", values=stored), before, typed, choices)


@pytest.mark.parametrize(
    ("shown", "stored", "mine", "result", "question"),
    [
        ("M", "M", "M", "M", False),  # nobody
        ("M", "M", "F", "F", False),  # only I
        ("M", "F", "M", "F", False),  # only they
        ("M", "F", "F", "F", False),  # both, to the same
        ("", "F", "", "F", False),  # they answered what I left open
        ("M", "", "M", "", False),  # they cleared it
        ("M", "F", "", "", True),  # they changed what I cleared
        ("", "F", "M", "M", True),  # both answered
        ("M", "", "F", "F", True),  # they cleared what I changed
    ],
)
def test_one_field(shown: str, stored: str, mine: str, result: str, question: bool) -> None:
    before = {"sex": shown} if shown != stored else {}
    typed = Typed(values={"sex": mine} if mine else {}, raw={"sex": mine}, raw_missing={"sex": ""})
    found = merged({"sex": stored} if stored else {}, before, typed)
    assert [clash.path for clash in found.clashes] == (["sex"] if question else [])
    assert typed.values.get("sex", "") == result
    assert typed.raw["sex"] == result
    assert found.open == question


@pytest.mark.parametrize(("choice", "result"), [("mine", "F"), ("theirs", "U")])
def test_a_choice_settles_it(choice: str, result: str) -> None:
    typed = Typed(values={"sex": "F"}, raw={"sex": "F"}, raw_missing={"sex": ""})
    found = merged({"sex": "U"}, {"sex": "M"}, typed, sex=choice)
    assert not found.open
    assert typed.values["sex"] == result


def test_a_value_and_its_missing_reason_are_one_answer() -> None:
    typed = Typed(values={}, missing={}, raw={"su_tob": ""}, raw_missing={"su_tob": ""})
    found = merge(DM, Sheet("DM", missing={"su_tob": "UNK"}), {"su_tob_miss": ""}, typed, {})
    assert typed.missing == {"su_tob": "UNK"}
    assert found.taken == ["su_tob"]


def test_what_cannot_be_read_is_not_lost() -> None:
    typed = Typed(raw={"su_packyr": "abc"}, raw_missing={"su_packyr": ""}, errors={"su_packyr": "no number"})
    found = merged({"su_packyr": Decimal("12.0")}, {"su_packyr": ""}, typed)
    assert [(clash.mine, clash.theirs.split()[0]) for clash in found.clashes] == [("abc", "12.0")]
    assert "su_packyr" in typed.errors
    typed.raw["su_packyr"] = "abc"
    assert not merged({"su_packyr": Decimal("12.0")}, {"su_packyr": ""}, typed, su_packyr="theirs").open
    assert typed.errors == {}


# --- rows -------------------------------------------------------------------------------------------------------------


def rows(
    stored: RowValues, before: dict[str, str], row: TypedRow, **choices: str
) -> tuple[Merged, list[TypedRow]]:
    typed = Typed(rows={"ICF2": [row]})
    chosen = {path.replace("_", ":"): choice for path, choice in choices.items()}
    return merge(ICF, Sheet("ICF", rows={"ICF2": [stored]}), before, typed, chosen), typed.rows["ICF2"]


def version(text: str) -> dict[str, Any]:
    return {"recon_version": text}


def test_a_row_is_merged_field_by_field() -> None:
    stored = RowValues(1, version("1.3") | {"recon_reason": "AMENDMENT"})
    found, kept = rows(
        stored, {"ICF2:1/recon_version": "1.2"}, TypedRow("1", version("1.2") | {"recon_reason": "OTHER"})
    )
    assert found.taken == ["ICF2:1/recon_version"]
    assert kept[0].values == {"recon_version": "1.3", "recon_reason": "OTHER"}


def test_a_row_that_they_removed_goes_when_i_left_it_alone() -> None:
    stored = RowValues(1, version("1.2"), active=False, removed_reason="Twice")
    found, kept = rows(stored, {"ICF2:1/@active": "1"}, TypedRow("1", version("1.2")))
    assert (kept, found.clashes) == ([], [])


def test_a_row_that_they_removed_and_i_changed_is_asked_about() -> None:
    stored, before = (
        RowValues(1, version("1.2"), active=False, removed_reason="Twice"),
        {"ICF2:1/@active": "1"},
    )
    found, _kept = rows(stored, before, TypedRow("1", version("1.3")))
    assert found.open
    assert ("1.3" in found.clashes[0].mine, "Twice" in found.clashes[0].theirs) == (True, True)
    _found, kept = rows(stored, before, TypedRow("1", version("1.3")), ICF2_1="mine")
    assert [(row.key, row.values) for row in kept] == [("n1", version("1.3"))]  # a row of its own
    _found, kept = rows(stored, before, TypedRow("1", version("1.3")), ICF2_1="theirs")
    assert kept == []


def test_a_row_that_i_removed_and_they_changed_is_asked_about() -> None:
    stored, before = RowValues(1, version("1.3")), {"ICF2:1/recon_version": "1.2"}
    found, kept = rows(stored, before, TypedRow("1", version("1.2"), remove=True, reason="Twice"))
    assert found.open
    assert kept[0].remove
    _found, kept = rows(stored, before, TypedRow("1", version("1.2"), remove=True), ICF2_1="theirs")
    assert (kept[0].remove, kept[0].values) == (False, version("1.3"))


def test_a_new_row_of_mine_stays_beside_a_new_row_of_theirs() -> None:
    found, kept = rows(RowValues(1, version("1.3")), {"ICF2:1/@active": ""}, TypedRow("n1", version("1.4")))
    assert (found.clashes, kept[0].key) == ([], "n1")
