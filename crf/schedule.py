"""Which visit when, and which form at which visit, as data; the rules that open, close and move visits.

Everything here is a default of the CRF book (1.3), to be replaced by the signed protocol. Dates are planned from
actual anchors: a delay of C3 moves C4, TA2 and surgery (1.3.2).
"""

from __future__ import annotations

from dataclasses import dataclass

from trialsite.kernel.texts import Text

from .analytes import panel_number


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One line of the schedule. `target`, `window_from`, `window_to` are days from the anchor (`84 x n` for repeats)."""

    code: str
    number: int
    label: Text
    period: str
    anchor: str
    target: str
    window_from: str
    window_to: str
    kind: str  # planned, optional, event

    @property
    def repeats(self) -> bool:
        return self.code in REPEATING


# Lines that stand for several visits, and how many the protocol plans.
REPEATING = {
    "ADJ2": range(2, 9),
    "CONT": range(1, 41),
    "FUIMG": range(1, 9),
    "SURV": range(1, 9),
    "UNS": range(1, 100),
}

VISITS: dict[str, VisitLine] = {
    line.code: line
    for line in (
        VisitLine("SCR", 10, Text("Screening", "筛选期"), "SCREENING", "C1D1", "-14", "-28", "-1", "planned"),
        VisitLine(
            "BAS",
            20,
            Text("Baseline (pre-dose)", "基线(给药前)"),
            "SCREENING",
            "C1D1",
            "-2",
            "-7",
            "0",
            "planned",
        ),
        VisitLine(
            "C1", 101, Text("Cycle 1 day 1", "第1周期第1天"), "NEOADJUVANT", "ENROL", "2", "0", "7", "planned"
        ),
        VisitLine(
            "C1D8",
            102,
            Text("Cycle 1 day 8 safety laboratory", "第1周期第8天安全性检查"),
            "NEOADJUVANT",
            "C1D1",
            "7",
            "5",
            "9",
            "optional",
        ),
        VisitLine(
            "C2",
            111,
            Text("Cycle 2 day 1", "第2周期第1天"),
            "NEOADJUVANT",
            "previous cycle D1",
            "14",
            "11",
            "17",
            "planned",
        ),
        VisitLine(
            "TA1",
            119,
            Text("Tumour assessment 1 (after cycle 2)", "影像评估1(第2周期后)"),
            "NEOADJUVANT",
            "C2D1",
            "14",
            "9",
            "17",
            "planned",
        ),
        VisitLine(
            "C3",
            121,
            Text("Cycle 3 day 1", "第3周期第1天"),
            "NEOADJUVANT",
            "previous cycle D1",
            "14",
            "11",
            "17",
            "planned",
        ),
        VisitLine(
            "C4",
            131,
            Text("Cycle 4 day 1", "第4周期第1天"),
            "NEOADJUVANT",
            "previous cycle D1",
            "14",
            "11",
            "17",
            "planned",
        ),
        VisitLine(
            "TA2",
            139,
            Text("Tumour assessment 2 (after cycle 4)", "影像评估2(第4周期后)"),
            "NEOADJUVANT",
            "C4D1",
            "14",
            "11",
            "24",
            "planned",
        ),
        VisitLine(
            "C5",
            141,
            Text("Cycle 5 day 1 (if MDT decides MORE_CYCLES)", "第5周期第1天(MDT决定)"),
            "NEOADJUVANT",
            "previous cycle D1",
            "14",
            "11",
            "28",
            "event",
        ),
        VisitLine(
            "C6",
            151,
            Text("Cycle 6 day 1 (if MDT decides MORE_CYCLES)", "第6周期第1天(MDT决定)"),
            "NEOADJUVANT",
            "previous cycle D1",
            "14",
            "11",
            "17",
            "event",
        ),
        VisitLine(
            "TA3",
            159,
            Text("Tumour assessment 3 (after cycle 6)", "影像评估3(第6周期后)"),
            "NEOADJUVANT",
            "C6D1",
            "14",
            "11",
            "24",
            "event",
        ),
        VisitLine(
            "PREOP",
            200,
            Text("Pre-operative assessment (MDT, fitness)", "术前评估"),
            "SURGERY",
            "SURGERY (MDT form: TA2 or TA3)",
            "-3",
            "-14",
            "-1",
            "planned",
        ),
        VisitLine(
            "SURG",
            210,
            Text("Surgery", "手术"),
            "SURGERY",
            "last neoadjuvant IV dose",
            "28",
            "14",
            "42",
            "planned",
        ),
        VisitLine(
            "POD1",
            211,
            Text("Post-operative day 1", "术后第1天"),
            "SURGERY",
            "SURGERY",
            "1",
            "1",
            "1",
            "planned",
        ),
        VisitLine(
            "POD3",
            213,
            Text("Post-operative day 3", "术后第3天"),
            "SURGERY",
            "SURGERY",
            "3",
            "2",
            "4",
            "planned",
        ),
        VisitLine(
            "POD5",
            215,
            Text("Post-operative day 5", "术后第5天"),
            "SURGERY",
            "SURGERY",
            "5",
            "5",
            "6",
            "planned",
        ),
        VisitLine(
            "POD7",
            217,
            Text("Post-operative day 7", "术后第7天"),
            "SURGERY",
            "SURGERY",
            "7",
            "7",
            "9",
            "optional",
        ),
        VisitLine(
            "LPATH",
            220,
            Text("Local pathology report", "本地病理报告"),
            "SURGERY",
            "SURGERY",
            "14",
            "3",
            "21",
            "planned",
        ),
        VisitLine(
            "POD30",
            230,
            Text("Post-operative day 30", "术后30天"),
            "SURGERY",
            "SURGERY",
            "30",
            "23",
            "37",
            "planned",
        ),
        VisitLine(
            "CPATH",
            240,
            Text("Central pathology review complete", "中心病理评审完成"),
            "SURGERY",
            "SURGERY",
            "60",
            "7",
            "90",
            "planned",
        ),
        VisitLine(
            "POD90",
            250,
            Text("Post-operative day 90", "术后90天"),
            "SURGERY",
            "SURGERY",
            "90",
            "76",
            "104",
            "planned",
        ),
        VisitLine(
            "ADJ1",
            301,
            Text("Adjuvant cycle 1", "辅助治疗第1周期"),
            "ADJUVANT",
            "SURGERY",
            "42",
            "28",
            "56",
            "optional",
        ),
        VisitLine(
            "ADJ2",
            302,
            Text("Adjuvant cycles 2-8 (ADJ2..ADJ8, numbers 302-308)", "辅助治疗第2-8周期"),
            "ADJUVANT",
            "previous adjuvant cycle",
            "21",
            "18",
            "24",
            "optional",
        ),
        VisitLine(
            "CONT",
            351,
            Text("Continued treatment cycle n (not resected)", "未切除者继续治疗周期"),
            "CONTINUED",
            "previous cycle D1",
            "14",
            "11",
            "17",
            "event",
        ),
        VisitLine(
            "EOT",
            400,
            Text("End of treatment", "治疗结束"),
            "FOLLOW-UP",
            "last study dose",
            "7",
            "0",
            "14",
            "planned",
        ),
        VisitLine(
            "SFU30",
            410,
            Text("Safety follow-up, 30 days", "安全性随访30天"),
            "FOLLOW-UP",
            "last study dose",
            "30",
            "23",
            "37",
            "planned",
        ),
        VisitLine(
            "SFU90",
            420,
            Text("Safety follow-up, 90 days", "安全性随访90天"),
            "FOLLOW-UP",
            "last camrelizumab",
            "90",
            "76",
            "104",
            "planned",
        ),
        VisitLine(
            "FUIMG",
            501,
            Text("Follow-up imaging n (n = 1..8, every 12 weeks)", "随访影像n(每12周)"),
            "FOLLOW-UP",
            "SURGERY (C1D1 if not resected, then every 8 weeks)",
            "84 x n",
            "84n-14",
            "84n+14",
            "planned",
        ),
        VisitLine(
            "SURV",
            601,
            Text("Survival follow-up n (n = 1..8, every 12 weeks)", "生存随访n(每12周)"),
            "FOLLOW-UP",
            "C1D1",
            "84 x n",
            "84n-14",
            "84n+14",
            "planned",
        ),
        VisitLine(
            "SURVEND",
            690,
            Text("24-month survival visit", "24个月生存随访"),
            "FOLLOW-UP",
            "C1D1",
            "730",
            "716",
            "758",
            "planned",
        ),
        VisitLine("UNS", 900, Text("Unscheduled", "计划外"), "ANY", "-", "-", "-", "-", "event"),
        VisitLine(
            "EOS", 999, Text("End of study", "研究结束"), "FOLLOW-UP", "last contact", "0", "0", "30", "event"
        ),
    )
}

PERIODS = {
    "SCREENING": Text("Screening", "筛选"),
    "NEOADJUVANT": Text("Neoadjuvant", "新辅助治疗"),
    "SURGERY": Text("Surgery", "手术"),
    "ADJUVANT": Text("Adjuvant", "辅助治疗"),
    "CONTINUED": Text("Continued", "继续治疗"),
    "FOLLOW-UP": Text("Follow-up", "随访"),
    "ANY": Text("Any time", "任意时间"),
}

# Form → visits where it is kept: R required, C conditional, O optional, E event-driven. One line per form; the
# laboratory has one for each panel. SURG is entered at SURG and reviewed, the same form, at POD30 and POD90. CPATH
# envelopes belong to readings (pathology.services). A form without visits is a log of the participant, or is kept
# when its event happens.
FORMS: dict[str, dict[str, str]] = {
    "ICF": {"SCR": "R"},
    "DM": {"SCR": "R"},
    "IE": {"SCR": "R"},
    "HCC": {"SCR": "R"},
    "HEP": {"SCR": "R"},
    "VS": {
        **dict.fromkeys(
            ("SCR", "BAS", "C1", "C2", "C3", "C4", "PREOP", "POD5", "POD30", "EOT", "SFU30"), "R"
        ),
        **dict.fromkeys(("C5", "C6", "ADJ1", "ADJ2", "CONT"), "C"),
        "UNS": "O",
    },
    "LB-HEM": {
        **dict.fromkeys(
            ("SCR", "BAS", "C2", "C3", "C4", "PREOP", "POD1", "POD3", "POD5", "POD30", "EOT", "SFU30"), "R"
        ),
        "C1D8": "O",
        "POD7": "O",
        "UNS": "O",
        **dict.fromkeys(("C5", "C6", "ADJ1", "ADJ2", "CONT"), "C"),
    },
    "LB-CHEM": {
        **dict.fromkeys(
            ("SCR", "BAS", "C2", "C3", "C4", "PREOP", "POD1", "POD3", "POD5", "POD30", "EOT", "SFU30"), "R"
        ),
        "C1D8": "O",
        "POD7": "O",
        "UNS": "O",
        **dict.fromkeys(("C5", "C6", "ADJ1", "ADJ2", "CONT"), "C"),
    },
    "LB-COAG": {
        **dict.fromkeys(("SCR", "BAS", "C3", "PREOP", "POD1", "POD3", "POD5", "POD30", "EOT"), "R"),
        "POD7": "O",
        "UNS": "O",
    },
    "LB-THY": {
        **dict.fromkeys(("SCR", "C3", "PREOP", "EOT"), "R"),
        **dict.fromkeys(("C5", "ADJ1", "ADJ2", "CONT"), "C"),
        "SFU30": "O",
        "UNS": "O",
    },
    "LB-CARD": {
        **dict.fromkeys(("SCR", "C2", "C3", "C4", "PREOP", "EOT"), "R"),
        "ADJ1": "C",
        "ADJ2": "O",
        "CONT": "O",
        "UNS": "O",
    },
    "LB-UA": {
        **dict.fromkeys(("SCR", "C2", "C3", "C4", "PREOP", "EOT"), "R"),
        **dict.fromkeys(("C5", "C6", "ADJ1", "ADJ2", "CONT"), "C"),
        "UNS": "O",
    },
    "LB-TM": {
        **dict.fromkeys(("SCR", "TA1", "TA2", "PREOP", "POD30", "EOT", "FUIMG"), "R"),
        "TA3": "C",
        "ADJ1": "O",
        "UNS": "O",
    },
    "LB-VIR": {
        **dict.fromkeys(("SCR", "TA1", "PREOP", "POD30", "ADJ2", "EOT"), "C"),
        "FUIMG": "O",
        "UNS": "O",
    },
    "LB-PREG": {**dict.fromkeys(("SCR", "BAS", "ADJ1", "EOT"), "C")},
    "LB-ENDO": {"SCR": "O", "ADJ1": "O", "UNS": "O"},
    "EG": {**dict.fromkeys(("SCR", "C3", "PREOP", "EOT"), "R"), "UNS": "O"},
    "EC": {
        **dict.fromkeys(("C1", "C2", "C3", "C4"), "R"),
        **dict.fromkeys(("C5", "C6", "ADJ1", "ADJ2", "CONT"), "C"),
    },
    "TA": {**dict.fromkeys(("SCR", "TA1", "TA2", "FUIMG"), "R"), "TA3": "C", "UNS": "O"},
    "PREOP": {"TA2": "R", "PREOP": "R", "TA3": "C"},
    "SURG": {"SURG": "R"},
    "LPATH": {"LPATH": "C"},
    "EOT": {"EOT": "R"},
    "SS": {**dict.fromkeys(("SFU30", "SFU90", "FUIMG", "SURV", "SURVEND"), "R"), "UNS": "O"},
    "EOS": {"EOS": "R"},
    **{key: {} for key in ("MH", "AE", "CM", "PR", "SACT", "DTH", "DV")},
}

# Kept outside visits, from the start: R required, E when there is something to record.
LOGS = {"MH": "R", "AE": "E", "CM": "E", "PR": "E", "SACT": "E", "DTH": "E", "DV": "E"}
# Logs whose lines are records of their own, with the part that holds a line.
LINES_OF = {"MH": "MH1", "AE": "AE1", "CM": "CM1", "PR": "PR1", "DV": "DV1"}

# What is examined beside what a visit is for: it dates a visit that has nothing else.
EXAMINED = ("HEP", "VS", "LB", "EG", "PREOP")

CYCLES = ("C1", "C2", "C3", "C4", "C5", "C6")
NEOADJUVANT_TA = {"TA1": "C2", "TA2": "C4", "TA3": "C6"}


def visit_label(code: str, repeat: int) -> str:
    """What people call the visit, unique within a participant: `TA1`, `FUIMG2`, `ADJ3`."""
    if code == "ADJ2":
        return f"ADJ{repeat}"
    return f"{code}{repeat}" if code in REPEATING else code


def visit_of(label: str) -> tuple[str, int] | None:
    """Code and repeat of a label; `None` when no such visit can exist."""
    if label in VISITS and label not in REPEATING:
        return label, 1
    for code, repeats in REPEATING.items():
        stem = "ADJ" if code == "ADJ2" else code
        rest = label.removeprefix(stem)
        if rest != label and rest.isascii() and rest.isdigit() and int(rest) in repeats:
            return code, int(rest)
    return None


def visit_title(code: str, repeat: int) -> Text:
    """The full name of a visit, with its number when it repeats."""
    label = VISITS[code].label
    if code not in REPEATING:
        return label
    if code == "ADJ2":
        return Text(f"Adjuvant cycle {repeat}", f"辅助治疗第{repeat}周期")
    en, zh = label.en.split(" (")[0].removesuffix(" n"), label.zh.split("(")[0].removesuffix("n")
    return Text(f"{en} {repeat}", f"{zh} {repeat}")


def visit_order(code: str, repeat: int) -> int:
    return VISITS[code].number * 100 + repeat


@dataclass(frozen=True, slots=True)
class FormAt:
    """A form that is kept at a visit. `repeat` tells the panels of the laboratory apart."""

    key: str
    kind: str
    repeat: int = 1


def forms_at(code: str) -> list[FormAt]:
    """The forms of a visit in the order in which a site fills them in."""
    return [_form_at(line, visits[code]) for line, visits in FORMS.items() if code in visits]


def _form_at(line: str, kind: str) -> FormAt:
    key, _, panel = line.partition("-")
    return FormAt(key, kind, panel_number(panel) if panel else 1)
