"""Joining the parts of a long document: pages, bookmarks, link targets and the tags of every part in one tree.

Each part is a whole PDF/A file with tags of its own. What belongs to the file as a whole (output intent, metadata,
language, identifier) is taken from the first part; the tags are renumbered, so that the joined file is tagged too.
Part of the child process: no Django.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from typing import Any

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

OF_THE_FILE = ("/Metadata", "/OutputIntents", "/ViewerPreferences", "/MarkInfo", "/Lang")


def joined(
    files: Sequence[bytes], identifier: bytes, outline: Sequence[Any] = (), over: bytes = b""
) -> bytes:
    """One file of all parts, in order; the same parts give the same bytes."""
    writer = PdfWriter()
    writer.pdf_header = "%PDF-1.7"
    tags = Tags()
    targets: dict[str, Any] = {}
    for place, content in enumerate(files):
        reader = PdfReader(io.BytesIO(content))
        before = len(writer.pages)
        writer.append(reader, import_outline=not outline)
        root: Any = reader.trailer["/Root"]
        tags.add(writer, root, zip(writer.pages[before:], reader.pages, strict=True))
        # A later part's target stands for the placeholder of the contents.
        targets |= _targets(writer, root, before)
        if place == 0:
            for name in OF_THE_FILE:
                if name in root:
                    writer.root_object[NameObject(name)] = root[name].clone(writer)
            writer.add_metadata({key: str(value) for key, value in (reader.metadata or {}).items()})
    tags.close(writer)
    _name(writer, targets)
    if over:
        lay_over(writer, over)
    _bookmark(writer, outline, targets, None)
    whole = hashlib.md5(b"".join(files), usedforsecurity=False).digest()
    writer._ID = ArrayObject([ByteStringObject(identifier), ByteStringObject(whole)])
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


class Tags:
    """The tree of tags of all parts, and the numbers by which pages and links find their tags."""

    def __init__(self) -> None:
        self.documents: list[Any] = []
        self.numbers = ArrayObject()
        self.next = 0

    def add(self, writer: PdfWriter, root: Any, pages: Any) -> None:
        """Take a part's tags over. Its pages are in the file already, so that the tags point to them."""
        tree = root["/StructTreeRoot"]
        self.documents += [kid.clone(writer) for kid in tree["/K"]]
        nums = tree["/ParentTree"]["/Nums"]
        for number, tag in zip(nums[::2], nums[1::2], strict=True):
            self.numbers += [NumberObject(self.next + int(number)), tag.clone(writer)]
        for page, given in pages:
            page[NameObject("/StructParents")] = NumberObject(self.next + int(given["/StructParents"]))
            for link in page.get("/Annots", ()):
                one = link.get_object()
                if "/StructParent" in one:
                    one[NameObject("/StructParent")] = NumberObject(self.next + int(one["/StructParent"]))
        self.next += len(nums) // 2

    def close(self, writer: PdfWriter) -> None:
        """Hang every part's tree below one root."""
        tree = DictionaryObject({NameObject("/Type"): NameObject("/StructTreeRoot")})
        place = writer._add_object(tree)
        numbers = writer._add_object(DictionaryObject({NameObject("/Nums"): self.numbers}))
        tree[NameObject("/ParentTree")] = numbers
        tree[NameObject("/K")] = ArrayObject(self.documents)
        for document in self.documents:
            document.get_object()[NameObject("/P")] = place
        writer.root_object[NameObject("/StructTreeRoot")] = place


def lay_over(writer: PdfWriter, over: bytes) -> None:
    """One page, laid over all others as an artifact: kept once, drawn by each."""
    page: Any = PdfReader(io.BytesIO(over)).pages[0]
    form = StreamObject()
    form.set_data(page.get_contents().get_data())
    form.update(
        {
            NameObject("/Type"): NameObject("/XObject"),
            NameObject("/Subtype"): NameObject("/Form"),
            NameObject("/BBox"): page.mediabox,
            NameObject("/Resources"): page["/Resources"].clone(writer),
        }
    )
    drawn = writer._add_object(form.flate_encode())
    begin, end = (
        writer._add_object(_stream(text)) for text in (b"q\n", b"\nQ /Artifact BMC q /Total Do Q EMC\n")
    )
    for one in writer.pages:
        own = one.raw_get("/Contents")
        one[NameObject("/Contents")] = ArrayObject([begin, own, end])
        resources: Any = one["/Resources"]
        kept: Any = resources.get("/XObject", DictionaryObject())
        resources[NameObject("/XObject")] = DictionaryObject(
            {**kept.get_object(), NameObject("/Total"): drawn}
        )


def _stream(text: bytes) -> StreamObject:
    made = StreamObject()
    made.set_data(text)
    return made


def _targets(writer: PdfWriter, root: Any, before: int) -> dict[str, Any]:
    """Named places of a part, on the pages of the whole file."""
    names = root.get("/Names", {}).get("/Dests", {}).get("/Names", ())
    found = {}
    for name, place in zip(names[::2], names[1::2], strict=True):
        page, *where = place.get_object()
        found[str(name)] = ArrayObject([page.clone(writer), *(one.clone(writer) for one in where)])
    return found


def _name(writer: PdfWriter, targets: dict[str, Any]) -> None:
    names = ArrayObject()
    for name in sorted(targets):
        names += [TextStringObject(name), targets[name]]
    dests = writer._add_object(DictionaryObject({NameObject("/Names"): names}))
    writer.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/Dests"): dests})


def _bookmark(writer: PdfWriter, outline: Sequence[Any], targets: dict[str, Any], above: Any) -> None:
    """Bookmarks as they were ordered: the same place may stand below several."""
    for title, name, below in outline:
        page = _page_of(writer, targets, name) if name else _first_page(writer, targets, below)
        item = writer.add_outline_item(title=title, page_number=page, parent=above)
        _bookmark(writer, below, targets, item)


def _first_page(writer: PdfWriter, targets: dict[str, Any], below: Sequence[Any]) -> int:
    """A heading leads to the first page below it."""
    for _title, name, deeper in below:
        return _page_of(writer, targets, name) if name else _first_page(writer, targets, deeper)
    return 0


def _page_of(writer: PdfWriter, targets: dict[str, Any], name: str) -> int:
    place = targets.get(name)
    return writer.get_page_number(place[0].get_object()) or 0 if place else 0
