"""The filters of the participants pages. They live in the address, so that a view can be shared and kept."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext as _

from crf.schedule import PERIODS
from crf.selectors.matrix import Row
from participants.lifecycle import State
from trialsite.kernel.texts import Text

VIEWS = ("matrix", "list", "work")
PAGE = 60  # rows of the matrix that come with the page; the others follow on scrolling

NEEDS: dict[str, Callable[[Row], int]] = {
    "me": lambda row: row.needs,
    "overdue": lambda row: row.overdue,
    "progress": lambda row: row.progress,
    "queries": lambda row: row.queries,
    "sign": lambda row: row.unsigned,
}


@dataclass(frozen=True, slots=True)
class Filters:
    view: str = "matrix"
    site: str = ""
    phase: str = ""
    need: str = ""
    q: str = ""
    cols: str = ""
    imported: bool = False

    @classmethod
    def read(cls, asked: QueryDict) -> Filters:
        """What is not known is left out: an old bookmark still shows something."""

        def one_of(name: str, known: Any, default: str = "") -> str:
            given = asked.get(name, "")
            return given if given in known else default

        return cls(
            view=one_of("view", VIEWS, "matrix"),
            site=asked.get("site", "")[:4],
            phase=one_of("phase", State.values),
            need=one_of("need", (*NEEDS, "due", "drafts")),
            q=asked.get("q", "").strip()[:60],
            cols=one_of("cols", PERIODS),
            imported=asked.get("imported") == "1",
        )

    def url(self, **changes: Any) -> str:
        """The address of the same view with something changed."""
        wanted = replace(self, **changes)
        asked = {name: getattr(wanted, name) for name in ("view", "site", "phase", "need", "q", "cols")}
        given = {
            name: value for name, value in asked.items() if value and (name, value) != ("view", "matrix")
        }
        if wanted.imported:
            given["imported"] = "1"
        return "/participants/" + (f"?{urlencode(given)}" if given else "")

    def base(self, rows: list[Row]) -> list[Row]:
        """Rows of the site, the phase and the words; what somebody needs comes on top as chips."""
        words = unicodedata.normalize("NFKC", self.q).lower().split()
        return [
            row
            for row in rows
            if (not self.site or row.site_number == self.site)
            and (not self.phase or row.state == self.phase)
            and all(word in row.number.lower() for word in words)
        ]

    def rows(self, base: list[Row]) -> list[Row]:
        wanted = NEEDS.get(self.need)
        return [row for row in base if wanted(row)] if wanted else base


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that says how many rows it leaves."""

    name: str
    label: str
    glyph: str
    count: int
    href: str
    on: bool


def chips(filters: Filters, count: Callable[[str], int], enters: bool, imported: int) -> list[Chip]:
    """`count` says how many rows of the view there are for a need; all of them for ""."""
    kinds = [
        ("", _("All"), ""),
        *([("me", _("Needs my work"), "")] if enters else []),
        ("overdue", _("Overdue"), "due"),
        ("progress", _("In progress"), "prog"),
        ("queries", _("Open queries"), "query"),
        ("sign", _("Waiting for signature"), "sign"),
    ]
    if filters.view == "work":
        kinds = [(name, label, glyph) for name, label, glyph in kinds if name != "me"]
        kinds.append(("due", _("Due in 14 days"), "none"))
        kinds += [("drafts", _("My drafts"), "edit")] if enters or filters.need == "drafts" else []
    made = [
        Chip(name, label, glyph, count(name), filters.url(need=name, imported=False), on(filters, name))
        for name, label, glyph in ([] if filters.imported else kinds)
    ]
    if filters.imported:
        made.append(
            Chip("", _("Participants of the trial"), "", 0, filters.url(imported=False, need=""), False)
        )
    if imported or filters.imported:
        made.append(
            Chip(
                "imported",
                _("Imported data"),
                "file",
                imported,
                filters.url(imported=True, need=""),
                filters.imported,
            )
        )
    return made


def on(filters: Filters, name: str) -> bool:
    need = "" if filters.view == "work" and filters.need == "me" else filters.need
    return not filters.imported and need == name


def sites_of(rows: list[Row]) -> list[tuple[str, Text]]:
    return sorted({row.site_number: Text(row.site_en, row.site_zh) for row in rows}.items())
