"""Queries are raised, answered, returned, closed, re-opened and cancelled; each step is a message and an event.

People's acts are the functions with `by=`. What checks ask and what saves change follows in `QueryFollow`, in the
transaction of the save.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from crf.critical import is_critical
from crf.fields import free_text
from crf.models import (
    FormInstance,
    Outcome,
    Query,
    QueryAttachment,
    QueryMessage,
    QueryOrigin,
    QueryState,
    Severity,
)
from crf.models.queries import STANDING, WITH_SITE
from crf.policies import BLINDED_FORMS
from crf.policies_review import may_move, may_query, proposes_answer
from crf.reasons import reason_given
from crf.registry import form_def
from crf.review_states import QUERY
from crf.selectors.history import has_path
from crf.selectors.sheets import sheet_of
from crf.selectors.values import current_text, text_at
from participants.models import Participant
from trialsite.accounts.models import User
from trialsite.audit import trail
from trialsite.audit.actions import Action
from trialsite.audit.trail import Entry
from trialsite.db.rows import update, update_each
from trialsite.kernel.decisions import Refused, refused

from .refusals import ASKED, noted, refusal_note

LONGEST = 600
ACTIONS = {
    "raise": Action.QUERY_RAISED, "answer": Action.QUERY_ANSWERED, "close": Action.QUERY_CLOSED,
    "cure": Action.QUERY_CLOSED, "return": Action.QUERY_REOPENED, "reopen": Action.QUERY_REOPENED,
    "recur": Action.QUERY_REOPENED, "cancel": Action.QUERY_CANCELLED, "comment": Action.QUERY_NOTED,
    "change": Action.QUERY_NOTED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class File:
    """A file that was sent with a message: name, media type by its content, bytes."""

    name: str
    content_type: str
    content: bytes


def question_given(text: str) -> str:
    """A question as it is kept. Refused when empty, when it names a person, or when it proposes the answer."""
    return _asking(_short(text, _("Write the question.")))


def _asking(kept: str) -> str:
    if proposes_answer(kept):
        refused(_("A question must not propose the answer. Ask what the source says."), "text").require()
    return kept


def _short(text: str, ask: str) -> str:
    if len(free_text(text)) > LONGEST:
        said = _("At most %(most)s characters; these are %(n)s.")
        refused(said % {"most": LONGEST, "n": len(free_text(text))}, "text").require()
    return reason_given(text, ask, LONGEST)


def query_raise(
    *, by: User, participant: Participant, text: str, form: FormInstance | None = None, path: str = "",
    origin: str = QueryOrigin.PERSON,
) -> Query:  # fmt: skip
    """Ask about a field, a row (`TA2:3`), a form, or without a form about the participant.

    Raises `Refused`: role, lock, an open question at the same place, or what is wrong with the text.
    """
    address = form.address if form else f"participant:{participant.pk}"
    with noted(by=by, act="query", address=address, participant=participant), transaction.atomic():
        may_query(by, "raise", participant, form).require()
        kept = question_given(text)
        chain = trail.participant_chain(participant)
        if form is not None:
            _fresh(form)
            may_query(by, "raise", participant, form).require()
            _placed(form, path)
        value = current_text(form, path) if form else ""
        number = _next_number(participant.pk)
        steps = _asked(by, participant, form, path, number, question=kept, origin=origin, value=value)
        query = steps[0].query
        _store([query], [steps[0].message])
        trail.append_all(chain, [step.entry() for step in steps], by=by, site=participant.site)
        _recount([form] if form else [])
        return query


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a list: `line` is where it stands in the file."""

    line: int
    participant: Participant
    form: FormInstance | None
    path: str
    text: str


class ListRefused(Exception):
    """A question of a list was refused, so none was raised: the line and the sentence."""

    def __init__(self, line: int, reason: Any) -> None:
        super().__init__(f"{line}: {reason}")
        self.line, self.reason = line, reason


