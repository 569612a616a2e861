"""Facts that conditions and limits read: what comes later must not forbid to keep or correct what came before."""

from __future__ import annotations

import datetime as dt

import pytest

from crf.conditions import holds
from crf.lookups import Surroundings
from crf.registry import form_def
from crf.sheets import Casebook, RowValues, Sheet
from trialsite.kernel.partial_date import PartialDate

OPERATED = dt.date(2024, 5, 30)
HOME = dt.date(2024, 6, 14)


def dosed(form: int, phase: str, day: dt.date) -> Sheet:
    row = RowValues(1, {"ectrt": "CAM", "ecoccur": "Y", "ecstdat": day, "ecendat": day})
    return Sheet("EC", form, values={"ec_phase": phase, "ec_d1dat": day}, rows={"EC2": [row]})


@pytest.mark.parametrize(
    ("phase", "day", "broken"),
    [
        ("NEO", dt.date(2024, 5, 2), False),  # the day of its last dose
        ("NEO", dt.date(2024, 5, 1), True),
        ("ADJ", dt.date(2024, 12, 5), False),
        ("ADJ", dt.date(2024, 12, 4), True),
    ],
)
def test_the_end_of_a_phase_looks_at_the_doses_of_that_phase(phase: str, day: dt.date, broken: bool) -> None:
    end = Sheet("EOT", 9, values={"eot_phase": phase, "eot_dsstdat": day})
    book = Casebook(
        "01-003", [dosed(1, "NEO", dt.date(2024, 5, 2)), dosed(2, "ADJ", dt.date(2024, 12, 5)), end]
    )
    limit = form_def("EOT").fields["eot_dsstdat"].hard
    assert limit is not None
    assert limit.broken(day, Surroundings(book, dt.date(2026, 1, 1)).lookup(end)) is broken


@pytest.mark.parametrize(
    ("discharge", "death", "place", "asked"),
    [
        (None, None, None, True),
        (HOME, "2025-03-01", "Y", True),  # died later: the discharge stays
        (None, "2025-03-01", "Y", True),
        (None, "2024-06-10", "N", True),  # died at home, so there was a discharge
        (None, "2024-06-10", "Y", False),
        (None, "2024-06", "Y", False),
        (HOME, "2024-06-20", "Y", True),  # a given discharge is never hidden
    ],
)
def test_discharge_is_asked_unless_the_stay_ended_in_death(
    discharge: dt.date | None, death: str | None, place: str | None, asked: bool
) -> None:
    surgery = Sheet("SURG", 1, values={"surg_proccur": "Y", "surg_prstdat": OPERATED})
    if discharge:
        surgery.values["surg_dischdat"] = discharge
    sheets = [surgery]
    if death:
        sheets.append(Sheet("DTH", 2, values={"dthdat": PartialDate.parse(death), "dth_place": place}))
    around = Surroundings(Casebook("01-003", sheets), dt.date(2026, 1, 1))
    assert holds(form_def("SURG").fields["surg_dischdat"].requirement.when, around.lookup(surgery)) is asked
