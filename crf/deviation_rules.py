"""Deviations that the system proposes: which check speaks of one, of which category, how grave it is at first sight.

A table: rule → category (DVCAT), suggested severity (DVSEV), what makes several hits one deviation, words. Most rules are
edit checks of the book; those under `DEV-…` are asked here. A person accepts or rejects each proposal; who accepts judges
severity and the per-protocol set anew.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.translation import gettext_lazy as _

from crf import facts
from crf.checks.engine import Folder
from crf.judging import Raised
from crf.naming import LOG_OF
from crf.registry import form_def
from crf.sheets import Sheet
from trialsite.kernel.digests import digest
from trialsite.kernel.partial_date import PartialDate

PERSON, VISIT, FIELD = "participant", "visit", "field"  # one deviation for each
MAJOR, MINOR = "MAJOR", "MINOR"


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table. `enrolled`: before enrolment it is screening at work, and no deviation."""

    id: str
    category: str
    severity: str
    per: str
    words: Any
    enrolled: bool = False


def _table(*rows: Rule) -> dict[str, Rule]:
    return {row.id: row for row in rows}


RULES = _table(
    # the visit took place outside its window
    Rule("CK-018", "VISIT", MINOR, VISIT, _("Visit outside its window.")),
    # eligibility: enrolled or treated without it, or contradicted by what was corrected later
    Rule("CK-024", "ELIGIBILITY", MAJOR, PERSON, _("Enrolled although not eligible.")),
    Rule("CK-118", "ELIGIBILITY", MAJOR, PERSON, _("Treated although not eligible.")),
    Rule("CK-022", "ELIGIBILITY", MAJOR, PERSON, _("Enrolled as eligible although a criterion is not met."), True),
    Rule("CK-028", "ELIGIBILITY", MAJOR, PERSON, _("Enrolled, but the age contradicts criterion I02."), True),
    Rule("CK-029", "ELIGIBILITY", MAJOR, PERSON, _("Enrolled, but the ECOG status contradicts criterion I08."), True),
    Rule("CK-030", "ELIGIBILITY", MAJOR, PERSON, _("Enrolled, but the Child-Pugh score contradicts criterion I09."), True),
    Rule("CK-031", "ELIGIBILITY", MAJOR, PERSON, _("Enrolled, but a baseline laboratory value contradicts a criterion."), True),
    Rule("CK-032", "ELIGIBILITY", MAJOR, PERSON, _("Enrolled, but the tumour is within the Milan criteria."), True),
    Rule("CK-033", "ELIGIBILITY", MAJOR, PERSON, _("Enrolled, but the BCLC stage is neither A nor B."), True),
    Rule("CK-036", "ELIGIBILITY", MAJOR, PERSON, _("Enrolled in spite of prior treatment of the tumour."), True),
    # dose and interval outside the rule
    Rule("CK-124", "DOSING", MINOR, VISIT, _("Cycle given too early.")),
    Rule("CK-125", "DOSING", MINOR, VISIT, _("Treatment continued after the longest allowed delay.")),
    Rule("CK-134", "DOSING", MINOR, VISIT, _("Dose differs from the plan without a recorded adjustment.")),
    Rule("CK-135", "DOSING", MAJOR, VISIT, _("Dose above the planned dose: possible overdose.")),
    Rule("CK-136", "DOSING", MINOR, VISIT, _("The fixed dose of camrelizumab was changed.")),
    Rule("CK-138", "DOSING", MINOR, VISIT, _("Fluorouracil bolus, which is not part of the treatment.")),
    Rule("CK-146", "DOSING", MINOR, VISIT, _("Dose level raised again after a reduction.")),
    Rule("CK-149", "DOSING", MAJOR, VISIT, _("Drug given after its permanent discontinuation.")),
    Rule("CK-150", "DOSING", MAJOR, VISIT, _("Dosed although neutrophils or platelets did not meet the retreatment criteria.")),
    Rule("CK-151", "DOSING", MAJOR, VISIT, _("Dosed during an unresolved related event of grade 3 or more.")),
    Rule("DEV-01", "DOSING", MAJOR, VISIT, _("Dosed although the retreatment criteria were not met.")),
    Rule("CK-152", "DOSING", MINOR, VISIT, _("Study drug too soon after surgery.")),
    Rule("CK-165", "DOSING", MAJOR, VISIT, _("Camrelizumab given after its withdrawal for an immune-related event.")),
    # surgery outside its interval, or without what must precede it
    Rule("CK-161", "DOSING", MINOR, PERSON, _("Apatinib stopped too late before surgery.")),
    Rule("CK-162", "VISIT", MINOR, PERSON, _("Surgery outside its interval after the last infusion.")),
    Rule("CK-209", "PROCEDURE", MINOR, PERSON, _("No imaging within the days before surgery that the protocol asks.")),
    # an item of the primary endpoint is missing or late
    Rule("DEV-02", "PATHOLOGY", MINOR, PERSON, _("Specimen of the resection not inked and oriented, or not fixed in time.")),
    Rule("CK-224", "PATHOLOGY", MINOR, PERSON, _("Local pathology report missing.")),
    Rule("CK-253", "PATHOLOGY", MINOR, PERSON, _("Central result late for the time frame of the primary endpoint.")),
    Rule("CK-337", "PATHOLOGY", MAJOR, PERSON, _("Primary endpoint result missing at the end of the study.")),
    # medication and safety reporting
    Rule("CK-297", "PROHIBMED", MAJOR, FIELD, _("Live vaccine during immunotherapy.")),
    Rule("CK-298", "PROHIBMED", MAJOR, FIELD, _("Prohibited medication during treatment.")),
    Rule("CK-266", "SAFETYREP", MAJOR, FIELD, _("Serious adverse event reported late.")),
)  # fmt: skip

