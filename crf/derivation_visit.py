"""The derived fields of what is examined at a visit: F06 HEP, F07 VS, F09 EG; and what others read of it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from trialsite.kernel.study import study

from . import derived, derived_clinic, facts
from .deriving import Deriver, Values, fixed_key
from .laboratory import Measured, latest
from .sheets import Casebook, RowValues, Sheet

SCREENING = ("SCR", "BAS")
BEFORE_DAYS = 7  # D-06: results of the week before
POSTOPERATIVE_DAYS = 30  # while liver function changes from day to day, results of the same day ± 1


def _hepatitis(sheet: Sheet, book: Casebook) -> Values:
    return {"hbvdna_log": derived_clinic.log10(sheet.get("hbvdna"), sheet.get("hbvdna_op"))}


def _electrocardiogram(sheet: Sheet, book: Casebook) -> Values:
    return {"eg_qtcf": derived_clinic.qtcf(sheet.get("eg_qt"), sheet.get("eg_hr"))}


# --- vital signs ------------------------------------------------------------------------------------------


def height(book: Casebook, sheet: Sheet | None = None) -> Decimal | None:
    """Measured once, at screening."""
    sheets = [sheet, *book.all("VS")] if sheet else book.all("VS")
    return next((found for other in sheets if (found := other.get("height"))), None)


def baseline_weight(book: Casebook) -> tuple[dt.date | None, Decimal] | None:
    """D-05: the last weight on or before C1D1; of screening, while no dose was given."""
    first = facts.first_dose(book)
    weighed = [
        (sheet.get("vsdat"), sheet.get("weight"))
        for sheet in book.all("VS")
        if sheet.get("weight")
        and sheet.get("vsdat")
        and (sheet.get("vsdat") <= first if first else sheet.visit in SCREENING)
    ]
    return max(weighed, key=lambda found: found[0], default=None)


def _weight_change(sheet: Sheet, book: Casebook) -> Decimal | None:
    """From the baseline on: an earlier weight did not change from it."""
    base, day = baseline_weight(book), sheet.get("vsdat")
    if base is None or base[0] is None or day is None or day < base[0]:
        return None
    return derived_clinic.weight_change(sheet.get("weight"), base[1])


def _vital_signs(sheet: Sheet, book: Casebook) -> Values:
    weight, tall = sheet.get("weight"), height(book, sheet)
    repeated = sheet.get("bp_repeat_yn") == "Y"
    pressure = [sheet.get(name + "2" if repeated else name) for name in ("sysbp", "diabp")]
    classified, score = child_pugh(sheet, book), _albi(sheet, book)
    return {
        "bmi": derived_clinic.bmi(weight, tall),
        "bsa_mosteller": derived.bsa_mosteller(weight, tall),
        "bsa_dubois": derived.bsa_dubois(weight, tall),
        "wt_pctchg": _weight_change(sheet, book),
        "bp_grade_sug": derived_clinic.blood_pressure_grade(*pressure),
        "cp_score": classified.score if classified else None,
        "cp_class": classified.letter if classified else None,
        "albi_score": score.score if score else None,
        "albi_grade": score.grade if score else None,
    }


def _system(row: RowValues, sheet: Sheet, book: Casebook) -> Values:
    return {"pesys": fixed_key("VS", "VS4", row.row)}


# --- Child-Pugh, ALBI, stage ------------------------------------------------------------------------------


def postoperative(sheet: Sheet, book: Casebook) -> bool:
    """Within 30 days of the operation and before treatment goes on."""
    after = derived.days_between(facts.surgery_day(book), sheet.get("vsdat"))
    if after is None or after < 0 or sheet.visit.startswith(("ADJ", "CONT")):
        return False
    return sheet.visit.startswith("POD") or 0 < after <= POSTOPERATIVE_DAYS


def result_for(code: str, sheet: Sheet, book: Casebook) -> Measured | None:
    """D-06: the result that goes with an examination: the latest of the week before, after surgery of the day ± 1."""
    window = (1, 1) if postoperative(sheet, book) else (BEFORE_DAYS, 0)
    return latest(book, code, sheet.get("vsdat"), *window)


def _value(code: str, sheet: Sheet, book: Casebook) -> Decimal | None:
    found = result_for(code, sheet, book)
    return found.value if found else None


def child_pugh(sheet: Sheet, book: Casebook) -> derived_clinic.ChildPugh | None:
    """D-06 at a visit."""
    if sheet.get("cp_ascites") is None or sheet.get("cp_enceph") is None:
        return None
    prothrombin, control = _value("PT", sheet, book), _value("PTCTRL", sheet, book)
    prolonged = prothrombin - control if prothrombin is not None and control is not None else None
    coagulation = derived_clinic.coagulation_points(_value("INR", sheet, book), prolonged, study()["cp_coag"])
    return derived_clinic.child_pugh(
        _value("BILI", sheet, book), _value("ALB", sheet, book), coagulation,
        sheet.get("cp_ascites"), sheet.get("cp_enceph"),
    )  # fmt: skip


def _albi(sheet: Sheet, book: Casebook) -> derived_clinic.Albi | None:
    return derived_clinic.albi(_value("BILI", sheet, book), _value("ALB", sheet, book))


def staging_vitals(book: Casebook) -> dict[str, Any]:
    """What BCLC and CNLC read of the examinations at screening (D-10, D-11): the latest that is known.

    A-26: ECOG 1 or 2 that the tumour did not cause does not count, unless configured.
    """
    found: dict[str, Any] = {"ecog": None, "ecog_by_tumour": False, "child_pugh": None}
    for sheet in sorted(
        (sheet for sheet in book.all("VS") if sheet.visit in SCREENING),
        key=lambda sheet: (sheet.get("vsdat") or dt.date.min, sheet.visit_order),
    ):
        if sheet.get("ecog") is not None:
            found["ecog"] = int(sheet.get("ecog"))
            by_tumour = sheet.get("ecog_tumrel") == "Y"
            found["ecog_by_tumour"] = by_tumour or not study()["bclc_ecog1_tumour_only"]
        found["child_pugh"] = sheet.get("cp_class") or found["child_pugh"]
    return found


HEPATITIS = Deriver(_hepatitis)
ELECTROCARDIOGRAM = Deriver(_electrocardiogram)
VITAL_SIGNS = Deriver(_vital_signs, {"VS4": _system}, ("VS", "LB", "EC", "SURG"))
