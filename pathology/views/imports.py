"""Readings from a file, for the data manager: read and shown first, then stored as drafts of their readers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from crf.fields import MISS, CrfField, missing_label
from crf.registry import form_def
from pathology.imports import MOST_LINES, NODULES, Column, ReadingFile, columns, read_readings, template
from pathology.models import Confidence
from pathology.policies_import import may_import_readings
from pathology.recorded import KEY
from pathology.services.imports import (
    Changed,
    Filled,
    Plan,
    Rejected,
    readings_import,
    readings_judge,
)
from trialsite.accounts.door import require
from trialsite.accounts.roles import Permission
from trialsite.kernel.decisions import Refused
from trialsite.web import handed_in

PLACE = "readings"
MOST_SHOWN = 300  # problems on the page; all of them are in the file


@require(Permission.ALLOCATE)
@require_http_methods(["GET", "POST"])
def readings_import_page(request: HttpRequest) -> HttpResponse:
    """`/pathology/import/`."""
    if not may_import_readings(request.user):
        raise Http404
    if request.method == "GET":
        return _page(request, handed_in.HandedIn())
    action = request.POST.get("action", "")
    if action in ("store", "problems"):
        return _again(request, action)
    form = handed_in.HandedIn(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    return _show(request, form.content(), form.name())


@require(Permission.ALLOCATE)
@require_GET
def readings_template(request: HttpRequest) -> HttpResponse:
    """`/pathology/import/template/`: a header with every column."""
    if not may_import_readings(request.user):
        raise Http404
    return handed_in.csv_answer("readings.csv", [template()])


def _again(request: HttpRequest, action: str) -> HttpResponse:
    """The file that the page carried: its errors as a table to take away, or what it brings, to be stored."""
    content = handed_in.content_of(request)
    if content is None or len(content) > handed_in.LARGEST:
        return _page(request, handed_in.HandedIn(), refusal=_("Hand in the file again."), status=422)
    file = read_readings(content)
    sealed = handed_in.shown_by(request, PLACE, file.sha256)
    if action == "problems":
        plan = _judged(request, file)
        return handed_in.problems_answer("readings-errors.csv", plan.file.problems)
    if sealed is None:
        refusal = _("This is not the file that was shown to you. Read it once more.")
        return _page(request, handed_in.HandedIn(), refusal=refusal, status=422)
    shown, name = sealed
    try:
        readings_import(by=request.user, file=file, seen=shown, name=name)  # type: ignore[arg-type]
    except Refused as no:
        return _page(request, handed_in.HandedIn(), refusal=str(no.reason), status=422)
    except Changed:
        messages.warning(
            request, _("The data have changed since the file was shown. Nothing was stored: look again.")
        )
        return _show(request, content, name)
    except Rejected:
        return _show(request, content, name)
    messages.success(
        request,
        _("%(count)s readings are with their readers, who look at them and sign.")
        % {"count": len(file.readings)},
    )
    return redirect("pathology")


def _judged(request: HttpRequest, file: ReadingFile) -> Plan:
    try:
        return readings_judge(by=request.user, file=file)  # type: ignore[arg-type]
    except Refused:
        return Plan(file)


def _show(request: HttpRequest, content: bytes, name: str) -> HttpResponse:
    file = read_readings(content)
    try:
        plan = readings_judge(by=request.user, file=file, name=name)  # type: ignore[arg-type]
    except Refused as no:
        return _page(request, handed_in.HandedIn(), refusal=str(no.reason), status=422)
    context: dict[str, Any] = {"name": name, "content": handed_in.carried(content)}
    if plan.file.problems:
        few = len(file.text) <= handed_in.CORRECTED_HERE
        form = handed_in.HandedIn(initial={"pasted": file.text if few else ""})
        context |= {
            "problems": plan.file.problems[:MOST_SHOWN], "wrong": len(plan.file.problems),
            "more": max(0, len(plan.file.problems) - MOST_SHOWN), "corrected_here": few and bool(file.text),
        }  # fmt: skip
        return _page(request, form, status=422, **context)
    context |= {
        "seal": handed_in.seal(request.user, PLACE, file.sha256, plan.digest, name),
        "shown": [_shown(one) for one in plan.filled], "sha256": file.sha256,
    }  # fmt: skip
    return _page(request, handed_in.HandedIn(), **context)


def _page(request: HttpRequest, form: Any, status: int = 200, **more: Any) -> HttpResponse:
    context = {"form": form, "columns": _dictionary(), "most": MOST_LINES, **more}
    return render(request, "pathology/import.html", context, status=status)


def _dictionary() -> list[tuple[Any, list[Column]]]:
    """Every column by its part of the form."""
    definition = form_def(KEY)
    parts: dict[str, list[Column]] = {}
    for column in columns():
        parts.setdefault(column.section if column.section != "@" else "", []).append(column)
    whose = _("Whose reading it is, and how sure")
    return [(definition.section(id).label if id else whose, found) for id, found in parts.items()]


# --- what would be stored --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cell:
    """A value as it will be stored, and what stood there before where that differs."""

    label: str
    text: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    code: str
    reader: str
    lines: str
    replaces: bool
    cells: list[Cell]
    heads: list[str]
    nodules: list[list[Cell]]

    @property
    def halves(self) -> list[list[Cell]]:
        """The values of the case in two columns."""
        middle = (len(self.cells) + 1) // 2
        return [self.cells[:middle], self.cells[middle:]]


def _shown(one: Filled) -> Shown:
    definition = form_def(KEY)
    wanted = [c for c in columns() if c.field is not None]
    cells = [
        _cell(c.field, c.name, one) for c in wanted if c.section != NODULES and c.field is not None and _has(one, c.name)
    ]  # fmt: skip
    if sure := one.new.get("@confidence", ""):
        before = one.old.get("@confidence", "")
        words = {code: str(label) for code, label in Confidence.choices}
        cells.append(
            Cell(_("Confidence"), words.get(sure, sure), words.get(before, before) if before != sure else "")
        )
    rows = sorted(
        {path.partition("/")[0] for path in one.new if path.startswith(f"{NODULES}:")}, key=_row_order
    )
    fields = [
        f for f in definition.section(NODULES).fields if any(_has(one, f"{row}/{f.name}") for row in rows)
    ]
    nodules = [[_cell(f, f"{row}/{f.name}", one) for f in fields] for row in rows]
    assert one.imported.reading is not None
    lines = one.imported.lines
    return Shown(
        one.imported.code, str(one.imported.reading.reader),
        f"{lines[0]}–{lines[-1]}" if len(lines) > 1 else str(lines[0]),
        any(one.old.values()), cells, [str(f.label) for f in fields], nodules,
    )  # fmt: skip


def _row_order(row: str) -> int:
    return int(row.partition(":")[2])


def _has(one: Filled, path: str) -> bool:
    return any(path + end in texts for texts in (one.old, one.new) for end in ("", MISS))


def _cell(crf_field: CrfField, path: str, one: Filled) -> Cell:
    now, before = (_words(crf_field, path, texts) for texts in (one.new, one.old))
    return Cell(str(crf_field.label), now or "–", before if before and before != now else "")


def _words(crf_field: CrfField, path: str, texts: dict[str, str]) -> str:
    if code := texts.get(path + MISS):
        return missing_label(code)
    return crf_field.display(crf_field.from_text(texts.get(path, "")))
