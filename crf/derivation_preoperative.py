"""The derived fields of F12 PREOP and F14 LPATH, and D-25 from the laboratory."""

from __future__ import annotations

import datetime as dt

from trialsite.kernel.study import study

from . import derived, facts
from .deriving import Deriver, Values
from .laboratory import Measured, results
from .sheets import Casebook, Sheet

# --- F12 PREOP --------------------------------------------------------------------------------------------


def _decision(sheet: Sheet, book: Casebook) -> Values:
    day = sheet.get("po_dat")
    used = next((ta for ta in book.all("TA") if f"form:{ta.form}" == sheet.get("po_taref")), None)
    given = given_before(book, day)
    return {
        "po_imgage": derived.days_between(used.get("tudat") if used else None, day),
        "po_milan_calc": used.get("ta_milan_calc") if used else None,
        "po_cp": _child_pugh(book, day),
        "po_lastiv": facts.last_neoadjuvant_iv(given),
        "po_lastcam": facts.last_camrelizumab(given),
        "po_lastapa": last_apatinib(given),
    }


def given_before(book: Casebook, day: dt.date | None) -> Casebook:
    """Neoadjuvant infusions and apatinib periods that began until the decision, with their later ends."""
    kept = facts.of_phase(book, "NEO")
    if day is None:
        return kept
    for sheet in kept.all("EC"):
        infusions = [row for row in sheet.lines("EC2") if (row.get("ecstdat") or day) <= day]
        periods = [row for row in sheet.lines("EC3") if (row.get("apa_ecstdat") or day) <= day]
        sheet.rows = {"EC2": infusions, "EC3": periods}
    return kept


def last_apatinib(book: Casebook) -> dt.date | None:
    """The last day of apatinib; none while a period has no end."""
    if facts.apatinib_goes_on(book):
        return None
    ends = [
        row.get("apa_ecendat")
        for sheet in book.all("EC")
        for row in sheet.lines("EC3")
        if (row.get("apa_dose") or 0) > 0
    ]
    return max((day for day in ends if day), default=None)


def _child_pugh(book: Casebook, day: dt.date | None) -> int | None:
    """Of the pre-operative examination; until that is done, of the latest one before the decision."""
    examined = [sheet for sheet in book.all("VS") if sheet.get("cp_score") is not None]
    for sheet in examined:
        if sheet.visit == "PREOP":
            score: int = sheet.get("cp_score")
            return score
    earlier = [(at, s.get("cp_score")) for s in examined if (at := s.get("vsdat")) and day and at <= day]
    return max(earlier, key=lambda found: found[0])[1] if earlier else None


# --- F14 LPATH --------------------------------------------------------------------------------------------


def _local(sheet: Sheet, book: Casebook) -> Values:
    """D-23 by the local pathologist."""
    beds = [
        derived.Bed(row.get("lpn_len"), row.get("lpn_wid"), row.get("lpn_hgt"), row.get("lpn_rvt"))
        for row in sheet.lines("LP3")
    ]
    return {"lp_rvt_case": derived.case_rvt(beds, study()["rvt_weight"])}


# --- D-25 -------------------------------------------------------------------------------------------------


def phlf(sheet: Sheet, book: Casebook) -> bool | None:
    """D-25 for an operation: samples from day 5 to the end of the surgical period (A-11), by their own limits."""
    operation = sheet.get("surg_prstdat")
    if operation is None:
        return None
    inr, bili = results(book, "INR"), results(book, "BILI")
    samples = [
        _sample((one.day - operation).days, one, other)
        for one in inr
        for other in bili
        if one.day == other.day and (one.day - operation).days <= study()["surg_comp_days"]
    ]
    before = [[one for one in found if one.day < operation] for found in (inr, bili)]
    last = [found[-1] if found else None for found in before]
    return derived.liver_failure(samples, _sample(-1, *last))


def _sample(day: int, inr: Measured | None, bili: Measured | None) -> derived.Sample:
    return derived.Sample(
        day, inr.value if inr else None, inr.high if inr else None,
        bili.value if bili else None, bili.high if bili else None,
    )  # fmt: skip


PREOPERATIVE = Deriver(_decision, reads=("EC", "TA", "LB", "VS", "SURG"))
LOCAL_PATHOLOGY = Deriver(_local)
