"""Everything that the CRF book says of a form stands in the registry, and nothing else does.

`tests/data/crf-book.json` is the part of the study's CRF specification that this version builds, as it was given.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from crf.codelists import CODELISTS
from crf.criteria import CRITERIA
from crf.fields import Coded, CrfField
from crf.registry import FormDef, SectionDef, forms, parts
from crf.schedule import FORMS, LOGS, VISITS

BOOK = json.loads((Path(__file__).parent.parent / "data" / "crf-book.json").read_text())
FORMS_OF_BOOK = {form["code"]: form for form in BOOK["forms"]}
KINDS = {
    "code": "code",
    "multi": "multi",
    "date": "date",
    "pdate": "pdate",
    "time": "time",
    "int": "int",
    "long": "long",
}

# The book calls these coded but gives no list of codes: calculated words.
CALCULATED_WORDS = {"ecdosu", "cp_pcr", "cpf_mpr", "cpf_pcr"}
# Repeated per reader in the book: here each reader has a whole form of his own (blinding).
OWN_FORM = {"CP1", "CP3"}


@cache
def sections_of(code: str) -> dict[str, SectionDef]:
    """Sections of a form with those of its second records (CPATH's final result)."""
    definitions: list[FormDef] = [forms()[code], *(d for d in parts().values() if d.code == code)]
    return {section.id: section for definition in definitions for section in definition.sections}


def pairs() -> list[tuple[str, dict[str, Any], CrfField]]:
    """(form, the book's field, ours) for every field of the book that exists here; gaps are another test."""
    found = []
    for code, form in FORMS_OF_BOOK.items():
        for section in form["sections"]:
            ours = {f.name: f for f in sections_of(code)[section["id"]].fields}
            found += [
                (code, given, ours[given["name"]]) for given in section["fields"] if given["name"] in ours
            ]
    return found


def differences(said: str, mine: Any) -> list[str]:
    """Every field of which `mine` does not say what the book says."""
    return [
        f"{code}.{given['name']}: book {given[said]!r}, here {mine(field)!r}"
        for code, given, field in pairs()
        if given[said] != mine(field)
    ]


def test_the_forms_of_the_book_and_no_other() -> None:
    assert list(forms()) == list(FORMS_OF_BOOK)
    assert len(pairs()) == sum(len(s["fields"]) for f in BOOK["forms"] for s in f["sections"]) == 344


@pytest.mark.parametrize("code", FORMS_OF_BOOK)
def test_head_and_sections(code: str) -> None:
    given, definition = FORMS_OF_BOOK[code], forms()[code]
    head = definition.head
    assert (head.id, head.title.en, head.title.zh, head.cdash, head.structure, head.when) == (
        given["id"], given["en"], given["zh"], given["cdash"], given["structure"], given["when"],
    )  # fmt: skip
    ours = [(s.id, s.label.en, s.label.zh, s.repeating) for s in sections_of(code).values()]
    assert ours == [
        (s["id"], s["en"], s["zh"], s["repeat"] and s["id"] not in OWN_FORM) for s in given["sections"]
    ]


@pytest.mark.parametrize("code", FORMS_OF_BOOK)
def test_fields_in_the_order_of_the_book(code: str) -> None:
    for section in FORMS_OF_BOOK[code]["sections"]:
        ours = [f.name for f in sections_of(code)[section["id"]].fields]
        assert ours == [f["name"] for f in section["fields"]]


def test_cdash_names() -> None:
    assert differences("cdash", lambda f: f.cdash) == []


def test_labels() -> None:
    assert differences("en", lambda f: f.label.en) == []
    assert differences("zh", lambda f: f.label.zh) == []


def test_required() -> None:
    assert differences("required", lambda f: f.book_required) == []


def test_limits() -> None:
    assert differences("soft", lambda f: f.book_soft) == []
    assert differences("hard", lambda f: f.book_hard) == []
    assert [f.name for _c, _g, f in pairs() if (f.soft is None) != (f.book_soft == "-")] == []
    assert [f.name for _c, _g, f in pairs() if (f.hard is None) != (f.book_hard == "-")] == []


def test_values() -> None:
    assert differences("values", lambda f: f.values_text) == []


def test_derived() -> None:
    assert differences("derived", lambda f: "NY"[f.derived]) == []


def test_missing_reasons() -> None:
    """The book separates codes by a comma, some with a space behind it."""
    assert differences("missing", lambda f: ",".join(f.missing) or "none") == []
    known = CODELISTS["MISS"].codes
    assert {code for _c, _g, f in pairs() for code in f.missing} <= set(known)


def type_of(field: CrfField) -> str:
    """Our column in the book's notation."""
    if field.name in CALCULATED_WORDS:
        assert field.derived
        return "code"
    unit = f" ({field.unit})" if field.unit else ""
    if field.kind == "dec":
        return f"dec{field.decimal_places}{unit}"  # type: ignore[attr-defined]
    if field.kind == "text":
        return f"text({field.max_length})"
    if field.kind == "ref":
        return f"ref:{field.to}"  # type: ignore[attr-defined]
    return KINDS[field.kind] + unit


def test_types_lengths_places_and_units() -> None:
    assert differences("type", type_of) == []


def test_every_coded_field_has_the_list_that_the_book_names() -> None:
    named = {c["id"] for c in BOOK["codelists"]}
    for _code, given, field in pairs():
        if isinstance(field, Coded):
            assert field.codelist is not None, field.name
            words = given["values"].replace(",", " ").split()
            assert next(word for word in words if word in named) == field.codelist.id, field.name


@pytest.mark.parametrize("given", BOOK["codelists"], ids=lambda c: c["id"])
def test_code_lists(given: dict[str, Any]) -> None:
    ours = CODELISTS[given["id"]]
    assert (ours.label.en, ours.label.zh, ours.source) == (given["en"], given["zh"], given["source"])
    codes = [(code, label.en, label.zh) for code, label in ours.codes.items()]
    assert codes == [(c["code"], c["en"], c["zh"]) for c in given["codes"]]


def test_subsets_of_a_list_hold_the_codes_that_the_book_names() -> None:
    for _code, given, field in pairs():
        if isinstance(field, Coded) and "subset" in given["values"]:
            wanted = given["values"].partition("subset ")[2].split(",")
            assert [code for code, _label in field.options] == wanted


@pytest.mark.parametrize("given", BOOK["visits"], ids=lambda v: v["code"])
def test_schedule_lines(given: dict[str, Any]) -> None:
    line = VISITS[given["code"]]
    assert (
        line.code, str(line.number), line.label.en, line.label.zh, line.period, line.anchor, line.target,
        line.window_from, line.window_to, line.kind,
    ) == tuple(
        given[name]
        for name in ("code", "visitnum", "en", "zh", "period", "anchor", "target", "window_from", "window_to", "kind")
    )  # fmt: skip


def test_all_33_visits_in_their_order() -> None:
    assert list(VISITS) == [given["code"] for given in BOOK["visits"]]
    assert len(VISITS) == 33


# Where the schedule says otherwise than the book's matrix, and why.
ELSEWHERE: dict[str, dict[str, str]] = {
    # one form of the operation, kept at SURG and looked at again on day 30 and 90
    "SURG": {"SURG": "R"},
    # readings belong to a case of central pathology, which makes its own envelopes
    "CPATH": {},
    # logs of the participant, open from any visit; the book's marks say where to look at them
    "SACT": {},
    "DTH": {},
}


@pytest.mark.parametrize("code", FORMS_OF_BOOK)
def test_forms_by_visits(code: str) -> None:
    given = {visit: mark.removesuffix("*") for visit, mark in BOOK["matrix"][code].items()}
    if code in ELSEWHERE:
        assert set(ELSEWHERE[code].items()) <= set(given.items())
        given = ELSEWHERE[code]
    assert FORMS.get(code, {}) == given


def test_logs_are_the_forms_without_visits() -> None:
    assert set(LOGS) == {code for code, visits in FORMS.items() if not visits}
    for code, mark in LOGS.items():
        assert {m.removesuffix("*") for m in BOOK["matrix"][code].values()} == {mark}


def test_the_catalogue_of_criteria() -> None:
    ours = [(c.code, c.provenance, c.text.en, c.text.zh, c.crosscheck) for c in CRITERIA.values()]
    assert ours == [(g["code"], g["provenance"], g["en"], g["zh"], g["crosscheck"]) for g in BOOK["ie"]]
    rows = forms()["IE"].section("IE1").rows
    assert rows is not None
    assert list(rows.fixed) == list(CRITERIA)
