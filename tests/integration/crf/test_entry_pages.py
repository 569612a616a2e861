"""What the entry page answers to mistakes and to other people: a clear sentence, nothing stored, nothing typed lost."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from crf.models import Draft, FormInstance, Presence
from crf.naming import form_url
from crf.selectors.sheets import sheet_of
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db


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
    return signed_in(people["lin"])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def dm(participant: Participant) -> FormInstance:
    return world.form(participant, "DM", "SCR")


def send(page: Client, form: FormInstance, **data: Any) -> Any:
    given = {"version": form.version, "token": uuid.uuid4().hex, "action": "save"} | data
    return page.post(form_url(form), given)


def date(name: str, text: str) -> dict[str, str]:
    return dict(zip((f"{name}__y", f"{name}__m", f"{name}__d"), text.split("-"), strict=True))


TOMORROW = (timezone.now() + dt.timedelta(days=2)).date().isoformat()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"su_tob": "FORMER", "su_packyr": "about twenty, see letter"}, "is not a number"),
        (date("dmdat", "2024-02-31"), "2024-02-31 is not a day of the calendar."),
        (date("dmdat", TOMORROW), "future"),
        (date("dmdat", "2024-13-01"), "is not a month"),
        (date("dmdat", "24-03-01"), "The year needs four digits"),
    ],
)
def test_a_mistake_is_told_at_its_field_and_on_top_and_stays_to_be_corrected(
    data: dict[str, str], said: str, page: Client, participant: Participant
) -> None:
    before = AuditEvent.objects.count()
    response = send(page, dm(participant), sex="M", **data)
    html = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error:" in html
    assert html.count(said) >= 2  # summary and field
    typed = [text for name, text in data.items() if not name.endswith("__m")]  # a month is shown by its name
    assert all(f'value="{text}"' in html for text in typed)
    assert dm(participant).version == 0
    assert AuditEvent.objects.filter(action__in=("ENTER", "CHANGE")).count() <= before


def test_a_value_for_a_hidden_field_sent_by_hand_is_asked_about(
    page: Client, participant: Participant
) -> None:
    response = send(page, dm(participant), su_tob="NEVER", su_packyr="12")
    assert response.status_code == 422
    assert "These answers no longer apply" in response.content.decode()
    assert dm(participant).version == 0
    assert send(page, dm(participant), su_tob="NEVER", su_packyr="12", clear_hidden="1").status_code == 302
    assert sheet_of(dm(participant)).get("su_packyr") is None


def test_two_tabs_save_the_same_form(page: Client, participant: Participant, people: dict[str, User]) -> None:
    """The second tab is as old as the first: different answers meet, the same answer is asked about."""
    form = dm(participant)
    assert send(page, form, sex="M", race="ASIAN").status_code == 302
    assert send(page, form, sex="M", su_tob="NEVER").status_code == 302
    stored = sheet_of(dm(participant))
    assert (stored.get("race"), stored.get("su_tob")) == ("ASIAN", "NEVER")
    response = send(page, form, sex="F")
    assert response.status_code == 409
    assert 'name="merge:sex" value="mine"' in response.content.decode()
    assert sheet_of(dm(participant)).get("sex") == "M"
    choices = {"merge:sex": "mine", "merged_with": str(dm(participant).version)}
    assert send(page, form, sex="F", **choices).status_code == 302
    assert sheet_of(dm(participant)).get("sex") == "F"


def test_a_choice_made_against_an_older_state_is_asked_again(page: Client, participant: Participant) -> None:
    form = dm(participant)
    send(page, form, sex="M")
    old = {"merge:sex": "mine", "merged_with": "1"}
    send(page, dm(participant), sex="M", race="ASIAN")
    assert send(page, form, sex="F", **old).status_code == 409
    assert sheet_of(dm(participant)).get("sex") == "M"


def test_a_page_of_somebody_else_is_not_saved(
    page: Client, participant: Participant, people: dict[str, User]
) -> None:
    form = dm(participant)
    other = str(people["chen"].pk)
    response = send(page, form, sex="M", person=other)
    assert (response.status_code, dm(participant).version) == (409, 0)
    kept = page.post(f"{form_url(form)}draft/", {"sex": "M", "person": other})
    assert kept.status_code == 409
    assert not Draft.objects.exists()


# --- drafts -----------------------------------------------------------------------------------------------------------


def test_a_draft_tells_of_the_fields_that_were_left_and_of_no_other(
    page: Client, participant: Participant
) -> None:
    form = dm(participant)
    typed = {"version": 0, "su_tob": "FORMER", "su_packyr": "95", **date("dmdat", "2024-02-31")}
    before = AuditEvent.objects.count()
    told = page.post(f"{form_url(form)}draft/", typed | {"touched": ["su_packyr"]}).json()
    assert set(told["fields"]) == {"su_packyr"}
    assert "unusual" in told["fields"]["su_packyr"]["html"]
    assert 'name="confirm:soft:su_packyr@su_packyr"' in told["fields"]["su_packyr"]["html"]
    told = page.post(
        f"{form_url(form)}draft/", typed | {"touched": ["dmdat", "nonsense", "ZZ:1/a", "::"]}
    ).json()
    assert set(told["fields"]) == {"dmdat"}
    assert "calendar" in told["fields"]["dmdat"]["error"]
    assert AuditEvent.objects.count() == before


def test_a_new_row_is_told_under_the_name_that_the_page_knows(page: Client, participant: Participant) -> None:
    form = world.form(participant, "ICF", "SCR")
    typed = {
        "version": form.version,
        **date("ICF2.n1.recon_dsstdat", "2024-02-31"),
        "ICF2.n1.recon_version": "1.2",
    }
    told = page.post(f"{form_url(form)}draft/", typed | {"touched": ["ICF2:n1/recon_dsstdat"]}).json()
    assert "calendar" in told["fields"]["ICF2:n1/recon_dsstdat"]["error"]


def test_a_late_draft_of_a_page_that_was_saved_is_not_kept(page: Client, participant: Participant) -> None:
    form, token = dm(participant), uuid.uuid4().hex
    assert send(page, form, sex="M", token=token).status_code == 302
    late = page.post(f"{form_url(form)}draft/", {"version": 0, "sex": "M", "token": token})
    assert late.json()["saved"] == ""
    assert not Draft.objects.exists()


def test_a_page_that_somebody_else_has_overtaken_still_keeps_its_draft(
    page: Client, participant: Participant, people: dict[str, User]
) -> None:
    form = dm(participant)
    assert send(signed_in(people["chen"]), form, sex="M").status_code == 302
    kept = page.post(f"{form_url(form)}draft/", {"version": 0, "race": "ASIAN", "token": uuid.uuid4().hex})
    assert kept.json()["saved"]
    assert Draft.objects.get().version == 0


@pytest.mark.parametrize("end", ["draft/", "presence/"])
def test_a_script_is_told_that_the_session_has_ended(end: str, participant: Participant) -> None:
    response = Client().post(form_url(dm(participant)) + end, headers={"HX-Request": "true"})
    assert response.status_code == 401


# --- who else is there --------------------------------------------------------------------------------------------------


def test_others_at_a_form_are_named_until_they_leave(
    participant: Participant, people: dict[str, User]
) -> None:
    form, lin, chen = dm(participant), signed_in(people["lin"]), signed_in(people["chen"])
    beat = f"{form_url(form)}presence/"
    assert lin.post(beat).json() == {"text": "", "version": 0}
    assert "Lin Yue" in chen.post(beat).json()["text"]
    assert "Chen Wei" in lin.post(beat).json()["text"]
    assert "Chen Wei" in lin.get(form_url(form)).content.decode()  # without script too
    assert chen.post(beat, {"left": "1"}).status_code == 204
    assert lin.post(beat).json()["text"] == ""


def test_a_person_of_whom_nothing_is_heard_is_gone(participant: Participant, people: dict[str, User]) -> None:
    form, lin = dm(participant), signed_in(people["lin"])
    ago = timezone.now() - dt.timedelta(minutes=2)
    Presence.objects.create(form=form, user=people["chen"], seen_at=ago)
    assert lin.post(f"{form_url(form)}presence/").json()["text"] == ""


def test_who_only_reads_is_not_announced(participant: Participant, people: dict[str, User]) -> None:
    form = dm(participant)
    signed_in(people["mo"]).post(f"{form_url(form)}presence/")
    assert not Presence.objects.exists()
