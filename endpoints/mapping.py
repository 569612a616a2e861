"""From a casebook to the input of the engine's operation `course`, with the field behind every path. Pure functions.

Endpoint rules, section 9, last item: what the application maps. Where a form leaves a choice, the function that makes
it says why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

from crf import facts
from crf.derivation_imaging import CRITERIA, evaluator_of, filled, mapped
from crf.sheets import Casebook, RowValues, Sheet
from endpoints.operation import (
    is_resection,
    margin_source,
    operation_of,
    operations,
    therapy_day,
    therapy_limit,
)

Address = str | list[str]
YES_NO = {"Y": True, "N": False}
NODULE = {
    "id": "cpn_no", "length_mm": "cpn_len", "width_mm": "cpn_wid", "height_mm": "cpn_hgt", "viable_pct": "cpn_rvt",
    "in_situ_only": "cpn_insitu",
}  # fmt: skip

# Field names that the mapping reads, by form and repeating section: nothing else is fetched.
FIELDS: dict[str, tuple[str, ...]] = {
    "ICF": ("icf_dsstdat",),
    "ICF/ICF2": ("recon_dsstdat",),
    "DM": ("dmdat",),
    "IE": ("enr_yn", "enr_dsstdat"),
    "HCC": ("hcc_mhstdat",),
    "HEP": ("hep_lbperf", "hep_lbdat"),
    "VS": ("vsperf", "vsdat"),
    "LB": ("lbperf", "lbdat"),
    "EG": ("egperf", "egdat", "echo_perf", "echo_dat"),
    "AE1": ("aestdat",),
    "EC": ("ec_given", "ec_d1dat"),
    "EC/EC2": ("ectrt", "ecoccur", "ecstdat", "ecendat"),
    "EC/EC3": ("apa_ecstdat", "apa_ecendat", "apa_dose"),
    "TA": (
        "ta_perf", "tudat", "ta_lastdat", "ta_eval", "ta_contrast", "ta_method", "nl_yn", "ovresp_r_inv",
        "ovresp_m_inv",
    ),
    "TA/TA2": ("tl_lnkid", "tl_loc", "tl_node", "tl_enh", "tl_state", "tl_diam", "tl_viable", "tl_mstatus"),
    "TA/TA3": ("nt_lnkid", "nt_loc", "nt_status", "nt_mstatus"),
    "TA/TA4": ("nl_lnkid", "nl_loc", "nl_firstdat", "nl_diam", "nl_typical", "nl_certain"),
    "SURG": ("surg_proccur", "surg_prstdat", "surg_prtrt", "surg_r", "surg_ablation", "surg_dischdat"),
    "SURG/SU3": ("comp_cestdat",),
    "LPATH": ("lp_midat", "lp_r"),
    "CPATH": (
        "cp_reader", "cp_midat", "cp_adeq", "cp_mvi", "cp_satellite", "cp_macro_viable", "cp_ln_viable", "cp_margin",
    ),
    "CPATHF": ("cpf_dat",),
    "CPATH/CP2": ("cpn_no", "cpn_len", "cpn_wid", "cpn_hgt", "cpn_rvt", "cpn_insitu"),
    "EOT": ("eot_phase", "eot_dsstdat", "eot_dsdecod"),
    "SS": (
        "ss_dat", "ss_status", "ss_lastalive", "ss_event_yn", "ss_event_dat", "ss_event_basis", "ss_event_site",
    ),
    "SACT": ("sact_yn",),
    "SACT/SA1": ("sact_type", "sact_stdat"),
    "DTH": ("dthdat",),
    "EOS": ("eos_dsstdat",),
}  # fmt: skip
FORMS_READ = tuple(key for key in FIELDS if "/" not in key)

# An adverse event of the profile: the field behind what the safety endpoints read of it.
EVENT_FIELDS = {"grade": "aetoxgr", "related": "ae_trae", "serious": "aeser", "start": "aestdat"}

READERS = {"R1": "Reader 1", "R2": "Reader 2", "ADJ": "Adjudicator"}
DOCUMENTED = ("IMAGING", "PATHOLOGY", "BOTH")  # not CLINICAL (T-1 row 9), not AFP ("not an event")
# What each finding says about viable tumour outside the nodules (P-6, G-36); anything else leaves it open.
ELSEWHERE = {
    "cp_mvi": {"M0": False, "M1": True, "M2": True},
    "cp_satellite": YES_NO,
    "cp_macro_viable": {**YES_NO, "NA": False},
    "cp_ln_viable": {**YES_NO, "NA": False},
    "cp_margin": {"NEG": False, "POS": True},
}


def iso(day: Any) -> str | None:
    """A complete or partial date as the contract writes it."""
    return day.isoformat() if day is not None else None


def text(number: Any) -> str | None:
    """An exact decimal as the contract writes it."""
    return None if number is None else format(number, "f")


class Paths:
    """The field, or fields, behind each path of a case (`surgery.date`, `imaging[3].target[0].mm`)."""

    def __init__(self) -> None:
        self.own: dict[str, Address] = {}
        self.imaging: list[dict[str, str]] = []  # by number of the imaging row: path inside it → field
        self.events: list[int] = []  # by number of the adverse event: its form

    def address(self, where: str) -> Address | None:
        """What has no field of its own belongs to the record around it."""
        if where.startswith("imaging["):
            number, _, path = where.removeprefix("imaging[").partition("].")
            fields = self.imaging[int(number.rstrip("]"))]
            return _nearest(fields, path) or fields.get("date")
        if where.startswith("adverse_events["):
            number, _, path = where.removeprefix("adverse_events[").partition("].")
            return f"form:{self.events[int(number)]}/{EVENT_FIELDS.get(path, 'aeterm')}"
        return _nearest(self.own, where)

    def first(self, where: str) -> str:
        """The first field, or nothing."""
        found = self.address(where)
        return (found[0] if isinstance(found, list) else found) or ""


def _nearest(fields: Any, where: str) -> Address | None:
    while where:
        if where in fields:
            return fields[where]
        where = where[: max(where.rfind("."), where.rfind("["), 0)]
    return None


class Mapping:
    """One participant's case and the field (or fields) behind each path of it."""

    def __init__(self, book: Casebook, cutoff: dt.date, *, evaluator: str, final: bool = False) -> None:
        self.book, self.cutoff, self.evaluator = book, cutoff, evaluator
        self.paths = Paths()
        self.operation = operation = operation_of(book, cutoff)
        self.resection = operation.get("surg_prstdat") if operation and is_resection(operation) else None
        self.case: dict[str, Any] = {
            "id": book.number,
            "data_cutoff": cutoff.isoformat(),
            "final": final,
            "enrolled": self.enrolled(),
            "diagnosed": self.one("diagnosed", "HCC", "hcc_mhstdat"),
            "first_dose": self.dose("first_dose", facts.first_dose(book), ("ecstdat", "apa_ecstdat")),
            "last_study_dose": self.dose(
                "last_study_dose", facts.last_dose(book), ("ecendat", "ecstdat", "apa_ecendat", "apa_ecstdat")
            ),
            "imaging": [*self.imaging()],
            "end_of_treatment": self.end_of_treatment(),
            "surgery": self.surgery(operation),
            "pathology": self.pathology(),
            "follow_up": self.follow_up(),
            "therapies": self.therapies(),
            "alive_on": self.alive_on(),
            "death": self.dated("death", "DTH", "dthdat"),
            "end_of_study": self.dated("end_of_study", "EOS", "eos_dsstdat"),
        }

    # --- dates that stand in one field ------------------------------------------------------------------------------

    def keep(
        self, path: str, sheet: Sheet, *names: str, row: RowValues | None = None, section: str = ""
    ) -> None:
        found: list[str] = [sheet.address(section or None, row.row if row else None, name) for name in names]
        self.paths.own[path] = found[0] if len(found) == 1 else found

    def one(self, path: str, key: str, name: str) -> str | None:
        sheet = self.book.one(key)
        if sheet is None or sheet.get(name) is None:
            return None
        self.keep(path, sheet, name)
        return iso(sheet.get(name))

    def dated(self, path: str, key: str, name: str) -> dict[str, str] | None:
        day = self.one(f"{path}.date", key, name)
        return {"date": day} if day else None

    def enrolled(self) -> str | None:
        if self.book.value("IE", "enr_yn") != "Y":
            return None
        return self.one("enrolled", "IE", "enr_dsstdat")

    def dose(self, path: str, day: dt.date | None, names: tuple[str, ...]) -> str | None:
        """The first or last dose, at the field that says it: infusion, apatinib period, else day 1 of the cycle."""
        if day is None:
            return None
        for sheet in self.book.all("EC"):
            for section in ("EC2", "EC3"):
                for line in sheet.lines(section):
                    for name in names:
                        if line.get(name) == day:
                            self.keep(path, sheet, name, row=line, section=section)
                            return iso(day)
        for sheet in self.book.all("EC"):
            if sheet.get("ec_d1dat") == day:
                self.keep(path, sheet, "ec_d1dat")
        return iso(day)

    # --- imaging ----------------------------------------------------------------------------------------------------

    def imaging(self) -> Iterator[dict[str, Any]]:
        """Assessments by both criteria, then progressions that only a contact reports.

        None after the resection: the engine would take it as a proof of life and no more (G-38), and `alive_on` and
        `follow_up` say that already.
        """
        sheets = [sheet for sheet in self.book.all("TA") if not self.after_resection(sheet)]
        for criterion in CRITERIA:
            for item in mapped(sheets, criterion):
                self.paths.imaging.append(item.paths)
                yield item.row
        for sheet in self.reported_progressions():
            day, answer = sheet.address(None, None, "ss_event_dat"), sheet.address(None, None, "ss_event_yn")
            for criterion in CRITERIA:
                self.paths.imaging.append({"date": day, "last_scan_date": day, "overall": answer})
                yield self.progression(sheet, criterion)

    def after_resection(self, sheet: Sheet) -> bool:
        last = sheet.get("ta_lastdat") or sheet.get("tudat")
        return self.resection is not None and last is not None and last > self.resection

    def progression(self, sheet: Sheet, criterion: str) -> dict[str, Any]:
        return {
            "evaluator": self.evaluator,
            "criteria": criterion,
            "name": sheet.visit or None,
            "baseline": False,
            "date": iso(sheet.get("ss_event_dat")),
            "overall": "PD",
        }

    def reported_progressions(self) -> list[Sheet]:
        """G-24, G-37, T-1 row 6: a documented progression before or without a resection that stands only on a contact
        form (seen in another hospital) is a response used as it is, on the date of its scan or biopsy.

        An assessment of the same days speaks for itself.
        """
        found: dict[dt.date, Sheet] = {}
        seen = [
            (s.get("tudat"), s.get("ta_lastdat") or s.get("tudat"))
            for s in self.book.all("TA")
            if s.get("tudat") and s.get("ta_perf") != "N" and evaluator_of(s) == self.evaluator
        ]
        for sheet in self.book.all("SS"):
            day = _event_day(sheet)
            before = day is not None and (self.resection is None or day < self.resection)
            if day and before and not any(first <= day <= last for first, last in seen):
                found.setdefault(day, sheet)
        return list(found.values())

    # --- treatment and operation ------------------------------------------------------------------------------------

    def end_of_treatment(self) -> dict[str, Any] | None:
        """The neoadjuvant one. "Proceeded to surgery": planned; "completed": not decided yet; else: not planned."""
        for sheet in self.book.all("EOT"):
            if sheet.get("eot_phase") == "NEO" and sheet.get("eot_dsstdat"):
                self.keep("end_of_treatment.date", sheet, "eot_dsstdat")
                self.keep("end_of_treatment.surgery_planned", sheet, "eot_dsdecod")
                reason = sheet.get("eot_dsdecod")
                planned = {"SURGERY": True, "COMPLETED": None, None: None}.get(reason, False)
                return {"date": iso(sheet.get("eot_dsstdat")), "surgery_planned": planned}
        return None

    def surgery(self, sheet: Sheet | None) -> dict[str, Any] | None:
        if sheet is None:
            return None
        self.keep("surgery.performed", sheet, "surg_proccur")
        if sheet.get("surg_proccur") == "N":
            return {"date": None, "performed": False, "resected": None, "margin": None, "tumour_left": None}
        self.keep("surgery.date", sheet, "surg_prstdat")
        self.keep("surgery.resected", sheet, "surg_prtrt")
        self.keep("surgery.tumour_left", sheet, "surg_ablation")
        return {
            "date": iso(sheet.get("surg_prstdat")),
            "performed": True,
            "resected": is_resection(sheet),
            "margin": self.margin(sheet),
            "tumour_left": YES_NO.get(sheet.get("surg_ablation")),
        }

    def margin(self, sheet: Sheet) -> str | None:
        source, name = margin_source(self.book, sheet, self.cutoff)
        self.keep("surgery.margin", source, name)
        return source.get(name)

    # --- central pathology ------------------------------------------------------------------------------------------

    def pathology(self) -> dict[str, Any] | None:
        """Submitted readings of a released result: before, a reading belongs to its reader alone (blinding)."""
        if not any(sheet.get("cpf_dat") for sheet in self.book.all("CPATHF")):
            return None
        final = [s for s in self.book.all("CPATH") if s.status == "COMPLETE" and s.get("cp_reader")]
        readers = [s for s in final if s.get("cp_reader") != "ADJ"]
        adjudicators = [s for s in final if s.get("cp_reader") == "ADJ"]
        if not final or self._operated_later():
            return None
        return {
            "reads": [self.read(f"pathology.reads[{i}]", sheet) for i, sheet in enumerate(readers)],
            "adjudication": self.read("pathology.adjudication", adjudicators[-1]) if adjudicators else None,
        }

    def _operated_later(self) -> bool:
        """Whether the specimen is of a resection after the cut-off, behind an exploration or a refusal before it (G-5)."""
        last = operation_of(self.book, dt.date.max)
        return last is not self.operation and last is not None and is_resection(last)

    def read(self, path: str, sheet: Sheet) -> dict[str, Any]:
        for name, field in (("reader", "cp_reader"), ("date", "cp_midat"), ("adequacy", "cp_adeq")):
            self.keep(f"{path}.{name}", sheet, field)
        self.keep(f"{path}.viable_elsewhere", sheet, *ELSEWHERE)
        nodules = filled(sheet.lines("CP2"))
        return {
            "reader": READERS[sheet.get("cp_reader")],
            "final": True,
            "date": iso(sheet.get("cp_midat")),
            "adequacy": sheet.get("cp_adeq"),
            "nodules": [self.nodule(f"{path}.nodules[{i}]", sheet, row) for i, row in enumerate(nodules)],
            "viable_elsewhere": viable_elsewhere(sheet),
        }

    def nodule(self, path: str, sheet: Sheet, row: RowValues) -> dict[str, Any]:
        for name, field in NODULE.items():
            self.keep(f"{path}.{name}", sheet, field, row=row, section="CP2")
        number = row.get("cpn_no")
        return {
            "id": None if number is None else str(number),
            "length_mm": text(row.get("cpn_len")),
            "width_mm": text(row.get("cpn_wid")),
            "height_mm": text(row.get("cpn_hgt")),
            "viable_pct": text(row.get("cpn_rvt")),
            "in_situ_only": YES_NO.get(row.get("cpn_insitu")),
        }

    # --- follow-up --------------------------------------------------------------------------------------------------

    def follow_up(self) -> list[dict[str, Any]]:
        """After a resection (G-38): imaging with its answer on recurrence, and documented recurrences from contacts.

        A contact without imaging says nothing about recurrence (G-21): it only proves life.
        """
        found: list[dict[str, Any]] = []
        if self.resection is None:
            return found
        after = [s for s in self.book.all("TA") if self._is_follow_up(s)]
        for sheet in after:
            self._add(found, recurrence_seen(sheet, after))
        for sheet in self.book.all("SS"):
            day = _event_day(sheet)
            if day is not None and day >= self.resection:
                where = _kind(sheet.get("ss_event_site") or ())
                self._add(
                    found, (day, "yes", where, sheet, ("ss_event_dat",), ("ss_event_yn", "ss_event_basis"))
                )
        return found

    def _is_follow_up(self, sheet: Sheet) -> bool:
        done = sheet.get("ta_perf") != "N" and sheet.get("tudat") and evaluator_of(sheet) == self.evaluator
        return bool(done) and self.after_resection(sheet)

    def _add(self, found: list[dict[str, Any]], seen: Seen | None) -> None:
        if seen is None:
            return
        day, answer, kind, sheet, dated, answered = seen
        path = f"follow_up[{len(found)}]"
        self.paths.own[f"{path}.date"] = [f"form:{sheet.form}/{name}" for name in dated]
        self.paths.own[f"{path}.recurrence"] = [f"form:{sheet.form}/{name}" for name in answered]
        found.append({"date": iso(day), "recurrence": answer, "kind": kind})

    def therapies(self) -> list[dict[str, Any]]:
        """Anticancer treatment outside the protocol; adjuvant study treatment stands on its own form."""
        found: list[dict[str, Any]] = []
        later = operation_of(self.book, dt.date.max) is not self.operation
        limit = therapy_limit(self.book) if later else None
        for sheet in self.book.all("SACT"):
            for row in sheet.lines("SA1"):
                if row.get("sact_stdat") is None:
                    continue
                # The engine knows one operation: where a later one is the limit of G-30, the day is settled here.
                day = therapy_day(row.get("sact_stdat"), limit) if later else row.get("sact_stdat")
                if later and isinstance(day, dt.date) and day > self.cutoff:
                    continue
                path = f"therapies[{len(found)}]"
                self.keep(path + ".date", sheet, "sact_stdat", row=row, section="SA1")
                self.keep(path + ".name", sheet, "sact_type", row=row, section="SA1")
                found.append({"date": iso(day), "name": row.get("sact_type"), "protocol": False})
        return found

    def alive_on(self) -> list[str]:
        """G-6: further complete proofs of life, earliest first. The engine knows doses, scans, operation and therapies.

        Not: the date on which a form was filled in, a participant was lost, treatment or study ended.
        """
        found: dict[dt.date, tuple[Sheet, str, str, RowValues | None]] = {}
        for sheet, section, name, row in self._proofs():
            day = facts.complete_day((row or sheet).get(name))
            if isinstance(day, dt.date):
                found.setdefault(day, (sheet, section, name, row))
        for i, day in enumerate(sorted(found)):
            sheet, section, name, row = found[day]
            self.keep(f"alive_on[{i}]", sheet, name, row=row, section=section)
        return [day.isoformat() for day in sorted(found)]

    def _proofs(self) -> Iterator[tuple[Sheet, str, str, RowValues | None]]:
        yield from ((sheet, "", name, None) for sheet, name, _day in facts.proofs_of_life(self.book))
        for sheet in self.book.all("ICF"):
            yield from ((sheet, "ICF2", "recon_dsstdat", row) for row in sheet.lines("ICF2"))
        yield from ((s, "", "surg_prstdat", None) for s in operations(self.book) if s is not self.operation)
        for sheet in self.book.all("SURG"):
            yield from ((sheet, "SU3", "comp_cestdat", row) for row in sheet.lines("SU3"))
        for sheet in self.book.all("TA"):
            if sheet.get("ta_perf") != "N" and self.after_resection(sheet):
                yield sheet, "", _last(sheet), None
        for sheet in self.book.all("SS"):
            yield sheet, "", "ss_lastalive", None
            if sheet.get("ss_status") == "ALIVE" and sheet.get("ss_lastalive") is None:
                yield sheet, "", "ss_dat", None


