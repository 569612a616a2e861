"""The casebook: asked for, built, taken away; everything in it, nothing that a site must not see."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from crf.documents import build as building
from crf.documents.capture import capture
from crf.documents.casebook import casebook_document
from crf.documents.services import document_request
from crf.models import DocumentJob, FormInstance, FormStatus
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.models import AuditChain, AuditEvent
from trialsite.kernel.digests import canonical
from trialsite.web.jobs import JobState
from trialsite.web.pdf import Pdf, PdfError

pytestmark = pytest.mark.django_db


def content_of(participant: Participant, language: str = "en") -> dict[str, Any]:
    return json.loads(canonical(capture(participant, language)))


def text_of(participant: Participant, language: str = "en") -> str:
    return "".join(casebook_document(content_of(participant, language), language).parts)


def test_every_started_form_is_there_and_single_readings_are_not(participant: Participant) -> None:
    content = content_of(participant)
    started = FormInstance.objects.filter(participant=participant, active=True).exclude(
        status=FormStatus.EXPECTED
    )
    single = started.filter(form_key="CPATH")
    assert single.count() >= 2
    held = {form["pk"] for form in content["forms"]}
    assert held == set(started.exclude(form_key="CPATH").values_list("pk", flat=True))
    assert not {f"form:{pk}" for pk in single.values_list("pk", flat=True)} & set(content["references"])
    assert "cp_rvt_case" not in json.dumps(content)
    assert "cpf_rvt" in json.dumps(content), "the final result is there"


def test_values_units_labels_and_missing_reasons(participant: Participant, cast: dict[str, User]) -> None:
    html = text_of(participant)
    for words in (
        '<span class="val">171.0</span><span class="u">cm</span>', "Weight", "4 Mar 2024", "not signed", "not verified",
        "neither frozen nor locked",
    ):  # fmt: skip
        assert words in html, words
    assert "2024年3月4日" in text_of(participant, "zh")
    both = text_of(participant, "both")
    assert '<span lang="zh-Hans">男</span>' in both


def test_a_laboratory_panel_is_a_table_with_ranges_and_grades(participant: Participant) -> None:
    html = text_of(participant)
    line = html.partition("Aspartate aminotransferase")[2].partition("</tr>")[0]
    assert "15 … 40" in line.replace('<span class="val">', "").replace("</span>", "")
    assert "Reference range" in html
    assert "CTCAE grade" in html


def test_a_later_change_has_its_letter_and_its_line(participant: Participant, cast: dict[str, User]) -> None:
    world.change(world.form(participant, "VS", "SCR"), cast["lin"], weight="71.0")
    html = text_of(participant)
    assert '<span class="val">71.0</span><span class="u">kg</span><sup>a</sup>' in html
    line = html.partition("Corrected after source check.")[0].rpartition("<tr>")[2]
    assert [
        words in line for words in ("<td>a</td>", "Weight", "70.0 kg", "71.0 kg", "Study coordinator")
    ] == [True] * 5
    assert "Asia/Shanghai, UTC+08:00" in html


def test_findings_stand_with_their_state(participant: Participant) -> None:
    content = content_of(participant)
    found = [one for form in content["forms"] for one in form["findings"]]
    assert found, "01-003 has findings"
    html = text_of(participant)
    assert f"<td>{found[0]['rule']}</td>" in html
    assert "<sup>F1" in html


def test_what_it_was_made_from_is_named_on_every_page(participant: Participant) -> None:
    content = content_of(participant)
    chain = AuditChain.objects.get(name=f"participant:{participant.pk}")
    assert content["chain"] == {"length": chain.length, "head": chain.head}
    document = casebook_document(content, "en")
    pages = "".join(document.parts)
    assert chain.head in document.parts[0]
    feet = pages.count('<span class="foot">')
    assert pages.count(f"{chain.length} {chain.head[:16]}") == feet
    assert pages.count(content["configuration"]) >= feet


def test_the_same_content_is_the_same_document(participant: Participant) -> None:
    content = content_of(participant)
    one, two = casebook_document(content, "zh"), casebook_document(content, "zh")
    assert (one.parts, one.identifier, one.frame) == (two.parts, two.identifier, two.frame)


def test_its_questions_are_few_however_much_there_is(participant: Participant, cast: dict[str, User]) -> None:
    with CaptureQueriesContext(connection) as whole:
        capture(participant, "en")
    with CaptureQueriesContext(connection) as small:
        capture(world.screened(cast["lin"]), "en")
    assert len(whole) < 70
    assert len(small) <= len(whole)


# --- from the page to the file --------------------------------------------------------------------------------------


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two forms are enough for the file."""
    real = building.capture

    def few(participant: Participant, language: str) -> dict[str, Any]:
        content = real(participant, language)
        chosen = [
            form
            for form in content["forms"]
            if (form["key"], form["visit"]) in (("DM", "SCR"), ("LB", "SCR"))
        ]
        return content | {"forms": chosen[:3], "open": content["open"][:3]}

    monkeypatch.setattr(building, "capture", few)


