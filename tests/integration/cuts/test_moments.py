"""The trial as of a past moment is what the live trial was then."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.utils import timezone

from crf.models import Query
from crf.services.queries import query_raise
from endpoints import moving
from endpoints.cuts import services
from endpoints.cuts.building import moment_build
from endpoints.cuts.services import moment_ask
from endpoints.models import Moment, MomentPerson, StoredFigures, TrialState
from endpoints.models_cuts import MomentState
from endpoints.moving import moves_refresh
from endpoints.services import endpoints_recompute, trial_recompute
from endpoints.standpoint import AtMoment, standpoint_of
from participants.models import Participant
from tests import world
from tests.integration.cuts.conftest import dry_run
from trialsite.accounts.models import User
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db

Cast = dict[str, User]


def live() -> dict[str, Any]:
    for one in Participant.objects.all():
        endpoints_recompute(one.pk)
    trial_recompute()
    moves_refresh()
    return TrialState.objects.get().results


def test_a_moment_says_what_the_live_page_said_then(cast: Cast, participant: Participant) -> None:
    lin, mo = cast["lin"], cast["mo"]
    world.screened(lin, "01-004")
    then, at = live(), timezone.now()
    early = {one.number: one for one in AtMoment(dry_run(mo, at=at, cutoff=None)).lines()}
    world.change(
        world.form(participant, "TA", "TA1"),
        lin,
        TA2_1_tl_diam="140.0",
        resp_com="Another series was measured.",
    )
    world.screened(lin, "01-005")
    now = live()
    assert now != then
    Moment.objects.all().update(key="0")  # computed again, now from the trail
    moment = dry_run(mo, at=at, cutoff=None)
    assert moment.results == then
    assert moment.participants == 2
    late = {one.number: one for one in AtMoment(moment).lines()}
    assert late == early
    assert AtMoment(dry_run(mo, cutoff=None)).results == now


def test_what_is_asked_while_it_is_computed_is_not_in_it(
    cast: Cast, participant: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The query is raised, and the sweep takes it up, after the batch was found to stand as it did at the moment."""
    mo, standing = cast["mo"], moving.moves_standing
    live()
    raised = []

    def asking(pks: Any) -> Any:
        form = world.form(participant, "TA", "TA1")
        raised.append(
            query_raise(by=mo, participant=participant, form=form, path="TA2:1/tl_diam", text="Right?")
        )
        live()
        return standing(pks)

    monkeypatch.setattr(moving, "moves_standing", asking)
    moment = dry_run(mo, cutoff=None)
    items = MomentPerson.objects.get(moment=moment, participant=participant).moves.get("items", [])
    assert len(raised) == 1
    assert raised[0].pk not in [one.get("query") for one in items]


def test_tables_and_trail_give_the_same_state_of_the_data(cast: Cast, participant: Participant) -> None:
    lin, mo = cast["lin"], cast["mo"]
    form = world.form(participant, "TA", "TA1")
    query_raise(by=mo, participant=participant, form=form, path="tudat", text="Is this the date of the scan?")
    at = timezone.now()
    tables = dry_run(mo, at=at)
    world.change(form, lin, tudat="2024-04-08")
    Moment.objects.all().update(key="0")
    trail = dry_run(mo, at=at)
    (one,), (other,) = tables.facts["people"], trail.facts["people"]
    assert len(one["queries"]) == Query.objects.exclude(form_key="CPATH").count() > 0
    assert (one["fields"] > 20, one["forms"] > 10, one["after"]) == (True, True, 0)
    assert other["after"] >= 1
    assert {**other, "after": 0} == one
    assert trail.digest == tables.digest


def test_late_entries_are_counted(cast: Cast, participant: Participant) -> None:
    today = timezone.localdate()
    early = dry_run(cast["da"], cutoff=today - dt.timedelta(days=1))
    assert early.facts["totals"]["late"] > 50  # all of it was typed today
    assert dry_run(cast["da"], cutoff=today).facts["totals"]["late"] == 0


def test_the_future_is_refused(cast: Cast) -> None:
    now, today = timezone.now(), timezone.localdate()
    for at, cutoff, code in (
        (now + dt.timedelta(days=1), None, "at"),
        (now, today + dt.timedelta(days=1), "cutoff"),
        (now - dt.timedelta(days=3), today, "cutoff"),
    ):
        with pytest.raises(Refused) as no:
            moment_ask(by=cast["da"], at=at, cutoff=cutoff)
        assert no.value.code == code
    assert not Moment.objects.exists()


def test_before_the_first_participant_the_trial_is_empty(cast: Cast, participant: Participant) -> None:
    moment = dry_run(cast["mo"], at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC), cutoff=None)
    assert (moment.participants, moment.results["participants"]) == (0, 0)
    assert list(AtMoment(moment).lines()) == []
    assert moment.results["rates"]["MPR"]["FAS"]["all"]["estimate"] is None


def test_cut_off_before_the_first_dose_nobody_is_treated(cast: Cast, participant: Participant) -> None:
    moment = dry_run(cast["da"], cutoff=dt.date(2024, 3, 1))
    (line,) = AtMoment(moment).lines()
    assert (moment.results["sets"]["FAS"], line.summary["sets"]) == (0, [])
    assert all(
        value.get("value") is None and not value.get("days") for value in line.summary["values"].values()
    )


