"""Edit checks (crf-book 3.G Study treatment: CK-116 to CK-165)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain
from typing import Any

from crf import derived, facts
from crf.sheets import RowValues, Sheet

from .doses import (
    MFOLFOX7,
    PHASES,
    Dose,
    Period,
    doses,
    earlier,
    first_dose_hits,
    given,
    last_apatinib_before,
    last_infusion_before,
    periods,
    periods_of,
    previous_dose,
    previous_given,
)
from .engine import Hit, Look, check
from .near import as_decimal, event_contains, grade_of
from .operations import not_operated, operations
from .results import course
from .times import DAY, both_overlap, certainly_after, certainly_before, days

DRUGS = ("OXA", "LLV", "FU_B", "FU_CI", "CAM")
AE_REASONS = ("AE_HEM", "AE_NONHEM", "AE_IR")
LEVELS = ("0", "-1", "-2")  # from the full dose downwards
CUMULATIVE_OXALIPLATIN = 850  # mg/m²
LEVOFOLINATE_LIMIT = 250  # mg/m²
OVERDOSE_PCT = 110
CAMRELIZUMAB_EARLY_DAYS = 3
COMPLIANCE_PCT = (80, 120)
BSA_SAME, BSA_WRONG = Decimal("0.02"), Decimal("0.10")
MINUTE = dt.timedelta(minutes=1)


# --- the first dose -----------------------------------------------------------------------------------------


@check("CK-116", on="EC", reads=("EC", "ICF"))
def ck_116_first_dose_before_consent(look: Look) -> Iterator[Hit]:
    if certainly_before(look.folder.first_dose, look.folder.consent):
        yield from first_dose_hits(look)


@check("CK-117", on="EC", reads=("EC", "IE"))
def ck_117_first_dose_before_enrolment(look: Look) -> Iterator[Hit]:
    if certainly_before(look.folder.first_dose, look.book.value("IE", "enr_dsstdat")):
        yield from first_dose_hits(look)


@check("CK-118", on="EC", reads=("EC", "IE"), deviation="ELIGIBILITY")
def ck_118_treated_without_eligibility(look: Look) -> Iterator[Hit]:
    """Only an answered "no" fires: an eligibility form that is not entered yet must not raise a major deviation."""
    if look.book.value("IE", "ieyn") == "N":
        yield from first_dose_hits(look)


# --- cycles -------------------------------------------------------------------------------------------------


@check("CK-119", on="EC", reads=("EC",))
def ck_119_cycles_consecutive(look: Look) -> Iterator[Hit]:
    """Twice the same number, or no cycle with the number before. A cycle without phase or number may be that one."""
    phase, number = look.get("ec_phase"), look.get("ec_cycle")
    if phase is None or number is None:
        return
    others = [s for s in look.book.all("EC") if s.form != look.sheet.form]
    same = [s for s in others if s.get("ec_phase") == phase]
    numbers = [s.get("ec_cycle") for s in same]
    unknown = any(s.get("ec_phase") in (None, phase) and s.get("ec_cycle") is None for s in others)
    if number in numbers or (number > 1 and number - 1 not in numbers and not unknown):
        yield look.hit("ec_cycle", ec_phase=phase, ec_cycle=number)


@check("CK-120", on="EC")
def ck_120_drug_rows_once(look: Look) -> Iterator[Hit]:
    found: list[str] = []
    for row in look.lines("EC2"):
        if row.get("ectrt") in found:
            yield look.hit("ectrt", row=("EC2", row))
        found.append(row.get("ectrt"))
    if absent := [drug for drug in DRUGS if drug not in found]:
        yield look.hit(missing=tuple(absent))


@check("CK-121", on="EC", reads=("EC",))
def ck_121_cumulative_oxaliplatin(look: Look) -> Iterator[Hit]:
    """At each cycle from the one that passes the limit on; a dose that is not known counts as nothing."""
    own = [dose for dose in given(look.sheet) if dose.drug == "OXA"]
    before = [dose for sheet in earlier(look) for dose in given(sheet) if dose.drug == "OXA"]
    total = sum((_per_m2(dose) or Decimal(0) for dose in chain(before, own)), Decimal(0))
    if total > CUMULATIVE_OXALIPLATIN:
        for dose in own:
            yield look.hit("ecdstxt", row=("EC2", dose.row), cumulative_mg_per_m2=derived.half_up(total, 1))


def _per_m2(dose: Dose) -> Decimal | None:
    """Actual dose over the body surface that was used for it."""
    mg, bsa = dose.row.get("ecdstxt"), dose.sheet.get("ec_bsa")
    return mg / bsa if mg is not None and bsa else None


@check("CK-122", on="EC", reads=("EC",))
def ck_122_day_one_after_previous(look: Look) -> Iterator[Hit]:
    before, day = previous_given(look), look.get("ec_d1dat")
    if before and day and day <= before.get("ec_d1dat"):
        yield look.hit("ec_d1dat", ec_d1dat=day, previous=before.get("ec_d1dat"))


@check("CK-123", on="EC")
def ck_123_delay_reason(look: Look) -> Iterator[Hit]:
    delay = look.get("ec_delay")
    if delay is not None and delay > look.cfg("cycle_window_days") and look.get("ec_delay_reas") is None:
        yield look.hit("ec_delay_reas", ec_delay=delay)


@check("CK-124", on="EC", reads=("EC",))
def ck_124_cycle_too_early(look: Look) -> Iterator[Hit]:
    """The first continued cycle follows the last neoadjuvant one; before the first adjuvant one lies the operation."""
    before = previous_given(look)
    between = days(before.get("ec_d1dat"), look.get("ec_d1dat")) if before else None
    if between is None:
        return
    length = look.cfg("adj_interval_days" if look.get("ec_phase") == "ADJ" else "cycle_length_days")
    if between < length - look.cfg("cycle_window_days"):
        yield look.hit("ec_d1dat", ec_d1dat=look.get("ec_d1dat"), days=between)


@check("CK-125", on="EC")
def ck_125_delay_beyond_maximum(look: Look) -> Iterator[Hit]:
    delay = look.get("ec_delay")
    if delay is not None and delay > look.cfg("max_delay_days") and look.get("ec_given") == "Y":
        yield look.hit("ec_d1dat", ec_delay=delay)


@check("CK-126", on="EC")
def ck_126_too_many_neoadjuvant_cycles(look: Look) -> Iterator[Hit]:
    number = look.get("ec_cycle")
    if look.get("ec_phase") == "NEO" and number is not None and number > look.cfg("max_neo_cycles"):
        yield look.hit("ec_cycle")


# --- body surface and weight --------------------------------------------------------------------------------


def _bsa_apart(look: Look) -> Decimal | None:
    used, computed = look.get("ec_bsa"), look.get("ec_bsa_calc")
    return None if used is None or computed is None else abs(used - computed)


def _bsa_from(look: Look) -> Sheet | None:
    """The cycle in which the body surface still in use was calculated: the first of an unbroken run of the same value."""
    used, origin = look.get("ec_bsa"), None
    for cycle in reversed(earlier(look)):
        if cycle.get("ec_bsa") is None:
            continue
        if used is None or cycle.get("ec_bsa") != used:
            break
        origin = cycle
    return origin


def _change_pct(weight: Decimal | None, before: Decimal | None) -> Decimal | None:
    return abs(weight - before) * 100 / before if weight is not None and before else None


def _weight_change_pct(look: Look) -> Decimal | None:
    """Since the body surface was calculated; none when it was calculated for this cycle."""
    origin = _bsa_from(look)
    return _change_pct(look.get("ec_wt"), origin.get("ec_wt")) if origin else None


@check("CK-127", on="EC")
def ck_127_bsa_wrong(look: Look) -> Iterator[Hit]:
    apart = _bsa_apart(look)
    if apart is not None and apart > BSA_WRONG:
        yield look.hit("ec_bsa", ec_bsa=look.get("ec_bsa"), computed=look.get("ec_bsa_calc"))


@check("CK-128", on="EC", reads=("EC",))
def ck_128_bsa_differs(look: Look) -> Iterator[Hit]:
    apart, change = _bsa_apart(look), _weight_change_pct(look)
    carried = change is not None and change < look.cfg("bsa_recalc_pct")
    if apart is not None and BSA_SAME < apart <= BSA_WRONG and not carried:
        yield look.hit("ec_bsa", ec_bsa=look.get("ec_bsa"), computed=look.get("ec_bsa_calc"))


@check("CK-129", on="EC", reads=("EC",))
def ck_129_bsa_not_recalculated(look: Look) -> Iterator[Hit]:
    """Against the weight with which the body surface was calculated, so that small steps add up."""
    change = _weight_change_pct(look)
    if change is not None and change >= look.cfg("bsa_recalc_pct"):
        yield look.hit("ec_bsa", ec_wt=look.get("ec_wt"), ec_bsa=look.get("ec_bsa"))


@check("CK-130", on="EC", reads=("EC", "VS"))
def ck_130_weight_differs_from_vital_signs(look: Look) -> Iterator[Hit]:
    used, measured = look.get("ec_wt"), _measured_weight(look)
    if used is None or measured is None or abs(used - measured) <= 1:
        return
    carried = any(cycle.get("ec_wt") == used for cycle in earlier(look)[-1:])
    change = _change_pct(measured, used)
    if not (carried and change is not None and change < look.cfg("bsa_recalc_pct")):
        yield look.hit("ec_wt", ec_wt=used, weight=measured)


def _measured_weight(look: Look) -> Decimal | None:
    """Vital signs of the same visit."""
    here = (sheet for sheet in look.book.all("VS") if look.sheet.visit and sheet.visit == look.sheet.visit)
    return next((sheet.get("weight") for sheet in here if sheet.get("weight") is not None), None)


# --- doses --------------------------------------------------------------------------------------------------


def _rows(look: Look, occurred: str, *drugs: str) -> Iterator[RowValues]:
    for row in look.lines("EC2"):
        if row.get("ecoccur") == occurred and (not drugs or row.get("ectrt") in drugs):
            yield row


@check("CK-131", on="EC")
def ck_131_dose_required(look: Look) -> Iterator[Hit]:
    for row in _rows(look, "Y"):
        if row.get("ecdstxt") is None or row.get("ecdstxt") <= 0:
            yield look.hit("ecdstxt", row=("EC2", row))


@check("CK-132", on="EC")
def ck_132_dose_of_drug_not_given(look: Look) -> Iterator[Hit]:
    for row in _rows(look, "N"):
        if (row.get("ecdstxt") or 0) > 0:
            yield look.hit("ecdstxt", row=("EC2", row))


@check("CK-133", on="EC")
def ck_133_reason_not_given(look: Look) -> Iterator[Hit]:
    for row in _rows(look, "N"):
        if row.get("ecreasoc") is None:
            yield look.hit("ecreasoc", row=("EC2", row))


@check("CK-134", on="EC")
def ck_134_dose_differs_from_plan(look: Look) -> Iterator[Hit]:
    for row in _rows(look, "Y", *MFOLFOX7):
        percent = row.get("ec_pct_plan")
        apart = None if percent is None else abs(percent - 100)
        if apart is not None and apart > look.cfg("dose_tol_pct") and row.get("ecdosadj") == "N":
            yield look.hit("ecdosadj", row=("EC2", row), ecdstxt=row.get("ecdstxt"), ec_pct_plan=percent)


@check("CK-135", on="EC")
def ck_135_overdose(look: Look) -> Iterator[Hit]:
    """Relative to the level-0 dose, whatever the level: ec_pct_plan itself is relative to the level of the row."""
    for row in _rows(look, "Y"):
        levels = look.cfg("dose_levels").get(row.get("ectrt"), {})
        full = derived.planned_mg(derived.level_dose(levels, "0"), levels.get("unit", ""), look.get("ec_bsa"))
        percent = derived.percent(row.get("ecdstxt"), full) if row.get("ecdstxt") is not None else None
        if percent is not None and percent > OVERDOSE_PCT:
            shown = derived.half_up(percent, 1)
            yield look.hit("ecdstxt", row=("EC2", row), ecdstxt=row.get("ecdstxt"), percent_of_level_0=shown)


@check("CK-136", on="EC")
def ck_136_camrelizumab_dose_fixed(look: Look) -> Iterator[Hit]:
    for row in _rows(look, "Y", "CAM"):
        if row.get("ecdstxt") is not None and row.get("ecdstxt") != look.cfg("cam_dose_mg"):
            yield look.hit("ecdstxt", row=("EC2", row))


@check("CK-137", on="EC", reads=("EC",))
def ck_137_camrelizumab_interval(look: Look) -> Iterator[Hit]:
    interval = look.cfg("adj_interval_days" if look.get("ec_phase") == "ADJ" else "cam_interval_days")
    others = [d for d in doses(look.folder) if d.drug == "CAM" and d.sheet.form != look.sheet.form]
    for dose in given(look.sheet):
        before = max((d.start for d in others if _precedes(d, dose) and d.start), default=None)
        between = days(before, dose.start)
        if dose.drug == "CAM" and between is not None and between < interval - CAMRELIZUMAB_EARLY_DAYS:
            yield look.hit("ecstdat", row=("EC2", dose.row), ecstdat=dose.start, days=between)


def _precedes(one: Dose, other: Dose) -> bool:
    """By day; on one day, by the order of the visits."""
    if one.start is None or other.start is None:
        return False
    return (one.start, one.sheet.visit_order, one.sheet.form) < (
        other.start, other.sheet.visit_order, other.sheet.form,
    )  # fmt: skip


@check("CK-138", on="EC")
def ck_138_bolus_not_planned(look: Look) -> Iterator[Hit]:
    if not look.cfg("fu_bolus_planned"):
        for row in _rows(look, "Y", "FU_B"):
            yield look.hit("ecoccur", row=("EC2", row))


# --- infusions ----------------------------------------------------------------------------------------------


def _unusual_duration(look: Look, drug: str) -> Iterator[Hit]:
    """Outside the configured hours, both ends allowed."""
    low, high = (as_decimal(hours) for hours in look.cfg("infusion_hours")[drug])
    for row in look.lines("EC2"):
        hours = row.get("ec_dur_h") if row.get("ectrt") == drug and row.get("ecoccur") == "Y" else None
        if hours is not None and not low <= hours <= high:
            yield look.hit("ecentim", row=("EC2", row), ec_dur_h=hours)


@check("CK-139", on="EC")
def ck_139_fluorouracil_duration(look: Look) -> Iterator[Hit]:
    yield from _unusual_duration(look, "FU_CI")


@check("CK-140", on="EC")
def ck_140_oxaliplatin_duration(look: Look) -> Iterator[Hit]:
    yield from _unusual_duration(look, "OXA")


@check("CK-141", on="EC")
def ck_141_camrelizumab_duration(look: Look) -> Iterator[Hit]:
    yield from _unusual_duration(look, "CAM")


@check("CK-142", on="EC")
def ck_142_infusion_ends_after_start(look: Look) -> Iterator[Hit]:
    """Of one day both times must be known; a day earlier is enough without."""
    for row in look.lines("EC2"):
        start, end = row.get("ecstdat"), row.get("ecendat")
        if certainly_before(end, start):
            yield look.hit("ecendat", row=("EC2", row))
            continue
        times = row.get("ecsttim"), row.get("ecentim")
        if start is not None and start == end and None not in times and times[1] <= times[0]:
            yield look.hit("ecentim", row=("EC2", row))


@check("CK-143", on="EC")
def ck_143_fluorouracil_before_end_of_oxaliplatin(look: Look) -> Iterator[Hit]:
    ends = [_moment(row, "ecendat", "ecentim") for row in _rows(look, "Y", "OXA")]
    for row in _rows(look, "Y", "FU_CI"):
        start = _moment(row, "ecstdat", "ecsttim")
        if start is not None and any(end is not None and start < end for end in ends):
            yield look.hit("ecsttim", row=("EC2", row))


def _moment(row: RowValues, day: str, time: str) -> dt.datetime | None:
    if row.get(day) is None or row.get(time) is None:
        return None
    return dt.datetime.combine(row.get(day), row.get(time))


@check("CK-144", on="EC")
def ck_144_racemic_leucovorin(look: Look) -> Iterator[Hit]:
    for dose in given(look.sheet):
        per_m2 = _per_m2(dose)
        if dose.drug == "LLV" and per_m2 is not None and per_m2 > LEVOFOLINATE_LIMIT:
            shown = derived.half_up(per_m2, 1)
            yield look.hit("ecdstxt", row=("EC2", dose.row), ecdstxt=dose.row.get("ecdstxt"), mg_per_m2=shown)


@check("CK-145", on="EC")
def ck_145_incomplete_regimen(look: Look) -> Iterator[Hit]:
    """The reasons have no code WITHDRAWN: the participant's own decision is SUBJECT."""
    accepted = (*AE_REASONS, "PHYSICIAN", "SUBJECT")
    if look.get("ec_phase") != "NEO" or look.get("ec_given") != "Y":
        return
    for row in _rows(look, "N", *MFOLFOX7):
        if row.get("ecreasoc") is not None and row.get("ecreasoc") not in accepted:
            yield look.hit("ecreasoc", row=("EC2", row))


