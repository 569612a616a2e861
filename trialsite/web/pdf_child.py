"""The child process of `pdf.py`: reads an order as JSON, writes one line of JSON and the PDF. No Django, no network."""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
import resource
import sys
from pathlib import Path
from typing import Any

FACES = (
    ("Inter", "400", "Inter-Regular.woff2"),
    ("Inter", "500", "Inter-Medium.woff2"),
    ("Inter", "600", "Inter-SemiBold.woff2"),
    ("Noto Sans SC", "400", "NotoSansSC-Regular.woff2"),
    ("Noto Sans SC", "700", "NotoSansSC-Bold.woff2"),
)
VARIANT = "pdf/a-2a"


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
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import URLFetcher

    fetcher = URLFetcher(allowed_protocols={"data"}, allow_redirects=False, fail_on_errors=True)
    fonts = FontConfiguration()
    css = CSS(string=faces(Path(order["fonts"])) + order["css"], font_config=fonts, url_fetcher=fetcher)
    at = dt.datetime.fromisoformat(order["at"])
    single = len(order["parts"]) == 1
    files, pages = [], 0
    for text in order["parts"]:
        document = HTML(string=text, url_fetcher=fetcher, base_url="about:blank").render(
            stylesheets=[css], font_config=fonts
        )
        document.metadata.created = document.metadata.modified = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        document.metadata.attachments = []
        pages += len(document.pages)
        kept = (
            [_attachment(name, body, at) for name, body in sorted(order["attachments"].items())]
            if single
            else []
        )
        files.append(
            document.write_pdf(
                pdf_variant=VARIANT if single else None, pdf_tags=single, pdf_identifier=order["identifier"].encode(),
                attachments=kept or None,
            )
        )  # fmt: skip
    made = files[0] if single else merged(files)
    sys.stdout.buffer.write(json.dumps({"pages": pages}).encode() + b"\n" + made)


def _attachment(name: str, body: str, at: dt.datetime) -> Any:
    from weasyprint import Attachment

    return Attachment(string=body, name=name, created=at, modified=at, relationship="Data")


def merged(files: list[bytes]) -> bytes:
    from pypdf import PdfWriter

    writer = PdfWriter()
    for file in files:
        writer.append(io.BytesIO(file))
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


if __name__ == "__main__":
    try:
        main()
    except MemoryError:
        sys.exit("The document needs more memory than is allowed.")
    except Exception as failure:
        sys.exit(f"{type(failure).__name__}: {failure}")
