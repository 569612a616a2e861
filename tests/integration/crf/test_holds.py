"""A lock holds against every road in (S07), a freeze against the site alone (S10); unlocking takes two persons."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from crf.models import (
    Draft,
    FormInstance,
    Hold,
    HoldKind,
    Laboratory,
    Query,
    ReferenceRange,
    UnlockRequest,
    UnlockState,
    VerificationMark,
)
from crf.naming import form_url
from crf.selectors.sheets import sheet_of
from crf.services.drafts import draft_keep
from crf.services.entry import Order, form_save
from crf.services.holding import hold_lift, hold_put, unlock_ask, unlock_decide, unlocks_expire
from crf.services.loading import Load
from crf.services.logs import log_line_add, log_line_copy, log_line_remove
from crf.services.queries import query_act, query_raise
from crf.services.regrading import laboratory_regrade
from crf.services.schedule import participant_screen, visit_miss, visit_open
from crf.services.screening import participant_screen_once
from crf.services.signing import Proof, forms_sign
from crf.services.site import consent_version_add, laboratory_add, laboratory_end, range_remove, ranges_add
from crf.services.verification import forms_verify, values_verify, verification_take_back
from crf.typed import Typed
from crf.verifying import participant_problems
from participants.models import Participant, Visit
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import ALLOWED, Refused

pytestmark = pytest.mark.django_db

PROOF = Proof(("password",), True)
Cast = dict[str, User]


@pytest.fixture(autouse=True)
def demonstration(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def cast() -> Cast:
    return world.people()


@pytest.fixture
def participant(cast: Cast) -> Participant:
    made = world.screened(cast["lin"], "01-003")
    world.consent(made, cast["lin"], "2024-03-04")
    return made


def again(form: FormInstance) -> FormInstance:
    return FormInstance.objects.select_related("participant__site", "visit").get(pk=form.pk)


@pytest.fixture
def ready(cast: Cast, participant: Participant) -> FormInstance:
    """Demographics: complete, verified and signed."""
    form = world.form(participant, "DM", "SCR")
    page = next(page for page in world.quickly("screening") if page.key == "DM")
    world.enter(participant, cast["lin"], [page])
    values_verify(by=cast["mo"], form=again(form))
    forms_sign(by=cast["chen"], participant=participant, forms=[form.pk], meaning="CONFIRM", proof=PROOF)
    return again(form)


@pytest.fixture
def locked(cast: Cast, ready: FormInstance) -> FormInstance:
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=ready)
    return again(ready)


def refusals(**where: Any) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(action="REFUSED", **where).order_by("pk"))


def contents(form: FormInstance) -> tuple[Any, ...]:
    """Everything that a lock protects."""
    now, sheet = again(form), sheet_of(form)
    marks = VerificationMark.objects.filter(form=form).order_by("path").values_list("path", "value", "state")
    envelope = (now.version, now.status, now.active, now.verified, now.signed, now.locked)
    return envelope, sheet.values, sheet.missing, list(marks), Query.objects.filter(form=form).count()


# --- a locked form: every road in -----------------------------------------------------------------------------------

Road = Callable[[Cast, FormInstance], Any]


def save_it(by: User, form: FormInstance, **more: Any) -> Any:
    typed = Typed.of(sheet_of(form))
    typed.values["famhx_hcc"] = "Y"
    return form_save(by=by, form=form, typed=typed, order=Order(reason="Corrected"), **more)


def load_it(cast: Cast, form: FormInstance) -> None:
    with Load(by=cast["da"], participant=form.participant) as load:
        load.save(load.form("DM", "SCR"), world.typed("DM", {"famhx_hcc": "Y"}))


def unverified(cast: Cast, form: FormInstance) -> None:
    path = VerificationMark.objects.filter(form=form).values_list("path", flat=True)[0]
    verification_take_back(by=cast["mo"], form=form, path=path, reason="By mistake")


ROADS: dict[str, tuple[str, str, Road]] = {
    "entry": ("lin", "@save", lambda c, f: save_it(c["lin"], f)),
    "a decision of another way in": ("da", "@save", lambda c, f: save_it(c["da"], f, decision=ALLOWED)),
    "a batch": ("da", "@load", load_it),
    "sdv tick": ("mo", "@verify", lambda c, f: values_verify(by=c["mo"], form=f)),
    "sdv taken back": ("mo", "@verify", unverified),
    "query": ("mo", "@query", lambda c, f: query_raise(by=c["mo"], participant=f.participant, form=f, text="Why?")),
    "signature": (
        "chen", "@sign",
        lambda c, f: forms_sign(by=c["chen"], participant=f.participant, forms=[f.pk], meaning="CONFIRM", proof=PROOF),
    ),

}  # fmt: skip


@pytest.mark.parametrize("road", [name for name in ROADS if name != "freeze"])
def test_a_locked_form_refuses_and_says_so_in_the_trail(cast: Cast, locked: FormInstance, road: str) -> None:
    who, path, act = ROADS[road]
    before = contents(locked)
    with pytest.raises(Refused, match="locked"):
        act(cast, locked)
    assert contents(locked) == before
    [event] = refusals()
    assert (event.actor_name, event.path, event.new) == (who, path, "locked")
    assert "locked" in event.reason
    assert list(participant_problems(locked.participant)) == []


@pytest.mark.parametrize("road", ["entry", "sdv tick", "query", "signature"])
def test_what_was_opened_before_the_lock_is_refused_after_it(
    cast: Cast, ready: FormInstance, road: str
) -> None:
    """A stale page holds the form as it was; the service asks the table under the participant's lock."""
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=again(ready))
    assert not ready.locked
    before = contents(ready)
    with pytest.raises(Refused, match="locked"):
        ROADS[road][2](cast, ready)
    assert contents(ready) == before
    assert len(refusals(new="locked")) == 1


