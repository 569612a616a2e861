"""The page of a reading: what it takes, what it asks again, what it keeps; the same for a re-read."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crf.models import FormInstance
from crf.selectors.sheets import sheet_of
from pathology.models import PathologyCase, Reading, ReadingDraft, RecutRequest, Reopening, SpecimenItem
from pathology.notes import Mean
from pathology.posted import beside, whole_of
from pathology.services import items_receive, reread_open
from pathology.services.specimens import Arrived, Passing
from tests import world
from tests.integration.pathology.conftest import Submit, posted
from tests.integration.pathology.test_pages import PROOF
from tests.world import reading_take
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

BLOCKS = {
    "block.n1.nodule": "1", "block.n1.block": "A1", "block.n1.area_mm2": "410", "block.n1.viable": "5",
    "block.n1.necrosis": "70", "block.n1.stroma": "25", "block.n1.note": "",
    "block.n2.nodule": "1", "block.n2.block": "A2", "block.n2.area_mm2": "385,5", "block.n2.viable": "12",
    "block.n2.necrosis": "58", "block.n2.stroma": "30", "block.n2.note": "edge",
}  # fmt: skip


def receive(case: PathologyCase, by: User) -> None:
    arrived = [
        Arrived("BLOCK", "A1", "A1", 1),
        Arrived("SLIDE", "A1-1", "A1", 1, "HE"),
        Arrived("SLIDE", "A2-1", "A2", 1, "HE"),
        Arrived("SLIDE", "M1-1", "M1", None, "HE", bed=False),
    ]
    passing = Passing("RECEIVED", timezone.now() - dt.timedelta(1), condition="ADEQUATE")
    items_receive(by=by, case=case, arrived=arrived, passing=passing)


@pytest.fixture(params=["reading", "re-read"])
def mine(
    request: pytest.FixtureRequest, case: PathologyCase, cast: dict[str, User], submit: Submit
) -> Reading:
    """P1's reading that has just begun; once of the trial, once a planned re-read, which must not be told apart."""
    receive(case, cast["da"])
    if request.param == "reading":
        return reading_take(by=cast["p1"], case=case)
    submit(cast["p1"], case, "8")
    submit(cast["p2"], case, "9")
    world.released(case)
    again = reread_open(by=cast["da"], reading=Reading.objects.get(case=case, reader=cast["p1"]))
    return reading_take(by=cast["p1"], case=again)


@pytest.fixture
def p1(client: Client, cast: dict[str, User]) -> Client:
    client.force_login(cast["p1"])
    return client


def at(reading: Reading, rest: str = "") -> str:
    return f"/readings/{reading.case.code}/{rest}"


def fresh(reading: Reading) -> Reading:
    return Reading.objects.get(pk=reading.pk)


def version(reading: Reading) -> str:
    return str(
        FormInstance.objects.get(pk=reading.form_id).version if reading.form_id else fresh(reading).version
    )


def seen(reading: Reading) -> dict[str, str]:
    items = SpecimenItem.objects.filter(case=reading.case.specimen_id, kind="SLIDE")
    return {f"slide.{item.number}": "SEEN" for item in items}


def whole(reading: Reading, viable: str = "8", **more: str) -> dict[str, str]:
    """Everything that a signature asks for."""
    return posted(viable) | seen(reading) | PROOF | {"action": "submit", "version": version(reading), **more}


def value(reading: Reading, name: str) -> Any:
    if reading.form_id:
        sheet = sheet_of(FormInstance.objects.get(pk=reading.form_id))
        return sheet.lines("CP2")[0].get(name) if name.startswith("cpn_") else sheet.get(name)
    from pathology.recorded import sheet_from

    sheet = sheet_from(fresh(reading).content)
    return sheet.lines("CP2")[0].get(name) if name.startswith("cpn_") else sheet.get(name)


# --- saving and submitting -------------------------------------------------------------------------------------------


