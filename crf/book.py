"""What the CRF book says beside what the machinery reads: remarks on visits, where logs are looked at, groups of checks.

No rule depends on it; the data dictionary prints it, so that nothing of the book is lost.
"""

from __future__ import annotations

from .schedule import FORMS

# Remarks on the visits (1.3.1); those without one are left out.
VISIT_NOTES = {
    "SCR": (
        "consent may be earlier than -28 only with re-screening; standard-of-care imaging, biopsy and serology "
        "within 28 d may pre-date consent if flagged"
    ),
    "BAS": "qualifying laboratory tests within 7 d; may be the same day as C1D1 before dosing",
    "C1": "defines study day 1",
    "C1D8": "cfg.c1d8_enabled = true",
    "C2": "later = delay with reason, up to cfg.max_delay_days",
    "TA1": "before C3D1",
    "C3": "ECG at C3",
    "C4": "last planned neoadjuvant cycle by default",
    "TA2": "serves as pre-operative imaging if surgery within 28 d",
    "C5": "only after po_decision = MORE_CYCLES",
    "C6": "maximum cfg.max_neo_cycles",
    "TA3": "only if C5-C6 given",
    "PREOP": "MDT form may be dated from TA2 onward; VS, LB, EG within 14 d before surgery",
    "SURG": "not done = reason in F13",
    "POD1": "laboratory only",
    "POD3": "laboratory only",
    "POD5": "needed for ISGLS liver-failure criterion",
    "POD7": "if in hospital",
    "LPATH": "no participant visit",
    "POD30": "complications, labs",
    "CPATH": "no participant visit; must also be <= C1D1 + 183 d (registry time frame 6 months)",
    "POD90": "90-day morbidity and mortality",
    "ADJ1": "cfg.adjuvant_enabled = true",
    "ADJ2": "up to cfg.adj_cycles",
    "CONT": "until PD, toxicity or cfg.cont_max_cycles; mFOLFOX7 at most 12 cycles in total",
    "EOT": "one disposition form per phase",
    "SFU30": "all AEs",
    "SFU90": "SAE and irAE; telephone allowed",
    "FUIMG": "until recurrence/PD, death or 24 months",
    "SURV": "only after EOT or when no other visit in the window; telephone allowed",
    "SURVEND": "registry OS time frame 24 months",
    "UNS": "any form",
}

# Groups of the edit checks (section 3) by the number of their first check.
CHECK_GROUPS = (
    ("CK-001", "A. Consent, demographics, generic dates"),
    ("CK-022", "B. Eligibility, HCC history and staging"),
    ("CK-056", "C. Hepatitis"),
    ("CK-064", "D. Vital signs and ECOG"),
    ("CK-078", "E. Laboratory"),
    ("CK-110", "F. ECG"),
    ("CK-116", "G. Study treatment"),
    ("CK-166", "H. Tumour assessment"),
    ("CK-201", "I. Pre-operative assessment and surgery"),
    ("CK-223", "J. Local and central pathology"),
    ("CK-255", "K. Adverse events"),
    ("CK-293", "L. Medication, procedures, subsequent therapy"),
    ("CK-309", "M. Disposition, follow-up, death, deviations"),
)

# Sections that the book counts as repeating because the record repeats: one for each reader, one for each range.
REPEATED_BY_RECORD = frozenset({"CP1", "CP3", "LR1"})

# Marks of the book's matrix (1.3.3) that are no visits of the schedule. Logs are kept outside visits and looked at
# from them; the operation is one form, looked at again on day 30 and 90; readings belong to the cases of central
# pathology.
# fmt: off
MATRIX_MARKS: dict[str, dict[str, str]] = {
    "MH": {"SCR": "R"},
    "SURG": {"POD30": "R", "POD90": "R"},
    "CPATH": {"CPATH": "C"},
    "AE": dict.fromkeys((
        "SCR", "BAS", "C1", "C1D8", "C2", "C3", "C4", "C5", "C6", "PREOP", "SURG", "POD30", "POD90", "ADJ1",
        "ADJ2", "CONT", "EOT", "SFU30", "SFU90", "FUIMG", "SURV", "UNS",
    ), "E"),
    "CM": dict.fromkeys((
        "SCR", "BAS", "C1", "C2", "C3", "C4", "C5", "C6", "PREOP", "SURG", "POD30", "ADJ1", "ADJ2", "CONT",
        "EOT", "SFU30", "UNS",
    ), "E"),
    "PR": dict.fromkeys((
        "SCR", "C1", "C2", "C3", "C4", "PREOP", "SURG", "POD30", "ADJ1", "ADJ2", "CONT", "EOT", "SFU30", "UNS",
    ), "E"),
    "SACT": dict.fromkeys(["EOT", "SFU30", "SFU90", "FUIMG", "SURV", "SURVEND"], "E"),
    "DTH": {"UNS": "E"},
    "DV": {"UNS": "E"},
}

# Lines of the matrix in the order of the book.
ORDER = [
    "ICF", "DM", "IE", "MH", "HCC", "HEP", "VS", "LB-HEM", "LB-CHEM", "LB-COAG", "LB-THY", "LB-CARD",
    "LB-UA", "LB-TM", "LB-VIR", "LB-PREG", "LB-ENDO", "EG", "EC", "TA", "PREOP", "SURG", "LPATH", "CPATH",
    "AE", "CM", "PR", "SACT", "EOT", "SS", "DTH", "DV", "EOS",
]

# fmt: on

# Cells that the book marks with a star: the form may be there more than once.
REPEATED_CELLS = frozenset({("MH", "SCR"), ("PREOP", "PREOP"), ("EOT", "EOT")})


def matrix() -> dict[str, dict[str, str]]:
    """Form → visit → mark, in the order of the book."""
    found: dict[str, dict[str, str]] = {}
    for line in ORDER:
        marks = {**FORMS.get(line, {}), **MATRIX_MARKS.get(line, {})}
        found[line] = {visit: mark + "*" * ((line, visit) in REPEATED_CELLS) for visit, mark in marks.items()}
    return found


def group_of(check: str) -> str:
    """The title of the group that an edit check belongs to."""
    return next(title for first, title in reversed(CHECK_GROUPS) if check >= first)


def visit_note(code: str) -> str:
    return VISIT_NOTES.get(code, "-")