def test_bulk_verification_names_the_lock_and_leaves_an_event(cast: Cast, locked: FormInstance) -> None:
    other = world.form(locked.participant, "ICF", "SCR")
    done, left = forms_verify(by=cast["mo"], forms=[locked, other])
    assert [form.pk for form in done] == [other.pk]
    assert "locked" in left[0][1]
    assert len(refusals(path="@verify", target=locked.address)) == 1


def test_a_thread_that_stands_is_not_moved(cast: Cast, ready: FormInstance, anything_is_ready: None) -> None:
    query = query_raise(by=cast["mo"], participant=ready.participant, form=ready, path="sex", text="Source?")
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=ready)
    with pytest.raises(Refused, match="locked"):
        query_act(by=cast["lin"], query=query, act="answer", outcome="CONFIRMED", text="As in the source")
    assert Query.objects.get(pk=query.pk).state == "OPEN"
    assert [event.path for event in refusals()] == ["@query-answer"]


def test_the_pages_refuse_in_words_that_name_the_lock(cast: Cast, locked: FormInstance) -> None:
    client = Client()
    client.force_login(cast["lin"])
    before = contents(locked)
    post = {
        "famhx_hcc": "Y",
        "version": str(locked.version),
        "token": uuid.uuid4().hex,
        "action": "save",
        "reason": "X",
    }
    response = client.post(form_url(locked), post)
    assert response.status_code == 403
    assert "This form is locked" in response.content.decode()
    assert client.post(form_url(locked), post | {"action": "keep_draft"}).status_code == 403
    draft = client.post(form_url(locked) + "draft/", post)
    assert draft.status_code == 409
    assert "locked" in draft.json()["refused"]
    assert contents(locked) == before
    assert not Draft.objects.filter(form=locked).exists()
    assert [event.path for event in refusals()] == ["@save", "@draft", "@draft"]


def test_a_file_of_results_does_not_come_into_a_locked_panel(
    cast: Cast, participant: Participant, anything_is_ready: None
) -> None:
    panel = world.form(participant, "LB", "SCR", 2)
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=panel)
    client = Client()
    client.force_login(cast["lin"])
    response = client.post("/p/01-003/SCR/lb/2/import/", {"text": "test,result\nALT,40\n", "action": "take"})
    assert response.status_code == 403
    assert not Draft.objects.filter(form=panel).exists()
    [event] = refusals()
    assert (event.target, event.path, event.new) == (panel.address, "@import", "locked")


def test_a_draft_that_was_begun_before_is_no_road_in(cast: Cast, ready: FormInstance) -> None:
    from django.http import QueryDict

    draft_keep(by=cast["lin"], form=ready, post=QueryDict("famhx_hcc=Y"))
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=ready)
    client = Client()
    client.force_login(cast["lin"])
    assert client.get(form_url(ready)).status_code == 200
    assert sheet_of(ready).get("famhx_hcc") == "N"


# --- values that are calculated from another form -------------------------------------------------------------------


def test_a_save_that_would_move_a_calculated_value_of_a_locked_form_is_refused(
    cast: Cast, locked: FormInstance
) -> None:
    """Age (D-01) is calculated from the day of consent."""
    age, consent = sheet_of(locked).get("age"), world.form(locked.participant, "ICF", "SCR")
    assert age is not None
    with pytest.raises(Refused, match=r"Demographics.*locked"):
        world.change(consent, cast["lin"], icf_dsstdat="2026-03-04")
    assert sheet_of(locked).get("age") == age
    assert sheet_of(again(consent)).get("icf_dsstdat") == dt.date(2024, 3, 4)
    assert [event.new for event in refusals(target=consent.address)] == ["locked"]


