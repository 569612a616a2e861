"""CRF fields as HTML, built in Python: a page of 130 fields costs a few milliseconds, a template loop ten times that.

Every text that comes from data or from the book goes through `escape`. Names of inputs: `crf.forms`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from trialsite.web.figures import moment
from trialsite.web.marks import icon

from .conditions import specialised
from .fields import CrfField
from .wording import limit_text

if TYPE_CHECKING:
    from .selectors.findings import ShownFinding


@dataclass(frozen=True, slots=True)
class FieldQuery:
    """One query at a place of a form, in the words of the reader."""

    code: str
    href: str
    path: str
    label: str
    question: str
    state: str
    state_label: str
    who: str
    rule: str
    endpoint: bool
    age: int

    @property
    def waits(self) -> bool:
        """For the site."""
        return self.state in ("OPEN", "REOPENED")

    @property
    def answered(self) -> bool:
        return self.state == "ANSWERED"

    @property
    def stands(self) -> bool:
        return self.waits or self.answered


@dataclass(slots=True)
class FieldQueries:
    """What is asked at one place of a form; `url` lists it and takes another question."""

    url: str
    path: str
    lines: list[FieldQuery] = dataclass_field(default_factory=list)

    @property
    def href(self) -> str:
        return f"{self.url}?path={self.path}"

    @property
    def waiting(self) -> int:
        return sum(one.waits for one in self.lines)

    @property
    def answered(self) -> int:
        return sum(one.answered for one in self.lines)


@dataclass(frozen=True, slots=True)
class FieldMark:
    """That a value was compared with the source, or changed since."""

    said: str
    changed: bool = False


SEGMENTS = 5  # up to this many options are buttons, more are a list
CONFIRM_REASONS = ("SOURCE", "REPEATED", "CLINICAL", "OTHER")


@dataclass(slots=True)
class Box:
    """One field on a page: where it is, what stands in it, what is said about it."""

    field: CrfField
    path: str
    name: str
    raw: Any = ""
    value: Any = None
    missing: str = ""
    shown: bool = True
    condition: str = ""  # JSON for the browser
    error: str = ""
    findings: list[ShownFinding] = dataclass_field(default_factory=list)
    chosen: Mapping[str, str] = dataclass_field(
        default_factory=dict
    )  # reasons picked and not saved, by confirm name
    unanswered: bool = False  # asked, and left open by an earlier save or by what was posted
    changed: bool = False
    history: str = ""
    queries: FieldQueries | None = None
    verified: FieldMark | None = None
    editable: bool = True
    options: list[tuple[str, str]] = dataclass_field(default_factory=list)
    prior: str = ""
    in_table: bool = False
    listed: bool = False  # a list even where buttons would do

    @property
    def id(self) -> str:
        return anchor(self.path)

    @property
    def wrong(self) -> bool:
        """Said of it: this cannot be."""
        return bool(self.error) or any(one.hard for one in self.findings)

    @property
    def to_confirm(self) -> bool:
        return any(one.open and not one.hard and one.confirm_name not in self.chosen for one in self.findings)

    @property
    def classes(self) -> str:
        """Of the element around the field: how it stands with it."""
        said = {
            "f-derived": self.field.derived and not self.in_table,
            "error": self.wrong,
            "soft-open": self.to_confirm,
            "is-missing": bool(self.missing),
        }
        return " ".join(["f", *(name for name, holds in said.items() if holds)])


def anchor(path: str) -> str:
    """The id of a field's element, which links lead to."""
    return "f-" + path.replace(":", "-").replace("/", "-")


def confirm_reasons() -> list[tuple[str, str]]:
    return [
        ("SOURCE", _("Checked against the source")),
        ("REPEATED", _("Measured again")),
        ("CLINICAL", _("Expected in this situation")),
        ("OTHER", _("Confirmed by the investigator")),
    ]


def condition_json(crf_field: CrfField, on_page: set[str], lookup: Callable[[str], Any]) -> str:
    tree = crf_field.requirement.when
    return json.dumps(specialised(tree, on_page, lookup), separators=(",", ":")) if tree else ""


