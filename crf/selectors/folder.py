"""What the edit checks read of a participant, from the tables: one while saving, or many with the same queries."""

from __future__ import annotations

import datetime as dt
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Any, cast

from django.conf import settings

from crf import checks, derivation, derived, facts, lookups
from crf.checks.engine import Folder, FormFacts, SiteFacts, VisitFacts
from crf.models import ConsentVersion, Demographics, FormInstance, InformedConsent, ReferenceRange
from crf.registry import forms, parts
from crf.schedule import visit_label
from crf.sheets import Casebook, Sheet
from participants.models import Participant, Visit
from trialsite.accounts.models import Site
from trialsite.db.prepared import Prepared
from trialsite.kernel.study import study

from .ranges import NAMES
from .sheets import Reading, casebooks

FORM = (
    "participant_id", "id", "form_key", "visit__code", "visit__repeat", "repeat", "required", "status", "expected",
)  # fmt: skip
VISIT = (
    "participant_id", "code", "repeat", "order", "status", "actual_date", "window_from", "window_to",
)  # fmt: skip

_forms = Prepared(
    lambda participants: (
        FormInstance.objects.filter(participant_id__in=participants, active=True)
        .order_by("visit__order", "pk")
        .values_list(*FORM)
    ),
    participants=[1],
)
_visits = Prepared(
    lambda participants: (
        Visit.objects.filter(participant_id__in=participants).order_by("order").values_list(*VISIT)
    ),
    participants=[1],
)


_versions = Prepared(
    lambda site: (
        ConsentVersion.objects.filter(site=site)
        .order_by("effective_from")
        .values_list("version", "effective_from")
    ),
    site=1,
)


@dataclass(slots=True)
class Held:
    """A participant with everything that checks read, and the data version that it was read at."""

    participant: Participant
    data_version: int
    folder: Folder


def folders(participants: Collection[int]) -> list[Held]:
    """Whole folders: a fixed number of queries, however many participants. Imported ones are left out.

    Versions are read first: what is saved meanwhile makes the result old, never wrong unnoticed.
    """
    people = list(
        Participant.objects.filter(pk__in=participants, imported=False).select_related("site").order_by("pk")
    )
    pks = [person.pk for person in people]
    books, envelopes, visits = casebooks(pks), forms_of(pks), visits_of(pks)
    sites = sites_of({person.site.pk: person.site for person in people}.values())
    found = []
    for person in people:
        book = books[person.pk]
        book.number = person.number
        book.ranges_from = partial(tuple, sites[person.site_id].ranges)
        folder = Folder(
            book, person.site.today(), tuple(envelopes.get(person.pk, ())), tuple(visits.get(person.pk, ())),
            sites[person.site_id].facts(person.pk),
        )  # fmt: skip
        found.append(Held(person, person.data_version, folder))
    return found


def forms_of(participants: list[int]) -> dict[int, list[FormFacts]]:
    """Envelopes by participant, those not started too."""
    found: dict[int, list[FormFacts]] = {}
    for participant, pk, key, code, visit_repeat, *rest in _forms(participants=participants):
        label = visit_label(code, visit_repeat) if code else ""
        found.setdefault(participant, []).append(FormFacts(pk, key, label, *rest))
    return found


def visits_of(participants: list[int]) -> dict[int, list[VisitFacts]]:
    found: dict[int, list[VisitFacts]] = {}
    for participant, code, repeat, *rest in _visits(participants=participants):
        found.setdefault(participant, []).append(VisitFacts(visit_label(code, repeat), code, *rest))
    return found


# --- the site -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Screened:
    """Who might be who: birth date and sex, and the days from consent until screening ends at the latest."""

    participant: int
    number: str
    born: str
    sex: str
    first: dt.date
    last: dt.date

    def same_as(self, other: Screened) -> bool:
        same = (self.born, self.sex) == (other.born, other.sex) and self.participant != other.participant
        return same and self.first <= other.last and other.first <= self.last


@dataclass(slots=True)
class SiteHeld:
    """What a site has configured, and who was screened there."""

    consent_versions: tuple[tuple[str, dt.date], ...]
    ranges: tuple[Mapping[str, Any], ...]  # rows of C01 by field name
    screened: dict[tuple[str, str], list[Screened]]

    def facts(self, participant: int) -> SiteFacts:
        namesakes = [
            other.number
            for group in self.screened.values()
            for own in group
            if own.participant == participant
            for other in group
            if own.same_as(other)
        ]
        return SiteFacts(self.consent_versions, self.ranges, tuple(namesakes), names_not_to_be_written())


def sites_of(sites: Iterable[Site]) -> dict[int, SiteHeld]:
    """By site: approved consent versions, reference ranges, and the screened by birth date and sex."""
    pks = [site.pk for site in sites]
    found = {pk: SiteHeld((), (), {}) for pk in pks}
    for version in ConsentVersion.objects.filter(site__in=pks).order_by("effective_from"):
        held = found[version.site_id]
        held.consent_versions += ((version.version, version.effective_from),)
    rows = ReferenceRange.objects.filter(laboratory__site__in=pks, active=True)
    for row in rows.order_by("laboratory", "labr_test", "labr_from").values("laboratory__site", *NAMES):
        held = found[row.pop("laboratory__site")]
        held.ranges += (row,)
    for pk, one in _screened(pks):
        found[pk].screened.setdefault((one.born, one.sex), []).append(one)
    return found


