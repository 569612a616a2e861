"""A file that declares PDF/A-3a and PDF/UA-1 has what can be looked at here (docs/adr/0023 says what cannot)."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import Any

import pytest
from pypdf import PdfReader

from tests.pdf_points import points, tags
from trialsite.web.pdf import Pdf, pdf_of
from trialsite.web.pdf_seal import EMPTY, NoPlace, place_of

AT = dt.datetime(2026, 11, 21, 8, 30, tzinfo=dt.UTC)
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Report T</title></head><body>
<h1 id="one">Endpoint report</h1><p>Words with a <a href="#two">link</a>.</p>
<p><svg viewBox="0 0 100 10" width="100" height="10" aria-hidden="true"><rect width="10" height="5"/></svg></p>
<figure><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" width="90" height="9"><title>Three of nine</title>
<rect width="3" height="3"/><text x="1" y="5">T</text></svg><figcaption>Figure 1</figcaption></figure>
<h2 id="two">Rates</h2>
<table><caption>Table 1</caption>
<thead><tr><th rowspan="2">Set</th><th colspan="2">MPR</th></tr><tr><th>x/n</th><th>%</th></tr></thead>
<tbody><tr><th rowspan="2">FAS</th><td>3/9</td><td>33.3</td></tr><tr><td colspan="2">pending</td></tr></tbody></table>
<h4>Deeper</h4><h2>Next</h2><h3>Below</h3><ol><li>first</li><li>second</li></ol><dl><dt>Term</dt><dd>Meaning</dd></dl></body></html>"""
CSS = '@page{size:A5;@top-left{content:"running head"}@bottom-right{content:counter(page)}}'
DATA = {"figures.json": json.dumps({"MPR": [3, 9]}), "people.csv": "number,MPR\n"}


def made(**more: Any) -> Pdf:
    return pdf_of(
        PAGE, css=CSS, at=AT, identifier="report|x", accessible=True, seal="Sealed by the system", attachments=DATA,
        about={"figures.json": "All figures of the report"}, **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def file() -> Pdf:
    return made()


@pytest.fixture(scope="module")
def reader(file: Pdf) -> PdfReader:
    return PdfReader(io.BytesIO(file.content))


def test_every_point_that_can_be_looked_at(file: Pdf) -> None:
    assert points(file.content) == []


def test_a_file_without_them_is_told_apart(file: Pdf) -> None:
    """The checks can fail: those of an archival file that declares no PDF/UA."""
    plain = pdf_of(PAGE, css=CSS, at=AT, identifier="x")
    found = " ".join(points(plain.content))
    for words in ("PDF/UA", "Scope", "without words", "outside", "level 4"):
        assert words in found, words


def test_headers_of_every_cell_follow_rows_columns_and_spans(reader: PdfReader) -> None:
    cells = [one for one in tags(reader) if one["/S"] in ("/TH", "/TD")]
    names = {one["/ID"]: place for place, one in enumerate(cells) if "/ID" in one}
    words = ["Set", "MPR", "x/n", "%", "FAS", "3/9", "33.3", "pending"]
    found = {
        words[place]: [words[names[name]] for name in one["/A"].get("/Headers", ())]
        for place, one in enumerate(cells)
        if one["/S"] == "/TD"
    }
    assert found == {
        "3/9": ["FAS", "MPR", "x/n"],
        "33.3": ["FAS", "MPR", "%"],
        "pending": ["FAS", "MPR", "x/n", "%"],
    }
    scopes = [str(one["/A"]["/Scope"]) for one in cells if one["/S"] == "/TH"]
    assert scopes == ["/Column"] * 4 + ["/Row"]


def test_no_level_of_heading_is_left_out(reader: PdfReader) -> None:
    assert [str(one["/S"]) for one in tags(reader) if str(one["/S"]).startswith("/H")] == [
        "/H1",
        "/H2",
        "/H3",
        "/H2",
        "/H3",
    ]


def test_an_ornament_and_the_running_head_are_no_content(reader: PdfReader) -> None:
    figures = [one for one in tags(reader) if one["/S"] == "/Figure"]
    assert [str(one["/Alt"]) for one in figures] == ["Three of nine"]
    assert reader.pages[0].get_contents().get_data().count(b"/Artifact") >= 3  # type: ignore[union-attr]


def test_data_are_attached_as_data(reader: PdfReader) -> None:
    assert {name: texts[0].decode() for name, texts in reader.attachments.items()} == DATA
    root: Any = reader.trailer["/Root"]
    listed = [one.get_object() for one in root["/Names"]["/EmbeddedFiles"]["/Names"][1::2]]
    assert [one.get_object() for one in root["/AF"]] == listed
    kinds = [(one["/EF"]["/F"]["/Subtype"], one["/AFRelationship"], one["/Desc"]) for one in listed]
    assert kinds == [
        ("/application/json", "/Data", "All figures of the report"),
        ("/text/csv", "/Data", "people.csv"),
    ]
    for one in listed:
        assert one["/EF"]["/F"]["/Params"]["/ModDate"] == "D:20261121083000Z"


def test_the_same_order_is_the_same_file_in_another_process(file: Pdf) -> None:
    assert made().sha256 == file.sha256


def test_in_parts_it_is_the_same_kind_of_file() -> None:
    table = "<table><tr><th>a</th><td>1</td></tr></table>"
    part = f"<html lang='en'><head><title>T</title></head><body><h1>{{}}</h1>{table}</body></html>"
    order: dict[str, Any] = {
        "css": CSS,
        "at": AT,
        "identifier": "y",
        "accessible": True,
        "seal": "Sealed",
        "attachments": DATA,
    }
    whole = pdf_of(
        [part.format("one"), part.format("two")], total="@page{@bottom-left{content:'{{pages}}'}}", **order
    )
    assert points(whole.content) == []
    assert sorted(PdfReader(io.BytesIO(whole.content)).attachments) == sorted(DATA)


def test_the_place_of_the_seal_covers_all_but_itself(file: Pdf) -> None:
    place = place_of(file.content)
    assert place.content[place.start : place.end] == EMPTY
    assert len(place.content) == len(file.content)
    sealed = place.filled(b"\x30\x03abc")
    assert sealed[place.start : place.start + 11] == b"<3003616263"
    assert (
        sealed[: place.start] + sealed[place.end :]
        == place.content[: place.start] + place.content[place.end :]
    )
    said = PdfReader(io.BytesIO(sealed)).trailer["/Root"]["/Perms"]["/DocMDP"]["/ByteRange"]  # type: ignore[index]
    assert list(said) == [0, place.start, place.end, len(sealed) - place.end]
    with pytest.raises(NoPlace):
        place_of(sealed)


def test_archival_files_take_neither_attachments_nor_a_seal() -> None:
    for more in ({"attachments": DATA}, {"seal": "Sealed"}):
        with pytest.raises(ValueError):
            pdf_of(PAGE, css="", at=AT, identifier="x", **more)  # type: ignore[arg-type]
