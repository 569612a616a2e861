"""`python -m pathology.images.prepare`: one file, in a process of its own with limits. Lines of JSON tell how it goes.

Decoders written in C read what somebody uploaded: whatever happens to them happens here, and the site goes on.
Arguments: source, target, a file with the words that must not be in it, the largest number of pixels.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from . import cleaning, convert, tiff
from .cleaning import NotTiled
from .formats import recognise
from .unfit import Unfit

MEMORY = 6 * 2**30  # bytes of addresses: decoders map more than they use
LOSSLESS = ("aperio", "generic-tiff")


def prepare(source: Path, target: Path, words: Sequence[str], most_pixels: int) -> dict[str, Any]:
    """What readers may see of `source`, at `target`. Returns the facts of the picture; raises `Unfit`."""
    kind = recognise(source)
    if kind == "TIFF":
        facts = _tiff(source, target, words, most_pixels)
    else:
        facts = _picture(source, target, kind, most_pixels)
        with source.open("rb") as file:
            if cleaning.named(file.read(1 << 20), words):
                facts["removed"] = sorted({*facts["removed"], "identifier"})
    tell(88)
    facts |= verify(target, words)
    tell(95)
    return facts | {"sha256": digest(target), "size": target.stat().st_size}


def _tiff(source: Path, target: Path, words: Sequence[str], most_pixels: int) -> dict[str, Any]:
    import openslide

    vendor = openslide.OpenSlide.detect_format(source)
    directories = tiff.read(source)
    _require_size(directories[0].width, directories[0].height, most_pixels)
    if vendor in LOSSLESS:
        try:
            levels = cleaning.levels_of(directories)
        except NotTiled:
            pass
        else:
            return _lossless(source, target, vendor, directories, levels, words)
    if vendor is not None and vendor not in LOSSLESS:
        return _redrawn(source, target, vendor, directories, words, most_pixels)
    facts = _picture(source, target, "TIFF", most_pixels)
    kinds = cleaning.removed_from(directories, directories[:1], words)
    facts["removed"] = sorted({*facts["removed"], *kinds})
    return facts


def _lossless(
    source: Path, target: Path, vendor: str, directories: Sequence[tiff.Directory],
    levels: Sequence[tiff.Directory], words: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    cleaning.require_whole(source, levels)
    mpp, power = _scale(source)
    cleaning.copy_clean(
        source, target, levels, aperio=vendor == "aperio", mpp=mpp, power=power, progress=tell
    )
    name = "SVS" if vendor == "aperio" else "TIFF"
    return {"format": name, "mpp": mpp, "removed": cleaning.removed_from(directories, levels, words)}


def _redrawn(
    source: Path, target: Path, vendor: str, directories: Sequence[tiff.Directory], words: Sequence[str], most_pixels: int
) -> dict[str, Any]:  # fmt: skip
    import openslide

    mpp, _power = _scale(source)
    with openslide.OpenSlide(source) as opened:
        _require_size(*opened.dimensions, most_pixels)
        others = {
            "label" if "label" in name else "macro" if "macro" in name else "thumbnail"
            for name in opened.associated_images
        }
    convert.slide(source, target, mpp, tell)
    kinds = cleaning.removed_from(directories, directories, words)
    return {"format": vendor, "mpp": mpp, "removed": sorted({*kinds, *others})}


def _picture(source: Path, target: Path, kind: str, most_pixels: int) -> dict[str, Any]:
    """Drawn anew by libvips, then its directories are written anew as those of every other file."""
    drawn = target.with_suffix(".drawn")
    mpp = convert.picture_scale(source)
    try:
        removed = convert.photograph(source, drawn, kind, tell)
        directories = tiff.read(drawn)
        levels = cleaning.levels_of(directories)
        _require_size(levels[0].width, levels[0].height, most_pixels)
        cleaning.copy_clean(
            drawn, target, levels, aperio=False, mpp=mpp, power=None, progress=lambda _share: None
        )
    except NotTiled:
        raise Unfit("unreadable_picture") from None
    finally:
        drawn.unlink(missing_ok=True)
    return {"format": kind, "mpp": mpp, "removed": removed}


def _require_size(width: int, height: int, most_pixels: int) -> None:
    if width <= 0 or height <= 0:
        raise Unfit("damaged")
    if width * height > most_pixels or max(width, height) > 2_000_000:
        raise Unfit("too_many_pixels", width=width, height=height)


def _scale(source: Path) -> tuple[tuple[float, float] | None, float | None]:
    import openslide

    with openslide.OpenSlide(source) as opened:
        found = opened.properties
        x, y = found.get("openslide.mpp-x"), found.get("openslide.mpp-y")
        power = found.get("openslide.objective-power")
    try:
        mpp = convert.believable(float(x or 0), float(y or 0))
        return mpp, float(power) if power else None
    except ValueError:
        return None, None


# --- afterwards ------------------------------------------------------------------------------------------------------


def verify(target: Path, words: Sequence[str]) -> dict[str, Any]:
    """Opened again: only allowed tags, no second picture, no forbidden word, and every level can be read to its end."""
    import openslide

    directories = tiff.read(target)
    for one in directories:
        described = one.tags.get(tiff.DESCRIPTION)
        if not one.tags.keys() <= tiff.ALLOWED or (
            described and not described.text().startswith("Aperio Image Library")
        ):
            raise Unfit("unclean")
    if cleaning.named(_outside_tiles(target, directories), words):
        raise Unfit("unclean")
    with openslide.OpenSlide(target) as opened:
        if opened.associated_images:
            raise Unfit("unclean")
        if opened.level_count != len(directories):
            raise Unfit("damaged")
        for number in range(opened.level_count):
            _read_places(opened, number)
        width, height = opened.dimensions
    return {"width": width, "height": height}


def _outside_tiles(target: Path, directories: Sequence[tiff.Directory]) -> bytes:
    """Every byte of the file that is no tile: tiles come first, one after another, then the directories."""
    found = []
    with target.open("rb") as file:
        at = 0
        for offset, length in sorted(place for one in directories for place in one.ranges if place[1]):
            if offset > at:
                file.seek(at)
                found.append(file.read(offset - at))
            at = max(at, offset + length)
        file.seek(at)
        found.append(file.read())
    return b"".join(found)


def _read_places(opened: Any, number: int) -> None:
    """Sixteen places over the level, the corners among them."""
    import openslide

    width, height = opened.level_dimensions[number]
    shrink = opened.level_downsamples[number]
    for step_y in range(4):
        for step_x in range(4):
            left, top = (width - 1) * step_x // 3, (height - 1) * step_y // 3
            place = int(min(left, max(0, width - 64)) * shrink), int(min(top, max(0, height - 64)) * shrink)
            try:
                opened.read_region(place, number, (min(64, width), min(64, height)))
            except openslide.OpenSlideError:
                raise Unfit("unreadable", level=number, column=step_x, row=step_y) from None


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- the process -----------------------------------------------------------------------------------------------------

_told = [-1]


def tell(share: int) -> None:
    if share > _told[0]:
        _told[0] = share
        say(progress=share)


def say(**facts: Any) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def main() -> int:
    source, target, words, most_pixels = sys.argv[1:5]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ["TMPDIR"] = str(Path(target).parent)
    os.environ.setdefault("VIPS_CONCURRENCY", "2")
    forbidden = json.loads(Path(words).read_text(encoding="utf-8"))
    try:
        say(ready=prepare(Path(source), Path(target), forbidden, int(most_pixels)))
    except Unfit as unfit:
        say(problem=unfit.code, params=unfit.params)
    except (MemoryError, OSError) as error:
        say(problem="no_room" if getattr(error, "errno", None) == 28 else "unreadable_picture", params={})
    except Exception as error:
        # OpenSlide's words may repeat what is in the file; the name of the error does not.
        say(problem="unreadable_picture", params={}, error=type(error).__name__)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
