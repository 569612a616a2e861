"""A form as one line of a list: its title, its address, how far it is. And forms by words: "02-005 tum"."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Q
from django.utils.safestring import SafeString

from crf.analytes import panel_of
from crf.models import FormStatus
from crf.naming import LOG_OF, form_title
from crf.registry import forms, parts
from crf.schedule import EXAMINED, FORMS, visit_label, visit_title
from crf.selectors import work
from crf.selectors.access import forms_for
from trialsite.web import marks

FIELDS = (
    "participant__number", "participant__site_id", "participant__imported", "visit__code", "visit__repeat", "visit__status",
    "visit__window_from", "visit__window_to", "form_key", "repeat", "evaluator", "status", "required", "expected",
    "missing_count", "query_open", "query_answered", "verified", "signed", "frozen", "locked", "saved_at", "pk",
)  # fmt: skip


@dataclass(slots=True)
class FormLine:
    """One form. `number` is the participant's."""

    number: str
    site: int
    imported: bool
    code: str | None
    visit_repeat: int | None
    visit_status: str | None
    window_from: dt.date | None
    window_to: dt.date | None
    key: str
    repeat: int
    evaluator: str
    status: str
    required: str
    expected: bool
    missing: int
    query_open: int
    query_answered: int
    verified: str
    signed: str
    frozen: bool
    locked: bool
    saved_at: dt.datetime | None
    pk: int

    @property
    def label(self) -> str:
        """The visit's label; `log` for a form that is kept once."""
        return visit_label(self.code, self.visit_repeat or 1) if self.code else "log"

    @property
    def visit_title(self) -> Any:
        return visit_title(self.code, self.visit_repeat or 1) if self.code else ""

    @property
    def title(self) -> Any:
        return form_title(self.key, self.repeat)

    @property
    def href(self) -> str:
        log = LOG_OF.get(self.key)
        more = f"{self.repeat}/" if log or self.repeat > 1 else ""
        return f"/p/{self.number}/{self.label}/{(log or self.key).lower()}/{more}"

    @property
    def glyph(self) -> str:
        if self.locked:
            return "lock"
        if self.status == FormStatus.COMPLETE:
            return "comp"
        if self.status == FormStatus.IN_PROGRESS:
            return "prog"
        if not self.expected or self.visit_status in ("CLOSED", "MISSED"):
            return "na"
        day = work.trial_day()
        if self.late(day):
            return "due"
        begun = self.code == "SCR" or (self.window_from is not None and self.window_from <= day)
        return "none" if begun else "plan"

    @property
    def queries(self) -> int:
        """Queries that wait for an answer, while one can be given."""
        return 0 if self.locked or self.imported else self.query_open

    @property
    def review(self) -> SafeString:
        """Queries and marks, always in the same order: open, answered, verified, signed, frozen."""
        held = marks.marks(
            verified=self.verified == "V", signed=self.signed == "S", frozen=self.frozen and not self.locked
        )
        counts = marks.bubble(self.queries) + marks.bubble(self.query_answered, answered=True)
        return SafeString(f"{counts} {held}".strip())

    @property
    def unfinished(self) -> bool:
        return (
            self.status != FormStatus.COMPLETE
            and self.expected
            and (self.started or self.required in work.REQUIRED)
        )

    @property
    def started(self) -> bool:
        return self.status != FormStatus.EXPECTED

    def late(self, day: dt.date) -> bool:
        waits = self.status == FormStatus.EXPECTED and self.expected and self.required in work.REQUIRED
        kept = self.visit_status in work.OPEN_VISITS and not self.imported and self.code not in work.OPTIONAL
        return waits and kept and self.window_to is not None and self.window_to < day

    def days_late(self, day: dt.date) -> int:
        return (day - self.window_to).days if self.window_to else 0


def _order(line: FormLine) -> tuple[Any, ...]:
    keys = list(dict.fromkeys(line.partition("-")[0] for line in FORMS))
    return keys.index(line.key) if line.key in keys else len(keys), line.repeat


def read(found: Any) -> list[FormLine]:
    """Lines of a queryset of forms, in the order of the queryset."""
    return [FormLine(*values) for values in found.values_list(*FIELDS)]


