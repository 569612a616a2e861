"""The participant × visit matrix: one query, one text per participant.

8,000 visits as rows cost 60 to 130 ms of server time for 200 participants; joined into one text each by the
database they cost 20. Every form of a visit is a token, `TA1.1.D1c-VS`: visit code, repeat, then the flags
  P D M C   status of the visit: planned, done, missed, closed
  0 1       its window has begun
  o p c w - the form: overdue, in progress, complete, waiting, not counted (or no form at all)
  L F -     locked, frozen, neither
  V P - ~   verified, partly, not at all, nothing to verify
  S X - ~   signed, signature void, never signed, not to be signed
  q3 a2     queries that wait for an answer; that are answered
Codes are upper case, so that small letters count: `text.count("o")` overdue forms.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, NamedTuple

from django.db.models import (
    Aggregate,
    Case,
    CharField,
    F,
    Func,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)  # fmt: skip
from django.db.models.functions import Cast, Substr

from crf.critical import has_critical
from crf.models import FormStatus, Signed, Verified
from crf.models.baseline import Eligibility
from crf.registry import forms, parts
from crf.schedule import visit_label, visit_order
from crf.selectors import work
from crf.selectors.access import forms_for, participants_for
from participants.models import Participant, Visit
from trialsite.db.prepared import Prepared

UNSIGNED = re.compile(r"[PDMC][01]c[-F].[-X](?![\w])")  # complete, not locked, nothing asked
LOG = "LOG"  # the column of the forms that are kept once, outside visits


class Joined(Aggregate):
    """Texts of a group in one, separated by spaces. Their order does not matter."""

    function = "STRING_AGG"
    template = "%(function)s(%(expressions)s, ' ')"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="GROUP_CONCAT", **context)


class VisitFacts(NamedTuple):
    """A visit and what its forms say."""

    code: str
    repeat: int
    status: str  # P, D, M, C
    opens: bool
    total: int
    done: int
    late: int
    progress: int
    queries: int
    answered: int
    verified: bool
    signed: bool
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
        return bool(self.late or self.progress or self.queries)


@lru_cache(maxsize=8192)
def facts(place: str, flags: str) -> VisitFacts:
    """`TA1.1` and the flags of its forms → what the cell says. Few differ, so they are kept."""
    code, _, repeat = place.partition(".")
    forms = flags.split()
    counted = [f for f in forms if f[2] != "-"]
    return VisitFacts(
        code, int(repeat), forms[0][0], forms[0][1] == "1", total=len(counted),
        done=sum(f[2] == "c" for f in counted), late=sum(f[2] == "o" for f in counted),
        progress=sum(f[2] == "p" for f in counted), queries=_sum("q", counted), answered=_sum("a", counted),
        verified=any(f[4] == "V" for f in counted) and all(f[4] in "V~" for f in counted),
        signed=any(f[5] == "S" for f in counted) and all(f[5] in "S~" for f in counted),
        frozen=bool(counted) and all(f[3] in "FL" for f in counted),
        locked=bool(counted) and all(f[3] == "L" for f in counted),
    )  # fmt: skip


def _sum(letter: str, flags: list[str]) -> int:
    """The numbers behind a letter: `q3a2` has three queries."""
    return sum(int(n) for f in flags for n in re.findall(letter + r"(\d+)", f[6:]))


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
    def queries(self) -> int:
        """Forms with queries that wait for an answer."""
        return 0 if self.imported else self.text.count("q") + self.logs.count("q")

    @property
    def unsigned(self) -> int:
        """Forms that can be signed and are not."""
        return 0 if self.imported else len(UNSIGNED.findall(f"{self.text} {self.logs}"))

    @property
    def needs(self) -> int:
        return self.overdue + self.progress + self.queries

    @property
    def due_key(self) -> str:
        """Orders by the day on which the next window closes; nothing due comes last."""
        return self.due.until.isoformat() if self.due and not self.imported else "9"

    @property
    def last_key(self) -> str:
        return self.last[1].isoformat() if self.last else "0"


class Text(Func):
    """Texts that are never null, one after the other. `Concat` wraps each in COALESCE, which doubles the query."""

    arg_joiner = " || "
    template = "(%(expressions)s)"
    output_field = CharField()


def _case(*rules: tuple[Q, Any], default: str) -> Case:
    whens = [
        When(condition, then=Value(then) if isinstance(then, str) else then) for condition, then in rules
    ]
    return Case(*whens, default=Value(default), output_field=CharField())


@cache
def nothing_to_verify() -> tuple[str, ...]:
    """Forms without a critical field."""
    return tuple(key for key in [*forms(), *parts()] if not has_critical(key))


def _form_flags(day: dt.date, form: str, visit: str | None) -> list[Case]:
    """First match wins: a form that is not counted is asked nothing else."""
    late = Q(pk__isnull=True)  # logs are never overdue
    if visit is not None:
        late = work.passed(day, visit) & Q(**{f"{visit}status__in": work.OPEN_VISITS})
    kind = _case(
        (Q(**{f"{form}pk__isnull": True}) | ~work.counted(form), "-"),
        (Q(**{f"{form}status": FormStatus.COMPLETE}), "c"),
        (Q(**{f"{form}status": FormStatus.IN_PROGRESS}), "p"),
        (late, "o"),
        default="w",
    )
    hold = _case((Q(**{f"{form}locked": True}), "L"), (Q(**{f"{form}frozen": True}), "F"), default="-")
    verified = _case(
        (Q(**{f"{form}verified": Verified.FULLY}), "V"),
        (Q(**{f"{form}verified": Verified.PARTLY}), "P"),
        (Q(**{f"{form}form_key__in": nothing_to_verify()}), "~"),
        default="-",
    )
    signed = _case(
        (Q(**{f"{form}form_key__in": ("CPATH", "CPATHF")}), "~"),
        (Q(**{f"{form}signed": Signed.SIGNED}), "S"),
        (Q(**{f"{form}signed": Signed.VOID}), "X"),
        default="-",
    )
    waiting = Text(Value("q"), Cast(f"{form}query_open", CharField()))
    answered = Text(Value("a"), Cast(f"{form}query_answered", CharField()))
    asked = _case((work.queries(form), waiting), default="")
    return [
        kind,
        hold,
        verified,
        signed,
        asked,
        _case((Q(**{f"{form}query_answered__gt": 0}), answered), default=""),
    ]


def _token(day: dt.date) -> Text:
    opens = _case((Q(window_from__lte=day) | Q(code="SCR"), "1"), default="0")
    place = [F("code"), Value("."), Cast("repeat", CharField()), Value(".")]
    return Text(*place, Substr("status", 1, 1), opens, *_form_flags(day, "forms__", ""))


def _dated(*fields: str) -> Text:
    """`2026-11-24|…|TA2|1`: the earliest of such texts is the earliest day, and says of which visit."""
    texts = [Cast(name, CharField()) for name in (*fields, "code", "repeat")]
    return Text(*[part for text in texts for part in (Value("|"), text)][1:])


def _texts(visits: QuerySet[Visit], day: dt.date) -> QuerySet[Visit, tuple[int, str, str | None, str | None]]:
    """(participant, text, next due, last visit): grouped from the visits, whose index gives them in order."""
    return (
        visits.order_by()
        .values("participant_id")
        .annotate(
            text=Joined(_token(day)),
            next=Min(_dated("window_to", "target_date"), filter=work.ahead(day, "forms__", "")),
            last=Max(_dated("actual_date")),
        )
        .values_list("participant_id", "text", "next", "last")
    )


def text_of(participant: Participant, day: dt.date | None = None) -> str:
    """The text of one participant: one query."""
    found = _one_text(participant=participant.pk, day=day or work.trial_day())
    return "".join(text for _participant, text, _next, _last in found)


_one_text = Prepared(
    lambda participant, day: _texts(Visit.objects.filter(participant=participant), day),
    participant=1, day=dt.date.min,
)  # fmt: skip


HEAD = ("id", "number", "site_id", "site__number", "site__name_en", "site__name_zh", "state", "imported")


def matrix_rows(user: Any, *, imported: bool = False, day: dt.date | None = None) -> tuple[list[Row], int]:
    """All participants that the user may see, by number, and how many imported ones there are.

    Three queries, however many. People who entered the trial here and imported data are never shown together.
    """
    day = day or work.trial_day()
    seen = participants_for(user)
    enrolled = Eligibility.objects.filter(form__participant=OuterRef("pk")).values("enr_dsstdat")[:1]
    heads = list(seen.order_by("number").values_list(*HEAD, Subquery(enrolled)))
    texts = {
        row[0]: row[1:]
        for row in _texts(Visit.objects.filter(participant__in=seen.filter(imported=imported)), day)
    }
    logs = _logs(user, imported, day)
    rows = []
    for *head, start in (head for head in heads if head[7] == imported):
        text, due, last = texts.get(head[0], ("", None, None))
        rest = (text, Due.read(due), _last(last), start, logs.get(head[0], ""))
        rows.append(Row(*(*head, *rest)))
    return rows, sum(head[7] for head in heads)


def _last(text: str | None) -> tuple[str, dt.date] | None:
    if not text:
        return None
    day, code, repeat = text.split("|")
    return visit_label(code, int(repeat)), dt.date.fromisoformat(day)


def _logs(user: Any, imported: bool, day: dt.date) -> dict[int, str]:
    """Flags of the logs that were started, by participant."""
    kept = forms_for(user).filter(visit__isnull=True, participant__imported=imported)
    flags = Text(Value("D1"), *_form_flags(day, "", None))
    started = (
        kept.exclude(status=FormStatus.EXPECTED).annotate(flags=flags).values_list("participant_id", "flags")
    )
    found: dict[int, str] = {}
    for participant, text in started:
        found[participant] = f"{found[participant]} {text}" if participant in found else text
    return found


def log_facts(flags: str) -> VisitFacts:
    return (
        facts(f"{LOG}.1", flags)
        if flags
        else VisitFacts(LOG, 1, "P", False, 0, 0, 0, 0, 0, 0, False, False, False, False)
    )


def rail(visits: Iterable[VisitFacts], current: str = "", room: int = 16) -> list[VisitFacts]:
    """The visits around the current one that fit into the strip: those that hold forms and are expected."""
    shown = [v for v in visits if v.total or v.label == current]
    at = next((i for i, v in enumerate(shown) if v.label == current), None)
    if at is None:
        at = next((i for i, v in enumerate(shown) if v.state not in ("comp", "lock")), len(shown))
    first = max(0, min(at - room + 4, len(shown) - room))
    return shown[first : first + room]
