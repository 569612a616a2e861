"""The pages of a log: the head with the table of its lines, and one line, alone or in the drawer beside the table."""

from __future__ import annotations

from typing import Any

from .naming import home_url, short
from .pages import Builder, SectionView
from .registry import SectionDef
from .schedule import LINES_OF
from .selectors.logs import log_of, sae_path


class LogBuilder(Builder):
    """The head of a log: its question, and under it the lines."""

    template = "crf/log.html"

    def side(self) -> dict[str, Any]:
        answer = self.stored.get(f"{self.form.form_key.lower()}yn") or ""
        return {"log": log_of(self.form, self.around.today, answer)}


class LineBuilder(Builder):
    """One line of a log. In a drawer the log stays visible."""

    template = "crf/line.html"
    drawer_template = "crf/_line.html"

    def section(self, section: SectionDef) -> SectionView:
        view = super().section(section)
        view.label = short(section.label)  # "Event (repeating)": here it is one
        return view

    def side(self) -> dict[str, Any]:
        event = self.form.form_key == LINES_OF["AE"]
        return {
            "log_url": home_url(self.form),
            "sae": sae_path(self.sheet, self.around.today) if event else None,
        }