def lines_of(user: Any, number: str) -> list[FormLine]:
    """Every form of a participant by visit, in the order in which a site fills them in. One query."""
    found = forms_for(user).filter(participant__number=number, form_key__in=[*forms(), *parts()], active=True)
    found = found.exclude(form_key__in=LOG_OF, version=0)  # a line that was added and never saved
    found = found.exclude(form_key="CPATHF", version=0)  # the central result, once there is one
    lines = read(found.order_by(F("visit__order").asc(nulls_last=True)))
    groups: dict[str, list[FormLine]] = {}
    for line in lines:
        groups.setdefault(line.label, []).append(line)
    return [line for group in groups.values() for line in sorted(group, key=_order)]


def by_visit(lines: Iterable[FormLine]) -> dict[str, list[FormLine]]:
    found: dict[str, list[FormLine]] = {}
    for line in lines:
        found.setdefault(line.label, []).append(line)
    return found


# --- Work to do -----------------------------------------------------------------------------------------------------


def work_lines(
    user: Any, need: str = "me", day: dt.date | None = None, limit: int | None = None
) -> list[FormLine]:
    """Forms that need somebody at the sites of the user: overdue first, then in the order of their windows."""
    return read(_work(user, need, day)[:limit])


def work_count(user: Any, need: str, day: dt.date | None = None) -> int:
    return _work(user, need, day).count()


def _work(user: Any, need: str, day: dt.date | None) -> Any:
    day = day or work.trial_day()
    if need == "due":
        asked = work.due(day, day + work.AHEAD)
    elif need == "drafts":
        asked = Q(drafts__user=user)
    else:
        asked = work.need(need, day)
    found = forms_for(user).filter(asked, participant__imported=False, active=True)
    return found.order_by(
        F("visit__window_to").asc(nulls_last=True), "participant__number", "visit__order", "form_key"
    )


# --- Forms by words -------------------------------------------------------------------------------------------------


def split_search(text: str) -> tuple[str, list[str]]:
    """ "02-005 tum" → ("02-005", ["tum"]): the first word that begins with a digit is the participant's number."""
    words = unicodedata.normalize("NFKC", text).lower().split()
    at = next((i for i, word in enumerate(words) if word[0].isdigit()), None)
    if at is None:
        return "", words
    return words[at], words[:at] + words[at + 1 :]


def matching(found: Iterable[FormLine], words: list[str]) -> list[FormLine]:
    """Forms that every word speaks of: the visit ("ta1"), the form's code or its panel ("hem"), else its title.

    In a title the beginning of a word counts before its middle: "chem" is not meant by "hem".
    """
    kept = [line for line in found if line.expected]
    for word in words:
        kept = (
            [line for line in kept if word in _codes(line)]
            or [line for line in kept if form_title(line.key, line.repeat).en.lower().startswith(word)]
            or [line for line in kept if _begins(word, line)]
            or [line for line in kept if _speaks(word, line)]
        )
    return kept


def _codes(line: FormLine) -> tuple[str, ...]:
    panel = panel_of(line.repeat).lower() if line.key == "LB" else ""
    return line.label.lower(), line.key.lower(), panel


def _begins(word: str, line: FormLine) -> bool:
    return any(
        part.startswith(word) for part in re.split(r"\W+", form_title(line.key, line.repeat).en.lower())
    )


def _speaks(word: str, line: FormLine) -> bool:
    title = form_title(line.key, line.repeat)
    return word in title.en.lower() or word in title.zh


def one_form(lines: list[FormLine]) -> FormLine | None:
    """The form that is meant when all are of one kind: the unfinished one that is next, else the last one entered.

    A visit alone means what the visit is for: the scan, the treatment, the operation, not what is examined beside it.
    """
    if len({line.label for line in lines}) == 1:
        lines = [line for line in lines if line.key not in EXAMINED] or lines
    kinds = {(line.key, line.repeat if line.key == "LB" else 0) for line in lines}
    if len(kinds) != 1:
        return None
    day = work.trial_day()
    for wanted in (
        lambda line: line.status == FormStatus.IN_PROGRESS,
        lambda line: line.late(day),
        lambda line: not line.started and line.window_from is not None and line.window_from <= day,
    ):
        found = next((line for line in lines if wanted(line)), None)
        if found:
            return found
    entered = [line for line in lines if line.started]
    return entered[-1] if entered else lines[0]


def next_line(lines: Iterable[FormLine]) -> FormLine | None:
    """The next form to enter: one in progress, else the first not started."""
    open_lines = [line for line in lines if line.unfinished]
    begun = next((line for line in open_lines if line.started), None)
    return begun or next(iter(open_lines), None)
