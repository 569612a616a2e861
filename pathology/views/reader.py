"""The reader's worklist and page, which know case codes only."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crf.fields import free_text
from crf.services.entry import Invalid, Order, Stale
from crf.services.refusals import noted
from crf.services.signing import signature_failed
from crf.views.posted import order_of, somebody_else
from crf.views.signing import FAILED
from pathology.models import Reading, SpecimenItem
from pathology.policies import may_save
from pathology.posted import prefilled
from pathology.selectors.reader import case_to_take, material_of, reading_for, worklist
from pathology.selectors.submissions import is_submitted
from pathology.services import reading_reopen_ask, reading_save, reading_take, recut_ask
from trialsite.accounts import proving
from trialsite.accounts.door import require
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused

from .reading_page import Page, number, person

readers = require(Permission.READ_CENTRALLY, Permission.ADJUDICATE)


# --- worklist and guide ----------------------------------------------------------------------------------------------


@readers
@require_GET
def readings(request: HttpRequest) -> HttpResponse:
    """`/readings/`; `?page=2` of what is to be read, `?done=2` of what is handed in."""
    page, done = (number(request.GET.get(name, "")) or 1 for name in ("page", "done"))
    grants = grants_of(request.user)
    decides_only = grants.may(Permission.ADJUDICATE) and not grants.may(Permission.READ_CENTRALLY)
    context = {
        "list": worklist(request.user, page, done),
        "open_done": "done" in request.GET,
        "decides_only": decides_only,
    }
    return render(request, "pathology/worklist.html", context)


@readers
@require_GET
def guide(request: HttpRequest) -> HttpResponse:
    """`/readings/guide/`: how to read, the same for everybody."""
    return render(request, "pathology/guide.html")


@readers
@require_POST
def take(request: HttpRequest, code: str) -> HttpResponse:
    """Start a case that is allocated."""
    case = case_to_take(request.user, code)
    try:
        reading_take(by=person(request), case=case)
    except Refused as refusal:
        messages.error(request, str(refusal.reason))
        return redirect("readings")
    return redirect("reading", code)


# --- the page --------------------------------------------------------------------------------------------------------


@readers
@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def reading(request: HttpRequest, code: str) -> HttpResponse:
    """`/readings/P-7Q2M/`: one's own reading; submitted, it can only be read.

    Opening the page changes nothing: a reading begins with its first draft or save.
    """
    mine = reading_for(request.user, code)
    if request.method == "POST":
        return _posted(request, mine, code)
    if mine.opinion_at is not None:
        return redirect("reading_decide", code)
    return Page(request, mine, code).stored()


def _posted(request: HttpRequest, mine: Reading, code: str) -> HttpResponse:
    action = request.POST.get("action", "")
    order = order_of(request)
    again = is_submitted(mine, order.token)  # a double click, or an answer that got lost
    submit = action == "submit"
    if again and (not submit or mine.submitted_at or mine.opinion_at):
        return _done(request, mine, code, submit=submit, changed=True)
    page = Page(request, mine, code)
    page.read(request.POST)
    if again:  # what came first was a save: nothing is signed, and nobody is told that it was
        said = _("This page was saved a moment ago and is not signed yet. Look at it and sign again.")
        return page.refused(said, 409)
    if page.arranged(action):
        return page.typed_again(200)
    if somebody_else(request):
        return page.refused(_("Somebody else is signed in."), 403)
    return _save(request, page, order, submit=submit)


def _save(request: HttpRequest, page: Page, order: Order, *, submit: bool) -> HttpResponse:
    who, mine, typed, notes = person(request), page.mine, page.typed, page.beside.notes
    assert typed is not None
    if not submit:
        prefilled(typed, notes, page.material.slides)
    is_open = mine.submitted_at is None  # else the service refuses, and the trail keeps it
    if is_open and (errors := page.plainly_wrong(submit)):
        return page.wrong(errors)
    asked = proving.asked(request, who)
    if is_open and submit and (problem := _identity(request, mine, asked)):
        return page.wrong({}, password_error=problem)
    order.clear_hidden = order.clear_hidden or typed.values.get("cp_adeq") == "INADEQUATE"
    try:
        saved = reading_save(
            by=who, reading=mine, typed=typed, notes=notes, submit=submit, order=order, components=asked
        )
    except Refused as refusal:
        return page.refused(str(refusal.reason), 403)
    except Stale:
        said = _("This reading was saved in another window. Open it again; what you typed is below.")
        return page.refused(said, 409)
    except Invalid as invalid:
        return page.wrong(invalid.errors, invalid)
    if submit:
        proving.signed(request, who)
    return _done(request, mine, page.code, submit=submit, changed=bool(saved.changed or saved.again))


def _identity(request: HttpRequest, mine: Reading, asked: tuple[str, ...]) -> str:
    """What is wrong with the signature; empty when its components are right. A failure is kept and counts (11.300)."""
    who = person(request)
    given = {name: request.POST.get(name, "") for name in asked}
    where, participant = mine.address, mine.case.participant
    try:
        with noted(by=who, act="sign", address=where, participant=participant):
            may_save(who, mine).require()
    except Refused as refusal:
        return str(refusal.reason)
    if not all(text.strip() for text in given.values()):
        return _("Fill in everything that is asked for below “Your signature”.")
    if component := proving.wrong(request, who, given):
        signature_failed(by=who, participant=participant, forms=1, component=component)
        return str(FAILED)
    return ""


def _done(request: HttpRequest, mine: Reading, code: str, *, submit: bool, changed: bool) -> HttpResponse:
    if not submit:
        messages.success(request, _("Draft saved.") if changed else _("Nothing had changed."))
        return redirect("reading", code)
    mine.refresh_from_db(fields=["opinion_at", "submitted_at"])
    if mine.submitted_at is None:  # an adjudicator's: the decision is next
        messages.success(request, _("Your own reading is signed and kept. Here are the two readings."))
        return redirect("reading", code)
    messages.success(request, _("Case %(code)s is signed and submitted.") % {"code": code})
    return redirect("readings")


# --- asking ----------------------------------------------------------------------------------------------------------


@readers
@require_POST
def recut(request: HttpRequest, code: str) -> HttpResponse:
    """A slide cannot be read, or one is missing: the data manager is asked, and does not learn who asks."""
    mine = reading_for(request.user, code)
    item = _slide(mine, request.POST.get("slide", ""))
    try:
        recut_ask(
            by=person(request), reading=mine, item=item, reason=free_text(request.POST.get("reason", ""))
        )
    except Refused as refusal:
        messages.error(request, str(refusal.reason))
    else:
        messages.success(request, _("The data manager has been asked, without your name."))
    return redirect("reading", code)


def _slide(mine: Reading, number: str) -> SpecimenItem | None:
    return next((s for s in material_of(mine).slides if str(s.number) == number), None)


@readers
@require_POST
def reopen(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for one's own submitted reading to be opened; another person decides."""
    mine = reading_for(request.user, code)
    try:
        reading_reopen_ask(
            by=person(request), reading=mine, reason=free_text(request.POST.get("reason", ""))[:500]
        )
    except Refused as refusal:
        messages.error(request, str(refusal.reason))
    else:
        messages.success(request, _("The data manager has been asked to reopen it."))
    return redirect("reading", code)
