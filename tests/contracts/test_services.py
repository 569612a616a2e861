"""Every service: keywords only, `by=` says who, one transaction, an event in the trail. A new one must be added here."""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.http import QueryDict
from django.utils import timezone

import crf.services
import pathology.services
from crf.documents import services as documents
from crf.imports.laboratory import read_laboratory_file
from crf.judging import Raised
from crf.models import (
    CopyJob,
    DatabaseLock,
    DeviationProposal,
    DocumentJob,
    Draft,
    FormInstance,
    Laboratory,
    PossibleDuplicate,
    Query,
    QueryAttachment,
    ReferenceRange,
    TrailItem,
    UnlockRequest,
)
from crf.services import (
    copies,
    daily_mail,
    database_lock,
    deviations,
    drafts,
    duplicates,
    entry,
    findings,
    holding,
    laboratory_file,
    logs,
    queries,
    refusals,
    schedule,
    screening,
    signing,
    trail_review,
    verification_plan,
)
from crf.services import site as sites
from crf.services import trail as trail_services
from crf.services import verification as verification_marks
from crf.services.entry import Order
from crf.services.findings import Refusal
from endpoints import download_services as downloads
from endpoints import verification_services as verification
from endpoints.cuts import services as cut_services
from endpoints.cuts.building import moment_build
from endpoints.models_reports import JobState, ReportJob
from endpoints.reports import approving
from endpoints.reports import services as reports
from endpoints.services import endpoints_recompute, trial_recompute
from endpoints.standpoint import Live
from participants.models import Participant, Visit
from pathology.models import PathologyCase
from tests import world
from tests.contracts import acts_pathology
from trialsite.accounts import services as accounts
from trialsite.accounts import services_team as team
from trialsite.accounts.models import RoleHeld, Site, User
from trialsite.accounts.rosters import roster
from trialsite.audit import trail
from trialsite.audit.models import AuditEvent, TrailVerification
from trialsite.kernel.decisions import Refused, refused
from trialsite.web.jobs import keep
from trialsite.web.pdf import Pdf

pytestmark = pytest.mark.django_db

Function = Callable[..., Any]


def modules() -> list[Any]:
    names = [f"crf.services.{m.name}" for m in pkgutil.iter_modules(crf.services.__path__)]
    names += [f"pathology.services.{m.name}" for m in pkgutil.iter_modules(pathology.services.__path__)]
    names += [
        "trialsite.accounts.services",
        "trialsite.accounts.services_team",
        "endpoints.services",
        "endpoints.reports.services",
        "endpoints.reports.approving",
        "endpoints.cuts.services",
        "crf.documents.services",
        "endpoints.verification_services",
        "endpoints.download_services",
    ]
    return [importlib.import_module(name) for name in names]


def functions() -> Iterator[tuple[str, Function]]:
    for module in modules():
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{module.__name__}.{name}", function


# They only read or reckon, or make the entries that the calling service writes.
NO_SERVICE = {
    "crf.services.copies.scope_words", "crf.services.copies.hurry",
    "crf.services.trail_review.hurry", "crf.services.trail_review.look_due", "crf.services.trail_review.waiting_look",
    "crf.services.checking.check", "crf.services.drafts.draft_of", "crf.services.drafts.draft_post",
    "crf.services.findings.address", "crf.services.findings.wording", "crf.services.findings.refusal_of",
    "crf.services.findings.limit_refusal", "crf.services.findings.note_failed",
    "crf.services.findings.identifier_refusal",
    "crf.services.queries.question_given",
    "crf.services.refusals.noted", "crf.services.refusals.require_open", "crf.services.refusals.require_open_site",
    "crf.services.holding.level_of", "crf.services.holding.site_of", "crf.services.holding.forms_below",
    "crf.services.holding.address_of", "crf.services.deviations.said", "crf.services.deviations.description",
    "crf.services.database_lock.standing_lock", "crf.services.database_lock.copy_of",
    "crf.services.entry.clear_paths", "crf.services.references.strangers", "crf.services.lifecycle.state_of",
    "crf.services.lifecycle.participant_advance",
    "crf.services.schedule.schedule_follow",
    "crf.services.bringing_back.bring_back",
    "crf.services.screening.next_number", "crf.services.site.values_of", "crf.services.writing.changes",
    "crf.services.writing.write", "crf.services.writing.each_line",
    "crf.services.laboratory_file.results_judge",  # it takes everything back
    "crf.documents.services.may_ask", "crf.documents.services.documents_for", "crf.documents.services.hurry",
    "endpoints.reports.services.may_build", "endpoints.reports.services.may_report", "endpoints.reports.services.reports_of",
    "endpoints.reports.approving.meanings_of", "endpoints.reports.approving.open_meanings",
    "endpoints.reports.approving.may_approve", "endpoints.reports.approving.statement_of",
    "endpoints.reports.approving.sha256_of",
    "endpoints.cuts.services.may_cut", "endpoints.cuts.services.may_look", "endpoints.cuts.services.may_confirm",
    "endpoints.cuts.services.manifest_of", "endpoints.cuts.services.heads_at", "endpoints.cuts.services.hurry",
    "endpoints.reports.services.may_take", "endpoints.reports.services.scope_of", "endpoints.reports.services.hurry",
    "endpoints.reports.services.takeable", "endpoints.reports.services.may_take_data",
    "endpoints.verification_services.may_verify", "endpoints.verification_services.last_night",
    "endpoints.verification_services.verification_due", "endpoints.verification_services.waiting_run",
    "endpoints.verification_services.hurry",
    "crf.services.verification_marks.level_of", "crf.services.verification_marks.planned",
    "crf.services.verification_marks.remaining", "crf.services.verification_marks.state_of",
    "crf.services.verification_marks.state_stored", "crf.services.verification_marks.marks_follow",
    "crf.services.verification_marks.marks_of_line", "crf.services.verification_plan.planned_keys",
    "crf.services.verification_plan.plans_behind",
    "crf.services.signatures_void.signature_void", "crf.services.signatures_void.outdated_definitions",
    "crf.services.signatures_void.definitions_void",
} | acts_pathology.named(acts_pathology.NO_SERVICE)  # fmt: skip

