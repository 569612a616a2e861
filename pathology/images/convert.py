"""What cannot be cleaned bit by bit is drawn anew as a tiled pyramid, in memory that does not grow with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from . import tiff
from .cleaning import SMALLEST, STEP, Progress, encoded, jpeg_level, on_white
from .tiff import Level
from .unfit import Unfit

FACTOR = 4  # from one level to the next
MOST_PIXELS = 4_000_000_000  # of a picture that is not tiled: 63,000 × 63,000
META = {
    "exif-data": "exif", "xmp-data": "xmp", "icc-profile-data": "icc", "iptc-data": "iptc", "jpeg-comment": "comment",
    "photoshop-data": "iptc", "image-description": "description", "magickprofile": "other",
}  # fmt: skip


# --- photographs, through libvips ------------------------------------------------------------------------------------


def photograph(source: Path, target: Path, kind: str, progress: Progress) -> list[str]:
    """JPEG, PNG or TIFF without tiles: read once from top to bottom. Returns what did not come along, by kind."""
    import pyvips

    try:
        image = _opened(source, kind)
        removed = _removed(image, kind)
        image = _as_rgb(image)
        image.set_progress(True)
        image.signal_connect("eval", lambda _image, told: progress(10 + 60 * min(told.percent, 100) // 100))
        image.tiffsave(
            str(target), tile=True, tile_width=SMALLEST, tile_height=SMALLEST, pyramid=True, compression="jpeg", Q=92,
            bigtiff=True, keep="none",
        )  # fmt: skip
    except pyvips.Error as error:
        raise Unfit("truncated_picture" if _is_cut(str(error)) else "unreadable_picture") from None
    return removed


def _opened(source: Path, kind: str) -> Any:
    import pyvips

    image = pyvips.Image.new_from_file(str(source), access="sequential", fail_on="truncated")
    if image.width * image.height > MOST_PIXELS:
        raise Unfit("too_many_pixels", width=image.width, height=image.height)
    if image.get_typeof("orientation") and image.get("orientation") > 1:
        image = pyvips.Image.new_from_file(str(source), access="random", fail_on="truncated").autorot()
    return image


def _as_rgb(image: Any) -> Any:
    if image.get_typeof("icc-profile-data") and image.interpretation in ("srgb", "rgb", "cmyk"):
        image = image.icc_transform("srgb", embedded=True)
    image = image.colourspace("srgb")
    if image.hasalpha():
        image = image.flatten(background=[255, 255, 255])
    if image.format != "uchar":
        image = image.cast("uchar")
    return image[0:3]


def _removed(image: Any, kind: str) -> list[str]:
    fields = set(image.get_fields())
    found = {name for field, name in META.items() if field in fields}
    found |= {"gps" for field in fields if field.startswith("exif-ifd3-")}
    found |= {"comment" for field in fields if field.startswith("png-comment-")}
    if kind == "TIFF" and "n-pages" in fields and image.get("n-pages") > 1:
        found.add("thumbnail")
    return sorted(found)


def _is_cut(error: str) -> bool:
    lowered = error.casefold()
    return any(
        word in lowered for word in ("premature", "truncat", "not enough", "end of", "eof", "unexpected")
    )


def picture_scale(source: Path) -> tuple[float, float] | None:
    """Micrometres per pixel from the resolution that the file names (libvips: pixels per millimetre)."""
    import pyvips

    try:
        image = pyvips.Image.new_from_file(str(source), access="sequential")
    except pyvips.Error:
        return None
    return believable(1000 / image.xres if image.xres else 0, 1000 / image.yres if image.yres else 0)


def believable(x: float, y: float) -> tuple[float, float] | None:
    """A scale under which something was looked at; 72 dots per inch (353 µm) is what programs write that know none."""
    if 0.02 <= x <= 25 and 0.02 <= y <= 25:
        return x, y
    return None


# --- other makers' slides, through OpenSlide -------------------------------------------------------------------------


def slide(source: Path, target: Path, mpp: tuple[float, float] | None, progress: Progress) -> None:
    """Tile by tile from the nearest larger level."""
    import openslide

    with openslide.OpenSlide(source) as opened:
        tiff.write(target, _levels(opened, progress), mpp)


def _levels(opened: Any, progress: Progress) -> Iterator[Level]:
    width, height = opened.dimensions
    factor = 1
    while True:
        across, down = max(1, width // factor), max(1, height // factor)
        yield jpeg_level(across, down, _tiles(opened, factor, across, down, progress))
        if max(across, down) <= SMALLEST:
            return
        factor *= FACTOR


def _tiles(opened: Any, factor: int, across: int, down: int, progress: Progress) -> Iterator[bytes]:
    import openslide
    from PIL import Image

    number = opened.get_best_level_for_downsample(factor + 0.01)
    shrink = factor / opened.level_downsamples[number]
    if shrink > STEP:
        raise Unfit("no_levels")
    rows = -(-down // SMALLEST)
    for row in range(rows):
        if factor == 1:
            progress(10 + 65 * row // rows)
        for column in range(-(-across // SMALLEST)):
            left, top = column * SMALLEST, row * SMALLEST
            size = min(SMALLEST, across - left), min(SMALLEST, down - top)
            wanted = tuple(max(1, round(side * shrink)) for side in size)
            try:
                region = opened.read_region((left * factor, top * factor), number, wanted)
            except openslide.OpenSlideError:
                raise Unfit("unreadable", level=number, column=column, row=row) from None
            picture = on_white(region)
            if picture.size != size:
                picture = picture.resize(size, Image.Resampling.BOX)
            tile = Image.new("RGB", (SMALLEST, SMALLEST), (255, 255, 255))
            tile.paste(picture)
            yield encoded(tile)