def test_a_moment_is_computed_once_and_forgotten_when_nobody_looks(
    cast: Cast, participant: Participant
) -> None:
    at = timezone.now()
    moment = dry_run(cast["mo"], at=at)
    assert moment_ask(by=cast["da"], at=at, cutoff=moment.cutoff).pk == moment.pk
    assert not moment_build(moment.pk)  # done already
    assert services.moments_forget() == 0
    Moment.objects.update(used_at=at - services.KEPT - dt.timedelta(hours=1))
    assert services.moments_forget() == 1
    assert not MomentPerson.objects.exists() and not StoredFigures.objects.exists()


def test_a_failure_is_kept_and_tried_again(
    cast: Cast, participant: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = timezone.now()
    with monkeypatch.context() as broken:
        broken.setattr("endpoints.cuts.building.figures_of", lambda *_all: 1 / 0)
        moment = moment_ask(by=cast["mo"], at=at)
        assert not moment_build(moment.pk)
    moment.refresh_from_db()
    assert (moment.state, moment.error) == (MomentState.FAILED, "ZeroDivisionError: division by zero")
    assert moment_ask(by=cast["mo"], at=at).state == MomentState.FAILED
    assert moment_ask(by=cast["mo"], at=at, anew=True).state == MomentState.QUEUED
    assert moment_build(moment.pk)


@pytest.mark.parametrize(
    ("failure", "times", "cutoff", "state"),
    [
        (MemoryError("full"), 1, True, "READY"),  # it passed
        (MemoryError("full"), 2, True, "FAILED"),
        (MemoryError("full"), 2, False, "FAILED"),
        (KeyError("x"), 2, True, "FAILED"),  # nothing of the kind gets into a cut
        (KeyError("x"), 2, False, "READY"),  # G-27: one participant does not stop the others
    ],
)
def test_what_is_no_fault_of_the_data_is_not_frozen(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, failure: Exception, times: int, cutoff: bool, state: str
) -> None:
    from endpoints import services as computing

    world.screened(cast["lin"], "01-003")
    real, left = computing.derive, [failure] * times

    def breaks(*given: Any) -> Any:
        if left:
            raise left.pop()
        return real(*given)

    monkeypatch.setattr(computing, "derive", breaks)
    moment = moment_ask(by=cast["da"], at=timezone.now(), cutoff=timezone.localdate() if cutoff else None)
    assert moment_build(moment.pk) is (state == "READY")
    moment.refresh_from_db()
    assert moment.state == state
    if state == "FAILED":
        assert moment.error == f"NotComputed: 01-003: {type(failure).__name__}: {failure}"
    else:
        assert moment.people.get().status == ("OK" if times == 1 else "ERROR")


def test_a_form_begun_since_was_not_begun_at_the_moment(cast: Cast, participant: Participant) -> None:
    lin, mo = cast["lin"], cast["mo"]
    form = world.form(participant, "SURG", "SURG")
    query_raise(by=mo, participant=participant, form=form, path="surg_prstdat", text="When was it?")
    at = timezone.now()
    world.operated(participant, lin, "2024-05-30", "2024-06-14")
    asked = moving.open_queries([participant.pk], at)[participant.pk]
    query = next(one for one in asked if one.place.form == form.pk)
    assert query.envelope is not None and query.envelope.visit == "SURG"


def test_a_worker_that_fell_silent_is_replaced_and_then_writes_nothing(
    cast: Cast, participant: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    from endpoints.cuts import building

    moment = moment_ask(by=cast["mo"], at=timezone.now())
    real = building.people_at

    def slow(*wanted: Any) -> Any:  # the lease of the first ends while it reads
        monkeypatch.setattr(building, "people_at", real)
        Moment.objects.update(lease=timezone.now() - dt.timedelta(seconds=1))
        assert moment_build(moment.pk)
        return real(*wanted)

    monkeypatch.setattr(building, "people_at", slow)
    moment.refresh_from_db()
    assert not moment_build(moment.pk)
    moment.refresh_from_db()
    assert (moment.state, moment.progress) == (MomentState.READY, 100)


@pytest.mark.parametrize(
    ("params", "code"),
    [({"cut": "DC-77"}, "cut"), ({"cut": "x"}, "cut"), ({"at": "soon"}, "at"), ({"at": "2099-01-01"}, "at")],
)
def test_an_address_that_names_nothing(cast: Cast, params: dict[str, str], code: str) -> None:
    with pytest.raises(Refused) as no:
        standpoint_of(params, cast["mo"])
    assert no.value.code == code


def test_queries_of_a_batch_do_not_grow(
    cast: Cast, participant: Participant, django_assert_max_num_queries: Any
) -> None:
    for number in ("01-004", "01-005", "01-006"):
        world.screened(cast["lin"], number)
    moment = moment_ask(by=cast["mo"], at=timezone.now())
    with django_assert_max_num_queries(75):
        moment_build(moment.pk)
