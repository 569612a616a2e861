"""The lines of the console of freezing and locking, joined in Python: five hundred participants on one page."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crf.selectors.holds import PersonLine, SiteLine, Tally
from trialsite.web.marks import bubble, icon, safe


def rows(line: SiteLine, *, acts: bool, site: str, show: str, opened: str = "") -> SafeString:
    """The lines of the participants of a site up to the one that is open, which comes last; see `rest`."""
    return _joined(_until(line.people, opened), acts=acts, site=site, show=show, opened=opened)


def rest(line: SiteLine, *, acts: bool, site: str, show: str, opened: str) -> SafeString:
    """The lines after the one that is open."""
    numbers = [person.number for person in line.people]
    after = line.people[numbers.index(opened) + 1 :] if opened in numbers else []
    return _joined(after, acts=acts, site=site, show=show, opened="")


def _until(people: list[PersonLine], opened: str) -> list[PersonLine]:
    numbers = [person.number for person in people]
    return people[: numbers.index(opened) + 1] if opened in numbers else people


def _joined(people: Iterable[PersonLine], *, acts: bool, site: str, show: str, opened: str) -> SafeString:
    words = _Words()
    return safe("".join(_row(person, words, acts, site, show, person.number == opened) for person in people))


class _Words:
    """What is said in many lines, looked up once."""

    def __init__(self) -> None:
        self.yes = icon("check", _("Yes"), "c-comp")
        self.frozen, self.locked = icon("frz", _("Frozen"), "c-frz"), icon("lock", _("Locked"), "c-lock")
        self.partly_frozen, self.partly_locked = _("%(n)s of %(all)s frozen"), _("%(n)s of %(all)s locked")
        self.ready = escape(_("ready"))
        self.why = escape(_("why not"))
        self.choose = _("Choose %(number)s")
        self.nothing = '<span class="text-mid">–</span>'


def _row(person: PersonLine, words: _Words, acts: bool, site: str, show: str, is_open: bool) -> str:
    tally, number = person.tally, escape(person.number)
    query = {"show": show} if show != "all" else {}
    query |= {"site": site} if site else {}
    there = escape(
        "?" + urlencode(query if is_open else query | {"p": person.number}) + f"#p-{person.number}"
    )
    box = (
        f'<td class="tick"><input type="checkbox" name="at" value="p:{number}"'
        f' aria-label="{escape(words.choose % {"number": person.number})}"'
        f' data-freeze="{int(tally.may_freeze)}" data-lock="{int(tally.may_lock)}"></td>'
        if acts
        else ""
    )
    toggle = icon("down" if is_open else "right")
    return (
        f'<tr id="p-{number}"{" class=opened" if is_open else ""}>{box}'
        f'<th scope="row"><a href="{there}" aria-expanded="{str(is_open).lower()}">{toggle} {number}</a></th>'
        f"<td>{_share(tally.complete, tally.forms, words)}</td>"
        f"<td>{bubble(tally.queries) or (words.yes if tally.forms else words.nothing)}</td>"
        f"<td>{_percent(tally, words)}</td>"
        f"<td>{_share(tally.signed, tally.to_sign, words)}</td>"
        f"<td>{_frozen(tally, words, there, person)}</td><td>{_locked(tally, words, there, person)}</td></tr>"
    )


def _share(done: int, whole: int, words: _Words) -> str:
    if not whole:
        return words.nothing
    return words.yes if done == whole else f"{done}/{whole}"


def _percent(tally: Tally, words: _Words) -> str:
    if not tally.to_verify:
        return words.nothing
    return words.yes if tally.verified == tally.to_verify else f"{tally.verified_share}%"


def _frozen(tally: Tally, words: _Words, there: str, person: PersonLine) -> str:
    if tally.is_frozen:
        return words.frozen
    partly = (
        words.partly_frozen % {"n": tally.frozen + tally.locked, "all": tally.below}
        if tally.frozen + tally.locked
        else ""
    )
    return _state(tally.may_freeze, tally.lacks_freeze, partly, words, there, person)


def _locked(tally: Tally, words: _Words, there: str, person: PersonLine) -> str:
    if tally.is_locked:
        return words.locked
    partly = words.partly_locked % {"n": tally.locked, "all": tally.below} if tally.locked else ""
    return _state(tally.may_lock, tally.lacks_lock, partly, words, there, person)


def _state(ready: bool, lacks: int, partly: str, words: _Words, there: str, person: PersonLine) -> str:
    said = f'<span class="text-mid">{escape(partly)}</span> ' if partly else ""
    if ready:
        return f'{said}<b class="rdy">{words.ready}</b>'
    if not lacks:
        return said or words.nothing
    what = (
        person.query
        if person.query and lacks == 1
        else ngettext("%(n)s form", "%(n)s forms", lacks) % {"n": lacks}
    )
    return f'{said}<a class="whynot" href="{there}">{words.why}: {escape(what)}</a>'
