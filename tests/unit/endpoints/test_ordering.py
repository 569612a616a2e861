"""Headlines and lines of tables do not rest on the order in which a database gives back the keys of stored figures."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from endpoints.board import safety, tables
from endpoints.board.cards import rate_of
from endpoints.cuts.moved import compared, figures_of
from endpoints.engine.course import ENDPOINTS
from endpoints.engine.exposure import exposure_tables
from endpoints.engine.figures import SETS, figures
from endpoints.engine.settings import DEFAULTS
from endpoints.ordering import most_frequent, ordered
from endpoints.reports import flow as report_flow


def summary(*sets: str, **values: dict[str, Any]) -> dict[str, Any]:
    return {"sets": list(sets), "values": {key: {} for key in ENDPOINTS} | values, "best_change": {}}


DOSED = summary(
    "ENR", "FAS", "RES", "R0", "PEV", "REV", "SAF", MPR={"value": "Y"}, R0={"value": "Y"}, TRAE3={"value": "Y"},
    BOR_RECIST={"value": "PR"}, PFS={"days": 300, "event": True},
)  # fmt: skip
NOT_RESECTED = summary("ENR", "FAS", "SAF", MPR={"value": "N"}, BOR_RECIST={"value": "CR"})
UNDOSED = summary("ENR")  # enrolled, without a dose
FLOW = {
    "screened": 9, "in_screening": 1, "enrolled": 6, "treated": 5, "resected": 4, "released": 4, "awaited": 0, "adjuvant": 0,
    "dosed_not_enrolled": 0, "failed": {"UNKNOWN": 2, "DEATH": 1}, "never_dosed": {"DEATH": 1}, "not_resected": {"WAITING": 1},
    "margin": {"R1": 3, "R0": 1},
}  # fmt: skip


def kept(results: dict[str, Any]) -> dict[str, Any]:
    """As a database may give it back: with other keys first."""
    found: dict[str, Any] = json.loads(json.dumps(results, sort_keys=True))
    return found


@pytest.fixture
def results() -> dict[str, Any]:
    return figures([DOSED, NOT_RESECTED, UNDOSED], DEFAULTS)


def test_the_headline_is_the_set_of_the_rules_in_whatever_order_it_is_kept(results: dict[str, Any]) -> None:
    found = {
        one.name: (one.population, one.after.split()[0])
        for one in figures_of(kept(results))
        if one.population
    }
    assert found == {
        "MPR": ("FAS", "1/2"), "PCR": ("FAS", "0/2"), "ORR": ("FAS", "0/2"), "DCR": ("FAS", "0/2"), "R0": ("RES", "1/1"),
        "TRAE3": ("SAF", "1/2"), "SAE": ("SAF", "0/2"),
    }  # fmt: skip
    assert next(iter(kept(results)["rates"]["MPR"])) == "ENR"  # what the order of the keys would have said


def test_lines_of_a_comparison_have_the_order_of_the_rules(results: dict[str, Any]) -> None:
    other = figures([DOSED, UNDOSED], DEFAULTS)
    assert compared(kept(results), kept(other)) == compared(results, other)
    assert [one.before for one in compared(kept(results), other) if one.name == "BOR_RECIST"] == [
        "CR 1, PR 1"
    ]
    moved = [
        one
        for one in compared(kept(results), kept(other))
        if one.moved and one.headline and one.name == "MPR"
    ]
    assert [(one.population, one.before, one.after) for one in moved] == [
        ("FAS", "1/2 (50.0%)", "1/1 (100.0%)")
    ]


def test_a_rate_without_the_chosen_set_is_shown_in_the_first_set_that_it_has(results: dict[str, Any]) -> None:
    rates = {"rates": {"MPR": {"RES": 1, "PEV": 2, "ENR": 3}}}
    assert rate_of(rates, "MPR", "REV") == ("ENR", 3) == rate_of(kept(rates), "MPR", "REV")


def test_sets_drugs_and_reasons_have_an_order_of_their_own(results: dict[str, Any]) -> None:
    choice: Any = SimpleNamespace(results=kept(results))
    (grid,) = tables.TABLES["sets"](choice, tables.Reader(named=True, sites=None))
    assert [row[1] for row in grid.rows] == list(SETS)

    given = {"doses": 4, "phases": {}}
    profile = {
        "sets": {"SAF": True},
        "exposure": {"cycles": {}, "delayed": 0, "OXA": given, "LLV": given, "APA": given},
    }
    found = {"profile": {"exposure": exposure_tables([({}, profile)]), "flow": FLOW}}
    (exposure,) = safety.exposure(kept(found))
    assert [row[0] for row in exposure.rows] == ["Oxaliplatin", "Levoleucovorin", "Apatinib"]
    steps = safety.flow(kept(found))
    assert [why for why, _n in steps[0].left] == ["reason not recorded", "death", "still in screening"]
    assert steps[3].note == "R1 3, R0 1"
    content = kept(found) | {"problem_count": 0}
    assert report_flow.flow_of(content)[3]["note"] == "margin R1: 3 · R0: 1"


def test_unknown_names_come_last_by_name() -> None:
    assert ordered({"B": 1, "X": 1, "A": 1, "C": 1}, ("C", "B", "Z")) == ["C", "B", "A", "X"]
    assert most_frequent({"B": 1, "A": 1, "C": 2}) == [("C", 2), ("A", 1), ("B", 1)]
