"""The last step of a PDF that everybody can use and that lasts: PDF/UA-1 beside PDF/A-3a, attachments, a place for a seal.

WeasyPrint tags what it lays out. What PDF/UA-1 asks for beyond that is done here, once, over the finished pages: content
that no tag owns (running heads, pictures without a description) is marked as an artifact, every table says which header
belongs to which cell, identifiers of tags are unique and listed, and the metadata say what the file conforms to.
Part of the child process: no Django. The same file gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    NameObject,
    NullObject,
    StreamObject,
)

from trialsite.web import pdf_extras, pdf_tables

MARKED = re.compile(rb"/\w+\s*<<\s*/MCID (\d+)\s*>>\s*BDC")
HEADING = re.compile(r"/H[1-6]")
ARTIFACT = b"/Artifact\nBMC"
# What the file says of itself; a schema that PDF/A does not know must be described (ISO 19005-3, 6.6.2.3).
CLAIM = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfuaid:part="1"/>\
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">\
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">\
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>\
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>\
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource"><pdfaProperty:name>part</pdfaProperty:name>\
<pdfaProperty:valueType>Integer</pdfaProperty:valueType><pdfaProperty:category>internal</pdfaProperty:category>\
<pdfaProperty:description>Part of ISO 14289 that the file conforms to</pdfaProperty:description></rdf:li></rdf:Seq>\
</pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"""


def finished(
    content: bytes, *, identifier: bytes, at: dt.datetime, attachments: Mapping[str, str], about: Mapping[str, str],
    seal: str = "",
) -> bytes:  # fmt: skip
    """The file with everything that its declaration promises. `seal`: the reason that a seal will give; none: no place."""
    writer = PdfWriter(clone_from=io.BytesIO(content))
    writer.pdf_header = "%PDF-1.7"
    tidy(writer)
    claim(writer)
    pdf_extras.attach(writer, attachments, about, at)
    if seal:
        pdf_extras.place_seal(writer, seal, at)
    made_from = hashlib.md5(content, usedforsecurity=False).digest()
    writer._ID = ArrayObject([ByteStringObject(identifier[:64]), ByteStringObject(made_from)])
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def claim(writer: PdfWriter) -> None:
    """PDF/UA-1 into the metadata, which stay readable for programs that know no PDF."""
    old: Any = writer.root_object["/Metadata"]
    fresh = StreamObject()
    fresh.set_data(old.get_object().get_data().replace(b"</rdf:RDF>", CLAIM + b"</rdf:RDF>", 1))
    fresh.update({NameObject("/Type"): NameObject("/Metadata"), NameObject("/Subtype"): NameObject("/XML")})
    writer._replace_object(writer.root_object.raw_get("/Metadata"), fresh)


# --- tags ---------------------------------------------------------------------------------------------------------


def tidy(writer: PdfWriter) -> None:
    """No picture without words, no level of heading left out, headers for every cell, all else an artifact."""
    root: Any = writer.root_object["/StructTreeRoot"]
    _without_decoration(root)
    _level(root)
    names: dict[str, Any] = {}
    for place, table in enumerate(one for one in tags(root) if one.get("/S") == "/Table"):
        names |= pdf_tables.mark_headers(table, place)
    if names:
        listed = ArrayObject(
            [part for name in sorted(names) for part in (pdf_tables.text(name), names[name])]
        )
        root[NameObject("/IDTree")] = writer._add_object(DictionaryObject({NameObject("/Names"): listed}))
    owned = _owned(root)
    numbers: Any = root["/ParentTree"]["/Nums"]
    parents = {int(key): value for key, value in zip(numbers[::2], numbers[1::2], strict=True)}
    for page in writer.pages:
        page[NameObject("/Tabs")] = NameObject("/S")
        kept = owned.get(page.indirect_reference.idnum, set())  # type: ignore[union-attr]
        _mark_artifacts(page, kept)
        row: Any = parents[int(page["/StructParents"])].get_object()  # type: ignore[call-overload]
        for number in range(len(row)):
            if number not in kept:
                row[number] = NullObject()


def tags(node: Any) -> Iterator[Any]:
    """Every tag below a tag, in reading order, itself first."""
    one = node.get_object()
    if isinstance(one, DictionaryObject):
        yield one
        for kid in _kids(one):
            yield from tags(kid)


def _kids(tag: Any) -> list[Any]:
    found = tag.get("/K", ArrayObject())
    return list(found) if isinstance(found, ArrayObject) else [found]


def _without_decoration(tag: Any) -> None:
    """A picture without a description is an ornament (the numbers stand beside it): it leaves the tree."""
    kept = []
    for kid in _kids(tag):
        one = kid.get_object()
        if isinstance(one, DictionaryObject):
            if one.get("/S") == "/Figure" and not (one.get("/Alt") or one.get("/ActualText")):
                continue
            _without_decoration(one)
        kept.append(kid)
    if "/K" in tag:
        tag[NameObject("/K")] = ArrayObject(kept)


def _level(root: Any) -> None:
    """A heading is at most one level below the one it stands under, however it was laid out."""
    above: list[int] = []  # levels as laid out, of the headings that a heading stands under
    for tag in tags(root):
        if HEADING.fullmatch(str(tag.get("/S"))):
            laid_out = int(tag["/S"][2:])
            while above and above[-1] >= laid_out:
                above.pop()
            above.append(laid_out)
            tag[NameObject("/S")] = NameObject(f"/H{len(above)}")


def _owned(root: Any) -> dict[int, set[int]]:
    """By page: the pieces of content that a tag of the tree owns."""
    found: dict[int, set[int]] = {}
    for tag in tags(root):
        pieces = {int(kid) for kid in _kids(tag) if isinstance(kid, int)}
        if pieces:
            found.setdefault(tag.raw_get("/Pg").idnum, set()).update(pieces)
    return found


def _mark_artifacts(page: Any, kept: set[int]) -> None:
    def mark(found: re.Match[bytes]) -> bytes:
        return found[0] if int(found[1]) in kept else ARTIFACT

    whole = page["/Contents"].get_object()
    for stream in whole if isinstance(whole, ArrayObject) else [whole]:
        one: Any = stream.get_object()
        one.set_data(MARKED.sub(mark, one.get_data()))
