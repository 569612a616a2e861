"""The snapshot of a database lock: built by the worker as a certified copy, sealed with its digest, once."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.test import Client

from crf.copies.build import build
from crf.models import CopyJob, DatabaseLock
from crf.services.database_lock import copy_of, database_lock, database_seals
from tests import world
from trialsite.audit.models import AuditEvent, TrailVerification

pytestmark = pytest.mark.django_db


@pytest.fixture
def lock(settings: Any, tmp_path: Any) -> DatabaseLock:
    """A trial that is over before anybody came: nothing is left on the checklist."""
    from django.utils import timezone

    settings.DEMO, settings.VAR_DIR = True, tmp_path
    cast = world.people()
    TrailVerification.objects.create(finished_at=timezone.now(), ok=True)
    made = database_lock(by=cast["da"], reason="Over", components=("username", "password"))
    return DatabaseLock.objects.get(pk=made.pk)


def test_the_snapshot_is_sealed_with_its_digest_when_it_is_ready(lock: DatabaseLock) -> None:
    job = copy_of(lock)
    assert job is not None
    assert (job.site, job.requested_by.username) == (None, "da")
    assert database_seals() == 0, "it is not there yet"
    assert build(job.pk)
    sealed, job = DatabaseLock.objects.get(pk=lock.pk), CopyJob.objects.get(pk=job.pk)
    content = job.path.read_bytes()
    assert sealed.digest == job.sha256 == hashlib.sha256(content).hexdigest()
    assert sealed.size == len(content)
    event = AuditEvent.objects.get(action="DATABASE_LOCKED", path="@snapshot")
    assert (event.new, event.actor_name) == (sealed.digest, "system")
    assert database_seals() == 0, "once"
    assert AuditEvent.objects.filter(path="@snapshot").count() == 1


def test_the_page_shows_how_far_it_is_and_then_the_digest(lock: DatabaseLock) -> None:
    client = Client()
    client.force_login(lock.hold.by)
    assert "Waiting" in client.get("/locks/database/").content.decode()
    job = copy_of(lock)
    assert job is not None
    build(job.pk)
    page = client.get("/locks/database/").content.decode()
    assert DatabaseLock.objects.get(pk=lock.pk).digest in page
    assert f'href="/copies/{job.pk}/"' in page


def test_a_copy_that_was_begun_before_is_not_taken_for_the_snapshot(settings: Any, tmp_path: Any) -> None:
    from django.utils import timezone

    from crf.services.copies import copy_request

    settings.DEMO, settings.VAR_DIR = True, tmp_path
    cast = world.people()
    before = copy_request(by=cast["da"], site=None, language="en")
    TrailVerification.objects.create(finished_at=timezone.now(), ok=True)
    made = database_lock(by=cast["da"], reason="Over", components=("password",))
    assert DatabaseLock.objects.get(pk=made.pk).snapshot != before.address
