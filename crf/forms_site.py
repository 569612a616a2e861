"""Forms of a site's own configuration."""

from __future__ import annotations

import re
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .analytes import ANALYTES
from .site_ranges import units_of

LARGEST = 1_000_000  # bytes of a file of ranges


class _Plain(forms.Form):
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not field.required:
                field.label = format_lazy("{} ({})", field.label, _("optional"))

    @property
    def helper(self) -> FormHelper:
        helper = FormHelper()
        helper.form_tag = False
        helper.disable_csrf = True
        return helper


def _date(label: Any, required: bool = True) -> forms.DateField:
    widget = forms.DateInput(attrs={"placeholder": "2026-03-01", "autocomplete": "off"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=required, widget=widget, input_formats=["%Y-%m-%d"])


class LaboratoryForm(_Plain):
    code = forms.CharField(label=_("Code"), max_length=20)
    name_en = forms.CharField(label=_("Name in English"), max_length=120)
    name_zh = forms.CharField(label=_("Name in Chinese"), max_length=120, required=False)

    def clean_code(self) -> str:
        code = self.cleaned_data["code"].upper()
        if not re.fullmatch(r"[A-Z0-9][A-Z0-9_-]{0,19}", code):
            raise forms.ValidationError(_("Letters, digits, hyphen and underscore only."))
        return str(code)


class ConsentVersionForm(_Plain):
    version = forms.CharField(label=_("Version"), max_length=20)
    version_date = _date(_("Date of the version"))
    effective_from = _date(_("Approved for the site from"))


class RangeForm(_Plain):
    """One row of C01; what it may say is judged by `site_ranges.problems_of`."""

    test = forms.ChoiceField(label=_("Test"))
    unit = forms.ChoiceField(label=_("Reporting unit"))
    sex = forms.ChoiceField(
        label=_("Sex"), choices=[("BOTH", _("Both")), ("M", _("Male")), ("F", _("Female"))], initial="BOTH"
    )
    agelo = forms.IntegerField(label=_("Age from, years"), initial=0)
    agehi = forms.IntegerField(label=_("Age to, years"), initial=120)
    lln = forms.DecimalField(
        label=_("Lower limit of normal"), required=False, decimal_places=4, max_digits=14
    )
    uln = forms.DecimalField(
        label=_("Upper limit of normal"), required=False, decimal_places=4, max_digits=14
    )
    valid_from = _date(_("Valid from"))
    valid_to = _date(_("Valid to"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ranged = [analyte for analyte in ANALYTES.values() if units_of(analyte)]
        units = list(dict.fromkeys(unit for analyte in ranged for unit in units_of(analyte)))
        tests: list[Any] = [(analyte.code, f"{analyte.code}  {analyte.label}") for analyte in ranged]
        self.fields["test"].choices = [("", ""), *tests]  # type: ignore[attr-defined]
        self.fields["unit"].choices = [("", ""), *((unit, unit) for unit in units)]  # type: ignore[attr-defined]
        for name in ("agelo", "agehi", "lln", "uln"):  # no spinners: a wheel must not change a limit
            self.fields[name].widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def values(self) -> dict[str, Any]:
        """As the fields of C01 keep them; a limit that the laboratory does not have is "not applicable"."""
        given = self.cleaned_data
        found = {f"labr_{name}": given[name] for name in ("test", "unit", "sex", "agelo", "agehi")}
        found["labr_from"] = given["valid_from"]
        if given["valid_to"]:
            found["labr_to"] = given["valid_to"]
        for name in ("lln", "uln"):
            key = f"labr_{name}" if given[name] is not None else f"labr_{name}_miss"
            found[key] = given[name] if given[name] is not None else "NA"
        return found

    def tell(self, problems: dict[str, str]) -> None:
        """Sentences of `site_ranges` at the inputs of this form."""
        inputs = {"labr_from": "valid_from", "labr_to": "valid_to"}
        for name, message in problems.items():
            self.add_error(inputs.get(name, name.removeprefix("labr_")), message)


class RangeFileForm(forms.Form):
    """A file, or the same pasted."""

    file = forms.FileField(label=_("File (CSV)"), required=False)
    pasted = forms.CharField(
        label=_("or paste the rows here"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        strip=False,
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        upload = given.get("file")
        if upload is not None and upload.size > LARGEST:
            raise forms.ValidationError(_("The file is larger than 1 MB."))
        if upload is None and not (given.get("pasted") or "").strip():
            raise forms.ValidationError(_("Choose a file or paste the rows."))
        if upload is not None:
            given["pasted"] = _decoded(upload.read())
        return given

    def text(self) -> str:
        return str(self.cleaned_data["pasted"])


def _decoded(content: bytes) -> str:
    """Text of a file: UTF-8, or GB18030 as spreadsheets in China write it."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise forms.ValidationError(_("The file is not text: save it as CSV."))