def test_ranges_that_change_leave_a_locked_panel_as_it_was(
    cast: Cast, participant: Participant, anything_is_ready: None
) -> None:
    panel = world.form(participant, "LB", "SCR", 2)
    page = next(p for p in world.quickly("screening") if p.key == "LB" and p.repeat == 2)
    world.enter(participant, cast["lin"], [page])
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=again(panel))
    before = contents(panel)
    world.ranges_01(cast["da"])
    laboratory_regrade(by=None, participant=participant)
    assert contents(panel) == before


# --- what a lock of more than a form keeps closed -------------------------------------------------------------------


@pytest.fixture
def closed(cast: Cast, participant: Participant, anything_is_ready: None) -> Participant:
    """A participant with one event in the log, locked."""
    line = log_line_add(by=cast["lin"], participant=participant, log="AE")
    world.fill(again(line), cast["lin"], {"aeterm": "Nausea"}, complete=False)
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=participant)
    return participant


def event_line(participant: Participant) -> FormInstance:
    return world.form(participant, "AE1")


def load_line(cast: Cast, participant: Participant) -> None:
    with Load(by=cast["da"], participant=participant) as load:
        load.form("AE1", "", 7)


CLOSED: dict[str, Callable[[Cast, Participant], Any]] = {
    "add a line": lambda c, p: log_line_add(by=c["lin"], participant=p, log="AE"),
    "add a line, other way in": lambda c, p: log_line_add(by=c["da"], participant=p, log="AE", decision=ALLOWED),
    "copy a line": lambda c, p: log_line_copy(by=c["lin"], form=event_line(p)),
    "remove a line": lambda c, p: log_line_remove(by=c["lin"], form=event_line(p), reason="Twice"),
    "remove a line, other way in": lambda c, p: log_line_remove(
        by=c["da"], form=event_line(p), reason="Twice", decision=ALLOWED
    ),
    "load a line": load_line,
    "open a visit": lambda c, p: visit_open(by=c["lin"], participant=p, label="UNS1", reason="Ill"),
    "open a visit, other way in": lambda c, p: visit_open(
        by=c["da"], participant=p, label="UNS1", reason="Ill", decision=ALLOWED
    ),
    "miss a visit": lambda c, p: visit_miss(
        by=c["lin"], visit=Visit.objects.select_related("participant__site").get(participant=p, code="C1D8"), reason="Away"
    ),
    "ask about the participant": lambda c, p: query_raise(by=c["mo"], participant=p, text="Which hospital?"),
}  # fmt: skip


def whole(participant: Participant) -> Any:
    forms = FormInstance.objects.filter(participant=participant).order_by("pk")
    visits = Visit.objects.filter(participant=participant).order_by("pk")
    return list(forms.values_list("pk", "version", "active", "expected")), list(
        visits.values_list("pk", "status")
    )


@pytest.mark.parametrize("road", CLOSED)
def test_nothing_is_added_to_a_locked_participant(cast: Cast, closed: Participant, road: str) -> None:
    before = whole(closed)
    with pytest.raises(Refused, match="locked"):
        CLOSED[road](cast, closed)
    assert whole(closed) == before
    assert Draft.objects.count() == 0
    [event] = refusals()
    assert event.new == "locked"
    assert list(participant_problems(closed)) == []


def test_a_locked_visit_is_neither_missed_nor_opened_again(
    cast: Cast, participant: Participant, anything_is_ready: None
) -> None:
    visit = Visit.objects.select_related("participant__site").get(participant=participant, code="C1D8")
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=visit)
    for act in (
        lambda: visit_miss(by=cast["lin"], visit=visit, reason="Away"),
        lambda: visit_open(by=cast["lin"], participant=participant, label="C1D8", reason="Came"),
    ):
        with pytest.raises(Refused, match="This visit is locked"):
            act()
    assert len(refusals(new="locked")) == 2


def test_a_log_whose_head_is_locked_gets_no_line(
    cast: Cast, participant: Participant, anything_is_ready: None
) -> None:
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=world.form(participant, "AE"))
    with pytest.raises(Refused, match="locked"):
        log_line_add(by=cast["lin"], participant=participant, log="AE")
    assert log_line_add(by=cast["lin"], participant=participant, log="CM").form_key == "CM1"


