"""Tumour assessments: the series of participant 01-003, each state of a lesion, and the way back to the field."""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal as D
from typing import Any

import pytest

from crf.derivation import derive
from crf.derivation_imaging import (
    MRECIST,
    RECIST,
    assessment_numbers,
    first_progression,
    imaging_paths,
    imaging_rows,
    preview,
)
from crf.sheets import Casebook, RowValues, Sheet
from endpoints.engine.imaging_input import imaging

_forms = itertools.count(400)
ORDER = {"SCR": 1001, "TA1": 11901, "TA2": 13901, "TA3": 15901, "FUIMG1": 50101, "UNS": 90001}


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def number(text: Any) -> D | None:
    return None if text is None else D(str(text))


def target(id: str, diam: Any, viable: Any = None, state: str = "MEASURED", **values: Any) -> dict[str, Any]:
    """A liver lesion with typical enhancement, unless `values` say otherwise."""
    base = {"tl_lnkid": id, "tl_loc": "LIVER", "tl_node": "N", "tl_enh": "TYPICAL", "tl_state": state}
    given = base | {"tl_diam": number(diam), "tl_viable": number(viable)} | values
    return {name: value for name, value in given.items() if value is not None}


def nontarget(id: str, status: str, mstatus: str | None = None, loc: str = "LIVER") -> dict[str, Any]:
    return {"nt_lnkid": id, "nt_loc": loc, "nt_status": status, "nt_mstatus": mstatus or status}


def new(
    id: str,
    first: str,
    certain: str = "UNEQUIVOCAL",
    mm: Any = "12",
    loc: str = "LIVER",
    typical: str | None = "Y",
) -> dict[str, Any]:
    given = {"nl_lnkid": id, "nl_loc": loc, "nl_firstdat": day(first), "nl_certain": certain}
    return given | {"nl_diam": number(mm), "nl_typical": typical}


def assessment(
    visit: str, on: str | None, targets: list[dict[str, Any]] = (), nontargets: list[dict[str, Any]] = (),  # type: ignore[assignment]
    news: list[dict[str, Any]] = (), **values: Any,  # type: ignore[assignment]
) -> Sheet:  # fmt: skip
    made = Sheet(
        "TA", form=next(_forms), visit=visit, visit_order=ORDER[visit], evaluator=values.pop("evaluator", "")
    )
    answer = "NA" if visit == "SCR" else "Y" if news else "N"
    head = {
        "ta_perf": "Y",
        "ta_eval": "INVESTIGATOR",
        "ta_method": "MRI_MP",
        "ta_contrast": "Y",
        "nl_yn": answer,
    }
    dates = {"tudat": day(on), "ta_lastdat": day(on)} if on else {}
    made.values = {name: value for name, value in (head | dates | values).items() if value is not None}
    for section, lines in (("TA2", targets), ("TA3", nontargets), ("TA4", news)):
        made.rows[section] = [RowValues(n, dict(line)) for n, line in enumerate(lines, 1)]
    return made


def section_6() -> list[Sheet]:
    series = [("SCR", "2024-03-06", (82, 80), (26, 26)), ("TA1", "2024-04-09", (68, 41), (21, 12)),
              ("TA2", "2024-05-20", (55, 12), (16, 0))]  # fmt: skip
    return [
        assessment(visit, on, [target("T01", *one), target("T02", *two)]) for visit, on, one, two in series
    ]


def found(form: Sheet, key: str) -> list[Any]:
    """Sum, changes, target and overall response by one criterion."""
    names = [
        "sum_recist" if key == "r" else "sum_mrecist", f"pchg_bl_{key}", f"pchg_nad_{key}", f"tresp_{key}_calc",
        f"ovresp_{key}_calc",
    ]  # fmt: skip
    return [None if form.get(name) is None else str(form.get(name)) for name in names]


def derived(*sheets: Sheet, surgery: str | None = None) -> list[Sheet]:
    book = Casebook("01-003", sheets)
    if surgery:
        values = {"surg_proccur": "Y", "surg_prtrt": "RAS", "surg_prstdat": day(surgery)}
        book.add(Sheet("SURG", form=1, values=values))
    for form in sheets:
        derive(form, book)
    return list(sheets)


