"""Signing a finished report, and the page that lists who did."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_POST

from crf.services.signing import Proof
from endpoints.models_reports import Meaning, ReportJob
from endpoints.report_tasks import sheet_build
from endpoints.reports import approving, services
from endpoints.reports.sheet import approvals_of, sheet_path
from endpoints.views.trial import DONE, is_polling
from trialsite.accounts import proving
from trialsite.accounts.door import require
from trialsite.accounts.models import Site, User
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused, refused

# One sentence, whatever was wrong, and the same while locked out.
FAILED = gettext_lazy(
    "Nothing was signed. The user name, password or code is wrong, or signing is paused for 15 minutes after five failures."
)


def report_or_404(request: HttpRequest, pk: int) -> ReportJob:
    """A report that the person may see."""
    job = ReportJob.objects.select_related("requested_by", "cut").defer("inputs").filter(pk=pk).first()
    if job is None or not services.may_take(grants_of(request.user), job):
        raise Http404
    return job


def approvals_context(request: HttpRequest, job: ReportJob, no: Refused | None = None) -> dict[str, Any]:
    """What the part "Signatures" of a report's page shows. After a refusal what was chosen and typed, the secrets excepted."""
    user = _person(request)
    given = approvals_of(job)
    may = approving.may_approve(user, job)
    mine = approving.open_meanings(user, job) if may else {}
    return {
        "approvals": given,
        "sheet_ready": bool(given) and sheet_path(job, given).exists(),
        "may_sign": may,
        "signs": bool(approving.meanings_of(user)),
        "meanings": [(one.value, one.label, approving.statement_of(one)) for one in mine],
        "meaning": request.POST.get("meaning", "") if no else next((one.value for one in mine), ""),
        "asked": proving.asked(request, user),
        "username": request.POST.get("username", "") if no else "",
        "name": user.full_name or user.username,
        "now": timezone.now(),
        "zone": Site().time_zone,
        "refusal": no.reason if no else "",
    }


@require_POST
@require(Permission.REPORT)
@never_cache
@sensitive_post_parameters("password", "code")
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """`/reports/7/approve/`."""
    job = report_or_404(request, pk)
    try:
        made = _sign(request, job)
    except Refused as no:
        context = {"job": job, "every": 1} | approvals_context(request, job, no)
        return render(
            request,
            "reports/job.html",
            context,
            status=422 if approving.may_approve(request.user, job) else 403,
        )
    messages.success(request, _("Signed: %(meaning)s.") % {"meaning": Meaning(made.meaning).label})
    return redirect("report_job", job.pk)


def _sign(request: HttpRequest, job: ReportJob) -> Any:
    """Raises `Refused`. What is plainly missing is asked for before anybody's password is tried."""
    user = _person(request)
    approving.may_approve(user, job).require()
    meaning = request.POST.get("meaning", "")
    if meaning not in Meaning.values:
        refused(_("Choose what the signature means."), "meaning").require()
    asked = proving.asked(request, user)
    typed = {name: request.POST.get(name, "") for name in asked}
    if not all(text.strip() for text in typed.values()):
        refused(_("Fill in everything that is asked for below “Your signature”."), "identity").require()
    if component := proving.wrong(request, user, typed):
        approving.approval_failed(by=user, job=job, component=component)
        refused(FAILED, "credentials").require()
    made = approving.report_approve(
        by=user, job=job, meaning=meaning, sha256=request.POST.get("sha256", ""),
        proof=Proof(asked, first_in_session=len(asked) > 1),
    )  # fmt: skip
    proving.signed(request, user)
    return made


@require_GET
@require(Permission.REPORT)
def sheet(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """`/reports/7/approvals.pdf`: the approval page; while it is being made, a page that asks again by itself."""
    job = report_or_404(request, pk)
    given = approvals_of(job)
    if not given:
        raise Http404
    path = sheet_path(job, given)
    if is_polling(request):
        ready = path.exists()
        return (
            render(request, "reports/_sheet_waits.html", {"job": job}, status=DONE)
            if ready
            else HttpResponse(status=204)
        )
    if not path.exists():
        sheet_build.hint(job.pk)
        return render(request, "reports/sheet_waits.html", {"job": job, "waits": True}, status=202)
    sha256 = approving.sha256_of(path)
    stream = path.open("rb")
    approving.sheet_downloaded(by=_person(request), job=job, sha256=sha256)
    name = f"{job.file_name.removesuffix('.pdf')}_approvals_{sha256[:8]}.pdf"
    return FileResponse(stream, as_attachment=True, filename=name, content_type="application/pdf")


def _person(request: HttpRequest) -> User:
    """Behind the door there is always a person."""
    assert isinstance(request.user, User)
    return request.user
