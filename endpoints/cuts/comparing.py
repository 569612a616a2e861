"""Two views of the trial beside each other: figures that moved, participants that are new, gone or have other values."""

from __future__ import annotations

import datetime as dt
import json
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints import words
from endpoints.cuts.moved import Figure, compared
from endpoints.gather import gather, standings
from endpoints.models import Status
from endpoints.standpoint import AtCut, Kept, Line, Live, Standpoint
from participants.models import Participant
from trialsite.accounts.permissions import Grants
from trialsite.accounts.roles import Permission
from trialsite.kernel.digests import digest

SHOWN_FIRST = (*words.HEADLINE, "R0", "TRAE3", "SAE")
SAME = ("data_cutoff", "final")  # the question asked of the course, named above the participants


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that is not data and differs: cut-off, engine, a setting."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One endpoint of one participant: value and detail on both sides."""

    name: str
    label: str
    before: str
    after: str

    @property
    def slug(self) -> str:
        return self.name.lower()

    @property
    def headline(self) -> bool:
        """Not a sensitivity analysis; what is no endpoint (a data error) is always shown."""
        return self.name not in words.NAMES or self.name in SHOWN_FIRST


@dataclass(slots=True)
class Person:
    """A participant who differs. `kind`: new, gone, changed (a value), inputs (other inputs, the same values)."""

    number: str
    site: str
    kind: str
    values: list[ValueChange] = field(default_factory=list)
    inputs: bool = False  # the course or the profile differs

    @property
    def shown(self) -> list[ValueChange]:
        """The endpoints themselves; all that differs when these are the same."""
        return [one for one in self.values if one.headline] or self.values

    @property
    def further(self) -> list[ValueChange]:
        """Sensitivity analyses beside them."""
        return [one for one in self.values if one not in self.shown]


@dataclass
class Comparison:
    """Everything but the fields behind it, which are read for the participants that a page shows (`cuts.inputs`)."""

    before: Standpoint
    after: Standpoint
    figures: list[Figure]
    people: list[Person]
    questions: list[Difference]
    unseen: int  # participants who differ at sites that the reader may not see
    now: dt.datetime

    @property
    def start(self) -> dt.datetime:
        return self.before.at or self.now

    @property
    def end(self) -> dt.datetime:
        return self.after.at or self.now

    @cached_property
    def moved(self) -> list[Figure]:
        return [one for one in self.figures if one.moved]

    @property
    def headline(self) -> list[Figure]:
        return [one for one in self.moved if one.headline]

    @property
    def new(self) -> list[Person]:
        return [one for one in self.people if one.kind == "new"]

    @property
    def gone(self) -> list[Person]:
        return [one for one in self.people if one.kind == "gone"]

    @property
    def with_values(self) -> list[Person]:
        return [one for one in self.people if one.values]

    @property
    def with_inputs(self) -> list[Person]:
        return [one for one in self.people if one.inputs]


def compare(one: Standpoint, other: Standpoint, grants: Grants) -> Comparison:
    """The earlier one on the left. A fixed number of queries for each side."""
    now = timezone.now()
    before, after = sorted((one, other), key=lambda each: each.at or now)
    left, right = _lines(before), _lines(after)
    visible = _visible(grants)
    people, unseen = [], 0
    inputs = _inputs_differ(before, after, left.keys() & right.keys())
    for number in sorted(left.keys() | right.keys()):
        person = _person(number, left.get(number), right.get(number), number in inputs)
        if person is None:
            continue
        if visible is None or person.site in visible:
            people.append(person)
        else:
            unseen += 1
    return Comparison(
        before=before, after=after, figures=compared(before.results, after.results), people=people,
        questions=questions(before, after), unseen=unseen, now=now,
    )  # fmt: skip


def _lines(standpoint: Standpoint) -> dict[str, Line]:
    return {line.number: line for line in standpoint.lines()}


def _visible(grants: Grants) -> set[str] | None:
    from trialsite.accounts.models import Site

    sites = grants.sites(Permission.RESULTS)
    return None if sites is None else set(Site.objects.filter(pk__in=sites).values_list("number", flat=True))


