"""The review of the trail: what deserves a look, ranked; signing off; the report for the trial master file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crf.models import Conclusion, Signal, TrailReview
from crf.policies_review import may_review_trail
from crf.selectors import trail_review as selectors
from crf.selectors.trail_review import Filters
from crf.services import trail_review as services
from crf.trail_rules import THRESHOLDS
from trialsite.accounts.door import require
from trialsite.accounts.models import Site
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission, Role
from trialsite.audit.selectors import heads, heads_digest
from trialsite.kernel.decisions import Refused
from trialsite.kernel.study import study
from trialsite.web import sheets

PAGE = 30
ASKED = ("reason", "identity", "outcome")  # something is missing in what was typed


def _may_look(user: Any) -> None:
    """The trail of participants is for who sees participants: an administrator does not."""
    if not grants_of(user).may(Permission.VIEW):
        raise Http404


@require(Permission.AUDIT)
@require_GET
def trail_review(request: HttpRequest) -> HttpResponse:
    """`/trail-review/`: the list by rank."""
    return _list(request)


def _list(request: HttpRequest, refusal: str = "", status: int = 200) -> HttpResponse:
    _may_look(request.user)
    filters = Filters.read(request.GET)
    page = Paginator(selectors.listed(request.user, filters), PAGE).get_page(request.GET.get("page"))
    waiting = selectors.counts(request.user)
    running = selectors.running_look()
    if running:
        services.hurry(running)
    context = {
        "page": page,
        "told": selectors.told(list(page)),
        "filters": filters,
        "signals": [
            (value, label, waiting.get(value, 0), filters.query(signal=value))
            for value, label in Signal.choices
        ],
        "every": filters.query(signal=""),
        "states": [
            (value, label, filters.query(state=value))
            for value, label in (("open", _("To review")), ("reviewed", _("Reviewed")), ("all", _("All")))
        ],
        "waiting": sum(waiting.values()),
        "sites": grants_of(request.user).limit(Site.objects.order_by("number"), Permission.VIEW, "pk"),
        "last": selectors.last_look(),
        "running": running,
        "may": may_review_trail(request.user),
        "refusal": refusal,
        "pages": [(n, filters.query(page=n)) for n in page.paginator.page_range]
        if page.has_other_pages()
        else [],
    }
    return render(request, "crf/trail_review.html", context, status=status)


@require(Permission.AUDIT)
@require_POST
def trail_review_look(request: HttpRequest) -> HttpResponse:
    """Look through what was written since the last time, now."""
    _may_look(request.user)
    try:
        services.trail_look_ask(by=request.user)  # type: ignore[arg-type]
    except Refused as no:
        return _list(request, str(no.reason), 403)
    messages.success(request, _("The trail is being looked through."))
    return redirect("trail_review")


@require(Permission.AUDIT)
@require_http_methods(["GET", "POST"])
def trail_item(request: HttpRequest, pk: int) -> HttpResponse:
    """`/trail-review/7/`: the events of an item, and its review."""
    _may_look(request.user)
    item = selectors.item_for(request.user, pk)
    status, refusal, posted = 200, "", {}
    if request.method == "POST":
        posted = {name: request.POST.get(name, "") for name in ("conclusion", "note", "last")}
        if posted["last"].isascii() and posted["last"].isdigit() and len(posted["last"]) < 18:
            item.last = int(posted["last"])  # what the person saw
        person: Any = request.user
        try:
            services.trail_item_review(
                by=person, item=item, conclusion=posted["conclusion"], note=posted["note"]
            )
        except Refused as no:
            status = 422 if no.code in ASKED else 409 if no.code in ("state", "stale") else 403
            refusal = str(no.reason)
            item.refresh_from_db()
        else:
            messages.success(request, _("The review is signed off."))
            return redirect("trail_review")
    context = {
        "item": item, "told": selectors.told([item])[0], "events": selectors.events_of(request.user, item),
        "explorer": selectors.explorer_href(item), "reviews": item.reviews.select_related("by").order_by("-pk"),
        "conclusions": Conclusion.choices, "may": may_review_trail(request.user, item.site_id), "refusal": refusal,
        "posted": posted,
    }  # fmt: skip
    return render(request, "crf/trail_item.html", context, status=status)


# --- the report -----------------------------------------------------------------------------------------------------


@require(Permission.AUDIT)
@require_GET
def trail_review_report(request: HttpRequest) -> HttpResponse:
    """`/trail-review/report/`: what was looked at, when, by whom, with what result; for the trial master file."""
    _may_look(request.user)
    found = heads()
    context = {
        "coverage": selectors.coverage(request.user), "last": selectors.last_look(),
        "reviews": _words(selectors.reviews_for(request.user)[:2000]), "trial": study(), "now": timezone.now(),
        "heads_digest": heads_digest(found), "chains": len(found),
        "thresholds": THRESHOLDS,
    }  # fmt: skip
    return render(request, "crf/trail_review_report.html", context)


@require(Permission.AUDIT)
@require_GET
def trail_review_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The same as a file."""
    _may_look(request.user)
    reviews = selectors.reviews_for(request.user)
    services.trail_report_taken(by=request.user, kind="csv", reviews=reviews.count())  # type: ignore[arg-type]
    response = StreamingHttpResponse(_rows(list(reviews)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="trail-review.csv"'
    return response


def _rows(reviews: list[TrailReview]) -> Iterator[str]:
    yield sheets.MARK + sheets.line(
        [
            _("Reviewed (UTC)"), _("Reviewed by"), _("Role"), _("Conclusion"), _("Note"), _("Site"), _("Participant"),
            _("Signal"), _("Signal (code)"), _("What"), _("First event"), _("Last event"), _("Open again"),
        ]
    )  # fmt: skip
    for review, what in _words(reviews):
        item = review.item
        again = item.reviewed_at is None or item.last > review.last
        yield sheets.line(
            [
                f"{review.at:%Y-%m-%d %H:%M:%S}", review.printed_name, _role(review.role), review.get_conclusion_display(),
                review.note, item.site.number, item.participant.number, item.get_signal_display(), item.signal, what,
                review.first, review.last, "1" if again else "",
            ]
        )  # fmt: skip


def _words(reviews: Any) -> list[tuple[TrailReview, str]]:
    found = list(reviews)
    told = selectors.told([review.item for review in found])
    return [(review, one.what) for review, one in zip(found, told, strict=True)]


def _role(role: str) -> str:
    return str(Role(role).label) if role in Role.values else role
