"""Small pieces of HTML as plain functions: icons, status glyphs, counts, bars.

Plain functions, because a matrix of 3,000 cells joined in Python costs a tenth of the same cells in
templates. `templatetags/ui.py` offers them to templates. Shape comes first, colour second; every glyph
has a name.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.templatetags.static import static
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_

SPRITE = Path(__file__).resolve().parents[2] / "static" / "img" / "sprite.svg"

# Glyph of a state and its name. The order is that of the legend.
STATES: dict[str, str] = {
    "plan": N_("Planned"),
    "none": N_("Due, not started"),
    "prog": N_("In progress"),
    "comp": N_("Complete"),
    "due": N_("Overdue"),
    "na": N_("Not done or not applicable"),
    "sdv": N_("Verified"),
    "sign": N_("Signed"),
    "frz": N_("Frozen"),
    "lock": N_("Locked"),
}

# Words in which forms, readings and jobs say their state → glyph.
WORDS: dict[str, str] = {
    "planned": "plan",
    "expected": "plan",
    "empty": "none",
    "due": "none",
    "not_started": "none",
    "open": "none",
    "assigned": "none",
    "waiting": "none",
    "queued": "none",
    "started": "prog",
    "draft": "prog",
    "in_progress": "prog",
    "running": "prog",
    "reading": "prog",
    "complete": "comp",
    "completed": "comp",
    "done": "comp",
    "submitted": "comp",
    "final": "comp",
    "overdue": "due",
    "failed": "due",
    "not_done": "na",
    "not_applicable": "na",
    "not_expected": "na",
    "removed": "na",
    "verified": "sdv",
    "signed": "sign",
    "frozen": "frz",
    "locked": "lock",
}


def safe(text: str) -> SafeString:
    """HTML built here: every text that comes from outside has gone through `escape`."""
    return SafeString(text)


@cache
def icon_names() -> frozenset[str]:
    return frozenset(re.findall(r'<symbol id="i-([\w-]+)"', SPRITE.read_text(encoding="utf-8")))


@cache
def icon(name: str, label: str = "", classes: str = "") -> SafeString:
    """One symbol of the sprite. With a label it is an image with that name, without one decoration."""
    if name not in icon_names():
        raise ValueError(f"No icon {name!r}. There are: {', '.join(sorted(icon_names()))}")
    voice = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    css = f"i {escape(classes)}".strip()
    return safe(f'<svg class="{css}" {voice}><use href="{static("img/sprite.svg")}#i-{name}"></use></svg>')


def glyph_of(state: Any) -> str:
    """`plan`, `none`, `prog` … for a state given as a glyph name, a word, or a choice."""
    word = str(getattr(state, "value", state) or "none").lower().replace(" ", "_").replace("-", "_")
    return word if word in STATES else WORDS.get(word, "none")


def status(state: Any, text: str = "", classes: str = "") -> SafeString:
    """The glyph of a state in its colour, named for readers of the screen."""
    glyph = glyph_of(state)
    return icon(glyph, str(text) or _(STATES[glyph]), f"c-{glyph} {classes}".strip())


def badge(state: Any, text: str = "") -> SafeString:
    """Glyph and word in a tinted box."""
    glyph = glyph_of(state)
    words = str(text) or _(STATES[glyph])
    return safe(f'<span class="badge-st {glyph}">{icon(glyph, "", "c-" + glyph)} {escape(words)}</span>')


def _queries(count: int, answered: bool) -> str:
    if answered:
        return ngettext("%(n)s answered query", "%(n)s answered queries", count) % {"n": count}
    return ngettext("%(n)s open query", "%(n)s open queries", count) % {"n": count}


def bubble(count: Any, answered: bool = False) -> SafeString:
    """The number of open queries (filled) or of answered ones (outlined); nothing for none."""
    if not count:
        return safe("")
    css = "bub ans" if answered else "bub"
    name = escape(_queries(int(count), answered))
    return safe(f'<span class="{css}" role="img" aria-label="{name}">{int(count)}</span>')


def marks(*, verified: bool = False, signed: bool = False, frozen: bool = False) -> SafeString:
    """The small marks of a form or visit, always in this order: verified, signed, frozen."""
    held = [name for name, on in (("sdv", verified), ("sign", signed), ("frz", frozen)) if on]
    return safe(" ".join(icon(name, _(STATES[name]), f"c-{name} i-sm") for name in held))


def visit_cell(
    *,
    name: str,
    href: str = "",
    state: Any = "plan",
    done: int = 0,
    total: int = 0,
    queries: int = 0,
    answered: int = 0,
    verified: bool = False,
    signed: bool = False,
    frozen: bool = False,
    mine: bool = False,
    pop: str = "",
    following: str = "",
    group: bool = False,
    confirm: int = 0,
    visits: bool = False,
) -> SafeString:
    """One cell of the participant × visit matrix.

    `name` is what the cell is called ("02-005 IMG1"), `pop` the address of its list of forms, `following`
    that of the next unfinished form. `mine`: it waits for the reader. `group`: first column of a phase.
    `confirm`: values to confirm. `visits`: `done` and `total` count visits, where a column stands for several.
    """
    glyph = glyph_of(state)
    css, inner, said = _cell(
        glyph,
        done,
        total,
        queries,
        answered,
        confirm,
        verified,
        signed,
        frozen,
        visits,
        get_language() or "en",
    )
    classes = f"c{css}{' g1' if group else ''}{' todo' if mine and glyph != 'na' else ''}"
    spoken = html.escape(f"{name}: {said}")
    if not href or glyph == "na":
        return safe(f'<td class="{classes}" role="gridcell" aria-label="{spoken}">{inner}</td>')
    extra = f' data-pop="{html.escape(pop)}"' if pop else ""
    if following:
        extra += f' data-next="{html.escape(following)}"'
    return safe(
        f'<td class="{classes}" role="gridcell"><a class="cell" href="{html.escape(href)}"{extra} tabindex="-1"'
        f' aria-label="{spoken}">{inner}</a></td>'
    )


@lru_cache(maxsize=4096)
def _cell(
    glyph: str,
    done: int,
    total: int,
    queries: int,
    answered: int,
    confirm: int,
    verified: bool,
    signed: bool,
    frozen: bool,
    visits: bool,
    language: str,
) -> tuple[str, str, str]:
    """Class, content and spoken state of a cell. Few combinations occur, so they are kept for each language."""
    if glyph == "na":
        return " np", '<span class="nx">–</span>', _("not expected")
    said = [_(STATES[glyph])] if glyph in ("due", "lock", "plan") or not total else []
    if total:
        counted = (
            _("%(share)s visits complete") if visits else _("%(share)s forms complete")
        )  # the share is said as it is written (WCAG 2.5.3)
        said.append(counted % {"share": f"{done}/{total}"})
    tag = icon(glyph, "", f"c-{glyph}")
    if glyph == "lock":
        return " lk", f'<span class="m">{tag}</span>', ", ".join(said)
    shared = total and (glyph in ("prog", "due") or (visits and done))
    share = f'<span class="fr" aria-hidden="true">{done}/{total}</span>' if shared else ""
    held = [mark for mark, on in (("sdv", verified), ("sign", signed), ("frz", frozen)) if on]
    said += [_(STATES[mark]) for mark in held]
    counts = _count(queries, said, False) + _count(answered, said, True) + _to_confirm(confirm, said)
    inner = f'<span class="m">{tag}{share}{counts}</span>'
    if held:
        inner += f'<span class="pk">{"".join(icon(mark, "", f"c-{mark} i-sm") for mark in held)}</span>'
    return " od" if glyph == "due" else "", inner, ", ".join(said)


def _count(count: int, said: list[str], answered: bool) -> str:
    if not count:
        return ""
    said.append(_queries(count, answered))
    return f'<span class="bub{" ans" if answered else ""}" aria-hidden="true">{count}</span>'


def _to_confirm(count: int, said: list[str]) -> str:
    if not count:
        return ""
    said.append(ngettext("%(n)s value to confirm", "%(n)s values to confirm", count) % {"n": count})
    return f'<span class="bub cfm" aria-hidden="true">{count}</span>'


def interval_bar(
    estimate: Any,
    low: Any,
    high: Any,
    null: Any = None,
    *,
    name: str = "",
    key: bool = False,
    least: float = 0,
    most: float = 100,
) -> SafeString:
    """Estimate and interval on an axis from `least` to `most`, with an optional line at the null value."""
    if None in (estimate, low, high):
        return safe('<svg class="cib" aria-hidden="true"></svg>')

    def at(value: Any) -> str:
        return f"{min(100.0, max(0.0, (float(value) - least) / (most - least) * 100)):.2f}%"

    said = name or _("Estimate %(e).1f, interval %(l).1f to %(h).1f") % {
        "e": float(estimate),
        "l": float(low),
        "h": float(high),
    }
    line = f'<line class="nl" x1="{at(null)}" x2="{at(null)}" y1="0" y2="15"/>' if null is not None else ""
    return safe(
        f'<svg class="cib{" key" if key else ""}" role="img" aria-label="{escape(said)}">'
        f'<line class="ax" x1="0" x2="100%" y1="7.5" y2="7.5"/>{line}'
        f'<line class="ln" x1="{at(low)}" x2="{at(high)}" y1="7.5" y2="7.5"/>'
        f'<svg x="{at(estimate)}" overflow="visible">'
        '<path class="pt" d="M-5.5 7.5 0 2l5.5 5.5L0 13z"/></svg></svg>'
    )


def composition_bar(parts: Iterable[tuple[str, Any]], words: bool = True) -> SafeString:
    """Shares of a whole of 100 side by side; the n-th part has the class `p1`, `p2` … `words` false: numbers alone, where
    the bar is narrow and the names stand beside it."""
    known = [(str(name), float(value or 0)) for name, value in parts]
    spoken = ", ".join(f"{name} {value:g}%" for name, value in known)
    drawn, left = [], 0.0
    for number, (name, value) in enumerate(known, start=1):
        width = min(value, 100 - left)
        if width > 0:
            text = f"{name} {value:g}" if words and width >= 18 else f"{value:g}" if width >= 4 else ""
            drawn.append(
                f'<rect class="p{number}" x="{left:.2f}%" width="{width:.2f}%" height="100%"/>'
                f'<text class="t{number}" x="{left + width / 2:.2f}%" y="50%">{escape(text)}</text>'
            )
            left += width
    return safe(f'<svg class="stack" role="img" aria-label="{escape(spoken)}">{"".join(drawn)}</svg>')
