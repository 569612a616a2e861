"""S28 A blinded pathologist learns nothing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver

from crf.models import FormInstance
from endpoints.services import endpoints_recompute, trial_recompute
from participants.models import Participant, Visit
from pathology.models import CustodyEvent, PathologyCase, Reading
from pathology.services import readers_allocate
from tests import world
from tests.contracts.test_urls import TABLE, Line
from tests.integration.pathology.conftest import answers, posted
from tests.integration.pathology.test_pages import texts
from tests.integration.pathology.test_reading_page import receive
from tests.scenarios.stage import SignedIn, events, study_events
from tests.scenarios.test_s25_rights_are_enforced_at_the_server import links, walk
from trialsite.accounts.models import Site, User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

OTHER = "Written by the other reader"
FIRST = "Seen by the reader before"


@pytest.fixture
def case(cast: dict[str, User]) -> PathologyCase:
    return read_by_p2(cast)


def read_by_p2(cast: dict[str, User]) -> PathologyCase:
    """K-17: 01-003, operated, with imaging, AFP, the local report, slides and P2's reading; P1 has begun."""
    from tests.world import reading_save, reading_take

    lin = cast["lin"]
    made = world.screened(lin, "01-003")
    world.screening_01_003(made, lin)
    world.treatment_01_003(made, lin)
    world.operated(made, lin, "2024-05-30", "2024-06-14")
    endpoints_recompute(made.pk)
    trial_recompute()
    found = PathologyCase.objects.get(participant=made)
    receive(found, cast["da"])
    CustodyEvent.objects.filter(case=found).update(
        origin="Sun Yat-sen University Cancer Center", note="from 01-003"
    )
    reading = reading_take(by=cast["p2"], case=found)
    reading_save(by=cast["p2"], reading=reading, typed=answers("37", cp_com=OTHER), submit=True)
    reading_take(by=cast["p1"], case=found)
    return found


@pytest.fixture
def third(case: PathologyCase, cast: dict[str, User]) -> PathologyCase:
    """P1 and P2 do not agree: P3 is asked, and has not read."""
    from tests.world import reading_save

    mine = Reading.objects.get(case=case, reader=cast["p1"])
    reading_save(by=cast["p1"], reading=mine, typed=answers("3", cp_com=FIRST), submit=True)
    case.refresh_from_db()
    return readers_allocate(by=cast["da"], case=case, readers={"ADJ": cast["p3"]})


def secrets(participant: Participant) -> dict[str, list[str]]:
    """What P1 must not find: by what it is."""
    from crf.selectors.sheets import casebook

    book = casebook(participant.pk)
    site = participant.site
    sites = [name for one in Site.objects.all() for name in (one.name_en, one.name_zh) if name]
    days = {
        visit.actual_date
        for visit in Visit.objects.filter(participant=participant, actual_date__isnull=False)
    }
    afp = [
        str(row.get("lborres")) for sheet in book.all("LB") for row in sheet.lines("LB2")
        if row.get("lbtestcd") == "AFP" and row.get("lborres")
    ]  # fmt: skip
    return {
        "site": [*sites, f"site:{site.pk}", "Site 01", "Site 02"],
        "participant": [participant.number, f"participant:{participant.pk}/", "01-003", "1968"],
        "imaging response": ["Partial response", "PR (", "mRECIST", "RECIST", "部分缓解"],
        "AFP": [f">{text}<" for text in afp] + [f'"{text}"' for text in afp] + ["fetoprotein", "甲胎蛋白"],
        "dates of treatment": [text for day in days if day for text in _written(day)],
        "P2's value": ["37.0", "Peng Kai", OTHER, "63.0"],
        "classes and thresholds": [
            "MPR", "pCR", "threshold", "Threshold", "阈值", "10 %", "≤ 10", "≤10", "responder", "major pathological",
            "complete pathological", "病理缓解", "病理学缓解",
        ],
        "order of reading": [
            '"R1"', '"R2"', ">R1<", ">R2<", "Reader 1", "Reader 2", "first reading", "second reading", "阅片者1", "阅片者2",
            "djudicat", "仲裁", "re-read", "reread", "重读",
        ],
    }  # fmt: skip


MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def _written(day: dt.date) -> tuple[str, ...]:
    """As pages write a date."""
    return (
        f"{day:%Y-%m-%d}",
        f"{day.day} {MONTHS[day.month - 1]} {day.year}",
        f"{day.year}年{day.month}月{day.day}日",
    )


