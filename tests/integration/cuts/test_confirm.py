"""A data cut: signed, everything or nothing, never changed, once."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from endpoints.cuts.services import Signed, cut_confirm
from endpoints.models import CutPerson, DataCut, Moment, StoredFigures
from endpoints.standpoint import AtCut, AtMoment
from participants.models import Participant
from tests import world
from tests.integration.cuts.conftest import cut_of, dry_run, signed
from trialsite.accounts.models import RoleHeld, User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused
from trialsite.kernel.digests import digest

pytestmark = pytest.mark.django_db

Cast = dict[str, User]
PASSWORD = "demo-da-2026"


@pytest.fixture
def participant(cast: Cast) -> Participant:
    """Consented: enough to be cut."""
    made = world.screened(cast["lin"], "01-003")
    world.consent(made, cast["chen"], "2024-03-01")
    return made


def corrected(participant: Participant, by: User) -> None:
    world.change(world.form(participant, "ICF", "SCR"), by, icf_dsstdat="2024-02-28")


def confirm(by: User, moment: Moment, **other: Any) -> DataCut:
    order: dict[str, Any] = {"title": "First look", "reason": "", "replaces": None, "signed": signed(moment)}
    return cut_confirm(by=by, moment=moment, **(order | other))


def code(act: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as no:
        act()
    return no.value.code


def test_a_cut_holds_what_the_dry_run_showed(cast: Cast, participant: Participant) -> None:
    moment = dry_run(cast["da"])
    cut = confirm(cast["da"], moment)
    assert (cut.code, cut.digest, cut.results) == ("DC-01", moment.digest, moment.results)
    assert list(AtCut(cut).lines(content=True)) == list(AtMoment(moment).lines(content=True))
    kept = StoredFigures.objects.filter(source=cut.address)
    assert kept.count() == StoredFigures.objects.filter(source=f"moment:{moment.pk}").count() > 0
    assert cut.manifest["digest"] == cut.digest and cut.manifest["components"] == "username + password"
    assert set(cut.manifest["statement"]) == {"en", "zh-hans"}
    event = AuditEvent.objects.get(action="CUT_CONFIRMED")
    assert (event.actor, event.target, event.new) == (
        cast["da"], cut.address, f"DC-01 {cut.digest} manifest {digest(cut.manifest)}",
    )  # fmt: skip
    chain = next(one for one in cut.chains["people"] if one[0] == "01-003")
    head = AuditEvent.objects.filter(chain__name=chain[3]).order_by("number").last()
    assert head is not None and chain[1:3] == [head.number, head.digest]


def test_heads_of_an_earlier_moment(cast: Cast, participant: Participant) -> None:
    at = timezone.now()
    before = confirm(cast["da"], dry_run(cast["da"], at=at)).chains
    corrected(participant, cast["chen"])
    after = confirm(cast["da"], dry_run(cast["da"], at=at, final=True)).chains
    assert after == before


def test_the_live_trial_goes_on_and_the_cut_stays(cast: Cast, participant: Participant) -> None:
    cut = cut_of(cast["da"])
    before = [(row.number, row.course, row.content, row.summary) for row in cut.people.all()]
    corrected(participant, cast["chen"])
    assert [(row.number, row.course, row.content, row.summary) for row in cut.people.all()] == before
    assert cut_of(cast["da"], "Second look").digest != cut.digest


@pytest.mark.parametrize("table", ["endpoints_datacut", "endpoints_cutperson"])
def test_the_database_refuses_every_change(cast: Cast, participant: Participant, table: str) -> None:
    cut_of(cast["da"])
    column = "title" if table == "endpoints_datacut" else "number"
    for sql in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):
        with (
            pytest.raises(DatabaseError, match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
    assert DataCut.objects.get().title == "First look" and CutPerson.objects.get().number == "01-003"


def test_what_is_refused(cast: Cast, participant: Participant) -> None:
    da, moment = cast["da"], dry_run(cast["da"])
    first = confirm(da, dry_run(da, final=True))
    assert code(lambda: confirm(cast["st"], moment)) == "role"
    assert code(lambda: confirm(cast["lin"], moment)) == "role"
    assert code(lambda: confirm(da, moment, title="  ")) == "text"
    assert code(lambda: confirm(da, moment, replaces=first)) == "reason"
    assert code(lambda: confirm(da, moment, signed=Signed(("password",), False, "0" * 64, 1))) == "stale"
    assert code(lambda: confirm(da, moment, signed=Signed(("password",), False, moment.digest, 0))) == "twice"
    assert code(lambda: confirm(da, dry_run(da, cutoff=None, at=timezone.now()))) == "state"
    Moment.objects.filter(pk=moment.pk).update(basis="1.0+old/0")
    assert code(lambda: confirm(da, moment)) == "basis"
    assert DataCut.objects.count() == 1
    assert AuditEvent.objects.filter(action="REFUSED", path="@cut").count() == 6  # not what was only left out


def test_a_correction_names_the_cut_that_it_replaces(cast: Cast, participant: Participant) -> None:
    da = cast["da"]
    first = cut_of(da)
    moment = dry_run(da, final=True)
    second = confirm(da, moment, replaces=first, reason="The analysis is final.")
    assert list(first.replaced_by.all()) == [second]
    third = dry_run(da)
    assert code(lambda: confirm(da, third, replaces=first, reason="Again.")) == "replaced"


def test_rows_thrown_away_meanwhile_leave_no_half_cut(cast: Cast, participant: Participant) -> None:
    world.screened(cast["lin"], "01-004")
    moment = dry_run(cast["da"])
    moment.people.filter(number="01-004").delete()
    assert code(lambda: confirm(cast["da"], moment)) == "stale"
    assert not DataCut.objects.exists() and not CutPerson.objects.exists()
    assert not AuditEvent.objects.filter(action="CUT_CONFIRMED").exists()


# --- two at once ----------------------------------------------------------------------------------------------------


def together(*acts: Callable[[], Any]) -> list[str]:
    gate = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> str:
        try:
            gate.wait(30)
            act()
            return "done"
        except Refused as no:
            return no.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as people:
        return sorted(people.map(run, acts))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("same", "code"), [(True, "same"), (False, "twice")])
def test_two_people_cut_at_once(cast: Cast, participant: Participant, same: bool, code: str) -> None:
    one = dry_run(cast["da"])
    other = one if same else dry_run(cast["da"], final=True)
    orders = [signed(moment) for moment in (one, other)]
    acts = [
        lambda moment=moment, order=order: confirm(cast["da"], moment, signed=order)
        for moment, order in zip((one, other), orders, strict=True)
    ]
    assert together(*acts) == sorted(["done", code])
    assert DataCut.objects.get().people.count() == 1


# --- the pages ------------------------------------------------------------------------------------------------------


@pytest.fixture
def desk(cast: Cast, client: Client, settings: Any) -> Client:
    settings.DEMO = True
    client.force_login(cast["da"])
    return client


def test_from_the_empty_list_to_the_signed_cut(cast: Cast, participant: Participant, desk: Client) -> None:
    assert "No cut yet." in desk.get("/endpoints/cuts/").content.decode()
    today = timezone.localdate().isoformat()
    asked = desk.post("/endpoints/cuts/new/", {"cutoff": today, "title": "First look", "final": ""})
    moment = Moment.objects.get()
    address = f"/endpoints/cuts/dry-run/{moment.pk}/"
    assert asked["Location"] == f"{address}?title=First+look"
    waiting = desk.get(address).content.decode()
    assert "<progress" in waiting and "data-poll-url" in waiting
    assert desk.get(address, {"poll": "1"}).status_code == 200
    dry_run(cast["da"], at=moment.at, cutoff=moment.cutoff)
    ready = desk.get(address, {"poll": "1", "title": "First look"})
    assert ready.status_code == 286 and f'href="{address}?title=First+look"' in ready.content.decode()
    shown = desk.get(asked["Location"]).content.decode()
    assert "Open queries" in shown and 'value="First look"' in shown
    moment.refresh_from_db()
    assert moment.digest and moment.digest in shown

    form = {"digest": moment.digest, "last": "0", "title": "For the committee", "username": "da"}
    wrong = desk.post(address, form | {"password": "not this"})
    text = wrong.content.decode()
    assert wrong.status_code == 422 and "Nothing was confirmed." in text
    assert 'value="For the committee"' in text and 'value="da"' in text and "not this" not in text
    assert desk.post(address, form | {"password": ""}).status_code == 422
    assert not DataCut.objects.exists()
    done = desk.post(address, form | {"password": PASSWORD})
    assert done["Location"] == "/endpoints/cuts/DC-01/"
    page = desk.get("/endpoints/cuts/DC-01/").content.decode()
    assert moment.digest in page and "I confirm this data cut" in page and "For the committee" in page
    assert "DC-01" in desk.get("/endpoints/cuts/").content.decode()
    again = desk.post(address, form | {"password": PASSWORD, "last": "1"})
    assert again.status_code == 422 and "DC-01 holds exactly these data" in again.content.decode()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"cutoff": "2099-01-01"}, "lies in the future"),
        ({"cutoff": "soon"}, "Give the cut-off as a date"),
        ({"cutoff": "2024-05-01", "at": "whenever"}, "no date that can be read"),
        ({"cutoff": "2024-05-01", "at": "2024-04-01"}, "lies after the moment"),
    ],
)
def test_what_cannot_be_cut_is_said(desk: Client, typed: dict[str, str], said: str) -> None:
    answer = desk.post("/endpoints/cuts/new/", typed | {"title": "Kept"})
    assert (
        answer.status_code == 422
        and said in answer.content.decode()
        and 'value="Kept"' in answer.content.decode()
    )


def test_the_statistician_reads_and_does_not_cut(cast: Cast, participant: Participant, desk: Client) -> None:
    client = Client()
    moment = dry_run(cast["da"])
    cut = cut_of(cast["da"])
    client.force_login(cast["st"])
    assert "data manager" in client.get("/endpoints/cuts/new/").content.decode()
    refused = client.post("/endpoints/cuts/new/", {"cutoff": "2024-05-01"})
    assert refused.status_code == 403 and Moment.objects.count() == 2
    answer = client.post(f"/endpoints/cuts/dry-run/{moment.pk}/", {"password": PASSWORD})
    assert answer.status_code == 403
    for address in (
        f"/endpoints/cuts/{cut.code}/",
        f"/endpoints/cuts/dry-run/{moment.pk}/",
        "/endpoints/cuts/",
    ):
        assert client.get(address).status_code == 200
        assert client.put(address).status_code == client.delete(address).status_code == 405


def test_the_course_file_is_what_the_engine_was_given(
    cast: Cast, participant: Participant, desk: Client
) -> None:
    cut = cut_of(cast["da"])
    answer: Any = desk.get("/endpoints/cuts/DC-01/courses.json")
    (case,) = json.loads(b"".join(answer.streaming_content))
    assert case.pop("settings") == cut.engine_settings
    assert case == json.loads(zlib.decompress(cut.people.get().case))
    assert AuditEvent.objects.get(action="EXPORTED").new == f"DC-01 {cut.digest}"


def test_the_course_file_is_for_who_may_read_a_full_report(
    cast: Cast, participant: Participant, client: Client, settings: Any
) -> None:
    settings.DEMO = True
    cut_of(cast["da"])
    address = "/endpoints/cuts/DC-01/courses.json"
    client.force_login(cast["mo"])
    assert client.get(address).status_code == 200, "the same courses are attached to the report"
    assert AuditEvent.objects.filter(action="EXPORTED").count() == 1
    assert address in client.get("/endpoints/cuts/DC-01/").content.decode()
    RoleHeld.objects.filter(user=cast["da"]).update(site=participant.site)
    client.force_login(cast["da"])
    assert client.get(address).status_code == 404, "a report limited to a site carries no data"
    assert address not in client.get("/endpoints/cuts/DC-01/").content.decode()
    assert AuditEvent.objects.filter(action="EXPORTED").count() == 1


def test_a_cut_that_is_not_there(desk: Client) -> None:
    for address in ("DC-07", "dc-01", "DC-1", "7"):
        assert desk.get(f"/endpoints/cuts/{address}/").status_code == 404
    assert desk.get("/endpoints/cuts/dry-run/99/").status_code == 404
