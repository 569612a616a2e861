"""Everything that the CRF book says of a form stands in the registry, and nothing else does.

`tests/data/crf-book.json` is the study's CRF specification as it was given.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from crf.analytes import ANALYTES, PANELS, rows_of
from crf.checks.catalogue import CATALOGUE
from crf.codelists import CATALOGUES, CODELISTS
from crf.criteria import CRITERIA
from crf.ctcae import TERMS
from crf.dictionary import repeats, type_of
from crf.fields import Coded, CrfField
from crf.registry import FormDef, SectionDef, forms, parts, site_forms
from crf.schedule import FORMS, LINES_OF, LOGS, VISITS

BOOK = json.loads((Path(__file__).parent.parent / "data" / "crf-book.json").read_text())
FORMS_OF_BOOK = {form["code"]: form for form in BOOK["forms"]}
# Limits, units and codes of a result are those of its analyte, not of the field.
PER_ANALYTE = {"lborres", "lborresu"}
# Grades depend on the term: `crf.ctcae`, checked with the event.
PER_TERM = {"aetoxgr"}


def definition_of(code: str) -> FormDef:
    return forms().get(code) or site_forms()[code]


@cache
def sections_of(code: str) -> dict[str, SectionDef]:
    """Sections of a form with those of its second records (CPATH's final result)."""
    definitions: list[FormDef] = [definition_of(code), *(d for d in parts().values() if d.code == code)]
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
    assert [*forms(), *site_forms()] == list(FORMS_OF_BOOK)
    assert len(FORMS_OF_BOOK) == 25
    assert len(pairs()) == sum(len(s["fields"]) for f in BOOK["forms"] for s in f["sections"]) == 629


@pytest.mark.parametrize("code", FORMS_OF_BOOK)
def test_head_and_sections(code: str) -> None:
    given, definition = FORMS_OF_BOOK[code], definition_of(code)
    head = definition.head
    assert (head.id, head.title.en, head.title.zh, head.cdash, head.structure, head.when) == (
        given["id"], given["en"], given["zh"], given["cdash"], given["structure"], given["when"],
    )  # fmt: skip
    records = [definition, *(part for part in parts().values() if part.code == code)]
    ours = [(s.id, s.label.en, s.label.zh, repeats(record, s)) for record in records for s in record.sections]
    assert ours == [(s["id"], s["en"], s["zh"], s["repeat"]) for s in given["sections"]]


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
    bound = [
        (f.name, f.soft, f.hard, f.book_soft, f.book_hard)
        for _c, _g, f in pairs()
        if f.name not in PER_ANALYTE | PER_TERM
    ]
    assert [name for name, soft, _hard, said, _ in bound if (soft is None) != (said == "-")] == []
    assert [name for name, _soft, hard, _, said in bound if (hard is None) != (said == "-")] == []


def test_values() -> None:
    assert differences("values", lambda f: f.values_text) == []


def test_derived() -> None:
    assert differences("derived", lambda f: "NY"[f.derived]) == []


def test_missing_reasons() -> None:
    """The book separates codes by a comma, some with a space behind it."""
    assert differences("missing", lambda f: ",".join(f.missing) or "none") == []
    known = CODELISTS["MISS"].codes
    assert {code for _c, _g, f in pairs() for code in f.missing} <= set(known)


def test_types_lengths_places_and_units() -> None:
    assert differences("type", type_of) == []


def test_every_coded_field_has_the_list_that_the_book_names() -> None:
    named = {c["id"] for c in BOOK["codelists"]}
    for _code, given, field in pairs():
        if isinstance(field, Coded) and field.name not in PER_ANALYTE:
            assert field.codelist is not None, field.name
            words = given["values"].replace(",", " ").split()
            named_here = [word for word in words if word in named] or [words[0]]
            assert named_here[0] == field.codelist.id, field.name


@pytest.mark.parametrize("given", BOOK["codelists"], ids=lambda c: c["id"])
def test_code_lists(given: dict[str, Any]) -> None:
    ours = CODELISTS[given["id"]]
    assert (ours.label.en, ours.label.zh, ours.source) == (given["en"], given["zh"], given["source"])
    codes = [(code, label.en, label.zh) for code, label in ours.codes.items()]
    assert codes == [(c["code"], c["en"], c["zh"]) for c in given["codes"]]


def _subset(text: str) -> list[str]:
    """`OXA,LLV` as codes, `1-4` as the numbers from 1 to 4."""
    low, dash, high = text.partition("-")
    return [str(n) for n in range(int(low), int(high) + 1)] if dash else text.split(",")


def test_subsets_of_a_list_hold_the_codes_that_the_book_names() -> None:
    seen = 0
    for _code, given, field in pairs():
        if isinstance(field, Coded) and " subset " in given["values"]:
            assert [code for code, _label in field.options] == _subset(
                given["values"].partition("subset ")[2]
            )
            seen += 1
    assert seen == 2


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
    # logs of the participant, open from any visit; the book's marks say where to look at them (`crf.book`)
    **{key: {} for key in ("MH", "AE", "CM", "PR", "SACT", "DTH", "DV")},
}


