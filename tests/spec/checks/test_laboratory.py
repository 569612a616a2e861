"""CK-078 to CK-109: laboratory results and reference ranges."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from crf.analytes import panel_number
from crf.checks import CHECKS, Folder
from crf.checks.engine import FormFacts, Look, SiteFacts
from crf.sheets import Casebook, Sheet

from .table import (
    C1D1,
    Case,
    apatinib,
    at,
    event,
    fires,
    given,
    one_sided,
    panel,
    quiet,
    result,
    table,
)  # fmt: skip

DAY = "2024-04-18"


def labr(test: str, unit: str = "", **more: Any) -> dict[str, Any]:
    """A reference range of laboratory 1, for everybody and from 2024 on unless it says otherwise."""
    row = {"labr_lab": "lab:1", "labr_test": test, "labr_unit": unit, "labr_sex": "BOTH", "labr_agelo": 0}
    row |= {"labr_agehi": 120, "labr_lln": Decimal(1), "labr_uln": Decimal(9)}
    return row | {"labr_from": dt.date(2024, 1, 1), "labr_to": None} | more


def site(*ranges: Any) -> SiteFacts:
    return SiteFacts(ranges=ranges)


def one(test: str, value: str, low: str = "", high: str = "", **more: Any) -> dict[str, Any]:
    """A sample of one result."""
    return panel(DAY, result(test, value, low, high, **more))


def chem(*rows: dict[str, Any], day: str = DAY, **more: Any) -> dict[str, Any]:
    return panel(day, *rows, **more)


def unit(test: str, name: str, **more: Any) -> dict[str, Any]:
    return panel(DAY, result(test, "30", unit=name), lbnam="lab:1", **more)


MAN = {"sex": "M", "brthdat": "1968-05"}  # 55 on 2024-04-18
NEUT = panel(DAY, result("NEUT", "3.6", unit="10^9/L"), lbnam="lab:1")
UNITS = [
    fires("CK-078", "of another test", at("ALT", "lborresu"), LB=unit("ALT", "g/L")),
    quiet("CK-078", "of the test", LB=unit("ALT", "U/L")),
    quiet("CK-078", "alternative of the catalogue", LB=unit("ALB", "g/dL")),
    quiet("CK-078", "not given", LB=panel(DAY, result("ALT", "30"))),
    fires("CK-078", "a code has none", at("UPROTDIP", "lborresu"), LB=panel(DAY, result("UPROTDIP", "P1", unit="g/L"))),
    fires("CK-078", "not of this laboratory", at("ALB", "lborresu"), LB=unit("ALB", "g/dL"), site=site(labr("ALB", "g/L"))),
    quiet("CK-078", "of this laboratory", LB=unit("ALB", "g/dL"), site=site(labr("ALB", "g/dL"))),
    quiet("CK-078", "of another laboratory", LB=unit("ALB", "g/dL"), site=site(labr("ALB", "g/L", labr_lab="lab:2"))),
    quiet(
        "CK-078", "as the laboratory reported in the past", LB=unit("ALB", "g/dL"),
        site=site(labr("ALB", "g/L"), labr("ALB", "g/dL", labr_from=dt.date(2023, 1, 1), labr_to=dt.date(2023, 12, 31))),
    ),
    fires("CK-079", "below", at("WBC"), LB=one("WBC", "0.009")),
    quiet("CK-079", "lowest possible", LB=one("WBC", "0.01")),
    fires("CK-079", "above", at("WBC"), LB=one("WBC", "200.1")),
    quiet("CK-079", "highest possible", LB=one("WBC", "200")),
    fires("CK-079", "above 1e10", at("HBVDNA"), LB=one("HBVDNA", "10000000001")),
    quiet("CK-079", "1e10", LB=one("HBVDNA", "10000000000")),
    quiet("CK-079", "not converted", LB=one("WBC", "300", lbstresn="")),
    quiet("CK-079", "code", LB=one("UPROTDIP", "P4")),
    fires("CK-080", "below", at("NEUT"), LB=one("NEUT", "1.49")),
    quiet("CK-080", "lowest usual", LB=one("NEUT", "1.5")),
    fires("CK-080", "above", at("NEUT"), LB=one("NEUT", "10.1")),
    quiet("CK-080", "highest usual", LB=one("NEUT", "10")),
    quiet("CK-080", "what is not possible is refused", LB=one("NEUT", "151")),
    fires("CK-080", "2+", at("UPROTDIP"), LB=one("UPROTDIP", "P2")),
    quiet("CK-080", "1+", LB=one("UPROTDIP", "P1")),
    fires("CK-080", "pregnancy test positive", at("HCG"), LB=one("HCG", "POS")),
    quiet("CK-080", "pregnancy test negative", LB=one("HCG", "NEG")),
    quiet("CK-080", "no result", LB=one("NEUT", "")),
    fires("CK-081", "no row", at("NEUT"), DM=MAN, LB=NEUT),
    quiet("CK-081", "row", DM=MAN, LB=NEUT, site=site(labr("NEUT"))),
    fires("CK-081", "another laboratory", at("NEUT"), DM=MAN, LB=NEUT, site=site(labr("NEUT", labr_lab="lab:2"))),
    fires("CK-081", "another test", at("NEUT"), DM=MAN, LB=NEUT, site=site(labr("LYM"))),
    fires("CK-081", "for women", at("NEUT"), DM=MAN, LB=NEUT, site=site(labr("NEUT", labr_sex="F"))),
    quiet("CK-081", "for men", DM=MAN, LB=NEUT, site=site(labr("NEUT", labr_sex="M"))),
    fires("CK-081", "up to 54 years", at("NEUT"), DM=MAN, LB=NEUT, site=site(labr("NEUT", labr_agehi=54))),
    quiet("CK-081", "up to 55 years", DM=MAN, LB=NEUT, site=site(labr("NEUT", labr_agehi=55))),
    fires("CK-081", "from the next day", at("NEUT"), DM=MAN, LB=NEUT, site=site(labr("NEUT", labr_from=dt.date(2024, 4, 19)))),
    quiet("CK-081", "from the day", DM=MAN, LB=NEUT, site=site(labr("NEUT", labr_from=dt.date(2024, 4, 18)))),
    fires("CK-081", "until the day before", at("NEUT"), DM=MAN, LB=NEUT, site=site(labr("NEUT", labr_to=dt.date(2024, 4, 17)))),
    quiet("CK-081", "until the day", DM=MAN, LB=NEUT, site=site(labr("NEUT", labr_to=dt.date(2024, 4, 18)))),
    quiet("CK-081", "sex not known", DM={"brthdat": "1968-05"}, LB=NEUT),
    quiet("CK-081", "laboratory not known", DM=MAN, LB=one("NEUT", "3.6")),
    quiet("CK-081", "codes have none", DM=MAN, LB=panel(DAY, result("UPROTDIP", "NEG"), lbnam="lab:1")),
    quiet("CK-081", "viral loads have none", DM=MAN, LB=panel(DAY, result("HBVDNA", "20", op="LT"), lbnam="lab:1")),
    quiet("CK-081", "no result", DM=MAN, LB=panel(DAY, result("NEUT", ""), lbnam="lab:1")),
]  # fmt: skip


FIVE = {"NEUT": "3.0", "LYM": "1.5", "MONO": "0.4", "EOS": "0.1", "BASO": "0"}  # 5.0 in all


def blood(wbc: str, **parts: str) -> dict[str, Any]:
    rows = (FIVE | parts).items()
    return panel(DAY, result("WBC", wbc), *(result(test, value) for test, value in rows if value))


SAMPLE = [
    fires("CK-083", "neutrophils", at("NEUT"), LB=panel(DAY, result("WBC", "3.5"), result("NEUT", "3.6"))),
    fires("CK-083", "lymphocytes", at("LYM"), LB=panel(DAY, result("WBC", "3.5"), result("LYM", "3.6"))),
    quiet("CK-083", "as many", LB=panel(DAY, result("WBC", "3.5"), result("NEUT", "3.5"))),
    quiet("CK-083", "perhaps fewer", LB=panel(DAY, result("WBC", "3.5"), result("NEUT", "3.6", op="LT"))),
    quiet("CK-083", "leukocytes not measured", LB=panel(DAY, result("NEUT", "3.6"))),
    fires("CK-084", "0.31 apart", at("WBC"), LB=blood("5.31")),
    quiet("CK-084", "0.3 apart", LB=blood("5.3")),
    fires("CK-084", "more than 5 %", at("WBC"), LB=blood("10.01", NEUT="7.5")),
    quiet("CK-084", "5 %", LB=blood("10", NEUT="7.5")),
    quiet("CK-084", "one is missing", LB=blood("9", BASO="")),
    fires("CK-085", "more than 6", at("HCT"), LB=panel(DAY, result("HGB", "130"), result("HCT", "45.1"))),
    quiet("CK-085", "6", LB=panel(DAY, result("HGB", "130"), result("HCT", "45"))),
    quiet("CK-085", "no haematocrit", LB=panel(DAY, result("HGB", "130"))),
    fires("CK-086", "above", at("BILDIR"), LB=chem(result("BILI", "14"), result("BILDIR", "14.1"))),
    quiet("CK-086", "the same", LB=chem(result("BILI", "14"), result("BILDIR", "14"))),
    quiet("CK-086", "total not measured", LB=chem(result("BILDIR", "14.1"))),
    fires("CK-087", "above", at("ALB"), LB=chem(result("PROT", "50"), result("ALB", "50.1"))),
    quiet("CK-087", "the same", LB=chem(result("PROT", "50"), result("ALB", "50"))),
    quiet("CK-087", "protein not measured", LB=chem(result("ALB", "50.1"))),
    fires("CK-088", "INR alone", at("INR"), LB=panel(DAY, result("INR", "1.51"), result("PT", "14", "10", "14"))),
    quiet("CK-088", "INR 1.5", LB=panel(DAY, result("INR", "1.5"), result("PT", "14", "10", "14"))),
    quiet("CK-088", "both", LB=panel(DAY, result("INR", "1.51"), result("PT", "14.1", "10", "14"))),
    fires("CK-088", "PT alone", at("INR"), LB=panel(DAY, result("INR", "1.0"), result("PT", "18.3", "10", "14"))),
    quiet("CK-088", "PT 1.3 x", LB=panel(DAY, result("INR", "1.0"), result("PT", "18.2", "10", "14"))),
    quiet("CK-088", "INR 1.01", LB=panel(DAY, result("INR", "1.01"), result("PT", "18.3", "10", "14"))),
    quiet("CK-088", "limit not known", LB=panel(DAY, result("INR", "1.51"), result("PT", "14"))),
    fires("CK-089", "high", at("ALT", "lbclsig"), LB=one("ALT", "60", lbnrind="HIGH")),
    fires("CK-089", "abnormal", at("UPROTDIP", "lbclsig"), LB=one("UPROTDIP", "P1", lbnrind="ABNORMAL")),
    quiet("CK-089", "judged", LB=one("ALT", "60", lbnrind="HIGH", lbclsig="NCS")),
    quiet("CK-089", "normal", LB=one("ALT", "40", lbnrind="NORMAL")),
    quiet("CK-089", "no range", LB=one("ALT", "60")),
    fires("CK-090", "normal", at("ALT", "lbclsig"), LB=one("ALT", "40", lbnrind="NORMAL", lbclsig="NCS")),
    quiet("CK-090", "normal, not judged", LB=one("ALT", "40", lbnrind="NORMAL")),
    quiet("CK-090", "high", LB=one("ALT", "60", lbnrind="HIGH", lbclsig="NCS")),
    fires("CK-091", "no link", at("ALT", "lb_aeref"), LB=one("ALT", "60", lbclsig="CS")),
    quiet("CK-091", "linked", LB=one("ALT", "60", lbclsig="CS", lb_aeref="AE:2")),
    quiet("CK-091", "not significant", LB=one("ALT", "60", lbclsig="NCS")),
    fires("CK-100", "potassium 2.9", at("K"), LB=one("K", "2.9")),
    quiet("CK-100", "potassium 3.0", LB=one("K", "3.0")),
    fires("CK-100", "potassium 6.1", at("K"), LB=one("K", "6.1")),
    quiet("CK-100", "potassium 6.0", LB=one("K", "6.0")),
    fires("CK-100", "sodium 124", at("SODIUM"), LB=one("SODIUM", "124")),
    quiet("CK-100", "sodium 125", LB=one("SODIUM", "125")),
    fires("CK-100", "glucose 20.1", at("GLUC"), LB=one("GLUC", "20.1")),
    quiet("CK-100", "glucose 20", LB=one("GLUC", "20")),
    fires("CK-109", "haemoglobin", at("HGB"), LB=one("HGB", "24.9", unit="g/L")),
    quiet("CK-109", "haemoglobin 25", LB=one("HGB", "25", unit="g/L")),
    quiet("CK-109", "in g/dL", LB=one("HGB", "2.4", unit="g/dL", lbstresn="24")),
    fires("CK-109", "albumin", at("ALB"), LB=one("ALB", "9.9", unit="g/L")),
    quiet("CK-109", "albumin 10", LB=one("ALB", "10", unit="g/L")),
    fires("CK-109", "protein", at("PROT"), LB=one("PROT", "19.9", unit="g/L")),
    quiet("CK-109", "protein 20", LB=one("PROT", "20", unit="g/L")),
]  # fmt: skip


LOW_NEUT = "Neutrophil count decreased"
GRADE = at("NEUT", "lbtoxgr")
TROPONIN_I, TROPONIN_T = "Cardiac troponin I increased", "Cardiac troponin T increased"


def graded(
    grade: str, term: str = LOW_NEUT, day: str = DAY, visit: str = "C3", **more: Any
) -> dict[str, Any]:
    test = {LOW_NEUT: "NEUT"}.get(term, "TROPONI")
    return panel(day, result(test, "1", lbtoxgr=grade, lbtox=term, **more), visit=visit)


GRADES = [
    fires("CK-092", "grade 3", GRADE, LB=graded("3")),
    quiet("CK-092", "grade 2", LB=graded("2")),
    quiet("CK-092", "explained", LB=graded("3", lbcom="Expected after hepatectomy.")),
    quiet("CK-092", "event seven days later", LB=graded("3"), AE1=event(LOW_NEUT, "2024-04-25")),
    fires("CK-092", "event eight days later", GRADE, LB=graded("3"), AE1=event(LOW_NEUT, "2024-04-26")),
    quiet("CK-092", "event until seven days before", LB=graded("3"), AE1=event(LOW_NEUT, "2024-04-01", "2024-04-11")),
    fires("CK-092", "event until eight days before", GRADE, LB=graded("3"), AE1=event(LOW_NEUT, "2024-04-01", "2024-04-10")),
    quiet("CK-092", "event perhaps in April", LB=graded("3"), AE1=event(LOW_NEUT, "2024-04", "2024-04")),
    fires("CK-092", "another term", GRADE, LB=graded("3"), AE1=event("Anemia", DAY)),
    quiet("CK-092", "troponin T for I", LB=graded("3", TROPONIN_I), AE1=event(TROPONIN_T, DAY)),
    quiet("CK-092", "day not known", LB=graded("3", day="")),
    fires("CK-093", "grade 2 below 3", GRADE, LB=graded("3"), AE1=event(LOW_NEUT, DAY, "2024-04-20", "2")),
    quiet("CK-093", "the same grade", LB=graded("3"), AE1=event(LOW_NEUT, DAY, "2024-04-20", "3")),
    quiet("CK-093", "after the event", LB=graded("3"), AE1=event(LOW_NEUT, "2024-04-10", "2024-04-17", "2")),
    quiet("CK-093", "another term", LB=graded("3"), AE1=event("Anemia", DAY, "2024-04-20", "2")),
    quiet("CK-093", "perhaps before the event", LB=graded("3"), AE1=event(LOW_NEUT, "2024-04", "", "2")),
    fires("CK-093", "partial dates around it", GRADE, LB=graded("3"), AE1=event(LOW_NEUT, "2024-03", "2024-05", "2")),
    quiet("CK-093", "event not graded", LB=graded("3"), AE1=event(LOW_NEUT, DAY, "2024-04-20", "")),
    quiet(
        "CK-093", "belongs to the worse episode that begins that day", LB=graded("3"),
        AE1=[event(LOW_NEUT, "2024-04-10", DAY, "2"), event(LOW_NEUT, DAY, "2024-04-25", "3")],
    ),
    fires(
        "CK-093", "once, at the worst", GRADE,
        LB=[graded("2", day="2024-04-19", visit="UNS1"), graded("3"), graded("3", day="2024-04-20", visit="UNS2")],
        AE1=event(LOW_NEUT, DAY, "2024-04-25", "1"),
    ),
]  # fmt: skip


def liver(alt: str, ast: str = "40", bili: str = "47", alp: str = "249", **more: Any) -> dict[str, Any]:
    return chem(
        result("ALT", alt, "9", "50"), result("AST", ast, "15", "40"), result("BILI", bili, "", "23"),
        result("ALP", alp, "45", "125") if alp else result("K", "4"), **more,
    )  # fmt: skip


def thyroid(tsh: str, free_t4: str, op: str = "") -> dict[str, Any]:
    return panel(DAY, result("TSH", tsh, "0.35", "4.94", op=op), result("T4FR", free_t4, "9", "19.1"))


def heart(troponin: str = "", ck: str = "", day: str = DAY) -> dict[str, Any]:
    return panel(day, result("CK", ck, "50", "310"), result("TROPONI", troponin, "", "26"))


def urine(*rows: dict[str, Any], day: str = DAY, visit: str = "C3") -> dict[str, Any]:
    return panel(day, *rows, visit=visit)


DIP = urine(result("UPROTDIP", "P2"))
NOT_DONE = {"lbtestcd": "UPROT24", "lborres@miss": "ND"}


def late(day: str) -> dict[str, Any]:
    return urine(result("UPROT24", "0.8"), day=day, visit="UNS1")


def ecg(day: str, performed: str = "Y") -> dict[str, Any]:
    return {"@visit": "UNS1", "egperf": performed, "egdat": day}


BEFORE = panel("2024-03-12", result("ALT", "60", "9", "50"), visit="BAS")
HEAVY = urine(result("UPROT24", "2"))

PATTERNS = [
    fires("CK-094", "ALT", at("ALT"), LB=liver("151")),
    quiet("CK-094", "ALT 3 x", LB=liver("150")),
    fires("CK-094", "AST", at("AST"), LB=liver("40", ast="121")),
    quiet("CK-094", "AST 3 x", LB=liver("40", ast="120")),
    quiet("CK-094", "bilirubin 2 x", LB=liver("151", bili="46")),
    quiet("CK-094", "ALP 2 x", LB=liver("151", alp="250")),
    quiet("CK-094", "ALP not measured", LB=liver("151", alp="")),
    quiet("CK-094", "3 x a raised baseline", EC=given(), LB=[BEFORE, liver("180")]),
    fires("CK-094", "above 3 x a raised baseline", at("ALT"), EC=given(), LB=[BEFORE, liver("181")]),
    fires("CK-094", "the baseline itself goes by the limit", at("ALT"), EC=given(), LB=liver("151", day=C1D1, visit="BAS")),
    fires("CK-095", "2+", at("UPROTDIP"), LB=DIP),
    quiet("CK-095", "1+", LB=urine(result("UPROTDIP", "P1"))),
    fires("CK-095", "4+", at("UPROTDIP"), LB=urine(result("UPROTDIP", "P4"))),
    quiet("CK-095", "in the same panel", LB=urine(result("UPROTDIP", "P2"), result("UPROT24", "0.8"))),
    quiet("CK-095", "14 days later", LB=[DIP, late("2024-05-02")]),
    fires("CK-095", "15 days later", at("UPROTDIP"), LB=[DIP, late("2024-05-03")]),
    fires("CK-095", "day before", at("UPROTDIP"), LB=[DIP, late("2024-04-17")]),
    fires("CK-095", "not done", at("UPROTDIP"), LB=urine(result("UPROTDIP", "P2"), NOT_DONE)),
    fires("CK-096", "2 g", at("UPROT24"), LB=HEAVY, EC=given(EC3=[apatinib(C1D1)])),
    quiet("CK-096", "1.99 g", LB=urine(result("UPROT24", "1.99")), EC=given(EC3=[apatinib(C1D1)])),
    quiet("CK-096", "held", LB=HEAVY, EC=given(EC3=[apatinib(C1D1, "2024-04-17"), apatinib(DAY, "", "HELD", "0")])),
    fires("CK-096", "held from the next day", at("UPROT24"), LB=HEAVY,
          EC=given(EC3=[apatinib(C1D1, DAY), apatinib("2024-04-19", "", "HELD", "0")])),
    quiet("CK-096", "ended", LB=HEAVY, EC=given(EC3=[apatinib(C1D1, "2024-04-17")])),
    quiet("CK-096", "no apatinib", LB=HEAVY, EC=given()),
    fires("CK-097", "no event", at("TSH"), LB=thyroid("4.95", "8.9")),
    quiet("CK-097", "TSH at its limit", LB=thyroid("4.94", "8.9")),
    quiet("CK-097", "T4 at its limit", LB=thyroid("4.95", "9")),
    quiet("CK-097", "event", LB=thyroid("4.95", "8.9"), AE1=event("Hypothyroidism", DAY)),
    fires("CK-097", "event from the next day", at("TSH"), LB=thyroid("4.95", "8.9"), AE1=event("Hypothyroidism", "2024-04-19")),
    fires("CK-097", "another event", at("TSH"), LB=thyroid("4.95", "8.9"), AE1=event("Hyperthyroidism", DAY)),
    fires("CK-098", "no event", at("TSH"), LB=thyroid("0.34", "19.2")),
    quiet("CK-098", "TSH at its limit", LB=thyroid("0.35", "19.2")),
    quiet("CK-098", "T4 at its limit", LB=thyroid("0.34", "19.1")),
    fires("CK-098", "TSH below detection", at("TSH"), LB=thyroid("0.35", "19.2", op="LT")),
    quiet("CK-098", "event", LB=thyroid("0.34", "19.2"), AE1=event("Hyperthyroidism", "2024-04-01")),
    fires("CK-099", "troponin", at("TROPONI"), LB=heart("26.1"), EC=given()),
    quiet("CK-099", "troponin at its limit", LB=heart("26"), EC=given()),
    fires("CK-099", "CK", at("CK"), LB=heart(ck="1551"), EC=given()),
    quiet("CK-099", "CK 5 x", LB=heart(ck="1550"), EC=given()),
    quiet("CK-099", "without camrelizumab", LB=heart("26.1"), EC=given(drugs="OXA")),
    quiet("CK-099", "on the day of the first", LB=heart("26.1"), EC=given(DAY)),
    quiet("CK-099", "ECG after three days", LB=heart("26.1"), EC=given(), EG=ecg("2024-04-21")),
    quiet("CK-099", "ECG three days before", LB=heart("26.1"), EC=given(), EG=ecg("2024-04-15")),
    fires("CK-099", "ECG after four days", at("TROPONI"), LB=heart("26.1"), EC=given(), EG=ecg("2024-04-22")),
    fires("CK-099", "ECG not done", at("TROPONI"), LB=heart("26.1"), EC=given(), EG=ecg(DAY, "N")),
]  # fmt: skip


def hem(day: str, visit: str = "C2", **more: Any) -> dict[str, Any]:
    return panel(day, result("WBC", "5"), visit=visit, **more)


def alt(day: str, visit: str = "C2", **more: Any) -> dict[str, Any]:
    return panel(day, result("ALT", "30"), visit=visit, **more)


FIRST = [hem("2024-03-12", "BAS"), alt("2024-03-12", "BAS")]
TWO = [given(), given("2024-03-28", "C2")]
WAITING = [FormFacts(500 + number, "LB", "C2", number) for number in (1, 2)]


def afp(value: str, day: str, visit: str, **more: Any) -> dict[str, Any]:
    return panel(day, result("AFP", value, **more), visit=visit)


def pivka(value: str, day: str = DAY, visit: str = "TA1") -> dict[str, Any]:
    return panel(day, result("PIVKA", value), visit=visit)


def warfarin(start: str, end: str = "", name: str = "Warfarin", **more: Any) -> dict[str, Any]:
    over = {"cmongo": "N", "cmendat": end} if end else {"cmongo": "Y"}
    return {"cmtrt": name, "cmstdat": start} | over | more


ROSE = [pivka("96", "2024-03-08", "SCR"), pivka("961")]
KIDNEY = {"age": "72", "sex": "M"}
WEIGHED = {"@visit": "BAS", "vsdat": "2024-03-12", "weight": "60"}


def creatinine(value: str, day: str = "2024-03-12", visit: str = "BAS") -> dict[str, Any]:
    return panel(day, result("CREAT", value), visit=visit)


def hcg(answer: str, day: str = "2024-03-12", visit: str = "BAS") -> dict[str, Any]:
    return panel(day, result("HCG", answer), visit=visit)


def twice(time: str, value: str = "3.6", other_time: str = "08:00", **more: Any) -> list[dict[str, Any]]:
    return [
        panel(DAY, result("NEUT", "3.5"), visit="C3", lbtim=other_time),
        panel(DAY, result("NEUT", value, **more), visit="UNS1", lbtim=time),
    ]


WOMAN = {"sex": "F", "wocbp": "Y"}
PREGNANCY = panel_number("PREG")
COURSE = [
    quiet("CK-101", "two days before C1D1", EC=given(), LB=FIRST),
    quiet("CK-101", "seven days before C1D1", EC=given(), LB=[hem("2024-03-07", "BAS"), alt("2024-03-07", "BAS")]),
    fires("CK-101", "eight days before C1D1", "LB lbdat", EC=given(), LB=[hem("2024-03-06", "BAS"), alt("2024-03-07", "BAS")]),
    quiet("CK-101", "three days before C2", EC=TWO, LB=[*FIRST, hem("2024-03-25"), alt("2024-03-25")]),
    fires("CK-101", "four days before C2", "LB lbdat", EC=TWO, LB=[*FIRST, hem("2024-03-25"), alt("2024-03-24")]),
    quiet("CK-101", "on the day", EC=TWO, LB=[*FIRST, hem("2024-03-28"), alt("2024-03-28")]),
    fires("CK-101", "after the dose", "LB lbdat", EC=TWO, LB=[*FIRST, hem("2024-03-29"), alt("2024-03-28")]),
    fires("CK-101", "nothing taken", "LB lbdat", "LB lbdat", EC=TWO, LB=FIRST, forms=WAITING),
    fires(
        "CK-101", "record no longer expected", "EC ec_d1dat", "EC ec_d1dat", EC=TWO, LB=FIRST,
        forms=[replace(form, expected=False) for form in WAITING],
    ),
    fires("CK-101", "no record of the panel", "EC ec_d1dat", "EC ec_d1dat", EC=TWO, LB=FIRST),
    fires("CK-101", "not collected", "LB lbdat", EC=given(), LB=[alt("2024-03-12", "BAS"), hem("2024-03-12", "BAS", lbperf="N")]),
    quiet("CK-101", "cycle not given", EC=[given(), {"@visit": "C2", "ec_given": "N"}], LB=FIRST),
    fires("CK-102", "another number", at("NEUT"), LB=twice("08:00")),
    quiet("CK-102", "the same number", LB=twice("08:00", "3.50")),
    quiet("CK-102", "another time", LB=twice("09:00")),
    quiet("CK-102", "times not known", LB=twice("", other_time="")),
    quiet("CK-102", "the same in another unit", LB=twice("08:00", "3500", lbstresn="3.5")),
    fires("CK-102", "below instead of equal", at("NEUT"), LB=twice("08:00", "3.5", op="LT")),
    quiet("CK-102", "not done", LB=twice("08:00", "")),
    fires("CK-103", "more than tenfold", at("AFP"), LB=[afp("10", "2024-03-07", "SCR"), afp("100.1", DAY, "TA1")]),
    quiet("CK-103", "tenfold", LB=[afp("10", "2024-03-07", "SCR"), afp("100", DAY, "TA1")]),
    fires("CK-103", "less than a tenth", at("AFP"), LB=[afp("100.1", "2024-03-07", "SCR"), afp("10", DAY, "TA1")]),
    quiet("CK-103", "in 43 days", LB=[afp("10", "2024-03-06", "SCR"), afp("100.1", DAY, "TA1")]),
    quiet("CK-103", "perhaps less", LB=[afp("10", "2024-03-07", "SCR"), afp("200", DAY, "TA1", op="LT")]),
    fires("CK-103", "below a low limit", at("AFP"), LB=[afp("100.1", "2024-03-07", "SCR"), afp("10", DAY, "TA1", op="LT")]),
    quiet(
        "CK-103", "since the sample before",
        LB=[afp("5", "2024-03-07", "SCR"), afp("30", "2024-03-28", "UNS1"), afp("100.1", DAY, "TA1")],
    ),
    fires("CK-104", "warfarin", at("PIVKA"), LB=ROSE, CM1=warfarin("2024-03")),
    quiet("CK-104", "tenfold", LB=[pivka("96", "2024-03-08", "SCR"), pivka("960")], CM1=warfarin("2024-03")),
    quiet("CK-104", "no drug", LB=ROSE),
    quiet("CK-104", "another drug", LB=ROSE, CM1=warfarin("2024-03", name="Entecavir")),
    fires("CK-104", "in Chinese", at("PIVKA"), LB=ROSE, CM1=warfarin("2024-03", name="华法林钠片")),
    fires("CK-104", "by ATC code", at("PIVKA"), LB=ROSE, CM1=warfarin("2024-03", name="Marcumar", cmatc="B01AA04")),
    quiet("CK-104", "until the day before", LB=ROSE, CM1=warfarin("2024-03", "2024-04-17")),
    fires("CK-104", "until the day", at("PIVKA"), LB=ROSE, CM1=warfarin("2024-03", DAY)),
    quiet("CK-104", "perhaps from a later day", LB=ROSE, CM1=warfarin("2024-04")),
    # (140 - 72) x 60 x 88.4 / 72 = 5009.3: 30 mL/min at 166.98 umol/L
    fires("CK-105", "below 30", at("CREAT"), DM=KIDNEY, VS=WEIGHED, EC=given(), LB=creatinine("167")),
    quiet("CK-105", "above 30", DM=KIDNEY, VS=WEIGHED, EC=given(), LB=creatinine("166.9")),
    quiet("CK-105", "no oxaliplatin", DM=KIDNEY, VS=WEIGHED, EC=given(drugs="CAM"), LB=creatinine("167")),
    quiet("CK-105", "after the dose", DM=KIDNEY, VS=WEIGHED, EC=given(), LB=creatinine("167", "2024-03-15", "C2")),
    quiet(
        "CK-105", "the last before the dose counts", DM=KIDNEY, VS=WEIGHED, EC=given(),
        LB=[creatinine("167"), creatinine("120", "2024-03-13", "UNS1")],
    ),
    fires("CK-105", "weight used for dosing", at("CREAT"), DM=KIDNEY, VS=WEIGHED, EC=given(ec_wt="50"), LB=creatinine("166.9")),
    quiet("CK-105", "higher weight used for dosing", DM=KIDNEY, VS=WEIGHED, EC=given(ec_wt="61"), LB=creatinine("167")),
    quiet("CK-105", "weight not known", DM=KIDNEY, EC=given(), LB=creatinine("167")),
    quiet("CK-105", "age not known", DM={"sex": "M"}, VS=WEIGHED, EC=given(), LB=creatinine("167")),
    fires("CK-106", "no test", "EC ec_d1dat", DM=WOMAN, EC=given()),
    fires("CK-106", "test not done yet", "LB lbdat", DM=WOMAN, EC=given(), forms=[FormFacts(500, "LB", "BAS", PREGNANCY)]),
    quiet("CK-106", "two days before", DM=WOMAN, EC=given(), LB=hcg("NEG")),
    quiet("CK-106", "seven days before", DM=WOMAN, EC=given(), LB=hcg("NEG", "2024-03-07")),
    fires("CK-106", "eight days before", "LB lbdat", DM=WOMAN, EC=given(), LB=hcg("NEG", "2024-03-06")),
    fires("CK-106", "a day after", "LB lbdat", DM=WOMAN, EC=given(), LB=hcg("NEG", "2024-03-15")),
    fires("CK-106", "indeterminate", "LB lbdat", DM=WOMAN, EC=given(), LB=hcg("IND")),
    quiet("CK-106", "not dosed", DM=WOMAN),
    quiet("CK-106", "no childbearing potential", DM={"sex": "F", "wocbp": "N_SURG"}, EC=given()),
    fires("CK-107", "dosed on the day", at("HCG"), EC=given(), LB=hcg("POS", C1D1)),
    quiet("CK-107", "dosed before", EC=given(), LB=hcg("POS", "2024-03-15")),
    quiet("CK-107", "negative", EC=given(), LB=hcg("NEG")),
    quiet("CK-107", "not dosed", LB=hcg("POS")),
    fires("CK-107", "apatinib goes on", at("HCG"), EC=given(EC3=[apatinib(C1D1)]), LB=hcg("POS", DAY)),
    quiet("CK-107", "apatinib ended", EC=given(EC3=[apatinib(C1D1, "2024-04-17")]), LB=hcg("POS", DAY)),
    fires("CK-107", "apatinib until the day", at("HCG"), EC=given(EC3=[apatinib(C1D1, DAY)]), LB=hcg("POS", DAY)),
]  # fmt: skip


def preop(
    test: str, value: str, day: str = "2024-05-23", visit: str = "PREOP", **more: Any
) -> dict[str, Any]:
    return panel(day, result(test, value, **more), visit=visit)


OPERATED = {"surg_proccur": "Y", "surg_prstdat": "2024-05-30"}
SURGERY = [
    fires("CK-108", "platelets 49", at("PLAT"), LB=preop("PLAT", "49"), SURG=OPERATED),
    quiet("CK-108", "platelets 50", LB=preop("PLAT", "50"), SURG=OPERATED),
    fires("CK-108", "INR 1.51", at("INR"), LB=preop("INR", "1.51"), SURG=OPERATED),
    quiet("CK-108", "INR 1.5", LB=preop("INR", "1.5"), SURG=OPERATED),
    quiet("CK-108", "eight days before", LB=preop("PLAT", "49", "2024-05-22"), SURG=OPERATED),
    quiet("CK-108", "after surgery", LB=preop("PLAT", "49", "2024-05-31"), SURG=OPERATED),
    quiet("CK-108", "another visit", LB=preop("PLAT", "49", visit="UNS1"), SURG=OPERATED),
    quiet("CK-108", "not operated", LB=preop("PLAT", "49")),
]  # fmt: skip

CASES = UNITS + SAMPLE + GRADES + PATTERNS + COURSE + SURGERY


@table(CASES)
def test_check(case: Case) -> None:
    assert case.found() == list(case.at)


def test_every_check_of_the_group_is_shown_from_both_sides() -> None:
    assert one_sided(CASES, 78, 109) == {"CK-082"}, "reference ranges have a table of their own below"


RANGES = [
    ("limits the wrong way round", {"labr_lln": Decimal(9), "labr_uln": Decimal("8.9")}, [], ["labr_uln"]),
    ("limits equal", {"labr_lln": Decimal(9), "labr_uln": Decimal(9)}, [], ["labr_uln"]),
    ("one above the other", {"labr_lln": Decimal("8.9"), "labr_uln": Decimal(9)}, [], []),
    ("no lower limit", {"labr_lln": None}, [], []),
    ("the same people at the same time", {}, [{}], ["labr_from"]),
    ("another laboratory", {}, [{"labr_lab": "lab:2"}], []),
    ("another test", {}, [{"labr_test": "LYM"}], []),
    ("men and women", {"labr_sex": "M"}, [{"labr_sex": "F"}], []),
    ("men, and both", {"labr_sex": "M"}, [{"labr_sex": "BOTH"}], ["labr_from"]),
    ("ages side by side", {"labr_agehi": 17}, [{"labr_agelo": 18}], []),
    ("one age in both", {"labr_agehi": 18}, [{"labr_agelo": 18}], ["labr_from"]),
    ("one after the other", {}, [{"labr_from": dt.date(2023, 1, 1), "labr_to": dt.date(2023, 12, 31)}], []),
    ("one day in both", {}, [{"labr_from": dt.date(2023, 1, 1), "labr_to": dt.date(2024, 1, 1)}], ["labr_from"]),
    ("ends before the other begins", {"labr_to": dt.date(2024, 5, 31)}, [{"labr_from": dt.date(2024, 6, 1)}], []),
    ("taken out", {}, [{"active": False}], []),
    ("itself", {}, [{"id": 7}], []),
    ("validity not known", {"labr_from": None}, [{}], []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "others", "at"), [row[1:] for row in RANGES], ids=[row[0] for row in RANGES]
)
def test_reference_range(values: dict[str, Any], others: list[dict[str, Any]], at: list[str]) -> None:
    """CK-082, on a row that is being entered beside the other rows of the site."""
    held = Folder(Casebook(), dt.date(2024, 12, 31), site=site(*(labr("NEUT") | other for other in others)))
    sheet = Sheet("LABR", 7, values=labr("NEUT") | values)
    assert [hit.path for hit in CHECKS["CK-082"].run(Look(sheet, held))] == at
