"""Edit checks (crf-book 3.J Local and central pathology: CK-223 to CK-254).

A reader is blind (2.0): a hit on a reader's own record quotes that record and nothing else, neither another reading
nor what the site entered. What concerns several readings is said at the final result.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from crf.derivation_imaging import filled
from crf.sheets import RowValues, Sheet

from .engine import PARTICIPANT, FormFacts, Hit, Look, check
from .imaging import investigator_baseline, liver_lesions
from .near import as_decimal
from .operations import not_operated, operations, specimen_day
from .times import DAY, certainly_before, days

SUM_TOLERANCE = Decimal("0.05")
REPORT_DAYS = 30
ADJUDICATION_DAYS = 30
FEW_BLOCKS = 7
FIXATION_HOURS = (6, 72)
POINTS_APART = 20
TIME_FRAME_DAYS = 183  # registry: MPR within 6 months of the first dose
NOT_GRADED = ("NA", "NE")


# --- what local and central pathology have in common --------------------------------------------------------


def _shares_wrong(look: Look, section: str, prefix: str) -> Iterator[Hit]:
    """P-1: viable tumour, necrosis and stroma of a nodule make 100 %."""
    for row in look.lines(section):
        shares = [row.get(prefix + name) for name in ("rvt", "nec", "str")]
        if None not in shares and abs(sum(shares, Decimal(0)) - 100) > SUM_TOLERANCE:
            yield look.hit(prefix + "rvt", row=(section, row), sum=sum(shares, Decimal(0)))


def _mvi_contradicts(look: Look, prefix: str) -> bool:
    """P-11."""
    grade, count, far = (look.get(prefix + name) for name in ("mvi", "mvi_n", "mvi_far"))
    if grade == "M0":
        return count is not None and count > 0
    if grade == "M1":
        return far == "Y" or (count is not None and not 1 <= count <= 5)
    return grade == "M2" and count is not None and count <= 5 and far == "N"


def _edmondson_contradicts(look: Look, section: str, prefix: str) -> Iterator[Hit]:
    """A grade without viable tumour, or none of viable tumour."""
    for row in look.lines(section):
        viable, grade = row.get(prefix + "rvt"), row.get(prefix + "edm")
        if viable is None or grade is None:
            continue
        if (viable > 0 and grade == "NA") or (viable == 0 and grade not in NOT_GRADED):
            yield look.hit(prefix + "edm", row=(section, row))


def _viable(rows: list[RowValues], name: str) -> list[Decimal] | None:
    """The viable share of every nodule; none while one is missing."""
    values = [row.get(name) for row in rows]
    return None if not values or None in values else values


# --- local pathology ----------------------------------------------------------------------------------------


@check("CK-223", on="LPATH", reads=("SURG",))
def ck_223_pathology_before_operation(look: Look) -> Iterator[Hit]:
    for name in ("lp_recdat", "lp_midat"):
        if certainly_before(look.get(name), specimen_day(look.folder)):
            yield look.hit(name)


@check("CK-224", on=PARTICIPANT, reads=("SURG", "LPATH"))
def ck_224_report_missing(look: Look) -> Iterator[Hit]:
    """At the expected report, or at the operation while none is expected."""
    if look.folder.started("LPATH"):
        return
    resections = [s for s in operations(look.book) if s.get("surg_prtrt") not in (None, "EXPLORE")]
    for sheet in resections[:1]:
        if look.today > sheet.get("surg_prstdat") + REPORT_DAYS * DAY:
            expected = _envelope(look, "LPATH")
            yield look.hit("" if expected else "surg_prstdat", at=expected or sheet)


def _envelope(look: Look, key: str) -> FormFacts | None:
    return next((form for form in look.folder.forms if form.key == key), None)


@check("CK-225", on="LPATH", reads=("SURG",))
def ck_225_pathology_without_operation(look: Look) -> Iterator[Hit]:
    if not_operated(look.book):
        yield look.hit("lp_recdat")


@check("CK-226", on="LPATH")
def ck_226_local_shares(look: Look) -> Iterator[Hit]:
    yield from _shares_wrong(look, "LP3", "lpn_")


@check("CK-227", on="LPATH")
def ck_227_number_of_nodule_rows(look: Look) -> Iterator[Hit]:
    count, rows = look.get("lp_nnod"), filled(look.lines("LP3"))
    if count is not None and count != len(rows):
        yield look.hit("lp_nnod", lp_nnod=count, rows=len(rows))


@check("CK-228", on="LPATH", reads=("TA",))
def ck_228_beds_and_baseline_lesions(look: Look) -> Iterator[Hit]:
    """The form has no comment of its own: the reason that confirms the query is the comment."""
    count, baseline = look.get("lp_nnod"), investigator_baseline(look.book)
    lesions = liver_lesions(baseline) if baseline else None
    if count is not None and lesions is not None and count != lesions:
        yield look.hit("lp_nnod", lp_nnod=count, liver_lesions=lesions)


@check("CK-229", on="LPATH")
def ck_229_local_mvi(look: Look) -> Iterator[Hit]:
    if _mvi_contradicts(look, "lp_"):
        yield look.hit("lp_mvi")


@check("CK-230", on="LPATH")
def ck_230_more_positive_nodes(look: Look) -> Iterator[Hit]:
    positive, examined = look.get("lp_ln_pos"), look.get("lp_ln_ex")
    if positive is not None and examined is not None and positive > examined:
        yield look.hit("lp_ln_pos")


@check("CK-231", on="LPATH")
def ck_231_margin_and_distance(look: Look) -> Iterator[Hit]:
    margin, distance = look.get("lp_margin"), look.get("lp_margin_mm")
    if distance is None:
        return
    if (margin == "POS" and distance > 0) or (margin == "NEG" and distance == 0):
        yield look.hit("lp_margin_mm", lp_margin=margin, lp_margin_mm=distance)


@check("CK-232", on="LPATH")
def ck_232_type_and_viable_tumour(look: Look) -> Iterator[Hit]:
    """One nodule with viable tumour is enough against "no tumour"; "none" must be known of every nodule."""
    histology, rows = look.get("lp_hist"), filled(look.lines("LP3"))
    some = any((row.get("lpn_rvt") or 0) > 0 for row in rows)
    values = _viable(rows, "lpn_rvt")
    none = values is not None and not any(values)
    if histology is not None and (some if histology == "NOTUMOUR" else none):
        yield look.hit("lp_hist")


@check("CK-233", on="LPATH")
def ck_233_local_edmondson(look: Look) -> Iterator[Hit]:
    yield from _edmondson_contradicts(look, "LP3", "lpn_")


@check("CK-234", on="LPATH")
def ck_234_blocks_of_bed(look: Look) -> Iterator[Hit]:
    """P-7; the lengths that are known are the least there is."""
    lengths = [row.get("lpn_len") for row in look.lines("LP3") if row.get("lpn_len") is not None]
    needed = math.ceil(sum(lengths, Decimal(0)) / 10 * as_decimal(look.cfg("blocks_per_cm")))
    blocks = look.get("lp_blocks_bed")
    if blocks is not None and blocks < needed:
        yield look.hit("lp_blocks_bed", lp_blocks_bed=blocks, needed=needed)


@check("CK-235", on="LPATH")
def ck_235_seven_blocks(look: Look) -> Iterator[Hit]:
    """P-12."""
    blocks = look.get("lp_blocks_all")
    concerned = look.get("lp_sampling") == "P7" or look.get("lp_mvi") == "M0"
    if blocks is not None and blocks < FEW_BLOCKS and concerned:
        yield look.hit("lp_blocks_all")


@check("CK-236", on="LPATH")
def ck_236_fixation_time(look: Look) -> Iterator[Hit]:
    hours, (low, high) = look.get("lp_fix_h"), FIXATION_HOURS
    if hours is not None and not low <= hours <= high:
        yield look.hit("lp_fix_h")


@check("CK-237", on="LPATH")
def ck_237_more_slides_sent(look: Look) -> Iterator[Hit]:
    sent, made = look.get("lp_slides_sent"), look.get("lp_slides_he")
    if sent is not None and made is not None and sent > made:
        yield look.hit("lp_slides_sent")


# --- a central reading --------------------------------------------------------------------------------------


@check("CK-238", on="CPATH", reads=("SURG",))
def ck_238_reading_without_operation(look: Look) -> Iterator[Hit]:
    if not_operated(look.book):
        yield look.hit("cp_recdat")


@check("CK-239", on="CPATH", reads=("SURG",))
def ck_239_reading_dates(look: Look) -> Iterator[Hit]:
    if certainly_before(look.get("cp_recdat"), specimen_day(look.folder)):
        yield look.hit("cp_recdat")
    if certainly_before(look.get("cp_midat"), look.get("cp_recdat")):
        yield look.hit("cp_midat")


def _other_readings(look: Look) -> list[Sheet]:
    return [sheet for sheet in look.book.all("CPATH") if sheet.form != look.sheet.form]


@check("CK-240", on="CPATH", reads=("CPATH",))
def ck_240_three_people(look: Look) -> Iterator[Hit]:
    """The adjudicator is the one to give way to the readers; of two readers, both records say so."""
    role, user = look.get("cp_reader"), look.get("cp_user")
    readers = [s.get("cp_user") for s in _other_readings(look) if s.get("cp_reader") in ("R1", "R2")]
    if role is not None and user is not None and user in readers:
        yield look.hit("cp_user")


@check("CK-241", on="CPATH")
def ck_241_reader_not_blinded(look: Look) -> Iterator[Hit]:
    if look.get("cp_blind") == "N":
        yield look.hit("cp_blind")


@check("CK-242", on="CPATH", reads=("LPATH",))
def ck_242_slide_numbers(look: Look) -> Iterator[Hit]:
    """Against all slides that the site sent, when every specimen's number is known."""
    read, of_bed = look.get("cp_slides"), look.get("cp_slides_bed")
    sent = [sheet.get("lp_slides_sent") for sheet in look.book.all("LPATH")]
    if None not in (read, of_bed) and of_bed > read:
        yield look.hit("cp_slides_bed")
    if read is not None and sent and None not in sent and read > sum(sent):
        yield look.hit("cp_slides")