def test_a_whole_reading_is_signed_once(mine: Reading, p1: Client) -> None:
    data = whole(mine, token="one") | BLOCKS
    first = p1.post(at(mine), data)
    assert first.headers["Location"] == "/readings/"
    again = p1.post(at(mine), data)  # the answer got lost: the browser sends it once more
    assert again.headers["Location"] == "/readings/"
    signed = AuditEvent.objects.filter(action="READING_SUBMITTED", target=mine.address, path="@locked")
    assert signed.count() == 1
    assert signed.get().reason == "username + password"
    stored = fresh(mine)
    assert stored.submitted_at is not None
    assert stored.confidence == "HIGH"
    assert list(stored.blocks.values_list("block", "area_mm2", "note")) == [
        ("A1", Decimal("410.0"), ""),
        ("A2", Decimal("385.5"), "edge"),
    ]
    assert stored.slides.count() == 3
    other = p1.post(at(mine), data | {"token": "two"})
    assert other.status_code == 403  # locked: another submission is refused


def test_a_save_repeated_after_the_answer_got_lost(mine: Reading, p1: Client) -> None:
    data = posted("8", action="save", version="0", token="one")
    assert p1.post(at(mine), data).status_code == 302
    events = AuditEvent.objects.count()
    assert p1.post(at(mine), data).status_code == 302  # not 409, and nothing new
    assert AuditEvent.objects.count() == events


def test_what_is_missing_is_said_before_a_password_is_tried(mine: Reading, p1: Client) -> None:
    data = posted("8") | {"action": "submit", "version": "0", "username": "p1", "password": "wrong"}
    text = p1.post(at(mine), data).content.decode()
    assert "Say how sure you are of this reading." in text
    assert "3 slides are not marked as seen." in text
    assert not AuditEvent.objects.filter(action="SIGNATURE_FAILED").exists()


def test_the_signature_asks_every_component_first_and_the_password_later(
    mine: Reading, p1: Client, cast: dict[str, User]
) -> None:
    data = whole(mine, token="one")
    name_left_out = p1.post(at(mine), data | {"username": ""})
    assert name_left_out.status_code == 422
    assert not AuditEvent.objects.filter(action="SIGNATURE_FAILED").exists()
    wrong = p1.post(at(mine), data | {"password": "guess"})
    assert wrong.status_code == 422
    assert "guess" not in wrong.content.decode()
    assert 'value="8.00"' in wrong.content.decode()
    assert AuditEvent.objects.get(action="SIGNATURE_FAILED").new == "1 · password"
    assert fresh(mine).submitted_at is None
    assert p1.post(at(mine), data).status_code == 302


def test_five_failures_pause_signing(mine: Reading, p1: Client) -> None:
    data = whole(mine, token="one")
    for _ in range(5):
        p1.post(at(mine), data | {"password": "guess"})
    assert p1.post(at(mine), data).status_code == 422
    assert fresh(mine).submitted_at is None


# --- nodules ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["8", "8.5", "8,25"])
def test_integers_and_decimals(typed: str, mine: Reading, p1: Client) -> None:
    exact = Decimal(typed.replace(",", "."))
    data = posted("8", action="save", version="0")
    data |= {"CP2.n1.cpn_rvt": typed, "CP2.n1.cpn_nec": str(100 - exact), "CP2.n1.cpn_str": "0"}
    assert p1.post(at(mine), data).status_code == 302
    assert value(mine, "cpn_rvt") == exact


def test_a_zero_is_asked_about_before_it_stands(mine: Reading, p1: Client) -> None:
    data = posted("0", action="save", version="0")
    asked = p1.post(at(mine), data)
    assert asked.status_code == 422
    assert "no viable tumour in any slide of this nodule?" in asked.content.decode()
    assert version(mine) == "0"
    assert p1.post(at(mine), data | {"zero.CP2.n1": "1"}).status_code == 302
    assert value(mine, "cpn_rvt") == 0
    stands = {name.replace(".n1.", ".1."): text for name, text in data.items()} | {"version": version(mine)}
    assert p1.post(at(mine), stands | {"cp_com": "more"}).status_code == 302  # it is not asked again


def test_shares_that_make_no_hundred(mine: Reading, p1: Client) -> None:
    text = p1.post(at(mine), whole(mine, **{"CP2.n1.cpn_nec": "90"})).content.decode()
    assert "must equal 100 %; this is 98 %" in text
    assert fresh(mine).submitted_at is None


