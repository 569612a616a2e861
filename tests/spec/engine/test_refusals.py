"""G-11, G-27, G-39: bad input is refused, never repaired, and the error names the place.

One row per refusal: the change that spoils a good course, and the path of the field to look at. Every other
participant is still computed, so an error must be certain: imaging is checked for the evaluator in use and
up to the cut-off only.
"""

from __future__ import annotations

from typing import Any

import pytest

from .build import (
    MRECIST,
    RECIST,
    Json,
    course,
    endpoint,
    follow_up,
    given,
    lesion,
    liver,
    nodule,
    one,
    pathology,
    read,
    refusal,
    resection,
    result,
    scan,
)

BASE = scan(
    RECIST, "SCR", "2026-01-05", baseline=True, target=[liver("T01", "50")], nontarget=[{"id": "NT01"}]
)
TA1 = scan(
    RECIST, "TA1", "2026-02-05", target=[lesion("T01", "40")], nontarget=[{"id": "NT01", "state": "present"}]
)


def imaged(**changes: Any) -> Json:
    """A baseline and one time point, the second one spoilt."""
    unanswered = {"new_lesions": None} if "new" in changes else {}
    return {"imaging": [BASE, TA1 | unanswered | changes]}


def based(**changes: Any) -> Json:
    """A baseline, spoilt, and one time point."""
    return {"imaging": [BASE | changes, TA1]}


def operated(*reads: Json, **more: Any) -> Json:
    return {"surgery": resection(), "pathology": pathology(*reads, **more)}


NEW = {"id": "N01", "state": "unequivocal"}

IMAGING: list[Any] = [
    pytest.param({"imaging": [BASE, TA1, TA1]}, "imaging[2].date", id="two time points on one date"),
    pytest.param({"imaging": [BASE, TA1, BASE]}, "imaging[2]", id="a second baseline"),
    pytest.param(based(date="2026-01-11"), "imaging[0].date", id="a baseline after the first dose"),
    pytest.param(imaged(date="2026-01-05"), "imaging[1].date", id="a time point on the baseline"),
    pytest.param(imaged(date="2026-01-04"), "imaging[1].date", id="a time point before the baseline"),
    pytest.param(
        imaged(last_scan_date="2026-02-04"), "imaging[1].last_scan_date", id="a last scan before the first"
    ),
    pytest.param(
        imaged(target=[lesion("T02", "9")]), "imaging[1].target[0].id", id="a target missing at baseline"
    ),
    pytest.param(
        imaged(nontarget=[{"id": "NT02", "state": "absent"}]),
        "imaging[1].nontarget[0].id",
        id="a non-target missing",
    ),
    pytest.param({"imaging": [TA1]}, "imaging[0].target[0].id", id="lesions without any baseline"),
    pytest.param(imaged(target=[lesion("T01", "-1")]), "imaging[1].target[0].mm", id="a negative diameter"),
    pytest.param(imaged(target=[lesion("T01", "4 mm")]), "imaging[1].target[0].mm", id="not a number"),
    pytest.param(imaged(target=[lesion("T01", 40.5)]), "imaging[1].target[0].mm", id="a binary fraction"),
    pytest.param(
        imaged(target=[lesion("T01", state="gone")]), "imaging[1].target[0].state", id="an unknown state"
    ),
    pytest.param(
        imaged(target=[lesion("T01", state="measured")]), "imaging[1].target[0].mm", id="measured, no mm"
    ),
    pytest.param(
        imaged(target=[lesion("T01", "3", state="absent")]), "imaging[1].target[0].mm", id="absent, 3 mm"
    ),
    pytest.param(
        imaged(target=[lesion("T01", "3", state="merged")]), "imaging[1].target[0].mm", id="merged, 3 mm"
    ),
    pytest.param(
        imaged(target=[lesion("T01", "3", state="too_small")]),
        "imaging[1].target[0].mm",
        id="too small, 3 mm",
    ),
    pytest.param(
        imaged(target=[lesion("T01", "3", state="not_evaluable")]),
        "imaging[1].target[0].mm",
        id="not evaluable, 3 mm",
    ),
    pytest.param(
        imaged(target=[lesion("T01", "40"), lesion("T01", "41")]),
        "imaging[1].target[1].id",
        id="two different rows",
    ),
    pytest.param(
        imaged(new=[NEW, NEW | {"mm": "9"}]), "imaging[1].new[1].id", id="two different rows of a new lesion"
    ),
    pytest.param(
        based(target=[lesion("T01")]), "imaging[0].target[0].mm", id="a baseline target without diameter"
    ),
    pytest.param(based(target=[lesion("T01", "0")]), "imaging[0].target", id="a baseline sum of 0"),
    pytest.param(based(new=[NEW]), "imaging[0].new[0]", id="a new lesion at baseline"),
    pytest.param(
        imaged(new=[NEW], new_lesions="no"), "imaging[1].new_lesions", id="no new lesion beside one"
    ),
    pytest.param(
        imaged(new=[NEW | {"date": "2026-01-05"}]),
        "imaging[1].new[0].date",
        id="new, but seen on the baseline",
    ),
    pytest.param(
        imaged(new=[NEW | {"date": "2026-02-06"}]),
        "imaging[1].new[0].date",
        id="new, seen after the scans that show it",
    ),
    pytest.param(
        imaged(new=[{"id": "N01", "state": "maybe"}]), "imaging[1].new[0].state", id="an unknown certainty"
    ),
    pytest.param(imaged(new=[NEW | {"mm": "-3"}]), "imaging[1].new[0].mm", id="a negative new lesion"),
    pytest.param(imaged(overall="OK"), "imaging[1].overall", id="an unknown response"),
    pytest.param(imaged(criteria="WHO"), "imaging[1].criteria", id="an unknown criterion"),
    pytest.param(imaged(tarqet=[]), "imaging[1].tarqet", id="a misspelt key"),
    pytest.param(
        imaged(target=[lesion("T01", "40", size="1")]), "imaging[1].target[0].size", id="an unknown column"
    ),
    pytest.param(imaged(target={}), "imaging[1].target", id="an object instead of rows"),
    pytest.param(imaged(date=None), "imaging[1].date", id="no date"),
]

