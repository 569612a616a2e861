"""The profile is stored with the result: a saved adverse event is a new result, whatever the course says."""

from __future__ import annotations

import datetime as dt

import pytest

from crf.models import FormInstance
from endpoints import gather, services, trace
from endpoints.models import EndpointRun, Status
from endpoints.verifying import state_problems
from participants.models import Participant
from tests import world
from tests.integration.endpoints.test_services import state_of, treated
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def lin() -> User:
    return world.people()["lin"]


@pytest.fixture
def participant(lin: User) -> Participant:
    return treated(lin)


def event(
    participant: Participant, by: User, grade: str = "3", cause: str = "POSSIBLE", **more: str
) -> FormInstance:
    line = world.line(participant, by, "AE")
    causes = {f"aerel_{drug}": "UNRELATED" for drug in ("llv", "fu", "cam", "apa")}
    values = {
        "aeterm": "Low platelets", "ae_ctcae": "Platelet count decreased", "aestdat": "2024-03-20", "aeongo": "Y",
        "aetoxgr": grade, "aerel_oxa": cause, **causes, "aeser": "N",
    }  # fmt: skip
    world.fill(line, by, values | more, complete=False)
    return line


def value(participant: Participant, name: str) -> str:
    return str(state_of(participant).summary["values"][name]["value"])


def test_a_saved_event_is_a_new_result(participant: Participant, lin: User) -> None:
    services.endpoints_recompute(participant.pk)
    services.trial_recompute()
    assert (value(participant, "TRAE3"), value(participant, "SAE")) == ("N", "N")
    line = event(participant, lin)
    assert services.endpoints_recompute(participant.pk)
    assert value(participant, "TRAE3") == "Y"
    assert services.trial_is_behind()
    [kept] = state_of(participant).profile["safety"]
    assert (kept["form"], kept["term"], kept["drugs"], kept["teae"]) == (
        line.pk,
        "Platelet count decreased",
        ["OXA"],
        True,
    )
    world.change(line, lin, aetoxgr="2")
    assert services.endpoints_recompute(participant.pk)
    assert value(participant, "TRAE3") == "N"
    world.change(line, lin, aeser="Y", aesdth="N")
    services.endpoints_recompute(participant.pk)
    assert value(participant, "SAE") == "Y"


def test_what_changes_only_the_profile_is_a_new_run(participant: Participant, lin: User) -> None:
    line = event(participant, lin, grade="1")
    services.endpoints_recompute(participant.pk)
    services.trial_recompute()
    before = state_of(participant)
    world.change(line, lin, aesi="Y")
    assert services.endpoints_recompute(participant.pk)
    after = state_of(participant)
    assert after.summary == before.summary
    assert after.profile["safety"][0]["aesi"]
    assert services.trial_is_behind()
    assert EndpointRun.objects.filter(participant=participant).count() == 2


def test_the_trace_leads_to_the_line_of_the_log(participant: Participant, lin: User) -> None:
    line = event(participant, lin)
    services.endpoints_recompute(participant.pk)
    state = state_of(participant)
    assert state.run is not None and state.as_of is not None
    found, addresses = trace.trace_of(participant.number, "TRAE3", trace.shot_of_run(state.run, state.as_of))
    assert {f"form:{line.pk}/aetoxgr", f"form:{line.pk}/ae_trae"} <= set(addresses)
    assert found.verdict == "The worst related grade is 3 (Platelet count decreased): Yes."
    world.change(line, lin, aetoxgr="4")
    changes = [change.line for change in trace.changes_to(addresses)]
    assert any("grade" in line.label and line.new.startswith("Grade 4") for line in changes)


def test_refused_data_have_a_profile(participant: Participant, lin: User) -> None:
    event(participant, lin)
    values = {"ta_perf": "Y", "tudat": "2024-04-18", "ta_lastdat": "2024-04-18", "nl_yn": "N"}
    lesions = {"TA2": [world.target("T02", "S5", "20.0", "20.0")]}
    world.fill(world.form(participant, "TA", "TA1"), lin, values, lesions, complete=False)
    services.endpoints_recompute(participant.pk)
    state = state_of(participant)
    assert state.status == Status.ERROR
    assert (state.profile["sets"]["SAF"], state.profile["safety"][0]["grade"]) == (True, 3)
    runs = EndpointRun.objects.filter(participant=participant).count()
    event(participant, lin, grade="1")
    services.endpoints_recompute(participant.pk)
    assert EndpointRun.objects.filter(participant=participant).count() == runs + 1


def test_a_profile_that_breaks_is_the_participants_own(
    participant: Participant, lin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = treated(lin)
    real = gather.profile.profile_of

    def breaks(book: gather.Casebook, cutoff: dt.date) -> object:
        if book.number == other.number:
            raise ZeroDivisionError("nobody foresaw this")
        return real(book, cutoff)

    monkeypatch.setattr(gather.profile, "profile_of", breaks)
    services.endpoints_catch_up()
    assert (state_of(other).status, state_of(other).attempts) == (Status.ERROR, 1)
    assert state_of(participant).status == Status.OK


def test_an_altered_profile_is_found(participant: Participant) -> None:
    services.endpoints_recompute(participant.pk)
    state = state_of(participant)
    assert list(state_problems(state, participant.number)) == []
    state.profile["sets"]["PPS"] = True
    [problem] = state_problems(state, participant.number)
    assert problem.message == "its profile is not that of its data"


def test_no_reading_is_stored_before_the_release(participant: Participant, lin: User) -> None:
    world.operated(participant, lin, "2024-05-10", "2024-05-20")
    nodules = [world.nodule(1, ("60.0", "52.0", "45.0"), ("8", "72", "20"))]
    for reader in ("R1", "R2"):
        world.central_reading(participant, lin, reader, "2024-06-20", nodules, "2024-06-10")
    services.endpoints_recompute(participant.pk)
    state = state_of(participant)
    assert state.profile["pathology"]["readings"] == []
    assert state.profile["disposition"]["surgery"]["outcome"] == "RESECTED"
    assert "central" not in state.profile["disposition"]