BLINDED = "CPATH"  # what only a reader may see is proposed to nobody


@cache
def deviation_digest() -> str:
    """Changes when the table does: everybody is judged again."""
    return digest([[r.id, r.category, r.severity, r.per, r.enrolled] for r in RULES.values()])[:12]


@dataclass(frozen=True, slots=True)
class Proposed:
    """A deviation that was found: the rule, what tells it apart, where and when, and what was found."""

    rule: str
    place: str = ""
    form: int | None = None
    visit: str = ""
    day: dt.date | None = None
    found: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return self.rule, self.place


# --- rules of this table alone --------------------------------------------------------------------------------------

Own = Callable[[Folder], Iterator[Raised]]


def _raised(rule: str, sheet: Sheet, path: str, found: str) -> Raised:
    return Raised(sheet.form, path, rule, "soft", deviation_digest(), found)


def dosed_against_the_criteria(folder: Folder) -> Iterator[Raised]:
    """DEV-01: the site itself said that the criteria were not met, and gave the cycle."""
    for sheet in folder.book.all("EC"):
        if sheet.get("ec_retreat") == "N" and sheet.get("ec_given") == "Y":
            yield _raised("DEV-01", sheet, "ec_retreat", f"ec_d1dat={sheet.get('ec_d1dat') or ''}")


def specimen_handled_otherwise(folder: Folder) -> Iterator[Raised]:
    """DEV-02: the central reading rests on a specimen that was inked, oriented and fixed within 30 minutes."""
    for sheet in folder.book.all("SURG"):
        resected = sheet.get("surg_proccur") == "Y" and sheet.get("surg_prtrt") not in (None, "EXPLORE")
        if resected and sheet.get("surg_specimen") == "N":
            yield _raised("DEV-02", sheet, "surg_specimen", f"surg_prstdat={sheet.get('surg_prstdat') or ''}")


OWN: dict[str, Own] = {"DEV-01": dosed_against_the_criteria, "DEV-02": specimen_handled_otherwise}


# --- from what was judged to what is proposed -----------------------------------------------------------------------


def proposals(folder: Folder, raised: Iterable[Raised]) -> list[Proposed]:
    """What the table makes of the hits of the checks, and of its own rules; several hits that are one deviation, once."""
    own = [hit for rule in OWN.values() for hit in rule(folder)]
    enrolled = folder.book.value("IE", "enr_yn") == "Y"
    forms = {form.form: form for form in folder.forms}
    sheets = {sheet.form: sheet for sheet in folder.book}
    found: dict[tuple[str, str], Proposed] = {}
    for one in sorted([*raised, *own], key=lambda hit: (hit.rule, hit.form, hit.path)):
        rule, form = RULES.get(one.rule), forms.get(one.form)
        if rule is None or form is None or form.key == BLINDED or (rule.enrolled and not enrolled):
            continue
        place = _place(rule, one, form.key, form.visit, form.repeat)
        made = Proposed(
            rule.id,
            place,
            one.form,
            form.visit,
            _day(rule, folder, sheets.get(one.form), form.visit),
            one.found,
        )
        before = found.get(made.key)
        found[made.key] = made if before is None else _joined(before, made)
    return list(found.values())


def _place(rule: Rule, one: Raised, key: str, visit: str, repeat: int) -> str:
    if rule.per == PERSON:
        return ""
    if rule.per == VISIT and visit:
        return visit
    name = f"{LOG_OF[key]}:{repeat}" if key in LOG_OF else f"{visit}/{key}:{repeat}"
    return name if rule.per == VISIT else f"{name}/{one.path}"[:80]


def _joined(one: Proposed, other: Proposed) -> Proposed:
    """Two hits of one deviation: the earlier day, and what was found at both."""
    parts = [part for part in dict.fromkeys([*one.found.split("; "), *other.found.split("; ")]) if part]
    days = [day for day in (one.day, other.day) if day]
    return Proposed(one.rule, one.place, one.form, one.visit, min(days, default=None), "; ".join(parts)[:300])


def _day(rule: Rule, folder: Folder, sheet: Sheet | None, visit: str) -> dt.date | None:
    """When it happened, as far as the data say; else the person says it."""
    if rule.category == "ELIGIBILITY":
        enrolled = folder.book.value("IE", "enr_dsstdat")
        return enrolled if isinstance(enrolled, dt.date) else folder.first_dose
    if rule.id in ("CK-161", "CK-162", "CK-209", "DEV-02"):
        return facts.surgery_day(folder.book)
    if rule.id == "CK-266" and sheet is not None:
        return _whole(sheet.get("sae_repdat"))
    kept = folder.visit(visit) if visit else None
    if kept is not None and kept.day is not None:
        return kept.day
    name = form_def(sheet.key).head.date if sheet is not None else ""
    return _whole(sheet.get(name)) if sheet is not None and name else None


def _whole(value: Any) -> dt.date | None:
    """A day that is known to the day."""
    if isinstance(value, PartialDate):
        return value.complete
    return value if isinstance(value, dt.date) else None
