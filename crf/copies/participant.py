"""What a copy holds of one participant: data, trail, queries, verification, signatures, a readable casebook, documents."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.html import escape

from crf.documents.capture import capture
from crf.documents.casebook import casebook_document
from crf.exports.trail import VERSION, row_of
from crf.models import (
    DeviationProposal,
    DocumentJob,
    Finding,
    FormInstance,
    Query,
    QueryAttachment,
    QueryMessage,
    Signature,
    SignedForm,
    VerificationMark,
)
from crf.registry import form_def
from crf.selectors.trail import lines_of
from crf.selectors.values import sheets_of
from crf.sheets import RowValues, Sheet
from participants.models import Participant, Visit
from trialsite.audit.exploring import Scope
from trialsite.audit.models import AuditChain, AuditEvent
from trialsite.audit.selectors import Head, heads_digest
from trialsite.kernel.study import study
from trialsite.web import sheets as csv
from trialsite.web.jobs import JobState

from .tables import Tables
from .writer import Writer

PAGE = 2_000
TRAIL_COLUMNS = (
    "at_utc", "at_site", "user_name", "user", "role", "site", "participant", "visit", "form", "field", "action",
    "action_code", "old", "new", "reason", "object", "path", "old_stored", "new_stored", "withheld", "number", "digest",
)  # fmt: skip

MARK_COLUMNS = (
    "participant", "form", "form_id", "visit", "path", "value", "state", "verified_at", "verified_by", "changed_at",
    "changed_value",
)  # fmt: skip
QUERY_COLUMNS = (
    "site", "participant", "query", "form", "path", "rule", "at", "act", "state", "author", "role", "outcome", "text",
    "value", "attachment",
)  # fmt: skip


class Copied:
    """One participant, as it is when this is made. `scope` says what is withheld; `language`: of what is for reading."""

    def __init__(self, participant: Participant, scope: Scope, language: str, at: dt.datetime) -> None:
        self.participant, self.scope, self.language, self.at = participant, scope, language, at
        self.folder = f"participants/{participant.number}"
        forms = FormInstance.objects.filter(participant=participant).select_related(
            "participant__site", "visit", "saved_by"
        )
        self.forms = [form for form in forms.order_by("pk") if form.address not in scope.withheld]
        self.sheets: dict[int, Sheet] = sheets_of(self.forms)
        # Everything that changes is read here, under the caller's lock; writing takes longer and needs none.
        self.threads = self.queries()
        self.taken = {"data": self.data(), "queries": self.threads, "signatures": self.signatures()}
        self.marks = self.verification()
        self.captured = capture(participant, language)

    def write(self, to: Writer, tables: Tables) -> None:
        """Everything but the trail."""
        for name, content in self.taken.items():
            to.json(f"{self.folder}/{name}.json", content)
        for form in self.forms:
            if form.version:
                tables.form(form, self.sheets[form.pk])
        self._queries(to, tables)
        for line in self.marks:
            tables.line("_verification.csv", MARK_COLUMNS, line)
        to.text(f"{self.folder}/casebook.html", self.casebook())
        self.documents(to)

    # --- data -----------------------------------------------------------------------------------------------------

    def data(self) -> dict[str, Any]:
        """The participant, visits and forms, with every value as it is stored."""
        person = self.participant
        visits = Visit.objects.filter(participant=person).order_by("order")
        names = ("id", "code", "repeat", "status", "window_from", "window_to", "actual_date")
        proposals = DeviationProposal.objects.filter(participant=person).order_by("pk")
        findings = self._findings()
        return {
            "participant": person.number, "site": person.site.number, "state": person.state, "imported": person.imported,
            "visits": list(visits.values(*names)),
            "forms": [self._form(form, findings.get(form.pk, [])) for form in self.forms],
            "proposed_deviations": list(
                proposals.values(
                    "rule", "category", "place", "visit_label", "day", "found", "severity", "state", "proposed_at",
                    "decided_at", "decided_by__username", "reason",
                )
            ),
        }  # fmt: skip

    def _form(self, form: FormInstance, findings: list[dict[str, Any]]) -> dict[str, Any]:
        sheet, definition = self.sheets[form.pk], form_def(form.form_key)
        return {
            "id": form.pk, "form": form.form_key, "visit": sheet.visit, "repeat": form.repeat,
            "evaluator": form.evaluator, "status": form.status, "expected": form.expected, "version": form.version,
            "definition": form.definition, "configuration": form.configuration, "frozen": form.frozen,
            "locked": form.locked, "verified": form.verified, "signed": form.signed, "active": form.active,
            "removed_reason": form.removed_reason, "saved_at": form.saved_at,
            "saved_by": form.saved_by.username if form.saved_by else "",
            "values": _texts(definition.fields, sheet), "missing": dict(sheet.missing),
            "rows": {
                section.id: [_row({str(f.name): f for f in section.fields}, row) for row in sheet.rows.get(section.id, ())]
                for section in definition.row_sections
            },
            "findings": findings,
        }  # fmt: skip

    def _findings(self) -> dict[int, list[dict[str, Any]]]:
        names = (
            "path", "rule", "severity", "rule_version", "state", "raised_value", "value", "reason", "raised_at",
            "settled_at", "settled_by__username",
        )  # fmt: skip
        found: dict[int, list[dict[str, Any]]] = {}
        lines = Finding.objects.filter(form__in=self.forms).order_by("form_id", "pk")
        for line in lines.values("form_id", *names):
            found.setdefault(line.pop("form_id"), []).append(line)
        return found

    # --- queries --------------------------------------------------------------------------------------------------

    def queries(self) -> list[dict[str, Any]]:
        """Threads with their messages; each attachment is a file beside."""
        forms = (address.partition(":") for address in self.scope.withheld)
        withheld = {int(number) for kind, _sep, number in forms if kind == "form"}
        found = (
            Query.objects.filter(participant=self.participant).exclude(form__in=withheld).order_by("number")
        )
        messages: dict[int, list[QueryMessage]] = {}
        for message in QueryMessage.objects.filter(query__in=found).order_by("pk"):
            messages.setdefault(message.query_id, []).append(message)
        files = {
            one.message_id: one
            for one in QueryAttachment.objects.filter(message__query__in=found).defer("content")
        }
        return [
            _query(query)
            | {"messages": [self._step(query, one, files.get(one.pk)) for one in messages.get(query.pk, ())]}
            for query in found.select_related("participant", "raised_by", "closed_by")
        ]

    def _step(self, query: Query, message: QueryMessage, file: QueryAttachment | None) -> dict[str, Any]:
        step: dict[str, Any] = {
            "at": message.at, "act": message.act, "state": message.state, "author": message.author_name,
            "role": message.role, "outcome": message.outcome, "text": message.text, "value": message.value,
        }  # fmt: skip
        if file is not None:
            path = f"{self.folder}/attachments/{query.code}-{message.pk}-{plain_name(file.name)}"
            step["attachment"] = {
                "id": file.pk, "file": path, "name": file.name, "type": file.content_type, "size": file.size,
                "sha256": file.sha256,
            }  # fmt: skip
        return step

    def _queries(self, to: Writer, tables: Tables) -> None:
        """Attachments, one in memory at a time, and the table of all messages."""
        for query in self.threads:
            for step in query["messages"]:
                if file := step.get("attachment"):
                    content = QueryAttachment.objects.values_list("content", flat=True).get(pk=file["id"])
                    to.bytes(file["file"], bytes(content))
                _query_line(tables, self.participant, query, step)

    # --- signatures, verification ---------------------------------------------------------------------------------

    def signatures(self) -> list[dict[str, Any]]:
        """Every act of signing, with what was shown before and what became of each form's part since."""
        forms: dict[int, list[dict[str, Any]]] = {}
        names = (
            "form_id",
            "version",
            "values_digest",
            "definition",
            "voided_at",
            "void_reason",
            "void_detail",
        )
        mine = SignedForm.objects.filter(signature__participant=self.participant).order_by("pk")
        for line in mine.values("signature_id", "form__form_key", *names):
            forms.setdefault(line.pop("signature_id"), []).append(line)
        acts = Signature.objects.filter(participant=self.participant).order_by("pk").values(
            "id", "username", "printed_name", "role", "meaning", "statement_en", "statement_zh", "at", "zone", "components",
            "first_in_session", "open_queries", "changed", "digest",
        )  # fmt: skip
        return [act | {"forms": forms.get(act["id"], [])} for act in acts]

    def verification(self) -> list[list[Any]]:
        places = {form.pk: form for form in self.forms}
        marks = VerificationMark.objects.filter(form__in=places).select_related("verified_by")
        return [
            [
                self.participant.number, places[mark.form_id].form_key, mark.form_id, self.sheets[mark.form_id].visit,
                mark.path, mark.value, mark.state, _iso(mark.verified_at), mark.verified_by.username,
                _iso(mark.changed_at), mark.changed_value,
            ]
            for mark in marks.order_by("form_id", "path")
        ]  # fmt: skip

    # --- for reading ----------------------------------------------------------------------------------------------

    def casebook(self) -> str:
        """The casebook as one page that any browser shows."""
        made = casebook_document(self.captured, self.language)
        bodies = "".join(_body(part) for part in made.parts)
        text = re.sub(r"\{\{page [^}]*\}\}", "", bodies)
        language = "zh-Hans" if self.language == "zh" else "en"
        return (
            f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(made.title)}</title>'
            f"<style>{made.css}</style></head><body>{text}</body></html>\n"
        )

    def documents(self, to: Writer) -> None:
        """Casebooks that were built already, as they were built."""
        jobs = DocumentJob.objects.filter(participant=self.participant, state=JobState.READY).defer("inputs")
        taken: set[str] = set()
        for job in jobs.order_by("pk"):
            if job.there and job.sha256 not in taken:
                taken.add(job.sha256)
                to.file(f"{self.folder}/documents/{job.file_name}", job.path)

    # --- trail ----------------------------------------------------------------------------------------------------

    def trail(self, to: Writer, chain: AuditChain) -> Head:
        """The chain as JSON lines, which the verifier takes, and as a table for people."""
        return write_chain(to, chain, self.folder, self.scope, self.at, participant=self.participant.number)


