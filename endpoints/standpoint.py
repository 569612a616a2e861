"""From where the trial is looked at: as it stands, at a past moment, or as a data cut. Pages, figures, traces and
reports ask a standpoint and need not know which it is.

In an address: nothing, `?at=2026-06-01T12:00+08:00` (a day means its end), or `?cut=DC-02`.
"""

from __future__ import annotations

import datetime as dt
import json
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Max, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from crf.derivation_imaging import engine_settings
from endpoints.engine.codes import MRECIST
from endpoints.models import EndpointState, Status, TrialState
from endpoints.models_cuts import CutPerson, DataCut, Moment, MomentPerson, MomentState, StoredFigures
from endpoints.versions import basis, engine_version
from participants.models import Participant
from trialsite.accounts.models import Site
from trialsite.kernel.decisions import Refused
from trialsite.kernel.study import study

HEADLINE = "FAS"
EXACT = "exact"  # beside `at` of a form: the moment that its field was filled with
PROFILE = ""  # as `standing_figures.PROFILE`


@dataclass(frozen=True, slots=True)
class Line:
    """A participant for figures, listings and comparisons."""

    number: str
    site: str
    status: str
    error: str
    error_address: str
    summary: dict[str, Any]
    profile: dict[str, Any]
    moves: dict[str, Any]
    input_digest: str
    result_digest: str
    content: dict[str, Any] = field(default_factory=dict)  # as a run keeps it; empty unless asked for

    def points(self, criteria: str = MRECIST) -> list[dict[str, Any]]:
        """The time points of a criterion, when the content was asked for."""
        return self.content.get("responses", {}).get(criteria, [])


class Standpoint(ABC):
    """The trial from somewhere. `source` names its data in caches; `query` is what an address carries."""

    kind: str
    source: str
    final = False
    cut: DataCut | None = None
    at: dt.datetime | None = None

    @property
    @abstractmethod
    def results(self) -> dict[str, Any]:
        """Figures of the full analysis set by the evaluator of the settings; empty while there are none."""

    @property
    @abstractmethod
    def as_of(self) -> dt.date | None:
        """The cut-off: the latest day on which a record counts."""

    @property
    @abstractmethod
    def computed_at(self) -> dt.datetime | None: ...

    @property
    @abstractmethod
    def label(self) -> str:
        """What the reader calls it."""

    @property
    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """State of the data: `people` and `totals` (`cuts.data_state`); empty for the live view, which asks the tables."""

    @abstractmethod
    def lines(self, *, content: bool = False) -> Iterator[Line]:
        """Everybody of the trial, in the order of their numbers: one query (`content`: with steps and time points)."""

    @abstractmethod
    def line(self, participant: Participant) -> Line | None:
        """One participant with content, or nothing when there was none."""

    @property
    def query(self) -> dict[str, str]:
        return {}

    @property
    def suffix(self) -> str:
        """`?cut=DC-02`, to be put behind an address; empty for the live view."""
        return f"?{urlencode(self.query)}" if self.query else ""

    @property
    def live(self) -> bool:
        return self.kind == "live"

    def stored(self) -> QuerySet[StoredFigures]:
        """The figures beside the headline."""
        return StoredFigures.objects.filter(source=self.source)

    @property
    def earlier(self) -> dt.datetime | None:
        """When the figures beside the headline were computed, if they are of data before those of the headline."""
        return None

    def figures(self, population: str = HEADLINE, evaluator: str = "") -> dict[str, Any]:
        """Figures of one analysis set by one evaluator, with `profile`: those that rest on profiles. Empty while they are
        not computed. One query."""
        by = evaluator or self.evaluator
        stored = self.stored().filter(population=population, evaluator__in=(by, PROFILE))
        found = dict(stored.values_list("evaluator", "results"))
        if population == HEADLINE and by == self.evaluator:
            found[by] = self.results
        if not found.get(by):
            return {}
        return found[by] | ({"profile": found[PROFILE]} if PROFILE in found else {})

    @property
    def engine(self) -> str:
        return engine_version()

    @property
    def configuration(self) -> str:
        return study().digest

    @property
    def engine_settings(self) -> dict[str, Any]:
        return engine_settings().to_json()

    @property
    def evaluator(self) -> str:
        """Whose images the headline rests on: as configured when it was computed, which a cut keeps."""
        return str(self.engine_settings["evaluator"])


