"""Edit checks (crf-book 3.B Eligibility, HCC history and staging: CK-022 to CK-055)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from crf import derivation, derived, derived_clinic
from crf.analytes import panel_number, panel_of
from crf.criteria import CRITERIA
from crf.derivation_visit import staging_vitals
from crf.lifecycle import EXPECTED, IN_PROGRESS
from crf.schedule import FormAt
from crf.sheets import RowValues, Sheet

from .engine import Folder, Hit, Look, check
from .near import as_decimal, baseline, last_ecog
from .results import Result, baseline_code, baseline_result, plain
from .times import certainly_before, days

DAYS_TO_FIRST_DOSE = 7  # CK-038
SCREENING = (
    *(FormAt(key, "R") for key in ("DM", "HCC", "HEP", "VS", "EG", "TA")),
    *(FormAt("LB", "R", panel_number(panel)) for panel in ("HEM", "CHEM", "COAG", "THY", "UA", "TM")),
)
MET = {"INCLUSION": {"Y", "NA"}, "EXCLUSION": {"N", "NA"}}


# --- F03 IE -------------------------------------------------------------------------------------------------


def _answers(look: Look) -> dict[str, RowValues]:
    return {row.get("ietestcd"): row for row in look.lines("IE1")}


def _answered(look: Look, code: str, answer: str) -> RowValues | None:
    """The row of a criterion when it was answered so."""
    row = _answers(look).get(code)
    return row if row is not None and row.get("ieorres") == answer else None


def _at(look: Look, row: RowValues, **found: Any) -> Hit:
    return look.hit("ieorres", row=("IE1", row), **found)


@check("CK-022", on="IE")
def ck_022_eligible_though_a_criterion_failed(look: Look) -> Iterator[Hit]:
    failed = [
        code
        for code, row in _answers(look).items()
        if code in CRITERIA and row.get("ieorres") not in (None, *MET[CRITERIA[code].category])
    ]
    if look.get("ieyn") == "Y" and failed:
        yield look.hit("ieyn", failed=", ".join(failed))


@check("CK-023", on="IE")
def ck_023_not_eligible_though_no_criterion_failed(look: Look) -> Iterator[Hit]:
    """Every criterion of the version must be answered before it can be said that none failed."""
    given = _answers(look)
    passed = all(
        code in given and given[code].get("ieorres") in MET[criterion.category]
        for code, criterion in CRITERIA.items()
    )
    if look.get("ieyn") == "N" and passed:
        yield look.hit("ieyn")


@check("CK-024", on="IE", deviation="ELIGIBILITY")
def ck_024_enrolled_though_not_eligible(look: Look) -> Iterator[Hit]:
    if look.get("ieyn") == "N" and look.get("enr_yn") == "Y":
        yield look.hit("enr_yn")


@check("CK-025", on="IE", reads=["ICF"])
def ck_025_enrolled_before_consent(look: Look) -> Iterator[Hit]:
    if look.get("enr_yn") == "Y" and certainly_before(look.get("enr_dsstdat"), look.folder.consent):
        yield look.hit("enr_dsstdat", enr_dsstdat=look.get("enr_dsstdat"), icf_dsstdat=look.folder.consent)


@check("CK-026", on="IE")
def ck_026_enrolled_before_screening_forms_are_complete(look: Look) -> Iterator[Hit]:
    """Asks the envelopes alone, so no other form is read."""
    if look.get("enr_yn") != "Y":
        return
    waiting = [form for form in SCREENING if not _complete(look.folder, form)]
    if waiting:
        names = (f"LB {panel_of(form.repeat)}" if form.key == "LB" else form.key for form in waiting)
        yield look.hit("enr_yn", not_complete=", ".join(names))


def _complete(folder: Folder, form: FormAt) -> bool:
    """Complete, or further on (verified, signed); a form that does not exist is not."""
    envelope = folder.envelope(form.key, "SCR", form.repeat)
    return envelope is not None and envelope.status not in (EXPECTED, IN_PROGRESS)


@check("CK-027", on="IE")
def ck_027_screen_failure_without_reason(look: Look) -> Iterator[Hit]:
    if look.get("enr_yn") == "N" and look.get("sf_reason") is None:
        yield look.hit("sf_reason")


@check("CK-028", on="IE", reads=["DM"])
def ck_028_age_contradicts_i02(look: Look) -> Iterator[Hit]:
    row, age = _answered(look, "I02", "Y"), look.book.value("DM", "age")
    if row and age is not None and (age < 18 or age > look.cfg("age_max")):
        yield _at(look, row, age=age)


@check("CK-029", on="IE", reads=["VS", "EC"])
def ck_029_ecog_contradicts_i08(look: Look) -> Iterator[Hit]:
    row, ecog = _answered(look, "I08", "Y"), last_ecog(look.folder)
    if row and ecog and int(ecog.value) > 1:
        yield _at(look, row, ecog=ecog.value, day=ecog.day)


@check("CK-030", on="IE", reads=["VS", "EC"])
def ck_030_child_pugh_contradicts_i09(look: Look) -> Iterator[Hit]:
    row, score = _answered(look, "I09", "Y"), baseline(look.folder, "VS", "cp_score", "vsdat")
    if row and score and score.value > 6:
        yield _at(look, row, cp_score=score.value, day=score.day)


Fails = Callable[[Result, Look], bool]


def _low(setting: str) -> Fails:
    return lambda one, look: one.below(as_decimal(look.cfg(setting)))


def _high(setting: str) -> Fails:
    return lambda one, look: one.exceeds(as_decimal(look.cfg(setting)))


def _high_of_uln(setting: str) -> Fails:
    return lambda one, look: one.over_uln(as_decimal(look.cfg(setting)))


# Criterion → test → when its baseline value fails (2.3.1 with the limits of A-14).
LIMITS: dict[str, dict[str, Fails]] = {
    "I10": {"NEUT": _low("anc_min_elig"), "PLAT": _low("plt_min_elig"), "HGB": _low("hb_min")},
    "I11": {
        "BILI": _high_of_uln("tbil_x"),
        "ALT": _high_of_uln("alt_x"),
        "AST": _high_of_uln("alt_x"),
        "ALP": _high_of_uln("alp_x"),
        "ALB": _low("alb_min"),
    },
    "I12": {"CREAT": _high_of_uln("cr_x")},
    "I13": {"INR": _high("inr_max"), "APTT": _high_of_uln("aptt_x")},
}
TWO_PLUS = ("P2", "P3", "P4")


@check("CK-031", on="IE", reads=["LB", "EC", "VS", "DM"])
def ck_031_baseline_laboratory_contradicts_i10_to_i13(look: Look) -> Iterator[Hit]:
    """Only laboratory values: transfusions and growth factors of I10 are for the monitor to read."""
    for code, limits in LIMITS.items():
        row = _answered(look, code, "Y")
        if row is None:
            continue
        failing = {
            test: one.words
            for test, fails in limits.items()
            if (one := baseline_result(look.folder, test)) and fails(one, look)
        }
        if code == "I12":
            failing |= _kidney(look)
        if failing:
            yield _at(look, row, **failing)


def _kidney(look: Look) -> dict[str, str]:
    """Creatinine clearance (D-08) below its limit; dipstick 2+ or more and at least 1 g in 24 hours."""
    failing = {}
    clearance = _baseline_clearance(look)
    if clearance is not None and clearance < as_decimal(look.cfg("crcl_min")):
        failing["CrCl"] = plain(derived.half_up(clearance, 1))
    dip, day_long = baseline_code(look.folder, "UPROTDIP"), baseline_result(look.folder, "UPROT24")
    # Either answer is enough for the criterion, so it fails only when both are known.
    if dip and dip.code in TWO_PLUS and day_long and day_long.reaches(Decimal(1)):
        failing |= {"UPROTDIP": dip.code, "UPROT24": day_long.words}
    return failing


def _baseline_clearance(look: Look) -> Decimal | None:
    creatinine, weight = (
        baseline_result(look.folder, "CREAT"),
        baseline(look.folder, "VS", "weight", "vsdat"),
    )
    if creatinine is None or weight is None:
        return None
    age, sex = look.book.value("DM", "age"), look.book.value("DM", "sex")
    return derived_clinic.creatinine_clearance(age, weight.value, creatinine.exact, sex)


@check("CK-032", on="IE")
def ck_032_within_milan_contradicts_i05(look: Look) -> Iterator[Hit]:
    row = _answered(look, "I05", "Y")
    if row and look.get("ie_milan_calc") == "WITHIN":
        yield _at(look, row, ie_milan_calc="WITHIN")


@check("CK-033", on="IE", reads=["VS", "HCC", "EC"])
def ck_033_stage_contradicts_i04(look: Look) -> Iterator[Hit]:
    row, stage = _answered(look, "I04", "Y"), look.get("ie_bclc_calc")
    if row and stage is not None and stage not in look.cfg("bclc_allowed") and not _only_ecog_1(look):
        yield _at(look, row, ie_bclc_calc=stage)


def _only_ecog_1(look: Look) -> bool:
    """A-26: stage C for nothing but an ECOG of 1 that is not due to the tumour."""
    hcc, ecog = look.book.one("HCC"), last_ecog(look.folder)
    spared = hcc is not None and hcc.get("hcc_macrovi") == "N" and hcc.get("hcc_ehs") == "N"
    mild = ecog is not None and ecog.value == "1" and ecog.sheet.get("ecog_tumrel") != "Y"
    return look.get("ie_bclc_calc") == "C" and spared and mild


def _unexplained(look: Look, investigator: str, calculated: str, comment: str) -> Iterator[Hit]:
    mine, system = look.get(investigator), look.get(calculated)
    if mine is not None and system is not None and mine != system and not look.get(comment):
        yield look.hit(comment, **{investigator: mine, calculated: system})


@check("CK-034", on="IE")
def ck_034_other_milan_status_without_explanation(look: Look) -> Iterator[Hit]:
    yield from _unexplained(look, "ie_milan_inv", "ie_milan_calc", "ie_milan_com")


@check("CK-035", on="IE")
def ck_035_other_bclc_stage_without_explanation(look: Look) -> Iterator[Hit]:
    yield from _unexplained(look, "ie_bclc_inv", "ie_bclc_calc", "ie_bclc_com")


@check("CK-036", on="IE", reads=["HCC"])
def ck_036_prior_therapy_contradicts_e03(look: Look) -> Iterator[Hit]:
    row, prior = _answered(look, "E03", "N"), look.book.value("HCC", "hcc_prior")
    if row and prior and set(prior) != {"NONE"}:
        yield _at(look, row, hcc_prior=prior)


@check("CK-037", on="IE", reads=["ICF", "EC"])
def ck_037_screening_too_long(look: Look) -> Iterator[Hit]:
    """At the date of enrolment: neither date of the rule stands on this form."""
    between = days(look.folder.consent, look.folder.first_dose)
    if between is not None and between > look.cfg("screening_days"):
        yield look.hit("enr_dsstdat", days=between)


@check("CK-038", on="IE", reads=["EC"])
def ck_038_no_first_dose_in_time(look: Look) -> Iterator[Hit]:
    """A first dose is missing only once the seven days are over: before, it is still to come."""
    first = look.folder.first_dose
    waited = days(look.get("enr_dsstdat"), look.today if first is None else first)
    if look.get("enr_yn") == "Y" and waited is not None and waited > DAYS_TO_FIRST_DOSE:
        yield look.hit("enr_dsstdat", enr_dsstdat=look.get("enr_dsstdat"), first_dose=first)


# --- F05 HCC ------------------------------------------------------------------------------------------------


@check("CK-039", on="HCC")
def ck_039_nodules_not_as_many_as_tumours(look: Look) -> Iterator[Hit]:
    count, rows = look.get("hcc_nodcount"), len(look.lines("HCC3"))
    if look.get("hcc_uncountable") == "N" and count is not None and count <= 5 and rows != count:
        yield look.hit("hcc_nodcount", hcc_nodcount=count, rows=rows)


@check("CK-040", on="HCC")
def ck_040_not_the_five_largest(look: Look) -> Iterator[Hit]:
    count, rows = look.get("hcc_nodcount"), len(look.lines("HCC3"))
    if count is not None and count > 5 and rows != 5:
        yield look.hit("hcc_nodcount", hcc_nodcount=count, rows=rows)


def _apart(look: Look, sizes: list[Decimal | None], most: Decimal) -> Decimal | None:
    """The largest of some sizes when `hcc_maxdiam` differs from it by more than `most`.

    While one of them is not measured yet, the largest may still come: then only a larger one contradicts.
    """
    known = [size for size in sizes if size is not None]
    stated = look.get("hcc_maxdiam")
    if stated is None or not known:
        return None
    largest = max(known)
    complete = len(known) == len(sizes)
    return largest if largest - stated > most or (complete and stated - largest > most) else None


@check("CK-041", on="HCC")
def ck_041_largest_diameter_is_not_that_of_a_nodule(look: Look) -> Iterator[Hit]:
    sizes = [row.get("nod_diam") for row in look.lines("HCC3")]
    largest = _apart(look, sizes, Decimal("0.05"))
    if largest is not None:
        yield look.hit("hcc_maxdiam", hcc_maxdiam=look.get("hcc_maxdiam"), largest_nodule=largest)


@check("CK-042", on="HCC")
def ck_042_too_many_to_count_but_few(look: Look) -> Iterator[Hit]:
    count = look.get("hcc_nodcount")
    if look.get("hcc_uncountable") == "Y" and count is not None and count < 4:
        yield look.hit("hcc_uncountable", hcc_nodcount=count)


@check("CK-043", on="HCC")
def ck_043_stage_a_beyond_milan_is_one_large_tumour(look: Look) -> Iterator[Hit]:
    if look.get("hcc_bclc") != "A" or look.get("hcc_milan_calc") != "BEYOND":
        return
    count, largest = look.get("hcc_nodcount"), look.get("hcc_maxdiam")
    if count is None or (count == 1 and (largest is None or largest > 50)):
        return
    yield look.hit("hcc_bclc", hcc_bclc="A", hcc_nodcount=count, hcc_maxdiam=largest)


@check("CK-044", on="HCC", reads=["VS"])
def ck_044_other_cnlc_stage(look: Look) -> Iterator[Hit]:
    """D-11. An ECOG or a Child-Pugh class that is not recorded yet leaves stage IV open."""
    stated, stage = look.get("hcc_cnlc"), derivation.cnlc_stage(look.book)
    if stated is None or stage is None or stated == stage:
        return
    vitals = staging_vitals(look.book)
    if stated != "IV" or None not in (vitals["ecog"], vitals["child_pugh"]):
        yield look.hit("hcc_cnlc", hcc_cnlc=stated, derived=stage)


def _not_advanced(look: Look, finding: str) -> Iterator[Hit]:
    if look.get(finding) == "Y" and look.get("hcc_bclc") in ("0", "A", "B"):
        yield look.hit("hcc_bclc", **{finding: "Y", "hcc_bclc": look.get("hcc_bclc")})


@check("CK-045", on="HCC")
def ck_045_vascular_invasion_is_stage_c(look: Look) -> Iterator[Hit]:
    yield from _not_advanced(look, "hcc_macrovi")


@check("CK-046", on="HCC")
def ck_046_spread_is_stage_c(look: Look) -> Iterator[Hit]:
    yield from _not_advanced(look, "hcc_ehs")


@check("CK-047", on="HCC")
def ck_047_spread_without_n_or_m(look: Look) -> Iterator[Hit]:
    if look.get("hcc_ehs") == "Y" and look.get("hcc_cm") == "M0" and look.get("hcc_cn") == "N0":
        yield look.hit("hcc_ehs", hcc_cn="N0", hcc_cm="M0")


@check("CK-048", on="HCC")
def ck_048_biopsy_without_date(look: Look) -> Iterator[Hit]:
    if look.get("hcc_dxbasis") in ("HISTOLOGY", "CYTOLOGY") and look.get("hcc_bx_prstdat") is None:
        yield look.hit("hcc_bx_prstdat")


@check("CK-049", on="HCC", reads=["HEP"])
def ck_049_hepatitis_b_aetiology_without_markers(look: Look) -> Iterator[Hit]:
    markers = look.book.value("HEP", "hbsag"), look.book.value("HEP", "hbcab")
    if "HBV" in (look.get("hcc_aetiology") or ()) and markers == ("NEG", "NEG"):
        yield look.hit("hcc_aetiology", hbsag="NEG", hbcab="NEG")


@check("CK-050", on="HCC", reads=["HEP"])
def ck_050_hepatitis_c_aetiology_without_antibody(look: Look) -> Iterator[Hit]:
    if "HCV" in (look.get("hcc_aetiology") or ()) and look.book.value("HEP", "hcvab") == "NEG":
        yield look.hit("hcc_aetiology", hcvab="NEG")


@check("CK-051", on="HCC")
def ck_051_none_and_a_therapy(look: Look) -> Iterator[Hit]:
    prior = look.get("hcc_prior") or ()
    if "NONE" in prior and len(prior) > 1:
        yield look.hit("hcc_prior")


@check("CK-052", on="HCC")
def ck_052_unresectable(look: Look) -> Iterator[Hit]:
    if look.get("hcc_resect") == "UNRESECTABLE":
        yield look.hit("hcc_resect")


def _baseline_imaging(look: Look) -> Sheet | None:
    """The site's own baseline assessment; a central reader's has its own series."""
    return next(
        (
            sheet
            for sheet in look.book.all("TA")
            if sheet.get("ta_no") == 0 and "BICR" not in (sheet.evaluator, sheet.get("ta_eval"))
        ),
        None,
    )


@check("CK-053", on="HCC", reads=["TA"])
def ck_053_staged_on_another_scan(look: Look) -> Iterator[Hit]:
    scan, stated = _baseline_imaging(look), look.get("hcc_imgdat")
    if scan and stated and scan.get("tudat") and scan.get("tudat") != stated:
        yield look.hit("hcc_imgdat", hcc_imgdat=stated, tudat=scan.get("tudat"))


@check("CK-054", on="HCC", reads=["TA"])
def ck_054_largest_diameter_is_not_the_target(look: Look) -> Iterator[Hit]:
    scan = _baseline_imaging(look)
    targets = [row for row in scan.lines("TA2") if row.get("tl_loc") == "LIVER"] if scan else []
    largest = _apart(look, [row.get("tl_diam") for row in targets], Decimal(5))
    if largest is not None:
        yield look.hit("hcc_maxdiam", hcc_maxdiam=look.get("hcc_maxdiam"), largest_target=largest)


@check("CK-055", on="HCC")
def ck_055_small_remnant_in_cirrhosis(look: Look) -> Iterator[Hit]:
    remnant, cirrhosis = look.get("hcc_flr_pct"), look.get("hcc_cirrhosis")
    if remnant is not None and remnant < 40 and cirrhosis not in (None, "NONE"):
        yield look.hit("hcc_flr_pct")
