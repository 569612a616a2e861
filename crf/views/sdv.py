"""Source verification: what there is to compare, one form beside its source, a visit at once, the plan."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import chain
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from crf.models import FormInstance, PlanLevel
from crf.naming import form_title
from crf.policies_review import may_plan, may_verify
from crf.schedule import VISITS, visit_label, visit_title
from crf.sdv_page import SdvPage, sdv_page, visit_forms
from crf.sdv_plan import plan_lines
from crf.selectors.participants import strip_of
from crf.selectors.sdv import NEEDS, Filters, asked_keys, choices, sdv_form_at, sdv_visit_at
from crf.selectors.sdv_lists import neighbours, row_id, sdv_url, worklist
from crf.services.verification import forms_verify, values_verify, verification_take_back
from crf.services.verification_plan import plans_behind, plans_set
from trialsite.accounts.door import require
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused, refused

P = Permission
# Of a refused act: the wrong person or state; a value that is not what was shown; anything else is asked for again.
STATUS = {
    "role": 403,
    "locked": 403,
    "removed": 403,
    "imported": 403,
    "central": 403,
    "empty": 403,
    "self": 403,
}
STATUS |= {"changed": 409}


# --- the list -------------------------------------------------------------------------------------------------------


@require(P.VIEW)
@require(P.VERIFY, P.AUDIT)
@require_GET
def sdv(request: HttpRequest) -> HttpResponse:
    """`/sdv/?site=01&need=changed`: changed first, then what is to verify."""
    filters = _filters(request)
    page = request.GET.get("page", "")
    found = worklist(request.user, filters, int(page) if page.isdecimal() and len(page) < 9 else 1)
    sites, numbers = choices(request.user)
    asked = asked_keys()
    context = {
        "work": found,
        "filters": filters,
        "sites": sites,
        "numbers": numbers,
        "visits": [(code, line.label) for code, line in VISITS.items()],
        "forms": [(key, form_title(key)) for key in asked],
        "needs": _needs(filters),
        "filtered": filters != Filters(),
        "behind": plans_behind().exists(),
        "before": _address(filters, page=found.page - 1) if found.page > 1 else "",
        "after": _address(filters, page=found.page + 1) if found.page < found.pages else "",
    }
    return render(request, "sdv/list.html", context)


def _filters(request: HttpRequest) -> Filters:
    given = request.GET.get
    need = given("need", "")
    return Filters(
        need if need in NEEDS else NEEDS[0], given("site", ""), given("participant", ""), given("visit", ""),
        given("form", ""),
    )  # fmt: skip


def _needs(filters: Filters) -> list[tuple[str, str, bool]]:
    words = {
        "verify": _("To verify"), "changed": _("Changed since verified"), "unfinished": _("Entered, not complete"),
        "verified": _("Verified"), "all": _("All"),
    }  # fmt: skip
    return [(_address(filters, need=need), words[need], need == filters.need) for need in NEEDS]


def _address(filters: Filters, **more: Any) -> str:
    said = {name: getattr(filters, name) for name in filters.__slots__} | more
    return "?" + urlencode(
        {name: value for name, value in said.items() if value and (name, value) != ("need", "verify")}
    )


# --- one form -------------------------------------------------------------------------------------------------------


@require(P.VIEW)
@require(P.VERIFY, P.AUDIT)
@require_http_methods(["GET", "POST"])
def sdv_form(
    request: HttpRequest, number: str, label: str, key: str, repeat: int | None = None
) -> HttpResponse:
    """`/sdv/01-003/TA1/ta/`. POST: `tick` a value or a row, `all` that the button covers, or take one `back`."""
    form = sdv_form_at(request.user, number, label, key, repeat)
    if request.method == "POST":
        try:
            return redirect(_here(request, form, _act(request, form)))
        except Refused as no:
            return _form_page(request, form, no)
    return _form_page(request, form)


def _act(request: HttpRequest, form: FormInstance) -> str:
    """Do what was posted; gives the path where the page goes on."""
    given, by = request.POST, request.user
    if "take_back" in given:
        path = given["take_back"]
        verification_take_back(by=by, form=form, path=path, reason=given.get("reason", ""))  # type: ignore[arg-type]
        return path
    seen = _posted(given, "seen", dict)
    if "whole" in given:
        values_verify(by=by, form=form, seen=seen)  # type: ignore[arg-type]
        return ""
    paths = _posted(given, "cover", list) if "all" in given else _ticked(given.get("tick", ""), seen)
    if not paths:
        may_verify(by, form).require()
        refused(_("Choose what was compared with the source."), "field").require()
    values_verify(by=by, form=form, paths=paths, seen=seen)  # type: ignore[arg-type]
    return "" if "all" in given else paths[0]


def _ticked(place: str, seen: Mapping[str, str]) -> list[str]:
    """A value; of a row those of its values that were shown."""
    return [path for path in seen if place and path.startswith(place + "/")] or [place] * bool(place)


def _posted(given: Mapping[str, Any], name: str, kind: type) -> Any:
    """A posted list of paths, or the texts that were shown by path; nothing where it cannot be read."""
    try:
        found: Any = json.loads(given.get(name, ""))
    except ValueError:
        return kind()
    if not isinstance(found, kind) or not isinstance(found, dict | list):
        return kind()
    values: list[Any] = list(found.values()) if isinstance(found, dict) else []
    return found if all(isinstance(part, str) for part in chain(found, values)) else kind()


def _here(request: HttpRequest, form: FormInstance, path: str) -> str:
    show = request.POST.get("show", "")
    place = f"#{row_id(path)}" if path else ""
    return sdv_url(form) + (f"?{urlencode({'show': show})}" if show else "") + place


def _form_page(request: HttpRequest, form: FormInstance, no: Refused | None = None) -> HttpResponse:
    given = request.POST if request.method == "POST" else request.GET
    page = sdv_page(request.user, form, given.get("show", ""))
    visit = form.visit
    label = visit_label(visit.code, visit.repeat) if visit else ""
    back = given.get("take_back") if no else given.get("back", "")
    context = {
        "page": page,
        "form": form,
        "participant": form.participant,
        "strip": strip_of(form.participant, label),
        "visit": visit,
        "visit_name": visit_title(visit.code, visit.repeat) if visit else "",
        "label": label,
        "next": neighbours(request.user, form),
        "url": sdv_url(form),
        "refusal": no.reason if no else "",
        "back": next((row for row in page.rows if row.path == back and row.valid), None),
        "typed_reason": request.POST.get("reason", "") if no else "",
        "can": bool(page.may),
        "counted": _counted(page),
    }
    return render(request, "sdv/form.html", context, status=STATUS.get(no.code, 422) if no else 200)


def _counted(page: SdvPage) -> str:
    return _("%(n)s of %(all)s verified") % {"n": page.marked, "all": page.asked}


# --- a visit --------------------------------------------------------------------------------------------------------


@require(P.VIEW)
@require(P.VERIFY, P.AUDIT)
@require_http_methods(["GET", "POST"])
def sdv_visit(request: HttpRequest, number: str, label: str) -> HttpResponse:
    """`/sdv/01-003/TA1/`: the forms of a visit at once, and what is left out."""
    visit = sdv_visit_at(request.user, number, label)
    lines = visit_forms(request.user, visit)
    left: list[tuple[Any, str]] = []
    done, no = 0, None
    if request.method == "POST":
        chosen = [line.form for line in lines if str(line.form.pk) in request.POST.getlist("form")]
        try:
            if not chosen:
                for line in lines:
                    if line.may.code == "role" and not line.may:
                        line.may.require()
                refused(_("Choose at least one form."), "field").require()
            verified, left_out = forms_verify(by=request.user, forms=chosen, versions=_versions(request))  # type: ignore[arg-type]
            done = len(verified)
            left = [(form_title(form.form_key, form.repeat), why) for form, why in left_out]
        except Refused as refusal:
            no = refusal
        if not left and no is None:
            messages.success(request, _verified_words(done))
            return redirect("sdv_visit", number, label)
        lines = visit_forms(request.user, visit)
    context = {
        "visit": visit,
        "participant": visit.participant,
        "title": visit_title(visit.code, visit.repeat),
        "label": label,
        "strip": strip_of(visit.participant, label),
        "offered": [line for line in lines if line.offered],
        "others": [line for line in lines if not line.offered],
        "values": sum(len(line.values) for line in lines if line.offered),
        "left": left,
        "done": _verified_words(done) if done else "",
        "refusal": no.reason if no else "",
    }
    return render(request, "sdv/visit.html", context, status=_visit_status(no, left, lines))


def _visit_status(no: Refused | None, left: list[Any], lines: list[Any]) -> int:
    if no is not None:
        return STATUS.get(no.code, 422)
    if not left:
        return 200
    return 403 if any(line.may.code == "role" for line in lines) else 409


def _verified_words(number: int) -> str:
    return ngettext("%(n)s form verified.", "%(n)s forms verified.", number) % {"n": number}


def _versions(request: HttpRequest) -> dict[int, int]:
    """What the page showed: another version of a form is left out, and one of which nothing was shown."""
    given = _named(request, "version.")
    read = {int(pk): int(value) for pk, value in given.items() if _whole(pk) and _whole(value)}
    return {int(pk): read.get(int(pk), -1) for pk in request.POST.getlist("form") if _whole(pk)}


def _named(request: HttpRequest, prefix: str) -> dict[str, str]:
    """What was posted under names with this beginning."""
    return {
        key.removeprefix(prefix): str(value) for key, value in request.POST.items() if key.startswith(prefix)
    }


def _whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 15


# --- the plan -------------------------------------------------------------------------------------------------------


@require(P.VIEW)
@require(P.VERIFY, P.AUDIT)
@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest) -> HttpResponse:
    """`/sdv/plan/`: per form none, critical fields or all. The data manager sets it."""
    may = may_plan(request.user)
    if request.method == "GET":
        return _plan_page(request, may)
    asked = _named(request, "level.")
    try:
        may.require()
        if not asked:
            refused(_("Choose none, critical fields, or all fields."), "level").require()
        changed = plans_set(by=request.user, levels=asked)  # type: ignore[arg-type]
    except Refused as no:
        return _plan_page(request, may, no, asked)
    text = ngettext(
        "The plan of %(n)s form was changed.", "The plan of %(n)s forms was changed.", len(changed)
    )
    messages.success(request, text % {"n": len(changed)} if changed else _("Nothing had changed."))
    return redirect("sdv_plan")


def _plan_page(
    request: HttpRequest, may: Any, no: Refused | None = None, asked: Mapping[str, str] | None = None
) -> HttpResponse:  # fmt: skip
    lines = plan_lines(asked)
    context = {
        "lines": lines,
        "levels": PlanLevel.choices,
        "may": may,
        "behind": [line for line in lines if not line.counted],
        "refusal": no.reason if no else "",
    }
    return render(
        request, "sdv/plan.html", context, status=(403 if no.code == "role" else 422) if no else 200
    )