# --- dose levels --------------------------------------------------------------------------------------------


@check("CK-146", on="EC", reads=("EC",))
def ck_146_dose_raised_again(look: Look) -> Iterator[Hit]:
    """A level of its own (OTHER) has no place on the ladder and is compared with nothing."""
    for dose in given(look.sheet):
        before = previous_dose(look, dose.drug)
        levels = dose.row.get("ec_lvl"), before.row.get("ec_lvl") if before else None
        if all(level in LEVELS for level in levels) and LEVELS.index(levels[0]) < LEVELS.index(levels[1]):
            yield look.hit("ec_lvl", row=("EC2", dose.row), ec_lvl=levels[0], previous=levels[1])


@check("CK-147", on="EC", reads=("EC",))
def ck_147_reduction_not_marked(look: Look) -> Iterator[Hit]:
    """In the first cycle at a reduced level, again after every change of the level."""
    for dose in given(look.sheet):
        level, before = dose.row.get("ec_lvl"), previous_dose(look, dose.drug)
        known = before is None or before.row.get("ec_lvl") is not None
        first = known and (before is None or before.row.get("ec_lvl") != level)
        if level in LEVELS[1:] and first and dose.row.get("ecdosadj") == "N":
            yield look.hit("ecdosadj", row=("EC2", dose.row), ec_lvl=level)


