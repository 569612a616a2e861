"""Results in the reader's words: names of endpoints, values, sentences of steps, values that a step read."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.utils.translation import gettext_noop as N_

from crf.codelists import CODELISTS
from crf.ctcae import TERMS
from crf.fields import CrfField
from endpoints.compact import CUTOFF
from endpoints.engine.codes import PENDING, N, Y
from trialsite.web import figures

DAYS_PER_MONTH = 30.4375
ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}$")


class Name(NamedTuple):
    """An endpoint as people call it: long and short name, what a duration is counted from, its definition in a line."""

    long: Any
    short: Any
    kind: str  # rate · time · best
    note: Any = ""


L = gettext_lazy
NAMES: dict[str, Name] = {
    "MPR": Name(L("Major pathological response"), L("MPR"), "rate", L("RVT ≤10%, central review")),
    "PCR": Name(L("Pathological complete response"), L("pCR"), "rate", L("RVT 0%, central review")),
    "ORR": Name(L("Objective response, RECIST 1.1"), L("ORR"), "rate", L("RECIST 1.1, before surgery")),
    "DCR": Name(L("Disease control, mRECIST"), L("DCR"), "rate", L("mRECIST, before surgery")),
    "PFS": Name(L("Progression-free survival"), L("PFS"), "time", L("from first dose, RECIST 1.1")),
    "DFS": Name(L("Disease-free survival"), L("DFS"), "time", L("from R0 resection")),
    "OS": Name(L("Overall survival"), L("OS"), "time", L("from first dose")),
    "DOR": Name(L("Duration of response, mRECIST"), L("DOR"), "time", L("from first response, mRECIST")),
    "ORR_MRECIST": Name(L("Objective response, mRECIST"), L("ORR, mRECIST"), "rate"),
    "DCR_RECIST": Name(L("Disease control, RECIST 1.1"), L("DCR, RECIST 1.1"), "rate"),
    "BOR_RECIST": Name(L("Best overall response, RECIST 1.1"), L("BOR, RECIST 1.1"), "best"),
    "BOR_MRECIST": Name(L("Best overall response, mRECIST"), L("BOR, mRECIST"), "best"),
    "PFS_TREATMENT_POLICY": Name(L("Progression-free survival, treatment policy"), L("PFS, treatment policy"), "time"),
    "PFS_CENSOR_AT_SURGERY": Name(L("Progression-free survival, censored at surgery"), L("PFS, censored at surgery"), "time"),
    "DFS_R1": Name(L("Disease-free survival, R0 and R1"), L("DFS, R0 and R1"), "time"),
    "OS_FROM_DIAGNOSIS": Name(L("Overall survival from diagnosis"), L("OS from diagnosis"), "time"),
    "MPR_30": Name(L("Residual viable tumour ≤30%"), L("RVT ≤30%"), "rate"),
    "MPR_50": Name(L("Residual viable tumour <50%"), L("RVT <50%"), "rate"),
    "MPR_VOLUME": Name(L("MPR, weighted by volume"), L("MPR, by volume"), "rate"),
    "MPR_UNWEIGHTED": Name(L("MPR, unweighted mean of nodules"), L("MPR, unweighted"), "rate"),
    "DOR_RECIST": Name(L("Duration of response, RECIST 1.1"), L("DOR, RECIST 1.1"), "time"),
    "PFS_MRECIST": Name(L("Progression-free survival, mRECIST"), L("PFS, mRECIST"), "time"),
    "BOR_MRECIST_NO_FLOOR": Name(L("Best overall response, mRECIST without 5 mm floor"), L("BOR, mRECIST, no floor"), "best"),
    "ORR_MRECIST_NO_FLOOR": Name(L("Objective response, mRECIST without 5 mm floor"), L("ORR, mRECIST, no floor"), "rate"),
    "DCR_NO_FLOOR": Name(L("Disease control, mRECIST without 5 mm floor"), L("DCR, no floor"), "rate"),
    "DOR_NO_FLOOR": Name(L("Duration of response, mRECIST without 5 mm floor"), L("DOR, no floor"), "time"),
    "R0": Name(L("Complete resection (R0)"), L("R0 resection"), "rate"),
    "TRAE3": Name(
        L("Treatment-related adverse event of grade 3 or more"), L("TRAE grade ≥3"), "rate", L("CTCAE v5.0")
    ),
    "SAE": Name(L("Serious adverse event"), L("SAE"), "rate", L("of any cause")),
}  # fmt: skip
HEADLINE = ("MPR", "PCR", "ORR", "DCR", "PFS", "DFS", "OS", "DOR")
RATES = ("MPR", "PCR", "ORR", "DCR")
TIMES = ("PFS", "DFS", "OS", "DOR")

SETS: dict[str, Any] = {
    "ENR": L("Enrolled"),
    "FAS": L("Full analysis set"),
    "RES": L("Resected"),
    "R0": L("R0 resected"),
    "PEV": L("Pathology-evaluable"),
    "REV": L("Response-evaluable, RECIST 1.1"),
    "REV_M": L("Response-evaluable, mRECIST"),
    "RSP": L("Responders, mRECIST"),
    "SAF": L("Safety set"),
    "PPS": L("Per-protocol set"),
}

ORIGINS: dict[str, Any] = {
    "PFS": L("Months from first dose"),
    "OS": L("Months from first dose"),
    "DFS": L("Months from resection"),
    "DOR": L("Months from first response"),
}

AXES: dict[str, Any] = {
    "PFS": L("Progression-free survival (%)"),
    "OS": L("Overall survival (%)"),
    "DFS": L("Disease-free survival (%)"),
    "DOR": L("Still in response (%)"),
}

# The question that a step answers, by the rule it names; the trace groups by it.
GROUPS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("G-40", "SAF-1"), N_("Is the participant in the analysis set?")),
    (("R0-1", "R0-2"), N_("What was the margin?")),
    (("SAF-2", "SAF-3"), N_("Which adverse events count?")),
    (("G-25",), N_("Can the result still change?")),
    (("P-3", "P-6", "P-7", "P-9", "G-36"), N_("What did the central pathologists read?")),
    (("P-4", "P-5", "P-8", "P-10"), N_("Rule applied")),
    (("Q-3",), N_("What does the floor of mRECIST change?")),
    (("G-28", "R-8", "G-24", "G-37"), N_("Which assessments count?")),
    (("R-80", "R-81", "R-82", "R-83", "R-84", "R-85", "E-3", "E-4"), N_("What is the best response?")),
    (("G-30",), N_("Dates that are not complete")),
    (
        ("E-20", "E-21", "G-20", "G-21", "G-33", "G-34", "G-35", "T-1", "T-2", "T-3", "T-4", "G-2", "G-22", "Q-8", "G-6"),
        N_("Event or censored, and how long?"),
    ),
)  # fmt: skip
OTHER_GROUP = N_("How was the assessment read?")


def group_of(rule: str) -> str:
    return next((title for rules, title in GROUPS if rule in rules), OTHER_GROUP)


def short(name: str) -> str:
    return str(NAMES[name].short)


def value_word(value: Any) -> str:
    """`Y`, `N`, `PENDING` or a response code, as a reader says it."""
    return {Y: _("Yes"), N: _("No"), PENDING: _("Pending"), None: "–"}.get(value, str(value))


def months(days: Any) -> str:
    return figures.number(days / DAYS_PER_MONTH, 1) if days is not None else "–"


def duration(found: Mapping[str, Any]) -> str:
    """`11.6 months (event)` or `22.7+ months` for a censored one."""
    days = found.get("days")
    if days is None:
        return "–"
    return months(days) + ("" if found.get("event") else "+")


def days_words(days: int) -> str:
    return ngettext("%(n)s day", "%(n)s days", days) % {"n": days}


def whole(name: str, kept: Mapping[str, Any]) -> dict[str, Any]:
    """A result as a run keeps it, with the days that a summary carries (G-2)."""
    found = dict(kept)
    if NAMES[name].kind == "time" and found.get("start") and found.get("end"):
        span = dt.date.fromisoformat(found["end"]) - dt.date.fromisoformat(found["start"])
        found["days"] = span.days + 1
    return found


def outcome(name: str, found: Mapping[str, Any]) -> str:
    """The value of one endpoint of one participant in a few characters."""
    if NAMES[name].kind == "time":
        return "–" if found.get("days") is None else _("%(n)s mo") % {"n": duration(found)}
    return value_word(found.get("value"))


def detail(name: str, found: Mapping[str, Any]) -> str:
    """What stands beside the value: the percentage, the date, the kind of event."""
    if NAMES[name].kind == "time":
        if found.get("days") is None:
            return ""
        why = _(found["name"]) if found.get("name") else ""
        what = _("Event") if found.get("event") else _("Censored")
        shown = {"what": what, "why": why, "day": figures.day(found["end"])}
        return (_("%(what)s: %(why)s, %(day)s") if why else _("%(what)s, %(day)s")) % shown
    if found.get("rvt_pct") is not None:
        return _("RVT %(n)s%%") % {"n": figures.viable(found["rvt_pct"])}
    if found.get("date"):
        return figures.day(found["date"])
    if found.get("confirmed"):
        return _("confirmed: %(value)s") % {"value": value_word(found["confirmed"])}
    return ""


# --- steps --------------------------------------------------------------------------------------------------------


def sentence(step: Mapping[str, Any], cutoff: Any) -> str:
    """A step in the reader's language, its dates as people write them."""
    shown = {name: _param(name, value, cutoff) for name, value in step["params"].items()}
    try:
        return _(step["message"]).format(**shown)
    except (KeyError, IndexError, ValueError):  # a translation that lost a place; English is always whole
        return step["message"].format(**shown)


