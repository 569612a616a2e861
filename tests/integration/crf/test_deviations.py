"""Deviations that the system proposes: found, withdrawn, accepted into the log, rejected with a reason; never filed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from crf.deviation_rules import RULES
from crf.models import DeviationProposal, Finding, FormInstance, HoldKind
from crf.selectors.deviations import deviation_tiles, found_words
from crf.selectors.sheets import sheet_of
from crf.services.deviations import proposal_accept, proposal_reject
from crf.services.findings import participants_check
from crf.services.holding import hold_put
from crf.verifying import participant_problems
from participants.models import Participant
from tests import world
from trialsite.accounts.models import User
from trialsite.audit.models import AuditEvent
from trialsite.kernel.decisions import Refused

pytestmark = pytest.mark.django_db

Cast = dict[str, User]
At = Callable[[str], Client]


@pytest.fixture(autouse=True)
def demonstration(settings: Any) -> None:
    settings.DEMO = True


@pytest.fixture
def cast() -> Cast:
    return world.people()


@pytest.fixture
def at(cast: Cast) -> At:
    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(cast[name])
        return client

    return signed_in


@pytest.fixture
def participant(cast: Cast) -> Participant:
    """Treated once; what matters of the rest is entered by the tests."""
    made = world.screened(cast["lin"], "01-003")
    world.enter(made, cast["lin"], [page for page in world.quickly("screening") if page.key in ("ICF", "DM")])
    world.neoadjuvant(made, cast["lin"], 1, "2024-03-14")
    return made


def problems(participant: Participant) -> list[Any]:
    return list(participant_problems(Participant.objects.get(pk=participant.pk)))


def judged(participant: Participant) -> dict[str, DeviationProposal]:
    participants_check([participant.pk])
    return {
        f"{p.rule} {p.place}".strip(): p for p in DeviationProposal.objects.filter(participant=participant)
    }


def proposed(participant: Participant, rule: str) -> DeviationProposal:
    participants_check([participant.pk])
    found = DeviationProposal.objects.select_related("participant__site").filter(
        participant=participant, rule=rule
    )
    return found.get()


# --- the table ------------------------------------------------------------------------------------------------------


def test_every_rule_is_a_check_of_the_book_or_asked_here() -> None:
    from crf.checks import CHECKS
    from crf.codelists import CODELISTS
    from crf.deviation_rules import OWN

    assert {id for id in RULES if not id.startswith("DEV-")} <= set(CHECKS)
    assert {id for id in RULES if id.startswith("DEV-")} == set(OWN)
    assert {rule.category for rule in RULES.values()} <= set(CODELISTS["DVCAT"].codes)
    assert {rule.severity for rule in RULES.values()} <= set(CODELISTS["DVSEV"].codes)
    assert all(len(id) <= 8 for id in RULES), "dv_check holds eight characters"
    declared = {id: check.deviation for id, check in CHECKS.items() if check.deviation}
    assert {id: RULES[id].category for id in declared} == declared, (
        "what the book wants raised, as it wants it"
    )


# --- found and withdrawn --------------------------------------------------------------------------------------------


def eligibility(participant: Participant, by: User) -> None:
    """An age above the limit: the birth date was corrected after enrolment."""
    rest = [page for page in world.quickly("screening") if page.key not in ("ICF", "DM")]
    world.enter(participant, by, rest)
    world.change(world.form(participant, "DM", "SCR"), by, brthdat="1940-05")


def overdose(participant: Participant, by: User) -> None:
    world.change(world.form(participant, "EC", "C1"), by, EC2_1_ecdstxt="190")


def against_criteria(participant: Participant, by: User) -> None:
    world.change(
        world.form(participant, "EC", "C1"), by, ec_retreat="N", ec_retreat_com="Investigator's judgement"
    )


def late_report(participant: Participant, by: User) -> None:
    line = world.line(participant, by, "AE")
    world.fill(
        line, by, {"aeterm": "Fever", "aeser": "Y", "sae_awaredat": "2024-03-20", "sae_repdat": "2024-03-25"}, complete=False,
    )  # fmt: skip


def vaccine(participant: Participant, by: User) -> None:
    line = world.line(participant, by, "CM")
    world.fill(
        line, by, {"cmtrt": "Yellow fever vaccine", "cmcat": "VACCINE", "cmstdat": "2024-03-20"}, complete=False
    )  # fmt: skip


def early_operation(participant: Participant, by: User) -> None:
    world.operated(participant, by, "2024-03-26", "2024-04-10")


CASES: list[tuple[str, str, str, Callable[[Participant, User], None]]] = [
    ("CK-028", "", "ELIGIBILITY", eligibility),
    ("CK-135", "C1", "DOSING", overdose),
    ("DEV-01", "C1", "DOSING", against_criteria),
    ("CK-266", "AE:1/sae_repdat", "SAFETYREP", late_report),
    ("CK-297", "CM:1/cmtrt", "PROHIBMED", vaccine),
    ("CK-162", "", "VISIT", early_operation),
]


@pytest.mark.parametrize(("rule", "place", "category", "done"), CASES, ids=[case[0] for case in CASES])
def test_what_the_rules_find_is_proposed_and_nothing_is_filed(
    cast: Cast, participant: Participant, rule: str, place: str, category: str, done: Any
) -> None:
    before = judged(participant)
    assert f"{rule} {place}".strip() not in before
    done(participant, cast["lin"])
    found = judged(participant)[f"{rule} {place}".strip()]
    assert (found.state, found.category, found.severity) == ("PROPOSED", category, RULES[rule].severity)
    assert not FormInstance.objects.filter(participant=participant, form_key="DV1").exists()
    event = AuditEvent.objects.get(target=found.address)
    assert (event.action, event.actor_name, event.new) == ("DEVIATION_PROPOSED", "system", "PROPOSED")
    assert problems(participant) == []


def test_screening_at_work_is_no_deviation(cast: Cast) -> None:
    participant = world.screened(cast["lin"], "01-005")
    pages = [page for page in world.quickly("screening") if page.key in ("ICF", "DM")]
    world.enter(participant, cast["lin"], pages)
    answers = [{"ieorres": "Y"}, {"ieorres": "Y"}]
    world.fill(world.form(participant, "IE", "SCR"), cast["lin"], {}, {"IE1": answers}, complete=False)
    world.change(world.form(participant, "DM", "SCR"), cast["lin"], brthdat="1940-05")
    judged(participant)
    assert Finding.objects.filter(form__participant=participant, rule="CK-028", state="OPEN").exists()
    assert not DeviationProposal.objects.filter(participant=participant, rule="CK-028").exists()


def test_a_proposal_whose_ground_goes_is_withdrawn_and_comes_back_with_it(
    cast: Cast, participant: Participant
) -> None:
    overdose(participant, cast["lin"])
    assert judged(participant)["CK-135 C1"].state == "PROPOSED"
    world.change(world.form(participant, "EC", "C1"), cast["lin"], EC2_1_ecdstxt="155")
    assert judged(participant)["CK-135 C1"].state == "WITHDRAWN"
    overdose(participant, cast["lin"])
    again = judged(participant)["CK-135 C1"]
    assert again.state == "PROPOSED"
    events = AuditEvent.objects.filter(target=again.address).order_by("pk").values_list("new", flat=True)
    assert list(events) == ["PROPOSED", "WITHDRAWN", "PROPOSED"]
    assert problems(participant) == []


def test_judging_again_adds_nothing(cast: Cast, participant: Participant) -> None:
    overdose(participant, cast["lin"])
    judged(participant)
    count = AuditEvent.objects.count()
    judged(participant)
    assert AuditEvent.objects.count() == count


def test_a_rule_that_breaks_withdraws_nothing(
    cast: Cast, participant: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    overdose(participant, cast["lin"])
    judged(participant)

    def broken(folder: Any, raised: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr("crf.services.findings.proposals", broken)
    assert judged(participant)["CK-135 C1"].state == "PROPOSED"


# --- decided --------------------------------------------------------------------------------------------------------


def test_accepting_writes_a_line_of_the_log_as_any_other(cast: Cast, participant: Participant) -> None:
    overdose(participant, cast["lin"])
    proposal = proposed(participant, "CK-135")
    line = proposal_accept(by=cast["lin"], proposal=proposal)
    sheet = sheet_of(line)
    assert (line.form_key, line.status) == ("DV1", "IN_PROGRESS")
    assert sheet.get("dvdecod") == "DOSING"
    assert (sheet.get("dv_src"), sheet.get("dv_check"), sheet.get("dv_visit")) == ("EDC", "CK-135", "C1")
    assert str(sheet.get("dvstdat")) == "2024-03-14"
    assert sheet.get("dv_sev") is None, "a person judges it"
    assert sheet.get("dv_pp") is None
    decided = AuditEvent.objects.get(action="DEVIATION_DECIDED")
    assert (decided.actor_name, decided.old, decided.new) == ("lin", "PROPOSED", "ACCEPTED")
    assert AuditEvent.objects.filter(target=line.address, path="dvterm", actor_name="lin").exists()
    assert DeviationProposal.objects.get(pk=proposal.pk).line_id == line.pk
    assert problems(participant) == []


def test_what_was_decided_stays_decided(cast: Cast, participant: Participant) -> None:
    overdose(participant, cast["lin"])
    proposal = proposed(participant, "CK-135")
    proposal_reject(by=cast["chen"], proposal=proposal, reason="Weight was recorded wrongly, dose is right")
    for act in (
        lambda: proposal_accept(by=cast["lin"], proposal=proposal),
        lambda: proposal_reject(by=cast["lin"], proposal=proposal, reason="Again"),
    ):
        with pytest.raises(Refused, match="settled: Rejected"):
            act()
    assert judged(participant)["CK-135 C1"].state == "REJECTED"
    assert not FormInstance.objects.filter(participant=participant, form_key="DV1").exists()
    event = AuditEvent.objects.get(action="DEVIATION_DECIDED")
    assert (event.actor_name, event.reason) == ("chen", "Weight was recorded wrongly, dose is right")


@pytest.mark.parametrize("reason", ["", "   "])
def test_a_rejection_needs_a_reason(cast: Cast, participant: Participant, reason: str) -> None:
    """CK-332."""
    overdose(participant, cast["lin"])
    proposal = proposed(participant, "CK-135")
    with pytest.raises(Refused, match="Give a reason for rejecting the automatic deviation"):
        proposal_reject(by=cast["lin"], proposal=proposal, reason=reason)
    assert DeviationProposal.objects.get(pk=proposal.pk).state == "PROPOSED"


@pytest.mark.parametrize("name", ["mo", "da", "ins", "st", "wu", "ad"])
def test_only_the_site_decides(cast: Cast, participant: Participant, name: str) -> None:
    overdose(participant, cast["lin"])
    proposal = proposed(participant, "CK-135")
    for act in (
        lambda: proposal_accept(by=cast[name], proposal=proposal),
        lambda: proposal_reject(by=cast[name], proposal=proposal, reason="No"),
    ):
        with pytest.raises(Refused) as no:
            act()
        assert no.value.code == "role"
    assert DeviationProposal.objects.get(pk=proposal.pk).state == "PROPOSED"
    assert AuditEvent.objects.filter(action="REFUSED", path="@deviation", actor_name=name).count() == 2


@pytest.mark.usefixtures("anything_is_ready")
def test_nothing_is_decided_at_a_locked_participant(cast: Cast, participant: Participant) -> None:
    overdose(participant, cast["lin"])
    proposal = proposed(participant, "CK-135")
    hold_put(by=cast["da"], kind=HoldKind.LOCK, target=participant)
    with pytest.raises(Refused, match="locked"):
        proposal_accept(by=cast["lin"], proposal=proposal)
    assert DeviationProposal.objects.get(pk=proposal.pk).state == "PROPOSED"
    assert AuditEvent.objects.filter(action="REFUSED", target=proposal.address, new="locked").count() == 1


# --- the pages ------------------------------------------------------------------------------------------------------


def test_the_coordinator_decides_at_the_page(at: At, cast: Cast, participant: Participant) -> None:
    overdose(participant, cast["lin"])
    proposal = proposed(participant, "CK-135")
    client = at("lin")
    page = client.get("/deviations/").content.decode()
    assert "Dose above the planned dose" in page
    empty = client.post(f"/deviations/{proposal.pk}/", {"decision": "reject", "reason": ""})
    assert empty.status_code == 422
    assert "Give a reason for rejecting" in empty.content.decode()
    done = client.post(f"/deviations/{proposal.pk}/", {"decision": "accept"})
    assert done["Location"] == "/p/01-003/log/dv/1/"
    assert "CK-135" in client.get("/deviations/?state=ACCEPTED").content.decode()
    twice = client.post(f"/deviations/{proposal.pk}/", {"decision": "accept"})
    assert twice.status_code == 422
    assert FormInstance.objects.filter(participant=participant, form_key="DV1").count() == 1


def test_others_read_and_another_site_does_not_see_it(at: At, cast: Cast, participant: Participant) -> None:
    overdose(participant, cast["lin"])
    proposal = proposed(participant, "CK-135")
    for name in ("mo", "da", "ins"):
        page = at(name).get("/deviations/").content.decode()
        assert "CK-135" in page
        assert 'value="accept"' not in page
        assert at(name).post(f"/deviations/{proposal.pk}/", {"decision": "accept"}).status_code == 403
    assert "CK-135" not in at("wu").get("/deviations/").content.decode()
    assert at("wu").post(f"/deviations/{proposal.pk}/", {"decision": "accept"}).status_code == 404
    for name in ("p1", "ad"):
        assert at(name).get("/deviations/").status_code == 404


def test_the_list_asks_the_database_as_often_for_many(at: At, cast: Cast, participant: Participant) -> None:
    overdose(participant, cast["lin"])
    judged(participant)
    client = at("lin")
    client.get("/deviations/")
    with CaptureQueriesContext(connection) as few:
        client.get("/deviations/")
    late_report(participant, cast["lin"])
    vaccine(participant, cast["lin"])
    judged(participant)
    with CaptureQueriesContext(connection) as many:
        client.get("/deviations/")
    assert len(many) == len(few)


def test_the_tile_counts_what_the_site_decides(cast: Cast, participant: Participant) -> None:
    overdose(participant, cast["lin"])
    judged(participant)
    waiting = DeviationProposal.objects.filter(state="PROPOSED")
    first = waiting.order_by("proposed_at").values_list("proposed_at", flat=True)[0]
    expected = {"count": waiting.count(), "oldest": first, "href": "/deviations/"}
    assert deviation_tiles(cast["lin"]) == expected | {"mine": True}
    assert deviation_tiles(cast["mo"]) == expected | {"mine": False}
    assert deviation_tiles(cast["wu"]) == {"count": 0, "oldest": None, "href": "/deviations/", "mine": True}


def test_what_was_found_is_told_in_words() -> None:
    """Labels of fields where there are any, days as people write them; nothing that only the rule calls so."""
    found = DeviationProposal(found="day=2026-05-11; window=2026-05-23..2026-06-06; ec_d1dat=2026-05-11")
    found.form = FormInstance(form_key="EC")
    assert found_words(found).split("; ")[:2] == ["Date: 11 May 2026", "Window: 23 May 2026 – 6 Jun 2026"]
    assert "ec_d1dat" not in found_words(found)
    with override("zh-hans"):
        assert found_words(found).startswith("日期: 2026年5月11日; 窗口期: 2026年5月23日")
