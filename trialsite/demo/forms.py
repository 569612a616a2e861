"""A story as typed forms: what the sites, the readers and the system write, in the order in which they write it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

from crf.criteria import CRITERIA, VERSION
from crf.fields import CrfField
from crf.registry import form_def
from crf.typed import Typed, TypedRow

from .clinic import Clinic, Note
from .story import Contact, Cycle, EndOfPhase, Operation, Period, Read, Scan, Story, Values

Rows = dict[str, Sequence[Values | None]]
NOT_GIVEN = {"ecoccur": "N", "ecreasoc": "COMPLETED", "ec_perm_yn": "N"}
NEVER = {"ecoccur": "NA", "ec_perm_yn": "N"}
OXA = {"0": 85, "-1": 65}
LAST_DOSES = ("OXA", "LLV", "FU_CI", "CAM", "APA")


@dataclass(slots=True)
class Entry:
    """One form to save: where it stands, what is typed, and when it happened. Refers to another form by `{TA/FUIMG2}`."""

    key: str
    visit: str
    day: dt.date
    values: Values
    rows: Rows = field(default_factory=dict)
    repeat: int = 1
    missing: dict[str, str] = field(default_factory=dict)
    complete: bool = True  # False: something that the form asks is not known yet


@cache
def _fields(key: str, section: str = "") -> dict[str, CrfField]:
    definition = form_def(key)
    return {f.name: f for f in definition.section(section).fields} if section else definition.fields


def typed(entry: Entry) -> Typed:
    """Texts as typed values; a name with `@miss` says why a value is missing."""
    values, missing = _parsed(_fields(entry.key), entry.values)
    made = Typed(values, {**missing, **entry.missing})
    for section, lines in entry.rows.items():
        fields = _fields(entry.key, section)
        made.rows[section] = [
            TypedRow(str(n), *_parsed(fields, line)) for n, line in enumerate(lines, 1) if line is not None
        ]
    return made


def _parsed(fields: Mapping[str, CrfField], given: Values) -> tuple[Values, dict[str, str]]:
    values: Values = {}
    missing: dict[str, str] = {}
    for name, value in given.items():
        if name.endswith("@miss"):
            missing[name.removesuffix("@miss")] = value
        elif value is not None and value != "":
            values[name] = fields[name].parse(value) if isinstance(value, str) else value
    return values, missing


# --- screening ----------------------------------------------------------------------------------------------------


def screening(story: Story, investigator: str, clinic: Clinic | None) -> Iterator[Entry]:
    yield consent(story, investigator)
    yield Entry("DM", "SCR", story.consent, {"dmdat": story.consent, **story.person})
    if clinic:
        yield from noted(clinic.screening())
    if story.baseline:
        yield Entry("HCC", "SCR", story.baseline.last, story.disease, {"HCC3": list(story.nodules)})
        yield assessment(story.baseline)
    if story.decided:
        yield eligibility(story, story.decided)


def consent(story: Story, investigator: str) -> Entry:
    day = story.consent
    values: Values = {
        "icf_yn": "Y", "icf_dsstdat": day, "icf_dssttim": "09:20", "icf_version": "1.1", "icf_version_date": "2024-01-15",
        "icf_signatory": "PARTICIPANT", "icf_witness": "NA", "icf_copy": "Y", "icf_investigator": investigator,
        "icf_samples": "Y", "wd_yn": "Y" if story.withdrawn else "N",
    }  # fmt: skip
    if story.withdrawn:
        values |= {"wd_dsstdat": story.withdrawn, "wd_scope": "ALL"}
    return Entry("ICF", "SCR", day, values)


def eligibility(story: Story, day: dt.date) -> Entry:
    met = not story.failure
    answers: list[Values] = []
    for code in CRITERIA:
        good = "NA" if code == "I16" and story.person["sex"] == "M" else "Y" if code[0] == "I" else "N"
        answers.append({"ieorres": "N" if story.failure == "IE_NOT_MET" and code == "I08" else good})
    values: Values = {
        "ie_milan_inv": "BEYOND", "ieyn": "N" if story.failure == "IE_NOT_MET" else "Y", "iedat": day, "ie_version": VERSION,
        "enr_yn": "Y" if story.enrolled else "N", "ie_bclc_com": "Staged by the board", "ie_milan_com": "By the board",
    }  # fmt: skip
    if story.enrolled:
        values["enr_dsstdat"] = story.enrolled
    elif not met:
        values["sf_reason"] = story.failure
    return Entry("IE", "SCR", day, values, {"IE1": answers})


# --- imaging ------------------------------------------------------------------------------------------------------


def assessment(scan: Scan) -> Entry:
    baseline = scan.visit == "SCR"
    values: Values = {
        "ta_perf": "Y", "tudat": scan.first, "ta_lastdat": scan.last, "ta_eval": "INVESTIGATOR", "ta_method": "MRI_MP",
        "ta_contrast": "Y", "ta_slice": "3.0", "ta_regions": "CHEST;ABDOMEN;PELVIS",
        "ta_samemethod": "NA" if baseline else "Y", "nl_yn": "NA" if baseline else "Y" if scan.new else "N",
        "ta_rsdat": scan.last, "resp_com": "Resected: recurrence only." if scan.resected else "Read again, kept.",
    }  # fmt: skip
    if not baseline:
        values |= _responses(scan)
    rows: Rows = {"TA2": [_target(scan, lesion, baseline) for lesion in scan.lesions]}
    if scan.nontarget:
        rows["TA3"] = [
            {
                "nt_lnkid": "NT01", "nt_loc": "LIVER", "nt_locdtl": "Small nodule", "nt_status": scan.nontarget,
                "nt_mstatus": scan.nontarget_m,
            }
        ]  # fmt: skip
    if new := scan.new:
        line: Values = {
            "nl_lnkid": "N01", "nl_loc": new.organ, "nl_locdtl": new.where, "nl_firstdat": new.seen, "nl_diam": str(new.mm),
            "nl_certain": "UNEQUIVOCAL",
        }  # fmt: skip
        rows["TA4"] = [line | ({"nl_typical": "Y"} if new.organ == "LIVER" else {})]
    return Entry("TA", scan.visit, scan.last, values, rows)


def _responses(scan: Scan) -> Values:
    if scan.resected:
        overall = "PD" if scan.new else "NED"
        return {
            "tresp_r_inv": "NA", "ntresp_r_inv": "NA", "ovresp_r_inv": overall, "tresp_m_inv": "NA", "ntresp_m_inv": "NA",
            "ovresp_m_inv": overall,
        }  # fmt: skip
    assert scan.recist is not None
    assert scan.mrecist is not None
    r, m = scan.recist, scan.mrecist
    return {
        "tresp_r_inv": r.target, "ntresp_r_inv": r.nontarget, "ovresp_r_inv": r.overall, "tresp_m_inv": m.target,
        "ntresp_m_inv": m.nontarget, "ovresp_m_inv": m.overall,
    }  # fmt: skip


def _target(scan: Scan, lesion: Any, baseline: bool) -> Values:
    row: Values = {
        "tl_lnkid": lesion.name, "tl_loc": "LIVER", "tl_locdtl": lesion.segment, "tl_node": "N", "tl_state": lesion.state,
    }  # fmt: skip
    if baseline:
        row["tl_enh"] = "TYPICAL"
    if lesion.mm is not None:
        row |= {"tl_diam": str(lesion.mm), "tl_viable": str(lesion.viable)}
    return row


# --- treatment ----------------------------------------------------------------------------------------------------


def cycle(story: Story, cycle: Cycle) -> Entry:
    values: Values = {
        "ec_phase": cycle.phase, "ec_cycle": str(cycle.number), "ec_given": "Y", "ec_d1dat": cycle.day, "ec_retreat": "Y",
        "ec_access": "PORT", **story.size,
    }  # fmt: skip
    if cycle.delay:
        values["ec_delay_reas"] = cycle.delay
    rows: Rows = {"EC2": _neoadjuvant(story, cycle) if cycle.phase == "NEO" else _adjuvant(cycle)}
    if cycle.number == 1:
        rows["EC3"] = [
            _period(p, n) for n, p in enumerate((p for p in story.apatinib if p.phase == cycle.phase), 1)
        ]
    return Entry("EC", cycle.visit, cycle.last, values, rows)


def _neoadjuvant(story: Story, cycle: Cycle) -> list[Values]:
    surface = Decimal(story.size["ec_bsa"])
    changed: Values = {"ecdosadj": "Y", "ecadj": "LAB"} if cycle.reduced else {}
    mg = story.size.get("@oxa") or str(_round(OXA[cycle.level] * surface, 5))
    until = cycle.last
    return [
        _infusion(cycle.day, mg, cycle.level, **changed),
        _infusion(cycle.day, str(_round(200 * surface, 5))),
        NEVER,
        _infusion(cycle.day, str(_round(2400 * surface, 25)), start="11:00", end="09:00", until=until),
        _infusion(cycle.day, "200", start="11:00", end="11:30"),
    ]


def _adjuvant(cycle: Cycle) -> list[Values]:
    return [NOT_GIVEN, NOT_GIVEN, NEVER, NOT_GIVEN, _infusion(cycle.day, "200", start="09:00", end="09:30")]


def _round(number: Decimal, step: int) -> int:
    return round(number / step) * step


def _infusion(
    day: dt.date, mg: str, level: str = "0", start: str = "09:00", end: str = "11:00", until: dt.date | None = None,
    **more: Any,
) -> Values:  # fmt: skip
    return {
        "ecoccur": "Y", "ec_lvl": level, "ecdstxt": mg, "ecstdat": day, "ecsttim": start, "ecendat": until or day,
        "ecentim": end, "eclot": "LOT-24A", "ecdosadj": "N", "ecitrpyn": "N", "ectrtcmp": "Y", "ec_ir_yn": "N",
        "ec_perm_yn": "N",
    } | more  # fmt: skip


def _period(period: Period, number: int) -> Values:
    row: Values = {
        "apa_phase": period.phase, "apa_ecstdat": period.start, "apa_ecendat": period.end, "apa_dose": str(period.dose),
        "apa_frq": period.schedule,
    }  # fmt: skip
    return row | ({"apa_reas": period.reason or "OTHER"} if number > 1 else {})


def end_of_phase(story: Story, end: EndOfPhase) -> Entry:
    values: Values = {
        "eot_phase": end.phase, "eot_dsstdat": end.day, "eot_dsdecod": end.reason, "eot_dscont": "Y", "eot_dsterm": end.words,
    }  # fmt: skip
    if end.reason in ("PD", "RECURRENCE"):
        values["eot_taref"] = "{TA}"
    cycles = [c for c in story.cycles if c.phase == end.phase]
    pills = [p.end or p.start for p in story.apatinib if p.phase == end.phase and p.dose]
    last: list[dt.date | None] = [None] * 5
    if cycles:
        last[3] = cycles[-1].day
        if end.phase == "NEO":
            last[0] = last[1] = cycles[-1].day
            last[2] = cycles[-1].last
    last[4] = max(pills, default=None)
    rows = [
        {"eotd_reason": end.reason, **({"eotd_last": d} if d else {"eotd_last@miss": "NA"})} for d in last
    ]
    return Entry("EOT", "EOT", end.day, values, {"EOT2": rows}, repeat=1 if end.phase == "NEO" else 2)


def surgery(operation: Operation) -> Entry:
    if not operation.performed:
        return Entry("SURG", "SURG", operation.day, {"surg_proccur": "N", "surg_reasoc": operation.reason})
    values: Values = {
        "surg_proccur": "Y", "surg_prstdat": operation.day, "surg_sttim": "08:30", "surg_entim": "12:40",
        "surg_dischdat": operation.discharge, **operation.values,
    }  # fmt: skip
    rows = [
        {
            "comp_term": c.term, "comp_cestdat": c.start, "comp_ceendat": c.end if operation.discharge else None,
            "comp_cd": c.grade, "comp_tx": c.treatment, "comp_aeref": str(n),
        }
        for n, c in enumerate(operation.complications, 1)
    ]  # fmt: skip
    if not rows:
        values["surg_comp_yn"] = "N"
    home = operation.discharge is not None
    return Entry("SURG", "SURG", operation.day, values, {"SU3": rows} if rows else {}, complete=home)


# --- central pathology --------------------------------------------------------------------------------------------


def reading(read: Read) -> Typed:
    values: Values = {
        "cp_recdat": read.received, "cp_midat": read.day, "cp_blind": "Y", "cp_slides": str(8 + 3 * len(read.nodules)),
        "cp_slides_bed": str(4 + 3 * len(read.nodules)), "cp_adeq": read.adequacy, "cp_mvi": read.mvi,
        "cp_mvi_n": "0" if read.mvi == "M0" else "2", "cp_satellite": "N", "cp_macro_viable": "NA", "cp_ln_viable": "NA",
        "cp_margin": "NEG", "cp_margin_mm": "8.0",
    }  # fmt: skip
    if read.mvi in ("M1", "M2"):
        values["cp_mvi_far"] = "N"
    rows: list[Values] = []
    for number, nodule in enumerate(read.nodules, 1):
        row: Values = {
            "cpn_no": str(number), "cpn_len": str(nodule.length), "cpn_wid": str(nodule.width), "cpn_hgt": str(nodule.height),
            "cpn_nslides": "5", "cpn_rvt": str(nodule.viable), "cpn_nec": str(nodule.necrosis), "cpn_str": str(nodule.stroma),
            "cpn_hist": "HCC" if nodule.viable else "NOTUMOUR", "cpn_edm": "II_III" if nodule.viable else "NA",
        }  # fmt: skip
        rows.append(row | ({} if nodule.viable else {"cpn_insitu": "N"}))
    return typed(Entry("CPATH", "CPATH", read.day, values, {"CP2": rows}))


# --- follow-up ----------------------------------------------------------------------------------------------------


def contact(contact: Contact) -> Entry:
    values: Values = {
        "ss_dat": contact.day, "ss_source": contact.source, "ss_attempts": "1" if contact.status == "ALIVE" else "5",
        "ss_status": contact.status, "ss_lastalive": contact.alive,
    }  # fmt: skip
    if contact.status == "ALIVE":
        values |= {
            "ss_disease": contact.disease, "ss_event_yn": "Y" if contact.event else "N",
            "ss_newtx": "Y" if contact.new_therapy else "N", "ss_newsae": "N",
        }  # fmt: skip
        if contact.source == "CLINIC":
            values["ss_ecog"] = "0"
    if contact.event:
        values |= {
            "ss_event_dat": contact.event, "ss_event_basis": "IMAGING", "ss_event_site": contact.site,
            "ss_event_milan": "WITHIN", "ss_event_taref": f"{{TA/{contact.visit}}}",
        }  # fmt: skip
        if contact.site.startswith("IH_"):
            values["ss_event_n"] = "1"
    return Entry("SS", contact.visit, contact.day, values)


def therapies(story: Story) -> Entry | None:
    if not story.therapies:
        return Entry("SACT", "", story.no_therapy, {"sact_yn": "N"}) if story.no_therapy else None
    rows: list[Values] = [
        {
            "sact_type": t.kind, "sact_desc": t.words, "sact_line": str(n), "sact_stdat": t.start, "sact_ongo": "Y",
            "sact_reason": t.reason,
        }
        for n, t in enumerate(story.therapies, 1)
    ]  # fmt: skip
    return Entry("SACT", "", story.therapies[-1].day, {"sact_yn": "Y"}, {"SA1": rows})


def death(story: Story) -> Entry | None:
    if story.death is None:
        return None
    return Entry(
        "DTH", "", story.death.day,
        {
            "dthdat": story.death.text, "dth_cause": story.death.cause, "dth_cause_txt": story.death.words,
            "dth_rel": "UNRELATED", "dth_place": "U", "dth_autopsy": "N", "dth_source": "FAMILY",
        },
    )  # fmt: skip


def end_of_study(story: Story) -> Entry | None:
    if story.end is None:
        return None
    values: Values = {"eos_dsstdat": story.end.day, "eos_dsdecod": story.end.reason, "eos_aeclosed": "Y"}
    return Entry("EOS", "EOS", story.end.day, values)


def noted(notes: Iterable[Note]) -> Iterator[Entry]:
    for note in notes:
        yield Entry(note.key, note.visit, note.day, note.values, note.rows, note.repeat)


def before_readings(story: Story, investigator: str, clinic: Clinic | None = None) -> Sequence[Entry]:
    """From consent to the operation, with what the clinic notes until then."""
    entries = [*screening(story, investigator, clinic)]
    later = [cycle(story, c) for c in story.cycles if c.phase == "NEO"]
    later += [assessment(scan) for scan in story.scans if not scan.visit.startswith("FUIMG")]
    later += [end_of_phase(story, end) for end in story.ends if end.phase == "NEO"]
    if story.operation:
        later.append(surgery(story.operation))
    if clinic:
        later += [*noted(clinic.treatment()), *noted(clinic.logs()), *noted(clinic.surgery())]
    else:
        later += noted(Clinic(story).severe())
    return entries + sorted(later, key=lambda entry: entry.day)


def after_readings(story: Story, clinic: Clinic | None = None) -> Sequence[Entry]:
    """Adjuvant treatment, follow-up and the end."""
    later = [cycle(story, c) for c in story.cycles if c.phase != "NEO"]
    later += [assessment(scan) for scan in story.scans if scan.visit.startswith("FUIMG")]
    later += [end_of_phase(story, end) for end in story.ends if end.phase != "NEO"]
    later += [contact(c) for c in story.contacts]
    if clinic:
        later += noted(clinic.follow_up())
    later.sort(key=lambda entry: (entry.day, entry.key == "SS"))
    last = [entry for entry in (therapies(story), death(story), end_of_study(story)) if entry]
    return later + last
