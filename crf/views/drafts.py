"""What a page tells the server while a form is filled in: the draft, and that somebody is there."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from crf.forms import read_post
from crf.models import FormInstance
from crf.naming import form_url
from crf.pages import Builder
from crf.policies import may_enter
from crf.registry import form_def
from crf.rendering import Box, findings_html
from crf.selectors.access import form_at
from crf.selectors.history import field_at, has_path
from crf.selectors.presence import others_at
from crf.services.drafts import draft_drop, draft_keep
from crf.services.presence import presence_left, presence_seen
from crf.services.refusals import attempt_note
from crf.typed import row_path
from trialsite.accounts.door import require

from .posted import chosen_in, somebody_else, submission

MOST_TOLD = 300  # fields in one answer


@require()
@require_POST
def form_draft(
    request: HttpRequest, number: str, label: str, key: str, repeat: int | None = None
) -> HttpResponse:
    """Keep what is typed; say what the limits say of the fields that were left. Nothing goes to the trail."""
    form = form_at(request.user, number, label, key, repeat)
    decision = may_enter(request.user, form)
    if not decision and not somebody_else(request):
        attempt_note(by=request.user, form=form, act="draft", decision=decision)  # type: ignore[arg-type]
    if not decision or somebody_else(request):
        return JsonResponse({"refused": str(decision.reason) or _("Somebody else is signed in.")}, status=409)
    token = submission(form_url(form), request.POST)
    kept = draft_keep(by=request.user, form=form, post=request.POST, token=token)  # type: ignore[arg-type]
    now = timezone.localtime(timezone=form.participant.site.zone)
    return JsonResponse({"saved": f"{now:%H:%M:%S}" if kept else "", "fields": _told(form, request.POST)})


def _told(form: FormInstance, post: Any) -> dict[str, dict[str, str]]:
    """What is said at each field that was left, by its path on the page."""
    touched = post.getlist("touched")[:MOST_TOLD]
    if not touched:
        return {}
    definition = form_def(form.form_key)
    typed = read_post(definition, post)
    posted = [(section, row, row.key) for section, rows in typed.rows.items() for row in rows]
    builder = Builder(form, editable=True, typed=typed, chosen=chosen_in(post))
    numbers = {row_path(section, was): row_path(section, row.key) for section, row, was in posted}
    found = {}
    for path in touched:
        row, sep, name = path.rpartition("/")
        real = numbers.get(row, row) + sep + name
        crf_field = field_at(definition, real) if has_path(definition, real) else None
        if crf_field is not None:
            box = Box(crf_field, real, real, findings=builder.findings.get(real, []), chosen=builder.chosen)
            found[path] = {"error": builder.errors.get(real, ""), "html": findings_html(box)}
    return found


@require()
@require_POST
def form_draft_drop(
    request: HttpRequest, number: str, label: str, key: str, repeat: int | None = None
) -> HttpResponse:
    """Give up one's own draft and go back to what is stored."""
    form = form_at(request.user, number, label, key, repeat)
    draft_drop(by=request.user, form=form)  # type: ignore[arg-type]
    return redirect(form_url(form))


@require()
@require_POST
def form_presence(
    request: HttpRequest, number: str, label: str, key: str, repeat: int | None = None
) -> HttpResponse:
    """A sign of life of the page; the answer names the others, and the version that is stored now."""
    form = form_at(request.user, number, label, key, repeat)
    if request.POST.get("left"):
        presence_left(by=request.user, form=form)  # type: ignore[arg-type]
        return HttpResponse(status=204)
    if may_enter(request.user, form) and not somebody_else(request):
        presence_seen(by=request.user, form=form)  # type: ignore[arg-type]
    return JsonResponse({"text": presence_text(others_at(form, request.user)), "version": form.version})


def presence_text(names: list[str]) -> str:
    """ "Sun Li is editing": told, never in the way."""
    if not names:
        return ""
    if len(names) == 1:
        return _("%(name)s is editing this form too.") % {"name": names[0]}
    return _("%(names)s are editing this form too.") % {"names": _(", ").join(names)}
