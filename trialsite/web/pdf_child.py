"""The child process of `pdf.py`: reads an order as JSON, writes one line of JSON and the PDF. No Django, no network.

A document of several parts is laid out part by part, so that no more than one part is in memory. A part that names pages
of others (the contents) is laid out again when they are known; the number of all pages is laid over every page at the end.
"""

from __future__ import annotations

import base64
import datetime as dt
import gc
import json
import re
import resource
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

FACES = (
    ("Inter", "400", "Inter-Regular.woff2"),
    ("Inter", "500", "Inter-Medium.woff2"),
    ("Inter", "600", "Inter-SemiBold.woff2"),
    ("Noto Sans SC", "400", "NotoSansSC-Regular.woff2"),
    ("Noto Sans SC", "700", "NotoSansSC-Bold.woff2"),
)
PAGE = re.compile(r"\{\{page ([\w-]+)\}\}")
Render = Callable[[str, str], Any]


def faces(folder: Path) -> str:
    """Our fonts as data, because the child may fetch nothing."""
    found = []
    for family, weight, name in FACES:
        data = base64.b64encode((folder / name).read_bytes()).decode()
        found.append(
            f'@font-face{{font-family:"{family}";font-weight:{weight};src:url(data:font/woff2;base64,{data}) format("woff2")}}'
        )
    return "".join(found)


def main() -> None:
    order = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (order["memory"], order["memory"]))
    resource.setrlimit(resource.RLIMIT_CPU, (order["seconds"], order["seconds"]))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    unknown = without_glyph("".join(order["parts"]), Path(order["fonts"]))
    parts = [shown(text, unknown) for text in order["parts"]]
    render, write = tools(order)
    if len(parts) == 1:
        document = render(parts[0], order["frame"])
        pages, made = len(document.pages), write(document)
        document = None
    else:
        pages, made = long(parts, order, render, write)
    if order["accessible"]:
        made = accessible(made, order)
    head = {"pages": pages, "unknown": [f"U+{ord(one):04X}" for one in unknown]}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + made)


def tools(order: dict[str, Any]) -> tuple[Render, Callable[..., bytes]]:
    """How a text becomes pages, and pages a file: one set of fonts and styles for all parts."""
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

    fetcher = URLFetcher(allowed_protocols={"data"}, allow_redirects=False, fail_on_errors=True)
    fonts = FontConfiguration()
    css = CSS(string=faces(Path(order["fonts"])) + order["css"], font_config=fonts, url_fetcher=fetcher)
    at = dt.datetime.fromisoformat(order["at"])

    def render(text: str, frame: str) -> Any:
        sheets = [css, CSS(string=frame, font_config=fonts, url_fetcher=fetcher)] if frame else [css]
        document = HTML(string=text, url_fetcher=fetcher, base_url="about:blank").render(
            stylesheets=sheets, font_config=fonts
        )
        document.metadata.created = document.metadata.modified = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        document.metadata.attachments = []
        return document

    def write(document: Any) -> bytes:
        return document.write_pdf(
            pdf_variant=order["variant"],
            pdf_tags=True,
            pdf_identifier=order["identifier"].encode(),
        )

    return render, write


def long(
    parts: Sequence[str], order: dict[str, Any], render: Render, write: Callable[..., bytes]
) -> tuple[int, bytes]:
    """Parts one after the other, numbered through, joined."""
    from trialsite.web.pdf_merge import joined

    files: list[bytes] = []
    firsts, count = [], 0
    where: dict[str, int] = {}
    for place, text in enumerate(parts):
        document: Any = render(PAGE.sub("000", text), framed(order["frame"], count + 1))
        found: dict[str, int] = {}
        for number, page in enumerate(document.pages, count + 1):
            for name in page.anchors:  # of an element on several pages the first
                found.setdefault(name, number)
        where |= found  # over the placeholders in the contents
        firsts.append(count + 1)
        count += len(document.pages)
        files.append(b"" if PAGE.search(text) else write(document))
        document = None  # one part in memory at a time
        gc.collect()
        told(place + 1, len(parts) + 1)
    for place, text in enumerate(parts):
        if not files[place]:  # names pages that were not known when it was laid out
            numbered = PAGE.sub(lambda found: str(where.get(found[1], "–")), text)
            files[place] = write(render(numbered, framed(order["frame"], firsts[place])))
            gc.collect()
    over = b""
    if order["total"]:
        sheet = order["total"].replace("{{pages}}", str(count))
        over = render("<html lang=''><body></body></html>", sheet).write_pdf()
    made = joined(files, order["identifier"].encode(), order["outline"], over)
    told(len(parts) + 1, len(parts) + 1)
    return count, made


def accessible(made: bytes, order: dict[str, Any]) -> bytes:
    """The last step of a file that declares PDF/UA beside PDF/A."""
    from trialsite.web.pdf_access import finished

    return finished(
        made, identifier=order["identifier"].encode(), at=dt.datetime.fromisoformat(order["at"]),
        attachments=order["attachments"], about=order["about"], seal=order["seal"],
    )  # fmt: skip


def told(done: int, whole: int) -> None:
    """How far it is, for who waits."""
    sys.stderr.write(f"@progress {done}/{whole}\n")
    sys.stderr.flush()


def framed(frame: str, first: int) -> str:
    """The frame of the pages of a part that begins at page `first`."""
    return f"{frame}@page:first{{counter-reset:page {first}}}"


def without_glyph(text: str, folder: Path) -> list[str]:
    """Characters that none of our fonts can show, in the order of their numbers."""
    from fontTools.ttLib import TTFont

    used = {one for one in set(text) if one.isprintable() and one != " "}
    for name in ("Inter-Regular.woff2", "NotoSansSC-Regular.woff2"):
        if used:
            known = TTFont(folder / name, lazy=True).getBestCmap()
            used = {one for one in used if ord(one) not in known}
    return sorted(used)


def shown(text: str, unknown: Sequence[str]) -> str:
    """Such a character by its number, which can be read, and not as an empty box."""
    return text.translate({ord(one): f"[U+{ord(one):04X}]" for one in unknown}) if unknown else text


if __name__ == "__main__":
    try:
        main()
    except MemoryError:
        sys.exit("The document needs more memory than is allowed.")
    except Exception as failure:
        sys.exit(f"{type(failure).__name__}: {failure}")
