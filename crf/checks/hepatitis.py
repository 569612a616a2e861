"""Edit checks (crf-book 3.C Hepatitis: CK-056 to CK-063)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from crf.limits import interval

from .engine import Hit, Look, check
from .near import after_first_dose, as_decimal
from .results import course, results_of

ANTIVIRAL_DAYS = 7  # CK-058
REACTIVATION_FOLD = 100  # CK-063: 2 log10
REACTIVATION_IU = Decimal(1000)


@check("CK-056", on="HEP")
def ck_056_surface_antigen_without_viral_load(look: Look) -> Iterator[Hit]:
    if look.get("hbsag") == "POS" and look.get("hbvdna_op") is None:
        yield look.hit("hbvdna_op")


def _untreated(look: Look) -> bool:
    """The question was answered, and not with yes."""
    return look.get("hep_avt_yn") not in (None, "Y")


@check("CK-057", on="HEP", reads=["EC"])
def ck_057_dosed_without_antiviral(look: Look) -> Iterator[Hit]:
    if look.get("hbsag") == "POS" and _untreated(look) and look.folder.first_dose:
        yield look.hit("hep_avt_yn", hep_avt_yn=look.get("hep_avt_yn"), first_dose=look.folder.first_dose)


@check("CK-058", on="HEP", reads=["EC"])
def ck_058_high_viral_load_treated_too_short(look: Look) -> Iterator[Hit]:
    """Of a partial start date the earliest day counts: too short only when it is too short for every reading of it."""
    if not _above(look, as_decimal(look.cfg("hbvdna_max"))):
        return
    began, first = interval(look.get("hep_avt_cmstdat")), look.folder.first_dose
    short = began is not None and first is not None and (first - began[0]).days < ANTIVIRAL_DAYS
    if _untreated(look) or (look.get("hep_avt_yn") == "Y" and short):
        yield look.hit(
            "hbvdna", hbvdna=look.get("hbvdna"), since=look.get("hep_avt_cmstdat"), first_dose=first
        )


def _above(look: Look, most: Decimal) -> bool:
    load, operator = look.get("hbvdna"), look.get("hbvdna_op")
    if load is None:
        return False
    return (operator == "EQ" and load > most) or (operator == "GT" and load >= most)


@check("CK-059", on="HEP")
def ck_059_antigen_and_antibody(look: Look) -> Iterator[Hit]:
    if look.get("hbsag") == "POS" and look.get("hbsab") == "POS":
        yield look.hit("hbsab")


@check("CK-060", on="HEP")
def ck_060_below_another_limit_than_the_assay(look: Look) -> Iterator[Hit]:
    load, limit = look.get("hbvdna"), look.get("hbvdna_lloq")
    if look.get("hbvdna_op") == "LT" and load is not None and limit is not None and load != limit:
        yield look.hit("hbvdna", hbvdna=load, hbvdna_lloq=limit)


@check("CK-061", on="HEP")
def ck_061_hepatitis_b_and_c(look: Look) -> Iterator[Hit]:
    if look.get("hbsag") == "POS" and look.get("hcvrna_op") in ("EQ", "GT"):
        yield look.hit("hcvrna_op")


@check("CK-062", on="HEP", reads=["IE"])
def ck_062_hiv_positive_and_enrolled(look: Look) -> Iterator[Hit]:
    if look.get("hivab") == "POS" and look.book.value("IE", "enr_yn") == "Y":
        yield look.hit("hivab")


@check("CK-063", on="LB", reads=["HEP", "LB", "EC", "AE1"])
def ck_063_viral_load_rises(look: Look) -> Iterator[Hit]:
    """The baseline is the last load on or before C1D1, of F06 or of panel VIR; `<` counts as its limit (D-16)."""
    one = results_of(look).get("HBVDNA")
    if one is None or one.least is None or not after_first_dose(look, one.day):
        return
    before = _baseline_load(look)
    if before is None or any(event.get("ae_hbvreact") == "Y" for event in look.book.all("AE1")):
        return
    undetected, load = before
    risen = one.exceeds(REACTIVATION_IU) if undetected else one.reaches(load * REACTIVATION_FOLD)
    if risen:
        yield one.hit(look, HBVDNA=one.words, baseline="TND" if undetected else load)


def _baseline_load(look: Look) -> tuple[bool, Decimal] | None:
    """Whether no virus was found at baseline, and the load; none when nothing was measured."""
    first = look.folder.first_dose
    found = [
        (one.day, one.operator, one.number)
        for one in course(look.folder, "HBVDNA")
        if first and one.day and one.day <= first
    ]
    hepatitis = look.book.one("HEP")
    day = hepatitis.get("hbvdna_dat") if hepatitis else None
    if hepatitis and first and day and day <= first:
        found.append((day, hepatitis.get("hbvdna_op"), hepatitis.get("hbvdna")))
    known = [load for load in found if load[1] == "TND" or load[2] is not None]
    if not known:
        return None
    _day, operator, number = max(known, key=lambda load: load[0])
    return operator == "TND" or not number, number or Decimal(0)