COURSE: list[Any] = [
    pytest.param({"last_study_dose": "2026-01-09"}, "last_study_dose", id="the last dose before the first"),
    pytest.param({"surgery": resection("2026-01-09")}, "surgery.date", id="surgery before the first dose"),
    pytest.param({"death": {"date": "2026-01-09"}}, "death.date", id="death before the first dose"),
    pytest.param({"death": {"date": "2025"}}, "death.date", id="death in the year before"),
    pytest.param(
        {"surgery": resection(), "death": {"date": "2026-03-19"}},
        "death.date",
        id="death before the operation",
    ),
    pytest.param(
        {
            "surgery": {"performed": True, "resected": False, "date": "2026-03-20"},
            "death": {"date": "2026-03-19"},
        },
        "death.date",
        id="death before the exploration",
    ),
    pytest.param(
        {"surgery": {"performed": True, "resected": True}}, "surgery.date", id="performed without a date"
    ),
    pytest.param(
        {"surgery": {"performed": True, "date": "2026-03-20"}}, "surgery.resected", id="resected not answered"
    ),
    pytest.param({"surgery": {"date": "2026-03-20"}}, "surgery.performed", id="performed not answered"),
    pytest.param(
        {"surgery": {"performed": False, "resected": True}}, "surgery.resected", id="resected, not performed"
    ),
    pytest.param({"surgery": resection(margin="R3")}, "surgery.margin", id="an unknown margin"),
    pytest.param(
        {"follow_up": [follow_up("2026-06-01", "yes")]},
        "follow_up[0].recurrence",
        id="recurrence, no resection",
    ),
    pytest.param(
        {"surgery": resection(), "follow_up": [follow_up("2026-03-19", "yes")]},
        "follow_up[0].date",
        id="recurrence before the resection",
    ),
    pytest.param(
        {"surgery": resection(), "follow_up": [follow_up("2026-06-01", "perhaps")]},
        "follow_up[0].recurrence",
        id="an unknown answer",
    ),
    pytest.param(
        {"pathology": pathology(read("A", one("5")))}, "pathology.reads[0]", id="a read without a resection"
    ),
    pytest.param(
        {
            "surgery": {"performed": True, "resected": False, "date": "2026-03-20"},
            "pathology": pathology(read("A", one("5"))),
        },
        "pathology.reads[0]",
        id="a read after an exploration",
    ),
    pytest.param(
        operated(*(read(name, one("5")) for name in "ABC")), "pathology.reads[2]", id="three final reads"
    ),
    pytest.param(
        operated(read("A", one("5")), read("A", one("5"))), "pathology.reads[1].reader", id="one reader twice"
    ),
    pytest.param(operated(read("A")), "pathology.reads[0].nodules", id="readable without a nodule"),
    pytest.param(
        operated(read("A", adequacy=None)), "pathology.reads[0].adequacy", id="final without adequacy"
    ),
    pytest.param(
        operated(read("A", adequacy="FINE")), "pathology.reads[0].adequacy", id="an unknown adequacy"
    ),
    pytest.param(
        operated(read("A", nodule("40", "30", "1", in_situ_only=True))),
        "pathology.reads[0].nodules[0].in_situ_only",
        id="in situ only beside viable tumour",
    ),
    pytest.param(
        operated(read("A", one("100.1"))),
        "pathology.reads[0].nodules[0].viable_pct",
        id="a percentage above 100",
    ),
    pytest.param(
        operated(read("A", one("-1"))), "pathology.reads[0].nodules[0].viable_pct", id="a negative percentage"
    ),
    pytest.param(
        operated(read("A", nodule("0", "30", "5"))),
        "pathology.reads[0].nodules[0].length_mm",
        id="a nodule without size",
    ),
    pytest.param(
        operated(read("A", one("5")), read("B", one("50")), adjudication=read("C", one("101"))),
        "pathology.adjudication.nodules[0].viable_pct",
        id="an adjudication above 100",
    ),
    pytest.param({"data_cutoff": None}, "data_cutoff", id="no cut-off"),
    pytest.param({"enroled": "2026-01-08"}, "enroled", id="a misspelt record"),
    pytest.param({"final": "yes"}, "final", id="final is not true or false"),
    pytest.param({"diagnosed": "12/2025"}, "diagnosed", id="not a date"),
    pytest.param({"first_dose": "2026-02-30"}, "first_dose", id="no such day"),
    pytest.param({"first_dose": "2026-W02-6"}, "first_dose", id="a week date"),
]


