"""Derived values D-01 … D-25 of the CRF book (section 4): pure functions, exact decimals.

Missing input gives `None`, never 0. Nothing is rounded here: the column that keeps a value has its places.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from trialsite.kernel.partial_date import PartialDate

HUNDRED = Decimal(100)
TOLERANCE = Decimal("1E-9")  # comparisons, section 4
TABLET_MG = 250  # mg of apatinib in one tablet


def half_up(value: Decimal, places: int) -> Decimal:
    """`value` with so many places, half away from zero (G-4)."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def percent(part: Decimal | int | None, whole: Decimal | int | None) -> Decimal | None:
    """100 × part / whole in %; none without a whole."""
    return None if part is None or not whole else HUNDRED * Decimal(part) / Decimal(whole)


# --- dates ------------------------------------------------------------------------------------------------


def days_between(start: dt.date | None, end: dt.date | None) -> int | None:
    """Plain difference in days (a stay, an interval): end − start."""
    return None if start is None or end is None else (end - start).days


def duration_days(start: dt.date | None, end: dt.date | None) -> int | None:
    """G-2: calendar days counting both ends, end − start + 1; none when the end is before the start."""
    between = days_between(start, end)
    return None if between is None or between < 0 else between + 1


def study_day(first: dt.date | None, day: dt.date | None) -> int | None:
    """G-1: day 1 is the first dose, the day before it is −1; there is no day 0."""
    between = days_between(first, day)
    return None if between is None else between + 1 if between >= 0 else between


def hours_between(
    start_day: dt.date | None, start: dt.time | None, end_day: dt.date | None, end: dt.time | None
) -> Decimal | None:
    """Infusion duration in hours; none when a part is missing or the end is not after the start (CK-142)."""
    if start_day is None or start is None or end_day is None or end is None:
        return None
    minutes = (dt.datetime.combine(end_day, end) - dt.datetime.combine(start_day, start)) // dt.timedelta(
        minutes=1
    )
    return Decimal(minutes) / 60 if minutes > 0 else None


def age(born: PartialDate | None, consent: dt.date | None) -> int | None:
    """D-01, completed years at consent. A missing day is the last of the month: never overstated. [K]"""
    if born is None or consent is None:
        return None
    last = born.latest
    return consent.year - last.year - ((consent.month, consent.day) < (last.month, last.day))


# --- body -------------------------------------------------------------------------------------------------


def bsa_mosteller(weight: Decimal | None, height: Decimal | None) -> Decimal | None:
    """D-03, m²: √(height cm × weight kg / 3600), kept with 4 places. [S-11b]"""
    return None if not weight or not height else (height * weight / 3600).sqrt()


def bsa_dubois(weight: Decimal | None, height: Decimal | None) -> Decimal | None:
    """D-04, m²: 0.007184 × W^0.425 × H^0.725. [S-11b]"""
    if not weight or not height:
        return None
    return Decimal("0.007184") * weight ** Decimal("0.425") * height ** Decimal("0.725")


BSA: dict[str, Callable[[Decimal | None, Decimal | None], Decimal | None]] = {
    "mosteller": bsa_mosteller,
    "dubois": bsa_dubois,
}


# --- tumour burden and stage ------------------------------------------------------------------------------


def milan(
    count: int | None,
    largest_mm: Decimal | None,
    macrovascular: bool | None,
    extrahepatic: bool | None,
    uncountable: bool | None = False,
) -> str | None:
    """D-09 WITHIN, BEYOND or NE: one tumour of at most 50 mm, or two or three of at most 30 mm. [R-02]

    NE without number or size; none while "within" still hangs on an unanswered invasion or spread.
    """
    if macrovascular or extrahepatic or uncountable:
        return "BEYOND"
    if count is None or (count and largest_mm is None):
        return "NE"
    largest = largest_mm or Decimal(0)
    if not (count == 0 or (count == 1 and largest <= 50) or (count <= 3 and largest <= 30)):
        return "BEYOND"
    return None if macrovascular is None or extrahepatic is None else "WITHIN"


def up_to_seven(
    count: int | None,
    largest_mm: Decimal | None,
    macrovascular: bool | None,
    uncountable: bool | None = False,
) -> str | None:
    """D-09, codes of MILAN: number + largest diameter in cm at most 7, and no macrovascular invasion."""
    if macrovascular or uncountable:
        return "BEYOND"
    if count is None or (count and largest_mm is None):
        return "NE"
    if count + (largest_mm or Decimal(0)) / 10 > 7:
        return "BEYOND"
    return None if macrovascular is None else "WITHIN"


