"""Where the files of digital slides lie: named by their SHA-256, never by what somebody called them, never deleted.

What is uploaded lies in `VAR_DIR/slides-incoming` until a worker has made what readers may see, and no longer.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage, storages

PART = 1 << 20


def store() -> Storage:
    return storages["slides"]


def name_of(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


def incoming() -> Path:
    folder = settings.VAR_DIR / "slides-incoming"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Path(folder)


def waiting(source_sha256: str) -> Path:
    """An uploaded file that waits for a worker."""
    return incoming() / source_sha256


def keep(path: Path, sha256: str) -> None:
    """Bring a finished file into the store; the same content is one file."""
    there, name = store(), name_of(sha256)
    if there.exists(name):
        path.unlink(missing_ok=True)
        return
    if (folder := _folder()) is not None:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        shutil.move(path, part)
        os.replace(part, target)
    else:
        with path.open("rb") as file:
            there.save(name, File(file))
        path.unlink(missing_ok=True)


def forget(sha256: str) -> None:
    """A refused file, which no reader ever saw: it may show what must not be kept."""
    store().delete(name_of(sha256))
    if _folder() is None:
        _copy_of(sha256).unlink(missing_ok=True)


def _folder() -> Path | None:
    """The folder of a store on this machine."""
    try:
        return Path(store().path(""))
    except NotImplementedError:
        return None


def local(sha256: str) -> Path:
    """A path that OpenSlide can read. From a remote store it is fetched once, and the longest unread make room.

    Raises `FileNotFoundError`.
    """
    if (folder := _folder()) is not None:
        return folder / name_of(sha256)
    copy = _copy_of(sha256)
    if copy.exists():
        os.utime(copy)
        return copy
    copy.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (
        store().open(name_of(sha256), "rb") as remote,
        tempfile.NamedTemporaryFile(dir=copy.parent, suffix=".part", delete=False) as part,
    ):
        shutil.copyfileobj(remote, part, PART)
    os.replace(part.name, copy)
    _make_room(copy)
    return copy


def _copy_of(sha256: str) -> Path:
    return Path(settings.VAR_DIR / "slides-copies" / sha256)


def _make_room(newest: Path) -> None:
    copies = sorted(newest.parent.glob("[0-9a-f]*"), key=lambda path: path.stat().st_mtime)
    used = sum(path.stat().st_size for path in copies)
    for path in copies:
        if used <= settings.SLIDES_S3_LOCAL or path == newest:
            return
        used -= path.stat().st_size
        path.unlink(missing_ok=True)  # who has it open reads on


def problem_of(sha256: str, size: int, *, read: bool = True) -> str:
    """What is wrong with the stored file: nothing, or a word. `read`: whole, in parts; else its size only."""
    name = name_of(sha256)
    if not store().exists(name):
        return "missing"
    if store().size(name) != size:
        return "size"
    if not read:
        return ""
    found = hashlib.sha256()
    with store().open(name, "rb") as file:
        for part in file.chunks(PART):
            found.update(part)
    return "" if found.hexdigest() == sha256 else "digest"
