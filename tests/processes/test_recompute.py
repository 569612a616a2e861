"""Lost, repeated and reordered messages, a worker killed in the middle, two workers at once, a broker that is down or
frozen: all end in the same, correct state."""

from __future__ import annotations

import itertools
import random
import socket
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from crf.receivers import dispatch as checks
from crf.services.findings import stale
from crf.tasks import check_sweep
from endpoints import services
from endpoints.dispatch import dispatch
from endpoints.gather import course_of
from endpoints.models import EndpointRun, EndpointState, Status, TrialState
from endpoints.tasks import recompute, recompute_trial, sweep
from participants.models import Participant
from tests import world
from tests.processes.workers import environment, lose_messages, until, waiting, worker
from trialsite import celery
from trialsite.accounts.models import User

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def empty_broker() -> Iterator[None]:
    lose_messages()
    celery.resume()
    yield
    assert dispatch.drained(5)
    lose_messages()


@pytest.fixture
def lin() -> User:
    return world.people()["lin"]


def participants(by: User, count: int) -> list[Participant]:
    """Enrolled and treated, with a baseline."""
    made = []
    for _number in range(count):
        participant = world.screened(by)
        world.consent(participant, by, "2024-03-04")
        lesions = [world.target("T01", "S8", "80.0", "80.0", tl_enh="TYPICAL")]
        world.assessed(participant, by, "SCR", "2024-03-06", lesions, None)
        world.enrol(participant, by, "2024-03-12")
        world.neoadjuvant(participant, by, 1, "2024-03-14")
        made.append(participant)
    return made


def measure(participant: Participant, by: User, mm: str) -> None:
    """Save another diameter at TA1: a new result each time."""
    form = world.form(participant, "TA", "TA1")
    said = "Read again."
    if form.version:
        world.change(form, by, TA2_1_tl_diam=mm, TA2_1_tl_viable=mm, resp_com=said)
    else:
        lesions = [world.target("T01", "S8", mm, mm)]
        world.assessed(participant, by, "TA1", "2024-04-18", lesions, ("SD", "SD"), resp_com=said)


def right(participant: Participant) -> bool:
    """The state holds exactly what the engine says of the data as they are now."""
    fresh = Participant.objects.get(pk=participant.pk)
    state = EndpointState.objects.select_related("run").filter(pk=participant.pk).first()
    if (
        state is None
        or state.run is None
        or state.data_version != fresh.data_version
        or state.status != Status.OK
    ):
        return False
    return state.run.result_digest == services.compute(course_of(participant.pk)).result_digest


def all_right(people: list[Participant]) -> bool:
    """Everybody and the trial are up to date, and no result was written twice in a row."""
    if not all(right(participant) for participant in people) or services.trial_is_behind():
        return False
    for participant in people:
        digests = list(
            EndpointRun.objects.filter(participant=participant).order_by("pk").values_list("result_digest")
        )
        assert all(one != two for one, two in itertools.pairwise(digests))
    return True


@contextmanager
def writers_held() -> Iterator[None]:
    """Nobody else can write states until this ends: a worker stops in the middle of its work."""
    if connection.vendor == "sqlite":
        held = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        held.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            held.close()
    else:
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("BEGIN")
                cursor.execute("LOCK TABLE endpoints_endpointstate, endpoints_endpointrun IN EXCLUSIVE MODE")
                yield
        finally:
            other.close()


def test_a_save_is_seen_at_once(lin: User) -> None:
    people = participants(lin, 1)
    with worker():
        recompute.hint(people[0].pk)
        until(lambda: right(people[0]), "the first result")
        measure(people[0], lin, "50.0")
        until(lambda: right(people[0]), "the new result", 5)  # well before any sweep
        until(lambda: all_right(people), "the trial", 5)
    assert TrialState.objects.get().results["rates"]["ORR"]["FAS"]["all"]["x"] == 1


def test_a_lost_message_is_found_by_the_sweep_of_beat(lin: User) -> None:
    people = participants(lin, 1)
    assert dispatch.drained(5)
    lose_messages()
    with worker(beat=True):
        until(lambda: all_right(people), "the sweep's result")


def test_repeated_and_reordered_messages_are_harmless(lin: User) -> None:
    people = participants(lin, 3)
    for mm in ("60.0", "50.0"):
        for participant in people:
            measure(participant, lin, mm)
    assert dispatch.drained(5)
    lose_messages()
    messages = [participant.pk for participant in people for _ in range(5)]
    random.Random(1).shuffle(messages)
    for pk in messages:
        recompute.hint(pk)
    recompute_trial.hint()
    with worker():
        until(lambda: all_right(people) and not waiting(), "all messages done")
    assert EndpointRun.objects.count() == 3
    assert TrialState.objects.get().results["participants"] == 3


def test_messages_overtaken_by_saves(lin: User) -> None:
    people = participants(lin, 2)
    with worker():
        for mm in ("70.0", "60.0", "50.0", "40.0"):
            for participant in people:
                measure(participant, lin, mm)
        until(lambda: all_right(people), "the last values")