@check("CK-148", on="EC")
def ck_148_event_of_change(look: Look) -> Iterator[Hit]:
    for row in look.lines("EC2"):
        if row.get("ecadj") in AE_REASONS and row.get("ecadj_aeref") is None:
            yield look.hit("ecadj_aeref", row=("EC2", row), ecadj=row.get("ecadj"))


# --- what forbids or advises against a dose -----------------------------------------------------------------


@check("CK-149", on="EC", reads=("EC",))
def ck_149_given_after_permanent_stop(look: Look) -> Iterator[Hit]:
    stopped: dict[str, dt.date] = {}
    for sheet in look.book.all("EC"):
        for row in sheet.lines("EC2"):
            day = row.get("ec_perm_dat") if row.get("ec_perm_yn") == "Y" else None
            if day is not None:
                stopped[row.get("ectrt")] = min(day, stopped.get(row.get("ectrt"), day))
    for dose in given(look.sheet):
        if certainly_after(dose.start, stopped.get(dose.drug)):
            yield dose.hit(look)


@check("CK-150", on="EC", reads=("LB",))
def ck_150_counts_below_limit(look: Look) -> Iterator[Hit]:
    """The latest count of the three days before day 1, or of day 1."""
    day, oxaliplatin = look.get("ec_d1dat"), next(_rows(look, "Y", "OXA"), None)
    if day is None or oxaliplatin is None:
        return
    window = day - look.cfg("lab_age_days") * DAY
    low: dict[str, Any] = {}
    for test, limit in (("NEUT", "anc_min"), ("PLAT", "plt_min")):
        recent = [
            r for r in course(look.folder, test) if r.day and window <= r.day <= day and r.number is not None
        ]
        if recent and recent[-1].below(as_decimal(look.cfg(limit))):
            low[test] = recent[-1].words
    if low:
        yield look.hit("ecoccur", row=("EC2", oxaliplatin), **low)


