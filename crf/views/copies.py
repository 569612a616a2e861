"""Certified copies: ask for one, see how far it is, take it away."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crf.selectors.copies import copies_for, copy_for, scopes_for
from crf.services import copies as services
from trialsite.accounts.door import require
from trialsite.accounts.models import Site
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused
from trialsite.web.figures import chinese

PAGE = 20
FAST, SLOW = 1, 3  # seconds between questions: at first, and when it takes longer
DONE = 286  # poll.js stops asking
WHOLE = "trial"


@require_http_methods(["GET", "POST"])
@require(Permission.COPY)
def copies(request: HttpRequest) -> HttpResponse:
    """`/copies/`: the copies that were made, and a new one."""
    if request.method == "GET":
        return _centre(request)
    whole, sites = scopes_for(request.user)
    chosen = request.POST.get("scope", "")
    site = next((site for site in sites if site.number == chosen), None)
    if site is None and not (whole and chosen == WHOLE):
        return _centre(request, _("Choose what the copy is to hold."), 422)
    try:
        job = services.copy_request(by=request.user, site=site, language=request.POST.get("language", ""))  # type: ignore[arg-type]
    except Refused as no:
        return _centre(request, str(no.reason), 422 if no.code == "text" else 403)
    if getattr(request, "htmx", False):
        return render(request, "copies/_job.html", {"job": job, "every": FAST}, status=202)
    messages.success(request, _("The copy is being made. You can leave this page."))
    return redirect("copies")


def _centre(request: HttpRequest, wrong: str = "", status: int = 200) -> HttpResponse:
    whole, sites = scopes_for(request.user)
    context = {
        "page": Paginator(copies_for(request.user), PAGE).get_page(request.GET.get("page")),
        "whole": whole, "sites": sites, "wrong": wrong, "every": FAST,
        "chosen": request.POST.get("scope") or (WHOLE if whole else _only(sites)),
        "language": request.POST.get("language") or ("zh" if chinese() else "en"),
        "languages": [("en", _("English")), ("zh", _("Chinese"))],
    }  # fmt: skip
    return render(request, "copies/centre.html", context, status=status)


def _only(sites: list[Site]) -> str:
    return sites[0].number if len(sites) == 1 else ""


@require_GET
@require(Permission.COPY)
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    """`/copies/7/`: how far it is, and what it holds. The part that polls ends with 286."""
    job = copy_for(request.user, pk)
    services.hurry(job)
    context = {"job": job, "every": SLOW if job.progress >= 20 else FAST, "whole_page": True}
    if not (request.headers.get("HX-Polling") or request.GET.get("poll")):
        return render(request, "copies/copy.html", context)
    return render(request, "copies/_job.html", context, status=200 if job.pending else DONE)


@require_POST
@require(Permission.COPY)
def copy_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """A copy that failed, once more."""
    services.copy_retry(by=request.user, job=copy_for(request.user, pk))  # type: ignore[arg-type]
    return redirect("copies")


@require_GET
@require(Permission.COPY)
def copy_download(request: HttpRequest, pk: int) -> FileResponse:
    """The archive, and a line in the trail that says who took it."""
    job = copy_for(request.user, pk)
    if not job.there:
        raise Http404
    stream = job.path.open("rb")
    services.copy_downloaded(by=request.user, job=job)  # type: ignore[arg-type]
    return FileResponse(stream, as_attachment=True, filename=job.file_name, content_type="application/zip")
