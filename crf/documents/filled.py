"""Pages of a casebook: what was entered, with footnotes to its history, findings, verification and signature."""

from __future__ import annotations

import datetime as dt
import string
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.html import escape
from django.utils.translation import gettext as _

from crf.codelists import MISSING
from crf.ctcae import TERMS
from crf.fields import MISS, Coded, CrfField
from crf.models import FindingState, FormStatus, MarkState
from crf.naming import label_of
from crf.registry import FormDef, SectionDef, form_def
from crf.selectors.history import field_at
from trialsite.accounts.roles import Role
from trialsite.audit.actions import Action
from trialsite.kernel.texts import Text
from trialsite.web.figures import day, number

from .reviewed import SHIELD, Reviewed, asked
from .tongue import Tongue
from .writer import Head, Spot, Writer

TICKED = 6  # so many options are printed with the chosen one ticked; of more, only the chosen one
LABORATORY = "LB2"
PLAIN_NUMBERS = {"lbstresn", "lbornrlo", "lbornrhi"}  # kept with four places, read without the noughts


class Filled(Writer):
    """The forms of one participant, one after the other."""

    def __init__(self, tongue: Tongue, content: Mapping[str, Any]) -> None:
        super().__init__(tongue, mode="casebook", hints=False)
        self.content = content
        self.zone = zoneinfo.ZoneInfo(content["zone"])
        self.sheet: Mapping[str, Any] = {}
        self.lines: dict[tuple[str, int], Mapping[str, Any]] = {}
        self.letters: dict[str, list[str]] = {}
        self.raised: dict[str, list[int]] = {}
        self.asked: dict[str, list[int]] = {}
        self.verified: set[str] = set()
        self.review = Reviewed(tongue, content)
        self.changes: list[tuple[str, Mapping[str, Any]]] = []

    def sheet_page(self, sheet: Mapping[str, Any], head: Head) -> str:
        """One form with everything that is known of it."""
        self.sheet = sheet
        self.lines = {(id, row["row"]): row for id, rows in sheet["rows"].items() for row in rows}
        self._footnotes()
        return self.form(form_def(sheet["key"]), head)

    # --- footnotes ------------------------------------------------------------------------------------------------

    def _footnotes(self) -> None:
        """A letter for each later change of a datum, F and a number for each finding, Q and its number for a query."""
        self.asked = asked(self.sheet["queries"])
        self.verified = {mark["path"] for mark in self.sheet["marks"] if mark["state"] == MarkState.VALID}
        self.letters, self.raised, self.changes = {}, {}, []
        first = next((line["at"] for line in self.sheet["history"]), "")
        for line in self.sheet["history"]:
            if line["at"] == first or line["action"] == Action.FORM_STATUS:
                continue
            letter = letters(len(self.changes))
            self.changes.append((letter, line))
            path = line["path"].removesuffix(MISS).partition("@")[0].rstrip("/")
            self.letters.setdefault(path, []).append(letter)
        for place, finding in enumerate(self.sheet["findings"], 1):
            self.raised.setdefault(finding["path"], []).append(place)

    def _marks(self, path: str) -> str:
        marks = [
            *self.letters.get(path, ()),
            *(f"F{n}" for n in self.raised.get(path, ())),
            *(f"Q{n}" for n in self.asked.get(path, ())),
        ]
        shield = SHIELD if path in self.verified else ""
        return shield + (f"<sup>{escape(' '.join(marks))}</sup>" if marks else "")

    # --- values ---------------------------------------------------------------------------------------------------

    def _datum(self, spot: Spot) -> tuple[str, str]:
        """Text and missing reason of a field at its place."""
        line = self.lines.get((spot.section.id, spot.row), {}) if spot.row else self.sheet
        name = str(spot.field.name)
        if name in self.sheet["esign"]:
            return f"signature:{self.sheet['esign'][name]}", ""
        return line.get("values", {}).get(name, ""), line.get("missing", {}).get(name, "")

    def answer(self, spot: Spot) -> str:
        text, missing = self._datum(spot)
        ticked = isinstance(spot.field, Coded) and spot.field.codelist is not None and not spot.field.derived
        if ticked and text and len(spot.field.options) <= TICKED:  # type: ignore[attr-defined]
            return self._ticks(spot.field, text) + self._marks(spot.path)
        return self._value(spot.field, text, missing) + self._marks(spot.path)

    def cell(self, spot: Spot) -> str:
        text, missing = self._datum(spot)
        return self._value(spot.field, text, missing, unit=False) + self._marks(spot.path)

    def _ticks(self, crf_field: CrfField, text: str) -> str:
        chosen = text.split(";")
        return "".join(
            f'<span class="op"><span class="cb{" on" if code in chosen else ""}">{"×" if code in chosen else ""}</span>'
            f"{self.tongue.inline(label)}</span>"
            for code, label in crf_field.options  # type: ignore[attr-defined]
        )

    def _value(self, crf_field: CrfField, text: str, missing: str, unit: bool = True) -> str:
        if missing:
            return f'<span class="mi">{escape(missing)} {self.tongue.inline(MISSING.codes[missing])}</span>'
        if not text:
            return "–"
        words = self._words(crf_field, text)
        shown = (
            f'<span class="u">{self.tongue.main(crf_field.unit_text)}</span>'
            if unit and crf_field.unit
            else ""
        )
        return f'<span class="val">{words}</span>{shown}'

    def _words(self, crf_field: CrfField, text: str) -> str:
        if isinstance(crf_field, Coded) and crf_field.codelist is not None:
            codes = crf_field.codelist.codes
            return ", ".join(
                self.tongue.inline(codes.get(code, Text(code, code))) for code in text.split(";")
            )
        if crf_field.kind in ("date", "pdate"):
            return escape(day(text))
        if crf_field.kind == "ref":
            return self._reference(text)
        if crf_field.name in PLAIN_NUMBERS:
            return escape(number(text))
        if crf_field.name == "lbtox" and text in TERMS:
            return self.tongue.inline(Text(text, TERMS[text].zh))
        if crf_field.kind == "result":
            return escape(crf_field.display(crf_field.from_text(text)))
        return escape(text).replace("\n", "<br>")

    def _reference(self, text: str) -> str:
        words = self.content["references"].get(text)
        if words:
            return self.tongue.inline(Text(*words))
        log, _sep, number = text.partition(":")
        if log == "signature":
            return escape(self.review.answered(int(number)))
        return escape(f"{log} #{number}" if number else text)

    def _item(self, spot: Spot) -> str:
        """A question that its condition did not ask, and that nobody answered, is left out."""
        if (
            spot.field.requirement.when is not None
            and not any(self._datum(spot))
            and not self._marks(spot.path)
        ):
            return ""
        return super()._item(spot)

    # --- rows -----------------------------------------------------------------------------------------------------

    def rows(self, section: SectionDef, head: Head) -> Sequence[int]:
        held = [row for id, row in self.lines if id == section.id]
        rows = section.rows
        given = rows.numbers(head.repeat) if rows and rows.fixed and section.id != LABORATORY else ()
        return sorted({*held, *given})

    def row_title(self, section: SectionDef, row: int) -> str:
        title = super().row_title(section, row)
        line = self.lines.get((section.id, row))
        if line is None or line["active"]:
            return title
        return f'<span class="off">{title}</span> {escape(_("removed: %(reason)s") % {"reason": line["reason"]})}'

    def _table(self, section: SectionDef, columns: Sequence[CrfField], rows: Any) -> str:
        if section.id == LABORATORY:
            return self._results(section, rows)
        return super()._table(section, columns, rows)

    def widest(self, section: SectionDef) -> int:
        return 99 if section.id == LABORATORY else 10 if section.id == "TA2" else super().widest(section)

    def _results(self, section: SectionDef, rows: Sequence[int]) -> str:
        """A laboratory panel: what was reported, the same in SI units, the range at that time, the grade."""
        heads = (
            _("Test"), _("Result"), _("Unit"), _("SI value"), _("Reference range"), _("Indicator"), _("CTCAE grade"),
            _("Significance"), _("Linked to"), _("Comment"),
        )  # fmt: skip
        top = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
        lines = "".join(f"<tr>{self._result(section, row)}</tr>" for row in rows)
        return f'<table class="gr"><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>'

    def _result(self, section: SectionDef, row: int) -> str:
        fields = {str(f.name): f for f in section.fields}

        def at(*names: str, between: str = " ") -> str:
            spots = [Spot(fields[name], section, row) for name in names]
            shown = [self.cell(spot) for spot in spots if any(self._datum(spot)) or self._marks(spot.path)]
            return between.join(shown) or "–"

        cells = (
            at("lbop", "lborres"), at("lborresu"), at("lbstresn"), at("lbornrlo", "lbornrhi", between=" … "),
            at("lbnrind"), at("lbtoxgr", "lbtox"), at("lbclsig"), at("lb_aeref"), at("lbcom"),
        )  # fmt: skip
        return f'<th scope="row">{self.row_title(section, row)}</th>' + "".join(
            f"<td>{cell}</td>" for cell in cells
        )

    # --- what is known of the form --------------------------------------------------------------------------------

    def below(self, definition: FormDef, head: Head) -> str:
        return (
            self._record(definition) + self._findings(definition) + self._review(definition) + self._state()
        )

    def _title(self, text: str) -> str:
        return f"<h2>{escape(text)}</h2>"

    def _record(self, definition: FormDef) -> str:
        """First entry in one line, every later change in its own."""
        first = [line for line in self.sheet["history"] if line["at"] == self.sheet["history"][0]["at"]]
        entered = [line for line in first if line["action"] in (Action.ENTER, Action.ROW_ADD)]
        offset = dt.datetime.fromisoformat(self.content["at"]).astimezone(self.zone).strftime("%z")
        when = _("When (%(zone)s)") % {"zone": f"{self.content['zone']}, UTC{offset[:3]}:{offset[3:]}"}
        heads = ("", when, _("Who"), _("Field"), _("Before"), _("After"), _("Reason"))
        top = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
        lines = ""
        if first:
            count = _("First entry (%(n)s values)") % {"n": len(entered)}
            lines = _row(
                "",
                self._moment(first[0]["at"]),
                _person(first[0]),
                _("All fields"),
                "–",
                count,
                first[0]["reason"],
            )
        lines += "".join(self._change(definition, letter, line) for letter, line in self.changes)
        if not lines:
            return (
                self._title(_("History of this form"))
                + f'<p class="note">{escape(_("Nothing is recorded."))}</p>'
            )
        note = escape(_("Calculated values follow from these and are in the audit trail."))
        return (
            f'{self._title(_("History of this form"))}<table class="au"><thead><tr>{top}</tr></thead>'
            f'<tbody>{lines}</tbody></table><p class="note">{note}</p>'
        )

    def _change(self, definition: FormDef, letter: str, line: Mapping[str, Any]) -> str:
        path = line["path"]
        bare = path.partition("@")[0].rstrip("/")
        crf_field = field_at(definition, bare) if bare else None
        label = label_of(definition, bare) if bare else str(Action(line["action"]).label)
        old, new = (self._plain(crf_field, path, line[side]) for side in ("old", "new"))
        if line["action"] in (Action.ROW_REMOVE, Action.ROW_RESTORE, Action.CONFIRM):
            new = str(Action(line["action"]).label)
        return _row(letter, self._moment(line["at"]), _person(line), label, old, new, line["reason"])

    def _plain(self, crf_field: CrfField | None, path: str, text: str) -> str:
        if not text:
            return "–"
        if path.endswith(MISS):
            return f"{text} {MISSING.codes[text]}" if text in MISSING.codes else text
        if crf_field is None or "@" in path:
            return text
        if crf_field.kind == "ref":
            words = self.content["references"].get(text)
            return str(Text(*words)) if words else text
        return crf_field.display(crf_field.from_text(text))

    def _findings(self, definition: FormDef) -> str:
        found = self.sheet["findings"]
        title = self._title(_("Findings of the edit checks"))
        if not found:
            return f'{title}<p class="note">{escape(_("None."))}</p>'
        heads = ("", _("Field"), _("Rule"), _("Message"), _("Found"), _("State"), _("Raised, settled"))
        top = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
        lines = "".join(self._finding(definition, place, one) for place, one in enumerate(found, 1))
        return f'{title}<table class="au"><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table>'

    def _finding(self, definition: FormDef, place: int, one: Mapping[str, Any]) -> str:
        label = label_of(definition, one["path"]) if one["path"] else _("Whole form")
        state = str(FindingState(one["state"]).label) + (f": {one['reason']}" if one["reason"] else "")
        settled = f"{self._moment(one['settled_at'])} {one['settled_by']}" if one["settled_at"] else ""
        times = " → ".join(part for part in (self._moment(one["raised_at"]), settled) if part)
        value = (
            one["value"]
            if one["value"] in ("", one["raised"]) or not one["raised"]
            else f"{one['raised']} → {one['value']}"
        )
        return _row(f"F{place}", label, one["rule"], one["message"], value, state, times)

    def _review(self, definition: FormDef) -> str:
        """Threads, verification and signatures: said plainly, also when there is none."""
        threads = self._title(_("Queries")) + self.review.threads(self.sheet["queries"], definition)
        lines = self.review.verification(self.sheet, definition) + self.review.signatures(
            self.sheet, definition
        )
        title = self._title(_("Verification and signature"))
        return f'{threads}{title}<table class="kv st rv"><tbody>{lines}</tbody></table>'

    def _state(self) -> str:
        """Completeness, freeze and lock."""
        sheet = self.sheet
        saved = f"{self._moment(sheet['saved_at'])} {sheet['saved_by']}" if sheet["saved_at"] else "–"
        lock = (
            _("locked")
            if sheet["locked"]
            else _("frozen")
            if sheet["frozen"]
            else _("neither frozen nor locked")
        )
        removed = sheet["removed"]
        lines = [
            (_("State"), str(FormStatus(sheet["status"]).label)),
            (_("Last saved"), saved),
            (_("Record version"), str(sheet["version"])),
            (_("Form version, configuration"), f"{sheet['definition']}, {sheet['configuration'] or '–'}"),
            (_("Lock"), lock),
            (_("Removed"), removed) if not sheet["active"] else (_("Evaluator"), sheet["evaluator"] or "–"),
        ]
        cells = [f"<th>{escape(name)}</th><td>{escape(value)}</td>" for name, value in lines]
        rows = "".join(f"<tr>{''.join(cells[at : at + 2])}</tr>" for at in range(0, len(cells), 2))
        return f'{self._title(_("State of the form"))}<table class="kv st"><tbody>{rows}</tbody></table>'

    def _moment(self, text: str) -> str:
        if not text:
            return ""
        return dt.datetime.fromisoformat(text).astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")


def _person(line: Mapping[str, Any]) -> str:
    role = line["role"]
    return f"{line['who']}, {Role(role).label}" if role in Role.values else line["who"]


def _row(*cells: str) -> str:
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def letters(place: int) -> str:
    """a … z, aa, ab …"""
    more, last = divmod(place, 26)
    return (letters(more - 1) if more else "") + string.ascii_lowercase[last]
