"""A reader sees case codes and nothing else; who may not read finds nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from participants.models import Participant
from pathology.models import PathologyCase, Reading
from pathology.services import readers_allocate
from tests import world
from tests.integration.pathology.conftest import SURGERY, Submit, posted
from tests.world import reading_take
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db

PROOF = {"username": "p1", "password": "demo-p1-2026", "confidence": "HIGH"}


def enter(client: Client, user: User) -> Client:
    client.force_login(user)
    return client


@pytest.fixture
def given(case: PathologyCase, cast: dict[str, User]) -> PathologyCase:
    """The case, with a place for P1 that is not begun."""
    return readers_allocate(by=cast["da"], case=case, readers={"R1": cast["p1"]})


# Tokens and nonces are random letters: any short word turns up in them sooner or later.
RANDOM = re.compile(
    r'(?:name="(?:csrfmiddlewaretoken|csrf-token|token)" (?:value|content)="|nonce-|csrftoken=)[\w+/=-]+'
)


def texts(response: Any) -> str:
    """Everything that reaches the reader: address, headers and body."""
    head = "\n".join(f"{name}: {value}" for name, value in response.items())
    return RANDOM.sub("", f"{response.request['PATH_INFO']}\n{head}\n{response.content.decode()}")


def harvest(client: Client, start: str) -> Iterator[tuple[str, str]]:
    """Every page that can be reached by links from a first one."""
    seen, waiting = set(), [start]
    while waiting:
        path = waiting.pop()
        if path in seen or path.startswith(("/static/", "/logout", "#", "http", "mailto:")):
            continue
        seen.add(path)
        response = client.get(path)
        if response.status_code == 200 and "html" in response["Content-Type"]:
            yield path, texts(response)
            waiting += re.findall(r'href="(/[^"#]*)', response.content.decode())


def unblinding(participant: Participant) -> list[str]:
    """What no reader may see: who, where, when, and what others read."""
    first = "2024-03-14"
    days = [SURGERY, "30 May 2024", "2024年5月30日", first, "14 Mar 2024", "2024-06-14"]
    return [
        participant.number,
        participant.site.name_en,
        participant.site.name_zh,
        *days,
        f"participant:{participant.pk}",
    ]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_nothing_unblinding_on_any_page(
    language: str, client: Client, case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    submit(cast["p2"], case, "37", cp_com="Written by the other reader")
    reading_take(by=cast["p1"], case=case)
    User.objects.filter(username="p1").update(language=language)
    enter(client, User.objects.get(username="p1"))
    pages = dict(harvest(client, "/readings/"))
    assert {f"/readings/{case.code}/", "/readings/guide/"} <= pages.keys()
    for path, text in pages.items():
        for secret in [*unblinding(case.participant), "Peng Kai", "37.0", "Written by the other reader"]:
            assert secret not in text, f"{secret} on {path}"
        assert "R2" not in text
        assert "cp_rvt_case" not in text
        assert "cp_mpr" not in text


def test_errors_tell_nothing_either(client: Client, case: PathologyCase, cast: dict[str, User]) -> None:
    """Dates before the operation: the bound is the date of surgery, and is not told."""
    reading_take(by=cast["p1"], case=case)
    enter(client, cast["p1"])
    data = posted(cp_recdat="2024-05-01", cp_midat="2024-05-02", action="save", version="0")
    response = client.post(f"/readings/{case.code}/", data)
    assert response.status_code == 422
    text = texts(response)
    assert "This date cannot be right" in text
    assert "urgery" not in re.sub(r"<script.*?</script>", "", text)
    late = posted(cp_midat="2024-12-24", action="save", version="0")
    assert client.post(f"/readings/{case.code}/", late).status_code == 302
    text = texts(client.get(f"/readings/{case.code}/"))
    assert "soft-open" not in text
    for secret in unblinding(case.participant):
        assert secret not in text


def test_opening_the_page_changes_nothing(
    client: Client, given: PathologyCase, cast: dict[str, User]
) -> None:
    """From the rail or by its address: the reading begins with the first thing that is kept."""
    enter(client, cast["p1"])
    page = client.get(f"/readings/{given.code}/")
    assert "Not started" in page.content.decode()
    assert Reading.objects.get(reader=cast["p1"]).taken_at is None
    client.post(f"/readings/{given.code}/draft/", {"version": "0", "CP2.n1.cpn_rvt": "8"})
    assert Reading.objects.get(reader=cast["p1"]).taken_at is not None
    assert "In progress" in client.get(f"/readings/{given.code}/").content.decode()


def test_a_double_click_starts_one_reading(
    client: Client, given: PathologyCase, cast: dict[str, User]
) -> None:
    enter(client, cast["p1"])
    for _ in range(2):
        answer = client.post(reverse("reading_take", args=[given.code]))
        assert answer.headers["Location"] == f"/readings/{given.code}/"
    assert Reading.objects.filter(reader=cast["p1"]).count() == 1


def test_what_is_not_yours_does_not_exist(
    client: Client, case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    submit(cast["p1"], case)
    enter(client, cast["p2"])
    roads = ("", "draft/", "draft/drop/", "recut/", "reopen/", "take/")
    for road in roads:
        address = f"/readings/{case.code}/{road}"
        assert client.post(address, {"reason": "x"}).status_code == 404, road  # not allocated
    for name in ("lin", "da", "mo", "p3"):
        enter(client, cast[name])
        assert client.get(f"/readings/{case.code}/").status_code == 404
    assert client.get("/readings/P-NONE/").status_code == 404


def test_the_adjudicator_finds_the_case_when_it_is_needed(
    client: Client, case: PathologyCase, cast: dict[str, User], submit: Submit
) -> None:
    enter(client, cast["p3"])
    assert case.code not in client.get("/readings/").content.decode()
    submit(cast["p1"], case, "8")
    submit(cast["p2"], case, "14")
    case.refresh_from_db()
    readers_allocate(by=cast["da"], case=case, readers={"ADJ": cast["p3"]})
    assert case.code in client.get("/readings/").content.decode()
    text = client.get(f"/readings/{case.code}/").content.decode()
    assert "djudicat" not in re.sub(r'<header class="appbar".*?</header>', "", text, flags=re.DOTALL)


def test_the_order_is_each_readers_own(cast: dict[str, User]) -> None:
    from pathology.blinding import place_in_line

    codes = [f"P-{n:04}" for n in range(30)]
    one, two = (sorted(codes, key=lambda code: place_in_line(cast[name], code)) for name in ("p1", "p2"))
    assert one != two != codes != one


def test_a_readers_page_never_asks_for_the_participant(
    client: Client, case: PathologyCase, cast: dict[str, User], django_assert_max_num_queries: Any
) -> None:
    reading_take(by=cast["p1"], case=case)
    enter(client, cast["p1"])
    for address, most in ((f"/readings/{case.code}/", 24), ("/readings/", 12)):
        with django_assert_max_num_queries(most) as captured:
            client.get(address)
        asked = " ".join(query["sql"] for query in captured.captured_queries)
        assert "participants_participant" not in asked
        assert "accounts_site" not in asked
        assert "participants_visit" not in asked


def test_two_windows(client: Client, case: PathologyCase, cast: dict[str, User]) -> None:
    reading_take(by=cast["p1"], case=case)
    enter(client, cast["p1"])
    where = f"/readings/{case.code}/"
    assert client.post(where, posted("8", action="save", version="0")).status_code == 302
    stale = client.post(where, posted("9", action="save", version="0"))
    assert stale.status_code == 409
    assert 'value="9.00"' in stale.content.decode()


def test_world_is_not_changed_by_the_case(resected: Participant, cast: dict[str, User]) -> None:
    """The matrix does not show single readings: only the final result is a form of the participant."""
    from crf.selectors.access import forms_for

    keys = set(forms_for(cast["da"]).filter(participant=resected).values_list("form_key", flat=True))
    assert "CPATH" not in keys
    assert "CPATHF" in keys
    assert world.form(resected, "CPATHF", "CPATH").status == "EXPECTED"
