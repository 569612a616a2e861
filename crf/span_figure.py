"""Small figures in Python: a span of days against the cycles, as SVG from attributes only (no inline style)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from trialsite.web import figures

WIDTH, HEIGHT = 150, 18


@dataclass(frozen=True, slots=True)
class Scale:
    """A stretch of days and the cycles in it: (visit, day 1)."""

    begin: dt.date
    end: dt.date
    cycles: tuple[tuple[str, dt.date], ...] = ()

    def x(self, day: dt.date, width: float = WIDTH) -> float:
        days = max((self.end - self.begin).days, 1)
        share = (min(max(day, self.begin), self.end) - self.begin).days / days
        return round(2 + share * (width - 4), 1)

    def place(self, day: dt.date) -> str:
        """ "C2 day 9": where a day falls; nothing before the first cycle."""
        before = [(visit, first) for visit, first in self.cycles if first <= day]
        if not before:
            return ""
        visit, first = max(before, key=lambda cycle: cycle[1])
        return _("%(visit)s day %(n)s") % {"visit": visit, "n": (day - first).days + 1}


def span_figure(
    scale: Scale, start: dt.date, end: dt.date, *, goes_on: bool = False, strong: bool = False
) -> SafeString:
    """A bar from one day to another over a mark for each cycle; an arrow when it goes on."""
    ticks = "".join(
        f'<line x1="{scale.x(day)}" x2="{scale.x(day)}" y1="2" y2="{HEIGHT - 2}" stroke="#b9c4cf"/>'
        for _visit, day in scale.cycles
    )
    left, right = scale.x(start), scale.x(end)
    thick = 8 if strong else 5
    top = (HEIGHT - thick) / 2
    bar = (
        f'<rect x="{left}" y="{top}" width="{max(right - left, 3):.1f}" height="{thick}" rx="1.5" '
        f'fill="{"#14202e" if strong else "#0b5c8a"}"/>'
    )
    arrow = f'<path d="M{right - 1:.1f} 3l5 6-5 6z" fill="#0b5c8a"/>' if goes_on else ""
    until = _("continues") if goes_on else figures.day(end)
    said = ", ".join(part for part in (f"{figures.day(start)} – {until}", scale.place(start)) if part)
    axis = f'<line x1="0" x2="{WIDTH}" y1="{HEIGHT / 2}" y2="{HEIGHT / 2}" stroke="#d9e0e7"/>'
    return SafeString(
        f'<svg class="span-fig" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-label="{escape(said)}"><title>{escape(said)}</title>{axis}{ticks}{bar}{arrow}</svg>'
    )
