"""An archive written piece by piece, with the digest of every file in it.

The same content gives the same bytes: order, times and compression are fixed. Nothing is held in memory but a piece.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
EPOCH = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # the earliest that the format knows: a file of an archive has no time of its own
PIECE = 1 << 20
SMALL = 1 << 26  # larger files, and those of unknown size, have room for 64-bit sizes


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the archive."""

    path: str
    size: int
    sha256: str


class Writer:
    """Adds files to a zip archive."""

    def __init__(self, to: Path) -> None:
        self.to = to
        self.members: list[Member] = []
        self._zip = zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED, compresslevel=6)

    def pieces(self, path: str, pieces: Iterable[str | bytes]) -> Member:
        """A file of any size from its pieces."""
        digest, size = hashlib.sha256(), 0
        with self._zip.open(_info(path), "w", force_zip64=True) as stream:
            for piece in pieces:
                content = piece.encode() if isinstance(piece, str) else piece
                digest.update(content)
                size += len(content)
                stream.write(content)
        return self._added(path, size, digest.hexdigest())

    def text(self, path: str, text: str) -> Member:
        content = text.encode()
        self._zip.writestr(_info(path), content)
        return self._added(path, len(content), hashlib.sha256(content).hexdigest())

    def bytes(self, path: str, content: bytes) -> Member:
        self._zip.writestr(_info(path), content)
        return self._added(path, len(content), hashlib.sha256(content).hexdigest())

    def json(self, path: str, content: Any) -> Member:
        return self.text(path, dumped(content))

    def file(self, path: str, source: Path) -> Member:
        return self.pieces(path, _read(source))

    def _added(self, path: str, size: int, digest: str) -> Member:
        member = Member(path, size, digest)
        self.members.append(member)
        return member

    def close(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """The manifest, which lists every file, then the list of digests, which lists the manifest too. Gives the manifest."""
        files = sorted(self.members, key=lambda member: member.path)
        listed = [{"path": one.path, "size": one.size, "sha256": one.sha256} for one in files]
        whole = manifest | {"files": listed}
        self.json(MANIFEST, whole)
        every = sorted(self.members, key=lambda member: member.path)
        self.text(SUMS, "".join(f"{one.sha256}  {one.path}\n" for one in every))
        self._zip.close()
        with self.to.open("rb") as stream:
            os.fsync(stream.fileno())
        return whole

    def abandon(self) -> None:
        """The archive will not be finished."""
        if self._zip.fp is not None:
            self._zip.fp.close()
            self._zip.fp = None


def _info(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o100644 << 16
    info.create_system = 3
    return info


def _read(source: Path) -> Iterator[bytes]:
    with source.open("rb") as stream:
        while piece := stream.read(PIECE):
            yield piece


def dumped(content: Any) -> str:
    """JSON for people and programs: keys as they were put, times and days as text."""
    return json.dumps(content, ensure_ascii=False, indent=1, default=_plain) + "\n"


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def digest_of(path: Path) -> str:
    made = hashlib.sha256()
    for piece in _read(path):
        made.update(piece)
    return made.hexdigest()
