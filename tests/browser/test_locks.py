"""Freezing, locking and unlocking by two persons, and a proposed deviation, in a browser; axe finds nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from crf.models import DeviationProposal, FormInstance
from crf.services.findings import participants_check
from participants.models import Participant
from tests import world
from tests.browser.test_axe import violations
from trialsite.accounts.models import RoleHeld, User

SignedIn = Callable[[str], Page]


@pytest.fixture
def participant(people: dict[str, User]) -> Participant:
    """Consent and demographics are complete; cycle 1 has a dose above the plan."""
    made = world.screened(people["lin"], "01-003")
    world.enter(
        made, people["lin"], [page for page in world.quickly("screening") if page.key in ("ICF", "DM")]
    )
    world.neoadjuvant(made, people["lin"], 1, "2024-03-14", oxaliplatin="190")
    participants_check([made.pk])
    return made


def demographics(participant: Participant) -> FormInstance:
    return world.form(participant, "DM", "SCR")


def test_a_form_is_frozen_by_keys_after_the_counts_were_seen(
    signed_in: SignedIn, participant: Participant
) -> None:
    page = signed_in("da")
    page.goto("/locks/?p=01-003")
    box = page.get_by_role("checkbox", name="Choose Demographics")
    before = page.get_by_role("checkbox", name="Choose the visit SCR")
    before.focus()
    before.press("ArrowDown")
    expect(box).to_be_focused()
    box.press("Space")
    expect(box).to_be_checked()
    expect(page.get_by_role("button", name="Freeze 1 ready")).to_be_visible()
    page.get_by_role("button", name="Freeze 1 ready").click()
    expect(page.get_by_role("heading", name="Freeze")).to_be_visible()
    assert not demographics(participant).frozen, "only the counts are shown"
    page.get_by_role("button", name="Freeze: 1 form").click()
    expect(page.get_by_text("1 frozen.")).to_be_visible()
    assert demographics(participant).frozen
    page.goto("/p/01-003/SCR/dm/")
    expect(page.get_by_role("link", name="Unfreeze")).to_be_visible()


def test_unlocking_takes_a_second_person(
    signed_in: SignedIn, people: dict[str, User], participant: Participant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crf.services.holding.unready", lambda forms, kind: [])
    from crf.services.holding import hold_put

    hold_put(by=people["da"], kind="LOCK", target=demographics(participant))
    other = User.objects.create(username="da2", full_name="Second Data Manager")
    mine = RoleHeld.objects.get(user=people["da"])
    RoleHeld.objects.create(user=other, role=mine.role, valid_from=mine.valid_from)
    people["da2"] = other
    page = signed_in("da")
    page.goto("/p/01-003/SCR/dm/")
    page.get_by_role("link", name="Ask to unlock").click()
    page.get_by_label("Reason").fill("The source was corrected")
    page.get_by_role("button", name="Ask to unlock: 1 form").click()
    expect(page.get_by_text("another person decides")).to_be_visible()
    assert demographics(participant).locked
    second = signed_in("da2")
    second.goto("/locks/")
    expect(second.get_by_text("The source was corrected")).to_be_visible()
    second.get_by_role("button", name="Agree and unlock").click()
    expect(second.get_by_text("1 form is unlocked.")).to_be_visible()
    assert not demographics(participant).locked
    lin = signed_in("lin")
    lin.goto("/locks/history/")
    expect(lin.get_by_text("The source was corrected (da + da2)")).to_be_visible()


def test_a_proposed_deviation_becomes_a_line_that_the_coordinator_completes(
    signed_in: SignedIn, participant: Participant
) -> None:
    proposal = DeviationProposal.objects.get(rule="CK-135")
    page = signed_in("lin")
    page.goto("/deviations/")
    row = page.locator(f"#d-{proposal.pk}")
    expect(row).to_contain_text("Dose above the planned dose")
    row.get_by_role("button", name="Accept").click()
    expect(page).to_have_url("/p/01-003/log/dv/1/")
    expect(page.locator('[name="dvterm"]')).to_have_value(re.compile("possible overdose"))


PAGES = {
    "da": [
        "/locks/",
        "/locks/?p=01-003",
        "/locks/act/?act=freeze&at=p:01-003",
        "/locks/history/",
        "/locks/database/",
    ],
    "lin": ["/locks/?p=01-003", "/deviations/"],
}


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(signed_in: SignedIn, participant: Participant, name: str) -> None:
    page, found = signed_in(name), []
    for path in PAGES[name]:
        page.goto(path)
        found += [f"{path}: {one}" for one in violations(page)]
    assert found == []