@pytest.mark.parametrize("code", BOOK["matrix"])
def test_forms_by_visits(code: str) -> None:
    """The laboratory has a line for each panel; reference ranges belong to a site and have none."""
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


def test_the_catalogue_of_analytes() -> None:
    ours = [
        {
            "panel": a.panel, "code": a.code, "en": a.label.en, "zh": a.label.zh, "unit": a.unit, "alt_units": a.alt_units,
            "typical_range": a.typical_range, "soft": a.soft, "hard": a.hard, "ctcae": a.ctcae, "required": a.required,
        }
        for a in ANALYTES.values()
    ]  # fmt: skip
    assert ours == BOOK["analytes"]
    assert len(ours) == 62


def test_every_analyte_has_its_row_in_the_record_of_its_panel() -> None:
    codes = list(ANALYTES)
    by_panel = {panel: [codes[row - 1] for row in rows_of(panel)] for panel in PANELS}
    assert by_panel == {p: [a["code"] for a in BOOK["analytes"] if a["panel"] == p] for p in PANELS}
    assert list(CODELISTS["LBCAT"].codes) == [c["code"] for c in _list("LBCAT")["codes"]]
    assert set(CODELISTS["LBCAT"].codes) == set(PANELS)


def _list(id: str) -> dict[str, Any]:
    return next(found for found in BOOK["codelists"] if found["id"] == id)


def test_all_112_code_lists() -> None:
    assert list(CODELISTS) == [found["id"] for found in BOOK["codelists"]]
    assert len(CODELISTS) == 112
    assert not set(CATALOGUES) & set(CODELISTS)


def test_all_337_checks_word_for_word() -> None:
    ours = [(c.id, c.form, c.rule, c.severity, c.message.en, c.message.zh) for c in CATALOGUE.values()]
    assert ours == [(g["id"], g["form"], g["rule"], g["severity"], g["en"], g["zh"]) for g in BOOK["checks"]]
    assert list(CATALOGUE) == [f"CK-{n:03}" for n in range(1, 338)]


def test_the_terms_of_ctcae() -> None:
    ours = [(t.term, t.zh, t.soc, list(t.grades), t.hint) for t in TERMS.values()]
    assert ours == [(g["term"], g["zh"], g["soc"], g["grades"], g["hint"]) for g in BOOK["ctcae"]]


@pytest.mark.parametrize("log", LINES_OF)
def test_the_line_of_a_log_is_a_record_of_the_same_form(log: str) -> None:
    head, line = forms()[log].head, parts()[LINES_OF[log]].head
    assert (line.id, line.code, line.title, line.cdash, line.structure, line.when) == (
        head.id, log, head.title, head.cdash, head.structure, head.when,
    )  # fmt: skip
    assert head.log
    assert line.log