def queries_raise(*, by: User, questions: Sequence[Asked]) -> list[Query]:
    """A list of questions, all of them or none. Raises `ListRefused`, or `Refused` when there is nothing to raise."""
    if not questions:
        refused(_("The list has no question."), "text").require()
    raised: list[Query] = []
    # One order for everybody, so that two lists never wait for each other.
    try:
        with transaction.atomic():
            for asked in sorted(questions, key=lambda asked: (asked.participant.pk, asked.line)):
                try:
                    raised.append(
                        query_raise(
                            by=by, participant=asked.participant, text=asked.text, form=asked.form, path=asked.path,
                            origin=QueryOrigin.LIST,
                        )
                    )  # fmt: skip
                except Refused as no:
                    raise _Within(asked, no) from None
    except _Within as within:  # what was noted inside went with the transaction
        asked = within.asked
        if within.no.code not in ASKED:
            refusal_note(
                by=by, act="query", address=asked.form.address if asked.form else f"participant:{asked.participant.pk}",
                no=within.no, participant=asked.participant,
            )  # fmt: skip
        raise ListRefused(asked.line, within.no.reason) from None
    return raised


class _Within(Exception):
    def __init__(self, asked: Asked, no: Refused) -> None:
        super().__init__(str(no.reason))
        self.asked, self.no = asked, no


def _fresh(form: FormInstance) -> None:
    form.refresh_from_db(fields=["locked", "frozen", "active", "version", "status"])


def _placed(form: FormInstance, path: str) -> None:
    """The place exists, and nobody asks there already: one question at a field at a time."""
    if path and not _known(form, path):
        refused(_("This form has no field “%(field)s”.") % {"field": path}, "field").require()
    standing = Query.objects.filter(form=form, path=path, rule="", state__in=STANDING)
    if other := standing.select_related("participant").first():
        refused(
            _("Query %(query)s already asks about this. Wait for its answer.") % {"query": other.code},
            "twice",
        ).require()


def _known(form: FormInstance, path: str) -> bool:
    """A field of the sheet, a row that exists, or a field of such a row."""
    definition = form_def(form.form_key)
    head, _sep, name = path.rpartition("/")
    row = head or (name if ":" in name else "")
    if not row:
        return name in definition.fields
    section_id, _sep, number = row.partition(":")
    if not has_path(definition, f"{row}/x") or not number.isdigit():
        return False
    section = definition.section(section_id)
    if head and name not in {f.name for f in section.fields}:
        return False
    rows = sheet_of(form).rows.get(section_id, ())
    return any(line.row == int(number) for line in rows)


@dataclass(slots=True)
class _Step:
    """One step of a thread before it is stored: its message and what the trail will say. The query may be new as well."""

    query: Query
    message: QueryMessage
    path: str
    old: str
    new: str
    detail: str
    system: bool

    def entry(self) -> Entry:
        """Once the query has its key."""
        action = ACTIONS[self.message.act]
        return Entry(
            action, self.query.address, self.path, self.old, self.new, self.detail, system=self.system
        )


def _message(by: User | None, query: Query, act: str, **said: Any) -> QueryMessage:
    return QueryMessage(
        query=query, at=query.moved_at, author=by, author_name=by.username if by else "", act=act, state=query.state,
        role=by.role_at(query.participant.site) if by else "", **said,
    )  # fmt: skip


def _asked(
    by: User | None, participant: Participant, form: FormInstance | None, path: str, number: int, *,
    question: str = "", origin: str = QueryOrigin.PERSON, rule: str = "", rule_version: str = "",
    severity: str = Severity.SOFT, value: str = "", said: str = "",
) -> tuple[_Step, _Step]:  # fmt: skip
    """A new thread, not stored: what it is about, and its first step."""
    now = timezone.now()
    query = Query(
        participant=participant, site_id=participant.site_id, number=number, form=form,
        form_key=form.form_key if form else "", path=path, origin=origin, rule=rule, rule_version=rule_version,
        severity=severity, question=question, raised_value=value[:300], raised_by=by, raised_at=now, moved_at=now,
        endpoint=bool(form and is_critical(form.form_key, path)),
    )  # fmt: skip
    place = f"{form.address}/{path}" if form else f"participant:{participant.pk}"
    message = _message(by, query, "raise", text=question, value=value[:300])
    about = _Step(query, message, "@about", "", f"{query.code} {place}", "", by is None)
    return about, _Step(query, message, "@state", "", query.state, said or question, by is None)


