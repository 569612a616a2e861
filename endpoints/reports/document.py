"""From the content of a report to one HTML document: nothing is asked of the database, nothing of the clock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from endpoints.models_reports import ReportKind
from endpoints.reports import (
    appendix,
    codes,
    glance,
    listings,
    methods,
    participants,
    primary,
    radiology,
    safety,
    survival,
    texts,
)
from endpoints.reports.blocks import Block, numbered
from endpoints.reports.content import definition
from endpoints.reports.cover import cover_of
from endpoints.reports.pictures import Pictures, Progress, pictures_of
from trialsite.kernel.study import study
from trialsite.web.figures import day

CSS = Path(__file__).resolve().parents[2] / "static" / "css" / "report.css"


@dataclass(frozen=True, slots=True)
class Document:
    html: str
    css: str
    identifier: str


def document_of(
    content: Mapping[str, Any], language: str, sections: Sequence[str], progress: Progress
) -> Document:
    """The report in one language, of the trial or of one participant. The same content gives the same text."""
    with override(language), timezone.override(dt.UTC):
        if content.get("kind") == ReportKind.PARTICIPANT:
            from endpoints.reports.person_document import sections_of_person

            made = sections_of_person(content)
            progress(1, 1, "layout")
        else:
            made = sections_of(content, sections, pictures_of(content, sections, progress))
        return laid_out(content, language, sections, made)


def sections_of(content: Mapping[str, Any], chosen: Sequence[str], pictures: Pictures) -> list[Block]:
    """The chosen sections in their order, those without anything to say left out."""
    makers: dict[str, Callable[[], Any]] = {
        "glance": lambda: glance.glance(content),
        "participants": lambda: participants.participants(content, pictures),
        "primary": lambda: primary.primary(content, pictures),
        "radiology": lambda: radiology.radiology(content, pictures),
        "survival": lambda: survival.survival(content, pictures),
        "safety": lambda: safety.safety(content),
        "deviations": lambda: safety.deviations(content),
        "sets": lambda: appendix.sets(content),
        "listing": lambda: [listings.participants(content), listings.provenance(content)],
        "pathology": lambda: listings.readings(content),
        "methods": lambda: methods.methods(content),
        "settings": lambda: methods.settings(content),
        "chains": lambda: listings.chains(content),
    }
    found: list[Block] = []
    for name, make in makers.items():
        if name in chosen:
            made = make()
            found += [one for one in (made if isinstance(made, list) else [made]) if one]
    return found


def laid_out(
    content: Mapping[str, Any], language: str, chosen: Sequence[str], sections: Sequence[Block]
) -> Document:
    entries = numbered(sections)
    chinese = language.startswith("zh")
    code = content.get("code") or codes.code_of(content, language, chosen, definition())
    context = {
        "lang": "zh-Hans" if chinese else "en",
        "chinese": chinese,
        "study": study(),
        "content": content,
        "cover": cover_of(content, chosen),
        "as_of": day(content["as_of"]),
        "entries": entries,
        "sections": sections,
        "code": code,
        "site": content.get(codes.ADDRESS, ""),
        "person": content.get("kind") == ReportKind.PARTICIPANT,
    }
    html = render_to_string("reports/endpoint.html", context)
    who = content.get("number", "")
    identifier = f"{content['version']}|{content['as_of']}|{who}|{language}|{definition()}|{code}"
    return Document(html, css_of(content), identifier)


# --- the frame of the pages ---------------------------------------------------------------------------------------


def css_of(content: Mapping[str, Any]) -> str:
    """The sheet, with the running head and foot in the language of the report."""
    title = texts.title_of(content)
    cut = content["cut"]
    origin = (
        _("Data cut %(cut)s (%(day)s)") % {"cut": cut["code"], "day": day(cut["cutoff"])}
        + f"  ·  {_('snapshot')} {cut['digest'][:8]}…{cut['digest'][-8:]}"
        if cut
        else _("Live data up to %(day)s") % {"day": day(content["as_of"])}
        + f"  ·  {_('settings')} {content['configuration']}"
    )
    head = f"{study().id}  ·  {title}"
    foot = f"{origin}  ·  {_('engine')} {content['engine']}"
    pages = _('"Confidential  ·  Page " counter(page) " of " counter(pages)')
    boxes = {"top-left": _quoted(head), "bottom-left": _quoted(foot), "bottom-right": pages}
    frame = "@page{" + "".join(f"@{box}{{content:{text}}}" for box, text in boxes.items()) + "}"
    return CSS.read_text(encoding="utf-8") + frame


def _quoted(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