def field_html(box: Box) -> str:
    """A whole field: label with flag and marks, input, hint, error, soft finding."""
    crf_field = box.field
    condition = f' data-when="{escape(box.condition)}"' if box.condition else ""
    hidden = "" if box.shown else " hidden"
    required = required_html(box)
    condition += _data_value(box)
    return (
        f'<div class="{box.classes}" data-name="{crf_field.name}" data-kind="{crf_field.kind}" '
        f'data-path="{escape(box.path)}" id="{box.id}"{condition}{required}{hidden}>{_head(box)}'
        f'<div class="f-input">{input_html(box)}</div>{_hint(box)}{said_html(box)}</div>'
    )


def required_html(box: Box) -> str:
    """Marks what the page counts as left to answer; nothing on a page that cannot be answered."""
    asked = box.editable and not box.field.derived and not box.field.requirement.optional
    return " data-required" if asked else ""


def _data_value(box: Box) -> str:
    """A value that is shown and not typed still answers the conditions that read it."""
    if not box.field.derived and box.editable:
        return ""
    return f' data-value="{escape(box.field.to_text(box.value))}"'


def _grouped(box: Box) -> bool:
    kind = box.field.kind
    return (
        box.editable
        and not box.field.derived
        and (kind in ("date", "pdate") or is_segmented(box) or kind == "multi")
    )


def is_segmented(box: Box) -> bool:
    if box.field.kind != "code" or box.listed or len(box.options) > SEGMENTS:
        return False
    # In a grid only short answers are buttons: a column must stay narrow.
    return not box.in_table or sum(len(label) for _code_, label in box.options) <= 26


def _head(box: Box) -> str:
    label = f'<span class="f-label" id="l-{box.id}">{escape(box.field.label)}</span>'
    if box.editable and not _grouped(box) and not box.field.derived:
        label = f'<label class="f-label" for="i-{box.id}">{escape(box.field.label)}</label>'
    flag = ""
    if box.field.derived:
        flag = f'<span class="f-flag">{escape(_("calculated"))}</span>'
    elif box.field.requirement.optional:
        flag = f'<span class="f-flag">{escape(_("optional"))}</span>'
    elif box.unanswered:
        flag = f'<span class="f-flag req" data-flag>{escape(_("required"))}</span>'
    return f'<div class="f-head">{label}{flag}{marks_html(box)}</div>'


def marks_html(box: Box) -> str:
    """History, queries and verification of this field, one click away."""
    return _history_mark(box) + query_mark_html(box) + verified_mark_html(box)


def _history_mark(box: Box) -> str:
    if not box.history:
        return ""
    used = " used" if box.changed else ""
    name = escape(_("History of %(field)s") % {"field": box.field.label})
    return (
        f'<a class="mark mark-history{used}" href="{escape(box.history)}" title="{name}" aria-label="{name}" '
        f"data-drawer>{icon('history')}</a>"
    )


def query_mark_html(box: Box) -> str:
    """How many queries wait at the field, filled for the site and outlined when answered; pale when none stands."""
    asked = box.queries
    if asked is None:
        return ""
    if asked.waiting:
        said, shown = _("%(n)s open: queries of %(field)s"), f'<span class="bub">{asked.waiting}</span>'
    elif asked.answered:
        said, shown = (
            _("%(n)s answered: queries of %(field)s"),
            f'<span class="bub ans">{asked.answered}</span>',
        )
    else:
        said, shown = _("Queries of %(field)s"), icon("query")
    name = escape(said % {"n": asked.waiting or asked.answered, "field": box.field.label})
    used = " used" if asked.lines else ""
    return (
        f'<a class="mark mark-query{used}" href="{escape(asked.href)}" title="{name}" aria-label="{name}" data-drawer '
        f'data-query-mark="{escape(box.path)}">{shown}</a>'
    )


def verified_mark_html(box: Box) -> str:
    if box.verified is None:
        return ""
    glyph = "sdvhalf" if box.verified.changed else "sdv"
    said = escape(box.verified.said)
    return f'<span class="mark mark-sdv" title="{said}">{icon(glyph, box.verified.said)}</span>'


