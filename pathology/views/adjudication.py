"""The adjudicator's second page: both readings without names beside the own one, and the decision with its reason."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from crf.fields import free_text
from crf.forms import read_post
from crf.registry import form_def
from crf.services.entry import Invalid, Stale
from crf.services.signing import signature_failed
from crf.typed import Typed
from crf.views.posted import order_of, somebody_else
from crf.views.signing import FAILED
from pathology.models import Reading
from pathology.notes import stored_notes
from pathology.pages import BlindBuilder
from pathology.posted import stopped
from pathology.selectors.adjudication import adjudication_for, comparison
from pathology.selectors.reader import material_of, rail
from pathology.services import reading_confirm
from trialsite.accounts import proving
from trialsite.accounts.door import require
from trialsite.accounts.models import User
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused

LONGEST = 500  # characters of the reason


@require(Permission.ADJUDICATE)
@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, code: str) -> HttpResponse:
    """`/readings/P-7Q2M/decide/`: opens with the own reading signed; before, it leads to that reading."""
    mine = adjudication_for(request.user, code)
    if mine.opinion_at is None:
        return redirect("reading", code)
    if request.method == "GET":
        return _page(request, mine, code, BlindBuilder(mine, code, editable=mine.submitted_at is None))
    typed = read_post(form_def("CPATH"), request.POST)
    action = request.POST.get("action", "")
    if action.startswith("add_row:"):
        section = action.partition(":")[2]
        fresh = sum(1 for row in typed.rows.get(section, ()) if not row.key.isdigit())
        more = {section: fresh + 1}
        return _page(
            request, mine, code, BlindBuilder(mine, code, editable=True, typed=typed, extra_rows=more)
        )
    return _decided(request, mine, code, typed)


def _decided(request: HttpRequest, mine: Reading, code: str, typed: Typed) -> HttpResponse:
    user, notes = _person(request), stored_notes(mine)
    if somebody_else(request):
        return _again(request, mine, code, typed, {}, status=403, refusal=_("Somebody else is signed in."))
    asked = proving.asked(request, user)
    stopped(typed, notes)
    if errors := _missing(request, asked) or _wrong(request, user, mine):
        return _again(request, mine, code, typed, errors)
    order = order_of(request)
    order.clear_hidden = order.clear_hidden or typed.values.get("cp_adeq") == "INADEQUATE"
    try:
        saved = reading_confirm(
            by=user, reading=mine, typed=typed, notes=notes, rationale=_rationale(request), order=order, components=asked
        )  # fmt: skip
    except Refused as refusal:
        return _again(request, mine, code, typed, {}, status=403, refusal=str(refusal.reason))
    except Stale:
        said = _("This reading was saved in another window. Open it again; what you typed is below.")
        return _again(request, mine, code, typed, {}, status=409, refusal=said)
    except Invalid as invalid:
        return _again(request, mine, code, typed, invalid.errors, invalid=invalid)
    proving.signed(request, user)
    if not saved.again:
        messages.success(
            request, _("Your decision on case %(code)s is signed and submitted.") % {"code": code}
        )
    return redirect("reading_decide", code)


def _rationale(request: HttpRequest) -> str:
    return free_text(request.POST.get("rationale", ""))[:LONGEST].strip()


def _missing(request: HttpRequest, asked: tuple[str, ...]) -> dict[str, str]:
    """What is plainly missing is asked for before anybody's password is tried."""
    errors = {}
    if not _rationale(request):
        errors["@rationale"] = _("Say why you confirm or revise your reading.")
    if not all(request.POST.get(name, "").strip() for name in asked):
        errors["@password"] = _("Fill in everything that is asked for below “Your signature”.")
    return errors


def _wrong(request: HttpRequest, user: User, mine: Reading) -> dict[str, str]:
    """The components of the signature; a wrong one counts towards the lock-out and is kept in the trail."""
    typed = {name: request.POST.get(name, "") for name in proving.asked(request, user)}
    component = proving.wrong(request, user, typed)
    if not component:
        return {}
    signature_failed(by=user, participant=mine.case.participant, forms=1, component=component)
    return {"@password": str(FAILED)}


def _again(
    request: HttpRequest, mine: Reading, code: str, typed: Typed, errors: dict[str, str], *, status: int = 422,
    invalid: Invalid | None = None, **extra: Any,
) -> HttpResponse:  # fmt: skip
    """The page with everything that was typed, the secrets excepted, and what is wrong where it is wrong."""
    editable = mine.submitted_at is None
    builder = BlindBuilder(mine, code, editable=editable, typed=typed if editable else None)
    own = {name: errors[name] for name in ("@rationale", "@password") if name in errors}
    builder.errors |= {path: text for path, text in errors.items() if path not in own}
    hidden = [(builder._label(path), "") for path in invalid.hidden] if invalid else []
    extra |= {"rationale_error": own.get("@rationale", ""), "password_error": own.get("@password", "")}
    return _page(request, mine, code, builder, status, hidden=hidden, **extra)


def _page(
    request: HttpRequest, mine: Reading, code: str, builder: BlindBuilder, status: int = 200, **extra: Any
) -> HttpResponse:
    user, page = _person(request), builder.page()
    page.hidden = extra.pop("hidden", [])
    context = {
        "page": page,
        "form": builder.form,
        "code": code,
        "reading": mine,
        "rail": rail(user, code),
        "slides_url": reverse("reading_slides", args=[code]) if material_of(mine).images else "",
        "compared": comparison(mine),
        "today": builder.around.today,
        "rationale": request.POST.get("rationale", "") or (mine.rationale if mine.submitted_at else ""),
        "asked": proving.asked(request, user),
        "username": request.POST.get("username", ""),
        "name": user.full_name or user.username,
        "longest": LONGEST,
        **extra,
    }
    return render(request, "pathology/decide.html", context, status=status)


def _person(request: HttpRequest) -> User:
    """Behind the door there is always a person."""
    assert isinstance(request.user, User)
    return request.user