@dataclass
class Live(Standpoint):
    """The trial as it stands."""

    kind = "live"

    @cached_property
    def state(self) -> TrialState | None:
        return TrialState.objects.filter(pk=TrialState.ONLY).first()

    @property
    def source(self) -> str:  # type: ignore[override]
        return f"{self.state.version}|{self.state.as_of}" if self.state else "none"

    @property
    def results(self) -> dict[str, Any]:
        return self.state.results if self.state else {}

    @property
    def as_of(self) -> dt.date | None:
        return self.state.as_of if self.state else None

    @property
    def computed_at(self) -> dt.datetime | None:
        return self.state.computed_at if self.state else None

    @property
    def label(self) -> str:
        return _("Live")

    @property
    def facts(self) -> dict[str, Any]:
        return {}

    @cached_property
    def _last(self) -> tuple[str, dt.datetime | None]:
        """The source of the figures that are there, and their time when it is not that of the headline: one query."""
        kept = StoredFigures.objects.exclude(source__startswith="moment:").exclude(source__startswith="cut:")
        times = dict(kept.values_list("source").annotate(last=Max("created_at")))
        if self.source in times or not times:
            return self.source, None
        return max(times.items(), key=lambda one: one[1])

    def stored(self) -> QuerySet[StoredFigures]:
        """Until those of new data are there, the last ones stay; `earlier` says so."""
        return StoredFigures.objects.filter(source=self._last[0])

    @property
    def earlier(self) -> dt.datetime | None:
        return self._last[1]

    def _states(self) -> QuerySet[EndpointState]:
        return EndpointState.objects.of_trial().select_related("participant__site", "run")

    def lines(self, *, content: bool = False) -> Iterator[Line]:
        states = self._states().order_by("participant__number")
        if not content:
            states = states.defer("run__body")
        for state in states.iterator(chunk_size=500):
            yield _live_line(state, content)

    def line(self, participant: Participant) -> Line | None:
        state = self._states().filter(participant=participant).first()
        return _live_line(state, True) if state else None


def _live_line(state: EndpointState, content: bool) -> Line:
    run, person = state.run, state.participant
    return Line(
        number=person.number, site=person.site.number, status=state.status, error=state.error,
        error_address=state.error_address, summary=state.summary, profile=state.profile, moves=state.moves,
        input_digest=run.input_digest if run else "", result_digest=run.result_digest if run else "",
        content=run.content if run and content else {},
    )  # fmt: skip


class Kept(Standpoint):
    """A moment or a cut: rows of its own."""

    record: Moment | DataCut

    @property
    def results(self) -> dict[str, Any]:
        return self.record.results

    @property
    def facts(self) -> dict[str, Any]:
        return self.record.facts

    @abstractmethod
    def people(self) -> QuerySet[Any]: ...

    def lines(self, *, content: bool = False) -> Iterator[Line]:
        people = self.people().select_related("site").order_by("number").defer("case")
        if not content:
            people = people.defer("case", "body")
        for one in people.iterator(chunk_size=500):
            yield _kept_line(one, content)

    def line(self, participant: Participant) -> Line | None:
        one = self.people().select_related("site").filter(participant=participant).defer("case").first()
        return _kept_line(one, True) if one else None

    def courses(self) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
        """Number, the engine's input and the profile, of everybody."""
        for one in self.people().order_by("number").iterator(chunk_size=200):
            yield one.number, json.loads(zlib.decompress(one.case)), one.profile


def _kept_line(one: Any, content: bool) -> Line:
    return Line(
        number=one.number, site=one.site.number, status=one.status, error=one.error, error_address=one.error_address,
        summary=one.summary, profile=one.profile, moves=one.moves, input_digest=one.input_digest,
        result_digest=one.result_digest, content=one.content if content else {},
    )  # fmt: skip


class AtMoment(Kept):
    """As it was at a moment, read back from the trail; computed with the engine of today."""

    kind = "moment"

    def __init__(self, record: Moment) -> None:
        self.record: Moment = record
        self.source = f"moment:{record.pk}"
        self.at = record.at
        self.final = record.final

    @property
    def as_of(self) -> dt.date | None:
        return self.record.cutoff or self.record.at.astimezone(trial_zone()).date()

    @property
    def computed_at(self) -> dt.datetime | None:
        return self.record.finished_at

    @property
    def label(self) -> str:
        return _("As of %(moment)s") % {
            "moment": f"{self.record.at.astimezone(trial_zone()):%Y-%m-%d %H:%M %Z}"
        }

    @property
    def ready(self) -> bool:
        return self.record.state == MomentState.READY

    @property
    def query(self) -> dict[str, str]:
        return {"at": self.record.at.isoformat()}

    def people(self) -> QuerySet[Any]:
        return MomentPerson.objects.filter(moment=self.record)


