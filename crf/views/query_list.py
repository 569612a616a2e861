"""A list of queries from a spreadsheet: shown first, with every problem by line; then raised, all or none."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from crf.forms_site import RangeFileForm
from crf.imports.queries import COLUMNS, TEMPLATE, ReadList, read_list
from crf.policies_review import may_raise_anywhere
from crf.selectors.queries import Filters
from crf.services.queries import ListRefused, queries_raise
from crf.services.refusals import ASKED, refusal_note
from trialsite.accounts.door import require
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Decision, Refused
from trialsite.web import sheets


@require(Permission.VIEW)
@require_http_methods(["GET", "POST"])
def query_import(request: HttpRequest) -> HttpResponse:
    """`/queries/import/`."""
    may = may_raise_anywhere(request.user)
    form = RangeFileForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {
        "form": form, "may": may, "columns": list(COLUMNS), "example": TEMPLATE[1], "template": TEMPLATE,
    }  # fmt: skip
    status = 200
    if request.method == "POST" and not may:
        _note(request, may)
        status = 403
    elif request.method == "POST" and form.is_valid():
        read = read_list(form.text(), request.user)
        if request.POST.get("action") == "raise":
            if read.stands:
                return _raise(request, read, context | {"text": form.text()})
            _note_first(request, read)
        status = 200 if read.stands else 422
        context |= {"read": read, "text": form.text()}
    elif request.method == "POST":
        status = 422
    return render(request, "queries/import.html", context, status=status)


def _note(request: HttpRequest, may: Decision) -> None:
    no = Refused(may.reason, may.code)
    refusal_note(by=request.user, act="query-list", address="queries:list", no=no)  # type: ignore[arg-type]


def _note_first(request: HttpRequest, read: ReadList) -> None:
    """A form was locked after the list was shown: the attempt is kept, as it is where the raising itself is refused."""
    line = next((line for line in read.lines if line.refused and line.refused.code not in ASKED), None)
    if line is not None and line.refused is not None and line.participant is not None:
        address = line.form.address if line.form else f"participant:{line.participant.pk}"
        person = line.participant
        refusal_note(by=request.user, act="query", address=address, no=line.refused, participant=person)  # type: ignore[arg-type]


def _raise(request: HttpRequest, read: ReadList, context: dict[str, Any]) -> HttpResponse:
    try:
        raised = queries_raise(by=request.user, questions=read.questions)  # type: ignore[arg-type]
    except ListRefused as no:  # since the list was read
        for line in read.lines:
            line.problem = str(no.reason) if line.number == no.line else ""
        return render(request, "queries/import.html", context | {"read": read}, status=422)
    text = ngettext("%(n)s query was raised.", "%(n)s queries were raised.", len(raised))
    messages.success(request, text % {"n": len(raised)})
    return redirect(Filters(tab="answer", origin="LIST").url())


@require(Permission.VIEW)
@require_GET
def query_template(request: HttpRequest) -> HttpResponse:
    """An empty list with one example, as CSV that spreadsheets open."""
    body = sheets.MARK + "".join(sheets.line(row) for row in TEMPLATE)
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="queries-template.csv"'
    return response
