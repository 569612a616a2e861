"""How well readers agree: the page, the lines behind it, the report. For who sees results of the trial, never for readers."""

from __future__ import annotations

from collections import namedtuple
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from pathology import agreement_page, drawing
from pathology.agreement_report import CHAPTERS, definition, titles
from pathology.exports.agreement import csv_of, lines_of
from pathology.models import AgreementReport
from pathology.selectors.agreement import results, sites_of
from pathology.services import agreement as services
from trialsite.accounts.door import require
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.web.figures import number

DONE = 286  # poll.js stops asking
FAR_SHOWN = 50
LINES_SHOWN = 100
# The table of lines behind each figure and chapter.
DATA_OF = {
    "readers": "pairs", "differences": "pairs", "drift": "rereads", "local": "local", "local_differences": "local",
    "each": "rereads", "adjudication": "",
}  # fmt: skip

Figure = namedtuple("Figure", "name title svg data")
Far = namedtuple("Far", "code participant local central gap")
Cell = namedtuple("Cell", "text number")


def language_code() -> str:
    """The two languages that there are."""
    return "zh-hans" if (get_language() or "").startswith("zh") else "en"


def is_polling(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Polling") or request.GET.get("poll"))


@require_GET
@require(Permission.AGGREGATE)
def agreement(request: HttpRequest) -> HttpResponse:
    """`/pathology/agreement/`; with `?poll=1` the part that waits for its figures: 204 while none is new, 286 when done."""
    version, found = results()
    figures = _figures(version, found)
    drawn = sum(1 for figure in figures.values() if figure.svg)
    waiting = drawn < len(figures)
    if is_polling(request) and waiting and request.GET.get("drawn") == str(drawn):
        return HttpResponse(status=204)
    context = _content(request, found, figures) | {"drawing": waiting, "drawn": drawn}
    if is_polling(request):
        return render(request, "pathology/_agreement.html", context, status=200 if waiting else DONE)
    return render(request, "pathology/agreement.html", context | _side(request))


def _figures(version: str, found: dict[str, Any]) -> dict[str, Figure]:
    """Those that are drawn; the rest are asked for in a worker."""
    language = language_code()
    wanted = drawing.wanted(version, found, language)
    kept = drawing.drawn(wanted.values())
    if len(kept) < len(wanted):
        from pathology.agreement_tasks import agreement_draw

        agreement_draw.hint(language)
    return {
        name: Figure(name, one.title, mark_safe(kept.get(one.digest, "")), DATA_OF[name])  # noqa: S308  (drawn by us)
        for name, one in wanted.items()
    }


def _content(request: HttpRequest, found: dict[str, Any], figures: dict[str, Figure]) -> dict[str, Any]:
    sites = sites_of(grants_of(request.user))
    tables, named = agreement_page.tables(found), titles()
    far = [
        Far(code, participant, local, central, abs(local - central))
        for code, participant, site, local, central in found["local"]["far"]
        if sites is None or site in sites
    ]
    return {
        "cases": found["cases"],
        "cards": agreement_page.cards(found),
        "chapters": [
            {
                "name": name, "title": named[name], "data": DATA_OF[name],
                "figures": [figures[one] for one in shown if one in figures],
                "tables": [tables[one] for one in listed if tables[one].rows],
            }
            for name, shown, listed in CHAPTERS
        ],
        "far": far[:FAR_SHOWN],
        "far_more": max(len(far) - FAR_SHOWN, 0),
    }  # fmt: skip


def _side(request: HttpRequest) -> dict[str, Any]:
    grants = grants_of(request.user)
    jobs = AgreementReport.objects.select_related("requested_by").defer("inputs")
    return {
        "jobs": jobs[:8],
        "every": 1,
        "language": language_code(),
        "may_report": services.may_report(request.user),  # type: ignore[arg-type]
        "may_plan": grants.may(Permission.ALLOCATE),
        "methods": agreement_page.methods(),
        "data": list(_tables(grants.may(Permission.EXPORT)).items()),
    }


# --- lines ----------------------------------------------------------------------------------------------------------


def _tables(everything: bool) -> dict[str, str]:
    """What can be shown as lines; single readings are for who exports data of the trial."""
    found = {
        "pairs": _("The two readers of each case"),
        "rereads": _("Planned re-reads that were read"),
        "local": _("Local and central value of each case"),
    }
    return found | ({"readings": _("All released readings, by nodule")} if everything else {})


def _title(request: HttpRequest, name: str) -> str:
    found = _tables(grants_of(request.user).may(Permission.EXPORT))
    if name not in found:
        raise Http404
    return found[name]


@require_GET
@require(Permission.AGGREGATE)
def data(request: HttpRequest, name: str) -> HttpResponse:
    """`/pathology/agreement/data/pairs/`: the lines behind a figure as a table."""
    title = _title(request, name)
    lines = lines_of(name, sites_of(grants_of(request.user)))
    page = Paginator(lines.rows, LINES_SHOWN).get_page(request.GET.get("page"))
    page.object_list = [[_cell(cell) for cell in row] for row in page.object_list]
    context = {"name": name, "title": title, "heads": lines.heads, "page": page, "may_take": True}
    return render(request, "pathology/agreement_data.html", context)


def _cell(value: Any) -> Cell:
    if isinstance(value, float | Decimal):
        return Cell(number(round(value, 6)), True)  # as stored: no share is rounded onto a threshold
    return Cell("" if value is None else str(value), isinstance(value, int))


@require_POST
@require(Permission.AGGREGATE)
def data_csv(request: HttpRequest, name: str) -> StreamingHttpResponse:
    """The same as a file; who took it stands in the trail."""
    _title(request, name)
    lines = lines_of(name, sites_of(grants_of(request.user)))
    services.agreement_exported(by=request.user, table=name, lines=len(lines.rows))  # type: ignore[arg-type]
    response = StreamingHttpResponse(csv_of(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="agreement-{name}.csv"'
    return response


# --- the report -----------------------------------------------------------------------------------------------------


@require_POST
@require(Permission.REPORT)
def report_ask(request: HttpRequest) -> HttpResponse:
    """Ask for the report in one of the languages."""
    language = request.POST.get("language", "")
    person: Any = request.user
    if language in services.LANGUAGES and services.may_report(person):
        services.agreement_report_request(by=person, language=language, definition=definition())
    return redirect("reader_agreement")


def _job(pk: int) -> AgreementReport:
    found = AgreementReport.objects.select_related("requested_by").defer("inputs").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@require_GET
@require(Permission.REPORT)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it is. The part that polls ends with 286."""
    job = _job(pk)
    services.hurry(job)
    context = {"job": job, "every": 3 if job.progress >= 65 else 1}
    if not is_polling(request):
        return render(request, "pathology/agreement_job.html", context)
    return render(request, "pathology/_agreement_job.html", context, status=200 if job.pending else DONE)


@require_POST
@require(Permission.REPORT)
def report_retry(request: HttpRequest, pk: int) -> HttpResponse:
    """A failed report once more."""
    services.agreement_report_retry(by=request.user, job=_job(pk))  # type: ignore[arg-type]
    return redirect("reader_agreement")


@require_GET
@require(Permission.REPORT)
def report_download(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The file, and a line in the trail that says who took it."""
    job = _job(pk)
    if not job.there:
        raise Http404
    stream = job.path.open("rb")
    services.agreement_report_downloaded(by=request.user, job=job)  # type: ignore[arg-type]
    return FileResponse(stream, as_attachment=True, filename=job.file_name, content_type="application/pdf")
