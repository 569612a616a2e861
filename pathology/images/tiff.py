"""TIFF and BigTIFF: reading directories with every limit checked, writing tiled pyramids of allowed tags only.

Plain Python. A file is hostile until it was read: offsets, counts and chains of directories are bounded by its size.
"""

from __future__ import annotations

import array
import os
import struct
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from .unfit import Unfit

SIZES = {
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
}
CODES = {
    1: "B",
    3: "H",
    4: "I",
    6: "b",
    7: "B",
    8: "h",
    9: "i",
    11: "f",
    12: "d",
    13: "I",
    16: "Q",
    17: "q",
    18: "Q",
}
MOST_DIRECTORIES = 256
MOST_TAGS = 512

(
    SUBFILE, WIDTH, HEIGHT, BITS, COMPRESSION, PHOTOMETRIC, DESCRIPTION, STRIPS, SAMPLES, X_RES, Y_RES, PLANAR, RES_UNIT,
    PREDICTOR, TILE_WIDTH, TILE_HEIGHT, OFFSETS, COUNTS, TABLES, SUBSAMPLING,
) = (
    254, 256, 257, 258, 259, 262, 270, 273, 277, 282, 283, 284, 296, 317, 322, 323, 324, 325, 347, 530,
)  # fmt: skip
# What a decoder needs, all of it numbers. Nothing else is ever written (beside the description of `Level`).
PICTURE = frozenset(
    {
        BITS,
        COMPRESSION,
        PHOTOMETRIC,
        SAMPLES,
        PLANAR,
        PREDICTOR,
        320,
        338,
        339,
        SUBSAMPLING,
        529,
        531,
        532,
        TABLES,
    }
)
ALLOWED = PICTURE | {
    SUBFILE, WIDTH, HEIGHT, X_RES, Y_RES, RES_UNIT, TILE_WIDTH, TILE_HEIGHT, OFFSETS, COUNTS, DESCRIPTION,
}  # fmt: skip


@dataclass(slots=True)
class Tag:
    kind: int
    count: int
    raw: bytes  # as in the file's order of bytes

    def text(self) -> str:
        return self.raw.split(b"\0", 1)[0].decode("utf-8", "replace")


@dataclass(slots=True)
class Directory:
    """One image of the file. Sizes in pixels."""

    number: int
    little: bool
    tags: dict[int, Tag] = field(default_factory=dict)

    def values(self, tag: int) -> list[int]:
        found = self.tags.get(tag)
        if found is None or found.kind not in CODES:
            return []
        numbers = array.array(_typecode(found.kind))
        numbers.frombytes(found.raw)
        if self.little != (sys.byteorder == "little"):
            numbers.byteswap()
        return list(numbers)

    def first(self, tag: int, default: int = 0) -> int:
        found = self.values(tag)
        return int(found[0]) if found else default

    def ratio(self, tag: int) -> float:
        """A RATIONAL; 0 when there is none."""
        found = self.tags.get(tag)
        if found is None or found.kind != 5 or len(found.raw) < 8:
            return 0.0
        above, below = struct.unpack(("<" if self.little else ">") + "II", found.raw[:8])
        return float(above / below) if below else 0.0

    @property
    def width(self) -> int:
        return self.first(WIDTH)

    @property
    def height(self) -> int:
        return self.first(HEIGHT)

    @property
    def tiled(self) -> bool:
        return TILE_WIDTH in self.tags and OFFSETS in self.tags

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """(offset, bytes) of every tile."""
        return list(zip(self.values(OFFSETS), self.values(COUNTS), strict=False))


def _typecode(kind: int) -> str:
    code = CODES[kind]
    return {"I": "I", "Q": "Q"}.get(code, code)


def is_tiff(head: bytes) -> bool:
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def read(path: Path) -> list[Directory]:
    """Every directory of the main chain. Raises `Unfit` at a place beyond the end of the file."""
    size = path.stat().st_size
    with path.open("rb") as file:
        return _Reader(file, size).directories()


class _Reader:
    def __init__(self, file: BinaryIO, size: int) -> None:
        self.file, self.size = file, size
        head = self._at(0, 8)
        self.little, self.big = head[:2] == b"II", 43 in (head[2], head[3])
        self.order = "<" if self.little else ">"
        self.word = "Q" if self.big else "I"

    def _at(self, offset: int, length: int) -> bytes:
        if offset < 0 or length < 0 or offset + length > self.size:
            raise Unfit("truncated")
        self.file.seek(offset)
        found = self.file.read(length)
        if len(found) != length:
            raise Unfit("truncated")
        return found

    def _number(self, code: str, data: bytes) -> int:
        return int(struct.unpack(self.order + code, data)[0])

    def directories(self) -> list[Directory]:
        length = 8 if self.big else 4
        following = self._number(self.word, self._at(8 if self.big else 4, length))
        seen: set[int] = set()
        found: list[Directory] = []
        while following:
            if following in seen or len(found) >= MOST_DIRECTORIES:
                raise Unfit("damaged")
            seen.add(following)
            one, following = self._directory(len(found), following)
            found.append(one)
        if not found:
            raise Unfit("damaged")
        return found

    def _directory(self, number: int, offset: int) -> tuple[Directory, int]:
        head, code, step, room = (8, "Q", 20, 8) if self.big else (2, "H", 12, 4)
        count = self._number(code, self._at(offset, head))
        if count > MOST_TAGS:
            raise Unfit("damaged")
        lines = self._at(offset + head, count * step)
        one = Directory(number, self.little)
        for at in range(0, len(lines), step):
            line = lines[at : at + step]
            tag, kind = struct.unpack(self.order + "HH", line[:4])
            many = self._number(self.word, line[4 : 4 + room])
            length = many * SIZES.get(kind, 0)
            if length > self.size:
                raise Unfit("truncated")
            place = line[4 + room :]
            raw = place[:length] if length <= room else self._at(self._number(self.word, place), length)
            one.tags[tag] = Tag(kind, many, raw)
        end = offset + head + count * step
        return one, self._number(self.word, self._at(end, room))