SITE_ROADS: dict[str, tuple[str, Callable[[Cast, Laboratory], Any]]] = {
    "screen": ("@screen", lambda c, lab: participant_screen(by=c["lin"], site=lab.site)),
    "screen at the page": ("@screen", lambda c, lab: participant_screen_once(by=c["lin"], site=lab.site, shown="01-004")),
    "screen, other way in": ("@screen", lambda c, lab: participant_screen(by=c["da"], site=lab.site, decision=ALLOWED)),
    "laboratory": ("@configure", lambda c, lab: laboratory_add(by=c["da"], site=lab.site, code="NEW", name_en="New")),
    "laboratory closed": ("@configure", lambda c, lab: laboratory_end(by=c["da"], laboratory=lab, reason="Moved")),
    "ranges": ("@configure", lambda c, lab: ranges_add(by=c["da"], laboratory=lab, ranges=[RANGE], decision=ALLOWED)),
    "range out": ("@configure", lambda c, lab: range_remove(by=c["da"], row=lab.ranges.get(), reason="Wrong")),
    "consent version": ("@configure", lambda c, lab: consent_version_add(
        by=c["da"], site=lab.site, version="2.0", version_date=dt.date(2024, 1, 1), effective_from=dt.date(2024, 1, 2)
    )),
}  # fmt: skip
RANGE = {
    "labr_test": "ALT", "labr_unit": "U/L", "labr_sex": "BOTH", "labr_agelo": 0, "labr_agehi": 120,
    "labr_uln": Decimal(50), "labr_lln_miss": "NA", "labr_from": dt.date(2024, 1, 1),
}  # fmt: skip


@pytest.mark.parametrize("level", ["site", "study"])
@pytest.mark.parametrize("road", SITE_ROADS)
def test_nobody_and_nothing_comes_to_a_locked_site(
    cast: Cast, anything_is_ready: None, road: str, level: str
) -> None:
    laboratory = laboratory_add(by=cast["da"], site=world.site(), code="LAB", name_en="Laboratory")
    ranges_add(by=cast["da"], laboratory=laboratory, ranges=[RANGE])
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=world.site() if level == "site" else None)
    path, act = SITE_ROADS[road]
    before = (Participant.objects.count(), Laboratory.objects.filter(active=True).count())
    with pytest.raises(Refused, match="locked"):
        act(cast, laboratory)
    assert (Participant.objects.count(), Laboratory.objects.filter(active=True).count()) == before
    assert ReferenceRange.objects.filter(active=True).count() == 1
    [event] = refusals()
    assert (event.path, event.new) == (path, "locked")


def test_another_site_goes_on(cast: Cast, anything_is_ready: None) -> None:
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=world.site("01"))
    assert participant_screen(by=cast["wu"], site=world.site("02")).number == "02-001"


def test_ranges_from_a_file_for_a_locked_site(cast: Cast, anything_is_ready: None) -> None:
    laboratory = laboratory_add(by=cast["da"], site=world.site(), code="LAB", name_en="Laboratory")
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=world.site())
    client = Client()
    client.force_login(cast["da"])
    response = client.post("/laboratories/01/LAB/import/", {"text": "test,unit\nALT,U/L", "action": "store"})
    assert response.status_code == 403
    assert "This site is locked" in response.content.decode()
    assert laboratory.ranges.count() == 0  # type: ignore[attr-defined]
    assert [event.path for event in refusals()] == ["@configure"]


def test_the_import_command_loads_nobody_into_a_locked_site(
    cast: Cast,
    tables: Any,
    anything_is_ready: None,
) -> None:
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=None)
    with pytest.raises(CommandError, match="locked"):
        call_command("import_sdtm", tables, "--user", "da", "--yes", "--site", "01")
    assert not Participant.objects.filter(imported=True).exists()
    assert [event.path for event in refusals()] == ["@import"]


# --- freezing differs from locking (S10) ----------------------------------------------------------------------------


def test_a_frozen_form_is_queried_verified_and_signed_but_not_changed(
    cast: Cast, participant: Participant
) -> None:
    page = next(page for page in world.quickly("screening") if page.key == "DM")
    world.enter(participant, cast["lin"], [page])
    form = world.form(participant, "DM", "SCR")
    hold_put(by=cast["da"], kind=HoldKind.FREEZE, target=form)
    with pytest.raises(Refused, match="frozen"):
        save_it(cast["lin"], form)
    assert [event.new for event in refusals()] == ["frozen"]
    assert values_verify(by=cast["mo"], form=again(form))
    forms_sign(by=cast["chen"], participant=participant, forms=[form.pk], meaning="CONFIRM", proof=PROOF)
    query_raise(by=cast["mo"], participant=participant, form=again(form), path="sex", text="Source?")
    assert sheet_of(form).get("famhx_hcc") == "N"
    assert list(participant_problems(participant)) == []


