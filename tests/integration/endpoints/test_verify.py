"""`manage.py verify`: nothing wrong in an honest trial; an altered row is named exactly."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from crf.models import Eligibility, TargetLesion, TumourAssessment
from endpoints.models import EndpointRun, EndpointState
from endpoints.services import endpoints_recompute
from participants.models import Participant, Visit
from tests import world
from trialsite.audit.guard import lifted
from trialsite.audit.models import AuditChain, AuditEvent

pytestmark = pytest.mark.django_db(transaction=True)


def verify() -> dict[str, Any]:
    out = io.StringIO()
    with contextlib.suppress(SystemExit):
        call_command("verify", "--json", stdout=out, skip_checks=True)
    return json.loads(out.getvalue())


def run_sql(sql: str, *values: Any) -> None:
    """As somebody with the rights of the owner could: without triggers."""
    with lifted(connection), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def participant() -> Participant:
    lin = world.people()["lin"]
    made = world.screened(lin, "01-003")
    world.screening_01_003(made, lin)
    world.neoadjuvant(made, lin, 1, "2024-03-14")
    form = world.form(made, "TA", "SCR")
    world.change(form, lin, TA2_1_tl_diam="83.0")
    endpoints_recompute(made.pk)
    return made


def only(found: dict[str, Any], *words: str) -> None:
    assert not found["ok"]
    assert len(found["problems"]) == 1, found["problems"]
    text = f"{found['problems'][0]['where']}: {found['problems'][0]['message']}"
    for word in words:
        assert word in text, text


def test_an_honest_trial_has_no_problem(participant: Participant) -> None:
    found = verify()
    assert (found["ok"], found["problems"]) == (True, [])
    assert found["events"] == AuditEvent.objects.count()
    assert found["checked"]["participants"] == found["checked"]["results"] == 1


def test_the_exit_status_says_it(participant: Participant) -> None:
    Participant.objects.update(state="DIED")
    with pytest.raises(SystemExit, match="1"):
        call_command("verify", "01-003", stdout=io.StringIO(), skip_checks=True)


def test_an_altered_event_is_named(participant: Participant) -> None:
    event = AuditEvent.objects.filter(path="TA2:1/tl_diam", new="83.0").get()
    run_sql("UPDATE audit_auditevent SET reason = 'other' WHERE id = %s", event.pk)
    only(verify(), f"audit_auditevent id={event.pk}", "TA2:1/tl_diam", "does not give its digest")


def test_a_removed_event_is_named_by_the_one_after_it(participant: Participant) -> None:
    event = AuditEvent.objects.filter(chain__name__startswith="participant", action="CONFIRM").first()
    event = event or AuditEvent.objects.filter(path="@window").first()
    run_sql("DELETE FROM audit_auditevent WHERE id = %s", event.pk)
    found = verify()
    assert any(f"#{event.number} before it is missing" in one["message"] for one in found["problems"])


def test_a_cut_off_end_is_noticed(participant: Participant) -> None:
    chain = AuditChain.objects.get(name=f"participant:{participant.pk}")
    last = chain.events.order_by("-number").first()
    run_sql("DELETE FROM audit_auditevent WHERE id = %s", last.pk)
    assert any(f"audit_auditchain id={chain.pk}" in one["where"] for one in verify()["problems"])


def test_an_altered_value_is_named(participant: Participant) -> None:
    TargetLesion.objects.filter(row=1).update(tl_viable="1.0")
    form = TargetLesion.objects.get(row=1).form_id
    where = f"crf_targetlesion form_id={form} row=1 (form:{form}/TA2:1/tl_viable)"
    only(verify(), where, "tl_viable is 1.0, the trail says 80.0")


def test_a_result_that_no_longer_follows_is_named(participant: Participant) -> None:
    Eligibility.objects.update(enr_dsstdat="2024-03-13")
    first, second = verify()["problems"]
    assert "enr_dsstdat is 2024-03-13, the trail says 2024-03-12" in first["message"]
    assert second["where"] == f"endpoints_endpointstate participant_id={participant.pk} (01-003)"


def test_a_row_that_nobody_entered_is_named(participant: Participant) -> None:
    form = TumourAssessment.objects.get().form
    TargetLesion.objects.create(form=form, row=9, tl_nereas="x")
    only(verify(), "crf_targetlesion", "row=9", "the trail does not know it")


def test_an_altered_visit_and_state_are_named(participant: Participant) -> None:
    Visit.objects.filter(participant=participant, code="C1").update(actual_date="2024-03-15")
    only(verify(), "participants_visit", "C1.1 @date", "2024-03-15")
    Visit.objects.filter(participant=participant, code="C1").update(actual_date="2024-03-14")
    Participant.objects.filter(pk=participant.pk).update(state="DIED")
    only(verify(), "participants_participant", "state is DIED, the trail says NEOADJUVANT")


def test_an_altered_run_is_named(participant: Participant) -> None:
    run = EndpointRun.objects.get()
    run_sql("UPDATE endpoints_endpointrun SET result_digest = 'x' WHERE id = %s", run.pk)
    assert f"endpoints_endpointrun id={run.pk}" in [one["where"] for one in verify()["problems"]]


def test_an_altered_summary_is_named(participant: Participant) -> None:
    state = EndpointState.objects.get()
    state.summary["sets"] = []
    state.save()
    only(verify(), "endpoints_endpointstate", "01-003", "summary")
