"""`/check/`: genuine or not, for anybody, and never a word of what a document says."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from crf.models import DocumentJob
from endpoints.models_cuts import DataCut
from endpoints.models_reports import JobState, ReportApproval, ReportJob
from endpoints.reports import codes
from endpoints.views import check as views
from participants.models import Participant
from pathology.models import AgreementReport
from trialsite.accounts.models import Site, User
from trialsite.audit.trail import study_event

pytestmark = pytest.mark.django_db
CODE = "9f2c41d7e41b8a06"
BODY = b"%PDF-1.7 the report of a trial"
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture(autouse=True)
def nobody_asked() -> None:
    cache.clear()


@pytest.fixture
def mo(empty: dict[str, User]) -> User:
    return empty["mo"]


def report(by: User, **more: Any) -> ReportJob:
    given: dict[str, Any] = {
        "key": "k", "language": "en", "state": JobState.READY, "requested_by": by, "code": CODE, "sha256": SHA, "pages": 12,
        "finished_at": dt.datetime(2026, 11, 21, 3, tzinfo=dt.UTC), "as_of": dt.date(2026, 11, 20),
    }  # fmt: skip
    return ReportJob.objects.create(**given | more)


def asked(client: Client, content: bytes | None = BODY, code: str = "", name: str = "report.pdf") -> Any:
    data: dict[str, Any] = {"code": code}
    if content is not None:
        data["file"] = SimpleUploadedFile(name, content, content_type="application/pdf")
    return client.post("/check/", data)


def outcome(answer: Any) -> str:
    text = answer.content.decode()
    return text.split('data-outcome="')[1].split('"')[0] if "data-outcome" in text else ""


def test_a_file_of_ours_is_genuine_for_who_has_no_account(client: Client, mo: User) -> None:
    job = report(mo)
    ReportApproval.objects.create(
        job=job, sha256=SHA, meaning="REVIEW", signed_by=mo, signed_at=timezone.now(), name="Mo", role="MONITOR", zone="UTC",
        manifest={},
    )  # fmt: skip
    assert client.get("/check/").status_code == 200
    answer = asked(client)
    text = answer.content.decode()
    assert (answer.status_code, outcome(answer)) == (200, "genuine")
    for words in (
        "not one byte",
        "Endpoint report",
        "9F2C-41D7-E41B-8A06",
        "21 Nov 2026",
        "20 Nov 2026",
        "12",
        "1 signature",
        SHA,
    ):
        assert words in text, words
    assert "no-store" in answer["Cache-Control"] or "no-cache" in answer["Cache-Control"]


@pytest.mark.parametrize("change", [BODY + b"\n", BODY.replace(b"trial", b"Trial"), b"%PDF-1.7"])
def test_a_changed_file_is_not(client: Client, mo: User, change: bytes) -> None:
    report(mo)
    assert outcome(asked(client, change)) == "not-ours"


@pytest.mark.parametrize(
    "typed",
    [CODE, "9F2C-41D7-E41B-8A06", " 9f2c 41d7\te41b 8a06 ", "９Ｆ２Ｃ－４１Ｄ７－Ｅ４１Ｂ－８Ａ０６", "9f2c–41d7—e41b‑8a06"],
)  # fmt: skip
def test_a_code_is_read_however_it_is_typed(client: Client, mo: User, typed: str) -> None:
    report(mo)
    answer = asked(client, None, typed)
    assert outcome(answer) == "code"
    assert SHA in answer.content.decode(), "to be compared with the file"
    assert outcome(client.get(f"/check/{CODE}/")) == "code"


def test_other_questions(client: Client, mo: User) -> None:
    report(mo)
    report(mo, code="0" * 16, sha256=hashlib.sha256(b"%PDF-2").hexdigest())
    report(mo, code="1" * 16, sha256="", state=JobState.RUNNING)
    assert outcome(asked(client, None, "ffff-ffff-ffff-ffff")) == "unknown"
    assert outcome(client.get("/check/nothing/")) == "unknown"
    assert outcome(client.get(f"/check/{'1' * 16}/")) == "unknown", "a report that was never finished"
    assert outcome(asked(client, None, SHA.upper())) == "genuine"
    assert outcome(asked(client, BODY, CODE)) == "genuine"
    assert outcome(asked(client, b"%PDF-2", CODE)) == "other", "ours, but not the one on the paper"


@pytest.mark.parametrize(
    "content, code, status, words",
    [(None, "", 422, "Choose a file"), (b"", "", 422, "empty"), (b"<html>", "", 422, "not a PDF"),
     (None, "  - ", 422, "Choose a file"), (None, "hello", 422, "no code"), (None, "9f2c" * 3, 422, "no code"),
     (None, "x" * 5000, 422, "no code")],
)  # fmt: skip
def test_bad_input_is_answered(
    client: Client, content: bytes | None, code: str, status: int, words: str
) -> None:
    if content == b"":
        body = (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.pdf"\r\n'
            b"Content-Type: application/pdf\r\n\r\n\r\n--x--\r\n"
        )
        answer = client.post("/check/", body, content_type="multipart/form-data; boundary=x")
    else:
        answer = asked(client, content, code)
    assert answer.status_code == status
    assert words in answer.content.decode()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(client: Client, settings: Any) -> None:
    settings.CHECK_LARGEST = 2**20
    answer = asked(client, b"%PDF-" + bytes(2**20 + 20_000))
    assert answer.status_code == 413
    assert "larger than 1 MB" in answer.content.decode()


def test_nothing_of_a_file_is_kept(client: Client, mo: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Larger than what Django keeps in memory: no temporary file is made for it either."""
    import tempfile

    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise AssertionError("a file was written")

    big = b"%PDF-" + bytes(4_000_000)
    report(mo, sha256=hashlib.sha256(big).hexdigest())
    monkeypatch.setattr("django.core.files.uploadedfile.TemporaryUploadedFile.__init__", refuse)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    assert outcome(asked(client, big)) == "genuine"


