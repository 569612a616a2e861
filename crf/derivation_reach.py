"""Which other forms the calculations of a changed form can reach: the save derives those again, and no others.

A form that reads another is reached by any change of it, but where this table knows better: a late laboratory panel
moves no baseline, a lot number no first dose.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass

from . import facts
from .analytes import panel_of
from .derivation_laboratory import TREATMENTS
from .derivation_visit import BEFORE_DAYS, SCREENING
from .sheets import Casebook, Sheet

LIVER_PANELS = ("CHEM", "COAG")  # bilirubin, albumin, INR
DOSES = {
    "ecoccur",
    "ecstdat",
    "ecsttim",
    "ec_d1dat",
    "ec_given",
    "ec_phase",
    "apa_ecstdat",
    "apa_dose",
    "@active",
}
OPERATION = {"surg_prstdat", "surg_proccur", "surg_prtrt"}


@dataclass(frozen=True, slots=True)
class Edit:
    """A changed sheet: the names that changed and the texts that stood there; the casebook; keys that are started."""

    sheet: Sheet
    names: frozenset[str]
    old: tuple[str, ...]
    book: Casebook
    started: Collection[str]

    def touches(self, names: Collection[str]) -> bool:
        return not self.names.isdisjoint(names)

    def until(self, day: dt.date, *dates: dt.date | None) -> bool:
        """Whether the form lies, or lay, on or before a day."""
        stood = [text for text in self.old if len(text) == 10 and text[4:5] == "-"]
        return any(date and date <= day for date in dates) or any(text <= day.isoformat() for text in stood)


def _first_dose(edit: Edit) -> bool:
    if not edit.touches(DOSES):
        return False
    first, own = facts.first_dose(edit.book), facts.dosing_days(Casebook(sheets=[edit.sheet]))
    return first is None or edit.until(first, *own)


def _baseline_sample(edit: Edit) -> bool:
    first = facts.first_dose(edit.book)
    return first is not None and edit.until(first, edit.sheet.get("lbdat"))


def _baseline_weight(edit: Edit) -> bool:
    first = facts.first_dose(edit.book)
    if edit.touches({"height"}):
        return True
    early = edit.sheet.visit in SCREENING or (first and edit.until(first, edit.sheet.get("vsdat")))
    return edit.touches({"weight", "vsdat"}) and bool(early)


def _liver(edit: Edit) -> bool:
    return panel_of(edit.sheet.repeat) in LIVER_PANELS


def _proof(edit: Edit) -> bool:
    """A date that proves life moved (G-6)."""
    dates = {name for pair in facts.PROOFS.get(edit.sheet.key, ()) for name in pair if name}
    return edit.touches(dates | {"@active", "sact_stdat"})


def _proof_of_one_who_died(edit: Edit) -> bool:
    return "DTH" in edit.started and _proof(edit)


def _operation(edit: Edit) -> bool:
    return edit.touches(OPERATION)


def _never(edit: Edit) -> bool:
    return False


def _grading_treatment(edit: Edit) -> bool:
    categories = set(TREATMENTS.values())
    return edit.sheet.get("cmcat") in categories or bool(categories.intersection(edit.old))


# (changed form, form that reads it) → whether the change can reach it.
REACH: dict[tuple[str, str], Callable[[Edit], bool]] = {
    ("DM", "LB"): lambda edit: edit.touches({"sex", "brthdat"}),
    ("LB", "LB"): _baseline_sample,
    ("LB", "VS"): _liver,
    ("LB", "IE"): _liver,
    ("LB", "PREOP"): _liver,
    ("LB", "SURG"): lambda edit: _liver(edit) or _proof_of_one_who_died(edit),
    ("VS", "VS"): _baseline_weight,
    ("VS", "IE"): lambda edit: edit.sheet.visit in SCREENING,
    ("EC", "LB"): _first_dose,
    ("EC", "VS"): _first_dose,
    ("EC", "IE"): _never,
    ("SURG", "VS"): _operation,
    ("SURG", "IE"): _never,
    ("SURG", "PREOP"): _operation,
    ("SURG", "AE1"): _operation,
    ("CM1", "LB"): _grading_treatment,
    ("EOT", "AE1"): lambda edit: edit.touches({"eot_phase"}),
    **{(key, "SURG"): _proof_of_one_who_died for key in ("ICF", "DM", "HEP", "VS", "EG", "AE1", "SACT")},
    **{(key, later): _proof for key in (*facts.PROOFS, "SACT") if key != "SURG" for later in ("DTH", "EOS")},
}


def reached(edit: Edit, dependents: Collection[str]) -> list[str]:
    """Those of the forms that read the changed one to which the change can matter, in the same order."""
    return [key for key in dependents if REACH.get((edit.sheet.key, key), lambda _edit: True)(edit)]


def _near(edit: Edit, other: Sheet) -> bool:
    """An examination reads results of the week around it (D-06)."""
    sampled, examined = edit.sheet.get("lbdat"), other.get("vsdat")
    if edit.touches({"lbdat", "lbperf"}) or sampled is None or examined is None:
        return True
    return abs((examined - sampled).days) <= BEFORE_DAYS


# Of the forms of a key, those that the change can reach; all of them where nothing is said.
AMONG: dict[tuple[str, str], Callable[[Edit, Sheet], bool]] = {
    ("LB", "LB"): lambda edit, other: other.repeat == edit.sheet.repeat,
    ("LB", "VS"): _near,
}


def reaches(edit: Edit, other: Sheet) -> bool:
    """Whether a change can reach one form, of a key that it does reach."""
    among = AMONG.get((edit.sheet.key, other.key))
    return other.form != edit.sheet.form and (among is None or among(edit, other))