def bclc(
    count: int | None,
    largest_mm: Decimal | None,
    macrovascular: bool | None,
    extrahepatic: bool | None,
    ecog: int | None = None,
    ecog_by_tumour: bool = False,
    child_pugh: str | None = None,
    uncountable: bool | None = False,
) -> str | None:
    """D-10, stage 0, A, B, C or D (BCLC 2022). [K]

    An ECOG or a Child-Pugh class that was not recorded does not worsen it.
    """
    if (ecog or 0) >= 3 or child_pugh == "C":
        return "D"
    if macrovascular or extrahepatic or (ecog in (1, 2) and ecog_by_tumour):
        return "C"
    if macrovascular is None or extrahepatic is None:
        return None
    if uncountable:
        return "B"
    if not count or largest_mm is None:
        return None
    if count == 1:
        return "0" if largest_mm <= 20 else "A"
    return "A" if count <= 3 and largest_mm <= 30 else "B"


def cnlc(
    count: int | None,
    largest_mm: Decimal | None,
    macrovascular: bool | None,
    extrahepatic: bool | None,
    ecog: int | None = None,
    child_pugh: str | None = None,
    uncountable: bool | None = False,
) -> str | None:
    """D-11, stage Ia … IV (China liver cancer staging), tested in this order. [K]"""
    if (ecog or 0) >= 3 or child_pugh == "C":
        return "IV"
    if extrahepatic:
        return "IIIb"
    if extrahepatic is None:
        return None
    if macrovascular is not False:
        return "IIIa" if macrovascular else None
    if uncountable or (count or 0) >= 4:
        return "IIb"
    if not count or largest_mm is None:
        return None
    if count == 1:
        return "Ia" if largest_mm <= 50 else "Ib"
    return "Ib" if largest_mm <= 30 else "IIa"


# --- treatment --------------------------------------------------------------------------------------------


def level_dose(levels: Mapping[str, Any] | None, level: str | None) -> Decimal | None:
    """The configured dose of a level (cfg.dose_levels of a drug): mg/m², camrelizumab mg; none for OTHER."""
    dose = (levels or {}).get(level or "")
    return None if dose is None or isinstance(dose, str) else Decimal(str(dose))


def planned_mg(dose: Decimal | None, unit: str, bsa: Decimal | None) -> Decimal | None:
    """D-17, mg: level dose × BSA used; a flat dose (unit mg) as it is."""
    if dose is None or unit == "mg":
        return dose
    return None if bsa is None else dose * bsa


def planned_day(previous: dt.date | None, cycle_days: int) -> dt.date | None:
    """D-20: actual day 1 of the cycle before + cycle length. The first cycle of a phase has none."""
    return None if previous is None else previous + dt.timedelta(days=cycle_days)


def dose_level(mg_per_m2: Decimal | None, levels: Mapping[str, Any], tolerance_pct: int = 5) -> str | None:
    """D-21: the nearest configured level within 5 %, else OTHER."""
    doses = {level: dose for level in levels if (dose := level_dose(levels, level)) is not None}
    if mg_per_m2 is None or not doses:
        return None
    nearest = min(doses, key=lambda level: abs(mg_per_m2 - doses[level]))
    apart = abs(mg_per_m2 - doses[nearest]) * HUNDRED
    return nearest if apart <= tolerance_pct * doses[nearest] + TOLERANCE else "OTHER"


def apatinib_level(dose_mg: int | None, schedule: str | None, levels: Mapping[str, Any]) -> str | None:
    """Dose level of a period from dose and schedule (`250 QD`); held, or any other dose, is OTHER."""
    if dose_mg is None or schedule is None:
        return None
    named = {text: level for level, text in levels.items()}
    return named.get(f"{dose_mg} {schedule}", "OTHER")


