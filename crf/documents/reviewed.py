"""Queries, verification and signatures as they stand on paper: below each form, and all signatures at the end."""

from __future__ import annotations

import datetime as dt
import itertools
import zoneinfo
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.html import escape
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crf.models import MarkState, Meaning, Outcome, QueryState, Verified
from crf.naming import label_of
from crf.registry import FormDef, form_def
from crf.selectors.values import words_of
from crf.services.queries import ACTIONS
from crf.signing_words import components_words, role_words, void_words
from trialsite.kernel.texts import Text

from .tongue import Tongue

Plain = Mapping[str, Any]
SHIELD = '<span class="vf">V</span>'  # beside a value that was compared with the source


def cells(*texts: str) -> str:
    return "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in texts) + "</tr>"


def heads(*texts: str) -> str:
    return "<thead><tr>" + "".join(f'<th scope="col">{escape(text)}</th>' for text in texts) + "</tr></thead>"


class Reviewed:
    """Writes what is known of the review of one participant. Times on the clock of the site unless said otherwise."""

    def __init__(self, tongue: Tongue, content: Plain) -> None:
        self.tongue, self.content = tongue, content
        self.zone = zoneinfo.ZoneInfo(content["zone"])

    def moment(self, text: str) -> str:
        return f"{dt.datetime.fromisoformat(text).astimezone(self.zone):%Y-%m-%d %H:%M:%S}" if text else ""

    # --- queries --------------------------------------------------------------------------------------------------

    def threads(self, queries: Sequence[Plain], definition: FormDef | None = None) -> str:
        """Every thread with its number, state and steps."""
        if not queries:
            return f'<p class="note">{escape(_("None."))}</p>'
        body = "".join(self._thread(query, definition) for query in queries)
        top = heads(_("When"), _("Who"), _("Step"), _("Value then"), _("Text"))
        return f'<table class="au th">{top}{body}</table>'

    def _thread(self, query: Plain, definition: FormDef | None) -> str:
        code = f"Q-{self.content['number']}-{query['number']}"
        where = label_of(definition, query["path"]) if definition and query["path"] else _("Whole form")
        if definition is None:
            where = _("Participant")
        state = str(QueryState(query["state"]).label)
        said = " · ".join(part for part in (code, where, query["rule"], state) if part)
        lines = "".join(self._message(query, one, definition) for one in query["messages"])
        return (
            f'<tbody><tr class="qh"><th colspan="5" scope="rowgroup">{escape(said)}</th></tr>{lines}</tbody>'
        )

    def _message(self, query: Plain, one: Plain, definition: FormDef | None) -> str:
        act = ACTIONS.get(one["act"])
        text = one["text"] or (query["question"] if one["act"] == "raise" else "")
        if one["outcome"] in Outcome.values:
            text = ". ".join(part for part in (str(Outcome(one["outcome"]).label), text) if part)
        value = (
            words_of(definition, query["path"], one["value"])
            if definition and query["path"]
            else one["value"]
        )
        return cells(
            self.moment(one["at"]),
            person(one),
            str(act.label) if act else one["act"],
            value or "–",
            text or "–",
        )

    # --- verification ---------------------------------------------------------------------------------------------

    def verification(self, sheet: Plain, definition: FormDef) -> str:
        """By whom and when values were compared with the source, and which changed since."""
        marks = sheet["marks"]
        if not marks:
            return self._line(_("Source data verification"), _("not verified"))
        state = str(Verified(sheet["verified"]).label) if sheet["verified"] else _("not verified")
        valid = [mark for mark in marks if mark["state"] == MarkState.VALID]
        parts = [state]
        for (day, who), held in itertools.groupby(
            valid, key=lambda mark: (self.moment(mark["at"])[:16], mark["who"])
        ):
            n = len(list(held))
            parts.append(f"{day} {who}: " + ngettext("%(n)s value", "%(n)s values", n) % {"n": n})
        lines = self._line(_("Source data verification"), "; ".join(parts))
        for mark in marks:
            if mark["state"] == MarkState.CHANGED:
                words = {
                    "field": label_of(definition, mark["path"]), "when": self.moment(mark["since"]),
                    "old": words_of(definition, mark["path"], mark["value"]) or "–",
                    "new": words_of(definition, mark["path"], mark["changed"]) or "–",
                }  # fmt: skip
                said = _("%(field)s: %(old)s to %(new)s, %(when)s") % words
                lines += self._line(_("Changed since verified"), said)
        return lines

    # --- signatures -----------------------------------------------------------------------------------------------

    def signatures(self, sheet: Plain, definition: FormDef) -> str:
        """Every signature of a form, those that fell with the reason."""
        if not sheet["signed"]:
            return self._line(_("Signature"), _("not signed"))
        return "".join(
            self._line(_("Signature %(n)s") % {"n": one["number"]}, self._signed(one, definition))
            for one in sheet["signed"]
        )

    def _signed(self, one: Plain, definition: FormDef) -> str:
        parts = [
            one["name"], str(role_words(one["role"])), f"“{Meaning(one['meaning']).label}”", both_times(one),
            _("digest %(digest)s") % {"digest": one["digest"][:16]}, self.standing(one, definition),
        ]  # fmt: skip
        return " · ".join(parts)

    def standing(self, one: Plain, definition: FormDef) -> str:
        if not one["voided_at"]:
            return _("stands")
        what = void_words(definition, one["why"], one["detail"])
        return _("void since %(when)s: %(what)s") % {"when": self.moment(one["voided_at"]), "what": what}

    def _line(self, name: str, text: str) -> str:
        return f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>"

    def answered(self, number: int) -> str:
        """What stands at a question that a signature answers."""
        one = next(one for one in self.content["signatures"] if one["number"] == number)
        return f"{one['name']}, {utc(one)} UTC ({_('signature %(n)s') % {'n': number}})"

    # --- the manifest ---------------------------------------------------------------------------------------------

    def manifest(self) -> str:
        """All signatures of the casebook: name, time, meaning, statement, forms, queries that were open (11.50(b))."""
        return "".join(self._manifest(one) for one in self.content["signatures"])

    def _manifest(self, one: Plain) -> str:
        facts = (
            (_("Printed name"), one["name"]), (_("User name, role"), f"{one['username']}, {role_words(one['role'])}"),
            (_("Time"), both_times(one)), (_("Meaning"), str(Meaning(one["meaning"]).label)),
            (_("Statement"), str(Text(*one["statement"]))), (_("Proven by"), components_words(one["components"])),
            (_("Open queries seen"), ", ".join(one["queries"]) or _("none")), (_("Digest"), one["digest"]),
        )  # fmt: skip
        rows = "".join(self._line(name, value) for name, value in facts)
        title = escape(_("Signature %(n)s") % {"n": one["number"]})
        top = heads(_("Visit"), _("Form"), _("Version"), _("Digest of the values"), _("State"))
        lines = "".join(self._bound(bound) for bound in one["forms"])
        return (
            f'<section class="card-s"><h2>{title}</h2><table class="kv st"><tbody>{rows}</tbody></table>'
            f'<table class="au">{top}<tbody>{lines}</tbody></table></section>'
        )

    def _bound(self, bound: Plain) -> str:
        return cells(
            bound["visit"] or _("log"), str(Text(*bound["title"])), str(bound["version"]), bound["values"][:16],
            self.standing(bound, form_def(bound["key"])),
        )  # fmt: skip


def person(one: Plain) -> str:
    who = one["who"] or _("system")
    return f"{who}, {role_words(one['role'])}" if one["role"] else who


def utc(one: Plain) -> str:
    return f"{dt.datetime.fromisoformat(one['at']).astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}"


def both_times(one: Plain) -> str:
    """UTC, and the clock on the wall where it was signed."""
    local = dt.datetime.fromisoformat(one["at"]).astimezone(zoneinfo.ZoneInfo(one["zone"]))
    offset = f"{local:%z}"
    return f"{utc(one)} UTC, {local:%Y-%m-%d %H:%M:%S} {one['zone']} (UTC{offset[:3]}:{offset[3:]})"


def asked(queries: Iterable[Plain]) -> dict[str, list[int]]:
    """Numbers of the queries at each path."""
    found: dict[str, list[int]] = {}
    for query in queries:
        found.setdefault(query["path"], []).append(query["number"])
    return found
