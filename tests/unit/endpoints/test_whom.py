"""Cards, sensitivity analyses and their files name the analysis set that was counted."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from endpoints.board import sensitivity, tables
from endpoints.board.cards import card_of, cards
from endpoints.engine.course import ENDPOINTS
from endpoints.engine.figures import figures
from endpoints.engine.settings import DEFAULTS


def summary(*sets: str, **values: dict[str, Any]) -> dict[str, Any]:
    return {"sets": list(sets), "values": {key: {} for key in ENDPOINTS} | values, "best_change": {}}


PEOPLE = [
    summary(
        "ENR", "FAS", "RES", "R0", "SAF", R0={"value": "Y"}, TRAE3={"value": "Y"}, DFS={"days": 90, "event": True},
        DOR={"days": 60, "event": False},
    ),
    summary("ENR", "FAS", "SAF", R0={"value": "N"}),
    summary("ENR", "FAS"),
    summary("ENR"),
]  # fmt: skip


def choice_of(population: str) -> Any:
    return SimpleNamespace(
        results=figures(PEOPLE, DEFAULTS, population), population=population, criteria="", other=None, evaluator="INV",
        standpoint=None, by_others={},
    )  # fmt: skip


def test_the_file_of_the_cards_names_whom_each_counts() -> None:
    shown, more = tables.of_cards(choice_of("FAS"))
    place = shown.heads.index("Set")
    assert {row[0]: (row[place], row[place + 1]) for row in shown.rows} == {
        "MPR": ("FAS", "0/3"), "PCR": ("FAS", "0/3"), "ORR": ("FAS", "0/3"), "DCR": ("FAS", "0/3"), "R0": ("RES", "1/1"),
        "TRAE3": ("SAF", "1/2"), "PFS": ("FAS", "0/0 events"), "OS": ("FAS", "0/0 events"),
        "DFS": ("FAS, R0 resected", "1/1 events"), "DOR": ("FAS, responders by mRECIST", "0/1 events"),
    }  # fmt: skip
    place = more.heads.index("Set")
    found = {row[0]: row[place] for row in more.rows}
    assert found["RVT ≤30%"] == "FAS" and found["R0 and R1"] == "FAS, R0 or R1 resected"
    assert all(len(row) == len(more.heads) for row in more.rows)


def test_another_set_stands_beside_its_own_numbers() -> None:
    shown, more = tables.of_cards(choice_of("ENR"))
    place = shown.heads.index("Set")
    assert {row[0]: row[place] for row in shown.rows}["R0"] == "ENR"
    assert {one.population for one in sensitivity.rows(choice_of("ENR"))} >= {"ENR", "ENR, R0 resected"}
    assert more.rows[0][1] == "ENR"


def test_a_card_names_the_set_that_is_its_denominator() -> None:
    notes = {one.name: (one.counts, one.note) for one in cards(choice_of("FAS"))}
    assert notes["R0"] == ("1/1", "Resected")
    assert notes["TRAE3"] == ("1/2", "CTCAE v5.0, related to any study drug, Safety set")
    assert notes["MPR"] == ("0/3", "RVT ≤10%, central review")  # the chosen set, as everywhere on the page
    notes = {one.name: (one.counts, one.note) for one in cards(choice_of("ENR"))}
    assert notes["R0"] == ("1/4", "Enrolled")
    assert notes["TRAE3"] == ("1/4", "CTCAE v5.0, related to any study drug, Enrolled")
    found = [card_of(choice_of("ENR"), name) for name in ("R0", "TRAE3", "SAE")]
    assert [one and one.note for one in found] == [
        "Enrolled",
        "CTCAE v5.0, Enrolled",
        "of any cause, Enrolled",
    ]
