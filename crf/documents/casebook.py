"""The casebook of one participant as a whole document, from captured content."""

from __future__ import annotations

import datetime as dt
import itertools
import zoneinfo
from collections.abc import Mapping
from typing import Any

from django.utils.html import escape
from django.utils.translation import gettext as _

from participants.lifecycle import State
from trialsite.kernel.study import study
from trialsite.kernel.texts import Text
from trialsite.web.figures import day

from .book import definition
from .filled import Filled
from .frame import Document, Entry, frame_css, front, page, quoted, total_css
from .tongue import Tongue
from .writer import Head

FORMS_A_PART = 12
MANIFEST = "signatures"


def casebook_document(content: Mapping[str, Any], language: str) -> Document:
    """The same content gives the same text: nothing is asked of the database, nothing of the clock."""
    tongue = Tongue(language)
    with tongue.spoken():
        writer = Filled(tongue, content)
        words = _("Participant casebook")
        outline: list[Entry] = []
        pages: list[str] = []
        for title, sheets in _groups(content):
            outline.append(Entry(title, below=[_entry(tongue, sheet) for sheet in sheets]))
            pages += [writer.sheet_page(sheet, _head(content, tongue, sheet, words)) for sheet in sheets]
        if content["signatures"]:
            outline.append(Entry(_("Signatures"), MANIFEST))
        bodies = ["".join(pages[at : at + FORMS_A_PART]) for at in range(0, len(pages), FORMS_A_PART)]
        foot = _foot(content, words)
        second = "受试者病例册" if language == "both" else ""
        first = front(
            f"{words} {content['number']}",
            second,
            _facts(content),
            outline,
            foot,
            _(
                "Questions whose condition did not ask them and that hold no answer are left out. Letters lead to the "
                "history below each form, F1, F2 … to the findings of its checks, Q1, Q2 … to its queries by their "
                "numbers. A shield with V marks a value that was verified against the source."
            ),
        ) + _open(tongue, content, foot)
        bodies += _last(writer, content, foot)
        title = f"{study().id} {words} {content['number']}"
        return Document(
            title, [page(tongue, title, body) for body in (first, *bodies)], outline, frame_css(), total_css(),
            f"casebook|{content['number']}|{content['chain']['head']}|{language}|{definition()}",
        )  # fmt: skip


def _groups(content: Mapping[str, Any]) -> list[tuple[str, list[Mapping[str, Any]]]]:
    """Forms by visit; what is kept outside visits at the end."""
    found = []
    for label, sheets in itertools.groupby(content["forms"], key=lambda sheet: sheet["visit"]):
        held = list(sheets)
        name = Text(*held[0]["visit_title"]) if label else None
        found.append((f"{label} {name}" if name else _("Logs and events"), held))
    return found


def _name(sheet: Mapping[str, Any]) -> str:
    return f"form-{sheet['pk']}"


def _entry(tongue: Tongue, sheet: Mapping[str, Any]) -> Entry:
    english, chinese = sheet["title"]
    second = chinese if tongue.code == "both" else ""
    return Entry(chinese if tongue.code == "zh" else english, _name(sheet), sheet["key"], second=second)


def _head(content: Mapping[str, Any], tongue: Tongue, sheet: Mapping[str, Any], words: str) -> Head:
    visit = f"{sheet['visit']} {Text(*sheet['visit_title'])}".strip() or _("log")
    foot = f"{_foot(content, words)} · {sheet['key']} {_('version')} {sheet['definition']}"
    return Head(
        _name(sheet), Text(*sheet["title"]), words, foot, site=_site(content), participant=content["number"],
        visit=visit, date=day(sheet["date"]) if sheet["date"] else "", repeat=sheet["repeat"],
    )  # fmt: skip


def _site(content: Mapping[str, Any]) -> str:
    return f"{content['site']} {Text(*content['site_name'])}"


def _foot(content: Mapping[str, Any], words: str) -> str:
    head = content["chain"]["head"]
    return (
        f"{study().id} · {words} {content['number']} · {_('settings')} {content['configuration']} · "
        f"{_('audit chain')} {content['chain']['length']} {head[:16]}"
    )


def _facts(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    chain = content["chain"]
    state = content["state"]
    facts = [
        (_("Study"), escape(f"{study().id}: {study().title}")),
        (_("Participant"), escape(content["number"])),
        (_("Site"), escape(_site(content))),
        (_("State"), escape(str(State(state).label) if state in State.values else state)),
        (_("Data up to"), escape(_moment(content))),
        (_("Forms with data"), str(len(content["forms"]))),
        (_("Signatures"), escape(_signed(content))),
        (_("Audit chain: events"), str(chain["length"])),
        (_("Audit chain: digest of the last event"), quoted(chain["head"])),
        (_("Configuration"), quoted(content["configuration"])),
        (_("Making of the document"), quoted(definition())),
    ]
    return facts + ([(_("Origin"), escape(_("imported data")))] if content["imported"] else [])


def _moment(content: Mapping[str, Any]) -> str:
    """The last event of the participant, at the site."""
    local = dt.datetime.fromisoformat(content["at"]).astimezone(zoneinfo.ZoneInfo(content["zone"]))
    return f"{local:%Y-%m-%d %H:%M:%S} ({content['zone']}, UTC{local:%z})"


def _open(tongue: Tongue, content: Mapping[str, Any], foot: str) -> str:
    """Forms that are expected and hold nothing yet."""
    if not content["open"]:
        return ""
    lines = "".join(
        f"<tr><td>{escape(one['visit'] or _('log'))}</td><td>{tongue.inline(Text(*one['title']))}</td></tr>"
        for one in content["open"]
    )
    title = escape(_("Expected forms without data"))
    return (
        f'<section class="front list"><span class="foot">{escape(foot)}</span><h1>{title}</h1>'
        f'<table class="au"><tbody>{lines}</tbody></table></section>'
    )


def _signed(content: Mapping[str, Any]) -> str:
    """How far the casebook is signed."""
    bound = [form for one in content["signatures"] for form in one["forms"]]
    if not bound:
        return _("not signed")
    standing = sum(1 for form in bound if not form["voided_at"])
    words = _("%(n)s signatures; %(standing)s of %(forms)s forms with data are signed")
    return words % {"n": len(content["signatures"]), "standing": standing, "forms": len(content["forms"])}


def _last(writer: Filled, content: Mapping[str, Any], foot: str) -> list[str]:
    """Behind the forms: what was asked about the participant, and the manifest of all signatures."""
    found = []
    if content["queries"]:
        title, threads = escape(_("Queries about the participant")), writer.review.threads(content["queries"])
        found.append(
            f'<section class="front"><span class="foot">{escape(foot)}</span><h1>{title}</h1>{threads}</section>'
        )
    if content["signatures"]:
        title, lines = escape(_("Signatures")), writer.review.manifest()
        found.append(
            f'<section class="front list" id="{MANIFEST}"><span class="foot">{escape(foot)}</span>'
            f"<h1>{title}</h1>{lines}</section>"
        )
    return found
