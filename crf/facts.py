"""Facts of a participant that limits, conditions, windows and derived values of several forms read: C1D1, last dose …

Pure functions over a casebook. `FACTS` names each with the forms that it is read from.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from trialsite.kernel.partial_date import PartialDate

from .sheets import Casebook, Sheet

IV_DRUGS = ("OXA", "LLV", "FU_B", "FU_CI", "CAM")


def first_dose(book: Casebook) -> dt.date | None:
    """C1D1: the first day on which any study drug was given."""
    return min(_dose_days(book, "ecstdat", "apa_ecstdat"), default=None)


def _dose_days(
    book: Casebook, iv_name: str, apatinib_name: str, drugs: tuple[str, ...] = IV_DRUGS
) -> list[dt.date]:
    days = []
    for sheet in book.all("EC"):
        for row in sheet.lines("EC2"):
            if row.get("ecoccur") == "Y" and row.get("ectrt") in drugs:
                day = row.get(iv_name) or row.get("ecstdat") or sheet.get("ec_d1dat")
                days += [day] if day else []
        if apatinib_name:
            for row in sheet.lines("EC3"):
                day = row.get(apatinib_name) or row.get("apa_ecstdat")
                days += [day] if day and (row.get("apa_dose") or 0) > 0 else []
        if not sheet.lines("EC2") and sheet.get("ec_given") == "Y" and sheet.get("ec_d1dat"):
            days.append(sheet.get("ec_d1dat"))
    return days


def dosing_days(book: Casebook) -> set[dt.date]:
    """Days on which an infusion began or an apatinib period did."""
    return set(_dose_days(book, "ecstdat", "apa_ecstdat"))


def last_dose(book: Casebook) -> dt.date | None:
    """The last day on which any study drug was given."""
    return max(_dose_days(book, "ecendat", "apa_ecendat"), default=None)


def first_dose_time(book: Casebook) -> dt.time | None:
    """When the first infusion of C1D1 began; none when that is not known."""
    first = first_dose(book)
    times = [
        row.get("ecsttim")
        for sheet in book.all("EC")
        for row in sheet.lines("EC2")
        if row.get("ecoccur") == "Y" and row.get("ecstdat") == first
    ]
    return min((time for time in times if time), default=None)


def last_dose_of_phase(book: Casebook, phase: str) -> dt.date | None:
    """The last dose of one phase: later phases must not forbid to correct the end of an earlier one."""
    return last_dose(of_phase(book, phase))


def first_dose_of_phase(book: Casebook, phase: str) -> dt.date | None:
    return first_dose(of_phase(book, phase))


def of_phase(book: Casebook, phase: str) -> Casebook:
    """The cycles and apatinib periods of one phase, and of none that is named."""
    kept = []
    for sheet in book.all("EC"):
        own = sheet.get("ec_phase") in (None, phase)
        iv = sheet.lines("EC2") if own else []
        apatinib = [row for row in sheet.lines("EC3") if row.get("apa_phase") in (None, phase)]
        values = sheet.values if own else {}
        kept.append(Sheet("EC", sheet.form, values=values, rows={"EC2": iv, "EC3": apatinib}))
    return Casebook(book.number, kept)


def apatinib_goes_on(book: Casebook) -> bool:
    """Whether a period of apatinib has no end yet."""
    return any(
        row.get("apa_ecstdat") and row.get("apa_ecendat") is None and (row.get("apa_dose") or 0) > 0
        for sheet in book.all("EC")
        for row in sheet.lines("EC3")
    )


def died_in_stay(book: Casebook) -> bool:
    """Whether the participant died in hospital within 90 days of the operation: then there is no discharge."""
    death, operation = death_day(book), surgery_day(book)
    if death is None or operation is None or book.value("DTH", "dth_place") != "Y":
        return False
    return operation <= death.latest and death.earliest <= operation + dt.timedelta(days=90)


def last_neoadjuvant_iv(book: Casebook) -> dt.date | None:
    """End of the last infusion before surgery (`po_lastiv`)."""
    neo = Casebook(book.number, (sheet for sheet in book.all("EC") if sheet.get("ec_phase") in (None, "NEO")))
    return max(_dose_days(neo, "ecendat", ""), default=None)


def last_camrelizumab(book: Casebook) -> dt.date | None:
    return max(_dose_days(book, "ecendat", "", ("CAM",)), default=None)


def surgery_day(book: Casebook) -> dt.date | None:
    """The first operation, an exploration too."""
    days = [
        s.get("surg_prstdat")
        for s in book.all("SURG")
        if s.get("surg_proccur") == "Y" and s.get("surg_prstdat")
    ]
    return min(days, default=None)


def resected(book: Casebook) -> bool:
    return any(
        s.get("surg_proccur") == "Y" and s.get("surg_prtrt") not in (None, "EXPLORE")
        for s in book.all("SURG")
    )


def death_day(book: Casebook) -> PartialDate | None:
    value = book.value("DTH", "dthdat")
    return value if isinstance(value, PartialDate) else None


# Dates that prove the participant alive (G-6): visits, samples, scans, onsets; by form, with the answer that says
# "not done". Doses, operation, contacts and treatments outside the protocol have functions of their own.
PROOFS: dict[str, tuple[tuple[str, str], ...]] = {
    "ICF": (("icf_dsstdat", ""),),
    "DM": (("dmdat", ""),),
    "HEP": (("hep_lbdat", "hep_lbperf"),),
    "VS": (("vsdat", "vsperf"),),
    "LB": (("lbdat", "lbperf"),),
    "EG": (("egdat", "egperf"), ("echo_dat", "echo_perf")),
    "SURG": (("surg_dischdat", "surg_proccur"),),
    "AE1": (("aestdat", ""),),
}
ALIVE_FORMS = (*PROOFS, "EC", "TA", "SS", "SACT")


def proofs_of_life(book: Casebook) -> list[tuple[Sheet, str, dt.date]]:
    """Each complete date of `PROOFS` with the sheet and the field where it stands."""
    found = []
    for key, names in PROOFS.items():
        for sheet in book.all(key):
            for name, done in names:
                day = complete_day(sheet.get(name))
                if day and not (done and sheet.get(done) == "N"):
                    found.append((sheet, name, day))
    return found


def complete_day(value: Any) -> dt.date | None:
    return value.complete if isinstance(value, PartialDate) else value


def last_contact(book: Casebook) -> dt.date | None:
    """The latest complete date that proves the participant alive (G-6): visit, dose, sample, scan, onset of an event,
    surgery, survival contact, start of another treatment. Administrative dates do not count."""
    days: list[Any] = [surgery_day(book), last_dose(book)]
    days += [day for _sheet, _name, day in proofs_of_life(book)]
    days += [s.get("ta_lastdat") or s.get("tudat") for s in book.all("TA")]
    for sheet in book.all("SS"):
        days.append(
            sheet.get("ss_lastalive")
            if sheet.get("ss_status") != "ALIVE"
            else sheet.get("ss_lastalive") or sheet.get("ss_dat")
        )
    for sheet in book.all("SACT"):
        days += [complete_day(row.get("sact_stdat")) for row in sheet.lines("SA1")]
    return max((day for day in days if isinstance(day, dt.date)), default=None)


def _yes(truth: bool) -> str:
    return "Y" if truth else "N"


# name → (function, forms that it is read from)
FACTS: dict[str, tuple[Callable[[Casebook], Any], tuple[str, ...]]] = {
    "@c1d1": (first_dose, ("EC",)),
    "@last_dose": (last_dose, ("EC",)),
    "@last_iv": (last_neoadjuvant_iv, ("EC",)),
    "@last_contact": (last_contact, ALIVE_FORMS),
    "@died_in_stay": (lambda book: _yes(died_in_stay(book)), ("DTH", "SURG")),
    "@surgery_done": (lambda book: _yes(surgery_day(book) is not None), ("SURG",)),
    "@consent_unless_before": (lambda book: book.value("ICF", "icf_dsstdat"), ("ICF",)),
    "@dosing_day": (lambda book: None, ("EC",)),  # of one event: crf.lookups
    "icf_dsstdat": (lambda book: book.value("ICF", "icf_dsstdat"), ("ICF",)),
    "iedat": (lambda book: book.value("IE", "iedat"), ("IE",)),
    "surg_prstdat": (surgery_day, ("SURG",)),
    "po_lastiv": (last_neoadjuvant_iv, ("EC",)),
}


def forms_read(names: frozenset[str] | set[str]) -> set[str]:
    """Form keys that must be in the casebook to answer these names."""
    return {key for name in names if name in FACTS for key in FACTS[name][1]}
