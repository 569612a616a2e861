"""Edit checks (crf-book 3.I Pre-operative assessment and surgery: CK-201 to CK-222)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from crf import facts
from crf.derivation_imaging import INVESTIGATOR, evaluator_of
from crf.sheets import Sheet

from .engine import Hit, Look, check
from .near import grade_of, medication_overlaps
from .operations import operation_of
from .times import DAY, certainly_before, days, overlapping

IMAGING_AGE_DAYS = 28
OPERATION_GRACE_DAYS = 14
MUCH_BLOOD_ML = 1000
LONG_STAY_DAYS = 30
SEGMENTS_OF = {
    "RH": {"S5", "S6", "S7", "S8"},
    "LH": {"S2", "S3", "S4"},
    "RAS": {"S5", "S8"},
    "RPS": {"S6", "S7"},
    "LLS": {"S2", "S3"},
}
LEAST_GRADE = {"IIIa": 3, "IIIb": 3, "IVa": 4, "IVb": 4}  # CTCAE grade that goes with a Clavien-Dindo grade


# --- the decision -------------------------------------------------------------------------------------------


def _for_surgery(look: Look) -> bool:
    return look.get("po_decision") == "SURGERY"


def _latest_decision(look: Look) -> Sheet | None:
    decided = [sheet for sheet in look.book.all("PREOP") if sheet.get("po_dat")]
    return max(decided, key=lambda s: (s.get("po_dat"), s.visit_order, s.repeat), default=None)


@check("CK-201", on="PREOP", reads=("PREOP", "EC", "SURG"))
def ck_201_decided_but_not_operated(look: Look) -> Iterator[Hit]:
    """The last decision counts: a later one may have taken it back. A form that says why not is a record as well."""
    last = facts.last_neoadjuvant_iv(look.book)
    latest = _latest_decision(look)
    if not _for_surgery(look) or last is None or latest is None or latest.form != look.sheet.form:
        return
    overdue = last + (look.cfg("surg_window")[1] + OPERATION_GRACE_DAYS) * DAY
    if look.today > overdue and not look.folder.started("SURG"):
        yield look.hit("po_decision", last_iv=last)


@check("CK-202", on="PREOP")
def ck_202_imaging_old_at_decision(look: Look) -> Iterator[Hit]:
    age = look.get("po_imgage")
    if age is not None and age > IMAGING_AGE_DAYS:
        yield look.hit("po_taref", po_imgage=age)


@check("CK-203", on="PREOP", reads=("TA",))
def ck_203_surgery_despite_progression(look: Look) -> Iterator[Hit]:
    """The investigator's last response that was known on the day of the decision."""
    day = look.get("po_dat")
    if not _for_surgery(look) or day is None:
        return
    seen = [
        sheet
        for sheet in look.book.all("TA")
        if evaluator_of(sheet) == INVESTIGATOR and sheet.get("ovresp_r_inv") and sheet.get("tudat")
        and sheet.get("tudat") <= day
    ]  # fmt: skip
    latest = max(seen, key=lambda s: (s.get("tudat"), s.visit_order), default=None)
    if latest is not None and latest.get("ovresp_r_inv") == "PD":
        yield look.hit("po_decision", ovresp_r_inv="PD", tudat=latest.get("tudat"))


@check("CK-204", on="PREOP")
def ck_204_unresolved_event(look: Look) -> Iterator[Hit]:
    if _for_surgery(look) and look.get("po_unresolved") == "Y":
        yield look.hit("po_unresolved")


# --- the operation ------------------------------------------------------------------------------------------


@check("CK-205", on="SURG")
def ck_205_reason_not_operated(look: Look) -> Iterator[Hit]:
    if look.get("surg_proccur") == "N" and look.get("surg_reasoc") is None:
        yield look.hit("surg_reasoc")


