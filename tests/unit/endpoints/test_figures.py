"""The trial's figures from summaries: who is counted where (P-8, G-25, section 5)."""

from __future__ import annotations

import json
from typing import Any

from endpoints.engine.course import ENDPOINTS
from endpoints.engine.figures import POPULATIONS, all_figures, figures
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
    assert found["sets"] == {
        "ENR": 4, "FAS": 3, "RES": 1, "R0": 1, "PEV": 1, "REV": 1, "REV_M": 0, "RSP": 0, "SAF": 0, "PPS": 0,
    }  # fmt: skip
    mpr = found["rates"]["MPR"]
    assert {name: (one["all"]["x"], one["all"]["n"], one["pending"], one["settled"]["n"]) for name, one in mpr.items()} == {
        "FAS": (1, 3, 1, 2),
        "ENR": (1, 4, 1, 3),
        "RES": (1, 1, 0, 1),
        "PPS": (0, 0, 0, 0),
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


def test_an_analysis_set_restricts_rates_curves_and_best_responses() -> None:
    found = figures([REACHED, OPEN, FAILED, UNTREATED], DEFAULTS, "REV")
    assert (found["population"], list(found["rates"]["MPR"])) == ("REV", ["REV"])
    assert (found["rates"]["MPR"]["REV"]["all"]["x"], found["rates"]["MPR"]["REV"]["all"]["n"]) == (0, 1)
    assert (found["curves"]["PFS"]["n"], found["curves"]["PFS"]["time"]) == (1, [100])
    assert found["best"]["BOR_RECIST"] == {"NE": 1}
    assert found["sets"]["FAS"] == 3


def test_a_null_rate_brings_the_exact_test() -> None:
    found = figures([REACHED, FAILED], DEFAULTS, null_rates={"MPR": 0.2})
    one = found["rates"]["MPR"]["FAS"]["all"]
    assert (one["p0"], round(one["p_greater"], 10), round(one["p_two_sided"], 10)) == (0.2, 0.36, 0.36)
    assert "p0" not in found["rates"]["PCR"]["FAS"]["all"]


def test_all_figures_are_those_of_each_set() -> None:
    people = [REACHED, OPEN, FAILED, UNTREATED, SCREENED]
    found = all_figures(iter(people), DEFAULTS, {"MPR": 0.2}, errors=2)
    assert {population for population, _evaluator in found} == set(POPULATIONS)
    for (population, _evaluator), results in found.items():
        alone = figures(people, DEFAULTS, population, null_rates={"MPR": 0.2})
        assert results == alone | {"errors": 2}


def test_the_order_of_the_participants_does_not_matter() -> None:
    people = [REACHED, OPEN, FAILED, UNTREATED]
    assert json.dumps(figures(people, DEFAULTS)) == json.dumps(figures(people[::-1], DEFAULTS))


def test_refused_data_are_counted_apart() -> None:
    found = figures([REACHED, {"refusal": {}}], DEFAULTS)
    assert (found["participants"], found["errors"]) == (1, 1)