# Results follow from data: nobody does it, and what it wrote can be reckoned again (`EndpointRun` is append-only).
SYSTEM = {
    "crf.services.trail_review.trail_look",
    "crf.services.holding.unlocks_expire", "crf.services.database_lock.database_seals",
    "crf.services.deviations.proposals_settle",  # time, a worker, the rules did it
    "endpoints.cuts.services.moments_forget", "endpoints.cuts.services.looked_at",
    "endpoints.services.compute", "endpoints.services.endpoints_recompute", "endpoints.services.endpoints_recompute_many",
    "endpoints.services.endpoints_catch_up", "endpoints.services.stale", "endpoints.services.trial_version",
    "endpoints.services.trial_ask", "endpoints.services.trial_is_behind", "endpoints.services.trial_recompute",
    "endpoints.services.batches", "endpoints.verification_services.verification_execute",
    "crf.services.findings.participant_check", "crf.services.findings.participants_check",
    "crf.services.regrading.laboratory_regrade",
    "crf.services.daily_mail.daily_mails_send", "crf.services.daily_mail.letter_to",
    "crf.services.verification_plan.plan_catch_up",  # how far forms are verified follows from the marks and the plan
    "crf.services.signing.signatures_recheck",  # a form's definition is no longer the one that was signed
    "crf.services.duplicates.duplicates_seek",
    "crf.services.findings.checks_catch_up", "crf.services.findings.stale", "crf.services.findings.checks_run",
} | acts_pathology.named(acts_pathology.SYSTEM)  # fmt: skip

# They write into the transaction of their caller, who holds the chain.
WITHIN = {
    "crf.services.following.followed", "crf.services.findings.finding_confirmed",
    "crf.services.queries.findings_followed", "crf.services.queries.changes_told",
    "trialsite.accounts.services.record", "crf.services.schedule.visit_dated", "crf.services.findings.findings_settle",
} | acts_pathology.named(acts_pathology.WITHIN)  # fmt: skip


def services() -> dict[str, Function]:
    return {name: f for name, f in functions() if name not in NO_SERVICE | SYSTEM}


def test_the_exceptions_exist() -> None:
    assert {name for name, _function in functions()} >= (NO_SERVICE | SYSTEM | WITHIN)


def test_keywords_only_and_by() -> None:
    wrong = []
    for name, function in services().items():
        parameters = inspect.signature(function).parameters.values()
        named = [p for p in parameters if p.kind is not p.VAR_KEYWORD]
        if any(p.kind is not p.KEYWORD_ONLY for p in named) or "by" not in {p.name for p in named}:
            wrong.append(name)
    assert wrong == []


def test_one_transaction() -> None:
    """Decorated, or the whole of its work inside one block."""
    wrong = []
    for name, function in services().items():
        source = inspect.getsource(function)
        if whole := re.search(
            r"^    return (_\w+)\(", source, re.MULTILINE
        ):  # all of its work, shared with another act
            source += inspect.getsource(function.__globals__[whole[1]])
        if name not in WITHIN and "transaction.atomic" not in source and "study_event(" not in source:
            wrong.append(name)
    assert wrong == []


