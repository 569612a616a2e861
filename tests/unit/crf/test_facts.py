"""Facts that conditions and limits read: what comes later must not forbid to keep or correct what came before."""

from __future__ import annotations

import datetime as dt

import pytest

from crf.conditions import holds
from crf.facts import last_contact
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


# --- names that are looked up on the way (crf.lookups) ----------------------------------------------------------------


def around(*sheets: Sheet) -> Surroundings:
    return Surroundings(Casebook("01-003", sheets), dt.date(2026, 1, 1))


@pytest.mark.parametrize(("visit", "asked"), [("SCR", True), ("BAS", False), ("C1", False)])
def test_height_is_asked_at_screening(visit: str, asked: bool) -> None:
    signs = Sheet("VS", 1, visit)
    assert holds(form_def("VS").fields["height"].requirement.when, around(signs).lookup(signs)) is asked


@pytest.mark.parametrize(
    ("care", "day", "broken"),
    [
        ("N", dt.date(2024, 3, 3), True),
        ("N", dt.date(2024, 3, 4), False),
        ("Y", dt.date(2024, 2, 20), False),  # routine care before the consent
        (None, dt.date(2024, 3, 3), True),
    ],
)
def test_a_sample_of_routine_care_may_be_older_than_the_consent(
    care: str | None, day: dt.date, broken: bool
) -> None:
    consent = Sheet("ICF", 1, values={"icf_dsstdat": dt.date(2024, 3, 4)})
    sample = Sheet("LB", 2, values={"lbdat": day, "lb_soc_pre": care})
    limit = form_def("LB").fields["lbdat"].hard
    assert limit is not None
    assert limit.broken(day, around(consent, sample).lookup(sample)) is broken


@pytest.mark.parametrize(
    ("onset", "asked"),
    [("2024-05-02", True), ("2024-05-03", False), ("2024-05", True), ("2024-06", False), (None, False)],
)
def test_the_time_of_an_event_is_asked_on_a_dosing_day(onset: str | None, asked: bool) -> None:
    event = Sheet("AE1", 2, values={"aestdat": PartialDate.parse(onset)} if onset else {})
    lookup = around(dosed(1, "NEO", dt.date(2024, 5, 2)), event).lookup(event)
    assert holds(form_def("AE1").fields["aesttim"].requirement.when, lookup) is asked


# Each form, dated after everything else: a proof of life (G-6), or not.
LATE = dt.date(2024, 9, 9)
PROOFS = [
    ("VS", {"vsdat": LATE}, True),
    ("VS", {"vsdat": LATE, "vsperf": "N"}, False),
    ("LB", {"lbdat": LATE, "lbperf": "Y"}, True),
    ("LB", {"lbdat": LATE, "lbperf": "N"}, False),
    ("EG", {"echo_dat": LATE}, True),
    ("HEP", {"hep_lbdat": LATE}, True),
    ("AE1", {"aestdat": PartialDate.of(LATE)}, True),
    ("AE1", {"aestdat": PartialDate.parse("2024-09")}, False),  # complete dates only
    ("SURG", {"surg_proccur": "Y", "surg_prstdat": OPERATED, "surg_dischdat": LATE}, True),
    ("EOT", {"eot_dsstdat": LATE}, False),  # administrative
    ("EOS", {"eos_dsstdat": LATE}, False),
    ("PREOP", {"po_dat": LATE}, False),  # a meeting about the participant
    ("LPATH", {"lp_midat": LATE}, False),
]


@pytest.mark.parametrize(("key", "values", "proof"), PROOFS)
def test_what_proves_the_participant_alive(key: str, values: dict[str, object], proof: bool) -> None:
    book = Casebook("01-003", [dosed(1, "NEO", dt.date(2024, 5, 2)), Sheet(key, 2, values=values)])
    assert (last_contact(book) == LATE) is proof


def test_another_treatment_proves_the_participant_alive() -> None:
    row = RowValues(1, {"sact_stdat": PartialDate.of(LATE)})
    assert last_contact(Casebook("", [Sheet("SACT", 1, rows={"SA1": [row]})])) == LATE
