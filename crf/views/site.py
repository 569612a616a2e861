"""Laboratories, reference ranges and consent versions of the sites: everybody who sees the site reads them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crf.analytes import ANALYTES
from crf.forms_site import ConsentVersionForm, LaboratoryForm, RangeFileForm, RangeForm
from crf.models import Laboratory, ReferenceRange
from crf.policies import may_configure
from crf.policies_laboratory import may_import_results
from crf.registry import site_forms
from crf.services.refusals import refusal_note
from crf.services.site import (
    consent_version_add,
    laboratory_add,
    laboratory_end,
    range_remove,
    ranges_add,
)
from crf.site_ranges import COLUMNS, Problems, read_file
from trialsite.accounts.door import require
from trialsite.accounts.models import Site
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused

VIEW = Permission.VIEW


def _site(user: Any, number: str) -> Site:
    site = Site.objects.filter(number=number).first()
    if site is None or not grants_of(user).may(VIEW, site):
        raise Http404
    return site


def _laboratory(user: Any, number: str, code: str) -> Laboratory:
    return get_object_or_404(Laboratory.objects.select_related("site"), site=_site(user, number), code=code)


@require(VIEW)
@require_http_methods(["GET"])
def laboratories(request: HttpRequest) -> HttpResponse:
    """`/laboratories/`: the sites that this person sees, with their laboratories."""
    sites = grants_of(request.user).limit(Site.objects.all(), VIEW, "pk")
    counted = sites.annotate(
        labs=Count("laboratories", filter=Q(laboratories__active=True), distinct=True),
        versions=Count("consent_versions", distinct=True),
    )
    return render(request, "laboratories/sites.html", {"sites": counted.order_by("number")})


@require(VIEW)
@require_http_methods(["GET", "POST"])
def laboratory_site(request: HttpRequest, number: str) -> HttpResponse:
    """`/laboratories/01/`: laboratories and consent versions of a site; two small forms for who may add."""
    site = _site(request.user, number)
    decision = may_configure(request.user, site)
    asked = request.POST.get("what", "")
    lab_form = LaboratoryForm(request.POST if asked == "laboratory" else None)
    version_form = ConsentVersionForm(request.POST if asked == "version" else None)
    if request.method == "POST":
        for name, form, act in (
            ("laboratory", lab_form, laboratory_add), ("version", version_form, consent_version_add),
        ):  # fmt: skip
            if asked == name and form.is_valid():
                try:
                    act(by=request.user, site=site, **form.cleaned_data)  # type: ignore[arg-type]
                except Refused as refusal:
                    form.add_error(None, str(refusal.reason))
                else:
                    return redirect("laboratory_site", number=site.number)
    context = {
        "site": site, "may": bool(decision), "why_not": decision.reason if not decision else "",
        "labs": site.laboratories.annotate(ranges_now=Count("ranges", filter=Q(ranges__active=True))),  # type: ignore[attr-defined]
        "versions": site.consent_versions.all(), "lab_form": lab_form, "version_form": version_form,  # type: ignore[attr-defined]
    }  # fmt: skip
    refused = request.method == "POST" and not decision
    return render(request, "laboratories/site.html", context, status=_status(request, refused))


@require(VIEW)
@require_http_methods(["GET", "POST"])
def laboratory(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """`/laboratories/01/CENTRAL/`: the ranges by test; a form for one more row."""
    lab = _laboratory(request.user, number, code)
    decision = may_configure(request.user, lab.site)
    form = RangeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ranges_add(by=request.user, laboratory=lab, ranges=[form.values()])  # type: ignore[arg-type]
        except Refused as refusal:
            form.add_error(None, str(refusal.reason))
        except Problems as problems:
            form.tell(problems.rows[1])
        else:
            messages.success(request, _("The range was added. Results are graded again."))
            return redirect(_address(lab))
    refused = request.method == "POST" and not decision
    return _show(request, lab, form, status=_status(request, refused))


@require(VIEW)
@require_POST
def laboratory_close(request: HttpRequest, number: str, code: str) -> HttpResponse:
    lab = _laboratory(request.user, number, code)
    try:
        laboratory_end(by=request.user, laboratory=lab, reason=request.POST.get("reason", ""))  # type: ignore[arg-type]
    except Refused as refusal:
        return _show(request, lab, RangeForm(), refusal=str(refusal.reason), status=_refused(refusal))
    return redirect("laboratory_site", number=lab.site.number)


@require(VIEW)
@require_POST
def laboratory_range_remove(request: HttpRequest, number: str, code: str, row: int) -> HttpResponse:
    lab = _laboratory(request.user, number, code)
    found = get_object_or_404(
        ReferenceRange.objects.select_related("laboratory__site"), pk=row, laboratory=lab
    )
    try:
        range_remove(by=request.user, row=found, reason=request.POST.get("reason", ""))  # type: ignore[arg-type]
    except Refused as refusal:
        return _show(request, lab, RangeForm(), refusal=str(refusal.reason), status=_refused(refusal))
    return redirect(_address(lab))


@require(VIEW)
@require_http_methods(["GET", "POST"])
def laboratory_import(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """Ranges from a spreadsheet: shown first, with every problem by row; then stored, all or none."""
    lab = _laboratory(request.user, number, code)
    decision = may_configure(request.user, lab.site)
    form = RangeFileForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {
        "lab": lab,
        "may": bool(decision),
        "why_not": decision.reason,
        "columns": _columns(),
    }
    status = 200
    if request.method == "POST" and not decision:
        no = Refused(decision.reason, decision.code)
        refusal_note(by=request.user, act="configure", address=f"site:{lab.site_id}", no=no, site=lab.site)  # type: ignore[arg-type]
        status = 403
    elif request.method == "POST" and form.is_valid():
        try:
            rows = read_file(form.text())
            if request.POST.get("action") == "store":
                ranges_add(by=request.user, laboratory=lab, ranges=rows)  # type: ignore[arg-type]
                messages.success(request, _("%(count)s ranges were added.") % {"count": len(rows)})
                return redirect(_address(lab))
            context |= {"rows": [_texts(row) for row in rows], "text": form.text()}
        except Problems as problems:
            context["problems"] = _lines(problems)
            status = 422
        except Refused as refusal:
            context["problems"] = [(0, refusal.reason)]
            status = 422
    elif request.method == "POST":
        status = 422
    return render(request, "laboratories/import.html", context | {"form": form}, status=status)


def _show(
    request: HttpRequest, lab: Laboratory, form: RangeForm, status: int = 200, refusal: str = ""
) -> HttpResponse:
    decision = may_configure(request.user, lab.site)
    order = {code: number for number, code in enumerate(ANALYTES)}
    rows = sorted(
        lab.ranges.all(),  # type: ignore[attr-defined]
        key=lambda row: (order.get(row.labr_test, 999), row.labr_sex, row.labr_agelo or 0, row.labr_from),
    )
    context = {
        "lab": lab, "form": form, "may": bool(decision) and lab.active, "why_not": decision.reason if not decision else "",
        "ranges": [(row, ANALYTES.get(row.labr_test)) for row in rows], "refusal": refusal,
        "may_results": bool(may_import_results(request.user, lab)),
    }  # fmt: skip
    return render(request, "laboratories/laboratory.html", context, status=status)


def _status(request: HttpRequest, refused: bool) -> int:
    return 403 if refused else 422 if request.method == "POST" else 200


def _refused(refusal: Refused) -> int:
    return 403 if refusal.code == "role" else 422


def _address(lab: Laboratory) -> str:
    return reverse("laboratory", args=[lab.site.number, lab.code])


def _columns() -> list[tuple[str, str]]:
    fields = site_forms()["LABR"].fields
    return [(names[0], str(fields[name].label)) for name, names in COLUMNS.items()]


def _texts(values: dict[str, Any]) -> list[str]:
    fields = site_forms()["LABR"].fields
    return [fields[name].to_text(values.get(name)) or "–" for name in COLUMNS]


def _lines(problems: Problems) -> list[tuple[int, str]]:
    fields = site_forms()["LABR"].fields
    return [
        (number, f"{fields[name].label}: {message}" if name else message)
        for number, errors in sorted(problems.rows.items())
        for name, message in errors.items()
    ]
