"""Tiles of a slide for the viewer. A process holds few slides open, and reads no more than the tile needs."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from . import storage

TILE, OVERLAP = 510, 1  # pixels
CACHE = 32 * 2**20  # bytes of decoded tiles, for all slides of the process together
QUALITY = 82


class Opened:
    """One slide, open: who reads it holds it (`users`); a slide that nobody holds may be closed."""

    def __init__(self, slide: Any, zoom: Any) -> None:
        self.slide, self.zoom, self.users, self.dropped = slide, zoom, 0, False


_lock = threading.Lock()
_open: OrderedDict[str, Opened] = OrderedDict()
_cache: list[Any] = []


@contextmanager
def opened(sha256: str) -> Iterator[Opened]:
    """Raises `FileNotFoundError` when the file is not in the store."""
    with _lock:
        one = _open.get(sha256)
        if one is not None:
            _open.move_to_end(sha256)
            one.users += 1
    if one is None:
        one = _enter(sha256, _opening(sha256))
    try:
        yield one
    finally:
        _leave(one)


def _opening(sha256: str) -> Opened:
    import openslide
    from openslide.deepzoom import DeepZoomGenerator

    path = storage.local(sha256)
    if not path.exists():
        raise FileNotFoundError(sha256)
    slide = openslide.OpenSlide(path)
    with _lock:
        if not _cache:
            _cache.append(openslide.OpenSlideCache(CACHE))
    slide.set_cache(_cache[0])
    return Opened(slide, DeepZoomGenerator(slide, TILE, OVERLAP, limit_bounds=False))


def _enter(sha256: str, fresh: Opened) -> Opened:
    """Two may have opened it at once: the first stays."""
    surplus = []
    with _lock:
        one = _open.setdefault(sha256, fresh)
        if one is not fresh:
            surplus.append(fresh)
        one.users += 1
        while len(_open) > settings.SLIDES_HANDLES:
            _oldest, dropped = _open.popitem(last=False)
            dropped.dropped = True
            if not dropped.users:
                surplus.append(dropped)
    for other in surplus:
        other.slide.close()
    return one


def _leave(one: Opened) -> None:
    with _lock:
        one.users -= 1
        closes = one.dropped and not one.users
    if closes:
        one.slide.close()


def close_all() -> None:
    """Tests and benchmarks begin with nothing open."""
    with _lock:
        for one in _open.values():
            if not one.users:
                one.slide.close()
        _open.clear()


def held() -> int:
    return len(_open)


# --- pictures --------------------------------------------------------------------------------------------------------


def tile(sha256: str, level: int, column: int, row: int) -> bytes:
    """A JPEG without any words in it. Raises `ValueError` for a place that is not there, `FileNotFoundError`."""
    with opened(sha256) as one:
        return _jpeg(one.zoom.get_tile(level, (column, row)))


def levels(width: int, height: int) -> int:
    """How many levels the viewer knows: halves until one pixel is left."""
    return max(width, height, 1).bit_length() + (0 if _power_of_two(max(width, height, 1)) else 1)


def _power_of_two(number: int) -> bool:
    return number & (number - 1) == 0


def thumbnail(sha256: str, most: int) -> bytes:
    with opened(sha256) as one:
        return _jpeg(one.slide.get_thumbnail((most, most)))


def _jpeg(picture: Any) -> bytes:
    picture.info = {}
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()
