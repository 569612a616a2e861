"""A log as a table: one line per event, medication, procedure …, readable without opening it (ux 3.8)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crf.models import Draft, FormInstance
from crf.naming import form_url
from crf.registry import FormDef, form_def
from crf.schedule import LINES_OF
from crf.selectors.references import NAMED_BY
from crf.selectors.sheets import casebook, fill
from crf.sheets import Sheet
from crf.span_figure import Scale, span_figure
from trialsite.kernel.partial_date import PartialDate
from trialsite.kernel.study import study
from trialsite.web import figures, marks

RELATED = ("DEFINITE", "PROBABLE", "POSSIBLE")
DRUGS = {"oxa": "OXA", "llv": "LLV", "fu": "FU", "cam": "CAM", "apa": "APA"}
UNCHANGED = (None, "DOSE_NOT_CHANGED", "NA")
GLYPHS = {"EXPECTED": "none", "IN_PROGRESS": "prog", "COMPLETE": "comp"}


@dataclass(slots=True)
class LogLine:
    """One line of a log with what its envelope says."""

    form: FormInstance
    sheet: Sheet
    definition: FormDef
    today: dt.date
    scale: Scale | None = None
    draft: bool = False
    cells: list[tuple[str, SafeString]] = field(default_factory=list)

    @property
    def number(self) -> int:
        return self.form.repeat

    @property
    def href(self) -> str:
        return form_url(self.form)

    @property
    def name(self) -> str:
        return str(self.sheet.get(NAMED_BY[self.definition.code]) or "")

    @property
    def glyph(self) -> str:
        if self.form.locked:
            return "lock"
        return GLYPHS[self.form.status]

    @property
    def marks(self) -> SafeString:
        """State, queries and marks: shape and number, named for readers of the screen."""
        form = self.form
        queries = marks.bubble(0 if form.locked else form.query_open)
        queries += marks.bubble(form.query_answered, answered=True)
        draft = f' <span class="badge-st prog">{escape(_("Draft"))}</span>' if self.draft else ""
        held = marks.marks(
            verified=form.verified == "V", signed=form.signed == "S", frozen=form.frozen and not form.locked
        )
        return SafeString(f"{marks.status(self.glyph)} {queries}{draft} {held}".strip())

    def get(self, name: str) -> Any:
        return self.sheet.get(name)

    def text(self, name: str) -> SafeString:
        """A value in the reader's language, or why it is missing, or nothing."""
        value, missing = self.sheet.get(name), self.sheet.missing.get(name)
        if value is None and missing:
            return SafeString(f'<span class="text-mid">{escape(missing)}</span>')
        if isinstance(value, PartialDate | dt.date):
            return SafeString(escape(figures.day(str(value))))
        return SafeString(escape(self.definition.fields[name].display(value)))

    def is_on(self, name: str) -> bool:
        return self.sheet.get(name) == "Y"

    @property
    def grade(self) -> int:
        grade = self.sheet.get("aetoxgr") or self.sheet.get("mhtoxgr") or ""
        return int(grade) if str(grade).isdigit() else 0


