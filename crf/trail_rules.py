"""What in the trail deserves a look (EMA 2023, 6.2.2; E6(R3) 4.2.3): each rule one pure function over events.

A rule gets the events of one participant, in the order of the chain, and says what it found: which events, how much it
deserves a look (`rank`, 0 to 100: look first at the highest), and facts for the reader. It judges nobody. The events are
those since the last look and what they hang together with: all events of the same forms, and of the same two days.
"""

from __future__ import annotations

import datetime as dt
import itertools
import unicodedata
import zoneinfo
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from trialsite.audit.actions import Action

from .critical import is_critical
from .fields import MISS
from .models import Signal

TYPED = frozenset({Action.ENTER, Action.CHANGE, Action.CLEAR})
CHANGED = frozenset({Action.CHANGE, Action.CLEAR})
VERIFIED, SIGNATURE = "@sdv", "@signature"
SYSTEM = "system"
SHOWN = 40  # so many events of an item are kept with it
DAYS = dt.timedelta(hours=48)  # what hangs together by time lies within


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From when on something deserves a look; the reasons are in docs/adr/0019-certified-copies.md."""

    late: dt.timedelta = dt.timedelta(days=30)  # a change so long after the first entry
    before_signature: dt.timedelta = dt.timedelta(minutes=10)
    night_from: int = 22  # o'clock at the site
    night_to: int = 6
    night_values: int = 20  # typed in one night by one person
    fast_values: int = 10  # a save of fewer says nothing about reading
    seconds_a_value: float = 1.0  # nobody reads and types a value faster


THRESHOLDS = Thresholds()


class Seen(NamedTuple):
    """An event as the rules read it."""

    number: int
    at: dt.datetime
    who: str
    action: str
    target: str
    path: str
    old: str
    new: str
    reason: str

    @property
    def typed(self) -> bool:
        """A value that a person entered, changed or cleared."""
        return (
            self.action in TYPED and self.who != SYSTEM and self.target.startswith("form:")
            and not self.path.rpartition("/")[2].startswith("@")
        )  # fmt: skip

    @property
    def field(self) -> str:
        return self.path.removesuffix(MISS)


class Found(NamedTuple):
    """What a rule found. `key` tells it apart from others of its signal; found again, it is the same item."""

    signal: str
    key: str
    rank: int
    first: int
    last: int
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Context:
    """What events do not say: the clock of the site, the kind of each form, which user names are one person."""

    zone: zoneinfo.ZoneInfo
    forms: Mapping[str, str] = field(default_factory=dict)
    persons: Mapping[str, str] = field(default_factory=dict)
    limits: Thresholds = THRESHOLDS

    def critical(self, event: Seen) -> bool:
        return event.target in self.forms and is_critical(self.forms[event.target], event.field)

    def person(self, who: str) -> str:
        """Two accounts with one printed name are one person here."""
        return self.persons.get(who) or who.casefold()


def person_of(username: str, full_name: str) -> str:
    """What a printed name comes down to: `CHEN  Wei`, `Chen Wei` and `chen-wei` are one."""
    name = unicodedata.normalize("NFKC", full_name).casefold()
    letters = "".join(sorted("".join(c if c.isalnum() else " " for c in name).split()))
    return letters or username.casefold()


Rule = Callable[[Sequence[Seen], Context], Iterable[Found]]


# --- the rules ------------------------------------------------------------------------------------------------------


def late_change(events: Sequence[Seen], context: Context) -> Iterable[Found]:
    """A value that an endpoint reads was changed after it was verified, after the form was signed, or long after entry."""
    entered: dict[tuple[str, str], dt.datetime] = {}
    verified: set[tuple[str, str]] = set()
    signed: set[str] = set()
    found: dict[tuple[str, str], list[tuple[Seen, list[str]]]] = {}
    for event in events:
        place = (event.target, event.field)
        if event.typed and event.action == Action.ENTER:
            entered.setdefault(place, event.at)
        elif event.path.endswith(VERIFIED):
            _set(verified, (event.target, event.path.removesuffix(VERIFIED)), bool(event.new))
        elif event.path == SIGNATURE:
            _set(signed, event.target, bool(event.new))
        if not (event.typed and event.action in CHANGED and context.critical(event)):
            continue
        why = ["signed"] if event.target in signed else []
        why += ["verified"] if place in verified else []
        if event.at - entered.get(place, event.at) >= context.limits.late:
            why.append("late")
        if why:
            found.setdefault(place, []).append((event, why))
    for (target, path), lines in found.items():
        reasons = {reason for _event, why in lines for reason in why}
        rank = max({"signed": 90, "verified": 75, "late": 50}[reason] for reason in reasons)
        yield _found(
            Signal.LATE_CHANGE, f"{target}/{path}", rank + len(lines) - 1, [event for event, _why in lines],
            why=sorted(reasons), path=path, form=target,
        )  # fmt: skip


def _set(kept: set[Any], one: Any, there: bool) -> None:
    (kept.add if there else kept.discard)(one)


def before_signature(events: Sequence[Seen], context: Context) -> Iterable[Found]:
    """Values typed within minutes before the form was signed: read once more before the signature, or not at all?"""
    found: dict[str, list[Seen]] = {}
    seconds: dict[str, float] = {}
    for signing in (e for e in events if e.path == SIGNATURE and e.action == Action.SIGNED):
        begin = signing.at - context.limits.before_signature
        for event in events:
            same = event.typed and event.target == signing.target and event.number < signing.number
            if same and event.at >= begin:
                found.setdefault(signing.new, []).append(event)
                gap = (signing.at - event.at).total_seconds()
                seconds[signing.new] = min(gap, seconds.get(signing.new, gap))
                found.setdefault(f"{signing.new}#", []).append(signing)
    for key, lines in found.items():
        if key.endswith("#"):
            continue
        critical = any(event.action in CHANGED and context.critical(event) for event in lines)
        signings = {event.number: event for event in found[f"{key}#"]}
        yield _found(
            Signal.BEFORE_SIGNATURE, key, 45 + (20 if critical else 0) + min(20, len(lines) // 5),
            [*lines, *signings.values()], values=len(lines), seconds=round(seconds[key]), signature=key,
        )  # fmt: skip


def at_night(events: Sequence[Seen], context: Context) -> Iterable[Found]:
    """Many values typed by one person in one night of the site."""
    found: dict[str, list[Seen]] = {}
    for event in events:
        if event.typed and (night := _night(event.at, context)):
            found.setdefault(f"{event.who}/{night.isoformat()}", []).append(event)
    for key, lines in found.items():
        if len(lines) >= context.limits.night_values:
            who, _sep, begun = key.rpartition("/")
            rank = 30 + min(40, len(lines) // 5)
            yield _found(Signal.NIGHT, key, rank, lines, values=len(lines), who=who, night=begun)


def _night(at: dt.datetime, context: Context) -> dt.date | None:
    """The day on which the night began."""
    local = at.astimezone(context.zone)
    if local.hour >= context.limits.night_from:
        return local.date()
    return local.date() - dt.timedelta(days=1) if local.hour < context.limits.night_to else None


def same_person(events: Sequence[Seen], context: Context) -> Iterable[Found]:
    """Who verified a value had typed it, by this account or another with the same name. No right allows it; so look."""
    typed: dict[tuple[str, str], list[Seen]] = {}
    found: dict[str, list[Seen]] = {}
    for event in events:
        if event.typed:
            typed.setdefault((event.target, event.field), []).append(event)
        elif event.action == Action.VERIFIED and event.path.endswith(VERIFIED) and event.who != SYSTEM:
            before = typed.get((event.target, event.path.removesuffix(VERIFIED)), ())
            own = [one for one in before if context.person(one.who) == context.person(event.who)]
            if own:
                found.setdefault(f"{event.target}/{event.who}", []).extend([*own, event])
    for key, lines in found.items():
        target, _sep, who = key.partition("/")
        names = sorted({event.who for event in lines})
        yield _found(Signal.SAME_PERSON, key, 95, lines, form=target, who=who, names=names)


def back_and_forth(events: Sequence[Seen], context: Context) -> Iterable[Found]:
    """A value that was changed to what it had been before."""
    seen: dict[tuple[str, str], list[Seen]] = {}
    for event in events:
        if event.typed:
            seen.setdefault((event.target, event.path), []).append(event)
    for (target, path), lines in seen.items():
        had, returns = set(), 0
        for event in lines:
            had.add(event.old)
            returns += event.action == Action.CHANGE and event.new in had and event.new != ""
        if returns:
            rank = 40 + (20 if context.critical(lines[0]) else 0) + 10 * min(3, returns - 1)
            texts = [lines[0].old, *(event.new for event in lines)]
            yield _found(
                Signal.BACK_AND_FORTH, f"{target}/{path}", rank, lines, form=target, path=path, values=texts[-12:],
            )  # fmt: skip


def too_fast(events: Sequence[Seen], context: Context) -> Iterable[Found]:
    """Many first values saved sooner after the person's save before than they can be read and typed."""
    limits, saves = context.limits, _saves(events)
    found: dict[str, list[tuple[list[Seen], float]]] = {}
    for who, mine in saves.items():
        for before, save in itertools.pairwise(mine):
            entered = [event for event in save if event.action == Action.ENTER]
            gap = (save[0].at - before[0].at).total_seconds()
            if len(entered) >= limits.fast_values and gap < len(entered) * limits.seconds_a_value:
                day = save[0].at.astimezone(context.zone).date()
                found.setdefault(f"{who}/{day.isoformat()}", []).append((entered, gap))
    for key, fast in found.items():
        who, _sep, date = key.rpartition("/")
        lines = [event for entered, _gap in fast for event in entered]
        told = [[entered[0].target, len(entered), round(gap, 1)] for entered, gap in fast]
        rank = 25 + min(30, 5 * len(fast))
        firsts = [entered[0] for entered, _gap in fast]
        yield _found(
            Signal.FAST, key, rank, lines, shown=firsts, saves=told[:10], number=len(fast), who=who, day=date
        )


