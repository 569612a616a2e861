"""What the trial's figures need of a participant beyond the course: baseline, disposition, safety, exposure, pathology.

`profile_of` gives plain JSON; a key without a value is left out. Days are `YYYY-MM-DD`, partial dates as they are known.

    baseline     sex M|F; age (years, D-01); ecog (0-4) and child_pugh A|B|C of screening; hbsag POS|NEG;
                 bclc, cnlc {inv, calc} (investigator; D-10, D-11); afp (ng/mL, the last until the first dose);
                 largest (mm), nodules (number; `uncountable` true: too many), cirrhosis NONE|CLINICAL|HIST; milan (D-09)
    disposition  screened (true with consent); consent, enrolled, first_dose, last_dose, adjuvant (days);
                 failure SFREASON; planned, cycles (neoadjuvant: number); withdrawn (day);
                 ends {phase: [day, EOTREAS]}; surgery {outcome RESECTED|EXPLORED|NOT_DONE, date, reason NOSURGREAS,
                 margin RSTATUS}; central (day of release of what was read by then); death, cause DTHCAUSE; off [day, EOSREAS]
    safety       one entry for each adverse event in the order of onset (`profile_safety`)
    exposure     per drug: doses, mg, mg/m², weeks and RDI (`profile_exposure`)
    pathology    local {rvt, mpr, pcr}; readings [{reader, rvt, mpr, pcr, adequacy}]: of a released result only
    deviations   {n, major, pp}: all, DVSEV MAJOR, those that exclude from the per-protocol set (dv_pp = Y)
    sets         {SAF, PPS}; pps_not: why not in the per-protocol set (`profile_sets`)

Nothing in it moves with the day alone: without new data a later cut-off gives the same profile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from crf import facts
from crf.derivation import (
    bclc_stage,
    central_reading,
    cnlc_stage,
    started_cycles,
)
from crf.derivation_visit import staging_vitals
from crf.derived import Bed, reading, viable_elsewhere
from crf.laboratory import results
from crf.sheets import Casebook, Sheet
from endpoints.mapping import iso
from endpoints.operation import is_resection, margin_source, operation_of
from endpoints.profile_exposure import exposure_of
from endpoints.profile_safety import events_of
from endpoints.profile_sets import per_protocol
from endpoints.profile_until import after, as_of
from trialsite.kernel.study import study

# Forms that are read beside those of the course. Of laboratory results only AFP is needed: `endpoints.gather` fetches it.
FIELDS: dict[str, tuple[str, ...]] = {
    "ICF": ("icf_yn", "icf_dsstdat", "wd_yn", "wd_dsstdat"),
    "DM": ("sex", "age"),
    "IE": ("enr_yn", "enr_dsstdat", "iedat", "sf_reason", "ie_milan_inv"),
    "HCC": (
        "hcc_cirrhosis", "hcc_nodcount", "hcc_uncountable", "hcc_maxdiam", "hcc_macrovi", "hcc_ehs", "hcc_bclc",
        "hcc_cnlc", "hcc_milan_calc",
    ),
    "HEP": ("hep_lbdat", "hbsag"),
    "VS": ("vsdat", "ecog", "ecog_tumrel", "cp_class"),
    "LB": ("lbperf", "lbdat"),
    "AE1": (
        "aespid", "aeterm", "ae_ctcae", "aestdat", "aeongo", "aeendat", "aetoxgr", "ae_teae", "ae_trae", "aerel_oxa", "aerel_llv",
        "aerel_fu", "aerel_cam", "aerel_apa", "aeout", "aedis", "aesi", "ae_ir", "rccep_yn", "rccep_grade", "aeser",
        "aesdth",
    ),
    "EC": ("ec_phase", "ec_cycle", "ec_given", "ec_d1dat", "ec_delay", "ec_wt", "ec_ht", "ec_bsa"),
    "EC/EC2": ("ectrt", "ecoccur", "ec_lvl", "ecdstxt", "ecstdat", "ecendat", "ec_perm_yn", "ec_perm_dat"),
    "EC/EC3": ("apa_phase", "apa_ecstdat", "apa_ecendat", "apa_dose", "apa_frq", "apa_lvl"),
    "EC/EC4": ("da_dispdat", "da_disp", "da_retdat", "da_ret"),
    "SURG": ("surg_proccur", "surg_prstdat", "surg_prtrt", "surg_reasoc", "surg_r"),
    "LPATH": (
        "lp_midat", "lp_mvi", "lp_satellite", "lp_macro", "lp_macro_viable", "lp_ln_ex", "lp_ln_pos", "lp_margin", "lp_r",
    ),
    "LPATH/LP3": ("lpn_len", "lpn_wid", "lpn_hgt", "lpn_rvt"),
    "CPATH": (
        "cp_reader", "cp_midat", "cp_adeq", "cp_mvi", "cp_satellite", "cp_macro_viable", "cp_ln_viable", "cp_margin",
    ),
    "CPATH/CP2": ("cpn_len", "cpn_wid", "cpn_hgt", "cpn_rvt"),
    "CPATHF": ("cpf_dat",),
    "EOT": ("eot_phase", "eot_dsstdat", "eot_dsdecod"),
    "SACT/SA1": ("sact_stdat",),
    "DTH": ("dthdat", "dth_cause"),
    "EOS": ("eos_dsstdat", "eos_dsdecod"),
    "DV1": ("dvstdat", "dv_sev", "dv_pp"),
}  # fmt: skip

Plain = dict[str, Any]


def profile_of(book: Casebook, cutoff: dt.date) -> Plain:
    """The profile of one casebook, of everything dated up to the cut-off (`profile_until`)."""
    known = as_of(book, cutoff)
    first = facts.first_dose(known)
    disposition = disposition_of(known, first, cutoff, _released(book, cutoff))
    exposure = exposure_of(known)
    why_not = per_protocol(known, disposition, exposure, milan_of(known), _stage(known))
    return {
        "baseline": baseline_of(known, first),
        "disposition": disposition,
        "safety": events_of(known, first),
        "exposure": exposure,
        "pathology": pathology_of(known),
        "deviations": deviations_of(known),
        "sets": {"SAF": first is not None, "PPS": not why_not},
        "pps_not": why_not,
    }


def kept(values: Mapping[str, Any]) -> Plain:
    """Without what has no value."""
    return {name: value for name, value in values.items() if value is not None}


def plain_number(value: Decimal | None, places: int = 6) -> float | None:
    """A number as JSON carries it. Six places: more than any field has, so comparisons with a limit stay exact."""
    return None if value is None else float(round(value, places))


# --- baseline -----------------------------------------------------------------------------------------------------


def baseline_of(book: Casebook, first: dt.date | None) -> Plain:
    vitals = staging_vitals(book)
    hepatitis = (sheet.get("hbsag") for sheet in book.all("HEP"))
    hcc = book.one("HCC") or Sheet("HCC")
    afp = [one.value for one in results(book, "AFP", last=first or dt.date.max) if one.value is not None]
    return kept(
        {
            "sex": book.value("DM", "sex"),
            "age": book.value("DM", "age"),
            "ecog": vitals["ecog"],
            "child_pugh": vitals["child_pugh"],
            "hbsag": next((answer for answer in hepatitis if answer), None),
            "bclc": kept({"inv": hcc.get("hcc_bclc"), "calc": bclc_stage(book)}),
            "cnlc": kept({"inv": hcc.get("hcc_cnlc"), "calc": cnlc_stage(book)}),
            "milan": milan_of(book),
            "afp": plain_number(afp[-1]) if afp else None,
            "largest": plain_number(hcc.get("hcc_maxdiam")),
            "nodules": hcc.get("hcc_nodcount"),
            "uncountable": True if hcc.get("hcc_uncountable") == "Y" else None,
            "cirrhosis": hcc.get("hcc_cirrhosis"),
        }
    )


def milan_of(book: Casebook) -> str | None:
    """D-09 as calculated; by the investigator where the form does not allow to."""
    calculated = book.value("HCC", "hcc_milan_calc")
    return calculated if calculated not in (None, "NE") else book.value("IE", "ie_milan_inv")


def _stage(book: Casebook) -> str | None:
    """D-10 as calculated; by the investigator where the forms do not allow to."""
    return bclc_stage(book) or book.value("HCC", "hcc_bclc")


# --- disposition --------------------------------------------------------------------------------------------------


def disposition_of(book: Casebook, first: dt.date | None, cutoff: dt.date, released: str | None) -> Plain:
    consent = book.value("ICF", "icf_dsstdat") if book.value("ICF", "icf_yn") != "N" else None
    enrolled = book.value("IE", "enr_dsstdat") if book.value("IE", "enr_yn") == "Y" else None
    failed = book.value("IE", "enr_yn") == "N"
    died, off = facts.death_day(book), book.one("EOS")
    return kept(
        {
            "screened": True if consent or enrolled else None,
            "consent": iso(consent),
            "failure": (book.value("IE", "sf_reason") or "UNKNOWN") if failed else None,
            "enrolled": iso(enrolled),
            "first_dose": iso(first),
            "last_dose": iso(facts.last_dose(book)),
            "planned": study()["planned_neo_cycles"],
            "cycles": len(started_cycles(book, "NEO")),
            "withdrawn": iso(book.value("ICF", "wd_dsstdat")) if book.value("ICF", "wd_yn") == "Y" else None,
            "ends": {
                sheet.get("eot_phase"): [iso(sheet.get("eot_dsstdat")), sheet.get("eot_dsdecod")]
                for sheet in book.all("EOT")
                if sheet.get("eot_phase") and sheet.get("eot_dsstdat")
            },
            "surgery": _surgery(book, cutoff),
            "central": released,
            "adjuvant": iso(facts.first_dose_of_phase(book, "ADJ")) if started_cycles(book, "ADJ") else None,
            "death": iso(died),
            "cause": book.value("DTH", "dth_cause") if died else None,
            "off": [iso(off.get("eos_dsstdat")), off.get("eos_dsdecod")] if off and off.get("eos_dsstdat") else None,
        }
    )  # fmt: skip


def _released(book: Casebook, cutoff: dt.date) -> str | None:
    """The day on which the final central result was released, of a result that was read up to the cut-off (G-31).

    The last review completes it: while one of them is later there is no result yet, however early it was released.
    """
    if any(after(one.get("cp_midat"), cutoff) for one in book.all("CPATH") if _submitted(one)):
        return None
    days: list[dt.date] = [s.get("cpf_dat") for s in book.all("CPATHF") if s.get("cpf_dat")]
    return iso(min(days, default=None))


def _surgery(book: Casebook, cutoff: dt.date) -> Plain | None:
    """The operation that counts for the course, with the R status that counts for it."""
    sheet = operation_of(book, cutoff)
    if sheet is None:
        return None
    if sheet.get("surg_proccur") == "N":
        return kept({"outcome": "NOT_DONE", "reason": sheet.get("surg_reasoc")})
    if not is_resection(sheet):
        return {"outcome": "EXPLORED", "date": iso(sheet.get("surg_prstdat"))}
    source, name = margin_source(book, sheet, cutoff)
    return kept({"outcome": "RESECTED", "date": iso(sheet.get("surg_prstdat")), "margin": source.get(name)})


def deviations_of(book: Casebook) -> dict[str, int]:
    rows = book.all("DV1")
    return {
        "n": len(rows),
        "major": sum(row.get("dv_sev") == "MAJOR" for row in rows),
        "pp": sum(row.get("dv_pp") == "Y" for row in rows),
    }


# --- pathology ----------------------------------------------------------------------------------------------------


def pathology_of(book: Casebook) -> Plain:
    """Blinding: a central reading belongs to its reader alone until the final result is released, whichever the cut-off."""
    released = any(sheet.get("cpf_dat") for sheet in book.all("CPATHF"))
    readings = [_central(sheet) for sheet in book.all("CPATH") if _submitted(sheet)]
    return kept(
        {"local": _local(book.one("LPATH")), "readings": [one for one in readings if one] if released else []}
    )


def _submitted(sheet: Sheet) -> bool:
    return bool(sheet.status == "COMPLETE" and sheet.get("cp_reader"))


def _central(sheet: Sheet) -> Plain | None:
    """D-23, D-24 of one reader."""
    read = central_reading(sheet)
    if read is None:
        return None
    return kept({"reader": sheet.get("cp_reader"), "adequacy": read.adequacy, **_answers(read)})


def _local(sheet: Sheet | None) -> Plain | None:
    """P-10: the same rules over the local record, which has no answer on adequacy (taken as adequate)."""
    if sheet is None:
        return None
    beds = [
        Bed(row.get("lpn_len"), row.get("lpn_wid"), row.get("lpn_hgt"), row.get("lpn_rvt"))
        for row in sheet.lines("LP3")
    ]
    thrombus = "N" if sheet.get("lp_macro") == "N" else sheet.get("lp_macro_viable")
    nodes = "NA" if sheet.get("lp_ln_ex") == 0 else {None: None, 0: "N"}.get(sheet.get("lp_ln_pos"), "Y")
    elsewhere = viable_elsewhere(
        sheet.get("lp_mvi"), sheet.get("lp_satellite"), thrombus, nodes, sheet.get("lp_margin")
    )
    if not study()["pcr_specimen_wide"]:
        elsewhere = False
    limit = Decimal(str(study()["mpr_threshold_pct"]))
    found = reading("ADEQUATE", beds, elsewhere, limit, study()["rvt_weight"])
    return kept(_answers(found)) if found else None


def _answers(found: Any) -> Plain:
    return {"rvt": plain_number(found.rvt), "mpr": found.mpr, "pcr": found.pcr}
