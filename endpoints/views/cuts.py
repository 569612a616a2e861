"""Data cuts: the list, a dry run and its confirmation with a signature, and the page of one cut."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from crf.services.refusals import noted
from endpoints.cuts import services, showing
from endpoints.cuts.moved import figures_of
from endpoints.models import DataCut, Moment
from endpoints.models_cuts import MomentState
from endpoints.reports.services import may_take_data
from endpoints.standpoint import AtCut, cut_of, moment_of, trial_zone
from endpoints.versions import basis
from endpoints.views.trial import DONE, is_polling
from trialsite.accounts import proving
from trialsite.accounts.door import require
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission, Role
from trialsite.kernel.decisions import Refused, refused
from trialsite.web.figures import chinese

PAGE = 25
EVERY = 1  # seconds between questions of a page that waits


@require_GET
@require(Permission.AGGREGATE)
def cut_list(request: HttpRequest) -> HttpResponse:
    """`/endpoints/cuts/`."""
    cuts = _cuts()
    page = Paginator(cuts, PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page, "may": services.may_cut(request.user),  # type: ignore[arg-type]
        "newest": cuts.first(), "may_take": may_take_data(grants_of(request.user)),
    }  # fmt: skip
    return render(request, "endpoints/cuts/list.html", context)


def _cuts() -> Any:
    every = DataCut.objects.select_related("confirmed_by", "replaces").prefetch_related("replaced_by")
    return every.defer("results", "facts", "chains", "manifest", "engine_settings")


# --- asking for a dry run -------------------------------------------------------------------------------------------

TYPED = ("title", "replaces", "reason")  # carried along to the confirmation


@require_http_methods(["GET", "POST"])
@require(Permission.AGGREGATE)
def cut_new(request: HttpRequest) -> HttpResponse:
    """`/endpoints/cuts/new/`: cut-off, moment, final or not; then the dry run."""
    person: Any = request.user
    typed = {name: request.POST.get(name, "").strip() for name in (*TYPED, "cutoff", "at", "final")}
    refusal, status = "", 200
    if request.method == "POST":
        try:
            moment = _ask(person, typed)
        except Refused as no:
            refusal, status = no.reason, 403 if no.code == "role" else 422
        else:
            carried = urlencode({name: typed[name] for name in TYPED if typed[name]})
            return redirect(f"{reverse('cut_dry_run', args=[moment.pk])}{'?' if carried else ''}{carried}")
    else:
        typed["cutoff"] = timezone.localdate().isoformat()
    context = {
        "typed": typed, "refusal": refusal, "may": services.may_cut(person), "cuts": _replaceable(),
    }  # fmt: skip
    return render(request, "endpoints/cuts/new.html", context, status=status)


def _replaceable() -> Any:
    """Cuts whose place none has taken."""
    return _cuts().filter(replaced_by__isnull=True)


def _ask(person: Any, typed: dict[str, str]) -> Moment:
    services.may_cut(person).require()
    try:
        cutoff = parse_date(typed["cutoff"])
    except ValueError:
        cutoff = None
    if cutoff is None:
        refused(_("Give the cut-off as a date, such as 2026-10-31."), "cutoff").require()
    at = moment_of(typed["at"]) if typed["at"] else timezone.now()
    if at is None:
        raise Refused(_("This is no date that can be read: %(text)s") % {"text": typed["at"][:40]}, "at")
    zone = trial_zone()
    if at > timezone.now() and at.astimezone(zone).date() == timezone.localdate(timezone=zone):
        at = timezone.now()  # "today" means up to now
    return services.moment_ask(by=person, at=at, cutoff=cutoff, final=typed["final"] == "1", anew=True)


# --- the dry run, and its confirmation ------------------------------------------------------------------------------


@require(Permission.AGGREGATE)
@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def dry_run(request: HttpRequest, pk: int) -> HttpResponse:
    """`/endpoints/cuts/dry-run/7/`: what the cut would hold. The part that polls ends with 286."""
    moment = get_object_or_404(Moment.objects.select_related("requested_by"), pk=pk, cutoff__isnull=False)
    if moment.pending or moment.state == MomentState.FAILED:
        return _waiting(request, moment)
    if is_polling(request):
        return render(
            request,
            "endpoints/cuts/_waiting.html",
            {"moment": moment, "again": without_poll(request)},
            status=DONE,
        )
    if request.method == "GET":
        return _show(request, moment)
    try:
        cut = _confirm(request, moment)
    except Refused as no:
        return _show(request, moment, no, status=403 if no.code == "role" else 422)
    messages.success(request, _("%(cut)s is confirmed. Nothing changes it any more.") % {"cut": cut.code})
    return redirect("cut", code=cut.code)


def _waiting(request: HttpRequest, moment: Moment) -> HttpResponse:
    services.hurry(moment)
    if request.method == "POST" and request.POST.get("again") and moment.state == MomentState.FAILED:
        person: Any = request.user
        services.moment_ask(by=person, at=moment.at, cutoff=moment.cutoff, final=moment.final, anew=True)
        return redirect(without_poll(request))
    context = {"moment": moment, "every": EVERY, "poll": _polled(request)}
    if is_polling(request):
        status = 200 if moment.pending else DONE
        return render(request, "endpoints/cuts/_waiting.html", context, status=status)
    return render(request, "endpoints/cuts/waiting.html", context)


def without_poll(request: HttpRequest) -> str:
    """The address of the whole page behind a part that polls."""
    query = request.GET.copy()
    for name in ("poll", "again"):
        query.pop(name, None)
    return f"{request.path}?{query.urlencode()}" if query else request.path


def _polled(request: HttpRequest) -> str:
    query = request.GET.copy()
    query["poll"] = "1"
    return f"{request.path}?{query.urlencode()}"


def _confirm(request: HttpRequest, moment: Moment) -> DataCut:
    """Raises `Refused`. Who may not is told before anybody's password is tried."""
    user: Any = request.user
    replaces = _replaced(request.POST.get("replaces", ""))
    shown = services.Signed(
        (),
        not proving.continuous(request, user),
        request.POST.get("digest", ""),
        _number(request.POST.get("last", "")),
    )
    with noted(by=user, act="cut", address="study"):
        services.may_cut(user).require()
        title, reason = (request.POST.get(name, "") for name in ("title", "reason"))
        services.may_confirm(moment, title, reason, replaces, shown).require()
        asked = proving.asked(request, user)
        typed = {name: request.POST.get(name, "") for name in asked}
        if not all(text.strip() for text in typed.values()):
            refused(_("Fill in everything that is asked for below “Your signature”."), "identity").require()
        if proving.wrong(request, user, typed):
            refused(_("This is not right. Nothing was confirmed."), "credentials").require()
    shown = services.Signed(asked, shown.first_in_session, shown.shown, shown.last)
    cut = services.cut_confirm(
        by=user, moment=moment, title=title, reason=reason, replaces=replaces, signed=shown
    )
    proving.signed(request, user)
    return cut


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 9 else -1