def _saves(events: Iterable[Seen]) -> dict[str, list[list[Seen]]]:
    """What one person typed at one moment is one save."""
    found: dict[str, dict[dt.datetime, list[Seen]]] = {}
    for event in events:
        if event.typed:
            found.setdefault(event.who, {}).setdefault(event.at, []).append(event)
    return {who: [by_time[at] for at in sorted(by_time)] for who, by_time in found.items()}


RULES: tuple[Rule, ...] = (late_change, before_signature, at_night, same_person, back_and_forth, too_fast)


def _found(
    signal: str, key: str, rank: int, lines: Sequence[Seen], shown: Sequence[Seen] | None = None, **detail: Any
) -> Found:  # fmt: skip
    numbers = sorted({event.number for event in lines})
    kept = sorted({event.number for event in (lines if shown is None else shown)})
    detail |= {"events": kept[:SHOWN], "count": len(numbers), "who": detail.get("who") or _who(lines)}
    return Found(str(signal), key[:120], min(rank, 100), numbers[0], numbers[-1], detail)


def _who(lines: Sequence[Seen]) -> str:
    return ", ".join(sorted({event.who for event in lines}))


def looked(events: Sequence[Seen], context: Context, since: int = 0) -> list[Found]:
    """Everything that any rule finds with an event after number `since`."""
    return [found for rule in RULES for found in rule(events, context) if found.last > since]
