"""Laboratories, reference ranges and consent versions of a site: who may, what may stand, what is left in the trail."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from crf.models import ConsentVersion, Laboratory, ReferenceRange
from crf.services.site import consent_version_add, laboratory_add, laboratory_end, range_remove, ranges_add
from crf.site_ranges import Problems, problems_of, read_file
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db

ALT = {
    "labr_test": "ALT", "labr_unit": "U/L", "labr_sex": "M", "labr_agelo": 18, "labr_agehi": 80,
    "labr_lln": Decimal(9), "labr_uln": Decimal(50), "labr_from": dt.date(2024, 1, 1), "labr_to": dt.date(2024, 12, 31),
}  # fmt: skip
FILE = "test,unit,sex,lln,uln,from\nALT,U/L,男,9,50,2024-01-01\nHGB,g/dL,F,11.5,15,2024/01/01\n"


@pytest.fixture
def people() -> dict[str, User]:
    return world.people()


@pytest.fixture
def lab(people: dict[str, User]) -> Laboratory:
    return laboratory_add(by=people["da"], site=world.site(), code="CENTRAL", name_en="Central laboratory")


def client(person: User, settings: Any) -> Client:
    settings.DEMO = True
    made = Client()
    made.force_login(person)
    return made


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({}, None),
        ({"labr_from": dt.date(2025, 1, 1), "labr_to": None}, None),
        ({"labr_test": "ALTT"}, "labr_test"),
        ({"labr_unit": "mg/dL"}, "labr_unit"),
        ({"labr_test": "UPROTDIP"}, "labr_unit"),
        ({"labr_sex": "X"}, "labr_sex"),
        ({"labr_agelo": 81}, "labr_agelo"),
        ({"labr_lln": Decimal(50)}, "labr_lln"),
        ({"labr_lln": Decimal("49.9999")}, None),
        ({"labr_lln": None, "labr_uln": None}, "labr_uln"),
        ({"labr_to": dt.date(2023, 12, 31)}, "labr_to"),
    ],
)
def test_what_a_range_must_say(change: dict[str, Any], where: str | None) -> None:
    assert list(problems_of(ALT | change, [])) == ([where] if where else [])


@pytest.mark.parametrize(
    ("change", "stands"),
    [
        ({}, False),
        ({"labr_sex": "F"}, True),
        ({"labr_sex": "BOTH"}, False),
        ({"labr_agelo": 81, "labr_agehi": 90}, True),
        ({"labr_agelo": 80, "labr_agehi": 90}, False),
        ({"labr_from": dt.date(2024, 12, 31), "labr_to": None}, False),
        ({"labr_from": dt.date(2025, 1, 1), "labr_to": None}, True),
        ({"labr_test": "AST"}, True),
    ],
)
def test_two_ranges_of_one_test_never_hold_for_the_same_person_and_day(
    change: dict[str, Any], stands: bool
) -> None:
    assert (not problems_of(ALT | change, [ALT])) is stands


def test_a_range_is_added_audited_and_taken_out_with_a_reason(
    people: dict[str, User], lab: Laboratory
) -> None:
    [row] = ranges_add(by=people["da"], laboratory=lab, ranges=[ALT])
    said = AuditEvent.objects.filter(target=f"range:{row.pk}").values_list("path", "new", "actor_name")
    assert ("labr_uln", "50.0000", "da") in list(said)
    with pytest.raises(Refused):
        range_remove(by=people["da"], row=row, reason=" ")
    range_remove(by=people["da"], row=row, reason="Wrong certificate")
    range_remove(by=people["da"], row=row, reason="again")
    row.refresh_from_db()
    assert (row.active, row.removed_reason) == (False, "Wrong certificate")
    assert AuditEvent.objects.filter(target=f"range:{row.pk}", action="ROW_REMOVE").count() == 1
    assert ranges_add(by=people["da"], laboratory=lab, ranges=[ALT])  # its days are free again


def test_all_rows_or_none(people: dict[str, User], lab: Laboratory) -> None:
    with pytest.raises(Problems) as raised:
        ranges_add(by=people["da"], laboratory=lab, ranges=[ALT, ALT | {"labr_test": "AST"}, ALT])
    assert list(raised.value.rows) == [3]
    assert not ReferenceRange.objects.exists()


def test_only_data_managers_configure_a_site(people: dict[str, User], lab: Laboratory) -> None:
    for name in ("lin", "chen", "mo", "st", "ins", "ad", "p1"):
        with pytest.raises(Refused):
            ranges_add(by=people[name], laboratory=lab, ranges=[ALT])
        with pytest.raises(Refused):
            laboratory_end(by=people[name], laboratory=lab, reason="x")
        with pytest.raises(Refused):
            consent_version_add(
                by=people[name], site=lab.site, version="2", version_date=dt.date(2024, 1, 1),
                effective_from=dt.date(2024, 1, 2),
            )  # fmt: skip
    assert not ReferenceRange.objects.exists()
    assert not ConsentVersion.objects.exists()


def test_a_consent_version_takes_effect_after_its_date_and_once(people: dict[str, User]) -> None:
    day = dt.date(2024, 1, 15)
    consent_version_add(
        by=people["da"], site=world.site(), version="1.1", version_date=day, effective_from=day
    )
    for version, effective in (("1.1", day), ("1.2", day - world.DAY)):
        with pytest.raises(Refused):
            consent_version_add(
                by=people["da"],
                site=world.site(),
                version=version,
                version_date=day,
                effective_from=effective,
            )


def test_a_file_is_read_in_both_languages_and_told_what_is_wrong() -> None:
    one, two = read_file(FILE)
    assert (one["labr_sex"], one["labr_uln"], one["labr_agehi"]) == ("M", Decimal(50), 120)
    assert (two["labr_from"], two["labr_unit"]) == (dt.date(2024, 1, 1), "g/dL")
    with pytest.raises(Problems, match="number"):
        read_file(FILE.replace(",50,", ",fifty,"))
    with pytest.raises(Problems, match="Columns are missing: unit"):
        read_file(FILE.replace("unit", "colour"))
    with pytest.raises(Problems, match="no row"):
        read_file("test\n")
    with pytest.raises(Problems, match="2000"):
        read_file(FILE + "ALT,U/L,M,9,50,2024-01-01\n" * 2000)


def test_the_import_shows_first_and_stores_then(
    people: dict[str, User], lab: Laboratory, settings: Any
) -> None:
    browser = client(people["da"], settings)
    url = "/laboratories/01/CENTRAL/import/"
    shown = browser.post(url, {"action": "preview", "pasted": FILE})
    assert shown.status_code == 200
    assert "11.5000" in shown.content.decode()
    assert not ReferenceRange.objects.exists()
    wrong = browser.post(url, {"action": "store", "pasted": FILE.replace("g/dL", "mg")})
    assert wrong.status_code == 422
    assert not ReferenceRange.objects.exists()
    assert browser.post(url, {"action": "store", "pasted": FILE}).status_code == 302
    assert ReferenceRange.objects.filter(laboratory=lab).count() == 2
    again = browser.post(url, {"action": "store", "pasted": FILE})
    assert (again.status_code, ReferenceRange.objects.count()) == (422, 2)


def test_a_page_for_who_sees_the_site_and_a_form_for_who_may(
    people: dict[str, User], lab: Laboratory, settings: Any
) -> None:
    ranges_add(by=people["da"], laboratory=lab, ranges=[ALT])
    for name, sees in (("lin", True), ("mo", True), ("wu", False), ("p1", False), ("ad", False)):
        for url in ("/laboratories/01/", "/laboratories/01/CENTRAL/"):
            answer = client(people[name], settings).get(url)
            assert answer.status_code == (200 if sees else 404), (name, url)
            assert b"Add a " not in answer.content
    page = client(people["da"], settings).get("/laboratories/01/CENTRAL/").content.decode()
    assert "Add a range" in page
    assert "Alanine aminotransferase" in page


def test_a_form_that_cannot_stand_says_why_and_keeps_what_was_typed(
    people: dict[str, User], lab: Laboratory, settings: Any
) -> None:
    typed = {
        "test": "ALT",
        "unit": "g/L",
        "sex": "M",
        "agelo": "18",
        "agehi": "80",
        "uln": "50",
        "valid_from": "2024-01-01",
    }
    answer = client(people["da"], settings).post("/laboratories/01/CENTRAL/", typed)
    assert answer.status_code == 422
    assert "ALT is reported in U/L." in answer.content.decode()
    assert 'value="50"' in answer.content.decode()
    assert (
        client(people["da"], settings).post("/laboratories/01/CENTRAL/", typed | {"unit": "U/L"}).status_code
        == 302
    )
    assert (
        client(people["lin"], settings).post("/laboratories/01/CENTRAL/", typed | {"unit": "U/L"}).status_code
        == 403
    )
    assert ReferenceRange.objects.count() == 1


def test_a_closed_laboratory_keeps_its_ranges(
    people: dict[str, User], lab: Laboratory, settings: Any
) -> None:
    ranges_add(by=people["da"], laboratory=lab, ranges=[ALT])
    browser = client(people["da"], settings)
    assert browser.post("/laboratories/01/CENTRAL/close/", {"reason": ""}).status_code == 422
    assert browser.post("/laboratories/01/CENTRAL/close/", {"reason": "Contract ended"}).status_code == 302
    lab.refresh_from_db()
    assert not lab.active
    assert "closed" in browser.get("/laboratories/01/").content.decode()
    assert lab.ranges.count() == 1  # type: ignore[attr-defined]
