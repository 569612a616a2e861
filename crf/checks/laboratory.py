"""Edit checks (crf-book 3.E Laboratory: CK-078 to CK-109; CK-063 stands with hepatitis)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

from crf import derived, derived_clinic
from crf.analytes import ANALYTES, panel_number
from crf.codelists import CODELISTS
from crf.laboratory import Range
from crf.lifecycle import EXPECTED
from crf.sheets import Sheet

from .engine import PARTICIPANT, Folder, FormFacts, Hit, Look, check
from .near import (
    after_first_dose,
    as_decimal,
    certainly_within,
    day_one,
    event_contains,
    events_near,
    grade_of,
    infusion_days,
    series,
    taking_apatinib,
    vitamin_k_antagonist,
)
from .results import (
    Result,
    baseline_result,
    before,
    course,
    larger,
    plain,
    results_of,
)

DAY = dt.timedelta(days=1)
PREGNANCY_DAYS = 7  # CK-106
TROPONIN_TERMS = frozenset({"Cardiac troponin I increased", "Cardiac troponin T increased"})


# --- units, limits, reference ranges ------------------------------------------------------------------------


def _numeric(test: str) -> bool:
    return test in ANALYTES and not ANALYTES[test].unit.startswith("code ")


@cache
def _units(test: str) -> frozenset[str]:
    """Units of the catalogue; none for a result that is a code."""
    if not _numeric(test):
        return frozenset()
    return frozenset({ANALYTES[test].unit, ANALYTES[test].alt_units.partition(" (")[0]} - {"-"})


def _ranges(look: Look, test: str) -> list[Range]:
    """The reference ranges of the laboratory of a sample for one test, of all times."""
    if "ranges" not in look.folder.kept:
        by_test: dict[tuple[str, str], list[Range]] = {}
        for row in look.folder.site.ranges:
            by_test.setdefault((row["labr_lab"], row["labr_test"]), []).append(row)
        look.folder.kept["ranges"] = by_test
    found: list[Range] = look.folder.kept["ranges"].get((look.get("lbnam"), test), [])
    return found


@check("CK-078", on="LB", always=True)
def ck_078_unit_not_of_this_laboratory(look: Look) -> Iterator[Hit]:
    """A unit of the catalogue and, once the laboratory has ranges for the test, one in which they are stated."""
    for one in results_of(look).values():
        unit = one.row.get("lborresu")
        if unit is None or one.test not in ANALYTES:
            continue
        reported = {row.get("labr_unit") for row in _ranges(look, one.test)}
        if unit not in _units(one.test) or (reported and unit not in reported):
            yield one.hit(look, "lborresu")


class Bounds(NamedTuple):
    low: Decimal
    high: Decimal

    def broken(self, number: Decimal) -> bool:
        return not self.low <= number <= self.high


@cache
def _bounds(text: str) -> Bounds | None:
    """`0.01-200`, `0-1e10`; none of a limit in codes, or of `-`."""
    found = re.fullmatch(r"([\d.]+)-([\d.e]+)", text)
    return Bounds(Decimal(found[1]), Decimal(found[2])) if found else None


def _not_possible(one: Result) -> bool:
    hard = _bounds(ANALYTES[one.test].hard) if one.test in ANALYTES else None
    return hard is not None and one.number is not None and hard.broken(one.number)


@check("CK-079", on="LB", always=True)
def ck_079_value_not_possible(look: Look) -> Iterator[Hit]:
    for one in results_of(look).values():
        if _not_possible(one):
            yield one.hit(look, **{one.test: one.words})


@check("CK-080", on="LB")
def ck_080_unusual_value(look: Look) -> Iterator[Hit]:
    """A value that is not possible is refused by CK-079 and not asked about as well."""
    for one in results_of(look).values():
        if one.test in ANALYTES and _unusual(one) and not _not_possible(one):
            found: dict[str, Any] = {one.test: one.words or one.code}
            yield one.hit(look, **found)


def _unusual(one: Result) -> bool:
    soft = ANALYTES[one.test].soft
    if _numeric(one.test):
        usual = _bounds(soft)
        return usual is not None and one.number is not None and usual.broken(one.number)
    return one.code is not None and one.code not in _usual_codes(one.test)


@cache
def _usual_codes(test: str) -> frozenset[str]:
    """`NEG-P1` of a code list that has an order, or the one code that is usual."""
    codes = tuple(CODELISTS[ANALYTES[test].unit.removeprefix("code ")].codes)
    first, _, last = ANALYTES[test].soft.partition("-")
    return frozenset(codes[codes.index(first) : codes.index(last or first) + 1])


def _has_range(test: str) -> bool:
    """Tests that have limits of normal: not codes, viral loads (below LLOQ) and the control of the PT."""
    return _numeric(test) and (
        "-" in ANALYTES[test].typical_range or ANALYTES[test].typical_range == "assay specific"
    )


@check("CK-081", on="LB", reads=["DM"])
def ck_081_no_reference_range(look: Look) -> Iterator[Hit]:
    """As in D-15, the age is that of the day of the sample."""
    person, day = look.book.one("DM"), look.get("lbdat")
    sex = person.get("sex") if person else None
    age = derived.age(person.get("brthdat"), day) if person else None
    if look.get("lbnam") is None or day is None or sex is None or age is None:
        return
    for one in results_of(look).values():
        if one.code is None or not _has_range(one.test):
            continue
        if not any(_valid(row, sex, age, day) for row in _ranges(look, one.test)):
            yield one.hit(look, test=one.test, day=day)


def _valid(row: Range, sex: str, age: int, day: dt.date) -> bool:
    return (
        row["labr_sex"] in ("BOTH", sex)
        and row["labr_agelo"] <= age <= row["labr_agehi"]
        and row["labr_from"] <= day <= (row.get("labr_to") or dt.date.max)
    )


@check("CK-082", on="LABR")
def ck_082_reference_range_not_valid(look: Look) -> Iterator[Hit]:
    """BOTH is for women and men, so it overlaps with either; `site.ranges` holds the other rows of the laboratory."""
    low, high = look.get("labr_lln"), look.get("labr_uln")
    if low is not None and high is not None and low >= high:
        yield look.hit("labr_uln", labr_lln=low, labr_uln=high)
    other = next((row for row in look.folder.site.ranges if _clashes(look.sheet, row)), None)
    if other is not None:
        yield look.hit("labr_from", other_from=other.get("labr_from"), other_to=other.get("labr_to"))


def _clashes(one: Sheet, other: Range) -> bool:
    if one.form and one.form == other.get("id"):
        return False
    same = all(one.get(name) == other.get(name) is not None for name in ("labr_lab", "labr_test"))
    sexes = {one.get("labr_sex"), other.get("labr_sex")}
    if not same or other.get("active") is False or None in sexes or sexes == {"M", "F"}:
        return False
    return _meet(one, other, "labr_agelo", "labr_agehi") and _meet(one, other, "labr_from", "labr_to")


def _meet(one: Sheet, other: Range, first: str, last: str) -> bool:
    """Whether two spans share a point; an open end goes on."""
    starts, ends = (one.get(first), other.get(first)), (one.get(last), other.get(last))
    if None in starts:
        return False
    return (ends[1] is None or starts[0] <= ends[1]) and (ends[0] is None or starts[1] <= ends[0])


# --- one sample ---------------------------------------------------------------------------------------------


def _larger(look: Look, part: str, whole: str) -> Iterator[Hit]:
    found = results_of(look)
    one, other = found.get(part), found.get(whole)
    if one and other and larger(one, other):
        yield one.hit(look, **{part: one.words, whole: other.words})


@check("CK-083", on="LB")
def ck_083_differential_above_leukocytes(look: Look) -> Iterator[Hit]:
    yield from _larger(look, "NEUT", "WBC")
    yield from _larger(look, "LYM", "WBC")


def _exact(look: Look, *tests: str) -> list[Decimal] | None:
    """Exact numbers of tests of one sample; none unless each has one."""
    found = results_of(look)
    numbers = [found[test].exact for test in tests if test in found]
    known = [number for number in numbers if number is not None]
    return known if len(known) == len(tests) else None


@check("CK-084", on="LB")
def ck_084_differential_does_not_add_up(look: Look) -> Iterator[Hit]:
    numbers = _exact(look, "WBC", "NEUT", "LYM", "MONO", "EOS", "BASO")
    if numbers is None:
        return
    total, parts = numbers[0], sum(numbers[1:], Decimal(0))
    if abs(parts - total) > max(Decimal("0.3"), total * Decimal("0.05")):
        yield results_of(look)["WBC"].hit(look, WBC=plain(total), sum=plain(parts))


@check("CK-085", on="LB")
def ck_085_haematocrit_and_haemoglobin(look: Look) -> Iterator[Hit]:
    numbers = _exact(look, "HCT", "HGB")
    if numbers and abs(numbers[0] - numbers[1] * Decimal("0.3")) > 6:
        yield results_of(look)["HCT"].hit(look, HCT=plain(numbers[0]), HGB=plain(numbers[1]))


@check("CK-086", on="LB")
def ck_086_direct_above_total_bilirubin(look: Look) -> Iterator[Hit]:
    yield from _larger(look, "BILDIR", "BILI")


@check("CK-087", on="LB")
def ck_087_albumin_above_total_protein(look: Look) -> Iterator[Hit]:
    yield from _larger(look, "ALB", "PROT")


@check("CK-088", on="LB")
def ck_088_pt_and_inr(look: Look) -> Iterator[Hit]:
    found = results_of(look)
    inr, pt = found.get("INR"), found.get("PT")
    if inr is None or pt is None:
        return
    raised_alone = inr.exceeds(Decimal("1.5")) and pt.within(pt.uln)
    normal_alone = inr.within(Decimal(1)) and pt.over_uln(Decimal("1.3"))
    if raised_alone or normal_alone:
        yield inr.hit(look, INR=inr.words, PT=pt.words, ULN=plain(pt.uln))


@check("CK-089", on="LB")
def ck_089_significance_missing(look: Look) -> Iterator[Hit]:
    for row in look.lines("LB2"):
        if row.get("lbnrind") not in (None, "NORMAL") and row.get("lbclsig") is None:
            yield look.hit("lbclsig", row=("LB2", row), lbnrind=row.get("lbnrind"))


@check("CK-090", on="LB")
def ck_090_significance_of_a_normal_value(look: Look) -> Iterator[Hit]:
    for row in look.lines("LB2"):
        if row.get("lbnrind") == "NORMAL" and row.get("lbclsig") is not None:
            yield look.hit("lbclsig", row=("LB2", row))


@check("CK-091", on="LB")
def ck_091_significant_value_without_link(look: Look) -> Iterator[Hit]:
    for row in look.lines("LB2"):
        if row.get("lbclsig") == "CS" and row.get("lb_aeref") is None:
            yield look.hit("lb_aeref", row=("LB2", row))


CRITICAL_LOW = {"K": Decimal(3), "SODIUM": Decimal(125)}
CRITICAL_HIGH = {"K": Decimal(6), "GLUC": Decimal(20)}
CRITICAL = CRITICAL_LOW.keys() | CRITICAL_HIGH.keys()


@check("CK-100", on="LB")
def ck_100_critical_value(look: Look) -> Iterator[Hit]:
    for test, one in results_of(look).items():
        if test not in CRITICAL:
            continue
        if one.below(CRITICAL_LOW.get(test)) or one.exceeds(CRITICAL_HIGH.get(test)):
            yield one.hit(look, **{test: one.words})


GRAM_PER_LITRE = {"HGB": Decimal(25), "ALB": Decimal(10), "PROT": Decimal(20)}


@check("CK-109", on="LB")
def ck_109_gram_per_decilitre(look: Look) -> Iterator[Hit]:
    for test, one in results_of(look).items():
        if one.row.get("lborresu") == "g/L" and one.below(GRAM_PER_LITRE.get(test)):
            yield one.hit(look, **{test: one.words})


# --- grades and events --------------------------------------------------------------------------------------


def _terms(term: str) -> frozenset[str]:
    """One line of the catalogue stands for troponin I and T."""
    return TROPONIN_TERMS if term in TROPONIN_TERMS else frozenset({term})


@check("CK-092", on="LB", reads=["AE1"])
def ck_092_grade_3_without_event(look: Look) -> Iterator[Hit]:
    day = look.get("lbdat")
    for row in look.lines("LB2"):
        grade, term = row.get("lbtoxgr"), row.get("lbtox")
        if day is None or grade is None or grade < 3 or term is None or row.get("lbcom"):
            continue
        if not events_near(look.book, day, 7, terms=_terms(term)):
            yield look.hit("lbtoxgr", row=("LB2", row), lbtox=term, lbtoxgr=grade)


class Graded(NamedTuple):
    """A graded result: the worst first, then the earliest."""

    minus_grade: int
    day: dt.date
    order: int
    form: int
    row: int


def _graded(folder: Folder) -> dict[str, list[Graded]]:
    """All graded results by CTCAE term."""
    if "graded" not in folder.kept:
        found: dict[str, list[Graded]] = {}
        for sheet in folder.book.all("LB"):
            for row in sheet.lines("LB2"):
                grade, term, day = row.get("lbtoxgr"), row.get("lbtox"), sheet.get("lbdat")
                if grade and term and day:
                    one = Graded(-grade, day, sheet.visit_order, sheet.form, row.row)
                    found.setdefault(term, []).append(one)
        folder.kept["graded"] = found
    graded: dict[str, list[Graded]] = folder.kept["graded"]
    return graded


@check("CK-093", on="LB", reads=["LB", "AE1"])
def ck_093_event_graded_below_the_laboratory(look: Look) -> Iterator[Hit]:
    """Shown once for an event, at the worst value in its interval.

    A value on the day on which an episode ends and a worse one of the same term begins belongs to the worse.
    """
    day = look.get("lbdat")
    for row in look.lines("LB2") if day else ():
        grade, term = row.get("lbtoxgr"), row.get("lbtox")
        if not grade or term is None:
            continue
        here = [event for event in _events_of(look, term) if event_contains(event, day)]
        if any((given := grade_of(event)) is None or given >= grade for event in here):
            continue
        low = [event for event in here if _worst_in(look, event, term) == (look.sheet.form, row.row)]
        if low:
            yield look.hit(
                "lbtoxgr", row=("LB2", row), lbtoxgr=grade, event=low[0].repeat, aetoxgr=grade_of(low[0])
            )


def _events_of(look: Look, term: str) -> list[Sheet]:
    return [event for event in look.book.all("AE1") if event.get("ae_ctcae") in _terms(term)]


def _worst_in(look: Look, event: Sheet, term: str) -> tuple[int, int] | None:
    """Form and row of the worst value of a term in the interval of an event."""
    inside = [one for one in _graded(look.folder).get(term, ()) if event_contains(event, one.day)]
    worst = min(inside, default=None)
    return None if worst is None else (worst.form, worst.row)


# --- patterns of several tests ------------------------------------------------------------------------------


@check("CK-094", on="LB", reads=["LB", "EC"])
def ck_094_hys_law(look: Look) -> Iterator[Hit]:
    found = results_of(look)
    bilirubin, alp = found.get("BILI"), found.get("ALP")
    if bilirubin is None or alp is None or alp.uln is None:
        return
    if not bilirubin.over_uln(2) or not alp.below(alp.uln * 2):
        return
    for test in ("ALT", "AST"):
        one = found.get(test)
        if one and one.exceeds(_three_times(look, one)):
            yield one.hit(look, **{test: one.words, "BILI": bilirubin.words, "ALP": alp.words})
            return


def _three_times(look: Look, one: Result) -> Decimal | None:
    """3 × ULN; 3 × baseline once treatment began with a baseline above its own limit (4.4.1)."""
    start = baseline_result(look.folder, one.test) if after_first_dose(look, one.day) else None
    if start and start.over_uln() and start.exact is not None:
        return start.exact * 3
    return None if one.uln is None else one.uln * 3


@check("CK-095", on="LB", reads=["LB"])
def ck_095_no_24_hour_protein_after_dipstick(look: Look) -> Iterator[Hit]:
    """Asked for at once: the sample of the same panel, or one of the 14 days that follow."""
    dip, day = results_of(look).get("UPROTDIP"), look.get("lbdat")
    if dip is None or dip.code not in ("P2", "P3", "P4") or day is None:
        return
    measured = any(
        one.sheet.form == look.sheet.form or (one.day is not None and day <= one.day <= day + 14 * DAY)
        for one in course(look.folder, "UPROT24")
    )
    if not measured:
        yield dip.hit(look)


@check("CK-096", on="LB", reads=["EC"])
def ck_096_heavy_proteinuria_on_apatinib(look: Look) -> Iterator[Hit]:
    one, day = results_of(look).get("UPROT24"), look.get("lbdat")
    if one and day and one.reaches(Decimal(2)) and taking_apatinib(look.book, day):
        yield one.hit(look, UPROT24=one.words)


def _thyroid(look: Look, tsh_low: bool, event: str) -> Iterator[Hit]:
    """TSH and free T4 beyond opposite limits, and no event of that day."""
    found, day = results_of(look), look.get("lbdat")
    tsh, free_t4 = found.get("TSH"), found.get("T4FR")
    if tsh is None or free_t4 is None or day is None:
        return
    low, high = (tsh, free_t4) if tsh_low else (free_t4, tsh)
    if low.below(low.lln) and high.over_uln() and not events_near(look.book, day, terms=[event]):
        yield tsh.hit(look, TSH=tsh.words, T4FR=free_t4.words)


@check("CK-097", on="LB", reads=["AE1"])
def ck_097_hypothyroidism_without_event(look: Look) -> Iterator[Hit]:
    yield from _thyroid(look, False, "Hypothyroidism")


@check("CK-098", on="LB", reads=["AE1"])
def ck_098_hyperthyroidism_without_event(look: Look) -> Iterator[Hit]:
    yield from _thyroid(look, True, "Hyperthyroidism")


@check("CK-099", on="LB", reads=["EC", "EG"])
def ck_099_raised_heart_markers_without_ecg(look: Look) -> Iterator[Hit]:
    """After the day of the first camrelizumab: samples of a dosing day are taken before the infusion."""
    day, found = look.get("lbdat"), results_of(look)
    raised = [
        one for one, times in ((found.get("TROPONI"), 1), (found.get("CK"), 5)) if one and one.over_uln(times)
    ]
    if day is None or not raised:
        return
    started = min((d for cycle in look.book.all("EC") for d in infusion_days(cycle, "CAM")), default=None)
    if started is None or day <= started:
        return
    if not any(_recorded(ecg, day) for ecg in look.book.all("EG")):
        yield raised[0].hit(look, **{one.test: one.words for one in raised})


def _recorded(ecg: Sheet, day: dt.date) -> bool:
    """Whether this ECG was taken within three days."""
    on = ecg.get("egdat")
    return ecg.get("egperf") != "N" and on is not None and abs(on - day) <= 3 * DAY


# --- the course of treatment --------------------------------------------------------------------------------


def _envelope(look: Look, panel: str, *visits: str) -> FormFacts | None:
    """The record of a panel at the first of these visits that has one, started or still to come."""
    found = (look.folder.envelope("LB", visit, panel_number(panel)) for visit in visits)
    return next((form for form in found if form and (form.expected or form.status != EXPECTED)), None)


@check("CK-101", on=PARTICIPANT, reads=["LB", "EC"])
def ck_101_no_recent_laboratory_before_dosing(look: Look) -> Iterator[Hit]:
    """For every cycle given: the last blood count and the last chemistry up to its day 1.

    Shown at the panel of the visit (of C1: the baseline's), else at the cycle: where nothing was taken there is no
    sample to show it at.
    """
    for cycle in look.book.all("EC"):
        dosed = day_one(cycle)
        if dosed is None:
            continue
        most = look.cfg("qual_lab_days" if dosed == look.folder.first_dose else "lab_age_days")
        for panel in ("HEM", "CHEM"):
            last = _last_sample(look, panel, dosed)
            if last is None or (dosed - last).days > most:
                place = _envelope(look, panel, "BAS" if cycle.visit == "C1" else cycle.visit)
                yield look.hit(
                    "lbdat" if place else "ec_d1dat", at=place or cycle, panel=panel, last=last, dosed=dosed
                )


def _last_sample(look: Look, panel: str, until: dt.date) -> dt.date | None:
    days = (
        sheet.get("lbdat")
        for sheet in look.book.all("LB")
        if sheet.repeat == panel_number(panel) and sheet.get("lbperf") != "N"
    )
    return max((day for day in days if day is not None and day <= until), default=None)


@check("CK-102", on="LB", reads=["LB"])
def ck_102_conflicting_duplicate(look: Look) -> Iterator[Hit]:
    """At the later of two records; a time that is not known is not the same time."""
    day, time = look.get("lbdat"), look.get("lbtim")
    if day is None or time is None:
        return
    for test, one in results_of(look).items():
        for other in course(look.folder, test):
            earlier = (other.sheet.visit_order, other.sheet.form) < (look.sheet.visit_order, look.sheet.form)
            if earlier and (other.day, other.time) == (day, time) and _differ(one, other):
                found: dict[str, Any] = {test: one.words or one.code, "other": other.words or other.code}
                yield one.hit(look, **found)
                break


def _differ(one: Result, other: Result) -> bool:
    """Numbers are compared in the standard unit, codes as they are; without a result there is no conflict."""
    if one.code is None or other.code is None:
        return False
    if one.number is not None and other.number is not None:
        return (one.operator, one.number) != (other.operator, other.number)
    return (one.code, one.row.get("lborresu")) != (other.code, other.row.get("lborresu"))


def _fold_over(one: Result, other: Result | None, fold: int) -> bool:
    """Certainly more than so many times the other, which is not zero."""
    return bool(other and other.most and one.exceeds(other.most * fold))


@check("CK-103", on="LB", reads=["LB"])
def ck_103_afp_tenfold(look: Look) -> Iterator[Hit]:
    one = results_of(look).get("AFP")
    last = before(look, one) if one else None
    if one is None or last is None or one.day is None or last.day is None or (one.day - last.day).days > 42:
        return
    if _fold_over(one, last, 10) or _fold_over(last, one, 10):
        yield one.hit(look, AFP=one.words, before=last.words, on=last.day)


@check("CK-104", on="LB", reads=["LB", "CM1"])
def ck_104_pivka_on_vitamin_k_antagonist(look: Look) -> Iterator[Hit]:
    one = results_of(look).get("PIVKA")
    last = before(look, one) if one else None
    if one is None or last is None or not _fold_over(one, last, 10):
        return
    taken = (
        certainly_within(cm.get("cmstdat"), cm.get("cmendat"), cm.get("cmongo") == "Y", one.day)
        for cm in look.book.all("CM1")
        if vitamin_k_antagonist(cm)
    )
    if any(taken):
        yield one.hit(look, PIVKA=one.words, before=last.words, on=last.day)


@check("CK-105", on="LB", reads=["LB", "EC", "VS", "DM"])
def ck_105_oxaliplatin_with_low_clearance(look: Look) -> Iterator[Hit]:
    """On each day of oxaliplatin the last creatinine counts, with the weight used for dosing, else the last one (D-08).

    As the retreatment criteria read it, so that the treatment page and the query say the same.
    """
    one = results_of(look).get("CREAT")
    if one is None or one.exact is None or one.day is None:
        return
    for cycle in look.book.all("EC"):
        for day in infusion_days(cycle, "OXA"):
            clearance = _clearance(look, one, cycle, day)
            if clearance is not None and clearance < as_decimal(look.cfg("crcl_oxa_min")):
                shown = plain(derived.half_up(clearance, 1))
                yield one.hit(look, CREAT=one.words, CrCl=shown, OXA=day)
                return


def _clearance(look: Look, one: Result, cycle: Sheet, day: dt.date) -> Decimal | None:
    """The clearance of a day by this sample; none when a later sample tells it."""
    until = [other for other in course(look.folder, "CREAT") if other.day is not None and other.day <= day]
    if not until or until[-1].sheet.form != one.sheet.form:
        return None
    weights = [
        weighed.value for weighed in series(look.folder, "VS", "weight", "vsdat") if weighed.day <= day
    ]
    weight = cycle.get("ec_wt") or (weights[-1] if weights else None)
    age, sex = look.book.value("DM", "age"), look.book.value("DM", "sex")
    return derived_clinic.creatinine_clearance(age, weight, one.exact, sex)


@check("CK-106", on=PARTICIPANT, reads=["DM", "LB", "EC"])
def ck_106_no_negative_pregnancy_test(look: Look) -> Iterator[Hit]:
    """Shown at the pregnancy test of the baseline or of screening, else at the first cycle."""
    first = look.folder.first_dose
    if first is None or look.book.value("DM", "wocbp") != "Y":
        return
    if any(_negative(one, first) for one in course(look.folder, "HCG")):
        return
    place = _envelope(look, "PREG", "BAS", "SCR")
    cycle = look.book.one("EC")
    if place or cycle:
        yield look.hit("lbdat" if place else "ec_d1dat", at=place or cycle, first_dose=first)


def _negative(one: Result, first: dt.date) -> bool:
    within = one.day is not None and 0 <= (first - one.day).days <= PREGNANCY_DAYS
    return one.code == "NEG" and within


@check("CK-107", on="LB", reads=["EC"])
def ck_107_dosed_after_positive_pregnancy_test(look: Look) -> Iterator[Hit]:
    one, day, last = results_of(look).get("HCG"), look.get("lbdat"), look.folder.last_dose
    if one is None or one.code != "POS" or day is None:
        return
    if (last is not None and last >= day) or _taking_now(look):
        yield one.hit(look, HCG="POS", last_dose=last)


def _taking_now(look: Look) -> bool:
    """Whether an apatinib period goes on: its end is blank while it is the current one."""
    return any(
        row.get("apa_ecstdat") and row.get("apa_ecendat") is None and (row.get("apa_dose") or 0) > 0
        for cycle in look.book.all("EC")
        for row in cycle.lines("EC3")
    )


@check("CK-108", on="LB", reads=["SURG"])
def ck_108_bleeding_risk_before_surgery(look: Look) -> Iterator[Hit]:
    day, surgery = look.get("lbdat"), look.folder.surgery
    if look.sheet.visit != "PREOP" or day is None or surgery is None or not 0 <= (surgery - day).days <= 7:
        return
    found = results_of(look)
    platelets, inr = found.get("PLAT"), found.get("INR")
    if platelets and platelets.below(Decimal(50)):
        yield platelets.hit(look, PLAT=platelets.words)
    if inr and inr.exceeds(Decimal("1.5")):
        yield inr.hit(look, INR=inr.words)