# --- section 6.4 ----------------------------------------------------------------------------------------------------


def test_series_of_section_6() -> None:
    screening, first, second = derived(*section_6())
    assert [form.get("ta_no") for form in (screening, first, second)] == [0, 1, 2]
    assert found(screening, "r") == ["108.0", None, None, None, None]
    assert found(screening, "m") == ["106.0", None, None, None, None]
    assert found(first, "r") == ["89.0", "-17.6", "-17.6", "SD", "SD"]
    assert found(first, "m") == ["53.0", "-50.0", "-50.0", "PR", "PR"]
    assert found(second, "r") == ["71.0", "-34.3", "-20.2", "PR", "PR"]
    assert found(second, "m") == ["12.0", "-88.7", "-77.4", "PR", "PR"]
    whole = [form.get("ta_milan_calc") for form in (screening, first, second)]
    viable = [form.get("ta_milanv_calc") for form in (screening, first, second)]
    assert (whole, viable) == (["BEYOND"] * 3, ["BEYOND", "BEYOND", "WITHIN"])


# baseline, nadir (an assessment between), now, change from baseline, from nadir, response: the table of D-22
SUMS = [
    ("108", None, "71", "-34.3", "-34.3", "PR"),
    ("108", "71", "85.2", "-21.1", "20.0", "PD"),
    ("20", "12", "15", "-25.0", "25.0", "SD"),
    ("108", None, "89", "-17.6", "-17.6", "SD"),
    ("60", "40", "0", "-100.0", "-100.0", "CR"),
    ("100", None, "70", "-30.0", "-30.0", "PR"),
    ("14", None, "9.8", "-30.0", "-30.0", "PR"),
    ("100", None, "70.1", "-29.9", "-29.9", "SD"),
    ("25", None, "30", "20.0", "20.0", "PD"),  # 20 % and 5 mm, both inclusive
    ("25", None, "29.9", "19.6", "19.6", "SD"),
]


@pytest.mark.parametrize("base, nadir, now, from_base, from_nadir, response", SUMS)
def test_sums(base: str, nadir: str | None, now: str, from_base: str, from_nadir: str, response: str) -> None:
    sheets = [assessment("SCR", "2024-03-06", [target("T01", base, base)])]
    if nadir:
        sheets.append(assessment("TA1", "2024-04-09", [target("T01", nadir, nadir)]))
    last = assessment(
        "TA2", "2024-05-20", [target("T01", now, now, "DISAPPEARED" if now == "0" else "MEASURED")]
    )
    derived(*sheets, last)
    for key in ("r", "m"):
        assert found(last, key) == [f"{D(now):.1f}", from_base, from_nadir, response, response]


# --- states ---------------------------------------------------------------------------------------------------------

# the second lesion: state, diameter, viable → RECIST sum, response; mRECIST sum, response (baseline 50 + 30)
STATES = [
    ("MEASURED", 20, 10, "70.0", "SD", "60.0", "SD"),
    ("SPLIT", 20, 10, "70.0", "SD", "60.0", "SD"),
    ("DISAPPEARED", 0, 0, "50.0", "PR", "50.0", "PR"),
    ("TOOSMALL", 5, 5, "55.0", "PR", "55.0", "PR"),
    ("TOOSMALL", 5, 0, "55.0", "PR", "50.0", "PR"),  # too small to measure, but no longer enhancing
    ("MERGED", 0, 0, "50.0", "PR", "50.0", "PR"),
    ("NE", None, None, None, "NE", None, "NE"),
    ("MEASURED", None, None, None, "NE", None, "NE"),  # not typed yet
    ("MEASURED", 20, None, "70.0", "SD", None, "NE"),  # viable diameter not available
    ("RESECTED", None, None, None, "NE", None, "NE"),
]


@pytest.mark.parametrize("state, diam, viable, sum_r, response_r, sum_m, response_m", STATES)
def test_states(
    state: str, diam: Any, viable: Any, sum_r: Any, response_r: str, sum_m: Any, response_m: str
) -> None:
    base = assessment("SCR", "2024-03-06", [target("T01", 50, 50), target("T02", 30, 30)])
    now = assessment("TA1", "2024-04-09", [target("T01", 50, 50), target("T02", diam, viable, state)])
    derived(base, now)
    assert (now.get("sum_recist"), now.get("ovresp_r_calc")) == (number(sum_r), response_r)
    assert (now.get("sum_mrecist"), now.get("ovresp_m_calc")) == (number(sum_m), response_m)


