"""The trail as a file, row by row: CSV as the screen shows it, or JSON lines from which every digest can be made again.

A file of JSON lines begins with a line that says what it is and one line for each chain that is in it whole, with its
length and head; it ends with the number of its events. `static/trail/verify_trail.py` checks it without this system.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from crf.selectors.trail import PARTICIPANT, Filters, Line, lines_of
from crf.services.trail import export_begun, export_ended
from participants.models import Participant
from trialsite.accounts.models import User
from trialsite.audit.exploring import Asked, Scope, events_of, pages
from trialsite.audit.models import STUDY, AuditChain, AuditEvent
from trialsite.audit.selectors import Head, heads, heads_digest
from trialsite.kernel.study import study
from trialsite.web import sheets

VERSION = 1
PAGE = 2_000


@dataclass(frozen=True, slots=True)
class Order:
    """Whose export of what."""

    by: User
    filters: Filters
    asked: Asked
    scope: Scope
    language: str

    @property
    def fixed(self) -> Order:
        """Ends with the last event of this moment, however long it takes."""
        last = AuditEvent.objects.order_by("-id").values_list("id", flat=True).first()
        return replace(self, asked=replace(self.asked, last=last or 0))


def stream(order: Order, kind: str) -> Iterator[bytes]:
    """The file in pieces. What left, and its digest, stand in the trail when the last piece did, or nobody waits any more."""
    query = order.filters.query()
    export_begun(by=order.by, kind=kind, filters=query)
    pieces = {"csv": csv_pieces, "jsonl": jsonl_pieces}[kind](order)
    digest, rows, whole = hashlib.sha256(), 0, False
    try:
        # The middleware that chose language and clock has ended when pieces are asked for.
        while True:
            with translation.override(order.language):
                piece = next(pieces, None)
            if piece is None:
                break
            content, count = piece
            body = content.encode()
            digest.update(body)
            rows += count
            yield body
        whole = True
    finally:
        export_ended(by=order.by, kind=kind, filters=query, rows=rows, sha256=digest.hexdigest(), whole=whole)


Piece = tuple[str, int]  # text, and how many events are in it


# --- CSV ------------------------------------------------------------------------------------------------------------


def csv_pieces(order: Order) -> Iterator[Piece]:
    order = order.fixed
    yield sheets.MARK + sheets.line(_columns()), 0
    for page in pages(events_of(order.scope, order.asked), PAGE):
        lines = lines_of(page, order.scope)
        yield "".join(sheets.line(_cells(line)) for line in lines), len(lines)


def _columns() -> list[str]:
    return [
        _("Time (UTC)"), _("Time at the site"), _("User name"), _("User"), _("Role"), _("Role (code)"), _("Site"),
        _("Participant"), _("Visit"), _("Form"), _("Form (code)"), _("Field"), _("Action"), _("Action (code)"), _("Old value"),
        _("New value"), _("Reason"), _("Object"), _("Path"), _("Old value (as stored)"), _("New value (as stored)"),
        _("Withheld"), _("Chain"), _("Number"), _("Digest"),
    ]  # fmt: skip


def _cells(line: Line) -> list[Any]:
    event = line.event
    return [
        f"{line.utc:%Y-%m-%d %H:%M:%S.%f}", f"{line.local:%Y-%m-%d %H:%M:%S%z}", event.actor_name, line.who, line.role,
        event.role, event.site, line.participant, line.visit, line.form, line.form_key, line.what, line.action, event.action,
        line.old, line.new, line.reason, event.target, line.path, *line.stored, "1" if line.withheld else "", line.chain,
        event.number, event.digest,
    ]  # fmt: skip


# --- JSON lines -----------------------------------------------------------------------------------------------------

DIGESTED = ("actor_name", "role", "site", "action", "target", "path", "old", "new", "reason", "previous")
CONTENT = ("path", "old", "new", "reason")


def jsonl_pieces(order: Order) -> Iterator[Piece]:
    """By chain and number, so that one reading checks the order too."""
    found = whole_chains(order)
    lengths = {head.name: head.length for head in found}
    order = order.fixed  # after the heads: what they stand for is there
    head = {
        "trail": VERSION, "study": study().id, "exported_at": timezone.now().isoformat(), "by": order.by.username,
        "filter": order.filters.items(), "chains": len(found), "heads_digest": heads_digest(found) if found else "",
    }  # fmt: skip
    yield _dumped(head) + "".join(_dumped({"chain": n, "length": k, "head": d}) for n, k, d in found), 0
    rows = 0
    names = dict(AuditChain.objects.values_list("pk", "name"))
    for page in _by_chain(order):
        kept = [e for e in page if e.number <= lengths.get(names[e.chain_id], e.number)]
        rows += len(kept)
        yield "".join(_dumped(row_of(event, names[event.chain_id], order.scope)) for event in kept), len(kept)
    yield _dumped({"end": rows}), 0


def _by_chain(order: Order) -> Iterator[list[AuditEvent]]:
    events = events_of(order.scope, order.asked).order_by("chain_id", "number")
    chain, number = 0, 0
    while True:
        page = list(events.filter(chain_id=chain, number__gt=number)[:PAGE]) if chain else []
        if len(page) < PAGE:
            page += events.filter(chain_id__gt=chain)[: PAGE - len(page)]
        if page:
            yield page
        if len(page) < PAGE:
            return
        chain, number = page[-1].chain_id, page[-1].number


def whole_chains(order: Order) -> list[Head]:
    """Heads of the chains whose every event is in the file: none, when the filter takes single events."""
    scope, filters = order.scope, order.filters
    if not filters.of_chains:
        return []
    names = [STUDY] if scope.study and not filters.items() else []
    if scope.participants:
        people = Participant.objects.all()
        if scope.sites is not None:
            people = people.filter(site__number__in=scope.sites)
        if filters.site:
            people = people.filter(site__number=filters.site)
        if filters.participant:
            people = people.filter(number=filters.participant)
        names += [f"{PARTICIPANT}{pk}" for pk in people.values_list("pk", flat=True)]
    return heads(names)


def row_of(event: AuditEvent, chain: str, scope: Scope) -> dict[str, Any]:
    """Every column that the digest covers. Of a single central reading before its release: place and digests only."""
    row: dict[str, Any] = {
        "chain": chain, "number": event.number,
        "at": event.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        **{name: getattr(event, name) for name in DIGESTED}, "digest": event.digest, "actor": event.actor_id,
    }  # fmt: skip
    if event.target in scope.withheld:
        row = {name: value for name, value in row.items() if name not in CONTENT} | {"withheld": True}
    return row


def _dumped(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"
