"""The participant × visit matrix: one query, one text per participant.

8,000 visits as rows cost 60 to 150 ms of server time for 200 participants; joined into one text each by the
database they cost 15. Every form of a visit is a token, `TA1.1.D1c-`: visit code, repeat, then the flags
  P D M C   status of the visit: planned, done, missed, closed
  0 1       its window has begun
  o p c w - the form: overdue, in progress, complete, waiting, not counted (or no form at all)
  L F -     locked, frozen, neither
  f3        values to confirm
Codes are upper case, so that small letters count: `text.count("o")` overdue forms.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from django.db.models import Aggregate, Case, CharField, F, Max, Min, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Concat, Substr

from crf.models import FormStatus
from crf.schedule import visit_label, visit_order
from crf.selectors import work
from crf.selectors.access import forms_for, participants_for
from participants.models import Participant

LOG = "LOG"  # the column of the forms that are kept once, outside visits


class Joined(Aggregate):
    """Texts of a group in one, separated by spaces. Their order does not matter."""

    function = "STRING_AGG"
    template = "%(function)s(%(expressions)s, ' ')"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="GROUP_CONCAT", **context)


class VisitFacts(NamedTuple):
    """A visit and what its forms say. Queries, verification and signatures join here."""

    code: str
    repeat: int
    status: str  # P, D, M, C
    opens: bool
    total: int
    done: int
    late: int
    progress: int
    findings: int
    frozen: bool
    locked: bool

    @property
    def label(self) -> str:
        return visit_label(self.code, self.repeat)

    @property
    def started(self) -> bool:
        return bool(self.done or self.progress)

    @property
    def state(self) -> str:
        """The glyph: what has happened, before what should happen."""
        if self.status == "C" and not self.started:
            return "na"
        if self.total and self.done == self.total:
            return "lock" if self.locked else "comp"
        if self.started:
            return "prog"
        if self.status == "M":
            return "missed"
        if self.late:
            return "due"
        return "none" if self.opens and self.total else "plan"

    @property
    def waits(self) -> bool:
        """Somebody at the site has work here."""
        return bool(self.late or self.progress or self.findings)


@lru_cache(maxsize=8192)
def facts(place: str, flags: str) -> VisitFacts:
    """`TA1.1` and the flags of its forms → what the cell says. Few differ, so they are kept."""
    code, _, repeat = place.partition(".")
    forms = flags.split()
    counted = [f for f in forms if f[2] != "-"]
    return VisitFacts(
        code, int(repeat), forms[0][0], forms[0][1] == "1", total=len(counted),
        done=sum(f[2] == "c" for f in counted), late=sum(f[2] == "o" for f in counted),
        progress=sum(f[2] == "p" for f in counted), findings=sum(int(f[5:] or 0) for f in counted),
        frozen=bool(counted) and all(f[3] in "FL" for f in counted),
        locked=bool(counted) and all(f[3] == "L" for f in counted),
    )  # fmt: skip


def places(text: str) -> dict[str, str]:
    """Tokens by visit: `{"SCR.1": "D1c- D1p-f2", …}`."""
    found: dict[str, str] = {}
    for token in text.split():
        place, _, flags = token.rpartition(".")
        kept = found.get(place)
        found[place] = flags if kept is None else f"{kept} {flags}"
    return found


def visits_of(text: str) -> list[VisitFacts]:
    """Every visit in the order of the schedule."""
    found = [facts(place, flags) for place, flags in places(text).items()]
    return sorted(found, key=lambda v: visit_order(v.code, v.repeat))


class Due(NamedTuple):
    """The next visit that has forms to enter: its window closes on `until`, its target is `day`."""

    until: dt.date
    day: dt.date
    label: str

    @classmethod
    def read(cls, text: str | None) -> Due | None:
        if not text:
            return None
        until, day, code, repeat = text.split("|")
        return cls(dt.date.fromisoformat(until), dt.date.fromisoformat(day), visit_label(code, int(repeat)))


@dataclass(slots=True)
class Row:
    """One participant in the matrix and in the list."""

    id: int
    number: str
    site: int
    site_number: str
    site_en: str
    site_zh: str
    state: str
    imported: bool
    text: str
    due: Due | None
    last: tuple[str, dt.date] | None
    enrolled: dt.date | None
    logs: str = ""

    @property
    def overdue(self) -> int:
        return 0 if self.imported else self.text.count("o")

    @property
    def progress(self) -> int:
        return 0 if self.imported else self.text.count("p") + self.logs.count("p")

    @property
    def confirm(self) -> int:
        """Forms that hold values to confirm."""
        return 0 if self.imported else self.text.count("f") + self.logs.count("f")

    @property
    def needs(self) -> int:
        return self.overdue + self.progress + self.confirm


def _flags(day: dt.date, form: str, visit: str) -> list[Any]:
    letter = Substr(f"{visit}status", 1, 1)
    opens = Q(**{f"{visit}window_from__lte": day}) | Q(**{f"{visit}code": "SCR"})
    return [letter, _case((opens, "1"), default="0"), *_form_flags(day, form, visit)]


def _form_flags(day: dt.date, form: str, visit: str) -> list[Any]:
    # Each condition is asked only of forms that count: first match wins.
    counted = work.counted(form)
    window = (
        [(Q(**{f"{visit}window_to__lt": day, f"{visit}status__in": work.OPEN_VISITS}), "o")] if visit else []
    )
    kinds = [
        (~counted | Q(**{f"{form}pk__isnull": True}), "-"),
        (Q(**{f"{form}status": FormStatus.COMPLETE}), "c"),
        (Q(**{f"{form}status": FormStatus.IN_PROGRESS}), "p"),
        *window,
    ]
    holds = [(Q(**{f"{form}locked": True}), "L"), (Q(**{f"{form}frozen": True}), "F")]
    findings = When(
        Q(**{f"{form}finding_count__gt": 0}),
        then=Concat(Value("f"), Cast(f"{form}finding_count", CharField())),
    )
    return [_case(*kinds, default="w"), _case(*holds, default="-"), Case(findings, default=Value(""), output_field=CharField())]  # fmt: skip


def _case(*rules: tuple[Q, str], default: str) -> Case:
    whens = [When(condition, then=Value(letter)) for condition, letter in rules]
    return Case(*whens, default=Value(default), output_field=CharField())


def _token(day: dt.date) -> Case:
    parts = [F("visits__code"), Value("."), Cast("visits__repeat", CharField()), Value(".")]
    token = Concat(*parts, *_flags(day, "visits__forms__", "visits__"), output_field=CharField())
    return Case(When(visits__isnull=False, then=token), output_field=CharField())


def _dated(field: str, *more: str) -> Concat:
    """`2026-11-24|…|TA2|1`: the earliest of such texts is the earliest day, and says of which visit."""
    texts = [Cast(f"visits__{name}", CharField()) for name in (field, *more, "code", "repeat")]
    parts = [part for text in texts for part in (Value("|"), text)][1:]
    return Concat(*parts, output_field=CharField())


COLUMNS = (
    "id", "number", "site_id", "site__number", "site__name_en", "site__name_zh", "state", "imported",
    "text", "next", "last", "enrolled",
)  # fmt: skip


def _texts(participants: QuerySet[Participant], day: dt.date) -> QuerySet[Participant, tuple[Any, ...]]:
    waiting = work.waiting("visits__forms__", "visits__")
    return (
        participants.order_by("number")
        .annotate(
            text=Joined(_token(day)),
            next=Min(
                _dated("window_to", "target_date"), filter=waiting & Q(visits__target_date__isnull=False)
            ),
            last=Max(_dated("actual_date"), filter=Q(visits__actual_date__isnull=False)),
            enrolled=Max("visits__forms__eligibility__enr_dsstdat"),
        )
        .values_list(*COLUMNS)
    )


def texts_of(participant: Participant, day: dt.date | None = None) -> str:
    """The text of one participant: one query."""
    rows = _texts(Participant.objects.filter(pk=participant.pk), day or work.trial_day())
    return rows[0][COLUMNS.index("text")] or ""


def matrix_rows(user: Any, *, imported: bool = False, day: dt.date | None = None) -> list[Row]:
    """All participants that the user may see: two queries, however many."""
    day = day or work.trial_day()
    found = _texts(participants_for(user).filter(imported=imported), day)
    rows = [
        Row(*values[:8], values[8] or "", Due.read(values[9]), _last(values[10]), values[11])
        for values in found
    ]
    logs = _logs(user, imported, day)
    for row in rows:
        row.logs = logs.get(row.id, "")
    return rows


def _last(text: str | None) -> tuple[str, dt.date] | None:
    if not text:
        return None
    day, code, repeat = text.split("|")
    return visit_label(code, int(repeat)), dt.date.fromisoformat(day)


def _logs(user: Any, imported: bool, day: dt.date) -> dict[int, str]:
    """Flags of the logs that were started, by participant."""
    kept = forms_for(user).filter(visit__isnull=True, participant__imported=imported)
    flags = Concat(Value("D1"), *_form_flags(day, "", ""), output_field=CharField())
    started = (
        kept.exclude(status=FormStatus.EXPECTED).annotate(flags=flags).values_list("participant_id", "flags")
    )
    found: dict[int, str] = {}
    for participant, text in started:
        found[participant] = f"{found[participant]} {text}" if participant in found else text
    return found


def log_facts(flags: str) -> VisitFacts:
    return facts(f"{LOG}.1", flags) if flags else VisitFacts(LOG, 1, "P", False, 0, 0, 0, 0, 0, False, False)


def rail(visits: Iterable[VisitFacts], current: str = "", room: int = 16) -> list[VisitFacts]:
    """The visits around the current one that fit into the strip: those that hold forms and are expected."""
    shown = [v for v in visits if v.total or v.label == current]
    at = next((i for i, v in enumerate(shown) if v.label == current), None)
    if at is None:
        at = next((i for i, v in enumerate(shown) if v.state not in ("comp", "lock")), len(shown))
    first = max(0, min(at - room + 4, len(shown) - room))
    return shown[first : first + room]