# --- an event in the trail ------------------------------------------------------------------------------------------


class Stage:
    """What the acts below need, made when first asked for."""

    def __init__(self) -> None:
        self.people = world.people()
        self.lin, self.ad, self.p1 = self.people["lin"], self.people["ad"], self.people["p1"]

    def newcomer(self) -> User:
        return accounts.user_create(by=self.ad, username="newcomer", full_name="New Comer")

    def copy(self, state: str) -> CopyJob:
        return CopyJob.objects.create(
            key="c",
            language="en",
            requested_by=self.people["da"],
            printed_name="Da",
            role="DATA_MANAGER",
            state=state,
        )

    def finished_report(self) -> ReportJob:
        """One whose file is there."""
        job = ReportJob.objects.create(
            key="r", language="en", requested_by=self.people["mo"], code="9f2c41d7e41b8a06"
        )
        keep(job, Pdf(b"%PDF-1.7 a report", 1))
        return ReportJob.objects.get(pk=job.pk)

    def trail_item(self) -> TrailItem:
        form = self.form()
        return TrailItem.objects.create(
            participant=form.participant, site=form.participant.site, signal="NIGHT", key="lin/2026-11-20", rank=30, first=1,
            last=2, found_at=dt.datetime(2026, 11, 21, tzinfo=dt.UTC),
        )  # fmt: skip

    def participant(self) -> Participant:
        return world.screened(self.lin)

    def form(self) -> FormInstance:
        return world.form(self.participant(), "DM", "SCR")

    def to_sign(self) -> FormInstance:
        participant = self.participant()
        world.consent(participant, self.lin, "2024-03-04")
        return world.form(participant, "ICF", "SCR")

    def held(self, kind: str) -> Site:
        """A site without participants, frozen or locked."""
        holding.hold_put(by=self.people["da"], kind=kind, target=world.site("02"))
        return world.site("02")

    def unlock(self) -> UnlockRequest:
        """Asked for by another data manager."""
        other = accounts.user_create(by=self.ad, username="da2", full_name="Second")
        role = RoleHeld.objects.get(user=self.people["da"])
        RoleHeld.objects.create(user=other, role=role.role, valid_from=role.valid_from)
        return holding.unlock_ask(by=other, target=self.held("LOCK"), reason="Late data")

    def verified_trail(self) -> TrailVerification:
        """A trial without participants whose trail was verified: nothing is left before its lock."""
        return TrailVerification.objects.create(finished_at=timezone.now(), ok=True)

    def locked_database(self) -> DatabaseLock:
        self.verified_trail()
        return database_lock.database_lock(by=self.people["da"], reason="Over", components=("password",))

    def proposal(self) -> DeviationProposal:
        participant = self.participant()
        return DeviationProposal.objects.create(
            participant=participant, site=participant.site, rule="CK-018", category="VISIT", place="C1",
            proposed_at=timezone.now(),
        )  # fmt: skip

    def visit(self) -> Visit:
        return Visit.objects.select_related("participant__site").get(
            participant=self.participant(), code="C1D8"
        )

    def operated(self) -> Participant:
        participant = self.participant()
        world.screening_01_003(participant, self.lin)
        world.neoadjuvant(participant, self.lin, 1, "2024-03-14")
        world.operated(participant, self.lin, "2024-05-30", "2024-06-14")
        return participant

    def case(self) -> PathologyCase:
        return PathologyCase.objects.get(participant=self.operated())

    def event(self) -> FormInstance:
        return logs.log_line_add(by=self.lin, participant=self.participant(), log="AE")

    def saved_event(self) -> FormInstance:
        line = self.event()
        world.fill(line, self.lin, {"aeterm": "Nausea"}, complete=False)
        return line

    def query(self) -> Query:
        """The monitor asks about the term of an event."""
        form = self.saved_event()
        return queries.query_raise(
            by=self.people["mo"],
            participant=form.participant,
            form=form,
            path="aeterm",
            text="What does the source say?",
        )

    def answered(self, file: queries.File | None = None) -> Query:
        query = self.query()
        queries.query_act(by=self.lin, query=query, act="answer", outcome="CONFIRMED", file=file)
        return query

    def attachment(self) -> QueryAttachment:
        self.answered(queries.File("page.pdf", "application/pdf", b"%PDF-1.7"))
        return QueryAttachment.objects.select_related("message__query__participant__site").get()

    def verified_event(self) -> FormInstance:
        line = self.saved_event()
        verification_marks.values_verify(by=self.people["mo"], form=line, paths=["aeterm"])
        return line

    def pair(self) -> PossibleDuplicate:
        one = self.participant()
        other = Participant.objects.create(site=world.site("02"), number="02-901")
        return PossibleDuplicate.objects.create(one=one, other=other, raised_at=timezone.now())

    def laboratory(self) -> Laboratory:
        return sites.laboratory_add(by=self.people["da"], site=world.site(), code="LAB", name_en="Laboratory")

    def results_file(self) -> Callable[[], Any]:
        """A file of one result that was looked at."""
        participant, lab = self.participant(), self.laboratory()
        world.consent(participant, self.lin, "2024-03-01")
        line = f"{participant.number},SCR,2024-03-05,ALT,65,U/L"
        content = f"participant,visit,lbdat,test,result,unit\n{line}\n".encode()
        seen = laboratory_file.results_judge(
            by=self.lin, laboratory=lab, file=read_laboratory_file(content, lab)
        ).digest
        return lambda: laboratory_file.results_import(
            by=self.lin, laboratory=lab, file=read_laboratory_file(content, lab), seen=seen
        )

    def ranges(self, laboratory: Laboratory) -> list[ReferenceRange]:
        values = {
            "labr_test": "ALT",
            "labr_unit": "U/L",
            "labr_sex": "BOTH",
            "labr_agelo": 0,
            "labr_agehi": 120,
        }
        bounds = {"labr_uln": Decimal(50), "labr_lln_miss": "NA", "labr_from": JANUARY}
        return sites.ranges_add(by=self.people["da"], laboratory=laboratory, ranges=[values | bounds])

    def with_factor(self) -> User:
        secret = "JBSWY3DPEHPK3PXP"
        accounts.factor_enrol(by=self.lin, secret=secret, code=code_of(secret))
        return self.lin

    def figures(self) -> None:
        endpoints_recompute(self.operated().pk)
        trial_recompute()

    def dry_run(self) -> Any:
        self.participant()
        moment = cut_services.moment_ask(by=self.people["da"], at=timezone.now(), cutoff=timezone.localdate())
        moment_build(moment.pk)
        moment.refresh_from_db()
        return moment

    def cut(self) -> Any:
        moment = self.dry_run()
        signed = cut_services.Signed(("password",), False, moment.digest, 0)
        return cut_services.cut_confirm(
            by=self.people["da"], moment=moment, title="Look", reason="", replaces=None, signed=signed
        )

    def job(self, state: str) -> ReportJob:
        self.figures()
        job = reports.report_request(by=self.people["mo"], language="en", sections=[])
        job.state = state
        job.save(update_fields=["state"])
        return job

    def document(self, state: str) -> DocumentJob:
        job = documents.document_request(by=self.people["lin"], kind="ANNOTATED", language="en")
        job.note(state=state)
        return job


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))


