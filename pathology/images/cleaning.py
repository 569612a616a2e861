"""The same picture without what names anybody: tiles are copied bit by bit, directories are written anew.

Lossless for tiled TIFF (Aperio SVS, generic). What it takes out is told by kind, never by content.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from . import tiff
from .jpeg import without_words
from .tiff import Directory, Level
from .unfit import Unfit

Progress = Callable[[int], None]
NEW_JPEG = 7
JPEG_2000 = (33003, 33005)  # Aperio's: read by its own name only
LARGEST_TILE = 4096  # pixels: a tile is decoded as a whole
STEP = 8  # from one level to the next; a picture is read from the level above it
SMALL = 8192  # pixels: the last level may be read as a whole by the worker
SMALLEST = 512
QUALITY = 90
# The description that makes OpenSlide read Aperio's kinds of tiles; nothing but numbers follows.
APERIO = "Aperio Image Library\r\n{width}x{height}|AppMag = {power}|MPP = {mpp}"

KINDS: dict[int, str] = {
    tiff.DESCRIPTION: "description", 269: "description", 285: "description", 306: "date", 315: "person", 33432: "person",
    271: "scanner", 272: "scanner", 305: "scanner", 316: "scanner", 700: "xmp", 34665: "exif", 34853: "gps",
    33723: "iptc", 34377: "iptc", 34675: "icc",
}  # fmt: skip
DESCRIBED = {
    "person": ("user =",), "date": ("date =", "time ="), "scanner": ("scanscope", "imageid", "scanner", "serial"),
    "file name": ("filename", "originalname", "title ="),
}  # fmt: skip


class NotTiled(Exception):
    """It cannot be copied bit by bit and read region by region: it is made anew."""


def levels_of(directories: Sequence[Directory]) -> list[Directory]:
    """The levels of the picture, largest first; everything else is another picture. Raises `NotTiled`."""
    whole = directories[0]
    if not whole.tiled or not _plain(whole):
        raise NotTiled
    found = [whole]
    for one in directories[1:]:
        if one.tiled and _plain(one) and one.width < found[-1].width and _same_picture(whole, one):
            found.append(one)
    if any(above.width > STEP * below.width for above, below in pairwise(found)):
        raise NotTiled
    if max(found[-1].width, found[-1].height) > SMALL:
        raise NotTiled
    return found


def _plain(one: Directory) -> bool:
    bits = one.values(tiff.BITS) or [1]
    return (
        set(bits) == {8}
        and one.first(tiff.SAMPLES, 1) == 3
        and one.first(tiff.PLANAR, 1) == 1
        and 16 <= one.first(tiff.TILE_WIDTH) <= LARGEST_TILE
        and 16 <= one.first(tiff.TILE_HEIGHT) <= LARGEST_TILE
        and one.width > 0
        and one.height > 0
    )


def _same_picture(whole: Directory, one: Directory) -> bool:
    """The same shape, but for what rounding does to the sides."""
    return abs(one.width * whole.height - one.height * whole.width) <= 2 * max(whole.width, whole.height)


def require_whole(path: Path, levels: Sequence[Directory]) -> None:
    """Every tile of every level lies in the file. Raises `Unfit` with the first that does not."""
    size = path.stat().st_size
    for number, level in enumerate(levels):
        ranges = level.ranges
        across = -(-level.width // level.first(tiff.TILE_WIDTH))
        down = -(-level.height // level.first(tiff.TILE_HEIGHT))
        if len(ranges) < across * down:
            raise Unfit("missing_tiles", level=number, tiles=across * down - len(ranges))
        for place, (offset, length) in enumerate(ranges):
            if offset + length > size:
                raise Unfit("truncated_tile", level=number, column=place % across, row=place // across)
        if sum(length for _offset, length in ranges) > size:
            raise Unfit("damaged")


def removed_from(
    directories: Sequence[Directory], kept: Sequence[Directory], words: Sequence[str]
) -> list[str]:
    """What does not come along, by kind."""
    found = set()
    for one in directories:
        for number, tag in one.tags.items():
            if number in KINDS:
                found.add(KINDS[number])
            elif number not in tiff.ALLOWED and number not in (266, 274, 273, 278, 279, 297, 305, 32997):
                found.add("other")
            if tag.kind in (1, 2, 7) and tag.count < 1_000_000:
                found |= _described(tag.raw, words) if number == tiff.DESCRIPTION else named(tag.raw, words)
        if one not in kept:
            found.add(_other_picture(one))
    return sorted(found)


def _described(raw: bytes, words: Sequence[str]) -> set[str]:
    text = raw.decode("latin-1").casefold()
    kinds = {kind for kind, marks in DESCRIBED.items() if any(mark in text for mark in marks)}
    return kinds | named(raw, words)


def named(raw: bytes, words: Sequence[str]) -> set[str]:
    """Whether these bytes hold one of the words, in any of the usual encodings."""
    lowered = raw.lower()
    for word in words:
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
            if word.encode(encoding, "ignore").lower() in lowered:
                return {"identifier"}
    return set()


def _other_picture(one: Directory) -> str:
    described = one.tags.get(tiff.DESCRIPTION)
    text = described.text().casefold() if described else ""
    return "label" if "label" in text else "macro" if "macro" in text else "thumbnail"


def copy_clean(
    source: Path, target: Path, levels: Sequence[Directory], *, aperio: bool, mpp: tuple[float, float] | None,
    power: float | None, progress: Progress,
) -> None:  # fmt: skip
    """Write the levels with their own tiles, and small levels below them until one fits into a window."""
    description = ""
    if aperio:
        whole = levels[0]
        description = APERIO.format(
            width=whole.width, height=whole.height, power=f"{power or 0:g}", mpp=f"{mpp[0]:g}" if mpp else "0"
        )
    whole_size = sum(sum(length for _at, length in level.ranges) for level in levels) or 1
    done = [0]

    def tiles(level: Directory) -> Iterator[bytes]:
        jpeg = level.first(tiff.COMPRESSION, 1) == NEW_JPEG
        across = -(-level.width // level.first(tiff.TILE_WIDTH))
        down = -(-level.height // level.first(tiff.TILE_HEIGHT))
        with source.open("rb") as file:
            for place, (offset, length) in enumerate(level.ranges[: across * down]):
                file.seek(offset)
                data = file.read(length)
                if jpeg and data:
                    try:
                        data = without_words(data)
                    except Unfit:
                        raise Unfit(
                            "damaged_tile", level=level.number, column=place % across, row=place // across
                        ) from None
                done[0] += length
                if place % 256 == 0:
                    progress(10 + 75 * done[0] // whole_size)
                yield data

    made = [
        Level(
            level.width, level.height, level.first(tiff.TILE_WIDTH), level.first(tiff.TILE_HEIGHT), _tags(level),
            tiles(level), description if number == 0 else "",
        )
        for number, level in enumerate(levels)
    ]  # fmt: skip
    tiff.write(target, made + list(_lower(source, levels[-1])), None if aperio and not mpp else mpp)


def _tags(level: Directory) -> dict[int, tuple[int, int, bytes]]:
    tags = tiff.carried(level)
    if tiff.TABLES in tags:
        kind, _count, raw = tags[tiff.TABLES]
        clean = without_words(raw)
        tags[tiff.TABLES] = (kind, len(clean), clean)
    return tags


def _lower(source: Path, last: Directory) -> Iterator[Level]:
    """Levels a quarter the size, from the last one of the file, which is small."""
    if max(last.width, last.height) <= SMALLEST:
        return
    picture = whole_level(source, last.width, last.height)
    while max(picture.size) > SMALLEST:
        picture = picture.reduce(4) if min(picture.size) >= 4 else picture.resize((1, 1))
        yield jpeg_level(picture.width, picture.height, _cut(picture))


def whole_level(source: Path, width: int, height: int) -> Any:
    import openslide

    with openslide.OpenSlide(source) as slide:
        try:
            number = slide.level_dimensions.index((width, height))
            return on_white(slide.read_region((0, 0), number, (width, height)))
        except (openslide.OpenSlideError, ValueError):
            raise Unfit("unreadable", level=0, column=0, row=0) from None


def on_white(picture: Any) -> Any:
    """RGB, with what the scanner left out as white."""
    from PIL import Image

    if picture.mode != "RGBA":
        return picture.convert("RGB")
    ground = Image.new("RGB", picture.size, (255, 255, 255))
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


def _cut(picture: Any) -> Iterator[bytes]:
    from PIL import Image

    for top in range(0, picture.height, SMALLEST):
        for left in range(0, picture.width, SMALLEST):
            tile = Image.new("RGB", (SMALLEST, SMALLEST), (255, 255, 255))
            tile.paste(
                picture.crop(
                    (left, top, min(left + SMALLEST, picture.width), min(top + SMALLEST, picture.height))
                )
            )
            yield encoded(tile)


def encoded(tile: Any, quality: int = QUALITY) -> bytes:
    """A JPEG of the picture and nothing else."""
    stream = io.BytesIO()
    tile.info = {}
    tile.save(stream, "JPEG", quality=quality, subsampling=0)
    return without_words(stream.getvalue())


def jpeg_level(width: int, height: int, tiles: Iterator[bytes]) -> Level:
    tags = {
        tiff.BITS: tiff.short(8, 8, 8), tiff.COMPRESSION: tiff.short(NEW_JPEG), tiff.PHOTOMETRIC: tiff.short(6),
        tiff.SAMPLES: tiff.short(3), tiff.PLANAR: tiff.short(1), tiff.SUBSAMPLING: tiff.short(1, 1),
    }  # fmt: skip
    return Level(width, height, SMALLEST, SMALLEST, tags, tiles)
