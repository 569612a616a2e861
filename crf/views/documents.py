"""Documents: ask for one, see how far it is, take it away."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crf.documents import services
from crf.documents.tongue import LANGUAGES
from crf.models import DocumentJob, DocumentKind
from crf.selectors.access import participant_for
from crf.selectors.participants import strip_of
from participants.models import Participant
from trialsite.accounts.door import require
from trialsite.accounts.roles import Permission
from trialsite.web.figures import chinese
from trialsite.web.jobs import JobState

FAST, SLOW = 1, 3  # seconds between questions: at first, and when it takes longer
OF_THE_STUDY = (DocumentKind.BLANK, DocumentKind.ANNOTATED)
DONE = 286  # poll.js stops asking


@require_http_methods(["GET", "POST"])
@require(Permission.VIEW)
def documents(request: HttpRequest) -> HttpResponse:
    """`/documents/`: blank and annotated CRF."""
    return _centre(request, None)


@require_http_methods(["GET", "POST"])
@require(Permission.VIEW)
def participant_documents(request: HttpRequest, number: str) -> HttpResponse:
    """`/p/01-003/documents/`: the casebook."""
    return _centre(request, participant_for(request.user, number))


def _centre(request: HttpRequest, who: Participant | None) -> HttpResponse:
    kinds = (DocumentKind.CASEBOOK,) if who else OF_THE_STUDY
    if request.method == "POST":
        kind, language = request.POST.get("kind", kinds[0]), request.POST.get("language", "")
        if kind in kinds and language in LANGUAGES:
            return _ask(request, kind, language, who)
        status = 422
    else:
        status = 200
    found = services.documents_for(request.user).filter(participant=who)
    context = {
        "page": Paginator(found, 30).get_page(request.GET.get("page")),
        "kinds": kinds,
        "languages": _languages(),
        "chosen": "zh" if chinese() else "en",
        "every": FAST,
        "participant": who,
        "strip": strip_of(who) if who else None,
        "unknown": status == 422,
    }
    return render(request, "documents/centre.html", context, status=status)


def _languages() -> list[tuple[str, str]]:
    names = {"en": _("English"), "zh": _("Chinese"), "both": _("English and Chinese")}
    return [(code, names[code]) for code in LANGUAGES]


def _ask(request: HttpRequest, kind: str, language: str, who: Participant | None) -> HttpResponse:
    person: Any = request.user
    job = services.document_request(by=person, kind=kind, language=language, participant=who)
    if getattr(request, "htmx", False):
        return render(request, "documents/_job.html", {"job": job, "every": FAST}, status=202)
    if job.state == JobState.READY:
        messages.success(request, _("This document exists already: nothing that it says has changed."))
    return redirect("participant_documents", who.number) if who else redirect("documents")


def _job(request: HttpRequest, pk: int) -> DocumentJob:
    """A job that the person may see, or 404."""
    job = services.documents_for(request.user).filter(pk=pk).first()
    if job is None:
        raise Http404
    return job


@require_GET
@require(Permission.VIEW)
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """`/documents/7/`: how far it is. The part that polls ends with 286."""
    found = _job(request, pk)
    services.hurry(found)
    context = {"job": found, "every": SLOW if found.progress >= 20 else FAST}
    if not (request.headers.get("HX-Polling") or request.GET.get("poll")):
        return render(request, "documents/job.html", context)
    return render(request, "documents/_job.html", context, status=200 if found.pending else DONE)


@require_POST
@require(Permission.VIEW)
def document_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """A failed document once more."""
    job = _job(request, pk)
    services.document_retry(by=request.user, job=job)  # type: ignore[arg-type]
    return (
        redirect("participant_documents", job.participant.number)
        if job.participant
        else redirect("documents")
    )


@require_GET
@require(Permission.VIEW)
def document_download(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The file, and a line in the trail that says who took it."""
    found = _job(request, pk)
    if not found.there:
        raise Http404
    stream = found.path.open("rb")
    services.document_downloaded(by=request.user, job=found)  # type: ignore[arg-type]
    return FileResponse(stream, as_attachment=True, filename=found.file_name, content_type="application/pdf")