def input_html(box: Box) -> str:
    """The input alone (grids use it without label); a value when it cannot be edited."""
    if box.field.derived or not box.editable:
        return value_html(box)
    made = INPUTS.get(box.field.kind, _line)(box)
    return made + missing_html(box)


def value_html(box: Box) -> str:
    if box.missing:
        from .fields import missing_label

        return f'<span class="f-value none">{escape(missing_label(box.missing))}</span>'
    shown = box.field.display(box.value)
    live = f' data-live="{escape(box.path)}"' if box.field.derived else ""  # replaced while others are typed
    if not shown:
        return f'<span class="f-value none"{live}>–</span>'
    return f'<span class="f-value"{live}>{escape(shown)}</span>'


def _described(box: Box) -> str:
    parts = [f"e-{box.id}"] if box.error else []
    parts += [f"h-{box.id}"] if _hint_text(box) else []
    described = f' aria-describedby="{" ".join(parts)}"' if parts else ""
    if box.in_table and not _grouped(box):
        described += f' aria-label="{escape(box.field.label)}"'
    return described + (' aria-invalid="true"' if box.error else "")


def _segments(box: Box) -> str:
    items = []
    for number, (code, label) in enumerate(box.options, 1):
        checked = " checked" if box.raw == code else ""
        items.append(
            f'<label class="seg-opt"><input type="radio" name="{box.name}" value="{escape(code)}"{checked} '
            f'data-key="{number}"><span>{escape(label)}</span></label>'
        )
    return _group(box, "seg", items)


def _group(box: Box, css: str, items: list[str]) -> str:
    return f'<fieldset class="{css}" {_named(box)}{_described(box)}>{"".join(items)}</fieldset>'


def _named(box: Box) -> str:
    """The name of a group of inputs: its visible label; in a table the column has it, so it is said."""
    return f'aria-label="{escape(box.field.label)}"' if box.in_table else f'aria-labelledby="l-{box.id}"'


def _code(box: Box) -> str:
    if is_segmented(box):
        return _segments(box)
    return _select(box)


def _select(box: Box) -> str:
    known = {code for code, _label in box.options}
    options = ['<option value=""></option>']
    if box.raw and box.raw not in known:  # a code that is not in the list stays visible beside its error
        options.append(f'<option value="{escape(box.raw)}" selected>{escape(box.raw)}</option>')
    for code, label in box.options:
        selected = " selected" if box.raw == code else ""
        options.append(f'<option value="{escape(code)}"{selected}>{escape(label)}</option>')
    attributes = f'id="i-{box.id}" name="{box.name}"{_described(box)}'
    return f'<select class="form-select form-select-sm" {attributes}>{"".join(options)}</select>'


def _multi(box: Box) -> str:
    chosen = set(box.raw.split(";")) if isinstance(box.raw, str) else set(box.raw or ())
    items = []
    for code, label in box.options:
        checked = " checked" if code in chosen else ""
        items.append(
            f'<label class="seg-opt"><input type="checkbox" name="{box.name}" value="{escape(code)}"{checked}>'
            f"<span>{escape(label)}</span></label>"
        )
    return _group(box, "seg seg-multi", items)


def _date(box: Box) -> str:
    year, month, day = box.raw if isinstance(box.raw, tuple | list) else (box.raw or "", "", "")
    if month.isdigit() and 1 <= int(month) <= 12:
        month = _month_name(int(month))
    boxes = {
        "d": (day, 5, _("Day")),
        "m": (month, 5, _("Month")),
        "y": (year, 4, _("Year")),
    }
    chinese = (get_language() or "").startswith("zh")
    order = "ymd" if chinese else "dmy"
    separators = {"y": "年", "m": "月", "d": "日"} if chinese else {}
    html = []
    for part in order:
        raw, size, label = boxes[part]
        first = f' id="i-{box.id}"' if part == order[0] else ""
        html.append(
            f'<input class="form-control {part}" name="{box.name}__{part}" value="{escape(raw)}" inputmode="numeric" '
            f'autocomplete="off" maxlength="10" placeholder="{_placeholder(part)}" size="{size}" '
            f'aria-label="{escape(box.field.label)}: {escape(label)}"{first}{_described(box)}>'
        )
        if separators:
            html.append(f'<span class="sep">{separators[part]}</span>')
    partial = int(box.field.kind == "pdate")
    return f'<span class="pdate" role="group" {_named(box)} data-partial="{partial}">{"".join(html)}</span>'


