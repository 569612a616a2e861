"""Results of a laboratory's file through the ordinary save of their forms, all or none.

The file is judged by saving it and taking all of it back, so that what is shown (values, flags, grades, refusals) is
what the save would make.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.imports.laboratory import SECTION, LaboratoryFile, Panel, Result
from crf.models import FormInstance, ImportBatch, Laboratory
from crf.naming import form_title
from crf.policies import may_enter
from crf.policies_laboratory import may_import_results
from crf.selectors.sheets import sheet_of
from crf.sheets import RowValues, Sheet
from crf.typed import Typed, TypedRow
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.kernel.decisions import Refused, refused
from trialsite.kernel.digests import digest
from trialsite.web.csv_file import Problem

from .entry import Invalid, Order, form_save
from .refusals import noted, refusal_note

TABLE = "LB"
ROW = ("lborres", "lbop", "lborresu", "lbclsig", "lbcom")
HELD = frozenset({"locked", "frozen"})


class Rejected(Exception):
    """Nothing was stored; the problems of the file say why."""


class Changed(Exception):
    """What would be stored is not what was shown: the data have changed since."""


@dataclass(slots=True)
class Line:
    """One result as it would stand: the row before and after, the second as derived by the save."""

    panel: Panel
    result: Result
    before: RowValues | None
    after: RowValues

    @property
    def corrects(self) -> bool:
        """An answer that is there already becomes another one."""
        return self.before is not None and any(
            was not in (None, "") and was != now
            for was, now in zip(_answers(self.before), _answers(self.after), strict=True)
        )

    @property
    def new(self) -> bool:
        return self.before is None or not any(_answers(self.before)[:2])


@dataclass(slots=True)
class HeadChange:
    """What the file says of a sample otherwise than the form did."""

    panel: Panel
    name: str
    before: Any
    after: Any


@dataclass(slots=True)
class Plan:
    file: LaboratoryFile
    lines: list[Line] = field(default_factory=list)
    heads: list[HeadChange] = field(default_factory=list)
    versions: dict[int, int] = field(default_factory=dict)

    @property
    def corrections(self) -> int:
        return sum(line.corrects for line in self.lines) + len(self.heads)

    @property
    def digest(self) -> str:
        """Names the file and what it was compared with: what is confirmed is what was shown."""
        lines = [
            [line.result.line, _answers(line.before) if line.before else [], _answers(line.after)]
            for line in self.lines
        ]
        heads = [[one.panel.form.pk, one.name, one.before, one.after] for one in self.heads]
        return digest([self.file.sha256, lines, heads, sorted(self.versions.items())])


def _answers(row: RowValues) -> list[str]:
    """Result or its missing reason first; texts, so that stored and typed compare alike."""
    found = [_text(row.get(name)) for name in ROW]
    return [found[0], row.missing.get("lborres", ""), *found[1:]]


def _text(value: Any) -> str:
    """`65` and `65.0` of one analyte are told apart: a result is kept as it was reported."""
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


def results_judge(
    *, by: User, laboratory: Laboratory, file: LaboratoryFile, step: Callable[[], None] | None = None
) -> Plan:
    """What the import would store. Each participant is tried by itself, so that nobody waits for the whole file.

    `step` is called between participants, outside their transactions. Problems are added to the file's. An attempt at a
    form that is locked or frozen is kept in the trail (S07).
    """
    with _noted(by, laboratory):
        may_import_results(by, laboratory).require()
        _require_new(file)
    plan = Plan(file)
    if not file.problems:
        for panels in _by_participant(file):
            with transaction.atomic():
                for panel in panels:
                    _try(by, laboratory, plan, panel, "–")
                transaction.set_rollback(True)
            if step:
                step()
    _settle(by, plan)
    return plan


def results_import(
    *, by: User, laboratory: Laboratory, file: LaboratoryFile, seen: str, reason: str = "", name: str = "",
    step: Callable[[], None] | None = None,
) -> ImportBatch:  # fmt: skip
    """Store every result of the file. `seen`: the digest of the plan that the person looked at; `reason`: for the values
    that are corrected. Raises `Refused`, `Rejected`, `Changed`; then nothing is stored.
    """
    plan = Plan(file)
    with _noted(by, laboratory):
        try:
            with transaction.atomic():
                return _import(by, laboratory, plan, seen, reason.strip(), name, step)
        except Rejected:
            _settle(by, plan)
            raise


def _noted(by: User, laboratory: Laboratory) -> Any:
    return noted(by=by, act="import", address=laboratory.address, site=laboratory.site)


def _import(
    by: User, laboratory: Laboratory, plan: Plan, seen: str, reason: str, name: str,
    step: Callable[[], None] | None,
) -> ImportBatch:  # fmt: skip
    may_import_results(by, laboratory).require()
    _require_new(plan.file)
    if plan.file.problems:
        raise Rejected
    batch = _batch(by, laboratory, plan.file, name)
    for panels in _by_participant(plan.file):
        for panel in panels:
            _try(by, laboratory, plan, panel, _reason(batch, panel, reason))
        if step:
            step()
    if plan.file.problems:
        raise Rejected
    _in_order(plan)
    if plan.digest != seen:
        raise Changed
    if plan.corrections and not reason:
        refused(_("Say why values that are there already are corrected."), "reason").require()
    said = f"{laboratory.code} {TABLE} SHA-256 {plan.file.sha256}"
    trail.study_event(
        by=by, action=Action.IMPORT, subject=batch.address, new=said, reason=name[:100], site=laboratory.site
    )
    return batch


def _batch(by: User, laboratory: Laboratory, file: LaboratoryFile, name: str) -> ImportBatch:
    rows = sum(len(panel.results) for panel in file.panels)
    record = {
        "name": name[:100], "table": TABLE, "rows": rows, "sha256": file.sha256, "laboratory": laboratory.address,
    }  # fmt: skip
    counts = {"results": rows, "forms": len(file.panels)}
    try:
        with transaction.atomic():
            return ImportBatch.objects.create(by=by, digest=file.sha256, files=[record], counts=counts)
    except IntegrityError:  # the same file, a moment before
        refused(_("This file has been imported already."), "file").require()
        raise


def _reason(batch: ImportBatch, panel: Panel, reason: str) -> str:
    """Where the values came from, and why others were corrected: `Repeat reported; import:3, 2–11`."""
    lines = panel.lines
    where = f"{batch.address}, {lines[0]}" + (f"–{lines[-1]}" if len(lines) > 1 else "")
    return f"{reason}; {where}" if reason else where


def _require_new(file: LaboratoryFile) -> None:
    """The sentence tells no more than that: the file may have come from another site."""
    if before := ImportBatch.objects.filter(digest=file.sha256).first():
        day = timezone.localtime(before.made_at).strftime("%Y-%m-%d %H:%M")
        said = _("This file was imported on %(day)s. The same file is not imported twice.") % {"day": day}
        refused(said, "file").require()


def _by_participant(file: LaboratoryFile) -> Iterator[list[Panel]]:
    """In one order, so that two imports wait for each other; a participant's panels in the order of their visits."""
    panels = sorted(file.panels, key=_place)
    for _participant, found in groupby(panels, key=lambda panel: panel.form.participant_id):
        yield list(found)


