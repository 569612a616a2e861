"""CK-309 to CK-337: end of treatment, contacts, death, deviations, end of study."""

from __future__ import annotations

from typing import Any

import pytest

from crf.checks import CHECKS
from crf.models import FormInstance
from crf.services.logs import log_line_remove
from tests import world
from trialsite.kernel.decisions import Refused

from .table import C1D1, Case, apatinib, fires, given, one_sided, quiet, table

OPERATED = {"surg_proccur": "Y", "surg_prtrt": "RAS", "surg_prstdat": "2024-05-30"}
ENDED = {"eot_phase": "ADJ", "eot_dsstdat": "2024-12-26", "eot_dsdecod": "COMPLETED"}
DEAD = {"dthdat": "2025-01-01"}


def eot(why: str = "SURGERY", on: str = "2024-05-22", phase: str = "NEO", **more: Any) -> dict[str, Any]:
    return {"eot_phase": phase, "eot_dsstdat": on, "eot_dsdecod": why} | more


def last(told: str, known: str) -> dict[str, Any]:
    """Last dose as told and as known; `NA` is a missing reason."""

    def answer(name: str, text: str) -> dict[str, str]:
        return {f"{name}@miss": "NA"} if text == "NA" else {name: text} if text else {}

    return eot(EOT2=[{"eotd_trt": "OXA"} | answer("eotd_last", told) | answer("eotd_last_calc", known)])


def ss(visit: str, on: str, **more: Any) -> dict[str, Any]:
    return {"@visit": visit, "ss_dat": on, "ss_status": "ALIVE"} | more


def event(day: str = "2025-02-06", **more: Any) -> dict[str, Any]:
    return ss("FUIMG3", "2025-03-01", ss_event_yn="Y", ss_event_dat=day, ss_disease="RECURRENCE") | more


def dth(day: str = "2025-01-01", **more: Any) -> dict[str, Any]:
    return {"dthdat": day, "dth_cause": "OTHER"} | more


DISPOSITION = [
    fires("CK-309", "a day too early", "EOT eot_dsstdat", EC=given(ec_phase="NEO"), EOT=eot(on="2024-03-13")),
    quiet("CK-309", "on the day", EC=given(ec_phase="NEO"), EOT=eot(on=C1D1)),
    quiet("CK-309", "a dose of a later phase", EC=given("2024-07-11", "ADJ1", ec_phase="ADJ"), EOT=eot()),
    fires(
        "CK-309", "apatinib went on", "EOT eot_dsstdat", EOT=eot(on="2024-05-14"),
        EC={"EC3": [apatinib(C1D1, "2024-05-15") | {"apa_phase": "NEO"}]},
    ),
    fires("CK-310", "another day", "EOT EOT2:1/eotd_last", EOT=last("2024-05-01", "2024-05-02")),
    fires("CK-310", "not given, says the site", "EOT EOT2:1/eotd_last", EOT=last("NA", "2024-05-02")),
    fires("CK-310", "not given, says the form", "EOT EOT2:1/eotd_last", EOT=last("2024-05-02", "NA")),
    quiet("CK-310", "the same day", EOT=last("2024-05-02", "2024-05-02")),
    quiet("CK-310", "never given", EOT=last("NA", "NA")),
    quiet("CK-310", "not answered", EOT=last("", "2024-05-02")),
    fires("CK-311", "nothing", "EOT eot_dsdecod", EOT=eot("PD")),
    quiet("CK-311", "a scan a week later", EOT=eot("PD"), TA={"tudat": "2024-05-29", "ovresp_m_inv": "PD"}),
    fires(
        "CK-311", "a scan eight days later", "EOT eot_dsdecod", EOT=eot("PD"),
        TA={"tudat": "2024-05-30", "ovresp_r_calc": "PD"},
    ),
    quiet("CK-311", "a contact", EOT=eot("PD"), SS=event("2024-05-29")),
    quiet("CK-311", "another reason", EOT=eot("AE")),
    fires("CK-312", "nothing withdrawn", "EOT eot_dsdecod", EOT=eot("AE"), AE1={"aeacn_cam": "DOSE_DELAYED"}),
    quiet("CK-312", "withdrawn", EOT=eot("AE"), AE1={"aeacn_cam": "DRUG_WITHDRAWN"}),
    quiet("CK-312", "another reason", EOT=eot("PD")),
    fires("CK-313", "no form", "EOT eot_dsdecod", EOT=eot("DEATH")),
    quiet("CK-313", "with its form", EOT=eot("DEATH"), DTH=DEAD),
    quiet("CK-313", "another reason", EOT=eot("PD")),
    fires("CK-314", "after 61 days", "EOT eot_dsdecod", today="2024-07-22", EOT=eot()),
    quiet("CK-314", "after 60 days", today="2024-07-21", EOT=eot()),
    fires("CK-314", "said not to be done", "EOT eot_dsdecod", today="2024-06-01", EOT=eot(), SURG={"surg_proccur": "N"}),
    quiet("CK-314", "operated", EOT=eot(), SURG=OPERATED),
    fires("CK-314", "operated on day 61", "EOT eot_dsdecod", EOT=eot(), SURG=OPERATED | {"surg_prstdat": "2024-07-22"}),
    quiet("CK-314", "operated on day 60", EOT=eot(), SURG=OPERATED | {"surg_prstdat": "2024-07-21"}),
    quiet("CK-314", "another reason", EOT=eot("COMPLETED")),
    fires("CK-315", "seven of eight", "EOT eot_dsdecod", EOT=eot("COMPLETED", phase="ADJ", eot_cycles="7")),
    quiet("CK-315", "all eight", EOT=eot("COMPLETED", phase="ADJ", eot_cycles="8")),
    fires("CK-315", "three of four", "EOT eot_dsdecod", EOT=eot("COMPLETED", eot_cycles="3")),
    quiet("CK-315", "for surgery", EOT=eot(eot_cycles="3")),
    quiet("CK-315", "continued treatment", EOT=eot("COMPLETED", phase="CONT", eot_cycles="1")),
]  # fmt: skip

