"""What PDF/A-3a and PDF/UA-1 ask for, as far as it can be looked at without their validators: a list of what is missing."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

STANDARD = {
    "Document", "Part", "Art", "Sect", "Div", "BlockQuote", "Caption", "NonStruct", "P", "H1", "H2", "H3", "H4", "H5", "H6",
    "L", "LI", "Lbl", "LBody", "Table", "TR", "TH", "TD", "THead", "TBody", "TFoot", "Span", "Link", "Figure", "Form",
}  # fmt: skip
PAINTS = frozenset(["f", "F", "f*", "B", "B*", "b", "b*", "S", "s", "Do", "sh", "Tj", "TJ", "'", '"'])
TOKEN = re.compile(rb"\((?:\\.|[^\\()])*\)|<<.*?>>|<[0-9A-Fa-f\s]*>|\[[^\]]*\]|[^\s\[\]<>()]+", re.DOTALL)


def tags(reader: PdfReader) -> Iterator[Any]:
    """Every tag, in reading order."""
    root: Any = reader.trailer["/Root"]
    for kid in root["/StructTreeRoot"]["/K"]:
        yield from _below(kid)


def _below(node: Any) -> Iterator[Any]:
    one = node.get_object()
    if isinstance(one, DictionaryObject) and "/S" in one:
        yield one
        kids = one.get("/K", ArrayObject())
        for kid in kids if isinstance(kids, ArrayObject) else [kids]:
            yield from _below(kid)


def points(content: bytes) -> list[str]:
    """Empty when nothing is missing."""
    reader = PdfReader(io.BytesIO(content))
    root: Any = reader.trailer["/Root"]
    return [
        *_file(reader, root),
        *_fonts(reader),
        *(words for page in reader.pages for words in _content(page)),
        *_tree(reader, root),
        *_annotations(reader),
    ]


def _file(reader: PdfReader, root: Any) -> Iterator[str]:
    said = root["/Metadata"].get_object().get_data().decode()
    title = f'<rdf:li xml:lang="x-default">{reader.metadata.title}'  # type: ignore[union-attr]
    wanted = {
        "metadata do not declare PDF/UA": 'pdfuaid:part="1"' in said and "pdfaExtension:schemas" in said,
        "metadata do not declare PDF/A-3a": 'pdfaid:part="3"' in said and 'conformance="A"' in said,
        "the title is not in the metadata": title in said,
        "the window does not show the title": root.get("/ViewerPreferences", {}).get("/DisplayDocTitle"),
        "no language": root.get("/Lang"),
        "not marked": root.get("/MarkInfo", {}).get("/Marked"),
        "no output intent": root.get("/OutputIntents"),
        "no identifier": "/ID" in reader.trailer,
        "encrypted": "/Encrypt" not in reader.trailer,
        "tab order does not follow the structure": all(page.get("/Tabs") == "/S" for page in reader.pages),
        "no bookmarks": reader.outline or not any(tag["/S"] == "/H1" for tag in tags(reader)),
        "an attachment without relationship, description or kind": all(
            _described(one) for one in _attached(root)
        ),
    }
    yield from (words for words, there in wanted.items() if not there)


def _attached(root: Any) -> list[Any]:
    names = root.get("/Names", {}).get("/EmbeddedFiles") or {"/Names": []}
    return [one.get_object() for one in names["/Names"][1::2]]


def _described(one: Any) -> bool:
    return bool(one.get("/AFRelationship") and one.get("/Desc") and one["/EF"]["/F"].get("/Subtype"))


def _fonts(reader: PdfReader) -> Iterator[str]:
    for page in reader.pages:
        fonts: Any = page["/Resources"].get("/Font", {})  # type: ignore[union-attr]
        for name, font in fonts.get_object().items():
            one = font.get_object()
            descendants = one.get("/DescendantFonts", [one])
            descriptor = descendants[0].get_object().get("/FontDescriptor", {}).get_object()
            if not any(key in descriptor for key in ("/FontFile", "/FontFile2", "/FontFile3")):
                yield f"font {name} is not embedded"
            if "/ToUnicode" not in one:
                yield f"font {name} cannot be read as text"


def _content(page: Any) -> Iterator[str]:
    """Whatever is painted lies inside a tag or an artifact."""
    depth, operator = 0, b""
    for found in TOKEN.finditer(page.get_contents().get_data()):
        operator = found[0]
        if operator in (b"BMC", b"BDC"):
            depth += 1
        elif operator == b"EMC":
            depth -= 1
        elif depth == 0 and operator.decode("latin-1") in PAINTS:
            yield f"content outside tags: {operator.decode('latin-1')}"
            return


def _tree(reader: PdfReader, root: Any) -> Iterator[str]:
    level = 0
    for tag in tags(reader):
        kind = str(tag["/S"])[1:]
        if kind not in STANDARD:
            yield f"unknown tag {kind}"
        if kind == "Figure" and not (tag.get("/Alt") or tag.get("/ActualText")):
            yield "a figure without words"
        if kind == "Table" and not any(one["/S"] == "/TH" for one in _below(tag)):
            yield "a table without headers"
        if kind == "TH" and tag["/A"].get("/Scope") not in ("/Row", "/Column", "/Both"):
            yield "a header without Scope"
        if re.fullmatch(r"H[1-6]", kind):
            if int(kind[1]) > level + 1:
                yield f"a heading of level {kind[1]} below level {level}"
            level = int(kind[1])
    yield from _identifiers(reader, root)
    kept = _owned(reader)
    for page in reader.pages:
        marked = {int(n) for n in re.findall(rb"/MCID (\d+)", page.get_contents().get_data())}  # type: ignore[union-attr]
        if marked - kept.get(page.indirect_reference.idnum, set()):  # type: ignore[union-attr]
            yield "content outside the tree of tags that is no artifact"


def _identifiers(reader: PdfReader, root: Any) -> Iterator[str]:
    names = [str(tag["/ID"]) for tag in tags(reader) if "/ID" in tag]
    if len(names) != len(set(names)):
        yield "two tags with one identifier"
    listed = root["/StructTreeRoot"].get("/IDTree", {}).get("/Names", [])[::2]
    if sorted(names) != [str(name) for name in listed]:
        yield "identifiers are not listed"


def _owned(reader: PdfReader) -> dict[int, set[int]]:
    kept: dict[int, set[int]] = {}
    for tag in tags(reader):
        kids = tag.get("/K", [])
        pieces = {int(kid) for kid in (kids if isinstance(kids, list) else [kids]) if isinstance(kid, int)}
        if pieces:
            kept.setdefault(tag.raw_get("/Pg").idnum, set()).update(pieces)
    return kept


def _annotations(reader: PdfReader) -> Iterator[str]:
    root: Any = reader.trailer["/Root"]
    numbers = root["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    parents = {int(key): value.get_object() for key, value in zip(numbers[::2], numbers[1::2], strict=True)}
    for page in reader.pages:
        for annotation in page.get("/Annots", []):
            one = annotation.get_object()
            owner = parents.get(int(one.get("/StructParent", -1)))
            if one["/Subtype"] == "/Link" and (
                not owner or owner.get("/S") != "/Link" or not one.get("/Contents")
            ):
                yield "a link without tag or description"
            if one["/Subtype"] == "/Widget" and (
                not owner or owner.get("/S") != "/Form" or not one.get("/TU")
            ):
                yield "a field without tag or description"
            if not int(one.get("/F", 0)) & 4 or int(one.get("/F", 0)) & 2:
                yield "an annotation that is not printed, or hidden"
