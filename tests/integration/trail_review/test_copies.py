"""Certified copies: who may ask for what, how they are built, taken, tried again; each stands in the trail."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from crf.copies import build as building
from crf.copies.build import build
from crf.copies.writer import digest_of
from crf.models import CopyJob
from crf.services import copies as services
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused
from trialsite.web.jobs import JobState

pytestmark = pytest.mark.django_db
LIST = "/copies/"


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.VAR_DIR = tmp_path
    return tmp_path


def asked(cast: dict[str, User], name: str, site: str = "") -> CopyJob:
    return services.copy_request(by=cast[name], site=world.site(site) if site else None, language="en")


def built(cast: dict[str, User], name: str, site: str = "") -> CopyJob:
    job = asked(cast, name, site)
    assert build(job.pk)
    job.refresh_from_db()
    return job


# --- who ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["ins", "da"])
def test_inspector_and_data_manager_take_the_whole_trial(
    name: str, participant: Participant, cast: dict[str, User]
) -> None:
    job = built(cast, name)
    assert (job.site, job.printed_name) == (None, cast[name].full_name)
    assert job.summary["participants"] == ["01-003"]


def test_an_investigator_takes_that_of_the_own_site(participant: Participant, cast: dict[str, User]) -> None:
    assert built(cast, "chen", "01").summary["site"] == "01"
    with pytest.raises(Refused, match="your own site"):
        asked(cast, "chen")
    with pytest.raises(Refused):
        asked(cast, "chen", "02")


@pytest.mark.parametrize("name", ["lin", "mo", "st", "ad", "p1"])
def test_nobody_else(name: str, cast: dict[str, User]) -> None:
    with pytest.raises(Refused, match="certified copies"):
        asked(cast, name, "01")
    assert AuditEvent.objects.filter(action="REFUSED", actor_name=name, target="copy").exists()
    assert CopyJob.objects.count() == 0


def test_the_pages_by_role(
    participant: Participant, cast: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    whole, mine = asked(cast, "ins"), asked(cast, "chen", "01")
    seen = {
        "ins": (200, 200),
        "da": (200, 200),
        "chen": (404, 200),
        "zhao": (404, 404),
        "lin": (404, 404),
        "p1": (404, 404),
    }
    for name, statuses in seen.items():
        client = signed_in(name)
        assert tuple(client.get(f"{LIST}{job.pk}/").status_code for job in (whole, mine)) == statuses, name


# --- how ------------------------------------------------------------------------------------------------------------


def test_asking_making_and_taking_stand_in_the_trail(
    participant: Participant, cast: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    job = built(cast, "ins")
    response = signed_in("ins").get(f"{LIST}{job.pk}/download/")
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    assert response["Content-Disposition"] == f'attachment; filename="{job.file_name}"'
    assert digest_of(job.path) == job.sha256
    assert len(content) == job.bytes
    events = AuditEvent.objects.filter(target=job.address).order_by("pk")
    told = [(event.action, event.actor_name, event.new) for event in events]
    assert told == [
        ("COPY_REQUESTED", "ins", "whole trial"), ("COPY_CERTIFIED", "ins", job.sha256), ("COPY_TAKEN", "ins", job.sha256),
    ]  # fmt: skip


def test_two_clicks_are_one_copy(cast: dict[str, User]) -> None:
    assert asked(cast, "ins").pk == asked(cast, "ins").pk
    assert AuditEvent.objects.filter(action="COPY_REQUESTED").count() == 1


def test_a_second_worker_leaves_it_alone(participant: Participant, cast: dict[str, User]) -> None:
    job = built(cast, "ins")
    assert not build(job.pk)


def test_a_failure_is_told_and_tried_again(
    participant: Participant, cast: dict[str, User], signed_in: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch,
    folder: Path,
) -> None:  # fmt: skip
    def fail(*args: Any, **kwargs: Any) -> None:
        raise OSError("disk full")

    job = asked(cast, "ins")
    with monkeypatch.context() as broken:
        broken.setattr(building, "archive_write", fail)
        assert not build(job.pk)
    job.refresh_from_db()
    assert (job.state, job.error) == (JobState.FAILED, "OSError: disk full")
    client = signed_in("ins")
    assert "OSError: disk full" in client.get(LIST).content.decode()
    assert client.post(f"{LIST}{job.pk}/retry/").status_code == 302
    assert client.post(f"{LIST}{job.pk}/retry/").status_code == 302  # harmless
    assert build(job.pk)
    assert AuditEvent.objects.filter(action="COPY_REQUESTED", new="retry").count() == 1


def test_what_is_not_ready_cannot_be_taken(cast: dict[str, User], signed_in: Callable[[str], Client]) -> None:
    assert signed_in("ins").get(f"{LIST}{asked(cast, 'ins').pk}/download/").status_code == 404


# --- the page -------------------------------------------------------------------------------------------------------


def test_one_action(
    participant: Participant, cast: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    page = signed_in("chen").get(LIST).content.decode()
    assert 'value="trial"' not in page
    assert 'value="01" checked' in page  # nothing to choose
    assert signed_in("chen").post(LIST, {"scope": "01", "language": "zh"}).status_code == 302
    assert CopyJob.objects.get().site == world.site("01")


UNFIT: tuple[dict[str, str], ...] = (
    {},
    {"scope": "99"},
    {"scope": "trial"},
    {"scope": "02"},
    {"scope": "01", "language": "fr"},
)


@pytest.mark.parametrize("data", UNFIT)
def test_what_cannot_be_asked_for_is_said(
    data: dict[str, str], cast: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    response = signed_in("chen").post(LIST, data)
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    assert CopyJob.objects.count() == 0


def test_the_list_asks_a_fixed_number_of_queries(
    participant: Participant, cast: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    client, job = signed_in("ins"), built(cast, "ins")

    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            client.get(LIST)
        return len(seen)

    queries()
    few = queries()
    for _n in range(10):
        job.pk = None
        job.save()
    assert queries() == few


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command(participant: Participant, cast: dict[str, User], folder: Path) -> None:
    call_command("certified_copy", "--site", "01", "--to", str(folder / "copy.zip"), "--by", "da")
    with zipfile.ZipFile(folder / "copy.zip") as archive:
        assert "participants/01-003/data.json" in archive.namelist()
    event = AuditEvent.objects.get(action="COPY_CERTIFIED")
    assert (event.actor_name, event.new) == ("da", digest_of(folder / "copy.zip"))
    with pytest.raises(CommandError, match="exists already"):
        call_command("certified_copy", "--to", str(folder / "copy.zip"))
    with pytest.raises(CommandError, match="no site 77"):
        call_command("certified_copy", "--site", "77", "--to", str(folder / "other.zip"))
    with pytest.raises(CommandError, match="user name nobody"):
        call_command("certified_copy", "--by", "nobody", "--to", str(folder / "other.zip"))


# --- inspection -----------------------------------------------------------------------------------------------------


def test_an_inspector_is_told_and_led_to_the_copy(
    participant: Participant, signed_in: Callable[[str], Client]
) -> None:
    page = signed_in("ins").get("/participants/").content.decode()
    assert "Inspection: read only" in page
    assert f'href="{LIST}"' in page
    assert "Inspection: read only" not in signed_in("mo").get("/participants/").content.decode()


def test_every_entry_of_the_inspector_s_menu_opens(
    participant: Participant, cast: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    from trialsite.accounts.permissions import grants_of
    from trialsite.context import navigation

    client = signed_in("ins")
    grants = grants_of(cast["ins"])
    paths = [item.path for more in (False, True) for item in navigation(grants, "/", more=more)]
    assert {"/participants/", "/audit/", "/trail-review/", "/copies/"} <= set(paths)
    for path in paths:
        assert client.get(path).status_code == 200, path


def test_an_inspector_changes_nothing(participant: Participant, signed_in: Callable[[str], Client]) -> None:
    client = signed_in("ins")
    before = AuditEvent.objects.exclude(action__in=("REFUSED", "NOT_FOUND")).count()
    for path in ("/p/01-003/SCR/dm/", "/p/01-003/open/", "/trail-review/look/", "/p/01-003/log/ae/add/"):
        assert client.post(path, {"sex": "M", "version": "0"}).status_code == 403, path
    assert AuditEvent.objects.exclude(action__in=("REFUSED", "NOT_FOUND")).count() == before
