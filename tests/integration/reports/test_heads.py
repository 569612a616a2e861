"""The heads of the audit chains stand in every report, and their digest is that of the chains."""

from __future__ import annotations

import pytest

from endpoints.reports.content import chain_heads, key_of
from endpoints.standpoint import Live
from participants.models import Participant
from tests import world
from tests.integration.reports.test_report import built, text_of
from trialsite.accounts.models import RoleHeld, User
from trialsite.audit.models import AuditChain
from trialsite.audit.selectors import heads, heads_digest, of_participants
from trialsite.audit.trail import chain_name
from trialsite.kernel.digests import digest

pytestmark = pytest.mark.django_db


def test_a_report_prints_every_head_and_their_digest(trial: Participant, cast: dict[str, User]) -> None:
    job = built(cast["mo"])
    text = "".join(text_of(job).split())
    chains = job.content["chains"]
    assert "Headsoftheauditchains" in text
    head = AuditChain.objects.get(name=chain_name(Participant.objects.get(number="01-003").pk))
    assert [row for row in chains["people"] if row[0] == "01-003"] == [
        ["01-003", head.length, head.head, head.name]
    ]
    assert head.head in text
    assert chains["study"][1] in text
    assert chains["digest"] in text


def test_the_same_inputs_give_the_same_file_with_heads(trial: Participant, cast: dict[str, User]) -> None:
    job = built(cast["mo"])
    before = job.path.read_bytes()
    job.path.unlink()
    job.note(state="QUEUED", lease=None)
    from endpoints.report_tasks import report_build

    report_build(job.pk)
    job.refresh_from_db()
    assert job.path.read_bytes() == before


def test_a_monitor_of_one_site_reads_the_heads_of_that_site(
    trial: Participant, cast: dict[str, User]
) -> None:
    RoleHeld.objects.filter(user=cast["mo"]).update(site=world.site("02"))
    job = built(cast["mo"], sections=["listing", "chains"])
    text = "".join(text_of(job).split())
    other = AuditChain.objects.get(name=chain_name(Participant.objects.get(number="01-003").pk))
    assert other.head not in text


def test_the_digest_stands_for_all_heads(empty: dict[str, User]) -> None:
    one = world.screened(empty["lin"])
    before = heads()
    assert {"study", chain_name(one.pk)} <= {head.name for head in before}
    assert heads_digest(before) == digest([list(head) for head in before]) == chain_heads()["digest"]
    world.fill(world.form(one, "DM", "SCR"), empty["lin"], {"sex": "M"}, complete=False)
    assert heads_digest(heads()) != heads_digest(before)
    assert heads(["study"]) == [head for head in before if head.name == "study"]


def test_asking_for_reports_does_not_make_them_another_file(
    trial: Participant, cast: dict[str, User]
) -> None:
    key, study = key_of(Live(), "en", ["glance"], []), heads(["study"])
    built(cast["mo"], sections=["glance"])
    assert heads(["study"]) != study
    assert key_of(Live(), "en", ["glance"], []) == key
    assert of_participants(heads())