def test_unfreezing_needs_a_reason_and_lets_the_site_go_on(cast: Cast, ready: FormInstance) -> None:
    hold_put(by=cast["da"], kind=HoldKind.FREEZE, target=ready)
    with pytest.raises(Refused):
        hold_lift(by=cast["da"], target=again(ready), reason="  ")
    assert again(ready).frozen
    assert hold_lift(by=cast["da"], target=again(ready), reason="A page of the source was found") == 1
    save_it(cast["lin"], again(ready))
    assert sheet_of(ready).get("famhx_hcc") == "Y"
    event = AuditEvent.objects.get(action="UNFROZEN", path="@frozen")
    assert (event.old, event.new, event.reason) == ("1", "0", "A page of the source was found")


# --- readiness ------------------------------------------------------------------------------------------------------


def test_a_form_with_open_hard_checks_is_not_locked_and_the_attempt_is_logged(
    cast: Cast, ready: FormInstance
) -> None:
    from crf.models import Finding, FindingState, Severity

    Finding.objects.create(
        form=ready, path="sex", rule="CK-010", severity=Severity.HARD, state=FindingState.OPEN, raised_at=timezone.now()
    )  # fmt: skip
    for kind in HoldKind.values:
        with pytest.raises(Refused, match="values that cannot be"):
            hold_put(by=cast["da"], kind=kind, target=ready)
    assert not again(ready).locked
    assert [event.new for event in refusals()] == ["unready", "unready"]


@pytest.mark.parametrize("name", ["lin", "chen", "mo", "ins", "st", "wu"])
def test_only_data_managers_hold_and_unlock(cast: Cast, ready: FormInstance, name: str) -> None:
    for act in (
        lambda: hold_put(by=cast[name], kind=HoldKind.FREEZE, target=ready),
        lambda: hold_put(by=cast[name], kind=HoldKind.LOCK, target=ready),
        lambda: hold_lift(by=cast[name], target=ready, reason="Please"),
        lambda: unlock_ask(by=cast[name], target=ready, reason="Please"),
    ):
        with pytest.raises(Refused) as no:
            act()
        assert no.value.code == "role"
    assert Hold.objects.count() == 0
    assert len(refusals(new="role")) == 4


def test_locking_twice_is_harmless(cast: Cast, locked: FormInstance) -> None:
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=locked)
    assert Hold.objects.filter(kind=HoldKind.LOCK).count() == 1
    assert AuditEvent.objects.filter(action="LOCKED", path="@locked").count() == 1


# --- unlocking ------------------------------------------------------------------------------------------------------


def test_unlocking_takes_two_persons(cast: Cast, locked: FormInstance, second: User) -> None:
    request = unlock_ask(by=cast["da"], target=locked, reason="The source was corrected")
    assert again(locked).locked
    with pytest.raises(Refused, match="second person"):
        unlock_decide(by=cast["da"], request=request, agree=True)
    assert again(locked).locked
    assert unlock_decide(by=second, request=request, agree=True) == 1
    save_it(cast["lin"], again(locked))
    event = AuditEvent.objects.get(action="UNLOCKED", path="@locked")
    assert "The source was corrected (da + da2)" in event.reason
    with pytest.raises(Refused, match="decided already"):
        unlock_decide(by=second, request=request, agree=True)
    assert list(participant_problems(locked.participant)) == []


def test_an_unlock_that_nobody_decides_expires(
    cast: Cast, locked: FormInstance, second: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = unlock_ask(by=cast["da"], target=locked, reason="The source was corrected")
    UnlockRequest.objects.filter(pk=request.pk).update(expires_at=timezone.now() - dt.timedelta(seconds=1))
    with pytest.raises(Refused, match="expired"):
        unlock_decide(by=second, request=request, agree=True)
    assert unlocks_expire() == 1
    assert unlocks_expire() == 0
    assert UnlockRequest.objects.get().state == UnlockState.EXPIRED
    assert again(locked).locked


def test_a_declined_unlock_needs_a_reason_and_changes_nothing(
    cast: Cast, locked: FormInstance, second: User
) -> None:
    request = unlock_ask(by=cast["da"], target=locked, reason="The source was corrected")
    with pytest.raises(Refused):
        unlock_decide(by=second, request=request, agree=False)
    assert unlock_decide(by=second, request=request, agree=False, reason="Not needed") == 0
    assert again(locked).locked
    assert UnlockRequest.objects.get().decision_reason == "Not needed"