Cell = Callable[[LogLine], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `sort`: what the table may be sorted by; `minor`: gives way while a line is open beside the log."""

    key: str
    title: Any
    cell: Cell
    sort: Callable[[LogLine], Any] | None = None
    minor: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    key: str
    title: Any
    keeps: Callable[[LogLine], bool]


# --- cells ------------------------------------------------------------------------------------------------------------


def _shown(name: str) -> Cell:
    return lambda line: line.text(name)


def _term(name: str, *coded: str) -> Cell:
    """What was reported, with the coded term below it when that says something else."""

    def cell(line: LogLine) -> SafeString:
        said = line.text(name)
        below = next((line.text(other) for other in coded if line.get(other)), SafeString(""))
        extra = f'<small class="d-block text-mid">{below}</small>' if below and below != said else ""
        return SafeString(f"{said or escape(_('no term yet'))}{extra}")

    return cell


def _start_key(name: str) -> Callable[[LogLine], Any]:
    return lambda line: _earliest(line.get(name)) or dt.date.max


def _earliest(value: Any) -> dt.date | None:
    return value.earliest if isinstance(value, PartialDate) else value


def _latest(value: Any) -> dt.date | None:
    return value.latest if isinstance(value, PartialDate) else value


def _end(end: str, ongoing: str = "") -> Cell:
    """The end, or that it continues: never an empty cell for something that goes on."""

    def cell(line: LogLine) -> SafeString:
        if ongoing and line.is_on(ongoing):
            return SafeString(f"{marks.icon('right', '', 'c-prog')} {escape(_('continues'))}")
        return line.text(end)

    return cell


def _grade(line: LogLine) -> SafeString:
    """The grade; from 3 on with a sign that does not need its colour."""
    if not line.grade:
        return SafeString("")
    words = line.definition.fields["aetoxgr" if "aetoxgr" in line.definition.fields else "mhtoxgr"]
    name = escape(words.display(str(line.grade)))
    if line.grade < 3:
        return SafeString(f'<span title="{name}">{line.grade}</span>')
    sign = marks.icon("up", _("Grade 3 or higher"), "i-sm")
    return SafeString(f'<span class="badge-st strong" title="{name}">{sign} {line.grade}</span>')


def _related(line: LogLine) -> SafeString:
    """The drugs that may have caused it, and the operation."""
    names = {**DRUGS, "surg": _("surgery")}
    found = [(name, line.get(f"aerel_{key}")) for key, name in names.items()]
    answered = [(name, code) for name, code in found if code]
    if not answered:
        return SafeString("")
    codes = line.definition.fields["aerel_oxa"]
    related = [
        f'<span class="nowrap" title="{escape(codes.display(code))}">{escape(name)} ✓</span>'
        for name, code in answered
        if code in RELATED
    ]
    return SafeString(" ".join(related) or f'<span class="text-mid">{escape(_("none"))}</span>')


def _action(line: LogLine) -> SafeString:
    """What was done with which drug; nothing else is said."""
    found: dict[str, list[str]] = {}
    for key, name in DRUGS.items():
        code = line.get(f"aeacn_{key}")
        if code not in UNCHANGED:
            words = line.definition.fields[f"aeacn_{key}"].display(code).split(" (")[0]
            found.setdefault(words, []).append(name)
    if found:
        said = "; ".join(f"{words}: {', '.join(names)}" for words, names in found.items())
        return SafeString(escape(said))
    answered = any(line.get(f"aeacn_{key}") for key in DRUGS)
    return SafeString(f'<span class="text-mid">{escape(_("none"))}</span>') if answered else SafeString("")


def _serious(line: LogLine) -> SafeString:
    if not line.is_on("aeser"):
        return SafeString(f'<span class="text-mid">{line.text("aeser")}</span>')
    said = f'<span class="badge-st strong">{marks.icon("bolt", "", "i-sm")} {line.text("aeser")}</span>'
    path = sae_path(line.sheet, line.today)
    if path and path.state in ("due", "prog"):
        said += f'<small class="d-block c-due nowrap">{escape(path.short)}</small>'
    return SafeString(said)


def _dose(line: LogLine) -> SafeString:
    parts = [line.text(name) for name in ("cmdose", "cmdosu", "cmdosfrq", "cmroute")]
    return SafeString(" ".join(part for part in parts if part))


def _reason(*names: str) -> Cell:
    """Why it was given, with the line of another log that it belongs to."""

    def cell(line: LogLine) -> SafeString:
        kind, *more = names
        words = [line.text(kind)] + [SafeString(escape(_reference(line.get(n), n, line))) for n in more]
        return SafeString(" ".join(word for word in words if word))

    return cell


def _reference(value: Any, name: str, line: LogLine) -> str:
    if not value:
        return ""
    return str(value).replace(":", " #") if line.definition.fields[name].kind == "ref" else str(value)


def _bar(start: str, end: str, ongoing: str = "") -> Cell:
    """When it was, against the cycles."""

    def cell(line: LogLine) -> SafeString:
        first = _earliest(line.get(start))
        if line.scale is None or first is None:
            return SafeString("")
        goes_on = bool(ongoing) and line.is_on(ongoing)
        last = line.today if goes_on else _latest(line.get(end)) or _latest(line.get(start))
        return span_figure(line.scale, first, last or first, goes_on=goes_on, strong=line.grade >= 3)

    return cell


# --- the logs ---------------------------------------------------------------------------------------------------------

START, END, STATE = gettext_lazy("Start"), gettext_lazy("End"), gettext_lazy("State")

COLUMNS: Mapping[str, Sequence[Column]] = {
    "AE": (
        Column("term", gettext_lazy("Event as reported"), _term("aeterm", "ae_ctcae"), lambda x: x.name.lower()),
        Column("grade", gettext_lazy("Grade"), _grade, lambda x: -x.grade),
        Column("start", START, _shown("aestdat"), _start_key("aestdat")),
        Column("end", END, _end("aeendat", "aeongo"), lambda x: _earliest(x.get("aeendat")) or dt.date.max),
        Column("bar", gettext_lazy("Against the cycles"), _bar("aestdat", "aeendat", "aeongo"), minor=True),
        Column("related", gettext_lazy("Related to"), _related),
        Column("action", gettext_lazy("Action taken"), _action, minor=True),
        Column("serious", gettext_lazy("Serious"), _serious, lambda x: not x.is_on("aeser")),
    ),
    "CM": (
        Column("term", gettext_lazy("Medication"), _term("cmtrt", "cmdecod"), lambda x: x.name.lower()),
        Column("cat", gettext_lazy("Category"), _shown("cmcat"), lambda x: x.get("cmcat") or ""),
        Column("dose", gettext_lazy("Dose"), _dose, minor=True),
        Column("start", START, _shown("cmstdat"), _start_key("cmstdat")),
        Column("end", END, _end("cmendat", "cmongo"), lambda x: _earliest(x.get("cmendat")) or dt.date.max),
        Column("bar", gettext_lazy("Against the cycles"), _bar("cmstdat", "cmendat", "cmongo"), minor=True),
        Column("why", gettext_lazy("Given for"), _reason("cm_indtype", "cmaeno", "cmmhno", "cmindc")),
    ),
    "MH": (
        Column("term", gettext_lazy("Condition"), _term("mhterm", "mhdecod"), lambda x: x.name.lower()),
        Column("cat", gettext_lazy("Category"), _shown("mhcat"), lambda x: x.get("mhcat") or ""),
        Column("start", START, _shown("mhstdat"), _start_key("mhstdat")),
        Column("end", END, _end("mhendat", "mhongo"), lambda x: _earliest(x.get("mhendat")) or dt.date.max),
        Column("grade", gettext_lazy("Grade"), _grade, lambda x: -x.grade),
        Column("control", gettext_lazy("Controlled"), _shown("mhctrl"), minor=True),
    ),
    "PR": (
        Column("term", gettext_lazy("Procedure"), _term("prtrt"), lambda x: x.name.lower()),
        Column("cat", gettext_lazy("Category"), _shown("prcat"), lambda x: x.get("prcat") or ""),
        Column("start", gettext_lazy("Date"), _shown("prstdat"), _start_key("prstdat")),
        Column("end", END, _end("prendat"), minor=True),
        Column("bar", gettext_lazy("Against the cycles"), _bar("prstdat", "prendat"), minor=True),
        Column("why", gettext_lazy("Done for"), _reason("pr_indtype", "praeno", "prindc")),
    ),
    "DV": (
        Column("term", gettext_lazy("Description"), _term("dvterm"), lambda x: x.name.lower()),
        Column("cat", gettext_lazy("Category"), _shown("dvdecod"), lambda x: x.get("dvdecod") or ""),
        Column("start", START, _shown("dvstdat"), _start_key("dvstdat")),
        Column("end", END, _shown("dvendat"), minor=True),
        Column("visit", gettext_lazy("Visit"), _shown("dv_visit"), minor=True),
        Column("severity", gettext_lazy("Severity"), _shown("dv_sev"), lambda x: x.get("dv_sev") or ""),
        Column("source", gettext_lazy("Detected by"), _shown("dv_src"), minor=True),
    ),
}  # fmt: skip

UNFINISHED = Filter("open", gettext_lazy("Unfinished"), lambda line: line.glyph in ("none", "prog"))
FILTERS: Mapping[str, Sequence[Filter]] = {
    "AE": (
        Filter("grade3", gettext_lazy("Grade 3 or higher"), lambda line: line.grade >= 3),
        Filter("serious", gettext_lazy("Serious"), lambda line: line.is_on("aeser")),
        Filter("ongoing", gettext_lazy("Continuing"), lambda line: line.is_on("aeongo")),
        UNFINISHED,
    ),
    "CM": (Filter("ongoing", gettext_lazy("Continuing"), lambda line: line.is_on("cmongo")), UNFINISHED),
    "MH": (Filter("ongoing", gettext_lazy("Continuing"), lambda line: line.is_on("mhongo")), UNFINISHED),
    "PR": (UNFINISHED,),
    "DV": (Filter("major", gettext_lazy("Major"), lambda line: line.get("dv_sev") == "MAJOR"), UNFINISHED),
}
EMPTY: Mapping[str, Any] = {
    "AE": gettext_lazy("No adverse event recorded. Confirm none since last visit."),
    "CM": gettext_lazy("No medication recorded. Confirm that none is taken."),
    "MH": gettext_lazy("No condition recorded. Confirm that there is none."),
    "PR": gettext_lazy("No procedure recorded. Confirm that there was none."),
    "DV": gettext_lazy("No deviation recorded. Confirm that there was none."),
}
ADD: Mapping[str, Any] = {
    "AE": gettext_lazy("Add event"),
    "CM": gettext_lazy("Add medication"),
    "MH": gettext_lazy("Add condition"),
    "PR": gettext_lazy("Add procedure"),
    "DV": gettext_lazy("Add deviation"),
}


@dataclass(slots=True)
class Log:
    """Everything that the page of a log shows."""

    code: str
    url: str
    lines: list[LogLine]
    removed: list[LogLine]
    answer: str  # to the question of the head

    @property
    def columns(self) -> Sequence[Column]:
        return COLUMNS[self.code]

    @property
    def empty(self) -> Any:
        return EMPTY[self.code]

    @property
    def add_words(self) -> Any:
        return ADD[self.code]

    @property
    def contradiction(self) -> str:
        """Where the answer of the head and the lines disagree."""
        saved = [line for line in self.lines if line.form.version]
        if self.answer == "N" and saved:
            return _("The question is answered with No, but the log has lines. Correct the answer.")
        if self.answer == "Y" and not saved:
            return _("The question is answered with Yes, but the log has no line yet. Add the first one.")
        return ""

    def filters(self, chosen: str) -> list[tuple[str, Any, int, bool]]:
        """(key, words, number of lines, chosen) for every filter that would keep something."""
        found = [("", _("All"), len(self.lines), not chosen)]
        for one in FILTERS[self.code]:
            n = sum(one.keeps(line) for line in self.lines)
            if n or one.key == chosen:
                found.append((one.key, one.title, n, one.key == chosen))
        return found

    def shown(self, sort: str = "", show: str = "") -> list[LogLine]:
        """The lines that the filter keeps, by number or by the column that was asked for."""
        kept = next((one.keeps for one in FILTERS[self.code] if one.key == show), lambda line: True)
        lines = [line for line in self.lines if kept(line)]
        key = next((c.sort for c in self.columns if c.sort and c.key == sort.lstrip("-")), None)
        if key is not None or sort == "-n":
            lines.sort(key=key or (lambda line: line.number), reverse=sort.startswith("-"))
        return lines


def log_of(head: FormInstance, today: dt.date, answer: str = "") -> Log:
    """The log whose head this form is. A fixed number of queries, however many lines.

    A line that was added and not saved yet is listed while somebody's draft waits for it.
    """
    code = head.form_key
    definition = form_def(LINES_OF[code])
    forms = list(
        FormInstance.objects.filter(participant_id=head.participant_id, form_key=LINES_OF[code], visit=None)
        .order_by("repeat")
    )  # fmt: skip
    new = [f.pk for f in forms if not f.version]
    drafts = set(Draft.objects.filter(form__in=new).values_list("form", flat=True)) if new else set()
    sheets = {f.pk: Sheet(key=f.form_key, form=f.pk, repeat=f.repeat, status=f.status) for f in forms}
    fill(sheets.values())
    scale = scale_of(head.participant_id, sheets.values(), today) if forms else None
    lines = []
    for form in forms:
        form.participant = head.participant
        line = LogLine(form, sheets[form.pk], definition, today, scale, form.pk in drafts)
        line.cells = [(column.key, SafeString(column.cell(line))) for column in COLUMNS[code]]
        lines.append(line)
    waiting = [line for line in lines if line.form.active and (line.form.version or line.draft)]
    gone = [line for line in lines if not line.form.active]
    return Log(code, form_url(head), waiting, gone, answer)


def scale_of(participant: int, sheets: Any, today: dt.date) -> Scale | None:
    """The time that bars are drawn on: from the first cycle or event to today, with the first day of every cycle."""
    book = casebook(participant, ("EC", "ICF"))
    cycles = [(s.visit, s.get("ec_d1dat")) for s in book.all("EC") if s.get("ec_d1dat")]
    begin = book.value("ICF", "icf_dsstdat") or min((day for _v, day in cycles), default=None)
    if begin is None:
        return None
    last = max([day for _v, day in cycles] + [_last(s) for s in sheets if _last(s)] + [begin])
    until = min(today, last + dt.timedelta(days=28)) if last <= today else last
    return Scale(begin, max(until, begin + dt.timedelta(days=14)), tuple((v, d) for v, d in cycles))


def _last(sheet: Sheet) -> Any:
    names = ("aeendat", "aestdat", "cmendat", "cmstdat", "prendat", "prstdat")
    return max((d for d in (_latest(sheet.get(name)) for name in names) if d), default=None)


# --- the report of a serious event ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    done: bool
    text: str


@dataclass(frozen=True, slots=True)
class SaePath:
    """What a serious event still asks for, and its clock: 24 h from awareness (configuration `sae_report_hours`)."""

    state: str  # comp, due (late), prog (running), none (not yet aware)
    short: str
    words: str
    steps: tuple[Step, ...]


CRITERIA = ("aesdth", "aeslife", "aeshosp", "aesdisab", "aescong", "aesmie")


def sae_path(sheet: Sheet, today: dt.date) -> SaePath | None:
    """`None` for an event that is not serious. Days are known, hours are not: the report is due by the next day."""
    if sheet.get("aeser") != "Y":
        return None
    aware, reported = sheet.get("sae_awaredat"), sheet.get("sae_repdat")
    days = -(-int(study()["sae_report_hours"]) // 24)
    state, short, words = _clock(aware, reported, dt.timedelta(days=days), today)
    steps = (
        Step(any(sheet.get(name) == "Y" for name in CRITERIA), _("Seriousness criterion named")),
        Step(aware is not None, _("Site became aware: %(day)s") % {"day": figures.day(aware)}),
        Step(reported is not None, _("Reported to sponsor and ethics committee: %(day)s") % {"day": figures.day(reported)}),
        Step(bool(sheet.get("sae_expected")), _("Expectedness judged")),
        Step(bool(sheet.get("sae_narr")), _("Narrative written")),
    )  # fmt: skip
    return SaePath(state, short, words, steps)


def _clock(
    aware: dt.date | None, reported: dt.date | None, span: dt.timedelta, today: dt.date
) -> tuple[str, str, str]:
    if aware is None:
        return (
            "none",
            _("no awareness date"),
            _("The clock starts on the day on which the site became aware."),
        )
    until = aware + span
    if reported is not None:
        if reported <= until:
            return "comp", _("reported"), _("Reported within %(h)s h.") % {"h": study()["sae_report_hours"]}
        n = (reported - until).days
        late = ngettext("Reported %(n)s day late.", "Reported %(n)s days late.", n) % {"n": n}
        return "comp", late, late
    if today > until:
        n = (today - until).days
        late = ngettext("Report overdue by %(n)s day.", "Report overdue by %(n)s days.", n) % {"n": n}
        return "due", late, late
    due = _("Report by %(day)s (%(h)s h).") % {"day": figures.day(until), "h": study()["sae_report_hours"]}
    return "prog", due, due