@check("CK-151", on="EC", reads=("AE1",))
def ck_151_retreated_despite_event(look: Look) -> Iterator[Hit]:
    """Events that certainly contain day 1: of partial dates the reading that clears the coordinator counts."""
    day = look.get("ec_d1dat")
    if look.get("ec_retreat") != "Y" or day is None:
        return
    events = [e for e in look.book.all("AE1") if e.get("ae_trae") == "Y" and (grade_of(e) or 0) >= 3]
    if ongoing := [f"AE:{event.repeat}" for event in events if event_contains(event, day)]:
        yield look.hit("ec_retreat", events=tuple(ongoing))


@check("CK-152", on="EC", reads=("SURG", "EC"))
def ck_152_dose_soon_after_operation(look: Look) -> Iterator[Hit]:
    """Any day of an infusion or of an apatinib period; one without an end is being taken until today."""
    last = look.cfg("adj_min_days") - 1
    healing = [(s.get("surg_prstdat"), s.get("surg_prstdat") + last * DAY) for s in operations(look.book)]
    for dose in given(look.sheet):
        if any(_meets(dose.start, dose.end, window) for window in healing):
            yield dose.hit(look)
    for period in periods_of(look):
        until = period.end or look.today
        if period.taken and any(_meets(period.start, until, window) for window in healing):
            yield period.hit(look)


