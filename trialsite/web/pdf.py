"""HTML to PDF in a child process with limits, so that no document can take a worker down with it.

The child is `python -m trialsite.web.pdf_child`: it imports no Django, reads the document from its standard input and
fetches nothing: fonts and figures are inside the document. The same document gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger(__name__)

BASE = Path(__file__).resolve().parents[2]
MEMORY = 3 * 1024**3
SECONDS = 420


class PdfError(RuntimeError):
    """The document could not be made; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Pdf:
    content: bytes
    pages: int
    unknown: tuple[str, ...] = ()  # code points that no font of ours can show

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


def pdf_of(
    parts: str | Sequence[str], *, css: str, at: dt.datetime, identifier: str,
    frame: str = "", outline: Sequence[Any] = (),
    attachments: Mapping[str, str] | None = None, memory: int = MEMORY, seconds: int = SECONDS,
) -> Pdf:  # fmt: skip
    """One document, or several parts laid out one after the other and joined.

    `at` and `identifier` go into the file, so they belong to what it was made from: never the clock. In parts,
    `{{page NAME}}` stands for the page of an element's id; `frame` is CSS in which `{{pages}}` stands for the number of
    pages of the whole, and `outline` the bookmarks: title, name of the element, those below.
    """
    order = {
        "parts": [parts] if isinstance(parts, str) else list(parts),
        "css": css,
        "frame": frame,
        "outline": list(outline),
        "at": at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "identifier": identifier,
        "attachments": dict(attachments or {}),
        "fonts": str(BASE / "static" / "fonts"),
        "memory": memory,
        "seconds": seconds,
    }
    head, _, content = _run(order, seconds).partition(b"\n")
    told: dict[str, Any] = json.loads(head)
    if told["unknown"]:
        log.warning("pdf_unknown_characters", identifier=identifier, code_points=told["unknown"])
    return Pdf(content, told["pages"], tuple(told["unknown"]))


def _run(order: dict[str, Any], seconds: int) -> bytes:
    command = [sys.executable, "-m", "trialsite.web.pdf_child"]
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    epoch = int(dt.datetime.fromisoformat(order["at"]).timestamp())
    env |= {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": str(epoch)}
    try:
        made = subprocess.run(  # noqa: S603  (our own module)
            command,
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=seconds,
            cwd=BASE,
            env=env,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise PdfError(f"The document took longer than {seconds} s.") from None
    if made.returncode:
        lines = made.stderr.decode(errors="replace").strip().splitlines() or [
            f"exit status {made.returncode}"
        ]
        raise PdfError(lines[-1][:400])
    return made.stdout
