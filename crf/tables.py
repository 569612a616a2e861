"""Participants as a list."""

from __future__ import annotations

from typing import Any, ClassVar

import django_tables2 as tables
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from crf.cells import due_words
from crf.selectors import work
from crf.selectors.matrix import Row
from participants.lifecycle import State
from trialsite.web import figures, marks

COUNT: dict[str, dict[str, str]] = {"th": {"class": "r"}, "td": {"class": "r"}}


class ParticipantTable(tables.Table):
    number = tables.Column(verbose_name=_("ID"))
    site_number = tables.Column(verbose_name=_("Site"))
    state = tables.Column(verbose_name=_("State"))
    enrolled = tables.Column(verbose_name=_("Enrolled"))
    last = tables.Column(verbose_name=_("Last visit"), accessor="last_key")
    due = tables.Column(verbose_name=_("Next due"), accessor="due_key")
    overdue = tables.Column(verbose_name=_("Overdue"), attrs=COUNT)
    progress = tables.Column(verbose_name=_("Unfinished"), attrs=COUNT)
    queries = tables.Column(verbose_name=_("Open queries"), attrs=COUNT)
    unsigned = tables.Column(verbose_name=_("To sign"), attrs=COUNT)

    class Meta:
        attrs: ClassVar[dict[str, str]] = {"class": "tbl"}
        default = figures.NOTHING
        row_attrs: ClassVar[dict[str, Any]] = {"class": lambda record: "todo" if record.needs else ""}
        empty_text = _("No participant matches.")
        order_by = ("number",)

    def render_number(self, record: Row) -> Any:
        return format_html('<a class="fw-6" href="/p/{}/">{}</a>', record.number, record.number)

    def render_state(self, value: str) -> Any:
        return State(value).label

    def render_enrolled(self, value: Any) -> str:
        return figures.day(value)

    def render_last(self, record: Row) -> str:
        return f"{record.last[0]} · {figures.day(record.last[1])}" if record.last else figures.NOTHING

    def render_due(self, record: Row) -> Any:
        words, late = due_words(record, work.trial_day())
        return (
            format_html('{} <span class="c-due fw-6">{}</span>', marks.icon("due", "", "c-due"), words)
            if late
            else words
        )

    def render_overdue(self, value: int) -> Any:
        return value or figures.NOTHING

    render_progress = render_queries = render_unsigned = render_overdue