class AtCut(Kept):
    """A confirmed data cut."""

    kind = "cut"

    def __init__(self, record: DataCut) -> None:
        self.record: DataCut = record
        self.cut = record
        self.source = record.address
        self.at = record.at
        self.final = record.final

    @property
    def as_of(self) -> dt.date | None:
        return self.record.cutoff

    @property
    def computed_at(self) -> dt.datetime | None:
        return self.record.confirmed_at

    @property
    def label(self) -> str:
        return self.record.code

    @property
    def query(self) -> dict[str, str]:
        return {"cut": self.record.code}

    @property
    def engine(self) -> str:
        return self.record.engine

    @property
    def configuration(self) -> str:
        return self.record.configuration

    @property
    def engine_settings(self) -> dict[str, Any]:
        return self.record.engine_settings

    def people(self) -> QuerySet[Any]:
        return CutPerson.objects.filter(cut=self.record)


# --- from an address ------------------------------------------------------------------------------------------------


def trial_zone() -> dt.tzinfo:
    """Days and moments of the whole trial are read and shown in it: on pages, in workers and from commands alike."""
    return Site().zone


FIRST, LAST = 1900, 2200  # years of moments; beyond them a time zone may lead off the calendar


def moment_of(text: str, zone: dt.tzinfo | None = None) -> dt.datetime | None:
    """A day means its end, a day with time that moment, in the zone unless it names its own; none: not readable.

    Raises `Refused` for a year in which there was no trial or can be none.
    """
    try:
        day = parse_date(text)
        moment = dt.datetime.combine(day, dt.time.max) if day else parse_datetime(text)
    except ValueError:
        return None
    if moment is None:
        return None
    if moment.year < FIRST:
        raise Refused(_("Before that moment there was no trial."), "at")
    if moment.year > LAST:
        raise Refused(_("This moment lies in the future: the trail says nothing of it yet."), "at")
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=zone or trial_zone())


def cut_of(code: str) -> DataCut | None:
    """`DC-02`, or nothing."""
    number = code.upper().removeprefix("DC-")
    return (
        DataCut.objects.filter(number=int(number)).first() if number.isdecimal() and len(number) < 6 else None
    )


def standpoint_of(params: Mapping[str, str], by: Any) -> Standpoint:
    """What an address asks for. A moment that nobody asked for before is sent for and is not ready yet.

    Raises `Refused` with a sentence: no such cut, a date that cannot be read, a moment in the future or before the trial.
    """
    if code := params.get("cut", "").strip():
        cut = cut_of(code)
        if cut is None:
            raise Refused(_("There is no data cut %(code)s.") % {"code": code[:20]}, "cut")
        return AtCut(cut)
    if text := params.get("at", "").strip():
        return AtMoment(_asked(_unchanged(text, params.get(EXACT, "").strip()) or text, by))
    return Live()


def field_of(at: dt.datetime) -> str:
    """A moment as a field of date and time holds it: to the second, in the zone of the trial."""
    return f"{at.astimezone(trial_zone()):%Y-%m-%dT%H:%M:%S}"


def _unchanged(text: str, exact: str) -> str:
    """The moment that the form was filled with, when its field was left as it was: the field holds no fractions of a
    second, and the end of a day has them. Browsers leave out seconds of zero."""
    try:
        asked, before = parse_datetime(text), parse_datetime(exact)
    except ValueError:
        return ""
    if asked is None or before is None or timezone.is_naive(before) or timezone.is_aware(asked):
        return ""
    return exact if FIRST <= before.year <= LAST and f"{asked:%Y-%m-%dT%H:%M:%S}" == field_of(before) else ""


def _asked(text: str, by: Any) -> Moment:
    from endpoints.cuts.limits import now_already
    from endpoints.cuts.services import hurry, moment_ask

    at = moment_of(text)
    if at is None:
        raise Refused(_("This is no date that can be read: %(text)s") % {"text": text[:40]}, "at")
    today = timezone.localdate(timezone=trial_zone())
    if at.astimezone(trial_zone()).date() == today and at > timezone.now():
        at = timezone.now()  # "today" means up to now
        moment = now_already() or moment_ask(by=by, at=at)
    else:
        moment = moment_ask(by=by, at=at)
    hurry(moment)
    return moment


def behind_basis(standpoint: Standpoint) -> bool:
    """A cut computed by another engine or with other settings than those of today."""
    return f"{standpoint.engine}/{standpoint.configuration}" != basis()


def problem_lines(lines: Iterator[Line]) -> list[Line]:
    """Participants whose data are refused or that were set aside."""
    return [line for line in lines if line.status != Status.OK]