def test_a_nodule_that_nobody_filled_in_is_none(mine: Reading, p1: Client) -> None:
    data = posted("8", action="save", version="0")
    assert p1.post(at(mine), data | {"CP2.n2.cpn_no": "2", "CP2.n2.cpn_nslides": "3"}).status_code == 302
    text = p1.get(at(mine)).content.decode()
    assert 'data-row="1"' in text
    assert 'data-row="2"' not in text


def test_without_script_a_nodule_a_block_and_all_slides(mine: Reading, p1: Client) -> None:
    data = posted("8", version="0") | BLOCKS
    assert 'data-row="n1"' in p1.post(at(mine), data | {"action": "add_row:CP2"}).content.decode()
    text = p1.post(at(mine), data | {"action": "add_block"}).content.decode()
    assert 'name="block.n3.area_mm2"' in text
    text = p1.post(at(mine), data | {"action": "slides_seen"}).content.decode()
    assert text.count('value="SEEN" data-no-answer checked') == 3
    assert version(mine) == "0"


# --- blocks ----------------------------------------------------------------------------------------------------------


def test_blocks_fill_the_nodule_by_area(mine: Reading, p1: Client) -> None:
    """P-2: (410·5 + 385.5·12) / 795.5 = 8.39 …"""
    text = p1.post(at(mine), posted("20", version="0", action="fill:1") | BLOCKS).content.decode()
    assert 'value="8.39"' in text
    assert 'value="64.19"' in text  # 64.18 and what rounding leaves: together 100
    assert 'value="27.42"' in text
    assert ">795.5<" in text


@pytest.mark.parametrize(
    ("viable", "kept"),
    [("10", "10.00"), ("10.0001", "10.01"), ("9.9999", "9.99"), ("0.001", "0.01"), ("0", "0.00"), ("7.925", "7.93")],
)  # fmt: skip
def test_rounding_never_makes_a_whole_number(viable: str, kept: str) -> None:
    """P-5: 10.0001 is not 10, and 0.001 is not none."""
    rest = (100 - Decimal(viable)) / 2
    shares = whole_of(Mean(Decimal(1), Decimal(viable), rest, rest))
    assert shares[0] == Decimal(kept)
    assert sum(shares) == 100


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"block.n1.area_mm2": "much"}, "is not a number"),
        ({"block.n1.area_mm2": ""}, "Fill this in"),
        ({"block.n1.area_mm2": "0"}, "more than 0 mm²"),
        ({"block.n1.viable": "6"}, "this is 101 %"),
        ({"block.n1.viable": "150"}, "between 0 and 100"),
        ({"block.n2.block": "a1"}, "is there twice"),
        ({"block.n1.nodule": "99"}, "from 1 to 50"),
    ],
)
def test_a_block_that_cannot_be(change: dict[str, str], said: str, mine: Reading, p1: Client) -> None:
    response = p1.post(at(mine), posted("8", action="save", version="0") | BLOCKS | change)
    text = response.content.decode()
    assert response.status_code == 422
    assert said in text
    name = next(iter(change))
    assert f'aria-describedby="e-{name}"' in text or f'id="e-{name.rpartition(".")[0]}' in text
    assert fresh(mine).blocks.count() == 0


def test_a_block_is_taken_out_by_emptying_it(mine: Reading, p1: Client) -> None:
    assert p1.post(at(mine), posted("8", action="save", version="0") | BLOCKS).status_code == 302
    data = {name.replace(".n1.", ".1."): text for name, text in posted("8", version=version(mine)).items()}
    one = {name.replace(".n2.", ".2."): text for name, text in BLOCKS.items() if ".n2." in name}
    assert p1.post(at(mine), data | one | {"action": "save"}).status_code == 302
    assert list(fresh(mine).blocks.values_list("number", "block")) == [(2, "A2")]


def test_lines_are_read_in_the_order_of_the_page() -> None:
    found = beside({name.replace(".n2.", ".n7."): text for name, text in BLOCKS.items()})
    assert [line.key for line in found.lines] == ["n1", "n2"]
    assert not found.notes.errors