@check("CK-206", on="SURG", reads=("EC",))
def ck_206_before_last_neoadjuvant_dose(look: Look) -> Iterator[Hit]:
    last = facts.last_neoadjuvant_iv(look.book)
    if certainly_before(look.get("surg_prstdat"), last):
        yield look.hit("surg_prstdat", surg_prstdat=look.get("surg_prstdat"), last_iv=last)


@check("CK-207", on="SURG", reads=("ICF",))
def ck_207_before_consent(look: Look) -> Iterator[Hit]:
    if certainly_before(look.get("surg_prstdat"), look.folder.consent):
        yield look.hit("surg_prstdat")


def _operated_on(look: Look) -> dt.date | None:
    day = look.get("surg_prstdat")
    return day if look.get("surg_proccur") == "Y" and isinstance(day, dt.date) else None


@check("CK-208", on="SURG", reads=("PREOP",))
def ck_208_no_decision_before(look: Look) -> Iterator[Hit]:
    day = _operated_on(look)
    decided = any(
        sheet.status == "COMPLETE"
        and sheet.get("po_decision") == "SURGERY"
        and certainly_before(sheet.get("po_dat"), day)
        for sheet in look.book.all("PREOP")
    )
    if day is not None and not decided:
        yield look.hit("surg_prstdat")


@check("CK-209", on="SURG", reads=("TA",))
def ck_209_no_recent_imaging(look: Look) -> Iterator[Hit]:
    """By the last scan of the last assessment up to the operation."""
    day = _operated_on(look)
    scans = [s.get("ta_lastdat") or s.get("tudat") for s in look.book.all("TA") if s.get("ta_perf") != "N"]
    latest = max((scan for scan in scans if scan and day and scan <= day), default=None)
    age = days(latest, day)
    if age is not None and age > look.cfg("preop_img_days"):
        yield look.hit("surg_prstdat", imaging=latest, days=age)


@check("CK-210", on="SURG")
def ck_210_segments_of_resection(look: Look) -> Iterator[Hit]:
    required, removed = SEGMENTS_OF.get(look.get("surg_prtrt")), look.get("surg_segs")
    if required and removed and set(removed) != required:
        yield look.hit("surg_segs", surg_prtrt=look.get("surg_prtrt"), surg_segs=removed)


@check("CK-211", on="SURG")
def ck_211_blood_loss_without_transfusion(look: Look) -> Iterator[Hit]:
    """The form has no comment of its own: the reason that confirms the query is the comment."""
    loss = look.get("surg_ebl")
    if loss is not None and loss >= MUCH_BLOOD_ML and look.get("surg_rbc") == 0:
        yield look.hit("surg_rbc", surg_ebl=loss, surg_rbc=look.get("surg_rbc"))


@check("CK-212", on="SURG", reads=("PR1", "CM1"))
def ck_212_transfusion_not_recorded(look: Look) -> Iterator[Hit]:
    """A procedure without an end lasted one day."""
    day = _operated_on(look)
    if day is None or (look.get("surg_rbc") or 0) <= 0:
        return
    procedures = [s for s in look.book.all("PR1") if s.get("prcat") == "TRANSFUSION"]
    medications = [s for s in look.book.all("CM1") if s.get("cmcat") == "TRANSFUSION"]
    recorded = any(_procedure_near(sheet, day) for sheet in procedures) or any(
        medication_overlaps(sheet, near) for sheet in medications for near in (day - DAY, day, day + DAY)
    )
    if not recorded:
        yield look.hit("surg_rbc")


def _procedure_near(sheet: Sheet, day: dt.date) -> bool:
    start = sheet.get("prstdat")
    return overlapping(start, sheet.get("prendat") or start, False, day, margin=1)


# --- afterwards ---------------------------------------------------------------------------------------------


@check("CK-213", on="SURG")
def ck_213_discharge_before_operation(look: Look) -> Iterator[Hit]:
    if certainly_before(look.get("surg_dischdat"), look.get("surg_prstdat")):
        yield look.hit("surg_dischdat")


