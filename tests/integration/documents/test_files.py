"""Long files: parts joined with their tags, numbered through; characters that no font knows."""

from __future__ import annotations

import datetime as dt
import io

from pypdf import PdfReader

from trialsite.web.pdf import pdf_of

AT = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
CSS = "@page{size:A5}h1{break-before:page}.first{break-before:auto}body{font-family:Inter,'Noto Sans SC'}"
FRAME = '@page{@bottom-right{content:"Page " counter(page)}}'
TOTAL = '@page{@bottom-left{content:"of {{pages}}"}}'


def part(body: str) -> str:
    return f'<!doctype html><html lang="en"><head><title>t</title></head><body>{body}</body></html>'


def whole() -> list[str]:
    contents = (
        '<p><a href="#two">Two</a> on {{page two}}</p><p>Three on {{page three}}</p><span id="two"></span>'
    )
    first = '<h1 class="first" id="one">One</h1><h1 id="more">More</h1>'
    second = '<section id="two"><h1 class="first">Two</h1><h1>Again</h1></section><h1 id="three">三</h1>'
    return [part(contents), part(first), part(second)]


OUTLINE = [["By visit", "", [["SCR", "two", []], ["C1", "two", []]]], ["Forms", "", [["One", "one", []]]]]


def test_parts_are_numbered_through_tagged_and_marked() -> None:
    told: list[tuple[int, int]] = []
    made = pdf_of(
        whole(),
        css=CSS,
        frame=FRAME,
        total=TOTAL,
        outline=OUTLINE,
        at=AT,
        identifier="x",
        progress=lambda a, b: told.append((a, b)),
    )
    reader = PdfReader(io.BytesIO(made.content))
    pages = [" ".join(page.extract_text().split()) for page in reader.pages]
    assert made.pages == len(pages) == 6
    assert [page.partition("Page ")[2] for page in pages] == [f"{n} of 6" for n in range(1, 7)]
    assert "Two on 4" in pages[0], "of an element on several pages the first"
    assert "Three on 6" in pages[0]
    link = reader.pages[0]["/Annots"][0].get_object()
    target = reader.named_destinations[str(link["/Dest"])]
    assert reader.get_destination_page_number(target) == 3
    tree = reader.trailer["/Root"]["/StructTreeRoot"]
    numbers = tree["/ParentTree"]["/Nums"]
    tags = dict(zip(numbers[::2], numbers[1::2], strict=True))
    for page in reader.pages:
        first = tags[page["/StructParents"]].get_object()[0].get_object()
        assert first["/Pg"].get_object() == page, "a page finds its own tags"
    assert tags[link["/StructParent"]].get_object()["/S"] == "/Link"
    assert [one["/Title"] for one in reader.outline if not isinstance(one, list)] == ["By visit", "Forms"]
    assert [one["/Title"] for one in reader.outline[1]] == ["SCR", "C1"]
    assert reader.get_destination_page_number(reader.outline[0]) == 3, "a heading leads to the first below it"
    assert told[-1] == (4, 4)
    again = pdf_of(whole(), css=CSS, frame=FRAME, total=TOTAL, outline=OUTLINE, at=AT, identifier="x")
    assert again.sha256 == made.sha256


def test_a_character_that_no_font_knows_is_named_and_not_an_empty_box() -> None:
    made = pdf_of(part("<p>张 ≥ 5 × 10⁹ 👍</p>"), css=CSS, at=AT, identifier="x")
    assert made.unknown == ("U+1F44D",)
    assert "[U+1F44D]" in PdfReader(io.BytesIO(made.content)).pages[0].extract_text()
