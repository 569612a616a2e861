"""Reading the trail by filters: what may be asked, which events that is, page by page, newest first.

A page is found by its key (time and id of the last event of the page before): no page costs more than the first one,
and nothing counts a million rows. What a number of a participant or a form's key means is said by those who know it
(`crf.selectors.trail`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from .models import AuditEvent

Narrow = Callable[[QuerySet[AuditEvent]], QuerySet[AuditEvent]]
SYSTEM = "system"
PAGE = 50
COUNTED = 1_000  # so many rows are counted; of more the page says "more than"
SEARCHED = 50_000  # so many rows are searched for words; a filter that leaves more asks to narrow


class Key(NamedTuple):
    """The place of an event in the order of the explorer."""

    at: dt.datetime
    id: int

    def text(self) -> str:
        return f"{self.at.astimezone(dt.UTC):%Y%m%dT%H%M%S.%f}-{self.id}"

    @classmethod
    def read(cls, text: str) -> Key | None:
        moment, _, number = text.partition("-")
        try:
            at = dt.datetime.strptime(moment, "%Y%m%dT%H%M%S.%f").replace(tzinfo=dt.UTC)
            return cls(at, int(number))
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Scope:
    """What a reader may see: events of participants at these sites (`None`: all), events of the study, and never the
    content of events on withheld targets (single central readings before their release)."""

    study: bool
    participants: bool
    sites: frozenset[str] | None
    study_chain: int
    withheld: frozenset[str] = frozenset()

    def limit(self, events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        of_study = Q(chain=self.study_chain)
        if not self.participants:
            events = events.filter(of_study)
            return events if self.study else events.filter(site__in=self.sites or ())
        if self.sites is None:
            return events if self.study else events.exclude(of_study)
        here = Q(site__in=self.sites)
        return events.filter(here | of_study if self.study else here)


@dataclass(frozen=True, slots=True)
class Asked:
    """A filter in terms of the table. `None` asks for nothing special; an empty collection is never met."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None  # not included
    actor: int | str | None = None  # a key, or SYSTEM
    chain: int | None = None
    site: str = ""
    actions: Sequence[str] | None = None
    targets: Sequence[str] | Narrow | None = (
        None  # addresses; or what narrows a query, when they are too many to name
    )
    paths: Sequence[str] | None = None
    words: str = ""
    last: int | None = None  # the highest id that is looked at: an export ends where it began

    @property
    def of_content(self) -> bool:
        """Whether it asks what an event says: such a question must not reach what is withheld."""
        return bool(self.words) or self.paths is not None

    @property
    def narrow(self) -> bool:
        """Whether words may be searched at all: by participant, person or a period."""
        return self.chain is not None or self.actor is not None or self.since is not None

    def condition(self) -> Q:
        wanted = Q()
        for name, value in self._equalities():
            wanted &= Q(**{name: value})
        return wanted

    def matching(self) -> QuerySet[AuditEvent]:
        """What is asked for but the words."""
        events = AuditEvent.objects.filter(self.condition())
        if self.targets is None:
            return events
        return self.targets(events) if callable(self.targets) else events.filter(target__in=self.targets)

    def _equalities(self) -> Iterable[tuple[str, Any]]:
        given: dict[str, Any] = {
            "at__gte": self.since, "at__lt": self.until, "chain": self.chain, "site": self.site or None,
            "id__lte": self.last,
        }  # fmt: skip
        yield from ((name, value) for name, value in given.items() if value is not None)
        if self.actor == SYSTEM:
            yield "actor__isnull", True
        elif self.actor is not None:
            yield "actor", self.actor
        if self.actions is not None:
            one = len(self.actions) == 1
            yield ("action", self.actions[0]) if one else ("action__in", self.actions)
        if self.paths is not None:
            yield "path__in", self.paths

    def searched(self) -> Q:
        words = self.words
        return Q(old__icontains=words) | Q(new__icontains=words) | Q(reason__icontains=words)


def events_of(scope: Scope, asked: Asked) -> QuerySet[AuditEvent]:
    """The events of a filter, newest first."""
    events = scope.limit(asked.matching())
    if asked.of_content and scope.withheld:
        events = events.exclude(target__in=sorted(scope.withheld))
    if asked.words:
        events = events.filter(asked.searched())
    return events.order_by("-at", "-id")


def too_broad(scope: Scope, asked: Asked) -> bool:
    """Whether a search for words would read too much."""
    if not asked.words:
        return False
    if not asked.narrow:
        return True
    before = scope.limit(asked.matching()).order_by()
    return len(before.values_list("id", flat=True)[: SEARCHED + 1]) > SEARCHED


def before(events: QuerySet[AuditEvent], after: Key | None) -> QuerySet[AuditEvent]:
    """The events that come after a key in the order of the explorer."""
    if after is None:
        return events
    # The first condition is the range of the index, the second decides among events of the same moment.
    return events.filter(at__lte=after.at).filter(Q(at__lt=after.at) | Q(id__lt=after.id))


def page_of(
    events: QuerySet[AuditEvent], after: Key | None, size: int = PAGE
) -> tuple[list[AuditEvent], Key | None]:
    """So many events after a key, and the key of the next page when there is one."""
    found = list(before(events, after)[: size + 1])
    more = Key(found[size - 1].at, found[size - 1].pk) if len(found) > size else None
    return found[:size], more


def sorted_here(events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """The same order by an expression that no index has: few rows found by their targets are sorted, instead of all
    events read newest first until enough of them were met."""
    return events.order_by(Coalesce("at", "at").desc(), "-id")


def counted(events: QuerySet[AuditEvent], most: int = COUNTED) -> tuple[int, bool]:
    """How many there are, as far as is counted; and whether there are more."""
    found = len(events.order_by().values_list("id", flat=True)[: most + 1])
    return min(found, most), found > most


def pages(events: QuerySet[AuditEvent], size: int = 2_000) -> Iterable[list[AuditEvent]]:
    """All of them, a page at a time: no cursor is kept open, however long somebody takes to read."""
    after: Key | None = None
    while True:
        found, after = page_of(events, after, size)
        if found:
            yield found
        if after is None:
            return


@dataclass(frozen=True, slots=True)
class Moments:
    """Days and moments as typed, in the clock of the sites."""

    since: dt.datetime | None = None
    until: dt.datetime | None = None
    wrong: tuple[str, ...] = field(default=())

    @classmethod
    def read(cls, since: str, until: str) -> Moments:
        first, wrong_first = _moment(since, last=False)
        second, wrong_second = _moment(until, last=True)
        wrong = [name for name, bad in (("from", wrong_first), ("to", wrong_second)) if bad]
        if first and second and first >= second:
            wrong = ["to"]
        return cls(first, second, tuple(wrong))


def _moment(text: str, *, last: bool) -> tuple[dt.datetime | None, bool]:
    """A day (its end, when it is the last one) or a minute."""
    if not text:
        return None, False
    zone = timezone.get_current_timezone()
    try:
        if len(text) == 10:
            day = dt.datetime.combine(dt.date.fromisoformat(text), dt.time(), tzinfo=zone)
            return (day + dt.timedelta(days=1) if last else day), False
        moment = parse_datetime(text)
    except (ValueError, OverflowError):
        return None, True
    if moment is None:
        return None, True
    aware = moment if timezone.is_aware(moment) else moment.replace(tzinfo=zone)
    return (aware + dt.timedelta(minutes=1) if last else aware), False