def _month_name(number: int) -> str:
    """`Apr` in English: the month cannot be taken for the day. `4` in Chinese, where 月 follows."""
    if (get_language() or "").startswith("zh"):
        return str(number)
    return ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"][number - 1]


def _placeholder(part: str) -> str:
    return {"y": _("yyyy"), "m": _("mm"), "d": _("dd")}[part]


def _number(box: Box) -> str:
    mode = "numeric" if box.field.kind == "int" else "decimal"
    unit = f'<span class="unit">{escape(box.field.unit_text)}</span>' if box.field.unit else ""
    return (
        f'<span class="num"><input id="i-{box.id}" name="{box.name}" value="{escape(box.raw or "")}" inputmode="{mode}" '
        f'autocomplete="off" size="8"{_described(box)}>{unit}</span>'
    )


def _line(box: Box) -> str:
    length = getattr(box.field, "max_length", None) or 200
    size = min(max(length, 6), 26 if box.in_table else 48)
    return (
        f'<input class="form-control" id="i-{box.id}" name="{box.name}" value="{escape(box.raw or "")}" '
        f'maxlength="{length}" size="{size}" autocomplete="off"{_described(box)}>'
    )


def _long(box: Box) -> str:
    attributes = f'id="i-{box.id}" name="{box.name}"{_described(box)}'
    return f'<textarea class="form-control" rows="3" {attributes}>{escape(box.raw or "")}</textarea>'


def _time(box: Box) -> str:
    return (
        f'<input class="form-control" id="i-{box.id}" name="{box.name}" value="{escape(box.raw or "")}" inputmode="numeric" '
        f'size="6" maxlength="8" placeholder="{escape(_("hh:mm"))}" autocomplete="off"{_described(box)}>'
    )


def _ref(box: Box) -> str:
    if box.options:
        return _select(box)
    return (
        f'<input class="form-control" id="i-{box.id}" name="{box.name}" value="{escape(box.raw or "")}" size="10" '
        f'autocomplete="off"{_described(box)}>'
    )


def _result(box: Box) -> str:
    """A laboratory result: a number, or the codes that the analyte of the line may have."""
    return _select(box) if box.options else _number(box)


INPUTS: Mapping[str, Callable[[Box], str]] = {
    "unit": _select, "result": _result,
    "code": _code, "multi": _multi, "date": _date, "pdate": _date, "int": _number, "dec": _number, "text": _line,
    "long": _long, "time": _time, "ref": _ref,
}  # fmt: skip


def missing_html(box: Box) -> str:
    """Reasons why a value is missing, where the book allows them; typed reasons stay typed reasons."""
    if not box.field.missing:
        return ""
    return (
        f'<span class="miss"><select class="form-select form-select-sm" name="{box.name}__miss" '
        f'aria-label="{escape(_("Reason why missing: %(field)s") % {"field": box.field.label})}">'
        f"{_missing_options(box.field.missing, box.missing, get_language() or 'en')}</select></span>"
    )


@lru_cache(maxsize=256)
def _missing_options(codes: tuple[str, ...], chosen: str, language: str) -> str:
    from .fields import missing_label

    options = [f'<option value="">{escape(_("has a value"))}</option>']
    for code in codes:
        selected = " selected" if code == chosen else ""
        options.append(f'<option value="{code}"{selected}>{escape(missing_label(code))}</option>')
    return "".join(options)


def _hint_text(box: Box) -> str:
    return _hint_of(box.field, get_language() or "en") if box.editable and not box.field.derived else ""


