"""Sheets read from their tables: a fixed number of queries however many participants."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache, cached_property, partial
from typing import Any

from crf.fields import MISS
from crf.models import FormInstance
from crf.models.base import CrfData, CrfRow, FormStatus, _Sheet
from crf.registry import FormDef, form_def, forms, parts
from crf.schedule import visit_label
from crf.sheets import Casebook, RowValues, Sheet
from trialsite.db.prepared import Prepared

from .ranges import ranges_of

ENVELOPE = (
    "id", "participant_id", "form_key", "repeat", "evaluator", "status", "visit__code", "visit__repeat", "visit__order",
)  # fmt: skip


_envelopes = Prepared(
    lambda participants: (
        FormInstance.objects.filter(participant_id__in=participants, active=True)
        .exclude(status=FormStatus.EXPECTED)
        .values_list(*ENVELOPE)
    ),
    participants=[1],
)

Only = Mapping[str, Sequence[str]]


def columns(model: type[_Sheet]) -> list[str]:
    """Names of the value columns and of their missing-reason columns."""
    names = [field.name for field in model.crf_fields()]
    return names + [field.name + MISS for field in model.crf_fields() if field.missing]


def fill(sheets: Iterable[Sheet], only: Only | None = None) -> None:
    """Read values and rows of sheets whose envelope is known: one query for each model concerned."""
    by_key: dict[str, dict[int, Sheet]] = {}
    for sheet in sheets:
        by_key.setdefault(sheet.key, {})[sheet.form] = sheet
    for key, wanted in by_key.items():
        _fill_form(form_def(key), wanted, only)


def _fill_form(definition: FormDef, wanted: dict[int, Sheet], only: Only | None) -> None:
    code = definition.head.part or definition.code
    names = _chosen(definition.model, only, code)
    for form, *record in _records(definition.model, tuple(names))(forms=list(wanted)):
        sheet = wanted[form]
        sheet.values, sheet.missing = _split(names, record)
    for section in definition.row_sections:
        place = f"{code}/{section.id}"
        for sheet in wanted.values():
            sheet.rows[section.id] = []
        if only is None or place in only:
            assert section.row_model is not None
            _fill_rows(section.id, section.row_model, wanted, _chosen(section.row_model, only, place))


def _fill_rows(section: str, model: type[CrfRow], wanted: dict[int, Sheet], names: list[str]) -> None:
    for form, row, active, reason, *record in _lines(model, tuple(names))(forms=list(wanted)):
        wanted[form].rows[section].append(RowValues(row, *_split(names, record), active, reason))


@cache
def _records(model: type[CrfData], names: tuple[str, ...]) -> Prepared:
    def build(forms: list[int]) -> Any:
        return model._default_manager.filter(form_id__in=forms).values_list("form_id", *names)

    return Prepared(build, forms=[1])


@cache
def _lines(model: type[CrfRow], names: tuple[str, ...]) -> Prepared:
    def build(forms: list[int]) -> Any:
        lines = model._default_manager.filter(form_id__in=forms).order_by("form_id", "row")
        return lines.values_list("form_id", "row", "active", "removed_reason", *names)

    return Prepared(build, forms=[1])


def _chosen(model: type[_Sheet], only: Only | None, place: str) -> list[str]:
    return columns(model) if only is None else list(only[place])


def _split(names: list[str], record: list[Any]) -> tuple[dict[str, Any], dict[str, str]]:
    found = {name: value for name, value in zip(names, record, strict=True) if value is not None}
    missing = {name: found.pop(name) for name in [*found] if name.endswith(MISS)}
    return found, {name.removesuffix(MISS): value for name, value in missing.items() if value}


def sheet_of(form: FormInstance) -> Sheet:
    """One form with its values; `form.visit` should be at hand."""
    visit = form.visit
    sheet = Sheet(
        key=form.form_key, form=form.pk, repeat=form.repeat, evaluator=form.evaluator, status=form.status,
        visit=visit_label(visit.code, visit.repeat) if visit else "", visit_order=visit.order if visit else 0,
    )  # fmt: skip
    if form.version == 0:  # nothing was saved yet
        sheet.rows = {section.id: [] for section in form_def(form.form_key).row_sections}
    else:
        fill([sheet])
    return sheet


class Reading:
    """The started forms of one participant, known by their envelopes, read when they are asked for."""

    def __init__(self, participant: int, without: int = 0) -> None:
        self.participant, self.without = participant, without
        self._read: set[str] = set()  # in part

    @cached_property
    def _unread(self) -> dict[str, list[Sheet]]:
        found: dict[str, list[Sheet]] = {}
        for pk, _participant, *head in _envelopes(participants=[self.participant]):
            if pk != self.without:
                found.setdefault(head[0], []).append(_empty(pk, *head))
        return found

    @cached_property
    def started(self) -> frozenset[str]:
        return frozenset(self._unread)

    def sheets(self, keys: Iterable[str]) -> list[Sheet]:
        """Those of these forms that were not given before, as a whole."""
        found = [sheet for key in self.started.intersection(keys) for sheet in self._unread.pop(key, ())]
        fill(found)
        return found

    def parts(self, keys: Iterable[str], names: frozenset[str]) -> list[Sheet]:
        """Those not given before with the fields of these names: to be read, not to be written again."""
        wanted = [key for key in keys if key in self._unread and key not in self._read]
        self._read.update(wanted)
        found = [sheet for key in wanted for sheet in self._unread[key]]
        fill(found, only_of(names))
        return found


@cache
def only_of(names: frozenset[str]) -> dict[str, list[str]]:
    """The columns of these names, by form and section; sections without any are left out."""
    found = {}
    for definition in [*forms().values(), *parts().values()]:
        code = definition.head.part or definition.code
        found[code] = _named(definition.model, names)
        for section in definition.row_sections:
            assert section.row_model is not None
            if chosen := _named(section.row_model, names):
                found[f"{code}/{section.id}"] = chosen
    return found


def _named(model: type[_Sheet], names: frozenset[str]) -> list[str]:
    return [column for column in columns(model) if column.removesuffix(MISS) in names]


def _empty(
    pk: int,
    key: str,
    repeat: int,
    evaluator: str,
    status: str,
    code: str | None,
    visit_repeat: int,
    order: int | None,
) -> Sheet:
    return Sheet(
        key=key, form=pk, repeat=repeat, evaluator=evaluator, status=status, visit_order=order or 0,
        visit=visit_label(code, visit_repeat) if code else "",
    )  # fmt: skip


def casebooks(
    participants: Collection[int], keys: Iterable[str] | None = None, only: Only | None = None
) -> dict[int, Casebook]:
    """Casebooks by participant id, holding the started forms with the given keys (all).

    One query for each form and repeating section, however many participants. `only` names the fields that are read,
    by form (`TA`) and section (`TA/TA2`), when a casebook of few fields is enough; it gives the keys as well.
    """
    known = [*forms(), *parts()]
    wanted = known if keys is None and only is None else [key for key in known if key in (keys or only or ())]
    held: dict[int, list[Sheet]] = {pk: [] for pk in participants}
    # Keys are compared here: with a list of keys SQLite walks the index of all forms by key instead.
    sheets, keyed = [], frozenset(wanted)
    for pk, participant, key, *head in _envelopes(participants=list(participants)):
        if key not in keyed:
            continue
        sheet = _empty(pk, key, *head)
        sheets.append(sheet)
        held[participant].append(sheet)
    fill(sheets, only)
    return {pk: Casebook(sheets=mine, ranges=partial(ranges_of, pk)) for pk, mine in held.items()}


def casebook(participant: int, keys: Iterable[str] | None = None) -> Casebook:
    return casebooks([participant], keys)[participant]
