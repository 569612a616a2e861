"""The same contract for the one form that is not kept at a site: a central reading, on its blinded page."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from crf.models import FormStatus
from crf.samples import Sample, raw_post, spoilt
from crf.selectors.sheets import sheet_of
from crf.services.writing import changes, each_line
from crf.sheets import Sheet
from pathology.models import PathologyCase, Reading
from tests.contracts import html
from tests.contracts.conftest import fresh
from tests.contracts.stages import OPERATED, Place, before, entered, page_named, sample_of
from tests.world import reading_take
from trialsite.accounts.demo import CAST
from trialsite.accounts.models import User
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db
PLACE = Place("CPATH/CPATH", OPERATED)
PASSWORD = next(person.password for person in CAST if person.username == "p1")


@pytest.fixture
def reading(people: dict[str, User]) -> Reading:
    participant = entered(people, before(PLACE))
    return reading_take(by=people["p1"], case=PathologyCase.objects.get(participant=participant))


@pytest.fixture
def page(people: dict[str, User]) -> Client:
    client = Client()
    client.force_login(people["p1"])
    return client


def url(reading: Reading) -> str:
    return f"/readings/{reading.case.code}/"


def send(page: Client, reading: Reading, data: dict[str, Any], **more: Any) -> Any:
    extra = {
        "version": fresh(reading.form).version, "token": uuid.uuid4().hex, "action": "save", "confidence": "HIGH",
        "zero.CP2.n2": "1", "zero.CP2.2": "1",  # of the second nodule: none in any slide
    } | more  # fmt: skip
    return page.post(url(reading), {**data, **extra})


def made(reading: Reading, people: dict[str, User]) -> Sample:
    """The first reading of participant 01-003."""
    return sample_of(page_named(PLACE.page), fresh(reading.form), people["p1"])


def as_shown(name: str, texts: list[str]) -> list[str]:
    """The page shows a whole share as it is typed: 8, not 8.0."""
    return [text.removesuffix(".0") for text in texts] if name.endswith(("_rvt", "_nec", "_str")) else texts


def test_a_reading_is_saved_signed_audited_and_reads_back_equal(
    reading: Reading, page: Client, people: dict[str, User]
) -> None:
    sample = made(reading, people)
    before = AuditEvent.objects.filter(target=reading.form.address).count()
    response = send(page, reading, sample.post())
    assert response.status_code == 302, html.read(response).errors
    shown = html.answers(page.get(url(reading)))
    typed = {name: v for name, v in html.filled(sample.post()).items() if name in shown}
    assert {name: as_shown(name, shown[name]) for name in typed} == {
        name: as_shown(name, v) for name, v in typed.items()
    }
    assert len(typed) > 20

    wrong = send(page, reading, sample.post(), action="submit", username="p1", password="other")
    assert wrong.status_code == 422
    assert fresh(reading.form).status == FormStatus.IN_PROGRESS
    sample = Sample(sample.definition, sample.sheet, sample.around, frozenset({"CP2:1", "CP2:2"}))
    signed = send(page, reading, sample.post(), action="submit", username="p1", password=PASSWORD)
    assert signed.status_code == 302, html.read(signed).errors
    stored = sheet_of(fresh(reading.form))
    for prefix, fields, holder, row in each_line(sample.definition, sample.sheet):
        mine = stored if row is None else stored.rows[prefix.partition(":")[0]][row.row - 1]
        for crf_field in fields:
            if not crf_field.derived:
                assert mine.values.get(crf_field.name) == holder.values.get(crf_field.name), crf_field.name
    empty = Sheet("CPATH", stored.form)
    wanted = {c.path: c.new for c in changes(sample.definition, empty, stored)}
    events = AuditEvent.objects.filter(target=reading.form.address).order_by("number")[before:]
    data = [e for e in events if not e.path.startswith("@") and not e.path.endswith("@soft")]
    assert {event.path: event.new for event in data} == wanted
    assert {event.actor_name for event in data if event.action == Action.ENTER} == {"p1"}
    # signed: no change any more, by any road
    again = send(page, reading, sample.post() | {"cp_com": "Second thoughts"})
    assert again.status_code == 403
    assert sheet_of(fresh(reading.form)) == stored


def test_what_is_spoilt_is_refused_at_its_field_and_stays_there(
    reading: Reading, page: Client, people: dict[str, User]
) -> None:
    sample = made(reading, people)
    events = AuditEvent.objects.count()
    ways: list[dict[str, Any]] = [{}, {}]
    paths: list[list[str]] = [[], []]
    for prefix, crf_field, holder, lookup in sample.fields():
        if crf_field.name == "cp_reader":  # set by the system
            continue
        spoiled = [
            s for s in spoilt(crf_field, lookup, holder.values.get(crf_field.name)) if "limit" not in s.kind
        ]
        for number, one in enumerate(spoiled[:2]):
            at = sample.name(prefix, crf_field.name)
            ways[number] |= raw_post(crf_field, at, one.raw) | (
                {f"{at}__miss": one.missing} if one.missing else {}
            )
            paths[number].append(prefix + crf_field.name)
    for way, spoilt_paths in zip(ways, paths, strict=True):
        response = send(page, reading, sample.post() | way)
        assert response.status_code == 422
        assert [path for path in spoilt_paths if not html.error_at(response, path)] == []
    assert AuditEvent.objects.count() == events
    assert fresh(reading.form).version == 0


def test_nothing_on_the_page_or_in_its_refusals_tells_whose_case_it_is(
    reading: Reading, page: Client, people: dict[str, User]
) -> None:
    """S28, as far as this page goes: number, site, dates of treatment, the other reader."""
    sample = made(reading, people)
    early = sample.post() | raw_post(
        sample.definition.fields["cp_recdat"], "cp_recdat", "2024-05-01"
    )  # before surgery
    pages = [
        page.get("/readings/"),
        page.get(url(reading)),
        send(page, reading, early),
        send(page, reading, sample.post(), version=7),
    ]
    for response in pages:
        text = response.content.decode()
        for secret in (
            reading.case.participant.number,
            "Sun Yat-sen",
            "2024-05-30",
            "30 May 2024",
            "Peng",
            "Lin Yue",
        ):
            assert secret not in text
