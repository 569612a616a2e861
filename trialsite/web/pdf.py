"""HTML to PDF in a child process with limits, so that no document can take a worker down with it.

The child is `python -m trialsite.web.pdf_child`: it imports no Django, reads the document from its standard input and
fetches nothing: fonts and figures are inside the document. The same document gives the same bytes.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

log = structlog.get_logger(__name__)

BASE = Path(__file__).resolve().parents[2]
MEMORY = 3 * 1024**3
SECONDS = 420
ARCHIVAL = "pdf/a-2a"
ATTACHABLE = "pdf/a-3a"  # the same, and files of any kind may be attached
PROGRESS = "@progress "  # begins a line in which the child says how far it is
Progress = Callable[[int, int], None]


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
    frame: str = "", total: str = "", outline: Sequence[Any] = (),
    attachments: Mapping[str, str] | None = None, about: Mapping[str, str] | None = None,
    accessible: bool = False, seal: str = "", memory: int = MEMORY, seconds: int = SECONDS,
    progress: Progress | None = None,
) -> Pdf:  # fmt: skip
    """One document, or several parts laid out one after the other and joined.

    `at` and `identifier` go into the file, so they belong to what it was made from: never the clock. In parts,
    `{{page NAME}}` stands for the page of an element's id; `frame` is CSS for the pages; `total` is CSS of what is laid
    over every page when their number is known, with `{{pages}}` for it; and `outline` the bookmarks:
    title, name of the element, those below.

    `accessible`: PDF/A-3a that declares PDF/UA-1 as well; it may have `attachments` (text by name, `about` describes
    them) and, if `seal` gives its reason, an empty place for a seal (`pdf_seal`). Otherwise PDF/A-2a.
    """
    if (attachments or seal) and not accessible:
        raise ValueError("PDF/A-2 takes neither attachments nor a seal here.")
    order = {
        "parts": [parts] if isinstance(parts, str) else list(parts),
        "css": css,
        "frame": frame,
        "total": total,
        "outline": list(outline),
        "at": at.astimezone(dt.UTC).isoformat(timespec="seconds"),
        "identifier": identifier,
        "attachments": dict(attachments or {}),
        "about": dict(about or {}),
        "accessible": accessible,
        "variant": ATTACHABLE if accessible else ARCHIVAL,
        "seal": seal,
        "fonts": str(BASE / "static" / "fonts"),
        "memory": memory,
        "seconds": seconds,
    }
    head, _, content = _run(order, seconds, progress).partition(b"\n")
    told: dict[str, Any] = json.loads(head)
    if told["unknown"]:
        log.warning("pdf_unknown_characters", identifier=identifier, code_points=told["unknown"])
    return Pdf(content, told["pages"], tuple(told["unknown"]))


def _run(order: dict[str, Any], seconds: int, progress: Progress | None) -> bytes:
    command = [sys.executable, "-m", "trialsite.web.pdf_child"]
    env = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    epoch = int(dt.datetime.fromisoformat(order["at"]).timestamp())
    env |= {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": str(epoch)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=BASE, env=env) as child:  # noqa: S603  (our own module)
        late = threading.Event()
        timer = threading.Timer(seconds, _end, args=(child, late))
        timer.start()
        try:
            made, said = _talk(child, json.dumps(order).encode(), progress)
        finally:
            timer.cancel()
            child.kill()
    if late.is_set():
        raise PdfError(f"The document took longer than {seconds} s.")
    if child.returncode:
        raise PdfError((said or [f"exit status {child.returncode}"])[-1][:400])
    return made


def _end(child: Any, late: threading.Event) -> None:
    late.set()
    child.kill()


def _talk(child: Any, order: bytes, progress: Progress | None) -> tuple[bytes, list[str]]:
    """Give the order, take the document, and hear meanwhile how far it is."""
    made: list[bytes] = []
    give = threading.Thread(target=_give, args=(child.stdin, order))
    take = threading.Thread(target=lambda: made.append(child.stdout.read()))
    give.start()
    take.start()
    said = []
    for line in child.stderr:
        text = line.decode(errors="replace").strip()
        if text.startswith(PROGRESS):
            done, whole = text.removeprefix(PROGRESS).split("/")
            if progress:
                progress(int(done), int(whole))
        elif text:
            said.append(text)
    give.join()
    take.join()
    child.wait()
    return b"".join(made), said


def _give(stream: Any, order: bytes) -> None:
    # A child that ended early says why by its exit.
    with contextlib.suppress(BrokenPipeError), stream:
        stream.write(order)
