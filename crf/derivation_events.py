"""The derived fields of an adverse event: number, phase at onset, emergent, related, SUSAR, RCCEP grade (D-26)."""

from __future__ import annotations

import datetime as dt

from trialsite.kernel.partial_date import PartialDate
from trialsite.kernel.study import study

from . import derived_clinic, facts
from .deriving import Deriver, Values, is_yes, yes_no
from .sheets import Casebook, Sheet

RELATED = ("DEFINITE", "PROBABLE", "POSSIBLE")
DRUG_RELATIONS = ("aerel_oxa", "aerel_llv", "aerel_fu", "aerel_cam", "aerel_apa")


def onset(sheet: Sheet, first: dt.date | None) -> dt.date | None:
    """The day of onset. A partial date that may lie in treatment does: from the first dose; else its earliest day."""
    began = sheet.get("aestdat")
    if not isinstance(began, PartialDate):
        return None
    return first if first and began.earliest <= first <= began.latest else began.earliest


def emergent(sheet: Sheet, book: Casebook) -> bool | None:
    """Onset from the first dose to so many days after the last (A-11); no end while apatinib goes on.

    A condition that became worse is an event of its own from the day on which it did.
    """
    first, last = facts.first_dose(book), facts.last_dose(book)
    began = onset(sheet, first)
    if began is None:
        return None
    if first is None or began < first:
        return False
    if facts.apatinib_goes_on(book) or last is None:
        return True
    return (began - last).days <= study()["ae_days"]


def related(sheet: Sheet) -> bool | None:
    """Any study drug at least possible; none while an answer that could say so is missing."""
    answers = [sheet.get(name) for name in DRUG_RELATIONS]
    return True if any(answer in RELATED for answer in answers) else None if None in answers else False


def phase_at_onset(sheet: Sheet, book: Casebook) -> str | None:
    """Screening until the first dose; peri-operative for 90 days from the operation or until treatment goes on."""
    first = facts.first_dose(book)
    began = onset(sheet, first)
    if began is None:
        return None
    if first is None or began < first:
        return "SCREENING"
    for phase, name in (("ADJ", "ADJUVANT"), ("CONT", "CONTINUED")):
        start = facts.first_dose_of_phase(book, phase)
        if start and began >= start:
            return name if _within(book, phase, began) else "FOLLOW-UP"
    operation = facts.surgery_day(book)
    if operation and began >= operation:
        return "PERI-OPERATIVE" if (began - operation).days <= study()["surg_comp_days"] else "FOLLOW-UP"
    return "NEOADJUVANT" if operation or _within(book, "NEO", began) else "FOLLOW-UP"


def _within(book: Casebook, phase: str, day: dt.date) -> bool:
    """Until the end of treatment of a phase was recorded, and for the days after its last dose."""
    last = facts.last_dose_of_phase(book, phase)
    ended = any(sheet.get("eot_phase") == phase for sheet in book.all("EOT"))
    return not ended or last is None or (day - last).days <= study()["ae_days"]


def _susar(sheet: Sheet) -> bool | None:
    """Serious, related and unexpected; none while that hangs on a missing answer. Not asked of what is not serious."""
    if sheet.get("aeser") != "Y":
        return None
    expected = is_yes(sheet.get("sae_expected"))
    parts = (related(sheet), None if expected is None else not expected)
    return False if False in parts else None if None in parts else True


def _event(sheet: Sheet, book: Casebook) -> Values:
    rccep = sheet.get("rccep_yn") == "Y"
    general = is_yes(sheet.get("rccep_general"))
    return {
        "aespid": sheet.repeat,
        "ae_relphase": phase_at_onset(sheet, book),
        "ae_teae": yes_no(emergent(sheet, book)),
        "ae_trae": yes_no(related(sheet)),
        "rccep_grade_calc": derived_clinic.rccep_grade(general, sheet.get("rccep_maxmm")) if rccep else None,
        "sae_susar": yes_no(_susar(sheet)),
    }


EVENT = Deriver(_event, reads=("EC", "SURG", "EOT"))