@check("CK-214", on="SURG")
def ck_214_complication_before_operation(look: Look) -> Iterator[Hit]:
    for row in look.lines("SU3"):
        if certainly_before(row.get("comp_cestdat"), look.get("surg_prstdat")):
            yield look.hit("comp_cestdat", row=("SU3", row))


@check("CK-215", on="SURG")
def ck_215_complication_answer(look: Look) -> Iterator[Hit]:
    rows = [row for row in look.lines("SU3") if row.get("comp_term") or row.get("comp_cestdat")]
    if look.get("surg_comp_yn") == ("N" if rows else "Y"):
        yield look.hit("surg_comp_yn", surg_comp_yn=look.get("surg_comp_yn"), rows=len(rows))


@check("CK-216", on="SURG", reads=("DTH",))
def ck_216_death_form_missing(look: Look) -> Iterator[Hit]:
    if not look.folder.started("DTH"):
        for row in look.lines("SU3"):
            if row.get("comp_cd") == "V":
                yield look.hit("comp_cd", row=("SU3", row))


@check("CK-217", on="SURG", reads=("AE1",))
def ck_217_grade_of_complication_and_event(look: Look) -> Iterator[Hit]:
    events = {f"AE:{sheet.repeat}": sheet for sheet in look.book.all("AE1")}
    for row in look.lines("SU3"):
        event = events.get(row.get("comp_aeref") or "")
        grade, least = grade_of(event) if event else None, LEAST_GRADE.get(row.get("comp_cd"))
        if grade is not None and least is not None and grade < least:
            yield look.hit("comp_cd", row=("SU3", row), comp_cd=row.get("comp_cd"), aetoxgr=grade)


@check("CK-218", on="SURG")
def ck_218_liver_failure_not_graded(look: Look) -> Iterator[Hit]:
    """D-25."""
    if look.get("surg_phlf_calc") == "Y" and look.get("surg_phlf") == "NONE":
        yield look.hit("surg_phlf")


@check("CK-219", on="SURG")
def ck_219_death_without_grade_v(look: Look) -> Iterator[Hit]:
    """Without complications there is no highest grade, and no grade V either."""
    grade, none = look.get("surg_cdmax"), look.get("surg_comp_yn") == "N"
    if look.get("surg_dth90") == "Y" and (none or grade not in (None, "V")):
        yield look.hit("surg_comp_yn", surg_dth90="Y", surg_cdmax=grade)


@check("CK-220", on="SURG")
def ck_220_long_stay_without_complication(look: Look) -> Iterator[Hit]:
    stay = look.get("surg_los")
    if stay is not None and stay > LONG_STAY_DAYS and look.get("surg_comp_yn") == "N":
        yield look.hit("surg_dischdat", surg_los=stay)


@check("CK-221", on="SURG", reads=("SURG", "LPATH"))
def ck_221_margin_of_surgeon_and_pathology(look: Look) -> Iterator[Hit]:
    specimens = [s for s in look.book.all("LPATH") if _belongs(look, s)]
    if look.get("surg_r") == "R2" and any(sheet.get("lp_r") == "R0" for sheet in specimens):
        yield look.hit("surg_r", surg_r="R2", lp_r="R0")


def _belongs(look: Look, specimen: Sheet) -> bool:
    operation = operation_of(look.book, specimen)
    return operation is not None and operation.form == look.sheet.form


@check("CK-222", on="SURG", reads=("PREOP",))
def ck_222_extrahepatic_disease_found(look: Look) -> Iterator[Hit]:
    """The last staging: one after the operation clears it."""
    staged = _latest_decision(look)
    stage = staged.get("po_bclc") if staged else None
    if look.get("surg_extra") == "Y" and stage in ("0", "A", "B"):
        yield look.hit("surg_extra", surg_extra="Y", po_bclc=stage)