# --- participants ---------------------------------------------------------------------------------------------------


def _person(number: str, old: Line | None, new: Line | None, inputs: bool) -> Person | None:
    here = new or old
    assert here is not None
    if old is None or new is None:
        return Person(number, here.site, "new" if old is None else "gone")
    values = value_changes(old, new)
    if not values and not inputs:
        return None
    return Person(number, here.site, "changed" if values else "inputs", values, inputs)


def value_changes(old: Line, new: Line) -> list[ValueChange]:
    """Endpoints whose value, date or end differs. A duration that only went on to a later cut-off is told like any."""
    if (old.status, old.error) != (new.status, new.error) and Status.OK in (old.status, new.status):
        return [ValueChange("", _("All endpoints"), _said_whole(old), _said_whole(new))]
    left, right = old.summary.get("values", {}), new.summary.get("values", {})
    found = []
    for name in words.NAMES:
        a, b = left.get(name, {}), right.get(name, {})
        if a != b:
            found.append(ValueChange(name, words.short(name), _said(name, a), _said(name, b)))
    return [one for one in found if one.before != one.after]


def _said(name: str, value: Mapping[str, Any]) -> str:
    shown = words.whole(name, value)
    value_text, detail = words.outcome(name, shown), words.detail(name, shown)
    return _("%(value)s (%(detail)s)") % {"value": value_text, "detail": detail} if detail else value_text


def _said_whole(line: Line) -> str:
    if line.status == Status.OK:
        return _("computed")
    return words.refusal(line.summary, line.error) or _("Data error")


# --- inputs ---------------------------------------------------------------------------------------------------------


def _inputs_differ(before: Standpoint, after: Standpoint, numbers: Any) -> set[str]:
    """Participants of both sides whose course or profile is another."""
    old = dict(_inputs(before))
    return {number for number, mark in _inputs(after) if number in numbers and old.get(number) != mark}


def _inputs(standpoint: Standpoint) -> Iterator[tuple[str, str]]:
    """Number, and a mark of course and profile that leaves out the cut-off."""
    if isinstance(standpoint, Kept):
        people = standpoint.people().values_list("number", "case", "profile")
        for number, case, profile in people.iterator(chunk_size=200):
            yield number, _mark(json.loads(zlib.decompress(case)), profile)
        return
    every = list(Participant.objects.filter(imported=False).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(every), 200):
        for made in gather(standings(every[start : start + 200])):
            yield made.number, _mark(made.case, json.loads(json.dumps(made.profile)))


def _mark(case: Mapping[str, Any], profile: Any) -> str:
    return digest([{key: value for key, value in case.items() if key not in SAME}, profile])


# --- what is not data -----------------------------------------------------------------------------------------------


def questions(before: Standpoint, after: Standpoint) -> list[Difference]:
    """Cut-off, kind of analysis, engine and settings, where they differ."""
    pairs = [
        (_("Cut-off"), str(before.as_of or "–"), str(after.as_of or "–")),
        (_("Analysis"), _kind(before), _kind(after)),
        (_("Engine"), before.engine, after.engine),
    ]
    old, new = before.engine_settings, after.engine_settings
    pairs += [(name, str(old.get(name)), str(new.get(name))) for name in sorted(old.keys() | new.keys())]
    if before.configuration != after.configuration:
        pairs.append((_("Settings of the study (digest)"), before.configuration, after.configuration))
    return [Difference(*pair) for pair in pairs if pair[1] != pair[2]]


def _kind(standpoint: Standpoint) -> str:
    return _("final") if standpoint.final else _("interim")


def name_of(standpoint: Standpoint) -> str:
    """How an address names it: `DC-01`, `live`, `at:…`, `dry-run:7`."""
    if isinstance(standpoint, AtCut):
        return standpoint.record.code
    if isinstance(standpoint, Live):
        return "live"
    record = standpoint.record  # type: ignore[attr-defined]
    return f"dry-run:{record.pk}" if record.cutoff else f"at:{record.at.isoformat()}"