@pytest.fixture
def client(cast: dict[str, User]) -> Client:
    client = Client()
    client.force_login(cast["lin"])
    return client


def test_from_the_page_to_the_file(
    short: None, participant: Participant, cast: dict[str, User], client: Client
) -> None:
    address = f"/p/{participant.number}/documents/"
    assert "Build" in client.get(address).content.decode()
    length = AuditChain.objects.get(name=f"participant:{participant.pk}").length
    assert client.post(address, {"language": "both"}).status_code == 302
    job = DocumentJob.objects.get()
    assert (job.state, job.kind, job.participant) == (JobState.QUEUED, "CASEBOOK", participant)
    waiting = client.get(f"/documents/{job.pk}/", {"poll": 1})
    assert waiting.status_code == 200
    assert "<progress" in waiting.content.decode()
    assert building.build(job.pk), DocumentJob.objects.get().error
    done = client.get(f"/documents/{job.pk}/", {"poll": 1})
    assert done.status_code == 286
    assert "Download" in done.content.decode()
    file = client.get(f"/documents/{job.pk}/download/")
    body = b"".join(file)  # type: ignore[call-overload]
    job.refresh_from_db()
    assert f"casebook_01-003_both_{job.sha256[:8]}.pdf" in file["Content-Disposition"]
    taken = AuditEvent.objects.get(action="REPORT_DOWNLOADED")
    assert (taken.target, taken.new, taken.actor) == (job.address, job.sha256, cast["lin"])
    assert AuditChain.objects.get(name=f"participant:{participant.pk}").length == length, (
        "asking changes no data"
    )
    reader = PdfReader(io.BytesIO(body))
    assert len(reader.pages) == job.pages
    pages = [page.extract_text() for page in reader.pages]
    assert f"Page {job.pages} of {job.pages}" in " ".join(pages[-1].split())
    assert "人口学资料" in "".join(pages)
    assert "Demographics" in "".join(pages)
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert b"pdfaid" in root["/Metadata"].get_data()
    kept = PdfReader(job.path)
    titles = [one["/Title"] for one in kept.outline if not isinstance(one, list)]
    assert titles[0].startswith("SCR")


def test_built_again_it_is_the_same_byte_by_byte(
    short: None, participant: Participant, cast: dict[str, User]
) -> None:
    job = document_request(by=cast["lin"], kind="CASEBOOK", language="en", participant=participant)
    assert building.build(job.pk)
    first = DocumentJob.objects.get(pk=job.pk)
    assert (
        document_request(by=cast["mo"], kind="CASEBOOK", language="en", participant=participant).pk == job.pk
    )
    first.path.unlink()
    job.note(state=JobState.QUEUED)
    assert building.build(job.pk)
    assert DocumentJob.objects.get(pk=job.pk).sha256 == first.sha256


def test_new_data_are_a_new_casebook(participant: Participant, cast: dict[str, User]) -> None:
    job = document_request(by=cast["lin"], kind="CASEBOOK", language="en", participant=participant)
    world.change(world.form(participant, "VS", "SCR"), cast["lin"], weight="71.5")
    other = document_request(by=cast["lin"], kind="CASEBOOK", language="en", participant=participant)
    assert other.pk != job.pk


def test_a_failure_says_why_and_can_be_tried_again(
    participant: Participant, cast: dict[str, User], client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise PdfError("The document needs more memory than is allowed.")

    job = document_request(by=cast["lin"], kind="CASEBOOK", language="en", participant=participant)
    with monkeypatch.context() as patch:
        patch.setattr(building, "pdf_of", refuse)
        assert not building.build(job.pk)
    page = client.get(f"/p/{participant.number}/documents/").content.decode()
    assert "The document needs more memory than is allowed." in page
    assert "Retry" in page
    assert client.get(f"/documents/{job.pk}/download/").status_code == 404
    assert client.post(f"/documents/{job.pk}/retry/").status_code == 302
    made = Pdf(b"%PDF-1.7", 1)
    monkeypatch.setattr(building, "pdf_of", lambda *args, **kwargs: made)
    assert building.build(job.pk)
    job.refresh_from_db()
    assert (job.state, job.sha256) == (JobState.READY, made.sha256)


def test_another_site_s_casebook_does_not_exist(participant: Participant, cast: dict[str, User]) -> None:
    job = document_request(by=cast["lin"], kind="CASEBOOK", language="en", participant=participant)
    stranger = Client()
    stranger.force_login(cast["wu"])
    for address in (
        f"/p/{participant.number}/documents/",
        f"/documents/{job.pk}/",
        f"/documents/{job.pk}/download/",
    ):
        assert stranger.get(address).status_code == 404, address
    assert f"job-{job.pk}" not in stranger.get("/documents/").content.decode()
    reader = Client()
    reader.force_login(cast["p1"])
    assert reader.get(f"/documents/{job.pk}/").status_code == 404
    assert reader.get("/documents/").status_code == 404