DISAGREEMENTS = (N_("adequacy"), N_("difference"))  # what separates two readers, beside MPR and pCR


def refusal(summary: Mapping[str, Any], error: str) -> str:
    """Why data were refused, in the reader's language; an unforeseen failure has its own text only."""
    found = summary.get("refusal")
    return sentence(found, None) if found else error


def _param(name: str, value: Any, cutoff: Any) -> str:
    if isinstance(value, list):
        return _(", ").join(_param(name, part, cutoff) for part in value)
    if value == CUTOFF:
        return figures.day(cutoff)
    text = str(value)
    if ISO_DAY.match(text):
        return figures.day(text)
    if name in ("term", "terms"):
        return event_term(text)
    if name in ("value", "mpr", "pcr") and text in (Y, N, PENDING):
        return value_word(text)
    if name == "state" and figures.chinese():
        return str(WORDS.get(text, text))
    return _(text) if text and not text[0].isdigit() else text


def event_term(term: str) -> str:
    """A CTCAE term as a reader says it."""
    known = TERMS.get(term)
    return known.zh if known and figures.chinese() else term


def event_name(event: Mapping[str, Any]) -> str:
    """An adverse event of a profile in a listing: its CTCAE term, else what was written down and that it is not coded."""
    if term := event.get("term"):
        return event_term(term)
    written = event.get("verbatim")
    return _("%(event)s (not coded yet)") % {"event": written} if written else ""