@pytest.mark.parametrize(
    "head", [{"ta_contrast": "N"}, {"ta_method": "CT_CONTRAST"}, {"ta_method": "CT_PLAIN"}]
)
def test_without_an_arterial_phase_liver_lesions_are_not_evaluable_by_mrecist(head: dict[str, str]) -> None:
    base, now = section_6()[:2]
    now.values |= head
    derived(base, now)
    assert found(now, "r")[-1] == "SD"
    assert found(now, "m") == [None, None, None, "NE", "NE"]


def test_extrahepatic_lesions_and_nodes_use_the_recist_diameter() -> None:
    node = {"tl_loc": "LYMPH_NODE", "tl_node": "Y", "tl_enh": None}
    base = assessment("SCR", "2024-03-06", [target("T01", 50, 40), target("T02", 20, None, **node)])
    now = assessment(
        "TA1", "2024-04-09", [target("T01", 0, 0, "DISAPPEARED"), target("T02", "9.9", None, **node)]
    )
    derived(base, now)
    assert (base.get("sum_recist"), base.get("sum_mrecist")) == (D("70.0"), D("60.0"))
    assert found(now, "r") == ["9.9", "-85.9", "-85.9", "CR", "CR"]
    assert found(now, "m") == ["9.9", "-83.5", "-83.5", "CR", "CR"]


def test_an_atypical_liver_lesion_is_judged_by_its_status() -> None:
    other = {"tl_enh": "ATYPICAL"}
    base = assessment(
        "SCR", "2024-03-06", [target("T01", 50, 40), target("T02", 30, None, **other, tl_mstatus="PRESENT")]
    )
    responses = []
    for status in ("PRESENT", "ABSENT", "UNEQ_PD", "NE"):
        lesions = [target("T01", 50, 0), target("T02", 30, None, tl_mstatus=status, tl_enh=None)]
        now = assessment("TA1", "2024-04-09", lesions)
        derived(base, now)
        assert now.get("sum_mrecist") == 0
        responses.append(now.get("ovresp_m_calc"))
    assert base.get("sum_mrecist") == D("40.0")
    assert responses == ["PR", "CR", "PD", "PR"]


# status by RECIST and by mRECIST → overall
NONTARGETS = [
    ("PRESENT", "PRESENT", "PR", "PR"),
    ("ABSENT", "ABSENT", "CR", "CR"),
    ("PRESENT", "ABSENT", "PR", "CR"),
    ("UNEQ_PD", "PRESENT", "PD", "PR"),
    ("NE", "NE", "PR", "PR"),
]


@pytest.mark.parametrize("status, mstatus, recist, mrecist", NONTARGETS)
def test_nontargets(status: str, mstatus: str, recist: str, mrecist: str) -> None:
    base = assessment("SCR", "2024-03-06", [target("T01", 50, 40)], [nontarget("NT01", "PRESENT")])
    now = assessment(
        "TA1", "2024-04-09", [target("T01", 0, 0, "DISAPPEARED")], [nontarget("NT01", status, mstatus)]
    )
    derived(base, now)
    assert (now.get("ovresp_r_calc"), now.get("ovresp_m_calc")) == (recist, mrecist)


def test_without_a_target_the_codes_of_the_book() -> None:
    base = assessment("SCR", "2024-03-06", [], [nontarget("NT01", "PRESENT")])
    now = assessment("TA1", "2024-04-09", [], [nontarget("NT01", "PRESENT")])
    derived(base, now)
    assert found(base, "r") == [None] * 5
    assert found(now, "r") == [None, None, None, "NA", "NONCRNONPD"]