def _place(panel: Panel) -> tuple[int, int, int]:
    visit = panel.form.visit
    return panel.form.participant_id, visit.order if visit else 0, panel.form.repeat


def _try(by: User, laboratory: Laboratory, plan: Plan, panel: Panel, reason: str) -> None:
    """Save one panel; what it refuses becomes a problem of the file's lines, and nothing of the panel stays."""
    try:
        with transaction.atomic():
            _save(by, laboratory, plan, panel, reason)
    except Refused as no:
        form = f"{panel.number} {panel.visit} {form_title('LB', panel.form.repeat)}"
        plan.file.problems.append(Problem(panel.lines[0], "participant", form, str(no.reason)))
    except Invalid as invalid:
        plan.file.problems += _told(panel, invalid)


def _save(by: User, laboratory: Laboratory, plan: Plan, panel: Panel, reason: str) -> None:
    # As it stands now: an earlier panel of the participant may have moved it, and the preview must leave no trace in it.
    form = FormInstance.objects.select_related("participant__site", "visit").get(pk=panel.form.pk)
    plan.versions[form.pk] = form.version
    may_enter(by, form).require()
    stored = sheet_of(form)
    if stored.get("lbperf") == "N":
        refused(_("The form says that no sample was taken."), "text").require()
    typed = _typed(stored, laboratory, panel)
    form_save(by=by, form=form, typed=typed, order=Order(reason=reason))
    after = sheet_of(form)
    rows = {row.row: row for row in after.lines(SECTION)}
    was = {row.row: row for row in stored.lines(SECTION)}
    plan.lines += [Line(panel, one, was.get(one.number), rows[one.number]) for one in panel.results]
    for name in ("lbnam", *panel.head):
        before, now = stored.get(name), after.get(name)
        if before not in (None, now):
            plan.heads.append(HeadChange(panel, name, before, now))


