"""The synthetic participant of the CRF book, section 6, as a story: ends with MPR at 8.3 %."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from .story import (
    Complication,
    Contact,
    Cycle,
    EndOfPhase,
    EndOfStudy,
    Lesion,
    Nodule,
    Operation,
    Period,
    Read,
    Response,
    Scan,
    Story,
    Toxicity,
)  # fmt: skip

NUMBER = "01-003"
LAST_DAY = dt.date(2026, 3, 16)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


ADJUVANT = (
    "2024-07-11", "2024-08-01", "2024-08-22", "2024-09-12", "2024-10-03", "2024-10-24", "2024-11-14", "2024-12-05",
)  # fmt: skip
IMAGING = (
    "2024-08-21", "2024-11-13", "2025-02-06", "2025-04-29", "2025-07-24", "2025-10-16", "2026-01-08",
)  # fmt: skip
CONTACTS = (
    ("SFU30", "2025-01-23", "CLINIC"), ("SFU90", "2025-03-04", "PHONE"), ("SURV5", "2025-05-08", "CLINIC"),
    ("SURV6", "2025-07-31", "CLINIC"), ("SURV7", "2025-10-23", "CLINIC"), ("SURV8", "2026-01-15", "CLINIC"),
    ("SURVEND", "2026-03-12", "CLINIC"),
)  # fmt: skip


def _scan(visit: str, on: str, sizes: tuple[str, str, str, str], r: str = "", m: str = "") -> Scan:
    one, one_viable, two, two_viable = (Decimal(size) for size in sizes)
    lesions = (Lesion("T01", "S8", one, one_viable), Lesion("T02", "S5", two, two_viable))
    responses = [Response(x, "NA", x) if x else None for x in (r, m)]
    return Scan(visit, day(on), day(on), lesions, "", "", responses[0], responses[1])


def _resected(n: int, on: str) -> Scan:
    lesions = tuple(
        Lesion(f"T0{k}", segment, None, None, "RESECTED") for k, segment in ((1, "S8"), (2, "S5"))
    )
    return Scan(f"FUIMG{n}", day(on), day(on), lesions, resected=True)


def _beds(one: tuple[int, int, int], two: tuple[int, int, int]) -> tuple[Nodule, ...]:
    large, small = ("60.0", "52.0", "45.0"), ("18.0", "15.0", "14.0")
    return tuple(
        Nodule(Decimal(size[0]), Decimal(size[1]), Decimal(size[2]), *shares)
        for size, shares in ((large, one), (small, two))
    )


def story() -> Story:
    return Story(
        number=NUMBER, site="01", consent=day("2024-03-04"),
        person={
            "brthdat": "1968-05", "sex": "M", "race": "ASIAN", "ethcn": "HAN", "su_tob": "FORMER", "su_packyr": "15",
            "su_alc": "NEVER", "famhx_hcc": "N",
        },
        disease={
            "hcc_mhstdat": "2024-02", "hcc_dxbasis": "CLINICAL_CN", "hcc_aetiology": "HBV", "hcc_cirrhosis": "CLINICAL",
            "hcc_pht": "N", "hcc_varices": "MILD", "hcc_prior": "NONE", "hcc_imgdat": "2024-03-06", "hcc_nodcount": "2",
            "hcc_uncountable": "N", "hcc_maxdiam": "82.0", "hcc_macrovi": "N", "hcc_ehs": "N", "hcc_rupture": "N",
            "hcc_bclc": "B", "hcc_cnlc": "IIa", "hcc_ct": "T3", "hcc_cn": "N0", "hcc_cm": "M0",
            "hcc_mdtdat": "2024-03-08", "hcc_resect": "POTENTIAL", "hcc_noupfront": "HIGH_RISK", "hcc_icgr15": "6.8",
            "hcc_flr_pct": "58",
        },
        nodules=(
            {"nod_no": "1", "nod_segment": "S8", "nod_diam": "82.0", "nod_enhance": "TYPICAL"},
            {"nod_no": "2", "nod_segment": "S5", "nod_diam": "26.0", "nod_enhance": "TYPICAL"},
        ),
        baseline=_scan("SCR", "2024-03-06", ("82.0", "80.0", "26.0", "26.0")),
        decided=day("2024-03-12"), enrolled=day("2024-03-12"),
        size={"ec_ht": "171.0", "ec_wt": "70.0", "ec_bsa": "1.82"},
        cycles=(
            Cycle("C1", "NEO", 1, day("2024-03-14")), Cycle("C2", "NEO", 2, day("2024-03-28")),
            Cycle("C3", "NEO", 3, day("2024-04-18"), "LAB", "-1", True), Cycle("C4", "NEO", 4, day("2024-05-02"), "", "-1"),
            *(Cycle(f"ADJ{n}", "ADJ", n, day(on)) for n, on in enumerate(ADJUVANT, 1)),
        ),
        apatinib=(
            Period("NEO", day("2024-03-14"), day("2024-04-05"), 250, "QD"),
            Period("NEO", day("2024-04-06"), day("2024-04-12"), 0, "HELD", "PHYSICIAN"),
            Period("NEO", day("2024-04-13"), day("2024-05-15"), 250, "QOD", "PHYSICIAN"),
            Period("ADJ", day("2024-07-11"), day("2024-12-25"), 250, "QOD"),
        ),
        toxicities=(Toxicity("Hypertension", 3, day("2024-04-05"), day("2024-04-12"), "UUUUD"),),
        scans=(
            _scan("TA1", "2024-04-09", ("68.0", "41.0", "21.0", "12.0"), "SD", "PR"),
            _scan("TA2", "2024-05-20", ("55.0", "12.0", "16.0", "0.0"), "PR", "PR"),
            *(_resected(n, on) for n, on in enumerate(IMAGING, 1)),
        ),
        operation=Operation(
            day("2024-05-30"), "R0",
            values={
                "surg_sttim": "08:35", "surg_entim": "12:50", "surg_dur": "255", "surg_approach": "LAP", "surg_prtrt": "RAS",
                "surg_anat": "Y", "surg_segs": "S5;S8", "surg_ntum": "2", "surg_extra": "N", "surg_ablation": "N",
                "surg_thrombect": "N", "surg_lnd": "N", "surg_pringle": "Y", "surg_pringle_min": "42", "surg_ebl": "350",
                "surg_rbc": "0", "surg_plasma": "0", "surg_r": "R0", "surg_specimen": "Y", "surg_icu": "1",
                "surg_phlf": "A", "surg_bile": "NONE", "surg_phh": "NONE", "surg_comp_yn": "Y", "surg_reop": "N",
                "surg_readm30": "N",
            },
            discharge=day("2024-06-14"),
            complications=(
                Complication("ASCITES", day("2024-06-02"), day("2024-06-14"), "II", "Spironolactone"),
                Complication("PLEURAL", day("2024-06-03"), day("2024-06-12"), "IIIa", "Drain"),
            ),
        ),
        reads=(
            Read("p1", day("2024-06-24"), day("2024-07-02"), _beds((8, 72, 20), (0, 60, 40))),
            Read("p2", day("2024-06-24"), day("2024-07-05"), _beds((10, 65, 25), (0, 55, 45))),
        ),
        released=day("2024-07-08"),
        ends=(EndOfPhase("NEO", day("2024-05-22"), "SURGERY"), EndOfPhase("ADJ", day("2024-12-26"), "COMPLETED")),
        contacts=tuple(Contact(visit, day(on), source, "ALIVE", day(on)) for visit, on, source in CONTACTS),
        no_therapy=day("2026-03-12"),
        end=EndOfStudy(LAST_DAY, "COMPLETED"),
    )  # fmt: skip