def _meets(start: dt.date | None, end: dt.date | None, window: tuple[dt.date, dt.date]) -> bool:
    return start is not None and end is not None and start <= window[1] and window[0] <= end


@check("CK-153", on="EC", reads=("SURG",))
def ck_153_neoadjuvant_after_operation(look: Look) -> Iterator[Hit]:
    day, operated = look.get("ec_d1dat"), look.folder.surgery
    if look.get("ec_phase") == "NEO" and day and operated and day >= operated:
        yield look.hit("ec_d1dat", ec_d1dat=day, surg_prstdat=operated)


@check("CK-154", on="EC", reads=("SURG",))
def ck_154_adjuvant_without_operation(look: Look) -> Iterator[Hit]:
    """It requires an operation, so none on record fires as well as one that is said not to have taken place."""
    if look.get("ec_phase") != "ADJ":
        return
    day, operated = look.get("ec_d1dat"), look.folder.surgery
    if not_operated(look.book):
        yield look.hit("ec_phase")
    elif day and operated and day <= operated:
        yield look.hit("ec_d1dat", ec_d1dat=day, surg_prstdat=operated)


@check("CK-155", on="EC", reads=("SURG",))
def ck_155_continued_after_resection(look: Look) -> Iterator[Hit]:
    """After an exploration treatment does continue (1.3.2, rule 3), so only a resection fires."""
    if look.get("ec_phase") == "CONT" and facts.resected(look.book):
        yield look.hit("ec_phase")


