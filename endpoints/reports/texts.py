"""Sentences of the report: sets, flow, methods, open points."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from endpoints import words
from trialsite.web.figures import day, percent

RESPONSE_RATES = (
    ("ORR", "FAS"), ("ORR_CONFIRMED", "FAS"), ("ORR", "REV"), ("ORR_MRECIST", "FAS"), ("ORR_MRECIST_CONFIRMED", "FAS"),
    ("DCR", "FAS"), ("DCR", "REV_M"), ("DCR_RECIST", "FAS"),
)  # fmt: skip
POPULATION = {"PFS": "FAS", "OS": "FAS", "DFS": "R0", "DOR": "RSP"}

SET_WORDS: dict[str, Any] = {
    "ENR": L("Consented, eligible and enrolled."),
    "FAS": L(
        "Enrolled and at least one dose of any study drug. The denominator of every rate unless stated."
    ),
    "RES": L("Full analysis set with a resection (R0 to R2); an exploration is none."),
    "R0": L("Resected with margin R0: the population of disease-free survival."),
    "PEV": L("Resected with a final central pathology result that has a value."),
    "REV": L("At least one evaluable assessment after baseline by RECIST 1.1."),
    "REV_M": L("At least one evaluable assessment after baseline by mRECIST."),
    "SAF": L("At least one dose of any study drug."),
    "PPS": L("Full analysis set without an important deviation, with the planned treatment before surgery."),
    "RSP": L(
        "Complete or partial response by mRECIST before surgery: the population of duration of response."
    ),
}


def sets_of(one: Mapping[str, Any]) -> set[str]:
    """The analysis sets of a participant, those of the profile too."""
    inside = one["profile"].get("sets", {})
    return {*one["summary"]["sets"], *(name for name in ("SAF", "PPS") if inside.get(name))}


def why_outside(one: Mapping[str, Any], code: str) -> str:
    """Why a participant of the larger set is not in this one."""
    values = one["summary"]["values"]
    if code in ("FAS", "SAF"):
        return _("never dosed")
    if code == "RES":
        pending = values["MPR"].get("value") == "PENDING"
        return _("resection still possible") if pending else _("not resected")
    if code == "R0":
        margin = one["profile"].get("disposition", {}).get("surgery", {}).get("margin")
        return _("margin %(margin)s") % {"margin": margin} if margin else _("margin not known")
    if code == "PEV":
        pending = values["MPR"].get("value") == "PENDING"
        return _("central result pending") if pending else _("no value by central pathology")
    if code in ("REV", "REV_M"):
        return _("no evaluable assessment after baseline")
    if code == "RSP":
        return _("no response by mRECIST")
    return ", ".join(str(WHY_NOT_PP.get(why, why)) for why in one["profile"].get("pps_not", [])) or _(
        "excluded"
    )


WHY_NOT_PP: dict[str, Any] = {
    "FAS": L("never dosed"),
    "DEVIATION": L("major deviation"),
    "CYCLES": L("too few cycles"),
    "THERAPY": L("other anticancer therapy before surgery"),
    "I04": L("not BCLC A or B"),
    "I05": L("not beyond Milan"),
    **{
        f"RDI_{drug}": L("dose intensity too low or not known")
        for drug in ("OXA", "LLV", "FU_CI", "CAM", "APA")
    },
}


def refused(content: Mapping[str, Any]) -> str:
    """Who of the screened is in no set."""
    n = content["problem_count"]
    return _("%(n)s with data errors, not counted") % {"n": n} if n else "–"


def problems(content: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Number, status and reason of those who are not counted."""
    return [
        (number_, status, words.refusal({"refusal": why}, error))
        for number_, status, error, why in content["problems"]
    ]