def _next_number(participant: int) -> int:
    found = Query.objects.filter(participant=participant).aggregate(last=Max("number"))
    return (found["last"] or 0) + 1


def _store(queries: Sequence[Query], messages: Sequence[QueryMessage]) -> None:
    """New threads and their messages, however many, by one statement each."""
    Query.objects.bulk_create(queries)
    for message in messages:
        message.query = message.query  # its key is known now
    QueryMessage.objects.bulk_create(messages)


def query_act(
    *, by: User, query: Query, act: str, text: str = "", outcome: str = "", file: File | None = None
) -> QueryMessage:
    """One move of a thread by a person: `answer`, `comment`, `return`, `close`, `reopen`, `cancel`.

    An answer needs an outcome; `text` may stay empty for an answer that says "corrected" and for closing. `query` comes
    from the door with participant (and its site) and form at hand. Raises `Refused`.
    """
    with (
        noted(by=by, act=f"query-{act}", address=query.address, participant=query.participant),
        transaction.atomic(),
    ):
        may_move(by, act, query).require()
        kept = _text_given(act, text, outcome, asks=bool(may_query(by, "raise", query.participant)))
        chain = trail.participant_chain(query.participant)
        query.refresh_from_db(fields=["state", "reopened"])
        if query.form:
            _fresh(query.form)
        may_move(by, act, query).require()
        value = current_text(query.form, query.path) if query.form else ""
        step = _step(by, query, act, text=kept, outcome=outcome if act == "answer" else "", value=value)
        update(Query, {name: getattr(query, name) for name in MOVED}, id=query.pk)
        step.message.save()
        message, entries = step.message, [step.entry()]
        if file is not None:
            _attach(message, file)
            entries.append(
                Entry(Action.QUERY_NOTED, query.address, "@file", "", _fingerprint(file), file.name[:120])
            )
        if act == "answer" and query.rule and query.form:
            entries += _finding_answered(by, query, kept or str(Outcome(outcome).label), outcome)
        trail.append_all(chain, entries, by=by, site=query.participant.site)
        _recount([query.form] if query.form else [])
        return message


def _fingerprint(file: File) -> str:
    return hashlib.sha256(file.content).hexdigest()


def _text_given(act: str, text: str, outcome: str, asks: bool) -> str:
    """What is said with a move. Who asks (`asks`) proposes no answer on any later step either."""
    if act == "answer" and outcome not in Outcome.values:
        refused(_("Say what you found: choose an outcome."), "outcome").require()
    needs = act in ("comment", "return", "reopen", "cancel") or (
        act == "answer" and outcome in (Outcome.CLARIFIED, Outcome.NOT_AVAILABLE)
    )
    if not needs and not text.strip():
        return ""
    kept = _short(text, _("Write what you have to say."))
    return _asking(kept) if asks and act != "answer" else kept


MOVED = (
    "state", "moved_at", "outcome", "answered_at", "reopened", "closed_at", "closed_by_id", "closed_value",
    "rule_version", "raised_value",
)  # fmt: skip


def _step(
    by: User | None, query: Query, act: str, *, text: str = "", outcome: str = "", value: str = "", said: str = ""
) -> _Step:  # fmt: skip
    """A move by the table, not stored; the query says already how it stands after it."""
    now, old = timezone.now(), query.state
    query.state = QUERY.after(old, act)
    query.moved_at = now
    if act == "answer":
        query.outcome, query.answered_at = outcome, now
    if query.state == QueryState.REOPENED and act != "comment":
        query.reopened += 1
        query.closed_at, query.closed_by, query.closed_value = None, None, ""
    if query.state in (QueryState.CLOSED, QueryState.CANCELLED) and old != query.state:
        query.closed_at, query.closed_by, query.closed_value = now, by, value[:300]
    message = _message(by, query, act, outcome=outcome, text=text, value=value[:300])
    detail = " · ".join(part for part in (outcome, said or text) if part)
    if act == "comment":
        return _Step(query, message, "@message", "", "", detail, by is None)
    return _Step(query, message, "@state", old, query.state, detail, by is None)