CONTACTS = [
    fires("CK-316", "the same day", "SS ss_dat", SS=[ss("SURV5", "2025-05-08"), ss("SURV6", "2025-05-08")]),
    quiet("CK-316", "the next day", SS=[ss("SURV5", "2025-05-08"), ss("SURV6", "2025-05-09")]),
    quiet("CK-316", "of another series", SS=[ss("FUIMG4", "2025-05-08"), ss("SURV5", "2025-04-29")]),
    fires("CK-316", "the last visit", "SS ss_dat", SS=[ss("SURV8", "2026-01-15"), ss("SURVEND", "2026-01-14")]),
    fires(
        "CK-317", "a sample in between", "SS ss_lastalive", SS=ss("SURV5", "2025-05-08", ss_lastalive="2025-04-01"),
        LB={"@visit": "UNS1", "lbperf": "Y", "lbdat": "2025-04-02"},
    ),
    quiet(
        "CK-317", "a sample of that day", SS=ss("SURV5", "2025-05-08", ss_lastalive="2025-04-02"),
        LB={"@visit": "UNS1", "lbperf": "Y", "lbdat": "2025-04-02"},
    ),
    quiet(
        "CK-317", "after the contact", SS=ss("SURV5", "2025-05-08", ss_lastalive="2025-05-08"),
        LB={"@visit": "UNS1", "lbperf": "Y", "lbdat": "2025-06-02"},
    ),
    quiet(
        "CK-317", "no sample", SS=ss("SURV5", "2025-05-08", ss_lastalive="2025-04-01", ss_status="LOST"),
        LB={"@visit": "UNS1", "lbperf": "N", "lbdat": "2025-04-02"},
    ),
    fires(
        "CK-317", "apatinib", "SS ss_lastalive", SS=ss("SURV5", "2025-05-08", ss_lastalive="2025-04-01", ss_status="LOST"),
        EC={"EC3": [apatinib(C1D1, "2025-04-02")]},
    ),
    fires("CK-318", "no form", "SS ss_status", SS=ss("SURV5", "2025-05-08", ss_status="DEAD")),
    quiet("CK-318", "with its form", SS=ss("SURV5", "2025-05-08", ss_status="DEAD"), DTH=DEAD),
    quiet("CK-318", "alive", SS=ss("SURV5", "2025-05-08")),
    fires("CK-319", "on the day of surgery", "SS ss_event_dat", SS=event("2024-05-30"), SURG=OPERATED),
    quiet("CK-319", "the next day", SS=event("2024-05-31"), SURG=OPERATED),
    quiet("CK-319", "progression", SS=event("2024-05-30", ss_disease="PROGRESSION"), SURG=OPERATED),
    fires("CK-320", "not operated", "SS ss_disease", SS=event(), SURG={"surg_proccur": "N"}),
    fires("CK-320", "no form of surgery", "SS ss_disease", SS=event()),
    quiet("CK-320", "operated", SS=event(), SURG=OPERATED),
    quiet("CK-320", "not answered", SS=event(), SURG={"surg_icu": "1"}),
    fires("CK-321", "imaging", "SS ss_event_taref", SS=event(ss_event_basis="IMAGING")),
    fires("CK-321", "both", "SS ss_event_taref", SS=event(ss_event_basis="BOTH")),
    quiet("CK-321", "linked", SS=event(ss_event_basis="BOTH", ss_event_taref="form:9")),
    quiet("CK-321", "pathology", SS=event(ss_event_basis="PATHOLOGY")),
    fires("CK-322", "AFP", "SS ss_event_basis", SS=event(ss_event_basis="AFP")),
    quiet("CK-322", "imaging", SS=event(ss_event_basis="IMAGING")),
    fires("CK-323", "twice", "SS ss_attempts", SS=ss("SURV5", "2025-05-08", ss_status="LOST", ss_attempts="2")),
    quiet("CK-323", "three times", SS=ss("SURV5", "2025-05-08", ss_status="LOST", ss_attempts="3")),
    quiet("CK-323", "alive", SS=ss("SURV5", "2025-05-08", ss_attempts="1")),
    fires("CK-324", "113 days", "SS ss_dat", EOT=ENDED, SS=[ss("SURV5", "2025-05-08"), ss("SURV6", "2025-08-29")]),
    quiet("CK-324", "112 days", EOT=ENDED, SS=[ss("SURV5", "2025-05-08"), ss("SURV6", "2025-08-28")]),
    quiet(
        "CK-324", "seen in between", EOT=ENDED, SS=[ss("SURV5", "2025-05-08"), ss("SURV6", "2025-08-29")],
        TA={"@visit": "FUIMG5", "tudat": "2025-07-24"},
    ),
    quiet("CK-324", "no end of treatment", SS=[ss("SURV5", "2025-05-08"), ss("SURV6", "2025-12-29")]),
    quiet("CK-324", "counted from the end", EOT=ENDED, SS=[ss("SURV1", "2024-06-06"), ss("SURV4", "2025-04-17")]),
]  # fmt: skip

