"""Posts that no browser of ours sends: each is refused or passed over in words, none is an error of the server."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client

from crf.models import Finding, FormInstance
from crf.naming import form_url
from crf.selectors.sheets import sheet_of
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

LONG = "x" * 5000


@pytest.fixture(autouse=True)
def demo(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def people(db: None) -> dict[str, User]:
    return world.people()


@pytest.fixture
def participant(people: dict[str, User]) -> Participant:
    made = world.screened(people["lin"])
    world.consent(made, people["lin"], "2024-03-04")
    return made


@pytest.fixture
def page(people: dict[str, User]) -> Client:
    client = Client()
    client.force_login(people["lin"])
    return client


def dm(participant: Participant) -> FormInstance:
    return world.form(participant, "DM", "SCR")


def written(participant: Participant) -> int:
    """Events of the participant, beside those that say what was refused (S07)."""
    chain = f"participant:{participant.pk}"
    return AuditEvent.objects.filter(chain__name=chain).exclude(action="REFUSED").count()


def send(page: Client, form: FormInstance, **data: Any) -> Any:
    given = {"version": form.version, "token": uuid.uuid4().hex, "action": "save"} | data
    return page.post(form_url(form), given)


@pytest.mark.parametrize("version", ["99999999999999999999", "abc", "-1", "²"])
def test_a_version_of_no_page_is_stale_or_passed_over(
    version: str, page: Client, participant: Participant
) -> None:
    assert send(page, dm(participant), version=version, sex="M").status_code in (302, 409)


@pytest.mark.parametrize(
    "text",
    ["a\x00b", "\x00", "Wörter 🙂 中文", "\u202eabc", "<script>alert(1)</script>", "'; DROP TABLE x; --"],
)
def test_any_character_is_stored_as_it_is_or_refused_at_its_field(
    text: str, page: Client, participant: Participant
) -> None:
    response = send(page, dm(participant), ethcn="OTHER", ethcn_oth=text)
    stored = sheet_of(dm(participant)).get("ethcn_oth")
    if response.status_code == 302:
        assert stored == (text.replace("\x00", "").strip() or None)
        shown = page.get(form_url(dm(participant))).content.decode()
        assert "<script>alert" not in shown
    else:
        assert response.status_code == 422
        assert stored is None


@pytest.mark.parametrize("key", ["99999", "n99999", "n²", "٣", "-1", "0", "1.5", "n", "1e3"])
def test_rows_are_numbered_as_rows_are(key: str, page: Client, participant: Participant) -> None:
    form = world.form(participant, "ICF", "SCR")
    prefix = f"ICF2.{key}."
    data = {f"{prefix}recon_version": "2.0", f"{prefix}recon_reason": "AMENDMENT"}
    response = send(page, form, clear_hidden="1", reason="Test", icf_yn="Y", **data)
    assert response.status_code in (302, 422)
    assert all(line.row < 1000 for line in sheet_of(world.form(participant, "ICF", "SCR")).rows["ICF2"])


def test_sections_and_fields_of_no_form_are_passed_over(page: Client, participant: Participant) -> None:
    data = {"ZZ9.1.sex": "M", "nonsense": "1", "IE1.1.ieorres": "Y", "form_id": "1", "participant_id": "2"}
    before = AuditEvent.objects.count()
    assert send(page, dm(participant), **data).status_code == 302
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    "path", ["", "sex", "ZZ9:1/sex", "ICF2:1/recon_version", "ICF2:x/none", "@status", "a/b/c", "::", LONG]
)
def test_a_history_is_asked_by_any_path(path: str, page: Client, participant: Participant) -> None:
    form = world.form(participant, "ICF", "SCR")
    assert page.get(f"{form_url(form)}history/", {"path": path}).status_code in (200, 404)


def test_a_section_that_no_form_has_gets_no_row(page: Client, participant: Participant) -> None:
    assert send(page, dm(participant), action="add_row:ZZ9").status_code == 200


def test_reasons_of_any_length(page: Client, participant: Participant, people: dict[str, User]) -> None:
    form = dm(participant)
    assert send(page, form, su_tob="FORMER", su_packyr="95").status_code == 302
    form = dm(participant)
    response = send(page, form, **{"su_tob": "FORMER", "su_packyr": "95", "confirm:su_packyr": LONG})
    assert response.status_code in (302, 422)
    assert len(Finding.objects.get(form=form).reason) <= 300
    world.fill(dm(participant), people["lin"], {"su_tob": "FORMER", "su_packyr": "95"}, complete=False)
    assert send(page, dm(participant), su_tob="FORMER", su_packyr="96", reason=LONG).status_code in (302, 422)


def test_a_removal_with_a_long_reason(page: Client, participant: Participant) -> None:
    form = world.form(participant, "SACT")
    line = {"SA1.n1.sact_desc": "Lenvatinib"}
    assert send(page, form, sact_yn="Y", **line).status_code in (302, 422)
    form = world.form(participant, "SACT")
    response = send(page, form, **{"sact_yn": "Y", "SA1.1.-remove": "1", "SA1.1.-reason": LONG})
    assert response.status_code in (302, 422)


def test_a_removal_needs_its_reason(page: Client, participant: Participant) -> None:
    form = world.form(participant, "SACT")
    assert send(page, form, **{"sact_yn": "Y", "SA1.n1.sact_desc": "Lenvatinib"}).status_code == 302
    form = world.form(participant, "SACT")
    for reason in ("", "   "):
        response = send(page, form, **{"sact_yn": "Y", "SA1.1.-remove": "1", "SA1.1.-reason": reason})
        assert response.status_code == 422
    assert [line.active for line in sheet_of(world.form(participant, "SACT")).rows["SA1"]] == [True]
    response = send(
        page, form, **{"sact_yn": "Y", "SA1.1.-remove": "1", "SA1.1.-reason": "Not given after all"}
    )
    assert response.status_code == 302
    assert [line.active for line in sheet_of(world.form(participant, "SACT")).rows["SA1"]] == [False]


def test_one_submission_id_belongs_to_one_form(page: Client, participant: Participant) -> None:
    token = uuid.uuid4().hex
    assert send(page, dm(participant), token=token, sex="M").status_code == 302
    other = send(page, world.form(participant, "SACT"), token=token, sact_yn="N")
    assert other.status_code < 500
    assert send(page, dm(participant), token="t" * 200, sex="F").status_code == 302


@pytest.mark.parametrize("value", ["user:999999", "user:0", "form:1", "AE:1", "lin", "user:1;DROP", LONG])
def test_a_reference_names_a_person_who_is_there(value: str, page: Client, participant: Participant) -> None:
    form = world.form(world.screened(User.objects.get(username="lin")), "ICF", "SCR")
    response = send(page, form, icf_yn="Y", icf_investigator=value)
    assert response.status_code == 422
    assert world.form(form.participant, "ICF", "SCR").version == 0


def test_a_reference_to_another_participants_form_is_refused(
    page: Client, participant: Participant, people: dict[str, User]
) -> None:
    other = world.screened(people["wu"], site_number="02")
    foreign = world.form(other, "TA", "SCR")
    form = world.form(participant, "SS", "SFU30")
    data = {"ss_status": "ALIVE", "ss_event_yn": "Y", "ss_event_basis": "IMAGING"}
    response = send(page, form, ss_event_taref=foreign.address, **data)
    assert response.status_code == 422
    assert world.form(participant, "SS", "SFU30").version == 0


def test_who_may_not_enter_is_refused_at_every_form(
    participant: Participant, people: dict[str, User]
) -> None:
    """S25: at the server, whatever the page shows."""
    every = FormInstance.objects.filter(participant=participant).select_related("visit", "participant__site")
    forms = {form.form_key: form for form in every}.values()  # one of each
    assert len(forms) > 15
    for name, statuses in {
        "mo": {403},
        "st": {403},
        "ins": {403},
        "da": {403},
        "p1": {404},
        "ad": {404},
        "wu": {404},
    }.items():
        client = Client()
        client.force_login(people[name])
        before = written(participant)
        for form in forms:
            assert send(client, form, sex="M").status_code in statuses | (
                {404} if "CPATH" in form.form_key else set()
            )
        assert written(participant) == before


@pytest.mark.parametrize("state", ["locked", "frozen"])
def test_a_lock_holds_against_the_page_and_a_stale_tab(
    state: str, page: Client, participant: Participant, people: dict[str, User]
) -> None:
    form = dm(participant)
    FormInstance.objects.filter(pk=form.pk).update(**{state: True})
    before = written(participant)
    response = send(page, form, sex="M", version=0)
    assert response.status_code == 403
    assert state in response.content.decode()
    assert 'value="M" checked' in response.content.decode()  # what was typed is still there
    assert dm(participant).version == 0
    assert written(participant) == before
    assert page.post(f"{form_url(form)}draft/", {"sex": "M"}).status_code == 409
