"""S36 Duplicate and withdrawn subjects.

The system holds no initials (crf-book F02): sex and birth date are what tells that two may be one (docs/adr/0016).
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from crf.models import FormInstance, PossibleDuplicate
from crf.naming import form_url
from crf.selectors.sheets import sheet_of
from crf.services.duplicates import duplicate_decide, duplicates_seek
from crf.services.findings import participants_check
from crf.services.schedule import participant_screen
from crf.verifying import participant_problems
from endpoints.models import EndpointState
from endpoints.services import endpoints_recompute
from participants.models import Participant
from tests import world
from tests.contracts.test_urls import routes, same_words
from tests.scenarios.stage import SignedIn, again, events, save, shown, study_events
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db

BORN = {"sex": "M", "brthdat": "1968-05-11"}


def born(participant: Participant, by: User, **values: str) -> FormInstance:
    form = world.form(participant, "DM", "SCR")
    world.fill(form, by, BORN | values, complete=False)
    return form


@pytest.fixture
def known(participant: Participant, cast: dict[str, User]) -> Participant:
    born(participant, cast["lin"])
    return participant


@pytest.fixture
def twin(known: Participant, cast: dict[str, User]) -> Participant:
    """Somebody of site 02 with the same sex and birth date, checked by the worker."""
    made = world.screened(cast["wu"], "02-001", "02")
    world.consent(made, cast["wu"], "2024-04-02")
    born(made, cast["wu"])
    participants_check([known.pk, made.pk])
    return made


# --- the same number --------------------------------------------------------------------------------------------------


def test_the_same_number_is_refused(known: Participant, cast: dict[str, User]) -> None:
    with pytest.raises(Refused) as no:
        participant_screen(by=cast["chen"], site=world.site(), number="01-003")
    assert str(no.value.reason) == "Participant 01-003 exists already."
    assert Participant.objects.filter(number="01-003").count() == 1


# --- perhaps the same person ------------------------------------------------------------------------------------------


def test_entry_goes_on_and_the_data_manager_alone_gets_a_task(
    at: SignedIn, known: Participant, twin: Participant
) -> None:
    form = world.form(twin, "DM", "SCR")
    assert save(at("wu"), form, race="ASIAN").status_code == 302
    [pair] = PossibleDuplicate.objects.all()
    assert (pair.one, pair.other, pair.state) == (known, twin, "OPEN")
    page = at("da").get("/duplicates/").content.decode()
    assert "01-003" in page
    assert "02-001" in page
    assert 'href="/duplicates/"' in at("da").get("/participants/").content.decode()
    for name in ("lin", "wu", "chen", "zhao", "mo", "st", "ad", "ins", "p1"):
        client = at(name)
        assert client.get("/duplicates/").status_code == 404
        assert client.post(f"/duplicates/{pair.pk}/", {"act": "same", "reason": "x"}).status_code == 404
        assert "/duplicates/" not in client.get("/", follow=True).content.decode()


def test_site_02_learns_nothing_about_site_01(at: SignedIn, known: Participant, twin: Participant) -> None:
    """No finding, no query, no event, no other word and no other query of the database than without the twin."""
    wu = at("wu")
    alone = world.screened(User.objects.get(username="wu"), "02-002", "02")
    world.consent(alone, User.objects.get(username="wu"), "2024-04-02")
    born(alone, User.objects.get(username="wu"), brthdat="1951-01-30")
    participants_check([alone.pk])
    for road in ("/p/{}/", "/p/{}/SCR/", "/p/{}/SCR/dm/", "/p/{}/SCR/dm/history/"):
        pages, asked = [], []
        for one in (twin, alone):
            wu.get(road.format(one.number))  # what a process remembers is remembered now
            with CaptureQueriesContext(connection) as queries:
                response = wu.get(road.format(one.number))
            assert response.status_code == 200
            asked.append(len(queries))
            pages.append(response.content.decode())
            assert "01-003" not in pages[-1]
            assert not re.search(r"duplicate|同一", pages[-1], re.IGNORECASE)
        assert asked[0] == asked[1], road
    kinds = [
        list(AuditEvent.objects.filter(chain__name=f"participant:{one.pk}").values_list("action", "path"))
        for one in (twin, alone)
    ]
    assert kinds[0] == kinds[1], "the trail of the participant is read, and copied, at the site"
    assert all("duplicate" not in note.lower() for note in wu.get("/").content.decode().split())


def test_the_task_is_raised_once_and_ends_when_the_date_is_corrected(
    known: Participant, twin: Participant, cast: dict[str, User]
) -> None:
    assert duplicates_seek([known.pk, twin.pk]) == duplicates_seek([twin.pk]) == 0
    assert len(study_events("DUPLICATE")) == 1
    born(twin, cast["wu"], brthdat="1968-06-11")
    participants_check([twin.pk])
    assert PossibleDuplicate.objects.get().state == "GONE"
    born(twin, cast["wu"])
    participants_check([twin.pk])
    assert PossibleDuplicate.objects.get().state == "OPEN"
    assert [(e.old, e.new, e.actor_name) for e in study_events("DUPLICATE")] == [
        ("", "OPEN", "system"), ("OPEN", "GONE", "system"), ("GONE", "OPEN", "system"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "alike"),
    [
        (BORN, True), ({"sex": "F"}, False), ({"brthdat": "1968-05-12"}, False), ({"brthdat": "1968-05"}, True),
        ({"brthdat": "1968-06"}, False), ({"brthdat": "1967-05-11"}, False),
    ],
    ids=["the same", "another sex", "another day", "the day unknown", "another month", "another year"],
)  # fmt: skip
def test_who_is_alike(values: dict[str, str], alike: bool, known: Participant, cast: dict[str, User]) -> None:
    made = world.screened(cast["wu"], "02-001", "02")
    born(made, cast["wu"], **values)
    duplicates_seek([made.pk])
    assert PossibleDuplicate.objects.exists() is alike


def test_da_decides_with_a_reason(at: SignedIn, twin: Participant) -> None:
    pair, da = PossibleDuplicate.objects.get(), at("da")
    where = f"/duplicates/{pair.pk}/"
    for data in ({"act": "different"}, {"act": "different", "reason": "  "}, {"act": "merge", "reason": "x"}):
        assert da.post(where, data).status_code == 422
        assert PossibleDuplicate.objects.get().state == "OPEN"
    kept = da.post(where, {"act": "", "reason": "Both sites were asked"}).content.decode()
    assert 'value="Both sites were asked"' in kept, "nothing typed is lost"
    assert da.post(where, {"act": "different", "reason": "Both sites were asked"}).status_code == 302
    assert da.post(where, {"act": "different", "reason": "Twice"}).status_code == 422
    event = study_events("DUPLICATE")[-1]
    assert (event.old, event.new, event.actor_name, event.reason) == (
        "OPEN", "DIFFERENT", "da", "Both sites were asked",
    )  # fmt: skip
    duplicates_seek([twin.pk])
    assert PossibleDuplicate.objects.get().state == "DIFFERENT", "what a person decided stays"
    assert "02-001" not in da.get("/duplicates/").content.decode()


def test_nobody_else_decides_by_the_service(twin: Participant, cast: dict[str, User]) -> None:
    for name in ("lin", "wu", "mo", "ad", "ins"):
        with pytest.raises(Refused):
            duplicate_decide(by=cast[name], pair=PossibleDuplicate.objects.get(), act="same", reason="x")


# --- withdrawn --------------------------------------------------------------------------------------------------------


@pytest.fixture
def treated(cast: dict[str, User]) -> Participant:
    lin = cast["lin"]
    made = world.screened(lin, "01-004")
    world.screening_01_003(made, lin)
    world.treatment_01_003(made, lin)
    return made


def withdraw(at: SignedIn, participant: Participant) -> None:
    form = world.form(participant, "ICF", "SCR")
    answer = save(
        at("lin"),
        form,
        wd_yn="Y",
        wd_dsstdat="2024-05-25",
        wd_scope="ALL",
        more={"reason": "Letter of 25 May"},
    )
    assert answer.status_code == 302, answer.content.decode()[:1500]


def restore(at: SignedIn, participant: Participant) -> None:
    form = world.form(participant, "ICF", "SCR")
    answer = save(
        at("lin"), form, wd_yn="N", wd_dsstdat="", wd_scope="",
        more={"reason": "Letter of another person", "clear_hidden": "1"},
    )  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()[:1500]


def standing(participant: Participant) -> dict[str, Any]:
    """What the forms say, and what is expected."""
    forms = FormInstance.objects.filter(participant=participant).exclude(form_key="ICF").order_by("pk")
    return {
        form.pk: (form.status, form.expected, form.active, str(sheet_of(form).values)) for form in forms
    } | {"state": Participant.objects.get(pk=participant.pk).state}


def test_data_stay_readable_and_entry_stops(at: SignedIn, treated: Participant) -> None:
    before = standing(treated)
    withdraw(at, treated)
    assert Participant.objects.get(pk=treated.pk).state == "OFF_STUDY"
    after = standing(treated)
    assert {pk: row[3] for pk, row in after.items() if pk != "state"} == {
        pk: row[3] for pk, row in before.items() if pk != "state"
    }, "not a value went"
    lin = at("lin")
    for form in FormInstance.objects.filter(participant=treated).select_related("participant", "visit"):
        if form.form_key in ("ICF", "EOS", "CPATH", "CPATHF"):
            continue
        assert lin.get(form_url(form)).status_code == 200
        answer = lin.post(form_url(form), {"version": str(form.version), "action": "save"})
        assert answer.status_code == 403, form_url(form)
        assert again(form).version == form.version
    for road in ("log/ae/add/", "open/"):
        answer = lin.post(f"/p/{treated.number}/{road}", {"label": "UNS1", "reason": "Fell ill"})
        assert answer.status_code in (403, 422), road
        assert "Consent was withdrawn" in answer.content.decode()
    dm = world.form(treated, "DM", "SCR")
    assert "Consent was withdrawn" in lin.get(form_url(dm)).content.decode()
    refused = save(lin, dm, more={"sex": "F", "reason": "x"})
    assert "Consent was withdrawn" in refused.content.decode()
    assert AuditEvent.objects.filter(action="REFUSED", new="withdrawn", actor_name="lin").exists()


def test_the_end_of_study_can_still_be_recorded(at: SignedIn, treated: Participant) -> None:
    withdraw(at, treated)
    form = world.form(treated, "EOS", "EOS")
    assert save(at("lin"), form, eos_dsstdat="2024-05-25").status_code == 302


def test_what_a_query_asks_about_can_still_be_corrected(
    at: SignedIn, treated: Participant, cast: dict[str, User]
) -> None:
    from crf.services.queries import query_raise

    withdraw(at, treated)
    form = world.form(treated, "DM", "SCR")
    query_raise(by=cast["mo"], participant=treated, form=form, path="race", text="What does the source say?")
    answer = save(at("lin"), form, race="OTHER", more={"reason:race": "Source: identity papers"})
    assert answer.status_code == 302, answer.content.decode()[:1500]


def test_endpoints_count_the_participant_by_the_analysis_set_rule(at: SignedIn, treated: Participant) -> None:
    """Enrolled and treated, then withdrawn before surgery: in the set of all enrolled, and no responder."""
    endpoints_recompute(treated.pk)
    before = EndpointState.objects.get(pk=treated.pk).summary
    withdraw(at, treated)
    endpoints_recompute(treated.pk)
    after = EndpointState.objects.get(pk=treated.pk).summary
    assert after["sets"] == before["sets"], "withdrawal takes nobody out of a set"
    assert after["values"]["BOR_RECIST"]["value"] == before["values"]["BOR_RECIST"]["value"] == "PR"


def test_restore_brings_all_back(at: SignedIn, treated: Participant) -> None:
    endpoints_recompute(treated.pk)
    before, results = standing(treated), EndpointState.objects.get(pk=treated.pk).summary["values"]
    withdraw(at, treated)
    assert standing(treated) != before
    restore(at, treated)
    assert standing(treated) == before
    endpoints_recompute(treated.pk)
    assert EndpointState.objects.get(pk=treated.pk).summary["values"] == results
    dm = world.form(treated, "DM", "SCR")
    assert save(at("lin"), dm, su_packyr="16", more={"reason": "Entry goes on"}).status_code == 302
    form = world.form(treated, "ICF", "SCR")
    assert [(e.old, e.new) for e in events(form, "wd_yn")] == [("", "N"), ("N", "Y"), ("Y", "N")]
    assert list(participant_problems(Participant.objects.get(pk=treated.pk))) == []


# --- nothing is deleted -----------------------------------------------------------------------------------------------


def test_no_address_deletes() -> None:
    """Ways to take something out end in a reason and a row that stays; none is called delete, and none does."""
    assert not [
        route for route in routes(get_resolver().url_patterns) if re.search(r"delete|purge|erase", route)
    ]


def test_no_role_holds_a_right_to_delete(cast: dict[str, User]) -> None:
    from trialsite.accounts.roles import Permission

    assert not [right for right in Permission if re.search(r"delete|purge|erase|destroy", right.value)]
    ours = {"participants", "crf", "pathology", "endpoints", "accounts", "audit"}
    for user in cast.values():
        assert not user.is_superuser
        assert not user.is_staff
        for model in apps.get_models():
            if model._meta.app_label in ours:
                assert not user.has_perm(f"{model._meta.app_label}.delete_{model._meta.model_name}")


@pytest.mark.parametrize("name", ["lin", "chen", "mo", "da", "st", "ad", "ins"])
def test_no_request_deletes_a_participant_or_a_form(name: str, at: SignedIn, known: Participant) -> None:
    client = at(name)
    before = (Participant.objects.count(), FormInstance.objects.count())
    for path in ("/p/01-003/", "/p/01-003/SCR/dm/", "/p/01-003/SCR/", "/participants/"):
        assert client.delete(path).status_code in (404, 405)
        data = {"_method": "DELETE", "action": "delete", "delete": "1", "version": "1", "sex": "M"}
        client.post(path, data | {"brthdat__y": "1968", "brthdat__m": "5", "brthdat__d": "11"})
    assert (Participant.objects.count(), FormInstance.objects.count()) == before
    assert value(known) == "M"


def value(participant: Participant) -> Any:
    return sheet_of(world.form(participant, "DM", "SCR")).get("sex")


def test_the_database_refuses_to_lose_a_form_with_its_participant(known: Participant) -> None:
    from django.db.models import ProtectedError

    with pytest.raises(ProtectedError):
        known.delete()
    with pytest.raises(ProtectedError):
        world.form(known, "DM", "SCR").delete()


def test_the_pages_of_the_other_site_read_the_same(
    at: SignedIn, known: Participant, twin: Participant
) -> None:
    there, none = at("wu").get("/p/01-003/"), at("wu").get("/p/01-999/")
    assert same_words(there, {"number": "01-003"}) == same_words(none, {"number": "01-999"})
    assert shown(at("lin"), world.form(known, "DM", "SCR"))["sex"] == ["M"]
