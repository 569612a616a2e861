"""A file of a hospital's laboratory system: results of many participants, shown first, then stored, all or none."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from crf.fields import missing_label, unit_shown
from crf.imports.laboratory import MOST_LINES, LaboratoryFile, columns, read_laboratory_file, template
from crf.laboratory_page import SIGNS, judgement_text, result_text
from crf.models import Laboratory
from crf.naming import form_title, form_url
from crf.policies_laboratory import may_import_results
from crf.registry import form_def
from crf.services.laboratory_file import (
    Changed,
    HeadChange,
    Line,
    Plan,
    Rejected,
    results_import,
    results_judge,
)
from crf.services.refusals import refusal_note
from crf.sheets import RowValues
from trialsite.accounts.door import require
from trialsite.accounts.models import Site
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused
from trialsite.web import handed_in

VIEW = Permission.VIEW
MOST_SHOWN = 300  # problems on the page; all of them are in the file
LONGEST_REASON = 200


@require(VIEW)
@require_http_methods(["GET", "POST"])
def laboratory_file(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """`/laboratories/01/CENTRAL/results/`."""
    lab = _laboratory(request.user, number, code)
    may = may_import_results(request.user, lab)
    if not may:
        if request.method == "POST":
            no = Refused(may.reason, may.code)
            refusal_note(by=request.user, act="import", address=lab.address, no=no, site=lab.site)  # type: ignore[arg-type]
        status = 403 if request.method == "POST" else 200
        return render(
            request, "laboratories/results.html", {"lab": lab, "why_not": may.reason}, status=status
        )
    if request.method == "GET":
        return _page(request, lab, handed_in.HandedIn())
    action = request.POST.get("action", "")
    if action in ("store", "problems"):
        return _again(request, lab, action)
    form = handed_in.HandedIn(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, lab, form, status=422)
    return _show(request, lab, form.content(), form.name())


@require(VIEW)
@require_GET
def laboratory_file_template(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """`/laboratories/01/CENTRAL/results/template/`: a header with every column."""
    _laboratory(request.user, number, code)
    return handed_in.csv_answer("laboratory-results.csv", [template()])


def _laboratory(user: Any, number: str, code: str) -> Laboratory:
    site = Site.objects.filter(number=number).first()
    if site is None or not grants_of(user).may(VIEW, site):
        raise Http404
    return get_object_or_404(Laboratory.objects.select_related("site"), site=site, code=code)


def _place(lab: Laboratory) -> str:
    return f"laboratory/{lab.pk}"


def _again(request: HttpRequest, lab: Laboratory, action: str) -> HttpResponse:
    """The file that the page carried: its errors as a table to take away, or what it brings, to be stored."""
    content = handed_in.content_of(request)
    if content is None or len(content) > handed_in.LARGEST:
        return _page(request, lab, handed_in.HandedIn(), refusal=_("Hand in the file again."), status=422)
    file = read_laboratory_file(content, lab)
    if action == "problems":
        _judged(request, lab, file)
        return handed_in.problems_answer("laboratory-errors.csv", file.problems)
    sealed = handed_in.shown_by(request, _place(lab), file.sha256)
    if sealed is None:
        refusal = _("This is not the file that was shown to you. Read it once more.")
        return _page(request, lab, handed_in.HandedIn(), refusal=refusal, status=422)
    shown, name = sealed
    reason = " ".join(request.POST.get("reason", "").split())[:LONGEST_REASON]
    try:
        results_import(
            by=request.user,  # type: ignore[arg-type]
            laboratory=lab,
            file=file,
            seen=shown,
            reason=reason,
            name=name,
        )
    except Refused as no:
        if no.code == "reason":
            return _show(request, lab, content, name, reason_error=str(no.reason))
        return _page(request, lab, handed_in.HandedIn(), refusal=str(no.reason), status=422)
    except Changed:
        messages.warning(
            request, _("The data have changed since the file was shown. Nothing was stored: look again.")
        )
        return _show(request, lab, content, name)
    except Rejected:
        return _show(request, lab, content, name, typed_reason=reason)
    count = sum(len(panel.results) for panel in file.panels)
    words = ngettext("%(count)s result is stored.", "%(count)s results are stored.", count)
    messages.success(request, words % {"count": count})
    return redirect(reverse("laboratory_file", args=[lab.site.number, lab.code]))


def _judged(request: HttpRequest, lab: Laboratory, file: LaboratoryFile) -> Plan:
    try:
        return results_judge(by=request.user, laboratory=lab, file=file)  # type: ignore[arg-type]
    except Refused:
        return Plan(file)


def _show(request: HttpRequest, lab: Laboratory, content: bytes, name: str, **more: Any) -> HttpResponse:
    file = read_laboratory_file(content, lab)
    try:
        plan = results_judge(by=request.user, laboratory=lab, file=file)  # type: ignore[arg-type]
    except Refused as no:
        return _page(request, lab, handed_in.HandedIn(), refusal=str(no.reason), status=422)
    context: dict[str, Any] = {"name": name, "content": handed_in.carried(content), **more}
    if file.problems:
        few = len(file.text) <= handed_in.CORRECTED_HERE
        form = handed_in.HandedIn(initial={"pasted": file.text if few else ""})
        context |= {
            "problems": file.problems[:MOST_SHOWN], "wrong": len(file.problems),
            "more": max(0, len(file.problems) - MOST_SHOWN), "corrected_here": few and bool(file.text),
        }  # fmt: skip
        return _page(request, lab, form, status=422, **context)
    context |= {
        "seal": handed_in.seal(request.user, _place(lab), file.sha256, plan.digest, name),
        "sha256": file.sha256, "lines": [_line(line) for line in plan.lines],
        "heads": [_head(one) for one in plan.heads], "corrections": plan.corrections,
        "forms": len(file.panels), "participants": len({panel.number for panel in file.panels}),
        "longest": LONGEST_REASON,
    }  # fmt: skip
    return _page(
        request, lab, handed_in.HandedIn(), status=422 if more.get("reason_error") else 200, **context
    )


def _page(request: HttpRequest, lab: Laboratory, form: Any, status: int = 200, **more: Any) -> HttpResponse:
    context = {"lab": lab, "form": form, "columns": columns(), "most": MOST_LINES, **more}
    return render(request, "laboratories/results.html", context, status=status)


# --- what would be stored --------------------------------------------------------------------------------------------


def _line(line: Line) -> dict[str, Any]:
    """One row of the table: `65 U/L → 70 U/L`, in standard units, with flag and grade as the save derives them."""
    before = _reported(line.before) if line.before else ""
    now, analyte = _reported(line.after), line.result.analyte
    code = line.after.get("lbnrind")
    return {
        "number": line.result.line, "participant": line.panel.number, "visit": line.panel.visit,
        "url": form_url(line.panel.form), "test": analyte.code, "label": analyte.label, "now": now,
        "before": before if before != now else "", "same": bool(before) and before == now, "corrects": line.corrects,
        "standard": _standard(line), "judged": judgement_text(line.after), "odd": code not in (None, "NORMAL"),
    }  # fmt: skip


def _reported(row: RowValues) -> str:
    if code := row.missing.get("lborres"):
        return missing_label(code)
    text = result_text(row)
    unit = row.get("lborresu")
    return f"{text} {unit_shown(unit)}" if text and unit else text


def _standard(line: Line) -> str:
    """Only where another unit was reported: else it is the same number again."""
    value, unit = line.after.get("lbstresn"), line.result.analyte.unit
    if value is None or line.after.get("lborresu") == unit:
        return ""
    text = format(value, "f").rstrip("0").rstrip(".") if "." in format(value, "f") else format(value, "f")
    sign = SIGNS.get(line.after.get("lbop") or "", "")
    return f"{sign} {text} {unit_shown(unit)}".strip()


def _head(one: HeadChange) -> dict[str, Any]:
    crf_field = form_def("LB").fields[one.name]
    form = one.panel.form
    words = [
        _laboratory_name(v) if one.name == "lbnam" else crf_field.display(v) for v in (one.before, one.after)
    ]
    return {
        "number": one.panel.lines[0], "participant": one.panel.number, "visit": one.panel.visit, "url": form_url(form),
        "form": form_title("LB", form.repeat), "label": crf_field.label, "before": words[0], "now": words[1],
    }  # fmt: skip


def _laboratory_name(address: str | None) -> str:
    pk = (address or "").partition(":")[2]
    return Laboratory.objects.filter(pk=int(pk)).values_list("code", flat=True).first() or "" if pk else ""