# answer, row → RECIST, mRECIST
NEW_LESIONS = [
    ("N", None, "SD", "SD"),
    ("U", None, "NE", "NE"),
    (None, None, "NE", "NE"),
    ("Y", None, "PD", "PD"),
    ("Y", new("N01", "2024-04-09"), "PD", "PD"),
    ("Y", new("N01", "2024-04-09", mm="9.9"), "PD", "SD"),  # mRECIST: at least 10 mm …
    ("Y", new("N01", "2024-04-09", typical="N"), "PD", "SD"),  # … and typical
    ("Y", new("N01", "2024-04-09", "EQUIVOCAL"), "SD", "PD"),
    ("Y", new("N01", "2024-04-09", "EQUIVOCAL", typical="U"), "SD", "SD"),
    ("Y", new("N01", "2024-04-09", mm=None), "PD", "PD"),  # no diameter: what the reader called it
    ("Y", new("N01", "2024-04-09", mm="4", loc="LUNG", typical=None), "PD", "PD"),
]


@pytest.mark.parametrize("answer, row, recist, mrecist", NEW_LESIONS)
def test_new_lesions(answer: str | None, row: dict[str, Any] | None, recist: str, mrecist: str) -> None:
    base = assessment("SCR", "2024-03-06", [target("T01", 50, 50)])
    now = assessment("TA1", "2024-04-09", [target("T01", 50, 50)], news=[row] if row else [], nl_yn=answer)
    derived(base, now)
    assert (now.get("ovresp_r_calc"), now.get("ovresp_m_calc")) == (recist, mrecist)


def test_a_lesion_that_turns_out_new_changes_the_assessment_before() -> None:
    base = assessment("SCR", "2024-03-06", [target("T01", 50, 50)])
    doubtful = [new("N01", "2024-04-09", "EQUIVOCAL", mm="6", typical="U")]
    first = assessment("TA1", "2024-04-09", [target("T01", 50, 50)], news=doubtful)
    derived(base, first)
    assert first.get("ovresp_r_calc") == "SD"
    second = assessment("TA2", "2024-05-20", [target("T01", 50, 50)], news=[new("N01", "2024-04-09", mm="8")])
    derived(base, first, second)
    assert (first.get("ovresp_r_calc"), second.get("ovresp_r_calc")) == ("PD", "PD")
    assert first_progression([base, first, second], None) == day("2024-04-09")


# --- what has no response -------------------------------------------------------------------------------------------


def test_not_done_or_not_dated() -> None:
    base, first = section_6()[:2]
    first.values |= {"ta_perf": "N"}
    derived(base, first)
    assert {
        name for name in first.values if name.endswith("_calc") or name.startswith(("sum", "pchg"))
    } == set()
    assert first.get("ta_no") == 1
    undated = assessment("TA1", None, [target("T01", 50, 50)])
    derived(base, undated)
    assert (undated.get("ta_no"), *found(undated, "r")) == (1, *[None] * 5)


def test_without_lesion_rows_there_is_nothing_to_derive() -> None:
    historical = assessment("TA1", "2024-04-09", ovresp_r_inv="PR", ovresp_m_inv="CR")
    derived(section_6()[0], historical)
    assert found(historical, "r") == found(historical, "m") == [None] * 5
    assert historical.get("ta_milan_calc") is None


def test_without_a_baseline() -> None:
    only = assessment("TA1", "2024-04-09", [target("T01", 50, 50)])
    derived(only)
    assert (only.get("ta_no"), *found(only, "r")) == (1, *[None] * 5)


def test_after_resection_no_target_arithmetic() -> None:
    out = [target("T01", None, None, "RESECTED"), target("T02", None, None, "RESECTED")]
    series = [*section_6(), assessment("FUIMG1", "2024-08-21", out)]
    derived(*series)
    assert found(series[-1], "r") == found(series[-1], "m") == [None] * 5
    assert (series[-1].get("ta_milan_calc"), series[-1].get("ta_no")) == (None, 3)
    assert found(series[2], "r")[-1] == "PR"


def test_the_day_of_resection_decides_when_the_lesions_are_not_marked() -> None:
    gone = [target("T01", None, None, "NE"), target("T02", None, None, "NE")]
    series = [*section_6(), assessment("FUIMG1", "2024-08-21", gone)]
    derived(*series, surgery="2024-05-30")
    assert found(series[-1], "r") == [None] * 5
    derived(*series)
    assert found(series[-1], "r")[-1] == "NE"


