"""Edit checks (crf-book 3.D Vital signs and ECOG: CK-064 to CK-077)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from crf.schedule import FORMS, visit_of

from .engine import Hit, Look, check
from .near import (
    ASCITES,
    after_first_dose,
    arterial_hypertension,
    baseline,
    described,
    event_overlaps,
    events_near,
    grade_of,
    history_overlaps,
    infectious,
    medication_overlaps,
    previous,
    taking_apatinib,
)
from .times import overlapping

FEVER = ("Fever", "Febrile neutropenia")


@check("CK-064", on="VS")
def ck_064_diastolic_not_below_systolic(look: Look) -> Iterator[Hit]:
    for upper, lower in (("sysbp", "diabp"), ("sysbp2", "diabp2")):
        high, low = look.get(upper), look.get(lower)
        if high is not None and low is not None and low >= high:
            yield look.hit(lower, **{upper: high, lower: low})


@check("CK-065", on="VS")
def ck_065_no_height_at_screening(look: Look) -> Iterator[Hit]:
    if look.sheet.visit == "SCR" and look.get("height") is None:
        yield look.hit("height")


@check("CK-066", on="VS", reads=["VS", "EC"])
def ck_066_weight_far_from_baseline(look: Look) -> Iterator[Hit]:
    """Baseline as in D-05: the last weight on or before C1D1; without a first dose there is none."""
    weight, start = look.get("weight"), baseline(look.folder, "VS", "weight", "vsdat")
    if weight is None or start is None or look.folder.first_dose is None:
        return
    if abs(weight - start.value) > start.value * Decimal("0.20"):
        yield look.hit("weight", weight=weight, baseline=start.value)


@check("CK-067", on="VS", reads=["VS"])
def ck_067_weight_changed_fast(look: Look) -> Iterator[Hit]:
    weight, before = look.get("weight"), previous(look, "weight", "vsdat")
    if weight is None or before is None:
        return
    if abs(weight - before.value) > 5 and (look.get("vsdat") - before.day).days <= 21:
        yield look.hit("weight", weight=weight, before=before.value, on=before.day)


@check("CK-068", on="VS")
def ck_068_unusual_bmi(look: Look) -> Iterator[Hit]:
    bmi = look.get("bmi")
    if bmi is not None and (bmi < 16 or bmi > 40):
        yield look.hit("bmi")


@check("CK-069", on="VS", reads=["AE1"])
def ck_069_fever_on_a_dosing_day(look: Look) -> Iterator[Hit]:
    """A dosing visit is one at which the schedule has a treatment form."""
    temperature, day, visit = look.get("temp"), look.get("vsdat"), visit_of(look.sheet.visit)
    if temperature is None or temperature < 38 or day is None or not visit or visit[0] not in FORMS["EC"]:
        return
    if not any(e.get("ae_ctcae") in FEVER or infectious(e) for e in events_near(look.book, day, 3)):
        yield look.hit("temp")


def _pressure(look: Look) -> tuple[int | None, int | None]:
    """Systolic and diastolic; the repeat if it was taken (D-14)."""
    systolic, diastolic = look.get("sysbp2"), look.get("diabp2")
    return (
        look.get("sysbp") if systolic is None else systolic,
        look.get("diabp") if diastolic is None else diastolic,
    )


def _pressure_reaches(look: Look, systolic: int, diastolic: int) -> bool:
    high, low = _pressure(look)
    return (high is not None and high >= systolic) or (low is not None and low >= diastolic)


def _pressure_hit(look: Look) -> Hit:
    high, low = _pressure(look)
    return look.hit("sysbp" if look.get("sysbp2") is None else "sysbp2", systolic=high, diastolic=low)


@check("CK-070", on="VS", reads=["AE1", "MH1"])
def ck_070_grade_3_pressure_without_event(look: Look) -> Iterator[Hit]:
    """“On repeat” is read as in D-14 and CK-071: the repeat if it was taken, else the one measurement there is."""
    day = look.get("vsdat")
    if day is None or not _pressure_reaches(look, 160, 100):
        return
    graded = any(
        (grade := grade_of(event)) is None or grade >= 3
        for event in events_near(look.book, day, terms=["Hypertension"])
    )
    known = any(arterial_hypertension(c) and history_overlaps(c, day) for c in look.book.all("MH1"))
    if not graded and not known:
        yield _pressure_hit(look)


@check("CK-071", on="VS", reads=["EC", "CM1"])
def ck_071_raised_pressure_on_apatinib_untreated(look: Look) -> Iterator[Hit]:
    day = look.get("vsdat")
    if day is None or not _pressure_reaches(look, 140, 90) or not taking_apatinib(look.book, day):
        return
    treated = any(
        medication.get("cmcat") == "ANTIHTN" and medication_overlaps(medication, day)
        for medication in look.book.all("CM1")
    )
    if not treated:
        yield _pressure_hit(look)


@check("CK-072", on="VS", reads=["VS"])
def ck_072_ecog_much_worse(look: Look) -> Iterator[Hit]:
    ecog, before = look.get("ecog"), previous(look, "ecog", "ecog_rsdat", "vsdat")
    if ecog is not None and before is not None and int(ecog) - int(before.value) >= 2:
        yield look.hit("ecog", ecog=ecog, before=before.value, on=before.day)


@check("CK-073", on="VS", reads=["DTH"])
def ck_073_ecog_5_without_death(look: Look) -> Iterator[Hit]:
    if look.get("ecog") == "5" and not look.folder.started("DTH"):
        yield look.hit("ecog")


@check("CK-074", on="VS", reads=["VS", "EC", "AE1", "SURG"])
def ck_074_child_pugh_worse_without_event(look: Look) -> Iterator[Hit]:
    day, now = look.get("vsdat"), look.get("cp_class")
    start = baseline(look.folder, "VS", "cp_class", "vsdat")
    if now not in ("B", "C") or not after_first_dose(look, day) or start is None or start.value != "A":
        return
    complications = (
        overlapping(
            row.get("comp_cestdat"), row.get("comp_ceendat"), row.get("comp_ceendat") is None, day, 14
        )
        for operation in look.book.all("SURG")
        for row in operation.lines("SU3")
    )
    if not events_near(look.book, day, 14) and not any(complications):
        yield look.hit("cp_class", cp_class=now, cp_score=look.get("cp_score"))


@check("CK-075", on="VS", reads=["AE1", "MH1"])
def ck_075_ascites_without_event_or_history(look: Look) -> Iterator[Hit]:
    """The rule asks for an event or a history at any time, not for one that overlaps."""
    if look.get("cp_ascites") in (None, "NONE"):
        return
    event = any(
        e.get("ae_ctcae") == "Ascites" or described(e, ASCITES, "aeterm", "aedecod")
        for e in look.book.all("AE1")
    )
    history = any(described(c, ASCITES, "mhterm", "mhdecod") for c in look.book.all("MH1"))
    if not event and not history:
        yield look.hit("cp_ascites")


@check("CK-076", on="VS", reads=["EG"])
def ck_076_pulse_is_not_the_heart_rate(look: Look) -> Iterator[Hit]:
    pulse, day = look.get("pulse"), look.get("vsdat")
    if pulse is None or day is None:
        return
    rates = [ecg.get("eg_hr") for ecg in look.book.all("EG") if ecg.get("egdat") == day]
    far = next((rate for rate in rates if rate is not None and abs(pulse - rate) > 30), None)
    if far is not None:
        yield look.hit("pulse", pulse=pulse, eg_hr=far)


@check("CK-077", on="VS", reads=["AE1"])
def ck_077_low_oxygen_without_event(look: Look) -> Iterator[Hit]:
    saturation, day = look.get("spo2"), look.get("vsdat")
    if saturation is None or saturation >= 92 or day is None:
        return
    if not any(event_overlaps(event, day) for event in look.book.all("AE1")):
        yield look.hit("spo2")