DEATH = [
    fires("CK-325", "a scan the next day", "DTH dthdat", DTH=dth(), TA={"@visit": "FUIMG3", "tudat": "2025-01-02"}),
    quiet("CK-325", "a scan on the day", DTH=dth(), TA={"@visit": "FUIMG3", "tudat": "2025-01-01"}),
    quiet("CK-325", "died in that month", DTH=dth("2025-01"), TA={"@visit": "FUIMG3", "tudat": "2025-01-31"}),
    fires("CK-325", "alive later", "DTH dthdat", DTH=dth(), SS=ss("SURV5", "2025-05-08")),
    quiet("CK-325", "told later", DTH=dth(), SS=ss("SURV5", "2025-05-08", ss_status="DEAD")),
    fires("CK-325", "a dose", "DTH dthdat", DTH=dth(), EC=given("2025-01-02", "ADJ8")),
    quiet("CK-325", "a scan not done", DTH=dth(), TA={"@visit": "FUIMG3", "ta_perf": "N", "tudat": "2025-01-02"}),
    fires("CK-326", "the day before", "DTH dthdat", DTH=dth("2024-05-29"), SURG=OPERATED),
    quiet("CK-326", "on the day", DTH=dth("2024-05-30"), SURG=OPERATED),
    quiet("CK-326", "in that month", DTH=dth("2024-05"), SURG=OPERATED),
    fires("CK-327", "unlikely", "DTH dth_rel", DTH=dth(dth_cause="TOXICITY", dth_rel="UNLIKELY")),
    quiet("CK-327", "possible", DTH=dth(dth_cause="TOXICITY", dth_rel="POSSIBLE")),
    quiet("CK-327", "another cause", DTH=dth(dth_rel="UNRELATED")),
    fires("CK-328", "30 days", "DTH dthdat", DTH=dth("2024-04-13"), EC=given()),
    quiet("CK-328", "31 days", DTH=dth("2024-04-14"), EC=given()),
    quiet("CK-328", "of the carcinoma", DTH=dth("2024-04-13", dth_cause="HCC"), EC=given()),
    quiet("CK-328", "with its event", DTH=dth("2024-04-13"), EC=given(), AE1={"aeout": "FATAL"}),
    quiet("CK-328", "day not known", DTH=dth("2024-04"), EC=given()),
    fires("CK-329", "no end of study", "DTH dthdat", DTH=dth()),
    quiet("CK-329", "ended", DTH=dth(), EOS={"eos_dsdecod": "DEATH"}),
    fires("CK-330", "the day before", "DV1 dvstdat", ICF={"icf_dsstdat": "2024-03-04"}, DV1={"dvstdat": "2024-03-03"}),
    quiet("CK-330", "the same day", ICF={"icf_dsstdat": "2024-03-04"}, DV1={"dvstdat": "2024-03-04"}),
    fires("CK-331", "nothing", "DV1 dv_capa", "DV1 dv_ecdat", DV1={"dv_sev": "MAJOR"}),
    fires("CK-331", "not reported", "DV1 dv_ecdat", DV1={"dv_sev": "MAJOR", "dv_capa": "Training"}),
    quiet("CK-331", "both", DV1={"dv_sev": "MAJOR", "dv_capa": "Training", "dv_ecdat": "2024-04-01"}),
    quiet("CK-331", "minor", DV1={"dv_sev": "MINOR"}),
]  # fmt: skip