def test_a_recurrence_after_resection_is_staged() -> None:
    out = [target("T01", None, None, "RESECTED")]
    found_one = assessment("FUIMG1", "2024-08-21", out, news=[new("N01", "2024-08-21", mm="22")])
    derived(assessment("SCR", "2024-03-06", [target("T01", 82, 80)]), found_one, surgery="2024-05-30")
    assert (found_one.get("ta_milan_calc"), found_one.get("ovresp_r_calc")) == ("WITHIN", None)


def test_a_contradiction_empties_its_own_assessment_only() -> None:
    base, first, second = section_6()
    second.lines("TA2")[0].values |= {"tl_state": "DISAPPEARED"}  # with 55 mm
    derived(base, first, second)
    assert found(second, "r") == [None] * 5
    assert found(first, "r")[-1] == "SD"
    assert base.get("sum_recist") == D("108.0")


def test_a_baseline_lesion_without_diameter_leaves_no_sum() -> None:
    base = assessment("SCR", "2024-03-06", [target("T01", None, None), target("T02", 26, 26)])
    derived(base)
    assert found(base, "r") == found(base, "m") == [None] * 5


# --- numbers and evaluators -----------------------------------------------------------------------------------------


def test_assessments_are_numbered_by_date_with_the_earliest_screening_as_baseline() -> None:
    late, early = assessment("SCR", "2024-03-10"), assessment("SCR", "2024-03-06")
    unscheduled, first, second = (
        assessment("UNS", "2024-04-20"),
        assessment("TA1", "2024-04-09"),
        assessment("TA2", "2024-05-20"),
    )
    undone = assessment("TA3", None, ta_perf="N")
    numbered = assessment_numbers([second, undone, unscheduled, late, first, early])
    wanted = [early, late, first, unscheduled, second, undone]
    assert all(sheet is same for (sheet, _), same in zip(numbered, wanted, strict=True))
    assert [number for _, number in numbered] == [0, 1, 2, 3, 4, 5]


def test_each_evaluator_has_a_series_of_his_own() -> None:
    site = section_6()
    central = [
        assessment(visit, on, [target("T01", mm, mm)], evaluator="BICR")
        for visit, on, mm in (("SCR", "2024-03-06", 100), ("TA1", "2024-04-09", 60))
    ]
    derived(*site, *central)
    assert [form.get("ta_no") for form in central] == [0, 1]
    assert found(central[1], "r") == ["60.0", "-40.0", "-40.0", "PR", "PR"]
    assert found(site[1], "r")[-1] == "SD"
    assert [row["evaluator"] for row in imaging_rows([*site, *central], RECIST)] == ["INVESTIGATOR"] * 3 + [
        "BICR"
    ] * 2


# --- the contract ---------------------------------------------------------------------------------------------------


def test_rows_have_the_shape_of_the_contract() -> None:
    base, first, _ = section_6()
    first.values |= {"ovresp_r_inv": "NONCRNONPD", "ovresp_m_inv": "NED", "ta_lastdat": day("2024-04-10")}
    rows = imaging_rows([first, base], RECIST)
    assert rows[1] == {
        "evaluator": "INVESTIGATOR", "criteria": "RECIST 1.1", "name": "TA1", "baseline": False, "date": "2024-04-09",
        "last_scan_date": "2024-04-10", "nontarget": [], "new": [], "new_lesions": "no", "overall": "NON-CR/NON-PD",
        "target": [
            {"id": "T01", "organ": "LIVER", "node": False, "mm": "68", "state": "measured"},
            {"id": "T02", "organ": "LIVER", "node": False, "mm": "21", "state": "measured"},
        ],
    }  # fmt: skip
    assert (rows[0]["baseline"], rows[0]["new_lesions"], rows[0]["overall"]) == (True, None, None)
    assert imaging_rows([first, base], MRECIST)[1]["overall"] is None  # NED is no response
    for criterion in (RECIST, MRECIST):
        for i, row in enumerate(imaging_rows([first, base], criterion)):
            assert imaging(row, f"imaging[{i}]").criteria == criterion