def _attach(message: QueryMessage, file: File) -> None:
    QueryAttachment.objects.create(
        message=message, name=file.name[:120], content_type=file.content_type, size=len(file.content),
        sha256=_fingerprint(file), content=file.content,
    )  # fmt: skip


def _finding_answered(by: User, query: Query, reason: str, outcome: str) -> list[Entry]:
    """An answer that keeps the value confirms the finding behind a soft check; a correction cures it by itself."""
    from .findings import finding_confirmed

    if outcome == Outcome.CORRECTED or query.severity == Severity.HARD:
        return []
    assert query.form is not None
    return finding_confirmed(by=by, form=query.form, path=query.path, rule=query.rule, reason=reason)


def queries_close(
    *, by: User, queries: Iterable[Query], text: str = ""
) -> tuple[list[Query], list[tuple[Query, Any]]]:
    """Close several answered queries, each for itself: those that were closed, and those that were not with the reason."""
    done, left = [], []
    for query in queries:
        try:
            # Around the savepoint, which takes with it what is noted inside.
            with (
                noted(by=by, act="query-close", address=query.address, participant=query.participant),
                transaction.atomic(),
            ):
                query_act(by=by, query=query, act="close", text=text)
            done.append(query)
        except Refused as no:
            left.append((query, no.reason))
    return done, left


@transaction.atomic
def attachment_taken(*, by: User, attachment: QueryAttachment) -> None:
    """Somebody downloads a file that came with a message. `message.query.participant` must be at hand."""
    query = attachment.message.query
    chain = trail.participant_chain(query.participant)
    entry = Entry(Action.EXPORTED, query.address, "@file", "", attachment.sha256, attachment.name)
    trail.append_all(chain, [entry], by=by, site=query.participant.site)


@transaction.atomic
def queries_exported(*, by: User, filters: str, said: str) -> None:
    """A list of queries leaves the system as a file: once before its first line, once after its last."""
    what = f"{filters or 'everything'}; {said}"
    trail.append(trail.study_chain(), by=by, action=Action.EXPORTED, subject="export:queries/csv", new=what)


def _recount(forms: Sequence[FormInstance | None]) -> None:
    """The counts that the envelope carries for matrix and worklists."""
    wanted = [form for form in forms if form is not None]
    if not wanted:
        return
    counted = Query.objects.filter(form__in=wanted, state__in=STANDING).values("form").order_by()
    counts = {
        row["form"]: (row["waiting"], row["answered"])
        for row in counted.annotate(
            waiting=Count("pk", filter=Q(state__in=WITH_SITE)),
            answered=Count("pk", filter=Q(state=QueryState.ANSWERED)),
        )
    }
    for form in wanted:
        form.query_open, form.query_answered = counts.get(form.pk, (0, 0))
        FormInstance.objects.filter(pk=form.pk).update(
            query_open=form.query_open, query_answered=form.query_answered
        )


# --- in the transaction of a save -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FindingMove:
    """What became of a finding: `opened`, `confirmed`, `cured`; at once confirmed when `reason` is given with `opened`."""

    act: str
    path: str
    rule: str
    version: str = ""
    severity: str = Severity.SOFT
    found: str = ""
    reason: str = ""
    limit: bool = False  # a limit of a field: a justification given at once settles it (S32)


def findings_followed(*, by: User | None, form: FormInstance, moves: Sequence[FindingMove]) -> list[Entry]:
    """The threads that checks ask: one for each field and check, closed when the data satisfy it (S18).

    The caller holds the chain and writes the trail. On a locked form nothing is asked.
    """
    if form.form_key in BLINDED_FORMS:  # a thread would show a central reading to the site
        return []
    asked = [move for move in moves if not (move.limit and move.act == "opened" and move.reason)]
    if not asked or form.locked:
        return []
    paths, rules = {move.path for move in asked}, {move.rule for move in asked}
    known = {
        (query.path, query.rule): query
        for query in Query.objects.filter(form=form, path__in=paths, rule__in=rules).select_related(
            "participant__site"
        )
    }
    if not known and all(move.act != "opened" for move in asked):
        return []
    return _Following(by, form, known).run(asked)


