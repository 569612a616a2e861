"""Slides for the tests, written byte by byte or by libvips, with everything in them that must not come along."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pathology.images.cleaning import encoded
from pathology.images.tiff import short

SIDE = 256
ASCII = 2


def picture(width: int, height: int, seed: int = 1) -> Any:
    """Tissue-like: no two places alike."""
    import pyvips

    noise = pyvips.Image.gaussnoise(width, height, mean=170, sigma=40, seed=seed).gaussblur(2).cast("uchar")
    return noise.bandjoin([noise.invert(), noise.gaussblur(4)]).copy(interpretation="srgb")


def pillow(image: Any) -> Any:
    from PIL import Image

    return Image.frombytes("RGB", (image.width, image.height), image.write_to_memory())


def tiles(image: Any, side: int = SIDE) -> list[bytes]:
    """JPEG tiles that carry a comment of their own."""
    from PIL import Image

    found, whole = [], pillow(image)
    for top in range(0, whole.height, side):
        for left in range(0, whole.width, side):
            tile = Image.new("RGB", (side, side), (255, 255, 255))
            tile.paste(whole.crop((left, top, min(left + side, whole.width), min(top + side, whole.height))))
            data = encoded(tile, 85)
            found.append(data[:2] + b"\xff\xfe\x00\x14Scanned: Wang Fang" + data[2:])
    return found


def text(content: str) -> tuple[int, int, bytes]:
    raw = content.encode() + b"\0"
    return ASCII, len(raw), raw


def directory(
    width: int, height: int, parts: Sequence[bytes], more: dict[int, Any], side: int = 0
) -> tuple[dict[int, Any], Sequence[bytes]]:
    """One image: tiles of `side`, or a single strip."""
    tags: dict[int, Any] = {
        256: (4, 1, struct.pack("<I", width)), 257: (4, 1, struct.pack("<I", height)), 258: short(8, 8, 8),
        259: short(7), 262: short(6), 277: short(3), 284: short(1), 530: short(1, 1),
    }  # fmt: skip
    if side:
        tags |= {322: (4, 1, struct.pack("<I", side)), 323: (4, 1, struct.pack("<I", side))}
    else:
        tags[278] = (4, 1, struct.pack("<I", height))
    return tags | more, parts


def write(path: Path, directories: Sequence[tuple[dict[int, Any], Sequence[bytes]]]) -> Path:
    """A classic little-endian TIFF, as scanners write them: directory before its data is allowed, here it comes after."""
    content = bytearray(b"II*\0\0\0\0\0")
    link = 4
    for tags, parts in directories:
        offsets = []
        for part in parts:
            offsets.append(len(content))
            content += part
        tiled = 322 in tags
        tags = tags | {
            324 if tiled else 273: (4, len(parts), struct.pack(f"<{len(parts)}I", *offsets)),
            325 if tiled else 279: (4, len(parts), struct.pack(f"<{len(parts)}I", *map(len, parts))),
        }
        lines = b""
        for tag in sorted(tags):
            kind, count, raw = tags[tag]
            if len(raw) > 4:
                place = struct.pack("<I", len(content))
                content += raw + b"\0" * (len(raw) % 2)
            else:
                place = raw.ljust(4, b"\0")
            lines += struct.pack("<HHI", tag, kind, count) + place
        content += b"\0" * (len(content) % 2)
        content[link : link + 4] = struct.pack("<I", len(content))
        content += struct.pack("<H", len(tags)) + lines
        link = len(content)
        content += b"\0\0\0\0"
    path.write_bytes(bytes(content))
    return path


DESCRIPTION = (
    "Aperio Image Library v12.0.15\r\n1600x1200 (256x256) JPEG/RGB Q=70|AppMag = 20|ScanScope ID = SS1234|"
    "Filename = 01-003 bed A1|Date = 06/10/24|Time = 09:14:00|User = b414003d-95c6-48b0-9369-8010ed517ba7|"
    "Title = Zhang San|MPP = 0.4990"
)


def svs(path: Path, width: int = 1600, height: int = 1200) -> Path:
    """As an Aperio scanner writes it: picture, thumbnail, a quarter, label, macro; with names in every corner."""
    whole = picture(width, height)
    quarter = whole.shrink(4, 4)
    label, macro = picture(200, 200, 7), picture(300, 120, 8)
    more = {
        270: text(DESCRIPTION), 305: text("Aperio ScanScope SN 4711"), 306: text("2024:06:10 09:14:00"), 315: text("Wang Fang"),
        316: text("HOSPITAL-PC-7"), 700: (1, 24, b"<x:xmpmeta>01-003</x:xmp"), 34675: (7, 8, b"profile!"),
        33432: text("Hospital"),
    }  # fmt: skip
    return write(path, [
        directory(width, height, tiles(whole), more, SIDE),
        directory(400, 300, [encoded(pillow(whole.resize(400 / width)))], {270: text("Aperio\r\nthumbnail 01-003")}),
        directory(quarter.width, quarter.height, tiles(quarter), {270: text("Aperio\r\nquarter")}, SIDE),
        directory(200, 200, [encoded(pillow(label))], {254: (4, 1, struct.pack("<I", 1)), 270: text("Aperio\r\nlabel 200x200")}),
        directory(300, 120, [encoded(pillow(macro))], {254: (4, 1, struct.pack("<I", 9)), 270: text("Aperio\r\nmacro 300x120")}),
    ])  # fmt: skip
