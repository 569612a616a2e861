"""Every service: keywords only, `by=` says who, one transaction, an event in the trail. A new one must be added here."""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.http import QueryDict

import crf.services
from crf.documents import services as documents
from crf.judging import Raised
from crf.models import DocumentJob, Draft, FormInstance, Laboratory, ReferenceRange
from crf.services import drafts, entry, findings, logs, schedule, screening
from crf.services import site as sites
from crf.services.entry import Order
from crf.services.findings import Refusal
from endpoints.models_reports import JobState, ReportJob
from endpoints.reports import services as reports
from endpoints.services import endpoints_recompute, trial_recompute
from participants.models import Participant, Visit
from pathology import services as pathology
from pathology.models import PathologyCase, Reading
from tests import world
from trialsite.accounts import services as accounts
from trialsite.accounts.models import RoleHeld, User
from trialsite.audit import trail
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

Function = Callable[..., Any]


def modules() -> list[Any]:
    names = [f"crf.services.{m.name}" for m in pkgutil.iter_modules(crf.services.__path__)]
    names += [
        "trialsite.accounts.services",
        "pathology.services",
        "endpoints.services",
        "endpoints.reports.services",
        "crf.documents.services",
    ]
    return [importlib.import_module(name) for name in names]


def functions() -> Iterator[tuple[str, Function]]:
    for module in modules():
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                yield f"{module.__name__}.{name}", function


# They only read or reckon, or make the entries that the calling service writes.
NO_SERVICE = {
    "crf.services.checking.check", "crf.services.drafts.draft_of", "crf.services.drafts.draft_post",
    "crf.services.findings.address", "crf.services.findings.wording", "crf.services.findings.refusal_of",
    "crf.services.findings.limit_refusal", "crf.services.findings.note_failed",
    "crf.services.findings.identifier_refusal",
    "crf.services.entry.clear_paths", "crf.services.references.strangers", "crf.services.lifecycle.state_of",
    "crf.services.lifecycle.participant_advance",
    "crf.services.schedule.schedule_follow",
    "crf.services.screening.next_number", "crf.services.site.values_of", "crf.services.writing.changes",
    "crf.services.writing.write", "crf.services.writing.each_line",
    "crf.documents.services.may_ask", "crf.documents.services.documents_for", "crf.documents.services.hurry",
    "pathology.services.has_specimen", "endpoints.reports.services.may_build",
    "endpoints.reports.services.may_take", "endpoints.reports.services.scope_of", "endpoints.reports.services.hurry",
}  # fmt: skip

# Results follow from data: nobody does it, and what it wrote can be reckoned again (`EndpointRun` is append-only).
SYSTEM = {
    "endpoints.services.compute", "endpoints.services.endpoints_recompute", "endpoints.services.endpoints_recompute_many",
    "endpoints.services.endpoints_catch_up", "endpoints.services.stale", "endpoints.services.trial_version",
    "endpoints.services.trial_ask", "endpoints.services.trial_is_behind", "endpoints.services.trial_recompute",
    "endpoints.services.batches",
    "pathology.services.result_refresh",  # the final result follows from the readings
    "crf.services.findings.participant_check", "crf.services.findings.participants_check",
    "crf.services.regrading.laboratory_regrade",
    "crf.services.findings.checks_catch_up", "crf.services.findings.stale", "crf.services.findings.checks_run",
}  # fmt: skip

# They write into the transaction of their caller, who holds the chain.
WITHIN = {
    "trialsite.accounts.services.record", "crf.services.schedule.visit_dated", "crf.services.findings.findings_settle",
}  # fmt: skip


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

    def participant(self) -> Participant:
        return world.screened(self.lin)

    def form(self) -> FormInstance:
        return world.form(self.participant(), "DM", "SCR")

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

    def reading(self) -> Reading:
        return pathology.reading_take(by=self.p1, case=self.case())

    def event(self) -> FormInstance:
        return logs.log_line_add(by=self.lin, participant=self.participant(), log="AE")

    def saved_event(self) -> FormInstance:
        line = self.event()
        world.fill(line, self.lin, {"aeterm": "Nausea"}, complete=False)
        return line

    def laboratory(self) -> Laboratory:
        return sites.laboratory_add(by=self.people["da"], site=world.site(), code="LAB", name_en="Laboratory")

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
    "crf.services.entry.form_save": lambda s: _prepared(
        s.form(), lambda form: entry.form_save(by=s.lin, form=form, typed=world.typed("DM", {"sex": "M"}), order=Order())
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
    "crf.services.site.laboratory_add": lambda s: lambda: s.laboratory(),
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
    "pathology.services.case_open": lambda s: _prepared(
        s.participant(), lambda p: pathology.case_open(by=s.lin, participant=p)
    ),
    "pathology.services.case_close": lambda s: _prepared(
        s.operated(), lambda p: pathology.case_close(by=s.lin, participant=p, reason="No specimen")
    ),
    "pathology.services.reading_take": lambda s: _prepared(
        s.case(), lambda case: pathology.reading_take(by=s.p1, case=case)
    ),
    "pathology.services.reading_save": lambda s: _prepared(
        s.reading(), lambda r: pathology.reading_save(by=s.p1, reading=r, typed=world.typed("CPATH", {"cp_blind": "Y"}))
    ),
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
    "trialsite.accounts.services.site_create": lambda s: lambda: accounts.site_create(
        by=s.ad, number="09", name_en="Ninth Hospital"
    ),
    "trialsite.accounts.services.site_change": lambda s: lambda: accounts.site_change(
        by=s.ad, site=world.site(), name_en="Other Hospital"
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
}  # fmt: skip

# Drafts are not trial data (docs/adr/0006); planning again changes nothing unless a form did, whose save records it.
WITHOUT_EVENT = {
    "crf.services.presence.presence_seen", "crf.services.presence.presence_left",
    "crf.services.drafts.draft_keep", "crf.services.drafts.draft_drop", "crf.services.schedule.schedule_refresh",
}  # fmt: skip


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
