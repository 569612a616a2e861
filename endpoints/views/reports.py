"""Reports: ask for one, see how far it is, take it away."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crf.selectors.access import participant_for
from endpoints.forms import LIVE, DataForm, ReportForm
from endpoints.models_reports import JobState, ReportJob
from endpoints.reports import services
from endpoints.views.approvals import approvals_context
from endpoints.views.trial import DONE, is_polling, language_code
from trialsite.accounts.door import require
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission

# What a list of reports does not show.
LARGE = ("inputs", "cut__results", "cut__facts", "cut__chains", "cut__manifest", "cut__engine_settings")
FAST, SLOW = 1, 3  # seconds between questions: at first, and after ten seconds


@require_http_methods(["GET", "POST"])
@require(Permission.REPORT)
def centre(request: HttpRequest) -> HttpResponse:
    """`/reports/`: build a report; those that are there."""
    form = ReportForm(request.POST or None, initial=_initial(request))
    posted = request.method == "POST" and form.is_valid()
    decision = services.may_build(form.cut if posted else None)
    if posted and decision:
        chosen = form.cleaned_data
        person: Any = request.user
        job = services.report_request(
            by=person, language=chosen["language"], sections=chosen["sections"], cut=form.cut
        )
        if getattr(request, "htmx", False):
            return render(request, "reports/_job.html", {"job": job, "every": FAST}, status=202)
        return _asked(request, job, "reports")
    grants = grants_of(request.user)
    every = ReportJob.objects.select_related("requested_by", "cut", "participant").defer(*LARGE)
    jobs = services.takeable(grants, every)
    page = Paginator(jobs, 30).get_page(request.GET.get("page"))
    context = {
        "form": form, "page": page, "why_not": "" if decision or form.cuts else decision.reason, "every": FAST,
        "refusal": decision.reason if posted and not decision else "",
    }  # fmt: skip
    return render(request, "reports/centre.html", context, status=422 if request.method == "POST" else 200)


def _initial(request: HttpRequest) -> dict[str, str]:
    """The language of the page; the data that the address names (`?cut=DC-02`)."""
    return {"language": language_code(), "origin": request.GET.get("cut", LIVE)}


def _asked(request: HttpRequest, job: ReportJob, name: str, *args: str) -> HttpResponse:
    if job.state == JobState.READY:
        messages.success(request, _("This report exists already: nothing that it says has changed."))
    return redirect(name, *args)


@require_http_methods(["GET", "POST"])
@require(Permission.REPORT)
def person(request: HttpRequest, number: str) -> HttpResponse:
    """`/p/01-003/report/`: the endpoint report of one participant; those that are there."""
    participant = participant_for(request.user, number, Permission.RESULTS)
    if not services.may_report(grants_of(request.user), participant):
        raise Http404
    form = DataForm(request.POST or None, initial=_initial(request))
    posted = request.method == "POST" and form.is_valid()
    decision = services.may_build(form.cut if posted else None, participant)
    if posted and decision:
        who: Any = request.user
        job = services.report_request(
            by=who, language=form.cleaned_data["language"], cut=form.cut, participant=participant
        )
        return _asked(request, job, "participant_report", number)
    page = Paginator(services.reports_of(participant), 30).get_page(request.GET.get("page"))
    context = {
        "participant": participant, "form": form, "page": page, "every": FAST,
        "refusal": decision.reason if not decision else "",
    }  # fmt: skip
    status = 422 if request.method == "POST" else 200
    return render(request, "reports/person.html", context, status=status)


def _job(request: HttpRequest, pk: int) -> ReportJob:
    """A job that the person may see, or 404."""
    job = (
        ReportJob.objects.select_related("requested_by", "cut", "participant")
        .defer(*LARGE)
        .filter(pk=pk)
        .first()
    )
    if job is None or not services.may_take(grants_of(request.user), job):
        raise Http404
    return job


@require_GET
@require(Permission.REPORT)
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """`/reports/7/`: how far it is. The part that polls ends with 286."""
    found = _job(request, pk)
    services.hurry(found)
    waited = found.lease is not None and found.progress > 0
    context = {"job": found, "every": SLOW if waited and found.progress >= 65 else FAST}
    if not is_polling(request):
        return render(request, "reports/job.html", context | approvals_context(request, found))
    return render(request, "reports/_job.html", context, status=200 if found.pending else DONE)


@require_POST
@require(Permission.REPORT)
def retry(request: HttpRequest, pk: int) -> HttpResponse:
    """A failed report once more."""
    services.report_retry(by=request.user, job=_job(request, pk))  # type: ignore[arg-type]
    return redirect("reports")


@require_GET
@require(Permission.REPORT)
def download(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The file, and a line in the trail that says who took it."""
    found = _job(request, pk)
    if found.state != JobState.READY or not found.path.exists():
        raise Http404
    stream = found.path.open("rb")
    services.report_downloaded(by=request.user, job=found)  # type: ignore[arg-type]
    return FileResponse(stream, as_attachment=True, filename=found.file_name, content_type="application/pdf")