def write_chain(
    to: Writer, chain: AuditChain, folder: str, scope: Scope, at: dt.datetime, participant: str = ""
) -> Head:  # fmt: skip
    """A chain up to the length that it had when it was read, in two files: two walks, a page in memory."""
    head = Head(chain.name, chain.length, chain.head)
    to.pieces(f"{folder}/trail.jsonl", _jsonl(chain, head, scope, at))
    to.pieces(f"{folder}/trail.csv", _csv(chain, head, scope, participant))
    return head


def _jsonl(chain: AuditChain, head: Head, scope: Scope, at: dt.datetime) -> Iterator[str]:
    whole = {"trail": VERSION, "study": study().id, "exported_at": at.isoformat(), "filter": {}}
    yield _line(whole | {"chains": 1, "heads_digest": heads_digest([head])})
    yield _line({"chain": head.name, "length": head.length, "head": head.head})
    for page in _pages(chain, head.length):
        yield "".join(_line(row_of(event, chain.name, scope)) for event in page)
    yield _line({"end": head.length})


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n"


def _csv(chain: AuditChain, head: Head, scope: Scope, participant: str) -> Iterator[str]:
    yield csv.MARK + csv.line(TRAIL_COLUMNS)
    for page in _pages(chain, head.length):
        yield "".join(
            csv.line(
                [
                    f"{line.utc:%Y-%m-%d %H:%M:%S.%f}", f"{line.local:%Y-%m-%d %H:%M:%S%z}", line.event.actor_name,
                    line.who, line.event.role, line.event.site, participant, line.visit, line.form_key, line.what,
                    line.action, line.event.action, line.old, line.new, line.reason, line.event.target, line.path,
                    *line.stored, "1" if line.withheld else "", line.event.number, line.event.digest,
                ]
            )
            for line in lines_of(page, scope)
        )  # fmt: skip


