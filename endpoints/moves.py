"""What could move the trial's rates, for strip, page, trace and report: bounds, and the open items that matter.

Everything is read from what `endpoints.moving` keeps of each participant; nothing is derived here. Bounds cover the whole
trial; items are named to those who may see the participant's results, and a central reading only by its number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as N_
from django.utils.translation import ngettext

from crf.models import Query
from crf.models.queries import STANDING
from crf.naming import form_url
from crf.policies import BLINDED_FORMS
from crf.registry import form_def
from crf.selectors.access import participants_for
from crf.selectors.history import field_at
from crf.selectors.queries import path_label, queries_for
from crf.selectors.values import words_of
from endpoints import words
from endpoints.engine.bounds import ADDS, OUT, RATES, SETS, Bounds, Share, bounds
from endpoints.engine.codes import MRECIST, RECIST
from endpoints.models import EndpointState
from endpoints.standpoint import Kept, Standpoint
from endpoints.trace import Places, form_name
from participants.models import Participant
from trialsite.accounts.roles import Permission
from trialsite.web import figures

HEADLINE = "FAS"
CONFIRMED = "_CONFIRMED"
KINDS = {"QUERY": N_("Open query"), "PARTIAL": N_("Incomplete date"), "PENDING": N_("Pending result")}
WAITED = {
    "CENTRAL": N_("Result of central pathology"), "MARGIN": N_("Margin of the resection"),
    "SURGERY": N_("Resection, or why there is none"),
    RECIST: N_("Assessments in the response window, RECIST 1.1"), MRECIST: N_("Assessments in the response window, mRECIST"),
}  # fmt: skip
LETTERS = {
    "Y": N_("Yes"), "N": N_("No"), "P": N_("Pending"), "Q": N_("Pending"), "-": N_("not in the analysis set"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mover:
    """A participant with something open. `moves` as `endpoints.moving` writes it."""

    number: str
    site: str
    moves: Mapping[str, Any]

    def place(self, name: str, population: str) -> list[str] | None:
        """Now, with queries and dates resolved, with pending results too, "*" where assumed; none where nothing can move."""
        found: list[str] | None = self.moves.get("places", {}).get(name, {}).get(population)
        return found

    def items(self, name: str, population: str) -> list[Mapping[str, Any]]:
        """The open items that matter to a rate in a set: alone, or together with others of the participant."""
        if self.place(name, population) is None:
            return []
        return [one for one in self.moves["items"] if _matters(one, name, population)]

    def could(self, item: Mapping[str, Any], name: str, population: str) -> str:
        """The letters that an item could give a rate in a set while the others stay."""
        if item["kind"] != "PENDING":
            found: str = item["could"].get(name, {}).get(population, "")
            return found
        place = self.place(name, population)
        return place[2] if place and _matters(item, name, population) else ""


# Analysis sets that a pending result may bring the participant into.
ENTERED = {
    "SURGERY": ("RES", "R0", "PEV"), "CENTRAL": ("PEV",), "MARGIN": ("R0",), RECIST: ("REV",), MRECIST: ("REV_M", "RSP"),
}  # fmt: skip


def _matters(item: Mapping[str, Any], name: str, population: str) -> bool:
    if item["kind"] == "PENDING":
        return name in item["rates"] or population in ENTERED[item["what"]]
    return population in item["could"].get(name, {})


@dataclass(frozen=True, slots=True)
class RateMoves:
    """One rate in one analysis set: between what it lies however queries and dates are resolved, and pending results come."""

    name: str
    population: str
    open: Bounds
    all: Bounds
    queries: int
    dates: int
    pending: int
    exhausted: bool

    @property
    def short(self) -> str:
        return rate_name(self.name)

    @property
    def slug(self) -> str:
        return self.name.removesuffix(CONFIRMED).lower()

    @property
    def moves(self) -> bool:
        return self.open.moves or self.all.moves

    @property
    def now(self) -> str:
        return share(self.open.now)

    @property
    def sentence(self) -> str:
        """ "3 open queries could move MPR between 44.7% and 48.9%", in the reader's language."""
        found = self._open() if self.open.moves else ""
        return found or (self._pending() if self.all.moves else "")

    def _open(self) -> str:
        least, greatest = share(self.open.least), share(self.open.greatest)
        n = self.queries + self.dates
        said = {"n": n, "name": self.short, "least": least, "greatest": greatest}
        if not self.dates:
            text = ngettext(
                "%(n)s open query could move %(name)s between %(least)s and %(greatest)s",
                "%(n)s open queries could move %(name)s between %(least)s and %(greatest)s", self.queries,
            )  # fmt: skip
        else:
            text = ngettext(
                "%(n)s open query or incomplete date could move %(name)s between %(least)s and %(greatest)s",
                "%(n)s open queries and incomplete dates could move %(name)s between %(least)s and %(greatest)s",
                n,
            )  # fmt: skip
        return text % said

    def _pending(self) -> str:
        least, greatest = share(self.all.least), share(self.all.greatest)
        said = {"n": self.pending, "name": self.short, "least": least, "greatest": greatest}
        return (
            ngettext(
                "%(n)s pending result could move %(name)s between %(least)s and %(greatest)s",
                "%(n)s pending results could move %(name)s between %(least)s and %(greatest)s", self.pending,
            )
            % said
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Could:
    """One rate of one participant: the value now and those that could come."""

    name: str
    now: str
    values: list[str]


@dataclass(slots=True)
class Item:
    """A line of the list: whose, what is open, where it stands, the value now, and what could come of it."""

    number: str
    site: str
    kind: str
    what: str
    form: str
    href: str
    value: str
    since: str
    query: str = ""
    query_href: str = ""
    could: list[Could] = field(default_factory=list)  # empty: only together with other open items


def share(found: Share) -> str:
    return _("NE") if found.estimate is None else f"{figures.share_text(found.estimate)}%"


def rate_name(name: str) -> str:
    """A rate as people call it."""
    base = name.removesuffix(CONFIRMED)
    return words.short(base) + (_(", confirmed") if base != name else "")


# --- the trial --------------------------------------------------------------------------------------------------------------


def movers_of(standpoint: Standpoint) -> list[Mover]:
    """Participants with something open, by number: one query."""
    if isinstance(standpoint, Kept):
        rows = (
            standpoint.people()
            .exclude(moves={})
            .order_by("number")
            .values_list("number", "site__number", "moves")
        )
    else:
        states = EndpointState.objects.of_trial().exclude(moves={}).order_by("participant__number")
        rows = states.values_list("participant__number", "participant__site__number", "moves")
    return [Mover(*row) for row in rows]


def trial_moves(
    standpoint: Standpoint, population: str = HEADLINE, movers: Sequence[Mover] | None = None
) -> list[RateMoves]:
    """Bounds of every rate of the course in one analysis set, in the order of the figures.

    None in the safety and per-protocol sets: they rest on the profile, so who may enter or leave them is not known here.
    """
    movers = movers_of(standpoint) if movers is None else movers
    rates = standpoint.results.get("rates", {})
    return [
        _rate(name, population, found[population]["all"], movers)
        for name, found in rates.items()
        if population in found and population in SETS and name in BOUNDED
    ]


BOUNDED = frozenset(
    name for name, *_rest in RATES
)  # of the course; not those of adverse events (docs/what-could-move.md)


def moves_of_rate(standpoint: Standpoint, name: str, population: str = HEADLINE) -> RateMoves | None:
    """Bounds of one rate; none where there are no figures."""
    return next((one for one in trial_moves(standpoint, population) if one.name == name), None)


def _rate(name: str, population: str, counted: Mapping[str, Any], movers: Sequence[Mover]) -> RateMoves:
    places = [place for one in movers if (place := one.place(name, population))]
    x, n = (sum(ADDS[place[0]][side] for place in places) for side in (0, 1))
    others = Share(max(counted["x"] - x, 0), max(counted["n"] - n, 0))
    kinds: Counter[str] = Counter()
    exhausted = all(len(place) == 3 for place in places)
    for one in movers:
        mine = one.items(name, population)
        kinds.update(item["kind"] for item in mine)
    return RateMoves(
        name, population,
        bounds(((place[0], frozenset(place[1])) for place in places), others),
        bounds(((place[0], frozenset(place[2])) for place in places), others),
        kinds["QUERY"], kinds["PARTIAL"], kinds["PENDING"], exhausted,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Strip:
    """The line above the figures: the headline rates that could move, the primary one first.

    Without bounds (`bounded`) nothing is said about what could move them.
    """

    rates: list[RateMoves]
    bounded: bool = True

    @property
    def first(self) -> RateMoves | None:
        return self.rates[0] if self.rates else None

    @property
    def others(self) -> int:
        return len(self.rates) - 1


def strip_of(standpoint: Standpoint, population: str = HEADLINE) -> Strip:
    """One query and the figures that the page has read anyway."""
    found = {one.name: one for one in trial_moves(standpoint, population)}
    rates = [found[name] for name in words.RATES if name in found and found[name].moves]
    return Strip(rates, bounded=population in SETS)


# --- the list ---------------------------------------------------------------------------------------------------------------


def items_of(user: Any, movers: Iterable[Mover], name: str = "", population: str = HEADLINE) -> list[Item]:
    """The open items that matter to one rate (all of them), as far as the reader may know the participants.

    Five queries, however many items.
    """
    allowed = set(participants_for(user, Permission.RESULTS).values_list("number", flat=True))
    shown = [
        (mover, item)
        for mover in movers
        if mover.number in allowed
        for item in (mover.items(name, population) if name else _of_set(mover, population))
    ]
    places = Places(item["address"] for _mover, item in shown if "address" in item)
    pks = {item["query"] for _mover, item in shown if "query" in item}
    queries = (
        {one.pk: one for one in queries_for(user).filter(pk__in=pks).select_related("participant")}
        if pks
        else {}
    )
    return [_item(mover, item, name, population, places, queries) for mover, item in shown]


def _of_set(mover: Mover, population: str) -> Iterator[Mapping[str, Any]]:
    for item in mover.moves["items"]:
        if any(
            _matters(item, name, population)
            for name in mover.moves["places"]
            if mover.place(name, population)
        ):
            yield item


def _item(
    mover: Mover,
    item: Mapping[str, Any],
    name: str,
    population: str,
    places: Places,
    queries: Mapping[int, Query],
) -> Item:
    made = Item(
        number=mover.number, site=mover.site, kind=_(KINDS[item["kind"]]), what="", form="", href="", value="", since="",
        could=_could(mover, item, name, population),
    )  # fmt: skip
    if item["kind"] == "PENDING":
        rate = name or item["rates"][0]
        made.what, made.since = _(WAITED[item["what"]]), figures.day(item["since"]) if item["since"] else ""
        made.href = reverse("participant_trace", args=[mover.number, rate.removesuffix(CONFIRMED).lower()])
        return made
    _placed(made, item, places)
    query = queries.get(item.get("query", 0))
    if query is not None:
        made.query, made.query_href = query.code, reverse("query", args=[query.code])
        made.since = figures.day(query.raised_at)
    return made


def _placed(made: Item, item: Mapping[str, Any], places: Places) -> None:
    """Form and field, with the way there; of a central reading its number and nothing else."""
    form = places.form(item["address"])
    if form is None:
        return
    path = item["address"].partition("/")[2]
    made.form = form_name(form)
    if form.form_key in BLINDED_FORMS:
        return
    definition = form_def(form.form_key)
    made.what = path_label(definition, path) if path else ""
    made.href = _href(item["address"], places)
    made.value = words_of(definition, path, item.get("value", "")) if field_at(definition, path) else ""


def _href(address: str, places: Places) -> str:
    source = places.source(address) if address.partition("/")[2] else None
    if source is not None:
        return source.href
    form = places.form(address)
    return form_url(form) if form else ""


def _could(mover: Mover, item: Mapping[str, Any], name: str, population: str) -> list[Could]:
    found = []
    for rate in [name] if name else BOUNDED:
        letters, place = mover.could(item, rate, population), mover.place(rate, population)
        if letters and place:
            others = _words(letter for letter in letters if letter != place[0])
            found.append(Could(rate_name(rate), letter_word(place[0]), others))
    return found


def _words(letters: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(letter_word(letter) for letter in letters))


def letter_word(letter: str) -> str:
    return _(LETTERS.get(letter, LETTERS[OUT]))


# --- one participant ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class TraceMoves:
    """ "What could change this?" of one endpoint of one participant."""

    rate: bool  # yes/no: bounds are computed
    items: list[Item]
    others: list[Item]  # open queries that are no input of this endpoint
    values: list[str]  # that could come of everything together; empty when nothing can change
    exhausted: bool


def moves_for_trace(
    user: Any, participant: Participant, name: str, moves: Mapping[str, Any], addresses: Iterable[str] = (), *, live: bool = True
) -> TraceMoves:  # fmt: skip
    """What could change one endpoint of one participant: `moves` as a standpoint's line has them.

    For a time to event nothing is computed: an open query counts when it is about one of the `addresses` that were read.
    Standing queries that are no input are listed after them in a live view, so that nobody has to look for them.
    """
    mover = Mover(participant.number, participant.site.number, moves)
    rate = name in BOUNDED
    rates = [name, f"{name}{CONFIRMED}"] if rate else []
    items = _merged(item for one in rates for item in items_of(user, [mover] if moves else [], one))
    standing = _standing(user, participant) if live else []
    if rate:
        inputs = {item.query for item in items}
    else:
        read = set(addresses)
        items = [item for address, item in standing if address in read]
        inputs = {item.query for item in items}
    place = mover.place(name, HEADLINE) if rate else None
    return TraceMoves(
        rate, items, [item for _address, item in standing if item.query not in inputs],
        _words(letter for letter in place[2]) if place else [], place is None or len(place) == 3,
    )  # fmt: skip


def _merged(items: Iterable[Item]) -> list[Item]:
    """An item that matters to a response and to its confirmation stands once."""
    found: dict[tuple[str, str, str], Item] = {}
    for item in items:
        kept = found.setdefault((item.query, item.form, item.what), item)
        if kept is not item:
            kept.could += item.could
    return list(found.values())


def _standing(user: Any, participant: Participant) -> list[tuple[str, Item]]:
    """Standing queries of a participant with the address they are about: two queries."""
    found = queries_for(user, Permission.VIEW).filter(participant=participant, state__in=STANDING)
    queries = list(found.select_related("participant", "form").order_by("number"))
    places = Places(f"form:{one.form_id}" for one in queries if one.form_id)
    listed = []
    for one in queries:
        address = f"form:{one.form_id}/{one.path}" if one.path else f"form:{one.form_id}"
        item = Item(
            number=participant.number, site="", kind=_(KINDS["QUERY"]), what="", form="", href="", value="",
            since=figures.day(one.raised_at), query=one.code, query_href=reverse("query", args=[one.code]),
        )  # fmt: skip
        if one.form_id:
            _placed(item, {"address": address}, places)
        listed.append((address, item))
    return listed
