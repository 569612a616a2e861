"""What a person chooses for a report."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from endpoints.models_cuts import DataCut
from endpoints.reports.choices import NAMES, SECTIONS

LIVE = "live"


class DataForm(forms.Form):
    """From which data, in which language. `cut` is what was chosen: none for the data as they stand."""

    origin = forms.ChoiceField(label=_("Data"), required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    def __init__(self, *args: Any, cuts: list[DataCut] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if cuts is None:
            cuts = list(DataCut.objects.only("number", "title", "cutoff", "final").order_by("-number"))
        self.cuts = {cut.code: cut for cut in cuts}
        origin: Any = self.fields["origin"]
        origin.choices = [
            (LIVE, _("Live, as the data stand")),
            *((code, label_of(cut)) for code, cut in self.cuts.items()),
        ]

    @property
    def cut(self) -> DataCut | None:
        return self.cuts.get(self.cleaned_data.get("origin") or LIVE)


class ReportForm(DataForm):
    """Data, language and sections of an endpoint report."""

    sections = forms.MultipleChoiceField(
        label=_("Sections"), choices=[(name, NAMES[name]) for name in SECTIONS], initial=list(SECTIONS),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip


def label_of(cut: DataCut) -> str:
    """`DC-02 · 2026-10-31 · Second interim`."""
    return f"{cut.code} · {cut.cutoff.isoformat()} · {cut.title}"