# Date, answer, kind, the sheet, the fields of the date and of the answer.
Seen = tuple[dt.date, str, str | None, Sheet, tuple[str, ...], tuple[str, ...]]


def _event_day(sheet: Sheet) -> dt.date | None:
    """A recurrence or progression that a contact documents by imaging or histology."""
    documented = sheet.get("ss_event_yn") == "Y" and sheet.get("ss_event_basis") in DOCUMENTED
    return sheet.get("ss_event_dat") if documented else None


def _kind(sites: Sequence[str]) -> str | None:
    """Distant when anything lies outside the liver and its vessels."""
    if not sites:
        return None
    return "local" if all(site.startswith("IH_") or site == "VASCULAR" for site in sites) else "distant"


def viable_elsewhere(sheet: Sheet) -> bool | None:
    """P-6: viable tumour in vessels, satellites, thrombus, nodes or margin; unknown stays unknown."""
    said = [answers.get(sheet.get(name)) for name, answers in ELSEWHERE.items()]
    if any(said):
        return True
    return None if None in said else False


def recurrence_seen(sheet: Sheet, after: Sequence[Sheet]) -> Seen | None:
    """What an assessment after the resection says about recurrence; none while it says nothing.

    First match wins: an unequivocal new lesion (dated at its first appearance, R-61), the answer "yes" without a
    lesion row, a progression by the investigator (first scan, G-32); then "cannot be excluded" or not evaluable; then
    no new lesion, or none that is certain (R-61: an equivocal lesion changes nothing), on the last scan.
    """
    lesions = filled(sheet.lines("TA4"))
    certain = [row for row in lesions if row.get("nl_certain") == "UNEQUIVOCAL"]
    response, asked = sheet.get("ovresp_r_inv"), sheet.get("nl_yn")
    scan, last = sheet.get("tudat"), sheet.get("ta_lastdat") or sheet.get("tudat")
    if certain:
        return _new_lesion(sheet, certain, after)
    if (asked == "Y" and not lesions) or response == "PD":
        name = "ovresp_r_inv" if response == "PD" else "nl_yn"
        return scan, "yes", None, sheet, ("tudat",), (name,)
    if asked == "U" or response == "NE":
        return last, "not_evaluable", None, sheet, (_last(sheet),), ("nl_yn", "ovresp_r_inv")
    if asked == "N" or response is not None:
        return last, "no", None, sheet, (_last(sheet),), ("nl_yn", "ovresp_r_inv")
    return None


def _last(sheet: Sheet) -> str:
    return "ta_lastdat" if sheet.get("ta_lastdat") else "tudat"


def _new_lesion(sheet: Sheet, certain: list[RowValues], after: Sequence[Sheet]) -> Seen:
    """R-61: dated at the first appearance of these lesions in any assessment since the resection."""
    names = {row.get("nl_lnkid") for row in certain}
    rows = [
        (row.get("nl_firstdat") or other.get("tudat"), other.form, other, row)
        for other in after
        for row in other.lines("TA4")
        if row.get("nl_lnkid") in names
    ]
    day, _form, source, row = min(rows, key=lambda found: found[:2])
    kind = "local" if all(line.get("nl_loc") in ("LIVER", "PORTAL_VEIN") for line in certain) else "distant"
    dated = f"TA4:{row.row}/nl_firstdat" if row.get("nl_firstdat") else "tudat"
    if source is not sheet:  # the answer stands on this form, the date on an earlier one
        return day, "yes", kind, source, (dated,), (f"TA4:{row.row}/nl_certain",)
    return day, "yes", kind, sheet, (dated,), tuple(f"TA4:{line.row}/nl_certain" for line in certain)
