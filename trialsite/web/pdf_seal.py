"""The place of a seal in a PDF: what it covers, and how it is filled in. Plain bytes, no library.

The child process writes the file with an empty place; whoever holds the key signs the digest of everything around it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

CONTENTS = 8192  # bytes that are kept free for the signature and its certificates
UNKNOWN = 9_999_999_999  # stands for offsets until they are known; as wide as they can get
RANGE = re.compile(rb"\[ 0 %d %d %d \]" % (UNKNOWN, UNKNOWN, UNKNOWN))
EMPTY = b"<" + b"0" * (2 * CONTENTS) + b">"


class NoPlace(ValueError):
    """The file has no empty place for a seal, or more than one."""


@dataclass(frozen=True, slots=True)
class Place:
    """A file whose seal is still empty. `digest`: SHA-256 of all bytes but those between `start` and `end`."""

    content: bytes
    start: int
    end: int

    @property
    def digest(self) -> bytes:
        covered = hashlib.sha256(self.content[: self.start])
        covered.update(self.content[self.end :])
        return covered.digest()

    def filled(self, signature: bytes) -> bytes:
        """The sealed file; the signature as hexadecimal digits, the rest of its place zeros."""
        if len(signature) > CONTENTS:
            raise NoPlace(f"The signature takes {len(signature)} bytes, and {CONTENTS} are free.")
        text = signature.hex().encode().ljust(2 * CONTENTS, b"0")
        return self.content[: self.start + 1] + text + self.content[self.end - 1 :]


def place_of(content: bytes) -> Place:
    """The empty place, with the offsets of what it covers written into the file."""
    ranges = list(RANGE.finditer(content))
    start = content.find(EMPTY)
    if len(ranges) != 1 or start < 0 or content.find(EMPTY, start + 1) >= 0:
        raise NoPlace("The file has no place for a seal.")
    end = start + len(EMPTY)
    said = b"[ 0 %d %d %d" % (start, end, len(content) - end)
    width = ranges[0].end() - ranges[0].start()
    known = content[: ranges[0].start()] + said.ljust(width - 1) + b"]" + content[ranges[0].end() :]
    return Place(known, start, end)