def _replaced(code: str) -> DataCut | None:
    if not code:
        return None
    found = cut_of(code)
    if found is None:
        raise Refused(_("There is no data cut %(code)s.") % {"code": code[:20]}, "cut")
    return found


def _show(request: HttpRequest, moment: Moment, no: Refused | None = None, status: int = 200) -> HttpResponse:
    user: Any = request.user
    last = DataCut.objects.first()
    given = request.POST if request.method == "POST" else request.GET
    context = _open_points(request, moment) | {
        "moment": moment, "figures": figures_of(moment.results), "step": showing.step_from(last, moment),
        "last": last.number if last else 0, "may": services.may_cut(user), "asked": proving.asked(request, user),
        "refusal": no.reason if no else "", "replaceable": _replaceable(), "outdated": moment.basis != basis(),
        "typed": {name: given.get(name, "") for name in (*TYPED, "username")},
        "same": DataCut.objects.filter(digest=moment.digest, at=moment.at).first(),
    }  # fmt: skip
    services.looked_at(moment)
    return render(request, "endpoints/cuts/dry_run.html", context, status=status)


def _open_points(request: HttpRequest, record: Moment | DataCut) -> dict[str, Any]:
    """Participants with something open, and the chips that choose among them."""
    lines = showing.open_lines(record, grants_of(request.user))
    kind = request.GET.get("open", "")
    chosen = [line for line in lines if line.has(kind)] if kind in showing.KINDS else []
    if not chosen and kind not in showing.KINDS:
        chosen = [line for line in lines if any(line.has(one) for one in showing.KINDS)]
    return {
        "totals": record.facts.get("totals", {}), "open": kind, "chips": showing.counts_of(lines), "known": len(lines),
        "page": Paginator(chosen, PAGE).get_page(request.GET.get("page")), "kept_query": _kept(request),
    }  # fmt: skip


