"""The design of the trial for its primary endpoint: operating characteristics, present state, other designs."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from endpoints import design_sheet, designing
from endpoints.design_figure import power_curve
from endpoints.engine.design import characteristics
from trialsite.accounts.door import require
from trialsite.accounts.roles import Permission
from trialsite.web.handed_in import csv_answer


@require_GET
@require(Permission.AGGREGATE)
def design(request: HttpRequest) -> HttpResponse:
    """`/endpoints/design/`; `?p0=&p1=&alpha=&power=&kind=` looks for other designs, 422 says what is wrong with them."""
    return _shown(request, designing.page_of(request.GET))


@require_GET
@require(Permission.AGGREGATE)
def design_csv(request: HttpRequest) -> HttpResponse:
    """`/endpoints/design.csv`: the same as a file, with every point of per cent."""
    page = designing.page_of(request.GET)
    if not page.form.is_valid():
        return _shown(request, page)
    return csv_answer("design.csv", design_sheet.lines(page))


def _shown(request: HttpRequest, page: designing.DesignPage) -> HttpResponse:
    points = [characteristics(page.design, rate) for rate in designing.every_rate(page.targets)]
    context = {
        "page": page,
        "figure": power_curve(points, page.targets, page.two_stages),
        "query": request.GET.urlencode(),
        "asked": bool(request.GET),
    }
    status = 200 if page.form.is_valid() else 422
    return render(request, "endpoints/design.html", context, status=status)
