"""The trial's figures from summaries: who is counted where (P-8, G-25, section 5)."""

from __future__ import annotations

from typing import Any

from endpoints.engine.course import ENDPOINTS
from endpoints.engine.figures import figures
from endpoints.engine.settings import DEFAULTS


def summary(*sets: str, **values: dict[str, Any]) -> dict[str, Any]:
    return {"sets": list(sets), "values": {key: {} for key in ENDPOINTS} | values, "best_change": {}}


REACHED = summary("ENR", "FAS", "RES", "R0", "PEV", MPR={"value": "Y", "rvt_pct": 8.0}, BOR_RECIST={"value": "PR"},
                  PFS={"days": 300, "event": True}, OS={"days": 400, "event": False})  # fmt: skip
OPEN = summary(
    "ENR", "FAS", MPR={"value": "PENDING"}, PFS={"days": 20, "event": False}, OS={"days": 20, "event": False}
)
FAILED = summary(
    "ENR", "FAS", "REV", MPR={"value": "N"}, PFS={"days": 100, "event": True}, OS={"days": 700, "event": True}
)
UNTREATED = summary("ENR")
SCREENED = summary()


def test_rates_count_pending_as_not_reached_and_show_them_apart() -> None:
    found = figures([REACHED, OPEN, FAILED, UNTREATED, SCREENED], DEFAULTS)
    assert found["participants"] == 5
    assert found["sets"] == {"ENR": 4, "FAS": 3, "RES": 1, "R0": 1, "PEV": 1, "REV": 1, "REV_M": 0, "RSP": 0}
    mpr = found["rates"]["MPR"]
    assert {name: (one["all"]["x"], one["all"]["n"], one["pending"], one["settled"]["n"]) for name, one in mpr.items()} == {
        "FAS": (1, 3, 1, 2),
        "ENR": (1, 4, 1, 3),
        "PEV": (1, 1, 0, 1),
    }  # fmt: skip
    assert mpr["FAS"]["all"]["exact"]["lower"] < 1 / 3 < mpr["FAS"]["all"]["exact"]["upper"]


def test_curves_take_whoever_has_a_duration() -> None:
    found = figures(iter([REACHED, OPEN, FAILED, UNTREATED]), DEFAULTS)
    pfs = found["curves"]["PFS"]
    assert (pfs["n"], pfs["events"], pfs["time"]) == (3, 2, [20, 100, 300])
    assert pfs["at_risk"]["n"][0] == 3
    assert found["curves"]["OS"]["range"] == ("20+", "700")
    assert found["curves"]["DFS"]["n"] == 0
    assert found["best"]["BOR_RECIST"] == {"PR": 1, "NE": 2}


def test_an_empty_trial_has_figures() -> None:
    found = figures([], DEFAULTS)
    assert found["rates"]["MPR"]["FAS"]["all"] == {
        "x": 0, "n": 0, "estimate": None, "exact": {"lower": None, "upper": None}, "wilson": {"lower": None, "upper": None},
    }  # fmt: skip