def test_a_response_without_measurements_is_passed_on() -> None:
    rows = imaging_rows(
        [section_6()[0], assessment("TA1", "2024-04-09", ovresp_r_inv="PR", ovresp_m_inv="CR")], MRECIST
    )
    assert (rows[1]["overall"], rows[1]["target"]) == ("CR", [])


# path in the TA1 row, criterion, section/row, field
PATHS = [
    ("date", RECIST, "tudat"),
    ("last_scan_date", RECIST, "ta_lastdat"),
    ("new_lesions", RECIST, "nl_yn"),
    ("overall", RECIST, "ovresp_r_inv"),
    ("overall", MRECIST, "ovresp_m_inv"),
    ("target[0].mm", RECIST, "TA2:1/tl_diam"),
    ("target[0].mm", MRECIST, "TA2:1/tl_viable"),
    ("target[0].id", RECIST, "TA2:1/tl_lnkid"),
    ("target[0].state", RECIST, "TA2:1/tl_state"),
    ("nontarget[0].state", RECIST, "TA3:1/nt_status"),
    ("nontarget[0].state", MRECIST, "TA3:1/nt_mstatus"),
    ("nontarget[1].state", MRECIST, "TA2:2/tl_mstatus"),  # the atypical lesion
    ("target[1].mm", RECIST, "TA2:2/tl_diam"),
    ("target[1].mm", MRECIST, "TA2:3/tl_diam"),  # the node
    ("new[0].date", RECIST, "TA4:1/nl_firstdat"),
    ("new[0].mm", MRECIST, "TA4:1/nl_diam"),
    ("new[0].typical", MRECIST, "TA4:1/nl_typical"),
]


@pytest.mark.parametrize("path, criterion, field", PATHS)
def test_every_path_leads_to_its_field(path: str, criterion: str, field: str) -> None:
    lesions = [
        target("T01", 50, 40),
        target("T02", 30, None, tl_enh="ATYPICAL", tl_mstatus="PRESENT"),
        target("T03", 20, None, tl_loc="LYMPH_NODE", tl_node="Y", tl_enh=None),
    ]
    base = assessment("SCR", "2024-03-06", lesions, [nontarget("NT01", "PRESENT")])
    now = assessment("TA1", "2024-04-09", lesions, [nontarget("NT01", "PRESENT")], [new("N01", "2024-04-09")])
    assert imaging_paths([base, now], criterion)[1][path] == f"form:{now.form}/{field}"


def test_a_row_without_anything_is_no_lesion() -> None:
    base, first = section_6()[:2]
    first.rows["TA4"] = [RowValues(1)]
    assert imaging_rows([base, first], RECIST)[1]["new"] == []


# --- Milan at an assessment -----------------------------------------------------------------------------------------

# targets, non-targets, new → whole, viable
BURDENS = [
    ([target("T01", 50, 30)], [], [], "WITHIN", "WITHIN"),
    ([target("T01", "50.1", 50)], [], [], "BEYOND", "WITHIN"),
    ([target("T01", 30, 0), target("T02", 30, 30)], [nontarget("NT01", "PRESENT")], [], "WITHIN", "WITHIN"),
    ([target("T01", 30, 30), target("T02", 30, 30)],
     [nontarget("NT01", "PRESENT"), nontarget("NT02", "PRESENT", "ABSENT")], [], "BEYOND", "WITHIN"),
    ([target("T01", 0, 0, "DISAPPEARED")], [], [], "WITHIN", "WITHIN"),
    ([target("T01", None, None, "NE")], [], [], "NE", "NE"),
    ([target("T01", None, None, "NE"), target("T02", 40, 10)], [], [], "BEYOND", "NE"),
    ([target("T01", 40, None)], [], [], "WITHIN", "NE"),
    ([], [nontarget("NT01", "PRESENT")], [], "NE", "NE"),
    ([target("T01", 20, 20)], [nontarget("NT01", "NE")], [], "NE", "NE"),
    ([target("T01", 20, 20)], [nontarget("NT01", "PRESENT", loc="PORTAL_VEIN")], [], "BEYOND", "BEYOND"),
    ([target("T01", 20, 20)], [nontarget("NT01", "PRESENT", loc="LUNG")], [], "BEYOND", "BEYOND"),
    ([target("T01", 20, 20)], [], [new("N01", "2024-04-09", mm=31)], "BEYOND", "BEYOND"),
    ([target("T01", 20, 20)], [], [new("N01", "2024-04-09", "EQUIVOCAL", mm=31)], "WITHIN", "WITHIN"),
    ([target("T01", 20, 20), target("T02", 9, None, tl_loc="LYMPH_NODE", tl_node="Y")], [], [], "WITHIN", "WITHIN"),
    ([target("T01", 20, 20), target("T02", 10, None, tl_loc="LYMPH_NODE", tl_node="Y")], [], [], "BEYOND", "BEYOND"),
]  # fmt: skip