@pytest.mark.parametrize(("changes", "where"), IMAGING + COURSE)
def test_refused(changes: Json, where: str) -> None:
    error = refusal(course(**changes))
    assert error.where == where
    assert error.text and "{" not in error.text


ACCEPTED: list[Any] = [
    pytest.param(imaged(), id="the good course"),
    pytest.param(
        imaged(target=[lesion("T01", "40"), lesion("T01", "40.0")]), id="the same row twice counts once"
    ),
    pytest.param(imaged(target=[lesion("T01", "0", state="absent")]), id="absent with 0 mm"),
    pytest.param(imaged(target=[lesion("T01", "5", state="too_small")]), id="too small with 5 mm"),
    pytest.param(imaged(target=[lesion("T01", "0", state="merged")]), id="merged with 0 mm"),
    pytest.param(based(date="2026-01-10"), id="a baseline on the day of the first dose"),
    pytest.param(
        {"imaging": [BASE, TA1 | {"evaluator": "BICR", "date": "2026-01-01"}]}, id="another evaluator's error"
    ),
    pytest.param(
        {"imaging": [BASE, TA1, TA1 | {"date": "2026-05-01", "target": [lesion("T09", "1")]}]}, id="too late"
    ),
    pytest.param(
        {"imaging": [BASE, TA1, *given({"2026-02-05": "SD"}, MRECIST)]}, id="the criteria are two series"
    ),
    pytest.param({"surgery": {"performed": False}}, id="surgery not done, no date"),
    pytest.param(
        {"surgery": resection("2026-06-01"), "pathology": pathology(read("A", one("5")))},
        id="after cut-off",
    ),
    pytest.param(operated(read("A", adequacy="INADEQUATE", nodules=[])), id="inadequate without nodules"),
    pytest.param(operated(*(read("A", final=False) for _ in range(3))), id="drafts may be incomplete"),
    pytest.param(
        {"surgery": resection(), "follow_up": [follow_up("2026-03-01")]},
        id="a clean scan before the resection",
    ),
]


@pytest.mark.parametrize("changes", ACCEPTED)
def test_not_refused(changes: Json) -> None:
    assert result(course(**changes)).endpoints["OS"].steps


def test_the_evaluator_in_use_is_checked() -> None:
    """G-23: with another evaluator in the settings the same course is refused."""
    bicr = {"evaluator": "BICR"}
    data = course(imaging=[BASE, TA1, BASE | bicr, TA1 | bicr | {"date": "2026-01-01"}])
    assert endpoint(data, "PFS")["end"] == "2026-02-05"
    assert refusal(data, evaluator="BICR").where == "imaging[3].date"


def test_time_points_after_the_resection_are_checked_but_not_assessed() -> None:
    """G-38: they prove life; a lesion unknown at baseline is still an error."""
    after = TA1 | {"name": "FU", "date": "2026-04-05", "target": [lesion("T01", "70")]}
    data = course(imaging=[BASE, TA1, after], surgery=resection())
    made = result(data)
    assert [point.name for point in made.responses[RECIST]] == ["TA1"]
    assert endpoint(data, "OS")["end"] == "2026-04-05"
    spoilt = after | {"target": [lesion("T09", "70")]}
    assert (
        refusal(course(imaging=[BASE, TA1, spoilt], surgery=resection())).where == "imaging[2].target[0].id"
    )
