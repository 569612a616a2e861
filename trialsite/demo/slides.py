"""Digital slides of the demonstration trial: drawn by libvips, so that the viewer can be tried. Not tissue of anybody."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import Any

from pathology.images import storage
from pathology.images.prepare import digest
from pathology.models import CaseState, ItemKind, ItemState, PathologyCase, SlideImage, SpecimenItem
from pathology.services import image_clear, image_upload
from pathology.services.image_preparing import image_settle
from pathology.services.images import Received
from trialsite.accounts.models import User

CASES, SLIDES = 2, 2
WIDTH, HEIGHT = 2200, 1520  # pixels
MICROMETRES = 12.0  # a pixel: a section of 26 × 18 mm


def slides_make(manager: User) -> int:
    """Images of two slides in each of two cases that are being read, and one that waits to be looked at."""
    if SlideImage.objects.exists():
        return 0
    cases = PathologyCase.objects.filter(state=CaseState.READING, reread_of__isnull=True).order_by("code")
    chosen = [case for case in cases if _slides(case)][:CASES]
    made, drawn = 0, section(1) if chosen else None
    for case in chosen:
        slides = _slides(case)
        for item in slides[:SLIDES]:
            _give(item, manager, _turned(drawn, made), cleared=True)
            made += 1
        if made == SLIDES and len(slides) > SLIDES:
            _give(slides[SLIDES], manager, _turned(drawn, made).resize(0.9), cleared=False)
    return made


def _turned(drawn: Any, way: int) -> Any:
    """The one section in four ways: drawing it takes seconds, turning it none."""
    return [drawn, drawn.fliphor(), drawn.flipver(), drawn.rot180()][way % 4]


def _slides(case: PathologyCase) -> list[SpecimenItem]:
    return list(case.items.filter(kind=ItemKind.SLIDE, state=ItemState.RECEIVED))


def _give(item: SpecimenItem, manager: User, drawn: Any, *, cleared: bool) -> None:
    with tempfile.NamedTemporaryFile(dir=storage.incoming(), suffix=".part", delete=False) as file:
        path = Path(file.name)
    drawn.tiffsave(
        str(path), tile=True, pyramid=True, tile_width=256, tile_height=256, compression="jpeg", Q=80,
        xres=1000 / MICROMETRES, yres=1000 / MICROMETRES, resunit="cm",
    )  # fmt: skip
    image = image_upload(by=manager, item=item, received=Received(path, digest(path), path.stat().st_size))
    image_settle(image=image.pk)
    image.refresh_from_db()
    if cleared:
        image_clear(by=manager, image=image)


def section(seed: int) -> Any:
    """Pink stroma, violet nests of cells, a pale necrosis in the middle, on white glass. The same seed, the same section."""
    logging.getLogger("pyvips").setLevel(logging.WARNING)
    import pyvips

    grain = pyvips.Image.worley(WIDTH, HEIGHT, cell_size=12, seed=seed).linear(10, 0).cast("uchar")
    soft = pyvips.Image.perlin(WIDTH, HEIGHT, cell_size=135, uchar=True, seed=seed)
    fine = pyvips.Image.perlin(WIDTH, HEIGHT, cell_size=20, uchar=True, seed=seed + 50)
    place = pyvips.Image.xyz(WIDTH, HEIGHT)
    across = (place[0] - WIDTH * 0.5) / (WIDTH * 0.46)
    down = (place[1] - HEIGHT * 0.5) / (HEIGHT * 0.44)
    radius = (across * across + down * down) ** 0.5 + (soft - 128) / 700
    tissue, bed, dead = radius < 1, radius < 0.66, radius < 0.3
    nests = bed & (soft + fine / 2 > 190)
    nuclei = (grain < 26) & tissue
    pink = _paint((228, 160, 190), fine, 0.16)
    violet = _paint((176, 120, 176), fine, 0.22)
    pale = _paint((236, 214, 220), fine, 0.12)
    picture = bed.ifthenelse(pink.linear([0.98, 0.94, 0.98], [0, 0, 0]), pink)
    picture = nests.ifthenelse(violet, picture)
    picture = dead.ifthenelse(pale, picture)
    picture = (nuclei & (nests | (fine > 150)) & (radius > 0.3)).ifthenelse([92, 58, 128], picture)
    picture = tissue.ifthenelse(picture, [246, 245, 247])
    return picture.cast("uchar").gaussblur(0.8).copy(interpretation="srgb").copy_memory()


def _paint(colour: tuple[int, int, int], grey: Any, share: float) -> Any:
    """A colour that is lighter and darker with the noise."""
    return (grey - 128).linear([share] * 3, list(colour))