@check("CK-243", on="CPATH")
def ck_243_central_shares(look: Look) -> Iterator[Hit]:
    yield from _shares_wrong(look, "CP2", "cpn_")


@check("CK-244", on="CPATH", reads=("CPATH", "LPATH"))
def ck_244_nodules_of_every_reader(look: Look) -> Iterator[Hit]:
    """Compared with finished records only: a draft of the site or of another reader is not an answer yet.

    The hit does not say which nodule is missing, as that would quote the other record.
    """
    if look.get("cp_adeq") in (None, "INADEQUATE"):
        return
    rows = filled(look.lines("CP2"))
    numbers = [row.get("cpn_no") for row in rows]
    expected = _nodules_of_others(look)
    for row in rows:
        if row.get("cpn_no") is not None and any(row.get("cpn_no") not in other for other in expected):
            yield look.hit("cpn_no", row=("CP2", row))
    if None not in numbers and any(other.difference(numbers) for other in expected):
        yield look.hit()


def _nodules_of_others(look: Look) -> list[set[int]]:
    local = [sheet for sheet in look.book.all("LPATH") if sheet.status == "COMPLETE"]
    readers = [
        sheet
        for sheet in _other_readings(look)
        if sheet.status == "COMPLETE" and sheet.get("cp_adeq") not in (None, "INADEQUATE")
    ]
    found = [_numbers(local, "LP3", "lpn_no"), *(_numbers([one], "CP2", "cpn_no") for one in readers)]
    return [numbers for numbers in found if numbers]


