"""Digital slides: how soon the first tiles of a large one are there, and that memory does not grow with its size.

`python -m tests.benchmarks.slides SHA`: the memory of a fresh process that reads tiles all over one slide.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

SIZES = {"small": 20, "medium": 200, "large": 1024}  # MB
TILES = 300  # read all over a slide for its memory
FIRST = 8
POOL = 48


def slides(scale: float) -> dict[str, Any]:
    """Through the whole application with a signed-in reader; every slide opened for the first time by the process."""
    from django.test import Client

    from pathology.images import tiles
    from pathology.images.prepare import digest
    from pathology.models import PathologyCase
    from tests import world
    from tests.integration.pathology.slides_world import with_slides

    from . import site

    cast = site.people()
    participant = world.screened(cast["lin"], "01-003")
    world.screening_01_003(participant, cast["lin"])
    world.neoadjuvant(participant, cast["lin"], 1, "2024-03-14")
    world.operated(participant, cast["lin"], "2024-05-30", "2024-06-14")
    case = PathologyCase.objects.get(participant=participant)
    item = with_slides(case, cast["da"])[0]
    world.reading_take(by=cast["p1"], case=case)
    client = site.signed_in(Client(), cast["p1"])
    found: dict[str, Any] = {"tiles": FIRST}
    with tempfile.TemporaryDirectory(prefix="slides-") as folder:
        for name, size in SIZES.items():
            file = Path(folder) / name
            made = write(file, int(size * scale * 2**20))
            prepared = _prepared(file, Path(folder)) if name == "large" else {}
            sha = digest(file)
            found[name] = {"bytes": file.stat().st_size, "pixels": list(made)} | prepared
            _stored(file, sha, item, made, cast["da"])
            tiles.close_all()
            found[name] |= _first_tiles(client, case.code, item.number)
            found[name] |= _memory(sha)
    return found


def write(file: Path, size: int) -> tuple[int, int]:
    """A pyramid of about `size` bytes of noisy tiles, which compress badly, as tissue does."""
    from pathology.images import tiff
    from pathology.images.cleaning import SMALLEST, encoded, jpeg_level
    from tests.integration.pathology.slides_made import picture, pillow

    noise = picture(SMALLEST * 8, SMALLEST * 6)
    pool = []
    for number in range(POOL):
        left, top = number % 8 * SMALLEST, number // 8 * SMALLEST
        pool.append(encoded(pillow(noise.crop(left, top, SMALLEST, SMALLEST).copy()), 95))
    each = sum(map(len, pool)) / POOL
    side = max(2, round((size / each / 1.0667) ** 0.5)) * SMALLEST

    def levels() -> Iterator[Any]:
        width = side
        while True:
            count = (-(-width // SMALLEST)) ** 2
            yield jpeg_level(width, width, islice(cycle(pool), count))
            if width <= SMALLEST:
                return
            width = max(1, width // 4)

    tiff.write(file, levels(), (0.25, 0.25))
    return side, side


def _prepared(file: Path, folder: Path) -> dict[str, Any]:
    """The same process as a worker starts: time, and memory at its highest."""
    words, target = folder / "words", folder / "clean"
    words.write_text('["01-003"]')
    command = [
        sys.executable,
        "-m",
        "pathology.images.prepare",
        str(file),
        str(target),
        str(words),
        str(10**12),
    ]
    started = time.perf_counter()
    script = (
        "import resource,subprocess,sys; subprocess.run(sys.argv[1:],check=True,stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    told = subprocess.run(
        [sys.executable, "-c", script, *command], check=True, capture_output=True, text=True
    )
    target.unlink()
    return {"prepare_s": time.perf_counter() - started, "prepare_mb": int(told.stdout) / 1024}


def _stored(file: Path, sha: str, item: Any, size: tuple[int, int], by: Any) -> None:
    from django.utils import timezone

    from pathology.images import storage
    from pathology.models import SlideImage

    length = file.stat().st_size
    storage.keep(file, sha)
    SlideImage.objects.filter(item=item).delete()
    SlideImage.objects.create(
        item=item, version=1, state="READY", sha256=sha, source_sha256=sha, source_format="TIFF", source_size=length,
        size=length, width=size[0], height=size[1], mpp_x=0.25, mpp_y=0.25, uploaded_by=by, uploaded_at=timezone.now(),
    )  # fmt: skip


def _first_tiles(client: Any, code: str, number: int) -> dict[str, Any]:
    """Page, descriptor and the tiles that a window shows first; then eight at full magnification."""
    path = f"/readings/{code}/slides/{number}/"
    started = time.perf_counter()
    assert client.get(path).status_code == 200
    page = time.perf_counter()
    facts = client.get(f"{path}slide.json").json()
    level = facts["levels"] - 6
    places = [(column, row) for row in range(2) for column in range(4)]
    for column, row in places:
        answer = client.get(f"{path}{level}/{column}_{row}.jpeg?v={facts['version']}")
        level_is_smaller = answer.status_code == 404
        assert answer.status_code == 200 or level_is_smaller
    first = time.perf_counter()
    middle = facts["width"] // facts["tile"] // 2
    for column, row in places:
        assert (
            client.get(f"{path}{facts['levels'] - 1}/{middle + column}_{middle + row}.jpeg").status_code
            == 200
        )
    deep = time.perf_counter()
    return {
        "page_ms": (page - started) * 1e3,
        "first_ms": (first - page) * 1e3,
        "deep_ms": (deep - first) * 1e3,
    }


def _memory(sha: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.slides", sha], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def _highest() -> int:
    """KiB of this process at its highest; `ru_maxrss` would be that of the parent before `exec`."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmHWM")))


def all_over(sha: str) -> dict[str, Any]:
    from pathology.images import tiles

    before = _highest()
    with tiles.opened(sha) as one:
        places = [
            (level, columns * n // TILES, rows * (n * 7 % TILES) // TILES)
            for level, (columns, rows) in enumerate(one.zoom.level_tiles)
            for n in range(0, TILES, max(1, TILES // 40))
        ]
    for level, column, row in places:
        tiles.tile(sha, level, column, row)
    peak = _highest()
    return {"before_mb": before / 1024, "peak_mb": peak / 1024, "read": len(places)}


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.benchmarks.settings")
    django.setup()
    print(json.dumps(all_over(sys.argv[1])))
