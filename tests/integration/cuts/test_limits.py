"""Reading an address is cheap for the reader and the work of a whole trial for the workers: so many and no more."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from endpoints.cuts import limits, services
from endpoints.cuts.services import moment_ask
from endpoints.models import Moment, MomentPerson, StoredFigures
from endpoints.models_cuts import MomentState
from tests import world
from tests.integration.cuts.conftest import dry_run, signed
from trialsite.accounts.models import User
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db

Cast = dict[str, User]
START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def ask(by: User, first: int, number: int) -> list[Moment]:
    return [moment_ask(by=by, at=START + dt.timedelta(seconds=first + one)) for one in range(number)]


def ready(**more: Any) -> None:
    Moment.objects.update(state=MomentState.READY, **more)


def code(by: User, at: int) -> str:
    with pytest.raises(Refused) as no:
        ask(by, at, 1)
    return no.value.code


def test_many_addresses_make_few_moments(cast: Cast, client: Client, settings: Any) -> None:
    settings.DEMO = True
    client.force_login(cast["mo"])
    for second in range(limits.OWN_LINE + 3):
        answer = client.get("/endpoints/", {"at": (START + dt.timedelta(seconds=second)).isoformat()})
    assert Moment.objects.count() == limits.OWN_LINE
    assert "Wait until one of them is ready" in answer.content.decode()
    assert ask(cast["mo"], 0, 1)[0].pk  # one that is there already is shown
    assert ask(cast["da"], 50, 1)  # nobody else waits for that


def test_so_many_of_everybody_and_so_many_an_hour(cast: Cast) -> None:
    made = ask(cast["mo"], 0, 4)
    Moment.objects.bulk_create(
        Moment(key=f"k{at}", at=START, basis="x", requested_by=cast["st"])
        for at in range(limits.LINE - len(made))
    )
    assert code(cast["da"], 100) == "line"
    ready()
    Moment.objects.filter(requested_by=cast["st"]).update(requested_by=cast["mo"])
    Moment.objects.bulk_create(
        Moment(key=f"m{at}", at=START, basis="x", state="READY", requested_by=cast["mo"])
        for at in range(limits.PER_HOUR - limits.LINE)
    )
    assert code(cast["mo"], 200) == "hour"
    assert ask(cast["da"], 200, 1)
    Moment.objects.update(requested_at=timezone.now() - limits.HOUR)
    assert ask(cast["mo"], 300, 1)


def test_of_too_many_the_longest_unused_go(cast: Cast) -> None:
    kept = dry_run(cast["da"])
    now = timezone.now()
    for at in range(limits.STORED - 1):
        Moment.objects.create(
            key=f"k{at}", at=START, basis="x", state="READY", requested_by=cast["st"], used_at=now - (at + 1) * limits.HOUR,
        )  # fmt: skip
    running = Moment.objects.get(key=f"k{limits.STORED - 2}")
    Moment.objects.filter(pk=running.pk).update(state="RUNNING")
    ask(cast["mo"], 0, 3)
    assert Moment.objects.count() == limits.STORED
    gone = {f"k{limits.STORED - at}" for at in (3, 4, 5)}
    assert not Moment.objects.filter(key__in=gone).exists()
    assert Moment.objects.filter(pk__in=[kept.pk, running.pk]).count() == 2


def test_today_is_one_moment_for_whoever_asks_again(cast: Cast, client: Client, settings: Any) -> None:
    settings.DEMO = True
    client.force_login(cast["mo"])
    today = timezone.localdate(timezone=services.trial_zone()).isoformat()
    for _once in range(3):
        client.get("/endpoints/moves/", {"at": today})
    moment = Moment.objects.get()
    ready(finished_at=timezone.now())
    client.get("/endpoints/moves/", {"at": today})
    assert Moment.objects.get().pk == moment.pk
    ready(finished_at=timezone.now() - dt.timedelta(minutes=2))
    client.get("/endpoints/moves/", {"at": today})
    assert Moment.objects.count() == 2


def test_a_moment_is_thrown_away_whole_or_not_at_all(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    world.screened(cast["lin"], "01-003")
    moment = dry_run(cast["da"])
    before = (MomentPerson.objects.count(), StoredFigures.objects.count())
    Moment.objects.update(used_at=timezone.now() - services.KEPT - limits.HOUR)
    with monkeypatch.context() as broken:
        broken.setattr(StoredFigures.objects, "filter", lambda **_all: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            services.moments_forget()
    assert (MomentPerson.objects.count(), StoredFigures.objects.count()) == before
    assert services.moments_forget() == 1
    with pytest.raises(Refused) as no:
        services.cut_confirm(
            by=cast["da"], moment=moment, title="Late", reason="", replaces=None, signed=signed(moment)
        )
    assert no.value.code == "stale"