def _numbers(sheets: list[Sheet], section: str, name: str) -> set[int]:
    return {row.get(name) for sheet in sheets for row in sheet.lines(section) if row.get(name) is not None}


@check("CK-245", on="CPATH")
def ck_245_in_situ_and_viable(look: Look) -> Iterator[Hit]:
    for row in look.lines("CP2"):
        if row.get("cpn_insitu") == "Y" and (row.get("cpn_rvt") or 0) > 0:
            yield look.hit("cpn_insitu", row=("CP2", row))


@check("CK-246", on="CPATH")
def ck_246_central_edmondson(look: Look) -> Iterator[Hit]:
    yield from _edmondson_contradicts(look, "CP2", "cpn_")


@check("CK-247", on="CPATH")
def ck_247_central_mvi(look: Look) -> Iterator[Hit]:
    if _mvi_contradicts(look, "cp_"):
        yield look.hit("cp_mvi")


@check("CK-248", on="CPATH")
def ck_248_inadequate_but_scored(look: Look) -> Iterator[Hit]:
    if look.get("cp_adeq") == "INADEQUATE":
        for row in filled(look.lines("CP2")):
            yield look.hit("cpn_no", row=("CP2", row))


@check("CK-249", on="CPATH")
def ck_249_viable_outside_bed(look: Look) -> Iterator[Hit]:
    """P-6."""
    values = _viable(filled(look.lines("CP2")), "cpn_rvt")
    if values is None or any(values):
        return
    if look.get("cp_mvi") in ("M1", "M2"):
        yield look.hit("cp_mvi")
    for name in ("cp_macro_viable", "cp_ln_viable", "cp_satellite"):
        if look.get(name) == "Y":
            yield look.hit(name)


