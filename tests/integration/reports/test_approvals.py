"""Signatures under a finished report: who may, proven how, once each; the page that names the report's digest."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from endpoints.models_reports import JobState, Meaning, ReportApproval, ReportJob
from endpoints.reports import approving, sheet
from endpoints.reports.checking import Outcome, by_digest
from endpoints.reports.seal_key import seal_key
from endpoints.reports.sealing import seal_of
from tests.pdf_points import points
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.digests import digest
from trialsite.web.jobs import keep
from trialsite.web.pdf import Pdf

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


@pytest.fixture
def job(empty: dict[str, User], settings: Any, tmp_path: Path) -> ReportJob:
    """A finished report, of which nothing but its file matters here."""
    key = seal_key()
    settings.VAR_DIR = tmp_path  # files of one test are not those of another
    (tmp_path / "seal.pem").write_bytes(key.private + key.chain)
    made = ReportJob.objects.create(
        key="k",
        language="en",
        requested_by=empty["mo"],
        code="9f2c41d7e41b8a06",
        as_of="2026-11-20",
        state=JobState.RUNNING,
    )
    made.hold({"site_address": "https://trial.example.org"})
    keep(made, Pdf(b"%PDF-1.7 a report", 12))
    for user in empty.values():
        user.set_password(PASSWORD)
        user.save()
    return ReportJob.objects.get(pk=made.pk)


def signed(client: Client, job: ReportJob, name: str, meaning: str = "REVIEW", **more: str) -> Any:
    client.force_login(User.objects.get(username=name))
    given = {"meaning": meaning, "username": name, "password": PASSWORD, "sha256": job.sha256} | more
    return client.post(f"/reports/{job.pk}/approve/", given)


def test_a_signature_names_the_file_and_stands_in_the_trail(client: Client, job: ReportJob) -> None:
    assert "Nobody has signed" in page(client, job, "st")
    assert signed(client, job, "st", "AUTHOR").status_code == 302
    made = ReportApproval.objects.get()
    assert (made.sha256, made.meaning, made.role, made.name) == (
        job.sha256,
        "AUTHOR",
        "STATISTICIAN",
        made.signed_by.full_name,
    )
    assert made.manifest["report"]["sha256"] == job.sha256
    assert made.manifest["components"] == ["username", "password"]
    assert "legal equivalent" in made.manifest["statement"]["en"]
    event = AuditEvent.objects.get(action="REPORT_APPROVED")
    assert (event.target, event.old, event.new, event.reason) == (
        job.address,
        "AUTHOR",
        job.sha256,
        digest(made.manifest),
    )
    assert "I have made the analyses in this report" in page(client, job, "st")


def page(client: Client, job: ReportJob, name: str) -> str:
    client.force_login(User.objects.get(username=name))
    return client.get(f"/reports/{job.pk}/").content.decode()


@pytest.mark.parametrize(
    "name, meanings",
    [("st", ["AUTHOR", "REVIEW"]), ("da", ["REVIEW", "APPROVAL"]), ("mo", ["REVIEW"]), ("ins", []),
     ("chen", []), ("lin", []), ("p1", []), ("ad", [])],
)  # fmt: skip
def test_who_may_sign_what(client: Client, job: ReportJob, name: str, meanings: list[str]) -> None:
    may_see = name in ("st", "da", "mo", "ins")
    for meaning in Meaning.values:
        answer = signed(client, job, name, meaning)
        allowed = 302 if meaning in meanings else 404 if not may_see else 422 if meanings else 403
        # The last refusal of a person who has signed everything is one of role as well.
        assert answer.status_code == allowed or (answer.status_code == 403 and meanings), meaning
    assert sorted(ReportApproval.objects.values_list("meaning", flat=True)) == sorted(meanings)
    if may_see:
        assert ("Your role does not sign" in page(client, job, name)) == (not meanings) or not meanings


def test_each_meaning_once(client: Client, job: ReportJob) -> None:
    signed(client, job, "st", "REVIEW")
    again = signed(client, job, "st", "REVIEW")
    assert again.status_code == 422
    assert "with this meaning already" in again.content.decode()
    assert signed(client, job, "st", "APPROVAL").status_code == 302
    assert ReportApproval.objects.count() == 2


@pytest.mark.parametrize(
    "first, then, words",
    [("AUTHOR", "APPROVAL", "Another person approves it"), ("APPROVAL", "AUTHOR", "Another person signs as its author")],
)  # fmt: skip
def test_the_author_does_not_approve(
    client: Client, job: ReportJob, first: str, then: str, words: str
) -> None:
    assert signed(client, job, "st", first).status_code == 302
    assert f'value="{then}"' not in page(client, job, "st"), "it is not offered"
    answer = signed(client, job, "st", then)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert ReportApproval.objects.get().meaning == first
    assert signed(client, job, "da", "APPROVAL").status_code == 302, "somebody else does"


def test_the_approval_page_says_what_was_given_for_each_signature(client: Client, job: ReportJob) -> None:
    client.force_login(User.objects.get(username="da"))
    for meaning in ("REVIEW", "APPROVAL"):  # one session: the second takes the password alone
        given = {"meaning": meaning, "username": "da", "password": PASSWORD, "sha256": job.sha256}
        assert client.post(f"/reports/{job.pk}/approve/", given).status_code == 302
    html = render_to_string("reports/approvals.html", sheet.context(job, sheet.approvals_of(job)))
    first, second = html.split("<tr>")[-2:]
    assert "user name" in first.lower() and "first signature of the session" in first
    assert "user name" not in second.lower().split("</tbody>")[0] and "password" in second.lower()
    assert "two distinct" not in html


def test_a_wrong_password_signs_nothing_and_five_lock(client: Client, job: ReportJob) -> None:
    for _time in range(5):
        answer = signed(client, job, "st", password="wrong")
        assert answer.status_code == 422
        assert "Nothing was signed" in answer.content.decode()
        assert "wrong" not in answer.content.decode().split('type="password"')[1].split(">")[0]
    locked = signed(client, job, "st")
    assert locked.status_code == 422, "the right password is not right while locked out"
    assert not ReportApproval.objects.exists()
    failed = AuditEvent.objects.filter(action="SIGNATURE_FAILED", target=job.address, path="@approval")
    assert failed.count() == 6


@pytest.mark.parametrize(
    "given, words",
    [({"meaning": ""}, "Choose what the signature means"), ({"password": " "}, "Fill in everything"),
     ({"sha256": "0" * 64}, "not the one that was shown")],
)  # fmt: skip
def test_what_is_missing_is_asked_for(
    client: Client, job: ReportJob, given: dict[str, str], words: str
) -> None:
    answer = signed(client, job, "st", **given)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ReportApproval.objects.exists()


def test_no_signature_without_the_file(client: Client, job: ReportJob) -> None:
    job.path.unlink()
    answer = signed(client, job, "st")
    assert answer.status_code == 403
    assert "is not there" in answer.content.decode()
    ReportJob.objects.update(state=JobState.RUNNING, lease=timezone.now())
    assert "not finished" in str(
        approving.may_approve(User.objects.get(username="st"), ReportJob.objects.get()).reason
    )
    assert not ReportApproval.objects.exists()


def test_no_signature_under_a_file_that_was_exchanged(client: Client, job: ReportJob) -> None:
    job.path.write_bytes(b"%PDF-1.7 another")
    assert signed(client, job, "st").status_code == 422
    assert not ReportApproval.objects.exists()


def test_the_approval_page_is_a_sealed_file_of_its_own(client: Client, job: ReportJob, settings: Any) -> None:
    assert client.get(f"/reports/{job.pk}/approvals.pdf").status_code == 302
    signed(client, job, "st", "AUTHOR")
    signed(client, job, "da", "APPROVAL")
    body = job.path.read_bytes()
    waits = client.get(f"/reports/{job.pk}/approvals.pdf")
    assert waits.status_code == 202
    assert "being made" in waits.content.decode()
    assert sheet.sheet_make(job.pk)
    assert sheet.sheet_make(job.pk), "twice is harmless"
    answer = client.get(f"/reports/{job.pk}/approvals.pdf")
    content = b"".join(answer)  # type: ignore[call-overload]
    assert job.path.read_bytes() == body, "the report itself never changes"
    assert points(content) == []
    assert seal_of(content).good
    text = " ".join(PdfReader(io.BytesIO(content)).pages[0].extract_text().split())
    for words in (
        "I have made the analyses",
        "I approve this report",
        "9F2C-41D7-E41B-8A06",
        job.sha256[:8],
        "trial.example.org/check/",
        "Statistician",
    ):
        assert words in text, words
    sha256 = known(content)
    assert AuditEvent.objects.filter(action="REPORT_SHEET", new=sha256).count() == 1
    assert AuditEvent.objects.filter(action="REPORT_DOWNLOADED", path="@approvals", new=sha256).count() == 1
    path = sheet.sheet_path(job, sheet.approvals_of(job))
    path.unlink()
    assert sheet.sheet_make(job.pk)
    assert path.read_bytes() == content, "made again it is the same byte by byte"
    assert AuditEvent.objects.filter(action="REPORT_SHEET").count() == 1


def known(content: bytes) -> str:
    """`/check/` knows the page and names the report that it belongs to."""
    import hashlib

    sha256 = hashlib.sha256(content).hexdigest()
    answer = by_digest(sha256)
    assert answer.outcome == Outcome.SHEET
    assert answer.body == ReportJob.objects.get().sha256
    assert ("Signatures on it", "2") in answer.facts
    return sha256


def test_without_signatures_there_is_no_page(client: Client, job: ReportJob) -> None:
    client.force_login(User.objects.get(username="st"))
    assert client.get(f"/reports/{job.pk}/approvals.pdf").status_code == 404
    assert not sheet.sheet_make(job.pk)


def test_its_folder_is_below_var(job: ReportJob, settings: Any) -> None:
    assert Path(settings.VAR_DIR) in sheet.sheet_path(job, []).parents