def _prepared(made: Any, act: Callable[[Any], Any]) -> Callable[[], Any]:
    return lambda: act(made)


JANUARY = dt.date(2024, 1, 1)
Act = Callable[[Stage], Callable[[], Any]]

# Each service once: what it needs is made first, what it does must leave an event.
ACTS: dict[str, Act] = {
    "crf.services.signing.forms_sign": lambda s: _prepared(
        s.to_sign(), lambda form: signing.forms_sign(
            by=s.people["chen"], participant=form.participant, forms=[form.pk], meaning="CONFIRM",
            proof=signing.Proof(("username", "password"), True),
        )
    ),
    "crf.services.signing.signature_failed": lambda s: _prepared(
        s.participant(), lambda participant: signing.signature_failed(
            by=s.people["chen"], participant=participant, forms=3, component="password"
        )
    ),
    "crf.services.entry.form_save": lambda s: _prepared(
        s.form(), lambda form: entry.form_save(by=s.lin, form=form, typed=world.typed("DM", {"sex": "M"}), order=Order())
    ),
    "crf.services.refusals.refusal_note": lambda s: _prepared(
        s.participant(), lambda participant: refusals.refusal_note(
            by=s.lin, act="save", address="form:1", no=Refused("Locked.", "locked"), participant=participant
        )
    ),
    "crf.services.refusals.attempt_note": lambda s: _prepared(
        s.form(), lambda form: refusals.attempt_note(by=s.lin, form=form, act="draft", decision=refused("Locked.", "locked"))
    ),
    "crf.services.holding.hold_put": lambda s: lambda: holding.hold_put(
        by=s.people["da"], kind="FREEZE", target=world.site("02")
    ),
    "crf.services.holding.hold_lift": lambda s: _prepared(
        s.held("FREEZE"), lambda site: holding.hold_lift(by=s.people["da"], target=site, reason="Late data")
    ),
    "crf.services.holding.unlock_ask": lambda s: _prepared(
        s.held("LOCK"), lambda site: holding.unlock_ask(by=s.people["da"], target=site, reason="Late data")
    ),
    "crf.services.holding.unlock_decide": lambda s: _prepared(
        s.unlock(), lambda request: holding.unlock_decide(by=s.people["da"], request=request, agree=True)
    ),
    "crf.services.database_lock.database_lock": lambda s: _prepared(
        s.verified_trail(), lambda _run: database_lock.database_lock(
            by=s.people["da"], reason="Over", components=("username", "password")
        )
    ),
    "crf.services.database_lock.database_seal": lambda s: _prepared(
        s.locked_database(), lambda lock: database_lock.database_seal(by=None, lock=lock, digest="0" * 64, size=1)
    ),
    "crf.services.deviations.proposal_accept": lambda s: _prepared(
        s.proposal(), lambda one: deviations.proposal_accept(by=s.lin, proposal=one)
    ),
    "crf.services.deviations.proposal_reject": lambda s: _prepared(
        s.proposal(), lambda one: deviations.proposal_reject(by=s.lin, proposal=one, reason="Not one")
    ),
    "crf.services.findings.refusal_record": lambda s: _prepared(
        s.form(), lambda form: findings.refusal_record(by=s.lin, form=form, refusals=[
            Refusal(Raised(form.pk, "su_packyr", "hard:su_packyr", "hard", "1", "900"), "Not possible.", "900")
        ])
    ),
    "crf.services.schedule.participant_screen": lambda s: lambda: schedule.participant_screen(by=s.lin, site=world.site()),
    "crf.services.screening.participant_screen_once": lambda s: lambda: screening.participant_screen_once(
        by=s.lin, site=world.site(), shown="01-001"
    ),
    "crf.services.schedule.visit_open": lambda s: _prepared(
        s.participant(), lambda p: schedule.visit_open(by=s.lin, participant=p, label="UNS1", reason="Fell ill")
    ),
    "crf.services.schedule.visit_miss": lambda s: _prepared(
        s.visit(), lambda visit: schedule.visit_miss(by=s.lin, visit=visit, reason="Away")
    ),
    "crf.services.logs.log_line_add": lambda s: _prepared(
        s.participant(), lambda p: logs.log_line_add(by=s.lin, participant=p, log="AE")
    ),
    "crf.services.logs.log_line_copy": lambda s: _prepared(
        s.saved_event(), lambda form: logs.log_line_copy(by=s.lin, form=form)
    ),
    "crf.services.logs.log_line_remove": lambda s: _prepared(
        s.event(), lambda form: logs.log_line_remove(by=s.lin, form=form, reason="Twice")
    ),
    "crf.services.duplicates.duplicate_decide": lambda s: _prepared(
        s.pair(), lambda pair: duplicates.duplicate_decide(by=s.people["da"], pair=pair, act="different", reason="Asked")
    ),
    "crf.services.site.laboratory_add": lambda s: lambda: s.laboratory(),
    "crf.services.laboratory_file.results_import": lambda s: _prepared(s.results_file(), lambda file: file()),
    "crf.services.site.laboratory_end": lambda s: _prepared(
        s.laboratory(), lambda lab: sites.laboratory_end(by=s.people["da"], laboratory=lab, reason="Contract ended")
    ),
    "crf.services.site.ranges_add": lambda s: _prepared(s.laboratory(), s.ranges),
    "crf.services.site.range_remove": lambda s: _prepared(
        s.ranges(s.laboratory())[0], lambda row: sites.range_remove(by=s.people["da"], row=row, reason="Wrong")
    ),
    "crf.services.site.consent_version_add": lambda s: lambda: sites.consent_version_add(
        by=s.people["da"], site=world.site(), version="1.1", version_date=JANUARY, effective_from=JANUARY
    ),
    "crf.services.queries.query_raise": lambda s: _prepared(
        s.saved_event(), lambda form: queries.query_raise(
            by=s.people["mo"], participant=form.participant, form=form, path="aeterm", text="What does the source say?"
        )
    ),
    "crf.services.queries.queries_raise": lambda s: _prepared(
        s.saved_event(), lambda form: queries.queries_raise(by=s.people["mo"], questions=[
            queries.Asked(2, form.participant, form, "aeterm", "What does the source say?")
        ])
    ),
    "crf.services.queries.query_act": lambda s: _prepared(
        s.query(), lambda query: queries.query_act(by=s.lin, query=query, act="answer", outcome="CONFIRMED")
    ),
    "crf.services.queries.queries_close": lambda s: _prepared(
        s.answered(), lambda query: queries.queries_close(by=s.people["mo"], queries=[query])
    ),
    "crf.services.queries.attachment_taken": lambda s: _prepared(
        s.attachment(), lambda file: queries.attachment_taken(by=s.people["mo"], attachment=file)
    ),
    "crf.services.queries.queries_exported": lambda s: lambda: queries.queries_exported(
        by=s.people["da"], filters="tab=open", said="3 rows"
    ),
    "crf.services.daily_mail.daily_mail_set": lambda s: lambda: daily_mail.daily_mail_set(by=s.lin, wanted=False),
    "crf.services.verification.values_verify": lambda s: _prepared(
        s.saved_event(), lambda form: verification_marks.values_verify(by=s.people["mo"], form=form, paths=["aeterm"])
    ),
    "crf.services.verification.forms_verify": lambda s: _prepared(
        s.saved_event(), lambda form: verification_marks.forms_verify(by=s.people["mo"], forms=[form])
    ),
    "crf.services.verification.verification_take_back": lambda s: _prepared(
        s.verified_event(), lambda form: verification_marks.verification_take_back(
            by=s.people["mo"], form=form, path="aeterm", reason="Wrong page"
        )
    ),
    "crf.services.verification_plan.plan_set": lambda s: lambda: verification_plan.plan_set(
        by=s.people["da"], form_key="TA", level="ALL"
    ),
    "crf.services.verification_plan.plans_set": lambda s: lambda: verification_plan.plans_set(
        by=s.people["da"], levels={"TA": "ALL", "DM": "NONE"}
    ),
    **{f"pathology.services.{name}": act for name, act in acts_pathology.ACTS.items()},
    "trialsite.accounts.services.user_create": lambda s: lambda: accounts.user_create(
        by=s.ad, username="new", full_name="New Person"
    ),
    "trialsite.accounts.services.user_change": lambda s: lambda: accounts.user_change(
        by=s.ad, user=s.lin, full_name="Other Name", email=""
    ),
    "trialsite.accounts.services.user_end": lambda s: lambda: accounts.user_end(by=s.ad, user=s.lin, reason="Left"),
    "trialsite.accounts.services.role_grant": lambda s: lambda: accounts.role_grant(
        by=s.ad, user=s.lin, role="COORDINATOR", site=world.site("02"), reason="Cover"
    ),
    "trialsite.accounts.services.role_end": lambda s: _prepared(
        RoleHeld.objects.get(user=s.lin), lambda held: accounts.role_end(by=s.ad, held=held, reason="Moved")
    ),
    "trialsite.accounts.services.language_set": lambda s: lambda: accounts.language_set(by=s.lin, language="zh-hans"),
    "trialsite.accounts.services.keys_set": lambda s: lambda: accounts.keys_set(by=s.lin, single=False),
    "trialsite.accounts.services.password_set": lambda s: lambda: accounts.password_set(
        by=None, user=s.lin, password="correct horse battery"
    ),
    "trialsite.accounts.services.invitation_issue": lambda s: _prepared(
        s.newcomer(), lambda user: accounts.invitation_issue(by=s.ad, user=user)
    ),
    "trialsite.accounts.services.factor_enrol": lambda s: lambda: s.with_factor(),
    "trialsite.accounts.services.recovery_codes_renew": lambda s: _prepared(
        s.with_factor(), lambda user: accounts.recovery_codes_renew(by=user)
    ),
    "trialsite.accounts.services.recovery_codes_kept": lambda s: _prepared(
        s.with_factor(), lambda user: accounts.recovery_codes_kept(by=user)
    ),
    "trialsite.accounts.services.factor_reset": lambda s: _prepared(
        s.with_factor(), lambda user: accounts.factor_reset(by=s.ad, user=user, reason="Lost")
    ),
    "trialsite.accounts.services_team.identity_verify": lambda s: lambda: team.identity_verify(
        by=s.ad, user=s.lin, how="Passport, seen in person"
    ),
    "trialsite.accounts.services_team.training_record": lambda s: lambda: team.training_record(
        by=s.ad, user=s.lin, topic="GCP", trained_on=JANUARY, certificate="C-2"
    ),
    "trialsite.accounts.services_team.training_withdraw": lambda s: lambda: team.training_withdraw(
        by=s.ad, training=s.lin.trainings.all()[0], reason="Wrong certificate"
    ),
    "trialsite.accounts.services_team.delegation_add": lambda s: lambda: team.delegation_add(
        by=s.people["chen"], site=world.site(), user=s.lin, duties=["CONSENT"]
    ),
    "trialsite.accounts.services_team.delegation_end": lambda s: lambda: team.delegation_end(
        by=s.people["chen"], line=s.lin.delegations.all()[0], reason="Moved"
    ),
    "trialsite.accounts.services_team.delegations_confirm": lambda s: lambda: team.delegations_confirm(
        by=s.people["chen"], site=world.site()
    ),
    "trialsite.accounts.services_team.users_attest": lambda s: lambda: team.users_attest(
        by=s.ad, digest=roster().digest, note="Nobody left"
    ),
    "trialsite.accounts.services_team.persons_export": lambda s: lambda: team.persons_export(by=s.ad, count=12),
    "trialsite.accounts.services.site_create": lambda s: lambda: accounts.site_create(
        by=s.ad, number="09", name_en="Ninth Hospital"
    ),
    "trialsite.accounts.services.site_change": lambda s: lambda: accounts.site_change(
        by=s.ad, site=world.site(), name_en="Other Hospital"
    ),
    "endpoints.cuts.services.cut_confirm": lambda s: _prepared(
        s.dry_run(), lambda moment: cut_services.cut_confirm(
            by=s.people["da"], moment=moment, title="First look", reason="", replaces=None,
            signed=cut_services.Signed(("password",), False, moment.digest, 0),
        )
    ),
    "endpoints.cuts.services.courses_taken": lambda s: _prepared(
        s.cut(), lambda cut: cut_services.courses_taken(by=s.people["st"], cut=cut)
    ),
    "endpoints.download_services.file_taken": lambda s: (
        lambda: downloads.file_taken(by=s.people["st"], what="waterfall.csv", of=Live(), filters={"set": "PEV"})
    ),
    "endpoints.reports.approving.report_approve": lambda s: _prepared(
        s.finished_report(), lambda job: approving.report_approve(
            by=s.people["st"], job=job, meaning="REVIEW", sha256=job.sha256, proof=signing.Proof(("password",), False)
        ),
    ),
    "endpoints.reports.approving.approval_failed": lambda s: _prepared(
        s.finished_report(), lambda job: approving.approval_failed(by=s.people["st"], job=job, component="password")
    ),
    "endpoints.reports.approving.sheet_noted": lambda s: _prepared(
        s.finished_report(), lambda job: approving.sheet_noted(by=None, job=job, sha256="0" * 64, signatures=1)
    ),
    "endpoints.reports.approving.sheet_downloaded": lambda s: _prepared(
        s.finished_report(), lambda job: approving.sheet_downloaded(by=s.people["st"], job=job, sha256="0" * 64)
    ),
    "endpoints.reports.services.report_request": lambda s: _prepared(
        s.figures(), lambda _none: reports.report_request(by=s.people["mo"], language="en", sections=[])
    ),
    "endpoints.reports.services.report_retry": lambda s: _prepared(
        s.job(JobState.FAILED), lambda job: reports.report_retry(by=s.people["mo"], job=job)
    ),
    "endpoints.reports.services.report_downloaded": lambda s: _prepared(
        s.job(JobState.READY), lambda job: reports.report_downloaded(by=s.people["mo"], job=job)
    ),
    "crf.documents.services.document_request": lambda s: (
        lambda: documents.document_request(by=s.people["lin"], kind="BLANK", language="zh")
    ),
    "crf.documents.services.document_retry": lambda s: _prepared(
        s.document(JobState.FAILED), lambda job: documents.document_retry(by=s.people["lin"], job=job)
    ),
    "crf.documents.services.document_downloaded": lambda s: _prepared(
        s.document(JobState.READY), lambda job: documents.document_downloaded(by=s.people["lin"], job=job)
    ),
    "crf.services.trail_review.trail_look_ask": lambda s: (
        lambda: trail_review.trail_look_ask(by=s.people["mo"])
    ),
    "crf.services.trail_review.trail_item_review": lambda s: _prepared(
        s.trail_item(), lambda item: trail_review.trail_item_review(
            by=s.people["mo"], item=item, conclusion="NO_FINDING", note="Compared with the source."
        )
    ),
    "crf.services.trail_review.trail_report_taken": lambda s: (
        lambda: trail_review.trail_report_taken(by=s.people["mo"], kind="csv", reviews=3)
    ),
    "crf.services.copies.copy_request": lambda s: (
        lambda: copies.copy_request(by=s.people["da"], site=None, language="en")
    ),
    "crf.services.copies.copy_retry": lambda s: _prepared(
        s.copy(JobState.FAILED), lambda job: copies.copy_retry(by=s.people["da"], job=job)
    ),
    "crf.services.copies.copy_downloaded": lambda s: _prepared(
        s.copy(JobState.READY), lambda job: copies.copy_downloaded(by=s.people["da"], job=job)
    ),
    "crf.services.copies.copy_certified": lambda s: lambda: copies.copy_certified(
        by=s.people["da"], subject="copy:1", site=None, sha256="0" * 64, said="3 events"
    ),
    "crf.services.trail.export_begun": lambda s: lambda: trail_services.export_begun(
        by=s.people["da"], kind="csv", filters="who=lin"
    ),
    "crf.services.trail.export_ended": lambda s: lambda: trail_services.export_ended(
        by=s.people["da"], kind="csv", filters="", rows=3, sha256="0" * 64, whole=True
    ),
    "endpoints.verification_services.verification_ask": lambda s: (
        lambda: verification.verification_ask(by=s.people["da"])
    ),
}  # fmt: skip