# --- slides, prefilled numbers, an inadequate specimen ----------------------------------------------------------------


def test_numbers_of_slides_follow_the_marks(mine: Reading, p1: Client) -> None:
    data = posted("8", action="save", version="0") | seen(mine)
    data |= {"cp_slides": "", "cp_slides_bed": "", "CP2.n1.cpn_nslides": ""}
    assert p1.post(at(mine), data).status_code == 302
    assert [value(mine, name) for name in ("cp_slides", "cp_slides_bed", "cpn_nslides")] == [3, 2, 2]
    data = {name.replace(".n1.", ".1."): text for name, text in data.items()} | {"version": version(mine)}
    assert p1.post(at(mine), data | {"cp_slides": "5"}).status_code == 302
    assert value(mine, "cp_slides") == 5  # typed stands


def test_an_inadequate_specimen_is_a_reason_and_the_end(mine: Reading, p1: Client) -> None:
    assert p1.post(at(mine), posted("8", action="save", version="0") | BLOCKS).status_code == 302
    data = {name.replace(".n1.", ".1."): text for name, text in whole(mine).items()}
    data |= {"cp_adeq": "INADEQUATE", "cp_adeq_reas": "Autolysis"}
    answer = p1.post(at(mine), data)
    assert answer.status_code == 302, answer.content.decode()
    assert fresh(mine).submitted_at is not None
    assert fresh(mine).blocks.count() == 0
    assert value(mine, "cp_mvi") is None


# --- drafts ----------------------------------------------------------------------------------------------------------


def test_a_draft_is_kept_shown_again_and_given_up(mine: Reading, p1: Client) -> None:
    typed = posted("8", version="0") | BLOCKS | {"confidence": "LOW", "password": "demo-p1-2026"}
    kept = p1.post(at(mine, "draft/"), typed | {"CP2.n1.cpn_rvt": "x"})
    assert set(kept.json()) == {"saved", "fields"}
    assert "demo-p1-2026" not in str(ReadingDraft.objects.get().content)
    text = p1.get(at(mine)).content.decode()
    assert "Your draft of" in text
    assert 'value="x"' in text
    assert 'value="385,5"' in text
    assert 'value="LOW" data-no-answer checked' in text
    assert version(mine) == "0"
    p1.post(at(mine, "draft/drop/"))
    assert 'value="385,5"' not in p1.get(at(mine)).content.decode()


def test_a_draft_says_what_cannot_be(mine: Reading, p1: Client) -> None:
    typed = posted("8", version="0") | {"CP2.n1.cpn_len": "9999", "touched": "CP2:n1/cpn_len"}
    told = p1.post(at(mine, "draft/"), typed).json()["fields"]["CP2:n1/cpn_len"]
    assert told["error"]


def test_a_draft_of_somebody_else_is_refused(mine: Reading, p1: Client, cast: dict[str, User]) -> None:
    answer = p1.post(at(mine, "draft/"), {"version": "0", "person": str(cast["p2"].pk)})
    assert answer.status_code == 409
    assert not ReadingDraft.objects.exists()


def test_no_draft_of_a_submitted_reading(mine: Reading, p1: Client) -> None:
    p1.post(at(mine), whole(mine))
    answer = p1.post(at(mine, "draft/"), {"version": "0", "CP2.1.cpn_rvt": "9"})
    assert answer.status_code == 409
    assert "locked" in answer.json()["refused"]


# --- findings --------------------------------------------------------------------------------------------------------


def test_an_unusual_value_is_confirmed_where_it_stands(mine: Reading, p1: Client) -> None:
    data = posted("8", action="save", version="0") | {"CP2.n1.cpn_len": "160"}
    p1.post(at(mine), data)
    text = p1.get(at(mine)).content.decode()
    assert "confirm:soft:cpn_len@CP2:1/cpn_len" in text
    data = {name.replace(".n1.", ".1."): text for name, text in data.items()} | {"version": version(mine)}
    p1.post(at(mine), data | {"confirm:soft:cpn_len@CP2:1/cpn_len": "Measured again"})
    text = p1.get(at(mine)).content.decode()
    assert "Confirmed: Measured again" in text
    assert "confirm:soft:cpn_len@CP2:1/cpn_len" not in text


