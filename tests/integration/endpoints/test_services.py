"""Recomputation: idempotent, one participant's trouble is its own, runs are never changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from endpoints import services
from endpoints.engine.steps import EngineError
from endpoints.gather import gather, standings
from endpoints.models import EndpointRun, EndpointState, Status, TrialState
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def lin() -> User:
    return world.people()["lin"]


@pytest.fixture
def participant(lin: User) -> Participant:
    return treated(lin)


def treated(by: User) -> Participant:
    made = world.screened(by)
    world.consent(made, by, "2024-03-04")
    world.assessed(
        made, by, "SCR", "2024-03-06", [world.target("T01", "S8", "80.0", "80.0", tl_enh="TYPICAL")], None
    )
    world.enrol(made, by, "2024-03-12")
    world.neoadjuvant(made, by, 1, "2024-03-14")
    return made


def state_of(participant: Participant) -> EndpointState:
    return EndpointState.objects.select_related("run").get(pk=participant.pk)


def test_twice_is_harmless(participant: Participant) -> None:
    assert services.endpoints_recompute(participant.pk)
    before = state_of(participant)
    assert not services.endpoints_recompute(participant.pk)
    assert (EndpointRun.objects.count(), state_of(participant).computed_at) == (1, before.computed_at)


def test_a_save_without_consequence_adds_no_run(participant: Participant, lin: User) -> None:
    services.endpoints_recompute(participant.pk)
    world.change(world.form(participant, "ICF", "SCR"), lin, icf_version="1.2")
    assert not services.endpoints_recompute(participant.pk)
    state = state_of(participant)
    assert EndpointRun.objects.count() == 1
    assert state.data_version == Participant.objects.get(pk=participant.pk).data_version


def test_a_day_makes_it_stale_but_adds_no_run(participant: Participant) -> None:
    with time_machine.travel("2024-04-01 08:00", tick=True):
        services.endpoints_recompute(participant.pk)
        assert not services.stale().exists()
    with time_machine.travel("2024-04-02 08:00", tick=True):
        assert list(services.stale()) == [participant]
        services.endpoints_recompute(participant.pk)
        assert not services.stale().exists()
    assert (EndpointRun.objects.count(), str(state_of(participant).as_of)) == (1, "2024-04-02")
    with time_machine.travel("2024-10-01 08:00", tick=True):  # more than 183 days, and no surgery
        assert services.endpoints_recompute(participant.pk)
    assert state_of(participant).summary["values"]["MPR"]["value"] == "N"


def test_the_engine_renewed_makes_everybody_stale(
    participant: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.endpoints_recompute(participant.pk)
    monkeypatch.setattr(services, "basis", lambda: "2.0+other/settings")
    assert services.stale().exists()
    services.endpoints_recompute(participant.pk)
    assert not services.stale().exists()


def test_a_save_during_the_computation_leaves_it_stale(participant: Participant) -> None:
    wanted = standings([participant.pk])
    results = [services.compute(gathered) for gathered in gather(wanted)]
    Participant.objects.filter(pk=participant.pk).update(data_version=99)
    assert services._write(results) == 0
    assert services.stale().exists()
    services.endpoints_recompute(participant.pk)
    assert state_of(participant).data_version == 99


def test_a_late_worker_does_not_go_back(participant: Participant, lin: User) -> None:
    late = [services.compute(gathered) for gathered in gather(standings([participant.pk]))]
    world.change(world.form(participant, "TA", "SCR"), lin, TA2_1_tl_diam="81.0")
    services.endpoints_recompute(participant.pk)
    before = state_of(participant)
    assert services._write(late) == 0
    assert state_of(participant).run_id == before.run_id


def test_a_run_is_never_changed(participant: Participant) -> None:
    services.endpoints_recompute(participant.pk)
    for sql in ("UPDATE endpoints_endpointrun SET error = 'x'", "DELETE FROM endpoints_endpointrun"):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)


class TestTrouble:
    def bad(self, by: User) -> Participant:
        """The lesion of TA1 is not among those of the baseline (G-27): a draft, as CK-174 lets nobody complete it."""
        made = treated(by)
        values = {"ta_perf": "Y", "tudat": "2024-04-18", "ta_lastdat": "2024-04-18", "nl_yn": "N"}
        lesions = {"TA2": [world.target("T02", "S5", "20.0", "20.0")]}
        world.fill(world.form(made, "TA", "TA1"), by, values, lesions, complete=False)
        return made

    def test_refused_data_are_an_error_with_its_field(self, participant: Participant, lin: User) -> None:
        bad = self.bad(lin)
        assert services.endpoints_catch_up() == 2
        state = state_of(bad)
        assert state.status == Status.ERROR
        assert "T02" in state.error
        assert state.error_address == f"form:{world.form(bad, 'TA', 'TA1').pk}/TA2:1/tl_lnkid"
        assert state.run is not None
        assert state.run.content["error"]["params"]
        assert state_of(participant).status == Status.OK
        assert not services.stale().exists()  # the data must change first

    def test_corrected_data_are_a_result_again(self, lin: User) -> None:
        bad = self.bad(lin)
        services.endpoints_recompute(bad.pk)
        form = world.form(bad, "TA", "TA1")
        world.change(form, lin, TA2_1_tl_lnkid="T01", resp_com="Another lesion was meant.")
        services.endpoints_recompute(bad.pk)
        state = state_of(bad)
        assert (state.status, state.error, state.error_address) == (Status.OK, "", "")

    def test_a_poison_participant_is_parked_and_shown(
        self, participant: Participant, lin: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = treated(lin)
        real = services.derive

        def derive(course: Any, settings: Any) -> Any:
            if course.id == other.number:
                raise ZeroDivisionError("nobody foresaw this")
            return real(course, settings)

        monkeypatch.setattr(services, "derive", derive)
        for attempt in range(1, services.ATTEMPTS + 1):
            assert services.stale().filter(pk=other.pk).exists()
            services.endpoints_catch_up()
            assert state_of(other).attempts == attempt
        state = state_of(other)
        assert (state.status, state.run) == (Status.PARKED, None)
        assert state.error == "ZeroDivisionError: nobody foresaw this"
        assert not services.stale().exists()
        assert state_of(participant).status == Status.OK
        monkeypatch.setattr(services, "derive", real)
        world.change(world.form(other, "ICF", "SCR"), lin, icf_version="1.2")
        services.endpoints_catch_up()
        assert (state_of(other).status, state_of(other).attempts) == (Status.OK, 0)

    def test_a_mapping_that_breaks_is_the_participants_own(self, participant: Participant) -> None:
        standing = standings([participant.pk])[0]
        gathered = next(gather([standing]))
        broken = replace(gathered, failure=KeyError("x"))
        made = services.compute(broken)
        assert (made.failed, made.status) == (True, Status.ERROR)
        assert not isinstance(broken.failure, EngineError)


def queries(count: int, lin: User) -> int:
    people = [treated(lin).pk for _ in range(count)]
    with CaptureQueriesContext(connection) as found:
        services.endpoints_recompute_many(people)
    return len(found)


def test_a_batch_takes_the_same_number_of_queries_at_any_size(lin: User) -> None:
    assert queries(1, lin) == queries(4, lin)


class TestTrial:
    def test_asked_once(self) -> None:
        assert services.trial_ask()
        assert not services.trial_ask()
        services.trial_recompute()
        assert services.trial_ask()

    def test_computed_when_a_result_is_new(self, participant: Participant, lin: User) -> None:
        assert services.trial_is_behind()
        services.endpoints_recompute(participant.pk)
        assert services.trial_recompute()
        assert not services.trial_is_behind()
        assert not services.trial_recompute()
        services.endpoints_recompute(treated(lin).pk)
        assert services.trial_is_behind()
        services.trial_recompute()
        assert TrialState.objects.get().results["sets"]["FAS"] == 2

    def test_there_is_one_row(self) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            TrialState.objects.create(id=2)
