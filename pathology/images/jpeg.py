"""JPEG without words: the segments before the picture that carry text, thumbnails or profiles are taken out."""

from __future__ import annotations

from .unfit import Unfit

START = b"\xff\xd8"
ALONE = {0x01, *range(0xD0, 0xD9)}  # markers without a length
ADOBE = 0xEE  # says how the colours are stored
SCAN, END = 0xDA, 0xD9


def is_word(marker: int) -> bool:
    """COM and APP0 … APP15, of which only Adobe's matters to the picture."""
    return marker == 0xFE or (0xE0 <= marker <= 0xEF and marker != ADOBE)


def without_words(data: bytes) -> bytes:
    """The same picture, bit by bit, from the first scan on. Raises `Unfit` when it is no JPEG."""
    if data[:2] != START:
        raise Unfit("damaged")
    kept, at, dropped = [START], 2, False
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise Unfit("damaged")
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker in (SCAN, END) or marker in ALONE:
            break
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if is_word(marker):
            dropped = True
        elif marker == ADOBE:
            kept.append(b"\xff\xee\x00\x0e" + data[at + 4 : at + 16].ljust(12, b"\0"))
            dropped = dropped or length != 14
        else:
            kept.append(data[at : at + 2 + length])
        at += 2 + length
    return b"".join(kept) + data[at:] if dropped else data