def _screened(sites: list[int]) -> Iterator[tuple[int, Screened]]:
    """Participants of the sites with birth date, sex and consent: their days of screening."""
    here = {"form__participant__site__in": sites, "form__participant__imported": False}
    signed = dict(
        InformedConsent.objects.filter(icf_dsstdat__isnull=False, **here).values_list(
            "form__participant_id", "icf_dsstdat"
        )
    )
    people = Demographics.objects.filter(brthdat__isnull=False, sex__isnull=False, **here).values_list(
        "form__participant__site_id", "form__participant_id", "form__participant__number", "brthdat", "sex"
    )
    span = dt.timedelta(days=study()["screening_days"])
    for site, participant, number, born, sex in people:
        if day := signed.get(participant):
            yield site, Screened(participant, number, str(born), sex, day, day + span)


def names_not_to_be_written() -> tuple[str, ...]:
    """Names that the site keeps in a file of its own (`NAMES_FILE`, one a line): they must not stand in free text."""
    if not settings.NAMES_FILE:
        return ()
    path = Path(settings.NAMES_FILE)
    try:
        return _names(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return ()


@cache
def _names(path: Path, changed: int) -> tuple[str, ...]:
    lines = (line.strip() for line in path.read_text("utf-8").splitlines())
    return tuple(line for line in lines if len(line) > 1 and not line.startswith("#"))


# --- while one form is saved ----------------------------------------------------------------------------------------


class StoredBook(Casebook):
    """A casebook that is being filled: forms are read when a check first asks for them, into the book behind it."""

    def __init__(self, book: Casebook, reading: Reading) -> None:
        super().__init__(book.number, ranges=lambda: book.ranges)
        self._book, self._reading = book, reading
        self._asked: set[str] = set()

    def all(self, key: str) -> list[Sheet]:
        if key not in self._asked:
            self._asked.add(key)
            for sheet in self._read(key):
                self._book.add(sheet)
        return self._book.all(key)

    def _read(self, key: str) -> list[Sheet]:
        whole = key == "TA"  # a series is calculated: what was read in part could not be written again
        return self._reading.sheets([key]) if whole else self._reading.parts([key], names_read())

    def add(self, sheet: Sheet) -> None:
        self._book.add(sheet)

    def __iter__(self) -> Iterator[Sheet]:
        for key in self._reading.started:
            self.all(key)
        yield from self._book


class SavingFolder(Folder):
    """The folder of one participant during a save: what no check asks for is not read."""

    def __init__(self, participant: Participant, book: Casebook, today: dt.date) -> None:
        super().__init__(book, today)
        self.participant = participant
        for lazy in ("forms", "visits", "site"):
            vars(self).pop(lazy, None)

    @cached_property
    def forms(self) -> tuple[FormFacts, ...]:  # type: ignore[override]
        return tuple(forms_of([self.participant.pk]).get(self.participant.pk, ()))

    @cached_property
    def visits(self) -> tuple[VisitFacts, ...]:  # type: ignore[override]
        return tuple(visits_of([self.participant.pk]).get(self.participant.pk, ()))

    @cached_property
    def site(self) -> SiteFacts:  # type: ignore[override]
        return cast(SiteFacts, SavingSite(self.participant, self.book))


class SavingSite:
    """`SiteFacts` of which each part is read when a check asks for it."""

    def __init__(self, participant: Participant, book: Casebook) -> None:
        self.participant, self.book = participant, book

    @property
    def names(self) -> tuple[str, ...]:
        return names_not_to_be_written()

    @property
    def ranges(self) -> tuple[Mapping[str, Any], ...]:
        return self.book.ranges

    @cached_property
    def consent_versions(self) -> tuple[tuple[str, dt.date], ...]:
        return tuple(_versions(site=self.participant.site_id))

    @cached_property
    def namesakes(self) -> tuple[str, ...]:
        site = self.participant.site
        return sites_of([site])[site.pk].facts(self.participant.pk).namesakes


@cache
def names_read() -> frozenset[str]:
    """Every word in the code of the checks, and every field whose name they put together from parts."""
    modules = [sys.modules[name] for name in sys.modules if name.startswith(f"{checks.__name__}.")]
    modules = [m for m in modules if m.__name__ != "crf.checks.catalogue"]
    words = derivation.words_of(*modules, derived, facts, lookups) | derivation.names_read()
    composed = re.compile("|".join(sorted(_composed(modules))) or r"(?!)")
    return words | {name for name in _field_names() if composed.fullmatch(name)}


def _composed(modules: Iterable[object]) -> set[str]:
    """Patterns of names such as `f"aeacn_{drug}"`."""
    sources = (Path(m.__file__ or "").read_text("utf-8") for m in modules)  # type: ignore[attr-defined]
    found = (text for source in sources for text in re.findall(r'f"((?:\w|\{[^{}"]*\})+)"', source))
    return {
        re.sub(r"\{[^{}]*\}", r"\\w+", text)
        for text in found
        if re.search(r"\w{3}", re.sub(r"\{[^{}]*\}", " ", text))
    }


def _field_names() -> set[str]:
    every = [*forms().values(), *parts().values()]
    return {field.name for one in every for section in one.sections for field in section.fields}