def test_one_address_asks_so_often(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "LIMIT", 2)
    statuses = [client.get(f"/check/{CODE}/").status_code for _time in range(3)]
    assert statuses == [200, 200, 429]
    assert asked(client, None, CODE).status_code == 429
    assert client.get("/check/").status_code == 200, "the page itself is always there"


def test_one_address_has_fewer_large_files_hashed(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "LARGE", 2000)
    monkeypatch.setattr(views, "LARGE_LIMIT", 2)
    big = b"%PDF-" + bytes(4000)
    assert [asked(client, big).status_code for _time in range(3)] == [200, 200, 429]
    assert asked(client, None, CODE).status_code == 200, "a code costs nothing"


def test_a_post_without_its_token_is_refused(mo: User) -> None:
    assert Client(enforce_csrf_checks=True).post("/check/", {"code": CODE}).status_code == 403


def test_every_kind_of_document_and_no_word_of_its_content(client: Client, mo: User) -> None:
    participant = Participant.objects.create(site=Site.objects.get(number="01"), number="01-903")
    digests = {
        kind: hashlib.sha256(kind.encode()).hexdigest()
        for kind in ("person", "casebook", "blank", "agreement", "copy")
    }
    common: dict[str, Any] = {
        "language": "zh-hans",
        "state": JobState.READY,
        "requested_by": mo,
        "pages": 3,
        "finished_at": timezone.now(),
    }
    report(mo, kind="PERSON", participant=participant, sha256=digests["person"], code="2" * 16, sites=["01"])
    DocumentJob.objects.create(
        key="a", kind="CASEBOOK", participant=participant, sha256=digests["casebook"], **common
    )
    DocumentJob.objects.create(key="b", kind="BLANK", sha256=digests["blank"], **common)
    AgreementReport.objects.create(key="c", sha256=digests["agreement"], **common)
    study_event(by=mo, action="COPY_CERTIFIED", subject="copy:1", old="site 01", new=digests["copy"])
    words = {
        "person": "Participant endpoint report", "casebook": "Participant casebook", "blank": "Blank CRF",
        "agreement": "Report on reader agreement", "copy": "Certified copy",
    }  # fmt: skip
    for kind, said in words.items():
        text = asked(client, None, digests[kind]).content.decode()
        assert said in text, kind
        assert "Genuine" in text
        for secret in ("01-903", "site 01", "Mo ", "903"):
            assert secret not in text.replace(digests[kind], ""), (kind, secret)
    assert "01-903" not in client.get(f"/check/{'2' * 16}/").content.decode()


def test_a_report_of_a_cut_that_was_replaced_says_so(client: Client, mo: User) -> None:
    given: dict[str, Any] = {
        "title": "Cut", "at": timezone.now(), "cutoff": dt.date(2026, 10, 31), "engine": "1", "configuration": "c",
        "participants": 0, "results": {}, "facts": {}, "engine_settings": {}, "chains": {}, "digest": "d" * 64,
        "confirmed_by": mo, "confirmed_at": timezone.now(), "manifest": {},
    }  # fmt: skip
    first = DataCut.objects.create(number=1, **given)
    report(mo, cut=first)
    before = asked(client).content.decode()
    assert "DC-01" in before
    assert "31 Oct 2026" in before
    assert "Superseded" not in before
    DataCut.objects.create(number=2, replaces=first, **given)
    assert "data cut DC-01 was replaced by DC-02" in asked(client).content.decode()


def test_in_chinese(client: Client, mo: User) -> None:
    report(mo)
    client.cookies["django_language"] = "zh-hans"
    assert 'lang="zh-Hans"' in asked(client).content.decode()


def test_the_code_names_the_inputs() -> None:
    one = codes.code_of({"a": 1}, "en", ["glance"], "def")
    assert codes.CODE.fullmatch(one)
    assert one == codes.code_of({"a": 1}, "en", ("glance",), "def")
    others = {
        codes.code_of({"a": 2}, "en", ["glance"], "def"), codes.code_of({"a": 1}, "zh-hans", ["glance"], "def"),
        codes.code_of({"a": 1}, "en", [], "def"), codes.code_of({"a": 1}, "en", ["glance"], "deg"),
    }  # fmt: skip
    assert one not in others
    assert len(others) == 4


def test_addresses_and_qr_codes() -> None:
    assert (
        codes.check_address(CODE, "https://trial.example.org/") == f"https://trial.example.org/check/{CODE}/"
    )
    assert codes.check_address(CODE, "") == f"/check/{CODE}/"
    assert codes.check_place("https://trial.example.org/edc/") == "trial.example.org/edc/check/"
    assert codes.check_place("") == "/check/"
    with_site, without = codes.qr_of(CODE, "https://trial.example.org"), codes.qr_of(CODE, "")
    assert with_site.startswith("data:image/svg+xml")
    assert with_site != without
    assert with_site == codes.qr_of(CODE, "https://trial.example.org")