def signed_on(reading: Sheet) -> dt.date | None:
    """The day of a reader's signature, kept as `user:12 2024-07-05T08:00:00Z`."""
    moment = (reading.get("cp_sign") or "").partition(" ")[2][:10]
    return dt.date.fromisoformat(moment) if moment else None


@check("CK-254", on="CPATH")
def ck_254_edited_after_signature(look: Look) -> Iterator[Hit]:
    """A signed record is locked, and reopening takes the signature away (pathology.services).

    What got past the lock shows: an open record that still bears the signature of an earlier day, or a signature
    that is not its reader's. A day of grace, as signatures are kept in UTC and the record is signed while it is saved.
    """
    signed, signer = signed_on(look.sheet), (look.get("cp_sign") or "").partition(" ")[0]
    reopened = look.sheet.status == "IN_PROGRESS" and (days(signed, look.today) or 0) > 1
    strange = bool(signer) and look.get("cp_user") not in (None, signer)
    if signed is not None and (reopened or strange):
        yield look.hit("cp_sign")


# --- the final result ---------------------------------------------------------------------------------------


def _signed(look: Look, *roles: str) -> list[dt.date]:
    """Days on which readers of these roles signed their finished records, earliest first."""
    done = (s for s in look.book.all("CPATH") if s.get("cp_reader") in roles and s.status == "COMPLETE")
    return sorted(day for sheet in done if (day := signed_on(sheet)))


@check("CK-250", on="CPATHF", reads=("CPATH",))
def ck_250_adjudication_overdue(look: Look) -> Iterator[Hit]:
    """A record that is not signed is none yet (G-36)."""
    readers, done = _signed(look, "R1", "R2"), _signed(look, "ADJ")
    if look.get("cpf_adj_need") != "Y" or len(readers) < 2 or done:
        return
    if look.today > readers[-1] + ADJUDICATION_DAYS * DAY:
        yield look.hit("cpf_adj_need")


@check("CK-251", on="CPATH", reads=("CPATHF",))
def ck_251_adjudication_not_required(look: Look) -> Iterator[Hit]:
    if look.get("cp_reader") == "ADJ" and look.book.value("CPATHF", "cpf_adj_need") == "N":
        yield look.hit("cp_reader")


@check("CK-252", on="CPATHF", reads=("LPATH",))
def ck_252_central_and_local_differ(look: Look) -> Iterator[Hit]:
    """Of one specimen: several reports have no value in common."""
    central, reports = look.get("cpf_rvt"), look.book.all("LPATH")
    local = reports[0].get("lp_rvt_case") if len(reports) == 1 else None
    if central is not None and local is not None and abs(central - local) > POINTS_APART:
        yield look.hit("cpf_rvt")


@check("CK-253", on=PARTICIPANT, reads=("SURG", "EC", "CPATH", "CPATHF"))
def ck_253_central_result_late(look: Look) -> Iterator[Hit]:
    """At the final result, expected or there; at the operation while no case was opened."""
    result = look.book.one("CPATHF")
    released = result.get("cpf_dat") if result else None
    if _second_signature_late(look, released):
        yield _late(look)
    between = days(look.folder.first_dose, released)
    if between is not None and between > TIME_FRAME_DAYS:
        yield look.hit("cpf_dat", at=result, cpf_dat=released)


def _second_signature_late(look: Look, released: dt.date | None) -> bool:
    """A result cannot be released before it is signed: of records taken over later the release is the older day."""
    resections = [s for s in operations(look.book) if s.get("surg_prtrt") not in (None, "EXPLORE")]
    if not resections:
        return False
    due = resections[0].get("surg_prstdat") + look.cfg("cpath_due_days") * DAY
    signed = _signed(look, "R1", "R2")
    second = min((day for day in (*signed[1:2], released) if day), default=look.today)
    return bool(second > due)


def _late(look: Look) -> Hit:
    at: Any = _envelope(look, "CPATHF") or operations(look.book)[0]
    return look.hit("", at=at)
