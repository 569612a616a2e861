"""The seal of a report: the same for the same file, broken by any change, by the key of this system."""

from __future__ import annotations

import datetime as dt
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from django.conf import settings as configured
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from pypdf import PdfReader

from endpoints.reports.seal_key import seal_key
from endpoints.reports.sealing import seal_of, sealed
from tests.pdf_points import points
from trialsite.web.pdf import Pdf, pdf_of

HTML = "<html lang='en'><head><title>Report</title></head><body><h1>Report</h1><p>MPR 3/9</p></body></html>"
AT = dt.datetime(2026, 11, 21, 8, 30, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def plain() -> Pdf:
    return pdf_of(HTML, css="", at=AT, identifier="x", accessible=True, seal="Sealed by the system")


@pytest.fixture(scope="module")
def file(plain: Pdf) -> Pdf:
    return sealed(plain)


def test_it_holds_and_covers_the_whole_file(file: Pdf) -> None:
    found = seal_of(file.content)
    assert found.good
    assert found.fingerprint == seal_key().fingerprint
    assert points(file.content) == []
    signature: Any = PdfReader(io.BytesIO(file.content)).trailer["/Root"]["/Perms"]["/DocMDP"]  # type: ignore[index]
    assert signature["/M"] == "D:20261121083000Z", "the moment of the content, never the clock"
    assert signature["/Reference"][0]["/TransformParams"]["/P"] == 1, "no change is allowed"


def test_sealed_again_in_another_process_it_is_the_same_byte_by_byte(
    plain: Pdf, file: Pdf, tmp_path: Path
) -> None:
    (tmp_path / "plain.pdf").write_bytes(plain.content)
    program = (
        "import sys, django; django.setup()\n"
        "from endpoints.reports.sealing import sealed\nfrom trialsite.web.pdf import Pdf\n"
        "sys.stdout.buffer.write(sealed(Pdf(open(sys.argv[1], 'rb').read(), 1)).content)"
    )
    again = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "plain.pdf")], check=True, capture_output=True, cwd=configured.BASE_DIR
    ).stdout  # fmt: skip
    assert again == file.content


@pytest.mark.parametrize("change", ["in the middle", "at the end", "in the seal"])
def test_any_change_breaks_it(file: Pdf, change: str) -> None:
    body = bytearray(file.content)
    if change == "in the middle":
        body[len(body) // 4] ^= 1
    elif change == "at the end":
        body += b"\n%more\n"
    else:
        start = body.index(b"/Contents <3")
        at = start + len(body[start : body.index(b">", start)].rstrip(b"0")) - 20  # in the signature itself
        body[at] = ord("1") if body[at] != ord("1") else ord("2")
    assert not seal_of(bytes(body)).good


@pytest.mark.parametrize("content", [b"", b"hello", b"%PDF-1.7\n%%EOF\n", b"%PDF-1.7 /ByteRange"])
def test_what_is_no_sealed_file_has_no_good_seal(content: bytes) -> None:
    assert not seal_of(content).good


def test_a_seal_of_another_key_is_not_ours(plain: Pdf, settings: Any, tmp_path: Path) -> None:
    """Another site with another key: its seal is intact, and not ours."""
    ours, settings.VAR_DIR = settings.VAR_DIR, tmp_path
    theirs = sealed(plain)
    assert seal_of(theirs.content).good
    assert (tmp_path / "seal.pem").stat().st_mode & 0o777 == 0o600
    settings.VAR_DIR = ours
    found = seal_of(theirs.content)
    assert found.there
    assert not found.ours
    assert not found.good


def test_the_key_can_be_given(settings: Any, tmp_path: Path) -> None:
    made = seal_key()
    (tmp_path / "key.pem").write_bytes(made.private)
    (tmp_path / "certificate.pem").write_bytes(made.chain)
    settings.SEAL_KEY_FILE = str(tmp_path / "key.pem")
    with pytest.raises(ImproperlyConfigured, match="belong together"):
        seal_key()
    settings.SEAL_CERTIFICATE_FILE = str(tmp_path / "certificate.pem")
    settings.VAR_DIR = tmp_path / "elsewhere"
    assert seal_key() == made
    assert isinstance(made.certificate, x509.Certificate)
    ours, settings.SEAL_KEY_FILE = settings.SEAL_KEY_FILE, ""
    settings.SEAL_CERTIFICATE_FILE = ""
    settings.VAR_DIR = tmp_path
    other = seal_key()
    (tmp_path / "certificate.pem").write_bytes(other.chain)
    settings.SEAL_KEY_FILE, settings.SEAL_CERTIFICATE_FILE = ours, str(tmp_path / "certificate.pem")
    with pytest.raises(ImproperlyConfigured, match="not the certificate"):
        seal_key()


@pytest.mark.django_db
def test_the_command_says_what_is_wrong(file: Pdf, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "x.pdf").write_bytes(file.content + b"\n")
    with pytest.raises(CommandError, match="Not genuine"):
        call_command("check_report", str(tmp_path / "x.pdf"), str(tmp_path / "gone.pdf"))
    said = capsys.readouterr().out
    assert "does not cover the whole file" in said
    assert "cannot be read" in said
