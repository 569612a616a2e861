"""What a person chooses for a report."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from endpoints.reports.content import SECTIONS

NAMES: dict[str, Any] = {
    "glance": _("Results at a glance, data state"),
    "participants": _("Participant flow, analysis sets"),
    "primary": _("Primary endpoint"),
    "radiology": _("Radiological response"),
    "survival": _("PFS, DFS, OS, DOR"),
    "listing": _("Listing of participants"),
    "pathology": _("Listing of pathology readings"),
    "methods": _("Methods, open points, imputed dates"),
    "settings": _("Settings with their reasons"),
}


class ReportForm(forms.Form):
    """Language and sections of an endpoint report."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    sections = forms.MultipleChoiceField(
        label=_("Sections"), choices=[(name, NAMES[name]) for name in SECTIONS], initial=list(SECTIONS),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