def _pages(chain: AuditChain, length: int) -> Iterator[list[AuditEvent]]:
    events, number = AuditEvent.objects.filter(chain=chain, number__lte=length).order_by("number"), 0
    while page := list(events.filter(number__gt=number)[:PAGE]):
        yield page
        number = page[-1].number


# --- small things ---------------------------------------------------------------------------------------------------


def _texts(fields: Mapping[str, Any], holder: Sheet | RowValues) -> dict[str, str]:
    return {name: fields[name].to_text(value) for name, value in holder.values.items() if name in fields}


def _row(fields: Mapping[str, Any], row: RowValues) -> dict[str, Any]:
    return {
        "row": row.row, "active": row.active, "removed_reason": row.removed_reason, "values": _texts(fields, row),
        "missing": dict(row.missing),
    }  # fmt: skip


def _query(query: Query) -> dict[str, Any]:
    return {
        "query": query.code, "form": query.form_key, "form_id": query.form_id, "path": query.path,
        "origin": query.origin, "rule": query.rule, "rule_version": query.rule_version, "severity": query.severity,
        "question": query.question, "state": query.state, "outcome": query.outcome, "raised_value": query.raised_value,
        "closed_value": query.closed_value, "raised_at": query.raised_at,
        "raised_by": query.raised_by.username if query.raised_by else "system", "answered_at": query.answered_at,
        "closed_at": query.closed_at, "closed_by": query.closed_by.username if query.closed_by else "",
        "reopened": query.reopened,
    }  # fmt: skip


def _query_line(
    tables: Tables, participant: Participant, query: Mapping[str, Any], step: Mapping[str, Any]
) -> None:  # fmt: skip
    tables.line("_queries.csv", QUERY_COLUMNS, [
        participant.site.number, participant.number, query["query"], query["form"], query["path"], query["rule"],
        _iso(step["at"]), step["act"], step["state"], step["author"], step["role"], step["outcome"],
        step["text"] or query["question"], step["value"], step.get("attachment", {}).get("file", ""),
    ])  # fmt: skip


def _iso(moment: dt.datetime | None) -> str:
    return moment.astimezone(dt.UTC).isoformat() if moment else ""


def _body(part: str) -> str:
    return part.partition("<body>")[2].rpartition("</body>")[0]


def plain_name(name: str) -> str:
    """A file's name that every system unpacks: letters, digits, dot, hyphen; never a path."""
    cleaned = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._") or "file"
    return cleaned[-60:]