@check("CK-156", on="EC", reads=("DTH",))
def ck_156_dose_after_death(look: Look) -> Iterator[Hit]:
    died = facts.death_day(look.book)
    for dose in given(look.sheet):
        for name in ("ecstdat", "ecendat"):
            if certainly_after(dose.row.get(name), died):
                yield dose.hit(look, name)
    for period in periods_of(look):
        for name, day in (("apa_ecstdat", period.start), ("apa_ecendat", period.end)):
            if period.taken and certainly_after(day, died):
                yield period.hit(look, name)
    undated = look.get("ec_given") == "Y" and not any(dose.row.get("ecstdat") for dose in given(look.sheet))
    if undated and certainly_after(look.get("ec_d1dat"), died):
        yield look.hit("ec_d1dat")


# --- apatinib -----------------------------------------------------------------------------------------------


def _before(period: Period, look: Look) -> list[Period]:
    """The periods of the study that stand before this one."""
    log = periods(look.folder)
    return log[: next(n for n, other in enumerate(log) if other.row is period.row)]


@check("CK-157", on="EC", reads=("EC",))
def ck_157_apatinib_periods_overlap(look: Look) -> Iterator[Hit]:
    """At the later of two; a period without an end goes on and leaves no room for another."""
    for period in periods_of(look):
        if any(both_overlap((p.start, p.end), (period.start, period.end)) for p in _before(period, look)):
            yield period.hit(look)