@lru_cache(maxsize=2048)
def _hint_of(crf_field: CrfField, language: str) -> str:
    if crf_field.hint:
        return str(crf_field.hint)
    if crf_field.kind == "ref" and getattr(crf_field, "to", "").startswith("AE"):
        return _("Number of the row in the adverse-event log")
    if crf_field.kind in ("int", "dec") and crf_field.book_soft != "-":
        return _("usually %(limit)s") % {"limit": limit_text(crf_field, crf_field.book_soft)}
    return ""


def _hint(box: Box) -> str:
    text = _hint_text(box)
    return f'<p class="f-hint" id="h-{box.id}">{escape(text)}</p>' if text else ""


def said_html(box: Box) -> str:
    """What is wrong with the field, then what the checks say of it; the script puts its own words at the same places."""
    said = error_html(box) + f'<div class="f-said" data-said>{findings_html(box)}</div>'
    return said + queries_html(box) + changed_html(box)


def queries_html(box: Box) -> str:
    """What is asked at the field. A check whose words stand above is named, not repeated."""
    if box.queries is None:
        return ""
    told = {one.rule for one in box.findings if one.open}
    lines = "".join(_query_line(one, one.rule in told) for one in box.queries.lines if one.stands)
    return f'<div class="f-queries" data-queries-at="{escape(box.path)}">{lines}</div>'


def _query_line(one: FieldQuery, told: bool) -> str:
    shown = f'<span class="bub{" ans" if one.answered else ""}" aria-hidden="true">{"✓" if one.answered else "?"}</span>'
    words = "" if told else f' <span class="q-words">{escape(one.question)}</span>'
    from_whom = escape(one.state_label if told else f"{one.who} · {one.state_label}")
    return (
        f'<p class="q-at">{shown}{words} <a href="{escape(one.href)}" data-drawer>{escape(one.code)}</a> '
        f'<span class="text-mid small">{from_whom}</span></p>'
    )


def changed_html(box: Box) -> str:
    """The value is not the one that was verified."""
    if box.verified is None or not box.verified.changed:
        return ""
    return f'<p class="f-hint sdv-changed">{icon("sdvhalf", "", "c-sdv")} {escape(box.verified.said)}</p>'


def error_html(box: Box) -> str:
    return f'<p class="f-error" id="e-{box.id}">{escape(box.error)}</p>' if box.error else ""


def findings_html(box: Box) -> str:
    """Hard ones in the style of an error, soft ones to be confirmed where they stand, confirmed ones with who and why."""
    return "".join(_finding(box, number, one) for number, one in enumerate(box.findings, 1))


def _finding(box: Box, number: int, finding: ShownFinding) -> str:
    words = escape(finding.message)
    rule = f' <span class="rule-id">{escape(finding.rule)}</span>' if finding.rule.startswith("CK-") else ""
    if finding.hard:
        return f'<p class="f-error finding">{icon("due", "", "c-query")} {words}{rule}</p>'
    if not finding.open:
        return _confirmed(finding, words)
    ask = (
        confirm_html(f"c-{box.id}-{number}", finding, box.chosen.get(finding.confirm_name, ""))
        if box.editable
        else ""
    )
    return f'<div class="soft">{icon("due", "", "c-due")} <span>{words}{rule}</span>{ask}</div>'


def _confirmed(finding: ShownFinding, words: str) -> str:
    said = escape(_("Confirmed: %(reason)s") % {"reason": finding.reason})
    who = " · ".join(escape(part) for part in (finding.by, moment(finding.at) if finding.at else "") if part)
    return (
        f'<p class="f-hint confirmed">{icon("comp", "", "c-comp")} {said}'
        f'{f" ({who})" if who else ""} <span class="was-said">{words}</span></p>'
    )


def confirm_html(id: str, finding: ShownFinding, chosen: str) -> str:
    """Two clicks: "Confirm value" opens the reasons in place, one of them is picked. Works without script."""
    reasons = [label for _code_, label in confirm_reasons()]
    if chosen and chosen not in reasons:  # picked in the other language
        reasons.append(chosen)
    picks = "".join(
        f'<label class="seg-opt"><input type="radio" name="{escape(finding.confirm_name)}" value="{escape(label)}"'
        f"{' checked' if label == chosen else ''} data-no-answer><span>{escape(label)}</span></label>"
        for label in reasons
    )
    return (
        f'<details class="confirm" data-confirm{" open" if chosen else ""}>'
        f'<summary class="btn btn-quiet btn-sm" id="{id}">{escape(_("Confirm value"))}</summary>'
        f'<fieldset class="seg" aria-label="{escape(_("Reason for keeping the value"))}">{picks}</fieldset></details>'
    )


