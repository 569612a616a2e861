"""Queries with their threads as CSV: a line for each step, the query repeated, in the order of the screen."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _

from crf.models import Outcome, Query, QueryMessage, QueryOrigin, QueryState
from crf.naming import form_title
from crf.registry import form_def
from crf.schedule import visit_label
from crf.selectors.queries import Filters, Key, age_of, label_at, queries_for, question_of
from crf.selectors.threads import act_words
from crf.selectors.values import words_of
from crf.services.queries import queries_exported
from trialsite.accounts.models import User
from trialsite.web import sheets

PAGE = 500


def stream(by: User, filters: Filters, tab: list[str], language: str) -> Iterator[bytes]:
    """The file in pieces. That it left, and what, stands in the trail whether or not somebody waits for its end."""
    queries_exported(by=by, filters=filters.query(), said="begun")
    digest, rows, whole = hashlib.sha256(), 0, False
    pieces = _pieces(by, filters, tab)
    try:
        while True:
            with translation.override(language):  # the middleware that chose it has ended
                piece = next(pieces, None)
            if piece is None:
                break
            body = piece[0].encode()
            digest.update(body)
            rows += piece[1]
            yield body
        whole = True
    finally:
        end = "" if whole else "; broken off"
        queries_exported(
            by=by, filters=filters.query(), said=f"{rows} rows; SHA-256 {digest.hexdigest()}{end}"
        )


def _pieces(by: User, filters: Filters, tab: list[str]) -> Iterator[tuple[str, int]]:
    yield sheets.MARK + sheets.line(columns()), 0
    wanted = filters.apply(queries_for(by)).filter(state__in=tab)
    key: Key | None = None
    while True:
        page = _page(wanted, key)
        if not page:
            return
        messages: dict[int, list[QueryMessage]] = {}
        for message in QueryMessage.objects.filter(query__in=page).select_related("author").order_by("pk"):
            messages.setdefault(message.query_id, []).append(message)
        lines = [
            sheets.line([*_query(query), *_step(query, message)])
            for query in page
            for message in messages.get(query.pk, ())
        ]
        yield "".join(lines), len(lines)
        key = Key(page[-1].raised_at, page[-1].pk)


def _page(wanted: Any, key: Key | None) -> list[Query]:
    if key:
        wanted = key.following(wanted)
    related = wanted.select_related("participant__site", "form__visit", "raised_by", "closed_by")
    return list(related.order_by("raised_at", "pk")[:PAGE])


def columns() -> list[str]:
    return [
        _("Query"), _("Participant"), _("Site"), _("Visit"), _("Form"), _("Form (code)"), _("Field"), _("Path"), _("Origin"),
        _("Check"), _("Rule version"), _("Endpoint field"), _("Question"), _("State"), _("Outcome"), _("Raised by"),
        _("Raised (UTC)"), _("Value when raised"), _("Closed by"), _("Closed (UTC)"), _("Value when closed"), _("Days open"),
        _("Step"), _("Time (UTC)"), _("User name"), _("Role (code)"), _("State after it"), _("Outcome of the step"),
        _("Text"), _("Value at the time"),
    ]  # fmt: skip


def _query(query: Query) -> list[Any]:
    form = query.form
    visit = form.visit if form else None
    return [
        query.code, query.participant.number, query.participant.site.number,
        visit_label(visit.code, visit.repeat) if visit else "", str(form_title(form.form_key, form.repeat)) if form else "",
        query.form_key, label_at(query), query.path, QueryOrigin(query.origin).label, query.rule, query.rule_version,
        "1" if query.endpoint else "", question_of(query), QueryState(query.state).label,
        Outcome(query.outcome).label if query.outcome else "", query.raised_by.username if query.raised_by else "system",
        _utc(query.raised_at), _words(query, query.raised_value),
        query.closed_by.username if query.closed_by else "system" if query.closed_at else "", _utc(query.closed_at),
        _words(query, query.closed_value), age_of(query),
    ]  # fmt: skip


def _step(query: Query, message: QueryMessage) -> list[Any]:
    return [
        act_words(message.act), _utc(message.at), message.author_name or "system", message.role,
        QueryState(message.state).label, Outcome(message.outcome).label if message.outcome else "", message.text,
        _words(query, message.value),
    ]  # fmt: skip


def _utc(at: dt.datetime | None) -> str:
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}" if at else ""


def _words(query: Query, text: str) -> str:
    return words_of(form_def(query.form_key), query.path, text) if query.form_key else text
