"""How an edit check is declared and run: pure functions over what is known of one participant.

A check is one function under its number. It looks at one sheet of its form (`Look.sheet`) among everything else that
is known of the participant (`Folder`), and yields a `Hit` for each place where its rule fires; nothing, otherwise.
Missing input never fires a rule: what is required is said by the field tables.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from crf import facts
from crf.lookups import Surroundings
from crf.sheets import Casebook, RowValues, Sheet
from trialsite.kernel.digests import digest
from trialsite.kernel.study import study
from trialsite.kernel.texts import Text

from .catalogue import CATALOGUE, CheckText


@dataclass(frozen=True, slots=True)
class FormFacts:
    """The envelope of a form as the checks see it; it may not have been started."""

    form: int
    key: str
    visit: str  # label; empty for logs
    repeat: int = 1
    required: str = "R"
    status: str = "EXPECTED"
    expected: bool = True


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """A visit of the schedule: label, period, window, the day it took place."""

    label: str
    code: str
    order: int
    status: str
    day: dt.date | None = None
    window_from: dt.date | None = None
    window_to: dt.date | None = None


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What the site has configured: consent versions (version, effective from), laboratories, reference ranges."""

    consent_versions: tuple[tuple[str, dt.date], ...] = ()
    ranges: tuple[Any, ...] = ()
    namesakes: tuple[str, ...] = ()  # numbers of other participants with the same birth date and sex (CK-016)
    names: tuple[str, ...] = ()  # names that must not stand in free text (CK-017)


@dataclass
class Folder:
    """Everything that checks may read of one participant, of one moment. `today` is the calendar day at the site."""

    book: Casebook
    today: dt.date
    forms: tuple[FormFacts, ...] = ()
    visits: tuple[VisitFacts, ...] = ()
    site: SiteFacts = field(default_factory=SiteFacts)

    @cached_property
    def around(self) -> Surroundings:
        return Surroundings(self.book, self.today)

    @cached_property
    def consent(self) -> dt.date | None:
        day = self.book.value("ICF", "icf_dsstdat")
        return day if isinstance(day, dt.date) else None

    @cached_property
    def first_dose(self) -> dt.date | None:
        """C1D1, EC.first."""
        return facts.first_dose(self.book)

    @cached_property
    def last_dose(self) -> dt.date | None:
        """EC.last."""
        return facts.last_dose(self.book)

    @cached_property
    def surgery(self) -> dt.date | None:
        return facts.surgery_day(self.book)

    @cached_property
    def kept(self) -> dict[str, Any]:
        """A place for what several checks of a run work out once, by name."""
        return {}

    @cached_property
    def _visits(self) -> dict[str, VisitFacts]:
        return {visit.label: visit for visit in self.visits}

    @cached_property
    def _envelopes(self) -> dict[tuple[str, str, int], FormFacts]:
        return {(form.key, form.visit, form.repeat): form for form in self.forms}

    def visit(self, label: str) -> VisitFacts | None:
        return self._visits.get(label)

    def envelope(self, key: str, visit: str = "", repeat: int = 1) -> FormFacts | None:
        """The envelope of a form, started or not."""
        return self._envelopes.get((key, visit, repeat))

    def started(self, key: str) -> bool:
        """Whether anything was saved in a form of this key."""
        return bool(self.book.all(key))


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule fired: the envelope (primary key), the path of the field at which it is shown, what was found."""

    form: int
    path: str
    found: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What one call of a check looks at: a sheet among the rest. Checks of the whole participant have an empty sheet."""

    sheet: Sheet
    folder: Folder

    @property
    def book(self) -> Casebook:
        return self.folder.book

    @property
    def today(self) -> dt.date:
        return self.folder.today

    def get(self, name: str) -> Any:
        """A value of the sheet; `None` when it is empty or not known."""
        return self.sheet.values.get(name)

    def lines(self, section: str) -> list[RowValues]:
        return self.sheet.lines(section)

    def cfg(self, name: str) -> Any:
        """A parameter of the study (crf-book 1.4)."""
        return study()[name]

    def hit(
        self, path: str = "", *, row: tuple[str, RowValues] | None = None, at: Sheet | FormFacts | None = None, **found: Any
    ) -> Hit:  # fmt: skip
        """A hit at a field of the sheet: `hit("hcc_nodcount", rows=2)`, `hit("tl_diam", row=("TA2", line))`.

        `at` puts it on another form's envelope; `found` are the values that made the rule fire, for the query.
        """
        where = f"{row[0]}:{row[1].row}/{path}" if row else path
        target = at or self.sheet
        texts = [f"{name}={_text(value)}" for name, value in found.items()]
        if not texts and path:
            holder = row[1] if row else self.sheet
            texts = [_text(holder.values.get(path, holder.missing.get(path, "")))]
        return Hit(target.form, where, "; ".join(texts)[:240])


