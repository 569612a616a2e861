"""Edit checks (crf-book 3.K Adverse events: CK-255 to CK-292).

A line of the log is a sheet of its own (`AE1`); its number for life is `sheet.repeat`, and other forms name it as
`AE:6`. An end date with a reason for its absence ("unknown") is answered: CK-258 and CK-259 ask for what is empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from crf.ctcae import TERMS
from crf.limits import interval

from .doses import last_day, periods
from .engine import Hit, Look, check
from .exposure import (
    AE_DRUGS,
    discontinued,
    doses_of,
    first_camrelizumab,
    level_before,
    levels_between,
    lower,
)
from .log_lines import LABORATORY_TERMS, linked, may_meet, met, reference
from .near import grade_of
from .times import DAY, certainly_after, certainly_before

RELATED = ("DEFINITE", "PROBABLE", "POSSIBLE")
UNRELATED = ("UNLIKELY", "UNRELATED")
CRITERIA = ("aesdth", "aeslife", "aeshosp", "aesdisab", "aescong", "aesmie")
RCCEP = re.compile(r"RCCEP|capillary endothelial proliferation|毛细血管增生", re.IGNORECASE)
TWO_EVENTS = re.compile(r"\band\b|及|、|[;；/]", re.IGNORECASE)
IMMUNE_TERMS = (
    "Pneumonitis", "Colitis", "Myocarditis", "Hypothyroidism", "Hyperthyroidism", "Adrenal insufficiency", "Hypophysitis",
)  # fmt: skip
APATINIB_TERMS = ("Hypertension", "Proteinuria", "Palmar-plantar erythrodysesthesia syndrome")
ENDOCRINE = ("THYROID", "PITUITARY", "DIABETES")
SHORTER = ("DOSE_REDUCED", "DRUG_INTERRUPTED", "DRUG_WITHDRAWN")
REDUCTION_DAYS = 42


# --- dates and outcome ----------------------------------------------------------------------------------------------


@check("CK-255", on="AE1", reads=("ICF",))
def ck_255_before_consent(look: Look) -> Iterator[Hit]:
    if certainly_before(look.get("aestdat"), look.folder.consent):
        yield look.hit("aestdat")


@check("CK-256", on="AE1", reads=("EC",))
def ck_256_related_before_first_dose(look: Look) -> Iterator[Hit]:
    if certainly_before(look.get("aestdat"), look.folder.first_dose):
        for drug in AE_DRUGS:
            if look.get(f"aerel_{drug}") in RELATED:
                yield look.hit(f"aerel_{drug}")


@check("CK-257", on="AE1")
def ck_257_end_before_start(look: Look) -> Iterator[Hit]:
    if certainly_before(look.get("aeendat"), look.get("aestdat")):
        yield look.hit("aeendat")


@check("CK-258", on="AE1")
def ck_258_ongoing_and_end(look: Look) -> Iterator[Hit]:
    ongoing, ended = look.get("aeongo"), look.get("aeendat")
    if (ongoing == "Y" and ended) or (ongoing == "N" and _empty(look, "aeendat")):
        yield look.hit("aeendat", aeongo=ongoing, aeendat=ended)


@check("CK-259", on="AE1")
def ck_259_resolved_without_end(look: Look) -> Iterator[Hit]:
    if look.get("aeout") in ("RECOVERED", "SEQUELAE") and _empty(look, "aeendat"):
        yield look.hit("aeendat", aeout=look.get("aeout"))


def _empty(look: Look, name: str) -> bool:
    return look.get(name) is None and name not in look.sheet.missing


@check("CK-260", on="AE1")
def ck_260_not_resolved_but_ended(look: Look) -> Iterator[Hit]:
    if look.get("aeout") in ("NOT_RECOVERED", "RECOVERING") and look.get("aeongo") == "N":
        yield look.hit("aeout")


@check("CK-261", on="AE1", reads=("DTH",))
def ck_261_fatal(look: Look) -> Iterator[Hit]:
    """Of outcome and grade, both must be known to contradict each other."""
    outcome, grade = look.get("aeout"), look.get("aetoxgr")
    if outcome and grade and (outcome == "FATAL") != (grade == "5"):
        yield look.hit("aeout", aeout=outcome, aetoxgr=grade)
    elif grade == "5" and (look.get("aesdth") == "N" or look.get("aeser") == "N"):
        yield look.hit("aesdth", aetoxgr=grade, aesdth=look.get("aesdth"))
    elif grade == "5" and not look.folder.started("DTH"):
        yield look.hit("aetoxgr", aetoxgr=grade)


@check("CK-262", on="AE1")
def ck_262_grade_of_term(look: Look) -> Iterator[Hit]:
    term, grade = TERMS.get(look.get("ae_ctcae") or ""), grade_of(look.sheet)
    if term and grade is not None and grade not in term.grades:
        yield look.hit("aetoxgr", ae_ctcae=term.term, aetoxgr=grade)


# --- seriousness ----------------------------------------------------------------------------------------------------


@check("CK-263", on="AE1")
def ck_263_serious_without_criterion(look: Look) -> Iterator[Hit]:
    answers = [look.get(name) for name in CRITERIA]
    if look.get("aeser") == "Y" and None not in answers and "Y" not in answers:
        yield look.hit("aeser")


@check("CK-264", on="AE1")
def ck_264_criterion_but_not_serious(look: Look) -> Iterator[Hit]:
    if look.get("aeser") == "N":
        for name in CRITERIA:
            if look.get(name) == "Y":
                yield look.hit(name)


@check("CK-265", on="AE1")
def ck_265_grade_4_not_serious(look: Look) -> Iterator[Hit]:
    """A laboratory-only term is one whose grade is read off laboratory results (catalogue of analytes, 4.4.1)."""
    term = look.get("ae_ctcae")
    if look.get("aetoxgr") == "4" and look.get("aeser") == "N" and term and term not in LABORATORY_TERMS:
        yield look.hit("aeser", aetoxgr="4")


@check("CK-266", on="AE1", deviation="SAFETYREP")
def ck_266_reported_late(look: Look) -> Iterator[Hit]:
    aware, reported = look.get("sae_awaredat"), look.get("sae_repdat")
    limit = look.cfg("sae_report_hours") // 24 * DAY
    if look.get("aeser") == "Y" and aware and reported and reported > aware + limit:
        yield look.hit("sae_repdat", sae_awaredat=aware, sae_repdat=reported)


@check("CK-267", on="AE1")
def ck_267_admission_date(look: Look) -> Iterator[Hit]:
    if look.get("aeshosp") == "Y" and look.get("sae_admdat") is None:
        yield look.hit("sae_admdat")


@check("CK-268", on="AE1")
def ck_268_aware_before_onset(look: Look) -> Iterator[Hit]:
    if certainly_before(look.get("sae_awaredat"), look.get("aestdat")):
        yield look.hit("sae_awaredat")


@check("CK-269", on="AE1", reads=("DTH",))
def ck_269_fatal_event_ends_with_death(look: Look) -> Iterator[Hit]:
    """Partial dates differ when no day satisfies both."""
    ended, died = look.get("aeendat"), look.book.value("DTH", "dthdat")
    if look.get("aesdth") == "Y" and (certainly_before(ended, died) or certainly_after(ended, died)):
        yield look.hit("aeendat", aeendat=ended, dthdat=died)


# --- causality and action, drug by drug -----------------------------------------------------------------------------


@check("CK-270", on="AE1", reads=("EC",))
def ck_270_causality_and_exposure(look: Look) -> Iterator[Hit]:
    """Never given: as far as there is any treatment form; before the first one exposure is not known."""
    for drug in AE_DRUGS:
        answer, days = look.get(f"aerel_{drug}"), [dose.start for dose in doses_of(look.folder, drug)]
        before = any(certainly_before(day, look.get("aestdat")) for day in days)
        never = look.folder.started("EC") and not days
        if (answer == "NA" and before) or (answer not in (None, "NA") and never):
            yield look.hit(f"aerel_{drug}")


@check("CK-271", on="AE1", reads=("EC", "AE1"))
def ck_271_already_stopped(look: Look) -> Iterator[Hit]:
    for drug in AE_DRUGS:
        stopped = discontinued(look.folder, drug, but=look.sheet)
        if look.get(f"aeacn_{drug}") in SHORTER and certainly_before(stopped, look.get("aestdat")):
            yield look.hit(f"aeacn_{drug}", action=look.get(f"aeacn_{drug}"), stopped=stopped)


@check("CK-272", on="AE1", reads=("EC",))
def ck_272_reduction_not_in_treatment(look: Look) -> Iterator[Hit]:
    """From the onset on. While the 42 days last and nothing was given, the lower dose may still come."""
    onset = interval(look.get("aestdat"))
    if onset is None:
        return
    until = onset[1] + REDUCTION_DAYS * DAY
    for drug in AE_DRUGS:
        if look.get(f"aeacn_{drug}") != "DOSE_REDUCED":
            continue
        before = level_before(look.folder, drug, onset[1])
        given = levels_between(look.folder, drug, onset[0], until)
        if not any(lower(level, before) for level in given) and (given or look.today > until):
            yield look.hit(f"aeacn_{drug}", action="DOSE_REDUCED", levels=";".join(filter(None, given)))


@check("CK-273", on="AE1", reads=("EC", "AE1"))
def ck_273_given_after_withdrawal(look: Look) -> Iterator[Hit]:
    """Later than the day on which the drug was stopped for good; than the onset, where that day is not recorded."""
    for drug in AE_DRUGS:
        if look.get(f"aeacn_{drug}") != "DRUG_WITHDRAWN":
            continue
        stopped = discontinued(look.folder, drug, but=look.sheet) or look.get("aestdat")
        later = [dose.start for dose in doses_of(look.folder, drug) if certainly_after(dose.start, stopped)]
        if later:
            yield look.hit(f"aeacn_{drug}", action="DRUG_WITHDRAWN", given=min(later))


@check("CK-274", on="AE1", reads=("EC",))
def ck_274_treatment_changed_for_this_event(look: Look) -> Iterator[Hit]:
    own, changed = reference("AE", look.sheet), set()
    for sheet in look.book.all("EC"):
        changed |= {row.get("ectrt") for row in sheet.lines("EC2") if row.get("ecadj_aeref") == own}
        changed |= {"APA" for row in sheet.lines("EC3") if row.get("apa_aeref") == own}
    for drug, codes in AE_DRUGS.items():
        if changed.intersection(codes) and look.get(f"aeacn_{drug}") in ("DOSE_NOT_CHANGED", "NA"):
            yield look.hit(f"aeacn_{drug}")


@check("CK-275", on="AE1")
def ck_275_camrelizumab_reduced(look: Look) -> Iterator[Hit]:
    if look.get("aeacn_cam") == "DOSE_REDUCED":
        yield look.hit("aeacn_cam")


@check("CK-276", on="AE1")
def ck_276_discontinued_without_withdrawal(look: Look) -> Iterator[Hit]:
    actions = [look.get(f"aeacn_{drug}") for drug in AE_DRUGS]
    if look.get("aedis") == "Y" and None not in actions and "DRUG_WITHDRAWN" not in actions:
        yield look.hit("aedis")


@check("CK-277", on="AE1", reads=("CM1", "PR1"))
def ck_277_treated_without_treatment(look: Look) -> Iterator[Hit]:
    if look.get("aecontrt") == "Y" and not linked(look.book, look.sheet):
        yield look.hit("aecontrt")


# --- immune-related events, RCCEP -----------------------------------------------------------------------------------


@check("CK-278", on="AE1")
def ck_278_immune_but_unrelated(look: Look) -> Iterator[Hit]:
    if look.get("ae_ir") == "Y" and look.get("aerel_cam") not in (None, *RELATED):
        yield look.hit("aerel_cam")


@check("CK-279", on="AE1", reads=("CM1",))
def ck_279_steroid_not_recorded(look: Look) -> Iterator[Hit]:
    if look.get("ae_ir_steroid") != "Y":
        return
    steroids = [line for line in look.book.all("CM1") if line.get("cmcat") == "STEROID"]
    if not any(may_meet(look.sheet, line) for line in steroids):
        yield look.hit("ae_ir_steroid")


@check("CK-280", on="AE1", reads=("CM1", "PR1"))
def ck_280_severe_immune_without_action(look: Look) -> Iterator[Hit]:
    """Except an endocrine event under replacement: with a medication that is linked to it."""
    replaced = look.get("ae_ir_organ") in ENDOCRINE and "CM1" in {
        s.key for s in linked(look.book, look.sheet)
    }
    severe = (grade_of(look.sheet) or 0) >= 3 and look.get("aeacn_cam") == "DOSE_NOT_CHANGED"
    if look.get("ae_ir") == "Y" and severe and not replaced:
        yield look.hit("aeacn_cam", aetoxgr=look.get("aetoxgr"))


@check("CK-281", on="AE1", reads=("EC",))
def ck_281_typical_immune_term(look: Look) -> Iterator[Hit]:
    onset, first = interval(look.get("aestdat")), first_camrelizumab(look.folder)
    after = onset is not None and first is not None and onset[0] >= first
    if look.get("ae_ctcae") in IMMUNE_TERMS and after and look.get("ae_ir") == "N":
        yield look.hit("ae_ir", ae_ctcae=look.get("ae_ctcae"))


@check("CK-282", on="AE1")
def ck_282_rccep_section(look: Look) -> Iterator[Hit]:
    if look.get("rccep_yn") == "N" and RCCEP.search(look.get("aeterm") or ""):
        yield look.hit("rccep_yn", aeterm=look.get("aeterm"))


@check("CK-283", on="AE1")
def ck_283_rccep_grade(look: Look) -> Iterator[Hit]:
    grade, suggested = look.get("rccep_grade"), look.get("rccep_grade_calc")
    if look.get("rccep_yn") == "Y" and grade and suggested is not None and int(grade) != suggested:
        yield look.hit("rccep_grade", rccep_grade=grade, rccep_grade_calc=suggested)


@check("CK-284", on="AE1")
def ck_284_rccep_unrelated(look: Look) -> Iterator[Hit]:
    if look.get("rccep_yn") == "Y" and look.get("aerel_cam") in (*UNRELATED, "NA"):
        yield look.hit("aerel_cam")


@check("CK-285", on="AE1", reads=("EC",))
def ck_285_rccep_before_camrelizumab(look: Look) -> Iterator[Hit]:
    first = first_camrelizumab(look.folder)
    if look.get("rccep_yn") == "Y" and certainly_before(look.get("aestdat"), first):
        yield look.hit("aestdat", aestdat=look.get("aestdat"), first_camrelizumab=first)


@check("CK-286", on="AE1", reads=("EC",))
def ck_286_known_apatinib_effect(look: Look) -> Iterator[Hit]:
    """During apatinib: the onset certainly lies in a period in which it was taken."""
    onset = interval(look.get("aestdat"))
    during = onset is not None and any(
        p.taken and p.start <= onset[0] and onset[1] <= (p.end or look.today) for p in periods(look.folder)
    )
    if look.get("ae_ctcae") in APATINIB_TERMS and during and look.get("aerel_apa") in UNRELATED:
        yield look.hit("aerel_apa", ae_ctcae=look.get("ae_ctcae"))


# --- the log as a whole ---------------------------------------------------------------------------------------------


@check("CK-287", on="AE1", reads=("AE1",))
def ck_287_overlapping_duplicate(look: Look) -> Iterator[Hit]:
    """At the later line of the two. "Other, specify" holds many events: there the words must be the same too."""
    term = look.get("ae_ctcae")
    for other in look.book.all("AE1"):
        same = bool(term) and other.get("ae_ctcae") == term and other.repeat < look.sheet.repeat
        if same and "Other, specify" in term:
            same = _words(other.get("aeterm")) == _words(look.get("aeterm"))
        if same and met(look.sheet, other):
            yield look.hit("aestdat", ae_ctcae=term, other=reference("AE", other))


def _words(text: str | None) -> str:
    return " ".join((text or "").casefold().split())


@check("CK-288", on="AE1")
def ck_288_one_event_a_row(look: Look) -> Iterator[Hit]:
    """A term of the CTCAE that has such a word in its own name is one event."""
    term = look.get("aeterm") or ""
    if term not in TERMS and TWO_EVENTS.search(term):
        yield look.hit("aeterm")


@check("CK-289", on="AE1", reads=("MH1",))
def ck_289_pre_existing_not_worsened(look: Look) -> Iterator[Hit]:
    grade = look.get("aetoxgr")
    coded = TERMS.get(look.get("ae_ctcae") or "")
    own = {_words(text) for text in (look.get("aeterm"), look.get("aedecod")) if text}
    own |= {_words(coded.term), _words(coded.zh)} if coded and "Other, specify" not in coded.term else set()
    for line in look.book.all("MH1"):
        theirs = {_words(text) for text in (line.get("mhterm"), line.get("mhdecod")) if text}
        if line.get("mhongo") == "Y" and grade and line.get("mhtoxgr") == grade and own & theirs:
            yield look.hit("aeterm", history=reference("MH", line), grade=grade)


@check("CK-290", on="AE1", reads=("EC", "SURG"))
def ck_290_after_collection_period(look: Look) -> Iterator[Hit]:
    """Surgical: related to the operation, or named by it as a complication."""
    last = last_day(look.folder)
    surgical = look.get("aerel_surg") in RELATED or bool(_complications(look))
    if last is None or look.get("aeser") != "N" or look.get("ae_ir") != "N" or surgical:
        return
    if certainly_after(look.get("aestdat"), last + look.cfg("ae_days") * DAY):
        yield look.hit("aestdat", aestdat=look.get("aestdat"), last_dose=last)


@check("CK-291", on="AE1", reads=("EOS",))
def ck_291_ongoing_at_end_of_study(look: Look) -> Iterator[Hit]:
    end = look.book.one("EOS")
    closed = end is not None and end.status == "COMPLETE" and end.get("eos_aeclosed") == "N"
    if look.get("aeongo") == "Y" and closed:
        yield look.hit("aeongo")


@check("CK-292", on="AE1", reads=("SURG",))
def ck_292_complication_unrelated_to_surgery(look: Look) -> Iterator[Hit]:
    if look.get("aerel_surg") in ("UNRELATED", "NA") and _complications(look):
        yield look.hit("aerel_surg")


def _complications(look: Look) -> list[str]:
    """Kinds of the surgical complications that name this event."""
    own = reference("AE", look.sheet)
    rows = (row for sheet in look.book.all("SURG") for row in sheet.lines("SU3"))
    return [row.get("comp_term") or "" for row in rows if row.get("comp_aeref") == own]
