"""S25 Form rights none/read/edit are enforced at the server."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from crf.models import FormInstance, Presence
from crf.naming import form_url
from crf.registry import forms, parts
from crf.selectors.sheets import sheet_of
from endpoints.services import endpoints_recompute, trial_recompute
from participants.models import Participant
from pathology.models import PathologyCase
from tests import world
from tests.scenarios.stage import SignedIn
from tests.world import reading_take
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.celery import heartbeat_file

pytestmark = pytest.mark.django_db

EVERYBODY = ("lin", "chen", "wu", "zhao", "mo", "da", "st", "ad", "ins", "p1", "p2", "p3")
EDIT, READ, NONE = 302, 403, 404

# Person → what a post to a form of 01-003 is answered with. Central readings and their result are none of these forms.
RIGHTS = {
    "lin": EDIT, "chen": EDIT, "mo": READ, "da": READ, "st": READ, "ins": READ,
    "wu": NONE, "zhao": NONE, "ad": NONE, "p1": NONE, "p2": NONE, "p3": NONE,
}  # fmt: skip
CENTRAL_RESULT = {name: READ if right != NONE else NONE for name, right in RIGHTS.items()}


@pytest.fixture
def operated(cast: dict[str, User]) -> Participant:
    lin = cast["lin"]
    made = world.screened(lin, "01-003")
    world.screening_01_003(made, lin)
    world.neoadjuvant(made, lin, 1, "2024-03-14")
    world.operated(made, lin, "2024-05-30", "2024-06-14")
    return made


@pytest.fixture
def case(operated: Participant) -> PathologyCase:
    return PathologyCase.objects.get(participant=operated)


def one_of_each(participant: Participant) -> list[FormInstance]:
    """One form of every kind that the participant has, those of closed visits left out."""
    found: dict[str, FormInstance] = {}
    standing = FormInstance.objects.filter(participant=participant, active=True)
    for form in standing.select_related("participant__site", "visit").order_by("-expected", "-version", "pk"):
        found.setdefault(form.form_key, form)
    return list(found.values())


def test_every_kind_of_form_is_tried(operated: Participant) -> None:
    tried = {form.form_key for form in one_of_each(operated)}
    assert tried >= set(forms()) | {"AE1", "CPATHF"} - {"CPATH"}, set(forms()) | set(parts()) - tried


def test_each_posts_to_every_form_and_only_granted_ones_succeed(at: SignedIn, operated: Participant) -> None:
    wrong = []
    for form in one_of_each(operated):
        for name in EVERYBODY:
            rights = CENTRAL_RESULT if form.form_key == "CPATHF" else RIGHTS
            asked = NONE if form.form_key == "CPATH" else rights[name]
            version = FormInstance.objects.values_list("version", flat=True).get(pk=form.pk)
            # An older page and an answer that cannot be read: who may edit is told so, and nothing is saved.
            response = at(name).post(form_url(form), {"version": str(version), "token": f"{name}{form.pk}"})
            got = response.status_code
            granted = got in (302, 422, 409)
            if (asked == EDIT) != granted or (not granted and got != asked):
                wrong.append(f"{name} {form.form_key}: {got}, not {asked}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", EVERYBODY)
def test_lin_edits_an_adverse_event_and_reads_the_central_result(
    name: str, at: SignedIn, operated: Participant
) -> None:
    """Edit on AE, read on the central result; the same for nobody else of another site or role."""
    event = FormInstance.objects.select_related("participant__site").filter(form_key="AE1").first()
    result = world.form(operated, "CPATHF", "CPATH")
    assert event is not None
    Presence.objects.all().delete()  # who added the line is no longer at it
    client = at(name)
    page = client.get(form_url(event))
    assert page.status_code == (404 if RIGHTS[name] == NONE else 200)
    assert (b'name="action" value="save"' in page.content) is (RIGHTS[name] == EDIT), (
        "no button that would be refused"
    )
    central = client.get(form_url(result))
    assert central.status_code == (404 if RIGHTS[name] == NONE else 200)
    assert b'name="action" value="save"' not in central.content
    before = sheet_of(result).values
    assert client.post(form_url(result), {"cpf_mpr": "Y", "version": "0"}).status_code == CENTRAL_RESULT[name]
    assert sheet_of(result).values == before


def test_a_pathologist_edits_the_own_reading_and_nothing_else(
    at: SignedIn, case: PathologyCase, cast: dict[str, User]
) -> None:
    reading_take(by=cast["p1"], case=case)
    where, data = f"/readings/{case.code}/", {"cp_blind": "Y", "version": "0", "action": "save"}
    for name in EVERYBODY:
        assert at(name).post(where, data | {"token": name}).status_code == (302 if name == "p1" else 404), (
            name
        )
    assert AuditEvent.objects.filter(path="cp_blind").values_list("actor_name", flat=True).get() == "p1"
    assert at("p1").get(f"/p/{case.participant.number}/").status_code == 404


# --- the menu ---------------------------------------------------------------------------------------------------------

SAMPLES = 3  # pages of one kind that are opened


@pytest.fixture
def everything(operated: Participant, case: PathologyCase, cast: dict[str, User]) -> None:
    reading_take(by=cast["p1"], case=case)
    endpoints_recompute(operated.pk)
    trial_recompute()
    heartbeat_file().touch()  # a worker is alive


def links(page: bytes) -> list[str]:
    found = re.findall(r'href="(/[^"#]*)', page.decode())
    return [link.replace("&amp;", "&") for link in found if not link.startswith(("/static/", "/logout"))]


def kind(link: str) -> str:
    try:
        return resolve(link.partition("?")[0]).route
    except Resolver404:
        return f"nowhere: {link}"


def walk(client: Client) -> Iterator[tuple[str, str, int]]:
    """From the home page by links: (where it stands, where it leads, status); some pages of each kind are opened."""
    opened: dict[str, int] = {}
    seen, waiting = {"/"}, [("", "/")]
    while waiting:
        source, link = waiting.pop(0)
        if opened.get(kind(link), 0) >= SAMPLES:
            continue
        opened[kind(link)] = opened.get(kind(link), 0) + 1
        response = client.get(link, follow=True)
        yield source, link, response.status_code
        if response.status_code == 200 and "html" in response["Content-Type"]:
            for found in links(response.content):
                if found not in seen:
                    seen.add(found)
                    waiting.append((link, found))


@pytest.mark.parametrize("name", EVERYBODY)
def test_no_link_leads_to_a_refusal(name: str, at: SignedIn, everything: None) -> None:
    """The menu and every page that it leads to."""
    visited = list(walk(at(name)))
    assert len(visited) > 2
    refused = [f"{where} → {link}: {status}" for where, link, status in visited if status != 200]
    assert not refused, "\n".join(refused)