class _Following:
    """What a save's findings do to their threads: worked out in memory, stored by a handful of statements."""

    def __init__(self, by: User | None, form: FormInstance, known: dict[tuple[str, str], Query]) -> None:
        self.by, self.form, self.known = by, form, known
        self.definition = form_def(form.form_key)
        version = form.version or 1  # a first save has written the sheet before its envelope says so
        stored = FormInstance(
            pk=form.pk, form_key=form.form_key, repeat=form.repeat, version=version, visit=form.visit
        )
        self.sheet = sheet_of(stored)
        self.steps: list[_Step] = []
        self.new: list[Query] = []
        self.next = 0

    def run(self, moves: Sequence[FindingMove]) -> list[Entry]:
        for move in moves:
            query = self.known.get((move.path, move.rule))
            if move.act == "opened":
                self.opened(query, move)
            elif query is not None and move.act == "confirmed":
                self.confirmed(query, move.reason)
            elif query is not None and move.act == "cured" and query.standing:
                self.move(None, query, "cure", said=f"{move.rule} {query.rule_version}")
        if not self.steps:
            return []
        self.store()
        _recount([self.form])
        return [step.entry() for step in self.steps]

    def store(self) -> None:
        messages = list({id(step.message): step.message for step in self.steps}.values())
        moved = {step.query.pk: step.query for step in self.steps if step.query.pk}
        if moved:
            rows = [[*(getattr(query, name) for name in MOVED), pk] for pk, query in moved.items()]
            update_each(Query, MOVED, "id", rows)
        _store(self.new, messages)

    def value(self, move: FindingMove) -> str:
        return text_at(self.definition, self.sheet, move.path) or move.found

    def opened(self, query: Query | None, move: FindingMove) -> None:
        said = f"{move.rule} {move.version}"
        if query is None:
            steps = _asked(
                None, self.form.participant, self.form, move.path, self.number(), origin=QueryOrigin.CHECK,
                rule=move.rule, rule_version=move.version, severity=move.severity, value=self.value(move), said=said,
            )  # fmt: skip
            query = steps[0].query
            self.known[move.path, move.rule] = query
            self.new.append(query)
            self.steps += steps
        elif (query.state, "recur") in QUERY.moves:
            query.rule_version, query.raised_value = move.version, self.value(move)[:300]
            self.move(None, query, "recur", said=said)
        if move.reason:
            self.confirmed(query, move.reason)

    def number(self) -> int:
        """The next number of the participant; the database is asked once. The chain is held."""
        self.next = self.next + 1 if self.next else _next_number(self.form.participant_id)
        return self.next

    def confirmed(self, query: Query, reason: str) -> None:
        """A value that is kept with its justification: the question is answered, and waits to be closed."""
        if query.state in WITH_SITE:
            self.move(self.by, query, "answer", text=reason, outcome=Outcome.CONFIRMED)

    def move(self, by: User | None, query: Query, act: str, **said: Any) -> None:
        value = text_at(self.definition, self.sheet, query.path)
        self.steps.append(_step(by, query, act, value=value, **said))


def changes_told(*, by: User | None, form: FormInstance, changed: dict[str, tuple[str, str]]) -> list[Entry]:
    """A line in each standing thread about a value that changed: `{path: (old text, new text)}`.

    The caller holds the chain and writes the trail.
    """
    entries, messages = [], []
    standing = Query.objects.filter(form=form, path__in=list(changed), state__in=STANDING)
    for query in standing.select_related("participant__site"):
        old, new = changed[query.path]
        message = _message(by, query, "change", text=f"{old} → {new}"[:1000], value=new[:300])
        message.at = timezone.now()
        messages.append(message)
        entries.append(Entry(Action.QUERY_NOTED, query.address, "@change", old, new, system=by is None))
    QueryMessage.objects.bulk_create(messages)
    return entries
