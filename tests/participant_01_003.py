"""Participant 01-003 of the CRF book, section 6, whole: every form of every visit, as a person types it.

One source for two uses: `tests.world` enters it through the services, `folder()` holds it in memory for the edit
checks. What section 6 leaves open is a usual value. Values are texts; `"name@miss": "ND"` is a missing reason.
References that are known only when something is stored begin with `@`: `@user`, `@lab`, `@TA/TA2`.

Not entered, because the schedule (1.3.1) has no coagulation panel there: the INR of 6.3 at C1D8, C2, C4, ADJ1, ADJ3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from crf.analytes import ANALYTES, panel_number, panel_of, rows_of
from crf.codelists import BODY_SYSTEMS
from crf.registry import form_def

Values = Mapping[str, Any]
NUMBER = "01-003"
RELEASED = "2024-07-08"  # the final central result
LAST_DAY = "2026-03-16"
OPENED = {"UNS1": "Blood pressure at home above 160/100.", "UNS2": "Blood count before cycle 3: dosing held."}


@dataclass(frozen=True, slots=True)
class Page:
    """One form as it was filled in. `system`: what nobody types, kept by the system."""

    key: str
    visit: str = ""
    repeat: int = 1
    values: Values = field(default_factory=dict)
    rows: Mapping[str, Sequence[Values | None]] = field(default_factory=dict)
    system: Values = field(default_factory=dict)

    @property
    def name(self) -> str:
        """`TA/TA2`, `LB/BAS/HEM`, `AE1/6`: how a page is found among the others."""
        if self.key == "LB":
            return f"LB/{self.visit}/{panel_of(self.repeat)}"
        parts = [self.key, self.visit, str(self.repeat) if self.key[-1] == "1" or self.repeat > 1 else ""]
        return "/".join(part for part in parts if part)

    def having(self, **values: Any) -> Page:
        """The same page with other answers; `None` takes an answer away."""
        kept = {name: value for name, value in {**self.values, **values}.items() if value is not None}
        return replace(self, values=kept)

    def with_row(self, section: str, number: int, **values: Any) -> Page:
        """The same page with other answers in a row, or with the row added."""
        lines = [*self.rows.get(section, ())]
        lines += [{} for _ in range(number - len(lines))]
        lines[number - 1] = {
            k: v for k, v in {**(lines[number - 1] or {}), **values}.items() if v is not None
        }
        return replace(self, rows={**self.rows, section: lines})


def pages() -> list[Page]:
    """All forms in an order in which they can be completed: events before what refers to them."""
    return [*screening(), *treatment(), *surgery(), *follow_up()]


def screening() -> list[Page]:
    return list(_screening())


def treatment() -> list[Page]:
    return list(_treatment())


def surgery() -> list[Page]:
    return list(_surgery())


def follow_up() -> list[Page]:
    return list(_follow_up())


# --- 6.1 screening to enrolment -------------------------------------------------------------------------------------


def _screening() -> Iterator[Page]:
    yield Page("ICF", "SCR", values={
        "icf_yn": "Y", "icf_dsstdat": "2024-03-04", "icf_dssttim": "09:20", "icf_version": "1.1",
        "icf_version_date": "2024-01-15", "icf_signatory": "PARTICIPANT", "icf_witness": "NA", "icf_copy": "Y",
        "icf_investigator": "@user", "icf_samples": "Y", "wd_yn": "N",
    })  # fmt: skip
    yield Page("DM", "SCR", values={
        "dmdat": "2024-03-04", "brthdat": "1968-05", "sex": "M", "race": "ASIAN", "ethcn": "HAN", "su_tob": "FORMER",
        "su_packyr": "15", "su_alc": "NEVER", "famhx_hcc": "N",
    })  # fmt: skip
    yield Page("MH", values={"mhyn": "Y"})
    yield Page("MH1", repeat=1, values={
        "mhterm": "Chronic hepatitis B", "mhcat": "HEPATIC", "mhstdat": "2003", "mhongo": "Y", "mhtoxgr": "1",
        "mhctrl": "Y",
    })  # fmt: skip
    yield Page("MH1", repeat=2, values={
        "mhterm": "Appendicectomy", "mhcat": "SURGERY", "mhstdat": "1995-07", "mhongo": "N", "mhendat": "1995-07",
    })  # fmt: skip
    yield Page("CM", values={"cmyn": "Y"})
    yield _drug(
        1, "Entecavir", "ANTIVIRAL", "MH", ("0.5", "mg", "QD", "ORAL"), "2024-03-05", prior="Y",
        cmindc="Chronic hepatitis B", cmmhno="MH:1",
    )  # fmt: skip
    yield _disease()
    yield _serology()
    yield vital_signs("SCR", "2024-03-06", "70.0", height="171.0", temp="36.4")
    yield from _laboratory("SCR")
    yield Page("EG", "SCR", values={
        "egperf": "Y", "egdat": "2024-03-07", "eg_hr": "72", "eg_pr": "158", "eg_qrs": "92", "eg_qt": "398",
        "eg_qtcf_rep": "421", "egorres": "NORMAL", "echo_perf": "Y", "echo_dat": "2024-03-07", "lvef": "64",
    })  # fmt: skip
    yield assessment("SCR", "2024-03-06", ("82.0", "80.0"), ("26.0", "26.0"))
    yield vital_signs("BAS", "2024-03-12", "70.0", temp="36.4")
    yield from _laboratory("BAS")
    criteria = form_def("IE").section("IE1").rows
    assert criteria is not None
    yield Page(
        "IE", "SCR",
        values={
            "ie_milan_inv": "BEYOND", "ieyn": "Y", "iedat": "2024-03-12", "ie_version": "IE-1.0", "enr_yn": "Y",
            "enr_dsstdat": "2024-03-12",
        },
        rows={"IE1": [
            {"ieorres": "NA" if code == "I16" else "Y" if code[0] == "I" else "N"} for code in criteria.fixed
        ]},
    )  # fmt: skip


def _disease() -> Page:
    return Page(
        "HCC", "SCR",
        values={
            "hcc_mhstdat": "2024-02", "hcc_dxbasis": "CLINICAL_CN", "hcc_aetiology": "HBV", "hcc_cirrhosis": "CLINICAL",
            "hcc_pht": "N", "hcc_varices": "MILD", "hcc_prior": "NONE", "hcc_imgdat": "2024-03-06",
            "hcc_nodcount": "2", "hcc_uncountable": "N", "hcc_maxdiam": "82.0", "hcc_macrovi": "N", "hcc_ehs": "N",
            "hcc_rupture": "N", "hcc_bclc": "B", "hcc_cnlc": "IIa", "hcc_ct": "T3", "hcc_cn": "N0", "hcc_cm": "M0",
            "hcc_mdtdat": "2024-03-08", "hcc_resect": "POTENTIAL", "hcc_noupfront": "HIGH_RISK", "hcc_icgr15": "6.8",
            "hcc_flr_pct": "58",
        },
        rows={"HCC3": [
            {"nod_no": "1", "nod_segment": "S8", "nod_diam": "82.0", "nod_enhance": "TYPICAL"},
            {"nod_no": "2", "nod_segment": "S5", "nod_diam": "26.0", "nod_enhance": "TYPICAL"},
        ]},
    )  # fmt: skip


def _serology() -> Page:
    return Page("HEP", "SCR", values={
        "hep_lbperf": "Y", "hep_lbdat": "2024-03-06", "hbsag": "POS", "hbsag_quant": "1250.00", "hbsab": "NEG",
        "hbeag": "NEG", "hbeab": "POS", "hbcab": "POS", "hcvab": "NEG", "hivab": "NEG", "hbvdna_dat": "2024-03-06",
        "hbvdna_op": "EQ", "hbvdna": "860", "hep_avt_yn": "Y", "hep_avt_drug": "ETV", "hep_avt_cmstdat": "2024-03-05",
        "hep_avt_cmref": "CM:1",
    })  # fmt: skip


# --- 6.2 neoadjuvant treatment --------------------------------------------------------------------------------------


def _treatment() -> Iterator[Page]:
    yield Page("PR", values={"pryn": "Y"})
    yield Page("PR1", repeat=1, values={
        "prtrt": "Port insertion", "prcat": "ACCESS", "prstdat": "2024-03-13", "pr_indtype": "PROPHYLAXIS",
    })  # fmt: skip
    yield from _events_of_treatment()
    yield from _drugs_of_treatment()
    yield vital_signs("C1", "2024-03-14", "70.0", bp=(130, 80))
    yield cycle("C1", "2024-03-14", 1, rows={
        "EC3": [
            apatinib("NEO", "2024-03-14", "2024-04-05", "250", "QD"),
            apatinib("NEO", "2024-04-06", "2024-04-12", "0", "HELD", apa_reas="AE_NONHEM", apa_aeref="AE:5"),
            apatinib("NEO", "2024-04-13", "2024-05-15", "250", "QOD", apa_reas="AE_NONHEM", apa_aeref="AE:5"),
        ],
        "EC4": [
            tablets("2024-03-14", "28", "2024-04-18", "2"), tablets("2024-04-18", "15", "2024-05-20", "1"),
        ],
    })  # fmt: skip
    yield from _laboratory("C1D8")
    yield vital_signs("C2", "2024-03-28", "69.5", bp=(134, 84))
    yield from _laboratory("C2")
    yield cycle("C2", "2024-03-28", 2)
    yield vital_signs(
        "UNS1", "2024-04-05", "69.0", bp=(168, 102), bp_repeat_yn="Y", sysbp2="166", diabp2="101", pulse="82"
    )
    yield assessment("TA1", "2024-04-09", ("68.0", "41.0"), ("21.0", "12.0"), ("SD", "PR"))
    yield from _laboratory("TA1")
    yield from _laboratory("UNS2")
    yield vital_signs("C3", "2024-04-18", "68.4", bp=(132, 82))
    yield from _laboratory("C3")
    yield electrocardiogram("C3", "2024-04-18", 70, 400)
    reduced = {"ec_lvl": "-1", "ecdosadj": "Y", "ecadj": "AE_HEM", "ecadj_aeref": "AE:6"}
    yield cycle("C3", "2024-04-18", 3, "120", reduced, ec_delay_reas="AE_HEM", ec_delay_aeref="AE:6")
    yield vital_signs("C4", "2024-05-02", "68.0", bp=(130, 82))
    yield from _laboratory("C4")
    yield cycle("C4", "2024-05-02", 4, "120", {"ec_lvl": "-1"})
    yield assessment("TA2", "2024-05-20", ("55.0", "12.0"), ("16.0", "0.0"), ("PR", "PR"))
    yield from _laboratory("TA2")
    yield ended(
        1,
        "NEO",
        "2024-05-22",
        "SURGERY",
        ("2024-05-02", "2024-05-02", "2024-05-04", "2024-05-02", "2024-05-15"),
    )


def cycle(
    visit: str, on: str, number: int, oxaliplatin: str = "155", level: Values | None = None,
    rows: Mapping[str, Sequence[Values]] | None = None, **more: str,
) -> Page:  # fmt: skip
    """mFOLFOX7 with fluorouracil over 46 h, camrelizumab after it began."""
    end = f"{on[:8]}{int(on[8:]) + 2:02}"
    drugs = [
        infusion(on, oxaliplatin) | dict(level or {}),
        infusion(on, "365"),
        {"ecoccur": "NA", "ec_perm_yn": "N"},
        infusion(on, "4375", "11:00", "09:00", end),
        infusion(on, "200", "11:00", "11:30"),
    ]
    return Page("EC", visit, values=_header(on, "NEO", number) | more, rows={"EC2": drugs, **(rows or {})})


def _header(on: str, phase: str, number: int) -> dict[str, str]:
    return {
        "ec_phase": phase, "ec_cycle": str(number), "ec_given": "Y", "ec_d1dat": on, "ec_wt": "70.0", "ec_ht": "171.0",
        "ec_bsa": "1.82", "ec_retreat": "Y", "ec_access": "PORT",
    }  # fmt: skip


def infusion(on: str, mg: str, start: str = "09:00", end: str = "11:00", until: str = "") -> dict[str, str]:
    return {
        "ecoccur": "Y", "ec_lvl": "0", "ecdstxt": mg, "ecstdat": on, "ecsttim": start, "ecendat": until or on,
        "ecentim": end, "eclot": "LOT-1", "ecdosadj": "N", "ecitrpyn": "N", "ectrtcmp": "Y", "ec_ir_yn": "N",
        "ec_perm_yn": "N",
    }  # fmt: skip


def apatinib(phase: str, start: str, end: str, dose: str, schedule: str, **more: str) -> dict[str, str]:
    return {
        "apa_phase": phase, "apa_ecstdat": start, "apa_ecendat": end, "apa_dose": dose, "apa_frq": schedule,
    } | more  # fmt: skip


def tablets(given: str, number: str, back: str, left: str) -> dict[str, str]:
    return {"da_dispdat": given, "da_disp": number, "da_retdat": back, "da_ret": left, "da_missed": "0"}


def ended(repeat: int, phase: str, on: str, why: str, last: Sequence[str]) -> Page:
    """`last`: last dose of oxaliplatin, levofolinate, fluorouracil, camrelizumab, apatinib."""
    rows = [{"eotd_reason": why} | ({"eotd_last": day} if day else {"eotd_last@miss": "NA"}) for day in last]
    values = {"eot_phase": phase, "eot_dsstdat": on, "eot_dsdecod": why, "eot_dscont": "Y"}
    return Page("EOT", "EOT", repeat, values=values, rows={"EOT2": rows})


# --- what is examined -----------------------------------------------------------------------------------------------


def vital_signs(visit: str, on: str, weight: str, bp: tuple[int, int] = (128, 78), **more: str) -> Page:
    values = {
        "vsperf": "Y", "vsdat": on, "weight": weight, "temp": "36.5", "pulse": "74", "resp": "18", "vspos": "SITTING",
        "sysbp": str(bp[0]), "diabp": str(bp[1]), "spo2": "98", "ecog_rsdat": on, "ecog": "0", "cp_ascites": "NONE",
        "cp_enceph": "NONE",
    }  # fmt: skip
    found: list[Values] = [{"peres": "NORMAL"} for _system in BODY_SYSTEMS]
    return Page("VS", visit, values=values | more, rows={"VS4": found})


def electrocardiogram(visit: str, on: str, rate: int, qt: int) -> Page:
    return Page("EG", visit, values={
        "egperf": "Y", "egdat": on, "eg_hr": str(rate), "eg_pr": "160", "eg_qrs": "92", "eg_qt": str(qt),
        "egorres": "NORMAL", "echo_perf": "N",
    })  # fmt: skip


def assessment(
    visit: str, on: str, one: tuple[str, str] | None, two: tuple[str, str] | None, response: Sequence[str] = (), **more: str
) -> Page:  # fmt: skip
    """Multiphasic MRI. `one`, `two`: whole and viable diameter of T01, T02; none when resected.

    `response`: target and overall by RECIST 1.1 and by mRECIST, or target and overall of both.
    """
    baseline = not response
    values = {
        "ta_perf": "Y", "tudat": on, "ta_lastdat": on, "ta_eval": "INVESTIGATOR", "ta_method": "MRI_MP",
        "ta_contrast": "Y", "ta_slice": "3.0", "ta_regions": "CHEST;ABDOMEN;PELVIS",
        "ta_samemethod": "NA" if baseline else "Y", "nl_yn": "NA" if baseline else "N", "ta_rsdat": on,
    }  # fmt: skip
    for key, found in zip("rm", response, strict=False):
        overall = "NED" if found == "NA" else found
        values |= {f"tresp_{key}_inv": found, f"ntresp_{key}_inv": "NA", f"ovresp_{key}_inv": overall}
    targets = [_lesion("T01", "S8", one, baseline), _lesion("T02", "S5", two, baseline)]
    return Page("TA", visit, values=values | more, rows={"TA2": targets})


def _lesion(name: str, segment: str, mm: tuple[str, str] | None, baseline: bool) -> dict[str, str]:
    row = {"tl_lnkid": name, "tl_loc": "LIVER", "tl_locdtl": segment, "tl_node": "N"}
    if mm is None:
        return row | {"tl_state": "RESECTED"}
    row |= {"tl_state": "MEASURED", "tl_diam": mm[0], "tl_viable": mm[1]}
    return row | ({"tl_enh": "TYPICAL"} if baseline else {})


# --- 6.3 laboratory -------------------------------------------------------------------------------------------------

# Limits of normal of the laboratory of site 01 (form C01): those of 6.3, the others those of the catalogue.
RANGES: dict[str, tuple[str, str]] = {
    "WBC": ("3.5", "9.5"), "NEUT": ("1.8", "6.3"), "LYM": ("1.1", "3.2"), "MONO": ("0.1", "0.6"),
    "EOS": ("0.02", "0.52"), "BASO": ("0", "0.06"), "RBC": ("4.3", "5.8"), "HGB": ("130", "175"), "HCT": ("40", "50"),
    "PLAT": ("125", "350"), "ALT": ("9", "50"), "AST": ("15", "40"), "ALP": ("45", "125"), "GGT": ("10", "60"),
    "BILI": ("0", "23.0"), "BILDIR": ("0", "8"), "PROT": ("65", "85"), "ALB": ("40", "55"), "UREA": ("3.1", "8.0"),
    "CREAT": ("57", "97"), "GLUC": ("3.9", "6.1"), "LDH": ("120", "250"), "SODIUM": ("137", "147"), "K": ("3.5", "5.3"),
    "CA": ("2.11", "2.52"), "PT": ("10", "14"), "INR": ("0.8", "1.20"), "APTT": ("25", "37"), "FIBRINO": ("2", "4"),
    "TSH": ("0.35", "4.94"), "T4FR": ("9.0", "19.1"), "T3FR": ("2.6", "5.7"), "CK": ("50", "310"), "CKMB": ("0", "24"),
    "TROPONI": ("0", "26"), "AFP": ("0", "7"), "PIVKA": ("0", "40"),
}  # fmt: skip
RANGES_FROM = "2023-01-01"

# Visit → day; WBC, NEUT, LYM, HGB, PLAT; ALT, AST, GGT, BILI, ALB, CREAT; INR where the visit has a coagulation panel.
COUNTS: dict[str, tuple[str, str, str, str]] = {
    "SCR": ("2024-03-08", "6.0 3.7 1.66 149 149", "40 43 88 14.6 42.4 77", "1.03"),
    "BAS": ("2024-03-12", "5.8 3.6 1.62 148 146", "38 41 86 14.2 42.1 76", "1.04"),
    "C1D8": ("2024-03-21", "5.2 3.1 1.55 144 139", "44 47 90 13.6 41.6 74", ""),
    "C2": ("2024-03-27", "4.3 2.4 1.46 139 118", "58 66 104 15.1 41.2 75", ""),
    "UNS2": ("2024-04-11", "2.1 0.92 0.88 131 88", "47 52 98 14.8 40.6 78", "1.06"),
    "C3": ("2024-04-18", "4.6 2.6 1.4 130 112", "45 46 95 15.5 40.4 77", "1.05"),
    "C4": ("2024-05-01", "3.9 2.05 1.32 127 104", "49 50 93 16.2 40.1 79", ""),
    "PREOP": ("2024-05-28", "5.4 3.3 1.5 132 138", "36 38 80 16.8 39.8 74", "1.06"),
    "POD1": ("2024-05-31", "13.6 11.9 0.9 118 121", "312 287 62 31.5 32.0 80", "1.32"),
    "POD3": ("2024-06-02", "10.9 8.8 1.02 112 109", "168 82 66 33.0 31.0 76", "1.28"),
    "POD5": ("2024-06-04", "7.8 5.7 1.2 110 128", "96 48 74 27.4 31.5 73", "1.24"),
    "POD7": ("2024-06-06", "6.9 4.8 1.28 112 162", "71 41 88 21.5 34.0 72", "1.12"),
    "POD30": ("2024-06-28", "5.9 3.6 1.5 124 198", "38 36 82 15.2 39.0 74", "1.06"),
    "ADJ1": ("2024-07-10", "5.6 3.4 1.58 136 171", "33 35 72 14.6 42.0 75", ""),
    "ADJ2": ("2024-07-31", "5.4 3.2 1.55 137 166", "34 36 71 14.2 42.2 77", ""),
    "ADJ3": ("2024-08-21", "5.1 3.0 1.51 138 158", "35 37 70 13.9 42.6 80", ""),
    "ADJ4": ("2024-09-11", "5.2 3.0 1.53 138 156", "34 36 69 13.7 42.7 79", ""),
    "ADJ5": ("2024-10-02", "5.3 3.1 1.54 139 154", "33 36 67 13.5 42.9 79", ""),
    "ADJ6": ("2024-10-23", "5.3 3.1 1.56 139 153", "33 35 66 13.3 43.0 78", ""),
    "ADJ7": ("2024-11-13", "5.4 3.1 1.57 140 151", "32 34 64 13.1 43.2 78", ""),
    "ADJ8": ("2024-12-04", "5.4 3.2 1.58 140 150", "32 34 62 13.0 43.3 78", ""),
    "EOT": ("2024-12-26", "5.5 3.2 1.6 141 149", "31 33 61 12.8 43.5 78", "1.03"),
    "SFU30": ("2025-01-23", "5.6 3.3 1.62 142 152", "30 32 59 12.6 43.6 77", ""),
}  # fmt: skip
# TSH, free T4, free T3.
THYROID = {
    "SCR": "2.10 13.8 4.4", "C3": "2.3 13.5 4.3", "PREOP": "2.5 13.2 4.2", "ADJ1": "2.6 13.1 4.2", "ADJ2": "4.1 11.2 3.9",
    "ADJ3": "14.6 8.1 3.3", "ADJ4": "9.8 9.2 3.5", "ADJ5": "8.4 10.4 3.7", "ADJ6": "6.6 11.0 3.8", "ADJ7": "5.6 11.6 3.9",
    "ADJ8": "4.8 12.1 4.0", "EOT": "4.2 12.4 4.1",
}  # fmt: skip
CARDIAC = ("SCR", "C2", "C3", "C4", "PREOP", "ADJ1", "EOT")
URINE = {"SCR": "NEG", "C2": "NEG", "C3": "NEG", "C4": "P1", "PREOP": "NEG", "EOT": "NEG"} | {
    f"ADJ{n}": "NEG" for n in range(1, 9)
}
# Day, AFP, PIVKA-II.
MARKERS = {
    "SCR": ("2024-03-08", "1286", "3425"), "TA1": ("2024-04-09", "402", "910"), "TA2": ("2024-05-20", "58.3", "96"),
    "PREOP": ("2024-05-28", "22.6", "48"), "POD30": ("2024-06-28", "5.1", "21"), "FUIMG1": ("2024-08-21", "3.2", "19"),
    "FUIMG2": ("2024-11-13", "3.0", "19"), "EOT": ("2024-12-26", "2.9", "20"), "FUIMG3": ("2025-02-06", "2.9", "20"),
    "FUIMG4": ("2025-04-29", "2.8", "19"), "FUIMG5": ("2025-07-24", "2.9", "21"), "FUIMG6": ("2025-10-16", "3.0", "20"),
    "FUIMG7": ("2026-01-08", "2.9", "20"),
}  # fmt: skip
VIRUS = ("SCR", "TA1", "PREOP", "POD30", *(f"ADJ{n}" for n in range(2, 9)), "EOT")
SPECIMENS = {"HEM": "BLOOD", "COAG": "PLASMA", "UA": "URINE"}
# Abnormal results that are clinically significant: the event that they belong to. The others are not.
SIGNIFICANT = {
    ("C2", "PLAT"): "AE:3", ("C2", "AST"): "AE:2", ("UNS2", "NEUT"): "AE:6", ("UNS2", "WBC"): "AE:7",
    ("UNS2", "PLAT"): "AE:3", ("C3", "PLAT"): "AE:3", ("C4", "PLAT"): "AE:3", ("C4", "UPROTDIP"): "AE:10",
    ("ADJ3", "TSH"): "AE:13", ("ADJ3", "T4FR"): "AE:13", ("ADJ4", "TSH"): "AE:13", ("ADJ5", "TSH"): "AE:13",
    ("ADJ6", "TSH"): "AE:13", ("ADJ7", "TSH"): "AE:13",
}  # fmt: skip
EXPLAINED = {("POD1", test): "Expected after hepatectomy." for test in ("ALT", "AST")}


def _laboratory(visit: str) -> Iterator[Page]:
    """The panels of a visit that the schedule has there."""
    if visit in COUNTS:
        day, blood, chemistry, inr = COUNTS[visit]
        yield panel(visit, "HEM", day, _blood(blood.split()))
        yield panel(visit, "CHEM", day, _chemistry(chemistry.split()))
        if inr:
            yield panel(visit, "COAG", day, _coagulation(inr))
    else:
        day = MARKERS[visit][0]
    if visit in THYROID:
        yield panel(
            visit, "THY", day, dict(zip(("TSH", "T4FR", "T3FR"), THYROID[visit].split(), strict=True))
        )
    if visit in CARDIAC:
        yield panel(visit, "CARD", day, {"CK": "96", "CKMB": "12", "TROPONI": "4"})
    if visit in URINE:
        yield panel(visit, "UA", day, {"UPROTDIP": URINE[visit], "UOCCBLD": "NEG"})
    if visit in MARKERS:
        on, afp, pivka = MARKERS[visit]
        yield panel(visit, "TM", on, {"AFP": afp, "PIVKA": pivka})
    if visit in VIRUS:
        yield panel(
            visit,
            "VIR",
            "2024-03-06" if visit == "SCR" else day,
            {"HBVDNA": "860" if visit == "SCR" else "TND"},
        )


def _blood(given: Sequence[str]) -> dict[str, str]:
    """The differential adds up, and haematocrit and red cells go with the haemoglobin."""
    wbc, neut, lym, hgb, _plat = map(Decimal, given)
    rest = wbc - neut - lym
    found = {
        "MONO": min(Decimal("0.60"), rest * Decimal("0.65")), "EOS": rest * Decimal("0.22"), "BASO": rest * Decimal("0.05"),
        "RBC": hgb / Decimal("30.2"),
    }  # fmt: skip
    named = dict(zip(("WBC", "NEUT", "LYM", "HGB", "PLAT"), given, strict=True))
    return (
        named
        | {test: f"{value:.2f}" for test, value in found.items()}
        | {"HCT": f"{hgb * Decimal('0.31'):.1f}"}
    )


def _chemistry(given: Sequence[str]) -> dict[str, str]:
    named = dict(zip(("ALT", "AST", "GGT", "BILI", "ALB", "CREAT"), given, strict=True))
    more = {
        "ALP": "92", "BILDIR": f"{Decimal(named['BILI']) * Decimal('0.3'):.1f}", "PROT": f"{Decimal(named['ALB']) + 30:.1f}",
        "UREA": "5.1", "GLUC": "5.2", "LDH": "190", "SODIUM": "140", "K": "4.1", "CA": "2.30",
    }  # fmt: skip
    return named | more


def _coagulation(inr: str) -> dict[str, str]:
    return {"PT": f"{Decimal(inr) * Decimal('11.3'):.1f}", "INR": inr, "APTT": "31.0", "FIBRINO": "3.1"}


def panel(visit: str, name: str, on: str, results: Mapping[str, str]) -> Page:
    """A panel with these results; an analyte has its row number in the whole catalogue."""
    values = {
        "lbperf": "Y", "lbdat": on, "lb_soc_pre": "N", "lbspec": SPECIMENS.get(name, "SERUM"), "lbnam": "@lab",
    }  # fmt: skip
    numbers, codes = rows_of(name), list(ANALYTES)
    rows: list[Values | None] = [None] * max(numbers)
    for number in numbers:
        test = codes[number - 1]
        if test in results:
            rows[number - 1] = _result(visit, test, results[test])
    return Page("LB", visit, panel_number(name), values=values, rows={"LB2": rows})


def _result(visit: str, test: str, result: str) -> dict[str, str]:
    unit = ANALYTES[test].unit
    row = {} if unit.startswith("code ") else {"lborresu": unit}
    if test == "HBVDNA":  # not detected: there is no value
        return row | (
            {"lbop": "TND", "lborres@miss": "NAV"} if result == "TND" else {"lbop": "EQ", "lborres": result}
        )
    row["lborres"] = result
    if not usual(test, result):
        event = SIGNIFICANT.get((visit, test))
        row |= {"lbclsig": "CS", "lb_aeref": event} if event else {"lbclsig": "NCS"}
    if comment := EXPLAINED.get((visit, test)):
        row["lbcom"] = comment
    return row


def usual(test: str, result: str) -> bool:
    if test not in RANGES:
        return result == "NEG"
    low, high = map(Decimal, RANGES[test])
    return low <= Decimal(result) <= high


# --- 6.5 adverse events, medication ---------------------------------------------------------------------------------

DRUGS = ("oxa", "llv", "fu", "cam", "apa")
RELATION = {"D": "DEFINITE", "P": "PROBABLE", "S": "POSSIBLE", "L": "UNLIKELY", "U": "UNRELATED"}
RCCEP = "Skin and subcutaneous tissue disorders - Other, specify"


def event(
    number: int, term: str, grade: int, start: str, end: str, related: str, actions: Values | None = None,
    ctcae: str = "", **more: str,
) -> Page:  # fmt: skip
    """One line of the log. `related`: a letter for each drug, then for surgery. `actions`: where a dose changed."""
    values = {
        "aeterm": term, "ae_ctcae": ctcae or term, "aestdat": start, "aeongo": "N" if end else "Y", "aetoxgr": str(grade),
        **{f"aerel_{drug}": RELATION[letter] for drug, letter in zip((*DRUGS, "surg"), related, strict=True)},
        "aerel_dis": "N",
        **{f"aeacn_{drug}": (actions or {}).get(drug, "DOSE_NOT_CHANGED") for drug in DRUGS},
        "ae_surgdelay": "N", "aeacnoth": "NONE", "aecontrt": "N", "aeout": "RECOVERED" if end else "NOT_RECOVERED",
        "aedis": "N", "aesi": "N", "ae_ir": "N", "ae_hbvreact": "N", "rccep_yn": "N", "aeser": "N",
    }  # fmt: skip
    return Page("AE1", repeat=number, values=values | ({"aeendat": end} if end else {}) | more)


TREATED = {"aecontrt": "Y", "aeacnoth": "MEDICATION"}
HELD = {"oxa": "DOSE_REDUCED", "llv": "DOSE_DELAYED", "fu": "DOSE_DELAYED", "cam": "DOSE_DELAYED"}
NO_DRUG = dict.fromkeys(DRUGS, "NA")


def _events_of_treatment() -> Iterator[Page]:
    yield Page("AE", values={"aeyn": "Y"})
    yield event(1, "Nausea", 2, "2024-03-14", "2024-03-18", "PUPUSU", **TREATED)
    yield event(2, "Aspartate aminotransferase increased", 1, "2024-03-27", "2024-04-10", "UUUSSU")
    yield event(3, "Platelet count decreased", 1, "2024-03-27", "2024-05-27", "PUSUUU")
    yield event(
        4, "RCCEP", 1, "2024-04-02", "2025-01-20", "UUUDUU", ctcae=RCCEP, aesi="Y", ae_ir="Y", ae_ir_organ="RCCEP",
        ae_ir_steroid="N", ae_ir_rechall="NA", rccep_yn="Y", rccep_type="REDNEVUS;PEARL", rccep_site="HEAD_FACE;TRUNK",
        rccep_num="9", rccep_maxmm="4.0", rccep_bleed="N", rccep_infect="N", rccep_general="N", rccep_grade="1",
        rccep_mgt="OBSERVE",
    )  # fmt: skip
    yield event(
        5, "Hypertension", 3, "2024-04-05", "2024-04-12", "UUUUDU", {"apa": "DOSE_REDUCED"}, **TREATED
    )
    yield event(6, "Neutrophil count decreased", 3, "2024-04-11", "2024-04-17", "PSPUUU", HELD, **TREATED)
    yield event(7, "White blood cell decreased", 2, "2024-04-11", "2024-04-17", "PUPUUU", HELD)
    yield event(8, "Peripheral sensory neuropathy", 1, "2024-04-20", "2024-06-15", "DUUUUU")
    yield event(9, "Palmar-plantar erythrodysesthesia syndrome", 1, "2024-04-25", "2024-05-25", "UUSUPU")
    yield event(10, "Proteinuria", 1, "2024-05-01", "2024-05-27", "UUUUPU")


def _events_of_surgery() -> Iterator[Page]:
    yield event(11, "Ascites", 2, "2024-06-02", "2024-06-14", "LLLLLD", NO_DRUG, **TREATED)
    yield event(
        12, "Pleural effusion", 3, "2024-06-03", "2024-06-12", "LLLLLD", NO_DRUG, aecontrt="Y",
        aeacnoth="PROCEDURE;HOSPITAL", aeser="Y", aesdth="N", aeslife="N", aeshosp="Y", aesdisab="N", aescong="N",
        aesmie="N", sae_awaredat="2024-06-03", sae_repdat="2024-06-04", sae_type="INITIAL", sae_admdat="2024-05-29",
        sae_disdat="2024-06-14", sae_expected="Y",
        sae_narr="Right pleural effusion after hepatectomy, drained; the stay in hospital was prolonged.",
    )  # fmt: skip


def _events_of_follow_up() -> Iterator[Page]:
    over = {"oxa": "NA", "llv": "NA", "fu": "NA"}
    yield event(
        13, "Hypothyroidism", 2, "2024-08-21", "", "UUUPSU", over, **TREATED, aesi="Y", ae_ir="Y",
        ae_ir_organ="THYROID", ae_ir_steroid="N", ae_ir_rechall="NA",
    )  # fmt: skip


def event_of(term: str) -> Page:
    """The event of this term."""
    events = (*_events_of_treatment(), *_events_of_surgery(), *_events_of_follow_up())
    return next(page for page in events if page.values.get("aeterm") == term)


def _drug(
    number: int, name: str, category: str, why: str, dose: tuple[str, str, str, str], start: str, end: str = "",
    prior: str = "N", **more: str,
) -> Page:  # fmt: skip
    """`dose`: amount, unit, frequency, route."""
    amount, unit, frequency, route = dose
    values = {
        "cmtrt": name, "cmcat": category, "cm_indtype": why, "cmdose": amount, "cmdosu": unit, "cmdosfrq": frequency,
        "cmroute": route, "cmstdat": start, "cmprior": prior, "cmongo": "N" if end else "Y",
    }  # fmt: skip
    return Page("CM1", repeat=number, values=values | ({"cmendat": end} if end else {}) | more)


def _drugs_of_treatment() -> Iterator[Page]:
    once = ("8", "mg", "ONCE", "INTRAVENOUS")
    for number, on in enumerate(("2024-03-14", "2024-03-28", "2024-04-18", "2024-05-02"), 2):
        yield _drug(number, "Ondansetron", "PREMED", "PROPHYLAXIS", once, on, on)
    yield _drug(
        6,
        "Ondansetron",
        "GENERAL",
        "AE",
        ("8", "mg", "BID", "ORAL"),
        "2024-03-14",
        "2024-03-18",
        cmaeno="AE:1",
    )
    yield _drug(7, "Amlodipine", "ANTIHTN", "AE", ("5", "mg", "QD", "ORAL"), "2024-04-05", cmaeno="AE:5")
    yield _drug(
        8,
        "rhG-CSF",
        "GROWTH",
        "AE",
        ("150", "ug", "QD", "SUBCUTANEOUS"),
        "2024-04-11",
        "2024-04-13",
        cmaeno="AE:6",
    )


# --- 6.6 surgery and pathology --------------------------------------------------------------------------------------


def _surgery() -> Iterator[Page]:
    yield decision()
    yield vital_signs("PREOP", "2024-05-28", "68.8", bp=(130, 80))
    yield from _laboratory("PREOP")
    yield electrocardiogram("PREOP", "2024-05-28", 72, 396)
    yield from _events_of_surgery()
    yield _drug(
        9, "Cefuroxime", "GENERAL", "SURGERY", ("1.5", "g", "BID", "INTRAVENOUS"), "2024-05-30", "2024-06-01"
    )
    yield _drug(
        10,
        "Spironolactone",
        "GENERAL",
        "AE",
        ("40", "mg", "QD", "ORAL"),
        "2024-06-02",
        "2024-06-14",
        cmaeno="AE:11",
    )
    yield Page("PR1", repeat=2, values={
        "prtrt": "Right pleural drain", "prcat": "DRAINAGE", "prstdat": "2024-06-04", "prendat": "2024-06-09",
        "pr_indtype": "AE", "praeno": "AE:12",
    })  # fmt: skip
    yield _operation()
    for visit in ("POD1", "POD3"):
        yield from _laboratory(visit)
    yield vital_signs("POD5", "2024-06-04", "68.5", bp=(122, 74), cp_ascites="MILD")
    for visit in ("POD5", "POD7"):
        yield from _laboratory(visit)
    yield _local_pathology()
    yield vital_signs("POD30", "2024-06-28", "66.9", bp=(126, 78), ecog="1", ecog_tumrel="N")
    yield from _laboratory("POD30")
    yield reading(1, "2024-07-02", ("8", "72", "20"), ("0", "60", "40"))
    yield reading(2, "2024-07-05", ("10", "65", "25"), ("0", "55", "45"))
    yield Page("CPATHF", "CPATH", system={"cpf_dat": RELEASED})


def decision() -> Page:
    """The board met two days after the scan; it decides once, so the pre-operative visit has no form of its own."""
    return Page("PREOP", "TA2", values={
        "po_dat": "2024-05-22", "po_taref": "@TA/TA2", "po_decision": "SURGERY", "po_resect": "RESECTABLE", "po_bclc": "B",
        "po_cnlc": "IIa", "po_plan": "RAS", "po_plandat": "2024-05-30", "po_asa": "2", "po_flr": "61.0",
        "po_icg": "7.2", "po_unresolved": "N",
    })  # fmt: skip


def _operation() -> Page:
    return Page(
        "SURG", "SURG",
        values={
            "surg_proccur": "Y", "surg_prstdat": "2024-05-30", "surg_sttim": "08:35", "surg_entim": "12:50",
            "surg_dur": "255", "surg_approach": "LAP", "surg_prtrt": "RAS", "surg_anat": "Y", "surg_segs": "S5;S8",
            "surg_ntum": "2", "surg_extra": "N", "surg_ablation": "N", "surg_thrombect": "N", "surg_lnd": "N",
            "surg_pringle": "Y", "surg_pringle_min": "42", "surg_ebl": "350", "surg_rbc": "0", "surg_plasma": "0",
            "surg_r": "R0", "surg_specimen": "Y", "surg_icu": "1", "surg_dischdat": "2024-06-14", "surg_phlf": "A",
            "surg_bile": "NONE", "surg_phh": "NONE", "surg_comp_yn": "Y", "surg_reop": "N", "surg_readm30": "N",
        },
        rows={"SU3": [
            {
                "comp_term": "ASCITES", "comp_cestdat": "2024-06-02", "comp_ceendat": "2024-06-14", "comp_cd": "II",
                "comp_tx": "Spironolactone", "comp_aeref": "AE:11",
            },
            {
                "comp_term": "PLEURAL", "comp_cestdat": "2024-06-03", "comp_ceendat": "2024-06-12", "comp_cd": "IIIa",
                "comp_tx": "Drain", "comp_aeref": "AE:12",
            },
        ]},
    )  # fmt: skip


LARGE, SMALL = ("60.0", "52.0", "45.0"), ("18.0", "15.0", "14.0")


def _local_pathology() -> Page:
    return Page(
        "LPATH", "LPATH",
        values={
            "lp_no": "P-01-003", "lp_recdat": "2024-05-30", "lp_isch_min": "20", "lp_fix_h": "24.0",
            "lp_midat": "2024-06-11", "lp_sampling": "P7", "lp_blocks_bed": "12", "lp_blocks_all": "19",
            "lp_slides_he": "22", "lp_slides_sent": "14", "lp_sentdat": "2024-06-20", "lp_nnod": "2", "lp_hist": "HCC",
            "lp_mvi": "M0", "lp_mvi_n": "0", "lp_macro": "N", "lp_bdi": "N", "lp_satellite": "N", "lp_margin": "NEG",
            "lp_margin_mm": "12.0", "lp_ln_ex": "0", "lp_ln_pos": "0", "lp_fib": "S4", "lp_steat": "5",
            "lp_ypt": "T1b", "lp_ypn": "N0", "lp_r": "R0",
        },
        rows={"LP3": [
            _bed("lpn", 1, LARGE, ("10", "65", "25"), "II") | {"lpn_lnk": "T01", "lpn_seg": "S8", "lpn_caps": "COMPLETE"},
            _bed("lpn", 2, SMALL, ("0", "70", "30"), "NA") | {"lpn_lnk": "T02", "lpn_seg": "S5", "lpn_caps": "COMPLETE"},
        ]},
    )  # fmt: skip


def _bed(
    prefix: str, number: int, size: tuple[str, str, str], shares: tuple[str, str, str], grade: str
) -> dict[str, str]:
    """A tumour bed: length, width, height; viable, necrosis, stroma in %."""
    names = ("no", "len", "wid", "hgt", "rvt", "nec", "str", "edm")
    values = (str(number), *size, *shares, grade)
    return {f"{prefix}_{name}": value for name, value in zip(names, values, strict=True)}


def reading(repeat: int, on: str, one: tuple[str, str, str], two: tuple[str, str, str]) -> Page:
    return Page(
        "CPATH", "CPATH", repeat,
        values={
            "cp_reader": f"R{repeat}", "cp_recdat": "2024-06-24", "cp_midat": on, "cp_blind": "Y", "cp_slides": "14",
            "cp_slides_bed": "10", "cp_adeq": "ADEQUATE", "cp_mvi": "M0", "cp_mvi_n": "0", "cp_satellite": "N",
            "cp_macro_viable": "NA", "cp_ln_viable": "NA", "cp_margin": "NEG", "cp_margin_mm": "12.0",
        },
        rows={"CP2": [
            _bed("cpn", 1, LARGE, one, "II") | {"cpn_nslides": "5", "cpn_hist": "HCC"},
            _bed("cpn", 2, SMALL, two, "NA") | {"cpn_nslides": "5", "cpn_hist": "NOTUMOUR", "cpn_insitu": "N"},
        ]},
        system={
            "cp_caseid": "CP-0001", "cp_user": f"user:{10 + repeat}", "cp_sign": f"user:{10 + repeat} {on}T09:00:00Z",
        },
    )  # fmt: skip


# --- 6.7 adjuvant treatment, follow-up, end -------------------------------------------------------------------------

ADJUVANT = (
    "2024-07-11", "2024-08-01", "2024-08-22", "2024-09-12", "2024-10-03", "2024-10-24", "2024-11-14", "2024-12-05",
)  # fmt: skip
WEIGHTS = ("67.4", "67.9", "68.3", "68.8", "69.2", "69.5", "69.8", "70.0")
IMAGING = (
    "2024-08-21", "2024-11-13", "2025-02-06", "2025-04-29", "2025-07-24", "2025-10-16", "2026-01-08",
)  # fmt: skip
CONTACTS = (
    ("SFU30", "2025-01-23", "CLINIC"), ("SFU90", "2025-03-04", "PHONE"), ("SURV5", "2025-05-08", "CLINIC"),
    ("SURV6", "2025-07-31", "CLINIC"), ("SURV7", "2025-10-23", "CLINIC"), ("SURV8", "2026-01-15", "CLINIC"),
    ("SURVEND", "2026-03-12", "CLINIC"),
)  # fmt: skip
WITHOUT = {"ecoccur": "N", "ecreasoc": "COMPLETED", "ec_perm_yn": "N"}


def _follow_up() -> Iterator[Page]:
    yield from _events_of_follow_up()
    daily = ("QD", "ORAL")
    yield _drug(
        11, "Levothyroxine", "THYROID", "AE", ("25", "ug", *daily), "2024-08-22", "2024-09-11", cmaeno="AE:13"
    )
    yield _drug(12, "Levothyroxine", "THYROID", "AE", ("50", "ug", *daily), "2024-09-12", cmaeno="AE:13")
    for number, (on, weight) in enumerate(zip(ADJUVANT, WEIGHTS, strict=True), 1):
        visit = f"ADJ{number}"
        yield vital_signs(visit, on, weight, bp=(130, 80))
        yield from _laboratory(visit)
        drugs = [
            WITHOUT,
            WITHOUT,
            {"ecoccur": "NA", "ec_perm_yn": "N"},
            WITHOUT,
            infusion(on, "200", "09:00", "09:30"),
        ]
        rows: dict[str, Sequence[Values]] = {"EC2": drugs}
        if number == 1:
            rows["EC3"] = [apatinib("ADJ", "2024-07-11", "2024-12-25", "250", "QOD")]
        yield Page("EC", visit, values=_header(on, "ADJ", number), rows=rows)
    yield ended(2, "ADJ", "2024-12-26", "COMPLETED", ("", "", "", "2024-12-05", "2024-12-25"))
    yield vital_signs("EOT", "2024-12-26", "70.1")
    yield from _laboratory("EOT")
    yield electrocardiogram("EOT", "2024-12-26", 70, 398)
    for visit, on, source in CONTACTS:  # before the scans: a contact in its window closes a survival visit
        yield contact(visit, on, source)
    for number, on in enumerate(IMAGING, 1):
        yield assessment(f"FUIMG{number}", on, None, None, ("NA", "NA"))
        yield from _laboratory(f"FUIMG{number}")
        yield contact(f"FUIMG{number}", on, "CLINIC")
    yield vital_signs("SFU30", "2025-01-23", "70.2")
    yield from _laboratory("SFU30")
    yield Page("SACT", values={"sact_yn": "N"})
    yield Page("DV", values={"dvyn": "N"})
    yield Page(
        "EOS", "EOS", values={"eos_dsstdat": LAST_DAY, "eos_dsdecod": "COMPLETED", "eos_aeclosed": "Y"}
    )


def contact(visit: str, on: str, source: str) -> Page:
    """Alive, no evidence of disease."""
    values = {
        "ss_dat": on, "ss_source": source, "ss_attempts": "1", "ss_status": "ALIVE", "ss_lastalive": on,
        "ss_disease": "NED", "ss_event_yn": "N", "ss_newtx": "N", "ss_newsae": "N",
    }  # fmt: skip
    return Page("SS", visit, values=values | ({"ss_ecog": "0"} if source == "CLINIC" else {}))
