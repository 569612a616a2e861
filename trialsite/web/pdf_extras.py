"""What a finished PDF carries beside its pages: attachments, and the place of its seal. Part of the child process."""

from __future__ import annotations

import datetime as dt
import hashlib
import mimetypes
from collections.abc import Mapping
from typing import Any

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    ByteStringObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
)

from trialsite.web.pdf_seal import CONTENTS, UNKNOWN

KINDS = {"json": "application/json", "csv": "text/csv", "txt": "text/plain", "xml": "text/xml"}
PRINTED, LOCKED = 4, 128  # flags of a widget: PDF/A asks for the first
NO_CHANGES = 1  # DocMDP


def attach(writer: PdfWriter, files: Mapping[str, str], about: Mapping[str, str], at: dt.datetime) -> None:
    """Machine-readable data as PDF/A-3 wants them: kind, dates, description, and that they are the data of the document."""
    if not files:
        return
    listed, related = ArrayObject(), ArrayObject()
    for name in sorted(files):
        place = writer._add_object(
            _specification(writer, name, files[name].encode(), about.get(name, name), at)
        )
        listed += [TextStringObject(name), place]
        related.append(place)
    root: Any = writer.root_object
    names: Any = root.setdefault(NameObject("/Names"), DictionaryObject()).get_object()
    tree = writer._add_object(DictionaryObject({NameObject("/Names"): listed}))
    names[NameObject("/EmbeddedFiles")] = tree
    root[NameObject("/AF")] = related


def _specification(
    writer: PdfWriter, name: str, body: bytes, about: str, at: dt.datetime
) -> DictionaryObject:
    kind = (
        KINDS.get(name.rpartition(".")[2].lower())
        or mimetypes.guess_type(name)[0]
        or "application/octet-stream"
    )
    stream = StreamObject()
    stream.set_data(body)
    file = stream.flate_encode()
    day = moment(at)
    params = {
        "/CheckSum": ByteStringObject(hashlib.md5(body, usedforsecurity=False).digest()),
        "/Size": NumberObject(len(body)),
        "/CreationDate": day,
        "/ModDate": day,
    }
    file.update(
        _dictionary(
            {
                "/Type": NameObject("/EmbeddedFile"),
                "/Subtype": NameObject(f"/{kind}"),
                "/Params": _dictionary(params),
            }
        )
    )
    place = writer._add_object(file)
    return _dictionary(
        {
            "/Type": NameObject("/Filespec"),
            "/F": TextStringObject(name),
            "/UF": TextStringObject(name),
            "/Desc": TextStringObject(about),
            "/AFRelationship": NameObject("/Data"),
            "/EF": _dictionary({"/F": place, "/UF": place}),
        }
    )


def place_seal(writer: PdfWriter, reason: str, at: dt.datetime) -> None:
    """A signature field without extent, tagged as a form field, whose value is filled in by `pdf_seal`.

    It certifies the file: whatever is changed afterwards breaks it (DocMDP 1).
    """
    root: Any = writer.root_object
    page: Any = writer.pages[0]
    signature = writer._add_object(_signature(reason, at))
    tree: Any = root["/StructTreeRoot"]
    number = _next_number(tree)
    field = writer._add_object(
        _dictionary(
            {
                "/Type": NameObject("/Annot"),
                "/Subtype": NameObject("/Widget"),
                "/FT": NameObject("/Sig"),
                "/T": TextStringObject("Seal"),
                "/TU": TextStringObject(reason),
                "/Contents": TextStringObject(reason),
                "/Rect": ArrayObject([NumberObject(0)] * 4),
                "/F": NumberObject(PRINTED + LOCKED),
                "/P": page.indirect_reference,
                "/V": signature,
                "/StructParent": NumberObject(number),
            }
        )
    )
    _annotate(page, field)
    _tag(writer, tree, page, field, number)
    fields = {"/Fields": ArrayObject([field]), "/SigFlags": NumberObject(3)}
    root[NameObject("/AcroForm")] = writer._add_object(_dictionary(fields))
    root[NameObject("/Perms")] = _dictionary({"/DocMDP": signature})


def _signature(reason: str, at: dt.datetime) -> DictionaryObject:
    params = {
        "/Type": NameObject("/TransformParams"),
        "/P": NumberObject(NO_CHANGES),
        "/V": NameObject("/1.2"),
    }
    reference = {
        "/Type": NameObject("/SigRef"),
        "/TransformMethod": NameObject("/DocMDP"),
        "/TransformParams": _dictionary(params),
    }
    return _dictionary(
        {
            "/Type": NameObject("/Sig"),
            "/Filter": NameObject("/Adobe.PPKLite"),
            "/SubFilter": NameObject("/ETSI.CAdES.detached"),
            "/M": moment(at),
            "/Reason": TextStringObject(reason),
            "/Reference": ArrayObject([_dictionary(reference)]),
            "/ByteRange": ArrayObject([NumberObject(0), *[NumberObject(UNKNOWN)] * 3]),
            "/Contents": ByteStringObject(bytes(CONTENTS)),
        }
    )


def _tag(writer: PdfWriter, tree: Any, page: Any, field: Any, number: int) -> None:
    """The field in the tree of tags, at the end of the document."""
    document = tree["/K"][-1]
    place = page.indirect_reference
    points = _dictionary({"/Type": NameObject("/OBJR"), "/Obj": field, "/Pg": place})
    tag = writer._add_object(
        _dictionary(
            {
                "/Type": NameObject("/StructElem"),
                "/S": NameObject("/Form"),
                "/P": document,
                "/Pg": place,
                "/K": ArrayObject([writer._add_object(points)]),
            }
        )
    )
    document.get_object()["/K"].append(tag)
    numbers: Any = tree["/ParentTree"]["/Nums"]
    numbers += [NumberObject(number), tag]


def _next_number(tree: Any) -> int:
    numbers = tree["/ParentTree"]["/Nums"]
    return 1 + max((int(one) for one in numbers[::2]), default=-1)


def _annotate(page: Any, field: Any) -> None:
    kept = page.get("/Annots")
    page[NameObject("/Annots")] = ArrayObject([*(kept.get_object() if kept is not None else ()), field])


def moment(at: dt.datetime) -> TextStringObject:
    return TextStringObject(f"D:{at.astimezone(dt.UTC):%Y%m%d%H%M%S}Z")


def _dictionary(values: Mapping[str, Any]) -> DictionaryObject:
    return DictionaryObject({NameObject(key): value for key, value in values.items()})