END = [
    fires("CK-333", "the day before", "EOS eos_dsstdat", EOS={"eos_dsstdat": "2026-03-11", "eos_lastcontact": "2026-03-12"}),
    quiet("CK-333", "the same day", EOS={"eos_dsstdat": "2026-03-12", "eos_lastcontact": "2026-03-12"}),
    fires("CK-334", "715 days", "EOS eos_dsdecod", EOS={"eos_dsdecod": "COMPLETED", "eos_fu_days": "715"}),
    quiet("CK-334", "716 days", EOS={"eos_dsdecod": "COMPLETED", "eos_fu_days": "716"}),
    quiet("CK-334", "died", EOS={"eos_dsdecod": "COMPLETED", "eos_fu_days": "100"}, DTH=DEAD),
    quiet("CK-334", "lost", EOS={"eos_dsdecod": "LOST", "eos_fu_days": "100"}),
    fires("CK-335", "a hard error", "EOS eos_sign", EOS={"eos_sign": "esign:1"}, DM={"sex": "F"}),
    quiet("CK-335", "not signed", EOS={"eos_dsdecod": "LOST"}, DM={"sex": "F"}),
    quiet("CK-335", "no error", EOS={"eos_sign": "esign:1"}, DM={"sex": "M"}),
    fires("CK-336", "no form", "EOS eos_dsdecod", EOS={"eos_dsdecod": "DEATH"}),
    quiet("CK-336", "with its form", EOS={"eos_dsdecod": "DEATH"}, DTH=DEAD),
    quiet("CK-336", "another status", EOS={"eos_dsdecod": "LOST"}),
    fires("CK-337", "no result", "EOS eos_dsdecod", EOS={"eos_dsdecod": "COMPLETED"}, SURG=OPERATED),
    quiet("CK-337", "a result", EOS={"eos_dsdecod": "COMPLETED"}, SURG=OPERATED, CPATHF={"cpf_mpr": "N"}),
    quiet("CK-337", "explored only", EOS={"eos_dsdecod": "COMPLETED"}, SURG=OPERATED | {"surg_prtrt": "EXPLORE"}),
]  # fmt: skip

CASES = [*DISPOSITION, *CONTACTS, *DEATH, *END]


@table(CASES)
def test_check(case: Case) -> None:
    assert case.found() == list(case.at)


def test_every_check_of_the_group_is_shown_from_both_sides() -> None:
    assert one_sided(CASES, 309, 337) == {"CK-332"}  # below


@pytest.mark.django_db
def test_ck_332_a_deviation_is_not_taken_out_without_a_reason() -> None:
    cast = world.people()
    participant = world.screened(cast["lin"])
    line = world.line(participant, cast["lin"], "DV")
    world.fill(line, cast["lin"], {"dvterm": "Reported late", "dv_src": "EDC"}, complete=False)
    with pytest.raises(Refused):
        log_line_remove(by=cast["lin"], form=line, reason=" ")
    assert FormInstance.objects.get(pk=line.pk).active
    log_line_remove(by=cast["lin"], form=line, reason="The report was in time: see source.")
    taken = FormInstance.objects.get(pk=line.pk)
    assert (taken.active, taken.removed_reason) == (False, "The report was in time: see source.")
    assert "CK-332" in CHECKS