@pytest.mark.parametrize("targets, nontargets, news, whole, viable", BURDENS)
def test_milan_at_an_assessment(targets: Any, nontargets: Any, news: Any, whole: str, viable: str) -> None:
    now = assessment("TA1", "2024-04-09", targets, nontargets, news)
    derived(assessment("SCR", "2024-03-06", [target("T01", 60, 60)]), now)
    assert (now.get("ta_milan_calc"), now.get("ta_milanv_calc")) == (whole, viable)


# --- the panel ------------------------------------------------------------------------------------------------------


def test_preview_of_what_is_typed_now() -> None:
    base, first, second = section_6()
    typed = assessment("TA2", "2024-05-20", [target("T01", 55, 12), target("T02", 16, 0)])
    typed.form = second.form
    second.lines("TA2")[0].values["tl_diam"] = D(300)  # stored before, typed over now
    panel = preview([base, first, second], typed)
    assert (panel["number"], panel["baseline"], panel["after_resection"]) == (2, False, False)
    assert (panel["milan"], panel["milan_viable"]) == ("BEYOND", "WITHIN")
    recist = panel["criteria"][RECIST]
    assert (recist["sum"], recist["baseline_sum"], recist["nadir"]) == (71, 108, 89)
    assert (recist["target"], recist["nontarget"], recist["new"], recist["overall"]) == (
        "PR",
        None,
        "no",
        "PR",
    )
    assert round(recist["change_from_baseline_pct"], 1) == D("-34.3")
    assert [lesion["id"] for lesion in recist["lesions"]] == ["T01", "T02"]
    assert [round(lesion["change_pct"], 1) for lesion in recist["lesions"]] == [D("-32.9"), D("-38.5")]
    step = next(step for step in recist["steps"] if step["rule"] == "R-31")
    assert step["message"].format(**step["params"]) == step["text"]
    assert f"form:{typed.form}/TA2:1/tl_diam" in [read["address"] for read in step["reads"]]
    assert panel["criteria"][MRECIST]["overall"] == "PR"


def test_preview_of_the_baseline() -> None:
    base = section_6()[0]
    panel = preview([], base)
    assert panel["baseline"]
    assert (panel["criteria"][RECIST]["sum"], panel["criteria"][MRECIST]["sum"]) == (108, 106)
    assert panel["criteria"][RECIST]["overall"] is None


def test_preview_names_the_field_of_an_error() -> None:
    base, first, _ = section_6()
    first.lines("TA2")[0].values |= {"tl_state": "DISAPPEARED"}
    recist = preview([base], first)["criteria"][RECIST]
    assert recist["errors"][0]["address"] == f"form:{first.form}/TA2:1/tl_diam"
    assert (
        recist["errors"][0]["message"].format(**recist["errors"][0]["params"]) == recist["errors"][0]["text"]
    )
    assert (recist["sum"], recist["overall"], recist["steps"]) == (None, None, [])


def test_preview_of_an_unfinished_assessment() -> None:
    base, first = section_6()[:2]
    del first.lines("TA2")[1].values["tl_diam"]
    recist = preview([base], first)["criteria"][RECIST]
    assert (recist["sum"], recist["overall"], recist["errors"]) == (None, "NE", [])
    assert [lesion["mm"] for lesion in recist["lesions"]] == [68, None]
    empty = assessment("TA1", None)
    assert preview([base], empty)["criteria"][RECIST]["overall"] is None