@check("CK-158", on="EC", reads=("EC",))
def ck_158_gap_between_apatinib_periods(look: Look) -> Iterator[Hit]:
    for period in periods_of(look):
        before = [p for p in _before(period, look) if p.phase == period.phase and p.phase in PHASES]
        ends = [p.end for p in before if p.end is not None]
        if not before or len(ends) < len(before):
            continue
        gap = (period.start - max(ends)).days - 1
        if gap > 0:
            yield look.hit("apa_ecstdat", row=("EC3", period.row), apa_ecstdat=period.start, gap_days=gap)


@check("CK-159", on="EC")
def ck_159_apatinib_dose_and_schedule(look: Look) -> Iterator[Hit]:
    for row in look.lines("EC3"):
        dose, schedule = row.get("apa_dose"), row.get("apa_frq")
        if dose is not None and schedule is not None and (schedule == "HELD") != (dose == 0):
            yield look.hit("apa_dose", row=("EC3", row), apa_dose=dose, apa_frq=schedule)


@check("CK-160", on="EC")
def ck_160_apatinib_dose(look: Look) -> Iterator[Hit]:
    for row in look.lines("EC3"):
        if row.get("apa_dose") not in (None, 0, look.cfg("apa_dose_mg")):
            yield look.hit("apa_dose", row=("EC3", row))


@check("CK-161", on="EC", reads=("SURG", "EC"))
def ck_161_apatinib_washout(look: Look) -> Iterator[Hit]:
    """A period that goes on was taken up to the day before the operation."""
    operated = look.folder.surgery
    found = last_apatinib_before(look.folder, operated) if operated else None
    if not found or operated is None or found[0].sheet.form != look.sheet.form:
        return
    period, last = found
    if (operated - last).days < look.cfg("apa_washout_days"):
        yield look.hit("apa_ecendat", row=("EC3", period.row), apa_ecendat=period.end, surg_prstdat=operated)


@check("CK-162", on="EC", reads=("SURG", "EC"))
def ck_162_operation_outside_window(look: Look) -> Iterator[Hit]:
    """From the end of the last infusion (endpoint of po_lastiv) to the first operation."""
    operated = look.folder.surgery
    last = last_infusion_before(look.folder, operated) if operated else None
    if last is None or last.sheet.form != look.sheet.form:
        return
    between, (low, high) = days(last.end, operated), look.cfg("surg_window")
    if between is not None and not low <= between <= high:
        yield look.hit("ecendat", row=("EC2", last.row), ecendat=last.end, surg_prstdat=operated)


@check("CK-163", on="EC")
def ck_163_apatinib_compliance(look: Look) -> Iterator[Hit]:
    low, high = COMPLIANCE_PCT
    for row in look.lines("EC4"):
        percent = row.get("da_compl")
        if percent is not None and not low <= percent <= high:
            yield look.hit("da_ret", row=("EC4", row), da_compl=percent)


@check("CK-164", on="EC")
def ck_164_more_returned_than_dispensed(look: Look) -> Iterator[Hit]:
    for row in look.lines("EC4"):
        returned, dispensed = row.get("da_ret"), row.get("da_disp")
        if returned is not None and dispensed is not None and returned > dispensed:
            yield look.hit("da_ret", row=("EC4", row))


@check("CK-165", on="EC", reads=("AE1",))
def ck_165_camrelizumab_after_withdrawal(look: Look) -> Iterator[Hit]:
    events = [
        event
        for event in look.book.all("AE1")
        if event.get("ae_ir") == "Y" and (grade_of(event) or 0) >= 3
        and event.get("aeacn_cam") == "DRUG_WITHDRAWN"
    ]  # fmt: skip
    for dose in given(look.sheet):
        after = [f"AE:{e.repeat}" for e in events if certainly_after(dose.start, e.get("aestdat"))]
        if dose.drug == "CAM" and after:
            yield look.hit("ecstdat", row=("EC2", dose.row), ecstdat=dose.start, events=tuple(after))