def _kept(request: HttpRequest) -> str:
    """What an address of this page carries beside chip and page."""
    query = request.GET.copy()
    for name in ("open", "page", "poll"):
        query.pop(name, None)
    return f"{query.urlencode()}&" if query else ""


# --- one cut --------------------------------------------------------------------------------------------------------


def _cut(code: str) -> DataCut:
    found = cut_of(code)
    if found is None or found.code != code:
        raise Http404
    return found


@require_GET
@require(Permission.AGGREGATE)
def cut(request: HttpRequest, code: str) -> HttpResponse:
    """`/endpoints/cuts/DC-02/`: everything about one cut."""
    found = _cut(code)
    context = _open_points(request, found) | {
        "cut": found, "figures": figures_of(found.results), "outdated": f"{found.engine}/{found.configuration}" != basis(),
        "now": basis().split("/", 1), "settings": sorted(found.engine_settings.items()),
        "before": DataCut.objects.filter(number__lt=found.number).first(),
        "reports": found.reports.filter(state="READY").defer("inputs").order_by("-requested_at")[:PAGE],
        "may_take": may_take_data(grants_of(request.user)),
        "after": list(found.replaced_by.all()), "said": said_of(found), "role": role_of(found),
    }  # fmt: skip
    return render(request, "endpoints/cuts/cut.html", context)


def said_of(cut: DataCut) -> str:
    """The sentence as it was signed, in the reader's language."""
    return str(cut.manifest.get("statement", {}).get("zh-hans" if chinese() else "en", ""))


def role_of(cut: DataCut) -> str:
    role = str(cut.manifest.get("role", ""))
    return str(Role(role).label) if role in Role.values else role


@require_GET
@require(Permission.REPORT)
def course_file(request: HttpRequest, code: str) -> StreamingHttpResponse:
    """`/endpoints/cuts/DC-02/courses.json`: what the engine was given, for `python -m endpoints.engine course`.

    The same courses are attached to a full report of the cut, so they are for who may read one (ADR 0025).
    """
    if not may_take_data(grants_of(request.user)):
        raise Http404
    found = _cut(code)
    services.courses_taken(by=request.user, cut=found)  # type: ignore[arg-type]
    answer = StreamingHttpResponse(_courses(found), content_type="application/json; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{found.code}_courses.json"'
    return answer


def _courses(cut: DataCut) -> Iterator[str]:
    """The cases as a list, one a line, with the settings they were computed with."""
    before = "["
    for one in AtCut(cut).people().order_by("number").iterator(chunk_size=100):
        yield before + json.dumps(one.course | {"settings": cut.engine_settings}, ensure_ascii=False)
        before = ",\n"
    yield "]\n" if before != "[" else "[]\n"
