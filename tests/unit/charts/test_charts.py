"""Figures: numbers in, SVG out; readable without colour, in both languages, with nothing that the page forbids."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils.translation import override

from endpoints import drawing, rows
from endpoints.charts.risk_table import MARKS, marks_for, risk_table
from endpoints.engine.survival import n_at_risk, survival

DAYS = [30, 61, 61, 95, 200, 366, 366, 400, 731, 800]
EVENTS = [True, False, True, False, True, False, True, False, False, True]
CURVE = survival(DAYS, EVENTS, [182.625, 365.25]).to_json() | {
    "landmark_months": [6, 12],
    "range": ("30", "800"),
}


def summary(**more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "sets": ["ENR", "FAS", "RES"], "resection": "2025-04-01", "best_change": {"mRECIST": -40.0},
        "values": {
            "MPR": {"value": "Y", "rvt_pct": 4.0}, "PCR": {"value": "N"},
            "PFS": {"start": "2025-01-01", "end": "2025-12-01", "days": 335, "event": True, "name": "Recurrence"},
            "OS": {"start": "2025-01-01", "end": "2026-01-01", "days": 366, "event": False, "name": "Last known alive"},
        },
    }  # fmt: skip
    return base | more


def test_risk_table_agrees_with_the_engine_and_adds_up() -> None:
    table = risk_table(CURVE)
    assert [row.month for row in table] == list(MARKS)
    assert tuple(row.at_risk for row in table) == n_at_risk(DAYS, [mark * 30.4375 for mark in MARKS])
    assert {row.at_risk + row.censored + row.events for row in table} == {len(DAYS)}


def test_marks_go_on_while_anyone_is_followed() -> None:
    assert marks_for(700) == MARKS
    assert marks_for(800)[-2:] == (24, 30)
    assert marks_for(0) == MARKS


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("name", ["pfs", "waterfall", "swimmer", "spider", "forest"])
def test_every_figure_is_drawn(name: str, language: str) -> None:
    results = {"curves": {"PFS": CURVE}, "rates": _rates(), "settings": {}}
    points = [{"date": "2025-02-15", "sum": "30.0", "baseline_sum": "50.0"}]
    people = [drawing.Person(f"01-{i:03}", summary(), points) for i in range(6)]
    with override(language):
        svg = drawing.draw(name, results, people, "alt & text", True)
    assert svg.startswith('<svg role="img" aria-label="alt &amp; text"')
    assert "<text" in svg, "text stays text"
    assert 'style="' not in svg, "the page's policy forbids style attributes"
    assert "<style" not in svg
    ids = re.findall(r' id="([^"]+)"', svg)
    assert len(ids) == len(set(ids))
    assert all(one.startswith(f"fig-{name}-") for one in ids), "unique on a page with many figures"
    assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(ids)


def test_groups_differ_by_more_than_colour() -> None:
    people = [drawing.Person("01-001", summary(values=summary()["values"] | {"MPR": {"value": "N"}}), [])]
    svg = drawing.draw("waterfall", {"curves": {}}, people, "x", True)
    assert 'fill="url(#fig-waterfall-hatch)"' in svg


def test_the_same_input_gives_the_same_figure() -> None:
    people = [drawing.Person(f"01-{i:03}", summary(), []) for i in range(5)]
    assert drawing.draw("swimmer", {}, people, "x", True) == drawing.draw("swimmer", {}, people, "x", True)


def test_numbers_stay_out_of_a_figure_for_those_who_may_not_know_them() -> None:
    people = [drawing.Person(f"01-{i:03}", summary(), []) for i in range(5)]
    assert "01-003" in drawing.draw("swimmer", {}, people, "x", True)
    assert "01-003" not in drawing.draw("swimmer", {}, people, "x", False)


@pytest.mark.parametrize(
    ("mpr", "pcr", "sets", "group"),
    [
        ("Y", "Y", ["FAS", "RES"], "PCR"),
        ("Y", "N", ["FAS", "RES"], "MPR"),
        ("N", "N", ["FAS", "RES"], "NO_MPR"),
        ("N", "N", ["FAS"], "NOT_RESECTED"),
        ("PENDING", "PENDING", ["FAS", "RES"], "PENDING"),
    ],
)
def test_category(mpr: str, pcr: str, sets: list[str], group: str) -> None:
    assert rows.category(summary(sets=sets, values={"MPR": {"value": mpr}, "PCR": {"value": pcr}})) == group


def test_lane_of_a_participant_that_progressed() -> None:
    (lane,) = rows.swimmer_rows([("01-001", summary())], 24)
    assert lane["resection"] == pytest.approx(90 / 30.4375)
    assert lane["progression"] == pytest.approx(334 / 30.4375)
    assert (lane["dead"], lane["after"]) == (False, "MPR")


def test_not_treated_participants_have_no_bar() -> None:
    assert rows.waterfall_rows([("01-001", summary(sets=["ENR"]))], "mRECIST") == []


def _rates() -> dict[str, Any]:
    one = {"all": {"x": 2, "n": 6, "estimate": 1 / 3, "exact": {"lower": 0.04, "upper": 0.78}}}
    return {rate: {"FAS": one, "ENR": one, "PEV": one} for rate, _ in drawing.ANALYSES}
