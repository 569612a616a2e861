"""What a file is, by its content. Its name is never asked."""

from __future__ import annotations

from pathlib import Path

from .tiff import is_tiff
from .unfit import Unfit

# What people send by mistake, by how it begins: the message says what it is.
OTHERS: list[tuple[bytes, str]] = [
    (b"%PDF", "PDF"), (b"PK\x03\x04", "ZIP"), (b"PK\x05\x06", "ZIP"), (b"Rar!", "RAR"), (b"7z\xbc\xaf", "7z"),
    (b"\x1f\x8b", "gzip"), (b"GIF8", "GIF"), (b"BM", "BMP"), (b"\0\0\0\x0cjP  ", "JPEG 2000"), (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"MZ", "EXE"), (b"\x7fELF", "ELF"), (b"SQLite format 3", "SQLite"), (b"\xd0\xcf\x11\xe0", "Microsoft Office"),
    (b"RIFF", "RIFF"), (b"<", "HTML/XML"), (b"8BPS", "Photoshop"), (b"\0\0\0", "MP4"),
]  # fmt: skip
LARGEST_HEAD = 4096


def recognise(path: Path) -> str:
    """`TIFF`, `JPEG` or `PNG`. Raises `Unfit` and says what else it is."""
    if path.stat().st_size == 0:
        raise Unfit("empty")
    with path.open("rb") as file:
        head = file.read(LARGEST_HEAD)
    if is_tiff(head):
        return "TIFF"
    if head[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return "PNG"
    raise _other(head)


def _other(head: bytes) -> Unfit:
    if head[128:132] == b"DICM":
        return Unfit("several_files", kind="DICOM")
    if b"[Virtual Microscope Specimen]" in head:
        return Unfit("several_files", kind="Hamamatsu VMS")
    if b"[GENERAL]" in head and b"SLIDE_" in head:
        return Unfit("several_files", kind="MIRAX")
    for begin, kind in OTHERS:
        if head.startswith(begin):
            return Unfit("other_kind", kind=kind)
    try:
        head[:1024].decode("utf-8")
    except UnicodeDecodeError:
        return Unfit("unknown")
    return Unfit("other_kind", kind="TXT")
