"""The reader's worklist and form, which know case codes only."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crf.forms import read_post
from crf.pages import FormPage
from crf.registry import form_def
from crf.services.entry import Invalid, Order, Stale
from crf.typed import Typed
from crf.views.posted import order_of
from pathology.models import Reading
from pathology.pages import BlindBuilder
from pathology.selectors.reader import case_to_take, reading_for, worklist
from pathology.services import reading_save, reading_take
from trialsite.accounts.door import require
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused

readers = require(Permission.READ_CENTRALLY, Permission.ADJUDICATE)


@readers
@require_GET
def readings(request: HttpRequest) -> HttpResponse:
    """`/readings/`."""
    return render(request, "pathology/worklist.html", {"lines": worklist(request.user)})


@readers
@require_POST
def take(request: HttpRequest, code: str) -> HttpResponse:
    """Start a case that waits for readers."""
    case = case_to_take(request.user, code)
    try:
        reading_take(by=request.user, case=case)  # type: ignore[arg-type]
    except Refused as refusal:
        if refusal.code != "twice":  # a second click: the reading is there
            messages.error(request, str(refusal.reason))
            return redirect("readings")
    return redirect("reading", code)


@readers
@require_http_methods(["GET", "POST"])
def reading(request: HttpRequest, code: str) -> HttpResponse:
    """`/readings/P-7Q2M/`: one's own reading; submitted, it can only be read."""
    mine = reading_for(request.user, code)
    if request.method == "POST":
        return _save(request, mine, code)
    return _page(request, mine, code, BlindBuilder(mine, code, editable=mine.submitted_at is None))


def _save(request: HttpRequest, mine: Reading, code: str) -> HttpResponse:
    typed = read_post(form_def("CPATH"), request.POST)
    action = request.POST.get("action", "")
    if action.startswith("add_row:"):
        return _add_row(request, mine, code, typed)
    submit = action == "submit"
    if submit and not _signs(request):
        errors = {"@password": _("The password is not right. Nothing was submitted.")}
        return _again(request, mine, code, typed, errors)
    order: Order = order_of(request)
    try:
        saved = reading_save(by=request.user, reading=mine, typed=typed, submit=submit, order=order)  # type: ignore[arg-type]
    except Refused as refusal:
        return _again(request, mine, code, typed, {}, status=403, refusal=str(refusal.reason))
    except Stale:
        refusal_text = _("This reading was saved in another window. Open it again; what you typed is below.")
        return _again(request, mine, code, typed, {}, status=409, refusal=refusal_text)
    except Invalid as invalid:
        return _again(request, mine, code, typed, invalid.errors, invalid=invalid)
    if submit:
        messages.success(request, _("Case %(code)s is signed and submitted.") % {"code": code})
        return redirect("readings")
    messages.success(
        request, _("Draft saved.") if saved.changed or saved.again else _("Nothing had changed.")
    )
    return redirect("reading", code)


def _signs(request: HttpRequest) -> bool:
    """The signature: the password again (21 CFR 11.200). Failures count towards the lock-out."""
    given = request.POST.get("password", "")
    who = authenticate(request, username=request.user.get_username(), password=given) if given else None
    return who is not None and who.pk == request.user.pk


def _add_row(request: HttpRequest, mine: Reading, code: str, typed: Typed) -> HttpResponse:
    """Without JavaScript: the same page with one more empty row, nothing saved."""
    section = request.POST["action"].partition(":")[2]
    fresh = sum(1 for row in typed.rows.get(section, ()) if not row.key.isdigit())
    return _page(
        request,
        mine,
        code,
        BlindBuilder(mine, code, editable=True, typed=typed, extra_rows={section: fresh + 1}),
    )


def _again(
    request: HttpRequest, mine: Reading, code: str, typed: Typed, errors: dict[str, str], *, status: int = 422,
    invalid: Invalid | None = None, **extra: Any,
) -> HttpResponse:  # fmt: skip
    """The page with everything that was typed, and what is wrong at its field."""
    builder = BlindBuilder(mine, code, editable=True, typed=typed)
    password = errors.pop("@password", "")
    builder.errors |= errors
    hidden = [(builder._label(path), "") for path in invalid.hidden] if invalid else []
    reasons = [(path, builder._label(path), "") for path in invalid.reasons] if invalid else []
    return _page(
        request, mine, code, builder, status, password_error=password, hidden=hidden, reasons=reasons, **extra
    )


def _page(
    request: HttpRequest, mine: Reading, code: str, builder: BlindBuilder, status: int = 200, **extra: Any
) -> HttpResponse:
    page: FormPage = builder.page()
    page.hidden, page.reasons = extra.pop("hidden", []), extra.pop("reasons", [])
    context = {
        "page": page,
        "form": builder.form,
        "code": code,
        "reading": mine,
        "state": "submitted" if mine.submitted_at else "draft",
        "lines": worklist(request.user),
        "compositions": builder.compositions(),
        "today": builder.around.today,
        **extra,
    }
    return render(request, "pathology/reading.html", context, status=status)
