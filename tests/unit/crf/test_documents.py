"""Blank and annotated pages from the declarations: every field is there, with its boxes, codes and annotation."""

from __future__ import annotations

import re

import pytest
from django.utils.html import escape
from django.utils.translation import override

from crf.analytes import ANALYTES
from crf.documents.annotated import Annotated, tint
from crf.documents.blank import Blank, boxes, long_lists, number_boxes
from crf.documents.book import book, leaves, visits_of
from crf.documents.filled import letters
from crf.documents.frame import CSS, names_of
from crf.documents.sdtm import DOMAINS, PLACES, tags_of
from crf.documents.tongue import LANGUAGES, Tongue
from crf.documents.writer import Head, condition
from crf.registry import form_def, forms, parts, site_forms
from crf.schedule import VISITS, forms_at

ALL = [*forms().values(), *parts().values()]


def page(key: str, language: str = "en", mode: type[Blank] = Blank, repeat: int = 1) -> str:
    definition = form_def(key)
    with override("zh-hans" if language == "zh" else "en"):
        return mode(Tongue(language)).form(definition, Head(key, definition.title, "", "", repeat=repeat))


def item(html: str, label: str) -> str:
    """The question with this label, up to the next."""
    return html.partition(f'<div class="q">{escape(label)}')[2].partition('<div class="it">')[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("definition", ALL, ids=lambda d: d.head.part or d.code)
def test_every_label_stands_on_the_page_in_the_language(definition: object, language: str) -> None:
    assert hasattr(definition, "head")
    key = definition.head.part or definition.code
    blank, annotated = page(key, language), page(key, language, Annotated)
    for section in definition.sections:  # type: ignore[attr-defined]
        for field in section.fields:
            wanted = [field.label.zh] if language == "zh" else [field.label.en]
            wanted += [field.label.zh] if language == "both" else []
            rows = section.rows
            heads = rows is not None and field.name in (rows.number, rows.key)  # is the name of the row
            given = rows is not None and bool(rows.fixed) and field.derived  # the system fills it in
            for label in wanted:
                assert escape(label) in annotated or heads, field.name
                assert escape(label) in blank or heads or given, field.name


def test_letter_boxes_codes_units_and_reasons() -> None:
    html = page("VS")
    weight = item(html, "Weight")
    assert weight.count("<i></i>") == 4, "three digits, a point, one digit"
    assert 'class="u">kg<' in weight
    assert "UNK" not in weight
    assert item(html, "Date").count("<i></i>") == 9
    consent = page("ICF")
    assert "☐" not in consent, "boxes are drawn, not a glyph that a font may lack"
    assert re.search(r'class="cb"></span>Yes <span class="cd">Y</span>', consent)
    assert re.search(r"or, when missing.*Unknown.*UNK", item(consent, "Time consent signed"))
    assert "if [1] = Y" in item(consent, "Date consent signed")


def test_boxes_of_a_number_follow_its_limit() -> None:
    fields = {f.name: f for f in form_def("DM").sections[1].fields}
    assert number_boxes(fields["su_packyr"]).count("<i>") >= 3
    assert boxes(3).count("<i>") == 3


def test_conditions_name_questions_by_their_numbers() -> None:
    icf = form_def("ICF").fields
    assert condition(icf["icf_dsstdat"], {"icf_yn": 1}) == "if [1] = Y"
    assert condition(icf["icf_yn"], {}) == ""
    with override("zh-hans"):
        assert "[1] = Y" in condition(icf["icf_dsstdat"], {"icf_yn": 1})


def test_long_code_lists_stand_in_the_appendix() -> None:
    assert "CTCAE" in {codes.id for codes in long_lists()}
    assert "{{page CL-CTCAE}}" in page("AE1")


def test_panels_show_their_own_analytes_only() -> None:
    hematology, chemistry = page("LB", repeat=1), page("LB", repeat=2)
    assert ANALYTES["HGB"].label.en in hematology
    assert ANALYTES["HGB"].label.en not in chemistry
    assert ANALYTES["ALT"].label.en in chemistry


# --- annotations ----------------------------------------------------------------------------------------------------


def test_places_are_those_of_fields_that_exist_and_of_domains_that_are_known() -> None:
    definitions = [*ALL, *site_forms().values()]
    names = {f.name for d in definitions for s in d.sections for f in s.fields}
    assert set(PLACES) <= names
    for definition in ALL:
        for section in definition.sections:
            for field in section.fields:
                for tag in tags_of(definition.code, field):
                    assert tag.domain.removeprefix("SUPP") in {*DOMAINS, "RELREC"}, field.name


@pytest.mark.parametrize(
    "key, name, wanted",
    [
        ("LB", "lbdat", "LB.LBDTC"),  # from the CDASH name
        ("AE1", "aestdat", "AE.AESTDTC"),
        ("TA", "tl_viable", 'TR.TRORRES when TRTESTCD = "VDIAM"'),
        ("VS", "ecog", 'RS.RSORRES when RSTESTCD = "ECOG101", RSCAT = "ECOG"'),
        ("HEP", "hbsab", 'IS.ISORRES when ISTESTCD = "MBAB", ISBDAGNT = "HEPATITIS B VIRUS SURFACE ANTIGEN"'),
        ("SURG", "surg_r", 'MI.MIORRES when MITESTCD = "SGMGSTAT"'),
        ("ICF", "icf_version", 'SUPPDS.QVAL when QNAM = "ICFVER"'),
    ],
)
def test_annotations(key: str, name: str, wanted: str) -> None:
    definition = form_def(key)
    field = next(f for s in definition.sections for f in s.fields if f.name == name)
    assert wanted in [str(tag) for tag in tags_of(definition.code, field)]
    assert escape(wanted) in page(key, mode=Annotated)


def test_what_is_not_submitted_says_so_and_the_domains_stand_above() -> None:
    html = page("TA", mode=Annotated)
    assert "NOT SUBMITTED" in item(html, "Slice thickness")
    assert "TR = Tumor/Lesion Results" in html
    assert "NOT SUBMITTED" not in page("TA")
    assert tint("SUPPAE") == tint("AE")


def test_annotations_are_at_least_eight_points() -> None:
    size = re.search(r"\.an\{[^}]*font:600 ([\d.]+)pt", CSS.read_text(encoding="utf-8"))
    assert size
    assert float(size[1]) >= 8


# --- whole documents ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["blank", "annotated"])
def test_contents_name_every_form_once_and_every_target_exists(kind: str) -> None:
    document = book(kind, "both")
    text = "".join(document.parts)
    for leaf in leaves():
        assert text.count(f'<article class="crf" id="{leaf.name}">') == 1
        assert f"{{{{page {leaf.name}}}}}" in document.parts[0]
    for entry in document.outline:
        for name in names_of(entry):
            assert f'id="{name}"' in "".join(document.parts[1:]), name


def test_bookmarks_by_visit_follow_the_schedule() -> None:
    by_visit = book("annotated", "en").outline[0]
    titles = [entry.title.split(" ")[0] for entry in by_visit.below]
    assert titles[:-1] == [code for code in VISITS if forms_at(code)]
    screening = by_visit.below[0]
    assert [one.name for one in screening.below] == [
        leaf.name for leaf in leaves() if "SCR" in visits_of(leaf)
    ]


def test_the_same_declarations_are_the_same_document() -> None:
    one, two = book("blank", "zh"), book("blank", "zh")
    assert (one.parts, one.identifier) == (two.parts, two.identifier)
    assert one.identifier != book("blank", "en").identifier


def test_footnote_letters_go_on_after_z() -> None:
    assert [letters(n) for n in (0, 25, 26, 27, 52)] == ["a", "z", "aa", "ab", "ba"]
