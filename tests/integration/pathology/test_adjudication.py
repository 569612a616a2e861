"""The adjudicator reads first; only then the two readings are there, without names, and the decision takes a reason."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.http import Http404
from django.test import Client

from pathology.blinding import pair
from pathology.models import CaseState, PathologyCase, Reading
from pathology.notes import Block, Notes
from pathology.selectors.adjudication import comparison
from pathology.services import (
    readers_allocate,
    reading_reopen_ask,
    reading_reopen_decide,
    reading_save,
    reading_take,
)
from tests import world
from tests.integration.pathology.conftest import Submit, answers, posted
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db

SIGNED = {"username": "p3", "password": "demo-p3-2026"}


def block(number: int, name: str, viable: str, necrosis: str) -> Block:
    return Block(number, 1, name, Decimal(400), Decimal(viable), Decimal(necrosis), Decimal(0))


def notes(*blocks: Block) -> Notes:
    return Notes("HIGH", list(blocks))


@pytest.fixture
def discordant(case: PathologyCase, cast: dict[str, User], submit: Submit) -> PathologyCase:
    """8 % and 14 %; block A2 is where the readers part."""
    shares = {"p1": ("8", "6", "10"), "p2": ("14", "5", "29")}
    for name, (share, first, second) in shares.items():
        reading = world.reading_take(by=cast[name], case=case)
        told = notes(
            block(0, "A1", first, str(100 - int(first))), block(0, "A2", second, str(100 - int(second)))
        )
        typed = answers(share, cp_com=f"Written for {share}")
        reading_save(by=cast[name], reading=reading, typed=typed, notes=told, submit=True)
    readers_allocate(by=cast["da"], case=case, readers={"ADJ": cast["p3"]})
    case.refresh_from_db()
    return case


def opinion(case: PathologyCase, by: User, viable: str = "12") -> Reading:
    reading = reading_take(by=by, case=case)
    reading_save(by=by, reading=reading, typed=answers(viable), notes=Notes("LOW"), submit=True)
    reading.refresh_from_db()
    return reading


def url(case: PathologyCase) -> str:
    return f"/readings/{case.code}/decide/"


def page_of(client: Client, user: User, case: PathologyCase) -> str:
    client.force_login(user)
    response = client.get(url(case))
    assert response.status_code == 200
    return str(response.content.decode())


def decision(viable: str, reading: Reading, **more: str) -> dict[str, str]:
    data = {name.replace("CP2.n1.", "CP2.1."): value for name, value in posted(viable).items()}
    assert reading.form is not None
    version = type(reading.form).objects.values_list("version", flat=True).get(reading=reading)
    return {**data, **SIGNED, "action": "confirm", "version": str(version), "token": "t1", **more}


def test_before_the_own_reading_nothing_is_there(
    client: Client, discordant: PathologyCase, cast: dict[str, User]
) -> None:
    client.force_login(cast["p3"])
    response = client.get(url(discordant))
    assert (response.status_code, response["Location"]) == (302, f"/readings/{discordant.code}/")
    page = client.get(f"/readings/{discordant.code}/").content.decode()
    for told in ("Written for", "A2", "decide", ">X<", "14.0"):
        assert told not in page
    client.post(f"/readings/{discordant.code}/take/")
    assert client.post(url(discordant), {"action": "confirm"}).status_code == 302
    reading = discordant.readings.get(slot="ADJ")
    with pytest.raises(Http404):
        comparison(reading)


def test_for_the_readers_and_everybody_else_the_page_does_not_exist(
    client: Client, discordant: PathologyCase, cast: dict[str, User]
) -> None:
    opinion(discordant, cast["p3"])
    for name in ("p1", "p2", "da", "mo", "lin", "st", "ad", "ins"):
        client.force_login(cast[name])
        assert client.get(url(discordant)).status_code == 404, name
        assert client.post(url(discordant), {"action": "confirm"}).status_code == 404, name


def test_both_readings_stand_beside_the_own_one_without_names(
    client: Client, discordant: PathologyCase, cast: dict[str, User]
) -> None:
    opinion(discordant, cast["p3"])
    page = page_of(client, cast["p3"], discordant)
    for told in ("12.0 %", "8.0 %", "14.0 %", "Written for 8", "Written for 14", "A1", "A2"):
        assert told in page, told
    assert re.search(r"Largest difference in viable tumour: Block A2 of nodule 1, 19 points\.", page)
    assert page.count("cmp-most") == 1
    text = re.sub(r"<script.*?</script>|<head>.*?</head>", "", page, flags=re.DOTALL)
    for secret in (
        "R1", "R2", "Reader 1", "Reader 2", "MPR", "pCR", "MPR_DISC", "discordan", cast["p1"].full_name, cast["p2"].full_name,
        discordant.participant.number, discordant.participant.site.name_en, "2024-05-30", "30 May", "cp_mpr", "cp_rvt_case",
        f"form:{discordant.readings.get(slot='R1').form_id}",
    ):  # fmt: skip
        assert secret not in text, secret


def test_the_order_is_drawn_for_the_case_and_stays(
    client: Client, discordant: PathologyCase, cast: dict[str, User]
) -> None:
    reading = opinion(discordant, cast["p3"])
    drawn = [one.slot for one in pair(reading)]
    assert sorted(drawn) == ["R1", "R2"]
    assert {tuple(one.slot for one in pair(reading)) for _n in range(5)} == {tuple(drawn)}
    shown = page_of(client, cast["p3"], discordant)
    cells = re.findall(
        r"<th scope=\"row\">Residual viable[^<]*</th>\s*<td>([^<]*)</td>\s*<td>([^<]*)</td>", shown
    )
    first = {"R1": "8.0 %", "R2": "14.0 %"}[drawn[0]]
    assert cells == [("12.0 %", first)]


def test_the_order_says_nothing_about_who_read_first(
    discordant: PathologyCase, cast: dict[str, User]
) -> None:
    """Over many cases R1 is X about as often as Y."""
    reading = opinion(discordant, cast["p3"])
    firsts = set()
    for minute in range(40):
        moment = discordant.opened_at.replace(year=2020, minute=minute)
        PathologyCase.objects.filter(pk=discordant.pk).update(opened_at=moment)
        firsts.add(pair(reading)[0].slot)
    assert firsts == {"R1", "R2"}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"rationale": "  "}, "Say why you confirm or revise your reading."),
        ({"rationale": "Seen again", "password": "guess"}, "Nothing was signed."),
        ({"rationale": "Seen again", "username": "p1"}, "Nothing was signed."),
        ({"rationale": "Seen again", "password": ""}, "Fill in everything"),
        ({"rationale": "Seen again", "CP2.1.cpn_nec": "50"}, "must equal 100 %"),
    ],
)
def test_without_reason_or_signature_nothing_is_decided(
    changed: dict[str, str], told: str, client: Client, discordant: PathologyCase, cast: dict[str, User]
) -> None:
    reading = opinion(discordant, cast["p3"])
    client.force_login(cast["p3"])
    response = client.post(url(discordant), decision("9", reading, **changed))
    page = response.content.decode()
    assert response.status_code == 422
    assert told in page
    assert "demo-p3-2026" not in page
    assert changed["rationale"].strip() in page
    reading.refresh_from_db()
    assert (reading.submitted_at, reading.rationale) == (None, "")


def test_a_revised_reading_keeps_the_first_one_and_its_reason(
    client: Client, discordant: PathologyCase, cast: dict[str, User]
) -> None:
    reading = opinion(discordant, cast["p3"])
    client.force_login(cast["p3"])
    why = "X counted necrosis in A2 as viable tumour."
    response = client.post(url(discordant), decision("9", reading, rationale=why))
    assert response.status_code == 302, response.content.decode()
    reading.refresh_from_db()
    assert reading.opinion["CP2:1/cpn_rvt"] == "12.0"
    assert reading.opinion["@confidence"] == "LOW"
    assert reading.rationale == why
    assert reading.submitted_at is not None
    discordant.refresh_from_db()
    assert discordant.state == CaseState.DECIDED
    page = page_of(client, cast["p3"], discordant)
    assert 'id="password"' not in page
    assert "<b>9.0 %</b>" in page
    assert "12.0 %" in page
    assert why in page
    told = AuditEvent.objects.filter(target=reading.address)
    assert told.get(path="@rationale").new == why
    assert told.get(path="@opinion").action == "OPINION_GIVEN"
    assert set(told.get(path="@pair").new.split(", ")) in ({"X R1", "Y R2"}, {"X R2", "Y R1"})
    assert told.get(path="CP2:1/cpn_rvt", old="12.0").reason == why


def test_a_second_click_decides_once(
    client: Client, discordant: PathologyCase, cast: dict[str, User]
) -> None:
    reading = opinion(discordant, cast["p3"])
    client.force_login(cast["p3"])
    data = decision("9", reading, rationale="As read")
    statuses = [client.post(url(discordant), data).status_code for _n in range(2)]
    assert statuses[0] == 302
    assert AuditEvent.objects.filter(path="@rationale").count() == 1
    assert statuses[1] in (302, 403)


def test_the_own_reading_cannot_be_changed_once_the_two_are_shown(
    discordant: PathologyCase, cast: dict[str, User]
) -> None:
    reading = opinion(discordant, cast["p3"])
    for submit in (False, True):
        with pytest.raises(Refused) as refusal:
            reading_save(
                by=cast["p3"], reading=reading, typed=answers("9"), notes=Notes("LOW"), submit=submit
            )
        assert refusal.value.code == "opinion"


def test_after_the_own_reading_its_page_leads_to_the_decision(
    client: Client, discordant: PathologyCase, cast: dict[str, User]
) -> None:
    opinion(discordant, cast["p3"])
    client.force_login(cast["p3"])
    response: Any = client.get(f"/readings/{discordant.code}/")
    assert (response.status_code, response["Location"]) == (302, url(discordant))


def test_an_adjudicator_without_cases_is_told_so(
    client: Client, case: PathologyCase, cast: dict[str, User]
) -> None:
    client.force_login(cast["p3"])
    assert "No case needs adjudication." in client.get("/readings/").content.decode()
    client.force_login(cast["p1"])
    assert "No case needs adjudication." not in client.get("/readings/").content.decode()


def test_what_a_reader_writes_in_a_reading_that_is_open_again_is_not_shown(
    client: Client, discordant: PathologyCase, cast: dict[str, User]
) -> None:
    reading = opinion(discordant, cast["p3"])
    client.force_login(cast["p3"])
    assert client.post(url(discordant), decision("9", reading, rationale="As read")).status_code == 302
    second = discordant.readings.get(slot="R2")
    asked = reading_reopen_ask(by=cast["p2"], reading=second, reason="Turned over")
    reading_reopen_decide(by=cast["da"], reopening=asked, granted=True)
    typed = answers("44", cp_com="Being written")
    typed.rows["CP2"][0].key = "1"
    reading_save(by=cast["p2"], reading=second, typed=typed)
    page = page_of(client, cast["p3"], discordant)
    assert "One of the two readings is open again." in page
    for told in ("44.0", "Being written", "8.0 %"):
        assert told not in page