def test_no_class_is_named_where_the_book_names_one(mine: Reading, p1: Client) -> None:
    """CK-249."""
    data = posted("0", action="save", version="0") | {"zero.CP2.n1": "1", "cp_satellite": "Y"}
    assert p1.post(at(mine), data).status_code == 302
    text = p1.get(at(mine)).content.decode()
    assert "outside the beds" in text
    assert "pCR" not in text


def test_a_day_before_the_operation_is_refused_alike(mine: Reading, p1: Client) -> None:
    response = p1.post(at(mine), posted("8", action="save", version="0", cp_recdat="2024-05-01"))
    assert response.status_code == 422
    assert "This date cannot be right" in response.content.decode()


# --- asking ----------------------------------------------------------------------------------------------------------


def test_a_recut_is_asked_for(mine: Reading, p1: Client) -> None:
    slide = SpecimenItem.objects.get(case=mine.case.specimen_id, label="A2-1")
    p1.post(at(mine, "recut/"), {"slide": str(slide.number), "reason": "Folded"})
    asked = RecutRequest.objects.get()
    assert (asked.item, asked.reason) == (slide, "Folded")
    text = p1.get(at(mine)).content.decode()
    assert "A2-1: Asked for" in text
    p1.post(at(mine, "recut/"), {"reason": ""})
    assert RecutRequest.objects.count() == 1


def test_a_submitted_reading_is_asked_to_be_opened(mine: Reading, p1: Client) -> None:
    p1.post(at(mine), whole(mine))
    text = p1.get(at(mine)).content.decode()
    assert "Ask to reopen" in text
    assert '<input type="radio"' not in text
    p1.post(at(mine, "reopen/"), {"reason": "Wrong nodule"})
    assert Reopening.objects.get().reason == "Wrong nodule"
    text = p1.get(at(mine)).content.decode()
    assert "It has been asked to reopen this reading." in text
    assert "Ask to reopen" not in text


# --- a re-read cannot be told ------------------------------------------------------------------------------------------


def test_a_re_read_has_the_same_page(
    case: PathologyCase, cast: dict[str, User], submit: Submit, client: Client
) -> None:
    """The same answers give the same page, but for the code and what is random."""
    import re

    receive(case, cast["da"])
    client.force_login(cast["p1"])

    def walked(reading: Reading) -> list[str]:
        pages = [client.get(at(reading))]
        pages.append(
            client.post(
                at(reading), posted("8", action="save", version="0") | BLOCKS | {"cpn_x": ""}, follow=True
            )
        )
        stored = {n.replace(".n1.", ".1."): t for n, t in whole(reading).items()}
        pages.append(client.post(at(reading), stored | {"CP2.1.cpn_nec": "1"}))
        client.post(at(reading), stored | {"token": "t" + reading.case.code, "version": version(reading)})
        assert fresh(reading).submitted_at is not None
        pages.append(client.get(at(reading)))
        code = reading.case.code
        found = []
        for page in pages:
            text = page.content.decode().replace(code, "CODE")
            text = re.sub(r'<nav class="bx".*?</nav>', "", text, flags=re.DOTALL)  # my readings: other cases
            text = re.sub(r'name="(csrfmiddlewaretoken|csrf-token|token)" (value|content)="[^"]*"', "", text)
            text = re.sub(r"nonce-[\w+/=-]+|nonce=\S+", "", text)
            text = re.sub(r"\d\d:\d\d(:\d\d)?(\.\d+)?", "TIME", text)
            found.append(re.sub(r"[0-9a-f]{8}-[0-9a-f-]{4,}", "REF", text))
        return found

    first = walked(reading_take(by=cast["p1"], case=case))
    submit(cast["p2"], case, "9")
    world.released(case)
    reread = reread_open(by=cast["da"], reading=Reading.objects.get(case=case, reader=cast["p1"]))
    client.force_login(cast["p1"])  # a signature asks every component again
    second = walked(reading_take(by=cast["p1"], case=reread))
    for one, two in zip(first, second, strict=True):
        assert one.splitlines() == two.splitlines()