def open_items(content: Mapping[str, Any]) -> list[str]:
    """Who is not counted (yet): beside the bounds."""
    found = []
    for number_, _status, error in problems(content):
        found.append(_("%(number)s is not counted: %(error)s") % {"number": number_, "error": error})
    hidden = content["problem_count"] - len(content["problems"])
    if hidden:
        found.append(
            _("Participants of other sites that are not counted because of data errors: %(n)s.")
            % {"n": hidden}
        )
    if content["behind"]:
        found.append(
            _("Results of %(n)s participants were being computed when this report was taken.")
            % {"n": content["behind"]}
        )
    return found


def methods(settings: Mapping[str, Any], cut: Mapping[str, Any] | None = None) -> list[tuple[str, str]]:
    """How every number came about, with the rules that say so."""
    s = settings
    level = percent(100 * float(s["conf_level"]), 0)
    return [
        (_("Proportions"), _(
            "x/n with n = full analysis set; participants whose result is pending count as not reached "
            "(G-25), and the rate without "
            "them stands beside it. Two-sided exact Clopper–Pearson intervals at %(level)s (S-1); Wilson "
            "score intervals as sensitivity."
        ) % {"level": level}),
        (_("Times to event"), _(
            "Kaplan–Meier estimate; events precede censorings on the same day (S-3). Pointwise intervals by "
            "Greenwood on the %(type)s "
            "scale (S-4, S-5), not estimable at S = 1 and S = 0 (S-6: NE). Median by S-7 with "
            "Brookmeyer–Crowley limits (S-8); NR: not "
            "reached. Rates at fixed times are Kaplan–Meier estimates, not crude proportions (E-11). Median "
            "follow-up by reverse "
            "Kaplan–Meier (S-10). Days count both ends (G-2); one month is %(month)s days. Numbers at risk "
            "at 0, 3, 6, 9, 12, 18 and 24 months (S-12)."
        ) % {"type": s["conf_type"], "month": s["days_per_month"]}),
        (_("Pathological response"), _(
            "Two blinded central readings; residual viable tumour of a specimen is the mean over its nodules "
            "weighted by the area of the "
            "tumour bed (P-3). The result is the mean of the readings where they agree, and the "
            "adjudicator's where adequacy, MPR, pCR or "
            "more than %(points)s points separate them (P-9). MPR: at most %(mpr)s%% (P-5); pCR: no viable "
            "tumour in any nodule nor elsewhere (P-6). "
            "Not resected counts as not reached once a resection can no longer come (G-25)."
        ) % {"points": s["reader_difference_points"], "mpr": s["mpr_threshold_pct"]}),
        (_("Radiological response"), _(
            "Responses are recomputed from the measurements of the evaluator %(evaluator)s (G-23, G-24): "
            "partial response from −%(down)s%%, progression from "
            "+%(up)s%% over the nadir and %(mm)s mm; mRECIST on viable diameters with the same limits. Best "
            "response before surgery, new therapy and "
            "progression (G-28); ORR and DCR within %(window)s days of the first dose; stable disease needs %(sd)s days (R-82)."
        ) % {"evaluator": s["evaluator"], "down": s["response_decrease_pct"], "up": s["progression_increase_pct"],
             "mm": s["progression_increase_mm"], "window": s["response_window_days"], "sd": s["min_sd_days"]}),
        (_("Events and censoring"), _(
            "PFS: progression, recurrence after surgery or death, from the first dose (table T-1); surgery "
            "neither ends nor censors it. DFS: from "
            "an R0 resection (T-2). DOR: from the first mRECIST response (T-3). OS: death from any cause; "
            "the living are censored when last known "
            "alive (T-4). New anticancer therapy and two or more missed assessments (%(un)s days, %(re)s "
            "after a resection) censor at the last adequate assessment (G-20), never OS."
        ) % {"un": s["gap_days_unresected"], "re": s["gap_days_resected"]}),
        (_("Incomplete dates"), _(
            "Stored as entered and completed only here (G-10, G-30): limits of the participant's other "
            "records move a date inside its possible "
            "range. How many were completed is listed below."
        )),
        _data_state(cut),
    ]  # fmt: skip


