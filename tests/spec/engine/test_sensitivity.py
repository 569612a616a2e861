"""Q-3, Q-10, Q-11: the further endpoints stand beside the headline and never change it."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, reject, settings

from endpoints.engine.course import Course, EngineError, derive
from endpoints.engine.results import BestOverall, Duration, Responder
from endpoints.engine.settings import Settings
from tests.unit.engine.courses import Json, courses

from .build import MRECIST, both, course, ended, endpoint, lesion, liver, result, scan
from .build import given as responses

FLOOR = "mrecist_progression_increase_mm"
PAIRS = {
    "BOR_MRECIST_NO_FLOOR": "BOR_MRECIST",
    "ORR_MRECIST_NO_FLOOR": "ORR_MRECIST",
    "DCR_NO_FLOOR": "DCR",
    "DOR_NO_FLOOR": "DOR",
}


def small(*sums: str) -> list[Json]:
    """One liver lesion of 20 mm viable, measured every fifth of a month from February on."""
    rows = [scan(MRECIST, "SCR", "2026-01-05", baseline=True, target=[liver("T01", "20.0")])]
    return rows + [
        scan(MRECIST, f"TA{i}", f"2026-0{i + 1}-05", target=[lesion("T01", mm)])
        for i, mm in enumerate(sums, 1)
    ]


def test_growth_below_the_floor_is_progression_without_it() -> None:
    """20 -> 10 -> 13 mm: 30 % above the nadir but only 3 mm."""
    data = course(data_cutoff="2026-04-30", imaging=small("10.0", "13.0", "13.0"))
    assert ended(data, "DOR") == ("2026-04-05", False, "Last adequate assessment")
    assert ended(data, "DOR_NO_FLOOR") == ("2026-03-05", True, "Progression")
    step = next(one for one in endpoint(data, "DOR_NO_FLOOR")["steps"] if one["rule"] == "Q-3")
    assert step["text"].endswith("another response: TA2, TA3.")
    assert [one["value"] for one in step["reads"]] == ["2026-03-05", "2026-04-05"]


def test_without_small_growth_the_floor_makes_no_difference() -> None:
    data = course(imaging=small("10.0", "11.0", "16.0"))
    for name, main in PAIRS.items():
        bare, kept = endpoint(data, name), endpoint(data, main)
        assert bare | {"steps": ()} == kept | {"steps": ()}
        assert "no time point has another response" in bare["steps"][1]["text"]


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(courses())
def test_it_is_the_engine_with_the_floor_switched_off(data: Json) -> None:
    try:
        made = derive(Course.from_json(data))
    except EngineError:  # a random course may contradict itself: those are looked at elsewhere
        reject()
    bare = derive(Course.from_json(data), Settings.from_json({FLOOR: 0}))
    for name, main in PAIRS.items():
        assert made.endpoints[name].to_json() | {"steps": ()} == bare.endpoints[main].to_json() | {
            "steps": ()
        }


def test_duration_by_recist_starts_at_the_response_by_recist() -> None:
    rows = responses({"2026-02-05": "PR", "2026-04-05": "PD"})
    rows += responses({"2026-02-05": "SD", "2026-04-05": "SD"}, MRECIST)
    data = course(imaging=rows)
    made = result(data).endpoints
    dor, by_recist = made["DOR"], made["DOR_RECIST"]
    assert isinstance(dor, Duration) and isinstance(by_recist, Duration)
    assert (dor.days, by_recist.days, by_recist.event) == (None, 60, True)


def test_progression_by_mrecist_has_its_own_curve() -> None:
    rows = responses({"2026-02-05": "SD", "2026-03-06": "SD"})
    rows += responses({"2026-02-05": "SD", "2026-03-06": "PD"}, MRECIST)
    data = course(imaging=rows)
    assert ended(data, "PFS") == ("2026-03-06", False, "Last adequate assessment")
    assert ended(data, "PFS_MRECIST") == ("2026-03-06", True, "Progression")
    alone = course(imaging=responses({"2026-02-05": "SD"}))
    assert ended(alone, "PFS_MRECIST") == ("2026-01-10", False, "No baseline assessment")


@pytest.mark.parametrize("name", [*PAIRS, "DOR_RECIST", "PFS_MRECIST"])
def test_empty_outside_the_full_analysis_set(name: str) -> None:
    made = result(course(first_dose=None, last_study_dose=None, imaging=[])).endpoints[name]
    empty = made.value if isinstance(made, BestOverall | Responder) else getattr(made, "days", None)
    assert empty is None
    assert made.steps[0].rule == "G-40"


def test_the_headline_is_the_same_with_and_without_an_arm_of_sensitivity() -> None:
    data = course(imaging=both({"2026-02-05": "PR", "2026-03-06": "PR"}))
    assert endpoint(data, "DOR")["start"] == endpoint(data, "DOR_RECIST")["start"] == "2026-02-05"
