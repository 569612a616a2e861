"""Every table rounds a quantity to the same number of places (G-4, D-24), and no unit stands behind a word."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from endpoints.board import safety, tables
from endpoints.board.cards import cards
from endpoints.engine.course import ENDPOINTS
from endpoints.engine.exposure import exposure_tables
from endpoints.engine.figures import figures
from endpoints.engine.settings import DEFAULTS
from endpoints.reports.safety import safety as reported


def summary(days: int, event: bool) -> dict[str, Any]:
    values: dict[str, dict[str, Any]] = {key: {} for key in ENDPOINTS} | {
        "OS": {"days": days, "event": event}
    }
    return {"sets": ["ENR", "FAS"], "values": values, "best_change": {}}


def test_dose_intensity_has_one_place_on_the_page_as_in_the_report() -> None:
    given = {"doses": 4, "mg": 400, "phases": {"NEO": {"rdi": 84.55, "weeks": 8}}}
    profile = {"sets": {"SAF": True}, "exposure": {"cycles": {"NEO": 4}, "delayed": 0, "OXA": given}}
    found = exposure_tables([({}, profile)])
    (grid,) = safety.exposure({"profile": {"exposure": found}})
    assert "84.6 (84.6–84.6)" in grid.rows[0]
    nothing = {"n": 1, "refused": 0, "summary": {}, "terms": [], "unknown": {}}
    said = str(reported({"profile": {"safety": nothing, "exposure": found}, "people": [], "sites": []}))
    assert "84.6 (1/1)" in said


def test_viable_tumour_has_one_place_unless_it_would_look_like_the_threshold() -> None:
    choice: Any = SimpleNamespace(results={"profile": {"pathology": {"rvt": [0, 4.25, 10.04, 33.333]}}})
    _classes, each = tables.TABLES["rvt"](choice, tables.Reader(named=True, sites=None))
    assert [row[0] for row in each.rows] == ["0.0", "4.3", "10.04", "33.3"]


def test_a_median_elsewhere_has_a_unit_where_it_is_reached() -> None:
    here = figures([summary(300, True)], DEFAULTS)
    for there, said in (
        ([summary(300, False)], "NR (0/1) in DC-01"),
        ([], "NE (0/0) in DC-01"),
        ([summary(600, True)], "19.7 mo (1/1) in DC-01"),
    ):
        choice: Any = SimpleNamespace(
            results=here, population="FAS", criteria="", other=SimpleNamespace(label="DC-01"),
            other_results=figures(there, DEFAULTS),
        )  # fmt: skip
        assert {one.name: one.delta for one in cards(choice)}["OS"] == said
