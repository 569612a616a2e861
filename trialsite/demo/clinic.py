"""What is examined, drawn and noted along a story: vital signs, laboratory, serology, ECG, events, medication, pathology.

Drawn by lot from the participant's own seed. The limits of normal are those of the demonstration laboratory: the
typical ranges of the catalogue.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from crf.analytes import ANALYTES, panel_number, rows_of
from crf.codelists import BODY_SYSTEMS
from crf.ctcae import TERMS

from .laboratory import limits_of
from .story import DAY, Cycle, Operation, Scan, Story, Toxicity, Values

SPECIMENS = {"HEM": "BLOOD", "COAG": "PLASMA", "UA": "URINE", "PREG": "URINE"}
DRUGS = ("oxa", "llv", "fu", "cam", "apa")
FULL = ("HEM", "CHEM", "COAG", "THY", "CARD", "UA", "TM")
BLOOD = ("HEM", "CHEM", "COAG")
AT_CYCLE = {
    2: ("HEM", "CHEM", "CARD", "UA"), 3: ("HEM", "CHEM", "COAG", "THY", "CARD", "UA"), 4: ("HEM", "CHEM", "CARD", "UA"),
}  # fmt: skip
# A usual value and how far it strays, for analytes that are drawn every time. Chosen within the typical ranges.
USUAL: dict[str, tuple[float, float]] = {
    "WBC": (6.0, 0.8), "HGB": (142, 6), "PLAT": (188, 24), "ALT": (34, 6), "AST": (31, 4), "ALP": (88, 12), "GGT": (46, 7),
    "BILI": (13.5, 2.5), "PROT": (73, 2), "ALB": (43.2, 1.0), "UREA": (5.2, 0.7), "CREAT": (74, 6), "GLUC": (5.0, 0.3),
    "LDH": (186, 18), "SODIUM": (140.5, 1.3), "K": (4.2, 0.25), "CA": (2.3, 0.05), "PT": (12.0, 0.5), "APTT": (31, 1.8),
    "FIBRINO": (3.0, 0.3), "TSH": (2.3, 0.6), "T4FR": (13.9, 1.2), "T3FR": (4.2, 0.4), "CK": (110, 24), "CKMB": (11, 2.5),
    "TROPONI": (5, 1.5),
}  # fmt: skip
PLACES = {"HGB": 0, "PLAT": 0, "ALT": 0, "AST": 0, "ALP": 0, "GGT": 0, "CREAT": 0, "LDH": 0, "CK": 0, "CKMB": 0, "CA": 2,
          "PT": 1, "TROPONI": 0}  # fmt: skip
# How chemotherapy and an operation move a value, as a factor.
UNDER_TREATMENT = {"WBC": 0.74, "HGB": 0.93, "PLAT": 0.76, "ALT": 1.15, "AST": 1.1}
AFTER_SURGERY = {
    "WBC": 1.5,
    "HGB": 0.86,
    "PLAT": 0.86,
    "ALT": 3.1,
    "AST": 2.4,
    "ALB": 0.84,
    "BILI": 1.35,
    "PROT": 0.88,
}


@dataclass(slots=True)
class Note:
    """One form of the clinic as it is typed; `trialsite.demo.forms.Entry` has the same words."""

    key: str
    visit: str
    day: dt.date
    values: Values
    rows: dict[str, Sequence[Values | None]] = field(default_factory=dict)
    repeat: int = 1


def slides_sent(beds: int) -> int:
    """How many slides of a specimen with so many tumour beds the site sends to the central laboratory."""
    return 12 + 3 * max(beds, 1)


class Clinic:
    """Everything beside the endpoint's forms for one story."""

    def __init__(self, story: Story) -> None:
        self.story = story
        self.rng = Random(f"clinic/{story.number}")  # noqa: S311 – invented people, not secrets
        self.weight = float(story.size.get("ec_wt", 68))
        self.height = story.size.get("ec_ht", "168.0")
        self.afp = self.rng.choice((8.0, 120.0, 460.0, 1290.0, 5200.0))
        self.hepatitis_b = "HBV" in story.disease.get("hcc_aetiology", "HBV").split(";")
        self.dna = str(self.rng.randint(60, 1400))
        self.virus = ("VIR",) if self.hepatitis_b else ()
        self.tested = ("PREG",) if story.person.get("wocbp") == "Y" else ()
        self.hypertensive = self.rng.random() < 0.3
        self.drugs: list[Note] = []
        self.events: list[Note] = []

    # --- screening ----------------------------------------------------------------------------------------------

    def screening(self) -> Iterator[Note]:
        """Before the decision on eligibility; all of it is there when a participant is enrolled."""
        day = self.story.consent + 2 * DAY
        yield from self._history(day)
        yield self._serology(day)
        yield self.vital_signs("SCR", day, height=self.height)
        yield from self.panels("SCR", (*FULL, *self.virus, *self.tested), day)
        yield self._ecg("SCR", day, echo=True)
        last = (self.story.decided or day) - DAY
        if last > day:
            yield self.vital_signs("BAS", last)
            yield from self.panels("BAS", (*BLOOD, *self.tested), last)

    def _history(self, day: dt.date) -> Iterator[Note]:
        known: list[Values] = []
        if self.hepatitis_b:
            known.append({"mhterm": "Chronic hepatitis B", "mhcat": "HEPATIC", "mhstdat": str(day.year - 14)})
        if self.hypertensive:
            known.append({"mhterm": "Hypertension", "mhcat": "CARDIOVASC", "mhstdat": str(day.year - 6)})
        yield Note("MH", "", day, {"mhyn": "Y" if known else "N"})
        for number, values in enumerate(known, 1):
            yield Note("MH1", "", day, values | {"mhongo": "Y", "mhtoxgr": "1", "mhctrl": "Y"}, repeat=number)
        if self.hepatitis_b:
            self._drug("Entecavir", "ANTIVIRAL", "MH", ("0.5", "mg", "QD"), day - 20 * DAY, cmindc="Hepatitis B",
                       cmmhno="MH:1", cmprior="Y")  # fmt: skip
        if self.hypertensive:
            self._drug("Amlodipine", "ANTIHTN", "MH", ("5", "mg", "QD"), day - 900 * DAY, cmindc="Hypertension",
                       cmmhno=f"MH:{len(known)}", cmprior="Y")  # fmt: skip
        yield Note("CM", "", day, {"cmyn": "Y" if self.drugs else "N"})
        yield from self.drugs

    def _serology(self, day: dt.date) -> Note:
        values: Values = {
            "hep_lbperf": "Y", "hep_lbdat": day, "hbsab": "NEG", "hbeag": "NEG", "hcvab": "NEG", "hivab": "NEG",
            "hep_avt_yn": "N",
        }  # fmt: skip
        if not self.hepatitis_b:
            return Note("HEP", "SCR", day, values | {"hbsag": "NEG", "hbeab": "NEG", "hbcab": "NEG"})
        return Note("HEP", "SCR", day, values | {
            "hbsag": "POS", "hbeab": "POS", "hbcab": "POS", "hbvdna_dat": day, "hbvdna_op": "EQ", "hbvdna": self.dna,
            "hep_avt_yn": "Y", "hep_avt_drug": "ETV", "hep_avt_cmstdat": str(day - 20 * DAY), "hep_avt_cmref": "CM:1",
        })  # fmt: skip

    # --- visits -------------------------------------------------------------------------------------------------

    def treatment(self) -> Iterator[Note]:
        """Cycles, scans and the board before the operation."""
        for cycle in self.story.cycles:
            if cycle.phase == "NEO":
                yield from self._cycle(cycle)
        for scan in self.story.scans:
            if scan.visit.startswith("TA"):
                yield from self.panels(
                    scan.visit, ("TM", *(self.virus if scan.visit == "TA1" else ())), scan.last
                )
        if (last := self._last_scan()) is not None:
            yield self._board(last.visit, last.last + 2 * DAY, last)
        if self._ends_early:
            yield from self._end(self.story.ends[-1].day)

    def surgery(self) -> Iterator[Note]:
        operation, scan = self.story.operation, self._last_scan()
        if operation is None or not operation.performed:
            return
        before = operation.day - 2 * DAY
        yield self.vital_signs("PREOP", before)
        yield from self.panels("PREOP", (*FULL, *self.virus), before)
        yield self._ecg("PREOP", before)
        if scan is not None:
            yield self._board("PREOP", before, scan)
        for visit, days in (("POD1", 1), ("POD3", 3), ("POD5", 5), ("POD30", 30)):
            day = operation.day + days * DAY
            late = days == 30
            if days >= 5:
                yield self.vital_signs(visit, day)
            yield from self.panels(visit, (*BLOOD, "TM", *self.virus) if late else BLOOD, day, after=not late)
        if operation.resected:
            yield self._local_pathology(operation)

    def follow_up(self) -> Iterator[Note]:
        for cycle in self.story.cycles:
            if cycle.phase != "NEO":
                yield self.vital_signs(cycle.visit, cycle.day)
                yield from self.panels(cycle.visit, self._continued(cycle), cycle.day - DAY)
        contacted = {contact.visit for contact in self.story.contacts}
        for scan in self.story.scans:
            if scan.visit.startswith("FUIMG"):
                yield from self.panels(scan.visit, ("TM",), scan.last)
                if scan.visit not in contacted:
                    yield self._seen(scan)
        if self.story.ends and not self._ends_early:
            yield from self._end(self.story.ends[-1].day)
        for contact in self.story.contacts:
            if contact.visit == "SFU30" and contact.status == "ALIVE":
                yield self.vital_signs("SFU30", contact.day)
                yield from self.panels("SFU30", ("HEM", "CHEM"), contact.day)

    def _continued(self, cycle: Cycle) -> tuple[str, ...]:
        first = cycle.visit == "ADJ1"
        return (
            "HEM", "CHEM", "THY", "UA", *(("CARD",) if first else ()), *(self.virus if not first else ()),
            *(self.tested if first else ()),
        )  # fmt: skip

    def _seen(self, scan: Scan) -> Note:
        """The contact at a scan that found nothing new."""
        treated = any(therapy.day <= scan.last for therapy in self.story.therapies)
        return Note("SS", scan.visit, scan.last, {
            "ss_dat": scan.last, "ss_source": "CLINIC", "ss_attempts": "1", "ss_status": "ALIVE", "ss_lastalive": scan.last,
            "ss_disease": "NED" if scan.resected else "AWD", "ss_event_yn": "N", "ss_newtx": "Y" if treated else "N",
            "ss_newsae": "N", "ss_ecog": "0",
        })  # fmt: skip

    def logs(self) -> Iterator[Note]:
        """Events and what was given for them, in the order of their beginning; heads of the logs that stayed empty."""
        self._happenings()
        last = self.story.consent if not self.story.cycles else self.story.cycles[-1].last
        yield Note("AE", "", last, {"aeyn": "Y" if self.events else "N"})
        yield from self.events
        yield from self.drugs[self._kept :]
        yield Note("PR", "", last, {"pryn": "N"})
        yield Note("DV", "", last, {"dvyn": "N"})

    @property
    def _kept(self) -> int:
        """Drugs that stand in the log since screening."""
        return sum(1 for drug in self.drugs if drug.values["cmprior"] == "Y")

    def _last_scan(self) -> Scan | None:
        scans = [scan for scan in self.story.scans if scan.visit == "TA2"]
        return scans[-1] if scans else None

    def _cycle(self, cycle: Cycle) -> Iterator[Note]:
        visit = cycle.visit
        yield self.vital_signs(visit, cycle.day)
        if cycle.number in AT_CYCLE:
            yield from self.panels(visit, AT_CYCLE[cycle.number], cycle.day - DAY, treated=True)
        if cycle.number == 3:
            yield self._ecg(visit, cycle.day)

    @property
    def _ends_early(self) -> bool:
        """No adjuvant or continued phase: the end of the neoadjuvant one is the end of treatment."""
        return bool(self.story.ends) and self.story.ends[-1].phase == "NEO"

    def _end(self, day: dt.date) -> Iterator[Note]:
        """The visit at the end of treatment."""
        yield self.vital_signs("EOT", day)
        yield from self.panels("EOT", (*FULL, *self.virus), day)
        yield self._ecg("EOT", day)

    # --- examinations -------------------------------------------------------------------------------------------

    def vital_signs(self, visit: str, day: dt.date, **more: Any) -> Note:
        self.weight += self.rng.uniform(-0.6, 0.3)
        raised = 6 if self.hypertensive else 0
        values = {
            "vsperf": "Y", "vsdat": day, "weight": f"{self.weight:.1f}", "temp": f"{self.rng.uniform(36.2, 36.9):.1f}",
            "pulse": str(self.rng.randint(64, 84)), "resp": str(self.rng.randint(14, 19)), "vspos": "SITTING",
            "sysbp": str(self.rng.randint(112, 130) + raised), "diabp": str(self.rng.randint(68, 80) + raised // 2),
            "spo2": str(self.rng.randint(97, 99)), "ecog_rsdat": day, "ecog": "0", "cp_ascites": "NONE", "cp_enceph": "NONE",
        }  # fmt: skip
        return Note(
            "VS", visit, day, values | more, {"VS4": [{"peres": "NORMAL"} for _system in BODY_SYSTEMS]}
        )

    def _ecg(self, visit: str, day: dt.date, echo: bool = False) -> Note:
        values: Values = {
            "egperf": "Y", "egdat": day, "eg_hr": str(self.rng.randint(62, 80)), "eg_pr": "158", "eg_qrs": "92",
            "eg_qt": str(self.rng.randint(380, 398)), "egorres": "NORMAL", "echo_perf": "Y" if echo else "N",
        }  # fmt: skip
        if echo:
            values |= {"echo_dat": day, "lvef": str(self.rng.randint(58, 68))}
        return Note("EG", visit, day, values)

    def panels(
        self, visit: str, names: tuple[str, ...], day: dt.date, *, treated: bool = False, after: bool = False
    ) -> Iterator[Note]:
        factors = AFTER_SURGERY if after else UNDER_TREATMENT if treated else {}
        for name in names:
            yield self._panel(visit, name, day, self._results(name, factors))

    def _panel(self, visit: str, name: str, day: dt.date, results: Mapping[str, str]) -> Note:
        codes = list(ANALYTES)
        rows: list[Values | None] = [None] * max(rows_of(name))
        for number in rows_of(name):
            if (code := codes[number - 1]) in results:
                rows[number - 1] = _line(code, results[code])
        values: Values = {
            "lbperf": "Y", "lbdat": day, "lb_soc_pre": "N", "lbspec": SPECIMENS.get(name, "SERUM"), "lbnam": "{LAB}",
        }  # fmt: skip
        return Note("LB", visit, day, values, {"LB2": rows}, repeat=panel_number(name))

    def _results(self, name: str, factors: Mapping[str, float]) -> dict[str, str]:
        if name == "UA":
            return {"UPROTDIP": "NEG", "UOCCBLD": "NEG"}
        if name == "VIR":
            found, self.dna = self.dna, "TND"
            return {"HBVDNA": found}
        if name == "PREG":
            return {"HCG": "NEG"}
        if name == "TM":
            self.afp = max(self.afp * self.rng.uniform(0.35, 0.9), 2.0)
            return {"AFP": f"{self.afp:.1f}", "PIVKA": f"{self.afp * 2.4 + 18:.0f}"}
        drawn = {
            code: self._draw(code, factors)
            for code, a in ANALYTES.items()
            if a.panel == name and code in USUAL
        }
        if name == "HEM":
            white = float(drawn["WBC"])
            drawn |= {
                "NEUT": f"{white * 0.6:.2f}",
                "LYM": f"{white * 0.28:.2f}",
                "RBC": f"{float(drawn['HGB']) / 30.2:.2f}",
            }
        if name == "CHEM":
            drawn["BILDIR"] = f"{float(drawn['BILI']) * 0.3:.1f}"
        if name == "COAG":
            drawn["INR"] = f"{float(drawn['PT']) / 11.6:.2f}"
        return drawn

    def _draw(self, code: str, factors: Mapping[str, float]) -> str:
        middle, spread = USUAL[code]
        value = (middle + self.rng.uniform(-spread, spread)) * factors.get(code, 1)
        return f"{value:.{PLACES.get(code, 1)}f}"

    # --- decisions and specimens --------------------------------------------------------------------------------

    def _board(self, visit: str, day: dt.date, scan: Scan) -> Note:
        operation = self.story.operation
        operated = operation is not None and operation.performed
        values: Values = {
            "po_dat": day, "po_taref": f"{{TA/{scan.visit}}}", "po_decision": "SURGERY" if operated else "NO_SURGERY",
            "po_resect": "RESECTABLE" if operated else "UNRESECTABLE", "po_bclc": self.story.disease.get("hcc_bclc", "B"),
            "po_cnlc": self.story.disease.get("hcc_cnlc", "IIa"), "po_unresolved": "N",
        }  # fmt: skip
        if operated:
            assert operation is not None
            plan = operation.values.get("surg_prtrt", "RAS")
            values |= {
                "po_plan": "SEGMENT" if plan == "EXPLORE" else plan, "po_plandat": operation.day, "po_asa": "2",
                "po_flr": f"{self.rng.uniform(48, 66):.1f}", "po_icg": f"{self.rng.uniform(5, 9):.1f}",
            }  # fmt: skip
        else:
            progressed = any(r is not None and r.overall == "PD" for r in (scan.recist, scan.mrecist))
            values["po_nosurg"] = "PD" if progressed else "UNRESECT"
        return Note("PREOP", visit, day, values)

    def _local_pathology(self, operation: Operation) -> Note:
        beds = self.story.reads[0].nodules if self.story.reads else ()
        first = operation.day
        rows: list[Values | None] = []
        for number, bed in enumerate(beds, 1):
            viable = 0 if bed.viable == 0 else min(max(bed.viable + self.rng.randint(-3, 3), 1), 95)
            stroma = min(bed.stroma, 100 - viable)
            rows.append({
                "lpn_no": str(number), "lpn_lnk": f"T{number:02}", "lpn_seg": "S8" if number == 1 else "S5",
                "lpn_len": str(bed.length), "lpn_wid": str(bed.width), "lpn_hgt": str(bed.height), "lpn_rvt": str(viable),
                "lpn_nec": str(100 - viable - stroma), "lpn_str": str(stroma), "lpn_edm": "II" if viable else "NA",
                "lpn_caps": "COMPLETE",
            })  # fmt: skip
        blocks = 8 + 3 * max(len(beds), 1)
        return Note("LPATH", "LPATH", first + 12 * DAY, {
            "lp_no": f"P-{self.story.number}", "lp_recdat": first, "lp_isch_min": "25", "lp_fix_h": "24.0",
            "lp_midat": first + 12 * DAY, "lp_sampling": "P7", "lp_blocks_bed": str(blocks), "lp_blocks_all": str(blocks + 7),
            "lp_slides_he": str(blocks + 9), "lp_slides_sent": str(slides_sent(len(beds))), "lp_sentdat": first + 12 * DAY,
            "lp_nnod": str(max(len(beds), 1)), "lp_hist": "HCC" if any(b.viable for b in beds) else "NOTUMOUR",
            "lp_mvi": "M0", "lp_mvi_n": "0", "lp_macro": "N", "lp_bdi": "N", "lp_satellite": "N", "lp_margin": "NEG",
            "lp_margin_mm": "9.0", "lp_ln_ex": "0", "lp_ln_pos": "0", "lp_fib": "S3", "lp_steat": "5", "lp_ypt": "T1b",
            "lp_ypn": "N0", "lp_r": operation.values.get("surg_r", "R0"),
        }, {"LP3": rows} if rows else {})  # fmt: skip

    # --- events -------------------------------------------------------------------------------------------------

    def _happenings(self) -> None:
        """Complications first: the form of the operation names them by their number in this order."""
        if self.events:
            return
        self._severe()
        cycles = [cycle for cycle in self.story.cycles if cycle.phase == "NEO"]
        for cycle in cycles[:4]:
            if self.rng.random() < 0.55:
                self._event("Nausea", self.rng.choice((1, 1, 2)), cycle.day, cycle.day + 3 * DAY, "PUPUS")
            if self.rng.random() < 0.25:
                self._event("Fatigue", 1, cycle.day + DAY, cycle.day + 6 * DAY, "SUSSS")
        if cycles and self.rng.random() < 0.3:
            start = cycles[0].day + 15 * DAY
            self._event("Palmar-plantar erythrodysesthesia syndrome", 1, start, start + 24 * DAY, "UUSUP")
        if cycles and self.rng.random() < 0.35:
            start = cycles[0].day + 20 * DAY
            self._event("Pruritus", 1, start, start + 12 * DAY, "UUUPU")

    def severe(self) -> Iterator[Note]:
        """The log without what is not severe: enough for the endpoints of safety."""
        self._severe()
        if self.events:
            yield Note("AE", "", min(event.day for event in self.events), {"aeyn": "Y"})
        yield from self.events

    def _severe(self) -> None:
        operation = self.story.operation
        for c in operation.complications if operation else ():
            term = COMPLICATIONS.get(c.term, "Wound complication")
            grade = 3 if c.grade.startswith("III") else 2
            self._event(term, grade, c.start, c.end, "UUUUU", surgery="DEFINITE", actions="NA", aecontrt="Y",
                        aeacnoth="PROCEDURE" if grade == 3 else "MEDICATION")  # fmt: skip
        for one in self.story.toxicities:
            more = _serious(one) if one.serious else {}
            self._event(one.term, one.grade, one.start, one.end, one.related, **more)

    def _event(
        self, term: str, grade: int, start: dt.date, end: dt.date, related: str, surgery: str = "UNRELATED",
        actions: str = "DOSE_NOT_CHANGED", **more: str,
    ) -> None:  # fmt: skip
        if self.story.death and end >= self.story.death.day:
            return
        letters = {"D": "DEFINITE", "P": "PROBABLE", "S": "POSSIBLE", "U": "UNRELATED"}
        values: Values = {
            "aeterm": term, "ae_ctcae": term if term in TERMS else "Wound complication", "aestdat": str(start),
            "aeongo": "N", "aeendat": str(end), "aetoxgr": str(grade),
            **{f"aerel_{drug}": letters[letter] for drug, letter in zip(DRUGS, related, strict=True)},
            "aerel_surg": surgery, "aerel_dis": "N", **{f"aeacn_{drug}": actions for drug in DRUGS},
            "ae_surgdelay": "N", "aeacnoth": "NONE", "aecontrt": "N", "aeout": "RECOVERED", "aedis": "N", "aesi": "N",
            "ae_ir": "N", "ae_hbvreact": "N", "rccep_yn": "N", "aeser": "N",
        }  # fmt: skip
        number = len(self.events) + 1
        self.events.append(Note("AE1", "", end, values | more, repeat=number))
        if more.get("aeacnoth") == "MEDICATION":
            self._drug(
                "Spironolactone", "GENERAL", "AE", ("40", "mg", "QD"), start, end, cmaeno=f"AE:{number}"
            )

    def _drug(
        self, name: str, category: str, why: str, dose: tuple[str, str, str], start: dt.date, end: dt.date | None = None,
        **more: str,
    ) -> None:  # fmt: skip
        amount, unit, frequency = dose
        values: Values = {
            "cmtrt": name, "cmcat": category, "cm_indtype": why, "cmdose": amount, "cmdosu": unit, "cmdosfrq": frequency,
            "cmroute": "ORAL", "cmstdat": str(start), "cmprior": "N", "cmongo": "N" if end else "Y",
        }  # fmt: skip
        if end:
            values["cmendat"] = str(end)
        note = Note(
            "CM1", "", end or max(start, self.story.consent), values | more, repeat=len(self.drugs) + 1
        )
        self.drugs.append(note)


def _serious(one: Toxicity) -> dict[str, str]:
    """The report of an event that led to hospital."""
    return {
        "aeser": "Y", "aesdth": "N", "aeslife": "Y" if one.grade == 4 else "N", "aeshosp": "Y", "aesdisab": "N",
        "aescong": "N", "aesmie": "N", "aeacnoth": "HOSPITAL", "sae_awaredat": str(one.start),
        "sae_repdat": str(one.start + DAY), "sae_type": "INITIAL", "sae_admdat": str(one.start), "sae_disdat": str(one.end),
        "sae_expected": "Y", "sae_narr": f"{one.term}, treated in hospital, recovered.",
    }  # fmt: skip


COMPLICATIONS = {
    "ASCITES": "Ascites", "PLEURAL": "Pleural effusion", "BILELEAK": "Biliary fistula", "SSI": "Wound infection",
    "PNEUMONIA": "Lung infection",
}  # fmt: skip


def _line(code: str, result: str) -> Values:
    """A result with its unit; what lies outside the range of the laboratory is judged not clinically significant."""
    unit = ANALYTES[code].unit
    coded = unit.startswith("code ")
    row: Values = {"lborres": result} | ({} if coded else {"lborresu": unit})
    if result == "TND":  # not detected: there is no value
        return {"lborresu": unit, "lbop": "TND", "lborres@miss": "NAV"}
    low, high = limits_of(code)
    outside = (
        result != "NEG"
        if coded
        else (low is not None and float(result) < low) or (high is not None and float(result) > high)
    )
    return row | ({"lbclsig": "NCS"} if outside else {})
