"""A file that is handed in, shown as it was read, and stored only when the same person confirms the same file.

Between the two pages the file travels in the page itself, so that nothing of it is kept anywhere before it is stored;
a seal says whose it is, which file, and what was shown.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any

from django import forms
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import sheets
from .csv_file import Problem

LARGEST = 1_000_000  # bytes; read before anything is decoded
CORRECTED_HERE = 100_000  # characters that a page offers to correct in place
DAY = 86_400


class HandedIn(forms.Form):
    """A file, or the same pasted."""

    file = forms.FileField(
        label=gettext_lazy("File (CSV)"),
        required=False,
        allow_empty_file=True,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv"}),
    )
    pasted = forms.CharField(
        label=gettext_lazy("or paste the rows here"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "wrap": "off", "spellcheck": "false", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        upload = given.get("file")
        if upload is None and not (given.get("pasted") or "").strip():
            raise forms.ValidationError(_("Choose a file or paste the rows."))
        if upload is not None and upload.size > LARGEST:
            raise forms.ValidationError(_("The file is larger than 1 MB. Divide it."))
        return given

    def content(self) -> bytes:
        upload = self.cleaned_data.get("file")
        if upload is None:
            return str(self.cleaned_data["pasted"]).encode()
        return bytes(upload.read())

    def name(self) -> str:
        upload = self.cleaned_data.get("file")
        return str(upload.name)[:100] if upload is not None else ""


def carried(content: bytes) -> str:
    """The file as the page carries it."""
    return base64.b64encode(content).decode()


def content_of(request: HttpRequest) -> bytes | None:
    """The file that the page carried; None when it is none."""
    try:
        return base64.b64decode(request.POST.get("content", ""), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def seal(user: Any, place: str, sha256: str, shown: str, name: str = "") -> str:
    """What was shown to whom. `place`: the page (one cannot be confirmed on another)."""
    return signing.dumps([user.pk, sha256, shown, name], salt=f"handed-in/{place}", compress=True)


def shown_by(request: HttpRequest, place: str, sha256: str) -> tuple[str, str] | None:
    """(digest of what was shown, name of the file) when this person was shown this file on this page, a day ago at most."""
    try:
        who, file, shown, name = signing.loads(
            request.POST.get("seal", ""), salt=f"handed-in/{place}", max_age=DAY
        )
    except (signing.BadSignature, ValueError):
        return None
    return (shown, name) if (who, file) == (request.user.pk, sha256) else None


def csv_answer(name: str, lines: Iterable[Iterable[Any]]) -> HttpResponse:
    """A small table to take away, which spreadsheets open without harm."""
    body = sheets.MARK + "".join(sheets.line(cells) for cells in lines)
    answer = HttpResponse(body, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def problems_answer(name: str, problems: Iterable[Problem]) -> HttpResponse:
    """The table of errors as a file."""
    head = [_("Line"), _("Column"), _("Value"), _("What is wrong")]
    return csv_answer(name, [head, *(problem.cells() for problem in problems)])