def assert_silent(where: str, text: str, participant: Participant, own: tuple[str, ...] = ()) -> None:
    """`own`: words that the page says of the reader, such as the name of the role."""
    text = re.sub(r"\b[0-9a-f]{8,}\b", "", text)  # digests and references: four digits in a row are chance
    for word in own:
        text = text.replace(word, "")
    for what, words in secrets(participant).items():
        for word in words:
            assert word not in text, f"{what}: {word!r} at {where}"


@pytest.fixture
def p1(at: SignedIn, case: PathologyCase) -> Client:
    return at("p1")


@pytest.fixture
def p3(at: SignedIn, third: PathologyCase) -> Client:
    return at("p3")


def reachable(reader: Client, case: PathologyCase, name: str) -> Iterator[tuple[str, str]]:
    """Everything that a reader gets by reading: pages, fragments, refusals, redirects, JSON, with their headers."""
    where, password = f"/readings/{case.code}/", f"demo-{name}-2026"
    yield from ((link, texts(reader.get(link, follow=True))) for _source, link, _status in walk(reader))
    for address in ("/readings/", "/readings/guide/", where, f"{where}slides/", "/readings/?page=9&done=9"):
        yield address, texts(reader.get(address))
    posts: list[tuple[str, dict[str, str]]] = [
        ("take/", {}),
        ("draft/", posted("8", version="0", touched="CP2:n1/cpn_rvt")),
        ("", posted("8", action="add_row:CP2", version="0")),
        ("", posted("8", action="slides_seen", version="0")),
        ("", posted("8", action="save", version="0", cp_recdat="2024-05-01")),
        ("", posted("8", action="save", version="0", cp_satellite="Y")),
        ("recut/", {"slide": "2", "reason": "Folded"}),
        ("recut/", {"reason": ""}),
        ("reopen/", {"reason": "too early"}),
        ("draft/drop/", {}),
        ("", posted("8", action="submit", version="0", password="wrong", username=name)),
        ("", whole(case, name, password)),
        ("", posted("9", action="save", version="7")),
        ("draft/", posted("9", version="7")),
        ("reopen/", {"reason": "A slide was left out"}),
    ]
    for rest, data in posts:
        form = Reading.objects.get(case=case, reader__username=name).form
        assert form is not None
        if data.get("version") == "0" and form.version:
            data = {key.replace(".n1.", ".1."): text for key, text in data.items()}
            data["version"] = str(form.version)
        response = reader.post(f"{where}{rest}", data)
        yield f"POST {rest or 'page'} {data.get('action', '')} {response.status_code}", texts(response)
    yield "worklist afterwards", texts(reader.get("/readings/", follow=True))
    yield "page afterwards", texts(reader.get(where, follow=True))


def whole(case: PathologyCase, name: str, password: str) -> dict[str, str]:
    """A reading that can be signed, as the page posts it."""
    seen = {f"slide.{item.number}": "SEEN" for item in case.items.filter(kind="SLIDE")}
    proof = {"username": name, "password": password, "confidence": "HIGH"}
    return posted("8", action="submit", version="0", cp_slides="3", cp_slides_bed="2") | seen | proof


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_p1_learns_nothing_by_reading(language: str, p1: Client, case: PathologyCase) -> None:
    User.objects.filter(username="p1").update(language=language)
    found = []
    for where, text in reachable(p1, case, "p1"):
        assert_silent(where, _without_tokens(text), case.participant)
        found.append(where)
    assert Reading.objects.get(case=case, reader__username="p1").submitted_at is not None
    assert f"/readings/{case.code}/" in found
    assert len(found) > 20


ROLE = ("Adjudicator", "仲裁")  # of P3, in the bar at the top of every page


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_an_adjudicator_learns_nothing_before_the_own_opinion(
    language: str, p3: Client, third: PathologyCase
) -> None:
    """The same page; the two readings are shown after the own opinion is signed."""
    User.objects.filter(username="p3").update(language=language)
    found = []
    for where, text in reachable(p3, third, "p3"):
        if Reading.objects.get(case=third, slot="ADJ").opinion_at is not None:
            break
        assert_silent(where, _without_tokens(text), third.participant, ROLE)
        assert FIRST not in text, where
        found.append(where)
    assert Reading.objects.get(case=third, slot="ADJ").opinion_at is not None, "it was signed in the end"
    assert len(found) > 12