# --- writing ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Level:
    """One level of a pyramid. `tags`: (type, count, little-endian bytes) of `PICTURE`; `tiles`: encoded, row by row."""

    width: int
    height: int
    tile_width: int
    tile_height: int
    tags: dict[int, tuple[int, int, bytes]]
    tiles: Iterable[bytes]
    description: str = ""

    @property
    def count(self) -> int:
        return -(-self.width // self.tile_width) * -(-self.height // self.tile_height)


def short(*numbers: int) -> tuple[int, int, bytes]:
    return 3, len(numbers), struct.pack(f"<{len(numbers)}H", *numbers)


def long8(numbers: array.array[int]) -> tuple[int, int, bytes]:
    if sys.byteorder == "big":
        numbers = array.array("Q", numbers)
        numbers.byteswap()
    return 16, len(numbers), numbers.tobytes()


def rational(value: float) -> tuple[int, int, bytes]:
    below = 10_000
    while value * below >= 2**32 and below > 1:
        below //= 10
    return 5, 1, struct.pack("<II", min(round(value * below), 2**32 - 1), below)


def carried(directory: Directory) -> dict[int, tuple[int, int, bytes]]:
    """The tags of a directory that a decoder needs, little-endian."""
    found = {}
    for number in PICTURE & directory.tags.keys():
        tag = directory.tags[number]
        raw, width = tag.raw, {5: 4, 10: 4}.get(tag.kind, SIZES.get(tag.kind, 1))
        if not directory.little and width > 1:
            raw = b"".join(raw[at : at + width][::-1] for at in range(0, len(raw), width))
        found[number] = (tag.kind, tag.count, raw)
    return found


def write(path: Path, levels: Iterable[Level], mpp: tuple[float, float] | None) -> None:
    """A BigTIFF of tiled levels, tile by tile: nothing but one tile and the lists of offsets is in memory.

    `mpp`: micrometres per pixel of the first level, written as resolution.
    """
    with path.open("wb") as file:
        file.write(struct.pack("<2sHHHQ", b"II", 43, 8, 0, 0))
        link, whole = 8, 0
        for number, level in enumerate(levels):
            whole = whole or level.width
            offsets, counts = array.array("Q"), array.array("Q")
            for data in level.tiles:
                offsets.append(file.tell() if data else 0)
                counts.append(len(data))
                file.write(data)
            if len(offsets) != level.count:
                raise Unfit("damaged")
            tags = _tags(level, number, offsets, counts)
            if mpp:
                shrunk = whole / level.width
                tags[X_RES], tags[Y_RES] = (rational(10_000 / (one * shrunk)) for one in mpp)
                tags[RES_UNIT] = short(3)
            link = _directory(file, tags, link)
        file.flush()
        os.fsync(file.fileno())


def _tags(
    level: Level, number: int, offsets: array.array[int], counts: array.array[int]
) -> dict[int, tuple[int, int, bytes]]:
    tags = {tag: value for tag, value in level.tags.items() if tag in PICTURE}
    tags |= {
        SUBFILE: (4, 1, struct.pack("<I", 1 if number else 0)),
        WIDTH: (4, 1, struct.pack("<I", level.width)),
        HEIGHT: (4, 1, struct.pack("<I", level.height)),
        TILE_WIDTH: (4, 1, struct.pack("<I", level.tile_width)),
        TILE_HEIGHT: (4, 1, struct.pack("<I", level.tile_height)),
        OFFSETS: long8(offsets),
        COUNTS: long8(counts),
    }
    if level.description:
        text = level.description.encode("ascii") + b"\0"
        tags[DESCRIPTION] = (2, len(text), text)
    return tags


def _directory(file: BinaryIO, tags: dict[int, tuple[int, int, bytes]], link: int) -> int:
    """Values, then the directory; the place that pointed to nothing points to it. Returns the next such place."""
    file.write(b"\0" * (-file.tell() % 8))
    lines = []
    for tag in sorted(tags):
        kind, count, raw = tags[tag]
        if len(raw) <= 8:
            place = raw.ljust(8, b"\0")
        else:
            place = struct.pack("<Q", file.tell())
            file.write(raw + b"\0" * (-len(raw) % 8))
        lines.append(struct.pack("<HHQ", tag, kind, count) + place)
    here = file.tell()
    file.write(struct.pack("<Q", len(lines)) + b"".join(lines))
    following = file.tell()
    file.write(struct.pack("<Q", 0))
    end = file.tell()
    file.seek(link)
    file.write(struct.pack("<Q", here))
    file.seek(end)
    return following
