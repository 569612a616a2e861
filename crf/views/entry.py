"""The entry page of a form: open, save, complete; its history; nothing typed is lost on the way."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crf.forms import read_post
from crf.imaging_live import typed_for_preview
from crf.merging import Merged, words
from crf.models import FormInstance, FormStatus, Signed
from crf.naming import form_title, form_url, home_url, label_of
from crf.page_kinds import BUILDERS
from crf.pages import Builder, FormPage
from crf.policies import may_enter
from crf.policies_review import may_query
from crf.registry import form_def
from crf.schedule import visit_label, visit_title
from crf.selectors.access import form_at
from crf.selectors.form_states import states_of
from crf.selectors.history import field_at, has_path, history_of, saved_since
from crf.selectors.navigation import next_form, rail_of
from crf.selectors.participants import strip_of
from crf.selectors.presence import others_at
from crf.services.bringing_back import bring_back
from crf.services.drafts import draft_drop, draft_keep, draft_of, draft_post
from crf.services.entry import Invalid, Saved, Stale, form_save
from crf.services.refusals import attempt_note
from crf.typed import Typed
from trialsite.accounts.door import require
from trialsite.accounts.permissions import grants_of
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused

from .drafts import presence_text
from .posted import chosen_in, order_of, somebody_else
from .stale import attempt_of, merge_post, shown_version, who_of


@require()
@require_http_methods(["GET", "POST"])
def form_entry(
    request: HttpRequest, number: str, label: str, key: str, repeat: int | None = None
) -> HttpResponse:
    """`/p/01-003/TA1/ta/`."""
    form = form_at(request.user, number, label, key, repeat)
    if request.method == "POST":
        return _save(request, form)
    editable = bool(may_enter(request.user, form))
    others = others_at(form, request.user) if editable else []
    draft = draft_of(request.user, form) if editable else None
    busy = bool(others) and draft is None and "together" not in request.GET
    editable = editable and not busy  # S34: who comes second reads, until they choose otherwise
    typed = read_post(form_def(form.form_key), draft_post(draft)) if draft else None
    chosen = chosen_in(draft_post(draft)) if draft else None
    raises = bool(may_query(request.user, "raise", form.participant, form))
    builder = builder_of(form, editable=editable, typed=typed, chosen=chosen, raises=raises)
    version = draft.version if draft else form.version
    aside = {
        "others": others,
        "busy": _(", ").join(others) if busy else "",
        "together": not busy and bool(others),
    }
    return _show(request, form, builder, draft=draft, version=version, **aside)


def builder_of(form: FormInstance, **kwargs: Any) -> Builder:
    """The page builder of a form; some forms have a page of their own."""
    return BUILDERS.get(form.form_key, Builder)(form, **kwargs)


@require()
@require_POST
def form_preview(
    request: HttpRequest, number: str, label: str, key: str, repeat: int | None = None
) -> HttpResponse:
    """What a page with live results shows in the middle of typing. Stores nothing."""
    form = form_at(request.user, number, label, key, repeat)
    if not BUILDERS.get(form.form_key, Builder).live_template:
        raise Http404
    typed = typed_for_preview(read_post(form_def(form.form_key), request.POST))
    builder = builder_of(form, editable=True, typed=typed)
    return render(request, builder.live_template, builder.side())


def _save(request: HttpRequest, form: FormInstance) -> HttpResponse:
    typed = read_post(form_def(form.form_key), request.POST)
    if request.POST.get("action", "").startswith("add_row:"):
        return _add_row(request, form, typed)
    if request.POST.get("action") == "bring_back":
        return _bring_back(request, form, typed)
    if somebody_else(request):
        refusal = _(
            "Somebody else has signed in since this page was opened. Sign in again as yourself, then save."
        )
        return _again(request, form, typed, {}, status=409, refusal=refusal)
    if request.POST.get("action") == "keep_draft":
        return _keep_draft(request, form, typed)
    order, merged = order_of(request), None
    try:
        try:
            saved = form_save(by=request.user, form=form, typed=typed, order=order)  # type: ignore[arg-type]
        except Stale:
            merged = merge_post(request, form, typed)
            if merged.open:
                return _clash(request, form, typed, merged)
            order.version = form.version
            saved = form_save(by=request.user, form=form, typed=typed, order=order)  # type: ignore[arg-type]
    except Refused as refusal:
        return _again(request, form, typed, {}, status=403, refusal=str(refusal.reason))
    except Stale:  # a third person, in the meantime: the choices are asked again
        return _clash(request, form, typed, merge_post(request, form, typed))
    except Invalid as invalid:
        return _again(request, form, typed, invalid.errors, invalid=invalid)
    return _after(request, form, saved, merged)


def _keep_draft(request: HttpRequest, form: FormInstance, typed: Typed) -> HttpResponse:
    """Without JavaScript: what is typed waits as a draft, for whoever may save it."""
    decision = may_enter(request.user, form)
    if not decision:
        attempt_note(by=request.user, form=form, act="draft", decision=decision)  # type: ignore[arg-type]
        return _again(request, form, typed, {}, status=403, refusal=str(decision.reason))
    if not draft_keep(by=request.user, form=form, post=request.POST):  # type: ignore[arg-type]
        refusal = _("“%(value)s” is too large.") % {"value": _("Draft")}
        return _again(request, form, typed, {}, refusal=refusal)
    messages.info(request, _("Kept as your draft. Nothing was saved."))
    return redirect(form_url(form))


def _after(request: HttpRequest, form: FormInstance, saved: Saved, merged: Merged | None) -> HttpResponse:
    if draft_of(request.user, form):
        draft_drop(by=request.user, form=form)  # type: ignore[arg-type]
    at = f"{timezone.localtime(timezone=form.participant.site.zone):%H:%M:%S}"
    if merged and merged.taken:
        messages.info(request, _taken(form, merged))
    if request.POST.get("action") == "complete" and form.status == FormStatus.COMPLETE:
        messages.success(
            request,
            _("%(form)s is complete, saved %(time)s.")
            % {"form": form_title(form.form_key, form.repeat), "time": at},
        )
        following = next_form(form)
        return _leave(request, form_url(following) if following else home_url(form))
    text = _("Saved %(time)s.") if saved.changed or saved.again else _("Nothing had changed.")
    messages.success(request, text % {"time": at} if "%" in text else text)
    return redirect(form_url(form) + ("?together=1" if request.POST.get("together") else ""))


def _leave(request: HttpRequest, url: str) -> HttpResponse:
    """On to another page, from a form in a drawer too."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return redirect(url)