READS: dict[str, Any] = {
    "adverse_events": L("Adverse events"),
    "data_cutoff": L("Data cut-off (today)"),
    "imaging": L("Tumour assessments"),
    "surgery": L("Operation"),
    "pathology": L("Central pathology"),
    "death": L("Death"),
    "follow_up": L("Follow-up"),
    "therapies": L("Anticancer treatment outside the protocol"),
    "enrolled": L("Enrolment"),
    "first_dose": L("First dose"),
    "diagnosed": L("Diagnosis"),
    "end_of_study": L("End of study"),
    "end_of_treatment": L("End of treatment"),
    "alive_on": L("Known alive"),
    "final": L("Final analysis"),
}


def read_label(where: str) -> str:
    """The name of an input that no form field stands behind."""
    head = re.split(r"[.\[]", where, maxsplit=1)[0]
    return str(READS.get(head, where))


WORDS: dict[str, Any] = {
    "yes": L("Yes"), "no": L("No"), "unknown": L("Unknown"), "not_evaluable": L("Not evaluable"),
    "measured": L("Measured"), "absent": L("Absent"), "too_small": L("Too small to measure"), "merged": L("Merged"),
    "present": L("Present"), "unequivocal_progression": L("Unequivocal progression"),
    "equivocal": L("Equivocal"), "unequivocal": L("Unequivocal"),
}  # fmt: skip


def code_label(codes: str, value: str) -> str:
    """The label of a code of a CRF list in the active language; what is no code of it stays as it is."""
    found = CODELISTS.get(codes)
    label = found.codes.get(value) if found else None
    return str(label) if label else value


def code_word(value: Any) -> str:
    """A code word of the engine as a reader says it; response codes stay as they are."""
    return "–" if value is None else str(WORDS.get(value, value))


def read_value(where: str, value: Any, field: CrfField | None, cutoff: Any) -> str:
    """What was read: a date as people write it, a code with its label, a number with its unit."""
    if value is None or value == "":
        return _("nothing entered")
    if value == CUTOFF:
        return figures.day(cutoff)
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    text = str(value)
    if ISO_DAY.match(text) or re.fullmatch(r"\d{4}(-\d{2})?", text):
        return figures.day(text) if field is None or field.kind in ("date", "pdate") else text
    if text in WORDS:
        return str(WORDS[text])
    if field is not None and field.kind == "code":
        label = field.display(text)
        return label or text
    if field is not None and field.unit and re.fullmatch(r"-?[\d.]+", text):
        return f"{text} {field.unit_text}"
    return text
