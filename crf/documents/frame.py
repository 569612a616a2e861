"""Forms put together: front page with contents, parts of a few forms, bookmarks. Plain data in, HTML out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.html import escape
from django.utils.translation import gettext as _

from trialsite.kernel.study import study

from .tongue import Tongue

CSS = Path(__file__).resolve().parents[2] / "static" / "css" / "crf-print.css"


@dataclass(slots=True)
class Entry:
    """A line of the contents and a bookmark. One without a name heads those below it."""

    title: str
    name: str = ""
    code: str = ""
    below: list[Entry] = field(default_factory=list)
    second: str = ""  # the other language, on the page only

    def plain(self) -> list[Any]:
        """Title, target and those below, as the joining of the file wants it."""
        return [self.title, self.name, [entry.plain() for entry in self.below]]


@dataclass(slots=True)
class Document:
    """What becomes one file."""

    title: str
    parts: list[str]
    outline: list[Entry]
    frame: str
    total: str
    identifier: str

    @property
    def css(self) -> str:
        return CSS.read_text(encoding="utf-8")


def page(tongue: Tongue, title: str, body: str) -> str:
    """One part: a whole HTML document."""
    return (
        f'<!doctype html><html lang="{tongue.html}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="author" content="{escape(study().id)}"></head><body>{body}</body></html>'
    )


def frame_css() -> str:
    """The number of a page, in the language of the document; room behind it for the number of all pages."""
    return "@page{@bottom-right{padding-right:16mm;content:" + _('"Page " counter(page)') + "}}"


def total_css() -> str:
    """What is laid over every page: how many there are."""
    words = _("of %(pages)s") % {"pages": "{{pages}}"}
    box = f'width:15mm;margin-left:auto;text-align:left;content:"{words}"'
    return f"@page{{@top-left{{content:none}}@bottom-left{{content:none}}@bottom-right{{{box}}}}}"


def front(
    title: str,
    second: str,
    facts: Sequence[tuple[str, str]],
    entries: Sequence[Entry],
    foot: str,
    note: str = "",
) -> str:
    """The first pages: what this is, and what stands where."""
    lines = "".join(f"<tr><th>{escape(name)}</th><td>{value}</td></tr>" for name, value in facts)
    small = f'<small lang="zh-Hans">{escape(second)}</small>' if second else ""
    words = f'<p class="note">{escape(note)}</p>' if note else ""
    return (
        f'<section class="front"><span class="foot">{escape(foot)}</span><h1>{escape(title)}{small}</h1>'
        f'<table class="kv"><tbody>{lines}</tbody></table>{words}</section>'
        f'<section class="front"><h1>{escape(_("Contents"))}</h1><table class="toc"><tbody>'
        f"{''.join(_line(entry) for entry in entries)}</tbody></table>{targets(entries)}</section>"
    )


def _line(entry: Entry) -> str:
    second = f' <span class="u" lang="zh-Hans">{escape(entry.second)}</span>' if entry.second else ""
    if not entry.name:
        inside = "".join(_line(one) for one in entry.below)
        return f'<tr class="g"><td colspan="3">{escape(entry.title)}{second}</td></tr>{inside}'
    return (
        f"<tr><td>{escape(entry.code)}</td>"
        f'<td><a href="#{entry.name}">{escape(entry.title)}</a>{second}</td><td>{{{{page {entry.name}}}}}</td></tr>'
    )


def targets(entries: Sequence[Entry]) -> str:
    """Places for the links of this part; those of the later parts take over when the file is joined."""
    names = sorted({name for entry in entries for name in names_of(entry)})
    return "".join(f'<span id="{name}"></span>' for name in names)


def names_of(entry: Entry) -> list[str]:
    return [name for one in entry.below for name in names_of(one)] + ([entry.name] if entry.name else [])


def facts_html(value: str) -> str:
    return escape(value)


def quoted(text: str) -> str:
    """A text for a table of facts: escaped, digests set small."""
    return f'<span class="mono">{escape(text)}</span>'
