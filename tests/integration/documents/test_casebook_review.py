"""The casebook says what was asked, verified and signed, in words and on the pages of the file."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from html import unescape
from typing import Any

import pytest
from pypdf import PdfReader

from crf.documents.book import book
from crf.documents.capture import capture
from crf.documents.casebook import casebook_document
from crf.documents.services import document_request
from crf.models import Query
from crf.selectors.signing import to_sign
from crf.services.queries import query_act, query_raise
from crf.services.signing import Proof, forms_sign
from crf.services.verification import values_verify
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User
from trialsite.kernel.digests import canonical
from trialsite.web.pdf import pdf_of

pytestmark = pytest.mark.django_db

PROOF = Proof(("username", "password"), first_in_session=True)
SHOWN = {("DM", "SCR"), ("IE", "SCR")}


@pytest.fixture
def reviewed(participant: Participant, cast: dict[str, User]) -> Participant:
    """Demographics: asked, answered, closed; two values verified; signed, and one of them changed since."""
    form = world.form(participant, "DM", "SCR")
    query = query_raise(
        by=cast["mo"], participant=participant, form=form, path="sex", text="Which sex does the source name?"
    )
    query_act(by=cast["lin"], query=query, act="answer", text="Male on the card.", outcome="CONFIRMED")
    found = Query.objects.select_related("participant__site", "form__participant").get(pk=query.pk)
    query_act(by=cast["mo"], query=found, act="close", text="Thank you.")
    query_raise(by=cast["mo"], participant=participant, text="Is there a second consent?")
    values_verify(by=cast["mo"], form=world.form(participant, "DM", "SCR"), paths=["sex", "su_packyr"])
    ready = [form.pk for form in to_sign().filter(participant=participant)]
    forms_sign(by=cast["chen"], participant=participant, forms=ready, meaning="CONFIRM", proof=PROOF)
    world.change(world.form(participant, "DM", "SCR"), cast["lin"], "Read again.", su_packyr="22")
    return participant


def content_of(participant: Participant, language: str = "en") -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(canonical(capture(participant, language)))
    return whole | {"forms": [f for f in whole["forms"] if (f["key"], f["visit"]) in SHOWN], "open": []}


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def page_of(participant: Participant, language: str = "en") -> str:
    html = "".join(casebook_document(content_of(participant, language), language).parts)
    return html.partition('<article class="crf"')[2].partition("</article>")[0]


def test_a_thread_with_its_number_state_and_steps(reviewed: Participant, cast: dict[str, User]) -> None:
    query = Query.objects.get(question="Which sex does the source name?")
    said = words(page_of(reviewed))
    thread = said.partition(f"Q-01-003-{query.number}")[2]
    assert thread.startswith(" · Sex at birth · Closed")
    for part in (
        "query raised Male Which sex does the source name?", "query answered Male Confirmed against source. Male on the card.",
        "query closed Male Thank you.", f"{cast['mo']}, Monitor", f"{cast['lin']}, Study coordinator",
    ):  # fmt: skip
        assert part in thread, part
    assert f"<sup>Q{query.number}</sup>" in page_of(reviewed)
    assert "质疑" in page_of(reviewed, "zh") or "Queries" in page_of(reviewed, "zh")


def test_a_shield_beside_a_verified_value_and_by_whom(reviewed: Participant, cast: dict[str, User]) -> None:
    html = page_of(reviewed)
    row = html.partition("Sex at birth")[2].partition("Race")[0]
    assert '<span class="vf">V</span>' in row
    assert '<span class="vf">' not in html.partition("Pack-years")[2].partition("Alcohol use")[0]
    said = words(html)
    assert f"{cast['mo']}: 1 value" in said
    assert "Changed since verified Pack-years:" in said
    assert "to 22.0 pack-years" in said


def test_a_signature_with_what_voided_it(reviewed: Participant, cast: dict[str, User]) -> None:
    said = words(page_of(reviewed))
    assert f"Signature 1 {cast['chen'].full_name} · Investigator · “I confirm these data” ·" in said
    assert re.search(
        r"\d{2}:\d{2}:\d{2} UTC, \d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} Asia/Shanghai \(UTC\+08:00\)", said
    )
    assert re.search(r"void since .*: Pack-years: \S+ to 22.0 pack-years", said)
    assert "not signed" not in said


def test_the_manifest_is_a_page_of_the_file(reviewed: Participant, cast: dict[str, User]) -> None:
    content = content_of(reviewed)
    content["signatures"][0]["forms"] = content["signatures"][0]["forms"][:12]
    made = casebook_document(content, "en")
    file = pdf_of(
        made.parts, css=made.css, frame=made.frame, total=made.total, outline=[one.plain() for one in made.outline],
        at=dt.datetime.fromisoformat(content["at"]), identifier=made.identifier,
    )  # fmt: skip
    reader = PdfReader(io.BytesIO(file.content))
    last = " ".join(reader.pages[-1].extract_text().split())
    signature = content["signatures"][0]
    for part in (
        "Signature 1", "Printed name", "Chen Wei", "I confirm these data", "UTC, ", "Asia/", "complete and accurate record",
        "user name + password", "Demographics", "stands", "void since", signature["digest"][:40],
    ):  # fmt: skip
        assert part in last, part
    every = "".join(page.extract_text() for page in reader.pages)
    assert "Is there a second consent?" in every
    assert [one["/Title"] for one in reader.outline if not isinstance(one, list)][-1] == "Signatures"


def test_what_a_signature_answers_is_printed_at_its_question(
    participant: Participant, cast: dict[str, User]
) -> None:
    form = world.form(participant, "IE", "SCR")
    type(form).objects.filter(pk=form.pk).update(query_open=0, query_answered=0)
    assert content_of(participant)["forms"][0]["esign"] == {}
    forms_sign(by=cast["chen"], participant=participant, forms=[form.pk], meaning="REVIEW", proof=PROOF)
    html = "".join(casebook_document(content_of(participant), "en").parts)
    answer = words(html.partition("Investigator e-signature on eligibility")[2][:600])
    assert f"{cast['chen'].full_name}, " in answer
    assert "UTC (signature 1)" in answer


def test_the_same_content_is_the_same_document_and_a_review_is_new_content(
    reviewed: Participant, cast: dict[str, User]
) -> None:
    content = content_of(reviewed)
    one, two = casebook_document(content, "both"), casebook_document(content, "both")
    assert (one.parts, one.identifier) == (two.parts, two.identifier)
    job = document_request(by=cast["mo"], kind="CASEBOOK", language="en", participant=reviewed)
    again = document_request(by=cast["mo"], kind="CASEBOOK", language="en", participant=reviewed)
    assert again.pk == job.pk
    query = query_raise(by=cast["mo"], participant=reviewed, text="Which chart is the source?")
    assert document_request(by=cast["mo"], kind="CASEBOOK", language="en", participant=reviewed).pk != job.pk
    assert query.number


def test_single_central_readings_have_no_threads(reviewed: Participant) -> None:
    whole = json.dumps(json.loads(canonical(capture(reviewed, "en"))))
    assert "cp_rvt_case" not in whole


def test_the_blank_crf_knows_no_signatures() -> None:
    pages = "".join(book("blank", "en").parts)
    assert "Source data verification" not in pages
    assert '<span class="vf">' not in pages
