"""A file of a hospital's laboratory system: results of many participants, shown first, then stored, all or none.

A short file is read while somebody waits; a long one in the worker, and its page says how far it is.
"""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from crf.imports import laboratory_job
from crf.imports.laboratory import MOST_LINES, LaboratoryFile, columns, read_laboratory_file, template
from crf.imports.laboratory_shown import MOST_SHOWN, shown
from crf.models import Laboratory, ResultsJob
from crf.policies_laboratory import may_import_results
from crf.services.laboratory_file import Changed, Rejected, results_import, results_judge
from crf.services.refusals import refusal_note
from trialsite.accounts.door import require
from trialsite.accounts.models import Site
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused
from trialsite.web import handed_in
from trialsite.web.csv_file import Problem
from trialsite.web.jobs import JobState

VIEW = Permission.VIEW
LONGEST_REASON = 200
AT_ONCE = 300  # results that are judged in less than a second
DONE = 286  # ends the polling
EVERY = "0.7"


@require(VIEW)
@require_http_methods(["GET", "POST"])
def laboratory_file(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """`/laboratories/01/CENTRAL/results/`."""
    lab = _laboratory(request.user, number, code)
    if refusal := _refused(request, lab):
        return refusal
    if request.method == "GET":
        return _page(request, lab, handed_in.HandedIn())
    action = request.POST.get("action", "")
    if action in ("store", "problems"):
        return _again(request, lab, action)
    form = handed_in.HandedIn(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, lab, form, status=422)
    return _look(request, lab, form.content(), form.name())


@require(VIEW)
@require_GET
def laboratory_file_template(request: HttpRequest, number: str, code: str) -> HttpResponse:
    """`/laboratories/01/CENTRAL/results/template/`: a header with every column."""
    _laboratory(request.user, number, code)
    return handed_in.csv_answer("laboratory-results.csv", [template()])


@require(VIEW)
@require_GET
def laboratory_file_job(request: HttpRequest, number: str, code: str, pk: int) -> HttpResponse:
    """`/laboratories/01/CENTRAL/results/7/`: how far a long file is, then what it would store. For who handed it in."""
    lab = _laboratory(request.user, number, code)
    if refusal := _refused(request, lab):
        return refusal
    job = get_object_or_404(ResultsJob, pk=pk, laboratory=lab, requested_by=request.user)
    laboratory_job.hurry(job)
    polled = bool(request.headers.get("HX-Polling") or request.GET.get("poll"))
    if job.pending or polled:
        name = "laboratories/_results_job.html" if polled else "laboratories/results_job.html"
        context = {"job": job, "lab": lab, "every": EVERY}
        return render(request, name, context, status=DONE if polled and not job.pending else 200)
    return _ended(request, lab, job)


def _laboratory(user: Any, number: str, code: str) -> Laboratory:
    site = Site.objects.filter(number=number).first()
    if site is None or not grants_of(user).may(VIEW, site):
        raise Http404
    return get_object_or_404(Laboratory.objects.select_related("site"), site=site, code=code)


def _refused(request: HttpRequest, lab: Laboratory) -> HttpResponse | None:
    """The page with the sentence why this person stores nothing here; an attempt is kept."""
    may = may_import_results(request.user, lab)
    if may:
        return None
    if request.method == "POST":
        no = Refused(may.reason, may.code)
        refusal_note(by=request.user, act="import", address=lab.address, no=no, site=lab.site)  # type: ignore[arg-type]
    context = {"lab": lab, "why_not": may.reason}
    return render(
        request, "laboratories/results.html", context, status=403 if request.method == "POST" else 200
    )


def _place(lab: Laboratory) -> str:
    return f"laboratory/{lab.pk}"


def _again(request: HttpRequest, lab: Laboratory, action: str) -> HttpResponse:
    """The file that the page carried: its errors as a table to take away, or what it brings, to be stored."""
    content = handed_in.content_of(request)
    if content is None or len(content) > handed_in.LARGEST:
        return _page(request, lab, handed_in.HandedIn(), refusal=_("Hand in the file again."), status=422)
    file = read_laboratory_file(content, lab)
    if action == "problems":
        outcome = _judged(request, lab, file)
        problems = [Problem(int(n or 0), *rest) for n, *rest in outcome.get("problems", [])]
        return handed_in.problems_answer("laboratory-errors.csv", problems)
    sealed = handed_in.shown_by(request, _place(lab), file.sha256)
    if sealed is None:
        refusal = _("This is not the file that was shown to you. Read it once more.")
        return _page(request, lab, handed_in.HandedIn(), refusal=refusal, status=422)
    seen, name = sealed
    reason = " ".join(request.POST.get("reason", "").split())[:LONGEST_REASON]
    if _long(file):
        if not reason and "reason" in request.POST:  # asked for, because values are corrected
            error = _("Say why values that are there already are corrected.")
            return _show(request, lab, content, name, _judged(request, lab, file), reason_error=error)
        return _later(request, lab, content, name, {"seen": seen, "reason": reason})
    try:
        results_import(by=request.user, laboratory=lab, file=file, seen=seen, reason=reason, name=name)  # type: ignore[arg-type]
    except Refused as no:
        if no.code == "reason":
            return _show(
                request, lab, content, name, _judged(request, lab, file), reason_error=str(no.reason)
            )
        return _page(request, lab, handed_in.HandedIn(), refusal=str(no.reason), status=422)
    except Changed:
        return _look(request, lab, content, name, refusal=_changed())
    except Rejected:
        return _look(request, lab, content, name)
    return _done(request, lab, sum(len(panel.results) for panel in file.panels))


def _changed() -> str:
    return _("The data have changed since the file was shown. Nothing was stored: look again.")


def _long(file: LaboratoryFile) -> bool:
    return sum(len(panel.results) for panel in file.panels) > AT_ONCE and not file.problems


def _later(
    request: HttpRequest, lab: Laboratory, content: bytes, name: str, store: dict[str, str] | None = None
) -> HttpResponse:
    job = laboratory_job.results_job_ask(
        by=request.user,  # type: ignore[arg-type]
        laboratory=lab,
        content=content,
        name=name,
        store=store,
    )
    return redirect(reverse("laboratory_file_job", args=[lab.site.number, lab.code, job.pk]))


def _look(request: HttpRequest, lab: Laboratory, content: bytes, name: str, **more: Any) -> HttpResponse:
    file = read_laboratory_file(content, lab)
    if _long(file):
        return _later(request, lab, content, name)
    return _show(request, lab, content, name, _judged(request, lab, file), **more)


def _judged(request: HttpRequest, lab: Laboratory, file: LaboratoryFile) -> dict[str, Any]:
    try:
        return shown(results_judge(by=request.user, laboratory=lab, file=file))  # type: ignore[arg-type]
    except Refused as no:
        return {"refusal": str(no.reason), "code": no.code}


def _done(request: HttpRequest, lab: Laboratory, count: int) -> HttpResponse:
    words = ngettext("%(count)s result is stored.", "%(count)s results are stored.", count)
    messages.success(request, words % {"count": count})
    return redirect(reverse("laboratory_file", args=[lab.site.number, lab.code]))


def _ended(request: HttpRequest, lab: Laboratory, job: ResultsJob) -> HttpResponse:
    outcome: dict[str, Any] = job.outcome
    if job.state == JobState.FAILED:
        refusal = _("The file could not be worked on. Nothing was stored: hand it in again.")
        return _page(request, lab, handed_in.HandedIn(), refusal=refusal, status=422)
    if "stored" in outcome:
        return _done(request, lab, outcome["stored"])
    if job.act == ResultsJob.Act.STORE and outcome.get("code") == "reason":
        return _look(request, lab, laboratory_job.content_of(job), job.name)
    return _show(request, lab, laboratory_job.content_of(job), job.name, outcome)


def _show(
    request: HttpRequest, lab: Laboratory, content: bytes, name: str, outcome: dict[str, Any], **more: Any
) -> HttpResponse:
    """`outcome`: as `laboratory_shown.shown` made it, or a refusal."""
    if "refusal" in outcome:
        return _page(request, lab, handed_in.HandedIn(), refusal=outcome["refusal"], status=422)
    context: dict[str, Any] = {"name": name, "content": handed_in.carried(content), **more}
    if "problems" in outcome:
        return _wrong(request, lab, content, outcome["problems"], context)
    context |= outcome | {
        "seal": handed_in.seal(request.user, _place(lab), outcome["sha256"], outcome["plan"], name),
        "longest": LONGEST_REASON,
    }
    status = 422 if "reason_error" in more or "refusal" in more else 200
    return _page(request, lab, handed_in.HandedIn(), status=status, **context)


def _wrong(
    request: HttpRequest, lab: Laboratory, content: bytes, problems: list[list[str]], context: dict[str, Any]
) -> HttpResponse:
    text = read_laboratory_file(content, lab).text
    few = 0 < len(text) <= handed_in.CORRECTED_HERE
    form = handed_in.HandedIn(initial={"pasted": text if few else ""})
    names = ("line", "column", "value", "why")
    context |= {
        "problems": [dict(zip(names, cells, strict=True)) for cells in problems[:MOST_SHOWN]],
        "wrong": len(problems), "more": max(0, len(problems) - MOST_SHOWN), "corrected_here": few,
    }  # fmt: skip
    return _page(request, lab, form, status=422, **context)


def _page(request: HttpRequest, lab: Laboratory, form: Any, status: int = 200, **more: Any) -> HttpResponse:
    context = {"lab": lab, "form": form, "columns": columns(), "most": MOST_LINES, **more}
    return render(request, "laboratories/results.html", context, status=status)