Run = Callable[[Look], Iterable[Hit]]


@dataclass(frozen=True, slots=True)
class Check:
    """A declared check: its wording, its function, the form it looks at, the other forms that it reads."""

    text: CheckText
    run: Run
    on: str  # form key (`AE1` for a line of the log), ALL, or PARTICIPANT: once, with an empty sheet
    reads: tuple[str, ...] = ()
    always: bool = False  # hard, and what was typed is refused on every save, not only on completion
    deviation: str = ""  # category (DVCAT) of the protocol deviation that the book wants raised
    later: bool = False  # not to be answered from the sheet that is being saved, only from what is stored

    @property
    def id(self) -> str:
        return self.text.id

    @property
    def hard(self) -> bool:
        return self.text.severity == "hard"

    @property
    def message(self) -> Text:
        return self.text.message

    @property
    def version(self) -> str:
        """Changes when the wording of the rule does; stored with each finding."""
        return digest([self.text.id, self.text.rule, self.text.severity, self.text.message.en])[:12]


CHECKS: dict[str, Check] = {}
PARTICIPANT, ALL = "PARTICIPANT", "ALL"


def check(
    id: str,
    *,
    on: str,
    reads: Iterable[str] = (),
    always: bool = False,
    deviation: str = "",
    later: bool = False,
) -> Callable[[Run], Run]:
    """Declare the function of a check of the book. Raises `KeyError` for an id that the book does not have."""

    def keep(run: Run) -> Run:
        text = CATALOGUE[id]
        number = id.removeprefix("CK-")
        if id in CHECKS or f"ck_{number}_" not in run.__name__:
            raise ValueError(f"{id}: declared twice, or its function is not named ck_{number}_…")
        CHECKS[id] = Check(text, run, on, tuple(reads), always, deviation, later)
        return run

    return keep


Failed = dict[str, Exception]  # what went wrong in a check, by its id: a defect of the check, not of the data


def hits_of_sheet(
    sheet: Sheet, folder: Folder, checks: Iterable[Check], failed: Failed | None = None
) -> Iterator[tuple[Check, Hit]]:
    """What these checks say of one sheet; those of other forms are passed over.

    A check that breaks is named in `failed` and the others go on; without `failed`, the error is raised.
    """
    look = Look(sheet, folder)
    for one in checks:
        if one.on in (ALL, sheet.key):
            yield from _hits(one, look, failed)


def hits_of(
    folder: Folder, checks: Mapping[str, Check] | None = None, failed: Failed | None = None
) -> Iterator[tuple[Check, Hit]]:
    """What all checks say of a participant: every started sheet, and the participant as a whole."""
    by_key: dict[str, list[Check]] = {}
    for one in (CHECKS if checks is None else checks).values():
        by_key.setdefault(one.on, []).append(one)
    whole = Look(Sheet(PARTICIPANT), folder)
    for one in by_key.get(PARTICIPANT, ()):
        yield from _hits(one, whole, failed)
    everywhere = by_key.get(ALL, [])
    for sheet in list(folder.book):
        look = Look(sheet, folder)
        for one in (*everywhere, *by_key.get(sheet.key, ())):
            yield from _hits(one, look, failed)


def _hits(one: Check, look: Look, failed: Failed | None) -> list[tuple[Check, Hit]]:
    try:
        return [(one, hit) for hit in one.run(look)]
    except Exception as error:
        if failed is None:
            raise
        failed[one.id] = error
        return []


def checks_on(key: str) -> list[Check]:
    """The checks that look at a sheet of this form."""
    return [one for one in CHECKS.values() if one.on in (ALL, key)]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return ";".join(map(str, value)) if isinstance(value, tuple) else str(value)