def _add_row(request: HttpRequest, form: FormInstance, typed: Typed) -> HttpResponse:
    """Without JavaScript: the same page with one more empty row, nothing saved."""
    section = request.POST["action"].partition(":")[2]
    fresh = sum(1 for row in typed.rows.get(section, ()) if not row.key.isdigit())
    builder = builder_of(
        form,
        editable=bool(may_enter(request.user, form)),
        typed=typed,
        extra_rows={section: fresh + 1},
    )
    return _show(request, form, builder)


def _bring_back(request: HttpRequest, form: FormInstance, typed: Typed) -> HttpResponse:
    """The page with the answers that were set inactive and apply again, to be looked at. Nothing is saved."""
    decision = may_enter(request.user, form)
    if not decision:
        return _again(request, form, typed, {}, status=403, refusal=str(decision.reason))
    before = builder_of(form, editable=True, typed=typed)
    number = bring_back(before.definition, typed, before.inactive(), before.stored, before.around)
    text = ngettext(
        "%(n)s earlier answer is shown again. Look at it, then save.",
        "%(n)s earlier answers are shown again. Look at them, then save.",
        number,
    )
    none = _("None of them applies as the form is answered now.")
    messages.info(request, text % {"n": number} if number else none)
    builder = builder_of(form, editable=True, typed=typed, chosen=chosen_in(request.POST))
    return _show(request, form, builder, version=shown_version(request))


def _again(
    request: HttpRequest, form: FormInstance, typed: Typed, errors: dict[str, str], *, status: int = 422, refusal: str = "",
    invalid: Invalid | None = None,
) -> HttpResponse:  # fmt: skip
    """The page with everything that was typed, and what is wrong at its field. Nothing was stored."""
    builder = builder_of(form, editable=True, typed=typed, chosen=chosen_in(request.POST))
    builder.errors |= errors
    page = page_of(builder)
    if invalid:
        page.hidden = [(label_of(page.definition, path), _answer(builder, path)) for path in invalid.hidden]
        page.reasons = [
            (path, label_of(page.definition, path), _shown(builder, path)) for path in invalid.reasons
        ]
    return _render(request, page, status=status, refusal=refusal)


