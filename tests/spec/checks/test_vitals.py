"""CK-064 to CK-077: vital signs, ECOG, liver status."""

from __future__ import annotations

from typing import Any

from .table import C1D1, Case, apatinib, event, fires, given, one_sided, quiet, table

DAY = "2024-04-05"


def vs(day: str = DAY, visit: str = "C2", **values: Any) -> dict[str, Any]:
    return {"@visit": visit, "vsperf": "Y", "vsdat": day, "ecog_rsdat": day} | values


def history(term: str, start: str = "2010", end: str = "", **more: Any) -> dict[str, Any]:
    over = {"mhongo": "N", "mhendat": end} if end else {"mhongo": "Y"}
    return {"mhterm": term, "mhstdat": start} | over | more


def drug(category: str, start: str, end: str = "") -> dict[str, Any]:
    over = {"cmongo": "N", "cmendat": end} if end else {"cmongo": "Y"}
    return {"cmtrt": "Amlodipine", "cmcat": category, "cmstdat": start} | over


def weights(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
    return [
        vs(day, visit, weight=weight)
        for (day, weight), visit in zip(pairs, ("SCR", "C2", "C3", "C4"), strict=False)
    ]


HIGH = {"sysbp": "168", "diabp": "102"}
RAISED = {"sysbp": "140", "diabp": "80"}
ON = given(EC3=[apatinib(C1D1)])
CLASS_A = vs("2024-03-12", "BAS", cp_class="A")
WORSE = [CLASS_A, vs(cp_class="B")]
LUNG = ("Lung infection", "2024-03-01")

CASES = [
    fires("CK-064", "equal", "VS diabp", VS=vs(sysbp="90", diabp="90")),
    fires("CK-064", "higher", "VS diabp", VS=vs(sysbp="90", diabp="120")),
    quiet("CK-064", "lower", VS=vs(sysbp="90", diabp="89")),
    quiet("CK-064", "not measured", VS=vs(diabp="90", **{"sysbp@miss": "ND"})),
    fires("CK-064", "on repeat", "VS diabp2", VS=vs(sysbp="150", diabp="90", sysbp2="95", diabp2="95")),
    fires("CK-065", "screening", "VS height", VS=vs("2024-03-06", "SCR")),
    quiet("CK-065", "given", VS=vs("2024-03-06", "SCR", height="171.0")),
    quiet("CK-065", "later visit", VS=vs()),
    fires("CK-066", "more than a fifth lost", "VS weight", EC=given(), VS=weights(("2024-03-06", "70"), (DAY, "55.9"))),
    quiet("CK-066", "a fifth lost", EC=given(), VS=weights(("2024-03-06", "70"), (DAY, "56"))),
    fires("CK-066", "more than a fifth gained", "VS weight", EC=given(), VS=weights(("2024-03-06", "70"), (DAY, "84.1"))),
    quiet("CK-066", "no dose yet", VS=weights(("2024-03-06", "70"), (DAY, "55.9"))),
    quiet("CK-066", "not weighed at baseline", EC=given(), VS=vs(weight="55.9")),
    quiet(
        "CK-066", "the last before C1D1 counts", EC=given(),
        VS=[vs("2024-03-06", "SCR", weight="60"), vs(C1D1, "C1", weight="70"), vs(DAY, weight="84")],
    ),
    fires("CK-067", "5.1 kg in 21 days", "VS weight", VS=weights(("2024-03-15", "70"), (DAY, "64.9"))),
    quiet("CK-067", "5 kg", VS=weights(("2024-03-15", "70"), (DAY, "65"))),
    quiet("CK-067", "in 22 days", VS=weights(("2024-03-14", "70"), (DAY, "64.9"))),
    quiet("CK-067", "first weight", VS=weights((DAY, "64.9"))),
    quiet("CK-067", "since the visit before", VS=weights(("2024-03-14", "70"), ("2024-03-25", "67"), (DAY, "64.9"))),
    fires("CK-068", "below 16", "VS bmi", VS=vs(bmi="15.99")),
    quiet("CK-068", "16", VS=vs(bmi="16")),
    fires("CK-068", "above 40", "VS bmi", VS=vs(bmi="40.01")),
    quiet("CK-068", "40", VS=vs(bmi="40")),
    quiet("CK-068", "not known", VS=vs()),
    fires("CK-069", "38.0", "VS temp", VS=vs(temp="38.0")),
    quiet("CK-069", "37.9", VS=vs(temp="37.9")),
    quiet("CK-069", "no dosing visit", VS=vs(visit="PREOP", temp="38.0")),
    fires("CK-069", "adjuvant cycle", "VS temp", VS=vs(visit="ADJ3", temp="38.0")),
    quiet("CK-069", "fever, three days after", VS=vs(temp="38.0"), AE1=event("Fever", "2024-04-08", "2024-04-09")),
    fires("CK-069", "fever, four days after", "VS temp", VS=vs(temp="38.0"), AE1=event("Fever", "2024-04-09")),
    quiet("CK-069", "infection until three days before", VS=vs(temp="38.0"), AE1=event(*LUNG, "2024-04-02")),
    fires("CK-069", "infection until four days before", "VS temp", VS=vs(temp="38.0"), AE1=event(*LUNG, "2024-04-01")),
    quiet("CK-069", "infection perhaps in April", VS=vs(temp="38.0"), AE1=event("Sepsis", "2024-04", "2024-04")),
    fires("CK-069", "another event", "VS temp", VS=vs(temp="38.0"), AE1=event("Nausea", DAY)),
    quiet("CK-069", "coded as infection", VS=vs(temp="38.0"), AE1={"aesoc": "Infections and infestations", "aestdat": DAY}),
    fires("CK-070", "systolic 160", "VS sysbp", VS=vs(sysbp="160", diabp="80")),
    quiet("CK-070", "159/99", VS=vs(sysbp="159", diabp="99")),
    fires("CK-070", "diastolic 100", "VS sysbp", VS=vs(sysbp="150", diabp="100")),
    quiet("CK-070", "lower on repeat", VS=vs(**HIGH, sysbp2="150", diabp2="95")),
    fires("CK-070", "still high on repeat", "VS sysbp2", VS=vs(**HIGH, sysbp2="166", diabp2="95")),
    quiet("CK-070", "event of grade 3", VS=vs(**HIGH), AE1=event("Hypertension", DAY, grade="3")),
    fires("CK-070", "event of grade 2", "VS sysbp", VS=vs(**HIGH), AE1=event("Hypertension", DAY, grade="2")),
    fires("CK-070", "event that was over", "VS sysbp", VS=vs(**HIGH), AE1=event("Hypertension", "2024-03-20", "2024-04-04", "3")),
    quiet("CK-070", "event perhaps not over", VS=vs(**HIGH), AE1=event("Hypertension", "2024-03-20", "2024-04", "3")),
    quiet("CK-070", "known hypertension", VS=vs(**HIGH), MH1=history("Essential hypertension")),
    quiet("CK-070", "known hypertension in Chinese", VS=vs(**HIGH), MH1=history("原发性高血压")),
    fires("CK-070", "portal hypertension", "VS sysbp", VS=vs(**HIGH), MH1=history("Portal hypertension")),
    fires("CK-070", "portal hypertension in Chinese", "VS sysbp", VS=vs(**HIGH), MH1=history("门静脉高压症")),
    fires("CK-070", "hypertension that was over", "VS sysbp", VS=vs(**HIGH), MH1=history("Hypertension", "2010", "2012")),
    quiet("CK-070", "not measured", VS=vs(**{"sysbp@miss": "ND", "diabp@miss": "ND"})),
    quiet("CK-070", "day not known", VS=vs("", **HIGH)),
    fires("CK-071", "140 on apatinib", "VS sysbp", VS=vs(**RAISED), EC=ON),
    fires("CK-071", "diastolic 90", "VS sysbp", VS=vs(sysbp="120", diabp="90"), EC=ON),
    quiet("CK-071", "139/89", VS=vs(sysbp="139", diabp="89"), EC=ON),
    quiet("CK-071", "lower on repeat", VS=vs(**RAISED, sysbp2="139", diabp2="80"), EC=ON),
    quiet("CK-071", "held", VS=vs(**RAISED), EC=given(EC3=[apatinib(C1D1, "2024-04-04"), apatinib(DAY, "", "HELD", "0")])),
    fires("CK-071", "last day before it is held", "VS sysbp", VS=vs(**RAISED),
          EC=given(EC3=[apatinib(C1D1, DAY), apatinib("2024-04-06", "", "HELD", "0")])),
    quiet("CK-071", "not begun", VS=vs("2024-03-13", **RAISED), EC=ON),
    quiet("CK-071", "no apatinib", VS=vs(**RAISED), EC=given()),
    quiet("CK-071", "treated", VS=vs(**RAISED), EC=ON, CM1=drug("ANTIHTN", DAY)),
    fires("CK-071", "treated from the next day", "VS sysbp", VS=vs(**RAISED), EC=ON, CM1=drug("ANTIHTN", "2024-04-06")),
    quiet("CK-071", "treated perhaps since April", VS=vs(**RAISED), EC=ON, CM1=drug("ANTIHTN", "2024-04")),
    fires("CK-071", "another drug", "VS sysbp", VS=vs(**RAISED), EC=ON, CM1=drug("GENERAL", DAY)),
    fires("CK-072", "0 to 2", "VS ecog", VS=[vs("2024-03-12", "BAS", ecog="0"), vs(ecog="2")]),
    quiet("CK-072", "0 to 1", VS=[vs("2024-03-12", "BAS", ecog="0"), vs(ecog="1")]),
    quiet("CK-072", "2 to 0", VS=[vs("2024-03-12", "BAS", ecog="2"), vs(ecog="0")]),
    quiet("CK-072", "first", VS=vs(ecog="2")),
    fires("CK-073", "no death form", "VS ecog", VS=vs(ecog="5")),
    quiet("CK-073", "death form", VS=vs(ecog="5"), DTH={"dthdat": DAY}),
    quiet("CK-073", "alive", VS=vs(ecog="4")),
    fires("CK-074", "A to B", "VS cp_class", EC=given(), VS=WORSE),
    quiet("CK-074", "still A", EC=given(), VS=[CLASS_A, vs(cp_class="A")]),
    quiet("CK-074", "B from the start", EC=given(), VS=[vs("2024-03-12", "BAS", cp_class="B"), vs(cp_class="C")]),
    quiet("CK-074", "before treatment", EC=given(), VS=[vs("2024-03-06", "SCR", cp_class="B"), CLASS_A]),
    quiet("CK-074", "event within 14 days", EC=given(), VS=WORSE, AE1=event("Ascites", "2024-04-19")),
    fires("CK-074", "event after 15 days", "VS cp_class", EC=given(), VS=WORSE, AE1=event("Ascites", "2024-04-20")),
    quiet("CK-074", "complication", EC=given(), VS=WORSE,
          SURG={"SU3": [{"comp_term": "ASCITES", "comp_cestdat": "2024-03-20", "comp_ceendat": "2024-03-22"}]}),
    fires("CK-074", "complication long over", "VS cp_class", EC=given(), VS=WORSE,
          SURG={"SU3": [{"comp_term": "ASCITES", "comp_cestdat": "2024-03-15", "comp_ceendat": "2024-03-21"}]}),
    fires("CK-075", "mild", "VS cp_ascites", VS=vs(cp_ascites="MILD")),
    quiet("CK-075", "none", VS=vs(cp_ascites="NONE")),
    quiet("CK-075", "not examined", VS=vs(**{"cp_ascites@miss": "ND"})),
    quiet("CK-075", "event", VS=vs(cp_ascites="MILD"), AE1=event("Ascites", "2024-06-02")),
    fires("CK-075", "another event", "VS cp_ascites", VS=vs(cp_ascites="MILD"), AE1=event("Nausea", DAY)),
    quiet("CK-075", "history", VS=vs(cp_ascites="MILD"), MH1=history("少量腹水")),
    fires("CK-075", "another history", "VS cp_ascites", VS=vs(cp_ascites="MILD"), MH1=history("Chronic hepatitis B")),
    fires("CK-076", "31 apart", "VS pulse", VS=vs(pulse="103"), EG={"@visit": "C3", "egdat": DAY, "eg_hr": "72"}),
    quiet("CK-076", "30 apart", VS=vs(pulse="102"), EG={"@visit": "C3", "egdat": DAY, "eg_hr": "72"}),
    quiet("CK-076", "another day", VS=vs(pulse="103"), EG={"@visit": "C3", "egdat": "2024-04-06", "eg_hr": "72"}),
    quiet("CK-076", "rate not given", VS=vs(pulse="103"), EG={"@visit": "C3", "egdat": DAY, "eg_hr@miss": "NAV"}),
    fires("CK-077", "91 %", "VS spo2", VS=vs(spo2="91")),
    quiet("CK-077", "92 %", VS=vs(spo2="92")),
    quiet("CK-077", "event", VS=vs(spo2="91"), AE1=event("Pneumonitis", "2024-04-01")),
    fires("CK-077", "event from the next day", "VS spo2", VS=vs(spo2="91"), AE1=event("Pneumonitis", "2024-04-06")),
    quiet("CK-077", "event perhaps begun", VS=vs(spo2="91"), AE1=event("Pneumonitis", "2024-04")),
    quiet("CK-077", "not measured", VS=vs(**{"spo2@miss": "ND"})),
]  # fmt: skip


@table(CASES)
def test_check(case: Case) -> None:
    assert case.found() == list(case.at)


def test_every_check_of_the_group_is_shown_from_both_sides() -> None:
    assert one_sided(CASES, 64, 77) == set()