def requests_of(table: dict[str, tuple[Line, ...]], case: PathologyCase) -> list[tuple[Line, str]]:
    places = {
        "number": case.participant.number, "case": case.code, "job": "1", "role": "1", "range": "1", "document": "1",
        "form": str(FormInstance.objects.filter(participant=case.participant)[0].pk), "query": "1", "pk": "1",
    }  # fmt: skip
    found = []
    for lines in table.values():
        for line in lines:
            path = re.sub(r"\{(\w+)\}", lambda m: places.get(m[1], "1"), line.path)
            found.append((line, path))
    return found


def test_no_address_of_the_site_answers_p1_with_more(p1: Client, case: PathologyCase) -> None:
    """Every address, read and written, also those that are not for P1: PDF, export, trail, queries, errors."""
    assert len(TABLE) > 50
    for line, path in requests_of(TABLE, case):
        if path.startswith(("/logout", "/language")):
            continue
        response = getattr(p1, line.method)(path, line.data)
        body = response.content if not response.streaming else b"".join(response.streaming_content)
        text = body.decode(errors="replace") + "".join(f"{k}: {v}\n" for k, v in response.items())
        for own in (path, case.participant.number):  # an address that P1 typed is P1's own knowledge
            text = text.replace(own, "TYPED") if own in path else text
        assert_silent(f"{line.method} {path} {response.status_code}", _without_tokens(text), case.participant)


def _without_tokens(text: str) -> str:
    return re.sub(r"(?:csrf\w*|token|nonce|[Rr]eference)[^\s>]*|[\w-]{20,}|\b[0-9a-f]{8,}\b", "", text)


@pytest.mark.parametrize(
    "data",
    [
        posted(cp_recdat="2024-05-01", cp_midat="2024-05-02"), posted(cp_recdat="2030-01-01"), posted("8", cp_slides="-3"),
        posted("8") | {"CP2.n1.cpn_nec": "10"}, posted("8", cp_mvi="nonsense"), posted("8") | {"CP2.n1.cpn_len": "9999"},
    ],
    ids=["before surgery", "future", "negative", "not a hundred", "no code", "too long"],
)  # fmt: skip
def test_errors_tell_nothing(data: dict[str, str], p1: Client, case: PathologyCase) -> None:
    for action in ("save", "submit"):
        version = FormInstance.objects.get(reading__case=case, reading__reader__username="p1").version
        more = {"action": action, "version": str(version), "username": "p1", "password": "demo-p1-2026"}
        response = p1.post(f"/readings/{case.code}/", data | more)
        assert response.status_code == 422 or (action == "save" and response.status_code == 302)  # a draft
        assert_silent(action, _without_tokens(response.content.decode()), case.participant)


def test_the_history_and_the_trail_are_closed(p1: Client, case: PathologyCase) -> None:
    form = FormInstance.objects.get(reading__case=case, reading__reader__username="p2")
    number = case.participant.number
    roads = (
        f"/p/{number}/CPATH/cpath/", f"/p/{number}/CPATH/cpath/history/", f"/p/{number}/CPATH/cpathf/history/",
        f"/p/{number}/results/mpr/", "/endpoints/", "/documents/", "/reports/", "/pathology/", "/audit/", "/queries/",
    )  # fmt: skip
    for road in roads:
        assert p1.get(road).status_code == 404, road
    assert events(form, "cp_com")[-1].new == OTHER, "it is in the trail, and P1 does not reach it"
    assert study_events("NOT_FOUND", actor_name="p1")


def test_what_p1_does_is_recorded_without_unblinding_others(
    p1: Client, at: SignedIn, case: PathologyCase
) -> None:
    """E6 3.16.1(f): the trail that site and monitor read shows no single reading."""
    p1.post(f"/readings/{case.code}/", whole(case, "p1", "demo-p1-2026"))
    assert AuditEvent.objects.filter(action="READING_SUBMITTED", actor_name="p1").exists()
    for name in ("lin", "mo", "st"):
        client = at(name)
        for link in {f"/p/{case.participant.number}/", *links(client.get("/", follow=True).content)}:
            answer = client.get(link, follow=True)
            text = (answer.getvalue() if answer.streaming else answer.content).decode(errors="replace")
            assert OTHER not in text, (name, link)
            assert case.code not in text, (name, link)


def test_the_code_says_nothing(case: PathologyCase) -> None:
    assert re.fullmatch(r"P-[2-9BCDFGHJKMNPQRSTVWXZ]{4}", case.code)
    assert str(case.participant.pk) != case.code[2:]
    assert "reading" in {pattern.name for pattern in _patterns(get_resolver().url_patterns)}


def _patterns(found: Any) -> list[Any]:
    flat = []
    for one in found:
        flat += _patterns(one.url_patterns) if hasattr(one, "url_patterns") else [one]
    return flat
