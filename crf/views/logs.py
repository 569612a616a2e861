"""Lines of a log: add one, copy one, take one out. The line itself is a form like any other (views.entry)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crf.models import FormInstance
from crf.naming import LOG_OF, form_title, form_url, home_url
from crf.policies import may_enter
from crf.schedule import LINES_OF
from crf.selectors.access import form_at
from crf.selectors.references import named_by
from crf.services.logs import log_line_add, log_line_copy, log_line_remove
from trialsite.kernel.decisions import Refused


@login_required
@require_POST
def line_add(request: HttpRequest, number: str, key: str) -> HttpResponse:
    """The next line of the log, open for entry."""
    head = form_at(request.user, number, "log", key)
    if head.form_key not in LINES_OF:
        raise Http404
    try:
        made = log_line_add(by=request.user, participant=head.participant, log=head.form_key)  # type: ignore[arg-type]
    except Refused as no:
        return _refused(request, head, no)
    return redirect(form_url(made))


@login_required
@require_POST
def line_copy(request: HttpRequest, number: str, key: str, line: int) -> HttpResponse:
    """A new number with the answers of this line and blank dates, as a draft."""
    form = _line_at(request.user, number, key, line)
    try:
        made = log_line_copy(by=request.user, form=form)  # type: ignore[arg-type]
    except Refused as no:
        return _refused(request, form, no)
    return redirect(form_url(made))


@login_required
@require_http_methods(["GET", "POST"])
def line_remove(request: HttpRequest, number: str, key: str, line: int) -> HttpResponse:
    """Take a line out of its log, with the reason. It stays readable."""
    form = _line_at(request.user, number, key, line)
    if request.method == "GET":
        return _ask(request, form)
    reason = request.POST.get("reason", "")
    try:
        log_line_remove(by=request.user, form=form, reason=reason)  # type: ignore[arg-type]
    except Refused as no:
        return _ask(request, form, no)
    messages.success(request, _("%(line)s was taken out.") % {"line": form_title(form.form_key, form.repeat)})
    return redirect(home_url(form))


def _line_at(user: Any, number: str, key: str, line: int) -> FormInstance:
    form = form_at(user, number, "log", key, line)
    if form.form_key not in LOG_OF:
        raise Http404
    return form


def _ask(request: HttpRequest, form: FormInstance, no: Refused | None = None) -> HttpResponse:
    context = {
        "form": form,
        "participant": form.participant,
        "title": form_title(form.form_key, form.repeat),
        "url": form_url(form),
        "log_url": home_url(form),
        "may": may_enter(request.user, form),
        "named_by": named_by(form),
        "refusal": no.reason if no else "",
        "typed_reason": request.POST.get("reason", ""),
    }
    return render(request, "crf/line_remove.html", context, status=_status(no) if no else 200)


def _refused(request: HttpRequest, form: FormInstance, no: Refused) -> HttpResponse:
    context = {
        "form": form,
        "participant": form.participant,
        "title": form_title(form.form_key),
        "log_url": home_url(form),
        "refusal": no.reason,
    }
    return render(request, "crf/line_refused.html", context, status=_status(no))


# The wrong person or state; anything else is asked for again.
REFUSED = ("role", "imported", "locked", "frozen", "removed", "withdrawn")


def _status(no: Refused) -> int:
    return 403 if no.code in REFUSED else 422
