"""Sentences of the report: sets, flow, methods, open points."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as L

from endpoints import drawing, words
from endpoints.dashboard import rate_card
from trialsite.web.figures import number, percent

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
    "RSP": L(
        "Complete or partial response by mRECIST before surgery: the population of duration of response."
    ),
}


def figure_alt(name: str, results: Mapping[str, Any]) -> str:
    upper = name.upper()
    if upper in words.TIMES:
        return drawing.curve_alt(upper, results["curves"][upper])
    return {
        "waterfall": _("Best change of the viable diameters of each participant, as a bar."),
        "swimmer": _("Time from the first dose of each participant, with resection and events."),
        "spider": _("Change of the viable diameters of each participant over time."),
        "forest": _("Rate of major pathological response in each analysis, with exact intervals."),
    }[name]


def flow(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The way of the participants: boxes down, who left at each step beside it."""
    sets = content["results"]["sets"]
    people = content["people"]
    treated = [one["summary"] for one in people if "FAS" in one["summary"]["sets"]]
    unresected = [one for one in treated if "RES" not in one["sets"]]
    pending = sum(1 for one in unresected if one["values"]["MPR"].get("value") == "PENDING")
    waiting = sets["RES"] - sets["PEV"]
    errors = content["problem_count"]
    return [
        {
            "label": _("Screened"),
            "n": content["screened"],
            "note": "",
            "key": False,
            "out": _("Not enrolled (yet): %(n)s") % {"n": content["screened"] - sets["ENR"] - errors}
            + (_("; data errors: %(n)s") % {"n": errors} if errors else ""),
        },
        {
            "label": _("Enrolled"),
            "n": sets["ENR"],
            "note": "",
            "key": False,
            "out": _("Not treated (yet): %(n)s") % {"n": sets["ENR"] - sets["FAS"]},
        },
        {
            "label": _("Treated"),
            "n": sets["FAS"],
            "note": _("full analysis set"),
            "key": True,
            "out": _("Not resected: %(n)s; resection still possible: %(p)s")
            % {"n": len(unresected) - pending, "p": pending},
        },
        {
            "label": _("Resected"),
            "n": sets["RES"],
            "note": _("R0: %(n)s") % {"n": sets["R0"]},
            "key": False,
            "out": _("Central result pending or without a value: %(n)s") % {"n": waiting},
        },
        {
            "label": _("Central pathology complete"),
            "n": sets["PEV"],
            "note": _("pathology-evaluable set"),
            "key": True,
            "out": "",
        },
    ]


def problems(content: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Number, status and reason of those who are not counted."""
    return [
        (number_, status, words.refusal({"refusal": why}, error))
        for number_, status, error, why in content["problems"]
    ]


def open_items(content: Mapping[str, Any]) -> list[str]:
    """What could still move a result."""
    results = content["results"]
    found = []
    for name in words.RATES:
        card = rate_card(results, name, "FAS")
        if card.pending:
            high = percent(100 * (card.x + card.pending) / card.n)
            found.append(
                _("%(name)s: %(pending)s of %(n)s pending; the rate will end between %(low)s and %(high)s.")
                % {
                    "name": card.short,
                    "pending": card.pending,
                    "n": card.n,
                    "low": percent(100 * (card.estimate or 0)),
                    "high": high,
                }
            )
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


def methods(settings: Mapping[str, Any]) -> list[tuple[str, str]]:
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
        (_("Live data"), _(
            "The data cut-off is the day named on the title page. Values can change with every correction; "
            "each number can be traced to the "
            "fields that it rests on in the endpoint pages, by participant and endpoint, and the record "
            "fingerprint of Listing 1 stands there too."
        )),
    ]  # fmt: skip


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


def follow_up(curve: Mapping[str, Any]) -> str:
    return number(curve["median_follow_up"]["estimate"], 1)