def _taken(form: FormInstance, merged: Merged) -> str:
    labels = _(", ").join(label_of(form_def(form.form_key), path) for path in merged.taken[:5])
    return _("Kept from the other save: %(fields)s.") % {
        "fields": labels + (" …" if len(merged.taken) > 5 else "")
    }


def _answer(builder: Builder, path: str) -> str:
    """The answer at a path in words; what cannot be read as it was typed."""
    crf_field = field_at(builder.definition, path)
    head = path.rpartition("/")[0]
    holder: Any = builder.sheet
    if head:
        section, _sep, number = head.partition(":")
        holder = next(
            (line for line in builder.sheet.lines(section) if str(line.row) == number), builder.sheet
        )
    return (words(crf_field, holder) if crf_field else "") or _shown(builder, path)


def _shown(builder: Builder, path: str) -> str:
    raw: Any = builder.typed.raw.get(path, "") if builder.typed else ""
    return "-".join(part for part in raw if part) if isinstance(raw, tuple) else str(raw)


def _clash(request: HttpRequest, form: FormInstance, typed: Typed, merged: Merged) -> HttpResponse:
    """Somebody saved first (409): both values stand side by side, each is chosen; nothing typed is lost."""
    since = saved_since(form, shown_version(request))
    page = page_of(builder_of(form, editable=True, typed=typed, chosen=chosen_in(request.POST)))
    page.errors = []  # told after the choice
    clash = {"merged": merged, "since": since, "who": who_of(since), "attempt": attempt_of(request)}
    return _render(request, page, status=409, clash=clash, version=shown_version(request))


def _show(request: HttpRequest, form: FormInstance, builder: Builder, **extra: Any) -> HttpResponse:
    decision = may_enter(request.user, form)
    return _render(request, page_of(builder, "" if decision else decision.reason), **extra)


def page_of(builder: Builder, why_not: Any = "") -> FormPage:
    page = builder.page(why_not)
    page.extra = builder.side()
    return page


def _render(request: HttpRequest, page: FormPage, status: int = 200, **extra: Any) -> HttpResponse:
    form = page.form
    others = extra.pop("others", None)
    if others is None:
        others = others_at(form, request.user) if page.editable else []
    context = {
        "page": page,
        "form": form,
        "participant": form.participant,
        "visit": form.visit,
        "rail": rail_of(form),
        "strip": strip_of(
            form.participant, visit_label(form.visit.code, form.visit.repeat) if form.visit else ""
        ),
        "url": form_url(form),
        "draft_url": f"{form_url(form)}draft/" if page.editable else "",
        "presence_url": f"{form_url(form)}presence/" if page.editable else "",
        "presence": presence_text(others) if others else "",
        "version": form.version,
        "attempt": attempt_of(request),
        "visit_name": visit_title(form.visit.code, form.visit.repeat) if form.visit else "",
        "complete": form.status == FormStatus.COMPLETE,
        "states": states_of(form),
        "may_sign": form.signed == Signed.VOID
        and grants_of(request.user).may(Permission.SIGN, form.participant.site_id),
        "may_results": grants_of(request.user).may(Permission.RESULTS, form.participant.site_id),
        **page.extra,
        **extra,
    }
    beside = page.drawer_template if getattr(request, "htmx", False) else ""
    return render(request, beside or page.template, context, status=status)


@require()
@require_GET
def form_history(
    request: HttpRequest, number: str, label: str, key: str, repeat: int | None = None
) -> HttpResponse:
    """History of one field (`?path=`) or of the whole form: a drawer beside the form, or a page of its own."""
    form = form_at(request.user, number, label, key, repeat)
    path = request.GET.get("path", "")
    if not has_path(form_def(form.form_key), path):
        raise Http404
    events = history_of(form, path)
    drawer = bool(getattr(request, "htmx", False))
    context = {
        "form": form,
        "participant": form.participant,
        "title": label_of(form_def(form.form_key), path) if path else form_title(form.form_key, form.repeat),
        "path": path,
        "events": events,
        "url": form_url(form),
    }
    return render(request, "crf/_history.html" if drawer else "crf/history.html", context)
