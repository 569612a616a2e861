"""The sections that a report can have, in the order in which they are printed."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

NAMES: dict[str, Any] = {
    "glance": _("Results at a glance, data state, open items"),
    "participants": _("Participants: flow, analysis sets, accrual"),
    "primary": _("Primary endpoint"),
    "radiology": _("Radiological response"),
    "survival": _("PFS, DFS, OS, DOR"),
    "safety": _("Safety and exposure"),
    "deviations": _("Protocol deviations"),
    "sets": _("Appendix: every rate in every analysis set"),
    "listing": _("Listing of participants"),
    "pathology": _("Listing of pathology readings"),
    "methods": _("Methods, open points, imputed dates"),
    "settings": _("Settings with their reasons"),
    "chains": _("Heads of the audit chains"),
}
SECTIONS = tuple(NAMES)
