"""Results of a panel from a file or a spreadsheet: shown first, then put into the form as a draft."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crf.analytes import ANALYTES
from crf.forms_site import RangeFileForm
from crf.laboratory_page import SECTION
from crf.laboratory_reading import ReadFile, read_results
from crf.models import FormInstance
from crf.naming import form_title, form_url
from crf.policies import may_enter
from crf.registry import form_def
from crf.samples import posted
from crf.schedule import visit_label
from crf.selectors.access import form_at
from crf.selectors.participants import strip_of
from crf.selectors.sheets import sheet_of
from crf.services.drafts import draft_keep, draft_of, draft_post
from crf.services.refusals import attempt_note
from crf.services.writing import each_line


@login_required
@require_http_methods(["GET", "POST"])
def laboratory_results(
    request: HttpRequest, number: str, label: str, repeat: int | None = None
) -> HttpResponse:
    """`/p/01-003/SCR/lb/2/import/`."""
    form = form_at(request.user, number, label, "lb", repeat)
    if form.visit is None:
        raise Http404
    decision = may_enter(request.user, form)
    asked = RangeFileForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"why_not": "" if decision else decision.reason}
    status = 200
    if request.method == "POST" and not decision:
        attempt_note(by=request.user, form=form, act="import", decision=decision)  # type: ignore[arg-type]
        status = 403
    elif request.method == "POST" and asked.is_valid():
        read = read_results(asked.text(), form.repeat)
        if read.stands and request.POST.get("action") == "take":
            return _taken(request, form, read)
        status = 200 if read.stands else 422
        wrong = sum(1 for line in read.lines if line.problem)
        context |= {"lines": read.lines, "problem": read.problem, "wrong": wrong, "text": asked.text()}
    elif request.method == "POST":
        status = 422
    context |= {
        "form": asked, "participant": form.participant, "url": form_url(form),
        "title": form_title(form.form_key, form.repeat),
        "strip": strip_of(form.participant, visit_label(form.visit.code, form.visit.repeat)),
    }  # fmt: skip
    return render(request, "crf/laboratory_import.html", context, status=status)


def _taken(request: HttpRequest, form: FormInstance, read: ReadFile) -> HttpResponse:
    """The results as a draft over what stands in the form; the person looks at them there and saves."""
    draft = draft_of(request.user, form)
    post = draft_post(draft) if draft else _standing(form)
    numbers = {code: number for number, code in enumerate(ANALYTES, 1)}
    for line in read.lines:
        assert line.analyte is not None
        prefix = f"{SECTION}.{numbers[line.analyte.code]}."
        post[f"{prefix}lborres"], post[f"{prefix}lbop"] = line.value, line.sign
        post[f"{prefix}lborresu"], post[f"{prefix}lborres__miss"] = line.unit, ""
    if not post.get("lbperf"):
        post["lbperf"] = "Y"
    # What others saved since the draft was begun is still to be merged with it.
    post["version"] = str(draft.version if draft else form.version)
    draft_keep(by=request.user, form=form, post=post)  # type: ignore[arg-type]
    messages.success(
        request, _("%(count)s results stand in the form. Look at them and save.") % {"count": len(read.lines)}
    )
    return redirect(form_url(form))


def _standing(form: FormInstance) -> QueryDict:
    """What is stored, as a post."""
    found = QueryDict(mutable=True)
    for prefix, fields, holder, _row in each_line(form_def("LB"), sheet_of(form)):
        where = prefix.replace(":", ".").replace("/", ".")
        for crf_field in fields:
            if not crf_field.derived:
                for name, value in posted(crf_field, where + crf_field.name, holder).items():
                    found.setlist(name, value if isinstance(value, list) else [value])
    return found
