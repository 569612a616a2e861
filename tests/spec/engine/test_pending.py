"""G-25: a value that may still change is PENDING, never silently "no".

Without a resection MPR and pCR wait until a resection cannot come any more; ORR and DCR wait until their
window is closed. A final analysis waits for nothing.
"""

from __future__ import annotations

from typing import Any

import pytest

from .build import both, course, endpoint, follow_up, given, one, pathology, read, resection

CUTOFF = "2026-04-30"
SURGERY_LATER = {"surgery_planned": True, "date": "2026-03-05"}

# changes -> MPR, ORR, DCR (BOR is SD by both criteria unless changed)
TABLE: list[Any] = [
    pytest.param({}, ("PENDING", "PENDING", "Y"), id="nothing has happened yet"),
    pytest.param({"final": True}, ("N", "N", "Y"), id="final analysis: no result by the cut-off"),
    pytest.param({"death": {"date": "2026-04-01"}}, ("N", "N", "Y"), id="death"),
    pytest.param(
        {"death": {"date": "2026-05-01"}}, ("PENDING", "PENDING", "Y"), id="death after the cut-off"
    ),
    pytest.param({"end_of_study": {"date": "2026-04-01"}}, ("N", "N", "Y"), id="end of study"),
    pytest.param({"end_of_treatment": SURGERY_LATER}, ("PENDING", "PENDING", "Y"), id="surgery is planned"),
    pytest.param(
        {"end_of_treatment": {"date": "2026-03-05", "surgery_planned": False}},
        ("N", "PENDING", "Y"),
        id="treatment ended, no surgery planned",
    ),
    pytest.param(
        {"end_of_treatment": {"date": "2026-03-05"}},
        ("PENDING", "PENDING", "Y"),
        id="plan for surgery not answered",
    ),
    pytest.param({"surgery": {"performed": False}}, ("N", "PENDING", "Y"), id="surgery not done"),
    pytest.param(
        {"surgery": {"performed": True, "resected": False, "date": "2026-03-20"}},
        ("N", "PENDING", "Y"),
        id="exploration: ends nothing for the responses",
    ),
    pytest.param({"surgery": resection()}, ("PENDING", "N", "Y"), id="resected, no central result"),
    pytest.param(
        {"surgery": resection("2026-05-01")}, ("PENDING", "PENDING", "Y"), id="resected after the cut-off"
    ),
    pytest.param(
        {"imaging": both({"2026-03-19": "PD"})},
        ("PENDING", "N", "N"),
        id="progression 42 days before the cut-off",
    ),
    pytest.param(
        {"imaging": both({"2026-03-18": "PD"})}, ("N", "N", "N"), id="progression 43 days before the cut-off"
    ),
    pytest.param({"data_cutoff": "2026-07-11"}, ("PENDING", "PENDING", "Y"), id="day 182"),
    pytest.param({"data_cutoff": "2026-07-12"}, ("PENDING", "N", "Y"), id="day 183: response window over"),
    pytest.param({"data_cutoff": "2026-07-13"}, ("N", "N", "Y"), id="day 184: too late for surgery"),
    pytest.param(
        {"therapies": [{"date": "2026-04-01", "name": "TACE"}]},
        ("PENDING", "N", "Y"),
        id="new anticancer therapy",
    ),
    pytest.param(
        {"therapies": [{"date": "2026-04-01", "name": "mFOLFOX7", "protocol": True}]},
        ("PENDING", "PENDING", "Y"),
        id="protocol treatment is read over",
    ),
    pytest.param(
        {"imaging": both({"2026-02-05": "SD"})}, ("PENDING", "PENDING", "PENDING"), id="SD before day 35"
    ),
    pytest.param(
        {"imaging": both({"2026-02-13": "SD"})}, ("PENDING", "PENDING", "PENDING"), id="SD 34 days after"
    ),
    pytest.param({"imaging": both({"2026-02-14": "SD"})}, ("PENDING", "PENDING", "Y"), id="SD 35 days after"),
    pytest.param(
        {"imaging": both({"2026-02-14": "NON-CR/NON-PD"})},
        ("PENDING", "PENDING", "PENDING"),
        id="NON is no SD",
    ),
    pytest.param({"imaging": both({"2026-02-05": "PR"})}, ("PENDING", "Y", "Y"), id="PR at once"),
    pytest.param({"imaging": []}, ("PENDING", "PENDING", "PENDING"), id="no imaging"),
]


