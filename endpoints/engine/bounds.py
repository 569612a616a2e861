"""What could move a rate: every value that open items could give a participant, and the least and greatest x / n. Pure.

`docs/what-could-move.md` is the written rule. A world is the participant's data with some of the open items resolved; an
item gives the worlds that its resolutions lead to. What the engine refuses is no resolution (G-27).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Generic, NamedTuple, TypeVar

from endpoints.engine import codes
from endpoints.engine.counting import RATES as ALL_RATES
from endpoints.engine.course import ENDPOINTS, Course, derive
from endpoints.engine.results import CourseResult
from endpoints.engine.settings import Settings
from endpoints.engine.steps import EngineError
from endpoints.engine.summary import Summary, summary_of

LIMIT = 500  # worlds of one participant, over all items and groups; beyond it the bounds are assumed, not computed

# How one participant counts in a rate: reached, not reached, pending, pending without a chance to be reached (tumour was
# left behind, G-36), outside the analysis set.
REACHED, NOT, PENDING, HOPELESS, OUT = "Y", "N", "P", "Q", "-"
# The yes/no endpoints of the course, in the analysis sets that follow from the course.
SETS = ("ENR", "FAS", "RES", "R0", "PEV", "REV", "REV_M", "RSP")
RATES = tuple(rate for rate in ALL_RATES if rate[1] in ENDPOINTS)
PATHOLOGIC = frozenset({"MPR", "PCR", "MPR_30", "MPR_50", "MPR_VOLUME", "MPR_UNWEIGHTED"})
MARGIN = "R0"
BY_RECIST = frozenset({"ORR", "ORR_CONFIRMED", "DCR_RECIST"})
RESPONSES = frozenset(name for name, *_rest in RATES) - PATHOLOGIC - {MARGIN}
PLACES: tuple[tuple[str, str], ...] = tuple((name, one) for name, *_rest in RATES for one in SETS)
AT = {place: number for number, place in enumerate(PLACES)}
NOWHERE = OUT * len(PLACES)

W = TypeVar("W")
Outcome = str  # one letter for each of `PLACES`
Values = frozenset[str]
Evaluate = Callable[[W], Outcome | None]


class Unresolved(Exception):
    """Raised while worlds are given: from here on it cannot be said what an item could become."""


def _anything(name: str, population: str) -> Values:
    return frozenset({REACHED, NOT, PENDING, OUT})


@dataclass(frozen=True, slots=True)
class OpenItem(Generic[W]):
    """Something that is not settled. `worlds(world)` are the worlds of its resolutions, all else as in `world`.

    `exact`: every possible resolution is among them. `alone`: one of each kind is, as long as nothing else changes
    (the critical points of a number or a date). `assume` gives the letters that may come at a place where that cannot be
    computed: nothing where the item can never matter, `OUT` where it may move participants in or out of the set.
    """

    key: str
    worlds: Callable[[W], Iterable[W]]
    exact: bool = True
    alone: bool = True
    assume: Callable[[str, str], Values] = _anything


@dataclass(slots=True)
class Reach:
    """What could come, by place. `alone`: by each item while the others stay as they are.

    `final`: with the pending results of each world settled as well. `assumed`: the numbers of the places at which not
    everything could be computed.
    """

    now: Outcome
    values: list[Values]
    final: list[Values]
    alone: dict[str, list[Values]] = field(default_factory=dict)
    assumed: frozenset[int] = frozenset()

    @property
    def exhausted(self) -> bool:
        return not self.assumed

    def at(self, name: str, population: str = "FAS") -> Values:
        return self.values[AT[name, population]]

    def flips(self, name: str, population: str = "FAS") -> list[str]:
        """The items that alone could give this place another value."""
        here = AT[name, population]
        return [key for key, values in self.alone.items() if values[here] - {self.now[here]}]


def outcome_of(course: Course, result: CourseResult) -> Outcome:
    """How the participant counts in every rate and analysis set, as the figures count (`counting.RATES`)."""
    return outcome_of_summary(summary_of(course, result), _tumour_left(course))


def outcome_of_summary(summary: Summary, tumour_left: bool = False) -> Outcome:
    """The same from what is kept of a participant."""
    sets, values = summary.get("sets", ()), summary.get("values", {})
    letters = []
    for name, endpoint, part, _sets in RATES:
        value = values.get(endpoint, {}).get(part) or codes.N
        letter = PENDING if value == codes.PENDING else value
        if letter == PENDING and name == "PCR" and tumour_left:
            letter = HOPELESS
        letters += [letter if one in sets else OUT for one in SETS]
    return "".join(letters)


def _tumour_left(course: Course) -> bool:
    """G-36: tumour left behind (P-4) makes a complete response impossible whatever the central result."""
    surgery = course.surgery
    resected = surgery is not None and surgery.resected
    return resected and surgery is not None and (bool(surgery.tumour_left) or surgery.margin == codes.R2)


def outcome_of_case(case: Any, settings: Settings) -> Outcome | None:
    """The outcome of a case of the contract; none when the engine refuses it."""
    try:
        course = Course.from_json(case)
        return outcome_of(course, derive(course, settings))
    except EngineError:
        return None


def reachable(world: W, items: Sequence[OpenItem[W]], evaluate: Evaluate[W], limit: int = LIMIT) -> Reach:
    """Every value that some resolution of the items could give: never too few. At most `limit` worlds are evaluated.

    Each place is decided by the items that can matter there. All their combinations are computed while they are few.
    Where they are too many, or where two of them stand for a continuum each (their critical points were reckoned one at a
    time), what they could give is assumed instead.
    """
    now = evaluate(world) or NOWHERE
    work = _Work(evaluate, limit, {now})
    alone: dict[str, list[Values]] = {}
    for item in items:
        alone[item.key] = _letters({now, *work.singly(item, world)})
    deciding = [[item for item in items if item.assume(*place)] for place in PLACES]
    done = work.together(world, deciding)
    assumed = {number: some for number, some in enumerate(deciding) if not done[_keys(some)]}
    values = _assumed(_letters(work.found), assumed)
    for item in items:
        if item.key not in work.worlds:
            alone[item.key] = _assumed(
                alone[item.key], {n: [item] for n, some in enumerate(deciding) if item in some}
            )
    settlements = [settled(outcome) for outcome in work.found]
    final = [
        with_pending(mine).union(*(one[number] for one in settlements)) for number, mine in enumerate(values)
    ]
    return Reach(now, values, final, alone, frozenset(assumed))


Keys = tuple[str, ...]


def _keys(items: Iterable[OpenItem[Any]]) -> Keys:
    return tuple(item.key for item in items)


@dataclass(slots=True)
class _Work(Generic[W]):
    """What is evaluated for one participant, out of one allowance for all items and groups of items.

    `found` are the outcomes so far; `worlds` the number of worlds of each item of which every kind was tried by itself,
    the present one among them.
    """

    evaluate: Evaluate[W]
    left: int
    found: set[Outcome]
    worlds: dict[str, int] = field(default_factory=dict)

    def singly(self, item: OpenItem[W], world: W) -> set[Outcome]:
        """The outcomes of an item while the others stay as they are."""
        before = self.left
        met, whole = self._tried(item.worlds(world)) if before else (set(), False)
        if whole and item.alone:
            self.worlds[item.key] = 1 + before - self.left
        return met

    def together(self, world: W, deciding: Iterable[Sequence[OpenItem[W]]]) -> dict[Keys, bool]:
        """Whether every combination of each group was tried: the largest group that is few enough first.

        A group is done with any group that holds it, for there the others stay as they are, too.
        """
        groups = {_keys(some): some for some in deciding}
        done: dict[Keys, bool] = {}
        whole: list[frozenset[str]] = []
        for keys in sorted(groups, key=self._size, reverse=True):
            mine = frozenset(keys)
            done[keys] = any(mine <= one for one in whole) or self._group(world, groups[keys])
            if done[keys]:
                whole.append(mine)
        return done

    def _size(self, keys: Keys) -> int:
        """How many combinations there are about: a number or a date may have more points in another world."""
        return math.prod(self.worlds.get(key, 1) for key in keys)

    def _group(self, world: W, items: Sequence[OpenItem[W]]) -> bool:
        """Every combination, those that are enumerated first; nothing is begun that cannot be finished."""
        if any(item.key not in self.worlds for item in items) or sum(not item.exact for item in items) > 1:
            return False
        if len(items) < 2:
            return True
        if self._size(_keys(items)) > self.left:
            return False
        return self._tried(_combined(world, sorted(items, key=lambda item: not item.exact)))[1]

    def _tried(self, worlds: Iterable[W]) -> tuple[set[Outcome], bool]:
        """The outcomes of worlds, and whether they are all of them."""
        met: set[Outcome] = set()
        whole = True
        try:
            for world in worlds:
                if not self.left:
                    whole = False
                    break
                self.left -= 1
                if (outcome := self.evaluate(world)) is not None:
                    met.add(outcome)
        except Unresolved:
            whole = False
        self.found |= met
        return met, whole


def _combined(world: W, items: Sequence[OpenItem[W]]) -> Iterator[W]:
    if not items:
        yield world
        return
    yield from _combined(world, items[1:])
    for resolved in items[0].worlds(world):
        yield from _combined(resolved, items[1:])


def _letters(outcomes: Iterable[Outcome]) -> list[Values]:
    return [frozenset(letters) for letters in zip(*outcomes, strict=True)]


def _assumed(values: list[Values], by: Mapping[int, Sequence[OpenItem[Any]]]) -> list[Values]:
    """With what is assumed; who may enter a set may bring along what is possible in the full analysis set."""
    made = list(values)
    for number in sorted(by, key=lambda one: PLACES[one][1] != "FAS"):
        name, population = PLACES[number]
        letters = frozenset().union(*(item.assume(name, population) for item in by[number]))
        made[number] |= letters
        if OUT in letters:
            made[number] |= made[AT[name, "FAS"]]
    return made


def settled(outcome: Outcome) -> list[Values]:
    """G-25: what a pending result could become, by place: reached or not reached, and with it the analysis sets.

    Without a resection one may still come, and with it RES, R0 and PEV; while the response window is open an assessment
    may, and with it REV and RSP. A place that nothing pending touches keeps its letter.
    """
    operable = any(outcome[AT[name, "FAS"]] in (PENDING, HOPELESS) for name in PATHOLOGIC)
    assessable = any(outcome[AT[name, "FAS"]] == PENDING for name in RESPONSES)
    resected = outcome[AT["MPR", "RES"]] != OUT
    found = []
    for number, (name, population) in enumerate(PLACES):
        letter = outcome[number]
        comes = name == MARGIN and operable and not resected
        own = frozenset({REACHED, NOT}) if comes else _becomes(outcome[AT[name, "FAS"]])
        enters = (
            (population in ("RES", "R0") and operable and not resected)
            or (population == "PEV" and operable)
            or (population in ("REV", "REV_M", "RSP") and assessable)
        )
        if letter == OUT:
            found.append(own | {OUT} if enters else frozenset({OUT}))
        else:
            found.append(own if comes else _becomes(letter))
    return found


def _becomes(letter: str) -> Values:
    return frozenset({PENDING: (REACHED, NOT), HOPELESS: (NOT,)}.get(letter, (letter,)))


def with_pending(values: Values) -> Values:
    """The letters without those that stand for a pending result."""
    return frozenset().union(*(_becomes(letter) for letter in values)) if values else frozenset()


# --- the trial ------------------------------------------------------------------------------------------------------


class Share(NamedTuple):
    """x of n; without anybody in the set it is not estimable."""

    x: int
    n: int

    @property
    def estimate(self) -> Fraction | None:
        return Fraction(self.x, self.n) if self.n else None


class Bounds(NamedTuple):
    now: Share
    least: Share
    greatest: Share

    @property
    def moves(self) -> bool:
        return self.least.estimate != self.greatest.estimate


# What each letter adds to x and n; a pending result counts as not reached (G-25).
ADDS: Mapping[str, tuple[int, int]] = {
    REACHED: (1, 1),
    NOT: (0, 1),
    PENDING: (0, 1),
    HOPELESS: (0, 1),
    OUT: (0, 0),
}
LEAST = (NOT, PENDING, HOPELESS, OUT, REACHED)
GREATEST = (REACHED, OUT, NOT, PENDING, HOPELESS)


NOBODY = Share(0, 0)


def bounds(movers: Iterable[tuple[str, Values]], others: Share = NOBODY) -> Bounds:
    """The least and the greatest x / n when each mover takes any of its values, independently of the others.

    Whatever the others take, with x of n among them: x/(n+1) <= x/n <= (x+1)/(n+1). So "not reached" makes the rate
    smallest, then "outside", then "reached", and each mover can be decided by itself. `others` are those who do not move.
    """
    now = least = greatest = others
    for letter, values in movers:
        now = _add(now, letter)
        least = _add(least, next(one for one in LEAST if one in values))
        greatest = _add(greatest, next(one for one in GREATEST if one in values))
    return Bounds(now, least, greatest)


def _add(share: Share, letter: str) -> Share:
    x, n = ADDS[letter]
    return Share(share.x + x, share.n + n)