def _data_state(cut: Mapping[str, Any] | None) -> tuple[str, str]:
    if cut is not None:
        return (
            _("Data cut"),
            _(
                "Records dated up to %(cutoff)s, as they had been entered by the moment of the cut. The cut is "
                "kept as a whole and never "
                "changes: the digest on the title page covers every participant's inputs and results, the "
                "settings and the engine. "
                "Each number can be traced in the endpoint pages of this cut, and the record fingerprint of "
                "Listing 1 stands there too."
            )
            % {"cutoff": day(cut["cutoff"])},
        )
    return (
        _("Live data"),
        _(
            "The data cut-off is the day named on the title page. Values can change with every correction; "
            "each number can be traced to the "
            "fields that it rests on in the endpoint pages, by participant and endpoint, and the record "
            "fingerprint of Listing 1 stands there too."
        ),
    )


def sponsor() -> list[str]:
    """Open for the sponsor (section 9): built as stated, to be decided."""
    return [
        _(
            "Order of rows 3 and 4 of table T-1: death without any adequate assessment is an event even after a new therapy."
        ),
        _("Row 2 of the analysis censored at surgery (T-1c) uses the first dose."),
        _("A recurrence after an R2 resection is an event of PFS."),
        _("A progression by non-target lesions is dated at the first scan of its time point."),
        _("MPR counts after an earlier progression and after day 183 when a resection is done."),
        _("The date last known alive is capped at the data cut-off."),
        _("ORR is shown without confirmation as the headline, with confirmation beside it (Q-4)."),
        _("An absolute increase of 5 mm is asked for progression by mRECIST too (Q-3)."),
        _("DFS counts R0 resections; R1 is a sensitivity analysis (Q-9)."),
        _("Carcinoma in situ alone counts as pCR only if the central pathologist says so (Q-17)."),
    ]


def software(content: Mapping[str, Any]) -> str:
    names = ("scipy", "altair", "vl-convert-python", "weasyprint")
    parts = ", ".join(f"{name} {version(name)}" for name in names)
    return f"{_('endpoint engine')} {content['engine']} · Python {platform.python_version()} · {parts}"


ORGAN_CLASSES: dict[str, Any] = {
    "Blood and lymphatic system disorders": L("Blood and lymphatic system disorders"),
    "Cardiac disorders": L("Cardiac disorders"),
    "Endocrine disorders": L("Endocrine disorders"),
    "Gastrointestinal disorders": L("Gastrointestinal disorders"),
    "General disorders and administration site conditions": L(
        "General disorders and administration site conditions"
    ),
    "Hepatobiliary disorders": L("Hepatobiliary disorders"),
    "Immune system disorders": L("Immune system disorders"),
    "Infections and infestations": L("Infections and infestations"),
    "Injury, poisoning and procedural complications": L("Injury, poisoning and procedural complications"),
    "Investigations": L("Investigations"),
    "Metabolism and nutrition disorders": L("Metabolism and nutrition disorders"),
    "Musculoskeletal and connective tissue disorders": L("Musculoskeletal and connective tissue disorders"),
    "Nervous system disorders": L("Nervous system disorders"),
    "Psychiatric disorders": L("Psychiatric disorders"),
    "Renal and urinary disorders": L("Renal and urinary disorders"),
    "Respiratory, thoracic and mediastinal disorders": L("Respiratory, thoracic and mediastinal disorders"),
    "Skin and subcutaneous tissue disorders": L("Skin and subcutaneous tissue disorders"),
    "Vascular disorders": L("Vascular disorders"),
}


def organ_class(soc: str) -> str:
    """A system organ class in the active language."""
    return str(ORGAN_CLASSES.get(soc, soc))


def title_of(content: Mapping[str, Any]) -> str:
    """What the report is called in the running head."""
    if content.get("kind") == "PERSON":
        return _("Participant endpoint report %(number)s") % {"number": content["number"]}
    return _("Endpoint report")
