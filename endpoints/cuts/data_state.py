"""How far the data of participants are: complete, signed, verified, queried, entered late. Live or at a moment."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db.models import Count

from crf.models import FormInstance, FormStatus, MarkState, Query, Signed, VerificationMark
from crf.models.queries import STANDING
from crf.policies import BLINDED_FORMS
from crf.selectors.readiness import UNSIGNED_KEYS
from crf.selectors.replay import Replayed
from crf.sheets import Casebook, Sheet
from endpoints.mapping import FIELDS, FORMS_READ
from trialsite.audit.actions import Action
from trialsite.audit.models import AuditEvent
from trialsite.audit.trail import chain_name

ENTRIES = (
    Action.ENTER,
    Action.CHANGE,
    Action.CLEAR,
    Action.ROW_ADD,
    Action.ROW_REMOVE,
    Action.ROW_RESTORE,
)


@dataclass(slots=True)
class PersonState:
    """One participant: forms begun, how many are complete, how many can be signed and are; endpoint fields with a value
    and how many are verified; standing queries (their codes); changes after the cut-off day (`late`) and after the
    moment itself (`after`, not in the data); endpoints whose result is pending; dates of the course that are not complete;
    whether the data are refused. A central reading stays unseen until its result is released: it counts in none of these."""

    number: str
    site: str
    forms: int = 0
    complete: int = 0
    to_sign: int = 0
    signed: int = 0
    fields: int = 0
    verified: int = 0
    queries: list[str] = field(default_factory=list)
    late: int = 0
    after: int = 0
    pending: list[str] = field(default_factory=list)
    partial: int = 0
    error: bool = False

    @property
    def casebook_signed(self) -> bool:
        return self.to_sign > 0 and self.signed == self.to_sign

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def released(book: Casebook) -> bool:
    """Whether the central result of a participant is known to others than its readers, as the mapping has it (G-31)."""
    return any(sheet.get("cpf_dat") for sheet in book.all("CPATHF"))


def endpoint_paths(book: Casebook) -> Iterator[tuple[int, str]]:
    """Form and path of every endpoint field that has a value."""
    for key in (key for key in FORMS_READ if key not in BLINDED_FORMS):
        for sheet in book.all(key):
            yield from ((sheet.form, path) for path in _paths(sheet))


def _paths(sheet: Sheet) -> Iterator[str]:
    for name in FIELDS.get(sheet.key, ()):
        if sheet.get(name) is not None:
            yield name
    for section, rows in sheet.rows.items():
        names = FIELDS.get(f"{sheet.key}/{section}", ())
        for row in rows:
            if row.active:
                yield from (f"{section}:{row.row}/{name}" for name in names if row.get(name) is not None)


def of_tables(people: Mapping[int, tuple[str, str]], books: Mapping[int, Casebook]) -> dict[int, PersonState]:
    """Participants (number, site) as their tables stand: three queries."""
    found = {pk: PersonState(number, site) for pk, (number, site) in people.items()}
    forms = FormInstance.objects.filter(participant__in=people, active=True).exclude(
        status=FormStatus.EXPECTED
    )
    open_ones = {pk for pk, book in books.items() if released(book)}
    for pk, key, status, signed in forms.values_list("participant_id", "form_key", "status", "signed"):
        if key not in BLINDED_FORMS or pk in open_ones:
            _count_form(found[pk], key, status == FormStatus.COMPLETE, signed == Signed.SIGNED)
    marks: dict[int, set[tuple[int, str]]] = defaultdict(set)
    standing = VerificationMark.objects.filter(form__participant__in=people, state=MarkState.VALID)
    for pk, form, path in standing.values_list("form__participant_id", "form_id", "path"):
        marks[pk].add((form, path))
    for pk, book in books.items():
        _count_fields(found[pk], book, marks[pk])
    queries = Query.objects.filter(participant__in=people, state__in=STANDING)
    queries = queries.exclude(form_key__in=BLINDED_FORMS).order_by("number")
    for pk, number in queries.values_list("participant_id", "number"):
        found[pk].queries.append(f"Q-{found[pk].number}-{number}")
    return found


def numbers_of(trails: Iterable[Replayed]) -> dict[int, int]:
    """The number of each query of some trails that stood then: one query."""
    open_ones = [pk for trail in trails for pk, state in trail.queries.items() if state in STANDING]
    known = Query.objects.exclude(form_key__in=BLINDED_FORMS)
    return dict(known.filter(pk__in=open_ones).values_list("pk", "number"))


def of_trail(number: str, site: str, trail: Replayed, numbers: Mapping[int, int]) -> PersonState:
    """One participant as the trail had it; `numbers` of its queries as `numbers_of` gives them."""
    made = PersonState(number, site)
    book = trail.book()
    shown = released(book)
    for form, sheet in trail.sheets.items():
        status = trail.statuses.get(form)
        if status in (None, FormStatus.EXPECTED) or form in trail.removed:
            continue
        if sheet.key in BLINDED_FORMS and not shown:
            continue
        signed = bool(trail.review.get((form, "@signature")))
        _count_form(made, sheet.key, status == FormStatus.COMPLETE, signed)
    _count_fields(made, book, {place for place, text in trail.marks.items() if text})
    standing = sorted(
        numbers[pk] for pk, state in trail.queries.items() if state in STANDING and pk in numbers
    )
    made.queries = [f"Q-{number}-{one}" for one in standing]
    return made


def _count_form(state: PersonState, key: str, complete: bool, signed: bool) -> None:
    state.forms += 1
    state.complete += complete
    if key not in UNSIGNED_KEYS:
        state.to_sign += 1
        state.signed += signed


def _count_fields(state: PersonState, book: Casebook, marks: Collection[tuple[int, str]]) -> None:
    for place in endpoint_paths(book):
        state.fields += 1
        state.verified += place in marks


PARTIAL = re.compile(r"\d{4}(-\d{2})?")
DATES = ("date", "enrolled", "diagnosed", "first_dose", "last_study_dose", "last_scan_date", "start", "end")


def partial_dates(case: Any) -> int:
    """How many dates of a course lack their day."""
    if isinstance(case, list):
        return sum(partial_dates(one) for one in case)
    if not isinstance(case, dict):
        return 0
    own = sum(1 for key in DATES if isinstance(text := case.get(key), str) and PARTIAL.fullmatch(text))
    return own + sum(partial_dates(one) for one in case.values() if isinstance(one, dict | list))


def blinded_targets(pks: Collection[int]) -> list[str]:
    """What events of the central pathology of participants are about: one query."""
    forms = FormInstance.objects.filter(participant__in=pks, form_key__in=BLINDED_FORMS)
    return [f"form:{pk}" for pk in forms.values_list("pk", flat=True)]


def entries_between(
    pks: Collection[int], after: dt.datetime, until: dt.datetime | None, unseen: Collection[str] = ()
) -> Counter[int]:
    """Changes of values by participant, later than `after` and up to `until`, without those about `unseen`: one query."""
    names = {chain_name(pk): pk for pk in pks}
    events = AuditEvent.objects.filter(chain__name__in=names, action__in=ENTRIES, at__gt=after)
    if unseen:
        events = events.exclude(target__in=unseen)
    if until is not None:
        events = events.filter(at__lte=until)
    rows = events.values_list("chain__name").annotate(n=Count("pk"))
    return Counter({names[name]: n for name, n in rows})


def changed_after(pks: Collection[int], at: dt.datetime) -> set[int]:
    """Participants whose trail goes on after a moment: their tables are not what they were then. One query."""
    names = {chain_name(pk): pk for pk in pks}
    later = AuditEvent.objects.filter(chain__name__in=names, at__gt=at).values_list("chain__name", flat=True)
    return {names[name] for name in later.distinct()}


def totals(people: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Sums over participants, as the strip of the dashboard and the report print them."""
    sums: Counter[str] = Counter()
    for one in people:
        sums["participants"] += 1
        for name in (
            "forms",
            "complete",
            "to_sign",
            "signed",
            "fields",
            "verified",
            "late",
            "after",
            "partial",
        ):
            sums[name] += one[name]
        sums["errors"] += one["error"]
        sums["pending"] += bool(one["pending"])
        sums["queries"] += len(one["queries"])
        sums["casebooks_signed"] += bool(one["to_sign"]) and one["to_sign"] == one["signed"]
        sums["with_queries"] += bool(one["queries"])
    names = (
        "participants", "forms", "complete", "to_sign", "signed", "fields", "verified", "late", "after", "queries",
        "with_queries", "casebooks_signed", "partial", "pending", "errors",
    )  # fmt: skip
    return {name: int(sums[name]) for name in names}