# Drafts are not trial data (docs/adr/0006); planning again changes nothing unless a form did, whose save records it.
WITHOUT_EVENT = {
    "crf.services.presence.presence_seen", "crf.services.presence.presence_left",
    "endpoints.cuts.services.moment_ask",  # a past moment is read, nothing is kept
    "crf.services.drafts.draft_keep", "crf.services.drafts.draft_drop", "crf.services.schedule.schedule_refresh",
} | acts_pathology.named(acts_pathology.WITHOUT_EVENT)  # fmt: skip


def test_every_service_has_its_act() -> None:
    assert set(services()) == set(ACTS) | WITHOUT_EVENT | WITHIN


@pytest.mark.parametrize("name", ACTS)
def test_it_leaves_an_event(name: str, settings: Any) -> None:
    settings.DEMO = True
    act = ACTS[name](Stage())
    before = AuditEvent.objects.count()
    act()
    made = list(AuditEvent.objects.order_by("pk")[before:])
    assert made
    assert all(event.digest and event.actor_name for event in made)


class Failure(Exception):
    pass


@pytest.mark.parametrize("name", ACTS)
def test_it_happens_whole_or_not_at_all(name: str, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the trail cannot be written, nothing else is."""
    settings.DEMO = True
    act = ACTS[name](Stage())
    before = contents()

    def fail(*args: Any, **kwargs: Any) -> None:
        raise Failure

    monkeypatch.setattr(trail, "insert", fail)
    with pytest.raises(Failure):  # no transaction of the test's own: the service must bring it
        act()
    assert contents() == before


def contents() -> dict[str, int]:
    """Rows of the tables that services write."""
    from django.apps import apps

    ours = {"accounts", "audit", "participants", "crf", "pathology", "endpoints", "mfa"}
    models = [m for m in apps.get_models() if m._meta.app_label in ours]
    return {m._meta.label: m._default_manager.count() for m in models}


def test_drafts_are_of_one_person_and_leave_no_event(settings: Any) -> None:
    settings.DEMO = True
    stage = Stage()
    form, post = stage.form(), QueryDict("sex=M&version=0&csrfmiddlewaretoken=x")
    before = AuditEvent.objects.count()
    drafts.draft_keep(by=stage.lin, form=form, post=post)
    assert [d.content for d in Draft.objects.all()] == [{"sex": ["M"]}]
    assert drafts.draft_of(stage.people["chen"], form) is None
    drafts.draft_drop(by=stage.people["chen"], form=form)
    assert Draft.objects.count() == 1
    drafts.draft_drop(by=stage.lin, form=form)
    assert Draft.objects.count() == 0
    assert AuditEvent.objects.count() == before


def test_planning_again_changes_nothing(settings: Any) -> None:
    settings.DEMO = True
    stage = Stage()
    participant = stage.operated()
    before = (AuditEvent.objects.count(), list(Visit.objects.values_list()))
    schedule.schedule_refresh(by=stage.lin, participant=participant)
    assert (AuditEvent.objects.count(), list(Visit.objects.values_list())) == before
    assert Visit.objects.filter(participant=participant, actual_date=dt.date(2024, 5, 30)).exists()