def fields_html(boxes: Iterable[Box]) -> SafeString:
    return mark_safe('<div class="fields">' + "".join(field_html(box) for box in boxes) + "</div>")  # noqa: S308


# --- repeating sections -----------------------------------------------------------------------------------------


def row_head_html(title: str, number: str, section: str, key: str, removable: bool) -> str:
    """Title of a row card with its removal, which asks for a reason in place."""
    removal = ""
    if removable:
        removal = remove_html(section, key)
    elif key.startswith(("n", "__")):
        removal = new_row_remove_html()
    return f'<div class="row-head"><span>{escape(title)}</span><span class="text-mid">{escape(number)}</span>{removal}</div>'


def remove_html(section: str, key: str) -> str:
    name = f"{section}.{key}."
    return (
        f'<details class="actions remove"><summary class="btn btn-quiet btn-sm">{escape(_("Remove"))}</summary>'
        f'<span class="remove-reason"><label><input type="checkbox" name="{name}-remove" value="1"> '
        f"{escape(_('Remove this row'))}</label>"
        f'<input class="form-control" name="{name}-reason" maxlength="200" placeholder="{escape(_("Reason"))}" '
        f'aria-label="{escape(_("Reason for removal"))}"></span></details>'
    )


def new_row_remove_html() -> str:
    """Takes away a row that was never saved; with script only, since an empty row is not stored anyway."""
    name = escape(_("Remove this row"))
    return (
        f'<span class="actions"><button type="button" class="icon-btn" data-remove-row aria-label="{name}" title="{name}">'
        f"{icon('trash')}</button></span>"
    )


def row_card_html(
    title: str, number: str, section: str, key: str, boxes: list[Box], removable: bool, new: bool
) -> str:
    css = "row-card new" if new else "row-card"
    head = row_head_html(title, number, section, key, removable)
    return f'<div class="{css}" data-row="{escape(key)}">{head}{fields_html(boxes)}</div>'


def table_head_html(boxes: list[Box], titled: bool, removable: bool) -> str:
    cells = [f'<th scope="col">{escape(_("Item"))}</th>'] if titled else []
    for box in boxes:
        flag = (
            f' <span class="f-flag">{escape(_("optional"))}</span>' if box.field.requirement.optional else ""
        )
        unit = f" ({escape(box.field.unit_text)})" if box.field.unit and box.field.derived else ""
        cells.append(f'<th scope="col">{escape(box.field.label)}{unit}{flag}</th>')
    if removable:
        cells.append(f'<th scope="col"><span class="visually-hidden">{escape(_("Remove"))}</span></th>')
    return f"<thead><tr>{''.join(cells)}</tr></thead>"


def table_row_html(
    title: str, section: str, key: str, boxes: list[Box], titled: bool, removable: bool, new: bool
) -> str:
    cells = [f'<th scope="row">{escape(title)}</th>'] if titled else []
    for box in boxes:
        condition = f' data-when="{escape(box.condition)}"' if box.condition else ""
        required = required_html(box)
        condition += _data_value(box)
        box.in_table = True
        inner = input_html(box)
        hidden = "" if box.shown else " hidden"
        cells.append(
            f'<td><div class="{box.classes}" data-name="{box.field.name}" data-kind="{box.field.kind}" '
            f'data-path="{escape(box.path)}" '
            f'id="{box.id}"{condition}{required}{hidden}><div class="f-input">{inner}{marks_html(box)}</div>'
            f"{said_html(box)}</div></td>"
        )
    if removable:
        cells.append(f"<td>{new_row_remove_html() if new else remove_html(section, key)}</td>")
    css = ' class="new"' if new else ""
    return f'<tr data-row="{escape(key)}"{css}>{"".join(cells)}</tr>'
