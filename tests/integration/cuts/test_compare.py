"""What changed between two cuts, or since a cut: exactly that, and nothing else."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone

from endpoints.cuts.comparing import Comparison, compare
from endpoints.models import Moment, TrialState
from endpoints.services import endpoints_recompute, trial_recompute
from endpoints.standpoint import AtCut, AtMoment, Live
from endpoints.views.compare import inputs_of
from participants.models import Participant
from tests import world
from tests.integration.cuts.conftest import cut_of, dry_run, read_by_two
from trialsite.accounts import services as accounts
from trialsite.accounts.models import User
from trialsite.accounts.permissions import forget, grants_of
from trialsite.accounts.roles import Role
from trialsite.audit.models import AuditEvent
from trialsite.web import sheets

pytestmark = pytest.mark.django_db

Cast = dict[str, User]
WHY = "The slide was read again."
PATHOLOGIC = ("MPR", "PCR", "MPR_30", "MPR_50", "MPR_VOLUME", "MPR_UNWEIGHTED")


@pytest.fixture
def operated(cast: Cast) -> Participant:
    """01-003 with a released central result: 4 % and 6 % viable."""
    lin = cast["lin"]
    made = world.screened(lin, "01-003")
    world.screening_01_003(made, lin)
    world.neoadjuvant(made, lin, 1, "2024-03-14")
    read_by_two(made, lin)
    return made


def live() -> Live:
    for one in Participant.objects.all():
        endpoints_recompute(one.pk)
    TrialState.objects.all().delete()
    trial_recompute()
    return Live()


def against(cut: Any, other: Any, who: User) -> Comparison:
    return compare(AtCut(cut), other, grants_of(who))


def viable(participant: Participant, lin: User, share: str) -> None:
    reading = world.form(participant, "CPATH", "CPATH", 1)
    rest = str(80 - int(share))
    world.change(reading, lin, reason=WHY, CP2_1_cpn_rvt=share, CP2_1_cpn_nec=rest)


def test_one_value_changed_and_exactly_what_depends_on_it(cast: Cast, operated: Participant) -> None:
    lin, st = cast["lin"], cast["st"]
    other = world.screened(lin, "01-004")
    world.consent(other, cast["chen"], "2024-03-01")
    cut = cut_of(cast["da"])
    assert cut.results["rates"]["MPR"]["FAS"]["all"]["x"] == 1
    viable(operated, lin, "14")
    found = against(cut, live(), st)

    # The readers disagree now, so all that rests on the readings waits for the adjudicator; nothing else moved.
    assert [one.name for one in found.headline] == ["MPR", "PCR"]
    assert {one.name for one in found.moved if one.population} == set(PATHOLOGIC)
    assert [one.label for one in found.moved if not one.population] == ["Pathology-evaluable"]
    mpr = found.headline[0]
    assert (mpr.before, mpr.after, mpr.delta) == ("1/1 (100.0%)", "0/1 (0.0%), 1 pending", "−100.0")
    (person,) = found.people
    assert person.number == "01-003" and {one.name for one in person.values} == set(PATHOLOGIC)
    assert [one.name for one in person.shown] == ["MPR", "PCR"]
    assert {one.name for one in person.further} == {*PATHOLOGIC} - {"MPR", "PCR"}
    value = next(one for one in person.values if one.name == "MPR")
    assert (value.before, value.after) == ("Yes (RVT 5.0%)", "Pending")
    assert found.questions == [] and found.unseen == 0

    (inputs,) = inputs_of(found, found.with_inputs)
    (change,) = inputs.changes
    assert (change.before.split()[0], change.after.split()[0], change.kind) == ("4.0", "14.0", "endpoint")
    assert (change.line.reason, change.line.who, change.href) == (
        WHY,
        "Study coordinator",
        "",
    )  # nobody is named
    assert change.form == "Central pathology, reading 1"
    assert inputs.idle == 0 and not inputs.unexplained  # of a reading nothing else shows, not even a count


def test_a_value_that_moves_no_figure(cast: Cast, operated: Participant) -> None:
    cut = cut_of(cast["da"])
    viable(operated, cast["lin"], "8")
    found = against(cut, live(), cast["st"])
    assert found.moved == []
    assert {one.name: (one.before, one.after) for one in found.people[0].values}["MPR"] == (
        "Yes (RVT 5.0%)", "Yes (RVT 7.0%)",
    )  # fmt: skip


def test_a_change_without_effect_is_counted_and_not_named(cast: Cast, participant: Participant) -> None:
    cut = cut_of(cast["da"])
    form = world.form(participant, "TA", "TA1")
    world.change(form, cast["lin"], resp_com="Other words.", tudat="2024-04-08")
    world.change(form, cast["lin"], ta_slice="4.0")
    found = against(cut, live(), cast["st"])
    (inputs,) = inputs_of(found, found.with_inputs)
    assert [one.address.rpartition("/")[2] for one in inputs.changes] == ["tudat"]
    assert inputs.idle >= 1
    assert inputs.changes[0].line.who == str(cast["lin"]) and inputs.changes[0].href.endswith("#f-tudat")


def test_there_and_back_is_no_change(cast: Cast, participant: Participant) -> None:
    cut = cut_of(cast["da"])
    form = world.form(participant, "TA", "TA1")
    world.change(form, cast["lin"], tudat="2024-04-08")
    world.change(form, cast["lin"], tudat="2024-04-09")
    found = against(cut, live(), cast["st"])
    assert found.moved == [] and found.people == []


def test_an_assessment_in_the_middle_moves_no_other_field(cast: Cast, participant: Participant) -> None:
    lin = cast["lin"]
    lesions = [world.target("T01", "S8", "48.0", "39.0"), world.target("T02", "S5", "20.0", "11.0")]
    world.assessed(participant, lin, "TA2", "2024-06-04", lesions, ("PR", "PR"), resp_com="-")
    cut = cut_of(cast["da"])
    form = world.form(participant, "TA", "TA1")
    world.change(form, lin, TA2_1_tl_diam="51.0")
    found = against(cut, live(), cast["st"])
    (inputs,) = inputs_of(found, found.with_inputs)
    named = [one.address.rpartition("/")[2] for one in inputs.changes if one.line.who != "system"]
    assert named == ["tl_diam"]


def test_two_cuts_with_a_later_cut_off(cast: Cast, participant: Participant) -> None:
    """Only the question differs: no field is blamed."""
    first = cut_of(cast["da"], cutoff=dt.date(2024, 4, 1))
    second = cut_of(cast["da"], "Second look", cutoff=dt.date(2024, 9, 1), final=True)
    found = against(second, AtCut(first), cast["st"])  # in whichever order: the earlier stands left
    assert (found.before.label, found.after.label) == ("DC-01", "DC-02")
    assert [one.label for one in found.questions] == ["Cut-off", "Analysis"]
    assert {one.name for one in found.people[0].values} >= {"OS", "PFS"}
    assert [one.changes for one in inputs_of(found, found.with_inputs)] in ([], [[]])


def test_new_participants_and_those_of_other_sites(cast: Cast, participant: Participant) -> None:
    cut = cut_of(cast["da"])
    world.screened(cast["lin"], "01-009")
    world.screened(cast["wu"], "02-001", "02")
    monitor = accounts.user_create(by=None, username="mo1", full_name="Monitor of 01")
    accounts.role_grant(
        by=None, user=monitor, role=Role.MONITOR, site=world.site("01"), valid_from=dt.date(2024, 1, 1)
    )
    forget(monitor)
    found = against(cut, live(), monitor)
    assert ([one.number for one in found.new], found.unseen) == (["01-009"], 1)
    assert [one.number for one in against(cut, Live(), cast["st"]).new] == ["01-009", "02-001"]


def test_a_reading_that_is_not_released_stays_unseen(cast: Cast, participant: Participant) -> None:
    lin = cast["lin"]
    world.operated(participant, lin, "2024-05-30", "2024-06-14")
    cut = cut_of(cast["da"])
    bed = [world.nodule(1, ("40", "30", "30"), ("4", "76", "20"))]
    world.central_reading(participant, lin, "R1", "2024-06-20", bed, "2024-06-03")
    world.change(world.form(participant, "SURG", "SURG"), lin, surg_r="R1", reason="Pathology says so.")
    found = against(cut, live(), cast["st"])
    (inputs,) = inputs_of(found, found.with_inputs)
    assert [one.address.rpartition("/")[2] for one in inputs.changes] == ["surg_r"]


def test_the_pages(cast: Cast, operated: Participant, client: Client, settings: Any) -> None:
    settings.DEMO = True
    client.force_login(cast["da"])
    assert "No cut yet." in client.get("/endpoints/compare/").content.decode()
    cut = cut_of(cast["da"])
    viable(operated, cast["lin"], "14")
    live()
    page = client.get("/endpoints/compare/?a=DC-01&b=live").content.decode()
    assert "1/1 (100.0%)" in page and "0/1 (0.0%)" in page and WHY in page and "Study coordinator" in page
    assert "Lin Yue" not in page.partition("<main")[2]
    assert client.get("/endpoints/compare/?a=DC-01&b=DC-09").status_code == 422
    assert client.get("/endpoints/compare/?a=DC-01&b=at:2099-01-01").status_code == 422
    at = timezone.now()
    waiting = client.get("/endpoints/compare/", {"a": "DC-01", "at": at.isoformat()})
    assert "<progress" in waiting.content.decode()
    Moment.objects.update(state="FAILED", error="MemoryError: ")
    address = {"a": "DC-01", "b": f"at:{at.isoformat()}"}
    failed = client.get("/endpoints/compare/", address).content.decode()
    assert "MemoryError" in failed and 'name="again"' in failed
    where = f"/endpoints/compare/?{urlencode(address)}"
    assert client.get(f"{where}&again=1").status_code == 200
    assert not Moment.objects.filter(state="QUEUED").exists()  # reading an address asks for no work twice
    assert client.post(where, {"again": "1"}).status_code == 302
    assert Moment.objects.filter(state="QUEUED").count() == 1
    moment = dry_run(cast["da"], at=at, cutoff=None)
    assert AtMoment(moment).ready
    shown = client.get("/endpoints/compare/", {"a": "DC-01", "b": f"at:{at.isoformat()}"}).content.decode()
    assert "0/1 (0.0%)" in shown
    answer: Any = client.get("/endpoints/compare.csv?a=DC-01&b=live")
    text = b"".join(answer.streaming_content).decode()
    assert text.startswith(sheets.MARK), "without it spreadsheets read Chinese as something else"
    rows = list(csv.DictReader(io.StringIO(text.removeprefix(sheets.MARK))))
    assert any(row["difference"].startswith("-") for row in rows)
    assert not any(row["difference"].startswith("\u2212") for row in rows), "a minus that a spreadsheet reads"
    assert {"figure", "value", "field, endpoint"} <= {row["kind"] for row in rows}
    field = next(row for row in rows if row["kind"] == "field, endpoint")
    assert (field["reason"], field["participant"]) == (WHY, "01-003")
    taken = AuditEvent.objects.get(action="EXPORTED")
    assert (taken.actor_name, taken.subject) == ("da", "endpoints/compare.csv")
    assert taken.new.startswith("live ") and taken.new.endswith("a=DC-01&b=live")
    assert client.get(f"/endpoints/compare/?a={cut.code}&b=dry-run:999").status_code == 422
