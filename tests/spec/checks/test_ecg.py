"""CK-110 to CK-115: ECG and echocardiogram."""

from __future__ import annotations

from typing import Any

from .table import Case, event, fires, given, one_sided, quiet, table

PROLONGED = "Electrocardiogram QT corrected interval prolonged"


def eg(day: str = "2024-04-18", visit: str = "C3", **values: Any) -> dict[str, Any]:
    return {"@visit": visit, "egperf": "Y", "egdat": day} | values


BASELINE = eg("2024-03-07", "SCR", eg_qtcf="423")

CASES = [
    fires("CK-110", "16 ms", "EG eg_qtcf_rep", EG=eg(eg_qtcf="423", eg_qtcf_rep="407")),
    quiet("CK-110", "15 ms", EG=eg(eg_qtcf="423", eg_qtcf_rep="408")),
    quiet("CK-110", "not printed", EG=eg(eg_qtcf="423", **{"eg_qtcf_rep@miss": "NAV"})),
    fires("CK-111", "501 ms", "EG eg_qtcf", EG=eg(eg_qtcf="501")),
    quiet("CK-111", "500 ms", EG=eg(eg_qtcf="500")),
    fires("CK-111", "61 ms longer", "EG eg_qtcf", EC=given(), EG=[BASELINE, eg(eg_qtcf="484")]),
    quiet("CK-111", "60 ms longer", EC=given(), EG=[BASELINE, eg(eg_qtcf="483")]),
    quiet("CK-111", "longer before the first dose", EG=[BASELINE, eg(eg_qtcf="484")]),
    quiet("CK-111", "event", EG=eg(eg_qtcf="501"), AE1=event(PROLONGED, "2024-04-18")),
    fires("CK-111", "another event", "EG eg_qtcf", EG=eg(eg_qtcf="501"), AE1=event("Nausea", "2024-04-18")),
    fires("CK-112", "as long as RR", "EG eg_qt", EG=eg(eg_qt="600", eg_hr="100")),
    quiet("CK-112", "shorter", EG=eg(eg_qt="599", eg_hr="100")),
    quiet("CK-112", "rate not given", EG=eg(eg_qt="600", **{"eg_hr@miss": "NAV"})),
    fires("CK-113", "no link", "EG eg_aeref", EG=eg(egorres="ABN_CS")),
    quiet("CK-113", "linked", EG=eg(egorres="ABN_CS", eg_aeref="MH:1")),
    quiet("CK-113", "not significant", EG=eg(egorres="ABN_NCS")),
    fires("CK-114", "49 %", "EG lvef", EG=eg(lvef="49")),
    quiet("CK-114", "50 %", EG=eg(lvef="50")),
    quiet("CK-114", "not available", EG=eg(**{"lvef@miss": "NAV"})),
    fires("CK-115", "QTcF 471", "EG egorres", EG=eg(egorres="NORMAL", eg_qtcf="471", eg_hr="72")),
    quiet("CK-115", "QTcF 470", EG=eg(egorres="NORMAL", eg_qtcf="470", eg_hr="72")),
    fires("CK-115", "rate 121", "EG egorres", EG=eg(egorres="NORMAL", eg_hr="121")),
    quiet("CK-115", "rate 120", EG=eg(egorres="NORMAL", eg_hr="120")),
    fires("CK-115", "rate 44", "EG egorres", EG=eg(egorres="NORMAL", eg_hr="44")),
    quiet("CK-115", "rate 45", EG=eg(egorres="NORMAL", eg_hr="45")),
    quiet("CK-115", "not called normal", EG=eg(egorres="ABN_NCS", eg_hr="44")),
]  # fmt: skip


@table(CASES)
def test_check(case: Case) -> None:
    assert case.found() == list(case.at)


def test_every_check_of_the_group_is_shown_from_both_sides() -> None:
    assert one_sided(CASES, 110, 115) == set()
