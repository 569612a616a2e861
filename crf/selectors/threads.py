"""One query with every step; the queries and verification marks at the fields of a form."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from crf.critical import is_critical
from crf.models import (
    FormInstance,
    MarkState,
    Outcome,
    Query,
    QueryAttachment,
    QueryMessage,
    QueryState,
    VerificationMark,
)
from crf.naming import form_title, form_url
from crf.policies_review import may_move
from crf.registry import FormDef, form_def
from crf.rendering import FieldMark, FieldQueries, FieldQuery
from trialsite.accounts.roles import Role
from trialsite.db.prepared import Prepared
from trialsite.web.figures import moment, zone

from .queries import (
    TONES,
    age_of,
    label_at,
    line_of,
    path_label,
    question_of,
    rule_name,
    values_now,
    who_asks,
)
from .values import words_of

CHANGE = " → "  # between the texts of a message about a changed value
ACTS = ("answer", "close", "return", "reopen", "comment", "cancel")  # as they are offered


@dataclass(frozen=True, slots=True)
class Step:
    """One message for a reader: who, when (on the clock of the site, and UTC), what, and the value at the time."""

    act: str
    words: str
    who: str
    role: str
    at: dt.datetime
    local: str
    utc: str
    state: str
    outcome: str
    text: str
    value: str
    file: QueryAttachment | None
    file_href: str

    @property
    def css(self) -> str:
        if self.act in ("raise", "return", "reopen", "recur"):
            return "ask"
        return "answer" if self.act == "answer" else ""


@dataclass(slots=True)
class Thread:
    query: Query
    code: str
    title: str
    place: str
    question: str
    who: str
    days: int
    now: str
    then: str
    at_close: str
    rule: str
    form_href: str
    steps: list[Step]
    acts: list[str] = field(default_factory=list)
    why_not: Any = ""

    @property
    def tone(self) -> str:
        return TONES[self.query.state]

    @property
    def answers(self) -> bool:
        return "answer" in self.acts


def act_words(act: str) -> str:
    return {
        "raise": _("asked"), "answer": _("answered"), "comment": _("noted"), "return": _("returned it: not answered yet"),
        "close": _("closed"), "cancel": _("cancelled"), "reopen": _("re-opened"), "change": _("changed the value"),
        "cure": _("closed: the data satisfy the check"), "recur": _("re-opened: the check fires again"),
    }[act]  # fmt: skip


def thread_of(user: Any, query: Query) -> Thread:
    """A query with all its steps; it comes from the door. Three queries and one for the value now."""
    return threads_of(user, [query])[0]


def threads_of(user: Any, queries: list[Query]) -> list[Thread]:
    messages: dict[int, list[QueryMessage]] = {}
    for message in QueryMessage.objects.filter(query__in=queries).select_related("author").order_by("pk"):
        messages.setdefault(message.query_id, []).append(message)
    files = {
        file.message_id: file
        for file in QueryAttachment.objects.filter(message__query__in=queries).defer("content")
    }
    sheets = values_now(queries)
    made = []
    for query in queries:
        line = line_of(query, sheets.get(query.form_id or 0))
        steps = [_step(query, message, files.get(message.pk)) for message in messages.get(query.pk, ())]
        thread = Thread(
            query, query.code, label_at(query) or _whole(query), line.place, question_of(query), who_asks(query), age_of(query),
            line.now, line.then, _words(query, query.closed_value), _rule(query), line.form_href, steps,
        )  # fmt: skip
        _allow(user, thread)
        made.append(thread)
    return made


def _whole(query: Query) -> str:
    if query.form is None:
        return _("Participant %(number)s") % {"number": query.participant.number}
    return str(form_title(query.form_key, query.form.repeat))


def _rule(query: Query) -> str:
    return f"{rule_name(query.rule)} {query.rule_version}".strip() if query.rule else ""


def _words(query: Query, text: str) -> str:
    return words_of(form_def(query.form_key), query.path, text) if query.form_key else text


def _step(query: Query, message: QueryMessage, file: QueryAttachment | None) -> Step:
    with timezone.override(query.participant.site.zone):
        local = f"{moment(message.at, seconds=True)} ({zone(message.at)})"
    text = message.text
    if message.act == "change" and text.count(CHANGE) == 1:
        text = CHANGE.join(_words(query, part) or "–" for part in text.split(CHANGE))
    if message.act == "raise" and query.rule:
        text = question_of(query)
    return Step(
        message.act, act_words(message.act), str(message.author) if message.author else _("the system"),
        str(Role(message.role).label) if message.role in Role.values else message.role, message.at, local,
        f"{message.at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC", str(QueryState(message.state).label),
        str(Outcome(message.outcome).label) if message.outcome else "", text, _words(query, message.value), file,
        reverse("query_file", args=[query.code, message.pk]) if file else "",
    )  # fmt: skip


def _allow(user: Any, thread: Thread) -> None:
    """The moves that this person can make now; when there is none, why the most likely one is not possible."""
    decisions = {act: may_move(user, act, thread.query) for act in ACTS}
    thread.acts = [act for act, may in decisions.items() if may]
    if thread.acts:
        return
    wanted = {QueryState.ANSWERED: "close", QueryState.CLOSED: "reopen"}.get(
        QueryState(thread.query.state), "answer"
    )
    thread.why_not = decisions[wanted].reason


# --- at a place of a form, of a participant -------------------------------------------------------------------------


def at_place(queries: Any, form: FormInstance | None, path: str = "") -> list[Query]:
    """Every query about a place, the standing ones first."""
    found = queries.filter(form=form, path=path) if form else queries
    related = ("participant__site", "form__participant__site", "form__visit", "raised_by", "closed_by")
    rows = found.select_related(*related).order_by("pk")
    return sorted(rows, key=lambda query: (not query.standing, -query.pk))


def place_words(definition: FormDef, form: FormInstance, path: str) -> str:
    return path_label(definition, path) if path else str(form_title(form.form_key, form.repeat))


_of_form = Prepared(
    lambda form: Query.objects.filter(form=form).select_related("raised_by").order_by("pk"), form=1
)
_marks = Prepared(
    lambda form: VerificationMark.objects.filter(form=form).select_related("verified_by").order_by("pk"),
    form=1,
)


def field_queries(form: FormInstance) -> dict[str, FieldQueries]:
    """By path (empty: the form), for the entry page: one query, however many fields."""
    found: dict[str, FieldQueries] = {}
    url = f"{form_url(form)}queries/"
    for query in _of_form(form=form.pk):
        query.participant, query.form = form.participant, form
        at = found.setdefault(query.path, FieldQueries(url, query.path))
        at.lines.append(_field_query(query))
    return found


def _field_query(query: Query) -> FieldQuery:
    form = query.form
    assert form is not None
    return FieldQuery(
        query.code, reverse("query", args=[query.code]), query.path, label_at(query), question_of(query), query.state,
        str(QueryState(query.state).label), who_asks(query), query.rule, is_critical(form.form_key, query.path), age_of(query),
    )  # fmt: skip


def field_marks(form: FormInstance) -> dict[str, FieldMark]:
    """What was verified, and what changed since; nothing is asked while nothing is verified."""
    if not form.verified:
        return {}
    definition = form_def(form.form_key)
    found = {}
    for mark in _marks(form=form.pk):
        if mark.state == MarkState.TAKEN_BACK:
            continue
        value = words_of(definition, mark.path, mark.value) or "–"
        if mark.state == MarkState.VALID:
            said = pgettext("of a field", "verified %(at)s by %(who)s (%(value)s)") % {
                "at": moment(mark.verified_at), "who": mark.verified_by, "value": value,
            }  # fmt: skip
            found[mark.path] = FieldMark(said)
        else:
            now = words_of(definition, mark.path, mark.changed_value) or "–"
            said = _("changed since verified (%(old)s to %(new)s)") % {"old": value, "new": now}
            found[mark.path] = FieldMark(said, changed=True)
    return found
