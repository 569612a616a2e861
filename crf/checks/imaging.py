"""Edit checks (crf-book 3.H Tumour assessment: CK-166 to CK-200).

Comparisons stay within the assessments of one evaluator (G-7). `ta_no` is the order by date, 0 the baseline (D-22).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from crf.derivation_imaging import (
    INVESTIGATOR,
    after_resection,
    atypical_at_baseline,
    evaluator_of,
    filled,
    resection_day,
)
from crf.limits import interval
from crf.sheets import Casebook, RowValues, Sheet

from .doses import last_day
from .engine import Hit, Look, check
from .times import certainly_after, days

BASELINE_AGE_DAYS = 28
LARGE_CHANGE_MM, LARGE_CHANGE = 20, Decimal("0.5")
THIN_SLICE_MM = 5
MAX_COUNTED = 5  # up to so many tumours the numbers of both forms are compared
TREATED_AFTER_PD_DAYS = 14
BETTER_THAN_PD = ("CR", "PR", "SD", "NONCRNONPD")
# Where an organ lies. A lymph node, and an organ in words, may lie anywhere.
REGION_OF = {
    "LIVER": "ABDOMEN", "ADRENAL": "ABDOMEN", "PERITONEUM": "ABDOMEN", "PORTAL_VEIN": "ABDOMEN", "LUNG": "CHEST",
    "BONE": "BONE", "BRAIN": "HEAD",
}  # fmt: skip


# --- the other assessments ----------------------------------------------------------------------------------


def _series(look: Look) -> list[Sheet]:
    """The numbered assessments of the same evaluator, in their order."""
    mine = evaluator_of(look.sheet)
    found = [s for s in look.book.all("TA") if evaluator_of(s) == mine and s.get("ta_no") is not None]
    return sorted(found, key=lambda sheet: sheet.get("ta_no"))


def _baseline(look: Look) -> Sheet | None:
    return next((s for s in _series(look) if s.get("ta_no") == 0 and s.get("ta_perf") != "N"), None)


def _earlier(look: Look) -> list[Sheet]:
    """Assessments before this one, the latest first."""
    number = look.get("ta_no")
    return [] if number is None else [s for s in reversed(_series(look)) if s.get("ta_no") < number]


def _is_baseline(look: Look) -> bool:
    return look.get("ta_no") == 0


def _later(look: Look) -> bool:
    return (look.get("ta_no") or 0) > 0


def _done(look: Look) -> bool:
    """Lesions are asked for only of an assessment that took place."""
    return look.get("ta_perf") == "Y"


def _by_id(sheet: Sheet | None, section: str, name: str) -> dict[str, RowValues]:
    return {row.get(name): row for row in sheet.lines(section) if row.get(name)} if sheet else {}


def _targets(look: Look) -> list[tuple[RowValues, RowValues | None]]:
    """Each target lesion with its row at baseline."""
    first = _by_id(_baseline(look), "TA2", "tl_lnkid")
    return [(row, first.get(row.get("tl_lnkid"))) for row in filled(look.lines("TA2"))]


def _hit(look: Look, row: RowValues, name: str, section: str = "TA2", **found: Any) -> Hit:
    return look.hit(name, row=(section, row), **found)


# --- baseline -----------------------------------------------------------------------------------------------


@check("CK-166", on="TA", reads=("EC",))
def ck_166_baseline_after_first_dose(look: Look) -> Iterator[Hit]:
    if _is_baseline(look) and certainly_after(look.get("tudat"), look.folder.first_dose):
        yield look.hit("tudat")


@check("CK-167", on="TA", reads=("EC",))
def ck_167_baseline_too_old(look: Look) -> Iterator[Hit]:
    age = days(look.get("tudat"), look.folder.first_dose)
    if _is_baseline(look) and age is not None and age > BASELINE_AGE_DAYS:
        yield look.hit("tudat", tudat=look.get("tudat"), days=age)


@check("CK-168", on="TA")
def ck_168_too_many_targets(look: Look) -> Iterator[Hit]:
    for row in filled(look.lines("TA2"))[5:]:
        yield _hit(look, row, "tl_lnkid")


@check("CK-169", on="TA")
def ck_169_too_many_targets_of_an_organ(look: Look) -> Iterator[Hit]:
    """R-7; all lymph nodes are one organ of the list."""
    counted: dict[str, int] = {}
    for row in filled(look.lines("TA2")):
        organ = row.get("tl_loc")
        counted[organ] = counted.get(organ, 0) + 1
        if organ is not None and counted[organ] > 2:
            yield _hit(look, row, "tl_loc")


def _small_target(look: Look, node: str, limit: int) -> Iterator[Hit]:
    if not _is_baseline(look):
        return
    for row in look.lines("TA2"):
        mm = row.get("tl_diam")
        if row.get("tl_node") == node and mm is not None and mm < limit:
            yield _hit(look, row, "tl_diam")


@check("CK-170", on="TA")
def ck_170_small_target(look: Look) -> Iterator[Hit]:
    yield from _small_target(look, "N", 10)


@check("CK-171", on="TA")
def ck_171_small_node(look: Look) -> Iterator[Hit]:
    yield from _small_target(look, "Y", 15)


@check("CK-172", on="TA")
def ck_172_smaller_than_two_slices(look: Look) -> Iterator[Hit]:
    """R-1."""
    slice_mm = look.get("ta_slice")
    if not _is_baseline(look) or slice_mm is None or slice_mm <= THIN_SLICE_MM:
        return
    for row in look.lines("TA2"):
        if row.get("tl_diam") is not None and row.get("tl_diam") < 2 * slice_mm:
            yield _hit(look, row, "tl_diam", tl_diam=row.get("tl_diam"), ta_slice=slice_mm)


@check("CK-173", on="TA")
def ck_173_no_target(look: Look) -> Iterator[Hit]:
    if _is_baseline(look) and _done(look) and not filled(look.lines("TA2")):
        yield look.hit()


# --- the same lesions at every assessment -------------------------------------------------------------------


def _other_lesions(look: Look, section: str, name: str) -> Iterator[Hit]:
    """R-9: a lesion that is not of the baseline, at its row; those that are missing, at the form.

    A row whose id is not given yet may be the missing one.
    """
    baseline = _baseline(look)
    if not _later(look) or not _done(look) or baseline is None:
        return
    rows, first = filled(look.lines(section)), _by_id(baseline, section, name)
    ids = [row.get(name) for row in rows]
    for row in rows:
        if row.get(name) is not None and row.get(name) not in first:
            yield _hit(look, row, name, section)
    if None not in ids and (missing := [id for id in first if id not in ids]):
        yield look.hit(missing=tuple(missing))


@check("CK-174", on="TA", reads=("TA",))
def ck_174_targets_of_baseline(look: Look) -> Iterator[Hit]:
    yield from _other_lesions(look, "TA2", "tl_lnkid")


@check("CK-175", on="TA", reads=("TA", "SURG"))
def ck_175_nontargets_of_baseline(look: Look) -> Iterator[Hit]:
    """Not after the resection: a non-target lesion has no state "resected", and only recurrence is answered then."""
    if after_resection(look.sheet, resection_day(look.book)):
        return
    yield from _other_lesions(look, "TA3", "nt_lnkid")


@check("CK-176", on="TA", reads=("TA",))
def ck_176_location_changed(look: Look) -> Iterator[Hit]:
    for row, first in _targets(look):
        for name in ("tl_loc", "tl_node"):
            pair = (row.get(name), first.get(name) if first else None)
            if None not in pair and pair[0] != pair[1]:
                yield _hit(look, row, name, **{name: pair[0], "baseline": pair[1]})


@check("CK-177", on="TA", reads=("TA", "SURG"))
def ck_177_new_lesion_numbers(look: Look) -> Iterator[Hit]:
    """A number without the one before it; or a lesion that is gone from the list. What was resected need not stay."""
    own, earlier = _by_id(look.sheet, "TA4", "nl_lnkid"), _earlier(look)
    seen = {id for sheet in earlier for id in _by_id(sheet, "TA4", "nl_lnkid")} | set(own)
    for id, row in own.items():
        if int(id[1:]) > 1 and f"N{int(id[1:]) - 1:02}" not in seen:
            yield _hit(look, row, "nl_lnkid", "TA4")
    if not _done(look) or after_resection(look.sheet, resection_day(look.book)):
        return
    certain = {
        id
        for sheet in earlier
        for id, row in _by_id(sheet, "TA4", "nl_lnkid").items()
        if row.get("nl_certain") == "UNEQUIVOCAL"
    }
    if missing := sorted(certain.difference(own)):
        yield look.hit("nl_yn", missing=tuple(missing))


# --- diameters ----------------------------------------------------------------------------------------------


@check("CK-178", on="TA")
def ck_178_viable_exceeds_whole(look: Look) -> Iterator[Hit]:
    for row in look.lines("TA2"):
        viable, whole = row.get("tl_viable"), row.get("tl_diam")
        if viable is not None and whole is not None and viable > whole:
            yield _hit(look, row, "tl_viable", tl_viable=viable, tl_diam=whole)


@check("CK-179", on="TA", reads=("TA",))
def ck_179_viable_of_atypical_lesion(look: Look) -> Iterator[Hit]:
    """M-2. The organ may have been corrected since the baseline, the pattern is that of the baseline."""
    for row, first in _targets(look):
        pattern = row.get("tl_enh") if _is_baseline(look) else first and first.get("tl_enh")
        if row.get("tl_loc") == "LIVER" and pattern == "ATYPICAL" and row.get("tl_viable") is not None:
            yield _hit(look, row, "tl_viable")


@check("CK-180", on="TA")
def ck_180_viable_outside_liver(look: Look) -> Iterator[Hit]:
    """M-7."""
    for row in look.lines("TA2"):
        viable, whole = row.get("tl_viable"), row.get("tl_diam")
        outside = row.get("tl_loc") not in (None, "LIVER")
        if outside and None not in (viable, whole) and viable != whole:
            yield _hit(look, row, "tl_viable", tl_viable=viable, tl_diam=whole)


def _state_with(look: Look, state: str, mm: int, *names: str, equal: bool = False) -> Iterator[Hit]:
    """Lesions of a state whose diameter differs from (or equals) what belongs to it."""
    for row in look.lines("TA2"):
        for name in names:
            value = row.get(name) if row.get("tl_state") == state else None
            if value is not None and (value == mm) is equal:
                yield _hit(look, row, name)


@check("CK-181", on="TA")
def ck_181_merged_measured(look: Look) -> Iterator[Hit]:
    yield from _state_with(look, "MERGED", 0, "tl_diam")


@check("CK-184", on="TA")
def ck_184_viable_without_contrast(look: Look) -> Iterator[Hit]:
    if look.get("ta_contrast") == "N":
        for row in look.lines("TA2"):
            if row.get("tl_viable") is not None:
                yield _hit(look, row, "tl_viable")


@check("CK-185", on="TA")
def ck_185_too_small_is_5(look: Look) -> Iterator[Hit]:
    """R-22."""
    yield from _state_with(look, "TOOSMALL", 5, "tl_diam")


@check("CK-186", on="TA")
def ck_186_disappeared_is_0(look: Look) -> Iterator[Hit]:
    """R-21."""
    yield from _state_with(look, "DISAPPEARED", 0, "tl_diam", "tl_viable")


@check("CK-187", on="TA")
def ck_187_measured_is_not_0(look: Look) -> Iterator[Hit]:
    yield from _state_with(look, "MEASURED", 0, "tl_diam", equal=True)


@check("CK-188", on="TA", reads=("TA",))
def ck_188_large_change(look: Look) -> Iterator[Hit]:
    """Against the last assessment at which the lesion had a diameter."""
    earlier = _earlier(look)
    for row in look.lines("TA2"):
        now, before = row.get("tl_diam"), _last_of(earlier, "TA2", row, "tl_lnkid", "tl_diam")
        if now is None or before is None:
            continue
        change = abs(now - before)
        if change > LARGE_CHANGE * before and change > LARGE_CHANGE_MM:
            yield _hit(look, row, "tl_diam", tl_diam=now, previous=before)


def _last_of(earlier: list[Sheet], section: str, row: RowValues, id: str, name: str) -> Any:
    """The last known value of the same lesion; what could not be evaluated is passed over."""
    for sheet in earlier:
        same = _by_id(sheet, section, id).get(row.get(id))
        if same is not None and same.get(name) not in (None, "NE"):
            return same.get(name)
    return None


# --- method and dates ---------------------------------------------------------------------------------------


@check("CK-182", on="TA", reads=("TA",))
def ck_182_region_of_disease_not_scanned(look: Look) -> Iterator[Hit]:
    """R-73. Of organs whose region is known, and regions that were scanned at baseline."""
    baseline, scanned = _baseline(look), look.get("ta_regions")
    if not _later(look) or baseline is None or scanned is None or look.get("nl_yn") != "N":
        return
    organs = [row.get("tl_loc") for row in baseline.lines("TA2")]
    organs += [row.get("nt_loc") for row in baseline.lines("TA3")]
    diseased = {REGION_OF[organ] for organ in organs if organ in REGION_OF}
    missing = [r for r in baseline.get("ta_regions") or () if r in diseased and r not in scanned]
    if missing:
        yield look.hit("nl_yn", nl_yn="N", missing=tuple(missing))


@check("CK-183", on="TA")
def ck_183_new_lesion_answer(look: Look) -> Iterator[Hit]:
    answer, rows = look.get("nl_yn"), filled(look.lines("TA4"))
    if (answer == "Y" and not rows) or (answer in ("N", "NA") and rows):
        yield look.hit("nl_yn", nl_yn=answer, rows=len(rows))


@check("CK-189", on="TA", reads=("TA",))
def ck_189_other_method(look: Look) -> Iterator[Hit]:
    baseline = _baseline(look) if _later(look) else None
    methods = look.get("ta_method"), baseline.get("ta_method") if baseline else None
    if None not in methods and methods[0] != methods[1]:
        yield look.hit("ta_method", ta_method=methods[0], baseline=methods[1])


@check("CK-190", on="TA", reads=("TA",))
def ck_190_dates_increase(look: Look) -> Iterator[Hit]:
    """In the order of the visits; an unscheduled one lies anywhere after the baseline, but on a day of its own (G-27)."""
    day = look.get("tudat")
    for other in look.book.all("TA"):
        if evaluator_of(other) != evaluator_of(look.sheet) or other.form == look.sheet.form:
            continue
        if day is not None and other.get("tudat") and _out_of_order(look.sheet, day, other):
            yield look.hit("tudat", tudat=day, previous=other.get("tudat"))
            return


def _out_of_order(sheet: Sheet, day: dt.date, other: Sheet) -> bool:
    before = other.get("tudat")
    if other.get("ta_no") == 0:
        return bool(before >= day)
    if sheet.get("ta_no") == 0:
        return False
    places = [(s.visit_order, s.repeat, s.form) for s in (sheet, other)]
    if any(s.visit.startswith("UNS") for s in (sheet, other)):
        return bool(before == day and places[1] < places[0])
    return bool(places[1] < places[0] and before >= day)


@check("CK-191", on="TA")
def ck_191_outside_window(look: Look) -> Iterator[Hit]:
    """The baseline has limits of its own (CK-166, CK-167); an unscheduled assessment has none."""
    visit, day = look.folder.visit(look.sheet.visit), look.get("tudat")
    if visit is None or day is None or _is_baseline(look):
        return
    early = visit.window_from is not None and day < visit.window_from
    if early or (visit.window_to is not None and day > visit.window_to):
        yield look.hit("tudat", tudat=day, window_from=visit.window_from, window_to=visit.window_to)


# --- response -----------------------------------------------------------------------------------------------


@check("CK-192", on="TA", reads=("TA",))
def ck_192_nontarget_reappears(look: Look) -> Iterator[Hit]:
    earlier = _earlier(look)
    for row in look.lines("TA3"):
        if row.get("nt_status") != "PRESENT":
            continue
        if _last_of(earlier, "TA3", row, "nt_lnkid", "nt_status") == "ABSENT":
            yield _hit(look, row, "nt_status", "TA3")


@check("CK-193", on="TA", reads=("TA",))
def ck_193_nontarget_response_without_lesion(look: Look) -> Iterator[Hit]:
    """By mRECIST an atypical target in the liver is a non-target (M-2), so there the answer is not NA."""
    baseline = _baseline(look)
    if not _later(look) or baseline is None or filled(baseline.lines("TA3")):
        return
    atypical = any(atypical_at_baseline(row) for row in baseline.lines("TA2"))
    for name in ("ntresp_r_inv",) if atypical else ("ntresp_r_inv", "ntresp_m_inv"):
        if look.get(name) not in (None, "NA"):
            yield look.hit(name)


@check("CK-194", on="TA")
def ck_194_new_lesion_is_progression(look: Look) -> Iterator[Hit]:
    """R-60."""
    certain = any(row.get("nl_certain") == "UNEQUIVOCAL" for row in look.lines("TA4"))
    if look.get("nl_yn") == "Y" and certain and look.get("ovresp_r_inv") not in (None, "PD"):
        yield look.hit("ovresp_r_inv")


def _unexplained(look: Look, criterion: str) -> Iterator[Hit]:
    given, derived = look.get(f"ovresp_{criterion}_inv"), look.get(f"ovresp_{criterion}_calc")
    if None not in (given, derived) and given != derived and look.get("resp_com") is None:
        yield look.hit(f"ovresp_{criterion}_inv", investigator=given, derived=derived)


@check("CK-195", on="TA")
def ck_195_recist_unexplained(look: Look) -> Iterator[Hit]:
    yield from _unexplained(look, "r")


@check("CK-196", on="TA")
def ck_196_mrecist_unexplained(look: Look) -> Iterator[Hit]:
    yield from _unexplained(look, "m")


@check("CK-197", on="TA", reads=("TA", "SURG"))
def ck_197_response_after_progression(look: Look) -> Iterator[Hit]:
    """Before the resection only: afterwards there is recurrence, yes or no (R-92)."""
    if after_resection(look.sheet, resection_day(look.book)):
        return
    for name in ("ovresp_r_inv", "ovresp_m_inv"):
        progressed = any(sheet.get(name) == "PD" for sheet in _earlier(look))
        if progressed and look.get(name) in BETTER_THAN_PD:
            yield look.hit(name)


@check("CK-198", on="TA", reads=("EC",))
def ck_198_treated_after_progression(look: Look) -> Iterator[Hit]:
    """Counted from the last scan of the assessment; apatinib that goes on is taken today. [G-32]"""
    seen, last = look.get("ta_lastdat") or look.get("tudat"), last_day(look.folder)
    after = days(seen, last)
    if look.get("ovresp_r_inv") != "PD" or after is None or look.get("resp_com") is not None:
        return
    if after > TREATED_AFTER_PD_DAYS:
        yield look.hit("ovresp_r_inv", ovresp_r_inv="PD", last_dose=last)


@check("CK-199", on="TA", reads=("HCC",))
def ck_199_number_of_liver_lesions(look: Look) -> Iterator[Hit]:
    hcc = look.book.one("HCC")
    counted = hcc.get("hcc_nodcount") if hcc and hcc.get("hcc_uncountable") == "N" else None
    if not _is_baseline(look) or not _done(look) or counted is None or counted > MAX_COUNTED:
        return
    found = liver_lesions(look.sheet)
    if found != counted:
        yield look.hit(liver_lesions=found, hcc_nodcount=counted)


def liver_lesions(sheet: Sheet) -> int:
    """Target and non-target lesions in the liver."""
    return sum(
        row.get(name) == "LIVER"
        for section, name in (("TA2", "tl_loc"), ("TA3", "nt_loc"))
        for row in sheet.lines(section)
    )


@check("CK-200", on="TA", reads=("TA", "SURG", "LPATH"))
def ck_200_resected_lesion_not_marked(look: Look) -> Iterator[Hit]:
    resected = interval(resection_day(look.book))
    if resected is None or not look.sheet.visit.startswith("FUIMG") or not _free_margin(look):
        return
    if not certainly_after(look.get("tudat"), resected[0]):
        return
    for row, first in _targets(look):
        if first is not None and row.get("tl_state") not in (None, "RESECTED", "NE"):
            yield _hit(look, row, "tl_state")


def _free_margin(look: Look) -> bool:
    """R0 or R1, from local pathology, else from the surgeon (endpoint-rules, end of section 9)."""
    local = [sheet.get("lp_r") for sheet in look.book.all("LPATH") if sheet.get("lp_r")]
    said = local or [sheet.get("surg_r") for sheet in look.book.all("SURG") if sheet.get("surg_r")]
    return any(status in ("R0", "R1") for status in said)


def investigator_baseline(book: Casebook) -> Sheet | None:
    """The site's own baseline assessment."""
    series = [s for s in book.all("TA") if evaluator_of(s) == INVESTIGATOR and s.get("ta_perf") != "N"]
    return next((sheet for sheet in series if sheet.get("ta_no") == 0), None)