def apatinib_doses(days: int | None, schedule: str | None) -> int | None:
    """D-18, doses in a period: QD daily, QOD every other day from the first, 5ON2OFF five a week, HELD 0."""
    if days is None or days < 0 or schedule is None:
        return None
    if schedule == "QD":
        return days
    if schedule == "QOD":
        return -(-days // 2)
    if schedule == "5ON2OFF":
        return days // 7 * 5 + min(days % 7, 5)
    return 0


class Period(NamedTuple):
    """An apatinib dosing period; without an end it goes on."""

    start: dt.date
    end: dt.date | None
    dose_mg: int
    schedule: str

    @property
    def days(self) -> int | None:
        return duration_days(self.start, self.end)

    @property
    def cumulative_mg(self) -> int | None:
        """D-18, mg taken in the period; none while it goes on."""
        doses = apatinib_doses(self.days, self.schedule)
        return None if doses is None else doses * self.dose_mg

    def doses_before(self, day: dt.date) -> int:
        """Doses due before `day`."""
        stop = day if self.end is None else min(day, self.end + dt.timedelta(days=1))
        return apatinib_doses(max((stop - self.start).days, 0), self.schedule) or 0


def tablets_expected(periods: Iterable[Period], dispensed: dt.date, returned: dt.date) -> Decimal:
    """D-19, tablets of 250 mg due from the day of dispensing to the day before the return."""
    return sum(
        (
            Decimal(p.doses_before(returned) - p.doses_before(dispensed)) * p.dose_mg / TABLET_MG
            for p in periods
        ),
        Decimal(0),
    )


def compliance(dispensed: int | None, returned: int | None, expected: Decimal | int | None) -> Decimal | None:
    """D-19, %: (dispensed − returned) / tablets expected; none when none was expected."""
    return None if dispensed is None or returned is None else percent(dispensed - returned, expected)


def relative_dose_intensity(
    delivered: Decimal | None,
    first: dt.date | None,
    last: dt.date | None,
    cycle_days: int,
    level0: Decimal | None,
) -> Decimal | None:
    """D-18, %: dose delivered (mg/m²; camrelizumab mg) per week over the planned level-0 dose per week.

    `first`, `last`: day 1 of the first and last cycle started. The planned week cancels: level 0 per cycle.
    """
    between = days_between(first, last)
    if delivered is None or between is None or between < 0 or not level0:
        return None
    return percent(delivered * cycle_days, level0 * (between + cycle_days))


def apatinib_intensity(periods: Sequence[Period], daily_mg: int = 250) -> Decimal | None:
    """D-18, %: cumulative mg over 250 mg for each calendar day from the first to the last dose."""
    taken = [period for period in periods if period.dose_mg > 0 and period.schedule != "HELD"]
    doses = [period.cumulative_mg for period in taken]
    ends = [period.end for period in taken if period.end]
    if not taken or len(ends) < len(taken):
        return None
    days = duration_days(min(period.start for period in taken), max(ends))
    return percent(sum(mg or 0 for mg in doses), daily_mg * (days or 0))


# --- surgery ----------------------------------------------------------------------------------------------


def major_resection(segments: Sequence[str] | None) -> bool | None:
    """At least three segments removed; none without an answer."""
    return len(set(segments)) >= 3 if segments else None


def highest(codes: Iterable[str | None], order: Sequence[str]) -> str | None:
    """The worst of some codes in the order of their list (Clavien-Dindo)."""
    return max((code for code in codes if code in order), key=order.index, default=None)


class Sample(NamedTuple):
    """INR and total bilirubin of one day with their local upper limits."""

    pod: int
    inr: Decimal | None
    inr_uln: Decimal | None
    bili: Decimal | None
    bili_uln: Decimal | None


def liver_failure(samples: Iterable[Sample], before: Sample | None = None) -> bool | None:
    """D-25: on or after postoperative day 5 both INR and bilirubin above their limit (ISGLS). [S-13]

    A preoperative value above its limit must be exceeded too. None without a complete sample from day 5.
    """
    found = [
        _raised(s.inr, s.inr_uln, before and before.inr)
        and _raised(s.bili, s.bili_uln, before and before.bili)
        for s in samples
        if s.pod >= 5 and None not in (s.inr, s.inr_uln, s.bili, s.bili_uln)
    ]
    return any(found) if found else None


def _raised(value: Decimal | None, limit: Decimal | None, before: Decimal | None) -> bool:
    if value is None or limit is None:
        return False
    return value > limit and (before is None or before <= limit or value > before)


# --- pathology --------------------------------------------------------------------------------------------


class Bed(NamedTuple):
    """One tumour bed as a reader gave it: mm and % viable tumour."""

    length: Decimal | None
    width: Decimal | None
    height: Decimal | None
    viable: Decimal | None


def _area(bed: Bed) -> Decimal | None:
    return bed.length * bed.width if bed.length and bed.width else None


def _volume(bed: Bed) -> Decimal | None:
    flat = _area(bed)
    return flat * bed.height if flat and bed.height else None


WEIGHTS: dict[str, Callable[[Bed], Decimal | None]] = {
    "area": _area,
    "volume": _volume,
    "equal": lambda bed: Decimal(1),
}


def case_rvt(beds: Sequence[Bed], weight: str = "area") -> Decimal | None:
    """D-23, %, unrounded: viable tumour over all beds, weighted by length × width (A-16)."""
    viable = [bed.viable for bed in beds if bed.viable is not None]
    if not beds or len(viable) < len(beds):
        return None
    if weight == "worst":
        return max(viable)
    sizes = [size for bed in beds if (size := WEIGHTS[weight](bed)) is not None]
    if len(sizes) < len(beds):
        return None
    return sum((v * size for v, size in zip(viable, sizes, strict=True)), Decimal(0)) / sum(sizes, Decimal(0))


def viable_elsewhere(
    mvi: str | None, satellite: str | None, thrombus: str | None, nodes: str | None, margin: str | None
) -> bool | None:
    """P-6, A-17: viable tumour in vessels, satellites, thrombus, nodes or at the margin; unknown stays unknown."""
    found = [
        {"M0": False, "M1": True, "M2": True}.get(mvi or ""),
        {"N": False, "Y": True}.get(satellite or ""),
        *({"N": False, "NA": False, "Y": True}.get(answer or "") for answer in (thrombus, nodes)),
        {"NEG": False, "POS": True}.get(margin or ""),
    ]
    return True if True in found else None if None in found else False


class Reading(NamedTuple):
    """D-24: what one reader's record says. `mpr`, `pcr`: Y, N or NE."""

    adequacy: str
    rvt: Decimal | None
    mpr: str
    pcr: str


def reading(
    adequacy: str | None,
    beds: Sequence[Bed],
    elsewhere: bool | None,
    threshold: Decimal = Decimal(10),
    weight: str = "area",
) -> Reading | None:
    """D-24, G-36: MPR at most 10 % viable, unrounded; pCR 0 % in every bed and elsewhere, well sampled."""
    if adequacy is None:
        return None
    if adequacy == "INADEQUATE":
        return Reading(adequacy, None, "NE", "NE")
    rvt = case_rvt(beds, weight)
    if rvt is None:
        return None
    if elsewhere or any(bed.viable for bed in beds):
        pcr = "N"
    else:
        pcr = "Y" if adequacy == "ADEQUATE" and elsewhere is False else "NE"
    return Reading(adequacy, rvt, "Y" if rvt <= threshold + TOLERANCE else "N", pcr)


class Final(NamedTuple):
    """P-9: the final central result; `need` is none while a read is missing, a value while one is awaited."""

    need: bool | None
    reasons: tuple[str, ...] = ()
    rvt: Decimal | None = None
    mpr: str | None = None
    pcr: str | None = None


def disagreement(one: Reading, two: Reading, points: Decimal = Decimal(10)) -> tuple[str, ...]:
    """D-24, P-9: why an adjudicator is needed; empty when the readers agree."""
    apart = abs(one.rvt - two.rvt) if one.rvt is not None and two.rvt is not None else Decimal(0)
    tests = (
        ("RVT_DIFF", apart > points + TOLERANCE),
        ("MPR_DISC", one.mpr != two.mpr),
        ("PCR_DISC", one.pcr != two.pcr),
        ("ADEQ_DISC", one.adequacy != two.adequacy),
    )
    return tuple(reason for reason, holds in tests if holds)


def final_result(
    one: Reading | None, two: Reading | None, third: Reading | None = None, points: Decimal = Decimal(10)
) -> Final:
    """D-24, G-36: the mean of two readers that agree, else what the adjudicator reads."""
    if one is None or two is None:
        return Final(None)
    reasons = disagreement(one, two, points)
    if reasons:
        return (
            Final(True, reasons) if third is None else Final(True, reasons, third.rvt, third.mpr, third.pcr)
        )
    mean = None if one.rvt is None or two.rvt is None else (one.rvt + two.rvt) / 2
    return Final(False, (), mean, one.mpr, one.pcr)
