"""Go to a participant or form."""

from __future__ import annotations

import pytest

from crf.selectors.lines import split_search
from participants.models import Participant

from .conftest import Sign, imported


@pytest.mark.parametrize(
    ("typed", "number", "words"),
    [
        ("01-002", "01-002", []),
        (" 01-002  tum ", "01-002", ["tum"]),
        ("TA1 ０１-００２", "01-002", ["ta1"]),
        ("肿瘤", "", ["肿瘤"]),
        ("", "", []),
    ],
)
def test_words_of_a_search(typed: str, number: str, words: list[str]) -> None:
    assert split_search(typed) == (number, words)


@pytest.mark.parametrize(
    ("typed", "place"),
    [
        ("01-002", "/p/01-002/"),
        ("002", "/p/01-002/"),
        ("01-002 dm", "/p/01-002/SCR/dm/"),
        ("01-002 demog", "/p/01-002/SCR/dm/"),
        ("01-002 人口学", "/p/01-002/SCR/dm/"),
        ("01-002 TA1", "/p/01-002/TA1/ta/"),
        ("01-002 tumour ta2", "/p/01-002/TA2/ta/"),
        ("01-003 treatment c2", "/p/01-003/C2/ec/"),
        ("01-003 ec", "/p/01-003/C2/ec/"),  # of several the overdue one
    ],
)
def test_what_is_meant_opens(at: Sign, trial: dict[str, Participant], typed: str, place: str) -> None:
    answer = at("lin").get("/participants/", {"q": typed})
    assert answer.status_code == 302
    assert answer["Location"] == place


def test_several_kinds_of_form_are_listed(at: Sign, trial: dict[str, Participant]) -> None:
    answer = at("lin").get("/participants/", {"q": "01-002 scr"})
    assert answer.status_code == 200
    assert answer.content.decode().count('class="fw-6"') == 16
    assert b"has no such form" in at("lin").get("/participants/", {"q": "01-002 xyz"}).content


def test_another_sites_number_finds_nothing(at: Sign, trial: dict[str, Participant]) -> None:
    answer = at("lin").get("/participants/", {"q": "02-001"})
    assert answer.status_code == 200
    assert b"No participant matches" in answer.content


def test_imported_participants_are_found_by_number(
    at: Sign, trial: dict[str, Participant], cast: dict
) -> None:
    imported(cast)
    assert at("lin").get("/participants/", {"q": "01-900"})["Location"] == "/p/01-900/"


def test_the_list_filters_as_typed_and_the_address_keeps_it(at: Sign, trial: dict[str, Participant]) -> None:
    answer = at("lin").get("/participants/", {"view": "list", "q": "01-003"}, headers={"HX-Request": "true"})
    html = answer.content.decode()
    assert "01-003" in html
    assert "01-002" not in html
    assert "<html" not in html
    assert answer["HX-Push-Url"] == "/participants/?view=list&q=01-003"
    assert 'id="chips"' in html
    assert "hx-swap-oob" in html


@pytest.mark.parametrize(
    "column", ["number", "state", "enrolled", "last", "due", "overdue", "progress", "queries"]
)
def test_the_list_sorts_by_every_column(at: Sign, trial: dict[str, Participant], column: str) -> None:
    for order in (column, f"-{column}"):
        assert at("lin").get("/participants/", {"view": "list", "sort": order}).status_code == 200
    down = at("lin").get("/participants/", {"view": "list", "sort": "-number"}).content.decode()
    assert down.index("01-003") < down.index("01-001")
