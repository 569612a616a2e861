"""Cells of the matrix as HTML, joined in Python: a template for each cell would cost ten times as much.

Few cells differ but for the participant's number. A cell is made once with `HERE` in its place and kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crf.schedule import PERIODS, REPEATING, VISITS, visit_label
from crf.selectors.matrix import LOG, Row, VisitFacts, facts, places
from trialsite.kernel.texts import Text
from trialsite.web import marks

HERE = "\0"


@lru_cache
def columns(period: str = "") -> tuple[str, ...]:
    """Visit codes of the matrix, one column each, or those of a period."""
    return tuple(code for code, line in VISITS.items() if not period or line.period == period)


def periods(shown: Sequence[str]) -> list[tuple[str, Any, int]]:
    """(period, its name, number of columns) in the order of the columns; a period that returns heads anew."""
    found: list[tuple[str, Any, int]] = []
    for code in shown:
        period = VISITS[code].period
        if found and found[-1][0] == period:
            found[-1] = (period, found[-1][1], found[-1][2] + 1)
        else:
            found.append((period, PERIODS[period], 1))
    return found


@lru_cache
def column_title(code: str) -> Text:
    """What a column is called; without the number where it stands for several visits."""
    label = VISITS[code].label
    if code not in REPEATING:
        return label
    return Text(label.en.split(" (")[0].removesuffix(" n"), label.zh.split("(")[0].removesuffix("n"))


@lru_cache
def _edges(shown: tuple[str, ...]) -> tuple[bool, ...]:
    """Which columns begin a period."""
    kept = [VISITS[code].period for code in shown]
    return tuple(at == 0 or period != kept[at - 1] for at, period in enumerate(kept))


def row_cells(row: Row, shown: tuple[str, ...], mine: bool) -> str:
    """The cells of one participant. `mine`: the reader enters data at the site."""
    here = places(row.text)
    number, language = escape(row.number), get_language() or "en"
    mine = mine and not row.imported
    several = _several(here) if any(code in REPEATING for code in shown) else {}
    made = []
    for code, group in zip(shown, _edges(shown), strict=True):
        if code in REPEATING:
            made.append(_several_cell(code, several.get(code, ()), mine, group, row.imported, language))
        else:
            made.append(_cell(code, here.get(f"{code}.1", ""), mine, group, row.imported, language))
    made.append(_log_cell(row.logs, mine, language))
    return "".join(made).replace(HERE, number)


def _several(here: dict[str, str]) -> dict[str, tuple[tuple[str, str], ...]]:
    """Visits of the columns that stand for several."""
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for place, flags in here.items():
        code = place.partition(".")[0]
        if code in REPEATING:
            found[code] = (*found.get(code, ()), (place, flags))
    return found


@lru_cache(maxsize=16384)
def _cell(code: str, flags: str, mine: bool, group: bool, imported: bool, language: str) -> str:
    if not flags:
        return marks.visit_cell(name=f"{HERE} {code}", state="na", group=group)
    return _visit(facts(f"{code}.1", flags), mine, group, imported)


def _visit(v: VisitFacts, mine: bool, group: bool, imported: bool) -> str:
    state = "na" if v.state == "missed" else v.state
    if imported and state in ("due", "none"):
        state = "plan"
    return marks.visit_cell(
        name=f"{HERE} {v.label}", state=state, done=v.done, total=v.total, queries=v.queries, answered=v.answered,
        verified=v.verified, signed=v.signed, frozen=v.frozen and not v.locked, mine=mine and v.waits, group=group,
        **_links(v.label, v.label if v.total else "", v.done < v.total),
    )  # fmt: skip


def _links(place: str, pop: str, unfinished: bool) -> dict[str, Any]:
    """The visit page; the list of its forms, if it has any; the next unfinished form, if there is one."""
    return {
        "href": f"/p/{HERE}/#{place}" if place in REPEATING or place == "log" else f"/p/{HERE}/{place}/",
        "pop": f"/participants/cell/{HERE}/{pop}/" if pop else "",
        "following": f"/participants/next/{HERE}/{place}/" if pop and unfinished else "",
    }


@lru_cache(maxsize=16384)
def _several_cell(
    code: str, visits: tuple[tuple[str, str], ...], mine: bool, group: bool, imported: bool, language: str
) -> str:
    kept = [v for v in (facts(*visit) for visit in visits) if v.state not in ("na", "missed")]
    if not kept:
        return marks.visit_cell(name=f"{HERE} {column_title(code)}", state="na", group=group)
    done = sum(v.state in ("comp", "lock") for v in kept)
    return marks.visit_cell(
        name=f"{HERE} {column_title(code)}", state=_state(kept, done, imported), done=done, total=len(kept),
        visits=True, queries=sum(v.queries for v in kept), answered=sum(v.answered for v in kept),
        verified=_all(kept, "verified"), signed=_all(kept, "signed"), frozen=_all(kept, "frozen"),
        mine=mine and any(v.waits for v in kept), group=group,
        **_links(code, code, done < len(kept)),
    )  # fmt: skip


def _all(visits: list[VisitFacts], mark: str) -> bool:
    """Whether every visit that was begun has the mark."""
    begun = [v for v in visits if v.started]
    return bool(begun) and all(getattr(v, mark) and not v.locked for v in begun)


def _state(visits: list[VisitFacts], done: int, imported: bool) -> str:
    """What needs somebody first; else what has been done."""
    states = {v.state for v in visits}
    if done == len(visits):
        return "lock" if states == {"lock"} else "comp"
    for state in ("due", "prog", "none"):
        if state in states and not (imported and state != "prog"):
            return state
    return "comp" if done else "plan"


@lru_cache(maxsize=4096)
def _log_cell(flags: str, mine: bool, language: str) -> str:
    if not flags:
        spoken = escape(_("Logs: none started"))
        return (
            f'<td class="c lg g1" role="gridcell" aria-label="{HERE} {spoken}"><span class="nx">–</span></td>'
        )
    v = facts(f"{LOG}.1", flags)
    cell = marks.visit_cell(
        name=f"{HERE} {_('Logs')}", state=v.state, done=v.done, total=v.total, queries=v.queries, answered=v.answered,
        verified=v.verified, signed=v.signed, frozen=v.frozen and not v.locked,
        mine=mine and v.waits, group=True, **_links("log", "log", v.done < v.total),
    )  # fmt: skip
    return cell.replace('<td class="c', '<td class="c lg', 1)


def row_html(row: Row, shown: tuple[str, ...], mine: bool, day: Any, loaded: bool = False) -> str:
    """One line of the matrix. `loaded`: added by script, so that it takes no tab stop of its own."""
    number = escape(row.number)
    stop = ' tabindex="-1"' if loaded else ""
    off = ' class="off"' if row.state in ("OFF_STUDY", "DIED", "SCREEN_FAILED") else ""
    state, below = state_words(row)
    due, late = due_words(row, day)
    return (
        f'<tr role="row"{off}><th scope="row" class="s1" role="rowheader"><a href="/p/{number}/"{stop}>{number}</a></th>'
        f'<td class="s2" role="gridcell"><span class="ph">{escape(state)}</span>'
        f'<span class="sub">{escape(below)}</span></td>'
        f'<td class="s3{" o" if late else ""}" role="gridcell">{marks.icon("due", "", "c-due") + " " if late else ""}'
        f"{escape(due)}</td>{row_cells(row, shown, mine)}</tr>"
    )


@lru_cache(maxsize=64)
def _state_label(state: str, language: str) -> str:
    from participants.lifecycle import State

    return str(State(state).label)


def state_words(row: Row) -> tuple[str, str]:
    """The state, and below it the last visit that took place."""
    last = row.last[0] if row.last else ""
    return _state_label(row.state, get_language() or "en"), (
        _("last visit %(visit)s") % {"visit": last} if last else ""
    )


def due_words(row: Row, day: Any) -> tuple[str, bool]:
    """ "TA2 in 2 d", "C2 overdue 3 d"; and whether it is overdue."""
    due = row.due
    if due is None or row.imported:
        return "–", False
    if due.until < day:
        return _("%(visit)s overdue %(n)s d") % {"visit": due.label, "n": (day - due.until).days}, True
    ahead = (due.day - day).days
    if ahead > 0:
        return _("%(visit)s in %(n)s d") % {"visit": due.label, "n": ahead}, False
    return _("%(visit)s due until %(n)s d") % {"visit": due.label, "n": (due.until - day).days}, False


def rows_html(
    rows: list[Row], shown: tuple[str, ...], enters_at: Any, day: Any, loaded: bool = False
) -> SafeString:
    made = (row_html(row, shown, enters_at(row.site), day, loaded) for row in rows)
    return mark_safe("".join(made))  # noqa: S308  (numbers and words are escaped where they enter)


def head_days(shown: Sequence[str]) -> list[tuple[str, Any, str, str]]:
    """(code, title, nominal day, class) of each column: begins a period, stands for several visits."""
    heads = []
    for code, edge in zip(shown, _edges(tuple(shown)), strict=True):
        css = (" g1" if edge else "") + (" wide" if code in REPEATING else "")
        heads.append((_column_name(code), column_title(code), nominal(code), css))
    return heads


def _column_name(code: str) -> str:
    return visit_label(code, 2) + "…" if code == "ADJ2" else code


@lru_cache
def nominal(code: str) -> str:
    """Where the schedule puts a visit: study day, or days after surgery."""
    line = VISITS[code]
    if line.anchor.startswith("SURGERY") and line.target.lstrip("-").isdigit():
        days = int(line.target)
        return f"OP{'−' if days < 0 else '+'}{abs(days)}"
    day = _study_day(code)
    if day is None:
        return ""
    return f"D{day + 1}" if day >= 0 else f"D−{-day}"


def _study_day(code: str) -> int | None:
    line = VISITS[code]
    if code == "C1":
        return 0
    if not line.target.lstrip("-").isdigit():
        return None
    if line.anchor == "C1D1":
        return int(line.target)
    before = (
        f"C{int(code[1:]) - 1}"
        if line.anchor == "previous cycle D1" and code[1:].isdigit()
        else line.anchor[:-2]
    )
    if before not in VISITS or not (line.anchor.endswith("D1")):
        return None
    start = _study_day(before)
    return None if start is None else start + int(line.target)