def test_a_worker_killed_in_the_middle(lin: User) -> None:
    people = participants(lin, 1)
    assert dispatch.drained(5)
    lose_messages()
    with worker() as first:
        with writers_held():
            recompute.hint(people[0].pk)
            until(lambda: not waiting(), "the worker to take the message")
            first.kill()
        assert not EndpointState.objects.filter(run__isnull=False).exists()
        assert EndpointRun.objects.count() == 0
    with worker():
        sweep.hint()
        until(lambda: all_right(people), "the sweep after the kill")
    assert EndpointRun.objects.count() == 1


def test_two_workers_at_once(lin: User) -> None:
    people = participants(lin, 3)
    assert dispatch.drained(5)
    lose_messages()
    for _ in range(6):
        for participant in people:
            recompute.hint(participant.pk)
        sweep.hint()
    with worker(), worker():
        measure(people[0], lin, "50.0")
        until(lambda: all_right(people) and not waiting(), "both workers done")
    assert EndpointRun.objects.count() <= 4


def test_checks_follow_in_the_worker_and_a_lost_hint_is_made_up_for(lin: User) -> None:
    """Nothing but the sweep knows of the first save; the second is hinted at."""
    [one] = participants(lin, 1)
    assert checks.drained(5)
    lose_messages()
    with worker():
        check_sweep.hint()
        until(lambda: judged(one), "the sweep")
        measure(one, lin, "50.0")
        until(lambda: judged(one), "the hint")


def judged(participant: Participant) -> bool:
    return not stale().filter(pk=participant.pk).exists()


def test_one_bad_participant_does_not_stop_the_others(lin: User) -> None:
    """G-27: the target of TA1 is not among those of the baseline."""
    bad, good = participants(lin, 2)
    row = world.target("T02", "S5", "20.0", "20.0")
    world.assessed(bad, lin, "TA1", "2024-04-18", [row], ("SD", "SD"), complete=False)
    assert dispatch.drained(5)
    lose_messages()
    with worker():
        sweep.hint()
        until(lambda: all_right([good]), "the other participant")
        state = until(
            lambda: EndpointState.objects.filter(pk=bad.pk, status=Status.ERROR).first(), "the error"
        )
    form = world.form(bad, "TA", "TA1")
    assert state.error_address == f"form:{form.pk}/TA2:1/tl_lnkid"
    assert TrialState.objects.get().results["errors"] == 1


def threads_of_hints(patch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """The threads that sent a message, or tried: never the one that saves, which would wait with it."""
    tried: list[threading.Thread] = []
    real = celery.HintTask.hint

    def noted(task: celery.HintTask, *args: object) -> bool:
        tried.append(threading.current_thread())
        return real(task, *args)

    patch.setattr(celery.HintTask, "hint", noted)
    return tried


def test_a_broker_that_is_down_neither_fails_nor_delays_a_save(lin: User) -> None:
    people = participants(lin, 1)
    assert dispatch.drained(5)
    assert checks.drained(5), "its thread would make the folder again"
    lose_messages()
    folder = Path(settings.BROKER_DIR)
    folder.write_text("no folder here")
    try:
        with pytest.MonkeyPatch.context() as patch:
            tried = threads_of_hints(patch)
            measure(people[0], lin, "50.0")
            assert dispatch.drained(5)
        assert tried, "nobody tried to send"
        assert threading.current_thread() not in tried
        assert not recompute.hint(people[0].pk)
    finally:
        folder.unlink()
    celery.resume()
    with worker():
        sweep.hint()
        until(lambda: all_right(people), "the sweep after the broker came back")


SAVE = """
    import threading
    import django
    import pytest
    django.setup()
    from endpoints.dispatch import dispatch
    from participants.models import Participant
    from tests import world
    from tests.processes.test_recompute import threads_of_hints
    from trialsite.accounts.models import User

    participant, by = Participant.objects.get(pk={participant}), User.objects.get(username="lin")
    tried = threads_of_hints(pytest.MonkeyPatch())
    world.assessed(participant, by, "TA1", "2024-04-18", [world.target("T01", "S8", "50.0", "50.0")], ("PR", "PR"))
    dispatch.drained(1)
    print(threading.current_thread() in tried, bool(tried))
"""


def test_a_frozen_broker_neither_fails_nor_delays_a_save(lin: User) -> None:
    """It takes the connection and never answers."""
    people = participants(lin, 1)
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        url = f"redis://127.0.0.1:{frozen.getsockname()[1]}/0"
        code = textwrap.dedent(SAVE).format(participant=people[0].pk)
        done = subprocess.run(
            [sys.executable, "-c", code], env=environment(REDIS_URL=url), capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["False", "True"]
    assert world.form(people[0], "TA", "TA1").version == 1
    assert services.stale().filter(pk=people[0].pk).exists()
