"""The endpoint report: asked for, built, taken away; the same content is the same file."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from endpoints.models import TrialState
from endpoints.models_reports import JobState, ReportJob
from endpoints.report_tasks import report_build
from endpoints.reports import build as building
from endpoints.reports.checking import Outcome, by_code, by_digest
from endpoints.reports.sealing import seal_of
from endpoints.reports.services import report_request
from participants.models import Participant
from tests.pdf_points import points
from trialsite.accounts.models import RoleHeld, Site, User
from trialsite.audit.models import AuditEvent
from trialsite.web.pdf import PdfError, pdf_of

pytestmark = pytest.mark.django_db

SHORT = ["glance", "listing", "chains"]


def built(by: User, language: str = "en", sections: list[str] = SHORT) -> ReportJob:
    job = report_request(by=by, language=language, sections=sections)
    report_build(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.READY, job.error
    return job


def text_of(job: ReportJob) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(job.path).pages)


def test_whole_report_from_the_page_to_the_file(
    trial: Participant, cast: dict[str, User], enter: Any
) -> None:
    client: Client = enter("mo")
    sections = [
        "glance",
        "participants",
        "primary",
        "radiology",
        "survival",
        "listing",
        "pathology",
        "methods",
        "settings",
    ]
    answer = client.post("/reports/", {"language": "en", "sections": sections})
    assert answer.status_code == 302
    job = ReportJob.objects.get()
    assert job.state == JobState.QUEUED
    waiting = client.get(f"/reports/{job.pk}/", {"poll": 1}, headers={"HX-Polling": "1"})
    assert waiting.status_code == 200
    assert "<progress" in waiting.content.decode()
    report_build(job.pk)
    done = client.get(f"/reports/{job.pk}/", {"poll": 1}, headers={"HX-Polling": "1"})
    assert done.status_code == 286
    assert "Download" in done.content.decode()
    file = client.get(f"/reports/{job.pk}/download/")
    body = b"".join(file)  # type: ignore[call-overload]
    assert file["Content-Type"] == "application/pdf"
    job.refresh_from_db()
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)
    mpr = TrialState.objects.get().results["rates"]["MPR"]["FAS"]["all"]
    for words in (
        f"{mpr['x']}/{mpr['n']}", f"{100 * mpr['exact']['lower']:.1f}–{100 * mpr['exact']['upper']:.1f}", "01-003", "02-101",
        "Kaplan–Meier", "Open for the sponsor", "Q-5: first scheduled scan", "8.3", "2024-05-30", "Reader 1",
    ):  # fmt: skip
        assert words in text, words
    assert len(PdfReader(io.BytesIO(body)).pages) == job.pages
    assert points(body) == [], "what PDF/A-3a and PDF/UA-1 ask for"
    assert seal_of(body).good
    assert (by_digest(job.sha256).outcome, by_code(job.code).outcome) == (Outcome.GENUINE, Outcome.CODE)
    assert sorted(PdfReader(io.BytesIO(body)).attachments) == ["endpoint-data.json", "figures.json"]
    taken = AuditEvent.objects.get(action="REPORT_DOWNLOADED")
    assert (taken.target, taken.new, taken.actor) == (job.address, job.sha256, cast["mo"])
    assert AuditEvent.objects.filter(action="REPORT_REQUESTED", target=job.address).count() == 1


def test_the_same_content_is_the_same_file_at_once(trial: Participant, cast: dict[str, User]) -> None:
    job = built(cast["mo"])
    again = report_request(by=cast["st"], language="en", sections=SHORT)
    assert again.pk == job.pk
    assert AuditEvent.objects.filter(action="REPORT_REQUESTED").count() == 2


def test_built_twice_it_is_the_same_byte_by_byte(trial: Participant, cast: dict[str, User]) -> None:
    job = built(cast["mo"])
    first = job.path.read_bytes()
    job.path.unlink()
    ReportJob.objects.filter(pk=job.pk).update(state=JobState.QUEUED, sha256="", lease=None)
    report_build(job.pk)
    job.refresh_from_db()
    assert job.path.read_bytes() == first
    fresh = ReportJob.objects.create(key="x", language="en", sections=SHORT, requested_by=cast["mo"])
    report_build(fresh.pk)
    fresh.refresh_from_db()
    assert fresh.sha256 == job.sha256, "the clock, the person and the job are no part of the file"


def test_tagged_archival_and_without_anything_from_outside(trial: Participant, cast: dict[str, User]) -> None:
    reader = PdfReader(built(cast["mo"]).path)
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert b"pdfaid" in reader.trailer["/Root"]["/Metadata"].get_object().get_data()  # type: ignore[index]
    assert reader.trailer["/Root"]["/Lang"] == "en"  # type: ignore[index]


def test_in_chinese(trial: Participant, cast: dict[str, User]) -> None:
    text = text_of(built(cast["mo"], "zh-hans"))
    for words in ("终点报告", "受试者", "主要", "超米兰标准"):
        assert words in text.replace("\n", ""), words


def test_another_language_or_section_is_another_report(trial: Participant, cast: dict[str, User]) -> None:
    keys = {
        report_request(by=cast["mo"], language=language, sections=sections).key
        for language in ("en", "zh-hans")
        for sections in (SHORT, ["glance"])
    }
    assert len(keys) == 4


def test_a_monitor_of_one_site_lists_that_site(trial: Participant, cast: dict[str, User], enter: Any) -> None:
    whole = built(cast["mo"])
    RoleHeld.objects.filter(user=cast["st"]).update(site=Site.objects.get(number="02"))
    cast["st"].__dict__.pop("_grants", None)
    mine = built(User.objects.get(pk=cast["st"].pk))
    text = text_of(mine)
    assert "02-101" in text
    assert "01-003" not in text
    client = enter("st")
    assert client.get(f"/reports/{whole.pk}/").status_code == 404
    assert client.get(f"/reports/{whole.pk}/download/").status_code == 404
    assert client.get(f"/reports/{mine.pk}/").status_code == 200


@pytest.mark.parametrize("name", ["lin", "chen", "p1", "p3", "ad"])
def test_others_find_nothing(trial: Participant, cast: dict[str, User], enter: Any, name: str) -> None:
    job = built(cast["mo"], sections=["glance"])
    client = enter(name)
    for page in ("/reports/", f"/reports/{job.pk}/", f"/reports/{job.pk}/download/"):
        assert client.get(page).status_code == 404
    assert client.post(f"/reports/{job.pk}/retry/").status_code == 404
    assert not AuditEvent.objects.filter(action="REPORT_DOWNLOADED").exists()


def test_a_failure_says_why_and_can_be_tried_again(
    trial: Participant, cast: dict[str, User], enter: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise PdfError("The document needs more memory than is allowed.")

    job = report_request(by=cast["mo"], language="en", sections=SHORT)
    with monkeypatch.context() as patch:
        patch.setattr(building, "pdf_of", refuse)
        report_build(job.pk)
    client = enter("mo")
    page = client.get("/reports/").content.decode()
    assert "The document needs more memory than is allowed." in page
    assert "Retry" in page
    assert client.get(f"/reports/{job.pk}/download/").status_code == 404
    client.post(f"/reports/{job.pk}/retry/")
    job.refresh_from_db()
    assert job.state == JobState.QUEUED
    report_build(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.READY


def test_two_workers_build_it_once(trial: Participant, cast: dict[str, User]) -> None:
    job = report_request(by=cast["mo"], language="en", sections=SHORT)
    assert building._claim(job.pk)
    assert not building.build(job.pk), "the other one is at it"
    ReportJob.objects.filter(pk=job.pk).update(lease=timezone.now() - building.LEASE)
    assert building.build(job.pk), "a worker that fell silent is replaced"


def test_nothing_to_choose_is_answered(trial: Participant, enter: Any) -> None:
    answer = enter("mo").post("/reports/", {"language": "en"})
    assert answer.status_code == 422
    assert "at least one section" in answer.content.decode()
    assert not ReportJob.objects.exists()


def test_the_child_fetches_nothing_and_keeps_its_limits() -> None:
    at = timezone.now()
    for address in ("file:///etc/passwd", "http://127.0.0.1:9/x.png"):
        with pytest.raises(PdfError):
            pdf_of(f'<img src="{address}">', css=f"body{{background:url({address})}}", at=at, identifier="x")
    with pytest.raises(PdfError):
        pdf_of("<p>x</p>", css="", at=at, identifier="x", memory=64 * 1024**2)


def test_parts_become_one_file() -> None:
    made = pdf_of(["<p>one</p>", "<p>two</p>"], css="", at=timezone.now(), identifier="x")
    reader = PdfReader(io.BytesIO(made.content))
    assert made.pages == len(reader.pages) == 2
