"""S30 Hidden values are never silently lost."""

from __future__ import annotations

from typing import Any

import pytest

from crf.documents.capture import capture
from crf.models import FormInstance
from crf.selectors.sheets import casebook, sheet_of
from crf.verifying import participant_problems
from endpoints.models import EndpointState
from endpoints.services import endpoints_recompute
from participants.models import Participant
from tests import world
from tests.contracts.html import answers
from tests.scenarios.stage import SignedIn, again, events, save, shown, typed_over
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent

pytestmark = pytest.mark.django_db

BELOW = {
    "surg_prstdat": "2024-05-30", "surg_dur": "255", "surg_approach": "LAP", "surg_prtrt": "RAS", "surg_anat": "Y",
    "surg_segs": "S5;S8", "surg_ntum": "2", "surg_extra": "N", "surg_ablation": "N", "surg_thrombect": "N",
    "surg_lnd": "N", "surg_pringle": "Y", "surg_pringle_min": "42", "surg_r": "R0",
}  # fmt: skip


@pytest.fixture
def treated(cast: dict[str, User]) -> Participant:
    lin = cast["lin"]
    made = world.screened(lin, "01-003")
    world.screening_01_003(made, lin)
    world.treatment_01_003(made, lin)
    return made


@pytest.fixture
def surgery(treated: Participant, cast: dict[str, User]) -> FormInstance:
    """ "Surgery done = yes" with 14 answers below it."""
    form = world.form(treated, "SURG", "SURG")
    world.fill(form, cast["lin"], {"surg_proccur": "Y"} | BELOW, complete=False)
    assert len(BELOW) == 14
    return again(form)


def stands(form: FormInstance) -> dict[str, Any]:
    values = sheet_of(again(form)).values
    return {name: values[name] for name in BELOW if values.get(name) is not None}


def assert_replays(form: FormInstance) -> None:
    assert list(participant_problems(Participant.objects.get(pk=form.participant_id))) == []


def no_surgery(at: SignedIn, form: FormInstance, **more: str) -> Any:
    return save(at("lin"), form, surg_proccur="N", surg_reasoc="PD", more=more)


def test_she_is_told_which_answers_will_be_set_inactive(at: SignedIn, surgery: FormInstance) -> None:
    answer = no_surgery(at, surgery)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "These answers no longer apply and will be set inactive" in text
    listed = text.partition("will be set inactive")[2].partition("</ul>")[0]
    assert listed.count("<li>") == 14
    for words in ("Duration", "255 min", "Laparoscopic", "Segment", "R0"):
        assert words in listed, words
    assert len(stands(surgery)) == 14, "nothing was saved"


def test_she_may_step_back(at: SignedIn, surgery: FormInstance) -> None:
    before = AuditEvent.objects.filter(target=surgery.address).count()
    page = answers(no_surgery(at, surgery))
    assert page["surg_dur"] == ["255"], "what was typed is still on the page"
    back = save(at("lin"), surgery, {**shown(at("lin"), surgery), **page}, surg_proccur="Y", surg_reasoc="")
    assert back.status_code == 302
    assert len(stands(surgery)) == 14
    assert AuditEvent.objects.filter(target=surgery.address).count() == before


def test_saved_they_are_inactive_in_the_trail_with_the_reason(at: SignedIn, surgery: FormInstance) -> None:
    assert no_surgery(at, surgery, clear_hidden="1").status_code == 302
    assert stands(surgery) == {}
    for name, text in BELOW.items():
        event = events(surgery, name)[-1]
        assert (event.action, event.new, event.actor_name) == ("CLEAR", "", "lin"), name
        assert event.old.removesuffix(".0") == text
        assert event.reason.startswith("Set inactive: asked if surg_"), event.reason
    assert_replays(surgery)


def test_on_a_complete_form_the_reason_of_the_change_goes_with_each(
    at: SignedIn, treated: Participant, cast: dict[str, User]
) -> None:
    world.operated(treated, cast["lin"], "2024-05-30", "2024-06-14")
    form = world.form(treated, "SURG", "SURG")
    gone = [line.row for line in sheet_of(form).lines("SU3")]
    removed = {
        f"SU3.{n}.-{what}": text for n in gone for what, text in (("remove", "1"), ("reason", "No operation"))
    }
    answer = no_surgery(
        at, form, clear_hidden="1", **{"reason:surg_proccur": "Cancelled: wrong form", "reason:surg_reasoc": "Same"}, **removed
    )  # fmt: skip
    assert answer.status_code == 302, answer.content.decode()[:3000]
    assert events(form, "surg_proccur")[-1].reason == "Cancelled: wrong form"
    for name in ("surg_prstdat", "surg_pringle_min"):
        assert events(form, name)[-1].reason.endswith("Cancelled: wrong form")
        assert events(form, name)[-1].reason.startswith("Set inactive: ")


def test_inactive_answers_are_out_of_exports_and_endpoints(
    at: SignedIn, surgery: FormInstance, cast: dict[str, User]
) -> None:
    pk = surgery.participant_id
    endpoints_recompute(pk)
    before = EndpointState.objects.get(pk=pk).summary["values"]
    assert no_surgery(at, surgery, clear_hidden="1").status_code == 302
    assert casebook(pk, ["SURG"]).value("SURG", "surg_prtrt") is None
    assert endpoints_recompute(pk)
    after = EndpointState.objects.get(pk=pk).summary["values"]
    assert before["MPR"] != after["MPR"], (before["MPR"], after["MPR"])
    content = capture(surgery.participant, "en")
    printed = next(form for form in content["forms"] if form["key"] == "SURG")
    assert printed["values"]["surg_proccur"] == "N"
    assert not [name for name in BELOW if name in printed["values"]]


def test_changing_back_offers_them_again(at: SignedIn, surgery: FormInstance) -> None:
    lin = at("lin")
    no_surgery(at, surgery, clear_hidden="1")
    page = shown(lin, surgery)
    text = lin.get(f"/p/{surgery.participant.number}/SURG/surg/").content.decode()
    assert "14 earlier answers were set inactive" in text
    data = typed_over(surgery, page, surg_proccur="Y", surg_reasoc="") | {"action": "bring_back"}
    offered = lin.post(f"/p/{surgery.participant.number}/SURG/surg/", data)
    assert "14 earlier answers are shown again" in offered.content.decode()
    assert stands(surgery) == {}, "offered, not saved"
    back = {**page, **answers(offered)}
    assert back["surg_dur"] == ["255"]
    assert sorted(back["surg_segs"]) == ["S5", "S8"]
    assert (
        lin.post(f"/p/{surgery.participant.number}/SURG/surg/", back | {"clear_hidden": "1"}).status_code
        == 302
    )
    assert len(stands(surgery)) == 14
    assert (
        "earlier answers were set inactive"
        not in lin.get(f"/p/{surgery.participant.number}/SURG/surg/").content.decode()
    )
    assert_replays(surgery)


def test_what_does_not_apply_is_not_offered(at: SignedIn, surgery: FormInstance) -> None:
    lin = at("lin")
    no_surgery(at, surgery, clear_hidden="1")
    data = shown(lin, surgery) | {"action": "bring_back"}
    offered = lin.post(f"/p/{surgery.participant.number}/SURG/surg/", data)
    assert "None of them applies as the form is answered now." in offered.content.decode()
    assert "surg_dur" not in answers(offered)