def _typed(stored: Sheet, laboratory: Laboratory, panel: Panel) -> Typed:
    """What stands in the form with the file's answers over it. A sign that the file does not have goes."""
    typed = Typed.of(stored)
    typed.values |= {"lbperf": "Y", "lbnam": laboratory.address}
    for name, (value, missing, _line) in panel.head.items():
        _put(typed, name, value, missing)
    rows = {row.key: row for row in typed.rows.setdefault(SECTION, [])}
    for one in panel.results:
        row = rows.get(str(one.number))
        if row is None:
            row = TypedRow(str(one.number))
            typed.rows[SECTION].append(row)
        for name in ("lborres", "lbop", "lborresu"):
            _put(row, name, one.values.get(name), one.missing.get(name, ""))
        for name in ("lbclsig", "lbcom"):
            if name in one.values:
                _put(row, name, one.values[name], "")
    typed.rows[SECTION].sort(key=lambda row: int(row.key))  # new rows get their numbers in this order
    return typed


def _put(holder: Typed | TypedRow, name: str, value: Any, missing: str) -> None:
    holder.values.pop(name, None)
    holder.missing.pop(name, None)
    if missing:
        holder.missing[name] = missing
    elif value is not None:
        holder.values[name] = value


def _told(panel: Panel, invalid: Invalid) -> list[Problem]:
    reasons = {path: _("This is not asked here: leave it empty.") for path in invalid.hidden}
    found = []
    for path, why in (reasons | invalid.errors).items():
        line, column = panel.place(path)
        result = next((one for one in panel.results if one.line == line), None)
        field_name = {"result": "lborres", "unit": "lborresu"}.get(column, column)
        value = _text(result.values.get(field_name)) if result and path.startswith(SECTION) else ""
        if column in panel.head:
            value = _text(panel.head[column][0])
        found.append(Problem(line, column, value[:60], why))
    return found


def _in_order(plan: Plan) -> None:
    plan.lines.sort(key=lambda line: line.result.line)
    plan.heads.sort(key=lambda one: (one.panel.lines[0], one.name))
    plan.file.problems.sort(key=lambda problem: problem.line)


def _settle(by: User, plan: Plan) -> None:
    """In the order of the file; S07: an attempt at a form that is held is logged, whatever else is wrong."""
    _in_order(plan)
    for panel in plan.file.panels:
        may = may_enter(by, panel.form)
        if not may and may.code in HELD:
            participant = panel.form.participant
            no = Refused(may.reason, may.code)
            refusal_note(by=by, act="import", address=panel.form.address, no=no, participant=participant)
