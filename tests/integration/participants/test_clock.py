"""The casebook as one vertical clock: order, notes of visits, events, what stands beside it, a fixed number of queries."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from crf.analytes import ANALYTES
from crf.course_figures import marker_figure, treatment_figure
from crf.models import Finding
from crf.selectors.clock import (
    consents,
    course_book,
    dose_words,
    eligibility,
    markers,
    projection,
    response_words,
)
from crf.services.logs import log_line_add
from crf.sheets import Casebook, RowValues, Sheet
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User

from .conftest import Sign

DAY = dt.date


@pytest.fixture
def participant(cast: dict[str, User]) -> Participant:
    """Consented, two cycles given, two adverse events."""
    lin = cast["lin"]
    made = world.screened(lin, "01-003")
    consent = {"icf_yn": "Y", "icf_dsstdat": "2024-03-04", "icf_version": "1.1"}
    world.fill(world.form(made, "ICF", "SCR"), lin, consent, complete=False)
    for number, on in ((1, "2024-03-14"), (2, "2024-03-28")):
        drugs = [
            world.infusion(on, "155"),
            world.infusion(on, "365"),
            world.NEVER,
            world.NEVER,
            world.infusion(on, "200"),
        ]
        values = {"ec_phase": "NEO", "ec_cycle": str(number), "ec_given": "Y", "ec_d1dat": on, "ec_wt": "70.0",
                  "ec_ht": "171.0", "ec_bsa": "1.82"}  # fmt: skip
        world.fill(world.form(made, "EC", f"C{number}"), lin, values, {"EC2": drugs}, complete=False)
    event(made, lin, aeterm="Nausea", aestdat="2024-03-20", aeongo="N", aeendat="2024-03-22", aetoxgr="2")
    event(made, lin, aeterm="Hypertension", aestdat="2024-04", aeongo="Y", aetoxgr="3", aeser="Y")
    return made


def event(participant: Participant, by: User, **values: str) -> None:
    world.fill(log_line_add(by=by, participant=participant, log="AE"), by, values, complete=False)


def test_visits_and_events_stand_in_the_order_of_their_days(at: Sign, participant: Participant) -> None:
    html = at("lin").get("/p/01-003/").content.decode()
    order = [html.index(f'id="{name}"') for name in ("SCR", "C1", "ae-1", "C2", "ae-2", "C3", "TA2")]
    assert order == sorted(order)
    assert html.index("Mar 2024") < html.index("Apr 2024")
    first = html[order[2] : order[3]]
    assert "Nausea" in first
    assert "20 Mar 2024 – 22 Mar 2024" in first
    second = html[order[4] : order[5]]
    assert "continues" in second
    assert "Grade 3 or higher" in second
    assert "serious" in second
    assert 'href="/p/01-003/log/ae/2/"' in second


def test_a_visit_says_what_was_given(at: Sign, participant: Participant) -> None:
    html = at("lin").get("/p/01-003/").content.decode()
    assert "OXA 100% · LLV 100% · CAM 100%" in html


def test_the_unfinished_view_holds_visits_only(at: Sign, participant: Participant) -> None:
    html = at("lin").get("/p/01-003/?show=unfinished").content.decode()
    assert 'id="C1"' in html
    assert 'id="ae-1"' not in html


def test_key_facts_treatment_and_logs_stand_beside_it(at: Sign, participant: Participant) -> None:
    html = at("lin").get("/p/01-003/").content.decode()
    assert "1.1 · 4 Mar 2024" in html
    assert "not decided yet" in html
    assert "Doses from 14 Mar 2024" in html
    assert "2 lines" in html
    assert "style=" not in html


def test_open_findings_lead_to_their_fields(at: Sign, participant: Participant) -> None:
    form = world.form(participant, "EC", "C1")
    Finding.objects.create(form=form, path="ec_wt", rule="soft:ec_wt", value="200")
    html = at("lin").get("/p/01-003/").content.decode()
    assert 'href="/p/01-003/C1/ec/#f-ec_wt"' in html
    Finding.objects.filter(form__participant=participant).update(state="CURED")
    assert "Open findings" not in at("lin").get("/p/01-003/").content.decode()


def test_the_number_of_queries_does_not_grow_with_events_and_cycles(
    at: Sign, participant: Participant, cast: dict[str, User]
) -> None:
    browser = at("lin")
    browser.get("/p/01-003/")
    with CaptureQueriesContext(connection) as few:
        browser.get("/p/01-003/")
    for n in range(1, 6):
        event(participant, cast["lin"], aeterm="Rash", aestdat=f"2024-04-0{n}")
    with CaptureQueriesContext(connection) as many:
        browser.get("/p/01-003/")
    assert len(many) == len(few)
    assert len(few) <= 45


def test_windows_from_a_planned_first_dose_while_only_screening_is_there(
    at: Sign, trial: dict[str, Participant]
) -> None:
    html = at("lin").get("/p/01-002/").content.decode()
    assert "planned from a first dose on 15 Mar 2024" in html
    assert "planned 13 – 20 Mar 2024" in html, (
        "C1: within seven days of enrolment, two days before the planned dose"
    )
    assert "planned from a first dose" not in at("lin").get("/p/01-001/").content.decode(), "no consent yet"


def test_no_window_is_supposed_after_the_decision() -> None:
    consent = Sheet("ICF", 1, values={"icf_dsstdat": DAY(2024, 3, 1)})
    assert projection(Casebook("x", [consent])) is not None
    for answer in ("Y", "N"):
        decided = Sheet("IE", 2, values={"enr_yn": answer, "enr_dsstdat": DAY(2024, 3, 10)})
        assert projection(Casebook("x", [consent, decided])) is None


# --- words ------------------------------------------------------------------------------------------------------------


def test_doses_in_words() -> None:
    rows = [
        RowValues(1, {"ecoccur": "Y", "ec_lvl": "-1", "ec_pct_plan": Decimal("101.4")}),
        RowValues(2, {"ecoccur": "N"}),
        RowValues(5, {"ecoccur": "Y", "ec_lvl": "0"}),
    ]
    assert dose_words(Sheet("EC", values={"ec_given": "Y"}, rows={"EC2": rows})) == "OXA 101% (−1) · CAM"
    assert dose_words(Sheet("EC", values={"ec_given": "N"}, rows={"EC2": rows})) == "not given"


def test_responses_in_words() -> None:
    baseline = Sheet("TA", values={"sum_recist": Decimal("108.0"), "sum_mrecist": Decimal("106.0")})
    assert response_words(baseline) == "RECIST 108 mm · mRECIST 106 mm"
    later = {
        "ovresp_r_calc": "SD",
        "pchg_bl_r": Decimal("-17.6"),
        "ovresp_m_calc": "PR",
        "pchg_bl_m": Decimal("-50.0"),
    }
    assert response_words(Sheet("TA", values=later)) == "RECIST SD −17.6% · mRECIST PR −50.0%"


def test_eligibility_names_what_failed() -> None:
    def decided(answer: str, *rows: tuple[int, str]) -> tuple[str, str]:
        lines = [RowValues(row, {"ieorres": said}) for row, said in rows]
        return eligibility(Casebook("x", [Sheet("IE", 1, values={"ieyn": answer}, rows={"IE1": lines})]))

    assert decided("Y", (1, "Y")) == ("comp", "All criteria met")
    assert decided("N", (1, "Y"), (4, "N")) == ("due", "Not eligible: I04")
    assert eligibility(Casebook())[0] == "none"


def test_every_version_of_the_consent_is_listed() -> None:
    again = [RowValues(1, {"recon_version": "1.2", "recon_dsstdat": DAY(2024, 5, 2)})]
    signed = Sheet(
        "ICF",
        1,
        values={"icf_yn": "Y", "icf_version": "1.1", "icf_dsstdat": DAY(2024, 3, 4)},
        rows={"ICF2": again},
    )
    assert consents(Casebook("x", [signed])) == [("1.1", DAY(2024, 3, 4)), ("1.2", DAY(2024, 5, 2))]


# --- figures ----------------------------------------------------------------------------------------------------------


def test_markers_over_time_come_from_converted_results() -> None:
    row = list(ANALYTES).index("AFP") + 1

    def sample(on: dt.date, value: Any, repeat: int = 7) -> Sheet:
        lines = [RowValues(row, {"lbstresn": value} if value is not None else {"lborres": "12"})]
        return Sheet("LB", on.toordinal(), repeat=repeat, values={"lbdat": on}, rows={"LB2": lines})

    book = Casebook("x", [sample(DAY(2024, 5, 1), Decimal(60)), sample(DAY(2024, 3, 6), Decimal(1280)),
                          sample(DAY(2024, 4, 1), None), sample(DAY(2024, 4, 9), Decimal(5), repeat=1)])  # fmt: skip
    [afp] = markers(book)
    assert [value for _day, value in afp.points] == [Decimal(1280), Decimal(60)]
    figure = str(marker_figure(afp.name, afp.unit, afp.points))
    assert "1280 on 6 Mar 2024" in figure
    assert "style=" not in figure
    assert figure.count("<circle") == 2


def test_one_value_and_equal_values_are_drawn_too() -> None:
    one = ((DAY(2024, 3, 6), Decimal(0)),)
    assert "<circle" in str(marker_figure("AFP", "ug/L", one))
    assert "nan" not in str(marker_figure("AFP", "ug/L", one + ((DAY(2024, 3, 6), Decimal(0)),))).lower()


def test_treatment_bars_are_lower_for_a_lower_level() -> None:
    def cycle(on: dt.date, level: str) -> Sheet:
        row = RowValues(1, {"ecoccur": "Y", "ec_lvl": level, "ecstdat": on})
        period = RowValues(1, {"apa_ecstdat": on, "apa_dose": 250, "apa_frq": "QD"})
        return Sheet("EC", on.toordinal(), values={"ec_d1dat": on}, rows={"EC2": [row], "EC3": [period]})

    figure = str(
        treatment_figure(
            Casebook("x", [cycle(DAY(2024, 3, 14), "0"), cycle(DAY(2024, 3, 28), "-1")]), DAY(2024, 4, 1)
        )
    )
    assert 'width="4" height="12"' in figure
    assert 'width="4" height="8"' in figure
    assert treatment_figure(Casebook(), DAY(2024, 4, 1)) == ""


def test_the_page_reads_what_it_needs_and_no_more(participant: Participant) -> None:
    book = course_book(participant)
    assert book.value("ICF", "icf_version") == "1.1"
    assert book.value("ICF", "icf_signatory") is None
    assert book.number == "01-003"
