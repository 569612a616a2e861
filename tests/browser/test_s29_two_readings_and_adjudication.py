"""S29 in Chromium: P1 signs 8 %, P2 14 %, P3 reads 12 %, sees both unnamed and decides 9 % with a reason."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from crf.selectors.sheets import casebook
from pathology.models import CaseState, PathologyCase, Reading
from pathology.notes import Notes
from pathology.services import readers_allocate, reading_save, reading_take
from tests import world
from tests.browser.entry import started, until
from tests.browser.test_axe import violations
from tests.integration.pathology.conftest import answers
from trialsite.accounts.models import User

WHY = "X counted necrosis in the second bed as viable tumour."


@pytest.fixture
def case(people: dict[str, User]) -> PathologyCase:
    """Allocated; each reader has a draft in which the shares are yet to be typed."""
    lin = people["lin"]
    made = world.screened(lin, "01-003")
    world.screening_01_003(made, lin)
    world.treatment_01_003(made, lin)
    world.operated(made, lin, "2024-05-30", "2024-06-14")
    case = PathologyCase.objects.get(participant=made)
    readers_allocate(
        by=people["da"], case=case, readers={"R1": people["p1"], "R2": people["p2"], "ADJ": people["p3"]}
    )
    for name in ("p1", "p2"):
        _draft(case, people[name])
    return case


def _draft(case: PathologyCase, by: User) -> Reading:
    reading = reading_take(by=by, case=case)
    reading_save(by=by, reading=reading, typed=answers("50"), notes=Notes("HIGH"))
    return reading


def shares(page: Page, viable: int) -> None:
    for name, value in (("rvt", viable), ("nec", 100 - viable), ("str", 0)):
        page.locator(f'input[name="CP2.1.cpn_{name}"]').fill(str(value))


def credentials(page: Page, name: str) -> None:
    if page.locator("#username").count():
        page.locator("#username").fill(name)
    page.locator("#password").fill(f"demo-{name}-2026")


def reads(page: Page, code: str, name: str, viable: int) -> None:
    """Opens the case from the worklist, types the shares and signs."""
    page.goto("/readings/")
    page.get_by_role("link", name=code).first.click()
    started(page)
    shares(page, viable)
    page.locator("[data-sign-open]").click()
    credentials(page, name)
    page.locator("[data-sign-now]").click()


def test_s29_two_readings_and_adjudication(
    case: PathologyCase, people: dict[str, User], signed_in: Callable[..., Page]
) -> None:
    for name, viable in (("p1", 8), ("p2", 14)):
        page = signed_in(name)
        reads(page, case.code, name, viable)
        place = case.readings.filter(reader=people[name], submitted_at__isnull=False)
        until(page, place.exists, "the reading to be signed")
    case.refresh_from_db()
    assert case.state == CaseState.ADJUDICATION

    _draft(case, people["p3"])
    page = signed_in("p3")
    page.goto(f"/readings/{case.code}/decide/")
    expect(page.locator("#t-compared")).to_have_count(0)
    reads(page, case.code, "p3", 12)
    compared = page.locator(".compared")
    for told in ("8.0 %", "14.0 %", "12.0 %"):
        expect(compared).to_contain_text(told)
    expect(page.locator("#largest")).to_contain_text("Nodule 1, 6 points")
    for secret in ("Peng", "R1", "R2", "MPR", case.participant.number):
        expect(page.locator("body")).not_to_contain_text(secret)

    assert violations(page) == []

    started(page)
    shares(page, 9)
    sign = page.get_by_role("button", name="Sign the decision")
    credentials(page, "p3")
    sign.click()
    expect(page.get_by_role("alert").first).to_contain_text("Say why you confirm or revise your reading.")
    started(page)
    page.get_by_label("Why do you confirm or revise your reading?").fill(WHY)
    credentials(page, "p3")
    sign.click()
    expect(page.locator("#reason-given")).to_have_text(WHY)
    expect(page.locator(".compared")).to_contain_text("9.0 %")
    expect(page.locator("#password")).to_have_count(0)
    assert violations(page) == []

    world.released(case)
    found = casebook(case.participant_id, ["CPATHF"]).one("CPATHF")
    assert found is not None
    assert (found.get("cpf_rvt"), found.get("cpf_mpr")) == (9, "Y")
    kept = case.readings.get(slot="ADJ")
    assert (kept.opinion["CP2:1/cpn_rvt"], kept.rationale) == ("12.0", WHY)