@pytest.mark.parametrize(("changes", "expected"), TABLE)
def test_live_values(changes: dict[str, Any], expected: tuple[str, str, str]) -> None:
    data = course(**changes)
    assert tuple(endpoint(data, name)["value"] for name in ("MPR", "ORR", "DCR")) == expected


def test_progression_by_the_other_criterion_closes_nothing() -> None:
    """G-25: PD by the same criterion."""
    data = course(imaging=given({"2026-02-20": "PD"}) + given({"2026-02-20": "NE"}, "mRECIST"))
    assert endpoint(data, "ORR")["value"] == "N"
    assert endpoint(data, "ORR_MRECIST")["value"] == "PENDING"


def test_a_later_resection_opens_the_value_again_and_the_specimen_decides() -> None:
    """G-25: whatever happened before or since."""
    late = {
        "data_cutoff": "2027-06-30",
        "imaging": both({"2026-03-06": "PD"}),
        "end_of_study": {"date": "2027-01-01"},
    }
    assert endpoint(course(**late), "MPR")["value"] == "N"
    late["surgery"] = resection("2026-09-01")
    assert endpoint(course(**late), "MPR")["value"] == "PENDING"
    late["pathology"] = pathology(read("A", one("5")), read("B", one("5")))
    assert endpoint(course(**late), "MPR")["value"] == "Y"


# responses, changes -> ORR, confirmed
CONFIRMED: list[Any] = [
    pytest.param({"2026-02-05": "PR"}, {}, ("Y", "PENDING"), id="a second scan may confirm"),
    pytest.param({"2026-02-05": "PR", "2026-03-05": "PR"}, {}, ("Y", "Y"), id="28 days"),
    pytest.param(
        {"2026-02-05": "PR", "2026-03-04": "PR"}, {}, ("Y", "PENDING"), id="27 days, a third scan may"
    ),
    pytest.param(
        {"2026-02-05": "PR"}, {"surgery": resection()}, ("Y", "N"), id="resected before a second scan"
    ),
    pytest.param({"2026-02-05": "PR", "2026-03-05": "PD"}, {}, ("Y", "N"), id="progression"),
    pytest.param({"2026-02-05": "PR"}, {"final": True}, ("Y", "N"), id="final"),
    pytest.param(
        {"2026-07-01": "PR"},
        {"data_cutoff": "2026-07-30"},
        ("Y", "PENDING"),
        id="window over, confirmation may come",
    ),
    pytest.param(
        {"2026-07-01": "PR", "2026-07-29": "PR"},
        {"data_cutoff": "2026-07-30"},
        ("Y", "Y"),
        id="confirmed after day 182",
    ),
    pytest.param(
        {"2026-07-01": "PR", "2026-07-15": "SD"},
        {"data_cutoff": "2026-07-30"},
        ("Y", "N"),
        id="SD between: never again",
    ),
    pytest.param(
        {"2026-07-20": "PR"},
        {"data_cutoff": "2026-07-30"},
        ("N", "N"),
        id="a response after day 182 does not count",
    ),
]


@pytest.mark.parametrize(("responses", "changes", "expected"), CONFIRMED)
def test_confirmed_response(
    responses: dict[str, str], changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    made = endpoint(course(imaging=given(responses), **changes), "ORR")
    assert (made["value"], made["confirmed"]) == expected


def test_best_response_uses_the_whole_window() -> None:
    """G-28: ORR ends on day 182, the best response does not."""
    data = course(imaging=given({"2026-07-20": "PR"}), data_cutoff="2026-07-30")
    assert endpoint(data, "BOR_RECIST")["value"] == "PR"


@pytest.mark.parametrize("cut", [{"enrolled": None}, {"first_dose": None}, {"data_cutoff": "2026-01-09"}])
def test_outside_the_analysis_set_everything_is_empty(cut: dict[str, Any]) -> None:
    """G-40: not enrolled, or no study drug up to the cut-off; every empty value says why."""
    data = course(surgery=resection(), follow_up=[follow_up("2026-06-01")]) | {"last_study_dose": None} | cut
    for name in (
        "MPR",
        "PCR",
        "BOR_RECIST",
        "ORR",
        "DCR",
        "DOR",
        "PFS",
        "DFS",
        "OS",
        "OS_FROM_DIAGNOSIS",
        "MPR_30",
    ):
        made = endpoint(data, name)
        assert [step["rule"] for step in made.pop("steps")] == ["G-40"]
        assert set(made.values()) == {None}
