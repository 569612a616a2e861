"""Figures: numbers in, SVG out; readable without colour, in both languages, with nothing that the page forbids."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.utils.translation import override

from endpoints import drawing, plotting, rows
from endpoints.board import parts
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


# --- charts of stored figures ---------------------------------------------------------------------------------------


def share(x: int, n: int) -> dict[str, Any]:
    return {"x": x, "n": n, "estimate": x / n if n else None, "exact": {"lower": 0.1, "upper": 0.7}}


def figures(null: float | None = 0.15) -> dict[str, Any]:
    mpr = {"all": share(4, 9) | ({} if null is None else {"p0": null}), "pending": 0, "settled": share(4, 9)}
    levels = [{"level": "LT", "pending": 0, **share(3, 7)}, {"level": "GE", "pending": 0, **share(1, 2)}]
    return {
        "curves": {}, "rates": {"MPR": {"FAS": mpr}}, "population": "FAS",
        "subgroups": {"MPR": {"overall": {"pending": 0, **share(4, 9)},
                              "factors": [{"factor": "AGE", "limit": 60, "levels": levels}]}},
        "profile": {
            "pathology": {"rvt": [0.0, 4.0, 10.0, 10.5, 55.0]},
            "accrual": {"n": 9, "target": 48, "months": [
                {"month": "2026-01", "n": 4, "total": 4, "planned": 2.0},
                {"month": "2026-02", "n": 5, "total": 9, "planned": 4.0},
            ]},
        },
    }  # fmt: skip


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("name", ["subgroups", "rvt", "accrual"])
def test_figures_of_the_trial_are_drawn_without_style(name: str, language: str) -> None:
    with override(language):
        svg = drawing.draw(name, figures(), [], "alt", True)
    assert svg.startswith('<svg role="img"')
    assert 'style="' not in svg


def test_subgroups_have_the_null_line_a_diamond_and_squares_by_size() -> None:
    with_null = drawing.draw("subgroups", figures(), [], "x", True)
    assert "H₀ 15%" in with_null
    assert "H₀" not in drawing.draw("subgroups", figures(None), [], "x", True)
    assert "≥60 years" in with_null
    assert "44.4 (10.0–70.0)" in with_null
    squares = [float(w) for w in re.findall(r'd="M-([\d.]+),-\1h', with_null)]
    assert len(squares) == 2
    assert squares[0] ** 2 / squares[1] ** 2 == pytest.approx(7 / 2, rel=0.01), "area by participants"


def test_classes_of_viable_tumour_keep_the_limit_inside() -> None:
    rows_ = parts.rvt_rows([0.0, 4.0, 10.0, 10.5, 55.0])
    assert [(row["label"], row["n"]) for row in rows_ if row["n"]] == [
        ("0", 1),
        (">0–10", 2),
        (">10–20", 1),
        (">50–60", 1),
    ]
    assert sum(row["n"] for row in rows_) == 5
    svg = drawing.draw("rvt", figures(), [], "x", True)
    assert "url(#fig-rvt-hatch)" in svg, "no MPR is hatched, not only orange"


def test_the_plan_is_broken_and_the_truth_is_whole() -> None:
    svg = drawing.draw("accrual", figures(), [], "x", True)
    assert "stroke-dasharray" in svg


def test_the_browser_gets_words_and_addresses_and_the_page_gets_neither_hidden_points() -> None:
    people = [drawing.Person(f"01-{i:03}", summary(), []) for i in range(6)]
    svg, text = plotting.draw_both("waterfall", {"curves": {}}, people, "x", True)
    spec = json.loads(text)
    rows_ = [row for layer in spec["layer"] for row in layer["data"]["values"]]
    assert {row["href"] for row in rows_ if "href" in row} == {
        f"/endpoints/bor_mrecist/01-{i:03}/" for i in range(6)
    }
    assert "href" not in svg
    assert "§" not in text
    encodings = [layer["encoding"] for layer in spec["layer"] if "tooltip" in layer.get("encoding", {})]
    assert encodings and encodings[0]["href"] == {"field": "href", "type": "nominal"}
    unnamed = plotting.draw_both("waterfall", {"curves": {}}, people, "x", False)[1]
    assert "href" not in unnamed
    assert "01-00" not in unnamed
    results = {"curves": {"PFS": CURVE}}
    curve, curve_text = plotting.draw_both("pfs", results, [], "x", True)
    assert "at risk 10" in curve_text
    assert "at risk 10" not in curve


def test_a_place_for_a_name_follows_what_is_drawn_and_not_the_number() -> None:
    def bars(*changes: float) -> list[dict[str, Any]]:
        people = [
            (f"01-{i:03}", summary(best_change={"mRECIST": change})) for i, change in enumerate(changes)
        ]
        return rows.unnamed("waterfall", rows.waterfall_rows(people, "mRECIST"))

    assert [(one["label"], one["change"]) for one in bars(-50.0, 10.0, -20.0)] == [
        ("1", 10),
        ("2", -20),
        ("3", -50),
    ]
    assert bars(-50.0, 10.0, -20.0) == bars(-20.0, -50.0, 10.0)


def test_equals_stand_by_their_own_data() -> None:
    lanes = [
        {"label": label, "end": 9.0, "resection": cut, "progression": None, "dead": False, "after": "MPR"}
        for label, cut in (("01-001", 3.0), ("01-002", None), ("01-003", 2.0))
    ]
    found = rows.unnamed("swimmer", lanes)
    assert [(one["label"], one["resection"]) for one in found] == [("1", 2.0), ("2", 3.0), ("3", None)]
    assert found == rows.unnamed("swimmer", lanes[::-1])
    lines = [
        {"label": label, "group": "MPR", "points": [(0.0, 0.0), (2.0, end)]}
        for label, end in (("a", -60.0), ("b", 5.0))
    ]
    assert [one["points"][-1][1] for one in rows.unnamed("spider", lines)] == [5.0, -60.0]


@pytest.mark.parametrize("name", ["waterfall", "swimmer", "spider"])
def test_a_figure_of_nobody_has_a_size_and_says_so(name: str) -> None:
    svg = drawing.draw(name, {"curves": {}}, [], "x", True)
    assert "Nobody has such data yet." in svg
    assert "Infinity" not in svg
    assert "e+308" not in svg
